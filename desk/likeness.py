"""How alike texts are, and what tickets like a new one say about it (pure).

A text is its words. A word weighs more the oftener it stands there, and the more it tells: the
categories of the desk's tickets with that word, beside those of all tickets. Two texts are as
alike as the cosine between them. The most similar tickets then say what a field of the new one
will be, by kernel ridge regression: each counts for what it shares with the new one less what
the others have said already, so that twenty copies of one complaint do not outvote the rest.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from heapq import nlargest
from operator import itemgetter
from typing import NamedTuple, TypeAlias

from desk import fulltext

Vector: TypeAlias = Mapping[str, float]  # of words; of length 1 where nothing else is said

_READ = 6000  # characters of a text: who writes more repeats it
_WORD = r"[^\W\d_]{2,40}"
_CODE = r"[^\W_]+(?:[-.:/][^\W_]+)*"
CODES = 16  # of one text; a log file pasted in has hundreds
# A word counts as if so many more tickets with it were spread over the categories as all tickets
# are: what one or two tickets have tells less than it seems to.
_DOUBT = 5
_LEAST = 0.001
_WIDEST = 48  # words of a vector
# A single ticket just like the new one is believed by a third. Chosen, as the weight of words,
# on tickets that `tests/bench/suggestions.py` does not measure.
_RIDGE = 2.0
_ROUNDS, _NEAR_ENOUGH = 20, 2e-3
_SHARPNESSES = (0.75, 1.0, 1.25, 1.5, 1.75, 2.0, 2.25, 2.5, 3.0)
_HARDLY = 1.92  # of a logarithm of likelihoods: half of the 95 % quantile of chi-squared
LEAST = 4  # terms that a text is looked for by, however many records have them
_GUESSES, _EVIDENCE = 3, 5  # of a field; words of a guess


# Words of grammar, which make no two texts alike: few tickets cannot show that they tell nothing.
_EMPTY = frozenset(
    [
        "a",
        "an",
        "and",
        "are",
        "as",
        "at",
        "be",
        "been",
        "but",
        "by",
        "can",
        "cannot",
        "could",
        "did",
        "do",
        "does",
        "for",
        "from",
        "had",
        "has",
        "have",
        "he",
        "her",
        "his",
        "how",
        "if",
        "in",
        "is",
        "it",
        "its",
        "me",
        "my",
        "no",
        "nor",
        "not",
        "of",
        "on",
        "or",
        "our",
        "out",
        "she",
        "so",
        "than",
        "that",
        "the",
        "their",
        "them",
        "then",
        "there",
        "they",
        "this",
        "to",
        "too",
        "up",
        "us",
        "was",
        "we",
        "were",
        "what",
        "when",
        "where",
        "which",
        "who",
        "why",
        "will",
        "with",
        "would",
        "you",
        "your",
        "after",
        "again",
        "before",
        "every",
        "into",
        "only",
        "over",
        "under",
        "very",
    ]
)


class Guess(NamedTuple):
    """A value that a field may have, how likely it is (0 to 1), and what speaks for it.

    `words` are those that the text shares with the similar tickets that have this value, what
    counts most first; `cases` are the places of these among the similar tickets.
    """

    value: str
    confidence: float
    words: tuple[str, ...]
    cases: tuple[int, ...]


# --- words and what they weigh ---------------------------------------------------------------


def words(text: str) -> dict[str, float]:
    """The words of a text with 1 + ln(how often they stand there); East Asian runs as pairs.

    There are no digits in them: numbers seldom stand in two tickets.
    """
    times = Counter(re.findall(_WORD, fulltext.paired(text[:_READ]).lower()))
    return {word: 1 + math.log(count) for word, count in times.items() if word not in _EMPTY}


def terms(text: str) -> dict[str, float]:
    """The words of a text, and what has digits in it: numbers of assets, codes of errors."""
    codes = re.findall(_CODE, fulltext.paired(text[:_READ]).lower())
    with_digits = (code for code in codes if any(map(str.isdigit, code)))
    return words(text) | dict.fromkeys(list(dict.fromkeys(with_digits))[:CODES], 1.0)


def telling(filed: Mapping[str, int], usual: Mapping[str, float], total: int) -> float:
    """What a word weighs, by how many tickets that have it are filed under each category.

    `usual` has the share of each category in all of the `total` tickets. The weight is the
    fourth root of the Kullback-Leibler divergence between the two (in nats) times the inverse
    document frequency, and never nothing: on a desk of one category texts are alike too.
    """
    log, tickets = math.log, sum(filed.values())
    doubted = tickets + _DOUBT
    divergence, absent = 0.0, 1.0
    for category, count in filed.items():
        share = usual[category]
        absent -= share
        divergence += (count + _DOUBT * share) * log((count / share + _DOUBT) / doubted)
    divergence += max(absent, 0.0) * _DOUBT * log(_DOUBT / doubted)
    telling = max(divergence / doubted, _LEAST) * rarity(tickets, total)
    return float(telling**0.25)


def rarity(tickets: int, total: int) -> float:
    """The inverse document frequency of a term that so many of all tickets have: 1 or more."""
    return 1 + math.log(max(total, tickets, 1) / max(tickets, 1))


def vector(found: Vector, weights: Vector) -> dict[str, float]:
    """Those of the words found that have a weight, by it, as a vector of length 1.

    Of a long text only the words that count most are kept.
    """
    weighed = {word: count * weights[word] for word, count in found.items() if word in weights}
    if len(weighed) > _WIDEST:
        weighed = dict(nlargest(_WIDEST, weighed.items(), key=itemgetter(1)))
    length = math.sqrt(sum(value * value for value in weighed.values()))
    return {word: value / length for word, value in weighed.items()} if length else {}


def likeness(one: Vector, other: Vector) -> float:
    """The cosine between two texts: 0 where no word is in both, 1 where all are."""
    return sum([one[word] * other[word] for word in one.keys() & other.keys()])


def shared(one: Vector, other: Vector) -> tuple[str, ...]:
    """The words that make two texts alike, what counts most first."""
    return _most({word: one[word] * other[word] for word in one.keys() & other.keys()})


def _most(counts: Vector) -> tuple[str, ...]:
    return tuple(nlargest(_EVIDENCE, sorted(counts), key=counts.__getitem__))


# --- what similar tickets say ----------------------------------------------------------------


def says(asked: Vector, cases: Sequence[Vector]) -> list[float]:
    """How much each similar ticket has to say of what is asked; may be below 0.

    Solves (K + ridge · I) says = k, where K has the likenesses of the cases to each other and k
    those to what is asked, case by case until nothing moves any more (Gauss-Seidel).
    """
    wanted = [likeness(asked, case) for case in cases]
    says = [0.0] * len(cases)
    said: defaultdict[str, float] = defaultdict(float)
    for _ in range(_ROUNDS):
        moved = 0.0
        for place, case in enumerate(cases):
            others = sum([said[word] * value for word, value in case.items()]) - says[place]
            step = (wanted[place] - others) / (1 + _RIDGE) - says[place]
            says[place] += step
            moved = max(moved, abs(step))
            for word, value in case.items():
                said[word] += step * value
        if moved < _NEAR_ENOUGH:
            break
    return says


def scores(
    says: Sequence[float], values: Sequence[str], filed: Mapping[str, int]
) -> dict[str, float]:
    """How much is said for each value, 0 or more, where the cases have these `values`.

    A case without one (empty) says nothing of it.

    `filed` says how many of all tickets have each value: what the cases leave unsaid is as
    usual, or on a young desk something that nobody has seen yet, which is under "".
    """
    total = sum(filed.values())
    unsaid = max(0.0, 1 - sum(says)) / (total + _DOUBT)
    scores = {value: unsaid * count for value, count in filed.items()} | {"": unsaid * _DOUBT}
    for value, said in zip(values, says, strict=True):
        if value:
            scores[value] = scores.get(value, 0.0) + said
    return {value: max(score, 0.0) for value, score in scores.items()}


def confidences(scores: Mapping[str, float], sharpness: float) -> dict[str, float]:
    """How likely each value is by its score: its share of the scores to the power `sharpness`."""
    powers = {value: score**sharpness for value, score in scores.items()}
    whole = sum(powers.values()) or 1.0
    return {value: power / whole for value, power in powers.items()}


def sharpness(tried: Iterable[tuple[Mapping[str, float], str]]) -> float:
    """The sharpness by which confidences come true, from scores and what was right each time.

    The most careful one under which what was right is hardly less likely than under the best:
    the lower end of the interval of 95 % by the likelihood ratio (Wilks). Where tickets of one
    kind are filed at random it is about 1; where the cases agree and only leave much unsaid,
    above.
    """
    tried = list(tried)

    def logarithms(sharpness: float) -> float:
        right = (confidences(scores, sharpness).get(value, 0.0) for scores, value in tried)
        return sum(math.log(max(share, 1e-3)) for share in right)

    by_care = [(logarithms(sharpness), sharpness) for sharpness in _SHARPNESSES]
    least = max(by_care)[0] - _HARDLY
    return next(sharpness for logarithm, sharpness in by_care if logarithm >= least)


def guesses(
    asked: Vector,
    cases: Sequence[Vector],
    says: Sequence[float],
    values: Sequence[str],
    likely: Mapping[str, float],
) -> list[Guess]:
    """The likeliest values of the field that has these `values` in the cases, with evidence."""
    best = nlargest(_GUESSES + 1, sorted(likely), key=likely.__getitem__)
    return [
        Guess(value, likely[value], *_evidence(asked, cases, says, values, value))
        for value in best
        if value and likely[value]
    ][:_GUESSES]


def _evidence(
    asked: Vector,
    cases: Sequence[Vector],
    says: Sequence[float],
    values: Sequence[str],
    value: str,
) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """The words, and the places of the cases, that speak for a value."""
    places = [place for place, one in enumerate(values) if one == value and says[place] > 0]
    counts: defaultdict[str, float] = defaultdict(float)
    for place in places:
        case = cases[place]
        for word in asked.keys() & case.keys():
            counts[word] += says[place] * asked[word] * case[word]
    return _most(counts), tuple(places)


# --- looking for them in full text -----------------------------------------------------------


def match(tickets: Mapping[str, int], most: int = 12, hits: int = 2000, least: int = LEAST) -> str:
    """An FTS5 expression for texts with some of these terms, which so many tickets have each.

    It has the `most` rarest terms at most, and of those behind the first `least` no more than
    have about `hits` hits together, so that its cost hardly grows with the desk. It is empty
    where there is no term.
    """
    chosen: list[str] = []
    for term in sorted(tickets, key=lambda term: (tickets[term], term))[:most]:
        hits -= tickets[term]
        if hits < 0 and len(chosen) >= least:
            break
        chosen.append(f'"{term}"')
    return f"{{title body}} : ({' OR '.join(chosen)})" if chosen else ""


def common(texts: Iterable[Vector]) -> set[str]:
    """The words that stand in several of the texts; others cannot make them alike."""
    times = Counter(word for found in texts for word in found)
    return {word for word, count in times.items() if count > 1}
