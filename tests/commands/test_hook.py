"""desk hook: the hooks that it writes, and what its check says and where."""

import resource
import stat
import subprocess
from pathlib import Path

import pytest

from desk import store
from desk.git import NO_OBJECT
from desk.model import Ticket
from tests.promises import team
from tests.promises.team import ATTRIBUTES, Team, at, files, git, made_key
from tests.support import NOW, environment, process, run

MAIN = "refs/heads/main"
FIRST = "T-261121-AAAA1"


def ticket(record_id: str = FIRST, who: str = "chen") -> Ticket:
    head = {"title": "VPN", "status": "new", "opened": "2026-11-21T08:00:00+08:00"}
    return Ticket({"id": record_id}, ()).add("open", at(0), who, head)


def policy_files(text: str = "", place: str = "") -> dict[str, str]:
    return {f"{place}desk.yaml": text or team.policy(), f"{place}.gitattributes": ATTRIBUTES}


@pytest.fixture
def made(tmp_path: Path) -> Team:
    """A bare repository without a hook, and one to make commits in."""
    return Team(tmp_path, hook=False)


def founded(made: Team, text: str = "") -> str:
    """The first commit of a desk, pushed."""
    first = made.commit("ada", policy_files(text))
    assert made.push(f"{first}:{MAIN}").accepted
    return first


def verify(made: Team, *words: str) -> tuple[int, str, str]:
    return run(["-C", str(made.lab), "--now", NOW, "hook", "verify", *words])


# --- installing ------------------------------------------------------------------------------


def test_a_bare_repository_checks_what_is_pushed(made: Team):
    hook = made.bare / "hooks" / "pre-receive"
    ran = run(["hook", "install", str(made.bare)])
    assert ran == (0, "", f"{hook} is written, receive.fsckObjects=true is set\n")
    assert git(made.bare, "config", "receive.fsckObjects") == "true"
    assert hook.read_text(encoding="utf-8").splitlines()[:2] == [
        "#!/bin/sh", "# Written by `desk hook install`.",
    ]  # fmt: skip
    assert stat.S_IMODE(hook.stat().st_mode) == 0o755
    assert run(["hook", "install", str(made.bare)]).code == 0, "its own it writes anew"
    first = made.commit("ada", policy_files())
    pushed = made.push(f"{first}:{MAIN}")
    assert "remote: 1 commit, nothing is wrong" in pushed.said
    forged = made.commit("chen", files(ticket(who="lin")), first)
    pushed = made.push(f"{forged}:{MAIN}")
    assert not pushed.accepted
    said = [line.strip() for line in pushed.said.splitlines() if line.startswith("remote: ")]
    assert said == [
        f"remote: {forged[:12]} {FIRST}: event 1 (open) is by lin, and the commit is chen's",
        "remote: desk: 1 commit, 1 refused",
    ]


def test_git_checks_the_objects_of_a_push(made: Team):
    assert run(["hook", "install", str(made.bare)]).code == 0
    first = founded(made)
    blob = made.blob(b"x")
    tree = made.raw_tree(("100644", "a", blob), ("100644", "a", blob))
    pushed = made.push(f"{made.commit('ada', {}, first, tree=tree)}:{MAIN}")
    assert not pushed.accepted
    assert "duplicateEntries" in pushed.said


def test_a_clone_checks_what_is_committed(tmp_path: Path):
    clone = tmp_path / "it's a desk"
    store.make(str(clone / "desk"), team.policy())
    git(clone, "init", "--quiet")
    ran = run(["-C", str(clone / "desk"), "hook", "install", "."])
    hook = clone / ".git" / "hooks" / "pre-commit"
    assert ran == (0, "", f"{hook} is written\n")
    assert hook.read_text(encoding="utf-8").endswith(" -C desk check\n")
    (clone / "desk" / "kb" / "KB-261121-AAAA1.yaml").write_text("id: x\n", encoding="utf-8")
    git(clone, "add", "--all")
    refused = process_of_git(clone, "commit", "-m", "x")
    assert refused.returncode == 1
    assert "KB-261121-AAAA1.yaml" in refused.stderr + refused.stdout


def process_of_git(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    names = {f"GIT_{role}_{what}": "x@example.com" for role in ("AUTHOR", "COMMITTER")
             for what in ("NAME", "EMAIL")}  # fmt: skip
    return subprocess.run(
        ["git", *words], cwd=folder, capture_output=True, text=True, check=False,
        env=environment(**names),
    )  # fmt: skip


def test_a_program_beside_the_hook_is_not_run_for_desk(tmp_path: Path):
    clone = tmp_path / "clone"
    store.make(str(clone), team.policy())
    git(clone, "init", "--quiet")
    (clone / "desk").mkdir()
    (clone / "desk" / "__init__.py").write_text("raise SystemExit(7)\n", encoding="utf-8")
    assert run(["hook", "install", str(clone)]).code == 0
    git(clone, "add", "desk.yaml")
    assert process_of_git(clone, "commit", "-m", "x").returncode == 0


def test_a_hook_of_somebody_elses_stays(made: Team):
    hook = made.bare / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 0\n", encoding="utf-8")
    assert run(["hook", "install", str(made.bare)]) == (
        1,
        "",
        f"desk: {hook} is there and not desk's; call desk from it, or move it away first\n",
    )
    assert hook.read_text(encoding="utf-8") == "#!/bin/sh\nexit 0\n"


def test_a_dry_run_shows_the_hook(made: Team):
    ran = run(["hook", "install", str(made.bare), "--dry-run"])
    hook = made.bare / "hooks" / "pre-receive"
    assert ran.out.startswith("#!/bin/sh\n# Written by `desk hook install`.\nexec ")
    assert ran.out.endswith(" hook verify -\n")
    would = f"would write {hook} and set receive.fsckObjects=true"
    assert ran.err == f"{would}\nthis was a dry run; nothing was written\n"
    assert not hook.exists()
    assert "fsckobjects" not in git(made.bare, "config", "--list")


def test_a_hook_that_cannot_be_written_leaves_nothing(made: Team):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, hard))
    try:
        ran = run(["hook", "install", str(made.bare)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    hooks = made.bare / "hooks"
    assert ran == (74, "", f"desk: {hooks / 'pre-receive'}: File too large\n")
    assert not list(hooks.glob("pre-receive*[!e]"))


def test_where_no_hook_would_run(made: Team, tmp_path: Path):
    git(made.bare, "config", "core.hooksPath", "/elsewhere")
    ran = run(["hook", "install", str(made.bare)])
    assert (ran.code, ran.err.split(",")[0]) == (1, "desk: core.hooksPath is /elsewhere")
    assert "call `desk hook verify -` from pre-receive there" in ran.err
    nowhere = tmp_path / "nowhere"
    ran = run(["hook", "install", str(nowhere)])
    sentence = f"desk: {nowhere} is no git repository; make one with git init --bare\n"
    assert ran == (3, "", sentence)


# --- verifying a range -----------------------------------------------------------------------


def test_a_range_is_judged_by_the_roles_at_its_beginning(made: Team):
    first = made.commit("ada", policy_files())
    promoted = made.commit("ada", {"desk.yaml": team.policy(chen="admin")}, first)
    used = made.commit("chen", {"README.md": "x"}, promoted)
    said = f"{used[:12]} README.md: needs desk.policy, and chen has it not\n"
    assert verify(made, first, used) == (1, said, "desk: 2 commits, 1 refused\n")
    assert verify(made, promoted, used) == (0, "", "1 commit, nothing is wrong\n")
    assert verify(made, used, used) == (0, "", "0 commits, nothing is wrong\n")
    assert verify(made, NO_OBJECT, used) == (0, "", "3 commits, nothing is wrong\n")


def test_findings_as_data(made: Team):
    first = made.commit("ada", policy_files())
    wrong = made.commit("chen", {"a\x1b[31m": "x", "b,c": "x"}, first)
    sentence = (
        "a\x1b[31m: needs desk.policy, and chen has it not; "
        "b,c: needs desk.policy, and chen has it not"
    )
    assert verify(made, first, wrong).out == f"{wrong[:12]} {sentence}\n".replace("\x1b", "\\x1b")
    ran = verify(made, first, wrong, "-f", "csv")
    assert ran.out == f'commit,sentence\n{wrong},"{sentence}"\n'
    ran = verify(made, first, wrong, "-f", "ndjson")
    shown = sentence.replace("\x1b", "\\u001b")
    assert ran.out == f'{{"commit": "{wrong}", "sentence": "{shown}"}}\n'
    assert verify(made, first, first, "-f", "json").out == "[]\n"


def test_a_commit_has_one_line_however_much_is_wrong(made: Team):
    first = made.commit("ada", policy_files())
    wrong = made.commit("chen", {f"{name}.txt": "x" for name in "abcde"}, first)
    said = verify(made, first, wrong).out
    assert said.count("\n") == 1
    assert said.endswith("; and 2 more\n")


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["main"], 2, "give two commits, OLD and NEW, or `-` for the lines on standard input"),
        (["-", "main"], 2, "give two commits, OLD and NEW, or `-` for the lines on standard input"),
        (["nosuch", "HEAD"], 3, "there is no commit 'nosuch' in {lab}"),
        (["--", "-x", "HEAD"], 3, "there is no commit '-x' in {lab}"),
    ],
)
def test_what_cannot_be_verified(made: Team, words: list[str], code: int, sentence: str):
    ran = verify(made, *words)
    assert (ran[0], ran[1]) == (code, "")
    assert sentence.format(lab=made.lab) in ran[2]


def lacking(made: Team, *settings: str) -> tuple[Path, str]:
    """A clone with settings of its own that lacks a ticket of its last commit, and that commit."""
    first = founded(made)
    wanted = made.commit("chen", files(ticket()), first)
    assert made.push(f"{wanted}:{MAIN}").accepted
    clone = made.folder / "clone"
    git(made.folder, "clone", "--quiet", "--no-local", str(made.bare), str(clone))
    lose(clone / ".git", git(clone, "rev-parse", f"{wanted}:{store.path_of(FIRST)}"))
    for setting in settings:
        git(clone, "config", *setting.split("=", 1))
    return clone, wanted


def lose(folder: Path, name: str) -> None:
    """Take an object out of a repository."""
    packs = list(folder.glob("objects/pack/*.pack"))
    for pack in packs:
        whole = pack.rename(folder / pack.name)
        pack.with_suffix(".idx").unlink()
        with whole.open("rb") as file:
            subprocess.run(["git", "unpack-objects", "-q"], cwd=folder, stdin=file, check=True)
    (folder / "objects" / name[:2] / name[2:]).unlink()


PARTIAL = ("extensions.partialClone=origin", "remote.origin.promisor=true")


@pytest.mark.parametrize("more", [(), ("core.bare=true",)])
def test_nothing_is_run_that_a_clone_names(made: Team, more: tuple[str, ...]):
    program = f"touch {made.folder}/acted; git-upload-pack"
    clone, wanted = lacking(made, *PARTIAL, f"remote.origin.uploadpack={program}", *more)
    for folder in (clone, clone / ".git", clone / ".git" / "objects"):
        ran = run(["-C", str(folder), "hook", "verify", f"{wanted}~1", wanted])
        assert (ran.code, ran.out) == (1, "")
        assert "has remote.origin.uploadpack, which names a program" in ran.err
    assert not (made.folder / "acted").exists()
    subprocess.run(["git", "show", wanted], cwd=clone / ".git", capture_output=True, check=False)
    assert (made.folder / "acted").exists(), "plain git would have run it"


@pytest.mark.parametrize("setting", [*PARTIAL, "remote.origin.partialCloneFilter=blob:none"])
def test_a_partial_clone_is_not_verified(made: Team, setting: str):
    clone, wanted = lacking(made, setting)
    name = setting.partition("=")[0].casefold()
    said = (
        f"desk: {clone} is a partial clone (it has {name}), of which git fetches what is missing "
        "while it is read; clone it whole, without --filter\n"
    )
    ran = run(["-C", str(clone), "hook", "verify", f"{wanted}~1", wanted])
    assert ran == (1, "", said)
    git(made.lab, "config", *setting.split("=", 1))
    assert verify(made, f"{wanted}~1", wanted) == (1, "", said.replace(str(clone), str(made.lab)))


def test_settings_of_a_bare_repository_are_its_keepers(made: Team):
    first = founded(made)
    git(made.lab, "config", "core.sshCommand", "ssh -v")
    assert verify(made, first, first)[0] == 0


def test_an_object_that_is_missing(made: Team):
    clone, wanted = lacking(made)
    blob = git(made.lab, "rev-parse", f"{wanted}:{store.path_of(FIRST)}")
    said = f"{store.path_of(FIRST)}: its object {blob[:12]} is not in this repository"
    ran = run(["-C", str(clone), "hook", "verify", f"{wanted}~1", wanted])
    assert ran == (1, f"{wanted[:12]} {said}\n", "desk: 1 commit, 1 refused\n")


def test_lines_that_git_does_not_write(made: Team):
    ran = run(["-C", str(made.lab), "hook", "verify", "-"], "x\n")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == "desk: 'x' is no `old new ref` such as git gives to pre-receive\n"


def test_outside_of_any_repository(tmp_path: Path):
    ran = run(["-C", str(tmp_path), "hook", "verify", "a", "b"])
    assert ran == (3, "", f"desk: {tmp_path} is no git repository; name one with -C\n")


def test_a_policy_that_cannot_be_read(made: Team):
    first = made.commit("ada", policy_files("format: 2\n"))
    said = (
        "desk: desk.yaml:1: this desk has format 2 and this program reads up to 1; install a "
        "newer desk\n"
    )
    assert verify(made, first, first) == (4, "", said)


# --- the desk and its branch -----------------------------------------------------------------


def test_a_desk_below_other_things(made: Team):
    first = made.commit("ada", policy_files(place="it/desk/"))
    inside = {f"it/desk/{path}": one for path, one in files(ticket()).items()}
    right = made.commit("chen", inside, first)
    assert verify(made, first, right)[0] == 0
    outside = made.commit("chen", files(ticket()), first)
    said = f"{store.path_of(FIRST)}: needs desk.policy, and chen has it not"
    assert verify(made, first, outside)[1] == f"{outside[:12]} {said}\n"


def test_the_holidays_that_the_policy_names(made: Team):
    text = team.policy().replace("#    holidays_file:", "    holidays_file:")
    assert "\n    holidays_file: holidays.ics" in text
    calendar = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nEND:VCALENDAR\r\n"
    first = made.commit("ada", {**policy_files(text), "holidays.ics": calendar})
    gone = made.commit("ada", {"holidays.ics": None}, first)
    ran = verify(made, first, gone)
    assert ran[0] == 1
    assert "holidays.ics" in ran[1]


def test_the_first_push_founds_the_desk(tmp_path: Path):
    made = Team(tmp_path)
    readme = made.commit("ada", {"README.md": "x"})
    wrong = made.commit("lin", {**policy_files(), **files(ticket())}, readme)
    pushed = made.push(f"{wrong}:{MAIN}")
    assert "desk.yaml: needs desk.policy, and lin has it not" in pushed.said
    right = made.commit("ada", policy_files(), readme)
    assert made.push(f"{right}:{MAIN}").accepted


def test_anybody_of_the_policy_names_the_first_admin(made: Team):
    first = made.commit("ada", policy_files(team.policy(ada="agent")))
    named = made.commit("lin", {"desk.yaml": team.policy(ada="agent", lin="admin")}, first)
    assert verify(made, first, named)[0] == 0
    stranger = made.commit("zoe", {"desk.yaml": team.policy(ada="agent")}, named)
    assert verify(made, first, stranger)[0] == 1
    assert verify(made, named, made.commit("ada", {"x": "x"}, named))[0] == 1


def test_a_repository_whose_head_is_no_branch(tmp_path: Path):
    made = Team(tmp_path)
    git(made.bare, "symbolic-ref", "HEAD", "refs/heads/master")
    first = made.commit("ada", policy_files())
    assert made.push(f"{first}:{MAIN}").accepted, "the only branch there is"
    promoted = made.commit("chen", {"desk.yaml": team.policy(chen="admin")}, first)
    assert "needs desk.policy" in made.push(f"{promoted}:refs/heads/topic").said
    said = made.push(f"{first}:refs/heads/master").said
    assert "HEAD of this repository is refs/heads/master, which is no branch here" in said
    right = made.commit("chen", files(ticket()), first)
    assert made.push(f"{right}:refs/heads/topic").accepted
    assert "HEAD of this repository" in made.push(f"{right}:{MAIN}").said
    git(made.bare, "symbolic-ref", "HEAD", MAIN)
    assert made.push(f"{right}:{MAIN}").accepted


def test_branches_and_tags_that_go(tmp_path: Path):
    made = Team(tmp_path)
    first = founded(made)
    one = made.commit("chen", files(ticket()), first)
    refs = ("refs/heads/topic", "refs/tags/v1")
    assert made.push(f"{one}:{refs[0]}", f"{first}:{refs[1]}").accepted
    assert "it is not merged; merge it before it is deleted" in made.push(f":{refs[0]}").said
    assert made.push(f"{one}:{MAIN}", f":{refs[0]}").accepted
    for gone in (f":{refs[1]}", f"+{one}:{refs[1]}"):
        assert "refs/tags/v1: a tag stays where it is; make another" in made.push(gone).said


def test_a_branch_does_not_take_the_name_of_a_tag(made: Team):
    first = founded(made)
    assert run(["hook", "install", str(made.bare)]).code == 0
    assert made.push(f"{first}:refs/tags/v1").accepted
    pushed = made.push(f"{first}:refs/heads/V1")
    assert not pushed.accepted
    assert "refs/heads/V1: refs/tags/v1 has that name" in pushed.said
    assert made.push(f"{first}:refs/heads/v2", f"{first}:refs/heads/x/main").accepted
    second = made.commit("ada", {"README.md": "x"}, first)
    assert made.push(f"{second}:refs/heads/v2").accepted, "it is no new one"


def test_other_names_of_objects(tmp_path: Path):
    made = tmp_path / "desk.git"
    git(tmp_path, "init", "--quiet", "--bare", "--object-format=sha256", str(made))
    sentence = (
        f"desk: {made} names its objects by sha256, and desk knows only sha1; "
        "use a repository made with git init --object-format=sha1\n"
    )
    assert run(["hook", "install", str(made)]) == (1, "", sentence)
    pushed = f"{'0' * 64} {'1' * 64} refs/heads/main\n"
    assert run(["-C", str(made), "hook", "verify", "-"], pushed) == (1, "", sentence)
    assert not (made / "hooks" / "pre-receive").exists()


# --- signatures ------------------------------------------------------------------------------


@pytest.fixture
def keys(tmp_path: Path) -> dict[str, tuple[Path, str]]:
    try:
        return {name: made_key(tmp_path, name) for name in ("chen", "lin", "other")}
    except FileNotFoundError:
        pytest.skip("there is no ssh-keygen here")


def test_who_signed_is_who_it_is(made: Team, keys: dict[str, tuple[Path, str]]):
    public = {name: keys[name][1] for name in ("chen", "lin")}
    text = team.policy("remote: {signed: required}\n", public)
    first = founded(made, text)
    assert run(["hook", "install", str(made.bare)]).code == 0

    def pushed(who: str, signer: str, **more: str) -> str:
        key = keys[signer][0] if signer else None
        commit = made.commit(who, files(ticket(who=who)), first, key=key, **more)  # type: ignore[arg-type]
        ran = made.push(f"{commit}:refs/heads/{who}-{signer}-{len(more)}")
        return "" if ran.accepted else ran.said.partition(f"{commit[:12]} ")[2].split("  ")[0]

    unsigned = "it is not signed by a key of a person of desk.yaml"
    assert pushed("chen", "chen") == ""
    assert pushed("chen", "") == unsigned
    assert pushed("chen", "other") == unsigned
    assert pushed("chen", "lin") == "its committer is chen and the key that signed it lin's"
    assert pushed("sam", "lin") == "its committer is sam and the key that signed it lin's"
    assert pushed("chen", "chen", author="lin") == "its author is lin and its committer chen"
    assert pushed("zoe", "") == unsigned


def test_a_signature_of_other_content_is_none(made: Team, keys: dict[str, tuple[Path, str]]):
    text = team.policy("remote: {signed: required}\n", {"chen": keys["chen"][1]})
    first = made.commit("ada", policy_files(text))
    signed = made.commit("chen", files(ticket()), first, key=keys["chen"][0])
    assert verify(made, first, signed)[0] == 0
    body = git(made.lab, "cat-file", "commit", signed, whole=True)
    other = made.tree(files(ticket("T-261121-AAAA2")), first)
    forged = body.replace(body.splitlines()[0], f"tree {other}")
    forged = git(made.lab, "hash-object", "-t", "commit", "-w", "--stdin", given=forged)
    assert "it is not signed" in verify(made, first, forged)[1]


def test_names_of_people_are_no_patterns(made: Team, keys: dict[str, tuple[Path, str]]):
    text = team.policy("remote: {signed: required}\n", {"chen": keys["chen"][1]})
    text = text.replace("people:\n", f"people:\n  '*,x': {{keys: [{keys['lin'][1]}]}}\n", 1)
    first = made.commit("ada", policy_files(text))
    forged = made.commit("chen", files(ticket()), first, key=keys["lin"][0])
    said = "its committer is chen and the key that signed it *,x's"
    assert said in verify(made, first, forged)[1]


def test_a_key_that_was_taken_away_counts_no_more(made: Team, keys: dict[str, tuple[Path, str]]):
    signed_by = "remote: {signed: required}\n"
    first = made.commit("ada", policy_files(team.policy(signed_by, {"chen": keys["chen"][1]})))
    without = made.commit("ada", {"desk.yaml": team.policy(signed_by)}, first)
    one = made.commit("chen", files(ticket()), without, key=keys["chen"][0])
    assert "it is not signed" in verify(made, without, one)[1]


def test_it_runs_as_a_program_of_its_own(made: Team):
    first = made.commit("ada", policy_files())
    ran = process("-C", str(made.lab), "hook", "verify", NO_OBJECT, first)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "1 commit, nothing is wrong\n")


# --- desk sync -------------------------------------------------------------------------------


def cloned(made: Team, who: str) -> Path:
    folder = made.folder / who
    git(made.folder, "clone", "--quiet", str(made.bare), str(folder))
    git(folder, "config", "user.name", who)
    git(folder, "config", "user.email", f"{who}@example.com")
    return folder


def desk_in(folder: Path, words: str) -> tuple[int, str, str]:
    ran = process(*words.split(), cwd=folder)
    return ran.returncode, ran.stdout, ran.stderr


def test_two_who_sync_are_taken_and_one_who_forges_is_told(tmp_path: Path):
    made = Team(tmp_path)
    first = made.commit("ada", policy_files())
    assert made.push(f"{made.commit('chen', files(ticket()), first)}:{MAIN}").accepted
    chen, lin = cloned(made, "chen"), cloned(made, "lin")
    for folder, words in ((chen, "note AAAA1 one"), (lin, "note AAAA1 two"), (lin, "open x")):
        assert desk_in(folder, words)[0] == 0
    for folder in (chen, lin, chen):
        ran = desk_in(folder, "sync")
        assert ran[0] == 0, ran
    path = chen / store.path_of(FIRST)
    assert [one in path.read_text(encoding="utf-8") for one in ("one", "two")] == [True, True]
    path.write_text(path.read_text(encoding="utf-8").replace("two", "2"), encoding="utf-8")
    git(chen, "commit", "--quiet", "--all", "--message", "x")
    code, _, said = desk_in(chen, "sync")
    assert code == 1
    assert f"{FIRST}: event 2 (note by lin) changed or removed; a log only grows" in said


def test_a_push_that_was_refused_is_taken_apart(tmp_path: Path):
    """As docs/teams.md tells: what was not theirs goes, and a time ahead is mended."""
    made = Team(tmp_path)
    first = made.commit("ada", policy_files())
    assert made.push(f"{made.commit('chen', files(ticket()), first)}:{MAIN}").accepted
    chen = cloned(made, "chen")
    assert desk_in(chen, "note AAAA1 kept")[0] == 0
    assert desk_in(chen, "--now 2040-01-01 note AAAA1 ahead")[0] == 0
    settings = chen / "desk.yaml"
    stood = settings.read_text(encoding="utf-8")
    settings.write_text(f"{stood}# mine\n", encoding="utf-8")
    git(chen, "commit", "--quiet", "--all", "--message", "x")
    code, _, said = desk_in(chen, "sync")
    assert code == 1
    assert "desk.yaml: needs desk.policy" in said
    assert "which lies ahead" in said
    git(chen, "reset", "--quiet", "--soft", git(chen, "merge-base", "HEAD", "origin/main"))
    git(chen, "restore", "--source=origin/main", "--staged", "--worktree", "desk.yaml")
    path = chen / store.path_of(FIRST)
    mended = path.read_text(encoding="utf-8").replace("at: 2040-01-01", "at: 2026-11-21")
    path.write_text(mended, encoding="utf-8")
    assert desk_in(chen, "sync")[0] == 0
    assert settings.read_text(encoding="utf-8") == stood
    there = git(made.bare, "show", f"{MAIN}:{store.path_of(FIRST)}")
    assert [word in there for word in ("kept", "ahead", "2040")] == [True, True, False]
