"""Automatic assignment, as `assign --auto` and `open --auto` do it."""

from functools import cached_property

from desk import assignment, lifecycle
from desk.assignment import Choice
from desk.commands.common import Damage
from desk.lifecycle import Act
from desk.model import Ticket
from desk.session import Session


class Assigner:
    """Gives tickets one by one to whom the rules choose, counting each in the load."""

    def __init__(self, session: Session, act: Act) -> None:
        self._session = session
        self._act = act
        self.damage = Damage()
        self._choices: dict[str, Choice] = {}

    @cached_property
    def _load(self) -> dict[str, int]:
        # Looked up when the first ticket is chosen for, under the lock that changing takes.
        return assignment.loads(self._session.desk.tickets(self.damage))

    def assigned(self, ticket: Ticket) -> Ticket:
        """The ticket with whom the rules choose.

        Raises RefusedError where no team is responsible, or where it is there already.
        """
        choice = assignment.chosen(ticket, self._act.policy, self._load, self._act.at)
        after = lifecycle.assigned(
            ticket,
            self._act,
            to=choice.person,
            team=choice.team,
            because=choice.because,
            passed_over=list(choice.passed_over),
        )
        for one, number in ((ticket, -1), (after, 1)):
            if assignment.counts(one) and (person := one.text("assignee")):
                self._load[person] = self._load.get(person, 0) + number
        self._choices[ticket.id] = choice
        return after

    def said(self, ticket: Ticket) -> str:
        """Whom it was given to, why, and who was passed over."""
        choice = self._choices[ticket.id]
        passed = "; passed over: " + ", ".join(choice.passed_over) if choice.passed_over else ""
        whom = f"{choice.person} ({choice.team})" if choice.person else f"the team {choice.team}"
        return f"goes to {whom}: {choice.because}{passed}"
