"""Figures from the tickets' logs: volumes, backlog, times, rates and satisfaction.

Pure: the present moment, the period and the time zone are arguments. Everything is as of the
end of the period (or of `now`, if that is earlier): what the log says of later moments has
not happened. One pass over a ticket's log gives its Facts; figures are counted from those.
"""

import itertools
import json
import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from typing import Required, TypedDict

from desk import dates, model
from desk.errors import UsageError
from desk.model import Event, Ticket, Value

TIME_FIELDS = ("day", "week", "month", "quarter", "year")
MAX_SUBPERIODS = 10_000
_Key = tuple[tuple[int, int, str], ...]
_RESOLVED = ("resolved", "closed")
_DAY = 86_400
_AGES = (
    ("backlog_age_up_to_1d", -1, 1),
    ("backlog_age_1d_to_5d", 1, 5),
    ("backlog_age_5d_to_10d", 5, 10),
    ("backlog_age_10d_to_30d", 10, 30),
    ("backlog_age_over_30d", 30, math.inf),
)


class Measure(TypedDict, total=False):
    """One figure; a rate has numerator and denominator, a mean or percentile has n."""

    value: Required[float]
    unit: Required[str]
    numerator: int
    denominator: int
    n: int
    definition: Required[str]


class Group(TypedDict):
    """The figures of the tickets that have those values, or of a sub-period."""

    by: dict[str, Value]
    measures: dict[str, Measure]


class Summary(TypedDict):
    """What `desk summarise` prints as JSON; an open end of the period is left out."""

    as_of: str
    filter: str
    period: dict[str, str]
    measures: dict[str, Measure]
    groups: list[Group]


# --- what is measured ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Definition:
    """What a measure counts, in which unit, and which tools or bodies count it so."""

    name: str
    unit: str
    text: str
    source: str


_PERCENTILE = "linear interpolation between the closest ranks"
_FIRST_RESPONSE = (
    "from opening to the first public reply, or to the first resolution if that came before "
    "any reply, over the tickets whose first response falls in the period"
)
_FIRST_RESPONSE_SOURCE = (
    "Zendesk (first reply time), Freshdesk and Zoho Desk (first response time); Zendesk leaves "
    "out a ticket that was resolved without a reply"
)
_RESOLUTION = (
    "from opening to the resolution that stands, with time on hold and before a reopening, "
    "over the tickets resolved in the period"
)
_RESOLUTION_SOURCE = (
    "Zendesk (full resolution time), ServiceNow (opened to resolved), Jira (created to resolved): "
    "all by the last resolution, in calendar time"
)
_PERCENTILE_SOURCE = "; the percentile as Excel's PERCENTILE.INC and PostgreSQL's percentile_cont"
_AGE_SOURCE = "ServiceNow (open incidents by age); the bounds are desk's own"

_DEFINED = (
    Definition(
        "opened",
        "tickets",
        "Tickets opened in the period, whatever became of them.",
        "Zendesk and Freshdesk (tickets created), ServiceNow (new incidents)",
    ),
    Definition(
        "resolved",
        "tickets",
        "Tickets resolved in the period by the resolution that stands at its end, whenever they "
        "were opened. One that was closed without being resolved counts as resolved by the "
        "closing; a cancelled one does not count.",
        "Freshservice (resolved tickets by date of resolution, whenever they were opened)",
    ),
    Definition(
        "closed",
        "tickets",
        "Tickets closed in the period by the closing that stands at its end.",
        "ServiceNow (closed incidents by date of closing)",
    ),
    Definition(
        "backlog",
        "tickets",
        "Tickets that are new, in progress or on hold at the end of the period, whenever they "
        "were opened.",
        "Zendesk (unsolved tickets), Freshservice (backlog tickets), ITIL (size of the backlog)",
    ),
    Definition(
        "backlog_age_mean",
        "seconds",
        "Mean time from opening to the end of the period over the backlog.",
        "ServiceNow (average age of open incidents)",
    ),
    Definition(
        "backlog_age_up_to_1d",
        "tickets",
        "Tickets in the backlog that are up to 1 day (24 hours) old.",
        _AGE_SOURCE,
    ),
    Definition(
        "backlog_age_1d_to_5d",
        "tickets",
        "Tickets in the backlog that are over 1 day and up to 5 days old.",
        _AGE_SOURCE,
    ),
    Definition(
        "backlog_age_5d_to_10d",
        "tickets",
        "Tickets in the backlog that are over 5 and up to 10 days old.",
        _AGE_SOURCE,
    ),
    Definition(
        "backlog_age_10d_to_30d",
        "tickets",
        "Tickets in the backlog that are over 10 and up to 30 days old.",
        _AGE_SOURCE,
    ),
    Definition(
        "backlog_age_over_30d",
        "tickets",
        "Tickets in the backlog that are over 30 days old.",
        _AGE_SOURCE,
    ),
    Definition(
        "first_response_median",
        "seconds",
        f"Median time {_FIRST_RESPONSE}.",
        _FIRST_RESPONSE_SOURCE,
    ),
    Definition(
        "first_response_p90",
        "seconds",
        f"The time within which 90 % were answered ({_PERCENTILE}): {_FIRST_RESPONSE}.",
        _FIRST_RESPONSE_SOURCE + _PERCENTILE_SOURCE,
    ),
    Definition("resolution_median", "seconds", f"Median time {_RESOLUTION}.", _RESOLUTION_SOURCE),
    Definition(
        "resolution_p90",
        "seconds",
        f"The time within which 90 % were resolved ({_PERCENTILE}): {_RESOLUTION}.",
        _RESOLUTION_SOURCE + _PERCENTILE_SOURCE,
    ),
    Definition("resolution_mean", "seconds", f"Mean time {_RESOLUTION}.", _RESOLUTION_SOURCE),
    Definition(
        "work_median",
        "seconds",
        "Median resolution time less the time on hold, over the tickets resolved in the period.",
        "Zendesk (on-hold time) and Jira Service Management (pausing while it waits), both "
        "apart from business hours",
    ),
    Definition(
        "first_contact_resolution_rate",
        "ratio",
        "Of the tickets resolved in the period, the share with at most one public reply that "
        "were never on hold, reassigned, escalated or reopened.",
        "Zendesk (one-touch tickets: fewer than two agent replies; in messaging also never on "
        "hold or reopened), Freshdesk and Zoho Desk (resolved with the first response); it "
        "stands for the first contact resolution of HDI and MetricNet, which judge the contact "
        "itself",
    ),
    Definition(
        "first_level_resolution_rate",
        "ratio",
        "Of the tickets resolved in the period, the share that were never escalated "
        "functionally and never left the first team they were given to. A ticket given to a "
        "higher tier from the start counts as resolved there.",
        "MetricNet and HDI (first level resolution: without escalation to another level), ITIL "
        "(closed without reference to other levels of support)",
    ),
    Definition(
        "reopen_rate",
        "ratio",
        "Of the tickets that were resolved at least once in the period, whether or not that "
        "stands, the share reopened after it by the end of the period.",
        "ITIL and Micro Focus Service Management (reopened of closed incidents), Kaizo "
        "(reopened of solved tickets); what is resolved late has had less time to be reopened",
    ),
    Definition(
        "reassignment_mean",
        "times",
        "Mean number of times that a ticket resolved in the period was taken from the team or "
        "the person that had it. Filling an empty place is no reassignment; team and person "
        "changed at once are one.",
        "Zendesk (assignee and group stations beyond the first); ServiceNow's "
        "reassignment_count differs: it counts every change of the group, the first included, "
        "and none of the person",
    ),
    Definition(
        "escalation_rate",
        "ratio",
        "Of the tickets resolved in the period, the share escalated at least once, functionally "
        "or hierarchically.",
        "ITIL (the two kinds of escalation); escalated of handled tickets is the common form",
    ),
    Definition(
        "survey_response_rate",
        "ratio",
        "Of the tickets closed in the period, the share whose survey was answered by its end.",
        "the usual answers of surveys sent (Trengo and others), every closed ticket being asked",
    ),
    Definition(
        "csat",
        "ratio",
        "Of the survey answers given in the period, one a ticket, the share of 4 and 5 out of 5.",
        "the two top boxes of five (Simplesat, Sogolytics and most survey tools)",
    ),
    Definition(
        "csat_mean",
        "score",
        "Mean score, 1 to 5, of the survey answers given in the period, one a ticket.",
        "the plain mean, which survey tools show beside the share of satisfied answers",
    ),
)
DEFINITIONS: Mapping[str, Definition] = {one.name: one for one in _DEFINED}


# --- from a log to facts -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Log:
    """A ticket with its events as (at, rank, event) by `at`; the rank is the order by n.

    Moments are seconds since 1970. `start` is the status before the first event.
    """

    ticket: Ticket
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
class Facts:
    """All that the figures need to know of one ticket as of one moment.

    `values` are those it is grouped by: one tuple for each group that it counts in.
    """

    opened: float
    responded: float | None
    course: Course
    handling: Handling
    values: tuple[tuple[Value, ...], ...]


def facts(ticket: Ticket, until: datetime, fields: Sequence[str] = ()) -> Facts | None:
    """What the log says of a ticket up to but without `until`, None if it was not open yet.

    `fields` are those whose values at that moment are wanted.
    """
    return _facts(_read(ticket), until.timestamp(), fields)


def _seconds(stamp: str) -> float:
    try:
        return datetime.fromisoformat(stamp).timestamp()
    except ValueError:  # RFC 3339 allows a lower-case z, which only from_stamp reads
        return dates.from_stamp(stamp).timestamp()


def _read(ticket: Ticket) -> _Log:
    events = model.in_order(ticket.log)
    start = ticket.head.get("status")
    for event in events:
        if "status" in event.change:
            start = event.change["status"][0]
            break
    line = [(_seconds(event.at), rank, event) for rank, event in enumerate(events)]
    line.sort()
    return _Log(ticket, _seconds(ticket.text("opened")), start, line)


def _facts(log: _Log, end: float, fields: Sequence[str]) -> Facts | None:
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
    return Facts(opened, responded, course, handling, values)


def _opened(log: _Log, end: float) -> float:
    """When it had been opened, by what stood before `end`."""
    value = _value(log, "opened", end)
    if isinstance(value, str) and value != log.ticket.head.get("opened"):
        try:
            return dates.from_stamp(value).timestamp()
        except ValueError:
            return log.opened
    return log.opened


def _states(
    log: _Log, kept: Sequence[tuple[float, int, Event]], opened: float
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


def _value(log: _Log, name: str, end: float) -> Value:
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


def _sort_key(value: Value) -> tuple[int, int, str]:
    """A key by which values are told apart and sorted: numbers, text, lists, null last."""
    if value is None:
        return (4, 0, "")
    if isinstance(value, str):
        return (2, 0, value)
    if isinstance(value, int):
        return (0 if isinstance(value, bool) else 1, int(value), "")
    return (3, 0, json.dumps(value, ensure_ascii=False, sort_keys=True))


def _values(log: _Log, end: float, fields: Sequence[str]) -> tuple[tuple[Value, ...], ...]:
    """One tuple for each group: a list counts under each of its items, none as null."""
    choices = []
    for field in fields:
        value = _field(log, field, end)
        if isinstance(value, list):
            choices.append(list({_sort_key(item): item for item in value}.values()) or [None])
        else:
            choices.append([value])
    return tuple(itertools.product(*choices))


def _field(log: _Log, field: str, end: float) -> Value:
    """A field, or with a dot a part of one, as it stood before `end`."""
    value = _value(log, field, end)
    if value is None and "." in field:
        name, _, part = field.partition(".")
        outer = _value(log, name, end)
        value = outer.get(part) if isinstance(outer, dict) else None
    return value


# --- periods -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Period:
    """From `start` up to but without `end`; ages are as of `as_of`; seconds since 1970."""

    start: float
    end: float
    as_of: float
    labels: Mapping[str, str]
    key: _Key = ()

    def has(self, moment: float | None) -> bool:
        # Facts are as of the end, or of an earlier one: they hold no moment behind it.
        return moment is not None and self.start <= moment

    def resolution_in(self, ticket: Facts) -> bool:
        resolutions = ticket.course.resolutions
        return bool(resolutions) and self.has(resolutions[-1][0])

    def touches(self, ticket: Facts) -> bool:
        """Whether the ticket counts in any measure of the period."""
        course = ticket.course
        return (
            course.live
            or self.has(ticket.opened)
            or self.has(ticket.responded)
            or self.has(course.closed)
            or self.has(ticket.handling.answered)
            or self.resolution_in(ticket)
        )


_FIRST_DAYS: Mapping[str, Callable[[date], date]] = {
    "day": lambda day: day,
    "week": lambda day: day - timedelta(days=day.weekday()),
    "month": lambda day: day.replace(day=1),
    "quarter": lambda day: day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1),
    "year": lambda day: day.replace(month=1, day=1),
}
_LONGEST = {"day": 1, "week": 7, "month": 31, "quarter": 92, "year": 366}


def _label(unit: str, day: date) -> str:
    if unit == "week":
        year, week, _ = day.isocalendar()
        return f"{year:04}-W{week:02}"
    if unit == "quarter":
        return f"{day.year:04}-Q{(day.month + 2) // 3}"
    return day.isoformat()[: {"day": 10, "month": 7, "year": 4}[unit]]


def _day_after(unit: str, day: date) -> date:
    """The first day of the next day, week, month, quarter or year."""
    first = _FIRST_DAYS[unit]
    return first(first(day) + timedelta(days=_LONGEST[unit]))


def _local_day(moment: float, zone: tzinfo) -> date:
    try:
        return datetime.fromtimestamp(moment, zone).date()
    except (OverflowError, ValueError):
        return date.min if moment < 0 else date.max


def _split(whole: _Period, units: Sequence[str], zone: tzinfo) -> list[_Period]:
    """The sub-periods of a period between the calendar's boundaries in that zone.

    Raises UsageError for more than MAX_SUBPERIODS.
    """
    parts: list[_Period] = []
    start, day = whole.start, _local_day(whole.start, zone)
    while start < whole.end:
        labels = {unit: _label(unit, day) for unit in units}
        try:
            day = min(_day_after(unit, day) for unit in units)
            edge = datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()
        except OverflowError:
            edge = whole.end
        end = min(edge, whole.end)
        key = tuple(map(_sort_key, labels.values()))
        parts.append(_Period(start, end, min(edge, whole.as_of), labels, key))
        start = end
        if len(parts) > MAX_SUBPERIODS:
            raise UsageError(
                f"the period from {parts[0].labels[units[0]]} has over {MAX_SUBPERIODS} parts by "
                f"{' and '.join(units)}; narrow it with --since and --until"
            )
    return parts


def _through(
    log: _Log, parts: Sequence[_Period], ends: Sequence[float], fields: Sequence[str]
) -> Iterator[tuple[list[_Period], Facts]]:
    """The facts of a ticket at the ends of the parts of a period in which it counts.

    They are computed anew only where something happened.
    """
    begin = min(log.opened, log.line[0][0]) if log.line else log.opened
    here = bisect_right(ends, begin)
    while here < len(parts):
        ticket = _facts(log, ends[here], fields)
        if ticket is None:
            here += 1
            continue
        later = bisect_left(log.line, (ends[here],))
        following = bisect_right(ends, log.line[later][0]) if later < len(log.line) else len(parts)
        same = parts[here : following if ticket.course.live else here + 1]
        yield [part for part in same if part.touches(ticket)], ticket
        here = following


# --- from facts to figures -----------------------------------------------------------------


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which that share of the values lies; they are not empty.

    Linear interpolation between the closest ranks (type 7 of Hyndman and Fan 1996).
    """
    ordered = sorted(values)
    rank = share * (len(ordered) - 1)
    below = math.floor(rank)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (rank - below) * (ordered[above] - ordered[below])


def _median(values: Sequence[float]) -> float:
    return percentile(values, 0.5)


def _p90(values: Sequence[float]) -> float:
    return percentile(values, 0.9)


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _count(name: str, number: int) -> dict[str, Measure]:
    one = DEFINITIONS[name]
    return {name: Measure(value=number, unit=one.unit, definition=one.text)}


def _rate(name: str, hits: Sequence[bool]) -> dict[str, Measure]:
    """The share of hits, nothing where there is nothing to be a share of."""
    if not hits:
        return {}
    one, numerator, denominator = DEFINITIONS[name], sum(hits), len(hits)
    return {
        name: Measure(
            value=numerator / denominator,
            unit=one.unit,
            numerator=numerator,
            denominator=denominator,
            definition=one.text,
        )
    }


def _average(
    name: str, values: Sequence[float], of: Callable[[Sequence[float]], float]
) -> dict[str, Measure]:
    """A mean or percentile, nothing where there are no values; seconds are whole."""
    if not values:
        return {}
    one, value = DEFINITIONS[name], of(values)
    if one.unit == "seconds":
        value = round(value)
    return {name: Measure(value=value, unit=one.unit, n=len(values), definition=one.text)}


def _measures(period: _Period, tickets: Sequence[Facts]) -> dict[str, Measure]:
    """All figures of a period, in the order of DEFINITIONS."""
    resolved = [one for one in tickets if period.has(one.course.resolved)]
    closed = [one for one in tickets if period.has(one.course.closed)]
    found = {
        **_count("opened", sum(period.has(one.opened) for one in tickets)),
        **_count("resolved", len(resolved)),
        **_count("closed", len(closed)),
        **_backlog([period.as_of - one.opened for one in tickets if one.course.live]),
        **_times([one for one in tickets if period.has(one.responded)], resolved),
        **_quality(resolved),
        **_rate("reopen_rate", _reopened(period, tickets)),
        **_rate("survey_response_rate", [one.handling.answered is not None for one in closed]),
        **_satisfaction([one for one in tickets if period.has(one.handling.answered)]),
    }
    return {name: found[name] for name in DEFINITIONS if name in found}


def _backlog(ages: Sequence[float]) -> dict[str, Measure]:
    found = {**_count("backlog", len(ages)), **_average("backlog_age_mean", ages, _mean)}
    for name, over, up_to in _AGES:
        found |= _count(name, sum(over * _DAY < age <= up_to * _DAY for age in ages))
    return found


def _times(responded: Sequence[Facts], resolved: Sequence[Facts]) -> dict[str, Measure]:
    responses = sorted((one.responded or 0) - one.opened for one in responded)
    resolutions = sorted((one.course.resolved or 0) - one.opened for one in resolved)
    work = [(one.course.resolved or 0) - one.opened - one.course.held for one in resolved]
    return {
        **_average("first_response_median", responses, _median),
        **_average("first_response_p90", responses, _p90),
        **_average("resolution_median", resolutions, _median),
        **_average("resolution_p90", resolutions, _p90),
        **_average("resolution_mean", resolutions, _mean),
        **_average("work_median", work, _median),
    }


def _quality(resolved: Sequence[Facts]) -> dict[str, Measure]:
    handling = [one.handling for one in resolved]
    return {
        **_rate("first_contact_resolution_rate", [_at_first_contact(one) for one in resolved]),
        **_rate(
            "first_level_resolution_rate",
            [not one.functional and not one.moves for one in handling],
        ),
        **_average("reassignment_mean", [one.reassignments for one in handling], _mean),
        **_rate("escalation_rate", [one.escalations > 0 for one in handling]),
    }


def _at_first_contact(one: Facts) -> bool:
    handling, course = one.handling, one.course
    return handling.replies <= 1 and not (
        course.holds or course.reopenings or handling.reassignments or handling.escalations
    )


def _reopened(period: _Period, tickets: Sequence[Facts]) -> list[bool]:
    """For each ticket that was resolved in the period: whether it was reopened after that."""
    return [
        any(reopened for at, reopened in one.course.resolutions if period.has(at))
        for one in tickets
        if period.resolution_in(one)
    ]


def _satisfaction(answered: Sequence[Facts]) -> dict[str, Measure]:
    scores = [one.handling.score for one in answered]
    return {
        **_rate("csat", [score >= 4 for score in scores]),
        **_average("csat_mean", scores, _mean),
    }


# --- the summary ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Bucket:
    """The tickets that count in one group."""

    period: _Period
    row: tuple[Value, ...]
    tickets: list[Facts]


def summarise(
    tickets: Iterable[Ticket],
    *,
    now: datetime,
    since: datetime | None,
    until: datetime | None,
    by: Sequence[str] = (),
    filter_text: str = "",
    zone: tzinfo,
) -> Summary:
    """The figures of the period from `since` up to but without `until`, as of its end.

    As of `now` where that is earlier or `until` is None; from the first opening where `since`
    is None. `by` are fields of the head (`team`, `requester.department`, custom ones) and
    TIME_FIELDS, which split the period in `zone` into sub-periods. A group's figures are
    those of a summary of its own: a sub-period's are as of the end of that sub-period.
    Values of fields are those at that end; groups without any ticket that counts are left
    out, but sub-periods by themselves are all there.
    Raises UsageError for more than MAX_SUBPERIODS.
    """
    whole = _whole(now, since, until)
    names = tuple(dict.fromkeys(by))
    units = [name for name in names if name in TIME_FIELDS]
    fields = [name for name in names if name not in TIME_FIELDS]
    parts = [whole] if names else []
    if units:
        tickets = list(tickets)
        parts = _split(_from_first_opening(whole, tickets), units, zone)
    everything, buckets = _gather(tickets, whole, parts, fields)
    place = [(units + fields).index(name) for name in names]
    groups = [
        Group(
            by={name: bucket.row[at] for name, at in zip(names, place, strict=True)},
            measures=_measures(bucket.period, bucket.tickets),
        )
        for _, bucket in sorted(buckets.items(), key=lambda one: [one[0][at] for at in place])
    ]
    return Summary(
        as_of=dates.stamp(min(now, until or now).astimezone(zone)),
        filter=filter_text,
        period={
            name: dates.stamp(moment.astimezone(zone))
            for name, moment in (("since", since), ("until", until))
            if moment
        },
        measures=_measures(whole, everything),
        groups=groups,
    )


def _whole(now: datetime, since: datetime | None, until: datetime | None) -> _Period:
    """The period asked about; what happens exactly `now` has happened."""
    start = since.timestamp() if since else -math.inf
    present = now.timestamp()
    end = math.nextafter(present, math.inf)
    if until and until <= now:
        present = end = until.timestamp()
    return _Period(start, end, present, {})


def _from_first_opening(whole: _Period, tickets: Iterable[Ticket]) -> _Period:
    if whole.start > -math.inf:
        return whole
    openings = (_seconds(ticket.text("opened")) for ticket in tickets)
    return replace(whole, start=min(openings, default=whole.end))


def _gather(
    tickets: Iterable[Ticket], whole: _Period, parts: Sequence[_Period], fields: Sequence[str]
) -> tuple[list[Facts], dict[_Key, _Bucket]]:
    """The tickets that count in the whole period, and those of each group."""
    everything: list[Facts] = []
    buckets: dict[_Key, _Bucket] = {}
    ends = [part.end for part in parts]
    undivided = list(parts) == [whole]
    if not fields:
        _put(buckets, parts, None, ())
    for ticket in tickets:
        log = _read(ticket)
        one = _facts(log, whole.end, fields)
        own = [([whole], one)] if one and whole.touches(one) else []
        everything += [counted for _, counted in own]
        for same, then in own if undivided else _through(log, parts, ends, fields):
            for values in then.values:
                _put(buckets, same, then, values)
    return everything, buckets


def _put(
    buckets: dict[_Key, _Bucket],
    parts: Iterable[_Period],
    ticket: Facts | None,
    values: tuple[Value, ...],
) -> None:
    """Count a ticket (None only makes the group) in the group of those values, in each part."""
    own = tuple(map(_sort_key, values))
    for part in parts:
        key = (*part.key, *own)
        bucket = buckets.get(key)
        if bucket is None:
            bucket = buckets[key] = _Bucket(part, (*part.labels.values(), *values), [])
        if ticket:
            bucket.tickets.append(ticket)
