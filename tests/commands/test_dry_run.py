"""--dry-run, of every command that writes: it tells what the run would, and writes nothing."""

import fcntl
import json
import re
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.promises import scene
from tests.support import Shell, commands, run

DRY = "this was a dry run; nothing was written\n"
USAGE = 2
ID, OTHER, THIRD = "T-261121-A0001", "T-261121-A0002", "T-261121-A0003"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scene")
    scene.build(folder)
    return folder


@pytest.fixture
def folder(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The desk that the writing commands of the promises fit, where nothing was run yet."""
    made = scene.copy(built, tmp_path / "copy", "")
    shutil.rmtree(made / ".desk")
    monkeypatch.chdir(made)
    return made


def everything(folder: Path) -> dict[str, tuple[int, bytes | None]]:
    """Every file and folder with its time and what it holds."""
    return {
        str(path): (path.stat().st_mtime_ns, None if path.is_dir() else path.read_bytes())
        for path in [folder, *folder.rglob("*")]
    }


@pytest.mark.parametrize("name", sorted(scene.WRITING.keys() - {"init", *scene.CREATING}))
def test_it_tells_what_the_run_then_does(folder: Path, name: str):
    words, ids = scene.WRITING[name]
    if name == "check":
        scene.misplace(folder)
    before = everything(folder)
    code, out, said = scene.in_process([*words, "--dry-run"], folder)
    assert everything(folder) == before
    assert DRY in said
    wanted = said.replace(DRY, "").replace(" would be ", " ")
    done = scene.in_process(words, folder)
    assert (code, out, wanted) == (done[0], done[1], done[2].replace(" were written", " written"))
    changed = {path for path, state in everything(folder).items() if before.get(path) != state}
    assert all(any(one in path for path in changed) for one in ids)


def test_every_command_that_writes_records_has_it():
    for name in scene.WRITING.keys() - {"init"}:
        assert "--dry-run" in run([*name.split(), "--help"]).out, name
    assert set(scene.WRITING) | set(scene.READING) == commands().keys()


@pytest.mark.parametrize("name", scene.CREATING)
def test_a_creation_that_is_tried_promises_no_id(folder: Path, name: str):
    before = everything(folder)
    words, _ = scene.WRITING[name]
    code, out, said = scene.in_process([*words, "--dry-run"], folder)
    assert (code, out, everything(folder)) == (0, "", before)
    wanted, printed, told = scene.in_process(words, folder)
    assert wanted == 0
    assert said == told.replace(printed.strip(), f"{printed[:-6]}?????") + DRY


def test_an_opening_that_is_tried_reports_no_id(folder: Path):
    _, out, _ = scene.in_process(["open", "x", "--dry-run", "-f", "ndjson"], folder)
    row = json.loads(out)
    assert (row["id"], row["outcome"], row["dry_run"]) == (None, "done", True)
    assert [event["did"] for event in row["events"]] == ["open"]
    assert scene.in_process(["open", "x", "--dry-run", "-f", "ids"], folder)[:2] == (0, "")


@pytest.mark.parametrize(
    "words",
    [
        ["close", "PRGAA", "RESAA"],
        ["assign", "NEWAA", "--to", "nobody-here"],
        ["resume", "PRGAA", "nosuch"],
        ["link", "NEWAA", "parent", "NEWAA"],
        ["open", ""],
        ["note", "NEWAA", "PRGAA", "on the way"],
        ["edit", "PRGAA", "--set", "title="],
        ["edit", "PRGAA", "--sett", "title="],
        ["edit", "PRGAA", "--set", "status=closed"],
        ["import", "../export.csv", "--map", "../desk/desk.yaml"],
    ],
)
def test_what_is_refused_is_refused_alike(folder: Path, words: list[str]):
    code, out, said = scene.in_process([*words, "--dry-run"], folder)
    assert code != 0
    assert said.count(DRY) == int(code != USAGE), "what cannot be understood was not tried"
    assert (code, out, said.replace(DRY, "")) == scene.in_process(words, folder)


def test_what_was_tried_beside_a_usage_error_is_said_to_be_so(shell: Shell):
    one = shell.open("one", at="2026-11-20T09:00:00+08:00")
    two = shell.open("two")
    assert shell.run("edit", one, two, "--set", "began=2026-11-20 12:00", "--dry-run") == (
        2,
        "",
        f"{two} is changed\n{DRY}"
        "desk: began 2026-11-20T12:00:00+08:00 is after the opening itself\n",
    )


def test_it_waits_for_nobody(folder: Path, monkeypatch: pytest.MonkeyPatch):
    (folder / ".desk").mkdir()
    monkeypatch.setenv("DESK_LOCK_WAIT", "0")
    with (folder / ".desk" / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert scene.in_process(["note", "PRGAA", "x", "--dry-run"], folder)[0] == 0


def test_the_report_says_that_it_was_one(folder: Path):
    words = ["close", "RESAA", "PRGAA", "-f", "json"]
    dry = json.loads(scene.in_process([*words, "--dry-run"], folder)[1])
    done = json.loads(scene.in_process(words, folder)[1])
    assert [row.pop("dry_run") for row in dry] == [True, True]
    assert [row.pop("dry_run") for row in done] == [False, False]
    assert dry == done


def test_check_tells_what_a_mending_would_leave(folder: Path):
    """A file in the wrong place whose link has one side: found only when it is in its place."""
    scene.misplace(folder)
    moved = folder / "tickets/2026/10/T-261121-MSPAA.yaml"
    text = moved.read_text(encoding="utf-8")
    moved.write_text(text.replace("log:", "links: [parent T-261121-NEWAA]\nlog:"), "utf-8")
    code, out, said = scene.in_process(["check", "--fix", "--dry-run"], folder)
    assert (code, "no `child T-261121-MSPAA`" in out) == (4, True)
    assert (code, out, said.replace(DRY, "")) == scene.in_process(["check", "--fix"], folder)


# --- a whole batch -------------------------------------------------------------------------

LINES = st.sampled_from([
    "assign {} --to lin", "assign {} --to none", "reply {} 好的", "hold {} --for vendor",
    "resume {}", "resolve {} --solution 换了 --code fixed", "close {}", "reopen {} --because x",
    "cancel {} --because x", "link {} parent {}", "link {} duplicate-of {}", "unlink {} parent {}",
    "unlink {} duplicate {}", "classify {} --impact department", "edit {} --set site=北京",
    "survey {} --score 2", "escalate {} --up --because x", "show {}", "list --all -f ids",
    "tick --now 2026-12-24", "check --fix", "note {} x -f ndjson",
])  # fmt: skip


def scripts() -> st.SearchStrategy[str]:
    ids = st.sampled_from([ID, OTHER, THIRD, "nosuch"])
    line = st.builds(lambda text, one, two: text.format(one, two), LINES, ids, ids)
    return st.lists(line, min_size=1, max_size=12).map("\n".join)


def three_tickets(shell: Shell) -> None:
    """Bring the desk to where it has three new tickets, whatever was there."""
    kept = shell.root.parent / "three"
    if not kept.exists():
        for title in ("一", "二", "三"):
            shell.open(title)
        shell.root.rename(kept)
    shutil.rmtree(shell.root, ignore_errors=True)
    shutil.copytree(kept, shell.root)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(script=scripts())
def test_a_batch_that_is_tried_tells_what_it_then_does(shell: Shell, script: str):
    """Each line finds what those before it would have done."""
    three_tickets(shell)
    before = everything(shell.root)
    dry = shell.run("batch", "--dry-run", stdin=script)
    assert everything(shell.root) == before
    done = shell.run("batch", stdin=script)
    assert (dry.code, dry.out.replace('"dry_run": true', '"dry_run": false')) == done[:2]
    assert dry.err.count(DRY) == 1
    assert dry.err.replace(DRY, "") == done.err


def test_a_new_desk_is_not_tried(shell: Shell, tmp_path: Path):
    line = f"init {tmp_path / 'new'}"
    assert shell.run("batch", "--dry-run", stdin=line) == (
        2,
        "",
        "desk: line 1: init cannot be tried in a dry run; take its line out, or run it before\n"
        f"{DRY}desk: 1 of 1 lines failed\n",
    )
    assert not (tmp_path / "new").exists()


def test_a_line_that_is_tried_in_a_batch_that_is_not(shell: Shell):
    shell.open()
    script = f"assign {ID} --to lin --dry-run\nassign {ID} --to none --dry-run\nnote {ID} x\n"
    ran = shell.run("batch", stdin=script)
    assert (ran.code, ran.err) == (
        1,
        f"{ID} is with lin (network)\n{DRY}{DRY}desk: line 2: {ID} is with nobody already\n"
        f"{ID} has a note (internal)\ndesk: 1 of 3 lines failed\n",
    )
    assert re.findall("did: (.*)", shell.text(ID)) == ["open", "note"]
