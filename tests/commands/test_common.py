"""What the writing commands share: many ids, partial failures, and whatever is not theirs."""

import fcntl
import json
from collections.abc import Callable

import pytest
import yaml

from desk import cli
from desk.commands.common import parts_of_ids
from tests.support import Shell

ID, OTHER, THIRD = "T-261121-A0001", "T-261121-A0002", "T-261121-A0003"
READING = {
    "init", "open", "list", "show", "history", "summarise", "import", "check", "queue", "sla",
    "team", "policy", "tick", "schema", "search", "index", "export", "watch", "batch",
    "kb", "suggest", "diff", "blame", "sync", "merge-driver", "hook",
}  # fmt: skip

# Each writing command with the commands that bring a ticket to where it is allowed.
WRITING: dict[str, tuple[list[list[str]], list[str]]] = {
    "classify": ([], ["classify", ID, "--impact", "department"]),
    "assign": ([], ["assign", ID, "--to", "lin"]),
    "escalate": ([], ["escalate", ID, "--to-team", "vendor", "--because", "x"]),
    "note": ([], ["note", ID, "试过重启"]),
    "reply": ([], ["reply", ID, "We are on it."]),
    "hold": ([], ["hold", ID, "--for", "vendor", "--until", "2d"]),
    "resume": ([["hold", ID, "--for", "vendor"]], ["resume", ID]),
    "resolve": ([], ["resolve", ID, "--solution", "换了硒鼓"]),
    "close": ([["resolve", ID, "--solution", "x"]], ["close", ID]),
    "reopen": ([["resolve", ID, "--solution", "x"]], ["reopen", ID, "--because", "again"]),
    "cancel": ([], ["cancel", ID, "--because", "x"]),
    "survey": ([["resolve", ID, "--solution", "x"]], ["survey", ID, "--score", "5"]),
    "link": ([], ["link", ID, "related", OTHER]),
    "unlink": ([["link", ID, "related", OTHER]], ["unlink", ID, "related", OTHER]),
    "edit": ([], ["edit", ID, "--set", "site=北京"]),
    "undo": ([["note", ID, "x", "--as", "lin"]], ["undo", ID]),
}
# The same for several ids, which stand in place of the first.
SEVERAL = {
    **WRITING,
    "note": ([], ["note", ID, "--text", "试过重启"]),
    "reply": ([], ["reply", ID, "--text", "We are on it."]),
    "link": ([], ["link", ID, "related", THIRD]),
    "unlink": ([["link", ID, "related", THIRD]], ["unlink", ID, "related", THIRD]),
}

CUSTOM = """\
asset: "007"
rack: {row: 7, slots: [1, "two", null], "on": yes}
seats: 12
vip: true
机身编号: |
  第一行
    second
"""
CUSTOM_VALUES = {
    "asset": "007",
    "rack": {"row": "7", "slots": ["1", "two", "null"], "on": "yes"},
    "seats": "12",
    "vip": "true",
    "机身编号": "第一行\n  second\n",
}


def test_every_writing_command_is_tried():
    assert set(WRITING) == cli.COMMANDS.keys() - READING


@pytest.mark.parametrize("name", WRITING)
def test_custom_fields_hand_edits_and_comments_survive(shell: Shell, name: str):
    before, words = WRITING[name]
    shell.open("Printer jams", "-d", "Tray 2")
    shell.open("other")
    for step in before:
        shell.done(*step)
    log = shell.text(ID).partition("log:\n")[2]
    shell.rewrite(ID, "title: Printer jams", "title: 打印机卡纸 # 改过")
    shell.rewrite(ID, "log:\n", f"# 自定义\n{CUSTOM}log:\n")
    shell.rewrite(ID, "kind: incident\n", "")
    shell.done(*words, who="lin")
    text = shell.text(ID)
    head = yaml.load(text, yaml.CBaseLoader)
    assert {key: head[key] for key in CUSTOM_VALUES} == CUSTOM_VALUES
    assert head["title"] == "打印机卡纸"
    assert "kind" not in head
    assert f"log:\n{log}" in text, "the log grew and nothing in it changed"
    edit, event = head["log"][-2:]
    assert event["did"] == name
    assert (edit["did"], edit["by"], edit["by_hand"]) == ("edit", "lin", "true")
    assert edit["comments"] == "# 改过\n# 自定义"
    assert edit["change"]["title"] == ["Printer jams", "打印机卡纸"]
    assert edit["change"]["kind"] == ["incident", "null"]
    assert {k: to for k, (_, to) in edit["change"].items() if k in CUSTOM_VALUES} == CUSTOM_VALUES
    assert shell.done("check").err == "2 files, 0 errors, 0 warnings\n"


@pytest.mark.parametrize("name", WRITING)
def test_a_second_run_finds_nothing_more_to_write_down(shell: Shell, name: str):
    before, words = WRITING[name]
    shell.open("Printer jams")
    shell.open("other")
    for step in (*before, words):
        shell.done(*step)
    shell.done("note", ID, "x")
    assert "by_hand" not in shell.text(ID)


def several(shell: Shell, name: str) -> list[str]:
    """Three tickets, two of which are where the command is allowed; its words behind the ids."""
    for title in ("one", "two", "three"):
        shell.open(title)
    before, words = SEVERAL[name]
    for step in before:
        shell.done(*step)
        shell.done(step[0], OTHER, *step[2:])
    return words[2:]


@pytest.mark.parametrize("name", SEVERAL)
def test_one_that_fails_does_not_keep_the_others(shell: Shell, name: str):
    words = several(shell, name)
    ran = shell.run(name, ID, "nosuch", OTHER, *words)
    assert ran.code == 3
    assert ran.out == ""
    *said, failed = ran.err.splitlines()
    assert failed == "desk: no record is named 'nosuch'; `desk list --all` shows them"
    assert [line.split()[0] for line in said] == [ID, OTHER]
    assert {f"did: {name}" in shell.text(one) for one in (ID, OTHER)} == {True}


@pytest.mark.parametrize("name", SEVERAL)
def test_ids_from_standard_input(shell: Shell, name: str):
    words = several(shell, name)
    ran = shell.run(name, "-", *words, stdin=f"{ID}\n{OTHER}\n{ID}\n")
    assert (ran.code, len(ran.err.splitlines())) == (0, 2)


@pytest.mark.parametrize("name", SEVERAL)
def test_a_ticket_named_twice_is_changed_once(shell: Shell, name: str):
    words = several(shell, name)
    ran = shell.run(name, "a0001", ID, *words, "-f", "ids")
    assert (ran.code, len(ran.err.splitlines())) == (0, 1)
    assert shell.text(ID).count(f"did: {name}\n") == 1


@pytest.mark.parametrize("name", SEVERAL)
def test_a_report_has_a_line_a_record(shell: Shell, name: str):
    words = several(shell, name)
    shell.path("T-261121-A0009").write_text("id: [", encoding="utf-8")
    ran = shell.run(name, "a0001", "a0009", "nosuch", OTHER, *words, "-f", "ndjson")
    rows = [json.loads(line) for line in ran.out.splitlines()]
    assert ran.code == 1
    assert [list(row) for row in rows] == [COLUMNS] * len(rows)
    given = [row for row in rows if row["given"]]
    assert [(row["given"], row["id"], row["outcome"], row["code"]) for row in given] == [
        ("a0001", ID, "done", 0),
        ("a0009", "T-261121-A0009", "damaged", 4),
        ("nosuch", None, "not_found", 3),
        (OTHER, OTHER, "done", 0),
    ]
    for row in rows:
        if row["outcome"] == "done":
            log = yaml.load(shell.text(row["id"]), yaml.CBaseLoader)["log"]
            events = [one for one in log if one["did"] == name]
            assert plain(row["events"]) == [one for one in events if one in plain(row["events"])]
            assert len(row["events"]) == 1
    said = {row["sentence"] if row["code"] == 0 else f"desk: {row['sentence']}" for row in rows}
    assert set(ran.err.splitlines()) == said


COLUMNS = ["given", "id", "outcome", "code", "sentence", "along_with", "events", "dry_run"]


def plain(value: object) -> object:
    """The value with every scalar as the text that it has in a file."""
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [plain(one) for one in value]
    return "null" if value is None else str(value)


def test_a_report_in_full(shell: Shell):
    shell.open("one")
    shell.open("two")
    shell.done("cancel", OTHER, "--because", "x")
    ran = shell.run("hold", "a0001", OTHER, "--for", "vendor", "-f", "json")
    refused = f"{OTHER} is cancelled and cannot be put on hold; that is final"
    assert (ran.code, ran.err) == (1, f"{ID} is on hold for the vendor\ndesk: {refused}\n")
    assert json.loads(ran.out) == [
        {
            "given": "a0001", "id": ID, "outcome": "done", "code": 0,
            "sentence": f"{ID} is on hold for the vendor", "along_with": None,
            "events": [{
                "n": 2, "at": "2026-11-21T09:00:00+08:00", "by": "chen", "did": "hold",
                "change": {"status": ["new", "on_hold"], "waiting_for": [None, "vendor"]},
            }],
            "dry_run": False,
        },
        {
            "given": OTHER, "id": OTHER, "outcome": "refused", "code": 1, "sentence": refused,
            "along_with": None, "events": [], "dry_run": False,
        },
    ]  # fmt: skip


def test_ids_of_what_was_done_go_into_the_next_command(shell: Shell):
    shell.open("one")
    shell.open("two")
    shell.done("cancel", OTHER, "--because", "x")
    ran = shell.run("resolve", OTHER, ID, "--solution", "x", "-f", "ids")
    assert (ran.code, ran.out) == (1, f"{ID}\n")
    assert shell.done("close", "-", stdin=ran.out).err == f"{ID} is closed\n"


def test_what_keeps_the_whole_command_is_no_row(shell: Shell, monkeypatch: pytest.MonkeyPatch):
    shell.open("one")
    monkeypatch.setenv("DESK_LOCK_WAIT", "0")
    with (shell.root / ".desk" / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert shell.run("close", ID, "-f", "ndjson")[:2] == (5, "")


def test_nothing_to_report(shell: Shell):
    assert shell.run("close", "-", "-f", "json", stdin="") == (0, "[]\n", "")
    assert shell.run("close", "-", "-f", "ndjson", stdin="") == (0, "", "")


def test_no_ids_at_all_change_nothing(shell: Shell):
    assert shell.run("close", "-", stdin="") == (0, "", "")


@pytest.mark.parametrize(
    ("errors", "code"),
    [
        (["nosuch"], 3),
        (["nosuch", "neither"], 3),
        ([OTHER], 1),
        ([OTHER, "nosuch"], 1),
        (["broken"], 4),
        (["broken", "nosuch"], 1),
    ],
)
def test_the_exit_code_of_partial_failures(shell: Shell, errors: list[str], code: int):
    """One kind of failure has its own code, several kinds have 1."""
    shell.open("fine")
    shell.open("cancelled")
    shell.open("damaged")
    shell.done("cancel", OTHER, "--because", "x")
    shell.path("T-261121-A0003").write_text("id: [", encoding="utf-8")
    parts = ["a0003" if error == "broken" else error for error in errors]
    ran = shell.run("resolve", ID, *parts, "--solution", "x")
    assert (ran.code, ran.out) == (code, "")
    assert len([line for line in ran.err.splitlines() if line.startswith("desk: ")]) == len(errors)
    assert shell.head(ID, "status") == ["resolved"]


def test_the_same_mistake_is_said_once(shell: Shell):
    shell.open("one")
    shell.open("two")
    assert shell.run("assign", ID, OTHER, "--to", "lim") == (
        1, "", "desk: person 'lim' is not in desk.yaml; did you mean lin?\n"
    )  # fmt: skip


NAMES: dict[str, Callable[[], str]] = {
    "T-261121-A0001": lambda: ID,
    "t-261121-a0001": lambda: ID,
    "A0001": lambda: ID,
    "aooo1": lambda: ID,
    "aoooi": lambda: ID,
    "AOOOL": lambda: ID,
    "INC0012": lambda: ID,
    "4711": lambda: OTHER,
}


@pytest.mark.parametrize("name", NAMES)
def test_how_a_ticket_is_named(shell: Shell, name: str):
    shell.open("one", "--external", "INC0012")
    shell.open("two", "--external", "4711")
    assert shell.run("note", name, "x").err == f"{NAMES[name]()} has a note (internal)\n"


def test_an_ambiguous_part_lists_the_candidates(shell: Shell):
    for title in "abcdefghijk":
        shell.open(title)
    ran = shell.run("note", "A000", "x")
    shown = ", ".join(f"T-261121-A000{n}" for n in range(1, 9))
    assert ran == (3, "", f"desk: 'A000' is part of 11 ids: {shown} and 3 more; give more of it\n")


def test_an_article_is_not_for_ticket_commands(shell: Shell):
    article = shell.root / "kb" / "KB-261121-A0009.yaml"
    article.write_text("id: KB-261121-A0009\ntitle: VPN\nstatus: draft\n", encoding="utf-8")
    for name, (_, words) in WRITING.items():
        if name not in ("link", "unlink", "undo"):
            assert shell.run(words[0], "a0009", *words[2:]) == (
                1, "", "desk: KB-261121-A0009 is an article; this command is for tickets\n"
            )  # fmt: skip


def test_each_id_once_in_the_order_given():
    assert parts_of_ids(["b", "a", "b"]) == ["b", "a"]


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["resolve", ID, "--solution", "-"], "solution"),
        (["resolve", ID, "--solution", "x", "--cause", "-"], "cause"),
        (["cancel", ID, "--because", "-"], "because"),
        (["escalate", ID, "--to", "lin", "--because", "-"], "because"),
        (["hold", ID, "--for", "vendor", "--because", "-"], "because"),
    ],
)
def test_texts_from_standard_input(shell: Shell, words: list[str], name: str):
    shell.open()
    shell.done(*words, stdin="第一行\nsecond\n")
    assert f"  {name}: |-\n    第一行\n    second\n" in shell.log(ID)


@pytest.mark.parametrize(
    ("words", "first", "second"),
    [
        (["note", "-", "-"], "the ids", "the note"),
        (["reply", "-", "--text", "-"], "the ids", "the reply"),
        (["resolve", "-", "--solution", "-"], "--solution", "the ids"),
        (["resolve", ID, "--solution", "-", "--cause", "-"], "--solution", "--cause"),
        (["edit", "-", "--set", "site=-"], "the ids", "--set site"),
        (["edit", ID, "--set", "site=-", "--set", "rack=-"], "--set site", "--set rack"),
        (["open", "x", "-d", "-", "--because", "-", "--priority", "P1"], "--because",
         "--description"),
    ],
)  # fmt: skip
def test_standard_input_is_one_thing_only(shell: Shell, words: list[str], first: str, second: str):
    shell.open()
    before = shell.files()
    assert shell.run(*words, stdin=f"{ID}\n") == (
        2,
        "",
        f"desk: standard input cannot be both {first} and {second}; give one of them as an "
        "argument\n",
    )
    assert shell.files() == before


def test_ids_come_one_a_line(shell: Shell):
    shell.open()
    ran = shell.run("note", "-", "x", stdin=f"{ID}  P3  new  Printer jams\n")
    assert (ran.code, ran.out, ran.err) == (
        2, "", "desk: line 1 of standard input is no id; `-f ids` prints them one a line\n",
    )  # fmt: skip
    assert "did: note" not in shell.text(ID)


def test_ids_come_as_ndjson_too(shell: Shell):
    """As lists, searches and reports give them, among plain ones, and each once."""
    shell.open("打印机\u2028卡纸 ] \x85 {")
    shell.open("Printer jams")
    article = shell.done("kb", "new", "Printer jams", "--solution", "x").out.strip()
    listed = shell.done("list", "-f", "ndjson").out
    said = shell.done("note", "-", "--text", "x", "-f", "ndjson", stdin=f"{listed}{OTHER}\r\n")
    assert [json.loads(line)["id"] for line in said.out.splitlines()] == [ID, OTHER]
    again = shell.done("note", "-", "--text", "y", stdin=said.out.replace("\n", "\r\n\r\n"))
    assert again.err == f"{ID} has a note (internal)\n{OTHER} has a note (internal)\n"
    found = shell.done("search", "printer", "-f", "ndjson").out
    assert {json.loads(line)["id"] for line in found.splitlines()} == {OTHER, article}
    assert shell.done("link", "-", "related", ID, stdin=found).err.count("is related to") == 2


NO_ROWS = [
    '{"given": "nosuch", "id": null, "outcome": "not_found"}', '{"id": ""}', '{"id": "a b"}',
    '{"id": 7}', '{"id": ["A0001"]}', '{"ID": "A0001"}', "{}", '{"id": "A0001"',
    '{"id": "A0001"} {"id": "A0001"}', '{"id": "A0001"},', "{A0001}", '{"a":' * 50_000,
    '[{"id": "A0001"}, {"id": "A0001"}]',
]  # fmt: skip


@pytest.mark.parametrize("line", NO_ROWS, ids=lambda line: line[:40])
def test_a_line_of_json_without_an_id(shell: Shell, line: str):
    shell.open()
    sentence = "desk: line 3 of standard input is no id; `-f ids` prints them one a line\n"
    assert shell.run("note", "-", "x", stdin=f"{ID}\n\n{line}\n") == (2, "", sentence)
    assert "did: note" not in shell.text(ID)


def test_an_id_is_no_text(shell: Shell):
    ran = shell.run("reply", shell.open(), shell.open().lower())
    assert (ran.code, ran.err) == (
        2,
        f"desk: {OTHER.lower()} is an id, not a text; behind several ids give the text with "
        "--text\n",
    )


def test_a_value_may_look_like_a_term(shell: Shell):
    ran = shell.run("list", "--sort", "-nosuch:x")
    assert ran.err.startswith("desk: no ticket has a field '-nosuch:x'") or "nosuch" in ran.err
    assert "\0" not in ran.err
    assert "\\x00" not in ran.err


def test_parts_that_no_field_has_are_told(shell: Shell):
    shell.open("x", "--requester", "李伟")
    ran = shell.run("list", "requester.emial:x")
    assert ran.code == 2
    assert "did you mean requester.email" in ran.err


def test_a_list_and_a_mark_of_the_byte_order_on_standard_input(shell: Shell):
    made = shell.open("VPN drops")
    ran = shell.run("note", "-", "--text", "x", stdin=f'[{{"id": "{made}"}}]\n')
    said = "desk: standard input is one JSON list; `-f ndjson` or `-f ids` prints lines\n"
    assert (ran.code, ran.err) == (2, said)
    assert shell.run("note", "-", "--text", "x", stdin=f"\ufeff{made}\n").code == 0
