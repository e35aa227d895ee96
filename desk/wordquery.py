"""What a search asks that says `or`, not, or has brackets: words as full text finds them."""

from collections.abc import Callable, Iterator

from desk import fulltext
from desk.conditions import Test
from desk.fulltext import Term
from desk.index import Index
from desk.model import Record
from desk.query import Filter
from desk.terms import All, Either, Node, Phrase


def test_of(index: Index) -> Callable[[Phrase], Test]:
    """A function that gives for words the test whether full text finds a record by them."""

    def of_phrase(phrase: Phrase) -> Test:
        match = fulltext.match(terms_of(phrase))
        found: set[str] | None = None

        def holds(record: Record) -> bool:
            nonlocal found
            if found is None:
                found = {record_id for record_id, _ in index.hits(match)} if match else set()
            return record.id in found

        return holds

    return of_phrase


def terms_of(phrase: Phrase) -> list[Term]:
    """The words as terms of full text, of which only one that ends in * may go on."""
    text = " ".join(phrase.words)
    if phrase.quoted or len(phrase.words) > 1:
        return [Term(text, quoted=True)]
    *most, last = fulltext.terms(text) or [Term("")]
    return [*most, last._replace(begins=text.endswith("*"))] if last.text else []


def wanted(asked: Filter) -> list[Term]:
    """The words that may stand in what fulfils the filter."""
    return [term for phrase in asked.phrases for term in terms_of(phrase)]


def needed(asked: Filter) -> str:
    """An FTS5 expression that holds for all that fulfils the filter; empty if it needs no word."""
    return _needed(asked.tree)


def _needed(node: Node) -> str:
    if isinstance(node, Phrase):
        return fulltext.match(terms_of(node))
    if isinstance(node, All):
        return " AND ".join(f"({one})" for one in _of_parts(node) if one)
    if isinstance(node, Either):
        parts = list(_of_parts(node))
        return fulltext.match_any(f"({one})" for one in parts) if all(parts) else ""
    return ""


def _of_parts(node: All | Either) -> Iterator[str]:
    return map(_needed, node.parts)
