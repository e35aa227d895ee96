"""Duplicates and children of a resolved ticket, which follow it as desk.yaml says.

What is to follow is found out, and asked about, before the desk is locked.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import click

from desk import lifecycle
from desk.commands.common import at_terminal
from desk.commands.outcome import Outcome, changed, failed
from desk.errors import ManyError
from desk.lifecycle import Act
from desk.model import Ticket
from desk.session import Session
from desk.store import Transaction

# The rule in desk.yaml's on_resolve for each link from a follower to what it follows.
_RULES = {"duplicate-of": "duplicates", "parent": "children"}


@dataclass(frozen=True, slots=True)
class Follower:
    """A ticket that is resolved along with `original`, or (not `wanted`) only named."""

    id: str
    how: str
    original: str
    wanted: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """Who follows whom, in the order in which they are resolved; `named` go their own way."""

    followers: list[Follower] = field(default_factory=list)
    named: set[str] = field(default_factory=set)

    def apply(self, transaction: Transaction, act: Act, original: Ticket) -> Iterator[Outcome]:
        """Resolve what follows the ticket, and what follows that; what became of each."""
        for one in self.followers:
            if one.original != original.id:
                continue
            try:
                follower = transaction.ticket(one.id)
                if not follower.live:
                    continue
                if not one.wanted:
                    said = f"{one.id} is still {follower.status}, {one.how} {one.original}"
                    yield Outcome(one.id, said, along_with=original.id)
                    continue
                resolved = lifecycle.resolved_with(follower, act, original, one.how)
                transaction.replace(resolved)
                said = f"{one.id} is resolved with it ({one.how} {one.original})"
                yield changed(follower, resolved, said, along_with=original.id)
                yield from self.apply(transaction, act, resolved)
            except ManyError.ONE_RECORD as error:
                yield failed(error, one.id, along_with=original.id)


def plan(session: Session, originals: Iterable[str]) -> Plan:
    """What follows the tickets that are named, by desk.yaml and by the person who is asked."""
    tickets: list[Ticket] = []
    for part in originals:
        with suppress(*ManyError.ONE_RECORD):
            ticket = session.desk.read(session.named(part))
            if isinstance(ticket, Ticket) and ticket.live:
                tickets.append(ticket)
    made = Plan(named={ticket.id for ticket in tickets})
    for ticket in tickets:
        _add_followers(session, ticket, made)
    return made


def _add_followers(session: Session, original: Ticket, made: Plan) -> None:
    for link in ("duplicate", "child"):
        how = "duplicate-of" if link == "duplicate" else "parent"
        for follower_id in original.linked(link):
            try:
                follower = session.desk.read(follower_id)
            except ManyError.ONE_RECORD:  # which is told when it cannot be resolved
                made.followers.append(Follower(follower_id, how, original.id, wanted=True))
                continue
            if isinstance(follower, Ticket) and follower.live:
                add_follower(session, follower, how, original.id, made)


def add_follower(session: Session, follower: Ticket, how: str, original: str, made: Plan) -> None:
    """Add a live ticket to the plan, and what follows it, if it is to be resolved."""
    if follower.id in made.named or any(one.id == follower.id for one in made.followers):
        return
    decision = session.desk.policy.on_resolve[_RULES[how]]
    if decision == "leave":
        return
    question = f"Resolve {follower.id} ({follower.title}) too, {how} {original}?"
    wanted = decision == "resolve" or (at_terminal() and _confirmed(question))
    made.followers.append(Follower(follower.id, how, original, wanted))
    if wanted:
        _add_followers(session, follower, made)


def _confirmed(question: str) -> bool:
    from desk.render import safe

    return click.confirm(safe(question), default=True, err=True)
