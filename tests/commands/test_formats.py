"""Every format of every command that lists or shows."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from desk import yamlreader
from tests.commands.promising import POLICY, Office
from tests.support import commands
from tests.test_markdown import Page

VPN, PRINTER, ARTICLE = "T-261123-A0001", "T-261123-A0002", "KB-261123-A0003"
TITLE = "VPN | *断线* <b>@chen</b>\x1b[31m"
# Their own tests have them, in repositories.
IN_GIT = ("diff", "sync", "hook verify")
WORDS: dict[str, list[str]] = {
    "list": ["list", "--all"],
    "show": ["show", VPN, PRINTER],
    "history": ["history", VPN],
    "blame": ["blame", VPN],
    "queue": ["queue"],
    "sla": ["sla", "--all"],
    "tick": ["tick", "--dry-run", "--now", "2026-12-20T09:00+08:00"],
    "team": ["team"],
    "policy": ["policy", VPN],
    "summarise": ["summarise", "--by", "team"],
    "check": ["check"],
    "search": ["search", "打印机"],
    "index": ["index"],
    "suggest": ["suggest", TITLE],
    "kb list": ["kb", "list"],
    "kb search": ["kb", "search", "not", "this", "--all"],
    "kb gaps": ["kb", "gaps"],
    "kb show": ["kb", "show", ARTICLE],
    "kb history": ["kb", "history", ARTICLE],
}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Two tickets, one with a title that acts where it can; the tests write nothing."""
    with pytest.MonkeyPatch.context() as patch:
        office = Office(tmp_path_factory.mktemp("office"), patch)
        office.open(TITLE, "--category", "vpn", "--assignee", "lin", "-d", "```\n# not this\n",
                    "--at", "09:00")  # fmt: skip
        office.open("打印机", "--requester", "王芳", "--at", "09:50")
        office.done("reply", PRINTER, "We come.")
        office.done("resolve", PRINTER, "--solution", "New toner.")
        office.rewrite(PRINTER, "title: 打印机", "title: 打印机。")
        office.done("kb", "new", TITLE, "--body", "```\n# not this\n")
        office.done("kb", "new", TITLE, "--body", "```\n# not this\n")  # which kb gaps tells of
        office.done("index")  # which is then up to date for every test
        yield office


def formats(name: str) -> list[str]:
    """The formats that a command takes, none if it has no such option."""
    return [
        form for one in commands()[name].params if one.name == "form" for form in one.type.choices
    ]


def test_every_command_that_prints_rows_is_tried():
    assert {name for name in commands() if "yaml" in formats(name)} == {*WORDS, *IN_GIT}


def rows_of_csv(text: str, separator: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))


READ: dict[str, Callable[[str], Any]] = {
    "json": lambda text: json.loads(text, parse_float=str),
    "ndjson": lambda text: [json.loads(line, parse_float=str) for line in text.splitlines()],
    "yaml": yamlreader.parse,  # which knows no fractions
    "csv": rows_of_csv,
    "tsv": lambda text: [line.split("\t") for line in text.splitlines()],
}


@pytest.mark.parametrize("name", WORDS)
def test_the_formats_for_programs_tell_the_same(office: Office, name: str):
    told = {form: READ[form](office.done(*WORDS[name], "-f", form).out) for form in READ}
    assert told["yaml"] == told["json"]
    if name == "summarise":  # whose json is one object
        told["json"] = told["ndjson"]
    assert told["json"] == told["ndjson"]
    assert len(told["csv"]) == len(told["tsv"]) == len(told["json"]) + 1
    assert told["csv"][0] == told["tsv"][0]
    assert {len(row) for row in told["csv"] + told["tsv"]} == {len(told["csv"][0])}


@pytest.mark.parametrize("name", WORDS)
def test_markdown_is_the_table_and_nothing_acts_in_it(office: Office, name: str):
    text = office.done(*WORDS[name], "-f", "markdown").out
    page = Page(text)
    blocks = {"h2"} if name == "kb gaps" else set()
    blocks = {"pre", "code", "h2", "h3"} if name.endswith("show") else blocks
    assert page.tags == {"table", "thead", "tbody", "tr", "th", "td"} | blocks
    if name in ("list", "queue"):
        assert "VPN | *断线* <b>@\u200bchen</b>\\x1b[31m" in map(str.strip, page.texts)
    if not blocks:
        header = office.done(*WORDS[name]).out.split("\n")[0].split()
        first = [cell.strip() for cell in text.split("\n")[0].strip("| ").split(" | ")]
        own = {"policy": ["what", "is", "because"], "index": ["what", "is"]}
        assert first == own.get(name, header)


@pytest.mark.parametrize("name", WORDS)
def test_ids_are_there_once_or_refused_before_anything_is_done(office: Office, name: str):
    if "ids" in formats(name):
        lines = office.done(*WORDS[name], "-f", "ids").out.splitlines()
        assert lines
        assert len(set(lines)) == len(lines)
    else:
        ran = office.run(*WORDS[name], "-f", "ids")
        assert (ran.code, ran.out) == (2, "")


@pytest.mark.parametrize("name", ["list", "queue", "sla", "team"])
def test_columns_are_there_for_no_rows_too(office: Office, name: str):
    words = {"team": ["team", "vendor"]}.get(name, [name, "打字机"])
    none = office.done(*words, "-f", "csv").out
    assert rows_of_csv(none)[1:] == []
    assert rows_of_csv(office.done(*WORDS[name], "-f", "csv").out)[0] == rows_of_csv(none)[0]
    assert office.done(*words, "-f", "markdown").out == ""


SHOWN = """\
## T-261123-A0001: VPN \\| \\*断线\\* &lt;b&gt;@&#8203;chen&lt;/b&gt;\\\\x1b\\[31m

| field    | value                     |
| -------- | ------------------------- |
| kind     | incident                  |
| status   | in_progress               |
| priority | P4                        |
| impact   | person                    |
| urgency  | medium                    |
| category | network/vpn               |
| channel  | phone                     |
| team     | network                   |
| assignee | lin                       |
| opened   | 2026-11-23T09:00:00+08:00 |

### Description

````
```
# not this
````

### Log

| n   | at                        | by   | did  | change | words |
| --- | ------------------------- | ---- | ---- | ------ | ----- |
| 1   | 2026-11-23T09:00:00+08:00 | chen | open |        |       |
"""


def test_a_record_for_a_wiki(office: Office):
    assert office.run("show", VPN, "-f", "markdown") == (0, SHOWN, "")
    both = office.done("show", VPN, PRINTER, "-f", "markdown").out
    assert both.startswith(f"{SHOWN}\n## {PRINTER}: 打印机。\n")


def test_metrics_of_a_desk(office: Office):
    measures = ["summarise", "priority:P4", "--measures", "backlog,respond_attainment"]
    ran = office.done(*measures, "--by", "team", "--since", "30d", "-f", "openmetrics")
    lines = [line for line in ran.out.splitlines() if line[:1] != "#"]
    given = 'filter="priority:P4",since="30d"'
    assert lines[1:3] == [
        f'desk_backlog_tickets{{{given},team="network"}} 1',
        f'desk_backlog_tickets{{{given},team="none"}} 0',
    ]
    assert lines[3:] == [
        f'desk_respond_attainment_{key}{{{given},team="none"}} {value}'
        for key, value in (("ratio", 1.0), ("numerator", 1), ("denominator", 1))
    ]
    assert ran.out.endswith("# EOF\n")
    whole = office.done("summarise", "-f", "openmetrics").out
    assert "\ndesk_backlog_tickets 1\n" in whole


def test_a_damaged_file_leaves_the_metrics_whole(office: Office, tmp_path: Path):
    text = office.text(PRINTER)
    office.path(PRINTER).write_text("id: [", encoding="utf-8")
    ran = office.run("summarise", "-f", "openmetrics")
    office.path(PRINTER).write_text(text, encoding="utf-8")
    assert (ran.code, ran.out.count("# EOF\n"), ran.err.count("\n")) == (4, 1, 1)
    assert POLICY in (office.root / "desk.yaml").read_text(encoding="utf-8")
