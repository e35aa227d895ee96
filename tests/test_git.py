"""What desk asks git: who it would commit as."""

import os
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
    "name",
    [
        "core.sshCommand", "credential.helper", "filter.x.clean", "gpg.ssh.program",
        "credential.https://example.com.helper", "remote.origin.uploadpack", "include.path",
        "url./x.insteadOf", "url./x.pushInsteadOf", "remote.origin.proxy", "http.proxy",
        "http.https://example.com.sslVerify", "http.cookieFile", "http.saveCookies",
        "lfs.customtransfer.x.path",
    ],
)  # fmt: skip
def test_settings_that_are_not_heeded(tmp_path: Path, name: str):
    found = filled(tmp_path)
    git.Repository(found.folder).check_trusted()
    run(tmp_path, "config", name, "evil")
    with pytest.raises(RefusedError, match=rf"has {name.lower()}, which names a program, more"):
        git.Repository(found.folder).check_trusted()


def test_settings_that_do_no_harm(tmp_path: Path):
    found = filled(tmp_path)
    run(tmp_path, "remote", "add", "origin", "https://example.com/x")
    for name in (
        "user.signingKey", "http.postBuffer", "http.https://example.com.extraheader",
        "remote.origin.promisor", "lfs.url", "alias.x", "core.autocrlf", "merge.desk.driver",
    ):  # fmt: skip
        run(tmp_path, "config", name, "input")
    git.Repository(found.folder).check_trusted()


@pytest.mark.parametrize("name", ["url", "pushurl"])
@pytest.mark.parametrize(
    "url",
    [
        "./hub.git", "hub", "../hub.git", "../elsewhere/../hub.git", "file:///proc/self/cwd/hub",
        "/proc/self/cwd/hub.git", "//proc/../proc/self/cwd/hub", "/dev/fd/7", "{clone}/hub",
        "{clone}/.git", "file://{clone}/%68ub.git", "{clone}/../{name}/hub.git",
    ],
)  # fmt: skip
def test_a_remote_that_came_with_the_clone(tmp_path: Path, name: str, url: str):
    found = filled(tmp_path)
    for good in ("host:hub.git", "https://example.com/x", str(tmp_path.parent / "x"), "../a:/x"):
        run(tmp_path, "config", "remote.origin.url", good.removeprefix("../"))
        git.Repository(found.folder).check_trusted()
    url = url.replace("{clone}", str(tmp_path)).replace("{name}", tmp_path.name)
    run(tmp_path, "config", f"remote.origin.{name}", url)
    with pytest.raises(RefusedError, match="lies in this clone, or beside wherever that is"):
        git.Repository(found.folder).check_trusted()


def test_a_remote_that_a_second_url_or_no_url_makes(tmp_path: Path):
    found = filled(tmp_path)
    run(tmp_path, "config", "remote.origin.url", "https://example.com/x")
    run(tmp_path, "config", "--add", "remote.origin.url", "hub.git")
    with pytest.raises(RefusedError, match=r"the remote hub\.git lies in this clone"):
        git.Repository(found.folder).check_trusted()
    run(tmp_path, "config", "--unset-all", "remote.origin.url")
    run(tmp_path, "config", "remote.origin.url", "https://example.com/x")
    run(tmp_path, "config", "extensions.partialClone", "origin")
    git.Repository(found.folder).check_trusted()
    run(tmp_path, "config", "extensions.partialClone", "./hub.git")
    with pytest.raises(RefusedError, match=r"the remote \./hub\.git lies in this clone"):
        git.Repository(found.folder).check_trusted()
    run(tmp_path, "config", "--unset", "extensions.partialClone")
    run(tmp_path, "config", "remote.hub.promisor", "true")
    with pytest.raises(RefusedError, match="the remote hub lies in this clone"):
        git.Repository(found.folder).check_trusted()


@pytest.mark.parametrize("folder", ["remotes", "branches"])
def test_a_remote_as_an_old_git_kept_it(tmp_path: Path, folder: str):
    found = filled(tmp_path)
    (tmp_path / ".git" / folder).mkdir(exist_ok=True)
    git.Repository(found.folder).check_trusted()
    (tmp_path / ".git" / folder / "origin").write_text("URL: hub.git\n")
    with pytest.raises(RefusedError, match=f"{folder} has remotes as an old git kept them"):
        git.Repository(found.folder).check_trusted()


@pytest.mark.parametrize("place", ["../..", "../desk", "/nonexistent", "hooks"])
def test_files_that_would_be_written_elsewhere(tmp_path: Path, place: str):
    found = filled(tmp_path)
    run(tmp_path, "config", "core.worktree", "..")
    git.Repository(found.folder).check_trusted()
    run(tmp_path, "config", "core.worktree", place)
    with pytest.raises(RefusedError, match="the folder that it leads to is not this clone's"):
        git.Repository(found.folder).check_trusted()


def test_what_git_itself_sets_up_is_trusted(tmp_path: Path):
    (tmp_path / "hub").mkdir()
    filled(tmp_path / "hub")
    hub = f"file://{tmp_path}/hub"
    run(tmp_path, "-c", "protocol.file.allow=always", "clone", "--separate-git-dir", "gd", hub, "a")
    run(tmp_path / "a", "worktree", "add", "-b", "b", "../b")
    run(tmp_path, "clone", "--single-branch", "--filter=blob:none", "--depth=1", hub, "c")
    run(tmp_path / "c", "-c", "protocol.file.allow=always", "submodule", "add", hub, "s")
    assert run(tmp_path / "c/s", "config", "core.worktree") == "../../../s"
    for name in ("a", "b", "c", "c/s", "c/s/desk"):
        git.Repository(str(tmp_path / name)).check_trusted()


def test_no_other_transport_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    found = filled(tmp_path)
    helper = tmp_path / "bin" / "git-remote-evil"
    helper.parent.mkdir()
    helper.write_text(f"#!/bin/sh\ntouch {tmp_path}/acted\n", encoding="utf-8")
    helper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{helper.parent}:{os.environ['PATH']}")
    for url in ("evil::x", "evil://x"):
        assert "transport 'evil' not allowed" in found.answer("fetch", url).said
    assert not (tmp_path / "acted").exists()
    monkeypatch.setenv("GIT_ALLOW_PROTOCOL", "evil")
    found.answer("fetch", "evil::x")
    assert (tmp_path / "acted").exists()


def test_nothing_is_run_for_a_submodule(tmp_path: Path):
    found = filled(tmp_path)
    inner = tmp_path / "desk" / "inner"
    inner.mkdir()
    filled(inner)
    run(tmp_path, "add", "desk/inner")
    run(tmp_path, "commit", "--quiet", "-m", "two")
    (inner / ".gitattributes").write_text("* filter=x\n")
    run(inner, "config", "filter.x.clean", f"touch {tmp_path}/acted; cat")
    (inner / "desk" / "印.yaml").write_text("two\n", encoding="utf-8")
    assert found.uncommitted("HEAD") == []
    assert not (tmp_path / "acted").exists()
    run(inner, "commit", "--quiet", "-am", "two")
    (changed,) = found.uncommitted("HEAD")
    assert changed.path == "desk/inner"


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


def test_why_git_failed():
    told = "ssh: connect to host x port 22: No route to host\nfatal: Could not read from remote."
    assert git.Answer(128, b"", told).why == (
        "ssh: connect to host x port 22: No route to host (Could not read from remote.)"
    )
    told = "*** Please tell me who you are.\nfatal: unable to auto-detect email address (got 'x')"
    assert "git config --global user.email" in git.Answer(128, b"", told).why


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_repository_of_somebody_else_says_so(tmp_path: Path):
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    for path in (tmp_path, tmp_path / ".git"):
        os.chown(path, 65534, 65534)
    with pytest.raises(RefusedError, match=r"safe\.directory"):
        git.Repository(str(tmp_path)).check_exists()


def test_a_remote_that_only_the_own_settings_speak_of(tmp_path: Path, monkeypatch):
    settings = tmp_path / "settings"
    settings.write_text('[remote "origin"]\n\tprune = true\n')
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    (tmp_path / "clone").mkdir()
    found = filled(tmp_path / "clone")
    found.check_trusted()
    assert found.remotes() == []
