"""What a TERM on the command line means."""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import NoReturn

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk import conditions, fields, lifecycle, model, policy, query, terms
from desk.errors import UsageError
from desk.fields import AsOf
from desk.lifecycle import Act
from desk.model import Ticket
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


def parse(arguments: list[str] | tuple[str, ...], me: str = "", **views: str) -> query.Filter:
    return query.parse(arguments, lambda: [me, "Lin Jing"], lambda: AS_OF, views)


def found(*terms: str, me: str = "chen") -> str:
    """The numbers of the tickets that fit."""
    asked = parse(terms, me)
    return "".join(ticket.id[-1] for ticket in TICKETS if asked.matches(ticket))


# --- terms ---------------------------------------------------------------------------------


def test_nothing_asked_is_everything():
    assert parse(["", "  "]).empty
    assert not parse(["x"]).empty
    assert found() == found("", " ") == "12345"


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
        (["又卡了 hp"], "1"),
        (["又卡 laserjet"], ""),
        (["又卡", "laserjet"], "1"),
        (["卡纸 又卡了"], ""),
        (["drops  EVERY hour"], "2"),
        (['drops "every hour"'], "2"),
        (['"every hour" printer'], ""),
        (["-卡纸", "-vpn"], "345"),
        (["assignee:me,lin"], "24"),
        (["holder:me"], "4"),
        (["assignee:*"], "24"),
        (["-assignee:*"], "135"),
        (["solution:*"], "45"),
        (["requester:~芳"], "1"),
        (["requester:~WF@"], "1"),
        (["title:~every"], "2"),
        (["tag:~P"], "1"),
        (["asset:~1042,~x"], "2"),
        (["asset:~9"], ""),
        (["score:<=5"], "4"),
        (["score:<5"], ""),
        (["score:>4"], "4"),
        (["score:>=6"], ""),
        (["score:1..4"], ""),
        (["score:1..5"], "4"),
        (["score:..4,5"], "4"),
        (["host.rack:>6.5"], "3"),
        (["host.rack:>7"], ""),
        (["host.rack:..7"], "3"),
        (["seats:>1"], ""),
        (["opened:7d.."], "12345"),
        (["opened:3h.."], "123"),
        (["opened:..3h"], "345"),
        (["opened:>3h"], "12"),
        (["opened:>=3h"], "123"),
        (["opened:4h..2h"], "234"),
        (["opened:2026"], "12345"),
        (["opened:2026-11"], "12345"),
        (["opened:2026-10,2026-11-21"], "12345"),
        (["opened:<2026-11"], ""),
        (["opened:>2026-10"], "12345"),
        (["opened:>2026-11"], ""),
        (["opened:2026-11-21T07"], "2"),
        (["opened:2026-11-21 07:00"], "2"),
        (["opened:2026-11-21 07:01"], ""),
        (["opened:2026-11-20..2026-11-21"], "12345"),
        (["opened:2026-11-21 06:00..2026-11-21 07:00"], "23"),
        (["opened:今天"], "12345"),
        (["opened:yesterday"], ""),
        (["opened:2026年11月"], "12345"),
        (["opened:2026-11-20T23:00:00Z"], "2"),
        (["began:none"], "12345"),
        (["closed:today"], "4"),
        (["resolved:1h.."], "45"),
        (["resolved:..1h"], ""),
        (["closed:*"], "4"),
        (["has:survey"], "4"),
        (["has:resolve"], "45"),
        (["has:hold,classify"], "35"),
        (["-has:open"], ""),
        (["has:asset"], "2"),
        (["has:tag"], "1"),
        (["has:requester.email"], "1"),
        (["has:due"], ""),
        (["has:age"], "12345"),
        (["linked:none"], "12345"),
        (["linked:*"], ""),
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
    asked = opened(7, "VPN", requester={"name": "lin jing"})
    assert parse(["requester:me"], "lin").matches(asked)
    assert not parse(["assignee:me"], "lin").matches(asked)
    assert found("title:me") == ""
    assert found('assignee:"me"') == ""


class Unread(tuple[model.Event, ...]):
    """A log that must not be looked at."""

    def __iter__(self) -> NoReturn:
        raise AssertionError("the log was read")

    __reversed__ = __iter__


@pytest.mark.parametrize(
    "arguments",
    [
        ["has:reply", "team:systems"],
        ["team:systems has:reply or score:5 -id:*"],
        ["due:<4h", "sla:breached", "team:systems"],
        ["-(team:network or has:reply)"],
        ["closed:7d.. or resolved:* or code:fixed or solution:~x"],
        ["has:asset,tag", "team:systems"],
    ],
)
def test_the_log_is_read_last_and_only_where_it_decides(arguments: list[str]):
    ticket = Ticket(TICKETS[1].head, Unread())
    assert not parse(arguments).matches(ticket)
    with pytest.raises(AssertionError, match="the log was read"):
        parse(["has:reply", "team:network"]).matches(ticket)


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


LINKED = [
    model.Ticket({**TICKETS[0].head, "links": links}, TICKETS[0].log)
    for links in (
        ["parent T-261120-7K3FQ"],
        ["duplicate-of T-261101-0A1B2", "child T-260101-ZZZZZ"],
    )
]


@pytest.mark.parametrize(
    ("term", "fit"),
    [
        ("linked:T-261120-7K3FQ", [True, False]),
        ("linked:7k3f", [True, False]),
        ("linked:oaib2", [False, True]),
        ("linked:OALB2,7K3F", [True, True]),
        ("linked:duplicate-of", [False, True]),
        ("linked:Parent", [True, False]),
        ("linked:duplicate", [False, False]),
        ("linked:zzzzz", [False, True]),
        ("linked:*", [True, True]),
        ("linked:none", [False, False]),
        ("has:links", [True, True]),
    ],
)
def test_links(term: str, fit: list[bool]):
    assert [parse([term]).matches(ticket) for ticket in LINKED] == fit


CUSTOM = [
    opened(1, "x", seats=12, bought="2026-03-15", weight="3.5", until_then="n/a"),
    opened(2, "y", seats=9, bought="2025-12-31", weight="10",
           until_then="2026-11-21T07:00:00+08:00"),
    opened(3, "z", seats=["7", 30], bought="<1900", vip=True),
]  # fmt: skip


@pytest.mark.parametrize(
    ("term", "numbers"),
    [
        ("seats:>10", "13"),
        ("seats:9..12", "12"),
        ("seats:7,9", "23"),
        ("weight:<9.75", "1"),
        ("weight:>=3.5", "12"),
        ("bought:2026-03", "1"),
        ("bought:2026", "1"),
        ("bought:<2026", "2"),
        ("bought:2025-12-31..2026-03-15", "12"),
        ("bought:2026-03-15", "1"),
        ("bought:>2026-03-15", ""),
        ('bought:"<1900"', "3"),
        ("bought:~1900", "3"),
        ("until_then:1d..", "2"),
        ("until_then:>2h", ""),
        ("until_then:>=2h", "2"),
        ("until_then:n/a", "1"),
        ("vip:true", "3"),
        ("vip:>0", ""),
        ("vip:none", "12"),
    ],
)
def test_custom_fields(term: str, numbers: str):
    asked = parse([term])
    assert "".join(one.id[-1] for one in CUSTOM if asked.matches(one)) == numbers


@pytest.mark.parametrize(
    ("arguments", "ended"),
    [
        (["status:closed"], True),
        (["status:open"], False),
        (["status:new,closed"], True),
        (["status:*"], True),
        (["status:~solve"], True),
        (["status:~new"], False),
        (["-status:closed"], False),
        (["-status:open"], True),
        (["-status:new,in_progress,on_hold,closed"], True),
        (["-status:*"], False),
        (["-(status:closed or x)"], False),
        (["-(-status:closed)"], True),
        (["team:network or (status:closed x)"], True),
        (["team:network", "vpn"], False),
        (["closed:7d.."], True),
        (["resolved:none"], False),
        (["-resolved:7d.."], False),
        (["score:<=2"], True),
        (["has:survey"], True),
        (["has:reply"], False),
        (["@gone"], True),
        (["-@gone"], False),
    ],
)
def test_what_asks_for_ended_tickets(arguments: list[str], ended: bool):
    assert parse(arguments, gone="closed:7d..").ended is ended


def test_what_is_wanted_as_it_stands():
    asked = parse(["team:Network,none,~x", "-kind:problem", "(priority:P1 or vpn)", "seats:>3"])
    assert asked.wanted() == [("team", "network"), ("priority", "p1")]


# --- views ---------------------------------------------------------------------------------

VIEWS = {
    "mine": "assignee:me",
    "未分配": "assignee:none status:open",
    "printers": '(category:hardware/printer or 打印机) "卡纸"',
    "both": "@mine or @printers",
    "not": "-@both",
}


@pytest.mark.parametrize(
    ("arguments", "numbers"),
    [
        (["@mine"], "4"),
        (["-@mine"], "1235"),
        (["@未分配"], "13"),
        (["@未分配", "disk"], "3"),
        (["@both"], "14"),
        (["(@both or vpn) status:open"], "12"),
        (["@not"], "235"),
        (["-@not"], "14"),
    ],
)
def test_views(arguments: list[str], numbers: str):
    asked = parse(arguments, "chen", **VIEWS)
    assert "".join(ticket.id[-1] for ticket in TICKETS if asked.matches(ticket)) == numbers


def mistaken(*arguments: str, **views: str) -> tuple[str, str]:
    """The sentence about a mistake, and what stands at its place."""
    with pytest.raises(UsageError) as error:
        parse(arguments, "chen", **views).check_fields({"seats", "host"})
    place = error.value.place
    assert place
    return str(error.value), place.text[place.start : place.end]


BAD_VIEWS = {
    "@mime": ("desk.yaml has no view 'mime'; did you mean mine?", "@mime"),
    "x -@mime": ("desk.yaml has no view 'mime'; did you mean mine?", "@mime"),
    "@a": ("view @b of desk.yaml: this view goes in a circle: @a, @b, @a", "@a"),
    "@status": ("view @status of desk.yaml: 'opne' is no status; did you mean open?", "opne"),
    "@typo": ("view @typo of desk.yaml: no ticket has a field 'tema'; did you mean team?", "tema"),
    "@open": ("view @open of desk.yaml: this bracket is never closed", "("),
    "@d1": ("view @d5 of desk.yaml: a query uses 100 views at most, 5 deep", "@d6"),
    "@many": ("view @many of desk.yaml: a query uses 100 views at most, 5 deep", "@mine"),
    "@nothing @mime": ("desk.yaml has no view 'mime'; did you mean mine?", "@mime"),
}


@pytest.mark.parametrize(("text", "wrong"), BAD_VIEWS.items())
def test_mistakes_in_views(text: str, wrong: tuple[str, str]):
    views = {"mine": "assignee:me", "a": "x or @b", "b": "@a", "status": "x status:opne"}
    views |= {"typo": "tema:x", "open": "(x", "many": "@mine " * 100, "nothing": " "}
    views |= {f"d{n}": f"@d{n + 1}" for n in range(1, 7)}
    assert mistaken(text, **views) == wrong


# --- mistakes ------------------------------------------------------------------------------

WRONG = {
    "pirority:P1 team:x": ("no ticket has a field 'pirority'; did you mean priority?", "pirority"),
    "(a or -seat:>3)": ("no ticket has a field 'seat'; did you mean seats or status?", "seat"),
    "has:surveey": ("no ticket has a field 'surveey'; did you mean survey?", "surveey"),
    "has:reply,seats,host.x": None,
    "has:~x": ("has:~x names nothing that a record can have; write has:survey, has:reply or "
               "has:due", "~x"),
    "has:none": ("has:none names nothing that a record can have; write has:survey, has:reply or "
                 "has:due", "none"),
    "priority:P1,>=P2": ("priority has no order to compare by; write priority:ONE,OTHER (and text "
                         "that looks like a comparison in quotes)", ">=P2"),
    "team:a..b": ("team has no order to compare by; write team:ONE,OTHER (and text that looks "
                  "like a comparison in quotes)", "a..b"),
    "category:>x": ("category has no order to compare by; write category:ONE,OTHER (and text that "
                    "looks like a comparison in quotes)", ">x"),
    'title:"a..b"': None,
    "opened:7d": ("opened:7d is no comparison; write opened:<4h, opened:>=3d or opened:none", "7d"),
    "opened:soon": ("'soon' is no time that desk can read; write opened:2026-11-21, "
                    "opened:>=2026-11 or opened:<4h", "soon"),
    "opened:>=2026-13": ("'2026-13' is no time that desk can read; write opened:2026-11-21, "
                         "opened:>=2026-11 or opened:<4h", ">=2026-13"),
    "closed:3d..7d": ("the range ends before it begins; write the earlier time first", "3d..7d"),
    "score:>high": ("score:>high is no comparison; write score:<=2, score:1..2 or score:none",
                    ">high"),
    "score:4..1": ("score:4..1 is no comparison; write score:<=2, score:1..2 or score:none",
                   "4..1"),
    "seats:>many": ("seats:>many is no comparison; write seats:>=10, seats:2026-11.. or text in "
                    "quotes", ">many"),
    "major:yes": ("'yes' is no value of major; known are true, false, none", "yes"),
    "waiting_for:vendr": ("'vendr' is no value of waiting_for; did you mean vendor?", "vendr"),
    "linked:duplicate-off": ("'duplicate-off' is neither a part of an id nor a link; did you mean "
                             "duplicate-of or duplicate?", "duplicate-off"),
    "linked:>7": ("'7' is neither a part of an id nor a link; known are child, duplicate, causes, "
                  "followed-by, related, solves, parent, duplicate-of, caused-by, follows, "
                  "solved-by", ">7"),
    "SLA:breached": ("no ticket has a field 'SLA'; did you mean sla?", "SLA"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "wrong"), WRONG.items())
def test_mistakes(text: str, wrong: tuple[str, str] | None):
    if wrong:
        assert mistaken(text) == wrong
    else:
        parse([text]).check_fields({"seats", "host"})


# --- what holds of any query ---------------------------------------------------------------


@settings(max_examples=100)
@given(strategies.tickets(), st.lists(strategies.texts(20), max_size=3))
def test_any_text_is_a_filter_or_a_sentence(ticket: Ticket, arguments: list[str]):
    with suppress(UsageError):
        asked = parse(arguments, "chen")
        asked.matches(ticket)
        asked.check_fields(set(ticket.head))


CONDITIONS = (
    "status:open", "status:closed", "-status:new", "team:none", "assignee:*", "category:network",
    "opened:3h..", "opened:2026-11-21", "age:<2h", "score:>=4", "seats:1..3", "requester:~芳",
    "has:resolve", "vpn", '"又卡了 hp"', "-卡纸", "due:<4h", "sla:none", "linked:none", "id:~a0003",
)  # fmt: skip
JOINED = st.sampled_from(("({} {})", "({} or {})", "-({} {})"))
QUERIES = st.recursive(
    st.sampled_from(CONDITIONS),
    lambda inner: st.builds(str.format, JOINED, inner, inner),
    max_leaves=6,
)


def fitting(text: str) -> set[str]:
    asked = parse([text], "chen")
    return {ticket.id for ticket in TICKETS if asked.matches(ticket)}


@settings(max_examples=100)
@given(QUERIES, QUERIES)
def test_not_or_and_and_are_what_they_say(one: str, other: str):
    everything = {ticket.id for ticket in TICKETS}
    assert fitting(f"-({one})") == everything - fitting(one)
    assert fitting(f"{one} or {other}") == fitting(one) | fitting(other)
    assert fitting(f"{one} {other}") == fitting(f"{other} and {one}")
    assert fitting(f"{one} {other}") == fitting(one) & fitting(other)
    assert fitting(f"{one} {other} or {one}") == fitting(one)


@settings(max_examples=100)
@given(QUERIES)
def test_written_and_read_again_a_query_fits_the_same(text: str):
    written = str(terms.parse_text(text, conditions.ASKED))
    assert fitting(written) == fitting(text)


@settings(max_examples=50)
@given(strategies.tickets(), st.sampled_from(model.TICKET_FIELDS), strategies.texts(8))
def test_a_term_and_its_negation_part_the_tickets(ticket: Ticket, field: str, value: str):
    term = f"{field}:{terms.literal(value)}"
    with suppress(UsageError):
        yes, no = (parse([f"{sign}{term}"]) for sign in ("", "-"))
        assert yes.matches(ticket) != no.matches(ticket)


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
    assert fields.field_value(TICKETS[number - 1], field, AS_OF) == value


def test_a_custom_field_goes_before_a_derived_one_of_its_name():
    ticket = opened(1, "x", code="A-17")
    assert fields.field_value(ticket, "code", AS_OF) == "A-17"


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
    ordered = fields.in_order(reversed(TICKETS), sort, AS_OF)
    assert "".join(ticket.id[-1] for ticket in ordered) == numbers


def test_numbers_sort_as_numbers():
    tickets = [opened(n, "x", seats=seats) for n, seats in ((1, 10), (2, 9), (3, "many"))]
    assert [t.id[-1] for t in fields.in_order(tickets, "seats", AS_OF)] == ["2", "1", "3"]


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
    asked = query.parse(terms, lambda: ["chen"], lambda: NOW_THERE)
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
        (["due:*"], "123"),
        (["due:..1h"], "12"),
        (["due:1h..5h"], "23"),
        (["due:>+1h"], "3"),
        (["due:today"], "123"),
        (["due:2026-11-23 11:00"], "2"),
        (["due:<2026-11-23"], ""),
        (["due:tomorrow"], ""),
        (["sla:*"], "12346"),
        (["sla:~RISK"], "2"),
        (["age:1d..2d 16h"], ""),
        (["age:2d 17h 1m..2d 18h"], "2"),
        (["age:..1h"], "1345"),
        (["has:sla"], "12346"),
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
    "due:<": "'<' has nothing to compare with",
    "due:<soon": "'soon' is no time that desk can read; write due:2026-11-21, due:>=2026-11 or "
                 "due:<4h",
    "due:=<4h": "'=<4h' is no time that desk can read; write due:2026-11-21, due:>=2026-11 or "
                "due:<4h",
    "due:<4h,nonsense": "'nonsense' is no time that desk can read; write due:2026-11-21, "
                        "due:>=2026-11 or due:<4h",
    "age:30": "age:30 is no comparison; write age:<4h, age:>=3d or age:none",
    "age:3d": "age:3d is no comparison; write age:<4h, age:>=3d or age:none",
    "age:3d..1d": "age:3d..1d is no comparison; write age:<4h, age:1d..3d or age:none",
    "-age:>x": "age:>x is no comparison; write age:<4h, age:1d..3d or age:none",
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
    assert fields.field_value(ticket, "sla", NOW_THERE) == sla
    assert fields.field_value(ticket, "due", NOW_THERE) == due
    assert fields.field_value(ticket, "due") is None  # nobody said when


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
    ordered = fields.in_order(reversed(CLOCKED), sort, NOW_THERE)
    assert "".join(ticket.id[-1] for ticket in ordered) == numbers


def test_at_another_moment_they_are_something_else():
    before = MORNING - timedelta(minutes=45)
    asked = query.parse(["sla:breached"], lambda: "", lambda: NOW_THERE)
    assert asked.matches(CLOCKED[0])
    assert not asked.at(before).matches(CLOCKED[0])
    assert list(asked.among(CLOCKED, set(), before)) == []


def test_a_custom_field_of_such_a_name_goes_before():
    ticket = promised(7, "23T09:00", sla="gold", due="Friday")
    assert fields.field_value(ticket, "sla", NOW_THERE) == "gold"
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
