"""desk resolve, close, reopen and cancel: how a ticket ends and does not."""

import click

from desk import lifecycle
from desk.commands.common import (
    Verb,
    at_option,
    change_each,
    command,
    ids_argument,
    known_option,
    parts_of_ids,
    text_option,
)
from desk.commands.followers import plan
from desk.session import Session, pass_session


@command(
    "resolve",
    'desk resolve 7k3f --solution "raised the idle timeout" --cause "timeout of 60 minutes"',
    'desk resolve 7k3f --solution 已更换硒鼓 --code fixed --part "硒鼓 CF226A"',
    cls=Verb,
)
@ids_argument
@text_option("--solution", required=True, help="What solved it.")
@text_option("--cause", help="What caused it.")
@known_option("code", help="The resolution code.")
@click.option("--step", "steps", metavar="TEXT", multiple=True, help="A step taken.")
@click.option("--part", "parts", metavar="TEXT", multiple=True, help="A part replaced.")
@click.option("--config-change", "config", metavar="TEXT", multiple=True, help="A setting changed.")
@at_option
@pass_session
def resolve_(
    session: Session,
    ids: tuple[str, ...],
    solution: str,
    cause: str | None,
    code: str | None,
    steps: tuple[str, ...],
    parts: tuple[str, ...],
    config: tuple[str, ...],
    at: str | None,
) -> None:
    """Record the solution; duplicates and children follow as desk.yaml says (on_resolve)."""
    act = session.act(at)
    originals = parts_of_ids(ids)
    followers = plan(session, originals)
    change_each(
        session,
        originals,
        act,
        lambda ticket: lifecycle.resolved(
            ticket,
            act,
            solution=solution,
            code=code or "",
            cause=cause,
            steps=list(steps),
            parts=list(parts),
            config_changes=list(config),
        ),
        lambda _: "is resolved",
        afterwards=lambda transaction, ticket: followers.apply(transaction, act, ticket),
    )


@command("close", "desk close 7k3f --confirmed", cls=Verb)
@ids_argument
@click.option("--confirmed", is_flag=True, help="The requester said that the solution holds.")
@at_option
@pass_session
def close_(session: Session, ids: tuple[str, ...], confirmed: bool, at: str | None) -> None:
    """Close resolved tickets."""
    act = session.act(at)
    change_each(
        session,
        ids,
        act,
        lambda ticket: lifecycle.closed(ticket, act, confirmed=confirmed),
        lambda _: "is closed",
    )


@command("reopen", 'desk reopen 7k3f --because "it dropped again this morning"', cls=Verb)
@ids_argument
@text_option("--because", required=True, help="Why.")
@at_option
@pass_session
def reopen_(session: Session, ids: tuple[str, ...], because: str, at: str | None) -> None:
    """Take up tickets whose solution did not hold."""
    act = session.act(at)
    change_each(
        session,
        ids,
        act,
        lambda ticket: lifecycle.reopened(ticket, act, because),
        lambda _: "is in work again",
    )


@command("cancel", 'desk cancel 7k3f --because "opened twice by mistake"', cls=Verb)
@ids_argument
@text_option("--because", required=True, help="Why.")
@at_option
@pass_session
def cancel_(session: Session, ids: tuple[str, ...], because: str, at: str | None) -> None:
    """Take back tickets that are not wanted; that is final."""
    act = session.act(at)
    change_each(
        session,
        ids,
        act,
        lambda ticket: lifecycle.cancelled(ticket, act, because),
        lambda _: "is cancelled",
    )
