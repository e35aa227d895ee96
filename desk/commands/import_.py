"""desk import."""

import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from desk.commands.common import command, dry_run_option, tell
from desk.errors import DamagedError, RefusedError, UsageError
from desk.session import Session, pass_session

if TYPE_CHECKING:
    from collections.abc import Callable

    from desk.importer import Report
    from desk.importmap import Map

# What `desk export` wrote.
_OWN = "desk"


@command(
    "import",
    "desk import incidents.csv.gz --from servicenow",
    "desk import old-desk.csv --map old-desk.yaml --dry-run",
    "desk import desk.ndjson.gz --from desk",
)
@click.argument("file", type=click.Path())
@click.option(
    "--from", "source", metavar="NAME", help="The map that ships for that desk; desk: no map."
)
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

    A row is a ticket or an update of one; a map says which column is what. What `desk
    export` wrote is known by itself and needs no map. The same file brought in again changes
    nothing. Ends with 1 if a row or ticket did not come in, which is then listed with its
    reason. docs/import.md tells how to write a map.
    """
    from desk import render

    with _as_file(file) as path:
        report = _report(session, path, _way(path, source, map_file))
    if form == "json":
        click.echo(render.as_json(report.as_dict()))
    else:
        for sentence in report.sentences():
            tell(sentence)
    if report.failed:
        raise RefusedError(f"{report.not_taken()} did not come in")


def _way(path: Path, source: str | None, map_file: str | None) -> "Map | None":
    """The map to read by, none for an export of desk's own."""
    own = source == _OWN if source or map_file else _is_own(path)
    return None if own and not map_file else _map(source, map_file)


def _is_own(path: Path) -> bool:
    from desk import restorer

    try:
        return bool(restorer.form_of(path))
    except DamagedError:
        return False


def _report(session: Session, path: Path, the_map: "Map | None") -> "Report":
    from desk import importer, restorer

    with progress_bar("tickets" if the_map else "records") as progress:
        more: Any = {
            "now": session.now, "by": session.actor, "progress": progress,
        }  # fmt: skip
        if the_map:
            return importer.import_file(session.desk, path, the_map, **more)
        return restorer.restore(session.desk, path, **more)


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
        names = ", ".join((_OWN, *importmap.shipped_names()))
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
def progress_bar(of: str) -> "Iterator[Callable[[int, int], None]]":
    """A progress bar with rate and time left, where standard error is a terminal."""
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    start = time.monotonic()

    def rate(done: int | None) -> str:
        return f"{(done or 0) / (time.monotonic() - start):.0f}/s"

    with click.progressbar(
        range(0), length=1, label=of, show_pos=True, file=sys.stderr, item_show_func=rate
    ) as bar:

        def progress(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos, done)

        yield progress
