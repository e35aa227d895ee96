"""What several commands say of promises: clocks, due times, the plan of a major incident."""

from collections.abc import Iterable
from datetime import datetime, tzinfo

from desk import dates, render, timerules
from desk.errors import DeskError
from desk.model import Article, Ticket, Value
from desk.promises import RESOLVE, RESPOND
from desk.session import Session
from desk.sla import BREACHED, PAUSED, Clock


def moment_of(seconds: float, zone: tzinfo | None) -> datetime:
    """A moment in seconds since 1970 as one in that zone."""
    return datetime.fromtimestamp(round(seconds), zone)


def clock_row(clock: Clock, now: datetime) -> dict[str, Value]:
    """A clock for programs: lengths in seconds, moments as RFC 3339."""
    due = clock.due
    return {
        "clock": clock.name,
        "state": clock.state,
        "target": round(clock.target),
        "elapsed": round(clock.elapsed),
        "wall": round(clock.wall),
        "due": None if due is None else dates.stamp(moment_of(due, now.tzinfo)),
        "left": round(clock.left),
        "stopped": dates.stamp(moment_of(clock.end, now.tzinfo)) if clock.stopped else None,
        "missed": clock.missed,
    }


def clock_cells(clock: Clock, now: datetime) -> list[str]:
    """A clock for a person, under CLOCK_HEADERS."""
    due = clock.due
    state = f"{clock.state}, missed {clock.missed} times" if clock.missed > 1 else clock.state
    return [
        clock.name,
        state,
        dates.in_hours(clock.target),
        dates.in_hours(clock.elapsed),
        dates.in_words(clock.wall),
        "" if due is None else in_short(moment_of(due, now.tzinfo), now),
        left_in_words(clock),
    ]


CLOCK_HEADERS = ("clock", "state", "target", "elapsed", "wall", "due", "margin")


def left_in_words(clock: Clock) -> str:
    """By how much a promise is or was kept or missed, or what is left: working time."""
    length = dates.in_hours(abs(clock.left))
    if clock.left < 0:
        return f"{length} late" if clock.stopped else f"{length} over"
    if clock.stopped and clock.state == BREACHED:  # an earlier interval was too long
        return ""
    return f"{length} to spare" if clock.stopped else f"{length} left"


def in_short(moment: datetime, now: datetime) -> str:
    """A moment for a person: the time alone if it is today."""
    if moment.date() == now.date():
        return f"{moment:%H:%M}"
    return f"{moment:%a %m-%d %H:%M}" if moment.year == now.year else f"{moment:%Y-%m-%d %H:%M}"


def clock_lines(clocks: Iterable[Clock], now: datetime) -> str:
    """Clocks for a person, a line each, empty for none."""
    return render.aligned((clock.name, _in_words(clock, now)) for clock in clocks)


def _in_words(clock: Clock, now: datetime) -> str:
    _, state, target, elapsed, wall, due, left = clock_cells(clock, now)
    when = f"due {due}, " if due else ""
    return f"{state}: {when}{left} ({elapsed} of {target} working time, {wall} in all)"


def promise(ticket: Ticket, session: Session) -> str:
    """When a reply and the solution of a ticket are due, empty where nothing is promised."""
    due = {clock.name: clock.due for clock in session.as_of.clocks(ticket) if not clock.stopped}
    words = ((RESPOND, "a reply is due by"), (RESOLVE, "it should be solved by"))
    said = [
        f"{phrase} {in_short(moment_of(moment, session.now.tzinfo), session.now)}"
        for name, phrase in words
        if (moment := due.get(name)) is not None
    ]
    return ", ".join(said)


def plan_of(session: Session, ticket: Ticket) -> str:
    """The plan that a major incident is handled by, empty for any other ticket."""
    rule = timerules.major_rule(ticket, session.desk.policy) if ticket.head.get("major") else None
    if not rule or not rule.plan:
        return ""
    try:
        record = session.desk.read(session.desk.named(rule.plan))
    except DeskError as error:
        return f"{rule.plan} cannot be shown: {error}"
    text = record.text("solution") or record.text("body") if isinstance(record, Article) else ""
    return f"{record.id}  {record.title}\n{text}"


def pressing(clocks: Iterable[Clock]) -> tuple[Clock | None, float]:
    """The clock that is due next, with its due time; a paused one comes after all that run.

    Of several paused ones the one with the least time left; none: infinitely far.
    """
    owed = [clock for clock in clocks if not clock.stopped]
    timed = [(due, clock) for clock in owed if (due := clock.due) is not None]
    if timed:
        due, clock = min(timed, key=lambda pair: pair[0])
        return clock, due
    still = [clock for clock in owed if clock.state == PAUSED]
    return min(still, key=lambda clock: clock.left, default=None), float("inf")
