"""desk batch."""

import io
import re
import shlex
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from desk.commands.common import command, dry_run_option, tell
from desk.errors import INTERRUPTED, READER_GONE, LinesError, StorageError, UsageError
from desk.session import Session, pass_session

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

# A command line up to a comment: words, which a # only begins in quotes or behind a \\.
_CODE = re.compile(
    r"""(?: [ \t\r\n]* (?!\#) (?: [^ \t\r\n'"\\] | \\. | '[^']*' | "(?:[^"\\]|\\.)*" )+ )*""",
    re.VERBOSE,
)


@command(
    "batch",
    "desk batch monday.desk",
    "desk batch --dry-run monday.desk",
    "generate-commands | desk batch --stop",
)
@click.argument("file", metavar="[FILE|-]", default="-")
@click.option("--stop", is_flag=True, help="Stop at the first line that fails.")
@dry_run_option
@pass_session
def batch_(session: Session, file: str, stop: bool) -> int:
    """Run commands from FILE or standard input, one a line, in one process.

    A line is what stands behind `desk` at a shell, in the quotes of a shell but without its
    variables and pipes; # begins a comment. Each line is done, or refused, by itself, before
    the next is read. A line that fails is told with its number, and the others go on.

    Ends with 0 if every line did, with the code of those that failed if they agree, else with 1.
    """
    if session.place:
        raise UsageError("a batch cannot run within a batch; put its lines here")
    ran = 0
    codes: list[int] = []
    with _lines(file) as lines, _no_input():
        for number, line in enumerate(lines, 1):
            code = _run(session.for_line(number), line)
            ran += code is not None
            codes += [code] if code else []
            if code in (INTERRUPTED, READER_GONE):
                return code
            if code == StorageError.exit_code or (code and stop):
                sentence = f"stopped at line {number}; what stands behind it was not run"
                raise LinesError(sentence, [code])
    if codes:
        raise LinesError(f"{len(codes)} of {ran} lines failed", codes)
    return 0


def _run(session: Session, line: bytes) -> int | None:
    """Run one line in a session of its own; returns its exit code, None for an empty line."""
    try:
        words = _words(line)
    except UsageError as error:
        tell(f"desk: {session.place}{error}")
        return error.exit_code
    if not words:
        return None
    return session.run_line(words[1:] if words[0] == "desk" else words, session)


def _words(line: bytes) -> list[str]:
    """The words of a command line, as a shell takes them apart.

    Raises UsageError where a quote is left open or the text is no UTF-8.
    """
    try:
        text = line.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError("this is not UTF-8 text; save the lines as UTF-8") from error
    if "\0" in text:
        raise UsageError("a NUL stands in this line, which no argument can hold; take it out")
    match = _CODE.match(text)
    code = match[0] if match else ""
    behind = text[len(code) :].strip()
    try:
        return shlex.split(code if behind.startswith("#") else text)
    except ValueError as error:  # an open quote, or a \\ at the end
        problem = str(error).lower()
        raise UsageError(f"{problem}; a line ends with its quotes closed") from error


@contextmanager
def _lines(file: str) -> Iterator[Iterable[bytes]]:
    if file == "-":
        yield sys.stdin.buffer
        return
    try:
        lines = open(file, "rb")  # noqa: SIM115 - what is raised below is not the file's
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from error
    with lines:
        yield lines


class _NoInput(io.RawIOBase):
    """What a line of a batch has for standard input: the lines themselves are not for it."""

    def readable(self) -> bool:
        return True

    def readinto(self, _: "WriteableBuffer", /) -> int:
        raise UsageError("a line of a batch has no standard input; give ids and texts in the line")


@contextmanager
def _no_input() -> Iterator[None]:
    kept = sys.stdin
    sys.stdin = io.TextIOWrapper(io.BufferedReader(_NoInput()), encoding="utf-8")
    try:
        yield
    finally:
        sys.stdin = kept
