"""What a check finds wrong, and how it can be mended without a guess."""

from collections.abc import Callable
from dataclasses import dataclass

from desk.model import Value
from desk.store import Transaction

Fix = Callable[[Transaction], None]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong in a file; `level` is error or warning, `line` from 1 where it has one."""

    path: str
    line: int | None
    level: str
    sentence: str
    fix: Fix | None = None

    def row(self) -> dict[str, Value]:
        """The problem as data."""
        return {
            "file": self.path,
            "line": self.line,
            "level": self.level,
            "problem": self.sentence,
            "fixable": self.fix is not None,
        }
