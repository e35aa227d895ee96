"""desk undo: the last command of this clone, or one's last event of each record."""

import json
from pathlib import Path

import pytest

from desk import donelog, store
from tests.support import POLICY, Shell
from tests.team import Team, events

ID, OTHER, THIRD = "T-261121-A0001", "T-261121-A0002", "T-261121-A0003"
NOW = "2026-11-21T09:00:00+08:00"
TEN = "2026-11-21T10:00:00+08:00"


def without_logs(shell: Shell) -> dict[str, str]:
    """The heads of all records."""
    found = {}
    for path, data in shell.files().items():
        head, _, _ = data.decode().partition("log:\n")
        found[path] = head
    return found


# Each command with those before it; afterwards the heads are as they were.
COMMANDS: dict[str, tuple[list[list[str]], list[str]]] = {
    "classify": ([], ["classify", ID, OTHER, "--impact", "department"]),
    "assign": ([], ["assign", ID, "--to", "chen"]),
    "escalate": ([], ["escalate", ID, "--to-team", "vendor", "--because", "x"]),
    "note": ([], ["note", ID, "试过重启"]),
    "reply": ([], ["reply", ID, "We are on it."]),
    "hold": ([], ["hold", ID, "--for", "vendor", "--until", "2d"]),
    "resume": ([["hold", ID, "--for", "vendor"]], ["resume", ID]),
    "resolve": ([["link", OTHER, "duplicate-of", ID]], ["resolve", ID, "--solution", "x"]),
    "close": ([["resolve", ID, "--solution", "x"]], ["close", ID]),
    "reopen": ([["resolve", ID, "--solution", "x"]], ["reopen", ID, "--because", "again"]),
    "cancel": ([], ["cancel", ID, "--because", "x"]),
    "survey": ([["resolve", ID, "--solution", "x"]], ["survey", ID, "--score", "1"]),
    "link": ([], ["link", ID, OTHER, "related", THIRD]),
    "unlink": ([["link", ID, "related", OTHER]], ["unlink", ID, "related", OTHER]),
    "edit": ([], ["edit", ID, "--set", "site=北京", "--set", "title=x"]),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_the_last_command_is_taken_back_whole(shell: Shell, name: str):
    before, words = COMMANDS[name]
    for title in ("One", "Two", "Three"):
        shell.open(title)
    for step in before:
        shell.done(*step)
    heads, logs = without_logs(shell), shell.files()
    figures = [shell.done("summarise", "-f", "json").out, shell.done("sla", "-f", "json").out]
    shell.done(*words)
    changed = {path for path, data in shell.files().items() if data != logs[path]}
    tried = shell.done("undo", "--dry-run")
    ran = shell.done("undo", "-f", "ids")
    assert tried.err.removesuffix("this was a dry run; nothing was written\n") == ran.err
    assert {store.path_of(one) for one in ran.out.split()} == changed
    assert without_logs(shell) == heads
    assert all(data.startswith(logs[path]) for path, data in shell.files().items())
    assert [
        shell.done("summarise", "-f", "json").out,
        shell.done("sla", "-f", "json").out,
    ] == figures
    assert shell.done("check").err == "3 files, 0 errors, 0 warnings\n"


def test_one_after_the_other_until_there_is_nothing_more(shell: Shell):
    shell.open("One")
    shell.done("note", ID, "first")
    shell.done("assign", ID, "--to", "chen", at=TEN)
    shell.done("note", ID, "by lin", who="lin")
    said = [shell.done("undo", at=TEN).err for _ in range(3)]
    assert said == [
        f"{ID} has its assign of {TEN} taken back: status in_progress → new, "
        "team service-desk → none, assignee chen → none\n",
        f"{ID} has its note of {NOW} taken back\n",
        f"{ID} has its open of {NOW} taken back: status new → cancelled\n",
    ]
    assert shell.run("undo") == (
        1,
        "",
        "desk: no command of chen in this clone is left to be taken back; `desk undo ID` takes "
        "back what you did last to a record\n",
    )
    assert shell.done("undo", who="lin").err == f"{ID} has its note of {NOW} taken back\n"


def test_where_one_record_is_refused_nothing_is_taken_back(shell: Shell):
    for title in ("One", "Two"):
        shell.open(title)
    shell.done("hold", ID, OTHER, "--for", "vendor")
    shell.done("resume", OTHER, who="lin", at=TEN)
    files = shell.files()
    ran = shell.run("undo", "-f", "ndjson")
    said = (
        f"the hold of {NOW} in {OTHER} cannot be taken back: lin changed status, waiting_for "
        f"since (resume, {TEN}); change what is wrong by its own command"
    )
    assert (ran.code, ran.err) == (1, f"desk: {said}\n")
    (row,) = map(json.loads, ran.out.splitlines())
    assert (row["outcome"], row["sentence"], row["events"]) == ("refused", said, [])
    assert shell.files() == files
    ran = shell.run("undo", ID, OTHER)
    assert (ran.code, ran.err.count(said)) == (1, 1), "each that is named is for itself"
    assert shell.head(ID, "status") == ["new"]


def test_both_sides_and_followers_of_a_record_that_is_named(shell: Shell):
    for title in ("One", "Two", "Three"):
        shell.open(title)
    heads = without_logs(shell)
    shell.done("link", ID, "parent", OTHER)
    ran = shell.done("undo", OTHER, ID, "-f", "ndjson")
    rows = [json.loads(line) for line in ran.out.splitlines()]
    assert [(row["given"], row["id"], row["along_with"]) for row in rows] == [
        (OTHER, OTHER, None), (None, ID, OTHER),
    ]  # fmt: skip
    assert without_logs(shell) == heads
    shell.done("link", ID, "duplicate-of", OTHER)
    heads = without_logs(shell)
    shell.done("resolve", OTHER, "--solution", "x", at=TEN)
    assert shell.head(ID, "status") == ["resolved"]
    shell.done("undo", OTHER)
    assert without_logs(shell) == heads


def test_an_article_that_solved_it_and_one_that_was_drafted_from_it(shell: Shell):
    article = shell.done("kb", "new", "Printer", "--body", "x", who="zhao").out.strip()
    shell.done("kb", "submit", article, who="lin")
    shell.done("kb", "approve", article, who="lin")
    shell.open("One")
    before = shell.done("kb", "show", article).out
    shell.done("resolve", "A0002", "--solution", "x", "--kb", article)
    assert "\nuses       1\n" in shell.done("show", article).out
    shell.done("undo", "A0002")
    assert before.partition("Log")[0] == shell.done("kb", "show", article).out.partition("Log")[0]
    shell.done("resolve", "A0002", "--solution", "x")
    draft = shell.done("kb", "from", "A0002").out.strip()
    assert shell.done("undo").err.count("taken back") == 2
    assert shell.head(draft, "status", "links") == ["retired", ""]
    assert shell.head("T-261121-A0002", "status", "links") == ["resolved", ""]
    assert shell.done("check").err == "3 files, 0 errors, 0 warnings\n"


def test_it_is_shown_and_lists_go_without_it(shell: Shell):
    shell.open("One")
    shell.done("resolve", ID, "--solution", "硒鼓")
    shell.done("survey", ID, "--score", "1")
    shell.done("reply", ID, "zzyzx", at=TEN)
    for _ in range(3):
        shell.done("undo")
    assert f"{TEN}  chen  reply (public) [taken back {NOW}]\n" in shell.done("show", ID).out
    assert "reply [taken back]" in shell.done("history", ID).out
    for terms in ("has:reply", "has:survey", "has:resolve", "score:1", "resolved:today"):
        assert shell.done("list", "--all", terms, "-f", "ids").out == "", terms
    assert shell.done("list", "has:undo", "-f", "ids").out == f"{ID}\n"
    assert shell.done("search", "zzyzx", "-f", "ids").out == ""
    rows = json.loads(shell.done("export", "-f", "ndjson").out)["log"]
    assert [row["did"] for row in rows] == [
        "open", "resolve", "survey", "reply", "undo", "undo", "undo",
    ]  # fmt: skip
    events = shell.done("export", "-f", "events").out
    assert [line.split(",")[1] for line in events.splitlines()[1:]].count("undo") == 3


def test_a_batch_that_is_tried_takes_back_what_it_did(shell: Shell):
    shell.open("One")
    lines = f"note {ID} x\nundo\nassign {ID} --to lin\nundo\nundo\n"
    tried = shell.run("batch", "-", "--dry-run", stdin=lines)
    ran = shell.run("batch", "-", stdin=lines)
    assert ran.code == 0
    assert tried.err.replace("this was a dry run; nothing was written\n", "") == ran.err
    assert ran.err.count("taken back") == 3


def test_what_is_noted(shell: Shell):
    shell.open("One")
    shell.rewrite(ID, "title: One", "title: By hand")
    shell.done("note", ID, "x", "--at", "2026-11-21 09:30", at=TEN, who="lin")
    shell.done("undo", who="lin")
    shell.done("tick", at="2026-12-21T10:00:00+08:00")
    shell.run("note", "nosuch", "x")
    shell.done("note", ID, "y", "--dry-run")
    path = shell.root / ".desk" / donelog.FILE
    assert [json.loads(line) for line in path.read_text().splitlines()] == [
        {"at": NOW, "by": "chen", "did": [[ID, [[1, NOW]]]]},
        {"at": "2026-11-21T09:30:00+08:00", "by": "lin",
         "did": [[ID, [[3, "2026-11-21T09:30:00+08:00"]]]]},
    ]  # fmt: skip


def test_the_command_is_done_where_it_cannot_be_noted(shell: Shell):
    shell.open("One")
    path = shell.root / ".desk" / donelog.FILE
    path.unlink()
    path.mkdir()
    assert shell.done("note", ID, "x").err == f"{ID} has a note (internal)\n"
    assert shell.run("undo").code == 1
    assert shell.done("undo", ID).err == f"{ID} has its note of {NOW} taken back\n"


@pytest.mark.parametrize(
    "line",
    [
        "", "[", "null", '{"by": "chen"}', '{"by": "chen", "did": 7}', "[" * 5000,
        '{"at": "x", "by": "chen", "did": [["../../desk", [[1, "x"]]]]}',
        '{"at": "x", "by": "chen", "did": [["T-261121-A0001", [[1]]]]}',
    ],
)  # fmt: skip
def test_a_line_that_came_to_harm_is_passed_over(shell: Shell, line: str):
    shell.open("One")
    with (shell.root / ".desk" / donelog.FILE).open("a") as file:
        file.write(f"{line}\n")
    assert shell.done("undo").err == (
        f"{ID} has its open of {NOW} taken back: status new → cancelled\n"
    )


@pytest.mark.parametrize("did", [["T-261121-A0009", [[1, NOW]]], [ID, [[1, NOW], [2, "x"]]]])
def test_no_earlier_command_is_taken_back_where_the_last_is_gone(shell: Shell, did: list[object]):
    shell.open("One")
    with (shell.root / ".desk" / donelog.FILE).open("a") as file:
        file.write(json.dumps({"at": NOW, "by": "chen", "did": [did]}) + "\n")
    files = shell.files()
    assert shell.run("undo") == (
        1, "", f"desk: your last command ({NOW}) changed {did[0]}, and what it did is not there "
        "any more; `desk undo ID` takes back what you did last to a record\n",
    )  # fmt: skip
    assert shell.files() == files
    assert shell.done("undo", ID).err.count("taken back") == 1


def test_what_a_merge_gave_another_id_is_followed(team: Team):
    one, two, ticket = team.both()
    team.done(one, "note", ticket, "kept")
    drawn = team.open(one, "Printer")
    team.open_as(two, "Phone", drawn)
    team.done(two, "sync")
    team.done(one, "sync")
    tried = team.done(one, "undo", "--dry-run").err
    said = team.done(one, "undo").err
    new = next(path.stem for path in one.rglob("T-*.yaml") if "Printer" in path.read_text())
    assert said == f"{new} has its open of {NOW} taken back: status new → cancelled\n"
    assert tried.startswith(said)
    assert events(one, drawn) == [(1, "lin", "open")]
    assert team.done(one, "undo").err == f"{ticket} has its note of {NOW} taken back\n"


def test_a_command_of_very_many_is_not_noted_in_detail():
    from desk.model import Event

    event = Event(1, NOW, "chen", "note")
    many = {f"T-261121-{n:05}": [event] for n in range(20_000)}
    line = donelog.line(many)
    assert [*donelog.commands(line, "chen")] == [donelog.Done(NOW, None)]
    few = dict([*many.items()][:5000])
    (done,) = donelog.commands(b"x\n" + donelog.line(few), "chen")
    assert done.records == {one: [(1, NOW)] for one in few}
    assert len(donelog.line(few)) < donelog.MOST / 2


def test_it_says_so_where_there_were_too_many(shell: Shell):
    shell.open("One")
    with (shell.root / ".desk" / donelog.FILE).open("a") as file:
        file.write('{"at": "2026-11-21T09:00:00+08:00", "by": "chen", "did": null}\n')
    assert shell.run("undo") == (
        1,
        "",
        f"desk: your last command ({NOW}) changed too many records to be taken back at once; name "
        "them: desk undo ID…\n",
    )


def test_whose_role_was_taken_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    shell = Shell(tmp_path, monkeypatch)
    article = shell.done("kb", "new", "VPN", "--body", "x").out.strip()
    shell.done("kb", "submit", article)
    policy = POLICY.replace("{name: 陈伟,", "{name: 陈伟, roles: [requester],")
    (shell.root / "desk.yaml").write_text(policy, encoding="utf-8")
    ran = shell.run("undo")
    assert (ran.code, shell.head(article, "status")) == (1, ["review"])
    assert "chen may not write articles" in ran.err
