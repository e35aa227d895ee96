"""desk list."""

import json
from typing import TYPE_CHECKING, NamedTuple

import click

from desk import codec, dates, render
from desk.commands.common import (
    Damage,
    TermsCommand,
    command,
    data,
    fields_option,
    format_option,
    page,
    table_text,
    tell,
    terms_argument,
)
from desk.fields import FIELDS, LOGGED, OF_MOMENTS, AsOf, field_value, in_order, sort_fields
from desk.model import REQUESTER_FIELDS, TICKET_FIELDS, Record, Ticket, Value
from desk.session import Session, pass_session

if TYPE_CHECKING:
    from desk.index import Index

# Fields that stand in a head or follow from it without the log.
_HEAD_FIELDS = frozenset((*FIELDS, "tag", "link", "age", "holder")) - LOGGED
_KEPT = frozenset(FIELDS).difference(OF_MOMENTS)
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
@fields_option("--sort", "FIELD,-FIELD", "By these; - for downward.", "complete_columns")
@click.option("--limit", metavar="N", type=click.IntRange(min=0), help="At most so many.")
@fields_option("--columns", "FIELD,…", "These fields only.", "complete_columns")
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
    names = columns_of(columns)
    wanted = _Wanted(terms, everything, sort, limit, names, form)
    listed = session.index.answered(lambda: _listed(session, wanted))
    (page if form in render.FOR_PEOPLE else data)(listed.text)
    for sentence in listed.hints:
        tell(sentence)
    listed.damage.say()


def columns_of(columns: str) -> tuple[str, ...]:
    """The fields that --columns names, each once."""
    return tuple(dict.fromkeys(name.strip() for name in columns.split(",") if name.strip()))


class _Wanted(NamedTuple):
    """What the command line asks for."""

    terms: tuple[str, ...]
    everything: bool
    sort: str
    limit: int | None
    columns: tuple[str, ...]
    form: str


class _Listed(NamedTuple):
    """What is printed: data, sentences for a person, files that are damaged."""

    text: str
    hints: list[str]
    damage: Damage


def _listed(session: Session, wanted: _Wanted) -> _Listed:
    damage = Damage()
    heads = _heads(session, wanted) if _is_of_heads(session, wanted) else None
    if heads is None:
        tickets, hints = _chosen(session, wanted, damage)
        return _Listed(_as_text(session, wanted, tickets), hints, damage)
    session.index.tell_damage(damage)
    hints = (
        [] if heads or wanted.limit == 0 or wanted.form not in render.FOR_PEOPLE else [_NONE_LIVE]
    )
    if wanted.form == "ndjson" and not wanted.columns:
        return _Listed(render.ndjson(heads), hints, damage)
    tickets = [Ticket(json.loads(head), ()) for head in heads]
    return _Listed(_as_text(session, wanted, tickets), hints, damage)


def _is_of_heads(session: Session, wanted: _Wanted) -> bool:
    """Whether the heads that the index has in order are enough to answer."""
    if wanted.terms or session.now_is_given or not _HEAD_FIELDS.issuperset(wanted.columns):
        return False
    # A table for a spreadsheet has the custom fields too, which may be named like derived ones.
    return bool(wanted.columns) or wanted.form not in ("csv", "tsv")


def _heads(session: Session, wanted: _Wanted) -> list[str] | None:
    """The heads of the tickets in their order, None where the index does not have it."""
    index, limit = session.index, -1 if wanted.limit is None else wanted.limit
    if not wanted.sort:
        priorities = session.desk.policy.priorities
        return index.pressing(priorities, limit=limit, ended=wanted.everything)
    by = sort_fields(wanted.sort)
    if wanted.everything or not all(_is_kept(index, name) for name, _ in by):
        return None
    return index.in_order(by, session.as_of, limit)


def _is_kept(index: "Index", field: str) -> bool:
    """Whether live tickets are in the index in the order of that field."""
    if field in _KEPT:
        return True
    if field in OF_MOMENTS:
        return not index.has_sort_key(field)  # which would be a custom field, of some tickets
    return field.partition(".")[0] not in FIELDS and index.has_sort_key(field)


def _chosen(session: Session, wanted: _Wanted, damage: Damage) -> tuple[list[Ticket], list[str]]:
    """The tickets that fit, in their order, and what to say where there are none."""
    asked = session.filter(wanted.terms)
    everywhere = wanted.everything or asked.ended
    seen: set[str] = set()
    tickets = session.tickets(damage, among="all" if everywhere else "live")
    found = [one for one in asked.among(tickets, seen) if everywhere or one.live]
    session.check_fields(asked, _named(wanted), seen)
    ordered = in_order(found, wanted.sort, session.as_of, session.desk.policy.priorities)
    silent = found or wanted.form not in render.FOR_PEOPLE
    hint = "no ticket fits" if everywhere else _NONE_LIVE
    return ordered[: wanted.limit], [] if silent else [hint]


def _as_text(session: Session, wanted: _Wanted, tickets: list[Ticket]) -> str:
    if wanted.form in render.FOR_PEOPLE:
        shown = wanted.columns or _COLUMNS
        cells = [[cell_of(ticket, name, session.as_of) for name in shown] for ticket in tickets]
        return table_text(cells, [name.removesuffix(".name") for name in shown], wanted.form)
    names = wanted.columns
    if wanted.form in ("csv", "tsv"):
        names = names or _all_columns(tickets)
    rows = [row_of(ticket, names, session.as_of) for ticket in tickets]
    return render.rows(rows, wanted.form, names)


_NONE_LIVE = "no live ticket fits; --all looks at ended ones too"


def _named(wanted: _Wanted) -> list[str]:
    """The fields that --columns and --sort name."""
    by = (name.strip().lstrip("-") for name in wanted.sort.split(","))
    return [name for name in (*wanted.columns, *by) if name and name not in _COLUMNS]


def row_of(record: Record, names: tuple[str, ...], as_of: AsOf) -> dict[str, Value]:
    """Those fields of a record as data; its head without names."""
    if not names:
        return codec.as_dict(record, log=False)
    return {"id": record.id, **{name: field_value(record, name, as_of) for name in names}}


def _all_columns(tickets: list[Ticket]) -> tuple[str, ...]:
    """The same columns for any tickets, then the custom fields that these have."""
    requester = [f"requester.{part}" for part in REQUESTER_FIELDS]
    place = TICKET_FIELDS.index("requester")
    own = (*TICKET_FIELDS[:place], *requester, *TICKET_FIELDS[place + 1 :])
    custom = {name for ticket in tickets for name in ticket.head}
    return (*own, *sorted(custom.difference(own, ("requester",))))


def cell_of(record: Record, name: str, as_of: AsOf) -> str:
    """A field of a record for a person."""
    if name == "status" and record.text("waiting_for"):
        return render.shown(f"{record.status} ({record.text('waiting_for')})")
    value = field_value(record, name, as_of)
    if name == "age" and isinstance(value, int):
        return dates.in_words(value)
    return render.shown(value)
