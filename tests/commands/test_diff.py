"""desk diff: what happened between two moments, in words and as data."""

import json
import os
from pathlib import Path

import pytest

from tests.commits import commit, git, repository
from tests.support import Shell, at_terminal

ID, OTHER = "T-261121-A0001", "T-261121-A0002"
NOON = "2026-11-21T12:00:00+08:00"


def test_what_happened_since_the_last_commit(shell: Shell):
    repository(shell.root)
    shell.open("VPN drops", "--category", "vpn")
    commit(shell.root)
    shell.done("classify", ID, "--impact", "organisation", at=NOON)
    shell.done("note", ID, "试过\n重启", who="lin", at=NOON)
    shell.open("打印机卡纸", "--assignee", "lin", at="2025-12-01T08:05:00+08:00")
    shell.rewrite(ID, "title: VPN drops", "title: VPN\u202e hangs")
    ran = shell.done("diff")
    assert ran.out == (
        "T-251201-A0002 打印机卡纸\n"
        "   1 Dec 2025 08:05  chen  open  incident, in_progress, P4, network, lin\n"
        "T-261121-A0001 VPN\\u202e hangs\n"
        "  21 Nov 12:00  chen  classify  impact person → organisation, priority P4 → P2\n"
        "  21 Nov 12:00  lin   note      试过\\n重启\n"
        "                      by hand   title VPN drops → VPN\\u202e hangs\n"
    )
    assert ran.err == "3 events in 2 records, 1 new, 1 edited by hand\n"


def test_as_data_it_has_the_shape_of_watch(shell: Shell):
    repository(shell.root)
    shell.open("VPN drops")
    shell.open("Second")
    shell.done("note", OTHER, "x")
    commit(shell.root)
    shell.done("note", ID, "looked", at=NOON)
    shell.rewrite(OTHER, shell.log(OTHER), "")
    third = shell.open("Third")
    shell.path(third).unlink()
    ran = shell.done("diff", "-f", "ndjson")
    assert [json.loads(line) for line in ran.out.splitlines()] == [
        {
            "what": "event",
            "id": ID,
            "title": "VPN drops",
            "event": {"n": 2, "at": NOON, "by": "chen", "did": "note", "text": "looked"},
        },
        {"what": "withdrawn", "id": OTHER, "title": "Second", "count": 1},
    ]
    assert ran.err == "1 event in 2 records, 1 with fewer events\n"
    assert shell.done("diff", "-f", "ids").out == f"{ID}\n{OTHER}\n"
    assert shell.done("diff", "-f", "csv").out.splitlines()[0] == (
        "what,id,title,event.n,event.at,event.by,event.did,event.text,count"
    )
    assert "1 event not in the log any more" in shell.done("diff", "-f", "markdown").out
    assert json.loads(shell.done("diff", "HEAD", "HEAD", "-f", "json").out) == []
    assert shell.done("diff", "HEAD", "HEAD").err == "nothing happened\n"


@pytest.fixture
def weeks(shell: Shell) -> list[str]:
    """Three commits on the first of three months, each with a new ticket; on main, tagged."""
    repository(shell.root)
    names = []
    for month, title in ((9, "First"), (10, "Second"), (11, "Third")):
        at = f"2026-{month:02}-01T12:00:00+08:00"
        shell.open(title, at=at)
        names.append(commit(shell.root, at=at))
    git(shell.root, "tag", "v1", names[0])
    return names


@pytest.mark.parametrize(
    ("revs", "titles"),
    [
        ([], []), (["HEAD~1"], ["Third"]), (["v1"], ["Second", "Third"]),
        (["v1", "HEAD~1"], ["Second"]), (["20d"], ["Third"]), (["19d"], []),
        (["2026-10-01 11:59"], ["Second", "Third"]), (["2026-10-01 12:00"], ["Third"]),
        (["2026-10-01T12:00:00+08:00", "2026-11-02"], ["Third"]), (["上周"], None),
        (["2026-01-01"], ["First", "Second", "Third"]), (["1960-01-01", "v1"], ["First"]),
        (["2026-01-01", "2026-01-02"], []), (["今天"], []), (["--", "--all"], None),
    ],
)  # fmt: skip
def test_a_revision_or_a_moment(
    shell: Shell, weeks: list[str], revs: list[str], titles: list[str] | None
):
    assert weeks
    ran = shell.run("diff", *revs)
    if titles is None:
        named = revs[-1]
        assert ran == (
            3,
            "",
            f"desk: there is no commit, branch or tag {named!r} in {shell.root}, and it is no "
            "moment such as 7d, 2026-11-01 or yesterday 14:00\n",
        )
        return
    found = [line for line in ran.out.splitlines() if not line.startswith(" ")]
    assert [line.partition(" ")[2] for line in found] == titles


def test_a_moment_is_one_of_this_branch(shell: Shell):
    """What another branch had by then and this one got only later had not happened here."""
    repository(shell.root)
    first = commit(shell.root, at="2026-11-01T12:00:00+08:00")
    git(shell.root, "checkout", "--quiet", "-b", "other")
    shell.open("There", at="2026-11-02T12:00:00+08:00")
    commit(shell.root, at="2026-11-02T12:00:00+08:00")
    git(shell.root, "checkout", "--quiet", "main")
    shell.open("Here", at="2026-11-05T12:00:00+08:00")
    commit(shell.root, at="2026-11-05T12:00:00+08:00")
    git(shell.root, "merge", "--quiet", "--no-edit", "other", at="2026-11-06T12:00:00+08:00")
    since = shell.done("diff", "2026-11-03")
    assert since == shell.done("diff", first)
    assert since.err == "2 events in 2 records, 2 new\n"


def test_backwards_it_says_what_would_be_gone(shell: Shell, weeks: list[str]):
    ran = shell.done("diff", weeks[1], weeks[0])
    assert ran.out == "T-261001-A0002 Second\n      removed\n"
    assert ran.err == "0 events in 1 record, 1 removed\n"


def test_what_cannot_be_read_is_named_and_the_others_are_told(shell: Shell):
    repository(shell.root)
    for title in ("One", "Two", "Three"):
        shell.open(title)
    shell.rewrite(ID, "status: new", "status: odd")
    first = commit(shell.root)
    shell.rewrite(ID, "status: odd", "status: new")
    shell.rewrite(OTHER, "title: Two", "<<<<<<< HEAD\ntitle: Two")
    shell.done("note", "A0003", "x")
    ran = shell.run("diff")
    assert ran.code == 4
    assert ran.out == "T-261121-A0003 Three\n  21 Nov 09:00  chen  note  x\n"
    said = ran.err.splitlines()
    assert said[0] == "1 event in 1 record"
    path = f"tickets/2026/11/{ID}.yaml"
    assert said[1].startswith(f"desk: {first[:10]}:{path}:4: 'odd' is no status")
    assert said[2].startswith(f"desk: tickets/2026/11/{OTHER}.yaml:3: ")
    assert len(said) == 3


def test_a_merge_that_is_open(shell: Shell):
    repository(shell.root)
    shell.open("One")
    commit(shell.root)
    git(shell.root, "checkout", "--quiet", "-b", "other")
    shell.done("note", ID, "there")
    commit(shell.root)
    git(shell.root, "checkout", "--quiet", "main")
    shell.done("note", ID, "here")
    commit(shell.root)
    with pytest.raises(Exception, match="returned non-zero"):
        git(shell.root, "merge", "other")
    ran = shell.run("diff")
    assert (ran.code, ran.out) == (4, "")
    assert f"desk: tickets/2026/11/{ID}.yaml:" in ran.err


def test_before_the_first_commit_all_is_new(shell: Shell):
    repository(shell.root)
    shell.open("One")
    assert shell.done("diff").err == "1 event in 1 record, 1 new\n"
    shell.open("Two")
    git(shell.root, "add", ".")
    assert shell.done("diff", "7d").err == "2 events in 2 records, 2 new\n"


def test_a_desk_in_a_folder_of_a_repository_and_a_file_that_is_moved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    repository(tmp_path)
    shell = Shell(tmp_path / "年 one", monkeypatch)
    shell.open("One")
    wrong = shell.root / "tickets" / "2026" / "10"
    wrong.mkdir()
    shell.path(ID).rename(wrong / f"{ID}.yaml")
    (tmp_path / "tickets").mkdir()
    (tmp_path / "tickets" / "T-261121-A0009.yaml").write_text("not of the desk\n")
    commit(tmp_path)
    (wrong / f"{ID}.yaml").rename(shell.path(ID))
    assert shell.done("diff").err == "nothing happened\n"
    git(tmp_path, "add", ".")
    assert shell.done("diff").err == "nothing happened\n"
    shell.done("note", ID, "x")
    assert shell.done("diff").err == "1 event in 1 record\n"
    (shell.root / "tickets" / "2026" / "11").rename(shell.root / "tickets" / "2026" / "09")
    assert shell.done("diff").err == "1 event in 1 record\n"
    git(tmp_path, "add", ".")
    assert shell.done("diff").err == "1 event in 1 record\n"
    commit(tmp_path)
    assert shell.done("diff", "HEAD~1", "HEAD").err == "1 event in 1 record\n"


def test_articles_that_one_may_not_read_are_not_told(shell: Shell):
    repository(shell.root)
    words = ("kb", "new", "Secret", "--audience", "network", "--body", "x")
    article = shell.done(*words, who="lin").out
    assert shell.done("diff", "-f", "ids", who="lin").out == article
    assert shell.run("diff") == (0, "", "nothing happened\n")


def test_outside_of_git_and_in_a_clone_that_names_programs(shell: Shell):
    assert shell.run("diff") == (
        1,
        "",
        f"desk: {shell.root} is in no git repository; git init makes one\n",
    )
    repository(shell.root)
    git(shell.root, "config", "filter.x.clean", "evil")
    ran = shell.run("diff")
    assert ran.code == 1
    assert "filter.x.clean, which names a program" in ran.err


def test_three_revisions_are_too_many(shell: Shell):
    ran = shell.run("diff", "a", "b", "c")
    assert ran == (2, "", "desk: at most two REVs can stand here; see `desk diff --help`\n")


def test_at_a_terminal_lines_fit_it(shell: Shell):
    repository(shell.root)
    shell.open("打印机卡纸" * 20)
    shell.done("note", ID, "很长的说明" * 30)
    code, screen = at_terminal("-C", str(shell.root), "diff", columns=40)
    assert code == 0
    shown = screen.splitlines()
    assert shown[0] == "T-261121-A0001 打印机卡纸打印机卡纸打印…"
    assert shown[2] == "  21 Nov 09:00  chen  note  很长的说明…"
    assert os.linesep not in shown


def test_two_revisions_as_git_writes_them(shell: Shell):
    repository(shell.root)
    shell.open("VPN drops")
    commit(shell.root)
    shell.done("note", ID, "looked", at=NOON)
    commit(shell.root)
    shell.done("note", ID, "not committed", at=NOON)
    wanted = shell.done("diff", "HEAD~1", "HEAD").out
    assert "looked" in wanted
    for words in ("HEAD~1..HEAD", "HEAD~1.."):
        assert shell.done("diff", words).out == wanted
    assert shell.run("diff", "HEAD~1..HEAD", "HEAD").code == 3


@pytest.mark.parametrize("rev", ["HEAD~1...HEAD", "^HEAD", "..."])
def test_other_ways_of_git_are_no_revision(shell: Shell, rev: str):
    repository(shell.root)
    shell.open("VPN drops")
    commit(shell.root)
    ran = shell.run("diff", rev)
    assert (ran.code, "a REV is one commit or moment" in ran.err) == (2, True)
