"""What changed between two states of a record, as data: one mapping a change.

A change says `what` (created, event, withdrawn, edited or removed), `id`, `title` and what
belongs to it; docs/export.md has them. `desk watch`, `diff` and `sync` print them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from desk import codec, model
from desk.model import Event, Record, Value

Change: TypeAlias = dict[str, Value]
_CONTENT = {"created": "head", "event": "event", "withdrawn": "count", "edited": "change"}


@dataclass(frozen=True, slots=True)
class Before:
    """What must be known of a record's earlier state: its head, the hashes of its events."""

    head: Mapping[str, Value]
    events: frozenset[int]


def before(record: Record) -> Before:
    """The state of a record, to compare a later one with."""
    return Before(record.head, frozenset(hash(event.content()) for event in record.log))


def between(earlier: Before | None, record: Record) -> Iterator[Change]:
    """What happened from an earlier state (of none: from nothing) to the record."""
    if not earlier:
        yield created(record)
    known = earlier.events if earlier else frozenset()
    log = {hash(event.content()): event for event in model.in_order(record.log)}
    withdrawn = len(known - log.keys())
    if withdrawn:
        yield _about(record, "withdrawn", withdrawn)
    new = [event for content, event in log.items() if content not in known]
    for event in new:
        yield happened(record, event)
    touched = {name for event in new for name in event.change}
    if earlier and (edited := _edited(earlier, record, touched, withdrawn)):
        yield _about(record, "edited", edited)


def created(record: Record) -> Change:
    """That there is a new record, with its head."""
    return _about(record, "created", codec.as_dict(record, log=False))


def happened(record: Record, event: Event) -> Change:
    """That an event came into the log of a record."""
    return _about(record, "event", codec.event_as_dict(event))


def removed(record_id: str, title: str) -> Change:
    """That a record's file is gone."""
    return {"what": "removed", "id": record_id, "title": title}


def _edited(earlier: Before, record: Record, touched: set[str], withdrawn: int) -> dict[str, Value]:
    """The fields of the head that changed and that no event accounts for, as [was, is]."""
    logged = model.fold(record.log)
    edited: dict[str, Value] = {}
    for name in sorted({*earlier.head, *record.head}):
        one, other = earlier.head.get(name), record.head.get(name)
        accounted = (withdrawn or name in touched) and logged.get(name) == other
        if one != other and not accounted:
            edited[name] = [one, other]
    return edited


def _about(record: Record, what: str, content: Value) -> Change:
    return {"what": what, "id": record.id, "title": record.title, _CONTENT[what]: content}
