"""What a TERM on the command line means."""

from contextlib import suppress
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk import lifecycle, model, policy, query
from desk.errors import UsageError
from desk.lifecycle import Act
from desk.model import Ticket
from desk.query import AsOf, Term
from tests import strategies
from tests.commands.promising import POLICY as PROMISES
from tests.conftest import NOW
from tests.support import POLICY

ACT = Act("chen", NOW, policy.load(POLICY))
AS_OF = AsOf(NOW, ACT.policy.promises)


def opened(number: int, title: str, description: str = "", **fields: model.Value) -> Ticket:
    act = Act("chen", NOW - timedelta(hours=number), ACT.policy)
    return lifecycle.opened(
        f"T-261121-A000{number}", act, title, fields=fields, description=description
    )[0]


TICKETS = [
    opened(1, "打印机卡纸", "又卡了\nHP LaserJet", category="printer", tags=["二楼", "HP"],
           requester={"name": "王芳", "email": "wf@example.com"}),
    opened(2, "VPN drops every hour", category="vpn", assignee="lin", impact="department",
           asset="PC-1042"),
    lifecycle.held(opened(3, "Disk full", "on DB1", channel="monitoring", host={"rack": 7}),
                   ACT, waiting_for="vendor", until=None),
    lifecycle.surveyed(
        lifecycle.closed(
            lifecycle.resolved(opened(4, "Password forgotten", assignee="chen"), ACT,
                               solution="Reset it", code="fixed"), ACT), ACT, 5),
    lifecycle.resolved(
        lifecycle.classified(opened(5, "网络中断", category="network"), ACT, {}, major=True),
        ACT, solution="换了网线", code="workaround"),
]  # fmt: skip


def parse(terms: list[str] | tuple[str, ...], me: str = "") -> query.Filter:
    return query.parse(terms, lambda: me, lambda: AS_OF)


def found(*terms: str, me: str = "chen") -> str:
    """The numbers of the tickets that fit."""
    asked = parse(terms, me)
    return "".join(ticket.id[-1] for ticket in TICKETS if asked.matches(ticket))


# --- terms ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("status:open", Term("status", ("open",))),
        ("priority:P1,P2", Term("priority", ("p1", "p2"))),
        ("-team:network", Term("team", ("network",), negated=True)),
        ("requester.name:李伟", Term("requester.name", ("李伟",))),
        ("部门:财务部, 法务部,", Term("部门", ("财务部", "法务部"))),
        ("note:12:30", Term("note", ("12:30",))),
        ("VPN", Term("", ("vpn",))),
        ("disk  Full", Term("", ("disk", "full"))),
        ("-vpn", Term("", ("-vpn",))),
        ("12:30", Term("", ("12:30",))),
        (":x", Term("", (":x",))),
        ("https://example.com/a", Term("", ("https://example.com/a",))),
    ],
)
def test_terms(text: str, term: Term):
    assert parse([text]).terms == (term,)


def test_nothing_asked_is_everything():
    assert parse(["", "  "]).terms == ()
    assert found() == "12345"


@pytest.mark.parametrize(
    ("terms", "numbers"),
    [
        (["status:open"], "123"),
        (["-status:open"], "45"),
        (["status:closed,resolved"], "45"),
        (["status:open,closed"], "1234"),
        (["assignee:me"], "4"),
        (["assignee:lin"], "2"),
        (["assignee:none"], "135"),
        (["-assignee:none"], "24"),
        (["team:none"], "135"),
        (["holder:chen"], "4"),
        (["holder:lin"], "2"),
        (["holder:none"], "135"),
        (["category:network"], "25"),
        (["category:network/vpn"], "2"),
        (["category:net"], ""),
        (["category:vpn"], "2"),
        (["category:printer,none"], "134"),
        (["tag:hp"], "1"),
        (["tags:二楼"], "1"),
        (["requester:王芳"], "1"),
        (["requester.email:WF@example.com"], "1"),
        (["asset:pc-1042"], "2"),
        (["host.rack:7"], "3"),
        (["host:7"], "3"),
        (["waiting_for:vendor"], "3"),
        (["major:true"], "5"),
        (["score:5"], "4"),
        (["code:fixed,workaround"], "45"),
        (["solution:换了网线"], "5"),
        (["id:t-261121-a0001"], "1"),
        (["卡纸"], "1"),
        (["laserjet"], "1"),
        (["又卡 laserjet"], "1"),
        (["DISK", "db1"], "3"),
        (["DISK", "vpn"], ""),
        (["channel:phone", "-category:hardware", "status:open"], "2"),
        (["-priority:P4"], "2"),
    ],
)
def test_who_fits(terms: list[str], numbers: str):
    assert found(*terms) == numbers


def test_me_is_whoever_asks_in_fields_that_name_people_only():
    assert found("assignee:me", me="LIN") == "2"
    assert found("title:me") == ""


@settings(max_examples=50)
@given(strategies.tickets(), st.lists(strategies.texts(20), max_size=3))
def test_any_text_is_a_filter_or_a_sentence(ticket: Ticket, terms: list[str]):
    with suppress(UsageError):
        parse(terms, "chen").matches(ticket)


@settings(max_examples=50)
@given(strategies.tickets(), st.sampled_from(model.TICKET_FIELDS), strategies.texts(8))
def test_a_term_and_its_negation_part_the_tickets(ticket: Ticket, field: str, value: str):
    if field != "status" and value.strip() and not value.startswith("//") and "," not in value:
        yes, no = (parse([f"{sign}{field}:{value}"]) for sign in ("", "-"))
        assert yes.matches(ticket) != no.matches(ticket)


@pytest.mark.parametrize("text", ["team:", "-team:", "team:,", "team: "])
def test_a_term_without_a_value(text: str):
    with pytest.raises(UsageError) as error:
        parse([text])
    assert str(error.value) == f"'{text}' has no value; write team:VALUE or team:none"


@pytest.mark.parametrize("text", ["status:opne", "-status:new,opne"])
def test_a_status_that_is_none(text: str):
    with pytest.raises(UsageError) as error:
        parse([text])
    assert str(error.value) == "'opne' is no status; did you mean open?"


def test_fields_are_desks_own_or_custom_ones():
    custom = {"inventory", "rack"}
    query.check_names(["team", "tag", "requester.email", "age", "inventory", "rack.row"], custom)
    with pytest.raises(UsageError) as error:
        query.check_names(["assinee"], custom)
    assert str(error.value) == "no ticket has a field 'assinee'; did you mean assignee?"
    with pytest.raises(UsageError, match=r"did you mean inventory\?"):
        query.check_names(["inventry"], custom)


def test_only_a_wanted_status_asks_for_it():
    asked = parse(["status:closed", "-team:network"])
    assert (asked.asks_for("status"), asked.asks_for("team")) == (True, False)
    assert asked.fields() == ["status", "team"]


# --- fields and order ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "field", "value"),
    [
        (1, "requester.name", "王芳"),
        (1, "requester.phone", None),
        (1, "age", 3600),
        (2, "holder", "lin"),
        (2, "asset", "PC-1042"),
        (3, "host.rack", 7),
        (4, "score", 5),
        (4, "closed", "2026-11-21T09:00:00+08:00"),
        (4, "code", "fixed"),
        (1, "solution", None),
        (1, "nonsense", None),
    ],
)
def test_values(number: int, field: str, value: model.Value):
    assert query.field_value(TICKETS[number - 1], field, AS_OF) == value


def test_a_custom_field_goes_before_a_derived_one_of_its_name():
    ticket = opened(1, "x", code="A-17")
    assert query.field_value(ticket, "code", AS_OF) == "A-17"


@pytest.mark.parametrize(
    ("sort", "numbers"),
    [
        ("", "23154"),
        ("opened", "54321"),
        ("-opened", "12345"),
        ("age", "12345"),
        ("-age", "54321"),
        ("priority,-age", "25431"),
        ("score", "41235"),
        ("-score", "41235"),
        ("status,title", "42135"),
        ("tag", "12345"),
        ("holder", "42135"),
        (" -opened , ", "12345"),
    ],
)
def test_order(sort: str, numbers: str):
    ordered = query.in_order(reversed(TICKETS), sort, AS_OF)
    assert "".join(ticket.id[-1] for ticket in ordered) == numbers


def test_numbers_sort_as_numbers():
    tickets = [opened(n, "x", seats=seats) for n, seats in ((1, 10), (2, 9), (3, "many"))]
    assert [t.id[-1] for t in query.in_order(tickets, "seats", AS_OF)] == ["2", "1", "3"]


# --- what depends on the moment: sla, due and age ------------------------------------------

MORNING = datetime.fromisoformat("2026-11-23T10:00:00+08:00")
OFFICE = policy.load(PROMISES)
NOW_THERE = AsOf(MORNING, OFFICE.promises)


def promised(number: int, at: str, **fields: model.Value) -> Ticket:
    act = Act("chen", datetime.fromisoformat(f"2026-11-{at}+08:00"), OFFICE)
    return lifecycle.opened(f"T-261123-A000{number}", act, "x", fields=fields)[0]


LATER = Act("chen", MORNING, OFFICE)
URGENT = {"impact": "department", "urgency": "high"}
# At ten: late; at risk (3h of 4h); with 4h left; on hold and answered; without promise; resolved.
CLOCKED = [
    promised(1, "23T09:00", **URGENT),
    promised(2, "20T16:00"),
    promised(3, "23T10:00"),
    lifecycle.held(lifecycle.replied(promised(4, "23T09:30"), LATER, "?"), LATER,
                   waiting_for="vendor", until=None),
    promised(5, "23T09:00", kind="change"),
    lifecycle.resolved(promised(6, "20T17:00"), LATER, solution="x"),
]  # fmt: skip


def at_ten(*terms: str) -> str:
    """The numbers of those tickets that fit on Monday at ten."""
    asked = query.parse(terms, lambda: "chen", lambda: NOW_THERE)
    return "".join(ticket.id[-1] for ticket in CLOCKED if asked.matches(ticket))


@pytest.mark.parametrize(
    ("terms", "numbers"),
    [
        (["sla:breached"], "1"),
        (["sla:at_risk"], "2"),
        (["sla:running"], "123"),
        (["sla:paused"], "4"),
        (["sla:met"], "46"),
        (["sla:none"], "5"),
        (["sla:breached,at_risk"], "12"),
        (["-sla:breached"], "23456"),
        (["-sla:none"], "12346"),
        (["SLA:breached"], ""),
        (["sla:Breached"], "1"),
        (["due:<4h"], "12"),
        (["due:<5h"], "12"),  # of any time, not of working time
        (["due:<=5h"], "123"),
        (["due:>5h"], ""),
        (["due:>=5h"], "3"),
        (["due:<0m"], "1"),
        (["due:<-20m"], "1"),
        (["due:<-30m"], ""),
        (["due:<=-30m"], "1"),
        (["due:>=1h", "due:<=1h"], "2"),
        (["due:<1小时,>=5h"], "13"),
        (["due:none"], "456"),
        (["due:none,<0m"], "1456"),
        (["-due:none"], "123"),
        (["age:<1h"], "34"),
        (["age:<=1h"], "1345"),
        (["age:>1d"], "26"),
        (["age:>=2d 18h"], "2"),
        (["-age:>1d"], "1345"),
        (["age:none"], ""),
    ],
)
def test_who_fits_at_a_moment(terms: list[str], numbers: str):
    assert at_ten(*terms) == numbers


BAD_TERMS = {
    "sla:late": "'late' is no state of a clock; known are running, paused, met, at_risk, "
                "breached, none",
    "sla:at-risk": "'at-risk' is no state of a clock; did you mean at_risk?",
    "sla:": "'sla:' has no value; write sla:VALUE or sla:none",
    "due:4h": "due:4h is no comparison; write due:<4h, due:>=3d or due:none",
    "due:<": "due:< is no comparison; write due:<4h, due:>=3d or due:none",
    "due:<soon": "due:<soon is no comparison; write due:<4h, due:>=3d or due:none",
    "due:=<4h": "due:=<4h is no comparison; write due:<4h, due:>=3d or due:none",
    "due:<4h,tomorrow": "due:tomorrow is no comparison; write due:<4h, due:>=3d or due:none",
    "age:30": "age:30 is no comparison; write age:<4h, age:>=3d or age:none",
    "-age:>x": "age:>x is no comparison; write age:<4h, age:>=3d or age:none",
}  # fmt: skip


@pytest.mark.parametrize(("term", "sentence"), BAD_TERMS.items())
def test_bad_terms_of_moments(term: str, sentence: str):
    with pytest.raises(UsageError) as error:
        parse([term])
    assert str(error.value) == sentence


@pytest.mark.parametrize(
    ("number", "sla", "due"),
    [
        (1, "breached", "2026-11-23T09:30:00+08:00"),
        (2, "at_risk", "2026-11-23T11:00:00+08:00"),
        (3, "running", "2026-11-23T15:00:00+08:00"),
        (4, "paused", None),
        (5, None, None),
        (6, "met", None),
    ],
)
def test_the_worst_state_and_what_is_due_next(number: int, sla: str | None, due: str | None):
    ticket = CLOCKED[number - 1]
    assert query.field_value(ticket, "sla", NOW_THERE) == sla
    assert query.field_value(ticket, "due", NOW_THERE) == due
    assert query.field_value(ticket, "due") is None  # nobody said when


@pytest.mark.parametrize(
    ("sort", "numbers"),
    [
        ("due", "123456"),
        ("-due", "321456"),
        ("sla", "643215"),
        ("-sla", "123465"),
        ("due,-id", "123654"),
        ("age", "341562"),
    ],
)
def test_order_by_what_depends_on_the_moment(sort: str, numbers: str):
    ordered = query.in_order(reversed(CLOCKED), sort, NOW_THERE)
    assert "".join(ticket.id[-1] for ticket in ordered) == numbers


def test_at_another_moment_they_are_something_else():
    before = NOW_THERE._replace(now=MORNING - timedelta(minutes=45))
    asked = query.parse(["sla:breached"], lambda: "", lambda: NOW_THERE)
    assert asked.matches(CLOCKED[0])
    assert not asked.matches(CLOCKED[0], before)
    assert list(asked.among(CLOCKED, set(), before.now)) == []


def test_a_custom_field_of_such_a_name_goes_before():
    ticket = promised(7, "23T09:00", sla="gold", due="Friday")
    assert query.field_value(ticket, "sla", NOW_THERE) == "gold"
    asked = query.parse(["sla:none"], lambda: "", lambda: NOW_THERE)
    assert not asked.matches(ticket)


@given(st.lists(st.sampled_from(
    ["sla:breached", "-sla:met", "due:<4h", "due:>=-1d", "due:none", "age:<1d", "age:>=1h"]),
    max_size=3), st.integers(-10**6, 10**7))  # fmt: skip
@settings(max_examples=50)
def test_terms_of_moments_hold_together_as_each_does(terms: list[str], later: int):
    moment = NOW_THERE._replace(now=MORNING + timedelta(seconds=later))
    for ticket in CLOCKED:
        each = [query.parse([t], lambda: "", lambda: moment).matches(ticket) for t in terms]
        assert query.parse(terms, lambda: "", lambda: moment).matches(ticket) == all(each)
