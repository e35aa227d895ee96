"""The YAML that desk reads and writes."""

import contextlib
import re
import time

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from desk import yamlreader, yamltext
from desk.errors import DamagedError
from tests import strategies

# --- reading -------------------------------------------------------------------------------

ACCEPTED = {
    "a: 1": {"a": 1},
    "a: -7\nb: 0": {"a": -7, "b": 0},
    "a: null\nb: ~\nc:": {"a": None, "b": None, "c": None},
    "a: true\nb: false": {"a": True, "b": False},
    "a: no\nb: Yes\nc: True\nd: NULL": {"a": "no", "b": "Yes", "c": "True", "d": "NULL"},
    "a: 012\nb: 0x1F\nc: 1_000\nd: +1\ne: -0": {
        "a": "012", "b": "0x1F", "c": "1_000", "d": "+1", "e": "-0"
    },
    "a: 12:30\nb: 1.10\nc: 1e3\nd: .inf": {"a": "12:30", "b": "1.10", "c": "1e3", "d": ".inf"},
    "a: 2026-11-21\nb: 2026-13-45": {"a": "2026-11-21", "b": "2026-13-45"},
    "a: =\nb: <<": {"a": "=", "b": "<<"},
    "a: '1'\nb: \"null\"": {"a": "1", "b": "null"},
    f"a: {'9' * 18}\nb: {'9' * 19}": {"a": 10**18 - 1, "b": "9" * 19},
    "a: x\n  y\n\n  z": {"a": "x y\nz"},
    "a: |\n  x\n   y\n\nb: >-\n  p\n  q\n": {"a": "x\n y\n", "b": "p q"},
    "- 1\n- [x, {y: z}]": [1, ["x", {"y": "z"}]],
    '"a": {}\n"": []': {"a": {}, "": []},
    "--- # start\na: 1\n...\n": {"a": 1},
    "a: 1\r\nb: x\r\n": {"a": 1, "b": "x"},
    "text": "text",
    '"\\u674E\\x41\\U0001F600\\0"': "李A😀\0",
}  # fmt: skip


@pytest.mark.parametrize(("text", "value"), ACCEPTED.items())
def test_accepted(text: str, value: object):
    found = yamlreader.parse(text)
    assert (found, repr(found)) == (value, repr(value))


NESTED = "nested deeper than 32 levels"
REFUSED = {
    "": "line:1: the file is empty",
    "# only\n": "line:2: the file is empty",
    "a: &x 1\nb: *x": "line:1: anchor &x is not allowed; write each value out",
    "a: 1\nb: *x": "line:2: alias *x is not allowed; write the value out",
    "a: 1\nb: !!python/object:os.system x": (
        "line:2: tag tag:yaml.org,2002:python/object:os.system is not allowed; quote the text if "
        "it is one"
    ),
    "a: 1\nb: ! x": "line:2: tag ! is not allowed; quote the text if it is one",
    "a: !!str 1": "line:1: tag tag:yaml.org,2002:str is not allowed; quote the text if it is one",
    "a: 1\nb: 2\na: 3": "line:3: key 'a' stands twice; keep one of them",
    "x:\n  a: 1\n  'a': 2": "line:3: key 'a' stands twice; keep one of them",
    "1: x": "line:1: the key 1 is no text; put it in quotes",
    "a: 1\n~: x": "line:2: the key ~ is no text; put it in quotes",
    "true: x": "line:1: the key true is no text; put it in quotes",
    "? [a]\n: x": "line:1: this key is no plain text; write it without &, !, * or brackets",
    "&k a: x": "line:1: this key is no plain text; write it without &, !, * or brackets",
    "!t a: x": "line:1: this key is no plain text; write it without &, !, * or brackets",
    "a: &x 1\n*x : 2": "line:1: anchor &x is not allowed; write each value out",
    f"a: 1\n{'k' * 101}: x": "line:2: this key is longer than 100 characters",
    "%YAML 1.1\n---\na: 1": "line:1: a YAML directive is not allowed here",
    "a: 1\n---\nb: 2": "line:2: a second document begins here; a file holds one",
    "a: 1\nb: [1, 2\n": "line:3: this is not YAML: ",
    "a: 1\n\tb: 2": "line:2: this is not YAML: ",
    "a: 'x\nb: 1\n": "line:3: this is not YAML: ",
    "a: 1\n<<<<<<< ours\nb: 1\n=======\nb: 2\n>>>>>>> theirs\n": (
        "line:2: a merge conflict begins here; `desk check --fix` puts both sides together"
    ),
    "a: 1\nb: x\0y": "line:2: this is not YAML: ",
    "a: 李\nb: 伟\nc: x\x1by": "line:3: this is not YAML: ",
    "a: \x9b": "line:1: this is not YAML: ",
    "a: \ud800": "half of a surrogate pair is no text",
    'a: "\\ud800"': "line:1: this is not YAML: ",
    "[" * 33 + "]" * 33: f"line:1: {NESTED}",
    "[" * 50_000: f"line:1: {NESTED}",
    "- " * 500_000: f"line:1: {NESTED}",
    "\n".join("  " * depth + "a:" for depth in range(34)): f"line:33: {NESTED}",
    "- x\n" * 50_001: "line:50000: over 50000 values, which no record has",
}


@pytest.mark.parametrize(("text", "sentence"), REFUSED.items(), ids=lambda text: repr(text[:40]))
def test_refused_with_the_line(text: str, sentence: str):
    with pytest.raises(DamagedError) as caught:
        yamlreader.parse(text)
    said = str(caught.value)
    # What follows then is libyaml's own wording, which differs between its versions.
    assert said == sentence or (sentence.endswith("YAML: ") and said.startswith(sentence))


def test_the_deepest_that_is_accepted():
    assert yamlreader.parse("[" * 32 + "]" * 32) is not None


def test_a_sentence_stays_short_whatever_the_file_says():
    with pytest.raises(DamagedError) as caught:
        yamlreader.parse("a: !" + "x" * 100_000 + " 1")
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"a: 1\nb: \xff\n", "line:2: these bytes are not UTF-8; save the file as UTF-8"),
        ("a: 李".encode("gb18030"), "line:1: these bytes are not UTF-8; save the file as UTF-8"),
        ("a: 1".encode("utf-16"), "line:1: these bytes are not UTF-8; save the file as UTF-8"),
        (b"\n\n\xed\xa0\x80", "line:3: these bytes are not UTF-8; save the file as UTF-8"),
        (b" " * (1 << 20) + b" ", "the file is over 1 MiB, which no record is"),
    ],
    ids=["byte", "gb18030", "utf-16", "surrogate", "large"],
)
def test_bytes_that_are_no_text(data: bytes, sentence: str):
    with pytest.raises(DamagedError) as caught:
        yamltext.decode(data)
    assert str(caught.value) == sentence


def test_a_byte_order_mark_is_no_part_of_the_text():
    assert yamlreader.parse(yamltext.decode(b"\xef\xbb\xbfa: 1")) == {"a": 1}


POSITIONS = "a: 1\nb:\n  c:\n  - x\n  - d: y\n    e: |\n      z\n"


@pytest.mark.parametrize(
    ("path", "line"),
    [((), 1), (("a",), 1), (("b",), 2), (("b", "c"), 3), (("b", "c", 0), 4),
     (("b", "c", 1), 5), (("b", "c", 1, "e"), 6), (("b", "no", 3), 2), (("no",), 1)],
)  # fmt: skip
def test_the_line_of_a_value(path: tuple, line: int):
    assert yamlreader.line_of(POSITIONS, *path) == line


@given(st.text(max_size=200) | strategies.texts(200))
def test_any_text_is_a_value_or_damaged(text: str):
    try:
        yamlreader.parse(text)
    except DamagedError:
        return
    assert all(comment.startswith("#") for comment in yamlreader.comments(text))


def test_hostile_texts_are_refused_in_time():
    bombs = ("[", "{", "- ", "? ", "a:\n", "[a,", "{a: ", '"', "'", "&a ", "*a ", "!", "|\n", "#\n",
             "\t", "%", "\n", "a: [", "- |\n", "- - ", "\\", ": ", "- >\n", "{a,")  # fmt: skip
    for bomb in bombs:
        began = time.perf_counter()
        with contextlib.suppress(DamagedError):
            yamlreader.parse(bomb * (yamltext.MAX_BYTES // len(bomb)))
        assert time.perf_counter() - began < 2, bomb


# --- comments ------------------------------------------------------------------------------

# Each comment that is one begins with `#:`, nothing else does.
COMMENTED = [
    "#: first\na: 1\n",
    "a: 1 #: after a value\n",
    "a: 1\n#: no end of line",
    "a: x#no  #: yes # still the same\n",
    "a: 1 #:\nb: 2\n#:\n",
    "a: #: behind the key\n  b: 1\n",
    "a:\n#: between\n  b: 1\n",
    "a: #: nothing comes\nb: ''\n",
    "a: '#no' #: yes\nb: \"#no\" #: yes\n",
    "a: 'it''s # no'#: without a space\n",
    'a: "x\n  # no\n  y" #: yes\n',
    "a: 'x\n  # no\n  y' #: yes\n",
    "a: x\n  y #: ends a plain text of two lines\n",
    "a: [1, #: in a list\n 2] #: and after it\n",
    "a: [1,#: no space\n 2,\n #: alone\n]#: no space\n",
    "a: { #: in a mapping\n b: 1 #: x\n #: y\n} #: z\n",
    'a: {"b": "#no"} #: yes\n',
    "- 1 #: a\n#: b\n- 2\n  #: c\n-\n  #: d\n  3\n",
    "a:\n- x #: 1\n#: 2\n- y\n  #: 3\nb: z\n",
    "a: |\n  # no\n  text # no\n#: after a block\nb: 1\n",
    "a: |  #: in its header\n  # no\n",
    "a: |#: without a space\n  # no\n",
    "a: >2-   #: folded\n   # no\n  # no\n",
    "a: |2 #: hint\n    # no\n",
    "a: |+\n  x\n\n#: after a kept block\n",
    "a: |\n  x\n\n  # no\n\n #: less indented\nb: 1\n",
    "a: |\n  x\n #: 1\n#: 2\n\n#: 3\n",
    "a: |\n\n\n#: after an empty block\nb: 1\n",
    "a:\n  b:\n    c: |\n      # no\n   #: between depths\n  d: 1\n #: e\n",
    "a:\n  - |\n    # no\n  #: yes\n  - >\n    # no\n#: end\n",
    "- a: 1 #: x\n  #: y\n  b: |\n    # no\n  #: z\n",
    "? a #: key\n: b #: value\n",
    "---\n#: x\na: 1\n...\n#: after the end\n",
    "--- #: s\na: 1\n... #: e\n",
    "a: 1\r\n#: one\r\nb: |\r\n  # no\r\n#: two\r\n",
    "a: 李伟 #: 电话 # 分机\n#: 𠮷\n",
    "a: 1\t#: behind a tab\nb: 2 \t #: and spaces\n",
    "\ufeff#: behind a mark\na: 1\n",
    "a: http://x/#no\nb: C#\nc: '#'\nd: \"\\\"#\"\n",
    "\n\n   #: indented\n\n\na: 1\n\n\n   #: at the end\n\n",
    "a: x\u2028#: behind a line separator\n",
    "a: 'a\u2028  # no' #: yes\n",
    "a: [ ] #: x\nb: {} #: y\nc: [[1], #: z\n  [2]]\n",
]  # fmt: skip


@pytest.mark.parametrize("text", COMMENTED)
def test_each_comment_is_found_and_no_other(text: str):
    wanted = [line[line.index("#:") :].rstrip() for line in text.splitlines() if "#:" in line]
    yamlreader.parse(text)
    assert yamlreader.comments(text) == wanted


@given(strategies.records().map(lambda record: record.head))
def test_what_desk_writes_has_no_comments(head: dict):
    assert yamlreader.comments(yamltext.dump_value(head)) == []


@settings(max_examples=40)
@given(st.data())
def test_a_comment_put_behind_any_line_is_found(data: st.DataObject):
    """A file that desk wrote, with a comment put where YAML allows one."""
    text = yamltext.dump_value(data.draw(strategies.tickets()).head)
    plain = yamlreader.parse(text)
    lines = text.split("\n")[:-1]
    at = data.draw(st.integers(0, len(lines)))
    commented = "\n".join([*lines[:at], "#: remark", *lines[at:], ""])
    try:
        survives = yamlreader.parse(commented) == plain
    except DamagedError:
        survives = False
    if survives:
        assert yamlreader.comments(commented) == ["#: remark"]
    assert survives or at not in (0, len(lines))


# --- writing -------------------------------------------------------------------------------

WRITTEN = {
    "plain text": "plain text\n",
    "李伟 𠮷 🙂": "李伟 𠮷 🙂\n",
    "": '""\n',
    "no": '"no"\n',
    "Null": '"Null"\n',
    "12": '"12"\n',
    "1.10": '"1.10"\n',
    "12:30": '"12:30"\n',
    "2026-11-21": '"2026-11-21"\n',
    "2026-11-21 Monday": "2026-11-21 Monday\n",
    " x": '" x"\n',
    "x ": '"x "\n',
    "a: b": '"a: b"\n',
    "a #b": '"a #b"\n',
    "a#b": "a#b\n",
    "- x": '"- x"\n',
    'say "x"': 'say "x"\n',
    '"x"': '"\\"x\\""\n',
    "C:\\x": '"C:\\\\x"\n',
    "a\x1b[31m": '"a\\u001B[31m"\n',
    "a\u202eb": '"a\\u202Eb"\n',
    "a\x85b": '"a\\u0085b"\n',
    "\U000e0041": '"\\U000E0041"\n',
    "x\ny": '"x\\ny"\n',
}


@pytest.mark.parametrize(("text", "wanted"), WRITTEN.items())
def test_texts_are_quoted_where_a_reader_would_take_them_for_something_else(text, wanted):
    assert yamltext.dump_value(text) == wanted


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ({"a": "x\ny\n"}, "a: |\n  x\n  y\n"),
        ({"a": "x\ny"}, "a: |-\n  x\n  y\n"),
        ({"a": "x\n\n"}, "a: |+\n  x\n\n"),
        ({"a": "x\n\n\n", "b": 1}, "a: |+\n  x\n\n\nb: 1\n"),
        ({"a": " x\ny\n"}, "a: |2\n   x\n  y\n"),
        ({"a": "\nx\n"}, "a: |2\n\n  x\n"),
        ({"a": "x\n  \ny\n"}, "a: |\n  x\n    \n  y\n"),
        ({"a": "x\n\ty\n"}, "a: |\n  x\n  \ty\n"),
        ({"a": "\n\n"}, 'a: "\\n\\n"\n'),
        ({"a": "x\r\ny"}, 'a: "x\\r\\ny"\n'),
        ({"a": ["x\ny\n", "z"]}, "a:\n- |\n  x\n  y\n- z\n"),
        ({"a": {"b": {"c": "x\ny\n"}}}, "a:\n  b:\n    c: |\n      x\n      y\n"),
        ({"a": [{"b": 1, "c": [2]}, [3, [4]], {}, []]},
         "a:\n- b: 1\n  c:\n  - 2\n- [3, [4]]\n- {}\n- []\n"),
        ({"at": "2026-11-21T09:00:00+08:00"}, "at: 2026-11-21T09:00:00+08:00\n"),
        ({"on": "2026-11-21T09:00:00+08:00"}, '"on": "2026-11-21T09:00:00+08:00"\n'),
        ({"a": None, "b": True, "c": -5}, "a: null\nb: true\nc: -5\n"),
        ([], "[]\n"),
        ({}, "{}\n"),
    ],
)  # fmt: skip
def test_values_are_laid_out(value, wanted: str):
    assert yamltext.dump_value(value) == wanted
    assert yamlreader.parse(wanted) == value


@given(strategies.values())
def test_any_value_reads_back(value):
    text = yamltext.dump_value(value)
    assert yamlreader.parse(text) == value


@given(strategies.texts(200))
def test_a_text_on_one_line_is_one_line_and_reads_back_anywhere(text: str):
    for line in (yamltext.scalar(text), yamltext.flow(text)):
        assert not re.search("[\n\r\x85\u2028\u2029]", line)
        assert yamlreader.parse(f"a: {line}\n") == {"a": text}
    assert yamlreader.parse(f"a: [{yamltext.flow(text)}, {{b: {yamltext.flow(text)}}}]\n") == {
        "a": [text, {"b": text}]
    }


@given(strategies.texts(200))
def test_other_readers_see_the_same_text_anywhere(text: str):
    line = f"a: [{yamltext.flow(text)}, {{b: {yamltext.flow(text)}}}]\nc: {yamltext.scalar(text)}\n"
    for loader in (yaml.SafeLoader, yaml.CSafeLoader):
        assert yaml.load(line, loader) == {"a": [text, {"b": text}], "c": text}


def test_what_is_unsafe_is_not_printable():
    acting = [chr(code) for code in range(0x110000) if yamltext.unsafe().match(chr(code))]
    assert len(acting) > 2000
    assert [one for one in acting if one.isprintable()] == []
