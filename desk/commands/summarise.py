"""desk summarise."""

from typing import cast

import click

from desk import query, render, yamltext
from desk.commands.common import (
    Damage,
    TermsCommand,
    command,
    data,
    format_option,
    page,
    terminal_width,
    terms_argument,
)
from desk.commands.promised import policy_option, promises_of
from desk.errors import UsageError, nearest
from desk.fields import DERIVED, canonical
from desk.model import Value
from desk.session import Session, pass_session

# People are told apart by name, not by all that is known of how to reach them.
_OF_PROMISES = {
    "respond_attainment", "update_attainment", "resolve_attainment", "breached", "at_risk",
}  # fmt: skip
_GROUPED = {"requester": "requester.name"}


@command(
    "summarise",
    "desk summarise",
    "desk summarise --by team --since 30d",
    "desk summarise category:network --by month --since 2026-01-01 -f json",
    "desk summarise --define",
    cls=TermsCommand,
)
@terms_argument
@click.option("--by", metavar="FIELD", multiple=True, help="By field, or day, week, month …")
@click.option("--since", metavar="TIME", help="What happened from then on.")
@click.option("--until", metavar="TIME", help="What happened before then.")
@click.option("--measures", metavar="NAME,…", default="", help="These measures only.")
@policy_option
@click.option("--define", is_flag=True, help="Print what each measure means.")
@format_option
@pass_session
def summarise_(
    session: Session,
    /,
    terms: tuple[str, ...],
    by: tuple[str, ...],
    since: str | None,
    until: str | None,
    measures: str,
    other: str | None,
    define: bool,
    form: str,
) -> None:
    """Figures of the desk, computed from the tickets' own logs as of now (or --now).

    TERMs choose tickets as in `desk list`. Counts are of what happened in the period; the
    backlog is that at its end.
    """
    from desk import summary
    from desk.definitions import DEFINITIONS
    from desk.periods import TIME_FIELDS

    names = [name.strip() for name in measures.split(",") if name.strip()]
    for name in names:
        if name not in DEFINITIONS:
            raise UsageError(f"no measure is named {name!r}; {nearest(name, DEFINITIONS)}")
    if define:
        _define(names or list(DEFINITIONS), form)
        return
    by = tuple(_GROUPED.get(name) or canonical(name) for name in by)
    if derived := sorted({*by} & {*DERIVED}):
        raise UsageError(f"--by {derived[0]} is not possible: it is no field of the head")
    start, end = session.moment(since), session.moment(until)
    if start and start >= (end or session.now):
        raise UsageError("the period is empty: --since is not before --until or now")
    damage = Damage()
    promises = promises_of(session, other)
    asked = session.filter(terms, promises)
    seen: set[str] = set()
    found = summary.summarise(
        asked.among(session.desk.tickets(damage), seen, end or session.now),
        now=session.now,
        since=start,
        until=end,
        by=by,
        filter_text=asked.text,
        zone=session.desk.policy.zone,
        promises=promises if not names or _OF_PROMISES & {*names} else None,
    )
    fields = [name for name in by if name not in TIME_FIELDS]
    asked.check_fields(seen)
    query.check_names(fields, seen)
    # A TypedDict is a dict of values, which the checker cannot see.
    figures = cast(dict[str, Value], found)
    if form == "table":
        page(render.figures(figures, names, by, terminal_width()))
    else:
        _for_programs(figures, names, by, form)
    damage.say()


def _for_programs(
    figures: dict[str, Value], names: list[str], by: tuple[str, ...], form: str
) -> None:
    if form == "ids":
        raise UsageError("figures have no ids; take another --format")
    if names:
        groups = figures["groups"]
        for part in (figures, *(groups if isinstance(groups, list) else ())):
            if isinstance(part, dict) and isinstance(found := part["measures"], dict):
                part["measures"] = {name: found[name] for name in names if name in found}
    if form == "json":
        data(render.as_json(figures) + "\n")
    elif form == "yaml":
        data(yamltext.dump_value(figures))
    else:
        data(render.rows(render.figure_rows(figures, by), form))


def _define(names: list[str], form: str) -> None:
    from desk.definitions import DEFINITIONS

    rows: list[render.Row] = [
        {"measure": n, "unit": DEFINITIONS[n].unit, "definition": DEFINITIONS[n].text,
         "source": DEFINITIONS[n].source}
        for n in names
    ]  # fmt: skip
    if form != "table":
        data(render.rows(rows, form))
        return
    page(
        "\n".join(
            f"{row['measure']} ({row['unit']})\n  {row['definition']}\n  Source: {row['source']}\n"
            for row in rows
        )
    )
