r"""What full text is made of: a record's words for the index, and a query that finds them (pure).

English words are stemmed by SQLite's porter tokenizer. Chinese, Japanese and Korean have no
spaces, so a run of their characters is cut into overlapping pairs, which also find words of two
characters: 打印机 is 打印 and 印机. The last character of a run stands alone too, so that a
query of one character, which becomes a prefix, finds it wherever it is.
"""

import operator
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from desk.model import Event, Record, Value

TOKENIZER = "porter unicode61 remove_diacritics 2"
# Han with its extensions, kana, hangul, bopomofo.
_EAST = (
    "\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3100-\u31ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff"
)
_EAST += "\U00020000-\U0003ffff"
_RUN = re.compile(f"[{_EAST}]+")
_RUNS = re.compile(f"([{_EAST}]+)")
_WORD = re.compile(f"[{_EAST}]+|[^\\W_{_EAST}]+")
# Words that a misspelt one may be corrected to: at least so many letters, no digits.
_KNOWN = re.compile(r"[a-z]{4,30}", re.ASCII)
_LONG = ("description", "symptoms", "cause", "solution", "body")


class Texts(NamedTuple):
    """A record's words for the index, by what they weigh."""

    title: str
    body: str
    log: str


def texts(record: Record) -> Texts:
    """The text of a record, East Asian runs cut into pairs."""
    title = [record.title, *(str(tag) for tag in record.items("tags"))]
    body = [text for name in _LONG if (text := record.text(name))]
    log = [text for event in record.log for text in _said(event)]
    return Texts(*("\n".join(map(paired, part)) for part in (title, body, log)))


def _said(event: Event) -> Iterator[str]:
    """What an event says in words; not its moments, names of rules and codes."""
    for name, word in event.words.items():
        if name not in ("rule", "outbox", "code", "escalation", "source"):
            yield from _leaves(word)


def _leaves(value: Value) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _leaves(item)


def paired(text: str) -> str:
    """The text with each run of East Asian characters as overlapping pairs and its last one."""
    if text.isascii():
        return text
    parts = _RUNS.split(text)  # every other one is a run
    parts[1::2] = [f" {_pairs(run)} {run[-1]} " for run in parts[1::2]]
    return "".join(parts)


def _pairs(run: str) -> str:
    return " ".join(map(operator.add, run, run[1:]))


def known_words(found: Texts) -> set[str]:
    """The English words of title and body, to which a misspelt one may be corrected."""
    return set(_KNOWN.findall(f"{found.title}\n{found.body}".lower()))


def words(query: str) -> list[str]:
    """The words and East Asian runs of what somebody typed; lone surrogates are none."""
    return _WORD.findall(query.encode("utf-8", "replace").decode())


def match(terms: Iterable[str], *, any_of: bool = False) -> str:
    """An FTS5 expression that holds where all the words do (or some), the last one a beginning.

    Each is quoted, so that nothing of it is taken for FTS5's own syntax.
    """
    quoted = [_quoted(term) for term in terms]
    if quoted and not any_of and not quoted[-1].endswith("*"):
        quoted[-1] += " *"
    return (" OR " if any_of else " AND ").join(quoted)


def _quoted(term: str) -> str:
    if not _RUN.fullmatch(term):
        return f'"{term}"'
    return f'"{_pairs(term)}"' if len(term) > 1 else f'"{term}" *'
