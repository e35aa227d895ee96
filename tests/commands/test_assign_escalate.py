"""desk assign and desk escalate."""

import pytest

from tests.support import Shell

ID = "T-261121-A0001"


@pytest.fixture
def ticket(shell: Shell) -> str:
    return shell.open("打印机卡纸", "-d", "第二次了。\nTray 2.")


def test_to_a_person(shell: Shell, ticket: str):
    assert shell.run("assign", ticket, "--to", "林静") == (0, "", f"{ID} is with lin (network)\n")
    assert (
        shell.log(ticket)
        == """\
- n: 2
  at: 2026-11-21T09:00:00+08:00
  by: chen
  did: assign
  change:
    assignee: [null, lin]
    team: [null, network]
    status: [new, in_progress]
"""
    )


def test_to_a_team(shell: Shell, ticket: str):
    assert shell.run("assign", ticket, "--team", "Vendor").err == f"{ID} is with vendor\n"
    assert shell.head(ticket, "status", "assignee", "team") == ["new", "", "vendor"]


def test_to_me(shell: Shell, ticket: str):
    assert shell.run("assign", ticket, "--to", "me").err == f"{ID} is with chen (service-desk)\n"


def test_many_from_a_list(shell: Shell):
    shell.open("a", "--team", "network")
    shell.open("b", "--team", "network", "--assignee", "zhao")
    shell.open("c", "--team", "network")
    ids = shell.done("list", "team:network", "assignee:none", "-f", "ids").out
    ran = shell.run("assign", "-", "--to", "lin", stdin=ids)
    assert ran == (
        0,
        "",
        "T-261121-A0001 is with lin (network)\nT-261121-A0003 is with lin (network)\n",
    )


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        ([], 2, "say to whom: --to WHO or --team TEAM"),
        (["--to", "lim"], 1, "person 'lim' is not in desk.yaml; did you mean lin?"),
        (["--to", ""], 2, "say to whom: --to WHO or --team TEAM"),
        (["--team", "netwrk"], 1, "team 'netwrk' is not in desk.yaml; did you mean network?"),
        (["--to"], 2, "Option '--to' requires an argument; see `desk assign --help`"),
    ],
)
def test_bad_assignments(shell: Shell, ticket: str, words: list[str], code: int, sentence: str):
    before = shell.files()
    assert shell.run("assign", ticket, *words) == (code, "", f"desk: {sentence}\n")
    assert shell.files() == before


def test_assigned_already(shell: Shell, ticket: str):
    shell.done("assign", ticket, "--to", "lin")
    assert shell.run("assign", ticket, "--to", "lin@example.com") == (
        1, "", f"desk: {ID} is with lin@example.com already\n"
    )  # fmt: skip


# --- escalate ------------------------------------------------------------------------------


def test_to_a_team_with_all_that_is_known(shell: Shell, ticket: str):
    shell.done("note", ticket, "cleaned the rollers\n没用")
    shell.done("reply", ticket, "We are on it.")
    ran = shell.run("escalate", ticket, "--to-team", "vendor", "--because", "rollers are worn")
    assert ran == (0, "", f"{ID} is with vendor\n")
    assert (
        shell.log(ticket)
        == """\
- n: 4
  at: 2026-11-21T09:00:00+08:00
  by: chen
  did: escalate
  change:
    team: [null, vendor]
  escalation: functional
  because: rollers are worn
"""
    )
    shown = shell.done("show", ticket).out
    assert shown.startswith(f"""\
{ID}  打印机卡纸
Hand-over (functional escalation by chen, 2026-11-21T09:00:00+08:00)
  why          rollers are worn
  description  第二次了。
               Tray 2.
  tried        cleaned the rollers
               没用
  tried        We are on it.

kind      incident
""")


def test_up(shell: Shell, ticket: str):
    shell.done("assign", ticket, "--to", "lin")
    ran = shell.run("escalate", ticket, "--up", "--because", "third complaint")
    assert ran.err == f"{ID} is with zhao (network)\n"
    assert "escalation: hierarchical\n" in shell.log(ticket)
    assert shell.run("escalate", ticket, "--up", "--because", "x") == (
        1,
        "",
        "desk: nobody stands above zhao in desk.yaml; give the person a `manager` or the team a "
        "`lead`, or use --to\n",
    )


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["--because", "x"], 2, "say where: one of --to-team TEAM, --to WHO or --up"),
        (["--to", "lin", "--up", "--because", "x"], 2,
         "say where: one of --to-team TEAM, --to WHO or --up"),
        (["--to", "lin"], 2, "Missing option '--because'; see `desk escalate --help`"),
        (["--to", "lin", "--because", " "], 2, "--because is empty; write what there is to say"),
        (["--to", "lim", "--because", "x"], 1,
         "person 'lim' is not in desk.yaml; did you mean lin?"),
        (["--to-team", "vendors", "--because", "x"], 1,
         "team 'vendors' is not in desk.yaml; did you mean vendor?"),
    ],
)  # fmt: skip
def test_bad_escalations(shell: Shell, ticket: str, words: list[str], code: int, sentence: str):
    before = shell.files()
    assert shell.run("escalate", ticket, *words) == (code, "", f"desk: {sentence}\n")
    assert shell.files() == before


@pytest.mark.parametrize(
    ("words", "hands", "said"),
    [
        (("--to", "none"), ["", "network", "in_progress"], "is with network"),
        (("--team", "none"), ["lin", "", "in_progress"], "is with lin"),
        (("--to", "none", "--team", "none"), ["", "", "in_progress"], "is with nobody"),
        (("--to", "none", "--team", "vendor"), ["", "vendor", "in_progress"], "is with vendor"),
        (("--to", "chen", "--team", "none"), ["chen", "", "in_progress"], "is with chen"),
    ],
)
def test_taking_it_from_who_has_it(shell: Shell, words: tuple[str, ...], hands, said: str):
    ticket = shell.open()
    shell.done("assign", ticket, "--to", "lin")
    assert shell.run("assign", ticket, *words) == (0, "", f"{ticket} {said}\n")
    assert shell.head(ticket, "assignee", "team", "status") == hands
    assert shell.done("check").err == "1 file, 0 errors, 0 warnings\n"


def test_nobody_has_it_already(shell: Shell):
    ticket = shell.open()
    assert shell.run("assign", ticket, "--to", "none") == (
        1, "", f"desk: {ticket} is with nobody already\n"
    )  # fmt: skip
