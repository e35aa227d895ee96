"""desk link."""

import click

from desk import lifecycle
from desk.commands.common import at_option, command, complete_ids, tell
from desk.commands.followers import Plan, add_follower
from desk.errors import DeskError, ManyError
from desk.model import LINKS, Ticket
from desk.session import Session, pass_session

_SAID = {
    "parent": "{1} is the parent of {0} now",
    "duplicate-of": "{0} is a duplicate of {1} now",
    "caused-by": "{0} is caused by {1} now",
    "follows": "{0} follows {1} now",
    "related": "{0} is related to {1} now",
}


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

    The second ID is the parent, the original, the cause or what came before.

    A duplicate of a ticket that is resolved already is resolved with it, as desk.yaml says.
    """
    act = session.act(at)
    desk = session.desk
    ids = session.named(record_id), session.named(other_id)
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
        failures: list[DeskError] = []
        sentences = [_SAID[how].format(record.id, other.id)]
        if isinstance(other, Ticket) and not other.live:
            outcome = list(followers.apply(transaction, act, other))
            sentences += [one for one in outcome if isinstance(one, str)]
            failures = [one for one in outcome if isinstance(one, DeskError)]
    for sentence in sentences:
        tell(sentence)
    ManyError.raise_any(failures)
