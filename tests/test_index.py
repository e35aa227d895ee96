"""Answers from the index that belong to no command alone."""

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desk import cli, index, looking, store
from desk.errors import DamagedError, UsageError
from desk.fields import AsOf, in_order, sort_fields
from desk.index import Index
from desk.model import Ticket
from desk.store import Desk, path_of
from tests.conftest import NOW, add, policy_text

PRIORITIES = ("P1", "P2", "P3")


def no_damage(error: DamagedError) -> None:
    raise error


def ticket(number: int, status: str, priority: str | None, hour: int) -> Ticket:
    head = {"title": f"No. {number}", "status": status, "priority": priority,
            "opened": f"2026-11-21T{hour:02}:00:00+08:00"}  # fmt: skip
    return Ticket({"id": f"T-261121-0000{number}"}, ()).add("open", NOW, "chen", head)


statuses = st.sampled_from(["new", "in_progress", "on_hold", "resolved", "closed", "cancelled"])
priorities = st.none() | st.sampled_from([*PRIORITIES, "P9", "急"])


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(statuses, priorities, st.integers(0, 8)), max_size=9))
def test_the_order_that_is_kept_is_that_of_the_fields(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str | None, int]]
):
    desk = store.make(str(tmp_path_factory.mktemp("kept")), policy_text())
    tickets = [ticket(number, *row) for number, row in enumerate(rows)]
    add(desk, *tickets)
    kept = Index(desk)
    as_of = AsOf(NOW, desk.policy.promises)
    ordered = [one.id for one in in_order(tickets, "", as_of, PRIORITIES)]
    live = [one.id for one in in_order(tickets, "", as_of, PRIORITIES) if one.live]

    def ids(**how: object) -> list[str]:
        heads = kept.pressing(PRIORITIES, **how)  # type: ignore[arg-type]
        return [json.loads(head)["id"] for head in heads]

    assert ids() == live
    assert ids(ended=True) == ordered
    assert ids(limit=2, ended=True) == ordered[:2]
    assert ids(limit=0) == []


titles = st.sampled_from(["b", "B", "a", "Z", "É", "é", "打印机", "𠮷", "12", "9"])
seats = st.none() | st.sampled_from([10, 9, -3, True, False, "many", "12", ["b", 2], {"y": "1"}])
openings = st.sampled_from(["2026-11-21T09:00:00+08:00", "2026-11-20T23:00:00Z"])
more_fields = st.fixed_dictionaries(
    {"title": titles, "opened": openings},
    optional={
        "seats": seats,
        "assignee": st.sampled_from(["li", "he"]),
        "until": st.sampled_from(["2026-11-30T08:00:00+08:00", "2026-11-30T00:00:01Z"]),
        "requester": st.sampled_from([{"name": "Ada"}, {"name": "bo", "department": "HR"}]),
        "tags": st.lists(st.sampled_from(["x", "Y"]), min_size=1, max_size=2, unique=True),
    },
)  # fmt: skip
SORTED_BY = (
    "id", "title", "-title", "-priority,title", "status,-id", "seats", "-seats,opened", "requester",
    "-requester.name", "age", "-age", "-opened", "until", "tag,-status", "holder", "score", "-code",
    "seats.y", "seats,-seats,-title", ",",
)  # fmt: skip


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(statuses, priorities, more_fields), max_size=7))
def test_what_is_kept_to_sort_by_gives_the_order_of_the_fields(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str | None, dict[str, Any]]]
):
    desk = store.make(str(tmp_path_factory.mktemp("sorted")), policy_text())
    tickets = [
        Ticket({"id": f"T-261121-0000{number}"}, ()).add(
            "open", NOW, "chen", {"status": status, "priority": priority, **more}
        )
        for number, (status, priority, more) in enumerate(rows)
    ]
    add(desk, *tickets)
    kept = Index(desk)
    live = [one for one in tickets if one.live]
    as_of = AsOf(NOW, desk.policy.promises)
    for sort in SORTED_BY:
        wanted = [one.id for one in in_order(live, sort, as_of)]
        for limit in (-1, 2):
            heads = kept.in_order(sort_fields(sort), as_of, limit)
            found = [json.loads(head)["id"] for head in heads]
            assert found == (wanted if limit < 0 else wanted[:limit]), sort


@pytest.mark.parametrize("age", [None, "old"])
def test_a_list_sorted_by_any_field_is_that_of_the_records(
    desk: Desk, capsys: pytest.CaptureFixture[str], age: str | None
):
    """Also by what is not kept, is a custom field like one of desk's own, or is no field."""
    odd = ticket(3, "new", "P2", 3).add(
        "edit", NOW, "chen", {"age": age, "due": "soon", "x": {"y": "1"}}
    )
    add(
        desk,
        ticket(1, "new", "P1", 1),
        ticket(2, "closed", "P2", 2),
        odd,
        ticket(4, "on_hold", None, 4),
    )

    def ran(*words: str) -> tuple[int, str, str]:
        code = cli.run(["-C", desk.root, "list", *words])
        return code, *capsys.readouterr()

    for sort in (
        *SORTED_BY,
        "due",
        "sla,title",
        "-due,title",
        "x",
        "x.y",
        "title.z",
        "requester.floor",
        "nosuch",
    ):
        for form in ("ids", "ndjson", "csv"):
            words = ("--sort", sort, "-f", form)
            # A condition that all fulfil has every record read.
            quick, slow = ran(*words), ran(*words, "title:*")
            if quick != slow:  # ages have gone on by a second in between
                quick, slow = ran(*words), ran(*words, "title:*")
            assert quick == slow
    assert ran("--sort", "title", "--limit", "1", "-f", "ids") == (0, "T-261121-00001\n", "")


@pytest.fixture
def two(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk of two tickets, which are many; its index is made."""
    add(desk, ticket(1, "new", "P1", 1), ticket(2, "new", "P2", 2))
    monkeypatch.setattr(index, "_MANY", 0)
    time.sleep(0.06)  # after which stamps are proof
    Index(desk).look()
    return desk


def test_what_changes_before_the_answer_is_in_it(two: Desk):
    """The look beside an answer finds an edit that the index does not know yet."""
    path = Path(two.root, path_of("T-261121-00001"))
    path.write_text(path.read_text(encoding="utf-8").replace("No. 1", "Edited"), encoding="utf-8")
    kept = Index(two)
    asked = []

    def titles() -> list[str]:
        found = [one.title for one in kept.tickets(no_damage, every=False, among="live")]
        asked.append(found)
        return found

    assert kept.answered(titles) == ["Edited", "No. 2"]
    assert asked == [["No. 1", "No. 2"], ["Edited", "No. 2"]]
    assert Index(two).answered(lambda: "once") == "once"


def test_an_error_counts_only_if_the_folder_is_as_the_index_has_it(two: Desk):
    path = Path(two.root, path_of("T-261121-00001"))

    def refused() -> None:
        raise UsageError("there is no Edited")

    def one_edited() -> str:
        titles = [one.title for one in kept.tickets(no_damage, every=False)]
        return "found" if "Edited" in titles else refused() or ""

    kept = Index(two)
    with pytest.raises(UsageError):
        kept.answered(one_edited)
    path.write_text(path.read_text(encoding="utf-8").replace("No. 1", "Edited"), encoding="utf-8")
    kept = Index(two)
    assert kept.answered(one_edited) == "found"


@pytest.mark.parametrize("every", [True, False])
def test_a_look_that_only_asks_finds_what_one_that_tells_does(two: Desk, every: bool):
    kept = Index(two)
    known = kept._known()
    assert looking.is_unchanged(two, known, every=every)
    assert not looking.changes(two, known, every=every)
    Path(two.root, path_of("T-261121-00002")).unlink()
    assert not looking.is_unchanged(two, known, every=every)
    assert looking.changes(two, known, every=every).files == [("tickets/2026/11", "T-261121-00002")]


def test_figures_of_a_rehearsed_desk_count_a_month_that_is_not_there_yet(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
):
    lines = tmp_path / "lines"
    lines.write_text("open 'VPN drops'\nsummarise --measures opened,backlog -f json\n")
    monkeypatch.setenv("DESK_USER", "chen")
    assert cli.run(["-C", desk.root, "batch", str(lines), "--dry-run"]) == 0
    out = capsys.readouterr().out
    found = json.loads(out[out.index("{") :])["measures"]
    assert {name: one["value"] for name, one in found.items()} == {"opened": 1, "backlog": 1}


def test_an_edit_of_a_file_with_two_names_is_seen_by_a_look_at_every_file(desk: Desk):
    """What stands twice in a folder with the same stamp must not cancel out."""
    add(desk, ticket(1, "closed", "P1", 1))
    path = Path(desk.root, path_of("T-261121-00001"))
    path.with_name(".backup").hardlink_to(path)
    time.sleep(0.06)
    Index(desk).look()
    assert [one.title for one in Index(desk).tickets(no_damage, every=True)] == ["No. 1"]
    text = path.read_text(encoding="utf-8").replace("No. 1", "Edited")
    with path.open("r+", encoding="utf-8") as file:
        file.truncate()
        file.write(text)
    assert [one.title for one in Index(desk).tickets(no_damage, every=True)] == ["Edited"]


def test_a_limit_beyond_what_can_be_counted_is_none(two: Desk):
    assert len(Index(two).pressing(PRIORITIES, limit=10**30)) == 2


def test_an_index_that_is_corrupt_behind_its_mark_is_made_anew(two: Desk):
    kept = Index(two)
    kept.look()
    connection = kept._file.connection()
    connection.execute("UPDATE record SET head = CAST(x'ff7b' AS TEXT)")
    connection.execute("PRAGMA wal_checkpoint")

    def titles() -> list[str]:
        return [one.title for one in kept.tickets(no_damage, every=False, among="live")]

    assert kept.answered(titles) == ["No. 1", "No. 2"]


@pytest.mark.parametrize("harm", ["no more processes", "children are forgotten"])
def test_an_answer_needs_no_second_process(two: Desk, monkeypatch: pytest.MonkeyPatch, harm: str):
    def refused(*_: object) -> int:
        raise BlockingIOError if harm == "no more processes" else ChildProcessError

    monkeypatch.setattr(os, "fork" if harm == "no more processes" else "waitpid", refused)
    kept = Index(two)
    heads = kept.answered(lambda: kept.pressing(PRIORITIES))
    assert [json.loads(head)["title"] for head in heads] == ["No. 1", "No. 2"]


@pytest.mark.parametrize(
    "place",
    [
        "tickets/2026/11/T-261121-00001X.yaml",
        "tickets/2026/11/T 1.yaml",
        "tickets/2026/T-261121-00001.yaml",
        "tickets/T-261121-00001.yaml",
        "kb/T-261121-00001.yaml",
        "kb/sub/T-261121-00001.yaml",
        "tickets/2026/11/sub/deeper/T-261121-00001.yaml",
        "tickets/2026/113/T-261121-00001.yaml",
        "tickets/old/T-261121-00001.yaml",
    ],
)
def test_a_ticket_that_somebody_moved_is_named(
    desk: Desk, capsys: pytest.CaptureFixture[str], place: str
):
    """What is left out of a list, of figures and of an export is said."""
    add(desk, ticket(1, "new", "P1", 1), ticket(2, "new", "P2", 2))
    Index(desk).look()
    time.sleep(0.06)
    stood, away = Path(desk.root, path_of("T-261121-00001")), Path(desk.root, place)
    away.parent.mkdir(parents=True, exist_ok=True)
    stood.rename(away)
    sentence = f"desk: {place}: no record belongs there, so it is not read; `desk check` says"
    for words in (["list", "-f", "ids"], ["summarise", "-f", "json"], ["export", "-f", "ndjson"],
                  ["export", "-f", "csv"], ["search", "No"]):  # fmt: skip
        for _ in range(2):  # also where nothing has changed since
            assert cli.run(["-C", desk.root, *words]) == 4, words
            assert sentence in capsys.readouterr().err, words
    assert cli.run(["-C", desk.root, "check"]) == 4
    assert place in capsys.readouterr().out
    away.rename(stood)
    assert cli.run(["-C", desk.root, "list", "-f", "ids"]) == 0
    assert capsys.readouterr() == ("T-261121-00001\nT-261121-00002\n", "")


def test_what_is_named_as_misplaced_is_what_check_finds(
    desk: Desk, capsys: pytest.CaptureFixture[str]
):
    add(desk, ticket(1, "new", "P1", 1))
    for folder in ("tickets/2026/11/dir.yaml", "tickets/2026/11/empty", "kb/files", "kb/.git"):
        Path(desk.root, folder).mkdir(parents=True, exist_ok=True)
    Path(desk.root, "kb/.git/x.yaml").touch()
    Path(desk.root, "tickets/2026/11/T-261121-00001.yaml.orig").touch()
    assert cli.run(["-C", desk.root, "list", "-f", "ids"]) == 0
    assert capsys.readouterr() == ("T-261121-00001\n", "")
    odd = Path(os.fsdecode(os.fsencode(desk.root) + b"/tickets/2026/11/a\nb\xff.yaml"))
    odd.touch()
    for _ in range(2):
        assert cli.run(["-C", desk.root, "list", "-f", "ids"]) == 4
        said = capsys.readouterr().err
        assert said.startswith("desk: tickets/2026/11/a\\nb\\xff.yaml: no record belongs there")
        assert said.count("\n") == 1
