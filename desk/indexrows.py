"""The tables of the index, and how a record's file becomes rows of them."""

import functools
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TypeAlias, TypedDict

from desk import clockindex, cores, dates, experience, factindex, fields, fulltext, stamps, stored
from desk.errors import DamagedError, NotFoundError
from desk.experience import Experience, Lesson
from desk.fulltext import Texts
from desk.looking import Changes, File
from desk.model import LIVE, Article, Record, Ticket
from desk.stamps import Stamp
from desk.store import Desk

Progress: TypeAlias = Callable[[int, int], None]

_SPREAD = 500  # from about so many files reading on all cores is quicker

# `file` has what is asked of many records, `record` what is read of few; `opened` is in seconds
# since 1970. `sort_key` has what live tickets are sorted by, a row a field; `fact` and `pack` are
# those of factindex, `clock` is that of clockindex.
_TABLES = (
    "CREATE TABLE folder (path TEXT PRIMARY KEY, changed INTEGER, size INTEGER, inode INTEGER,"
    " seal INTEGER, ids TEXT, odd BLOB) WITHOUT ROWID",
    "CREATE TABLE file (number INTEGER PRIMARY KEY, folder TEXT NOT NULL, id TEXT NOT NULL,"
    " changed INTEGER, size INTEGER, inode INTEGER, rank INTEGER, external TEXT, damage TEXT,"
    " priority TEXT, opened REAL)",
    "CREATE TABLE record (number INTEGER PRIMARY KEY, head TEXT, log TEXT)",
    "CREATE TABLE sort_key (number INTEGER, field TEXT, key, PRIMARY KEY (number, field))"
    " WITHOUT ROWID",
    "CREATE TABLE word (word TEXT PRIMARY KEY, records INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE VIRTUAL TABLE text USING fts5 (title, body, log, content='',"
    f" tokenize='{fulltext.TOKENIZER}')",
    # Words are sorted in memory of so many bytes before they are written.
    "INSERT INTO text (text, rank) VALUES ('hashsize', 16777216)",
    *factindex.TABLES,
    *clockindex.TABLES,
    *experience.TABLES,
)
_INDEXES = (
    "CREATE UNIQUE INDEX file_id ON file (id)",
    "CREATE INDEX file_folder ON file (folder)",
    "CREATE INDEX file_to_look_at ON file (rank, folder, id, changed, size, inode) WHERE rank > 0",
    "CREATE INDEX file_external ON file (external) WHERE external != ''",
    "CREATE INDEX file_damage ON file (folder) WHERE damage IS NOT NULL",
    "CREATE INDEX file_pressing ON file (rank, priority, opened, id) WHERE priority IS NOT NULL",
)


def fill(connection: sqlite3.Connection, desk: Desk, changes: Changes, progress: Progress) -> int:
    """Make the tables from the files, all of which are among the changes; how many were read."""
    connection.execute("PRAGMA cache_size = -65536")
    for statement in _TABLES:
        connection.execute(statement)
    words: Counter[str] = Counter()
    for _, row in _read_rows(desk, changes.files, progress):
        if row is not None:
            _add(connection, row, words)
    for statement in _INDEXES:  # which is quicker than to keep them up meanwhile
        connection.execute(statement)
    _count_words(connection, words)
    _write_folders(connection, changes)
    return len(changes.files)


def write(connection: sqlite3.Connection, desk: Desk, changes: Changes, progress: Progress) -> int:
    """Bring the tables to what the files say; how many files were read for that."""
    words: Counter[str] = Counter()
    gone = {path for path, seen in changes.folders.items() if seen is None}
    files = [file for file in changes.files if file[0] not in gone]
    for folder in dict.fromkeys(folder for folder, _ in changes.files):
        factindex.forget_pack(connection, folder)
    unlearnt: list[Lesson] = []
    for folder, record_id in changes.files:
        if folder in gone:
            unlearnt += _remove(connection, record_id, words)
    for (_, record_id), row in _read_rows(desk, files, progress):
        unlearnt += _remove(connection, record_id, words)
        if row is not None:
            _add(connection, row, words)
    Experience(connection).forget(sorted(unlearnt))
    _count_words(connection, words)
    _write_folders(connection, changes)
    return len(files)


def _write_folders(connection: sqlite3.Connection, changes: Changes) -> None:
    for path, seen in changes.folders.items():
        connection.execute("DELETE FROM folder WHERE path = ?", (path,))
        if seen:
            values = (path, *seen.stamp, seen.seal, seen.ids, seen.odd)
            connection.execute("INSERT INTO folder VALUES (?,?,?,?,?,?,?)", values)


class Row(NamedTuple):
    """A record's file as the index has it; `damage` is [problem, path, line] as JSON.

    `head` and `log` are JSON too; a file that is no record has neither, nor texts. Only a
    ticket has `priority` and `opened`, in seconds since 1970, only a live one `sort_keys`.
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
    priority: str | None = None
    opened: float | None = None
    teaches: bool = False
    sort_keys: tuple[tuple[str, int | str], ...] = ()


def read_row(desk: Desk, file: File) -> Row | None:
    """The row of a record's file as it is now, None where there is none."""
    folder, record_id = file
    looked = stamps.now()
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
        damage = stored.encode([error.problem, error.path, error.line])
        return Row(folder, record_id, stamp, stored.LIVE, damage=damage)
    return Row(
        folder,
        record_id,
        stamp,
        _rank(record),
        record.text("external").casefold(),
        stored.head_of(record),
        stored.log_of(record),
        texts=fulltext.texts(record),
        teaches=experience.lesson(0, record) is not None,
        **_order(record),
    )


class _Order(TypedDict, total=False):
    priority: str
    opened: float
    sort_keys: tuple[tuple[str, int | str], ...]


def _order(record: Record) -> _Order:
    """What tickets are listed by."""
    if not isinstance(record, Ticket):
        return {}
    return {
        "priority": str(record.head.get("priority", "")),
        "opened": dates.seconds(str(record.head["opened"])),
        "sort_keys": tuple(fields.kept_keys(record)) if record.live else (),
    }


def _rank(record: Record) -> int:
    if isinstance(record, Article) or record.status == "resolved":
        return stored.UNENDED
    return stored.LIVE if record.status in LIVE else stored.ENDED


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


def _remove(
    connection: sqlite3.Connection, record_id: str, words: Counter[str]
) -> Iterator[Lesson]:
    """Remove a record's rows; its words are taken off `words`.

    Gives what was learnt from it.
    """
    query = "SELECT number, head, log FROM file LEFT JOIN record USING (number) WHERE id = ?"
    for number, head, log in connection.execute(query, (record_id,)).fetchall():
        if head is not None:
            record = stored.record(record_id, head, log.__str__)
            stood = fulltext.texts(record)
            words.subtract(fulltext.known_words(stood))
            connection.execute(
                "INSERT INTO text (text, rowid, title, body, log) VALUES ('delete', ?, ?, ?, ?)",
                (number, *stood),
            )
            connection.execute("DELETE FROM record WHERE number = ?", (number,))
            connection.execute("DELETE FROM sort_key WHERE number = ?", (number,))
            factindex.forget(connection, number)
            clockindex.forget(connection, number)
            connection.execute("DELETE FROM due WHERE number = ?", (number,))
            learnt = connection.execute("SELECT 1 FROM learnt WHERE number = ?", (number,))
            if learnt.fetchone() and (lesson := experience.lesson(number, record)):
                yield lesson
        connection.execute("DELETE FROM file WHERE number = ?", (number,))


def _add(connection: sqlite3.Connection, row: Row, words: Counter[str]) -> None:
    """Add a row; its words are added to `words`."""
    inserted = connection.execute(
        "INSERT INTO file (folder, id, changed, size, inode, rank, external, damage, priority,"
        " opened) VALUES (?,?,?,?,?,?,?,?,?,?)",
        (
            row.folder,
            row.id,
            *row.stamp,
            row.rank,
            row.external,
            row.damage,
            row.priority,
            row.opened,
        ),
    )
    if not row.texts:
        return
    number = inserted.lastrowid
    connection.execute("INSERT INTO record VALUES (?,?,?)", (number, row.head, row.log))
    if row.sort_keys:
        keys = [(number, *one) for one in row.sort_keys]
        connection.executemany("INSERT INTO sort_key VALUES (?,?,?)", keys)
    if row.teaches:
        connection.execute("INSERT INTO due VALUES (?)", (number,))
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
