"""R5: clones that work apart become one again, and no event is missing, in whatever order.

Real git: commands, edits by hand, clocks that are days apart, renames, syncs, plain pulls with
and without the merge driver, from the remote and from each other, conflicts left lying about.
"""

import itertools
import shutil
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from desk import codec, merge, mergedriver, store
from desk.errors import DamagedError
from desk.git import Repository
from desk.model import Record
from tests.support import POLICY, Ran, run

PEOPLE = ("chen", "lin", "zhao")
TICKETS = st.integers(0, 5)
CLONES = st.integers(0, 4)
HOURS = st.sampled_from([0, 0, 1, 5, 30, 100])
FIELDS = st.sampled_from(["title", "description", "body", "rack"])
VERBS = (
    ["note", "{id}", "text {n}"], ["reply", "{id}", "text {n}"], ["assign", "{id}", "--to", "lin"],
    ["assign", "{id}", "--to", "chen"], ["hold", "{id}", "--for", "vendor"],
    ["hold", "{id}", "--for", "requester", "--until", "3d"], ["resume", "{id}"],
    ["escalate", "{id}", "--to-team", "network", "--because", "text {n}"],
    ["resolve", "{id}", "--solution", "text {n}"], ["reopen", "{id}", "--because", "text {n}"],
    ["classify", "{id}", "--impact", "organisation"], ["classify", "{id}", "--category", "vpn"],
    ["edit", "{id}", "--set", "rack={n}"], ["edit", "{id}", "--set", "title=title {n}"],
    ["edit", "{id}", "--set", "description=line\nline {n}\nline"],
    ["link", "{id}", "related", "{other}"], ["tick"], ["undo"],
    ["open", "title {n}", "-d", "first\nsecond {n}\nthird"],
    ["kb", "new", "title {n}", "--body", "first\n\nsecond {n}\n\nthird"],
    ["kb", "edit", "{id}", "--set", "body=first\n\nsecond\n\nthird {n}"],
    ["kb", "edit", "{id}", "--set", "body=first {n}\n\nsecond\n\nthird"],
)  # fmt: skip


class Clones(RuleBasedStateMachine):
    """Up to five clones of one remote, and what was acknowledged in any of them."""

    folder: Path
    count = 0

    @initialize(count=st.integers(3, 5), skews=st.lists(HOURS, min_size=5, max_size=5))
    def begin(self, count: int, skews: list[int]) -> None:
        type(self).count += 1
        self.root = self.folder / f"{type(self).count}"
        self.hours = 0
        self.skews = skews
        self.number = 0
        numbers = itertools.count(10 << 20)
        store.random_number = lambda: next(numbers)  # so that an example can be run again
        self.events: dict[tuple[str, object], str] = {}
        self.typed: dict[str, str] = {}
        hub = str(self.root / "hub")
        git(self.folder, "init", "--quiet", "--bare", "--initial-branch=main", hub)
        self.clones = [self.root / f"clone{n}" for n in range(count)]
        for number, clone in enumerate(self.clones):
            git(self.root, "clone", "--quiet", hub, str(clone))
            who = PEOPLE[number % 3]
            git(clone, "config", "user.name", who)
            git(clone, "config", "user.email", f"{who}@example.com")
            if not number:
                store.make(str(clone), POLICY)
                self.desk(0, "open", "first", "-d", "one\ntwo\nthree")
                self.desk(0, "kb", "new", "first", "--body", "one\n\ntwo\n\nthree\n")
                self.desk(0, "sync")

    # --- what is done ------------------------------------------------------------------------

    @rule(clone=CLONES, what=st.sampled_from(VERBS), which=TICKETS, hours=HOURS)
    def command(self, clone: int, what: list[str], which: int, hours: int) -> None:
        """A command, which rules may refuse."""
        self.hours += hours
        self.number += 1
        ids = self.ids(clone)
        names = {
            "id": ids[which % len(ids)],
            "other": ids[(which + 1) % len(ids)],
            "n": self.number,
        }
        self.desk(clone, *(word.format(**names) for word in what))

    @rule(
        clone=CLONES, which=TICKETS, field=st.sampled_from(["title", "description", "body", "rack"])
    )
    def edit_by_hand(self, clone: int, which: int, field: str) -> None:
        """A line of the head, or of a text of several lines, in an editor."""
        path = self.path(clone, which)
        text = path.read_text(encoding="utf-8")
        try:
            record = codec.load(text)
        except DamagedError:
            return
        self.number += 1
        value = f"typed-{self.number}"
        head, log, rest = text.partition("\nlog:\n")
        if field in ("description", "body"):
            last = record.text(field).rstrip("\n").rpartition("\n")[2]
            if not last or "\n" not in record.text(field):
                return
            head = head.replace(f"  {last}", f"  {value}", 1)
        else:
            lines = [line for line in head.split("\n") if not line.startswith(f"{field}: ")]
            head = "\n".join([lines[0], f"{field}: {value}", *lines[1:]])
        path.write_text(head + log + rest, encoding="utf-8")
        for earlier in [one for one in self.typed if one in text and one not in head + rest]:
            del self.typed[earlier]  # which they typed over
        self.typed[value] = record.id
        self.remember(clone)

    @rule(clone=CLONES, which=TICKETS)
    def rename(self, clone: int, which: int) -> None:
        """Somebody moves a file elsewhere within tickets."""
        path = self.path(clone, which)
        if not path.name.startswith("KB-"):
            other = self.clones[clone % len(self.clones)] / "tickets" / "2026" / "10"
            other.mkdir(parents=True, exist_ok=True)
            if not (other / path.name).exists():
                path.rename(other / path.name)

    @rule(clone=CLONES)
    def driver(self, clone: int) -> None:
        repository = Repository(str(self.clones[clone % len(self.clones)]))
        has = bool(repository.setting("merge.desk.driver"))
        mergedriver.set_up(repository, install=not has)

    @rule(clone=CLONES)
    def commit(self, clone: int) -> None:
        """All that is there, with whatever is open in it."""
        self.git(clone, "add", "--all")
        self.git(clone, "commit", "--quiet", "-m", "by hand")

    @rule(clone=CLONES, rebase=st.booleans())
    def pull(self, clone: int, rebase: bool) -> None:
        self.git(clone, "pull", "--quiet", "--no-edit", "--rebase" if rebase else "--no-rebase")

    @rule(clone=CLONES, other=CLONES)
    def pull_from_another(self, clone: int, other: int) -> None:
        there = str(self.clones[other % len(self.clones)])
        self.git(clone, "pull", "--quiet", "--no-edit", "--no-rebase", there, "main")

    @rule(clone=CLONES)
    def push(self, clone: int) -> None:
        self.git(clone, "push", "--quiet", "origin", "HEAD:main")

    @rule(clone=CLONES, push=st.booleans())
    def sync(self, clone: int, push: bool) -> None:
        self.desk(clone, "sync", *([] if push else ["--no-push"]))

    @rule(clone=CLONES)
    def mend(self, clone: int) -> None:
        self.desk(clone, "check", "--fix")

    # --- at the end --------------------------------------------------------------------------

    def teardown(self) -> None:
        if not hasattr(self, "clones"):
            return
        for clone in range(len(self.clones)):
            self.finish(clone)
        for _ in range(2):
            for clone in range(len(self.clones)):
                ran = self.desk(clone, "sync")
                assert ran.code == 0, ran
        assert len({self.git(clone, "rev-parse", "HEAD") for clone in range(len(self.clones))}) == 1
        trees = [self.files(clone) for clone in range(len(self.clones))]
        assert all(tree == trees[0] for tree in trees)
        ran = self.desk(0, "check")
        assert ran.code == 0, ran.out + ran.err
        self.assert_nothing_is_lost(self.records(0))
        shutil.rmtree(self.root)

    def finish(self, clone: int) -> None:
        """Settle what is open, as the messages say: check --fix, then git's own end of it."""
        for _ in range(20):
            self.desk(clone, "check", "--fix")
            self.git(clone, "add", "--all")
            state = Path(self.clones[clone % len(self.clones)], ".git")
            if (state / "rebase-merge").exists():
                self.git(clone, "-c", "core.editor=true", "rebase", "--continue")
            elif self.git(clone, "status", "--porcelain") or (state / "MERGE_HEAD").exists():
                self.git(clone, "commit", "--quiet", "--no-edit", "-m", "settled")
            else:
                return
        pytest.fail(f"clone {clone} does not come to an end")

    def assert_nothing_is_lost(self, records: dict[str, Record]) -> None:
        there = {(one.id, merge.identity(event)) for one in records.values() for event in one.log}
        assert [said for key, said in self.events.items() if key not in there] == []
        for value, record_id in self.typed.items():
            assert value in codec.dump(records[record_id]), f"{value} of {record_id}"

    # --- helpers -------------------------------------------------------------------------------

    def desk(self, clone: int, *words: str) -> Ran:
        """Run a command in a clone, whose clock is its own, and remember what it wrote."""
        number = clone % len(self.clones)
        hours = self.hours + self.skews[number]
        now = f"2026-11-{1 + hours // 24 % 28:02}T{hours % 24:02}:{self.number % 60:02}:00+08:00"
        options = ["-C", str(self.clones[number]), "--now", now]
        ran = run([*options, "--as", PEOPLE[number % 3], *words])
        assert ran.code in (0, 1, 2, 3, 4), ran
        self.remember(clone)
        return ran

    def git(self, clone: int, *words: str) -> str:
        return git(self.clones[clone % len(self.clones)], *words)

    def files(self, clone: int) -> dict[str, str]:
        root = self.clones[clone % len(self.clones)]
        found = [*(root / "tickets").rglob("*.yaml"), *(root / "kb").rglob("*.yaml")]
        return {str(path.relative_to(root)): path.read_text(encoding="utf-8") for path in found}

    def ids(self, clone: int) -> list[str]:
        return sorted({Path(path).stem for path in self.files(clone)})

    def path(self, clone: int, which: int) -> Path:
        files = sorted(self.files(clone))
        return self.clones[clone % len(self.clones)] / files[which % len(files)]

    def records(self, clone: int) -> dict[str, Record]:
        found = {}
        for text in self.files(clone).values():
            with suppress(DamagedError):  # what git's merge by lines has left
                record = codec.load(text)
                found[record.id] = record
        return found

    def remember(self, clone: int) -> None:
        for record in self.records(clone).values():
            for event in record.log:
                key = record.id, merge.identity(event)
                self.events.setdefault(key, f"{record.id} {event.content()}")


def git(folder: Path, *words: str) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    ran = subprocess.run(["git", *words], cwd=folder, capture_output=True, check=False)
    return ran.stdout.decode().strip()


def become_one(folder: Path, examples: int, steps: int, figures: Callable[[str], None]) -> None:
    drawn = store.random_number
    try:
        _become_one(folder, examples, steps, figures)
    finally:
        store.random_number = drawn


def _become_one(folder: Path, examples: int, steps: int, figures: Callable[[str], None]) -> None:
    class Here(Clones):
        pass

    Here.folder = folder
    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=examples, stateful_step_count=steps, deadline=None,
            suppress_health_check=list(HealthCheck), print_blob=True,
        ),
    )  # fmt: skip
    figures(f"R5 clones: {Here.count} lives of 3 to 5 clones, up to {steps} steps each: all ended "
            "equal, 0 events missing")  # fmt: skip


def test_clones_become_one(tmp_path: Path, figures: Callable[[str], None]):
    become_one(tmp_path, 6, 20, figures)


@pytest.mark.long
def test_many_clones_become_one(tmp_path: Path, figures: Callable[[str], None]):
    become_one(tmp_path, 100, 50, figures)
