"""Records and what may become of them: no input, no output.

A record is a head (what is) and a log of events (how it came to be). Each event holds the
fields that it changed as (from, to), so the head is the log, folded; what the log never
mentions was so from the start.
"""

import itertools
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Self, TypeAlias, TypeVar

from desk import dates
from desk.errors import RefusedError

# A record holds no float; figures do.
Value: TypeAlias = "bool | int | float | str | list[Value] | dict[str, Value] | None"
Change: TypeAlias = Mapping[str, tuple[Value, Value]]
R = TypeVar("R", bound="Record")

LIVE = ("new", "in_progress", "on_hold")
ENDED = ("resolved", "closed", "cancelled")
STATUSES = LIVE + ENDED
TRANSITIONS: Mapping[str, tuple[str, ...]] = {
    "new": ("in_progress", "on_hold", "resolved", "cancelled"),
    "in_progress": ("on_hold", "resolved", "cancelled"),
    "on_hold": ("in_progress", "resolved", "cancelled"),
    "resolved": ("closed", "in_progress"),
    "closed": ("in_progress",),
    "cancelled": (),
}
_OF_A_HOLD = ("waiting_for", "until")
WAITING_FOR = ("requester", "vendor", "problem", "change")
LINKS: Mapping[str, str] = {
    "parent": "child",
    "duplicate-of": "duplicate",
    "caused-by": "causes",
    "follows": "followed-by",
    "related": "related",
    "solved-by": "solves",
}
SOLVED_BY, SOLVES = "solved-by", "solves"
INVERSE_LINKS: Mapping[str, str] = {**{there: here for here, there in LINKS.items()}, **LINKS}

TICKET_FIELDS = (
    "id", "kind", "title", "status", "waiting_for", "until", "priority", "priority_because",
    "impact", "urgency", "major", "category", "channel", "requester", "team", "assignee",
    "tags", "links", "external", "opened", "began", "description",
)  # fmt: skip
ARTICLE_FIELDS = (
    "id", "title", "status", "audience", "category", "tags", "language", "owner", "review_by",
    "links", "symptoms", "cause", "solution", "body",
)  # fmt: skip
# An older desk wrote `outdated`; it is what a published one is past its review_by.
ARTICLE_STATUSES = ("draft", "review", "published", "outdated", "retired")
REQUESTER_FIELDS = ("name", "email", "phone", "department")
TIME_FIELDS = frozenset({"opened", "began", "until", "at", "review_by"})
LIST_FIELDS = frozenset({"tags", "links"})
# What a record begins with, and what takes an event back.
FIRST, UNDO = ("open", "new"), "undo"
# Too long to stand in the log a second time, and never given by anything but the opening.
UNLOGGED = frozenset({"id", "description", "body"})


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened: `did` is the command's verb, `words` what it said.

    `seconds` is `at` in seconds since 1970; an `at` that is no RFC 3339 raises ValueError.
    """

    n: int
    at: str
    by: str
    did: str
    change: Change = field(default_factory=dict)
    words: Mapping[str, Value] = field(default_factory=dict)
    seconds: float = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "seconds", dates.seconds(self.at))

    @property
    def when(self) -> datetime:
        """`at` as a moment."""
        return dates.from_stamp(self.at)

    def text(self, name: str) -> str:
        """One of its words as text, empty where it has none of that name."""
        word = self.words.get(name)
        return "" if word is None else str(word)

    @property
    def rule(self) -> str:
        """The rule that wrote it, empty where a person did."""
        return self.text("rule")

    def order(self) -> tuple[int, float, str]:
        """By this events decide which value stands."""
        return self.n, self.seconds, self.content()

    def content(self) -> str:
        """All of it as one line of JSON: events are equal when their content is."""
        return json.dumps(
            [self.n, self.at, self.by, self.did, dict(self.change), dict(self.words)],
            ensure_ascii=False,
            sort_keys=True,
        )


@dataclass(frozen=True, slots=True)
class Record:
    """A ticket or an article: the head as its file has it, and the log."""

    head: Mapping[str, Value]
    log: Sequence[Event]

    @property
    def id(self) -> str:
        """Its number."""
        return self.text("id")

    @property
    def title(self) -> str:
        """What it is about, in a line."""
        return self.text("title")

    @property
    def status(self) -> str:
        """One of STATUSES (of an article: ARTICLE_STATUSES)."""
        return self.text("status")

    @property
    def links(self) -> list[tuple[str, str]]:
        """(how, id) of every record this one is linked to."""
        pairs = (str(link).partition(" ") for link in self.items("links"))
        return [(how, other) for how, _, other in pairs]

    def text(self, name: str) -> str:
        """A field of the head as text, empty where it is not set."""
        value = self.head.get(name)
        return "" if value is None else str(value)

    def items(self, name: str) -> list[Value]:
        """A field of the head as a list, empty where it is not set."""
        value = self.head.get(name)
        return list(value) if isinstance(value, list) else []

    def linked(self, how: str) -> list[str]:
        """The ids that it is linked to in that way."""
        return [other for link, other in self.links if link == how]

    def add(
        self,
        did: str,
        at: datetime,
        by: str,
        change: Mapping[str, Value] | None = None,
        **words: Value,
    ) -> Self:
        """The record after one more event that set the fields in `change`.

        Fields that have that value already are left out of the event, empty words too.
        """
        changed = {
            name: (self.head.get(name), value)
            for name, value in (change or {}).items()
            if self.head.get(name) != value
        }
        said = {name: word for name, word in words.items() if word not in (None, "", [])}
        n = max((event.n for event in self.log), default=0) + 1
        event = Event(n, dates.stamp(at), by, did, changed, said)
        head = dict(self.head)
        apply(head, changed)
        return replace(self, head=head, log=(*self.log, event))


@dataclass(frozen=True, slots=True)
class Article(Record):
    """A knowledge article."""

    @property
    def links(self) -> list[tuple[str, str]]:
        """(how, id) of every record it is linked to, with the tickets that it solved."""
        return [*super(Article, self).links, *((SOLVES, ticket) for ticket in self.solved)]

    @property
    def solved(self) -> list[str]:
        """The ids of the tickets that it solved: those of its `use` events not taken back.

        They stand in no list of the head, which each of very many would write anew.
        """
        tickets: dict[str, None] = {}
        for event in in_order(standing(self.log)):
            ticket = event.text("ticket")
            if event.did == "use":
                tickets[ticket] = None
            elif event.did == "unlink":
                tickets.pop(ticket, None)
        return list(tickets)


@dataclass(frozen=True, slots=True)
class Ticket(Record):
    """A request and its life."""

    @property
    def live(self) -> bool:
        """Whether somebody still owes work on it."""
        return self.status in LIVE

    @property
    def opened(self) -> datetime:
        """When it was opened."""
        return dates.from_stamp(self.text("opened"))

    @property
    def requester(self) -> Mapping[str, Value]:
        """Name, email, phone, department: those that are known."""
        value = self.head.get("requester")
        return value if isinstance(value, dict) else {}

    @property
    def resolution(self) -> Event | None:
        """The event that resolved it, if it stands resolved or closed."""
        if self.status not in ("resolved", "closed"):
            return None
        return last(self.log, "resolve")

    @property
    def survey(self) -> Event | None:
        """The answered survey."""
        return last(self.log, "survey")


def name_and_email(text: str) -> tuple[str, str]:
    """What `Ann Lee <ann.lee@corp.cn>` says; any other text is a name, without an e-mail."""
    name, _, rest = text.replace("＜", "<").replace("＞", ">").strip().partition("<")
    email = rest.removesuffix(">").strip()
    before, _, behind = email.partition("@")
    is_one = rest.endswith(">") and before and behind and not set(behind) & {"@", "<", ">"}
    if not is_one or any(map(str.isspace, email)):
        return text, ""
    return name.strip().strip('"').strip(), email


def custom_name(name: str, taken: Collection[str]) -> str:
    """The name of a custom field for what is called so elsewhere, where `taken` are desk's own."""
    key = "".join(c if c.isprintable() and c not in ":,=" else "_" for c in name)
    return f"imported_{key}" if key in taken else key


_FORGIVEN = str.maketrans("OIL", "011")


def forgiven(part: str) -> str:
    """The form in which (parts of) ids are compared: upper case, `O` as `0`, `I` and `L` as `1`."""
    return part.strip().upper().translate(_FORGIVEN)


def last(log: Sequence[Event], did: str) -> Event | None:
    """The last event of that verb that was not taken back."""
    events = in_order(standing(log))
    return next((event for event in reversed(events) if event.did == did), None)


def undo_of(event: Event, log: Iterable[Event]) -> Event | None:
    """The event by which the same person took this one back, None where it stands."""
    return undoings(log).get(mark(event))


def undoings(log: Iterable[Event]) -> dict[tuple[str, str, str], Event]:
    """The undo events of a log by the n, at and by of the event that each takes back."""
    return {mark(event): event for event in log if event.did == UNDO}


def mark(event: Event) -> tuple[str, str, str]:
    """The n, at and by of an event: of an undo those of the one that it takes back."""
    if event.did == UNDO:
        return event.text("undoes"), event.text("done_at"), event.by
    return str(event.n), event.at, event.by


def standing(log: Sequence[Event]) -> Sequence[Event]:
    """The log as if what was taken back had never been done: what figures and rules go by.

    An undo of what a record began with is no such: it cancels or retires it.
    """
    for event in log:
        if event.did == UNDO:
            break
    else:  # which is so of most, and asked of all
        return log
    undos = undoings(log)
    done = {mark(one) for one in log if one.did not in (*FIRST, UNDO)} & undos.keys()
    return tuple(one for one in log if one.did in FIRST or mark(one) not in done)


def apply(head: dict[str, Value], change: Change) -> None:
    """Make a change to a head, in place; a field set to None goes.

    A change may have been made to another head, in another clone at the same time. Then one of
    a text of several lines is made line by line, one of a list item by item, and of one of a
    hold nothing stays where the ticket is not on hold.
    """
    elsewhere = any(
        name in change and change[name][0] != head.get(name) for name in ("status", *_OF_A_HOLD)
    )
    for name, (was, to) in change.items():
        now = head.get(name)
        value = to
        if now != was and name in LIST_FIELDS:
            value = _merged_items(now, was, to)
        elif is_made_elsewhere(now, was, to):
            both = _merged_texts(now, was, to)
            value = to if both is None else both or None
        if value is None:
            head.pop(name, None)
        else:
            head[name] = value
    if elsewhere and head.get("status") != "on_hold":
        for name in _OF_A_HOLD:
            head.pop(name, None)


def _merged_items(now: Value, was: Value, value: Value) -> Value:
    """A list with the items that a change put into another one, without those it took out."""
    here, before, after = (items if isinstance(items, list) else [] for items in (now, was, value))
    kept = [item for item in here if item in after or item not in before]
    return kept + [item for item in after if item not in before and item not in kept] or None


def is_made_elsewhere(now: Value, was: Value, value: Value) -> bool:
    """Whether a change from `was` to `value` of a text of several lines did not see what is now."""
    if not (type(was) is str and type(value) is str and type(now) is str):
        return False
    return now not in (was, value) and ("\n" in was or "\n" in value)


def _merged_texts(now: Value, was: Value, value: Value) -> str | None:
    from desk import textmerge

    return textmerge.merged(str(was), str(now), str(value))


def clashes(record: Record) -> dict[str, Event]:
    """Fields in which one version of a text stands and another was left out, with the last event.

    That is so from when two clones changed the same lines until somebody who saw what stands
    changes the text again, or renews the article.
    """
    head = origin(record)
    found: dict[str, Event] = {}
    for event in in_order(standing(record.log)):
        for name, (was, value) in event.change.items():
            now = head.get(name)
            if is_made_elsewhere(now, was, value):
                if _merged_texts(now, was, value) is None:
                    found[name] = event
            elif now == was:
                found.pop(name, None)
        if event.did == "renew":
            found.clear()
        apply(head, event.change)
    return found


def in_order(log: Iterable[Event]) -> list[Event]:
    """Events in the order that decides which value stands: (n, at, content)."""
    events = list(log)
    if all(one.n < two.n for one, two in itertools.pairwise(events)):
        return events
    return sorted(events, key=Event.order)


def by_time(log: Iterable[Event]) -> list[tuple[float, int, Event]]:
    """Events as (seconds since 1970, rank, event) in order of time; the rank is that of in_order.

    A time line goes by this order, but an event does not count against one of a higher rank.
    """
    line = [(event.seconds, rank, event) for rank, event in enumerate(in_order(log))]
    line.sort()  # ranks differ, so events are never compared
    return line


def fold(log: Sequence[Event], start: Mapping[str, Value] | None = None) -> dict[str, Value]:
    """The fields as the log leaves them, from those in `start`, or else from what it found.

    What was taken back counts as never done.
    """
    head = begun(log) if start is None else dict(start)
    for event in in_order(standing(log)):
        apply(head, event.change)
    return head


def begun(log: Iterable[Event]) -> dict[str, Value]:
    """The fields that a log names, as the first event that names each found them."""
    found: dict[str, Value] = {}
    for event in in_order(log):
        for name, (was, _) in event.change.items():
            found.setdefault(name, was)
    return {name: value for name, value in found.items() if value is not None}


def origin(record: Record) -> dict[str, Value]:
    """The head before the first event: what no event names, and what the first that does found."""
    named = {name for event in record.log for name in event.change}
    rest = {name: value for name, value in record.head.items() if name not in named}
    return {**rest, **begun(record.log)}


def hand_edits(record: Record) -> dict[str, Value]:
    """Fields whose value in the head is not what the log says, with the head's value.

    A log whose first event lists what the record was opened with knows every field (but
    those in UNLOGGED); one that does not knows only the fields that it mentions.
    """
    logged = fold(record.log)
    mentioned = {name for event in record.log for name in event.change}
    first = in_order(record.log)[:1]
    begun_by_program = any(event.did in FIRST and event.change for event in first)
    names = set(record.head) | mentioned if begun_by_program else mentioned
    return {
        name: record.head.get(name)
        for name in sorted(names)
        if record.head.get(name) != logged.get(name) and (name in mentioned or name not in UNLOGGED)
    }


def with_hand_edits(record: R, at: datetime, by: str, comments: Sequence[str] = ()) -> R:
    """The record with what was edited by hand written down as an `edit` event.

    `comments` are those of the file, which a rewrite would lose.
    """
    edits = hand_edits(record)
    if not edits and not comments:
        return record
    logged = fold(record.log)
    before = replace(record, head={**record.head, **{name: logged.get(name) for name in edits}})
    return before.add("edit", at, by, edits, by_hand=True, comments="\n".join(comments))


def as_of(record: R, moment: datetime) -> R:
    """The record as it stood at `moment`, from what had happened (by `at`) until then.

    Without what was taken back later.
    """
    until = moment.timestamp()
    log = tuple(event for event in record.log if event.seconds <= until)
    if len(log) == len(record.log):
        return record
    if undoings(record.log):
        stands = {id(event) for event in standing(record.log)}
        mistaken = {id(event) for event in standing(log)} - stands
        log = tuple(event for event in log if id(event) not in mistaken)
    return replace(record, head=fold(log, origin(record)), log=log)


def check_transition(ticket: Ticket, status: str, verb: str) -> None:
    """Raise RefusedError if `verb` may not bring the ticket to `status`, saying what may."""
    if status in TRANSITIONS[ticket.status]:
        return
    allowed = TRANSITIONS[ticket.status]
    way = f"from there it can only become {' or '.join(allowed)}" if allowed else "that is final"
    raise RefusedError(f"{ticket.id} is {ticket.status} and cannot be {verb}; {way}")
