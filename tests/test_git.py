"""What desk asks git: who it would commit as."""

import subprocess
from pathlib import Path

import pytest

from desk import git


def repository(folder: Path, **settings: str) -> Path:
    subprocess.run(["git", "init", "--quiet", str(folder)], check=True)
    for name, value in settings.items():
        key = name.replace("_", ".")
        subprocess.run(["git", "-C", str(folder), "config", key, value], check=True)
    return folder


def test_the_identity_of_a_repository(tmp_path: Path):
    made = repository(tmp_path, user_name="李伟 𠮷", user_email="li.wei@example.com")
    assert git.identity(made) == ("李伟 𠮷", "li.wei@example.com")
    (made / "tickets").mkdir()
    assert git.identity(made / "tickets") == ("李伟 𠮷", "li.wei@example.com")


def test_the_environment_goes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    made = repository(tmp_path, user_name="Li Wei", user_email="li.wei@example.com")
    monkeypatch.setenv("GIT_AUTHOR_EMAIL", "other@example.com")
    assert git.identity(made) == ("Li Wei", "other@example.com")
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Other")
    monkeypatch.setenv("PATH", "/nonexistent")
    assert git.identity(made) == ("Other", "other@example.com"), "git is not even asked"


def test_the_persons_own_settings_count_outside_of_a_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text("[user]\n\tname = Li Wei\n", encoding="utf-8")
    monkeypatch.setenv("HOME", str(home))
    assert git.identity(tmp_path) == ("Li Wei", "")


def test_no_identity(tmp_path: Path):
    assert git.identity(tmp_path) == ("", "")
    assert git.identity(tmp_path / "missing") == ("", "")


def test_a_machine_without_git_has_no_identity(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    made = repository(tmp_path, user_name="Li Wei")
    monkeypatch.setenv("PATH", "/nonexistent")
    assert git.identity(made) == ("", "")


def test_the_last_of_several_settings_counts(tmp_path: Path):
    made = repository(tmp_path, user_email="a@example.com")
    with (made / ".git" / "config").open("a", encoding="utf-8") as file:
        file.write("[user]\n\temail = b@example.com\n\tname = A\n")
    assert git.identity(made) == ("A", "b@example.com")
