"""desk watch."""

import errno
import select
import sys
import time
from collections.abc import Iterable

import click

from desk import dates, render
from desk.changes import Change
from desk.commands.common import TermsCommand, command, data, tell, terms_argument
from desk.commands.reading import may_read_whole
from desk.errors import UsageError
from desk.model import Article, Record, Ticket
from desk.session import Session
from desk.watcher import Watcher


@command(
    "watch",
    "desk watch",
    "desk watch priority:P1 | while read -r line; do notify-send \"$line\"; done",
    "desk watch --since 1h assignee:me",
    "desk watch --once status:new && echo 'somebody needs help'",
    cls=TermsCommand,
)  # fmt: skip
@terms_argument
@click.option("--since", metavar="TIME", help="First print what has happened since then.")
@click.option(
    "--interval", metavar="SECONDS", type=click.FloatRange(min=0.05), default=1.0,
    show_default=True, help="How often to look.",
)  # fmt: skip
@click.option("--once", is_flag=True, help="End after the first look that finds a change.")
@click.pass_context
def watch_(
    context: click.Context, terms: tuple[str, ...], since: str | None, interval: float, once: bool
) -> None:
    """Print changes as they come, one JSON object a line, until interrupted.

    Each has `what` happened, `id` and `title`: event (with the event as in the file),
    created (with the head), edited (fields of the head that were edited by hand), withdrawn
    (how many events a log has lost) or removed. TERMs choose tickets, as they were or as they
    are then. It has begun when it says so on standard error. docs/export.md tells more.
    """
    session = context.ensure_object(Session)
    try:
        _watch(session, terms, since, interval, once=once)
    except KeyboardInterrupt:
        context.exit(130)


def _watch(
    session: Session, terms: tuple[str, ...], since: str | None, interval: float, *, once: bool
) -> None:
    asked = session.filter(terms)
    start = session.moment(since)
    if session.place:
        raise UsageError("watch goes on until it is stopped, so no batch can hold it")
    if start and start > session.now:
        raise UsageError(f"--since {dates.stamp(start)} lies ahead of {dates.stamp(session.now)}")
    seen: set[str] = set()

    def is_wanted(record: Record) -> bool:
        if not isinstance(record, Ticket):
            return asked.empty and isinstance(record, Article) and may_read_whole(session, record)
        if asked.empty:
            return True
        # Ages and due times are those of the moment at which it changes.
        now = session.now if session.now_is_given else dates.system_now()
        return asked.at(now.astimezone(session.now.tzinfo)).judge(seen)(record)

    watcher = Watcher(session.desk, is_wanted, lambda error: tell(str(error)))
    past = watcher.begin(start.timestamp() if start else None)
    session.check_fields(asked, (), seen)
    tell(f"watching {watcher.count} record{'' if watcher.count == 1 else 's'}")
    changed = _print(past)
    while not (once and changed):
        _wait(interval)
        changed = _print(watcher.look())


def _print(changes: Iterable[Change]) -> bool:
    """Print each as soon as it is known; whether there was one."""
    count = 0
    for count, change in enumerate(changes, 1):  # noqa: B007
        data(render.as_json(change, indent=None) + "\n")
    return count > 0


def _wait(seconds: float) -> None:
    """Sleep so long, or raise BrokenPipeError as soon as nobody reads the output any more."""
    try:
        poll = select.poll()
        poll.register(sys.stdout.fileno(), 0)
    except (OSError, ValueError):  # no file of the system
        time.sleep(seconds)
        return
    found = poll.poll(seconds * 1000)
    if any(flags & (select.POLLERR | select.POLLHUP) for _, flags in found):
        raise BrokenPipeError(errno.EPIPE, "the reader of the output went away")
    if found:
        time.sleep(seconds)
