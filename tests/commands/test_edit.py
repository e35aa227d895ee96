"""desk edit, with --set and in the editor."""

import json
import os
from pathlib import Path

import pytest

from desk import store
from tests.support import Shell, at_terminal

ID = "T-261121-A0001"


@pytest.fixture
def ticket(shell: Shell) -> str:
    return shell.open(
        "Printer jams", "-d", "第二次了", "--requester", "王芳", "--field", "asset=P-1"
    )


# --- with --set ----------------------------------------------------------------------------


def test_settings(shell: Shell, ticket: str):
    ran = shell.run(
        "edit", ticket, "--set", "title=打印机卡纸", "--set", "asset=", "--set", "机身=007",
        "--set", "requester.email=wf@example.com", "--set", "requester.phone=8021",
        "--set", "tags=hp, 二楼", "--set", "began=1h", "--set", "channel=EMAIL",
        "--set", "external=INC7", "--set", "formula==1+1",
    )  # fmt: skip
    assert ran == (0, "", f"{ID} is changed\n")
    assert (
        shell.log(ticket)
        == """\
- n: 2
  at: 2026-11-21T09:00:00+08:00
  by: chen
  did: edit
  change:
    title: [Printer jams, 打印机卡纸]
    asset: [P-1, null]
    机身: [null, "007"]
    requester: [{name: 王芳}, {name: 王芳, email: wf@example.com, phone: "8021"}]
    tags: [null, [hp, 二楼]]
    began: [null, 2026-11-21T08:00:00+08:00]
    channel: [phone, email]
    external: [null, INC7]
    formula: [null, "=1+1"]
"""
    )
    assert "asset" not in shell.text(ticket).partition("log:")[0]


@pytest.mark.parametrize(
    ("setting", "requester"),
    [
        ("requester=Ann Lee <ann@corp.cn>", {"name": "Ann Lee", "email": "ann@corp.cn"}),
        ("requester=<ann@corp.cn>", {"name": "王芳", "email": "ann@corp.cn"}),
        ("requester.name=李伟＜li@corp.cn＞", {"name": "李伟", "email": "li@corp.cn"}),
        ("requester.name=<ann@corp.cn>", {"name": "王芳", "email": "ann@corp.cn"}),
        ("requester.name=a < b", {"name": "a < b"}),
    ],
)
def test_a_requester_is_taken_apart(
    shell: Shell, ticket: str, setting: str, requester: dict[str, str]
):
    shell.done("edit", ticket, "--set", setting)
    assert store.Desk(shell.root).read(ticket).head["requester"] == requester


def test_many_tickets_get_the_same(shell: Shell, ticket: str):
    other = shell.open("b")
    ran = shell.run("edit", "-", "--set", "site=北京", stdin=f"{ticket}\n{other}\n")
    assert ran == (0, "", f"{ticket} is changed\n{other} is changed\n")


@pytest.mark.parametrize(
    ("setting", "code", "sentence"),
    [
        ("asset", 2, "--set 'asset' is no FIELD=VALUE, such as --set asset=PC-1042"),
        ("=x", 2, "'' cannot name a field; up to 100 characters, none of : , ="),
        ("a:b=x", 2, "'a:b' cannot name a field; up to 100 characters, none of : , ="),
        ("title=", 2, "a ticket needs a title that says what it is about"),
        ("channel=fone", 1, "channel 'fone' is not in desk.yaml; did you mean phone?"),
        ("requester.nme=x", 2, "a requester has no 'nme'; did you mean name?"),
        ("requester=x", 2,
         "a requester has parts: set requester.name, .email, .phone, .department"),
        ("began=soon", 2, "'soon' is no time that desk can read; write 2026-11-21T09:00:00+08:00, "
         "2026-11-21 09:00, yesterday 14:00 or 2h"),
        ("status=closed", 1,
         "'status' is changed by desk hold, resume, resolve, close, reopen or cancel"),
        ("team=network", 1, "'team' is changed by desk assign"),
        ("priority=P1", 1, "'priority' is changed by desk classify"),
        ("links=x", 1, "'links' is changed by desk link or unlink"),
        ("id=x", 1, "'id' is changed by nothing: an id never changes"),
        ("log=x", 1, "'log' is changed by nothing: a log only grows, by commands"),
        ("age=3", 1, "'age' is no field to set: it follows from the opening and the moment"),
        ("sla=met", 1, "'sla' is no field to set: it follows from the clocks (desk sla)"),
        ("due=tomorrow", 1, "'due' is no field to set: it follows from the clocks (desk sla)"),
        ("score=5", 1, "'score' is no field to set: it follows from the survey (desk survey)"),
        ("solution=x", 1,
         "'solution' is no field to set: it follows from the resolution (desk resolve)"),
        ("asset=P-1", 1, f"{ID} is so already; nothing was changed"),
        ("asset=\udcff", 2, "the argument 'asset=\\udcff' is not UTF-8 text"),
    ],
)  # fmt: skip
def test_bad_settings(shell: Shell, ticket: str, setting: str, code: int, sentence: str):
    before = shell.files()
    assert shell.run("edit", ticket, "--set", setting) == (code, "", f"desk: {sentence}\n")
    assert shell.files() == before


def test_what_was_typed_into_the_file_can_be_taken_out(shell: Shell, ticket: str):
    shell.rewrite(ticket, "title:", "age: 3\ntitle:")
    shell.done("edit", ticket, "--set", "age=")
    assert "age" not in shell.text(ticket).partition("log:")[0]


def test_there_is_nobody_to_edit(shell: Shell, ticket: str):
    assert shell.run("edit", ticket) == (
        2,
        "",
        "desk: say what to change with --set FIELD=VALUE; there is no terminal to edit at\n",
    )


# --- in the editor -------------------------------------------------------------------------


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of temporary files."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


def edit(shell: Shell, script: str, *words: str) -> tuple[int, str]:
    """Run `desk edit` with an editor that is a shell script; $1 is the file."""
    editor = shell.root.parent / "my editor"
    editor.write_text(f"#!/bin/sh\nset -e\n{script}\n", encoding="utf-8")
    editor.chmod(0o755)
    return at_terminal(
        "-C", str(shell.root), "--as", "chen", "edit", *(words or (ID,)), EDITOR=f"'{editor}'"
    )


HEAD = f"""\
id: {ID}
kind: incident
title: Printer jams
status: new
priority: P4
impact: person
urgency: medium
channel: phone
requester:
  name: 王芳
opened: 2026-11-21T09:00:00+08:00
asset: P-1
description: 第二次了
"""


def test_the_editor_gets_the_head_alone_in_a_private_folder(
    shell: Shell, ticket: str, kept: Path, tmp_path: Path
):
    seen = tmp_path / "seen"
    ran = edit(shell, f'cat "$1" > {seen}; ls -ld "$(dirname "$1")" >> {seen}; echo "$1" >> {seen}')
    assert ran == (0, f"{ID} is as it was; nothing was changed\n")
    text, _, rest = seen.read_text(encoding="utf-8").partition("drwx------")
    assert text == HEAD
    assert str(kept) in rest
    assert list(kept.iterdir()) == []


def test_what_comes_back_is_kept(shell: Shell, ticket: str, kept: Path):
    ran = edit(shell, 'sed -i "s/jams/卡纸/; s/P-1/[1, two]/; s/^  name.*/  name: 李伟/" "$1"')
    assert ran == (0, f"{ID} is changed\n")
    assert shell.log(ticket).endswith(
        "    title: [Printer jams, Printer 卡纸]\n"
        "    requester: [{name: 王芳}, {name: 李伟}]\n"
        "    asset: [P-1, [1, two]]\n"
    )
    assert list(kept.iterdir()) == []
    assert shell.done("check").err == "1 file, 0 errors, 0 warnings\n"


def test_a_field_and_a_description_can_be_taken_out(shell: Shell, ticket: str):
    assert edit(shell, 'sed -i "/^asset/d; /^description/d" "$1"')[0] == 0
    assert shell.head(ticket, "asset", "description") == ["", ""]


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        ('echo "title: [" > "$1"',
         "what came back from the editor:2: this is not YAML: did not find expected node content"),
        ('sed -i /^title/d "$1"', "what came back from the editor:1: the field 'title' is missing"),
        ('sed -i "s/^status.*/status: open/" "$1"',
         "what came back from the editor:4: 'open' is no status; it is one of new, in_progress, "
         "on_hold, resolved, closed, cancelled"),
        ('sed -i "s/^status.*/status: closed/" "$1"',
         "'status' is changed by desk hold, resume, resolve, close, reopen or cancel"),
        ('sed -i "s/A0001/A0002/" "$1"', "'id' is changed by nothing: an id never changes"),
        ('sed -i "s/^channel.*/channel: fone/" "$1"',
         "channel 'fone' is not in desk.yaml; did you mean phone?"),
        (': > "$1"', "what came back from the editor:1: the file is empty"),
        ('echo "tags: x" >> "$1"',
         "what came back from the editor:14: 'tags' is a list, one `- …` a line"),
    ],
)  # fmt: skip
def test_what_cannot_be_accepted_is_not_lost(
    shell: Shell, ticket: str, kept: Path, script: str, sentence: str
):
    before = shell.files()
    code, screen = edit(shell, script)
    (file,) = kept.iterdir()
    assert (code, screen) == (
        1,
        f"desk: {sentence}; nothing was changed, your text is in {file}\n",
    )
    assert shell.files() == before
    assert file.stat().st_mode & 0o777 == 0o600
    wanted = shell.root.parent / "wanted"
    wanted.write_text(HEAD, encoding="utf-8")
    os.system(f"set -- {wanted}; {script}")
    assert file.read_text(encoding="utf-8") == wanted.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("script", "code", "sentence"),
    [
        ("exit 3", 1, "the editor ended with 3; nothing was changed"),
        ('rm "$1"', 1, "the editor left no file; nothing was changed"),
        ('printf "\\377" > "$1"', 2, "what the editor wrote is not UTF-8 text"),
    ],
)
def test_an_editor_that_fails(
    shell: Shell, ticket: str, kept: Path, script: str, code: int, sentence: str
):
    before = shell.files()
    assert edit(shell, script) == (code, f"desk: {sentence}\n")
    assert shell.files() == before


@pytest.mark.parametrize("editor", ["/nonexistent", "unbalanced '"])
def test_no_such_editor(shell: Shell, ticket: str, editor: str):
    ran = at_terminal("-C", str(shell.root), "--as", "chen", "edit", ticket, EDITOR=editor)
    assert ran == (2, f"desk: the editor {editor!r} cannot be run; set EDITOR\n")


def test_visual_goes_before_editor(shell: Shell, ticket: str):
    words = ("-C", str(shell.root), "--as", "chen", "edit", ticket)
    visual = "sed -i s/jams/smokes/"
    assert at_terminal(*words, VISUAL=visual, EDITOR="/nonexistent")[0] == 0
    assert shell.head(ticket, "title") == ["Printer smokes"]


def test_what_happened_meanwhile_is_kept(shell: Shell, ticket: str):
    """The ticket is read again under the lock, so that no update is lost."""
    note = f'"{os.sys.executable}" -m desk -C "{shell.root}" --as lin note {ticket} "meanwhile"'
    assert edit(shell, f'{note} 2>/dev/null; sed -i s/jams/smokes/ "$1"')[0] == 0
    assert "text: meanwhile" in shell.text(ticket)
    assert shell.head(ticket, "title") == ["Printer smokes"]


def test_several_one_after_the_other(shell: Shell, ticket: str):
    other = shell.open("Printer jams too")
    assert edit(shell, 'sed -i s/jams/smokes/ "$1"', ticket, other) == (
        0, f"{ticket} is changed\n{other} is changed\n"
    )  # fmt: skip


def test_an_article_is_not_a_ticket(shell: Shell):
    article = shell.root / "kb" / "KB-261121-A0009.yaml"
    article.write_text("id: KB-261121-A0009\ntitle: VPN\nstatus: draft\n", encoding="utf-8")
    sentence = "desk: KB-261121-A0009 is an article; this command is for tickets\n"
    assert shell.run("edit", "a0009", "--set", "title=x") == (1, "", sentence)
    assert edit(shell, "exit 0", "a0009") == (1, sentence)


def test_one_setting_for_many(shell: Shell, ticket: str):
    other = shell.open("打印机卡纸")
    assert shell.run("edit", "-", "--set", "site=北京", stdin=f"{ticket}\n{other}\n") == (
        0, "", f"{ticket} is changed\n{other} is changed\n"
    )  # fmt: skip
    assert [shell.head(one, "site") for one in (ticket, other)] == [["北京"], ["北京"]]


def test_a_report_of_what_was_edited(shell: Shell, ticket: str):
    other = shell.open("Printer jams too")
    code, screen = edit(
        shell, f'grep -q "id: {other}" "$1" || sed -i s/jams/smokes/ "$1"',
        "a0001", "nosuch", other, "-f", "ndjson",
    )  # fmt: skip
    said, same, *lines, failed = screen.splitlines()
    assert (code, said, same, failed) == (
        3,
        f"{ticket} is changed",
        f"{other} is as it was; nothing was changed",
        "desk: no record is named 'nosuch'; `desk list --all` shows them",
    )
    rows = [json.loads(line) for line in lines]
    assert [(row["given"], row["id"], row["outcome"], len(row["events"])) for row in rows] == [
        ("a0001", ticket, "done", 1), ("nosuch", None, "not_found", 0),
        (other, other, "unchanged", 0),
    ]  # fmt: skip
