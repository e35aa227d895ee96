"""What a watcher finds: every change once, whatever is done to the files while it looks."""

import os
import random
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from desk import codec, store, watcher
from desk.changes import Change
from desk.model import Record, Ticket
from desk.watcher import Watcher
from tests.conftest import NOW, add, policy_text

ONE, TWO = "T-261121-A0001", "T-261121-A0002"


def ticket(record_id: str = ONE, **fields: object) -> Ticket:
    head = {"title": "VPN drops", "status": "new", "opened": NOW.isoformat(), **fields}
    return Ticket({"id": record_id}, ()).add("open", NOW, "chen", head)  # type: ignore[arg-type]


def path_of(desk: store.Desk, record_id: str = ONE) -> Path:
    return Path(desk.root, store.path_of(record_id))


class Watching:
    """A watcher of a desk, and what it was told of damage."""

    def __init__(
        self,
        desk: store.Desk,
        wanted: Callable[[Record], bool] = lambda _: True,
        pause: Callable[[float], None] = lambda _: None,
        since: float | None = None,
    ) -> None:
        self.damage: list[str] = []
        self.seconds = 0.0
        self.watcher = Watcher(
            desk, wanted, lambda error: self.damage.append(str(error)), pause, lambda: self.seconds
        )
        self.past = self.watcher.begin(since)

    def look(self) -> list[Change]:
        self.seconds += watcher.AMISS
        return list(self.watcher.look())

    def brief(self) -> list[tuple[object, ...]]:
        return [in_brief(change) for change in self.look()]


def in_brief(change: Change) -> tuple[object, ...]:
    """(what, id, and of what it tells the least that tells it apart)."""
    event = change.get("event")
    more = event["did"] if isinstance(event, dict) else change.get("change", change.get("count"))
    return (change["what"], change["id"], *([] if more is None else [more]))


def change(desk: store.Desk, record: Record) -> None:
    with desk.changing(NOW, "chen") as transaction:
        transaction.replace(record)


def test_nothing_happens(desk: store.Desk):
    add(desk, ticket(), ticket(TWO))
    watching = Watching(desk)
    assert (watching.past, watching.look(), watching.look()) == ([], [], [])
    assert watching.watcher.count == 2


def test_what_a_change_looks_like(desk: store.Desk):
    watching = Watching(desk)
    made = ticket()
    add(desk, made)
    head = {"id": ONE, "title": "VPN drops", "status": "new", "opened": NOW.isoformat()}
    opened = codec.event_as_dict(made.log[0])
    first = {"id": ONE, "title": "VPN drops"}
    assert watching.look() == [
        {"what": "created", **first, "head": head},
        {"what": "event", **first, "event": opened},
    ]
    made = made.add("assign", NOW, "chen", {"title": "VPN 断线", "team": "network"})
    change(desk, made)
    assert watching.look() == [
        {"what": "event", "id": ONE, "title": "VPN 断线", "event": codec.event_as_dict(made.log[1])}
    ]
    text = path_of(desk).read_text()
    path_of(desk).write_text(text.replace("team: network\n", "floor: 3\n", 1))
    assert watching.look() == [
        {"what": "edited", "id": ONE, "title": "VPN 断线",
         "change": {"floor": [None, 3], "team": ["network", None]}}
    ]  # fmt: skip
    path_of(desk).unlink()
    assert watching.look() == []
    assert watching.look() == [{"what": "removed", "id": ONE, "title": "VPN 断线"}]
    assert watching.look() == []


def test_an_edit_by_hand_that_is_written_down_later_is_told_as_an_event_only(desk: store.Desk):
    add(desk, ticket())
    watching = Watching(desk)
    path = path_of(desk)
    path.write_text(path.read_text().replace("title: VPN drops", "title: VPN hangs", 1))
    assert watching.brief() == [("edited", ONE, {"title": ["VPN drops", "VPN hangs"]})]
    with desk.changing(NOW, "chen") as transaction:
        transaction.replace(transaction.read(ONE).add("note", NOW, "chen", text="x"))
    assert watching.brief() == [("event", ONE, "edit"), ("event", ONE, "note")]


def test_an_edit_by_hand_beside_an_event_about_the_same_field(desk: store.Desk):
    add(desk, ticket())
    watching = Watching(desk)
    new = ticket().add("assign", NOW, "chen", {"team": "network"})
    path_of(desk).write_text(codec.dump(Ticket({**new.head, "team": "desk"}, new.log)))
    assert watching.brief() == [("event", ONE, "assign"), ("edited", ONE, {"team": [None, "desk"]})]


def test_an_edit_by_hand_that_is_taken_back(desk: store.Desk):
    add(desk, ticket())
    watching = Watching(desk)
    text = path_of(desk).read_text()
    path_of(desk).write_text(text.replace("title: VPN drops", "title: VPN hangs", 1))
    watching.look()
    path_of(desk).write_text(text)
    assert watching.brief() == [("edited", ONE, {"title": ["VPN hangs", "VPN drops"]})]


def test_a_description_and_what_no_event_ever_mentioned(desk: store.Desk):
    first = "id: T-261121-A0001\ntitle: x\nstatus: new\nopened: 2026-11-21T09:00:00+08:00\n"
    path_of(desk).parent.mkdir(parents=True)
    path_of(desk).write_text(first)
    watching = Watching(desk)
    path_of(desk).write_text(first.replace("title: x", "title: y") + "description: It fails.\n")
    assert watching.brief() == [
        ("edited", ONE, {"description": [None, "It fails."], "title": ["x", "y"]})
    ]


def test_an_older_file_that_comes_back(desk: store.Desk):
    add(desk, ticket())
    old = path_of(desk).read_bytes()
    change(desk, ticket().add("note", NOW, "chen", {"team": "network"}, text="x"))
    new = path_of(desk).read_bytes()
    watching = Watching(desk)
    path_of(desk).write_bytes(old)
    assert watching.brief() == [("withdrawn", ONE, 1)]
    path_of(desk).write_bytes(new)
    assert watching.brief() == [("event", ONE, "note")]


def test_events_that_a_merge_puts_between_others_are_no_edits(desk: store.Desk):
    base = ticket()
    ours = base.add("assign", NOW + timedelta(minutes=2), "chen", {"team": "network"})
    theirs = base.add("assign", NOW + timedelta(minutes=1), "lin", {"team": "desk"})
    add(desk, ours)
    watching = Watching(desk)
    from desk import merge

    change(desk, merge.merged(ours, theirs))
    assert watching.brief() == [("event", ONE, "assign")]
    assert desk.read(ONE).text("team") == "network"


def test_a_damaged_file_is_told_once_and_the_others_go_on(desk: store.Desk):
    add(desk, ticket(), ticket(TWO, status="closed"))
    watching = Watching(desk)
    good = path_of(desk, TWO).read_text()
    path_of(desk, TWO).write_text("id: [\n")
    change(desk, ticket().add("note", NOW, "chen", text="x"))
    assert watching.brief() == [("event", ONE, "note")]
    assert watching.damage == [], "somebody may be writing it"
    assert watching.look() == []
    assert [line.partition(":")[0] for line in watching.damage] == [store.path_of(TWO)]
    os.utime(path_of(desk, TWO))
    assert (watching.look(), len(watching.damage)) == ([], 1)
    path_of(desk, TWO).write_text("title: x\n")
    assert (watching.look(), len(watching.damage)) == ([], 2)
    path_of(desk, TWO).write_text(good.replace("by: chen", "by: lin", 1))
    assert watching.brief() == [("withdrawn", TWO, 1), ("event", TWO, "open")]
    path_of(desk, TWO).write_text("id: [\n")
    watching.seconds += watcher.ALL  # it is closed, and its folder stands still
    assert (watching.look(), watching.look(), len(watching.damage)) == ([], [], 3)


def test_what_is_damaged_from_the_beginning_is_new_when_it_is_mended(desk: store.Desk):
    add(desk, ticket())
    good = path_of(desk).read_text()
    path_of(desk).write_text("x")
    watching = Watching(desk)
    assert (watching.look(), len(watching.damage)) == ([], 1)
    path_of(desk).write_text(good)
    assert watching.brief() == [("created", ONE), ("event", ONE, "open")]


def test_only_what_is_wanted_before_or_after(desk: store.Desk):
    add(desk, ticket(team="network"), ticket(TWO))
    watching = Watching(desk, lambda record: record.text("team") == "network")
    gone = ticket(team="network").add("assign", NOW, "chen", {"team": "desk"})
    change(desk, gone)
    come = ticket(TWO).add("assign", NOW, "chen", {"team": "network"})
    change(desk, come)
    assert watching.brief() == [("event", ONE, "assign"), ("event", TWO, "assign")]
    change(desk, gone.add("note", NOW, "chen", text="x"))
    path_of(desk, TWO).unlink()
    assert [watching.brief(), watching.brief()] == [[], [("removed", TWO)]]


def test_what_has_happened_since_then_in_order_of_time(desk: store.Desk):
    later = NOW + timedelta(hours=1)
    add(
        desk,
        ticket().add("note", later + timedelta(hours=1), "chen", text="late"),
        ticket(TWO, opened=later.isoformat()).add("note", later, "chen", text="x"),
    )
    in_brief_since = [in_brief(one) for one in Watching(desk, since=later.timestamp()).past]
    assert in_brief_since == [("event", TWO, "note"), ("event", ONE, "note")]
    everything = Watching(desk, since=0.0).past
    assert [in_brief(one) for one in everything] == [
        ("created", ONE), ("event", ONE, "open"), ("created", TWO), ("event", TWO, "open"),
        ("event", TWO, "note"), ("event", ONE, "note"),
    ]  # fmt: skip


def test_a_file_that_is_being_written_is_left_for_the_next_look(desk: store.Desk):
    """The pause between the two looks at a file is when somebody goes on writing it."""
    add(desk, ticket())
    steps: list[Callable[[], object]] = []
    watching = Watching(desk, pause=lambda _: steps.pop(0)() if steps else None)
    whole = codec.dump(ticket().add("note", NOW, "chen", text="all of it"))
    half = whole.rpartition(" of it")[0]
    path_of(desk).write_text(half)
    steps.append(lambda: path_of(desk).write_text(whole))
    assert watching.look() == []
    assert [change["event"]["text"] for change in watching.look()] == ["all of it"]  # type: ignore[call-overload,index]
    path_of(desk).unlink()
    steps.append(lambda: path_of(desk).write_text(whole))
    assert (watching.look(), watching.look(), watching.damage) == ([], [], [])


def test_a_file_that_is_removed_and_written_anew_was_never_gone(desk: store.Desk):
    add(desk, ticket())
    watching = Watching(desk)
    text = path_of(desk).read_text()
    path_of(desk).unlink()
    assert watching.brief() == []
    path_of(desk).write_text(text.replace("title: VPN", "title: Fast VPN", 1))
    assert watching.brief() == [("edited", ONE, {"title": ["VPN drops", "Fast VPN drops"]})]
    path_of(desk).unlink()
    assert [watching.brief(), watching.brief()] == [[], [("removed", ONE)]]


def test_closed_tickets_are_looked_at_when_their_folder_moves_and_every_so_often(
    desk: store.Desk,
):
    add(desk, ticket(status="closed"), ticket(TWO))
    watching = Watching(desk)
    folder = path_of(desk).parent
    time.sleep(0.06)  # so that the folder counts as settled
    watching.look()
    stamp = os.stat(folder).st_mtime_ns
    text = path_of(desk).read_text().replace("status: closed", "status: closed\nrack: 1", 1)
    path_of(desk).write_text(text)
    live = path_of(desk, TWO).read_text().replace("status: new", "status: new\nrack: 2", 1)
    path_of(desk, TWO).write_text(live)
    assert os.stat(folder).st_mtime_ns == stamp
    assert watching.brief() == [("edited", TWO, {"rack": [None, 2]})]
    watching.seconds += watcher.ALL
    assert watching.brief() == [("edited", ONE, {"rack": [None, 1]})]
    path_of(desk).unlink()
    assert [watching.brief(), watching.brief()] == [[], [("removed", ONE)]]


# --- whatever is done ----------------------------------------------------------------------


def _append(desk: store.Desk, draw: random.Random) -> None:
    if ids := readable(desk):
        with desk.changing(NOW, "chen") as transaction:
            at = NOW + timedelta(seconds=draw.randrange(1000))
            found = transaction.read(draw.choice(sorted(ids)))
            status = draw.choice(["new", "closed"])
            transaction.replace(found.add("note", at, "chen", {"status": status}, text="x"))


def _create(desk: store.Desk, draw: random.Random) -> None:
    record_id = f"T-26{draw.randrange(1, 4):02}21-{draw.randrange(10**5):05}"
    if record_id not in desk.ids():
        add(desk, ticket(record_id, status=draw.choice(["new", "closed"])))


def _edit(desk: store.Desk, draw: random.Random) -> None:
    if ids := desk.ids():
        path = path_of(desk, draw.choice(ids))
        path.write_text(path.read_text().replace("title: VPN", f"title: {draw.random()} VPN", 1))


def _remove(desk: store.Desk, draw: random.Random) -> None:
    if ids := desk.ids():
        path_of(desk, draw.choice(ids)).unlink()


def _damage(desk: store.Desk, draw: random.Random) -> None:
    if ids := desk.ids():
        path_of(desk, draw.choice(ids)).write_text("id: [\n")


def _swap(desk: store.Desk, draw: random.Random) -> None:
    """Another version of a record in its place, as git puts it there."""
    if ids := sorted(readable(desk)):
        record = desk.read(draw.choice(ids))
        kept = record.log[: draw.randrange(1, len(record.log) + 1)]
        path = path_of(desk, record.id)
        (path.parent / ".new").write_text(codec.dump(Ticket(record.head, kept)))
        (path.parent / ".new").rename(path)


def readable(desk: store.Desk) -> dict[str, list[str]]:
    """The contents of the events of every record that can be read."""
    records = desk.records(lambda _: None)
    return {one.id: sorted({event.content() for event in one.log}) for one in records}


STEPS = (_append, _append, _create, _create, _edit, _remove, _damage, _swap)


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.lists(st.lists(st.sampled_from(STEPS), max_size=4), max_size=6))
def test_the_changes_add_up_to_what_is_there(tmp_path_factory, seed, rounds):
    """Of each record the events told, less those withdrawn, are those that it has: each once."""
    desk = store.make(str(tmp_path_factory.mktemp("watched") / "desk"), policy_text())
    draw = random.Random(seed)
    watching = Watching(desk)
    told: dict[object, list[str]] = {}
    for steps in rounds:
        for step in steps:
            step(desk, draw)
        for one in (*watching.look(), *watching.look()):  # what is gone is told by the second
            if one["what"] == "created":
                assert one["id"] not in told
                told[one["id"]] = []
            elif one["what"] == "removed":
                del told[one["id"]]
            elif one["what"] == "event":
                told[one["id"]].append(repr(one["event"]))
                assert len(set(told[one["id"]])) == len(told[one["id"]])
            elif one["what"] == "withdrawn":  # the last of those that are not there any more
                record = desk.read(str(one["id"]))
                there = {repr(codec.event_as_dict(event)) for event in record.log}
                left = [event for event in told[one["id"]] if event in there]
                assert len(told[one["id"]]) - len(left) == one["count"]
                told[one["id"]] = left
        for record_id in readable(desk):
            record = desk.read(record_id)
            there = {repr(codec.event_as_dict(event)) for event in record.log}
            assert set(told[record_id]) == there
        assert {one for one in told if path_of(desk, str(one)).exists()} == {*told}
        assert watching.look() == []
