"""desk suggest."""

import click

from desk import experience, query, render, suggestions
from desk.commands.common import (
    Damage,
    command,
    complete_ids,
    data,
    format_option,
    from_stdin,
    show_table,
    tell,
)
from desk.commands.reading import as_read, rights
from desk.errors import NotFoundError, RefusedError, UsageError
from desk.model import Ticket, Value
from desk.session import Session, pass_session
from desk.suggestions import Suggestion

_SOON = 500  # tickets that are learnt from in no time
_WORTH = 0.3
_HEADERS = ("suggested", "what", "likely", "title", "because")


@command(
    "suggest",
    "desk suggest 7k3f",
    'desk suggest "VPN drops every hour" -f json',
    "desk suggest 打印机卡纸",
    "desk suggest - < mail.txt",
)
@click.argument("what", metavar="ID|TEXT|-", shell_complete=complete_ids)
@format_option
@pass_session
def suggest_(session: Session, what: str, form: str) -> None:
    """Suggest category, team and priority, similar tickets, duplicates and articles.

    For a ticket, or for a request in so many words; - reads them. Each with how likely it is and
    with what speaks for it: words, and resolved tickets of this desk. It learns from those as
    they are; there is nothing to train.
    """
    text, record_id = _asked(session, what)
    damage = Damage()
    found = suggested(session, text, record_id)
    session.index.tell_damage(damage)
    if form in render.FOR_PEOPLE:
        show_table([_cells(one) for one in found], _HEADERS, form, whole=2)
        if not found:
            tell("nothing here is like it")
    elif form == "ids":
        ids = (one.value for one in found if one.kind not in experience.FIELDS)
        data("".join(f"{one}\n" for one in dict.fromkeys(ids)))
    else:
        data(render.rows([as_row(one) for one in found], form, Suggestion._fields))
    damage.say()


def _asked(session: Session, what: str) -> tuple[str, str]:
    """The text of a request, and the id of its ticket if it has one."""
    if what == "-":
        return from_stdin("the request"), ""
    if query.names_record(what):
        try:
            record = as_read(session, session.desk.read(session.named(what)))
        except NotFoundError:
            if "-" in what:  # no word of a request, but a whole id
                raise
        else:
            if not isinstance(record, Ticket):
                raise UsageError(f"{record.id} is an article; suggestions are for requests")
            return experience.asked(record), record.id
    if not what.strip():
        raise UsageError("the text is empty; say what is asked for")
    return what, ""


def suggested(session: Session, text: str, record_id: str = "") -> list[Suggestion]:
    """What is suggested for a request to whoever acts."""
    index = session.index
    return index.answered(
        lambda: suggestions.of_text(
            index, index.experience(), text, rights(session), session.now, session.desk.read,
            without=record_id,
        )
    )  # fmt: skip


def check_taught(session: Session) -> None:
    """Raise RefusedError where there is much to learn first, as it is while others wait."""
    if (number := session.index.to_learn()) > _SOON:
        raise RefusedError(f"there are {number} tickets to learn from first; `desk suggest` does")


def hint(session: Session, ticket: Ticket) -> None:
    """Tell somebody who has just recorded a ticket what is known of the like of it."""
    if session.index.to_learn() > _SOON:
        tell("`desk suggest` has more tickets to learn from first; it tells of similar ones then")
        return
    for one in suggested(session, experience.asked(ticket), ticket.id):
        if one.kind == suggestions.ARTICLE:
            tell(f"{one.value} may answer it: {one.title}")
        elif one.kind == suggestions.DUPLICATE:
            tell(f"{one.value} may be about the same: {one.title}")
        elif one.kind == suggestions.SIMILAR and one.solution:
            tell(f"{one.value} was like it and was solved: {' '.join(one.solution.split())}")
        elif one.kind == "category" and not ticket.text("category") and one.likely >= _WORTH:
            tell(f"its category may be {one.value} ({100 * one.likely:.0f} % likely)")


def sure_guess(session: Session, ticket: Ticket, field: str) -> tuple[str, str]:
    """The value of a field that is likely enough for the policy, and the words that say why.

    Raises RefusedError where none is.
    """
    least = session.desk.policy.sure_from
    index = session.index
    best = index.answered(lambda: suggestions.guess(index, index.experience(), ticket, field))
    if best is None or not best.words:
        raise RefusedError(f"no resolved ticket tells the {field} of {ticket.id}")
    likely = f"{100 * best.confidence:.0f} % likely by {', '.join(best.words)}"
    if best.confidence < least:
        raise RefusedError(
            f"the {field} of {ticket.id} may be {best.value}, {likely}; desk.yaml asks for "
            f"{100 * least:.0f} % (suggestions: sure_from)"
        )
    return best.value, f"{field} {best.value} is {likely}"


def as_row(one: Suggestion) -> dict[str, Value]:
    """A suggestion as data."""
    row: dict[str, Value] = {**one._asdict(), "likely": round(one.likely, 3)}
    return row | {"because": [*one.because], "tickets": [*one.tickets]}


def _cells(one: Suggestion) -> list[str]:
    solution = " ".join(one.solution.split())
    because = ", ".join(one.because) + (f" ({', '.join(one.tickets)})" if one.tickets else "")
    title = f"{one.title}: {solution}" if solution else one.title
    likely = f"{100 * one.likely:.0f} %"
    return [render.shown(cell) for cell in (one.kind, one.value, likely, title, because)]
