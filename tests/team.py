"""A team in git: a remote and clones of it."""

import subprocess
from pathlib import Path

from desk import codec, store
from tests.support import NOW, POLICY, Ran, run


class Team:
    """A remote and clones of it, in which chen and lin work; ids are A0001, A0002, …"""

    def __init__(self, folder: Path) -> None:
        self.hub = folder / "hub"
        self.folder = folder
        git(folder, "init", "--quiet", "--bare", "--initial-branch=main", str(self.hub))
        self.one = self.clone("one", "chen")
        store.make(str(self.one), POLICY)

    def clone(self, name: str, who: str) -> Path:
        path = self.folder / name
        git(self.folder, "clone", "--quiet", str(self.hub), str(path))
        git(path, "config", "user.name", who)
        git(path, "config", "user.email", f"{who}@example.com")
        return path

    def run(self, clone: Path, *words: str, at: str = NOW) -> Ran:
        who = git(clone, "config", "user.name")
        return run(["-C", str(clone), "--now", at, "--as", who, *words])

    def done(self, clone: Path, *words: str, at: str = NOW) -> Ran:
        ran = self.run(clone, *words, at=at)
        assert ran.code == 0, ran
        return ran

    def open(self, clone: Path, title: str) -> str:
        return self.done(clone, "open", title).out.strip()

    def open_as(self, clone: Path, title: str, record_id: str) -> None:
        """A ticket that has drawn that id."""
        drawn = self.open(clone, title)
        path = clone / store.path_of(drawn)
        text = path.read_text(encoding="utf-8").replace(drawn, record_id)
        (clone / store.path_of(record_id)).write_text(text, encoding="utf-8")
        path.unlink()

    def both(self) -> tuple[Path, Path, str]:
        """Two clones that hold one ticket."""
        ticket = self.open(self.one, "VPN drops")
        self.done(self.one, "sync")
        return self.one, self.clone("two", "lin"), ticket


def git(folder: Path, *words: str) -> str:
    ran = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran
    return ran.stdout.strip()


def text(clone: Path, record_id: str) -> str:
    return (clone / store.path_of(record_id)).read_text(encoding="utf-8")


def events(clone: Path, record_id: str) -> list[tuple[int, str, str]]:
    return [(one.n, one.by, one.did) for one in codec.load(text(clone, record_id)).log]
