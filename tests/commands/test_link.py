"""desk link."""

import pytest

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
        ([A, "parent"], 2, "Missing argument 'ID'; see `desk link --help`"),
        ([A, "parent", "nosuch"], 3, "no record is named 'nosuch'; `desk list --all` shows them"),
        ([A, "parent", "A000"], 3, f"'A000' is part of 3 ids: {A}, {B}, {C}; give more of it"),
        ([A, "sibling", B], 2, "Invalid value for '{parent|duplicate-of|caused-by|follows|related}'"
         ": 'sibling' is not one of 'parent', 'duplicate-of', 'caused-by', 'follows', 'related'; "
         "see `desk link --help`"),
    ],
)  # fmt: skip
def test_bad_input(three: Shell, words: list[str], code: int, sentence: str):
    assert three.run("link", *words) == (code, "", f"desk: {sentence}\n")


def test_an_original_reopened_in_the_meantime_leaves_its_duplicate_alone(three: Shell):
    three.done("resolve", A, "--solution", "x")
    three.done("reopen", A, "--because", "y")
    assert three.run("link", B, "duplicate-of", A) == (0, "", f"{B} is a duplicate of {A} now\n")
    assert "\nstatus: new\n" in three.text(B)
