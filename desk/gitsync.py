"""One clone brought together with its remote: commit, fetch, merge, push.

A sync that was killed leaves whole commits, and files of which each is old or new; the next
one goes on from there. docs/teams.md tells what it does.
"""

import os
import random
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import NamedTuple

from desk import (
    changes,
    codec,
    gitmerge,
    gitrecovery,
    merge,
    reconcile,
    render,
    roles,
    store,
    yamltext,
)
from desk.changes import Change
from desk.errors import DamagedError, NotFoundError, RefusedError
from desk.git import GitError, Repository
from desk.gitmerge import Renumbering
from desk.lifecycle import Act
from desk.model import Event
from desk.reconcile import Overruled
from desk.settings import Reader
from desk.store import Desk

# How often others may be faster, and how often the remote may be locked.
_TRIES, _LOCKED_TRIES = 100, 30
_MARK = "syncing"
_PUSHING = b"pushing"
_LISTED = 100
_OVERRULED = 20
_LONGEST = 100
_IN_THE_MIDDLE = ("rebase-merge", "rebase-apply", "CHERRY_PICK_HEAD", "REVERT_HEAD", "MERGE_HEAD")
# What git says where the remote has a commit that this clone lacks, and where others push, too.
_BEHIND = ("fetch first", "non-fast-forward", "stale info")
_FASTER = (
    *_BEHIND, "cannot lock ref", "failed to update ref", "incorrect old value",
    "reference already exists",
)  # fmt: skip
# What git leaves at the beginning of lines where two sides clash.
_MARKERS = (b"\n<<<<<<< ", b"\n>>>>>>> ")
_NO_BRANCH = "couldn't find remote ref"
_OWN_SSH = {"GIT_SSH_COMMAND": "ssh -oBatchMode=yes -oConnectTimeout=20"}


class Upstream(NamedTuple):
    """The branch that a clone syncs with: `remote` is empty where there is none."""

    remote: str
    branch: str
    is_set: bool

    @property
    def tracking(self) -> str:
        """What git calls it here."""
        return f"{self.remote}/{self.branch}"

    @property
    def reference(self) -> str:
        """The reference that keeps what was last fetched of it."""
        return f"refs/remotes/{self.tracking}"


@dataclass(slots=True)
class Outcome:
    """What a sync did: records committed, the commit before what came in and the one after.

    `came` has what is known already of what changed between those, by the record's id, and
    `new_ids` the new id of each record of this clone that was given one, by its old id.
    """

    committed: int = 0
    before: str | None = None
    after: str | None = None
    came: dict[str, list[Change]] = field(default_factory=dict)
    new_ids: dict[str, str] = field(default_factory=dict)
    together: int = 0
    pushed: bool = False
    notes: list[str] = field(default_factory=list)


class Sync:
    """One run of `desk sync`."""

    def __init__(self, desk: Desk, act: Act) -> None:
        self._desk = desk
        self._act = act
        self.repository = Repository(desk.root)
        self.outcome = Outcome()
        # The remote's commit that a push was refused for, and what was said, by the last of them.
        self._behind: tuple[str | None, str] | None = None
        self._why_not = ""
        self._locked = 0
        # Whether the remote has the branch, and its commit as it was fetched.
        self._is_there = True
        self._theirs: str | None = None

    def run(self, *, push: bool) -> Outcome:
        """Bring the clone and its remote together.

        Raises RefusedError where the clone is no state to sync in or the remote refuses,
        ConflictError where files that are no records clash, GitError where git fails (no network).
        """
        self.repository.check_exists()
        self.repository.check_trusted()
        with self._desk.locked("sync.lock", store.lock_wait()):
            self._clear_what_a_kill_left()
            with self._marked():
                self._run(push=push)
        return self.outcome

    def _run(self, *, push: bool) -> None:
        upstream = self._upstream(self._branch())
        if not upstream.remote:
            self._commit()
            self._note("there is no remote to sync with; git remote add origin URL makes one")
            return
        for attempt in range(_TRIES):
            longest = min(0.05 * attempt, 1.0)
            time.sleep(random.random() * longest)  # noqa: S311 - so that all get their turn
            try:
                self._fetch(upstream)
            except GitError as error:
                self._commit()
                kept = "what you did is committed here, and the next sync goes on"
                raise GitError(f"{error}; {kept}", error.said) from error
            self._check_moved(upstream)
            self._merge(upstream)
            if not push or self._push(upstream):
                return
            if self._locked == _LOCKED_TRIES:
                break
        locks = gitrecovery.remote_locks(self.repository, upstream.remote, upstream.branch)
        if locks:
            raise RefusedError(
                f"nobody can push while {' and '.join(locks)} stand there; remove them if a push "
                "that was killed has left them"
            )
        raise RefusedError(
            f"{upstream.tracking} changes so fast that nothing could be pushed "
            f"({self._why_not}); try again"
        )

    # --- the state of the clone ----------------------------------------------------------------

    def _branch(self) -> str:
        for name in _IN_THE_MIDDLE:
            if os.path.exists(self.repository.private(name)):
                raise RefusedError(
                    f"git is in the middle of something here ({name}); `desk check --fix` puts "
                    "records together, then end it with git (git commit, or git rebase --continue)"
                )
        answer = self.repository.answer("symbolic-ref", "--quiet", "HEAD")
        if answer.code:
            raise RefusedError("no branch is checked out here; git switch to the one of the desk")
        return answer.text.removeprefix("refs/heads/")

    def _upstream(self, branch: str) -> Upstream:
        remote = self.repository.setting(f"branch.{branch}.remote")
        merged = self.repository.setting(f"branch.{branch}.merge").removeprefix("refs/heads/")
        remotes = self.repository.remotes()
        if remote and merged and remote != ".":
            if remote not in remotes:
                raise RefusedError(
                    f"branch {branch} follows {remote}, which is no remote of this clone; git "
                    f"branch --set-upstream-to=REMOTE/{branch}, with one of: {', '.join(remotes)}"
                )
            return Upstream(remote, merged, is_set=True)
        chosen = "origin" if "origin" in remotes else remotes[0] if len(remotes) == 1 else ""
        if remotes and not chosen:
            raise RefusedError(
                f"there are several remotes ({', '.join(remotes)}) and branch {branch} follows "
                f"none; git branch --set-upstream-to=REMOTE/{branch}"
            )
        return Upstream(chosen, branch, is_set=False)

    def _check_signed(self) -> None:
        """Raise RefusedError where the remote takes signed commits only and none would be."""
        if not self.repository.signs and self._must_sign():
            raise RefusedError(
                "this desk's remote takes signed commits only (`remote` in desk.yaml): git config "
                "--global commit.gpgSign true, gpg.format ssh, user.signingKey your key"
            )

    def _must_sign(self) -> bool:
        """What the remote's desk.yaml says of signatures, as it was fetched; else the clone's."""
        path = f"{self.repository.prefix}{store.POLICY_FILE}"
        there = self._theirs and self.repository.object_at(self._theirs, path)
        if there:
            with suppress(DamagedError):
                text = yamltext.decode(next(self.repository.blobs((there,))))
                return roles.read_must_sign(Reader(text, path, codec.parse))
        return self._desk.policy.must_sign

    @contextmanager
    def _marked(self) -> Iterator[None]:
        """While it runs there is a mark that tells the next one of a kill."""
        self._desk.keep_private(_MARK, b"")
        try:
            yield
        finally:
            self._desk.remove_private(_MARK)

    def _clear_what_a_kill_left(self) -> None:
        """Put right what a sync that was killed has left."""
        mark = self._desk.private(_MARK)
        if mark is None:
            return
        locks = gitrecovery.own_locks(self.repository)
        if mark == _PUSHING:
            upstream = self._upstream(self._branch())
            locks += gitrecovery.remote_locks(self.repository, upstream.remote, upstream.branch)
        self.outcome.notes += gitrecovery.remove_left(locks)
        names_one = mark not in (b"", _PUSHING)
        target = self.repository.find_commit(mark.decode("ascii", "replace")) if names_one else None
        if target:
            self.outcome.notes += gitrecovery.put_back(self.repository, target)

    # --- commit ------------------------------------------------------------------------------

    def _commit(self) -> None:
        with self._desk.locked("lock", store.lock_wait()):
            self._commit_locked()

    def _commit_locked(self) -> None:
        """Commit what stands in tickets and kb, but for damaged and stray files."""
        told: list[Change] = []
        paths: list[str] = []
        uncommitted = list(self._uncommitted())
        known = [old for _, old in uncommitted if old]
        texts = dict(zip(known, self.repository.blobs(known), strict=True))
        prefix = self.repository.prefix
        elsewhere = dict(self._misplaced(path.removeprefix(prefix) for path, _ in uncommitted))
        for path, old in uncommitted:
            try:
                told += self._changes(path.removeprefix(prefix), texts.get(old), elsewhere)
                paths.append(path)
            except DamagedError as error:
                self._note(f"{error}; it is not committed")
        if not paths:
            return
        self._check_signed()
        names = b"".join(os.fsencode(path.removeprefix(prefix)) + b"\0" for path in paths)
        self.repository.output("update-index", "--add", "--remove", "-z", "--stdin", given=names)
        given = b"\0".join(os.fsencode(f":(top,literal){path}") for path in paths)
        files = ("--pathspec-from-file=-", "--pathspec-file-nul")
        message = message_of(told, len(paths))
        options = ("--quiet", "--no-verify", "--cleanup=verbatim", "-m", message)
        answer = self.repository.answer("commit", *options, *files, given=given)
        if answer.code:
            if b"nothing" in answer.output:  # to commit: what the index had as removed is back
                self.repository.output("reset", "--quiet", "--", "tickets", store.ARTICLES)
                return
            raise GitError(f"git commit: {answer.why}", answer.said)
        self.outcome.committed += len({change["id"] for change in told}) or len(paths)

    def _note(self, sentence: str) -> None:
        if sentence not in self.outcome.notes:
            self.outcome.notes.append(sentence)

    def _uncommitted(self) -> Iterator[tuple[str, str]]:
        """(path, object that the last commit has there) of what is not committed and desk's."""
        head = self.repository.find_commit("HEAD")
        own = [store.POLICY_FILE, ".gitattributes", "tickets", store.ARTICLES]
        changed = self.repository.uncommitted(head or self.repository.empty_tree, *own)
        for one in changed:
            if one.path == self.repository.prefix + store.POLICY_FILE and one.old:
                self._note(f"{one.path} has changes that are left to you: git commit {one.path}")
            else:
                yield one.path, one.old
        for path in self.repository.untracked(*own):
            yield path, ""

    def _misplaced(self, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
        """(id, path) of each record in a file that is not in its place."""
        for path in paths:
            folder, _, name = path.rpartition("/")
            whole = os.path.join(self._desk.root, path)
            if folder and not store.is_in_place(folder, name) and os.path.isfile(whole):
                with suppress(DamagedError):
                    yield codec.load(self._desk.text(path)).id, path

    def _changes(self, path: str, old: bytes | None, elsewhere: Mapping[str, str]) -> list[Change]:
        """What happened to a file since the last commit, none where it is no record.

        `elsewhere` has records whose file is not in its place. Raises DamagedError for a file
        that cannot be read or has no place here.
        """
        folder, _, name = path.rpartition("/")
        if path in (store.POLICY_FILE, ".gitattributes") or folder == store.PICTURES:
            return []
        if not store.is_in_place(folder, name):
            if not os.path.lexists(os.path.join(self._desk.root, path)):
                return []  # so it is put right
            raise DamagedError("this is no record in its place", path)
        record_id = name.removesuffix(".yaml")
        earlier = reconcile.readable(old) if old is not None else None
        try:
            record = self._desk.read(record_id)
        except NotFoundError:
            if record_id in elsewhere:
                there = elsewhere[record_id]
                problem = f"its record is in {there}; `desk check --fix` puts it back"
                raise DamagedError(problem, path) from None
            title = earlier.title if earlier else ""
            self._note(f"{record_id} {title!r} was removed here; git has it still")
            return [changes.removed(record_id, title)]
        if earlier and (lost := merge.lost(earlier, record)):
            events = f"event{'' if len(lost) == 1 else 's'} {', '.join(map(str, lost))}"
            problem = f"its log lacks {events} of the last commit; `desk check --fix` has it whole"
            raise DamagedError(problem, path)
        return list(changes.between(changes.before(earlier) if earlier else None, record))

    # --- fetch, merge, push ------------------------------------------------------------------

    def _network(self, *arguments: str) -> None:
        own = "GIT_SSH_COMMAND" in os.environ or "GIT_SSH" in os.environ
        own = own or bool(self.repository.setting("core.sshCommand"))
        answer = self.repository.answer(*arguments, environment={} if own else _OWN_SSH)
        if answer.code:
            raise GitError(f"git {arguments[0]}: {answer.why}", answer.said + answer.text)

    def _fetch(self, upstream: Upstream) -> None:
        """Fetch the branch by its name, whatever branches the clone's settings speak of."""
        wanted = f"+refs/heads/{upstream.branch}:{upstream.reference}"
        options = ("--quiet", "--no-recurse-submodules", "--refmap=", "--end-of-options")
        self._is_there = True
        try:
            self._network("fetch", *options, upstream.remote, wanted)
        except GitError as error:
            if _NO_BRANCH not in error.said:
                raise
            self._is_there = False  # the push will make it

    def _check_moved(self, upstream: Upstream) -> None:
        """Raise RefusedError where a push was refused as behind, and the remote has nothing new."""
        if self._behind and self._behind[0] == self.repository.find_commit(upstream.reference):
            raise _refusal(upstream, self._behind[1])

    def _merge(self, upstream: Upstream) -> None:
        """Bring what was fetched into the branch and the files."""
        theirs = self._theirs = self.repository.find_commit(upstream.reference)
        with self._desk.locked("lock", store.lock_wait()):
            self._commit_locked()
            ours = self.repository.find_commit("HEAD")
            if theirs is None or (ours and self.repository.is_ancestor(theirs, ours)):
                return
            target = theirs
            came: dict[str, list[Change]] = {}
            if ours and not self.repository.is_ancestor(ours, theirs):
                renumbering = Renumbering(self._desk, self._act.at, self._act.by)
                self._check_signed()
                merged = gitmerge.merged(
                    self.repository, ours, theirs, upstream.tracking, renumbering
                )
                target, came = merged.commit, merged.came
                self.outcome.together += merged.together
                self.outcome.new_ids |= renumbering.new_ids
                for note in (*merged.notes, *_overruled(merged.overruled)):
                    self._note(note)
            self._forward(target)
        self.outcome.came = {} if self.outcome.before else came
        self.outcome.before = self.outcome.before or ours
        self.outcome.after = target

    def _forward(self, commit: str) -> None:
        """Move the branch and the files on to a commit that has it among its ancestors."""
        self._desk.keep_private(_MARK, commit.encode())
        # What the branch's settings would have `git merge` do besides is not wanted here.
        branch = self.repository.text("symbolic-ref", "HEAD").removeprefix("refs/heads/")
        options = ("--ff-only", "--quiet", "--no-stat", "--no-autostash")
        answer = self.repository.answer(
            "-c", f"branch.{branch}.mergeOptions=", "merge", *options, commit
        )
        if answer.code:
            lines = [line.strip() for line in answer.said.splitlines() if line.startswith("\t")]
            if not lines:
                self.outcome.notes += gitrecovery.put_back(self.repository, commit)
                raise GitError(f"git merge: {answer.why}", answer.said)
            raise RefusedError(
                f"{', '.join(lines)} came in changed and has changes of yours that are not "
                "committed; git commit or git stash them, then `desk sync` again"
            )

    def _push(self, upstream: Upstream) -> bool:
        """Whether it was pushed; false where somebody was faster."""
        target = f"HEAD:refs/heads/{upstream.branch}"
        theirs = self.repository.find_commit(upstream.reference) if self._is_there else None
        if theirs == self.repository.find_commit("HEAD") and upstream.is_set:
            return True
        if theirs:
            self._check_unmarked(theirs)
        options = ["--porcelain", "--no-recurse-submodules"]
        options += [] if upstream.is_set else ["--set-upstream"]
        self._desk.keep_private(_MARK, _PUSHING)
        try:
            self._network("push", *options, "--end-of-options", upstream.remote, target)
        except GitError as error:
            if any(sign in error.said for sign in _FASTER):
                lines = (line.strip() for line in error.said.splitlines())
                self._why_not = next(line for line in lines if any(s in line for s in _FASTER))
                is_behind = any(sign in error.said for sign in _BEHIND)
                self._behind = (theirs, error.said) if is_behind else None
                self._locked += not is_behind
                return False
            if "[remote rejected]" in error.said or "[rejected]" in error.said:
                raise _refusal(upstream, error.said) from error
            raise
        self.outcome.pushed = True
        return True

    def _check_unmarked(self, theirs: str) -> None:
        """Raise RefusedError where conflict markers were committed that the remote has not."""
        changed = self.repository.differences(theirs, "HEAD", "tickets", store.ARTICLES)
        there = [one for one in changed if one.new and store.may_be_record(one.path)]
        texts = self.repository.blobs(one.new for one in there)
        marked = [
            one.path
            for one, text in zip(there, texts, strict=True)
            if _MARKERS[0] in text and _MARKERS[1] in text
        ]
        if marked:
            raise RefusedError(
                f"conflict markers were committed in {', '.join(marked[:_LISTED])}, so nothing is "
                "pushed; `desk check --fix` puts both sides together, then `desk sync` again"
            )


def _overruled(found: Mapping[str, Sequence[Overruled]]) -> list[str]:
    """Sentences on the fields that both sides changed, so that whose value went hears of it."""
    said = [
        f"{record_id}: {render.safe(one.name)} {_set_to(one.stands, one.name)} stands over "
        f"{_set_to(one.other, one.name)}"
        for record_id, fields in found.items()
        for one in fields
    ]
    left = len(said) - _OVERRULED
    return [*said[:_OVERRULED], *([f"… and so in {left} more fields"] if left > 0 else [])]


def _set_to(event: Event, name: str) -> str:
    to = event.change[name][1]
    value = "none" if to is None else render.cut(render.shown(to), 60)
    return f"{value} ({event.by}, {event.at})"


def _refusal(upstream: Upstream, said: str) -> RefusedError:
    """That the remote refused a push, with what it said, or else git."""
    refusals = [
        line.partition("remote: ")[2].strip().removeprefix("desk: ")
        for line in said.splitlines()
        if line.startswith("remote: ")
    ]
    why = "\n".join(filter(None, refusals)) or said.strip()
    return RefusedError(
        f"{upstream.remote} refused what was pushed:\n{why}\nuntil that is mended nothing can be "
        f"pushed; `git reset --soft $(git merge-base HEAD {upstream.tracking})` takes the commits "
        "back and leaves the files (docs/teams.md has the rest)"
    )


def message_of(told: Sequence[Change], files: int) -> str:
    """What a commit of such changes is called: what was done, to which records."""
    verbs: dict[str, list[str]] = {}
    titles: dict[str, str] = {}
    for change in told:
        record_id = str(change["id"])
        titles[record_id] = _shortened(render.safe(str(change["title"])))
        event = change.get("event")
        did = str(event["did"]) if isinstance(event, dict) else str(change["what"])
        if did not in ("created", *verbs.setdefault(record_id, [])):
            verbs[record_id].append(did)
    lines = [f"{one} {', '.join(verbs[one])}: {titles[one]}" for one in titles]
    if len(lines) == 1:
        return lines[0]
    if not lines:
        return f"desk: {files} file{'' if files == 1 else 's'}"
    left = f"\n… and {len(lines) - _LISTED} more" if len(lines) > _LISTED else ""
    return f"{_counted(told)}\n\n" + "\n".join(lines[:_LISTED]) + left


def _shortened(title: str) -> str:
    return title if len(title) <= _LONGEST else f"{title[:_LONGEST]}…"


def _counted(told: Sequence[Change]) -> str:
    ids = {str(change["id"]) for change in told}
    articles = sum(one.startswith("KB-") for one in ids)
    counts = ((len(ids) - articles, "ticket"), (articles, "article"))
    return ", ".join(f"{n} {word}{'' if n == 1 else 's'}" for n, word in counts if n)
