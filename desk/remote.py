"""What is wrong with a push to a team's repository, a sentence a commit.

docs/teams.md ("Roles at the remote") has the rules; those of records are desk.authority's.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from desk import authority, codec, policy, store, yamltext
from desk.authority import Committer
from desk.contents import Contents, Entry, entries_of, kind_of, within
from desk.errors import DamagedError, DeskError, NotFoundError, RefusedError
from desk.git import NO_OBJECT, REGULAR, Commit, Repository
from desk.model import Article, Record
from desk.place import POLICY_FILE
from desk.policy import Policy
from desk.references import BRANCHES, Finding, References, Update
from desk.roles import POLICY, WORK, WRITE

# So many commits are read at once, however many are pushed.
_AT_ONCE = 64
_FOLDERS = ("tickets", store.ARTICLES)
# So many sentences of a commit are said.
_SAID = 3


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
    refs = References(repository, branches, default, updates)
    heads = [one.new for one in updates if one.ref.startswith(BRANCHES) and not one.is_deletion]
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
        pushed = [one.ref for one in updates if one.ref.startswith(BRANCHES)]
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


# --- commits ---------------------------------------------------------------------------------


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
            entries = [entries_of(changes) for changes in self.repository.changes(chunk)]
            contents = Contents(
                self.repository, self.place, self.tip, list(zip(chunk, entries, strict=True))
            )
            for commit, changed in zip(chunk, entries, strict=True):
                articles |= {e.path for e in changed if self._is_article(e.path)}
                problems = list(self._problems(commit, changed, contents, signers))
                if problems:
                    more = len(problems) - _SAID
                    said = problems[:_SAID] + ([f"and {more} more"] if more > 0 else [])
                    yield Finding(commit.id, "; ".join(said))

    def _is_article(self, path: str) -> bool:
        inside = self.within(path)
        return inside.startswith(f"{store.ARTICLES}/") and kind_of(inside) == "record"

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
        entries: Sequence[Entry],
        contents: Contents,
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

    def _may_name_it(self, entry: Entry) -> bool:
        """Whether a path is desk.yaml, or may be a file that it names."""
        inside = self.within(entry.path)
        return bool(inside) and inside.partition("/")[0] not in _FOLDERS

    def within(self, path: str) -> str:
        """The path within the desk's folder, empty for one that is not in it."""
        return within(self.place, path)

    def _of_policy(self, commit: Commit) -> Iterator[str]:
        """What is wrong with the desk.yaml of a commit, where it has one."""
        try:
            if self.repository.object_at(commit.id, self.place + POLICY_FILE):
                new = _policy_at(self.repository, commit.id, self.place)
                if self.rules.who_may(POLICY) and not new.who_may(POLICY):
                    yield f"{self.place}{POLICY_FILE}: it leaves nobody with {POLICY}"
        except DeskError as error:
            yield " ".join(str(error).split())


def _record(data: bytes) -> Record | None:
    try:
        return codec.load(yamltext.decode(data))
    except DamagedError:
        return None


class _OfEntry:
    """One path of one commit."""

    def __init__(
        self,
        judge: _Judge,
        commit: Commit,
        who: Committer,
        entry: Entry,
        contents: Contents,
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
        kind = kind_of(self._inside)
        problem = self._of_shape()
        if not problem and kind == "record" and entry.object:
            problem = self._of_record()
        elif not problem and not self._is_merged():
            problem = self._of_file(kind)
        if problem:
            yield f"{store.shown(entry.path)}: {problem}"

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
        if problem := self._of_comments(record):
            return problem
        others = (contents.at_tip(entry.path), contents.at_base(self._commit, entry.path))
        tip, base = (contents.records.get(name) for name in others)
        parents = [contents.records[name] for name in entry.objects if name in contents.records]
        self._records[record.id] = authority.Change(record, parents, tip, base)
        return ""

    def _of_comments(self, record: Record) -> str:
        """What is wrong with new comments, which the next command writes into the log."""
        comments = self._contents.comments
        known = frozenset[str]().union(*(comments.get(name, ()) for name in self._entry.objects))
        if comments.get(self._entry.object, known) <= known:
            return ""
        ability = WRITE if isinstance(record, Article) else WORK
        return self._unable(ability, "writes comments")

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
        if authority.rights_of(self._judge.rules, self._who).may(ability):
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
