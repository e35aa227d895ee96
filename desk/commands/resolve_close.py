"""desk resolve, close, reopen and cancel: how a ticket ends and does not."""

from collections.abc import Iterator, Sequence

import click

from desk import lifecycle
from desk.commands.common import (
    Verb,
    at_option,
    change_each,
    command,
    ids_argument,
    known_option,
    parts_of_ids,
    text_option,
)
from desk.commands.followers import plan
from desk.commands.outcome import Outcome, changed, failed
from desk.commands.reading import as_read, complete_articles
from desk.errors import ManyError
from desk.lifecycle import Act
from desk.model import SOLVES, Ticket
from desk.session import Session, pass_session
from desk.store import Transaction, as_article


@command(
    "resolve",
    'desk resolve 7k3f --solution "raised the idle timeout" --cause "timeout of 60 minutes"',
    'desk resolve 7k3f --solution 已更换硒鼓 --code fixed --part "硒鼓 CF226A"',
    'desk resolve 7k3f --solution "as written" --kb KB-261012-YA610',
    cls=Verb,
)
@ids_argument
@text_option("--solution", required=True, help="What solved it.")
@text_option("--cause", help="What caused it.")
@known_option("code", help="The resolution code.")
@click.option("--step", "steps", metavar="TEXT", multiple=True, help="A step taken.")
@click.option("--part", "parts", metavar="TEXT", multiple=True, help="A part replaced.")
@click.option("--config-change", "config", metavar="TEXT", multiple=True, help="A setting changed.")
@click.option(
    "--kb", "solved_by", metavar="ID", multiple=True, shell_complete=complete_articles,
    help="An article that solved it.",
)  # fmt: skip
@at_option
@pass_session
def resolve_(
    session: Session,
    ids: tuple[str, ...],
    solution: str,
    cause: str | None,
    code: str | None,
    steps: tuple[str, ...],
    parts: tuple[str, ...],
    config: tuple[str, ...],
    solved_by: tuple[str, ...],
    at: str | None,
) -> None:
    """Record the solution; duplicates and children follow as desk.yaml says (on_resolve).

    With --kb the article is linked and its use counted.
    """
    act = session.act(at)
    used = [_article(session, part) for part in dict.fromkeys(solved_by)]

    def afterwards(transaction: Transaction, ticket: Ticket) -> Iterator[Outcome]:
        yield from _uses(transaction, ticket, act, used)
        yield from followers.apply(transaction, act, ticket)

    originals = parts_of_ids(ids)
    followers = plan(session, originals)
    change_each(
        session,
        originals,
        act,
        lambda ticket: lifecycle.resolved(
            ticket,
            act,
            solution=solution,
            code=code or "",
            cause=cause,
            steps=list(steps),
            parts=list(parts),
            config_changes=list(config),
            articles=used,
        ),
        lambda _: "is resolved",
        afterwards=afterwards,
    )


def _article(session: Session, part: str) -> str:
    """The id of the published article that is named, which whoever acts may read."""
    article = as_article(session.desk.read(session.named(part)))
    as_read(session, article)
    lifecycle.check_solves(article)
    return article.id


def _uses(
    transaction: Transaction, ticket: Ticket, act: Act, used: Sequence[str]
) -> Iterator[Outcome]:
    """The ticket written into the log of each article that solved it."""
    for article_id in used:
        try:
            before = transaction.read(article_id)
            after = lifecycle.with_link(before, act, SOLVES, ticket.id)
            transaction.replace(after)
        except ManyError.ONE_RECORD as error:
            yield failed(error, article_id, along_with=ticket.id)
        else:
            said = f"{ticket.id} is solved by {article_id}"
            yield changed(before, after, said, along_with=ticket.id)


@command("close", "desk close 7k3f --confirmed", cls=Verb)
@ids_argument
@click.option("--confirmed", is_flag=True, help="The requester said that the solution holds.")
@at_option
@pass_session
def close_(session: Session, ids: tuple[str, ...], confirmed: bool, at: str | None) -> None:
    """Close resolved tickets."""
    act = session.act(at)
    change_each(
        session,
        ids,
        act,
        lambda ticket: lifecycle.closed(ticket, act, confirmed=confirmed),
        lambda _: "is closed",
    )


@command("reopen", 'desk reopen 7k3f --because "it dropped again this morning"', cls=Verb)
@ids_argument
@text_option("--because", required=True, help="Why.")
@at_option
@pass_session
def reopen_(session: Session, ids: tuple[str, ...], because: str, at: str | None) -> None:
    """Take up tickets whose solution did not hold."""
    act = session.act(at)
    change_each(
        session,
        ids,
        act,
        lambda ticket: lifecycle.reopened(ticket, act, because),
        lambda _: "is in work again",
    )


@command("cancel", 'desk cancel 7k3f --because "opened twice by mistake"', cls=Verb)
@ids_argument
@text_option("--because", required=True, help="Why.")
@at_option
@pass_session
def cancel_(session: Session, ids: tuple[str, ...], because: str, at: str | None) -> None:
    """Take back tickets that are not wanted; that is final."""
    act = session.act(at)
    change_each(
        session,
        ids,
        act,
        lambda ticket: lifecycle.cancelled(ticket, act, because),
        lambda _: "is cancelled",
    )
