"""How well `desk search` finds 461 real articles, beside other full-text searches.

    python -m tests.bench.kb_search [kb_markdown.tar.gz]

For each article (those in ../shared/data unless they are named) a query is made from its text:
the four words of highest tf-idf that its title does not have, where there are four of those that
some other articles have too: a person asks with words of the trade and not with a serial number.
Articles of a line or two give fewer words or none. Then the same with a
typing mistake in one of them: a letter dropped, two swapped, or another in its place. Of a
Chinese article they are words of two characters (as jieba cuts them), parted by spaces or written
together as people do, and the mistake is another character.

The table has the mean reciprocal rank of the article and how often it is among the first five.
Beside desk's own search are SQLite's FTS5 with its tokenizers unicode61 and trigram, asking for all
words or for any, best first by its bm25; and rank-bm25, with jieba for Chinese. What is not
installed is left out.
"""

import hashlib
import importlib.util
import math
import re
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from desk import fulltext, markdownimport, search, store
from desk.folder import Folder
from desk.index import Index
from desk.lifecycle import Act
from desk.model import Article, Record
from desk.store import Desk
from tests.bench.kb_import import ARTICLES, NOW, POLICY, unpacked

WORDS = 4
# So many others have a word that a person asks with.
COMMON = 3
DEPTH = 100
ENGLISH, ENGLISH_TYPO = "English", "English, a typing mistake"
CHINESE, CHINESE_TOGETHER, CHINESE_TYPO = (
    "Chinese", "Chinese, written together", "Chinese, a wrong character",
)  # fmt: skip
Search = Callable[[str], Sequence[str]]


@dataclass
class Query:
    """What is asked, and the id of the article that it was made from."""

    text: str
    wanted: str


@dataclass
class Score:
    """The ranks at which one search found what was wanted, 0 where it did not."""

    ranks: list[int] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def reciprocal(self) -> float:
        """The mean reciprocal rank."""
        return sum(1 / rank for rank in self.ranks if rank) / len(self.ranks)

    @property
    def recall(self) -> float:
        """The share that was among the first five."""
        return sum(0 < rank <= 5 for rank in self.ranks) / len(self.ranks)

    def __str__(self) -> str:
        return f"{self.reciprocal:.3f} {self.recall:.3f}"


# --- what is asked -------------------------------------------------------------------------


def english(text: str) -> list[str]:
    """The words of Latin letters in a text, in lower case."""
    return re.findall(r"(?a)\b[a-z]{4,}\b", text.lower())


def chinese(text: str) -> list[str]:
    """The Chinese words of two characters in a text."""
    return [word for word in cut(text) if re.fullmatch(r"[\u4e00-\u9fff]{2}", word)]


def cut(text: str) -> list[str]:
    """The words of a text as jieba cuts them."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own escapes are out of date
        import jieba

        jieba.setLogLevel("ERROR")
        return list(jieba.cut(text))


def queries(articles: Sequence[Article]) -> dict[str, list[Query]]:
    """The queries of each kind; the same in every run."""
    in_chinese = [one for one in articles if one.text("language") == "zh"]
    others = [one for one in articles if one.text("language") != "zh"]
    found = {ENGLISH: list(_made(others, english, COMMON))}
    known = {word for one in articles for word in english(f"{one.title}\n{one.text('body')}")}
    found[ENGLISH_TYPO] = [
        Query(" ".join(_mistyped(query.text.split(), known)), query.wanted)
        for query in found[ENGLISH]
    ]
    if importlib.util.find_spec("jieba"):
        found[CHINESE] = list(_made(in_chinese, chinese, 1))
        found[CHINESE_TOGETHER] = [Query(q.text.replace(" ", ""), q.wanted) for q in found[CHINESE]]
        letters = sorted({letter for q in found[CHINESE] for letter in q.text} - {" "})
        found[CHINESE_TYPO] = [
            Query(_with_another(query.text, letters), query.wanted) for query in found[CHINESE]
        ]
    return found


def _made(
    articles: Sequence[Article], words: Callable[[str], list[str]], common: int
) -> Iterator[Query]:
    """A query for each article that has enough words which `common` others have, too."""
    counts = [Counter(words(one.text("body"))) for one in articles]
    held = Counter(word for count in counts for word in count)
    for article, count in zip(articles, counts, strict=True):
        title = article.title.lower()
        weights = {
            word: number * math.log(len(articles) / held[word])
            for word, number in count.items()
            if word not in title
        }
        best = sorted(weights, key=lambda word: (held[word] <= common, -weights[word], word))
        if best:
            yield Query(" ".join(best[:WORDS]), article.id)


def _mistyped(words: list[str], known: set[str]) -> list[str]:
    """The words with a mistake in the longest, which makes no word of it that there is."""
    place = max(range(len(words)), key=lambda n: len(words[n]))
    word = words[place]
    for salt in range(100):
        number = int.from_bytes(hashlib.sha256(f"{word}{salt}".encode()).digest()[:6])
        at, letter = 1 + number // 3 % (len(word) - 2), chr(97 + number // 99 % 26)
        wrong = (
            word[:at] + word[at + 1 :],
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],
            word[:at] + letter + word[at + 1 :],
        )[number % 3]
        if wrong not in known:
            return [*words[:place], wrong, *words[place + 1 :]]
    raise ValueError(word)


def _with_another(text: str, letters: Sequence[str]) -> str:
    """The text with another character in the place of one."""
    number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:6])
    words = text.count(" ") + 1
    at = number % words * 3 + number // words % 2  # two characters and a space a word
    return text[:at] + letters[number // 97 % len(letters)] + text[at + 1 :]


# --- who is asked --------------------------------------------------------------------------


def searches(desk: Desk, articles: Sequence[Article]) -> dict[str, Search]:
    """Every search that there is, by its name."""
    found: dict[str, Search] = {"desk": _of_desk(Index(desk))}
    for tokenizer in ("unicode61", "trigram"):
        base = _base(articles, tokenizer)
        for operator, word in ((" ", "all"), (" OR ", "any")):
            found[f"FTS5 {tokenizer}, {word}"] = _of_base(base, operator)
    if importlib.util.find_spec("rank_bm25"):
        found["rank-bm25"] = _of_rank_bm25(articles)
    return found


def _of_desk(index: Index) -> Search:
    def only_articles(records: Iterable[Record]) -> Iterator[Record]:
        return (record for record in records if isinstance(record, Article))

    def ask(query: str) -> list[str]:
        found = search.find(index, fulltext.terms(query), only_articles, DEPTH)
        return [record.id for record in found.records]

    return ask


def _base(articles: Sequence[Article], tokenizer: str) -> sqlite3.Connection:
    base = sqlite3.connect(":memory:")
    base.execute(f"CREATE VIRTUAL TABLE text USING fts5 (id UNINDEXED, title, body, "
                 f"tokenize='{tokenizer}')")  # fmt: skip
    rows = ((one.id, one.title, one.text("body")) for one in articles)
    base.executemany("INSERT INTO text VALUES (?, ?, ?)", rows)
    return base


def _of_base(base: sqlite3.Connection, operator: str) -> Search:
    asked = "SELECT id FROM text WHERE text MATCH ? ORDER BY rank LIMIT ?"

    def ask(query: str) -> list[str]:
        match = operator.join(f'"{word}"' for word in query.split())
        return [record_id for (record_id,) in base.execute(asked, (match, DEPTH))]

    return ask


def _of_rank_bm25(articles: Sequence[Article]) -> Search:
    from rank_bm25 import BM25Okapi

    has_jieba = bool(importlib.util.find_spec("jieba"))

    def words(text: str) -> list[str]:
        folded = text.lower()
        found = re.findall(r"[^\W_]+", folded)
        if folded.isascii() or not has_jieba:
            return found
        return [word for word in cut(folded) if word.strip()]

    ranked: Any = BM25Okapi([words(f"{one.title}\n{one.text('body')}") for one in articles])

    def ask(query: str) -> list[str]:
        scores = ranked.get_scores(words(query))
        order = sorted(range(len(articles)), key=lambda n: -scores[n])
        return [articles[n].id for n in islice(order, DEPTH) if scores[n] > 0]

    return ask


# --- how well ------------------------------------------------------------------------------


def measure(archive: Path, folder: Path) -> dict[str, dict[str, Score]]:
    """The score of every search for each kind of query, in a new desk below `folder`."""
    desk = store.make(str(folder / "desk"), POLICY)
    source = unpacked(archive, folder / "source")
    act = Act("bench", NOW, desk.policy)
    markdownimport.import_folder(desk, Folder(str(source)), act)
    articles = list(desk.articles(lambda _: None))
    asked = queries(articles)
    return {
        name: {kind: score(ask, some) for kind, some in asked.items()}
        for name, ask in searches(desk, articles).items()
    }


def score(ask: Search, asked: Iterable[Query]) -> Score:
    """How well one search answers some queries."""
    found = Score()
    for query in asked:
        start = time.perf_counter()
        ids = list(ask(query.text))
        found.seconds += time.perf_counter() - start
        found.ranks.append(ids.index(query.wanted) + 1 if query.wanted in ids else 0)
    return found


def lines(scores: dict[str, dict[str, Score]]) -> Iterator[str]:
    """A line a search and kind of query: reciprocal rank, recall at five, time of a query."""
    for kind, ours in scores["desk"].items():
        count = len(ours.ranks)
        for name, of_kinds in scores.items():
            found = of_kinds[kind]
            speed = f"{found.seconds / count * 1000:.1f} ms"
            yield f"kb search, {kind} ({count}): {found}  {name}, {speed}"


def main(arguments: list[str]) -> None:
    """Measure and print."""
    archive = Path(arguments[0]) if arguments else ARTICLES
    with tempfile.TemporaryDirectory() as folder:
        for line in lines(measure(archive, Path(folder))):
            print(line)  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1:])
