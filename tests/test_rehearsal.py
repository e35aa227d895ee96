"""A desk on which changes are only tried."""

import errno
from contextlib import suppress
from pathlib import Path

import pytest

from desk.errors import DamagedError, NotFoundError, RefusedError
from desk.index import Index
from desk.model import Ticket
from desk.rehearsal import RehearsedDesk
from desk.store import Desk, IdTakenError, path_of
from tests.conftest import NOW, add

OLD, NEW = "T-261121-7K3FQ", "T-261201-NEWNE"


def ticket(record_id: str, title: str = "VPN drops", **fields: str) -> Ticket:
    head = {"title": title, "status": "new", "opened": "2026-11-21T09:00:00+08:00", **fields}
    return Ticket({"id": record_id}, ()).add("open", NOW, "chen", head)


def no_damage(error: DamagedError) -> None:
    raise error


@pytest.fixture
def tried(desk: Desk) -> RehearsedDesk:
    """A desk of one ticket, on which another, of a month with no folder yet, is tried."""
    add(desk, ticket(OLD))
    tried = RehearsedDesk(desk.root)
    with tried.changing(NOW, "chen") as transaction:
        transaction.replace(transaction.ticket(OLD).add("note", NOW, "chen", text="试"))
        transaction.create(ticket(NEW, "新单", external="INC7"))
    return tried


def test_what_was_tried_is_found_in_every_way(tried: RehearsedDesk):
    assert tried.ids() == [OLD, NEW]
    assert [one.title for one in tried.tickets(no_damage)] == ["VPN drops", "新单"]
    assert list(tried.walk()) == [path_of(OLD), path_of(NEW)]
    index = Index(tried)
    assert index.named("newn") == index.named(NEW) == index.named("inc7") == NEW
    assert sorted(one.title for one in index.tickets(no_damage)) == ["VPN drops", "新单"]
    assert tried.read(OLD).log[-1].text("text") == "试"
    assert tried.names("tickets/2026") == ["11", "12"]
    with pytest.raises(RefusedError, match="is the number of"):
        index.check_external_free("INC7")
    with pytest.raises(IdTakenError), tried.changing(NOW, "") as transaction:
        transaction.create(ticket(NEW))


def test_nothing_of_it_is_on_the_disk(tried: RehearsedDesk, desk: Desk):
    assert desk.ids() == [OLD]
    assert len(desk.read(OLD).log) == 1
    assert not Path(desk.root, "tickets/2026/12").exists()
    assert RehearsedDesk(desk.root).ids() == [OLD]


def test_an_exception_drops_it(tried: RehearsedDesk):
    lost = tried.ticket(OLD).add("note", NOW, "chen", text="lost")
    with suppress(NotFoundError), tried.changing(NOW, "") as transaction:
        transaction.replace(lost)
        transaction.read("T-261121-G0NE0")
    assert tried.read(OLD).log[-1].text("text") == "试"


def test_what_was_moved_away_is_gone(tried: RehearsedDesk, desk: Desk):
    month = Path(desk.root, "tickets/2026/10")
    month.mkdir()
    place = Path(desk.root, path_of(OLD))
    place.rename(month / place.name)
    again = RehearsedDesk(desk.root)
    with again.changing(NOW, "chen") as transaction:
        transaction.move(f"tickets/2026/10/{place.name}")
    assert list(again.walk()) == [path_of(OLD)]
    assert again.names("tickets/2026") == ["10", "11"]
    with pytest.raises(NotFoundError):
        again.text(f"tickets/2026/10/{place.name}")
    assert (month / place.name).exists()


def test_what_could_not_be_written_is_refused(tried: RehearsedDesk):
    long = ticket("T-261121-10NGX", blob="x" * (1 << 20))
    with pytest.raises(RefusedError, match="at most"), tried.changing(NOW, "") as transaction:
        transaction.create(long)


def test_a_file_that_is_gone_says_so_as_the_system_does(tried: RehearsedDesk):
    tried.changed["desk.yaml"] = None
    with pytest.raises(FileNotFoundError) as caught:
        tried._bytes("desk.yaml")
    assert caught.value.errno == errno.ENOENT
