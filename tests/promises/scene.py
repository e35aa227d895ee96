"""A small desk and every writing command with arguments that fit it."""

import atexit
import compileall
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from pathlib import Path

from desk import cli, codec, store
from desk.model import Article, Ticket, Value
from tests.conftest import NOW, add, policy_text

ROOT = Path(__file__).parents[2]
AT = "2026-11-21T09:00:00+08:00"
LATER = "2026-11-21T10:00:00+08:00"
EXPORT = "number,title,opened\n" + "".join(
    f"OLD-{n},Old request {n},2026-11-{n:02} 09:00\n" for n in range(1, 6)
)
MAP = """\
name: old
rows: tickets
dates: "%Y-%m-%d %H:%M"
columns: {number: external, title: title, opened: opened}
"""

BATCH = """\
# one change after the other
desk assign NEWAA --to chen
note PRGAA "A note: 打印机"
"""

# name: (arguments, ids that it writes)
WRITING: dict[str, tuple[list[str], list[str]]] = {
    "init": (["init", "."], []),
    "open": (["open", "打印机卡纸", "-d", "It jams.\n"], []),
    "classify": (["classify", "PRGAA", "--impact", "department"], ["PRGAA"]),
    "assign": (["assign", "NEWAA", "--to", "chen"], ["NEWAA"]),
    "escalate": (["escalate", "PRGAA", "--to-team", "network", "--because", "y"], ["PRGAA"]),
    "note": (["note", "PRGAA", "A note."], ["PRGAA"]),
    "reply": (["reply", "PRGAA", "A reply."], ["PRGAA"]),
    "hold": (["hold", "PRGAA", "--for", "vendor"], ["PRGAA"]),
    "resume": (["resume", "HDDAA"], ["HDDAA"]),
    "resolve": (
        ["resolve", "DRGAA", "--solution", "x", "--kb", "PBSHA"],
        ["DRGAA", "DXPAA", "PBSHA"],
    ),
    "close": (["close", "RESAA", "RESBB"], ["RESAA", "RESBB"]),
    "reopen": (["reopen", "RESAA", "--because", "x"], ["RESAA"]),
    "cancel": (["cancel", "NEWAA", "--because", "x"], ["NEWAA"]),
    "survey": (["survey", "CSEDA", "--score", "5"], ["CSEDA"]),
    "link": (["link", "NEWAA", "related", "PRGAA"], ["NEWAA", "PRGAA"]),
    "unlink": (["unlink", "DXPAA", "duplicate-of", "DRGAA"], ["DXPAA", "DRGAA"]),
    "edit": (["edit", "NEWAA", "--set", "title=VPN hangs", "--set", "rack=12"], ["NEWAA"]),
    "undo": (["undo", "NTDAA", "KNKAA"], ["NTDAA", "KNKAA", "KNKBB"]),
    "kb new": (["kb", "new", "打印机卡纸", "--body", "It jams.\n"], []),
    "kb from": (["kb", "from", "RESAA"], ["RESAA"]),
    "kb edit": (["kb", "edit", "DRFTA", "--set", "solution=换硒鼓"], ["DRFTA"]),
    "kb submit": (["kb", "submit", "DRFTA"], ["DRFTA"]),
    "kb approve": (["kb", "approve", "REVWA"], ["REVWA"]),
    "kb reject": (["kb", "reject", "REVWA", "--because", "x"], ["REVWA"]),
    "kb publish": (["kb", "publish", "APRVA"], ["APRVA"]),
    "kb retire": (["kb", "retire", "DRFTA", "PBSHA"], ["DRFTA", "PBSHA"]),
    "kb renew": (["kb", "renew", "PBSHA"], ["PBSHA"]),
    "kb helpful": (["kb", "helpful", "PBSHA"], ["PBSHA"]),
    "kb unhelpful": (["kb", "unhelpful", "PBSHA", "--because", "x"], ["PBSHA"]),
    "kb import": (["kb", "import", "../docs"], []),
    "import": (["import", "../export.csv", "--map", "../map.yaml"], []),
    "tick": (["tick", "--now", "2026-12-20T09:00+08:00"], ["PRGAA", "RESAA", "RESBB"]),
    "check": (["check", "--fix"], ["EDTAA", "MSPAA"]),
    "batch": (["batch", "../batch"], ["NEWAA", "PRGAA"]),
}
# Those that make a new record, of an id that every run draws anew.
CREATING = ("open", "kb new", "kb from")
READING = (
    "kb export",
    "kb list",
    "kb search",
    "kb gaps",
    "kb show",
    "kb history",
    "list",
    "show",
    "history",
    "queue",
    "sla",
    "team",
    "policy",
    "summarise",
    "schema",
    "search",
    "index",
    "export",
    "watch",
    "suggest",
    "hook install",
    "hook verify",
    "diff",
    "blame",
    "sync",
    "merge-driver",
)


def ticket(end: str, status: str, **fields: object) -> Ticket:
    head = {"title": f"Ticket {end}", "status": status, "opened": AT, "priority": "P4"}
    head |= {"impact": "person", "urgency": "medium", **fields}
    made = Ticket({"id": f"T-261121-{end}", "description": "It fails.\n"}, ())
    return made.add("open", NOW, "chen", head)


def article(end: str, *moves: tuple[str, str]) -> Article:
    """An article of lin's, after events of those verbs that leave it in those statuses."""
    head: dict[str, Value] = {"title": f"Article {end}", "status": "draft", "solution": "Wait.\n"}
    made = Article({"id": f"KB-261121-{end}"}, ()).add("new", NOW, "lin", head)
    for verb, status in moves:
        made = made.add(verb, NOW, "zhao" if verb == "approve" else "lin", {"status": status})
    return made


def build(root: Path) -> Path:
    """The desk, with what an import reads beside it; returns its folder."""
    desk = store.make(str(root / "desk"), policy_text())
    original, copy = "T-261121-DRGAA", "T-261121-DXPAA"
    add(
        desk,
        ticket("NEWAA", "new"),
        ticket("PRGAA", "in_progress", assignee="chen", team="service-desk"),
        ticket("HDDAA", "on_hold", waiting_for="vendor"),
        ticket("RESAA", "resolved").add("resolve", NOW, "chen", solution="x"),
        ticket("RESBB", "resolved").add("resolve", NOW, "chen", solution="x"),
        ticket("CSEDA", "closed").add("close", NOW, "chen"),
        ticket("DRGAA", "new", links=[f"duplicate {copy}"]),
        ticket("DXPAA", "new", links=[f"duplicate-of {original}"]),
        ticket("EDTAA", "new"),
        ticket("NTDAA", "new").add("note", NOW, "chen", text="x"),
        ticket("KNKAA", "new").add("link", NOW, "chen", {"links": ["related T-261121-KNKBB"]}),
        ticket("KNKBB", "new").add("link", NOW, "chen", {"links": ["related T-261121-KNKAA"]}),
        ticket("MSPAA", "new"),
        article("DRFTA"),
        article("REVWA", ("submit", "review")),
        article("APRVA", ("submit", "review"), ("approve", "review")),
        article("PBSHA", ("submit", "review"), ("approve", "published")),
    )
    folder = Path(desk.root)
    month = folder / "tickets" / "2026" / "11"
    edited = month / "T-261121-EDTAA.yaml"
    edited.write_text(edited.read_text().replace("Ticket EDTAA", "By hand # why", 1))
    (root / "export.csv").write_text(EXPORT)
    (root / "map.yaml").write_text(MAP)
    (root / "batch").write_text(BATCH)
    (root / "docs").mkdir()
    (root / "docs" / "vpn.md").write_text("# VPN\n[wifi](wifi.md) ![menu](menu.png)\n")
    (root / "docs" / "wifi.md").write_text("# 无线网\n")
    (root / "docs" / "menu.png").write_bytes(b"\x89PNG")
    return folder


def copy(scene: Path, to: Path, command: str) -> Path:
    """A copy of the scene for one run of a command; returns where it runs."""
    shutil.copytree(scene, to)
    folder = to / "desk"
    if command == "init":
        shutil.rmtree(folder)
        folder.mkdir()
    if command == "check":
        misplace(folder)
    return folder


MISPLACED = "tickets/2026/10/T-261121-MSPAA.yaml"  # for `check --fix`, which may be interrupted


def misplace(folder: Path) -> None:
    """Move a ticket to another month, as somebody does by hand."""
    (folder / MISPLACED).parent.mkdir()
    (folder / "tickets/2026/11/T-261121-MSPAA.yaml").rename(folder / MISPLACED)


@cache
def _code() -> str:
    """A copy of the program that stays as it is while it is interrupted at call after call."""
    folder = tempfile.mkdtemp(prefix="desk-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    leave = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "desk", Path(folder, "desk"), ignore=leave)
    compileall.compile_dir(folder, quiet=1)
    return folder


def environment(scratch: Path) -> dict[str, str]:
    """The same for every run, so that each makes the same calls in the same order."""
    return {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(scratch / "home"),
        "PYTHONPATH": _code(),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONUTF8": "1",
        "PYTHONWARNINGS": "error",
        "DESK_NOW": LATER,
        "GIT_AUTHOR_NAME": "陈伟",
        "GIT_AUTHOR_EMAIL": "chen@example.com",
    }


def command_line(arguments: list[str]) -> list[str]:
    return [sys.executable, "-P", "-m", "desk", *arguments]


def run(
    arguments: list[str], folder: Path, env: dict[str, str], *around: str
) -> subprocess.CompletedProcess[bytes]:
    """Run a command as a process of its own, behind the words `around`."""
    return subprocess.run(
        [*around, *command_line(arguments)],
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=60,
    )


def in_process(arguments: list[str], folder: Path) -> tuple[int, str, str]:
    """Run a command in this process: (exit code, output, what it said)."""
    out, said = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(said):
        code = cli.run(["-C", str(folder), "--now", LATER, "--as", "chen", *arguments])
    return code, out.getvalue(), said.getvalue()


def files(folder: Path) -> dict[str, bytes]:
    """Every file of the desk by its path, but for what is private."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if not path.is_dir() and not name.startswith(".desk/"):
            found[name] = path.read_bytes()
    return found


def violations(
    folder: Path, command: str, before: dict[str, bytes], after: dict[str, bytes]
) -> list[str]:
    """What is neither old nor new, damaged, or in the way, after an interrupted command."""
    now = files(folder)
    wrong = [
        f"{path} is neither old nor new"
        for path in before.keys() | after.keys()
        if _masked(now.get(path)) not in (_masked(before.get(path)), _masked(after.get(path)))
        and not (command in CREATING and path not in before)
    ]
    strange = now.keys() - before.keys() - after.keys()
    if command in CREATING:
        strange = {path for path in strange if not _is_new(path, now[path])}
    if command == "init":  # which, run again, puts them in their places
        strange -= {"desk.yaml.new", ".gitattributes.new"}
    wrong += [f"{path} is strange" for path in strange]
    return wrong + _moved_away(now, before, after)


def _masked(data: bytes | None) -> bytes | None:
    """A file without the id of the new article that it may be linked to."""
    return data and re.sub(rb"KB-\d{6}-\w{5}", b"KB-261121-?????", data)


def _is_new(path: str, data: bytes) -> bool:
    record = codec.load(data.decode())
    return store.path_of(record.id) == path and record.title in ("打印机卡纸", "Ticket RESAA")


def _moved_away(
    now: dict[str, bytes], before: dict[str, bytes], after: dict[str, bytes]
) -> list[str]:
    """Records that are nowhere, neither in the old place nor in the new."""
    kept = {path.rpartition("/")[2] for path in now}
    return [
        f"{path} is gone"
        for path in before
        if path not in now and (path in after or path.rpartition("/")[2] not in kept)
    ]


def leftovers(folder: Path) -> list[str]:
    """What lies in the private folder and should not."""
    private = folder / ".desk"
    names = {p.relative_to(private).as_posix() for p in private.rglob("*") if not p.is_dir()}
    # A kill may leave an index that is not finished; the next one that is made takes its place.
    kept_names = ("index.sqlite", "settings.json", "searches.ndjson", "done.ndjson")
    kept = {f"{name}{end}" for name in kept_names for end in ("", ".new")}
    wrong = sorted(names - kept - {".gitignore", "lock", "index.lock"})
    ignored = private / ".gitignore"
    if ignored.exists() and ignored.read_text() != "*\n":
        wrong.append(".gitignore is torn")
    return wrong


def after_effects(folder: Path, command: str, env: dict[str, str]) -> list[str]:
    """What keeps the desk from being used as if nothing had been interrupted."""
    if command == "init" and not (folder / "desk.yaml").exists():
        again = run(WRITING["init"][0], folder, env)
        if again.returncode:
            return [f"init ended with {again.returncode}: {again.stderr.decode()}"]
    return _after_next(folder)


def _after_next(folder: Path) -> list[str]:
    code, printed, said = in_process(["open", "next"], folder)
    wrong = [f"the next command ended with {code}: {said}"] if code else []
    if not code:
        code, _, said = in_process(["note", printed.strip(), "x"], folder)
        wrong += [f"the next note ended with {code}: {said}"] if code else []
    told: list[object] = []
    list(store.Desk(str(folder)).records(told.append))
    wrong += [f"left behind: {path}" for path in files(folder) if path.endswith(".new")]
    attributes = folder / ".gitattributes"
    torn = attributes.exists() and not attributes.read_text().endswith("desk.yaml text eol=lf\n")
    wrong += [".gitattributes is torn"] if torn else []
    return (
        wrong
        + [f"unreadable: {error}" for error in told if MISPLACED not in str(error)]
        + [f"left behind: {name}" for name in leftovers(folder)]
    )
