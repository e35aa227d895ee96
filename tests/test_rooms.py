"""The rooms of docs/rooms.md: imports run downward, heavy libraries stay in their room."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "desk"
# Upper rooms first; a room imports only from lower rows. Commands are one row.
ROWS = (
    ("__main__",),
    ("cli",),
    ("commands",),
    ("session", "groups"),
    (
        "figures",
        "openmetrics",
        "restorer",
        "watcher",
        "markdownimport",
        "markdownexport",
        "story",
        "blame",
    ),
    ("gitsync", "mergedriver"),
    ("exporter",),
    ("cells",),
    (
        "schema",
        "render",
        "check",
        "importer",
        "summary",
        "explain",
        "search",
        "suggestions",
        "gaps",
    ),
    ("gitcheck",),
    ("problems", "gitmerge", "gitrecovery"),
    ("importrows", "timerules", "remote"),
    ("references", "contents"),
    ("wordquery",),
    ("importmap", "periods", "query", "assignment"),
    ("articleindex",),
    ("index", "conditions"),
    ("indexrows",),
    ("clockindex",),
    ("factindex",),
    ("factset",),
    ("facts", "definitions", "fields", "terms"),
    ("sla",),
    ("experience",),
    ("rehearsal", "indexfile", "looking", "stored", "folder", "searchlog", "revisions"),
    ("store", "git", "likeness"),
    ("keptsettings", "glance", "donelog"),
    ("fulltext", "stamps", "cores", "place"),
    ("authority",),
    ("undoing",),
    ("articles",),
    ("lifecycle",),
    ("policy",),
    ("people", "rules"),
    ("promises", "roles"),
    ("workhours",),
    ("changes", "reconcile"),
    ("settings", "codec", "holidays", "jsontext"),
    ("ownlayout", "markdownfile"),
    ("yamlreader",),
    ("yamltext", "merge", "markdown", "shapes", "hiding"),
    ("model",),
    ("textmerge", "letters"),
    ("calendars",),
    ("dates",),
    ("errors",),
    ("__init__",),
)
ROW_OF = {room: row for row, rooms in enumerate(ROWS) for room in rooms}
ONLY_IN = {
    "yaml": {"yamlreader"},
    "wcwidth": {"render"},
    "dateutil": {"dates"},
    "icalendar": {"holidays"},
    "sqlite3": {
        "index",
        "indexfile",
        "indexrows",
        "factindex",
        "clockindex",
        "experience",
        "exporter",
        "restorer",
        "commands",
    },
    "markdown_it": {"markdownfile"},
    "rapidfuzz": {"search"},
    "click": {"cli", "groups", "session", "commands"},
    "subprocess": {"git", "commands"},
}


def rooms() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def room_of(path: Path) -> str:
    return "commands" if path.parent.name == "commands" else path.stem


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("path", rooms(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_run_downward(path: Path) -> None:
    here = room_of(path)
    targets = {name.split(".")[1] for name in imported(path) if name.startswith("desk.")}
    upward = {
        room for room in targets & ROW_OF.keys() if ROW_OF[room] <= ROW_OF[here] and room != here
    }
    assert upward == set()


@pytest.mark.parametrize("path", rooms(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_library_stays_in_its_room(path: Path) -> None:
    libraries = {name.partition(".")[0] for name in imported(path)}
    strangers = {lib for lib in libraries & ONLY_IN.keys() if room_of(path) not in ONLY_IN[lib]}
    assert strangers == set()


def test_every_room_has_its_row_and_its_line_in_the_document() -> None:
    listed = (PACKAGE.parent / "docs" / "rooms.md").read_text(encoding="utf-8")
    for path in rooms():
        room = room_of(path)
        assert room in ROW_OF
        if not room.startswith("__") and room != "commands":
            assert f"{room}.py" in listed


def modules_after(*arguments: str, cwd: Path) -> set[str]:
    """The modules that a run of desk has imported when it ends."""
    code = (
        "import sys; from desk import cli; code = cli.run(sys.argv[1:]); "
        "print(code, *sys.modules, file=sys.__stderr__)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=cwd, capture_output=True, text=True, check=True,
    )  # fmt: skip
    code, *modules = ended.stderr.splitlines()[-1].split()
    assert code == "0", ended.stderr
    return set(modules)


def test_the_commands_at_hand_import_nothing_heavy(tmp_path: Path) -> None:
    heavy = {"tabulate", "dateutil", "wcwidth", "difflib", "csv", "importlib.metadata"}
    assert modules_after("init", cwd=tmp_path)
    ended = subprocess.run(
        [sys.executable, "-m", "desk", "open", "打印机卡纸", "-d", "说明"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    record = ended.stdout.strip()
    for arguments in (
        ("note", record, "试过重启"),
        ("assign", record, "--team", "network"),
        ("show", record),
        ("open", "again"),
    ):
        assert modules_after(*arguments, cwd=tmp_path) & heavy == set(), arguments


def test_the_version_imports_click_and_little_else(tmp_path: Path) -> None:
    modules = modules_after("--version", cwd=tmp_path)
    ours = {name for name in modules if name.startswith("desk")}
    assert ours == {"desk", "desk.cli", "desk.errors", "desk.groups", "desk.session"}
    assert "yaml" not in modules
