"""desk classify."""

import click

from desk import lifecycle, timerules
from desk.commands.common import (
    Verb,
    at_option,
    change_each,
    command,
    ids_argument,
    known_option,
    text_option,
)
from desk.errors import RefusedError, UsageError
from desk.model import Ticket, Value
from desk.policy import Policy
from desk.session import Session, pass_session


@command(
    "classify",
    "desk classify 7k3f --category vpn --impact department",
    'desk classify 7k3f --priority P1 --because "the board meets at ten"',
    "desk classify 7k3f --priority matrix",
    "desk list category:none -f ids | desk classify - --auto --dry-run",
    cls=Verb,
)
@ids_argument
@known_option("kind", help="Incident, request, problem, change …")
@known_option("category", help="network, network/vpn or just vpn.")
@known_option("impact", help="How many it hits.")
@known_option("urgency", help="How soon it hurts.")
@known_option("priority", help="A priority by hand (needs --because), or `matrix` to end that.")
@text_option("--because", help="Why that priority.")
@click.option("--auto", is_flag=True, help="The category that like tickets have, if sure.")
@click.option("--major/--not-major", default=None, help="Whether it is a major incident.")
@at_option
@pass_session
def classify_(
    session: Session,
    /,
    ids: tuple[str, ...],
    priority: str | None,
    because: str | None,
    auto: bool,
    major: bool | None,
    at: str | None,
    **fields: str | None,
) -> None:
    """Say what kind of ticket it is, what it is about and how much it matters.

    The priority follows from impact and urgency by the matrix, unless it is set by hand. --auto
    takes the category of the resolved tickets that are most like it, where that is as likely as
    desk.yaml asks for; the log says why.
    """
    act = session.act(at)
    given = {name: value for name, value in fields.items() if value}
    if auto and "category" in given:
        raise UsageError("--auto says the category; leave out --category")
    if auto:
        session.index.experience()  # so that nobody waits for the lock while it learns

    def classified(ticket: Ticket) -> Ticket:
        words: dict[str, Value] = {}
        chosen = dict(given)
        if auto:
            from desk.commands.suggest import sure_guess

            try:
                chosen["category"], words["suggested"] = sure_guess(session, ticket, "category")
            except RefusedError as error:
                raise RefusedError(f"{error}; say it with --category") from error
        return lifecycle.classified(
            ticket,
            act,
            chosen,
            priority=priority or "",
            because=because or "",
            major=major,
            **words,
        )

    change_each(session, ids, act, classified, lambda ticket: _said(ticket, act.policy))


def _said(ticket: Ticket, policy: Policy) -> str:
    why = ticket.text("priority_because")
    kept = f" (set by hand, because {why})" if why else ""
    rule = timerules.major_rule(ticket, policy) if ticket.head.get("major") else None
    plan = f", whose plan is {rule.plan}" if rule and rule.plan else ""
    major = f", a major incident{plan}" if ticket.head.get("major") else ""
    category = ticket.text("category") or "no category"
    priority = ticket.text("priority") or "no priority"
    return f"is {ticket.text('kind')} in {category}, {priority}{kept}{major}"
