"""What may happen to a desk and its index from outside: editors, git, backups, mistakes."""

import os
import random
import re
import shutil
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from desk import codec, store
from desk.errors import DeskError
from desk.model import Article, Event, Record, Ticket
from tests.conftest import policy_text
from tests.promises import scene

TITLES = ("Printer jams", "VPN drops every hour", "打印机又卡纸了", "Password forgotten",
          "邮箱已满", "Excel crashes", "Disk full on db1")  # fmt: skip
STATUSES = ("new", "in_progress", "on_hold", "resolved", "closed", "closed", "closed", "cancelled")
MONTHS = ("2025/12", "2026/01", "2026/10", "2026/11")
INDEX = "index.sqlite"


class World:
    """A desk in a git repository, with what was kept of it to bring back later.

    `late` has the ids of ended tickets that were edited in place since every file was looked at;
    `ever` all that ever were. `kept` are copies of files and of the index.
    """

    def __init__(self, root: Path, seed: int) -> None:
        self.drawn = random.Random(seed)
        self.root = root / "desk"
        self.aside = root / "aside"
        self.aside.mkdir(parents=True)
        self.number = seed << 12
        self.late: set[str] = set()
        self.ever: set[str] = set()
        store.make(str(self.root), policy_text())
        for _ in range(20):
            self.create()
        self.git("init", "-q")
        self.commit()
        for action in (edit_by_rename, create, delete, edit_longer, rename_month):
            action(self)
        self.commit()
        self.foreign = self.aside / "foreign.sqlite"
        self.keep_index(self.foreign)

    # --- what is there -------------------------------------------------------------------------

    def files(self) -> list[Path]:
        """The files and links that stand where a record's may."""
        return sorted(path for path in self.root.rglob("*-*.yaml") if ".git" not in path.parts)

    def file(self) -> Path:
        return self.drawn.choice([path for path in self.files() if path.is_file()])

    def months(self) -> list[Path]:
        return sorted(path for path in self.root.glob("tickets/*/*") if path.is_dir())

    def spot(self, name: str) -> Path:
        """A new place outside of the desk."""
        self.number += 1
        return self.aside / f"{self.number}-{name}"

    @property
    def private(self) -> Path:
        return self.root / ".desk"

    @property
    def index(self) -> Path:
        return self.private / INDEX

    # --- doing ---------------------------------------------------------------------------------

    def git(self, *arguments: str) -> None:
        identity = ("-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "gc.auto=0")
        subprocess.run(
            ["git", *identity, *arguments], cwd=self.root, check=False, capture_output=True
        )

    def commit(self) -> None:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "x")

    def create(self) -> None:
        record = self.record()
        path = self.root / store.path_of(record.id)
        with suppress(OSError):  # its folder may be a link to nowhere
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(codec.dump(record), encoding="utf-8")

    def record(self) -> Record:
        """A new record, now and then an article."""
        drawn = self.drawn
        self.number += 1
        title = f"{drawn.choice(TITLES)} {drawn.randrange(1000)}"
        if drawn.random() < 0.15:
            made = f"KB-260101-{self.number % 90000 + 10000}"
            return Article({"id": made, "title": title, "status": "published", "body": title}, ())
        year, month = drawn.choice(MONTHS).split("/")
        opened = f"{year}-{month}-{drawn.randrange(10, 28)}T09:00:00+08:00"
        end = store.new_id("T", scene.NOW, self.number).rpartition("-")[2]
        head = {
            "id": f"T-{opened[2:10].replace('-', '')}-{end}", "title": title,
            "status": drawn.choice(STATUSES), "opened": opened,
            "priority": f"P{drawn.randrange(1, 5)}",
            "team": drawn.choice(("network", "service-desk")), "description": f"{title}?\n",
            "requester": {"name": drawn.choice(("李伟", "Ana Lopez"))},
            "external": f"INC{self.number % 1000:04}", drawn.choice("xyz"): drawn.randrange(9),
        }  # fmt: skip
        if head["status"] == "on_hold":
            head["waiting_for"] = "vendor"
        events = [Event(1, opened, "chen", "open", {"status": (None, "new")}, {})]
        events.append(Event(2, opened, "lin", "note", {}, {"text": drawn.choice(TITLES)}))
        return Ticket(head, tuple(events))

    def in_place(self, path: Path) -> None:
        """Remember a file that is about to be changed in place."""
        # What cannot be read is looked at, unless it was ended before it was edited in place.
        with suppress(DeskError, OSError, UnicodeDecodeError):
            record = codec.load(path.read_text(encoding="utf-8"))
            if isinstance(record, Ticket) and record.status in ("closed", "cancelled"):
                self.late.add(path.stem)
                self.ever.add(path.stem)

    def keep_index(self, to: Path) -> None:
        scene.in_process(["list"], self.root)
        with suppress(OSError):
            shutil.copy2(self.index, to)


# --- edits -----------------------------------------------------------------------------------


def changed(text: str, drawn: random.Random) -> str:
    """The text with another digit in its title, or another status of the same length."""
    digit = str(drawn.randrange(10))
    return re.sub(r"(?m)^(title: .*)\d$", rf"\g<1>{digit}", text, count=1)


def edit_same_size(world: World) -> None:
    path = world.file()
    world.in_place(path)
    status = path.stat()
    with path.open("r+b") as file:
        text = changed(file.read().decode(errors="replace"), world.drawn).encode()
        file.seek(0)
        file.write(text)
    if world.drawn.random() < 0.5:
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def edit_longer(world: World) -> None:
    path = world.file()
    world.in_place(path)
    text = path.read_text(encoding="utf-8", errors="replace")
    path.write_text(text.replace("\ndescription:", "\nrack: 7\ndescription:", 1), encoding="utf-8")


def edit_status(world: World) -> None:
    path = world.file()
    world.in_place(path)
    text = path.read_text(encoding="utf-8", errors="replace")
    status = world.drawn.choice(STATUSES)
    text = re.sub(r"(?m)^status: \w+$", f"status: {status}", text, count=1)
    path.write_text(text, encoding="utf-8")


def edit_by_rename(world: World) -> None:
    path = world.file()
    new = path.with_name("4913~")
    text = path.read_text(encoding="utf-8", errors="replace")
    new.write_text(changed(text, world.drawn), encoding="utf-8")
    status = path.stat()
    if world.drawn.random() < 0.5:
        os.utime(new, ns=(status.st_atime_ns, status.st_mtime_ns))
    new.replace(path)


def edit_through_another_name(world: World) -> None:
    path, other = world.file(), world.spot("link")
    os.link(path, other)
    world.in_place(path)
    other.write_text(changed(path.read_text(errors="replace"), world.drawn), encoding="utf-8")


def break_yaml(world: World) -> None:
    path = world.file()
    world.in_place(path)
    broken = world.drawn.choice(
        ("id: [", "", "x\0", "id: &a 1\n", "\xff", "- 1\n", "id: 1\nid: 2\n")
    )
    path.write_bytes(broken.encode("latin-1"))


def conflict(world: World) -> None:
    path = world.file()
    world.in_place(path)
    text = path.read_text(encoding="utf-8", errors="replace")
    marked = re.sub(
        r"(?m)^(title: .*)$", r"<<<<<<< HEAD\n\1\n=======\n\1 2\n>>>>>>> other", text, count=1
    )
    path.write_text(marked, encoding="utf-8")


def touch(world: World) -> None:
    path = world.file()
    os.utime(path, world.drawn.choice((None, (0, 0))))


def chmod(world: World) -> None:
    path = world.file()
    path.chmod(world.drawn.choice((0, 0o600, 0o644)))


# --- files that come, go and move ----------------------------------------------------------------


def create(world: World) -> None:
    world.create()


def delete(world: World) -> None:
    if len(world.files()) > 12:
        path = world.drawn.choice(world.files())
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    else:
        world.create()


def keep_and_restore(world: World) -> None:
    """A backup of a file, brought back with its old times, in place or as another file."""
    kept = sorted(world.aside.glob("*-backup-*"))
    path = world.file()
    if not kept or world.drawn.random() < 0.5:
        shutil.copy2(path, world.spot(f"backup-{path.name}"))
        return
    copy = world.drawn.choice(kept)
    path = world.root / store.path_of(copy.name.partition("-backup-")[2].removesuffix(".yaml"))
    with suppress(OSError):
        if path.is_file() and not path.is_symlink() and world.drawn.random() < 0.5:
            world.in_place(path)
        else:
            path.unlink(missing_ok=True)
        shutil.copy2(copy, path)


def rename_file(world: World) -> None:
    """To a name of no record and back, or to that of another record."""
    hidden = sorted(path for path in world.root.glob("tickets/*/*/*.orig") if path.parent.is_dir())
    if hidden and world.drawn.random() < 0.6:
        path = world.drawn.choice(hidden)
        path.rename(path.with_suffix(""))
        return
    path = world.file()
    if world.drawn.random() < 0.5:
        path.rename(path.with_name(f"{path.name}.orig"))
    else:
        path.rename(path.with_name(world.file().name))


def misplace(world: World) -> None:
    path = world.file()
    to = world.drawn.choice([*world.months(), world.root / "kb", world.root / "tickets"])
    with suppress(OSError):
        path.rename(to / path.name)


def swap_files(world: World) -> None:
    one, other = world.file(), world.file()
    aside = world.spot("swapped")
    one.rename(aside)
    if other.exists():
        other.rename(one)
    aside.rename(other)


def rename_month(world: World) -> None:
    """A month, or a year, to a free name, or two months to each other's."""
    folders = [*world.months(), *sorted(world.root.glob("tickets/*"))]
    folders = [folder for folder in folders if folder.is_dir() and not folder.is_symlink()]
    if not folders:
        return
    one = world.drawn.choice(folders)
    other = one.with_name(world.drawn.choice(("12", "11", "01", "2025", "2026", "old")))
    with suppress(OSError):
        aside = world.spot("folder")
        one.rename(aside)
        if other.exists():
            other.rename(one)
        other.parent.mkdir(parents=True, exist_ok=True)
        aside.rename(other)


def take_folder_away(world: World) -> None:
    """All tickets, all articles or a year, and back later."""
    kept = sorted(world.aside.glob("*-away-*"))
    if kept:
        *_, name = kept[0].name.split("-away-")
        to = world.root / name.replace("+", "/")
        with suppress(OSError):
            shutil.rmtree(to) if to.is_dir() and not to.is_symlink() else to.unlink(missing_ok=True)
            to.parent.mkdir(parents=True, exist_ok=True)
            kept[0].rename(to)
        return
    name = world.drawn.choice(("tickets", "kb", "tickets/2026", "tickets/2025", "tickets/2026/11"))
    if (world.root / name).is_dir() and not (world.root / name).is_symlink():
        (world.root / name).rename(world.spot(f"away-{name.replace('/', '+')}"))


def copy_folder(world: World) -> None:
    """A month replaced by a copy of it that has the same times, as from an archive."""
    folders = [folder for folder in world.months() if not folder.is_symlink()]
    if folders:
        folder = world.drawn.choice(folders)
        copy = world.spot("copy")
        with suppress(shutil.Error):  # a pipe cannot be copied
            shutil.copytree(folder, copy, symlinks=True)
        shutil.rmtree(folder)
        copy.rename(folder)


def link_file(world: World) -> None:
    """A file becomes a link to where it now is, to nothing, or a link becomes the file again."""
    links = [path for path in world.files() if path.is_symlink()]
    if links and world.drawn.random() < 0.6:
        link = world.drawn.choice(links)
        target = link.resolve()
        if target.is_file():
            link.unlink()
            target.rename(link)
            return
    path = world.file()
    if path.is_symlink():
        return
    aside = world.spot("linked")
    path.rename(aside)
    path.symlink_to(world.drawn.choice((aside, world.aside / "nothing")))


def link_folder(world: World) -> None:
    linked = [path for path in world.root.glob("tickets/*/*") if path.is_symlink()]
    if linked:
        target = linked[0].resolve()
        linked[0].unlink()
        if target.is_dir():
            target.rename(linked[0])
        return
    folders = world.months()
    if folders:
        folder, aside = world.drawn.choice(folders), world.spot("linked-folder")
        folder.rename(aside)
        folder.symlink_to(aside)


def strange_things(world: World) -> None:
    """A folder or a pipe that is named like a record, a file that is named like a month."""
    record = world.record()
    path = world.root / store.path_of(record.id)
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        kind = world.drawn.randrange(3)
        if kind == 0:
            path.mkdir()
        elif kind == 1:
            os.mkfifo(path)
        else:
            (world.root / "tickets" / "2026" / "07").write_text("x")


# --- git and desk ------------------------------------------------------------------------------


def switch(world: World) -> None:
    """To another commit and what the folder was then, or all that was changed away and back."""
    way = world.drawn.randrange(4)
    if way == 0:
        world.commit()
    elif way == 1:
        world.git("stash", "-q")
    elif way == 2:
        world.git("stash", "pop", "-q")
    else:
        world.git(
            "checkout",
            "-q",
            "-f",
            world.drawn.choice(("HEAD~1", "master", "main", "HEAD")),
            "--",
            ".",
        )


COMMANDS = (
    ["open", "打印机卡纸", "-d", "It jams.\n"],
    ["open", "VPN", "--external", "INC7777"],
    ["note", "ID", "Printer again"],
    ["assign", "ID", "--to", "chen"],
    ["resolve", "ID", "--solution", "x"],
    ["close", "ID"],
    ["reopen", "ID", "--because", "x"],
    ["cancel", "ID", "--because", "x"],
    ["edit", "ID", "--set", "title=Mailbox 7"],
    ["tick"],
    ["check", "--fix"],
)


def command(world: World) -> None:
    words = world.drawn.choice(COMMANDS)
    name = world.file().stem
    scene.in_process([name if word == "ID" else word for word in words], world.root)


# --- the index ---------------------------------------------------------------------------------


def damage_index(world: World) -> None:
    """Other bytes in it, as a program that is not desk writes them."""
    if world.index.is_file() and world.index.stat().st_size:
        with world.index.open("r+b") as file:
            for _ in range(world.drawn.choice((1, 10, 1000))):
                file.seek(world.drawn.randrange(world.index.stat().st_size))
                file.write(world.drawn.randbytes(world.drawn.choice((1, 16, 512))))


def cut_index(world: World) -> None:
    if world.index.is_file():
        size = world.index.stat().st_size
        os.truncate(world.index, world.drawn.choice((0, size // 2, max(size - 1, 0), size + 4096)))


def garbage_index(world: World) -> None:
    replace_index(world)
    with suppress(OSError):
        world.index.write_bytes(world.drawn.choice((b"", b"\0" * 8192, b"SQLite format 3\0", b"x")))


def replace_index(world: World) -> None:
    """Nothing in its place."""
    with suppress(OSError):
        shutil.rmtree(world.index) if world.index.is_dir() else world.index.unlink()


def remove_private_folder(world: World) -> None:
    with suppress(OSError):
        shutil.rmtree(world.private) if world.private.is_dir() else world.private.unlink()


def foreign_index(world: World) -> None:
    """That of another desk, or an older one of this, with all its times."""
    kept = [world.foreign, *world.aside.glob("*-index")]
    if world.drawn.random() < 0.4 and world.index.is_file():
        world.keep_index(world.spot("index"))
        return
    replace_index(world)
    with suppress(OSError):
        shutil.copy2(world.drawn.choice(kept), world.index)
        world.late |= world.ever


def other_version(world: World) -> None:
    """It bears the mark of another version."""
    if world.index.is_file():
        mark = world.index.stat().st_mtime_ns
        step = world.drawn.choice((-1_000_000_000, 1_000_000_000, 1))
        os.utime(world.index, ns=(mark, mark + step))


def obstruct_index(world: World) -> None:
    """Something in the way of the index, of its lock, of its successor or of the folder."""
    name = world.drawn.choice((INDEX, f"{INDEX}.new", "index.lock", ""))
    path = world.private / name
    with suppress(OSError):
        if not name:
            shutil.rmtree(path)
            path.write_text("in the way")
        else:
            path.unlink(missing_ok=True)
            path.mkdir()


def clear_way(world: World) -> None:
    for path in (
        world.private,
        *(world.private / name for name in (INDEX, f"{INDEX}.new", "index.lock")),
    ):
        with suppress(OSError):
            if path == world.private:
                path.unlink()
            else:
                path.rmdir()


def is_free(world: World) -> bool:
    """Whether nothing is in the way of writing the index."""
    lock, new = world.private / "index.lock", world.private / f"{INDEX}.new"
    return world.private.is_dir() and not any(path.is_dir() for path in (lock, new, world.index))


EDITS: tuple[Callable[[World], None], ...] = (
    edit_same_size, edit_same_size, edit_longer, edit_status, edit_status, edit_by_rename,
    edit_through_another_name, break_yaml, conflict, touch, chmod,
)  # fmt: skip
MOVES: tuple[Callable[[World], None], ...] = (
    create, create, delete, keep_and_restore, keep_and_restore, rename_file, misplace, swap_files,
    rename_month, take_folder_away, copy_folder, link_file, link_folder, strange_things,
)  # fmt: skip
OTHERS: tuple[Callable[[World], None], ...] = (switch, switch, command, command, command)
CORRUPTIONS: tuple[Callable[[World], None], ...] = (
    damage_index, cut_index, garbage_index, replace_index, remove_private_folder, foreign_index,
    foreign_index, other_version, obstruct_index,
)  # fmt: skip


def something(world: World) -> Callable[[World], None]:
    """What happens next."""
    kinds = world.drawn.choices((EDITS, MOVES, OTHERS, CORRUPTIONS), (40, 25, 15, 20))[0]
    return world.drawn.choice(kinds)
