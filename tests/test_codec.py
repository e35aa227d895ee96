"""Records to text and back."""

import contextlib
import json
import unicodedata
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from desk import codec, model
from desk.errors import DamagedError
from desk.model import Article, Event, Record, Ticket
from tests import strategies
from tests.conftest import SHARED

TICKET = """\
id: T-261121-7K3FQ
kind: incident
title: VPN drops every hour
status: in_progress
priority: P2
impact: department
urgency: high
category: network/vpn
channel: phone
requester:
  name: 李伟
  email: li.wei@example.com
  department: Finance
team: network
assignee: chen
tags:
- vpn
- '𠮷'
opened: 2026-11-21T09:00:00+08:00
asset:
  rack: "12"
  power: [1, 2]
room: B-204
description: |
  Since Monday the VPN drops after an hour.
log:
- n: 1
  at: 2026-11-21T09:00:00+08:00
  by: chen
  did: open
- n: 2
  at: 2026-11-21T09:04:00+08:00
  by: chen
  did: classify
  change:
    category: [null, network/vpn]
    priority: [P3, P2]
""".replace("'𠮷'", "𠮷").replace("  power: [1, 2]\n", "  power:\n  - 1\n  - 2\n")


def test_a_ticket_is_read_and_written():
    ticket = codec.load(TICKET)
    assert ticket == Ticket(
        {
            "id": "T-261121-7K3FQ",
            "kind": "incident",
            "title": "VPN drops every hour",
            "status": "in_progress",
            "priority": "P2",
            "impact": "department",
            "urgency": "high",
            "category": "network/vpn",
            "channel": "phone",
            "requester": {
                "name": "李伟",
                "email": "li.wei@example.com",
                "department": "Finance",
            },
            "team": "network",
            "assignee": "chen",
            "tags": ["vpn", "𠮷"],
            "opened": "2026-11-21T09:00:00+08:00",
            "asset": {"rack": "12", "power": [1, 2]},
            "room": "B-204",
            "description": "Since Monday the VPN drops after an hour.\n",
        },
        (
            Event(1, "2026-11-21T09:00:00+08:00", "chen", "open"),
            Event(
                2,
                "2026-11-21T09:04:00+08:00",
                "chen",
                "classify",
                {"category": (None, "network/vpn"), "priority": ("P3", "P2")},
            ),
        ),
    )
    assert codec.dump(ticket) == TICKET


def test_fields_are_put_in_the_formats_order_and_custom_ones_by_name():
    text = """\
zebra: 1
opened: 2026-11-21T09:00:00+08:00
description: x
apple: 2
status: new
title: t
id: T-261121-7K3FQ
"""
    assert (
        codec.dump(codec.load(text))
        == """\
id: T-261121-7K3FQ
title: t
status: new
opened: 2026-11-21T09:00:00+08:00
apple: 2
zebra: 1
description: x
"""
    )


def test_an_article_is_known_by_its_id():
    text = "id: KB-261121-9QXW2\ntitle: VPN\nstatus: draft\nbody: |\n  One\n  two\n"
    article = codec.load(text)
    assert type(article) is Article
    assert codec.dump(article) == text


def test_numbers_typed_without_quotes_in_a_text_field_are_their_digits():
    text = TICKET.replace("VPN drops every hour", "404").replace("name: 李伟", "phone: 5551234")
    ticket = codec.load(text)
    assert (ticket.title, ticket.requester["phone"]) == ("404", "5551234")
    assert 'title: "404"\n' in codec.dump(ticket)


@given(strategies.records())
def test_what_is_written_reads_back_equal_and_is_written_the_same(record: Record):
    text = codec.dump(record)
    loaded = codec.load(text)
    assert loaded == record
    assert codec.dump(loaded) == text


@given(strategies.records())
def test_no_file_shows_a_raw_control_character_or_direction_mark(record: Record):
    text = codec.dump(record)
    raw = {c for c in text if unicodedata.category(c) in ("Cc", "Zl", "Zp") and c not in "\n\t"}
    marks = {c for c in text if unicodedata.bidirectional(c) in BIDI_CONTROLS}
    assert (raw, marks) == (set(), set())


BIDI_CONTROLS = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")


@given(strategies.records())
def test_other_readers_of_yaml_see_the_same_values(record: Record):
    """PyYAML in Python and in C; only plain times are theirs to resolve."""
    text = codec.dump(record)
    wanted = _without_times(codec.as_dict(record, log=bool(record.log)))
    assert _without_times(yaml.load(text, yaml.SafeLoader)) == wanted
    assert _without_times(yaml.load(text, yaml.CSafeLoader)) == wanted


def _without_times(value: object, name: str = "") -> object:
    """The value without what may stand in a file as a plain time."""
    if isinstance(value, dict):
        return {key: _without_times(item, key) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_times(item, name) for item in value]
    return None if name in model.TIME_FIELDS else value


@given(strategies.texts(400))
def test_any_text_survives_in_every_place(text: str):
    words = {"text": text, "steps": [text, text], "because": text, "deep": {"er": [[text]]}}
    event = Event(1, "2026-11-21T09:00:00+08:00", text, "note", {"title": (text, None)}, words)
    fields = ("title", "kind", "priority", "team", "external", "description", "custom")
    head: dict[str, model.Value] = dict.fromkeys(fields, text)
    head |= {"id": "T-261121-7K3FQ", "status": "new", "opened": "2026-11-21T09:00:00+08:00"}
    head |= {"requester": {"name": text}, "tags": [text], "list": [text, {"of": text}]}
    ticket = Ticket(head, (event,))
    assert codec.load(codec.dump(ticket)) == ticket


@given(st.text(st.characters(), max_size=20), st.integers())
def test_what_cannot_be_written_is_refused_on_reading_back_and_never_changed(text: str, n: int):
    """Lone surrogates and huge numbers: `dump` writes, `load` refuses or gives the same."""
    head = {"id": "T-261121-7K3FQ", "title": text, "status": "new", "n": n}
    ticket = Ticket({**head, "opened": "2026-11-21T09:00:00+08:00"}, ())
    try:
        loaded = codec.load(codec.dump(ticket))
    except DamagedError:
        assert any("\ud800" <= c <= "\udfff" for c in text)
    else:
        assert loaded == ticket or abs(n) >= 10**18


@pytest.mark.shared
def test_naughty_strings_survive():
    source = SHARED / "data" / "naughty_strings.json"
    if not source.exists():
        pytest.skip("the list of naughty strings is not on this machine")
    for text in json.loads(source.read_text(encoding="utf-8")):
        test_any_text_survives_in_every_place.hypothesis.inner_test(text)


HEAD = "id: T-261121-7K3FQ\ntitle: t\nstatus: new\nopened: 2026-11-21T09:00:00+08:00\n"
EVENT = "- n: 1\n  at: 2026-11-21T09:00:00+08:00\n  by: c\n  did: note\n"
DAMAGED = {
    "[]\n": "line:1: a record is a mapping of fields, `id: …` first",
    "": "line:1: the file is empty",
    "title: t\n": "line:1: the field 'id' is missing",
    HEAD.replace("title: t\n", ""): "line:1: the field 'title' is missing",
    HEAD.replace("T-2", "t-2"): "line:1: 't-261121-7K3FQ' is no id such as T-261121-7K3FQ",
    HEAD.replace("7K3FQ", "7K3FO"): "line:1: 'T-261121-7K3FO' is no id such as T-261121-7K3FQ",
    HEAD.replace("new", "open"): (
        "line:3: 'open' is no status; it is one of new, in_progress, on_hold, resolved, closed, "
        "cancelled"
    ),
    HEAD.replace("title: t", "title: [t]"): "line:2: 'title' is text",
    HEAD.replace("title: t", "title: true"): "line:2: 'title' is text",
    HEAD.replace("2026-11-21T09:00:00+08:00", "2026-11-21"): (
        "line:4: '2026-11-21' is no RFC 3339 time such as 2026-11-21T09:00:00+08:00"
    ),
    HEAD.replace("-21T", "-31T"): (
        "line:4: '2026-11-31T09:00:00+08:00' is no RFC 3339 time such as 2026-11-21T09:00:00+08:00"
    ),
    HEAD.replace("11-21T", "02-29T"): "line:4: day is out of range for month",
    f"{HEAD}until: soon\n": (
        "line:5: 'soon' is no RFC 3339 time such as 2026-11-21T09:00:00+08:00"
    ),
    f"{HEAD}major: 1\n": "line:5: 'major' is true or false",
    f"{HEAD}requester: 李伟\n": (
        "line:5: 'requester' is a mapping with name, email, phone, department"
    ),
    f"{HEAD}requester:\n  name: 李伟\n  email: []\n": "line:7: 'requester' is text",
    f"{HEAD}tags: vpn\n": "line:5: 'tags' is a list, one `- …` a line",
    f"{HEAD}tags:\n- vpn\n- {{}}\n": "line:7: 'tags' is text",
    f"{HEAD}log: x\n": "line:5: 'log' is a list of events",
    f"{HEAD}log:\n- x\n": "line:6: an event is a mapping with n, at, by, did",
    f"{HEAD}log:\n{EVENT}".replace("n: 1", "n: 0"): (
        "line:6: an event's 'n' is a whole number from 1 to 1000000000"
    ),
    f"{HEAD}log:\n{EVENT}".replace("n: 1", "n: one"): (
        "line:6: an event's 'n' is a whole number from 1 to 1000000000"
    ),
    f"{HEAD}log:\n{EVENT}".replace("n: 1", "n: true"): (
        "line:6: an event's 'n' is a whole number from 1 to 1000000000"
    ),
    f"{HEAD}log:\n{EVENT}".replace("by: c", "by: [c]"): "line:8: 'log' is text",
    f"{HEAD}log:\n{EVENT}".replace("  by: c\n", ""): "line:6: 'log' is text",
    f"{HEAD}log:\n{EVENT}".replace("at: 2026", "at: 26"): (
        "line:7: '26-11-21T09:00:00+08:00' is no RFC 3339 time such as 2026-11-21T09:00:00+08:00"
    ),
    f"{HEAD}log:\n{EVENT}  change: x\n": (
        "line:10: 'change' is a mapping of field: [from, to]"
    ),
    f"{HEAD}log:\n{EVENT}  change:\n    title: [a]\n": (
        "line:11: the change of 'title' is [from, to]"
    ),
    f"{HEAD}title: again\n": "line:5: key 'title' stands twice; keep one of them",
}  # fmt: skip


@pytest.mark.parametrize(("text", "sentence"), DAMAGED.items())
def test_damage_is_named_with_its_line(text: str, sentence: str):
    with pytest.raises(DamagedError) as caught:
        codec.load(text)
    assert str(caught.value) == sentence


@given(st.text(max_size=80) | strategies.texts(80))
def test_any_text_is_a_record_or_damaged(text: str):
    with contextlib.suppress(DamagedError):
        assert isinstance(codec.load(text), Record)


def test_the_whole_of_the_sample_desk_is_written_as_desk_writes_it():
    root = Path(__file__).parents[1]
    files = [*root.glob("tickets/*/*/*.yaml"), *root.glob("kb/*.yaml")]
    for path in files:
        text = path.read_text(encoding="utf-8")
        assert codec.dump(codec.load(text)) == text, path
