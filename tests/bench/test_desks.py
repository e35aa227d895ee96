"""The generated desks are what the program itself would have written."""

import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from desk import check, codec, store
from desk.lifecycle import Act
from desk.model import Ticket
from desk.store import Desk
from tests.bench import desks

COUNT = 1000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return desks.build(tmp_path_factory.mktemp("bench") / "desk", COUNT, git=False)


def tickets(folder: Path) -> Iterator[tuple[Ticket, str]]:
    desk = Desk(str(folder))
    for record_id in desk.ids():
        text = desk.text(store.path_of(record_id))
        record = codec.load(text)
        assert isinstance(record, Ticket)
        yield record, text


def test_read_and_written_again_each_file_is_the_same(folder: Path) -> None:
    texts = [(codec.dump(ticket), text) for ticket, text in tickets(folder)]
    assert len(texts) == COUNT
    assert all(ours == theirs for ours, theirs in texts)


def test_check_finds_no_problem(folder: Path) -> None:
    act = Act("chen", desks.NOW, desks.rules())
    assert check.problems(Desk(str(folder)), act) == []


def test_one_in_twenty_is_live_and_all_have_four_to_eight_events(folder: Path) -> None:
    made = [ticket for ticket, _ in tickets(folder)]
    assert sum(ticket.live for ticket in made) == 50
    assert Counter(len(ticket.log) for ticket in made).keys() == {4, 5, 6, 7, 8}
    assert {ticket.opened.year for ticket in made} == set(range(2016, 2027))
    assert all(event.when <= desks.NOW for ticket in made for event in ticket.log)
    assert all(
        one.seconds <= two.seconds
        for ticket in made
        for one, two in zip(ticket.log, ticket.log[1:], strict=False)
    )


def test_a_third_is_chinese(folder: Path) -> None:
    chinese = sum(not ticket.text("description").isascii() for ticket, _ in tickets(folder))
    assert 0.3 < chinese / COUNT < 0.37


def test_never_more_than_so_many_are_live() -> None:
    assert [desks.live_of(count) for count in (1000, 10_000, 100_000, 1_000_000)] == [
        50, 500, 5000, 5000,
    ]  # fmt: skip


def test_a_hundred_thousand_have_as_many_ids() -> None:
    numbers = range(0, 100_000, 97)
    assert len({desks.ticket(number, 100_000).id[-5:] for number in numbers}) == len(numbers)


def test_the_same_count_makes_the_same_files(folder: Path, tmp_path: Path) -> None:
    again = desks.build(tmp_path / "desk", COUNT, git=False)
    differences = subprocess.run(["diff", "-r", folder, again], capture_output=True, check=False)
    assert (differences.returncode, differences.stdout) == (0, b"")


def test_git_knows_the_folder(tmp_path: Path) -> None:
    folder = desks.build(tmp_path / "desk", 20)
    status = ["git", "-C", folder, "status", "--porcelain"]
    assert subprocess.run(status, capture_output=True, check=True).stdout == b""
    files = subprocess.run(["git", "-C", folder, "ls-files"], capture_output=True, check=True)
    assert len(files.stdout.splitlines()) == 20 + len([".gitattributes", "desk.yaml"])
