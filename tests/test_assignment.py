"""Whom a ticket is given to, and why; who works when."""

import heapq
import json
import math
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest

from desk import assignment, dates, lifecycle, model, policy
from desk.assignment import Choice
from desk.errors import RefusedError
from desk.lifecycle import Act
from desk.model import Ticket
from desk.policy import Policy

ZONE = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=ZONE)
ID = "T-261123-A0001"
POLICY = """\
format: 1
timezone: Asia/Shanghai
people:
  chen: {teams: [service-desk], skills: [windows], capacity: 10}
  sam: {teams: [service-desk], skills: [windows, printers], capacity: 5}
  ana: {teams: [service-desk], tier: 2, capacity: 10}
  lin: {teams: [network], skills: [vpn], hours: late, away: [2026-11-24..2026-11-26]}
teams:
  service-desk: {tier: 1, categories: [hardware]}
  network: {tier: 2, categories: [network]}
  carrier: {tier: 3, vendor: true, categories: [network/internet]}
kinds: [incident]
channels: [phone]
categories: {hardware: [printer], network: [vpn, internet], data: []}
impacts: [person]
urgencies: [low]
matrix: {person: [P4]}
defaults: {kind: incident, channel: phone, impact: person, urgency: low}
calendars:
  office: {hours: {mon-fri: [09:00-18:00]}}
  late: {timezone: Europe/Berlin, hours: {mon-fri: [09:00-18:00]}}
calendar: office
"""
PRINTERS = "assignment: [{when: {category: hardware/printer}, skills: [printers]}]\n"
SENIOR = "assignment: [{name: hard ones, when: {category: hardware}, tier: 2}]\n"


def rules(text: str = "") -> Policy:
    return policy.load(POLICY + text)


def opened(number: str = ID, **fields: model.Value) -> Ticket:
    act = Act("chen", MONDAY, rules())
    return lifecycle.opened(number, act, "Printer jams", fields=fields)[0]


def chosen(
    ticket: Ticket, text: str = "", now: datetime = MONDAY, **load: int
) -> tuple[str, str, str, tuple[str, ...]]:
    choice = assignment.chosen(ticket, rules(text), load, now)
    return choice.team, choice.person, choice.because, choice.passed_over


# --- the team ------------------------------------------------------------------------------


def test_the_team_is_that_of_the_first_rule_that_fits():
    text = """\
assignment:
- {when: {category: network}, team: service-desk}
- {name: all of it, when: {}, team: network}
"""
    by_category = chosen(opened(category="network/vpn"), text, ana=9, chen=9)
    assert by_category == (
        "service-desk", "sam", "team service-desk by the rule for category network; "
        "has 0 of 5, the least load", ("ana has 9 of 10", "chen has 9 of 10"),
    )  # fmt: skip
    assert chosen(opened(category="data"), text, MONDAY.replace(hour=17)) == (
        "network", "lin", "team network by the rule for all of it; has 0 of 20, the only one free",
        (),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("category", "team", "to", "why"),
    [
        ("hardware", "", "service-desk", "team service-desk owns hardware"),
        ("hardware/printer", "network", "service-desk", "team service-desk owns hardware/printer"),
        ("network/vpn", "", "network", "team network owns network/vpn"),
        ("network/internet", "network", "carrier", "team carrier owns network/internet"),
        ("data", "network", "network", "team network has it"),
        ("", "service-desk", "service-desk", "team service-desk has it"),
    ],
)
def test_else_the_one_that_owns_the_category_else_the_tickets_own(category, team, to, why):
    found, _, because, _ = chosen(opened(category=category, team=team))
    assert (found, because.partition(";")[0]) == (to, why)


@pytest.mark.parametrize(("category", "named"), [("data", "data"), ("", "(none)")])
def test_where_no_team_is_responsible_it_is_refused(category: str, named: str):
    with pytest.raises(RefusedError) as refusal:
        chosen(opened(category=category))
    assert str(refusal.value) == (
        f"no assignment rule gives {ID} a team and none owns its category {named}; "
        "assign it with --to or --team, or add to desk.yaml"
    )


# --- the person ----------------------------------------------------------------------------


def test_it_goes_to_the_one_with_the_least_share_of_the_capacity_in_use():
    assert chosen(opened(category="hardware"), chen=4, sam=1, ana=3) == (
        "service-desk", "sam", "team service-desk owns hardware; has 1 of 5, the least load",
        ("ana has 3 of 10", "chen has 4 of 10"),
    )  # fmt: skip
    assert chosen(opened(category="hardware"), chen=1, sam=1, ana=3)[1] == "chen"


def test_the_skills_that_a_rule_asks_for_are_needed():
    assert chosen(opened(category="hardware/printer"), PRINTERS, sam=4) == (
        "service-desk", "sam",
        "team service-desk owns hardware/printer; has 4 of 5, the only one free",
        ("ana lacks printers", "chen lacks printers"),
    )  # fmt: skip
    both = PRINTERS.replace("[printers]", "[windows, printers]")
    assert chosen(opened(category="hardware/printer"), both)[3] == (
        "ana lacks windows, printers", "chen lacks printers",
    )  # fmt: skip


def test_the_tier_that_a_rule_asks_for_is_needed():
    assert chosen(opened(category="hardware"), SENIOR) == (
        "service-desk", "ana", "team service-desk owns hardware; has 0 of 10, the only one free",
        ("chen is of tier 1, not 2", "sam is of tier 1, not 2"),
    )  # fmt: skip


def test_who_has_as_many_as_their_capacity_has_enough():
    assert chosen(opened(category="hardware"), chen=9, sam=5, ana=11) == (
        "service-desk", "chen", "team service-desk owns hardware; has 9 of 10, the only one free",
        ("ana is full with 11 of 10", "sam is full with 5 of 5"),
    )  # fmt: skip


def test_where_nobody_is_free_the_ticket_waits_for_the_team():
    assert chosen(opened(category="hardware"), chen=10, sam=5, ana=10) == (
        "service-desk", "", "team service-desk owns hardware; nobody of it is free",
        ("ana is full with 10 of 10", "chen is full with 10 of 10", "sam is full with 5 of 5"),
    )  # fmt: skip
    assert chosen(opened(category="network/internet")) == (
        "carrier", "",
        "team carrier owns network/internet; it has no members in desk.yaml", (),
    )  # fmt: skip


def test_who_is_away_or_off_shift_gets_none():
    ticket = opened(category="network")
    berlin = datetime(2026, 11, 23, 9, 0, tzinfo=BERLIN)
    assert chosen(ticket, now=berlin)[1:] == (
        "lin", "team network owns network; has 0 of 20, the only one free", (),
    )  # fmt: skip
    early = chosen(ticket, now=berlin - timedelta(seconds=1))
    away = chosen(ticket, now=berlin + timedelta(days=1))
    assert (early[1], early[3]) == ("", ("lin is off shift",))
    assert (away[1], away[3]) == ("", ("lin is away until 2026-11-26",))


def test_a_ticket_is_no_load_to_the_one_who_has_it():
    """Else it would go back and forth between two who have the same."""
    ticket = opened(category="hardware", assignee="chen")
    assert chosen(ticket, chen=10, sam=5, ana=10) == (
        "service-desk", "chen", "team service-desk owns hardware; has 9 of 10, the only one free",
        ("ana is full with 10 of 10", "sam is full with 5 of 5"),
    )  # fmt: skip
    waits = lifecycle.held(ticket, Act("chen", MONDAY, rules()), waiting_for="vendor", until=None)
    assert chosen(waits, chen=10, sam=5, ana=10)[1] == "", "on hold it was none before"


def test_between_equals_a_hash_of_ticket_and_person_decides_the_same_for_everybody():
    tickets = [opened(f"T-261123-{number:05}", category="hardware") for number in range(300)]
    by = rules()
    shares = Counter(assignment.chosen(one, by, {}, MONDAY).person for one in tickets)
    # Each gets a binomial share, of standard deviation 8.
    assert sorted(shares) == ["ana", "chen", "sam"]
    assert all(abs(count - 100) <= 4 * math.sqrt(300 * 1 / 3 * 2 / 3) for count in shares.values())


def test_load_is_what_is_live_and_does_not_wait_for_others():
    act = Act("chen", MONDAY, rules())
    mine = opened(category="hardware", assignee="chen")
    tickets = [
        mine,
        lifecycle.held(mine, act, waiting_for="vendor", until=None),
        lifecycle.resolved(mine, act, solution="x"),
        lifecycle.cancelled(mine, act, "by mistake"),
        lifecycle.replied(mine, act, "soon"),
        opened(category="hardware", team="network"),
        opened(assignee="lin"),
    ]
    assert assignment.loads(tickets) == {"chen": 2, "lin": 1}
    assert [assignment.counts(one) for one in tickets] == [
        True, False, False, False, True, True, True,
    ]  # fmt: skip


# --- when people work ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "moment", "reason"),
    [
        ("chen", "2026-11-23T08:59:59+08:00", "is off shift"),
        ("chen", "2026-11-23T09:00:00+08:00", ""),
        ("chen", "2026-11-23T17:59:59+08:00", ""),
        ("chen", "2026-11-23T18:00:00+08:00", "is off shift"),
        ("chen", "2026-11-22T10:00:00+08:00", "is off shift"),
        ("chen", "2026-11-23T02:00:00Z", ""),
        ("lin", "2026-11-23T17:59:59+01:00", ""),
        ("lin", "2026-11-23T23:59:59+01:00", "is off shift"),
        ("lin", "2026-11-24T06:59:59+08:00", "is off shift"),
        ("lin", "2026-11-24T07:00:00+08:00", "is away until 2026-11-26"),
        ("lin", "2026-11-26T23:59:59+01:00", "is away until 2026-11-26"),
        ("lin", "2026-11-27T00:00:00+01:00", "is off shift"),
        ("lin", "2026-11-27T09:00:00+01:00", ""),
    ],
)
def test_a_person_works_in_their_hours_of_their_zone_but_not_on_days_away(who, moment, reason):
    assert rules().people[who].off_shift(datetime.fromisoformat(moment)) == reason


# --- fairness over many arrivals -----------------------------------------------------------


@dataclass(frozen=True)
class Worker:
    """Somebody of a simulated desk, with the hours that the test itself reckons by."""

    teams: tuple[str, ...]
    skills: tuple[str, ...]
    tier: int
    capacity: int
    zone: ZoneInfo
    away: tuple[tuple[date, date], ...] = ()

    def absent(self, now: datetime) -> date | None:
        """The last day of the absence, if they are away."""
        today = now.astimezone(self.zone).date()
        return next((last for first, last in self.away if first <= today <= last), None)

    def on_shift(self, now: datetime) -> bool:
        """By the clock on the wall where they are."""
        there = now.astimezone(self.zone)
        return there.weekday() < 5 and any(a <= there.hour < b for a, b in HOURS[self.zone])


def week(year: int, number: int) -> tuple[date, date]:
    return date.fromisocalendar(year, number, 1), date.fromisocalendar(year, number, 5)


HOURS = {ZONE: ((9, 12), (13, 18)), BERLIN: ((8, 17),)}
EQUALS = ("ai", "bo", "cy", "di")
SERVICE, NETWORK, SYSTEMS = TEAMS = ("service-desk", "network", "systems")
WORKERS: Mapping[str, Worker] = {
    **dict.fromkeys(EQUALS, Worker((SERVICE,), ("windows",), 1, 12, ZONE)),
    "eva": Worker((SERVICE,), ("windows", "printers"), 1, 6, BERLIN),
    "fay": Worker((SERVICE,), ("printers",), 2, 10, ZONE, (week(2026, 41), week(2026, 46))),
    "gus": Worker((NETWORK,), ("vpn", "wifi"), 2, 8, BERLIN),
    "hal": Worker((NETWORK,), ("vpn",), 3, 8, ZONE, (week(2026, 43), week(2026, 45))),
    "ida": Worker((NETWORK, SERVICE), ("wifi",), 2, 4, BERLIN),
    "jon": Worker((SYSTEMS,), ("linux",), 2, 15, ZONE),
    "kim": Worker((SYSTEMS,), ("linux", "backup"), 3, 5, BERLIN, (week(2026, 39),)),
    "lou": Worker((SYSTEMS,), (), 2, 10, ZONE),
}


class Kind(NamedTuple):
    """What comes in: how often, for which team, and what its assignment rule asks for."""

    weight: int
    team: str
    skills: tuple[str, ...] = ()
    tier: int = 1


KINDS: Mapping[str, Kind] = {
    "hardware": Kind(30, SERVICE),
    "printer": Kind(10, SERVICE, ("printers",)),
    "software": Kind(15, SERVICE, ("windows",)),
    "network": Kind(12, NETWORK),
    "vpn": Kind(10, NETWORK, ("vpn",), 2),
    "core": Kind(3, NETWORK, ("vpn",), 3),
    "data": Kind(12, SYSTEMS, (), 2),
    "backup": Kind(7, SYSTEMS, ("linux", "backup"), 2),
    "nobody": Kind(1, ""),
}


def simulated_policy() -> Policy:
    """The desk of those people; the network's tickets go by rule, the others by category."""
    people = {
        who: {
            "teams": list(one.teams), "skills": list(one.skills), "tier": one.tier,
            "capacity": one.capacity, "hours": one.zone.key.rpartition("/")[2],
            "away": [f"{first}..{last}" for first, last in one.away],
        }
        for who, one in WORKERS.items()
    }  # fmt: skip
    teams = {
        team: {"categories": [k for k, kind in KINDS.items() if kind.team == team != NETWORK]}
        for team in TEAMS
    }
    calendars = {
        zone.key.rpartition("/")[2]: {
            "timezone": zone.key,
            "hours": {"mon-fri": [f"{start:02}:00-{end:02}:00" for start, end in spans]},
        }
        for zone, spans in HOURS.items()
    }
    assign = [
        {"when": {"category": name}, "skills": list(kind.skills), "tier": kind.tier}
        | ({"team": NETWORK} if kind.team == NETWORK else {})
        for name, kind in KINDS.items()
        if kind.team
    ]
    categories: dict[str, list[str]] = {name: [] for name in KINDS}
    return policy.load(
        json.dumps(
            {
                "format": 1, "people": people, "teams": teams, "calendars": calendars,
                "categories": categories, "assignment": assign,
            }
        )
    )  # fmt: skip


class Simulation:
    """Tickets that come at random for some weeks and are resolved after random times.

    What nobody is free for is offered again some hours later. `load` is kept as
    `desk assign --auto` keeps it.
    """

    def __init__(self, seed: int, arrivals: int) -> None:
        self.random = random.Random(seed)
        self.policy = simulated_policy()
        self.load: dict[str, int] = {}
        self.got: Counter[str] = Counter()
        self.choices = 0
        self.peak = 0.0
        self.refused: set[str] = set()
        self.waited: set[str] = set()
        self.tickets = {ticket.id: ticket for ticket in self._arriving(arrivals)}

    def _arriving(self, arrivals: int) -> Iterator[Ticket]:
        """A Poisson process, by day (from seven to twenty o'clock) three times as dense."""
        now, count = datetime(2026, 9, 14, tzinfo=ZONE), 0
        weights = [kind.weight for kind in KINDS.values()]
        while count < arrivals:
            now += self._hours(self.random.expovariate(8))
            if 7 <= now.hour < 20 or self.random.random() < 1 / 3:
                head = {"id": f"T-{now:%y%m%d}-{count:05}", "title": "x", "status": "new"}
                head["category"] = self.random.choices(list(KINDS), weights)[0]
                yield Ticket({**head, "opened": dates.stamp(now)}, ())
                count += 1

    def run(self) -> None:
        """All of it in order of time, each choice checked."""
        due = [(ticket.opened, number) for number, ticket in self.tickets.items()]
        heapq.heapify(due)
        while due:
            now, number = heapq.heappop(due)
            ticket = self.tickets[number]
            if ticket.text("assignee"):
                act = Act("chen", now, self.policy)
                self._becomes(lifecycle.resolved(ticket, act, solution="Done"))
            elif self._offered(ticket, now):
                later = now + self._hours(self.random.expovariate(1 / 3))
                heapq.heappush(due, (later, number))
            elif number not in self.refused:
                later = now + self._hours(self.random.uniform(2, 12))
                heapq.heappush(due, (later, number))

    @staticmethod
    def _hours(hours: float) -> timedelta:
        return timedelta(seconds=round(hours * 3600))

    def _offered(self, ticket: Ticket, now: datetime) -> bool:
        """Whether somebody was chosen for the ticket."""
        try:
            choice = assignment.chosen(ticket, self.policy, self.load, now)
        except RefusedError:
            assert not KINDS[ticket.text("category")].team
            self.refused.add(ticket.id)
            return False
        self.choices += 1
        check(choice, KINDS[ticket.text("category")], self.load, now)
        if not choice.person:
            self.waited.add(ticket.id)
            return False
        act = Act("chen", now, self.policy)
        after = lifecycle.assigned(ticket, act, to=choice.person, team=choice.team)
        self.got[choice.person] += 1
        self._becomes(after)
        return True

    def _becomes(self, after: Ticket) -> None:
        for one, number in ((self.tickets[after.id], -1), (after, 1)):
            if assignment.counts(one) and (person := one.text("assignee")):
                self.load[person] = self.load.get(person, 0) + number
                self.peak = max(self.peak, share(person, self.load))
        self.tickets[after.id] = after


def check(choice: Choice, kind: Kind, load: Mapping[str, int], now: datetime) -> None:
    """The choice is a fair one, and each other member was passed over for a true reason."""
    assert choice.team == kind.team
    members = {who for who, one in WORKERS.items() if choice.team in one.teams}
    reasons = dict(one.split(" ", 1) for one in choice.passed_over)
    assert sorted([*reasons, *filter(None, [choice.person])]) == sorted(members)
    free = {who: share(who, load) for who in members if is_free(who, kind, load, now)}
    for who, reason in reasons.items():
        assert reason in reasons_for(who, kind, load, now), (who, reason)
    if not free:
        assert choice.person == ""
        assert choice.because.endswith("; nobody of it is free")
        return
    assert free[choice.person] == min(free.values())
    drawn = ", by lot" if list(free.values()).count(free[choice.person]) > 1 else ""
    most = "the only one free" if len(free) == 1 else f"the least load{drawn}"
    has = f"has {load.get(choice.person, 0)} of {WORKERS[choice.person].capacity}"
    assert choice.because.partition("; ")[2] == f"{has}, {most}"
    assert choice.team in choice.because.partition("; ")[0]


def share(who: str, load: Mapping[str, int]) -> float:
    return load.get(who, 0) / WORKERS[who].capacity


def is_free(who: str, kind: Kind, load: Mapping[str, int], now: datetime) -> bool:
    one = WORKERS[who]
    able = set(kind.skills) <= set(one.skills) and one.tier >= kind.tier
    return able and share(who, load) < 1 and one.on_shift(now) and not one.absent(now)


def reasons_for(who: str, kind: Kind, load: Mapping[str, int], now: datetime) -> set[str]:
    """All that is true of somebody and would be a reason; for who is free, what they have."""
    one, number = WORKERS[who], load.get(who, 0)
    lacking = ", ".join(skill for skill in kind.skills if skill not in one.skills)
    if is_free(who, kind, load, now):
        return {f"has {number} of {one.capacity}"}
    found = {
        f"lacks {lacking}": bool(lacking),
        f"is of tier {one.tier}, not {kind.tier}": one.tier < kind.tier,
        f"is full with {number} of {one.capacity}": number >= one.capacity,
        f"is away until {one.absent(now)}": bool(one.absent(now)),
        "is off shift": not one.on_shift(now),
    }
    return {reason for reason, true in found.items() if true}


def test_ten_thousand_arrivals_are_shared_fairly(figures: Callable[[str], None]):
    """Among equals the numbers are as even as chance allows.

    Who is free at the same time has the same load, give or take one, and tickets are resolved
    after times that know nothing of who has them. So which of the four equals resolves the next
    one is as good as drawn, and the number of each is binomial: n/4, with a standard deviation
    of the root of n/4 · 3/4. More than four of them off is one run in some thousands.
    """
    desk = Simulation(seed=7, arrivals=10_000)
    desk.run()
    left = {who: number for who, number in desk.load.items() if number}
    assert assignment.loads(desk.tickets.values()) == left == {}
    assert sum(desk.got.values()) + len(desk.refused) == 10_000
    assert set(desk.got) == set(WORKERS)
    equal = [desk.got[who] for who in EQUALS]
    bound = 4 * math.sqrt(sum(equal) * 3 / 16)
    assert all(abs(number - sum(equal) / 4) <= bound for number in equal)
    assert desk.peak == 1, "some were full, and nobody more than that"
    figures(
        f"Automatic assignment: {len(desk.tickets)} arrivals, {desk.choices} choices, 0 at fault; "
        f"load up to {desk.peak:.0%} of capacity; four equals got {min(equal)} to {max(equal)} "
        f"(allowed {sum(equal) / 4:.0f} ± {bound:.0f}); {len(desk.refused)} refused, "
        f"{len(desk.waited)} waited"
    )
