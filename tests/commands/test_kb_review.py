"""desk kb submit, approve, reject, publish, retire and renew; votes and uses."""

import json

import pytest

from tests.support import POLICY, Shell

ONE, TWO = "KB-261121-A0001", "KB-261121-A0002"
AT = "2026-11-21T09:00:00+08:00"


@pytest.fixture
def kb(shell: Shell) -> Shell:
    """Two drafts of chen's; zhao and lin are leads, mei reviews."""
    text = POLICY.replace("teams:\n  service", "  mei: {roles: [reviewer]}\nteams:\n  service", 1)
    (shell.root / "desk.yaml").write_text(text, encoding="utf-8")
    for title in ("VPN", "卡纸"):
        shell.done("kb", "new", title, "--solution", "Wait.", "--audience", "public")
    return shell


def published(kb: Shell) -> Shell:
    kb.done("kb", "submit", ONE)
    kb.done("kb", "approve", ONE, who="zhao")
    return kb


def test_the_way_of_an_article(kb: Shell):
    assert kb.run("kb", "submit", ONE, TWO) == (
        0,
        "",
        f"{ONE} waits for a reviewer now (lin, zhao, mei may review it)\n"
        f"{TWO} waits for a reviewer now (lin, zhao, mei may review it)\n",
    )
    assert kb.run("kb", "approve", ONE, who="zhao") == (
        0, "", f"{ONE} is approved and published, to be looked at again by 2027-11-21\n"
    )  # fmt: skip
    assert kb.run("kb", "approve", TWO, who="mei") == (
        0, "", f"{TWO} is approved; lin, zhao may publish it\n"
    )  # fmt: skip
    assert kb.run("kb", "approve", TWO, who="mei") == (
        1, "", f"desk: {TWO} is approved already; `desk kb publish` is next\n"
    )  # fmt: skip
    assert kb.run("kb", "publish", TWO, who="mei") == (
        1, "", "desk: mei may not publish articles; lin, zhao may (kb.publish in `roles`)\n"
    )  # fmt: skip
    assert kb.run("kb", "publish", TWO, who="lin") == (
        0, "", f"{TWO} is published, to be looked at again by 2027-11-21\n"
    )  # fmt: skip
    assert kb.run("kb", "retire", TWO, "--because", "gone", who="lin") == (
        0, "", f"{TWO} is retired\n"
    )  # fmt: skip
    assert kb.done("check").err == "2 files, 0 errors, 0 warnings\n"


def test_an_approval_in_the_file(kb: Shell):
    published(kb)
    assert (
        kb.log(ONE)
        == f"""\
- n: 3
  at: {AT}
  by: zhao
  did: approve
  change:
    status: [review, published]
    review_by: [null, 2027-11-21T09:00:00+08:00]
"""
    )


@pytest.mark.parametrize(
    ("words", "who", "code", "sentence"),
    [
        (["approve", ONE], "chen", 1,
         "chen may not review articles; lin, zhao, mei may (kb.review in `roles`)"),
        (["approve", ONE], "zhao", 1,
         f"{ONE} is draft and cannot be approved; it can be edited, submitted or retired"),
        (["publish", ONE], "zhao", 1,
         f"{ONE} is not approved; `desk kb submit`, then `desk kb approve` by somebody who did "
         "not write it is next (`knowledge: {review: none}` in desk.yaml does without)"),
        (["reject", ONE], "zhao", 2,
         "Missing option '--because'; see `desk kb reject --help`"),
        (["reject", TWO, "--because", " "], "zhao", 1,
         f"{TWO} is draft and cannot be rejected; it can be edited, submitted or retired"),
        (["renew", ONE], "zhao", 1,
         f"{ONE} is draft and cannot be renewed; it can be edited, submitted or retired"),
        (["submit", "nosuch"], "chen", 3,
         "no record is named 'nosuch'; `desk list --all` shows them"),
        (["submit", ONE, "--at", "2026-11-20"], "chen", 2,
         f"--at 2026-11-20T00:00:00+08:00 is before {ONE} was opened, {AT}"),
    ],
)  # fmt: skip
def test_what_is_refused(kb: Shell, words: list[str], who: str, code: int, sentence: str):
    before = kb.files()
    assert kb.run("kb", *words, who=who) == (code, "", f"desk: {sentence}\n")
    assert kb.files() == before


def test_an_empty_article_is_not_submitted(kb: Shell):
    empty = kb.done("kb", "new", "x").out.strip()
    assert kb.run("kb", "submit", empty) == (
        1, "", f"desk: {empty} has neither solution nor body; write one with `desk kb edit` first\n"
    )  # fmt: skip


def test_a_desk_of_one_publishes_by_itself(kb: Shell):
    with (kb.root / "desk.yaml").open("a", encoding="utf-8") as policy:
        policy.write('knowledge: {review: none, review_every: ""}\n')
    mine = kb.done("kb", "new", "x", "--body", "y", who="zhao").out.strip()
    assert kb.run("kb", "publish", mine, who="zhao") == (0, "", f"{mine} is published\n")
    assert "review_by" not in kb.text(mine)
    assert kb.run("kb", "renew", mine, who="zhao") == (
        2, "",
        "desk: say until when with --until; desk.yaml has no `knowledge: review_every`\n",
    )  # fmt: skip
    assert kb.done("check").err == "3 files, 0 errors, 0 warnings\n"


def test_rejected_and_taken_up_again(kb: Shell):
    kb.done("kb", "submit", ONE)
    assert kb.run("kb", "reject", ONE, "--because", "第二步缺失", who="mei") == (
        0, "", f"{ONE} is a draft again, which is work for chen\n"
    )  # fmt: skip
    assert kb.log(ONE).endswith("    status: [review, draft]\n  because: 第二步缺失\n")
    assert kb.done("kb", "list", "needs:work", "owner:me", "-f", "ids").out == f"{ONE}\n"


def test_renewed_until(kb: Shell):
    published(kb)
    assert kb.run("kb", "renew", ONE, "--until", "2027-06-01") == (
        0, "", f"{ONE} is still true, to be looked at again by 2027-06-01\n"
    )  # fmt: skip
    assert kb.run("kb", "renew", ONE, "--until", "2026-06-01").code == 2


def test_many_from_standard_input_and_one_that_fails(kb: Shell):
    kb.done("kb", "submit", TWO)
    ran = kb.run("kb", "submit", "-", "-f", "ndjson", stdin=f"{TWO}\n{ONE}\n")
    rows = [json.loads(line) for line in ran.out.splitlines()]
    assert [(row["given"], row["outcome"], row["code"]) for row in rows] == [
        (TWO, "refused", 1),
        (ONE, "done", 0),
    ]
    assert ran.code == 1


def test_a_dry_run_writes_nothing(kb: Shell):
    before = kb.files()
    ran = kb.run("kb", "submit", ONE, "--dry-run")
    assert ran.err.endswith("this was a dry run; nothing was written\n")
    assert kb.files() == before


def test_hand_edits_custom_fields_and_comments_survive(kb: Shell):
    kb.rewrite(ONE, "solution: Wait.", "solution: Wait longer. # why\nrack: 7\n自定义: 值")
    kb.done("kb", "submit", ONE, who="lin")
    assert kb.head(ONE, "solution", "rack", "自定义") == ["Wait longer.", "7", "值"]
    assert 'by_hand: true\n  comments: "# why"\n' in kb.text(ONE)
    assert kb.done("check").err == "2 files, 0 errors, 0 warnings\n"


# --- votes and uses ------------------------------------------------------------------------


def test_votes(kb: Shell):
    published(kb)
    assert kb.run("kb", "helpful", ONE, who="lin") == (0, "", f"{ONE} helped\n")
    assert kb.run("kb", "unhelpful", ONE, "--because", "菜单改名了", who="lin") == (
        0, "", f"{ONE} did not help, which is work for chen\n"
    )  # fmt: skip
    assert kb.log(ONE).endswith("  by: lin\n  did: unhelpful\n  because: 菜单改名了\n")
    kb.done("kb", "helpful", ONE, who="mei")
    columns = ("--columns", "id,helpful,unhelpful,needs", "-f", "ndjson")
    assert json.loads(kb.done("kb", "list", "needs:work", *columns).out) == {
        "id": ONE, "helpful": 1, "unhelpful": 1, "needs": ["work"],
    }  # fmt: skip
    kb.done("kb", "renew", ONE)
    assert kb.done("kb", "list", "needs:work", "-f", "ids").out == ""
    assert kb.run("kb", "helpful", TWO) == (
        1, "",
        f"desk: {TWO} is draft and cannot be voted on; it can be edited, submitted or retired\n",
    )  # fmt: skip


def test_resolving_by_an_article_links_and_counts(kb: Shell):
    published(kb)
    tickets = [kb.open(title) for title in ("a", "b")]
    ran = kb.run("resolve", *tickets, "--solution", "x", "--kb", "a0001", "--kb", ONE)
    assert ran == (
        0,
        "",
        f"{tickets[0]} is resolved\n{tickets[0]} is solved by {ONE}\n"
        f"{tickets[1]} is resolved\n{tickets[1]} is solved by {ONE}\n",
    )
    assert f"    links: [null, [solved-by {ONE}]]\n" in kb.log(tickets[0])
    assert kb.log(ONE) == (f"- n: 5\n  at: {AT}\n  by: chen\n  did: use\n  ticket: {tickets[1]}\n")
    kb.done("reopen", tickets[0], "--because", "again")
    kb.done("resolve", tickets[0], "--solution", "x", "--kb", ONE)
    assert kb.done("kb", "list", "uses:2", "-f", "ids").out == f"{ONE}\n"
    assert kb.done("list", "--all", "linked:solved-by", "-f", "ids").out.split() == tickets
    assert kb.done("check").err == "4 files, 0 errors, 0 warnings\n"
    assert kb.done("unlink", tickets[0], "solved-by", ONE).err == (
        f"{tickets[0]} is no longer solved-by {ONE}\n"
    )
    assert kb.done("kb", "list", "uses:1", "-f", "ids").out == f"{ONE}\n"
    assert kb.done("check").err == "4 files, 0 errors, 0 warnings\n"


@pytest.mark.parametrize(
    ("used", "code", "sentence"),
    [
        ("nosuch", 3, "no record is named 'nosuch'; `desk list --all` shows them"),
        ("T-261121-A0003", 1, "T-261121-A0003 is a ticket; `desk kb` is for articles"),
        (
            ONE,
            1,
            f"{ONE} is draft, and tickets are solved by published articles; "
            "`desk kb submit` is next, or `desk link` it as related",
        ),
    ],
)
def test_only_an_article_is_used(kb: Shell, used: str, code: int, sentence: str):
    ticket = kb.open()
    before = kb.files()
    assert kb.run("resolve", ticket, "--solution", "x", "--kb", used) == (
        code, "", f"desk: {sentence}\n"
    )  # fmt: skip
    assert kb.files() == before
