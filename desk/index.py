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
import json.scanner
import math
import operator
import os
import sqlite3
import stat
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from typing import Any, Literal, NamedTuple, TypeAlias, cast, overload

from desk import cores, facts, fulltext, model, stamps, store
from desk.errors import BusyError, DamagedError, NotFoundError, RefusedError, StorageError
from desk.facts import Case, Facts
from desk.fulltext import Texts
from desk.model import LIVE, Article, Event, Record, Ticket
from desk.promises import Promises
from desk.stamps import Stamp
from desk.store import Desk

VERSION = 3
FILE = ".desk/index.sqlite"
Progress: TypeAlias = Callable[[int, int], None]
OnDamage: TypeAlias = Callable[[DamagedError], None]

Among: TypeAlias = Literal["all", "unended", "live"]
# How far a record may still move: an ended ticket only by a reopening.
_ENDED, _UNENDED, _LIVE = 0, 1, 2
# The time of last change, in nanoseconds, of an index file that desk was the last to write;
# some file systems keep even seconds only.
_MARK = (1_000_000_000 + 2 * VERSION) * 1_000_000_000
# What SQLite would play back into the file; desk writes none, so somebody else did.
_ASIDE = ("-journal", "-wal", "-shm")
_BUSY = 20.0  # seconds, for another command that moves a change into the file
_TRIES = 3  # of an answer while other commands are killed
_WAIT = 2.0  # seconds, for another command that writes the index
_SPREAD = 500  # from about so many files reading on all cores is quicker
_FACTS = Facts._fields[:-1]  # but what they are grouped by
_SCHEMA = f"""
CREATE TABLE folder (
    path TEXT PRIMARY KEY, changed INTEGER, size INTEGER, inode INTEGER, seal INTEGER, ids TEXT
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
CREATE TABLE policy (digest TEXT);
CREATE TABLE fact (number INTEGER PRIMARY KEY, last REAL, {", ".join(_FACTS)});
CREATE TABLE word (word TEXT PRIMARY KEY, records INTEGER NOT NULL) WITHOUT ROWID;
CREATE VIRTUAL TABLE text USING fts5 (
    title, body, log, content='', tokenize='{fulltext.TOKENIZER}'
);
"""


_ADD_FACTS = f"INSERT INTO fact VALUES (?, ?{', ?' * len(_FACTS)})"  # noqa: S608 - no text of others
_FACTS_SINCE = "SELECT * FROM fact WHERE last >= ?"
# Most tickets were never reopened and have no clock that runs.
_PLAIN_FACTS_BEFORE = f"""
SELECT {", ".join(_FACTS[:-2])} FROM fact WHERE last < ? AND reopened = '' AND ahead = ''
"""  # noqa: S608
_OTHER_FACTS_BEFORE = f"""
SELECT {", ".join(_FACTS)} FROM fact WHERE last < ? AND (reopened != '' OR ahead != '')
"""  # noqa: S608
_WITHOUT_FACTS = """
SELECT number FROM file JOIN record USING (number)
WHERE folder != 'kb' AND number NOT IN (SELECT number FROM fact)
"""
_NUMBERED = "SELECT id, head, log FROM file JOIN record USING (number) WHERE number = ?"
_ALL = "SELECT id, head, log FROM file JOIN record USING (number)"
# "rank > 0" is what SQLite recognises the partial index by.
_UNENDED_ONES = """
SELECT number, id, inode, head FROM file JOIN record USING (number) WHERE rank > 0
"""
_LIVE_ONES = f"{_UNENDED_ONES} AND rank = 2"
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
    """A log that is read when it is first asked for, as JSON from the index."""

    __slots__ = ("_events", "_stored")

    def __init__(self, stored: Callable[[], str]) -> None:
        self._stored = stored
        self._events: tuple[Event, ...] | None = None

    def _all(self) -> tuple[Event, ...]:
        if self._events is None:
            self._events = tuple(_event(*entry) for entry in _from_json(self._stored()))
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


def _record(record_id: str, head: str, log: Callable[[], str]) -> Record:
    kind = Article if record_id.startswith("KB-") else Ticket
    return kind(_from_json(head), StoredLog(log))


def _from_json(text: str) -> Any:
    """What json.loads does without its wrappers, which take half of the time of a short text."""
    return _SCAN(text, 0)[0]


_SCAN = json.scanner.make_scanner(json.JSONDecoder())  # type: ignore[arg-type]
# What was just read from a file holds no circle.
_ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode


# --- reading files ---------------------------------------------------------------------------

File: TypeAlias = tuple[str, str]  # folder, id


def read_row(desk: Desk, file: File) -> Row | None:
    """The row of a record's file as it is now, None where there is none."""
    folder, record_id = file
    looked = time.time_ns()
    stamp = desk.stamp(f"{folder}/{record_id}.yaml")
    if stamp is None and not desk.dry_run:
        return None
    stamp = stamps.proven(stamp, looked) if stamp and not desk.dry_run else stamps.UNPROVEN
    try:
        record = desk.read(record_id)
    except NotFoundError:
        return None
    except DamagedError as error:
        # Who may read it, or a failing disk, is no quality of the file.
        stamp = stamps.UNPROVEN if isinstance(error.__cause__, OSError) else stamp
        damage = _ENCODE([error.problem, error.path, error.line])
        return Row(folder, record_id, stamp, _LIVE, damage=damage)
    return Row(
        folder,
        record_id,
        stamp,
        _rank(record),
        record.text("external").casefold(),
        _ENCODE(record.head),
        _ENCODE([_entry(event) for event in record.log]),
        texts=fulltext.texts(record),
    )


def _entry(event: Event) -> list[Any]:
    return [event.n, event.at, event.by, event.did, event.change, event.words]


def _rank(record: Record) -> int:
    if isinstance(record, Article) or record.status == "resolved":
        return _UNENDED
    return _LIVE if record.status in LIVE else _ENDED


def _read_rows(
    desk: Desk, files: Sequence[File], progress: Progress
) -> Iterator[tuple[File, Row | None]]:
    """Each file with its row; many are read on all cores."""
    workers = cores.count() if len(files) >= _SPREAD and not desk.dry_run else 1
    if workers > 1:
        rows = cores.spread(
            files, lambda: functools.partial(read_row, Desk(desk.root, keep_folder=True)), workers
        )
    else:
        rows = (read_row(desk, file) for file in files)
    for done, (file, row) in enumerate(zip(files, rows, strict=True)):
        progress(done, len(files))
        yield file, row


# --- what has changed ------------------------------------------------------------------------


class Folder(NamedTuple):
    """A folder as it was listed: its stamp, the number for its files, and their ids."""

    stamp: Stamp
    seal: int
    ids: str


class Changes:
    """What a look at the folder found to differ from the index."""

    def __init__(self) -> None:
        self.folders: dict[str, Folder | None] = {}
        self.files: list[tuple[str, str]] = []

    def __bool__(self) -> bool:
        return bool(self.folders or self.files)


def _entries(root: str, folder: str) -> dict[str, Stamp]:
    """The stamp of everything in a folder, nothing if it is gone by now.

    Raises StorageError where it cannot be listed.
    """
    found = {}
    try:
        with os.scandir(f"{root}/{folder}") as entries:
            for entry in entries:
                found[entry.name] = stamps.of_path(entry.path) or stamps.UNPROVEN
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise StorageError(f"{folder}: {error.strerror}") from error
    return found


def _sealed(found: Mapping[str, Stamp]) -> int:
    """One number for all those stamps."""
    return functools.reduce(operator.xor, map(hash, found.values()), 1)


def _beside(question: Callable[[], bool]) -> Callable[[], bool]:
    """Ask a question in a process of its own; what is returned waits for the answer."""
    child = os.fork()
    if not child:
        answer = False
        try:
            answer = question()
        finally:
            os._exit(not answer)
    return lambda: os.waitpid(child, 0)[1] == 0


def _seal(path: str) -> int:
    """The number that `_sealed` gives for all that is in a folder now."""
    seal = 1  # 0 is that of a folder whose files are not proven
    with os.scandir(path) as entries:
        for entry in entries:
            with suppress(OSError):
                status = entry.stat(follow_symlinks=False)
                seal ^= hash((status.st_ctime_ns, status.st_size, status.st_ino))
    return seal


def _is_sealed(path: str, seal: int) -> bool:
    """Whether a folder's files are those that the number was made for."""
    try:
        return bool(seal) and seal == _seal(path)
    except OSError:
        return False


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
        if among == "all":
            for record_id, head, log in self._reading().execute(_ALL):
                yield _record(record_id, head, log.__str__)
            self.release()
            return
        query = _LIVE_ONES if among == "live" else _UNENDED_ONES
        for number, record_id, inode, head in self._rows(query):
            yield _record(record_id, head, partial(self._log, number, record_id, inode))

    def tell_damage(self, on_damage: OnDamage) -> None:
        """Tell of every damaged file."""
        self.look()
        for link in self._desk.linked_folders():
            on_damage(link)
        for (damage,) in self._rows(
            "SELECT damage FROM file WHERE damage IS NOT NULL ORDER BY folder = 'kb', folder, id"
        ):
            on_damage(DamagedError(*_from_json(damage)))

    def _log(self, number: int, record_id: str, inode: int) -> str:
        """The log of a record, from its file where the index has another state of it by now."""
        query = "SELECT log FROM file JOIN record USING (number) WHERE number = ? AND inode = ?"
        found = self._rows(query, number, inode)
        if found and inode >= 0:
            log: str = found[0][0]
            return log
        try:
            return _ENCODE([_entry(event) for event in self._desk.read(record_id).log])
        except (NotFoundError, DamagedError):  # since it was listed
            return "[]"

    def tickets(
        self, on_damage: OnDamage, *, every: bool = True, among: Among = "all"
    ) -> Iterator[Ticket]:
        """The tickets among `records`."""
        for record in self.records(on_damage, every=every, among=among):
            if isinstance(record, Ticket):
                yield record

    def cases(self, on_damage: OnDamage, since: float = -math.inf) -> Iterator[Case]:
        """The tickets to which something happened at `since` or later, with their facts.

        The facts are of whole logs, by the policy of the desk. Every file is looked at first.
        """
        self.look(every=True)
        self.tell_damage(on_damage)
        self._learn_facts()
        for number, last, *row in self._reading().execute(_FACTS_SINCE, (since,)):
            yield Case(partial(self._ticket, number), last, _facts(row))

    def settled(self, before: float) -> list[Facts]:
        """The facts of the tickets to which nothing happened at `before` or later.

        Where there are many files, another process looks at every one meanwhile.
        """
        self.look()
        (count,) = self._rows("SELECT count(*) FROM file")[0]
        if self._looked[0] or count < _SPREAD or self._desk.dry_run:
            self.look(every=True)
            return self._settled(before)
        root, seals = self._desk.root, self._rows("SELECT path, seal FROM folder")
        unchanged = _beside(
            lambda: all(_is_sealed(f"{root}/{folder}", seal) for folder, seal in seals)
        )
        found = self._settled(before)
        if unchanged():
            self._looked = (True, True)
            return found
        self.look(every=True)
        return self._settled(before)

    def _settled(self, before: float) -> list[Facts]:
        self._learn_facts()
        connection = self._reading()
        plain = connection.execute(_PLAIN_FACTS_BEFORE, (before,))
        return [
            *itertools.starmap(Facts, plain),
            *(_facts(row) for row in connection.execute(_OTHER_FACTS_BEFORE, (before,))),
        ]

    def _reading(self) -> sqlite3.Connection:
        """A connection that sees one state of the index from now on, until it is written."""
        connection = self._connection()
        if not connection.in_transaction:
            connection.execute("BEGIN")
        return connection

    def _learn_facts(self) -> None:
        """Work out the facts of the tickets of which they are not known by this policy."""
        digest = self._desk.policy_digest
        known_by = self._rows("SELECT digest FROM policy")
        if known_by != [(digest,)] or self._rows(f"{_WITHOUT_FACTS} LIMIT 1"):
            self._change(partial(_add_facts, digest=digest, promises=self._desk.policy.promises))

    def _ticket(self, number: int) -> Ticket:
        ((record_id, head, log),) = self._connection().execute(_NUMBERED, (number,))
        return cast(Ticket, _record(record_id, head, log.__str__))

    def field_names(self) -> set[str]:
        """The names of all fields in the heads of tickets."""
        self.look()
        names = (
            "SELECT DISTINCT key FROM file JOIN record USING (number), json_each(head)"
            " WHERE folder != 'kb'"
        )
        return {name for (name,) in self._rows(names)}

    def named(self, part: str) -> str:
        """The id that `part` names: the id, an unambiguous part of it, or an outside number.

        Raises NotFoundError for none and for several (with the candidates).
        """
        if exact := self._desk.whole_id(part):
            return exact
        fits = self._ids_with(model.forgiven(part))
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
        """The ids that contain that part, or the one that is it, tickets first; see forgiven."""
        fits = []
        for ids in self._ids_by_folder() if wanted else ():
            if wanted in model.forgiven(ids):
                fits += [one for one in ids.split() if wanted in model.forgiven(one)]
        return [one for one in fits if model.forgiven(one) == wanted] or fits

    def _ids_by_folder(self) -> Iterator[str]:
        """The ids in each folder, in one text; a folder that changed is listed, not the index."""
        known: dict[str, list[Any]] = {}
        if not self._desk.dry_run and (self._open or self._is_trusted()):
            rows = self._rows("SELECT path, changed, size, inode, ids FROM folder")
            known = {path: row for path, *row in rows}
        for folder in self._desk.folders():
            *stood, ids = known.get(folder, (0, ""))
            stamp = stamps.of_folder(f"{self._desk.root}/{folder}")
            if stamp is not None and stood == list(stamp):
                yield ids
            else:
                yield " ".join(self._desk.ids_in(folder))

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
            rows = self._rows(f"{_ALL} WHERE id IN ({marks})", *scores)
            found = {record_id: (head, log) for record_id, head, log in rows}
            for record_id, score in scores.items():
                if record_id in found:
                    head, log = found[record_id]
                    yield Hit(_record(record_id, head, log.__str__), score)

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
        """The answer to a query, from an index that was whole meanwhile."""
        for _ in range(_TRIES):
            try:
                rows = self._connection().execute(query, values).fetchall()
            except sqlite3.DatabaseError:
                self.rebuild()
                continue
            if self._is_sound():
                return rows
            every, looked = self._looked
            self._open_again()
            if looked:
                self.look(every=every)
        self._in_memory()
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
            return
        if not self._is_sound():
            self._open_again()
            self.look(every=every)
            return
        if changes:
            self._change(partial(self._write, changes))
        self._looked = (every, True)

    def look_again(self) -> None:
        """Forget that the folder was looked at: somebody may have changed it since."""
        self._looked = (False, False)

    def _changes(self, *, every: bool) -> Changes:
        connection = self._connection()
        changes = Changes()
        looked = time.time_ns()
        query = "SELECT path, changed, size, inode, seal FROM folder"
        known = {path: row for path, *row in connection.execute(query)}
        for folder in self._desk.folders():
            path = f"{self._desk.root}/{folder}"
            stamp = stamps.of_folder(path)
            *stood, seal = known.pop(folder, (0, 0, 0, None))
            if stamp is None:
                if seal is not None:
                    self._note_gone(changes, folder)
            elif stood != list(stamp) or (every and not _is_sealed(path, seal)):
                self._note_files(changes, folder, stamp, looked)
        for folder in known:
            self._note_gone(changes, folder)
        if not every:
            self._note_unended(changes)
        for path in self._desk.tried:
            folder, _, name = path.rpartition("/")
            if store.is_in_place(folder, name):
                changes.files.append((folder, name.removesuffix(".yaml")))
        changes.files = list(dict.fromkeys(changes.files))
        return changes

    def _stood(self, folder: str) -> dict[str, Stamp]:
        query = "SELECT id, changed, size, inode FROM file WHERE folder = ?"
        rows = self._connection().execute(query, (folder,))
        return {f"{record_id}.yaml": Stamp(*stamp) for record_id, *stamp in rows}

    def _note_files(self, changes: Changes, folder: str, stamp: Stamp, looked: int) -> None:
        """Note the files of a folder that came, went or changed."""
        stood = self._stood(folder)
        entries = _entries(self._desk.root, folder)
        names = sorted(name for name in entries if store.is_in_place(folder, name))
        came = [name for name in names if stood.pop(name, None) != entries[name]]
        changes.files += [(folder, name.removesuffix(".yaml")) for name in (*came, *stood)]
        proven = all(stamps.proven(found, looked) == found for found in entries.values())
        changes.folders[folder] = Folder(
            stamps.proven(stamp, looked),
            _sealed(entries) if proven else 0,
            " ".join(name.removesuffix(".yaml") for name in names),
        )

    def _note_gone(self, changes: Changes, folder: str) -> None:
        changes.folders[folder] = None
        changes.files += [(folder, name.removesuffix(".yaml")) for name in self._stood(folder)]

    def _note_unended(self, changes: Changes) -> None:
        """Note the files that changed of records that are not ended, in folders that did not."""
        query = "SELECT folder, id, changed, size, inode FROM file WHERE rank > 0"
        root, noted = self._desk.root, changes.folders
        for folder, record_id, changed, size, inode in self._connection().execute(query):
            if folder in noted:
                continue
            try:
                found = os.lstat(f"{root}/{folder}/{record_id}.yaml")
            except OSError:
                changes.files.append((folder, record_id))
                continue
            if changed != found.st_ctime_ns or size != found.st_size or inode != found.st_ino:
                changes.files.append((folder, record_id))

    # --- the file --------------------------------------------------------------------------

    def _connection(self) -> sqlite3.Connection:
        if not self._open and self._is_trusted():
            found = stamps.of_path(self._path)
            with suppress(sqlite3.DatabaseError):
                self._open = _connected(self._path)
                # Nobody who reads is kept out before the end of a change.
                self._open.execute("PRAGMA cache_spill = OFF")
            self._inode = found.inode if found else 0
        return self._open or self.rebuild()

    def _is_trusted(self) -> bool:
        """Whether the file bears desk's mark; another command may be about to set it."""
        if _is_marked(self._path) or not os.path.lexists(self._path):
            return _is_marked(self._path)
        with self._locked():
            return _is_marked(self._path)

    def _is_sound(self) -> bool:
        """Whether nobody was killed while writing what was read from the open file until now."""
        if self._private or self._is_still_trusted():
            return True
        with self._locked():  # another command may be about to set the mark
            return self._is_still_trusted()

    def _open_again(self) -> None:
        """Leave the open file for the one in place."""
        if self._open:
            self._open.close()
        self._open, self._looked = None, (False, False)

    def _change(self, write: Callable[[sqlite3.Connection], None]) -> None:
        """Write in one transaction; where that cannot be, in a copy in memory."""
        connection = self._connection()
        connection.rollback()
        if not self._private:
            with self._locked() as locked:
                if locked and self._is_still_trusted():
                    try:
                        _in_one(connection, write)
                        os.utime(self._path, ns=(_MARK, _MARK))
                        return
                    except (sqlite3.DatabaseError, OSError):
                        pass
            connection = self._copied(connection)
        _in_one(connection, write)

    def _copied(self, connection: sqlite3.Connection) -> sqlite3.Connection:
        """A copy in memory; one that is made from the files where the open one may be torn."""
        if self._is_still_trusted():
            memory = _connected(":memory:")
            with suppress(sqlite3.DatabaseError):
                connection.backup(memory)
                return self._use(memory, private=True)
        return self._in_memory()

    def _is_still_trusted(self) -> bool:
        """Whether the file that is open is the one in place, and bears the mark."""
        found = stamps.of_path(self._path)
        return bool(found and found.inode == self._inode and _is_marked(self._path))

    def release(self) -> None:
        """Let others write the index again, after an answer that had to be of one state."""
        self._connection().rollback()

    def distrust(self) -> None:
        """Take the mark off the file, so that the next command makes it anew."""
        with suppress(OSError):
            os.utime(self._path)

    def rebuild(self) -> sqlite3.Connection:
        """Make the index anew from the files, in memory where it cannot be written."""
        with self._locked() as locked:
            if locked:
                with suppress(sqlite3.DatabaseError, OSError):
                    return self._made_anew()
        return self._in_memory()

    def _in_memory(self) -> sqlite3.Connection:
        connection = self._use(_connected(":memory:"), private=True)
        self._fill(connection)
        return connection

    def _made_anew(self) -> sqlite3.Connection:
        new = f"{self._path}.new"
        for left in (new, *(path + end for path in (new, self._path) for end in _ASIDE)):
            with suppress(FileNotFoundError):
                os.unlink(left)
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
        _in_one(connection, partial(self._write, self._changes(every=False)))
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
            if self._desk.dry_run:
                yield False
                return
            try:
                stack.enter_context(self._desk.locked("index.lock", _WAIT))
                locked = True
            except (BusyError, OSError):
                locked = False
            yield locked

    def _write(self, changes: Changes, connection: sqlite3.Connection) -> None:
        """Bring the tables to what the files say."""
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
                values = (path, *seen.stamp, seen.seal, seen.ids)
                connection.execute("INSERT INTO folder VALUES (?,?,?,?,?,?)", values)


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
    connection = sqlite3.connect(
        path, timeout=_BUSY, isolation_level=None, check_same_thread=False
    )
    for pragma in ("journal_mode = MEMORY", "synchronous = NORMAL", "temp_store = MEMORY",
                   "trusted_schema = OFF"):  # fmt: skip
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _in_one(connection: sqlite3.Connection, write: Callable[[sqlite3.Connection], None]) -> None:
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


def _add_facts(connection: sqlite3.Connection, digest: str, promises: Promises) -> None:
    """Add the facts that are missing; where they are those of another policy, all are."""
    if connection.execute("SELECT digest FROM policy").fetchall() != [(digest,)]:
        connection.execute("DELETE FROM fact")
        connection.execute("DELETE FROM policy")
        connection.execute("INSERT INTO policy VALUES (?)", (digest,))
    for (number,) in connection.execute(_WITHOUT_FACTS).fetchall():
        ((record_id, head, log),) = connection.execute(_NUMBERED, (number,))
        ticket = cast(Ticket, _record(record_id, head, log.__str__))
        case = facts.whole_case(ticket, promises)
        if case.facts:
            *plain, reopened, ahead, _ = case.facts
            row = (number, case.last, *plain, _listed(reopened), _listed(ahead))
            connection.execute(_ADD_FACTS, row)


def _facts(row: Sequence[Any]) -> Facts:
    """The facts in a row of their table."""
    *plain, reopened, ahead = row
    lists = (_from_json(text) if text else () for text in (reopened, ahead))
    return Facts._make((*plain, *lists, ((),)))


def _listed(items: tuple[Any, ...]) -> str:
    return _ENCODE(items) if items else ""


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
            stood = fulltext.texts(_record(record_id, head, log.__str__))
            words.subtract(fulltext.known_words(stood))
            connection.execute(
                "INSERT INTO text (text, rowid, title, body, log) VALUES ('delete', ?, ?, ?, ?)",
                (number, *stood),
            )
            connection.execute("DELETE FROM record WHERE number = ?", (number,))
            connection.execute("DELETE FROM fact WHERE number = ?", (number,))
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
