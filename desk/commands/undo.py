"""desk undo."""

from collections.abc import Iterable, Iterator
from contextlib import suppress

import click

from desk import donelog, model, render, undoing
from desk.commands.common import (
    Verb,
    command,
    complete_ids,
    each_named,
    parts_of_ids,
    report,
)
from desk.commands.outcome import Outcome, changed, failed
from desk.commands.reading import as_read
from desk.errors import DeskError, ManyError, NotFoundError, RefusedError
from desk.lifecycle import Act
from desk.model import Event, Record
from desk.session import Session, pass_session
from desk.store import Transaction

# Events of records that are taken back together, the last of each record first.
_Taken = dict[str, list[Event]]


@command("undo", "desk undo", "desk undo --dry-run", "desk undo 7k3f", cls=Verb)
@click.argument("ids", nargs=-1, metavar="[ID…]", shell_complete=complete_ids)
@pass_session
def undo_(session: Session, ids: tuple[str, ...]) -> None:
    """Take back what you did last: your last command in this clone, or to each record named.

    An event says so; nothing is rewritten. What was taken back counts in no figure. Where
    somebody has changed the same since, all of it is refused.
    """
    act = session.act()
    if not ids:
        report(session, _last_command(session, act))
        return
    along: set[str] = set()

    def one(transaction: Transaction, record_id: str, given: str) -> Iterator[Outcome]:
        if record_id in along:
            return
        record = transaction.read(record_id)
        as_read(session, record)
        event = undoing.own_last(record, act.by)
        taken = {record_id: [event], **_along(transaction, record, event)}
        along.update(taken)
        yield from _take_back(transaction, act, taken, given)

    report(session, each_named(session, parts_of_ids(ids), act, one))


def _along(transaction: Transaction, record: Record, event: Event) -> _Taken:
    """What the same command wrote in other records because of that event."""
    found: _Taken = {}
    for other in undoing.others(record, event):
        try:
            events = [*undoing.along_with(record, event, transaction.read(other))]
        except NotFoundError:
            continue  # its side of the link is gone with it
        found |= {other: events} if events else {}
    return found


def _take_back(
    transaction: Transaction, act: Act, taken: _Taken, given: str | None
) -> Iterator[Outcome]:
    """Take back all of it; `given` is how the first record was named.

    Raises the errors of all records where one is refused: nothing is changed then.
    """
    outcomes: list[Outcome] = []
    after: list[Record] = []
    errors: list[DeskError] = []
    first = next(iter(taken))
    for record_id, events in taken.items():
        before = record = transaction.read(record_id)
        try:
            for event in events:
                record = undoing.taken_back(record, act, event)
        except RefusedError as error:
            errors.append(error)
            continue
        after.append(record)
        how = {"given": given} if record_id == first else {"along_with": first}
        how = how if given else {}
        outcomes.append(changed(before, record, _said(before, record, events), **how))
    if errors:
        raise RefusedError("\n".join(map(str, errors)))
    transaction.replace(*after)
    yield from outcomes


def _said(before: Record, after: Record, events: Iterable[Event]) -> str:
    what = ", ".join(f"{event.did} of {event.at}" for event in events)
    change = {
        name: (before.head.get(name), after.head.get(name))
        for name in {**before.head, **after.head}
        if before.head.get(name) != after.head.get(name)
    }
    moves = f": {render.moves(change)}" if change else ""
    return f"{after.id} has its {what} taken back{moves}"


def _last_command(session: Session, act: Act) -> list[Outcome]:
    """Take back the last command of this clone that stands; what became of each record."""
    with session.desk.changing(session.now, act.by) as transaction:
        for done in donelog.commands(session.desk.private(donelog.FILE) or b"", act.by):
            if done.records is None:
                raise RefusedError(
                    f"your last command ({done.at}) changed too many records to be taken back at "
                    "once; name them: desk undo ID…"
                )
            taken = _standing(session, transaction, act, done.at, done.records)
            if taken:
                return _reported(transaction, act, taken)
    raise RefusedError(
        f"no command of {act.by} in this clone is left to be taken back; `desk undo ID` takes "
        "back what you did last to a record"
    )


def _reported(transaction: Transaction, act: Act, taken: _Taken) -> list[Outcome]:
    try:
        return [*_take_back(transaction, act, taken, None)]
    except ManyError.ONE_RECORD as error:
        return [failed(error, next(iter(taken)))]


def _standing(
    session: Session,
    transaction: Transaction,
    act: Act,
    at: str,
    records: dict[str, list[tuple[int, str]]],
) -> _Taken:
    """The events of a command that are still to be taken back, none where all are already.

    Raises RefusedError where one of them is not to be found: it is no earlier command's turn then.
    """
    taken: _Taken = {}
    for noted_id, noted in records.items():
        wanted = {(n, at, act.by) for n, at in noted}
        record = _with_events(session, transaction, noted_id, wanted)
        if record is None:
            raise RefusedError(
                f"your last command ({at}) changed {noted_id}, and what it did is not there any "
                "more; `desk undo ID` takes back what you did last to a record"
            )
        events = [one for one in model.in_order(record.log) if (one.n, one.at, one.by) in wanted]
        undos = model.undoings(record.log)
        if stands := [one for one in reversed(events) if model.mark(one) not in undos]:
            taken[record.id] = stands
    return taken


def _with_events(
    session: Session, transaction: Transaction, record_id: str, wanted: set[tuple[int, str, str]]
) -> Record | None:
    """The record that has those events: that of the id, or else one that a merge has renumbered."""

    def fitting(ids: Iterable[str]) -> Iterator[Record]:
        for one in ids:
            with suppress(NotFoundError):
                record = transaction.read(one)
                if wanted <= {(event.n, event.at, event.by) for event in record.log}:
                    yield record

    found = next(fitting([record_id]), None)
    return found or next(fitting(session.index.ids_of_external(record_id)), None)
