"""desk link."""

import click

from desk import lifecycle
from desk.commands.common import at_option, command, complete_ids, tell
from desk.commands.followers import resolve_follower
from desk.model import LINKS, Ticket
from desk.session import Session, pass_session


@command(
    "link",
    "desk link 7k3f duplicate-of 9qxw",
    "desk link 7k3f caused-by 2m4p",
)
@click.argument("record_id", metavar="ID", shell_complete=complete_ids)
@click.argument("how", type=click.Choice(tuple(LINKS)))
@click.argument("other_id", metavar="ID", shell_complete=complete_ids)
@at_option
@pass_session
def link_(session: Session, record_id: str, how: str, other_id: str, at: str | None) -> None:
    """Link a record to another; both of them show it.

    A duplicate of a ticket that is resolved already is resolved with it, as desk.yaml says.
    """
    act = session.act(at)
    desk = session.desk
    with desk.changing(session.now, act.by) as transaction:
        record = transaction.read(desk.named(record_id))
        other = transaction.read(desk.named(other_id))
        lifecycle.check_no_circle(record.id, other.id, how, transaction.read)
        record, other = lifecycle.linked(record, act, how, other)
        transaction.replace(record)
        transaction.replace(other)
        sentences = [f"{record.id} is {how} {other.id} now"]
        if (
            how == "duplicate-of"
            and isinstance(record, Ticket)
            and isinstance(other, Ticket)
            and record.live
            and other.status in ("resolved", "closed")
        ):
            sentences += resolve_follower(transaction, act, other, record, "duplicates", how)
    for sentence in sentences:
        tell(sentence)
