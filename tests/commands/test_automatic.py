"""desk assign --auto and desk open --auto, and what desk open says of due times."""

from pathlib import Path

import pytest

from tests.commands.promising import POLICY, Office
from tests.support import Shell

NIGHT = "2026-11-23T23:30:00+08:00"


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    return Office(tmp_path, monkeypatch)


# --- assign --auto -------------------------------------------------------------------------


def test_several_share_the_load_until_nobody_has_room(office: Office):
    """wei can take two and lin three: the least share of it that is in use goes first."""
    ids = [office.open(f"无线网慢 {number}", "--category", "wifi") for number in range(6)]
    assert office.run("assign", *ids, "--auto") == (
        0,
        "",
        """\
T-261123-A0001 goes to wei (network): team network owns network/wifi; has 0 of 2, the least load, by lot; passed over: lin has 0 of 3, omar is off shift
T-261123-A0002 goes to lin (network): team network owns network/wifi; has 0 of 3, the least load; passed over: omar is off shift, wei has 1 of 2
T-261123-A0003 goes to lin (network): team network owns network/wifi; has 1 of 3, the least load; passed over: omar is off shift, wei has 1 of 2
T-261123-A0004 goes to wei (network): team network owns network/wifi; has 1 of 2, the least load; passed over: lin has 2 of 3, omar is off shift
T-261123-A0005 goes to lin (network): team network owns network/wifi; has 2 of 3, the only one free; passed over: omar is off shift, wei is full with 2 of 2
T-261123-A0006 goes to the team network: team network owns network/wifi; nobody of it is free; passed over: lin is full with 3 of 3, omar is off shift, wei is full with 2 of 2
""",  # noqa: E501
    )
    assert [office.head(one, "team", "assignee", "status") for one in ids] == [
        ["network", "wei", "in_progress"],
        ["network", "lin", "in_progress"],
        ["network", "lin", "in_progress"],
        ["network", "wei", "in_progress"],
        ["network", "lin", "in_progress"],
        ["network", "", "new"],
    ]


def test_one_by_one_the_same_are_chosen_as_together(office: Office):
    ids = [office.open("无线网慢", "--category", "wifi") for _ in range(6)]
    chosen = []
    for one in ids:
        office.done("assign", one, "--auto")
        chosen += office.head(one, "assignee")
    assert chosen == ["wei", "lin", "lin", "wei", "lin", ""]


def test_the_log_says_why_and_who_was_passed_over(office: Office):
    record_id = office.open("VPN 断线", "--category", "vpn")
    assert office.run("assign", record_id, "--auto").err == (
        "T-261123-A0001 goes to lin (network): team network by the rule for vpn work; has 0 of 3, "
        "the only one free; passed over: omar is off shift, wei lacks vpn\n"
    )
    assert (
        office.log(record_id)
        == """\
- n: 2
  at: 2026-11-23T10:00:00+08:00
  by: chen
  did: assign
  change:
    team: [null, network]
    assignee: [null, lin]
    status: [new, in_progress]
  because: team network by the rule for vpn work; has 0 of 3, the only one free
  passed_over:
  - omar is off shift
  - wei lacks vpn
"""
    )
    assert "passed_over:\n      - omar is off shift\n      - wei lacks vpn" in (
        office.done("show", record_id).out
    )


def test_who_is_on_shift_at_the_moment(office: Office):
    night, day = (office.open("VPN 断线", "--category", "vpn") for _ in range(2))
    assert office.run("assign", night, "--auto", at=NIGHT).err == (
        "T-261123-A0001 goes to omar (network): team network by the rule for vpn work; has 0 of "
        "20, the only one free; passed over: lin is off shift, wei lacks vpn\n"
    )
    office.done("assign", day, "--auto", "--at", "2026-11-23 11:00", at=NIGHT)
    assert office.head(day, "assignee") == ["lin"]


def test_a_hold_makes_room(office: Office):
    office.run("assign", *(office.open("x", "--category", "wifi") for _ in range(5)), "--auto")
    office.done("hold", "A0001", "--for", "vendor")
    record_id = office.open("x", "--category", "wifi")
    assert "goes to wei (network): " in office.run("assign", record_id, "--auto").err


def test_a_team_that_has_it_and_one_without_members(office: Office):
    own = office.open("x", "--team", "service-desk")
    printer = office.open("打印机卡纸", "--category", "printer", "--team", "service-desk")
    office.done("assign", own, "--auto")
    assert office.head(own, "team") == ["service-desk"]
    assert office.head(own, "assignee")[0] in ("chen", "zhao")
    assert office.run("assign", printer, "--auto").err == (
        "T-261123-A0002 goes to the team vendor: team vendor owns hardware/printer; it has no "
        "members in desk.yaml\n"
    )
    assert office.head(printer, "team", "assignee") == ["vendor", ""]


def test_from_a_list_on_standard_input(office: Office):
    for _ in range(2):
        office.open("x", "--category", "wifi")
    office.open("y", "--team", "network", "--category", "software")
    ids = office.done("list", "assignee:none", "-f", "ids").out
    assert office.run("assign", "-", "--auto", stdin=ids).code == 0
    assert office.done("list", "assignee:none", "-f", "ids").out == ""


def test_what_has_no_team_is_refused_and_the_others_are_assigned(office: Office):
    lost = office.open("x", "--category", "software")
    none = office.open("y")
    found = office.open("z", "--category", "wifi")
    before = office.text(lost)
    ran = office.run("assign", lost, found, none, "--auto")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.splitlines()[1:] == [
        "desk: no assignment rule gives T-261123-A0001 a team and none owns its category software;"
        " no resolved ticket tells the team of T-261123-A0001"
        "; assign it with --to or --team, or add to desk.yaml",
        "desk: no assignment rule gives T-261123-A0002 a team and none owns its category (none);"
        " no resolved ticket tells the team of T-261123-A0002"
        "; assign it with --to or --team, or add to desk.yaml",
    ]
    assert (office.text(lost), office.head(found, "assignee")) == (before, ["wei"])


def test_who_has_it_already_is_not_given_it_again(office: Office):
    record_id = office.open("x", "--category", "vpn")
    office.done("assign", record_id, "--auto")
    before = office.text(record_id)
    ran = office.run("assign", record_id, "--auto")
    assert ran == (
        1,
        "",
        "desk: T-261123-A0001 stays with lin (network): team network by the rule for vpn work; "
        "has 0 of 3, the only one free; passed over: omar is off shift, wei lacks vpn\n",
    )
    assert office.text(record_id) == before


@pytest.mark.parametrize("words", [["--to", "lin"], ["--team", "network"], ["--to", "me"]])
def test_auto_chooses_by_itself(office: Office, words: list[str]):
    record_id = office.open("x", "--category", "vpn")
    ran = office.run("assign", record_id, "--auto", *words)
    assert ran == (2, "", "desk: --auto chooses by itself; leave out --to and --team\n")


def test_an_ended_ticket_is_not_assigned(office: Office):
    record_id = office.open("x", "--category", "vpn")
    office.done("cancel", record_id, "--because", "x")
    assert office.run("assign", record_id, "--auto").code == 1


def test_damage_is_told_and_does_not_keep_others_from_being_assigned(office: Office):
    bad = office.open("x", "--category", "vpn")
    record_id = office.open("y", "--category", "vpn")
    office.path(bad).write_text("id: [", encoding="utf-8")
    ran = office.run("assign", record_id, "--auto")
    assert ran.code == 4
    assert ran.err.startswith("T-261123-A0002 goes to lin (network): ")
    assert "T-261123-A0001.yaml:2: this is not YAML" in ran.err
    assert office.head(record_id, "assignee") == ["lin"]


# --- open --auto ---------------------------------------------------------------------------


def test_a_new_ticket_is_given_at_once(office: Office):
    assert office.run("open", "VPN 断线", "--category", "vpn", "--auto") == (
        0,
        "T-261123-A0001\n",
        """\
T-261123-A0001 is recorded as P4 (impact person × urgency medium in the matrix); a reply is due by 15:00, it should be solved by Wed 11-25 10:00
T-261123-A0001 goes to lin (network): team network by the rule for vpn work; has 0 of 3, the only one free; passed over: omar is off shift, wei lacks vpn
""",  # noqa: E501
    )
    log = office.text("T-261123-A0001").partition("log:\n")[2]
    assert [line for line in log.splitlines() if "did:" in line or "n:" in line[:4]] == [
        "- n: 1", "  did: open", "- n: 2", "  did: assign",
    ]  # fmt: skip


def test_a_new_ticket_counts_in_the_load_of_the_next(office: Office):
    for _ in range(6):
        office.done("open", "慢", "--category", "wifi", "--auto")
    rows = office.done("list", "--columns", "id,assignee", "--sort", "id", "-f", "csv").out
    chosen = [row.partition(",")[2] for row in rows.splitlines()[1:]]
    assert chosen == ["wei", "lin", "lin", "wei", "lin", ""]


def test_due_times_are_those_of_the_team_that_gets_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    text = POLICY.replace("categories: [network]}", "categories: [network], calendar: nights}")
    office = Office(tmp_path, monkeypatch, text)
    ran = office.run("open", "x", "--category", "vpn", "--auto")
    assert "a reply is due by Tue 11-24 02:00, it should be solved by Wed 11-25 06:00" in ran.err


@pytest.mark.parametrize("words", [["--assignee", "chen"], ["--team", "network"]])
def test_auto_chooses_by_itself_at_the_opening_too(office: Office, words: list[str]):
    before = office.files()
    sentence = "desk: --auto chooses by itself; leave out --assignee and --team\n"
    assert office.run("open", "x", "--auto", *words) == (2, "", sentence)
    assert office.files() == before


def test_what_has_no_team_is_recorded_all_the_same(office: Office):
    ran = office.run("open", "坏了", "--auto", "--category", "software")
    assert (ran.code, ran.out) == (0, "T-261123-A0001\n")
    assert ran.err.splitlines()[1] == (
        "T-261123-A0001 is with nobody: no assignment rule gives T-261123-A0001 a team and none "
        "owns its category software; no resolved ticket tells the team of T-261123-A0001; assign "
        "it with --to or --team, or add to desk.yaml"
    )
    assert office.head("T-261123-A0001", "title", "team", "assignee") == ["坏了", "", ""]


# --- what open says of due times -----------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "at", "said"),
    [
        ([], "2026-11-23T10:00+08:00",
         "; a reply is due by 15:00, it should be solved by Wed 11-25 10:00"),
        (["--impact", "organisation", "--urgency", "high"], "2026-11-23T10:00+08:00",
         "; a reply is due by 10:30, it should be solved by Tue 11-24 10:00"),
        ([], "2026-11-27T17:00+08:00",  # the Saturday is worked, the Sunday is not
         "; a reply is due by Sat 11-28 12:00, it should be solved by Mon 11-30 17:00"),
        ([], "2026-12-24T17:00+08:00",  # before a holiday and a weekend
         "; a reply is due by Mon 12-28 12:00, it should be solved by Tue 12-29 17:00"),
        ([], "2026-12-31T17:00+08:00",
         "; a reply is due by 2027-01-01 12:00, it should be solved by 2027-01-04 17:00"),
        ([], "2026-11-23T03:00Z",
         "; a reply is due by 16:00, it should be solved by Wed 11-25 11:00"),
        (["--at", "2026-11-20 17:00"], "2026-11-23T12:30+08:00",
         "; a reply was due by 12:00, it should be solved by Tue 11-24 17:00"),
        (["--at", "2026-11-10 17:00"], "2026-11-23T10:00+08:00",
         "; a reply was due by Wed 11-11 12:00, "
         "it should have been solved by Thu 11-12 17:00"),
        (["--kind", "change"], "2026-11-23T10:00+08:00", ""),
        (["--assignee", "lin"], "2026-11-23T10:00+08:00",
         ", with lin; a reply is due by 15:00, it should be solved by Wed 11-25 10:00"),
    ],
)  # fmt: skip
def test_what_open_says(office: Office, words: list[str], at: str, said: str):
    ran = office.run("open", "键盘坏了", *words, at=at)
    record_id = ran.out.rstrip("\n")
    recorded, _, rest = ran.err.partition(" in the matrix)")
    assert recorded.startswith(f"{record_id} is recorded as P")
    assert rest == f"{said}\n"


def test_where_nothing_is_promised_nothing_is_said(shell: Shell):
    ran = shell.run("open", "x")
    assert ran.err == (
        "T-261121-A0001 is recorded as P4 (impact person × urgency medium in the matrix)\n"
    )


def test_a_call_is_recorded_whatever_a_file_of_holidays_holds(office: Office):
    policy = office.root / "desk.yaml"
    text = policy.read_text(encoding="utf-8")
    policy.write_text(
        text.replace("    holidays:", "    holidays_file: x.ics\n    holidays:"), "utf-8"
    )
    (office.root / "x.ics").write_text("BEGIN:garbage\n", encoding="utf-8")
    ran = office.run("open", "断网", "--category", "wifi", "--auto")
    assert ran.code == 0
    assert office.path(ran.out.rstrip("\n")).exists()
    assert "x.ics" in ran.err
