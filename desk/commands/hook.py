"""desk hook: what git runs before it takes a push or makes a commit."""

import os
import shlex
import sys
from contextlib import suppress
from datetime import UTC
from typing import TYPE_CHECKING

import click

from desk.commands.common import (
    command,
    data,
    dry_run_option,
    format_option_without_ids,
    from_stdin,
    show_table,
    tell,
)
from desk.errors import NotFoundError, RefusedError, StorageError, UsageError
from desk.groups import LazyGroup
from desk.session import Session, pass_session, session_options

if TYPE_CHECKING:
    from desk.git import Repository
    from desk.remote import Verdict

# command: (its module in desk.commands, its line in `desk hook --help`)
HOOK_COMMANDS = {
    "install": ("hook", "Have a repository check what is pushed to it or committed in it."),
    "verify": ("hook", "Check commits by the roles of desk.yaml."),
}
_COLUMNS = ("commit", "sentence")
_CHECKS_OBJECTS = "receive.fsckObjects=true"
MARK = "Written by `desk hook install`."


@click.group(
    "hook",
    cls=LazyGroup,
    known=HOOK_COMMANDS,
    epilog="Each command tells more: desk hook verify --help",
)
def hook_() -> None:
    """Hold what is pushed to a team's repository to the roles of desk.yaml.

    docs/teams.md tells what is refused.
    """


hook_.params += session_options()


@command(
    "install",
    "desk hook install /srv/git/helpdesk.git",
    "desk hook install . --dry-run",
)
@click.argument("directory", metavar="DIR")
@dry_run_option
@pass_session
def install_(session: Session, directory: str) -> None:
    """Have git check a repository: a bare one what is pushed to it, a desk's clone its commits.

    In a bare repository DIR it is the hook pre-receive, which runs `desk hook verify -`; in a clone
    pre-commit, which runs `desk check`. Another's hook of that name is never overwritten.
    """
    from desk import remote
    from desk.git import Repository

    if not directory:
        raise UsageError("DIR is empty; name a repository, or `.` for this clone")
    folder = os.path.normpath(os.path.join(session.folder, directory))
    if not os.path.isdir(folder) or not Repository(folder).exists:
        raise NotFoundError(f"{folder} is no git repository; make one with git init --bare")
    repository = Repository(folder)
    remote.check_names(repository)
    path, text = _hook(repository)
    is_bare = _is_bare(repository)
    _check_ours(path)
    if session.dry_run:
        data(text)
        tell(f"would write {path}" + f" and set {_CHECKS_OBJECTS}" * is_bare)
        return
    _write(path, text)
    if is_bare:
        repository.output("config", *_CHECKS_OBJECTS.split("="))
    tell(f"{path} is written" + f", {_CHECKS_OBJECTS} is set" * is_bare)


def _hook(repository: "Repository") -> tuple[str, str]:
    """Where a repository's hook is and what it says."""
    from desk import place

    hooks = os.path.join(repository.text("rev-parse", "--absolute-git-dir"), "hooks")
    settings = repository.answer("config", "--get-all", "core.hooksPath").text.splitlines()
    is_bare = _is_bare(repository)
    if len(settings) > 1:  # the last is our own
        hook, called = ("pre-receive", "hook verify -") if is_bare else ("pre-commit", "check")
        raise RefusedError(
            f"core.hooksPath is {settings[0]}, so git would not run a hook in {hooks}; "
            f"call `desk {called}` from {hook} there"
        )
    if is_bare:
        return os.path.join(hooks, "pre-receive"), _script("hook verify -")
    root = os.path.relpath(place.root_above(repository.folder), repository.top)
    return os.path.join(hooks, "pre-commit"), _script(f"-C {shlex.quote(root)} check")


def _is_bare(repository: "Repository") -> bool:
    return repository.text("rev-parse", "--is-bare-repository") == "true"


def _script(arguments: str) -> str:
    from desk import mergedriver

    return f"#!/bin/sh\n# {MARK}\nexec {mergedriver.program()} {arguments}\n"


def _check_ours(path: str) -> None:
    """Raise RefusedError where somebody else has written that hook."""
    if not os.path.lexists(path):
        return
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            ours = MARK in file.read(1000)
    except OSError as error:
        raise StorageError(f"{path}: {error.strerror}") from error
    if not ours or os.path.islink(path):
        raise RefusedError(
            f"{path} is there and not desk's; call desk from it, or move it away first"
        )


def _write(path: str, text: str) -> None:
    """Write an executable file, whole or not at all."""
    temporary = f"{path}.new"
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(temporary, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fchmod(file.fileno(), 0o755)
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        with suppress(OSError):
            os.unlink(temporary)
        raise StorageError(f"{error.filename or path}: {error.strerror}") from error


@command(
    "verify",
    "desk hook verify origin/main HEAD",
    "desk hook verify main topic -f json",
    "desk hook verify - < pushed",
)
@click.argument("old", metavar="OLD|-")
@click.argument("new", required=False)
@format_option_without_ids()
@pass_session
def verify_(session: Session, old: str, new: str | None, form: str) -> None:
    """Check the commits that NEW has and OLD has not, by the roles of desk.yaml at OLD.

    OLD of zeros is nothing: the roles are then those at NEW. `-` takes what git gives to
    pre-receive, `old new ref` a line, and the roles of the default branch. Works in any
    repository, given by -C, also a bare one. Ends with 1 where something is wrong, which it says in
    a line a commit.
    """
    from desk import remote
    from desk.git import Repository

    if (new is None) != (old == "-"):
        raise UsageError("give two commits, OLD and NEW, or `-` for the lines on standard input")
    repository = Repository(session.folder)
    if not os.path.isdir(session.folder) or not repository.exists:
        raise NotFoundError(f"{session.folder} is no git repository; name one with -C")
    remote.check_safe(repository)
    remote.check_names(repository)
    now = session.now_in(UTC)
    if new is None:
        updates = remote.updates_of(from_stdin("what is pushed"))
        verdict = remote.verify_push(repository, updates, now)
    else:
        verdict = remote.verify_range(repository, old, new, now)
    _show(verdict, form)


def _show(verdict: "Verdict", form: str) -> None:
    from desk import render

    if form == "markdown":
        show_table([list(map(render.shown, one)) for one in verdict.findings], _COLUMNS, form)
    elif form == "table":
        lines = (f"{commit[:12]} {render.safe(said)}\n" for commit, said in verdict.findings)
        click.echo("".join(lines), nl=False)
    else:
        data(render.rows([one._asdict() for one in verdict.findings], form, _COLUMNS))
    commits = f"{verdict.commits} {'commit' if verdict.commits == 1 else 'commits'}"
    if verdict.findings:
        sys.stdout.flush()
        raise RefusedError(f"{commits}, {len(verdict.findings)} refused")
    tell(f"{commits}, nothing is wrong")
