"""What a ticket's log says, as the few facts from which figures are counted (pure)."""

import itertools
import json
import math
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, TypedDict

from desk import dates, model, sla
from desk.model import Event, Ticket, Value
from desk.promises import RESOLVE, RESPOND, UPDATE, Promises

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


class Facts(NamedTuple):
    """All that the figures need to know of one ticket as of one moment.

    Moments are in seconds since 1970, lengths in seconds, the rest are counts. `values` are
    those it is grouped by: one tuple for each group that it counts in.

    Its course: `resolved` and `closed` are when it became so, if it is; `last_resolution` is
    when it last became resolved and `reopened` are the moments of those that did not hold.
    What people did: `moves` are the reassignments that took it from a team, `functional` the
    escalations other than to a manager; `answered` and `score` are of the survey.
    How promises were kept: when each clock stopped and whether that was in time, None while
    it runs or where nothing is promised. `ahead` has for each clock that has not stopped the
    moments from which it is at risk and breached, if nothing happens; infinite where it
    stands still.
    """

    opened: float
    responded: float | None
    live: bool
    resolved: float | None
    closed: float | None
    last_resolution: float | None
    holds: int
    held: float
    replies: int
    reassignments: int
    moves: int
    escalations: int
    functional: int
    answered: float | None
    score: int
    respond_end: float | None
    respond_met: bool | None
    update_end: float | None
    update_met: bool | None
    resolve_end: float | None
    resolve_met: bool | None
    reopened: tuple[float, ...] = ()
    ahead: tuple[tuple[float, float], ...] = ()
    values: tuple[tuple[Value, ...], ...] = ((),)


class Case(NamedTuple):
    """A ticket for the figures; `facts` are those of its whole log, if they are known.

    They hold as of every moment after `last`, when the last thing happened.
    """

    ticket: Callable[[], Ticket]
    last: float = -math.inf
    facts: Facts | None = None

    @property
    def opened(self) -> float:
        """When it was opened."""
        return self.facts.opened if self.facts else dates.seconds(self.ticket().text("opened"))

    def log(self, promises: Promises | None) -> Log:
        """Its log."""
        return read_log(self.ticket(), promises)

    def facts_before(
        self, end: float, fields: Sequence[str], promises: Promises | None
    ) -> Facts | None:
        """The facts as of before `end`, None if it was not open yet."""
        if not self.facts or self.last >= end:
            return facts_before(self.log(promises), end, fields)
        if not fields:
            return self.facts
        head = self.ticket().head
        return self.facts._replace(values=_groups(_part(head.get, field) for field in fields))


class _Course(NamedTuple):
    live: bool
    resolutions: list[float]
    reopened: tuple[float, ...]
    resolved: float | None
    closed: float | None
    holds: int
    held: float


class _Handling(NamedTuple):
    first_reply: float
    replies: int
    reassignments: int
    moves: int
    escalations: int
    functional: int
    answered: float | None
    score: int


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


def case(ticket: Ticket) -> Case:
    """The ticket, with nothing known of its log."""
    return Case(lambda: ticket)


def whole_case(ticket: Ticket, promises: Promises) -> Case:
    """The ticket with the facts of its whole log."""
    log = read_log(ticket, promises)
    last = max(log.opened, log.line[-1][0]) if log.line else log.opened
    return Case(lambda: ticket, last, facts_before(log, last + 1, ()))


def read_log(ticket: Ticket, promises: Promises | None = None) -> Log:
    """The ticket with its events in order of time, each `at` parsed once."""
    events = model.in_order(model.standing(ticket.log))
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
    first = min((handling.first_reply, *course.resolutions[:1]))
    stopped, ahead = _kept(log, end)
    return Facts(
        opened=opened,
        responded=None if first == math.inf else max(first, opened),
        live=course.live,
        resolved=course.resolved,
        closed=course.closed,
        last_resolution=course.resolutions[-1] if course.resolutions else None,
        holds=course.holds,
        held=course.held,
        replies=handling.replies,
        reassignments=handling.reassignments,
        moves=handling.moves,
        escalations=handling.escalations,
        functional=handling.functional,
        answered=handling.answered,
        score=handling.score,
        **stopped,
        reopened=course.reopened,
        ahead=ahead,
        values=_values(log, end, fields) if fields else ((),),
    )


class _Stopped(TypedDict):
    respond_end: float | None
    respond_met: bool | None
    update_end: float | None
    update_met: bool | None
    resolve_end: float | None
    resolve_met: bool | None


def _kept(log: Log, end: float) -> tuple[_Stopped, tuple[tuple[float, float], ...]]:
    """How promises were kept by what happened before `end`, and what lies ahead of the rest."""
    at_risk = log.promises.at_risk if log.promises else 0
    last = math.nextafter(end, -math.inf)
    clocks = sla.clocks(log.ticket, log.promises, last) if log.promises else []
    ends = {one.name: (one.end, one.state == sla.MET) for one in clocks if one.stopped}
    respond, update, resolve = (ends.get(one, (None, None)) for one in (RESPOND, UPDATE, RESOLVE))
    stopped = _Stopped(
        respond_end=respond[0],
        respond_met=respond[1],
        update_end=update[0],
        update_met=update[1],
        resolve_end=resolve[0],
        resolve_met=resolve[1],
    )
    return stopped, tuple(one.ahead(at_risk) for one in clocks if not one.stopped)


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


def _course(states: Sequence[tuple[float, Value]]) -> _Course:
    was: Value = None
    since = held = 0.0
    holds = 0
    closed: float | None = None
    resolutions: list[float] = []
    reopened: list[float] = []
    for at, status in states:
        if status == was:
            continue
        if was == "on_hold":
            held += at - since
        if status in _RESOLVED and was not in _RESOLVED:
            resolutions.append(at)
        elif was in _RESOLVED and status not in model.ENDED:
            reopened.append(resolutions[-1])
        holds += status == "on_hold"
        closed = at if status == "closed" else None
        was, since = status, at
    resolved = resolutions[-1] if was in _RESOLVED else None
    live = was not in model.ENDED
    return _Course(live, resolutions, tuple(reopened), resolved, closed, holds, held)


def _handling(kept: Sequence[tuple[float, int, Event]]) -> _Handling:
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
    return _Handling(
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
    """The groups that a ticket counts in, by its fields as they stood before `end`."""
    return _groups(_part(lambda name: _value(log, name, end), field) for field in fields)


def _groups(values: Iterable[Value]) -> tuple[tuple[Value, ...], ...]:
    """One tuple for each group: a list counts under each of its items, none as null."""
    choices = []
    for value in values:
        if isinstance(value, list):
            choices.append(list({sort_key(item): item for item in value}.values()) or [None])
        else:
            choices.append([value])
    return tuple(itertools.product(*choices))


def _part(value_of: Callable[[str], Value], field: str) -> Value:
    """A field, or with a dot a part of one."""
    value = value_of(field)
    if value is None and "." in field:
        name, _, part = field.partition(".")
        outer = value_of(name)
        value = outer.get(part) if isinstance(outer, dict) else None
    return value
