"""desk note and desk reply."""

import pytest

from tests.support import Shell, at_terminal

ID = "T-261121-A0001"


@pytest.fixture
def ticket(shell: Shell) -> str:
    return shell.open("Printer jams")


def test_a_note_is_internal_and_changes_nothing_else(shell: Shell, ticket: str):
    head = shell.text(ticket).partition("log:")[0]
    assert shell.run("note", "a0001", "换了硒鼓") == (0, "", f"{ID} has a note (internal)\n")
    assert shell.text(ticket).partition("log:")[0] == head
    assert (
        shell.log(ticket)
        == """\
- n: 2
  at: 2026-11-21T09:00:00+08:00
  by: chen
  did: note
  text: 换了硒鼓
"""
    )


def test_a_reply_is_public_and_begins_the_work(shell: Shell, ticket: str):
    assert shell.run("reply", ticket, "We are on it.\n请稍等。\n", "--at", "0m", who="lin") == (
        0, "", f"{ID} has a reply (public)\n"
    )  # fmt: skip
    assert (
        shell.log(ticket)
        == """\
- n: 2
  at: 2026-11-21T09:00:00+08:00
  by: lin
  did: reply
  change:
    status: [new, in_progress]
  text: |
    We are on it.
    请稍等。
"""
    )
    shell.done("reply", ticket, "Done.")
    assert "change" not in shell.log(ticket)


@pytest.mark.parametrize("verb", ["note", "reply"])
@pytest.mark.parametrize("line_end", ["", "\n", "\r\n"])
def test_from_standard_input(shell: Shell, ticket: str, verb: str, line_end: str):
    shell.done(verb, ticket, "-", stdin=f"第一行\n  second{line_end}")
    assert shell.log(ticket).endswith("  text: |-\n    第一行\n      second\n")


@pytest.mark.parametrize("verb", ["note", "reply"])
def test_in_the_editor(shell: Shell, ticket: str, verb: str, tmp_path):
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nprintf "写在\\neditor\\n\\n" > "$1"\n', encoding="utf-8")
    editor.chmod(0o755)
    words = ("-C", str(shell.root), "--as", "chen", verb, ticket)
    kind = "note (internal)" if verb == "note" else "reply (public)"
    assert at_terminal(*words, EDITOR=str(editor)) == (0, f"{ID} has a {kind}\n")
    assert shell.log(ticket).endswith("  text: |-\n    写在\n    editor\n")


def test_the_editor_does_not_open_for_nothing(shell: Shell, tmp_path):
    editor = f"touch {tmp_path}/opened"
    words = ("-C", str(shell.root), "--as", "chen", "note", "zzzz")
    code, screen = at_terminal(*words, EDITOR=editor)
    assert (code, screen) == (
        3, "desk: no record is named 'zzzz'; `desk list --all` shows them\n"
    )  # fmt: skip
    assert not (tmp_path / "opened").exists()


@pytest.mark.parametrize("verb", ["note", "reply"])
@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        ([], 2, "Missing argument 'ID'; see `desk {verb} --help`"),
        ([ID], 2, "the {verb} is missing; give it as an argument or `-` for standard input"),
        ([ID, ""], 2, "the {verb} is empty; write what there is to say"),
        ([ID, " \n"], 2, "the {verb} is empty; write what there is to say"),
        ([ID, "-"], 2, "the {verb} is empty; write what there is to say"),
        ([ID, "one", "two"], 2, "Got unexpected extra argument (two); see `desk {verb} --help`"),
        ([ID, "- one"], 2, "No such option '- '; text that begins with a dash goes behind --; "
         "see `desk {verb} --help`"),
        (["9999", "x"], 3, "no record is named '9999'; `desk list --all` shows them"),
    ],
)  # fmt: skip
def test_bad_input(
    shell: Shell, ticket: str, verb: str, words: list[str], code: int, sentence: str
):
    before = shell.files()
    said = f"desk: {sentence.format(verb=verb)}\n"
    assert shell.run(verb, *words) == (code, "", said)
    assert shell.files() == before


def test_text_that_begins_with_a_dash(shell: Shell, ticket: str):
    shell.done("note", ticket, "--", "- tried it")
    assert shell.log(ticket).endswith('  text: "- tried it"\n')
