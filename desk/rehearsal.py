"""A desk on which changes are tried and only remembered: what `--dry-run` works on.

Commands run on it as they run on any desk, and each sees what those before it have changed.
"""

import errno
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime

from desk.store import PICTURE_NAME, PICTURES, Desk, Transaction, path_of


class RehearsedDesk(Desk):
    """The desk in a folder with the changes tried so far; nothing is written, nothing locked."""

    dry_run = True

    def __init__(self, root: str) -> None:
        super().__init__(root)
        # What each file that was changed holds now, None where it was taken away.
        self.changed: dict[str, bytes | None] = {}
        self._added: dict[str, bytes] = {}

    @contextmanager
    def changing(self, at: datetime, by: str, *, noted: bool = False) -> Iterator[Transaction]:
        """A transaction that is remembered at the end of the block, dropped by an exception."""
        transaction = _Rehearsal(self, at, by)
        yield transaction
        transaction.commit()
        if noted:
            self._note(transaction.written())

    def add_private(self, name: str, line: bytes, most: int) -> None:  # noqa: ARG002 - is short
        """Remember a line at the end of a file in `.desk`."""
        self._added[name] = self._added.get(name, b"") + line

    def private(self, name: str) -> bytes | None:
        """What a file in `.desk` holds, with the lines that were added, None for nothing."""
        held = super().private(name)
        return (held or b"") + self._added[name] if name in self._added else held

    @property
    def tried(self) -> Collection[str]:  # type: ignore[override]
        """The paths of the files that were changed."""
        return self.changed.keys()

    def _bytes(self, path: str) -> bytes:
        if path not in self.changed:
            return super()._bytes(path)
        data = self.changed[path]
        if data is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        return data

    def _exists(self, path: str) -> bool:
        if path in self.changed:
            return self.changed[path] is not None
        return super()._exists(path)

    def _is_folder(self, path: str) -> bool:
        within = f"{path}/"
        if path in self.changed:
            return False
        return any(one.startswith(within) for one in self.changed) or super()._is_folder(path)

    def names(self, folder: str) -> list[str]:
        """The sorted names in a folder, with those of files that were tried."""
        within = f"{folder}/"
        found = set(super().names(folder))
        for path, data in self.changed.items():
            if path.startswith(within):
                name, _, below = path.removeprefix(within).partition("/")
                if data is not None:
                    found.add(name)
                elif not below:
                    found.discard(name)
        return sorted(found)


class _Rehearsal(Transaction):
    """Changes that are proven as any, and kept in memory."""

    def __init__(self, desk: RehearsedDesk, at: datetime, by: str) -> None:
        super().__init__(desk, at, by)
        self._remembered = desk.changed
        self._texts: dict[str, bytes | None] = {}

    def _open(self) -> None:
        """No folder is needed to write in."""

    def _write_temporary(self, name: str, data: bytes) -> None:
        is_picture = PICTURE_NAME.fullmatch(name)
        self._texts[f"{PICTURES}/{name}" if is_picture else path_of(name)] = data

    def commit(self) -> None:
        """Remember every change."""
        self._remembered.update(self._texts)
        self._remembered.update(dict.fromkeys(self._removed))
