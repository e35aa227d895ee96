"""Another desk's export to tickets with their logs.

Makes of each ticket's rows its events and its head, as the map says (importmap.py), and
writes what the desk does not have yet. What becomes of each row and column is counted and
told in the report. docs/import.md describes it.
"""

import itertools
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from desk import codec, dates, importmap, importrows, model, store
from desk.errors import DamagedError, NotFoundError, RefusedError, StorageError
from desk.importmap import Map, State
from desk.importrows import Clock, Export, Layout, Refusal, Row
from desk.model import Change, Event, Record, Ticket, Value
from desk.store import Desk, IdTakenError, Transaction

BATCH = 1000
NOBODY = "unknown"
# The word of every imported event: the map's name. Events without it were made here.
SOURCE = "source"
_OVER = ("resolved", "closed")
_PLAIN = (
    "title", "description", "kind", "priority", "impact", "urgency", "channel", "team", "assignee",
)  # fmt: skip
_CLASSIFIED = frozenset({"kind", "category", "impact", "urgency", "priority"})
_HANDED = frozenset({"team", "assignee"})
_WORDS = {
    "code": "code", "solution": "solution", "resolved": "resolved_at",
    "resolved_by": "resolved_by", "closed": "closed_at", "closed_by": "closed_by",
}  # fmt: skip


# --- what is told --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Difference:
    """A ticket that is here otherwise than the file has it, and was left as it is."""

    external: str
    id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """What one import did, or would do if `dry_run`.

    `rows` are those below the header, `repeated` of them equal an earlier row of the same
    ticket; `events` are those written. `kept` are (column, custom field), `ignored` (column,
    the map's reason), `missing` the map's columns that the file does not have, `varying`
    (column, tickets) of columns that the map calls final and whose earlier values were left
    out. The sentences are about tickets, or what else is in `of`.
    """

    rows: int
    repeated: int
    created: int
    extended: int
    unchanged: int
    events: int
    refused: tuple[Refusal, ...]
    differing: tuple[Difference, ...]
    kept: tuple[tuple[str, str], ...]
    ignored: tuple[tuple[str, str], ...]
    missing: tuple[str, ...]
    varying: tuple[tuple[str, int], ...]
    dry_run: bool
    of: str = "ticket"

    @property
    def failed(self) -> bool:
        """Whether a row or a ticket did not come in."""
        return bool(self.refused or self.differing)

    def not_taken(self) -> str:
        """How many rows and tickets did not come in, in words."""
        found = ((len(self.refused), "row"), (len(self.differing), self.of))
        return " and ".join(_count(number, what) for number, what in found if number)

    def sentences(self, limit: int = 20) -> Iterator[str]:
        """The report for people; of refused rows and differing tickets at most `limit` each."""
        would = "would be " if self.dry_run else ""
        yield (
            f"{_count(self.rows, 'row')} read: {_count(self.created, self.of)} {would}created, "
            f"{self.extended} extended, {self.unchanged} unchanged; "
            f"{_count(self.events, 'event')} {would}written"
        )
        if self.repeated:
            yield f"{_count(self.repeated, 'row')} repeated an earlier one and added nothing"
        yield from self._of_columns()
        yield from _shortened(
            [f"line {one.line}: {one.reason}" for one in self.refused],
            f"did not come in: {len(self.refused)}",
            limit,
        )
        yield from _shortened(
            [f"{one.external} ({one.id}): {one.reason}" for one in self.differing],
            f"different here and left as they are: {_count(len(self.differing), 'ticket')}",
            limit,
        )

    def _of_columns(self) -> Iterator[str]:
        if self.kept:
            names = (one if one == name else f"{one} as {name}" for one, name in self.kept)
            yield f"columns kept as custom fields: {', '.join(names)}"
        for column, reason in self.ignored:
            yield f"column {column} ignored: {reason}"
        if self.missing:
            yield f"columns of the map that the file does not have: {', '.join(self.missing)}"
        for column, tickets in self.varying:
            yield (
                f"column {column} is called final, but {_count(tickets, 'ticket')} had several "
                "values in it; the last one was kept"
            )

    def as_dict(self) -> dict[str, Value]:
        """The report for programs."""
        return {
            "rows": self.rows,
            "repeated": self.repeated,
            "created": self.created,
            "extended": self.extended,
            "unchanged": self.unchanged,
            "events": self.events,
            "refused": [{"line": one.line, "reason": one.reason} for one in self.refused],
            "differing": [
                {"external": one.external, "id": one.id, "reason": one.reason}
                for one in self.differing
            ],
            "kept": dict(self.kept),
            "ignored": dict(self.ignored),
            "missing": list(self.missing),
            "varying": dict(self.varying),
            "dry_run": self.dry_run,
        }


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _shortened(lines: list[str], heading: str, limit: int) -> Iterator[str]:
    if lines:
        yield heading
        yield from lines[:limit]
    if len(lines) > limit:
        yield f"… and {len(lines) - limit} more"


# --- from rows to a ticket -----------------------------------------------------------------


class _Step(NamedTuple):
    """How a ticket stood after something was done to it, and the words of that event.

    `told` are the roles of the columns that its time and its person are from.
    """

    at: str
    by: str
    head: dict[str, Value]
    told: tuple[str, ...]
    words: dict[str, Value]
    because: str = ""
    texts: tuple[tuple[str, str], ...] = ()

    @property
    def status(self) -> Value:
        return self.head["status"]


class _Builder:
    """Makes the head (without the id) and the log of the rows of one ticket."""

    def __init__(self, layout: Layout, clock: Clock) -> None:
        self._layout = layout
        self._clock = clock
        self._map = layout.map
        fields = [(layout.roles[name], name) for name in _PLAIN if name in layout.roles]
        fields += layout.keys.items()
        self._fields = [(at, name, layout.columns[at].values) for at, name in fields]
        ending = [role for role in _WORDS if role in layout.roles]
        self._final = [r for r in ending if not self._map.updates or layout.is_final(r)]
        self._row_words = [role for role in ending if role not in self._final]
        self._spare = {role: layout.key_of_role(role) for role in self._final}
        custom = {*layout.keys.values(), *layout.final_keys.values(), *self._spare.values()}
        self._order = (*model.TICKET_FIELDS, *sorted(custom))
        # Fields and words of the end of a ticket, and of its closing: where the end moves, in a
        # newer export, they move with it.
        closing = [role for role in self._final if role in importmap.CLOSING]
        self._of_closing = {n for role in closing for n in (_WORDS[role], self._spare[role])}
        of_end = {n for role in self._final for n in (_WORDS[role], self._spare[role])}
        self._of_end = of_end - self._of_closing | {*layout.final_keys.values()}
        # Tickets that had several values in a column that the map calls final.
        self.varying: Counter[str] = Counter()

    def ticket(self, rows: list[Row]) -> tuple[dict[str, Value], tuple[Event, ...]]:
        """The head and the log."""
        if self._map.newest_first:
            rows = rows[::-1]
        opening = self._opening(rows[0])
        steps = self._updates(rows) if self._map.updates else self._life(rows[0])
        self._end(opening, steps, rows[-1])
        self._count_varying(rows)
        head = steps[-1].head if steps else opening.head
        return dict(head), tuple(self._events(opening, steps))

    def moved(self, log: Sequence[Event]) -> Iterator[set[str]]:
        """For each event of a log, the fields and words of an end that it is not (any more)."""
        changes = [event.change.get("status", ("", "")) for event in log]
        ends = [n for n, (a, b) in enumerate(changes) if b in _OVER and a not in _OVER]
        closes = [n for n, (_, b) in enumerate(changes) if b == "closed"]
        for n in range(len(log)):
            of_end = self._of_end if n != (ends or [0])[-1] else set()
            yield of_end | (self._of_closing if n != (closes or ends or [0])[-1] else set())

    # --- the steps of its life

    def _opening(self, row: Row) -> _Step:
        """The ticket as it was opened: new, and with what its first row says."""
        head = {**self._head(row), "status": "new"}
        head.pop("waiting_for", None)
        return self._step(row, "opened", "opened_by", head)

    def _step(self, row: Row, at: str, by: str, head: dict[str, Value]) -> _Step:
        time = self._clock.stamp(self._layout.cell(row, at))
        return _Step(time, self._layout.value(row, by) or NOBODY, head, (at, by), {})

    def _updates(self, rows: list[Row]) -> list[_Step]:
        """A step for each row."""
        steps: list[_Step] = []
        before: Row = ()
        for row in rows:
            step = self._step(row, "updated", "updated_by", self._head(row))
            ends = step.status in _OVER and not (steps and steps[-1].status in _OVER)
            step = step._replace(
                words=self._words_of_row(row, before, ends=ends),
                because=self._state(row).because,
                texts=self._texts(row, before),
            )
            steps.append(step)
            before = row
        return steps

    def _words_of_row(self, row: Row, before: Row, *, ends: bool) -> dict[str, Value]:
        """What the row itself says of the end: when that comes, and where it changes."""
        cell = self._layout.cell
        return {
            _WORDS[role]: self._word(row, role)
            for role in self._row_words
            if cell(row, role) and (ends or not before or cell(row, role) != cell(before, role))
        }

    def _texts(self, row: Row, before: Row) -> tuple[tuple[str, str], ...]:
        """Notes and replies that the row before did not have."""
        cell = self._layout.cell
        return tuple(
            (role, cell(row, role))
            for role in importmap.TEXTS
            if cell(row, role) and not (before and cell(row, role) == cell(before, role))
        )

    def _life(self, row: Row) -> list[_Step]:
        """The steps that the only row of a ticket tells of, each at the time that it gives.

        A step whose own time it does not give is put at the last time that it gives.
        """
        head = self._head(row)
        status = head["status"]
        steps: list[_Step] = []
        latest = "updated" if self._layout.cell(row, "updated") else "opened"
        if status in _OVER and self._layout.cell(row, "resolved"):
            steps.append(self._step(row, "resolved", "resolved_by", {**head, "status": "resolved"}))
            latest = "resolved" if latest == "opened" else latest
        if status in ("closed", "cancelled"):
            at = "closed" if self._layout.cell(row, "closed") else latest
            steps.append(self._step(row, at, "closed_by", head))
        elif status != "new" and not steps:
            by = "resolved_by" if status == "resolved" else "updated_by"
            step = self._step(row, latest, by, head)
            steps.append(step._replace(because=self._state(row).because))
        if texts := self._texts(row, ()):
            steps.append(self._step(row, latest, "updated_by", head)._replace(texts=texts))
        return steps

    def _end(self, opening: _Step, steps: list[_Step], row: Row) -> None:
        """Give what the map calls final to the last step that resolves or closes.

        Where none does, it becomes custom fields from the opening on.
        """
        fields = {
            key: self._translated(row, position)
            for position, key in self._layout.final_keys.items()
            if row[position]
        }
        told = {role for step in steps for role in step.told}
        roles = [r for r in self._final if r not in told and self._layout.cell(row, r)]
        pairs = list(itertools.pairwise([opening, *steps]))
        ends = [i for i, (a, b) in enumerate(pairs) if b.status in _OVER and a.status not in _OVER]
        closes = [i for i, (a, b) in enumerate(pairs) if b.status == "closed" != a.status]
        if ends:
            for role in roles:
                last = (closes or ends)[-1] if role in importmap.CLOSING else ends[-1]
                steps[last].words[_WORDS[role]] = self._word(row, role)
        else:
            fields |= {self._spare[role]: self._layout.cell(row, role) for role in roles}
        kept = {name: value for name, value in fields.items() if value not in (None, "")}
        for step in steps[ends[-1] :] if ends else [opening, *steps]:
            step.head.update(kept)

    def _count_varying(self, rows: list[Row]) -> None:
        positions = [self._layout.roles[role] for role in self._final]
        for position in (*positions, *self._layout.final_keys):
            last = rows[-1][position]
            if any(row[position] not in ("", last) for row in rows):
                self.varying[self._layout.header[position]] += 1

    # --- what a row says

    def _state(self, row: Row) -> State:
        if "status" in self._layout.roles:
            return self._layout.states[self._layout.cell(row, "status")]
        if self._map.updates:
            return State("new")
        ended = (r for r in ("closed", "resolved") if self._layout.cell(row, r))
        return State(next(ended, "new"))

    def _translated(self, row: Row, position: int) -> Value:
        text = row[position]
        return self._layout.columns[position].values.get(text, text)

    def _word(self, row: Row, role: str) -> Value:
        """What a column about the end says, as the word of an event."""
        if role in importmap.TIMES:
            return self._clock.stamp(self._layout.cell(row, role))
        return self._layout.value(row, role)

    def _head(self, row: Row) -> dict[str, Value]:
        """The fields of the head that a row gives."""
        layout, state = self._layout, self._state(row)
        number = layout.cell(row, "external").strip()
        head: dict[str, Value] = {
            **self._map.defaults,
            "title": number,
            "external": number,
            "status": state.status,
            "opened": self._clock.stamp(layout.cell(row, "opened")),
        }
        for position, name, values in self._fields:
            text = row[position]
            if text and (value := values.get(text, text)) not in (None, ""):
                head[name] = value
        if state.waiting_for:
            head["waiting_for"] = state.waiting_for
        return head | self._made_of_parts(row)

    def _made_of_parts(self, row: Row) -> dict[str, Value]:
        layout = self._layout
        category = (layout.value(row, "category"), layout.value(row, "subcategory"))
        requester: dict[str, Value] = {
            name: value
            for name in model.REQUESTER_FIELDS
            if (value := layout.value(row, f"requester.{name}"))
        }
        tags: list[Value] = [
            tag.strip() for tag in layout.value(row, "tags").split(",") if tag.strip()
        ]
        began = layout.cell(row, "began")
        found: dict[str, Value] = {
            "category": "/".join(filter(None, category)),
            "requester": requester,
            "tags": tags,
            "began": self._clock.stamp(began) if began else "",
        }
        return {name: value for name, value in found.items() if value}

    # --- from steps to events

    def _events(self, opening: _Step, steps: list[_Step]) -> Iterator[Event]:
        source: dict[str, Value] = {SOURCE: self._map.name}
        opened = {name: v for name, v in opening.head.items() if name not in model.UNLOGGED}
        yield Event(1, opening.at, opening.by, "open", self._change({}, opened), source)
        n = 1
        before = opening
        for step in steps:
            change = self._change(before.head, step.head)
            words = dict(step.words)
            did = _did(change)
            if step.because and step.because != before.because:
                words["because"] = step.because
                did = "hold" if step.status == "on_hold" else did
            is_opening = step is steps[0] and step[:2] == opening[:2]
            if change or words or not (step.texts or is_opening):
                n += 1
                yield Event(n, step.at, step.by, did, change, words | source)
            for verb, text in step.texts:
                n += 1
                yield Event(n, step.at, step.by, verb, {}, {"text": text, **source})
            before = step

    def _change(self, was: Mapping[str, Value], now: Mapping[str, Value]) -> Change:
        return {
            name: (was.get(name), now.get(name))
            for name in self._order
            if was.get(name) != now.get(name)
        }


def _did(change: Change) -> str:
    """The verb of the command that would have made that change."""
    if "status" in change:
        return _status_verb(*change["status"], handed=bool(_HANDED & change.keys()))
    if "waiting_for" in change:
        return "hold"
    if _HANDED & change.keys():
        return "assign"
    return "classify" if _CLASSIFIED & change.keys() else "update"


def _status_verb(was: Value, now: Value, *, handed: bool) -> str:
    verbs = {"resolved": "resolve", "closed": "close", "cancelled": "cancel"}
    if now in verbs:
        return verbs[str(now)]
    if was in model.ENDED:
        return "reopen"
    if now == "on_hold":
        return "hold"
    if was == "on_hold":
        return "resume"
    return "assign" if now == "in_progress" or handed else "update"


# --- from tickets to files -----------------------------------------------------------------


class _DifferentError(Exception):
    """The ticket on the desk is not what the file says; the message is why."""


def import_file(
    desk: Desk,
    path: Path,
    the_map: Map,
    *,
    now: datetime,
    by: str,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
    batch: int = BATCH,
) -> Report:
    """Bring the tickets of a file into the desk; returns what became of its rows.

    `progress` is told (tickets done, tickets in all) when the file has been read and after
    each `batch` of tickets, which is one transaction. `now` and `by` are those of the `edit`
    event where a ticket that grows was edited by hand.
    Raises UsageError where there is no file, DamagedError where the map cannot read it,
    BusyError and StorageError as the store does.
    """
    zone = dates.zone(the_map.timezone) if the_map.timezone else desk.policy.zone
    export = importrows.gathered(path, the_map, zone)
    run = _Run(desk, export)
    numbers = list(export.tickets)
    progress(0, len(numbers))
    for done in range(0, len(numbers), batch):
        drafts = [run.draft(number) for number in numbers[done : done + batch]]
        try:
            with desk.changing(now, by) as transaction:
                run.bring_in(drafts, transaction)
        except StorageError as error:
            raise interrupted(error, done, len(numbers)) from error
        progress(min(done + batch, len(numbers)), len(numbers))
    return run.report()


def interrupted(error: StorageError, done: int, total: int, of: str = "ticket") -> StorageError:
    """The same error, which also says how far the import had come by then."""
    if not done:
        return error
    return StorageError(
        f"{error}; {done} of {total} {of}s had been brought in before, and the same import "
        "goes on from there"
    )


class _Draft(NamedTuple):
    """A ticket of the file that has no id yet; `line` is that of its first row."""

    external: str
    line: int
    opened: datetime
    head: Mapping[str, Value]
    log: tuple[Event, ...]

    def ticket(self, record_id: str) -> Ticket:
        return Ticket({"id": record_id, **self.head}, self.log)


class _Run:
    """One import: finds for each ticket of the file its place on the desk, and counts."""

    def __init__(self, desk: Desk, export: Export) -> None:
        self._desk = desk
        self._export = export
        self._builder = _Builder(export.layout, export.clock)
        self._source = export.layout.map.name
        self._refused = export.refused
        self._differing: list[Difference] = []
        self._count: Counter[str] = Counter()
        self._created: set[str] = set()
        self._by_end: defaultdict[str, list[str]] = defaultdict(list)
        for record_id in desk.ids():
            self._by_end[record_id[-5:]].append(record_id)

    def draft(self, number: str) -> _Draft:
        """The ticket of that outside number; its rows are let go."""
        rows = self._export.tickets.pop(number)
        head, log = self._builder.ticket(list(rows))
        line = next(iter(rows.values()))
        return _Draft(number, line, datetime.fromisoformat(log[0].at), head, log)

    def bring_in(self, drafts: list[_Draft], transaction: Transaction) -> None:
        """Write what the desk does not have."""
        for draft in drafts:
            try:
                self._bring_in(draft, transaction)
            except RefusedError as error:
                self._refused.append(Refusal(draft.line, f"{draft.external}: {error}"))

    def _bring_in(self, draft: _Draft, transaction: Transaction) -> None:
        attempt = 0
        while True:
            number = store.hashed_number(self._source, draft.external, attempt)
            ticket = draft.ticket(store.new_id(self._desk.policy.prefix, draft.opened, number))
            known = self._by_end[ticket.id[-5:]]
            if ticket.id in self._created:
                attempt += 1
            elif self._is_here(draft, ticket, known, transaction):
                return
            elif ticket.id in known:
                attempt += 1
            else:
                try:
                    self._create(ticket, transaction)
                    return
                except IdTakenError:  # since this import began
                    known.append(ticket.id)

    def _is_here(
        self, draft: _Draft, ticket: Ticket, known: list[str], transaction: Transaction
    ) -> bool:
        """Whether one of the known ids is the ticket; if it lacks events of it, they are added."""
        for record_id in known:
            try:
                text = self._desk.text(store.path_of(record_id))
                if record_id == ticket.id and text == codec.dump(ticket):
                    self._count["unchanged"] += 1
                    return True
                stored = self._desk.read(record_id)
            except NotFoundError:
                continue
            except DamagedError as error:
                if record_id == ticket.id:
                    self._differs(draft, record_id, f"its file cannot be read: {error}")
                    return True
                continue
            if self._is_from_here(stored, draft):
                self._compare(stored, draft, ticket, transaction)
                return True
        return False

    def _is_from_here(self, stored: Record, draft: _Draft) -> bool:
        sources = (event.words.get(SOURCE) for event in stored.log)
        return stored.text("external") == draft.external and self._source in sources

    def _create(self, ticket: Ticket, transaction: Transaction) -> None:
        transaction.create(ticket)
        self._created.add(ticket.id)
        self._count["created"] += 1
        self._count["events"] += len(ticket.log)

    def _differs(self, draft: _Draft, record_id: str, reason: str) -> None:
        self._differing.append(Difference(draft.external, record_id, reason))

    def _compare(
        self, stored: Record, draft: _Draft, ticket: Ticket, transaction: Transaction
    ) -> None:
        try:
            further = self._further(stored, ticket)
        except _DifferentError as difference:
            self._differs(draft, stored.id, str(difference))
            return
        if further:
            transaction.replace(_extended(transaction.read(stored.id), further))
        self._count["extended" if further else "unchanged"] += 1
        self._count["events"] += len(further)

    def _further(self, stored: Record, ticket: Ticket) -> tuple[Event, ...]:
        """The events of the file that the stored ticket does not have yet.

        Raises _DifferentError where those that it has are not the file's.
        """
        head = model.origin(stored)
        if head.get("description") != model.origin(ticket).get("description"):
            raise _DifferentError("its description is not what the file says")
        imported = sum(event.words.get(SOURCE) == self._source for event in stored.log)
        if imported > len(ticket.log):
            raise _DifferentError(
                f"it has {imported} imported events and the file gives {len(ticket.log)}"
            )
        theirs = zip(ticket.log, self._builder.moved(ticket.log), strict=True)
        for event in model.in_order(stored.log):
            if event.words.get(SOURCE) == self._source:
                what = _difference(event, *next(theirs), head)
                if what:
                    raise _DifferentError(
                        f"{what} of event {event.n} ({event.did}, {event.at}) is not what the "
                        "file says"
                    )
            model.apply(head, event.change)
        return tuple(event for event, _ in theirs)

    def report(self) -> Report:
        """What became of everything."""
        layout = self._export.layout
        return Report(
            rows=self._export.rows,
            repeated=self._export.repeated,
            created=self._count["created"],
            extended=self._count["extended"],
            unchanged=self._count["unchanged"],
            events=self._count["events"],
            refused=tuple(sorted(self._refused)),
            differing=tuple(self._differing),
            kept=layout.kept,
            ignored=layout.ignored,
            missing=layout.missing,
            varying=tuple(sorted(self._builder.varying.items())),
            dry_run=self._desk.dry_run,
        )


def _difference(ours: Event, theirs: Event, moved: set[str], head: Mapping[str, Value]) -> str:
    """What of an imported event is not as the file has it, empty where all of it is.

    What has `moved` the file may have in another event. `head` is how the ticket stood before
    the event: one that was added late does not name what was so already.
    """
    for name in ("at", "by", "did"):
        if getattr(ours, name) != getattr(theirs, name):
            return name
    here = {name: to for name, (_, to) in ours.change.items()}
    there = {name: to for name, (_, to) in theirs.change.items()}
    was_so = {name for name, to in there.items() if head.get(name) == to}
    return (
        _unequal(here, there, moved - there.keys() | was_so - here.keys())
        or _unequal(ours.words, theirs.words, moved - theirs.words.keys())
    )  # fmt: skip


def _unequal(here: Mapping[str, Value], there: Mapping[str, Value], excused: set[str]) -> str:
    names = (name for name in {**here, **there} if name not in excused)
    return next((name for name in names if here.get(name) != there.get(name)), "")


def _extended(record: Record, further: Iterable[Event]) -> Record:
    """The record with those events, numbered on and told from how it stands now."""
    for event in further:
        change = {name: to for name, (_, to) in event.change.items()}
        record = record.add(event.did, event.when, event.by, change, **event.words)
    return record
