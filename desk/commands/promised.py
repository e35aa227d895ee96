"""What several commands say of promises: clocks, due times, the plan of a major incident."""

import os
from collections.abc import Iterable
from datetime import datetime

import click

from desk import dates, policy, render, store, timerules
from desk.commands.common import F
from desk.commands.reading import as_read
from desk.errors import DeskError, UsageError
from desk.model import Article, Ticket, Value
from desk.promises import RESOLVE, RESPOND, Promises
from desk.session import Session
from desk.sla import Clock


def promises_of(session: Session, file: str | None) -> Promises:
    """What is promised by the rules of a file, by those of the desk where none is named.

    Raises UsageError where there is no such file, DamagedError for mistakes in it.
    """
    if file is None:
        return session.desk.policy.promises
    folder, name = os.path.split(os.path.abspath(file))
    if not os.path.isfile(file):
        raise UsageError(f"--policy {file} is no file; name another desk.yaml")
    beside = store.Desk(folder)
    return policy.load(beside.text(name), file, beside.text).promises


def policy_option(function: F) -> F:
    """Rules of another file."""
    return click.option(
        "--policy", "other", metavar="FILE", help="By the rules of FILE, not desk.yaml."
    )(function)


def clock_row(clock: Clock, now: datetime) -> dict[str, Value]:
    """A clock for programs: lengths in seconds, moments as RFC 3339."""
    due = clock.due
    return {
        "clock": clock.name,
        "state": clock.state,
        "target": round(clock.target),
        "elapsed": round(clock.elapsed),
        "wall": round(clock.wall),
        "due": None if due is None else dates.stamp(dates.at(due, now.tzinfo)),
        "left": round(clock.left),
        "stopped": dates.stamp(dates.at(clock.end, now.tzinfo)) if clock.stopped else None,
        "missed": clock.missed,
    }


def clock_cells(clock: Clock, now: datetime) -> list[str]:
    """A clock for a person, under CLOCK_HEADERS."""
    due = clock.due
    state = f"{clock.state}, missed {clock.missed} times" if clock.missed > 1 else clock.state
    return [
        clock.name,
        state,
        "" if due is None else in_short(dates.at(due, now.tzinfo), now),
        left_in_words(clock),
        dates.in_hours(clock.target),
        dates.in_hours(clock.elapsed),
        dates.in_words(clock.wall),
    ]


CLOCK_HEADERS = ("clock", "state", "due", "left", "target", "elapsed", "wall")


def left_in_words(clock: Clock) -> str:
    """By how much a promise is or was kept or missed, or what is left: working time."""
    length = dates.in_hours(abs(clock.left))
    if clock.left < 0:
        return f"{length} late" if clock.stopped else f"{length} over"
    return f"{length} to spare" if clock.stopped else f"{length} left"


def in_short(moment: datetime, now: datetime) -> str:
    """A moment for a person: the time alone if it is today."""
    if moment.date() == now.date():
        return f"{moment:%H:%M}"
    return f"{moment:%a %m-%d %H:%M}" if moment.year == now.year else f"{moment:%Y-%m-%d %H:%M}"


def clock_lines(ticket: Ticket, session: Session) -> str:
    """A ticket's clocks for a person, a line each; empty for none, or why they cannot be told."""
    try:
        clocks = session.as_of.clocks(ticket)
    except DeskError as error:  # a file of holidays that cannot be read
        return f"{render.safe(str(error))}\n"
    return render.aligned((clock.name, _in_words(clock, session.now)) for clock in clocks)


def _in_words(clock: Clock, now: datetime) -> str:
    _, state, due, left, target, elapsed, wall = clock_cells(clock, now)
    when = f"due {due}, " if due else ""
    return f"{state}: {when}{left} ({elapsed} of {target} working time, {wall} in all)"


def promise(ticket: Ticket, session: Session) -> str:
    """When a reply and the solution of a ticket are due, empty where nothing is promised."""
    words = {
        RESPOND: ("a reply is due by", "a reply was due by"),
        RESOLVE: ("it should be solved by", "it should have been solved by"),
    }
    said = []
    try:
        clocks = session.as_of.clocks(ticket)
    except DeskError as error:  # a file of holidays that cannot be read
        return f"when it is due cannot be told: {error}"
    for clock in clocks:
        due = clock.due
        if clock.name in words and not clock.stopped and due is not None:
            moment = dates.at(due, session.now.tzinfo)
            ahead, past = words[clock.name]
            phrase = past if moment < session.now else ahead
            said.append(f"{phrase} {in_short(moment, session.now)}")
    return ", ".join(said)


def plan_of(session: Session, ticket: Ticket) -> str:
    """The plan that a major incident is handled by, empty for any other ticket."""
    rule = timerules.major_rule(ticket, session.desk.policy) if ticket.head.get("major") else None
    if not rule or not rule.plan:
        return ""
    try:
        record = as_read(session, session.desk.read(session.named(rule.plan)))
    except DeskError as error:
        return f"{rule.plan} cannot be shown: {error}"
    text = record.text("solution") or record.text("body") if isinstance(record, Article) else ""
    return f"{record.id}  {record.title}\n{text}"


def pressing(clocks: Iterable[Clock]) -> tuple[Clock | None, float]:
    """The clock that is due next, with its due time; a paused one comes after all that run.

    Of several paused ones the one with the least time left; none: infinitely far.
    """
    owed = [clock for clock in clocks if not clock.stopped]
    timed = [(due, clock) for clock in owed if (due := clock.due) is not None]
    if timed:
        due, clock = min(timed, key=lambda pair: pair[0])
        return clock, due
    return min(owed, key=lambda clock: clock.left, default=None), float("inf")
