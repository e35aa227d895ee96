"""What the tests of the commands share: a desk with a fixed policy, clock and ids."""

import fcntl
import io
import os
import select
import struct
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import click
import pytest

import desk
from desk import cli, store

ROOT = Path(desk.__file__).parents[1]
NOW = "2026-11-21T09:00:00+08:00"
POLICY = """\
format: 1
name: Help desk
timezone: Asia/Shanghai
people:
  chen: {name: 陈伟, email: chen@example.com, teams: [service-desk], manager: zhao}
  lin: {name: 林静, email: lin@example.com, teams: [network], manager: zhao}
  zhao: {name: 赵敏, email: zhao@example.com, teams: [service-desk, network]}
teams:
  service-desk: {name: Service desk, tier: 1, lead: zhao}
  network: {name: Network, tier: 2, lead: lin}
  vendor: {name: External vendor, tier: 3, vendor: true}
kinds: [incident, request, problem, change, complaint, improvement]
channels: [phone, email, web, chat, walk-in, social, monitoring]
categories:
  hardware: [computer, printer]
  network: [vpn, wifi]
impacts: [organisation, department, person]
urgencies: [high, medium, low]
matrix:
  organisation: [P1, P2, P3]
  department: [P2, P3, P4]
  person: [P3, P4, P4]
defaults: {kind: incident, channel: phone, impact: person, urgency: medium}
codes: [fixed, workaround, duplicate]
reopen_within: 14d
on_resolve: {duplicates: resolve, children: offer}
"""


def commands() -> dict[str, click.Command]:
    """Every command by the words that call it, those of groups too: `open`, `kb new`."""
    return dict(_commands_of(cli.cli, ""))


def _commands_of(group: click.Group, before: str) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from _commands_of(command, f"{before}{name} ")
        else:
            yield before + name, command


class Ran(NamedTuple):
    """How a command ended and what it wrote."""

    code: int
    out: str
    err: str


class Shell:
    """Runs commands in a desk of its own: chen acts at NOW, ids are A0001, A0002, …."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, policy: str = POLICY) -> None:
        self.root = folder / "desk"
        store.make(self.root, policy)
        self._numbers = iter(range(10 << 20, 11 << 20))
        monkeypatch.setattr(store, "random_number", lambda: next(self._numbers) + 1)

    def run(self, *words: str, stdin: str | bytes = "", at: str = NOW, who: str = "chen") -> Ran:
        """Run one command line in this process."""
        return run(["-C", str(self.root), "--now", at, "--as", who, *words], stdin)

    def done(self, *words: str, **more: str) -> Ran:
        """Run what must succeed."""
        ran = self.run(*words, **more)  # type: ignore[arg-type]
        assert ran.code == 0, ran
        return ran

    def open(self, title: str = "Printer jams", *words: str, **more: str) -> str:
        """The id of a new ticket."""
        return self.done("open", title, *words, **more).out.rstrip("\n")

    def path(self, record_id: str) -> Path:
        """The file of a record."""
        return self.root / store.path_of(record_id)

    def text(self, record_id: str) -> str:
        """The text of a record's file."""
        return self.path(record_id).read_text(encoding="utf-8")

    def log(self, record_id: str) -> str:
        """The last event of a record as its file has it."""
        return "- n:" + self.text(record_id).rpartition("- n:")[2]

    def head(self, record_id: str, *names: str) -> list[str]:
        """Those fields of a record's head, empty where they are not set."""
        record = store.Desk(self.root).read(record_id)
        return [record.text(name) for name in names]

    def rewrite(self, record_id: str, old: str, new: str) -> None:
        """Edit a record's file as a person does in an editor."""
        text = self.text(record_id)
        assert old in text
        self.path(record_id).write_text(text.replace(old, new, 1), encoding="utf-8")

    def files(self) -> dict[str, bytes]:
        """Every record's path and bytes."""
        found = sorted(self.root.rglob("*.yaml"))
        return {str(path.relative_to(self.root)): path.read_bytes() for path in found}


def run(words: list[str], stdin: str | bytes = "") -> Ran:
    """Run a command line in this process, with streams that are no terminal."""
    data = stdin.encode() if isinstance(stdin, str) else stdin
    kept = sys.stdin, sys.stdout, sys.stderr
    raw = io.BytesIO(data), io.BytesIO(), io.BytesIO()
    streams = [io.TextIOWrapper(one, encoding="utf-8", newline="\n") for one in raw]
    sys.stdin, sys.stdout, sys.stderr = streams
    try:
        code = cli.run(words)
        for stream in streams[1:]:
            stream.flush()
    finally:
        sys.stdin, sys.stdout, sys.stderr = kept
    return Ran(code, raw[1].getvalue().decode(), raw[2].getvalue().decode())


def environment(**more: str) -> dict[str, str]:
    """The environment of a process that runs desk from this tree."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8", "DESK_NOW": NOW, **more}


def process(*words: str, **more: object) -> subprocess.CompletedProcess[str]:
    """Run a command line in a process of its own."""
    options: dict[str, object] = {
        "capture_output": True, "text": True, "timeout": 60, "check": False,
        "env": environment(),
    }  # fmt: skip
    return subprocess.run([sys.executable, "-m", "desk", *words], **{**options, **more})  # type: ignore[call-overload,no-any-return]


def at_terminal(
    *words: str,
    keys: str = "",
    after: str = "",
    meanwhile: Callable[[], object] = lambda: None,
    columns: int = 80,
    lines: int = 24,
    **variables: str,
) -> tuple[int, str]:
    """Run a command line at a terminal of that size; returns the exit code and the screen.

    As soon as `after` is on the screen `meanwhile` is called and `keys` are typed; they are
    not echoed.
    """
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    modes = termios.tcgetattr(theirs)
    modes[1] &= ~termios.OPOST
    modes[3] &= ~termios.ECHO
    termios.tcsetattr(theirs, termios.TCSANOW, modes)
    child = subprocess.Popen(
        [sys.executable, "-m", "desk", *words],
        stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
        env=environment(**{"TERM": "dumb", "PAGER": "cat", **variables}),
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # so that Ctrl-C reaches it
    )  # fmt: skip
    os.close(theirs)
    screen = b""
    typed = False
    for data in _chunks(ours):
        screen += data
        if not typed and after.encode() in screen:
            meanwhile()
        # A Ctrl-C just before the program waits for a key can be lost, so it is typed again.
        if after.encode() in screen and (not typed or (after and not data)):
            os.write(ours, keys.encode())
            typed = True
    os.close(ours)
    return child.wait(60), screen.decode()


def _chunks(handle: int) -> Iterator[bytes]:
    """What comes from a terminal until it is closed, and nothing at first and while it waits."""
    yield b""
    while True:
        try:
            waits = not select.select([handle], [], [], 0.3)[0]
            data = b"" if waits else os.read(handle, 65536)
        except OSError:  # Linux says EIO when the other end is closed
            return
        if not data and not waits:
            return
        yield data
