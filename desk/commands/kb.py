"""desk kb: the group of what is done to knowledge articles."""

import click

from desk.groups import LazyGroup
from desk.session import session_options

# command: (its module in desk.commands, its line in `desk kb --help`)
KB_COMMANDS = {
    "new": ("kb_write", "Draft an article and print its id."),
    "from": ("kb_write", "Draft an article from a resolved ticket and print its id."),
    "edit": ("kb_write", "Change an article's text, audience, owner, tags."),
    "submit": ("kb_review", "Hand drafts to the reviewers."),
    "approve": ("kb_review", "Say that articles are right; publish them if you may."),
    "reject": ("kb_review", "Give articles back to their owners."),
    "publish": ("kb_review", "Publish what was approved."),
    "retire": ("kb_review", "Take articles out of use."),
    "renew": ("kb_review", "Say that published articles are still true."),
    "list": ("kb_list", "List articles."),
    "search": ("kb_search", "Search the text of articles."),
    "gaps": ("kb_gaps", "Show what articles lack, and which need work."),
    "show": ("kb_list", "Show articles whole."),
    "history": ("kb_list", "Show an article's log as a table."),
    "import": ("kb_folder", "Bring in a folder of Markdown files."),
    "export": ("kb_folder", "Write articles as Markdown files into a folder."),
    "helpful": ("kb_vote", "Say that articles helped."),
    "unhelpful": ("kb_vote", "Say that articles did not help, which is work for their owners."),
}


@click.group(
    "kb", cls=LazyGroup, known=KB_COMMANDS, epilog="Each command tells more: desk kb new --help"
)
def kb_() -> None:
    """Knowledge articles: drafted, reviewed by somebody else, published, kept true.

    docs/knowledge.md tells who may do what.
    """


kb_.params += session_options()
