"""What desk asks git: who it would commit as."""

import subprocess
from pathlib import Path

import pytest

from desk import git
from desk.errors import NotFoundError, RefusedError


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


# --- a repository --------------------------------------------------------------------------


def filled(folder: Path) -> git.Repository:
    made = repository(folder, user_name="Chen", user_email="chen@example.com")
    (made / "desk").mkdir()
    (made / "desk" / "印.yaml").write_text("one\n", encoding="utf-8")
    run(made, "add", ".")
    run(made, "commit", "--quiet", "-m", "one")
    return git.Repository(str(made / "desk"))


def run(folder: Path, *words: str) -> str:
    ran = subprocess.run(
        ["git", "-C", str(folder), *words], check=True, capture_output=True, text=True
    )
    return ran.stdout.strip()


def test_what_a_repository_holds(tmp_path: Path):
    found = filled(tmp_path)
    first = found.commit("HEAD")
    assert (found.exists, found.prefix, found.top) == (True, "desk/", str(tmp_path))
    (added,) = found.differences(None, first)
    assert (added.path, added.old_mode, added.old, added.mode) == (
        "desk/印.yaml", "", "", git.REGULAR,
    )  # fmt: skip
    assert list(found.blobs([added.new] * 1200)) == [b"one\n"] * 1200
    (tmp_path / "desk" / "印.yaml").write_text("two\n", encoding="utf-8")
    (tmp_path / "desk" / "new").write_text("", encoding="utf-8")
    (changed,) = found.uncommitted("HEAD")
    assert (changed.path, changed.old, changed.new) == ("desk/印.yaml", added.new, "")
    assert found.untracked() == ["desk/new"]
    assert found.object_at("HEAD", "desk/印.yaml") == added.new
    assert found.object_at("HEAD", "desk/no") is None
    assert found.find_commit("--all") is None
    with pytest.raises(NotFoundError, match="there is no commit 'v9'"):
        found.commit("v9")
    with pytest.raises(git.GitError, match="git has no object 1111"):
        list(found.blobs(["1" * 40]))


def test_objects_by_names_with_spaces(tmp_path: Path):
    found = filled(tmp_path)
    there = found.objects(["HEAD:desk/印.yaml"])
    names = [f"HEAD:notes{end}" for end in (" blob", " tree", " commit", " blob 4", " missing", "")]
    assert found.objects([*names, "HEAD:desk/印.yaml", "0"]) == [*[None] * 6, *there, None]
    for name in ("notes blob", "notes blob 4 missing"):
        (tmp_path / name).write_text("one\n", encoding="utf-8")
        run(tmp_path, "add", name)
    run(tmp_path, "commit", "--quiet", "-m", "two")
    assert found.objects(["HEAD:notes blob", "HEAD:notes blob 4 missing"]) == there * 2


def test_the_sides_of_a_conflict(tmp_path: Path):
    found = filled(tmp_path)
    run(tmp_path, "checkout", "--quiet", "-b", "other")
    (tmp_path / "desk" / "印.yaml").write_text("two\n", encoding="utf-8")
    run(tmp_path, "commit", "--quiet", "-am", "two")
    run(tmp_path, "checkout", "--quiet", "-")
    (tmp_path / "desk" / "印.yaml").write_text("three\n", encoding="utf-8")
    run(tmp_path, "commit", "--quiet", "-am", "three")
    assert found.answer("merge", "other").code == 1
    sides = found.unmerged()
    assert [(one.path, one.side) for one in sides] == [("desk/印.yaml", side) for side in (1, 2, 3)]
    assert list(found.blobs(one.object for one in sides)) == [b"one\n", b"three\n", b"two\n"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("core.sshCommand", "evil"), ("credential.helper", "!evil"), ("filter.x.clean", "evil"),
        ("credential.https://example.com.helper", "evil"), ("include.path", "../evil"),
        ("remote.origin.uploadpack", "evil"), ("gpg.ssh.program", "evil"),
    ],
)  # fmt: skip
def test_a_repository_whose_settings_name_programs_is_not_trusted(
    tmp_path: Path, name: str, value: str
):
    found = filled(tmp_path)
    found.check_trusted()
    run(tmp_path, "config", name, value)
    with pytest.raises(RefusedError, match="names a program or more settings"):
        found.check_trusted()


def test_no_hook_and_no_monitor_is_run(tmp_path: Path):
    found = filled(tmp_path)
    evil = tmp_path / ".git" / "evil"
    evil.write_text(f"#!/bin/sh\ntouch {tmp_path}/acted\n", encoding="utf-8")
    evil.chmod(0o755)
    run(tmp_path, "config", "core.fsmonitor", str(evil))
    (tmp_path / ".git/hooks/post-checkout").hardlink_to(evil)
    found.text("status")
    found.text("checkout", "-b", "other")
    assert not (tmp_path / "acted").exists()
    run(tmp_path, "status")
    assert (tmp_path / "acted").exists(), "plain git would have run it"
