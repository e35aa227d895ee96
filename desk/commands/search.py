"""desk search."""

from collections.abc import Iterator

import click

from desk import fulltext, query, render, search
from desk.commands.common import (
    Damage,
    TermsCommand,
    command,
    data,
    format_option,
    show_table,
    tell,
    terms_argument,
)
from desk.commands.reading import readable
from desk.errors import UsageError
from desk.model import Record, Ticket
from desk.query import Filter
from desk.session import Session, pass_session

_COLUMNS = ("id", "status", "title", "where", "excerpt")


@command(
    "search",
    "desk search printer",
    "desk search 打印机 卡纸",
    "desk search '\"paper jam\"' team:service-desk --limit 5",
    "desk search vpn --only articles",
    "desk search 10.0.0.1 --exact -f ids",
    cls=TermsCommand,
)
@terms_argument
@click.option("--only", type=click.Choice(("tickets", "articles")), help="Not the others.")
@click.option(
    "--limit", metavar="N", type=click.IntRange(min=1), default=20, show_default=True,
    help="At most so many.",
)  # fmt: skip
@click.option("--exact", is_flag=True, help="Nothing that is only spelt nearly so.")
@format_option
@pass_session
def search_(
    session: Session,
    terms: tuple[str, ...],
    only: str | None,
    limit: int,
    exact: bool,
    form: str,
) -> None:
    """Search the text of tickets and articles: title, tags, description, log, solution.

    The best hits come first, whatever their status. All words must stand in a record, in any
    form (jams, jammed); the last may be a beginning, as may one that ends in *. Quotation marks
    keep words together. Terms such as team:network choose among the tickets found, as in
    `desk list`. Where nothing has the words, what has them spelt nearly so is shown, and that is
    said; --exact leaves it out.
    """
    if any(term.lower() in ("or", "and") or term.lstrip("-")[:1] in ("(", "（") for term in terms):
        raise UsageError(
            "search takes words, and conditions such as team:network; or and brackets are for "
            "`desk list`"
        )
    words = fulltext.terms(" ".join(term for term in terms if not _is_condition(term)))
    if not words:
        raise UsageError("there is no word to search for; `desk list` lists by TERMs alone")
    damage, seen = Damage(), set[str]()
    asked = session.filter([term for term in terms if _is_condition(term)])
    if not asked.empty and only == "articles":
        raise UsageError(f"{asked.text} is asked of tickets, and --only articles leaves them out")

    def choose(records: Iterator[Record]) -> Iterator[Record]:
        return _chosen(session, records, asked, only, seen)

    found = search.find(session.index, words, choose, limit + 1, exact=exact)
    session.check_fields(asked, (), seen)
    rows = [_row(record, found) for record in found.records[:limit]]
    if form in render.FOR_PEOPLE:
        cells = [[render.shown(row[name]) for name in _COLUMNS] for row in map(_brief, rows)]
        show_table(cells, _COLUMNS, form)
    else:
        data(render.rows(rows, form, _COLUMNS))
    _tell(found, limit, bool(not asked.empty or only))
    session.index.tell_damage(damage)
    damage.say()


def _is_condition(word: str) -> bool:
    """Whether an argument asks of fields; anything else is words, `or` and lone quotes too."""
    try:
        return not query.is_text(word)
    except UsageError:
        return False


def _chosen(
    session: Session, records: Iterator[Record], asked: Filter, only: str | None, seen: set[str]
) -> Iterator[Record]:
    """The records that are wanted, tickets as of this run."""
    for record in readable(session, records):
        if not isinstance(record, Ticket):
            if only != "tickets" and asked.empty:
                yield record
        elif only != "articles":
            yield from asked.among(session.as_of_now([record]), seen)


def _row(record: Record, found: search.Found) -> dict[str, str]:
    where, excerpt = search.excerpt(record, found)
    return dict(
        zip(_COLUMNS, (record.id, record.status, record.title, where, excerpt), strict=True)
    )


def _brief(row: dict[str, str]) -> dict[str, str]:
    """A row of the table, which has the title already."""
    return row | {"excerpt": ""} if row["where"] == "title" else row


def _tell(found: search.Found, limit: int, narrowed: bool) -> None:
    """Say what was taken for what nothing has, and how much is not shown."""
    for term, taken in found.near.items():
        meant = f"did you mean {taken}?" if taken != term else "only parts of it are found"
        tell(f"nothing has {term!r}; {meant}")
    if not found.records and not found.near:
        tell("nothing is found" + (" that fits" if narrowed else ""))
    if len(found.records) > limit:
        tell(f"the best {limit} are shown; --limit shows more")
