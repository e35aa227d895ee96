"""The SQLite file of the index: which one is trusted, who may write it, where it is remade.

SQLite finds some corruption and not other. So the file is trusted only while it bears the time
of last change that desk gives it when it has written it: whoever else writes to it, or a kill
in the middle, moves that time, and the index is made anew. Where it cannot be written (a
folder that is read-only, a full disk, another command at work for long) a copy in memory serves.
"""

import os
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import TypeAlias

from desk import stamps
from desk.errors import BusyError
from desk.store import Desk

VERSION = 13
FILE = ".desk/index.sqlite"
Write: TypeAlias = Callable[[sqlite3.Connection], None]

# The time of last change, in nanoseconds, of an index file that desk was the last to write;
# some file systems keep even seconds only.
_MARK = (1_000_000_000 + 2 * VERSION) * 1_000_000_000
# What SQLite would play back into the file; desk writes none, so somebody else did.
_ASIDE = ("-journal", "-wal", "-shm")
_BUSY = 20.0  # seconds, for another command that moves a change into the file
_WAIT = 2.0  # seconds, for another command that writes the index


class IndexFile:
    """The file of one desk's index, or what stands in for it in memory.

    `fill` writes all tables into an empty database. `private` is whether it is in memory.
    """

    def __init__(self, desk: Desk, fill: Write) -> None:
        self._desk, self._fill = desk, fill
        self.path = os.path.join(desk.root, FILE)
        self._open: sqlite3.Connection | None = None
        self._inode = 0
        self.private = False

    def __del__(self) -> None:
        if self._open:
            self._open.close()

    def connection(self) -> sqlite3.Connection:
        """The open database, which is made anew if it is not trusted."""
        if not self._open and self.is_trusted():
            found = stamps.of_path(self.path)
            with suppress(sqlite3.DatabaseError):
                self._open = _connected(self.path)
                # Nobody who reads is kept out before the end of a change.
                self._open.execute("PRAGMA cache_spill = OFF")
            self._inode = found.inode if found else 0
        return self._open or self.rebuild()

    def reading(self) -> sqlite3.Connection:
        """A connection that sees one state from now on, until it is written or released."""
        connection = self.connection()
        if not connection.in_transaction:
            connection.execute("BEGIN")
        return connection

    def release(self) -> None:
        """Let others write again, after an answer that had to be of one state."""
        self.connection().rollback()

    @property
    def is_open(self) -> bool:
        """Whether it is open already."""
        return self._open is not None

    @property
    def size(self) -> int:
        """How many bytes the file has, 0 in memory."""
        return 0 if self.private else os.stat(self.path).st_size

    def is_trusted(self) -> bool:
        """Whether the file bears desk's mark; another command may be about to set it."""
        if _is_marked(self.path) or not os.path.lexists(self.path):
            return _is_marked(self.path)
        with self._locked():
            return _is_marked(self.path)

    def is_sound(self) -> bool:
        """Whether nobody was killed while writing what was read from the open file until now."""
        if self.private or self._is_still_trusted():
            return True
        with self._locked():  # another command may be about to set the mark
            return self._is_still_trusted()

    def leave(self) -> None:
        """Leave the open file for the one in place."""
        if self._open:
            self._open.close()
        self._open = None

    def take(self) -> sqlite3.Connection:
        """The open database, which is then the caller's to close."""
        connection, self._open = self.connection(), None
        return connection

    def distrust(self) -> None:
        """Take the mark off the file, so that the next command makes it anew."""
        with suppress(OSError):
            os.utime(self.path)

    def change(self, write: Write) -> None:
        """Write in one transaction; where that cannot be, in a copy in memory."""
        connection = self.connection()
        connection.rollback()
        if not self.private:
            with self._locked() as locked:
                if locked and self._is_still_trusted():
                    try:
                        _in_one(connection, write)
                        os.utime(self.path, ns=(_MARK, _MARK))
                        return
                    except (sqlite3.DatabaseError, OSError):
                        pass
            connection = self._copied(connection)
        _in_one(connection, write)

    def rebuild(self) -> sqlite3.Connection:
        """Make the index anew from the files, in memory where it cannot be written."""
        with self._locked() as locked:
            if locked:
                with suppress(sqlite3.DatabaseError, OSError):
                    return self._made_anew()
        return self.in_memory()

    def in_memory(self) -> sqlite3.Connection:
        """Make it anew in memory."""
        connection = self._use(_connected(":memory:"), private=True)
        _in_one(connection, self._fill)
        return connection

    def _made_anew(self) -> sqlite3.Connection:
        new = f"{self.path}.new"
        for left in (new, *(path + end for path in (new, self.path) for end in _ASIDE)):
            with suppress(FileNotFoundError):
                os.unlink(left)
        try:
            connection = self._use(_connected(new), private=False)
            _in_one(connection, self._fill)
            os.utime(new, ns=(_MARK, _MARK))
            os.replace(new, self.path)
        except BaseException:
            with suppress(OSError):
                os.unlink(new)
            raise
        found = stamps.of_path(self.path)
        self._inode = found.inode if found else 0
        return connection

    def _copied(self, connection: sqlite3.Connection) -> sqlite3.Connection:
        """A copy in memory; one that is made from the files where the open one may be torn."""
        if self._is_still_trusted():
            memory = _connected(":memory:")
            with suppress(sqlite3.DatabaseError):
                connection.backup(memory)
                return self._use(memory, private=True)
        return self.in_memory()

    def _is_still_trusted(self) -> bool:
        """Whether the file that is open is the one in place, and bears the mark."""
        found = stamps.of_path(self.path)
        return bool(found and found.inode == self._inode and _is_marked(self.path))

    def _use(self, connection: sqlite3.Connection, *, private: bool) -> sqlite3.Connection:
        if self._open:
            self._open.close()
        self._open, self.private = connection, private
        return connection

    @contextmanager
    def _locked(self) -> Iterator[bool]:
        """Hold the lock for writing the index; False where it cannot be had soon."""
        with ExitStack() as stack:
            if self._desk.dry_run:
                yield False
                return
            try:
                stack.enter_context(self._desk.locked("index.lock", _WAIT))
                locked = True
            except (BusyError, OSError):
                locked = False
            yield locked


def _is_marked(path: str) -> bool:
    try:
        status = os.stat(path, follow_symlinks=False)
    except OSError:
        return False
    if any(os.path.lexists(path + end) for end in _ASIDE):
        return False
    return stat.S_ISREG(status.st_mode) and status.st_mtime_ns == _MARK


def _connected(path: str) -> sqlite3.Connection:
    """A connection without a journal file: what a kill leaves half written bears no mark."""
    # An index that nobody uses any more may be swept up in another thread.
    connection = sqlite3.connect(path, timeout=_BUSY, isolation_level=None, check_same_thread=False)
    for pragma in ("journal_mode = MEMORY", "synchronous = NORMAL", "temp_store = MEMORY",
                   "trusted_schema = OFF"):  # fmt: skip
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _in_one(connection: sqlite3.Connection, write: Write) -> None:
    """Write in one transaction, or nothing of it."""
    connection.execute(f"PRAGMA busy_timeout = {_WAIT * 1000:.0f}")
    try:
        connection.execute("BEGIN IMMEDIATE")
        write(connection)
        connection.commit()
    except BaseException:
        connection.rollback()
        raise
    finally:
        connection.execute(f"PRAGMA busy_timeout = {_BUSY * 1000:.0f}")
