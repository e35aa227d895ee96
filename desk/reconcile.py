"""Versions of one record's file made one: in a merge, or from git's conflict markers (pure).

docs/teams.md tells how records merge.
"""

import re
from dataclasses import replace
from typing import NamedTuple

from desk import codec, merge
from desk.errors import DamagedError, DeskError
from desk.model import Record, Value

_OURS, _BASE, _THEIRS, _END = "<<<<<<< ", "||||||| ", "=======", ">>>>>>> "
MARKER = re.compile(r"^(?:<{7} |>{7} )", re.MULTILINE)


class DifferentRecordsError(DeskError):
    """Two versions of a file are two records that drew the same id."""

    exit_code = 4


class Sides(NamedTuple):
    """The texts of both sides of a conflict, and of their common ancestor where it is known."""

    base: str | None
    ours: str
    theirs: str


def merged(sides: Sides) -> Record:
    """The record with all events of both sides.

    Raises DamagedError where a side can't be read, DifferentRecordsError where they are two
    records.
    """
    base = _readable(sides.base)
    ours, theirs = codec.load(sides.ours), codec.load(sides.theirs)
    if ours.id != theirs.id or not (base or merge.is_one_record(ours, theirs)):
        raise DifferentRecordsError(f"{ours.id} is two records: {ours.title!r}, {theirs.title!r}")
    return merge.merged(
        merge.with_hand_edits(ours, base, _lost_comments(sides.ours, ours)),
        merge.with_hand_edits(theirs, base, _lost_comments(sides.theirs, theirs)),
    )


def _readable(text: str | None) -> Record | None:
    try:
        return codec.load(text) if text is not None else None
    except DamagedError:
        return None


def _lost_comments(text: str, record: Record) -> list[str]:
    """The comments of a file that a rewrite would lose."""
    return [] if "#" not in text or codec.dump(record) == text else codec.comments(text)


def unmarked(text: str) -> Record:
    """The record with all events of a text in which git has left its conflict markers.

    What only one side changed stands in both, as git put it there, so a value counts as edited
    by hand only where no event has it.
    Raises DamagedError where it cannot be put together without a guess.
    """
    sides = sides_of(text)
    if sides is None:
        raise DamagedError("its conflict markers are not whole; bring the file back from git")
    ours, theirs = codec.load(sides.ours), codec.load(sides.theirs)
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


def sides_of(text: str) -> Sides | None:
    """Both sides of a text with git's conflict markers, None where they are not whole.

    Also of the style `diff3`, which has the common ancestor between them.
    """
    pieces: dict[str, list[str]] = {"base": [], "ours": [], "theirs": []}
    open_side, has_base, conflicts = "", True, 0
    for line in text.splitlines(keepends=True):
        side = _side_begun(line, open_side)
        if side is None:
            for name in [open_side] if open_side else pieces:
                pieces[name].append(line)
            continue
        if side == "wrong":
            return None
        has_base = has_base and not (open_side == "ours" and side == "theirs")
        conflicts += side == "ours"
        open_side = side
    if open_side or not conflicts:
        return None
    base, ours, theirs = ("".join(pieces[name]) for name in ("base", "ours", "theirs"))
    return Sides(base if has_base else None, ours, theirs)


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
