"""What is wrong with the references that a push moves.

docs/teams.md ("Roles at the remote") has the rules.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from desk.git import NO_OBJECT, Repository

BRANCHES, _TAGS = "refs/heads/", "refs/tags/"


class Update(NamedTuple):
    """A reference that a push moves from one object to another, NO_OBJECT for none."""

    old: str
    new: str
    ref: str

    @property
    def is_deletion(self) -> bool:
        """Whether the reference goes."""
        return self.new == NO_OBJECT


class Finding(NamedTuple):
    """What is wrong with a commit, or with a reference that a push moves to or from it."""

    commit: str
    sentence: str


class References:
    """The references that a push moves."""

    def __init__(
        self,
        repository: Repository,
        branches: Mapping[str, str],
        default: str,
        updates: Sequence[Update],
    ) -> None:
        self._repository = repository
        self._default = default
        self._updates = updates
        moved = {one.ref: one.new for one in updates if one.ref.startswith(BRANCHES)}
        self._after = {ref: at for ref, at in {**branches, **moved}.items() if at != NO_OBJECT}

    def findings(self) -> Iterator[Finding]:
        """What is wrong with each."""
        for update in self._updates:
            problem = self._problem(update)
            if problem:
                commit = update.old if update.is_deletion else update.new
                yield Finding(commit, f"{update.ref}: {problem}")

    def _problem(self, update: Update) -> str:
        if update.ref.startswith(BRANCHES):
            return self._of_branch(update)
        if update.ref.startswith(_TAGS):
            return self._of_tag(update)
        return "only branches and tags are taken here"

    def _of_branch(self, update: Update) -> str:
        if update.is_deletion:
            if update.ref == self._default:
                return "the team's own branch cannot be deleted"
            merged = self._default in self._after and self._repository.is_ancestor(
                update.old, self._after[self._default]
            )
            return "" if merged else "it is not merged; merge it before it is deleted"
        if update.old == NO_OBJECT:
            return self._of_name(update.ref, {*self._after, *self._tags} - {update.ref})
        forced = not self._repository.is_ancestor(update.old, update.new)
        return "a forced push, which drops commits; merge them instead" if forced else ""

    def _of_tag(self, update: Update) -> str:
        if update.old != NO_OBJECT:
            return "a tag stays where it is; make another"
        commit = self._repository.find_commit(update.new)
        if commit is None:
            return "it names no commit"
        problem = self._of_name(update.ref, self._after)
        if problem:
            return problem
        tips = set(self._after.values())
        if not any(self._repository.is_ancestor(commit, tip) for tip in tips):
            return "no branch has its commit; push the branch too"
        return ""

    @cached_property
    def _tags(self) -> list[str]:
        """The tags that are there and that the push makes."""
        there = self._repository.text("for-each-ref", "--format=%(refname)", _TAGS).splitlines()
        return there + [one.ref for one in self._updates if one.ref.startswith(_TAGS)]

    def _of_name(self, ref: str, others: Iterable[str]) -> str:
        """What is wrong with a new reference that clones would take for another."""
        folded = _short(ref).casefold()
        for other in sorted(others):
            name = _short(other).casefold()
            # Also `origin/main`: of a tag and a remote's branch git takes the tag.
            if folded == name or (ref.startswith(_TAGS) and folded.endswith(f"/{name}")):
                return (
                    f"{other} has that name, and git would take one for the other; choose another"
                )
        return "git means something else by that name" if folded == "head" else ""


def _short(ref: str) -> str:
    return ref.removeprefix(BRANCHES).removeprefix(_TAGS)
