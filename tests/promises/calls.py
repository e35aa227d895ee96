"""The system calls of a command that touch its desk, and how to interrupt one of them."""

import re
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tests.promises import scene

TRACED = (
    "openat", "read", "pread64", "write", "fsync", "rename", "renameat", "renameat2", "link",
    "linkat", "unlink", "unlinkat", "mkdir", "mkdirat", "getdents64", "flock", "close",
)  # fmt: skip
# How SQLite writes, and how its file is marked.
OF_SQLITE = ("pwrite64", "fdatasync", "ftruncate", "utimensat")
CHANGING = ("write", "fsync", "rename", "renameat", "renameat2", "link", "linkat", "unlink",
            "unlinkat", "mkdir", "mkdirat", "flock", *OF_SQLITE)  # fmt: skip
_LINE = re.compile(r"(?:\d+ +)?([a-z0-9]+)\((.*)")


@dataclass(frozen=True)
class Call:
    """The `nth` call of that name in the life of the process."""

    name: str
    nth: int
    text: str

    @property
    def changes(self) -> bool:
        """Whether it may change what is on the disk."""
        if self.name == "openat":
            return "O_CREAT" in self.text
        return self.name in CHANGING and "EEXIST" not in self.text


@cache
def why_not() -> str:
    """Why calls cannot be interrupted here, empty where they can."""
    if sys.platform != "linux" or not shutil.which("strace"):
        return "strace is not here"
    done = subprocess.run(
        ["strace", "-o", "/dev/null", "-e", "inject=getcwd:error=EIO", "true"],
        capture_output=True,
        check=False,
    )
    return "" if done.returncode == 0 else "strace may not trace here"


def need_strace() -> None:
    if why_not():
        pytest.skip(why_not())


def trace(
    arguments: list[str], folder: Path, env: dict[str, str], traced: tuple[str, ...] = TRACED
) -> list[Call]:
    """The calls on files below the folder that the command makes, in order."""
    log = folder.parent / "trace"
    names = ",".join(traced)
    done = scene.run(arguments, folder, env, "strace", "-f", "-y", "-o", str(log),
                     "-e", f"trace={names}")  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    counts: Counter[str] = Counter()
    found = []
    for line in log.read_text(errors="replace").splitlines():
        if match := _LINE.match(line):
            counts[match[1]] += 1
            if _touches(match[2], folder):
                found.append(Call(match[1], counts[match[1]], line))
    return found


def _touches(arguments: str, folder: Path) -> bool:
    """Whether a call is about a file of the desk, or a name in one of its folders."""
    paths = re.findall(rf"<{re.escape(str(folder))}(/[^>]*)?>", arguments)
    absolute = f'"{folder}' in arguments
    return absolute or any(path or "AT_FDCWD" not in arguments for path in paths)


def interrupt(
    call: Call, how: str, arguments: list[str], folder: Path, env: dict[str, str]
) -> tuple[subprocess.CompletedProcess[bytes], str]:
    """Run the command with `how` (`signal=…`, `error=…`) done to that call; (ended, the call)."""
    log = folder.parent / "trace"
    inject = f"inject={call.name}:{how}:when={call.nth}"
    done = scene.run(arguments, folder, env, "strace", "-f", "-y", "-o", str(log),
                     "-e", f"trace={call.name}", "-e", inject)  # fmt: skip
    lines = log.read_text(errors="replace").splitlines()
    hit = next((line for line in lines if "INJECTED" in line or line.endswith("= ?")), "")
    return done, hit


def hit_the_desk(hit: str, folder: Path) -> bool:
    """Whether it was the desk that was hit, as it was meant."""
    return _touches(hit, folder)


def spread(items: list, count: int, offset: int) -> list:
    """So many of the items, evenly; another `offset` takes others."""
    if count >= len(items):
        return items
    step = len(items) / count
    return [items[int((n + offset % 7 / 7) * step)] for n in range(count)]
