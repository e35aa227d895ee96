"""desk team and desk policy."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands.promising import POLICY, Office
from tests.support import Shell

VPN, DOWN, ASKED, OVER, ROUTER = (
    "T-261123-A0001", "T-261123-A0002", "T-261123-A0003", "T-261120-A0004", "T-261123-A0005",
)  # fmt: skip


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Tickets in work, on hold, closed and without a promise; the tests write nothing."""
    with pytest.MonkeyPatch.context() as patch:
        office = Office(tmp_path_factory.mktemp("office"), patch)
        office.open("VPN 断线", "--category", "vpn", "--impact", "department", "--urgency", "high",
                    "--assignee", "lin", "--at", "09:00")  # fmt: skip
        office.open("全网中断", "--category", "wifi", "--priority", "P1", "--because", "半个公司",
                    "--assignee", "wei", "--at", "09:50")  # fmt: skip
        office.open("Asked", "--assignee", "chen", "--at", "09:00")
        office.done("hold", ASKED, "--for", "requester", "--until", "1d")
        office.open("Over", "--assignee", "chen", at="2026-11-20T09:00+08:00")
        office.done("resolve", OVER, "--solution", "x", at="2026-11-20T10:00+08:00")
        office.done("close", OVER, at="2026-11-20T11:00+08:00")
        office.open("Change router", "--kind", "change", "--category", "software")
        yield office


# --- team ----------------------------------------------------------------------------------


def test_who_is_on_shift(office: Office):
    assert office.run("team") == (
        0,
        """\
id    name  tier  teams         skills     shift      load  capacity
chen  陈伟  1     service-desk             on shift   0     20
lin   林静  2     network       vpn, wifi  on shift   1     3
wei   魏强  2     network       wifi       on shift   1     2
omar  Omar  2     network       vpn        off shift  0     20
zhao  赵敏  2     service-desk             on shift   0     20
""",
        "",
    )


ON, OFF, AWAY = "on shift", "off shift", "away until 2027-01-02"


@pytest.mark.parametrize(
    ("at", "lin", "wei", "omar"),
    [
        ("2026-11-23T09:00+08:00", ON, ON, OFF),
        ("2026-11-23T08:59:59+08:00", OFF, OFF, OFF),
        ("2026-11-23T11:59:59+08:00", ON, ON, OFF),
        ("2026-11-23T12:00+08:00", OFF, OFF, OFF),  # at lunch
        ("2026-11-23T22:00+08:00", OFF, OFF, ON),
        ("2026-11-24T05:59+08:00", OFF, OFF, ON),
        ("2026-11-24T06:00+08:00", OFF, OFF, OFF),
        ("2026-11-28T10:00+08:00", ON, ON, OFF),  # a Saturday worked as a Monday
        ("2026-11-29T10:00+08:00", OFF, OFF, OFF),
        ("2026-12-23T16:00Z", OFF, AWAY, ON),  # the 24th in Shanghai
        ("2026-12-25T10:00+08:00", OFF, AWAY, OFF),  # a holiday, but not from the night shift
        ("2026-12-25T23:00+08:00", OFF, AWAY, ON),
        ("2027-01-02T23:59+08:00", OFF, AWAY, ON),
        ("2027-01-04T10:00+08:00", ON, ON, OFF),
    ],
)
def test_shifts_at_a_moment(office: Office, at: str, lin: str, wei: str, omar: str):
    rows = json.loads(office.run("team", "network", "-f", "json", at=at).out)
    assert {row["id"]: row["shift"] for row in rows} == {"lin": lin, "wei": wei, "omar": omar}


def test_one_team_and_several(office: Office):
    one = office.run("team", "Network", "-f", "ids")
    assert one == (0, "lin\nwei\nomar\n", "")
    both = office.run("team", "network", "service-desk", "-f", "ids")
    assert both.out.split() == ["chen", "lin", "wei", "omar", "zhao"]


def test_a_team_for_programs(office: Office):
    rows = json.loads(office.run("team", "network", "-f", "json").out)
    assert rows[0] == {"id": "lin", "name": "林静", "tier": 2, "teams": ["network"],
                       "skills": ["vpn", "wifi"], "shift": "on shift", "load": 1,
                       "capacity": 3}  # fmt: skip
    lines = office.run("team", "network", "-f", "ndjson").out.splitlines()
    assert [json.loads(line) for line in lines] == rows
    assert (
        office.run("team", "network", "-f", "csv").out
        == """\
id,name,tier,teams,skills,shift,load,capacity
lin,林静,2,"[""network""]","[""vpn"", ""wifi""]",on shift,1,3
wei,魏强,2,"[""network""]","[""wifi""]",on shift,1,2
omar,Omar,2,"[""network""]","[""vpn""]",off shift,0,20
"""
    )


def test_the_load_is_that_of_the_moment(office: Office):
    """A hold is no load, nor is what was closed or not yet opened."""
    loads = {
        at: [row["load"] for row in json.loads(office.run("team", "-f", "json", at=at).out)]
        for at in ("2026-11-20T08:00+08:00", "2026-11-20T09:30+08:00", "2026-11-23T09:30+08:00")
    }
    assert list(loads.values()) == [[0, 0, 0, 0, 0], [1, 0, 0, 0, 0], [1, 1, 0, 0, 0]]


def test_a_team_that_nobody_is_in_and_one_that_is_none(office: Office):
    assert office.run("team", "vendor") == (0, "", "nobody in desk.yaml is in vendor\n")
    assert office.run("team", "vendor", "-f", "json") == (0, "[]\n", "")
    sentence = "desk: team 'netwrk' is not in desk.yaml; did you mean network?\n"
    assert office.run("team", "netwrk") == (1, "", sentence)


def test_damage_is_told_after_the_team(shell: Shell):
    record_id = shell.open("x", "--assignee", "lin")
    shell.path(record_id).write_text("id: [", encoding="utf-8")
    ran = shell.run("team", "-f", "ids")
    assert (ran.code, ran.out) == (4, "chen\nlin\nzhao\n")
    assert ran.err.startswith("desk: tickets/2026/11/T-261121-A0001.yaml:2: this is not YAML")


# --- policy --------------------------------------------------------------------------------


def test_all_rules_in_brief(office: Office):
    assert office.run("policy") == (
        0,
        """\
calendar office                             mon-fri 09:00-12:00 13:00-18:00, 1 holiday, 1 swapped day (Asia/Shanghai)  (unless a target or team has its own)
calendar nights                             mon-sun 22:00-06:00 (Asia/Shanghai)
calendar 24x7                               around the clock
promise major incident                      respond 15m, update 30m, resolve 4h, by 24x7  (major true)
promise priority P1 or P2                   respond 30m, update 2h, resolve 8h  (priority P1 or P2)
promise kind change                         nothing  (kind change)
promise all others                          respond 4h, resolve 16h  (every ticket)
respond pauses                              never
update pauses                               on hold for requester, vendor, problem, change
resolve pauses                              on hold for requester, vendor, problem, change
update and resolve stop                     when it is resolved
at risk                                     from 75% of a target
rule respond-75%-tell-assignee              tell-assignee at 75% of respond  (every ticket)
rule resolve-75%-tell-manager               tell-manager at 75% of resolve  (every ticket)
rule resolve-100%-raise-tier                raise-tier at 100% of resolve  (priority P1 or P2)
a stale owner is taken off after            10d
a requester is reminded before a hold ends  1d
resolved becomes closed after               5d
a survey is sent after closing              1d
a requester is asked again after            30d
closed can be reopened for                  14d
major priority P1                           propose, plan KB-261012-74K30  (priority P1)
assign vpn work                             network, needs vpn  (category network/vpn)
team network                                owns network
team vendor                                 owns hardware/printer
""",  # noqa: E501
        "",
    )


def test_what_a_policy_leaves_out_is_said_too(shell: Shell):
    assert (
        shell.run("policy").out
        == """\
calendar 24x7                               around the clock  (unless a target or team has its own)
respond pauses                              never
update pauses                               on hold for requester, vendor, problem, change
resolve pauses                              on hold for requester, vendor, problem, change
update and resolve stop                     when it is resolved
at risk                                     from 75% of a target
a stale owner is taken off after            never
a requester is reminded before a hold ends  never
resolved becomes closed after               never
a survey is sent after closing              never
a requester is asked again after            never
closed can be reopened for                  14d
"""
    )


def test_what_applies_to_a_ticket_and_why(office: Office):
    assert office.run("policy", "A0001") == (
        0,
        """\
priority                        P2  (impact department × urgency high in the matrix)
promise                         priority P1 or P2  (the first that fits, 2 of 4: priority is P2)
respond                         30m, due 2026-11-23T09:30:00+08:00, breached
update                          2h, due 2026-11-23T11:00:00+08:00, running
resolve                         8h, due 2026-11-23T18:00:00+08:00, running
calendar                        office: mon-fri 09:00-12:00 13:00-18:00, 1 holiday, 1 swapped day (Asia/Shanghai)  (of the desk)
respond pauses                  never
update pauses                   on hold for requester, vendor, problem, change
resolve pauses                  on hold for requester, vendor, problem, change
update and resolve stop         when it is resolved
at risk                         from 75% of a target
rule respond-75%-tell-assignee  tell lin  (at 2026-11-23T09:22:30+08:00)
rule resolve-75%-tell-manager   tell zhao  (at 2026-11-23T16:00:00+08:00)
rule stale-owner                assign, tells lin and zhao  (at 2026-12-03T09:00:00+08:00)
escalates up to                 zhao
assign --auto                   lin  (team network by the rule for vpn work; has 0 of 3, the only one free; passed over: omar is off shift, wei lacks vpn)
""",  # noqa: E501
        "",
    )


def applying(office: Office, *words: str, **more: str) -> dict[str, tuple[str, str | None]]:
    """What applies: how it is and why."""
    rows = json.loads(office.done("policy", *words, "-f", "json", **more).out)
    return {row["what"]: (row["is"], row["because"]) for row in rows}


def test_a_priority_by_hand_and_what_looks_like_a_major_incident(office: Office):
    found = applying(office, DOWN)
    assert found["priority"] == ("P1", "by hand, because 半个公司")
    assert found["major"] == (
        "is proposed a major incident, plan KB-261012-74K30", "priority P1",
    )  # fmt: skip
    assert found["rule major-incident"] == ("tell lin", "at 2026-11-23T09:50:00+08:00")


def test_a_pause_and_an_ended_ticket(office: Office):
    found = applying(office, ASKED)
    assert found["resolve"] == ("16h, standing still, paused", None)
    assert found["promise"] == ("all others", "the first that fits, 4 of 4: every ticket")
    assert "can be reopened until" not in found
    found = applying(office, OVER)
    assert found["can be reopened until"] == ("2026-12-04T11:00:00+08:00", None)
    assert found.keys().isdisjoint({"assign --auto", "escalates up to"})
    later = applying(office, OVER, at="2026-12-04T11:00:01+08:00")
    assert later["could be reopened until"] == ("2026-12-04T11:00:00+08:00", None)


def test_a_ticket_as_it_stood(office: Office):
    """At --now 09:30 it was not on hold yet, and nothing had breached at 09:10."""
    assert "rule stale-owner" not in applying(office, ASKED)
    assert "rule stale-owner" in applying(office, ASKED, at="2026-11-23T09:30+08:00")
    assert applying(office, ASKED, at="2026-11-23T09:30+08:00")["resolve"] == (
        "16h, due 2026-11-24T18:00:00+08:00, running", None,
    )  # fmt: skip
    assert applying(office, VPN, at="2026-11-23T09:10+08:00")["respond"] == (
        "30m, due 2026-11-23T09:30:00+08:00, running", None,
    )  # fmt: skip


def test_what_has_no_promise_and_nobody(office: Office):
    found = applying(office, ROUTER)
    assert found["promise"] == ("kind change", "the first that fits, 3 of 4: kind is change")
    assert found.keys().isdisjoint({"respond", "update", "resolve"})
    assert found["escalates up to"] == ("nobody", None)
    assert found["assign --auto"] == (
        "nobody",
        "no assignment rule gives T-261123-A0005 a team and none owns its category software; "
        "assign it with --to or --team, or add to desk.yaml",
    )


def test_a_desk_that_promises_nothing(shell: Shell):
    shell.open("x", "--team", "network")
    found = shell.run("policy", "A0001", "-f", "csv").out
    assert (
        found
        == """\
what,is,because
priority,P4,impact person × urgency medium in the matrix
promise,none,no target in desk.yaml fits it
calendar,24x7: around the clock,of the desk
respond pauses,never,
update pauses,"on hold for requester, vendor, problem, change",
resolve pauses,"on hold for requester, vendor, problem, change",
update and resolve stop,when it is resolved,
at risk,from 75% of a target,
escalates up to,lin,
assign --auto,zhao,"team network has it; has 0 of 20, the least load, by lot; passed over: lin has 0 of 20"
"""  # noqa: E501
    )


@pytest.mark.parametrize(
    ("field", "calendar", "why"),
    [("calendar: nights}", "nights: ", "of the team network"), ("}", "office: ", "of the desk")],
)
def test_which_calendar_and_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, field: str, calendar: str, why: str
):
    text = POLICY.replace("categories: [network]}", "categories: [network], " + field)
    office = Office(tmp_path, monkeypatch, text.replace(", }", "}"))
    record_id = office.open("x", "--team", "network")
    found = applying(office, record_id)["calendar"]
    assert (found[0].startswith(calendar), found[1]) == (True, why)
    office.done("classify", record_id, "--major")
    assert applying(office, record_id)["calendar"] == ("24x7: around the clock", "of the promise")
    assert applying(office, record_id)["promise"] == (
        "major incident", "the first that fits, 1 of 4: major is true",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["KB-261012-74K30"], 1, "KB-261012-74K30 is an article; this command is for tickets"),
        (["nope1"], 3, "no record is named 'nope1'; `desk list --all` shows them"),
        (["-f", "ids"], 2,
         "Invalid value for '-f' / '--format': 'ids' is not one of 'table', "
         "'json', 'ndjson', 'csv', 'tsv', 'yaml', 'markdown'; see `desk policy --help`"),
    ],
)  # fmt: skip
def test_bad_input_to_policy(office: Office, words: list[str], code: int, sentence: str):
    article = office.root / "kb" / "KB-261012-74K30.yaml"
    article.write_text("id: KB-261012-74K30\ntitle: Plan\nstatus: published\n", encoding="utf-8")
    assert office.run("policy", *words) == (code, "", f"desk: {sentence}\n")
