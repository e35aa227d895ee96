"""Duplicates and children, which follow what they belong to as desk.yaml says."""

import json
from pathlib import Path

import pytest

from tests.support import POLICY, Shell, at_terminal

A, B, C, D = (f"T-261121-A000{n}" for n in (1, 2, 3, 4))


def family(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, duplicates: str, children: str
) -> Shell:
    """A, its duplicate B, its child C, and D, a child of C."""
    rule = f"on_resolve: {{duplicates: {duplicates}, children: {children}}}"
    policy = POLICY.replace("on_resolve: {duplicates: resolve, children: offer}", rule)
    shell = Shell(tmp_path, monkeypatch, policy)
    for title in ("原单", "Duplicate", "Child", "孙单"):
        shell.open(title)
    for link in ((B, "duplicate-of", A), (C, "parent", A), (D, "parent", C)):
        shell.done("link", *link)
    return shell


def statuses(shell: Shell) -> str:
    return " ".join(shell.head(one, "status")[0] for one in (A, B, C, D))


@pytest.mark.parametrize(
    ("duplicates", "children", "said", "after"),
    [
        ("resolve", "resolve",
         f"{B} is resolved with it (duplicate-of {A})\n{C} is resolved with it (parent {A})\n"
         f"{D} is resolved with it (parent {C})\n", "resolved resolved resolved resolved"),
        ("offer", "offer",
         f"{B} is still new, duplicate-of {A}\n{C} is still new, parent {A}\n",
         "resolved new new new"),
        ("leave", "leave", "", "resolved new new new"),
        ("resolve", "offer",
         f"{B} is resolved with it (duplicate-of {A})\n{C} is still new, parent {A}\n",
         "resolved resolved new new"),
        ("leave", "resolve",
         f"{C} is resolved with it (parent {A})\n{D} is resolved with it (parent {C})\n",
         "resolved new resolved resolved"),
    ],
)  # fmt: skip
def test_as_policy_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, duplicates: str, children: str, said: str,
    after: str,
):  # fmt: skip
    shell = family(tmp_path, monkeypatch, duplicates, children)
    ran = shell.run("resolve", A, "--solution", "换了硒鼓", "--code", "fixed")
    assert ran == (0, "", f"{A} is resolved\n{said}")
    assert statuses(shell) == after
    assert shell.done("check").err == "4 files, 0 errors, 0 warnings\n"


def test_each_keeps_the_solution_and_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    shell = family(tmp_path, monkeypatch, "resolve", "resolve")
    shell.done("resolve", A, "--solution", "换了硒鼓", "--code", "fixed")
    codes = [
        ("duplicate", "duplicate-of", A, B),
        ("fixed", "parent", A, C),
        ("fixed", "parent", C, D),
    ]
    for code, how, original, follower in codes:
        assert shell.log(follower).endswith(
            f"  code: {code}\n  solution: 换了硒鼓\n"
            f"  because: {how} {original}, which is resolved\n"
        )


def test_what_has_ended_already_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    shell = family(tmp_path, monkeypatch, "resolve", "resolve")
    shell.done("cancel", B, "--because", "x")
    shell.done("resolve", C, "--solution", "own")
    before = shell.text(B), shell.text(C), shell.text(D)
    assert shell.run("resolve", A, "--solution", "y").err == f"{A} is resolved\n"
    assert (shell.text(B), shell.text(C), shell.text(D)) == before


def test_a_follower_that_cannot_be_read_does_not_keep_the_original(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    shell = family(tmp_path, monkeypatch, "resolve", "resolve")
    shell.path(B).write_text("id: [", encoding="utf-8")
    ran = shell.run("resolve", A, "--solution", "y")
    assert (ran.code, shell.head(A, "status")) == (4, ["resolved"])
    assert "this is not YAML" in ran.err


def test_nobody_follows_what_was_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    shell = family(tmp_path, monkeypatch, "resolve", "resolve")
    before = shell.files()
    assert shell.run("resolve", A, "--solution", "y", "--code", "nosuch").code == 1
    assert shell.files() == before


def test_a_resolved_original_with_a_follower_named_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    shell = family(tmp_path, monkeypatch, "resolve", "leave")
    ran = shell.run("resolve", A, B, C, "--solution", "y")
    assert statuses(shell) == "resolved resolved resolved new"
    assert ran == (0, "", f"{A} is resolved\n{B} is resolved\n{C} is resolved\n")


@pytest.mark.parametrize(
    ("keys", "after"),
    [
        ("y\ny\n", "resolved resolved resolved resolved"),
        ("\n\n", "resolved resolved resolved resolved"),
        ("y\nn\n", "resolved resolved resolved new"),
        ("n\n", "resolved resolved new new"),
    ],
)
def test_a_person_at_a_terminal_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keys: str, after: str
):
    shell = family(tmp_path, monkeypatch, "resolve", "offer")
    code, screen = at_terminal(
        "-C", str(shell.root), "--as", "chen", "resolve", A, "--solution", "y", keys=keys
    )
    assert (code, statuses(shell)) == (0, after)
    assert screen.startswith(f"Resolve {C} (Child) too, parent {A}? [Y/n]: ")
    if "y" in keys and "n" in keys:
        assert screen == (
            f"Resolve {C} (Child) too, parent {A}? [Y/n]: "
            f"Resolve {D} (孙单) too, parent {C}? [Y/n]: "
            f"{A} is resolved\n{B} is resolved with it (duplicate-of {A})\n"
            f"{C} is resolved with it (parent {A})\n{D} is still new, parent {C}\n"
        )


def test_an_interrupted_question_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    shell = family(tmp_path, monkeypatch, "resolve", "offer")
    before = shell.files()
    code, screen = at_terminal(
        "-C", str(shell.root), "--as", "chen", "resolve", A, "--solution", "y",
        keys="\x03", after="[Y/n]",
    )  # fmt: skip
    assert (code, screen.splitlines()[-1][-17:]) == (130, "desk: interrupted")
    assert shell.files() == before


def test_the_desk_is_free_while_a_person_thinks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    shell = family(tmp_path, monkeypatch, "resolve", "offer")
    monkeypatch.setenv("DESK_LOCK_WAIT", "0")
    code, _ = at_terminal(
        "-C", str(shell.root), "--as", "chen", "resolve", A, "--solution", "y",
        keys="n\n", after="[Y/n]", meanwhile=lambda: shell.done("note", A, "still here"),
    )  # fmt: skip
    assert code == 0
    assert "still here" in shell.text(A), "and what was written meanwhile is kept"
    assert statuses(shell) == "resolved resolved new new"


def test_followers_are_rows_of_the_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    shell = family(tmp_path, monkeypatch, "resolve", "offer")
    ran = shell.done("resolve", "a0001", "--solution", "y", "-f", "ndjson")
    rows = [json.loads(line) for line in ran.out.splitlines()]
    assert [
        (row["given"], row["id"], row["outcome"], row["along_with"], row["sentence"])
        for row in rows
    ] == [
        ("a0001", A, "done", None, f"{A} is resolved"),
        (None, B, "done", A, f"{B} is resolved with it (duplicate-of {A})"),
        (None, C, "unchanged", A, f"{C} is still new, parent {A}"),
    ]
    assert [event["did"] for row in rows for event in row["events"]] == ["resolve", "resolve"]
