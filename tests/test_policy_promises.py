"""What desk.yaml says of working hours, promises, rules, people and teams; its mistakes."""

import contextlib
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk import assignment, explain, lifecycle, policy, sla, timerules
from desk.errors import DamagedError, RefusedError
from desk.lifecycle import Act
from desk.model import Value
from desk.people import Person, Team
from desk.policy import Policy
from desk.promises import NO_CONDITION, Condition
from desk.rules import AssignmentRule, ClockRule, MajorRule, TimeRules
from tests.conftest import NOW, policy_text

SMALL = """\
format: 1
timezone: Asia/Shanghai
people:
  chen: {teams: [network, 前台], hours: office, skills: [vpn, 打印机], capacity: 12, manager: li}
  li: {tier: 3, away: [2026-12-24..2027-01-02, 2027-03-08]}
teams:
  network: {tier: 2, lead: li, categories: [network], escalates_to: vendor, calendar: nights}
  vendor: {vendor: true}
  前台:
kinds: [incident, change]
channels: [phone]
categories:
  network: [vpn, wifi]
  hardware:
impacts: [organisation, person]
urgencies: [high, low]
matrix:
  organisation: [P1, P2]
  person: [P2, P3]
calendars:
  office:
    timezone: Europe/Berlin
    hours: {mon-fri: [13:00-18:00, 9:00-12:00], fri: [09:00-12:00], sat-sun: []}
    holidays: [2026-10-01..2026-10-07, 2026-12-25]
    working_days: {2026-10-10: mon, 2026-10-11..2026-10-12: [10:00-11:00]}
  nights:
    hours: {daily: [22:00-06:00]}
  around: {hours: 24x7, timezone: UTC}
calendar: office
targets:
  - {name: top, when: {priority: P1, major: true}, respond: 30m, update: 1h 30m, resolve: 8h}
  - {from: 2026-01-01, until: 2026-12-31, when: {department: [财务部, Sales]}, resolve: 40h,
     calendar: 24x7}
  - {when: {kind: change}, resolve: none}
at_risk: 80%
pauses:
  respond: [change]
  resolve: [requester, vendor]
rules:
  - {clock: respond, at: 75%, do: tell-assignee}
  - {name: 升级, clock: resolve, do: raise-tier, when: {category: network}}
stale_after: 10d
remind_before: 1d
close_after: 5d
survey: {after: 1d, every: 2w}
major:
  - {when: {impact: organisation}, plan: KB-261012-74K30}
  - {name: 重大, when: {priority: P1}, do: declare}
assignment:
  - {when: {category: network/vpn}, team: network, skills: [vpn], tier: 2}
  - {name: rest}
"""
FOUND = policy.load(SMALL)
MINUTE, HOUR = 60, 3600


def shifts(calendar: str, day: str) -> list[tuple[float, float]]:
    """The hours of a calendar's shifts on a day."""
    found = FOUND.promises.calendars[calendar].shifts(date.fromisoformat(day))
    return [(start / HOUR, end / HOUR) for start, end in found]


# --- what it says --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("calendar", "day", "hours"),
    [
        ("office", "2026-11-23", [(9, 12), (13, 18)]),
        ("office", "2026-11-26", [(9, 12), (13, 18)]),
        ("office", "2026-11-27", [(9, 12)]),  # a Friday: what is said of it alone
        ("office", "2026-11-28", []),
        ("office", "2026-09-30", [(9, 12), (13, 18)]),
        ("office", "2026-10-01", []),
        ("office", "2026-10-07", []),
        ("office", "2026-10-08", [(9, 12), (13, 18)]),
        ("office", "2026-12-25", []),
        ("office", "2026-10-10", [(9, 12), (13, 18)]),  # a Saturday, as on a Monday
        ("office", "2026-10-11", [(10, 11)]),
        ("office", "2026-10-12", [(10, 11)]),
        ("nights", "2026-10-01", [(22, 30)]),
    ],
)
def test_calendars(calendar: str, day: str, hours: list[tuple[float, float]]):
    assert shifts(calendar, day) == hours


def test_zones_and_calendars_around_the_clock():
    known = FOUND.promises.calendars
    assert {name: (one.zone, one.always) for name, one in known.items()} == {
        "office": (ZoneInfo("Europe/Berlin"), False),
        "nights": (ZoneInfo("Asia/Shanghai"), False),
        "around": (ZoneInfo("UTC"), True),
        "24x7": (ZoneInfo("Asia/Shanghai"), True),
    }
    assert FOUND.promises.calendar is known["office"]
    assert FOUND.promises.team_calendars == {"network": known["nights"]}
    assert policy.load("format: 1\n").promises.calendar.name == "24x7"


@pytest.mark.parametrize(
    ("hours", "worked"),
    [
        ("{fri-mon: [09:00-10:00]}", "1000111"),
        ("{tue: [09:00-10:00], daily: []}", "0100000"),
        ("{daily: [09:00-10:00], sun: []}", "1111110"),
        ("{mon: [00:00-24:00]}", "1000000"),
        ("{wed-wed: [09:00-10:00]}", "0010000"),
    ],
)
def test_days_of_the_week(hours: str, worked: str):
    text = f"format: 1\ncalendars: {{x: {{hours: {hours}}}}}\n"
    week = policy.load(text).promises.calendars["x"].week
    assert "".join(str(len(shifts)) for shifts in week) == worked


@pytest.mark.parametrize(
    ("hours", "length"),
    [("00:00-24:00", 24), ("00:00-00:00", 24), ("09:00-09:00", 24), ("22:00-06:00", 8),
     ("0:30-1:00", 0.5)],
)  # fmt: skip
def test_a_span_ends_at_its_time_or_the_day_after(hours: str, length: float):
    text = f"format: 1\ncalendars: {{x: {{hours: {{mon: [{hours}]}}}}}}\n"
    [(start, end)] = policy.load(text).promises.calendars["x"].week[0]
    assert (end - start) / HOUR == length


def test_targets():
    top, dated, none = FOUND.promises.targets
    assert (top.name, top.when, dict(top.promised), top.calendar) == (
        "top",
        Condition({"priority": ("P1",), "major": ("true",)}),
        {"respond": 30 * MINUTE, "update": 90 * MINUTE, "resolve": 8 * HOUR},
        None,
    )
    assert (dated.name, dict(dated.promised), dated.since, dated.until) == (
        "department 财务部 or Sales", {"resolve": 40 * HOUR}, "2026-01-01", "2026-12-31",
    )  # fmt: skip
    assert dated.calendar is FOUND.promises.calendars["24x7"]
    assert (none.name, dict(none.promised)) == ("kind change", {})
    assert FOUND.promises.at_risk == 0.8
    assert FOUND.promises.pauses == {
        "respond": {"change"},
        "update": {"requester", "vendor", "problem", "change"},
        "resolve": {"requester", "vendor"},
    }


HEADS: list[tuple[dict[str, Value], str, str]] = [
    ({"priority": "P1", "major": True}, "top", "office"),
    ({"priority": "P1", "major": True, "team": "network"}, "top", "nights"),
    ({"priority": "P1"}, "none", "office"),
    ({"requester": {"department": "sales"}, "team": "network"}, "department 财务部 or Sales",
     "24x7"),
    ({"requester": {"department": "财务部"}}, "department 财务部 or Sales", "24x7"),
    ({"requester": {"department": "财务部"}, "opened": "2025-12-31T23:59:59+08:00"}, "none",
     "office"),
    ({"requester": {"department": "财务部"}, "opened": "2026-01-01T00:00:00+08:00"},
     "department 财务部 or Sales", "24x7"),
    ({"requester": {"department": "财务部"}, "opened": "2027-01-01T00:00:00+08:00"}, "none",
     "office"),
    ({"requester": {"department": "财务部"}, "opened": "2026-12-31T23:59:59+08:00"},
     "department 财务部 or Sales", "24x7"),
    ({"requester": "财务部"}, "none", "office"),
    ({"kind": "change", "team": "网络"}, "kind change", "office"),
    ({"kind": ["change"], "priority": {"a": 1}}, "none", "office"),
]  # fmt: skip


@pytest.mark.parametrize(("head", "target", "calendar"), HEADS)
def test_which_promise_a_ticket_has(head: dict[str, Value], target: str, calendar: str):
    found = FOUND.promises.of({"opened": "2026-06-01T09:00:00+08:00", **head})
    assert (found[0].name, found[1].name) == (target, calendar)


@pytest.mark.parametrize(
    ("wanted", "category", "fits"),
    [
        ("network", "network", True),
        ("network", "network/vpn", True),
        ("network", "Network/VPN", True),
        ("network/vpn", "network", False),
        ("network", "networks", False),
        ("network", None, False),
    ],
)
def test_a_category_stands_for_what_is_under_it(wanted: str, category: Value, fits: bool):
    assert Condition({"category": (wanted,)}).fits({"category": category}) == fits


def test_time_rules():
    assert FOUND.rules == TimeRules(
        clocks=(
            ClockRule("respond-75%-tell-assignee", "respond", 0.75, "tell-assignee", NO_CONDITION),
            ClockRule("升级", "resolve", 1.0, "raise-tier", Condition({"category": ("network",)})),
        ),
        stale_after=timedelta(days=10),
        remind_before=timedelta(days=1),
        close_after=timedelta(days=5),
        survey_after=timedelta(days=1),
        survey_every=timedelta(days=14),
        majors=(
            MajorRule("impact organisation", Condition({"impact": ("organisation",)}), "propose",
                      "KB-261012-74K30"),
            MajorRule("重大", Condition({"priority": ("P1",)}), "declare", ""),
        ),
    )  # fmt: skip
    assert FOUND.assignment == (
        AssignmentRule(
            "category network/vpn", Condition({"category": ("network/vpn",)}), "network",
            ("vpn",), 2,
        ),
        AssignmentRule("rest", NO_CONDITION, "", (), 1),
    )  # fmt: skip


def test_people_and_teams():
    office = FOUND.promises.calendars["office"]
    away = (
        (date(2026, 12, 24), date(2027, 1, 2)), (date(2027, 3, 8), date(2027, 3, 8)),
    )  # fmt: skip
    assert FOUND.people == {
        "chen": Person("chen", "chen", "", ("network", "前台"), "li", 2, ("vpn", "打印机"), 12,
                       office, ()),
        "li": Person("li", "li", "", (), "", 3, (), 20, office, away),
    }  # fmt: skip
    assert FOUND.teams == {
        "network": Team("network", "network", 2, "li", False, ("network",), "vendor"),
        "vendor": Team("vendor", "vendor", 1, "", True, (), ""),
        "前台": Team("前台", "前台", 1, "", False, (), ""),
    }


@pytest.mark.parametrize(
    ("at", "why"),
    [
        ("2026-12-23T12:59+00:00", ""),
        ("2026-12-23T17:00+00:00", "is off shift"),
        ("2026-12-23T22:59+00:00", "is off shift"),  # the 23rd in Berlin still
        ("2026-12-23T23:00+00:00", "is away until 2027-01-02"),
        ("2027-01-02T22:59+00:00", "is away until 2027-01-02"),
        ("2027-01-04T09:00+00:00", ""),
        ("2027-03-08T09:00+00:00", "is away until 2027-03-08"),
    ],
)
def test_who_works(at: str, why: str):
    assert FOUND.people["li"].off_shift(datetime.fromisoformat(at)) == why


def test_an_absence_may_be_long():
    text = SMALL.replace("2027-01-02", "2029-01-02")
    assert policy.load(text).people["li"].away[0] == (date(2026, 12, 24), date(2029, 1, 2))


def test_the_template_promises():
    found = policy.load(policy_text())
    names = [target.name for target in found.promises.targets]
    assert names == ["major incident", "priority P1", "priority P2", "priority P3", "all others"]
    assert len(found.rules.clocks) == 3


# --- mistakes ------------------------------------------------------------------------------

_DATE = "is no date; write 2026-10-01 or 2026-10-01..2026-10-07"
_DAYS = "is a list of texts: [2026-10-01, 2026-10-05..2026-10-07]"
_HOURS = "'hours' are {mon-fri: [09:00-12:00, 13:00-17:00]} or 24x7"
_SOME_HOURS = "[09:00-12:00, 13:00-17:00]"
_WORKING = "is working time in hours and minutes: 30m, 4h, 16h"
_WEEK = "{mon-fri: [13:00-18:00, 9:00-12:00], fri: [09:00-12:00], sat-sun: []}"
_LENGTH = "is no length of time such as 90m, 4h, 3d or 2w"
_SHARE = "is a share of the target from 1% to 999%, such as 75%"
_RISK = "'at_risk' is a share of the target from 1% to 100%, such as 75%"
_FIELDS = "known are kind, priority, category, team, department, impact, channel, major"
_NO_PROMISE = (
    "this target promises nothing; give respond, update or resolve a time, or say "
    "`resolve: none` if that is meant"
)
_CLOCKS = "known are respond, update, resolve"
_DO = "tell-assignee, tell-manager, raise-tier, hand-on"
MISTAKES = {
    # calendars
    ("calendars:\n", "calendars:\n  x: 5\n"): f"21: {_HOURS}\n21: 'x' is a mapping",
    ("calendars:\n", "calendars:\n  x:\n"): f"21: {_HOURS}",
    ("calendars:\n", "calendars:\n  x: {hours: {}}\n"): f"21: {_HOURS}",
    ("calendars:\n", "calendars:\n  x: {holidays: [2026-01-01]}\n"): f"21: {_HOURS}",
    ("calendars:\n", "calendars:\n  24x7: {hours: {mon: [09:00-10:00]}}\n"): (
        "21: '24x7' is around the clock; name this calendar otherwise"
    ),
    ("calendars:\n", "calendars:\n  x: {hours: 24x7, holidays: [2026-01-01]}\n"): (
        "21: 'holidays' says nothing here: 24x7 is all hours of all days"
    ),
    ("calendars:\n", "calendars:\n  x: {hours: 24x7, working_days: {}}\n"): (
        "21: 'working_days' says nothing here: 24x7 is all hours of all days"
    ),
    (_WEEK, "24/7"): f"23: {_HOURS}",
    (_WEEK, "[09:00-17:00]"): f"23: {_HOURS}",
    (_WEEK, "{mo: [09:00-12:00]}"): "23: 'mo' is no day; write mon, mon-fri or daily",
    (_WEEK, "{Mon-Fri: [09:00-12:00]}"): "23: 'Mon-Fri' is no day; write mon, mon-fri or daily",
    (_WEEK, "{mon-: [09:00-12:00]}"): "23: 'mon-' is no day; write mon, mon-fri or daily",
    (_WEEK, "{mon: 09:00-12:00}"): f"23: 'mon' is a list of texts: {_SOME_HOURS}",
    (_WEEK, "{mon: [9-12]}"): "23: '9-12' are no hours; write 09:00-12:00",
    (_WEEK, "{mon: [25:00-26:00]}"): "23: '25:00-26:00' are no hours; write 09:00-12:00",
    (_WEEK, "{mon: [24:00-06:00]}"): "23: '24:00-06:00' are no hours; write 09:00-12:00",
    (_WEEK, "{mon: [09:00-24:30]}"): "23: '09:00-24:30' are no hours; write 09:00-12:00",
    (_WEEK, "{mon: [09:60-12:00]}"): "23: '09:60-12:00' are no hours; write 09:00-12:00",
    (_WEEK, "{mon: [09:00-12:00, 11:00-18:00]}"): "23: these hours overlap",
    (_WEEK, "{mon: [09:00-12:00, 09:00-12:00]}"): "23: these hours overlap",
    (_WEEK, "\n      mon:\n        - 09:00-12:00\n        - soon\n      dienstag: []"): (
        "26: 'soon' are no hours; write 09:00-12:00\n"
        "27: 'dienstag' is no day; write mon, mon-fri or daily"
    ),
    ("timezone: Europe/Berlin", "timezone: Asia/Beijing"): (
        "22: time zone 'Asia/Beijing' is unknown; write an IANA name such as Asia/Shanghai or UTC"
    ),
    ("timezone: Europe/Berlin", "timezone: ''"): (
        "22: time zone '' is unknown; write an IANA name such as Asia/Shanghai or UTC"
    ),
    ("[2026-10-01..2026-10-07, 2026-12-25]", "2026-12-25"): f"24: 'holidays' {_DAYS}",
    ("[2026-10-01..2026-10-07, 2026-12-25]", "[20261225]"): f"24: 'holidays' {_DAYS}",
    ("2026-12-25]", "12-25]"): f"24: '12-25' {_DATE}",
    ("2026-12-25]", "2026-02-29]"): f"24: '2026-02-29' {_DATE}",
    ("2026-12-25]", "2026-W52-5]"): f"24: '2026-W52-5' {_DATE}",
    ("2026-12-25]", "2026-12-25..]"): f"24: '2026-12-25..' {_DATE}",
    ("2026-12-25]", "2026-12-25-2026-12-26]"): f"24: '2026-12-25-2026-12-26' {_DATE}",
    ("2026-10-01..2026-10-07", "2026-10-07..2026-10-01"): (
        "24: '2026-10-07..2026-10-01' ends before it begins; the earlier day comes first"
    ),
    ("2026-10-01..2026-10-07", "2026-10-01..2027-10-02"): (
        "24: '2026-10-01..2027-10-02' is longer than a year; write shorter spans"
    ),
    ("2026-10-10: mon", "2026-10-10: monday"): (
        f"25: write the weekday, mon, or hours, {_SOME_HOURS}"
    ),
    ("2026-10-10: mon", "2026-10-10: null"): f"25: write the weekday, mon, or hours, {_SOME_HOURS}",
    ("2026-10-10: mon", "2026-10-10: [9-12]"): "25: '9-12' are no hours; write 09:00-12:00",
    ("2026-10-10: mon", "10-10: mon"): f"25: '10-10' {_DATE}",
    ("{2026-10-10: mon, 2026-10-11..2026-10-12: [10:00-11:00]}", "[2026-10-10]"): (
        "25: 'working_days' is a mapping"
    ),
    ("    holidays:", "    holiday:"): (
        "24: 'holiday' is no setting here; did you mean holidays or holidays_file?"
    ),
    ("    holidays:", "    holidays_file: x.ics\n    holidays:"): (
        "24: 'x.ics' cannot be read: x.ics cannot be read from here"
    ),
    ("    holidays:", "    holidays_file: [x.ics]\n    holidays:"): (
        "24: 'holidays_file' is text; put it in quotes"
    ),
    ("    holidays:", "    holidays_file: ../x.ics\n    holidays:"): (
        "24: '../x.ics' cannot be read: it lies outside of the desk"
    ),
    ("calendar: office\n", "calendar: ofice\n"): (
        "29: 'ofice' is not known here; did you mean office?"
    ),
    ("calendar: office\n", "calendar: [office]\n"): "29: 'calendar' is text; put it in quotes",
    ("calendars:\n  office:\n", "calendars:\n  offce:\n"): (
        "4: 'office' is not known here; did you mean offce?\n"
        "29: 'office' is not known here; did you mean offce?"
    ),
    # people and teams
    ("hours: office", "hours: ofice"): "4: 'ofice' is not known here; did you mean office?",
    ("hours: office", "hours: {mon: [09:00-10:00]}"): "4: 'hours' is text; put it in quotes",
    ("skills: [vpn, 打印机]", "skills: vpn"): "4: 'skills' is a list of texts: [one, two]",
    ("skills: [vpn, 打印机]", "skills: ['a,b']"): (
        "4: 'a,b' is no name; no comma, no space at its ends"
    ),
    ("capacity: 12", "capacity: 0"): "4: 'capacity' is a whole number from 1",
    ("capacity: 12", "capacity: -1"): "4: 'capacity' is a whole number from 1",
    ("capacity: 12", "capacity: many"): "4: 'capacity' is a whole number from 1",
    ("capacity: 12", "capacity: 1.5"): "4: 'capacity' is a whole number from 1",
    ("capacity: 12", "capcity: 12"): "4: 'capcity' is no setting here; did you mean capacity?",
    ("teams: [network, 前台]", "teams: [network, 前台组]"): (
        "4: '前台组' is not known here; did you mean 前台?"
    ),
    ("chen: {teams: [network, 前台],", "chen: {teams: [\n    network,\n    nobody],"): (
        "6: 'nobody' is not known here; known are network, vendor, 前台"
    ),
    ("tier: 3", "tier: 0"): "5: 'tier' is a whole number from 1",
    ("[2026-12-24..2027-01-02, 2027-03-08]", "2027-03-08"): f"5: 'away' {_DAYS}",
    ("2026-12-24..2027-01-02", "2027-01-02..2026-12-24"): (
        "5: '2027-01-02..2026-12-24' ends before it begins; the earlier day comes first"
    ),
    ("2027-03-08]", "tomorrow]"): f"5: 'tomorrow' {_DATE}",
    ("lead: li", "lead: lee"): "7: 'lee' is not known here; known are chen, li",
    ("categories: [network]", "categories: network"): (
        "7: 'categories' is a list of texts: [one, two]"
    ),
    ("categories: [network]", "categories: [netwrk]"): (
        "7: 'netwrk' is not known here; did you mean network or network/vpn?"
    ),
    ("escalates_to: vendor", "escalates_to: vendr"): (
        "7: 'vendr' is not known here; did you mean vendor?"
    ),
    ("escalates_to: vendor", "escalates_to: network"): (
        "7: 'escalates_to' is another team than this one"
    ),
    ("calendar: nights", "calendar: night"): "7: 'night' is not known here; did you mean nights?",
    # targets
    ("targets:\n", "targets:\n  - x\n"): (
        f"31: entry 1 of 'targets' is a mapping\n31: {_NO_PROMISE}"
    ),
    ("targets:\n", "targets:\n  -\n"): f"31: {_NO_PROMISE}",
    ("targets:\n", "targets: {}\nx:\n"): (
        "30: 'targets' is a list, one `- …` for each\n"
        "31: 'x' is no setting here; known are format, name, prefix, timezone, people, teams, "
        "kinds, channels, categories, impacts, urgencies, matrix, …"
    ),
    (", resolve: none", ""): f"34: {_NO_PROMISE}",
    ("resolve: none", "resolve: null"): f"34: {_NO_PROMISE}",
    ("resolve: none", "resolve: never"): f"34: 'resolve' {_WORKING}",
    ("respond: 30m", "respond: 30"): f"31: 'respond' {_WORKING}",
    ("respond: 30m", "respond: 0m"): f"31: 'respond' {_WORKING}",
    ("respond: 30m", "respond: 0.1s"): f"31: 'respond' {_WORKING}",
    ("respond: 30m", "respond: -30m"): f"31: 'respond' {_WORKING}",
    ("respond: 30m", "respond: 1d"): f"31: 'respond' {_WORKING}",
    ("respond: 30m", "respond: 2天"): f"31: 'respond' {_WORKING}",
    ("respond: 30m", "respond: 9999999h"): f"31: 'respond' {_WORKING}",
    ("respond: 30m", "respond: 99999999999999h"): f"31: 'respond' {_WORKING}",
    ("respond: 30m", "respond: [30m]"): f"31: 'respond' {_WORKING}",
    ("respond: 30m", "reply: 30m"): (
        "31: 'reply' is no setting here; known are name, when, from, until, calendar, respond, "
        "update, resolve"
    ),
    ("name: top", "name: 5"): "31: 'name' is text; put it in quotes",
    ("{priority: P1, major", "{priority: P9, major"): (
        "31: 'P9' is not known here; known are P1, P2, P3"
    ),
    ("{priority: P1, major", "{priority: p1, major"): (
        "31: 'p1' is not known here; did you mean P1?"
    ),
    ("{priority: P1, major", "{priority: [P1,\n    P9], major"): (
        "32: 'P9' is not known here; known are P1, P2, P3"
    ),
    ("{priority: P1, major", "{priority: [], major"): (
        "31: 'priority' is a value or a list of values: [one, two]"
    ),
    ("{priority: P1, major", "{priority: , major"): (
        "31: 'priority' is a value or a list of values: [one, two]"
    ),
    ("{priority: P1, major", "{priority: {a: b}, major"): (
        "31: 'priority' is a value or a list of values: [one, two]"
    ),
    (
        "[财务部, Sales]",
        "[[财务部]]",
    ): "32: 'department' is a value or a list of values: [one, two]",
    ("{priority: P1, major", "{urgency: high, major"): (
        f"31: 'urgency' is no setting here; {_FIELDS}"
    ),
    ("major: true", "major: yes"): "31: 'yes' is not known here; known are true, false",
    ("when: {kind: change}", "when: change"): "34: 'when' is a mapping",
    ("when: {kind: change}", "when: {category: vpn}"): (
        "34: 'vpn' is not known here; did you mean network/vpn?"
    ),
    ("when: {kind: change}", "when: {team: netork}"): (
        "34: 'netork' is not known here; did you mean network?"
    ),
    ("from: 2026-01-01", "from: yesterday"): f"32: 'yesterday' {_DATE}",
    ("from: 2026-01-01", "from: 20260101"): "32: 'from' is text; put it in quotes",
    ("from: 2026-01-01", "from: 2026-01-01..2026-02-01"): (
        "32: 'from' is one day, such as 2026-01-01"
    ),
    ("from: 2026-01-01", "from: 2027-01-01"): "32: no day is from 2027-01-01 until 2026-12-31",
    ("calendar: 24x7}", "calendar: 24x8}"): "33: '24x8' is not known here; did you mean 24x7?",
    # at risk and pauses
    ("at_risk: 80%", "at_risk: 80"): f"35: {_RISK}",
    ("at_risk: 80%", "at_risk: 0.8"): f"35: {_RISK}",
    ("at_risk: 80%", "at_risk: 0%"): f"35: {_RISK}",
    ("at_risk: 80%", "at_risk: 101%"): f"35: {_RISK}",
    ("at_risk: 80%", "at_risk: -5%"): f"35: {_RISK}",
    ("at_risk: 80%", "at_risk: [80%]"): f"35: {_RISK}",
    ("at_risk: 80%", "resolve_until: solved"): (
        "35: 'solved' is not known here; did you mean resolved?"
    ),
    ("at_risk: 80%", "resolve_until: [closed]"): "35: 'resolve_until' is text; put it in quotes",
    ("respond: [change]", "reply: [change]"): f"37: 'reply' is no setting here; {_CLOCKS}",
    ("respond: [change]", "respond: change"): "37: 'respond' is a list of texts: [one, two]",
    ("respond: [change]", "respond: [lunch]"): (
        "37: 'lunch' is not known here; known are requester, vendor, problem, change"
    ),
    ("respond: [change]", "respond:\n  - vendor\n  - vendr"): (
        "39: 'vendr' is not known here; did you mean vendor?"
    ),
    # time rules
    ("clock: respond, at", "clock: reply, at"): f"40: 'reply' is not known here; {_CLOCKS}",
    ("clock: respond, at", "at"): "40: 'clock' is missing; one of respond, update, resolve",
    ("at: 75%", "at: 75"): f"40: 'at' {_SHARE}",
    ("at: 75%", "at: 0%"): f"40: 'at' {_SHARE}",
    ("at: 75%", "at: 1000%"): f"40: 'at' {_SHARE}",
    ("at: 75%, do: tell-assignee", "at: 75%"): f"40: 'do' is missing; one of {_DO}",
    ("do: tell-assignee", "do: page"): f"40: 'page' is not known here; known are {_DO}",
    ("do: tell-assignee", "do: tell"): (
        "40: 'tell' is not known here; known are tell-assignee, tell-manager, raise-tier, hand-on"
    ),
    ("do: tell-assignee", "do: tell-assignee, if: x"): (
        "40: 'if' is no setting here; known are name, when, clock, at, do"
    ),
    ("rules:\n", "rules:\n  - {clock: respond, at: 75%, do: tell-assignee}\n"): (
        "41: another rule is named 'respond-75%-tell-assignee'; give each a `name` of its own"
    ),
    ("name: 升级", "name: auto-close"): (
        "41: another rule is named 'auto-close'; give each a `name` of its own"
    ),
    ("when: {category: network}}", "when: {category: netwok}}"): (
        "41: 'netwok' is not known here; did you mean network or network/vpn?"
    ),
    ("stale_after: 10d", "stale_after: 10"): f"42: '10' {_LENGTH}",
    ("stale_after: 10d", "stale_after: never"): f"42: 'never' {_LENGTH}",
    ("stale_after: 10d", "stale_after: 40000d"): (
        "42: '40000d' is over a hundred years; write a shorter time"
    ),
    ("stale_after: 10d", "stale_after: 9999999999d"): "42: '9999999999d' is too long a time",
    ("remind_before: 1d", "remind_before: -1d"): f"43: '-1d' {_LENGTH}",
    ("close_after: 5d", "close_after: [5d]"): f"44: \"['5d']\" {_LENGTH}",
    ("{after: 1d, every: 2w}", "1d"): "45: 'survey' is a mapping",
    ("every: 2w", "each: 2w"): "45: 'each' is no setting here; known are after, every",
    ("every: 2w", "every: week"): f"45: 'week' {_LENGTH}",
    ("{when: {impact: organisation}, plan: KB-261012-74K30}", "{plan: KB-261012-74K30}"): (
        "47: 'when' is missing: a major incident is not every ticket"
    ),
    ("plan: KB-261012-74K30", "plan: 7"): "47: 'plan' is text; put it in quotes",
    ("do: declare", "do: announce"): "48: 'announce' is not known here; known are propose, declare",
    # assignment
    ("team: network, skills", "team: netork, skills"): (
        "50: 'netork' is not known here; did you mean network?"
    ),
    ("team: network, skills", "to: chen, skills"): (
        "50: 'to' is no setting here; known are name, when, team, skills, tier"
    ),
    ("skills: [vpn], tier: 2", "skills: vpn, tier: 2"): (
        "50: 'skills' is a list of texts: [one, two]"
    ),
    ("skills: [vpn], tier: 2", "tier: high"): "50: 'tier' is a whole number from 1",
    ("{name: rest}", "rest"): "51: entry 2 of 'assignment' is a mapping",
}


@pytest.mark.parametrize(("change", "sentences"), MISTAKES.items())
def test_each_mistake_is_told_with_its_line(change: tuple[str, str], sentences: str):
    assert change[0] in SMALL
    with pytest.raises(DamagedError) as caught:
        policy.load(SMALL.replace(*change, 1))
    assert str(caught.value) == "\n".join(f"desk.yaml:{line}" for line in sentences.split("\n"))


def test_all_mistakes_are_told_at_once():
    text = SMALL
    changes = [
        ("capacity: 12", "capacity: 0"), ("escalates_to: vendor", "escalates_to: vendr"),
        ("fri: [09:00-12:00]", "fri: [soon]"), ("calendar: office\n", "calendar: ofice\n"),
        ("respond: 30m", "respond: 1d"), ("at_risk: 80%", "at_risk: 800%"),
        ("respond: [change]", "respond: [lunch]"), ("do: raise-tier", "do: rise-tier"),
        ("close_after: 5d", "close_after: 5"), ("do: declare", "do: announce"),
        ("{name: rest}", "{tier: 0}"),
    ]  # fmt: skip
    for change in changes:
        assert change[0] in text
        text = text.replace(*change, 1)
    with pytest.raises(DamagedError) as caught:
        policy.load(text)
    lines = str(caught.value).splitlines()
    found = [int(line.split(":")[1]) for line in lines]
    assert (found, caught.value.line) == ([4, 7, 23, 29, 31, 35, 37, 41, 44, 48, 51], 4)


@pytest.mark.parametrize("line", range(1, len(SMALL.splitlines())))
def test_a_policy_with_a_line_missing_is_read_or_refused(line: int):
    lines = SMALL.splitlines(keepends=True)
    usable("".join(lines[: line - 1] + lines[line:]))


# --- anything that can be written there ----------------------------------------------------


def usable(text: str) -> Policy | None:
    """The policy in that text if it is one; then clocks, rules and choices come of it."""
    try:
        found = policy.load(text)
    except DamagedError:
        return None
    act = Act("chen", NOW - timedelta(days=30), found)
    fields: Mapping[str, Value] = {"requester": {"name": "李伟", "department": "财务部"}}
    ticket = lifecycle.opened("T-261022-A0001", act, "坏了", fields=dict(fields))[0]
    ticket = lifecycle.assigned(ticket, act, to=next(iter(found.people), ""), team="")
    later = Act("chen", NOW - timedelta(days=20), found)
    held = lifecycle.held(ticket, later, waiting_for="vendor", until=NOW - timedelta(days=10))
    solved = lifecycle.resolved(held, later, solution="x")
    for one in (ticket, held, solved):
        for clock in sla.clocks(one, found.promises, NOW.timestamp()):
            assert clock.due is None or clock.due >= clock.start
            assert clock.elapsed >= 0
        after = timerules.ticked(one, found, NOW)
        assert timerules.ticked(after, found, NOW) is after
        load = assignment.loads([after])
        assert list(explain.applying(after, found, load, NOW))
        with contextlib.suppress(RefusedError):
            assert assignment.chosen(after, found, load, NOW).team in found.teams
    assert list(explain.in_brief(found))
    assert all(person.off_shift(datetime.now(UTC)) is not None for person in found.people.values())
    return found


ATOMS = st.sampled_from([
    "null", "true", "false", "0", "1", "-1", "999999", "1.5", "''", "x", "网络", "[]", "{}",
    "[x]", "{x: y}", "[[]]", "[null]", "[1]", "mon", "daily", "24x7", "office", "nights", "network",
    "vendor", "chen", "li", "P1", "incident", "none", "75%", "0%", "999%", "30m", "1h", "0s",
    "0.4s", "1d", "36500d", "99999999999999d", "2026-10-01", "1900-01-01", "9999-12-31",
    "0001-01-01", "2026-10-01..2026-10-07", "2026-10-07..2026-10-01", "[2026-10-01..2026-10-07]",
    "[0001-01-01..0001-12-31]", "[9999-12-30..9999-12-31]", "[09:00-17:00]", "[22:00-06:00]",
    "[00:00-24:00]", "[00:00-00:00, 01:00-02:00]", "{mon-fri: [09:00-17:00]}", "{daily: []}",
    "{sat-tue: [23:59-00:01]}", "{priority: [P1, P2]}", "{major: true}", "{kind: incident}",
    "[requester, vendor]", "[vpn]", "tell-assignee", "tell-manager", "raise-tier", "hand-on",
    "propose", "declare", "respond", "update", "resolve", "KB-261012-74K30", "Europe/Berlin",
    "Pacific/Apia", "UTC", "{2026-10-10: mon}", "{9999-12-31: [22:00-06:00]}", "closed",
])  # fmt: skip
VALUES: st.SearchStrategy[str] = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        st.dictionaries(st.sampled_from(["when", "clock", "at", "do", "x", "mon"]), inner,
                        max_size=3)
        .map(lambda items: "{" + ", ".join(f"{k}: {v}" for k, v in items.items()) + "}"),
    ),
    max_leaves=4,
)  # fmt: skip
CALENDAR = ("hours", "timezone", "holidays", "holidays_file", "working_days")
TARGET = ("name", "when", "from", "until", "calendar", "respond", "update", "resolve")
PLACES = (
    *(("calendars", "office", key) for key in CALENDAR),
    *(("targets", key) for key in TARGET),
    *(("rules", key) for key in ("name", "when", "clock", "at", "do")),
    *(("major", key) for key in ("name", "when", "do", "plan")),
    *(("assignment", key) for key in ("name", "when", "team", "skills", "tier")),
    *(("people", "chen", key) for key in ("tier", "skills", "capacity", "hours", "away", "teams")),
    *(("teams", "network", key) for key in ("tier", "categories", "escalates_to", "calendar")),
    *(("pauses", key) for key in ("respond", "update", "resolve")),
    *(("survey", key) for key in ("after", "every")),
    ("calendar",), ("at_risk",), ("stale_after",), ("remind_before",), ("close_after",),
    ("calendars",), ("targets",), ("rules",), ("major",), ("assignment",), ("pauses",),
    ("survey",), ("resolve_until",), ("reopen_within",),
)  # fmt: skip
GOOD: dict[str, Any] = {
    "format": "1",
    "timezone": "Asia/Shanghai",
    "people": {"chen": {"teams": "[network]", "manager": "li"}, "li": {}},
    "teams": {"network": {"tier": "1", "lead": "li"}, "vendor": {"vendor": "true"}},
    "kinds": "[incident]",
    "channels": "[phone]",
    "categories": "{network: [vpn]}",
    "impacts": "[person]",
    "urgencies": "[high]",
    "matrix": "{person: [P1]}",
    "defaults": {"kind": "incident", "impact": "person", "urgency": "high"},
    "calendars": {
        "office": {"hours": "{mon-fri: [09:00-17:00]}"},
        "nights": {"hours": "{daily: [22:00-06:00]}"},
    },
    "calendar": "office",
    "targets": {"respond": "1h", "update": "2h", "resolve": "4h"},
    "pauses": {},
    "rules": {"clock": "respond", "at": "75%", "do": "tell-assignee"},
    "major": {"when": "{priority: P1}"},
    "assignment": {"team": "network"},
    "survey": {"after": "1d"},
}
LISTS = ("targets", "rules", "major", "assignment")


def flow(value: Any) -> str:
    """YAML of nested mappings whose leaves are YAML already."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {flow(item)}" for key, item in value.items()) + "}"
    return str(value)


def written(changes: Mapping[tuple[str, ...], str]) -> str:
    """GOOD with other values in some places."""
    top = {name: dict(v) if isinstance(v, dict) else v for name, v in GOOD.items()}
    for path, value in sorted(changes.items(), key=lambda one: -len(one[0])):
        place = top
        for key in path[:-1]:
            place[key] = dict(place.get(key, {}))
            place = place[key]
        place[path[-1]] = value
    lines = []
    for name, value in top.items():
        entry = isinstance(value, dict) and name in LISTS
        lines.append(f"{name}: [{flow(value)}]" if entry else f"{name}: {flow(value)}")
    return "\n".join(lines) + "\n"


def test_the_policy_that_is_varied_is_usable():
    found = usable(written({}))
    assert found
    assert len(found.promises.targets) == 1


@given(st.sampled_from(PLACES), VALUES)
@settings(max_examples=300)
def test_any_value_at_any_place_is_used_or_refused(path: tuple[str, ...], value: str):
    usable(written({path: value}))


@given(st.dictionaries(st.sampled_from(PLACES), ATOMS, min_size=2, max_size=4))
@settings(max_examples=200)
def test_any_values_together_are_used_or_refused(changes: dict[tuple[str, ...], str]):
    usable(written(changes))


@pytest.mark.long
@given(st.dictionaries(st.sampled_from(PLACES), VALUES, min_size=1, max_size=5))
@settings(max_examples=5000)
def test_very_many_values_are_used_or_refused(changes: dict[tuple[str, ...], str]):
    usable(written(changes))


@pytest.mark.parametrize("path", PLACES, ids=".".join)
def test_a_mistake_is_told_at_every_place(path: tuple[str, ...]):
    """A mapping of nonsense fits nowhere, and the line of the sentence is that of its key."""
    text = written({path: "{nonsense: [1]}"})
    with pytest.raises(DamagedError) as caught:
        policy.load(text)
    row = next(n for n, line in enumerate(text.splitlines(), 1) if line.startswith(f"{path[0]}:"))
    assert row in {int(line.split(":")[1]) for line in str(caught.value).splitlines()}
