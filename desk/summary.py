"""Figures from the tickets' logs: volumes, backlog, times, rates and satisfaction.

Pure: the present moment, the period and the time zone are arguments. Everything is as of the
end of the period (or of `now`, if that is earlier): what the log says of later moments has
not happened. One pass over a ticket's log gives its Facts; figures are counted from those.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from itertools import compress
from operator import sub
from typing import Required, TypedDict

from desk import dates
from desk.definitions import DEFINITIONS
from desk.facts import Case, Facts, sort_key
from desk.factset import FactSet
from desk.model import Value
from desk.periods import TIME_FIELDS, Key, Period, split, through
from desk.promises import RESOLVE, RESPOND, UPDATE, Promises
from desk.sla import AT_RISK, BREACHED

_DAY = 86_400
_CLOCKS = (RESPOND, UPDATE, RESOLVE)
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


def _rate(name: str, hits: int, of: int) -> dict[str, Measure]:
    """The share of hits, nothing where there is nothing to be a share of."""
    if not of:
        return {}
    one = DEFINITIONS[name]
    return {
        name: Measure(
            value=hits / of, unit=one.unit, numerator=hits, denominator=of, definition=one.text
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


def _measures(period: Period, tickets: FactSet, *, promised: bool) -> dict[str, Measure]:
    """All figures of a period, in the order of DEFINITIONS."""
    start = period.start
    backlog = compress(tickets.column("opened"), tickets.column("live"))
    found = {
        **_count("opened", sum(_within(start, tickets, "opened"))),
        **_count("closed", sum(_within(start, tickets, "closed"))),
        **_backlog([period.as_of - at for at in backlog]),
        **_responses(start, tickets),
        **_resolutions(start, tickets),
        **_reopened(start, tickets),
        **(_kept(period, tickets) if promised else {}),
        **_satisfaction(start, tickets),
    }
    return {name: found[name] for name in DEFINITIONS if name in found}


def _within(start: float, tickets: FactSet, column: str) -> list[bool]:
    """For each ticket whether that moment lies in the period."""
    # Facts are as of the end, or of an earlier one: they hold no moment behind it.
    return [*map(start.__le__, tickets.column(column))]


def _backlog(ages: Sequence[float]) -> dict[str, Measure]:
    found = {**_count("backlog", len(ages)), **_average("backlog_age_mean", ages, _mean)}
    for name, over, up_to in _AGES:
        found |= _count(name, sum(over * _DAY < age <= up_to * _DAY for age in ages))
    return found


def _responses(start: float, tickets: FactSet) -> dict[str, Measure]:
    responded = _within(start, tickets, "responded")
    begun = compress(tickets.column("opened"), responded)
    took = sorted(map(sub, compress(tickets.column("responded"), responded), begun))
    return {
        **_average("first_response_median", took, _median),
        **_average("first_response_p90", took, _p90),
    }


def _resolutions(start: float, tickets: FactSet) -> dict[str, Measure]:
    """Of the tickets that were resolved: how many, how long that took, how they were handled."""
    resolved = _within(start, tickets, "resolved")

    def of_them(name: str) -> list[float]:
        return [*compress(tickets.column(name), resolved)]

    took = [*map(sub, of_them("resolved"), of_them("opened"))]
    work = [*map(sub, took, of_them("held"))]
    took.sort()
    count = len(took)
    return {
        **_count("resolved", count),
        **_average("resolution_median", took, _median),
        **_average("resolution_p90", took, _p90),
        **_average("resolution_mean", took, _mean),
        **_average("work_median", work, _median),
        **_rate("first_contact_resolution_rate", of_them("first_contact").count(1), count),
        **_rate("first_level_resolution_rate", of_them("first_level").count(1), count),
        **_average("reassignment_mean", of_them("reassignments"), _mean),
        **_rate("escalation_rate", count - of_them("escalations").count(0), count),
    }


def _kept(period: Period, tickets: FactSet) -> dict[str, Measure]:
    """How promises were kept in the period, and how those stand that are still open."""
    last = math.nextafter(period.end, -math.inf)  # what happens at the end is outside
    mets = {clock: tickets.column(f"{clock}_met") for clock in _CLOCKS}
    live, ahead = tickets.column("live"), tickets.ahead()
    breached = at_risk = 0
    for at in compress(range(len(tickets)), tickets.column("pending")):
        late = live[at] and any(met[at] == 0 for met in mets.values())
        breached += bool(late or any(moment[at] <= last for _, moment in ahead))
        at_risk += any(risky[at] <= last < moment[at] for risky, moment in ahead)
    found: dict[str, Measure] = {}
    for clock, met in mets.items():
        kept = [*compress(met, _within(period.start, tickets, f"{clock}_end"))]
        found |= _rate(f"{clock}_attainment", kept.count(1), len(kept))
    return {**found, **_count(BREACHED, breached), **_count(AT_RISK, at_risk)}


def _reopened(start: float, tickets: FactSet) -> dict[str, Measure]:
    """Of the tickets that were resolved in the period those that were reopened after that."""
    resolved = _within(start, tickets, "last_resolution")
    reopened = sum(resolved[at] and start <= max(moments) for at, moments in tickets.reopened)
    return _rate("reopen_rate", reopened, sum(resolved))


def _satisfaction(start: float, tickets: FactSet) -> dict[str, Measure]:
    """What the surveys of the tickets said that were closed, and those that were answered."""
    closed = _within(start, tickets, "closed")
    answers = [not math.isnan(at) for at in compress(tickets.column("answered"), closed)]
    answered = _within(start, tickets, "answered")
    scores = [*compress(tickets.column("score"), answered)]
    return {
        **_rate("survey_response_rate", sum(answers), len(answers)),
        **_rate("csat", sum(score >= 4 for score in scores), len(scores)),
        **_average("csat_mean", scores, _mean),
    }


@dataclass(frozen=True, slots=True)
class _Bucket:
    """The tickets that count in one group."""

    period: Period
    row: tuple[Value, ...]
    tickets: FactSet


def summarise(
    cases: Iterable[Case],
    *,
    settled: FactSet | None = None,
    now: datetime,
    since: datetime | None,
    until: datetime | None,
    by: Sequence[str] = (),
    filter_text: str = "",
    zone: tzinfo,
    promises: Promises | None = None,
) -> Summary:
    """The figures of the period from `since` up to but without `until`, as of its end.

    As of `now` where that is earlier or `until` is None; from the first opening where `since`
    is None. `by` are fields of the head (`team`, `requester.department`, custom ones) and
    TIME_FIELDS, which split the period in `zone` into sub-periods. A group's figures are
    those of a summary of its own: a sub-period's are as of the end of that sub-period.
    Values of fields are those at that end; groups without any ticket that counts are left
    out, but sub-periods by themselves are all there. Without `promises` nothing is said of them.
    `settled` are the facts of further tickets to which nothing happened since the period's end
    (see end_of); they count where nothing is grouped.
    Raises UsageError for more than MAX_SUBPERIODS.
    """
    whole = _whole(now, since, until)
    promised = bool(promises and promises.targets)
    names = tuple(dict.fromkeys(by))
    units = [name for name in names if name in TIME_FIELDS]
    fields = [name for name in names if name not in TIME_FIELDS]
    parts = [whole] if names else []
    if units:
        cases = list(cases)
        parts = split(_from_first_opening(whole, cases), units, zone)
    everything, buckets = _gather(cases, whole, parts, fields, promises)
    if settled:
        everything.join(settled)
    place = [(units + fields).index(name) for name in names]
    groups = [
        Group(
            by={name: bucket.row[at] for name, at in zip(names, place, strict=True)},
            measures=_measures(bucket.period, bucket.tickets, promised=promised),
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
        measures=_measures(whole, everything, promised=promised),
        groups=groups,
    )


def end_of(now: datetime, until: datetime | None) -> float:
    """The end of the period in seconds since 1970; what happens then has not happened."""
    return _whole(now, None, until).end


def _whole(now: datetime, since: datetime | None, until: datetime | None) -> Period:
    """The period asked about; what happens exactly `now` has happened."""
    start = since.timestamp() if since else -math.inf
    present = now.timestamp()
    end = math.nextafter(present, math.inf)
    if until and until <= now:
        present = end = until.timestamp()
    return Period(start, end, present, {})


def _from_first_opening(whole: Period, cases: Iterable[Case]) -> Period:
    if whole.start > -math.inf:
        return whole
    openings = (case.opened for case in cases)
    return replace(whole, start=min(openings, default=whole.end))


def _gather(
    cases: Iterable[Case],
    whole: Period,
    parts: Sequence[Period],
    fields: Sequence[str],
    promises: Promises | None,
) -> tuple[FactSet, dict[Key, _Bucket]]:
    """The tickets that count in the whole period, and those of each group."""
    everything = FactSet()
    buckets: dict[Key, _Bucket] = {}
    ends = [part.end for part in parts]
    undivided = list(parts) == [whole]
    if not fields:
        _put(buckets, parts, None, ())
    for case in cases:
        one = case.facts_before(whole.end, fields, promises)
        counts = one is not None and whole.touches(one)
        if one and counts:
            everything.add(one)
        for same, then in (
            [([whole], one)]
            if undivided and one and counts
            else through(case.log(promises), parts, ends, fields)
            if parts and not undivided
            else ()
        ):
            for values in then.values:
                _put(buckets, same, then, values)
    return everything, buckets


def _put(
    buckets: dict[Key, _Bucket],
    parts: Iterable[Period],
    ticket: Facts | None,
    values: tuple[Value, ...],
) -> None:
    """Count a ticket (None only makes the group) in the group of those values, in each part."""
    own = tuple(map(sort_key, values))
    for part in parts:
        key = (*part.key, *own)
        bucket = buckets.get(key)
        if bucket is None:
            bucket = buckets[key] = _Bucket(part, (*part.labels.values(), *values), FactSet())
        if ticket:
            bucket.tickets.add(ticket)
