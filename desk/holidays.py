"""The days of an iCalendar file (RFC 5545), as published calendars of holidays have them.

The only importer of the icalendar library.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from desk import dates

# How far ahead a holiday that recurs is counted.
_YEARS_AHEAD = 20


def days(text: str) -> list[date]:
    """The days that the file's events cover, recurring ones for the next years.

    Raises ValueError where the text is no calendar.
    """
    import icalendar

    calendar = icalendar.Calendar.from_ical(text)
    return sorted({day for event in calendar.walk("VEVENT") for day in _of_event(event)})


def _of_event(event: object) -> Iterator[date]:
    start = _day(event.get("dtstart"))  # type: ignore[attr-defined]
    end = _day(event.get("dtend"))  # type: ignore[attr-defined]
    if start is None:
        return
    length = max((end - start).days, 1) if end else 1
    rule = event.get("rrule")  # type: ignore[attr-defined]
    last = start.replace(year=start.year + _YEARS_AHEAD, day=min(start.day, 28))
    starts = dates.recurrences(rule.to_ical().decode(), start, last) if rule else [start]
    for first in starts:
        yield from (first + timedelta(days=number) for number in range(length))


def _day(value: object) -> date | None:
    found = getattr(value, "dt", None)
    if isinstance(found, datetime):
        return found.date()
    return found if isinstance(found, date) else None
