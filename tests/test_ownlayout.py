"""The quick reader: it says what the strict one says, or nothing."""

import itertools
import random
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk import codec, ownlayout, yamlreader
from desk.errors import DamagedError
from desk.model import Event, Record, Ticket
from tests import strategies
from tests.promises import test_bad_files as bad
from tests.promises.test_any_text import naughty

ROOT = Path(__file__).parents[1]
SAMPLE = [
    path.read_text(encoding="utf-8")
    for folder in ("tickets", "kb")
    for path in sorted((ROOT / folder).rglob("*.yaml"))
]


def is_read(text: str) -> bool:
    """Whether the quick reader takes the text; then it must be as the strict one has it."""
    found = ownlayout.read(text)
    if found is None:
        return False
    assert repr(found) == repr(yamlreader.parse(text))  # with types, and keys in their order
    return True


# --- what it reads -------------------------------------------------------------------------

READ = {
    "a: x y\nb-c d: 7 up\n": {"a": "x y", "b-c d": "7 up"},
    "a: C#, x:y a#b http://x/?q=1&r=[2]\n": {"a": "C#, x:y a#b http://x/?q=1&r=[2]"},
    "a: null\nb: true\nc: false\nd: 0\ne: -7\nf: 42\n": {
        "a": None, "b": True, "c": False, "d": 0, "e": -7, "f": 42
    },
    "a: Null\nb: nullable\nc: 012\nd: 1.10\ne: 12:30\nf: no\n": {
        "a": "Null", "b": "nullable", "c": "012", "d": "1.10", "e": "12:30", "f": "no"
    },
    f"a: {'9' * 18}\nb: {'9' * 19}\n": {"a": 10**18 - 1, "b": "9" * 19},
    "a: 2026-11-21T09:00:00+08:00\n": {"a": "2026-11-21T09:00:00+08:00"},
    '标题: 打印机又卡纸了，（三楼）\n𠮷: "李：伟"\n': {
        "标题": "打印机又卡纸了，（三楼）", "𠮷": "李：伟"
    },
    'a: ""\nb: " x "\nc: "7"\nd: "# - :"\n': {"a": "", "b": " x ", "c": "7", "d": "# - :"},
    'a: "\\n\\r\\t\\"\\\\\\u200B\\u0000"\n': {"a": '\n\r\t"\\\u200b\0'},
    "a: []\nb: {}\nc: [1, null, -2, x]\n": {"a": [], "b": {}, "c": [1, None, -2, "x"]},
    'a: [null, {n: A "B" \\c, "o": [true, "}"]}]\n': {
        "a": [None, {"n": 'A "B" \\c', "o": [True, "}"]}]
    },
    "a: [C#, 2nd floor, 012, 2026-11-21T09:00:00Z]\n": {
        "a": ["C#", "2nd floor", "012", "2026-11-21T09:00:00Z"]
    },
    f"a: [{'9' * 18}, {'9' * 19}, -{'9' * 18}]\n": {
        "a": [10**18 - 1, "9" * 19, 1 - 10**18]
    },
    "a: |\n  x\n\n    y: z # no\n  \tb\nc: d\n": {"a": "x\n\n  y: z # no\n\tb\n", "c": "d"},
    "a: |-\n  x\n   \n  - y\n": {"a": "x\n \n- y"},
    "a: |+\n  x\n\n\nb: y\n": {"a": "x\n\n\n", "b": "y"},
    "a: |\n  x\n\n\nb: y\n": {"a": "x\n", "b": "y"},
    "a: |\n  x\n  \n": {"a": "x\n"},
    "a:\n  b: x\n  c:\n    d: |\n      y\n  e: z\nf: g\n": {
        "a": {"b": "x", "c": {"d": "y\n"}, "e": "z"}, "f": "g"
    },
    'a:\n- x\n- 7\n- "y"\n- |-\n  z\n- [p]\n- q: r\n  s:\n  - t\nb: u\n': {
        "a": ["x", 7, "y", "z", ["p"], {"q": "r", "s": ["t"]}], "b": "u"
    },
    "a: x\nlog:\n- n: 1\n  at: 2026-11-21T09:00:00Z\n  by: chen\n  did: open\n": {
        "a": "x", "log": [{"n": 1, "at": "2026-11-21T09:00:00Z", "by": "chen", "did": "open"}]
    },
    'a: x\nlog:\n- n: 1\n  at: 2026-11-21T09:00:00Z\n  by: "7"\n  did: open\n': {
        "a": "x", "log": [{"n": 1, "at": "2026-11-21T09:00:00Z", "by": "7", "did": "open"}]
    },
    "a: x\nlog:\n- n: 012\n  at: 2026-11-21T09:00:00Z\n  by: chen\n  did: open\n": {
        "a": "x", "log": [{"n": "012", "at": "2026-11-21T09:00:00Z", "by": "chen", "did": "open"}]
    },
    "a: x\nlog:\n- n: 1\n  at: 2026-11-21T09:00:00Z\n  by: 7\n  did: null\n": {
        "a": "x", "log": [{"n": 1, "at": "2026-11-21T09:00:00Z", "by": 7, "did": None}]
    },
    "a: x\nlog:\n- n: 1\n  at: 2026-11-21T09:00:00Z\n  by: chen\n  did: edit\n  change:\n"
    "    t: [null, true]\n    u: [x, [y, z]]\n  steps:\n  - v\n  text: |\n    w\n"
    "- n: 2\n  at: 2026-11-21T09:00:00Z\n  by: chen\n  did: edit\n  change:\n"
    "    t:\n    - |\n      x\n    - y\n": {
        "a": "x", "log": [
            {"n": 1, "at": "2026-11-21T09:00:00Z", "by": "chen", "did": "edit",
             "change": {"t": [None, True], "u": ["x", ["y", "z"]]}, "steps": ["v"],
             "text": "w\n"},
            {"n": 2, "at": "2026-11-21T09:00:00Z", "by": "chen", "did": "edit",
             "change": {"t": ["x\n", "y"]}},
        ]
    },
    "a: x\nlog:\n- n: 1\n  at: 2026-11-21T09:00:00Z\n  by: chen\n  did: edit\n  change:\n"
    "    x: 1\n": {
        "a": "x", "log": [{"n": 1, "at": "2026-11-21T09:00:00Z", "by": "chen", "did": "edit",
                           "change": {"x": 1}}]
    },
    f"{'k' * 100}: x\n": {"k" * 100: "x"},
}  # fmt: skip


@pytest.mark.parametrize(("text", "value"), READ.items(), ids=lambda one: repr(one)[:40])
def test_read(text: str, value: object):
    assert repr(ownlayout.read(text)) == repr(value)
    assert repr(yamlreader.parse(text)) == repr(value)


@pytest.mark.parametrize("text", SAMPLE, ids=lambda text: text.split()[1])
def test_the_sample_desk_is_read(text: str):
    assert is_read(text)


WRITTEN = (
    "打印机又卡纸了（三楼）", "C# build #7 fails", "3 monitors stay black", "2nd floor", "8021",
    "Error: disk full", "He said: \"no\" \\ 'yes'", "#7", "- x", "yes", "x ", "", "{a}", "a, b",
    "line\n\n  indented: yes\n# 7\n", "no end\nof line", "two ends\n\n", "zero\u200bwidth",
    "tab\tinside\nof a block", "\ttab", "1.10", "2026-11-21", "a [b], c?", "𠮷 😀 \u3000",
)  # fmt: skip


def saying(text: str) -> str:
    """The file of a ticket that has the text in many places."""
    at = "2026-11-21T09:00:00+08:00"
    head = {"id": "T-261121-7K3FQ", "title": text, "status": "new", "opened": at}
    head |= {"requester": {"name": text}, "tags": [text], "rack": text, "description": text}
    change = {"title": (None, text), "tags": (text, [text]), "requester": (None, {"name": text})}
    log = (Event(1, at, text, "open", change), Event(2, at, "chen", "note", {}, {"text": text}))
    return codec.dump(Ticket(head, log))


@pytest.mark.parametrize("text", WRITTEN, ids=repr)
def test_what_desk_writes_is_read(text: str):
    """Else nothing would be wrong, but all of it slow."""
    assert is_read(saying(text))


def test_most_texts_that_trip_others_are_read():
    taken = [is_read(saying(text)) for text in naughty()]
    assert sum(taken) > 0.8 * len(taken)


@settings(max_examples=25)
@given(strategies.lived(3))
def test_what_the_commands_write_is_read(record: Ticket):
    assert is_read(codec.dump(record))


# --- what it leaves to the strict reader ------------------------------------------------------

EVENT = "a: x\nlog:\n- n: 1\n  at: 2026-11-21T09:00:00Z\n  by: chen\n  did: open\n"
LEFT = (
    "", "\n", "x\n", "- x\n", "a: x", "a: x\n\n", "\na: x\n", "a: x\n\nb: y\n", "# c\na: x\n",
    "a: x # c\n", "a:\n", "a: \n", "a:\nb: x\n", "a: ~\n", "a: 'x'\n", "a: &x y\n", "a: *x\n",
    "a: !x y\n", "a: >\n  x\n", "a: x\n  y\n", "a: x\n b: y\n", "a: x: y\n", "a: x:\n", "a: -x\n",
    "a: - x\n", "a: .5\n", "a: @x\n", "a: x \n", "a:  x\n", " a: x\n", "a : x\n", "a:x\n",
    "a:\tx\n", "a: x\ty\n", "a: x\r\n", "a: x\ra\n", "a: x\0\n", "a: \x85x\n", "a: x\u2028y\n",
    "a: \ufeffx\n", "\ufeffa: x\n", "a: \ufffe\n", "a: \x7f\n", "a: \x9b\n", "a: \ud800\n",
    "a: x\na: y\n", "a: x\nb: y\na: z\n", "null: x\n", "true: x\n", "1: x\n", '"a": x\n',
    "? a\n: b\n", "<<: x\n", f"{'k' * 101}: x\n", "---\na: x\n", "a: x\n...\n", "a: x\n---\nb: y\n",
    "%YAML 1.2\n", "<<<<<<< HEAD\n", "a: x\n=======\n",
    'a: "x\n', 'a: "x" y\n', 'a: "x\n  y"\n', 'a: "\\x41"\n', 'a: "\\ud800"\n', 'a: "\\uD800"\n',
    'a: "\\U000E0001"\n', 'a: "\t"\n', 'a: x"\n"b: y\n',
    "a: [x\n", "a: x]\n]\n", "a: [x]]\n", "a: [x,y]\n", "a: [x ,y]\n", "a: [ x]\n", "a: [x, ]\n",
    "a: [, x]\n", "a: [x y: z]\n", "a: [x: y]\n", "a: [-x]\n", "a: [~]\n", "a: ['x']\n",
    "a: [x #y]\n", "a: [x?]\n", "a: [1:2]\n", "a: {x}\n", "a: {x:y}\n", "a: {x: y, x: z}\n",
    "a: {1: x}\n", "a: {null: x}\n", "a: {[x]: y}\n", f"a: {{{'k' * 101}: x}}\n", "a: [x] y\n",
    f"a: {'[' * 9}{']' * 9}\n", "a: [x]\n  [y]\n",
    "a: |\nb: x\n", "a: |2\n   x\n", "a: |2-\n  x\n", "a: |\n\n  x\n", "a: |\n   x\n", "a: |\n x\n",
    "a: |\n  x\n y\n", "a: |\n  x\n \n", "a: |\n  x\ny\n", "a: | # c\n  x\n", "a: |\n  \tx\n",
    "a: |\n\t\n  x\n",
    "a:\n   b: x\n", "a:\n  b: x\n c: y\n", "a:\n  b: x\n    c: y\n", "a:\n  - x\n", "a:\n-x\n",
    "a:\n- x\n  y\n", "a:\n- x\n  y: z\n", "a:\n- x: y\n z: p\n", "a:\n- - x\n", "a:\n-\n",
    "a:\n- \n",
    "a:\n- x: y\n  x: z\n", "a:\n- x\n# c\n- y\n", "a:\n- x\n\n- y\n", "a:\n  b: x\n- y\n",
    "a: x\n- y\n",
    "".join(f"{'  ' * depth}a:\n" for depth in range(5)) + f"{'  ' * 5}a: x\n",
    f"a: {'x' * 100_000}\n",
    f"{EVENT}  did: note\n", f"{EVENT}b: x\n", f"{EVENT}  n: 2\n", f"{EVENT}\n", f"{EVENT}x\n",
    f"{EVENT}# c\n", f"{EVENT}   x: y\n", f"{EVENT}    x: y\n",
    f"{EVENT}- x\n...\n",
    f"log: x\n{EVENT}", f"{EVENT}log:\n- n: 2\n", f"{EVENT}  change:\n",
    f"{EVENT}  change:\n  x: y\n",
    f"{EVENT}  change:\n    x: [y, z]\n    x: [y, z]\n", f"{EVENT}  change:\n    x: [y, z] # c\n",
    f"{EVENT}  change:\n    null: [y, z]\n",
    f"{EVENT}  change:\n    x: [y, z]\n  change: p\n",
)  # fmt: skip


@pytest.mark.parametrize("text", LEFT, ids=lambda text: repr(text)[-40:])
def test_left_to_the_strict_reader(text: str):
    assert ownlayout.read(text) is None


def is_read_alike(text: str) -> bool:
    """As is_read; a text that the strict reader refuses must not be read."""
    try:
        return is_read(text)
    except DamagedError:
        pytest.fail(f"it has read what is refused: {text!r}")


def test_bad_and_odd_files():
    contents = [*(content for content, _ in bad.CONTENTS.values()), *bad.ODD.values()]
    taken = 0
    for content in contents:
        if isinstance(content, bytes):
            with suppress(UnicodeDecodeError):
                taken += is_read_alike(content.decode("utf-8-sig"))
        else:
            taken += is_read_alike(content)
    assert taken > 10


@settings(max_examples=40)
@given(strategies.records())
def test_any_record_is_read_alike(record: Record):
    text = codec.dump(record)
    is_read_alike(text)
    assert codec.load(text) == codec.load_strictly(text) == record


# --- what becomes of a text that is changed a little ------------------------------------------

INSERTED = (
    *strategies.SNIPPETS, *strategies.AWKWARD, "  ", "    ", "- ", ": ", ", ", "a: b\n", "- x\n",
    "\n\n", "\n  ", "|-\n", "|+\n", '""', "[]", "{}", "[a, b]", "{a: b}", "log:\n", "\nlog:\n- n: ",
    "  change:\n", "- n: 3\n", "null: x\n", " \n", "  \n", "\\u0041", "\\", "9" * 19, "k" * 101,
)  # fmt: skip


def changed(text: str, other: str, drawn: random.Random) -> str:
    """The text with one line or a few characters removed, repeated, put in or indented anew."""
    lines = text.splitlines(keepends=True) or [""]
    line, place = drawn.randrange(len(lines)), drawn.randrange(len(text) + 1)
    match drawn.randrange(10):
        case 0:
            del lines[line]
        case 1:
            lines.insert(drawn.randrange(len(lines) + 1), lines[line])
        case 2:
            lines[line] = " " * drawn.randrange(7) + lines[line].lstrip(" ")
        case 3:
            lines[line] = lines[line].rstrip("\n")
        case 4:
            lines.insert(line, drawn.choice(INSERTED))
        case 5:
            lines[line:] = drawn.choices(other.splitlines(keepends=True) or [""], k=3)
        case 6:
            end = place + drawn.randrange(1, 4)
            return text[:place] + text[end:]
        case 7:
            return text[:place] + drawn.choice(INSERTED) + text[place:]
        case 8:
            return text[:place] + drawn.choice(INSERTED) + text[place + 1 :]
        case _:
            return text[:place] + other[drawn.randrange(len(other) + 1) :]
    return "".join(lines)


def try_changed(texts: list[str], number: int, seed: int) -> str:
    """Compare the readers on so many changed texts."""
    drawn = random.Random(seed)
    taken = 0
    for _ in range(number):
        text = drawn.choice(texts)
        for _ in range(drawn.choice((1, 1, 1, 2, 4))):
            text = changed(text, drawn.choice(texts), drawn)
        taken += is_read_alike(text)
    assert taken > number // 20
    return f"quick reader: {number} changed texts, {taken} read by it, all alike"


# Short, so that each change is likely to be where it tells.
SHORT = [*READ] * 4 + [bad.SAMPLE, *(text for text in LEFT if 0 < len(text) < 500)]


def test_changed_texts(figures):
    figures(try_changed(SHORT, 8_000, 1))
    figures(try_changed(SAMPLE, 800, 2))


@pytest.mark.long
@pytest.mark.parametrize("seed", range(3, 7))
def test_very_many_changed_texts(seed: int, figures):
    figures(try_changed(SHORT, 300_000, seed))
    figures(try_changed(SAMPLE, 25_000, seed))


# How a text may begin and end, and what comes between.
BEGUN = (
    ("", "\n"), ("a: ", "\n"), ("a: [", "]\n"), ("a: x\nb: {a", "}\n"), ('a: "', '"\n'),
    ("a: |\n  x", "\n"), ("a: |+\n", "\n"), ("a:\n- ", "\n"), ("a:\n  b", "\n"), (EVENT, "\n"),
    (f"{EVENT}  ", "\n"), (f"{EVENT}- n: 2", "\n"), (f"{EVENT}  change:\n    a: ", "\n"),
    (f"{EVENT}  change:\n    a: [x, ", "]\n"),
)  # fmt: skip
BETWEEN = (
    "a", "1", "null", " ", "  ", "\n", "- ", "-", ":", ": ", ", ", "|", "?", "#", '"', "\\", "\t",
    "[", "]", "{", "}", "x\n",
)  # fmt: skip


def try_every(most: int) -> str:
    """Compare the readers on every text of so many parts between a beginning and an end."""
    tried = taken = 0
    for start, end in BEGUN:
        for number in range(most + 1):
            for parts in itertools.product(BETWEEN, repeat=number):
                taken += is_read_alike(f"{start}{''.join(parts)}{end}")
                tried += 1
    assert taken > tried // 20
    return f"quick reader: every one of {tried} short texts, {taken} read by it, all alike"


def test_every_short_text(figures):
    figures(try_every(2))


@pytest.mark.long
def test_every_text_that_is_a_little_longer(figures):
    figures(try_every(4))


def outcome(text: str, load: Callable[[str], Record]) -> str:
    try:
        return repr(load(text))
    except DamagedError as error:
        return f"{error.problem}, line {error.line}"


@settings(max_examples=20)
@given(strategies.records(), strategies.records(), st.randoms(use_true_random=False))
def test_any_record_that_is_changed(record: Record, other: Record, drawn: random.Random):
    text = changed(codec.dump(record), codec.dump(other), drawn)
    is_read_alike(text)
    assert outcome(text, codec.load) == outcome(text, codec.load_strictly)
