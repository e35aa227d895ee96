"""What each verb does to a ticket, and what it refuses."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk import lifecycle, model, policy
from desk.errors import NotFoundError, RefusedError, UsageError
from desk.lifecycle import Act
from desk.model import Article, Event, Ticket
from tests.conftest import NOW
from tests.support import POLICY

ID = "T-261121-A0001"
RULES = policy.load(POLICY)
ACT = Act("chen", NOW, RULES)
LATER = ACT._replace(at=NOW + timedelta(days=1))
AT = "2026-11-21T09:00:00+08:00"


def new(**fields: model.Value) -> Ticket:
    return lifecycle.opened(ID, ACT, "Printer jams", fields=fields)[0]


def closed() -> Ticket:
    return lifecycle.closed(lifecycle.resolved(new(), ACT, solution="New rollers"), ACT)


TICKETS: dict[str, Ticket] = {
    "new": new(),
    "in_progress": lifecycle.assigned(new(), ACT, to="lin"),
    "on_hold": lifecycle.held(new(), ACT, waiting_for="vendor", until=None),
    "resolved": lifecycle.resolved(new(), ACT, solution="New rollers"),
    "closed": closed(),
    "cancelled": lifecycle.cancelled(new(), ACT, "opened twice"),
}
VERBS: dict[str, Callable[[Ticket], Ticket]] = {
    "classify": lambda t: lifecycle.classified(t, LATER, {"impact": "department"}),
    "assign": lambda t: lifecycle.assigned(t, LATER, to="zhao"),
    "to a team": lambda t: lifecycle.assigned(t, LATER, team="vendor"),
    "escalate": lambda t: lifecycle.escalated(t, LATER, to="zhao", because="urgent"),
    "note": lambda t: lifecycle.noted(t, LATER, "looked at it"),
    "reply": lambda t: lifecycle.replied(t, LATER, "We are on it."),
    "hold": lambda t: lifecycle.held(t, LATER, waiting_for="requester", until=None),
    "resume": lambda t: lifecycle.resumed(t, LATER),
    "resolve": lambda t: lifecycle.resolved(t, LATER, solution="New rollers"),
    "close": lambda t: lifecycle.closed(t, LATER),
    "reopen": lambda t: lifecycle.reopened(t, LATER, "jams again"),
    "cancel": lambda t: lifecycle.cancelled(t, LATER, "not wanted"),
    "survey": lambda t: lifecycle.surveyed(t, LATER, 5),
    "edit": lambda t: lifecycle.edited(t, LATER, {"asset": "PRN-1"}),
}

# --- statuses ------------------------------------------------------------------------------

# The status after each verb, `-` where it is refused.
MATRIX = """
           new          in_progress  on_hold      resolved     closed       cancelled
classify   new          in_progress  on_hold      resolved     closed       cancelled
assign     in_progress  in_progress  on_hold      -            -            -
to_a_team  new          in_progress  on_hold      -            -            -
escalate   in_progress  in_progress  on_hold      -            -            -
note       new          in_progress  on_hold      resolved     closed       cancelled
reply      in_progress  in_progress  on_hold      resolved     closed       cancelled
hold       on_hold      on_hold      on_hold      -            -            -
resume     -            -            in_progress  -            -            -
resolve    resolved     resolved     resolved     -            -            -
close      -            -            -            closed       -            -
reopen     -            -            -            in_progress  in_progress  -
cancel     cancelled    cancelled    cancelled    -            -            -
survey     -            -            -            resolved     closed       -
edit       new          in_progress  on_hold      resolved     closed       cancelled
"""
REFUSALS = f"""
resolved assign: {ID} is resolved and cannot be assigned; reopen it first
closed assign: {ID} is closed and cannot be assigned; reopen it first
cancelled assign: {ID} is cancelled and cannot be assigned; that is final
resolved to_a_team: {ID} is resolved and cannot be assigned; reopen it first
closed to_a_team: {ID} is closed and cannot be assigned; reopen it first
cancelled to_a_team: {ID} is cancelled and cannot be assigned; that is final
resolved escalate: {ID} is resolved and cannot be escalated; reopen it first
closed escalate: {ID} is closed and cannot be escalated; reopen it first
cancelled escalate: {ID} is cancelled and cannot be escalated; that is final
resolved hold: {ID} is resolved and cannot be put on hold; from there it can only become closed or in_progress
closed hold: {ID} is closed and cannot be put on hold; from there it can only become in_progress
cancelled hold: {ID} is cancelled and cannot be put on hold; that is final
new resume: {ID} is new, not on hold; there is no hold to end
in_progress resume: {ID} is in_progress, not on hold; there is no hold to end
resolved resume: {ID} is resolved, not on hold; there is no hold to end
closed resume: {ID} is closed, not on hold; there is no hold to end
cancelled resume: {ID} is cancelled, not on hold; there is no hold to end
resolved resolve: {ID} is resolved and cannot be resolved; from there it can only become closed or in_progress
closed resolve: {ID} is closed and cannot be resolved; from there it can only become in_progress
cancelled resolve: {ID} is cancelled and cannot be resolved; that is final
new close: {ID} is new and cannot be closed; from there it can only become in_progress or on_hold or resolved or cancelled
in_progress close: {ID} is in_progress and cannot be closed; from there it can only become on_hold or resolved or cancelled
on_hold close: {ID} is on_hold and cannot be closed; from there it can only become in_progress or resolved or cancelled
closed close: {ID} is closed and cannot be closed; from there it can only become in_progress
cancelled close: {ID} is cancelled and cannot be closed; that is final
new reopen: {ID} is new; only what was resolved is reopened
in_progress reopen: {ID} is in_progress; only what was resolved is reopened
on_hold reopen: {ID} is on_hold; only what was resolved is reopened
cancelled reopen: {ID} is cancelled and cannot be reopened; that is final
resolved cancel: {ID} is resolved and cannot be cancelled; from there it can only become closed or in_progress
closed cancel: {ID} is closed and cannot be cancelled; from there it can only become in_progress
cancelled cancel: {ID} is cancelled and cannot be cancelled; that is final
new survey: {ID} is new; satisfaction is asked about when it is resolved
in_progress survey: {ID} is in_progress; satisfaction is asked about when it is resolved
on_hold survey: {ID} is on_hold; satisfaction is asked about when it is resolved
cancelled survey: {ID} is cancelled; satisfaction is asked about when it is resolved
"""  # noqa: E501 - whole sentences


def _cells() -> list[tuple[str, str, str]]:
    (statuses, *rows) = [line.split() for line in MATRIX.strip().splitlines()]
    return [
        (status, row[0].replace("_", " ") if "team" in row[0] else row[0], after)
        for row in rows
        for status, after in zip(statuses, row[1:], strict=True)
    ]


def test_the_matrix_is_whole():
    cells = {(status, verb) for status, verb, _ in _cells()}
    assert cells == {(status, verb) for status in model.STATUSES for verb in VERBS}


@pytest.mark.parametrize(("status", "verb", "after"), _cells())
def test_every_verb_in_every_status(status: str, verb: str, after: str):
    ticket = TICKETS[status]
    assert ticket.status == status
    if after == "-":
        with pytest.raises(RefusedError) as refusal:
            VERBS[verb](ticket)
        assert f"{status} {verb.replace(' ', '_')}: {refusal.value}" in REFUSALS.splitlines()
        return
    result = VERBS[verb](ticket)
    assert result.status == after
    assert result.log[:-1] == ticket.log, "exactly one event more"
    assert model.hand_edits(result) == {}
    if after != "on_hold":
        assert not result.head.keys() & {"waiting_for", "until"}


def test_there_is_a_sentence_for_each_refusal():
    refused = [after for _, _, after in _cells() if after == "-"]
    assert len(REFUSALS.strip().splitlines()) == len(refused)


@given(st.lists(st.tuples(st.sampled_from(list(VERBS)), st.integers(0, 60)), max_size=12))
def test_whatever_the_order_statuses_follow_the_format_and_the_head_is_the_log(
    steps: list[tuple[str, int]],
):
    ticket = new()
    for verb, _ in steps:
        try:
            after = VERBS[verb](ticket)
        except RefusedError:
            continue
        assert after.status == ticket.status or after.status in model.TRANSITIONS[ticket.status]
        assert ("waiting_for" in after.head) == (after.status == "on_hold")
        ticket = after
    assert [event.n for event in ticket.log] == list(range(1, len(ticket.log) + 1))
    assert model.hand_edits(ticket) == {}


# --- opening and priority ------------------------------------------------------------------


def test_an_opened_ticket_has_the_defaults_and_one_event_with_the_whole_head():
    ticket, reason = lifecycle.opened(
        ID, ACT, "打印机卡纸", fields={"category": "printer", "asset": "PRN-1", "tags": []},
        description="第二次了",
    )  # fmt: skip
    assert reason == lifecycle.Priority("P4", "impact person × urgency medium in the matrix")
    head = {
        "kind": "incident", "title": "打印机卡纸", "status": "new", "priority": "P4",
        "impact": "person", "urgency": "medium", "category": "hardware/printer",
        "channel": "phone", "opened": AT, "asset": "PRN-1",
    }  # fmt: skip
    change = {name: (None, value) for name, value in head.items()}
    assert ticket == Ticket(
        {"id": ID, "description": "第二次了", **head}, (Event(1, AT, "chen", "open", change),)
    )
    assert list(ticket.log[0].change) == list(head), "in the format's order"


@pytest.mark.parametrize("who", ["lin", "LIN", "林静", "lin@example.com"])
def test_a_ticket_opened_for_a_person_is_in_work(who: str):
    ticket = new(assignee=who)
    assert (ticket.status, ticket.text("assignee")) == ("in_progress", "lin")


@pytest.mark.parametrize(
    ("impact", "priorities"),
    [
        ("organisation", ["P1", "P2", "P3"]),
        ("department", ["P2", "P3", "P4"]),
        ("person", ["P3", "P4", "P4"]),
    ],
)
def test_priority_is_from_the_matrix(impact: str, priorities: list[str]):
    urgencies = ("high", "medium", "low")
    opened = [new(impact=impact, urgency=urgency).text("priority") for urgency in urgencies]
    assert opened == priorities
    start = lifecycle.opened(ID, ACT, "x", fields={}, priority="P2", because="board")[0]
    start = lifecycle.classified(start, ACT, {}, priority="matrix")
    classified = [
        lifecycle.classified(start, ACT, {"impact": impact, "urgency": urgency, "kind": "problem"})
        for urgency in urgencies
    ]
    assert [ticket.text("priority") for ticket in classified] == priorities


def test_a_priority_by_hand_stays_until_it_is_given_back():
    ticket = lifecycle.classified(new(), ACT, {}, priority="p1", because="the board meets")
    assert ticket.log[-1].change == {
        "priority": ("P4", "P1"),
        "priority_because": (None, "the board meets"),
    }
    ticket = lifecycle.classified(ticket, ACT, {"impact": "organisation", "urgency": "low"})
    assert (ticket.text("priority"), ticket.text("priority_because")) == ("P1", "the board meets")
    ticket = lifecycle.classified(ticket, ACT, {}, priority="matrix")
    assert ticket.log[-1].change == {
        "priority": ("P1", "P3"),
        "priority_because": ("the board meets", None),
    }
    ticket = lifecycle.classified(ticket, ACT, {"impact": "person"})
    assert ticket.text("priority") == "P4"


def test_a_priority_by_hand_at_the_opening_tells_why():
    ticket, reason = lifecycle.opened(ID, ACT, "x", fields={}, priority="P1", because="董事会")
    assert reason == lifecycle.Priority("P1", "by hand, because 董事会", "董事会")
    assert ticket.text("priority_because") == "董事会"


def test_where_the_matrix_has_no_place_there_is_no_priority():
    rules = RULES._replace(defaults={})
    ticket, reason = lifecycle.opened(ID, ACT._replace(policy=rules), "x", fields={})
    assert reason == lifecycle.Priority("", "the matrix has no place for its impact and urgency")
    assert "priority" not in ticket.head


def test_another_category_leaves_an_imported_priority_alone():
    imported = Ticket({"id": ID, "title": "x", "status": "new", "opened": AT, "priority": "P0"}, ())
    assert lifecycle.classified(imported, ACT, {"category": "vpn"}).text("priority") == "P0"


def test_major_is_set_and_taken_back():
    ticket = lifecycle.classified(new(), ACT, {}, major=True)
    assert ticket.head["major"] is True
    assert lifecycle.classified(ticket, ACT, {}, major=False).head["major"] is False


def test_that_it_is_no_major_incident_is_said_before_a_rule_decides():
    declined = lifecycle.classified(new(), ACT, {}, major=False)
    assert declined.head["major"] is False
    with pytest.raises(RefusedError, match="classified so already"):
        lifecycle.classified(declined, ACT, {}, major=False)


# --- hand-over -----------------------------------------------------------------------------


def handed(ticket: Ticket) -> tuple[str, str, str]:
    return ticket.text("assignee"), ticket.text("team"), ticket.status


def test_a_person_brings_the_own_team_along_unless_it_is_the_tickets():
    assert handed(lifecycle.assigned(new(), ACT, to="lin")) == ("lin", "network", "in_progress")
    ticket = new(team="network")
    assert handed(lifecycle.assigned(ticket, ACT, to="zhao")) == ("zhao", "network", "in_progress")
    assert handed(lifecycle.assigned(new(), ACT, to="lin", team="vendor")) == (
        "lin", "vendor", "in_progress",
    )  # fmt: skip


def test_a_team_keeps_its_own_member_and_no_other():
    ticket = new(assignee="zhao", team="service-desk")
    assert handed(lifecycle.assigned(ticket, ACT, team="network"))[0] == "zhao"
    assert handed(lifecycle.assigned(ticket, ACT, team="vendor")) == ("", "vendor", "in_progress")


def test_nobody_takes_a_ticket_out_of_hands():
    ticket = new(assignee="zhao", team="service-desk")
    assert handed(lifecycle.assigned(ticket, ACT, to="none")) == ("", "service-desk", "in_progress")
    assert handed(lifecycle.assigned(ticket, ACT, team="none")) == ("zhao", "", "in_progress")
    assert handed(lifecycle.assigned(ticket, ACT, to="lin", team="none"))[:2] == ("lin", "")
    with pytest.raises(RefusedError, match=f"{ID} is with nobody already"):
        lifecycle.assigned(new(), ACT, to="none", team="none")


def test_escalating_to_a_team_or_a_person_is_functional():
    ticket = lifecycle.escalated(new(), ACT, team="network", because="needs logs")
    assert ticket.log[-1] == Event(
        2, AT, "chen", "escalate", {"team": (None, "network")},
        {"escalation": "functional", "because": "needs logs"},
    )  # fmt: skip
    ticket = lifecycle.escalated(new(), ACT, to="lin", because="needs logs")
    assert ticket.log[-1].words["escalation"] == "functional"
    assert handed(ticket) == ("lin", "network", "in_progress")


def test_escalating_up_goes_to_the_manager_and_keeps_the_team():
    ticket = new(assignee="lin", team="network")
    up = lifecycle.escalated(ticket, ACT, up=True, because="third complaint")
    assert up.log[-1] == Event(
        2, AT, "chen", "escalate", {"assignee": ("lin", "zhao")},
        {"escalation": "hierarchical", "because": "third complaint"},
    )  # fmt: skip
    same = lifecycle.escalated(ticket, ACT, to="zhao", because="third complaint")
    assert same.log[-1] == up.log[-1], "to the manager by name is the same"


def test_escalating_up_keeps_a_team_that_the_manager_is_not_in():
    ticket = new(assignee="lin", team="vendor")
    up = lifecycle.escalated(ticket, ACT, up=True, because="stuck")
    assert handed(up) == ("zhao", "vendor", "in_progress")


def test_escalating_up_from_a_team_goes_to_its_lead():
    ticket = lifecycle.escalated(new(team="network"), ACT, up=True, because="stuck")
    assert handed(ticket) == ("lin", "network", "in_progress")


def test_nobody_stands_above_the_manager_not_even_a_lead_who_answers_to_them():
    ticket = new(assignee="zhao", team="network")
    with pytest.raises(RefusedError) as refusal:
        lifecycle.escalated(ticket, ACT, up=True, because="stuck")
    assert str(refusal.value) == (
        "nobody stands above zhao in desk.yaml; give the person a `manager` or the team a "
        "`lead`, or use --to"
    )


# --- hold, resolution, survey --------------------------------------------------------------


def test_a_hold_waits_for_something_else_or_longer_but_not_for_the_same():
    held = TICKETS["on_hold"]
    until = NOW + timedelta(days=3)
    longer = lifecycle.held(held, ACT, waiting_for="vendor", until=until, because="ordered")
    assert longer.log[-1] == Event(
        3, AT, "chen", "hold", {"until": (None, "2026-11-24T09:00:00+08:00")},
        {"because": "ordered"},
    )  # fmt: skip
    with pytest.raises(RefusedError, match="is on hold for vendor already"):
        lifecycle.held(held, ACT, waiting_for="vendor", until=None)


def test_a_resolution_holds_all_that_was_said():
    ticket = lifecycle.resolved(
        TICKETS["on_hold"], ACT, solution="换了硒鼓", code="FIXED", cause="旧", steps=["a", "b"],
        parts=["CF226A"], config_changes=[],
    )  # fmt: skip
    assert ticket.log[-1] == Event(
        3, AT, "chen", "resolve",
        {"status": ("on_hold", "resolved"), "waiting_for": ("vendor", None)},
        {"code": "fixed", "solution": "换了硒鼓", "cause": "旧", "steps": ["a", "b"],
         "parts": ["CF226A"]},
    )  # fmt: skip


def test_a_duplicate_is_resolved_as_one_and_a_child_as_its_parent():
    original = lifecycle.resolved(new(), ACT, solution="New rollers", code="fixed")
    duplicate = lifecycle.resolved_with(new(), ACT, original, "duplicate-of")
    child = lifecycle.resolved_with(new(), ACT, original, "parent")
    assert (duplicate.log[-1].words, child.log[-1].words) == (
        {
            "code": "duplicate",
            "solution": "New rollers",
            "because": f"duplicate-of {ID}, which is resolved",
        },
        {
            "code": "fixed",
            "solution": "New rollers",
            "because": f"parent {ID}, which is resolved",
        },
    )


def test_a_closed_ticket_is_reopened_only_within_the_window():
    edge = ACT._replace(at=NOW + timedelta(days=14))
    assert lifecycle.reopened(closed(), edge, "again").status == "in_progress"
    with pytest.raises(RefusedError) as refusal:
        lifecycle.reopened(closed(), edge._replace(at=edge.at + timedelta(minutes=1)), "again")
    assert str(refusal.value) == (
        f"{ID} was closed 14d ago and can be reopened for 14d; open a new ticket and "
        f"`desk link NEW follows {ID}`"
    )
    late = ACT._replace(at=NOW + timedelta(days=400))
    resolved = lifecycle.reopened(TICKETS["resolved"], late, "x")
    assert resolved.status == "in_progress", "what is not closed has no window"


def test_a_survey_counts_once_even_after_a_reopening():
    ticket = lifecycle.surveyed(closed(), ACT, 4, "gut")
    assert ticket.log[-1] == Event(4, AT, "chen", "survey", {}, {"score": 4, "comment": "gut"})
    again = lifecycle.resolved(lifecycle.reopened(ticket, ACT, "x"), ACT, solution="y")
    with pytest.raises(RefusedError) as refusal:
        lifecycle.surveyed(again, ACT, 5)
    assert str(refusal.value) == f"{ID} has its answer already, of {AT}; a survey counts once"


# --- links ---------------------------------------------------------------------------------

# The kinds of links that stand in both heads.
OF_TICKETS = [pair for pair in model.LINKS.items() if pair[0] != model.SOLVED_BY]
OTHER = replace(new(), head={**new().head, "id": "T-261121-A0002"})
ARTICLE = Article({"id": "KB-261121-A0003", "title": "x", "status": "draft"}, ())


@pytest.mark.parametrize(("how", "inverse"), OF_TICKETS)
def test_both_sides_have_a_link(how: str, inverse: str):
    here, there = lifecycle.linked(new(), ACT, how, OTHER)
    assert here.log[-1].change == {"links": (None, [f"{how} T-261121-A0002"])}
    assert there.log[-1].change == {"links": (None, [f"{inverse} {ID}"])}
    with pytest.raises(RefusedError) as refusal:
        lifecycle.linked(here, ACT, how, there)
    assert str(refusal.value) == f"{ID} is {how} T-261121-A0002 already"


def test_a_link_that_lost_one_side_is_completed_by_linking_again():
    here, there = lifecycle.linked(new(), ACT, "parent", OTHER)
    again, completed = lifecycle.linked(here, ACT, "parent", OTHER)
    assert (again, completed) == (here, there)


@pytest.mark.parametrize("how", ["parent", "duplicate-of"])
def test_there_is_one_parent_and_one_original(how: str):
    here, _ = lifecycle.linked(new(), ACT, how, OTHER)
    third = replace(OTHER, head={**OTHER.head, "id": "T-261121-A0003"})
    with pytest.raises(RefusedError) as refusal:
        lifecycle.linked(here, ACT, how, third)
    assert str(refusal.value) == f"{ID} is {how} T-261121-A0002 already; it can have only one"


@pytest.mark.parametrize(("how", "inverse"), OF_TICKETS)
def test_unlinking_leaves_both_sides_as_they_were(how: str, inverse: str):
    sides = lifecycle.linked(new(), ACT, how, OTHER)
    here, there = lifecycle.unlinked(sides, LATER, how, OTHER.id)
    assert (here.head, there.head) == (new().head, OTHER.head)
    assert here.log[-1].did == there.log[-1].did == "unlink"
    turned = lifecycle.unlinked(sides[::-1], LATER, inverse, ID)
    assert turned == [there, here]
    with pytest.raises(RefusedError) as refusal:
        lifecycle.unlinked([here, there], LATER, how, OTHER.id)
    assert str(refusal.value) == f"{ID} is not {how} {OTHER.id}; it has no links"


def test_one_side_of_a_link_is_taken_out_alone():
    here, there = lifecycle.linked(new(), ACT, "parent", OTHER)
    assert lifecycle.unlinked([here], LATER, "parent", OTHER.id)[0].links == []
    assert lifecycle.unlinked([new(), there], LATER, "parent", OTHER.id)[0] == new()
    assert lifecycle.unlinked([here, OTHER], LATER, "parent", OTHER.id)[1] == OTHER


def test_an_article_can_be_linked_but_nothing_to_itself():
    _, article = lifecycle.linked(new(), ACT, "related", ARTICLE)
    assert article.links == [("related", ID)]
    with pytest.raises(RefusedError, match=f"{ID} cannot be linked to itself"):
        lifecycle.linked(new(), ACT, "related", new())


def test_a_circle_is_refused_over_any_distance_and_past_what_is_missing():
    records = {
        "b": Ticket({"id": "b", "links": ["parent c", "parent gone"]}, ()),
        "c": Ticket({"id": "c", "links": ["parent b", "parent a"]}, ()),
    }

    def read(record_id: str) -> Ticket:
        if record_id not in records:
            raise NotFoundError(record_id)
        return records[record_id]

    with pytest.raises(RefusedError) as refusal:
        lifecycle.check_no_circle("a", "b", "parent", read)
    assert str(refusal.value) == "a cannot be parent b: that would be a circle of links"
    lifecycle.check_no_circle("d", "b", "parent", read)
    lifecycle.check_no_circle("a", "b", "related", read)


# --- editing -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("asset", "PC-1", ("asset", "PC-1")),
        ("asset", "", ("asset", None)),
        ("tags", " vpn, 远程 ,,", ("tags", ["vpn", "远程"])),
        ("tags", "", ("tags", None)),
        ("requester.email", "li@example.com",
         ("requester", {"name": "李伟", "email": "li@example.com"})),
        ("requester.name", "", ("requester", None)),
        ("requester", "", ("requester", None)),
        ("began", "2h", ("began", "2026-11-21T07:00:00+08:00")),
        ("began", "", ("began", None)),
        ("description", "a\nb", ("description", "a\nb")),
    ],
)  # fmt: skip
def test_what_a_setting_means(name: str, text: str, expected: tuple[str, model.Value]):
    ticket = new(requester={"name": "李伟"})
    assert lifecycle.setting(ticket, name, text, NOW) == expected


@pytest.mark.parametrize("name", lifecycle.GOVERNED)
def test_governed_fields_are_left_to_their_commands(name: str):
    with pytest.raises(RefusedError) as refusal:
        lifecycle.edited(new(), ACT, {name: "x"})
    assert str(refusal.value) == f"'{name}' is changed by {lifecycle.GOVERNED[name]}"


# --- what is refused whatever the status ---------------------------------------------------


@pytest.mark.parametrize(
    ("attempt", "error", "sentence"),
    [
        (lambda: lifecycle.opened(ID, ACT, " \n", fields={}), UsageError,
         "a ticket needs a title that says what it is about"),
        (lambda: lifecycle.opened(ID, ACT, "x", fields={}, priority="P1"), UsageError,
         "a priority by hand needs its reason: add --because TEXT"),
        (lambda: lifecycle.opened(ID, ACT, "x", fields={}, because="y"), UsageError,
         "--because goes with --priority; say which one"),
        (lambda: lifecycle.opened(ID, ACT, "x", fields={}, priority="P9", because="y"),
         RefusedError, "priority 'P9' is not in desk.yaml; known are P1, P2, P3, P4"),
        (lambda: new(kind="incidnt"), RefusedError,
         "kind 'incidnt' is not in desk.yaml; did you mean incident?"),
        (lambda: new(channel="fone"), RefusedError,
         "channel 'fone' is not in desk.yaml; did you mean phone?"),
        (lambda: new(category="vnp"), RefusedError,
         "category 'vnp' is not in desk.yaml; did you mean network/vpn?"),
        (lambda: new(impact="persn"), RefusedError,
         "impact 'persn' is not in desk.yaml; did you mean person?"),
        (lambda: new(urgency="hihg"), RefusedError,
         "urgency 'hihg' is not in desk.yaml; did you mean high?"),
        (lambda: new(team="netwrk"), RefusedError,
         "team 'netwrk' is not in desk.yaml; did you mean network?"),
        (lambda: new(assignee="zhoa"), RefusedError,
         "person 'zhoa' is not in desk.yaml; did you mean zhao?"),
        (lambda: lifecycle.classified(new(), ACT, {}), UsageError,
         "say what to change: --kind, --category, --impact, --urgency, …"),
        (lambda: lifecycle.classified(new(), ACT, {}, because="x"), UsageError,
         "--because goes with --priority; say which one"),
        (lambda: lifecycle.classified(new(), ACT, {}, priority="P1"), UsageError,
         "a priority by hand needs its reason: add --because TEXT"),
        (lambda: lifecycle.classified(new(), ACT, {"impact": "person"}), RefusedError,
         f"{ID} is classified so already"),
        (lambda: lifecycle.classified(new(), ACT, {}, priority="matrix"), RefusedError,
         f"{ID} is classified so already"),
        (lambda: lifecycle.assigned(new(), ACT), UsageError,
         "say to whom: --to WHO or --team TEAM"),
        (lambda: lifecycle.assigned(TICKETS["in_progress"], ACT, to="lin"), RefusedError,
         f"{ID} is with lin already"),
        (lambda: lifecycle.escalated(new(), ACT, because="x"), UsageError,
         "say where: one of --to-team TEAM, --to WHO or --up"),
        (lambda: lifecycle.escalated(new(), ACT, because="x", to="lin", up=True), UsageError,
         "say where: one of --to-team TEAM, --to WHO or --up"),
        (lambda: lifecycle.escalated(new(), ACT, because=" ", to="lin"), UsageError,
         "--because is empty; write what there is to say"),
        (lambda: lifecycle.escalated(new(team="network"), ACT, because="x", team="network"),
         RefusedError, f"{ID} is with network already"),
        (lambda: lifecycle.escalated(new(), ACT, because="x", up=True), RefusedError,
         f"nobody stands above {ID} in desk.yaml; give the person a `manager` or the team a "
         "`lead`, or use --to"),
        (lambda: lifecycle.noted(new(), ACT, "\n"), UsageError,
         "the note is empty; write what there is to say"),
        (lambda: lifecycle.replied(new(), ACT, ""), UsageError,
         "the reply is empty; write what there is to say"),
        (lambda: lifecycle.held(new(), ACT, waiting_for="vendor", until=NOW), UsageError,
         f"--until {AT} is not after {AT}"),
        (lambda: lifecycle.resolved(new(), ACT, solution=""), UsageError,
         "--solution is empty; write what there is to say"),
        (lambda: lifecycle.resolved(new(), ACT, solution="x", code="fixd"), RefusedError,
         "code 'fixd' is not in desk.yaml; did you mean fixed?"),
        (lambda: lifecycle.reopened(TICKETS["resolved"], ACT, ""), UsageError,
         "--because is empty; write what there is to say"),
        (lambda: lifecycle.cancelled(new(), ACT, ""), UsageError,
         "--because is empty; write what there is to say"),
        (lambda: lifecycle.edited(new(), ACT, {"title": " "}), UsageError,
         "a ticket needs a title that says what it is about"),
        (lambda: lifecycle.edited(new(), ACT, {"channel": "fone"}), RefusedError,
         "channel 'fone' is not in desk.yaml; did you mean phone?"),
        (lambda: lifecycle.edited(new(), ACT, {"title": "Printer jams"}), RefusedError,
         f"{ID} is so already; nothing was changed"),
        (lambda: lifecycle.setting(new(), "requester.nme", "x", NOW), UsageError,
         "a requester has no 'nme'; did you mean name?"),
        (lambda: lifecycle.setting(new(), "requester", "x", NOW), UsageError,
         "a requester has parts: set requester.name, .email, .phone, .department"),
    ],
)  # fmt: skip
def test_what_is_refused(attempt: Callable[[], object], error: type, sentence: str):
    with pytest.raises(error) as refusal:
        attempt()
    assert str(refusal.value) == sentence
