"""desk note and desk reply."""

import click

from desk import lifecycle
from desk.commands.common import at_option, change_each, command, id_argument, written_text
from desk.session import Session, pass_session


@command(
    "note",
    'desk note 7k3f "restarted the gateway, no change"',
    "dmesg | tail | desk note 7k3f -",
)
@id_argument
@click.argument("text", metavar="TEXT|-", required=False)
@at_option
@pass_session
def note_(session: Session, record_id: str, text: str | None, at: str | None) -> None:
    """Write an internal note, which the requester does not read.

    Without TEXT the editor opens.
    """
    act = session.act(at)
    named = session.named(record_id)  # before anything is written in vain
    with written_text(text, "the note") as words:
        change_each(
            session, [named], act, lambda ticket: lifecycle.noted(ticket, act, words), _noted
        )


@command("reply", 'desk reply 7k3f "We are on it and will call you by noon."')
@id_argument
@click.argument("text", metavar="TEXT|-", required=False)
@at_option
@pass_session
def reply_(session: Session, record_id: str, text: str | None, at: str | None) -> None:
    """Write a public reply, which the requester reads; a new ticket is in work with it.

    Without TEXT the editor opens.
    """
    act = session.act(at)
    named = session.named(record_id)
    with written_text(text, "the reply") as words:
        change_each(
            session, [named], act, lambda ticket: lifecycle.replied(ticket, act, words), _replied
        )


def _noted(_: object) -> str:
    return "has a note (internal)"


def _replied(_: object) -> str:
    return "has a reply (public)"
