"""What the desk's resolved tickets teach, kept in SQLite beside the records and counted exactly.

It is filled when it is first asked for and kept up from then on: `learn` and `forget` undo each
other, so the tables are always those that counting all tickets anew would give.
"""

import json
import struct
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from heapq import nlargest
from math import sqrt
from sqlite3 import Connection
from typing import NamedTuple, TypeAlias

from desk import likeness
from desk.likeness import Guess, Vector
from desk.model import Record, Ticket

FIELDS = ("category", "team", "priority")  # that are suggested
# `due` has the tickets that are to be learnt from when somebody asks.
TABLES = (
    "CREATE TABLE due (number INTEGER PRIMARY KEY)",
    "CREATE TABLE learnt (number INTEGER PRIMARY KEY)",
    "CREATE TABLE filed (field TEXT, value TEXT, tickets INTEGER NOT NULL,"
    " PRIMARY KEY (field, value)) WITHOUT ROWID",
    "CREATE TABLE telling (word TEXT PRIMARY KEY, filed TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE posting (word TEXT, block INTEGER, places BLOB NOT NULL,"
    " PRIMARY KEY (word, block)) WITHOUT ROWID",
    "CREATE TABLE proof (field TEXT PRIMARY KEY, sharpness REAL, tickets INTEGER) WITHOUT ROWID",
)
# Tickets whose places are kept together: fewer are quicker to change, more to read.
_BLOCK = 1024
_SCALE = 8192  # of a share of 1 as it is kept; one over 8 is kept as 8
_PLACES = 12_000  # of words are gone through, of the most telling words first
_CANDIDATES, _NEAREST = 120, 60
_SAMPLE, _FEW = 250, 30  # tickets on which suggestions are tried; fewer on a desk prove nothing
_UNPROVEN = 1.0  # the most careful
_TRIED, _PROBE, _COMMON = 24, 1000, 10**9  # terms; records of one; as many as are too many

Filed: TypeAlias = dict[str, int]  # tickets by category


class Lesson(NamedTuple):
    """What a ticket teaches: the words it came with and how its fields were in the end.

    `number` is that of its row in the index, `fields` are the values of FIELDS.
    """

    number: int
    text: str
    fields: tuple[str, ...]


class Case(NamedTuple):
    """A resolved ticket like what is asked: its row, head, words and likeness (0 to 1).

    `says` is how much of what it has to say the other cases do not say.
    """

    number: int
    head: Mapping[str, object]
    words: Vector
    likeness: float
    says: float


class Advice(NamedTuple):
    """The cases, the most similar first, and for each of FIELDS what it may be."""

    asked: Vector
    cases: list[Case]
    guesses: dict[str, list[Guess]]


class Alike(NamedTuple):
    """How alike two texts are, from 0 to 1, and the terms that make them so."""

    likeness: float
    terms: tuple[str, ...]


def asked(record: Record) -> str:
    """The text that somebody came with."""
    return _asked(record.head)


def _asked(head: Mapping[str, object]) -> str:
    return f"{head.get('title') or ''}\n{head.get('description') or ''}"


def lesson(number: int, record: Record) -> Lesson | None:
    """What a record teaches; None of one that is not a resolved ticket."""
    if not isinstance(record, Ticket) or record.status not in ("resolved", "closed"):
        return None
    return Lesson(number, asked(record), tuple(record.text(field) for field in FIELDS))


def learn_what_is_due(connection: Connection, progress: Callable[[int, int], None]) -> None:
    """Learn from the tickets that are due, and find anew how far to trust that if need be."""
    due = [number for (number,) in connection.execute("SELECT number FROM due ORDER BY number")]
    experience = Experience(connection)
    experience.learn(_lessons(connection, due, progress))
    connection.execute("DELETE FROM due")
    if experience.is_to_be_proven():
        experience.prove()


def _lessons(
    connection: Connection, numbers: Sequence[int], progress: Callable[[int, int], None]
) -> Iterator[Lesson]:
    for done, number in enumerate(numbers):
        progress(done, len(numbers))
        query = "SELECT head FROM record WHERE number = ?"
        head = json.loads(connection.execute(query, (number,)).fetchone()[0])
        if found := lesson(number, Ticket(head, ())):
            yield found


class Experience:
    """The TABLES on a connection that has the index's table `record` too."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # --- learning --------------------------------------------------------------------------

    def learn(self, lessons: Iterable[Lesson]) -> None:
        """Count lessons that were not counted yet; quickest in the order of their numbers."""
        self._count(lessons, 1)

    def forget(self, lessons: Iterable[Lesson]) -> None:
        """Take lessons off the counts, which have to be the ones that were learnt."""
        self._count(lessons, -1)

    def _count(self, lessons: Iterable[Lesson], by: int) -> None:
        filed: Counter[tuple[str, str]] = Counter()
        telling: defaultdict[str, Counter[str]] = defaultdict(Counter)
        places: _Places = defaultdict(dict)
        block, numbers = -1, []
        for number, text, fields in lessons:
            if number // _BLOCK != block:
                self._place(places, by)
                places.clear()
                block = number // _BLOCK
            numbers.append((number,))
            filed.update(zip(FIELDS, fields, strict=True))
            found = likeness.words(text)
            length = sqrt(len(found))
            for word, count in found.items():
                telling[word][fields[0]] += 1
                places[word, block][number % _BLOCK] = min(65535, round(_SCALE * count / length))
        self._place(places, by)
        marked = (
            "INSERT INTO learnt VALUES (?)" if by > 0 else "DELETE FROM learnt WHERE number = ?"
        )
        self._connection.executemany(marked, numbers)
        self._file(filed, by)
        self._tell(telling, by)

    def _file(self, filed: Counter[tuple[str, str]], by: int) -> None:
        self._connection.executemany(
            "INSERT INTO filed VALUES (?, ?, ?)"
            " ON CONFLICT DO UPDATE SET tickets = tickets + excluded.tickets",
            [(*pair, by * count) for pair, count in filed.items()],
        )
        self._connection.execute("DELETE FROM filed WHERE tickets = 0")

    def _tell(self, telling: Mapping[str, Counter[str]], by: int) -> None:
        known = self._filed(telling)
        rows, gone = [], []
        for word in sorted(telling):
            counts = Counter(known.get(word, {}))
            for category, count in telling[word].items():
                counts[category] += by * count
            left = {category: counts[category] for category in sorted(counts) if counts[category]}
            if left:
                rows.append((word, json.dumps(left, ensure_ascii=False, separators=(",", ":"))))
            else:
                gone.append((word,))
        self._connection.executemany("REPLACE INTO telling VALUES (?, ?)", rows)
        self._connection.executemany("DELETE FROM telling WHERE word = ?", gone)

    def _place(self, places: "_Places", by: int) -> None:
        rows, gone = [], []
        for (word, block), found in sorted(places.items(), key=lambda item: item[0]):
            stood = dict(self._places(word, block))
            left = stood | found if by > 0 else {n: stood[n] for n in stood.keys() - found.keys()}
            if left:
                rows.append((word, block, _packed(left)))
            else:
                gone.append((word, block))
        self._connection.executemany("REPLACE INTO posting VALUES (?, ?, ?)", rows)
        self._connection.executemany("DELETE FROM posting WHERE (word, block) = (?, ?)", gone)

    def _places(self, word: str, block: int) -> Iterator[tuple[int, int]]:
        query = "SELECT places FROM posting WHERE (word, block) = (?, ?)"
        for (places,) in self._connection.execute(query, (word, block)):
            yield from _unpacked(places)

    def _usual(self) -> dict[str, Filed]:
        """How many tickets were filed under each value of each of FIELDS."""
        usual: dict[str, Filed] = {field: {} for field in FIELDS}
        query = "SELECT * FROM filed WHERE value != ''"
        for field, value, tickets in self._connection.execute(query):
            usual[field][value] = tickets
        return usual

    def _categories(self) -> Filed:
        """How many tickets were filed under each category, those without one under ""."""
        query = "SELECT value, tickets FROM filed WHERE field = 'category'"
        return dict(self._connection.execute(query))

    def _filed(self, words: Iterable[str]) -> dict[str, Filed]:
        """How the tickets that have each word were filed; nothing of a word that none has."""
        query = "SELECT word, filed FROM telling WHERE word IN (SELECT value FROM json_each(?))"
        rows = self._connection.execute(query, (json.dumps(list(words)),))
        return {word: json.loads(filed) for word, filed in rows}

    # --- advice ----------------------------------------------------------------------------

    def advice(self, text: str, without: int = 0) -> Advice:
        """What the resolved tickets most like a text say of it; `without` one of them."""
        asked, cases = self._cases(text, without)
        usual = self._usual()
        sharpness = dict(self._connection.execute("SELECT field, sharpness FROM proof"))
        words, says = [case.words for case in cases], [case.says for case in cases]
        guesses = {}
        for field, filed in usual.items():
            values = _values(cases, field)
            likely = likeness.confidences(
                likeness.scores(says, values, filed), sharpness.get(field, _UNPROVEN)
            )
            guesses[field] = likeness.guesses(asked, words, says, values, likely)
        return Advice(asked, cases, guesses)

    def prove(self) -> None:
        """Find by some of the tickets how far to trust what the others say of each field.

        It takes the time of 250 suggestions; see `is_to_be_proven`.
        """
        usual = self._usual()
        tickets = sum(self._categories().values())
        tried: dict[str, list[tuple[dict[str, float], str]]] = {field: [] for field in FIELDS}
        for number, head in self._heads(self._sample()).items():
            _, cases = self._cases(_asked(head), number)
            says = [case.says for case in cases]
            for field, filed in usual.items():
                if value := str(head.get(field) or ""):
                    scores = likeness.scores(says, _values(cases, field), filed)
                    tried[field].append((scores, value))
        self._connection.executemany(
            "REPLACE INTO proof VALUES (?, ?, ?)",
            [(field, likeness.sharpness(tried[field]), tickets) for field in FIELDS],
        )

    def is_to_be_proven(self) -> bool:
        """Whether the desk has half as many tickets again as when trust was found, or none was."""
        tickets = sum(self._categories().values())
        ((proven,),) = self._connection.execute("SELECT coalesce(max(tickets), 0) FROM proof")
        return tickets >= _FEW and not proven / 1.5 <= tickets <= 1.5 * proven

    def _sample(self) -> list[int]:
        """The numbers of some tickets that were learnt from, spread over all."""
        numbers = [number for (number,) in self._connection.execute("SELECT * FROM learnt")]
        return numbers[:: max(1, len(numbers) // _SAMPLE)][:_SAMPLE]

    def _cases(self, text: str, without: int) -> tuple[dict[str, float], list[Case]]:
        """The words asked for as a vector, and the tickets most like it."""
        found = likeness.words(text)
        told = self._told(found)
        weights = {word: weight for word, (_, weight) in told.items()}
        asked = likeness.vector(found, weights)
        tickets = {word: count for word, (count, _) in told.items()}
        heads = self._heads(self._candidates(asked, weights, tickets, without))
        texts = {number: likeness.words(_asked(head)) for number, head in heads.items()}
        others = self._told(likeness.common(texts.values()) - told.keys())
        weights |= {word: weight for word, (_, weight) in others.items()}
        vectors = {number: likeness.vector(found, weights) for number, found in texts.items()}
        likenesses = {number: likeness.likeness(asked, one) for number, one in vectors.items()}
        best = nlargest(_NEAREST, zip(likenesses.values(), likenesses, strict=True))
        near = [number for share, number in best if share > 0]
        says = likeness.says(asked, [vectors[number] for number in near])
        return asked, [
            Case(number, heads[number], vectors[number], min(likenesses[number], 1.0), said)
            for number, said in zip(near, says, strict=True)
        ]

    def _told(self, words: Iterable[str]) -> dict[str, tuple[int, float]]:
        """Of each word that was learnt how many tickets have it, and what it weighs by now."""
        usual = self._categories()
        total = sum(usual.values())
        told = {}
        for word, filed in self._filed(words).items():
            shares = {category: usual[category] / total for category in filed}
            told[word] = sum(filed.values()), likeness.telling(filed, shares, total)
        return told

    def _candidates(
        self, asked: Vector, weights: Vector, tickets: Mapping[str, int], without: int
    ) -> list[int]:
        """The numbers of the tickets that share the most telling words, roughly weighed."""
        scores: defaultdict[int, float] = defaultdict(float)
        worth = {word: share * weights[word] for word, share in asked.items()}
        left = _PLACES
        for word in sorted(worth, key=worth.__getitem__, reverse=True):
            if tickets[word] > left:
                continue
            left -= tickets[word]
            query = "SELECT block, places FROM posting WHERE word = ?"
            for block, places in self._connection.execute(query, (word,)):
                first, weight = block * _BLOCK, worth[word]
                for place, share in _unpacked(places):
                    scores[first + place] += weight * share
        scores.pop(without, None)
        best = nlargest(_CANDIDATES, zip(scores.values(), scores, strict=True))
        return [number for _, number in best]

    def _heads(self, numbers: Sequence[int]) -> dict[int, Mapping[str, object]]:
        query = "SELECT number, head FROM record WHERE number IN (SELECT value FROM json_each(?))"
        rows = self._connection.execute(query, (json.dumps(numbers),))
        return {number: json.loads(head) for number, head in rows}

    # --- duplicates ------------------------------------------------------------------------

    def match(self, text: str, *, frequent: bool = False) -> str:
        """An FTS5 expression that finds texts about the same, by their rarest terms.

        With `frequent` also by those that very many records have.
        """
        found = likeness.terms(text)
        told = {word: tickets for word, (tickets, _) in self._told(found).items()}
        # What no resolved ticket has may well be a code, the longer the rarer.
        rare = sorted(found, key=lambda term: (told.get(term, 0), -len(term), term))[:_TRIED]
        # Full text takes words with the same stem for one, so there may be many more.
        records = {term: self._records_with(term) for term in rare}
        counts = {term: count for term, count in records.items() if count}
        return likeness.match(counts, least=len(counts) if frequent else likeness.LEAST)

    def _records_with(self, term: str) -> int:
        """How many records have a term; no more than _PROBE are counted."""
        query = "SELECT count(*) FROM (SELECT 1 FROM text WHERE text MATCH ? LIMIT ?)"
        ((count,),) = self._connection.execute(query, (f'{{title body}} : "{term}"', _PROBE))
        return int(count) if count < _PROBE else _COMMON

    def alike(self, text: str, others: Sequence[str]) -> list[Alike]:
        """How alike a text and each of some others are, numbers and codes among their terms."""
        found = [likeness.terms(one) for one in (text, *others)]
        told = self._told(set().union(*found))
        total = sum(self._categories().values())
        weights = {
            term: likeness.rarity(told.get(term, (1, 0.0))[0], total)
            for terms in found
            for term in terms
        }
        asked, *rest = (likeness.vector(one, weights) for one in found)
        return [
            Alike(min(likeness.likeness(asked, one), 1.0), likeness.shared(asked, one))
            for one in rest
        ]


_Places: TypeAlias = defaultdict[tuple[str, int], dict[int, int]]


def _values(cases: Iterable[Case], field: str) -> list[str]:
    return [str(case.head.get(field) or "") for case in cases]


def _packed(places: Mapping[int, int]) -> bytes:
    """The places of tickets in their block, in order, and then the word's share in each."""
    order = sorted(places)
    return struct.pack(f"<{2 * len(order)}H", *order, *map(places.__getitem__, order))


def _unpacked(packed: bytes) -> Iterator[tuple[int, int]]:
    numbers = struct.unpack(f"<{len(packed) // 2}H", packed)
    half = len(numbers) // 2
    return zip(numbers[:half], numbers[half:], strict=True)
