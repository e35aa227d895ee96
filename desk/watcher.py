"""What changes in a desk while it is watched: found by looking at the stamps of its files.

A folder's stamp moves when a file in it is created, removed or replaced, so the files of a
folder that stands still are not looked at, but for those that somebody may be writing in
place: of live tickets, and damaged ones. Every so often all are looked at.
"""

import json
import os
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from desk import changes, model, stamps, store
from desk.changes import Before, Change
from desk.errors import DamagedError, NotFoundError
from desk.model import Record, Ticket
from desk.stamps import Stamp
from desk.store import Desk

# Two looks at a file that agree, so many seconds apart: nobody is writing it.
SETTLING = 0.05
# A file that is missing or damaged for so many seconds is so: git and editors remove or empty one
# and write it anew.
AMISS = 0.5
# How often every file is looked at, in seconds.
ALL = 60.0


class _Read(NamedTuple):
    """A record as it was when it was last read; the head is packed JSON, as there are many."""

    title: str
    head: bytes
    events: frozenset[int]
    wanted: bool

    def unpacked(self) -> Before:
        """It, to compare a later state with."""
        return Before(json.loads(zlib.decompress(self.head)), self.events)


@dataclass(slots=True)
class _File:
    """A record's file: its stamp when it was looked at, what it held, what is wrong with it,
    and since when it is missing or damaged.
    """

    stamp: Stamp | None = None
    read: _Read | None = None
    damage: str = ""
    amiss_since: float | None = None


@dataclass(slots=True)
class _Folder:
    """A folder, its files by id, and the ids of those that are looked at each time."""

    stamp: Stamp | None = None
    files: dict[str, _File] = field(default_factory=dict)
    near: set[str] = field(default_factory=set)


class Watcher:
    """Looks at a desk again and again; each look gives the changes since the one before.

    They are those of desk.changes. Only changes of records that are `wanted`, before or
    after, are given. `on_damage` is told of each damaged file, once.
    """

    def __init__(
        self,
        desk: Desk,
        wanted: Callable[[Record], bool],
        on_damage: Callable[[DamagedError], None],
        pause: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._desk = desk
        self._wanted = wanted
        self._on_damage = on_damage
        self._pause = pause
        self._clock = clock
        self._folders: dict[str, _Folder] = {}
        self._all_by = 0.0

    @property
    def count(self) -> int:
        """How many records' files it knows."""
        return sum(len(folder.files) for folder in self._folders.values())

    def begin(self, since: float | None = None) -> list[Change]:
        """Read every record; what came later is found by `look`.

        Returns, in order of time, the new records and events from `since` on (seconds since
        1970), or none.
        """
        past: list[tuple[float, str, int, Change]] = []
        for name, record_id, stamp in list(self._suspects()):
            record = self._record(name, record_id, stamp)
            if record and self._keep(name, record, stamp).wanted and since is not None:
                past += _past(record, since)
        past.sort(key=lambda one: one[:3])
        return [change for *_, change in past]

    def look(self) -> Iterator[Change]:
        """The changes since the last look."""
        suspects = list(self._suspects())
        if suspects:
            self._pause(SETTLING)
        for name, record_id, stamp in suspects:
            if self._is_still(name, record_id, stamp):
                yield from self._compared(name, record_id, stamp)

    def _suspects(self) -> Iterator[tuple[str, str, Stamp | None]]:
        """(folder, id, stamp) of each file whose stamp is not the one that is known."""
        everything = self._clock() >= self._all_by
        if everything:
            self._all_by = self._clock() + ALL
        for name in dict.fromkeys((*self._desk.folders(), *self._folders)):
            folder = self._folders.setdefault(name, _Folder())
            looked = stamps.now()
            stamp = self._stamp(name)
            ids = set(folder.near)
            if everything or stamp is None or stamp != folder.stamp:
                ids.update(self._desk.ids_in(name), folder.files)
            folder.stamp = stamps.proven(stamp, looked) if stamp else None
            for record_id in sorted(ids):
                now = self._stamp(store.path_of(record_id))
                if now != folder.files.get(record_id, _File()).stamp:
                    yield name, record_id, now

    def _stamp(self, path: str) -> Stamp | None:
        return stamps.of_path(os.path.join(self._desk.root, path))

    def _is_still(self, name: str, record_id: str, stamp: Stamp | None) -> bool:
        """Whether the file has that stamp; if not, the next look sees to it."""
        still = self._stamp(store.path_of(record_id)) == stamp
        if not still:
            self._folders[name].near.add(record_id)
        return still

    def _compared(self, name: str, record_id: str, stamp: Stamp | None) -> Iterator[Change]:
        """What is new in a file whose stamp moved."""
        if stamp is None:
            yield from self._missing(name, record_id)
            return
        before = self._folders[name].files.get(record_id, _File()).read
        record = self._record(name, record_id, stamp)
        if not record or not self._is_still(name, record_id, stamp):
            return
        after = self._keep(name, record, stamp)
        if after.wanted or (before and before.wanted):
            yield from changes.between(before and before.unpacked(), record)

    def _missing(self, name: str, record_id: str) -> Iterator[Change]:
        """That a file was removed, once it has been missing for long enough."""
        folder = self._folders[name]
        file = folder.files[record_id]
        if not self._is_amiss_long(file):
            folder.near.add(record_id)
            return
        folder.near.discard(record_id)
        del folder.files[record_id]
        if file.read and file.read.wanted:
            yield changes.removed(record_id, file.read.title)

    def _record(self, name: str, record_id: str, stamp: Stamp | None) -> Record | None:
        """The record in a file, None where it cannot be read, which is told once."""
        try:
            return self._desk.read(record_id)
        except NotFoundError:
            self._folders[name].near.add(record_id)
        except DamagedError as error:
            if self._is_still(name, record_id, stamp):
                self._note_damage(name, record_id, stamp, error)
        return None

    def _note_damage(
        self, name: str, record_id: str, stamp: Stamp | None, error: DamagedError
    ) -> None:
        folder = self._folders[name]
        folder.near.add(record_id)
        file = folder.files.setdefault(record_id, _File())
        if not self._is_amiss_long(file):
            return
        file.stamp = stamp
        if file.damage != str(error):
            file.damage = str(error)
            self._on_damage(error)

    def _is_amiss_long(self, file: _File) -> bool:
        """Whether a file that is amiss now is so for long enough."""
        if file.amiss_since is None:
            file.amiss_since = self._clock()
        return self._clock() - file.amiss_since >= AMISS

    def _keep(self, name: str, record: Record, stamp: Stamp | None) -> _Read:
        """Remember the record as it is now."""
        folder = self._folders[name]
        live = isinstance(record, Ticket) and record.live
        folder.near.add(record.id) if live else folder.near.discard(record.id)
        head = zlib.compress(json.dumps(dict(record.head)).encode(), 1)
        events = changes.before(record).events
        read = _Read(record.title, head, events, self._wanted(record))
        folder.files[record.id] = _File(stamp, read)
        return read


def _past(record: Record, since: float) -> Iterator[tuple[float, str, int, Change]]:
    """(time, id, rank, change) of what happened to the record from then on."""
    line = model.by_time(record.log)
    begun = line[0][0] if line else 0.0
    if isinstance(record, Ticket):
        begun = min(begun or record.opened.timestamp(), record.opened.timestamp())
    if begun >= since:
        yield begun, record.id, -1, changes.created(record)
    for seconds, rank, event in line:
        if seconds >= since:
            yield seconds, record.id, rank, changes.happened(record, event)
