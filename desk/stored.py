"""Records as JSON, as the index keeps them."""

import json
import json.scanner
from collections.abc import Callable, Iterator, Sequence
from typing import Any, overload

from desk import codec
from desk.model import Article, Event, Record, Ticket

# How far a record may still move: an ended ticket only by a reopening.
ENDED, UNENDED, LIVE = 0, 1, 2


class StoredLog(Sequence[Event]):
    """A log that is read when it is first asked for, as JSON from the index."""

    __slots__ = ("_events", "_stored")

    def __init__(self, stored: Callable[[], str]) -> None:
        self._stored = stored
        self._events: tuple[Event, ...] | None = None

    def _all(self) -> tuple[Event, ...]:
        if self._events is None:
            self._events = tuple(_event(*entry) for entry in from_json(self._stored()))
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


def head_of(record: Record) -> str:
    """The head as JSON, such as a line of ndjson has it."""
    return _spaced(codec.as_dict(record, log=False))


def log_of(record: Record) -> str:
    """The log as JSON."""
    return encode([[e.n, e.at, e.by, e.did, e.change, e.words] for e in record.log])


def record(record_id: str, head: str, log: Callable[[], str]) -> Record:
    """The record of that head, with a log that `log` gives when it is asked for."""
    kind = Article if record_id.startswith("KB-") else Ticket
    return kind(from_json(head), StoredLog(log))


def from_json(text: str) -> Any:
    """What json.loads does without its wrappers, which take half of the time of a short text."""
    return _SCAN(text, 0)[0]


_SCAN = json.scanner.make_scanner(json.JSONDecoder())  # type: ignore[arg-type]
# What was just read from a file holds no circle.
_spaced = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode
encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode
