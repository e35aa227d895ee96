"""desk blame."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime

from desk import blame, dates, render, revisions, story
from desk.blame import Origin
from desk.commands.common import (
    Damage,
    command,
    data,
    format_option,
    ids_argument,
    page,
    parts_of_ids,
    table_text,
    tell,
)
from desk.commands.reading import may_read_whole, read_named
from desk.errors import ManyError, RefusedError, StorageError
from desk.git import Repository
from desk.model import Article, Record, Value
from desk.revisions import Commit, Version
from desk.session import Session, pass_session

_SHORT = 10  # characters of a commit's name
_HEADERS = ("field", "value", "by", "at", "event", "commit")


@command("blame", "desk blame 7k3f", "desk blame 7k3f -f json")
@ids_argument
@format_option
@pass_session
def blame_(session: Session, ids: tuple[str, ...], form: str) -> None:
    """Show who set each field of records, when, by which event, and in which commit that came.

    The commit is empty while the event is not committed. `by hand` is a value that no event
    gave: somebody edited the file.
    """

    def whole(record: Record) -> Record:
        if isinstance(record, Article) and not may_read_whole(session, record):
            raise RefusedError(f"{session.actor} may not read the log of {record.id}")
        return record

    found, failures = read_named(session, parts_of_ids(ids), whole)
    unread = Damage()  # which nobody can mend, as it is in the history
    told = [(record, [*_origins(session, record, unread)]) for record in found]
    if form in render.FOR_PEOPLE:
        several = len(ids) > 1 or ids[0] == "-"
        page("\n".join(_table(*one, session.now, form, named=several) for one in told))
    elif found or not failures:
        rows = [origin.row(record.id) for record, origins in told for origin in origins]
        data(render.rows(rows, form))
    sys.stdout.flush()
    for error in unread.errors:
        tell(f"left out: {error}")
    ManyError.raise_any(failures)


def _origins(session: Session, record: Record, damage: Damage) -> Iterator[Origin]:
    policy = session.desk.policy

    def person(commit: Commit) -> str:
        for who in (commit.email, commit.author):
            with suppress(RefusedError):  # of two people of one name it is neither
                if known := policy.find_person(who):
                    return known
        return commit.email or commit.author

    return blame.origins(record, _versions(session, record.id, damage), person)


def _versions(session: Session, record_id: str, damage: Damage) -> Sequence[Version]:
    """What git has of the record: nothing where there is no repository, or no git."""
    inside = False
    with suppress(StorageError):
        inside = Repository(session.desk.root).exists
    if not inside:
        return ()
    return revisions.versions(revisions.repository_of(session.desk), record_id, damage)


def _table(
    record: Record, origins: Sequence[Origin], now: datetime, form: str, *, named: bool
) -> str:
    title = f"{record.id}  {render.safe(record.title)}\n" if named else ""
    cells = [[render.shown(cell) for cell in _cells(origin, now)] for origin in origins]
    return title + table_text(cells, _HEADERS, form)


def _cells(origin: Origin, now: datetime) -> tuple[Value, ...]:
    at = story.time(dates.from_stamp(origin.at), now) if origin.at else ""
    event = f"{origin.n} {origin.did}" if origin.n else origin.did
    commit = origin.commit.name[:_SHORT] if origin.commit else ""
    return origin.field, origin.value, origin.by, at.strip(), event, commit
