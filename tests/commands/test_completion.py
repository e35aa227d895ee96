"""Completion of queries, asked for by real shells at a terminal where they are installed."""

import os
import select
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desk import cli, codec, conditions, terms
from desk.model import Ticket
from desk.render import safe
from desk.terms import Not, Term
from tests import strategies
from tests.support import NOW, ROOT, Shell, environment

VIEWS = 'views: {mine: "assignee:me", 未分配: "assignee:none"}\n'
TICKETS = (
    ("VPN", "--field", "asset=PC 7", "--field", "机房=二楼", "--requester", "李 伟",
     "--email", "li@example.com", "--external", "INC-1"),
    ("VPN", "--field", "asset=a, b", "--tag", "vpn", "--requester", "me"),
    ("VPN", "--field", 'asset=it\'s ("new"), 二', "--tag", "or",
     "--tag", "2("),
)  # fmt: skip
# How each shell is started without anybody's settings, and what makes it complete.
STARTED = {
    "bash": (["bash", "--norc", "--noprofile", "-i"],
             'eval "$(_DESK_COMPLETE=bash_source desk)"; bind "set bell-style none"'),
    "zsh": (["zsh", "-f", "-i"], "autoload -Uz compinit && compinit -D -u; "
            'eval "$(_DESK_COMPLETE=zsh_source desk)"; unsetopt beep list_beep'),
    "fish": (["fish", "--no-config", "-i"], "_DESK_COMPLETE=fish_source desk | source"),
}  # fmt: skip
# Completes for the shell, and else writes down the arguments that it was called with.
STAND_IN = f"""\
#!/bin/sh
if [ -n "$_DESK_COMPLETE" ]; then
    {sys.executable} -m desk "$@"
    echo done >> "$HOME/completed"
else
    printf '%s\\n' "$@" > "$HOME/new" && mv "$HOME/new" "$HOME/called"
fi
"""


class Terminal:
    """A shell at a terminal, in a home folder of its own."""

    def __init__(self, name: str, home: Path, desk: Path) -> None:
        self.home = home
        (home / "bin").mkdir(parents=True)
        stand_in = home / "bin" / "desk"
        stand_in.write_text(STAND_IN, encoding="utf-8")
        stand_in.chmod(0o755)
        words, start = STARTED[name]
        variables = environment(
            HOME=str(home), XDG_CONFIG_HOME=str(home), XDG_DATA_HOME=str(home), TERM="xterm",
            PATH=f"{home / 'bin'}:{os.environ['PATH']}", DESK_DIR=str(desk), LC_ALL="C.UTF-8",
            PYTHONPATH=str(ROOT), PS1="$ ",
        )  # fmt: skip
        self._child, self._handle = os.forkpty()
        if not self._child:
            os.execvpe(words[0], words, variables)
        self.type(f"{start}\n")
        self.type("desk ready\n")
        assert self.called() == ["ready"]

    def type(self, keys: str) -> None:
        """Type something, and read what comes until nothing more does."""
        os.write(self._handle, keys.encode())
        while select.select([self._handle], [], [], 0.05)[0]:
            os.read(self._handle, 65536)

    def called(self) -> list[str]:
        """The arguments of the next call of desk."""
        path = self.home / "called"
        self._until(path.exists)
        words = path.read_text(encoding="utf-8").splitlines()
        path.unlink()
        return words

    def completed(self, line: str) -> list[str]:
        """The arguments of a line in which `<TAB>` was completed and x typed behind it."""
        log = self.home / "completed"
        self.type(line.replace("<TAB>", "\t"))
        self._until(log.exists)
        log.unlink()
        self.type("")
        self.type("x\n")
        return self.called()

    def _until(self, there: Callable[[], bool]) -> None:
        end = time.monotonic() + 30
        while not there():
            assert time.monotonic() < end, "the shell does not answer"
            self.type("")

    def close(self) -> None:
        """End it."""
        os.close(self._handle)
        os.waitpid(self._child, 0)


@pytest.fixture(params=list(STARTED))
def terminal(request: pytest.FixtureRequest, shell: Shell, tmp_path: Path) -> Iterator[Terminal]:
    if not shutil.which(request.param):
        pytest.skip(f"{request.param} is not installed")
    policy = shell.root / "desk.yaml"
    text = policy.read_text(encoding="utf-8").replace("[incident,", '[incident, "data request",')
    policy.write_text(text + VIEWS, encoding="utf-8")
    for words in TICKETS:
        shell.open(*words)
    made = Terminal(request.param, tmp_path / "home", shell.root)
    yield made
    made.close()


LINES = {
    "desk list assi<TAB>": ["list", "assignee:x"],  # and no space, for the value comes next
    "desk list -team:net<TAB>": ["list", "-team:network", "x"],
    "desk list priority:P1,P<TAB>": ["list", "priority:P1,Px"],  # several may follow
    "desk list kind:data<TAB>": ["list", "kind:data request", "x"],
    "desk list @未<TAB>": ["list", "@未分配", "x"],
    "desk list 'team:network or team:ven<TAB>": ["list", "team:network or team:vendor", "x"],
    "desk list 'vpn asset:PC<TAB>": ["list", 'vpn asset:"PC 7"', "x"],
    "desk list \"vpn asset:PC<TAB>": ["list", 'vpn asset:"PC 7"', "x"],
    "desk list asset:PC\\ <TAB>": ["list", "asset:PC 7", "x"],
    "desk list asset:it<TAB>": ["list", 'asset:"it\'s (\\"new\\"), 二"', "x"],
    "desk list --sort -op<TAB>": ["list", "--sort", "-opened", "x"],
    "desk queue --form<TAB>": ["queue", "--format", "x"],
}  # fmt: skip


def test_a_shell_completes_queries(terminal: Terminal):
    assert {line: terminal.completed(line) for line in LINES} == LINES


# --- what is offered, without a shell ------------------------------------------------------


def offered(shell: Shell, *words: str, who: str = "chen") -> list[str]:
    """What completes the last of the words."""
    *before, begun = ("-C", str(shell.root), "--now", NOW, "--as", who, *words)
    completer = ShellComplete(cli.cli, {}, "desk", "_DESK_COMPLETE")
    return [item.value for item in completer.get_completions(before, begun)]


@pytest.fixture
def ticketed(shell: Shell) -> Shell:
    """A desk with tickets that have fields of its own."""
    for words in TICKETS:
        shell.open(*words)
    ended = shell.open("VPN", "--field", "ended=x", "--tag", "ended", "--requester", "Ended")
    shell.done("cancel", ended, "--because", "x")
    shell.rewrite("T-261121-A0001", "log:", "host: {rack: R 2, 名: db1}\n'no name': 1\nlog:")
    policy = shell.root / "desk.yaml"
    policy.write_text(policy.read_text(encoding="utf-8") + VIEWS, encoding="utf-8")
    return shell


OFFERED = {
    # names
    ("list", "ass"): ["assignee:", "asset:"],
    ("list", "机"): ["机房:"],
    ("list", "vpn (-ho"): ["vpn (-holder:", "vpn (-host:", "vpn (-host.rack:", "vpn (-host.名:"],
    ("list", "requester:李 ti"): ["requester:李 title:"],
    ("list", "no"): [],  # its name has a space
    ("list", "end"): [],  # of an ended ticket
    ("list", "title:x @"): ["title:x @mine", "title:x @未分配"],
    ("list", 'asset:"x"'): [],
    ("list", "(a)"): [],
    ("list", "asset:x,"): ['asset:x,"a, b"', 'asset:x,"it\'s (\\"new\\"), 二"', "asset:x,PC 7"],
    ("kb list", "asse"): [],
    # values
    ("list", "机房:"): ["机房:二楼", "机房:none"],
    ("list", "-机房:二"): ["-机房:二楼"],
    ("list", "asset:"): [
        'asset:"a, b"', 'asset:"it\'s (\\"new\\"), 二"', "asset:PC 7", "asset:none",
    ],
    ("list", "asset:pc"): ["asset:PC 7"],
    ("list", "asset:PC 7"): ["asset:PC 7"],
    ("list", 'asset:"P'): ['asset:"PC 7"'],
    ("list", 'asset:"PC 7'): ['asset:"PC 7"'],
    ("list", "asset:“P"): ['asset:"PC 7"'],
    ("list", 'asset:"a, '): ['asset:"a, b"'],
    ("list", 'asset:"no'): [],  # in quotes it is no word of the language
    ("list", "(vpn or asset:P"): ['(vpn or asset:"PC 7"'],
    ("list", "vpn asset:P"): ['vpn asset:"PC 7"'],
    ("list", "asset:~P"): [],
    ("list", "host:"): ["host:db1", "host:R 2", "host:none"],
    ("list", "host.rack:"): ["host.rack:R 2", "host.rack:none"],
    ("list", "tag:"): ['tag:"2("', "tag:or", "tag:vpn", "tag:none"],
    ("list", "tags:v"): ["tags:vpn"],
    ("list", "requester:"): ["requester:me", "requester:none", 'requester:"me"', "requester:李 伟"],
    ("list", "requester.name:"): [
        "requester.name:me", "requester.name:李 伟", "requester.name:none",
    ],
    ("list", "requester.email:"): ["requester.email:li@example.com", "requester.email:none"],
    ("list", "external:"): ["external:INC-1", "external:none"],
    ("list", "has:ass"): ["has:assign", "has:assignee", "has:asset"],
    ("list", "has:no "): ["has:no name"],
    ("list", "age:"): ["age:none"],
    ("list", "solution:"): ["solution:none"],
    ("queue", "asset:P"): ["asset:PC 7"],
    ("summarise", "机房:二"): ["机房:二楼"],
    ("kb list", "tag:"): ["tag:none"],
    # lists of values
    ("list", "priority:P1,"): ["priority:P1,P2", "priority:P1,P3", "priority:P1,P4"],
    ("list", "priority:P1,P1"): [],
    ("list", "priority:p1、P2，"): ["priority:p1、P2，P3", "priority:p1、P2，P4"],
    ("list", "priority:none,P1"): ["priority:none,P1"],
    ("list", "assignee:me,none,l"): ["assignee:me,none,lin"],
    ("list", "assignee:me,"): ["assignee:me,chen", "assignee:me,lin", "assignee:me,zhao"],
    ("list", "asset:PC 7,"): ['asset:PC 7,"a, b"'],  # a bracket parts what spaces keep together
    ("list", 'asset:"a, b",P'): ['asset:"a, b","PC 7"'],
    ("list", 'asset:"pc 7", "a'): [],  # that would be a phrase
    # options
    ("list", "--columns", "id,ti"): ["id,title"],
    ("list", "--columns", "title,ti"): [],
    ("list", "--columns", "asset,no"): ["asset,no name"],
    ("list", "--columns", "-op"): [],
    ("list", "--sort", "-op"): ["-opened"],
    ("list", "--sort", "-opened,pri"): ["-opened,priority", "-opened,priority_because"],
    ("list", "--sort", "opened,-op"): [],
    ("list", "--limit", "-op"): [],
    ("list", "vpn", "-机"): ["-机房:"],
    ("kb list", "--sort", "-re"): ["-review_by"],
    ("kb list", "--columns", "id,help"): ["id,helpful"],
    ("summarise", "--by", "te"): ["team"],
    ("summarise", "--by", "m"): ["month", "major"],
    ("summarise", "--by", "ag"): [],
    ("summarise", "--by", "机"): ["机房"],
}  # fmt: skip


def test_what_is_offered(ticketed: Shell):
    found = {asked: offered(ticketed, *asked[0].split(), *asked[1:]) for asked in OFFERED}
    assert found == OFFERED


def test_it_never_fails_and_says_nothing(ticketed: Shell, capfd: pytest.CaptureFixture[str]):
    ticketed.path("T-261121-A0002").write_text("id: [", encoding="utf-8")
    asked = {"asset:": ["asset:PC 7", "asset:none"], "ass": ["assignee:"], "asse": [], "tag:x": []}
    ticketed.path("T-261121-A0003").write_text("\0", encoding="utf-8")
    asked["ass"].append("asset:")
    asked["asse"].append("asset:")
    assert {begun: offered(ticketed, "list", begun) for begun in asked} == asked
    assert offered(ticketed, "list", "asset:", who="nobody") == []
    (ticketed.root / "desk.yaml").write_text("nonsense: [", encoding="utf-8")
    assert offered(ticketed, "list", "asset:") == []
    assert capfd.readouterr() == ("", "")


_SPACED = "asset:stands there,"


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    values=st.lists(
        strategies.texts(20) | st.text('"“”()（）:：,，、-@~<>.*or None|\\a', max_size=12),
        min_size=1, max_size=3, unique_by=str.casefold,
    ),
    begun=st.sampled_from(
        ["asset:", 'asset:"', "-asset:", "vpn asset:", "(vpn or asset:", "asset:stands,", _SPACED]
    ),
)  # fmt: skip
def test_what_is_offered_is_taken_as_that_value(shell: Shell, values: list[str], begun: str):
    """Each that can be typed at all, whatever it holds, in any place of a query.

    But for one behind a value with spaces, of which only what is sure is offered.
    """
    if not shell.files().keys() - {"desk.yaml"}:
        shell.open("vpn")
    path = shell.path("T-261121-A0001")
    fields = {"id": path.stem, "title": "vpn", "status": "new", "opened": NOW}
    path.write_text(codec.dump(Ticket({**fields, "asset": values}, ())), encoding="utf-8")
    wanted = [one for one in values if one and one == one.strip() and safe(one) == one]
    texts = []
    for query in (one + ")" * one.startswith("(") for one in offered(shell, "list", begun)):
        text = _last_value(query)
        if text is not None:
            texts.append(text)
            listed = shell.done("list", query, "-f", "ids").out.split()
            assert (listed == [path.stem]) == (query[0] != "-")
    assert sorted(texts) == sorted(wanted) or (begun == _SPACED and {*texts} <= {*wanted})


def _last_value(query: str) -> str | None:
    """The text that stands last in a query, None for a word of the language itself."""
    tree = terms.parse([query], conditions.ASKED)
    while not isinstance(tree, Term):
        tree = tree.inner if isinstance(tree, Not) else tree.parts[-1]
    assert tree.field == "asset"
    value = tree.values[-1]
    return value.text if value.sign == "=" else None
