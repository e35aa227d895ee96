"""What `desk export` wrote, taken back: the same records, with the same ids.

A record that is not here yet is created; of one that is here otherwise the logs are united as
in a merge. docs/export.md describes the files.
"""

import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from desk import cells, codec, exporter, importrows, jsontext, merge, model, store, yamltext
from desk.errors import DamagedError, NotFoundError, RefusedError, StorageError, UsageError
from desk.importer import BATCH, NOBODY, Report, interrupted
from desk.importrows import Lines, Refusal
from desk.model import Event, Record
from desk.store import Desk, Transaction

if TYPE_CHECKING:
    import sqlite3

# A record's JSON can be longer than its file, which writes less of it as escapes.
LONGEST = 16 * yamltext.MAX_BYTES
_RECORD = "record"
_ENCODING = "utf-8-sig"
_SQLITE = b"SQLite format 3\0"
# A record as the file has it: JSON, the cells by their headers, or what is wrong with the row.
_Raw: TypeAlias = "str | Mapping[str, str] | DamagedError"


def form_of(path: Path) -> str:
    """In which of the formats the file is that can be taken back, empty where it is none.

    Raises UsageError where there is no file, DamagedError where it is no text either.
    """
    try:
        with path.open("rb") as file:
            start = file.read(len(_SQLITE))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}") from error
    if start == _SQLITE:
        return "sqlite"
    with importrows.opened(path, _ENCODING) as text:
        if text.read(1) in ("", "{"):  # of an empty desk there is nothing to write
            return "ndjson"
    with _field_limit(), importrows.opened(path, _ENCODING) as text:
        _, names = next(importrows.rows_of(Lines(text, LONGEST)), (1, []))
    return "csv" if {"id", cells.LOG} <= {*names} else ""


def restore(
    desk: Desk,
    path: Path,
    *,
    now: datetime,
    by: str,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
    batch: int = BATCH,
) -> Report:
    """Bring the records of an export into the desk; returns what became of its rows.

    The whole file is read once before anything is written. `progress` is told (records done,
    records in all) after each `batch`, which is one transaction. `now` and `by` are those of
    the `edit` event where a record that grows was edited by hand here.
    Raises UsageError where there is no file, DamagedError where it is no export of desk,
    BusyError and StorageError as the store does.
    """
    form = form_of(path)
    if not form:
        raise DamagedError("this is no export of desk: ndjson, CSV or SQLite", str(path))
    total = sum(1 for _ in _READERS[form](path))
    raws = _READERS[form](path)
    run = _Run(desk)
    progress(0, total)
    for done in range(0, total, batch):
        some = itertools.islice(raws, batch)
        try:
            with desk.changing(now, by) as transaction:
                run.take(some, transaction)
        except StorageError as error:
            raise interrupted(error, done, total, _RECORD) from error
        progress(min(done + batch, total), total)
    return run.report()


class _Run:
    """One import of an export: brings each record in, and counts."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._count: Counter[str] = Counter()
        self._refused: list[Refusal] = []

    def take(self, raws: Iterator[tuple[int, _Raw]], transaction: Transaction) -> None:
        """Bring those rows in."""
        for number, raw in raws:
            self._count["rows"] += 1
            try:
                self._bring_in(_record(raw), transaction)
            except (DamagedError, RefusedError) as error:
                self._refused.append(Refusal(number, str(error)))

    def _bring_in(self, record: Record, transaction: Transaction) -> None:
        try:
            if self._desk.text(store.path_of(record.id)) == codec.dump(record):
                self._count["unchanged"] += 1
                return
        except NotFoundError:
            pass
        try:
            ours = transaction.read(record.id)
        except NotFoundError:
            transaction.create(record)
            self._counted("created", len(record.log))
            return
        if ours.log and not record.log:
            raise RefusedError(f"{record.id} comes without its log; keep that as it was exported")
        both = _united(ours, _with_hand_edits(record))
        further = _contents(both) - _contents(ours)
        if not further:
            self._count["unchanged"] += 1
            return
        transaction.replace(both)
        self._counted("extended", len(further))

    def _counted(self, outcome: str, events: int) -> None:
        self._count[outcome] += 1
        self._count["events"] += events

    def report(self) -> Report:
        """What became of everything."""
        return Report(
            rows=self._count["rows"],
            repeated=0,
            created=self._count["created"],
            extended=self._count["extended"],
            unchanged=self._count["unchanged"],
            events=self._count["events"],
            refused=tuple(self._refused),
            differing=(),
            kept=(),
            ignored=(),
            missing=(),
            varying=(),
            dry_run=self._desk.dry_run,
            of=_RECORD,
        )


def _united(ours: Record, theirs: Record) -> Record:
    """Our record with the events of both; ours is what no event mentions, such as a description."""
    both = merge.merged(ours, theirs)
    mentioned = {name for event in both.log for name in event.change}
    own = {name: value for name, value in ours.head.items() if name not in mentioned}
    head = {name: value for name, value in both.head.items() if name in mentioned}
    return replace(both, head={**head, **own})


def _contents(record: Record) -> set[str]:
    return {event.content() for event in record.log}


def _with_hand_edits(record: Record) -> Record:
    """The record with what was edited by hand before the export as an event of its log.

    When and by whom nobody knows; it is written down the same whenever the file is taken.
    """
    last: Event | None = max(record.log, key=lambda event: event.seconds, default=None)
    return model.with_hand_edits(record, last.when, NOBODY) if last else record


def _record(raw: _Raw) -> Record:
    """Raises DamagedError for what is no record."""
    if isinstance(raw, DamagedError):
        raise raw
    return codec.from_dict(jsontext.parse(raw)) if isinstance(raw, str) else cells.record(raw)


# --- the rows of a file --------------------------------------------------------------------


def _json_lines(path: Path) -> Iterator[tuple[int, _Raw]]:
    with importrows.opened(path, _ENCODING) as file:
        number = 0
        while line := file.readline(LONGEST):
            number += 1
            if len(line) == LONGEST and line[-1] != "\n":
                while (rest := file.readline(LONGEST)) and rest[-1] != "\n":
                    pass
                yield number, DamagedError(f"longer than {LONGEST >> 20} MiB, which no record is")
            elif line.strip():
                yield number, line.strip()


def _csv_rows(path: Path) -> Iterator[tuple[int, _Raw]]:
    with _field_limit(), importrows.opened(path, _ENCODING) as file:
        rows = importrows.rows_of(Lines(file, LONGEST))
        header = _header(path, *next(rows, (1, [])))
        for line, found in rows:
            if isinstance(found, str):
                yield line, DamagedError(found)
            else:
                yield line, dict(zip(header, found, strict=True))


@contextmanager
def _field_limit() -> Iterator[None]:
    """Within the block a cell of a CSV file may be as long as a record's whole log."""
    import csv

    usual = csv.field_size_limit(LONGEST)
    try:
        yield
    finally:
        csv.field_size_limit(usual)


def _header(path: Path, line: int, names: list[str] | str) -> list[str]:
    if isinstance(names, str):
        raise DamagedError(names, str(path), line)
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise DamagedError(f"the column {twice!r} stands twice; keep one", str(path), line)
    if missing := [name for name in cells.TICKET_COLUMNS if name not in names]:
        raise DamagedError(
            f"the column {missing[0]!r} is missing, and would be taken for empty in every ticket; "
            "keep all columns of the export",
            str(path),
            line,
        )
    return names


def _sqlite_rows(path: Path) -> Iterator[tuple[int, _Raw]]:
    import sqlite3

    number = 0
    try:
        with closing(_opened(path)) as base:
            for table in _tables(base, path):
                for (raw,) in base.execute(f"SELECT record FROM {table} ORDER BY rowid"):  # noqa: S608
                    number += 1
                    yield number, _decoded(raw)
    except sqlite3.Error as error:
        raise DamagedError(f"this SQLite file cannot be read: {error}", str(path)) from error


def _opened(path: Path) -> "sqlite3.Connection":
    """A connection that reads only, and runs nothing that the file brings along."""
    import sqlite3
    from urllib.parse import quote

    base = sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro&immutable=1", uri=True)
    base.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST)
    base.execute("PRAGMA trusted_schema = OFF")
    base.execute("PRAGMA cell_size_check = ON")
    base.text_factory = bytes
    return base


def _tables(base: "sqlite3.Connection", path: Path) -> list[str]:
    """The tables that hold whole records.

    Raises DamagedError where they are not as an export has them: a view would be a program.
    """
    ((layout,),) = base.execute("PRAGMA user_version")
    ((application,),) = base.execute("PRAGMA application_id")
    if application != exporter.APPLICATION_ID:
        raise DamagedError("this SQLite file is no export of desk", str(path))
    if layout > exporter.LAYOUT:
        raise DamagedError("a newer desk exported this; bring it in with that one", str(path))
    made = dict(base.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'table'"))
    for name in exporter.WHOLE:
        if made.get(name.encode()) != exporter.table_of(name).encode():
            raise DamagedError(f"its table {name} is not as desk exports it", str(path))
    return list(exporter.WHOLE)


def _decoded(raw: object) -> _Raw:
    if not isinstance(raw, bytes):
        return DamagedError("the column record is no text")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return DamagedError("the column record is no UTF-8 text")


_READERS: Mapping[str, Callable[[Path], Iterator[tuple[int, _Raw]]]] = {
    "ndjson": _json_lines,
    "csv": _csv_rows,
    "sqlite": _sqlite_rows,
}
