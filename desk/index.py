"""What the records' files say, kept ready in SQLite: derived, private, safe to delete.

A file is always right, the index never is; so before each answer the folder is looked at. A
month's folder is listed again when its stamp moved (a file in it was created, renamed, replaced
or removed). The files of records that are not ended are looked at one by one; an ended ticket is
trusted while its folder's stamp stands still, unless every file is to be looked at.

SQLite finds some corruption and not other. So the file is trusted only while it bears the time
of last change that desk gives it when it has written it: whoever else writes to it, or a kill
in the middle, moves that time, and the index is made anew. Where it cannot be written (a
folder that is read-only, a full disk, another command at work for long) a copy in memory serves.
"""

import functools
import heapq
import itertools
import json
import operator
import os
import sqlite3
import stat
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import Any, Literal, NamedTuple, TypeAlias, overload

from desk import cores, fulltext, stamps, store
from desk.errors import BusyError, DamagedError, NotFoundError, RefusedError
from desk.fulltext import Texts
from desk.model import LIVE, Article, Event, Record, Ticket
from desk.stamps import Stamp
from desk.store import Desk

VERSION = 2
FILE = ".desk/index.sqlite"
Progress: TypeAlias = Callable[[int, int], None]
OnDamage: TypeAlias = Callable[[DamagedError], None]

_FORGIVEN = str.maketrans("OIL", "011")
Among: TypeAlias = Literal["all", "unended", "live"]
# How far a record may still move: an ended ticket only by a reopening.
_ENDED, _UNENDED, _LIVE = 0, 1, 2
# The time of last change, in nanoseconds, of an index file that desk was the last to write.
_MARK = (1_000_000_000 + VERSION) * 1_000_000_000
_WAIT = 2.0  # seconds, for another command that writes the index
_SPREAD = 500  # from about so many files reading on all cores is quicker
_SCHEMA = f"""
CREATE TABLE folder (
    path TEXT PRIMARY KEY, changed INTEGER, size INTEGER, inode INTEGER, seal INTEGER
) WITHOUT ROWID;
CREATE TABLE file (
    number INTEGER PRIMARY KEY, folder TEXT NOT NULL, id TEXT NOT NULL UNIQUE,
    changed INTEGER, size INTEGER, inode INTEGER,
    rank INTEGER, external TEXT, damage TEXT
);
CREATE TABLE record (number INTEGER PRIMARY KEY, head TEXT, log TEXT);
CREATE INDEX file_folder ON file (folder);
CREATE INDEX file_to_look_at ON file (rank, folder, id, changed, size, inode) WHERE rank > 0;
CREATE INDEX file_external ON file (external) WHERE external != '';
CREATE INDEX file_damage ON file (folder) WHERE damage IS NOT NULL;
CREATE TABLE word (word TEXT PRIMARY KEY, records INTEGER NOT NULL) WITHOUT ROWID;
CREATE VIRTUAL TABLE text USING fts5 (
    title, body, log, content='', tokenize='{fulltext.TOKENIZER}'
);
"""


# "rank > 0" is what SQLite recognises the partial index by.
_RECORDS: Mapping[Among, str] = {
    "all": "SELECT id, head, log FROM file JOIN record USING (number)",
    "unended": "SELECT id, head, log FROM file JOIN record USING (number) WHERE rank > 0",
    "live": "SELECT id, head, log FROM file JOIN record USING (number) WHERE rank > 0 AND rank = 2",
}
_IDS_WITH = """
SELECT id FROM file
WHERE instr(replace(replace(replace(id, 'O', '0'), 'I', '1'), 'L', '1'), ?)
ORDER BY folder = 'kb', id
"""
_COUNTS = """
SELECT
    count(*) FILTER (WHERE folder != 'kb' AND damage IS NULL),
    count(*) FILTER (WHERE folder = 'kb' AND damage IS NULL),
    count(*) FILTER (WHERE rank = 2 AND damage IS NULL),
    count(*) FILTER (WHERE damage IS NOT NULL)
FROM file
"""


_HITS = """
SELECT id, score FROM (
    SELECT rowid AS number, bm25(text, 8.0, 2.0, 1.0) AS score FROM text WHERE text MATCH ?
) JOIN file USING (number) ORDER BY score, id DESC LIMIT ?
"""
_AT_ONCE = 50  # records that are read from a list of hits


class Row(NamedTuple):
    """A record's file as the index has it; `damage` is [problem, path, line] as JSON.

    `head` and `log` are JSON too; a file that is no record has neither, nor texts.
    """

    folder: str
    id: str
    stamp: Stamp
    rank: int
    external: str = ""
    head: str = ""
    log: str = ""
    damage: str | None = None
    texts: Texts | None = None


class Hit(NamedTuple):
    """A record that full text found; a smaller score is a better hit."""

    record: Record
    score: float


class State(NamedTuple):
    """What the index of a desk holds, how it is kept, and what this run did to it.

    `kept` is "file" or, where it cannot be written, "memory"; then `bytes` is 0.
    """

    tickets: int
    articles: int
    live: int
    damaged: int
    kept: str
    file: str
    bytes: int
    files_read: int
    made_anew: bool
    version: int
    sqlite: str


class StoredLog(Sequence[Event]):
    """A log that is read from the index when it is first asked for."""

    __slots__ = ("_events", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._events: tuple[Event, ...] | None = None

    def _all(self) -> tuple[Event, ...]:
        if self._events is None:
            self._events = tuple(_event(*entry) for entry in json.loads(self._text))
        return self._events

    @overload
    def __getitem__(self, place: int) -> Event: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Event, ...]: ...
    def __getitem__(self, place: int | slice) -> Event | tuple[Event, ...]:
        return self._all()[place]

    def __len__(self) -> int:
        return len(self._all())

    def __iter__(self) -> Iterator[Event]:
        return iter(self._all())

    def __eq__(self, other: object) -> bool:
        return self._all() == (other._all() if isinstance(other, StoredLog) else other)

    def __hash__(self) -> int:
        return hash(self._all())


def _event(n: int, at: str, by: str, did: str, change: dict[str, Any], words: Any) -> Event:
    return Event(n, at, by, did, {name: (was, to) for name, (was, to) in change.items()}, words)


def _record(record_id: str, head: str, log: str) -> Record:
    kind = Article if record_id.startswith("KB-") else Ticket
    return kind(json.loads(head), StoredLog(log))


# --- reading files ---------------------------------------------------------------------------

File: TypeAlias = tuple[str, str]  # folder, id


def read_row(desk: Desk, file: File) -> Row | None:
    """The row of a record's file as it is now, None where there is none."""
    folder, record_id = file
    looked = time.time_ns()
    stamp = stamps.of_path(f"{desk.root}/{folder}/{record_id}.yaml")
    if stamp is None:
        return None
    stamp = stamps.proven(stamp, looked)
    try:
        record = desk.read(record_id)
    except NotFoundError:
        return None
    except DamagedError as error:
        # Who may read it, or a failing disk, is no quality of the file.
        stamp = stamps.UNPROVEN if isinstance(error.__cause__, OSError) else stamp
        damage = _as_json([error.problem, error.path, error.line])
        return Row(folder, record_id, stamp, _LIVE, damage=damage)
    return Row(
        folder,
        record_id,
        stamp,
        _rank(record),
        record.text("external").casefold(),
        _as_json(dict(record.head)),
        _as_json([_entry(event) for event in record.log]),
        texts=fulltext.texts(record),
    )


def _entry(event: Event) -> list[Any]:
    return [event.n, event.at, event.by, event.did, dict(event.change), dict(event.words)]


def _rank(record: Record) -> int:
    if isinstance(record, Article) or record.status == "resolved":
        return _UNENDED
    return _LIVE if record.status in LIVE else _ENDED


def _as_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _read_rows(
    desk: Desk, files: Sequence[File], progress: Progress
) -> Iterator[tuple[File, Row | None]]:
    """Each file with its row; many are read on all cores."""
    workers = cores.count() if len(files) >= _SPREAD else 1
    if workers > 1:
        rows = cores.spread(files, lambda: functools.partial(read_row, Desk(desk.root)), workers)
    else:
        rows = (read_row(desk, file) for file in files)
    for done, (file, row) in enumerate(zip(files, rows, strict=True)):
        progress(done, len(files))
        yield file, row


# --- what has changed ------------------------------------------------------------------------


class Changes:
    """What a look at the folder found to differ from the index."""

    def __init__(self) -> None:
        self.folders: dict[str, tuple[Stamp, int] | None] = {}
        self.files: list[tuple[str, str]] = []

    def __bool__(self) -> bool:
        return bool(self.folders or self.files)


def _entries(path: str) -> dict[str, Stamp]:
    """The stamp of everything in a folder."""
    found = {}
    with os.scandir(path) as entries:
        for entry in entries:
            with suppress(FileNotFoundError):
                found[entry.name] = stamps.of(entry.stat(follow_symlinks=False))
    return found


def _sealed(found: Mapping[str, Stamp]) -> int:
    """One number for all those stamps."""
    return functools.reduce(operator.xor, map(hash, found.values()), 0)


def _seal(path: str) -> int:
    """The number that `_sealed` gives for all that is in a folder now."""
    seal = 0
    with os.scandir(path) as entries:
        for entry in entries:
            with suppress(FileNotFoundError):
                status = entry.stat(follow_symlinks=False)
                seal ^= hash((status.st_ctime_ns, status.st_size, status.st_ino))
    return seal


# --- the index -------------------------------------------------------------------------------


class Index:
    """The index of one desk. Every answer is as of a look at the folder made for it."""

    def __init__(self, desk: Desk, progress: Progress = lambda _done, _total: None) -> None:
        self._desk = desk
        self._progress = progress
        self._path = os.path.join(desk.root, FILE)
        self._private = False
        self._inode = 0
        self._open: sqlite3.Connection | None = None
        self._looked = (False, False)  # at every file, at all
        self._files_read = 0
        self._was_made_anew = False

    def __del__(self) -> None:
        if self._open:
            self._open.close()

    # --- answers ---------------------------------------------------------------------------

    def records(
        self, on_damage: OnDamage, *, every: bool = True, among: Among = "all"
    ) -> Iterator[Record]:
        """All records, those not ended, or live ones; `on_damage` is told of damaged files.

        With `every` each file is looked at first.
        """
        self.look(every=every)
        self.tell_damage(on_damage)
        for row in self._rows(_RECORDS[among]):
            yield _record(*row)

    def tell_damage(self, on_damage: OnDamage) -> None:
        """Tell of every damaged file."""
        self.look()
        for link in self._desk.linked_folders():
            on_damage(link)
        for (damage,) in self._rows(
            "SELECT damage FROM file WHERE damage IS NOT NULL ORDER BY folder = 'kb', folder, id"
        ):
            on_damage(DamagedError(*json.loads(damage)))

    def tickets(
        self, on_damage: OnDamage, *, every: bool = True, among: Among = "all"
    ) -> Iterator[Ticket]:
        """The tickets among `records`."""
        for record in self.records(on_damage, every=every, among=among):
            if isinstance(record, Ticket):
                yield record

    def field_names(self) -> set[str]:
        """The names of all fields in the heads of tickets."""
        self.look()
        names = (
            "SELECT DISTINCT key FROM file JOIN record USING (number), json_each(head)"
            " WHERE folder != 'kb'"
        )
        return {name for (name,) in self._rows(names)}

    def ids(self) -> list[str]:
        """The ids of all records whose file is in its place, tickets first, by id."""
        self.look()
        return [one for (one,) in self._rows("SELECT id FROM file ORDER BY folder = 'kb', id")]

    def named(self, part: str) -> str:
        """The id that `part` names: the id, an unambiguous part of it, or an outside number.

        Raises NotFoundError for none and for several (with the candidates).
        """
        if exact := self._desk.whole_id(part):
            return exact
        fits = self._ids_with(part.strip().upper().translate(_FORGIVEN))
        if len(fits) != 1 or not any(character.isalpha() for character in part):
            others = self.ids_of_external(part.strip())
            fits = others if len(fits) != 1 and others else list(dict.fromkeys(fits + others))
        if len(fits) == 1:
            return fits[0]
        if not fits:
            raise NotFoundError(f"no record is named {part!r}; `desk list --all` shows them")
        shown = ", ".join(fits[:8]) + (f" and {len(fits) - 8} more" if len(fits) > 8 else "")
        raise NotFoundError(f"{part!r} is part of {len(fits)} ids: {shown}; give more of it")

    def _ids_with(self, wanted: str) -> list[str]:
        """The ids that contain that part, or the one that is it; O is 0 in both, I and L are 1."""
        if not wanted:
            return []
        self.look()
        fits = [one for (one,) in self._rows(_IDS_WITH, wanted)]
        return [one for one in fits if one.translate(_FORGIVEN) == wanted] or fits

    def ids_of_external(self, number: str) -> list[str]:
        """The ids of the records that have that number elsewhere, whatever its case.

        Every file is looked at: nothing may be done to a ticket that gave its number away.
        """
        self.look(every=True)
        wanted = "SELECT id FROM file WHERE external = ? AND external != '' ORDER BY id"
        return [one for (one,) in self._rows(wanted, number.casefold())]

    def check_external_free(self, number: str) -> None:
        """Raise RefusedError if a record has that outside number already."""
        if taken := self.ids_of_external(number):
            raise RefusedError(f"external {number!r} is the number of {taken[0]} already")

    def search(self, match: str, limit: int = -1) -> Iterator[Hit]:
        """The hits of an FTS5 expression (see fulltext.match), the best first, then the newest.

        They are read as they are asked for; a negative `limit` is none.
        """
        self.look()
        hits = self._rows(_HITS, match, limit)
        for start in range(0, len(hits), _AT_ONCE):
            scores = dict(hits[start : start + _AT_ONCE])
            marks = ",".join("?" * len(scores))
            rows = self._rows(f"{_RECORDS['all']} WHERE id IN ({marks})", *scores)
            found = {record_id: (head, log) for record_id, head, log in rows}
            yield from (
                Hit(_record(one, *found[one]), scores[one]) for one in scores if one in found
            )

    def has(self, match: str) -> int:
        """How many records an FTS5 expression holds for."""
        self.look()
        ((count,),) = self._rows("SELECT count(*) FROM text WHERE text MATCH ?", match)
        return int(count)

    def words(self) -> list[str]:
        """The English words that occur in titles and descriptions, for corrections."""
        return [word for (word,) in self._rows("SELECT word FROM word")]

    def state(self) -> State:
        """The state of the index after a look at every file."""
        self.look(every=True)
        ((tickets, articles, live, damaged),) = self._rows(_COUNTS)
        return State(
            tickets,
            articles,
            live,
            damaged,
            kept="memory" if self._private else "file",
            file=FILE,
            bytes=0 if self._private else os.stat(self._path).st_size,
            files_read=self._files_read,
            made_anew=self._was_made_anew,
            version=VERSION,
            sqlite=sqlite3.sqlite_version,
        )

    def check(self) -> list[str]:
        """Make the index anew; what in the old one, after a look at every file, was otherwise.

        That is ids of records, or `full text`.
        """
        self.look(every=True)
        before, self._open = self._connection(), None
        after = self.rebuild()
        try:
            return _differences(before, after)
        except sqlite3.DatabaseError as error:
            return [f"the file itself ({error})"]
        finally:
            before.close()

    def _rows(self, query: str, *values: object) -> list[Any]:
        """The answer to a query; an index that SQLite finds damaged is made anew first."""
        try:
            return self._connection().execute(query, values).fetchall()
        except sqlite3.DatabaseError:
            self.rebuild()
            return self._connection().execute(query, values).fetchall()

    # --- looking at the folder -------------------------------------------------------------

    def look(self, *, every: bool = False) -> None:
        """Bring the index up to date with the folder, once in a run of the program.

        Raises StorageError where a folder cannot be listed.
        """
        self._connection()  # which looks at every file where it is made anew
        if self._looked >= (every, True):
            return
        try:
            changes = self._changes(every=every)
        except sqlite3.DatabaseError:
            self.rebuild()
            changes = self._changes(every=every)
        if changes:
            self._keep(changes)
        self._looked = (every, True)

    def look_again(self) -> None:
        """Forget that the folder was looked at: somebody may have changed it since."""
        self._looked = (False, False)

    def _changes(self, *, every: bool) -> Changes:
        connection = self._connection()
        changes = Changes()
        looked = time.time_ns()
        known = {path: row for path, *row in connection.execute("SELECT * FROM folder")}
        for folder in self._desk.folders():
            path = f"{self._desk.root}/{folder}"
            stamp = stamps.of_folder(path)
            *stood, seal = known.pop(folder, (0, 0, 0, 0))
            if stamp is None:
                self._note_gone(changes, folder)
            elif stood != list(stamp) or (every and (not seal or seal != _seal(path))):
                self._note_files(changes, folder, stamp, looked)
        for folder in known:
            self._note_gone(changes, folder)
        if not every:
            self._note_unended(changes)
        return changes

    def _stood(self, folder: str) -> dict[str, Stamp]:
        query = "SELECT id, changed, size, inode FROM file WHERE folder = ?"
        rows = self._connection().execute(query, (folder,))
        return {f"{record_id}.yaml": Stamp(*stamp) for record_id, *stamp in rows}

    def _note_files(self, changes: Changes, folder: str, stamp: Stamp, looked: int) -> None:
        """Note the files of a folder that came, went or changed."""
        stood = self._stood(folder)
        entries = _entries(f"{self._desk.root}/{folder}")
        for name, found in entries.items():
            if stood.pop(name, None) != found and store.is_in_place(folder, name):
                changes.files.append((folder, name.removesuffix(".yaml")))
        changes.files += [(folder, name.removesuffix(".yaml")) for name in stood]
        proven = all(stamps.proven(found, looked) == found for found in entries.values())
        changes.folders[folder] = stamps.proven(stamp, looked), _sealed(entries) if proven else 0

    def _note_gone(self, changes: Changes, folder: str) -> None:
        changes.folders[folder] = None
        changes.files += [(folder, name.removesuffix(".yaml")) for name in self._stood(folder)]

    def _note_unended(self, changes: Changes) -> None:
        """Note the files that changed of records that are not ended, in folders that did not."""
        query = "SELECT folder, id, changed, size, inode FROM file WHERE rank > 0"
        root, noted = self._desk.root, changes.folders
        for folder, record_id, *stood in self._connection().execute(query):
            if folder not in noted:
                found = stamps.of_path(f"{root}/{folder}/{record_id}.yaml")
                if found is None or stood != list(found):
                    changes.files.append((folder, record_id))

    # --- the file --------------------------------------------------------------------------

    def _connection(self) -> sqlite3.Connection:
        if not self._open and self._is_trusted():
            found = stamps.of_path(self._path)
            with suppress(sqlite3.DatabaseError):
                self._open = _connected(self._path)
            self._inode = found.inode if found else 0
        return self._open or self.rebuild()

    def _is_trusted(self) -> bool:
        """Whether the file bears desk's mark; another command may be about to set it."""
        if _is_marked(self._path) or not os.path.lexists(self._path):
            return _is_marked(self._path)
        with self._locked():
            return _is_marked(self._path)

    def _keep(self, changes: Changes) -> None:
        """Write what was found; where that cannot be, in a copy in memory."""
        connection = self._connection()
        if not self._private:
            with self._locked() as locked:
                if locked and self._is_still_trusted():
                    try:
                        self._write(connection, changes)
                        os.utime(self._path, ns=(_MARK, _MARK))
                        return
                    except (sqlite3.OperationalError, OSError):
                        connection.rollback()
            memory = _connected(":memory:")
            connection.backup(memory)
            connection = self._use(memory, private=True)
        self._write(connection, changes)

    def _is_still_trusted(self) -> bool:
        """Whether the file that is open is the one in place, and bears the mark."""
        found = stamps.of_path(self._path)
        return bool(found and found.inode == self._inode and _is_marked(self._path))

    def rebuild(self) -> sqlite3.Connection:
        """Make the index anew from the files, in memory where it cannot be written."""
        with self._locked() as locked:
            if locked:
                try:
                    return self._made_anew()
                except (sqlite3.OperationalError, OSError):
                    pass
        connection = self._use(_connected(":memory:"), private=True)
        self._fill(connection)
        return connection

    def _made_anew(self) -> sqlite3.Connection:
        new = f"{self._path}.new"
        with suppress(FileNotFoundError):
            os.unlink(new)
        try:
            connection = self._use(_connected(new), private=False)
            self._fill(connection)
            os.utime(new, ns=(_MARK, _MARK))
            os.replace(new, self._path)
        except BaseException:
            with suppress(OSError):
                os.unlink(new)
            raise
        found = stamps.of_path(self._path)
        self._inode = found.inode if found else 0
        return connection

    def _fill(self, connection: sqlite3.Connection) -> None:
        connection.executescript(_SCHEMA)
        self._was_made_anew, self._files_read = True, 0
        self._write(connection, self._changes(every=False))
        self._looked = (True, True)

    def _use(self, connection: sqlite3.Connection, *, private: bool) -> sqlite3.Connection:
        if self._open:
            self._open.close()
        self._open, self._private = connection, private
        return connection

    @contextmanager
    def _locked(self) -> Iterator[bool]:
        """Hold the lock for writing the index; False where it cannot be had soon."""
        with ExitStack() as stack:
            try:
                stack.enter_context(self._desk.locked("index.lock", _WAIT))
                locked = True
            except (BusyError, OSError):
                locked = False
            yield locked

    def _write(self, connection: sqlite3.Connection, changes: Changes) -> None:
        """Bring the tables to what the files say, in one transaction."""
        connection.execute("BEGIN IMMEDIATE")
        empty = not connection.execute("SELECT 1 FROM file LIMIT 1").fetchone()
        words: Counter[str] = Counter()
        gone = {path for path, seen in changes.folders.items() if seen is None}
        files = [file for file in changes.files if file[0] not in gone]
        for folder, record_id in changes.files:
            if folder in gone:
                _remove(connection, record_id, words)
        self._files_read += len(files)
        for (_, record_id), row in _read_rows(self._desk, files, self._progress):
            if not empty:
                _remove(connection, record_id, words)
            if row is not None:
                _add(connection, row, words)
        _count_words(connection, words)
        for path, seen in changes.folders.items():
            connection.execute("DELETE FROM folder WHERE path = ?", (path,))
            if seen:
                stamp, seal = seen
                connection.execute("INSERT INTO folder VALUES (?,?,?,?,?)", (path, *stamp, seal))
        connection.commit()


def _is_marked(path: str) -> bool:
    try:
        status = os.stat(path, follow_symlinks=False)
    except OSError:
        return False
    return stat.S_ISREG(status.st_mode) and status.st_mtime_ns == _MARK


def _connected(path: str) -> sqlite3.Connection:
    """A connection without a journal file: what a kill leaves half written bears no mark."""
    connection = sqlite3.connect(path, timeout=_WAIT, isolation_level=None)
    for pragma in ("journal_mode = MEMORY", "synchronous = NORMAL", "temp_store = MEMORY",
                   "trusted_schema = OFF"):  # fmt: skip
        connection.execute(f"PRAGMA {pragma}")
    return connection


_ALL_ROWS = """
SELECT id, folder, rank, external, damage, head, log
FROM file LEFT JOIN record USING (number) ORDER BY id
"""


def _differences(before: sqlite3.Connection, after: sqlite3.Connection) -> list[str]:
    """The ids of records that two indexes have otherwise, or `full text` if only that differs."""
    of_id = operator.itemgetter(0)
    rows = heapq.merge(before.execute(_ALL_ROWS), after.execute(_ALL_ROWS), key=of_id)
    groups = ((record_id, list(group)) for record_id, group in itertools.groupby(rows, key=of_id))
    if differing := [record_id for record_id, group in groups if group != group[:1] * 2]:
        return differing
    words = itertools.zip_longest(_vocabulary(before), _vocabulary(after))
    return [] if all(one == other for one, other in words) else ["full text"]


def _vocabulary(connection: sqlite3.Connection) -> sqlite3.Cursor:
    """Each word of the full text, with how many records have it and how often it stands there."""
    connection.execute("CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab(main, text, row)")
    return connection.execute("SELECT * FROM temp.vocabulary")


def _remove(connection: sqlite3.Connection, record_id: str, words: Counter[str]) -> None:
    """Remove a record's rows; its words are taken off `words`."""
    query = "SELECT number, head, log FROM file LEFT JOIN record USING (number) WHERE id = ?"
    for number, head, log in connection.execute(query, (record_id,)).fetchall():
        if head is not None:
            stood = fulltext.texts(_record(record_id, head, log))
            words.subtract(fulltext.known_words(stood))
            connection.execute(
                "INSERT INTO text (text, rowid, title, body, log) VALUES ('delete', ?, ?, ?, ?)",
                (number, *stood),
            )
            connection.execute("DELETE FROM record WHERE number = ?", (number,))
        connection.execute("DELETE FROM file WHERE number = ?", (number,))


def _add(connection: sqlite3.Connection, row: Row, words: Counter[str]) -> None:
    """Add a row; its words are added to `words`."""
    inserted = connection.execute(
        "INSERT INTO file (folder, id, changed, size, inode, rank, external, damage)"
        " VALUES (?,?,?,?,?,?,?,?)",
        (row.folder, row.id, *row.stamp, row.rank, row.external, row.damage),
    )
    if not row.texts:
        return
    number = inserted.lastrowid
    connection.execute("INSERT INTO record VALUES (?,?,?)", (number, row.head, row.log))
    connection.execute(
        "INSERT INTO text (rowid, title, body, log) VALUES (?,?,?,?)", (number, *row.texts)
    )
    words.update(fulltext.known_words(row.texts))


def _count_words(connection: sqlite3.Connection, words: Counter[str]) -> None:
    """Add to each word's count of records; one that no record has is no longer known."""
    connection.executemany(
        "INSERT INTO word VALUES (?, ?)"
        " ON CONFLICT (word) DO UPDATE SET records = records + excluded.records",
        [(word, count) for word, count in words.items() if count],
    )
    fewer = [(word,) for word, count in words.items() if count < 0]
    connection.executemany("DELETE FROM word WHERE word = ? AND records <= 0", fewer)
