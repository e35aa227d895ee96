"""desk open."""

import pytest

from desk import store
from tests.support import Shell

FULL = """\
id: T-261120-A0001
kind: request
title: 打印机又卡纸了
status: in_progress
priority: P1
priority_because: 董事会十点开会
impact: department
urgency: high
category: hardware/printer
channel: walk-in
requester:
  name: 王芳
  email: wang.fang@example.com
  phone: "8021"
  department: 人事部
team: network
assignee: lin
tags:
- 二楼
- hp
external: "4711"
opened: 2026-11-20T14:00:00+08:00
began: 2026-11-20T08:30:00+08:00
asset: PRN-0312
机身编号: "007"
description: |
  第二次了。

  Paper jam in tray 2.
log:
- n: 1
  at: 2026-11-20T14:00:00+08:00
  by: chen
  did: open
  change:
    kind: [null, request]
    title: [null, 打印机又卡纸了]
    status: [null, in_progress]
    priority: [null, P1]
    priority_because: [null, 董事会十点开会]
    impact: [null, department]
    urgency: [null, high]
    category: [null, hardware/printer]
    channel: [null, walk-in]
    requester: [null, {name: 王芳, email: wang.fang@example.com, phone: "8021", department: 人事部}]
    team: [null, network]
    assignee: [null, lin]
    tags: [null, [二楼, hp]]
    external: [null, "4711"]
    opened: [null, 2026-11-20T14:00:00+08:00]
    began: [null, 2026-11-20T08:30:00+08:00]
    asset: [null, PRN-0312]
    机身编号: [null, "007"]
"""


def test_the_shortest_call(shell: Shell):
    assert shell.run("open", "VPN drops") == (
        0,
        "T-261121-A0001\n",
        "T-261121-A0001 is recorded as P4 (impact person × urgency medium in the matrix)\n",
    )
    assert shell.head("T-261121-A0001", "kind", "channel", "status", "opened") == [
        "incident", "phone", "new", "2026-11-21T09:00:00+08:00",
    ]  # fmt: skip


def test_every_option(shell: Shell):
    ran = shell.run(
        "open", "打印机又卡纸了", "-d", "第二次了。\n\nPaper jam in tray 2.\n", "--kind", "request",
        "--channel", "walk-in", "--requester", "王芳", "--email", "wang.fang@example.com",
        "--phone", "8021", "--department", "人事部", "--category", "printer",
        "--impact", "department", "--urgency", "high", "--priority", "P1",
        "--because", "董事会十点开会", "--team", "network", "--assignee", "林静",
        "--tag", "二楼, hp", "--tag", "hp", "--field", "asset=PRN-0312", "--field", "机身编号=007",
        "--began", "yesterday 08:30", "--external", "4711", "--at", "昨天 14:00",
    )  # fmt: skip
    assert ran == (
        0,
        "T-261120-A0001\n",
        "T-261120-A0001 is recorded as P1 (by hand, because 董事会十点开会), with lin\n",
    )
    assert shell.text("T-261120-A0001") == FULL
    assert shell.done("check").err == "1 file, 0 errors, 0 warnings\n"


def test_the_matrix_is_told(shell: Shell):
    ran = shell.run("open", "x", "--impact", "organisation", "--urgency", "high")
    assert ran.err == (
        "T-261121-A0001 is recorded as P1 (impact organisation × urgency high in the matrix)\n"
    )


def test_a_category_by_its_last_part_and_in_any_case(shell: Shell):
    assert shell.head(shell.open("x", "--category", "VPN"), "category") == ["network/vpn"]
    assert shell.head(shell.open("x", "--category", "Network/Wifi"), "category") == ["network/wifi"]


def test_the_description_from_standard_input(shell: Shell):
    ticket = shell.open("Disk full on db1", "-d", "-", stdin="ERROR: /var 91 %\n磁盘已满\n")
    assert shell.head(ticket, "description") == ["ERROR: /var 91 %\n磁盘已满"]


def test_titles_that_look_like_something_else(shell: Shell):
    for title in ("no", "12:30", "? x", "#1", "\x1b[31mred", "a: b", "'", "=1+1", "𠮷野家"):
        assert shell.head(shell.open(title), "title") == [title]
    assert shell.head(shell.open("--", "-rf"), "title") == ["-rf"]


def test_an_id_in_use_is_drawn_again(shell: Shell):
    shell.open()
    shell._numbers = iter([10 << 20, (10 << 20) + 41])
    assert shell.open() == "T-261121-A001A"


def test_custom_fields_without_a_value_are_left_out(shell: Shell):
    assert "asset" not in shell.text(shell.open("x", "--field", "asset=", "--tag", " , "))


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        ([], 2, "Missing argument 'TITLE'; see `desk open --help`"),
        ([""], 2, "a ticket needs a title that says what it is about"),
        (["x", "y"], 2, "Got unexpected extra argument (y); see `desk open --help`"),
        (["x", "-d"], 2, "Option '-d' requires an argument; see `desk open --help`"),
        (["x", "--kind", "incidnt"], 1,
         "kind 'incidnt' is not in desk.yaml; did you mean incident?"),
        (["x", "--channel", "fone"], 1, "channel 'fone' is not in desk.yaml; did you mean phone?"),
        (["x", "--category", "vnp"], 1,
         "category 'vnp' is not in desk.yaml; did you mean network/vpn?"),
        (["x", "--impact", "persons"], 1,
         "impact 'persons' is not in desk.yaml; did you mean person?"),
        (["x", "--urgency", "urgent"], 1,
         "urgency 'urgent' is not in desk.yaml; known are high, medium, low"),
        (["x", "--team", "netzwerk"], 1,
         "team 'netzwerk' is not in desk.yaml; did you mean network?"),
        (["x", "--assignee", "lim"], 1, "person 'lim' is not in desk.yaml; did you mean lin?"),
        (["x", "--priority", "P1"], 2, "a priority by hand needs its reason: add --because TEXT"),
        (["x", "--because", "y"], 2, "--because goes with --priority; say which one"),
        (["x", "--priority", "1", "--because", "y"], 1,
         "priority '1' is not in desk.yaml; did you mean P1?"),
        (["x", "--field", "asset"], 2,
         "--field 'asset' is no KEY=VALUE, such as --field asset=PC-1042"),
        (["x", "--field", "=x"], 2, "--field '=x' is no KEY=VALUE, such as --field asset=PC-1042"),
        (["x", "--field", "team=x"], 2,
         "'team' is a field of its own, not a custom one; see --help"),
        (["x", "--field", "log=x"], 2, "'log' is a field of its own, not a custom one; see --help"),
        (["x", "--field", "a:b=x"], 2,
         "'a:b' cannot name a field; up to 100 characters, none of : , ="),
        (["x", "--began", "tomorrow"], 2,
         "--began 2026-11-22T00:00:00+08:00 is after the opening itself"),
        (["x", "--began", "soon"], 2,
         "'soon' is no time that desk can read; write 2026-11-21T09:00:00+08:00, 2026-11-21 09:00, "
         "yesterday 14:00 or 2h"),
        (["x", "--at", "1h", "--began", "30m"], 2,
         "--began 2026-11-21T08:30:00+08:00 is after the opening itself"),
        (["x", "--at", "+1h"], 2,
         "--at 2026-11-21T10:00:00+08:00 lies ahead of 2026-11-21T09:00:00+08:00"),
        (["x", "--at", "03/04/2026"], 2,
         "'03/04/2026' is no time that desk can read; write 2026-11-21T09:00:00+08:00, "
         "2026-11-21 09:00, yesterday 14:00 or 2h"),
        (["- x"], 2, "No such option '- '; text that begins with a dash goes behind --; "
         "see `desk open --help`"),
        (["x", "--colour", "red"], 2, "No such option '--colour'; see `desk open --help`"),
        (["x", "--email"], 2, "Option '--email' requires an argument; see `desk open --help`"),
        (["x\udcff"], 2, "the argument 'x\\udcff' is not UTF-8 text"),
    ],
)  # fmt: skip
def test_bad_input(shell: Shell, words: list[str], code: int, sentence: str):
    assert shell.run("open", *words) == (code, "", f"desk: {sentence}\n")
    assert list(shell.root.rglob("T-*")) == []


def test_a_description_that_is_no_text(shell: Shell):
    assert shell.run("open", "x", "-d", "-", stdin=b"\xff") == (
        2, "", "desk: what came in on standard input is not UTF-8 text\n"
    )  # fmt: skip


def test_the_team_of_the_assignee_comes_along(shell: Shell):
    made = shell.done("open", "VPN drops", "--assignee", "lin").out.strip()
    assert shell.head(made, "team", "assignee", "status") == ["network", "lin", "in_progress"]


def test_an_outside_number_or_a_field_given_twice_is_refused(shell: Shell):
    made = shell.done("open", "VPN drops", "--external", "INC-1").out.strip()
    assert shell.run("open", "again", "--external", "inc-1") == (
        1, "", f"desk: external 'inc-1' is the number of {made} already\n"
    )  # fmt: skip
    assert shell.run("open", "x", "--field", "score=5") == (
        1, "", "desk: 'score' is no field to set: it follows from the survey (desk survey)\n"
    )  # fmt: skip
    assert shell.run("open", "x", "--field", "a=1", "--field", "a=2") == (
        2, "", "desk: --field a is given twice; give it once\n"
    )  # fmt: skip


def test_somebody_of_the_desk_who_asks(shell: Shell):
    made = shell.done("open", "VPN drops", "--requester", "chen").out.strip()
    assert store.Desk(shell.root).read(made).head["requester"] == {
        "name": "陈伟",
        "email": "chen@example.com",
    }
    shell.done("open", "Printer", "--requester", "李伟", "--email", "li@example.com")
    assert shell.done("list", "requester:me", "-f", "ids").out.split() == [made]


@pytest.mark.parametrize(
    ("words", "requester"),
    [
        (["Ann Lee <ann.lee@corp.cn>"], {"name": "Ann Lee", "email": "ann.lee@corp.cn"}),
        (['"Lee, Ann" <ann@corp.cn>'], {"name": "Lee, Ann", "email": "ann@corp.cn"}),
        (["王芳<wang@corp.cn>"], {"name": "王芳", "email": "wang@corp.cn"}),
        (["王芳＜wang@corp.cn＞"], {"name": "王芳", "email": "wang@corp.cn"}),
        (["<wang@corp.cn>"], {"email": "wang@corp.cn"}),
        (["chen <other@corp.cn>"], {"name": "陈伟", "email": "other@corp.cn"}),
        (["Ann <ann@corp.cn>", "--email", "ANN@corp.cn"], {"name": "Ann", "email": "ANN@corp.cn"}),
        (["ann@corp.cn"], {"name": "ann@corp.cn"}),
        (["Ann <at the door>"], {"name": "Ann <at the door>"}),
        (["Ann <a@b> <c@d>"], {"name": "Ann <a@b> <c@d>"}),
        (["a < b"], {"name": "a < b"}),
    ],
)
def test_name_and_email_in_one(shell: Shell, words: list[str], requester: dict[str, str]):
    made = shell.done("open", "VPN drops", "--requester", *words).out.strip()
    assert store.Desk(shell.root).read(made).head["requester"] == requester


def test_two_emails_are_refused(shell: Shell):
    assert shell.run("open", "x", "--requester", "Ann <a@b.cn>", "--email", "c@d.cn") == (
        2, "", "desk: --requester has the e-mail a@b.cn and --email c@d.cn; give one\n"
    )  # fmt: skip


def test_who_may_only_ask_asks_for_themselves(shell: Shell):
    path = shell.root / "desk.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace(
            "  zhao:", "  li: {name: 李伟, email: li@x.org, roles: [requester]}\n  zhao:", 1
        ),
        encoding="utf-8",
    )
    made = shell.done("--as", "li", "open", "VPN drops").out.strip()
    assert store.Desk(shell.root).read(made).head["requester"] == {
        "name": "李伟",
        "email": "li@x.org",
    }
    shell.done("--as", "li", "reply", made, "It is the Wi-Fi.")
    assert shell.done("--as", "li", "list", "requester:me", "-f", "ids").out.split() == [made]
