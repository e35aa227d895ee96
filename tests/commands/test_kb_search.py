"""desk kb search, and what is remembered of it."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk import glance, query, searchlog, store
from desk.commands.search import _is_plain
from desk.conditions import of_articles
from tests.commands.test_kb_list import MADE, MAY_SEE, ROLES
from tests.support import Shell, at_terminal, run

PRINTER, VPN, OLD = (f"KB-261121-A000{n}" for n in (1, 2, 3))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """Two published articles, and a retired one; a ticket has the same words."""
    with pytest.MonkeyPatch.context() as patch:
        shell = Shell(tmp_path_factory.mktemp("kb"), patch)
        for title, category, solution in (
            ("打印机卡纸", "printer", "清理搓纸轮。 Clean the rollers."),
            ("VPN drops", "vpn", "Raise the idle timeout on the printer port."),
            ("Old printer", "printer", "Throw it away."),
        ):
            made = shell.done("kb", "new", title, "--category", category, "--solution", solution)
            shell.done("kb", "submit", made.out.strip())
            shell.done("kb", "approve", made.out.strip(), who="zhao")
        shell.done("kb", "retire", OLD, "--because", "scrapped", who="zhao")
        shell.open("Printer jams", "-d", "Rollers squeak.")
        yield shell


@pytest.fixture
def kb(built: Shell, shell: Shell) -> Shell:
    """A copy of that desk."""
    shutil.copytree(built.root, shell.root, dirs_exist_ok=True)
    return shell


def test_the_table(kb: Shell):
    assert kb.done("kb", "search", "printer") == (0, """\
id               status     title      where     excerpt
KB-261121-A0002  published  VPN drops  solution  …idle timeout on the printer port.
""", "")  # fmt: skip


def test_what_is_past_its_date_is_marked(kb: Shell):
    assert kb.done("kb", "search", "vpn", "--now", "2028-01-01", "-f", "csv").out == (
        "id,status,title,where,excerpt\nKB-261121-A0002,outdated,VPN drops,title,VPN drops\n"
    )


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["printer", "--all"], [OLD, VPN]),
        (["printer", "status:retired"], [OLD]),
        (["printer", "status:draft"], []),
        (["printer", "status:published,retired", "category:hardware"], [OLD]),
        (["rollers"], [PRINTER]),
        (["搓纸轮"], [PRINTER]),
        (["卡纸", "category:printer"], [PRINTER]),
        (["卡纸", "category:vpn"], []),
        (["卡纸", "-category:vpn"], [PRINTER]),
        (["vpn", "uses:0", "owner:chen"], [VPN]),
        (["idle timeou"], [VPN]),
        (["'idle timeout'"], [VPN]),
        (["squeak"], []),
        (["scrapped", "--all"], []),
        (["printer", "--limit", "1", "--all"], [OLD]),
        (["vpn", "--now", "2026-11-20"], []),
        (["VPN drops", "--now", "2027-01-01"], [VPN]),
    ],
)
def test_what_is_found(kb: Shell, words: list[str], found: list[str]):
    assert kb.done("kb", "search", "-f", "ids", *words).out.split() == found


@pytest.mark.parametrize(
    ("words", "found", "said"),
    [
        (["rolers"], [PRINTER], "nothing has 'rolers'; did you mean rollers?\n"),
        (["rolers", "--exact"], [], "nothing has 'rolers'; did you mean rollers?\n"),
        (["sqeak"], [], "nothing is found\n"),
        (["搓纸轴"], [PRINTER], "nothing has '搓纸轴'; only parts of it are found\n"),
        (["printer", "category:wifi"], [], "nothing is found that fits\n"),
        (["printer", "--all", "--limit", "1"], [OLD], "the best 1 are shown; --limit shows more\n"),
    ],
)
def test_what_is_said_of_it(kb: Shell, words: list[str], found: list[str], said: str):
    ran = kb.done("kb", "search", "-f", "ids", *words)
    assert (ran.out.split(), ran.err) == (found, said)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "there is no word to search for; `desk kb list` lists by TERMs alone"),
        (["category:vpn"], "there is no word to search for; `desk kb list` lists by TERMs alone"),
        (["vpn", "or", "category:wifi"], "vpn or category:wifi needs no word; `desk list`, "),
        (["(", "vpn"], "this bracket is never closed"),
        (["vpn", "assignee:me"], "no article has a field 'assignee'; known are "),
        (["vpn", "status:open"], "'open' is no status; known are draft, "),
    ],
)  # fmt: skip
def test_what_is_refused(kb: Shell, words: list[str], said: str):
    ran = kb.run("kb", "search", *words)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"desk: {said}")


def test_a_field_of_the_desks_own_can_be_asked_for(kb: Shell):
    kb.done("kb", "edit", VPN, "--set", "rack=7", who="zhao")
    assert kb.done("kb", "search", "vpn", "rack:7", "-f", "ids").out == f"{VPN}\n"
    assert kb.run("kb", "search", "vpn", "rak:7").err.startswith(
        "desk: no article has a field 'rak'; did you mean rack"
    )


def test_a_damaged_article_is_named_and_a_damaged_ticket_is_not(kb: Shell):
    kb.path(PRINTER).write_text("id: [", encoding="utf-8")
    kb.path("T-261121-A0004").write_text("id: [", encoding="utf-8")
    ran = kb.run("kb", "search", "vpn", "-f", "ids")
    assert (ran.code, ran.out) == (4, f"{VPN}\n")
    assert ran.err == (
        f"desk: kb/{PRINTER}.yaml:2: this is not YAML: did not find expected node content\n"
    )


@pytest.mark.parametrize("many", [1, 1500])
def test_what_changed_since_is_seen(kb: Shell, monkeypatch: pytest.MonkeyPatch, many: int):
    """Whether the folder is looked at by this process or by another one."""
    monkeypatch.setattr(glance, "_MANY", many)

    def found(word: str) -> list[str]:
        return kb.done("kb", "search", word, "-f", "ids").out.split()

    assert (found("vpn"), found("tunnel")) == ([VPN], [])
    kb.rewrite(VPN, "title: VPN drops", "title: Tunnel ok")  # in place, of the same length
    assert (found("vpn"), found("tunnel")) == ([], [VPN])
    kb.path(VPN).rename(kb.root / "aside.yaml")
    assert found("tunnel") == []
    (kb.root / "aside.yaml").rename(kb.path(VPN))
    assert found("tunnel") == [VPN]
    shutil.move(kb.root / "kb", kb.root / "aside")
    assert found("tunnel") == []


# --- who finds what ------------------------------------------------------------------------


@pytest.mark.parametrize("who", MAY_SEE)
def test_nobody_finds_what_they_may_not_read(shell: Shell, who: str):
    fill(shell)
    may = [one for one in MADE if one[-1] in MAY_SEE[who]]
    found = shell.done("kb", "search", "common", "--all", "-f", "ids", who=who)
    assert sorted(found.out.split()) == may
    for record_id in MADE:
        own = f"secret{'abcd'[int(record_id[-1]) - 1] * 4}"
        for word in (own, own[:-1] + "x"):  # the latter is taken for the former
            ran = shell.done("kb", "search", word, "--all", who=who)
            assert (own in ran.out + ran.err.replace(word, "")) == (record_id in may), ran


def fill(shell: Shell) -> None:
    """Articles as `MADE` says, each with a word of its own."""
    (shell.root / "desk.yaml").write_text(ROLES, encoding="utf-8")
    for record_id, (audience, published) in MADE.items():
        own = f"secret{'abcd'[int(record_id[-1]) - 1] * 4}"
        shell.done("kb", "new", "common", "--audience", audience, "--solution", own, who="lin")
        if published:
            shell.done("kb", "submit", record_id, who="lin")
            shell.done("kb", "approve", record_id, who="zhao")


def test_git_is_not_asked_who_acts_where_everybody_may_read_it(
    kb: Shell, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("DESK_USER", raising=False)
    monkeypatch.setattr("desk.git.identity", None)
    assert run(["-C", str(kb.root), "kb", "search", "vpn", "-f", "ids"]).out == f"{VPN}\n"


# --- what was looked for -------------------------------------------------------------------


def remembered(shell: Shell) -> list[tuple[str, int]]:
    return [(one.words, one.found) for one in searchlog.remembered(store.Desk(str(shell.root)))]


def test_a_search_is_remembered_without_a_name_where_that_is_asked(kb: Shell):
    kb.done("kb", "search", "nothing")
    assert remembered(kb) == []
    kb.done("kb", "search", "nothing  here", "category:vpn", "--remember")
    kb.done("kb", "search", "打印机", "卡纸", "--remember")
    path = kb.root / ".desk" / "searches.ndjson"
    assert [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] == [
        {"at": "2026-11-21T09:00:00+08:00", "words": "nothing  here", "found": 0},
        {"at": "2026-11-21T09:00:00+08:00", "words": "打印机 卡纸", "found": 1},
    ]
    assert path.stat().st_mode & 0o077 == 0, "it is nobody else's business"


def test_what_a_person_looks_for_at_a_terminal_is_remembered(kb: Shell):
    code, _ = at_terminal("-C", str(kb.root), "--as", "chen", "kb", "search", "shredder")
    assert (code, remembered(kb)) == (0, [("shredder", 0)])


@pytest.mark.parametrize("how", ["link", "folder", "fifo", "private"])
def test_what_cannot_be_remembered_fails_no_search(kb: Shell, how: str, tmp_path: Path):
    path, other = kb.root / ".desk" / "searches.ndjson", tmp_path / "other"
    other.write_text("mine\n")
    path.parent.mkdir(exist_ok=True)
    if how == "link":
        path.symlink_to(other)
    elif how == "folder":
        path.mkdir()
    elif how == "fifo":
        os.mkfifo(path)
    else:
        shutil.rmtree(path.parent)
        path.parent.write_text("in the way")
    assert kb.done("kb", "search", "vpn", "--remember", "-f", "ids").out == f"{VPN}\n"
    assert other.read_text() == "mine\n"
    assert remembered(kb) == []


def test_the_oldest_half_is_dropped(kb: Shell, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(searchlog, "MOST", 1000)
    for number in range(100):
        kb.done("kb", "search", f"word{number}", "--remember")
    words = [word for word, _ in remembered(kb)]
    assert words == [f"word{number}" for number in range(100 - len(words), 100)]
    assert 5 < len(words) < 16
    assert (kb.root / ".desk" / "searches.ndjson").stat().st_size <= 1000


def test_lines_that_came_to_harm_are_passed_over(kb: Shell):
    kb.done("kb", "search", "one", "--remember")
    path = kb.root / ".desk" / "searches.ndjson"
    with path.open("ab") as file:
        file.write(b'{"at": 1}\n[]\n"x"\n\xff\n{"at": "x", "words": "y", "found": 0}\n{"at"\n')
        file.write(b"\n")
    kb.done("kb", "search", "two\u2028lines\n3", "--remember")
    assert remembered(kb) == [("one", 1), ("two\u2028lines\n3", 0)]


# --- what needs no reader of queries -------------------------------------------------------


@given(st.text(max_size=12).filter(_is_plain))
def test_a_plain_word_asks_for_nothing_but_itself(word: str):
    assert query.is_text(word)
    assert query.is_text(word, of_articles())
