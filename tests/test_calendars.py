"""Working time: which moments count, over clock changes, holidays and night shifts."""

import json
from bisect import bisect_left
from datetime import UTC, date, datetime
from itertools import accumulate, pairwise
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk import policy
from desk.calendars import Calendar
from tests import minutes

HOUR = 3600.0
OFFICE = {"mon-fri": ["09:00-12:00", "13:00-18:00"]}


def calendar(hours: object, zone: str = "Asia/Shanghai", **more: object) -> Calendar:
    """A calendar as desk.yaml has it."""
    return load({"hours": hours, "timezone": zone, **more})


def load(settings: object) -> Calendar:
    text = json.dumps({"format": 1, "calendars": {"office": settings}})
    return policy.load(text).promises.calendars["office"]


def at(text: str, zone: str = "Asia/Shanghai") -> float:
    """A wall time in seconds since 1970; the first one of an hour that comes twice."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


def wall(moment: float | None, zone: str = "Asia/Shanghai") -> str | None:
    if moment is None:
        return None
    return datetime.fromtimestamp(moment, ZoneInfo(zone)).isoformat(timespec="minutes")


# --- against a count minute by minute --------------------------------------------------------


def differences(seed: int) -> list[str]:
    """What a random calendar says otherwise than the count of its minutes."""
    random = Random(seed)
    window = minutes.window(random)
    settings = minutes.random_calendar(random, window)
    ours, worked = load(settings), minutes.working(settings, window.first)
    totals = [0, *accumulate(worked)]
    found = []
    for _ in range(8):
        start, end = sorted(random.randrange(minutes.LENGTH * 60) for _ in range(2))
        first = window.first * 60
        moment, then = first + start, first + end
        asked = random.randrange(1, 2000) * 60
        theirs = {
            "between": seconds_before(end, worked, totals) - seconds_before(start, worked, totals),
            "open_at": bool(worked[start // 60]),
            "after": first_with(start, asked, worked, totals),
        }
        due = ours.after(moment, asked)
        mine = {
            "between": ours.between(moment, then),
            "open_at": ours.open_at(moment),
            "after": due - first if due and due < window.last * 60 else None,
        }
        if mine != theirs:
            found.append(f"seed {seed}, {start} to {end}, {asked}: {mine} is {theirs}")
    return found


def seconds_before(second: int, worked: bytes, totals: list[int]) -> int:
    """Working seconds of the window before one of its seconds."""
    minute, more = divmod(second, 60)
    return totals[minute] * 60 + more * (worked[minute] if more else 0)


def first_with(start: int, asked: int, worked: bytes, totals: list[int]) -> int | None:
    """The first second before which that many working seconds lie since `start`."""
    wanted = seconds_before(start, worked, totals) + asked
    minute = bisect_left(totals, -(-wanted // 60)) - 1
    return minute * 60 + wanted - totals[minute] * 60 if minute < len(worked) else None


def test_random_calendars_count_as_their_minutes_do():
    assert [line for seed in range(400) for line in differences(seed)] == []


@given(st.integers(0, 399), st.lists(st.integers(0, minutes.LENGTH * 60), min_size=3, max_size=3))
def test_working_time_adds_up_and_is_found_again(seed: int, seconds: list[int]):
    random = Random(seed)
    window = minutes.window(random)
    ours = load(minutes.random_calendar(random, window))
    start, middle, end = (window.first * 60 + second for second in sorted(seconds))
    worked = ours.between(start, end)
    assert worked == ours.between(start, middle) + ours.between(middle, end) <= end - start
    found = ours.after(start, worked)
    assert found is not None
    assert found <= end
    assert ours.between(start, found) == worked


# --- one by one ------------------------------------------------------------------------------

BERLIN, NEW_YORK = "Europe/Berlin", "America/New_York"
NIGHT = {"daily": ["22:00-06:00"]}
ALL_DAY = {"daily": ["00:00-24:00"]}

# what: (hours, zone, from, to, hours of work)
SPANS = {
    "a day of the office": (OFFICE, "UTC", "2026-11-02T00:00", "2026-11-03T00:00", 8),
    "over lunch": (OFFICE, "UTC", "2026-11-02T11:30", "2026-11-02T13:30", 1),
    "a week": (OFFICE, "UTC", "2026-11-02T00:00", "2026-11-09T00:00", 40),
    "a weekend": (OFFICE, "UTC", "2026-11-06T18:00", "2026-11-09T09:00", 0),
    "29 February": (OFFICE, "UTC", "2024-02-28T18:00", "2024-03-01T09:00", 8),
    "no 29 February": (OFFICE, "UTC", "2100-02-26T18:00", "2100-03-01T09:00", 0),
    "touching spans are one": (
        {"daily": ["09:00-12:00", "12:00-18:00"]}, "UTC", "2026-11-02T11:00", "2026-11-02T13:00", 2,
    ),
    "a night shift": (NIGHT, "UTC", "2026-11-02T21:00", "2026-11-03T07:00", 8),
    "a night shift into a day that has none": (
        {"mon": ["22:00-06:00"]}, "UTC", "2026-11-02T00:00", "2026-11-04T00:00", 8,
    ),
    "from Saturday to Monday, over the end of the week": (
        {"sat-mon": ["10:00-11:00"]}, "UTC", "2026-11-02T00:00", "2026-11-09T00:00", 3,
    ),
    "a span until midnight": (
        {"mon": ["22:00-00:00"]}, "UTC", "2026-11-02T00:00", "2026-11-04T00:00", 2,
    ),
    "spans of two days that overlap count once": (
        {"daily": ["05:00-08:00", "22:00-06:00"]}, "UTC", "2026-11-02T21:00", "2026-11-03T09:00",
        10,
    ),
    "the night in which Berlin's clock is put forward": (
        NIGHT, BERLIN, "2026-03-28T21:00", "2026-03-29T12:00", 7,
    ),
    "the night in which it is put back": (
        NIGHT, BERLIN, "2026-10-24T21:00", "2026-10-25T12:00", 9,
    ),
    "a day of 23 hours": (ALL_DAY, NEW_YORK, "2026-03-08T00:00", "2026-03-09T00:00", 23),
    "a day of 25 hours": (ALL_DAY, NEW_YORK, "2026-11-01T00:00", "2026-11-02T00:00", 25),
    "a span in the hour that there is not": (
        {"daily": ["02:00-03:00"]}, BERLIN, "2026-03-29T00:00", "2026-03-30T00:00", 0,
    ),
    "a span in the hour that comes twice": (
        {"daily": ["02:00-03:00"]}, BERLIN, "2026-10-25T00:00", "2026-10-26T00:00", 2,
    ),
    "half an hour put back": (
        ALL_DAY, "Australia/Lord_Howe", "2026-04-05T00:00", "2026-04-06T00:00", 24.5,
    ),
    "a clock put forward at midnight": (
        {"daily": ["00:00-02:00"]}, "America/Sao_Paulo", "2018-11-03T12:00", "2018-11-04T12:00", 1,
    ),
    "a clock put back at midnight": (
        {"daily": ["23:00-24:00"]}, "America/Sao_Paulo", "2019-02-16T12:00", "2019-02-17T12:00", 2,
    ),
    "the day that Samoa left out": (
        ALL_DAY, "Pacific/Apia", "2011-12-29T00:00", "2012-01-01T00:00", 48,
    ),
    "backwards": (OFFICE, "UTC", "2026-11-02T12:00", "2026-11-02T09:00", -3),
    "before 1970": (ALL_DAY, "UTC", "1960-01-01T00:00", "1970-01-02T00:00", 24),
    "after 2199": (ALL_DAY, "UTC", "2199-12-31T00:00", "2300-01-01T00:00", 24),
}  # fmt: skip


@pytest.mark.parametrize(("hours", "zone", "start", "end", "worked"), SPANS.values(), ids=SPANS)
def test_working_time_between(hours: object, zone: str, start: str, end: str, worked: float):
    found = calendar(hours, zone).between(at(start, zone), at(end, zone))
    assert found == pytest.approx(worked * HOUR, abs=1)  # the last second of 2199 is left out


# what: (from, hours asked for, moment)
DUE = {
    "within a span": ("2026-11-02T09:00", 2, "2026-11-02T11:00"),
    "at the end of a span": ("2026-11-02T09:00", 3, "2026-11-02T12:00"),
    "after lunch": ("2026-11-02T09:00", 3.25, "2026-11-02T13:15"),
    "asked out of hours": ("2026-11-02T03:00", 1, "2026-11-02T10:00"),
    "asked at the end of a day": ("2026-11-02T18:00", 1, "2026-11-03T10:00"),
    "over a weekend": ("2026-11-06T17:00", 2, "2026-11-09T10:00"),
    "over the new year": ("2026-12-31T17:00", 2, "2027-01-01T10:00"),
    "nothing": ("2026-11-07T03:00", 0, "2026-11-07T03:00"),
    "years": ("2026-11-02T09:00", 2080, "2027-10-29T18:00"),
}


@pytest.mark.parametrize(("start", "hours", "due"), DUE.values(), ids=DUE)
def test_the_moment_after_working_time(start: str, hours: float, due: str):
    assert wall(calendar(OFFICE).after(at(start), hours * HOUR)) == f"{due}+08:00"


def test_a_holiday_takes_out_the_shifts_that_begin_on_it():
    ours = calendar(NIGHT, "UTC", holidays=["2026-11-03", "2026-11-10..2026-11-12"])
    ends = [f"2026-11-{day:02}T12:00" for day in range(2, 15)]
    worked = [
        ours.between(at(one, "UTC"), at(two, "UTC")) / HOUR for one, two in pairwise(ends)
    ]  # noon to noon, so each is the shift that begins on the first day
    assert worked == [8, 0, 8, 8, 8, 8, 8, 8, 0, 0, 0, 8]


def test_a_swapped_day_is_worked_as_another_or_by_hours_of_its_own_holiday_or_not():
    ours = calendar(
        OFFICE,
        holidays=["2026-10-01..2026-10-07"],
        working_days={
            "2026-10-10": "fri", "2026-10-07": ["10:00-12:00"], "2026-10-12": "sun",
            "2026-10-17..2026-10-18": "mon",
        },
    )  # fmt: skip
    days = [f"2026-10-{day:02}" for day in range(6, 20)]
    midnights = [at(f"{day}T00:00") for day in days]
    worked = {
        int(day[-2:]): ours.between(one, two) / HOUR
        for day, (one, two) in zip(days, pairwise(midnights), strict=False)
    }
    assert worked == {
        6: 0, 7: 2, 8: 8, 9: 8, 10: 8, 11: 0, 12: 0, 13: 8, 14: 8, 15: 8, 16: 8, 17: 8, 18: 8,
    }  # fmt: skip


def test_around_the_clock():
    for ours in (calendar("24x7"), policy.load("format: 1\n").promises.calendar):
        assert ours.between(at("2026-03-29T00:00", BERLIN), at("2026-03-30T00:00", BERLIN)) == (
            23 * HOUR
        )
        assert ours.open_at(at("2026-11-01T03:00"))
        assert wall(ours.after(at("2026-11-01T03:00"), 30 * HOUR)) == "2026-11-02T09:00+08:00"


def test_open_from_the_first_second_of_a_shift_to_its_last():
    ours = calendar(OFFICE)
    noon = at("2026-11-02T12:00")
    moments = (noon - 3 * HOUR - 1, noon - 3 * HOUR, noon - 1, noon, noon + HOUR)
    assert [ours.open_at(moment) for moment in moments] == [False, True, True, False, True]


def test_no_moment_is_found_where_there_is_no_working_time():
    assert Calendar("none", UTC).after(at("2026-11-02T09:00"), 60) is None
    once = Calendar("once", UTC, special={date(2026, 11, 2): ((0, 3600),)})
    assert once.after(at("2026-11-01T00:00", "UTC"), 3600) == at("2026-11-02T01:00", "UTC")
    assert once.after(at("2026-11-01T00:00", "UTC"), 3601) is None
    late = Calendar("late", UTC, special={date(2040, 11, 2): ((0, 3600),)})
    assert late.after(at("2026-11-01T00:00", "UTC"), 60) == at("2040-11-02T00:01", "UTC")


def test_the_order_of_questions_does_not_matter():
    """Years are worked out when they are asked for, later ones first too."""
    spans = [(f"{year}-12-30T00:00", f"{year + 1}-01-05T00:00") for year in range(2020, 2030)]
    one, other = calendar(OFFICE), calendar(OFFICE)
    forwards = [one.between(at(start), at(end)) for start, end in spans]
    backwards = [other.between(at(start), at(end)) for start, end in reversed(spans)]
    assert forwards == backwards[::-1]
    assert [total / HOUR for total in forwards] == [32, 32, 32, 32, 40, 32, 32, 32, 32, 40]


def test_holidays_of_a_file_are_asked_for_once_and_when_needed_and_may_be_worked():
    asked = []

    def holidays() -> list[date]:
        asked.append("asked")
        return [date(2026, 11, 3), date(2026, 11, 5)]

    week = (((9 * 3600, 17 * 3600),),) * 7
    special = {date(2026, 11, 4): (), date(2026, 11, 5): ((0, 3600),)}
    ours = Calendar("office", UTC, week, special, holidays)
    assert asked == []
    days = [at(f"2026-11-0{day}T00:00", "UTC") for day in range(2, 7)]
    assert [ours.between(one, two) / HOUR for one, two in pairwise(days)] == [8, 0, 0, 1]
    assert asked == ["asked"]
