"""desk import: the map, the report, where the file may come from, the progress bar."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import Shell, at_terminal, environment

MAP = """\
name: old
rows: tickets
dates: "%Y-%m-%d %H:%M"
columns:
  number: external
  title: title
  at: opened
  state: {is: status, values: {open: new, done: closed}}
"""
EXPORT = (
    "number,title,at,state,floor\n"
    "1,打印机卡纸,2026-11-02 09:00,open,3\n2,VPN,2026-11-03 10:00,done,\n"
)


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    """An export and its map."""
    (tmp_path / "old.csv").write_text(EXPORT, encoding="utf-8")
    (tmp_path / "old.yaml").write_text(MAP, encoding="utf-8")
    return str(tmp_path / "old.csv"), str(tmp_path / "old.yaml")


def test_what_came_in_is_told_and_the_same_file_changes_nothing(shell: Shell, files):
    export, the_map = files
    first = shell.run("import", export, "--map", the_map)
    assert (first.code, first.out) == (0, "")
    assert first.err.splitlines()[0].startswith("2 rows read: 2 tickets created, 0 extended")
    assert "columns kept as custom fields: floor" in first.err
    before = shell.files()
    again = shell.run("import", export, "--map", the_map)
    assert again.err.splitlines()[0].startswith("2 rows read: 0 tickets created, 0 extended, 2 un")
    assert shell.files() == before
    assert shell.done("list", "--all", "title:VPN", "--columns", "external", "-f", "csv").out == (
        "external\n2\n"
    )


def test_a_dry_run_writes_nothing_and_reports_as_json(shell: Shell, files):
    export, the_map = files
    before = shell.files()
    report = json.loads(
        shell.done("import", export, "--map", the_map, "--dry-run", "-f", "json").out
    )
    assert (report["rows"], report["created"], report["dry_run"]) == (2, 2, True)
    assert shell.files() == before


def test_a_row_that_cannot_be_read_is_told_by_the_exit_code(shell: Shell, files):
    export, the_map = files
    Path(export).write_text(EXPORT + "3,x,soon,open,\n", encoding="utf-8")
    ran = shell.run("import", export, "--map", the_map)
    assert ran.code == 1
    assert "line 4: " in ran.err
    assert ran.err.endswith("desk: 1 row did not come in\n")
    assert shell.done("list", "--all", "-f", "ids").out.count("\n") == 2


@pytest.mark.parametrize("name", ["-", "/dev/stdin"])
def test_the_file_may_come_through_a_pipe(shell: Shell, files, name: str):
    ended = subprocess.run(
        [sys.executable, "-m", "desk", "-C", str(shell.root), "import", name, "--map", files[1]],
        input=EXPORT, capture_output=True, text=True, check=False, env=environment(),
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr.startswith("2 rows read: 2 tickets created")


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        ((), 2, "say which map: --from NAME (desk, servicenow) or --map MAP.yaml, one of them"),
        (("--from", "servicenw"), 2, "there is no map 'servicenw'; did you mean servicenow?"),
        (("--map", "missing.yaml"), 2, "missing.yaml cannot be read: No such file or directory"),
    ],
)
def test_bad_input(shell: Shell, files, words: tuple[str, ...], code: int, sentence: str):
    ran = shell.run("import", files[0], *words)
    assert (ran.code, ran.out) == (code, "")
    assert sentence in ran.err


def test_a_map_with_mistakes_and_a_file_that_is_not_there(shell: Shell, files, tmp_path: Path):
    export, the_map = files
    assert shell.run("import", str(tmp_path / "none.csv"), "--map", the_map).code == 2
    Path(the_map).write_text(MAP.replace("rows: tickets", "rows: ticket"), encoding="utf-8")
    ran = shell.run("import", export, "--map", the_map)
    assert ran.code == 4
    assert f"{the_map}:2: " in ran.err
    Path(the_map).write_bytes(b"name: \xff\n")
    assert shell.run("import", export, "--map", the_map).code == 2


def test_a_bar_shows_how_far_it_is_at_a_terminal(shell: Shell, files):
    code, screen = at_terminal("-C", str(shell.root), "import", files[0], "--map", files[1])
    assert code == 0
    assert "2/2" in screen
    assert "/s" in screen
