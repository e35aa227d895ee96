"""What people type for a moment and for a length of time."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk import dates
from desk.errors import UsageError
from tests import strategies
from tests.conftest import NOW

MOMENTS = {
    "now": "2026-11-21T09:00:00+08:00",
    "NOW": "2026-11-21T09:00:00+08:00",
    "2026-11-21T09:00:00+08:00": "2026-11-21T09:00:00+08:00",
    "2026-11-20T23:30:00Z": "2026-11-21T07:30:00+08:00",
    "2026-11-20T23:30:00.987Z": "2026-11-21T07:30:00+08:00",
    "2026-11-20 14:00": "2026-11-20T14:00:00+08:00",
    " 2026-11-20 14:00 ": "2026-11-20T14:00:00+08:00",
    "2026-11-20 9:05": "2026-11-20T09:05:00+08:00",
    "2026-11-20 14:00 +02:00": "2026-11-20T20:00:00+08:00",
    "2026-11-20": "2026-11-20T00:00:00+08:00",
    "2026-3-4": "2026-03-04T00:00:00+08:00",
    "2026/11/20": "2026-11-20T00:00:00+08:00",
    "20261120": "2026-11-20T00:00:00+08:00",
    "2026年11月20日": "2026-11-20T00:00:00+08:00",
    "2026年3月4日 14:00": "2026-03-04T14:00:00+08:00",
    "2026年3月4日14:00": "2026-03-04T14:00:00+08:00",
    "20 Nov 2026 14:00": "2026-11-20T14:00:00+08:00",
    "November 20, 2026": "2026-11-20T00:00:00+08:00",
    "14:30": "2026-11-21T14:30:00+08:00",
    "7:05": "2026-11-21T07:05:00+08:00",
    "07:05:09": "2026-11-21T07:05:09+08:00",
    "today": "2026-11-21T00:00:00+08:00",
    "yesterday": "2026-11-20T00:00:00+08:00",
    "Yesterday 14:00": "2026-11-20T14:00:00+08:00",
    "tomorrow 08:30": "2026-11-22T08:30:00+08:00",
    "今天": "2026-11-21T00:00:00+08:00",
    "昨天 14:00": "2026-11-20T14:00:00+08:00",
    "昨天14:00": "2026-11-20T14:00:00+08:00",
    "前天": "2026-11-19T00:00:00+08:00",
    "明天 9:00": "2026-11-22T09:00:00+08:00",
    "后天": "2026-11-23T00:00:00+08:00",
    "2h ago": "2026-11-21T07:00:00+08:00",
    "90 minutes ago": "2026-11-21T07:30:00+08:00",
    "-2h": "2026-11-21T07:00:00+08:00",
    "+2h": "2026-11-21T11:00:00+08:00",
    "in 2h": "2026-11-21T11:00:00+08:00",
    "in 3 days": "2026-11-24T09:00:00+08:00",
    "2小时前": "2026-11-21T07:00:00+08:00",
    "30分钟后": "2026-11-21T09:30:00+08:00",
    "3天前": "2026-11-18T09:00:00+08:00",
    "2h": "2026-11-21T07:00:00+08:00",
    "1d 12h": "2026-11-19T21:00:00+08:00",
    "1周": "2026-11-14T09:00:00+08:00",
}
REFUSED = (
    "", " ", "soon", "03/04/2026", "3.4.2026", "2026", "12", "2026-13-04", "2026-02-30",
    "2026-11-21T24:00:00Z", "25:00", "9:60", "yesterday 14", "yesterday 99:99", "昨天下午",
    "2026年13月1日", "5ms", "2h later", "in", "in soon", "-", "+", "ago", "前", "-2026-11-21",
    "Nov 21 2026 09:00 EST", "99999999999d", "9" * 400 + "h", "\0", "2026-11-21\n09:00\x1b[0m",
)  # fmt: skip


@pytest.mark.parametrize(("text", "wanted"), MOMENTS.items())
def test_moments(text: str, wanted: str):
    assert dates.stamp(dates.moment(text, NOW)) == wanted


@pytest.mark.parametrize("text", REFUSED)
def test_refused_moments(text: str):
    with pytest.raises(UsageError) as caught:
        dates.moment(text, NOW)
    assert str(caught.value) == (
        f"{text!r} is no time that desk can read; write 2026-11-21T09:00:00+08:00, "
        "2026-11-21 09:00, yesterday 14:00 or 2h"
    )


def test_a_bare_length_of_time_lies_ahead_where_that_is_meant():
    assert dates.moment("2h", NOW, ahead=True) == NOW + timedelta(hours=2)
    assert dates.moment("2h ago", NOW, ahead=True) == NOW - timedelta(hours=2)
    assert dates.moment("2026-11-20", NOW, ahead=True) == datetime(2026, 11, 20, tzinfo=NOW.tzinfo)


def test_two_hours_are_two_hours_across_a_change_of_the_clocks():
    berlin = ZoneInfo("Europe/Berlin")
    after_spring = datetime(2026, 3, 29, 4, 0, tzinfo=berlin)
    assert dates.stamp(dates.moment("2h ago", after_spring)) == "2026-03-29T01:00:00+01:00"
    before_autumn = datetime(2026, 10, 25, 1, 30, tzinfo=berlin)
    assert dates.stamp(dates.moment("in 3h", before_autumn)) == "2026-10-25T03:30:00+01:00"


@given(st.text(max_size=30))
def test_any_text_is_a_moment_or_refused(text: str):
    try:
        found = dates.moment(text, NOW)
    except UsageError:
        return
    assert found.tzinfo is not None


@given(strategies.moments())
def test_stamps_read_back(moment: datetime):
    assert dates.from_stamp(dates.stamp(moment)) == moment
    assert dates.moment(dates.stamp(moment), NOW) == moment


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2026-11-21T09:00:00+08:00", datetime(2026, 11, 21, 1, tzinfo=UTC)),
        ("2026-11-21T09:00Z", datetime(2026, 11, 21, 9, tzinfo=UTC)),
        ("2026-11-21t09:00:00z", datetime(2026, 11, 21, 9, tzinfo=UTC)),
        ("2026-11-21T09:00:00.5-05:30", datetime(2026, 11, 21, 14, 30, 0, 500_000, tzinfo=UTC)),
    ],
)
def test_from_stamp(text: str, wanted: datetime):
    assert dates.from_stamp(text) == wanted


@pytest.mark.parametrize(
    "text",
    ["", "2026-11-21", "2026-11-21T09:00:00", "2026-11-21 09:00:00Z", "2026-13-21T09:00:00Z",
     "2026-11-21T09:00:00+25:00", "٢٠٢٦-11-21T09:00:00Z", "2026-11-21T09:00:00Z\n"],
)  # fmt: skip
def test_what_is_no_stamp(text: str):
    with pytest.raises(ValueError, match=r"."):
        dates.from_stamp(text)


def _two_digits(last: int) -> st.SearchStrategy[str]:
    """Two digits, now and then of a number that comes just behind the last or is far from it."""
    return (st.integers(0, last + 2) | st.integers(0, 99)).map("{:02}".format)


@given(
    *map(_two_digits, (12, 31, 23, 59, 59)),
    st.builds("{}{}:{}".format, st.sampled_from("+-"), _two_digits(23), _two_digits(59))
    | st.sampled_from(["Z", "z"]),
)
def test_the_pattern_takes_no_other_than_moments(
    month: str, day: str, hour: str, minute: str, second: str, offset: str
):
    """So that an editor, which has no more than the pattern, marks what desk refuses."""
    text = f"2024-{month}-{day}T{hour}:{minute}:{second}{offset}"  # a leap year
    try:
        datetime.fromisoformat(text.upper())
    except ValueError:
        assert not dates.RFC_3339.fullmatch(text)
    else:
        assert bool(dates.RFC_3339.fullmatch(text)) == (offset[-2:] <= "59" or offset in "Zz")


DURATIONS = {
    "90m": 5400, "4h": 14400, "1d 12h": 129_600, "1d12h": 129_600, "2 weeks": 1_209_600,
    "3天": 259_200, "1.5h": 5400, "45 sec": 45, "10s": 10, "1 hr": 3600, "2hrs": 7200,
    "5 Mins": 300, "2小时30分": 9000, "1周2日": 777_600, "0m": 0,
}  # fmt: skip


@pytest.mark.parametrize(("text", "seconds"), DURATIONS.items())
def test_durations(text: str, seconds: int):
    assert dates.duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text", ["", " ", "4", "h", "-4h", "4 parsecs", "4h!", "1,5h", "5ms", "4h 3", "2 months", "4h4"]
)
def test_what_is_no_duration(text: str):
    with pytest.raises(ValueError, match="is no length of time such as 90m, 4h, 3d or 2w"):
        dates.duration(text)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0m"), (29, "0m"), (31, "1m"), (3600, "1h"), (5400, "1h 30m"), (86_400, "1d"),
     (90_000, "1d 1h"), (86_460, "1d"), (273_600, "3d 4h"), (-5400, "-1h 30m"), (3599.9, "1h")],
)  # fmt: skip
def test_in_words(seconds: float, words: str):
    assert dates.in_words(seconds) == words


@given(st.integers(0, 10**9))
def test_in_words_reads_back_to_within_its_smaller_unit(seconds: int):
    words = dates.in_words(seconds)
    smaller = {"m": 60, "h": 3600, "d": 86_400}[words[-1]]
    slack = max(smaller, 3600) if "d" in words else 60
    assert abs(dates.duration(words).total_seconds() - seconds) <= slack


@pytest.mark.parametrize("name", ["Mars/Phobos", "", "Asia", "../etc/passwd", "a\0b", "A" * 400])
def test_unknown_zones_are_refused(name: str):
    with pytest.raises(UsageError, match="is unknown; write an IANA name such as Asia/Shanghai"):
        dates.zone(name)


def test_zones_are_known_by_name():
    noon = datetime(2026, 7, 1, 12, tzinfo=dates.zone("Europe/Berlin"))
    assert noon == datetime(2026, 7, 1, 12, tzinfo=timezone(timedelta(hours=2)))


def test_the_local_zone_is_that_of_the_environment(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TZ", ":Asia/Shanghai")
    assert dates.local_zone_name() == "Asia/Shanghai"
    monkeypatch.setenv("TZ", "Mars/Phobos")
    assert dates.local_zone_name() in ("UTC", os.path.realpath("/etc/localtime")[20:])


def test_dateutil_is_imported_only_for_texts_that_need_it():
    code = (
        "import sys; from desk import dates; now = dates.system_now();"
        "dates.moment('2h ago', now); dates.moment('2026-11-21 09:00', now);"
        "dates.moment('yesterday 14:00', now); print('dateutil' in sys.modules);"
        "dates.moment('21 Nov 2026', now); print('dateutil' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\nTrue\n"


@pytest.mark.parametrize(
    ("text", "ahead", "stamp"),
    [
        ("2026-10", False, "2026-10-01T00:00:00+08:00"),
        ("November", False, "2026-11-01T00:00:00+08:00"),
        ("monday", False, "2026-11-16T00:00:00+08:00"),
        ("monday", True, "2026-11-23T00:00:00+08:00"),
        ("周一 14:00", False, "2026-11-16T14:00:00+08:00"),
        ("Sat", False, "2026-11-21T00:00:00+08:00"),
    ],
)
def test_months_and_weekdays_begin_at_their_start(text: str, ahead: bool, stamp: str):
    saturday = dates.from_stamp("2026-11-21T12:00:00+08:00")
    assert dates.stamp(dates.moment(text, saturday, ahead=ahead)) == stamp


@pytest.mark.parametrize(
    "text",
    ["1M", "2026-11-21T09:00+25:00", "9999-12-31T23:59:59-01:00", "0001-01-01T00:00+14:00", ""],
)
def test_what_is_no_moment_on_earth_is_refused(text: str):
    with pytest.raises(UsageError, match="is no time that desk can read"):
        dates.moment(text, dates.from_stamp("2026-11-21T12:00:00+08:00"))


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "1898-12-30T23:59:59Z",
                                  "3001-01-02T00:00:00Z", "9999-12-31T23:59:59-12:00"])  # fmt: skip
def test_times_of_other_years_are_none_of_a_desk(text: str):
    for read in (dates.from_stamp, dates.seconds):
        with pytest.raises(ValueError, match="is not of the years 1900 to 2999"):
            read(text)
    with pytest.raises(UsageError):
        dates.moment(text, NOW)


def test_seconds_are_those_of_the_stamp_however_often_its_day_was_read():
    for text in ("2026-11-21T09:00:00+08:00", "2026-11-21T09:00:01.5+08:00", "1970-01-01T00:00:00Z",
                 "2026-11-21T23:59:59+08:00", "2026-11-21t09:00:00z"):  # fmt: skip
        assert dates.seconds(text) == dates.from_stamp(text).timestamp()
    with pytest.raises(ValueError, match="is no RFC 3339 time"):
        dates.seconds("2026-11-21X09:00:00+08:00")


# --- spans ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "first", "behind"),
    [
        ("2026", "2026-01-01T00:00:00+08:00", "2027-01-01T00:00:00+08:00"),
        ("2026年", "2026-01-01T00:00:00+08:00", "2027-01-01T00:00:00+08:00"),
        ("2026-11", "2026-11-01T00:00:00+08:00", "2026-12-01T00:00:00+08:00"),
        ("2026-12", "2026-12-01T00:00:00+08:00", "2027-01-01T00:00:00+08:00"),
        ("2026年2月", "2026-02-01T00:00:00+08:00", "2026-03-01T00:00:00+08:00"),
        ("2024-02-29", "2024-02-29T00:00:00+08:00", "2024-03-01T00:00:00+08:00"),
        ("2026年11月1日", "2026-11-01T00:00:00+08:00", "2026-11-02T00:00:00+08:00"),
        (" today ", "2026-11-21T00:00:00+08:00", "2026-11-22T00:00:00+08:00"),
        ("昨天", "2026-11-20T00:00:00+08:00", "2026-11-21T00:00:00+08:00"),
        ("Fri", "2026-11-20T00:00:00+08:00", "2026-11-21T00:00:00+08:00"),
        ("2026-11-21T09", "2026-11-21T09:00:00+08:00", "2026-11-21T10:00:00+08:00"),
        ("2026-11-21 23:59", "2026-11-21T23:59:00+08:00", "2026-11-22T00:00:00+08:00"),
        ("2026-11-21 23:59:59", "2026-11-21T23:59:59+08:00", "2026-11-22T00:00:00+08:00"),
        ("2999-12", "2999-12-01T00:00:00+08:00", "3000-01-01T00:00:00+08:00"),
    ],
)
def test_what_a_time_spans(text: str, first: str, behind: str):
    moments = [datetime.fromisoformat(one).timestamp() for one in (first, behind)]
    assert dates.span(text, NOW) == tuple(moments)


@pytest.mark.parametrize(
    ("text", "ahead", "moment"),
    [
        ("7d", False, "2026-11-14T09:00:00+08:00"),
        ("4h", True, "2026-11-21T13:00:00+08:00"),
        ("-4h", True, "2026-11-21T05:00:00+08:00"),
        ("yesterday 14:00", False, "2026-11-20T14:00:00+08:00"),
        ("2026-11-21T01:00:00Z", False, "2026-11-21T09:00:00+08:00"),
    ],
)
def test_a_moment_spans_nothing_behind_it(text: str, ahead: bool, moment: str):
    seconds = datetime.fromisoformat(moment).timestamp()
    first, behind = dates.span(text, NOW, ahead=ahead)
    assert first == seconds < behind < seconds + 0.001


def test_days_span_what_the_clock_on_the_wall_says():
    """In Berlin the 25th of October 2026 has 25 hours, of which 2 o'clock is one, the first."""
    now = datetime(2026, 10, 26, 9, tzinfo=ZoneInfo("Europe/Berlin"))
    lengths = [
        behind - first
        for first, behind in (dates.span(t, now) for t in ("2026-10-25", "yesterday"))
    ]
    assert lengths == [25 * 3600, 25 * 3600]
    first, behind = dates.span("2026-10-25 02", now)
    assert (behind - first, dates.stamp(dates.at(first, now.tzinfo))) == (
        3600, "2026-10-25T02:00:00+02:00",
    )  # fmt: skip


@pytest.mark.parametrize("text", ["2026-13", "2026-02-30", "3000", "1899", "2026-11-21 24", "soon"])
def test_what_is_no_span(text: str):
    with pytest.raises(UsageError, match=f"^'{text}' is no time that desk can read; write"):
        dates.span(text, NOW)
