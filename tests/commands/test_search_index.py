"""desk search and index."""

import json
import os
import shutil
import sqlite3
import time
from contextlib import closing

import pytest

from tests.support import Ran, Shell, at_terminal

ARTICLE = """\
id: KB-261121-A0009
title: Paper jams in the printer
status: published
body: |
  Open the tray and take the paper out.
"""


@pytest.fixture
def filled(shell: Shell) -> Shell:
    """A desk with five tickets, A0001 to A0005, and an article."""
    shell.open("Printer jams", "-d", "Paper in tray 2.", "--category", "printer")
    shell.open("VPN drops every hour", "-d", "From home.\nThe printer works.", "--category", "vpn")
    shell.open("三楼打印机又卡纸了", "-d", "清理搓纸轮后仍然卡纸。")
    shell.open("Password forgotten")
    shell.open("=cmd()\x1b[31m", "-d", "Mailbox of 李伟 is full.")
    shell.done("note", "A0004", "Restarted the directory, then the printer queue was empty.")
    shell.done("resolve", "A0001", "--solution", "New rollers")
    shell.done("close", "A0001")
    path = shell.root / "kb" / "KB-261121-A0009.yaml"
    path.write_text(ARTICLE, encoding="utf-8")
    return shell


def ids(ran: Ran) -> list[str]:
    return [line[-5:] for line in ran.out.split()]


def test_the_best_hits_come_first_with_where_they_stand(filled: Shell):
    assert filled.done("search", "printer") == (0, """\
id               status     title                      where        excerpt
T-261121-A0001   closed     Printer jams               title
KB-261121-A0009  published  Paper jams in the printer  title
T-261121-A0002   new        VPN drops every hour       description  From home. The printer works.
T-261121-A0004   new        Password forgotten         note         …directory, then the printer queue was empty.
""", "")  # fmt: skip # noqa: E501


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (["jammed", "paper"], ["A0009", "A0001"]),
        (["paper jammed"], ["A0009", "A0001"]),
        (['"paper jams"'], ["A0009"]),
        (["“paper jams”"], ["A0009"]),
        (["pass"], ["A0004"]),
        (["pass", "forgotten"], []),
        (["pass*", "forgotten"], ["A0004"]),
        (["卡"], ["A0003"]),
        (["打印"], ["A0003"]),
        (["打印机卡纸"], ["A0003"]),
        (["李伟 mailbox"], ["A0005"]),
        (["rollers"], ["A0001"]),
        (["printer", "status:open"], ["A0002", "A0004"]),
        (["printer", "category:network", "-status:closed"], ["A0002"]),
        (["printer", "--only", "articles"], ["A0009"]),
        (["printer", "--only", "tickets"], ["A0001", "A0002", "A0004"]),
        (["printer", "--limit", "1"], ["A0001"]),
        (["printer", "status:open", "--limit", "1"], ["A0002"]),
        (["--", "-printer"], ["A0001", "A0009", "A0002", "A0004"]),
    ],
)
def test_what_is_found(filled: Shell, words: list[str], wanted: list[str]):
    assert ids(filled.done("search", "-f", "ids", "--exact", *words)) == wanted or (
        words == ["打印机卡纸"] and ids(filled.done("search", "-f", "ids", *words)) == wanted
    )


def test_machine_formats(filled: Shell):
    row = {
        "id": "T-261121-A0005", "status": "new", "title": "=cmd()\x1b[31m",
        "where": "description", "excerpt": "Mailbox of 李伟 is full.",
    }  # fmt: skip
    ran = filled.done("search", "mailbox", "-f", "json")
    assert (json.loads(ran.out), ran.err) == ([row], "")
    assert "\\u001b[31m" in ran.out
    assert filled.done("search", "mailbox", "-f", "csv").out == (
        "id,status,title,where,excerpt\n"
        "T-261121-A0005,new,'=cmd()\x1b[31m,description,Mailbox of 李伟 is full.\n"
    )
    assert filled.done("search", "mailbox", "-f", "ids").out == "T-261121-A0005\n"
    assert filled.done("search", "nosuchword", "-f", "json").out == "[]\n"


def test_text_of_a_ticket_is_shown_as_escapes(filled: Shell):
    shown = filled.done("search", "mailbox").out
    assert "=cmd()\\x1b[31m" in shown
    assert "\x1b" not in shown


@pytest.mark.parametrize(
    ("words", "found", "said"),
    [
        (["pritner"], ["A0001", "A0009", "A0002", "A0004"],
         "nothing has 'pritner'; did you mean printer?\n"),
        (["passwrod", "forgoten"], ["A0004"],
         "nothing has 'passwrod'; did you mean password?\n"
         "nothing has 'forgoten'; did you mean forgotten?\n"),
        (["forgottin"], ["A0004"], "nothing has 'forgottin'; did you mean forgotten?\n"),
        (["打印鸡卡纸"], ["A0003"], "nothing has '打印鸡卡纸'; only parts of it are found\n"),
        (["zzzz"], [], "nothing is found\n"),
        (["vpn", "rollers"], [], "nothing is found\n"),
        (["vpn", "printer", "rollers"], ["A0002", "A0001"],
         "nothing has all of that; what has most of it is shown\n"),
        (["vpn", "printer", "rollers", "status:open"], ["A0002"],
         "nothing has all of that; what has most of it is shown\n"),
        (["vpn", "pritner", "rollers"], ["A0002", "A0001"],
         "nothing has 'pritner'; did you mean printer?\n"
         "nothing has all of that; what has most of it is shown\n"),
        (["vpn", "hour", "zzzz"], ["A0002"], "nothing has 'zzzz'; it is left out\n"),
        (["vpn", "qqqq", "zzzz"], [], "nothing is found\n"),
        (["mailbox", "打印鸡", "卡纸"], ["A0003"],
         "nothing has '打印鸡'; only parts of it are found\n"
         "nothing has all of that; what has most of it is shown\n"),
        (['"printer vpn"', "printer", "vpn", "hour"], [], "nothing is found\n"),
        (['"pritner"'], [], "nothing is found\n"),
        (['"the printer"', "vpn", "every", "rollers"], ["A0002"],
         "nothing has all of that; what has most of it is shown\n"),
        (["pritner", "status:on_hold"], [], "nothing is found that fits\n"),
        (["printer", "status:on_hold"], [], "nothing is found that fits\n"),
        (["printer", "--limit", "3"], ["A0001", "A0009", "A0002"],
         "the best 3 are shown; --limit shows more\n"),
    ],
)  # fmt: skip
def test_what_is_said_of_it(filled: Shell, words: list[str], found: list[str], said: str):
    ran = filled.done("search", "-f", "ids", *words)
    assert (ids(ran), ran.err) == (found, said)


def test_exact_shows_nothing_that_is_near(filled: Shell):
    assert filled.done("search", "pritner", "--exact") == (
        0, "", "nothing has 'pritner'; did you mean printer?\n"
    )  # fmt: skip


@pytest.mark.parametrize("words", [["vpn", "printer", "rollers"], ["vpn", "hour", "zzzz"]])
def test_exact_shows_nothing_that_has_only_most(filled: Shell, words: list[str]):
    assert filled.done("search", "--exact", *words) == (0, "", "nothing is found\n")


def test_words_that_a_mistyped_one_may_be(filled: Shell):
    """What stands beside the other words is meant; alone, what most records have."""
    for title in ("Release of the guide", "Relate to others", "Relate to all", "Rebase a branch"):
        filled.open(title)
    ran = filled.done("search", "relase", "guide", "-f", "ids")
    assert (ids(ran), ran.err) == (["A0006"], "nothing has 'relase'; did you mean release?\n")
    ran = filled.done("search", "relase", "-f", "ids")
    assert (ids(ran), ran.err) == (
        ["A0008", "A0007"], "nothing has 'relase'; did you mean relate?\n"
    )  # fmt: skip
    filled.open("Relate the guide")
    ran = filled.done("search", "relase", "guide", "-f", "ids")
    assert (sorted(ids(ran)), ran.err) == (
        ["A0006", "A000A"], "nothing has 'relase'; did you mean relate or release?\n"
    )  # fmt: skip


def test_a_correction_has_hits(filled: Shell):
    """A word that was edited out of the last ticket that had it is nothing to correct to."""
    filled.rewrite("T-261121-A0004", "title: Password forgotten", "title: No way in")
    assert filled.done("search", "passwrod") == (0, "", "nothing is found\n")


def test_what_was_edited_by_hand_is_found(filled: Shell):
    filled.rewrite("T-261121-A0002", "VPN drops every hour", "Tunnel collapses")
    assert ids(filled.done("search", "tunnel", "-f", "ids")) == ["A0002"]
    assert filled.done("search", "vpn").err == "nothing is found\n"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ([], 2, "there is no word to search for; `desk list` lists by TERMs alone"),
        (["team:network"], 2, "there is no word to search for; `desk list` lists by TERMs alone"),
        (["!!!"], 2, "there is no word to search for; `desk list` lists by TERMs alone"),
        (["vpn", "team:network", "--only", "articles"], 2,
         "team:network is asked of tickets, and --only articles leaves them out; "
         "`desk kb search` asks articles"),
        (["vpn", "pirority:P1"], 2, "no ticket has a field 'pirority'; did you mean priority?\n"
         "  pirority:P1\n  ^^^^^^^^"),
        (["vpn", "--limit", "0"], 2,
         "Invalid value for '--limit': 0 is not in the range x>=1; see `desk search --help`"),
    ],
)  # fmt: skip
def test_what_is_refused(filled: Shell, words: list[str], code: int, said: str):
    assert filled.run("search", *words) == (code, "", f"desk: {said}\n")


def test_damaged_files_are_named_and_the_others_found(filled: Shell):
    filled.path("T-261121-A0003").write_text("id: [", encoding="utf-8")
    ran = filled.run("search", "printer", "-f", "ids")
    assert (ran.code, ids(ran)) == (4, ["A0001", "A0009", "A0002", "A0004"])
    assert ran.err.startswith("desk: tickets/2026/11/T-261121-A0003.yaml:2: ")


def test_as_of_an_earlier_moment(filled: Shell):
    words = ("search", "printer", "--only", "tickets", "--columns")
    later = filled.run("search", "printer", "-f", "ids", at="2026-11-20T09:00:00+08:00")
    assert ids(later) == ["A0009"], words


# --- desk index ----------------------------------------------------------------------------------


def state(shell: Shell, *words: str) -> dict[str, object]:
    (row,) = json.loads(shell.done("index", "-f", "json", *words).out)
    assert isinstance(row.pop("bytes"), int)
    assert row.pop("sqlite") == sqlite3.sqlite_version
    assert row.pop("version") >= 1
    return row


WHOLE = {
    "tickets": 5, "articles": 1, "live": 4, "damaged": 0, "kept": "file",
    "file": ".desk/index.sqlite", "files_read": 6, "made_anew": True,
}  # fmt: skip


def test_the_state_of_the_index(filled: Shell):
    shutil.rmtree(filled.root / ".desk")
    time.sleep(0.1)  # or the files that are just written are looked at again
    assert state(filled) == WHOLE
    assert state(filled) == {**WHOLE, "made_anew": False, "files_read": 0}
    filled.path("T-261121-A0001").write_text("id: [", encoding="utf-8")
    filled.path("T-261121-A0002").unlink()
    third = state(filled)
    assert (third["tickets"], third["live"], third["damaged"]) == (3, 3, 1)


def test_the_state_as_a_table(filled: Shell):
    shutil.rmtree(filled.root / ".desk")
    out = filled.done("index").out
    *lines, kept, done, version = out.splitlines()
    assert lines == ["tickets   5", "articles  1", "live      4", "damaged   0"]
    assert kept.startswith("kept      .desk/index.sqlite, 0.")
    assert done == "state     made anew, 6 files read"
    assert version.endswith(f"SQLite {sqlite3.sqlite_version}")


def test_it_is_made_anew(filled: Shell):
    filled.done("list")
    assert state(filled, "--rebuild") == WHOLE
    ran = filled.done("index", "--rebuild", "-f", "ndjson")
    assert ran.err.startswith("6 files were read in ")


def test_no_bar_is_shown_to_a_program_and_one_to_a_person(filled: Shell):
    assert "Reading" not in filled.done("index", "--rebuild").err
    code, screen = at_terminal("-C", str(filled.root), "index", "--rebuild")
    assert (code, "files were read in" in screen) == (0, True)


TAMPER = {
    "a field": ("UPDATE record SET head = replace(head, 'Printer', 'Painter')", "T-261121-A0001"),
    "a row": ("DELETE FROM file WHERE id LIKE '%A0002'", "T-261121-A0002"),
    "a rank": ("UPDATE file SET rank = 0 WHERE id LIKE '%A0004'", "T-261121-A0004"),
    "a word": ("INSERT INTO text (rowid, title) VALUES (1, 'x')", "full text"),
}


@pytest.mark.parametrize("what", TAMPER)
def test_a_check_finds_what_is_wrong_and_mends_it(filled: Shell, what: str):
    query, wrong = TAMPER[what]
    time.sleep(0.1)
    assert filled.done("index", "--check").err.startswith("6 files were read in ")
    path = filled.root / ".desk" / "index.sqlite"
    mark = path.stat().st_mtime_ns
    connection = sqlite3.connect(path)
    connection.execute(query)
    connection.commit()
    connection.close()
    os.utime(path, ns=(mark, mark))
    ran = filled.run("index", "--check")
    assert ran.code == 4
    assert ran.err.splitlines()[-1] == (
        "desk: .desk/index.sqlite: it was not what the files say, or they changed just now, "
        f"and was made anew: {wrong}"
    )
    assert filled.done("index", "--check").code == 0


def test_where_it_cannot_be_written_a_copy_in_memory_serves(filled: Shell):
    before = filled.done("search", "printer").out
    shutil.rmtree(filled.root / ".desk")
    (filled.root / ".desk").write_text("in the way")
    assert filled.done("search", "printer").out == before
    ran = filled.done("index", "-f", "json")
    assert json.loads(ran.out)[0]["kept"] == "memory"
    assert (
        ran.err == ".desk/index.sqlite cannot be written, so every command reads the files anew\n"
    )


def test_no_text_of_a_ticket_makes_a_search_slow(shell: Shell):
    shell.open("10.0.0.1 is down", "-d", "10" + "_0" * 5000)
    begun = time.monotonic()
    assert shell.done("search", "10.0.0.1").out
    assert time.monotonic() - begun < 2


def test_a_journal_of_somebody_else_is_not_played_back(shell: Shell):
    shell.open()
    shell.done("list")
    kept = shell.root / ".desk" / "index.sqlite"
    for end in ("-journal", "-wal"):
        aside = kept.with_name(f"{kept.name}{end}")
        aside.write_bytes(b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7" + bytes(600))
        stood = kept.stat().st_ino
        assert shell.done("list", "-f", "ids").out == "T-261121-A0001\n"
        assert not aside.exists()
        assert kept.stat().st_ino != stood


def test_a_folder_whose_name_is_no_text_is_passed_over(shell: Shell):
    shell.open()
    os.mkdir(os.path.join(os.fsencode(shell.root), b"tickets/2026/\xff"))
    assert shell.done("list", "-f", "ids").out == "T-261121-A0001\n"


def test_an_index_that_failed_is_made_anew_by_the_next_command(shell: Shell):
    shell.open()
    shell.done("list")
    kept = shell.root / ".desk" / "index.sqlite"
    mark = kept.stat().st_mtime_ns
    with closing(sqlite3.connect(kept)) as connection, connection:
        connection.execute("UPDATE record SET head = '{'")
    os.utime(kept, ns=(mark, mark))
    assert shell.run("list").code == 70
    assert shell.done("list", "-f", "ids").out == "T-261121-A0001\n"


def test_what_a_word_is_taken_for_is_not_told_of_articles_of_others(shell: Shell):
    shell.done("kb", "new", "Zanzibarium merger", "--solution", "Secret")
    rules = shell.root / "desk.yaml"
    visitor = "people:\n  iris: {name: Iris Novak, roles: [requester]}\n"
    text = rules.read_text(encoding="utf-8").replace("people:\n", visitor)
    rules.write_text(text, encoding="utf-8")
    assert "zanzibarium" in shell.done("search", "zanzibarum").err
    for more in ([], ["--exact"]):
        assert shell.run("search", "zanzibarum", *more, who="iris") == (0, "", "nothing is found\n")


def test_wide_letters_and_digits_are_letters_and_digits(shell: Shell):
    shell.open("ＶＰＮ 断线", "-d", "报错 ８０９")
    shell.open("VPN drops", "-d", "error 809")
    for words in ("vpn", "ＶＰＮ", "ｖｐ", "809", "８０９"):
        assert sorted(ids(shell.done("search", words, "-f", "ids"))) == ["A0001", "A0002"], words
    found = json.loads(shell.done("search", "error 809", "-f", "json").out)
    assert [(one["where"], one["excerpt"]) for one in found] == [("description", "error 809")]
    found = json.loads(shell.done("search", "报错 809", "-f", "json").out)
    assert [(one["where"], one["excerpt"]) for one in found] == [("description", "报错 ８０９")]


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (["vpn", "or", "password"], ["A0002", "A0004"]),
        (["vpn or password"], ["A0002", "A0004"]),
        (["(vpn or 卡纸) -搓纸轮"], ["A0002"]),
        (["（vpn or 打印机）"], ["A0002", "A0003"]),
        (["rollers or mailb*"], ["A0001", "A0005"]),
        (["rollers or mailb"], ["A0001"]),
        (['"printer jams" or "paper jams"'], ["A0001", "A0009"]),
        (["jammed or forgot"], ["A0001", "A0009"]),
        (["printer", '-"queue"'], ["A0001", "A0002", "A0009"]),
        (["(printer or vpn)", "status:closed,new", "-category:vpn"], ["A0001", "A0004"]),
        (["printer and directory"], ["A0004"]),
        (["printer status:closed"], ["A0001"]),
        (['status:closed "new rollers"'], ["A0001"]),
        (["printer -(status:closed or drops)"], ["A0004"]),
        (["vpn or nosuchword"], ["A0002"]),
    ],
)  # fmt: skip
def test_the_whole_query_language(filled: Shell, words: list[str], wanted: list[str]):
    """Words are found as full text finds them, in notes and solutions too."""
    assert sorted(ids(filled.done("search", "-f", "ids", *words))) == wanted


def test_a_query_that_needs_no_word_is_for_lists(filled: Shell):
    ran = filled.run("search", "vpn", "or", "team:network")
    assert (ran.code, ran.err) == (
        2, "desk: vpn or team:network needs no word; `desk list`, `desk kb list` take that\n",
    )  # fmt: skip
    assert filled.run("search", "-vpn or -printer").code == 2
    assert filled.run("search", "(vpn").code == 2


def test_what_was_found_by_several_words_is_shown(filled: Shell):
    found = json.loads(filled.done("search", "(mailbox or directory)", "-f", "json").out)
    assert {one["id"][-5:]: one["where"] for one in found} == {
        "A0005": "description", "A0004": "note",
    }  # fmt: skip
