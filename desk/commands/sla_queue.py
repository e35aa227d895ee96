"""desk sla and queue."""

import sys
from collections.abc import Iterable, Iterator

import click

from desk import dates, query, render
from desk.commands.common import (
    Damage,
    TermsCommand,
    command,
    data,
    format_option,
    show_table,
    tell,
    terms_argument,
)
from desk.commands.promised import (
    CLOCK_HEADERS,
    clock_cells,
    clock_row,
    in_short,
    left_in_words,
    policy_option,
    pressing,
    promises_of,
)
from desk.errors import ConditionError, ManyError
from desk.fields import AsOf, field_value
from desk.model import Ticket, Value
from desk.session import Session, pass_session
from desk.sla import AT_RISK, BREACHED, Clock

# The same columns for any tickets, and for none.
_CLOCKS = (
    "id", "priority", "status", "team", "assignee", "promise", "calendar", "clock", "state",
    "target", "elapsed", "wall", "due", "left", "stopped", "missed",
)  # fmt: skip
_QUEUED = (
    "id", "priority", "status", "title", "team", "assignee", "clock", "state", "due", "left",
)  # fmt: skip


@command(
    "sla",
    "desk sla",
    "desk sla 7k3f",
    "desk sla priority:P1 --all --since 30d -f csv",
    "desk sla team:network --fail-on breached",
    "desk sla --all --policy stricter.yaml -f json",
    cls=TermsCommand,
)
@terms_argument
@click.option("--all", "everything", is_flag=True, help="Ended tickets too.")
@click.option("--since", metavar="TIME", help="Only tickets opened from then on.")
@click.option(
    "--fail-on",
    type=click.Choice((AT_RISK, BREACHED)),
    help="Exit code 6 if a clock is so; at_risk means breached ones too.",
)
@policy_option
@format_option
@pass_session
def sla_(
    session: Session,
    terms: tuple[str, ...],
    everything: bool,
    since: str | None,
    fail_on: str | None,
    other: str | None,
    form: str,
) -> None:
    """Show the clocks of tickets: what was promised and how that stands.

    Live tickets, or those that TERMs ask for as in `desk list`. A TERM may also be an ID: a
    whole one, or a part that has a digit in it. left, target and elapsed are working time,
    wall is all time. --policy answers what would be if its rules had always held.
    """
    as_of = AsOf(session.now, promises_of(session, other))
    damage = Damage()
    found = list(_chosen(session, terms, as_of, damage, everything=everything))
    start = session.moment(since)
    shown = [(one, as_of.clocks(one)) for one in found if not start or one.opened >= start]
    pairs = [(ticket, clock) for ticket, clocks in shown for clock in clocks]
    if form in render.FOR_PEOPLE:
        cells = [
            [one.id, *clock_cells(clock, session.now), one.text("priority")] for one, clock in pairs
        ]
        show_table(cells, ("id", *CLOCK_HEADERS, "priority"), form, whole=5)
        if not cells:
            tell("nothing is promised to these tickets" if found else "no ticket fits")
    else:
        rows = [_row(one, as_of) | clock_row(c, session.now) for one, c in pairs]
        data(render.rows(rows, form, _CLOCKS))
    failures = [*damage.errors, *_failed(fail_on, pairs)]
    sys.stdout.flush()
    ManyError.raise_any(failures)


def _chosen(
    session: Session, terms: tuple[str, ...], as_of: AsOf, damage: Damage, *, everything: bool
) -> Iterator[Ticket]:
    """The tickets that ids among the terms name, else those that fit the terms."""
    parts = [word for word in terms if query.names_record(word)]
    words = [word for word in terms if word not in parts]
    ids = dict.fromkeys(session.named(part) for part in parts)
    asked = session.filter(words, as_of.promises)
    if ids:
        tickets: Iterable[Ticket] = map(session.desk.ticket, ids)
    else:
        tickets = session.index.tickets(damage)
    everywhere = everything or bool(ids) or asked.ended
    seen: set[str] = set()
    for ticket in asked.among(session.as_of_now(tickets), seen):
        if everywhere or ticket.live or any(not one.stopped for one in as_of.clocks(ticket)):
            yield ticket
    session.check_fields(asked, (), seen)


def _row(ticket: Ticket, as_of: AsOf) -> dict[str, Value]:
    target, calendar = as_of.promises.of(ticket.head)
    return {
        "id": ticket.id,
        "priority": ticket.text("priority") or None,
        "status": ticket.status,
        "team": ticket.text("team") or None,
        "assignee": ticket.text("assignee") or None,
        "promise": target.name,
        "calendar": calendar.name,
    }


def _failed(fail_on: str | None, pairs: Iterable[tuple[Ticket, Clock]]) -> Iterator[ConditionError]:
    """What to end with if a clock is as bad as that."""
    bad = (BREACHED,) if fail_on == BREACHED else (AT_RISK, BREACHED)
    hits = sorted({ticket.id for ticket, clock in pairs if fail_on and clock.state in bad})
    if hits:
        more = f" and {len(hits) - 5} more" if len(hits) > 5 else ""
        word = "breached" if fail_on == BREACHED else "at risk or breached"
        what = "1 ticket is" if len(hits) == 1 else f"{len(hits)} tickets are"
        yield ConditionError(f"{what} {word}: {', '.join(hits[:5])}{more}")


_QUEUE = ("id", "due", "left", "clock", "state", "priority", "title", "holder", "status")


@command("queue", "desk queue", "desk queue assignee:me", "desk queue 'due:<4h' -f json",
         cls=TermsCommand)  # fmt: skip
@terms_argument
@click.option("--limit", metavar="N", type=click.IntRange(min=0), help="At most so many.")
@format_option
@pass_session
def queue_(session: Session, terms: tuple[str, ...], limit: int | None, form: str) -> None:
    """Show live tickets by what is due next, the most overdue first, with the time left.

    Then come those on hold whose clocks stand still, then those that nothing is promised to.
    """
    damage = Damage()
    asked = session.filter(terms)
    seen: set[str] = set()
    found = asked.among(session.tickets(damage, among="unended"), seen)
    pressed = [(ticket, *pressing(session.as_of.clocks(ticket))) for ticket in found]
    session.check_fields(asked, (), seen)
    waiting = [one for one in pressed if one[0].live or one[1]]
    waiting.sort(key=lambda one: (one[1] is None, one[2], one[1].left if one[1] else 0, one[0].id))
    chosen = waiting[:limit]
    if form in render.FOR_PEOPLE:
        show_table([_queue_cells(session, *one) for one in chosen], _QUEUE, form, whole=5)
        if not waiting:
            tell("no live ticket fits")
    else:
        data(render.rows([_queue_row(session, *one) for one in chosen], form, _QUEUED))
    damage.say()


_NO_CLOCK: dict[str, Value] = dict.fromkeys(("clock", "state", "due", "left"))


def _queue_row(session: Session, ticket: Ticket, clock: Clock | None, _: float) -> render.Row:
    head = {name: ticket.head.get(name) for name in ("priority", "status", "title")}
    holders = {name: ticket.head.get(name) for name in ("team", "assignee")}
    own = clock_row(clock, session.now) if clock else _NO_CLOCK
    return {"id": ticket.id, **head, **holders, **{name: own[name] for name in _NO_CLOCK}}


def _queue_cells(session: Session, ticket: Ticket, clock: Clock | None, due: float) -> list[str]:
    as_of = session.as_of
    head = [render.shown(field_value(ticket, name, as_of)) for name in _QUEUE[5:]]
    if not clock:
        return [ticket.id, "", "", "", "", *head]
    when = "" if due == float("inf") else in_short(dates.at(due, as_of.now.tzinfo), as_of.now)
    return [ticket.id, when, left_in_words(clock), clock.name, clock.state, *head]
