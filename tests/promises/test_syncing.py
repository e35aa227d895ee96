"""Several processes that sync in loops against one remote, some of them killed: nothing is lost."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from desk import store
from tests.promises import scene
from tests.support import POLICY, run

# Writes and syncs, one after the other, and tells of each note that was acknowledged.
WORKER = """
import os, random, sys, time
from desk import cli
name, until = sys.argv[1], float(sys.argv[2])
drawn = random.Random(name)
number = 0
while time.time() < until:
    for _ in range(drawn.randrange(3)):
        number += 1
        token = f"{name}-{number}"
        if cli.run(["note", drawn.choice(("A0000", "A0001", "A0002")), token]) == 0:
            os.write(2, f"acknowledged {token}\\n".encode())
    code = cli.run(["sync"])
    os.write(2, f"synced {code}\\n".encode())
"""
IDS = ("T-261121-A0000", "T-261121-A0001", "T-261121-A0002")


def git(folder: Path, *words: str) -> str:
    ran = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran
    return ran.stdout.strip()


def team(folder: Path, size: int, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Clones of one remote in which the three tickets are."""
    numbers = iter(range(len(IDS)))
    monkeypatch.setattr(store, "random_number", lambda: (10 << 20) + next(numbers))
    git(folder, "init", "--quiet", "--bare", "--initial-branch=main", "hub")
    clones = [folder / f"clone{n}" for n in range(size)]
    for number, clone in enumerate(clones):
        git(folder, "clone", "--quiet", str(folder / "hub"), str(clone))
        git(clone, "config", "user.name", ("chen", "lin", "zhao")[number % 3])
        git(clone, "config", "user.email", f"{number}@example.com")
        if not number:
            store.make(str(clone), POLICY)
            for _ in IDS:
                assert synced(clone, "open", "VPN") == 0
            assert synced(clone) == 0
    return clones


def synced(clone: Path, *words: str) -> int:
    now = ["--now", "2026-11-21T09:00:00+08:00", "--as", "chen"]
    return run(["-C", str(clone), *now, *(words or ("sync",))]).code


def loops(tmp_path: Path, seconds: float, monkeypatch: pytest.MonkeyPatch) -> str:
    clones = team(tmp_path, 4, monkeypatch)
    drawn = random.Random(5)
    until = time.time() + seconds
    env = scene.environment(tmp_path)
    told: list[Path] = []
    running: list[subprocess.Popen[bytes]] = []

    def start(number: int) -> None:
        told.append(tmp_path / f"told{len(told)}")
        with told[-1].open("wb") as file:
            running.append(subprocess.Popen(
                [sys.executable, "-P", "-c", WORKER, f"w{len(told)}", str(until)],
                cwd=clones[number], env={**env, "DESK_USER": ("chen", "lin", "zhao")[number % 3]},
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=file,
                start_new_session=True,
            ))  # fmt: skip

    for number in range(4):
        start(number)
    killed = 0
    while time.time() < until - 1:
        time.sleep(drawn.uniform(0.3, 1.5))
        number = drawn.randrange(2)  # the others are never killed
        if running[number].poll() is None:
            os.killpg(running[number].pid, signal.SIGKILL)
            running[number].wait()
            killed += 1
            start(number)
            running[number] = running.pop()
    for process in running:
        process.wait()
    for _ in range(2):
        for clone in clones:
            assert synced(clone) == 0
    words = [line.split() for path in told for line in path.read_text().splitlines()]
    acknowledged = [word[1] for word in words if word[:1] == ["acknowledged"] and len(word) == 2]
    codes = Counter(word[1] for word in words if word[:1] == ["synced"] and len(word) == 2)
    said = [" ".join(word) for word in words if word[:1] not in (["acknowledged"], ["synced"])]
    assert set(codes) == {"0"}, [line for line in said if line.startswith("desk: ")]
    found = [tokens(clone) for clone in clones]
    assert all(one == found[0] for one in found)
    assert [token for token in acknowledged if found[0][token] != 1] == []
    assert synced(clones[0], "check") == 0
    return (
        f"syncs: 4 processes for {seconds:.0f} s, {killed} killed: {codes['0']} syncs, "
        f"{len(acknowledged)} acknowledged, {len(acknowledged)} found once"
    )


def tokens(clone: Path) -> Counter[str]:
    desk = store.Desk(str(clone))
    return Counter(event.text("text") for one in IDS for event in desk.read(one).log)


def test_nothing_is_lost(
    tmp_path: Path, figures: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
):
    figures(loops(tmp_path, 6, monkeypatch))


def test_a_full_disk_in_the_middle_loses_nothing(
    tmp_path: Path,
    disk_for_git: Path,
    figures: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
):
    clones = team(tmp_path, 2, monkeypatch)
    small, other = disk_for_git / "small", clones[1]
    git(tmp_path, "clone", "--quiet", "--config", "core.compression=0",
        str(tmp_path / "hub"), str(small))  # fmt: skip
    git(small, "config", "user.name", "chen")
    git(small, "config", "user.email", "chen@example.com")
    failed = 0
    for number in range(12):
        assert synced(small, "note", IDS[0], f"small-{number}") == 0
        assert synced(other, "note", IDS[0], f"other-{number}") == 0
        assert synced(other) == 0
        free = os.statvfs(disk_for_git).f_bavail * os.statvfs(disk_for_git).f_bsize
        filler = disk_for_git / "filler"
        filler.write_bytes(b"x" * max(free - 4096 * (number + 1), 0))
        failed += synced(small) != 0
        filler.unlink()
        ran = run(["-C", str(small), "--as", "chen", "sync"])
        assert ran.code == 0, ran
    assert failed
    assert synced(other) == 0
    wanted = {f"{who}-{number}" for who in ("small", "other") for number in range(12)}
    for clone in (small, other):
        assert wanted <= tokens(clone).keys()
        assert synced(clone, "check") == 0
    figures(f"syncs on a full disk: {failed} of 12 failed, 24 of 24 events found")


def test_a_remote_that_is_gone_for_a_while_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    one, two = team(tmp_path, 2, monkeypatch)
    assert synced(one, "note", IDS[0], "kept") == 0
    (tmp_path / "hub").rename(tmp_path / "away")
    assert synced(one) == 74
    assert git(one, "status", "--porcelain") == ""
    (tmp_path / "away").rename(tmp_path / "hub")
    assert (synced(one), synced(two), tokens(two)["kept"]) == (0, 0, 1)


@pytest.mark.long
def test_nothing_is_lost_in_a_minute(
    tmp_path: Path, figures: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
):
    figures(loops(tmp_path, 60, monkeypatch))
