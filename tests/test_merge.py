"""Copies of a record made one, whatever people and `desk tick` did in each of them."""

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import reduce
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk import codec, lifecycle, merge, model, policy, timerules
from desk.errors import RefusedError, UsageError
from desk.lifecycle import Act
from desk.model import Event, Record, Ticket
from tests import strategies

# --- two logs ------------------------------------------------------------------------------

BASE = """\
id: T-261123-7K3FQ
title: VPN drops every hour
status: on_hold
waiting_for: requester
until: 2026-11-26T09:00:00+08:00
team: network
assignee: lin
opened: 2026-11-23T09:00:00+08:00
description: Since Monday.
log:
- n: 1
  at: 2026-11-23T09:00:00+08:00
  by: lin
  did: open
  change:
    title: [null, VPN drops every hour]
    status: [null, in_progress]
    team: [null, network]
    assignee: [null, lin]
    opened: [null, 2026-11-23T09:00:00+08:00]
- n: 2
  at: 2026-11-23T09:30:00+08:00
  by: lin
  did: hold
  change:
    status: [in_progress, on_hold]
    waiting_for: [null, requester]
    until: [null, 2026-11-26T09:00:00+08:00]
"""
OURS = """\
- n: 3
  at: 2026-11-24T10:00:00+08:00
  by: lin
  did: note
  text: 他说还在重启
- n: 4
  at: 2026-11-26T09:00:00+08:00
  by: desk
  did: resume
  change:
    status: [on_hold, in_progress]
    waiting_for: [requester, null]
    until: [2026-11-26T09:00:00+08:00, null]
  rule: hold-end
  because: the date of the hold has come
  outbox:
  - to: lin
    about: the date of the hold has come
"""
THEIRS = """\
- n: 3
  at: 2026-11-26T09:00:00+08:00
  by: desk
  did: resume
  change:
    status: [on_hold, in_progress]
    waiting_for: [requester, null]
    until: [2026-11-26T09:00:00+08:00, null]
  rule: hold-end
  because: the date of the hold has come
  outbox:
  - to: lin
    about: the date of the hold has come
- n: 4
  at: 2026-11-26T11:00:00+08:00
  by: chen
  did: assign
  change:
    assignee: [lin, chen]
"""
BOTH = """\
id: T-261123-7K3FQ
title: VPN drops every hour
status: in_progress
team: network
assignee: chen
opened: 2026-11-23T09:00:00+08:00
description: Since Monday.
"""


def record(text: str) -> Record:
    """The record of a file, its head as its log leaves it."""
    found = codec.load(text)
    return replace(found, head=model.fold(found.log, model.origin(codec.load(BASE))))


def events_of(text: str) -> list[str]:
    return ["- n: " + one for one in text.partition("log:\n")[2].split("- n: ")[1:]]


def test_both_logs_are_one_and_what_the_same_rule_wrote_twice_stays_once():
    ours, theirs = record(BASE + OURS), record(BASE + THEIRS)
    both = codec.dump(merge.merged(ours, theirs))
    note, _ = events_of("log:\n" + OURS)
    resume, assign = events_of("log:\n" + THEIRS)
    assert both == BOTH + "log:\n" + "".join([*events_of(BASE), note, resume, assign])
    assert codec.dump(merge.merged(theirs, ours)) == both


def test_two_moments_of_a_rule_and_two_rules_of_a_moment_are_different_events():
    first, later = (record(BASE + OURS.replace("26T09", day)) for day in ("26T09", "27T09"))
    other = record(BASE + OURS.replace("rule: hold-end", "rule: another"))
    assert [one.n for one in merge.merged(first, later).log] == [1, 2, 3, 4, 4]
    assert [one.n for one in merge.merged(first, other).log] == [1, 2, 3, 4, 4]
    assert merge.merged(first, first) == first


def test_the_moment_of_a_rule_is_the_same_in_another_zone():
    ours = record(BASE + OURS)
    west = record(BASE + OURS.replace("at: 2026-11-26T09:00:00+08:00", "at: 2026-11-26T01:00:00Z"))
    assert [one.n for one in merge.merged(ours, west).log] == [1, 2, 3, 4]
    assert merge.merged(ours, west) == merge.merged(west, ours)


def test_the_same_word_of_two_people_in_the_same_second_stands_twice():
    ours = record(BASE + OURS)
    theirs = record(BASE + OURS.replace("by: lin\n  did: note", "by: chen\n  did: note"))
    assert [(one.n, one.by) for one in merge.merged(ours, theirs).log] == [
        (1, "lin"), (2, "lin"), (3, "chen"), (3, "lin"), (4, "desk"),
    ]  # fmt: skip


def test_a_rule_that_is_no_text_is_an_event_like_any_other():
    log = (Event(1, "2026-11-23T09:00:00+08:00", "x", "note", {}, {"rule": ["a"]}),)
    assert merge.union(log, log) == log


def logs() -> st.SearchStrategy[tuple[Event, ...]]:
    """Any events at all, among them such as rules write for a few moments."""
    moments = st.sampled_from(("2026-11-23T09:00:00+08:00", "2026-11-23T01:00:00Z",
                               "2026-11-23T09:00:01+08:00"))  # fmt: skip
    by_rule = st.builds(
        lambda n, at, rule, text: Event(n, at, "desk", "tell", {}, {"rule": rule, "text": text}),
        st.integers(1, 4), moments, st.sampled_from("ab"), st.sampled_from("xy"),
    )  # fmt: skip
    return st.lists(strategies.events() | by_rule, max_size=6).map(tuple)


@given(logs(), logs(), logs())
def test_the_union_of_logs_does_not_depend_on_their_order(one, two, three):
    whole = merge.union(one, two, three)
    for logs in itertools.permutations((one, two, three)):
        assert merge.union(*logs) == whole
        assert reduce(merge.union, logs) == whole
    assert merge.union(whole, one) == whole
    contents = {single.content() for single in whole}
    rules = {(single.text("rule"), single.when) for single in whole if single.text("rule")}
    for single in (*one, *two, *three):
        assert single.content() in contents or (single.text("rule"), single.when) in rules


_VALUES = st.sampled_from(("x", "y", 1, ["x"]))
HEADS = st.fixed_dictionaries({}, optional={"description": _VALUES, "asset": _VALUES})


@given(st.lists(strategies.lived(), min_size=3, max_size=3), st.tuples(HEADS, HEADS, HEADS))
def test_merging_does_not_depend_on_the_order_even_where_a_field_is_in_no_log(tickets, heads):
    start = next(iter(tickets))
    one, two, three = (
        replace(start, head=model.fold(ticket.log, head), log=ticket.log)
        for ticket, head in zip(tickets, heads, strict=True)
    )
    assert merge.merged(one, two) == merge.merged(two, one)
    both, others = merge.merged(one, two), merge.merged(two, three)
    assert merge.merged(both, three) == merge.merged(one, others)
    for ticket in (one, two, three):
        assert merge.merged(ticket, ticket) == ticket


# --- copies of a desk in which people work and time passes ---------------------------------

ZONE = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 11, 23, 9, 0, tzinfo=ZONE)
SOON, LATER = START + timedelta(days=2), START + timedelta(days=9)
NUMBERS = ("T-261123-A0001", "T-261123-A0002", "T-261123-A0003")


def _clock_rules() -> str:
    """Every clock at 50, 75 and 100 % with something to do, some with a condition."""
    does = itertools.cycle(("tell-assignee", "tell-manager", "raise-tier", "hand-on"))
    shares = itertools.product(("respond", "update", "resolve"), ("50%", "75%", "100%"))
    lines = [
        f"  - {{clock: {clock}, at: {share}, do: {do}}}"
        for (clock, share), do in zip(shares, does, strict=False)
    ]
    lines += [
        "  - {clock: resolve, at: 100%, do: hand-on, when: {priority: [P1, P2]}}",
        "  - {name: waiting, clock: update, at: 50%, do: tell-manager, when: {team: network}}",
        "  - {clock: resolve, at: 75%, do: tell-assignee}",
    ]
    return "\n".join(lines)


POLICY = f"""\
format: 1
timezone: Asia/Shanghai
people:
  chen: {{teams: [service-desk], manager: zhao}}
  lin: {{teams: [network, service-desk], manager: zhao}}
  omar: {{teams: [systems]}}
  zhao: {{teams: [service-desk]}}
teams:
  service-desk: {{tier: 1, lead: zhao, escalates_to: network}}
  network: {{tier: 2, lead: lin, escalates_to: systems, categories: [network], calendar: early}}
  systems: {{tier: 3, escalates_to: service-desk, calendar: 24x7}}
kinds: [incident]
channels: [phone]
categories: {{network: [], data: []}}
impacts: [organisation, person]
urgencies: [high, low]
matrix: {{organisation: [P1, P2], person: [P3, P4]}}
defaults: {{kind: incident, channel: phone, impact: person, urgency: low, team: service-desk}}
codes: [fixed]
calendars:
  office: {{hours: {{mon-fri: [09:00-12:00, 13:30-18:00]}}}}
  early: {{timezone: Europe/Berlin, hours: {{mon-sat: [06:00-14:00]}}}}
calendar: office
targets:
  - {{when: {{major: true}}, respond: 15m, update: 30m, resolve: 4h, calendar: 24x7}}
  - {{when: {{priority: P1}}, respond: 1h, update: 2h, resolve: 8h}}
  - {{when: {{team: network}}, respond: 4h, update: 8h, resolve: 16h}}
  - {{respond: 8h, update: 12h, resolve: 30h}}
rules:
{_clock_rules()}
stale_after: 3d
remind_before: 1d
close_after: 2d
survey: {{after: 1d, every: 30d}}
major:
  - {{when: {{priority: P1}}, do: declare, plan: KB-261101-PPPPP}}
  - {{when: {{impact: organisation}}, do: propose}}
"""
RULES = policy.load(POLICY)

Verb = Callable[[Ticket, Act], Ticket]
VERBS: Mapping[str, Verb] = {
    "assign chen": lambda t, act: lifecycle.assigned(t, act, to="chen"),
    "assign lin": lambda t, act: lifecycle.assigned(t, act, to="lin"),
    "assign network": lambda t, act: lifecycle.assigned(t, act, team="network"),
    "assign desk": lambda t, act: lifecycle.assigned(t, act, team="service-desk"),
    "note": lambda t, act: lifecycle.noted(t, act, "tried"),
    "reply": lambda t, act: lifecycle.replied(t, act, "We are on it."),
    "hold soon": lambda t, act: lifecycle.held(t, act, waiting_for="requester", until=SOON),
    "hold later": lambda t, act: lifecycle.held(t, act, waiting_for="requester", until=LATER),
    "hold vendor": lambda t, act: lifecycle.held(
        t, act, waiting_for="vendor", until=act.at + timedelta(days=1)
    ),
    "hold": lambda t, act: lifecycle.held(t, act, waiting_for="change", until=None),
    "resume": lifecycle.resumed,
    "resolve": lambda t, act: lifecycle.resolved(t, act, solution="New certificate", code="fixed"),
    "close": lifecycle.closed,
    "reopen": lambda t, act: lifecycle.reopened(t, act, "drops again"),
    "cancel": lambda t, act: lifecycle.cancelled(t, act, "by mistake"),
    "organisation": lambda t, act: lifecycle.classified(t, act, {"impact": "organisation"}),
    "person": lambda t, act: lifecycle.classified(t, act, {"impact": "person"}),
    "urgent": lambda t, act: lifecycle.classified(t, act, {"urgency": "high"}),
    "not urgent": lambda t, act: lifecycle.classified(t, act, {"urgency": "low"}),
    "network": lambda t, act: lifecycle.classified(t, act, {"category": "network"}),
    "by hand": lambda t, act: lifecycle.classified(t, act, {}, priority="P2", because="board"),
    "major": lambda t, act: lifecycle.classified(t, act, {}, major=True),
    "minor": lambda t, act: lifecycle.classified(t, act, {}, major=False),
    "escalate": lambda t, act: lifecycle.escalated(t, act, team="systems", because="stuck"),
    "escalate up": lambda t, act: lifecycle.escalated(t, act, up=True, because="stuck"),
    "survey": lambda t, act: lifecycle.surveyed(t, act, 4),
}
TICK = "tick"
# What happens more often than all verbs alike.
OFTEN = ("reply", "hold soon", "hold soon", "resolve", "resolve", "close", "resume", *(TICK,) * 12)
# Coarse, so that things often fall on the same moment in two copies.
GAPS = [timedelta(hours=hours) for hours in (0, 1, 4, 12, 24, 3 * 24, 10 * 24, 40 * 24)]
# So short that six of them are less than the thirty days within which surveys are sent.
SHORT = timedelta(days=3)
Step = tuple[timedelta, int, str]


@dataclass
class Copy:
    """Some tickets, and how late it is where they are; what rules forbid is left undone."""

    tickets: tuple[Ticket, ...]
    now: datetime

    def after(self, steps: Iterable[Step], late: timedelta = timedelta()) -> "Copy":
        """A copy in which that has been done too; its clock is set on by `late` first."""
        copy = replace(self, now=self.now + late)
        for gap, number, verb in steps:
            copy.now += gap
            if verb == TICK:
                copy.tick()
            else:
                copy.do(number, verb)
        return copy

    def do(self, number: int, verb: str) -> None:
        """What somebody does with one of the tickets."""
        act = Act("chen", self.now, RULES)
        try:
            after = VERBS[verb](self.tickets[number], act)
        except (RefusedError, UsageError):
            return
        self.tickets = (*self.tickets[:number], after, *self.tickets[number + 1 :])

    def tick(self) -> None:
        """All that fell due; a second run at the same moment finds nothing."""
        self.tickets = self._ticked()
        assert self._ticked() == self.tickets

    def _ticked(self) -> tuple[Ticket, ...]:
        pairs = timerules.tick(self.tickets, RULES, self.now, {})
        changed = {before.id: after for before, after in pairs}
        assert all(one.log != changed[one.id].log for one in self.tickets if one.id in changed)
        return tuple(changed.get(one.id, one) for one in self.tickets)  # type: ignore[misc]


def begun() -> Copy:
    """A new desk with three tickets, two of them of one requester."""
    act = Act("chen", START, RULES)
    names = ("li.wei@example.com", "li.wei@example.com", "ana@example.com")
    tickets = tuple(
        lifecycle.opened(number, act, "VPN drops", fields={"requester": {"email": name}})[0]
        for number, name in zip(NUMBERS, names, strict=True)
    )
    return Copy(tickets, START)


def merged(*copies: Copy) -> tuple[Ticket, ...]:
    """The tickets of some copies made one, from the first to the last."""
    columns = zip(*(copy.tickets for copy in copies), strict=True)
    return tuple(reduce(merge.merged, column) for column in columns)


def by_rule(ticket: Ticket) -> list[tuple[str, datetime]]:
    return [(one.rule, one.when) for one in ticket.log if one.rule]


def steps(max_size: int) -> st.SearchStrategy[list[Step]]:
    """What is done in a copy: how long after the step before, to which ticket, and what."""
    verbs = st.sampled_from((*VERBS, *OFTEN))
    return st.lists(st.tuples(st.sampled_from(GAPS), st.integers(0, 2), verbs), max_size=max_size)


MOMENTS = st.lists(st.sampled_from(GAPS), min_size=1, max_size=6)
LATE = st.sampled_from((timedelta(), timedelta(hours=3), timedelta(days=30), -timedelta(days=1)))


@given(steps(5), st.lists(st.tuples(LATE, steps(8)), min_size=3, max_size=3))
def test_copies_in_which_people_worked_and_time_passed_become_one(common, lives):
    """The clocks of the copies differ, and one may even be behind what happened before."""
    base = begun().after(common)
    one, two, three = copies = [base.after(done, late) for late, done in lives]
    both = merged(one, two)
    assert merged(two, one) == both
    assert merged(one, one) == one.tickets
    assert merged(replace(one, tickets=both), two) == both
    whole = merged(one, two, three)
    assert merged(one, replace(two, tickets=merged(two, three))) == whole
    assert merged(three, two, one) == whole
    for number, ticket in enumerate(whole):
        assert_whole(ticket, [copy.tickets[number] for copy in copies])
    for copy in copies:
        assert_settles(replace(copy, tickets=whole))
    latest = max(copy.now for copy in (base, *copies))
    assert_agrees(replace(base, tickets=whole, now=latest))


def assert_whole(ticket: Ticket, copies: Sequence[Ticket]) -> None:
    """Nothing is lost, nothing of a rule is there twice, and the head is the log."""
    written = by_rule(ticket)
    assert len(written) == len(set(written))
    contents = {one.content() for one in ticket.log}
    for one in itertools.chain(*(copy.log for copy in copies)):
        assert one.content() in contents or (one.rule, one.when) in written
    assert model.hand_edits(ticket) == {}
    assert codec.load(codec.dump(ticket)) == ticket


def assert_settles(copy: Copy) -> None:
    """After a tick another finds nothing, and the tick wrote nothing that was there before."""
    before = copy.tickets
    copy.tick()
    for was, ticket in zip(before, copy.tickets, strict=True):
        assert ticket.log[: len(was.log)] == was.log
        written = by_rule(ticket)
        assert len(written) == len(set(written))


def assert_agrees(copy: Copy) -> None:
    """Where nothing in the logs is of the future, it does not matter who ticks when."""
    soon, later = ticks(copy, [timedelta()]), ticks(copy, [timedelta(days=2)])
    both = without_invitations(merged(soon, later))
    assert both == without_invitations(later.tickets)
    assert both == without_invitations(ticks(soon, [timedelta(days=2)]).tickets)


def ticks(copy: Copy, gaps: Sequence[timedelta]) -> Copy:
    return copy.after((gap, 0, TICK) for gap in gaps)


def without_invitations(tickets: Iterable[Ticket]) -> list[Ticket]:
    """An invitation that is sent too late is not sent, so these depend on when ticks are."""
    return [
        replace(one, log=tuple(single for single in one.log if single.did != "invite"))
        for one in tickets
    ]


@pytest.mark.parametrize("in_time", [True, False])
@given(steps(12), MOMENTS)
def test_ticking_often_or_once_at_the_end_is_the_same(in_time: bool, done, gaps):
    base = begun().after(done)
    if in_time:  # for an invitation that nobody has missed before
        base.tick()
        gaps = [gap for gap in gaps if gap <= SHORT]
    often, once = ticks(base, gaps), ticks(base, [sum(gaps, timedelta())])
    assert without_invitations(often.tickets) == without_invitations(once.tickets)
    assert not in_time or often.tickets == once.tickets


@pytest.mark.parametrize("in_time", [True, False])
@given(steps(12), st.lists(MOMENTS, min_size=2, max_size=3))
def test_copies_that_only_ticked_become_what_one_tick_gives(in_time: bool, done, gaps):
    base = begun().after(done)
    if in_time:
        base.tick()
        gaps = [[gap for gap in some if gap <= SHORT] for some in gaps]
    copies = [ticks(base, some) for some in gaps]
    once = ticks(base, [max(copy.now for copy in copies) - base.now])
    assert without_invitations(merged(*copies)) == without_invitations(once.tickets)
    assert not in_time or merged(*copies) == once.tickets


# --- texts of several lines ----------------------------------------------------------------

ARTICLE = """\
id: KB-261123-7K3FQ
title: VPN drops
status: draft
owner: lin
body: |
  Check the cable.
  Restart the router.

  Call the vendor.
log:
- n: 1
  at: 2026-11-23T09:00:00+08:00
  by: lin
  did: new
  change:
    title: [null, VPN drops]
    status: [null, draft]
    owner: [null, lin]
    body:
    - null
    - |
      Check the cable.
      Restart the router.

      Call the vendor.
"""


def article(*bodies: tuple[str, str]) -> Record:
    """The article after edits of its body, each by somebody."""
    found = codec.load(ARTICLE)
    for minutes, (by, body) in enumerate(bodies, 1):
        found = found.add("edit", START + timedelta(minutes=minutes), by, {"body": body})
    return found


BODY = codec.load(ARTICLE).text("body")


def test_a_text_that_both_changed_merges_line_by_line():
    ours = article(("lin", BODY.replace("cable", "网线")), ("lin", BODY.replace("cable", "plug")))
    theirs = article(("chen", BODY + "Wait.\n"), ("chen", BODY + "Wait a day.\n"))
    both = merge.merged(ours, theirs)
    assert both.text("body") == BODY.replace("cable", "plug") + "Wait a day.\n"
    assert merge.merged(theirs, ours) == both
    assert (model.hand_edits(both), model.clashes(both)) == ({}, {})
    assert codec.load(codec.dump(both)) == both
    later = both.add("edit", LATER, "lin", {"body": "Short.\n"})
    assert merge.merged(later, theirs) == later
    third = article(("omar", BODY.replace("\n\n", "\nThen:\n")))
    assert merge.merged(both, third) == merge.merged(ours, merge.merged(theirs, third))
    whole = merge.merged(both, third).text("body")
    assert whole == both.text("body").replace("\n\n", "\nThen:\n")


def test_where_both_changed_the_same_lines_the_later_stands_and_the_clash_is_known():
    ours = article(("lin", BODY.replace("cable", "plug")))
    theirs = article(
        ("chen", BODY.replace("cable", "网线")), ("chen", BODY.replace("cable", "电缆"))
    )
    both = merge.merged(ours, theirs)
    assert both.text("body") == BODY.replace("cable", "电缆")
    assert {name: one.by for name, one in model.clashes(both).items()} == {"body": "chen"}
    texts = {
        value for one in both.log for _, value in one.change.values() if isinstance(value, str)
    }
    assert {ours.text("body"), theirs.text("body")} <= texts, "both are in the log"
    assert model.clashes(both.add("note", LATER, "lin", {})) != {}
    assert model.clashes(both.add("edit", LATER, "lin", {"body": "Cable and plug.\n"})) == {}
    assert model.clashes(both.add("renew", LATER, "lin", {})) == {}


def test_what_a_ticket_waits_for_goes_when_the_other_side_took_it_off_hold():
    base = codec.load(BASE)
    ours = base.add("resolve", SOON, "lin", {"status": "resolved", "waiting_for": None,
                                             "until": None})  # fmt: skip
    theirs = base.add("hold", SOON + timedelta(hours=1), "chen", {"waiting_for": "vendor"})
    both = merge.merged(ours, theirs)
    assert (both.status, both.text("waiting_for"), both.text("until")) == ("resolved", "", "")
    assert model.hand_edits(both) == {}
    assert merge.merged(theirs, ours) == both


# --- edits by hand, and two records of one id ------------------------------------------------


def edited(text: str, *pairs: tuple[str, str]) -> Record:
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new, 1)
    return codec.load(text)


def test_edits_by_hand_are_events_that_are_the_same_in_every_clone():
    base = codec.load(BASE)
    ours = edited(BASE, ("drops every hour", "drops"), ("Since Monday.", "Since Tuesday."))
    theirs = record(BASE + THEIRS)
    sides = [merge.with_hand_edits(side, base) for side in (ours, theirs)]
    assert sides[1] is theirs
    assert [(one.n, one.at, one.by, dict(one.change)) for one in sides[0].log[2:]] == [
        (3, "2026-11-23T09:30:00+08:00", "desk",
         {"title": ("VPN drops every hour", "VPN drops")}),
        (4, "2026-11-23T09:30:00+08:00", "desk",
         {"description": ("Since Monday.", "Since Tuesday.")}),
    ]  # fmt: skip
    both = merge.merged(*sides)
    assert (both.title, both.text("description")) == ("VPN drops", "Since Tuesday.")
    assert both.text("assignee") == "chen"
    assert merge.with_hand_edits(sides[0], base) == sides[0]
    assert merge.with_hand_edits(both, base) == both
    gone = merge.with_hand_edits(edited(BASE, ("description: Since Monday.\n", "")), base)
    assert merge.merged(gone, theirs).text("description") == ""


def test_an_edit_by_hand_that_a_command_found_done_is_an_event_before_that():
    """A description that no event names, corrected by hand and then by a command."""
    text = "zzz first line\nsecond\nthird\n"
    base = edited(
        BASE, ("description: Since Monday.", "description: |\n  zzz first line\n  second\n  third")
    )
    base = codec.load(codec.dump(base))
    assert base.text("description") == text
    by_hand = replace(base, head={**base.head, "description": "first line\nsecond\nthird\n"})
    ours = by_hand.add(
        "edit", SOON, "lin", {"description": "first line\nsecond\nthird, and more\n"}
    )
    theirs = base.add("note", START, "chen", text="x")
    written = merge.with_hand_edits(ours, base)
    assert [dict(one.change) for one in written.log[len(ours.log) :]] == [
        {"description": (text, "first line\nsecond\nthird\n")}
    ]
    both = merge.merged(written, merge.with_hand_edits(theirs, base))
    assert both.text("description") == "first line\nsecond\nthird, and more\n"
    assert both.text("description") == model.fold(both.log)["description"]
    assert merge.merged(merge.with_hand_edits(theirs, base), written) == both
    for earlier in (base, ours, theirs, both):
        assert merge.with_hand_edits(both, earlier) is both


def test_what_was_taken_back_takes_nothing_of_others_with_it():
    start = Ticket({"id": NUMBERS[0]}, ()).add(
        "open", START, "chen", {"title": "VPN", "status": "new"}
    )
    assigned = start.add("assign", START, "chen", {"assignee": "chen", "status": "in_progress"})
    ours = assigned.add(
        "undo",
        SOON,
        "chen",
        {"assignee": None, "status": "new"},
        undoes=2,
        done_at=assigned.log[1].at,
    )
    theirs = start.add("assign", SOON, "lin", {"assignee": "lin", "status": "in_progress"})
    both = merge.merged(ours, theirs)
    assert (both.text("assignee"), both.status) == ("lin", "in_progress")
    assert merge.merged(theirs, ours) == both


def test_a_text_that_both_emptied_is_empty():
    start = Ticket({"id": NUMBERS[0]}, ()).add("open", START, "chen", {"steps": "a\n\nb"})
    both = merge.merged(
        start.add("edit", SOON, "chen", {"steps": "a\n"}),
        start.add("edit", SOON, "lin", {"steps": "\nb"}),
    )
    assert both.text("steps") == ""
    assert model.clashes(both) == {}


def test_events_of_one_source_are_one_whatever_their_number():
    start = Ticket({"id": NUMBERS[0]}, ()).add("open", START, "chen", {"title": "VPN"})
    ours = start.add("note", SOON, "li", source="servicenow", text="x")
    theirs = start.add("note", START, "chen", text="local").add(
        "note", SOON, "li", source="servicenow", text="x"
    )
    assert [one.n for one in merge.merged(ours, theirs).log] == [1, 2, 2]
    assert merge.merged(theirs, ours) == merge.merged(ours, theirs)


def test_what_tells_two_records_of_one_id_apart():
    base = codec.load(BASE)
    other = Ticket(base.head, ()).add("open", START, "chen", {"title": "Printer"})
    assert merge.is_one_record(base, record(BASE + OURS))
    assert not merge.is_one_record(base, other)
    without = replace(base, log=())
    assert merge.is_one_record(base, without)
    assert not merge.is_one_record(replace(other, head={**base.head, "title": "x"}), without)
