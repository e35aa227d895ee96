"""What a desk of ten years costs, beside programs that everybody has; ratios within one run.

The desks of 1,000, 10,000 and 100,000 tickets are made at the start (about a minute), or kept
from run to run in the folder that BENCH_DESKS names. All of it takes about a quarter of an
hour, mostly for the rebuilds; the desk of 1,000,000 (`-m sweep`) takes that long to be made.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.bench import articles, desks
from tests.bench.timing import ROOT, desk, environment, medians, output, seconds

SIZES = (1_000, 10_000, 100_000)
LARGE, HUGE = 100_000, 1_000_000
QUICK, SLOW = 15, 7
KEPT = os.environ.get("BENCH_DESKS")

SORTS = ("", "priority", "-opened", "title", "requester", "status,-id", "age", "due", "sla")
SEARCH = ("Printer jam", "搓纸轮", "idle timeout")
STATUS = ("git", "status", "--short")
VERBS: dict[str, tuple[str, ...]] = {
    "show": (),
    "assign": ("--to", "anna"),
    "resolve": ("--solution", "New rollers."),
}

Table = Callable[..., float]
Folders = Callable[[int], Path]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Folders]:
    """The generated desk of so many tickets, with its index made."""
    parent = Path(KEPT) if KEPT else tmp_path_factory.mktemp("bench")
    ready: set[int] = set()

    def of(count: int) -> Path:
        made = parent / str(count)
        if not made.exists():
            desks.build(made, count, git=count < HUGE)
        if count not in ready:
            output(*desk("list", "--limit", "1"), cwd=made)
            ready.add(count)
        return made

    yield of
    if not KEPT:
        shutil.rmtree(parent)


@pytest.fixture
def table(figures: Callable[[str], None]) -> Table:
    """Prints a line of the table below the run's summary and returns the ratio."""

    def line(count: int, what: str, ours: float, theirs: float, than: str) -> float:
        ratio = ours / theirs
        figures(
            f"scale {count:>9,}  {what:<34} {ours:7.3f} s  {ratio:5.2f} x {than} ({theirs:.3f} s)"
        )
        return ratio

    return line


# --- 1: one ticket ---------------------------------------------------------------------------


def by_id(record_id: str) -> str:
    return record_id


def by_part(record_id: str) -> str:
    """What a caller reads out over the phone: the letters at the end."""
    return record_id.rpartition("-")[2].lower()


def timed_open(where: Path, opened: list[str]) -> float:
    """Seconds of `desk open`, whose id is put at the end of `opened`."""
    begun = time.perf_counter()
    record_id = output(*desk("open", "Printer jams", "--category", "printer"), cwd=where)
    taken = time.perf_counter() - begun
    opened.append(record_id.strip())
    return taken


def timed_life(
    where: Path, size: int, name: Callable[[str], str]
) -> dict[str, Callable[[], float]]:
    """Open a ticket, and then each verb on the ticket that was opened last."""
    opened: list[str] = []

    def verb(did: str) -> float:
        return seconds(*desk(did, name(opened[-1]), *VERBS[did]), cwd=where)

    return {
        f"open {size}": lambda: timed_open(where, opened),
        **{f"{did} {size}": partial(verb, did) for did in VERBS},
    }


@pytest.mark.scale
@pytest.mark.parametrize("name", [by_id, by_part])
def test_one_ticket_costs_the_same_however_many_there_are(
    folder: Folders, table: Table, name: Callable[[str], str]
) -> None:
    lives = {size: timed_life(folder(size), size, name) for size in SIZES}
    verbs = ("open", *VERBS)
    turns = {f"{did} {size}": lives[size][f"{did} {size}"] for did in verbs for size in SIZES}
    try:
        taken = medians(QUICK, turns)
    finally:
        for size in SIZES:
            output("git", "clean", "-d", "--force", "--quiet", "--", "tickets", cwd=folder(size))
    ratios = {}
    for did in verbs:
        for size in SIZES[1:]:
            ours, theirs = taken[f"{did} {size}"], taken[f"{did} 1000"]
            what = f"{did} ({name.__name__.replace('_', ' ')})"
            ratios[did, size] = table(size, what, ours, theirs, "the same of 1,000")
    assert max(ratios[did, LARGE] for did in verbs) <= 1.15


# --- 2: a list -------------------------------------------------------------------------------


def listed(where: Path, sort: str) -> float:
    words = ("--sort", sort) if sort else ()
    return seconds(*desk("list", "--limit", "50", *words), cwd=where)


@pytest.mark.scale
@pytest.mark.parametrize("size", SIZES)
def test_the_first_fifty_live_ones(folder: Folders, table: Table, size: int) -> None:
    where = folder(size)
    tasks = {sort: partial(listed, where, sort) for sort in SORTS}
    taken = medians(QUICK, {"git status": lambda: seconds(*STATUS, cwd=where), **tasks})
    ratios = [
        table(size, f"list --limit 50 {sort}", taken[sort], taken["git status"], "git status")
        for sort in SORTS
    ]
    assert size < LARGE or max(ratios) <= 0.6


@pytest.mark.sweep
def test_a_list_of_a_million_costs_little_more(folder: Folders, table: Table) -> None:
    tasks = {
        f"{sort} {size}": partial(listed, folder(size), sort)
        for sort in SORTS
        for size in (LARGE, HUGE)
    }
    taken = medians(QUICK, tasks)
    ratios = [
        table(HUGE, f"list --limit 50 {sort}", taken[f"{sort} {HUGE}"], taken[f"{sort} {LARGE}"],
              "the same of 100,000")
        for sort in SORTS
    ]  # fmt: skip
    assert max(ratios) <= 2


@pytest.mark.scale
@pytest.mark.parametrize("size", SIZES)
def test_the_first_list_of_a_clone(
    folder: Folders, table: Table, tmp_path: Path, size: int
) -> None:
    """It makes the index; the history is one commit."""
    clone = tmp_path / "clone"
    cloned = seconds("git", "clone", "--quiet", str(folder(size)), str(clone))
    first = seconds(*desk("list", "--limit", "50"), cwd=clone)
    table(size, "first list of a clone", first, cloned, "git clone")
    lists = [output(*desk("list", "-f", "ids"), cwd=where) for where in (clone, folder(size))]
    assert lists[0] == lists[1]


# --- 3: the whole history --------------------------------------------------------------------


@pytest.mark.scale
@pytest.mark.parametrize("size", SIZES)
def test_figures_of_the_whole_history(folder: Folders, table: Table, size: int) -> None:
    where = folder(size)
    commands = {"summarise": desk("summarise"), "git status": STATUS}
    taken = medians(
        SLOW, {name: partial(seconds, *words, cwd=where) for name, words in commands.items()}
    )
    ratio = table(size, "summarise", taken["summarise"], taken["git status"], "git status")
    assert size < LARGE or ratio <= 2.5


# --- 4: full text ----------------------------------------------------------------------------


@pytest.mark.scale
@pytest.mark.skipif(not shutil.which("rg"), reason="needs ripgrep (Debian's package `ripgrep`)")
@pytest.mark.parametrize("size", SIZES)
def test_a_search_over_everything(folder: Folders, table: Table, size: int) -> None:
    where = folder(size)
    ratios = []
    for words in SEARCH:
        tasks = {
            "search": partial(seconds, *desk("search", words), cwd=where),
            "rg": partial(seconds, "rg", "-l", words, "tickets", cwd=where),
        }
        taken = medians(QUICK, tasks)
        ratios.append(table(size, f"search {words}", taken["search"], taken["rg"], "rg -l"))
    assert size < LARGE or max(ratios) <= 0.5


@pytest.mark.scale
def test_a_search_of_articles(folder: Folders, table: Table, tmp_path: Path) -> None:
    """In a desk of 100,000 tickets and 10,000 articles."""
    where = tmp_path / "kb"
    shutil.copytree(folder(LARGE), where, symlinks=True, ignore=shutil.ignore_patterns(".git"))
    articles.add(where, 10_000)
    output(*desk("kb", "search", "VPN"), cwd=where)
    ratios = []
    for words in ("VPN drops", "打印机 卡纸"):
        tasks = {
            "search": partial(seconds, *desk("kb", "search", words), cwd=where),
            "version": partial(seconds, *desk("--version"), cwd=where),
        }
        taken = medians(QUICK, tasks)
        what = f"kb search {words}"
        ratios.append(table(LARGE, what, taken["search"], taken["version"], "--version"))
    assert max(ratios) <= 2


# --- 5: the index anew -----------------------------------------------------------------------


@pytest.mark.scale
@pytest.mark.parametrize("size", SIZES)
def test_a_rebuild(folder: Folders, table: Table, size: int) -> None:
    where = folder(size)
    bare = (sys.executable, "-m", "tests.bench.bare_parse", str(where / "tickets"))
    tasks = {
        "rebuild": partial(seconds, *desk("index", "--rebuild"), cwd=where),
        "bare": partial(seconds, *bare, cwd=ROOT),
    }
    taken = medians(SLOW, tasks)
    ratio = table(size, "index --rebuild", taken["rebuild"], taken["bare"], "bare libyaml events")
    assert size < LARGE or ratio <= 1.4


@pytest.mark.scale
@pytest.mark.skipif(sys.platform != "linux", reason="the memory of processes is read from /proc")
def test_the_memory_of_a_rebuild(folder: Folders, figures: Callable[[str], None]) -> None:
    """Of all its processes at one moment; what they share counts for each of them."""
    peak = most_memory(*desk("index", "--rebuild"), cwd=folder(LARGE))
    figures(f"scale {LARGE:>9,}  index --rebuild: {peak:.0f} MB at most, all processes together")
    assert peak <= 300


def most_memory(*command: str, cwd: Path) -> float:
    """The most resident memory in MB that a command and its children have together."""
    running = subprocess.Popen(
        command, cwd=cwd, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    peak = 0.0
    while running.poll() is None:
        peak = max(peak, sum(resident(one) for one in family(running.pid)))
        time.sleep(0.02)
    assert running.returncode == 0
    return peak


def family(pid: int) -> Iterator[int]:
    """A process and all below it, as far as they are still there."""
    yield pid
    for tasks in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = tasks.read_text().split()
        except OSError:
            continue
        for child in children:
            yield from family(int(child))


def resident(pid: int) -> float:
    """The resident memory of a process in MB, none of one that has ended."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


# --- 6: many results -------------------------------------------------------------------------


@pytest.mark.scale
@pytest.mark.parametrize("which", [("--limit", "5000"), ("--all", "--limit", "5000")])
def test_five_thousand_results_as_ndjson(
    folder: Folders, table: Table, which: tuple[str, ...]
) -> None:
    where = folder(LARGE)
    command = desk("list", *which, "-f", "ndjson")
    records = [json.loads(line) for line in output(*command, cwd=where).splitlines()]
    assert len(records) == 5000

    def dumped() -> float:
        begun = time.perf_counter()
        for record in records:
            json.dumps(record, ensure_ascii=False)
        return time.perf_counter() - begun

    tasks = {
        "list": lambda: seconds(*command, cwd=where),
        "dumps": dumped,
        "start": lambda: seconds(*desk("--version"), cwd=where),
    }
    taken = medians(QUICK, tasks)
    bound = 3 * taken["dumps"] + taken["start"]
    what = f"list {' '.join(which)} -f ndjson"
    ratio = table(LARGE, what, taken["list"], bound, "(3 x json.dumps + start-up)")
    assert ratio <= 1
