"""What time alone decides: each rule, what it writes, and when it writes nothing."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from desk import codec, lifecycle, merge, model, policy, timerules
from desk.lifecycle import Act
from desk.model import Article, Record, Ticket
from desk.policy import Policy

ZONE = ZoneInfo("Asia/Shanghai")
ID = "T-261123-A0001"
POLICY = """\
format: 1
timezone: Asia/Shanghai
people:
  chen: {teams: [service-desk], manager: zhao}
  lin: {teams: [network]}
  zhao: {teams: [service-desk, network]}
teams:
  service-desk: {tier: 1, lead: zhao, escalates_to: network}
  network: {tier: 2, categories: [network]}
  cabling: {tier: 2, vendor: true}
  systems: {tier: 3}
  carrier: {tier: 4, vendor: true, categories: [internet]}
kinds: [incident, request]
channels: [phone]
categories: {network: [vpn], internet: [], data: []}
impacts: [organisation, person]
urgencies: [high, low]
matrix: {organisation: [P1, P2], person: [P3, P4]}
defaults: {kind: incident, channel: phone, impact: person, urgency: low, team: service-desk}
calendars:
  office: {hours: {mon-fri: [09:00-12:00, 13:00-18:00]}}
calendar: office
targets:
  - {when: {kind: request}, respond: 4h}
  - {when: {priority: P1}, resolve: 4h}
  - {respond: 4h, update: 8h, resolve: 16h}
"""


def rules(text: str) -> Policy:
    """The policy above with those lines."""
    return policy.load(POLICY + text)


def at(text: str) -> datetime:
    """A moment of 2026, in November unless it says so; the 23rd of that is a Monday."""
    month = "" if "-" in text else "11-"
    return datetime.fromisoformat(f"2026-{month}{text}").replace(tzinfo=ZONE)


def act(when: str) -> Act:
    return Act("chen", at(when), rules(""))


def opened(when: str = "23T09:00", **fields: model.Value) -> Ticket:
    return lifecycle.opened(ID, act(when), "VPN drops", fields=fields)[0]


def held(until: str, waiting_for: str = "requester", when: str = "23T10:00") -> Ticket:
    ticket = opened(assignee="chen")
    return lifecycle.held(ticket, act(when), waiting_for=waiting_for, until=at(until))


def resolved(when: str = "23T10:00", **fields: model.Value) -> Ticket:
    return lifecycle.resolved(opened(**fields), act(when), solution="New certificate")


def closed(when: str = "23T10:00", **fields: model.Value) -> Ticket:
    return lifecycle.closed(resolved(when, **fields), act(when))


ALL = {"impact": "organisation", "urgency": "high"}
REQUESTER: model.Value = {"name": "李伟", "email": "li.wei@example.com"}


def another(ticket: Ticket, number: int) -> Ticket:
    return replace(ticket, head={**ticket.head, "id": f"T-261123-A{number:04}"})


def new_events(before: Record, after: Record) -> str:
    """The events that came to the end of a log, as the file has them."""
    old, new = (codec.dump(one).partition("log:\n")[2] for one in (before, after))
    assert new.startswith(old), "a log only grows"
    return new.removeprefix(old)


def written(record: Record, text: str, now: str) -> str:
    """What a tick at that moment adds to a record by those rules, and a second one does not."""
    by = rules(text)
    after = timerules.ticked(record, by, at(now))
    assert timerules.ticked(after, by, at(now)) is after
    assert model.hand_edits(after) == model.hand_edits(record)
    return new_events(record, after)


def moments(text: str) -> list[str]:
    """The rules in a text of events, each with its day and time."""
    lines = [line.strip().partition(": ")[2] for line in text.splitlines()]
    keys = [line.strip(" -").partition(":")[0] for line in text.splitlines()]
    stamps = [line[8:16] for line, key in zip(lines, keys, strict=True) if key == "at"]
    names = [line for line, key in zip(lines, keys, strict=True) if key == "rule"]
    return [f"{name} {stamp}" for name, stamp in zip(names, stamps, strict=True)]


# --- clocks: telling -----------------------------------------------------------------------

RESOLVE_50 = "rules: [{clock: resolve, at: 50%, do: tell-assignee}]\n"
MANAGER_75 = "rules: [{clock: resolve, at: 75%, do: tell-manager}]\n"
UPDATE_100 = "rules: [{clock: update, do: tell-assignee}]\n"


def test_at_a_share_of_a_clock_the_assignee_is_told():
    ticket = opened(assignee="chen")
    assert written(ticket, RESOLVE_50, "23T17:59:59") == ""
    event = """\
- n: 2
  at: 2026-11-23T18:00:00+08:00
  by: desk
  did: tell
  rule: resolve-50%-tell-assignee
  because: 50% of the time to resolve is over
  outbox:
  - to: chen
    about: 50% of the time to resolve is over
"""
    assert written(ticket, RESOLVE_50, "23T18:00") == event


def test_the_event_is_dated_when_it_fell_due_however_late_the_tick():
    ticket = opened(assignee="chen")
    late = written(ticket, RESOLVE_50, "29T03:07")
    assert late == written(ticket, RESOLVE_50, "23T18:00")


def test_where_nobody_has_the_ticket_its_team_is_told():
    event = """\
- n: 2
  at: 2026-11-23T18:00:00+08:00
  by: desk
  did: tell
  rule: resolve-50%-tell-assignee
  because: 50% of the time to resolve is over
  outbox:
  - to: service-desk
    about: 50% of the time to resolve is over
"""
    assert written(opened(), RESOLVE_50, "23T18:00") == event


def test_where_there_is_nobody_to_tell_nothing_is_written():
    nobody = replace(opened(), head={k: v for k, v in opened().head.items() if k != "team"})
    assert written(nobody, RESOLVE_50 + "stale_after: 1d", "30T09:00") == ""
    assert written(opened(assignee="lin"), MANAGER_75, "30T09:00") == "", "no manager, no lead"


def test_the_manager_is_told_or_the_lead_of_the_team():
    text = """\
- n: 2
  at: 2026-11-24T14:00:00+08:00
  by: desk
  did: tell
  rule: resolve-75%-tell-manager
  because: 75% of the time to resolve is over
  outbox:
  - to: zhao
    about: 75% of the time to resolve is over
"""
    assert written(opened(assignee="chen"), MANAGER_75, "24T14:00") == text
    assert written(opened(), MANAGER_75, "24T14:00") == text


def test_a_rule_may_have_a_name_and_a_condition_on_the_ticket_as_it_stands():
    text = "rules: [{name: hurry, clock: resolve, at: 25%, do: tell-manager, when: {priority: P3}}]"
    ticket = opened(assignee="chen")
    assert written(ticket, text, "30T09:00") == ""
    urgent = lifecycle.classified(ticket, act("23T16:00"), {"urgency": "high"})
    assert urgent.text("priority") == "P3"
    assert moments(written(urgent, text, "30T09:00")) == ["hurry 23T14:00"]
    again = lifecycle.classified(urgent, act("23T17:00"), {"urgency": "low"})
    assert written(again, text, "30T09:00") == ""


def test_a_clock_that_has_stopped_sends_no_message():
    respond = "rules: [{clock: respond, at: 50%, do: tell-assignee}]\n"
    ticket = opened(assignee="chen")
    assert moments(written(ticket, respond, "24T09:00")) == ["respond-50%-tell-assignee 23T11:00"]
    late = lifecycle.replied(ticket, act("23T17:00"), "We are on it.")
    assert written(late, respond, "24T09:00") == "", "the reply came, late or not"
    done = lifecycle.resolved(ticket, act("25T10:00"), solution="New certificate")
    assert written(done, RESOLVE_50, "26T09:00") == ""
    gone = lifecycle.cancelled(ticket, act("25T10:00"), "opened twice")
    assert written(gone, RESOLVE_50 + "stale_after: 1d\nclose_after: 1d\n", "30T09:00") == ""


def test_a_clock_that_stands_still_reaches_nothing():
    ticket = held("30T09:00", when="23T17:00")
    assert written(ticket, RESOLVE_50, "27T09:00") == "", "an hour was left when it was held"
    back = lifecycle.resumed(ticket, act("27T10:00"))
    assert moments(written(back, RESOLVE_50, "27T18:00")) == ["resolve-50%-tell-assignee 27T11:00"]


def test_a_rule_tells_of_a_clock_once_a_ticket_even_where_the_target_moves():
    ticket = timerules.ticked(opened(assignee="chen"), rules(RESOLVE_50), at("23T18:00"))
    assert isinstance(ticket, Ticket)
    sooner = lifecycle.classified(ticket, act("24T09:00"), ALL)
    assert sooner.text("priority") == "P1"
    assert written(sooner, RESOLVE_50, "30T09:00") == ""
    first = lifecycle.classified(opened(), act("23T10:00"), ALL)
    assert moments(written(first, RESOLVE_50, "30T09:00")) == ["resolve-50%-tell-assignee 23T11:00"]


def test_a_rule_of_the_update_clock_tells_once_an_interval():
    ticket = opened(assignee="chen")
    assert moments(written(ticket, UPDATE_100, "30T09:00")) == [
        "update-100%-tell-assignee 23T18:00"
    ]
    ticket = timerules.ticked(ticket, rules(UPDATE_100), at("23T18:00"))
    assert isinstance(ticket, Ticket)
    ticket = lifecycle.replied(ticket, act("24T10:00"), "Still looking.")
    assert moments(written(ticket, UPDATE_100, "30T09:00")) == [
        "update-100%-tell-assignee 25T10:00"
    ]
    heard = lifecycle.replied(opened(), act("23T17:00"), "In time.")
    assert moments(written(heard, UPDATE_100, "30T09:00")) == ["update-100%-tell-assignee 24T17:00"]


def test_a_reply_in_the_very_second_of_a_tick_is_news_already():
    text = UPDATE_100.replace("tell-assignee", "hand-on")
    ticket = lifecycle.replied(opened(), act("24T10:00"), "Still looking.")
    assert written(ticket, text, "24T10:00") == ""


def test_a_ticket_without_that_promise_has_no_such_moment():
    assert written(opened(kind="request"), RESOLVE_50 + "stale_after: 1d", "30T09:00") == ""


# --- clocks: handing on --------------------------------------------------------------------

HAND_ON = "rules: [{clock: resolve, at: 50%, do: hand-on}]\n"
RAISE = "rules: [{clock: resolve, at: 50%, do: raise-tier}]\n"


def test_a_ticket_is_handed_on_to_where_its_team_escalates():
    event = """\
- n: 2
  at: 2026-11-23T18:00:00+08:00
  by: desk
  did: escalate
  change:
    team: [service-desk, network]
    assignee: [chen, null]
  escalation: functional
  rule: resolve-50%-hand-on
  because: 50% of the time to resolve is over
  outbox:
  - to: network
    about: 50% of the time to resolve is over
"""
    assert written(opened(assignee="chen"), HAND_ON, "23T18:00") == event


def test_a_team_that_escalates_to_none_keeps_its_tickets():
    assert written(opened(assignee="lin"), HAND_ON, "30T09:00") == ""


@pytest.mark.parametrize(
    ("category", "team", "to"),
    [
        ("", "service-desk", "network"),
        ("network/vpn", "service-desk", "network"),
        ("internet", "service-desk", "carrier"),
        ("network/vpn", "network", "systems"),
        ("data", "network", "systems"),
        ("", "systems", ""),
        ("internet", "carrier", ""),
    ],
)
def test_the_tier_is_raised_to_the_owner_of_the_category_else_to_the_next(category, team, to):
    after = timerules.ticked(opened(category=category, team=team), rules(RAISE), at("23T18:00"))
    assert after.text("team") == (to or team)
    assert [one.change for one in after.log[1:]] == ([{"team": (team, to)}] if to else [])


def test_a_raised_tier_is_written_whole():
    event = """\
- n: 2
  at: 2026-11-23T18:00:00+08:00
  by: desk
  did: escalate
  change:
    team: [service-desk, carrier]
  escalation: functional
  rule: resolve-50%-raise-tier
  because: 50% of the time to resolve is over
  outbox:
  - to: carrier
    about: 50% of the time to resolve is over
"""
    assert written(opened(category="internet"), RAISE, "23T18:00") == event


@pytest.mark.parametrize("text", [HAND_ON, RAISE])
@pytest.mark.parametrize(
    ("when", "again"), [("23T17:59", True), ("23T18:00", False), ("24T09:00", False)]
)
def test_a_ticket_that_was_given_to_another_team_since_is_not_handed_on_again(text, when, again):
    ticket = lifecycle.assigned(opened(team="network"), act(when), team="service-desk")
    assert bool(written(ticket, text, "25T09:00")) == again


def test_two_rules_of_one_moment_hand_a_ticket_on_once():
    both = RAISE.rstrip("]\n") + ", {clock: resolve, at: 50%, do: hand-on}]\n"
    assert moments(written(opened(), both, "30T09:00")) == ["resolve-50%-hand-on 23T18:00"]


# --- holds ---------------------------------------------------------------------------------

REMIND = "remind_before: 1d\n"


def test_a_hold_past_its_date_ends_and_the_requester_was_reminded_before():
    ticket = held("26T09:00")
    assert written(ticket, REMIND, "25T08:59") == ""
    event = """\
- n: 3
  at: 2026-11-25T09:00:00+08:00
  by: desk
  did: tell
  rule: hold-reminder
  because: the hold ends soon
  outbox:
  - to: requester
    about: we wait for your answer until 2026-11-26T09:00:00+08:00
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
  - to: chen
    about: the date of the hold has come
"""
    assert written(ticket, REMIND, "26T09:00") == event


@pytest.mark.parametrize(
    ("ticket", "found"),
    [
        (held("26T09:00", "vendor"), ["hold-end 26T09:00"]),
        (held("24T10:00"), ["hold-end 24T10:00"]),
        (held("24T10:01"), ["hold-reminder 23T10:01", "hold-end 24T10:01"]),
        (lifecycle.held(opened(), act("23T10:00"), waiting_for="requester", until=None), []),
        (lifecycle.resumed(held("26T09:00"), act("24T09:00")), []),
        (lifecycle.resolved(held("26T09:00"), act("24T09:00"), solution="x"), []),
    ],
    ids=["for a vendor", "too short for a reminder", "just long enough", "without a date",
         "resumed before", "resolved before"],
)  # fmt: skip
def test_which_holds_end_and_who_is_reminded(ticket: Ticket, found: list[str]):
    assert moments(written(ticket, REMIND, "30T09:00")) == found


def test_without_remind_before_a_hold_still_ends():
    assert moments(written(held("26T09:00"), "", "30T09:00")) == ["hold-end 26T09:00"]


def test_a_hold_to_a_later_date_has_a_reminder_of_its_own():
    ticket = timerules.ticked(held("26T09:00"), rules(REMIND), at("25T09:00"))
    assert isinstance(ticket, Ticket)
    longer = lifecycle.held(ticket, act("25T10:00"), waiting_for="requester", until=at("28T09:00"))
    assert moments(written(longer, REMIND, "30T09:00")) == [
        "hold-reminder 27T09:00",
        "hold-end 28T09:00",
    ]


def test_a_hold_to_the_same_date_that_comes_with_a_merge_ends_a_second_later():
    ours = timerules.ticked(held("26T09:00"), rules(REMIND), at("26T10:00"))
    theirs = lifecycle.noted(held("26T09:00"), act("25T09:00"), "no answer yet")
    theirs = lifecycle.resumed(theirs, act("25T10:00"))
    theirs = lifecycle.held(theirs, act("25T11:00"), waiting_for="vendor", until=at("26T09:00"))
    both = merge.merged(ours, theirs)
    assert both.status == "on_hold"
    event = """\
- n: 6
  at: 2026-11-26T09:00:01+08:00
  by: desk
  did: resume
  change:
    status: [on_hold, in_progress]
    waiting_for: [vendor, null]
    until: [2026-11-26T09:00:00+08:00, null]
  rule: hold-end
  because: the date of the hold has come
  outbox:
  - to: chen
    about: the date of the hold has come
"""
    assert written(both, REMIND, "26T10:00") == event


def test_a_date_with_parts_of_a_second_is_one_moment_all_the_same():
    ticket = held("26T09:00")
    by_hand = replace(ticket, head={**ticket.head, "until": "2026-11-26T09:00:00.5+08:00"})
    after = timerules.ticked(by_hand, rules(REMIND), at("26T09:01"))
    assert moments(new_events(by_hand, after)) == ["hold-reminder 25T09:00", "hold-end 26T09:00"]


# --- stale owners --------------------------------------------------------------------------

STALE = "stale_after: 2d\n"


def test_an_owner_who_has_not_touched_a_ticket_is_taken_off():
    ticket = opened(assignee="chen")
    assert written(ticket, STALE, "25T08:59") == ""
    event = """\
- n: 2
  at: 2026-11-25T09:00:00+08:00
  by: desk
  did: assign
  change:
    assignee: [chen, null]
  rule: stale-owner
  because: nothing was done on it for 2d
  outbox:
  - to: chen
    about: nothing was done on it for 2d
  - to: zhao
    about: nothing was done on it for 2d
"""
    assert written(ticket, STALE, "25T09:00") == event


def test_where_nobody_stands_above_only_the_owner_hears_of_it():
    after = timerules.ticked(opened(assignee="lin"), rules(STALE), at("25T09:00"))
    about = "nothing was done on it for 2d"
    assert after.log[-1].words["outbox"] == [{"to": "lin", "about": about}]


@pytest.mark.parametrize(
    ("ticket", "found"),
    [
        (opened(), []),
        (held("30T09:00"), []),
        (resolved(assignee="chen"), []),
        (lifecycle.noted(opened(assignee="chen"), act("24T15:00"), "tried"), ["26T15:00"]),
        (lifecycle.replied(opened(assignee="chen"), act("24T15:00"), "soon"), ["26T15:00"]),
        (lifecycle.resumed(held("30T09:00"), act("26T10:00")), ["28T10:00"]),
    ],
    ids=["nobody has it", "on hold", "resolved", "a note", "a reply", "back from hold"],
)
def test_which_owners_are_stale(ticket: Ticket, found: list[str]):
    assert moments(written(ticket, STALE, "29T09:00")) == [f"stale-owner {one}" for one in found]


def test_an_edit_by_hand_is_dated_to_when_it_was_found_and_is_no_touch():
    ticket = opened(assignee="chen")
    by_hand = replace(ticket, head={**ticket.head, "title": "VPN drops hourly"})
    found = model.with_hand_edits(by_hand, at("24T15:00"), "chen")
    assert found.log[-1].words == {"by_hand": True}
    assert moments(written(found, STALE, "29T09:00")) == ["stale-owner 25T09:00"]


def test_to_be_told_of_a_ticket_is_not_to_touch_it():
    assert moments(written(opened(assignee="chen"), STALE + RESOLVE_50, "29T09:00")) == [
        "resolve-50%-tell-assignee 23T18:00",
        "stale-owner 25T09:00",
    ]


# --- major incidents -----------------------------------------------------------------------

PROPOSE = "major: [{when: {priority: P1}, plan: KB-261101-PPPPP}]\n"
DECLARE = "major: [{name: all are down, when: {priority: P1}, do: declare}]\n"


def test_what_looks_like_a_major_incident_is_proposed_with_its_plan():
    event = """\
- n: 2
  at: 2026-11-23T09:00:00+08:00
  by: desk
  did: tell
  rule: major-incident
  because: "looks like a major incident: priority P1"
  outbox:
  - to: zhao
    about: "looks like a major incident: priority P1; the plan is KB-261101-PPPPP"
"""
    assert written(opened(**ALL), PROPOSE, "23T09:00") == event


def test_or_declared_when_it_first_came_to_fit():
    ticket = lifecycle.noted(opened(assignee="chen"), act("23T09:30"), "the phone does not stop")
    ticket = lifecycle.classified(ticket, act("23T10:00"), ALL)
    event = """\
- n: 5
  at: 2026-11-23T10:00:00+08:00
  by: desk
  did: classify
  change:
    major: [null, true]
  rule: major-incident
  because: "is declared a major incident: all are down"
  outbox:
  - to: zhao
    about: "is declared a major incident: all are down"
"""
    assert written(lifecycle.noted(ticket, act("23T11:00"), "x"), DECLARE, "24T09:00") == event


def test_the_team_hears_of_it_where_nobody_stands_above_and_nobody_is_no_reason_not_to_declare():
    ticket = opened(team="network", **ALL)
    event = timerules.ticked(ticket, rules(DECLARE), at("24T09:00")).log[-1]
    about = "is declared a major incident: all are down"
    assert event.words["outbox"] == [{"to": "network", "about": about}]
    nobody = replace(ticket, head={k: v for k, v in ticket.head.items() if k != "team"})
    event = timerules.ticked(nobody, rules(DECLARE), at("24T09:00")).log[-1]
    assert (event.change, "outbox" in event.words) == ({"major": (None, True)}, False)
    assert written(nobody, PROPOSE, "24T09:00") == "", "nobody to propose it to"


@pytest.mark.parametrize("text", [PROPOSE, DECLARE])
def test_what_somebody_has_decided_is_not_proposed_or_declared(text: str):
    ticket = opened(**ALL)
    yes = lifecycle.classified(ticket, act("23T09:10"), {}, major=True)
    no = lifecycle.classified(yes, act("23T09:20"), {}, major=False)
    typed = replace(ticket, head={**ticket.head, "major": False})
    taken_out = replace(yes, head=dict(ticket.head))
    for decided in (yes, no, typed, taken_out):
        assert written(decided, text, "24T09:00") == ""
    assert written(opened(), text, "24T09:00") == "", "not of that priority"
    over = lifecycle.resolved(ticket, act("23T09:10"), solution="x")
    assert written(over, text, "24T09:00") == ""


@pytest.mark.parametrize("text", [PROPOSE, DECLARE])
def test_it_is_proposed_or_declared_once_even_where_it_comes_to_fit_again(text: str):
    ticket = timerules.ticked(opened(**ALL), rules(text), at("23T09:00"))
    assert isinstance(ticket, Ticket)
    ticket = lifecycle.classified(ticket, act("23T10:00"), {"urgency": "low"})
    ticket = lifecycle.classified(ticket, act("23T11:00"), {"urgency": "high"})
    assert written(ticket, text, "24T09:00") == ""


def test_after_a_proposal_no_other_entry_says_it_again():
    text = "major:\n- {when: {priority: P1}, do: declare}\n- {when: {impact: organisation}}\n"
    ticket = timerules.ticked(opened(impact="organisation"), rules(text), at("23T09:00"))
    assert isinstance(ticket, Ticket)
    assert (ticket.log[-1].did, ticket.text("priority")) == ("tell", "P2")
    ticket = lifecycle.classified(ticket, act("23T10:00"), {"urgency": "high"})
    assert (written(ticket, text, "24T09:00"), ticket.text("priority")) == ("", "P1")


def test_an_entry_for_what_is_a_major_incident_has_its_plan_and_proposes_nothing():
    text = "major: [{when: {major: true, category: network}, plan: KB-261101-PPPPP}]\n"
    ticket = opened(category="network/vpn", **ALL)
    assert written(ticket, text, "24T09:00") == ""
    assert timerules.major_rule(ticket, rules(text)) is None
    declared = lifecycle.classified(ticket, act("23T10:00"), {}, major=True)
    rule = timerules.major_rule(declared, rules(text))
    assert rule
    assert rule.plan == "KB-261101-PPPPP"


# --- closing -------------------------------------------------------------------------------

CLOSE = "close_after: 3d\n"


def test_resolved_becomes_closed_after_the_quiet_days():
    assert written(resolved(), CLOSE, "26T09:59") == ""
    event = """\
- n: 3
  at: 2026-11-26T10:00:00+08:00
  by: desk
  did: close
  change:
    status: [resolved, closed]
  rule: auto-close
  because: quiet for 3d
"""
    assert written(resolved(), CLOSE, "26T10:00") == event


def test_a_word_in_the_quiet_days_begins_them_anew_and_a_reopening_ends_them():
    word = lifecycle.noted(resolved(), act("25T10:00"), "he thanks us")
    assert moments(written(word, CLOSE, "29T09:00")) == ["auto-close 28T10:00"]
    again = lifecycle.reopened(resolved(), act("25T10:00"), "drops again")
    assert written(again, CLOSE, "29T09:00") == ""


def test_a_major_incident_never_closes_by_itself():
    major = lifecycle.classified(resolved(), act("23T11:00"), {}, major=True)
    assert written(major, CLOSE + DECLARE, "30T09:00") == ""
    minor = lifecycle.classified(major, act("24T11:00"), {}, major=False)
    assert moments(written(minor, CLOSE, "30T09:00")) == ["auto-close 27T11:00"]


def test_without_close_after_it_stays_resolved():
    assert written(resolved(), "", "30T09:00") == ""


# --- surveys -------------------------------------------------------------------------------

SURVEY = "survey: {after: 1d, every: 4d}\n"


def asked(tickets: list[Ticket], now: str, earlier: timerules.Asked | None = None) -> list[str]:
    """Whose requester is invited by a tick, and when."""
    known = {who: list(when) for who, when in (earlier or {}).items()}
    changed = list(timerules.tick(tickets, rules(SURVEY), at(now), known))
    return [f"{after.id[-1]} {after.log[-1].at[8:16]}" for _, after in changed]


def test_the_requester_of_a_closed_ticket_is_invited_to_a_survey():
    ticket = closed(requester=REQUESTER)
    assert asked([ticket], "24T09:59") == []
    ((before, after),) = timerules.tick([ticket], rules(SURVEY), at("24T10:00"), {})
    assert before is ticket
    event = """\
- n: 4
  at: 2026-11-24T10:00:00+08:00
  by: desk
  did: invite
  rule: survey
  outbox:
  - to: requester
    about: how did we do?
"""
    assert new_events(before, after) == event
    assert list(timerules.tick([after], rules(SURVEY), at("24T10:00"), {})) == []


def test_an_invitation_may_be_thirty_days_late_and_then_is_not_sent():
    ticket = closed(requester=REQUESTER)
    assert asked([ticket], "12-24T10:00") == ["1 24T10:00"]
    assert asked([ticket], "12-24T10:01") == []


@pytest.mark.parametrize(
    "ticket",
    [
        closed(),
        resolved(requester=REQUESTER),
        lifecycle.surveyed(closed(requester=REQUESTER), act("23T11:00"), 5),
        lifecycle.cancelled(opened(requester=REQUESTER), act("23T11:00"), "by mistake"),
        lifecycle.reopened(closed(requester=REQUESTER), act("23T11:00"), "drops again"),
    ],
    ids=["nobody asked for it", "not closed", "answered already", "cancelled", "reopened"],
)
def test_who_is_not_invited(ticket: Ticket):
    assert asked([ticket], "25T10:00") == []


def test_a_ticket_is_asked_about_once_even_after_a_reopening():
    ticket = closed(requester=REQUESTER)
    ((_, ticket),) = timerules.tick([ticket], rules(SURVEY), at("24T10:00"), {})
    assert isinstance(ticket, Ticket)
    ticket = lifecycle.reopened(ticket, act("25T09:00"), "drops again")
    ticket = lifecycle.resolved(ticket, act("29T09:00"), solution="x")
    ticket = lifecycle.closed(ticket, act("29T09:00"))
    assert asked([ticket], "30T10:00") == []


def test_a_requester_is_asked_at_most_once_in_so_long_about_the_earliest():
    first = closed("23T10:00", requester=REQUESTER)
    second = another(closed("24T10:00", requester={"email": "LI.WEI@example.com"}), 2)
    third = another(closed("27T10:00", requester=REQUESTER), 3)
    stranger = another(closed("24T10:00", requester={"name": "李伟"}), 4)
    tickets = [third, stranger, second, first]
    assert asked(tickets, "28T10:00") == ["1 24T10:00", "4 25T10:00", "3 28T10:00"]
    assert asked(tickets[::-1], "28T10:00") == ["1 24T10:00", "4 25T10:00", "3 28T10:00"]


@pytest.mark.parametrize(
    ("earlier", "invited"), [("20T10:00", True), ("20T10:01", False), ("27T10:00", False)]
)
def test_other_tickets_of_which_only_the_invitations_are_known_count_too(earlier, invited):
    ticket = closed(requester=REQUESTER)
    found = asked([ticket], "25T10:00", {"li.wei@example.com": [at(earlier)]})
    assert found == (["1 24T10:00"] if invited else [])


def test_a_tick_closes_and_invites_at_once_and_says_of_each_ticket_once():
    tickets = [resolved(requester=REQUESTER), another(resolved(requester=REQUESTER), 2)]
    tickets.append(another(opened(), 3))
    by = rules("close_after: 1d\n" + SURVEY)
    known: timerules.Asked = {}
    changed = list(timerules.tick(tickets, by, at("26T09:00"), known))
    assert [(after.id[-1], moments(new_events(before, after))) for before, after in changed] == [
        ("1", ["auto-close 24T10:00", "survey 25T10:00"]),
        ("2", ["auto-close 24T10:00"]),
    ]
    assert known == {}, "there was no invitation before"
    afterwards = {after.id: after for _, after in changed}
    again = [afterwards.get(one.id, one) for one in tickets]
    assert list(timerules.tick(again, by, at("26T09:00"), known)) == []
    assert known == {"li.wei@example.com": [at("25T10:00")]}


# --- articles ------------------------------------------------------------------------------


REVIEW_BY = "2026-11-24T09:00:00+08:00"


def article(status: str = "published", review_by: str | None = REVIEW_BY) -> Article:
    head = {"id": "KB-261101-QQQQQ", "title": "VPN", "owner": "lin", "status": status}
    head |= {"review_by": review_by} if review_by else {}
    return Article({"id": head["id"]}, ()).add("open", at("01T09:00"), "lin", head)


def test_the_owner_of_an_article_hears_of_its_review_date():
    assert written(article(), "", "24T08:59") == ""
    event = """\
- n: 2
  at: 2026-11-24T09:00:00+08:00
  by: desk
  did: tell
  rule: review
  because: its review is due
  outbox:
  - to: lin
    about: its review is due
"""
    assert written(article(), "", "30T09:00") == event


@pytest.mark.parametrize("status", [one for one in model.ARTICLE_STATUSES if one != "published"])
def test_only_what_is_published_is_reviewed(status: str):
    assert written(article(status), "", "30T09:00") == ""
    assert written(article(review_by=None), "", "30T09:00") == ""


# --- all of them ---------------------------------------------------------------------------


def test_what_lies_ahead_is_told_in_order_of_time_with_what_is_still_to_come():
    by = rules(RESOLVE_50 + REMIND + STALE + DECLARE)
    ticket = opened(assignee="chen")
    due = [(step.rule, step.at) for step in timerules.ahead(ticket, by, at("23T10:00"))]
    assert due == [("resolve-50%-tell-assignee", at("23T18:00")), ("stale-owner", at("25T09:00"))]
    waits = [(step.rule, step.at) for step in timerules.ahead(held("26T09:00"), by, at("23T10:00"))]
    assert waits == [("hold-reminder", at("25T09:00")), ("hold-end", at("26T09:00"))]
    assert timerules.ahead(closed(), by, at("23T10:00")) == []


def test_each_step_looks_at_the_ticket_as_the_steps_before_left_it():
    """Handed on at half time, the ticket is the other team's when three quarters are over."""
    text = "rules:\n" + "".join(
        f"- {{clock: resolve, at: {share}, do: {do}}}\n"
        for share, do in (("75%", "tell-assignee"), ("50%", "hand-on"))
    )
    after = timerules.ticked(opened(assignee="chen"), rules(text), at("30T09:00"))
    told = [(one.did, one.words["outbox"][0]["to"]) for one in after.log[1:]]
    assert told == [("escalate", "network"), ("tell", "network")]


def test_a_desk_without_rules_only_ends_holds_and_reviews():
    tickets = [opened(assignee="chen", **ALL), resolved(), closed(requester=REQUESTER)]
    assert list(timerules.tick(tickets, rules(""), at("30T09:00"), {})) == []


def test_a_team_that_is_gone_from_the_policy_hands_nothing_on_but_has_tiers_above_it():
    stray = replace(opened(), head={**opened().head, "team": "dissolved"})
    assert written(stray, HAND_ON, "30T09:00") == ""
    assert timerules.ticked(stray, rules(RAISE), at("30T09:00")).text("team") == "service-desk"


def test_a_moment_is_the_same_in_another_zone_of_the_clock():
    there = at("23T18:00").astimezone(ZoneInfo("America/New_York"))
    ticket = opened(assignee="chen")
    here = timerules.ticked(ticket, rules(RESOLVE_50), at("23T18:00"))
    assert timerules.ticked(ticket, rules(RESOLVE_50), there) == here


# --- what stands in a file by hand, and what lies far away ---------------------------------


def test_what_was_decided_by_hand_is_not_undone_by_what_the_log_says():
    text = STALE + CLOSE
    ticket = opened("01T09:00", assignee="chen")
    typed = replace(ticket, head={**ticket.head, "assignee": "lin"})
    assert timerules.ticked(typed, rules(text), at("23T09:00")) is typed
    noted = model.with_hand_edits(typed, at("23T09:00"), "zhao")
    assert moments(new_events(noted, timerules.ticked(noted, rules(text), at("26T09:00")))) == [
        "stale-owner 25T09:00"
    ]
    over = replace(ticket, head={**ticket.head, "status": "resolved"})
    assert timerules.ticked(over, rules(text), at("23T09:00")) is over
    noted = model.with_hand_edits(over, at("23T09:00"), "zhao")
    assert moments(new_events(noted, timerules.ticked(noted, rules(text), at("27T09:00")))) == [
        "auto-close 26T09:00"
    ]


@pytest.mark.parametrize("until", ["1900-06-01T00:00:00Z", "1900-01-01T00:00:00+14:00"])
def test_a_hold_from_before_the_zones_had_whole_minutes_ends(until: str):
    ticket = held("26T09:00")
    typed = replace(ticket, head={**ticket.head, "until": until})
    after = timerules.ticked(typed, rules(""), at("26T09:00"))
    assert after.status == "in_progress"
    assert codec.load(codec.dump(after)) == after


def test_where_the_closing_counts_a_resolved_ticket_runs_on_and_is_told_of():
    text = "resolve_until: closed\nrules: [{clock: resolve, at: 100%, do: tell-assignee}]\n"
    late = timerules.ticked(resolved(assignee="chen"), rules(text), at("30T18:00"))
    assert [one.text("rule") for one in late.log if one.words.get("rule")] == [
        "resolve-100%-tell-assignee"
    ]
