"""R9: the index can be deleted, corrupted or stale without a wrong answer."""

import io
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from functools import partial
from pathlib import Path

import click
import pytest

from desk import cli, codec, factindex, fulltext, glance, index, indexrows, session
from desk.articleindex import ArticleIndex
from desk.commands.common import complete_ids
from desk.errors import DamagedError
from desk.glance import Glance
from desk.index import Index
from desk.model import LIVE, Ticket
from desk.store import Desk
from tests.promises import outside, scene
from tests.promises.outside import World

QUERIES = ("printer", "打", "打印机", "vpn drops", '"password forgotten"', "7", "mailb*", "again")
WITHOUT_NOW = "without --now"  # which would have all tickets read to see how they stood
# Commands that may see a closed ticket that was edited in place later …
LATE: tuple[list[str], ...] = (
    ["list"],
    ["list", "--all", "-f", "json"],
    ["list", "team:network", "priority:P1,P2"],
    ["list", "--all", "x:3"],
    ["list", "nosuch:1"],
    ["list", "-f", "json", WITHOUT_NOW],
    ["list", "--sort", "-title,team", "-f", "ids", WITHOUT_NOW],
    ["list", "--sort", "x", "-f", "json", WITHOUT_NOW],
    ["list", "--sort", "sla,-due", "-f", "ids", WITHOUT_NOW],
    ["list", "--all", "--columns", "id,score,closed,age", "-f", "csv"],
    ["queue"],
    ["queue", "team:network", "-f", "json"],
    ["queue", "-f", "ids", WITHOUT_NOW],
    ["team"],
    ["team", "-f", "json", WITHOUT_NOW],
    ["search", "printer"],
    ["search", "打印机", "team:network", "--limit", "3"],
    ["search", "pritner", "-f", "ids"],
    ["search", "打印鸡卡纸", "-f", "ids"],
    ["search", "vpn", "status:open", "-f", "json", WITHOUT_NOW],
    ["policy", "ID"],
    ["kb", "list", "-f", "json"],
)
# … and those that see it at once.
AT_ONCE: tuple[list[str], ...] = (
    ["summarise", "-f", "json"],
    ["summarise", "--by", "team", "status:closed"],
    ["summarise", "--by", "month", "--since", "2026-01-01", "-f", "csv"],
    ["summarise", "-f", "openmetrics"],
    ["sla"],
    ["sla", "--all", "-f", "csv"],
    ["export"],
    ["export", "-f", "events"],
    ["show", "ID"],
    ["show", "NEW"],
    ["show", "NEW", "OLD"],
    ["show", "OLD"],
    ["show", "NUMBER"],
    ["history", "NEW"],
    ["tick", "--dry-run"],
    ["kb", "search", "printer"],
    ["kb", "search", "卡纸", "--all", "-f", "json"],
    ["kb", "search", "pritner", "status:published", WITHOUT_NOW],
)


@contextmanager
def no_index(root: Path) -> Iterator[None]:
    """A file in the way of the private folder, so that a whole index is made in memory."""
    private, aside = root / ".desk", root / ".desk-aside"
    there = private.exists()
    if there:
        private.rename(aside)
    private.write_text("")
    try:
        yield
    finally:
        private.unlink()
        if there:
            aside.rename(private)


def scanned(root: Path) -> Index:
    """An index of all files as they are now, which will not look at them again."""
    with no_index(root):
        whole = Index(Desk(str(root)))
        whole.look(every=True)
    return whole


def told(answers: Callable[..., Iterator], **which: object) -> tuple[dict[str, object], list[str]]:
    """The records of an answer by id, with logs, and the damage that was told."""
    damage: list[str] = []
    found = answers(lambda error: damage.append(str(error)), **which)
    return {record.id: codec.as_dict(record) for record in found}, damage


class Watch:
    """Compares the answers of an index with those of a full scan."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.compared = 0
        self.seen: set[str] = set()

    def differences(self) -> list[str]:
        """What differs now, asked in any order: whoever asks first mends it for the others."""
        world = self.world
        reference = scanned(world.root)
        at_once = world.drawn.sample(AT_ONCE, 2)
        late = [] if world.late else world.drawn.sample(LATE, 2)
        asking = [partial(self.of_command, one, reference) for one in (*at_once, *late)]
        asking.append(partial(self.of_records, reference))
        if world.drawn.random() < 0.5:
            asking.append(self.at_once)
        world.drawn.shuffle(asking)
        return [wrong for ask in asking for wrong in ask()]

    def of_records(self, reference: Index) -> Iterator[str]:
        """What an index says of the records when it first looks, but for what may come late."""
        desk, late = Desk(str(self.world.root)), self.world.late
        first = Index(desk)
        wanted, damage = told(desk.records)
        which = self.world.drawn.choice(("all", "unended", "live"))
        found, said = told(first.records, every=False, among=which)
        keep = {"all": lambda _: True, "unended": is_unended, "live": is_live}[which]
        wanted_now = {one: record for one, record in wanted.items() if keep(record)}
        for one in wanted_now.keys() | found.keys():
            if one not in late and wanted_now.get(one) != found.get(one):
                yield f"{which} {one}: {found.get(one)} instead of {wanted_now.get(one)}"
        if not late and said != damage:
            yield f"damage: {said} instead of {damage}"
        if not late:
            yield from self.of_words(first, reference)
            yield from self.of_completion(reference)
        if self.world.drawn.random() < 0.3:
            yield from self.of_numbers(wanted)
        self.compared += 2

    def of_words(self, one: Index, reference: Index) -> Iterator[str]:
        for query in self.world.drawn.sample(QUERIES, 3):
            match = fulltext.match(fulltext.terms(query))
            found, wanted = (
                [(hit.record.id, hit.score) for hit in each.search(match)]
                for each in (one, reference)
            )
            if found != wanted:
                yield f"search {query}: {found} instead of {wanted}"
        if one.field_names() != reference.field_names():
            yield f"fields: {one.field_names() ^ reference.field_names()}"
        if differing := set(reference.words()) ^ set(one.words()):
            yield f"words: {differing}"
        self.compared += 5

    def of_completion(self, reference: Index) -> Iterator[str]:
        name = self.world.drawn.choice(("show", "note", "close"))
        found = completed(self.world.root, name)
        with answering(reference):
            wanted = completed(self.world.root, name)
        if found != wanted:
            yield f"completion of {name}: {found} instead of {wanted}"
        self.compared += 1

    def of_numbers(self, wanted: dict[str, dict[str, object]]) -> Iterator[str]:
        """Who has an outside number, which is the same in any case."""
        holders: dict[str, list[str]] = {"INC7777": []}
        for one, record in sorted(wanted.items()):
            if number := record.get("external"):
                holders.setdefault(str(number), []).append(one)
        number = self.world.drawn.choice([*holders])
        found = Index(Desk(str(self.world.root))).ids_of_external(number.lower())
        if found != holders[number]:
            yield f"external {number}: {found} instead of {holders[number]}"
        if outside.is_free(self.world):
            self.world.late.clear()
        self.compared += 1

    def at_once(self) -> Iterator[str]:
        """What an index says of the records when it has looked at every file."""
        desk = Desk(str(self.world.root))
        wanted, found = told(desk.records), told(Index(desk).records, every=True)
        if wanted != found:
            differing = [one for one in wanted[0].keys() | found[0].keys()
                         if wanted[0].get(one) != found[0].get(one)]  # fmt: skip
            yield f"every: {differing} {wanted[1]} {found[1]}"
        if outside.is_free(self.world):
            self.world.late.clear()
        self.compared += 1

    def filled(self, command: list[str]) -> list[str]:
        """A command with an id, a part of a new one or an old one, and an outside number."""
        drawn, files = self.world.drawn, self.world.files()
        self.seen.update(path.stem for path in files)
        newest = max(files, key=lambda path: path.lstat().st_ctime_ns, default=Path("T-1-AAAAA"))
        words = {
            "ID": drawn.choice(files or [newest]).stem,
            "NEW": newest.stem[-4:].lower(),
            "OLD": drawn.choice(sorted(self.seen) or ["T-1-AAAAA"])[-4:],
            "NUMBER": number_in(newest) or "inc7777",
        }
        return [words.get(word, word) for word in command]

    def of_command(self, words: list[str], reference: Index) -> Iterator[str]:
        command = self.filled(words)
        found = ran(command, self.world.root)
        with answering(reference):
            wanted = ran(command, self.world.root)
        self.compared += 1
        if found != wanted:
            yield f"{command}: {found} instead of {wanted}"


def ran(command: list[str], root: Path) -> tuple[int, str, str]:
    """How a command ends and what it prints and says."""
    if command[-1] != WITHOUT_NOW:
        return scene.in_process(command, root)
    out, said = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(said):
        code = cli.run(["-C", str(root), "--as", "chen", *command[:-1]])
    return code, out.getvalue(), said.getvalue()


def completed(root: Path, name: str) -> list[tuple[str, str | None]]:
    """The ids that a command's first argument is completed to, with their titles."""
    own = cli.cli.get_command(click.Context(cli.cli), name)
    assert own
    context = click.Context(own, info_name=name)
    context.obj = session.Session()
    context.obj.options["start"] = str(root)
    return [(item.value, item.help) for item in complete_ids(context, own.params[0], "T-")]


def number_in(path: Path) -> str:
    """The outside number that stands in a file."""
    with suppress(OSError):
        text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
        numbers = [line for line in text.split("\n") if line.startswith("external: ")]
        return "".join(numbers[:1]).removeprefix("external: ").lower()
    return ""


def is_unended(record: dict[str, object]) -> bool:
    return record["status"] not in ("closed", "cancelled")


def is_live(record: dict[str, object]) -> bool:
    return record["status"] in LIVE


@contextmanager
def answering(one: Index) -> Iterator[None]:
    """Every run of the program asks that index, or its articles."""
    own, of_articles = (session.Session.__dict__[name] for name in ("index", "article_index"))
    session.Session.index = property(lambda _: one)  # type: ignore[assignment]
    session.Session.article_index = property(lambda _: articles_of(one))  # type: ignore[assignment]
    try:
        yield
    finally:
        session.Session.index = own  # type: ignore[method-assign]
        session.Session.article_index = of_articles  # type: ignore[method-assign]


def articles_of(whole: Index) -> ArticleIndex:
    """The same index asked for its articles, which will not look at them again."""
    asked = ArticleIndex(whole._desk, lambda _done, _total: None, lambda: Glance(None, 0))
    asked._file, asked._looked = whole._file, whole._looked
    return asked


@contextmanager
def many_are(number: int) -> Iterator[None]:
    """From that many files on they are read, and looked at, by other processes."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(index, "_MANY", number)
        patched.setattr(glance, "_MANY", number // 4)
        patched.setattr(indexrows, "_SPREAD", number)
        patched.setattr(factindex, "_SPREAD", number)
        yield


def run(folder: Path, seed: int, operations: int) -> tuple[Counter[str], int, list[str]]:
    """Let things happen to a desk and compare after each; stops at the first difference.

    With an odd seed few files are many.
    """
    with many_are(8 if seed % 2 else 500):
        return _run(folder, seed, operations)


def _run(folder: Path, seed: int, operations: int) -> tuple[Counter[str], int, list[str]]:
    world = World(folder, seed)
    watch = Watch(world)
    done: Counter[str] = Counter()
    history: list[str] = []
    for _ in range(operations):
        action = outside.something(world)
        try:
            action(world)
        except (IndexError, OSError):  # there is nothing that it could be done to
            outside.create(world)
        history.append(action.__name__)
        done[action.__name__] += 1
        if world.drawn.random() < 0.2:
            time.sleep(0.06)  # longer than the tick of a time stamp, so that stamps are trusted
        if wrong := watch.differences():
            return done, watch.compared, [f"seed {seed}: {history[-6:]}: {one}" for one in wrong]
        if world.drawn.random() < 0.5:
            outside.clear_way(world)
    return done, watch.compared, []


def test_an_edit_in_the_same_moment_as_the_look_is_seen(tmp_path: Path):
    """Time stamps move in ticks: one that is just so old may stand for two states of a file."""
    world = World(tmp_path, 1)
    path = next(path for path in world.files() if is_live_file(path))
    text = path.read_bytes()
    place = text.index(b"title: ") + len(b"title: ")
    handle = os.open(path, os.O_RDWR)
    for number in range(200):
        for letter in (b"A", b"B", bytes([67 + number % 20])):
            os.pwrite(handle, letter, place)
            seen = Index(Desk(str(world.root)))
            seen.look()
        (record,) = (r for r in seen.records(lambda _: None, every=False) if r.id == path.stem)
        assert record.title[:1] == letter.decode()
    os.close(handle)


def is_live_file(path: Path) -> bool:
    with suppress(DamagedError, OSError):
        record = codec.load(path.read_text(encoding="utf-8"))
        return isinstance(record, Ticket) and record.live
    return False


@pytest.mark.parametrize("seed", range(2))
def test_every_answer_is_that_of_a_full_scan(
    tmp_path: Path, seed: int, figures: Callable[[str], None]
):
    done, compared, wrong = run(tmp_path, seed, 40)
    figures(f"R9 seed {seed}: {done.total()} operations, {compared} answers, {len(wrong)} differ")
    assert wrong == []


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 120))
def test_every_answer_after_ten_thousand_operations(
    tmp_path: Path, seed: int, figures: Callable[[str], None]
):
    begun = time.monotonic()
    done, compared, wrong = run(tmp_path, seed, 500)
    figures(
        f"R9 seed {seed}: {done.total()} operations, {compared} answers, {len(wrong)} differ, "
        f"{time.monotonic() - begun:.0f} s"
    )
    assert wrong == []
