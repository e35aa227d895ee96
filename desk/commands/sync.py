"""desk sync."""

import os
from typing import TYPE_CHECKING

import click

from desk.commands.common import Damage, command, format_option, tell
from desk.session import Session, pass_session

if TYPE_CHECKING:
    from desk.gitsync import Sync


@command("sync", "desk sync", "desk sync --no-push", "desk sync -f ndjson")
@click.option("--no-push", is_flag=True, help="Commit, fetch and merge only.")
@format_option
@pass_session
def sync_(session: Session, no_push: bool, form: str) -> None:
    """Bring this clone and its remote together: commit, fetch, merge, push.

    Commits what stands in tickets and kb, merges records by their events, and begins again
    if somebody was faster. Tells what came in, as `desk diff` does. docs/teams.md tells more.
    """
    from desk.commands import merge_driver
    from desk.errors import DeskError, RefusedError
    from desk.gitsync import Sync

    if session.dry_run:
        raise RefusedError(
            "sync cannot be tried in a dry run; `desk diff` tells what it would send"
        )
    _check_desk(session)
    merge_driver.offer(session.desk.root)
    sync = Sync(session.desk, session.act())
    try:
        sync.run(push=not no_push)
    except DeskError:
        _tell(session, sync, form, "")
        raise
    _tell(session, sync, form, "nothing new here or there")


def _check_desk(session: Session) -> None:
    """Raise NotFoundError where there is no desk, with the way to one that the remote has."""
    from desk.errors import NotFoundError
    from desk.git import Repository

    try:
        _ = session.desk
    except NotFoundError as error:
        repository = Repository(session.folder)
        if os.path.isdir(session.folder) and repository.exists and repository.remotes():
            raise NotFoundError(
                f"there is no desk.yaml in {session.folder} yet; git pull brings that of the "
                "team's repository, and `desk init` begins a new one"
            ) from error
        raise


def _tell(session: Session, sync: "Sync", form: str, nothing: str) -> None:
    """Print what happened elsewhere, and say what was done."""
    from desk import story
    from desk.commands.diff import changes_between, show_changes

    outcome = sync.outcome
    for note in outcome.notes:
        tell(note)
    damage = Damage()
    came = []
    if outcome.before and outcome.after:
        ends = outcome.before, outcome.after
        own = dict.fromkeys(outcome.new_ids.values(), ())
        known = {**outcome.came, **own}
        came = changes_between(session, sync.repository, *ends, damage, known, outcome.new_ids)
    show_changes(session, came, form)
    said = [f"came in: {story.count(came)}"] if came else []
    said += [f"{outcome.committed} committed"] if outcome.committed else []
    said += [f"{outcome.together} merged that both sides had changed"] if outcome.together else []
    said += ["pushed"] if outcome.pushed else []
    if said or (nothing and not damage.errors):
        tell("; ".join(said) or nothing)
    for error in damage.errors:
        tell(f"came in and cannot be read: {error}")
