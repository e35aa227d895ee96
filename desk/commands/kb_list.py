"""desk kb list, show and history."""

import click

from desk import conditions, query, render
from desk.articles import DERIVED, RETIRED
from desk.commands.common import (
    Damage,
    TermsCommand,
    article_terms_argument,
    command,
    data,
    fields_option,
    format_option,
    show_table,
    tell,
)
from desk.commands.list import cell_of, columns_of, row_of
from desk.commands.reading import all_articles, article_filter, articles_argument
from desk.commands.show_history import show_logs, show_named
from desk.fields import by_fields, field_value
from desk.model import ARTICLE_FIELDS, Article
from desk.session import Session, pass_session
from desk.store import as_article

_COLUMNS = ("id", "status", "title", "audience", "category", "owner", "uses", "needs")
_SORT = "category,title"


@command(
    "list",
    "desk kb list",
    "desk kb list needs:work owner:me",
    "desk kb list status:outdated --sort review_by",
    "desk kb list 卡纸 audience:public -f ids",
    "desk kb list --columns id,title,uses,helpful,unhelpful -f csv",
    cls=TermsCommand,
)
@article_terms_argument
@click.option("--all", "everything", is_flag=True, help="Retired ones too.")
@fields_option("--sort", "FIELD,-FIELD", "By these.", "complete_article_columns", _SORT)
@click.option("--limit", metavar="N", type=click.IntRange(min=0), help="At most so many.")
@fields_option("--columns", "FIELD,…", "These fields only.", "complete_article_columns")
@format_option
@pass_session
def list_(
    session: Session,
    terms: tuple[str, ...],
    everything: bool,
    sort: str,
    limit: int | None,
    columns: str,
    form: str,
) -> None:
    """List the articles that you may read, or those of them that the TERMs ask for.

    TERMs are as in `desk list`, with the fields of an article; words stand in its title and
    texts. needs:review, publish, renewal or work is what somebody is to do about it; uses,
    helpful and unhelpful are counted. A published article past its review_by is outdated. A
    status among the TERMs, or --all, lists retired ones too.
    """
    kind, damage = conditions.of_articles(), Damage()
    asked = article_filter(session, terms)
    names = columns_of(columns)
    found = list(all_articles(session, damage))
    seen = {name for article in found for name in article.head}
    asked.check_fields(seen)
    by = (name.strip().lstrip("-") for name in sort.split(","))
    query.check_names(filter(None, (*names, *by)), seen, kind)
    everywhere = everything or any(field == "status" for field, _ in asked.wanted())
    fitting = [a for a in found if (everywhere or a.status != RETIRED) and asked.matches(a)]
    chosen = by_fields(fitting, sort, session.as_of)[:limit]
    if form in render.FOR_PEOPLE:
        shown = names or _COLUMNS
        cells = [[cell_of(article, name, session.as_of) for name in shown] for article in chosen]
        show_table(cells, shown, form)
        if not fitting:
            tell("no article fits")
    else:
        _print(session, chosen, names, form)
    damage.say()


def _print(session: Session, chosen: list[Article], names: tuple[str, ...], form: str) -> None:
    if form in ("csv", "tsv") and not names:
        own = (*ARTICLE_FIELDS, *DERIVED)
        custom = {name for article in chosen for name in article.head}
        names = (*own, *sorted(custom.difference(own)))
    rows = [row_of(article, names, session.as_of) for article in chosen]
    for row, article in zip(rows, chosen, strict=True):
        if "status" in row:
            row["status"] = field_value(article, "status", session.as_of)
    data(render.rows(rows, form, names))


@command("show", "desk kb show 74k30", "desk kb list -f ids | desk kb show - -f markdown")
@articles_argument
@format_option
@pass_session
def show_(session: Session, ids: tuple[str, ...], form: str) -> None:
    """Show articles whole, with their logs."""
    show_named(session, ids, form, as_article)


@command("history", "desk kb history 74k30")
@articles_argument
@format_option
@pass_session
def history_(session: Session, ids: tuple[str, ...], form: str) -> None:
    """Show the logs of articles: what happened when, by whom, and what it changed."""
    show_logs(session, ids, form, as_article)
