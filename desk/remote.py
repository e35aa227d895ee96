"""What is wrong with a push to a team's repository, a sentence a commit.

docs/teams.md ("Roles at the remote") has the rules; those of records are desk.authority's.
"""

import itertools
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from desk import authority, codec, policy, store, yamltext
from desk.authority import Committer
from desk.errors import DamagedError, DeskError, NotFoundError, RefusedError
from desk.git import NO_OBJECT, REGULAR, Commit, Difference, Repository
from desk.model import Record
from desk.place import POLICY_FILE
from desk.policy import Policy
from desk.roles import POLICY, WORK, WRITE

_BRANCHES, _TAGS = "refs/heads/", "refs/tags/"
# So many commits are read at once, however many are pushed.
_AT_ONCE = 64
_FOLDERS = ("tickets", store.ARTICLES)
# So many sentences of a commit are said.
_SAID = 3


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


@dataclass(frozen=True, slots=True)
class Verdict:
    """How many commits were looked at, and what is wrong with them."""

    commits: int
    findings: tuple[Finding, ...]


def check_names(repository: Repository) -> None:
    """Raise RefusedError where the repository names its objects otherwise than desk knows."""
    form = repository.text("rev-parse", "--show-object-format")
    if form != "sha1":
        raise RefusedError(
            f"{repository.folder} names its objects by {form}, and desk knows only sha1; "
            "use a repository made with git init --object-format=sha1"
        )


def check_safe(repository: Repository) -> None:
    """Raise RefusedError where reading the repository would run what its settings name.

    The settings of a bare one are those of whoever keeps it.
    """
    if not repository.is_bare:
        repository.check_trusted()
    repository.check_whole()


def verify_push(repository: Repository, updates: Sequence[Update], now: datetime) -> Verdict:
    """What is wrong with a push, by the roles at the tip of the default branch before it.

    Raises RefusedError where nobody can tell which branch that is, DamagedError where its
    desk.yaml cannot be read.
    """
    branches = repository.branches()
    default = _default_branch(repository, branches, updates)
    tip = branches.get(default)
    judge = _judge(repository, tip, _founding(updates, default), now)
    commits = repository.commits((one.new for one in updates if not one.is_deletion), "--all")
    refs = _References(repository, branches, default, updates)
    heads = [one.new for one in updates if one.ref.startswith(_BRANCHES) and not one.is_deletion]
    return Verdict(len(commits), (*refs.findings(), *judge.findings(commits, heads)))


def verify_range(repository: Repository, old: str, new: str, now: datetime) -> Verdict:
    """What is wrong with the commits that `new` has and `old` has not, by the roles at `old`.

    Without an `old` (NO_OBJECT) the roles are those at `new`.
    Raises NotFoundError for what is no commit, DamagedError where desk.yaml cannot be read.
    """
    tip = None if old == NO_OBJECT else repository.commit(old)
    new = repository.commit(new)
    commits = repository.commits((new,), *([tip] if tip else []))
    judge = _judge(repository, tip, new, now)
    return Verdict(len(commits), tuple(judge.findings(commits, [new])))


def updates_of(text: str) -> list[Update]:
    """The references of a push, as git gives them to a pre-receive hook: `old new ref` a line.

    Raises RefusedError for anything else.
    """
    found = []
    for line in text.splitlines():
        parts = line.split(" ", 2)
        if len(parts) != 3 or not all(_is_object(one) for one in parts[:2]):
            raise RefusedError(f"{line!r} is no `old new ref` such as git gives to pre-receive")
        found.append(Update(*parts))
    return found


def _is_object(name: str) -> bool:
    return len(name) == len(NO_OBJECT) and not set(name) - set("0123456789abcdef")


# --- which desk it is ------------------------------------------------------------------------


def _default_branch(
    repository: Repository, branches: Mapping[str, str], updates: Sequence[Update]
) -> str:
    """The branch whose desk.yaml holds: that of HEAD, else the only one there is."""
    head = repository.text("symbolic-ref", "HEAD")
    if head in branches:
        return head
    if not branches:
        pushed = [one.ref for one in updates if one.ref.startswith(_BRANCHES)]
        if head in pushed or not pushed:
            return head
        if len(pushed) == 1:
            return pushed[0]
    if len(branches) == 1 and not any(one.ref == head for one in updates):
        return next(iter(branches))
    raise RefusedError(
        f"HEAD of this repository is {head}, which is no branch here; whoever keeps it says "
        "which is the team's: git symbolic-ref HEAD refs/heads/main"
    )


def _founding(updates: Sequence[Update], default: str) -> str | None:
    """The commit that a push gives the default branch."""
    return next((u.new for u in updates if u.ref == default and not u.is_deletion), None)


def _judge(repository: Repository, tip: str | None, new: str | None, now: datetime) -> "_Judge":
    """The judge by the policy of the tip, or of `new` where that has no desk."""
    for commit in filter(None, (tip, new)):
        place = _place(repository, commit)
        if place is not None:
            found = _policy_at(repository, commit, place)
            return _Judge(repository, found, place, tip, now)
    raise RefusedError(f"the team's own branch has no {POLICY_FILE}; push one that has it first")


def _place(repository: Repository, commit: str) -> str | None:
    """The folder of the desk in a commit: empty, or `helpdesk/`; None where there is none."""
    if repository.object_at(commit, POLICY_FILE):
        return ""
    listed = repository.output("ls-tree", "-r", "-z", "--name-only", "--full-tree", commit)
    names = listed.decode("utf-8", "replace").split("\0")
    places = [name.removesuffix(POLICY_FILE) for name in names if name.endswith(f"/{POLICY_FILE}")]
    return min(places, key=lambda place: (place.count("/"), place), default=None)


def _policy_at(repository: Repository, commit: str, place: str) -> Policy:
    """The policy of a commit; raises DamagedError."""

    def text(name: str) -> str:
        found = repository.object_at(commit, place + name)
        if found is None:
            raise NotFoundError(f"there is no {name}")
        return yamltext.decode(next(repository.blobs((found,))))

    try:
        return policy.load(text(POLICY_FILE), POLICY_FILE, text)
    except NotFoundError as error:
        raise DamagedError(str(error), POLICY_FILE) from error


# --- references ------------------------------------------------------------------------------


class _References:
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
        moved = {one.ref: one.new for one in updates if one.ref.startswith(_BRANCHES)}
        self._after = {ref: at for ref, at in {**branches, **moved}.items() if at != NO_OBJECT}

    def findings(self) -> Iterator[Finding]:
        """What is wrong with each."""
        for update in self._updates:
            problem = self._problem(update)
            if problem:
                commit = update.old if update.is_deletion else update.new
                yield Finding(commit, f"{update.ref}: {problem}")

    def _problem(self, update: Update) -> str:
        if update.ref.startswith(_BRANCHES):
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
    return ref.removeprefix(_BRANCHES).removeprefix(_TAGS)


# --- commits ---------------------------------------------------------------------------------


class _Entry(NamedTuple):
    """A path at which a commit is not as one of its parents, and what those have there.

    Modes and objects are empty for nothing.
    """

    path: str
    mode: str
    object: str
    modes: tuple[str, ...]
    objects: tuple[str, ...]
    twice: bool = False


class _Judge:
    """Judges commits by one policy; `place` is the desk's folder in the repository."""

    def __init__(
        self,
        repository: Repository,
        rules: Policy,
        place: str,
        tip: str | None,
        now: datetime,
    ) -> None:
        self.repository = repository
        self.rules = rules
        self.place = place
        self.tip = tip
        self.now = now

    def findings(self, commits: Sequence[Commit], heads: Sequence[str]) -> Iterator[Finding]:
        """What is wrong with each commit, in one sentence each, else with those at the heads."""
        articles: set[str] = set()
        sound = True
        for finding in self._of_commits(commits, articles):
            sound = False
            yield finding
        if sound and self.rules.knowledge.must_review:
            for head in dict.fromkeys(heads):
                yield from self._unapproved(head, sorted(articles))

    def _unapproved(self, head: str, paths: Sequence[str]) -> Iterator[Finding]:
        """Articles that a merge left published and not approved, and nobody has mended."""
        there = [self._records_at(commit, paths) for commit in (head, self.tip)]
        for new, old in zip(*there, strict=True):
            why = authority.why_unapproved(new, self.rules)
            if new and why and not authority.why_unapproved(old, self.rules):
                yield Finding(head, f"{new.id}: {why}; `desk kb edit` sends it back to review")

    def _records_at(self, commit: str | None, paths: Sequence[str]) -> list[Record | None]:
        """The records that a commit has at those paths, None where it has none."""
        if commit is None:
            return [None] * len(paths)
        found = self.repository.objects([f"{commit}:{path}" for path in paths])
        texts = self.repository.blobs([one[0] for one in found if one])
        return [_record(next(texts)) if one else None for one in found]

    def _of_commits(self, commits: Sequence[Commit], articles: set[str]) -> Iterator[Finding]:
        """What is wrong with each commit; the paths of articles are put among those seen."""
        signers = self._signers(commits)
        for start in range(0, len(commits), _AT_ONCE):
            chunk = commits[start : start + _AT_ONCE]
            entries = [_entries(changes) for changes in self.repository.changes(chunk)]
            contents = _Contents(self, list(zip(chunk, entries, strict=True)))
            for commit, changed in zip(chunk, entries, strict=True):
                articles |= {e.path for e in changed if self._is_article(e.path)}
                problems = list(self._problems(commit, changed, contents, signers))
                if problems:
                    more = len(problems) - _SAID
                    said = problems[:_SAID] + ([f"and {more} more"] if more > 0 else [])
                    yield Finding(commit.id, "; ".join(said))

    def _is_article(self, path: str) -> bool:
        inside = self.within(path)
        return inside.startswith(f"{store.ARTICLES}/") and _kind(inside) == "record"

    def _signers(self, commits: Sequence[Commit]) -> dict[str, str] | None:
        """Whose key signed each commit, None where nobody has to sign."""
        if not self.rules.must_sign:
            return None
        # Patterns of names have wildcards and commas, so nobody goes by their own name there.
        people = {f"p{n}": person for n, person in enumerate(self.rules.people.values())}
        allowed = "".join(
            f'{name} namespaces="git" {key}\n' for name, one in people.items() for key in one.keys
        )
        signed = self.repository.signers((one.id for one in commits), allowed)
        return {commit: people[name].id for commit, name in signed.items() if name in people}

    def _problems(
        self,
        commit: Commit,
        entries: Sequence[_Entry],
        contents: "_Contents",
        signers: Mapping[str, str] | None,
    ) -> Iterator[str]:
        try:
            who = self._committer(commit, signers)
        except RefusedError as error:
            yield str(error)
            return
        records: dict[str, authority.Change] = {}
        for entry in entries:
            yield from _OfEntry(self, commit, who, entry, contents, records).problems()
        if any(self._may_name_it(entry) for entry in entries):
            yield from self._of_policy(commit)
        yield from authority.problems(self.rules, self.now, who, records)

    def _committer(self, commit: Commit, signers: Mapping[str, str] | None) -> Committer:
        """Who made the commit; raises RefusedError where that is not shown."""
        if not commit.email:
            raise RefusedError("its committer has no e-mail")
        who = authority.committer(self.rules, commit.name, commit.email)
        author = self.rules.find_person(commit.author_email) or commit.author_email
        is_theirs = author == who.name or author.casefold() == commit.email.casefold()
        if not is_theirs:
            raise RefusedError(f"its author is {author} and its committer {who.name}")
        signer = who.name if signers is None else signers.get(commit.id)
        if signer is None:
            raise RefusedError("it is not signed by a key of a person of desk.yaml")
        if signer != who.name:
            raise RefusedError(f"its committer is {who.name} and the key that signed it {signer}'s")
        return who

    def _may_name_it(self, entry: _Entry) -> bool:
        """Whether a path is desk.yaml, or may be a file that it names."""
        inside = self.within(entry.path)
        return bool(inside) and inside.partition("/")[0] not in _FOLDERS

    def within(self, path: str) -> str:
        """The path within the desk's folder, empty for one that is not in it."""
        return path.removeprefix(self.place) if path.startswith(self.place) else ""

    def _of_policy(self, commit: Commit) -> Iterator[str]:
        """What is wrong with the desk.yaml of a commit, where it has one."""
        try:
            if self.repository.object_at(commit.id, self.place + POLICY_FILE):
                _policy_at(self.repository, commit.id, self.place)
        except DeskError as error:
            yield " ".join(str(error).split())


def _record(data: bytes) -> Record | None:
    try:
        return codec.load(yamltext.decode(data))
    except DamagedError:
        return None


def _entries(changes: Sequence[Sequence[Difference]]) -> list[_Entry]:
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
        entries.append(_Entry(path, new.mode, new.new, modes, objects, path in twice))
    return entries


class _Contents:
    """What some commits have at the paths that they change, and what others have there."""

    def __init__(self, judge: _Judge, commits: Sequence[tuple[Commit, Sequence[_Entry]]]) -> None:
        self._judge = judge
        self._bases = {
            commit.id: self._base(commit.parents)
            for commit, entries in commits
            if len(commit.parents) > 1 and entries
        }
        questions = dict.fromkeys(
            (revision, entry.path)
            for commit, entries in commits
            for revision in (judge.tip, self._bases.get(commit.id))
            for entry in entries
            if revision and "\n" not in entry.path
        )
        answers = judge.repository.objects([f"{rev}:{path}" for rev, path in questions])
        self._at = {
            asked: answer[0] for asked, answer in zip(questions, answers, strict=True) if answer
        }
        self._evil = set(self._doubled(commits))
        self._read(commits)

    def _doubled(
        self, commits: Sequence[tuple[Commit, Sequence[_Entry]]]
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
        repository = self._judge.repository
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
        answer = self._judge.repository.answer("merge-base", "--octopus", *parents)
        return answer.text if answer.code == 0 else None

    def at_tip(self, path: str) -> str:
        """The object that the tip has at a path, empty for none."""
        return self._at.get((self._judge.tip or "", path), "")

    def at_base(self, commit: Commit, path: str) -> str:
        """The object that the common ancestor of a merge's parents has, empty for none."""
        return self._at.get((self._bases.get(commit.id) or "", path), "")

    def _read(self, commits: Sequence[tuple[Commit, Sequence[_Entry]]]) -> None:
        wanted: dict[str, str] = {}
        for commit, entries in commits:
            for entry in entries:
                if kind := _kind(self._judge.within(entry.path)):
                    others = (self.at_tip(entry.path), self.at_base(commit, entry.path))
                    names = (entry.object, *(entry.objects + others if kind == "record" else ()))
                    wanted |= {name: kind for name in names if name}
        sizes = self._judge.repository.objects(list(wanted))
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
        self._pictures: dict[str, str] = {}
        for name, data in zip(readable, self._judge.repository.blobs(readable), strict=True):
            self._take(name, wanted[name], data)

    def _take(self, name: str, kind: str, data: bytes) -> None:
        if kind == "picture":
            self._pictures[name] = store.picture_name(data, "x.png").partition(".")[0]
            return
        try:
            if b"\r\n" in data:
                raise DamagedError("its lines end with CR LF, and in a desk with LF")
            self.records[name] = codec.load(yamltext.decode(data))
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


def _kind(inside: str) -> str:
    """What a path within the desk is the place of: a record, a picture, or empty for neither."""
    folder, _, name = inside.rpartition("/")
    if store.is_in_place(folder, name):
        return "record"
    is_picture = folder == store.PICTURES and store.PICTURE_NAME.fullmatch(name)
    return "picture" if is_picture else ""


class _OfEntry:
    """One path of one commit."""

    def __init__(
        self,
        judge: _Judge,
        commit: Commit,
        who: Committer,
        entry: _Entry,
        contents: _Contents,
        records: dict[str, authority.Change],
    ) -> None:
        self._judge = judge
        self._commit = commit
        self._who = who
        self._entry = entry
        self._contents = contents
        self._records = records
        self._inside = judge.within(entry.path)

    def problems(self) -> Iterator[str]:
        """What is wrong with it; a readable record is put among those to be judged."""
        entry = self._entry
        kind = _kind(self._inside)
        problem = self._of_shape()
        if not problem and kind == "record" and entry.object:
            problem = self._of_record()
        elif not problem and not self._is_merged():
            problem = self._of_file(kind)
        if problem:
            yield f"{_shown(entry.path)}: {problem}"

    def _of_shape(self) -> str:
        """What is wrong with the entry, whatever it holds."""
        entry = self._entry
        is_evil = entry.twice or self._contents.is_evil(self._commit, entry.path)
        if is_evil or not _is_plain(entry.path):
            return "no path of a desk"
        if entry.object and entry.mode != REGULAR and entry.mode not in entry.modes:
            return f"{_MODES.get(entry.mode, entry.mode)}; only regular files are taken"
        return ""

    def _of_record(self) -> str:
        """What keeps a record from being judged; else it is put among those that are."""
        entry, contents = self._entry, self._contents
        problem = contents.problem(entry.object)
        if problem:
            return "" if entry.object in entry.objects else problem
        record = contents.records[entry.object]
        place = self._judge.place + store.path_of(record.id)
        if place != entry.path:
            return f"its id is {record.id}, whose place is {place}"
        if any(contents.problem(name) for name in entry.objects):
            # Nobody can tell what was in it.
            return self._unable(POLICY, "mends what could not be read")
        others = (contents.at_tip(entry.path), contents.at_base(self._commit, entry.path))
        tip, base = (contents.records.get(name) for name in others)
        parents = [contents.records[name] for name in entry.objects if name in contents.records]
        self._records[record.id] = authority.Change(record, parents, tip, base)
        return ""

    def _is_merged(self) -> bool:
        """Whether the entry is as merging the parents by whole files gives it."""
        entry = self._entry
        if len(entry.objects) < 2:
            return False
        base = self._contents.at_base(self._commit, entry.path)
        changed = {name for name in entry.objects if name != base}
        return changed == {entry.object}

    def _of_file(self, kind: str) -> str:
        """What is wrong with a change of what is no record, or is one no more."""
        entry = self._entry
        top = self._inside.partition("/")[0]
        if kind == "record":
            return "a record is not deleted; retire or cancel it"
        if kind == "picture":
            return self._of_picture()
        if top.casefold() in _FOLDERS or (top.casefold() == POLICY_FILE != top):
            return (
                self._unable(WORK, "removes files") if not entry.object else "no place of a record"
            )
        if self._inside == POLICY_FILE and not entry.object:
            return "a desk needs it"
        if authority.may_change_policy(self._judge.rules, self._who.name):
            return ""
        return f"needs {POLICY}, and {self._who.name} has it not"

    def _of_picture(self) -> str:
        entry = self._entry
        problem = self._contents.problem(entry.object)
        if problem:
            return problem
        digits = self._inside.rpartition("/")[2].partition(".")[0]
        if entry.object and self._contents.hash_of(entry.object) != digits:
            return "a picture is named after its bytes, and this is not"
        return self._unable(WRITE, "changes pictures")

    def _unable(self, ability: str, what: str) -> str:
        if self._judge.rules.rights_of(self._who.name).may(ability):
            return ""
        return f"{what} needs {ability}, and {self._who.name} has it not"


_MODES = {
    "120000": "a symbolic link",
    "160000": "a submodule",
    "100755": "an executable file",
}


def _is_plain(path: str) -> bool:
    """Whether no part of a path means another place, or a place of git's own."""
    parts = path.split("/")
    return not any(part in ("", ".", "..") or part.casefold() == ".git" for part in parts)


def _shown(path: str) -> str:
    """A path for a sentence, whatever its bytes."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
