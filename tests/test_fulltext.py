"""What full text is made of, and that every text is found by itself."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from desk import fulltext
from desk.fulltext import Term
from tests import strategies


@pytest.mark.parametrize(
    ("typed", "terms", "expression"),
    [
        ("printer", [Term("printer", begins=True)], '"printer" *'),
        ("paper jam", [Term("paper"), Term("jam", begins=True)], '"paper" AND "jam" *'),
        ("jam* paper ", [Term("jam", begins=True), Term("paper", begins=True)],
         '"jam" * AND "paper" *'),
        ('"paper jam"', [Term("paper jam", quoted=True)], '"paper jam"'),
        ('"paper ja"*', [Term("paper ja", begins=True, quoted=True)], '"paper ja" *'),
        ("“paper jam” x", [Term("paper jam", quoted=True), Term("x", begins=True)],
         '"paper jam" AND "x" *'),
        ('"paper', [Term("paper", begins=True)], '"paper" *'),
        ("打", [Term("打", begins=True)], '"打" *'),
        ("打印", [Term("打印", begins=True)], '"打印" *'),
        ("打印机 坏", [Term("打印机"), Term("坏", begins=True)], '"打印 印机" AND "坏" *'),
        ("VPN打不通", [Term("VPN"), Term("打不通", begins=True)], '"VPN" AND "打不 不通" *'),
        ('"VPN 打不通！"', [Term("VPN 打不通！", quoted=True)], '"VPN  打不 不通"'),
        ('"打不通 VPN"', [Term("打不通 VPN", quoted=True)], '"打不 不通 通  VPN"'),
        ("10.0.0.1", [Term("10.0.0.1", begins=True)], '"10.0.0.1" *'),
        ("a AND NOT (b)", [Term("a"), Term("AND"), Term("NOT"), Term("(b)", begins=True)],
         '"a" AND "AND" AND "NOT" AND "(b" *'),
        ("* ! - 。", [], ""),
        ("", [], ""),
    ],
)  # fmt: skip
def test_what_is_typed_as_an_expression(typed: str, terms: list[Term], expression: str):
    assert fulltext.terms(typed) == terms
    assert fulltext.match(terms) == expression


def test_pairs_of_a_run():
    assert fulltext.paired("HP 打印机卡纸 x 坏") == "HP  打印 印机 机卡 卡纸 纸  x   坏 "
    assert fulltext.match_loosely("打印机") == '("打印" OR "印机")'
    assert [fulltext.is_run(text) for text in ("打印", "打", "打x", "ab", "")] == [
        True, False, False, False, False,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("some", "expression"),
    [
        ("a", "((a))"),
        ("ab", "((a AND b))"),
        ("abc", "((a AND b) OR (a AND c) OR (b AND c))"),
        ("abcd", "((a AND b AND c) OR (a AND b AND d) OR (a AND c AND d) OR (b AND c AND d))"),
    ],
)
def test_more_than_half(some: str, expression: str):
    assert fulltext.match_most(list(some)) == expression


_FTS = sqlite3.connect(":memory:")
_FTS.execute(f"CREATE VIRTUAL TABLE t USING fts5(x, content='', tokenize='{fulltext.TOKENIZER}')")


@contextmanager
def indexed(text: str) -> Iterator[None]:
    """A full-text table that holds one text."""
    spread = fulltext.paired(text)
    _FTS.execute("INSERT INTO t (rowid, x) VALUES (1, ?)", (spread,))
    yield
    _FTS.execute("INSERT INTO t (t, rowid, x) VALUES ('delete', 1, ?)", (spread,))


def found(typed: str) -> bool:
    expression = fulltext.match(fulltext.terms(typed))
    return bool(_FTS.execute("SELECT 1 FROM t WHERE t MATCH ?", (expression,)).fetchall())


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("The printers jammed again", "printer jam"),
        ("The printers jammed again", '"printer jam"'),
        ("The printers jammed again", "prin"),
        ("Cafe\u0301 terminal", "café"),
        ("Café terminal", "CAFE"),
        ("三楼打印机又卡纸了", "打"),
        ("三楼打印机又卡纸了", "了"),
        ("三楼打印机又卡纸了", "卡纸"),
        ("三楼打印机又卡纸了", "打印机 卡纸"),
        ("三楼打印机又卡纸了", '"打印机又卡纸"'),
        ("三楼打印机。又卡纸了", '"打印机。又卡纸"'),
        ("VPN打不通", '"vpn 打不通"'),
        ("姓𠮷的用户", "𠮷"),
        ("srv-51 (10.0.0.1)", "10.0.0.1"),
        ("ガラス・ドア", "ガラス・ドア"),
    ],
)
def test_what_finds_a_text(text: str, typed: str):
    with indexed(text):
        assert found(typed)


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("The printers jammed again", '"jam printer"'),
        ("The printers jammed again", '"printer ja"'),
        ("三楼打印机又卡纸了", "打印卡纸"),
        ("三楼打印机又卡纸了", "机打"),
        ("10.0.1.0", "10.0.0.1"),
    ],
)
def test_what_does_not(text: str, typed: str):
    with indexed(text):
        assert not found(typed)


def known(letter: str) -> bool:
    """Whether SQLite's tokenizer, whose Unicode may be older than ours, takes it for a letter."""
    with indexed(letter):
        return bool(
            _FTS.execute("SELECT 1 FROM t WHERE t MATCH ?", (f'"{letter}"',)).fetchall()
        )  # fmt: skip


AWKWARD = '打印机卡纸・⺀ab"*()-_:,“”é\u0301😀🙂PC1.0 \n한국ガ゛'


@given(strategies.texts(40) | st.text(st.sampled_from(AWKWARD), max_size=20))
def test_every_text_is_found_by_itself(text: str):
    terms = fulltext.terms(text)
    assume(terms)
    letters = {letter for term in terms for letter in term.text if letter.isalnum()}
    with indexed(text):
        expression = fulltext.match(terms)
        hits = _FTS.execute("SELECT 1 FROM t WHERE t MATCH ?", (expression,)).fetchall()
    assert hits or not all(map(known, letters))


@given(st.text())
def test_no_text_is_taken_for_syntax(text: str):
    for term in fulltext.terms(text):
        loosely = [fulltext.match_loosely(term.text)] if fulltext.is_run(term.text) else []
        for expression in (fulltext.match([term, term]), *loosely):
            _FTS.execute("SELECT 1 FROM t WHERE t MATCH ?", (expression,)).fetchall()
