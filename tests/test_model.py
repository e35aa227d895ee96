"""Records, and the log that says how they came to be."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk import codec, model
from desk.errors import RefusedError
from desk.model import Event, Ticket
from tests import strategies
from tests.conftest import NOW

AT = "2026-11-21T09:00:00+08:00"
BARE = Ticket({"id": "T-261121-7K3FQ", "title": "VPN drops", "status": "new", "opened": AT}, ())


def test_adding_an_event_changes_head_and_log_together():
    ticket = BARE.add("classify", NOW, "chen", {"impact": "person", "title": "VPN drops"})
    ticket = ticket.add("note", NOW, "chen", {"impact": None}, text="wrong", steps=[], because="")
    assert ticket == replace(
        BARE,
        log=(
            Event(1, AT, "chen", "classify", {"impact": (None, "person")}),
            Event(2, AT, "chen", "note", {"impact": ("person", None)}, {"text": "wrong"}),
        ),
    )


def test_an_event_is_numbered_after_the_highest():
    ticket = replace(BARE, log=(Event(7, AT, "li", "note"), Event(3, AT, "li", "note")))
    assert ticket.add("note", NOW, "chen").log[-1].n == 8


def test_parts_of_a_ticket():
    ticket = replace(
        BARE,
        head={**BARE.head, "links": ["parent T-261121-AAAAA", "related KB-261121-9QXW2"]},
        log=(Event(1, AT, "li", "resolve", {}, {"solution": "x"}), Event(2, AT, "li", "survey")),
    )
    assert ticket.links == [("parent", "T-261121-AAAAA"), ("related", "KB-261121-9QXW2")]
    assert ticket.linked("parent") == ["T-261121-AAAAA"]
    assert (ticket.live, ticket.requester, ticket.items("tags")) == (True, {}, [])
    assert ticket.survey == ticket.log[1]
    assert ticket.resolution is None
    assert replace(ticket, head={**ticket.head, "status": "closed"}).resolution == ticket.log[0]


def test_links_and_their_inverses():
    assert {model.INVERSE_LINKS[model.INVERSE_LINKS[how]] for how in model.LINKS} == set(
        model.LINKS
    )


@given(strategies.lived())
def test_the_head_is_the_log_folded(ticket: Ticket):
    assert model.fold(ticket.log, model.origin(ticket)) == ticket.head
    assert model.hand_edits(ticket) == {}
    assert model.with_hand_edits(ticket, NOW, "li") is ticket


@given(strategies.lived(), st.randoms())
def test_the_order_of_a_log_in_its_file_is_no_matter(ticket: Ticket, random):
    shuffled = list(ticket.log)
    random.shuffle(shuffled)
    assert model.in_order(shuffled) == list(ticket.log)
    assert model.fold(shuffled) == model.fold(ticket.log)
    assert model.origin(replace(ticket, log=tuple(shuffled))) == model.origin(ticket)


@given(strategies.lived())
def test_undoing_the_log_gives_what_it_never_mentions(ticket: Ticket):
    assert model.origin(ticket) == {"id": "T-261121-7K3FQ", "description": "It does."}


@given(strategies.lived(), strategies.moments())
def test_as_of_knows_what_had_happened_until_then(ticket: Ticket, moment):
    then = model.as_of(ticket, moment)
    assert [event for event in ticket.log if event.when <= moment] == list(then.log)
    assert model.as_of(then, moment) == then
    assert model.fold(then.log, model.origin(ticket)) == then.head
    latest = max(event.when for event in ticket.log)
    assert model.as_of(ticket, latest) is ticket
    before = model.as_of(ticket, min(event.when for event in ticket.log) - timedelta(seconds=1))
    assert (before.head, before.log) == (model.origin(ticket), ())


@given(
    strategies.lived(),
    st.dictionaries(st.sampled_from(strategies.LIVED_FIELDS) | strategies.keys(),
                    st.none() | strategies.texts(), max_size=4),
)  # fmt: skip
def test_hand_edits_become_an_event_and_are_none_after_it(ticket: Ticket, edits):
    edits = {name: v for name, v in edits.items() if name not in (*model.UNLOGGED, "log")}
    head = dict(ticket.head)
    model.apply(head, {name: (None, value) for name, value in edits.items()})
    edited = replace(ticket, head=head)
    found = model.hand_edits(edited)
    assert found == {name: value for name, value in edits.items() if ticket.head.get(name) != value}
    kept = model.with_hand_edits(edited, NOW, "li")
    assert kept.head == {name: value for name, value in head.items() if value is not None}
    assert model.hand_edits(kept) == {}
    assert (kept is edited) == (not found)
    if found:
        last = kept.log[-1]
        assert (last.did, last.by, dict(last.words)) == ("edit", "li", {"by_hand": True})
        assert last.change == {name: (ticket.head.get(name), v) for name, v in found.items()}


def test_a_log_that_does_not_tell_the_beginning_knows_only_what_it_mentions():
    head = {**BARE.head, "team": "network", "custom": "x"}
    ticket = Ticket(head, (Event(2, AT, "li", "assign", {"team": (None, "systems")}),))
    silent = replace(ticket, log=(Event(1, AT, "li", "open"), *ticket.log))
    assert model.hand_edits(silent) == {"team": "network"}
    assert model.hand_edits(ticket) == {"team": "network"}
    opened = Event(1, AT, "li", "open", {"title": (None, "VPN")})
    backwards = Ticket({"title": "VPN", "custom": "x"}, (Event(2, AT, "li", "note"), opened))
    assert model.hand_edits(backwards) == {"custom": "x"}, "whatever their order in the file"
    found = Ticket({"id": "T-261121-7K3FQ", "tags": ["vpn"]}, ())
    tagged = found.add("edit", NOW, "li", {"tags": ["vpn", "wifi"]})
    assert tagged.head["tags"] == ["vpn", "wifi"]
    assert model.hand_edits(tagged) == {}
    assert model.fold(tagged.log) == {"tags": ["vpn", "wifi"]}


def test_comments_that_a_rewrite_loses_go_into_the_log():
    ticket = BARE.add("open", NOW, "li", dict(BARE.head))
    kept = model.with_hand_edits(ticket, NOW, "chen", ["# ask Li", "# twice"])
    assert kept.log[-1] == Event(
        2, AT, "chen", "edit", {}, {"by_hand": True, "comments": "# ask Li\n# twice"}
    )


@given(strategies.events(), strategies.events())
def test_events_are_equal_when_their_content_is(one: Event, two: Event):
    assert (one.content() == two.content()) == (one == two)
    assert "\n" not in one.content()


@given(strategies.tickets())
def test_every_readable_event_has_a_moment(ticket: Ticket):
    text = codec.dump(ticket).replace("+00:00", "z")
    for event in codec.load(text).log:
        assert event.when.tzinfo is not None


def test_every_status_has_its_transitions():
    assert set(model.TRANSITIONS) == set(model.STATUSES)
    assert {to for ways in model.TRANSITIONS.values() for to in ways} <= set(model.STATUSES)


@pytest.mark.parametrize(
    ("status", "to", "sentence"),
    [
        ("new", "closed", "from there it can only become in_progress or on_hold or resolved or "
                          "cancelled"),
        ("closed", "resolved", "from there it can only become in_progress"),
        ("cancelled", "in_progress", "that is final"),
    ],
)  # fmt: skip
def test_a_refused_transition_says_what_is_allowed(status: str, to: str, sentence: str):
    ticket = replace(BARE, head={**BARE.head, "status": status})
    with pytest.raises(RefusedError) as caught:
        model.check_transition(ticket, to, "moved")
    assert str(caught.value) == f"T-261121-7K3FQ is {status} and cannot be moved; {sentence}"


@pytest.mark.parametrize(("status", "ways"), model.TRANSITIONS.items())
def test_allowed_transitions_pass(status: str, ways: tuple[str, ...]):
    for to in ways:
        model.check_transition(replace(BARE, head={**BARE.head, "status": status}), to, "moved")
