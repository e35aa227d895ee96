"""desk note and desk reply."""

from collections.abc import Callable, Sequence

import click

from desk import lifecycle
from desk.codec import ID_PATTERN
from desk.commands.common import (
    F,
    Verb,
    at_option,
    changed_each,
    command,
    complete_ids,
    parts_of_ids,
    report,
    written_text,
)
from desk.errors import DeskError, ManyError, UsageError
from desk.lifecycle import Act
from desk.model import Ticket
from desk.session import Session, pass_session


def _words_argument(function: F) -> F:
    """The ids and the text, and the options that say which is which where there are several."""
    for decorate in (
        click.option("--editor", is_flag=True, help="Write the text in the editor."),
        click.option("--text", metavar="TEXT|-", help="The text, behind any number of ids."),
        click.argument(
            "words",
            nargs=-1,
            required=True,
            metavar="ID… [TEXT|-]",
            shell_complete=complete_ids,
        ),
    ):
        function = decorate(function)
    return function


@command(
    "note",
    'desk note 7k3f "restarted the gateway, no change"',
    "dmesg | tail | desk note 7k3f -",
    'desk note 7k3f 9qxw 2m4p --text "all of them are on the third floor"',
    'desk list team:network -f ids | desk note - "Maintenance at 18:00"',
    cls=Verb,
)
@_words_argument
@at_option
@pass_session
def note_(
    session: Session, words: tuple[str, ...], text: str | None, editor: bool, at: str | None
) -> None:
    """Write an internal note, which the requester does not read.

    The text follows the ID; with --text any number of them may stand. An ID of - takes ids
    from standard input, one a line. Without a text the editor opens, once for all.
    """
    ids, text = _ids_and_text(words, text, editor=editor)
    _write(session, ids, text, session.act(at), "the note", lifecycle.noted, "a note (internal)")


@command(
    "reply",
    'desk reply 7k3f "We are on it and will call you by noon."',
    'desk list linked:9qxw -f ids | desk reply - "It works again."',
    cls=Verb,
)
@_words_argument
@at_option
@pass_session
def reply_(
    session: Session, words: tuple[str, ...], text: str | None, editor: bool, at: str | None
) -> None:
    """Write a public reply, which the requester reads; a new ticket is in work with it.

    The text follows the ID; with --text any number of them may stand. An ID of - takes ids
    from standard input, one a line. Without a text the editor opens, once for all.
    """
    ids, text = _ids_and_text(words, text, editor=editor)
    _write(session, ids, text, session.act(at), "the reply", lifecycle.replied, "a reply (public)")


def _ids_and_text(
    words: tuple[str, ...], text: str | None, *, editor: bool
) -> tuple[tuple[str, ...], str | None]:
    """Which of the words are ids, and the text; None where it is to be written in the editor."""
    if editor and text is not None:
        raise UsageError("--text gives the text and --editor asks for it; leave one of them out")
    if editor or text is not None or len(words) == 1:
        return words, text
    if len(words) > 2:
        raise UsageError(
            "one ID and one TEXT can stand here; put a text of several words in quotes, and "
            "behind several ids give it with --text"
        )
    if ID_PATTERN.fullmatch(words[1].upper()):
        raise UsageError(
            f"{words[1]} is an id, not a text; behind several ids give the text with --text"
        )
    return words[:1], words[1]


def _write(
    session: Session,
    arguments: Sequence[str],
    text: str | None,
    act: Act,
    what: str,
    verb: Callable[[Ticket, Act, str], Ticket],
    said: str,
) -> None:
    parts = parts_of_ids(arguments)
    if text is None:
        _check_any_named(session, parts)
    with written_text(text, what) as words:
        outcomes = changed_each(
            session, parts, act, lambda ticket: verb(ticket, act, words), lambda _: f"has {said}"
        )
        if not any(outcome.done for outcome in outcomes):  # so that what was written is kept
            report(session, outcomes)
            return
    report(session, outcomes)


def _check_any_named(session: Session, parts: Sequence[str]) -> None:
    """Raise what is wrong where no id names a record, so that nothing is written in vain."""
    failures: list[DeskError] = []
    for part in parts:
        try:
            session.named(part)
        except ManyError.ONE_RECORD as error:
            failures.append(error)
    if len(failures) == len(parts):
        ManyError.raise_any(failures)
