"""desk kb new, from and edit."""

import json

import pytest

from desk import store
from desk.model import Article
from tests.support import POLICY, Shell, at_terminal, run

TICKET, ARTICLE = "T-261121-A0001", "KB-261121-A0002"
AT = "2026-11-21T09:00:00+08:00"


@pytest.fixture
def solved(shell: Shell) -> Shell:
    """A ticket with marks in whatever is not for others, resolved."""
    shell.open("VPN drops", "--requester", "李伟", "--email", "MARK@example.com", "--phone",
               "MARK-phone", "--category", "vpn", "--field", "asset=MARK-asset", "--tag", "vpn",
               "-d", "李伟: it drops after an hour.\n")  # fmt: skip
    shell.done("note", TICKET, "MARK-note")
    shell.done("reply", TICKET, "MARK-reply")
    shell.done("escalate", TICKET, "--to-team", "network", "--because", "MARK-because")
    shell.done("resolve", TICKET, "--solution", "Raised it.", "--cause", "A timeout.",
               "--step", "Looked", "--step", "Set it", "--part", "MARK-part",
               "--config-change", "MARK-config", "--code", "workaround")  # fmt: skip
    return shell


def test_a_new_article_is_a_draft_of_ones_own(shell: Shell):
    ran = shell.run("kb", "new", "卡纸怎么办", "--category", "printer", "--body", "-",
                    "--tag", "a,b", stdin="1. 打开后盖\n2. 取纸\n")  # fmt: skip
    assert ran == (
        0, "KB-261121-A0001\n", "KB-261121-A0001 is a draft; `desk kb submit` is next\n"
    )  # fmt: skip
    assert (
        shell.text("KB-261121-A0001")
        == f"""\
id: KB-261121-A0001
title: 卡纸怎么办
status: draft
audience: internal
category: hardware/printer
tags:
- a
- b
language: zh
owner: chen
body: |-
  1. 打开后盖
  2. 取纸
log:
- n: 1
  at: {AT}
  by: chen
  did: new
  change:
    title: [null, 卡纸怎么办]
    status: [null, draft]
    audience: [null, internal]
    category: [null, hardware/printer]
    tags: [null, [a, b]]
    language: [null, zh]
    owner: [null, chen]
    body:
    - null
    - |-
      1. 打开后盖
      2. 取纸
"""
    )
    assert shell.done("check").err == "1 file, 0 errors, 0 warnings\n"


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        ([""], 2, "an article needs a title that says what it is about"),
        (["x", "--category", "prnter"], 1,
         "category 'prnter' is not in desk.yaml; did you mean hardware/printer?"),
        (["x", "--audience", "netwrk"], 1,
         "audience 'netwrk' is not in desk.yaml; did you mean network?"),
        (["x", "--owner", "lim"], 1, "person 'lim' is not in desk.yaml; did you mean lin?"),
        (["x", "--language", "中文"], 2,
         "language '中文' is no tag such as zh, en or pt-BR (BCP 47)"),
        (["x", "--at", "2099-01-01"], 2,
         f"--at 2099-01-01T00:00:00+08:00 lies ahead of {AT}"),
    ],
)  # fmt: skip
def test_what_makes_no_article(shell: Shell, words: list[str], code: int, sentence: str):
    assert shell.run("kb", "new", *words) == (code, "", f"desk: {sentence}\n")
    assert not list((shell.root / "kb").iterdir())


def test_a_requester_may_not_write(shell: Shell):
    policy = shell.root / "desk.yaml"
    text = policy.read_text(encoding="utf-8").replace("chen@example.com,", "chen@example.com, "
                                                      "roles: [requester],")  # fmt: skip
    policy.write_text(text, encoding="utf-8")
    assert shell.run("kb", "new", "x") == (
        1, "", "desk: chen may not write articles; lin, zhao may (kb.write in `roles`)\n"
    )  # fmt: skip


# --- from a ticket -------------------------------------------------------------------------


def test_a_draft_from_a_ticket_has_no_mark_of_what_is_private(solved: Shell):
    ran = solved.run("kb", "from", "a0001", "--audience", "public", who="lin")
    assert ran == (
        0, f"{ARTICLE}\n", f"{ARTICLE} is a draft from {TICKET}; read it before `desk kb submit`\n"
    )  # fmt: skip
    text = solved.text(ARTICLE)
    assert "MARK" not in text
    assert "李伟" not in text
    article = store.Desk(solved.root).read(ARTICLE)
    assert isinstance(article, Article)
    assert article.head == {
        "id": ARTICLE, "title": "VPN drops", "status": "draft", "audience": "public",
        "category": "network/vpn", "tags": ["vpn"], "owner": "lin",
        "links": [f"related {TICKET}"], "symptoms": "[…]: it drops after an hour.\n",
        "cause": "A timeout.", "solution": "Raised it.", "body": "1. Looked\n2. Set it\n",
    }  # fmt: skip
    assert article.log[0].words == {"ticket": TICKET}
    assert solved.log(TICKET).endswith(
        f"  by: lin\n  did: link\n  change:\n    links: [null, [related {ARTICLE}]]\n"
    )
    assert solved.done("check").err == "2 files, 0 errors, 0 warnings\n"


def test_what_is_given_goes_before_what_the_ticket_has(solved: Shell):
    solved.done("kb", "from", TICKET, "--symptoms", "It drops.", "--category", "wifi")
    assert solved.head(ARTICLE, "symptoms", "category") == ["It drops.", "network/wifi"]


def test_a_ticket_makes_no_second_article_unasked(solved: Shell):
    solved.done("kb", "from", TICKET)
    before = solved.files()
    assert solved.run("kb", "from", TICKET, who="lin") == (
        1, "", f"desk: {ARTICLE} was drafted from {TICKET} already and is draft; "
        "`desk kb edit` changes it, --again drafts another\n",
    )  # fmt: skip
    assert solved.run("kb", "from", TICKET, "--dry-run").code == 1
    assert solved.files() == before
    other = solved.done("kb", "from", TICKET, "--again").out.strip()
    solved.done("kb", "retire", ARTICLE, other)
    third = solved.done("kb", "from", TICKET).out.strip()
    solved.path(other).unlink()
    solved.path(third).write_text("id: [", encoding="utf-8")
    solved.done("kb", "from", TICKET)


def test_an_article_that_is_only_linked_is_no_draft_of_it(solved: Shell):
    solved.done("kb", "new", "Other")
    solved.done("link", TICKET, "related", ARTICLE)
    assert solved.run("kb", "from", TICKET).code == 0


def test_the_report_has_both_sides(solved: Shell):
    ran = solved.done("kb", "from", TICKET, "-f", "ndjson")
    rows = [json.loads(line) for line in ran.out.splitlines()]
    assert [(row["id"], row["along_with"], [e["did"] for e in row["events"]]) for row in rows] == [
        (ARTICLE, None, ["new", "link"]),
        (TICKET, ARTICLE, ["link"]),
    ]


def test_only_a_ticket_with_a_solution_makes_an_article(shell: Shell):
    shell.open()
    before = shell.files()
    assert shell.run("kb", "from", TICKET) == (
        1, "", f"desk: {TICKET} is new and has no solution to write down; resolve it first, or "
        "make an article without a ticket by `desk kb new`\n",
    )  # fmt: skip
    assert shell.files() == before
    shell.done("kb", "new", "x")
    assert shell.run("kb", "from", ARTICLE) == (
        1, "", f"desk: {ARTICLE} is an article; this command is for tickets\n"
    )  # fmt: skip


# --- edit ----------------------------------------------------------------------------------


def test_fields_are_set(shell: Shell):
    shell.done("kb", "new", "x", "--tag", "a")
    ran = shell.run("kb", "edit", "a0001", "--set", "body=-", "--set", "tags=b,c", "--set",
                    "audience=public", "--set", "rack=7", stdin="第一步\n")  # fmt: skip
    assert ran == (0, "", "KB-261121-A0001 is changed\n")
    assert (
        shell.log("KB-261121-A0001")
        == f"""\
- n: 2
  at: {AT}
  by: chen
  did: edit
  change:
    body: [null, 第一步]
    tags: [[a], [b, c]]
    audience: [internal, public]
    rack: [null, "7"]
"""
    )


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("status=published",
         "'status' is changed by desk kb submit, approve, reject, publish or retire"),
        ("review_by=2027-01-01", "'review_by' is changed by desk kb renew"),
        ("links=related x", "'links' is changed by desk link or unlink"),
        ("uses=7", "'uses' is no field to set: it follows from the tickets resolved by it "
         "(desk resolve --kb)"),
        ("helpful=7", "'helpful' is no field to set: it follows from the votes (desk kb helpful)"),
        ("unhelpful=0",
         "'unhelpful' is no field to set: it follows from the votes (desk kb unhelpful)"),
        ("needs=work", "'needs' is no field to set: it follows from status, votes and log"),
        ("outdated=true", "'outdated' is no field to set: it follows from review_by and the "
         "moment (desk kb renew)"),
        ("title=x", "KB-261121-A0001 is so already; nothing was changed"),
        ("audience=netwrk", "audience 'netwrk' is not in desk.yaml; did you mean network?"),
    ],
)  # fmt: skip
def test_what_edit_refuses(shell: Shell, setting: str, sentence: str):
    shell.done("kb", "new", "x")
    before = shell.files()
    assert shell.run("kb", "edit", "a0001", "--set", setting) == (1, "", f"desk: {sentence}\n")
    assert shell.files() == before


def test_each_edit_is_for_its_own_kind(shell: Shell):
    shell.open()
    shell.done("kb", "new", "x")
    assert shell.run("kb", "edit", TICKET, "--set", "title=y") == (
        1, "", f"desk: {TICKET} is a ticket; `desk kb` is for articles\n"
    )  # fmt: skip
    assert shell.run("edit", ARTICLE, "--set", "title=y") == (
        1, "", f"desk: {ARTICLE} is an article; this command is for tickets\n"
    )  # fmt: skip


def test_the_head_opens_in_the_editor(shell: Shell):
    shell.done("kb", "new", "VPN", "--body", "one\n")
    code, screen = at_terminal(
        "-C", str(shell.root), "--as", "chen", "kb", "edit", "a0001", EDITOR="sed -i s/one/二/"
    )
    assert (code, screen) == (0, "KB-261121-A0001 is changed\n")
    assert shell.head("KB-261121-A0001", "body") == ["二\n"]


def test_what_may_not_be_read_does_not_open_in_the_editor(shell: Shell):
    shell.done("kb", "new", "MARK", "--audience", "network", who="lin")
    code, screen = at_terminal(
        "-C", str(shell.root), "--as", "chen", "kb", "edit", "a0001", EDITOR="cat"
    )
    assert (code, screen) == (
        1,
        "desk: KB-261121-A0001 is not published (draft) and chen may not read it; `roles` in "
        "desk.yaml say who may\n",
    )


def test_whoever_reads_what_is_public_gets_no_editor(shell: Shell):
    people = "  visitor: {roles: [writer]}\nteams:\n"
    text = f"{POLICY}roles: {{writer: [kb.read-public, kb.write]}}\n"
    (shell.root / "desk.yaml").write_text(text.replace("teams:\n", people, 1), encoding="utf-8")
    article = shell.done("kb", "new", "VPN", "--body", "x", "--audience", "public").out.strip()
    shell.done("kb", "edit", article, "--set", "rack=MARK")
    before = shell.files()
    for name in ("cat", "sed -i s/x/y/"):
        assert at_terminal(
            "-C", str(shell.root), "--as", "visitor", "kb", "edit", article, EDITOR=name
        ) == (1, f"desk: {article} may be edited by those who may read it whole\n")
    assert shell.files() == before


def test_a_draft_of_somebody_who_is_not_in_the_policy_has_no_owner(
    solved: Shell, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("DESK_USER", raising=False)
    monkeypatch.setattr("desk.git.identity", lambda _: ("Eve", "eve@example.com"))
    root = ["-C", str(solved.root), "--now", AT, "kb"]
    said = "(it has no owner, as eve@example.com is not in desk.yaml; `--owner` names one)\n"
    assert run([*root, "new", "x"]).err == (
        f"{ARTICLE} is a draft; `desk kb submit` is next {said}"
    )
    assert run([*root, "from", TICKET]).err.endswith(f"read it before `desk kb submit` {said}")
    assert "no owner" not in run([*root, "new", "x", "--owner", "lin"]).err


def test_an_edit_by_one_who_may_not_publish_goes_back_to_review(shell: Shell):
    article = shell.done("kb", "new", "VPN", "--body", "one").out.strip()
    shell.done("kb", "submit", article)
    shell.done("kb", "approve", article, who="zhao")
    ran = shell.run("kb", "edit", article, "--set", "body=two")
    assert ran.err == (
        f"{article} is changed; it waits for a reviewer and is not published until then\n"
    )
    assert "status: [published, review]" in shell.log(article)
    shell.done("kb", "approve", article, who="zhao")
    ran = shell.run("kb", "edit", article, "--set", "body=three", who="zhao")
    assert (ran.err, shell.head(article, "status")) == (f"{article} is changed\n", ["published"])
