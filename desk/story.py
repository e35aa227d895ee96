"""What changed, in words: the changes of desk.changes for a person.

T-261121-7K3FQ VPN drops
  21 Nov 09:04  chen  classify  category network/vpn, priority P3 → P2
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from desk import dates, render
from desk.changes import Change
from desk.model import Value

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# What is told of a record that is new, and in which words of an event its text stands.
_OPENED = ("kind", "status", "priority", "category", "audience", "team", "assignee", "owner")
_FIRST = ("open", "new")
_OF_EVERY_EVENT = ("n", "at", "by", "did", "change")
_COUNTED = {
    "created": "new",
    "edited": "edited by hand",
    "withdrawn": "with fewer events",
    "removed": "removed",
}


class Line(NamedTuple):
    """A change in words; `at` and `by` are empty where nobody knows."""

    id: str
    title: str
    at: str
    by: str
    did: str
    what: str


def lines(changes: Iterable[Change], now: datetime) -> Iterator[Line]:
    """The changes in words, a line each, in their order; times are in the zone of `now`.

    That a record is new and its first event are one line.
    """
    for _, of_record in groupby(changes, key=lambda one: one["id"]):
        opened = ""
        told = list(of_record)
        for number, change in enumerate(told):
            if change["what"] == "created" and isinstance(change["head"], dict):
                opened = _opened(change["head"])
                if _is_first(told[number + 1 : number + 2]):
                    continue
            yield _line(change, opened, now)


def _is_first(changes: Sequence[Change]) -> bool:
    """Whether the first of them is the event that a record began with."""
    event = changes[0].get("event") if changes else None
    return isinstance(event, dict) and event["did"] in _FIRST


def _line(change: Change, opened: str, now: datetime) -> Line:
    record, what = (str(change["id"]), str(change["title"])), str(change["what"])
    event, edited = change.get("event"), change.get("change")
    if isinstance(event, dict):
        at, by, did = (str(event[name]) for name in ("at", "by", "did"))
        told = (did in _FIRST and (_opened(_set_by(event)) or opened)) or _happened(event)
        return Line(*record, time(dates.from_stamp(at), now), by, did, told)
    if isinstance(edited, dict):
        return Line(*record, "", "", "by hand", _moves(edited))
    if what == "withdrawn":
        return Line(*record, "", "", "", f"{_of(change['count'], 'event')} not in the log any more")
    return Line(*record, "", "", "new" if what == "created" else what, opened)


def _set_by(event: dict[str, Value]) -> dict[str, Value]:
    """The fields that an event set, with their values."""
    change = event.get("change")
    pairs = change.items() if isinstance(change, dict) else ()
    return {name: pair[1] for name, pair in pairs if isinstance(pair, list)}


def _moves(change: Value) -> str:
    pairs = change.items() if isinstance(change, dict) else ()
    return render.moves({name: (p[0], p[1]) for name, p in pairs if isinstance(p, list)})


def _opened(head: dict[str, Value]) -> str:
    """What a new record is."""
    return ", ".join(render.shown(head[name]) for name in _OPENED if head.get(name))


def _happened(event: dict[str, Value]) -> str:
    """What an event changed and said, on a line."""
    if "undoes" in event:
        taken = f"takes back event {render.shown(event['undoes'])}"
        return "; ".join(filter(None, (taken, _moves(event.get("change")))))
    said = [
        f"{'' if name == 'text' else f'{render.safe(name)}: '}{render.shown(word)}"
        for name, word in event.items()
        if name not in _OF_EVERY_EVENT
    ]
    return "; ".join(filter(None, (_moves(event.get("change")), *said)))


def time(moment: datetime, now: datetime) -> str:
    """A moment as short as it can be told: `21 Nov 09:04`, with the year if it is another."""
    there = moment.astimezone(now.tzinfo)
    year = "" if there.year == now.year else f" {there.year}"
    return f"{there.day:2} {_MONTHS[there.month - 1]}{year} {there:%H:%M}"


def text(told: Iterable[Line], width: int = 0) -> str:
    """Lines grouped by record, those of each under its id and title, cut to a `width`."""
    parts: list[str] = []
    for (record_id, title), group in groupby(told, key=lambda line: (line.id, line.title)):
        parts.append(_cut(f"{record_id} {render.safe(title)}", width))
        cells = [[*map(render.safe, line[2:5]), line.what] for line in group]
        rows = render.table(cells[1:], cells[0], 0).splitlines()
        parts += [_cut(f"  {row}", width) for row in rows]
    return "".join(f"{part}\n" for part in parts)


def _cut(line: str, width: int) -> str:
    return render.cut(line, width) if width else line


def count(changes: Iterable[Change]) -> str:
    """How much there is: `7 events in 3 records, 1 new`."""
    events = 0
    records: dict[str, set[str]] = {}
    for change in changes:
        what = str(change["what"])
        events += what == "event"
        records.setdefault(what, set()).add(str(change["id"]))
    if not records:
        return "nothing happened"
    every: set[str] = set().union(*records.values())
    parts = [f"{_of(events, 'event')} in {_of(len(every), 'record')}"]
    parts += [f"{len(records[what])} {_COUNTED[what]}" for what in _COUNTED if what in records]
    return ", ".join(parts)


def _of(number: Value, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
