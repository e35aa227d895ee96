"""desk link and desk unlink."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any

import click

from desk import codec, lifecycle
from desk.commands.common import (
    F,
    Verb,
    at_option,
    command,
    complete_ids,
    each_named,
    parts_of_ids,
    report,
)
from desk.commands.followers import Plan, add_follower
from desk.commands.outcome import Outcome, changed
from desk.commands.reading import as_read
from desk.errors import ManyError, NotFoundError
from desk.model import LINKS, Record, Ticket
from desk.session import Session, pass_session
from desk.store import Transaction

_SAID = {
    "parent": "{1} is the parent of {0} now",
    "duplicate-of": "{0} is a duplicate of {1} now",
    "caused-by": "{0} is caused by {1} now",
    "follows": "{0} follows {1} now",
    "related": "{0} is related to {1} now",
    "solved-by": "{0} is solved by {1} now",
}


def _complete_link(context: click.Context, parameter: click.Parameter, begun: str) -> list[Any]:
    """How records are linked, where that is being typed, else ids."""
    return [how for how in LINKS if begun and how.startswith(begun)] or complete_ids(
        context, parameter, begun
    )


def _link_arguments(kinds: Sequence[str]) -> Callable[[F], F]:
    """ID… HOW ID, where HOW is one of those kinds."""

    def decorate(function: F) -> F:
        for argument in (
            click.argument("other_id", metavar="ID", shell_complete=complete_ids),
            click.argument("how", type=click.Choice(kinds)),
            click.argument(
                "ids", nargs=-1, required=True, metavar="ID…", shell_complete=_complete_link
            ),
        ):
            function = argument(function)
        return function

    return decorate


@command(
    "link",
    "desk link 7k3f duplicate-of 9qxw",
    "desk link 7k3f caused-by 2m4p",
    "desk list category:vpn -f ids | desk link - caused-by 2m4p",
    cls=Verb,
)
@_link_arguments(tuple(LINKS))
@at_option
@pass_session
def link_(session: Session, ids: tuple[str, ...], how: str, other_id: str, at: str | None) -> None:
    """Link records to another; both sides show it.

    The last ID is the parent, the original, the cause or what came before.

    A duplicate of a ticket that is resolved already is resolved with it, as desk.yaml says.
    """
    act = session.act(at)
    other = session.named(other_id)
    parts = parts_of_ids(ids)
    plans = _plans(session, parts, other) if how == "duplicate-of" else {}

    def one(transaction: Transaction, record_id: str, given: str) -> Iterator[Outcome]:
        before = transaction.read(record_id), transaction.read(other)
        for record in before:
            as_read(session, record)
        after = lifecycle.linked(before[0], act, how, before[1])
        lifecycle.check_no_circle(record_id, other, how, transaction.read)
        transaction.replace(*after)
        yield from _both_sides(before, after, given, _SAID[how].format(record_id, other))
        original = after[1]
        if isinstance(original, Ticket) and not original.live and record_id in plans:
            yield from plans[record_id].apply(transaction, act, original)

    report(session, each_named(session, parts, act, one))


def _plans(session: Session, parts: Sequence[str], other_id: str) -> dict[str, Plan]:
    """For each live ticket that becomes a duplicate of an ended one, what is resolved with it."""
    desk = session.desk
    original = desk.read(other_id)
    if original.status not in ("resolved", "closed"):
        return {}
    live: dict[str, Ticket] = {}
    for part in parts:
        with suppress(*ManyError.ONE_RECORD):  # which is told when it cannot be linked
            record = desk.read(session.named(part))
            if isinstance(record, Ticket) and record.live:
                live[record.id] = record
    plans = {one: Plan(named=live.keys() - {one}) for one in live}
    for one, made in plans.items():
        add_follower(session, live[one], "duplicate-of", other_id, made)
    return plans


def _both_sides(
    before: Sequence[Record], after: Sequence[Record], given: str, sentence: str
) -> Iterator[Outcome]:
    """What became of a record, and of those whose side of the link changed along with it."""
    yield changed(before[0], after[0], sentence, given=given)
    for was, now in zip(before[1:], after[1:], strict=True):
        if was != now:
            yield changed(was, now, sentence, along_with=after[0].id)


@command(
    "unlink",
    "desk unlink 7k3f duplicate-of 9qxw",
    "desk list linked:2m4p -f ids | desk unlink - caused-by 2m4p",
    cls=Verb,
)
@_link_arguments(tuple(dict.fromkeys((*LINKS, *LINKS.values()))))
@at_option
@pass_session
def unlink_(
    session: Session, ids: tuple[str, ...], how: str, other_id: str, at: str | None
) -> None:
    """Take the link from records to another out again, on both sides.

    What was done because of the link, such as resolving a duplicate, stays.
    """
    act = session.act(at)
    other = _id_in_link(session, other_id)

    def one(transaction: Transaction, record_id: str, given: str) -> Iterator[Outcome]:
        before = [transaction.read(record_id)]
        with suppress(NotFoundError):  # a link to what is gone has one side
            before.append(transaction.read(other))
        after = lifecycle.unlinked(before, act, how, other)
        transaction.replace(*after)
        sentence = f"{record_id} is no longer {how} {other}"
        yield from _both_sides(before, after, given, sentence)

    report(session, each_named(session, parts_of_ids(ids), act, one))


def _id_in_link(session: Session, other_id: str) -> str:
    """The id that is named, also a whole one of a record that is gone."""
    try:
        return session.named(other_id)
    except NotFoundError:
        if codec.ID_PATTERN.fullmatch(other_id.upper()):
            return other_id.upper()
        raise
