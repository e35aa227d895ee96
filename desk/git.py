"""The only caller of git: without a shell, hooks, pager or prompt.

docs/teams.md tells what is refused in a clone whose own settings name programs.
"""

import os
import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import IO, NamedTuple, cast

from desk.errors import NotFoundError, RefusedError, StorageError

_HARDENED = (
    "git", "--no-pager", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null",
    "-c", "core.quotePath=false", "-c", "protocol.ext.allow=never",
    "-c", "submodule.recurse=false", "-c", "advice.detachedHead=false",
    "-c", "http.lowSpeedLimit=100", "-c", "http.lowSpeedTime=60",
)  # fmt: skip
_ENVIRONMENT = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_EDITOR": "true",
    "GIT_MERGE_AUTOEDIT": "no",
    "GIT_OPTIONAL_LOCKS": "0",
    "LC_ALL": "C.UTF-8",
    "LANGUAGE": "en",
}
# Transports that run no helper of another's making; who wants more sets this variable.
_TRANSPORTS = "file:git:http:https:ssh"
# Settings that name programs, files with more settings, or another place to talk to or to
# write. docs/teams.md tells which others are heeded, and why.
_NOT_HEEDED = re.compile(
    r"core\.(sshcommand|askpass|gitproxy|alternaterefscommand|editor)|credential\.(.*\.)?helper"
    r"|gpg\.(.*\.)?program|gpg\.ssh\.defaultkeycommand|filter\..*\.(clean|smudge|process)"
    r"|lfs\.(customtransfer|extension)\..*|gc\.recentobjectshook|include\.path|includeif\..*\.path"
    r"|remote\..*\.(uploadpack|receivepack|vcs|proxy)|url\..*\.(push)?insteadof"
    r"|http\.(.*\.)?(proxy.*|ssl.*|schannel.*|cookiefile|savecookies|curloptresolve|delegation)",
    re.ASCII,
)
# Settings by which git fetches what is missing as soon as it is asked for it.
_FETCHES = re.compile(r"extensions\.partialclone|remote\..*\.(promisor|partialclonefilter)")
_OF_SSH = re.compile(r"^ssh: |: Permission denied \(|^Host key verification failed")
_REMOTE = re.compile(r"remote\.(.+)\.([^.]+)", re.DOTALL)
# What all work trees of a repository share; a file of each is in its own folder.
_SHARED = ("refs", "packed-refs", "config", "remotes", "branches")
NO_OBJECT = "0" * 40
REGULAR = "100644"
# So many names of objects fit into a pipe, whatever comes back through the other.
_AT_ONCE = 500


class GitError(StorageError):
    """git could not do it; `said` is what it said, whole."""

    def __init__(self, sentence: str, said: str) -> None:
        self.said = said
        super().__init__(sentence)


class Difference(NamedTuple):
    """What one tree has at a path and another has not; object and mode are empty for nothing."""

    path: str
    old_mode: str
    old: str
    mode: str
    new: str


class Unmerged(NamedTuple):
    """A side of a path in an index that a merge left open: 1 the base, 2 ours, 3 theirs."""

    path: str
    side: int
    mode: str
    object: str


class Commit(NamedTuple):
    """A commit and who made it; parents are empty for a first one."""

    id: str
    parents: tuple[str, ...]
    author_email: str
    name: str
    email: str


class Answer(NamedTuple):
    """What a run of git gave."""

    code: int
    output: bytes
    said: str

    @property
    def text(self) -> str:
        """The output as text without the line break at its end."""
        return self.output.decode("utf-8", "replace").rstrip("\n")

    @property
    def why(self) -> str:
        """What git said of its failure, in a line."""
        lines = [line.strip() for line in self.said.splitlines() if line.strip()]
        marked = [line for line in lines if line.startswith(("fatal:", "error:"))]
        said = (marked or lines or ["it said nothing"])[0]
        said = said.removeprefix("fatal: ").removeprefix("error: ")
        if "auto-detect email" in said:
            return "it knows no e-mail of yours; git config --global user.email YOU@EXAMPLE.COM"
        by_ssh = next((line for line in lines if _OF_SSH.search(line)), "")
        return f"{by_ssh} ({said})" if by_ssh else said


class Repository:
    """A git repository: that around a desk, or a bare one. Its settings are read once.

    Paths are those of the repository, from its top.
    """

    def __init__(self, folder: str) -> None:
        self.folder = folder

    # --- running git ---------------------------------------------------------------------------

    def answer(
        self, *arguments: str, given: bytes = b"", environment: Mapping[str, str] | None = None
    ) -> Answer:
        """Run git and give whatever comes of it; raises StorageError where there is no git."""
        try:
            ran = subprocess.run(
                (*_HARDENED, *arguments),
                cwd=self.folder,
                input=given,
                capture_output=True,
                check=False,
                env={**_environment(), **(environment or {})},
            )
        except OSError as error:
            raise StorageError(f"git cannot be run: {error.strerror}; install it") from error
        return Answer(ran.returncode, ran.stdout, ran.stderr.decode("utf-8", "replace"))

    def output(self, *arguments: str, given: bytes = b"") -> bytes:
        """What git prints; raises GitError where it fails."""
        answer = self.answer(*arguments, given=given)
        if answer.code:
            raise GitError(f"git {_verb(arguments)}: {answer.why}", answer.said)
        return answer.output

    def text(self, *arguments: str) -> str:
        """What git prints as text; raises GitError."""
        return self.output(*arguments).decode("utf-8", "replace").rstrip("\n")

    # --- what it is ------------------------------------------------------------------------------

    @cached_property
    def exists(self) -> bool:
        """Whether the folder is in a repository; git is asked only where there may be one."""
        folders = [os.path.abspath(self.folder)]
        while folders[-1] != os.path.dirname(folders[-1]):
            folders.append(os.path.dirname(folders[-1]))
        may_be = "GIT_DIR" in os.environ or any(
            os.path.lexists(os.path.join(folder, ".git")) for folder in folders
        )
        may_be = may_be or os.path.exists(os.path.join(self.folder, "HEAD"))  # a bare one
        return may_be and self._places.code == 0

    def check_exists(self) -> None:
        """Raise RefusedError where there is no repository to work in."""
        if self.exists:
            return
        if "dubious ownership" in self._places.said:
            folder = os.path.abspath(self.folder)
            raise RefusedError(
                f"git does not trust {folder}, which is somebody else's; if you do: "
                f"git config --global --add safe.directory {folder}"
            )
        raise RefusedError(f"{self.folder} is in no git repository; git init makes one")

    @cached_property
    def _places(self) -> Answer:
        """The folder of the repository, and the one that its work trees share, a line each."""
        return self.answer("rev-parse", "--git-dir", "--git-common-dir")

    @cached_property
    def is_bare(self) -> bool:
        """Whether the folder itself is the repository, whatever its settings say of that."""
        folder = os.path.realpath(self.folder)
        is_itself = os.path.realpath(self.text("rev-parse", "--absolute-git-dir")) == folder
        return is_itself and os.path.basename(folder) != ".git"

    @cached_property
    def prefix(self) -> str:
        """The folder within the repository: empty, or `helpdesk/`."""
        return self.text("rev-parse", "--show-prefix")

    @cached_property
    def top(self) -> str:
        """The repository's top folder."""
        return self.text("rev-parse", "--show-toplevel")

    def private(self, name: str) -> str:
        """Where a file of git's own is: `MERGE_HEAD`, `index.lock`."""
        own, shared = self._places.text.split("\n")
        return os.path.join(self.folder, shared if name.startswith(_SHARED) else own, name)

    def check_trusted(self) -> None:
        """Raise RefusedError where the repository's own settings name programs or lead elsewhere.

        It may be a folder that somebody else has packed: git would heed them all.
        """
        names = self._own_settings()
        for name in names:
            if _NOT_HEEDED.fullmatch(name):
                raise RefusedError(
                    f"{self.private('config')} has {name}, which names a program, more settings or "
                    "another place, and desk heeds no such thing of a folder; put it into your own "
                    "settings (git config --global) if it is yours"
                )
        if "core.worktree" in names:
            self._check_place()
        self._check_remotes()

    def _own_settings(self) -> list[str]:
        """The names of the settings that stand in the repository itself."""
        return [name for scope, name, _ in self._settings if scope in ("local", "worktree")]

    @cached_property
    def _settings(self) -> list[tuple[str, str, str]]:
        """All settings as (scope, name, value); of those of one name the last counts."""
        parts = self.text("config", "--null", "--show-scope", "--list").split("\0")
        pairs = zip(parts[::2], parts[1::2], strict=False)
        settings = ((scope, *entry.partition("\n")) for scope, entry in pairs)
        # A name alone stands for true.
        return [(scope, name, value if mark else "true") for scope, name, mark, value in settings]

    def _check_place(self) -> None:
        """Raise RefusedError where the files are in a folder whose `.git` is another.

        Git itself sets core.worktree in a submodule, to which its `.git` leads back.
        """
        top = self.answer("rev-parse", "--show-toplevel").text
        leads_to = os.path.join(top, ".git")
        if os.path.isfile(leads_to):
            with open(leads_to, "rb") as file:
                path = os.fsdecode(file.read().removeprefix(b"gitdir: ").rstrip(b"\r\n"))
            leads_to = os.path.join(top, path)
        if os.path.realpath(leads_to) != os.path.realpath(self.private(".")):
            raise RefusedError(
                f"{self.private('config')} has core.worktree, and the folder that it "
                "leads to is not this clone's; git config --unset core.worktree takes it out"
            )

    def remotes(self) -> list[str]:
        """The names of the remotes that have a URL."""
        found = (_REMOTE.fullmatch(name) for _, name, _ in self._settings)
        named = (match[1] for match in found if match and match[2] in ("url", "pushurl"))
        return list(dict.fromkeys(named))

    def _check_remotes(self) -> None:
        """Raise RefusedError for a remote that came with the clone: its hooks would run."""
        for folder in map(self.private, ("remotes", "branches")):
            if os.path.isdir(folder) and os.listdir(folder):
                raise RefusedError(
                    f"{folder} has remotes as an old git kept them, which nothing lists; "
                    "git remote add names one, then remove those files"
                )
        top = self.answer("rev-parse", "--show-toplevel").text or self.folder
        shared = os.path.dirname(self.private("config"))
        inside = {os.path.realpath(one) for one in (top, self.private("."), shared)}
        partial = self.setting("extensions.partialClone")
        own = filter(None, map(_REMOTE.fullmatch, self._own_settings()))
        names = {*self.remotes(), *(match[1] for match in own), *filter(None, (partial,))}
        for url in dict.fromkeys(url for name in sorted(names) for url in self._urls(name)):
            path = local_path(url)
            if path is not None and (not _is_whole(path) or _is_within(path, inside)):
                raise RefusedError(
                    f"the remote {url or 'without a URL'} lies in this clone, or beside wherever "
                    "that is, and its hooks would run; git remote set-url origin URL names "
                    "another, or a folder by its whole path"
                )

    def _urls(self, remote: str) -> list[str]:
        """All URLs that git uses for a remote: the name itself where it has no other."""
        options = ((), ("--push",))
        answers = [
            self.answer("remote", "get-url", *way, "--all", "--end-of-options", remote)
            for way in options
        ]
        return [url for one in answers for url in os.fsdecode(one.output).splitlines()] or [remote]

    def check_whole(self) -> None:
        """Raise RefusedError for a partial clone, of which git fetches objects when it reads."""
        found = next((name for _, name, _ in self._settings if _FETCHES.fullmatch(name)), "")
        if found:
            raise RefusedError(
                f"{self.folder} is a partial clone (it has {found}), of which git fetches what is "
                "missing while it is read; clone it whole, without --filter"
            )

    def setting(self, name: str) -> str:
        """A setting's value, empty where there is none; of several the last."""
        first, *middle, last = name.split(".")
        wanted = ".".join((first.lower(), *middle, last.lower()))
        return next((v for _, one, v in reversed(self._settings) if one == wanted), "")

    @property
    def signs(self) -> bool:
        """Whether commits made here are signed."""
        return self.setting("commit.gpgSign").lower() in ("true", "yes", "on", "1")

    @cached_property
    def empty_tree(self) -> str:
        """The object of a tree without files."""
        return self.text("hash-object", "-t", "tree", "/dev/null")

    # --- commits and trees ---------------------------------------------------------------------

    def find_commit(self, revision: str) -> str | None:
        """The commit that a revision names, None for none."""
        answer = self.answer(
            "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"
        )
        return answer.text if answer.code == 0 and answer.text else None

    def commit(self, revision: str) -> str:
        """The commit that a revision names; raises NotFoundError."""
        found = self.find_commit(revision)
        if found is None:
            raise NotFoundError(f"there is no commit {revision!r} in {self.folder}")
        return found

    def merge_base(self, one: str, other: str) -> str | None:
        """The best common ancestor of two commits, None where they have none."""
        answer = self.answer("merge-base", one, other)
        return answer.text if answer.code == 0 else None

    def parents(self, commit: str) -> list[str]:
        """The parents of a commit."""
        return self.text("rev-list", "--parents", "-n", "1", commit).split()[1:]

    def is_ancestor(self, one: str, other: str) -> bool:
        """Whether the first commit is the other or among its ancestors."""
        return self.answer("merge-base", "--is-ancestor", one, other).code == 0

    def differences(self, old: str | None, new: str, *paths: str) -> list[Difference]:
        """What differs between the trees of two commits (of none: everything), by path."""
        old = old or self.empty_tree
        command = ("diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev")
        return _differences(self.output(*command, "--end-of-options", old, new, "--", *paths))

    def uncommitted(self, revision: str | None, *paths: str) -> list[Difference]:
        """How the work tree differs from a commit (of none: from nothing).

        `new` is empty also where it is not known. Files that git does not know are not among them.
        """
        # To know of changes within a submodule git would run what that one's settings name.
        command = ("diff-index", "-r", "-z", "--raw", "--no-renames", "--no-abbrev",
                   "--ignore-submodules=dirty")  # fmt: skip
        self.answer("update-index", "-q", "--refresh")
        old = revision or self.empty_tree
        return _differences(self.output(*command, "--end-of-options", old, "--", *paths))

    def untracked(self, *paths: str) -> list[str]:
        """Files that git does not know and does not ignore, from the top."""
        command = ("ls-files", "-z", "--others", "--exclude-standard", "--full-name", "--")
        return _names(self.output(*command, *paths))

    def unmerged(self) -> list[Unmerged]:
        """The sides of all paths that a merge left open."""
        found = []
        for entry in _names(self.output("ls-files", "-z", "--unmerged", "--full-name")):
            facts, _, path = entry.partition("\t")
            mode, name, side = facts.split()
            found.append(Unmerged(path, int(side), mode, name))
        return found

    def object_at(self, revision: str, path: str) -> str | None:
        """The object that a commit has at a path, None for nothing."""
        answer = self.answer("rev-parse", "--verify", "--quiet", f"{revision}:{path}")
        return answer.text if answer.code == 0 else None

    def commits(self, wanted: Iterable[str], *without: str) -> list[Commit]:
        """The commits that the wanted ones have and others have not, parents first.

        `without` are commits, or `--all` for what the repository's references have.
        """
        form = "%H%x00%P%x00%ae%x00%cn%x00%ce"
        command = ("log", "--stdin", "-z", f"--format=tformat:{form}", "--encoding=UTF-8",
                   "--topo-order", "--reverse", "--no-show-signature",
                   "--not", *without, "--")  # fmt: skip
        given = "".join(f"{name}\n" for name in wanted).encode()
        parts = self.output(*command, given=given).decode("utf-8", "replace").split("\0")
        fields = zip(*[iter(parts)] * len(Commit._fields), strict=False)
        return [Commit(one, tuple(parents.split()), *who) for one, parents, *who in fields]

    def changes(self, commits: Sequence[Commit]) -> list[list[list[Difference]]]:
        """Of each commit how it differs from each of its parents (a first one: from nothing)."""
        pairs = [(one.id, *parent) for one in commits for parent in _each_parent(one)]
        command = ("diff-tree", "--stdin", "--always", "-r", "--root", "-z", "--raw",
                   "--no-renames", "--no-abbrev", "--ignore-submodules=none")  # fmt: skip
        given = "".join(f"{' '.join(pair)}\n" for pair in pairs).encode()
        found = iter(_by_commit(self.output(*command, given=given)))
        return [[next(found) for _ in _each_parent(one)] for one in commits]

    def objects(self, names: Sequence[str]) -> list[tuple[str, int] | None]:
        """The object and the size in bytes of each name such as `main:desk.yaml`, None for none."""
        given = b"".join(os.fsencode(name) + b"\n" for name in names)
        output = self.output("cat-file", "--batch-check", given=given) if names else b""
        found: list[tuple[str, int] | None] = []
        for line in os.fsdecode(output).split("\n")[: len(names)]:
            if line.endswith((" missing", " ambiguous")):  # behind a name that may have spaces
                found.append(None)
                continue
            name, kind, size = (*line.rsplit(" ", 2), "", "")[:3]
            found.append((name, int(size)) if kind in ("blob", "tree", "commit") else None)
        return found

    def branches(self) -> dict[str, str]:
        """The branches by their whole names (`refs/heads/main`), with their commits."""
        form = "--format=%(objectname) %(refname)"
        lines = self.text("for-each-ref", form, "refs/heads/").splitlines()
        return {name: one for one, _, name in (line.partition(" ") for line in lines)}

    def signers(self, commits: Iterable[str], allowed: str) -> dict[str, str]:
        """Who signed each commit by SSH, of those whose signature is good.

        `allowed` is the text of an ALLOWED SIGNERS file (ssh-keygen(1)), by whose names they go.
        """
        import tempfile

        with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".signers") as file:
            file.write(allowed)
            file.flush()
            settings = ("gpg.format=ssh", "gpg.ssh.program=ssh-keygen", "gpg.program=false",
                        "gpg.x509.program=false", f"gpg.ssh.allowedSignersFile={file.name}",
                        "gpg.ssh.revocationFile=")  # fmt: skip
            options = [part for setting in settings for part in ("-c", setting)]
            form = "--format=tformat:%H%x00%G?%x00%GS"
            given = "".join(f"{name}\n" for name in commits).encode()
            output = self.output(*options, "log", "--no-show-signature", "--no-walk=unsorted",
                                 "--stdin", "-z", form,
                                 given=given)  # fmt: skip
        parts = output.decode("utf-8", "replace").split("\0")
        facts = zip(parts[::3], parts[1::3], parts[2::3], strict=False)
        return {commit: signer for commit, good, signer in facts if good == "G"}

    def commit_tree(self, tree: str, parents: Sequence[str], message: str) -> str:
        """A commit of that tree, signed where the person's settings say so."""
        options = [word for parent in parents for word in ("-p", parent)] + ["-S"] * self.signs
        made = self.output("commit-tree", *options, tree, given=message.encode())
        return made.decode().strip()

    def blobs(self, names: Iterable[str]) -> Iterator[bytes]:
        """The contents of objects, in their order; raises GitError where one is missing."""
        wanted = list(names)
        if not wanted:
            return
        with subprocess.Popen(
            (*_HARDENED, "cat-file", "--batch"),
            cwd=self.folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=_environment(),
        ) as process:
            questions, answers = cast("IO[bytes]", process.stdin), cast("IO[bytes]", process.stdout)
            for start in range(0, len(wanted), _AT_ONCE):
                chunk = wanted[start : start + _AT_ONCE]
                questions.write("".join(f"{name}\n" for name in chunk).encode())
                questions.flush()
                for name in chunk:
                    yield _blob(answers, name)


def local_path(url: str) -> str | None:
    """The path on this machine that git takes a URL for, None where it takes it for none."""
    if url.startswith("file://"):
        from urllib.parse import unquote_to_bytes

        return os.fsdecode(unquote_to_bytes(os.fsencode(url.removeprefix("file://"))))
    return None if ":" in url.partition("/")[0] else url


def _is_whole(path: str) -> bool:
    """Whether a path means the same whatever folder a program runs in."""
    plain = "/" + os.path.normpath(path).lstrip("/")
    return os.path.isabs(path) and not plain.startswith(("/proc/", "/dev/"))


def _is_within(path: str, folders: Iterable[str]) -> bool:
    real = os.path.realpath(path)
    return any(os.path.commonpath((real, folder)) == folder for folder in folders)


def _each_parent(commit: Commit) -> list[tuple[str, ...]]:
    return [(parent,) for parent in commit.parents] or [()]


def _by_commit(output: bytes) -> list[list[Difference]]:
    """The differences behind each commit's name in what `diff-tree --stdin` prints."""
    found: list[list[Difference]] = []
    parts = iter(output.split(b"\0"))
    for part in parts:
        if part.startswith(b":"):
            found[-1] += _differences(b"\0".join((part, next(parts))))
        elif part:
            found.append([])
    return found


def _blob(answers: IO[bytes], name: str) -> bytes:
    header = answers.readline().decode().split()
    if len(header) != 3:
        raise GitError(f"git has no object {name}", " ".join(header))
    data = answers.read(int(header[2]))
    answers.read(1)
    return data


def _verb(arguments: Sequence[str]) -> str:
    return next((word for word in arguments if not word.startswith("-")), "")


def _names(output: bytes) -> list[str]:
    return [os.fsdecode(name) for name in output.split(b"\0") if name]


def _differences(output: bytes) -> list[Difference]:
    parts = _names(output)
    found = []
    for facts, path in zip(parts[::2], parts[1::2], strict=True):
        old_mode, mode, old, new, _ = facts.removeprefix(":").split()
        found.append(Difference(path, *_side(old_mode, old), *_side(mode, new)))
    return found


def _side(mode: str, name: str) -> tuple[str, str]:
    """A mode and an object, empty where there is nothing (or, of the work tree, not known)."""
    return "" if mode == "000000" else mode, "" if name == NO_OBJECT else name


def _environment() -> dict[str, str]:
    return {"GIT_ALLOW_PROTOCOL": _TRANSPORTS, **os.environ, **_ENVIRONMENT}


def identity(folder: str) -> tuple[str, str]:
    """(name, e-mail) that git would commit with in that folder, empty where it has none."""
    name = os.environ.get("GIT_AUTHOR_NAME", "")
    email = os.environ.get("GIT_AUTHOR_EMAIL", "")
    if not (name and email):
        settings = _settings(folder)
        name = name or settings.get("user.name", "")
        email = email or settings.get("user.email", "")
    return name, email


def _settings(folder: str) -> dict[str, str]:
    command = (*_HARDENED, "-C", folder, "config", "--null", "--get-regexp")
    try:
        answer = subprocess.run(
            (*command, r"^user\.(name|email)$"),
            capture_output=True,
            stdin=subprocess.DEVNULL,
            check=False,
            timeout=10,
        )
    except (OSError, subprocess.TimeoutExpired):
        return {}
    entries = answer.stdout.decode("utf-8", "replace").split("\0")
    pairs = (entry.partition("\n") for entry in entries if entry)
    return {name.lower(): value.strip() for name, _, value in pairs}
