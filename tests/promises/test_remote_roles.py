"""R10: roles hold at the team's remote, whatever is pushed to it and by whatever way."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import reduce
from pathlib import Path
from typing import NamedTuple

import pytest

from desk import codec, merge, reconcile, store, yamltext
from desk.model import Article, Event, Record, Ticket, Value
from tests.promises import scene, team
from tests.promises.team import (
    ATTRIBUTES,
    EMAILS,
    NOTHING,
    Entry,
    Pushed,
    Team,
    at,
    files,
    git,
)
from tests.support import NOW, run

MAIN = "refs/heads/main"
VPN, PRINTER, OWN = "T-261121-VPN01", "T-261121-PRT02", "T-261121-RV003"
DRAFT, REVIEW, APPROVED = "KB-261121-DRFT1", "KB-261121-REVW1", "KB-261121-APRV1"
PUBLISHED, LINS = "KB-261121-PBSH1", "KB-261121-NN001"
VPN_FILE, DRAFT_FILE = store.path_of(VPN), store.path_of(DRAFT)


# --- the team's desk -----------------------------------------------------------------------


def ticket(record_id: str, who: str, **fields: Value) -> Record:
    head: dict[str, Value] = {
        "title": "VPN 掉线",
        "status": "new",
        "opened": "2026-11-21T08:00:00+08:00",
    }
    made = Ticket({"id": record_id, "description": "每小时一次。\n"}, ())
    return made.add("open", at(0), who, {**head, **fields})


def article(record_id: str, who: str, **fields: Value) -> Record:
    head: dict[str, Value] = {"title": "怎么连 VPN", "status": "draft", "audience": "internal"}
    made = Article({"id": record_id}, ())
    return made.add("new", at(0), who, {**head, "owner": who, "solution": "重启。\n", **fields})


def submitted(record: Record, who: str) -> Record:
    return record.add("submit", at(1), who, {"status": "review"})


class Desk(NamedTuple):
    """A team whose desk is founded, with the tip of its branch and the commit before it."""

    team: Team
    tip: str
    earlier: str

    def record(self, record_id: str) -> Record:
        """A record at the tip."""
        return self.team.record(record_id, self.tip)

    def commit(self, who: str, *records: Record, on: str = "", **more: str) -> str:
        """A commit on the tip, or on another, with those records."""
        return self.team.commit(who, files(*records), on or self.tip, **more)  # type: ignore[arg-type]

    def rewritten(self, who: str, path: str, old: str, new: str, on: str = "") -> str:
        """A commit in which a text of a file is another."""
        text = self.team.text(path, on or self.tip)
        assert old in text
        return self.team.commit(who, {path: text.replace(old, new, 1)}, on or self.tip)


def history(made: Team, keys: dict[str, str] | None = None, more: str = "") -> tuple[str, str]:
    """The desk's first commits: the last one, and that before the policy was changed."""
    base = {"desk.yaml": team.policy(more, keys, chen="lead"), ".gitattributes": ATTRIBUTES}
    one = made.commit("ada", base)
    vpn = ticket(VPN, "chen", requester={"name": "李伟", "email": "li.wei@example.com"})
    drafts = [article(one, "chen") for one in (DRAFT, REVIEW, APPROVED)]
    drafts.append(article(PUBLISHED, "chen", audience="public"))
    drafts[1:] = [submitted(one, "chen") for one in drafts[1:]]
    earlier = made.commit("chen", files(vpn, *drafts), one)
    new = {"desk.yaml": team.policy(more, keys)}
    two = made.commit("ada", new, earlier)
    printer = ticket(PRINTER, "sam", requester={"name": "Zoe", "email": EMAILS["zoe"]})
    printer = printer.add("resolve", at(20), "sam", {"status": "resolved"}, solution="换墨盒")
    three = made.commit("sam", files(printer), two)
    vpn = vpn.add("note", at(5), "lin", text="先重启路由器")
    approved, published = (one.add("approve", at(6), "lin") for one in drafts[2:])
    own = submitted(article(LINS, "lin"), "lin")
    four = made.commit("lin", files(vpn, approved, published, own), three)
    vpn = vpn.add("assign", at(10), "chen", {"assignee": "lin", "status": "in_progress"})
    five = made.commit("chen", files(vpn), four)
    published = published.add("publish", at(12), "zhao", {"status": "published"})
    six = made.commit("zhao", files(published), five)
    request = ticket(OWN, "rui", requester={"name": "rui", "email": EMAILS["rui"]})
    return made.commit("rui", files(request), six), earlier


def founded(folder: Path) -> Desk:
    made = Team(folder)
    tip, earlier = history(made)
    pushed = made.push(f"{tip}:{MAIN}")
    assert pushed.accepted, pushed.said
    # The hook refuses what git's own check of objects would refuse before it is asked.
    git(made.bare, "config", "receive.fsckObjects", "false")
    # So that what the lab has can be judged without a push.
    (made.bare / "objects" / "info" / "alternates").write_text(f"{made.lab}/objects\n")
    return Desk(made, tip, earlier)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A desk that is pushed to and must stay as it is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        return founded(tmp_path_factory.mktemp("team") / "one")


@pytest.fixture(scope="module")
def daemon(desk: Desk) -> Iterator[str]:
    if not team.has_daemon():
        pytest.skip("git has no daemon here")
    with desk.team.daemon() as address:
        yield address


# --- attacks -------------------------------------------------------------------------------

Attack = Callable[[Desk], "str | tuple[str, ...]"]
# name: (what git must say, what is pushed: a commit for main, or references)
ATTACKS: dict[str, tuple[str, Attack]] = {}


def attack(said: str) -> Callable[[Attack], Attack]:
    """A way to break the roles, that is refused for what is said."""

    def known(function: Attack) -> Attack:
        ATTACKS[function.__name__] = (said, function)
        return function

    return known


def note(record: Record, who: str, text: str = "x", minutes: int = 30) -> Record:
    return record.add("note", at(minutes), who, text=text)


def with_event(record: Record, event: Event) -> Record:
    return replace(record, log=(*record.log, event))


def merged(*records: Record) -> Record:
    return reduce(merge.merged, records)


# events

LOST = "changed or removed; a log only grows"
STRANGE = "is by lin, and the commit is chen's"


@attack(f"event 2 (note by lin) {LOST}")
def rewrites_what_another_said(desk: Desk) -> str:
    return desk.rewritten("chen", VPN_FILE, "先重启路由器", "什么也没做")


@attack(f"event 1 (open by chen) {LOST}")
def rewrites_what_they_said_themselves(desk: Desk) -> str:
    return desk.rewritten("chen", VPN_FILE, "[null, VPN 掉线]", "[null, WLAN]")


@attack(f"event 3 (assign by chen) {LOST}")
def removes_the_last_event(desk: Desk) -> str:
    record = desk.record(VPN)
    return desk.commit("chen", replace(record, log=record.log[:-1]))


@attack("event 1 (open by chen) and 2 more changed or removed")
def removes_the_log(desk: Desk) -> str:
    return desk.commit("zhao", replace(desk.record(VPN), log=()))


@attack("event 2 (note by lin) changed or removed")
def takes_another_for_the_author_of_an_event(desk: Desk) -> str:
    return desk.rewritten("chen", VPN_FILE, "by: lin", "by: sam")


@attack(f"event 2 (note by lin) {LOST}")
def numbers_an_event_anew(desk: Desk) -> str:
    return desk.rewritten("lin", VPN_FILE, "- n: 2\n", "- n: 4\n")


@attack(f"event 4 (note) {STRANGE}")
def writes_in_the_name_of_another(desk: Desk) -> str:
    return desk.commit("chen", note(desk.record(VPN), "lin"))


@attack("event 4 (note) is by Lin, and the commit is lin's")
def writes_an_author_in_other_letters(desk: Desk) -> str:
    return desk.commit("lin", note(desk.record(VPN), "Lin"))


@attack("event 4 (note) is by desk and names no rule")
def writes_in_the_name_of_the_desk(desk: Desk) -> str:
    return desk.commit("chen", note(desk.record(VPN), "desk"))


@attack("event 4 (note) names a rule and is by chen")
def takes_a_rule_for_their_own(desk: Desk) -> str:
    return desk.commit("chen", desk.record(VPN).add("note", at(30), "chen", rule="hold-end"))


@attack("event 4 (close) needs desk.work, and rui has it not")
def runs_the_rules_as_a_requester(desk: Desk) -> str:
    closed = desk.record(VPN).add("close", at(30), "desk", {"status": "closed"}, rule="close-after")
    return desk.commit("rui", closed)


@attack("its author is lin and its committer chen")
def commits_in_the_name_of_another(desk: Desk) -> str:
    return desk.commit("chen", note(desk.record(VPN), "lin"), author="lin")


@attack("its author is zoe@example.org and its committer chen")
def commits_what_a_stranger_wrote(desk: Desk) -> str:
    return desk.commit("chen", note(desk.record(VPN), "chen"), author="zoe")


@attack("event 4 (note) is by chen, and the commit is nobody@example.com's")
def goes_by_the_name_of_another(desk: Desk) -> str:
    return desk.commit("chen", note(desk.record(VPN), "chen"), email="nobody@example.com")


@attack("its committer has no e-mail")
def has_no_address(desk: Desk) -> str:
    body = git(desk.team.lab, "cat-file", "commit", desk.commit("chen"), whole=True)
    nobody = body.replace("<chen@example.com>", "<>")
    return git(desk.team.lab, "hash-object", "-t", "commit", "-w", "--stdin", given=nobody)


@attack("event 1000000000 (note) has too high a number; at most 4 is right")
def takes_the_last_number_there_is(desk: Desk) -> str:
    event = Event(10**9, "2026-11-21T08:30:00+08:00", "chen", "note", {}, {"text": "x"})
    return desk.commit("chen", with_event(desk.record(VPN), event))


@attack("event 5 (note) has too high a number; at most 4 is right")
def leaves_a_number_out(desk: Desk) -> str:
    event = Event(5, "2026-11-21T08:30:00+08:00", "chen", "note", {}, {"text": "x"})
    return desk.commit("chen", with_event(desk.record(VPN), event))


@attack("event 4 (note) is at 2026-11-22T09:10:00+08:00, which lies ahead")
def writes_of_the_future(desk: Desk) -> str:
    return desk.commit("chen", note(desk.record(VPN), "chen", minutes=25 * 60 + 10))


@attack(f"event 4 (resume by desk) {LOST}")
def writes_what_a_rule_did_anew(desk: Desk) -> str:
    words: dict[str, Value] = {"rule": "hold-end", "because": "x"}
    ticked = desk.record(VPN).add("resume", at(30), "desk", {"status": "in_progress"}, **words)
    first = desk.commit("chen", note(ticked, "chen"))
    other = replace(ticked.log[-1], n=3, words={**words, "because": "y"})
    logs = (*desk.record(VPN).log, other, note(ticked, "chen").log[-1])
    return desk.commit("chen", replace(ticked, log=logs), on=first)


@attack("event 4 (edit) is by desk and names no rule")
def speaks_for_the_desk_in_an_edit_by_hand(desk: Desk) -> str:
    said = desk.record(VPN).add("edit", at(30), "desk", by_hand=True, text="x")
    return desk.commit("rui", said)


@attack("event 4 (edit) comments edited by hand needs desk.work, and rui has it not")
def speaks_for_the_desk_in_comments(desk: Desk) -> str:
    said = desk.record(VPN).add("edit", at(30), "desk", by_hand=True, comments="# x")
    return desk.commit("rui", said)


@attack("event 4 (edit) needs desk.work, and rui has it not")
def writes_comments_on_another_request(desk: Desk) -> str:
    said = desk.record(VPN).add("edit", at(30), "rui", by_hand=True, comments="# x")
    return desk.commit("rui", said)


@attack("event 4 (edit) names a rule and is an edit by hand")
def takes_an_edit_by_hand_for_a_rule(desk: Desk) -> str:
    words: dict[str, Value] = {"by_hand": True, "rule": "close-after"}
    return desk.commit("chen", desk.record(VPN).add("edit", at(30), "desk", {"rack": 1}, **words))


def padded(record: Record, fields: dict[str, Value], by: str = "desk") -> Record:
    """The record with edits by hand that set what is there already, and have high numbers."""
    first = max(event.n for event in record.log) + 1
    change = {name: (f"not {value}", value) for name, value in fields.items()}
    edits = (
        Event(n, record.log[-1].at, by, "edit", change, {"by_hand": True})
        for n in range(first, first + 6)
    )
    return replace(record, log=(*record.log, *edits))


def brought_back(desk: Desk, record_id: str, by: str, *fields: str, on: str = "") -> str:
    """A merge in which fields are again as they were in an earlier commit."""
    old = desk.team.record(record_id, desk.earlier)
    evil = padded(old, {name: old.head.get(name) for name in fields}, by)
    side = desk.commit("rui", evil, on=desk.earlier)
    here = desk.team.record(record_id, on or desk.tip)
    return desk.team.commit("rui", files(merged(here, evil)), on or desk.tip, side)


@attack("(edit) assignee, status edited by hand needs desk.work, and rui has it not")
def brings_an_old_state_of_a_ticket_back(desk: Desk) -> str:
    return brought_back(desk, VPN, "desk", "status", "assignee")


@attack("(edit) needs desk.work, and rui has it not")
def brings_an_old_state_back_in_their_own_name(desk: Desk) -> str:
    return brought_back(desk, VPN, "rui", "status", "assignee")


def edited_by_hand(desk: Desk) -> str:
    """A commit of lin's on the tip with two edits by hand, one of which no log can tell."""
    once = desk.rewritten("lin", VPN_FILE, "每小时一次", "每分钟一次")
    return desk.rewritten("lin", VPN_FILE, "title: VPN 掉线", "title: VPN 又掉线", on=once)


@attack("description, title edited by hand needs desk.work, and rui has it not")
def takes_an_edit_by_hand_back_by_merging_what_was_before(desk: Desk) -> str:
    old = {VPN_FILE: desk.team.text(VPN_FILE, desk.tip)}
    return desk.team.commit("rui", old, edited_by_hand(desk), desk.tip)


@attack("description, title edited by hand needs desk.work, and rui has it not")
def takes_an_edit_by_hand_back_by_merging_their_own(desk: Desk) -> str:
    reply = desk.record(OWN).add("reply", at(30), "rui", text="好了")
    mine = desk.commit("rui", reply)
    return desk.team.commit("rui", {}, mine, edited_by_hand(desk))


@attack("(edit) status edited by hand needs kb.write, and rui has it not")
def publishes_what_was_retired(desk: Desk) -> str:
    published = desk.record(PUBLISHED)
    retired = published.add("retire", at(20), "zhao", {"status": "retired"})
    tip = desk.commit("zhao", retired)
    evil = padded(published, {"status": "published"})
    side = desk.commit("rui", evil)
    assert merged(retired, evil).status == "published"
    return desk.team.commit("rui", files(merged(retired, evil)), tip, side)


def ticked(desk: Desk, n: int, did: str, change: dict[str, Value], **words: Value) -> str:
    """A merge of what a rule did at the tip with an event that says to be the same, and is not."""
    rule: dict[str, Value] = {"rule": "close-after", "because": "quiet"}
    record = desk.record(PRINTER)
    real = note(record, "sam").add("close", at(40), "desk", {"status": "closed"}, **rule)
    pairs = {name: (record.head.get(name), value) for name, value in change.items()}
    fake = Event(n, real.log[-1].at, "desk", did, pairs, {**rule, **words})
    evil = with_event(record, fake)
    evil = replace(evil, head={**evil.head, **change})
    sides = desk.commit("sam", real), desk.commit("chen", evil)
    both = merged(real, evil)
    assert real.log[-1] not in both.log
    return desk.team.commit("chen", files(both), *sides)


@attack("event 3 (edit) names a rule and is an edit by hand")
def puts_an_edit_by_hand_in_the_place_of_a_rules_event(desk: Desk) -> str:
    return ticked(desk, 3, "edit", {}, by_hand=True)


@attack(f"event 4 (close by desk) {LOST}")
def puts_another_verb_in_the_place_of_a_rules_event(desk: Desk) -> str:
    return ticked(desk, 3, "tell", {"status": "closed"})


@attack(f"event 4 (close by desk) {LOST}")
def puts_other_words_in_the_place_of_a_rules_event(desk: Desk) -> str:
    return ticked(desk, 3, "close", {"status": "closed"}, because="x")


@attack(f"event 4 (close by desk) {LOST}")
def takes_what_a_rule_did_out_of_its_event(desk: Desk) -> str:
    return ticked(desk, 3, "close", {})


@attack("event 4 (takeover) is by lin")
def invents_a_verb_for_another(desk: Desk) -> str:
    return desk.commit("chen", desk.record(VPN).add("takeover", at(30), "lin"))


# merges, and commits that are not the last


@attack(f"event 4 (note) {STRANGE}")
def forges_in_the_middle_of_a_push(desk: Desk) -> str:
    forged = desk.commit("chen", note(desk.record(VPN), "lin"))
    return desk.commit("chen", desk.record(VPN), on=forged)


@attack(f"event 4 (note) {STRANGE}")
def forges_on_a_side_of_a_merge(desk: Desk) -> str:
    side = desk.commit("chen", note(desk.record(VPN), "lin"), on=desk.earlier + "~0")
    side = desk.team.commit("chen", files(note(desk.record(VPN), "lin")), desk.tip)
    other = desk.commit("chen", note(desk.record(DRAFT), "chen"))
    return desk.team.commit("chen", files(note(desk.record(VPN), "lin")), other, side)


@attack(f"event 5 (note) {STRANGE}")
def forges_in_the_merge_itself(desk: Desk) -> str:
    side = desk.commit("chen", note(desk.record(VPN), "chen"))
    other = desk.commit("chen", desk.record(DRAFT).add("edit", at(30), "chen", {"tags": ["a"]}))
    both = {
        **files(desk.team.record(DRAFT, other)),
        **files(note(desk.team.record(VPN, side), "lin", minutes=31)),
    }
    return desk.team.commit("chen", both, side, other)


@attack(f"event 4 (note by lin) {LOST}")
def drops_an_event_by_taking_one_side(desk: Desk) -> str:
    theirs = desk.commit("lin", note(desk.record(VPN), "lin", "我在看"))
    ours = note(desk.record(VPN), "chen", "y")
    return desk.team.commit("chen", {}, desk.commit("chen", ours), theirs)


@attack(f"event 4 (note by lin) {LOST}")
def drops_an_event_among_three_sides(desk: Desk) -> str:
    theirs = desk.commit("lin", note(desk.record(VPN), "lin", "我在看"))
    more = [desk.commit("chen", one) for one in (
        note(desk.record(VPN), "chen", "y"), note(desk.record(PRINTER), "chen", "z"))]  # fmt: skip
    both = files(desk.team.record(VPN, more[0]), desk.team.record(PRINTER, more[1]))
    return desk.team.commit("chen", both, *more, theirs)


@attack(f"event 5 (note) {STRANGE}")
def forges_among_three_sides(desk: Desk) -> str:
    sides = [desk.commit("chen", note(desk.record(one), "chen")) for one in (VPN, PRINTER, OWN)]
    both = [
        desk.team.record(one, side) for one, side in zip((VPN, PRINTER, OWN), sides, strict=True)
    ]
    return desk.team.commit("chen", files(note(both[0], "lin", minutes=40), *both[1:]), *sides)


@attack(f"event 4 (note) {STRANGE}")
def forges_in_a_history_of_its_own(desk: Desk) -> str:
    root = desk.team.commit("chen", files(note(desk.record(VPN), "lin")))
    return desk.team.commit("chen", files(note(desk.record(VPN), "lin")), desk.tip, root)


@attack("a record is not deleted")
def drops_a_record_by_merging_what_lacks_it(desk: Desk) -> str:
    root = desk.team.commit("chen", files(ticket("T-261121-NEW09", "chen")))
    everything = {**files(ticket("T-261121-NEW09", "chen")), VPN_FILE: None}
    return desk.team.commit("chen", everything, desk.tip, root)


@attack(f"event 4 (note) {STRANGE}")
def forges_on_a_branch_of_its_own(desk: Desk) -> tuple[str, ...]:
    return (f"{desk.commit('chen', note(desk.record(VPN), 'lin'))}:refs/heads/topic",)


@attack(f"event 4 (note) {STRANGE}")
def forges_under_a_tag(desk: Desk) -> tuple[str, ...]:
    return (f"{desk.commit('chen', note(desk.record(VPN), 'lin'))}:refs/tags/v1",)


@attack(f"event 4 (note) {STRANGE}")
def forges_beside_a_lawful_branch(desk: Desk) -> tuple[str, ...]:
    forged = desk.commit("chen", note(desk.record(VPN), "lin"))
    lawful = desk.commit("chen", note(desk.record(VPN), "chen"))
    return f"{lawful}:{MAIN}", f"{forged}:refs/heads/topic"


@attack("event 1 (open by chen)")
def takes_an_id_for_another_record(desk: Desk) -> str:
    return desk.commit("lin", ticket(VPN, "lin", title="another"))


@attack("event 1 (open by chen)")
def takes_an_id_and_keeps_the_old_one_elsewhere(desk: Desk) -> str:
    old = desk.record(VPN)
    moved = replace(old, head={**old.head, "id": "T-261121-MVD01", "external": VPN})
    return desk.commit("lin", ticket(VPN, "lin", title="another"), moved)


# roles


@attack("event 4 (assign) needs desk.work, and rui has it not")
def works_as_a_requester(desk: Desk) -> str:
    return desk.commit("rui", desk.record(VPN).add("assign", at(30), "rui", {"assignee": "sam"}))


@attack("event 4 (reply) needs desk.work, and rui has it not")
def answers_for_another_requester(desk: Desk) -> str:
    return desk.commit("rui", desk.record(VPN).add("reply", at(30), "rui", text="好了"))


@attack("event 2 (reply) needs desk.work, and rui has it not")
def raises_their_own_priority_in_an_answer(desk: Desk) -> str:
    reply = desk.record(OWN).add("reply", at(30), "rui", {"priority": "P1"}, text="x")
    return desk.commit("rui", reply)


def after(
    desk: Desk, record: Record, did: str, change: dict[str, Value] | None = None, **words: Value
) -> str:
    """A commit of chen's with what was done to rui's request, and then one by rui."""
    worked = desk.commit("chen", record) if len(record.log) > 1 else desk.tip
    return desk.commit("rui", record.add(did, at(50), "rui", change, **words), on=worked)


def resolved(record: Record) -> Record:
    return record.add("resolve", at(40), "chen", {"status": "resolved"}, solution="换墨盒")


def taken_back(event: Event) -> dict[str, Value]:
    return {"undoes": event.n, "done_at": event.at}


BEGUN: dict[str, Value] = {"status": "in_progress"}


@attack("event 4 (reply) needs desk.work, and rui has it not")
def reopens_what_was_closed_in_an_answer(desk: Desk) -> str:
    closed = resolved(desk.record(OWN)).add("close", at(41), "chen", {"status": "closed"})
    return after(desk, closed, "reply", BEGUN, text="x")


@attack("event 3 (reply) needs desk.work, and rui has it not")
def takes_up_what_was_cancelled_in_an_answer(desk: Desk) -> str:
    cancelled = desk.record(OWN).add("cancel", at(40), "chen", {"status": "cancelled"}, because="x")
    return after(desk, cancelled, "reply", BEGUN, text="x")


@attack("event 3 (reply) needs desk.work, and rui has it not")
def ends_a_hold_in_an_answer(desk: Desk) -> str:
    change: dict[str, Value] = {"status": "on_hold", "waiting_for": "vendor"}
    return after(desk, desk.record(OWN).add("hold", at(40), "chen", change), "reply", BEGUN)


@attack("event 5 (undo) needs desk.work, and rui has it not")
def reopens_by_undoing_an_answer(desk: Desk) -> str:
    answered = desk.record(OWN).add("reply", at(30), "rui", BEGUN, text="x")
    first = desk.commit("rui", answered)
    closed = resolved(answered).add("close", at(41), "chen", {"status": "closed"})
    second = desk.commit("chen", closed, on=first)
    words = taken_back(answered.log[-1])
    return desk.commit("rui", closed.add("undo", at(50), "rui", {"status": "new"}, **words),
                       on=second)  # fmt: skip


@attack("event 3 (undo) needs desk.work, and rui has it not")
def cancels_what_was_resolved_by_undoing_the_opening(desk: Desk) -> str:
    record = desk.record(OWN)
    words = taken_back(record.log[0])
    return after(desk, resolved(record), "undo", {"status": "cancelled"}, **words)


@attack("event 2 (reply) needs desk.work, and rui has it not")
def scores_in_an_answer(desk: Desk) -> str:
    return after(desk, desk.record(OWN), "reply", BEGUN, text="x", score=5)


@attack("event 2 (reply) needs desk.work, and rui has it not")
def tells_others_in_an_answer(desk: Desk) -> str:
    outbox: Value = [{"to": "lin", "about": "x"}]
    return after(desk, desk.record(OWN), "reply", BEGUN, text="x", outbox=outbox)


@attack("event 2 (survey) needs desk.work, and rui has it not")
def scores_what_is_not_resolved(desk: Desk) -> str:
    return after(desk, desk.record(OWN), "survey", score=5)


@attack("event 4 (survey) needs desk.work, and zoe@example.org has it not")
def scores_twice(desk: Desk) -> str:
    once = desk.record(PRINTER).add("survey", at(30), "zoe", score=5)
    return desk.commit("zoe", once.add("survey", at(31), "zoe", score=5))


def own_request(**fields: Value) -> Record:
    return ticket("T-261121-NEW01", "rui", requester={"email": EMAILS["rui"]}, **fields)


@attack("event 1 (open) needs desk.work, and rui has it not")
def opens_what_is_resolved_already(desk: Desk) -> str:
    made = own_request(status="resolved", assignee="chen")
    return desk.commit("rui", made.add("survey", at(30), "rui", score=5))


@attack("event 2 (open) needs desk.work, and rui has it not")
def closes_by_opening_it_again(desk: Desk) -> str:
    return desk.commit("rui", own_request().add("open", at(30), "rui", {"status": "closed"}))


@attack("event 2 (undo) sets other values than those before event 1")
def starts_the_work_by_undoing_the_opening(desk: Desk) -> str:
    record = desk.record(OWN)
    words = {"undoes": 1, "done_at": record.log[0].at}
    return desk.commit("rui", record.add("undo", at(30), "rui", {"status": "in_progress"}, **words))


@attack("priority edited by hand needs desk.work, and rui has it not")
def edits_by_hand_as_a_requester(desk: Desk) -> str:
    return desk.rewritten("rui", store.path_of(OWN), "status: new\n", "status: new\npriority: P1\n")


@attack("description edited by hand needs desk.work, and rui has it not")
def edits_what_no_log_tells(desk: Desk) -> str:
    return desk.rewritten("rui", VPN_FILE, "每小时一次", "每分钟一次")


@attack("needs desk.work, and zoe@example.org has it not")
def works_as_a_stranger(desk: Desk) -> str:
    return desk.commit("zoe", note(desk.record(PRINTER), "zoe"))


@attack("event 4 (note) is by lin and needs desk.import, and chen has it not")
def imports_without_leave(desk: Desk) -> str:
    return desk.commit("chen", desk.record(VPN).add("note", at(30), "lin", text="x", source="old"))


@attack("event 4 (note) needs desk.import, and chen has it not")
def takes_their_own_words_for_imported(desk: Desk) -> str:
    return desk.commit("chen", desk.record(VPN).add("note", at(30), "chen", text="x", source="old"))


@attack("event 4 (undo) takes back what is no event of chen's")
def undoes_what_another_did(desk: Desk) -> str:
    record = desk.record(VPN)
    return desk.commit(
        "chen", record.add("undo", at(30), "chen", undoes=2, done_at=record.log[1].at)
    )


@attack("event 4 (undo) sets other values than those before event 3")
def undoes_more_than_was_done(desk: Desk) -> str:
    record = desk.record(VPN)
    undo = record.add(
        "undo", at(30), "chen", {"priority": "P1"}, undoes=3, done_at=record.log[2].at
    )
    return desk.commit("chen", undo)


# articles


@attack("event 3 (approve) needs kb.review, and sam has it not")
def approves_as_an_agent(desk: Desk) -> str:
    return desk.commit("sam", desk.record(REVIEW).add("approve", at(30), "sam"))


@attack("event 3 (approve) approves what lin wrote some of")
def approves_their_own(desk: Desk) -> str:
    return desk.commit("lin", desk.record(LINS).add("approve", at(30), "lin"))


@attack("event 4 (publish) needs kb.publish, and lin has it not")
def publishes_as_a_reviewer(desk: Desk) -> str:
    return desk.commit(
        "lin", desk.record(APPROVED).add("publish", at(30), "lin", {"status": "published"})
    )


@attack("event 3 (approve) needs kb.publish, and lin has it not")
def publishes_in_an_approval(desk: Desk) -> str:
    return desk.commit(
        "lin", desk.record(REVIEW).add("approve", at(30), "lin", {"status": "published"})
    )


@attack("it is published and nobody has approved it")
def publishes_what_nobody_approved(desk: Desk) -> str:
    return desk.commit(
        "zhao", desk.record(REVIEW).add("publish", at(30), "zhao", {"status": "published"})
    )


@attack("event 2 (renew) needs kb.publish, and chen has it not")
def publishes_by_renewing(desk: Desk) -> str:
    return desk.commit(
        "chen", desk.record(DRAFT).add("renew", at(30), "chen", {"status": "published"})
    )


@attack("event 2 (note) sets status, which note does not")
def publishes_by_a_note(desk: Desk) -> str:
    return desk.commit(
        "zhao", desk.record(DRAFT).add("note", at(30), "zhao", {"status": "published"})
    )


@attack("status edited by hand; `desk kb` has commands for it")
def publishes_by_hand(desk: Desk) -> str:
    return desk.rewritten("zhao", DRAFT_FILE, "status: draft\n", "status: published\n")


@attack("audience edited by hand; `desk kb` has commands for it")
def shows_it_to_the_public_by_hand(desk: Desk) -> str:
    return desk.rewritten("chen", DRAFT_FILE, "audience: internal\n", "audience: public\n")


@attack("event 5 (edit) changes the owner (chen), which needs kb.review, and sam has it not")
def takes_an_article_over_and_renews_it(desk: Desk) -> str:
    record = desk.record(PUBLISHED).add("edit", at(30), "sam", {"owner": "sam"})
    renewed = record.add("renew", at(31), "sam", {"review_by": "2030-01-01T00:00:00+08:00"})
    return desk.commit("sam", renewed)


@attack("event 5 (edit) changes the owner (chen), which needs kb.review, and sam has it not")
def takes_an_article_over_as_if_it_were_theirs(desk: Desk) -> str:
    record = desk.record(PUBLISHED)
    event = Event(5, at(30).isoformat(), "sam", "edit", {"owner": ("sam", "sam")})
    return desk.commit(
        "sam", replace(with_event(record, event), head={**record.head, "owner": "sam"})
    )


@attack("event 5 (edit) changes the owner (chen), which needs kb.review, and sam has it not")
def takes_an_article_over_by_importing(desk: Desk) -> str:
    record = desk.record(PUBLISHED)
    return desk.commit(
        "sam", record.add("edit", at(30), "sam", {"owner": "sam"}, source="markdown")
    )


@attack("owner edited by hand needs kb.review, and sam has it not")
def takes_an_article_over_by_hand(desk: Desk) -> str:
    return desk.rewritten("sam", store.path_of(PUBLISHED), "owner: chen\n", "owner: sam\n")


@attack("owner edited by hand needs kb.review, and sam has it not")
def takes_an_article_over_in_a_merge(desk: Desk) -> str:
    side = desk.commit("sam", note(desk.record(PRINTER), "sam"))
    theirs = note(desk.record(VPN), "chen")
    path = store.path_of(PUBLISHED)
    taken = desk.team.text(path, desk.tip).replace("owner: chen\n", "owner: sam\n", 1)
    both = {**files(theirs), path: taken}
    return desk.team.commit("sam", both, side, desk.commit("chen", theirs))


@attack("event 5 (edit) needs kb.publish, and chen has it not")
def edits_what_is_published(desk: Desk) -> str:
    return desk.commit(
        "chen", desk.record(PUBLISHED).add("edit", at(30), "chen", {"solution": "关机。\n"})
    )


@attack("its text was changed since it was approved")
def edits_what_is_published_by_hand(desk: Desk) -> str:
    return desk.rewritten(
        "zhao", store.path_of(PUBLISHED), "solution: |\n  重启。\n", "solution: 关机\n"
    )


@attack("changes the text and stands before an approval that did not see it")
def slips_text_under_an_approval(desk: Desk) -> str:
    record = desk.record(APPROVED)
    event = Event(
        2, "2026-11-21T08:00:01+08:00", "chen", "edit", {"solution": ("重启。\n", "关机。\n")}
    )
    head = {**record.head, "solution": "关机。\n"}
    return desk.commit("chen", replace(with_event(record, event), head=head))


@attack("its text was changed since it was approved")
def merges_text_into_what_is_published(desk: Desk) -> str:
    old = desk.team.record(PUBLISHED, desk.earlier)
    mine = edited(old, "chen", solution="关机。\n")
    side = desk.commit("chen", mine, on=desk.earlier)
    return desk.team.commit("chen", files(merged(desk.record(PUBLISHED), mine)), desk.tip, side)


@attack("event 5 (undo) needs kb.publish, and chen has it not")
def retires_what_is_published_by_undoing(desk: Desk) -> str:
    record = desk.record(PUBLISHED)
    words: dict[str, Value] = {"undoes": 1, "done_at": record.log[0].at}
    return desk.commit("chen", record.add("undo", at(30), "chen", {"status": "retired"}, **words))


@attack("event 5 (retire) needs kb.publish, and chen has it not")
def retires_what_is_published(desk: Desk) -> str:
    return desk.commit(
        "chen", desk.record(PUBLISHED).add("retire", at(30), "chen", {"status": "retired"})
    )


@attack("event 5 (approve) is by lin, and the commit is zhao's")
def imports_an_approval(desk: Desk) -> str:
    record = (
        desk.record(REVIEW)
        .add("helpful", at(29), "zhao")
        .add("helpful", at(29), "zhao", because="x")
    )
    return desk.commit("zhao", record.add("approve", at(30), "lin", source="markdown"))


@attack("event 3 (tell) changes an article, which no rule does")
def publishes_by_a_rule(desk: Desk) -> str:
    return desk.commit(
        "zhao",
        desk.record(REVIEW).add("tell", at(30), "desk", {"status": "published"}, rule="renewal"),
    )


def voted(desk: Desk, record_id: str, who: str, **fields: Value) -> str:
    """A vote that sets fields of an article."""
    return desk.commit(who, desk.record(record_id).add("helpful", at(30), who, fields))


@attack("event 2 (helpful) sets title, solution, owner, tags, which helpful does not")
def edits_a_draft_by_voting(desk: Desk) -> str:
    return voted(desk, DRAFT, "rui", title="x", solution="关机。\n", owner="rui", tags=["x"])


@attack("event 3 (helpful) sets solution, which helpful does not")
def edits_what_is_in_review_by_voting(desk: Desk) -> str:
    return voted(desk, REVIEW, "rui", solution="关机。\n")


@attack("event 4 (helpful) sets solution, which helpful does not")
def edits_what_is_approved_by_voting(desk: Desk) -> str:
    return voted(desk, APPROVED, "rui", solution="关机。\n")


@attack("event 5 (helpful) sets owner, category, links, which helpful does not")
def edits_what_no_reviewer_looks_at_by_voting(desk: Desk) -> str:
    return voted(desk, PUBLISHED, "zoe", owner="zoe", category="z", links=[f"related {VPN}"])


@attack("event 2 (use) sets tags, which use does not")
def edits_a_draft_by_using_it(desk: Desk) -> str:
    used = desk.record(DRAFT).add("use", at(30), "sam", {"tags": ["x"]}, ticket=VPN)
    return desk.commit("sam", used)


@attack("event 3 (approve) sets solution, which approve does not")
def approves_a_text_of_their_own(desk: Desk) -> str:
    change: dict[str, Value] = {"solution": "关机。\n"}
    return desk.commit("lin", desk.record(REVIEW).add("approve", at(30), "lin", change))


@attack("event 5 (renew) sets solution, which renew does not")
def edits_what_is_published_by_renewing(desk: Desk) -> str:
    change: dict[str, Value] = {"solution": "关机。\n"}
    return desk.commit("zhao", desk.record(PUBLISHED).add("renew", at(30), "zhao", change))


@attack("event 5 (helpful) says ticket, which helpful does not")
def says_more_than_a_vote(desk: Desk) -> str:
    return desk.commit("rui", desk.record(PUBLISHED).add("helpful", at(30), "rui", ticket=VPN))


@attack("event 2 (unhelpful) is a vote on what rui may not read")
def votes_on_what_is_internal(desk: Desk) -> str:
    return desk.commit("rui", desk.record(DRAFT).add("unhelpful", at(30), "rui"))


@attack("event 2 (helpful)")
def votes_for_another(desk: Desk) -> str:
    return desk.commit("chen", desk.record(DRAFT).add("helpful", at(30), "sam"))


# the policy and other files

NO_POLICY = "needs desk.policy, and chen has it not"


@attack(f"desk.yaml: {NO_POLICY}")
def promotes_themselves(desk: Desk) -> str:
    return desk.team.commit("chen", {"desk.yaml": team.policy(chen="admin")}, desk.tip)


@attack(f"desk.yaml: {NO_POLICY}")
def promotes_themselves_and_uses_it(desk: Desk) -> str:
    promoted = desk.team.commit("chen", {"desk.yaml": team.policy(chen="admin")}, desk.tip)
    return desk.commit("chen", desk.record(REVIEW).add("approve", at(30), "chen"), on=promoted)


@attack("event 3 (approve) needs kb.review, and sam has it not")
def uses_what_an_admin_gives_in_the_same_push(desk: Desk) -> str:
    promoted = desk.team.commit("ada", {"desk.yaml": team.policy(sam="lead")}, desk.tip)
    return desk.commit("sam", desk.record(REVIEW).add("approve", at(30), "sam"), on=promoted)


@attack("event 3 (approve) needs kb.review, and sam has it not")
def uses_what_a_branch_of_its_own_gives(desk: Desk) -> tuple[str, ...]:
    promoted = desk.team.commit("ada", {"desk.yaml": team.policy(sam="lead")}, desk.tip)
    used = desk.commit("sam", desk.record(REVIEW).add("approve", at(30), "sam"), on=promoted)
    return f"{promoted}:{MAIN}", f"{used}:refs/heads/topic"


@attack(f"desk.yaml: {NO_POLICY}")
def goes_back_to_an_older_policy(desk: Desk) -> str:
    old = desk.team.text("desk.yaml", desk.earlier)
    return desk.team.commit("chen", {"desk.yaml": old}, desk.tip)


@attack(f"desk.yaml: {NO_POLICY}")
def merges_an_older_policy_back(desk: Desk) -> str:
    old = desk.team.commit("chen", {}, desk.earlier)
    return desk.team.commit("chen", {"desk.yaml": desk.team.text("desk.yaml", old)}, desk.tip, old)


@attack(f"desk.yaml: {NO_POLICY}")
def chooses_between_two_policies(desk: Desk) -> str:
    texts = team.policy(sam="lead"), team.policy(lin="agent")
    sides = [desk.team.commit("ada", {"desk.yaml": text}, desk.tip) for text in texts]
    return desk.team.commit("chen", {}, *sides)


@attack(f"desk.yaml: {NO_POLICY}")
def promotes_and_takes_it_back(desk: Desk) -> str:
    promoted = desk.team.commit("chen", {"desk.yaml": team.policy(chen="admin")}, desk.tip)
    return desk.team.commit("chen", {"desk.yaml": team.policy()}, promoted)


@attack("desk.yaml:1: this file is a mapping of settings")
def breaks_the_policy(desk: Desk) -> str:
    return desk.team.commit("ada", {"desk.yaml": "- x\n"}, desk.tip)


@attack("desk.yaml:1: this desk has format 2")
def moves_to_a_newer_format(desk: Desk) -> str:
    newer = team.policy().replace("format: 1", "format: 2")
    newer = newer[newer.index("format: 2") :]
    return desk.team.commit("ada", {"desk.yaml": newer}, desk.tip)


@attack("desk.yaml: a desk needs it")
def removes_the_policy(desk: Desk) -> str:
    return desk.team.commit("ada", {"desk.yaml": None}, desk.tip)


@attack("desk.yaml: it leaves nobody with desk.policy")
def takes_the_last_admin_away(desk: Desk) -> str:
    return desk.team.commit("ada", {"desk.yaml": team.policy(ada="agent")}, desk.tip)


@attack(f".gitattributes: {NO_POLICY}")
def takes_the_merge_driver_out(desk: Desk) -> str:
    return desk.team.commit("chen", {".gitattributes": "* merge=union\n"}, desk.tip)


@attack(f".gitignore: {NO_POLICY}")
def has_git_ignore_tickets(desk: Desk) -> str:
    return desk.team.commit("chen", {".gitignore": "tickets/\n"}, desk.tip)


@attack(f".github/workflows/x.yml: {NO_POLICY}")
def adds_a_workflow(desk: Desk) -> str:
    return desk.team.commit("chen", {".github/workflows/x.yml": "on: push\n"}, desk.tip)


@attack(f"notes.txt: {NO_POLICY}")
def adds_a_file_on_a_branch(desk: Desk) -> tuple[str, ...]:
    return (f"{desk.team.commit('chen', {'notes.txt': 'x'}, desk.tip)}:refs/heads/topic",)


STRAYS = {
    "puts_a_stray_file_among_tickets": "tickets/2026/11/readme.txt",
    "puts_attributes_among_articles": "kb/.gitattributes",
    "puts_a_ticket_into_another_month": VPN_FILE.replace("/11/", "/12/"),
    "puts_a_ticket_into_other_letters": VPN_FILE.replace("tickets", "Tickets"),
    "puts_an_article_into_other_letters": DRAFT_FILE.replace("kb", "KB"),
    "puts_a_policy_into_other_letters": "Desk.yaml",
    "puts_a_record_under_a_record": f"{VPN_FILE}/{VPN}.yaml",
    "puts_a_record_of_other_letters": VPN_FILE.replace("VPN01", "vpn01"),
    "puts_a_program_among_pictures": "kb/files/0123456789abcdef0123456789abcdef.exe",
}
for _name, _path in STRAYS.items():
    ATTACKS[_name] = (
        f"{_path}: no place of a record",
        lambda desk, path=_path: desk.team.commit(  # type: ignore[misc]
            "ada",
            {VPN_FILE: None, path: "x"} if path.startswith(f"{VPN_FILE}/") else {path: "x"},
            desk.tip,
        ),
    )


# what files are


def entries(desk: Desk, who: str, path: str, entry: Entry) -> str:
    return desk.team.commit(who, {path: entry}, desk.tip)


@attack(f"{VPN_FILE}: a symbolic link; only regular files are taken")
def makes_a_ticket_a_link(desk: Desk) -> str:
    return entries(desk, "ada", VPN_FILE, Entry("120000", b"/etc/passwd"))


@attack("link: a symbolic link; only regular files are taken")
def adds_a_link(desk: Desk) -> str:
    return entries(desk, "ada", "link", Entry("120000", b"../.."))


@attack("kb: a symbolic link; only regular files are taken")
def makes_a_folder_a_link(desk: Desk) -> str:
    listed = git(desk.team.lab, "ls-tree", "-r", "--name-only", desk.tip, "kb/").splitlines()
    gone = dict.fromkeys(listed)
    return desk.team.commit("ada", {**gone, "kb": Entry("120000", b"/tmp")}, desk.tip)


@attack("lib: a submodule; only regular files are taken")
def adds_a_submodule(desk: Desk) -> str:
    return entries(desk, "ada", "lib", Entry("160000", object=desk.tip))


@attack(f"{VPN_FILE}: an executable file; only regular files are taken")
def makes_a_ticket_executable(desk: Desk) -> str:
    data = desk.team.text(VPN_FILE, desk.tip).encode()
    return entries(desk, "chen", VPN_FILE, Entry("100755", data))


NEW = "T-261121-NEW01"
DAMAGE: dict[str, tuple[str, bytes]] = {
    "ends_lines_with_cr_lf": (
        "its lines end with CR LF", codec.dump(ticket(NEW, "chen")).replace("\n", "\r\n").encode()
    ),
    "writes_a_ticket_of_over_a_mebibyte": (
        "is over 1 MiB, which no record is",
        codec.dump(ticket(NEW, "chen", note="x" * yamltext.MAX_BYTES)).encode(),
    ),
    "writes_a_bomb": (
        "is not allowed",
        b"id: T-261121-NEW01\na: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
    ),
    "nests_without_end": ("line 1: ", b"[" * 50_000),
    "leaves_conflict_markers": (
        "conflict", b"<<<<<<< HEAD\nid: T-261121-NEW01\n=======\n>>>>>>> x\n"
    ),
    "writes_bytes_that_are_no_text": ("not UTF-8", b"id: T-261121-NEW01\ntitle: \xff\n"),
    "writes_nothing": ("the file is empty", b""),
    "writes_another_id": (
        "its id is T-261121-NEW02, whose place is",
        codec.dump(ticket("T-261121-NEW02", "chen")).encode(),
    ),
    "writes_a_log_that_is_none": (
        "'log' is a list of events",
        codec.dump(ticket(NEW, "chen")).partition("log:")[0].encode() + b"log: none\n",
    ),
}  # fmt: skip
for _name, (_said, _data) in DAMAGE.items():
    ATTACKS[_name] = (
        _said,
        lambda desk, data=_data: desk.team.commit(  # type: ignore[misc]
            "zhao", {store.path_of(NEW): data}, desk.tip
        ),
    )

PICTURE = b"\x89PNG\r\n\x1a\n"


@attack("a picture is named after its bytes, and this is not")
def names_a_picture_after_another(desk: Desk) -> str:
    name = store.picture_name(PICTURE, "x.png")
    return desk.team.commit("chen", {f"kb/files/{name}": PICTURE + b"x"}, desk.tip)


@attack("is over 5 MiB, which no picture is")
def adds_a_picture_that_is_too_large(desk: Desk) -> str:
    data = bytes(store.MAX_PICTURE + 1)
    return desk.team.commit(
        "chen", {f"kb/files/{store.picture_name(data, 'x.png')}": data}, desk.tip
    )


def evil_tree(desk: Desk, *more: tuple[str, str, str]) -> str:
    """A commit whose tree has what no tree of git's own making has."""
    parts = (line.split() for line in git(desk.team.lab, "ls-tree", desk.tip).splitlines())
    own = [(mode.lstrip("0"), name, one) for mode, _, one, name in parts]
    return desk.team.commit("ada", {}, desk.tip, tree=desk.team.raw_tree(*more, *own))


@attack("..: no path of a desk")
def climbs_out_of_the_folder(desk: Desk) -> str:
    return evil_tree(desk, ("100644", "..", desk.team.blob(b"x")))


@attack("no path of a desk")
def names_a_path_with_slashes(desk: Desk) -> str:
    return evil_tree(desk, ("100644", "tickets/../../x", desk.team.blob(b"x")))


@attack(".GIT: no path of a desk")
def adds_a_folder_of_gits_own(desk: Desk) -> str:
    return evil_tree(desk, ("100644", ".GIT", desk.team.blob(b"x")))


@attack("a: no path of a desk")
def names_a_file_twice(desk: Desk) -> str:
    blob = desk.team.blob(b"x")
    return evil_tree(desk, ("100644", "a", blob), ("100644", "a", desk.team.blob(b"y")))


def rewritten_trees(
    desk: Desk, path: str, change: Callable[[list[tuple[str, str, str]]], object]
) -> str:
    """A commit in which the tree of a folder has other entries, whatever git thinks of them."""
    folders = path.split("/") if path else []
    new = ""
    for count in range(len(folders), -1, -1):
        listed = git(desk.team.lab, "ls-tree", f"{desk.tip}:{'/'.join(folders[:count])}")
        parts = (line.split(maxsplit=3) for line in listed.splitlines())
        entries = [(mode.lstrip("0"), name, one) for mode, _, one, name in parts]
        if count == len(folders):
            change(entries)
        else:
            entries = [(m, name, new if name == folders[count] else o) for m, name, o in entries]
        new = desk.team.raw_tree(*entries)
    return desk.team.commit("chen", {}, desk.tip, tree=new)


def blob_without_history(desk: Desk) -> str:
    record = desk.record(VPN)
    opened = replace(record, log=record.log[:1])
    return desk.team.blob(codec.dump(opened).encode())


VPN_FOLDER, _, VPN_NAME = VPN_FILE.rpartition("/")
NO_PATH = f"{VPN_FILE}: no path of a desk"


def place_of(entries: list[tuple[str, str, str]], wanted: str) -> int:
    return [name for _, name, _ in entries].index(wanted)


@attack(NO_PATH)
def hides_a_ticket_behind_itself(desk: Desk) -> str:
    evil = ("100644", VPN_NAME, blob_without_history(desk))
    return rewritten_trees(
        desk, VPN_FOLDER, lambda all_: all_.insert(place_of(all_, VPN_NAME) + 1, evil)
    )


@attack(NO_PATH)
def hides_a_ticket_before_itself(desk: Desk) -> str:
    evil = ("100644", VPN_NAME, blob_without_history(desk))
    return rewritten_trees(
        desk, VPN_FOLDER, lambda all_: all_.insert(place_of(all_, VPN_NAME), evil)
    )


@attack(NO_PATH)
def hides_a_ticket_out_of_order(desk: Desk) -> str:
    evil = ("100644", VPN_NAME, blob_without_history(desk))
    return rewritten_trees(desk, VPN_FOLDER, lambda all_: all_.insert(0, evil))


@attack(NO_PATH)
def hides_a_ticket_in_a_folder_that_is_there_twice(desk: Desk) -> str:
    tree = desk.team.raw_tree(("100644", VPN_NAME, blob_without_history(desk)))
    above, _, name = VPN_FOLDER.rpartition("/")
    return rewritten_trees(desk, above, lambda all_: all_.append(("40000", name, tree)))


@attack(f"{VPN_FOLDER}: no path of a desk")
def puts_a_file_beside_the_folder_of_its_name(desk: Desk) -> str:
    above, _, name = VPN_FOLDER.rpartition("/")
    evil = ("100644", name, desk.team.blob(b"x"))
    return rewritten_trees(desk, above, lambda all_: all_.insert(0, evil))


@attack(f"{VPN_FILE}/x: no path of a desk")
def puts_a_folder_beside_the_ticket_of_its_name(desk: Desk) -> str:
    tree = desk.team.raw_tree(("100644", "x", desk.team.blob(b"x")))
    evil = ("40000", VPN_NAME, tree)
    return rewritten_trees(desk, VPN_FOLDER, lambda all_: all_.append(evil))


@attack(NO_PATH)
def hides_a_ticket_behind_a_name_with_slashes(desk: Desk) -> str:
    return rewritten_trees(
        desk, "", lambda all_: all_.append(("100644", VPN_FILE, blob_without_history(desk)))
    )


@attack("a record is not deleted; retire or cancel it")
def deletes_a_ticket(desk: Desk) -> str:
    return desk.team.commit("ada", {VPN_FILE: None}, desk.tip)


@attack("a record is not deleted; retire or cancel it")
def renames_an_article(desk: Desk) -> str:
    text = desk.team.text(DRAFT_FILE, desk.tip).replace(DRAFT, "KB-261121-DRFT2")
    moved = {DRAFT_FILE: None, DRAFT_FILE.replace("DRFT1", "DRFT2"): text}
    return desk.team.commit("chen", moved, desk.tip)


# references


@attack("refs/heads/main: a forced push, which drops commits")
def forces_the_branch_back(desk: Desk) -> tuple[str, ...]:
    return (f"+{desk.tip}~1:{MAIN}",)


@attack("refs/heads/main: a forced push, which drops commits")
def forces_another_history(desk: Desk) -> tuple[str, ...]:
    return (f"+{desk.team.commit('ada', {'desk.yaml': team.policy()})}:{MAIN}",)


@attack("refs/heads/main: the team's own branch cannot be deleted")
def deletes_the_branch(desk: Desk) -> tuple[str, ...]:
    return (f":{MAIN}",)


@attack("refs/notes/x: only branches and tags are taken here")
def pushes_a_reference_of_another_kind(desk: Desk) -> tuple[str, ...]:
    return (f"{desk.tip}:refs/notes/x",)


@attack(f"refs/replace/{'1' * 40}: only branches and tags are taken here")
def replaces_an_object(desk: Desk) -> tuple[str, ...]:
    return (f"{desk.tip}:refs/replace/{'1' * 40}",)


@attack("refs/tags/v1: no branch has its commit; push the branch too")
def tags_what_no_branch_has(desk: Desk) -> tuple[str, ...]:
    return (f"{desk.commit('chen', note(desk.record(VPN), 'chen'))}:refs/tags/v1",)


MISLEADING = {
    "tags_by_the_name_of_a_branch": (("refs/tags/main",), MAIN),
    "tags_by_the_name_of_a_branch_in_other_letters": (("refs/tags/Main",), MAIN),
    "tags_by_what_a_clone_calls_the_branch": (("refs/tags/origin/main",), MAIN),
    "makes_a_branch_in_other_letters": (("refs/heads/MAIN",), MAIN),
    "makes_a_branch_and_a_tag_of_one_name": (("refs/heads/v1", "refs/tags/v1"), "refs/heads/v1"),
}
for _name, (_refs, _other) in MISLEADING.items():
    ATTACKS[_name] = (
        f"{_refs[-1]}: {_other} has that name, and git would take one for the other",
        lambda desk, refs=_refs: tuple(f"{desk.tip}:{ref}" for ref in refs),  # type: ignore[misc]
    )


@attack("refs/tags/HEAD: git means something else by that name")
def tags_by_the_name_of_the_head(desk: Desk) -> tuple[str, ...]:
    return (f"{desk.tip}:refs/tags/HEAD",)


@attack("refs/tags/v1: it names no commit")
def tags_a_file(desk: Desk) -> tuple[str, ...]:
    return (
        f"{desk.tip}:desk.yaml:refs/tags/v1".replace(f"{desk.tip}:desk.yaml", desk.team.blob(b"x")),
    )


# --- lawful pushes -------------------------------------------------------------------------

LAWFUL: dict[str, Attack] = {}


def lawful(function: Attack) -> Attack:
    """Something that a team does, which the remote takes."""
    LAWFUL[function.__name__] = function
    return function


def edited(record: Record, who: str, minutes: int = 30, **fields: Value) -> Record:
    return record.add("edit", at(minutes), who, fields)


@lawful
def merges_what_two_people_wrote(desk: Desk) -> str:
    one, other = note(desk.record(VPN), "chen", "一"), note(desk.record(VPN), "lin", "二")
    sides = desk.commit("chen", one), desk.commit("lin", other)
    return desk.team.commit("lin", files(merged(one, other)), *sides)


@lawful
def merges_three_sides(desk: Desk) -> str:
    people = ("chen", "lin", "sam")
    records = [note(desk.record(VPN), who) for who in people]
    sides = [desk.commit(who, one) for who, one in zip(people, records, strict=True)]
    return desk.team.commit("rui", files(merged(*records)), *sides)


@lawful
def merges_what_a_rule_did_on_both_sides(desk: Desk) -> str:
    record = desk.record(PRINTER)
    rule = {"rule": "close-after", "because": "x"}
    one = record.add("close", at(40), "desk", {"status": "closed"}, **rule)
    other = note(record, "lin").add("close", at(40), "desk", {"status": "closed"}, **rule)
    sides = desk.commit("chen", one), desk.commit("lin", other)
    assert [event.n for event in merged(one, other).log] == [1, 2, 3, 3]
    return desk.team.commit("chen", files(merged(one, other)), *sides)


@lawful
def merges_what_a_rule_told_different_people(desk: Desk) -> str:
    record, change = desk.record(PRINTER), {"status": "closed"}
    assigned = record.add("assign", at(30), "sam", {"assignee": "lin"})
    one, other = (
        side.add("close", at(40), "desk", change, rule="close-after", outbox=[{"to": whom}])
        for side, whom in ((assigned, "lin"), (record, "sam"))
    )
    both = merged(one, other)
    assert [event.n for event in both.log] == [1, 2, 3, 3]
    sides = desk.commit("sam", one), desk.commit("chen", other)
    return desk.team.commit("chen", files(both), *sides)


@lawful
def merges_the_same_twice(desk: Desk) -> str:
    one, other = note(desk.record(VPN), "chen", "一"), note(desk.record(VPN), "lin", "二")
    sides = desk.commit("chen", one), desk.commit("lin", other)
    both = files(merged(one, other))
    merges = desk.team.commit("chen", both, *sides), desk.team.commit("lin", both, *sides[::-1])
    return desk.team.commit("sam", both, *merges)


@lawful
def merges_what_was_edited_by_hand(desk: Desk) -> str:
    by_hand = desk.rewritten("lin", VPN_FILE, "title: VPN 掉线", "title: VPN 又掉线")
    record = desk.team.record(VPN, by_hand)
    other = note(desk.record(VPN), "chen")
    written = merge.with_hand_edits(record, desk.record(VPN))
    both = merged(written, other)
    assert {"by_hand": True} in [event.words for event in both.log]
    return desk.team.commit("rui", files(both), by_hand, desk.commit("chen", other))


@lawful
def merges_what_was_edited_by_hand_with_comments(desk: Desk) -> str:
    by_hand = desk.rewritten("lin", VPN_FILE, "title: VPN 掉线", "# 又来了\ntitle: VPN 又掉线")
    other = note(desk.record(VPN), "chen")
    texts = desk.team.text(VPN_FILE, by_hand), codec.dump(other)
    both = reconcile.merged(None, *map(reconcile.version, texts))
    assert {"by_hand": True, "comments": "# 又来了"} in [event.words for event in both.log]
    return desk.team.commit("rui", files(both), by_hand, desk.commit("chen", other))


@lawful
def keeps_the_comments_of_their_own_request(desk: Desk) -> str:
    kept = desk.record(OWN).add("edit", at(30), "rui", by_hand=True, comments="# x")
    return desk.commit("rui", kept.add("reply", at(30), "rui", text="好了"))


@lawful
def merges_a_description_edited_by_hand(desk: Desk) -> str:
    by_hand = desk.rewritten("lin", VPN_FILE, "每小时一次", "每分钟一次")
    base, record = desk.record(VPN), desk.team.record(VPN, by_hand)
    other = note(base, "chen")
    both = merged(merge.with_hand_edits(record, base), merge.with_hand_edits(other, base))
    return desk.team.commit("rui", files(both), by_hand, desk.commit("chen", other))


@lawful
def merges_as_git_does_it_by_lines(desk: Desk) -> str:
    by_hand = edited_by_hand(desk)
    reply = files(desk.record(OWN).add("reply", at(30), "rui", text="好了"))
    mine = desk.team.commit("rui", reply, desk.tip)
    return desk.team.commit("rui", reply, by_hand, mine)


@lawful
def merges_what_was_set_and_set_back(desk: Desk) -> str:
    record = desk.record(VPN)
    one = edited(record, "chen", title="WLAN")
    other = edited(edited(record, "lin", title="x"), "lin", title=record.title)
    assert merged(one, other).title == record.title
    sides = desk.commit("chen", one), desk.commit("lin", other)
    return desk.team.commit("rui", files(merged(one, other)), *sides)


@lawful
def merges_articles(desk: Desk) -> str:
    one, other = edited(desk.record(DRAFT), "sam", solution="关机。\n"), edited(
        desk.record(DRAFT), "chen", cause="未知。\n")  # fmt: skip
    return desk.team.commit(
        "lin", files(merged(one, other)), desk.commit("sam", one), desk.commit("chen", other)
    )


@lawful
def merges_text_into_what_is_published_and_sends_it_back(desk: Desk) -> str:
    merge_of_both = ATTACKS["merges_text_into_what_is_published"][1](desk)
    assert isinstance(merge_of_both, str)
    back = edited(desk.team.record(PUBLISHED, merge_of_both), "chen", body="x", status="review")
    return desk.commit("chen", back, on=merge_of_both)


@lawful
def rebases_what_a_rule_did(desk: Desk) -> str:
    rule: dict[str, Value] = {"rule": "close-after"}
    record = desk.record(PRINTER)
    theirs = note(record, "lin").add("close", at(40), "desk", {"status": "closed"}, **rule)
    mine = record.add("close", at(40), "desk", {"status": "closed"}, **rule)
    return desk.commit("chen", merged(theirs, mine), on=desk.commit("lin", theirs))


@lawful
def merges_a_change_of_the_policy(desk: Desk) -> str:
    changed = desk.team.commit("ada", {"desk.yaml": team.policy(sam="lead")}, desk.tip)
    mine = desk.commit("chen", note(desk.record(VPN), "chen"))
    both = {"desk.yaml": team.policy(sam="lead")}
    return desk.team.commit("chen", both, mine, changed)


@lawful
def merges_two_records_of_one_id(desk: Desk) -> str:
    one, other = ticket(NEW, "chen"), ticket(NEW, "lin", title="another")
    moved = replace(other, head={**other.head, "id": "T-261121-NEW02", "external": NEW})
    sides = desk.commit("chen", one), desk.commit("lin", other)
    return desk.team.commit("sam", files(one, moved), *sides)


@lawful
def merges_their_own_of_an_id_that_is_taken(desk: Desk) -> str:
    one, other = ticket(NEW, "chen"), ticket(NEW, "rui", title="another")
    moved = replace(other, head={**other.head, "id": "T-261121-NEW02"})
    moved = moved.add("edit", at(30), "rui", {"external": NEW}, because=f"its id {NEW} is taken")
    sides = desk.commit("rui", other), desk.commit("chen", one)
    return desk.team.commit("rui", files(one, moved), *sides)


@lawful
def rebases_its_own(desk: Desk) -> str:
    theirs = note(desk.record(VPN), "lin", "一")
    upstream = desk.commit("lin", theirs)
    mine = note(desk.record(VPN), "chen", "二", minutes=29)
    return desk.commit("chen", merged(theirs, mine), on=upstream)


@lawful
def rebases_over_an_edit_by_hand(desk: Desk) -> str:
    by_hand = desk.rewritten("lin", VPN_FILE, "title: VPN 掉线", "title: VPN 又掉线")
    mine = note(desk.record(VPN), "chen")
    both = merged(merge.with_hand_edits(desk.team.record(VPN, by_hand), None), mine)
    return desk.commit("chen", both, on=by_hand)


@lawful
def brings_to_a_branch_what_the_tip_has(desk: Desk) -> tuple[str, ...]:
    squashed = desk.commit("chen", desk.record(VPN), desk.record(PRINTER), on=desk.earlier)
    return (f"{squashed}:refs/heads/topic",)


@lawful
def edits_a_ticket_by_hand(desk: Desk) -> str:
    return desk.rewritten("chen", VPN_FILE, "每小时一次", "每分钟一次")


@lawful
def writes_an_edit_by_hand_down(desk: Desk) -> str:
    by_hand = desk.rewritten("lin", store.path_of(OWN), "status: new", "status: new\nrack: 12")
    record = desk.team.record(OWN, by_hand)
    written = edited(replace(record, head=desk.record(OWN).head), "rui", rack=12)
    last = replace(written.log[-1], words={"by_hand": True})
    written = replace(written, log=(*written.log[:-1], last))
    answer = written.add("reply", at(31), "rui", {"status": "in_progress"}, text="好了")
    return desk.commit("rui", answer, on=by_hand)


@lawful
def writes_a_draft_by_hand(desk: Desk) -> str:
    text = "id: KB-261121-HAND1\ntitle: 手写\nstatus: draft\naudience: public\n"
    return desk.team.commit("chen", {"kb/KB-261121-HAND1.yaml": text}, desk.tip)


@lawful
def edits_a_draft_by_hand(desk: Desk) -> str:
    return desk.rewritten("sam", DRAFT_FILE, "重启。", "关机。")


@lawful
def lays_a_file_out_otherwise(desk: Desk) -> str:
    text = desk.team.text(VPN_FILE, desk.tip)
    return desk.team.commit("chen", {VPN_FILE: f"# a comment\n{text}"}, desk.tip)


@attack("writes comments needs desk.work, and rui has it not")
def writes_a_comment_as_a_requester(desk: Desk) -> str:
    """The next command of an agent would write it into the log as theirs."""
    text = desk.team.text(VPN_FILE, desk.tip)
    return desk.team.commit("rui", {VPN_FILE: f"# approved\n{text}"}, desk.tip)


@lawful
def imports_a_history(desk: Desk) -> str:
    record = Ticket({"id": NEW, "external": "OLD-1"}, ())
    head = {"title": "x", "status": "closed", "opened": "2020-01-01T00:00:00Z"}
    record = record.add("open", at(0), "somebody", head, source="old")
    return desk.commit("zhao", record.add("note", at(1), "zhao", text="x", source="old"))


@lawful
def opens_as_a_requester(desk: Desk) -> str:
    return desk.commit("rui", ticket(NEW, "rui", requester={"email": EMAILS["rui"]}))


@lawful
def opens_as_a_stranger(desk: Desk) -> str:
    return desk.commit("zoe", ticket(NEW, "zoe"), ticket("T-261121-NEW02", EMAILS["zoe"]))


@lawful
def answers_what_was_asked_of_them(desk: Desk) -> str:
    reply = desk.record(PRINTER).add("reply", at(30), "zoe", text="好了")
    return desk.commit("zoe", reply.add("survey", at(31), "zoe", score=5))


@lawful
def answers_what_is_new_and_takes_it_back(desk: Desk) -> str:
    answered = desk.record(OWN).add("reply", at(30), "rui", BEGUN, text="x")
    first = desk.commit("rui", answered)
    words = taken_back(answered.log[-1])
    back = answered.add("undo", at(31), "rui", {"status": "new"}, **words)
    return desk.commit("rui", back.add("reply", at(32), "rui", BEGUN, text="y"), on=first)


@lawful
def answers_what_is_on_hold(desk: Desk) -> str:
    change: dict[str, Value] = {"status": "on_hold", "waiting_for": "requester"}
    return after(desk, desk.record(OWN).add("hold", at(40), "chen", change), "reply", text="x")


@lawful
def scores_what_was_resolved(desk: Desk) -> str:
    return after(desk, resolved(desk.record(OWN)), "survey", score=5, comment="快")


@lawful
def rebases_an_answer_over_what_was_resolved(desk: Desk) -> str:
    worked = resolved(desk.record(OWN))
    answered = desk.record(OWN).add("reply", at(39), "rui", BEGUN, text="x")
    return desk.commit("rui", merged(worked, answered), on=desk.commit("chen", worked))


@lawful
def opens_for_an_assignee(desk: Desk) -> str:
    return desk.commit("rui", own_request(assignee="chen", status="in_progress"))


@lawful
def takes_their_own_request_back(desk: Desk) -> str:
    record = desk.record(OWN)
    words = {"undoes": 1, "done_at": record.log[0].at}
    return desk.commit("rui", record.add("undo", at(30), "rui", {"status": "cancelled"}, **words))


@lawful
def takes_back_what_they_did(desk: Desk) -> str:
    record = desk.record(VPN)
    words: dict[str, Value] = {"undoes": 3, "done_at": record.log[2].at}
    return desk.commit(
        "chen", record.add("undo", at(30), "chen", {"assignee": None, "status": "new"}, **words)
    )


@lawful
def votes(desk: Desk) -> str:
    return desk.commit("rui", desk.record(PUBLISHED).add("unhelpful", at(30), "rui", because="旧"))


@lawful
def sends_a_published_article_back_to_review(desk: Desk) -> str:
    change: dict[str, Value] = {"solution": "关机。\n", "status": "review"}
    return desk.commit("chen", desk.record(PUBLISHED).add("edit", at(30), "chen", change))


@lawful
def hands_an_article_on_and_takes_it_back(desk: Desk) -> str:
    given = desk.record(PUBLISHED).add("edit", at(30), "chen", {"owner": "sam"})
    words: dict[str, Value] = {"undoes": 5, "done_at": given.log[-1].at}
    back = given.add("undo", at(31), "chen", {"owner": "chen"}, **words)
    return desk.commit("chen", back, on=desk.commit("chen", given))


@lawful
def gives_an_article_to_somebody_else_as_a_reviewer(desk: Desk) -> str:
    return desk.commit("lin", edited(desk.record(PUBLISHED), "lin", owner="sam"))


@lawful
def edits_what_they_may_publish(desk: Desk) -> str:
    return desk.commit("zhao", edited(desk.record(PUBLISHED), "zhao", solution="关机。\n"))


@lawful
def links_a_ticket_to_an_article(desk: Desk) -> str:
    used = desk.record(PUBLISHED).add("use", at(30), "sam", ticket=VPN)
    link = desk.record(VPN).add("link", at(30), "sam", {"links": [f"solved-by {PUBLISHED}"]})
    return desk.commit("sam", used, link)


@lawful
def adds_and_removes_pictures(desk: Desk) -> str:
    path = f"kb/files/{store.picture_name(PICTURE, 'x.png')}"
    added = desk.team.commit("chen", {path: PICTURE}, desk.tip)
    return desk.team.commit("sam", {path: None}, added)


@lawful
def changes_the_policy_as_an_admin(desk: Desk) -> str:
    new = {"desk.yaml": team.policy(sam="lead"), "README.md": "x", ".gitignore": "*.swp\n"}
    return desk.team.commit("ada", new, desk.tip)


@lawful
def adds_files_that_are_called_as_kinds_of_objects(desk: Desk) -> str:
    names = ("notes blob", "notes tree", "notes commit", "notes missing")
    return desk.team.commit("ada", dict.fromkeys(names, "x"), desk.tip)


@lawful
def puts_a_file_where_a_folder_was_and_back(desk: Desk) -> str:
    folder = desk.team.commit("ada", {"docs/a": "x"}, desk.tip)
    file = desk.team.commit("ada", {"docs/a": None, "docs": "x"}, folder)
    return desk.team.commit("ada", {"docs": None, "docs/a": "x", "docs/b": "x"}, file)


@lawful
def writes_its_address_in_capitals(desk: Desk) -> str:
    return desk.commit("chen", note(desk.record(VPN), "chen"), email="Chen@Example.COM")


@lawful
def pushes_a_branch_and_a_tag(desk: Desk) -> tuple[str, ...]:
    made = desk.commit("chen", note(desk.record(VPN), "chen"))
    text = f"object {made}\ntype commit\ntag v1\ntagger x <x@x> 0 +0000\n\nx\n"
    tag = git(desk.team.lab, "mktag", given=text)
    return f"{made}:refs/heads/topic", f"{tag}:refs/tags/v1", f"{desk.tip}:refs/tags/v0"


@lawful
def pushes_nothing_new(desk: Desk) -> tuple[str, ...]:
    return (f"{desk.tip}:refs/heads/topic",)


@lawful
def pushes_many_commits(desk: Desk) -> str:
    record, tip = desk.record(VPN), desk.tip
    for count in range(70):
        record = note(record, "chen", str(count))
        tip = desk.commit("chen", record, on=tip)
    return tip


# --- what commands write -------------------------------------------------------------------

COMMANDS = (
    ("chen", "open VPN -d x"), ("chen", "classify A0001 --impact department"),
    ("chen", "assign A0001 --to lin"), ("lin", "escalate A0001 --to-team network --because x"),
    ("sam", "note A0001 x"), ("sam", "reply A0001 x"), ("sam", "hold A0001 --for vendor"),
    ("sam", "resume A0001"), ("lin", "resolve A0001 --solution x"), ("chen", "close A0001"),
    ("chen", "survey A0001 --score 5"), ("chen", "reopen A0001 --because x"),
    ("rui", "open Printer"), ("zoe", "open Mouse"), ("chen", "cancel A0002 --because x"),
    ("chen", "link A0001 related A0002"), ("chen", "unlink A0001 related A0002"),
    ("chen", "edit A0001 --set rack=12"), ("chen", "kb new VPN --body x"),
    ("sam", "kb edit A0004 --set audience=public"), ("chen", "kb submit A0004"),
    ("lin", "kb reject A0004 --because x"), ("chen", "kb submit A0004"),
    ("lin", "kb approve A0004"),
    ("zhao", "kb publish A0004"), ("rui", "kb helpful A0004"),
    ("chen", "kb unhelpful A0004 --because x"),
    ("chen", "undo A0004"), ("chen", "kb unhelpful A0004"),
    ("chen", "kb renew A0004 --until 99d"), ("lin", "resolve A0001 --solution x --kb A0004"),
    ("chen", "kb edit A0004 --set body=y"), ("zhao", "kb approve A0004"),
    ("zhao", "kb edit A0004 --set body=z"), ("zhao", "kb retire A0004"), ("chen", "kb from A0001"),
    ("rui", "open Lamp --requester rui --assignee chen"), ("rui", "undo A0006"),
    ("rui", "open Lamp --requester rui"), ("rui", "reply A0007 x"), ("rui", "undo A0007"),
    ("rui", "reply A0007 y"), ("chen", "resolve A0007 --solution x"),
    ("rui", "survey A0007 --score 4"), ("rui", "undo A0007"),
    ("rui", "survey A0007 --score 5 --comment x"),
    ("zhao", "import ../export.csv --map ../map.yaml"), ("sam", "kb import ../docs"),
    ("chen", "tick --now 2027-01-20T09:00+08:00"), ("chen", "check --fix"),
)  # fmt: skip

ROLES_OF_GIT = ("AUTHOR", "COMMITTER")


def test_what_commands_write_is_right(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    made = Team(tmp_path, hook=False)
    tip, _ = history(made)
    made.push(f"{tip}:{MAIN}")
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", str(made.bare), "clone")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_text("# 打印机\n\n![x](x.png)\n", encoding="utf-8")
    (tmp_path / "docs" / "x.png").write_bytes(PICTURE)
    (tmp_path / "export.csv").write_text(scene.EXPORT, encoding="utf-8")
    (tmp_path / "map.yaml").write_text(scene.MAP, encoding="utf-8")
    numbers = itertools.count((10 << 20) + 1)
    monkeypatch.setattr(store, "random_number", lambda: next(numbers))
    monkeypatch.chdir(clone)
    for minute, (who, words) in enumerate(COMMANDS):
        for role, what in itertools.product(ROLES_OF_GIT, ("NAME", "EMAIL")):
            monkeypatch.setenv(f"GIT_{role}_{what}", who if what == "NAME" else EMAILS[who])
        now = () if "--now" in words else ("--now", at(60 + minute).isoformat())
        ran = run([*words.split(), *now])
        assert ran.code == 0, (words, ran)
        git(clone, "add", "--all")
        git(clone, "commit", "--quiet", "--allow-empty", "-m", words)
    ran = run(["hook", "verify", tip, "HEAD", "--now", "2027-01-20T09:00+08:00"])
    assert ran == (0, "", f"{len(COMMANDS)} commits, nothing is wrong\n")


# --- how they end --------------------------------------------------------------------------


def references(desk: Desk, name: str) -> tuple[str, ...]:
    """What an attack or a lawful push pushes."""
    made = (LAWFUL.get(name) or ATTACKS[name][1])(desk)
    return (f"{made}:{MAIN}",) if isinstance(made, str) else made


def why_wrong(name: str, pushed: Pushed) -> str:
    """What is wrong with how an attack ended, empty where it was refused for what it is."""
    said, _ = ATTACKS[name]
    if pushed.accepted:
        return f"{name} was accepted"
    return "" if said in pushed.said else f"{name}: {said!r} is not in {pushed.said}"


def verified(desk: Desk, *refs: str) -> Pushed:
    """How the hook's command ends in the bare repository, without a push."""
    lines = []
    for ref in refs:
        new, _, name = ref.removeprefix("+").rpartition(":")
        old = git(desk.team.bare, "for-each-ref", "--format=%(objectname)", name) or NOTHING
        lines.append(f"{old} {git(desk.team.lab, 'rev-parse', new) if new else NOTHING} {name}\n")
    ran = run(["-C", str(desk.team.bare), "--now", NOW, "hook", "verify", "-"], "".join(lines))
    assert ran.code in (0, 1), ran
    return Pushed(ran.code == 0, ran.out + ran.err)


@pytest.mark.parametrize("name", ATTACKS)
def test_attacks_are_found(name: str, desk: Desk):
    assert why_wrong(name, verified(desk, *references(desk, name))) == ""


@pytest.mark.parametrize("name", LAWFUL)
def test_lawful_pushes_are_right(name: str, desk: Desk):
    pushed = verified(desk, *references(desk, name))
    assert pushed.accepted, pushed.said


def taken(desk: Desk, name: str, address: str) -> str:
    """What git says of a lawful push that is refused, else empty; the desk is as before."""
    pushed = desk.team.push(*references(desk, name), to=address)
    for line in desk.team.refs().splitlines():
        ref = line.split()[-1]
        git(desk.team.bare, "update-ref", *((ref, desk.tip) if ref == MAIN else ("-d", ref)))
    return "" if pushed.accepted else f"{name}: {pushed.said}"


@pytest.mark.long
@pytest.mark.parametrize("transport", ["file", "daemon"])
def test_the_remote_refuses_attacks_and_takes_lawful_pushes(
    transport: str, desk: Desk, request: pytest.FixtureRequest, figures: Callable[[str], None]
):
    address = request.getfixturevalue("daemon") if transport == "daemon" else ""
    before = desk.team.refs()
    ends = {one: desk.team.push(*references(desk, one), to=address) for one in ATTACKS}
    wrong = [problem for name, pushed in ends.items() if (problem := why_wrong(name, pushed))]
    assert wrong == []
    assert desk.team.refs() == before
    assert [said for name in LAWFUL if (said := taken(desk, name, address))] == []
    figures(
        f"R10 remote ({transport}): {len(ATTACKS)} of {len(ATTACKS)} attacks refused, "
        f"{len(LAWFUL)} of {len(LAWFUL)} lawful pushes accepted"
    )
