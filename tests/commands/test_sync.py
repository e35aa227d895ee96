"""desk sync, in clones of a real remote."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from desk import codec, model, store
from tests.support import NOW, POLICY, run
from tests.team import Team, events, git, text


def test_what_two_did_is_in_both_clones(team: Team):
    one, two, ticket = team.both()
    assert git(two, "log", "--format=%s|%an") == f"{ticket} open: VPN drops|chen"
    assert git(two, "ls-files").split() == [
        ".gitattributes", "desk.yaml", f"tickets/2026/11/{ticket}.yaml",
    ]  # fmt: skip
    team.done(one, "note", ticket, "tried")
    team.done(two, "reply", ticket, "soon")
    assert team.done(one, "sync") == (0, "", "1 committed; pushed\n")
    printer = team.open(two, "打印机卡纸")
    ran = team.done(two, "sync")
    assert ran.out.splitlines() == [
        f"{ticket} VPN drops", "  21 Nov 09:00  chen  note  tried",
    ]  # fmt: skip
    assert ran.err == (
        "came in: 1 event in 1 record; 2 committed; 1 merged that both sides had changed; pushed\n"
    )
    came = team.done(one, "sync", "-f", "ndjson").out.splitlines()
    assert [(line["what"], line["id"]) for line in map(json.loads, came)] == [
        ("event", ticket), ("created", printer), ("event", printer),
    ]  # fmt: skip
    assert text(one, ticket) == text(two, ticket)
    assert events(one, ticket) == [(1, "chen", "open"), (2, "chen", "note"), (2, "lin", "reply")]
    assert text(one, printer) == text(two, printer)
    assert git(one, "rev-parse", "HEAD") == git(two, "rev-parse", "HEAD")
    assert git(one, "status", "--porcelain") == ""
    assert git(one, "log", "-1", "--format=%s%n%b", "HEAD^2") == f"{ticket} note: VPN drops"
    assert git(one, "log", "-1", "--format=%B", "HEAD^1").splitlines() == [
        "2 tickets", "", f"{ticket} reply: VPN drops", f"{printer} open: 打印机卡纸",
    ]  # fmt: skip
    assert team.done(one, "check").err == "2 files, 0 errors, 0 warnings\n"
    assert team.done(two, "sync").err == "nothing new here or there\n"


def test_without_a_push_the_remote_stays_as_it_is(team: Team):
    one, two, ticket = team.both()
    before = git(team.hub, "rev-parse", "main")
    team.done(one, "note", ticket, "x")
    team.done(one, "sync", "--no-push")
    assert git(team.hub, "rev-parse", "main") == before
    assert git(one, "status", "--porcelain") == ""
    team.done(one, "sync")
    team.done(two, "sync")
    assert text(one, ticket) == text(two, ticket)


def test_what_is_not_desks_is_left_alone(team: Team):
    one, _, ticket = team.both()
    (one / "README").write_text("x")
    git(one, "add", "README")
    (one / "desk.yaml").write_text(POLICY.replace("name: Help desk", "name: Desk"))
    (one / "tickets" / "notes.txt").write_text("x")
    team.done(one, "note", ticket, "x")
    (one / store.path_of("T-261121-B0000")).write_text("id: [\n")
    ran = team.done(one, "sync")
    assert ran.err.splitlines() == [
        "desk.yaml has changes that are left to you: git commit desk.yaml",
        "tickets/2026/11/T-261121-B0000.yaml:2: this is not YAML: did not find expected node "
        "content; it is not committed",
        "tickets/notes.txt: this is no record in its place; it is not committed",
        "1 committed; pushed",
    ]  # fmt: skip
    assert git(one, "status", "--porcelain").splitlines() == [
        "A  README", " M desk.yaml",
        "?? tickets/2026/11/T-261121-B0000.yaml", "?? tickets/notes.txt",
    ]  # fmt: skip


def test_changes_of_ones_own_are_never_written_over(team: Team):
    one, two, ticket = team.both()
    (two / "desk.yaml").write_text(POLICY.replace("name: Help desk", "name: Ours"))
    git(two, "commit", "--quiet", "-am", "policy")
    git(two, "push", "--quiet")
    (one / "desk.yaml").write_text(POLICY.replace("name: Help desk", "name: Mine"))
    team.done(one, "note", ticket, "x")
    ran = team.run(one, "sync")
    assert (ran.code, ran.err.splitlines()[-1]) == (
        1, "desk: desk.yaml came in changed and has changes of yours that are not committed; "
        "git commit or git stash them, then `desk sync` again",
    )  # fmt: skip
    assert "name: Mine" in (one / "desk.yaml").read_text()
    git(one, "commit", "--quiet", "-am", "mine")
    ran = team.run(one, "sync")
    assert (ran.code, ran.err) == (
        4, "desk: desk.yaml was changed on both sides: `git merge origin/main`, settle that by "
        "hand, commit, and `desk sync` again\n",
    )  # fmt: skip
    git(one, "-c", "merge.conflictStyle=merge", "merge", "-Xours", "--no-edit", "origin/main")
    team.done(one, "sync")
    team.done(two, "sync")
    assert "name: Mine" in (two / "desk.yaml").read_text()


def test_other_files_merge_by_lines(team: Team):
    one, two, _ = team.both()
    for clone, old, new in (
        (one, "Help desk", "Desk"),
        (two, "reopen_within: 14d", "reopen_within: 9d"),
    ):
        path = clone / "desk.yaml"
        path.write_text(path.read_text().replace(old, new))
        git(clone, "commit", "--quiet", "-am", "policy")
    team.done(one, "sync")
    team.done(two, "sync")
    merged = (two / "desk.yaml").read_text()
    assert "name: Desk\n" in merged
    assert "reopen_within: 9d" in merged


def test_two_records_that_drew_one_id(team: Team):
    one, two, first = team.both()
    for clone, title in ((one, "Printer"), (two, "Phone")):
        team.open_as(clone, title, "T-261121-AAAAA")
        team.done(clone, "link", "T-261121-AAAAA", "related", first)
    team.done(one, "sync")
    ran = team.done(two, "sync")
    new = next(path.stem for path in two.rglob("T-*.yaml") if "Phone" in path.read_text())
    assert ran.err == (
        f"T-261121-AAAAA 'Phone' is {new} now: another record had drawn that id\n"
        "came in: 3 events in 2 records, 1 new; 2 committed; 2 merged that both sides had changed; "
        "pushed\n"
    )
    assert ran.out.splitlines() == [
        f"{first} VPN drops",
        "  21 Nov 09:00  chen  link  links related T-261121-AAAAA",
        "T-261121-AAAAA Printer",
        "  21 Nov 09:00  chen  open  incident, new, P4",
        f"  21 Nov 09:00  chen  link  links related {first}",
    ]
    assert team.done(two, "check").err == "3 files, 0 errors, 0 warnings\n"
    team.done(one, "sync")
    published, moved = (codec.load(text(one, one_id)) for one_id in ("T-261121-AAAAA", new))
    assert (published.title, moved.title, moved.text("external")) == (
        "Printer", "Phone", "T-261121-AAAAA",
    )  # fmt: skip
    assert codec.load(text(one, first)).items("links") == [
        "related T-261121-AAAAA", f"related {new}",
    ]  # fmt: skip
    assert team.done(one, "show", "T-261121-AAAAA", "-f", "json").out
    assert team.done(two, "check").code == 0


@pytest.mark.parametrize("solved", [("mine",), ("published",), ("mine", "published")])
def test_an_article_that_solved_tickets_that_drew_one_id(team: Team, solved: tuple[str, ...]):
    mine, two, _ = team.both()
    path = mine / "desk.yaml"
    path.write_text(path.read_text() + "knowledge: {review: none}\n")
    article = team.done(mine, "kb", "new", "Printer", "--body", "x").out.strip()
    run(["-C", str(mine), "--now", NOW, "--as", "lin", "kb", "publish", article])
    git(mine, "commit", "--quiet", "-am", "policy")
    team.done(mine, "sync")
    git(two, "pull", "--quiet")
    drawn = "T-261121-AAAAA"
    for clone, which in ((mine, "mine"), (two, "published")):
        team.open_as(clone, which, drawn)
        team.done(clone, "link", drawn, "related", article)
        if which in solved:
            team.done(clone, "resolve", drawn, "--solution", "x", "--kb", article)
    team.done(two, "sync")
    team.done(mine, "sync")
    new = next(path.stem for path in mine.rglob("T-*.yaml") if "title: mine" in path.read_text())
    record = codec.load(text(mine, article))
    assert isinstance(record, model.Article)
    assert record.solved == [{"mine": new, "published": drawn}[one] for one in reversed(solved)]
    assert set(record.linked("related")) == {drawn, new}
    assert team.done(mine, "check").err.endswith(" 0 errors, 0 warnings\n")


def test_what_one_changed_and_the_other_deleted_is_kept(team: Team):
    one, two, ticket = team.both()
    other = team.open(one, "Printer")
    team.done(one, "sync")
    team.done(two, "sync")
    for record_id, keeper, remover in ((ticket, one, two), (other, two, one)):
        team.done(keeper, "note", record_id, "x")
        (remover / store.path_of(record_id)).unlink()
    team.done(one, "sync")
    ran = team.done(two, "sync")
    assert [line for line in ran.err.splitlines() if "deleted" in line] == [
        f"{store.path_of(one_id)} was deleted on one side and changed on the other; it is kept"
        for one_id in (ticket, other)
    ]
    team.done(one, "sync")
    for record_id in (ticket, other):
        assert text(one, record_id) == text(two, record_id)


@pytest.mark.parametrize("how", ["rm", "mv"])
def test_what_somebody_removed_with_git_is_committed(team: Team, how: str):
    one, two, ticket = team.both()
    path = store.path_of(ticket)
    team.open(one, "Printer")
    (one / "away").mkdir()
    git(one, how, "--quiet" if how == "rm" else "-v", path, *(["away/x"] if how == "mv" else []))
    assert team.done(one, "sync").err.endswith("committed; pushed\n")
    team.done(two, "sync")
    assert not (two / path).exists()
    assert not [line for line in git(one, "status", "--porcelain").splitlines() if "T-" in line]


def test_a_tag_called_like_the_branch_misleads_nobody(team: Team):
    one, two, ticket = team.both()
    git(one, "tag", "main")
    git(one, "push", "--quiet", "origin", "refs/tags/main")
    for clone in (one, two):
        team.done(clone, "note", ticket, "x")
        team.done(clone, "sync")
    assert git(team.hub, "for-each-ref", "--format=%(refname)").split() == [
        "refs/heads/main", "refs/tags/main",
    ]  # fmt: skip
    assert len(events(two, ticket)) == 3


def test_a_very_long_title_does_not_stand_in_the_way(team: Team):
    one, _, _ = team.both()
    team.open(one, "长" * 60_000)
    team.done(one, "sync")
    assert len(git(one, "log", "-1", "--format=%s")) < 200


def test_a_version_that_cannot_be_read_does_not_stand_in_the_way(team: Team):
    one, two, ticket = team.both()
    (one / store.path_of(ticket)).write_text("id: [\n")
    git(one, "commit", "--quiet", "-am", "broken")
    git(one, "push", "--quiet")
    team.done(two, "note", ticket, "x")
    ran = team.done(two, "sync")
    assert "the other side's text stands" in ran.err
    team.done(one, "sync")
    assert events(one, ticket) == [(1, "chen", "open"), (2, "lin", "note")]


def test_an_edit_by_hand_meets_a_command(team: Team):
    one, two, ticket = team.both()
    path = one / store.path_of(ticket)
    path.write_text(
        path.read_text().replace("title: VPN drops", "title: VPN drops hourly  # since?", 1)
    )
    team.done(two, "assign", ticket, "--to", "lin", at="2026-11-22T09:00:00+08:00")
    team.done(one, "sync")
    team.done(two, "sync")
    record = codec.load(text(two, ticket))
    assert (record.title, record.text("assignee")) == ("VPN drops hourly", "lin")
    assert model.hand_edits(record) == {}
    assert [one.text("comments") for one in record.log if one.did == "edit"] == ["# since?"]


def test_an_article_that_two_changed(team: Team):
    one, two, _ = team.both()
    body = "Check the cable.\n\nRestart.\n\nCall the vendor."
    article = team.done(one, "kb", "new", "VPN", "--body", body).out.strip()
    team.done(one, "sync")
    team.done(two, "sync")
    team.done(one, "kb", "edit", article, "--set", f"body={body.replace('cable', '网线')}")
    team.done(two, "kb", "edit", article, "--set", f"body={body.replace('vendor', 'boss')}")
    for clone in (one, two, one):
        team.done(clone, "sync")
    both = codec.load(text(one, article)).text("body")
    assert both == body.replace("cable", "网线").replace("vendor", "boss")
    assert team.done(one, "kb", "list", "needs:work", "-f", "ids").out == ""
    for clone, word in ((one, "Reset."), (two, "Restart twice.")):
        team.done(clone, "kb", "edit", article, "--set", f"body={both.replace('Restart.', word)}")
    for clone in (one, two, one):
        team.done(clone, "sync")
    assert "<<<<" not in text(one, article)
    assert team.done(one, "kb", "list", "needs:work", "-f", "ids").out == f"{article}\n"
    ran = team.done(one, "check", "-f", "json")
    assert "two clones changed the same lines of 'body'; event 3 stands" in ran.out
    assert {"Reset.", "Restart twice."} <= {
        word for word in ("Reset.", "Restart twice.") if word in text(one, article)
    }
    team.done(one, "kb", "edit", article, "--set", "body=Reset, then restart twice.")
    assert team.done(one, "kb", "list", "needs:work", "-f", "ids").out == ""


def test_whose_value_does_not_stand_hears_of_it(team: Team):
    one, two, ticket = team.both()
    team.done(one, "classify", ticket, "--impact", "organisation")
    team.done(one, "edit", ticket, "--set", "tags=x", "--set", "title=VPN\x1b[31m")
    team.done(two, "classify", ticket, "--impact", "department", at="2026-11-21T09:30:00+08:00")
    team.done(two, "edit", ticket, "--set", "tags=y", "--set", "site=北京")
    team.done(two, "note", ticket, "x")
    team.done(one, "sync")
    ran = team.done(two, "sync")
    at = "2026-11-21T09:{}:00+08:00"
    assert ran.err.splitlines() == [
        f"{ticket}: impact department (lin, {at.format(30)}) stands over organisation "
        f"(chen, {at.format('00')})",
        f"{ticket}: priority P3 (lin, {at.format(30)}) stands over P2 (chen, {at.format('00')})",
        "came in: 2 events in 1 record; 1 committed; 1 merged that both sides had changed; pushed",
    ]
    assert codec.load(text(two, ticket)).text("impact") == "department"


def test_a_damaged_file_that_came_in_is_named(team: Team):
    one, two, ticket = team.both()
    (two / store.path_of("T-261121-B0000")).write_text("id: [\n")
    git(two, "add", ".")
    git(two, "commit", "--quiet", "-m", "x")
    git(two, "push", "--quiet")
    said = (
        f"came in and cannot be read: {git(two, 'rev-parse', 'HEAD')[:10]}:tickets/2026/11/"
        "T-261121-B0000.yaml:2: this is not YAML: did not find expected node content\n"
    )
    assert team.done(one, "sync") == (0, "", said)
    git(one, "reset", "--quiet", "--hard", "HEAD~1")
    team.done(one, "note", ticket, "x")
    ran = team.done(one, "sync")
    assert ran.err.splitlines()[0] == "1 committed; pushed"
    assert ran.err.splitlines()[1].startswith("came in and cannot be read: ")


def test_a_desk_in_a_folder_of_a_repository(team: Team, tmp_path: Path):
    git(tmp_path, "init", "--quiet", "--bare", "--initial-branch=main", str(tmp_path / "big"))
    clones = []
    for name, who in (("left", "chen"), ("right", "lin")):
        clone = tmp_path / name
        git(tmp_path, "clone", "--quiet", str(tmp_path / "big"), str(clone))
        git(clone, "config", "user.name", who)
        git(clone, "config", "user.email", f"{who}@example.com")
        clones.append(clone)
        if who == "chen":
            (clone / "code").write_text("x")
            store.make(str(clone / "帮助" / "desk"), POLICY)
            ticket = team.done(clone / "帮助" / "desk", "open", "VPN").out.strip()
            team.done(clone / "帮助" / "desk", "sync")
    left, right = (clone / "帮助" / "desk" for clone in clones)
    team.done(left, "note", ticket, "left")
    team.done(right, "note", ticket, "right")
    team.done(left, "sync")
    assert team.done(right, "sync").err == (
        "came in: 1 event in 1 record; 1 committed; 1 merged that both sides had changed; pushed\n"
    )
    team.done(left, "sync")
    assert events(left, ticket) == [(1, "chen", "open"), (2, "chen", "note"), (2, "lin", "note")]
    assert git(clones[0], "status", "--porcelain") == "?? code"


@pytest.mark.parametrize(
    ("state", "code", "sentence"),
    [
        ("no repository", 1, "is in no git repository; git init makes one"),
        ("detached", 1, "no branch is checked out here; git switch to the one of the desk"),
        ("merging", 1, "git is in the middle of something here (MERGE_HEAD)"),
        ("unrelated", 1, "have no commit in common"),
        (
            "several remotes",
            1,
            "several remotes (far, near) and branch main follows none",
        ),
        ("no network", 74, "git fetch: "),
        ("hostile settings", 1, "has core.sshcommand, which names a program"),
        ("hostile remote", 1, "the remote ./hub.git lies in this clone, or beside wherever that"),
        ("hostile upstream", 1, "branch main follows ./hub.git, which is no remote of this clone"),
        ("hostile place", 1, "has core.worktree, and the folder that it leads to is not this"),
    ],
)
def test_what_cannot_be_synced_says_why(
    team: Team, tmp_path: Path, state: str, code: int, sentence: str
):
    one, two, ticket = team.both()
    if state == "no repository":
        store.make(str(tmp_path / "alone"), POLICY)
        ran = run(["-C", str(tmp_path / "alone"), "--as", "chen", "sync"])
        assert (ran.code, sentence in ran.err) == (code, True)
        return
    team.done(one, "note", ticket, "kept")
    if state == "detached":
        git(one, "checkout", "--quiet", "--detach")
    elif state == "merging":
        (one / ".git" / "MERGE_HEAD").write_text(git(one, "rev-parse", "HEAD") + "\n")
    elif state == "unrelated":
        other = tmp_path / "other"
        git(tmp_path, "init", "--quiet", "--bare", "--initial-branch=main", str(other))
        empty = git(two, "hash-object", "-t", "tree", "-w", "/dev/null")
        start = git(two, "commit-tree", "-m", "x", empty)
        git(two, "push", "--quiet", str(other), f"{start}:refs/heads/main")
        git(one, "remote", "set-url", "origin", str(other))
    elif state == "several remotes":
        git(one, "remote", "rename", "origin", "far")
        git(one, "remote", "add", "near", str(team.hub))
        git(one, "branch", "--unset-upstream")
    elif state == "no network":
        git(one, "remote", "set-url", "origin", "file:///nowhere")
    elif state == "hostile remote":
        git(one, "remote", "set-url", "origin", "./hub.git")
    elif state == "hostile upstream":
        git(one, "config", "branch.main.remote", "./hub.git")
    elif state == "hostile place":
        git(one, "config", "core.worktree", "../..")
    elif state == "hostile settings":
        git(one, "config", "core.sshCommand", "evil")
    ran = team.run(one, "sync")
    assert ran.code == code, ran
    assert sentence in ran.err
    said = [line for line in ran.err.splitlines() if line.startswith("desk: ")]
    assert (len(said), len(ran.err.splitlines())) in ((1, 1), (1, 2))
    assert "kept" in text(one, ticket)


def test_a_repository_without_a_remote_is_committed(team: Team, tmp_path: Path):
    alone = tmp_path / "alone"
    store.make(str(alone), POLICY)
    git(alone, "init", "--quiet")
    git(alone, "config", "user.name", "chen")
    git(alone, "config", "user.email", "chen@example.com")
    team.done(alone, "open", "VPN")
    assert team.done(alone, "sync").err == (
        "there is no remote to sync with; git remote add origin URL makes one\n1 committed\n"
    )
    assert git(alone, "status", "--porcelain") == ""


def test_a_remote_that_refuses(team: Team):
    one, _, ticket = team.both()
    hook = team.hub / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho 'chen may not do that' >&2\nexit 1\n")
    hook.chmod(0o755)
    team.done(one, "note", ticket, "x")
    ran = team.run(one, "sync")
    assert (ran.code, ran.err) == (
        1, "1 committed\ndesk: origin refused what was pushed:\ndesk: chen may not do that\n"
        "desk: until that is mended nothing can be pushed; `git reset --soft $(git merge-base HEAD "
        "origin/main)` takes the commits back and leaves the files (docs/teams.md has the rest)\n",
    )  # fmt: skip
    hook.unlink()
    assert team.done(one, "sync").err == "pushed\n"


def demand(clone: Path, policy: str) -> None:
    """Have a policy at the remote."""
    (clone / "desk.yaml").write_text(policy)
    git(clone, "commit", "--quiet", "--message", "policy", "desk.yaml")
    git(clone, "push", "--quiet")


SIGNED = POLICY + "remote: {signed: required}\n"


def test_a_remote_that_takes_signed_commits_only_is_told_in_time(team: Team):
    one, two, ticket = team.both()
    demand(two, SIGNED)
    before = git(one, "rev-parse", "HEAD")
    team.done(one, "note", ticket, "x")
    for words in (("sync",), ("sync", "--no-push")):
        ran = team.run(one, *words)
        assert (ran.code, "takes signed commits only" in ran.err) == (1, True)
        assert git(one, "rev-parse", "HEAD") == before
    demand(two, POLICY)
    assert team.done(one, "sync").err.endswith("pushed\n")


def test_a_clone_that_knows_an_earlier_demand_only_hears_of_its_end(team: Team):
    one, two, ticket = team.both()
    demand(two, SIGNED)
    team.done(one, "sync")
    team.done(one, "note", ticket, "x")
    assert team.run(one, "sync").code == 1
    demand(two, POLICY)
    assert team.done(one, "sync").err.endswith("pushed\n")


def test_markers_that_somebody_committed_are_not_pushed(team: Team):
    one, two, ticket = team.both()
    for clone, words in ((one, "x"), (two, "y")):
        team.done(clone, "note", ticket, words)
    team.done(one, "sync")
    git(two, "commit", "--quiet", "--all", "--message", "mine")
    pull = ["git", "pull", "--quiet", "--no-rebase"]  # with no driver
    assert subprocess.run(pull, cwd=two, capture_output=True, check=False).returncode == 1
    git(two, "commit", "--quiet", "--all", "--message", "oops")
    tip = git(team.hub, "rev-parse", "main")
    ran = team.run(two, "sync")
    assert (ran.code, ran.err.splitlines()[-1]) == (
        1, f"desk: conflict markers were committed in {store.path_of(ticket)}, so nothing is "
        "pushed; `desk check --fix` puts both sides together, then `desk sync` again",
    )  # fmt: skip
    assert git(team.hub, "rev-parse", "main") == tip
    team.done(two, "check", "--fix")
    assert team.done(two, "sync").err.endswith("pushed\n")
    team.done(one, "sync")
    assert len(events(one, ticket)) == 3


def test_a_clone_of_what_was_empty_hears_how_to_get_the_desk(team: Team):
    one, _, _ = team.both()
    late = team.folder / "late"
    git(team.folder, "init", "--quiet", str(late))
    git(late, "remote", "add", "origin", str(team.hub))
    git(late, "config", "user.name", "lin")
    ran = team.run(late, "sync")
    assert (ran.code, ran.err) == (
        3, f"desk: there is no desk.yaml in {late} yet; git pull brings that of the team's "
        "repository, and `desk init` begins a new one\n",
    )  # fmt: skip
    assert one.exists()


def test_locks_that_a_kill_left_are_removed(team: Team):
    one, _, ticket = team.both()
    (one / ".git" / "index.lock").touch()
    team.done(one, "note", ticket, "x")
    ran = team.run(one, "sync")
    assert (ran.code, "index.lock" in ran.err) == (74, True)
    (one / ".desk" / "syncing").touch()
    ran = team.done(one, "sync")
    assert ran.err.splitlines()[0].endswith(
        ".git/index.lock was left by a sync that was killed; it is removed"
    )
    assert not (one / ".desk" / "syncing").exists()
    assert os.path.exists(one / ".desk" / "sync.lock")


def test_a_branch_that_the_settings_do_not_fetch(team: Team):
    _, two, ticket = team.both()
    one = team.folder / "single"
    git(team.folder, "clone", "--quiet", "--single-branch", "-b", "main", str(team.hub), str(one))
    git(one, "config", "user.name", "chen")
    git(one, "config", "user.email", "chen@example.com")
    git(one, "switch", "--quiet", "-c", "topic")
    assert team.done(one, "sync").err == "pushed\n"
    git(two, "fetch", "--quiet")
    git(two, "switch", "--quiet", "topic")
    for clone in (two, one):
        team.done(clone, "note", ticket, "x")
        team.done(clone, "sync")
    team.done(two, "sync")
    assert text(one, ticket) == text(two, ticket)
    assert len(events(one, ticket)) == 3
    assert git(two, "rev-parse", "HEAD") == git(team.hub, "rev-parse", "topic")


def test_a_refusal_that_reads_as_if_somebody_was_faster(team: Team):
    one, _, ticket = team.both()
    hook = team.hub / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho x >> pushes; echo 'not that way; fetch first' >&2\nexit 1\n")
    hook.chmod(0o755)
    team.done(one, "note", ticket, "x")
    ran = team.run(one, "sync")
    assert (ran.code, ran.err.splitlines()[:3]) == (
        1, ["1 committed", "desk: origin refused what was pushed:",
            "desk: not that way; fetch first"],
    )  # fmt: skip
    assert (team.hub / "pushes").read_text() == "x\n"


def test_what_settings_would_have_git_do_besides_is_not_done(team: Team):
    one, two, ticket = team.both()
    (one / "evil").write_text(f"#!/bin/sh\ntouch {team.folder}/acted\nexit 1\n")
    (one / "evil").chmod(0o755)
    evil = str(one / "evil")
    for name, value in {
        "merge.evil.driver": evil, "merge.autoStash": "true", "diff.evil.textconv": evil,
        "diff.evil.command": evil, "diff.external": evil, "interactive.diffFilter": evil,
        "sequence.editor": evil, "core.pager": evil, "alias.commit": f"!{evil}",
        "alias.fetch": f"!{evil}", "trace2.eventTarget": f"{team.folder}/acted",
        "uploadpack.packObjectsHook": evil, "push.recurseSubmodules": "on-demand",
        "branch.main.mergeOptions": "--strategy=ours --squash",
    }.items():  # fmt: skip
        git(one, "config", name, value)
    (one / ".git" / "info" / "attributes").write_text("* merge=evil diff=evil\n")
    (two / "desk.yaml").write_text(POLICY.replace("name: Help desk", "name: Ours"))
    git(two, "commit", "--quiet", "-am", "policy")
    team.done(two, "note", ticket, "x")
    team.done(two, "sync")
    (one / "desk.yaml").write_text(POLICY.replace("name: Help desk", "name: Mine"))
    assert "has changes of yours that are not committed" in team.run(one, "sync").err
    (one / "desk.yaml").write_text(POLICY)
    for words in (("sync",), ("diff", "HEAD~1"), ("blame", ticket), ("check",)):
        team.done(one, *words)
    assert text(one, ticket) == text(two, ticket)
    assert git(one, "rev-parse", "HEAD") == git(two, "rev-parse", "HEAD")
    assert not (team.folder / "acted").exists()


def test_another_record_in_the_place_of_one_is_told(team: Team):
    one, _, ticket = team.both()
    path = one / store.path_of(ticket)
    path.write_text(path.read_text().replace("VPN drops", "Printer").replace("chen", "lin"))
    team.open(one, "Phone")
    git(one, "add", ".")
    ran = team.done(one, "check")
    assert ran.out.splitlines()[1].split(maxsplit=2) == [
        store.path_of(ticket), "warning", "the last commit has another record here: 'VPN drops'",
    ]  # fmt: skip


def test_a_record_that_was_renamed_is_not_taken_for_removed(team: Team):
    one, two, ticket = team.both()
    path = store.path_of(ticket)
    git(one, "mv", path, "tickets/2026/11/renamed.yaml")
    ran = team.done(one, "sync")
    assert f"{path}: its record is in tickets/2026/11/renamed.yaml; `desk check --fix`" in ran.err
    team.done(two, "sync")
    assert (two / path).exists()
    team.done(one, "check", "--fix")
    assert team.done(one, "sync").err == "nothing new here or there\n"
    assert text(one, ticket) == text(two, ticket)
    assert git(one, "status", "--porcelain") == ""


def test_a_misplaced_file_that_was_put_right_is_committed_so(team: Team):
    one, two, ticket = team.both()
    path = store.path_of(ticket)
    (one / "tickets" / "2026" / "10").mkdir()
    git(one, "mv", path, path.replace("/11/", "/10/"))
    git(one, "commit", "--quiet", "--message", "misplaced")
    git(one, "push", "--quiet")
    team.done(one, "check", "--fix")
    team.done(one, "sync")
    team.done(two, "sync")
    for clone in (one, two):
        assert git(clone, "status", "--porcelain") == ""
        assert git(clone, "ls-files", "tickets") == path


def test_a_removal_is_told(team: Team):
    one, _, ticket = team.both()
    (one / store.path_of(ticket)).unlink()
    ran = team.done(one, "sync")
    assert f"{ticket} 'VPN drops' was removed here; git has it still\n" in ran.err


def test_who_cannot_sign_still_gets_what_came(team: Team):
    one, two, ticket = team.both()
    team.done(one, "note", ticket, "x")
    team.done(one, "sync")
    demand(one, SIGNED)
    assert "came in: 1 event" in team.done(two, "sync").err
    team.done(two, "note", ticket, "y")
    assert "takes signed commits only" in team.run(two, "sync").err


def test_a_ticket_with_another_id_leaves_what_came_into_others(team: Team):
    """One links to another that does not link back, as somebody who edits files has it."""
    one, two, ticket = team.both()
    clash = "T-261121-ZZZZZ"
    team.open_as(one, "Mine", clash)
    team.done(one, "note", ticket, "from one")
    team.done(one, "sync")
    team.open_as(two, "Other", clash)
    path = two / store.path_of(clash)
    path.write_text(path.read_text().replace("title:", f"links: [related {ticket}]\ntitle:", 1))
    team.done(two, "sync")
    team.done(one, "sync")
    assert "text: from one" in text(one, ticket)
    assert text(one, ticket) == text(two, ticket)


def test_a_branch_that_is_gone_from_the_remote_is_made_again(team: Team):
    one, _, _ = team.both()
    git(team.hub, "update-ref", "-d", "refs/heads/main")
    assert team.done(one, "sync").err == "pushed\n"
    assert git(team.hub, "rev-parse", "main") == git(one, "rev-parse", "HEAD")


def test_what_a_kill_left_is_merged_anew(team: Team):
    """Files that git had written whole, one of them under another id, and a submodule."""
    one, two, ticket = team.both()
    clash = "T-261121-ZZZZZ"
    team.open_as(one, "Mine", clash)
    team.done(one, "sync")
    team.open_as(two, "Other", clash)
    team.done(two, "note", ticket, "two")
    team.done(two, "sync", "--no-push")
    before = git(two, "rev-parse", "HEAD^1")
    target = git(two, "rev-parse", "HEAD")
    git(two, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},vendor")
    tree = git(two, "write-tree", "--missing-ok")
    target = git(two, "commit-tree", tree, "-p", target, "-m", "x")
    git(two, "reset", "--quiet", "--soft", "HEAD^1")
    git(two, "reset", "--quiet")
    git(two, "checkout", "--quiet", before, "--", store.path_of(ticket), store.path_of(clash))
    (two / ".desk" / "syncing").write_text(target)
    team.done(two, "sync")
    titles = [path.read_text().partition("title: ")[2].partition("\n")[0]
              for path in (two / "tickets").rglob("*.yaml")]  # fmt: skip
    assert sorted(titles) == ["Mine", "Other", "VPN drops"]


def test_locks_of_another_repository_are_left(team: Team, monkeypatch: pytest.MonkeyPatch):
    one, two, _ = team.both()
    git(one, "remote", "remove", "origin")
    (one / ".desk" / "syncing").write_text("pushing")
    lock = two / ".git" / "HEAD.lock"
    lock.touch()
    monkeypatch.chdir(two)
    team.done(one, "sync")
    assert lock.exists()


def test_an_undone_change_is_no_side_of_a_clash(team: Team):
    one, two, ticket = team.both()
    team.done(one, "classify", ticket, "--impact", "department")
    team.done(one, "undo")
    team.done(two, "classify", ticket, "--impact", "organisation")
    team.done(two, "sync")
    ran = team.done(one, "sync")
    assert "stands over" not in ran.err
    assert "impact: organisation" in text(one, ticket)


def test_a_log_that_was_cut_is_not_committed(team: Team):
    one, two, ticket = team.both()
    team.done(one, "note", ticket, "kept")
    team.done(one, "sync")
    path = one / store.path_of(ticket)
    whole = path.read_text()
    path.write_text(whole[: whole.index("- n: 2")])
    ran = team.done(one, "sync")
    assert "its log lacks event 2 of the last commit; `desk check --fix` has it whole" in ran.err
    team.done(two, "sync")
    assert "text: kept" in text(two, ticket)
    team.done(one, "check", "--fix")
    team.done(one, "sync")
    assert text(one, ticket) == text(two, ticket) == whole


def test_a_record_that_would_be_too_large_is_not_merged(team: Team):
    one, two, ticket = team.both()
    for clone in (one, two):
        team.done(clone, "note", ticket, clone.name + "x" * 600_000)
    team.done(two, "sync")
    ran = team.run(one, "sync")
    assert (ran.code, "would be over 1 MiB with both sides' events" in ran.err) == (4, True)
    assert team.done(one, "show", ticket).out


def test_blame_and_undo_after_lines_of_two_were_put_together(team: Team):
    one, two, ticket = team.both()
    lines = "L1\nl2\nl3"
    team.done(one, "edit", ticket, "--set", f"description={lines}")
    team.done(one, "sync")
    team.done(two, "sync")
    later = "2026-11-21T10:00:00+08:00"
    team.done(one, "edit", ticket, "--set", "description=A1\nl2\nl3", "--set", "tags=a", at=later)
    team.done(two, "edit", ticket, "--set", "description=L1\nl2\nB3", "--set", "tags=b", at=later)
    for clone in (one, two, one):
        team.done(clone, "sync")
    rows = json.loads(team.done(one, "blame", ticket, "-f", "json").out)
    found = {row["field"]: (row["value"], row["did"]) for row in rows}
    assert found["description"] == ("A1\nl2\nB3", "edit")
    assert (found["tags"][1], sorted(found["tags"][0])) == ("edit", ["a", "b"])
    for clone, other in ((one, "lin"), (two, "chen")):
        refused = team.run(clone, "undo")
        assert (refused.code, f"cannot be taken back: {other} changed" in refused.err) == (1, True)


def test_blame_of_an_edit_by_hand_names_the_commit_that_brought_it(team: Team):
    one, two, ticket = team.both()
    path = one / store.path_of(ticket)
    path.write_text(path.read_text().replace("log:", "rack: db2\nlog:"))
    team.done(one, "sync")
    brought = git(one, "rev-parse", "HEAD")
    team.done(two, "note", ticket, "x")
    team.done(two, "sync")
    rows = json.loads(team.done(two, "blame", ticket, "-f", "json").out)
    (row,) = (row for row in rows if row["field"] == "rack")
    assert (row["by"], row["commit"], row["author"]) == ("chen", brought, "chen")
