"""--dry-run, of every command that writes: it tells what the run would, and writes nothing."""

import fcntl
import json
import shutil
from pathlib import Path

import pytest

from desk import cli
from tests.promises import scene
from tests.support import run

DRY = "this was a dry run; nothing was written\n"


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


@pytest.mark.parametrize("name", sorted(scene.WRITING.keys() - {"init", "open"}))
def test_it_tells_what_the_run_then_does(folder: Path, name: str):
    words, ids = scene.WRITING[name]
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
        assert "--dry-run" in run([name, "--help"]).out, name
    assert set(scene.WRITING) | set(scene.READING) == set(cli.COMMANDS)


def test_an_opening_that_is_tried_promises_no_id(folder: Path):
    before = everything(folder)
    words = ["open", "打印机卡纸", "--assignee", "chen"]
    code, out, said = scene.in_process([*words, "--dry-run"], folder)
    assert (code, out, everything(folder)) == (0, "", before)
    wanted, printed, told = scene.in_process(words, folder)
    assert wanted == 0
    assert said == told.replace(printed.strip(), "T-261121-?????") + DRY


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
        ["edit", "PRGAA", "--set", "status=closed"],
        ["import", "../export.csv", "--map", "../desk/desk.yaml"],
    ],
)
def test_what_is_refused_is_refused_alike(folder: Path, words: list[str]):
    code, out, said = scene.in_process([*words, "--dry-run"], folder)
    assert code != 0
    assert said.count(DRY) == 1
    assert (code, out, said.replace(DRY, "")) == scene.in_process(words, folder)


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
    moved = folder / "tickets/2026/10/T-261121-MSPAA.yaml"
    text = moved.read_text(encoding="utf-8")
    moved.write_text(text.replace("log:", "links: [parent T-261121-NEWAA]\nlog:"), "utf-8")
    code, out, said = scene.in_process(["check", "--fix", "--dry-run"], folder)
    assert (code, "no `child T-261121-MSPAA`" in out) == (4, True)
    assert (code, out, said.replace(DRY, "")) == scene.in_process(["check", "--fix"], folder)
