"""desk hold and desk resume."""

import pytest

from tests.support import Shell

ID = "T-261121-A0001"


@pytest.fixture
def ticket(shell: Shell) -> str:
    return shell.open("Printer jams")


def test_hold_and_resume(shell: Shell, ticket: str):
    ran = shell.run("hold", ticket, "--for", "vendor", "--until", "3d", "--because", "备件已订")
    assert ran == (0, "", f"{ID} is on hold for the vendor until 2026-11-24T09:00:00+08:00\n")
    assert (
        shell.log(ticket)
        == """\
- n: 2
  at: 2026-11-21T09:00:00+08:00
  by: chen
  did: hold
  change:
    status: [new, on_hold]
    waiting_for: [null, vendor]
    until: [null, 2026-11-24T09:00:00+08:00]
  because: 备件已订
"""
    )
    assert shell.run("resume", ticket, at="2026-11-22T09:00+08:00") == (
        0, "", f"{ID} is in work again\n"
    )  # fmt: skip
    assert (
        shell.log(ticket)
        == """\
- n: 3
  at: 2026-11-22T09:00:00+08:00
  by: chen
  did: resume
  change:
    waiting_for: [vendor, null]
    until: [2026-11-24T09:00:00+08:00, null]
    status: [on_hold, in_progress]
"""
    )


@pytest.mark.parametrize("whom", ["requester", "vendor", "problem", "change"])
def test_for_whom(shell: Shell, ticket: str, whom: str):
    assert shell.run("hold", ticket, "--for", whom).err == f"{ID} is on hold for the {whom}\n"
    assert shell.head(ticket, "waiting_for", "until") == [whom, ""]


@pytest.mark.parametrize(
    ("until", "moment"),
    [
        ("2h", "2026-11-21T11:00:00+08:00"),
        ("in 90m", "2026-11-21T10:30:00+08:00"),
        ("1w", "2026-11-28T09:00:00+08:00"),
        ("3天", "2026-11-24T09:00:00+08:00"),
        ("明天 14:00", "2026-11-22T14:00:00+08:00"),
        ("tomorrow", "2026-11-22T00:00:00+08:00"),
        ("18:00", "2026-11-21T18:00:00+08:00"),
        ("2026-12-01", "2026-12-01T00:00:00+08:00"),
        ("2026-12-01T09:00:00Z", "2026-12-01T17:00:00+08:00"),
        ("1 Dec 2026 09:00", "2026-12-01T09:00:00+08:00"),
    ],
)
def test_until_when(shell: Shell, ticket: str, until: str, moment: str):
    shell.done("hold", ticket, "--for", "vendor", "--until", until)
    assert shell.head(ticket, "until") == [moment]


def test_longer_and_for_somebody_else(shell: Shell, ticket: str):
    shell.done("hold", ticket, "--for", "vendor")
    assert shell.run("hold", ticket, "--for", "vendor") == (
        1, "", f"desk: {ID} is on hold for vendor already\n"
    )  # fmt: skip
    assert shell.run("hold", ticket, "--for", "vendor", "--until", "2d").code == 0
    assert shell.run("hold", ticket, "--for", "requester").code == 0
    assert shell.head(ticket, "waiting_for", "until") == ["requester", ""]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "Missing option '--for'. Choose from: requester, vendor, problem, change; "
         "see `desk hold --help`"),
        (["--for", "me"], "Invalid value for '--for': 'me' is not one of 'requester', 'vendor', "
         "'problem', 'change'; see `desk hold --help`"),
        (["--for", "vendor", "--until", "yesterday"],
         "--until 2026-11-20T00:00:00+08:00 is not after 2026-11-21T09:00:00+08:00"),
        (["--for", "vendor", "--until", "Godot"],
         "'Godot' is no time that desk can read; write 2026-11-21T09:00:00+08:00, "
         "2026-11-21 09:00, yesterday 14:00 or 2h"),
        (["--for", "vendor", "--at", "1h"],
         f"--at 2026-11-21T08:00:00+08:00 is before {ID} was opened, "
         "2026-11-21T09:00:00+08:00"),
    ],
)  # fmt: skip
def test_bad_input(shell: Shell, ticket: str, words: list[str], sentence: str):
    before = shell.files()
    assert shell.run("hold", ticket, *words) == (2, "", f"desk: {sentence}\n")
    assert shell.files() == before


def test_nothing_to_resume(shell: Shell, ticket: str):
    assert shell.run("resume", ticket) == (
        1, "", f"desk: {ID} is new, not on hold; there is no hold to end\n"
    )  # fmt: skip
