"""desk init."""

from pathlib import Path

import pytest

from desk import policy
from desk.commands.init import person_id
from tests.support import run

ATTRIBUTES = """\
tickets/**/*.yaml text eol=lf merge=desk
kb/*.yaml text eol=lf merge=desk
desk.yaml text eol=lf
"""


@pytest.fixture
def identity(monkeypatch: pytest.MonkeyPatch):
    """Whoever runs init is Zoë to git."""
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Zoë 王")
    monkeypatch.setenv("GIT_AUTHOR_EMAIL", "Zoe.Wang+desk@example.com")


def test_a_new_desk_enrols_whoever_makes_it_and_works_as_it_is(tmp_path: Path, identity: None):
    root = tmp_path / "服务台"
    ran = run(["init", str(root), "--prefix", "IT", "--timezone", "Asia/Shanghai"])
    assert ran == (
        0,
        "",
        f"{root} is a desk now and zoe.wang-desk is enrolled; look through its "
        "desk.yaml, then: desk open TITLE\n",
    )
    text = (root / "desk.yaml").read_text(encoding="utf-8")
    assert text == policy.template(
        name="服务台", prefix="IT", timezone="Asia/Shanghai", person="zoe.wang-desk",
        person_name="Zoë 王", person_email="Zoe.Wang+desk@example.com",
    )  # fmt: skip
    assert text.startswith("# The policy of this desk.")
    assert (root / ".gitattributes").read_text(encoding="utf-8") == ATTRIBUTES
    assert sorted(p.name for p in root.iterdir()) == [
        ".gitattributes",
        "desk.yaml",
        "kb",
        "tickets",
    ]
    words = ["-C", str(root), "--now", "2026-11-21T09:00:00+08:00"]
    opened = run([*words, "open", "打印机卡纸", "--assignee", "zoe.wang-desk"])
    assert opened.out.startswith("IT-261121-")
    assert run([*words, "list", "assignee:me", "-f", "ids"]).out == opened.out
    assert run([*words, "check"]) == (0, "", "1 file, 0 errors, 0 warnings\n")


def test_init_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, identity: None):
    monkeypatch.chdir(tmp_path)
    assert run(["init"]).code == 0
    assert f"name: {tmp_path.name}\n" in (tmp_path / "desk.yaml").read_text(encoding="utf-8")


def test_init_in_the_folder_of_minus_c(tmp_path: Path, identity: None):
    assert run(["-C", str(tmp_path), "init", "inner"]).code == 0
    assert (tmp_path / "inner" / "desk.yaml").is_file()


def test_the_machines_time_zone_is_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, identity: None
):
    monkeypatch.setenv("TZ", "Europe/Berlin")
    run(["init", str(tmp_path)])
    assert "timezone: Europe/Berlin\n" in (tmp_path / "desk.yaml").read_text(encoding="utf-8")


def test_what_is_there_stays(tmp_path: Path, identity: None):
    (tmp_path / ".gitattributes").write_text("* text\n", encoding="utf-8")
    (tmp_path / "kb").mkdir()
    (tmp_path / "kb" / "mine").write_text("x", encoding="utf-8")
    assert run(["init", str(tmp_path)]).code == 0
    assert (tmp_path / ".gitattributes").read_text(encoding="utf-8") == "* text\n"
    assert (tmp_path / "kb" / "mine").exists()


def test_a_desk_is_made_once(tmp_path: Path, identity: None):
    run(["init", str(tmp_path)])
    before = (tmp_path / "desk.yaml").read_bytes()
    assert run(["init", str(tmp_path), "--prefix", "X"]) == (
        1, "", f"desk: {tmp_path}/desk.yaml exists already; this folder is a desk\n"
    )  # fmt: skip
    assert (tmp_path / "desk.yaml").read_bytes() == before


@pytest.mark.parametrize("prefix", ["KB", "t", "1T", "TOOLONGPREFIX", "T-1", "", "Ü"])
def test_a_prefix_that_no_id_can_have(tmp_path: Path, prefix: str):
    assert run(["init", str(tmp_path / "x"), "--prefix", prefix]) == (
        2,
        "",
        f"desk: prefix {prefix!r} is not allowed; write 1 to 8 capital letters and digits, "
        "a letter first, not KB\n",
    )
    assert not (tmp_path / "x").exists()


def test_an_unknown_time_zone(tmp_path: Path):
    assert run(["init", str(tmp_path / "x"), "--timezone", "Mars/Olympus"]) == (
        2,
        "",
        "desk: time zone 'Mars/Olympus' is unknown; write an IANA name such as Asia/Shanghai or "
        "UTC\n",
    )
    assert not (tmp_path / "x").exists()


def test_a_file_is_in_the_way(tmp_path: Path, identity: None):
    (tmp_path / "file").write_text("x", encoding="utf-8")
    ran = run(["init", str(tmp_path / "file")])
    assert (ran.code, ran.out, ran.err) == (
        74,
        "",
        f"desk: {tmp_path}/file/tickets: Not a directory\n",
    )


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("chen", "chen"),
        ("Li Wei", "li-wei"),
        ("li.wei+x", "li.wei-x"),
        ("王芳", "王芳"),
        ("", "admin"),
        ("--", "admin"),
    ],
)
def test_ids_of_people(text: str, made: str):
    assert person_id(text) == made
