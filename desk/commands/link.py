"""desk link."""

import click

from desk import lifecycle
from desk.commands.common import at_option, command, complete_ids, tell
from desk.commands.followers import Plan, add_follower
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
    ids = desk.named(record_id), desk.named(other_id)
    followers = Plan()
    if how == "duplicate-of":
        record, other = (desk.read(one) for one in ids)
        if isinstance(record, Ticket) and record.live and other.status in ("resolved", "closed"):
            add_follower(session, record, how, other.id, followers)
    with desk.changing(session.now, act.by) as transaction:
        record, other = (transaction.read(one) for one in ids)
        record, other = lifecycle.linked(record, act, how, other)
        lifecycle.check_no_circle(record.id, other.id, how, transaction.read)
        transaction.replace(record)
        transaction.replace(other)
        sentences = [f"{record.id} is {how} {other.id} now"]
        if isinstance(other, Ticket):
            sentences += followers.apply(transaction, act, other)
    for sentence in sentences:
        tell(sentence)
