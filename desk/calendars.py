"""Working time: which moments a calendar counts, and how many of them lie in a span (pure).

A shift belongs to the day on which it begins: a holiday takes out the shifts that begin on
it, and a night shift of the evening before runs on into it. A moment counts if its wall time
does, so where the clock is put forward nothing is lost and where it is put back the repeated
hour counts twice if the shift covers it.
"""

import itertools
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import cached_property

DAY = 86_400
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# No working time is counted outside of these years, so that a mistyped year costs nothing.
FIRST_YEAR, LAST_YEAR = 1970, 2199
# Further ahead than this no shift is looked for: the calendar has none.
_HORIZON = 20 * 366 * DAY
Shift = tuple[int, int]


class Calendar:
    """Shifts of each weekday as (start, end) in seconds from midnight; an end may be past it.

    `special` are dates with shifts of their own, none for a holiday. `holidays` gives more
    dates without any; it is asked once, when a shift is first looked for. `always` is around
    the clock, whatever else is given.
    """

    def __init__(
        self,
        name: str,
        zone: tzinfo,
        week: tuple[tuple[Shift, ...], ...] = ((),) * 7,
        special: Mapping[date, tuple[Shift, ...]] | None = None,
        holidays: Callable[[], Collection[date]] = tuple,
        *,
        always: bool = False,
    ) -> None:
        self.name = name
        self.zone = zone
        self.week = week
        self.special = special or {}
        self.holidays = holidays
        self.always = always

    @cached_property
    def days_off(self) -> frozenset[date]:
        """The dates that `holidays` gives."""
        return frozenset(self.holidays())

    @cached_property
    def _table(self) -> "_Table":
        return _Table(self)

    def shifts(self, day: date) -> tuple[Shift, ...]:
        """The shifts that begin on that day."""
        usual = () if day in self.days_off else self.week[day.weekday()]
        return self.special.get(day, usual)

    def open_at(self, moment: float) -> bool:
        """Whether that moment (seconds since 1970) is working time."""
        return self.always or self.between(moment, moment + 1) > 0

    @cached_property
    def total(self) -> Callable[[float], float]:
        """Gives the working seconds before a moment (since 1970), from a point that never moves."""
        return (lambda moment: moment) if self.always else self._table.total

    def between(self, start: float, end: float) -> float:
        """Working seconds from `start` to `end`, both in seconds since 1970."""
        return self.total(end) - self.total(start)

    def after(self, start: float, seconds: float) -> float | None:
        """The first moment at which so many working seconds have passed since `start`.

        None where the calendar has not that much working time in the next twenty years.
        """
        if self.always or not seconds:
            return start + seconds
        latest = max(start, _MIN) + _HORIZON
        return self._table.moment(self._table.total(start) + seconds, latest)


class _Table:
    """The running total of a calendar's working time, made a year at a time as it is asked for.

    `_starts` and `_ends` bound each stretch of working time, `_totals` is the working time
    before it; so a span of any length costs two look-ups.
    """

    def __init__(self, calendar: Calendar) -> None:
        self._calendar = calendar
        self._starts: list[float] = []
        self._ends: list[float] = []
        self._totals: list[float] = []
        self._from = self._to = 0.0
        self._first_year = self._last_year = 0

    def total(self, moment: float) -> float:
        """Working seconds before `moment`, counted from a point that never moves."""
        if not self._from <= moment < self._to:
            moment = min(max(moment, _MIN), _MAX)
            self._cover(moment)
        place = bisect_right(self._starts, moment) - 1
        if place < 0:
            return self._totals[0] if self._totals else 0.0
        return self._totals[place] + min(moment, self._ends[place]) - self._starts[place]

    def moment(self, total: float, latest: float) -> float | None:
        """The first moment up to `latest` before which `total` working seconds lie."""
        while True:
            if self._totals:
                last = self._totals[-1] + self._ends[-1] - self._starts[-1]
                if total <= last:
                    place = max(bisect_left(self._totals, total) - 1, 0)
                    found = self._starts[place] + (total - self._totals[place])
                    return found if found <= latest else None
            if self._to > min(latest, _MAX):
                return None
            self._cover(self._to)

    def _cover(self, moment: float) -> None:
        year = datetime.fromtimestamp(moment, UTC).year
        if not self._first_year:
            self._first_year, self._last_year = year, year - 1
            self._from = self._to = _year_start(year)
        while self._to <= moment:
            self._append(self._last_year + 1)
        while self._from > moment:
            self._prepend(self._first_year - 1)

    def _append(self, year: int) -> None:
        starts, ends, totals = self._year(year)
        base = self._totals[-1] + self._ends[-1] - self._starts[-1] if self._totals else 0.0
        self._starts += starts
        self._ends += ends
        self._totals += [base + total for total in totals[:-1]]
        self._last_year, self._to = year, _year_start(year + 1)

    def _prepend(self, year: int) -> None:
        starts, ends, totals = self._year(year)
        base = (self._totals[0] if self._totals else 0.0) - totals.pop()
        self._starts[:0], self._ends[:0] = starts, ends
        self._totals[:0] = [base + total for total in totals]
        self._first_year, self._from = year, _year_start(year)

    def _year(self, year: int) -> tuple[list[float], list[float], list[float]]:
        """The starts and ends of a year's stretches, and the totals before each and of all."""
        stretches = list(_stretches(self._calendar, _year_start(year), _year_start(year + 1)))
        lengths = (end - start for start, end in stretches)
        totals = list(itertools.accumulate(lengths, initial=0.0))
        return [start for start, _ in stretches], [end for _, end in stretches], totals


def _year_start(year: int) -> float:
    return datetime(year, 1, 1, tzinfo=UTC).timestamp()


_MIN, _MAX = _year_start(FIRST_YEAR), _year_start(LAST_YEAR + 1) - 1


def _stretches(calendar: Calendar, start: float, end: float) -> Iterator[tuple[float, float]]:
    """The working time of [start, end) as stretches in order, touching ones joined."""
    day = datetime.fromtimestamp(start, UTC).date() - timedelta(days=2)
    last = datetime.fromtimestamp(end, UTC).date() + timedelta(days=2)
    pieces: list[tuple[float, float]] = []
    while day <= last:
        pieces += _on_day(calendar, day)
        day += timedelta(days=1)
    held = (start, start)
    # Sorted, because a clock put back over midnight makes a day end after the next has begun.
    for begin, finish in sorted(pieces):
        low, high = max(begin, start), min(finish, end)
        if low >= high:
            continue
        if low <= held[1]:
            held = (held[0], max(held[1], high))
            continue
        if held[0] < held[1]:
            yield held
        held = (low, high)
    if held[0] < held[1]:
        yield held


def _on_day(calendar: Calendar, day: date) -> Iterator[tuple[float, float]]:
    """The stretches of working time whose wall time is of that day."""
    before = calendar.shifts(day - timedelta(days=1))
    shifts = [*calendar.shifts(day), *((start - DAY, end - DAY) for start, end in before)]
    wall = sorted((max(start, 0), min(end, DAY)) for start, end in shifts)
    wall = [(start, end) for start, end in wall if start < end]
    if not wall:
        return
    midnight = _seconds(day, 0)
    for low, high, offset in _offsets(calendar.zone, day):
        for start, end in wall:
            first, then = max(midnight + start - offset, low), min(midnight + end - offset, high)
            if first < then:
                yield first, then


def _offsets(zone: tzinfo, day: date) -> Sequence[tuple[float, float, float]]:
    """The parts (start, end, offset from UTC) of constant offset that make up a local day.

    Zones are at most 14 hours before UTC and 12 behind it, and change at most once in the time
    that a day takes in all of them.
    """
    low, high = _seconds(day, -15), _seconds(day, 37)
    before, after = _offset(zone, low), _offset(zone, high)
    midnight = _seconds(day, 0)
    if before == after:
        return [(midnight - before, midnight + DAY - before, before)]
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(zone, middle) == before:
            low = middle
        else:
            high = middle
    return [(midnight - before, high, before), (high, midnight + DAY - after, after)]


def _seconds(day: date, hour: int) -> float:
    return (day.toordinal() - _EPOCH) * DAY + hour * 3600.0


_EPOCH = date(1970, 1, 1).toordinal()


def _offset(zone: tzinfo, moment: float) -> float:
    found = datetime.fromtimestamp(moment, zone).utcoffset()
    return found.total_seconds() if found is not None else 0.0
