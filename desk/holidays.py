"""The days of an iCalendar file (RFC 5545), as published calendars of holidays have them.

The only importer of the icalendar library.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from desk import dates
from desk.calendars import LAST_YEAR

_LAST = date(LAST_YEAR, 12, 31)
# More than this is no calendar of holidays, and would only cost time.
_MOST_RECURRING, _MOST_DAYS, _LONGEST = 100, 200_000, 366


def days(text: str) -> list[date]:
    """The days that the file's events cover, recurring ones as long as calendars are counted.

    Raises ValueError where the text is no calendar, or more than one of holidays can be.
    """
    import icalendar

    try:
        return _of_events(icalendar.Calendar.from_ical(text).walk("VEVENT"))
    except RecursionError as error:
        raise ValueError("its parts are nested too deep") from error
    except OverflowError as error:
        raise ValueError("an event has a date beyond all calendars") from error


def _of_events(events: Sequence[Any]) -> list[date]:
    if sum("rrule" in event for event in events) > _MOST_RECURRING:
        raise ValueError(f"over {_MOST_RECURRING} events recur")
    found: set[date] = set()
    number = 0
    for event in events:
        for day in _of_event(event):
            found.add(day)
            number += 1
            if number > _MOST_DAYS:
                raise ValueError(f"it has over {_MOST_DAYS} days")
    return sorted(found)


def _of_event(event: Any) -> Iterator[date]:
    starts = _moments(event, "dtstart")
    if len(starts) != 1:
        raise ValueError(f"an event has {len(starts) or 'no'} DTSTART")
    if str(event.get("status", "")).upper() == "CANCELLED":
        return
    start, left_out = _day(starts[0]), set(map(_day, _moments(event, "exdate")))
    recurring = [
        day
        for rule in _several(event.get("rrule"))
        for day in dates.recurrences(rule.to_ical().decode(), start, _LAST)
    ]
    length = _length(event, starts[0])
    for first in {start, *recurring, *map(_day, _moments(event, "rdate"))} - left_out:
        yield from (first + timedelta(days=number) for number in range(length))


def _length(event: Any, start: date) -> int:
    """How many days an event covers; an end at midnight or without a time is left out."""
    ends = _moments(event, "dtend")
    last = _day(start)
    if ends:
        midnight = not isinstance(ends[0], datetime) or ends[0].time() == time()
        last = _day(ends[0]) - timedelta(days=midnight)
    elif duration := event.get("duration"):
        last += duration.dt - timedelta(microseconds=1)
    length = max((last - _day(start)).days + 1, 1)
    if length > _LONGEST:
        raise ValueError(f"an event from {_day(start)} on is longer than a year")
    return length


def _moments(event: Any, name: str) -> list[date]:
    """The dates, or dates with times, that the event has under a name."""
    values = [one for value in _several(event.get(name)) for one in getattr(value, "dts", [value])]
    found = [value.dt for value in values]
    if not all(isinstance(one, date) for one in found):
        raise ValueError(f"an event has a {name.upper()} that is no date")
    return found


def _several(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _day(moment: date) -> date:
    return moment.date() if isinstance(moment, datetime) else moment
