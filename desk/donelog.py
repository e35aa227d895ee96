"""What the commands given in this clone wrote, so that the last one can be taken back (pure).

It stands in `.desk`, a line of JSON a command, and may be deleted at any time. Imports, and
what time or a merge did, are not in it.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

from desk import codec
from desk.model import UNDO, Event

FILE = "done.ndjson"
MOST = 1_000_000  # bytes of the file
_LONGEST = 400_000  # bytes of a line


class Done(NamedTuple):
    """What one command wrote: by record the (n, at) of its events; None where they are too many."""

    at: str
    records: dict[str, list[tuple[int, str]]] | None


def line(written: Mapping[str, Sequence[Event]]) -> bytes:
    """The line for a command that wrote those events; empty for one that is not kept."""
    events = {
        record_id: [one for one in log if one.did != UNDO and not one.words.get("by_hand")]
        for record_id, log in written.items()
    }
    events = {record_id: log for record_id, log in events.items() if log}
    if not events:
        return b""
    first = next(iter(events.values()))[0]
    entry: dict[str, object] = {"at": first.at, "by": first.by}
    did = [[one, [[event.n, event.at] for event in log]] for one, log in events.items()]
    text = _as_line({**entry, "did": did})
    return text if len(text) <= _LONGEST else _as_line({**entry, "did": None})


def _as_line(entry: Mapping[str, object]) -> bytes:
    return json.dumps(entry, ensure_ascii=False).encode() + b"\n"


def commands(data: bytes, by: str) -> Iterator[Done]:
    """What that person's commands wrote, the last first; lines that came to harm are left out."""
    for text in reversed(data.split(b"\n")):
        with suppress(ValueError, TypeError, KeyError, RecursionError):
            entry = json.loads(text)
            if entry["by"] == by:
                yield Done(str(entry["at"]), _records(entry["did"]))


def _records(did: object) -> dict[str, list[tuple[int, str]]] | None:
    if did is None:
        return None
    if not isinstance(did, list):
        raise TypeError("a list of what was written was expected")
    if not all(codec.ID_PATTERN.fullmatch(one) for one, _ in did):
        raise ValueError("an id was expected")
    return {one: [(int(n), str(at)) for n, at in log] for one, log in did}
