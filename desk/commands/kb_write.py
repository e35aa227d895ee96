"""desk kb new, from and edit: how the text of an article comes to be."""

from collections.abc import Callable, Iterator
from contextlib import suppress

import click

from desk import articles, lifecycle, store
from desk.commands.common import (
    F,
    Verb,
    at_option,
    command,
    complete_ids,
    conclude,
    known_option,
    name_of_new,
    tell,
    text_option,
)
from desk.commands.edit import Editing, edit, set_option
from desk.commands.open import tags_of
from desk.commands.outcome import Outcome, changed
from desk.commands.reading import articles_argument
from desk.errors import DamagedError, NotFoundError
from desk.lifecycle import Act
from desk.model import Article, Record, Ticket, Value
from desk.session import Session, pass_session
from desk.store import Transaction, as_article, as_ticket

Fields = dict[str, Value]


def _fields_options(function: F) -> F:
    """What an article is drafted with."""
    for decorate in (
        click.option(
            "--language", metavar="zh|en|…", help="The language that it is in, as a tag (BCP 47)."
        ),
        known_option("owner", help="Who keeps it right; you, unless given."),
        known_option("audience", help="public, internal (unless given) or a team."),
        click.option("--tag", "tags", metavar="TAG", multiple=True, help="May be repeated."),
        known_option("category", help="network, network/vpn or just vpn."),
        text_option("--body", help="The rest of its text, in Markdown."),
        text_option("--solution", help="What to do: a solution or a workaround."),
        text_option("--cause", help="What is behind it."),
        text_option("--symptoms", help="By what the case is known."),
    ):
        function = decorate(function)
    return function


def _given(session: Session, tags: tuple[str, ...], fields: dict[str, str | None]) -> Fields:
    fields["owner"] = session.whom(fields["owner"])
    return {**{name: text for name, text in fields.items() if text}, "tags": tags_of(tags)}


@command(
    "new",
    'desk kb new "VPN drops after an hour" --category vpn --solution "Connect again."',
    'id=$(desk kb new "打印机卡纸怎么办" --audience public --body - < printer.md)',
    cls=Verb,
)
@click.argument("title")
@_fields_options
@at_option
@pass_session
def new_(
    session: Session,
    /,
    title: str,
    tags: tuple[str, ...],
    at: str | None,
    **fields: str | None,
) -> None:
    """Draft an article and print its id.

    It is internal and yours unless you say otherwise, and nobody but those who write and review
    reads it before it is published. `desk kb edit ID` opens it in the editor.
    """
    act = session.act(at)
    given = _given(session, tags, fields)
    article = _created(session, act, lambda one: articles.drafted(one, act, title, given))
    sentence = f"{name_of_new(session, article.id)} is a draft; `desk kb submit` is next"
    _report(session, article, sentence + _of_whom(article), [])


@command(
    "from",
    "desk kb from 7k3f",
    'desk kb from 7k3f --audience public --symptoms "The VPN drops after an hour."',
    cls=Verb,
)
@click.argument("ticket", metavar="TICKET", shell_complete=complete_ids)
@_fields_options
@click.option("--again", is_flag=True, help="Though an article was drafted from it already.")
@at_option
@pass_session
def from_(
    session: Session,
    /,
    ticket: str,
    tags: tuple[str, ...],
    again: bool,
    at: str | None,
    **fields: str | None,
) -> None:
    """Draft an article from a resolved ticket and print its id.

    It takes title, category, tags, description, cause, solution and steps, and hides the name,
    e-mail and telephone of the requester in them. Notes, replies and custom fields stay out. What
    is given goes before what the ticket has. Both are linked. A ticket of which there is an
    article already, that is not retired, makes no second one without --again.
    """
    act = session.act(at)
    given = _given(session, tags, fields)
    source = as_ticket(session.desk.read(session.named(ticket)))
    title, found = articles.from_ticket(source, act.policy)
    found |= {name: value for name, value in given.items() if value}
    linked: list[tuple[Ticket, Record]] = []

    def build(record_id: str) -> Article:
        draft = articles.drafted(record_id, act, title, found, ticket=source.id)
        return as_article(lifecycle.with_link(draft, act, "related", source.id))

    def link(transaction: Transaction, article: Record) -> None:
        before = transaction.ticket(source.id)
        if not again:
            articles.check_first_from(before, _linked(transaction, before))
        after = lifecycle.with_link(before, act, "related", article.id)
        transaction.replace(after)
        linked[:] = [(before, after)]

    article = _created(session, act, build, link)
    name = name_of_new(session, article.id)
    sentence = f"{name} is a draft from {source.id}; read it before `desk kb submit`"
    sentence += _of_whom(article)
    along = None if session.dry_run else article.id
    rest = [changed(was, now, sentence, along_with=along) for was, now in linked]
    _report(session, article, sentence, rest)


def _linked(transaction: Transaction, ticket: Ticket) -> Iterator[Record]:
    """The articles that a ticket is linked to, as far as they can be read."""
    for record_id in dict.fromkeys(ticket.linked("related")):
        if record_id.startswith(f"{articles.PREFIX}-"):
            with suppress(NotFoundError, DamagedError):
                yield transaction.read(record_id)


def _created(
    session: Session,
    act: Act,
    build: Callable[[str], Article],
    along: Callable[[Transaction, Record], None] = lambda _transaction, _record: None,
) -> Article:
    ids = store.new_ids(articles.PREFIX, act.at)
    return as_article(session.desk.create(build, ids, session.now, along, act.by))


def _of_whom(article: Article) -> str:
    """What is to be said of a new article that is nobody's."""
    if article.text("owner"):
        return ""
    author = article.log[0].by
    return f" (it has no owner, as {author} is not in desk.yaml; `--owner` names one)"


def _report(session: Session, article: Article, sentence: str, rest: list[Outcome]) -> None:
    """Say and print what became of it: its id, or what `-f` asks for."""
    tell(sentence)
    if not session.dry_run and not session.report_form:
        click.echo(article.id)
    record_id = None if session.dry_run else article.id
    conclude(session, [Outcome(record_id, sentence, events=article.log), *rest])


@command(
    "edit",
    "desk kb edit 74k30",
    "desk kb edit 74k30 --set audience=public --set tags=vpn,remote",
    "desk kb edit 74k30 --set body=- < vpn.md",
    "desk kb list owner:sam -f ids | desk kb edit - --set owner=chen",
    cls=Verb,
)
@articles_argument
@set_option
@at_option
@pass_session
def edit_(
    session: Session, ids: tuple[str, ...], settings: tuple[str, ...], at: str | None
) -> None:
    """Change the text, audience, category, owner, tags and custom fields of articles.

    An empty VALUE takes a field out, a VALUE of - reads it. Without --set the head opens in the
    editor. If you may not publish, a change of the text takes a published article back to review.
    """
    edit(session, ids, settings, session.act(at), _ARTICLES)


def _said(article: Article) -> str:
    last = article.log[-1]
    back = "; it waits for a reviewer and is not published until then"
    return "is changed" + (back if "status" in last.change else "")


_ARTICLES = Editing(
    as_article,
    lambda article, name, text, _at: articles.setting(article, name, text),
    articles.edited,
    _said,
)
