"""Taking back what one did: as an event more, never by rewriting (pure).

docs/teams.md has the rules. What is taken back stays in the log and stands nowhere
(`model.standing`).
"""

from collections.abc import Iterator, Set

from desk import articles, lifecycle, model
from desk.errors import RefusedError
from desk.lifecycle import Act
from desk.model import FIRST, UNDO, Article, Event, R, Record, Ticket, Value

# Fields that make sense only together, so that they are taken back together or not at all.
_TOGETHER = frozenset(("status", "waiting_for", "until"))


def own_last(record: Record, who: str) -> Event:
    """The last event that somebody's command wrote and that stands.

    Raises RefusedError where there is none.
    """
    undos = model.undoings(record.log)
    for event in reversed(model.in_order(record.log)):
        mine = event.by == who and event.did != UNDO
        if mine and not _not_by_command(event) and model.mark(event) not in undos:
            return event
    raise RefusedError(f"{who} has done nothing to {record.id} that could be taken back")


def _not_by_command(event: Event) -> str:
    """Why an event is nothing that somebody did by a command, empty where it is."""
    if event.rule:
        return "the desk's rules did that"
    if event.words.get("by_hand"):
        return "that was edited by hand"
    return "that was imported" if event.text("source") else ""


def taken_back(record: R, act: Act, event: Event) -> R:
    """The record with an event more that takes one of the actor's own back.

    Raises RefusedError where it is not theirs, no command's, was taken back before, or where a
    field that it set has been changed since.
    """
    _check_own(record, act, event)
    if isinstance(record, Article):
        articles.check_may_take_back(record, act, event)
    if event.did in FIRST:
        _check_nobody_else(record, event)
        change = _given_up(record)
    else:
        change = {name: was for name, (was, _) in event.change.items()}
        _check_unchanged(record, event, change.keys())
    return record.add(UNDO, act.at, act.by, change, undoes=event.n, done_at=event.at)


def _check_own(record: Record, act: Act, event: Event) -> None:
    what = f"{event.did} of {event.at} in {record.id}"
    if event.by != act.by:
        raise RefusedError(f"{event.by} did the {what}; only they can take it back")
    if event.did == UNDO:
        raise RefusedError(f"the {what} is not taken back itself; do again what it took back")
    if why := _not_by_command(event):
        raise RefusedError(f"the {what} is not taken back: {why}; change it by its own command")
    if undo := model.undo_of(event, record.log):
        raise RefusedError(f"the {what} was taken back already, at {undo.at}")


def _given_up(record: Record) -> dict[str, Value]:
    """What becomes of a record that should not have been begun."""
    if isinstance(record, Ticket):
        model.check_transition(record, "cancelled", "cancelled")
        return {"status": "cancelled", **lifecycle.OFF_HOLD}
    if record.status == articles.RETIRED:
        raise RefusedError(f"{record.id} is retired already")
    return {"status": articles.RETIRED}


def _check_nobody_else(record: Record, event: Event) -> None:
    """Raise RefusedError where somebody else has changed what the event began."""
    for later in _later(record, event):
        if later.change and later.by != event.by:
            raise RefusedError(_changed_since(record, event, later.change.keys(), later))


def _later(record: Record, event: Event) -> list[Event]:
    """What stands of the log behind an event, the last first."""
    order = event.order()
    log = model.in_order(model.standing(record.log))
    return [one for one in reversed(log) if one.order() > order]


def _check_unchanged(record: Record, event: Event, names: Set[str]) -> None:
    """Raise RefusedError where a field is no longer as the event left it, with who did that."""
    fields = names | (_TOGETHER if _TOGETHER & names else frozenset())
    for later in _later(record, event):
        if touched := fields & later.change.keys():
            raise RefusedError(_changed_since(record, event, touched, later))
    stands = {name: to for name, (_, to) in event.change.items() if name in fields}
    moved = {name for name, to in stands.items() if record.head.get(name) != to}
    if moved:  # by what was merged since
        others = (one for one in model.in_order(record.log) if one != event)
        setters = [one for one in others if moved & one.change.keys()]
        raise RefusedError(_changed_since(record, event, moved, [event, *setters][-1]))
    rest = [one for one in model.in_order(model.standing(record.log)) if one != event]
    before = model.fold(rest, model.origin(record))
    for name, (was, _) in event.change.items():
        if before.get(name) != was:  # in another clone, which this event did not see
            setter = next(one for one in reversed(rest) if name in one.change)
            raise RefusedError(_changed_since(record, event, {name}, setter))


def _changed_since(record: Record, event: Event, fields: Set[str], later: Event) -> str:
    when = "since" if later.seconds >= event.seconds else "elsewhere before that was known there"
    return (
        f"the {event.did} of {event.at} in {record.id} cannot be taken back: {later.by} changed "
        f"{', '.join(sorted(fields))} {when} ({later.did}, {later.at}); change what is wrong by "
        "its own command"
    )


# --- what was changed along with it --------------------------------------------------------


def others(record: Record, event: Event) -> list[str]:
    """The ids of records in which the same command may have written: linked, or followers."""
    found = [other for _, other in _links_of(event)]
    if event.did == "resolve":
        found += [other for how in ("duplicate", "child") for other in record.linked(how)]
    return [one for one in dict.fromkeys(found) if one != record.id]


def along_with(record: Record, event: Event, other: Record) -> Iterator[Event]:
    """The events that the same command wrote in another record because of that one, last first."""
    undos = model.undoings(other.log)
    for one in reversed(model.in_order(other.log)):
        same = (one.by, one.at) == (event.by, event.at) and one.did != UNDO
        if same and model.mark(one) not in undos and _is_because_of(one, event, record.id):
            yield one


def _is_because_of(one: Event, event: Event, record_id: str) -> bool:
    if any(other == record_id for _, other in _links_of(one)):
        return True
    follows = one.did == event.did == "resolve"
    return follows and f" {record_id}," in one.text("because")


def _links_of(event: Event) -> set[tuple[str, str]]:
    """The links that an event put in or took out."""
    was, to = (_pairs(side) for side in event.change.get("links", (None, None)))
    ticket = event.text("ticket")
    return was ^ to | ({("", ticket)} if ticket else set())


def _pairs(links: Value) -> set[tuple[str, str]]:
    parts = (str(link).partition(" ") for link in (links if isinstance(links, list) else ()))
    return {(how, other) for how, _, other in parts}
