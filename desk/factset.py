"""The facts of many tickets, as numbers side by side (pure).

Each ticket has WIDTH numbers in a row; a column is a slice of them. What is not known, or has not
happened, is NaN, which lies in no period and equals nothing.
"""

import math
from array import array
from collections.abc import Iterable, Sequence
from itertools import chain

from desk.facts import Facts

# Clocks that can lie ahead of one ticket: to respond, to update and to resolve.
_CLOCKS = 3
_PLAIN = Facts._fields[: Facts._fields.index("reopened")]
# What follows from the others: whether one contact and the first level sufficed, as
# desk.definitions has it, and whether the ticket is live or has a clock that runs.
_DERIVED = ("first_contact", "first_level", "pending")
COLUMNS = {name: place for place, name in enumerate((*_PLAIN, *_DERIVED))}
_AHEAD = len(COLUMNS)
WIDTH = _AHEAD + 2 * _CLOCKS
_FLAGS = frozenset(("live", "respond_met", "update_met", "resolve_met"))
_COUNTS = frozenset(
    ("holds", "replies", "reassignments", "moves", "escalations", "functional", "score")
)


def _numbers(one: Facts) -> list[float]:
    *plain, reopened, ahead, _ = one
    moments = list(chain.from_iterable(ahead))
    none = [math.nan] * (2 * _CLOCKS - len(moments))
    numbers = [math.nan if number is None else number for number in plain]
    interrupted = one.holds or reopened or one.reassignments or one.escalations
    first_contact = one.replies <= 1 and not interrupted
    first_level = not one.functional and not one.moves
    return [*numbers, first_contact, first_level, bool(one.live or ahead), *moments, *none]


def packed(one: Facts) -> bytes:
    """The facts as WIDTH doubles of this machine, without when it was reopened and groups."""
    return array("d", _numbers(one)).tobytes()


def unpacked(numbers: bytes, reopened: tuple[float, ...]) -> Facts:
    """The facts that were packed."""
    found = array("d")
    found.frombytes(numbers)
    plain = [_of_kind(name, number) for name, number in zip(_PLAIN, found, strict=False)]
    slots = zip(found[_AHEAD::2], found[_AHEAD + 1 :: 2], strict=True)
    ahead = tuple(slot for slot in slots if not math.isnan(slot[0]))
    return Facts._make((*plain, reopened, ahead, ((),)))


def _of_kind(name: str, number: float) -> float | int | bool | None:
    if math.isnan(number):
        return None
    if name in _FLAGS:
        return bool(number)
    return int(number) if name in _COUNTS else number


class FactSet:
    """The facts of many tickets.

    `reopened` has (place, moments) for each ticket with a resolution that did not hold.
    """

    def __init__(self) -> None:
        self._numbers = array("d")
        self.reopened: list[tuple[int, Sequence[float]]] = []

    def __len__(self) -> int:
        return len(self._numbers) // WIDTH

    def add(self, one: Facts) -> None:
        """Add a ticket."""
        if one.reopened:
            self.reopened.append((len(self), one.reopened))
        self._numbers.extend(_numbers(one))

    def extend(self, numbers: bytes, reopened: Iterable[tuple[int, Sequence[float]]]) -> None:
        """Add tickets, packed one behind the other; `reopened` has places among those."""
        first = len(self)
        self.reopened += [(first + place, moments) for place, moments in reopened]
        self._numbers.frombytes(numbers)

    def join(self, others: "FactSet") -> None:
        """Add those of another set."""
        self.extend(others._numbers.tobytes(), others.reopened)

    def column(self, name: str) -> "array[float]":
        """One of COLUMNS for every ticket; true and false are 1 and 0."""
        return self._numbers[COLUMNS[name] :: WIDTH]

    def ahead(self) -> "list[tuple[array[float], array[float]]]":
        """For each clock that can lie ahead the moments of risk and of breach, by ticket."""
        at = range(_AHEAD, WIDTH, 2)
        return [(self._numbers[one::WIDTH], self._numbers[one + 1 :: WIDTH]) for one in at]
