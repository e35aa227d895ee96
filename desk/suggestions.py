"""What the desk's own records say of a new request, each with what speaks for it.

Its likely category, team and priority, resolved tickets like it with their solutions, live tickets
that may be about the same, and articles that may answer it.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice
from typing import NamedTuple

from desk import articles, experience, likeness
from desk.errors import DeskError
from desk.experience import Experience
from desk.index import Index
from desk.model import Article, Record, Ticket
from desk.roles import READ_INTERNAL, Rights

ARTICLE, SIMILAR, DUPLICATE = "article", "similar", "duplicate"
KINDS = (*experience.FIELDS, ARTICLE, SIMILAR, DUPLICATE)
_HITS = 20  # records of a kind that are compared
_MOST = 3  # of a kind that are suggested
_UNLIKELY = 0.02  # guesses under that are not worth reading
_LIKE, _SAME = 0.15, 0.5  # from which likeness on texts are alike, or about the same
_SHARED = 2  # terms, of which one alone tells little


class Suggestion(NamedTuple):
    """One thing that is suggested, by its kind (of KINDS).

    `value` is a value of the field, else the id of a record; `likely` is from 0 to 1: how likely
    that value is, or how alike the texts are; `because` are words that speak for it, `tickets`
    the ids of those that do. A record has a `title` and, if it was resolved, a `solution`.
    """

    kind: str
    value: str
    likely: float
    because: tuple[str, ...]
    title: str = ""
    solution: str = ""
    tickets: tuple[str, ...] = ()


def of_text(
    index: Index,
    taught: Experience,
    text: str,
    rights: Rights,
    now: datetime,
    read: Callable[[str], Record],
    *,
    without: str = "",
) -> list[Suggestion]:
    """What is suggested for a request of that text to somebody with those rights.

    `without` is the id of the ticket that has the text, if there is one; `read` reads a record
    by its id. Other people's tickets are for those who work here.
    """
    inside = rights.may(READ_INTERNAL)
    advice = taught.advice(text, index.number_of(without) if without else 0)
    match = taught.match(text)
    found = [*_guessed(advice, named=inside), *_articles(index, taught, text, rights, now)]
    if inside:
        found += _similar(advice, read)
        found += _duplicates(index, taught, text, match, without)
    return found


def guess(index: Index, taught: Experience, ticket: Ticket, field: str) -> likeness.Guess | None:
    """The likeliest value of a field of a ticket, by the tickets like it; None for none."""
    advice = taught.advice(experience.asked(ticket), index.number_of(ticket.id))
    return next(iter(advice.guesses[field]), None)


def _guessed(advice: experience.Advice, *, named: bool) -> Iterator[Suggestion]:
    for field, guesses in advice.guesses.items():
        for one in guesses:
            if one.words and one.confidence >= _UNLIKELY:
                cases = [str(advice.cases[place].head["id"]) for place in one.cases]
                tickets = tuple(cases[:_MOST]) if named else ()
                yield Suggestion(field, one.value, one.confidence, one.words, tickets=tickets)


def _similar(advice: experience.Advice, read: Callable[[str], Record]) -> Iterator[Suggestion]:
    """Resolved tickets with their solutions."""
    near = [case for case in advice.cases if case.likeness >= _LIKE]
    for case in near[:_MOST]:
        record_id = str(case.head["id"])
        try:
            record = read(record_id)
        except DeskError:  # since the index saw it
            continue
        resolved = record.resolution if isinstance(record, Ticket) else None
        solution = str(resolved.words.get("solution") or "") if resolved else ""
        words = likeness.shared(advice.asked, case.words)
        yield Suggestion(SIMILAR, record_id, case.likeness, words, record.title, solution)


def _articles(
    index: Index, taught: Experience, text: str, rights: Rights, now: datetime
) -> list[Suggestion]:
    """Published articles that whoever asks may read."""
    match = taught.match(text, frequent=True)  # what is asked for often is what they are for
    hits = (hit.record for hit in index.search(match, -1, "articles")) if match else iter(())
    shown = (articles.as_read_by(one, rights) for one in hits if isinstance(one, Article))
    valid = (articles.PUBLISHED, articles.OUTDATED)
    fitting = (one for one in shown if one and articles.status_at(one, now) in valid)
    readable = list(islice(fitting, _HITS))
    texts = ["\n".join(one.text(field) for field in _ANSWERS) for one in readable]
    alike = taught.alike(text, texts)
    found = [
        Suggestion(ARTICLE, one.id, near.likeness, near.terms, one.title)
        for one, near in zip(readable, alike, strict=True)
        if len(near.terms) >= _SHARED or near.likeness >= _LIKE
    ]
    return sorted(found, key=lambda one: -one.likely)[:_MOST]


_ANSWERS = ("title", "symptoms", "cause", "solution", "body")


def _duplicates(
    index: Index, taught: Experience, text: str, match: str, without: str
) -> list[Suggestion]:
    """Live tickets about the same."""
    hits = [hit.record for hit in index.search(match, _HITS, "live")] if match else []
    others = [one for one in hits if isinstance(one, Ticket) and one.id != without]
    alike = taught.alike(text, [experience.asked(one) for one in others])
    found = [
        Suggestion(DUPLICATE, one.id, near.likeness, near.terms, one.title)
        for one, near in zip(others, alike, strict=True)
        if near.likeness >= _SAME
    ]
    return sorted(found, key=lambda one: -one.likely)[:_MOST]
