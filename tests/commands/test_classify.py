"""desk classify."""

import pytest

from tests.support import Shell

ID = "T-261121-A0001"


@pytest.fixture
def ticket(shell: Shell) -> str:
    return shell.open("Printer jams")


def test_the_priority_follows_the_matrix(shell: Shell, ticket: str):
    words = (
        "--kind",
        "problem",
        "--category",
        "vpn",
        "--impact",
        "Department",
        "--urgency",
        "high",
    )
    ran = shell.run("classify", ticket, *words, "--at", "09:30", at="2026-11-21T10:00+08:00")
    assert ran == (0, "", f"{ID} is problem in network/vpn, P2\n")
    assert (
        shell.log(ticket)
        == """\
- n: 2
  at: 2026-11-21T09:30:00+08:00
  by: chen
  did: classify
  change:
    kind: [incident, problem]
    category: [null, network/vpn]
    impact: [person, department]
    urgency: [medium, high]
    priority: [P4, P2]
"""
    )


def test_not_before_it_was_opened(shell: Shell, ticket: str):
    assert shell.run("classify", ticket, "--major", "--at", "08:00") == (
        2, "", f"desk: --at 2026-11-21T08:00:00+08:00 is before {ID} was opened, "
        "2026-11-21T09:00:00+08:00\n"
    )  # fmt: skip


def test_by_hand_and_back(shell: Shell, ticket: str):
    ran = shell.run("classify", ticket, "--priority", "P1", "--because", "董事会")
    assert ran.err == f"{ID} is incident in no category, P1 (set by hand, because 董事会)\n"
    ran = shell.run("classify", ticket, "--impact", "department")
    assert ran.err == f"{ID} is incident in no category, P1 (set by hand, because 董事会)\n"
    assert shell.head(ticket, "priority", "priority_because") == ["P1", "董事会"]
    ran = shell.run("classify", ticket, "--priority", "matrix")
    assert ran.err == f"{ID} is incident in no category, P3\n"
    assert shell.log(ticket).endswith("""\
  change:
    priority: [P1, P3]
    priority_because: [董事会, null]
""")


def test_a_major_incident(shell: Shell, ticket: str):
    assert shell.run("classify", ticket, "--major").err == (
        f"{ID} is incident in no category, P4, a major incident\n"
    )
    assert "major: true\n" in shell.text(ticket)
    assert shell.run("classify", ticket, "--not-major").err == (
        f"{ID} is incident in no category, P4\n"
    )
    assert "\nmajor: false\n" in shell.text(ticket), "somebody has said so"


def test_a_closed_ticket_is_classified_too(shell: Shell, ticket: str):
    shell.done("resolve", ticket, "--solution", "x")
    shell.done("close", ticket)
    assert shell.run("classify", ticket, "--category", "printer").code == 0


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        ([], 2, "say what to change: --kind, --category, --impact, --urgency, …"),
        (["--priority", "P1"], 2, "a priority by hand needs its reason: add --because TEXT"),
        (["--priority", "P7", "--because", "x"], 1,
         "priority 'P7' is not in desk.yaml; known are P1, P2, P3, P4"),
        (["--because", "x"], 2, "--because goes with --priority; say which one"),
        (["--priority", "matrix"], 1, f"{ID} is classified so already"),
        (["--urgency", "medium"], 1, f"{ID} is classified so already"),
        (["--kind", "incidence"], 1,
         "kind 'incidence' is not in desk.yaml; did you mean incident?"),
        (["--category", "wlan"], 1, "category 'wlan' is not in desk.yaml; known are hardware, "
         "hardware/computer, hardware/printer, network, network/vpn, network/wifi"),
        (["--impact", "team"], 1,
         "impact 'team' is not in desk.yaml; known are organisation, department, person"),
        (["--urgency", "hi"], 1, "urgency 'hi' is not in desk.yaml; did you mean high?"),
    ],
)  # fmt: skip
def test_bad_input(shell: Shell, ticket: str, words: list[str], code: int, sentence: str):
    before = shell.files()
    assert shell.run("classify", ticket, *words) == (code, "", f"desk: {sentence}\n")
    assert shell.files() == before
