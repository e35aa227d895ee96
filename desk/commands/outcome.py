"""What became of each record in a command that writes: a line of the report that `-f` asks for."""

from collections.abc import Sequence
from typing import NamedTuple

from desk import codec
from desk.errors import DamagedError, DeskError, NotFoundError, RefusedError, UsageError
from desk.model import Event, Record, Value

REPORT_FORMATS = ("ndjson", "json", "ids")
_FAILED = {
    RefusedError.exit_code: "refused",
    UsageError.exit_code: "usage",
    NotFoundError.exit_code: "not_found",
    DamagedError.exit_code: "damaged",
}


class Outcome(NamedTuple):
    """What became of one record; docs/format.md has the fields as they are printed.

    `given` is how the command line named it, `along_with` the record that it was changed
    along with; `events` are those that the command added to its log.
    """

    id: str | None
    sentence: str
    given: str | None = None
    along_with: str | None = None
    events: Sequence[Event] = ()
    error: DeskError | None = None

    @property
    def done(self) -> bool:
        """Whether the record was changed."""
        return bool(self.events)

    def row(self, *, dry_run: bool) -> dict[str, Value]:
        """The outcome as data."""
        return {
            "given": self.given,
            "id": self.id,
            "outcome": self._name(),
            "code": self.error.exit_code if self.error else 0,
            "sentence": self.sentence,
            "along_with": self.along_with,
            "events": [codec.event_as_dict(event) for event in self.events],
            "dry_run": dry_run,
        }

    def _name(self) -> str:
        if self.error:
            return _FAILED[self.error.exit_code]
        return "done" if self.done else "unchanged"


def changed(
    before: Record,
    after: Record,
    sentence: str,
    *,
    given: str | None = None,
    along_with: str | None = None,
) -> Outcome:
    """The outcome of a record that a command has changed."""
    return Outcome(after.id, sentence, given, along_with, after.log[len(before.log) :])


def failed(
    error: DeskError,
    record_id: str | None = None,
    *,
    given: str | None = None,
    along_with: str | None = None,
) -> Outcome:
    """The outcome of a record that was left as it is because of an error."""
    return Outcome(record_id, str(error), given, along_with, error=error)
