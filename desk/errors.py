"""What can go wrong: one class, one exit code, one sentence.

Every error a user can cause is one of these; `cli.main` turns it into the sentence on
stderr and the exit code. The sentence says what is wrong, where, and what would be right.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

# Exit codes of what is no error of desk's: Ctrl-C, and a reader of the output that went away.
INTERRUPTED = 130
READER_GONE = 141


class DeskError(Exception):
    """Base of all errors; raised itself only for a fault of desk's own."""

    exit_code = 70


class RefusedError(DeskError):
    """A rule of the desk said no."""

    exit_code = 1


class Place(NamedTuple):
    """Where in a text something stands: from the character `start` up to but without `end`.

    `source` is what the text is, where that is not what was typed.
    """

    text: str
    start: int
    end: int
    source: str = ""


class UsageError(DeskError):
    """An argument that cannot be understood; `place` is where in it the mistake is, if known."""

    exit_code = 2

    def __init__(self, sentence: str, place: Place | None = None) -> None:
        self.place = place
        super().__init__(sentence)


class NotFoundError(DeskError):
    """No such record or desk, or several records that fit."""

    exit_code = 3


class DamagedError(DeskError):
    """A file that cannot be read as what it should be.

    `path` is relative to the desk, `line` counts from 1 (None where no line is at fault).
    """

    exit_code = 4

    def __init__(self, problem: str, path: str = "", line: int | None = None) -> None:
        self.problem = problem
        self.path = path
        self.line = line
        place = path if line is None else f"{path or 'line'}:{line}"
        super().__init__(f"{place}: {problem}" if place else problem)

    def in_file(self, path: str) -> "DamagedError":
        """The same problem, said of the file at `path`."""
        return DamagedError(self.problem, path, self.line)


class BusyError(DeskError):
    """Another desk command holds the lock."""

    exit_code = 5


class ConditionError(DeskError):
    """What --fail-on asked about is so."""

    exit_code = 6


class StorageError(DeskError):
    """The system refused: disk full, permission, input/output error (EX_IOERR of sysexits.h)."""

    exit_code = 74


class ManyError(DeskError):
    """Several records failed while others went well."""

    # What concerns one record only, so that the others can go on.
    ONE_RECORD = (RefusedError, UsageError, NotFoundError, DamagedError)

    def __init__(self, errors: Sequence[DeskError]) -> None:
        super().__init__("\n".join(dict.fromkeys(str(error) for error in errors)))
        self.exit_code = shared_code([error.exit_code for error in errors])

    @staticmethod
    def raise_any(errors: Sequence[DeskError]) -> None:
        """Raise the one error there is, all of them together, or nothing."""
        if len(errors) == 1:
            raise errors[0]
        if errors:
            raise ManyError(errors)


class LinesError(DeskError):
    """Lines of a batch failed, with those exit codes."""

    def __init__(self, sentence: str, codes: Sequence[int]) -> None:
        super().__init__(sentence)
        self.exit_code = shared_code(codes)


def shared_code(codes: Sequence[int]) -> int:
    """The exit code that several failures have in common, else that of a refusal."""
    return codes[0] if len(set(codes)) == 1 else RefusedError.exit_code


def nearest(word: str, known: Iterable[str]) -> str:
    """A clause that names the known words nearest to `word`, or all of them if none is near.

    >>> nearest("netwrk", ["network", "hardware"])
    'did you mean network?'
    """
    import difflib

    choices = [choice for choice in known if choice]
    if not choices:
        return "none is known yet"
    by_folded: dict[str, list[str]] = {}
    for choice in choices:
        for name in {choice.casefold(), choice.rpartition("/")[2].casefold()}:
            by_folded.setdefault(name, []).append(choice)
    near = difflib.get_close_matches(word.casefold(), by_folded, n=2, cutoff=0.6)
    if near:
        found = dict.fromkeys(choice for match in near for choice in by_folded[match])
        return f"did you mean {' or '.join(found)}?"
    shown = choices[:12]
    more = ", …" if len(choices) > len(shown) else ""
    return f"known are {', '.join(shown)}{more}"
