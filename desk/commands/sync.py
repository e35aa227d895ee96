"""desk sync."""

import click

from desk.commands.common import command, tell
from desk.session import Session, pass_session


@command("sync", "desk sync", "desk sync --no-push")
@click.option("--no-push", is_flag=True, help="Commit, fetch and merge only.")
@pass_session
def sync_(session: Session, no_push: bool) -> None:
    """Bring this clone and its remote together: commit, fetch, merge, push.

    Commits what stands in tickets and kb, merges records by their events, and begins again
    if somebody was faster. Says what came in. docs/teams.md tells more.
    """
    from desk.commands import merge_driver
    from desk.gitsync import Sync

    merge_driver.offer(session.desk.root)
    sync = Sync(session.desk, session.act())
    try:
        outcome = sync.run(push=not no_push)
    finally:
        for note in sync.outcome.notes:
            tell(note)
    tell(
        f"committed: {outcome.committed}; merged from both sides: {outcome.together}; "
        f"{'pushed' if outcome.pushed else 'nothing pushed'}"
    )
