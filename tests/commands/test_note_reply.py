"""desk note and desk reply."""

import re

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
        ([], 2, "Missing argument 'ID… [TEXT|-]'; see `desk {verb} --help`"),
        ([ID], 2, "the {verb} is missing; give it as an argument or `-` for standard input"),
        ([ID, ""], 2, "the {verb} is empty; write what there is to say"),
        ([ID, " \n"], 2, "the {verb} is empty; write what there is to say"),
        ([ID, "-"], 2, "the {verb} is empty; write what there is to say"),
        ([ID, "one", "two"], 2, "one ID and one TEXT can stand here; put a text of several words "
         "in quotes, and behind several ids give it with --text"),
        ([ID, "--text", "x", "--editor"], 2,
         "--text gives the text and --editor asks for it; leave one of them out"),
        ([ID, "--editor"], 2,
         "the {verb} is missing; give it as an argument or `-` for standard input"),
        ([ID, ID, "--text", " "], 2, "the {verb} is empty; write what there is to say"),
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


@pytest.mark.parametrize("verb", ["note", "reply"])
def test_the_same_text_for_several(shell: Shell, ticket: str, verb: str):
    other = shell.open("打印机卡纸")
    kind = "note (internal)" if verb == "note" else "reply (public)"
    said = f"{ID} has a {kind}\n{other} has a {kind}\n"
    assert shell.run(verb, ID, other, "--text", "一") == (0, "", said)
    assert shell.run(verb, "-", "二", stdin=f"{ID}\n{other}\n") == (0, "", said)
    assert shell.run(verb, ID, other, "--text", "-", stdin="三\n四\n") == (0, "", said)
    for one in (ID, other):
        assert re.findall("  text: (.*)", shell.text(one)) == ["一", "二", "|-"]
        assert shell.log(one).endswith("  text: |-\n    三\n    四\n")


def test_a_text_in_two_words_is_not_written_anywhere(shell: Shell, ticket: str):
    """Else a forgotten quote would put the last word as a note on every id among the others."""
    other = shell.open("other")
    before = shell.files()
    assert shell.run("note", ID, other, "works").code == 2
    assert shell.files() == before


@pytest.mark.parametrize("verb", ["note", "reply"])
def test_the_editor_opens_once_for_all(shell: Shell, ticket: str, verb: str, tmp_path):
    other = shell.open("打印机卡纸")
    editor = script(tmp_path, f'echo opened >> {tmp_path}/count\necho 写好 > "$1"')
    words = ("-C", str(shell.root), "--as", "chen", verb, ID, "nosuch", other, "--editor")
    code, screen = at_terminal(*words, EDITOR=editor)
    assert (code, screen.splitlines()[-1]) == (
        3, "desk: no record is named 'nosuch'; `desk list --all` shows them"
    )  # fmt: skip
    assert (tmp_path / "count").read_text() == "opened\n"
    assert ["text: 写好\n" in shell.log(one) for one in (ID, other)] == [True, True]


def test_what_was_written_in_vain_is_kept(shell: Shell, ticket: str, tmp_path, monkeypatch):
    (tmp_path / "kept").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "kept"))
    editor = script(tmp_path, f'echo "id: [" > {shell.path(ID)}\necho 白写 > "$1"')
    words = ("-C", str(shell.root), "--as", "chen", "note", ID)
    code, screen = at_terminal(*words, EDITOR=editor)
    (file,) = (tmp_path / "kept").iterdir()
    assert (code, screen.endswith(f"nothing was changed, your text is in {file}\n")) == (4, True)
    assert file.read_text(encoding="utf-8") == "白写"


def script(folder, text: str) -> str:
    """An editor that is a shell script; $1 is the file."""
    editor = folder / "editor"
    editor.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    editor.chmod(0o755)
    return str(editor)


def test_who_may_only_make_requests(shell: Shell):
    policy = shell.root / "desk.yaml"
    text = policy.read_text(encoding="utf-8").replace("teams: [network], manager: zhao}",
                                                      "roles: [requester]}")  # fmt: skip
    policy.write_text(text, encoding="utf-8")
    mine = shell.done("open", "VPN", "--requester", "林静", who="lin").out.strip()
    other = shell.open("Printer", "--requester", "王芳")
    shell.done("reply", mine, "It drops at noon.", who="lin")
    for words in (("note", mine, "x"), ("reply", other, "x"), ("assign", mine, "--to", "chen"),
                  ("link", mine, "related", other)):  # fmt: skip
        ran = shell.run(*words, who="lin")
        assert (ran.code, ran.err) == (
            1, f"desk: lin may not {words[0]} {words[1]}: that needs the ability desk.work; "
            "`roles` in desk.yaml say who has it\n",
        )  # fmt: skip
