"""What a ticket's log says, as the few facts from which figures are counted (pure)."""

import itertools
import json
import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from desk import dates, model, sla
from desk.model import Event, Ticket, Value
from desk.promises import Promises

_RESOLVED = ("resolved", "closed")


@dataclass(frozen=True, slots=True)
class Log:
    """A ticket with its events as (at, rank, event) by `at`; the rank is the order by n.

    Moments are seconds since 1970. `start` is the status before the first event.
    """

    ticket: Ticket
    promises: Promises | None
    opened: float
    start: Value
    line: list[tuple[float, int, Event]]


@dataclass(frozen=True, slots=True)
class Course:
    """Through which statuses a ticket went; moments in seconds since 1970.

    `resolutions` are the moments at which it became resolved, each with whether it was
    reopened after it; `resolved` and `closed` are those that stand; `held` is in seconds.
    """

    live: bool
    resolutions: tuple[tuple[float, bool], ...]
    resolved: float | None
    closed: float | None
    holds: int
    held: float

    @property
    def reopenings(self) -> int:
        """How often it was taken back from resolved or closed, by whatever verb."""
        return sum(reopened for _, reopened in self.resolutions)


@dataclass(frozen=True, slots=True)
class Handling:
    """What people did with a ticket, in counts; moments in seconds since 1970.

    `moves` are the reassignments that took it from a team; `functional` the escalations
    other than to a manager; `answered` and `score` are of the survey. `first_reply` is
    infinite where there was none.
    """

    first_reply: float
    replies: int
    reassignments: int
    moves: int
    escalations: int
    functional: int
    answered: float | None
    score: int


@dataclass(frozen=True, slots=True)
class Kept:
    """How promises were kept; nothing for a ticket that has none.

    `met` are the clocks that have stopped, with when and whether that was in time. `ahead` has
    for each other one the moments from which it is at risk and breached, if nothing happens;
    infinite where it stands still.
    """

    met: Mapping[str, tuple[float, bool]]
    ahead: tuple[tuple[float, float], ...]


NOTHING_PROMISED = Kept({}, ())


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the figures need to know of one ticket as of one moment.

    `values` are those it is grouped by: one tuple for each group that it counts in.
    """

    opened: float
    responded: float | None
    course: Course
    handling: Handling
    kept: Kept
    values: tuple[tuple[Value, ...], ...]


def facts(
    ticket: Ticket,
    until: datetime,
    fields: Sequence[str] = (),
    promises: Promises | None = None,
) -> Facts | None:
    """What the log says of a ticket up to but without `until`, None if it was not open yet.

    `fields` are those whose values at that moment are wanted. Without `promises` nobody asks
    how they were kept.
    """
    return facts_before(read_log(ticket, promises), until.timestamp(), fields)


def read_log(ticket: Ticket, promises: Promises | None = None) -> Log:
    """The ticket with its events in order of time, each `at` parsed once."""
    events = model.in_order(ticket.log)
    start = ticket.head.get("status")
    for event in events:
        if "status" in event.change:
            start = event.change["status"][0]
            break
    return Log(ticket, promises, dates.seconds(ticket.text("opened")), start, model.by_time(events))


def facts_before(log: Log, end: float, fields: Sequence[str]) -> Facts | None:
    """The facts from the events before `end`."""
    whole = not log.line or log.line[-1][0] < end
    opened = log.opened if whole else _opened(log, end)
    if opened >= end:
        return None
    kept = log.line if whole else log.line[: bisect_left(log.line, (end,))]
    states = _states(log, kept, opened)
    if whole:  # a status typed into the file is in no event yet; it came after the last one
        last = max(opened, kept[-1][0]) if kept else opened
        states.append((last, log.ticket.head.get("status")))
    course, handling = _course(states), _handling(kept)
    first = min(handling.first_reply, course.resolutions[0][0] if course.resolutions else math.inf)
    responded = None if first == math.inf else max(first, opened)
    values = _values(log, end, fields) if fields else ((),)
    return Facts(opened, responded, course, handling, _kept(log, end), values)


def _kept(log: Log, end: float) -> Kept:
    """How promises were kept by what happened before `end`."""
    if not log.promises:
        return NOTHING_PROMISED
    last = math.nextafter(end, -math.inf)
    clocks = sla.clocks(log.ticket, log.promises, last)
    return Kept(
        {one.name: (one.end, one.state == sla.MET) for one in clocks if one.stopped},
        tuple(clock.ahead(log.promises.at_risk) for clock in clocks if not clock.stopped),
    )


def _opened(log: Log, end: float) -> float:
    """When it had been opened, by what stood before `end`."""
    value = _value(log, "opened", end)
    if isinstance(value, str) and value != log.ticket.head.get("opened"):
        try:
            return dates.seconds(value)
        except ValueError:
            return log.opened
    return log.opened


def _states(
    log: Log, kept: Sequence[tuple[float, int, Event]], opened: float
) -> list[tuple[float, Value]]:
    """Each status that stood, with the moment from which it did.

    At every moment it is the one of model.as_of: an event counts from its `at`, but not
    against one of a later n. What was dated before the opening counts from the opening.
    """
    states = [(opened, log.start)]
    standing = -1
    for at, rank, event in kept:
        change = event.change.get("status")
        if change is not None and rank > standing:
            standing = rank
            states.append((max(at, opened), change[1]))
    return states


def _course(states: Sequence[tuple[float, Value]]) -> Course:
    was: Value = None
    since = held = 0.0
    holds = 0
    closed: float | None = None
    resolutions: list[tuple[float, bool]] = []
    for at, status in states:
        if status == was:
            continue
        if was == "on_hold":
            held += at - since
        if status in _RESOLVED and was not in _RESOLVED:
            resolutions.append((at, False))
        elif was in _RESOLVED and status not in model.ENDED:
            resolutions[-1] = (resolutions[-1][0], True)
        holds += status == "on_hold"
        closed = at if status == "closed" else None
        was, since = status, at
    resolved = resolutions[-1][0] if was in _RESOLVED else None
    return Course(was not in model.ENDED, tuple(resolutions), resolved, closed, holds, held)


def _handling(kept: Sequence[tuple[float, int, Event]]) -> Handling:
    first_reply = math.inf
    replies = reassignments = moves = escalations = functional = score = 0
    answered: float | None = None
    answer = -1
    for at, rank, event in kept:
        if event.did == "reply":
            replies += 1
            first_reply = min(first_reply, at)
        elif event.did == "escalate":
            escalations += 1
            functional += event.words.get("escalation") != "hierarchical"
        elif event.did == "survey" and rank > answer and (given := _score(event)):
            answered, score, answer = at, given, rank
        if event.change:
            moved = _left(event, "team")
            moves += moved
            reassignments += moved or _left(event, "assignee")
    return Handling(
        first_reply, replies, reassignments, moves, escalations, functional, answered, score
    )


def _left(event: Event, place: str) -> bool:
    """Whether the event took the ticket from the team or assignee that had it."""
    change = event.change.get(place)
    return change is not None and change[0] is not None and change[0] != change[1]


def _score(event: Event) -> int:
    """The score of a survey's answer, 0 if it is none."""
    score = event.words.get("score")
    return score if type(score) is int and 1 <= score <= 5 else 0


def _value(log: Log, name: str, end: float) -> Value:
    """A field of the head as it stood before `end`, as model.as_of has it."""
    value, first, last = log.ticket.head.get(name), len(log.line), -1
    if not log.line or log.line[-1][0] < end:
        return value
    for at, rank, event in log.line:
        change = event.change.get(name)
        if change is None:
            continue
        if at < end:
            if rank > last:
                value, last = change[1], rank
        elif last < 0 and rank < first:
            value, first = change[0], rank
    return value


def sort_key(value: Value) -> tuple[int, int, str]:
    """A key by which values are told apart and sorted: numbers, text, lists, null last."""
    if value is None:
        return (4, 0, "")
    if isinstance(value, str):
        return (2, 0, value)
    if isinstance(value, int):
        return (0 if isinstance(value, bool) else 1, int(value), "")
    return (3, 0, json.dumps(value, ensure_ascii=False, sort_keys=True))


def _values(log: Log, end: float, fields: Sequence[str]) -> tuple[tuple[Value, ...], ...]:
    """One tuple for each group: a list counts under each of its items, none as null."""
    choices = []
    for field in fields:
        value = _field(log, field, end)
        if isinstance(value, list):
            choices.append(list({sort_key(item): item for item in value}.values()) or [None])
        else:
            choices.append([value])
    return tuple(itertools.product(*choices))


def _field(log: Log, field: str, end: float) -> Value:
    """A field, or with a dot a part of one, as it stood before `end`."""
    value = _value(log, field, end)
    if value is None and "." in field:
        name, _, part = field.partition(".")
        outer = _value(log, name, end)
        value = outer.get(part) if isinstance(outer, dict) else None
    return value
