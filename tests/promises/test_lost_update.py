"""R4: no update is lost, however many write at once and however many of them are killed."""

import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from desk import model, store
from tests.promises import scene

TARGETS = ("PRGAA", "NEWAA", "HDDAA")
# Runs commands one after the other in one process, and tells of each that ended with 0.
WORKER = """
import os, random, sys
from desk import cli
name, seed, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
drawn = random.Random(seed)
for number in range(count):
    token = f"{name}-{number}"
    target, other = drawn.sample(("PRGAA", "NEWAA", "HDDAA"), 2)
    arguments = drawn.choice((
        ["note", target, token], ["reply", target, token], ["edit", target, "--set", f"x={token}"],
        ["escalate", target, "--to-team", drawn.choice(("network", "systems", "service-desk")),
         "--because", token],
        ["open", token],
    ))
    if cli.run(arguments) == 0:
        os.write(2, f"acknowledged {token}\\n".encode())
"""


def start(folder: Path, env: dict[str, str], name: str, count: int) -> subprocess.Popen[bytes]:
    seed = str(sum(map(ord, name)))
    return subprocess.Popen(
        [sys.executable, "-P", "-c", WORKER, name, seed, str(count)],
        cwd=folder, env=env, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip


def acknowledged(said: str) -> list[str]:
    lines = [line.split() for line in said.splitlines()]
    return [words[1] for words in lines if words[:1] == ["acknowledged"] and len(words) == 2]


def tokens_in(folder: Path) -> Counter[str]:
    """How often each token stands in an event of the desk."""
    found: Counter[str] = Counter()
    for record in store.Desk(str(folder)).records(lambda error: pytest.fail(str(error))):
        for event in record.log:
            said = [str(event.words.get(word)) for word in ("text", "because")]
            said += [str(event.change[name][1]) for name in ("x", "title") if name in event.change]
            found.update(token for token in said if token.startswith("w"))
    return found


def sound(folder: Path) -> list[str]:
    """What is wrong with the logs."""
    wrong = []
    for record in store.Desk(str(folder)).records(lambda error: pytest.fail(str(error))):
        if [event.n for event in record.log] != list(range(1, len(record.log) + 1)):
            wrong.append(f"{record.id} misses a number")
        if "EDTAA" not in record.id and model.hand_edits(record):
            wrong.append(f"{record.id} is not what its log says")
    return wrong


def many_write(tmp_path: Path, workers: int, count: int) -> str:
    """Let them write, kill one in three; a line of figures."""
    folder = scene.build(tmp_path)
    env = scene.environment(tmp_path)
    drawn = random.Random(4)
    running = [start(folder, env, f"w{number}", count) for number in range(workers)]
    killed = running[::3]
    began = time.monotonic()
    for process in killed:
        wait = drawn.uniform(0.8, 2.0) - (time.monotonic() - began)
        time.sleep(max(wait, 0))
        process.kill()
    said = [process.communicate()[1].decode() for process in running]
    assert [p.returncode for p in running if p not in killed] == [0] * (workers - len(killed))
    wanted = [token for text in said for token in acknowledged(text)]
    found = tokens_in(folder)
    lost = [token for token in wanted if found[token] != 1]
    twice = [token for token, times in found.items() if times > 1]
    assert (lost, twice, sound(folder)) == ([], [], [])
    assert scene.in_process(["note", "PRGAA", "after"], folder)[0] == 0
    assert scene.leftovers(folder) == []
    refused = sum(text.count("desk: ") for text in said)
    assert len(wanted) + refused >= count * (workers - len(killed))
    # A ticket that is with that team already is the only refusal there is: nobody was kept out.
    assert refused == sum(text.count(" already\n") for text in said)
    return (
        f"R4 lost updates: {workers} processes, {len(killed)} killed: {len(wanted)} acknowledged, "
        f"{len(wanted) - len(lost)} found once, {len(found) - len(wanted)} more found "
        f"unacknowledged, {refused} refused"
    )


def test_every_acknowledged_event_is_found_once(tmp_path: Path, figures: Callable[[str], None]):
    figures(many_write(tmp_path, workers=6, count=40))


@pytest.mark.long
def test_every_acknowledged_event_of_very_many_is_found_once(
    tmp_path: Path, figures: Callable[[str], None]
):
    figures(many_write(tmp_path, workers=24, count=200))


def test_single_commands_killed_at_random_lose_nothing_either(
    tmp_path: Path, figures: Callable[[str], None]
):
    """As in real life: a process a command."""
    folder = scene.build(tmp_path)
    env = scene.environment(tmp_path)
    drawn = random.Random(7)
    wanted, found_so_far = [], 0
    for number in range(6):
        tokens = [f"w{number}-{each}" for each in range(4)]
        running = {
            token: subprocess.Popen(
                scene.command_line(["note", "PRGAA", token]), cwd=folder, env=env,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )
            for token in tokens
        }  # fmt: skip
        time.sleep(drawn.uniform(0.05, 0.4))
        running[tokens[0]].kill()
        wanted += [token for token, process in running.items() if process.wait() == 0]
        found_so_far = len(tokens_in(folder))
    found = tokens_in(folder)
    assert {token: found[token] for token in wanted} == dict.fromkeys(wanted, 1)
    assert len(wanted) >= 12
    figures(
        f"R4 lost updates: 24 commands as processes, 6 killed: {len(wanted)} acknowledged, "
        f"{len(wanted)} found once, {found_so_far - len(wanted)} more found unacknowledged"
    )
