"""R1: a kill at any moment leaves each record old or new, never torn or gone."""

import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.promises import calls, scene
from tests.support import commands

POINTS = 6


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a scene to copy."""
    root = tmp_path_factory.mktemp("kill")
    scene.build(root / "scene")
    (root / "home").mkdir()
    return root


def test_every_command_is_known_as_writing_or_reading():
    assert commands().keys() == {*scene.WRITING, *scene.READING}


def points_of(
    command: str, scratch: Path
) -> tuple[list[calls.Call], dict[str, bytes], dict[str, bytes]]:
    """The calls of a command that matter, and the desk before and after it."""
    arguments, ids = scene.WRITING[command]
    env = scene.environment(scratch)
    folder = scene.copy(scratch / "scene", scratch / f"{command}-whole", command)
    before = scene.files(folder)
    found = calls.trace(arguments, folder, env)
    after = scene.files(folder)
    changed = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    assert all(any(end in path for path in changed) for end in ids), "the scene does not fit"
    assert changed
    return found, before, after


def sweep(command: str, scratch: Path, count: int) -> tuple[int, list[str]]:
    """Kill the command at its calls; how many kills, and what was wrong after them."""
    found, before, after = points_of(command, scratch)
    changing = [n for n, call in enumerate(found) if call.changes]
    last = changing[-1] + 1
    chosen = [found[n] for n in changing] + found[last : last + 1]
    offset = sorted(scene.WRITING).index(command)
    chosen = calls.spread(chosen, count, offset) if count else found
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(lambda n: kill(command, chosen[n], n, scratch), range(len(chosen)))
        wrong = [
            f"{command}: {call.text[:120]}: {sentence}"
            for call, folder in zip(chosen, results, strict=True)
            for sentence in wrong_after(command, folder, before, after)
        ]
    return len(chosen), wrong


def kill(command: str, call: calls.Call, number: int, scratch: Path) -> Path:
    folder = scene.copy(scratch / "scene", scratch / f"{command}-{number}", command)
    env = scene.environment(scratch)
    arguments, _ = scene.WRITING[command]
    done, hit = calls.interrupt(call, "signal=SIGKILL", arguments, folder, env)
    assert done.returncode in (-signal.SIGKILL, 128 + signal.SIGKILL), (call, done)
    assert calls.hit_the_desk(hit, folder), (call, hit)
    return folder


def wrong_after(
    command: str, folder: Path, before: dict[str, bytes], after: dict[str, bytes]
) -> list[str]:
    wrong = scene.violations(folder, command, before, after)
    return wrong + scene.after_effects(folder, command, scene.environment(folder.parent))


@pytest.mark.parametrize("command", scene.WRITING)
def test_a_kill_leaves_each_record_old_or_new(
    command: str, scratch: Path, figures: Callable[[str], None]
):
    calls.need_strace()
    tried, wrong = sweep(command, scratch, POINTS)
    figures(f"R1 kill: {command}: {tried} points tried, {len(wrong)} violations")
    assert wrong == []


@pytest.mark.sweep
@pytest.mark.parametrize("command", scene.WRITING)
def test_a_kill_at_every_call(command: str, scratch: Path, figures: Callable[[str], None]):
    calls.need_strace()
    tried, wrong = sweep(command, scratch, 0)
    figures(f"R1 kill at every call: {command}: {tried} points tried, {len(wrong)} violations")
    assert wrong == []
