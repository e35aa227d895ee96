"""The person's own editor."""

from pathlib import Path

import pytest

from desk.commands import editor
from desk.errors import RefusedError, UsageError


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


def test_what_was_made_of_a_text(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("EDITOR", "sed -i s/卡纸/jam/")
    assert editor.written("卡纸\n𠮷\n", suffix=".md") == "jam\n𠮷\n"
    assert list(tmp_path.iterdir()) == []


def test_arguments_of_the_editor_are_not_for_a_shell(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setenv("EDITOR", f"true ; touch {tmp_path}/ran")
    assert editor.written("x", suffix=".md") == "x"
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("command", "error", "sentence"),
    [
        ("false", RefusedError, "the editor ended with 1; nothing was changed"),
        ("/no/such", UsageError, "the editor '/no/such' cannot be run; set EDITOR"),
        ("'", UsageError, 'the editor "\'" cannot be run; set EDITOR'),
        ("rm", RefusedError, "the editor left no file; nothing was changed"),
    ],
)
def test_an_editor_that_fails(
    monkeypatch: pytest.MonkeyPatch, command: str, error: type, sentence: str
):
    monkeypatch.setenv("EDITOR", command)
    with pytest.raises(error) as refusal:
        editor.written("x", suffix=".md")
    assert str(refusal.value) == sentence


def test_a_kept_text_is_private(tmp_path: Path):
    path = editor.kept("王芳\n", suffix=".yaml")
    assert path.read_text(encoding="utf-8") == "王芳\n"
    assert (path.stat().st_mode & 0o777, path.parent, path.suffix) == (0o600, tmp_path, ".yaml")
