"""desk export."""

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress

import click

from desk import exporter
from desk.commands.common import (
    Damage,
    TermsCommand,
    command,
    data,
    guard_option,
    terms_argument,
)
from desk.commands.reading import readable_or_told
from desk.errors import RefusedError, StorageError, UsageError
from desk.model import Record, Ticket
from desk.query import Filter
from desk.session import Session, pass_session

_BY_ENDING = {".ndjson": "ndjson", ".jsonl": "ndjson", ".csv": "csv", ".sqlite": "sqlite"}
_CHUNK = 1 << 16
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW


@command(
    "export",
    "desk export -o desk.ndjson.gz",
    "desk export team:network -f csv > network.csv",
    "desk export -o desk.sqlite",
    "desk export opened:2026-11 -f events -o november.csv",
    cls=TermsCommand,
)
@terms_argument
@click.option(
    "-f", "--format", "form", type=click.Choice(exporter.FORMATS),
    help="By the end of FILE's name, else ndjson.",
)  # fmt: skip
@click.option("-o", "--output", metavar="FILE", help="Write to FILE, packed if it ends in .gz.")
@click.option("--force", is_flag=True, help="Replace FILE if it is there.")
@click.option(
    "--articles/--no-articles", default=None,
    help="With the knowledge articles, or without.  [default: with, if there is no TERM]",
)  # fmt: skip
@guard_option
@pass_session
def export_(
    session: Session,
    terms: tuple[str, ...],
    form: str | None,
    output: str | None,
    force: bool,
    articles: bool | None,
) -> None:
    """Write records whole, with their logs: everything, or the tickets that the TERMs ask for.

    ndjson, csv and sqlite lose nothing, and `desk import` takes them back. events is a CSV
    event log for process mining, of tickets only. FILE is written whole or not at all.
    Tickets of every status, by month and id, so that equal desks give equal bytes.
    docs/export.md describes each format.
    """
    form = form or _by_name(output)
    articles = _with_articles(form, terms, articles)
    damage = Damage()
    records = _chosen(session, session.filter(terms), damage, articles=articles)
    if form == "sqlite":
        _write_sqlite(records, output, force=force)
    elif output is None:
        for text in _in_chunks(_lines(records, form, articles=articles)):
            data(text)
    else:
        with _whole_file(output, force=force) as path, _packed(path, output) as write:
            for text in _in_chunks(_lines(records, form, articles=articles)):
                write(text.encode())
    damage.say()


def _by_name(output: str | None) -> str:
    """The format that a file's name asks for; standard output gets ndjson."""
    ending = os.path.splitext((output or "").removesuffix(".gz"))[1]
    if ending and ending not in _BY_ENDING:
        known = ", ".join(_BY_ENDING)
        raise UsageError(f"what {output} is to hold cannot be told; end it in {known}, or give -f")
    return _BY_ENDING.get(ending, "ndjson")


def _with_articles(form: str, terms: tuple[str, ...], wanted: bool | None) -> bool:
    if form == "events" and wanted:
        raise UsageError("an event log is of tickets; leave --articles out")
    return form != "events" and (not terms if wanted is None else wanted)


def _chosen(session: Session, asked: Filter, damage: Damage, *, articles: bool) -> Iterator[Record]:
    """The records to write, as they stand in their files, and as whoever acts may read them."""
    seen: set[str] = set()
    for record in readable_or_told(session, session.desk.records(damage)):
        if isinstance(record, Ticket):
            yield from asked.among([record], seen)
        elif articles:
            yield record
    session.check_fields(asked, (), seen)


def _lines(records: Iterable[Record], form: str, *, articles: bool) -> Iterator[str]:
    if form == "ndjson":
        yield from exporter.ndjson(records)
    elif form == "events":
        yield from exporter.events(one for one in records if isinstance(one, Ticket))
    else:
        with tempfile.TemporaryFile("w+", encoding="utf-8", prefix="desk-") as spool:
            yield from exporter.csv(records, spool, articles=articles)


def _in_chunks(lines: Iterable[str]) -> Iterator[str]:
    kept: list[str] = []
    size = 0
    for line in lines:
        kept.append(line)
        size += len(line)
        if size >= _CHUNK:
            yield "".join(kept)
            kept, size = [], 0
    yield "".join(kept)


def _write_sqlite(records: Iterable[Record], output: str | None, *, force: bool) -> None:
    import sqlite3

    if output is None or output.endswith(".gz"):
        raise UsageError("an SQLite file needs a place of its own; write -o desk.sqlite")
    try:
        with _whole_file(output, force=force) as path:
            exporter.sqlite(records, path)
    except sqlite3.Error as error:
        raise StorageError(f"{output}: {error}; nothing was written") from error


@contextmanager
def _whole_file(output: str, *, force: bool) -> Iterator[str]:
    """The path of an empty file that gets the name `output` when the block is done.

    Raises RefusedError where something has that name that may not be replaced, StorageError
    if the system refuses; then nothing is left behind.
    """
    final = os.path.realpath(output)
    if os.path.lexists(final) and not (force and os.path.isfile(final)):
        way = "--force replaces it" if os.path.isfile(final) else "name a file"
        raise RefusedError(f"{output} is there already; {way}")
    temporary = f"{final}.{os.getpid()}.new"
    try:
        os.close(os.open(temporary, _NEW, 0o666))
        try:
            yield temporary
            _settle(temporary, final, force=force)
        finally:
            with suppress(FileNotFoundError):
                os.unlink(temporary)
    except FileExistsError as error:
        raise RefusedError(f"{output} came to be meanwhile; --force replaces it") from error
    except OSError as error:
        raise StorageError(f"{output}: {error.strerror or error}; nothing was written") from error


def _settle(temporary: str, final: str, *, force: bool) -> None:
    """Give a file that is written its name, for good."""
    handle = os.open(temporary, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    if force:
        with suppress(FileNotFoundError):
            os.chmod(temporary, os.stat(final).st_mode & 0o7777)
        os.replace(temporary, final)
    else:
        os.link(temporary, final)
    folder = os.open(os.path.dirname(final), os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def _packed(path: str, output: str) -> Iterator[Callable[[bytes], int]]:
    """What writes to the file at `path`, packed where `output` says so.

    Neither name nor time go along, so that equal data gives equal bytes.
    """
    with open(path, "wb") as file:
        if not output.endswith(".gz"):
            yield file.write
            return
        import gzip

        with gzip.GzipFile("", "wb", compresslevel=6, fileobj=file, mtime=0) as packed:
            yield packed.write
