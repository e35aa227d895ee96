"""desk survey."""

import pytest

from tests.support import Shell

ID = "T-261121-A0001"


@pytest.fixture
def ticket(shell: Shell) -> str:
    ticket = shell.open("Printer jams")
    shell.done("resolve", ticket, "--solution", "x")
    return ticket


def test_an_answer_counts_once(shell: Shell, ticket: str):
    assert shell.run("survey", ticket, "--score", "4", "--comment", "很快，谢谢") == (
        0, "", f"{ID} has its answer: 4 of 5\n"
    )  # fmt: skip
    assert (
        shell.log(ticket)
        == """\
- n: 3
  at: 2026-11-21T09:00:00+08:00
  by: chen
  did: survey
  score: 4
  comment: 很快，谢谢
"""
    )
    shell.done("close", ticket)
    assert shell.run("survey", ticket, "--score", "5") == (
        1,
        "",
        f"desk: {ID} has its answer already, of 2026-11-21T09:00:00+08:00; a survey counts once\n",
    )


@pytest.mark.parametrize("score", ["0", "6", "-1", "five", "4.5", ""])
def test_a_score_that_is_none(shell: Shell, ticket: str, score: str):
    assert shell.run("survey", ticket, "--score", score) == (
        2,
        "",
        f"desk: Invalid value for '--score': '{score}' is not one of '1', '2', '3', '4', '5'; see "
        "`desk survey --help`\n",
    )


def test_no_score(shell: Shell, ticket: str):
    assert shell.run("survey", ticket).err == (
        "desk: Missing option '--score'. Choose from: 1, 2, 3, 4, 5; see `desk survey --help`\n"
    )


def test_too_early(shell: Shell):
    live = shell.open("x")
    assert shell.run("survey", live, "--score", "5") == (
        1, "", f"desk: {live} is new; satisfaction is asked about when it is resolved\n"
    )  # fmt: skip


def test_several_answers_alike(shell: Shell, ticket: str):
    live = shell.open("x")
    other = shell.open("y")
    shell.done("resolve", other, "--solution", "x")
    assert shell.run("survey", "-", "--score", "5", stdin=f"{ticket}\n{live}\n{other}\n") == (
        1,
        "",
        f"{ticket} has its answer: 5 of 5\n{other} has its answer: 5 of 5\n"
        f"desk: {live} is new; satisfaction is asked about when it is resolved\n",
    )
