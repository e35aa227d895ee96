"""Two copies of a record made one: the union of their logs, and the head that follows (pure).

Commutative, associative and idempotent: it does not matter who merges what first, and no
event is lost.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace

from desk import model
from desk.model import Event, R, Value


def union(*logs: Iterable[Event]) -> tuple[Event, ...]:
    """All events of the logs, each once, in the order (n, at, content).

    Events are equal when their content is; two that the same rule wrote for the same moment
    are one whatever their `n`, and the lower one stays.
    """
    events = {event.content(): event for log in logs for event in log}
    by_rule: dict[tuple[object, ...], Event] = {}
    for event in sorted(events.values(), key=Event.order):
        key = (event.rule, event.seconds) if event.rule else (event.content(),)
        by_rule.setdefault(key, event)
    return tuple(sorted(by_rule.values(), key=Event.order))


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
