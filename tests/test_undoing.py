"""Taking back what one did: what is allowed, and that it is as if it had never been done."""

from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk import (
    articles,
    facts,
    fulltext,
    lifecycle,
    model,
    policy,
    render,
    sla,
    summary,
    timerules,
    undoing,
)
from desk.errors import RefusedError, UsageError
from desk.lifecycle import Act
from desk.model import Article, Event, Ticket
from tests.conftest import NOW
from tests.support import POLICY
from tests.test_lifecycle import ID, VERBS, new

RULES = policy.load(
    POLICY
    + """\
targets: [{respond: 30h, update: 40h, resolve: 60h}]
rules: [{clock: respond, at: 50%, do: hand-on}, {clock: resolve, at: 10%, do: raise-tier}]
stale_after: 10d
close_after: 5d
remind_before: 1d
survey: {after: 1d, every: 30d}
major: [{when: {impact: department}, do: propose}]
"""
)
CHEN = Act("chen", NOW + timedelta(days=2), RULES)
LIN = CHEN._replace(by="lin")


def last(record: model.R, act: Act = CHEN) -> model.R:
    """The record without what the actor did last."""
    return undoing.taken_back(record, act, undoing.own_last(record, act.by))


def measured(*tickets: Ticket, now: datetime = NOW + timedelta(days=30)) -> summary.Summary:
    cases = [facts.case(ticket) for ticket in tickets]
    zone, promises = RULES.zone, RULES.promises
    return summary.summarise(cases, now=now, since=None, until=None, zone=zone, promises=promises)


# --- the rule ------------------------------------------------------------------------------


def test_an_undo_is_an_event_that_sets_back():
    ticket = lifecycle.classified(new(), CHEN, {"impact": "department"})
    undone = last(ticket)
    assert undone.log[:-1] == ticket.log
    assert undone.log[-1] == Event(
        3, "2026-11-23T09:00:00+08:00", "chen", "undo",
        {"impact": ("department", "person"), "priority": ("P3", "P4")},
        {"undoes": 2, "done_at": "2026-11-23T09:00:00+08:00"},
    )  # fmt: skip
    assert undone.head == new().head


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_can_be_taken_back(verb: str):
    status = {"resume": "on_hold", "close": "resolved", "reopen": "resolved", "survey": "resolved"}
    before = new()
    if status.get(verb) == "on_hold":
        before = lifecycle.held(before, CHEN, waiting_for="vendor", until=None)
    if status.get(verb) == "resolved":
        before = lifecycle.resolved(before, CHEN, solution="x")
    after = last(VERBS[verb](before))
    assert after.head == before.head
    assert list(model.standing(after.log)) == list(before.log)
    assert model.hand_edits(after) == {}


def test_what_a_ticket_was_opened_by_is_taken_back_by_cancelling():
    ticket = lifecycle.held(
        lifecycle.noted(new(), LIN, "x"), CHEN, waiting_for="vendor", until=None
    )
    (event, *_) = ticket.log
    undone = undoing.taken_back(ticket, CHEN, event)
    assert undone.status == "cancelled"
    assert not undone.head.keys() & {"waiting_for", "until"}
    assert list(model.standing(undone.log)) == list(undone.log)
    assert measured(undone)["measures"]["opened"]["value"] == 1
    with pytest.raises(RefusedError, match="taken back already, at 2026-11-23"):
        undoing.taken_back(undone, CHEN, event)


def refusal(ticket: Ticket, act: Act = CHEN, n: int = 2) -> str:
    event = next(one for one in ticket.log if one.n == n)
    with pytest.raises(RefusedError) as refused:
        undoing.taken_back(ticket, act, event)
    return str(refused.value)


def test_what_somebody_has_changed_since():
    ticket = lifecycle.assigned(new(), CHEN, to="lin")
    later = LIN._replace(at=CHEN.at + timedelta(hours=1))
    at = "2026-11-23T09:00:00+08:00"
    assert refusal(lifecycle.resolved(ticket, later, solution="x")) == (
        f"the assign of {at} in {ID} cannot be taken back: lin changed status since (resolve, "
        "2026-11-23T10:00:00+08:00); change what is wrong by its own command"
    )
    held = lifecycle.held(new(), CHEN, waiting_for="vendor", until=None)
    longer = lifecycle.held(held, later, waiting_for="vendor", until=later.at + timedelta(days=1))
    assert "lin changed until since (hold, 2026-11-23T10" in refusal(longer)
    assert "lin changed impact, priority since" in refusal(
        lifecycle.classified(new(), later, {"impact": "organisation"}), n=1
    )
    assert last(lifecycle.noted(ticket, later, "x")).head == new().head


def test_what_stood_before_a_merge_and_does_not_now():
    """chen resolved it while lin, elsewhere, put it on hold, which took itself back."""
    ticket = lifecycle.resolved(new(), CHEN, solution="x")
    held = lifecycle.held(new(), LIN, waiting_for="vendor", until=None)
    hold, undo = last(held, LIN).log[1:]
    log = (*ticket.log, replace(hold, n=3))
    both = Ticket(model.fold(log, {"id": ID}), log)
    assert "cannot be taken back: chen changed status since (resolve, " in refusal(both, LIN, n=3)
    log = (*log, replace(undo, n=4, words={**undo.words, "undoes": 3}))
    both = Ticket(model.fold(log, {"id": ID}), log)
    assert both.status == "resolved", "what was taken back takes nothing of others with it"
    assert last(both).status == "new"


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ({"rule": "auto-close"}, "the desk's rules did that"),
        ({"by_hand": True}, "that was edited by hand"),
        ({"source": "old"}, "that was imported"),
    ],
)
def test_what_no_command_did(words: dict[str, model.Value], why: str):
    ticket = new().add("edit", CHEN.at, "chen", {"title": "y"}, **words)
    assert refusal(ticket) == (
        f"the edit of 2026-11-23T09:00:00+08:00 in {ID} is not taken back: {why}; change it by "
        "its own command"
    )
    assert undoing.own_last(ticket, "chen").n == 1


def test_only_ones_own_and_no_undo():
    ticket = lifecycle.noted(new(), CHEN, "x")
    at = "2026-11-23T09:00:00+08:00"
    assert refusal(ticket, LIN) == (
        f"chen did the note of {at} in {ID}; only they can take it back"
    )
    with pytest.raises(RefusedError, match=f"lin has done nothing to {ID} that could be taken"):
        undoing.own_last(ticket, "lin")
    assert refusal(last(ticket), n=3) == (
        f"the undo of {at} in {ID} is not taken back itself; do again what it took back"
    )
    assert refusal(last(ticket)) == f"the note of {at} in {ID} was taken back already, at {at}"


# --- as if it had never been done ----------------------------------------------------------


@st.composite
def lives(draw: st.DrawFn, most: int = 8) -> Ticket:
    """A ticket after verbs that its statuses allow, as chen did them, some taken back."""
    ticket = new()
    for verb in draw(st.lists(st.sampled_from([*VERBS, "undo", "undo"]), max_size=most)):
        with suppress(RefusedError, UsageError):
            if verb != "undo":
                ticket = VERBS[verb](ticket)
            elif undoing.own_last(ticket, "chen").did != "open":
                ticket = last(ticket)
    return ticket


@given(lives(), st.sampled_from([*VERBS]))
def test_a_verb_and_its_undo_leave_what_was(ticket: Ticket, verb: str):
    try:
        done = VERBS[verb](ticket)
    except (RefusedError, UsageError):
        return
    undone = last(done)
    assert undone.head == ticket.head
    assert list(model.standing(undone.log)) == list(model.standing(ticket.log))
    assert measured(undone) == measured(ticket)
    for now in (CHEN.at, CHEN.at + timedelta(days=1)):
        clocks = [sla.clocks(one, RULES.promises, now.timestamp()) for one in (ticket, undone)]
        assert clocks[0] == clocks[1]
    assert fulltext.texts(undone) == fulltext.texts(ticket)
    due = [timerules.ahead(one, RULES, NOW + timedelta(days=60)) for one in (ticket, undone)]
    assert due[0] == due[1]
    assert (undone.resolution, undone.survey) == (ticket.resolution, ticket.survey)


@given(lives())
def test_all_can_be_taken_back_one_after_the_other(ticket: Ticket):
    while undoing.own_last(ticket, "chen").did != "open":
        ticket = last(ticket)
    assert ticket.head == new().head
    assert list(model.standing(ticket.log)) == list(new().log)


def test_a_rule_fits_from_when_what_stands_fits():
    """A ticket that looked like a major incident by mistake, and then did."""
    mine = new(team="network")
    by_mistake = last(lifecycle.classified(mine, CHEN, {"impact": "department"}))
    later = CHEN._replace(at=CHEN.at + timedelta(days=1))
    major = lifecycle.classified(by_mistake, later, {"impact": "department"})
    ahead = {step.rule: step.at for step in timerules.ahead(major, RULES, later.at)}
    assert ahead["major-incident"] == later.at


def test_who_took_a_decision_back_has_not_decided():
    mine = lifecycle.classified(new(team="network"), CHEN, {"impact": "department"})
    decided = lifecycle.classified(mine, CHEN, {}, major=False)
    rules = [
        {step.rule for step in timerules.ahead(one, RULES, CHEN.at)}
        for one in (mine, decided, last(decided))
    ]
    assert ["major-incident" in found for found in rules] == [True, False, True]


def test_clocks_of_a_log_that_is_not_in_order_of_time():
    earlier = CHEN._replace(at=CHEN.at - timedelta(hours=30), backdated=True)
    mine = lifecycle.noted(lifecycle.noted(new(), CHEN, "x"), earlier, "z")
    replied = lifecycle.replied(mine, earlier, "y")
    clocks = [
        sla.clocks(one, RULES.promises, CHEN.at.timestamp())
        for one in (mine, replied, last(replied))
    ]
    assert clocks[0] != clocks[1]
    assert clocks[0] == clocks[2]


def test_it_can_be_dated_back_to_before_what_was_taken_back():
    resolved = last(lifecycle.resolved(new(), CHEN, solution="by mistake"))
    earlier = CHEN._replace(at=CHEN.at - timedelta(hours=1), backdated=True)
    assert lifecycle.resolved(resolved, earlier, solution="x").status == "resolved"


def test_a_hand_over_tells_nothing_that_was_taken_back():
    tried = last(lifecycle.noted(new(), CHEN, "in the wrong ticket"))
    told = render.record(lifecycle.escalated(tried, CHEN, to="zhao", because="x"), CHEN.at)
    assert "tried        nothing was written down\n" in told


def test_before_it_was_taken_back_it_did_not_stand_either():
    resolved = lifecycle.resolved(new(), CHEN, solution="x")
    undone = last(resolved, CHEN._replace(at=CHEN.at + timedelta(days=3)))
    then = CHEN.at + timedelta(days=1)
    assert model.as_of(resolved, then).status == "resolved"
    assert model.as_of(undone, then) == new()
    assert measured(undone, now=then) == measured(new(), now=then)


# --- articles ------------------------------------------------------------------------------


def article(*steps: tuple[str, str, dict[str, model.Value]]) -> Article:
    """An article of lin's after steps of (who, verb, change)."""
    head: dict[str, model.Value] = {"title": "VPN", "status": "draft", "body": "x", "owner": "lin"}
    made = Article({"id": "KB-261121-A0001"}, ()).add("new", NOW, "lin", head)
    for who, did, change in steps:
        made = made.add(did, NOW, who, change)
    return made


IN_REVIEW = ("lin", "submit", {"status": "review"})
APPROVED = ("zhao", "approve", {})


def test_an_approval_that_is_taken_back_does_not_count():
    draft = article(IN_REVIEW, APPROVED)
    assert articles.is_approved(draft)
    undone = last(draft, CHEN._replace(by="zhao"))
    assert not articles.is_approved(undone)
    assert articles.needs(undone, NOW) == ["review"]


def test_text_that_was_taken_back_after_an_approval_was_not_approved():
    edit = ("lin", "edit", {"body": "y"})
    approved = article(IN_REVIEW, edit, APPROVED)
    assert articles.is_approved(approved)
    edits = [one for one in approved.log if one.did == "edit"]
    assert not articles.is_approved(undoing.taken_back(approved, LIN, edits[0]))
    again = last(article(IN_REVIEW, APPROVED, edit), LIN)
    assert articles.is_approved(again), "what was approved is what is there"
    assert articles.authors(again) == []


def test_nothing_is_published_by_taking_back_what_kept_it_from_that():
    published = article(IN_REVIEW, ("zhao", "approve", {"status": "published"}))
    retired = published.add("retire", NOW, "zhao", {"status": "retired"})
    back = last(retired, CHEN._replace(by="zhao"))
    assert back.status == "published"
    edited = retired.add("edit", NOW, "lin", {"body": "y"})
    with pytest.raises(RefusedError, match=r"lin changed the text since .* published as it is"):
        undoing.taken_back(edited, CHEN._replace(by="zhao"), retired.log[-1])


def test_work_for_the_owner_comes_back_where_it_was_not_done_after_all():
    rejected = article(IN_REVIEW, ("zhao", "reject", {"status": "draft"}))
    edited = rejected.add("edit", NOW, "lin", {"body": "y"})
    found = [articles.needs(one, NOW) for one in (rejected, edited, last(edited, LIN))]
    assert found == [["work"], [], ["work"]]
    voted = article(IN_REVIEW, ("zhao", "approve", {"status": "published"}))
    voted = voted.add("unhelpful", NOW, "chen", because="old")
    edited = voted.add("edit", NOW, "lin", {"body": "y"})
    found = [articles.needs(one, NOW) for one in (voted, edited, last(edited, LIN))]
    assert found == [["work"], [], ["work"]]


def test_votes_and_uses_that_are_taken_back():
    voted = article(IN_REVIEW, ("zhao", "approve", {"status": "published"}))
    voted = voted.add("unhelpful", NOW, "lin", because="old").add("use", NOW, "lin", ticket=ID)
    assert (articles.derived(voted, "unhelpful", NOW), voted.solved) == (1, [ID])
    undone = last(last(voted, LIN), LIN)
    assert (articles.derived(undone, "unhelpful", NOW), undone.solved) == (0, [])
    assert articles.needs(undone, NOW) == []


def test_a_draft_is_taken_back_by_retiring_it():
    undone = last(article(), LIN)
    assert (undone.status, undone.log[-1].did) == ("retired", "undo")
    with pytest.raises(RefusedError, match="is retired already"):
        undoing.taken_back(article(("lin", "retire", {"status": "retired"})), LIN, article().log[0])


def test_a_field_that_nothing_but_the_event_and_an_editor_has_set():
    """Whoever calls it with a head that no event tells of gets a refusal, too."""
    ticket = Ticket({"id": "T-261121-7K3FQ"}, ()).add("open", NOW, "chen", {"title": "VPN"})
    ticket = ticket.add("edit", NOW, "chen", {"rack": "12"})
    typed = replace(ticket, head={**ticket.head, "rack": "13"})
    with pytest.raises(RefusedError, match="chen changed rack since"):
        last(typed)
