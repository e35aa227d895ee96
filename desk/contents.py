"""What the commits of a push have at the paths that they change, as git has it."""

import itertools
import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from desk import codec, store, yamltext
from desk.errors import DamagedError
from desk.git import Commit, Difference, Repository
from desk.model import Record


class Entry(NamedTuple):
    """A path at which a commit is not as one of its parents, and what those have there.

    Modes and objects are empty for nothing.
    """

    path: str
    mode: str
    object: str
    modes: tuple[str, ...]
    objects: tuple[str, ...]
    twice: bool = False


def entries_of(changes: Sequence[Sequence[Difference]]) -> list[Entry]:
    """What a commit has at each path at which it is not as all its parents."""
    found = [{one.path: one for one in differences} for differences in changes]
    twice = {
        path
        for differences in changes
        for path, group in itertools.groupby(sorted(one.path for one in differences))
        if len(list(group)) > 1
    }
    entries = []
    for path in sorted({path for one in found for path in one}):
        new = next(one[path] for one in found if path in one)
        olds = [one.get(path) for one in found]
        modes = tuple(new.mode if old is None else old.old_mode for old in olds)
        objects = tuple(new.new if old is None else old.old for old in olds)
        entries.append(Entry(path, new.mode, new.new, modes, objects, path in twice))
    return entries


class Contents:
    """What some commits have at the paths that they change, and what others have there.

    `place` is the desk's folder in the repository, `tip` the commit before the push.
    """

    def __init__(
        self,
        repository: Repository,
        place: str,
        tip: str | None,
        commits: Sequence[tuple[Commit, Sequence[Entry]]],
    ) -> None:
        self._repository = repository
        self._place = place
        self._tip = tip
        self._bases = {
            commit.id: self._base(commit.parents)
            for commit, entries in commits
            if len(commit.parents) > 1 and entries
        }
        questions = dict.fromkeys(
            (revision, entry.path)
            for commit, entries in commits
            for revision in (tip, self._bases.get(commit.id))
            for entry in entries
            if revision and "\n" not in entry.path
        )
        answers = repository.objects([f"{rev}:{path}" for rev, path in questions])
        self._at = {
            asked: answer[0] for asked, answer in zip(questions, answers, strict=True) if answer
        }
        self._evil = set(self._doubled(commits))
        self._read(commits)

    def _doubled(
        self, commits: Sequence[tuple[Commit, Sequence[Entry]]]
    ) -> Iterator[tuple[str, str]]:
        """The commit and path of what a tree has twice, or by a name with a slash.

        git shows one of the two as added and checks out either, so folders with additions are read.
        """
        folders = dict.fromkeys(
            (commit.id, folder)
            for commit, entries in commits
            for entry in entries
            if entry.object and "" in entry.objects and "\n" not in entry.path
            for folder in _folders_above(entry.path)
        )
        repository = self._repository
        answers = repository.objects([f"{commit}:{folder}" for commit, folder in folders])
        trees = dict.fromkeys(answer[0] for answer in answers if answer)
        wrong = {
            name: _evil_names(data)
            for name, data in zip(trees, repository.blobs(trees), strict=True)
        }
        for (commit, folder), answer in zip(folders, answers, strict=True):
            for name in wrong[answer[0]] if answer else ():
                yield commit, f"{folder}/{name}" if folder else name

    def is_evil(self, commit: Commit, path: str) -> bool:
        """Whether the trees of a commit have two things at a path, or above it."""
        above = (*_folders_above(path), path) if self._evil else ()
        return any((commit.id, one) in self._evil for one in above)

    def _base(self, parents: Sequence[str]) -> str | None:
        answer = self._repository.answer("merge-base", "--octopus", *parents)
        return answer.text if answer.code == 0 else None

    def at_tip(self, path: str) -> str:
        """The object that the tip has at a path, empty for none."""
        return self._at.get((self._tip or "", path), "")

    def at_base(self, commit: Commit, path: str) -> str:
        """The object that the common ancestor of a merge's parents has, empty for none."""
        return self._at.get((self._bases.get(commit.id) or "", path), "")

    def _read(self, commits: Sequence[tuple[Commit, Sequence[Entry]]]) -> None:
        wanted: dict[str, str] = {}
        for commit, entries in commits:
            for entry in entries:
                if kind := kind_of(within(self._place, entry.path)):
                    others = (self.at_tip(entry.path), self.at_base(commit, entry.path))
                    names = (entry.object, *(entry.objects + others if kind == "record" else ()))
                    wanted |= {name: kind for name in names if name}
        sizes = self._repository.objects(list(wanted))
        self._problems: dict[str, str] = {}
        readable = []
        for name, size in zip(wanted, sizes, strict=True):
            most = _MOST[wanted[name]]
            if size is None:
                self._problems[name] = f"its object {name[:12]} is not in this repository"
            elif size[1] > most:
                self._problems[name] = f"is over {most >> 20} MiB, which no {wanted[name]} is"
            else:
                readable.append(name)
        self.records: dict[str, Record] = {}
        self.comments: dict[str, frozenset[str]] = {}
        self._pictures: dict[str, str] = {}
        for name, data in zip(readable, self._repository.blobs(readable), strict=True):
            self._take(name, wanted[name], data)

    def _take(self, name: str, kind: str, data: bytes) -> None:
        if kind == "picture":
            self._pictures[name] = store.picture_name(data, "x.png").partition(".")[0]
            return
        try:
            if b"\r\n" in data:
                raise DamagedError("its lines end with CR LF, and in a desk with LF")
            text = yamltext.decode(data)
            self.records[name] = codec.load(text)
            if "#" in text:
                self.comments[name] = frozenset(codec.comments(text))
        except DamagedError as error:
            self._problems[name] = (
                f"line {error.line}: {error.problem}" if error.line else str(error)
            )

    def problem(self, name: str) -> str:
        """Why an object cannot be read as what its path says, empty where it can."""
        return self._problems.get(name, "")

    def hash_of(self, name: str) -> str:
        """The digits by which a picture is named."""
        return self._pictures.get(name, "")


def _folders_above(path: str) -> list[str]:
    """The folders that a path is in; the first is empty, for the top."""
    parts = path.split("/")
    return ["/".join(parts[:count]) for count in range(len(parts))]


def _evil_names(tree: bytes) -> list[str]:
    """The names that a tree has twice or that have a slash, of its bytes as git keeps them."""
    names = _NAME_IN_TREE.findall(tree)
    once = set(names)
    if len(once) == len(names) and not any(b"/" in name for name in names):
        return []
    evil = (name for name, count in Counter(names).items() if count > 1 or b"/" in name)
    return [os.fsdecode(name) for name in evil]


# A mode, a name and the bytes of an object's name.
_NAME_IN_TREE = re.compile(rb"[0-7]+ ([^\0]+)\0.{20}", re.DOTALL)
_MOST = {"record": yamltext.MAX_BYTES, "picture": store.MAX_PICTURE}


def kind_of(inside: str) -> str:
    """What a path within the desk is the place of: a record, a picture, or empty for neither."""
    folder, _, name = inside.rpartition("/")
    if store.is_in_place(folder, name):
        return "record"
    is_picture = folder == store.PICTURES and store.PICTURE_NAME.fullmatch(name)
    return "picture" if is_picture else ""


def within(place: str, path: str) -> str:
    """The path within the desk's folder `place`, empty for one that is not in it."""
    return path.removeprefix(place) if path.startswith(place) else ""
