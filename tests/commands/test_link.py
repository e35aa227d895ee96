"""desk link."""

import json

import pytest

from desk.model import LINKS
from tests.support import Shell

A, B, C = (f"T-261121-A000{n}" for n in (1, 2, 3))


@pytest.fixture
def three(shell: Shell) -> Shell:
    for title in ("VPN drops", "连不上VPN", "Gateway is old"):
        shell.open(title)
    return shell


@pytest.mark.parametrize(
    ("how", "inverse", "said"),
    [
        ("parent", "child", f"{B} is the parent of {A} now"),
        ("duplicate-of", "duplicate", f"{A} is a duplicate of {B} now"),
        ("caused-by", "causes", f"{A} is caused by {B} now"),
        ("follows", "followed-by", f"{A} follows {B} now"),
        ("related", "related", f"{A} is related to {B} now"),
    ],
)
def test_both_show_it(three: Shell, how: str, inverse: str, said: str):
    assert three.run("link", "a0001", how, "A0OO2") == (0, "", f"{said}\n")
    assert three.log(A).endswith(f"  did: link\n  change:\n    links: [null, [{how} {B}]]\n")
    assert f"links:\n- {inverse} {A}\n" in three.text(B)
    assert three.run("link", A, how, B) == (1, "", f"desk: {A} is {how} {B} already\n")
    assert three.done("check").err == "3 files, 0 errors, 0 warnings\n"


def test_an_article_is_linked_too(three: Shell):
    article = three.root / "kb" / "KB-261121-A0009.yaml"
    article.write_text("id: KB-261121-A0009\ntitle: VPN\nstatus: draft\n", encoding="utf-8")
    assert three.run("link", A, "related", "a0009").code == 0
    assert f"- related {A}\n" in article.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("links", "words", "sentence"),
    [
        ([], (A, "related", A), f"{A} cannot be linked to itself"),
        ([], (A, "parent", A), f"{A} cannot be linked to itself"),
        ([(A, "parent", B)], (B, "parent", A),
         f"{B} cannot be parent {A}: that would be a circle of links"),
        ([(A, "parent", B), (B, "parent", C)], (C, "parent", A),
         f"{C} cannot be parent {A}: that would be a circle of links"),
        ([(A, "caused-by", B), (B, "caused-by", C)], (C, "caused-by", A),
         f"{C} cannot be caused-by {A}: that would be a circle of links"),
        ([(A, "parent", B)], (A, "parent", C), f"{A} is parent {B} already; it can have only one"),
        ([(A, "duplicate-of", B)], (A, "duplicate-of", C),
         f"{A} is duplicate-of {B} already; it can have only one"),
    ],
)  # fmt: skip
def test_what_makes_no_sense(
    three: Shell, links: list[tuple[str, ...]], words: tuple[str, ...], sentence: str
):
    for link in links:
        three.done("link", *link)
    before = three.files()
    assert three.run("link", *words) == (1, "", f"desk: {sentence}\n")
    assert three.files() == before


def test_several_causes_and_relations_are_fine(three: Shell):
    for how in ("caused-by", "follows", "related"):
        three.done("link", A, how, B)
        three.done("link", A, how, C)
    assert three.done("check").err == "3 files, 0 errors, 0 warnings\n"


def test_a_duplicate_of_what_is_resolved_already_follows_at_once(three: Shell):
    three.done("resolve", A, "--solution", "换了网关", "--code", "fixed")
    assert three.run("link", B, "duplicate-of", A) == (
        0,
        "",
        f"{B} is a duplicate of {A} now\n{B} is resolved with it (duplicate-of {A})\n",
    )
    assert (
        three.log(B)
        == f"""\
- n: 3
  at: 2026-11-21T09:00:00+08:00
  by: chen
  did: resolve
  change:
    status: [new, resolved]
  code: duplicate
  solution: 换了网关
  because: duplicate-of {A}, which is resolved
"""
    )


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        ([A, "parent"], 2, "Missing argument 'ID…'; see `desk link --help`"),
        ([A, "parent", "nosuch"], 3, "no record is named 'nosuch'; `desk list --all` shows them"),
        ([A, "parent", "A000"], 3, f"'A000' is part of 3 ids: {A}, {B}, {C}; give more of it"),
        ([A, "sibling", B], 2, "Invalid value for '{parent|duplicate-of|caused-by|follows|related|"
         "solved-by}': 'sibling' is not one of 'parent', 'duplicate-of', 'caused-by', 'follows', "
         "'related', 'solved-by'; see `desk link --help`"),
    ],
)  # fmt: skip
def test_bad_input(three: Shell, words: list[str], code: int, sentence: str):
    assert three.run("link", *words) == (code, "", f"desk: {sentence}\n")


def test_an_original_reopened_in_the_meantime_leaves_its_duplicate_alone(three: Shell):
    three.done("resolve", A, "--solution", "x")
    three.done("reopen", A, "--because", "y")
    assert three.run("link", B, "duplicate-of", A) == (0, "", f"{B} is a duplicate of {A} now\n")
    assert "\nstatus: new\n" in three.text(B)


def test_several_are_linked_to_one(three: Shell):
    assert three.run("link", A, B, "caused-by", C) == (
        0, "", f"{A} is caused by {C} now\n{B} is caused by {C} now\n"
    )  # fmt: skip
    assert f"links:\n- causes {A}\n- causes {B}\n" in three.text(C)
    assert three.done("check").err == "3 files, 0 errors, 0 warnings\n"


def test_one_that_is_refused_has_neither_side_of_its_link(three: Shell):
    three.done("link", C, "parent", A)
    before = three.text(A)
    assert three.run("link", A, B, "parent", C) == (
        1,
        "",
        f"{C} is the parent of {B} now\n"
        f"desk: {A} cannot be parent {C}: that would be a circle of links\n",
    )
    assert three.text(A) == before
    assert three.done("check").err == "3 files, 0 errors, 0 warnings\n"


def test_a_side_too_long_to_be_written_keeps_the_other_from_it(three: Shell):
    three.rewrite(B, "opened:", f"blob: {'x' * ((1 << 20) - 1000)}\nopened:")
    before = three.text(A)
    ran = three.run("link", A, "related", B)
    assert (ran.code, "a record holds at most" in ran.err) == (1, True)
    assert three.text(A) == before


def test_duplicates_of_what_is_resolved_follow_in_the_order_given(three: Shell):
    three.done("resolve", C, "--solution", "换了网关")
    three.done("link", B, "duplicate-of", A)
    ran = three.run("link", A, B, "duplicate-of", C)
    assert ran == (
        1,
        "",
        f"{A} is a duplicate of {C} now\n{A} is resolved with it (duplicate-of {C})\n"
        f"desk: {B} is duplicate-of {A} already; it can have only one\n",
    )
    assert three.head(A, "status") == ["resolved"]


def test_the_report_of_a_link_has_both_sides_and_who_followed(three: Shell):
    three.done("resolve", B, "--solution", "x")
    ran = three.done("link", A, "duplicate-of", B, "-f", "ndjson")
    rows = [json.loads(line) for line in ran.out.splitlines()]
    assert [
        (row["given"], row["id"], row["along_with"], [one["did"] for one in row["events"]])
        for row in rows
    ] == [(A, A, None, ["link"]), (None, B, A, ["link"]), (None, A, B, ["resolve"])]


# --- unlink --------------------------------------------------------------------------------


@pytest.mark.parametrize(("how", "inverse"), [*LINKS.items()][:-1])
@pytest.mark.parametrize("turned", [False, True])
def test_both_sides_lose_the_link(three: Shell, how: str, inverse: str, turned: bool):
    three.done("link", A, how, B)
    three.done("link", A, "related", C)
    words = (B, inverse, A) if turned else (A, how, B)
    ran = three.run("unlink", *words)
    assert ran == (0, "", f"{words[0]} is no longer {words[1]} {words[2]}\n")
    assert three.log(A).endswith(
        f"  did: unlink\n  change:\n    links: [[{how} {B}, related {C}], [related {C}]]\n"
    )
    assert three.log(B).endswith(f"  did: unlink\n  change:\n    links: [[{inverse} {A}], null]\n")
    assert "links" not in three.text(B).partition("log:")[0]
    assert three.done("check").err == "3 files, 0 errors, 0 warnings\n"
    assert three.run("unlink", A, how, B) == (
        1, "", f"desk: {A} is not {how} {B}; its links are related {C}\n"
    )  # fmt: skip
    assert three.run("unlink", B, how, A) == (
        1, "", f"desk: {B} is not {how} {A}; it has no links\n"
    )  # fmt: skip


def test_a_parent_can_be_another_after_unlink(three: Shell):
    three.done("link", A, "parent", B)
    three.done("unlink", A, "parent", B)
    assert three.run("link", A, "parent", C).code == 0


def test_a_side_alone_and_a_link_to_nowhere_are_taken_out(three: Shell):
    three.done("link", A, "parent", B)
    three.done("link", A, "related", C)
    three.rewrite(B, f"links:\n- child {A}\n", "")
    three.path(C).unlink()
    assert three.run("unlink", A, "parent", B) == (0, "", f"{A} is no longer parent {B}\n")
    assert three.run("unlink", A, "related", C.lower()) == (
        0, "", f"{A} is no longer related {C}\n"
    )  # fmt: skip
    assert three.done("check").err.endswith("2 files, 0 errors, 0 warnings\n")


def test_unlinking_what_nobody_knows(three: Shell):
    assert three.run("unlink", A, "parent", "nosuch") == (
        3, "", "desk: no record is named 'nosuch'; `desk list --all` shows them\n"
    )  # fmt: skip
