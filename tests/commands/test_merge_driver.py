"""desk merge-driver, as git calls it, and what check --fix makes of merges without it."""

import os
import resource
import subprocess
from pathlib import Path

import pytest

from desk import codec, mergedriver, store
from desk.errors import StorageError
from tests.support import at_terminal, environment
from tests.team import Team, events, git, text

ALL = [(1, "chen", "open"), (2, "chen", "note"), (2, "lin", "reply")]


def pulled(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["git", "pull", "--quiet", "--no-edit", *words],
        cwd=folder, capture_output=True, text=True, check=False, env=environment(),
    )  # fmt: skip


@pytest.fixture
def apart(team: Team) -> tuple[Path, Path, str]:
    """Two clones, of which one has pushed an event and the other has committed another."""
    one, two, ticket = team.both()
    team.done(one, "note", ticket, "tried")
    team.done(one, "sync")
    team.done(two, "reply", ticket, "soon")
    git(two, "commit", "--quiet", "-am", "reply")
    return one, two, ticket


@pytest.mark.parametrize("how", ["--no-rebase", "--rebase"])
def test_git_merges_with_it(team: Team, apart: tuple[Path, Path, str], how: str):
    _, two, ticket = apart
    ran = team.done(two, "merge-driver", "--install")
    assert ran.err.startswith("git merges records of this clone with desk now (")
    assert pulled(two, how).returncode == 0
    assert events(two, ticket) == ALL
    assert git(two, "status", "--porcelain") == ""
    team.done(two, "merge-driver", "--uninstall")
    assert "merge" not in git(two, "config", "--local", "--name-only", "--list").replace(
        "branch.main.merge", ""
    )


@pytest.mark.parametrize("how", ["--no-rebase", "--rebase"])
def test_without_it_check_puts_both_sides_together(
    team: Team, apart: tuple[Path, Path, str], how: str
):
    _, two, ticket = apart
    other = team.open(two, "Printer")
    assert pulled(two, how).returncode == 1
    path = store.path_of(ticket)
    ran = team.run(two, "list")
    assert (ran.code, other in ran.out) == (4, True)
    assert ran.err.startswith(f"desk: {path}:")
    assert "a merge conflict begins here; `desk check --fix` puts both sides together" in ran.err
    assert team.run(two, "check").out.splitlines()[1].split(maxsplit=2) == [
        path, "error", "git's merge has left it open; put both sides together",
    ]  # fmt: skip
    assert team.done(two, "check", "--fix").err == (
        "problems mended: 1\n2 files, 0 errors, 0 warnings; nothing is open any more; "
        f"`git {'commit' if how == '--no-rebase' else 'rebase --continue'}` ends it\n"
    )
    assert sorted(events(two, ticket)) == ALL
    assert git(two, "status", "--porcelain").splitlines() == [
        f"M  {path}", f"?? {store.path_of(other)}",
    ]  # fmt: skip


def test_markers_that_somebody_committed_are_put_together(
    team: Team, apart: tuple[Path, Path, str]
):
    one, two, ticket = apart
    pulled(two, "--no-rebase")
    git(two, "commit", "--quiet", "-am", "what is this?")
    team.done(two, "check", "--fix")
    assert sorted(events(two, ticket)) == ALL
    team.done(two, "sync")
    team.done(one, "sync")
    assert text(one, ticket) == text(two, ticket)


def test_what_somebody_did_to_the_open_file_is_kept(team: Team, apart: tuple[Path, Path, str]):
    _, two, ticket = apart
    pulled(two, "--no-rebase")
    path = two / store.path_of(ticket)
    theirs = git(two, "show", f":3:{store.path_of(ticket)}") + "\n"
    path.write_text(theirs.replace("title: VPN drops", "title: VPN is slow", 1))
    team.done(two, "check", "--fix")
    assert codec.load(path.read_text()).title == "VPN is slow"
    assert sorted(events(two, ticket))[:3] == ALL


def test_what_it_cannot_merge_stays_open_for_check(team: Team):
    one, two, _ = team.both()
    for clone, title in ((one, "Printer"), (two, "Phone")):
        team.open_as(clone, title, "T-261121-AAAAA")
        git(clone, "add", "--all")
        git(clone, "commit", "--quiet", "-m", title)
    git(one, "push", "--quiet")
    team.done(two, "merge-driver", "--install")
    ran = pulled(two, "--no-rebase")
    assert ran.returncode == 1
    assert "T-261121-AAAAA is two records: 'Phone', 'Printer'" in ran.stderr
    team.done(two, "check", "--fix")
    titles = {path.stem: codec.load(path.read_text()).title for path in two.rglob("T-*.yaml")}
    assert titles.pop("T-261121-AAAAA") == "Printer"
    assert "Phone" in titles.values()


@pytest.mark.parametrize("driver", [True, False])
@pytest.mark.parametrize("how", ["--no-rebase", "--rebase"])
def test_what_git_takes_for_renamed_keeps_its_id(team: Team, driver: bool, how: str):
    """One clone deletes a ticket and opens another that is like it; the other notes the first."""
    one, two, spam = team.both()
    if driver:
        team.done(two, "merge-driver", "--install")
    (one / store.path_of(spam)).unlink()
    real = team.open(one, "VPN drops again")
    team.done(one, "sync")
    team.done(two, "note", spam, "changed here")
    git(two, "commit", "--quiet", "-am", "note")
    pulled(two, how)
    team.done(two, "check", "--fix")
    titles = {path.stem: codec.load(path.read_text()).title for path in two.rglob("T-*.yaml")}
    assert titles == {spam: "VPN drops", real: "VPN drops again"}
    assert [one.text("text") for one in codec.load(text(two, spam)).log][1:] == ["changed here"]
    if (two / ".git" / "MERGE_HEAD").exists():
        git(two, "commit", "--quiet", "--no-edit")
    elif (two / ".git" / "rebase-merge").exists():
        git(two, "-c", "core.editor=true", "rebase", "--continue")
    assert (git(two, "status", "--porcelain") == "") is driver
    team.done(two, "sync")
    assert git(two, "status", "--porcelain") == ""
    assert team.done(two, "check").err == "2 files, 0 errors, 0 warnings\n"


def test_links_go_with_a_record_that_gets_a_new_id(team: Team):
    one, two, _ = team.both()
    for clone, title in ((one, "Printer"), (two, "Phone")):
        team.open_as(clone, title, "T-261121-AAAAA")
        linker = team.open(clone, f"{title} too")
        team.done(clone, "link", "T-261121-AAAAA", "related", linker)
        git(clone, "add", "--all")
        git(clone, "commit", "--quiet", "-m", title)
    git(one, "push", "--quiet")
    pulled(two, "--no-rebase")
    team.done(two, "check", "--fix")
    git(two, "commit", "--quiet", "--no-edit")
    assert git(two, "status", "--porcelain") == ""
    assert team.done(two, "check").code == 0


def test_logs_that_shrank_are_found_and_mended(team: Team):
    one, _, ticket = team.both()
    team.done(one, "note", ticket, "tried")
    team.done(one, "sync")
    path = one / store.path_of(ticket)
    whole = path.read_text()
    path.write_text(whole.partition("- n: 2\n")[0])
    ran = team.run(one, "check")
    assert (ran.code, "events 2 of the last commit are missing; bring them back" in ran.out) == (
        4, True,
    )  # fmt: skip
    team.done(one, "check", "--fix")
    assert path.read_text() == whole
    path.unlink()
    ran = team.done(one, "check")
    assert "it is gone, and the last commit has it; git restore brings it back" in ran.out


def test_check_runs_no_program_of_the_clone_and_says_so(team: Team):
    one, _, ticket = team.both()
    (one / ".git" / "info" / "attributes").write_text("*.yaml filter=evil\n")
    git(one, "config", "filter.evil.clean", f"touch {one}/acted; cat")
    team.done(one, "note", ticket, "x")
    ran = team.done(one, "check", "--fix", "-f", "json")
    assert "filter.evil.clean, which names a program" in ran.out
    assert ran.err.endswith("1 file, 0 errors, 1 warning\n")
    assert not (one / "acted").exists()


def test_a_copy_of_a_record_and_the_record_become_one(team: Team):
    one, _, ticket = team.both()
    path = one / store.path_of(ticket)
    copy = one / "tickets" / "2026" / "10" / path.name
    copy.parent.mkdir()
    copy.write_text(path.read_text())
    team.done(one, "note", ticket, "tried")
    team.done(one, "check", "--fix")
    assert not copy.exists()
    assert events(one, ticket) == ALL[:2]


@pytest.mark.parametrize(
    "words",
    [(), ("a", "b"), ("--install", "--uninstall"), ("--install", "a", "b", "c"),
     ("a", "b", "c", "d", "e")],
)  # fmt: skip
def test_what_it_must_be_given(team: Team, words: tuple[str, ...]):
    ran = team.run(team.one, "merge-driver", *words)
    assert (ran.code, "give --install, --uninstall, or what git gives" in ran.err) == (2, True)


@pytest.mark.parametrize(("keys", "has"), [("y\n", True), ("n\n", False)])
def test_a_person_is_asked_once(team: Team, keys: str, has: bool):
    one, _, _ = team.both()
    words = ("-C", str(one), "--as", "chen", "sync")
    code, screen = at_terminal(*words, keys=keys, after="[Y/n]")
    assert (code, "merge records with desk" in screen) == (0, True)
    found = subprocess.run(
        ["git", "config", "merge.desk.driver"], cwd=one, capture_output=True, check=False
    )
    assert (found.returncode == 0) is has
    code, screen = at_terminal(*words)
    assert (code, "[Y/n]" in screen) == (0, False)


def test_a_full_disk_leaves_nothing_beside_the_file(team: Team, apart: tuple[Path, Path, str]):
    one, two, ticket = apart
    paths = [str(clone / store.path_of(ticket)) for clone in (one, two)]
    before = text(one, ticket)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    try:
        with pytest.raises(StorageError, match="File too large"):
            mergedriver.merge_files(os.devnull, *paths, name="x")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert text(one, ticket) == before
    assert [path.name for path in Path(paths[0]).parent.iterdir()] == [f"{ticket}.yaml"]


def test_links_to_a_record_that_fix_gives_another_id(team: Team):
    one, two, _ = team.both()
    article = team.done(one, "kb", "new", "Printer", "--body", "x").out.strip()
    team.done(one, "sync")
    team.done(two, "sync")
    drawn = "T-261121-AAAAA"
    for clone in (one, two):
        team.open_as(clone, clone.name, drawn)
        team.done(clone, "link", drawn, "related", article)
        team.done(clone, "link", drawn, "caused-by", article)
    team.done(one, "sync")
    git(two, "add", ".")
    git(two, "commit", "--quiet", "-m", "x")
    pulled(two, "--no-rebase")
    team.done(two, "check", "--fix")
    new = next(path.stem for path in two.rglob("T-*.yaml") if "title: two" in path.read_text())
    assert sorted(codec.load(text(two, article)).links) == [
        (how, other) for how in ("causes", "related") for other in sorted((drawn, new))
    ]
