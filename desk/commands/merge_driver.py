"""desk merge-driver."""

import click

from desk.commands.common import at_terminal, command, tell
from desk.errors import UsageError
from desk.session import Session, pass_session


@command(
    "merge-driver",
    "desk merge-driver --install",
    "git config merge.desk.driver   # what git calls: desk merge-driver %O %A %B %P",
)
@click.argument("files", metavar="[BASE OURS THEIRS [PATH]]", nargs=-1)
@click.option("--install", is_flag=True, help="Let git in this clone merge records with desk.")
@click.option("--uninstall", is_flag=True, help="Take that out of this clone's .git/config.")
@pass_session
def merge_driver_(session: Session, files: tuple[str, ...], install: bool, uninstall: bool) -> None:
    """Merge two versions of a record for git, or let git know of it.

    Git calls it for the files that .gitattributes name; the result goes into OURS. Ends with
    1 and leaves OURS as it is where a version cannot be read, or where they are two records.
    """
    if len(files) not in ((0,) if install or uninstall else (3, 4)) or (install and uninstall):
        raise UsageError(
            "give --install, --uninstall, or what git gives: BASE OURS THEIRS and the PATH"
        )
    if not files:
        _set_up(session.folder, install=install)
        return
    from desk import mergedriver

    mergedriver.merge_files(*files[:3], name=files[3] if len(files) == 4 else files[1])


def _set_up(folder: str, *, install: bool) -> None:
    from desk import mergedriver
    from desk.git import Repository

    repository = Repository(folder)
    mergedriver.set_up(repository, install=install)
    where = repository.private("config")
    if install:
        tell(f"git merges records of this clone with desk now ({where}, merge.desk.driver)")
    else:
        tell(f"git does not know desk's merge driver any more ({where})")


def offer(folder: str) -> None:
    """Ask a person whether git shall merge records with desk, where nobody has decided that yet."""
    if not at_terminal():
        return
    from desk import mergedriver
    from desk.git import Repository

    repository = Repository(folder)
    if not repository.exists or mergedriver.is_decided(repository):
        return
    question = "Shall `git pull` in this clone merge records with desk (merge.desk.driver)?"
    if click.confirm(question, default=True, err=True):
        _set_up(folder, install=True)
    else:
        mergedriver.decline(repository)
