"""The syntax of queries: what the text says, whatever it means."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk import conditions, terms
from desk.errors import Place, UsageError
from desk.terms import All, Either, Node, Not, Phrase, Term, Value, View
from tests import strategies

NOWHERE = Place("", 0, 0)


def parsed(*arguments: str) -> str:
    """What the arguments of a command line are, written as a query."""
    return str(terms.parse(arguments, conditions.ASKED))


def read(text: str) -> Node:
    return terms.parse_text(text, conditions.ASKED)


TEXTS = {
    # terms, words and phrases
    "status:open": "status:open",
    "VPN": "VPN",
    "vpn 打印机": "(vpn 打印机)",
    '"two  words"': '"two words"',
    '"one"': "one",
    '"say \\"hi\\" \\\\"': '"say \\"hi\\" \\\\"',
    '"two\n words" x': '("two words" x)',
    '19" 5\'8" rack"': '("19\\"" "5\'8\\"" "rack\\"")',
    "x-y - z": '(x-y "-" z)',
    "@mine": "@mine",
    "@我的_2-x": "@我的_2-x",
    "@example.com @": '("@example.com" "@")',
    # values
    "priority:P1,P2": "priority:P1,P2",
    "priority:P1,,P2,": "priority:P1,P2",
    'requester:"Li Wei",王芳': 'requester:"Li Wei",王芳',
    'requester:~"Li Wei"': 'requester:~"Li Wei"',
    "x:none,None,*": "x:none,none,*",
    'x:"none","*","~a"': 'x:"none","*","~a"',
    "opened:>=2026-11-01 opened:<2026-11": "(opened:>=2026-11-01 opened:<2026-11)",
    "age:>3d age:<=1h": "(age:>3d age:<=1h)",
    "opened:7d.. opened:..3d opened:7d..3d": "(opened:7d.. opened:..3d opened:7d..3d)",
    'opened:"2026-11-21 09:00".."2026-11-22 10:30"':
        'opened:"2026-11-21 09:00".."2026-11-22 10:30"',
    "x:~a..b": 'x:~"a..b"',
    'x:"a..b"': 'x:"a..b"',
    "note:12:30": "note:12:30",
    "requester.name:李伟": "requester.name:李伟",
    "rack:f(a,b),c": 'rack:"f(a,b)",c',
    # what is none
    "12:30 :x": '(12:30 ":x")',
    "https://example.com/a": '"https://example.com/a"',
    "error: disk": '("error:" disk)',
    "错误：磁盘": '"错误：磁盘"',
    # not, and, or, brackets
    "-team:network": "-team:network",
    "-vpn -\"a b\" -@mine -(a b)": '(-vpn -"a b" -@mine -(a b))',
    "--x": '"--x"',
    "-(-x)": "-(-x)",
    "a b or c d": "((a b) or (c d))",
    "a or b or c": "(a or b or c)",
    "a OR b And c": "(a or (b c))",
    "(a or b) c": "((a or b) c)",
    "(a or b)(c)": "((a or b) c)",
    "a or(b)": "(a or b)",
    "((a))": "a",
    "order android or_": "(order android or_)",
    '"or" "and"': '("or" "and")',
    "(team:network or vpn)": "(team:network or vpn)",
    "打印机(二楼) (三楼)": '("打印机(二楼)" 三楼)',
    # what Chinese input methods give
    "team：网络，“服务 台”": 'team:网络,"服务 台"',
    "（标签：x or 打印机）卡纸": '(("标签：x" or 打印机) 卡纸)',
    "（tag：x or 打印机）卡纸": "((tag:x or 打印机) 卡纸)",
    "“两 个” “a\"b”": '("两 个" "a\\"b")',
    "-（a）": "-a",
    "priority:P1、P2，P3": "priority:P1,P2,P3",
    "team：网络、“服务 台”、": 'team:网络,"服务 台"',
    'x:"a、b"': 'x:"a、b"',
    "打印机、电脑": '"打印机、电脑"',
    "": "",
    "  \n": "",
}  # fmt: skip


@pytest.mark.parametrize(("text", "written"), TEXTS.items())
def test_what_a_text_says(text: str, written: str):
    assert str(read(text)) == written
    assert str(read(written)) == written


ARGUMENTS = {
    ("team:network", "or", "team:printer"): "(team:network or team:printer)",
    ("team:network or team:printer",): "(team:network or team:printer)",
    ("(", "a", "or", "b", ")", "c"): "((a or b) c)",
    ("two words",): '"two words"',
    (" two  words ",): '"two words"',
    ("two", "words"): "(two words)",
    ('"two words"', "x"): '("two words" x)',
    ("two words", "or", "x"): '("two words" or x)',
    ("requester:Li Wei",): 'requester:"Li Wei"',
    ("-requester:Li Wei",): '-requester:"Li Wei"',
    ("requester:~Li Wei", "x"): '(requester:~"Li Wei" x)',
    ("requester:Li Wei,Wang Fang, 王 芳,",): 'requester:"Li Wei","Wang Fang","王 芳"',
    ("age:>=2d 18h",): 'age:>="2d 18h"',
    ("opened:2026-11-21 09:00..2026-11-22 10:00",):
        'opened:"2026-11-21 09:00".."2026-11-22 10:00"',
    ("requester:Li Wei or x",): "((requester:Li Wei) or x)",
    ('requester:"Li Wei" x',): '(requester:"Li Wei" x)',
    ("requester:Li team:x",): "(requester:Li team:x)",
    ("requester:Li -x",): "(requester:Li -x)",
    ("requester:Li @mine",): "(requester:Li @mine)",
    ('requester:Li "x"',): "(requester:Li x)",
    ("@mine x",): "(@mine x)",
    ("-vpn x",): "(-vpn x)",
    ("error: disk full",): '"error: disk full"',
    ("see https://example.com/a b",): '"see https://example.com/a b"',
    ("printer (2nd floor)",): "(printer (2nd floor))",
    ("", " ", "x"): "x",
    (): "",
}  # fmt: skip


@pytest.mark.parametrize(("arguments", "written"), ARGUMENTS.items())
def test_what_the_arguments_of_a_command_line_say(arguments: tuple[str, ...], written: str):
    assert parsed(*arguments) == written


BETWEEN = "{!r} stands between two conditions; in quotes it is a word to find"
WRONG = {
    ("a", "or"): (BETWEEN.format("or"), "or"),
    ("or a",): (BETWEEN.format("or"), "or"),
    ("a or or b",): (BETWEEN.format("or"), "or"),
    ("a and",): (BETWEEN.format("and"), "and"),
    ("(a or) b",): (BETWEEN.format("or"), "or"),
    ("-or",): ("nothing stands behind this dash", "-"),
    ("()",): ("nothing stands in this bracket", "("),
    ("x (",): ("nothing stands in this bracket", "("),
    ("（a",): ("this bracket is never closed", "（"),
    ("a", "b)"): ("this bracket closes none; text that holds one goes in quotes", ")"),
    (")",): ("this bracket closes none; text that holds one goes in quotes", ")"),
    ('x "a b',): ("this quotation mark is never closed", '"'),
    ("team:“a",): ("this quotation mark is never closed", "“"),
    ('"a', 'b"'): ("this quotation mark is never closed", '"'),
    ('x ""',): ("nothing stands between these quotation marks", '""'),
    ("team:",): ("'team:' has no value; write team:VALUE or team:none", "team:"),
    ("x -team: ",): ("'team:' has no value; write team:VALUE or team:none", "team:"),
    ("status: offline",): ("'status:' has no value; write status:VALUE or status:none", "status:"),
    ("x:,",): ("'x:,' has no value; write x:VALUE or x:none", "x:,"),
    ('team:""',): ("'team:\"\"' has no value; write team:VALUE or team:none", 'team:""'),
    ("team:x,~",): ("'~' has nothing to compare with", "~"),
    ("opened:..",): ("'..' has nothing to compare with", ".."),
    ("age:> x",): ("'>' has nothing to compare with", ">"),
    ("(" * 20 + "x" + ")" * 20,): None,
    ("(" * 21 + "x" + ")" * 21,): ("brackets stand in each other 20 deep at most", "("),
}  # fmt: skip


@pytest.mark.parametrize(("arguments", "wrong"), WRONG.items())
def test_mistakes_and_where_they_stand(arguments: tuple[str, ...], wrong: tuple[str, str] | None):
    if not wrong:
        parsed(*arguments)
        return
    with pytest.raises(UsageError) as error:
        parsed(*arguments)
    place = error.value.place
    assert place
    assert (str(error.value), place.text[place.start : place.end]) == wrong
    assert place.text == " ".join(arguments)


def test_brackets_side_by_side_are_not_deep():
    assert parsed("(a or b)" * 30).count("or") == 30


def test_a_mistake_in_a_named_text_names_it():
    with pytest.raises(UsageError) as error:
        terms.parse_text("x (", (), "view @mine")
    assert str(error.value) == "view @mine: nothing stands in this bracket"
    assert error.value.place == Place("x (", 2, 3, "view @mine")


def texts() -> st.SearchStrategy[str]:
    return strategies.texts(12).map(lambda text: " ".join(text.split())).filter(bool)


def values() -> st.SearchStrategy[Value]:
    sign = st.sampled_from(("=", "~", "<", "<=", ">", ">="))
    return st.one_of(
        st.builds(Value, sign, texts(), st.just(NOWHERE)),
        st.builds(Value, st.just(".."), texts(), st.just(NOWHERE), st.just("") | texts()),
        st.builds(Value, st.just(".."), st.just(""), st.just(NOWHERE), texts()),
        st.builds(Value, st.sampled_from(("none", "*")), st.just(""), st.just(NOWHERE)),
    )


FIELDS = st.sampled_from((*conditions.ASKED, "部门", "rack.row", "C", "nonE", "or", "a-b"))
PHRASES = texts().map(lambda text: Phrase(tuple(text.split()), NOWHERE))
LEAVES = st.one_of(
    st.builds(
        Term, FIELDS, st.lists(values(), min_size=1, max_size=3).map(tuple), st.just(NOWHERE)
    ),
    PHRASES,
    st.builds(View, st.sampled_from(("mine", "未分配", "a_b-2")), st.just(NOWHERE)),
)
PARTS = {"min_size": 2, "max_size": 3}
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        inner.map(Not),
        st.lists(inner, **PARTS).map(lambda parts: All(tuple(parts))),
        st.lists(inner, **PARTS).map(lambda parts: Either(tuple(parts))),
    ),
    max_leaves=8,
)


@settings(max_examples=300)
@given(TREES)
def test_written_and_read_again_a_tree_is_the_same(tree: Node):
    assert read(str(tree)) == tree


@settings(max_examples=200)
@given(
    st.lists(
        strategies.texts(30) | st.text('"“”()（）:：,，、-@~<>.*or \\a', max_size=20), max_size=3
    )
)
def test_any_text_is_a_tree_that_reads_the_same_or_a_mistake_in_it(arguments: list[str]):
    try:
        tree = terms.parse(arguments, conditions.ASKED)
    except UsageError as error:
        place = error.place
        assert place
        assert place.text == " ".join(arguments)
        assert 0 <= place.start < place.end <= len(place.text)
    else:
        assert read(str(tree)) == tree


@settings(max_examples=100)
@given(texts())
def test_what_is_literal_is_one_phrase(text: str):
    assert terms.parse([terms.literal(text)], conditions.ASKED) == Phrase(
        tuple(text.split()), NOWHERE
    )


def test_what_needs_no_quotes_gets_none():
    plain = ["VPN", "7k3f", "T-261121-7K3FQ", "", " "]
    assert list(map(terms.literal, plain)) == plain
    assert list(map(terms.literal, ["-5", "a:b", "or", "a b", "None"])) == [
        '"-5"', '"a:b"', '"or"', '"a b"', '"None"',
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["-team:x", "-部门：x", "-(a", "-（a", '-"a', "-“a", "-@mine"])
def test_what_begins_with_a_dash_and_is_no_option(text: str):
    assert terms.NEGATED.match(text)


@pytest.mark.parametrize("text", ["-f", "--format", "-", "-5", "--", "team:-x", "-C/tmp"])
def test_options_are_no_conditions(text: str):
    assert not terms.NEGATED.match(text)
