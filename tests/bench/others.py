"""desk beside Taskwarrior, notmuch, microbeads and papis, on the same tickets.

    python -m tests.bench.others COUNT

Prints a table in Markdown: for each program the least seconds to add, show, list, search and
report, process start to end. Taskwarrior and notmuch are those of the system (Debian's packages
`taskwarrior` and `notmuch`); microbeads and papis are installed from PyPI into a folder of
their own. What is not there is left out, and said on standard error. Each is loaded in its
quickest way: with its own import, or by its files where it has none.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from uuid import UUID, uuid4

import yaml

from desk.model import Ticket
from tests.bench import desks
from tests.bench.timing import ROOT, desk, environment

RUNS = 8
WORDS = "Printer jam"
ACTIONS = ("add", "show", "list", "search", "report")


@dataclass(frozen=True)
class Command:
    """A command line, and what makes its standard input."""

    words: tuple[str, ...]
    given: Callable[[], str] = str


@dataclass(frozen=True)
class Loaded:
    """A program with the tickets in it, and how it does each of ACTIONS that it can do."""

    name: str
    folder: Path
    variables: Mapping[str, str]
    commands: Mapping[str, Command]


def text_of(ticket: Ticket) -> str:
    """All that was said on a ticket."""
    said = (str(word) for event in ticket.log for word in event.words.values())
    return "\n\n".join((ticket.text("description"), *said))


def run(loaded: Loaded, command: Command) -> float:
    """Seconds of a command that must succeed."""
    env = environment() | {"PYTHONPATH": ""} | loaded.variables
    given = command.given()
    begun = time.perf_counter()
    subprocess.run(
        command.words, cwd=loaded.folder, env=env, input=given, text=True, check=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    return time.perf_counter() - begun


def least(loaded: Loaded, command: Command) -> float:
    """The least of several runs, which a busy machine disturbs the least."""
    return min(run(loaded, command) for _ in range(RUNS))


# --- desk ------------------------------------------------------------------------------------


def load_desk(folder: Path, count: int) -> Loaded:
    """The generated desk; its index is made by the first command."""
    made = desks.build(folder / "desk", count)
    first = desks.ticket(count - 1, count).id
    words = {
        "add": ("open", "Printer jam", "--category", "printer"),
        "show": ("show", first),
        "list": ("list", "--limit", "50"),
        "search": ("search", WORDS),
        "report": ("summarise",),
    }
    commands = {action: Command(tuple(desk(*line))) for action, line in words.items()}
    return Loaded("desk", made, {"PYTHONPATH": str(ROOT)}, commands)


# --- Taskwarrior -----------------------------------------------------------------------------

_TASK_STATUS = {True: "pending", False: "completed"}
_TASK_PRIORITY = {"P1": "H", "P2": "H", "P3": "M", "P4": "L"}


def load_taskwarrior(folder: Path, count: int) -> Loaded:
    """By `task import`; what was said is annotations."""
    rc = folder / "taskrc"
    rc.write_text(f"data.location={folder}\nconfirmation=no\nverbose=nothing\n")
    made = [_task(number, ticket) for number, ticket in enumerate(tickets(count))]
    (folder / "tasks.json").write_text(json.dumps(made, ensure_ascii=False), "utf-8")
    variables = {"TASKRC": str(rc), "HOME": str(folder)}
    commands = {
        "add": ("task", "add", "Printer jam", "project:hardware.printer"),
        "show": ("task", str(UUID(int=len(made))), "information"),
        "list": ("task", "limit:50", "list"),
        "search": ("task", f"/{WORDS}/", "all"),
        "report": ("task", "history.monthly"),
    }
    version = version_of("task", "--version")
    loaded = Loaded(
        f"Taskwarrior {version}",
        folder,
        variables,
        {name: Command(line) for name, line in commands.items()},
    )
    run(loaded, Command(("task", "import", "tasks.json")))
    return loaded


def _task(number: int, ticket: Ticket) -> dict[str, object]:
    def stamp(seconds: float) -> str:
        return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(seconds))

    ended = {} if ticket.live else {"end": stamp(ticket.log[-1].seconds)}
    return {
        "uuid": str(UUID(int=number + 1)),
        "description": ticket.title,
        "project": ticket.text("category").replace("/", "."),
        "priority": _TASK_PRIORITY[ticket.text("priority")],
        "status": _TASK_STATUS[ticket.live],
        "entry": stamp(ticket.opened.timestamp()),
        **ended,
        "annotations": [
            {"entry": stamp(ticket.opened.timestamp() + line), "description": text}
            for line, text in enumerate(text_of(ticket).split("\n\n"))
            if text.strip()
        ],
    }


# --- notmuch ---------------------------------------------------------------------------------


def load_notmuch(folder: Path, count: int) -> Loaded:
    """A message a ticket, indexed by `notmuch new`; the live ones have their own folder."""
    mail = folder / "mail"
    for state in ("live", "ended"):
        for part in ("cur", "new", "tmp"):
            (mail / state / part).mkdir(parents=True)
    config = folder / "config"
    person = "[user]\nname=Bench\nprimary_email=bench@example.com\n"
    config.write_text(f"[database]\npath={mail}\n{person}[new]\ntags=\n")
    for ticket in tickets(count):
        where = mail / ("live" if ticket.live else "ended") / "cur"
        (where / f"{ticket.id}:2,S").write_bytes(bytes(_message(ticket, ticket.id)))
    sample = str(_message(Ticket({**ticket.head, "title": "Printer jam"}, ()), "SAMPLE"))
    months = [f"date:{year}-{month:02}" for year in range(2017, 2026) for month in range(1, 13)]
    commands = {
        "add": Command(
            ("notmuch", "insert", "--folder=live"), lambda: sample.replace("SAMPLE", uuid4().hex)
        ),
        "show": Command(("notmuch", "show", f"id:{ticket.id}@example.com")),
        "list": Command(("notmuch", "search", "--limit=50", "folder:live")),
        "search": Command(("notmuch", "search", f'"{WORDS}"')),
        "report": Command(("notmuch", "count", "--batch"), lambda: "\n".join(months)),
    }
    variables = {"NOTMUCH_CONFIG": str(config)}
    loaded = Loaded(version_of("notmuch", "--version"), folder, variables, commands)
    run(loaded, Command(("notmuch", "new", "--quiet")))
    return loaded


def _message(ticket: Ticket, record_id: str) -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = ticket.title
    message["From"] = f"{ticket.requester['name']} <caller@example.com>"
    message["To"] = "desk@example.com"
    message["Date"] = format_datetime(ticket.opened)
    message["Message-ID"] = f"<{record_id}@example.com>"
    message.set_content(text_of(ticket), cte="8bit")
    return message


# --- microbeads ------------------------------------------------------------------------------


def load_microbeads(folder: Path, count: int) -> Loaded:
    """An issue's file a ticket, as it has no import, and its commit; it has no search."""
    project = folder / "project"
    project.mkdir()
    programs, version = _from_pypi(folder, "microbeads")
    mb = str(programs / "mb")
    person = ("-c", "user.name=bench", "-c", "user.email=bench@example.com")
    git = ("git", "-c", "gc.auto=0", *person)
    variables = {"GIT_AUTHOR_NAME": "bench", "GIT_AUTHOR_EMAIL": "bench@example.com",
                 "GIT_COMMITTER_NAME": "bench", "GIT_COMMITTER_EMAIL": "bench@example.com",
                 "PATH": f"{programs}:{os.environ['PATH']}"}  # fmt: skip
    commands = {
        "add": Command((mb, "create", "Printer jam", "--label", "printer")),
        "list": Command((mb, "list", "--status", "open")),
        "report": Command((mb, "doctor")),
    }
    loaded = Loaded(version, project, variables, commands)
    run(loaded, Command((*git, "init")))
    run(loaded, Command((*git, "commit", "--allow-empty", "--message", "start")))
    run(loaded, Command((mb, "init", "--stealth")))
    issues = project / ".git/microbeads-worktree/.microbeads/issues"
    for number, ticket in enumerate(tickets(count)):
        issue = _issue(number, ticket)
        where = issues / ("active" if ticket.live else "closed") / f"{issue['id']}.json"
        where.write_text(json.dumps(issue, indent=2, sort_keys=True), "utf-8")
    run(loaded, Command((*git, "-C", str(issues), "add", "--all")))
    run(loaded, Command((*git, "-C", str(issues), "commit", "--no-verify", "--message", "load")))
    shown = {"show": Command((mb, "show", str(issue["id"])))}
    return Loaded(version, project, variables, {**commands, **shown})


def _issue(number: int, ticket: Ticket) -> dict[str, object]:
    return {
        "id": f"pr-{number:08x}",
        "title": ticket.title,
        "description": ticket.text("description"),
        "notes": text_of(ticket),
        "status": "open" if ticket.live else "closed",
        "type": "task",
        "priority": int(ticket.text("priority")[1:]) - 1,
        "labels": [ticket.text("category"), ticket.text("team")],
        "dependencies": [],
        "created_at": ticket.text("opened"),
        "updated_at": ticket.log[-1].at,
        "closed_at": None if ticket.live else ticket.log[-1].at,
        "closed_reason": None,
        "design": "",
        "acceptance_criteria": "",
    }


# --- papis -----------------------------------------------------------------------------------


def load_papis(folder: Path, count: int) -> Loaded:
    """A document's folder a ticket, in the quickest of its databases; it has no report."""
    library = folder / "library"
    library.mkdir()
    programs, version = _from_pypi(folder, "papis")
    papis = str(programs / "papis")
    config = folder / "papis/config"
    config.parent.mkdir()
    config.write_text(
        "[settings]\ndefault-library = desk\ndatabase-backend = sqlite\n"
        "sqlite-schema-fields-extend = ['abstract']\n"
        f"[desk]\ndir = {library}\n"
    )
    for number, ticket in enumerate(tickets(count)):
        (library / ticket.id).mkdir()
        info = yaml.dump(_document(number, ticket), Dumper=yaml.CSafeDumper, allow_unicode=True)
        (library / ticket.id / "info.yaml").write_text(info, "utf-8")
    titles = (papis, "list", "--all", "--format", "{doc[title]}")
    commands = {
        "add": (papis, "add", "--batch", "--set", "title", "Printer jam"),
        "show": (papis, "export", "--format", "yaml", f'ref:"{ticket.id}"'),
        "list": (*titles, "tags:live"),
        "search": (*titles, WORDS),
    }
    variables = {"HOME": str(folder), "XDG_CACHE_HOME": str(folder / "cache"),
                 "XDG_CONFIG_HOME": str(folder), "XDG_DATA_HOME": str(folder)}  # fmt: skip
    loaded = Loaded(
        version, folder, variables, {name: Command(line) for name, line in commands.items()}
    )
    run(loaded, Command((papis, "cache", "reset")))
    return loaded


def _document(number: int, ticket: Ticket) -> dict[str, object]:
    return {
        "ref": ticket.id,
        "papis_id": f"{number:032x}",
        "title": ticket.title,
        "author": str(ticket.requester["name"]),
        "year": ticket.opened.year,
        "tags": ["live" if ticket.live else "ended", ticket.text("category")],
        "abstract": text_of(ticket),
        "type": "misc",
    }


def _from_pypi(folder: Path, name: str) -> tuple[Path, str]:
    """Where the programs of a package are that is installed for this run, and its version."""
    where = folder / "programs"
    subprocess.run([sys.executable, "-m", "venv", where], check=True, capture_output=True)
    subprocess.run([where / "bin/pip", "install", "--quiet", name], check=True, capture_output=True)
    ask = f"from importlib.metadata import version; print('{name}', version('{name}'))"
    return where / "bin", version_of(str(where / "bin/python"), "-c", ask)


def version_of(*command: str) -> str:
    """What a command says of its version."""
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


# --- the table -------------------------------------------------------------------------------

LOADERS: Mapping[str, Callable[[Path, int], Loaded]] = {
    "desk": load_desk,
    "task": load_taskwarrior,
    "notmuch": load_notmuch,
    "microbeads": load_microbeads,
    "papis": load_papis,
}


def rows(count: int, names: Iterable[str]) -> Iterator[str]:
    """The lines of the table."""
    yield f"| {count:,} tickets | {' | '.join(ACTIONS)} |"
    yield f"|---|{'---:|' * len(ACTIONS)}"
    for name in names:
        if name in ("task", "notmuch") and not shutil.which(name):
            print(f"{name} is not installed and left out", file=sys.stderr)  # noqa: T201
            continue
        yield row(count, name)


def row(count: int, name: str) -> str:
    """A program's line."""
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        loaded = LOADERS[name](Path(folder), count)
        taken = time.perf_counter() - begun
        print(f"{loaded.name}: loaded in {taken:.0f} s", file=sys.stderr)  # noqa: T201
        return f"| {loaded.name} | {' | '.join(cells(loaded))} |"


def cells(loaded: Loaded) -> Iterator[str]:
    """Its figures, a dash for what it cannot do."""
    for action in ACTIONS:
        command = loaded.commands.get(action)
        try:
            yield figure(least(loaded, command)) if command else "–"
        except subprocess.CalledProcessError as error:
            print(f"{loaded.name} {action}: {error}", file=sys.stderr)  # noqa: T201
            yield "–"


def figure(seconds: float) -> str:
    """Two or three figures that count."""
    decimals = 3 if seconds < 0.1 else 2 if seconds < 1 else 1 if seconds < 10 else 0
    return f"{seconds:.{decimals}f}"


def tickets(count: int) -> Iterator[Ticket]:
    """Those of the generated desk of that size."""
    return (desks.ticket(number, count) for number in range(count))


def main(arguments: list[str]) -> None:
    """Measure and print; names after the count are the only programs then."""
    count, *names = arguments
    for line in rows(int(count), names or LOADERS):
        print(line, flush=True)  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1:])
