"""What `desk sync` costs beside git's own merge; ratios within one run."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bench import desks
from tests.bench.timing import desk, environment, medians, output, seconds

_RUNS = 7


def git(where: Path, *words: str) -> str:
    return output("git", "-c", "user.name=x", "-c", "user.email=x@example.com", *words, cwd=where)


def clone(hub: Path, where: Path, name: str) -> Path:
    git(where, "clone", "--quiet", str(hub), name)
    git(where / name, "config", "user.name", name)
    git(where / name, "config", "user.email", f"{name}@example.com")
    return where / name


def change_all(where: Path, *verb: str) -> None:
    """A note in every ticket, committed."""
    ids = output(*desk("list", "--all", "--limit", "5000", "-f", "ids"), cwd=where)
    subprocess.run(
        desk(verb[0], "-", *verb[1:]), cwd=where, env=environment(), input=ids, text=True,
        check=True, capture_output=True,
    )  # fmt: skip
    git(where, "commit", "--quiet", "--all", "-m", verb[0])


@pytest.mark.scale
def test_a_thousand_tickets_that_both_changed(
    tmp_path: Path, figures: Callable[[str], None]
) -> None:
    desks.build(tmp_path / "start", 1000)
    hub = tmp_path / "hub"
    git(tmp_path, "clone", "--quiet", "--bare", str(tmp_path / "start"), str(hub))
    one, two, plain = (clone(hub, tmp_path, name) for name in ("one", "two", "plain"))
    change_all(two, "note", "--text", "from two")
    change_all(one, "note", "--text", "from one")
    git(one, "push", "--quiet")
    (plain / "x").write_text("x")
    git(plain, "add", "x")
    git(plain, "commit", "--quiet", "-m", "x")
    git(plain, "fetch", "--quiet")

    def merge() -> float:
        shutil.rmtree(tmp_path / "merging", ignore_errors=True)
        shutil.copytree(plain, tmp_path / "merging", symlinks=True)
        git(tmp_path / "merging", "status", "--short")
        command = ("git", "merge", "--quiet", "--no-edit", "origin/HEAD")
        return seconds(*command, cwd=tmp_path / "merging")

    def both_sides() -> Path:
        for name, source in (("syncing", two), ("syncing-hub", hub)):
            shutil.rmtree(tmp_path / name, ignore_errors=True)
            shutil.copytree(source, tmp_path / name, symlinks=True)
        where = tmp_path / "syncing"
        git(where, "remote", "set-url", "origin", str(tmp_path / "syncing-hub"))
        git(where, "status", "--short")
        return where

    def sync() -> float:
        return seconds(*desk("sync"), cwd=both_sides())

    def pull_and_push() -> float:
        where = both_sides()
        pull = ("git", "pull", "--quiet", "--no-rebase", "--no-edit", "--strategy-option=ours")
        return seconds(*pull, cwd=where) + seconds("git", "push", "--quiet", cwd=where)

    taken = medians(_RUNS, {"git": pull_and_push, "merge": merge, "sync": sync})
    subjects = git(tmp_path / "syncing", "log", "-1", "--format=%P")
    assert len(subjects.split()) == 2, "it was a merge"
    ratio = taken["sync"] / taken["merge"]
    figures(
        f"sync: 1,000 tickets that both changed {taken['sync']:.3f} s, "
        f"{ratio:.2f} x git merge of 1,000 files that one changed ({taken['merge']:.3f} s), "
        f"{taken['sync'] / taken['git']:.2f} x git pull, one side's lines kept, and git push "
        f"({taken['git']:.3f} s)"
    )
    assert ratio <= 3
