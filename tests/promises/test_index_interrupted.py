"""R9: the index while it is written: kills, full and failing disks, many commands at once."""

import math
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from desk.index import Index
from desk.store import Desk
from tests.promises import calls, scene
from tests.promises.test_index import answering, scanned

POINTS = 10
ASKED = (["list", "--all", "-f", "json"], ["search", "ticket", "-f", "ids"],
         ["summarise", "-f", "json"], ["index", "-f", "ids"])  # fmt: skip
READ = ["list", "-f", "json"]
TRACED = (*calls.TRACED, *calls.OF_SQLITE)
EDITED = ("NEWAA", "PRGAA", "CSEDA")


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two scenes to copy: one without an index, one with an old one."""
    root = tmp_path_factory.mktemp("index")
    scene.build(root / "none")
    scene.build(root / "old")
    (root / "home").mkdir()
    for folder in (root / "none" / "desk", root / "old" / "desk"):
        shutil.rmtree(folder / ".desk", ignore_errors=True)
    return root


def placed(state: str, name: str, scratch: Path) -> Path:
    """A copy of the scene: without an index, or with one of a time before some edits."""
    folder = scratch / f"{state}-{name}" / "desk"
    shutil.rmtree(folder.parent, ignore_errors=True)
    shutil.copytree(scratch / state, folder.parent)
    if state == "old":
        assert scene.in_process(READ, folder)[0] == 0
        for path in folder.glob("tickets/2026/11/*.yaml"):
            if path.stem[-5:] in EDITED:
                text = path.read_text().replace("title: Ticket", "title: Another ticket", 1)
                path.with_suffix(".new").write_text(text)
                path.with_suffix(".new").replace(path)
    return folder


def wrong_answers(folder: Path) -> list[str]:
    """What desk says that differs from a scan of its files."""
    reference = scanned(folder)
    wrong = []
    for command in (READ, *ASKED[:3]):
        found = scene.in_process(command, folder)
        with answering(reference):
            wanted = scene.in_process(command, folder)
        wrong += [f"{command}: {found} instead of {wanted}"] if found != wanted else []
    return wrong


def points(state: str, scratch: Path, count: int) -> list[calls.Call]:
    """The calls on the index that a command makes which reads it."""
    folder = placed(state, "whole", scratch)
    found = calls.trace(READ, folder, scene.environment(scratch), TRACED)
    # What is kept of desk.yaml is written in some runs only, and tried with the commands.
    mine = [call for call in found if "/.desk" in call.text and "settings.json" not in call.text]
    assert any(call.name == "pwrite64" for call in mine)
    assert any(call.name == "utimensat" for call in mine)
    changing = [call for call in mine if call.changes]
    return calls.spread(changing, count, 0) if count else mine


def kills(state: str, scratch: Path, count: int) -> tuple[int, list[str]]:
    """Kill a command at its calls on the index; how many, and what was wrong after it."""

    def kill(number: int) -> list[str]:
        folder = folders[number]
        done, hit = calls.interrupt(
            chosen[number], "signal=SIGKILL", READ, folder, scene.environment(scratch)
        )
        if done.returncode not in (-signal.SIGKILL, 128 + signal.SIGKILL):
            return [f"was not killed: {done}"]
        return [] if calls.hit_the_desk(hit, folder) else [f"hit {hit}"]

    chosen = points(state, scratch, count)
    folders = [placed(state, f"kill-{number}", scratch) for number in range(len(chosen))]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        wrong = [one for ones in pool.map(kill, range(len(chosen))) for one in ones]
    for call, folder in zip(chosen, folders, strict=True):
        wrong += [f"{call.text[:140]}: {one}" for one in wrong_answers(folder)]
    return len(chosen), wrong


@pytest.mark.parametrize("state", ["none", "old"])
def test_a_kill_while_it_is_written(state: str, scratch: Path, figures: Callable[[str], None]):
    calls.need_strace()
    tried, wrong = kills(state, scratch, POINTS)
    figures(f"R9 kill while the index is written ({state}): {tried} points, {len(wrong)} wrong")
    assert wrong == []


@pytest.mark.sweep
@pytest.mark.parametrize("state", ["none", "old"])
def test_a_kill_at_every_call(state: str, scratch: Path, figures: Callable[[str], None]):
    calls.need_strace()
    tried, wrong = kills(state, scratch, 0)
    figures(f"R9 kill at every call on the index ({state}): {tried} points, {len(wrong)} wrong")
    assert wrong == []


def failures(state: str, scratch: Path, count: int) -> tuple[int, list[str]]:
    """Let calls on the index fail, which no answer may suffer from."""

    def fail(number: int) -> list[str]:
        call, how = chosen[number]
        folder = folders[number]
        done, hit = calls.interrupt(call, how, READ, folder, scene.environment(scratch))
        if "/.desk/index" not in hit:  # the calls before it were others this time
            return []
        ended = (done.returncode, done.stdout.decode(), done.stderr.decode())
        return [] if ended == wanted else [f"{how} {call.text[:140]}: {ended}"]

    whole = placed(state, "unbroken", scratch)
    wanted = scene.in_process(READ, whole)
    chosen = [(call, how) for call in points(state, scratch, 0) for how in HOW
              if call.changes or how == "error=EIO"]  # fmt: skip
    chosen = calls.spread(chosen, count, 0) if count else chosen
    folders = [placed(state, f"fail-{number}", scratch) for number in range(len(chosen))]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        wrong = [one for ones in pool.map(fail, range(len(chosen))) for one in ones]
    for (call, how), folder in zip(chosen, folders, strict=True):
        wrong += [f"after {how} {call.text[:140]}: {one}" for one in wrong_answers(folder)]
    return len(chosen), wrong


HOW = ("error=ENOSPC", "error=EIO")


@pytest.mark.parametrize("state", ["none", "old"])
def test_a_failing_disk_changes_no_answer(
    state: str, scratch: Path, figures: Callable[[str], None]
):
    calls.need_strace()
    tried, wrong = failures(state, scratch, POINTS)
    figures(f"R9 failing disk under the index ({state}): {tried} failures, {len(wrong)} wrong")
    assert wrong == []


@pytest.mark.sweep
@pytest.mark.parametrize("state", ["none", "old"])
def test_every_call_on_the_index_fails_once(
    state: str, scratch: Path, figures: Callable[[str], None]
):
    calls.need_strace()
    tried, wrong = failures(state, scratch, 0)
    figures(f"R9 every call on the index fails once ({state}): {tried}, {len(wrong)} wrong")
    assert wrong == []


# --- many at once ------------------------------------------------------------------------------

# Runs commands until its time is over, and tells of each that failed, and the longest.
WORKER = """
import contextlib, io, os, random, sys, time
from desk import cli
seed, seconds = int(sys.argv[1]), float(sys.argv[2])
drawn, longest, count = random.Random(seed), (0.0, ""), 0
end = time.monotonic() + seconds
while time.monotonic() < end:
    target = drawn.choice(("PRGAA", "NEWAA", "HDDAA"))
    arguments = drawn.choice((
        ["note", target, "printer"], ["edit", target, "--set", f"title=Ticket {drawn.random()}"],
        ["open", "卡纸"], ["list"], ["list", "--all", "-f", "json"], ["queue"], ["sla", "--all"],
        ["summarise", "-f", "json"], ["summarise", "--by", "team"], ["search", "printer"],
        ["search", "卡纸", "-f", "ids"], ["show", target, "-f", "json"], ["index"], ["team"],
    ))
    out, said = io.StringIO(), io.StringIO()
    begun = time.monotonic()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(said):
        code = cli.run(arguments)
    longest, count = max(longest, (time.monotonic() - begun, " ".join(arguments))), count + 1
    if code:
        print("failed", code, arguments, said.getvalue()[:300].replace("\\n", " "), flush=True)
print("longest", count, *longest, flush=True)
"""


def many(scratch: Path, seconds: float, workers: int) -> tuple[list[str], str]:
    """Run commands at once, kill some, edit files meanwhile; what failed, and figures."""
    folder = placed("none", "many", scratch)
    env = scene.environment(scratch)
    drawn = random.Random(9)

    def start(seed: int, left: float) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-P", "-c", WORKER, str(seed), str(left)], cwd=folder, env=env,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    end = time.monotonic() + seconds
    running = [start(seed, seconds) for seed in range(workers)]
    said: list[str] = []
    kills = 0
    while (left := end - time.monotonic()) > 0.5:
        time.sleep(drawn.uniform(0.05, 0.3))
        edited = folder / f"tickets/2026/11/T-261121-{drawn.choice(EDITED)}.yaml"
        edited.with_suffix(".new").write_text(edited.read_text(), encoding="utf-8")
        edited.with_suffix(".new").replace(edited)
        if drawn.random() < 0.5:
            victim = drawn.randrange(workers)
            running[victim].kill()
            said.append(running[victim].communicate()[0])
            running[victim] = start(workers + kills, left)
            kills += 1
    said += [process.communicate()[0] for process in running]
    lines = [line for text in said for line in text.splitlines()]
    longest = [line.split(maxsplit=3)[1:] for line in lines if line.startswith("longest ")]
    wait = max(((float(took), what) for _, took, what in longest), default=(0.0, ""))
    wrong = [line for line in lines if not line.startswith("longest ")] + wrong_answers(folder)
    return wrong, (
        f"R9 {workers} processes for {seconds:.0f} s, {kills} killed: "
        f"{sum(int(count) for count, *_ in longest)} commands of those that were not, "
        f"{len(wrong)} wrong; the longest took {wait[0]:.2f} s ({wait[1]})"
    )


def test_many_commands_at_once(scratch: Path, figures: Callable[[str], None]):
    wrong, line = many(scratch, 4, 4)
    figures(line)
    assert wrong == []


@pytest.mark.long
def test_very_many_commands_at_once(scratch: Path, figures: Callable[[str], None]):
    wrong, line = many(scratch, 20, 8)
    figures(line)
    assert wrong == []


def test_what_a_killed_writer_left_is_not_read_on(scratch: Path):
    """A command reads while another is killed in the middle of moving a change into the file."""
    folder = placed("none", "torn", scratch)
    time.sleep(0.1)
    reading = Index(Desk(str(folder)))
    reading.look()
    path = folder / ".desk" / "index.sqlite"
    whole = path.read_bytes()
    for start in range(4096, len(whole), 4096):
        page = whole[start : start + 4096]
        if b"Ticket PRGAA" in page:
            with path.open("r+b") as file:
                file.seek(start)
                file.write(page.replace(b"Ticket PRGAA", b"Nonsense    "))
    found = {record.id: record.title for record in reading.records(pytest.fail, every=False)}
    assert found["T-261121-PRGAA"] == "Ticket PRGAA"
    assert wrong_answers(folder) == []


def test_two_that_learn_the_same_facts(scratch: Path):
    """Both find that they are missing; the second finds them there when its turn comes."""
    folder = placed("none", "facts", scratch)
    one, other = (Index(Desk(str(folder))) for _ in range(2))
    cases = [each.facts(pytest.fail, -math.inf)[1] for each in (one, other)]
    assert [len(list(each)) for each in cases] == [13, 13]


def test_where_nothing_may_be_written_a_copy_in_memory_answers(small_disk: Path, scratch: Path):
    """A full disk, and a folder that may only be read."""
    folder = small_disk / "desk"
    roomier = ["mount", "-o", "remount,size=128k", str(small_disk)]
    subprocess.run(roomier, capture_output=True, check=True)
    shutil.copytree(scratch / "none" / "desk", folder)
    with suppress(OSError):
        (small_disk / "filler").write_bytes(b"x" * 131_072)
    assert wrong_answers_of_processes(folder, scratch) == []
    remounted = subprocess.run(
        ["mount", "-o", "remount,ro", str(small_disk)], capture_output=True, check=False
    )
    if remounted.returncode == 0:
        assert wrong_answers_of_processes(folder, scratch) == []
    assert not (folder / ".desk" / "index.sqlite").exists()


def wrong_answers_of_processes(folder: Path, scratch: Path) -> list[str]:
    """What differs from the answers in a folder that can be written."""
    other = placed("none", "writable", scratch)
    env = scene.environment(scratch)
    wrong = []
    for command in (READ, *ASKED[:3]):
        found, wanted = (scene.run(command, each, env) for each in (folder, other))
        if (found.returncode, found.stdout) != (wanted.returncode, wanted.stdout):
            wrong.append(f"{command}: {found} instead of {wanted}")
    return wrong
