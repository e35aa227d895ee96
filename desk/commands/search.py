"""desk search, and what it shares with `desk kb search`.

The rooms of searching are imported within the functions: a glance at the folder begins before.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import click

from desk.commands.common import (
    Damage,
    F,
    TermsCommand,
    command,
    data,
    format_option,
    show_table,
    tell,
    terms_argument,
)
from desk.errors import UsageError
from desk.model import Record, Ticket
from desk.session import Session, pass_session

if TYPE_CHECKING:
    from desk.conditions import Test
    from desk.fulltext import Term
    from desk.index import Index
    from desk.query import Filter
    from desk.search import Choose, Found
    from desk.terms import Phrase

# What joins words and conditions: `or`, `and` and brackets; all else is a word or a condition.
_JOINED = r"(^|\s)-?[(（]|(^|\s)(or|and)(\s|$)"
# What stands between blanks in an argument; blanks in quotation marks are part of it.
_QUOTED = r"""\"[^\"]*\"|“[^”]*”|「[^」]*」"""
_PIECE = r"""(?:[^\s"“「]|"[^"]*"|“[^”]*”|「[^」]*」)+|\S"""
COLUMNS = ("id", "status", "title", "where", "excerpt")


def search_options(function: F) -> F:
    """--limit and --exact."""
    limit = click.option(
        "--limit", metavar="N", type=click.IntRange(min=1), default=20, show_default=True,
        help="At most so many.",
    )  # fmt: skip
    exact = click.option(
        "--exact",
        is_flag=True,
        help="Nothing that is only spelt nearly so, or has only most of it.",
    )
    return limit(exact(function))


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
@search_options
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
    `desk list`. Where nothing has all the words, what has them spelt nearly so, or else most of
    them, is shown, and that is said; --exact leaves it out. What is quoted always stands there.
    `or`, -"word" and brackets join words and terms as in docs/queries.md, and are taken exactly.
    """
    wanted = sought(terms)
    damage, seen = Damage(), set[str]()
    index = session.index
    if not _reads_logs_of_articles(session):
        index.leave_out_logs_of_articles()
    asked = session.filter(wanted.conditions, of_phrase=full_text(index, wanted))
    if not asked.of_words and only == "articles":
        raise UsageError(
            f"{asked.text} is asked of tickets, and --only articles leaves them out; "
            "`desk kb search` asks articles"
        )

    def choose(records: Iterator[Record]) -> Iterator[Record]:
        return _chosen(session, records, asked, only, seen)

    found = found_by(index, wanted, asked, choose, limit + 1, exact=exact)
    session.check_fields(asked, (), seen)
    rows = [row_of_hit(record, found) for record in found.records[:limit]]
    show_found(rows, found, limit, form, narrowed=bool(not asked.empty or only))
    index.tell_damage(damage)
    damage.say()


def _reads_logs_of_articles(session: Session) -> bool:
    """Whether whoever acts may read what the logs of articles say."""
    from desk.commands.reading import rights
    from desk.roles import READ_INTERNAL

    policy = session.desk.policy
    return policy.rights_of_all().may(READ_INTERNAL) or rights(session).may(READ_INTERNAL)


def full_text(index: "Index", wanted: "Sought") -> "Callable[[Phrase], Test] | None":
    """How words among the conditions are looked for, None where there are no conditions."""
    if not wanted.conditions:
        return None
    from desk import wordquery

    return wordquery.test_of(index)


def found_by(
    index: "Index",
    wanted: "Sought",
    asked: "Filter | None",
    choose: "Choose",
    limit: int,
    *,
    exact: bool,
) -> "Found":
    """What is found of what `choose` lets through; `asked` are the conditions.

    What a word was taken for is told only with such a record: it may stand in an article that is
    for others. With `exact` it is told instead of the records.
    """
    from desk import search

    if asked is not None and wanted.joined:
        from desk import wordquery

        match = wordquery.needed(asked)
        if not match:
            raise UsageError(f"{asked.text} needs no word; `desk list`, `desk kb list` take that")
        return search.find_just(index, match, wordquery.wanted(asked), choose, limit)
    found = search.find(index, wanted.words, choose, limit)
    partly = bool(found.without or found.most)
    if not found.records or (exact and partly):
        return search.Found([], found.terms, {})
    return found._replace(records=[]) if exact and found.near else found


class Sought(NamedTuple):
    """What a command line asks for: words to find, as they were typed in `text`, and conditions.

    Where they are `joined` by `or` or brackets, all of it is a condition.
    """

    words: "Sequence[Term]"
    conditions: Sequence[str]
    text: str = ""
    joined: bool = False


def sought(terms: Sequence[str], *, of_articles: bool = False) -> Sought:
    """The words and conditions of a command line; the latter of tickets, or of articles.

    Raises UsageError where there is no word.
    """
    from desk import fulltext

    if any(map(_is_joined, terms)):
        return Sought((), terms, joined=True)
    pieces = [piece for term in terms for piece in _pieces(term, of_articles=of_articles)]
    conditions = [one for one in pieces if _is_condition(one, of_articles=of_articles)]
    text = " ".join(one for one in pieces if one not in conditions)
    words = fulltext.terms(text)
    if not words:
        lists = "kb list" if of_articles else "list"
        raise UsageError(f"there is no word to search for; `desk {lists}` lists by TERMs alone")
    return Sought(words, conditions, text)


def _is_joined(argument: str) -> bool:
    """Whether an argument joins what stands in it, or beside it."""
    if argument.isalnum():  # without patterns, which take long to compile
        return argument.lower() in ("or", "and")
    return bool(re.search(_JOINED, re.sub(_QUOTED, "", argument), re.IGNORECASE))


def _pieces(argument: str, *, of_articles: bool) -> list[str]:
    """An argument, or what stands between its blanks where a condition is among that."""
    if len(argument.split()) == 1:
        return [argument]
    pieces = re.findall(_PIECE, argument)
    apart = len(pieces) > 1 and any(_is_condition(one, of_articles=of_articles) for one in pieces)
    return pieces if apart else [argument]


def _is_condition(word: str, *, of_articles: bool) -> bool:
    """Whether an argument asks of fields; anything else is words, `or` and lone quotes too."""
    if all(map(_is_plain, word.split())):
        return False  # without what reads queries
    from desk import conditions, query

    kind = conditions.of_articles() if of_articles else conditions.TICKETS
    try:
        return not query.is_text(word, kind)
    except UsageError:
        return False


def _is_plain(word: str) -> bool:
    """Whether a word is letters and digits, which no syntax of queries has a meaning for."""
    return word.isalnum() and word.lower() not in ("or", "and")


def _chosen(
    session: Session, records: Iterator[Record], asked: "Filter", only: str | None, seen: set[str]
) -> Iterator[Record]:
    """The records that are wanted, as of this run."""
    from desk.commands.reading import readable_as_of_now

    for record in readable_as_of_now(session, records):
        if not isinstance(record, Ticket):
            if only != "tickets" and asked.of_words and asked.matches(record):
                yield record
        elif only != "articles":
            yield from asked.among(session.as_of_now([record]), seen)


def row_of_hit(record: Record, found: "Found") -> dict[str, str]:
    """A hit as a row of COLUMNS."""
    from desk import search

    where, excerpt = search.excerpt(record, found)
    return dict(zip(COLUMNS, (record.id, record.status, record.title, where, excerpt), strict=True))


def show_found(
    rows: Sequence[Mapping[str, str]], found: "Found", limit: int, form: str, *, narrowed: bool
) -> None:
    """Print the hits, and say what was taken for what nothing has and how much is not shown.

    `narrowed` is whether records that have the words may have been left out.
    """
    from desk import render

    if form in render.FOR_PEOPLE:
        cells = [[render.shown(row[name]) for name in COLUMNS] for row in map(_brief, rows)]
        show_table(cells, COLUMNS, form)
    else:
        data(render.rows(rows, form, COLUMNS))
    for term, taken in found.near.items():
        meant = f"did you mean {taken}?" if taken != term else "only parts of it are found"
        tell(f"nothing has {term!r}; {meant}")
    for term in found.without:
        tell(f"nothing has {term!r}; it is left out")
    if found.most:
        tell("nothing has all of that; what has most of it is shown")
    if not found.records and not found.near:
        tell("nothing is found" + (" that fits" if narrowed else ""))
    if len(found.records) > limit:
        tell(f"the best {limit} are shown; --limit shows more")


def _brief(row: Mapping[str, str]) -> dict[str, str]:
    """A row of the table, which has the title already."""
    return {**row, "excerpt": ""} if row["where"] == "title" else {**row}
