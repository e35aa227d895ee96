"""What a TERM on the command line means."""

from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk import lifecycle, model, policy, query
from desk.errors import UsageError
from desk.lifecycle import Act
from desk.model import Ticket
from desk.query import AsOf, Term
from tests import strategies
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
