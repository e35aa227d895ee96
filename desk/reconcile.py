"""Versions of one record's file made one: in a merge, or from git's conflict markers (pure).

docs/teams.md tells how records merge.
"""

import itertools
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import reduce
from typing import NamedTuple

from desk import codec, merge, model, yamltext
from desk.errors import DamagedError, DeskError
from desk.model import Event, Record, Value

_OURS, _BASE, _THEIRS, _END = "<<<<<<< ", "||||||| ", "=======", ">>>>>>> "
_MOST_TWICE = 4
MARKER = re.compile(r"^(?:<{7} |>{7} )", re.MULTILINE)


class DifferentRecordsError(DeskError):
    """Two versions of a file are two records that drew the same id."""

    exit_code = 4


class Version(NamedTuple):
    """A version of a record's file."""

    text: str
    record: Record


def version(text: str) -> Version:
    """A file's text with the record in it; raises DamagedError."""
    return Version(text, codec.load(text))


def merged(base: bytes | None, ours: Version, theirs: Version) -> Record:
    """The record with all events of both sides; `base` is the file of their common ancestor.

    Raises DifferentRecordsError where they are two records.
    """
    one, other = ours.record, theirs.record
    if one.id != other.id or not _is_one(base, one, other):
        raise DifferentRecordsError(f"{one.id} is two records: {one.title!r}, {other.title!r}")
    start = None
    if model.origin(one) != model.origin(other):  # else it tells nothing more
        start = (readable(base) if base else None) or _common(one, other)
    return merge.merged(
        *(
            merge.with_hand_edits(side.record, start, _lost_comments(side))
            for side in (ours, theirs)
        )
    )


class Overruled(NamedTuple):
    """A field that both sides set: the event whose value stands, and the one whose does not."""

    name: str
    stands: Event
    other: Event


def overruled(ours: Record, theirs: Record) -> Iterator[Overruled]:
    """The fields to which the events of two versions of a record gave other values.

    Lists and texts of several lines are left out: they are put together.
    """
    last = [_last_setters(one, other) for one, other in ((ours, theirs), (theirs, ours))]
    for name, event in last[0].items():
        other = last[1].get(name)
        if other is None or name in model.LIST_FIELDS:
            continue
        values = [one.change[name][1] for one in (event, other)]
        if values[0] != values[1] and "\n" not in f"{values[0]}{values[1]}":
            yield Overruled(name, *sorted((event, other), key=Event.order, reverse=True))


def _last_setters(record: Record, without: Record) -> dict[str, Event]:
    """By field the last event that set it, of those that the other version lacks."""
    pairs = itertools.zip_longest(record.log, without.log)
    shared = sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))
    known = {event.content() for event in without.log[shared:]}
    stands = {id(event) for event in model.standing(record.log)}
    rest = (event for event in record.log[shared:] if id(event) in stands)
    new = (event for event in rest if event.content() not in known)
    return {name: event for event in model.in_order(new) for name in event.change}


def _is_one(base: bytes | None, one: Record, other: Record) -> bool:
    """Whether two versions are one record; a common ancestor vouches for one without a log."""
    if merge.is_one_record(one, other):
        return True
    earlier = readable(base) if base else None
    return earlier is not None and all(
        merge.is_one_record(earlier, side) or not (side.log and earlier.log)
        for side in (one, other)
    )


def _common(one: Record, other: Record) -> Record:
    """What stands for an ancestor that nobody knows: fields of no event that both began with.

    Where they differ, it has one of the values, so that the other is an edit by hand.
    """
    ours, theirs = model.origin(one), model.origin(other)
    return replace(
        one,
        head={
            name: min(ours[name], theirs[name], key=lambda value: json.dumps(value, sort_keys=True))
            for name in ours.keys() & theirs.keys()
        },
        log=(*one.log, *other.log),
    )


def readable(data: bytes) -> Record | None:
    """The record in the bytes of a file, None where they hold none."""
    try:
        return codec.load(yamltext.decode(data))
    except DamagedError:
        return None


def _lost_comments(side: Version) -> list[str]:
    """The comments of a file that a rewrite would lose."""
    if "#" not in side.text or codec.dump(side.record) == side.text:
        return []
    return codec.comments(side.text)


def unmarked(text: str) -> Record:
    """The record with all events of a text in which git has left its conflict markers.

    What only one side changed stands in both, as git put it there, so a value counts as edited
    by hand only where no event has it.
    Raises DamagedError where it cannot be put together without a guess.
    """
    sides = sides_of(text)
    if sides is None:
        raise DamagedError("its conflict markers are not whole; bring the file back from git")
    ours, theirs = (codec.load(side) for side in sides)
    if ours.id != theirs.id or not merge.is_one_record(ours, theirs):
        raise DamagedError(
            "its sides are two records; keep one, and give the other a file of its own"
        )
    both = merge.merged(ours, theirs)
    for side in (ours, theirs):
        both = merge.with_hand_edits(
            replace(both, head={**both.head, **_unexplained(side, both)}), None
        )
    return both


def _unexplained(side: Record, both: Record) -> dict[str, Value]:
    """The fields of a side's head that have a value which no event of the log gave or took."""
    explained: dict[str, list[Value]] = {}
    for event in both.log:
        for name, pair in event.change.items():
            explained.setdefault(name, []).extend(pair)
    return {
        name: value
        for name, value in side.head.items()
        if value not in explained.get(name, [value])
    }


def undoubled(text: str) -> Record:
    """The record of a text in which a field stands twice, as a merge by lines can leave it.

    Both values are in the log, as edits by hand. Raises DamagedError where something else is
    wrong with the text, or where much stands twice.
    """
    entries, log = _entries(text)
    names = [entry.partition(":")[0] for entry in entries]
    if len(names) - len(set(names)) > _MOST_TWICE:
        raise DamagedError("many fields stand twice; bring the file back from git")
    twice = next((name for name, count in Counter(names).items() if count > 1), None)
    if twice is None:
        return codec.load(text)
    places = [place for place, name in enumerate(names) if name == twice]
    versions = []
    for kept in places:
        rest = [one for place, one in enumerate(entries) if place == kept or place not in places]
        versions.append(merge.with_hand_edits(undoubled("".join(rest) + log), None))
    return reduce(merge.merged, versions)


def _entries(text: str) -> tuple[list[str], str]:
    """The fields of a record's head as pieces of its text, and the text of its log."""
    head, mark, log = text.partition("\nlog:")
    pieces: list[list[str]] = []
    for line in f"{head}\n".splitlines(keepends=True):
        if line[:1] in " -#\n" and pieces:
            pieces[-1].append(line)
        else:
            pieces.append([line])
    return ["".join(lines) for lines in pieces], f"{mark[1:]}{log}"


def sides_of(text: str) -> tuple[str, str] | None:
    """(ours, theirs) of a text with git's conflict markers, None where they are not whole.

    Also of the style `diff3`, which has the common ancestor between them.
    """
    pieces: dict[str, list[str]] = {"base": [], "ours": [], "theirs": []}
    open_side, conflicts = "", 0
    for line in text.splitlines(keepends=True):
        side = _side_begun(line, open_side)
        if side is None:
            for name in [open_side] if open_side else pieces:
                pieces[name].append(line)
            continue
        if side == "wrong":
            return None
        conflicts += side == "ours"
        open_side = side
    if open_side or not conflicts:
        return None
    return "".join(pieces["ours"]), "".join(pieces["theirs"])


def _side_begun(line: str, side: str) -> str | None:
    """Which side a marker begins, empty for the end of both; None for any other line."""
    if line.startswith(_OURS):
        return "wrong" if side else "ours"
    if line.startswith(_BASE):
        return "base" if side == "ours" else "wrong"
    if line.rstrip("\r\n") == _THEIRS and side in ("ours", "base"):
        return "theirs"
    if line.startswith(_END):
        return "" if side == "theirs" else "wrong"
    return None
