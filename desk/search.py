"""Full-text search: the best hits first, near ones where nothing is just so, and an excerpt."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from desk import fulltext
from desk.fulltext import Term
from desk.index import Index
from desk.letters import narrow
from desk.model import Record

Choose = Callable[[Iterator[Record]], Iterator[Record]]
_FIRST = 200  # hits are enough for most; to have all of very many takes time
# Of so many records with some pairs of a run those are shown that have enough of them.
_NEAR = 500
_ENOUGH = 1 / 3  # one wrong character is two wrong pairs
# So many words may be meant by a misspelt one, and of so many terms most have to be there.
_ALIKE, _AT_MOST = 3, 6


class Found(NamedTuple):
    """Records, the best first, and by what terms they were found.

    `near` has each term that nothing holds with what was taken for it: other words, or of an
    East Asian run the run itself, most of which is there. `without` are those that nothing can
    be taken for. With `most` the records have most of the terms and not all.
    """

    records: list[Record]
    terms: tuple[Term, ...]
    near: dict[str, str]
    without: tuple[str, ...] = ()
    most: bool = False


def find(
    index: Index, terms: Sequence[Term], choose: Choose, limit: int, *, exact: bool = False
) -> Found:
    """At most `limit` records with all the terms, of those that `choose` lets through.

    Where there is none, those with words spelt nearly so, or most of an East Asian run, and else
    those with most of the terms; always with all that was quoted. None of these with `exact`.
    """
    if found := list(islice(choose(_records(index, fulltext.match(terms))), limit)):
        return Found(found, tuple(terms), {})
    asked = _meant_by(index, terms)
    if not exact and asked.changed:
        found = list(islice(choose(_of_runs(index, asked)), limit))
    if not exact and not found and asked.most:
        found = list(islice(choose(_records(index, asked.most)), limit))
        if found:
            return Found(found, asked.terms, asked.near, asked.without, most=True)
    if found or (asked.near and index.has(asked.all)):
        return Found(found, asked.terms, asked.near, asked.without)
    return Found([], tuple(terms), {})


def find_just(index: Index, match: str, terms: Sequence[Term], choose: Choose, limit: int) -> Found:
    """At most `limit` records that an FTS5 expression holds for, which has these terms."""
    return Found(list(islice(choose(_records(index, match)), limit)), tuple(terms), {})


class _Meant(NamedTuple):
    """A term that was typed, and what is taken for it: none, itself, or words spelt nearly so.

    Of a run of East Asian characters that is taken `loosely` most has to be there.
    """

    typed: Term
    taken: tuple[Term, ...]
    loosely: bool = False

    @property
    def expression(self) -> str:
        """The FTS5 expression that holds where it is found."""
        if self.loosely:
            return fulltext.match_loosely(self.typed.text)
        return fulltext.match_any(fulltext.match([term]) for term in self.taken)


class _Asked(NamedTuple):
    """What was probably meant: all of it and most of it as FTS5 expressions, empty for none."""

    all: str
    most: str
    terms: tuple[Term, ...]
    near: dict[str, str]
    without: tuple[str, ...]
    runs: tuple[str, ...]

    @property
    def changed(self) -> bool:
        """Whether all of it is something else than what was typed."""
        return bool(self.all and (self.near or self.without))


def _meant_by(index: Index, terms: Sequence[Term]) -> _Asked:
    """What was probably meant by terms that are not found together."""
    every = [_taken_for(index, term, alone=len(terms) == 1) for term in terms]
    known = [one for one in every if one.taken]
    without = [one.typed for one in every if not one.taken]
    if 2 * len(known) < len(every) or any(term.quoted for term in without):
        return _Asked("", "", (), {}, (), ())
    known = [_in_company(index, one, known) for one in known]
    near = {
        one.typed.text: " or ".join(term.text for term in one.taken)
        for one in known
        if one.taken != (one.typed,) or one.loosely
    }
    return _Asked(
        " AND ".join(one.expression for one in known),
        _most_of(index, known),
        tuple(term for one in known for term in one.taken),
        near,
        tuple(term.text for term in without),
        tuple(one.typed.text for one in known if one.loosely),
    )


def _taken_for(index: Index, term: Term, *, alone: bool) -> _Meant:
    """What to look for in the place of a term; of several words the likeliest if it is `alone`."""
    if index.has(fulltext.match([term])):
        return _Meant(term, (term,))
    if term.quoted:
        return _Meant(term, ())
    if fulltext.is_run(term.text):
        loosely = bool(index.has(fulltext.match_loosely(term.text)))
        return _Meant(term, (term,) if loosely else (), loosely)
    words = _corrected(index, term.text.lower()) if fulltext.is_word(term.text) else []
    likely = words[: 1 if alone else _ALIKE]
    return _Meant(term, tuple(Term(word, term.begins) for word in likely))


def _corrected(index: Index, word: str) -> list[str]:
    """The words nearest to a misspelt one, that which most records have first."""
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    most = 1 if len(word) < 6 else 2
    near = process.extract(word, index.words(), scorer=OSA.distance, score_cutoff=most, limit=None)
    held = [(index.has(fulltext.match([Term(one)])), distance, one) for one, distance, _ in near]
    nearest = min((distance for count, distance, _ in held if count), default=0)
    return [
        one for count, distance, one in sorted(held, reverse=True) if count and distance == nearest
    ]


def _in_company(index: Index, meant: _Meant, known: Sequence[_Meant]) -> _Meant:
    """The same with those words only that stand beside all the others, if there are such."""
    if len(meant.taken) < 2:
        return meant
    others = [one.expression for one in known if one is not meant]
    beside = tuple(
        term for term in meant.taken if index.has(" AND ".join((fulltext.match([term]), *others)))
    )
    return meant._replace(taken=beside or meant.taken)


def _most_of(index: Index, known: Sequence[_Meant]) -> str:
    """An expression for most of what is not quoted, of many the rarest, and all that is."""
    quoted = [one.expression for one in known if one.typed.quoted]
    others = [one.expression for one in known if not one.typed.quoted]
    if len(others) < 3:
        return ""  # more than half of two is both
    rarest = sorted(others, key=index.has)[:_AT_MOST]
    return " AND ".join((*quoted, fulltext.match_most(rarest)))


def _of_runs(index: Index, asked: _Asked) -> Iterator[Record]:
    """The records with all that is meant, enough of each run that is taken loosely."""
    records = _records(index, asked.all)
    return _with_most(asked.runs, islice(records, _NEAR)) if asked.runs else records


def _records(index: Index, expression: str) -> Iterator[Record]:
    """The records that an expression holds for, the best first."""
    read = 0
    for hit in index.search(expression, _FIRST):
        read += 1
        yield hit.record
    if read == _FIRST:
        yield from (hit.record for hit in islice(index.search(expression), _FIRST, None))


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
        plain = narrow(text)
        starts = [_first(alternatives, plain) for alternatives in patterns]
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
