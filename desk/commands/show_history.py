"""desk show and history."""

import sys
from collections.abc import Callable, Sequence

from desk import codec, render
from desk.commands.common import (
    command,
    data,
    format_option,
    ids_argument,
    page,
    parts_of_ids,
    table_text,
)
from desk.commands.promised import clock_lines, plan_of
from desk.commands.reading import read_named, standing
from desk.errors import ManyError
from desk.model import Record, Ticket
from desk.session import Session, pass_session


@command("show", "desk show 7k3f", "desk show 7k3f -f json", "desk list -f ids | desk show -")
@ids_argument
@format_option
@pass_session
def show_(session: Session, ids: tuple[str, ...], form: str) -> None:
    """Show records whole, with their logs.

    An escalated ticket opens with its hand-over.
    """
    show_named(session, ids, form)


def show_named(
    session: Session,
    ids: Sequence[str],
    form: str,
    as_kind: Callable[[Record], Record] = lambda record: record,
) -> None:
    """Print the records that are named whole; `as_kind` refuses those of another kind."""
    found, failures = read_named(session, parts_of_ids(ids), as_kind)
    if form == "table":
        page("\n".join(_shown(record, session) for record in found))
    elif form == "markdown":
        page("\n".join(map(render.markdown_record, found)))
    elif found or not failures:
        rows = [codec.as_dict(record, log=form != "ids") for record in found]
        data(render.rows(rows, form))
    sys.stdout.flush()
    ManyError.raise_any(failures)


def _shown(record: Record, session: Session) -> str:
    if not isinstance(record, Ticket):
        return render.record(*standing(record, session.now))
    return render.record(
        record,
        session.now,
        clocks=clock_lines(record, session),
        plan=plan_of(session, record),
    )


@command(
    "history",
    "desk history 7k3f",
    "desk history 7k3f -f ndjson",
    "desk list -f ids | desk history - -f csv",
)
@ids_argument
@format_option
@pass_session
def history_(session: Session, ids: tuple[str, ...], form: str) -> None:
    """Show the logs of records: what happened when, by whom, and what it changed."""
    show_logs(session, ids, form)


def show_logs(
    session: Session,
    ids: Sequence[str],
    form: str,
    as_kind: Callable[[Record], Record] = lambda record: record,
) -> None:
    """Print the logs of the records that are named; `as_kind` refuses those of another kind."""
    found, failures = read_named(session, parts_of_ids(ids), as_kind)
    if form in render.FOR_PEOPLE:
        several = len(ids) > 1 or ids[0] == "-"
        page("\n".join(_log_table(record, form, named=several) for record in found))
    elif found or not failures:
        rows = [
            {"id": record.id, **codec.event_as_dict(event)}
            for record in found
            for event in record.log
        ]
        data(render.rows(rows, form))
    sys.stdout.flush()
    ManyError.raise_any(failures)


def _log_table(record: Record, form: str, *, named: bool) -> str:
    title = f"{record.id}  {render.safe(record.title)}\n"
    return (title if named else "") + table_text(*render.history_table(record), form)
