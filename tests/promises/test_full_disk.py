"""R2: a full or failing disk ends in a clear sentence, with nothing lost and nothing in the way."""

import os
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from desk.errors import DamagedError, StorageError
from tests.conftest import policy_text
from tests.promises import calls, scene
from tests.promises.test_kill import points_of

POINTS = 6
FULL = "error=ENOSPC"
FAILING = "error=EIO"
LYING = "retval=1"  # says that it wrote, and did not
# These read a record to plan and again to act; what fails once is only not in the plan.
READ_TWICE = ("check", "resolve")


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a scene to copy."""
    root = tmp_path_factory.mktemp("disk")
    scene.build(root / "scene")
    (root / "home").mkdir()
    return root


def failures(found: list[calls.Call]) -> list[tuple[calls.Call, str]]:
    """Each call with each way in which it can fail."""
    ways = [(call, FAILING) for call in found if call.name != "flock"]
    ways += [(call, FULL) for call in found if call.changes and call.name != "flock"]
    # Records are read back before they are put in their places.
    ways += [
        (call, LYING)
        for call in found
        if call.name == "write" and ("/tmp/T-" in call.text or "/tmp/KB-" in call.text)
    ]
    return sorted(ways, key=lambda way: (not way[0].changes, found.index(way[0]), way[1]))


def sweep(command: str, scratch: Path, count: int) -> tuple[int, list[str]]:
    """Let calls of the command fail; how many failures, and what was wrong with how it ended."""
    found, before, after = points_of(command, scratch)
    ways = failures(found)
    if count:
        changing = [way for way in ways if way[0].changes]
        others = [way for way in ways if not way[0].changes]
        offset = sorted(scene.WRITING).index(command)
        ways = calls.spread(changing, count - 2, offset) + calls.spread(others, 2, offset)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        ended = pool.map(lambda n: fail(command, *ways[n], n, scratch), range(len(ways)))
        wrong = [
            f"{command}: {how}: {call.text[:140]}: {sentence}"
            for (call, how), (folder, done) in zip(ways, ended, strict=True)
            for sentence in wrong_after(command, call, how, folder, done, before, after)
        ]
    return len(ways), wrong


def fail(
    command: str, call: calls.Call, how: str, number: int, scratch: Path
) -> tuple[Path, subprocess.CompletedProcess[bytes]]:
    folder = scene.copy(scratch / "scene", scratch / f"{command}-{number}", command)
    arguments, _ = scene.WRITING[command]
    done, hit = calls.interrupt(call, how, arguments, folder, scene.environment(scratch))
    assert calls.hit_the_desk(hit, folder), (call, hit, done)
    return folder, done


def wrong_after(
    command: str,
    call: calls.Call,
    how: str,
    folder: Path,
    done: subprocess.CompletedProcess[bytes],
    before: dict[str, bytes],
    after: dict[str, bytes],
) -> list[str]:
    said = done.stderr.decode()
    wrong = scene.violations(folder, command, before, after)
    wrong += [f"left behind: {name}" for name in scene.leftovers(folder) if call.name != "unlinkat"]
    wrong += [f"left behind: {path}" for path in scene.files(folder) if path.endswith(".new")]
    if done.returncode:
        wrong += _wrong_words(said, done.returncode, call)
        wrong += _wrong_count(said, command, folder, before)
    elif not is_done(command, folder, after) and (call.changes or command not in READ_TWICE):
        wrong.append(f"ended with 0 and is not done: {said!r}")
    return wrong + scene.after_effects(folder, command, scene.environment(folder.parent))


def is_done(command: str, folder: Path, after: dict[str, bytes]) -> bool:
    now = scene.files(folder)
    return len(now) == len(after) if command in scene.CREATING else now == after


def _wrong_words(said: str, code: int, call: calls.Call) -> list[str]:
    lines = said.strip().splitlines()
    wrong = []
    if "Traceback" in said or "fault of desk's own" in said:
        wrong.append(f"no sentence for people: {said!r}")
    if not lines or not lines[-1].startswith("desk: "):
        wrong.append(f"no sentence: {said!r}")
    if call.changes and code != StorageError.exit_code:
        wrong.append(f"ended with {code}: {said!r}")
    if code not in (StorageError.exit_code, DamagedError.exit_code, 1, 3):
        wrong.append(f"ended with {code}: {said!r}")
    return wrong


def _wrong_count(said: str, command: str, folder: Path, before: dict[str, bytes]) -> list[str]:
    """It says that nothing was changed if and only if that is so (a batch says it of a line)."""
    now = scene.files(folder)
    if "nothing was changed" in said and now != before and command != "batch":
        return [f"says that nothing was changed: {said!r}"]
    return []


@pytest.mark.parametrize("command", scene.WRITING)
def test_a_full_or_failing_disk_is_told_and_loses_nothing(
    command: str, scratch: Path, figures: Callable[[str], None]
):
    calls.need_strace()
    tried, wrong = sweep(command, scratch, POINTS)
    figures(f"R2 disk: {command}: {tried} failures tried, {len(wrong)} violations")
    assert wrong == []


@pytest.mark.sweep
@pytest.mark.parametrize("command", scene.WRITING)
def test_every_call_fails_once(command: str, scratch: Path, figures: Callable[[str], None]):
    calls.need_strace()
    tried, wrong = sweep(command, scratch, 0)
    figures(f"R2 disk, every call: {command}: {tried} failures tried, {len(wrong)} violations")
    assert wrong == []


# --- a disk that is really full ------------------------------------------------------------


def test_a_full_disk_keeps_what_was_acknowledged(
    small_disk: Path, tmp_path: Path, figures: Callable[[str], None]
):
    """Open tickets until the disk is full, and on; what was acknowledged is all there."""
    assert scene.in_process(["init", str(small_disk), "--timezone", "UTC"], tmp_path)[0] == 0
    (small_disk / "desk.yaml").write_text(policy_text())
    kept: dict[str, int] = {}
    refused = 0
    for number in range(60):
        arguments = ["open", f"Ticket {number}", "-d", f"{number}. " * 700]
        code, printed, said = scene.in_process(arguments, small_disk)
        if code == 0:
            kept[printed.strip()] = number
        else:
            refused += 1
            assert (code, printed) == (74, "")
            assert "No space left on device; nothing was changed" in said
            assert len(said.splitlines()) == 1
    found = {}
    for path in small_disk.glob("tickets/*/*/*.yaml"):
        code, printed, said = scene.in_process(["show", path.stem, "-f", "ids"], small_disk)
        assert (code, said) == (0, "")
        found[printed.strip()] = path
    figures(f"R2 full disk of 64 KB: {len(kept)} opened, {refused} refused, "
            f"{len(kept.keys() ^ found.keys())} lost or stray")  # fmt: skip
    assert found.keys() == kept.keys()
    assert refused
    assert scene.leftovers(small_disk) == []
    first = min(kept, key=kept.__getitem__)
    (small_disk / "tickets" / "room").touch()
    found[max(kept, key=kept.__getitem__)].unlink()
    assert scene.in_process(["note", first, "There is room again."], small_disk)[0] == 0


def test_a_full_disk_for_the_output_is_told(tmp_path: Path):
    scene.build(tmp_path)
    env = scene.environment(tmp_path)
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full here")
    for arguments in (["list"], ["show", "PRGAA"], ["open", "x"], ["list", "-f", "json"]):
        with open("/dev/full", "wb") as full:
            done = subprocess.run(
                scene.command_line(arguments), cwd=tmp_path / "desk", env=env, stdout=full,
                stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False, timeout=60,
            )  # fmt: skip
        lines = done.stderr.decode().splitlines()
        assert (done.returncode, lines[-1]) == (74, "desk: output: No space left on device")


def test_a_reader_that_goes_away_ends_the_command_quietly(tmp_path: Path):
    scene.build(tmp_path)
    for arguments in (["list"], ["show", "PRGAA", "NEWAA"], ["list", "--all", "-f", "json"]):
        gone, ours = os.pipe()
        os.close(gone)
        done = subprocess.run(
            scene.command_line(arguments), cwd=tmp_path / "desk",
            env=scene.environment(tmp_path), stdout=ours, stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE, check=False, timeout=60,
        )  # fmt: skip
        os.close(ours)
        assert (done.returncode, done.stderr) == (141, b"")
