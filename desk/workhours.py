"""The working hours that desk.yaml describes: calendars with shifts, holidays and swapped days."""

import itertools
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import date, timedelta, tzinfo

from desk import dates
from desk.calendars import DAY, WEEKDAYS, Calendar, Shift
from desk.errors import DamagedError, DeskError, UsageError
from desk.settings import Reader
from desk.shapes import TEXT, Setting, each, list_of, matching, one_of, or_none

ALWAYS = "24x7"
_SPAN = re.compile(r"(\d\d?):([0-5]\d)-(\d\d?):([0-5]\d)", re.ASCII)
_DAYS = re.compile(r"(\d{4}-\d\d-\d\d)(?: ?\.\. ?(\d{4}-\d\d-\d\d))?", re.ASCII)
SOME_DAYS = "[2026-10-01, 2026-10-05..2026-10-07]"
_SOME_HOURS = "[09:00-12:00, 13:00-17:00]"
_MOST_DAYS = 366
DAY_OR_DAYS = matching(_DAYS)
DAYS = list_of(DAY_OR_DAYS)
_SHIFTS = list_of(matching(_SPAN))
_DAY_NAMES = rf"^(?:daily|(?:{'|'.join(WEEKDAYS)})(?:-(?:{'|'.join(WEEKDAYS)}))?)$"
CALENDAR = {
    "timezone": Setting("Its time zone, such as Asia/Shanghai; the desk's, unless given.", TEXT),
    "hours": Setting(
        "When it is worked: {mon-fri: [09:00-12:00, 13:00-17:00]}, or 24x7 for around the clock.",
        {
            "anyOf": [
                one_of([ALWAYS]),
                each(or_none(_SHIFTS), minProperties=1, propertyNames={"pattern": _DAY_NAMES}),
            ]
        },
    ),
    "holidays": Setting("Days on which it is not: [2026-10-01..2026-10-07].", DAYS),
    "holidays_file": Setting("An iCalendar file (RFC 5545) of such days, beside desk.yaml.", TEXT),
    "working_days": Setting(
        "Days worked out of turn: {2026-10-10: mon}, as on a Monday, or with [09:00-12:00].",
        each({"anyOf": [one_of(WEEKDAYS), _SHIFTS]}, propertyNames=DAY_OR_DAYS),
    ),
}


def read(reader: Reader, timezone: str) -> dict[str, Calendar]:
    """The calendars by name, ALWAYS among them; mistakes are noted in the reader.

    `timezone` is that of calendars which name none.
    """
    calendars = {name: _calendar(reader, name, timezone) for name in reader.mapping("calendars")}
    calendars.setdefault(ALWAYS, Calendar(ALWAYS, _zone(timezone), always=True))
    return calendars


def _calendar(reader: Reader, name: str, timezone: str) -> Calendar:
    path = ("calendars", name)
    reader.only(reader.mapping(*path), CALENDAR, *path)
    zone_name = reader.timezone(*path, "timezone", default=timezone)
    always = reader.at(*path, "hours") == ALWAYS
    if always:
        _refuse_days_off(reader, *path)
    elif name == ALWAYS:
        reader.problem(f"{ALWAYS!r} is around the clock; name this calendar otherwise", *path)
    week = ((),) * 7 if always else _week(reader, *path, "hours")
    special: dict[date, tuple[Shift, ...]] = {}
    for place, text in enumerate(reader.texts(*path, "holidays", example=SOME_DAYS)):
        special |= dict.fromkeys(days(reader, text, *path, "holidays", place), ())
    special |= _working_days(reader, week, *path, "working_days")
    holidays = _holidays_of_file(reader, name)
    return Calendar(name, _zone(zone_name), week, special, holidays, always=always)


def _refuse_days_off(reader: Reader, *path: str) -> None:
    for key in ("holidays", "holidays_file", "working_days"):
        if reader.at(*path, key) is not None:
            reader.problem(f"{key!r} says nothing here: 24x7 is all hours of all days", *path, key)


def _zone(name: str) -> tzinfo:
    try:
        return dates.zone(name)
    except UsageError:  # the reader has noted it
        return dates.zone("UTC")


def _week(reader: Reader, *path: str) -> tuple[tuple[Shift, ...], ...]:
    """The shifts of each weekday; what is said of fewer days goes before what is said of more."""
    hours = reader.at(*path)
    if not isinstance(hours, dict) or not hours:
        reader.problem(f"'hours' are {{mon-fri: {_SOME_HOURS}}} or {ALWAYS}", *path)
        return ((),) * 7
    week: list[tuple[Shift, ...]] = [()] * 7
    for key, days in sorted(
        ((key, list(_weekdays(key))) for key in hours), key=lambda one: -len(one[1])
    ):
        if not days:
            reader.problem(f"{key!r} is no day; write mon, mon-fri or daily", *path, key)
        shifts = _shifts(reader, *path, key)
        for day in days:
            week[day] = shifts
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
    for place, text in enumerate(reader.texts(*path, example=_SOME_HOURS)):
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
    """The dates of `2026-10-01` or `2026-10-01..2026-10-07`, which are a year at most."""
    found = span(reader, text, *path)
    if not found:
        return []
    start, end = found
    number = (end - start).days + 1
    if number > _MOST_DAYS:
        reader.problem(f"{text!r} is longer than a year; write shorter spans", *path)
        return []
    return [start + timedelta(days=day) for day in range(number)]


def span(reader: Reader, text: str, *path: str | int) -> tuple[date, date] | None:
    """The first and last date of `2026-10-01` or `2026-10-01..2026-10-07`; None for a mistake."""
    match = _DAYS.fullmatch(text)
    try:
        if not match:
            raise ValueError
        start, end = date.fromisoformat(match[1]), date.fromisoformat(match[2] or match[1])
    except ValueError:
        reader.problem(f"{text!r} is no date; write 2026-10-01 or 2026-10-01..2026-10-07", *path)
        return None
    if end < start:
        reader.problem(f"{text!r} ends before it begins; the earlier day comes first", *path)
        return None
    return start, end


def _working_days(
    reader: Reader, week: Sequence[tuple[Shift, ...]], *path: str
) -> dict[date, tuple[Shift, ...]]:
    """Days that are worked out of turn: `2026-10-10: mon` (as on a Monday) or with hours."""
    found: dict[date, tuple[Shift, ...]] = {}
    for text, as_on in reader.mapping(*path).items():
        if as_on in WEEKDAYS:
            shifts = week[WEEKDAYS.index(str(as_on))]
        elif not isinstance(as_on, list):
            reader.problem(f"write the weekday, mon, or hours, {_SOME_HOURS}", *path, text)
            continue
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
        if ".." in name.split("/"):
            raise ValueError("it lies outside of the desk")
        text = reader.beside(name)
    except (DeskError, ValueError) as error:
        reader.problem(f"{name!r} cannot be read: {error}", *path)
        return tuple

    def read() -> Collection[date]:
        from desk import holidays

        try:
            return holidays.days(text)
        except ValueError as error:
            (why, *_) = str(error).splitlines()
            raise DamagedError(f"this is no iCalendar file (RFC 5545): {why}", name) from error

    return read
