"""Two copies of a record made one: the union of their logs, and the head that follows (pure).

Commutative and idempotent, and no event is lost. The union of logs is associative, too; an edit
by hand that a merge writes down gets its `n` from what that merge saw, so that copies merged in
another order may differ until they are merged again.
"""

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

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
    shared, *rest = _split(logs)
    events = {event.content(): event for log in rest for event in log}
    lowest = {identity(event): event for event in shared if event.rule or event.text("source")}
    ordered = sorted(events.values(), key=Event.order)
    return (*shared, *(one for one in ordered if lowest.setdefault(identity(one), one) is one))


def _split(logs: Sequence[Iterable[Event]]) -> list[Sequence[Event]]:
    """The events with which all logs begin, in order and before all others; then the rest of each.

    Copies of a record mostly differ in their last few events, and comparing is quick.
    """
    lists = [list(log) for log in logs]
    count = 0
    for events in zip(*lists, strict=False):
        if any(event != events[0] for event in events[1:]):
            break
        count += 1
    rest = [one[count:] for one in lists]
    shared = lists[0][:count] if lists else []
    least = min((event.n for one in rest for event in one), default=0)
    numbers = [event.n for event in shared]
    rises = all(one < two for one, two in itertools.pairwise(numbers))
    if shared and rises and (not any(rest) or numbers[-1] < least) and not _has_twice(shared):
        return [shared, *rest]
    return [[], *lists]


def _has_twice(events: Sequence[Event]) -> bool:
    """Whether a rule or a source wrote one of the events twice."""
    written = [identity(event) for event in events if event.rule or event.text("source")]
    return len(set(written)) < len(written)


def lost(earlier: Record, now: Record) -> list[int]:
    """The `n` of the events of an earlier log that have none in a later one to be one with."""
    known = {identity(event) for event in now.log}
    return [event.n for event in earlier.log if identity(event) not in known]


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
        if one.log[0] == other.log[0]:
            return True
        known = {identity(event) for event in one.log}
        return any(identity(event) in known for event in other.log)
    return [one.text(name) for name in _TELLING] == [other.text(name) for name in _TELLING]


def with_hand_edits(record: R, base: Record | None, comments: Sequence[str] = ()) -> R:
    """The record with what was edited by hand as an event that is the same in every clone.

    It is by desk, at the moment of the last event. What no event knows counts as edited where
    it is not as in `base`, the common ancestor.
    """
    latest = max(((event.seconds, event.at) for event in record.log), default=None)
    at = dates.from_stamp(latest[1] if latest else record.text("opened") or _NO_TIME)
    found = model.with_hand_edits(record, at, BY, comments)
    if base is None:
        return found
    if earlier := tuple(_edits_before(found.log, base)):
        found = replace(found, log=(*found.log, *earlier))
    known = {name for event in found.log for name in event.change} | {"id"}
    was = {name: value for name, value in base.head.items() if name not in known}
    now = unlogged(found)
    if was == now:
        return found
    rest = {name: value for name, value in found.head.items() if name in known}
    change = {**dict.fromkeys(was), **now}
    return replace(found, head={**rest, **was}).add("edit", at, BY, change, by_hand=True)


def _edits_before(log: Sequence[Event], base: Record) -> Iterator[Event]:
    """Edits by hand that an event of the log found done already, each just before that event.

    They are those of fields for which the log does not know the value that `base`, the common
    ancestor, has.
    """
    known = {(name, _text(value)) for event in log for name, pair in event.change.items()
             for value in pair}  # fmt: skip
    named = {name for event in base.log for name in event.change}
    for event in model.in_order(log):
        edited = {
            name: (base.head.get(name), was)
            for name, (was, _) in event.change.items()
            if name not in named and (name, _text(base.head.get(name))) not in known
        }
        named |= event.change.keys()
        if edited and event.did not in model.FIRST:
            at = dates.stamp(event.when - timedelta(seconds=1))
            yield Event(event.n, at, BY, "edit", edited, {"by_hand": True})


def _text(value: Value) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def unlogged(record: Record) -> dict[str, Value]:
    """The fields of the head that no event knows."""
    known = {name for event in record.log for name in event.change} | {"id"}
    return {name: value for name, value in record.head.items() if name not in known}


def merged(one: R, other: R) -> R:
    """The record with both logs; its head is the log folded upon what no log mentions."""
    log = union(one.log, other.log)
    begun = (model.origin(one), model.origin(other))
    start = {name: _either(name, *begun) for name in {**begun[0], **begun[1]}}
    return replace(one, head=model.fold(log, start), log=log)


def _either(name: str, *heads: Mapping[str, Value]) -> Value:
    """A field's value in one of two heads, the same one whichever comes first."""
    values = [head[name] for head in heads if name in head]
    return max(values, key=_text)
