"""The command group, its global options, and the one place where an error becomes an exit code."""

import gc
import io
import os
import sys
from typing import NoReturn

import click

from desk import __version__
from desk.errors import INTERRUPTED, READER_GONE, DeskError, Place, StorageError
from desk.groups import LazyGroup
from desk.session import Session, session_options

# command: (its module in desk.commands, its line in `desk --help`)
COMMANDS = {
    "init": ("init", "Make a new desk."),
    "open": ("open", "Record a request and print its id."),
    "classify": ("classify", "Say what kind of ticket it is and how much it matters."),
    "assign": ("assign_escalate", "Give tickets to a person or a team."),
    "escalate": ("assign_escalate", "Hand tickets on with all that is known."),
    "note": ("note_reply", "Write an internal note."),
    "reply": ("note_reply", "Write a public reply to the requester."),
    "hold": ("hold_resume", "Put tickets on hold for somebody."),
    "resume": ("hold_resume", "Take tickets off hold."),
    "resolve": ("resolve_close", "Record the solution."),
    "close": ("resolve_close", "Close resolved tickets."),
    "reopen": ("resolve_close", "Take up tickets whose solution did not hold."),
    "cancel": ("resolve_close", "Take back tickets that are not wanted."),
    "survey": ("survey", "Record the requester's satisfaction."),
    "link": ("link", "Link records to another."),
    "unlink": ("link", "Take a link out again."),
    "edit": ("edit", "Change a ticket's text and custom fields."),
    "undo": ("undo", "Take back what you did last."),
    "list": ("list", "List tickets."),
    "show": ("show_history", "Show records with their logs."),
    "search": ("search", "Search the text of tickets and articles."),
    "history": ("show_history", "Show a record's log as a table."),
    "diff": ("diff", "Tell what happened between two moments."),
    "blame": ("blame", "Show who set each field, when, in which commit."),
    "suggest": ("suggest", "Suggest category, similar tickets, duplicates, articles."),
    "queue": ("sla_queue", "Show live tickets by what is due next."),
    "sla": ("sla_queue", "Show what was promised and how that stands."),
    "tick": ("tick", "Do everything that time alone decides, once."),
    "team": ("team_policy", "Show who is on shift, with skills, load and capacity."),
    "policy": ("team_policy", "Show which rules apply to a ticket and why."),
    "kb": ("kb", "Knowledge: write, review, publish, find articles."),
    "summarise": ("summarise", "Figures of the desk, from the tickets' logs."),
    "import": ("import_", "Bring in another desk's export, or one of desk's own."),
    "export": ("export", "Write records for other programs or another desk."),
    "watch": ("watch", "Print changes as they come, one JSON object a line."),
    "index": ("index", "Show, check or remake what is kept of the files for speed."),
    "sync": ("sync", "Bring this clone and its remote together."),
    "merge-driver": ("merge_driver", "Merge two versions of a record, for git."),
    "check": ("check", "Prove the folder sound."),
    "batch": ("batch", "Run commands from a file, one a line."),
    "hook": ("hook", "Hold pushes to a team's repository to the roles."),
    "schema": ("schema", "Print a JSON Schema for editors."),
}
ALIASES = {"summarize": "summarise"}


@click.group(
    cls=LazyGroup,
    known=COMMANDS,
    aliases=ALIASES,
    context_settings={
        "color": True,  # else click takes what looks like a colour out of a ticket's text
        "help_option_names": ["-h", "--help"],
        "max_content_width": 100,
    },
    epilog="Each command tells more: desk open --help",
)
def cli() -> None:
    """An IT service desk that lives in a git folder: one YAML file a ticket."""


def _print_version(context: click.Context, _: click.Parameter, wanted: bool) -> None:  # noqa: FBT001
    if wanted:
        click.echo(f"desk {__version__}")
        context.exit()


# click's own version option looks for a translation of its help, which costs a tenth of start-up.
_VERSION = click.Option(
    ["--version"],
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Show the version and exit.",
)
cli.params += [*session_options(), _VERSION]


def run(arguments: list[str], session: Session | None = None) -> int:
    """Run one command line; every error is said in a sentence on stderr.

    A `session` gives what the command line leaves open; it must not have been used before.

    Returns the exit code: 0 done, 1 refused, 2 usage, 3 no such record or several, 4 damaged,
    5 busy, 6 a --fail-on condition holds, 70 a fault of desk's own, 74 the system refused,
    130 interrupted, 141 the reader of the output went away.
    """
    if "_DESK_COMPLETE" in os.environ:
        from desk.commands import completion

        completion.register()
    session = session or Session()
    session.run_line = run
    try:
        code = cli.main(arguments, prog_name="desk", standalone_mode=False, obj=session)
        return code if isinstance(code, int) else 0
    except DeskError as error:
        return _say(str(error), error.exit_code, session.place, getattr(error, "place", None))
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return error.exit_code
    except click.ClickException as error:
        return _say(_usage(error), error.exit_code, session.place)
    except (click.Abort, KeyboardInterrupt):
        return _interrupted()
    except OSError as error:
        return _output_failed(error)
    except SystemExit as error:  # click's, with 0 after a completion, with 1 for a broken pipe
        return _output_failed(BrokenPipeError()) if error.code else 0
    except Exception as error:
        session.distrust_index()
        if os.environ.get("DESK_DEBUG"):
            raise
        kind = type(error).__name__
        sentence = f"a fault of desk's own ({kind}: {error}); DESK_DEBUG=1 shows where"
        return _say(sentence, 70, session.place)


def _interrupted() -> int:
    import signal
    from contextlib import suppress

    with suppress(ValueError):  # not in the main thread
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C would cut the sentence
    return _say("interrupted", INTERRUPTED)


def _usage(error: click.ClickException) -> str:
    command = getattr(getattr(error, "ctx", None), "command_path", "desk")
    message = " ".join(error.format_message().split()).rstrip(".")
    message = message.replace("a valid integer range", "a whole number")
    if isinstance(error, click.NoSuchOption) and not error.option_name.startswith("--"):
        message += "; text that begins with a dash goes behind --"
        if error.ctx and any(one.name == "terms" for one in error.ctx.command.params):
            message += ', and -"word" asks for what is without a word'
    return f"{message}; see `{command} --help`"


def _say(message: str, code: int, place: str = "", mark: Place | None = None) -> int:
    from desk.render import marked, safe

    try:
        for line in safe(message, lines=True).split("\n"):
            click.echo(f"desk: {place}{line}", err=True)
        if mark:
            click.echo(marked(mark), err=True, nl=False)
    except OSError:
        return code
    return code


def _output_failed(error: OSError) -> int:
    """The system refused to take our output (or something no room has caught)."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # so that the interpreter's last flush passes
    if isinstance(error, BrokenPipeError):
        return READER_GONE
    place = error.filename or "output"
    return _say(f"{place}: {error.strerror or error}", StorageError.exit_code)


def _open_closed_streams() -> None:
    """Stand in for standard streams that are closed, so that no record's file takes their number.

    A closed output fails when it is written to; a command that prints nothing succeeds.
    """
    for name, flags, mode in (
        ("stdin", os.O_RDONLY, "r"),
        ("stdout", os.O_RDONLY, "w"),
        ("stderr", os.O_WRONLY, "w"),
    ):
        if getattr(sys, name) is None:
            handle = os.open(os.devnull, flags)
            setattr(sys, name, open(handle, mode, closefd=False))  # noqa: SIM115 - it stays open


def main() -> NoReturn:
    """Run the command line of this process and end it with the exit code."""
    gc.set_threshold(100_000, 50, 100)  # a run is short, and makes many objects that stay
    _open_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # data is UTF-8; a terminal shows what it can
            as_it_is = stream.isatty()
            stream.reconfigure(encoding=None if as_it_is else "utf-8", errors="backslashreplace")
    code = run(sys.argv[1:])
    try:
        sys.stdout.flush()
    except OSError as error:
        code = _output_failed(error)
    gc.freeze()  # what is left the system frees at once, and not the interpreter one by one
    sys.exit(code)
