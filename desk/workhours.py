"""The working hours that desk.yaml describes: calendars with shifts, holidays and swapped days."""

import itertools
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import date, timedelta, tzinfo

from desk import dates
from desk.calendars import DAY, WEEKDAYS, Calendar, Shift
from desk.errors import DamagedError, DeskError, UsageError
from desk.settings import Reader

ALWAYS = "24x7"
_CALENDAR = ("timezone", "hours", "holidays", "holidays_file", "working_days")
_SPAN = re.compile(r"(\d\d?):([0-5]\d)-(\d\d?):([0-5]\d)", re.ASCII)


def read(reader: Reader, timezone: str) -> dict[str, Calendar]:
    """The calendars by name, ALWAYS among them; mistakes are noted in the reader.

    `timezone` is that of calendars which name none.
    """
    calendars = {name: _calendar(reader, name, timezone) for name in reader.mapping("calendars")}
    calendars.setdefault(ALWAYS, Calendar(ALWAYS, _zone(timezone), always=True))
    return calendars


def _calendar(reader: Reader, name: str, timezone: str) -> Calendar:
    path = ("calendars", name)
    reader.only(reader.mapping(*path), _CALENDAR, *path)
    zone_name = reader.timezone(*path, "timezone", default=timezone)
    always = reader.at(*path, "hours") == ALWAYS
    week = ((),) * 7 if always else _week(reader, *path, "hours")
    special: dict[date, tuple[Shift, ...]] = {}
    for place, text in enumerate(reader.texts(*path, "holidays")):
        special |= dict.fromkeys(days(reader, text, *path, "holidays", place), ())
    special |= _working_days(reader, week, *path, "working_days")
    return Calendar(name, _zone(zone_name), week, special, _holidays_of_file(reader, name), always)


def _zone(name: str) -> tzinfo:
    try:
        return dates.zone(name)
    except UsageError:  # the reader has noted it
        return dates.zone("UTC")


def _week(reader: Reader, *path: str) -> tuple[tuple[Shift, ...], ...]:
    week: list[tuple[Shift, ...]] = [()] * 7
    for key in reader.mapping(*path):
        days = list(_weekdays(key))
        if not days:
            reader.problem(f"{key!r} is no day; write mon, mon-fri or daily", *path, key)
        for day in days:
            week[day] = _shifts(reader, *path, key)
    return tuple(week)


def _weekdays(key: str) -> Iterator[int]:
    first, dash, last = key.partition("-")
    if key == "daily":
        yield from range(7)
    elif first in WEEKDAYS and (not dash or last in WEEKDAYS):
        day = WEEKDAYS.index(first)
        yield day
        while dash and WEEKDAYS[day] != last:
            day = (day + 1) % 7
            yield day


def _shifts(reader: Reader, *path: str | int) -> tuple[Shift, ...]:
    shifts: list[Shift] = []
    for place, text in enumerate(reader.texts(*path)):
        match = _SPAN.fullmatch(text)
        hour, minute, to_hour, to_minute = map(int, match.groups()) if match else (99, 0, 0, 0)
        start, end = hour * 3600 + minute * 60, to_hour * 3600 + to_minute * 60
        if start >= DAY or end > DAY:
            reader.problem(f"{text!r} are no hours; write 09:00-12:00", *path, place)
            continue
        shifts.append((start, end if end > start else end + DAY))
    shifts.sort()
    if any(two[0] < one[1] for one, two in itertools.pairwise(shifts)):
        reader.problem("these hours overlap", *path)
    return tuple(shifts)


def days(reader: Reader, text: str, *path: str | int) -> list[date]:
    """The dates of `2026-10-01` or `2026-10-01..2026-10-07`."""
    first, _, last = text.partition("..")
    try:
        start, end = date.fromisoformat(first.strip()), date.fromisoformat((last or first).strip())
        if not timedelta() <= end - start <= timedelta(days=366):
            raise ValueError
    except ValueError:
        reader.problem(f"{text!r} is no date; write 2026-10-01 or 2026-10-01..2026-10-07", *path)
        return []
    return [start + timedelta(days=number) for number in range((end - start).days + 1)]


def _working_days(
    reader: Reader, week: Sequence[tuple[Shift, ...]], *path: str
) -> dict[date, tuple[Shift, ...]]:
    """Days that are worked out of turn: `2026-10-10: mon` (as on a Monday) or with hours."""
    found: dict[date, tuple[Shift, ...]] = {}
    for text, as_on in reader.mapping(*path).items():
        if as_on in WEEKDAYS:
            shifts = week[WEEKDAYS.index(str(as_on))]
        else:
            shifts = _shifts(reader, *path, text)
        found |= dict.fromkeys(days(reader, text, *path, text), shifts)
    return found


def _holidays_of_file(reader: Reader, calendar: str) -> Callable[[], Collection[date]]:
    """The days in the calendar's iCalendar file, which is parsed when they are asked for."""
    path = ("calendars", calendar, "holidays_file")
    name = reader.text(*path)
    if not name:
        return tuple
    try:
        text = reader.beside(name)
    except (DeskError, ValueError) as error:
        reader.problem(f"{name!r} cannot be read: {error}", *path)
        return tuple

    def read() -> Collection[date]:
        from desk import holidays

        try:
            return holidays.days(text)
        except ValueError as error:
            raise DamagedError(f"this is no iCalendar file (RFC 5545): {error}", name) from error

    return read
