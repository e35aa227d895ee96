"""A quick look at a folder, made in another process while this one starts.

Whoever asks the index for nothing but articles needs no more of the folder than this; so it can
begin before it is known what the index says.
"""

import os
from collections.abc import Callable
from functools import cache, partial
from itertools import islice
from typing import NamedTuple, TypeAlias

from desk import cores, stamps
from desk.stamps import Stamp

_MANY = 1500  # files, from which another process spares time


class Glance(NamedTuple):
    """The stamp of a folder (None: there is none) and the seal of its files; 0 tells nothing."""

    stamp: Stamp | None
    seal: int


Seen: TypeAlias = Callable[[], Glance]


def begun(path: str) -> Seen:
    """Look at a folder from now on; what is returned waits for what was seen."""
    if cores.count() == 1 or not _has_many(path):
        return partial(_glance, path)
    told = cores.told_beside(lambda: _encoded(_glance(path)))
    return cache(lambda: _decoded(told()))


def _has_many(path: str) -> bool:
    try:
        with os.scandir(path) as entries:
            return len(list(islice(entries, _MANY))) == _MANY
    except OSError:
        return False


def _glance(path: str) -> Glance:
    stamp = stamps.of_folder(path)
    if stamp is None:
        return Glance(None, stamps.sealed(()))
    try:
        return Glance(stamp, stamps.seal(path))
    except OSError:
        return Glance(stamp, 0)


def _encoded(seen: Glance) -> bytes:
    return " ".join(map(str, (*(seen.stamp or ()), seen.seal))).encode()


def _decoded(told: bytes) -> Glance:
    """What another process saw; it may have told nothing, or no more than a part."""
    try:
        *stamp, seal = map(int, told.split())
        return Glance(Stamp(*stamp) if stamp else None, seal)
    except (TypeError, ValueError):
        return Glance(None, 0)
