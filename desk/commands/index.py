"""desk index."""

import sys
import time
from collections.abc import Iterator

import click

from desk import render
from desk.commands.common import (
    command,
    data,
    format_option_without_ids,
    page,
    show_table,
    tell,
)
from desk.errors import DamagedError
from desk.index import State
from desk.session import Session, pass_session


@command("index", "desk index", "desk index --rebuild", "desk index --check", "desk index -f json")
@click.option("--rebuild", is_flag=True, help="Make it anew from the files.")
@click.option("--check", is_flag=True, help="Make it anew and say what the old one had wrong.")
@format_option_without_ids()
@pass_session
def index_(session: Session, rebuild: bool, check: bool, form: str) -> None:
    """Show the state of the index, after a look at every file.

    The index is derived from the files and mends itself; it can be deleted at any time. Exit
    code 4 if --check finds that it was not what the files say.
    """
    index, begun = session.index, time.monotonic()
    wrong = index.check() if check else []
    if rebuild and not check:
        index.rebuild()
    state = index.state()
    if form == "table":
        page(render.aligned(_shown(state)))
    elif form == "markdown":
        show_table([list(pair) for pair in _shown(state)], ("what", "is"), form)
    else:
        data(render.rows([state._asdict()], form))
    if rebuild or check:
        tell(f"{state.files_read} files were read in {time.monotonic() - begun:.1f} s")
    if state.kept == "memory":
        tell(f"{state.file} cannot be written, so every command reads the files anew")
    if check and not wrong:
        tell("the index was as the files say")
    if wrong:
        sys.stdout.flush()
        raise DamagedError(_what_differed(wrong), state.file)


def _shown(state: State) -> Iterator[tuple[str, str]]:
    """The state for a person: counts, where it is, whether it was up to date."""
    yield from ((name, str(getattr(state, name))) for name in state._fields[:4])
    size = f"{state.file}, {state.bytes / 1e6:.1f} MB"
    yield "kept", size if state.kept == "file" else "in memory only"
    read = f"{state.files_read} files read"
    yield (
        "state",
        f"made anew, {read}" if state.made_anew else read if state.files_read else "up to date",
    )
    yield "version", f"{state.version}, SQLite {state.sqlite}"


def _what_differed(wrong: list[str]) -> str:
    more = f" and {len(wrong) - 5} more" if len(wrong) > 5 else ""
    return (
        "it was not what the files say, or they changed just now, and was made anew: "
        f"{', '.join(wrong[:5])}{more}"
    )
