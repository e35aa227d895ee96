"""Writes into docs/format.md what each command changes: `python -m tests.command_diffs`.

The commands run one after the other in a desk under git; what `git diff` shows after each
stands there.
"""

import contextlib
import os
import re
import shlex
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from desk import store
from tests.support import POLICY, ROOT, run

PAGE = ROOT / "docs" / "format.md"
BEGIN, END = "<!-- by tests.command_diffs -->\n", "<!-- end -->\n"
NEW, OTHER, THIRD, ARTICLE = "A0001", "A0002", "A0003", "A0004"
PROMISES = """\
targets: [{respond: 4h, update: 8h, resolve: 40h}]
remind_before: 1d
close_after: 2d
"""
# Each with who does it.
COMMANDS: Sequence[tuple[str, str]] = (
    ("chen", 'desk open "VPN drops" --category vpn --requester 李伟 -d "Since Monday."'),
    ("chen", 'desk open "VPN 断线" --team network'),
    ("chen", 'desk open "No network at all" --team network'),
    ("chen", f"desk classify {NEW} --impact department"),
    ("chen", f"desk assign {NEW} --to chen"),
    ("chen", f'desk note {NEW} "试过重启"'),
    ("chen", f'desk reply {NEW} "Which version?"'),
    ("chen", f"desk hold {NEW} --for requester --until 3d"),
    ("chen", f"desk resume {NEW}"),
    ("chen", f'desk escalate {NEW} --to-team network --because "The router."'),
    ("chen", f"desk link {NEW} related {OTHER}"),
    ("chen", f"desk unlink {NEW} related {OTHER}"),
    ("chen", f"desk link {OTHER} duplicate-of {NEW}"),
    ("chen", f"desk edit {NEW} --set rack=7 --set title=VPN"),
    ("chen", "desk undo"),
    ("lin", f'desk resolve {NEW} --solution "New certificate" --code fixed'),
    ("lin", f'desk reopen {NEW} --because "It drops again."'),
    ("lin", f'desk resolve {NEW} --solution "New router" --code fixed'),
    ("lin", f"desk close {NEW} --confirmed"),
    ("chen", f"desk survey {NEW} --score 5"),
    ("chen", f'desk cancel {THIRD} --because "It is back."'),
    ("chen", "desk tick --now 2026-11-26T09:00+08:00"),
    ("lin", f"desk kb from {NEW}"),
    ("lin", f"desk kb edit {ARTICLE} --set audience=public"),
    ("lin", f"desk kb submit {ARTICLE}"),
    ("zhao", f'desk kb reject {ARTICLE} --because "Which router?"'),
    ("lin", f"desk kb submit {ARTICLE}"),
    ("zhao", f"desk kb approve {ARTICLE}"),
    ("chen", f'desk kb unhelpful {ARTICLE} --because "The menu has moved."'),
    ("chen", f"desk kb helpful {ARTICLE}"),
    ("zhao", f"desk kb renew {ARTICLE} --until 2027-06-01"),
    ("zhao", f"desk kb retire {ARTICLE}"),
)


class Ran(NamedTuple):
    """A command, the diff that git shows after it, and the desk's folder then."""

    line: str
    diff: str
    folder: Path


def ran() -> Iterator[Ran]:
    """Run the commands one after the other."""
    drawn = store.random_number
    numbers = iter(range((10 << 20) + 1, 11 << 20))
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "desk"
        store.make(str(root), POLICY + PROMISES)
        _git(root, "init", "--quiet")
        store.random_number = lambda: next(numbers)
        try:
            for minutes, (who, line) in enumerate(COMMANDS):
                _git(root, "add", "--all")
                _git(root, "-c", "user.name=x", "-c", "user.email=x", "commit", "-qm", "x")
                at = f"2026-11-21T{9 + minutes // 60:02}:{minutes % 60:02}:00+08:00"
                words = shlex.split(line)[1:]
                now = [] if "--now" in words else ["--now", at]
                done = run(["-C", str(root), *now, "--as", who, *words])
                assert done.code == 0, done
                _git(root, "add", "--all", "--intent-to-add")
                yield Ran(line, _git(root, "diff", "-U1"), root)
        finally:
            store.random_number = drawn


def _git(root: Path, *words: str) -> str:
    settings = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(
        ["git", *words], cwd=root, check=True, capture_output=True, text=True,
        env={**os.environ, **settings},
    )  # fmt: skip
    return done.stdout


def text() -> str:
    """The section: each command with its diff."""
    return "\n".join(f"```diff\n$ {one.line}\n{_shown(one.diff)}```\n" for one in ran())


def _shown(diff: str) -> str:
    """A diff without what git says of objects and modes; the place of a hunk is left out too."""
    lines = []
    for line in diff.splitlines():
        if line.startswith("+++ b/"):
            lines.append(f"# {line.removeprefix('+++ b/')}")
        elif line.startswith("@@"):
            lines.append("@@")
        elif not line.startswith(("diff --git ", "index ", "new file", "--- ", "similarity")):
            lines.append(line)
    return re.sub(r"(# [^\n]*\n)@@\n(?=\+id: )", r"\1", "".join(f"{line}\n" for line in lines))


def page() -> str:
    """The document with the section as it is."""
    whole = PAGE.read_text(encoding="utf-8")
    before, _, rest = whole.partition(BEGIN)
    return f"{before}{BEGIN}\n{text()}\n{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    with contextlib.suppress(FileNotFoundError):
        PAGE.write_text(page(), encoding="utf-8")
