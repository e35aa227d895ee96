"""Two changes of one text made one, line by line (pure)."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence

# More lines than that which differ belong to no text that people write.
MAX_LINES = 20_000


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
    """Where each line that was kept stood, and where it stands.

    By the patience of Bram Cohen's diff: lines that stand once in both, in the same order, are
    kept, and so is what is alike next to them; then again between them. It takes no time that
    a hostile text could drive up.
    """
    kept: dict[int, int] = {}
    ranges = [(0, len(was), 0, len(now))]
    while ranges:
        start, end, new_start, new_end = ranges.pop()
        while start < end and new_start < new_end and was[start] == now[new_start]:
            kept[start] = new_start
            start, new_start = start + 1, new_start + 1
        while start < end and new_start < new_end and was[end - 1] == now[new_end - 1]:
            end, new_end = end - 1, new_end - 1
            kept[end] = new_end
        once = _once(was, start, end)
        once_now = _once(now, new_start, new_end)
        pairs = [(place, once_now[line]) for line, place in once.items() if line in once_now]
        for place, new_place in _rising(pairs):
            ranges.append((start, place, new_start, new_place))
            kept[place] = new_place
            start, new_start = place + 1, new_place + 1
        if pairs:
            ranges.append((start, end, new_start, new_end))
    return kept


def _once(lines: Sequence[str], start: int, end: int) -> dict[str, int]:
    """The lines of that range that stand in it once, with their places, in order."""
    counts = Counter(lines[start:end])
    return {lines[n]: n for n in range(start, end) if counts[lines[n]] == 1}


def _rising(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest part of pairs, in order of the first, in which the second rises too."""
    tops: list[int] = []
    last: list[tuple[int, int]] = []
    before: dict[tuple[int, int], tuple[int, int] | None] = {}
    for pair in pairs:
        pile = bisect_left(tops, pair[1])
        before[pair] = last[pile - 1] if pile else None
        tops[pile : pile + 1] = [pair[1]]
        last[pile : pile + 1] = [pair]
    found: list[tuple[int, int]] = []
    link = last[-1] if last else None
    while link:
        found.append(link)
        link = before[link]
    return found[::-1]


def _either(was: list[str], ours: list[str], theirs: list[str]) -> list[str] | None:
    """The lines of the side that changed them, None where both did and not alike."""
    if ours in (was, theirs):
        return theirs
    return ours if theirs == was else None
