"""desk list, show and history."""

import sys
from collections.abc import Callable, Sequence

import click

from desk import codec, dates, query, render
from desk.commands.common import (
    Damage,
    TermsCommand,
    command,
    data,
    format_option,
    id_argument,
    ids_argument,
    page,
    parts_of_ids,
    show_table,
    tell,
    terms_argument,
)
from desk.commands.promised import clock_lines, plan_of
from desk.commands.reading import as_read, read_named, standing
from desk.errors import ManyError, nearest
from desk.fields import AsOf, field_value, in_order
from desk.model import REQUESTER_FIELDS, TICKET_FIELDS, Record, Ticket, Value
from desk.policy import KNOWN_FIELDS
from desk.session import Session, pass_session

_COLUMNS = ("id", "priority", "status", "title", "requester.name", "holder", "age")


@command(
    "list",
    "desk list",
    "desk list team:network priority:P1,P2 -assignee:chen",
    "desk list 'team:network or (vpn opened:7d..)'",
    "desk list @mine 'due:<4h'",
    "desk list --all requester:李伟 --sort -opened --limit 10",
    "desk list status:resolved --columns id,title,score -f csv",
    cls=TermsCommand,
)
@terms_argument
@click.option("--all", "everything", is_flag=True, help="Every status, live ones first.")
@click.option("--sort", metavar="FIELD,-FIELD", default="", help="By these; - for downward.")
@click.option("--limit", metavar="N", type=click.IntRange(min=0), help="At most so many.")
@click.option("--columns", metavar="FIELD,…", default="", help="These fields only.")
@format_option
@pass_session
def list_(
    session: Session,
    terms: tuple[str, ...],
    everything: bool,
    sort: str,
    limit: int | None,
    columns: str,
    form: str,
) -> None:
    """List tickets: live ones, or those that the TERMs ask for.

    A TERM is FIELD:VALUE, several values with commas, or words that stand in title and
    description. -TERM is not, `or` stands between two, brackets around several; @NAME is a
    view of desk.yaml. status:open is all that are live, assignee:me your own, FIELD:none what
    is not set; opened:7d.. age:>3d due:<4h score:1..2 requester:~li compare. A status among
    the TERMs, or --all, lists ended tickets too. What stands behind -- is words to find. The
    whole language is in docs/queries.md.
    """
    damage = Damage()
    asked = session.filter(terms)
    names = [name.strip() for name in columns.split(",") if name.strip()]
    everywhere = everything or asked.ended
    seen: set[str] = set()
    tickets = session.tickets(damage, among="all" if everywhere else "live")
    fitting = asked.among(tickets, seen)
    found = [ticket for ticket in fitting if everywhere or ticket.live]
    session.check_fields(asked, named_fields(names, sort), seen)
    chosen = in_order(found, sort, session.as_of, session.desk.policy.priorities)[:limit]
    if form in render.FOR_PEOPLE:
        show_list(chosen, names or _COLUMNS, form, session.as_of)
        if not chosen:
            _tell_why_none(session, asked, everywhere, bool(found))
    else:
        if form in ("csv", "tsv"):
            names = names or _all_columns(chosen)
        rows = [row_of(ticket, names, session.as_of) for ticket in chosen]
        data(render.rows(rows, form, names))
    damage.say()


def _tell_why_none(session: Session, asked: query.Filter, everywhere: bool, cut: bool) -> None:
    """Say why the list is empty: a value that nobody knows, or only ended tickets that fit."""
    if cut:
        return
    for field, value in asked.wanted():
        known = session.desk.policy.known(field) if field in KNOWN_FIELDS else ()
        words = [word.casefold() for name in known for word in (name, *name.split("/"))]
        if known and value not in (*words, "none", "me"):
            tell(f"{field} {value!r} is not in desk.yaml; {nearest(value, known)}")
    tell("no ticket fits" if everywhere else "no live ticket fits; --all looks at ended ones too")


def named_fields(columns: list[str], sort: str) -> list[str]:
    """The fields that --columns and --sort name."""
    by = (name.strip().lstrip("-") for name in sort.split(","))
    return [name for name in (*columns, *by) if name and name not in _COLUMNS]


def row_of(record: Record, names: Sequence[str], as_of: AsOf) -> dict[str, Value]:
    """Those fields of a record as data; its head without names."""
    if not names:
        return codec.as_dict(record, log=False)
    return {"id": record.id, **{name: field_value(record, name, as_of) for name in names}}


def _all_columns(tickets: list[Ticket]) -> list[str]:
    """The same columns for any tickets, then the custom fields that these have."""
    requester = [f"requester.{part}" for part in REQUESTER_FIELDS]
    place = TICKET_FIELDS.index("requester")
    custom = {name for ticket in tickets for name in ticket.head} - set(TICKET_FIELDS)
    return [*TICKET_FIELDS[:place], *requester, *TICKET_FIELDS[place + 1 :], *sorted(custom)]


def show_list(records: Sequence[Record], columns: Sequence[str], form: str, as_of: AsOf) -> None:
    """Print those fields of records for a person, in a form of FOR_PEOPLE."""
    cells = [[_cell(record, name, as_of) for name in columns] for record in records]
    show_table(cells, [name.removesuffix(".name") for name in columns], form)


def _cell(record: Record, name: str, as_of: AsOf) -> str:
    if name == "status" and record.text("waiting_for"):
        return render.shown(f"{record.status} ({record.text('waiting_for')})")
    value = field_value(record, name, as_of)
    if name == "age" and isinstance(value, int):
        return dates.in_words(value)
    return render.shown(value)


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


@command("history", "desk history 7k3f", "desk history 7k3f -f ndjson")
@id_argument
@format_option
@pass_session
def history_(session: Session, record_id: str, form: str) -> None:
    """Show a record's log: what happened when, by whom, and what it changed."""
    show_log(as_read(session, session.desk.read(session.named(record_id))), form)


def show_log(record: Record, form: str) -> None:
    """Print the log of a record."""
    if form in render.FOR_PEOPLE:
        show_table(*render.history_table(record), form)
    else:
        rows = [{"id": record.id, **codec.event_as_dict(event)} for event in record.log]
        data(render.rows(rows, form))
