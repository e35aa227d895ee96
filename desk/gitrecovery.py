"""What a sync that was killed leaves, put right: git's locks, and files that are half written.

A lock counts as left when it still stands after some time: git holds that of a reference for
moments, that of the index for as long as a command takes.
"""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from desk.git import Difference, Repository, local_path

_LEFT_AFTER, _INDEX_LEFT_AFTER = 1.0, 3.0
_OWN_LOCKS = ("index", "HEAD", "ORIG_HEAD", "packed-refs", "config")


def own_locks(repository: Repository) -> list[str]:
    """The locks of git that stand in a clone; no reference's name ends like a lock's."""
    found = [repository.private(f"{name}.lock") for name in _OWN_LOCKS]
    for folder, _, names in os.walk(repository.private("refs")):
        found += [os.path.join(folder, name) for name in names if name.endswith(".lock")]
    return [path for path in found if os.path.exists(path)]


def remote_locks(repository: Repository, remote: str, branch: str) -> list[str]:
    """The locks that keep others from pushing a branch to a remote that is a folder here."""
    url = repository.answer("remote", "get-url", "--push", "--end-of-options", remote).text
    folder = local_path(url)
    if folder is None or not os.path.isabs(folder):
        return []
    names = ("HEAD.lock", "packed-refs.lock", f"refs/heads/{branch}.lock")
    paths = [os.path.join(folder, git, name) for git in ("", ".git") for name in names]
    return [path for path in paths if os.path.exists(path)]


def remove_left(locks: Sequence[str]) -> Iterator[str]:
    """Remove those locks that still stand after a while; gives a sentence for each."""
    before = {path: _stamp(path) for path in locks}
    of_index = any(path.endswith("index.lock") for path in locks)
    deadline = time.monotonic() + (_INDEX_LEFT_AFTER if of_index else _LEFT_AFTER)
    while any(map(_stamp, locks)) and time.monotonic() < deadline:
        time.sleep(0.05)
    for path in locks:
        if before[path] and _stamp(path) == before[path]:
            with suppress(FileNotFoundError):
                os.unlink(path)
                yield f"{path} was left by a sync that was killed; it is removed"


def _stamp(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns


def put_back(repository: Repository, target: str) -> Iterator[str]:
    """Make files as in the last commit that git was writing as `target` has them.

    They hold what that has, or the beginning of it, or are gone. Gives a sentence where there
    are any.
    """
    head = repository.find_commit("HEAD")
    differing = (one for one in repository.differences(head, target) if one.new)
    found = list(_written(repository, [one for one in differing if _is_file(one)]))
    given = b"\0".join(os.fsencode(f":(top,literal){one.path}") for one in found if one.old)
    if given:
        files = ("--pathspec-from-file=-", "--pathspec-file-nul")
        repository.output("checkout", "--quiet", *files, "HEAD", given=given)
    for one in found:
        if not one.old:
            os.unlink(os.path.join(repository.top, one.path))
    if found:
        more = f" and {len(found) - 1} more" if len(found) > 1 else ""
        yield f"git had begun to write {found[0].path}{more}; put back as in the last commit"


def _is_file(one: Difference) -> bool:
    return one.mode.startswith("100") and (not one.old or one.old_mode.startswith("100"))


def _written(repository: Repository, differing: Sequence[Difference]) -> Iterator[Difference]:
    sides = [name for one in differing for name in (one.old, one.new) if name]
    blobs = repository.blobs(sides)
    for one in differing:
        old = next(blobs) if one.old else None
        new = next(blobs)
        path = Path(repository.top, one.path)
        there = path.read_bytes() if path.is_file() else None
        if there != old and new.startswith(there or b""):
            yield one
