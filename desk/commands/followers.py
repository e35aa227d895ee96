"""Duplicates and children of a resolved ticket, which follow it as desk.yaml says."""

from collections.abc import Iterator

import click

from desk import lifecycle
from desk.commands.common import at_terminal
from desk.errors import ManyError
from desk.lifecycle import Act
from desk.model import Ticket
from desk.store import Transaction

# (rule in on_resolve, the original's link to a follower, the follower's link to the original)
_KINDS = (("duplicates", "duplicate", "duplicate-of"), ("children", "child", "parent"))


def resolve_followers(transaction: Transaction, act: Act, original: Ticket) -> Iterator[str]:
    """Resolve those that follow the original, asking first where the rule is `offer`.

    Yields a sentence for each that was resolved, or left and still live.
    """
    for rule, link, how in _KINDS:
        for follower_id in original.linked(link):
            try:
                follower = transaction.ticket(follower_id)
                if follower.live:
                    yield from resolve_follower(transaction, act, original, follower, rule, how)
            except ManyError.ONE_RECORD as error:
                yield f"{follower_id} was left as it is: {error}"


def resolve_follower(
    transaction: Transaction, act: Act, original: Ticket, follower: Ticket, rule: str, how: str
) -> Iterator[str]:
    """Resolve one live follower if the rule, or whoever is asked, says so."""
    decision = act.policy.on_resolve[rule]
    question = f"Resolve {follower.id} ({follower.title}) with it, {how} {original.id}?"
    if decision == "offer" and at_terminal() and click.confirm(question, default=True, err=True):
        decision = "resolve"
    if decision != "resolve":
        if decision == "offer":
            yield f"{follower.id} is still {follower.status}, {how} {original.id}: resolve it too?"
        return
    resolved = lifecycle.resolved_with(follower, act, original, how)
    transaction.replace(resolved)
    yield f"{follower.id} is resolved with it ({how} {original.id})"
    yield from resolve_followers(transaction, act, resolved)
