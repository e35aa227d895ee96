"""What stands in a record's fields, also in those that follow from its log or the moment.

And the order of records by their fields.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple, TypeVar

from desk import dates, model, sla
from desk.model import LIVE, Article, Record, Ticket, Value
from desk.promises import Promises
from desk.sla import AT_RISK, BREACHED, MET, PAUSED, RUNNING, Clock

DERIVED = ("age", "holder", "score", "code", "solution", "closed", "resolved", "sla", "due")
# Those of DERIVED that follow from clocks, and all that depend on the moment.
OF_CLOCKS = ("sla", "due")
OF_MOMENTS = ("age", *OF_CLOCKS)
# Those of DERIVED that need the log.
LOGGED = frozenset(("score", "code", "solution", "closed", "resolved", "sla", "due"))
FIELDS = (*model.TICKET_FIELDS, *(f"requester.{part}" for part in model.REQUESTER_FIELDS), *DERIVED)
TIMES = frozenset(("opened", "began", "until", "review_by", "closed", "resolved", "due"))


R = TypeVar("R", bound=Record)


class AsOf(NamedTuple):
    """The moment that ages are counted to, and what clocks go by."""

    now: datetime
    promises: Promises

    def clocks(self, ticket: Ticket) -> list[Clock]:
        """The ticket's clocks at that moment."""
        return sla.clocks(ticket, self.promises, self.now.timestamp())

    def due(self, ticket: Ticket) -> datetime | None:
        """When the next thing promised is due, or was."""
        moment = due_of(self.clocks(ticket))
        return None if moment is None else dates.at(moment, self.now.tzinfo)


def due_of(clocks: Iterable[Clock]) -> float | None:
    """When the next thing promised is due, or was, in seconds since 1970."""
    moments = (clock.due for clock in clocks if not clock.stopped)
    return min((one for one in moments if one is not None), default=None)


def canonical(field: str) -> str:
    """The format's name of a field that has a shorter one here."""
    return {"tag": "tags", "link": "links"}.get(field, field)


def field_value(record: Record, field: str, as_of: AsOf | None = None) -> Value:
    """A field of the head, a part of one (`requester.email`), or a DERIVED one.

    An article's derived ones are those of articles.DERIVED, and its status at that moment.
    """
    field = canonical(field)
    value: Value = record.head.get(field)
    if isinstance(record, Article) and (value is None or field == "status"):
        from desk import articles  # which a list of tickets does without

        found = articles.derived(record, field, as_of.now if as_of else None)
        return value if found is None else found
    if value is None and field in DERIVED and isinstance(record, Ticket):
        return _derived(record, field, as_of)
    if value is None and "." in field:
        name, _, part = field.partition(".")
        outer = record.head.get(name)
        value = outer.get(part) if isinstance(outer, dict) else None
    return value


def _derived(ticket: Ticket, field: str, as_of: AsOf | None) -> Value:
    if field in OF_MOMENTS:
        return _as_of(ticket, field, as_of) if as_of else None
    if field == "holder":
        return ticket.text("assignee") or ticket.text("team") or None
    if field == "score":
        return ticket.survey.words.get("score") if ticket.survey else None
    if field in ("closed", "resolved"):
        if ticket.status not in ("resolved", "closed"):
            return None
        event = model.last(ticket.log, "close" if field == "closed" else "resolve")
        return event.at if event else None
    return ticket.resolution.words.get(field) if ticket.resolution else None


def _as_of(ticket: Ticket, field: str, as_of: AsOf) -> Value:
    """The age in seconds, when the next thing is due, or the worst state of the clocks."""
    if field == "age":
        return int((as_of.now - ticket.opened).total_seconds())
    if field == "due":
        due = as_of.due(ticket)
        return dates.stamp(due) if due else None
    states = [clock.state for clock in as_of.clocks(ticket)]
    return max(states, key=SEVERITY.index, default=None)


# The states of a clock, the worst last.
SEVERITY = (MET, PAUSED, RUNNING, AT_RISK, BREACHED)


def texts(value: Value) -> list[str]:
    """The texts that a value is searched by: its own, or each of a list's or mapping's."""
    if value is None:
        return []
    if isinstance(value, dict):
        return [text for item in value.values() for text in texts(item)]
    if isinstance(value, list):
        return [text for item in value for text in texts(item)]
    if isinstance(value, bool):
        return ["true" if value else "false"]
    return [str(value)]


def sort_key(value: Value, field: str) -> tuple[bool, int, str]:
    """A key that sorts the values of a field: numbers as numbers, then the rest as text."""
    if field in TIMES and isinstance(value, str):
        with suppress(ValueError):  # a custom field of that name holds any text
            return (False, int(dates.seconds(value)), "")
    if type(value) is str and field != "sla":
        return (True, 0, value.casefold())
    if isinstance(value, bool | int):
        return (False, int(value), "")
    if field == "sla" and value in SEVERITY:
        return (False, SEVERITY.index(str(value)), "")
    return (True, 0, ",".join(texts(value)).casefold())


def kept_keys(ticket: Ticket) -> Iterator[tuple[str, int | str]]:
    """Each field that a ticket has, with what `sort_key` makes of it: a number or, after all, text.

    Without what depends on the moment.
    """
    parts = (
        f"{name}.{part}"
        for name, outer in ticket.head.items()
        if isinstance(outer, dict)
        for part in outer
    )
    for name in dict.fromkeys((*ticket.head, *parts, *DERIVED)):
        value = field_value(ticket, name)
        if value is not None:
            is_text, number, text = sort_key(value, name)
            yield name, text if is_text else number


def sort_fields(sort: str) -> list[tuple[str, bool]]:
    """The fields of `FIELD,-FIELD`, and whether downward by each."""
    names = [name.strip() for name in sort.split(",") if name.strip()]
    return [(canonical(name.lstrip("-")), name.startswith("-")) for name in names]


def in_order(
    tickets: Iterable[Ticket], sort: str, as_of: AsOf, priorities: Sequence[str] = ()
) -> list[Ticket]:
    """Tickets as `by_fields`; without a field: live first, by priority, the oldest first.

    `priorities` are the policy's, the most pressing first; others come after them by name.
    """
    rank = {name: place for place, name in enumerate(priorities)}

    def pressing(ticket: Ticket) -> tuple[bool, int, str, float, str]:
        head = ticket.head
        priority = str(head.get("priority", ""))
        place = rank.get(priority, len(rank) + (not priority))
        opened = dates.seconds(str(head["opened"]))
        return head["status"] not in LIVE, place, priority, opened, str(head["id"])

    return by_fields(tickets, sort, as_of) if sort else sorted(tickets, key=pressing)


def by_fields(records: Iterable[R], sort: str, as_of: AsOf) -> list[R]:
    """Records in the order of `FIELD,-FIELD`, those that lack a field last, equal ones by id."""
    result = sorted(records, key=lambda record: record.id)
    for name, downward in reversed(sort_fields(sort)):
        values = [(field_value(record, name, as_of), record) for record in result]
        have = [(sort_key(value, name), record) for value, record in values if value is not None]
        have.sort(key=lambda pair: pair[0], reverse=downward)
        lack = [record for value, record in values if value is None]
        result = [record for _, record in have] + lack
    return result
