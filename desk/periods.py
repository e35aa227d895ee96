"""Periods of time and the days, weeks, months, quarters and years they fall into (pure)."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from desk.errors import UsageError
from desk.facts import Facts, Log, facts_before, sort_key

TIME_FIELDS = ("day", "week", "month", "quarter", "year")
MAX_SUBPERIODS = 10_000
Key = tuple[tuple[int, int, str], ...]


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` up to but without `end`; ages are as of `as_of`; seconds since 1970."""

    start: float
    end: float
    as_of: float
    labels: Mapping[str, str]
    key: Key = ()

    def has(self, moment: float | None) -> bool:
        """Whether that moment lies in it."""
        # Facts are as of the end, or of an earlier one: they hold no moment behind it.
        return moment is not None and self.start <= moment

    def resolution_in(self, ticket: Facts) -> bool:
        """Whether the ticket was resolved in it, standing or not."""
        return self.has(ticket.last_resolution)

    def touches(self, ticket: Facts) -> bool:
        """Whether the ticket counts in any measure of the period."""
        return (
            ticket.live
            or self.has(ticket.opened)
            or self.has(ticket.responded)
            or self.has(ticket.closed)
            or self.has(ticket.answered)
            or self.resolution_in(ticket)
            or self.has(ticket.respond_end)
            or self.has(ticket.update_end)
            or self.has(ticket.resolve_end)
            or bool(ticket.ahead)
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


def split(whole: Period, units: Sequence[str], zone: tzinfo) -> list[Period]:
    """The sub-periods of a period between the calendar's boundaries in that zone.

    Raises UsageError for more than MAX_SUBPERIODS.
    """
    parts: list[Period] = []
    start, day = whole.start, _local_day(whole.start, zone)
    while start < whole.end:
        labels = {unit: _label(unit, day) for unit in units}
        try:
            day = min(_day_after(unit, day) for unit in units)
            edge = datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()
        except OverflowError:
            edge = whole.end
        end = min(edge, whole.end)
        key = tuple(map(sort_key, labels.values()))
        parts.append(Period(start, end, min(edge, whole.as_of), labels, key))
        start = end
        if len(parts) > MAX_SUBPERIODS:
            raise UsageError(
                f"the period from {parts[0].labels[units[0]]} has over {MAX_SUBPERIODS} parts by "
                f"{' and '.join(units)}; narrow it with --since and --until"
            )
    return parts


def through(
    log: Log, parts: Sequence[Period], ends: Sequence[float], fields: Sequence[str]
) -> Iterator[tuple[list[Period], Facts]]:
    """The facts of a ticket at the ends of the parts of a period in which it counts.

    They are computed anew only where something happened.
    """
    begin = min(log.opened, log.line[0][0]) if log.line else log.opened
    here = bisect_right(ends, begin)
    while here < len(parts):
        ticket = facts_before(log, ends[here], fields)
        if ticket is None:
            here += 1
            continue
        later = bisect_left(log.line, (ends[here],))
        following = bisect_right(ends, log.line[later][0]) if later < len(log.line) else len(parts)
        same = parts[here : following if ticket.live or ticket.ahead else here + 1]
        yield [part for part in same if part.touches(ticket)], ticket
        here = following
