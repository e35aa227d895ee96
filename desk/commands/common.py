"""What several commands share: options, ids from the command line, saying what was done."""

import importlib
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

import click

from desk.commands.outcome import REPORT_FORMATS, Outcome, changed, failed
from desk.errors import DamagedError, DeskError, ManyError, UsageError
from desk.model import LIVE, STATUSES, Article, Record, Ticket
from desk.session import Session, session_options

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from desk.lifecycle import Act
    from desk.store import Transaction

F = TypeVar("F", bound=Callable[..., Any])
R = TypeVar("R", bound=Record)


class DeskCommand(click.Command):
    """A command that also takes the session's options and refuses text that is no UTF-8."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params += [*self.own_options(), *session_options()]

    def own_options(self) -> list[click.Parameter]:
        """The options that every command of its kind takes, behind those of its own."""
        return []

    def invoke(self, ctx: click.Context) -> Any:
        """Run it; a dry run says at the end that it was one, but of a mere mistake in typing."""
        session = ctx.ensure_object(Session)
        try:
            return super().invoke(ctx)
        except (UsageError, click.UsageError):
            session.tells_dry_run &= session.has_tried
            raise
        finally:
            if session.tells_dry_run:
                tell("this was a dry run; nothing was written")

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        for argument in args:
            if any("\ud800" <= character <= "\udfff" for character in argument):
                raise UsageError(f"the argument {argument!a} is not UTF-8 text")
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            error.ctx = error.ctx or ctx
            raise

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        if self.epilog:
            with formatter.section("Examples"):
                for line in self.epilog.strip().splitlines():
                    formatter.write(f"  {line}\n")  # never wrapped, so that it can be copied


class Verb(DeskCommand):
    """A command that changes records: it can be tried, and reports on standard output if asked."""

    def own_options(self) -> list[click.Parameter]:
        """The options of every command that changes records."""
        return [
            click.Option(
                ("-f", "--format"),
                type=click.Choice(REPORT_FORMATS),
                expose_value=False,
                callback=_remember_form,
                help="Report on standard output what became of each record.",
            ),
            click.Option(("--dry-run",), **_DRY_RUN),
        ]


def _remember_form(context: click.Context, _: click.Parameter, form: str | None) -> None:
    context.ensure_object(Session).report_form = form or ""


def _remember_dry_run(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        context.ensure_object(Session).rehearse()


_DRY_RUN: dict[str, Any] = {
    "is_flag": True,
    "expose_value": False,
    "callback": _remember_dry_run,
    "help": "Tell what would be done and write nothing.",
}


def dry_run_option(function: F) -> F:
    """Trying it, for a command that is no Verb; the session's desk is then a rehearsed one."""
    return click.option("--dry-run", **_DRY_RUN)(function)


def command(
    name: str, *examples: str, cls: type[DeskCommand] = DeskCommand
) -> Callable[[Callable[..., Any]], click.Command]:
    """A decorator for a command with examples of its use."""
    return click.command(name, cls=cls, epilog="\n".join(examples))


class TermsCommand(DeskCommand):
    """A command whose TERMs may begin with a dash (-team:network) without being options.

    What stands behind `--` is words to find, whatever it looks like.
    """

    _MARK = "\0"  # no argument of a process can hold it
    _LAST = "desk.last"  # argument before the one that is completed

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.meta[self._LAST] = args[-1] if args else ""
        if not any(word == "--" or self._is_like_negated(word) for word in args):
            return super().parse_args(ctx, args)  # without what reads queries
        from desk.terms import NEGATED, literal

        end = args.index("--") if "--" in args else len(args)
        options = [one for one in self.params if isinstance(one, click.Option) and not one.is_flag]
        take_a_value = {name for option in options for name in option.opts}
        marked = [
            self._MARK + word if NEGATED.match(word) and before not in take_a_value else word
            for before, word in zip(["", *args], args[:end], strict=False)
        ]
        return super().parse_args(
            ctx, marked + args[end : end + 1] + list(map(literal, args[end + 1 :]))
        )

    @staticmethod
    def _is_like_negated(word: str) -> bool:
        return word[:1] == "-" and any(mark in word for mark in ':：(（"“@')

    def shell_complete(self, ctx: click.Context, incomplete: str) -> "list[CompletionItem[Any]]":
        """Click asks the command for whatever begins with a dash.

        That is an option, a negated term, or the value of the option before it.
        """
        for one in self.params:
            takes_a_value = isinstance(one, click.Option) and not one.is_flag
            if takes_a_value and ctx.meta[self._LAST] in one.opts:
                return one.shell_complete(ctx, incomplete)
        found = super().shell_complete(ctx, incomplete)
        if incomplete[1:2] not in ("", "-"):
            terms = next(one for one in self.params if one.name == "terms")
            found += terms.shell_complete(ctx, incomplete)
        return found


def terms_argument(function: F) -> F:
    """TERMs that choose tickets."""
    return _terms_argument(function, "complete_terms")


def article_terms_argument(function: F) -> F:
    """TERMs that choose articles."""
    return _terms_argument(function, "complete_article_terms")


def _terms_argument(function: F, completion: str) -> F:
    """TERMs that are completed by a function of that name."""

    def unmarked(_: click.Context, __: click.Parameter, words: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(word.removeprefix(TermsCommand._MARK) for word in words)

    return click.argument(
        "terms",
        metavar="[TERM…]",
        nargs=-1,
        callback=unmarked,
        shell_complete=completed_by(completion),
    )(function)


def completed_by(name: str) -> Callable[[click.Context, click.Parameter, str], list[str]]:
    """What completes by a function of that name, whose module is imported only then."""

    def complete(context: click.Context, parameter: click.Parameter, begun: str) -> list[str]:
        module = importlib.import_module("desk.commands.completion")
        found: list[str] = getattr(module, name)(context, parameter, begun)
        return found

    return complete


def fields_option(
    name: str, metavar: str, help: str, completion: str, default: str = ""
) -> Callable[[F], F]:
    """An option for names of fields, completed by a function of that name."""
    return click.option(
        name,
        metavar=metavar,
        default=default,
        show_default=bool(default),
        help=help,
        shell_complete=completed_by(completion),
    )


def ids_argument(function: F) -> F:
    """One or more ids, or `-` for one a line, or ndjson with them, from standard input."""
    return click.argument(
        "ids", nargs=-1, required=True, metavar="ID…", shell_complete=complete_ids
    )(function)


def at_option(function: F) -> F:
    """The moment at which it happened, if not now."""
    return click.option("--at", metavar="TIME", help="When it happened, if not now.")(function)


def guard_option(function: F) -> F:
    """--no-guard, for commands that write CSV or TSV."""

    def switch_off(context: click.Context, _: click.Parameter, wanted: bool) -> None:
        from desk.render import without_guard

        if wanted:
            context.with_resource(without_guard())

    return click.option(
        "--no-guard",
        is_flag=True,
        expose_value=False,
        callback=switch_off,
        help="CSV, TSV: no ' before text that a spreadsheet would run.",
    )(function)


def format_option(function: F) -> F:
    """The output's format."""
    from desk.render import FORMATS

    return format_option_of(*FORMATS)(function)


def format_option_without_ids(*more: str) -> Callable[[F], F]:
    """The output's format where what is printed has no ids; `more` are formats of its own."""
    from desk.render import FORMATS

    return format_option_of(*(form for form in FORMATS if form != "ids"), *more)


def format_option_of(*forms: str) -> Callable[[F], F]:
    """The output's format, one of those, and --no-guard for those that spreadsheets read."""
    option = click.option(
        "-f",
        "--format",
        "form",
        type=click.Choice(forms),
        default="table",
        show_default=True,
        help="What to print: a table for people, or a format for programs.",
    )
    return lambda function: option(guard_option(function))


def text_option(*names: str, help: str, required: bool = False) -> Callable[[F], F]:
    """An option that takes a text, or with `-` the text on standard input."""

    def read(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
        return from_stdin(names[0]) if value == "-" else value

    return click.option(*names, metavar="TEXT|-", required=required, help=help, callback=read)


def from_stdin(what: str) -> str:
    """All of standard input as text, without line breaks at its end; `what` it is taken for.

    Raises UsageError where this run has taken it for something else already.
    """
    context = click.get_current_context(silent=True)
    taken = context.meta.setdefault("desk.stdin", what) if context else what
    if taken != what:
        raise UsageError(
            f"standard input cannot be both {taken} and {what}; give one of them as an argument"
        )
    try:
        return sys.stdin.buffer.read().decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise UsageError("what came in on standard input is not UTF-8 text") from error


def parts_of_ids(arguments: Sequence[str]) -> list[str]:
    """The ids that were given, with those of standard input where one is `-`."""
    parts: list[str] = []
    for argument in dict.fromkeys(arguments):
        parts += _ids_from_stdin() if argument == "-" else [argument]
    return list(dict.fromkeys(parts))


def _ids_from_stdin() -> list[str]:
    """The ids on standard input: one a line, or lines of ndjson that say which they are of."""
    text = from_stdin("the ids").removeprefix("\ufeff")
    if text.lstrip().startswith("["):
        raise UsageError("standard input is one JSON list; `-f ndjson` or `-f ids` prints lines")
    lines = [line.strip() for line in re.split(r"\r\n?|\n", text)]
    ids = [_id_of_row(line) if line.startswith("{") else line for line in lines]
    for number, (line, record_id) in enumerate(zip(lines, ids, strict=True), 1):
        if line and len(record_id.split()) != 1:
            raise UsageError(
                f"line {number} of standard input is no id; `-f ids` prints them one a line"
            )
    return [record_id for record_id in ids if record_id]


def _id_of_row(line: str) -> str:
    """The id in a line of ndjson, empty where it has none."""
    import json

    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return ""
    found = row.get("id") if isinstance(row, dict) else None
    return found if isinstance(found, str) else ""


@contextmanager
def written_text(argument: str | None, what: str) -> Iterator[str]:
    """A text given as an argument, by `-` from standard input, or else in the editor.

    What was written in the editor is kept in a private file if the block refuses it.
    Raises UsageError where it is missing and nobody is there to write it.
    """
    if argument is not None:
        yield from_stdin(what) if argument == "-" else argument
        return
    if not at_terminal():
        raise UsageError(f"{what} is missing; give it as an argument or `-` for standard input")
    from desk.commands import editor

    text = editor.written("", suffix=".md").strip()
    with editor.keeping(text, suffix=".md"):
        yield text


def at_terminal() -> bool:
    """Whether a person is at both ends, so that questions may be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def tell(sentence: str) -> None:
    """Say something to the person, on stderr."""
    from desk.render import safe

    click.echo(safe(sentence, lines=True), err=True)


def change_each(
    session: Session,
    arguments: Sequence[str],
    act: "Act",
    change: Callable[[Ticket], Ticket],
    said: Callable[[Ticket], str],
    *,
    afterwards: "Callable[[Transaction, Ticket], Iterable[Outcome]]" = lambda *_: (),
) -> None:
    """Change each ticket that is named, as `changed_each` does, and report it.

    Raises the one error, or ManyError with all of them.
    """
    parts = parts_of_ids(arguments)  # before the lock: what writes them may need it
    report(session, changed_each(session, parts, act, change, said, afterwards=afterwards))


def changed_each(
    session: Session,
    parts: Sequence[str],
    act: "Act",
    change: Callable[[Ticket], Ticket],
    said: Callable[[Ticket], str],
    *,
    afterwards: "Callable[[Transaction, Ticket], Iterable[Outcome]]" = lambda *_: (),
) -> list[Outcome]:
    """Change each ticket that is named, in one transaction; what became of each, in that order.

    A ticket that is refused does not keep the others from being changed; `afterwards` may
    change others along with one.
    """
    from desk.store import as_ticket

    return changed_records(session, parts, act, as_ticket, change, said, afterwards=afterwards)


def change_articles(
    session: Session,
    arguments: Sequence[str],
    act: "Act",
    change: Callable[[Article], Article],
    said: Callable[[Article], str],
) -> None:
    """Change each article that is named, as `change_each` does tickets, and report it."""
    from desk.store import as_article

    parts = parts_of_ids(arguments)
    report(session, changed_records(session, parts, act, as_article, change, said))


def changed_records(
    session: Session,
    parts: Sequence[str],
    act: "Act",
    as_kind: Callable[[Record], R],
    change: Callable[[R], R],
    said: Callable[[R], str],
    *,
    afterwards: "Callable[[Transaction, R], Iterable[Outcome]]" = lambda *_: (),
) -> list[Outcome]:
    """As `changed_each`, of records of the kind that `as_kind` refuses others for."""

    def one(transaction: "Transaction", record_id: str, given: str) -> Iterable[Outcome]:
        before = as_kind(transaction.read(record_id))
        after = change(before)
        transaction.replace(after)
        yield changed(before, after, f"{after.id} {said(after)}", given=given)
        yield from afterwards(transaction, after)

    return each_named(session, parts, act, one)


def each_named(
    session: Session,
    parts: Sequence[str],
    act: "Act",
    one: "Callable[[Transaction, str, str], Iterable[Outcome]]",
) -> list[Outcome]:
    """Do `one` to the id of each record that is named, in one transaction; all outcomes.

    `one` takes the transaction, the id and how that was given. A record named twice is taken
    once, and what concerns one record only does not keep the others.
    """
    outcomes: list[Outcome] = []
    seen: set[str] = set()
    with session.desk.changing(session.now, act.by, noted=True) as transaction:
        for part in parts:
            record_id = None
            try:
                record_id = session.named(part)
                if record_id not in seen:
                    seen.add(record_id)
                    outcomes += one(transaction, record_id, part)
            except ManyError.ONE_RECORD as error:
                outcomes.append(failed(error, record_id, given=part))
    return outcomes


def name_of_new(session: Session, record_id: str) -> str:
    """How to name a new record: not by an id of a dry run, as a real run draws its own."""
    return f"{record_id[:-5]}?????" if session.dry_run else record_id


def report(session: Session, outcomes: Sequence[Outcome]) -> None:
    """Say what was done, as data too where they are asked for; raise the errors among them."""
    for sentence in dict.fromkeys(outcome.sentence for outcome in outcomes if not outcome.error):
        tell(sentence)
    conclude(session, outcomes)


def conclude(session: Session, outcomes: Sequence[Outcome]) -> None:
    """Print as data what was said, where that is asked for, and raise the errors among it."""
    if session.report_form:
        from desk import render

        only_changed = session.report_form == "ids"
        rows = [
            outcome.row(dry_run=session.dry_run)
            for outcome in outcomes
            if not only_changed or (outcome.done and outcome.id)
        ]
        data(render.rows(rows, session.report_form))
    ManyError.raise_any([outcome.error for outcome in outcomes if outcome.error])


class Damage:
    """Gathers damaged files while others are listed, and says them at the end."""

    def __init__(self) -> None:
        self.errors: list[DeskError] = []

    def __call__(self, error: DamagedError) -> None:
        """Remember one."""
        self.errors.append(error)

    def say(self) -> None:
        """Raise what was gathered, so that it is said after the output (exit code 4)."""
        sys.stdout.flush()
        ManyError.raise_any(self.errors)


def data(text: str) -> None:
    """Print data for programs as it is; at a terminal, what that would act on as escapes."""
    from desk.render import safe

    click.echo(safe(text, lines=True) if sys.stdout.isatty() else text, nl=False)


def show_table(
    cells: Sequence[Sequence[str]], headers: Sequence[str], form: str, *, whole: int = 1
) -> None:
    """Print rows for a person, in a form of FOR_PEOPLE; no rows print nothing.

    A table is cut to the terminal but for its first `whole` columns.
    """
    if cells:
        page(table_text(cells, headers, form, whole=whole))


def table_text(
    cells: Sequence[Sequence[str]], headers: Sequence[str], form: str, *, whole: int = 1
) -> str:
    """The text that `show_table` prints."""
    from desk.render import markdown_table, table

    if not cells:
        return ""
    if form == "markdown":
        return markdown_table(cells, headers)
    return table(cells, headers, terminal_width(), whole)


def terminal_width() -> int:
    """The columns of the terminal, 0 where the output is none."""
    if not sys.stdout.isatty():
        return 0
    import shutil

    return shutil.get_terminal_size().columns


def page(text: str) -> None:
    """Print text for a person: through PAGER where it is longer than the terminal is high."""
    if sys.stdout.isatty() and text.count("\n") >= _terminal_lines():
        import os

        os.environ.setdefault("LESS", "-FRX")
        click.echo_via_pager(text, color=False)
    else:
        click.echo(text, nl=False)


def _terminal_lines() -> int:
    import shutil

    return shutil.get_terminal_size().lines


# --- shell completion ----------------------------------------------------------------------


# Which statuses a command's ids may have; any other command is for live tickets.
_COMPLETED = {
    "resume": ("on_hold",),
    "close": ("resolved",),
    "reopen": ("resolved", "closed"),
    "survey": ("resolved", "closed"),
    "from": ("resolved", "closed"),
    "show": STATUSES,
    "history": STATUSES,
    "link": STATUSES,
    "unlink": STATUSES,
    "blame": STATUSES,
    "undo": STATUSES,
}


def complete_ids(context: click.Context, _: click.Parameter, begun: str) -> list[Any]:
    """Ids of tickets that the command may be for and that contain what was typed, with titles."""
    from click.shell_completion import CompletionItem

    from desk.render import safe

    wanted, statuses = begun.upper(), _COMPLETED.get(context.info_name or "", LIVE)
    with suppress(DeskError):  # a TAB outside of any desk says nothing
        session = context.ensure_object(Session)
        tickets = session.tickets(lambda _: None, among="live" if statuses == LIVE else "all")
        found = (
            t for t in tickets if t.status in statuses and (wanted in t.id or begun in t.title)
        )
        return [CompletionItem(ticket.id, help=safe(ticket.title)) for ticket in found]
    return []


def complete_known(field: str) -> Callable[[click.Context, click.Parameter, str], list[str]]:
    """What desk.yaml knows for a field and begins with what was typed."""

    def complete(context: click.Context, _: click.Parameter, begun: str) -> list[str]:
        with suppress(DeskError):
            known = context.ensure_object(Session).desk.policy.known(field)
            return [
                n for n in known if begun in (n[: len(begun)], n.rpartition("/")[2][: len(begun)])
            ]
        return []

    return complete


def known_option(field: str, *names: str, help: str) -> Callable[[F], F]:
    """An option whose value is one that desk.yaml knows for that field."""
    return click.option(
        *(names or (f"--{field}",)),
        field,
        metavar=field.upper(),
        help=help,
        shell_complete=complete_known(field),
    )
