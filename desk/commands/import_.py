"""desk import."""

import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from desk.commands.common import command, dry_run_option, tell
from desk.errors import RefusedError, UsageError
from desk.session import Session, pass_session

if TYPE_CHECKING:
    from collections.abc import Callable

    from desk.importmap import Map


@command(
    "import",
    "desk import incidents.csv.gz --from servicenow",
    "desk import old-desk.csv --map old-desk.yaml --dry-run",
)
@click.argument("file", type=click.Path())
@click.option("--from", "source", metavar="NAME", help="The map that ships for that desk.")
@click.option("--map", "map_file", type=click.Path(), help="A map of your own.")
@dry_run_option
@click.option(
    "-f", "--format", "form", type=click.Choice(("table", "json")), default="table",
    help="json: the report on standard output.",
)  # fmt: skip
@pass_session
def import_(
    session: Session,
    file: str,
    source: str | None,
    map_file: str | None,
    form: str,
) -> None:
    """Bring in another desk's export: CSV, also gzipped; FILE - is standard input.

    A row is a ticket or an update of one; a map says which column is what. The same file
    brought in again changes nothing. Ends with 1 if a row or ticket did not come in, which
    is then listed with its reason. docs/import.md tells how to write a map.
    """
    from desk import importer, render

    the_map = _map(source, map_file)
    with _progress() as progress, _as_file(file) as path:
        report = importer.import_file(
            session.desk,
            path,
            the_map,
            now=session.now,
            by=session.actor,
            progress=progress,
        )
    if form == "json":
        click.echo(render.as_json(report.as_dict()))
    else:
        for sentence in report.sentences():
            tell(sentence)
    if report.failed:
        raise RefusedError(
            f"{len(report.refused)} rows and {len(report.differing)} tickets did not come in"
        )


@contextmanager
def _as_file(name: str) -> "Iterator[Path]":
    """The file of that name; of standard input (`-`) or a pipe a private copy, to read twice."""
    path = Path(name)
    if name != "-" and (not path.exists() or path.is_file() or path.is_dir()):
        yield path
        return
    with (
        tempfile.NamedTemporaryFile(prefix="desk-") as copy,
        nullcontext(sys.stdin.buffer) if name == "-" else path.open("rb") as pipe,
    ):
        shutil.copyfileobj(pipe, copy)
        copy.flush()
        yield Path(copy.name)


def _map(source: str | None, map_file: str | None) -> "Map":
    from desk import importmap

    if bool(source) == bool(map_file):
        names = ", ".join(importmap.shipped_names())
        raise UsageError(f"say which map: --from NAME ({names}) or --map MAP.yaml, one of them")
    if source:
        return importmap.shipped_map(source)
    path = str(map_file)
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8 text; save the map as UTF-8") from error
    return importmap.load_map(text, path)


@contextmanager
def _progress() -> "Iterator[Callable[[int, int], None]]":
    """A progress bar with rate and time left, where standard error is a terminal."""
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    start = time.monotonic()

    def rate(done: int | None) -> str:
        return f"{(done or 0) / (time.monotonic() - start):.0f}/s"

    with click.progressbar(
        range(0), length=1, label="tickets", show_pos=True, file=sys.stderr, item_show_func=rate
    ) as bar:

        def progress(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos, done)

        yield progress
