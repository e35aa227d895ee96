"""Records as git has them: at a commit, and what changed from one to another or since.

A file is a record by its name, wherever below `tickets/` and `kb/` it is, so that one that was
moved to its place is the same record. Of two states the changes are those of desk.changes.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple

from desk import changes, codec, dates, store, yamltext
from desk.changes import Change
from desk.errors import DamagedError, NotFoundError, UsageError
from desk.git import NO_OBJECT, REGULAR, Difference, Repository
from desk.model import Record
from desk.store import Desk

_FOLDERS = ("tickets", "kb")
_SUBMODULE = "160000"
_FILES = (REGULAR, "100755")
OnDamage = Callable[[DamagedError], None]


@dataclass(slots=True)
class _Sides:
    """The files of a record that differ, as (path in the repository, object).

    An object is empty where the file is that of the work tree.
    """

    old: tuple[str, str] | None = None
    new: tuple[str, str] | None = None


def repository_of(desk: Desk) -> Repository:
    """The repository that the desk lies in.

    Raises RefusedError where there is none, or one whose own settings name programs.
    """
    repository = Repository(desk.root)
    repository.check_exists()
    repository.check_trusted()
    return repository


def head_of(repository: Repository) -> str:
    """The commit that is checked out; before the first one the empty tree."""
    return repository.find_commit("HEAD") or repository.empty_tree


def named(repository: Repository, revision: str, now: datetime) -> str:
    """The commit that a revision names, or else the last one of this branch until that moment.

    For a moment before the first commit the empty tree. Raises NotFoundError for neither.
    """
    found = repository.find_commit(revision)
    if found:
        return found
    try:
        moment = dates.moment(revision, now)
    except UsageError:
        raise NotFoundError(
            f"there is no commit, branch or tag {revision!r} in {repository.folder}, and it is no "
            "moment such as 7d, 2026-11-01 or yesterday 14:00"
        ) from None
    return _last_until(repository, int(moment.timestamp())) or repository.empty_tree


def _last_until(repository: Repository, seconds: int) -> str:
    """The last commit of this branch that its committer's clock dates so early, empty for none."""
    if seconds < 0 or not repository.find_commit("HEAD"):
        return ""
    until = f"--min-age={seconds}"  # which is git's name for it
    return repository.text("rev-list", "--first-parent", "-1", until, "HEAD")


def changes_between(
    repository: Repository,
    desk: Desk,
    old: str,
    new: str | None,
    on_damage: OnDamage,
    wanted: Callable[[Record], bool] = lambda _: True,
    known: Mapping[str, Sequence[Change]] = MappingProxyType({}),
    anew: Collection[str] = (),
) -> Iterator[Change]:
    """What changed in records from one commit or tree to another, or to the work tree (None).

    Record by record, tickets first, by id; only of those
    that are `wanted` before or after, or whose changes are `known` already, by the record's id.
    `on_damage` hears of each version that cannot be read; nothing is told of that record.
    What has an id in `anew`, which another record has had before, is told as new.
    """
    if new is None:
        sides = _until_now(repository, old)
    else:
        sides = _sides(repository.differences(old, new, *_FOLDERS))
    contents = repository.blobs(
        side[1]
        for record_id, one in sides.items()
        for side in (one.old, one.new)
        if record_id not in known and side and side[1]
    )
    for record_id, one in sides.items():
        if record_id in known:
            yield from known[record_id]
            continue
        reader = _Reader(desk, len(repository.prefix), contents, on_damage)
        before, after = reader.read(one.old, old), reader.read(one.new, new)
        if not reader.damaged and any(map(wanted, filter(None, (before, after)))):
            yield from _changes(record_id, None if record_id in anew else before, after)


def _changes(record_id: str, before: Record | None, after: Record | None) -> Iterator[Change]:
    if after:
        yield from changes.between(changes.before(before) if before else None, after)
    elif before:
        yield changes.removed(record_id, before.title)


@dataclass(slots=True)
class _Reader:
    """Reads the sides of one record; `contents` gives its objects in their order."""

    desk: Desk
    prefix: int
    contents: Iterator[bytes]
    on_damage: OnDamage
    damaged: bool = False

    def read(self, side: tuple[str, str] | None, commit: str | None) -> Record | None:
        """The record of a side of that commit, None where there is none or it cannot be read."""
        if side is None:
            return None
        path, name = side[0][self.prefix :], side[1]
        try:
            if not name:
                return codec.load(self.desk.text(path))
            return codec.load(yamltext.decode(next(self.contents)))
        except NotFoundError:
            return None
        except DamagedError as error:
            self.damaged = True
            self.on_damage(error.in_file(f"{commit[:10]}:{path}" if commit and name else path))
            return None


def _until_now(repository: Repository, old: str) -> dict[str, _Sides]:
    """The records whose files in the work tree are other than those of a commit."""
    # What git calls gone may be left open by a merge, so it is looked for, and found first.
    differences = sorted(repository.uncommitted(old, *_FOLDERS), key=lambda one: bool(one.mode))
    sides = _sides(one._replace(mode=one.mode or REGULAR, new="") for one in differences)
    for path in repository.untracked(*_FOLDERS):
        if record_id := _id_of(path):
            sides.setdefault(record_id, _Sides()).new = path, ""
    return _in_order(sides)


def _sides(differences: Iterable[Difference]) -> dict[str, _Sides]:
    """The records among the differences, with the files that they had and have."""
    found: dict[str, _Sides] = {}
    for one in differences:
        record_id = _id_of(one.path)
        if record_id and _SUBMODULE not in (one.old_mode, one.mode):
            sides = found.setdefault(record_id, _Sides())
            sides.old = (one.path, one.old) if one.old else sides.old
            sides.new = (one.path, one.new) if one.mode else sides.new
    return _in_order(found)


def _in_order(sides: dict[str, _Sides]) -> dict[str, _Sides]:
    return dict(sorted(sides.items(), key=lambda pair: (pair[0].startswith("KB-"), pair[0])))


def _id_of(path: str) -> str:
    """The id of the record whose file has that name, empty for another file."""
    name = path.rpartition("/")[2]
    return name.removesuffix(".yaml") if store.is_record_name(name) else ""


# --- the history of one record -------------------------------------------------------------


class Commit(NamedTuple):
    """A commit: when by its committer's clock (RFC 3339), and its author."""

    name: str
    committed: str
    author: str
    email: str


class Version(NamedTuple):
    """A record as a commit had it."""

    commit: Commit
    record: Record


def versions(repository: Repository, record_id: str, on_damage: OnDamage) -> list[Version]:
    """The record at each commit that changed its file, no commit before its parents.

    `on_damage` hears of each version that cannot be read, which is left out.
    """
    if not repository.find_commit("HEAD"):
        return []
    path = store.path_of(record_id)
    found = [*_versions_of(repository, path)]
    contents = repository.blobs(name for _, name in found)
    read = []
    for (commit, _), content in zip(found, contents, strict=True):
        try:
            read.append(Version(commit, codec.load(yamltext.decode(content))))
        except DamagedError as error:
            on_damage(error.in_file(f"{commit.name[:10]}:{path}"))
    return read


def _versions_of(repository: Repository, path: str) -> Iterator[tuple[Commit, str]]:
    """The commits that changed a file, with the object that each had there.

    A merge is among them where it is other than a parent.
    """
    output = repository.output(
        "log", "--diff-merges=separate", "--raw", "-z", "--no-abbrev", "--no-renames",
        "--full-history", "--topo-order", "--reverse", "--no-show-signature", "--encoding=UTF-8",
        "--format=%H%n%cI%n%an%n%ae", "HEAD", "--", path,
    )  # fmt: skip
    commit = None
    parts = iter(output.decode("utf-8", "replace").split("\0"))
    for part in parts:
        if not part.startswith("\n:"):
            commit = Commit(*part.split("\n")) if part else None
            continue
        next(parts)  # the path
        _, mode, _, name, _ = part.split(" ")
        if commit and name != NO_OBJECT and mode in _FILES:
            yield commit, name
