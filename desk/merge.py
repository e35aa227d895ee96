"""Two copies of a record made one: the union of their logs, and the head that follows (pure).

Commutative, associative and idempotent: it does not matter who merges what first, and no
event is lost.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from desk import dates, model
from desk.model import Event, R, Record, Value

# Who writes down in a merge what somebody edited by hand.
BY = "desk"
_TELLING = ("opened", "title")
_NO_TIME = "1970-01-01T00:00:00Z"


def union(*logs: Iterable[Event]) -> tuple[Event, ...]:
    """All events of the logs, each once, in the order (n, at, content).

    Events are equal when their content is. Two that the same rule wrote for the same moment,
    or that came from the same source with the same content, are one whatever their `n`, and
    the lower one stays.
    """
    events = {event.content(): event for log in logs for event in log}
    lowest: dict[tuple[object, ...], Event] = {}
    for event in sorted(events.values(), key=Event.order):
        lowest.setdefault(identity(event), event)
    return tuple(sorted(lowest.values(), key=Event.order))


def identity(event: Event) -> tuple[object, ...]:
    """What two events must have in common to be one."""
    if event.rule:
        return event.rule, event.seconds
    if event.text("source"):
        return "source", replace(event, n=0).content()
    return (event.content(),)


def is_one_record(one: Record, other: Record) -> bool:
    """Whether two records of the same id are one thing, and not two that drew the same id.

    Where a log is empty nothing tells them apart but the title and the moment of the opening.
    """
    if one.log and other.log:
        known = {identity(event) for event in one.log}
        return any(identity(event) in known for event in other.log)
    return [one.text(name) for name in _TELLING] == [other.text(name) for name in _TELLING]


def with_hand_edits(record: R, base: Record | None, comments: Sequence[str] = ()) -> R:
    """The record with what was edited by hand as an event that is the same in every clone.

    It is by desk, at the moment of the last event. What no event knows counts as edited where
    it is not as in `base`, the common ancestor.
    """
    latest = max(record.log, key=lambda event: (event.seconds, event.content()), default=None)
    at = dates.from_stamp(latest.at if latest else record.text("opened") or _NO_TIME)
    found = model.with_hand_edits(record, at, BY, comments)
    if base is None:
        return found
    known = {name for event in found.log for name in event.change} | {"id"}
    was = {name: value for name, value in base.head.items() if name not in known}
    now = {name: value for name, value in found.head.items() if name not in known}
    if was == now:
        return found
    rest = {name: value for name, value in found.head.items() if name in known}
    change = {**dict.fromkeys(was), **now}
    return replace(found, head={**rest, **was}).add("edit", at, BY, change, by_hand=True)


def merged(one: R, other: R) -> R:
    """The record with both logs; its head is the log folded upon what no log mentions."""
    log = union(one.log, other.log)
    begun = (model.origin(one), model.origin(other))
    start = {name: _either(name, *begun) for name in {**begun[0], **begun[1]}}
    return replace(one, head=model.fold(log, start), log=log)


def _either(name: str, *heads: Mapping[str, Value]) -> Value:
    """A field's value in one of two heads, the same one whichever comes first."""
    values = [head[name] for head in heads if name in head]
    return max(values, key=lambda value: json.dumps(value, ensure_ascii=False, sort_keys=True))
