"""desk resolve, close, reopen and cancel."""

import pytest

from tests.support import Shell

ID = "T-261121-A0001"
NEXT = "2026-11-22T09:00+08:00"


@pytest.fixture
def ticket(shell: Shell) -> str:
    return shell.open("Printer jams")


def test_a_resolution_with_everything(shell: Shell, ticket: str):
    ran = shell.run(
        "resolve", ticket, "--solution", "换了硒鼓\n已测试", "--cause", "drum worn",
        "--code", "fixed", "--step", "cleaned", "--step", "换纸", "--part", "CF226A",
        "--config-change", "tray=A4",
    )  # fmt: skip
    assert ran == (0, "", f"{ID} is resolved\n")
    assert (
        shell.log(ticket)
        == """\
- n: 2
  at: 2026-11-21T09:00:00+08:00
  by: chen
  did: resolve
  change:
    status: [new, resolved]
  code: fixed
  solution: |-
    换了硒鼓
    已测试
  cause: drum worn
  steps:
  - cleaned
  - 换纸
  parts:
  - CF226A
  config_changes:
  - tray=A4
"""
    )


def test_close_reopen_and_close_for_good(shell: Shell, ticket: str):
    shell.done("resolve", ticket, "--solution", "x")
    assert shell.run("close", ticket, "--confirmed") == (0, "", f"{ID} is closed\n")
    assert shell.log(ticket).endswith("    status: [resolved, closed]\n  confirmed: true\n")
    assert shell.run("reopen", ticket, "--because", "又卡了", at=NEXT) == (
        0, "", f"{ID} is in work again\n"
    )  # fmt: skip
    assert (
        shell.log(ticket)
        == """\
- n: 4
  at: 2026-11-22T09:00:00+08:00
  by: chen
  did: reopen
  change:
    status: [closed, in_progress]
  because: 又卡了
"""
    )
    shell.done("resolve", ticket, "--solution", "y", at=NEXT)
    assert shell.run("close", ticket, at=NEXT).code == 0
    assert shell.log(ticket).endswith("    status: [resolved, closed]\n")


def test_the_window_in_which_a_closed_ticket_is_reopened(shell: Shell, ticket: str):
    shell.done("resolve", ticket, "--solution", "x")
    shell.done("close", ticket)
    late = shell.run("reopen", ticket, "--because", "x", at="2026-12-06T10:30+08:00")
    assert late == (
        1,
        "",
        f"desk: {ID} was closed 15d 1h ago and can be reopened for 14d; open a new ticket and "
        f"`desk link NEW follows {ID}`\n",
    )
    new = shell.open("again", at="2026-12-06T10:30+08:00")
    assert shell.run("link", new, "follows", ticket, at="2026-12-06T10:30+08:00").code == 0
    assert shell.run("reopen", ticket, "--because", "x", at="2026-12-05T09:00+08:00").code == 0


def test_cancel_is_final(shell: Shell, ticket: str):
    shell.done("hold", ticket, "--for", "vendor", "--until", "2d")
    assert shell.run("cancel", ticket, "--because", "opened twice") == (
        0, "", f"{ID} is cancelled\n"
    )  # fmt: skip
    assert shell.log(ticket).endswith("""\
  did: cancel
  change:
    status: [on_hold, cancelled]
    waiting_for: [vendor, null]
    until: [2026-11-23T09:00:00+08:00, null]
  because: opened twice
""")
    assert shell.run("reopen", ticket, "--because", "x") == (
        1, "", f"desk: {ID} is cancelled and cannot be reopened; that is final\n"
    )  # fmt: skip


def test_many_at_once_with_some_that_cannot(shell: Shell, ticket: str):
    other, third = shell.open("b"), shell.open("c")
    shell.done("resolve", ticket, third, "--solution", "x")
    ran = shell.run("close", "-", "nosuch", stdin=f"{ticket}\n{other}\n\n{third}\n{ticket}\n")
    assert ran == (
        1,
        "",
        f"{ID} is closed\n{third} is closed\n"
        f"desk: {other} is new and cannot be closed; from there it can only become in_progress or "
        "on_hold or resolved or cancelled\n"
        "desk: no record is named 'nosuch'; `desk list --all` shows them\n",
    )


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["resolve", ID], 2, "Missing option '--solution'; see `desk resolve --help`"),
        (["resolve", ID, "--solution", " "], 2, "--solution is empty; write what there is to say"),
        (["resolve", ID, "--solution", "x", "--code", "done"], 1,
         "code 'done' is not in desk.yaml; known are fixed, workaround, duplicate"),
        (["resolve", "--solution", "x"], 2,
         "Missing argument 'ID…'; see `desk resolve --help`"),
        (["close", ID], 1, f"{ID} is new and cannot be closed; from there it can only become "
         "in_progress or on_hold or resolved or cancelled"),
        (["close"], 2, "Missing argument 'ID…'; see `desk close --help`"),
        (["reopen", ID, "--because", "x"], 1, f"{ID} is new; only what was resolved is reopened"),
        (["reopen", ID], 2, "Missing option '--because'; see `desk reopen --help`"),
        (["cancel", ID], 2, "Missing option '--because'; see `desk cancel --help`"),
        (["cancel", ID, "--because", ""], 2, "--because is empty; write what there is to say"),
    ],
)  # fmt: skip
def test_bad_input(shell: Shell, ticket: str, words: list[str], code: int, sentence: str):
    before = shell.files()
    assert shell.run(*words) == (code, "", f"desk: {sentence}\n")
    assert shell.files() == before
