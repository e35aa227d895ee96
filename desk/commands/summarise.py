"""desk summarise."""

import math
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple, cast

import click

from desk import render, yamltext
from desk.commands.common import (
    Damage,
    TermsCommand,
    command,
    completed_by,
    data,
    format_option_without_ids,
    page,
    terminal_width,
    terms_argument,
)
from desk.commands.promised import policy_option, promises_of
from desk.errors import UsageError, nearest
from desk.fields import DERIVED, canonical
from desk.model import Value
from desk.session import Session, pass_session

if TYPE_CHECKING:
    from desk.facts import Case
    from desk.factset import FactSet
    from desk.query import Filter
    from desk.summary import Summary

# People are told apart by name, not by all that is known of how to reach them.
_GROUPED = {"requester": "requester.name"}


@command(
    "summarise",
    "desk summarise",
    "desk summarise --by team --since 30d",
    "desk summarise category:network --by month --since 2026-01-01 -f json",
    "desk summarise --by team -f openmetrics > desk.prom",
    "desk summarise --define",
    cls=TermsCommand,
)
@terms_argument
@click.option(
    "--by",
    metavar="FIELD",
    multiple=True,
    help="By field, or day, week, month …",
    shell_complete=completed_by("complete_groups"),
)
@click.option("--since", metavar="TIME", help="What happened from then on.")
@click.option("--until", metavar="TIME", help="What happened before then.")
@click.option("--measures", metavar="NAME,…", default="", help="These measures only.")
@policy_option
@click.option("--define", is_flag=True, help="Print what each measure means.")
@format_option_without_ids("openmetrics")
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
    from desk.definitions import DEFINITIONS

    names = [name.strip() for name in measures.split(",") if name.strip()]
    for name in names:
        if name not in DEFINITIONS:
            raise UsageError(f"no measure is named {name!r}; {nearest(name, DEFINITIONS)}")
    if define:
        if form == "openmetrics":
            raise UsageError("definitions are no metrics; take another --format")
        _define(names or list(DEFINITIONS), form)
        return
    question = _question(session, terms, by, since, until, other)
    found, damage = session.index.answered(lambda: _summary(session, question), every=True)
    if names:
        for part in (found, *found["groups"]):
            kept = part["measures"]
            part["measures"] = {name: kept[name] for name in names if name in kept}
    if form == "openmetrics":
        from desk import openmetrics

        asked_for = {"filter": found["filter"], "since": since or "", "until": until or ""}
        said = {key: text for key, text in asked_for.items() if text}
        data(openmetrics.text(found, question.by, said))
    else:
        _print(found, names, question.by, form)
    damage.say()


class _Question(NamedTuple):
    """What is to be summarised; `policy` is that of another file, if one was named."""

    terms: tuple[str, ...]
    by: tuple[str, ...]
    since: datetime | None
    until: datetime | None
    policy: str | None


def _question(
    session: Session,
    terms: tuple[str, ...],
    by: tuple[str, ...],
    since: str | None,
    until: str | None,
    policy: str | None,
) -> _Question:
    by = tuple(_GROUPED.get(name) or canonical(name) for name in by)
    if derived := sorted({*by} & {*DERIVED}):
        raise UsageError(f"--by {derived[0]} is not possible: it is no field of the head")
    start, end = session.moment(since), session.moment(until)
    if start and start >= (end or session.now):
        raise UsageError("the period is empty: --since is not before --until or now")
    return _Question(terms, by, start, end, policy)


def _summary(session: Session, question: _Question) -> "tuple[Summary, Damage]":
    """The figures, and the damaged files met on the way."""
    from desk import summary
    from desk.periods import TIME_FIELDS

    damage = Damage()
    seen: set[str] = set()
    promises = promises_of(session, question.policy)
    asked = session.filter(question.terms, promises)
    # Without conditions and groups only the facts of most tickets are needed.
    whole = not (question.terms or question.by or question.policy)
    since = summary.end_of(session.now, question.until) if whole else -math.inf
    settled, cases = _facts(session, asked, question, damage, seen, since)
    found = summary.summarise(
        cases,
        settled=settled,
        now=session.now,
        since=question.since,
        until=question.until,
        by=question.by,
        filter_text=asked.text,
        zone=session.desk.policy.zone,
        promises=promises,
    )
    fields = [name for name in question.by if name not in TIME_FIELDS]
    session.check_fields(asked, fields, seen)
    return found, damage


def _facts(
    session: Session,
    asked: "Filter",
    question: _Question,
    damage: Damage,
    seen: set[str],
    since: float,
) -> "tuple[FactSet | None, Iterator[Case]]":
    """The facts of the tickets that fit: by the desk's own rules those that the index has."""
    moment = question.until or session.now
    if question.policy:
        from desk import facts

        tickets = asked.among(session.index.tickets(damage), seen, moment)
        return None, map(facts.case, tickets)
    settled, cases = session.index.facts(damage, since)
    if asked.empty:
        return settled, cases
    fits = asked.judge(seen, moment)
    return settled, (case for case in cases if fits(case.ticket()))


def _print(found: "Summary", names: list[str], by: tuple[str, ...], form: str) -> None:
    from desk import figures

    if form in render.FOR_PEOPLE:
        page(figures.tables(found, names, by, form=form, width=terminal_width()))
    elif form in ("json", "yaml"):
        # A TypedDict is a dict of values, which the checker cannot see.
        whole = cast(dict[str, Value], found)
        data(render.as_json(whole) + "\n" if form == "json" else yamltext.dump_value(whole))
    else:
        data(render.rows(figures.figure_rows(found, by), form))


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
