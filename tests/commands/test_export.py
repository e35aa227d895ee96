"""desk export, and desk import of what it wrote."""

import gzip
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from desk import store
from tests.support import POLICY, ROOT, Shell, at_terminal, environment, run

FORMS = ("ndjson", "csv", "sqlite", "ndjson.gz", "csv.gz")
ARTICLE = "id: KB-261121-A0009\ntitle: VPN\nstatus: draft\nbody: How.\n"


@pytest.fixture
def two(shell: Shell) -> Shell:
    """A live ticket, a closed one, an article."""
    shell.open("打印机卡纸", "--requester", "王芳", "-d", "Tray 2\n卡住\n")
    shell.open("=VPN", "--assignee", "lin", "--field", "rack=12")
    shell.done("resolve", "A0002", "--solution", "x")
    (shell.root / "kb" / "KB-261121-A0009.yaml").write_text(ARTICLE, encoding="utf-8")
    return shell


def another(tmp_path: Path) -> Path:
    """A new, empty desk."""
    store.make(str(tmp_path / "another"), POLICY)
    return tmp_path / "another"


def records(folder: Path) -> dict[str, bytes]:
    found = (*folder.glob("tickets/**/*.yaml"), *folder.glob("kb/*.yaml"))
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def ids(ndjson: str) -> list[str]:
    return [json.loads(line)["id"] for line in ndjson.splitlines()]


@pytest.mark.parametrize("form", FORMS)
def test_the_sample_desk_comes_back(tmp_path: Path, form: str):
    file = str(tmp_path / f"desk.{form}")
    assert run(["-C", str(ROOT), "export", "-o", file]) == (0, "", "")
    folder = another(tmp_path)
    total = len(records(ROOT))
    ran = run(["-C", str(folder), "import", file])
    assert (ran.code, ran.out) == (0, "")
    assert f"{total} rows read: {total} records created, 0 extended, 0 unchanged;" in ran.err
    assert records(folder) == records(ROOT)
    again = run(["-C", str(folder), "import", file, "--from", "desk", "-f", "json"])
    assert json.loads(again.out)["unchanged"] == total


def test_what_a_line_and_a_row_look_like(two: Shell):
    shown = json.loads(two.done("show", "A0001", "-f", "json").out)[0]
    printed = two.done("export", "status:new").out
    assert printed == json.dumps(shown, ensure_ascii=False) + "\n"
    header, row = two.done("export", "status:resolved", "-f", "csv").out.splitlines()
    assert header.split(",")[:4] == ["id", "kind", "title", "status"]
    assert header.split(",")[-2:] == ["rack", "log"]
    assert row.startswith("T-261121-A0002,incident,'=VPN,resolved,,,P4,,person,medium,,,phone,,,,,")
    assert '""did"": ""resolve""' in row
    unguarded = two.done("export", "status:resolved", "-f", "csv", "--no-guard").out
    assert unguarded.startswith(f"{header}\nT-261121-A0002,incident,=VPN,resolved,")


def test_what_is_exported(two: Shell):
    tickets = ["T-261121-A0001", "T-261121-A0002"]
    assert ids(two.done("export").out) == [*tickets, "KB-261121-A0009"]
    assert ids(two.done("export", "--no-articles").out) == tickets
    assert ids(two.done("export", "assignee:lin").out) == tickets[1:]
    assert ids(two.done("export", "assignee:lin", "--articles").out) == [
        tickets[1], "KB-261121-A0009"
    ]  # fmt: skip
    assert two.done("export", "-team:none", "title:nothing").out == ""
    assert two.done("export", "title:nothing", "-f", "csv").out.count("\n") == 1


def test_an_event_log(two: Shell):
    assert two.done("export", "-f", "events").out.splitlines()[1:] == [
        "T-261121-A0001,open,2026-11-21T01:00:00.000+00:00,chen,incident,P4,,,new",
        "T-261121-A0002,open,2026-11-21T01:00:00.000+00:00,chen,incident,P4,,network,resolved",
        "T-261121-A0002,resolve,2026-11-21T01:00:00.000+00:00,chen,incident,P4,,network,resolved",
    ]
    ran = two.run("export", "-f", "events", "--articles")
    assert (ran.code, ran.err) == (
        2, "desk: an event log is of tickets; leave --articles out\n"
    )  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_the_same_desk_gives_the_same_bytes(two: Shell, tmp_path: Path, form: str):
    names = [tmp_path / f"{n}.{form}" for n in "ab"]
    for name in names:
        two.done("export", "-o", str(name))
    data = names[0].read_bytes()
    assert names[1].read_bytes() == data
    packed = b"\x1f\x8b\x08\0" + b"\0" * 4  # without a name and with no time
    assert (data[:8] == packed) == form.endswith(".gz")


def test_the_form_goes_by_the_name_unless_it_is_said(two: Shell, tmp_path: Path):
    told = two.done("export", "-f", "csv").out
    for name in ("a.csv", "a.csv.gz", "b"):
        words = ["-f", "csv"] if name == "b" else []
        assert two.done("export", "-o", str(tmp_path / name), *words).out == ""
    assert (tmp_path / "a.csv").read_text(encoding="utf-8") == told
    assert gzip.decompress((tmp_path / "a.csv.gz").read_bytes()).decode() == told
    assert (tmp_path / "b").read_text(encoding="utf-8") == told


@pytest.mark.parametrize("form", ["ndjson", "sqlite"])
def test_a_file_is_replaced_only_by_force(two: Shell, tmp_path: Path, form: str):
    file = tmp_path / f"x.{form}"
    file.write_text("mine")
    assert two.run("export", "-o", str(file)) == (
        1, "", f"desk: {file} is there already; --force replaces it\n"
    )  # fmt: skip
    assert file.read_text() == "mine"
    two.done("export", "-o", str(file), "--force")
    assert file.read_bytes()[:1] in b"{S"
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == [file.name]


def test_what_is_no_file_is_never_replaced(two: Shell, tmp_path: Path):
    os.mkfifo(tmp_path / "pipe")
    for name in (tmp_path, tmp_path / "pipe"):
        ran = two.run("export", "-o", str(name), "--force")
        assert ran == (1, "", f"desk: {name} is there already; name a file\n")
    (tmp_path / "real").write_text("mine")
    (tmp_path / "link").symlink_to("real")
    two.done("export", "-o", str(tmp_path / "link"), "--force")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text(encoding="utf-8")[0] == "{"


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["-f", "sqlite"], 2, "an SQLite file needs a place of its own; write -o desk.sqlite"),
        (["-o", "x.sqlite.gz"], 2, "an SQLite file needs a place of its own; write -o desk.sqlite"),
        (
            ["rck:12", "-o", "x"],
            2,
            "no ticket has a field 'rck'; did you mean rack?\n  rck:12\n  ^^^",
        ),
        (["-o", "no/x"], 74, "no/x: No such file or directory; nothing was written"),
        (["-o", "no/x.sqlite"], 74, "no/x.sqlite: No such file or directory; nothing was written"),
    ],
)
def test_what_is_refused(two: Shell, tmp_path: Path, monkeypatch, words, code: int, sentence: str):
    monkeypatch.chdir(tmp_path)
    assert two.run("export", *words) == (code, "", f"desk: {sentence}\n")
    assert [path.name for path in tmp_path.iterdir()] == ["desk"]


@pytest.mark.parametrize("form", ["ndjson", "csv", "sqlite"])
def test_a_damaged_file_is_named_and_the_others_are_exported(two: Shell, tmp_path: Path, form: str):
    two.path("T-261121-A0001").write_text("id: [\n")
    file = tmp_path / f"x.{form}"
    ran = two.run("export", "-o", str(file))
    assert (ran.code, ran.out) == (4, "")
    assert ran.err.startswith("desk: tickets/2026/11/T-261121-A0001.yaml:2: this is not YAML")
    folder = another(tmp_path)
    assert run(["-C", str(folder), "import", str(file)]).code == 0
    assert set(records(folder)) == {
        "tickets/2026/11/T-261121-A0002.yaml", "kb/KB-261121-A0009.yaml"
    }  # fmt: skip


def test_a_full_disk_leaves_nothing_behind(two: Shell, tmp_path: Path):
    for n in range(40):
        two.open(f"Ticket {n}", "-d", "x" * 500)
    for form in ("ndjson", "csv", "sqlite"):
        ended = subprocess.run(
            ["bash", "-c", 'ulimit -f 16; exec "$@"', "-", sys.executable, "-m", "desk", "-C",
             str(two.root), "export", "-o", f"{tmp_path}/out.{form}"],
            capture_output=True, text=True, check=False, env=environment(),
        )  # fmt: skip
        assert (ended.returncode, ended.stdout) == (74, ""), ended
        assert ended.stderr.startswith(f"desk: {tmp_path}/out.{form}: ")
        assert ended.stderr.endswith("; nothing was written\n")
        assert [path.name for path in tmp_path.iterdir()] == ["desk"]


def test_nothing_acts_on_a_terminal(two: Shell):
    two.open("red", "-d", "a\x1b[31m\u202eb")
    for form in ("ndjson", "csv", "events"):
        code, screen = at_terminal("-C", str(two.root), "export", "-f", form, columns=200)
        assert code == 0
        assert "A0003" in screen
        assert not {"\x1b", "\u202e"} & set(screen)


# --- and back ------------------------------------------------------------------------------


def test_an_export_comes_in_through_a_pipe(two: Shell, tmp_path: Path):
    export = two.done("export").out
    folder = another(tmp_path)
    ended = subprocess.run(
        [sys.executable, "-m", "desk", "-C", str(folder), "import", "-"],
        input=export, capture_output=True, text=True, check=False, env=environment(),
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr == (
        "3 rows read: 3 records created, 0 extended, 0 unchanged; 3 events written\n"
    )


def test_a_dry_run_and_a_bad_line(two: Shell, tmp_path: Path):
    file = tmp_path / "x"
    file.write_text(two.done("export").out + '{"id": 1}\n', encoding="utf-8")
    folder = another(tmp_path)
    ran = run(["-C", str(folder), "import", str(file), "--dry-run"])
    assert (ran.code, ran.err) == (
        1,
        "4 rows read: 3 records would be created, 0 extended, 0 unchanged; "
        "3 events would be written\n"
        "did not come in: 1\nline 4: the field 'title' is missing\n"
        "this was a dry run; nothing was written\n"
        "desk: 1 row did not come in\n",
    )
    assert records(folder) == {}


def test_an_edited_cell_of_a_spreadsheet_comes_in_as_an_edit(two: Shell, tmp_path: Path):
    export = two.done("export", "-f", "csv").out
    file = tmp_path / "x.csv"
    file.write_text(export.replace(",打印机卡纸,", ",Toner empty,", 1), encoding="utf-8")
    ran = two.done("import", str(file))
    assert ran.err == "3 rows read: 0 records created, 1 extended, 2 unchanged; 1 event written\n"
    assert two.log("T-261121-A0001") == (
        "- n: 2\n  at: 2026-11-21T09:00:00+08:00\n  by: unknown\n  did: edit\n"
        "  change:\n    title: [打印机卡纸, Toner empty]\n  by_hand: true\n"
    )


def test_another_desks_csv_still_needs_its_map(two: Shell, tmp_path: Path):
    (tmp_path / "x.csv").write_text("id,title\n1,x\n")
    ran = two.run("import", str(tmp_path / "x.csv"))
    assert ran == (
        2, "",
        "desk: say which map: --from NAME (desk, servicenow) or --map MAP.yaml, one of them\n",
    )  # fmt: skip
    ran = two.run("import", str(tmp_path / "x.csv"), "--from", "desk")
    assert (ran.code, ran.err) == (
        4, f"desk: {tmp_path}/x.csv: this is no export of desk: ndjson, CSV or SQLite\n"
    )  # fmt: skip


def test_what_was_brought_in_is_sound(two: Shell, tmp_path: Path):
    two.done("link", "A0001", "related", "A0002")
    two.done("export", "-o", str(tmp_path / "x.sqlite"))
    folder = another(tmp_path)
    shutil.copy(two.root / "desk.yaml", folder / "desk.yaml")
    run(["-C", str(folder), "import", str(tmp_path / "x.sqlite")])
    assert run(["-C", str(folder), "check"]) == two.run("check")


# --- the guard elsewhere -------------------------------------------------------------------


@pytest.mark.parametrize("form", ["csv", "tsv"])
def test_every_command_that_writes_cells_has_the_switch(two: Shell, form: str):
    words = ["list", "--all", "title:=VPN", "--columns", "title", "-f", form]
    assert two.done(*words).out == "title\n'=VPN\n"
    assert two.done(*words, "--no-guard").out == "title\n=VPN\n"
    assert two.done(*words).out == "title\n'=VPN\n", "a switch is for one run"
