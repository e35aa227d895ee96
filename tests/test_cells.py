"""A record as a row of cells and back: nothing is lost, nothing acts, an edited cell counts."""

from contextlib import nullcontext

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk import cells, codec, jsontext, render
from desk.errors import DamagedError
from desk.model import Article, Record, Ticket
from tests import strategies

ID = "T-261121-A0001"
AT = "2026-11-21T09:00:00+08:00"


def ticket(**fields: object) -> Ticket:
    head = {"id": ID, "title": "VPN", "status": "new", "opened": AT, **fields}
    return Ticket(head, ())  # type: ignore[arg-type]


@settings(max_examples=300)
@given(strategies.records(), st.booleans())
def test_every_record_comes_back(record: Record, guarded: bool):
    with nullcontext() if guarded else render.without_guard():
        row = cells.row(record)
    found = cells.record(row)
    assert found == record
    assert codec.dump(found) == codec.dump(record)


@settings(max_examples=100)
@given(strategies.records())
def test_no_cell_acts_on_a_terminal_or_in_a_spreadsheet(record: Record):
    for header, cell in cells.row(record).items():
        for text in (header, cell):
            assert render.safe(text, lines=True) == text
            assert text[:1] not in tuple("=+@\t\r")
            assert text[:1] != "-" or int(text) < 0


# (value, cell) of a custom field
CUSTOM = [
    ("PC-1042", "PC-1042"),
    ("12", '"12"'),
    (12, "12"),
    (-5, "-5"),
    ("-5", '"-5"'),
    ("-", "'-"),
    ("012", "012"),
    ("1.10", "1.10"),
    ("1e3", "1e3"),
    ("NaN", "NaN"),
    ("9" * 19, "9" * 19),
    ("true", '"true"'),
    (True, "true"),
    ("null", '"null"'),
    ("", '""'),
    ('"', '"'),
    ('"x"', '"\\"x\\""'),
    ("[1", "[1"),
    ("[1]", '"[1]"'),
    ([], "[]"),
    ([1, "1", None], '[1, "1", null]'),
    ({"": {"b": "二"}}, '{"": {"b": "二"}}'),
    ("=1+1", "'=1+1"),
    ("'=1+1", "''=1+1"),
    ("'x", "'x"),
    ("两\n行", "两\n行"),
    ("a\r\nb", '"a\\r\\nb"'),
    ("\u202egnp.exe", '"\\u202egnp.exe"'),
    ("\x00", '"\\u0000"'),
    ("[" * 500, "[" * 500),
    ("[" * 33 + "]" * 33, "[" * 33 + "]" * 33),
]


@pytest.mark.parametrize(("value", "cell"), CUSTOM)
def test_how_a_custom_field_is_written(value: object, cell: str):
    row = cells.row(ticket(rack=value))
    assert row["rack"] == cell
    found = cells.record(row).head["rack"]
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("17", "17"),
        ("true", "true"),
        ("", '""'),
        ('"17"', '"\\"17\\""'),
        ("'=x", "''=x"),
        ("-", "'-"),
    ],
)
def test_how_a_field_that_is_text_is_written(value: str, cell: str):
    row = cells.row(ticket(external=value))
    assert row["external"] == cell
    assert cells.record(row).head["external"] == value


def test_without_the_guard_a_formula_stands_as_it_is_and_still_comes_back():
    texts = {"title": "=1+1", "team": "'=1+1", "=x": "+1", "'=y": "-"}
    with render.without_guard():
        row = cells.row(ticket(**texts))
    assert {name: row[name] for name in ("title", "team", "=x")} == {
        "title": "=1+1", "team": '"\'=1+1"', "=x": "+1"
    }  # fmt: skip
    assert cells.record(row) == ticket(**texts)


@pytest.mark.parametrize(
    ("requester", "row"),
    [
        ({"name": "李伟", "phone": "110"}, {"requester.name": "李伟", "requester.phone": "110"}),
        ({"phone": "110", "name": "李伟"}, {"requester": '{"phone": "110", "name": "李伟"}'}),
        ({"name": "x", "floor": "3"}, {"requester": '{"name": "x", "floor": "3"}'}),
        ({"name": ""}, {"requester.name": '""'}),
        ({}, {"requester": "{}"}),
    ],
)
def test_a_requester(requester: dict[str, str], row: dict[str, str]):
    made = cells.row(ticket(requester=requester))
    assert {name: cell for name, cell in made.items() if name.startswith("requester")} == row
    assert list(cells.record(made).head["requester"].items()) == list(requester.items())  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("rack", "rack"),
        ("requester.name", '"requester.name"'),
        ("requester.floor", "requester.floor"),
        ("", '""'),
        ("=x", "'=x"),
        ('"x"', '"\\"x\\""'),
        ("body", "body"),
    ],
)
def test_the_header_of_a_custom_field(name: str, header: str):
    made = ticket(**{name: "12"})
    row = cells.row(made)
    assert row[header] == '"12"'
    assert cells.record(row) == made


def test_the_columns_are_in_one_order_whatever_rows_there_are():
    always = "id kind title status waiting_for until priority priority_because impact urgency major"
    always += " category channel requester.name requester.email requester.phone"
    always += " requester.department team assignee tags links external opened began description"
    articles = " audience language owner review_by symptoms cause solution body"
    seen = {*cells.row(ticket(zone="b", rack=1, requester={})), "log"}
    assert cells.columns(set(), articles=False) == [*always.split(), "log"]
    assert cells.columns(seen, articles=True) == [
        *(always + articles).split(), "rack", "requester", "zone", "log"
    ]  # fmt: skip


def test_what_is_text_in_an_article_may_be_anything_in_a_ticket():
    article = Article({"id": "KB-261121-A0001", "title": "x", "status": "draft", "body": "12"}, ())
    assert cells.row(article)["body"] == "12"
    assert cells.row(ticket(body=12))["body"] == "12"
    assert cells.record(cells.row(article)).head["body"] == "12"
    assert cells.record(cells.row(ticket(body=12))).head["body"] == 12


@pytest.mark.parametrize(
    ("cell", "sentence"),
    [
        ({"tags": "vpn"}, "'tags' is a list, one `- …` a line (at tags)"),
        ({"major": "TRUE"}, "'major' is true or false (at major)"),
        ({"id": "../../x"}, "'../../x' is no id such as T-261121-7K3FQ (at id)"),
        ({"log": '[{"n": 0}]'},
         "an event's 'n' is a whole number from 1 to 1000000000 (at log[0].n)"),
        ({"title": ""}, "the field 'title' is missing"),
    ],
)  # fmt: skip
def test_a_row_that_is_no_record_is_refused(cell: dict[str, str], sentence: str):
    with pytest.raises(DamagedError) as error:
        cells.record({**cells.row(ticket()), **cell})
    assert str(error.value) == sentence


# --- JSON from elsewhere -------------------------------------------------------------------

DEEP = "[" * 32 + "]" * 32
REFUSED = [
    ("", "this is not JSON: Expecting value at column 1"),
    ('{"a": 1,\n}', "this is not JSON: Illegal trailing comma before end of object at line 1"),
    ("NaN", "NaN is no whole number; a record holds no other, so quote it"),
    ("[1.5]", "1.5 is no whole number; a record holds no other, so quote it"),
    ("1e3", "1e3 is no whole number; a record holds no other, so quote it"),
    ("1" + "0" * 18, f"{10**18} has more than 18 digits; quote it, so that it is text"),
    ("9" * 5000, f"{'9' * 40} has more than 18 digits; quote it, so that it is text"),
    ('{"a": 1, "a": 1}', "key 'a' stands twice; keep one of them"),
    ('"\\ud800"', "half of a surrogate pair is no text"),
    ('{"\\udfff": 1}', "half of a surrogate pair is no text"),
    (f"[{DEEP}]", "nested deeper than 32 levels"),
    ("[" * 100_000, "nested deeper than 32 levels"),
    (f'{{"{"k" * 101}": 1}}', "a key is longer than 100 characters"),
    (f"[{'1, ' * 50_000}1]", "over 50000 values, which no record has"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "sentence"), REFUSED)
def test_json_that_no_record_holds_is_refused(text: str, sentence: str):
    with pytest.raises(DamagedError) as error:
        jsontext.parse(text)
    if "trailing" not in sentence:  # whose words are those of the Python at hand
        assert str(error.value) == sentence
    assert str(error.value).startswith(sentence[:16])


@pytest.mark.parametrize("text", [DEEP, "-0", str(10**18 - 1), str(1 - 10**18), '"\\ud83d\\ude00"'])
def test_the_largest_that_is_taken(text: str):
    value = jsontext.parse(text)
    record = codec.load(codec.dump(ticket(x=[value] if text != DEEP else value[0])))  # type: ignore[index]
    assert record.head["x"] == ([value] if text != DEEP else value[0])  # type: ignore[index]


@settings(max_examples=200)
@given(strategies.values())
def test_what_a_field_may_hold_comes_through_json(value: object):
    assert jsontext.parse(render.as_json(value)) == value
