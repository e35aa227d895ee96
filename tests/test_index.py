"""Answers from the index that belong to no command alone."""

import json
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desk import index, looking, store
from desk.errors import DamagedError, UsageError
from desk.fields import AsOf, in_order
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
