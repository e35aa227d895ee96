"""Whom a ticket is given to, and why (pure).

The team is that of the first assignment rule that fits, else the one that owns the category,
else the ticket's own. Of its members those on shift who have the skills, the tier and room
for one more are considered; it goes to the one whose load is the smallest share of their
capacity.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from desk.errors import RefusedError
from desk.model import Ticket
from desk.people import Person
from desk.policy import Policy
from desk.promises import NO_CONDITION
from desk.rules import AssignmentRule

# Gives a team and why; raises RefusedError where it knows none.
Suggested: TypeAlias = Callable[[Ticket], tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Choice:
    """Who was chosen and why; `passed_over` are the others of the team, each with the reason.

    `person` is empty where nobody is free: then the ticket waits for the team.
    """

    team: str
    person: str
    because: str
    passed_over: tuple[str, ...]


def counts(ticket: Ticket) -> bool:
    """Whether a ticket is part of its assignee's load: live and not waiting for others."""
    return ticket.live and ticket.status != "on_hold"


def loads(tickets: Iterable[Ticket]) -> dict[str, int]:
    """How many tickets that count each person has."""
    found: dict[str, int] = {}
    for ticket in tickets:
        person = ticket.text("assignee")
        if person and counts(ticket):
            found[person] = found.get(person, 0) + 1
    return found


def chosen(
    ticket: Ticket,
    policy: Policy,
    load: Mapping[str, int],
    now: datetime,
    suggested: Suggested | None = None,
) -> Choice:
    """The team and person for a ticket at that moment; `load` is that of loads().

    `suggested` is asked for a team where no rule, category or team says which it is for.
    Raises RefusedError where that does not know either.
    """
    team, rule, why = _team(ticket, policy, suggested)
    holder = ticket.text("assignee")
    own = {**load, holder: load.get(holder, 0) - counts(ticket)}
    free: list[Person] = []
    passed: list[str] = []
    for person in policy.people.values():
        if team in person.teams:
            reason = _not_free(person, rule, own.get(person.id, 0), now)
            passed += [f"{person.id} {reason}"] if reason else []
            free += [] if reason else [person]
    if not free:
        nobody = "nobody of it is free" if passed else "it has no members in desk.yaml"
        return Choice(team, "", f"{why}; {nobody}", tuple(sorted(passed)))
    best = min(free, key=lambda person: _rank(person, own, ticket.id))
    passed += [f"{one.id} has {_load(one, own)}" for one in free if one is not best]
    because = f"{why}; has {_load(best, own)}, {_why_best(best, free, own)}"
    return Choice(team, best.id, because, tuple(sorted(passed)))


def _why_best(best: Person, free: Sequence[Person], load: Mapping[str, int]) -> str:
    shares = [load.get(one.id, 0) / one.capacity for one in free]
    if len(free) == 1:
        return "the only one free"
    lots = shares.count(load.get(best.id, 0) / best.capacity) > 1
    return "the least load, by lot" if lots else "the least load"


_NO_RULE = AssignmentRule("", NO_CONDITION, "", (), 1)


def _team(
    ticket: Ticket, policy: Policy, suggested: Suggested | None
) -> tuple[str, AssignmentRule, str]:
    """The team, the rule whose skills and tier are needed, and why."""
    values = policy.promises.values(ticket.head)
    rule = next((one for one in policy.assignment if one.when.fits(values)), _NO_RULE)
    if rule.team:
        return rule.team, rule, f"team {rule.team} by the rule for {rule.name}"
    category, own = ticket.text("category"), ticket.text("team")
    owner = owner_of(category, policy)
    if owner:
        return owner, rule, f"team {owner} owns {category}"
    if own in policy.teams:
        return own, rule, f"team {own} has it"
    unsure = ""
    if suggested:
        try:
            team, because = suggested(ticket)
        except RefusedError as error:
            unsure = f"; {error}"
        else:
            if team in policy.teams:
                return team, rule, because
    raise RefusedError(
        f"no assignment rule gives {ticket.id} a team and none owns its category "
        f"{category or '(none)'}{unsure}; assign it with --to or --team, or add to desk.yaml"
    )


def owner_of(category: str, policy: Policy) -> str:
    """The team that owns a category or, failing that, the one above it; empty for none."""
    for owned in (category, category.partition("/")[0]):
        for team in policy.teams.values():
            if owned and owned in team.categories:
                return team.id
    return ""


def _not_free(person: Person, rule: AssignmentRule, load: int, now: datetime) -> str:
    """Why a person is not considered, empty if they are."""
    lacking = [skill for skill in rule.skills if skill not in person.skills]
    if lacking:
        return f"lacks {', '.join(lacking)}"
    if person.tier < rule.tier:
        return f"is of tier {person.tier}, not {rule.tier}"
    if load >= person.capacity:
        return f"is full with {load} of {person.capacity}"
    return person.off_shift(now)


def _load(person: Person, load: Mapping[str, int]) -> str:
    return f"{load.get(person.id, 0)} of {person.capacity}"


def _rank(person: Person, load: Mapping[str, int], ticket_id: str) -> tuple[float, int, str]:
    """The least loaded first; a hash of ticket and person decides among equals, fairly."""
    import hashlib

    own = load.get(person.id, 0)
    lot = hashlib.sha256(f"{ticket_id} {person.id}".encode()).hexdigest()
    return own / person.capacity, own, lot
