"""desk team and desk policy."""

import click

from desk import assignment, explain, render
from desk.commands.common import (
    Damage,
    command,
    complete_ids,
    complete_known,
    data,
    format_option,
    format_option_without_ids,
    page,
    show_table,
    tell,
)
from desk.model import Value
from desk.people import Person
from desk.session import Session, pass_session

_TEAM = ("id", "name", "tier", "teams", "skills", "shift", "load", "capacity")


@command("team", "desk team", "desk team network", "desk team -f json --now 'monday 09:00'")
@click.argument("teams", nargs=-1, metavar="[TEAM…]", shell_complete=complete_known("team"))
@format_option
@pass_session
def team_(session: Session, teams: tuple[str, ...], form: str) -> None:
    """Show who works here: who is on shift, their skills, their load and capacity.

    The load is what is live and not on hold.
    """
    policy, damage = session.desk.policy, Damage()
    wanted = [policy.checked("team", team) for team in teams]
    load = assignment.loads(session.tickets(damage, among="live"))
    rows = [
        _member(person, load.get(person.id, 0), session)
        for person in policy.people.values()
        if not wanted or set(wanted) & set(person.teams)
    ]
    if form in render.FOR_PEOPLE:
        cells = [[render.shown(row[name]) for name in _TEAM] for row in rows]
        show_table(cells, _TEAM, form)
        if not cells:
            tell(f"nobody in desk.yaml is in {' or '.join(wanted) or 'any team'}")
    else:
        data(render.rows(rows, form, _TEAM))
    damage.say()


def _member(person: Person, load: int, session: Session) -> dict[str, Value]:
    off = person.off_shift(session.now)
    return {
        "id": person.id,
        "name": person.name,
        "tier": person.tier,
        "teams": list(person.teams),
        "skills": list(person.skills),
        "shift": off.removeprefix("is ") or "on shift",
        "load": load,
        "capacity": person.capacity,
    }


@command("policy", "desk policy", "desk policy 7k3f", "desk policy 7k3f -f json")
@click.argument("record_id", required=False, metavar="[ID]", shell_complete=complete_ids)
@format_option_without_ids()
@pass_session
def policy_(session: Session, record_id: str | None, form: str) -> None:
    """Show which rules of desk.yaml apply to a ticket and why; without ID, all in brief."""
    policy, damage = session.desk.policy, Damage()
    if record_id is None:
        rules = explain.in_brief(policy)
    else:
        ticket = session.desk.ticket(session.named(record_id))
        load = assignment.loads(session.tickets(damage, among="live"))
        stood = next(session.as_of_now([ticket]), ticket)
        rules = explain.applying(stood, policy, load, session.now)
    if form == "table":
        page(render.aligned((render.safe(rule.what), _said(rule)) for rule in rules))
    else:
        rows: list[render.Row] = [
            {"what": rule.what, "is": rule.is_, "because": rule.because or None} for rule in rules
        ]
        data(render.rows(rows, form))
    damage.say()


def _said(rule: explain.Rule) -> str:
    because = f"  ({rule.because})" if rule.because else ""
    return render.safe(f"{rule.is_}{because}")
