"""A team's bare repository with the hook in it, and commits made of anything at all."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from desk import codec, store
from desk.model import Record
from tests.conftest import NOW, policy_text
from tests.support import environment, run

NOTHING = "0" * 40
# name: (e-mail, roles); zoe is not enrolled.
PEOPLE = {
    "ada": ("ada@example.com", "admin"),
    "zhao": ("zhao@example.com", "lead"),
    "lin": ("lin@example.com", "reviewer"),
    "chen": ("chen@example.com", "agent"),
    "sam": ("sam@example.com", "agent"),
    "rui": ("rui@example.com", "requester"),
}
EMAILS = {**{name: email for name, (email, _) in PEOPLE.items()}, "zoe": "zoe@example.org"}
ATTRIBUTES = "tickets/**/*.yaml text eol=lf merge=desk\nkb/*.yaml text eol=lf merge=desk\n"


def policy(more: str = "", keys: Mapping[str, str] | None = None, **roles: str) -> str:
    """A desk.yaml with PEOPLE, those of whom others of `roles` who are named."""
    text = policy_text(person="boss", person_email="boss@example.com", person_name="Boss")
    people = "".join(
        f"  {name}: {{email: {email}, roles: [{roles.get(name, role)}], "
        f"keys: [{(keys or {}).get(name, '')}]}}\n"
        for name, (email, role) in PEOPLE.items()
    )
    text = text.replace("    roles: [admin]\n", "    roles: [agent]\n")
    return text.replace("people:\n", f"people:\n{people}", 1) + f"roles: {{}}\n{more}"


class Entry(NamedTuple):
    """What a tree has at a path that is no plain file: a mode, and bytes or an object's name."""

    mode: str
    data: bytes = b""
    object: str = ""


class Pushed(NamedTuple):
    """How a push ended and what git said."""

    accepted: bool
    said: str


Files = Mapping[str, "str | bytes | Record | Entry | None"]


def at(minutes: int) -> datetime:
    """A moment so many minutes after the desk was founded, an hour before NOW."""
    return NOW - timedelta(hours=1) + timedelta(minutes=minutes)


class Team:
    """A bare repository `bare` with the hook, and a repository `lab` in which commits are made."""

    def __init__(self, folder: Path, *, hook: bool = True) -> None:
        self.folder = folder
        self.bare = folder / "desk.git"
        self.lab = folder / "lab.git"
        for one in (self.bare, self.lab):
            one.mkdir(parents=True)
            git(one, "init", "--quiet", "--bare", "--initial-branch=main", ".")
        if hook:
            ran = run(["hook", "install", str(self.bare)])
            assert ran.code == 0, ran

    def commit(
        self,
        who: str,
        files: Files,
        *parents: str,
        tree: str = "",
        author: str = "",
        email: str = "",
        key: Path | None = None,
    ) -> str:
        """A commit by somebody that has those files beside the first parent's; None removes one.

        `tree` is an object to have instead; `key` signs it.
        """
        tree = tree or self.tree(files, parents[0] if parents else "")
        mail = email or EMAILS[who]
        variables = {
            "GIT_COMMITTER_NAME": who, "GIT_COMMITTER_EMAIL": mail,
            "GIT_AUTHOR_NAME": author or who,
            "GIT_AUTHOR_EMAIL": EMAILS[author] if author else mail,
        }  # fmt: skip
        options = [option for parent in parents for option in ("-p", parent)]
        signing = ("-c", "gpg.format=ssh", "-c", f"user.signingKey={key}") if key else ()
        sign = [f"-S{key}"] if key else []
        return git(self.lab, *signing, "commit-tree", *sign, *options, "-m", "x", tree, **variables)

    def tree(self, files: Files, base: str = "") -> str:
        """A tree of those files, beside those of `base`."""
        index = {"GIT_INDEX_FILE": str(self.folder / "index")}
        git(self.lab, "read-tree", *([base] if base else ["--empty"]), **index)
        lines = []
        for path, content in files.items():
            if content is None:
                lines.append(f"0 {NOTHING}\t{path}\n")
                continue
            entry = content if isinstance(content, Entry) else Entry("100644", _bytes(content))
            lines.append(f"{entry.mode} {entry.object or self.blob(entry.data)}\t{path}\n")
        git(self.lab, "update-index", "--index-info", given="".join(lines), **index)
        return git(self.lab, "write-tree", "--missing-ok", **index)

    def blob(self, data: bytes) -> str:
        """The name of an object with those bytes."""
        return git(self.lab, "hash-object", "-w", "--stdin", given=data)

    def raw_tree(self, *entries: tuple[str, str, str]) -> str:
        """A tree of those modes, names and objects, whatever git thinks of it."""
        data = b"".join(
            f"{mode} {name}\0".encode() + bytes.fromhex(one) for mode, name, one in entries
        )
        return git(self.lab, "hash-object", "-t", "tree", "--literally", "-w", "--stdin",
                   given=data)  # fmt: skip

    def text(self, path: str, revision: str) -> str:
        """The text of a file of a commit."""
        return git(self.lab, "show", f"{revision}:{path}", whole=True)

    def record(self, record_id: str, revision: str) -> Record:
        """A record of a commit."""
        return codec.load(self.text(store.path_of(record_id), revision))

    def push(self, *refs: str, to: str = "", options: Sequence[str] = ()) -> Pushed:
        """Push references (`commit:refs/heads/main`) from the lab."""
        ran = subprocess.run(
            ["git", "push", *options, to or f"file://{self.bare}", *refs],
            cwd=self.lab, capture_output=True, text=True, check=False, env=environment(),
        )  # fmt: skip
        return Pushed(ran.returncode == 0, ran.stderr)

    def refs(self) -> str:
        """All references of the bare repository."""
        return git(self.bare, "for-each-ref")

    @contextmanager
    def daemon(self) -> Iterator[str]:
        """The address of a git daemon that serves the bare repository while the block runs."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = [
            "git", "daemon", "--export-all", "--enable=receive-pack", "--reuseaddr",
            "--listen=127.0.0.1", f"--port={port}", f"--base-path={self.folder}",
        ]  # fmt: skip
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        served = subprocess.Popen(command, env=environment(), start_new_session=True, **quiet)  # type: ignore[call-overload]
        try:
            _wait_for(port)
            yield f"git://127.0.0.1:{port}/{self.bare.name}"
        finally:
            os.killpg(served.pid, 15)
            served.wait()


def _wait_for(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            time.sleep(0.02)
    raise TimeoutError("the daemon does not answer")


def _bytes(content: str | bytes | Record) -> bytes:
    if isinstance(content, bytes):
        return content
    return (content if isinstance(content, str) else codec.dump(content)).encode()


def files(*records: Record) -> dict[str, Record]:
    """Records by the paths of their files."""
    return {store.path_of(one.id): one for one in records}


def git(
    folder: Path, *words: str, given: str | bytes = b"", whole: bool = False, **variables: str
) -> str:
    """What git prints, without the line break at its end unless `whole`."""
    ran = subprocess.run(
        ["git", *words],
        cwd=folder,
        input=given.encode() if isinstance(given, str) else given,
        capture_output=True,
        check=False,
        env={**os.environ, **variables},
    )
    assert ran.returncode == 0, (words, ran.stderr.decode())
    printed = ran.stdout.decode()
    return printed if whole else printed.rstrip("\n")


def has_daemon() -> bool:
    """Whether git here can serve."""
    ran = subprocess.run(["git", "daemon", "--help"], capture_output=True, check=False)
    path = subprocess.run(["git", "--exec-path"], capture_output=True, text=True, check=True)
    return ran.returncode in (0, 129) or (Path(path.stdout.strip()) / "git-daemon").exists()


def made_key(folder: Path, name: str) -> tuple[Path, str]:
    """A new SSH key: the file of the private one, and the public one."""
    path = folder / name
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(path)], check=True
    )
    return path, " ".join(Path(f"{path}.pub").read_text(encoding="utf-8").split()[:2])
