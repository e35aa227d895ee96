"""The facts of tickets, kept in the index for the policy that they were worked out by.

Each ticket has a row of `fact`, and each folder that nothing came into or went from since has
all of them once more in one row of `pack`, so that most need no reading one by one.
"""

import math
import sqlite3
from collections.abc import Callable, Iterator
from functools import partial
from typing import cast
from urllib.parse import quote

from desk import cores, facts, stored
from desk.facts import Case
from desk.factset import FactSet, packed, unpacked
from desk.model import Ticket
from desk.promises import Promises

TABLES = (
    "CREATE TABLE policy (digest TEXT)",
    "CREATE TABLE fact (number INTEGER PRIMARY KEY, folder TEXT, last REAL, numbers BLOB,"
    " reopened TEXT)",
    "CREATE INDEX fact_folder ON fact (folder)",
    "CREATE INDEX fact_last ON fact (last)",
    # With a rowid: in a tree of long rows each comparison reads a whole one.
    "CREATE TABLE pack (folder TEXT PRIMARY KEY, last REAL, numbers BLOB, reopened TEXT)",
)
_NOT_PACKED = """
SELECT folder FROM (SELECT DISTINCT folder FROM file WHERE folder != 'kb')
WHERE folder NOT IN (SELECT folder FROM pack)
"""
_TICKETS = "SELECT number, folder FROM file WHERE damage IS NULL AND folder != 'kb'"
_WITHOUT = f"{_TICKETS} AND folder IN ({_NOT_PACKED}) AND number NOT IN (SELECT number FROM fact)"  # noqa: S608 - no text of others
_NUMBERED = "SELECT id, head, log FROM file JOIN record USING (number) WHERE number = ?"
_SPREAD = 2000  # from about so many tickets working them out on all cores is quicker

Fact = tuple[float, bytes, str]  # when the last thing happened, the facts, when it was reopened


def forget(connection: sqlite3.Connection, number: int) -> None:
    """Forget the facts of a ticket."""
    connection.execute("DELETE FROM fact WHERE number = ?", (number,))


def forget_pack(connection: sqlite3.Connection, folder: str) -> None:
    """Forget all facts together of that folder: something in it came, changed or went."""
    connection.execute("DELETE FROM pack WHERE folder = ?", (folder,))


def is_known(connection: sqlite3.Connection, digest: str) -> bool:
    """Whether the facts of all tickets are there, by the policy of that digest."""
    return (
        connection.execute("SELECT digest FROM policy").fetchall() == [(digest,)]
        and not connection.execute(f"{_NOT_PACKED} LIMIT 1").fetchone()
    )


def learn(
    connection: sqlite3.Connection, digest: str, promises: Promises, path: str | None
) -> None:
    """Work out the facts that are missing; where they are those of another policy, all.

    `path` is the file of that connection, which nobody else may write meanwhile.
    """
    stale = connection.execute("SELECT digest FROM policy").fetchall() != [(digest,)]
    missing = connection.execute(_TICKETS if stale else _WITHOUT).fetchall()
    found = [*_worked_out(connection, missing, promises, path)]
    if stale:
        connection.execute("DELETE FROM fact")
        connection.execute("DELETE FROM pack")
        connection.execute("DELETE FROM policy")
        connection.execute("INSERT INTO policy VALUES (?)", (digest,))
    connection.executemany(
        "INSERT INTO fact VALUES (?,?,?,?,?)",
        [(*of, *fact) for of, fact in zip(missing, found, strict=True)],
    )
    for (folder,) in connection.execute(_NOT_PACKED).fetchall():
        last, numbers, reopened = _pack(connection, folder)
        row = (folder, last, numbers, stored.encode(reopened))
        connection.execute("INSERT INTO pack VALUES (?,?,?,?)", row)


def _worked_out(
    connection: sqlite3.Connection,
    missing: list[tuple[int, str]],
    promises: Promises,
    path: str | None,
) -> Iterator[Fact]:
    """The facts of those tickets, worked out on all cores where they are many."""

    def begin() -> Callable[[tuple[int, str]], Fact]:
        # With no locks of its own: those of this process are not for a forked one to touch.
        own = sqlite3.connect(f"file:{quote(path or '')}?immutable=1", uri=True)
        return partial(_fact, own, promises)

    workers = cores.count() if path and len(missing) >= _SPREAD else 1
    if workers > 1:
        return cores.spread(missing, begin, workers)
    return (_fact(connection, promises, one) for one in missing)


def _fact(connection: sqlite3.Connection, promises: Promises, one: tuple[int, str]) -> Fact:
    case = facts.whole_case(ticket(connection, one[0]), promises)
    if case.facts is None:
        raise ValueError("a ticket has facts after its last event")
    reopened = case.facts.reopened
    return case.last, packed(case.facts), stored.encode(reopened) if reopened else ""


def ticket(connection: sqlite3.Connection, number: int) -> Ticket:
    """The ticket of that number."""
    ((record_id, head, log),) = connection.execute(_NUMBERED, (number,))
    return cast(Ticket, stored.record(record_id, head, log.__str__))


def cases(connection: sqlite3.Connection, since: float) -> Iterator[Case]:
    """The tickets to which something happened at `since` or later, with their facts."""
    query = "SELECT number, last, numbers, reopened FROM fact WHERE last >= ?"
    for number, last, numbers, reopened in connection.execute(query, (since,)):
        found = unpacked(numbers, tuple(stored.from_json(reopened)) if reopened else ())
        yield Case(partial(ticket, connection, number), last, found)


def settled(connection: sqlite3.Connection, before: float) -> FactSet:
    """The facts of the tickets to which nothing happened at `before` or later."""
    found = FactSet()
    if before == -math.inf:
        return found
    for folder, last, numbers, reopened in connection.execute("SELECT * FROM pack"):
        if last < before:
            found.extend(numbers, stored.from_json(reopened))
        else:
            found.extend(*_pack(connection, folder, before)[1:])
    return found


def _pack(
    connection: sqlite3.Connection, folder: str, before: float = math.inf
) -> tuple[float, bytes, list[tuple[int, list[float]]]]:
    """When the last thing happened in a folder before that moment, and the facts of its tickets.

    With the place of each ticket that was reopened and when.
    """
    query = "SELECT last, numbers, reopened FROM fact WHERE folder = ? AND last < ?"
    rows = connection.execute(query, (folder, before)).fetchall()
    reopened = [(at, stored.from_json(row[2])) for at, row in enumerate(rows) if row[2]]
    return max((row[0] for row in rows), default=-math.inf), b"".join(r[1] for r in rows), reopened
