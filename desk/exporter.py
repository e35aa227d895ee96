"""Records to what other programs read: ndjson, CSV, an SQLite file, an event log.

Each takes records one by one and holds none of them, however many there are. What they look
like is described in docs/export.md; all but the event log can be taken back (restorer.py).
"""

import itertools
import json
from collections.abc import Iterable, Iterator
from datetime import UTC
from typing import IO

from desk import cells, codec, model, render
from desk.model import REQUESTER_FIELDS, Record, Ticket, Value

FORMATS = ("ndjson", "csv", "sqlite", "events")
# What an SQLite file says of itself: "desk" in ASCII, and the number of its layout.
APPLICATION_ID = 0x6465736B
LAYOUT = 1


def ndjson(records: Iterable[Record]) -> Iterator[str]:
    """Each record with its log as a line of JSON, keys as in its file."""
    for record in records:
        yield render.as_json(codec.as_dict(record), indent=None) + "\n"


def csv(records: Iterable[Record], spool: IO[str], *, articles: bool) -> Iterator[str]:
    """A header and a row a record, the log as JSON in the last column.

    The columns are known only when all have been seen; until then the rows are kept in
    `spool`, an empty file. With `articles` the fields of articles have columns too.
    """
    seen: set[str] = set()
    for record in records:
        row = cells.row(record)
        seen.update(row)
        spool.write(json.dumps(row) + "\n")
    names = cells.columns(seen, articles=articles)
    spool.seek(0)
    rows = (json.loads(line) for line in spool)
    lines = ([row.get(name, "") for name in names] for row in rows)
    yield from render.csv_lines(itertools.chain([names], lines))


# --- the event log -------------------------------------------------------------------------

# The names of the XES standard (IEEE 1849), which process-mining tools look for in a CSV file.
_EVENT = ("case:concept:name", "concept:name", "time:timestamp", "org:resource")
_OF_CASE = ("kind", "priority", "category", "team", "status")


def events(tickets: Iterable[Ticket]) -> Iterator[str]:
    """A CSV header and a row an event: a ticket's in order of time, all in UTC."""
    header = [*_EVENT, *(f"case:{name}" for name in _OF_CASE)]
    rows = (row for ticket in tickets for row in _events_of(ticket))
    yield from render.csv_lines(itertools.chain([header], rows))


def _events_of(ticket: Ticket) -> Iterator[list[str]]:
    case = [render.guarded(ticket.text(name)) for name in _OF_CASE]
    for _, _, event in model.by_time(ticket.log):
        at = event.when.astimezone(UTC).isoformat(timespec="milliseconds")
        yield [ticket.id, render.guarded(event.did), at, render.guarded(event.by), *case]


# --- SQLite --------------------------------------------------------------------------------

_HEAD = (
    *(name for name in model.TICKET_FIELDS if name != "requester"),
    *(f"requester_{name}" for name in REQUESTER_FIELDS),
)
_TABLES = {
    "tickets": _HEAD,
    "articles": model.ARTICLE_FIELDS,
    "custom": ("id", "field", "value"),
    "links": ("id", "how", "other"),
    "events": ("id", "n", "at", "by", "did", "change", "words"),
}
# Those that hold whole records.
WHOLE = ("tickets", "articles")


def sqlite(records: Iterable[Record], path: str) -> None:
    """Write the records into a new SQLite file at `path`, which must be empty or missing.

    Raises sqlite3.Error where the system refuses.
    """
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(path, isolation_level=None)) as base:
        # The file is new and thrown away where this stops, so nothing needs to be undone.
        base.execute("PRAGMA journal_mode = OFF")
        base.execute("PRAGMA synchronous = OFF")
        base.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        base.execute(f"PRAGMA user_version = {LAYOUT}")
        base.execute("BEGIN")
        for statement in _schema():
            base.execute(statement)
        for record in records:
            for table, rows in _rows(record).items():
                places = ", ".join("?" * (len(_TABLES[table]) + (table in WHOLE)))
                base.executemany(f"INSERT INTO {table} VALUES ({places})", rows)  # noqa: S608
        base.execute("COMMIT")


def _schema() -> Iterator[str]:
    """The statements that make the tables and what finds rows in them."""
    yield from map(table_of, _TABLES)
    yield "CREATE INDEX events_of ON events (id, n)"
    yield "CREATE INDEX links_of ON links (id)"
    yield "CREATE INDEX custom_of ON custom (field, id)"


def table_of(name: str) -> str:
    """The statement that makes that table."""
    kinds = dict.fromkeys(_TABLES[name], "TEXT")
    kinds |= {column: "INTEGER" for column in ("n", "major") if column in kinds}
    if name in WHOLE:
        kinds |= {"id": "TEXT PRIMARY KEY", "record": "TEXT NOT NULL"}
    if name == "custom":
        kinds["value"] = "BLOB"  # which SQLite leaves as it is: a number or a text
    return f"CREATE TABLE {name} ({', '.join(map(' '.join, kinds.items()))})"


def _rows(record: Record) -> dict[str, list[list[Value]]]:
    """The rows of a record in each table."""
    fields = codec.known_fields(type(record))
    own = {name: record.head.get(name) for name in fields}
    custom = [(name, value) for name, value in record.head.items() if name not in fields]
    if isinstance(record, Ticket):
        own |= {f"requester_{name}": record.requester.get(name) for name in REQUESTER_FIELDS}
    table = "tickets" if isinstance(record, Ticket) else "articles"
    whole = render.as_json(codec.as_dict(record), indent=None)
    return {
        table: [[*(_column(own[name]) for name in _TABLES[table]), whole]],
        "custom": [[record.id, name, _column(value)] for name, value in sorted(custom)],
        "links": [[record.id, how, other] for how, other in record.links],
        "events": [_event(record.id, codec.event_as_dict(event)) for event in record.log],
    }


def _event(record_id: str, event: dict[str, Value]) -> list[Value]:
    first = [event.pop(name) for name in ("n", "at", "by", "did")]
    change = event.pop("change", None)
    return [record_id, *first, _column(change), _column(event or None)]


def _column(value: Value) -> Value:
    """A value as SQLite has it: lists and mappings as JSON, true and false as 1 and 0."""
    return render.as_json(value, indent=None) if isinstance(value, dict | list) else value
