"""R6: any text comes back as it was, and never acts on the way."""

import csv
import io
import json
import os
import pty
import random
import re
import subprocess
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from desk import codec, render, store
from desk.model import Event, Ticket
from tests import strategies
from tests.conftest import NOW, SHARED, add, policy_text
from tests.promises import scene

# What a terminal may be sent besides letters: line ends and tabs.
HARMLESS = "\n\r\t"
DIRECTION = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
MARKS = "\u061c\u200e\u200f"
OWN = tuple(sorted({*strategies.SNIPPETS, *strategies.AWKWARD, "=1+1", "+1", "-1", "@x", "'=1"}))


def acting(text: str) -> set[str]:
    """The characters of an output that a terminal acts on."""
    return {
        c
        for c in set(text) - set(HARMLESS)
        if unicodedata.category(c) in ("Cc", "Zl", "Zp")
        or unicodedata.bidirectional(c) in DIRECTION
        or c in MARKS
    }


def naughty() -> list[str]:
    """The big list of naughty strings where it is here, and some of our own."""
    source = SHARED / "data" / "naughty_strings.json"
    if not source.exists():
        return list(OWN)
    return [*json.loads(source.read_text(encoding="utf-8")), *OWN]


def ticket(number: int, text: str) -> Ticket:
    """A ticket that has the text in every place there is."""
    name = text[:100]
    at = "2026-11-21T09:00:00+08:00"
    custom = {} if name in codec.model.TICKET_FIELDS or name == "log" else {name: text}
    words = {} if name in ("n", "at", "by", "did", "change") else {name: text}
    head = {
        **custom,
        "id": store.new_id("T", NOW, number),
        "title": text,
        "status": "in_progress",
        "opened": at,
        "requester": {"name": text, "email": text},
        "tags": [text],
        "links": [f"related {text}"],
        "custom": {"deep": [text, {"er": text}]},
        "description": text,
        **dict.fromkeys(("kind", "priority", "impact", "category", "team", "external"), text),
    }
    events = (
        Event(1, at, text, text, {name: (text, text)}, {"text": text, "steps": [text]}),
        Event(2, at, text, "note", {}, {**words, "text": text}),
        Event(3, at, text, "escalate", {}, {"escalation": text, "because": text}),
        Event(4, at, "chen", "resolve", {}, {"solution": text, "cause": text, "parts": [text]}),
    )
    return Ticket(head, events)


# --- through the codec ---------------------------------------------------------------------


@pytest.mark.shared
def test_naughty_strings_come_back(figures: Callable[[str], None]):
    texts = naughty()
    tickets = [ticket(number, text) for number, text in enumerate(texts)]
    failed = [made.title for made in tickets if codec.load(codec.dump(made)) != made]
    figures(f"R6 codec: {len(texts)} naughty strings in 24 places, {len(failed)} failures")
    assert failed == []


def batches(step: int) -> Iterator[list[str]]:
    """The code points but the surrogates by 2,048; of the upper planes each `step`th batch."""
    for start in range(0, sys.maxunicode + 1, 2048):
        if start >= 0x10000 and start // 2048 % step:
            continue
        points = (chr(point) for point in range(start, start + 2048))
        if batch := [c for c in points if not "\ud800" <= c <= "\udfff"]:
            yield batch


def sweep(step: int) -> tuple[int, set[str]]:
    """Code points tried, and those that did not come back or stand raw in a file and act."""
    tried, failed = 0, set()
    for batch in batches(step):
        places = [[c, f"a{c}", f"{c}a", f"a{c}b", f"a\n{c}\nb", f"a {c} b"] for c in batch]
        record = ticket(0, "x")
        head = {**record.head, "tags": ["".join(batch)], "custom": {"each": places}}
        record = Ticket(head, record.log)
        text = codec.dump(record)
        loaded = codec.load(text)
        back = loaded.head["custom"]["each"]  # type: ignore[index,call-overload]
        failed |= {c for c, was, now in zip(batch, places, back, strict=True) if was != now}
        failed |= acting(text) if loaded == record else set(batch)
        tried += len(batch)
    return tried, failed


def test_code_points_come_back(figures: Callable[[str], None]):
    """All of the first plane, and of the others each 32nd batch."""
    tried, failed = sweep(32)
    figures(f"R6 codec: {tried} code points in 6 places, {len(failed)} failures")
    assert failed == set()


@pytest.mark.long
def test_every_code_point_comes_back(figures: Callable[[str], None]):
    tried, failed = sweep(1)
    figures(f"R6 codec: every code point ({tried}) in 6 places, {len(failed)} failures")
    assert (tried, failed) == (0x110000 - 2048, set())


@given(strategies.texts(300))
def test_any_text_comes_back(text: str):
    assert codec.load(codec.dump(ticket(0, text))) == ticket(0, text)


@given(st.text(max_size=100) | strategies.texts(100))
def test_no_text_acts_on_a_terminal(text: str):
    record = ticket(0, text.encode("utf-8", "replace").decode())
    shown = render.record(record, NOW) + render.changes(record.log[0])
    rows = render.history_rows(record)
    cells = [[render.shown(value) for value in row.values()] for row in rows]
    shown += render.table(cells, list(rows[0]), 80)
    shown += render.rows([codec.as_dict(record, log=False)], "table")
    shown += "".join(render.rows([codec.as_dict(record)], form) for form in ("json", "yaml"))
    assert acting(shown) == set()


# --- through the commands ------------------------------------------------------------------


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A desk with each naughty string given to the commands, and the strings by id."""
    folder = tmp_path_factory.mktemp("texts")
    store.make(str(folder), policy_text())
    texts = {}
    for text in naughty():
        if text == "-":  # which stands for standard input
            continue
        arguments = ["open", "-d", text, f"--requester={text}", "--field", f"custom={text}"]
        code, printed, said = scene.in_process([*arguments, "--", text], folder)
        if not text.strip():
            assert (code, printed) == (2, ""), said
            continue
        assert code == 0, (text, said)
        texts[printed.strip()] = text
        assert acting(said) == set()
        words = ["note" if len(texts) % 2 else "reply", printed.strip(), "--", text]
        code, printed_too, said = scene.in_process(words, folder)
        assert (code, printed_too, acting(said)) == (0, "", set()), text
    return folder, texts


def rows_of(folder: Path, *arguments: str) -> str:
    code, printed, said = scene.in_process(list(arguments), folder)
    assert (code, said) == (0, "")
    assert acting(printed) == set() or {"csv", "tsv"} & {*arguments}
    return printed


def test_what_is_given_to_commands_is_what_stands_in_the_record(opened):
    folder, texts = opened
    for record in store.Desk(str(folder)).records(pytest.fail):
        wanted = texts[record.id]
        head = (record.title, record.text("description"), record.head.get("custom"))
        assert head == (wanted, wanted, wanted)
        assert record.head["requester"] == {"name": wanted}
        assert [event.text("text") for event in record.log] == ["", wanted]


@pytest.mark.parametrize("form", ["json", "ndjson", "yaml"])
def test_machine_formats_read_back_as_the_input(opened, form: str, figures):
    folder, texts = opened
    printed = rows_of(folder, "show", *texts, "-f", form)
    readers: dict[str, Callable[[str], list]] = {
        "json": json.loads,
        "ndjson": lambda text: [json.loads(line) for line in text.split("\n")[:-1]],
        "yaml": lambda text: yaml.load(text, yaml.CSafeLoader),
    }
    back = {row["id"]: row for row in readers[form](printed)}
    wrong = [
        text
        for record_id, text in texts.items()
        if [back[record_id][name] for name in ("title", "description", "custom")] != [text] * 3
        or [event.get("text") for event in back[record_id]["log"]] != [None, text]
    ]
    figures(f"R6 {form}: {len(texts)} texts through the commands and back, {len(wrong)} failures")
    assert wrong == []


def guarded(text: str) -> str:
    bare = text.lstrip("'")
    return f"'{text}" if bare.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def test_csv_reads_back_and_holds_no_formula(opened, figures):
    folder, texts = opened
    columns = "id,title,description,custom,requester.name"
    printed = rows_of(folder, "list", "--all", "--columns", columns, "-f", "csv")
    back = {row[0]: row[1:] for row in csv.reader(io.StringIO(printed, newline=""), strict=True)}
    assert back.pop("id") == columns.split(",")[1:]
    wrong = [text for key, text in texts.items() if back.get(key) != [guarded(text)] * 4]
    formulas = [c for row in back.values() for c in row if c.startswith(("=", "+", "-", "@", "\t"))]
    figures(f"R6 csv: {len(texts)} texts, {len(wrong)} failures, {len(formulas)} formulas")
    assert (wrong, formulas, len(back)) == ([], [], len(texts))


def test_tsv_reads_back(opened, figures):
    folder, texts = opened
    printed = rows_of(folder, "list", "--all", "--columns", "id,title,description", "-f", "tsv")
    escapes = {"\\\\": "\\", "\\t": "\t", "\\n": "\n", "\\r": "\r"}
    lines = [line.split("\t") for line in printed.split("\n")[1:-1]]
    back = {
        line[0]: [re.sub(r"\\[\\tnr]", lambda m: escapes[m[0]], cell) for cell in line[1:]]
        for line in lines
    }
    wrong = [text for key, text in texts.items() if back.get(key) != [guarded(text)] * 2]
    figures(f"R6 tsv: {len(texts)} texts, {len(wrong)} failures")
    assert wrong == []


def on_terminal(arguments: list[str], folder: Path, scratch: Path, columns: int = 80) -> str:
    """What a command sends to a terminal of that width."""
    ours, theirs = pty.openpty()
    env = {**scene.environment(scratch), "PAGER": "cat", "TERM": "xterm",
           "COLUMNS": str(columns), "LINES": "24"}  # fmt: skip
    process = subprocess.Popen(
        scene.command_line(arguments), cwd=folder, env=env, stdin=theirs, stdout=theirs,
        stderr=theirs,
    )  # fmt: skip
    os.close(theirs)
    captured = bytearray()
    with suppress(OSError):  # which is how the end is told
        while data := os.read(ours, 65536):
            captured += data
    os.close(ours)
    process.wait(60)
    return captured.decode()


@pytest.mark.parametrize(
    "command",
    [
        ["list", "--all"],
        ["list", "--all", "-f", "csv"],
        ["list", "--all", "-f", "tsv"],
        ["show"],
        ["history"],
        ["summarise", "--by", "requester.name"],
    ],
)
def test_nothing_acts_on_a_terminal(opened, command: list[str], tmp_path: Path, figures):
    folder, texts = opened
    ids = list(texts) if command == ["show"] else list(texts)[:1] if command == ["history"] else []
    captured = on_terminal([*command, *ids], folder, tmp_path)
    assert all(part in captured for part in (ids if command == ["show"] else []))
    found = acting(captured)
    figures(f"R6 terminal: desk {' '.join(command)}: {len(captured)} characters, {len(found)} act")
    assert found == set()


def test_hand_made_files_do_not_act_on_a_terminal_either(tmp_path: Path, figures):
    """What commands would refuse may still come by git: text in every place there is."""
    desk = store.make(str(tmp_path / "desk"), policy_text())
    texts = [text for text in naughty() if acting(text)]
    texts += ["\x1b[31mred\x1b[0m", "\x1b]0;title\x07", "\x9b31m", "\u202egnp.exe", "\u2066x\u2069"]
    add(desk, *(ticket(number, text) for number, text in enumerate(texts)))
    folder = Path(desk.root)
    captured = on_terminal(["show", *desk.ids()], folder, tmp_path)
    captured += on_terminal(["list", "--all"], folder, tmp_path, 40)
    captured += on_terminal(["check"], folder, tmp_path)
    for name in desk.ids():
        captured += scene.in_process(["history", name], folder)[1]
    assert len(captured) > 1000 * len(texts)
    figures(f"R6 terminal: {len(texts)} hand-made files: {len(acting(captured))} characters act")
    assert acting(captured) == set()


SPOKEN: list[Callable[[str], list[str]]] = [
    lambda text: [text],
    lambda text: ["show", "--", text],
    lambda text: ["note", "--", text, "x"],
    lambda text: ["list", f"kind:{text}"],
    lambda text: ["list", f"{text}:x"],
    lambda text: ["list", "--sort", text],
    lambda text: ["list", "--columns", text],
    lambda text: ["list", f"--{text}"],
    lambda text: ["list", f"--limit={text}"],
    lambda text: ["list", "-f", text],
    lambda text: ["open", "x", f"--kind={text}"],
    lambda text: ["open", "x", f"--assignee={text}"],
    lambda text: ["open", "x", f"--at={text}"],
    lambda text: ["open", "x", "--field", text],
    lambda text: ["open", "x", "--field", f"{text}=1"],
    lambda text: ["--now", text, "list"],
    lambda text: ["--as", text, "open", "x"],
    lambda text: ["summarise", "--by", text],
    lambda text: ["import", "--", text],
    lambda text: ["import", f"--map={text}", "--", "x"],
    lambda text: ["edit", "PRGAA", "--set", text],
    lambda text: ["link", "--", "PRGAA", text, "NEWAA"],
    lambda text: ["-C", text, "list"],
]


def refusals(texts: Iterable[str], folder: Path) -> tuple[int, list[str]]:
    """Give each text to each place that may refuse it; how many, and what was wrong."""
    given = [make(text) for text in texts if "\0" not in text for make in SPOKEN]
    return len(given), [wrong for arguments in given for wrong in wrong_with(arguments, folder)]


def wrong_with(arguments: list[str], folder: Path) -> list[str]:
    code, printed, said = scene.in_process(arguments, folder)
    if acting(said) or code == 70 or "Traceback" in said or (code and not said):
        return [f"{arguments!r}: {code}: {said[:200]!r}"]
    return [f"{arguments!r} prints what acts"] if acting(printed) else []


def test_no_refusal_acts_or_is_a_fault(tmp_path: Path, figures):
    folder = scene.build(tmp_path)
    texts = [text for text in naughty() if acting(text)]
    texts += random.Random(6).sample(naughty(), 12)
    tried, wrong = refusals(texts, folder)
    figures(f"R6 refusals: {tried} bad arguments, {len(wrong)} that act or are no sentence")
    assert wrong == []


@pytest.mark.sweep
def test_no_refusal_of_any_naughty_string_acts_or_is_a_fault(tmp_path: Path, figures):
    tried, wrong = refusals(naughty(), scene.build(tmp_path))
    figures(f"R6 refusals: {tried} bad arguments, {len(wrong)} that act or are no sentence")
    assert wrong == []


@settings(max_examples=30)
@given(strategies.texts(40), st.sampled_from(SPOKEN))
def test_any_argument_is_understood_or_refused(tmp_path_factory, text, make):
    assume("\0" not in text)
    folder = tmp_path_factory.getbasetemp() / "arguments" / "desk"
    if not folder.exists():
        folder.parent.mkdir()
        scene.build(folder.parent)
    assert wrong_with(make(text), folder) == []
