"""`status:open network vpn` to a filter: what a TERM on the command line means.

A term is `field:value`, several values with commas, `-field:value` for not, or words that
must stand in the title or the description. All terms must hold.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from desk import dates, model
from desk.errors import UsageError, nearest
from desk.model import TIME_FIELDS, Ticket, Value

TERM = re.compile(r"(-?)([^\W\d][\w.-]*):(.*)", re.DOTALL)
DERIVED = ("age", "holder", "score", "code", "solution", "closed", "resolved")
FIELDS = (*model.TICKET_FIELDS, *(f"requester.{part}" for part in model.REQUESTER_FIELDS), *DERIVED)
_NONE = "none"
_STATUSES = ("open", *model.STATUSES)


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
    text: str

    def matches(self, ticket: Ticket) -> bool:
        """Whether the ticket fulfils every term."""
        return all(self._holds(term, ticket) != term.negated for term in self.terms)

    def asks_for(self, field: str) -> bool:
        """Whether some term wants a value of that field (and not only another one than it)."""
        return any(term.field == field and not term.negated for term in self.terms)

    def among(
        self, tickets: Iterable[Ticket], names: set[str], moment: datetime | None = None
    ) -> Iterator[Ticket]:
        """Those that match, as they stood at `moment` if that is given.

        The names of all fields seen on the way are added to `names`.
        """
        for ticket in tickets:
            names.update(ticket.head)
            if not self.terms or self.matches(model.as_of(ticket, moment) if moment else ticket):
                yield ticket

    def wanted(self) -> list[tuple[str, str]]:
        """Each (field, value) that a term wants."""
        terms = (term for term in self.terms if term.field and not term.negated)
        return [(term.field, value) for term in terms for value in term.values]

    def fields(self) -> list[str]:
        """The fields that the terms are about."""
        return [term.field for term in self.terms if term.field]

    def _holds(self, term: Term, ticket: Ticket) -> bool:
        if not term.field:
            text = f"{ticket.title}\n{ticket.text('description')}".casefold()
            return all(word in text for word in term.values)
        return any(self._has(ticket, canonical(term.field), value) for value in term.values)

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


def canonical(field: str) -> str:
    """The format's name of a field that has a shorter one here."""
    return {"tag": "tags", "link": "links"}.get(field, field)


def parse(terms: Sequence[str], me: Callable[[], str]) -> Filter:
    """The filter that the terms of a command line mean; `me` tells who asks.

    Raises UsageError for a term that has no value and for a status that is none.
    """
    return Filter(tuple(_term(term) for term in terms if term.strip()), me, " ".join(terms))


def _term(text: str) -> Term:
    match = TERM.fullmatch(text)
    if not match or match[3].startswith("//"):
        return Term("", tuple(text.casefold().split()))
    values = tuple(value.strip().casefold() for value in match[3].split(",") if value.strip())
    for value in values if match[2] == "status" else ():
        if value not in _STATUSES:
            raise UsageError(f"{value!r} is no status; {nearest(value, _STATUSES)}")
    if not values:
        raise UsageError(f"{text!r} has no value; write {match[2]}:VALUE or {match[2]}:none")
    return Term(match[2], values, negated=bool(match[1]))


def check_names(names: Iterable[str], custom: Collection[str]) -> None:
    """Raise UsageError for a field that neither desk has nor is among the `custom` ones."""
    for name in names:
        if canonical(name) not in FIELDS and not {name, name.partition(".")[0]} & set(custom):
            near = nearest(name, (*FIELDS, *sorted(custom)))
            raise UsageError(f"no ticket has a field {name!r}; {near}")


def field_value(ticket: Ticket, field: str, now: datetime | None = None) -> Value:
    """A field of the head, a part of one (`requester.email`), or a DERIVED one."""
    field = canonical(field)
    value: Value = ticket.head.get(field)
    if value is None and field in DERIVED:
        return _derived(ticket, field, now)
    if value is None and "." in field:
        name, _, part = field.partition(".")
        outer = ticket.head.get(name)
        value = outer.get(part) if isinstance(outer, dict) else None
    return value


def _derived(ticket: Ticket, field: str, now: datetime | None) -> Value:
    if field == "age":
        return int((now - ticket.opened).total_seconds()) if now else None
    if field == "holder":
        return ticket.text("assignee") or ticket.text("team") or None
    if field == "score":
        return ticket.survey.words.get("score") if ticket.survey else None
    if field in ("closed", "resolved"):
        event = model.last(ticket.log, "close" if field == "closed" else "resolve")
        return event.at if event and ticket.status in ("resolved", "closed") else None
    return ticket.resolution.words.get(field) if ticket.resolution else None


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


_TIMES = frozenset(("opened", "began", "until", "closed", "resolved"))


def sort_key(field: str, now: datetime) -> Callable[[Ticket], tuple[bool, bool, int, str]]:
    """A key that sorts tickets by a field: numbers as numbers, the rest as text, none last."""

    def key(ticket: Ticket) -> tuple[bool, bool, int, str]:
        value = field_value(ticket, field, now)
        if field in _TIMES and isinstance(value, str):
            return (False, False, int(dates.from_stamp(value).timestamp()), "")
        if isinstance(value, bool | int):
            return (False, False, int(value), "")
        return (value is None, True, 0, ",".join(_texts(value)).casefold())

    return key


def in_order(
    tickets: Iterable[Ticket], sort: str, now: datetime, priorities: Sequence[str] = ()
) -> list[Ticket]:
    """Tickets by `FIELD,-FIELD`; without one: live first, by priority, the oldest first.

    `priorities` are the policy's, the most pressing first; others come after them by name.
    """
    rank = {name: place for place, name in enumerate(priorities)}

    def pressing(ticket: Ticket) -> tuple[bool, int, str, float]:
        priority = ticket.text("priority")
        place = rank.get(priority, len(rank) + (not priority))
        return not ticket.live, place, priority, ticket.opened.timestamp()

    result = sorted(tickets, key=lambda ticket: ticket.id)
    if not sort:
        return sorted(result, key=pressing)
    for field in reversed([name.strip() for name in sort.split(",") if name.strip()]):
        name = canonical(field.lstrip("-"))
        key = sort_key(name, now)
        have = [ticket for ticket in result if field_value(ticket, name, now) is not None]
        lack = [ticket for ticket in result if field_value(ticket, name, now) is None]
        result = sorted(have, key=key, reverse=field.startswith("-")) + lack
    return result
