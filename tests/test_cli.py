"""The command line as a whole: exit codes, sentences instead of tracebacks, options, completion."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from desk import __version__, cli, errors
from desk.commands.common import DeskCommand
from tests.support import NOW, ROOT, Ran, Shell, at_terminal, commands, environment, process, run

ID = "T-261121-A0001"


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(tmp_path, monkeypatch)


# --- exit codes ----------------------------------------------------------------------------


def busy(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> Ran:
    import fcntl

    shell.open()
    monkeypatch.setenv("DESK_LOCK_WAIT", "0")
    with (shell.root / ".desk" / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return shell.run("note", ID, "x")


def damaged(shell: Shell, _: pytest.MonkeyPatch) -> Ran:
    shell.open()
    shell.path(ID).write_text("id: [", encoding="utf-8")
    return shell.run("note", ID, "x")


def storage(shell: Shell, _: pytest.MonkeyPatch) -> Ran:
    shell.open()
    tmp = shell.root / ".desk" / "tmp"
    tmp.rmdir()
    tmp.write_text("a file is in the way", encoding="utf-8")
    return shell.run("note", ID, "x")


def fault(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> Ran:
    def broken(*_: object) -> None:
        raise errors.DeskError("the moon is in the wrong house")

    monkeypatch.setattr("desk.codec.dump", broken)
    return shell.run("open", "x")


def crash(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> Ran:
    monkeypatch.setattr("desk.codec.dump", lambda _: {}["nothing"])
    return shell.run("open", "x")


def condition(shell: Shell, _: pytest.MonkeyPatch) -> Ran:
    policy = shell.root / "desk.yaml"
    text = policy.read_text(encoding="utf-8")
    policy.write_text(f"{text}\ntargets: [{{respond: 1h}}]\n", encoding="utf-8")
    shell.open(at="2026-11-21T07:00:00+08:00")
    ran = shell.run("sla", "--fail-on", "breached", "-f", "ids")
    assert ran.out == f"{ID}\n", "the data come before the verdict"
    return ran._replace(out="")


OUTCOMES = {
    "DeskError": (fault, 70, "the moon is in the wrong house"),
    "RefusedError": (lambda s, _: s.run("open", "x", "--team", "netwrk"), 1,
                     "team 'netwrk' is not in desk.yaml; did you mean network?"),
    "UsageError": (lambda s, _: s.run("open", ""), 2,
                   "a ticket needs a title that says what it is about"),
    "NotFoundError": (lambda s, _: s.run("show", "x"), 3,
                      "no record is named 'x'; `desk list --all` shows them"),
    "DamagedError": (damaged, 4, f"tickets/2026/11/{ID}.yaml:2: this is not YAML: did not find "
                     "expected node content"),
    "BusyError": (busy, 5, "another desk command is writing here; try again in a moment"),
    "ConditionError": (condition, 6, f"1 ticket is breached: {ID}"),
    "StorageError": (storage, 74, None),
    "ManyError": (lambda s, _: s.run("show", "x", "y"), 3,
                  "no record is named 'x'; `desk list --all` shows them\n"
                  "desk: no record is named 'y'; `desk list --all` shows them"),
    "LinesError": (lambda s, _: s.run("batch", stdin="show x\n"), 3,
                   "line 1: no record is named 'x'; `desk list --all` shows them\n"
                   "desk: 1 of 1 lines failed"),
    "KeyError": (crash, 70,
                 "a fault of desk's own (KeyError: 'nothing'); DESK_DEBUG=1 shows where"),
}  # fmt: skip


@pytest.mark.parametrize("name", OUTCOMES)
def test_every_error_has_its_exit_code_and_one_sentence(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, name: str
):
    attempt, code, sentence = OUTCOMES[name]
    ran = attempt(shell, monkeypatch)
    assert (ran.code, ran.out) == (code, "")
    if sentence:
        assert ran.err == f"desk: {sentence}\n"
    else:
        assert re.fullmatch(r"desk: \S*tmp\S*: Not a directory; nothing was changed\n", ran.err)


def test_every_error_class_is_tried():
    def below(base: type) -> set[str]:
        return {base.__name__}.union(*(below(one) for one in base.__subclasses__()))

    ours = {name for name in below(errors.DeskError) if hasattr(errors, name)}
    assert ours == set(OUTCOMES) - {"KeyError"}


def test_codes_are_those_of_the_format():
    text = (ROOT / "docs" / "format.md").read_text(encoding="utf-8").partition("## Exit codes")[2]
    documented = {int(code) for line in re.findall(r"^\| ([\d, ]+) \|", text, re.MULTILINE)
                  for code in line.split(", ")}  # fmt: skip
    classes = {one.exit_code for one in vars(errors).values() if hasattr(one, "exit_code")}
    assert classes < documented
    assert documented == {0, 1, 2, 3, 4, 5, 6, 70, 74, 130, 141}


def test_a_traceback_only_for_who_asks(shell: Shell, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DESK_DEBUG", "1")
    with pytest.raises(KeyError):
        crash(shell, monkeypatch)


# --- what is typed -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["opne", "x"], "there is no command 'opne'; did you mean open or reopen?"),
        (["sumarise"], "there is no command 'sumarise'; did you mean summarise?"),
        (["--bogus"], "No such option '--bogus'"),
        (["-C"], "Option '-C' requires an argument"),
        (["list", "-C"], "Option '-C' requires an argument"),
        (["list", "--all=x"], "Option '--all' does not take a value"),
        (["open", "--kind", "--", "x"], None),
    ],
)
def test_what_cannot_be_understood(shell: Shell, words: list[str], sentence: str | None):
    ran = shell.run(*words)
    assert ran.out == ""
    assert re.fullmatch(r"desk: [^\n]+\n", ran.err)
    if sentence:
        named = f"desk {words[0]}" if words[0] in cli.COMMANDS else "desk"
        assert (ran.code, ran.err) == (2, f"desk: {sentence}; see `{named} --help`\n")


def test_a_far_off_command_is_told_the_known_ones(shell: Shell):
    ran = shell.run("frobnicate")
    assert (ran.code, ran.out) == (2, "")
    assert "init, open, classify" in ran.err


def test_desk_alone_shows_its_help_as_an_error():
    ran = run([])
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == run(["--help"]).out


def test_help_is_data():
    ran = run(["--help"])
    assert (ran.code, ran.err) == (0, "")
    for name, (_, line) in cli.COMMANDS.items():
        assert re.search(rf"^  {name} +{re.escape(line)}$", ran.out, re.MULTILINE)


@pytest.mark.parametrize("name", [*commands(), *cli.ALIASES])
def test_every_command_has_help_and_examples(name: str):
    ran = run([*name.split(), "-h"])
    assert (ran.code, ran.err) == (0, "")
    assert ran == run([*name.split(), "--help"])
    command = commands()[cli.ALIASES.get(name, name)]
    assert isinstance(command, DeskCommand)
    examples = (command.epilog or "").splitlines()
    assert examples, "at least one example"
    for example in examples:
        assert f"desk {cli.ALIASES.get(name, name)}" in example
        assert f"  {example}\n" in ran.out
    for option in command.params:
        if isinstance(option, click.Option):
            assert option.help, f"{option.opts} has a help line"


def test_every_line_of_help_fits_100_columns():
    for name in commands():
        assert max(map(len, run([*name.split(), "--help"]).out.splitlines())) <= 100, name


def test_summarize_is_summarise(shell: Shell):
    assert shell.run("summarize", "-f", "json") == shell.run("summarise", "-f", "json")


def test_the_version():
    assert run(["--version"]) == (0, f"desk {__version__}\n", "")


# --- which desk, what time, who acts -------------------------------------------------------


def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Three desks with one ticket each, titled by their folder."""
    found = {}
    for name in ("here", "variable", "option"):
        one = Shell(tmp_path / name, monkeypatch)
        one.open(name)
        found[name] = str(one.root)
    monkeypatch.chdir(found["here"])
    return found


@pytest.mark.parametrize("behind", [False, True])
def test_which_desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, behind: bool):
    desks = places(tmp_path, monkeypatch)
    listing = ["list", "--columns", "title", "-f", "csv"]
    assert run(listing).out == "title\nhere\n"
    monkeypatch.setenv("DESK_DIR", desks["variable"])
    assert run(listing).out == "title\nvariable\n"
    option = ["-C", desks["option"]]
    assert run([*listing, *option] if behind else [*option, *listing]).out == "title\noption\n"
    both = ["-C", desks["here"], *listing, *option]
    assert run(both).out == "title\noption\n", "the one nearer to the command"


@pytest.mark.parametrize("behind", [False, True])
def test_what_time_it_is(shell: Shell, monkeypatch: pytest.MonkeyPatch, behind: bool):
    monkeypatch.setenv("DESK_DIR", str(shell.root))
    monkeypatch.setenv("DESK_NOW", "2026-01-02 03:04")
    words = ["open", "x"]
    assert run(words).out == "T-260102-A0001\n"
    option = ["--now", "2026-05-06T07:08Z"]
    assert run([*words, *option] if behind else [*option, *words]).out == "T-260506-A0002\n"


@pytest.mark.parametrize("behind", [False, True])
def test_who_acts(shell: Shell, monkeypatch: pytest.MonkeyPatch, behind: bool):
    monkeypatch.setenv("DESK_DIR", str(shell.root))
    monkeypatch.setenv("DESK_NOW", NOW)
    monkeypatch.setenv("DESK_USER", "林静")
    run(["open", "x"])
    assert "  by: lin\n" in shell.text(ID)
    words, option = ["note", ID, "x"], ["--as", "zhao@example.com"]
    run([*words, *option] if behind else [*option, *words])
    assert "  by: zhao\n" in shell.log(ID)


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["--as", "lim", "list", "assignee:me"], 1,
         "person 'lim' is not in desk.yaml; did you mean lin?"),
        (["--now", "soon", "list"], 2,
         "'soon' is no time that desk can read; write 2026-11-21T09:00:00+08:00, "
         "2026-11-21 09:00, yesterday 14:00 or 2h"),
    ],
)  # fmt: skip
def test_bad_session_options(shell: Shell, words: list[str], code: int, sentence: str):
    assert run(["-C", str(shell.root), *words]) == (code, "", f"desk: {sentence}\n")


TAKE_NOTHING = (
    "list", "summarise", "check", "queue", "sla", "tick", "team", "policy", "export", "watch",
    "index", "kb list", "kb gaps", "diff", "sync",
)  # fmt: skip


NEED_NO_DESK = {
    "init", "import", "schema", "batch", "hook install", "hook verify", "merge-driver",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(commands().keys() - NEED_NO_DESK))
def test_outside_of_any_desk(tmp_path: Path, name: str):
    arguments = {
        "open": ["x"],
        "link": ["1", "related", "2"],
        "unlink": ["1", "related", "2"],
        "edit": ["1", "--set", "a=b"],
        "kb edit": ["1", "--set", "a=b"],
    }
    options = {
        "escalate": ["--because", "x"], "hold": ["--for", "vendor"], "cancel": ["--because", "x"],
        "resolve": ["--solution", "x"], "reopen": ["--because", "x"], "survey": ["--score", "1"],
        "note": ["x"], "reply": ["x"], "kb reject": ["--because", "x"],
    }  # fmt: skip
    words = arguments.get(name, ["1"] if name not in TAKE_NOTHING else [])
    assert run(["-C", str(tmp_path), *name.split(), *words, *options.get(name, [])]) == (
        3,
        "",
        f"desk: no desk.yaml in {tmp_path} or any folder above it; go into a desk, name one with "
        "-C, or make one with `desk init`\n",
    )


def test_a_newer_desk_is_refused_whole(shell: Shell):
    policy = shell.root / "desk.yaml"
    policy.write_text(policy.read_text(encoding="utf-8").replace("format: 1", "format: 2"), "utf-8")
    for words in (["list"], ["open", "x"], ["check"], ["summarise"]):
        assert shell.run(*words) == (
            4,
            "",
            "desk: desk.yaml:1: this desk has format 2 and this program reads up to 1; install a "
            "newer desk\n",
        )
    assert not list(shell.root.rglob("T-*"))


# --- standard streams ----------------------------------------------------------------------


@pytest.fixture
def many(shell: Shell) -> list[str]:
    """The options that name a desk whose listing is longer than a pipe holds."""
    for number in range(4):
        shell.open(f"{number}", "-d", "x" * 30_000)
    return ["-C", str(shell.root), "--as", "chen"]


@pytest.mark.parametrize("form", ["table", "json"])
def test_a_full_disk_behind_standard_output(many: list[str], form: str):
    with open("/dev/full", "w") as full:
        ran = process(*many, "list", "-f", form, stdout=full, stderr=-1, capture_output=False)
    assert (ran.returncode, ran.stderr) == (74, "desk: output: No space left on device\n")


def test_an_id_that_cannot_be_printed_is_told(shell: Shell):
    words = ("-C", str(shell.root), "--as", "chen", "open", "x")
    with open("/dev/full", "w") as full:
        ran = process(*words, stdout=full, stderr=-1, capture_output=False)
    assert ran.returncode == 74
    (made,) = shell.root.rglob("T-*")
    said, failed = ran.stderr.splitlines()
    assert said.startswith(f"{made.stem} is recorded as P4")
    assert failed == "desk: output: No space left on device"


def test_a_reader_that_goes_away(many: list[str]):
    reader, writer = os.pipe()
    os.close(reader)
    ran = process(*many, "list", "-f", "json", stdout=writer, stderr=-1, capture_output=False)
    os.close(writer)
    assert (ran.returncode, ran.stderr) == (141, "")


def closed(handle: int) -> str:
    """Shell code that runs the words with that descriptor closed."""
    return f'exec "$@" {handle}{"<" if handle == 0 else ">"}&-'


def with_closed(handle: int, *words: str) -> subprocess.CompletedProcess[str]:
    command = ["sh", "-c", closed(handle), "sh", sys.executable, "-m", "desk", *words]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False, env=environment()
    )


def test_a_closed_standard_output(many: list[str]):
    ran = with_closed(1, *many, "list")
    assert (ran.returncode, ran.stderr) == (74, "desk: output: Bad file descriptor\n")
    ran = with_closed(1, *many, "note", ID, "x")
    assert (ran.returncode, ran.stderr) == (0, f"{ID} has a note (internal)\n")


def test_a_closed_standard_error(shell: Shell, many: list[str]):
    assert with_closed(2, *many, "note", "nosuch", "x").returncode == 3
    assert with_closed(2, *many, "note", ID, "x").returncode == 0
    assert "  text: x\n" in shell.text(ID)
    assert shell.done("check").err == "4 files, 0 errors, 0 warnings\n"


def test_a_closed_standard_input(many: list[str]):
    ran = with_closed(0, *many, "note", ID, "-")
    assert (ran.returncode, ran.stderr) == (
        2, "desk: the note is empty; write what there is to say\n"
    )  # fmt: skip
    assert with_closed(0, *many, "edit", ID).returncode == 2


def test_ctrl_c(shell: Shell, many: list[str]):
    child = subprocess.Popen(
        [sys.executable, "-m", "desk", *many, "note", ID, "-"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=environment(),
    )  # fmt: skip
    before = shell.text(ID)
    while _waits_for_input(child.pid) is False:
        time.sleep(0.01)
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=60)
    assert (child.returncode, out, err.lstrip("\n")) == (130, "", "desk: interrupted\n")
    assert shell.text(ID) == before


def _waits_for_input(pid: int) -> bool:
    """Whether the process sleeps in reading its standard input (a pipe)."""
    try:
        return "pipe" in Path(f"/proc/{pid}/wchan").read_text() or _in_read(pid)
    except OSError:
        time.sleep(1)
        return True


def _in_read(pid: int) -> bool:
    return Path(f"/proc/{pid}/syscall").read_text().startswith("0 0x0 ")


def test_ctrl_c_at_a_terminal(shell: Shell):
    shell.open("原单")
    shell.open("子单")
    shell.done("link", "a0002", "parent", "a0001")
    words = ("-C", str(shell.root), "--as", "chen", "resolve", ID, "--solution", "x")
    code, screen = at_terminal(*words, keys="\x03", after="[Y/n]")
    assert (code, screen.rpartition("]: ")[2].strip()) == (130, "desk: interrupted")
    assert shell.head(ID, "status") == ["new"]


# --- what is imported ----------------------------------------------------------------------

PROBE = """
import sys
from desk import cli
code = cli.run(sys.argv[1:])
print(code, *sorted({"tabulate", "dateutil", "yaml", "csv", "gzip"} & set(sys.modules)))
"""


def modules_of(*words: str) -> list[str]:
    """The heavy modules that a command imports, behind its exit code."""
    ran = subprocess.run(
        [sys.executable, "-c", PROBE, *words],
        capture_output=True, text=True, check=True, timeout=60, env=environment(),
    )  # fmt: skip
    return ran.stdout.splitlines()[-1].split()


@pytest.mark.parametrize(
    "words",
    [["note", ID, "x"], ["reply", ID, "x"], ["show", ID], ["assign", ID, "--to", "lin"],
     ["open", "x", "--at", "1h"], ["resolve", ID, "--solution", "x"], ["hold", ID, "--for",
      "vendor", "--until", "3d"]],
    ids=lambda words: words[0],
)  # fmt: skip
def test_frequent_commands_import_neither_tabulate_nor_dateutil(shell: Shell, words: list[str]):
    shell.open()
    assert modules_of("-C", str(shell.root), "--as", "chen", *words) == ["0", "yaml"]


@pytest.mark.parametrize("words", [["--version"], ["--help"], ["note", "--help"]])
def test_the_version_and_help_do_not_even_import_yaml(words: list[str]):
    found = modules_of(*words)
    assert found == ["0"] if words == ["--version"] else set(found) <= {"0", "yaml"}


# --- shell completion ----------------------------------------------------------------------

Complete = Callable[..., list[tuple[str, str]]]


@pytest.fixture
def completed(monkeypatch: pytest.MonkeyPatch) -> Complete:
    """Gives (value, help) of what completes the last of some words, as zsh and bash ask for it."""

    def complete(*words: str, form: str = "zsh") -> list[tuple[str, str]]:
        monkeypatch.setenv("_DESK_COMPLETE", f"{form}_complete")
        monkeypatch.setenv("COMP_WORDS", " ".join(["desk", *words]))
        monkeypatch.setenv("COMP_CWORD", str(len(words)))
        ran = run([])
        assert (ran.code, ran.err) == (0, "")
        lines = ran.out.splitlines()
        if form == "bash":
            return [(line.partition(",")[2], "") for line in lines]
        return list(zip(lines[1::3], lines[2::3], strict=True))

    return complete


@pytest.fixture
def three(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> Shell:
    for title in ("打印机卡纸", "VPN drops", "Disk full"):
        shell.open(title)
    shell.done("resolve", "a0003", "--solution", "x")
    with (shell.root / "desk.yaml").open("a", encoding="utf-8") as file:
        file.write("views: {mine: assignee:me}\n")
    monkeypatch.setenv("DESK_DIR", str(shell.root))
    return shell


OPTIONS = ["--all", "--sort", "--limit", "--columns", "-f", "--format", "--no-guard",
           "-C", "--now", "--as", "-h",
           "--help"]  # fmt: skip
TITLES = {"A0001": "打印机卡纸", "A0002": "VPN drops", "A0003": "Disk full"}


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["note", "A000"], ["A0001", "A0002"]),
        (["note", "a0001"], ["A0001"]),
        (["assign", "打印"], ["A0001"]),
        (["close", ""], ["A0003"]),
        (["survey", ""], ["A0003"]),
        (["show", ""], ["A0001", "A0002", "A0003"]),
        (["link", "A0001", "related", "A0003"], ["A0003"]),
        (["note", "zzz"], []),
    ],
)
def test_ids_are_completed_with_their_titles(
    three: Shell, completed: Complete, words: list[str], found: list[str]
):
    assert completed(*words) == [(f"T-261121-{one}", TITLES[one]) for one in found]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["as"], ["assign"]),
        (["assign", "A0001", "--to", "l"], ["lin"]),
        (["--as", "ch"], ["chen"]),
        (["note", "A0001", "x", "--as", "z"], ["zhao"]),
        (["open", "x", "--category", "network/"], ["network/vpn", "network/wifi"]),
        (["open", "x", "--category", "vp"], ["network/vpn"]),
        (["open", "x", "--team", "v"], ["vendor"]),
        (["resolve", "A0001", "--code", "f"], ["fixed"]),
        (["hold", "A0001", "--for", "v"], ["vendor"]),
        (["link", "A0001", "dup"], ["duplicate-of"]),
        (["classify", "A0001", "--priority", "P"], ["P1", "P2", "P3", "P4"]),
        (["list", "--form"], ["--format"]),
        (["list", "-f", "n"], ["ndjson"]),
        (["list", "pri"], ["priority:", "priority_because:"]),
        (["list", "x", "requester.d"], ["requester.department:"]),
        (
            ["list", "priority:"],
            ["priority:P1", "priority:P2", "priority:P3", "priority:P4", "priority:none"],
        ),
        (["list", "priority:p1,P2,p3"], ["priority:p1,P2,P3"]),
        (["list", "status:o"], ["status:open", "status:on_hold"]),
        (
            ["list", "assignee:"],
            ["assignee:me", "assignee:none", "assignee:chen", "assignee:lin", "assignee:zhao"],
        ),
        (["list", "holder:n"], ["holder:none", "holder:network"]),
        (["list", "category:wi"], ["category:network/wifi"]),
        (["list", "code:d"], ["code:duplicate"]),
        (["list", "sla:m"], ["sla:met"]),
        (["list", "opened:7"], ["opened:7d.."]),
        (["list", "due:to"], ["due:today", "due:tomorrow"]),
        (["list", "has:surv"], ["has:survey"]),
        (["list", "linked:dup"], ["linked:duplicate", "linked:duplicate-of"]),
        (["list", "custom:"], ["custom:none"]),
        (["list", "@"], ["@mine"]),
        (["list", "-@m"], ["-@mine"]),
        (["queue", "-team:net"], ["-team:network"]),
        (["sla", "(team：net"], ["\\(team：network"]),
        (["summarise", "'team:network or -team:v'"], ["team:network\\ or\\ -team:vendor"]),
        (["list", "-"], OPTIONS),
        (["list", "--al"], ["--all"]),
    ],
)
def test_names_are_completed(three: Shell, completed: Complete, words: list[str], found: list[str]):
    assert [value for value, _ in completed(*words, form="bash")] == found


def test_outside_of_a_desk_completion_is_silent(
    completed: Complete, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    assert completed("note", "A") == []
    assert completed("assign", "A0001", "--to", "") == []
    assert completed("--as", "x") == []
    assert completed("list", "pri") == []


@pytest.mark.parametrize("form", ["bash", "zsh", "fish"])
def test_the_script_that_a_shell_reads(form: str, tmp_path: Path):
    if form == "bash" and subprocess.run(["bash", "-c", "((BASH_VERSINFO[0] > 4))"]).returncode:
        pytest.skip("click asks bash for its version, which must be 4.4 or later")
    ran = subprocess.run(
        [sys.executable, "-c", "import sys; sys.argv = ['desk']; from desk import cli; cli.main()"],
        capture_output=True, text=True, timeout=60, check=False,
        env=environment(_DESK_COMPLETE=f"{form}_source"),
    )  # fmt: skip
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "_DESK_COMPLETE" in ran.stdout
