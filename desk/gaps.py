"""What the knowledge of a desk lacks, and what in it is in the way (pure).

What to write next is told by groups of tickets: of those resolved in the period each joins, in
the order of their resolutions, the first of the group that it is most like, if it is like one.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, TypeAlias

from desk import articles, dates, experience, likeness
from desk.articles import OUTDATED, PUBLISHED, RETIRED
from desk.likeness import Vector
from desk.model import Article, Event, Ticket, in_order, standing
from desk.searchlog import Search

WRITE, CATEGORY, SEARCH, UNUSED, UNHELPFUL, OUT_OF_DATE, DUPLICATE = KINDS = (
    "write", "category", "search", "unused", "unhelpful", "outdated", "duplicate",
)  # fmt: skip
# Chosen on real tickets: under it those of one group would not be solved by one article.
_LIKE = 0.4
_SAME = 0.6  # for articles
# Texts that one is compared with at most, those first that share its rarest words: where sentences
# are used again and again, very many share some word. Hardly a real group is missed by it.
_COMPARED = 200
_MANY = 5  # tickets of a category that ought to have an article
_UNUSED_DAYS = 30
_DAY = 86400
_EXAMPLES = 2


_Key: TypeAlias = tuple[str, str]  # what keeps groups apart, and a word


class Definition(NamedTuple):
    """How a kind of gaps is headed for people, what its number is, and how it is found."""

    heading: str
    number: str
    text: str


DEFINITIONS: Mapping[str, Definition] = {
    WRITE: Definition(
        "To write next",
        "tickets saved",
        "Tickets resolved in the period without an article, in groups of one category that are "
        f"alike by {_LIKE} or more (the cosine of the words of title and description, those that "
        "tell categories apart weighing more). An article written after the first would have "
        "saved the others: their number. The id is the ticket with the fullest solution. Groups "
        "are left out of which a ticket is linked to an article that is not retired, or that are "
        "as much like one; and tickets that are duplicates of others.",
    ),
    CATEGORY: Definition(
        "Categories without an article",
        "tickets",
        f"Categories of {_MANY} or more tickets opened in the period, without a published article "
        "filed under them or above them.",
    ),
    SEARCH: Definition(
        "Looked for in vain",
        "searches",
        "Words that `desk kb search` found nothing for in the period, in this clone, and has not "
        "found anything for since.",
    ),
    UNUSED: Definition(
        "Never used",
        "days",
        f"Articles published for more than {_UNUSED_DAYS} days by which no ticket was resolved; "
        "the number is days since their publication.",
    ),
    UNHELPFUL: Definition(
        "Found unhelpful",
        "votes",
        "Published articles that more people found unhelpful than helpful, or that were found "
        "unhelpful since their text was changed or they were renewed; the number is of people "
        "who find them unhelpful.",
    ),
    OUT_OF_DATE: Definition(
        "Outdated", "days", "Published articles past their review_by, and for how many days."
    ),
    DUPLICATE: Definition(
        "Duplicates",
        "likeness",
        f"Articles that are not retired, alike by {_SAME} or more: each with the older one that it "
        "is most like (the cosine of their words, rare ones weighing more; 1 where all are the "
        "same).",
    ),
}  # fmt: skip


class Gap(NamedTuple):
    """One thing to do, by its kind (of KINDS).

    `id` is the ticket to draft from, or the article that it is about, empty where there is none;
    `value` the category, the words that were looked for, or the id of the article that it
    duplicates. What `number` counts is in DEFINITIONS.
    """

    kind: str
    id: str
    value: str
    title: str
    number: float
    why: str


def find(
    tickets: Iterable[Ticket],
    kb: Sequence[Article],
    searches: Iterable[Search],
    since: datetime,
    now: datetime,
    kinds: Collection[str] = KINDS,
) -> list[Gap]:
    """The gaps in the period from `since` to `now`: by kind, those of the greatest number first.

    `tickets` are those to which something happened in it, `kb` the articles that may be told of.
    """
    tickets = list(tickets)
    finders: Mapping[str, Callable[[], list[Gap]]] = {
        WRITE: lambda: _to_write(tickets, kb, since),
        CATEGORY: lambda: _categories(tickets, kb, since),
        SEARCH: lambda: _in_vain(searches, since, now),
        UNUSED: lambda: _unused(kb, now),
        UNHELPFUL: lambda: _unhelpful(kb),
        OUT_OF_DATE: lambda: _outdated(kb, now),
        DUPLICATE: lambda: _duplicates(kb),
    }
    return [
        gap
        for kind in KINDS
        if kind in kinds
        for gap in sorted(finders[kind](), key=lambda gap: (-gap.number, gap.id, gap.value))
    ]


# --- what to write next --------------------------------------------------------------------


class _Solved(NamedTuple):
    """A ticket with the event that resolved it."""

    ticket: Ticket
    resolution: Event

    @property
    def category(self) -> str:
        return self.ticket.text("category")

    def written(self) -> int:
        """How much is written about how it was solved, in characters."""
        said = (self.resolution.words.get(name) or "" for name in ("solution", "cause", "steps"))
        return sum(len(str(words)) for words in said)


def _to_write(tickets: Iterable[Ticket], kb: Sequence[Article], since: datetime) -> list[Gap]:
    solved = _solved(tickets, since)
    standing = [article for article in kb if article.status != RETIRED]
    retired = {article.id for article in kb if article.status == RETIRED}
    texts = [experience.asked(one.ticket) for one in solved]
    found = [likeness.words(text) for text in texts]
    weights = _telling_weights(found, [one.category for one in solved])
    # Articles come first, so that tickets like one of them join that.
    answers = [likeness.words(_symptoms(article)) for article in standing]
    vectors = [likeness.vector(words, weights) for words in (*answers, *found)]
    categories = [*(one.text("category") for one in standing), *(one.category for one in solved)]
    gaps = []
    for first, others in _groups(vectors, categories, _LIKE).items():
        if first < len(standing):
            continue
        group = [solved[place - len(standing)] for place in (first, *others)]
        if len(group) > 1 and not any(_has_article(one.ticket, retired) for one in group):
            words = _shared(vectors[first], [vectors[place] for place in others])
            gaps.append(_gap_of(group, words))
    return gaps


def _solved(tickets: Iterable[Ticket], since: datetime) -> list[_Solved]:
    """The tickets resolved in the period, in that order; not the duplicates of others."""
    found = []
    for ticket in tickets:
        resolution = ticket.resolution
        in_period = resolution and resolution.seconds >= since.timestamp()
        if resolution and in_period and not ticket.linked("duplicate-of"):
            found.append(_Solved(ticket, resolution))
    return sorted(found, key=lambda one: (one.resolution.seconds, one.ticket.id))


def _has_article(ticket: Ticket, retired: set[str]) -> bool:
    return any(
        other.startswith(f"{articles.PREFIX}-") and other not in retired
        for _, other in ticket.links
    )


def _symptoms(article: Article) -> str:
    return f"{article.title}\n{article.text('symptoms')}"


def _gap_of(group: Sequence[_Solved], words: Sequence[str]) -> Gap:
    fullest = max(group, key=_Solved.written)
    titles = dict.fromkeys(one.ticket.title for one in group if one is not fullest)
    titles.pop(fullest.ticket.title, None)
    examples = "".join(f"; also “{title}”" for title in [*titles][:_EXAMPLES])
    return Gap(
        WRITE,
        fullest.ticket.id,
        fullest.category,
        fullest.ticket.title,
        len(group) - 1,
        f"{len(group)} tickets alike: {', '.join(words)}{examples}",
    )


# --- how alike texts are -------------------------------------------------------------------


def _telling_weights(found: Sequence[Vector], categories: Sequence[str]) -> dict[str, float]:
    """What each word weighs, by the categories of the tickets that have it."""
    total = len(found)
    usual = {category: count / total for category, count in Counter(categories).items()}
    filed: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for words, category in zip(found, categories, strict=True):
        for word in words:
            filed[word][category] += 1
    return {word: likeness.telling(counts, usual, total) for word, counts in filed.items()}


def _rare_weights(found: Sequence[Vector]) -> dict[str, float]:
    times = Counter(word for words in found for word in words)
    return {word: likeness.rarity(count, len(found)) for word, count in times.items()}


def _groups(
    vectors: Sequence[Vector], apart: Sequence[str], least: float
) -> dict[int, dict[int, float]]:
    """The place of the first of each group, with the others of it and how like it they are.

    Each text joins the first that it is most like, by `least` or more, or is a first itself.
    Those of which `apart` differs are never in one group.
    """
    times = Counter(word for vector in vectors for word in vector)
    having: defaultdict[_Key, list[int]] = defaultdict(list)
    groups: dict[int, dict[int, float]] = {}
    for place, vector in enumerate(vectors):
        rare = [(apart[place], word) for word in _rarest(vector, times, least)]
        near = _with_some(rare, having)
        alike = [(likeness.likeness(vector, vectors[first]), -first) for first in near]
        likest, first = max(alike, default=(0.0, 0))
        if likest >= least:
            groups[-first][place] = min(likest, 1.0)
            continue
        groups[place] = {}
        for key in rare:
            having[key].append(place)
    return groups


def _with_some(keys: Iterable[_Key], having: Mapping[_Key, Sequence[int]]) -> set[int]:
    """The places that have some of the keys, as far as enough of the first of them are found."""
    near: set[int] = set()
    for key in keys:
        if len(near) >= _COMPARED:
            break
        near.update(having.get(key, ()))
    return near


def _rarest(vector: Vector, times: Mapping[str, int], least: float) -> list[str]:
    """Words of which two texts have one in common if they are alike by `least`.

    The other words of a vector are so little of it that they cannot do it alone.
    """
    left, chosen = 1.0, []
    for word in sorted(vector, key=lambda word: (times[word], word)):
        if left < least * least:
            break
        chosen.append(word)
        left -= vector[word] ** 2
    return chosen


def _shared(first: Vector, others: Iterable[Vector]) -> tuple[str, ...]:
    """The words by which most others are like the first."""
    together: defaultdict[str, float] = defaultdict(float)
    for other in others:
        for word, value in other.items():
            together[word] += value
    return likeness.shared(first, together)


# --- categories and searches ---------------------------------------------------------------


def _categories(tickets: Iterable[Ticket], kb: Sequence[Article], since: datetime) -> list[Gap]:
    begun = since.timestamp()
    times = Counter(
        category
        for ticket in tickets
        if (category := ticket.text("category")) and ticket.opened.timestamp() >= begun
    )
    filed = {article.text("category") for article in kb if _is_valid(article)}
    why = "no published article is filed under it or above it"
    return [
        Gap(CATEGORY, "", category, "", count, why)
        for category, count in times.items()
        if count >= _MANY and filed.isdisjoint(_with_those_above(category))
    ]


def _with_those_above(category: str) -> list[str]:
    parts = category.split("/")
    return ["/".join(parts[: count + 1]) for count in range(len(parts))]


def _in_vain(searches: Iterable[Search], since: datetime, now: datetime) -> list[Gap]:
    vain: Counter[str] = Counter()
    last: dict[str, Search] = {}
    for search in searches:
        if since.timestamp() <= search.at <= now.timestamp():
            words = " ".join(search.words.casefold().split())
            vain[words] += not search.found
            last[words] = search
    return [
        Gap(SEARCH, "", words, "", vain[words], f"found nothing, last on {_day(search.at, now)}")
        for words, search in last.items()
        if not search.found
    ]


def _day(seconds: float, now: datetime) -> str:
    return f"{dates.at(seconds, now.tzinfo):%Y-%m-%d}"


# --- articles ------------------------------------------------------------------------------


def _is_valid(article: Article) -> bool:
    return article.status in (PUBLISHED, OUTDATED)


def _unused(kb: Iterable[Article], now: datetime) -> list[Gap]:
    gaps = []
    for article in kb:
        published = _published(article)
        days = 0 if published is None else int((now.timestamp() - published) // _DAY)
        if published is not None and days > _UNUSED_DAYS and not article.solved:
            why = f"published on {_day(published, now)}, and no ticket was resolved by it"
            category = article.text("category")
            gaps.append(Gap(UNUSED, article.id, category, article.title, days, why))
    return gaps


def _published(article: Article) -> float | None:
    """Since when it is published, None where it is not or its log does not tell."""
    if not _is_valid(article):
        return None
    since = None
    for event in in_order(standing(article.log)):
        was, to = event.change.get("status", (None, None))
        if to == PUBLISHED and was not in (PUBLISHED, OUTDATED):
            since = event.seconds
    return since


def _unhelpful(kb: Iterable[Article]) -> list[Gap]:
    gaps = []
    for article in filter(_is_valid, kb):
        votes = Counter(vote.did for vote in articles.votes(article).values())
        complaints = articles.complaints(article)
        if complaints or votes["unhelpful"] > votes["helpful"]:
            said = [text for one in complaints if (text := one.text("because"))]
            why = f"{votes['unhelpful']} unhelpful, {votes['helpful']} helpful"
            why += f"; “{said[-1]}”" if said else ""
            category, number = article.text("category"), votes["unhelpful"]
            gaps.append(Gap(UNHELPFUL, article.id, category, article.title, number, why))
    return gaps


def _outdated(kb: Iterable[Article], now: datetime) -> list[Gap]:
    gaps = []
    for article in kb:
        if articles.status_at(article, now) == OUTDATED:
            due = dates.seconds(article.text("review_by"))
            days = int((now.timestamp() - due) // _DAY)
            why = f"to be looked at again by {_day(due, now)}"
            category = article.text("category")
            gaps.append(Gap(OUT_OF_DATE, article.id, category, article.title, days, why))
    return gaps


def _duplicates(kb: Iterable[Article]) -> list[Gap]:
    standing = sorted((one for one in kb if one.status != RETIRED), key=lambda one: one.id)
    fields = ("title", *articles.TEXTS)
    found = [likeness.words("\n".join(map(article.text, fields))) for article in standing]
    weights = _rare_weights(found)
    vectors = [likeness.vector(words, weights) for words in found]
    gaps = []
    for first, others in _groups(vectors, [""] * len(standing), _SAME).items():
        for other, alike in others.items():
            article, older = standing[other], standing[first]
            words = ", ".join(likeness.shared(vectors[other], vectors[first]))
            why = f"like “{older.title}”: {words}"
            number = round(alike, 2)
            gaps.append(Gap(DUPLICATE, article.id, older.id, article.title, number, why))
    return gaps
