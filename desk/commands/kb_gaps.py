"""desk kb gaps."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from desk import render
from desk.commands.common import (
    Damage,
    command,
    data,
    format_option,
    page,
    table_text,
    tell,
)
from desk.commands.reading import all_articles, rights
from desk.errors import RefusedError, UsageError
from desk.roles import READ_INTERNAL
from desk.session import Session, pass_session

if TYPE_CHECKING:
    from desk.gaps import Gap

_KINDS = ("write", "category", "search", "unused", "unhelpful", "outdated", "duplicate")


@command(
    "gaps",
    "desk kb gaps",
    "desk kb gaps --since 30d --limit 3",
    "desk kb gaps --only write -f ids | head -1",
    "desk kb gaps --only unhelpful --only outdated -f csv",
    "desk kb gaps --define",
)
@click.option(
    "--since", metavar="TIME", default="90d", show_default=True, help="What happened from then on."
)
@click.option("--only", type=click.Choice(_KINDS), multiple=True, help="These, not the others.")
@click.option(
    "--limit", metavar="N", type=click.IntRange(min=0), default=10, show_default=True,
    help="At most so many of each.",
)  # fmt: skip
@click.option("--define", is_flag=True, help="Print how each is found and what its number is.")
@format_option
@pass_session
def gaps_(
    session: Session, since: str, only: tuple[str, ...], limit: int, define: bool, form: str
) -> None:
    """Show what the articles lack: what to write next, and which of them need work.

    What to write next is told by similar tickets that were resolved without an article, the most
    that one would have saved first; draft it with `desk kb from ID`. Then come categories without
    an article, what was looked for in vain in this clone, and articles that are unused, found
    unhelpful, outdated, or much like another. It is about the articles that you may read.
    """
    if define:
        _define(only or _KINDS, form)
        return
    who = rights(session)
    if not who.may(READ_INTERNAL):
        raise RefusedError(
            f"what is missing is told by other people's tickets, and {who.who} may not read what "
            "is internal; `roles` in desk.yaml say who may"
        )
    damage = Damage()
    found = _found(session, since, only or _KINDS, damage)
    shown = [gap for kind in _KINDS for gap in [g for g in found if g.kind == kind][:limit]]
    if form in render.FOR_PEOPLE:
        page(_tables(shown, form))
    else:
        rows = [_row(gap) for gap in shown if gap.id or form != "ids"]
        data(render.rows(rows, form, _COLUMNS))
    if not found:
        tell("no gap is found")
    if len(found) > len(shown):
        tell(f"{len(found)} are found; --limit shows more of each")
    damage.say()


_COLUMNS = ("kind", "id", "value", "title", "number", "why")


def _found(session: Session, since: str, kinds: Sequence[str], damage: Damage) -> "Sequence[Gap]":
    from desk import gaps, searchlog

    begin = session.moment(since)
    if begin is None or begin >= session.now:
        raise UsageError("the period is empty: --since is not before now")
    _, cases = session.index.facts(damage, begin.timestamp())
    tickets = list(session.as_of_now(case.ticket() for case in cases))
    kb = list(all_articles(session, lambda _: None))
    searches = searchlog.remembered(session.desk)
    return gaps.find(tickets, kb, searches, begin, session.now, kinds)


def _row(gap: "Gap") -> render.Row:
    return {name: value if value != "" else None for name, value in gap._asdict().items()}


def _tables(found: "Sequence[Gap]", form: str) -> str:
    """A table for each kind that there is something of, below its heading."""
    from desk.gaps import DEFINITIONS

    texts = []
    for kind in _KINDS:
        heading, number, _ = DEFINITIONS[kind]
        own = [gap for gap in found if gap.kind == kind]
        names = [name for name in ("id", "value", "title") if any(getattr(g, name) for g in own)]
        cells = [
            [render.shown(getattr(gap, name)) for name in ("number", *names, "why")] for gap in own
        ]
        headers = [number, *(_HEADERS.get((kind, name), name) for name in names), "why"]
        if own:
            mark = "## " if form == "markdown" else ""
            between = "\n" if form == "markdown" else ""
            whole = headers.index("why")
            table = table_text(cells, headers, form, whole=min(whole, 3))
            texts.append(f"{mark}{heading}\n{between}{table}")
    return "\n".join(texts)


_HEADERS = {
    ("write", "id"): "draft from",
    ("search", "value"): "words",
    ("duplicate", "value"): "of",
    **{(kind, "value"): "category" for kind in ("write", "category", "unused", "unhelpful",
                                                "outdated")},
}  # fmt: skip


def _define(kinds: Sequence[str], form: str) -> None:
    from desk.gaps import DEFINITIONS

    rows: list[render.Row] = [
        {"kind": kind, "number": DEFINITIONS[kind].number, "definition": DEFINITIONS[kind].text}
        for kind in _KINDS
        if kind in kinds
    ]
    if form != "table":
        data(render.rows(rows, form))
        return
    page("\n".join(f"{r['kind']} ({r['number']})\n  {r['definition']}\n" for r in rows))
