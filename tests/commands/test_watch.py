"""desk watch, as a process of its own that is told to stop."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support import Shell, at_terminal, environment

FAST = ("--interval", "0.05")


@contextmanager
def watching(shell: Shell, *words: str) -> Iterator[subprocess.Popen[str]]:
    """The process, once it says that it has begun."""
    with subprocess.Popen(
        [sys.executable, "-m", "desk", "-C", str(shell.root), "watch", *FAST, *words],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(),
    ) as process:  # fmt: skip
        try:
            assert process.stderr is not None
            while (line := process.stderr.readline()) and not line.startswith("watching "):
                pass
            yield process
        finally:
            process.kill()


def next_of(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None
    line: dict[str, Any] = json.loads(process.stdout.readline())
    return line


def test_changes_come_as_they_are_made(shell: Shell):
    shell.open("VPN")
    with watching(shell) as process:
        shell.done("note", "A0001", "试过重启")
        assert next_of(process) == {
            "what": "event", "id": "T-261121-A0001", "title": "VPN",
            "event": {"n": 2, "at": "2026-11-21T09:00:00+08:00", "by": "chen", "did": "note",
                      "text": "试过重启"},
        }  # fmt: skip
        shell.open("Printer")
        assert [next_of(process)["what"] for _ in "12"] == ["created", "event"]
        shell.rewrite("T-261121-A0002", "title: Printer", "title: Drucker")
        assert next_of(process)["change"] == {"title": ["Printer", "Drucker"]}
        shell.path("T-261121-A0001").write_text("id: [\n")
        assert process.stderr is not None
        assert process.stderr.readline().startswith("tickets/2026/11/T-261121-A0001.yaml:2: ")
        shell.path("T-261121-A0001").unlink()
        assert next_of(process) == {"what": "removed", "id": "T-261121-A0001", "title": "VPN"}
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 130
        assert (process.stdout.read(), process.stderr.read()) == ("", "")  # type: ignore[union-attr]


def test_only_what_the_terms_ask_for(shell: Shell):
    shell.open("VPN", "--team", "network")
    shell.open("Printer")
    with watching(shell, "team:network") as process:
        shell.done("note", "A0002", "x")
        shell.done("assign", "A0001", "--team", "service-desk")
        assert next_of(process)["id"] == "T-261121-A0001"
        shell.done("note", "A0001", "x")
        shell.done("assign", "A0002", "--team", "network")
        assert [next_of(process)["event"]["did"] for _ in "1"] == ["assign"]


def test_many_files_at_once_as_a_pull_brings_them(shell: Shell, tmp_path: Path):
    first = shell.path(shell.open("VPN"))
    text = first.read_text()
    with watching(shell) as process:
        for n in range(300):
            record_id = f"T-261{n % 2}21-{n:05}"
            new = shell.path(record_id)
            new.parent.mkdir(exist_ok=True)
            new.write_text(text.replace("T-261121-A0001", record_id))
            if n % 10 == 0:
                first.unlink()
                first.write_text(text.replace("title: VPN", f"title: VPN {n}", 1))
        lines = []
        while len([line for line in lines if line["id"] != "T-261121-A0001"]) < 600:
            lines.append(next_of(process))
    others = [(line["id"], line["what"]) for line in lines if line["id"] != "T-261121-A0001"]
    assert len(set(others)) == 600
    assert {line["what"] for line in lines if line["id"] == "T-261121-A0001"} <= {"edited"}


def test_a_reader_that_goes_away_ends_it_even_where_nothing_happens(shell: Shell):
    with watching(shell) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.wait(10) == 141


def test_since_then_once(shell: Shell):
    shell.open("VPN")
    shell.done("note", "A0001", "late", at="2026-11-21T11:00:00+08:00")
    ran = shell.done(
        "watch", "--once", "--since", "2026-11-21T10:00", at="2026-11-21T12:00:00+08:00"
    )
    assert json.loads(ran.out)["event"]["text"] == "late"
    assert ran.err == "watching 1 record\n"


def test_once_ends_after_the_first_change(shell: Shell):
    shell.open("VPN")
    with watching(shell, "--once") as process:
        time.sleep(0.2)
        assert process.poll() is None
        shell.done("note", "A0001", "x")
        assert process.wait(10) == 0
        assert next_of(process)["event"]["did"] == "note"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["tem:network"], "no ticket has a field 'tem'; did you mean team"),
        (["--interval", "0"], "Invalid value for '--interval'"),
        (["--since", "soon"], "'soon' is no time that desk can read"),
    ],
)
def test_what_is_refused(shell: Shell, words: list[str], sentence: str):
    shell.open("VPN")
    ran = shell.run("watch", *words)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"desk: {sentence}")


def test_nothing_acts_on_a_terminal(shell: Shell):
    shell.open("VPN", "-d", "a\x1b[31m\u202eb")
    code, screen = at_terminal(
        "-C", str(shell.root), "watch", "--since", "1d", *FAST,
        keys="\x03", after="a\\", columns=200,
    )  # fmt: skip
    assert code == 130
    assert "VPN" in screen
    assert not {"\x1b", "\u202e"} & set(screen)
    assert "interrupted" not in screen


def test_it_costs_little_while_nothing_happens(shell: Shell):
    shell.open("VPN")
    with watching(shell) as process:
        stat = Path(f"/proc/{process.pid}/stat")
        if not stat.exists():
            pytest.skip("this system has no /proc")
        before, start = ticks(stat), time.monotonic()
        time.sleep(1)
        used = (ticks(stat) - before) / os.sysconf("SC_CLK_TCK")
        assert used < 0.2 * (time.monotonic() - start)


def ticks(stat: Path) -> int:
    fields = stat.read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])
