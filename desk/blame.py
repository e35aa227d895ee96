"""Who set each field of a record (pure): by which event, and in which commit that came."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from desk import codec, model
from desk.model import Event, Record, Value
from desk.revisions import Commit, Version

BY_HAND = "by hand"


class Origin(NamedTuple):
    """Where the value of a field comes from; None where nobody knows."""

    field: str
    value: Value
    by: str | None = None
    at: str | None = None
    n: int | None = None
    did: str | None = None
    commit: Commit | None = None

    def row(self, record_id: str) -> dict[str, Value]:
        """It as data."""
        commit = self.commit
        return {
            "id": record_id,
            **dict(zip(self._fields[:-1], self[:-1], strict=True)),
            "commit": commit.name if commit else None,
            "committed": commit.committed if commit else None,
            "author": commit.author if commit else None,
        }


def origins(
    record: Record, versions: Sequence[Version], person: Callable[[Commit], str]
) -> Iterator[Origin]:
    """Where each field of the head comes from, in the format's order.

    `versions` are those of git, no commit before its parents; `person` is who a commit's author
    is. What was taken back has set nothing.
    """
    brought: dict[str, Commit] = {}
    for version in versions:
        for one in version.record.log:
            brought.setdefault(one.content(), version.commit)
    by_hand = model.hand_edits(record)
    for name, value in codec.as_dict(record, log=False).items():
        event = None if name in by_hand else _setter(record, name, value)
        if event and (name in event.change or _always(name, value, versions)):
            typed = _typed(name, value, versions) if event.words.get("by_hand") else None
            by = person(typed) if typed else event.by
            commit = typed or brought.get(event.content())
            yield Origin(name, value, by, event.at, event.n, event.did, commit)
        else:
            yield _by_hand(name, value, versions, person)


def _setter(record: Record, name: str, value: Value) -> Event | None:
    """The event that gave a field its value, or the last of those that were merged to it."""
    standing = model.standing(record.log)
    for log in (standing, record.log):
        events = model.in_order(log)
        setters = [one for one in events if name in one.change]
        if setters and (log is standing or setters[-1].change[name][1] == value):
            return setters[-1]
        if not setters and events and events[0].did in model.FIRST and name in model.UNLOGGED:
            return events[0]
    return None


def _typed(name: str, value: Value, versions: Sequence[Version]) -> Commit | None:
    """The first commit that has a value by hand, before an event told of it."""
    for commit, was in versions:
        if was.head.get(name) == value and name in model.hand_edits(was):
            return commit
    return None


def _always(name: str, value: Value, versions: Sequence[Version]) -> bool:
    return all(one.record.head.get(name) == value for one in versions)


def _by_hand(
    name: str, value: Value, versions: Sequence[Version], person: Callable[[Commit], str]
) -> Origin:
    """A value that no event gave: the commit since which it has been so."""
    since: Commit | None = None
    for commit, was in reversed(versions):
        if was.head.get(name) != value:
            break
        since = commit
    by = person(since) if since else None
    return Origin(name, value, by, since and since.committed, None, BY_HAND, since)
