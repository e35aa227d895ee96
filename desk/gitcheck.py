"""What git tells of a desk's files: merges left open, markers, logs that shrank.

Each function gives problems; those that can be mended without a guess carry their fix.
"""

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from desk import codec, gitmerge, merge, reconcile, store, yamltext
from desk.errors import DamagedError, DeskError, NotFoundError, RefusedError
from desk.git import Difference, Repository
from desk.gitmerge import ConflictError, Renumbering
from desk.lifecycle import Act
from desk.model import Record
from desk.problems import Fix, Problem
from desk.store import Desk, Transaction


@dataclass(frozen=True, slots=True)
class Open:
    """The files of a desk whose merge git left open: by path, the object of each side.

    `gathered` are the places of records that were put together.
    """

    repository: Repository
    sides: Mapping[str, Mapping[int, str]]
    gathered: list[str] = field(default_factory=list)


def distrust(desk: Desk) -> Iterator[Problem]:
    """Why git is not asked: it would run programs that the clone's own settings name."""
    repository = Repository(desk.root)
    try:
        if repository.exists:
            repository.check_trusted()
    except RefusedError as error:
        sentence = f"{error}; so nothing here is checked against git"
        yield Problem(".git/config", None, "warning", sentence)


def left_open(desk: Desk) -> Open | None:
    """What a merge, a rebase or a cherry-pick has left open.

    None outside of a repository, and where `distrust` has a problem.
    """
    repository = Repository(desk.root)
    if not repository.exists or any(distrust(desk)):
        return None
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
        renumbering = Renumbering(desk, act.at, act.by)
        try:
            records = _records(desk, found.repository, path, sides, renumbering)
        except (ConflictError, DamagedError) as error:
            yield Problem(path, None, "error", f"{sentence}, and neither side can be read: {error}")
            continue
        sentence = f"{sentence}; put both sides together"
        yield Problem(path, None, "error", sentence, _gather(found, records, path, renumbering))


def _records(
    desk: Desk,
    repository: Repository,
    path: str,
    sides: Mapping[int, str],
    renumbering: Renumbering,
) -> list[Record]:
    """What both sides make, with what somebody has done to the file since."""
    names = sorted(set(sides.values()))
    texts = dict(zip(names, repository.blobs(names), strict=True))
    readable = [reconcile.readable(texts[sides[side]]) for side in (2, 3) if side in sides]
    if len({record.id for record in readable if record}) > 1:  # git took one for the other renamed
        return [record for record in readable if record]
    if 2 not in sides or 3 not in sides:  # deleted on the other side
        records = [codec.load(yamltext.decode(texts[sides.get(2) or sides[3]]))]
    else:
        published, own = _published_first(repository, sides)
        base = sides.get(1, "")
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


def _gather(found: Open, records: Collection[Record], path: str, renumbering: Renumbering) -> Fix:
    places = [store.path_of(record.id) for record in records]
    left = () if path in places else (path,)

    def mend(transaction: Transaction) -> None:
        for record in records:
            transaction.gather(record, *left)
        for moved, _ in renumbering.done.values():
            for other in dict.fromkeys(other for _, other in moved.links):
                with suppress(NotFoundError, DamagedError):
                    linked = transaction.read(other)
                    transaction.replace(renumbering.linked_to(linked))
                    found.gathered.append(store.path_of(other))
        found.gathered.extend(places)

    return mend


def settle(desk: Desk, found: Open) -> str:
    """Tell git of the records that it left open and that can be read now.

    Returns what is to be done next, empty where nothing is.
    """
    settled = list(found.gathered)
    for path in found.sides:
        name = path.rpartition("/")[2]
        if store.is_record_name(name) and _can_be_read(desk, name.removesuffix(".yaml")):
            settled += [path, store.path_of(name.removesuffix(".yaml"))]
    for path in dict.fromkeys(settled):
        found.repository.answer(
            "update-index", "--add", "--remove", "--", os.path.join(desk.root, path)
        )
    if found.repository.unmerged():
        return ""
    for name, way in (("MERGE_HEAD", "git commit"), ("rebase-merge", "git rebase --continue")):
        if found.sides and os.path.exists(found.repository.private(name)):
            return f"nothing is open any more; `{way}` ends it"
    return ""


def _can_be_read(desk: Desk, record_id: str) -> bool:
    try:
        desk.read(record_id)
    except DeskError:
        return False
    return True


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
    """Records whose log has lost events of the last commit, and those that are gone.

    Where that is a merge its parents count, and after a rebase what it began with: git may have
    taken one record for another that was renamed.
    """
    head = found.repository.find_commit("HEAD")
    told: set[str] = set()
    for earlier, others in [(head, []), *_merged_into(found.repository, head)] if head else ():
        for problem in _shrunk_since(desk, found, earlier, others):
            if problem.path not in told:
                told.add(problem.path)
                yield problem


def _merged_into(repository: Repository, head: str) -> list[tuple[str, list[str]]]:
    """What the last merge or rebase put together, each beside the others."""
    parents = repository.parents(head)
    if len(parents) > 1:
        return [(one, [other for other in parents if other != one]) for one in parents]
    last = repository.answer("reflog", "-1", "--format=%gs", "HEAD").text
    before = repository.find_commit("ORIG_HEAD")
    return [(before, [head])] if before and "rebase" in last and "(finish)" in last else []


def _shrunk_since(desk: Desk, found: Open, commit: str, others: Sequence[str]) -> Iterator[Problem]:
    """What has been lost since a commit; `others` are the other parents of a merge of it."""
    repository = found.repository
    records = [
        one
        for one in repository.uncommitted(commit, "tickets", store.ARTICLES)
        if store.is_record_name(one.path.rpartition("/")[2])
    ]
    changed = [one for one in records if one.old]
    added = [one.path for one in records if not one.old]
    olds = repository.blobs(one.old for one in changed)
    for one, data in zip(changed, olds, strict=True):
        path = one.path.removeprefix(repository.prefix)
        earlier = reconcile.readable(data)
        if path in found.sides or earlier is None:
            continue
        if not one.mode and not _can_be_read(desk, earlier.id):
            if not others:
                sentence = "it is gone, and the last commit has it; git restore brings it back"
                yield Problem(path, None, "warning", sentence)
            elif _was_changed(repository, commit, others, one):
                sentence = "a merge has lost it; bring it back"
                yield Problem(path, None, "error", sentence, _bring_back(earlier))
            continue
        yield from _shrunk_record(desk, path, earlier, added)


def _was_changed(
    repository: Repository, commit: str, others: Sequence[str], one: Difference
) -> bool:
    """Whether a file that a merge lacks was changed on its side since the common ancestor."""
    for other in others:
        base = repository.merge_base(commit, other)
        if base and repository.object_at(base, one.path) == one.old:
            return False
    return True


def _shrunk_record(
    desk: Desk, path: str, earlier: Record, added: Sequence[str]
) -> Iterator[Problem]:
    try:
        text = desk.text(path)
        now = codec.load(text)
    except DeskError:
        return
    lost = merge.lost(earlier, now)
    if not merge.is_one_record(earlier, now):
        if any(_is_at(desk, earlier, other) for other in added):
            return  # a merge has given it another id
        sentence = f"the last commit has another record here: {earlier.title!r}"
        yield Problem(path, None, "warning", sentence)
    elif lost:
        numbers = ", ".join(map(str, lost))
        sentence = f"events {numbers} of the last commit are missing; bring them back"
        line = codec.line_of(text, "log")
        yield Problem(path, line, "error", sentence, _bring_back(earlier))


def _is_at(desk: Desk, record: Record, path: str) -> bool:
    """Whether the file at a path of the repository is the record under another id."""
    try:
        other = desk.read(path.rpartition("/")[2].removesuffix(".yaml"))
    except DeskError:
        return False
    return bool(other.log) and merge.is_one_record(record, other)


def _bring_back(earlier: Record) -> Fix:
    return lambda transaction: transaction.gather(earlier)
