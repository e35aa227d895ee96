"""desk diff."""

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

import click

from desk import render, revisions, story
from desk.changes import Change
from desk.commands.common import (
    Damage,
    command,
    data,
    format_option,
    page,
    show_table,
    tell,
    terminal_width,
)
from desk.commands.reading import may_read_whole
from desk.git import Repository
from desk.model import Article, Record
from desk.session import Session, pass_session


@command(
    "diff",
    "desk diff",
    "desk diff 7d",
    "desk diff origin/main -f ndjson",
    "desk diff 2026-11-01 2026-12-01",
)
@click.argument("revs", nargs=-1, metavar="[REV [REV]]")
@format_option
@pass_session
def diff_(session: Session, revs: tuple[str, ...], form: str) -> None:
    """Tell what happened at the desk: since the last commit, since REV, or between two.

    A REV is a commit, a branch, a tag, or a moment: then it is the last commit of this branch
    until that moment. Formats for programs have the shape of `desk watch`.
    """
    if any("..." in one or one.startswith("^") for one in revs):
        raise click.UsageError("a REV is one commit or moment; two are `OLD NEW` or `OLD..NEW`")
    if len(revs) == 1 and ".." in revs[0]:  # as git writes two
        begin, _, end = revs[0].partition("..")
        revs = (begin or "HEAD", end or "HEAD")
    if len(revs) > 2:
        raise click.UsageError("at most two REVs can stand here")
    damage = Damage()
    repository = revisions.repository_of(session.desk)
    ends = [revisions.named(repository, rev, session.now) for rev in revs]
    old = ends[0] if ends else revisions.head_of(repository)
    new = ends[1] if len(ends) == 2 else None
    found = changes_between(session, repository, old, new, damage)
    show_changes(session, found, form)
    tell(story.count(found))
    damage.say()


def changes_between(
    session: Session,
    repository: Repository,
    old: str,
    new: str | None,
    damage: Damage,
    known: Mapping[str, Sequence[Change]] = MappingProxyType({}),
    anew: Collection[str] = (),
) -> list[Change]:
    """What changed between two commits, or to the work tree, of what one may read.

    `known` has what need not be looked for, by the record's id; `anew` are the ids that another
    record has had before.
    """

    def wanted(record: Record) -> bool:
        return not isinstance(record, Article) or may_read_whole(session, record)

    found = revisions.changes_between(
        repository, session.desk, old, new, damage, wanted, known, anew
    )
    return [*found]


def show_changes(session: Session, found: Sequence[Change], form: str) -> None:
    """Print changes in words, or in a format for programs."""
    if form == "table":
        page(story.text(story.lines(found, session.now), terminal_width()))
    elif form == "markdown":
        lines = story.lines(found, session.now)
        cells = [[render.shown(cell) for cell in line] for line in lines]
        show_table(cells, story.Line._fields, form)
    else:
        data(render.rows(found, form))
