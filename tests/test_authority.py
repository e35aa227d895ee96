"""Whether a commit is its committer's to make, one record at a time."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk import authority, merge, policy
from desk.authority import Change
from desk.errors import RefusedError
from desk.model import Article, Event, Record, Ticket, Value
from tests.conftest import NOW
from tests.support import POLICY

# chen and ada are agents, lin and zhao are leads; rui may only ask.
RULES = policy.load(
    POLICY.replace(
        "people:\n",
        "people:\n  rui: {email: rui@example.com, roles: [requester]}\n"
        "  ada: {email: ada@example.com, roles: [agent]}\n",
    )
)
EMAILS = {name: person.email for name, person in RULES.people.items()}
ID = "T-261121-7K3FQ"
HEAD: Mapping[str, Value] = {
    "title": "VPN",
    "status": "new",
    "opened": "2026-11-21T09:00:00+08:00",
    "requester": {"name": "陈伟", "email": "li@example.com"},
}
OPENED = Ticket({"id": ID, "description": "x"}, ()).add("open", NOW, "lin", HEAD)
DRAFT = Article({"id": "KB-261121-9QXW2"}, ()).add(
    "new", NOW, "chen",
    {"title": "VPN", "status": "draft", "audience": "public", "owner": "chen", "solution": "x"},
)  # fmt: skip
NOBODYS = DRAFT.add("edit", NOW, "chen", {"owner": None})
SUBMITTED = DRAFT.add("submit", NOW, "chen", {"status": "review"})
APPROVED = SUBMITTED.add("approve", NOW, "lin")
PUBLISHED = APPROVED.add("publish", NOW, "zhao", {"status": "published"})


def problems(
    who: str, record: Record, *parents: Record, rules: policy.Policy = RULES, **more: Record
) -> list[str]:
    """What is wrong with a commit of somebody's, without the record's id."""
    someone = authority.committer(rules, who, EMAILS.get(who, who))
    change = Change(record, parents, **more)
    found = authority.problems(rules, NOW, someone, {record.id: change})
    return [one.removeprefix(f"{record.id}: ") for one in found]


# --- who it is -------------------------------------------------------------------------------


def test_a_person_is_known_by_their_address():
    found = authority.committer(RULES, "whoever", "LIN@example.com")
    assert (found.name, found.names) == ("lin", {"lin"})
    assert found.known == {"lin", "林静", "lin@example.com"}


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("Zoe", {"zoe@example.org", "Zoe"}),
        ("", {"zoe@example.org"}),
        ("desk", {"zoe@example.org"}),
        ("lin", {"zoe@example.org"}),
        ("林静", {"zoe@example.org"}),
        ("Chen@example.com", {"zoe@example.org"}),
    ],
)
def test_a_stranger_does_not_go_by_the_name_of_a_person(name: str, names: set[str]):
    found = authority.committer(RULES, name, "zoe@example.org")
    assert (found.name, found.names) == ("zoe@example.org", names)


def test_an_address_of_two_people_is_nobodys():
    rules = policy.load(POLICY.replace("lin@", "chen@"))
    with pytest.raises(RefusedError):
        authority.committer(rules, "chen", "chen@example.com")
    assert "chen" not in authority.committer(rules, "chen@example.com", "x@example.com").names


def test_who_may_change_the_policy():
    assert authority.may_change_policy(RULES, "chen"), "nobody is an admin"
    assert not authority.may_change_policy(RULES, "zoe@example.org")
    rules = policy.load(POLICY.replace("lin@example.com, ", "lin@example.com, roles: [admin], "))
    may = {who for who in (*rules.people, "zoe") if authority.may_change_policy(rules, who)}
    assert may == {"lin"}


def test_a_stranger_only_asks_where_an_admin_is_named():
    noted = OPENED.add("note", NOW, "zoe@example.org", text="x")
    assert problems("zoe@example.org", noted, OPENED) == [], "a desk that names nobody"
    rules = policy.load(POLICY.replace("lin@example.com, ", "lin@example.com, roles: [admin], "))
    assert problems("zoe@example.org", noted, OPENED, rules=rules) == [
        "event 2 (note) needs desk.work, and zoe@example.org has it not"
    ]
    asked = OPENED.add("reply", NOW, "li@example.com", {"status": "in_progress"}, text="x")
    assert problems("li@example.com", asked, OPENED, rules=rules) == []


# --- events ----------------------------------------------------------------------------------

VERBS = ("classify", "assign", "escalate", "note", "reply", "hold", "resume", "resolve", "close",
         "reopen", "cancel", "survey", "link", "unlink", "edit", "merge")  # fmt: skip


@pytest.mark.parametrize("verb", VERBS)
def test_who_works_may_do_anything_to_tickets(verb: str):
    record = OPENED.add(verb, NOW, "chen", {"priority": "P1"})
    assert problems("chen", record, OPENED) == []
    asked = OPENED.add(verb, NOW, "rui", {"priority": "P1"})
    said = [f"event 2 ({verb}) needs desk.work, and rui has it not"]
    assert problems("rui", asked, OPENED) == said


ASKED = Ticket({"id": ID}, ()).add(
    "open", NOW, "rui", {**HEAD, "requester": {"name": "x", "email": "RUI@example.com"}}
)
WORKED_ON = ASKED.add("assign", NOW, "chen", {"assignee": "chen", "status": "in_progress"})
HELD = WORKED_ON.add("hold", NOW, "chen", {"status": "on_hold", "waiting_for": "requester"})
RESOLVED = WORKED_ON.add("resolve", NOW, "chen", {"status": "resolved"}, solution="x")
REOPENED = RESOLVED.add("reopen", NOW, "chen", {"status": "in_progress"}, because="x")
CLOSED = RESOLVED.add("close", NOW, "chen", {"status": "closed"})
CANCELLED = ASKED.add("cancel", NOW, "lin", {"status": "cancelled"}, because="x")
ANSWERED = ASKED.add("reply", NOW, "rui", {"status": "in_progress"}, text="x")
SURVEYED = CLOSED.add("survey", NOW, "rui", score=5)
BEGUN: dict[str, Value] = {"status": "in_progress"}


def test_whoever_may_ask_opens_and_answers_their_own():
    assert problems("rui", ASKED) == []
    assert problems("rui", ANSWERED, ASKED) == []
    assert problems("rui", ANSWERED) == [], "in one commit"
    for before in (ASKED, WORKED_ON, HELD, RESOLVED, CLOSED, CANCELLED):
        assert problems("rui", before.add("reply", NOW, "rui", text="x"), before) == []
    for before in (RESOLVED, CLOSED):
        answer = before.add("survey", NOW, "rui", score=1, comment="x")
        assert problems("rui", answer, before) == []
    other = SURVEYED.add("undo", NOW, "rui", undoes=5, done_at=SURVEYED.log[-1].at)
    assert problems("rui", other.add("survey", NOW, "rui", score=2), SURVEYED) == []


@pytest.mark.parametrize(
    ("before", "verb", "change", "words"),
    [
        (ASKED, "reply", {"status": "closed"}, {"text": "x"}),
        (ASKED, "reply", {"priority": "P1"}, {"text": "x"}),
        (ASKED, "reply", BEGUN, {"text": "x", "score": 5}),
        (ASKED, "reply", BEGUN, {"text": "x", "outbox": [{"to": "lin"}]}),
        (HELD, "reply", BEGUN, {"text": "x"}),
        (HELD, "reply", {**BEGUN, "waiting_for": None}, {"text": "x"}),
        (RESOLVED, "reply", BEGUN, {"text": "x"}),
        (CLOSED, "reply", BEGUN, {"text": "x"}),
        (CANCELLED, "reply", BEGUN, {"text": "x"}),
        (ASKED, "survey", {}, {"score": 5}),
        (REOPENED, "survey", {}, {"score": 5}),
        (CANCELLED, "survey", {}, {"score": 5}),
        (SURVEYED, "survey", {}, {"score": 1}),
        (CLOSED, "survey", BEGUN, {"score": 5}),
        (CLOSED, "survey", {}, {"score": 6}),
        (CLOSED, "survey", {}, {"comment": "x"}),
        (CLOSED, "survey", {}, {"score": 5, "code": "solved"}),
        (ASKED, "open", {"status": "closed"}, {}),
        (ASKED, "edit", {}, {"by_hand": True, "text": "x"}),
    ],
)
def test_an_answer_does_no_more_than_the_command(
    before: Ticket, verb: str, change: dict[str, Value], words: dict[str, Value]
):
    said = f"event {len(before.log) + 1} ({verb}) needs desk.work, and rui has it not"
    assert problems("rui", before.add(verb, NOW, "rui", change, **words), before) == [said]


@pytest.mark.parametrize(
    ("change", "words", "is_right"),
    [
        ({}, {}, True),
        ({"assignee": "chen", "status": "in_progress"}, {}, True),
        ({"status": "in_progress"}, {}, False),
        ({"assignee": "chen", "status": "resolved"}, {}, False),
        ({"status": "closed"}, {}, False),
        ({}, {"resolved_at": "2026-11-21T09:00:00+08:00"}, False),
    ],
)
def test_a_request_begins_as_new(change: dict[str, Value], words: dict[str, Value], is_right: bool):
    own = Ticket({"id": ID}, ()).add(
        "open", NOW, "rui", {**ASKED.head, **change, "id": ID}, **words
    )
    said = ["event 1 (open) needs desk.work, and rui has it not"]
    assert problems("rui", own) == ([] if is_right else said)


def test_a_request_begins_once():
    again = ASKED.add("open", NOW, "rui", {"status": "closed"})
    assert problems("rui", again) == ["event 2 (open) needs desk.work, and rui has it not"]
    late = replace(ASKED.log[0], n=2)
    note = Event(1, late.at, "rui", "reply", {}, {"text": "x"})
    assert problems("rui", replace(ASKED, log=(note, late))) == [
        "event 2 (open) needs desk.work, and rui has it not"
    ]


def test_a_requester_sees_what_was_edited_by_hand():
    by_hand = replace(ASKED, head={**ASKED.head, "status": "closed"})
    answer = by_hand.add("reply", NOW, "rui", text="x")
    assert problems("rui", answer, by_hand) == []
    assert problems("rui", ANSWERED, by_hand) == [
        "event 2 (reply) needs desk.work, and rui has it not"
    ]
    written = merge.with_hand_edits(by_hand, None).add("reply", NOW, "rui", text="x")
    assert problems("rui", written, by_hand) == []
    crossed = merge.merged(merge.with_hand_edits(by_hand, None), ANSWERED)
    assert problems("rui", crossed, by_hand) == [], "a rebase of what was said before it"


@pytest.mark.parametrize("theirs", [WORKED_ON, HELD, RESOLVED, CLOSED, REOPENED, CANCELLED])
def test_a_requester_rebases_what_they_said_meanwhile(theirs: Ticket):
    answered = merge.merged(theirs, ANSWERED)
    assert problems("rui", answered, theirs) == []
    survey = RESOLVED.add("survey", NOW, "rui", score=5)
    known = merge.merged(theirs, RESOLVED)
    assert problems("rui", merge.merged(known, survey), known) == []


TAKEN_BACK = {"undoes": 2, "done_at": ANSWERED.log[-1].at}
GIVEN_UP = {"undoes": 1, "done_at": ASKED.log[0].at}


@pytest.mark.parametrize(
    ("before", "change", "words", "is_right"),
    [
        (ANSWERED, {"status": "new"}, TAKEN_BACK, True),
        (ANSWERED.add("note", NOW, "chen", text="x"), {"status": "new"}, TAKEN_BACK, True),
        (ANSWERED, {"status": "new"}, {**TAKEN_BACK, "score": 5}, False),
        (ANSWERED.add("close", NOW, "chen", {"status": "closed"}), {"status": "new"}, TAKEN_BACK,
         False),
        (ANSWERED.add("hold", NOW, "chen", {"waiting_for": "vendor"}), {"status": "new"},
         TAKEN_BACK, False),
        (ASKED, {"status": "cancelled"}, GIVEN_UP, True),
        (ANSWERED, {"status": "cancelled"}, GIVEN_UP, True),
        (ASKED, {"status": "retired"}, GIVEN_UP, False),
        (HELD, {"status": "cancelled", "waiting_for": None}, GIVEN_UP, False),
        (CLOSED, {"status": "cancelled"}, GIVEN_UP, False),
        (ASKED.add("edit", NOW, "chen", {"status": "x"}), {"status": "cancelled"}, GIVEN_UP, False),
    ],
)  # fmt: skip
def test_a_requester_takes_back_what_nobody_else_has_touched(
    before: Ticket, change: dict[str, Value], words: dict[str, Value], is_right: bool
):
    after = before.add("undo", NOW, "rui", change, **words)
    said = [f"event {len(after.log)} (undo) needs desk.work, and rui has it not"]
    assert problems("rui", after, before)[:1] == ([] if is_right else said)


@pytest.mark.parametrize(("n", "wrong"), [(1, False), (2, False), (3, True), (10**9, True)])
def test_numbers_go_no_further_than_there_are_events(n: int, wrong: bool):
    event = Event(n, "2026-11-21T09:00:00+08:00", "chen", "note", {}, {"text": "x"})
    found = problems("chen", replace(OPENED, log=(*OPENED.log, event)), OPENED)
    assert found == (["event " + str(n) + " (note) has too high a number; at most 2 is right"]
                     if wrong else [])  # fmt: skip


def test_clocks_may_go_a_day_ahead():
    for hours, wrong in ((-(10**5), False), (24, False), (24.01, True)):
        record = OPENED.add("note", NOW + timedelta(hours=hours), "chen", text="x")
        assert bool(problems("chen", record, OPENED)) is wrong


def test_what_stands_at_the_tip_is_nobodys_forgery():
    theirs = OPENED.add("note", NOW, "lin", text="x")
    assert problems("chen", theirs, OPENED) == [
        "event 2 (note) is by lin, and the commit is chen's"
    ]
    assert problems("chen", theirs, OPENED, tip=theirs) == []


def test_imports_bring_the_words_of_others():
    imported = OPENED.add("note", NOW, "somebody", text="x", source="old")
    assert problems("zhao", imported, OPENED) == []
    assert problems("chen", imported, OPENED) != []
    assert problems("zhao", DRAFT.add("approve", NOW, "lin", source="old"), DRAFT) != []


# --- merges ----------------------------------------------------------------------------------


def grown(record: Record, who: str, steps: list[tuple[int, str]]) -> Record:
    """The record after what somebody did, some of it by rules of the desk, each once."""
    for minutes, what in dict.fromkeys(steps):
        at = NOW + timedelta(minutes=minutes)
        if what == "rule":
            record = record.add("tell", at, "desk", rule="stale", because="x")
        else:
            record = record.add("edit", at, who, {"title": what})
    return record


STEPS = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from(("VPN", "Wi-Fi", "rule"))), max_size=4
)


@given(STEPS, STEPS, STEPS)
def test_what_merging_gives_is_right_whoever_merges(one, two, three):
    sides = [grown(OPENED, who, done) for who, done in
             (("chen", one), ("lin", two), ("zhao", three))]  # fmt: skip
    both = merge.merged(*sides[:2])
    assert problems("rui", both, *sides[:2]) == []
    assert problems("rui", both, *sides[1::-1], base=OPENED) == []
    whole = merge.merged(both, sides[2])
    assert problems("rui", whole, *sides) == []
    assert problems("rui", whole, both, sides[2]) == []
    assert problems("chen", merge.merged(sides[1], sides[0]), sides[1]) == [], "a rebase"


@given(STEPS, STEPS, st.data())
def test_no_merge_drops_an_event(one, two, data):
    sides = grown(OPENED, "chen", one), grown(OPENED, "lin", two)
    both = merge.merged(*sides)
    dropped = data.draw(st.sampled_from(both.log))
    less = replace(both, log=tuple(event for event in both.log if event != dropped))
    assert "a log only grows" in " ".join(problems("zhao", less, *sides))


@given(STEPS, st.data())
def test_no_event_is_changed(steps, data):
    record = grown(OPENED, "chen", [*steps, (0, "Wi-Fi")])
    place = data.draw(st.integers(0, len(record.log) - 1))
    event = record.log[place]
    changed = data.draw(st.sampled_from((
        replace(event, by="zhao"), replace(event, did="x"), replace(event, change={}),
        replace(event, words={**event.words, "text": "x"}), replace(event, n=event.n + 1),
    )))  # fmt: skip
    if changed != event:
        log = (*record.log[:place], changed, *record.log[place + 1 :])
        assert problems("zhao", replace(record, log=log), record) != []


# --- the head --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value"), [("title", "x"), ("description", "y"), ("description", None), ("rack", 12)]
)
def test_an_edit_by_hand_is_work(field: str, value: Value):
    head = {**OPENED.head, field: value}
    by_hand = replace(OPENED, head={name: v for name, v in head.items() if v is not None})
    assert problems("chen", by_hand, OPENED) == []
    said = f"{field} edited by hand needs desk.work, and rui has it not"
    assert problems("rui", by_hand, OPENED) == [said]
    assert problems("rui", OPENED, by_hand) == [said], "taking it back too"
    written = merge.with_hand_edits(by_hand, OPENED)
    wrong = problems("rui", written, by_hand)
    if field == "description":  # no log tells what it was, so anything could be brought back
        assert wrong == [f"event 2 (edit) {said}"]
    else:
        assert wrong == [], "writing it down changes nothing"
    other = OPENED.add("note", NOW, "chen")
    both = merge.merged(written, other)
    assert problems("rui", both, by_hand, other, base=OPENED) == [], "and so in a merge"


def test_an_edit_by_hand_is_written_down_as_it_was():
    by_hand = replace(OPENED, head={**OPENED.head, "rack": 12})
    written = merge.with_hand_edits(by_hand, None)
    assert problems("rui", written, by_hand) == []
    own = replace(written.log[-1], by="rui", at="2026-11-21T10:30:00+08:00")
    assert problems("rui", replace(written, log=(OPENED.log[0], own)), by_hand) == []
    for by in ("desk", "rui"):
        for change in ({"rack": (11, 12)}, {"title": ("x", "VPN"), "rack": (None, 12)}):
            event = replace(written.log[-1], by=by, change=change)
            assert problems("rui", replace(written, log=(OPENED.log[0], event)), by_hand) != []
    later = replace(written, log=(*written.log, replace(written.log[-1], n=3)))
    assert problems("rui", later, by_hand) != [], "once"


def test_what_waits_goes_with_the_status():
    held = OPENED.add("hold", NOW, "chen", {"status": "on_hold", "waiting_for": "vendor"})
    resumed = held.add("resume", NOW, "chen", {"status": "in_progress", "waiting_for": None})
    assert problems("chen", resumed, held) == []
    longer = held.add("hold", NOW, "lin", {"waiting_for": "problem"})
    assert problems("lin", merge.merged(resumed, longer), resumed) == [], "a rebase"


# --- articles --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "parent", "verb", "change", "wrong"),
    [
        ("chen", DRAFT, "edit", {"solution": "y"}, ""),
        ("rui", DRAFT, "edit", {"solution": "y"}, "needs kb.write, and rui has it not"),
        ("chen", DRAFT, "submit", {"status": "review"}, ""),
        ("chen", SUBMITTED, "edit", {"status": "draft"}, "makes it draft, which edit does not"),
        ("chen", DRAFT, "link", {"status": "review"}, "sets status, which link does not"),
        ("chen", DRAFT, "submit", {"status": "published"}, "makes it published, which submit does"),
        ("chen", DRAFT, "edit", {"review_by": "2030-01-01T00:00:00Z"}, "sets review_by, which"),
        ("chen", DRAFT, "retire", {"status": "retired"}, ""),
        ("chen", SUBMITTED, "approve", {}, "needs kb.review, and chen has it not"),
        ("lin", SUBMITTED, "approve", {}, ""),
        ("lin", SUBMITTED, "approve", {"status": "published"}, ""),
        ("lin", SUBMITTED, "publish", {"status": "published"}, "nobody has approved it"),
        ("lin", APPROVED, "publish", {"status": "published"}, ""),
        ("chen", APPROVED, "publish", {"status": "published"}, "needs kb.publish"),
        ("chen", APPROVED, "edit", {"solution": "y"}, ""),
        ("chen", PUBLISHED, "edit", {"tags": ["a"]}, ""),
        ("chen", PUBLISHED, "edit", {"owner": "rui"}, ""),
        ("lin", PUBLISHED, "edit", {"owner": "lin"}, ""),
        ("ada", PUBLISHED, "edit", {"owner": "ada"}, "changes the owner (chen), which needs"),
        ("ada", DRAFT, "edit", {"owner": None}, "changes the owner (chen), which needs kb.review"),
        ("ada", DRAFT, "new", {"owner": "ada"}, "changes the owner (chen), which needs kb.review"),
        ("ada", NOBODYS, "edit", {"owner": "ada"}, "changes the owner (nobody), which needs kb.re"),
        ("lin", NOBODYS, "edit", {"owner": "ada"}, ""),
        ("chen", PUBLISHED, "edit", {"solution": "y"}, "needs kb.publish"),
        ("chen", PUBLISHED, "edit", {"solution": "y", "status": "review"}, ""),
        ("lin", PUBLISHED, "edit", {"solution": "y"}, ""),
        ("chen", PUBLISHED, "retire", {"status": "retired"}, "needs kb.publish"),
        ("chen", PUBLISHED, "renew", {"review_by": "2030-01-01T00:00:00Z"}, ""),
        ("rui", PUBLISHED, "renew", {"review_by": "2030-01-01T00:00:00Z"}, "needs kb.review"),
        ("rui", PUBLISHED, "helpful", {}, ""),
        ("rui", DRAFT, "helpful", {}, "is a vote on what rui may not read"),
        ("rui", PUBLISHED, "use", {}, "needs desk.work or kb.write"),
        ("rui", DRAFT, "helpful", {"solution": "y"}, "sets solution, which helpful does not"),
        ("chen", DRAFT, "use", {"tags": ["a"]}, "sets tags, which use does not"),
        ("chen", DRAFT, "note", {"title": "y"}, "sets title, which note does not"),
        ("chen", DRAFT, "link", {"links": ["related T-261121-7K3FQ"]}, ""),
        ("chen", DRAFT, "link", {"owner": "lin", "tags": ["a"]}, "sets owner, tags, which link"),
        ("chen", DRAFT, "submit", {"solution": "y"}, "sets solution, which submit does not"),
        ("lin", SUBMITTED, "approve", {"solution": "y"}, "sets solution, which approve does not"),
        ("lin", SUBMITTED, "reject", {"owner": "lin"}, "sets owner, which reject does not"),
        ("zhao", APPROVED, "publish", {"cause": "y"}, "sets cause, which publish does not"),
        ("zhao", PUBLISHED, "renew", {"tags": ["a"]}, "sets tags, which renew does not"),
        ("zhao", PUBLISHED, "retire", {"audience": "internal"}, "sets audience, which retire"),
    ],
)  # fmt: skip
def test_verbs_of_articles(
    who: str, parent: Article, verb: str, change: dict[str, Value], wrong: str
):
    found = "; ".join(problems(who, parent.add(verb, NOW, who, change), parent))
    assert (wrong in found) if wrong else (found == "")


def with_from(record: Article, who: str, owner: str) -> Article:
    """The article with an owner who is claimed to have had it before."""
    event = replace(record.log[-1], n=len(record.log) + 1, by=who, did="edit", words={})
    event = replace(event, change={"owner": (who, owner)})
    return replace(record, head={**record.head, "owner": owner}, log=(*record.log, event))


def test_who_owned_it_is_told_by_what_stood_before():
    assert problems("ada", with_from(PUBLISHED, "ada", "ada"), PUBLISHED) == [
        "event 5 (edit) changes the owner (chen), which needs kb.review, and ada has it not"
    ]
    given = PUBLISHED.add("edit", NOW, "chen", {"owner": "ada"})
    assert problems("ada", given.add("edit", NOW, "ada", {"owner": "lin"}), given) == []
    assert problems("chen", given.add("edit", NOW, "chen", {"owner": "chen"}), given) != []
    assert problems("chen", undone(given, "chen", -1, {"owner": "chen"}), given) == []
    by_hand = replace(PUBLISHED, head={**PUBLISHED.head, "owner": "ada"})
    assert problems("ada", by_hand.add("edit", NOW, "ada", {"owner": "lin"}), by_hand) == []
    taken = by_hand.add("edit", NOW, "chen", {"owner": "chen"})
    assert problems("chen", taken, by_hand) != []
    new = Article({"id": ID}, ()).add(
        "new", NOW, "ada", {"title": "x", "status": "draft", "owner": "chen"}
    )
    assert problems("ada", new) == []


def test_an_owner_is_no_more_changed_by_hand():
    by_hand = replace(PUBLISHED, head={**PUBLISHED.head, "owner": "ada"})
    said = ["owner edited by hand needs kb.review, and ada has it not"]
    assert problems("ada", by_hand, PUBLISHED) == said
    written = PUBLISHED.add("edit", NOW, "ada", {"owner": "ada"}, by_hand=True)
    assert problems("ada", written, PUBLISHED) == [
        "event 5 (edit) changes the owner (chen), which needs kb.review, and ada has it not"
    ]
    assert problems("ada", written, by_hand) == [], "somebody else did it before"
    assert problems("chen", by_hand, PUBLISHED) == []
    assert problems("lin", by_hand, PUBLISHED) == []
    draft = Article({"id": ID, "title": "x", "status": "draft", "owner": "chen"}, ())
    assert problems("ada", draft) == []


def test_a_vote_says_no_more_than_why():
    because = PUBLISHED.add("helpful", NOW, "rui", because="x")
    assert problems("rui", because, PUBLISHED) == []
    more = PUBLISHED.add("helpful", NOW, "rui", ticket=ID)
    said = ["event 5 (helpful) says ticket, which helpful does not"]
    assert problems("rui", more, PUBLISHED) == said


def test_the_author_of_some_of_it_does_not_approve():
    edited = SUBMITTED.add("edit", NOW, "lin", {"cause": "y"})
    assert problems("lin", edited.add("approve", NOW, "lin"), edited) == [
        "event 4 (approve) approves what lin wrote some of"
    ]
    assert problems("zhao", edited.add("approve", NOW, "zhao"), edited) == []


def test_what_was_wrong_before_is_nobodys_doing():
    unapproved = SUBMITTED.add("publish", NOW, "zhao", {"status": "published"})
    assert problems("chen", unapproved.add("helpful", NOW, "chen"), unapproved) == []


def test_a_desk_without_reviews_still_asks_who_publishes():
    rules = policy.load(POLICY + "knowledge: {review: none}\n")
    published = DRAFT.add("publish", NOW, "chen", {"status": "published"})
    assert problems("chen", published, DRAFT, rules=rules) != []
    by_hand = replace(DRAFT, head={**DRAFT.head, "status": "published"})
    assert problems("zhao", by_hand, DRAFT, rules=rules) == [
        "status edited by hand; `desk kb` has commands for it"
    ]
    published = DRAFT.add("publish", NOW, "zhao", {"status": "published"})
    by_hand = replace(published, head={**published.head, "solution": "y"})
    assert problems("zhao", by_hand, published, rules=rules) == []
    assert problems("chen", by_hand, published, rules=rules) == [
        "solution edited by hand needs kb.publish, and chen has it not"
    ]


def undone(record: Record, who: str, place: int, change: dict[str, Value]) -> Record:
    event = record.log[place]
    return record.add("undo", NOW, who, change, undoes=event.n, done_at=event.at)


def test_an_edit_of_what_is_published_is_taken_back():
    edited = PUBLISHED.add("edit", NOW, "chen", {"solution": "y", "status": "review"})
    back = undone(edited, "chen", -1, {"solution": "x", "status": "published"})
    assert problems("chen", back, edited) == []
    kept = undone(edited, "chen", -1, {"status": "published"})
    assert problems("chen", kept, edited) != [], "the text has to be as it was"
    again = edited.add("edit", NOW, "chen", {"solution": "z"})
    back = undone(again, "chen", -2, {"solution": "x", "status": "published"})
    assert problems("chen", back, again) != [], "somebody has edited it since"
    crossed = undone(back, "chen", -2, {"solution": "y"})
    assert problems("zhao", crossed.add("renew", NOW, "zhao"), again) != []
    found = authority.why_unapproved(crossed, RULES)
    assert found == "its text was changed since it was approved, and it is still published"
    assert authority.why_unapproved(edited, RULES) == ""


def test_what_a_record_began_with_is_taken_back_by_ending_it():
    held = OPENED.add("hold", NOW, "lin", {"status": "on_hold", "waiting_for": "vendor"})
    ended = undone(held, "lin", 0, {"status": "cancelled", "waiting_for": None})
    assert problems("lin", ended, held) == []
    assert problems("lin", undone(held, "lin", 0, {"status": "new"}), held) != []
    assert (
        problems("lin", undone(held, "lin", 0, {"status": "cancelled", "title": "x"}), held) != []
    )
