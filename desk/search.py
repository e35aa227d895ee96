"""Full-text search: the best hits first, near ones where nothing is just so, and an excerpt."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import NamedTuple

from desk import fulltext
from desk.fulltext import Term
from desk.index import Index
from desk.model import Record

Choose = Callable[[Iterator[Record]], Iterator[Record]]
_FIRST = 200  # hits are enough for most; to have all of very many takes time
# Of so many records with some pairs of a run those are shown that have enough of them.
_NEAR = 500
_ENOUGH = 1 / 3  # one wrong character is two wrong pairs


class Found(NamedTuple):
    """Records, the best first, and by what terms they were found.

    `near` has each term that nothing holds with what was taken for it: another word, or of an
    East Asian run the run itself, most of which is there.
    """

    records: list[Record]
    terms: tuple[Term, ...]
    near: dict[str, str]


def find(
    index: Index, terms: Sequence[Term], choose: Choose, limit: int, *, exact: bool = False
) -> Found:
    """At most `limit` records with all the terms, of those that `choose` lets through.

    Where no record at all has them, those with words spelt nearly so, or most of an East Asian
    run; none of these with `exact`.
    """
    records = _records(index, fulltext.match(terms))
    if first := next(records, None):
        return Found(list(islice(choose(chain([first], records)), limit)), tuple(terms), {})
    near = {term.text: taken for term in terms if (taken := _taken_for(index, term))}
    meant = tuple(Term(near.get(term.text, term.text), term.begins) for term in terms)
    runs = [run for run in near if near[run] == run]
    expression = " AND ".join(
        fulltext.match_loosely(term.text) if term.text in runs else fulltext.match([term])
        for term in meant
    )
    if not near or not index.has(expression):
        return Found([], tuple(terms), {})
    records = _records(index, expression)
    likely = _with_most(runs, islice(records, _NEAR)) if runs else records
    found = [] if exact else list(islice(choose(likely), limit))
    return Found(found, meant, near)


def _records(index: Index, expression: str) -> Iterator[Record]:
    """The records that an expression holds for, the best first."""
    read = 0
    for hit in index.search(expression, _FIRST):
        read += 1
        yield hit.record
    if read == _FIRST:
        yield from (hit.record for hit in islice(index.search(expression), _FIRST, None))


def _taken_for(index: Index, term: Term) -> str:
    """What to look for instead of a term that nothing has, empty where there is no telling."""
    if index.has(fulltext.match([term])):
        return ""
    if fulltext.is_run(term.text):
        return term.text if index.has(fulltext.match_loosely(term.text)) else ""
    return _corrected(index, term.text.lower()) if fulltext.is_word(term.text) else ""


def _corrected(index: Index, word: str) -> str:
    """The word nearest to a misspelt one, of those equally near the one that most records have."""
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    most = 1 if len(word) < 6 else 2
    near = process.extract(word, index.words(), scorer=OSA.distance, score_cutoff=most, limit=None)
    held = [(-distance, index.has(fulltext.match([Term(one)])), one) for one, distance, _ in near]
    return max((one for one in held if one[1]), default=(0, 0, ""))[2]


def _with_most(runs: Sequence[str], records: Iterable[Record]) -> Iterator[Record]:
    """The records that have enough pairs of each run, those with more of them first."""
    shares = [(_share(runs, record), place, record) for place, record in enumerate(records)]
    for share, _, record in sorted(shares, key=lambda one: (-one[0], one[1])):
        if share >= _ENOUGH:
            yield record


def _share(runs: Sequence[str], record: Record) -> float:
    """How much of the run that is found least of is found in a record, from 0 to 1."""
    words = set("\n".join(fulltext.texts(record)).split())
    return min(
        sum(pair in words for pair in pairs) / len(pairs) for pairs in map(fulltext.pairs, runs)
    )


# --- where the words stand -------------------------------------------------------------------

_BEFORE, _AFTER = 24, 60


def excerpt(record: Record, found: Found) -> tuple[str, str]:
    """Where most of the terms stand (a field, or the verb of an event), and what stands there."""
    patterns = [_patterns(term, loose=term.text in found.near) for term in found.terms]
    best = (0.0, "title", record.title, 0)
    for place, text in fulltext.pieces(record):
        starts = [_first(alternatives, text) for alternatives in patterns]
        hits = [start for start in starts if start is not None]
        # The title is seen anyway, so what it lacks tells more.
        worth = len(hits) - (0.5 if place == "title" and len(hits) < len(patterns) else 0)
        if worth > best[0]:
            best = (worth, place, text, min(hits))
    _, place, text, start = best
    return place, _around(text, start)


def _patterns(term: Term, *, loose: bool) -> list[re.Pattern[str]]:
    """What a term may look like in a text, the surest first."""
    words = re.findall(r"[^\W_]+", term.text)
    exact = r"[\W_]+".join(map(re.escape, words))
    # The parts exclude each other, so that no text makes this slow.
    stems = r"[^\W_]*[\W_]+".join(re.escape(word[: max(3, len(word) - 3)]) for word in words)
    alternatives = [rf"\b{exact}", stems]
    if fulltext.is_run(term.text):
        alternatives = [re.escape(term.text)]
        if loose:
            alternatives = ["|".join(map(re.escape, fulltext.pairs(term.text)))]
    return [re.compile(one, re.IGNORECASE) for one in alternatives]


def _first(alternatives: Iterable[re.Pattern[str]], text: str) -> int | None:
    for pattern in alternatives:
        if match := pattern.search(text):
            return match.start()
    return None


def _around(text: str, start: int) -> str:
    """A line of the text around a place, with … where it was cut."""
    begin = max(0, start - _BEFORE)
    if begin:
        space = text.find(" ", begin, start)
        begin = space + 1 if space >= 0 else begin
    end = start + _AFTER
    line = " ".join(text[begin:end].split())
    return f"{'…' if begin else ''}{line}{'…' if end < len(text) else ''}"
