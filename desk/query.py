"""`status:open network vpn` to a filter: what a TERM on the command line means.

A term is `field:value`, several values with commas, `-field:value` for not, or words that
must stand in the title or the description. All terms must hold.
"""

import operator
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from desk import dates, model, sla
from desk.errors import UsageError, nearest
from desk.model import TIME_FIELDS, Ticket, Value
from desk.promises import Promises
from desk.sla import AT_RISK, BREACHED, MET, PAUSED, RUNNING, STATES, Clock

# What a word on the command line must look like to be taken for (a part of) an id.
_ID_PART = re.compile(
    r"([a-z][a-z0-9]{0,7}-)?\d{6}-[a-z0-9]{1,5}|(?=.*\d)(?=.*[a-z])[a-z0-9]{4,5}",
    re.IGNORECASE | re.ASCII,
)
TERM = re.compile(r"(-?)([^\W\d][\w.-]*):(.*)", re.DOTALL)
DERIVED = ("age", "holder", "score", "code", "solution", "closed", "resolved", "sla", "due")
FIELDS = (*model.TICKET_FIELDS, *(f"requester.{part}" for part in model.REQUESTER_FIELDS), *DERIVED)
_NONE = "none"
_KNOWN = {"status": ("open", *model.STATUSES), "sla": (*STATES, _NONE)}
_LENGTHS = ("age", "due")
_LENGTH = re.compile(r"([<>]=?)(-?)(.+)")


class AsOf(NamedTuple):
    """The moment that ages are counted to, and what clocks go by."""

    now: datetime
    promises: Promises

    def clocks(self, ticket: Ticket) -> list[Clock]:
        """The ticket's clocks at that moment."""
        return sla.clocks(ticket, self.promises, self.now.timestamp())

    def due(self, ticket: Ticket) -> datetime | None:
        """When the next thing promised is due, or was."""
        moments = [clock.due for clock in self.clocks(ticket) if not clock.stopped]
        moment = min((one for one in moments if one is not None), default=None)
        return None if moment is None else dates.at(moment, self.now.tzinfo)


@dataclass(frozen=True, slots=True)
class Term:
    """One condition: one of `values` stands in `field` (or does not); no field: in the text."""

    field: str
    values: tuple[str, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Filter:
    """The conditions that all must hold."""

    terms: tuple[Term, ...]
    me: Callable[[], str]
    as_of: Callable[[], AsOf]
    text: str

    def matches(self, ticket: Ticket, as_of: AsOf | None = None) -> bool:
        """Whether the ticket fulfils every term, at another moment than the asker's if given."""
        return all(self._holds(term, ticket, as_of) != term.negated for term in self.terms)

    def asks_for(self, field: str) -> bool:
        """Whether some term wants a value of that field (and not only another one than it)."""
        return any(term.field == field and not term.negated for term in self.terms)

    def among(
        self, tickets: Iterable[Ticket], names: set[str], moment: datetime | None = None
    ) -> Iterator[Ticket]:
        """Those that match, as they stood at `moment` if that is given.

        The names of all fields seen on the way are added to `names`.
        """
        then = self.as_of()._replace(now=moment) if moment and self.terms else None
        for ticket in tickets:
            names.update(ticket.head)
            stood = model.as_of(ticket, moment) if moment and self.terms else ticket
            if not self.terms or ("opened" in stood.head and self.matches(stood, then)):
                yield ticket

    def wanted(self) -> list[tuple[str, str]]:
        """Each (field, value) that a term wants."""
        terms = (term for term in self.terms if term.field and not term.negated)
        return [(term.field, value) for term in terms for value in term.values]

    def fields(self) -> list[str]:
        """The fields that the terms are about."""
        return [term.field for term in self.terms if term.field]

    def _holds(self, term: Term, ticket: Ticket, as_of: AsOf | None) -> bool:
        if not term.field:
            text = f"{ticket.title}\n{ticket.text('description')}".casefold()
            return all(word in text for word in term.values)
        field = canonical(term.field)
        if field in ("sla", *_LENGTHS) and field not in ticket.head:
            as_of = as_of or self.as_of()
            return any(_has_then(ticket, field, value, as_of) for value in term.values)
        return any(self._has(ticket, field, value) for value in term.values)

    def _has(self, ticket: Ticket, field: str, wanted: str) -> bool:
        if field == "status" and wanted == "open":
            return ticket.live
        if wanted == "me" and field == "assignee":
            wanted = self.me().casefold()
        found = [text.casefold() for text in _texts(field_value(ticket, field))]
        if wanted == _NONE:
            return not found
        if field == "category":
            return any(f"/{wanted}/" in f"/{text}/" for text in found)
        if field in TIME_FIELDS:
            return any(text.startswith(wanted) for text in found)
        return wanted in found


def _has_then(ticket: Ticket, field: str, wanted: str, as_of: AsOf) -> bool:
    """Whether a field that depends on the moment is so: a state of clocks, an age, a due time."""
    if field == "sla":
        states = {clock.state for clock in as_of.clocks(ticket)}
        return wanted in states or (wanted == _NONE and not states)
    due = as_of.due(ticket) if field == "due" else None
    if wanted == _NONE or (field == "due" and due is None):
        return wanted == _NONE and field == "due" and due is None
    since = (due or as_of.now) - (as_of.now if due else ticket.opened)
    sign, length = _length(field, wanted)
    return _COMPARED[sign](since.total_seconds(), length)


_COMPARED: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


def _length(field: str, text: str) -> tuple[str, float]:
    """A comparison with a length of time in seconds: `<4h`, `>=-30m`."""
    match = _LENGTH.fullmatch(text)
    try:
        if not match:
            raise ValueError
        length = dates.duration(match[3]).total_seconds()
    except ValueError:
        raise UsageError(
            f"{field}:{text} is no comparison; write {field}:<4h, {field}:>=3d or {field}:none"
        ) from None
    return match[1], -length if match[2] else length


def names_record(word: str) -> bool:
    """Whether a word is meant for an id: a whole one, or a part that has a digit in it."""
    return bool(_ID_PART.fullmatch(word))


def canonical(field: str) -> str:
    """The format's name of a field that has a shorter one here."""
    return {"tag": "tags", "link": "links"}.get(field, field)


def parse(terms: Sequence[str], me: Callable[[], str], as_of: Callable[[], AsOf]) -> Filter:
    """The filter that the terms of a command line mean; `me` tells who asks, `as_of` when.

    Raises UsageError for a term that has no value or one that its field cannot have.
    """
    parsed = tuple(_term(term) for term in terms if term.strip())
    return Filter(parsed, me, as_of, " ".join(terms))


def _term(text: str) -> Term:
    match = TERM.fullmatch(text)
    if not match or match[3].startswith("//"):
        return Term("", tuple(text.casefold().split()))
    values = tuple(value.strip().casefold() for value in match[3].split(",") if value.strip())
    for value in values:
        known = _KNOWN.get(match[2])
        if known and value not in known:
            what = "status" if match[2] == "status" else "state of a clock"
            raise UsageError(f"{value!r} is no {what}; {nearest(value, known)}")
        if match[2] in _LENGTHS and value != _NONE:
            _length(match[2], value)
    if not values:
        raise UsageError(f"{text!r} has no value; write {match[2]}:VALUE or {match[2]}:none")
    return Term(match[2], values, negated=bool(match[1]))


def check_names(names: Iterable[str], custom: Collection[str]) -> None:
    """Raise UsageError for a field that neither desk has nor is among the `custom` ones."""
    for name in names:
        if canonical(name) not in FIELDS and not {name, name.partition(".")[0]} & set(custom):
            near = nearest(name, (*FIELDS, *sorted(custom)))
            raise UsageError(f"no ticket has a field {name!r}; {near}")


def field_value(ticket: Ticket, field: str, as_of: AsOf | None = None) -> Value:
    """A field of the head, a part of one (`requester.email`), or a DERIVED one."""
    field = canonical(field)
    value: Value = ticket.head.get(field)
    if value is None and field in DERIVED:
        return _derived(ticket, field, as_of)
    if value is None and "." in field:
        name, _, part = field.partition(".")
        outer = ticket.head.get(name)
        value = outer.get(part) if isinstance(outer, dict) else None
    return value


def _derived(ticket: Ticket, field: str, as_of: AsOf | None) -> Value:
    if field in ("age", "due", "sla"):
        return _as_of(ticket, field, as_of) if as_of else None
    if field == "holder":
        return ticket.text("assignee") or ticket.text("team") or None
    if field == "score":
        return ticket.survey.words.get("score") if ticket.survey else None
    if field in ("closed", "resolved"):
        event = model.last(ticket.log, "close" if field == "closed" else "resolve")
        return event.at if event and ticket.status in ("resolved", "closed") else None
    return ticket.resolution.words.get(field) if ticket.resolution else None


def _as_of(ticket: Ticket, field: str, as_of: AsOf) -> Value:
    """The age in seconds, when the next thing is due, or the worst state of the clocks."""
    if field == "age":
        return int((as_of.now - ticket.opened).total_seconds())
    if field == "due":
        due = as_of.due(ticket)
        return dates.stamp(due) if due else None
    states = [clock.state for clock in as_of.clocks(ticket)]
    return max(states, key=_SEVERITY.index, default=None)


_SEVERITY = (MET, PAUSED, RUNNING, AT_RISK, BREACHED)


def _texts(value: Value) -> list[str]:
    """The texts that a value is searched by: its own, or each of a list's or mapping's."""
    if value is None:
        return []
    if isinstance(value, dict):
        return [text for item in value.values() for text in _texts(item)]
    if isinstance(value, list):
        return [text for item in value for text in _texts(item)]
    if isinstance(value, bool):
        return ["true" if value else "false"]
    return [str(value)]


_TIMES = frozenset(("opened", "began", "until", "closed", "resolved", "due"))


def sort_key(value: Value, field: str) -> tuple[bool, int, str]:
    """A key that sorts the values of a field: numbers as numbers, then the rest as text."""
    if field in _TIMES and isinstance(value, str):
        with suppress(ValueError):  # a custom field of that name holds any text
            return (False, int(dates.seconds(value)), "")
    if isinstance(value, bool | int):
        return (False, int(value), "")
    if field == "sla" and value in _SEVERITY:
        return (False, _SEVERITY.index(str(value)), "")
    return (True, 0, ",".join(_texts(value)).casefold())


def in_order(
    tickets: Iterable[Ticket], sort: str, as_of: AsOf, priorities: Sequence[str] = ()
) -> list[Ticket]:
    """Tickets by `FIELD,-FIELD`; without one: live first, by priority, the oldest first.

    `priorities` are the policy's, the most pressing first; others come after them by name.
    """
    rank = {name: place for place, name in enumerate(priorities)}

    def pressing(ticket: Ticket) -> tuple[bool, int, str, float]:
        priority = ticket.text("priority")
        place = rank.get(priority, len(rank) + (not priority))
        return not ticket.live, place, priority, dates.seconds(ticket.text("opened"))

    result = sorted(tickets, key=lambda ticket: ticket.id)
    if not sort:
        return sorted(result, key=pressing)
    for field in reversed([name.strip() for name in sort.split(",") if name.strip()]):
        name = canonical(field.lstrip("-"))
        values = [(field_value(ticket, name, as_of), ticket) for ticket in result]
        have = [(sort_key(value, name), ticket) for value, ticket in values if value is not None]
        have.sort(key=lambda pair: pair[0], reverse=field.startswith("-"))
        lack = [ticket for value, ticket in values if value is None]
        result = [ticket for _, ticket in have] + lack
    return result
