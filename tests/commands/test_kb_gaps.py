"""desk kb gaps."""

import csv
import io
import json
import shutil
from collections.abc import Iterator

import pytest

from desk import gaps
from desk.commands import kb_gaps
from tests.support import POLICY, Shell, at_terminal

LATER = "2027-01-10T09:00:00+08:00"
ARTICLE = "KB-261121-A0004"
ROLES = (
    POLICY.replace(
        "teams:\n  service", "  visitor: {roles: [requester]}\n  ada: {roles: [agent]}\n"
        "teams:\n  service", 1,
    )
    + "roles: {}\n"
)  # fmt: skip


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """Three tickets alike were solved; an article of the team network is unused and disliked."""
    with pytest.MonkeyPatch.context() as patch:
        shell = Shell(tmp_path_factory.mktemp("kb"), patch, ROLES)
        for title, solution in (
            ("VPN drops every hour", "x"), ("VPN 掉线", "Raise the idle timeout."), ("VPN\x1b", "y")
        ):  # fmt: skip
            made = shell.open(title, "-d", "The tunnel collapses.", "--category", "vpn")
            shell.done("resolve", made, "--solution", solution)
        shell.done("kb", "new", "Wi-Fi", "--audience", "network", "--solution", "Wait.", who="lin")
        shell.done("kb", "submit", ARTICLE, who="lin")
        shell.done("kb", "approve", ARTICLE, who="zhao")
        shell.done("kb", "unhelpful", ARTICLE, "--because", "No such menu", who="lin")
        shell.done("kb", "search", "shredder", "--remember")
        yield shell


@pytest.fixture
def kb(built: Shell, shell: Shell) -> Shell:
    """A copy of that desk."""
    shutil.copytree(built.root, shell.root, dirs_exist_ok=True)
    return shell


def test_the_tables(kb: Shell):
    ran = kb.done("kb", "gaps", at=LATER, who="zhao")
    assert ran == (0, """\
To write next
tickets saved  draft from      category     title     why
2              T-261121-A0002  network/vpn  VPN 掉线  3 tickets alike: collapses, tunnel, vpn; also “VPN drops every hour”; also “VPN\\x1b”

Looked for in vain
searches  words     why
1         shredder  found nothing, last on 2026-11-21

Never used
days  id               title  why
50    KB-261121-A0004  Wi-Fi  published on 2026-11-21, and no ticket was resolved by it

Found unhelpful
votes  id               title  why
1      KB-261121-A0004  Wi-Fi  1 unhelpful, 0 helpful; “No such menu”
""", "")  # fmt: skip # noqa: E501


def test_the_rows_have_one_shape(kb: Shell):
    rows = json.loads(kb.done("kb", "gaps", "-f", "json", at=LATER, who="zhao").out)
    assert rows[1:] == [
        {"kind": "search", "id": None, "value": "shredder", "title": None, "number": 1,
         "why": "found nothing, last on 2026-11-21"},
        {"kind": "unused", "id": ARTICLE, "value": None, "title": "Wi-Fi", "number": 50,
         "why": "published on 2026-11-21, and no ticket was resolved by it"},
        {"kind": "unhelpful", "id": ARTICLE, "value": None, "title": "Wi-Fi", "number": 1,
         "why": "1 unhelpful, 0 helpful; “No such menu”"},
    ]  # fmt: skip
    table = csv.DictReader(
        io.StringIO(kb.done("kb", "gaps", "-f", "csv", at=LATER, who="zhao").out)
    )
    same = [{name: "" if cell is None else str(cell) for name, cell in row.items()} for row in rows]
    assert list(table) == same


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["--only", "write"], ["T-261121-A0002"]),
        (["--only", "write", "--only", "unused"], ["T-261121-A0002", ARTICLE]),
        (["--only", "search"], []),
        (["--since", "30d"], [ARTICLE]),
        (["--limit", "0"], []),
    ],
)
def test_ids_are_of_what_has_one(kb: Shell, words: list[str], found: list[str]):
    assert kb.done("kb", "gaps", "-f", "ids", *words, at=LATER, who="zhao").out.split() == found


def test_the_draft_takes_it_off_the_list(kb: Shell):
    (ticket,) = kb.done("kb", "gaps", "--only", "write", "-f", "ids").out.split()
    kb.done("kb", "from", ticket)
    assert kb.done("kb", "gaps", "--only", "write") == (0, "", "no gap is found\n")


def test_it_is_about_what_one_may_read(kb: Shell):
    mine = kb.done("kb", "gaps", "-f", "ndjson", who="ada", at=LATER).out
    assert "Wi-Fi" not in mine
    assert "No such menu" not in mine
    assert [json.loads(line)["kind"] for line in mine.splitlines()] == ["write", "search"]
    assert kb.run("kb", "gaps", who="visitor") == (
        1, "", "desk: what is missing is told by other people's tickets, and visitor may not read "
        "what is internal; `roles` in desk.yaml say who may\n",
    )  # fmt: skip


def test_as_of_an_earlier_moment(kb: Shell):
    assert kb.done("kb", "gaps", at="2026-11-20T09:00:00+08:00").err == "no gap is found\n"


def test_an_empty_period_is_refused(kb: Shell):
    assert kb.run("kb", "gaps", "--since", "2030-01-01") == (
        2, "", "desk: the period is empty: --since is not before now\n"
    )  # fmt: skip


def test_more_than_is_shown_is_said(kb: Shell):
    ran = kb.done("kb", "gaps", "--limit", "0", at=LATER, who="zhao")
    assert (ran.out, ran.err) == ("", "4 are found; --limit shows more of each\n")


def test_a_damaged_file_is_named_and_the_rest_shown(kb: Shell):
    kb.path("T-261121-A0003").write_text("id: [", encoding="utf-8")
    ran = kb.run("kb", "gaps", "--only", "write", "-f", "ids")
    assert (ran.code, ran.out) == (4, "T-261121-A0002\n")


def test_definitions(kb: Shell):
    rows = json.loads(kb.done("kb", "gaps", "--define", "-f", "json").out)
    assert [row["kind"] for row in rows] == list(gaps.KINDS) == list(kb_gaps._KINDS)
    assert kb.done("kb", "gaps", "--define", "--only", "outdated").out == (
        "outdated (days)\n  Published articles past their review_by, and for how many days.\n"
    )


def test_a_terminal_gets_nothing_to_act_on(kb: Shell):
    _, screen = at_terminal("-C", str(kb.root), "--as", "chen", "kb", "gaps", columns=200)
    assert "\x1b" not in screen
    assert "VPN\\x1b" in screen


def test_markdown_has_headings(kb: Shell):
    words = ("--only", "unused", "--only", "unhelpful", "-f", "markdown")
    heading, _, table = kb.done("kb", "gaps", *words, at=LATER, who="zhao").out.partition("\n\n|")
    assert heading == "## Never used"
    assert table.split("\n\n")[1:2] == ["## Found unhelpful"]
