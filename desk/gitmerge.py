"""Two branches of a desk made one in one process: records by their events, other files by lines.

Nothing of the work tree or of git's index is touched: the result is a commit with both as
parents. docs/teams.md tells how records merge.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, TypeAlias

from desk import changes, codec, cores, reconcile, store, yamltext
from desk.changes import Change
from desk.errors import DamagedError, DeskError, RefusedError
from desk.git import REGULAR, Difference, Repository
from desk.model import INVERSE_LINKS, SOLVED_BY, Article, Record, Ticket, Value
from desk.reconcile import DifferentRecordsError, Overruled, Version

# What a path has on both sides, each beside the common ancestor.
Pair: TypeAlias = tuple[Difference, Difference]
_REF = "refs/desk/merge"
# From so many on, merging them on all cores is quicker.
_MANY = 200


class ConflictError(DeskError):
    """Files that are no records were changed on both sides and cannot be merged by lines."""

    exit_code = 4


class File(NamedTuple):
    """What the merged tree has at a path: text, or an object that is there; neither is nothing."""

    mode: str = ""
    object: str = ""
    text: str | None = None


@dataclass(slots=True)
class Merged:
    """What came of a merge.

    `commit` has both sides as parents, `together` counts the records that both changed,
    `came` has what that brought into tickets of ours, by id, as far as it is known,
    `overruled` the fields of tickets that both changed, with the value that does not stand, and
    `notes` are sentences on what a person should know.
    """

    commit: str = ""
    together: int = 0
    came: dict[str, list[Change]] = field(default_factory=dict)
    overruled: dict[str, list[Overruled]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


class Renumbering:
    """Gives a record another id where two drew the same: an event of that moment and person."""

    def __init__(self, desk: store.Desk, at: datetime, by: str) -> None:
        self._desk = desk
        self._at = at
        self._by = by
        # (record under its new id, the one that keeps the old id) by that.
        self.done: dict[str, tuple[Record, Record]] = {}

    def another(self, record: Record, published: Record) -> Record:
        """The record under a free id of the same prefix and day, with the old one as `external`.

        `published` is the record that keeps the id.
        """
        stem = record.id.rpartition("-")[0]
        given = {one.id for one, _ in self.done.values()}
        new = f"{stem}-{store.random_part()}"
        while new in given or self._desk.whole_id(new) is not None:
            new = f"{stem}-{store.random_part()}"
        moved = type(record)({**record.head, "id": new}, record.log)
        change: dict[str, Value] = {"external": record.text("external") or record.id}
        because = f"its id {record.id} is that of another record"
        moved = moved.add("edit", self._at, self._by, change, because=because)
        self.done[record.id] = moved, published
        return moved

    @property
    def new_ids(self) -> dict[str, str]:
        """The new id of each record that was given one, by its old id."""
        return {old: moved.id for old, (moved, _) in self.done.items()}

    def linked_to(self, record: Record) -> Record:
        """A record whose links to one that was given another id name that, if it links back."""
        change = [new for link in record.items("links") for new in self._linked(link, record.id)]
        if change != record.items("links"):
            record = record.add("link", self._at, self._by, {"links": change})
        return self._used_by(record) if isinstance(record, Article) else record

    def _used_by(self, article: Article) -> Article:
        """An article that solved one that was given another id, with its `use` by that."""
        solved_by = SOLVED_BY, article.id
        for old, (moved, published) in self.done.items():
            if old not in article.solved or solved_by not in moved.links:
                continue
            if solved_by not in published.links:
                article = article.add("unlink", self._at, self._by, ticket=old)
            article = article.add("use", self._at, self._by, ticket=moved.id)
        return article

    def _linked(self, link: Value, record_id: str) -> list[Value]:
        """A link of that record, to each of the two records that link back to it."""
        how, _, other = str(link).partition(" ")
        inverse = INVERSE_LINKS.get(how), record_id
        back = [one for one in self.done.get(other, ()) if inverse in one.links]
        return [f"{how} {one.id}" for one in reversed(back)] or [link]


def merged(
    repository: Repository, ours: str, theirs: str, name: str, renumbering: Renumbering
) -> Merged:
    """A commit that has both commits as parents; `name` is what the message calls the other.

    Raises RefusedError where they have no common ancestor, ConflictError with every file
    that needs a person.
    """
    base = repository.merge_base(ours, theirs)
    if base is None:
        raise RefusedError(
            f"this branch and {name} have no commit in common; clone the remote anew and bring "
            "your records there (desk export, desk import)"
        )
    our = {one.path: one for one in repository.differences(base, ours)}
    their = {one.path: one for one in repository.differences(base, theirs)}
    files = {path: File(one.mode, one.new) for path, one in their.items() if path not in our}
    both = [(our[path], one) for path, one in their.items() if path in our]
    both = [(one, other) for one, other in both if one[3:] != other[3:]]
    found = Merged(together=sum(_is_record(repository, one.path) for one, _ in both))
    conflicts = _put_together(repository, both, files, renumbering, found)
    files.update(_linked_anew(repository, ours, files, renumbering))
    conflicts += _folders_in_the_way(our, files)
    conflicts += _too_large(files)
    if conflicts:
        raise ConflictError(
            f"{'; '.join(conflicts)}: `git merge {name}`, settle that by hand, commit, and "
            "`desk sync` again"
        )
    found.commit = _committed(repository, ours, theirs, files, f"Merge {name}")
    return found


def _put_together(
    repository: Repository,
    both: Sequence[Pair],
    files: dict[str, File],
    renumbering: Renumbering,
    found: Merged,
) -> list[str]:
    """Add what becomes of each path that both changed to the files; returns the conflicts."""
    texts = _texts(repository, both)
    conflicts = []
    together = zip(both, _merged_together(repository, both, texts), strict=True)
    for (one, other), merged_one in together:
        if merged_one is None:
            try:
                files.update(_settled(repository, one, other, texts, renumbering, found.notes))
            except ConflictError as error:
                conflicts.append(str(error))
            continue
        files[one.path] = File(REGULAR, text=merged_one.text)
        if merged_one.came is not None:
            found.came[merged_one.id] = merged_one.came
        if merged_one.overruled:
            found.overruled[merged_one.id] = merged_one.overruled
    return conflicts


def _is_record(repository: Repository, path: str) -> bool:
    """Whether the file is a record's, be it in its place or somewhere else among the records."""
    within = path.removeprefix(repository.prefix)
    is_among = path.startswith(repository.prefix) and within.startswith(("tickets/", "kb/"))
    return is_among and store.is_record_name(within.rpartition("/")[2])


def _texts(repository: Repository, both: Iterable[Pair]) -> Mapping[str, bytes]:
    """The contents of all sides of what both changed, by object."""
    wanted = {name for one, other in both for name in (one.old, one.new, other.new) if name}
    return dict(zip(wanted, repository.blobs(wanted), strict=True))


class _MergedRecord(NamedTuple):
    """A record's id and text, and what came into ours; that is None for an article.

    `overruled` are the fields of a ticket that both sides changed and of which one's value does
    not stand. What an article says is not for all.
    """

    id: str
    text: str
    came: list[Change] | None
    overruled: list[Overruled]


def _merged_together(
    repository: Repository,
    both: Sequence[Pair],
    texts: Mapping[str, bytes],
) -> Iterable[_MergedRecord | None]:
    """Each record that merges without a note; many are merged on all cores."""

    def merged_one(pair: Pair) -> _MergedRecord | None:
        one, other = pair
        if not (one.new and other.new and _is_record(repository, one.path)):
            return None
        try:
            base = texts[one.old] if one.old else None
            ours, theirs = (reconcile.version(yamltext.decode(texts[side.new])) for side in pair)
            record = reconcile.merged(base, ours, theirs)
        except (DamagedError, DifferentRecordsError):
            return None
        if not isinstance(record, Ticket):
            return _MergedRecord(record.id, codec.dump(record), None, [])
        came = [*changes.between(changes.before(ours.record), record)]
        lost = [*reconcile.overruled(ours.record, theirs.record)]
        return _MergedRecord(record.id, codec.dump(record), came, lost)

    _ = repository.prefix  # so that not every process asks for it
    if len(both) < _MANY:
        return map(merged_one, both)
    return cores.spread(both, lambda: merged_one, cores.count())


def _settled(
    repository: Repository,
    one: Difference,
    other: Difference,
    texts: Mapping[str, bytes],
    renumbering: Renumbering,
    notes: list[str],
) -> Iterator[tuple[str, File]]:
    """What becomes of a path that both changed, as (path, file) pairs."""
    path = one.path
    if not _is_record(repository, path):
        yield path, _merged_lines(repository, one, other, texts)
    elif not (one.new and other.new):
        kept = one if one.new else other
        notes.append(f"{path} was deleted on one side and changed on the other; it is kept")
        yield path, File(kept.mode, kept.new)
    else:
        records = records_of(path, one.old, one.new, other.new, texts, renumbering, notes)
        yield path, File(REGULAR, text=codec.dump(records[0]))
        for record in records[1:]:
            where = repository.prefix + store.path_of(record.id)
            yield where, File(REGULAR, text=codec.dump(record))


def records_of(
    path: str,
    base: str,
    ours: str,
    theirs: str,
    texts: Mapping[str, bytes],
    renumbering: Renumbering,
    notes: list[str],
) -> list[Record]:
    """The record that both sides of a path make, or two records where they are two things.

    `base`, `ours` and `theirs` are objects in `texts`. Raises ConflictError where neither
    side can be read.
    """
    versions: list[Version | None] = []
    problems = []
    for side in (ours, theirs):
        try:
            versions.append(reconcile.version(yamltext.decode(texts[side])))
        except DamagedError as error:
            versions.append(None)
            problems.append(
                f"{error.in_file(path)}; the other side's text stands, "
                f"this one is object {side[:10]}"
            )
    mine, published = versions
    if not (mine or published):
        raise ConflictError(f"{path} cannot be read on both sides")
    if not (mine and published):
        notes += problems
        return [one.record for one in versions if one]
    try:
        return [reconcile.merged(texts[base] if base else None, mine, published)]
    except DifferentRecordsError:
        moved = renumbering.another(mine.record, published.record)
        notes.append(
            f"{mine.record.id} {moved.title!r} is {moved.id} now: another record had drawn that id"
        )
        return [published.record, moved]


def _linked_anew(
    repository: Repository, ours: str, files: Mapping[str, File], renumbering: Renumbering
) -> Iterator[tuple[str, File]]:
    """What a renumbered record links to, its links back going to the new id."""
    linked = {other for moved, _ in renumbering.done.values() for _, other in moved.links}
    for other in sorted(linked - renumbering.done.keys()):
        path = repository.prefix + store.path_of(other)
        file = files.get(path) or File(object=repository.object_at(ours, path) or "")
        data = file.text.encode() if file.text is not None else None
        if data is None and file.object:
            data = next(repository.blobs([file.object]))
        record = reconcile.readable(data) if data else None
        if record and (linked_anew := renumbering.linked_to(record)) != record:
            yield path, File(REGULAR, text=codec.dump(linked_anew))


def _merged_lines(
    repository: Repository, one: Difference, other: Difference, texts: Mapping[str, bytes]
) -> File:
    """What git's merge by lines makes of a file that is no record; raises ConflictError."""
    import tempfile

    conflict = ConflictError(f"{one.path} was changed on both sides")
    if not (one.new and other.new) or one.mode != other.mode or one.mode[:3] != "100":
        raise conflict
    with tempfile.TemporaryDirectory(prefix="desk-") as folder:
        paths = [os.path.join(folder, side) for side in ("ours", "base", "theirs")]
        for path, name in zip(paths, (one.new, one.old, other.new), strict=True):
            with open(path, "wb") as file:
                file.write(texts[name] if name else b"")
        answer = repository.answer("merge-file", "-p", *paths)
    if answer.code:
        raise conflict
    try:
        return File(one.mode, text=answer.output.decode())
    except UnicodeDecodeError:
        raise conflict from None


def _too_large(files: Mapping[str, File]) -> Iterator[str]:
    """Records that nobody could read any more with the events of both sides."""
    for path, file in files.items():
        if file.text and len(file.text.encode()) > yamltext.MAX_BYTES:
            yield f"{path} would be over {yamltext.MAX_BYTES >> 20} MiB with both sides' events"


def _folders_in_the_way(our: Mapping[str, Difference], files: Mapping[str, File]) -> Iterator[str]:
    """Paths that are a file on one side and a folder on the other."""
    ours = {path for path, one in our.items() if one.new}
    theirs = {path for path, file in files.items() if file.mode}
    for some, others in ((ours, theirs), (theirs, ours)):
        for path in some:
            parts = path.split("/")
            above = {"/".join(parts[:n]) for n in range(1, len(parts))}
            yield from (
                f"{name} is a file on one side, a folder on the other" for name in above & others
            )


def _committed(
    repository: Repository, ours: str, theirs: str, files: Mapping[str, File], message: str
) -> str:
    """A commit of the tree of `ours` with those files."""
    who = repository.text("var", "GIT_COMMITTER_IDENT")
    lines = [f"commit {_REF}\ncommitter {who}\ndata 0\nfrom {ours}\n".encode()]
    for path, file in files.items():
        lines.append(_as_command(path, file))
    lines.append(b"done\n")
    repository.output(
        "fast-import", "--quiet", "--done", "--force", "--depth=0", given=b"".join(lines)
    )
    tree = repository.text("rev-parse", "--verify", f"{_REF}^{{tree}}")
    repository.output("update-ref", "-d", _REF)
    return repository.commit_tree(tree, (ours, theirs), message)


def _as_command(path: str, file: File) -> bytes:
    """A line of fast-import that puts a file into the tree."""
    quoted = path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    name = f'"{quoted}"'.encode("utf-8", "surrogateescape")
    if not file.mode:
        return b"D " + name + b"\n"
    if file.text is None:
        return f"M {file.mode} {file.object} ".encode() + name + b"\n"
    data = file.text.encode()
    return (
        f"M {file.mode} inline ".encode() + name + f"\ndata {len(data)}\n".encode() + data + b"\n"
    )
