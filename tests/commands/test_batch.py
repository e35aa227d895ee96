"""desk batch."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desk.commands.batch import _words
from desk.errors import UsageError
from tests.commands.test_dry_run import scripts, three_tickets
from tests.support import NOW, Ran, Shell, at_terminal, environment, run

ID, OTHER, THIRD = "T-261121-A0001", "T-261121-A0002", "T-261121-A0003"


# --- what a line means ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", []),
        ("  \t\r\n", []),
        ("# a comment with 'an open quote", []),
        ("   # 注释", []),
        ("note 7k3f x", ["note", "7k3f", "x"]),
        ("note 7k3f 'two words' # why", ["note", "7k3f", "two words"]),
        ('note 7k3f "it\'s \\"so\\""', ["note", "7k3f", 'it\'s "so"']),
        ("note 7k3f it\\'s\\ so", ["note", "7k3f", "it's so"]),
        ("note 7k3f Ticket#12", ["note", "7k3f", "Ticket#12"]),
        ("note 7k3f '#12'", ["note", "7k3f", "#12"]),
        ("note 7k3f \\#12", ["note", "7k3f", "#12"]),
        ("note 7k3f x#", ["note", "7k3f", "x#"]),
        ("note 7k3f ''#x", ["note", "7k3f", "#x"]),
        ("note 7k3f x #", ["note", "7k3f", "x"]),
        ("note 7k3f $HOME `id` *", ["note", "7k3f", "$HOME", "`id`", "*"]),
        ("note 7k3f 打印机　卡纸 “引号”", ["note", "7k3f", "打印机　卡纸", "“引号”"]),
        ("\ufeffnote 7k3f x", ["note", "7k3f", "x"]),
        ("note 7k3f ''", ["note", "7k3f", ""]),
        ("a # b 'c", ["a"]),
    ],
)
def test_words_are_those_of_a_shell(line: str, words: list[str]):
    assert _words(line.encode()) == words


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (b"note 7k3f don't", "no closing quotation; a line ends with its quotes closed"),
        (b'note "x # y', "no closing quotation; a line ends with its quotes closed"),
        (b"note x\\", "no escaped character; a line ends with its quotes closed"),
        (b"note \xff", "this is not UTF-8 text; save the lines as UTF-8"),
    ],
)
def test_a_line_that_is_none(line: bytes, sentence: str):
    with pytest.raises(UsageError) as caught:
        _words(line)
    assert str(caught.value) == sentence


@given(
    st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"))),
    st.sampled_from(["", " # x", "\t#'"]),
)
def test_what_is_quoted_for_a_shell_is_what_was_meant(words: list[str], behind: str):
    import shlex

    assert _words(f"{shlex.join(words)}{behind}".encode()) == words


def shell_words(line: str) -> list[str] | None:
    """The words that a shell takes from a line, None where it does not take it."""
    script = f'printf "%s\\0" {line}\n'
    ran = subprocess.run(["sh", "-fc", script], capture_output=True, text=True, check=False)
    return None if ran.returncode or ran.stderr else ran.stdout.split("\0")[:-1]


@settings(max_examples=60)
@given(st.text("ab# '\"\\\t", max_size=9).map(lambda text: f"x{text}"))
def test_a_shell_agrees(line: str):
    wanted = shell_words(line)
    if wanted is not None and "\\" not in line:  # in double quotes \ is its own matter
        assert _words(line.encode()) == wanted


# --- a run ---------------------------------------------------------------------------------

SCRIPT = """\
# monday
desk open "VPN 断线" --requester 李伟    # the first

note a0001 'restarted # it'
close a0001
list --all -f ids
frobnicate
note nosuch x
note a0001 don't
desk
show
"""


def test_lines_are_done_in_order_and_go_on_past_those_that_fail(shell: Shell):
    ran = shell.run("batch", stdin=SCRIPT)
    help_text = run([]).err
    known = "known are init, open, classify, assign, escalate, note, reply, hold, resume, resolve, "
    assert (ran.code, ran.out) == (1, f"{ID}\n{ID}\n")
    assert ran.err == (
        f"{ID} is recorded as P4 (impact person × urgency medium in the matrix)\n"
        f"{ID} has a note (internal)\n"
        f"desk: line 5: {ID} is new and cannot be closed; from there it can only become "
        "in_progress or on_hold or resolved or cancelled\n"
        f"desk: line 7: there is no command 'frobnicate'; {known}close, reopen, …; "
        "see `desk --help`\n"
        "desk: line 8: no record is named 'nosuch'; `desk list --all` shows them\n"
        "desk: line 9: no closing quotation; a line ends with its quotes closed\n"
        f"{help_text}"
        "desk: line 11: Missing argument 'ID…'; see `desk show --help`\n"
        "desk: 6 of 9 lines failed\n"
    )
    assert 'text: "restarted # it"\n' in shell.text(ID)


def test_stop_ends_it_at_the_first_that_fails(shell: Shell):
    ran = shell.run("batch", "--stop", stdin=f"open x\nclose {ID}\nopen y\n")
    assert (ran.code, ran.out) == (1, f"{ID}\n")
    assert ran.err.endswith("desk: stopped at line 2; what stands behind it was not run\n"
                            "")  # fmt: skip
    assert len(shell.files()) == 2


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ([], 0),
        (["list"], 0),
        (["show x", "list", "show y"], 3),
        (["show x", "open ''"], 1),
        (["open ''", "bogus", "note"], 2),
        (["sla --fail-on breached"], 0),
        (["--version", "note --help"], 0),
    ],
)
def test_the_exit_code(shell: Shell, lines: list[str], code: int):
    assert shell.run("batch", stdin="\n".join(lines)).code == code


def test_a_file(shell: Shell, tmp_path: Path):
    script = tmp_path / "周一.desk"
    script.write_bytes("\ufeffopen 打印机卡纸\r\nnote a0001 x\r\n".encode())
    assert shell.run("batch", str(script)).out == f"{ID}\n"
    assert shell.log(ID).endswith("  text: x\n")
    missing = tmp_path / "none"
    assert shell.run("batch", str(missing)) == (
        2, "", f"desk: {missing} cannot be read: No such file or directory\n"
    )  # fmt: skip
    assert shell.run("batch", str(tmp_path)).code == 2


def test_a_batch_within_a_batch_is_refused(shell: Shell, tmp_path: Path):
    script = tmp_path / "again"
    script.write_text(f"batch {script}\n")
    assert shell.run("batch", str(script)).err == (
        "desk: line 1: a batch cannot run within a batch; put its lines here\n"
        "desk: 1 of 1 lines failed\n"
    )


@pytest.mark.parametrize(
    "line",
    ["note - x", f"note {ID} -", "open x -d -", f"resolve {ID} --solution -", "show -",
     f"edit {ID} --set site=-", "import - --from servicenow"],
)  # fmt: skip
@pytest.mark.parametrize("from_file", [False, True])
def test_a_line_has_no_standard_input(shell: Shell, tmp_path: Path, line: str, from_file: bool):
    """Else it would eat the lines behind it, or what another line has left."""
    shell.open()
    script = f"{line}\nnote {ID} after\n"
    (tmp_path / "script").write_text(script)
    file, stdin = (str(tmp_path / "script"), "text") if from_file else ("-", script)
    ran = shell.run("batch", file, stdin=stdin)
    assert (ran.code, ran.err.splitlines()[0]) == (
        2, "desk: line 1: a line of a batch has no standard input; give ids and texts in the line"
    )  # fmt: skip
    assert shell.log(ID).endswith("  text: after\n")


def test_at_a_terminal_nothing_is_asked_and_no_editor_opens(shell: Shell, tmp_path: Path):
    for title in ("原单", "子单"):
        shell.open(title)
    shell.done("link", OTHER, "parent", ID)
    script = tmp_path / "script"
    script.write_text(f"note {ID}\nedit {ID}\nresolve {ID} --solution x\n")
    words = ("-C", str(shell.root), "--as", "chen", "batch", str(script))
    assert at_terminal(*words, EDITOR=f"touch {tmp_path}/opened") == (
        2,
        "desk: line 1: the note is missing; give it as an argument or `-` for standard input\n"
        "desk: line 2: say what to change with --set FIELD=VALUE; there is no terminal to edit at\n"
        f"{ID} is resolved\n{OTHER} is still new, parent {ID}\ndesk: 2 of 3 lines failed\n",
    )
    assert not (tmp_path / "opened").exists()


def test_options_of_the_batch_are_those_of_each_line(shell: Shell, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DESK_DIR", str(shell.root))
    monkeypatch.setenv("DESK_NOW", "2026-01-02 03:04")
    script = "open a\nopen b --now 2026-05-06T07:08Z --as lin\n--as zhao open c\nopen d\n"
    ran = run(["--as", "chen", "batch"], script)
    ids = ["T-260102-A0001", "T-260506-A0002", "T-260102-A0003", "T-260102-A0004"]
    assert ran.out.split() == ids
    by = [re.findall("  by: (.*)", shell.text(one)) for one in ids]
    assert by == [["chen"], ["lin"], ["zhao"], ["chen"]]
    assert run(["batch", "--as", "lin", "--now", NOW], "open e").out == "T-261121-A0005\n"
    assert "  by: lin\n" in shell.text("T-261121-A0005")


def test_another_desk_for_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    one, two = (Shell(tmp_path / name, monkeypatch) for name in ("one", "two"))
    one.run("batch", stdin=f"open a\n-C {two.root} open b\nopen c\n")
    assert (len(one.files()), len(two.files())) == (3, 2)


def test_nothing_of_a_line_is_left_for_the_next(shell: Shell):
    shell.open()
    script = f"note {ID} a -f ndjson\nnote {ID} b\nnote {ID} c --at 08:00\nnote {ID} d --as lin\n"
    ran = shell.run(
        "batch", stdin=script + f"note {ID} e\nlist --now 2020-01-01 -f ids\nlist -f ids"
    )
    assert ran.code == 2, "08:00 is before the opening"
    assert ran.out.count("\n") == 2
    log = shell.text(ID)
    assert re.findall("  by: (.*)", log) == ["chen", "chen", "chen", "lin", "chen"]
    assert set(re.findall("  at: (.*)", log)) == {NOW}


def test_rules_that_change_in_between_hold_at_once(shell: Shell):
    """Though they are not read again for each line."""
    policy = shell.root / "desk.yaml"
    with batch_process(shell) as child:
        assert say(child, "open a --team printers") == ""
        text = policy.read_text(encoding="utf-8")
        policy.write_text(text.replace("  vendor:", "  printers: {}\n  vendor:"), "utf-8")
        assert say(child, "open a --team printers").startswith("T-")
        policy.write_text("format: 2\n", encoding="utf-8")
        assert say(child, "open b") == ""
        _, said = child.communicate()
    assert child.returncode == 1
    assert "line 1: team 'printers' is not in desk.yaml" in said
    assert "line 5: desk.yaml:1: this desk has format 2" in said


def batch_process(shell: Shell) -> subprocess.Popen[str]:
    """A batch that takes its lines as they come."""
    return subprocess.Popen(
        [sys.executable, "-m", "desk", "-C", str(shell.root), "--as", "chen", "batch"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, bufsize=1, env=environment(),
    )  # fmt: skip


def say(child: subprocess.Popen[str], line: str) -> str:
    """What a line prints."""
    assert child.stdin
    assert child.stdout
    child.stdin.write(f"{line}\n--version\n")
    printed = ""
    while not (one := child.stdout.readline()).startswith("desk "):
        assert one, "it is still there"
        printed += one
    return printed


def test_what_is_acknowledged_is_on_the_disk(shell: Shell):
    with batch_process(shell) as child:
        assert child.stdin
        assert child.stdout
        for number in range(3):
            child.stdin.write(f"open {number}\n")
            printed = child.stdout.readline().strip()
            assert f'title: "{number}"' in shell.text(printed)
        child.kill()
    assert shell.done("check").err == "3 files, 0 errors, 0 warnings\n"


def test_ctrl_c_ends_it(shell: Shell):
    with batch_process(shell) as child:
        say(child, "open x")
        child.send_signal(signal.SIGINT)
        out, err = child.communicate()
    assert (child.returncode, out, err.splitlines()[-1]) == (130, "", "desk: interrupted")


def test_what_is_said_and_printed_comes_in_order(shell: Shell):
    shell.open()
    script = f"note {ID} x\nlist -f ids\nshow nosuch\nlist -f ids\n"
    ran = subprocess.run(
        [sys.executable, "-m", "desk", "-C", str(shell.root), "--as", "chen", "batch"],
        input=script, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        env=environment(),
    )  # fmt: skip
    assert ran.stdout == (
        f"{ID} has a note (internal)\n{ID}\n"
        f"desk: line 3: no record is named 'nosuch'; `desk list --all` shows them\n{ID}\n"
        "desk: 1 of 4 lines failed\n"
    )


def test_a_reader_that_goes_away_ends_it(shell: Shell):
    reader, writer = os.pipe()
    os.close(reader)
    ran = subprocess.run(
        [sys.executable, "-m", "desk", "-C", str(shell.root), "--as", "chen", "batch"],
        input="list --all -f json\nopen x\n", stdout=writer, stderr=subprocess.PIPE, text=True,
        check=False, env=environment(),
    )  # fmt: skip
    os.close(writer)
    assert (ran.returncode, len(shell.files())) == (141, 1)


def test_a_full_disk_behind_the_output_ends_it(shell: Shell):
    with open("/dev/full", "w") as full:
        ran = subprocess.run(
            [sys.executable, "-m", "desk", "-C", str(shell.root), "--as", "chen", "batch"],
            input="show x\nlist --all -f json\nopen x\n", stdout=full, stderr=subprocess.PIPE,
            text=True, check=False, env=environment(),
        )  # fmt: skip
    assert (ran.returncode, len(shell.files())) == (74, 1)
    assert ran.stderr.endswith("desk: stopped at line 2; what stands behind it was not run\n")


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(script=scripts())
def test_a_batch_does_what_its_lines_do_one_by_one(shell: Shell, script: str):
    three_tickets(shell)
    one_by_one = [shell.run(*line.split()) for line in script.splitlines()]
    wanted = shell.files()
    three_tickets(shell)
    ran = shell.run("batch", stdin=script)
    assert shell.files() == wanted
    codes = {one.code for one in one_by_one} - {0}
    said = re.sub(r"(?m)^desk: line \d+: ", "desk: ", ran.err)
    said = re.sub(r"desk: \d+ of \d+ lines failed\n$", "", said)
    assert ran._replace(err=said) == Ran(
        codes.pop() if len(codes) == 1 else int(bool(codes)),
        "".join(one.out for one in one_by_one),
        "".join(one.err for one in one_by_one),
    )
