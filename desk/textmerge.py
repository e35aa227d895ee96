"""Two changes of one text made one, line by line (pure)."""

from collections.abc import Sequence
from difflib import SequenceMatcher

# Beyond so many lines that differ, finding which belong together takes too long.
MAX_LINES = 2000


def merged(base: str, one: str, other: str) -> str | None:
    """The text with both changes of `base`, None where both changed the same lines.

    Lines next to each other count as the same, as nothing between them tells them apart.
    """
    if one in (base, other):
        return other
    if other == base:
        return one
    was, ours, theirs = (text.split("\n") for text in (base, one, other))
    shared = min(_shared(was, ours), _shared(was, theirs))
    rest = [lines[shared:] for lines in (was, ours, theirs)]
    end = min(_shared(rest[0][::-1], lines[::-1]) for lines in rest[1:])
    middle = [lines[: len(lines) - end] for lines in rest]
    if max(map(len, middle)) > MAX_LINES:
        return None
    both = _merged_lines(*middle)
    if both is None:
        return None
    return "\n".join([*was[:shared], *both, *was[len(was) - end :]])


def _shared(one: Sequence[str], other: Sequence[str]) -> int:
    """How many lines at the beginning are the same."""
    pairs = zip(one, other, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _merged_lines(was: list[str], ours: list[str], theirs: list[str]) -> list[str] | None:
    kept_by_us, kept_by_them = _kept(was, ours), _kept(was, theirs)
    ends = {len(was): len(ours)}, {len(was): len(theirs)}
    ours_at, theirs_at = {**kept_by_us, **ends[0]}, {**kept_by_them, **ends[1]}
    lines: list[str] = []
    start, our_start, their_start = 0, 0, 0
    for place in sorted(ours_at.keys() & theirs_at.keys()):
        our_end, their_end = ours_at[place], theirs_at[place]
        gap = _either(was[start:place], ours[our_start:our_end], theirs[their_start:their_end])
        if gap is None:
            return None
        lines += [*gap, *was[place : place + 1]]
        start, our_start, their_start = place + 1, our_end + 1, their_end + 1
    return lines


def _kept(was: Sequence[str], now: Sequence[str]) -> dict[int, int]:
    """Where each line that was kept stood, and where it stands."""
    blocks = SequenceMatcher(None, was, now, autojunk=False).get_matching_blocks()
    return {old + n: new + n for old, new, size in blocks for n in range(size)}


def _either(was: list[str], ours: list[str], theirs: list[str]) -> list[str] | None:
    """The lines of the side that changed them, None where both did and not alike."""
    if ours in (was, theirs):
        return theirs
    return ours if theirs == was else None
