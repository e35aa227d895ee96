"""iCalendar files of holidays, as they are published and as they should not be."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk import holidays, store
from desk.calendars import LAST_YEAR
from desk.errors import DamagedError, NotFoundError

# Lines end with CRLF, long ones are folded, a zone is defined that no holiday needs.
PUBLISHED = """\
BEGIN:VCALENDAR
PRODID:-//Example//Holidays 70.9054//EN
VERSION:2.0
CALSCALE:GREGORIAN
METHOD:PUBLISH
X-WR-CALNAME:中国的节假日
X-WR-TIMEZONE:UTC
BEGIN:VTIMEZONE
TZID:Asia/Shanghai
BEGIN:STANDARD
DTSTART:19700101T000000
TZOFFSETFROM:+0800
TZOFFSETTO:+0800
TZNAME:CST
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
DTSTART;VALUE=DATE:20261001
DTEND;VALUE=DATE:20261008
DTSTAMP:20260101T000000Z
UID:20261001_guoqing@example.com
CLASS:PUBLIC
CREATED:20240517T105424Z
DESCRIPTION:公众假期：国庆节从十月一日到十月七日，\\n一共七天\\, 其中有中秋节；这一行很长所以折
 叠了
SEQUENCE:0
STATUS:CONFIRMED
SUMMARY:国庆节
TRANSP:TRANSPARENT
END:VEVENT
BEGIN:VEVENT
DTSTART;VALUE=DATE:20260101
DTEND;VALUE=DATE:20260102
DTSTAMP:20260101T000000Z
UID:20260101_yuandan@example.com
SUMMARY;LANGUAGE=zh-CN:元旦
TRANSP:TRANSPARENT
BEGIN:VALARM
ACTION:DISPLAY
TRIGGER:-P1D
END:VALARM
END:VEVENT
BEGIN:VTODO
UID:todo@example.com
DTSTART;VALUE=DATE:20260701
SUMMARY:no holiday
END:VTODO
END:VCALENDAR
"""


def calendar(*lines: str) -> str:
    """A calendar with one event of those lines."""
    return "\n".join(
        ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//x//EN", "BEGIN:VEVENT", "UID:1", *lines,
         "END:VEVENT", "END:VCALENDAR", ""]
    )  # fmt: skip


def found(text: str) -> list[str]:
    return [day.isoformat() for day in holidays.days(text)]


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_a_published_file(ends: str):
    assert found(PUBLISHED.replace("\n", ends)) == [
        "2026-01-01", "2026-10-01", "2026-10-02", "2026-10-03", "2026-10-04", "2026-10-05",
        "2026-10-06", "2026-10-07",
    ]  # fmt: skip


EVENTS = {
    "a day": (["DTSTART;VALUE=DATE:20261001"], ["2026-10-01"]),
    "a day without saying so": (["DTSTART:20261001"], ["2026-10-01"]),
    "an end, which is left out": (
        ["DTSTART;VALUE=DATE:20261230", "DTEND;VALUE=DATE:20270102"],
        ["2026-12-30", "2026-12-31", "2027-01-01"],
    ),
    "an end that is the start": (
        ["DTSTART;VALUE=DATE:20261001", "DTEND;VALUE=DATE:20261001"],
        ["2026-10-01"],
    ),
    "an end before the start": (
        ["DTSTART;VALUE=DATE:20261001", "DTEND;VALUE=DATE:20260901"],
        ["2026-10-01"],
    ),
    "a length": (
        ["DTSTART;VALUE=DATE:20261001", "DURATION:P3D"],
        ["2026-10-01", "2026-10-02", "2026-10-03"],
    ),
    "midnight to midnight in a zone": (
        ["DTSTART;TZID=Asia/Shanghai:20261001T000000", "DTEND;TZID=Asia/Shanghai:20261003T000000"],
        ["2026-10-01", "2026-10-02"],
    ),
    "some hours": (["DTSTART:20261001T090000Z", "DTEND:20261001T170000Z"], ["2026-10-01"]),
    "until the morning after": (
        ["DTSTART:20261001T220000", "DTEND:20261002T060000"],
        ["2026-10-01", "2026-10-02"],
    ),
    "hours by their length": (["DTSTART:20261001T090000", "DURATION:PT8H"], ["2026-10-01"]),
    "cancelled": (["DTSTART;VALUE=DATE:20261001", "STATUS:CANCELLED"], []),
    "yearly, so many times": (
        ["DTSTART;VALUE=DATE:20241225", "RRULE:FREQ=YEARLY;COUNT=3"],
        ["2024-12-25", "2025-12-25", "2026-12-25"],
    ),
    "yearly until a day": (
        ["DTSTART;VALUE=DATE:20241225", "RRULE:FREQ=YEARLY;UNTIL=20261225"],
        ["2024-12-25", "2025-12-25", "2026-12-25"],
    ),
    "yearly until a moment": (
        ["DTSTART;VALUE=DATE:20241225", "RRULE:FREQ=YEARLY;UNTIL=20261224T235959Z"],
        ["2024-12-25", "2025-12-25"],
    ),
    "the fourth Thursday of November": (
        ["DTSTART;VALUE=DATE:20241128", "RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH;COUNT=3"],
        ["2024-11-28", "2025-11-27", "2026-11-26"],
    ),
    "the last Monday of May": (
        ["DTSTART;VALUE=DATE:20250526", "RRULE:FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO;COUNT=2"],
        ["2025-05-26", "2026-05-25"],
    ),
    "several days each year": (
        ["DTSTART;VALUE=DATE:20251224", "DTEND;VALUE=DATE:20251227", "RRULE:FREQ=YEARLY;COUNT=2"],
        ["2025-12-24", "2025-12-25", "2025-12-26", "2026-12-24", "2026-12-25", "2026-12-26"],
    ),
    "days in a row": (
        ["DTSTART;VALUE=DATE:20261001", "RRULE:FREQ=DAILY;COUNT=3"],
        ["2026-10-01", "2026-10-02", "2026-10-03"],
    ),
    "29 February": (
        ["DTSTART;VALUE=DATE:20240229", "RRULE:FREQ=YEARLY;UNTIL=20330101"],
        ["2024-02-29", "2028-02-29", "2032-02-29"],
    ),
    "a recurrence that is left out": (
        ["DTSTART;VALUE=DATE:20241225", "RRULE:FREQ=YEARLY;COUNT=3", "EXDATE;VALUE=DATE:20251225"],
        ["2024-12-25", "2026-12-25"],
    ),
    "several that are left out": (
        ["DTSTART;VALUE=DATE:20241225", "RRULE:FREQ=YEARLY;COUNT=4",
         "EXDATE;VALUE=DATE:20251225,20261225", "EXDATE;VALUE=DATE:20241225"],
        ["2027-12-25"],
    ),
    "days that are named": (
        ["DTSTART;VALUE=DATE:20260217", "RDATE;VALUE=DATE:20270206,20280126"],
        ["2026-02-17", "2027-02-06", "2028-01-26"],
    ),
    "two rules": (
        ["DTSTART;VALUE=DATE:20260101", "RRULE:FREQ=YEARLY;COUNT=2", "RRULE:FREQ=MONTHLY;COUNT=2"],
        ["2026-01-01", "2026-02-01", "2027-01-01"],
    ),
    "lower case": (
        ["dtstart;value=date:20260101", "rrule:freq=yearly;count=2"],
        ["2026-01-01", "2027-01-01"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("lines", "days"), EVENTS.values(), ids=EVENTS)
def test_an_event(lines: list[str], days: list[str]):
    assert found(calendar(*lines)) == days


def test_what_recurs_is_counted_as_long_as_calendars_are():
    """Published files often begin long ago."""
    days = holidays.days(calendar("DTSTART;VALUE=DATE:19700501", "RRULE:FREQ=YEARLY"))
    assert days == [date(year, 5, 1) for year in range(1970, LAST_YEAR + 1)]


def test_no_event_is_no_holiday():
    assert found("BEGIN:VCALENDAR\nVERSION:2.0\nEND:VCALENDAR\n") == []


REFUSED = {
    "nothing": ("", "Found no components where exactly one is required"),
    "words": ("hello", "Content line could not be parsed into parts: 'hello'"),
    "a page that says not found": ("<html>\n<p>404</p>\n</html>\n", "Content line could not be"),
    "YAML": ("holidays: [2026-10-01]\n", 'Property "HOLIDAYS" does not have a parent component'),
    "an end is missing": (PUBLISHED.partition("END:VCAL")[0], "Found no components"),
    "cut off": (PUBLISHED[: len(PUBLISHED) // 2], "Found no components"),
    "two calendars": (PUBLISHED * 2, "Found multiple components"),
    "no such date": (calendar("DTSTART;VALUE=DATE:20261301"), "Wrong date format 20261301"),
    "no date": (calendar("DTSTART:soon"), "soon"),
    "a period": (
        calendar("DTSTART;VALUE=PERIOD:20200101T000000Z/20200102T000000Z"),
        "an event has a DTSTART that is no date",
    ),
    "no start": (calendar("SUMMARY:国庆节"), "an event has no DTSTART"),
    "two starts": (calendar("DTSTART:20260101", "DTSTART:20260102"), "an event has 2 DTSTART"),
    "a thousand years": (
        calendar("DTSTART;VALUE=DATE:10000101", "DTEND;VALUE=DATE:20000101"),
        "an event from 1000-01-01 on is longer than a year",
    ),
    "beyond all calendars": (
        calendar("DTSTART;VALUE=DATE:99991231", "DURATION:P3D"),
        "an event has a date beyond all calendars",
    ),
    "each minute": (
        calendar("DTSTART;VALUE=DATE:20260101", "RRULE:FREQ=MINUTELY"),
        "'FREQ=MINUTELY' is no rule for days off that desk can read",
    ),
    "hours of a day": (
        calendar("DTSTART;VALUE=DATE:20260101", "RRULE:FREQ=DAILY;BYHOUR=1,2"),
        "'FREQ=DAILY;BYHOUR=1,2' is no rule for days off that desk can read",
    ),
    "30 February": (
        calendar("DTSTART;VALUE=DATE:20260101", "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"),
        "is no rule for days off that desk can read",
    ),
    "an interval of nothing": (
        calendar("DTSTART;VALUE=DATE:20260101", "RRULE:FREQ=DAILY;INTERVAL=0"),
        "'FREQ=DAILY;INTERVAL=0' never recurs",
    ),
    "fewer than no times": (
        calendar("DTSTART;VALUE=DATE:20260101", "RRULE:FREQ=DAILY;COUNT=-3"),
        "'FREQ=DAILY;COUNT=-3' never recurs",
    ),
    "no frequency": (
        calendar("DTSTART;VALUE=DATE:20260101", "RRULE:COUNT=3"),
        "'COUNT=3' is no rule for days off that desk can read",
    ),
    "too many rules": (
        calendar(*("BEGIN:VEVENT\nDTSTART:20260101\nRRULE:FREQ=YEARLY\nEND:VEVENT",) * 101),
        "over 100 events recur",
    ),
    "too many days": (
        calendar("DTSTART:20260101", *("BEGIN:VEVENT\nDTSTART:19700101\nRRULE:FREQ=DAILY\n"
                                       "END:VEVENT",) * 3),
        "it has over 200000 days",
    ),
    "nested deep": ("BEGIN:VCALENDAR\n" * 5000 + "END:VCALENDAR\n" * 4999, "Found no components"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "why"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_calendar_of_holidays_is_refused(text: str, why: str):
    with pytest.raises(ValueError, match=r".") as caught:
        holidays.days(text)
    assert why in str(caught.value)


LINES = st.sampled_from([
    "BEGIN:VCALENDAR", "END:VCALENDAR", "BEGIN:VEVENT", "END:VEVENT", "DTSTART:20260101",
    "DTSTART;VALUE=DATE:20260230", "DTSTART:20260101T250000", "DTEND:20260103", "DTEND:", "DTEND",
    "RRULE:FREQ=YEARLY", "RRULE:FREQ=WEEKLY;BYDAY=MO,XX", "RRULE:FREQ=MONTHLY;BYMONTHDAY=40",
    "RRULE:", "RRULE:;;=", "RRULE:FREQ=YEARLY;UNTIL=soon", "RRULE:FREQ=YEARLY;COUNT=99999999999",
    "EXDATE:20260101,", "RDATE;VALUE=PERIOD:20260101T000000Z/P1D", "DURATION:P1D", "DURATION:-P1W",
    "STATUS:CANCELLED", "SUMMARY:国庆节", " folded", "\t", ":", ";", "X:\x00", "VERSION:2.0",
    "RECURRENCE-ID:20260101", "BEGIN:", "END:VTODO", "DTSTART;TZID=Nowhere/Land:20260101T000000",
])  # fmt: skip


@given(st.lists(LINES, max_size=12), st.booleans())
def test_any_lines_are_days_or_refused(lines: list[str], whole: bool):
    text = calendar("DTSTART:20260101", *lines) if whole else "\n".join(lines)
    try:
        days = holidays.days(text)
    except ValueError:
        return
    assert days == sorted(set(days))


SPANS = st.lists(
    st.tuples(st.dates(date(1970, 1, 1), date(2199, 1, 1)), st.integers(1, 30)), max_size=5
)


@given(SPANS)
def test_spans_cover_their_days(spans: list[tuple[date, int]]):
    lines = [
        f"BEGIN:VEVENT\nDTSTART;VALUE=DATE:{first:%Y%m%d}\n"
        f"DTEND;VALUE=DATE:{first + timedelta(days=length):%Y%m%d}\nEND:VEVENT"
        for first, length in spans
    ]
    text = "\n".join(["BEGIN:VCALENDAR", *lines, "END:VCALENDAR\n"])
    wanted = {first + timedelta(days=n) for first, length in spans for n in range(length)}
    assert holidays.days(text) == sorted(wanted)


# --- in a policy ---------------------------------------------------------------------------

POLICY = """\
format: 1
timezone: Asia/Shanghai
people: {chen: {}}
calendars:
  office:
    hours: {daily: [09:00-17:00]}
    holidays_file: 节假日.ics
    working_days: {2026-10-07: mon}
calendar: office
"""


def test_a_file_beside_desk_yaml(tmp_path: Path):
    desk = store.make(str(tmp_path), POLICY)
    (tmp_path / "节假日.ics").write_text(PUBLISHED, encoding="utf-8-sig", newline="\r\n")
    office = desk.policy.promises.calendar
    assert len(office.days_off) == 8
    days = (date(2026, 9, 30), date(2026, 10, 1), date(2026, 10, 7), date(2026, 10, 8))
    assert [bool(office.shifts(day)) for day in days] == [True, False, True, True]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"\xff\xfe\x00", "these bytes are not UTF-8; save the file as UTF-8"),
        (b"x" * (1 << 21), "the file is over 1 MiB, which no record is"),
    ],
)
def test_a_file_that_cannot_be_read(tmp_path: Path, data: bytes, sentence: str):
    desk = store.make(str(tmp_path), POLICY)
    (tmp_path / "节假日.ics").write_bytes(data)
    with pytest.raises(DamagedError) as caught:
        _ = desk.policy
    assert str(caught.value).startswith("desk.yaml:7: '节假日.ics' cannot be read: 节假日.ics")
    assert sentence in str(caught.value)


@pytest.mark.parametrize("name", ["../x.ics", "/etc/passwd", "a/../../x.ics", "tickets", "nope"])
def test_only_files_of_the_desk_are_read(tmp_path: Path, name: str):
    desk = store.make(str(tmp_path / "desk"), POLICY.replace("节假日.ics", name))
    (tmp_path / "x.ics").write_text(PUBLISHED, encoding="utf-8")
    with pytest.raises((DamagedError, NotFoundError)) as caught:
        _ = desk.policy
    assert str(caught.value).startswith(f"desk.yaml:7: '{name}' cannot be read: ")


def test_a_link_out_of_the_desk_is_not_followed(tmp_path: Path):
    desk = store.make(str(tmp_path / "desk"), POLICY.replace("节假日.ics", "x.ics"))
    (tmp_path / "outside.ics").write_text(PUBLISHED, encoding="utf-8")
    (tmp_path / "desk" / "x.ics").symlink_to(tmp_path / "outside.ics")
    with pytest.raises(DamagedError, match=r"desk\.yaml:7: 'x\.ics' cannot be read: "):
        _ = desk.policy
