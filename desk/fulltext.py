r"""What full text is made of: a record's words for the index, and a query that finds them (pure).

English words are stemmed by SQLite's porter tokenizer. Chinese, Japanese and Korean have no
spaces, so a run of their characters is cut into overlapping pairs, which also find words of two
characters: 打印机 is 打印 and 印机. The last character of a run stands alone too, so that a
query of one character, which becomes a prefix, finds it wherever it is.
"""

import itertools
import operator
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from desk.letters import narrow
from desk.model import Event, Record, Value, standing

TOKENIZER = "porter unicode61 remove_diacritics 2"
# Han with its extensions, kana, hangul, bopomofo.
_EAST = (
    "\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3100-\u31ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff"
)
_EAST += "\U00020000-\U0003ffff"
_RUNS = f"([{_EAST}]+)"  # compiled when it is needed: it takes long
# Words that a misspelt one may be corrected to: at least so many letters, no digits.
_KNOWN = r"(?a)[a-z]{4,30}"
_LONG = ("description", "symptoms", "cause", "solution", "body")


class Texts(NamedTuple):
    """A record's words for the index, by what they weigh."""

    title: str
    body: str
    log: str


def texts(record: Record) -> Texts:
    """The text of a record without what was taken back, East Asian runs cut into pairs."""
    title = [record.title, *(str(tag) for tag in record.items("tags"))]
    body = [text for name in _LONG if (text := record.text(name))]
    log = [text for event in standing(record.log) for text in _said(event)]
    return Texts(*("\n".join(map(paired, part)) for part in (title, body, log)))


def pieces(record: Record) -> Iterator[tuple[str, str]]:
    """Every text of a record that is searched, with its field or the verb of its event."""
    yield "title", record.title
    yield from (("tags", str(tag)) for tag in record.items("tags"))
    yield from ((name, text) for name in _LONG if (text := record.text(name)))
    yield from ((event.did, text) for event in standing(record.log) for text in _said(event))


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
    parts = _parts(text)
    parts[::2] = map(narrow, parts[::2])
    parts[1::2] = [f" {' '.join(pairs(run))} {run[-1]} " for run in parts[1::2]]
    return "".join(parts)


def _parts(text: str) -> list[str]:
    """The text in parts of which every other one is a run of East Asian characters."""
    return [text] if text.isascii() else re.split(_RUNS, text)


def known_words(found: Texts) -> set[str]:
    """The English words of title and body, to which a misspelt one may be corrected."""
    return set(re.findall(_KNOWN, f"{found.title}\n{found.body}".lower()))


class Term(NamedTuple):
    """A word, an East Asian run or a phrase to find; whether its last word may go on.

    What was `quoted` is to be found just so.
    """

    text: str
    begins: bool = False
    quoted: bool = False


def terms(query: str) -> list[Term]:
    """What somebody typed: words, "phrases", beginnings*; the last word may always go on.

    Words of Latin letters and East Asian runs are found apart from each other, but what is
    written together (10.0.0.1, PC-39280) only so.
    """
    found: list[Term] = []
    clean = narrow(query).translate(_QUOTES).replace("\0", " ")
    clean = clean.encode("utf-8", "replace").decode().strip()
    for match in _CHUNK.finditer(clean):
        if match["phrase"] is not None:
            found.append(Term(match["phrase"], bool(match["star"]), quoted=True))
        else:
            found += _split(match["chunk"], last=match.end() == len(clean))
    return [term for term in found if any(map(str.isalnum, term.text))]


_QUOTES = str.maketrans("“”「」", '""""')
_CHUNK = re.compile(r'"(?P<phrase>[^"]*)"(?P<star>\*?)|(?P<chunk>[^\s"]+)')


def _split(chunk: str, *, last: bool) -> list[Term]:
    parts = [Term(part) for part in _parts(chunk.rstrip("*")) if part]
    if parts and (last or chunk.endswith("*")):
        parts[-1] = Term(parts[-1].text, begins=True)
    return parts


def match(terms: Iterable[Term]) -> str:
    """An FTS5 expression that holds where all the terms do.

    Each is quoted, so that nothing of it is taken for FTS5's own syntax.
    """
    return " AND ".join(map(_expression, terms))


def _expression(term: Term) -> str:
    text = _END.sub("", term.text.replace('"', " "))
    *_, run, rest = ("", *_parts(text))
    spread = paired(text).strip()
    if not rest and len(run) > 1:
        spread = spread[:-2]  # in a text the run may go on
    begins = term.begins or (not rest and len(run) == 1)
    return f'"{spread}"' + (" *" if begins else "")


_END = re.compile(r"[\s!-/:-@\[-`{-~\u3000-\u3004\u3008-\u3020\uff01-\uff0f\uff1a-\uff20]+\Z")


def match_any(expressions: Iterable[str]) -> str:
    """An FTS5 expression that holds where one of those does."""
    return f"({' OR '.join(expressions)})"


def match_most(expressions: Sequence[str]) -> str:
    """An FTS5 expression that holds where more than half of those do."""
    enough = len(expressions) // 2 + 1
    return match_any(
        f"({' AND '.join(some)})" for some in itertools.combinations(expressions, enough)
    )


def match_loosely(run: str) -> str:
    """An FTS5 expression that holds where some pair of an East Asian run stands."""
    return match_any(f'"{pair}"' for pair in pairs(run))


def is_run(text: str) -> bool:
    """Whether a text is a run of East Asian characters that has pairs."""
    return len(text) > 1 and _parts(text)[::2] == ["", ""]


def pairs(run: str) -> list[str]:
    """The overlapping pairs of a run of characters."""
    return list(map(operator.add, run, run[1:]))


def is_word(text: str) -> bool:
    """Whether a text is a word that may be corrected."""
    return bool(re.fullmatch(_KNOWN, text.lower()))
