"""Versions of a record's file made one."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings

from desk import codec, dates, merge, model, reconcile
from desk.errors import DamagedError
from desk.model import Record, Ticket
from tests import strategies
from tests.test_merge import BASE, OURS, THEIRS, edited, record


def merged(base: str | None, ours: str, theirs: str) -> Record:
    earlier = base.encode() if base else None
    return reconcile.merged(earlier, reconcile.version(ours), reconcile.version(theirs))


START = "2026-11-23T09:00:00+08:00"


def test_both_sides_with_what_was_edited_by_hand():
    ours, theirs = codec.dump(record(BASE + OURS)), codec.dump(record(BASE + THEIRS))
    both = merged(BASE, ours, theirs)
    assert both == merge.merged(record(BASE + OURS), record(BASE + THEIRS))
    by_hand = theirs.replace("every hour\n", "every hour  # since when?\n", 1)
    by_hand = by_hand.replace("description: Since Monday.", "description: Since Tuesday.")
    both = merged(BASE, ours, by_hand)
    assert both.text("description") == "Since Tuesday."
    assert [one.text("comments") for one in both.log if one.did == "edit"] == ["# since when?", ""]
    assert merged(BASE, by_hand, ours) == both
    assert model.hand_edits(both) == {}


def test_an_unreadable_ancestor_is_none():
    both = merged("id: [", BASE, codec.dump(record(BASE + OURS)))
    assert both == record(BASE + OURS)


def test_what_cannot_be_merged():
    other = codec.dump(edited(BASE, ("did: open", "did: import"), ("every hour", "daily")))
    other = other.replace("2026-11-23T09:30", "2026-11-23T09:31")
    with pytest.raises(reconcile.DifferentRecordsError, match="T-261123-7K3FQ is two records"):
        merged(None, BASE, other)
    with pytest.raises(reconcile.DifferentRecordsError, match="is two records"):
        merged(BASE, BASE, other)
    assert merged(BASE, BASE, other.partition("log:\n")[0])
    with pytest.raises(DamagedError):
        merged(BASE, BASE, "id: [")


def test_an_ancestor_without_a_log_vouches_for_both_sides():
    base = "id: T-261123-7K3FQ\ntitle: VPN\nstatus: new\nopened: 2026-11-23T09:00:00+08:00\n"
    ours, theirs = base.replace("VPN", "VPN drops"), base.replace("VPN", "VPN hangs")
    both = merged(base, ours, theirs)
    assert both.title in ("VPN drops", "VPN hangs")
    known = {value for one in both.log for value in one.change.get("title", ())}
    assert known == {"VPN", "VPN drops", "VPN hangs"}


@pytest.mark.parametrize("style", ["merge", "diff3", "zdiff3"])
def test_a_text_with_markers_is_put_together(tmp_path: Path, style: str):
    ours, theirs = codec.dump(record(BASE + OURS)), codec.dump(record(BASE + THEIRS))
    marked = conflicted(tmp_path, style, BASE, ours, theirs)
    assert reconcile.MARKER.search(marked)
    assert reconcile.unmarked(marked) == merge.merged(record(BASE + OURS), record(BASE + THEIRS))


def test_what_somebody_edited_by_hand_beside_the_markers_is_kept(tmp_path: Path):
    ours, theirs = codec.dump(record(BASE + OURS)), codec.dump(record(BASE + THEIRS))
    marked = conflicted(tmp_path, "merge", BASE, ours, theirs)
    both = reconcile.unmarked(marked.replace("title: VPN drops every hour", "title: VPN", 1))
    assert both.title == "VPN"
    assert (both.log[-1].by, both.log[-1].change) == (
        "desk", {"title": ("VPN drops every hour", "VPN")},
    )  # fmt: skip


@settings(max_examples=60)
@given(strategies.lived(), strategies.lived())
def test_no_event_is_lost_among_markers(tmp_path_factory, one: Ticket, other: Ticket):
    """Of two lives of one ticket, as git's merge of lines leaves them."""
    start = Ticket({"id": one.id, "title": "VPN", "status": "new", "opened": START}, ())
    common = start.add("open", dates.from_stamp(START), "chen", {"title": "VPN", "status": "new"})
    ours, theirs = (
        replace(common, head=model.fold(log, common.head), log=log)
        for log in ((*common.log, *ticket.log[:3]) for ticket in (one, other))
    )
    try:
        texts = [codec.dump(version) for version in (common, ours, theirs)]
        for text in texts:
            codec.load(text)
    except DamagedError:
        return
    marked = conflicted(tmp_path_factory.mktemp("conflict"), "merge", *texts)
    if reconcile.sides_of(marked):
        both = reconcile.unmarked(marked)
        contents = {event.content() for event in both.log}
        assert {event.content() for event in merge.union(ours.log, theirs.log)} <= contents


def conflicted(folder: Path, style: str, base: str, ours: str, theirs: str) -> str:
    for name, text in (("base", base), ("ours", ours), ("theirs", theirs)):
        (folder / name).write_text(text, encoding="utf-8")
    command = ["git", "-c", f"merge.conflictStyle={style}", "merge-file", "-p"]
    ran = subprocess.run(
        [*command, "ours", "base", "theirs"], cwd=folder, capture_output=True, check=False
    )
    return ran.stdout.decode()


@pytest.mark.parametrize(
    "text",
    ["a\n", "<<<<<<< x\na\n", "<<<<<<< x\n=======\n", "a\n>>>>>>> y\n", "||||||| z\n",
     "<<<<<<< x\n<<<<<<< x\n=======\n>>>>>>> y\n"],
)  # fmt: skip
def test_markers_that_are_not_whole(text: str):
    assert reconcile.sides_of(text) is None


def test_a_field_that_stands_twice_has_both_values_in_the_log():
    twice = BASE.replace("team: network\n", "rack: 1\nteam: network\nrack: 2\n", 1)
    twice = twice.replace("title: VPN", "tags:\n- a\ntags:\n- b\ntitle: VPN", 1)
    with pytest.raises(DamagedError, match="stands twice"):
        codec.load(twice)
    found = reconcile.undoubled(twice)
    assert (found.head["rack"], found.items("tags")) == (2, ["a", "b"])
    assert codec.load(codec.dump(found)) == found
    changes = [change for one in found.log for change in one.change.items()]
    assert ("rack", (None, 1)) in changes
    assert ("rack", (None, 2)) in changes
    assert reconcile.undoubled(BASE) == codec.load(BASE)
    with pytest.raises(DamagedError):
        reconcile.undoubled(twice + "x")


def test_a_text_that_stands_twice():
    twice = BASE.replace("log:\n", "description: |\n  Since\n\n  Tuesday.\nlog:\n", 1)
    found = reconcile.undoubled(twice)
    assert found.text("description") in ("Since Monday.", "Since\n\nTuesday.\n")


def test_two_descriptions_without_an_ancestor_are_both_kept():
    ours = codec.dump(edited(BASE, ("Since Monday.", "Since Tuesday.")))
    theirs = codec.dump(edited(BASE, ("Since Monday.", "Since Friday.")))
    both = merged(None, ours, theirs)
    assert merged(None, theirs, ours) == both
    assert both.log[-1].change == {"description": ("Since Friday.", "Since Tuesday.")}
    assert both.text("description") == "Since Tuesday."
    none = codec.dump(edited(BASE, ("description: Since Monday.\n", "")))
    assert merged(None, none, theirs).text("description") == "Since Friday."


def test_without_an_ancestor_a_logged_change_is_not_taken_back():
    at = dates.from_stamp("2026-11-24T09:00:00+08:00")
    ours = record(BASE).add("edit", at, "chen", {"description": "Corrected."})
    theirs = record(BASE).add("note", at, "lin", text="x").add("note", at, "lin", text="y")
    for sides in ((ours, theirs), (theirs, ours)):
        both = merged(None, *map(codec.dump, sides))
        assert both.text("description") == "Corrected."
        assert [one.did for one in both.log] == ["open", "hold", "edit", "note", "note"]


def test_fields_whose_value_on_one_side_does_not_stand():
    base, at = record(BASE), dates.from_stamp("2026-11-25T10:00:00+08:00")
    lin = base.add("edit", at, "lin", {"site": "北京", "title": "VPN", "tags": ["x"]})
    chen = base.add("note", at, "chen").add("edit", at, "chen", {"site": "上海", "title": "VPN"})
    (found,) = reconcile.overruled(lin, chen)
    assert (found.name, found.stands, found.other) == ("site", chen.log[-1], lin.log[-1])
    assert [*reconcile.overruled(chen, lin)] == [found]
    both = merge.merged(lin, chen)
    assert both.head["site"] == "上海"
    for side in (lin, chen, both):
        assert [*reconcile.overruled(side, both)] == [], "a side that the other has seen"
    lists = [base.add("edit", at, who, {"tags": [who], "solution": f"a\n{who}"}) for who in "xy"]
    assert [*reconcile.overruled(*lists)] == []
