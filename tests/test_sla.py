"""Clocks: what was promised for a ticket and how that stands."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from desk import facts, policy, sla, summary
from desk.errors import DamagedError
from desk.model import Event, Ticket
from desk.promises import Promises
from desk.sla import Clock
from tests import minutes
from tests.minutes import Window

# --- against a count minute by minute --------------------------------------------------------

PRIORITIES = ("P1", "P2", "P3", "P4")
CATEGORIES = ("network", "network/vpn", "network/wifi", "hardware/printer", "hardware")
TEAMS = ("service-desk", "network", "vendor")
REASONS = ("requester", "vendor", "problem", "change")
LISTS = {
    "format": 1, "kinds": ["incident", "request"], "categories": {"network": ["vpn", "wifi"],
    "hardware": ["printer"]}, "impacts": ["department", "person"], "urgencies": ["high", "low"],
    "matrix": {"department": ["P1", "P2"], "person": ["P3", "P4"]},
}  # fmt: skip


def random_desk(random: Random, window: Window) -> dict[str, Any]:
    """What desk.yaml may say of calendars, targets and pauses."""
    calendars: dict[str, Any] = {
        name: minutes.random_calendar(random, window) for name in ("day", "shift", "extra")
    }
    if random.random() < 0.3:
        calendars["extra"] = {"timezone": "UTC", "hours": "24x7"}
    teams: dict[str, Any] = {name: {} for name in TEAMS}
    for name in random.sample(TEAMS, random.randint(0, 2)):
        teams[name] = {"calendar": random.choice(list(calendars))}
    pauses = {clock: some(random, REASONS) for clock in ("respond", "update", "resolve")}
    return {
        **LISTS,
        "timezone": window.zone,
        "calendars": calendars,
        "calendar": random.choice(list(calendars)),
        "teams": teams,
        "targets": [random_target(random, window, list(calendars)) for _ in range(4)],
        "pauses": pauses,
        "resolve_until": random.choice(("resolved", "resolved", "closed")),
        "at_risk": f"{random.choice((75, random.randint(1, 100)))}%",
    }


def some(random: Random, values: tuple[str, ...]) -> list[str]:
    return random.sample(values, random.randint(0, len(values)))


def random_target(random: Random, window: Window, calendars: list[str]) -> dict[str, Any]:
    when: dict[str, list[str]] = {}
    for name, values in (
        ("priority", PRIORITIES), ("team", TEAMS), ("category", CATEGORIES),
        ("kind", ("incident", "request")), ("department", ("Finance", "Sales")),
    ):  # fmt: skip
        if random.random() < 0.25:
            when[name] = some(random, values) or [values[0]]
    target: dict[str, Any] = {"when": when}
    for clock, most in (("respond", 900), ("update", 1800), ("resolve", 6000)):
        if random.random() < 0.85:
            target[clock] = f"{random.randint(1, most)}m"
    if not target.keys() - {"when"}:
        target["resolve"] = "90m"
    if {"respond", "update"} <= target.keys():  # news sooner than the first is refused
        longer = max(int(target[clock][:-1]) for clock in ("respond", "update"))
        target["update"] = f"{longer}m"
    if random.random() < 0.4:
        target["calendar"] = random.choice(calendars)
    days = sorted(str(window.day + timedelta(days=random.randint(-9, 2))) for _ in range(2))
    limits = dict(zip(("from", "until"), days, strict=True))
    return target | {name: day for name, day in limits.items() if random.random() < 0.15}


def random_ticket(random: Random, window: Window) -> Ticket:
    """A ticket with up to a dozen events at whole minutes, often not in the order of time."""
    opened = window.first + random.randint(2 * minutes.DAY, 12 * minutes.DAY)
    length = random.choice((200, 3000, 9 * minutes.DAY))
    times = [opened + random.randint(0, length) for _ in range(random.randint(0, 12))]
    if random.random() < 0.7:
        times.sort()
    fields: dict[str, Any] = {
        "kind": "incident", "title": "VPN drops", "status": random.choice(("new", "in_progress")),
        "priority": random.choice(PRIORITIES), "category": random.choice(CATEGORIES),
        "team": random.choice(TEAMS), "opened": moment(opened, window.zone).isoformat(),
        "requester": {"name": "李伟", "department": random.choice(("Finance", "Sales"))},
    }  # fmt: skip
    ticket = Ticket({"id": "T-261102-7K3FQ"}, ())
    ticket = ticket.add("open", moment(opened, window.zone), "chen", fields)
    for minute in times:
        if random.random() < 0.05:
            minute = opened - random.randint(0, 600)
        did, change = random_deed(random)
        zone = random.choice((window.zone, "UTC"))
        ticket = ticket.add(did, moment(minute, zone), "chen", change)
    if random.random() < 0.2:
        ticket = as_merged(random, ticket)
    return as_written_by_hand(random, ticket) if random.random() < 0.2 else ticket


def random_deed(random: Random) -> tuple[str, dict[str, Any]]:
    hold = {"status": "on_hold", "waiting_for": random.choice(REASONS)}
    go_on = {"status": "in_progress", "waiting_for": None}
    deeds: list[tuple[str, dict[str, Any]]] = [
        ("reply", {}),
        ("reply", {}),
        ("note", {}),
        ("hold", hold),
        ("hold", hold),
        ("resume", go_on),
        ("resume", go_on),
        ("reopen", go_on),
        ("classify", {"priority": random.choice(PRIORITIES)}),
        ("classify", {"category": random.choice(CATEGORIES)}),
        ("classify", {"kind": random.choice(("incident", "request"))}),
        ("assign", {"team": random.choice((*TEAMS, None)), "assignee": "lin"}),
        ("resolve", {"status": "resolved", "waiting_for": None}),
        ("close", {"status": "closed", "waiting_for": None}),
    ]
    if random.random() < 0.02:
        return "cancel", {"status": "cancelled"}
    return random.choice(deeds)


def as_merged(random: Random, ticket: Ticket) -> Ticket:
    """The ticket with a log as a merge leaves it: two events of one number, in any order."""
    log = list(ticket.log)
    for place in range(2, len(log)):
        if log[place - 1].when < log[place].when and random.random() < 0.3:
            log[place] = replace(log[place], n=log[place - 1].n)
    if random.random() < 0.5:
        random.shuffle(log)
    return replace(ticket, log=tuple(log))


def as_written_by_hand(random: Random, ticket: Ticket) -> Ticket:
    """The ticket with a log that does not say what it was opened with."""
    bare = [replace(one, change={}) if one.did == "open" else one for one in ticket.log]
    if random.random() < 0.5:
        bare = [one for one in bare if one.did != "open"]
    return replace(ticket, log=tuple(bare))


def moment(minute: int, zone: str) -> datetime:
    return datetime.fromtimestamp(minute * 60, ZoneInfo(zone))


def random_now(random: Random, ticket: Ticket) -> int:
    """Mostly after all that happened, sometimes in the midst of it or before the opening."""
    stamps = [ticket.text("opened"), *(event.at for event in ticket.log)]
    happened = [minutes.minute_of(stamp) for stamp in stamps]
    first, last = min(happened), max(happened)
    now = random.choice((last, last, last, random.randint(first - 9, last)))
    later = random.choice((0, 1, random.randint(0, 600), random.randint(0, 3 * minutes.DAY)))
    return now + later


def differences(seed: int, seen: Counter[str]) -> list[str]:
    """Which clocks of a random ticket are not as they were counted."""
    random = Random(seed)
    window = minutes.window(random)
    desk, ticket = random_desk(random, window), random_ticket(random, window)
    now = random_now(random, ticket)
    promises = policy.load(json.dumps(desk)).promises
    ours = [in_minutes(clock, window) for clock in sla.clocks(ticket, promises, now * 60.0)]
    theirs = minutes.clocks(desk, ticket, now, window)
    seen.update(f"{clock.name} {clock.state}" for clock in theirs)
    seen.update(["no clock"] if not theirs else [])
    seen.update("due unknown" for clock in theirs if clock.due is None)
    if ours == theirs:
        return []
    return [f"seed {seed}:\n  desk:    {ours}\n  counted: {theirs}"]


def in_minutes(clock: Clock, window: Window) -> minutes.Counted:
    due = None if clock.due is None else min(clock.due / 60, window.last)
    start, end = clock.start / 60, clock.end / 60
    target, elapsed = clock.target / 60, clock.elapsed / 60
    return minutes.Counted(
        clock.name, clock.state, target, elapsed, start, end, clock.stopped, clock.missed, due
    )


def test_random_clocks_count_as_their_minutes_do():
    seen: Counter[str] = Counter()
    assert [line for seed in range(400) for line in differences(seed, seen)] == []
    states = {"running", "at_risk", "paused", "met", "breached"}
    clocks = {f"{clock} {state}" for clock in ("respond", "update", "resolve") for state in states}
    assert set(seen) == clocks | {"no clock", "due unknown"}


@pytest.mark.long
def test_ten_thousand_clocks_count_as_their_minutes_do(figures: Callable[[str], None]):
    seen: Counter[str] = Counter()
    wrong = [line for seed in range(10_000) for line in differences(seed, seen)]
    figures(
        "clocks: 10,000 random calendars and logs against a count minute by minute, "
        f"{len(wrong)} differences"
    )
    assert wrong == []


# --- one by one ------------------------------------------------------------------------------

DESK = """\
format: 1
timezone: Asia/Shanghai
calendars:
  office: {hours: {mon-fri: ["09:00-12:00", "13:00-18:00"]}}
  late: {hours: {mon-fri: ["14:00-22:00"]}}
calendar: office
teams:
  service-desk: {}
  network: {calendar: 24x7}
  vendor: {calendar: late}
kinds: [incident, request]
categories: {network: [vpn, wifi]}
impacts: [department, person]
urgencies: [high, low]
matrix: {department: [P1, P2], person: [P3, P4]}
targets:
- {when: {priority: P1}, respond: 30m, update: 1h, resolve: 4h, calendar: 24x7}
- {when: {priority: P2}, respond: 1h, update: 4h, resolve: 8h}
- {when: {priority: P3}, resolve: 16h}
pauses: {respond: [], update: [requester], resolve: [requester, vendor, problem]}
"""
PROMISES = policy.load(DESK).promises
ZONE = ZoneInfo("Asia/Shanghai")


def at(text: str) -> datetime:
    """A day of November 2026 and a time: `02T09:00` is Monday at nine."""
    return datetime.fromisoformat(text if len(text) > 8 else f"2026-11-{text}").replace(tzinfo=ZONE)


def ticket(log: str = "", opened: str = "02T09:00", **head: Any) -> Ticket:
    """A P2 of the service desk, opened on Monday at nine, and lines `time verb field=value…`.

    A field that is set to nothing goes; the fields before are those that the lines left.
    """
    fields = {"title": "VPN drops", "status": "new", "priority": "P2", "team": "service-desk"}
    given = {**fields, "opened": at(opened).isoformat(), **head}
    record = Ticket({"id": "T-261102-7K3FQ"}, ()).add("open", at(opened), "chen", given)
    for line in log.strip().splitlines():
        when, did, *parts = line.split()
        change = dict(part.split("=") for part in parts)
        record = record.add(did, at(when), "chen", {k: v or None for k, v in change.items()})
    return record


def shown(ticket: Ticket, now: str, promises: Promises = PROMISES) -> list[str]:
    """Each clock as `name state elapsed/target due`, in minutes; intervals missed as `!1`."""
    lines = []
    for clock in sla.clocks(ticket, promises, at(now).timestamp()):
        due = "-" if clock.due is None else f"{datetime.fromtimestamp(clock.due, ZONE):%dT%H:%M}"
        missed = f" !{clock.missed}" if clock.missed else ""
        spent = f"{clock.elapsed / 60:.9g}/{clock.target / 60:.9g}"
        lines.append(f"{clock.name} {clock.state} {spent} {due}{missed}")
    return lines


HOLD = "hold status=on_hold waiting_for="
RESUME = "resume status=in_progress waiting_for="
RESOLVE = "resolve status=resolved waiting_for="
REOPEN = "reopen status=in_progress"

# what: (log, now, clocks)
CASES: dict[str, tuple[str, str, list[str]]] = {
    "just opened": (
        "", "02T09:00",
        ["respond running 0/60 02T10:00", "update running 0/240 02T14:00",
         "resolve running 0/480 02T18:00"],
    ),
    "a minute before it is at risk": (
        "", "02T09:44",
        ["respond running 44/60 02T10:00", "update running 44/240 02T14:00",
         "resolve running 44/480 02T18:00"],
    ),
    "from 75 % on it is at risk": (
        "", "02T09:45",
        ["respond at_risk 45/60 02T10:00", "update running 45/240 02T14:00",
         "resolve running 45/480 02T18:00"],
    ),
    "at the due moment it is not yet breached": (
        "", "02T10:00",
        ["respond at_risk 60/60 02T10:00", "update running 60/240 02T14:00",
         "resolve running 60/480 02T18:00"],
    ),
    "a minute later it is": (
        "", "02T10:01",
        ["respond breached 61/60 02T10:00", "update running 61/240 02T14:00",
         "resolve running 61/480 02T18:00"],
    ),
    "nothing counts over lunch and at night": (
        "", "03T09:10",
        ["respond breached 490/60 02T10:00", "update breached 490/240 02T14:00 !1",
         "resolve breached 490/480 02T18:00"],
    ),
    "answered and resolved in time": (
        "02T09:30 reply\n02T14:00 " + RESOLVE, "20T09:00",
        ["respond met 30/60 02T10:00", "update met 210/240 02T14:30",
         "resolve met 240/480 02T18:00"],
    ),
    "answered at the due moment and resolved at it": (
        "02T10:00 reply\n02T18:00 " + RESOLVE, "20T09:00",
        ["respond met 60/60 02T10:00", "update breached 420/240 02T15:00 !1",
         "resolve met 480/480 02T18:00"],
    ),
    "answered and resolved too late": (
        "02T10:01 reply\n03T09:01 " + RESOLVE, "20T09:00",
        ["respond breached 61/60 02T10:00", "update breached 420/240 02T15:01 !1",
         "resolve breached 481/480 02T18:00"],
    ),
    "the resolution is a response": (
        "02T09:50 " + RESOLVE, "02T12:00",
        ["respond met 50/60 02T10:00", "update met 50/240 02T14:00",
         "resolve met 50/480 02T18:00"],
    ),
    "a note is none": (
        "02T09:30 note", "02T10:30",
        ["respond breached 90/60 02T10:00", "update running 90/240 02T14:00",
         "resolve running 90/480 02T18:00"],
    ),
    "every interval without news that is too long is missed": (
        "02T14:01 reply\n03T09:00 reply\n03T15:00 reply\n03T16:00 reply", "03T17:00",
        ["respond breached 241/60 02T10:00", "update running 60/240 04T11:00 !2",
         "resolve breached 900/480 02T18:00"],
    ),
    "an interval begins with the reply itself": (
        "02T14:01 reply", "02T14:01",
        ["respond breached 241/60 02T10:00", "update running 0/240 03T09:01 !1",
         "resolve running 241/480 02T18:00"],
    ),
    "news after the resolution is owed to nobody": (
        "02T09:10 reply\n02T10:00 " + RESOLVE + "\n06T10:00 reply", "09T09:00",
        ["respond met 10/60 02T10:00", "update met 50/240 02T14:10",
         "resolve met 60/480 02T18:00"],
    ),
    "on hold for the requester": (
        "02T09:10 reply\n02T10:00 " + HOLD + "requester", "05T10:00",
        ["respond met 10/60 02T10:00", "update paused 50/240 -", "resolve paused 60/480 -"],
    ),
    "on hold for a vendor": (
        "02T09:10 reply\n02T10:00 " + HOLD + "vendor", "02T11:00",
        ["respond met 10/60 02T10:00", "update running 110/240 02T14:10",
         "resolve paused 60/480 -"],
    ),
    "on hold for a problem": (
        "02T10:00 " + HOLD + "problem", "02T11:00",
        ["respond breached 120/60 02T10:00", "update running 120/240 02T14:00",
         "resolve paused 60/480 -"],
    ),
    "on hold for a change, which pauses nothing": (
        "02T10:00 " + HOLD + "change", "02T11:00",
        ["respond breached 120/60 02T10:00", "update running 120/240 02T14:00",
         "resolve running 120/480 02T18:00"],
    ),
    "the reason of a hold changes": (
        "02T10:00 " + HOLD + "change\n02T11:00 hold waiting_for=requester", "02T15:00",
        ["respond breached 300/60 02T10:00", "update paused 120/240 -",
         "resolve paused 120/480 -"],
    ),
    "a hold that begins after the target was missed stays missed": (
        "03T10:00 " + HOLD + "requester", "05T10:00",
        ["respond breached 1500/60 02T10:00", "update breached 540/240 02T14:00 !1",
         "resolve breached 540/480 02T18:00"],
    ),
    "a hold across a weekend": (
        "02T09:10 reply\n06T17:00 " + HOLD + "vendor\n09T10:00 " + RESUME, "09T11:00",
        ["respond met 10/60 02T10:00", "update breached 2510/240 02T14:10 !1",
         "resolve breached 2400/480 02T18:00"],
    ),
    "two holds": (
        "02T10:00 " + HOLD + "vendor\n02T11:00 " + RESUME
        + "\n02T14:00 " + HOLD + "requester\n03T11:00 " + RESUME, "03T12:00",
        ["respond breached 660/60 02T10:00", "update breached 300/240 02T14:00 !1",
         "resolve running 240/480 03T17:00"],
    ),
    "resolved while on hold": (
        "02T10:00 " + HOLD + "vendor\n04T10:00 " + RESOLVE, "05T10:00",
        ["respond breached 1020/60 02T10:00", "update breached 1020/240 02T14:00 !1",
         "resolve met 60/480 04T18:00"],
    ),
    "reopened, the resolve clock goes on where it stood": (
        "02T09:10 reply\n02T11:00 " + RESOLVE + "\n04T09:00 " + REOPEN, "04T11:00",
        ["respond met 10/60 02T10:00", "update at_risk 230/240 04T11:10",
         "resolve running 240/480 04T16:00"],
    ),
    "reopened and resolved again": (
        "02T09:10 reply\n02T11:00 " + RESOLVE + "\n04T09:00 " + REOPEN
        + "\n04T10:00 " + RESOLVE, "04T11:00",
        ["respond met 10/60 02T10:00", "update met 170/240 04T11:10",
         "resolve met 180/480 04T16:00"],
    ),
    "closed and reopened, no response is owed twice": (
        "02T11:00 " + RESOLVE + "\n02T12:00 close status=closed\n04T09:00 " + REOPEN, "04T09:30",
        ["respond breached 120/60 02T10:00", "update running 150/240 04T11:00",
         "resolve running 150/480 04T16:00"],
    ),
    "closed after the resolution, which is what counts": (
        "02T09:10 reply\n02T10:00 " + RESOLVE + "\n06T10:00 close status=closed", "09T09:00",
        ["respond met 10/60 02T10:00", "update met 50/240 02T14:10",
         "resolve met 60/480 02T18:00"],
    ),
    "closed without being resolved": (
        "02T09:50 close status=closed", "05T10:00",
        ["respond met 50/60 02T10:00", "update met 50/240 02T14:00",
         "resolve met 50/480 02T18:00"],
    ),
    "cancelled": ("02T09:50 cancel status=cancelled", "05T10:00", []),
    "not yet cancelled then": (
        "02T09:50 cancel status=cancelled", "02T09:30",
        ["respond running 30/60 02T10:00", "update running 30/240 02T14:00",
         "resolve running 30/480 02T18:00"],
    ),
    "not yet open": ("", "02T08:59", []),
    "no target": ("02T09:00 classify priority=P4", "05T10:00", []),
    "a target without all of the clocks": (
        "02T09:00 classify priority=P3", "02T10:00", ["resolve running 60/960 03T18:00"],
    ),
    "a higher priority counts from the opening": (
        "02T11:00 classify priority=P1", "02T11:00",
        ["respond breached 120/30 02T09:30", "update breached 120/60 02T10:00 !1",
         "resolve running 120/240 02T13:00"],
    ),
    "around the clock since it is a P1, office hours before": (
        "02T09:10 reply\n03T09:00 classify priority=P1", "03T12:30",
        ["respond met 10/30 02T09:30", "update breached 680/60 02T10:10 !1",
         "resolve breached 690/240 02T14:00"],
    ),
    "a lower priority counts from the opening": (
        "02T09:10 reply\n03T09:00 classify priority=P3", "03T10:00",
        ["resolve running 540/960 03T18:00"],
    ),
    "a team around the clock": (
        "02T09:00 assign team=network", "02T21:00",
        ["respond breached 720/60 02T10:00", "update breached 720/240 02T13:00 !1",
         "resolve breached 720/480 02T17:00"],
    ),
    "each team's time by its own hours": (
        "02T16:00 assign team=vendor", "02T20:00",
        ["respond breached 600/60 02T10:00", "update breached 600/240 02T14:00 !1",
         "resolve breached 600/480 02T18:00"],
    ),
    "due by the hours of the team that has it": (
        "02T16:00 assign team=vendor", "02T16:30",
        ["respond breached 390/60 02T10:00", "update breached 390/240 02T14:00 !1",
         "resolve at_risk 390/480 02T18:00"],
    ),
    "a team changed while on hold": (
        "02T10:00 " + HOLD + "requester\n02T15:00 assign team=network\n02T20:00 " + RESUME,
        "02T21:00",
        ["respond breached 660/60 02T10:00", "update running 120/240 02T23:00",
         "resolve running 120/480 03T03:00"],
    ),
    "something recorded later with an earlier time": (
        "02T16:00 note\n02T09:20 reply\n02T10:00 " + HOLD + "requester", "02T17:00",
        ["respond met 20/60 02T10:00", "update paused 40/240 -", "resolve paused 60/480 -"],
    ),
    "a late record of a lower number does not undo a newer one": (
        "02T12:00 " + HOLD + "requester\n02T10:00 " + RESUME, "02T17:00",
        ["respond breached 420/60 02T10:00", "update breached 420/240 02T14:00 !1",
         "resolve at_risk 420/480 02T18:00"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("log", "now", "clocks"), CASES.values(), ids=CASES)
def test_clocks(log: str, now: str, clocks: list[str]):
    assert shown(ticket(log), now) == clocks


def test_a_clock_says_how_long_in_all_and_how_much_is_left():
    found = sla.clocks(ticket("02T10:30 reply"), PROMISES, at("02T14:00").timestamp())
    assert [(one.name, one.left / 60, one.wall / 60, one.stopped) for one in found] == [
        ("respond", -30, 90, True), ("update", 90, 210, False), ("resolve", 240, 300, False),
    ]  # fmt: skip


def test_the_moment_at_which_a_share_is_reached():
    (_, update, _) = sla.clocks(ticket(), PROMISES, at("02T09:30").timestamp())
    shares = (0.5, 0.75, 1.0, 1.25)
    found = [datetime.fromtimestamp(update.reached(share) or 0, ZONE) for share in shares]
    assert [f"{one:%H:%M}" for one in found] == ["11:00", "12:00", "14:00", "15:00"]


def test_with_resolve_until_closed_the_clocks_run_on_while_it_is_resolved():
    promises = policy.load(DESK + "resolve_until: closed\n").promises
    resolved = "02T09:10 reply\n02T10:00 " + RESOLVE
    assert shown(ticket(resolved), "02T11:00", promises) == [
        "respond met 10/60 02T10:00", "update running 110/240 02T14:10",
        "resolve running 120/480 02T18:00",
    ]  # fmt: skip
    closed = resolved + "\n02T14:00 close status=closed"
    assert shown(ticket(closed), "05T11:00", promises) == [
        "respond met 10/60 02T10:00", "update met 230/240 02T14:10",
        "resolve met 240/480 02T18:00",
    ]  # fmt: skip


def test_a_desk_without_targets_promises_nothing():
    assert shown(ticket(), "05T10:00", policy.load("format: 1\n").promises) == []


def test_unless_said_otherwise_the_response_never_pauses_and_the_rest_always_does():
    promises = policy.load(DESK.partition("pauses:")[0]).promises
    for reason in REASONS:
        assert shown(ticket(f"02T09:30 {HOLD}{reason}"), "02T10:30", promises) == [
            "respond breached 90/60 02T10:00", "update paused 30/240 -", "resolve paused 30/480 -",
        ]  # fmt: skip


def test_a_calendar_without_working_time_is_never_due():
    hours = '{mon-fri: ["09:00-12:00", "13:00-18:00"]}'
    promises = policy.load(DESK.replace(hours, "{mon: []}")).promises
    assert shown(ticket(), "20T09:00", promises) == [
        "respond running 0/60 -", "update running 0/240 -", "resolve running 0/480 -",
    ]  # fmt: skip


def by_hand(log: list[Event], **head: Any) -> Ticket:
    """A file that a person has written: its log does not say what it was opened with."""
    fields = {"status": "new", "priority": "P1", "team": "service-desk", **head}
    opened = {"id": "T-261102-7K3FQ", "opened": at("02T09:00").isoformat()}
    return Ticket({**opened, **fields}, tuple(log))


def event(n: int, when: str, did: str, **change: tuple[str | None, str | None]) -> Event:
    return Event(n, at(when).isoformat(), "chen", did, dict(change))


def test_a_ticket_without_a_log_was_always_as_it_stands():
    assert shown(by_hand([]), "02T12:30") == [
        "respond breached 210/30 02T09:30", "update breached 210/60 02T10:00 !1",
        "resolve at_risk 210/240 02T13:00",
    ]  # fmt: skip


def test_a_log_that_does_not_say_what_the_ticket_was_opened_with_is_undone():
    """It was a P1 from the start, so its time over lunch counts around the clock."""
    hold = event(1, "02T13:00", "hold", status=("new", "on_hold"), waiting_for=(None, "requester"))
    found = by_hand([hold], status="on_hold", waiting_for="requester")
    assert shown(found, "02T14:00") == [
        "respond breached 300/30 02T09:30", "update breached 240/60 02T10:00 !1",
        "resolve paused 240/240 02T13:00",
    ]  # fmt: skip


def test_a_status_typed_into_the_file_counts_from_the_last_event():
    noted = ticket("02T09:10 reply\n02T10:00 note")
    resolved = replace(noted, head={**noted.head, "status": "resolved"})
    assert shown(resolved, "05T09:00") == [
        "respond met 10/60 02T10:00", "update met 50/240 02T14:10", "resolve met 60/480 02T18:00",
    ]  # fmt: skip
    held = replace(noted, head={**noted.head, "status": "on_hold", "waiting_for": "requester"})
    assert shown(held, "05T09:00") == [
        "respond met 10/60 02T10:00", "update paused 50/240 -", "resolve paused 60/480 -",
    ]  # fmt: skip


def test_what_a_hold_waits_for_may_be_typed_into_the_file():
    """The log knows of an earlier hold, or of this one with another reason."""
    for log in (
        "02T09:10 reply\n02T09:30 " + HOLD + "change\n02T10:00 " + RESUME,
        "02T09:10 reply\n02T10:00 " + HOLD + "change",
    ):
        logged = ticket(log)
        typed = {**logged.head, "status": "on_hold", "waiting_for": "requester"}
        assert shown(replace(logged, head=typed), "05T09:00") == [
            "respond met 10/60 02T10:00", "update paused 50/240 -", "resolve paused 60/480 -",
        ]  # fmt: skip


def test_a_priority_typed_into_the_file_chooses_the_target():
    typed = replace(ticket("02T09:10 reply"), head={**ticket().head, "priority": "P3"})
    assert shown(typed, "02T11:00") == ["resolve running 120/960 03T18:00"]


def test_a_ticket_that_was_open_for_ten_years():
    """On hold for all of 2020; the office works 480 minutes on each of the other weekdays."""
    log = "2020-01-01T00:00 " + HOLD + "requester\n2021-01-01T00:00 " + RESUME
    days = (datetime(2016, 11, 2) + timedelta(days=number) for number in range(3652))
    worked = sum(480 for day in days if day.weekday() < 5 and day.year != 2020)
    assert shown(ticket(log, "2016-11-02T09:00"), "2026-11-02T09:00") == [
        f"respond breached {worked + 262 * 480}/60 02T10:00",
        f"update breached {worked}/240 02T14:00 !1",
        f"resolve breached {worked}/480 02T18:00",
    ]


# --- which target ------------------------------------------------------------------------------

CHOICE = """\
format: 1
timezone: Asia/Shanghai
calendars:
  office: {hours: {mon-fri: ["09:00-18:00"]}}
  late: {hours: {mon-fri: ["14:00-22:00"]}}
calendar: office
teams: {network: {calendar: late}, systems: {}}
kinds: [incident, request]
categories: {network: [vpn, wifi], networking: []}
impacts: [department, person]
urgencies: [high, low]
matrix: {department: [P1, P2], person: [P3, P4]}
targets:
- {name: major, when: {major: true}, resolve: 1h, calendar: 24x7}
- {name: old, when: {priority: P1}, until: 2026-06-30, resolve: 2h}
- {name: new, when: {priority: P1}, from: 2026-07-01, until: 2026-12-31, resolve: 3h}
- {name: network, when: {category: network, kind: [incident, request]}, resolve: 4h}
- {name: finance, when: {department: finance, priority: [P2, P3]}, resolve: 5h}
- {name: team, when: {team: network}, resolve: 6h, calendar: office}
- {name: first, when: {priority: P4}, resolve: 7h}
- {name: second, when: {priority: P4}, resolve: 8h}
"""
CHOICES = policy.load(CHOICE).promises


@pytest.mark.parametrize(
    ("head", "name", "calendar"),
    [
        ({"major": True, "priority": "P1", "team": "network"}, "major", "24x7"),
        ({"priority": "P1", "opened": "2026-06-30T23:59:00+08:00"}, "old", "office"),
        ({"priority": "P1", "opened": "2026-07-01T00:00:00+08:00"}, "new", "office"),
        ({"priority": "P1", "opened": "2026-12-31T23:59:00+08:00"}, "new", "office"),
        ({"priority": "P1", "opened": "2027-01-01T00:00:00+08:00"}, "none", "office"),
        ({"category": "network", "kind": "request"}, "network", "office"),
        ({"category": "network/vpn", "kind": "incident", "team": "network"}, "network", "late"),
        ({"category": "networking", "kind": "incident"}, "none", "office"),
        ({"category": "network/vpn", "kind": "problem"}, "none", "office"),
        ({"category": "network/vpn"}, "none", "office"),
        ({"priority": "P3", "requester": {"department": "Finance"}}, "finance", "office"),
        ({"priority": "P3", "requester": {"department": "Sales"}}, "none", "office"),
        ({"priority": "P4", "requester": {"department": "Finance"}}, "first", "office"),
        ({"priority": "P2", "requester": {"name": "Finance"}}, "none", "office"),
        ({"priority": "P2", "requester": "Finance"}, "none", "office"),
        ({"team": "network"}, "team", "office"),
        ({"team": "systems"}, "none", "office"),
        ({"team": "gone"}, "none", "office"),
        ({"priority": "p4"}, "first", "office"),
        ({"priority": ["P4"]}, "none", "office"),
        ({"major": False}, "none", "office"),
        ({}, "none", "office"),
    ],
)
def test_the_first_target_that_fits_and_its_calendar(
    head: dict[str, Any], name: str, calendar: str
):
    for _ in range(2):  # the second answer is remembered
        target, hours = CHOICES.of({"opened": "2026-11-02T09:00:00+08:00", **head})
        assert (target.name, hours.name) == (name, calendar)


def test_what_was_promised_before_stays_when_new_targets_begin():
    old = ticket("", "2026-06-30T09:00", priority="P1")
    assert shown(old, "2026-06-30T10:00", CHOICES) == ["resolve running 60/120 30T11:00"]


# --- faults of other desks ---------------------------------------------------------------------


def test_glpi_6902_a_pause_counts_when_the_target_changes_during_it():
    """There, a new target that came while a ticket was pending took no account of the pending
    time, so a ticket that nobody could work on was late.
    """
    log = "02T09:10 reply\n02T10:00 " + HOLD + "requester\n02T17:00 classify priority=P1"
    assert shown(ticket(log), "05T10:00") == [
        "respond met 10/30 02T09:30", "update paused 50/60 -", "resolve paused 60/240 -",
    ]  # fmt: skip
    resumed = log + "\n05T10:00 " + RESUME
    assert shown(ticket(resumed), "05T10:30") == [
        "respond met 10/30 02T09:30", "update breached 80/60 05T10:10 !1",
        "resolve running 90/240 05T13:00",
    ]  # fmt: skip


def test_glpi_15605_a_pause_counts_when_the_priority_changes_after_it():
    """There, a change of priority after a hold of days reckoned the new target from the opening
    as if the ticket had never been on hold.
    """
    log = "02T09:10 reply\n02T10:00 " + HOLD + "vendor\n05T10:00 " + RESUME
    before, after = ticket(log), ticket(log + "\n05T11:00 classify priority=P3")
    assert shown(before, "05T11:00")[-1] == "resolve running 120/480 05T18:00"
    assert shown(after, "05T11:00") == ["resolve running 120/960 06T18:00"]


def test_glpi_23359_time_between_resolution_and_reopening_is_no_pause():
    """There, the time for which a ticket stood solved before somebody reopened it was reckoned as
    time pending.
    """
    log = "02T09:10 reply\n02T10:00 " + RESOLVE + "\n04T10:00 " + REOPEN
    held = log + "\n04T11:00 " + HOLD + "requester\n04T15:00 " + RESUME
    assert shown(ticket(log), "04T11:00")[-1] == "resolve running 120/480 04T18:00"
    assert shown(ticket(held), "04T16:00")[-1] == "resolve running 180/480 05T12:00"
    resolved = ticket(held + "\n04T16:00 " + RESOLVE)
    found = summary.summarise(
        [facts.case(resolved)],
        now=at("20T09:00"),
        since=None,
        until=None,
        zone=ZONE,
        promises=PROMISES,
    )["measures"]
    on_hold = found["resolution_median"]["value"] - found["work_median"]["value"]
    assert on_hold == 4 * 3600


def test_glpi_24481_a_ticket_on_hold_is_not_breached():
    """There, a ticket that was pending with a reason became late all the same."""
    log = "02T09:10 reply\n02T10:00 " + HOLD + "requester"
    for now in ("02T18:01", "03T18:00", "30T18:00", "2027-11-30T18:00"):
        assert shown(ticket(log), now) == [
            "respond met 10/60 02T10:00", "update paused 50/240 -", "resolve paused 60/480 -",
        ]  # fmt: skip


def test_osticket_3034_the_status_decides_whether_the_clock_stands_still():
    """There, no status can pause a due date, so a ticket on hold for parts is marked overdue."""
    log = "02T09:10 reply\n02T10:00 " + HOLD + "vendor\n04T10:00 " + RESUME
    assert shown(ticket(log), "03T18:00")[-1] == "resolve paused 60/480 -"
    assert shown(ticket(log), "04T10:00")[-1] == "resolve running 60/480 04T18:00"
    waits = "02T10:00 " + HOLD + "change"
    assert shown(ticket(waits), "03T18:00")[-1] == "resolve breached 960/480 02T18:00"


def test_zammad_5177_a_short_update_target_leaves_the_response_its_time():
    """There, an update target shorter than the response target took the place of the first
    response's due date. Here that cannot be promised, and each clock has its own due time.
    """
    with pytest.raises(DamagedError, match="'update' is shorter than 'respond'"):
        policy.load(DESK.replace("respond: 1h, update: 4h", "respond: 4h, update: 1h"))
    promises = policy.load(DESK.replace("respond: 1h, update: 4h", "respond: 4h, update: 4h"))
    clocks = shown(ticket(), "02T10:30", promises.promises)
    assert clocks[:2] == ["respond running 90/240 02T14:00", "update running 90/240 02T14:00"]
