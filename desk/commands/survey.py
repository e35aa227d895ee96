"""desk survey."""

import click

from desk import lifecycle
from desk.commands.common import Verb, at_option, change_each, command, ids_argument, text_option
from desk.session import Session, pass_session

_SCORES = tuple(map(str, lifecycle.SCORES))


@command("survey", 'desk survey 7k3f --score 5 --comment "quick and friendly"', cls=Verb)
@ids_argument
@click.option("--score", type=click.Choice(_SCORES), required=True, help="1 (bad) to 5 (good).")
@text_option("--comment", help="What the requester said.")
@at_option
@pass_session
def survey_(
    session: Session, ids: tuple[str, ...], score: str, comment: str | None, at: str | None
) -> None:
    """Record the requester's satisfaction with resolved tickets, once for each."""
    act = session.act(at)
    change_each(
        session,
        ids,
        act,
        lambda ticket: lifecycle.surveyed(ticket, act, int(score), comment or ""),
        lambda _: f"has its answer: {score} of 5",
    )
