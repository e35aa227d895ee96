"""desk kb list, show and history, and that no command gives an article's text to others."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from desk import cli
from tests.support import NOW, POLICY, Shell, at_terminal, environment, process

# Titles of articles by (audience, published); each text says whose it is.
MADE = {
    "KB-261121-A0001": ("public", True),
    "KB-261121-A0002": ("internal", True),
    "KB-261121-A0003": ("network", True),
    "KB-261121-A0004": ("public", False),
}
PUBLIC, INTERNAL, NETWORK, DRAFT = MADE
TICKET = "T-261121-A0005"
# visitor asks, ada writes, lin is in the team network.
ROLES = POLICY.replace(
    "teams:\n  service",
    "  visitor: {roles: [requester]}\n  ada: {roles: [agent]}\n  nobody: {roles: [mute]}\n"
    "teams:\n  service",
    1,
).replace("codes:", f"major: [{{when: {{priority: P4}}, plan: {INTERNAL}}}]\ncodes:")
ROLES += "roles: {mute: []}\n"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """An article for everybody, one for those who work here, one for a team, and a draft."""
    with pytest.MonkeyPatch.context() as patch:
        shell = Shell(tmp_path_factory.mktemp("kb"), patch)
        fill(shell)
        yield shell


@pytest.fixture
def kb(built: Shell, shell: Shell) -> Shell:
    """A copy of that desk."""
    shutil.copytree(built.root, shell.root, dirs_exist_ok=True)
    return shell


def fill(shell: Shell) -> None:
    (shell.root / "desk.yaml").write_text(ROLES, encoding="utf-8")
    for record_id, (audience, published) in MADE.items():
        mark = f"MARK-{record_id[-1]}"
        shell.done("kb", "new", f"{mark} title", "--audience", audience, "--solution", f"{mark} s",
                   "--cause", f"{mark} c", "--symptoms", f"{mark} y", "--body", f"{mark} b",
                   "--category", "vpn", "--tag", f"{mark}-tag", who="lin")  # fmt: skip
        shell.done("kb", "edit", record_id, "--set", f"rack={mark}-rack", who="lin")
        if published:
            shell.done("kb", "submit", record_id, who="lin")
            shell.done("kb", "approve", record_id, who="zhao")
            shell.done("kb", "unhelpful", record_id, "--because", f"{mark} vote", who="lin")
    assert shell.open("VPN drops") == TICKET


def test_the_table(kb: Shell):
    assert kb.run("kb", "list", who="lin") == (
        0,
        """\
id               status     title         audience  category     owner  uses  needs
KB-261121-A0001  published  MARK-1 title  public    network/vpn  lin    0     work
KB-261121-A0002  published  MARK-2 title  internal  network/vpn  lin    0     work
KB-261121-A0003  published  MARK-3 title  network   network/vpn  lin    0     work
KB-261121-A0004  draft      MARK-4 title  public    network/vpn  lin    0
""",
        "",
    )


@pytest.mark.parametrize(
    ("terms", "found"),
    [
        ([], [PUBLIC, INTERNAL, NETWORK, DRAFT]),
        (["status:published"], [PUBLIC, INTERNAL, NETWORK]),
        (["status:outdated"], []),
        (["status:outdated", "--now", "2028-01-01"], [PUBLIC, INTERNAL, NETWORK]),
        (["status:published", "--now", "2028-01-01"], []),
        (["needs:work"], [PUBLIC, INTERNAL, NETWORK]),
        (["needs:none"], [DRAFT]),
        (["needs:renewal", "--now", "2028-01-01"], [PUBLIC, INTERNAL, NETWORK]),
        (["-audience:public"], [INTERNAL, NETWORK]),
        (["unhelpful:>0", "uses:0"], [PUBLIC, INTERNAL, NETWORK]),
        (["mark-3"], [NETWORK]),
        (['"mark-4 b"'], [DRAFT]),
        (["owner:me"], [PUBLIC, INTERNAL, NETWORK, DRAFT]),
        (["category:network", "tag:mark-2-tag"], [INTERNAL]),
        (["has:approve"], [PUBLIC, INTERNAL, NETWORK]),
        (["rack:MARK-1-rack"], [PUBLIC]),
        (["review_by:<400d", "--sort", "-id", "--limit", "1"], [NETWORK]),
        (["--now", "2026-11-20"], []),
    ],
)  # fmt: skip
def test_what_terms_find(kb: Shell, terms: list[str], found: list[str]):
    assert kb.done("kb", "list", *terms, "-f", "ids", who="lin").out.split() == found


DAYS = {0: NOW, **{day: f"2026-12-0{day}T09:00:00+08:00" for day in (1, 2, 3, 4)}}


@pytest.fixture
def moved(shell: Shell) -> tuple[Shell, str]:
    """A desk with an article that is public on one day alone, and written on the day before."""
    (shell.root / "desk.yaml").write_text(ROLES, encoding="utf-8")
    made = shell.done("kb", "new", "VPN drops", "--solution", "Wait.", at=DAYS[1], who="zhao")
    record_id = made.out.strip()
    shell.done("kb", "submit", record_id, at=DAYS[1], who="zhao")
    shell.done("kb", "edit", record_id, "--set", "owner=lin", at=DAYS[1], who="zhao")
    shell.done("kb", "approve", record_id, at=DAYS[1], who="lin")
    shell.done("kb", "edit", record_id, "--set", "audience=public", at=DAYS[2], who="zhao")
    return shell, record_id


@pytest.mark.parametrize(
    "words",
    [["kb", "list", "-f", "ids"], ["kb", "search", "drops", "-f", "ids"],
     ["search", "drops", "-f", "ids"], ["kb", "export", "FOLDER", "-f", "json"]],
    ids=["list", "kb search", "search", "export"],
)  # fmt: skip
def test_who_may_read_goes_by_what_it_was_and_by_what_it_is(
    moved: tuple[Shell, str], words: list[str], tmp_path: Path
):
    shell, record_id = moved

    def out(who: str, day: int) -> str:
        folder = str(tmp_path / f"{who}{day}-{len([*tmp_path.iterdir()])}")
        own = [folder if word == "FOLDER" else word for word in words]
        return shell.done(*own, at=DAYS[day], who=who).out

    def seen(who: str) -> list[int]:
        found = {day: out(who, day) for day in DAYS}
        return [day for day, out in found.items() if record_id in out]

    assert (seen("visitor"), seen("ada")) == ([2, 3, 4], [1, 2, 3, 4])
    shell.done("kb", "edit", record_id, "--set", "audience=internal", at=DAYS[3], who="zhao")
    assert (seen("visitor"), seen("ada")) == ([], [1, 2, 3, 4])
    shell.done("kb", "edit", record_id, "--set", "audience=network", at=DAYS[4], who="zhao")
    assert (seen("visitor"), seen("ada"), seen("lin")) == ([], [], [1, 2, 3, 4])


def test_words_of_a_log_find_nothing_for_those_who_may_not_read_it(kb: Shell):
    ticket = kb.open("Fax", "-d", "The vote is lost.")
    found = {who: kb.done("search", "vote", "-f", "ids", who=who).out.split() for who in MAY_SEE}
    assert found == {
        "visitor": [ticket], "nobody": [ticket], "ada": [ticket, INTERNAL, PUBLIC],
        "lin": [ticket, NETWORK, INTERNAL, PUBLIC], "zhao": [ticket, NETWORK, INTERNAL, PUBLIC],
    }  # fmt: skip
    nothing = (0, "", "nothing is found that fits\n")
    assert kb.run("search", "vote", "--only", "articles", "-f", "ids", who="visitor") == nothing
    assert kb.done("search", "mark", "-f", "ids", who="visitor").out == f"{PUBLIC}\n"


def test_words_of_a_log_correct_nothing_for_those_who_may_not_read_it(kb: Shell):
    ticket = kb.open("Fax", "-d", "The note is lost.")
    assert kb.run("search", "vote", "-f", "ids", who="visitor") == (
        0, f"{ticket}\n", "nothing has 'vote'; did you mean note?\n"
    )  # fmt: skip
    assert ticket not in kb.done("search", "vote", "-f", "ids", who="lin").out


def test_an_export_of_an_earlier_moment_is_for_those_who_may_read_it_now(
    moved: tuple[Shell, str], tmp_path: Path
):
    shell, record_id = moved
    words = ("kb", "export", str(tmp_path / "out"), "--for", "public", "--force", "-f", "json")
    assert record_id in shell.done(*words, at=DAYS[2], who="zhao").out
    (tmp_path / "out" / "vpn-drops.md").unlink()
    shell.done("kb", "edit", record_id, "--set", "audience=internal", at=DAYS[3], who="zhao")
    assert shell.done(*words, at=DAYS[2], who="zhao").out == "[]\n"


def test_retired_ones_are_left_out_unless_asked_for(kb: Shell):
    kb.done("kb", "retire", PUBLIC, who="zhao")
    assert PUBLIC not in kb.done("kb", "list").out
    assert PUBLIC in kb.done("kb", "list", "--all").out
    assert kb.done("kb", "list", "status:retired", "-f", "ids").out == f"{PUBLIC}\n"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["needs:wrk"], "'wrk' is no value of needs; did you mean work?"),
        (["status:open"], "'open' is no status; known are draft, review, published, outdated, "
         "retired"),
        (["assignee:me"], "no article has a field 'assignee'; known are"),
        (["--columns", "usse"], "no article has a field 'usse'; did you mean uses or cause?"),
        (["--sort", "-titel"], "no article has a field 'titel'; did you mean title?"),
        (["uses:>many"], "uses:>many is no comparison; write uses:<=2, uses:1..2 or uses:none"),
    ],
)  # fmt: skip
def test_terms_that_make_no_sense(kb: Shell, words: list[str], sentence: str):
    ran = kb.run("kb", "list", *words)
    assert (ran.code, ran.out) == (2, "")
    assert sentence in ran.err


def test_the_status_of_the_moment_is_in_the_data(kb: Shell):
    at = ("--now", "2028-01-01", "-f", "json")
    (row,) = json.loads(kb.done("kb", "list", "mark-1", *at).out)
    assert (row["status"], row["rack"]) == ("outdated", "MARK-1-rack")
    assert "log" not in row
    header = kb.done("kb", "list", "-f", "csv").out.splitlines()[0]
    assert header == (
        "id,title,status,audience,category,tags,language,owner,review_by,links,symptoms,cause,"
        "solution,body,needs,uses,helpful,unhelpful,rack"
    )


def test_no_column_stands_twice(kb: Shell):
    record_id = kb.done("kb", "list", "-f", "ids").out.split()[0]
    kb.rewrite(record_id, "title:", "uses: 7\noutdated: x\ntitle:")
    header = kb.done("kb", "list", "-f", "csv").out.partition("\n")[0].split(",")
    assert len(header) == len({*header})
    assert kb.done("kb", "list", "--columns", "uses,uses", "-f", "csv").out.startswith("uses\n")


def test_nothing_fits(kb: Shell):
    assert kb.run("kb", "list", "nowhere") == (0, "", "no article fits\n")
    assert kb.run("kb", "list", "nowhere", "-f", "json") == (0, "[]\n", "")


def test_show_tells_how_it_stands(kb: Shell):
    shown = kb.done("kb", "show", "a0001", "--now", "2028-01-01").out
    assert shown.startswith(f"{PUBLIC}  MARK-1 title\nstatus     outdated\n")
    assert "\nneeds      renewal, work\nvotes      1 unhelpful\n\nSymptoms\n" in shown
    assert kb.done("show", "a0001", "--now", "2028-01-01").out == shown
    assert kb.run("kb", "show", TICKET) == (
        1, "", f"desk: {TICKET} is a ticket; `desk kb` is for articles\n"
    )  # fmt: skip


def test_history_is_the_log(kb: Shell):
    rows = json.loads(kb.done("kb", "history", PUBLIC, "-f", "json").out)
    assert [row["did"] for row in rows] == ["new", "edit", "submit", "approve", "unhelpful"]
    table = kb.done("kb", "history", PUBLIC).out
    assert table == kb.done("history", PUBLIC).out
    assert "MARK-1 b" not in table, "the first event is not repeated"


# --- who gets what -------------------------------------------------------------------------

# The marks that each may see, wherever articles' texts come out.
MAY_SEE = {"visitor": {"1"}, "nobody": set(), "ada": {"1", "2", "4"}, "lin": {*"1234"},
           "zhao": {*"1234"}}  # fmt: skip
ALL = (*MADE, TICKET)
SURFACES: dict[str, list[str]] = {
    **{f"kb list {form}": ["kb", "list", "--all", "-f", form] for form in
       ("table", "json", "ndjson", "csv", "tsv", "yaml", "markdown")},
    "kb list words": ["kb", "list", "mark"],
    "kb show": ["kb", "show", *MADE],
    "kb show json": ["kb", "show", *MADE, "-f", "json"],
    "kb show markdown": ["kb", "show", *MADE, "-f", "markdown"],
    **{f"kb history {one[-1]}": ["kb", "history", one, "-f", "json"] for one in MADE},
    "show": ["show", *ALL],
    "show json": ["show", *ALL, "-f", "json"],
    "show csv": ["show", *ALL, "-f", "csv"],
    **{f"history {one[-1]}": ["history", one] for one in MADE},
    "search": ["search", "mark"],
    "search json": ["search", "mark", "-f", "json"],
    "search vote": ["search", "vote"],
    "search rack": ["search", "rack"],
    "export": ["export"],
    "export csv": ["export", "-f", "csv", "--articles"],
    "check": ["check"],
    "tick": ["tick", "--dry-run", "--now", "2028-01-01", "-f", "json"],
    "link": ["link", TICKET, "related", NETWORK],
    "resolve": ["resolve", TICKET, "--solution", "x", "--kb", NETWORK],
    "kb edit": ["kb", "edit", NETWORK, "--set", "title=x"],
    "kb unhelpful": ["kb", "unhelpful", *MADE],
    "kb renew": ["kb", "renew", *MADE, "--dry-run"],
}  # fmt: skip


@pytest.mark.parametrize("who", MAY_SEE)
@pytest.mark.parametrize("surface", SURFACES)
def test_nobody_sees_the_text_of_what_they_may_not_read(kb: Shell, surface: str, who: str):
    kb.rewrite(NETWORK, "title: MARK-3 title", "title: MARK-3 edited")
    ran = kb.run(*SURFACES[surface], who=who)
    assert set(re.findall(r"MARK-(\d)", ran.out + ran.err)) <= MAY_SEE[who], ran
    if who == "visitor":
        assert not re.search(r"rack|vote", ran.out), ran
        assert surface == "tick" or not re.search(r"\blin\b", ran.out), "tick tells owners"


@pytest.mark.parametrize("who", MAY_SEE)
def test_everybody_sees_what_they_may_read(kb: Shell, who: str):
    for words in (["kb", "list"], ["export"], ["search", "mark"]):
        ran = kb.done(*words, who=who)
        assert set(re.findall(r"MARK-(\d)", ran.out)) == MAY_SEE[who], words


def test_an_export_says_what_it_lacks(kb: Shell):
    assert kb.done("export", who="visitor").err == (
        "4 articles are left out, or without log, owner and links: visitor may not read them "
        "whole\n"
    )
    assert kb.done("export", who="lin").err == ""


def test_what_is_named_is_refused(kb: Shell):
    assert kb.run("kb", "show", NETWORK, who="ada") == (
        1, "", f"desk: {NETWORK} is for team network and ada may not read it; `roles` in "
        "desk.yaml say who may\n",
    )  # fmt: skip
    assert kb.run("kb", "history", INTERNAL, who="visitor").code == 1
    ran = kb.run("show", NETWORK, TICKET, "-f", "ids", who="ada")
    assert (ran.code, ran.out) == (1, f"{TICKET}\n")


def test_the_plan_of_a_major_incident_is_for_those_who_may_read_it(kb: Shell):
    kb.done("classify", TICKET, "--major")
    assert "MARK-2 s" in kb.done("show", TICKET, who="ada").out
    shown = kb.done("show", TICKET, who="visitor").out
    assert "MARK" not in shown
    assert f"{INTERNAL} cannot be shown" in shown


@pytest.mark.parametrize(("who", "found"), [("visitor", []), ("ada", [PUBLIC, INTERNAL])])
def test_a_watch_tells_of_what_may_be_read_whole(kb: Shell, who: str, found: list[str]):
    words = ("-C", str(kb.root), "--as", who, "watch", "--since", "1d", "--once")
    lines = process(*words, timeout=20).stdout.splitlines()
    seen = {json.loads(line)["id"] for line in lines} - {TICKET}
    assert seen == {*found} | ({DRAFT} if found else set())


@pytest.mark.parametrize(
    ("words", "typed", "who", "found"),
    [
        ("kb show", "", "visitor", [PUBLIC]),
        ("kb show", "", "ada", [PUBLIC, INTERNAL, DRAFT]),
        ("kb submit", "", "ada", [DRAFT]),
        ("kb helpful", "A000", "lin", [PUBLIC, INTERNAL, NETWORK]),
        ("resolve T --kb", "", "visitor", [PUBLIC]),
        ("kb list", "needs:", "lin", ["needs:review", "needs:publish", "needs:renewal",
                                      "needs:work", "needs:none"]),
        ("kb list", "audience:net", "lin", ["audience:network"]),
        ("kb new x --audience", "int", "lin", ["internal"]),
        ("kb", "ne", "lin", ["new"]),
    ],
)  # fmt: skip
def test_completion(kb: Shell, words: str, typed: str, who: str, found: list[str]):
    line = ["desk", "-C", str(kb.root), "--as", who, *words.split(), typed]
    ran = process(
        env={**environment(), "_DESK_COMPLETE": "zsh_complete", "COMP_WORDS": " ".join(line),
             "COMP_CWORD": str(len(line) - 1)},
    )  # fmt: skip
    assert ran.stdout.splitlines()[1::3] == found
    if who == "visitor":
        assert set(re.findall(r"MARK-(\d)", ran.stdout)) <= {"1"}


@pytest.fixture(scope="module")
def ways(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """An article, or a ticket, of each status; their titles say of which."""
    with pytest.MonkeyPatch.context() as patch:
        shell = Shell(tmp_path_factory.mktemp("ways"), patch, ROLES)
        steps = {"draft": "", "review": "submit", "approved": "submit approve",
                 "published": "submit approve publish", "retired": "retire"}  # fmt: skip
        (shell.root / "desk.yaml").write_text(
            ROLES.replace("ada: {roles: [agent]}", "ada: {roles: [reviewer]}"), encoding="utf-8"
        )
        for title, verbs in steps.items():
            made = shell.done("kb", "new", title, "--solution", "x", who="chen").out.strip()
            for verb in verbs.split():
                shell.done("kb", verb, made, who={"approve": "ada"}.get(verb, "zhao"))
        for title, verbs in {"new": "", "resolved": "resolve", "closed": "resolve close"}.items():
            ticket = shell.open(title)
            for verb in verbs.split():
                shell.done(verb, ticket, *(["--solution", "x"] if verb == "resolve" else []))
        yield shell


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("kb submit", "draft"),
        ("kb approve", "review approved"),
        ("kb reject", "review approved"),
        ("kb publish", "approved"),
        ("kb renew", "published"),
        ("kb retire", "published"),
        ("kb helpful", "published"),
        ("resolve x --kb", "published"),
        ("kb edit", "draft review approved published retired"),
        ("kb from", "resolved closed"),
    ],
)
def test_a_command_is_offered_what_it_is_for(ways: Shell, words: str, found: str):
    assert offered(ways, words) == found.split()


def test_what_needs_no_review_is_offered_for_publication(ways: Shell, shell: Shell):
    shutil.copytree(ways.root, shell.root, dirs_exist_ok=True)
    with (shell.root / "desk.yaml").open("a", encoding="utf-8") as file:
        file.write("knowledge: {review: none}\n")
    assert offered(shell, "kb publish") == ["draft", "review", "approved"]


def offered(shell: Shell, words: str) -> list[str]:
    """The titles of what TAB offers behind those words."""
    line = ["desk", "-C", str(shell.root), "--as", "zhao", *words.split(), ""]
    ran = process(
        env={**environment(), "_DESK_COMPLETE": "zsh_complete", "COMP_WORDS": " ".join(line),
             "COMP_CWORD": str(len(line) - 1)},
    )  # fmt: skip
    return ran.stdout.splitlines()[2::3]


def test_every_command_of_the_group_is_named_in_its_help():
    help_text = at_terminal("kb", "--help")[1]
    group = cli.cli.get_command(None, "kb")  # type: ignore[arg-type]
    assert group is not None
    for name, (_, line) in group.known.items():  # type: ignore[attr-defined]
        assert re.search(rf"^  {name} +{re.escape(line)}", help_text, re.MULTILINE), name


def test_a_far_off_command_of_the_group(shell: Shell):
    assert shell.run("kb", "lst") == (
        2, "", "desk: there is no command 'kb lst'; did you mean list?; see `desk kb --help`\n"
    )  # fmt: skip
