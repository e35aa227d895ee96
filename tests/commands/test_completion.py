"""Completion of queries, asked for by real shells at a terminal where they are installed."""

import os
import select
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support import ROOT, Shell, environment

VIEWS = 'views: {mine: "assignee:me", 未分配: "assignee:none"}\n'
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
    "desk queue --form<TAB>": ["queue", "--format", "x"],
}


def test_a_shell_completes_queries(terminal: Terminal):
    assert {line: terminal.completed(line) for line in LINES} == LINES
