"""desk kb import and export: articles as Markdown files in a folder."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from desk import model, render
from desk.commands.common import (
    Damage,
    TermsCommand,
    article_terms_argument,
    command,
    data,
    dry_run_option,
    known_option,
    show_table,
    tell,
)
from desk.commands.import_ import progress_bar
from desk.commands.reading import article_filter, as_read_now, rights
from desk.errors import RefusedError, UsageError
from desk.model import Article, Value
from desk.session import Session, pass_session

if TYPE_CHECKING:
    from desk.query import Filter

_IMPORTED = (
    "file", "id", "outcome", "title", "links", "pictures", "because", "unresolved", "notes",
)  # fmt: skip
_EXPORTED = ("file", "id", "title", "pictures", "missing")
_form_option = click.option(
    "-f", "--format", "form", type=click.Choice(("table", "json", "ndjson")), default="table",
    show_default=True, help="How to report what became of each file.",
)  # fmt: skip


@command(
    "import",
    "desk kb import ~/runbooks --dry-run",
    "desk kb import docs --under handbook -f ndjson | jq 'select(.unresolved != [])'",
    "desk kb import handbook && desk kb list status:draft -f ids | desk kb submit -",
)
@click.argument("folder", type=click.Path())
@click.option("--under", metavar="PREFIX", default="", help="Put before the paths of the files.")
@click.option("--publish", is_flag=True, help="Publish the new ones, where no review is demanded.")
@click.option("--force", is_flag=True, help="Over what was changed on the desk since, too.")
@dry_run_option
@_form_option
@pass_session
def import_(
    session: Session, folder: str, under: str, publish: bool, force: bool, form: str
) -> None:
    """Bring in a folder of Markdown files as drafts, with front matter, links and pictures.

    A file is known again by its path, so the same folder brought in again changes nothing, and a
    changed file changes its article. Each file is listed with what became of its links and
    pictures. Ends with 1 if a file did not come in. docs/knowledge.md tells more.
    """
    from desk import markdownfile, markdownimport
    from desk.folder import Folder

    if under and not markdownfile.is_safe_path(under):
        raise UsageError(f"--under {under!r} is no path of plain names such as handbook/network")
    act = session.act()
    with progress_bar("files") as progress:
        report = markdownimport.import_folder(
            session.desk, Folder(folder), act, under=under, publish=publish, force=force,
            progress=progress,
        )  # fmt: skip
    rows = [row.as_dict() for row in report.rows]
    _show(rows, _IMPORTED, form)
    for sentence in report.sentences():
        tell(sentence)
    if report.refused:
        raise RefusedError(f"{report.refused} of {len(rows)} files did not come in")


@command(
    "export",
    "desk kb export ../handbook",
    "desk kb export site --for public",
    "desk kb export wifi category:network/wifi --force",
    cls=TermsCommand,
)
@click.argument("folder", type=click.Path())
@article_terms_argument
@known_option("audience", "--for", help="public, internal or a team: only what they may read.")
@click.option("--force", is_flag=True, help="Write into a folder that is not empty.")
@_form_option
@pass_session
def export_(
    session: Session, folder: str, terms: tuple[str, ...], audience: str | None, force: bool,
    form: str,
) -> None:  # fmt: skip
    """Write published articles as Markdown files into a folder, with front matter and pictures.

    All that you may read, or those of them that the TERMs ask for, as in `desk kb list`; a
    status: among the TERMs asks for others than published ones. What was imported goes where it
    came from, with the text that it had; else the category is the folder. `desk export` writes
    logs too. Nothing is removed from FOLDER: a file that an earlier export wrote there of an
    article that is now exported elsewhere or not at all is named, and the command ends with 1.
    """
    from desk import markdownexport
    from desk.folder import Folder

    audience = session.desk.policy.checked("audience", audience) if audience else None
    damage = Damage()
    out: set[str] = set()
    chosen = list(_chosen(session, article_filter(session, terms), audience, damage, out))
    _check_outside(session, folder)
    target = Folder(folder, make=True)
    was_empty = target.empty
    rows = list(markdownexport.write(session.desk, target, chosen, force=force))
    _show([row.as_dict() for row in rows], _EXPORTED, form)
    for row in rows:
        if row.instead_of:
            tell(f"{row.id} is written to {row.file}, as {row.instead_of} is taken")
    tell(f"{len(rows)} articles are written to {folder}")
    left = [] if was_empty else list(markdownexport.left_behind(target, rows, out))
    for one in left:
        tell(one.sentence(folder))
    damage.say()
    if left:
        raise RefusedError(f"{len(left)} files of an earlier export are left in {folder}")


def _chosen(
    session: Session, asked: "Filter", audience: str | None, on_damage: Damage, out: set[str]
) -> Iterator[tuple[Article, Article]]:
    """The articles to write, each as its file has it and as it is to be read, as of this run.

    Into `out` go the ids of all that would be written if nothing else were asked of them.
    """
    from desk import articles, markdownexport

    mine = rights(session)
    theirs = markdownexport.readers(audience) if audience else mine
    any_status = any(field == "status" for field, _ in asked.wanted())
    seen: set[str] = set()
    for article in session.desk.articles(on_damage):
        read = as_read_now(session, article, mine)
        shown = read and as_read_now(session, article, theirs) and articles.as_read_by(read, theirs)
        if shown is None or read is None:
            continue
        stood = model.as_of(article, session.now) if session.now_is_given else article
        seen.update(read.head)
        is_valid = shown.status in (articles.PUBLISHED, articles.OUTDATED)
        if is_valid:
            out.add(shown.id)
        if (any_status or is_valid) and asked.matches(read):
            yield stood, shown
    asked.check_fields(seen)


def _check_outside(session: Session, folder: str) -> None:
    """Raise RefusedError for a folder in which files could get among the desk's records."""
    within, root = os.path.realpath(folder) + os.sep, os.path.realpath(session.desk.root) + os.sep
    if root.startswith(within.replace(os.sep * 2, os.sep)):
        raise RefusedError(f"{folder} has this desk in it; name a folder beside the desk's files")
    for own in ("tickets", "kb", ".desk"):
        if within.startswith(os.path.realpath(os.path.join(session.desk.root, own)) + os.sep):
            raise RefusedError(f"{folder} is in {own} of this desk; name a folder outside of it")


def _show(rows: list[dict[str, Value]], columns: tuple[str, ...], form: str) -> None:
    if form == "table":
        cells = [[_cell(row[name]) for name in columns] for row in rows]
        show_table(cells, columns, form, whole=2)
    else:
        data(render.rows(rows, form))


def _cell(value: Value) -> str:
    """A value for a person; of counts those that are not 0, without their sum."""
    if isinstance(value, dict):
        value = [f"{count} {name}" for name, count in value.items() if count and name != "found"]
    return render.shown(value)
