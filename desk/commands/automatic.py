"""Automatic assignment, as `assign --auto` and `open --auto` do it."""

from desk import assignment, lifecycle
from desk.assignment import Choice
from desk.commands.common import Damage
from desk.errors import DeskError, RefusedError
from desk.lifecycle import Act
from desk.model import Ticket
from desk.session import Session


class Assigner:
    """Gives tickets one by one to whom the rules choose, counting each in the load.

    The load is counted when it is made, so that nobody waits for the lock while it is.
    """

    def __init__(self, session: Session, act: Act) -> None:
        self._act, self._session = act, session
        self.damage = Damage()
        self._load = assignment.loads(session.index.tickets(self.damage))
        self._said: dict[str, str] = {}

    def assigned(self, ticket: Ticket) -> Ticket:
        """The ticket with whom the rules choose.

        Raises RefusedError where no team is responsible, or where it is there already.
        """
        choice = assignment.chosen(
            ticket, self._act.policy, self._load, self._act.at, self._suggested
        )
        if not _changes(ticket, choice):
            raise RefusedError(f"{ticket.id} stays with {_said(choice)}")
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
        self._said[ticket.id] = f"goes to {_said(choice)}"
        return after

    def _suggested(self, ticket: Ticket) -> tuple[str, str]:
        """The team that like tickets had, and why; raises RefusedError where none is sure."""
        from desk.commands.suggest import check_taught, sure_guess

        check_taught(self._session)
        return sure_guess(self._session, ticket, "team")

    def at_opening(self, ticket: Ticket) -> Ticket:
        """A new ticket with whom the rules choose, or as it is: it is recorded in any case."""
        try:
            return self.assigned(ticket)
        except DeskError as error:
            why, own = str(error), f"{ticket.id} "
            said = why.removeprefix(own) if why.startswith(own) else f"is with nobody: {why}"
            self._said[ticket.id] = said
            return ticket

    def said(self, ticket: Ticket) -> str:
        """Whom it was given to, why, and who was passed over."""
        return self._said[ticket.id]


def _changes(ticket: Ticket, choice: Choice) -> bool:
    """Whether the choice is another holder than the ticket has."""
    return (choice.person, choice.team) != (ticket.text("assignee"), ticket.text("team"))


def _said(choice: Choice) -> str:
    whom = f"{choice.person} ({choice.team})" if choice.person else f"the team {choice.team}"
    passed = "; passed over: " + ", ".join(choice.passed_over) if choice.passed_over else ""
    return f"{whom}: {choice.because}{passed}"
