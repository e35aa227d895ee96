"""desk blame: who set each field, by which event, and in which commit that came."""

import json
import os
import subprocess

import pytest

from desk.model import Value
from tests.commits import commit, git, repository
from tests.support import NOW, Shell

ID = "T-261121-A0001"
TEN, NOON, NIGHT = (f"2026-11-21T{hour}:00:00+08:00" for hour in (10, 12, 22))


def rows(shell: Shell, *words: str) -> dict[str, list[Value]]:
    """By field: value, by, at, n, did, commit, committed, author."""
    found = json.loads(shell.done("blame", ID, "-f", "json", *words).out)
    return {row.pop("field"): [*row.values()][1:] for row in found}


def test_without_git_the_commits_are_empty(shell: Shell):
    shell.open("VPN drops", "-d", "It drops.")
    shell.done("assign", ID, "--to", "lin", who="lin", at=TEN)
    shell.rewrite(ID, "title: VPN drops", "title: 打印机")
    shown = shell.done("blame", ID).out
    assert [line.rstrip() for line in shown.splitlines()] == [
        "field        value                      by    at            event     commit",
        "id           T-261121-A0001             chen  21 Nov 09:00  1 open",
        "kind         incident                   chen  21 Nov 09:00  1 open",
        "title        打印机                                         by hand",
        "status       in_progress                lin   21 Nov 10:00  2 assign",
        "priority     P4                         chen  21 Nov 09:00  1 open",
        "impact       person                     chen  21 Nov 09:00  1 open",
        "urgency      medium                     chen  21 Nov 09:00  1 open",
        "channel      phone                      chen  21 Nov 09:00  1 open",
        "team         network                    lin   21 Nov 10:00  2 assign",
        "assignee     lin                        lin   21 Nov 10:00  2 assign",
        "opened       2026-11-21T09:00:00+08:00  chen  21 Nov 09:00  1 open",
        "description  It drops.                  chen  21 Nov 09:00  1 open",
    ]
    found = rows(shell)
    assert found["team"] == ["network", "lin", TEN, 2, "assign", None, None, None]
    assert found["title"] == ["打印机", None, None, None, "by hand", None, None, None]


def test_each_event_has_the_commit_that_brought_it(shell: Shell):
    repository(shell.root)
    shell.open("VPN drops", "-d", "It drops.")
    first = commit(shell.root, at=TEN)
    shell.done("classify", ID, "--category", "vpn", at=TEN)
    shell.rewrite(ID, "title: VPN drops", "title: By hand")
    second = commit(shell.root, at=NOON, who="林静")
    shell.done("assign", ID, "--to", "lin", at=NOON)
    found = rows(shell)
    assert found["kind"] == ["incident", "chen", NOW, 1, "open", first, TEN, "陈伟"]
    assert found["category"] == ["network/vpn", "chen", TEN, 2, "classify", second, NOON, "林静"]
    assert found["assignee"] == ["lin", "chen", NOON, 4, "assign", None, None, None]
    assert found["title"] == ["By hand", "lin", NOON, 3, "edit", second, NOON, "林静"]


def test_what_was_edited_by_hand_is_by_whoever_committed_it(shell: Shell):
    repository(shell.root)
    shell.open("VPN drops", "-d", "It drops.")
    commit(shell.root)
    shell.rewrite(ID, "title: VPN drops", "title: By hand")
    shell.rewrite(ID, "It drops.", "It stands.")
    second = commit(shell.root, at=TEN, who="林静")
    shell.rewrite(ID, "kind: incident", "kind: request")
    third = commit(shell.root, at=NOON, who="Somebody else")
    shell.rewrite(ID, "urgency: medium", "urgency: high")
    found = rows(shell)
    assert found["title"] == ["By hand", "lin", TEN, None, "by hand", second, TEN, "林静"]
    assert found["description"] == ["It stands.", *found["title"][1:]]
    assert found["kind"] == [
        "request", "x@example.com", NOON, None, "by hand", third, NOON, "Somebody else",
    ]  # fmt: skip
    assert found["urgency"] == ["high", None, None, None, "by hand", None, None, None]


def test_after_a_merge_the_commit_is_that_of_the_side_that_did_it(shell: Shell):
    repository(shell.root)
    shell.open("VPN drops")
    commit(shell.root)
    git(shell.root, "checkout", "--quiet", "-b", "other")
    shell.done("assign", ID, "--to", "lin", at=TEN)
    theirs, text = commit(shell.root, at=TEN), shell.text(ID)
    git(shell.root, "checkout", "--quiet", "main")
    shell.open("Other")
    commit(shell.root, at=NOON)
    git(shell.root, "merge", "--quiet", "--no-ff", "--no-commit", "other")
    assert shell.text(ID) == text
    commit(shell.root, at=NIGHT)
    assert rows(shell)["assignee"][-3:] == [theirs, TEN, "陈伟"]


def test_several_and_what_cannot_be_found(shell: Shell):
    shell.open("One")
    shell.open("Two")
    ran = shell.run("blame", "A0001", "A0002", "nono", "-f", "ids")
    assert (ran.code, ran.out) == (3, "T-261121-A0001\nT-261121-A0002\n")
    shown = shell.done("blame", "A0001", "A0002").out
    assert "T-261121-A0001  One\nfield" in shown
    assert "\n\nT-261121-A0002  Two\nfield" in shown


def test_a_version_that_cannot_be_read_is_named(shell: Shell):
    repository(shell.root)
    shell.open("One")
    good = shell.text(ID)
    shell.path(ID).write_text("<<<<<<< HEAD\n")
    bad = commit(shell.root)
    shell.path(ID).write_text(good)
    second = commit(shell.root, at=TEN)
    ran = shell.run("blame", ID, "-f", "csv")
    assert ran.code == 0, "nobody can mend what is history"
    assert f"left out: {bad[:10]}:tickets/2026/11/{ID}.yaml:1: " in ran.err
    assert f",{second},{TEN}," in ran.out


def test_an_author_may_be_called_anything(shell: Shell):
    repository(shell.root)
    shell.open("One")
    commit(shell.root, who="a\x1b[31m\x01\x02\u202e|李")
    assert "\x1b" not in shell.done("blame", ID).out
    assert rows(shell)["title"][-1] == "a\x1b[31m\x01\x02\u202e|李"


def test_an_article_whose_log_one_may_not_read(shell: Shell):
    words = ("kb", "new", "Secret", "--audience", "network", "--body", "x")
    article = shell.done(*words, who="lin").out.strip()
    assert shell.done("blame", article, who="lin").out.startswith("field ")
    assert shell.run("blame", article).code == 1


@pytest.mark.parametrize("settings", ["log.showSignature", "log.diffMerges", "diff.renames"])
def test_whatever_git_is_set_to(shell: Shell, settings: str):
    repository(shell.root)
    shell.open("One")
    first = commit(shell.root)
    value = {"log.showSignature": "true", "log.diffMerges": "off", "diff.renames": "copies"}
    git(shell.root, "config", settings, value[settings])
    assert rows(shell)["title"][-3] == first


def test_without_git_on_the_machine(shell: Shell, monkeypatch: pytest.MonkeyPatch):
    shell.open("One")
    assert subprocess.run(["git", "--version"], check=True, capture_output=True)
    monkeypatch.setenv("PATH", os.devnull)
    assert rows(shell)["title"][-3:] == [None, None, None]
