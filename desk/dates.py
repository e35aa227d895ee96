"""Times: RFC 3339 stamps, what people type for a moment, and durations.

The only importer of dateutil, and only for texts that are neither RFC 3339 nor relative.
"""

import functools
import math
import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from desk.errors import UsageError

_UNITS = {
    "s": 1, "sec": 1, "second": 1, "秒": 1,
    "m": 60, "min": 60, "minute": 60, "分": 60, "分钟": 60,
    "h": 3600, "hr": 3600, "hour": 3600, "小时": 3600,
    "d": 86400, "day": 86400, "天": 86400, "日": 86400,
    "w": 604800, "week": 604800, "周": 604800,
}  # fmt: skip
# Patterns in plain text are compiled when somebody's words are read: that takes long.
_PART = r"(?i)\s*(\d+(?:\.\d+)?)\s*([a-z]+|秒|分钟|分|小时|天|日|周)"
_DAYS = {
    "today": 0, "今天": 0,
    "yesterday": -1, "昨天": -1, "前天": -2,
    "tomorrow": 1, "明天": 1, "后天": 2,
}  # fmt: skip
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_MONTH_AND_DAY = (
    r"((0[13578]|1[02])-(0[1-9]|[12]\d|3[01])|(0[469]|11)-(0[1-9]|[12]\d|30)|02-(0[1-9]|[12]\d))"
)
_HOUR_AND_MINUTE = r"([01]\d|2[0-3]):[0-5]\d"
# But for a 29th of February that does not come, and the years, all that it takes is a moment.
RFC_3339 = re.compile(
    rf"\d{{4}}-{_MONTH_AND_DAY}[Tt]{_HOUR_AND_MINUTE}(:[0-5]\d(\.\d{{1,6}})?)?"
    rf"([Zz]|[+-]{_HOUR_AND_MINUTE})",
    re.ASCII,
)
# Of no other year is a time of a desk; so no length that is added to one goes beyond a calendar.
FIRST_YEAR, LAST_YEAR = 1900, 2999
_MOMENT_HELP = "write 2026-11-21T09:00:00+08:00, 2026-11-21 09:00, yesterday 14:00 or 2h"


@functools.cache
def zone(name: str) -> tzinfo:
    """The time zone of that IANA name.

    Raises UsageError for a name that is unknown.
    """
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError) as error:
        raise UsageError(
            f"time zone {name!r} is unknown; write an IANA name such as Asia/Shanghai or UTC"
        ) from error


def local_zone_name() -> str:
    """The IANA name of this machine's time zone, or UTC where it does not tell."""
    import os

    candidates = [os.environ.get("TZ", "").lstrip(":")]
    candidates.append(os.path.realpath("/etc/localtime").partition("zoneinfo/")[2])
    for name in candidates:
        try:
            if name:
                zone(name)
                return name
        except UsageError:
            continue
    return "UTC"


def system_now() -> datetime:
    """The present moment by the machine's clock."""
    return datetime.now(UTC)


def stamp(moment: datetime) -> str:
    """RFC 3339 with offset, to the second: `2026-11-21T09:00:00+08:00`.

    In UTC where the zone's offset was no whole minute then, which RFC 3339 cannot say.
    """
    offset = moment.utcoffset()
    if offset and offset.total_seconds() % 60:
        moment = moment.astimezone(UTC)
    return moment.isoformat(timespec="seconds")


def from_stamp(text: str) -> datetime:
    """The moment of an RFC 3339 stamp.

    Raises ValueError for anything else (also for a time without an offset).
    """
    if not RFC_3339.fullmatch(text):
        raise ValueError(f"{text!r} is no RFC 3339 time such as 2026-11-21T09:00:00+08:00")
    found = datetime.fromisoformat(text.upper())
    # A year more on both sides, since another zone may move the first and the last day there.
    if not FIRST_YEAR - 1 <= found.year <= LAST_YEAR + 1:
        raise ValueError(f"{text!r} is not of the years {FIRST_YEAR} to {LAST_YEAR}")
    return found


def at(seconds: float, zone: tzinfo | None) -> datetime:
    """The moment so many seconds after the beginning of 1970, to the second, in that zone."""
    return datetime.fromtimestamp(round(seconds), zone)


_OF_DAY = {f"{m // 60:02}:{m % 60:02}:": m * 60 for m in range(1440)}
_OF_MINUTE = {f"{second:02}": second for second in range(60)}
_MIDNIGHTS: dict[str, float] = {}


def seconds(text: str) -> float:
    """The moment of an RFC 3339 stamp in seconds since 1970.

    Quicker than from_stamp for stamps as desk writes them, because each day is worked out
    once. Raises ValueError as that does.
    """
    try:
        return _MIDNIGHTS[text[:11] + text[19:]] + _OF_DAY[text[11:17]] + _OF_MINUTE[text[17:19]]
    except KeyError:
        found = from_stamp(text).timestamp()
        if len(text) == 25 and len(_MIDNIGHTS) < 100_000:
            midnight = f"{text[:10]}T00:00:00{text[19:]}"
            _MIDNIGHTS[text[:11] + text[19:]] = from_stamp(midnight).timestamp()
        return found


def duration(text: str) -> timedelta:
    """A length of time such as `90m`, `4h`, `1d 12h`, `2 weeks` or `3天`.

    Raises ValueError for anything else.
    """
    seconds, position = 0.0, 0
    for part in re.finditer(_PART, text):
        name = part[2] if len(part[2]) == 1 else part[2].lower()  # M is no minute
        plural = len(name) > 2 and name.endswith("s")
        unit = _UNITS.get(name[:-1] if plural else name)
        if part.start() != position or unit is None:
            break
        seconds += float(part[1]) * unit
        position = part.end()
    if not position or text[position:].strip():
        raise ValueError(f"{text!r} is no length of time such as 90m, 4h, 3d or 2w")
    try:
        return timedelta(seconds=seconds)
    except OverflowError as error:
        raise ValueError(f"{text!r} is too long a time") from error


def moment(text: str, now: datetime, *, ahead: bool = False) -> datetime:
    """The moment that a person means by `text`, in the zone of `now`.

    Takes RFC 3339, a date with or without a time, `14:30`, `yesterday 14:30` (also in
    Chinese), `2h ago`, `in 2h`, and a bare `2h`: before `now`, or after it if `ahead`.
    Raises UsageError for what it cannot read and for a date that can be read two ways.
    """
    words = text.strip()
    try:
        # Lengths of time are added in UTC, so that two hours are two hours across a clock change.
        found = _relative(words, now.astimezone(UTC), ahead)
        found = found.astimezone(now.tzinfo) if found else _calendar(words, now, ahead)
        if found:  # an offset of 25 hours, or a day before year 1, fails here
            found = found.astimezone(now.tzinfo)
    except (ValueError, OverflowError):
        found = None
    if found is None or not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise UsageError(f"{text!r} is no time that desk can read; {_MOMENT_HELP}")
    return found.replace(microsecond=0)


_SPAN = (
    r"(?a)(\d{4})(?:[-年](\d{1,2})(?:[-月](\d{1,2})日?"
    r"(?:[T ](\d\d)(?::(\d\d)(?::(\d\d))?)?)?|月)?|年)?"
)
_SPAN_UNITS = ("hours", "minutes", "seconds")


def span(text: str, now: datetime, *, ahead: bool = False) -> tuple[float, float]:
    """What a person means by a time, from its first second up to without the one behind it.

    `2026`, `2026-11`, `2026-11-21`, `2026年11月`, `today` and `2026-11-21 09:30` are a year, a
    month, a day and a minute; whatever else `moment` reads is that one moment. Both are
    in seconds since 1970. Raises UsageError as `moment` does.
    """
    words = text.strip()
    match = re.fullmatch(_SPAN, words)
    try:
        if match:
            return _span(*(int(part) if part else None for part in match.groups()), zone=now.tzinfo)
    except (ValueError, OverflowError):
        raise UsageError(f"{text!r} is no time that desk can read; {_MOMENT_HELP}") from None
    found = moment(words, now, ahead=ahead)
    first = found.timestamp()
    if words.lower() in _named_days(now, ahead):
        return first, (found + timedelta(days=1)).timestamp()
    return first, math.nextafter(first, math.inf)


def _span(
    year: int | None,
    month: int | None,
    day: int | None,
    *clock: int | None,
    zone: tzinfo | None,
) -> tuple[float, float]:
    """The year, or as much less as is given; raises ValueError for no day of a calendar."""
    if not year or not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError("that year is none of a desk's")
    hour, minute, second = (part or 0 for part in clock)
    first = datetime(year, month or 1, day or 1, hour, minute, second, tzinfo=zone)
    given = [unit for unit, part in zip(_SPAN_UNITS, clock, strict=True) if part is not None]
    if given:  # an hour is an hour, also where the clock changes
        return first.timestamp(), first.timestamp() + timedelta(**{given[-1]: 1}).total_seconds()
    if day:
        last = first + timedelta(days=1)
    elif month:
        last = first.replace(year=year + month // 12, month=month % 12 + 1)
    else:
        last = first.replace(year=year + 1)
    return first.timestamp(), last.timestamp()


def _relative(words: str, now: datetime, ahead: bool) -> datetime | None:  # noqa: FBT001
    folded = words.lower()
    if folded == "now":
        return now
    for mark, sign in (("-", -1), ("+", 1), ("in ", 1)):
        if folded.startswith(mark):
            return now + sign * duration(words[len(mark) :])
    for mark, sign in ((" ago", -1), ("前", -1), ("后", 1)):
        if folded.endswith(mark) and folded[0].isdigit():
            return now + sign * duration(words[: -len(mark)])
    try:
        return now + (1 if ahead else -1) * duration(words)
    except ValueError:
        return None


def _calendar(words: str, now: datetime, ahead: bool) -> datetime | None:  # noqa: FBT001
    words = re.sub(r"(\d{4})年(\d{1,2})月(\d{1,2})日?\s*", r"\1-\2-\3 ", words).strip()
    for name, days in _named_days(now, ahead).items():
        if words.lower().startswith(name):
            clock = words[len(name) :].strip()
            if clock[:1].isalpha():
                continue  # a longer word
            day = now.replace(hour=0, minute=0, second=0) + timedelta(days=days)
            return _at_clock(day, clock) if clock else day
    if re.fullmatch(r"\d{1,2}:\d\d(:\d\d)?", words):
        return _at_clock(now, words)
    found: datetime | None
    try:
        found = datetime.fromisoformat(words)
    except ValueError:
        found = _by_dateutil(words, now)
    if found is None or found.tzinfo:
        return found
    return found.replace(tzinfo=now.tzinfo)


def _named_days(now: datetime, ahead: bool) -> dict[str, int]:  # noqa: FBT001
    """Words for days, with how far they are from today: the last Monday, or the next if `ahead`."""
    named = dict(_DAYS)
    for number, weekday in enumerate(_WEEKDAYS):
        away = (number - now.weekday()) % 7
        away = (away or 7) if ahead else (away - 7 if away else 0)
        for name in (
            weekday,
            weekday[:3],
            *(f"{word}{'一二三四五六日'[number]}" for word in ("周", "星期")),
        ):
            named[name] = away
    return named


def _at_clock(day: datetime, clock: str) -> datetime:
    hour, minute, second = (*map(int, clock.split(":")), 0)[:3]
    return day.replace(hour=hour, minute=minute, second=second)


def _by_dateutil(words: str, now: datetime) -> datetime | None:
    """Other spellings, with the month by name or the year first: never 03/04/2026."""
    if not re.match(rf"\d{{4}}\D|.*\b({_MONTHS})", words, re.IGNORECASE):
        return None
    import warnings

    from dateutil import parser

    first = datetime(now.year, 1, 1)  # 2026-11 and November begin on the 1st
    try:
        with warnings.catch_warnings(action="error"):  # it only warns of a zone it does not know
            return parser.parse(words, default=first)
    except (ValueError, OverflowError, RuntimeWarning):
        return None


def in_words(seconds: float) -> str:
    """A length of time in its two largest units: `3d 4h`, `12m`, `0m`."""
    sign = "-" if seconds < 0 else ""
    minutes = round(abs(seconds) / 60)
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = [(days, "d"), (hours, "h"), (minutes, "m")]
    while len(parts) > 1 and not parts[0][0]:
        parts.pop(0)
    shown = [f"{count}{unit}" for count, unit in parts[:2] if count]
    return sign + (" ".join(shown) or "0m")


def in_hours(seconds: float) -> str:
    """A length of working time, of which a day has no fixed number: `26h 10m`, `12m`."""
    minutes = round(abs(seconds) / 60)
    hours, minutes = divmod(minutes, 60)
    shown = [f"{hours}h"] if hours else []
    shown += [f"{minutes}m"] if minutes or not hours else []
    return ("-" if seconds <= -30 else "") + " ".join(shown)


# What a rule may say beside its frequency, so that dateutil never looks long for what never comes.
_PLAIN = frozenset(("FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST"))
_PICKED = {*_PLAIN, "BYDAY", "BYMONTH", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYSETPOS"}
_RECURRING = {
    "YEARLY": _PICKED,
    "MONTHLY": _PICKED - {"BYYEARDAY", "BYWEEKNO"},
    "WEEKLY": {*_PLAIN, "BYDAY"},
    "DAILY": _PLAIN,
}


def recurrences(rule: str, start: date, until: date) -> list[date]:
    """The days of an RFC 5545 recurrence rule from `start` up to and with `until`.

    Raises ValueError for a rule that cannot be read, or is none for days off: one that recurs
    within a day, or picks among single days or weeks other than by weekday.
    """
    import itertools

    from dateutil import rrule

    parts = dict(part.partition("=")[::2] for part in rule.upper().split(";"))
    if not parts.keys() <= _RECURRING.get(parts.get("FREQ", ""), frozenset()):
        raise ValueError(f"{rule!r} is no rule for days off that desk can read")
    if min(int(parts.get(name, "1")) for name in ("INTERVAL", "COUNT")) < 1:
        raise ValueError(f"{rule!r} never recurs")
    if ends := parts.pop("UNTIL", ""):  # with a zone or without, it is the day that counts
        until = min(until, date.fromisoformat(ends[:8]))
    number = int(parts.pop("COUNT", "0")) or None
    parts["UNTIL"] = until.isoformat().replace("-", "")
    first = datetime(start.year, start.month, start.day)
    found = rrule.rrulestr(";".join(map("=".join, parts.items())), dtstart=first)
    return [moment.date() for moment in itertools.islice(found, number)]
