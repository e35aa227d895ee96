"""The clocks that the index keeps, beside those that are worked out from the logs."""

import json
import time
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest

from desk import store
from desk.fields import AsOf, in_order, sort_fields
from desk.index import Index
from desk.model import Ticket
from desk.store import Desk
from tests import minutes
from tests.conftest import add
from tests.test_sla import DESK, at, random_desk, random_now, random_ticket, ticket

ORDERS = ("due", "-due", "sla", "-sla", "sla,-due", "priority,due")


def in_a_desk(root: Path, policy: str, tickets: list[Ticket]) -> Desk:
    desk = store.make(str(root), policy)
    add(desk, *tickets)
    return desk


def ids(kept: Index, by: str, as_of: AsOf) -> list[str]:
    return [json.loads(head)["id"] for head in kept.in_order(sort_fields(by), as_of)]


def numbered(number: int, one: Ticket) -> Ticket:
    """The ticket live, with another id."""
    head = {**one.head, "id": f"T-261102-{number:05}"}
    return replace(one, head=head if one.live else head | {"status": "in_progress"})


@pytest.mark.parametrize("seed", range(40))
def test_the_order_by_clocks_is_that_of_the_logs_at_any_moment(tmp_path: Path, seed: int):
    """Also where time went back, and where events are dated later than now."""
    random = Random(seed)
    window = minutes.window(random)
    policy = json.dumps(random_desk(random, window))
    tickets = [numbered(number, random_ticket(random, window)) for number in range(8)]
    moments = [random_now(random, random.choice(tickets)) for _ in range(4)]
    desk = in_a_desk(tmp_path, policy, tickets)
    tickets = [desk.ticket(one.id) for one in tickets]
    kept = Index(desk)
    for minute in moments:
        now = datetime.fromtimestamp(minute * 60, ZoneInfo(window.zone))
        as_of = AsOf(now, desk.policy.promises)
        for by in ORDERS:
            wanted = [one.id for one in in_order(tickets, by, as_of)]
            assert ids(kept, by, as_of) == wanted, (by, now)


def test_each_second_around_the_turns_of_a_clock(tmp_path: Path):
    """At risk from the moment on, breached only after it."""
    tickets = [
        numbered(1, ticket()),
        numbered(2, ticket("02T09:05 reply")),
        numbered(4, ticket(opened="2026-11-02T09:00:01")),
        numbered(3, ticket("02T09:20 hold status=on_hold waiting_for=requester")),
    ]
    desk = in_a_desk(tmp_path, DESK, tickets)
    kept = Index(desk)
    for turn in ("02T09:45", "02T10:00", "02T10:05", "02T12:00", "02T13:00"):
        for seconds in (-1, 0, 1):
            as_of = AsOf(at(turn) + timedelta(seconds=seconds), desk.policy.promises)
            for by in ORDERS:
                wanted = [one.id for one in in_order(tickets, by, as_of)]
                assert ids(kept, by, as_of) == wanted, (by, turn, seconds)


def test_another_policy_has_other_clocks(tmp_path: Path):
    tickets = [numbered(1, ticket(priority="P2")), numbered(2, ticket(priority="P3"))]
    desk = in_a_desk(tmp_path, DESK, tickets)
    now = at("02T09:01")
    assert ids(Index(desk), "due", AsOf(now, desk.policy.promises)) == [one.id for one in tickets]
    text = DESK.replace("resolve: 16h", "resolve: 10m")
    (tmp_path / "desk.yaml").write_text(text, encoding="utf-8")
    desk = Desk(str(tmp_path))
    found = ids(Index(desk), "due", AsOf(now, desk.policy.promises))
    assert found == [tickets[1].id, tickets[0].id]


def test_a_ticket_that_changed_is_worked_out_again(tmp_path: Path):
    """Also the last one, whose number in the index the next one gets."""
    one, other = tickets = [numbered(1, ticket(opened="02T09:10")), numbered(2, ticket())]
    desk = in_a_desk(tmp_path, DESK, tickets)
    as_of = AsOf(at("02T09:30"), desk.policy.promises)
    time.sleep(0.06)  # after which stamps are proof, and only the one that changes is read again
    assert ids(Index(desk), "due", as_of) == [other.id, one.id]
    with desk.changing(as_of.now, "chen") as transaction:
        transaction.replace(other.add("reply", at("02T09:20"), "chen", {}))
    assert ids(Index(desk), "due", as_of) == [one.id, other.id]
