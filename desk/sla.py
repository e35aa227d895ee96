"""Clocks on calendars: what was promised for a ticket and how that stands (pure).

A ticket's log is cut into stretches in which nothing that matters changed: its status, what
it waits for, and the fields that choose its target and calendar. What has elapsed of a clock
is the working time of the stretches in which it ran, each by the calendar that applied then;
its target is the one that applies now. So a change of priority, team or policy counts from
the opening, and a pause is neither lost nor counted twice.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from desk import dates, model
from desk.calendars import Calendar
from desk.model import Change, Event, Ticket, Value
from desk.promises import ALL_STILL, NONE_STILL, RESPOND, UPDATE, Promises

RUNNING, PAUSED, MET, AT_RISK, BREACHED = STATES = (
    "running", "paused", "met", "at_risk", "breached",
)  # fmt: skip
_SOLVED = ("resolved", "closed")
_CHOOSES = frozenset(
    ("kind", "priority", "category", "team", "requester", "impact", "channel", "major", "opened")
)
_MOVES = frozenset(("status", "waiting_for"))
_WATCHED = _CHOOSES | _MOVES


class Stretch(NamedTuple):
    """A time (seconds since 1970) in which nothing that matters changed.

    `before` and `after` are the calendar's running totals at its ends; `still` are the clocks
    that did not run in it.
    """

    start: float
    end: float
    before: float
    after: float
    calendar: Calendar
    still: frozenset[str]


class History(NamedTuple):
    """What the log says that clocks need; moments in seconds since 1970.

    `news` are the moments at which the requester heard something; `over` is when it was
    resolved or closed without being reopened since; `head` has the fields as they stood.
    """

    opened: float
    stretches: Sequence[Stretch]
    news: Sequence[float]
    responded: float | None
    over: float | None
    head: Mapping[str, Value]


class Clock(NamedTuple):
    """One promise: seconds of working time (`wall`: of any time), moments since 1970.

    `end` is when it stopped, else now. `missed` counts the intervals without news that were
    too long (update clock only).
    """

    name: str
    state: str
    target: float
    elapsed: float
    start: float
    end: float
    stopped: bool
    missed: int
    stretches: Sequence[Stretch]

    @property
    def wall(self) -> float:
        """Seconds from its start to its end."""
        return self.end - self.start

    @property
    def left(self) -> float:
        """Working time left; negative by how much it is missed."""
        return self.target - self.elapsed

    @property
    def still(self) -> bool:
        """Whether it does not run now."""
        return self.name in self.stretches[-1].still

    @property
    def due(self) -> float | None:
        """When it is due, or was; None while a pause keeps that open."""
        return self.reached(1.0)

    def ahead(self, at_risk: float) -> tuple[float, float]:
        """The moments from which it is at risk and breached, infinite where they never come.

        A target is breached by the first second of working time beyond it.
        """
        risky, late = self.reached(at_risk), self.reached(1 + 1 / self.target)
        if self.still:  # it is paused, or breached already
            risky = None
        return math.inf if risky is None else risky, math.inf if late is None else round(late)

    def reached(self, share: float) -> float | None:
        """The moment at which so much of the target has elapsed, or will or would have.

        None while a pause keeps that open, or where the calendar has no working time left.
        """
        wanted = round(self.target * share, 3)
        calendar = self.stretches[0].calendar
        for stretch in self.stretches:
            start, end = max(stretch.start, self.start), min(stretch.end, self.end)
            if self.name in stretch.still or end <= start:
                continue
            calendar = stretch.calendar
            worked = calendar.between(start, end)
            if worked >= wanted:
                return calendar.after(start, wanted)
            wanted -= worked
        if self.stopped:
            return calendar.after(self.end, wanted)
        return None if self.still else self.stretches[-1].calendar.after(self.end, wanted)


def clocks(ticket: Ticket, promises: Promises, now: float) -> list[Clock]:
    """The clocks of what was promised for a ticket, as of `now` (seconds since 1970).

    A ticket that was cancelled, or not yet opened then, has none.
    """
    history = read(ticket, promises, now)
    if history.opened > now or history.head.get("status") == "cancelled":
        return []
    target, _ = promises.of(history.head)
    return [
        (_news if name == UPDATE else _once)(history, name, seconds, promises.at_risk, now)
        for name, seconds in target.promised.items()
    ]


def _once(history: History, name: str, target: float, at_risk: float, now: float) -> Clock:
    """The clock of what is owed once: the response, or the resolution."""
    opened, stretches, _, responded, over, _ = history
    stop = responded if name == RESPOND else over
    end = now if stop is None else stop
    elapsed = _worked(stretches, name, opened, end)
    if stop is None:
        state = _going(history, name, elapsed, target, at_risk)
    else:
        state = MET if elapsed <= target else BREACHED
    return Clock(name, state, target, elapsed, opened, end, stop is not None, 0, stretches)


def _going(history: History, name: str, elapsed: float, target: float, at_risk: float) -> str:
    """The state of a clock that has not stopped."""
    if elapsed > target:
        return BREACHED
    if name in history.stretches[-1].still:
        return PAUSED
    # Rounded, because 7 % of 100 minutes is a hair over 7 in floating point.
    return AT_RISK if elapsed >= round(target * at_risk, 3) else RUNNING


def _news(history: History, name: str, target: float, at_risk: float, now: float) -> Clock:
    """The clock of the news that is owed at least every so often while the ticket is live.

    It shows the present interval, of a ticket that is over the longest.
    """
    over, stretches = history.over, history.stretches
    last = now if over is None else over
    missed, begun, end, elapsed = 0, history.opened, history.opened, 0.0
    longest = (-1.0, begun, end)
    # A reply of this very second has begun an interval, one in the second of the end has not.
    news = (one for one in history.news if one < last or over is None)
    first = 0
    for moment in (*news, last):
        begun, end = end, moment
        while stretches[first].end <= begun < last:
            first += 1
        elapsed = _worked(stretches[first:], name, begun, end)
        missed += elapsed > target
        longest = max(longest, (elapsed, begun, end))
    if over is None:
        state = _going(history, name, elapsed, target, at_risk)
    else:
        state = BREACHED if missed else MET
        elapsed, begun, end = longest
    return Clock(name, state, target, elapsed, begun, end, over is not None, missed, stretches)


def _worked(stretches: Iterable[Stretch], name: str, start: float, end: float) -> float:
    """Working seconds between two moments in which that clock ran."""
    worked = 0.0
    for low, high, before, after, calendar, still in stretches:
        if low >= end:
            break
        if name in still or high <= start:
            continue
        worked += after if high <= end else calendar.total(end)
        worked -= before if low >= start else calendar.total(start)
    return worked


# --- from a log to its history --------------------------------------------------------------


class Happening(NamedTuple):
    """What clocks need of an event."""

    seconds: float
    did: str
    change: Change


def read(ticket: Ticket, promises: Promises, now: float) -> History:
    """Cut a ticket's log where, up to `now`, something that matters changed."""
    opened = dates.seconds(ticket.text("opened"))
    watched = _WATCHED if promises.several_calendars else _MOVES
    if _is_plain(ticket, opened, now, watched):
        return _cut(ticket.log, ticket.head, opened, promises, now)
    line, head = _put_in_order(ticket, opened, now)
    return _cut(line, head, opened, promises, now)


def _is_plain(ticket: Ticket, opened: float, now: float, watched: frozenset[str]) -> bool:
    """Whether events from the opening to now stand in order and tell all of those fields.

    None of them takes another back.
    """
    log, head = ticket.log, ticket.head
    if not log or log[0].change.get("status", ("", ""))[0] is not None:
        return False
    last, n = opened, 0
    stood: dict[str, tuple[Value, Value]] = {}
    for event in log:
        if event.seconds < last or event.n <= n or event.did == model.UNDO:
            return False
        last, n = event.seconds, event.n
        if not watched.isdisjoint(event.change):
            stood.update(event.change)
    if last > now:
        return False
    return all((stood[name][1] if name in stood else None) == head.get(name) for name in watched)


def _put_in_order(
    ticket: Ticket, opened: float, now: float
) -> tuple[list[Happening], Mapping[str, Value]]:
    """What happened up to `now` in order of time, after what it began with; and the head then.

    What was typed into the file is in no event yet; it came after the last one.
    """
    head = model.origin(ticket)
    line = [Happening(opened, "", {name: (None, value) for name, value in head.items()})]
    newest: dict[str, int] = {}
    for at, rank, event in model.by_time(model.standing(ticket.log)):
        if at > now:
            return line, head
        change = {name: to for name, to in event.change.items() if newest.get(name, -1) < rank}
        newest |= dict.fromkeys(change, rank)
        model.apply(head, change)
        line.append(Happening(max(at, opened), event.did, change))
    typed = {name: (head.get(name), ticket.head.get(name)) for name in _WATCHED}
    typed = {name: pair for name, pair in typed.items() if pair[0] != pair[1]}
    line.append(Happening(line[-1].seconds, "", typed))
    return line, ticket.head


def _cut(
    log: Iterable[Event | Happening],
    head: Mapping[str, Value],
    opened: float,
    promises: Promises,
    now: float,
) -> History:
    """The history that what happened, in order of time, makes up to `now`."""
    stretches: list[Stretch] = []
    news: list[float] = []
    responded = over = status = waiting_for = None
    begun, calendar, still = opened, promises.calendar, NONE_STILL
    standing: dict[str, Value] = {}
    for event in log:
        at, change = event.seconds, event.change
        if event.did == "reply":
            news.append(at)
            responded = at if responded is None else responded
        now_calendar, now_still = calendar, still
        if "status" in change or "waiting_for" in change:
            status = change["status"][1] if "status" in change else status
            waiting_for = change["waiting_for"][1] if "waiting_for" in change else waiting_for
            over = (at if over is None else over) if status in promises.over else None
            if responded is None and status in _SOLVED:
                responded = at
            now_still = promises.still(status, waiting_for)
        if promises.several_calendars and not _CHOOSES.isdisjoint(change):
            standing |= {name: value for name, (_, value) in change.items()}
            now_calendar = promises.of(standing)[1]
        if now_still is not still or now_calendar is not calendar:
            if at > begun:
                stretches.append(_stretch(begun, at, calendar, still))
                begun = at
            calendar, still = now_calendar, now_still
    stretches.append(_stretch(begun, max(now, begun), calendar, still))
    return History(opened, stretches, news, responded, over, head)


def _stretch(start: float, end: float, calendar: Calendar, still: frozenset[str]) -> Stretch:
    if still is ALL_STILL:
        return Stretch(start, end, 0.0, 0.0, calendar, still)
    return Stretch(start, end, calendar.total(start), calendar.total(end), calendar, still)
