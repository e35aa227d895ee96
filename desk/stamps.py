"""Whether files and folders have changed since they were looked at.

A stamp is the time of a file's last change of content or attributes (ctime, which no program
can set), its size and its inode. Time stamps move in ticks of some milliseconds on most file
systems and of two seconds on some: what was touched so shortly before it was looked at that it
may change again within the tick gets a stamp that equals no other, and is looked at again.
"""

import os
import stat
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import NamedTuple

_TICK = 50_000_000  # nanoseconds; the longest tick of Linux and macOS is 10 ms
_COARSE_TICK = 2_100_000_000  # where only whole seconds are kept


_LARGEST = (1 << 63) - 1  # that SQLite keeps; file systems of the network have larger inodes


class Stamp(NamedTuple):
    """Nanoseconds since 1970, bytes, number of the inode."""

    changed: int
    size: int
    inode: int


UNPROVEN = Stamp(-1, -1, -1)

_COARSE_CLOCK = 5  # Linux's CLOCK_REALTIME_COARSE, for which Python has no name


def now() -> int:
    """The moment in nanoseconds since 1970 by the clock that file systems stamp files with.

    On a busy machine that one may be a good while behind the clock of programs.
    """
    clock = time.time_ns()
    if sys.platform == "linux":
        with suppress(OSError):
            return min(clock, time.clock_gettime_ns(_COARSE_CLOCK))
    return clock


def of(status: os.stat_result) -> Stamp:
    """The stamp that a file or folder has now."""
    return Stamp(status.st_ctime_ns, status.st_size, inode(status))


def inode(status: os.stat_result) -> int:
    """The number of an inode as a stamp has it."""
    return status.st_ino & _LARGEST


def proven(stamp: Stamp, looked: int) -> Stamp:
    """The stamp if it will be another after any later change, else UNPROVEN.

    `looked` is when it was looked at, or shortly before, by `now`.
    """
    tick = _TICK if stamp.changed % 1_000_000_000 else _COARSE_TICK
    return stamp if stamp.changed < looked - tick else UNPROVEN


def of_path(path: str, folder: int | None = None) -> Stamp | None:
    """The stamp of what is at the path, of a link its own; None where there is nothing.

    The path is from the folder of that handle, if there is one.
    """
    try:
        return of(os.stat(path, dir_fd=folder, follow_symlinks=False))
    except OSError:
        return None


def of_folder(path: str) -> Stamp | None:
    """The stamp of a folder; None where there is none, or a link to one."""
    try:
        status = os.stat(path, follow_symlinks=False)
    except OSError:
        return None
    return of(status) if stat.S_ISDIR(status.st_mode) else None


def sealed(found: Iterable[Stamp]) -> int:
    """One number for the stamps of all that is in a folder; two links to one file have the same."""
    return sum(map(hash, found), 1) & _LARGEST


def seal(path: str) -> int:
    """The number that `sealed` gives for all that is in a folder now; raises OSError."""
    found = 1  # 0 is that of a folder whose files are not proven
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)  # from which names are found sooner
    try:
        with os.scandir(handle) as entries:
            for entry in entries:
                try:  # suppress() would take a fifth of the time
                    status = entry.stat(follow_symlinks=False)
                except OSError:
                    continue
                found += hash((status.st_ctime_ns, status.st_size, status.st_ino & _LARGEST))
    finally:
        os.close(handle)
    return found & _LARGEST
