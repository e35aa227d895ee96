"""desk list, show and history."""

import csv
import io
import json
import re
from pathlib import Path

import pytest
from wcwidth import wcswidth

from desk import codec
from desk.model import TICKET_FIELDS
from tests.commands.promising import Office
from tests.support import Shell, at_terminal, run

A, B, C, D, E = (
    "T-261119-A0001", "T-261120-A0002", "T-261121-A0003", "T-261121-A0004", "T-261121-A0005",
)  # fmt: skip


@pytest.fixture
def five(shell: Shell) -> Shell:
    """Five tickets, one of them closed, and two views."""
    with (shell.root / "desk.yaml").open("a", encoding="utf-8") as file:
        file.write('views: {vpn: "VPN", bad: "卡纸 (team:x"}\n')
    shell.open("打印机卡纸", "--requester", "王芳", "--category", "printer", "--tag", "hp",
               "--field", "asset=P-1", "-d", "第二次", at="2026-11-19T09:00+08:00")  # fmt: skip
    shell.open("VPN drops every hour", "--assignee", "lin", "--impact", "department",
               "--requester", "Iris Novak", at="2026-11-20T09:00+08:00")  # fmt: skip
    shell.open("Disk full", "--team", "network", at="2026-11-21T08:15+08:00")
    shell.done("hold", C, "--for", "vendor", "--until", "2d")
    shell.open("Password forgotten", "--assignee", "chen")
    shell.done("resolve", D, "--solution", "Reset it", "--code", "fixed")
    shell.done("close", D)
    shell.done("survey", D, "--score", "5")
    shell.done("open", "--urgency", "high", "--", "=1+1")
    return shell


def listed(shell: Shell, *words: str) -> str:
    """The last characters of the ids in the order in which they are listed."""
    out = shell.done("list", "-f", "ids", *words).out
    return "".join(line[-1] for line in out.splitlines())


# --- list ----------------------------------------------------------------------------------


def test_live_tickets_by_priority_the_oldest_first(five: Shell):
    assert five.run("list") == (
        0,
        """\
id              priority  status            title                 requester   holder   age
T-261120-A0002  P3        in_progress       VPN drops every hour  Iris Novak  lin      1d
T-261121-A0005  P3        new               =1+1                                       0m
T-261119-A0001  P4        new               打印机卡纸            王芳                 2d
T-261121-A0003  P4        on_hold (vendor)  Disk full                         network  45m
""",
        "",
    )


def test_columns_of_a_table_stand_below_each_other(five: Shell):
    table = five.done("list", "--columns", "title,requester.name,id").out
    starts = {wcswidth(line[: line.index("T-26")]) for line in table.splitlines()[1:]}
    assert len(starts) == 1


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ([], "2513"),
        (["--all"], "25134"),
        (["status:open"], "2513"),
        (["status:closed"], "4"),
        (["status:new,closed"], "514"),
        (["-status:new"], "23"),
        (["--all", "-status:new"], "234"),
        (["-team:network"], "51"),
        (["priority:P3", "-assignee:lin"], "5"),
        (["assignee:me"], ""),
        (["--all", "assignee:me"], "4"),
        (["holder:network,lin"], "23"),
        (["asset:p-1"], "1"),
        (["tag:HP"], "1"),
        (["卡纸"], "1"),
        (["第二次"], "1"),
        (["full disk"], ""),
        (["disk full"], "3"),
        (["full", "disk"], "3"),
        (["--", "team:network"], ""),
        (["-(team:network or 卡纸)"], "5"),
        (["-@vpn"], "513"),
        (["卡纸 or disk"], "13"),
        (["closed:7d.."], "4"),
        (["--", "=1"], "5"),
        (["-formula:x"], "2513"),
        (["--sort", "opened"], "1235"),
        (["--sort", "-opened"], "5321"),
        (["--sort", "title"], "5321"),
        (["--sort", "-age,id"], "1235"),
        (["--sort", "holder"], "2315"),
        (["--limit", "2"], "25"),
        (["--limit", "0"], ""),
        (["--all", "--sort", "-score", "--limit", "1"], "4"),
    ],
)
def test_terms_order_and_limit(five: Shell, words: list[str], found: str):
    if "-formula:x" in words:
        five.done("edit", E, "--set", "formula=y")
    assert listed(five, *words) == found


def test_columns_for_people(five: Shell):
    assert (
        five.done("list", "--all", "--columns", "title,score,tag,requester,age").out
        == """\
title                 score  tag  requester   age
VPN drops every hour              Iris Novak  1d
=1+1                                          0m
打印机卡纸                   hp   王芳        2d
Disk full                                     45m
Password forgotten    5                       0m
"""
    )


HEADS = [
    {
        "id": B, "kind": "incident", "title": "VPN drops every hour", "status": "in_progress",
        "priority": "P3", "impact": "department", "urgency": "medium", "channel": "phone",
        "requester": {"name": "Iris Novak"}, "team": "network", "assignee": "lin",
        "opened": "2026-11-20T09:00:00+08:00",
    },
    {
        "id": A, "kind": "incident", "title": "打印机卡纸", "status": "new", "priority": "P4",
        "impact": "person", "urgency": "medium", "category": "hardware/printer",
        "channel": "phone", "requester": {"name": "王芳"}, "tags": ["hp"],
        "opened": "2026-11-19T09:00:00+08:00", "asset": "P-1", "description": "第二次",
    },
]  # fmt: skip


def test_json_has_the_heads_with_the_keys_of_the_file(five: Shell):
    words = ("list", "category:printer,none", "-title:=1+1", "-title:disk full")
    assert json.loads(five.done(*words, "-f", "json").out) == HEADS
    lines = five.done(*words, "-f", "ndjson").out.splitlines()
    assert [json.loads(line) for line in lines] == HEADS
    assert list(json.loads(lines[1])) == list(HEADS[1])


def test_yaml_has_the_same(five: Shell):
    assert (
        five.done("list", "title:打印机卡纸", "-f", "yaml").out
        == """\
- id: T-261119-A0001
  kind: incident
  title: 打印机卡纸
  status: new
  priority: P4
  impact: person
  urgency: medium
  category: hardware/printer
  channel: phone
  requester:
    name: 王芳
  tags:
  - hp
  opened: 2026-11-19T09:00:00+08:00
  asset: P-1
  description: 第二次
"""
    )


def test_csv_has_the_same_columns_for_any_tickets(five: Shell):
    known = [name for name in TICKET_FIELDS if name != "requester"]
    header = ",".join(known).replace("team,", "requester.name,requester.email,requester.phone,"
                                     "requester.department,team,")  # fmt: skip
    assert five.done("list", "nothing", "-f", "csv").out == f"{header}\n"
    assert five.done("list", "status:on_hold", "-f", "csv").out == (
        f"{header}\n{C},incident,Disk full,on_hold,vendor,2026-11-23T09:00:00+08:00,P4,,person,"
        "medium,,,phone,,,,,network,,,,,2026-11-21T08:15:00+08:00,,\n"
    )
    assert five.done("list", "tag:hp", "-f", "tsv").out == (
        f"{header},asset\n{A},incident,打印机卡纸,new,,,P4,,person,medium,,hardware/printer,phone,"
        '王芳,,,,,,["hp"],,,2026-11-19T09:00:00+08:00,,第二次,P-1\n'
    ).replace(",", "\t")


def test_no_column_stands_twice(five: Shell):
    five.rewrite(A, "title:", "requester.name: x\ndue: tomorrow\ntitle:")
    header = five.done("list", "-f", "csv").out.partition("\n")[0].split(",")
    assert len(header) == len({*header})
    assert five.done("list", "--columns", "title,due,title", "-f", "csv").out.startswith(
        "title,due\n"
    )


def test_chosen_columns_for_programs(five: Shell):
    words = ("--all", "--columns", "title,score,requester,age", "--sort", "title")
    assert (
        five.done("list", *words, "-f", "csv").out
        == """\
title,score,requester,age
'=1+1,,,0
Disk full,,,2700
Password forgotten,5,,0
VPN drops every hour,,"{""name"": ""Iris Novak""}",86400
打印机卡纸,,"{""name"": ""王芳""}",172800
"""
    )
    assert json.loads(five.done("list", *words, "-f", "json").out)[2] == {
        "title": "Password forgotten", "score": 5, "requester": None, "age": 0,
    }  # fmt: skip
    assert listed(five, *words) == "53421"


def test_nothing_found_is_no_error(five: Shell):
    assert five.run("list", "nothing") == (
        0, "", "no live ticket fits; --all looks at ended ones too\n"
    )  # fmt: skip
    assert five.run("list", "--all", "nothing") == (0, "", "no ticket fits\n")
    assert five.run("list", "--limit", "0") == (0, "", "")
    assert five.run("list", "--all", "priority:P9") == (
        0,
        "",
        """\
priority 'P9' is not in desk.yaml; known are P1, P2, P3, P4
  priority:P9
           ^^
no ticket fits
""",
    )
    assert five.run("list", "nothing", "-f", "json") == (0, "[]\n", "")
    assert five.run("list", "nothing", "-f", "ids") == (0, "", "")


@pytest.mark.parametrize(
    "words",
    [["list", "-f", "ids"], ["queue"], ["sla"], ["summarise"], ["export"], ["search", "vpn"]],
)
def test_a_value_that_can_hardly_be_meant_is_said_by_every_command(five: Shell, words: list[str]):
    doubt = """\
team 'netwrok' is not in desk.yaml; did you mean network?
  team:netwrok
       ^^^^^^^
"""
    assert five.run(*words, "team:netwrok").err.startswith(doubt)
    assert "netw" not in five.run(*words, "team:network").err


def test_me_is_nobody_of_the_desk(five: Shell, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("GIT_AUTHOR_EMAIL", "visitor@example.org")
    where = ["-C", str(five.root)]
    said = run([*where, "list", "assignee:me"]).err
    assert ", whom desk.yaml does not know; --as says who you are\n  assignee:me\n" in said
    assert "does not know" not in run([*where, "list", "assignee:me", "--as", "lin"]).err


def test_an_empty_desk(shell: Shell):
    assert shell.run("list") == (0, "", "no live ticket fits; --all looks at ended ones too\n")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
                (["--columns", "id,asset_"], "no ticket has a field 'asset_'; did you mean asset?"),
        (["--sort", "-urgncy"], "no ticket has a field 'urgncy'; did you mean urgency?"),
        (["--limit", "-1"],
         "Invalid value for '--limit': -1 is not in the range x>=0; see `desk list --help`"),
        (["--limit", "few"],
         "Invalid value for '--limit': 'few' is not a whole number; see `desk list --help`"),
        (["-f", "xml"], "Invalid value for '-f' / '--format': 'xml' is not one of 'table', 'json', "
         "'ndjson', 'csv', 'tsv', 'yaml', 'markdown', 'ids'; see `desk list --help`"),
        (["-5"], "No such option '-5'; text that begins with a dash goes behind --, and -\"word\" "
         "asks for what is without a word; see `desk list --help`"),
    ],
)  # fmt: skip
def test_bad_lists(five: Shell, words: list[str], sentence: str):
    assert five.run("list", *words) == (2, "", f"desk: {sentence}\n")


MARKED = {
    "team:": """\
desk: 'team:' has no value; write team:VALUE or team:none
  team:
  ^^^^^
""",
    "priority:P4 tema:x": """\
desk: no ticket has a field 'tema'; did you mean team?
  priority:P4 tema:x
              ^^^^
""",
    "打印机 or（status:clsed）": """\
desk: 'clsed' is no status; did you mean closed?
  打印机 or（status:clsed）
                    ^^^^^
""",
    "\x1b[1m\u202e 卡 or": """\
desk: 'or' stands between two conditions; in quotes it is a word to find
  \\x1b[1m\\u202e 卡 or
                   ^^
""",
    "assignee:无人 @vnp": """\
desk: desk.yaml has no view 'vnp'; did you mean vpn?
  assignee:无人 @vnp
                ^^^^
""",
    "@bad": """\
desk: view @bad of desk.yaml: this bracket is never closed
  卡纸 (team:x
       ^
""",
    f"{'词' * 100} team: {'b ' * 100}": f"""\
desk: 'team:' has no value; write team:VALUE or team:none
  …{"词" * 19} team: {"b " * 9}b…
   {" " * 38} ^^^^^
""",
}


@pytest.mark.parametrize(("text", "said"), MARKED.items())
def test_a_mistake_in_a_query_is_marked(five: Shell, text: str, said: str):
    assert five.run("list", text) == (2, "", said)
    assert five.run("summarise", text) == (2, "", said)
    assert five.run("sla", text) == (2, "", said)
    assert five.run("queue", text) == (2, "", said)


def test_damaged_files_are_named_and_the_others_listed(five: Shell):
    five.path(A).write_text("id: [", encoding="utf-8")
    five.path(C).write_text("id: T-261121-A0003\n", encoding="utf-8")
    ran = five.run("list", "-f", "ids")
    assert ran == (
        4,
        f"{B}\n{E}\n",
        f"desk: tickets/2026/11/{A}.yaml:2: this is not YAML: did not find expected node content\n"
        f"desk: tickets/2026/11/{C}.yaml:1: the field 'title' is missing\n",
    )


def test_a_table_is_cut_to_the_terminal_and_nothing_else_is(five: Shell):
    words = ("-C", str(five.root), "--as", "chen", "list")
    screen = at_terminal(*words, columns=65)[1]
    assert screen.splitlines()[:2] == [
        "id              priori…  status   title    request…  holder   age",
        "T-261120-A0002  P3       in_pro…  VPN dr…  Iris No…  lin      1d",
    ]
    assert all(wcswidth(line) <= 65 for line in screen.splitlines())
    assert "VPN drops every hour" in at_terminal(*words, columns=110)[1]
    assert at_terminal(*words, "-f", "csv", columns=40)[1] == five.done("list", "-f", "csv").out


@pytest.mark.parametrize(
    "words",
    ["list", "list -f csv", "list -f tsv", "list -f json", "list -f yaml", "show A0001",
     "show A0001 -f csv", "history A0001", "history A0001 -f ndjson"],
)  # fmt: skip
def test_what_a_terminal_would_act_on_is_shown(five: Shell, words: str):
    five.done("edit", A, "--set", "title=\x1b[31m红\u202e", "--set", "description=\x9b2J\n\x07")
    screen = at_terminal("-C", str(five.root), *words.split(), columns=300)[1]
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", screen)


def test_a_custom_field_named_like_a_derived_one_is_each_ticket_s_own(five: Shell):
    five.rewrite(A, "title:", "due: tomorrow\ntitle:")
    five.done("reply", B, "Look into it")
    out = five.done("list", "--all", "-f", "csv").out
    short = {row["id"]: row["due"] for row in csv.DictReader(io.StringIO(out))}
    out = five.done("list", "status:*", "-f", "csv").out
    assert short == {row["id"]: row["due"] for row in csv.DictReader(io.StringIO(out))}
    assert short[A] == "tomorrow"


# --- show ----------------------------------------------------------------------------------


def test_a_ticket_for_a_person(five: Shell):
    assert five.run("show", "a0003", at="2026-11-21T12:00+08:00") == (
        0,
        """\
T-261121-A0003  Disk full
kind         incident
status       on_hold
waiting_for  vendor
until        2026-11-23T09:00:00+08:00
priority     P4
impact       person
urgency      medium
channel      phone
team         network
opened       2026-11-21T08:15:00+08:00 (3h 45m ago)

Log
  2026-11-21T08:15:00+08:00  chen  open
  2026-11-21T09:00:00+08:00  chen  hold: status new → on_hold, waiting_for vendor, until 2026-11-23T09:00:00+08:00
""",  # noqa: E501 - as it is printed
        "",
    )


@pytest.mark.parametrize("form", ["json", "ndjson", "yaml"])
def test_the_whole_record_with_its_log_for_programs(five: Shell, form: str):
    import yaml

    out = five.done("show", A, D, "-f", form).out
    if form == "yaml":
        found = yaml.load(out, yaml.CBaseLoader)
        assert [(one["id"], len(one["log"])) for one in found] == [(A, 1), (D, 4)]
        return
    found = json.loads(out) if form == "json" else [json.loads(x) for x in out.splitlines()]
    assert found == [codec.as_dict(codec.load(five.text(one))) for one in (A, D)]


def test_the_whole_record_as_csv(five: Shell):
    (row,) = csv.DictReader(io.StringIO(five.done("show", D, "-f", "csv").out))
    assert (row["id"], row["status"]) == (D, "closed")
    assert [event["did"] for event in json.loads(row["log"])] == [
        "open", "resolve", "close", "survey",
    ]  # fmt: skip


def test_several_from_a_list(five: Shell):
    ids = five.done("list", "-f", "ids").out
    assert five.done("show", "-", "-f", "ids", stdin=ids).out == ids


def test_what_cannot_be_shown_is_said_after_the_others(five: Shell):
    five.path(C).write_text("id: [", encoding="utf-8")
    assert five.run("show", "nosuch", A, "a0003", "-f", "ids") == (
        1,
        f"{A}\n",
        "desk: no record is named 'nosuch'; `desk list --all` shows them\n"
        f"desk: tickets/2026/11/{C}.yaml:2: this is not YAML: did not find expected node content\n",
    )
    assert five.run("show", "a0003", "-f", "json") == (
        4,
        "",
        f"desk: tickets/2026/11/{C}.yaml:2: this is not YAML: did not find expected node content\n",
    )


def test_an_article(shell: Shell):
    article = shell.root / "kb" / "KB-261121-A0009.yaml"
    article.write_text(
        "id: KB-261121-A0009\ntitle: 卡纸\nstatus: draft\nowner: lin\nbody: |\n  打开后盖。\n",
        encoding="utf-8",
    )
    assert shell.done("show", "kb-").out == (
        "KB-261121-A0009  卡纸\nstatus  draft\nowner   lin\n\nBody\n  打开后盖。\n"
    )


def test_a_long_record_goes_through_the_pager(five: Shell, tmp_path):
    pager = tmp_path / "pager"
    pager.write_text("#!/bin/sh\necho PAGED\ncat\n", encoding="utf-8")
    pager.chmod(0o755)
    words = ("-C", str(five.root), "show", A)
    variables = {"PAGER": str(pager), "TERM": "xterm"}
    assert at_terminal(*words, lines=50, **variables)[1].startswith(f"{A}  打印机卡纸\n")
    assert at_terminal(*words, lines=5, **variables)[1].startswith(f"PAGED\n{A}  打印机卡纸\n")


# --- history -------------------------------------------------------------------------------


def test_the_log_as_a_table(five: Shell):
    assert five.run("history", D) == (
        0,
        """\
n  at                         by    did      change                         words
1  2026-11-21T09:00:00+08:00  chen  open
2  2026-11-21T09:00:00+08:00  chen  resolve  status in_progress → resolved  code: fixed; solution: Reset it
3  2026-11-21T09:00:00+08:00  chen  close    status resolved → closed
4  2026-11-21T09:00:00+08:00  chen  survey                                  score: 5
""",  # noqa: E501 - as it is printed
        "",
    )


def test_the_log_for_programs(five: Shell):
    lines = five.done("history", D, "-f", "ndjson").out.splitlines()
    assert json.loads(lines[3]) == {
        "id": D, "n": 4, "at": "2026-11-21T09:00:00+08:00", "by": "chen", "did": "survey",
        "score": 5,
    }  # fmt: skip
    assert len(json.loads(five.done("history", D, "-f", "json").out)) == 4


def test_a_record_without_a_log(shell: Shell):
    article = shell.root / "kb" / "KB-261121-A0009.yaml"
    article.write_text("id: KB-261121-A0009\ntitle: x\nstatus: draft\n", encoding="utf-8")
    assert shell.run("history", "a0009") == (0, "", "")
    assert shell.run("history", "a0009", "-f", "json") == (0, "[]\n", "")


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["show"], 2, "Missing argument 'ID…'; see `desk show --help`"),
        (["show", "nosuch"], 3, "no record is named 'nosuch'; `desk list --all` shows them"),
        (["history"], 2, "Missing argument 'ID…'; see `desk history --help`"),
        (["history", "2611"], 3,
         f"'2611' is part of 5 ids: {A}, {B}, {C}, {D}, {E}; give more of it"),
    ],
)  # fmt: skip
def test_bad_input(five: Shell, words: list[str], code: int, sentence: str):
    assert five.run(*words) == (code, "", f"desk: {sentence}\n")


# --- what depends on the moment, clocks, and the plan of a major incident ------------------


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    """On a Monday at ten one is late, one at risk, one resolved, and one without a promise."""
    office = Office(tmp_path, monkeypatch)
    office.open("VPN 断线", "--impact", "department", "--urgency", "high", "--at", "09:00")
    office.open("Laptop 很慢", at="2026-11-20T16:00+08:00")
    office.open("Done", "--at", "09:00")
    office.done("resolve", "A0003", "--solution", "x", "--at", "09:30")
    office.open("Change router", "--kind", "change")
    return office


def test_columns_of_what_depends_on_the_moment(office: Office):
    words = ("list", "--all", "--columns", "title,sla,due,age", "--sort", "-sla")
    assert office.run(*words) == (
        0,
        """\
title          sla       due                        age
VPN 断线       breached  2026-11-23T09:30:00+08:00  1h
Laptop 很慢    at_risk   2026-11-23T11:00:00+08:00  2d 18h
Done           met                                  1h
Change router                                       0m
""",
        "",
    )
    assert (
        office.run(*words, "-f", "csv").out
        == """\
title,sla,due,age
VPN 断线,breached,2026-11-23T09:30:00+08:00,3600
Laptop 很慢,at_risk,2026-11-23T11:00:00+08:00,237600
Done,met,,3600
Change router,,,0
"""
    )


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["sla:breached"], "1"),
        (["sla:met"], ""),
        (["--all", "sla:met"], "3"),
        (["due:<4h"], "12"),
        (["due:<4h", "-sla:breached"], "2"),
        (["age:>1d"], "2"),
        (["sla:none"], "4"),
        (["--sort", "due"], "124"),
        (["--sort", "-due"], "214"),
        (["--all", "--sort", "sla"], "3214"),
    ],
)
def test_what_is_due(office: Office, words: list[str], found: str):
    assert listed(office, *words) == found


def test_the_clocks_of_a_ticket(office: Office):
    shown = office.done("show", "A0001").out
    assert (
        shown.partition("Clocks\n")[2].partition("\n\n")[0]
        == """\
  respond  breached: due 09:30, 30m over (1h of 30m working time, 1h in all)
  update   running: due 11:00, 1h left (1h of 2h working time, 1h in all)
  resolve  running: due 18:00, 7h left (1h of 8h working time, 1h in all)"""
    )
    shown = office.done("show", "A0003").out
    assert (
        shown.partition("Clocks\n")[2].partition("\n\n")[0]
        == """\
  respond  met: due 14:00, 3h 30m to spare (30m of 4h working time, 30m in all)
  resolve  met: due Tue 11-24 18:00, 15h 30m to spare (30m of 16h working time, 30m in all)"""
    )
    assert "Clocks" not in office.done("show", "A0004").out
    assert "clock" not in office.done("show", "A0001", "-f", "json").out.lower()


def test_intervals_without_news_are_counted(office: Office):
    for at in ("2026-11-23T14:00+08:00", "2026-11-23T18:00+08:00"):
        office.done("reply", "A0001", "x", at=at)
    shown = office.done("show", "A0001", at="2026-11-24T10:00+08:00").out
    assert (
        "  update   running, missed 2 times: due 11:00, 1h left "
        "(1h of 2h working time, 16h in all)\n" in shown
    )
    office.done("resolve", "A0001", "--solution", "x", at="2026-11-24T10:30+08:00")
    shown = office.done("show", "A0001", at="2026-11-25T10:00+08:00").out
    assert "  update   breached, missed 2 times: due Mon 11-23 16:00, 2h late (4h of 2h " in shown


PLAN = """\
id: KB-261012-74K30
title: 断网预案
status: published
solution: "1. 打电话给运营商\\n2. \\e[31mswitch"
"""


def test_the_plan_of_a_major_incident(office: Office):
    down = office.open("全网中断", "--impact", "organisation", "--urgency", "high")
    path = office.root / "kb" / "KB-261012-74K30.yaml"
    path.write_text(PLAN, encoding="utf-8")
    assert "Plan" not in office.done("show", down).out
    office.done("classify", down, "--major")
    shown = office.done("show", down).out
    assert (
        shown.partition("in all)\n\n")[2].partition("\nLog\n")[0]
        == """\
Plan for a major incident
  KB-261012-74K30  断网预案
  1. 打电话给运营商
  2. \\x1b[31mswitch
"""
    )
    office.done("classify", down, "--not-major")
    assert "Plan" not in office.done("show", down).out


def test_a_plan_that_cannot_be_shown(office: Office):
    down = office.open("全网中断", "--impact", "organisation", "--urgency", "high")
    office.done("classify", down, "--major")
    sentence = (
        "Plan for a major incident\n  KB-261012-74K30 cannot be shown: no record is named "
        "'KB-261012-74K30'; `desk list --all` shows them\n"
    )
    assert sentence in office.done("show", down).out
    (office.root / "kb" / "KB-261012-74K30.yaml").write_text("id: [", encoding="utf-8")
    ran = office.run("show", down)
    assert ran.code == 0
    assert "  KB-261012-74K30 cannot be shown: kb/KB-261012-74K30.yaml:2: this is not YAML" in (
        ran.out
    )
