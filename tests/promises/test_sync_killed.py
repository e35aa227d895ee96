"""A sync that is killed together with its git at any moment: the next one goes on."""

import os
import shutil
import signal
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.promises import calls, scene
from tests.team import git

POINTS = 6
SYNC = [sys.executable, "-P", "-m", "desk", "sync"]


class Syncing:
    """Two clones of a remote, `one` with changes of its own and changes to come."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.preloaded = folder / "kill_group.so"
        source = Path(__file__).with_name("kill_group.c")
        compiler = shutil.which("cc")
        if compiler is None:
            pytest.skip("there is no C compiler (cc) here")
        command = [compiler, "-shared", "-fPIC", "-O1", "-o", str(self.preloaded), str(source)]
        subprocess.run([*command, "-ldl"], check=True)
        (folder / "home").mkdir()
        (folder / "home" / ".gitconfig").write_text("[user]\nname = chen\nemail = c@example.com\n")
        self.first = folder / "first"
        self.first.mkdir()
        git(self.first, "init", "--quiet", "--bare", "--initial-branch=main", "hub")
        git(self.first, "clone", "--quiet", "hub", "one")
        self.done(self.first / "one", "init", ".")
        ids = [self.done(self.first / "one", "open", f"VPN {n}") for n in range(3)]
        self.done(self.first / "one", "sync")
        shutil.copytree(self.first / "one", self.first / "two")
        for ticket in ids:
            self.done(self.first / "two", "note", ticket, "theirs")
        self.done(self.first / "two", "open", "new there")
        self.done(self.first / "two", "sync")
        for ticket in ids[:2]:
            self.done(self.first / "one", "note", ticket, "ours")
        self.done(self.first / "one", "open", "new here")

    def desk(self, clone: Path, *words: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*SYNC[:-1], *words], cwd=clone, env=scene.environment(self.folder),
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        )  # fmt: skip

    def done(self, clone: Path, *words: str) -> str:
        ran = self.desk(clone, *words)
        assert ran.returncode == 0, ran
        return ran.stdout.strip()

    def killed(self, at: int) -> tuple[Path, int, int]:
        """A copy in which the sync of `one` was killed at a call, its code, and calls counted."""
        here = self.folder / f"killed{at}"
        shutil.copytree(self.first, here)
        for clone in ("one", "two"):
            git(here / clone, "remote", "set-url", "origin", str(here / "hub"))
        git(here / "one", "status")
        counter = here / "counter"
        counter.write_bytes(bytes(8))
        env = {
            **scene.environment(self.folder), "LD_PRELOAD": str(self.preloaded),
            "KILL_COUNTER": str(counter), "KILL_AT": str(at),
        }  # fmt: skip
        ran = subprocess.run(
            SYNC, cwd=here / "one", env=env, stdin=subprocess.DEVNULL, capture_output=True,
            check=False, start_new_session=True,
        )  # fmt: skip
        return here, ran.returncode, struct.unpack("=q", counter.read_bytes())[0]

    def wrong_after(self, here: Path) -> list[str]:
        """What is wrong when both clones have synced again."""
        runs = [self.desk(here / one, word) for one in ("one", "two") for word in ("sync", "check")]
        wrong = [f"{ran.args[-1]}: {ran.stderr}" for ran in runs if ran.returncode]
        trees = {git(here / one, "rev-parse", "HEAD:tickets") for one in ("one", "two")}
        wrong += ["the clones differ"] if len(trees) > 1 else []
        wrong += [git(here / one, "status", "--porcelain") for one in ("one", "two")]
        texts = [path.read_text() for path in (here / "two" / "tickets").rglob("*.yaml")]
        found = {
            word: sum(text.count(word) for text in texts)
            for word in ("text: ours", "text: theirs", "title: new here\n", "title: new there\n")
        }
        wrong += [] if list(found.values()) == [2, 3, 1, 1] else [f"found {found}"]
        return [sentence for sentence in wrong if sentence]


@pytest.fixture(scope="module")
def syncing(tmp_path_factory: pytest.TempPathFactory) -> Syncing:
    return Syncing(tmp_path_factory.mktemp("sync"))


def sweep(syncing: Syncing, count: int) -> str:
    whole, code, last = syncing.killed(0)
    assert (code, syncing.wrong_after(whole)) == (0, [])
    points = list(range(1, last))
    hit, wrong = 0, []
    for at in calls.spread(points, count, 0) if count else points:
        here, code, _ = syncing.killed(at)
        hit += code == -signal.SIGKILL
        wrong += [f"killed at {at}: {sentence}" for sentence in syncing.wrong_after(here)]
        shutil.rmtree(here)
    assert wrong == []
    # How many calls git makes differs by a few from run to run.
    assert hit >= (count or last) - 6
    return f"R1 kill: sync with its git: {hit} points tried, {len(wrong)} violations"


def test_the_next_sync_goes_on(syncing: Syncing, figures: Callable[[str], None]):
    figures(sweep(syncing, POINTS))


@pytest.mark.sweep
def test_the_next_sync_goes_on_after_a_kill_at_every_call(
    syncing: Syncing, figures: Callable[[str], None]
):
    figures(sweep(syncing, 0))


def test_a_beginning_of_a_file_is_put_back(syncing: Syncing):
    here, _, _ = syncing.killed(1)
    one = here / "one"
    syncing.done(one, "sync", "--no-push")
    target = git(one, "rev-parse", "HEAD")
    git(one, "reset", "--quiet", "--hard", "HEAD^")
    changed = git(one, "diff", "--name-only", "HEAD", target).splitlines()
    old, gone, *_, new = sorted(changed, key=lambda path: not (one / path).exists())
    whole = git(one, "show", f"{target}:{old}")
    (one / old).write_text(whole[:40])
    (one / gone).unlink()
    (one / new).write_text("")
    (one / ".desk" / "syncing").write_text(target)
    ran = syncing.desk(one, "sync")
    assert ran.returncode == 0
    first = min(old, gone, new)
    said = f"git had begun to write {first} and 2 more; put back as in the last commit\n"
    assert said in ran.stderr
    assert syncing.wrong_after(here) == []


def test_locks_in_a_remote_folder(syncing: Syncing):
    here, _, _ = syncing.killed(2)
    locks = [here / "hub" / "HEAD.lock", here / "hub" / "refs" / "heads" / "main.lock"]
    for lock in locks:
        lock.touch()
    os.remove(here / "one" / ".desk" / "syncing")
    ran = syncing.desk(here / "one", "sync")
    assert ran.returncode == 1
    assert "HEAD.lock and " in ran.stderr
    assert "remove them if a push that was killed has left them" in ran.stderr
    (here / "one" / ".desk" / "syncing").write_text("pushing")
    ran = syncing.desk(here / "one", "sync")
    assert ran.returncode == 0, ran
    assert [lock for lock in locks if lock.exists()] == []
    assert syncing.wrong_after(here) == []
