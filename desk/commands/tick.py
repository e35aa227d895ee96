"""desk tick."""

from collections.abc import Iterable, Iterator

from desk import dates, render, timerules
from desk.commands.common import (
    Damage,
    at_terminal,
    command,
    data,
    dry_run_option,
    format_option,
    show_table,
    tell,
)
from desk.errors import ManyError
from desk.model import Event, Record, Value
from desk.session import Session, pass_session
from desk.store import Transaction

Step = tuple[Record, Event]
Pair = tuple[Record, Record]


@command("tick", "desk tick", "desk tick --dry-run", "*/5 * * * * desk -C /srv/desk tick")
@dry_run_option
@format_option
@pass_session
def tick_(session: Session, form: str) -> None:
    """Do everything that time alone decides, once: for cron, or by hand.

    By the rules of desk.yaml people are told of clocks, tickets handed on, taken back from
    hold or closed, surveys sent, major incidents proposed, articles flagged. What has to be
    told is written in the log as an outbox. Run twice, nothing is done twice.
    """
    damage = Damage()
    steps = list(_done(session, damage))
    if form in render.FOR_PEOPLE:
        rows = [_cells(record, event) for record, event in steps]
        show_table(rows, ("id", "at", "rule", "what"), form)
        if not rows and at_terminal():  # cron mails whatever is said
            tell("nothing has fallen due")
    else:
        data(render.rows([_row(record, event) for record, event in steps], form))
    damage.say()


def _done(session: Session, damage: Damage) -> Iterator[Step]:
    """What fell due, written: looked for without the lock, and again under it.

    A record that is refused does not keep the others from being done.
    """
    policy, now = session.desk.policy, session.now
    asked: timerules.Asked = {}
    records = session.index.records(damage)
    due = [before.id for before, _ in timerules.tick(records, policy, now, asked)]
    if not due:
        return
    done: list[Pair] = []
    with session.desk.changing(now, session.actor) as transaction:
        current = _each(transaction, sorted(due), damage)
        for before, after in timerules.tick(current, policy, now, asked):
            try:
                transaction.replace(after)
                done.append((before, after))
            except ManyError.ONE_RECORD as error:
                damage.errors.append(error)
    yield from _steps(done)


def _each(transaction: Transaction, ids: Iterable[str], damage: Damage) -> Iterator[Record]:
    for one in ids:
        try:
            yield transaction.read(one)
        except ManyError.ONE_RECORD as error:
            damage.errors.append(error)


def _steps(changed: Iterable[Pair]) -> Iterator[Step]:
    """The new events in order of time."""
    new = [(after, one) for before, after in changed for one in after.log[len(before.log) :]]
    yield from sorted(new, key=lambda step: (step[1].when, step[0].id))


def _row(record: Record, event: Event) -> dict[str, Value]:
    return {
        "id": record.id,
        "at": event.at,
        "rule": event.rule,
        "did": event.did,
        "change": {name: to for name, (_, to) in event.change.items()},
        "because": event.text("because") or None,
        "outbox": event.words.get("outbox"),
    }


def _cells(record: Record, event: Event) -> list[str]:
    told = [render.shown(one) for one in _outbox(event)]
    did = "" if told and event.did == "tell" else event.did
    what = [did, render.changes(event), f"tells {'; '.join(told)}" if told else ""]
    at = dates.stamp(event.when)
    return [record.id, at, event.rule, ", ".join(filter(None, what))]


def _outbox(event: Event) -> list[Value]:
    outbox = event.words.get("outbox")
    return outbox if isinstance(outbox, list) else []
