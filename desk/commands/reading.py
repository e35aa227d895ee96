"""Articles as whoever acts may read them.

The rules are imported only when there is an article: most runs have none.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

import click

from desk import model
from desk.commands.common import F, tell
from desk.errors import DamagedError, DeskError, ManyError
from desk.model import Article, Record
from desk.roles import Rights
from desk.session import Session

if TYPE_CHECKING:
    from desk.conditions import Test
    from desk.query import Filter
    from desk.terms import Phrase


def rights(session: Session) -> Rights:
    """What whoever acts may do."""
    return session.desk.policy.rights_of(session.actor)


def as_read(session: Session, record: Record) -> Record:
    """The record as whoever acts may read it.

    Raises RefusedError for an article that they may not.
    """
    if not isinstance(record, Article):
        return record
    from desk import articles

    return articles.check_readable(record, rights(session))


def readable(session: Session, records: Iterable[Record]) -> Iterator[Record]:
    """The records as whoever acts may read them, without the articles that they may not."""
    return _shown(session, records, _as_it_is)


def readable_as_of_now(session: Session, records: Iterable[Record]) -> Iterator[Record]:
    """As `readable`, articles as they stood at the moment of this run."""
    return _shown(session, records, partial(as_read_now, session))


def as_read_now(session: Session, article: Article, rights: Rights) -> Article | None:
    """The article as it stood at the moment of this run, as those with the rights may read it."""
    from desk import articles

    if session.now_is_given:
        return articles.as_read_at(article, rights, session.now)
    return articles.as_read_by(article, rights)


def _as_it_is(article: Article, rights: Rights) -> Article | None:
    from desk import articles

    return articles.as_read_by(article, rights)


_Reading: TypeAlias = Callable[[Article, Rights], Article | None]


def _shown(session: Session, records: Iterable[Record], read: _Reading) -> Iterator[Record]:
    """The records, articles as `read` gives them to whoever acts."""
    anybody: Rights | None = None
    mine: Rights | None = None
    for record in records:
        if not isinstance(record, Article):
            yield record
            continue
        anybody = anybody or session.desk.policy.rights_of_all()
        if read(record, anybody) is record:
            yield record  # without finding out who acts
            continue
        mine = mine or rights(session)
        shown = read(record, mine)
        if shown is not None:
            yield shown


def readable_or_told(session: Session, records: Iterable[Record]) -> Iterator[Record]:
    """As `readable`; says at the end how many articles were left out, or have no log."""
    hidden = 0

    def counted() -> Iterator[Record]:
        nonlocal hidden
        for record in records:
            if isinstance(record, Article) and not may_read_whole(session, record):
                hidden += 1
            yield record

    yield from readable(session, counted())
    if hidden:
        tell(
            f"{hidden} articles are left out, or without log, owner and links: "
            f"{session.actor} may not read them whole"
        )


def may_read_whole(session: Session, article: Article) -> bool:
    """Whether whoever acts may read the article with its log."""
    from desk import articles

    return articles.is_read_whole(article, rights(session))


def read_named(
    session: Session, parts: Sequence[str], as_kind: Callable[[Record], Record]
) -> tuple[list[Record], list[DeskError]]:
    """The records that are named, as they may be read, and what is wrong with the others.

    `as_kind` refuses records of another kind.
    """
    found: list[Record] = []
    failures: list[DeskError] = []
    for part in parts:
        try:
            found.append(as_read(session, as_kind(session.desk.read(session.named(part)))))
        except ManyError.ONE_RECORD as error:
            failures.append(error)
    return found, failures


def all_articles(session: Session, on_damage: Callable[[DamagedError], None]) -> Iterator[Article]:
    """The articles that whoever acts may read, as of this run; `on_damage` hears of damage."""
    found = session.index.records(on_damage, every=False, among="unended")
    return articles_as_of_now(session, found)


def articles_as_of_now(session: Session, records: Iterable[Record]) -> Iterator[Article]:
    """The articles among the records as they stood at the moment of this run and may be read."""
    for record in readable_as_of_now(session, records):
        if isinstance(record, Article):
            yield record


def article_filter(
    session: Session,
    terms: Sequence[str],
    of_phrase: "Callable[[Phrase], Test] | None" = None,
) -> "Filter":
    """The filter of articles that the terms of a command line mean in this run.

    `of_phrase` gives the test of words.
    """
    from desk import conditions, query

    policy = session.desk.policy
    return query.parse(
        terms,
        lambda: policy.names_of(session.actor),
        lambda: session.as_of,
        policy.views,
        conditions.of_articles(),
        of_phrase,
    )


def standing(record: Record, now: datetime) -> tuple[Record, datetime, list[tuple[str, str]]]:
    """An article for a person: with its status at that moment, the moment, and how it stands."""
    if not isinstance(record, Article):
        return record, now, []
    from desk import articles

    votes = {name: articles.derived(record, name, now) for name in ("helpful", "unhelpful")}
    stands = [
        ("needs", ", ".join(articles.needs(record, now))),
        ("uses", str(len(record.solved) or "")),
        ("votes", ", ".join(f"{count} {name}" for name, count in votes.items() if count)),
    ]
    status = articles.status_at(record, now)
    return replace(record, head={**record.head, "status": status}), now, stands


# Which statuses the articles of a command may have; any other command is for all.
_VALID = ("published", "outdated")
_COMPLETED = {
    "submit": ("draft",),
    "approve": ("review",),
    "reject": ("review",),
    "renew": _VALID,
    "retire": _VALID,
    "helpful": _VALID,
    "unhelpful": _VALID,
    "resolve": _VALID,
}


def complete_articles(context: click.Context, _: click.Parameter, begun: str) -> list[Any]:
    """Ids of articles that the command may be for and that contain what was typed, with titles."""
    from click.shell_completion import CompletionItem

    from desk.render import safe

    wanted = begun.upper()
    with suppress(DeskError):  # a TAB outside of any desk says nothing
        session = context.ensure_object(Session)
        found = all_articles(session, lambda _: None)
        return [
            CompletionItem(one.id, help=safe(one.title))
            for one in found
            if (wanted in one.id or begun in one.title)
            and _is_for(context.info_name or "", one, session)
        ]
    return []


def _is_for(command: str, article: Article, session: Session) -> bool:
    """Whether a command is for articles that stand so."""
    if command == "publish":
        from desk import articles

        free = not session.desk.policy.knowledge.must_review
        return articles.is_approved(article) or (free and article.status in ("draft", "review"))
    return article.status in _COMPLETED.get(command, model.ARTICLE_STATUSES)


def articles_argument(function: F) -> F:
    """One or more ids of articles, or `-` for one a line from standard input."""
    return click.argument(
        "ids", nargs=-1, required=True, metavar="ID…", shell_complete=complete_articles
    )(function)
