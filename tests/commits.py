"""Real git for the tests: a desk's folder as a repository, with commits of a given time."""

import os
import subprocess
from pathlib import Path


def git(folder: Path, *words: str, at: str = "2026-11-21T09:00:00+08:00", who: str = "陈伟") -> str:
    """Run git there, as somebody at a moment; what it prints."""
    email = {"陈伟": "chen@example.com", "林静": "lin@example.com"}.get(who, "x@example.com")
    identity = {
        f"GIT_{role}_{what}": value
        for role in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", who), ("EMAIL", email), ("DATE", at))
    }
    ran = subprocess.run(
        ["git", "-C", str(folder), *words],
        check=True, capture_output=True, text=True, env={**os.environ, **identity},
    )  # fmt: skip
    return ran.stdout.strip()


def repository(folder: Path) -> Path:
    """The folder as a new repository."""
    git(folder, "init", "--quiet", "--initial-branch=main")
    return folder


def commit(folder: Path, message: str = "x", **when: str) -> str:
    """Commit all that is there; the commit's name."""
    git(folder, "add", "--all", ".")
    git(folder, "commit", "--quiet", "--allow-empty", "-m", message, **when)
    return git(folder, "rev-parse", "HEAD")
