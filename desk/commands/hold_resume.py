"""desk hold and desk resume."""

import click

from desk import lifecycle
from desk.commands.common import Verb, at_option, change_each, command, ids_argument, text_option
from desk.model import WAITING_FOR, Ticket
from desk.session import Session, pass_session


@command(
    "hold",
    "desk hold 7k3f --for requester --until 3d",
    'desk hold 7k3f --for vendor --because "spare part ordered"',
    cls=Verb,
)
@ids_argument
@click.option(
    "--for", "waiting_for", type=click.Choice(WAITING_FOR), required=True, help="For whom."
)
@click.option("--until", metavar="TIME", help="When to come back to it.")
@text_option("--because", help="Why.")
@at_option
@pass_session
def hold_(
    session: Session,
    ids: tuple[str, ...],
    waiting_for: str,
    until: str | None,
    because: str | None,
    at: str | None,
) -> None:
    """Put tickets on hold until somebody else has done something."""
    act = session.act(at)
    moment = session.moment(until, ahead=True)
    change_each(
        session,
        ids,
        act,
        lambda ticket: lifecycle.held(
            ticket, act, waiting_for=waiting_for, until=moment, because=because or ""
        ),
        _said,
    )


def _said(ticket: Ticket) -> str:
    until = f" until {ticket.text('until')}" if ticket.text("until") else ""
    return f"is on hold for the {ticket.text('waiting_for')}{until}"


@command("resume", "desk resume 7k3f", cls=Verb)
@ids_argument
@at_option
@pass_session
def resume_(session: Session, ids: tuple[str, ...], at: str | None) -> None:
    """Take tickets off hold; work goes on."""
    act = session.act(at)
    change_each(
        session,
        ids,
        act,
        lambda ticket: lifecycle.resumed(ticket, act),
        lambda _: "is in work again",
    )
