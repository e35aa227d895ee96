"""Records and figures as text for people and for programs."""

import csv
import io
import json
import time
import unicodedata
from dataclasses import replace
from datetime import timedelta

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from wcwidth import wcswidth

from desk import codec, lifecycle, policy, render
from desk.errors import Place, UsageError
from desk.lifecycle import Act
from desk.model import Article, Event, Ticket
from tests import strategies
from tests.conftest import NOW
from tests.support import POLICY

ACT = Act("chen", NOW, policy.load(POLICY))
ROWS: list[render.Row] = [
    {"id": "T-1", "title": '打印机, "卡纸"\nzweite\tx', "n": 3, "ok": True, "tags": ["a", "=b"],
     "requester": {"name": "王芳", "email": None}},
    {"id": "T-2", "title": "=SUM(A1)", "note": "-1\\+2", "esc": "\x1b[31m\u202e𠮷"},
]  # fmt: skip

# --- machine formats -----------------------------------------------------------------------

FORMATS = {
    "table": """\
id   title                      n  ok    tags   requester.name  requester.email  note   esc
T-1  打印机, "卡纸"\\nzweite\\tx  3  true  a, =b  王芳
T-2  =SUM(A1)                                                                    -1\\+2  \\x1b[31m\\u202e𠮷
""",  # noqa: E501 - as it is printed
    "json": """\
[
  {
    "id": "T-1",
    "title": "打印机, \\"卡纸\\"\\nzweite\\tx",
    "n": 3,
    "ok": true,
    "tags": [
      "a",
      "=b"
    ],
    "requester": {
      "name": "王芳",
      "email": null
    }
  },
  {
    "id": "T-2",
    "title": "=SUM(A1)",
    "note": "-1\\\\+2",
    "esc": "\\u001b[31m\\u202e𠮷"
  }
]
""",
    "ndjson": """\
{"id": "T-1", "title": "打印机, \\"卡纸\\"\\nzweite\\tx", "n": 3, "ok": true, "tags": ["a", "=b"], "requester": {"name": "王芳", "email": null}}
{"id": "T-2", "title": "=SUM(A1)", "note": "-1\\\\+2", "esc": "\\u001b[31m\\u202e𠮷"}
""",  # noqa: E501 - as it is printed
    "csv": """\
id,title,n,ok,tags,requester.name,requester.email,note,esc
T-1,"打印机, ""卡纸""
zweite\tx",3,true,"[""a"", ""=b""]",王芳,,,
T-2,'=SUM(A1),,,,,,'-1\\+2,\x1b[31m\u202e𠮷
""",
    "tsv": """\
id\ttitle\tn\tok\ttags\trequester.name\trequester.email\tnote\tesc
T-1\t打印机, "卡纸"\\nzweite\\tx\t3\ttrue\t["a", "=b"]\t王芳\t\t\t
T-2\t'=SUM(A1)\t\t\t\t\t\t'-1\\\\+2\t\x1b[31m\u202e𠮷
""",
    "yaml": """\
- id: T-1
  title: |-
    打印机, "卡纸"
    zweite\tx
  "n": 3
  ok: true
  tags:
  - a
  - "=b"
  requester:
    name: 王芳
    email: null
- id: T-2
  title: "=SUM(A1)"
  note: "-1\\\\+2"
  esc: "\\u001B[31m\\u202E𠮷"
""",
    "markdown": """\
| id  | title                       | n   | ok   | tags  | requester.name | requester.email | note   | esc                 |
| --- | --------------------------- | --- | ---- | ----- | -------------- | --------------- | ------ | ------------------- |
| T-1 | 打印机, "卡纸"\\\\nzweite\\\\tx | 3   | true | a, =b | 王芳           |                 |        |                     |
| T-2 | =SUM(A1)                    |     |      |       |                |                 | -1\\\\+2 | \\\\x1b\\[31m\\\\u202e𠮷 |
""",  # noqa: E501 - as it is printed
    "ids": "T-1\nT-2\n",
}
EMPTY = {
    "json": "[]\n", "yaml": "[]\n", "ndjson": "", "csv": "", "tsv": "", "markdown": "", "ids": "",
}  # fmt: skip


@pytest.mark.parametrize("form", render.FORMATS)
def test_rows_in_every_format(form: str):
    assert render.rows(ROWS, form) == FORMATS[form]


@pytest.mark.parametrize("form", EMPTY)
def test_no_rows_in_every_format_for_programs(form: str):
    assert render.rows([], form) == EMPTY[form]


def test_columns_narrow_and_order_and_keep_what_they_name_whole():
    names = ["requester", "n", "id"]
    assert render.rows(ROWS, "csv", names) == (
        'requester,n,id\n"{""name"": ""王芳"", ""email"": null}",3,T-1\n,,T-2\n'
    )
    assert json.loads(render.rows(ROWS, "json", names))[1] == dict.fromkeys(names) | {"id": "T-2"}
    assert render.rows(ROWS, "ids", ["title"]) == "T-1\nT-2\n"
    assert render.rows([], "csv", names) == "requester,n,id\n"


def test_rows_without_ids_have_none():
    with pytest.raises(UsageError) as error:
        render.rows([{"file": "x"}], "ids")
    assert str(error.value) == "these rows have no ids; take another --format"


@pytest.mark.parametrize("form", ["csv", "tsv"])
@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_a_formula(first: str, form: str):
    formula = f"{first}cmd|' /C calc'!A0"
    text = render.rows([{formula: formula, "n": -5}], form)
    rows = (
        list(csv.reader(io.StringIO(text, newline="")))
        if form == "csv"
        else [line.split("\t") for line in text.splitlines()]
    )
    assert [row[0][:1] for row in rows] == ["'", "'"]
    assert rows[1][1] == "-5", "a number is one"


@given(strategies.texts() | st.text("'=+-@x", max_size=4))
def test_a_guard_comes_off_again(text: str):
    guarded = render.guarded(text)
    assert not guarded.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert render.unguarded(guarded) == text
    with render.without_guard():
        assert render.guarded(text) == text


@settings(max_examples=40)
@given(strategies.records())
def test_records_come_back_from_the_formats_for_programs(record: Ticket | Article):
    row = codec.as_dict(record)
    assert json.loads(render.rows([row], "json")) == [row]
    assert json.loads(render.rows([row], "ndjson")) == row
    assert yaml.load(render.rows([row], "yaml"), yaml.CBaseLoader)[0].keys() == row.keys()
    assert len(list(csv.reader(io.StringIO(render.rows([row], "csv"), newline="")))) == 2
    assert render.rows([row], "tsv").count("\n") == 2


# --- text for people -----------------------------------------------------------------------


@given(strategies.texts(200))
def test_nothing_that_a_terminal_acts_on_is_left(text: str):
    for shown in (render.safe(text), render.safe(text, lines=True).replace("\n", "")):
        shown = shown.replace("\t", "")
        assert not [c for c in shown if unicodedata.category(c) == "Cc"]
        assert not set(shown) & set("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068")
    assert not set(json.dumps(render.as_json(text), ensure_ascii=False)) & set("\x7f\x9b\u202e")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb\tc\r", "a\\nb\\tc\\r"),
        ("\x1b]0;x\x07", "\\x1b]0;x\\x07"),
        ("\x9b\u202e\U000e0041", "\\x9b\\u202e\\U000e0041"),
        ("王芳 𠮷 👩‍💻 ‌", "王芳 𠮷 👩‍💻 ‌"),
    ],
)
def test_safe(text: str, shown: str):
    assert render.safe(text) == shown


def test_safe_lines_stay():
    assert render.safe("a\nb\tc\r\x1b", lines=True) == "a\nb\tc\\r\\x1b"


@pytest.mark.parametrize(
    ("place", "shown"),
    [
        (Place("tema:x vpn", 0, 4), "  tema:x vpn\n  ^^^^\n"),
        (Place("打印机 tema:x", 4, 8), "  打印机 tema:x\n         ^^^^\n"),
        (Place("x 部门:y", 2, 4), "  x 部门:y\n    ^^^^\n"),
        (Place("a\n\x1b (", 4, 5), "  a\\n\\x1b (\n          ^\n"),
        (Place("\u202e", 0, 1), "  \\u202e\n  ^^^^^^\n"),
        (Place("x", 1, 1), "  x\n   ^\n"),
        (Place("w" * 100 + "!" + "w" * 100, 100, 101),
         f"  …{'w' * 20}!{'w' * 20}…\n   {' ' * 20}^\n"),
        (Place("x" + "w" * 500, 1, 501), f"  x{'w' * 119}…\n   {'^' * 119}\n"),
    ],
)  # fmt: skip
def test_a_place_is_marked(place: Place, shown: str):
    assert render.marked(place) == shown


@given(strategies.texts(), st.data())
def test_the_mark_stands_below_what_it_marks(text: str, data: st.DataObject):
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    line, below = render.marked(Place(text, start, end)).split("\n")[:2]
    before = render.columns_of(render.safe(text[max(0, start - 20) if start > 40 else 0 : start]))
    assert below.index("^") == 2 + before + (start > 40)
    assert render.safe(line) == line


def test_values_as_a_person_reads_them():
    values = (None, True, 7, "a\nb", ["x", 1], {"name": "王芳", "phone": "1"}, [], {})
    assert [render.shown(value) for value in values] == [
        "", "true", "7", "a\\nb", "x, 1", "王芳, 1", "", "",
    ]  # fmt: skip


def test_a_table_aligns_chinese_and_english():
    table = render.table(
        [["T-1", "打印机卡纸", "new"], ["T-22", "VPN  drops", "closed"], ["T-3", "", ""]],
        ("id", "标题", "status"),
    )
    assert table == (
        "id    标题        status\n"
        "T-1   打印机卡纸  new\n"
        "T-22  VPN  drops  closed\n"
        "T-3\n"
    )  # fmt: skip
    lines = table.splitlines()[:3]
    assert {wcswidth(line[: line.rindex(" ") + 1]) for line in lines} == {18}


def test_numbers_stay_as_they_are_in_a_table():
    assert render.table([["007", "x"], ["1e3", "-"]], ("a", "b")) == "a    b\n007  x\n1e3  -\n"


def test_a_table_is_cut_to_the_terminal_but_for_its_first_column():
    rows = [["T-261121-7K3FQ", "打印机卡纸了怎么办", "王芳和同事们"]]
    headers = ("id", "title", "requester")
    assert render.table(rows, headers, 80) == render.table(rows, headers)
    assert render.table(rows, headers, 40) == (
        "id              title        requester\nT-261121-7K3FQ  打印机卡纸…  王芳和同事…\n"
    )
    assert render.table(rows, headers, 10) == (
        "id              title  reque…\nT-261121-7K3FQ  打印…  王芳…\n"
    ), "some of each is left"


@given(
    st.lists(st.tuples(*[strategies.texts(40)] * 3), min_size=1, max_size=4), st.integers(50, 120)
)
def test_lines_of_a_table_fit(rows: list[tuple[str, str, str]], width: int):
    cells = [["T-261121-7K3FQ", *map(render.safe, row)] for row in rows]
    lines = render.table(cells, ("id", "a", "b", "c"), width).splitlines()
    assert all(render.columns_of(line) <= width for line in lines)


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("printer", 7, "printer"),
        ("printer", 6, "print…"),
        ("打印机", 6, "打印机"),
        ("打印机", 5, "打印…"),
        ("打印机", 4, "打…"),
        ("", 0, ""),
        ("x", 0, "…"),
    ],
)
def test_cut(text: str, width: int, expected: str):
    assert render.cut(text, width) == expected


@pytest.mark.parametrize(("text", "columns"), [("abc", 3), ("打印机", 6), ("é", 1), ("a\u0301", 1)])
def test_columns_of(text: str, columns: int):
    assert render.columns_of(text) == columns


def test_aligned_leaves_out_what_is_empty():
    assert render.aligned([("a", "1"), ("long", "2"), ("x", "")]) == "a     1\nlong  2\n"
    assert render.aligned([]) == ""


# --- one record ----------------------------------------------------------------------------


def escalated() -> Ticket:
    ticket = lifecycle.opened(
        "T-261121-A0001", ACT, "打印机卡纸", description="卡纸\n第二次",
        fields={"requester": {"name": "王芳", "email": "wf@example.com"}, "asset": "PRN-1",
                "tags": ["二楼", "hp"]},
    )[0]  # fmt: skip
    ticket = lifecycle.noted(ticket, ACT, "cleaned \x1b[1mrollers\nand tray")
    ticket = lifecycle.replied(ticket, ACT, "请稍等")
    ticket = lifecycle.escalated(ticket, ACT, team="vendor", because="rollers are worn")
    return lifecycle.noted(ticket, ACT, "vendor called")


ESCALATED = """\
T-261121-A0001  打印机卡纸
Hand-over (functional escalation by chen, 2026-11-21T09:00:00+08:00)
  why          rollers are worn
  description  卡纸
               第二次
  tried        cleaned \\x1b[1mrollers
               and tray
  tried        请稍等

kind       incident
status     in_progress
priority   P4
impact     person
urgency    medium
channel    phone
requester  王芳, wf@example.com
team       vendor
tags       二楼, hp
opened     2026-11-21T09:00:00+08:00 (2h 5m ago)
asset      PRN-1

Description
  卡纸
  第二次

Log
  2026-11-21T09:00:00+08:00  chen  open
  2026-11-21T09:00:00+08:00  chen  note (internal)
      cleaned \\x1b[1mrollers
      and tray
  2026-11-21T09:00:00+08:00  chen  reply (public): status new → in_progress
      请稍等
  2026-11-21T09:00:00+08:00  chen  escalate: team vendor
      escalation: functional
      because: rollers are worn
  2026-11-21T09:00:00+08:00  chen  note (internal)
      vendor called
"""


def test_an_escalated_ticket_opens_with_its_hand_over():
    assert render.record(escalated(), NOW + timedelta(hours=2, minutes=5)) == ESCALATED


def test_a_hand_over_holds_steps_and_says_where_nothing_was_written():
    bare = lifecycle.opened("T-261121-A0001", ACT, "打印机卡纸", fields={})[0]
    handed = lifecycle.escalated(bare, ACT, to="lin", because="x")
    assert render.record(handed, NOW).splitlines()[1:5] == [
        "Hand-over (functional escalation by chen, 2026-11-21T09:00:00+08:00)",
        "  why          x",
        "  description  none was written down",
        "  tried        nothing was written down",
    ]
    ticket = lifecycle.resolved(bare, ACT, solution="new toner", steps=["shook it", "换了纸"])
    ticket = lifecycle.reopened(ticket, ACT, "again")
    ticket = lifecycle.escalated(ticket, ACT, up=False, to="zhao", because="x")
    tried = [line for line in render.record(ticket, NOW).splitlines() if "tried" in line]
    assert tried == [
        f"  tried        {text}" for text in ("shook it", "换了纸", "new toner", "reopen: again")
    ]


def test_there_is_no_hand_over_when_nobody_takes_over():
    resolved = lifecycle.resolved(escalated(), ACT, solution="x")
    assert "Hand-over" not in render.record(resolved, NOW)


def test_an_article():
    article = Article(
        {"id": "KB-261121-9QXW2", "title": "卡纸怎么办", "status": "published", "tags": ["打印机"],
         "symptoms": "卡纸。", "solution": "1. 打开后盖\n\n2. 取出纸张\n"},
        (Event(1, "2026-11-21T09:00:00+08:00", "chen", "open"),),
    )  # fmt: skip
    assert (
        render.record(article, NOW)
        == """\
KB-261121-9QXW2  卡纸怎么办
status  published
tags    打印机

Symptoms
  卡纸。

Solution
  1. 打开后盖

  2. 取出纸张

Log
  2026-11-21T09:00:00+08:00  chen  open
"""
    )


@settings(max_examples=40)
@given(strategies.records())
def test_any_record_is_shown_safely(record: Ticket | Article):
    shown = render.record(record, NOW)
    assert render.safe(shown, lines=True) == shown
    for row in render.history_rows(record):
        assert "\n" not in render.shown(row["words"])


@pytest.mark.parametrize(
    "one",
    [event for ticket in (escalated(),) for event in ticket.log],
    ids=lambda event: event.did,
)
def test_every_event_is_a_row_of_the_history(one: Event):
    ticket = replace(escalated(), log=(one,))
    (row,) = render.history_rows(ticket)
    assert (row["n"], row["at"], row["by"], row["did"]) == (one.n, one.at, one.by, one.did)


def test_the_history():
    rows = [list(row.values())[3:] for row in render.history_rows(escalated())]
    assert rows == [
        ["open", "", ""],
        ["note", "", "text: cleaned \\x1b[1mrollers\\nand tray"],
        ["reply", "status new → in_progress", "text: 请稍等"],
        ["escalate", "team vendor", "escalation: functional; because: rollers are worn"],
        ["note", "", "text: vendor called"],
    ]


@pytest.mark.parametrize(
    ("was", "to", "words"),
    [
        ("a\nb\nc\n", "a\nB\nc\n", "body b → B"),
        ("a\nb\n", "a\nnew\nb\n", "body + new"),
        ("a\nold\nb", "a\nb", "body - old"),
        ("a\nb\nc", "x\nb\ny", "body a\\nb\\nc → x\\nb\\ny"),
        ("a\n\nb", "a\nb", "body - an empty line"),
        ("a\nb", "a\nb\n", "body + an empty line"),
        ("x\nx", "x\nx\nx", "body + x"),
        (f"a\n{'x' * 70}", f"b\n{'x' * 70}", "body a → b"),
        (None, "a\nb", "body a\\nb"),
        ("a\nb", None, "body a\\nb → none"),
    ],
)
def test_a_move_of_a_text_has_the_lines_that_differ(was: str | None, to: str | None, words: str):
    assert render.moves({"body": (was, to)}) == words


def test_what_is_known_of_characters_is_what_wcwidth_says():
    known = [
        (chr(code), columns)
        for ranges, columns in ((render._WIDE, 2), (render._NARROW, 1))
        for first, last in ranges
        for code in range(ord(first), ord(last) + 1)
    ]
    assert len(known) > 150_000
    assert [pair for pair in known if wcswidth(pair[0]) != pair[1]] == []


def test_the_lines_that_differ_of_a_long_text_are_found_at_once():
    was = "x\n" * 200_000
    begun = time.perf_counter()
    assert render.moves({"body": (was + "a\n", was + "b\n")}) == "body a → b"
    assert render.moves({"body": ("a\n" + was, "b\n" + was)}) == "body a → b"
    assert time.perf_counter() - begun < 5, "quadratic time would be minutes"
