"""What one condition of a query asks of a record: a term or phrase to a function (pure).

All that can be worked out once is: texts are folded, times and lengths read, before the first
record is looked at.
"""

import math
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, NoReturn, TypeAlias

from desk import dates, model
from desk.errors import UsageError, nearest
from desk.fields import FIELDS, OF_CLOCKS, OF_MOMENTS, TIMES, AsOf, canonical, field_value, texts
from desk.model import Record, Ticket
from desk.sla import STATES
from desk.terms import Phrase, Term, mistake
from desk.terms import Value as Wanted

Test: TypeAlias = Callable[[Record], bool]
# Whether what stands in a field is as it is wanted.
_Found: TypeAlias = Callable[[model.Value], bool]
# From the first number up to without the second.
_Interval: TypeAlias = tuple[float, float]

# What a term can ask for beside the fields that a ticket has.
HAS, LINKED = "has", "linked"
ASKED = (*FIELDS, "tag", "link", HAS, LINKED)
VERBS = (
    "open", "classify", "assign", "escalate", "note", "reply", "hold", "resume", "resolve",
    "close", "reopen", "cancel", "survey", "link", "unlink", "edit", "tell", "invite", "update",
    "undo",
)  # fmt: skip
# The values that a field can have, where no desk can have others.
CLOSED_SETS: Mapping[str, tuple[str, ...]] = {
    "status": ("open", *model.STATUSES),
    "waiting_for": model.WAITING_FOR,
    "sla": STATES,
    "major": ("true", "false"),
}
_SET_NAMES = {"status": "status", "sla": "state of a clock"}
# Times that lie ahead: a length counts from now on, in all others it is that long ago.
_AHEAD = frozenset(("due", "until", "review_by"))
# What depends on the moment; the status is that of an article.
_OF_MOMENTS = {*OF_MOMENTS, "status", "needs"}
_OF_LOGS = frozenset(("score", "code", "solution", "closed", "resolved"))
# Whoever asks the desk is not always enrolled, so a ticket has their names and no id.
REQUESTER = "requester"
_NUMBER = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d)?)?", re.ASCII)
_BEGINS_AS_DATE = re.compile(r"\d{4}(?:[-年]|\Z)", re.ASCII)
_PART_OF_ID = re.compile(r"(?=.*\d)[a-z0-9-]+|[a-z]{1,5}", re.IGNORECASE | re.ASCII)


class Kind(NamedTuple):
    """What can be asked of a kind of records.

    `plain` are the `fields` that are no more than what stands in the head, `closed` the values
    of those for which no desk has others, `people` those whose value may be `me`, `numbers`
    those that count, `words` those in which words are looked for; `verbs` are of its log.
    """

    name: str
    fields: tuple[str, ...]
    plain: Collection[str]
    closed: Mapping[str, tuple[str, ...]]
    people: Collection[str]
    numbers: Collection[str]
    words: tuple[str, ...]
    verbs: tuple[str, ...]

    @property
    def asked(self) -> tuple[str, ...]:
        """What a term can ask for."""
        return (*self.fields, "tag", "link", HAS, LINKED)


class Asker(NamedTuple):
    """Who asks of what records and as of when; who and when are found out only if needed.

    Who asks are the names they go by, their id first. `of_phrase` gives the test of words; without
    it they have to stand in the fields for words.
    """

    me: Callable[[], Sequence[str]]
    as_of: Callable[[], AsOf]
    kind: Kind
    of_phrase: Callable[[Phrase], Test] | None = None


TICKETS = Kind(
    name="ticket",
    fields=FIELDS,
    plain=frozenset(model.TICKET_FIELDS),
    closed=CLOSED_SETS,
    people=("assignee", "holder", REQUESTER),
    numbers=("score",),
    words=("title", "description"),
    verbs=VERBS,
)


def of_articles() -> Kind:
    """What can be asked of articles."""
    from desk import articles  # which queries of tickets do without

    return Kind(
        name="article",
        fields=(*model.ARTICLE_FIELDS, *articles.DERIVED),
        plain=frozenset(model.ARTICLE_FIELDS) - {"status"},
        closed={"status": model.ARTICLE_STATUSES, "needs": articles.NEEDS},
        people=("owner",),
        numbers=("uses", "helpful", "unhelpful"),
        words=("title", *articles.TEXTS),
        verbs=articles.VERBS,
    )


def cost(condition: Term | Phrase) -> int:
    """How dear it is to look: 0 in the head, 1 in all its text, 2 in the log, 3 on the clocks."""
    if isinstance(condition, Phrase):
        return 1
    names = {value.text for value in condition.values} if condition.field == HAS else set()
    names.add(canonical(condition.field))
    return 3 if names.intersection(OF_CLOCKS) else 2 if names & (_OF_LOGS | {*VERBS}) else 0


def of_phrase(phrase: Phrase, asker: Asker) -> Test:
    """Whether the words stand, one behind the other, in one of the fields for words."""
    words = [word.casefold() for word in phrase.words]
    pattern = re.compile(r"\s+".join(map(re.escape, words))) if len(words) > 1 else None

    def holds(record: Record) -> bool:
        for field in asker.kind.words:
            text = record.text(field).casefold()
            if pattern.search(text) if pattern else words[0] in text:
                return True
        return False

    return holds


def of_term(term: Term, asker: Asker) -> Test:
    """Whether one of the term's values stands in its field.

    Raises UsageError, with its place, for a value that the field cannot have.
    """
    field = canonical(term.field)
    if field in (HAS, LINKED):
        one = _has if field == HAS else _linked
        return _any([one(value, asker) for value in term.values])
    names: list[str] = []
    found: list[_Found] = []
    for value in term.values:
        if value.sign == "=" and _is_text(field, asker.kind):
            names += _names(field, value, asker)
        else:
            found.append(_found(field, value, asker))
    if names:
        found.insert(0, _one_of(names))
    look = _look(field, asker)
    only = found[0] if len(found) == 1 else _any_of(found)
    return lambda record: only(look(record))


def _any(tests: list[Test]) -> Test:
    return tests[0] if len(tests) == 1 else lambda record: any(test(record) for test in tests)


def _any_of(found: Sequence[_Found]) -> _Found:
    return lambda value: any(one(value) for one in found)


def _look(field: str, asker: Asker) -> Callable[[Record], model.Value]:
    """What takes the field's value out of a record; of clocks all states, of an age seconds."""
    if field in asker.kind.plain:
        return lambda record: record.head.get(field)
    if field not in _OF_MOMENTS:
        return lambda record: field_value(record, field)
    as_of = asker.as_of()

    def look(record: Record) -> model.Value:
        if field == "sla" and field not in record.head and isinstance(record, Ticket):
            return [clock.state for clock in as_of.clocks(record)]
        return field_value(record, field, as_of)

    return look


# --- texts ---------------------------------------------------------------------------------


def _is_text(field: str, kind: Kind) -> bool:
    """Whether a value of the field is no more than its text."""
    return field in kind.fields and field not in (*TIMES, "age", "category")


def _names(field: str, value: Wanted, asker: Asker) -> Iterable[str]:
    """The texts that a wanted value stands for; raises UsageError for one of no closed set."""
    text = value.text.casefold()
    known = asker.kind.closed.get(field)
    if known and text not in known:
        what, more = _SET_NAMES.get(field, f"value of {field}"), field != "status"
        near = nearest(value.text, (*known, "none") if more else known)
        mistake(f"{value.text!r} is no {what}; {near}", value.place)
    if field == "status" and text == "open":
        return model.LIVE
    if field in asker.kind.people and text == "me" and not value.quoted:
        names = [name.casefold() for name in asker.me()]
        return names if field == REQUESTER else names[:1]
    return (text,)


def _one_of(wanted: Iterable[str]) -> _Found:
    names = frozenset(wanted)

    def found(value: model.Value) -> bool:
        if isinstance(value, str):
            return value.casefold() in names
        return any(text.casefold() in names for text in texts(value))

    return found


def _found(field: str, value: Wanted, asker: Asker) -> _Found:
    """The test of a value that is no plain text."""
    if value.sign == "none":
        return lambda value: not texts(value)
    if value.sign == "*":
        return lambda value: bool(texts(value))
    wanted = value.text.casefold()
    if value.sign == "~":
        return lambda value: any(wanted in text.casefold() for text in texts(value))
    if field in TIMES:
        return _in_time(_of_times(field, value, asker))
    if field == "age":
        return _in_number(_of_lengths(field, value))
    if field in asker.kind.numbers:
        return _in_number(_of_numbers(field, value))
    if field == "category" and value.sign == "=":
        return lambda value: any(f"/{wanted}/" in f"/{one.casefold()}/" for one in texts(value))
    if field in asker.kind.fields:
        mistake(f"{field} has no order to compare by; write {field}:ONE,OTHER (and text that "
                "looks like a comparison in quotes)", value.place)  # fmt: skip
    return _of_custom(field, value, asker)


# --- what has an order ---------------------------------------------------------------------


def _interval(value: Wanted, read: Callable[[str], _Interval]) -> _Interval:
    """From where up to where the value reaches; raises as `read` does.

    Raises ValueError for a range that ends before it begins.
    """
    if value.sign == "..":
        low = read(value.text)[0] if value.text else -math.inf
        high = read(value.upto)[1] if value.upto else math.inf
        if low >= high:
            raise ValueError("the range ends before it begins")
        return low, high
    first, behind = read(value.text)
    return {
        "=": (first, behind),
        "<": (-math.inf, first),
        "<=": (-math.inf, behind),
        ">": (behind, math.inf),
        ">=": (first, math.inf),
    }[value.sign]


def _in_time(interval: _Interval) -> _Found:
    low, high = interval

    def found(value: model.Value) -> bool:
        try:
            return isinstance(value, str) and low <= dates.seconds(value) < high
        except ValueError:  # a custom field of that name holds any text
            return False

    return found


def _in_number(interval: _Interval) -> _Found:
    low, high = interval

    def found(value: model.Value) -> bool:
        if type(value) is int:
            return low <= value < high
        return any(low <= float(text) < high for text in texts(value) if _NUMBER.fullmatch(text))

    return found


def _of_times(field: str, value: Wanted, asker: Asker) -> _Interval:
    now, ahead = asker.as_of().now, field in _AHEAD
    if value.sign == "=" and _is_length(value.text):
        _no_comparison(field, value, f"{field}:<4h, {field}:>=3d or {field}:none")
    try:
        return _interval(value, lambda text: dates.span(text, now, ahead=ahead))
    except UsageError as error:
        wrong = str(error).partition(";")[0]
        mistake(f"{wrong}; write {field}:2026-11-21, {field}:>=2026-11 or {field}:<4h", value.place)
    except ValueError as error:
        mistake(f"{error}; write the earlier time first", value.place)


def _is_length(text: str) -> bool:
    try:
        return bool(dates.duration(text))
    except ValueError:
        return False


def _of_lengths(field: str, value: Wanted) -> _Interval:
    def read(text: str) -> _Interval:
        length = dates.duration(text.removeprefix("-")).total_seconds()
        return _exactly(-length if text.startswith("-") else length)

    if value.sign == "=":
        _no_comparison(field, value, f"{field}:<4h, {field}:>=3d or {field}:none")
    try:
        return _interval(value, read)
    except ValueError:
        _no_comparison(field, value, f"{field}:<4h, {field}:1d..3d or {field}:none")


def _of_numbers(field: str, value: Wanted) -> _Interval:
    try:
        return _interval(value, _number)
    except ValueError:
        _no_comparison(field, value, f"{field}:<=2, {field}:1..2 or {field}:none")


def _no_comparison(field: str, value: Wanted, right: str) -> NoReturn:
    typed = value.place.text[value.place.start : value.place.end].strip()
    mistake(f"{field}:{typed} is no comparison; write {right}", value.place)


def _number(text: str) -> _Interval:
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{text!r} is no number")
    return _exactly(float(text))


def _exactly(number: float) -> _Interval:
    return number, math.nextafter(number, math.inf)


# --- custom fields, which hold anything ----------------------------------------------------


def _of_custom(field: str, value: Wanted, asker: Asker) -> _Found:
    """A text, or a number or time within an interval, by what stands in the ticket."""
    wanted = value.text.casefold()
    if value.sign == "=" and not _BEGINS_AS_DATE.match(wanted):
        return _one_of((wanted,))
    now = asker.as_of().now
    numbers = _interval_or_none(value, _number) if value.sign != "=" else None
    times = _interval_or_none(value, lambda text: dates.span(text, now))
    if value.sign != "=" and numbers is None and times is None:
        _no_comparison(field, value, f"{field}:>=10, {field}:2026-11.. or text in quotes")

    def fits(text: str) -> bool:
        if value.sign == "=" and text.casefold() == wanted:
            return True
        if _NUMBER.fullmatch(text):
            return numbers is not None and numbers[0] <= float(text) < numbers[1]
        return times is not None and times[0] <= _moment(text, now) < times[1]

    return lambda value: any(map(fits, texts(value)))


def _interval_or_none(value: Wanted, read: Callable[[str], _Interval]) -> _Interval | None:
    try:
        return _interval(value, read)
    except (UsageError, ValueError):
        return None


def _moment(text: str, now: datetime) -> float:
    """The first second of a stamp or date, which nothing compares with if it is none."""
    try:
        return dates.span(text, now)[0] if _DATE.fullmatch(text) else dates.seconds(text)
    except (UsageError, ValueError):
        return math.nan


# --- has: and linked: ----------------------------------------------------------------------


def _has(value: Wanted, asker: Asker) -> Test:
    """Whether a field is set, or the log has an event of that verb."""
    name = canonical(value.text)
    if value.sign != "=":
        _no_name(HAS, value, f"{HAS}:survey, {HAS}:reply or {HAS}:due")
    look, is_verb = _look(name, asker), value.text in asker.kind.verbs

    def holds(record: Record) -> bool:
        if texts(look(record)):
            return True
        log = record.log if value.text == model.UNDO else model.standing(record.log)
        return is_verb and any(event.did == value.text for event in log)

    return holds


def _linked(value: Wanted, _: Asker) -> Test:
    """Whether it is linked in that way, or to an id that has that part."""
    if value.sign in ("none", "*"):
        return lambda record: bool(record.links) == (value.sign == "*")
    how, part = value.text.casefold(), model.forgiven(value.text)
    if value.sign == "=" and how in model.INVERSE_LINKS:
        return lambda record: any(link == how for link, _ in record.links)
    if value.sign != "=" or not _PART_OF_ID.fullmatch(value.text):
        near = nearest(value.text, model.INVERSE_LINKS)
        mistake(f"{value.text!r} is neither a part of an id nor a link; {near}", value.place)
    return lambda record: any(part in model.forgiven(other) for _, other in record.links)


def _no_name(field: str, value: Wanted, right: str) -> NoReturn:
    typed = value.place.text[value.place.start : value.place.end].strip()
    mistake(f"{field}:{typed} names nothing that a record can have; write {right}", value.place)
