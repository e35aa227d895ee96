"""What git tells of a desk's files: merges left open, markers, logs that shrank.

Each function gives problems; those that can be mended without a guess carry their fix.
"""

import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from desk import codec, gitmerge, merge, reconcile, store, yamltext
from desk.errors import DamagedError, DeskError
from desk.git import Repository
from desk.gitmerge import ConflictError, Renumbering
from desk.lifecycle import Act
from desk.model import Record
from desk.problems import Fix, Problem
from desk.store import Desk, Transaction


@dataclass(frozen=True, slots=True)
class Open:
    """The files of a desk whose merge git left open: by path, the object of each side."""

    repository: Repository
    sides: Mapping[str, Mapping[int, str]]


def left_open(desk: Desk) -> Open | None:
    """What a merge, a rebase or a cherry-pick has left open; None outside of a repository."""
    repository = Repository(desk.root)
    if not repository.exists:
        return None
    repository.check_trusted()
    sides: dict[str, dict[int, str]] = {}
    for one in repository.unmerged():
        if one.path.startswith(repository.prefix):
            path = one.path.removeprefix(repository.prefix)
            sides.setdefault(path, {})[one.side] = one.object
    return Open(repository, sides)


def open_merges(desk: Desk, found: Open, act: Act) -> Iterator[Problem]:
    """Each file that a merge left open."""
    for path, sides in found.sides.items():
        sentence = "git's merge has left it open"
        if not store.is_record_name(path.rpartition("/")[2]):
            way = "settle it by hand, then git add"
            yield Problem(path, None, "error", f"{sentence}; {way}")
            continue
        try:
            records = _records(desk, Repository(desk.root), path, sides, act)
        except (ConflictError, DamagedError) as error:
            yield Problem(path, None, "error", f"{sentence}, and neither side can be read: {error}")
            continue
        yield Problem(
            path, None, "error", f"{sentence}; put both sides together", _gather(records, path)
        )


def _records(
    desk: Desk, repository: Repository, path: str, sides: Mapping[int, str], act: Act
) -> list[Record]:
    """What both sides make, with what somebody has done to the file since."""
    names = sorted(set(sides.values()))
    texts = dict(zip(names, repository.blobs(names), strict=True))
    if 2 not in sides or 3 not in sides:  # deleted on the other side
        records = [codec.load(yamltext.decode(texts[sides.get(2) or sides[3]]))]
    else:
        renumbering = Renumbering(desk, act.at, act.by)
        base = sides.get(1, "")
        published, own = _published_first(repository, sides)
        records = gitmerge.records_of(path, base, own, published, texts, renumbering, [])
    try:
        edited = codec.load(desk.text(path))
    except DeskError:
        return records
    mine = merge.with_hand_edits(edited, None)
    return [
        merge.merged(one, mine) if one.id == mine.id and merge.is_one_record(one, mine) else one
        for one in records
    ]


def _published_first(repository: Repository, sides: Mapping[int, str]) -> tuple[str, str]:
    """The side that the remote has and the other one: in a rebase git calls them the other way."""
    in_rebase = any(
        os.path.exists(repository.private(name)) for name in ("rebase-merge", "rebase-apply")
    )
    return (sides[2], sides[3]) if in_rebase else (sides[3], sides[2])


def _gather(records: Collection[Record], path: str) -> Fix:
    left = () if path in {store.path_of(record.id) for record in records} else (path,)

    def mend(transaction: Transaction) -> None:
        for record in records:
            transaction.gather(record, *left)

    return mend


def settle(desk: Desk, found: Open) -> None:
    """Tell git of the records that it left open and that can be read now."""
    for path in found.sides:
        name = path.rpartition("/")[2]
        if not store.is_record_name(name):
            continue
        record_id = name.removesuffix(".yaml")
        try:
            desk.read(record_id)
        except DeskError:
            continue
        for settled in dict.fromkeys((path, store.path_of(record_id))):
            pattern = f":(top,literal){found.repository.prefix}{settled}"
            found.repository.output("add", "--all", "--", pattern)


def damaged(desk: Desk, path: str, error: DamagedError) -> Problem:
    """A file that cannot be read; what a merge by lines has left may be put together."""
    line, sentence = error.line, error.problem
    try:
        text = desk.text(path)
    except DeskError:
        return Problem(path, line, "error", sentence)
    marker = reconcile.MARKER.search(text)
    put_together = reconcile.unmarked if marker else reconcile.undoubled
    if marker:
        line = text.count("\n", 0, marker.start()) + 1
        sentence = "a merge conflict begins here"
    try:
        put_together(text)
    except DamagedError as why:
        return Problem(path, line, "error", f"{sentence}: {why.problem}" if marker else sentence)

    def mend(transaction: Transaction) -> None:
        transaction.gather(put_together(desk.text(path)), path)

    way = "put both sides together" if marker else "keep both in the log"
    return Problem(path, line, "error", f"{sentence}; {way}", mend)


def shrunk(desk: Desk, found: Open) -> Iterator[Problem]:
    """Records whose log has lost events of the last commit, and those that are gone."""
    repository = found.repository
    if repository.find_commit("HEAD") is None:
        return
    changed = [
        one
        for one in repository.uncommitted("HEAD", "tickets", store.ARTICLES)
        if one.old and store.is_record_name(one.path.rpartition("/")[2])
    ]
    olds = repository.blobs(one.old for one in changed)
    for one, data in zip(changed, olds, strict=True):
        path = one.path.removeprefix(repository.prefix)
        if path in found.sides:
            continue
        if not one.mode:
            sentence = "it is gone, and the last commit has it; git restore brings it back"
            yield Problem(path, None, "warning", sentence)
            continue
        try:
            earlier = codec.load(yamltext.decode(data))
            text = desk.text(path)
            now = codec.load(text)
        except DeskError:
            continue
        lost = _lost(earlier, now)
        if not merge.is_one_record(earlier, now):
            sentence = f"the last commit has another record here: {earlier.title!r}"
            yield Problem(path, None, "warning", sentence)
        elif lost:
            numbers = ", ".join(map(str, lost))
            sentence = f"events {numbers} of the last commit are missing; bring them back"
            line = codec.line_of(text, "log")
            yield Problem(path, line, "error", sentence, _bring_back(earlier))


def _lost(earlier: Record, now: Record) -> list[int]:
    """The numbers of events that the record had and has no longer."""
    known = {merge.identity(event) for event in now.log}
    return [event.n for event in earlier.log if merge.identity(event) not in known]


def _bring_back(earlier: Record) -> Fix:
    def mend(transaction: Transaction) -> None:
        transaction.gather(merge.merged(transaction.read(earlier.id), earlier))

    return mend
