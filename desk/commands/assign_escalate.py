"""desk assign and desk escalate."""

import click

from desk import lifecycle
from desk.commands.common import (
    Verb,
    at_option,
    change_each,
    command,
    ids_argument,
    known_option,
    text_option,
)
from desk.errors import UsageError
from desk.model import Ticket
from desk.session import Session, pass_session


@command(
    "assign",
    "desk assign 7k3f --to chen",
    "desk assign 7k3f --auto",
    "desk list team:network assignee:none -f ids | desk assign - --to chen",
    "desk assign 7k3f --to none",
    cls=Verb,
)
@ids_argument
@known_option("assignee", "--to", help="The person; none takes it from who has it.")
@known_option("team", help="The team; none takes it from the team.")
@click.option("--auto", is_flag=True, help="Whom the rules of desk.yaml choose.")
@at_option
@pass_session
def assign_(
    session: Session,
    ids: tuple[str, ...],
    assignee: str | None,
    team: str | None,
    auto: bool,
    at: str | None,
) -> None:
    """Give tickets to a person, a team or both; a new one that a person has is in work.

    --to also takes the name or e-mail of a person; `me` is you. --auto chooses the team by
    rule or category, else that of resolved tickets like it if that is sure, and of its members
    on shift with the skills the one with most room; it says why, and who was passed over.
    """
    act = session.act(at)
    if auto:
        if assignee or team:
            raise UsageError("--auto chooses by itself; leave out --to and --team")
        _assign_by_rules(session, ids, act)
        return
    to = session.whom(assignee)
    change_each(
        session,
        ids,
        act,
        lambda ticket: lifecycle.assigned(ticket, act, to=to, team=team or ""),
        _holder,
    )


def _assign_by_rules(session: Session, ids: tuple[str, ...], act: lifecycle.Act) -> None:
    from desk.commands.automatic import Assigner

    assigner = Assigner(session, act)
    change_each(session, ids, act, assigner.assigned, assigner.said)
    assigner.damage.say()


@command(
    "escalate",
    'desk escalate 7k3f --to-team network --because "needs the firewall logs"',
    'desk escalate 7k3f --up --because "third complaint this week"',
    cls=Verb,
)
@ids_argument
@known_option("team", "--to-team", help="Hand it to that team.")
@known_option("assignee", "--to", help="Hand it to that person.")
@click.option("--up", is_flag=True, help="Hand it to the manager of who has it.")
@text_option("--because", required=True, help="Why.")
@at_option
@pass_session
def escalate_(
    session: Session,
    ids: tuple[str, ...],
    team: str | None,
    assignee: str | None,
    up: bool,
    because: str,
    at: str | None,
) -> None:
    """Hand tickets on, to another team or person or to a manager, with all that is known.

    Whoever opens the ticket next sees the hand-over first: what it is about, what was tried
    and why it comes to them.
    """
    act = session.act(at)
    change_each(
        session,
        ids,
        act,
        lambda ticket: lifecycle.escalated(
            ticket, act, because=because, to=session.whom(assignee), team=team or "", up=up
        ),
        _holder,
    )


def _holder(ticket: Ticket) -> str:
    person, team = ticket.text("assignee"), ticket.text("team")
    if person and team:
        return f"is with {person} ({team})"
    return f"is with {person or team or 'nobody'}"
