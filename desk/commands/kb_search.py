"""desk kb search.

The rooms of searching are imported within the functions: a glance at the folder begins before.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import click

from desk.commands.common import (
    Damage,
    TermsCommand,
    article_terms_argument,
    at_terminal,
    command,
    format_option,
)
from desk.commands.search import (
    Sought,
    found_by,
    full_text,
    row_of_hit,
    search_options,
    show_found,
    sought,
)
from desk.errors import UsageError
from desk.model import Article, Record
from desk.session import Session, pass_session

if TYPE_CHECKING:
    from desk.query import Filter
    from desk.search import Choose, Found


@command(
    "search",
    "desk kb search VPN drops",
    "desk kb search 打印机 卡纸",
    "desk kb search vpn category:network audience:public",
    "desk kb search '\"paper jam\"' --exact -f ids",
    "desk kb search roller --all",
    cls=TermsCommand,
)
@article_terms_argument
@click.option("--all", "everything", is_flag=True, help="Drafts, reviews and retired ones too.")
@search_options
@click.option(
    "--remember", is_flag=True,
    help="Note the search for `desk kb gaps`, as one at a terminal is.",
)  # fmt: skip
@format_option
@pass_session
def search_(
    session: Session,
    terms: tuple[str, ...],
    everything: bool,
    limit: int,
    exact: bool,
    remember: bool,
    form: str,
) -> None:
    """Search the articles that you may read: title, tags, symptoms, cause, solution, body.

    Words are found as by `desk search`; terms such as category:network choose among the
    articles found, as in `desk kb list`. Published articles are looked through, those past
    their review_by too, which are marked as outdated; others with --all, or where a status is
    asked for. What a person looks for at a terminal is noted in this clone, without a name.
    """
    index = session.article_index  # before all else, as it begins to look at the folder
    wanted = _Wanted(sought(terms, of_articles=True), everything, limit, exact)
    hits = index.answered(lambda: _hits(session, wanted))
    show_found(hits.rows, hits.found, limit, form, narrowed=bool(wanted.sought.conditions))
    if remember or at_terminal():
        from desk import searchlog

        words = wanted.sought.text or " ".join(term.text for term in hits.found.terms)
        searchlog.remember(session.desk, session.now, words, len(hits.rows))
    hits.damage.say()


class _Wanted(NamedTuple):
    """What the command line asks for."""

    sought: Sought
    everything: bool
    limit: int
    exact: bool


class _Hits(NamedTuple):
    """The rows that are printed, how they were found, and files that are damaged."""

    rows: Sequence[dict[str, str]]
    found: "Found"
    damage: Damage


def _hits(session: Session, wanted: _Wanted) -> _Hits:
    index, damage = session.article_index, Damage()
    asked = _filter(session, wanted.sought) if wanted.sought.conditions else None
    choose = _chooser(session, wanted, asked)
    found = found_by(index, wanted.sought, asked, choose, wanted.limit + 1, exact=wanted.exact)
    index.tell_damage(damage)
    rows = [_row(session, one, found) for one in found.records[: wanted.limit]]
    return _Hits(rows, found, damage)


def _chooser(session: Session, wanted: _Wanted, asked: "Filter | None") -> "Choose":
    """A function that lets the articles through that are wanted."""
    from desk import articles
    from desk.commands.reading import articles_as_of_now

    by_status = asked is not None and any(field == "status" for field, _ in asked.wanted())
    any_status = wanted.everything or by_status

    def choose(records: Iterator[Record]) -> Iterator[Record]:
        for article in articles_as_of_now(session, records):
            valid = article.status in (articles.PUBLISHED, articles.OUTDATED)
            if (valid or any_status) and (asked is None or asked.matches(article)):
                yield article

    return choose


def _filter(session: Session, wanted: Sought) -> "Filter":
    """What is asked of the articles; raises UsageError for a field that none has."""
    from desk.commands.reading import all_articles, article_filter

    of_phrase = full_text(session.article_index, wanted)
    asked = article_filter(session, wanted.conditions, of_phrase)
    try:
        asked.check_fields(())
    except UsageError:
        every = all_articles(session, lambda _: None)
        asked.check_fields({name for article in every for name in article.head})
    return asked


def _row(session: Session, record: Record, found: "Found") -> dict[str, str]:
    """A hit with its status at this moment; its log was not searched."""
    from desk import articles

    article = Article(record.head, ())
    return row_of_hit(article, found) | {"status": articles.status_at(article, session.now)}
