"""The desk folder: finding, naming, reading, creating and changing records in it."""

import fcntl
import os
import shutil
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given

from desk import codec, store
from desk.errors import (
    BusyError,
    DamagedError,
    DeskError,
    NotFoundError,
    RefusedError,
    StorageError,
    UsageError,
)
from desk.index import Index
from desk.model import Article, Ticket
from tests import strategies
from tests.conftest import NOW, add, policy_text

AT = "2026-11-21T09:00:00+08:00"


def ticket(record_id: str, title: str = "VPN drops", **fields: str) -> Ticket:
    head = {"title": title, "status": "new", "opened": AT, **fields}
    return Ticket({"id": record_id}, ()).add("open", NOW, "chen", head)


def place(desk: store.Desk, record_id: str) -> Path:
    return Path(desk.root, store.path_of(record_id))


def tree(root: str) -> set[str]:
    """Every file below a folder, outside what is private."""
    paths = (
        path.relative_to(root).as_posix() for path in Path(root).rglob("*") if not path.is_dir()
    )
    return {path for path in paths if not path.startswith(".desk/")}


def left_in_tmp(desk: store.Desk) -> list[str]:
    return os.listdir(Path(desk.root, ".desk", "tmp"))


# --- names and places ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("record_id", "path"),
    [
        ("T-261121-7K3FQ", "tickets/2026/11/T-261121-7K3FQ.yaml"),
        ("HELPDESK-000101-00000", "tickets/2000/01/HELPDESK-000101-00000.yaml"),
        ("T-691231-ZZZZZ", "tickets/2069/12/T-691231-ZZZZZ.yaml"),
        ("T-700101-ZZZZZ", "tickets/1970/01/T-700101-ZZZZZ.yaml"),
        ("T-991231-ZZZZZ", "tickets/1999/12/T-991231-ZZZZZ.yaml"),
        ("KB-261121-9QXW2", "kb/KB-261121-9QXW2.yaml"),
    ],
)
def test_the_path_follows_from_the_id(record_id: str, path: str):
    assert store.path_of(record_id) == path


@pytest.mark.parametrize(
    ("number", "wanted"),
    [(0, "T-261121-00000"), (0x1FFFFFF, "T-261121-ZZZZZ"), (1, "T-261121-00001"),
     (32, "T-261121-00010"), (1 << 40 | 5, "T-261121-00005")],
)  # fmt: skip
def test_ids_are_made_of_the_day_and_25_bits(number: int, wanted: str):
    assert store.new_id("T", NOW, number) == wanted
    assert codec.ID_PATTERN.fullmatch(wanted)


@given(strategies.moments())
def test_an_id_of_any_day_is_in_that_days_month(day: datetime):
    path = store.path_of(store.new_id("T", day, store.random_number()))
    assert path.startswith(f"tickets/{day:%Y/%m}/T-{day:%y%m%d}-")


def test_a_desk_is_found_from_below(desk: store.Desk):
    below = Path(desk.root, "tickets", "2026")
    below.mkdir()
    assert store.find(str(below)).root == desk.root
    assert store.find(desk.root).policy.prefix == "T"


def test_no_desk_is_told(tmp_path: Path):
    with pytest.raises(NotFoundError) as caught:
        store.find(str(tmp_path))
    assert str(caught.value) == (
        f"no desk.yaml in {tmp_path} or any folder above it; go into a desk, name one with -C, "
        "or make one with `desk init`"
    )


def test_a_new_desk_holds_its_policy_and_folders(tmp_path: Path):
    made = store.make(str(tmp_path / "deep" / "desk"), policy_text())
    assert tree(made.root) == {"desk.yaml", ".gitattributes"}
    assert Path(made.root, "kb").is_dir()
    assert Path(made.root, "tickets").is_dir()
    assert Path(made.root, "desk.yaml").read_text(encoding="utf-8") == policy_text()
    with pytest.raises(RefusedError, match="exists already; this folder is a desk"):
        store.make(made.root, policy_text())


def test_a_desk_may_be_made_beside_what_is_there(tmp_path: Path):
    (tmp_path / ".gitattributes").write_text("*.bin binary\n")
    (tmp_path / "kb").mkdir()
    store.make(str(tmp_path), policy_text())
    assert (tmp_path / ".gitattributes").read_text() == "*.bin binary\n"


def test_a_desk_that_cannot_be_made_is_told(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match=r"Not a directory"):
        store.make(str(tmp_path / "file" / "desk"), policy_text())


# --- naming a record -----------------------------------------------------------------------

NAMED = {
    "T-261121-7K3FQ": "T-261121-7K3FQ",
    "t-261121-7k3fq": "T-261121-7K3FQ",
    "7k3f": "T-261121-7K3FQ",
    " 7K3FQ ": "T-261121-7K3FQ",
    "k3": "T-261121-7K3FQ",
    "o1o": "T-261121-0101Z",
    "OIOL": "T-261121-0101Z",
    "t-261121-oi0lz": "T-261121-0101Z",
    "9qx": "KB-261121-9QXW2",
    "261120": "T-261120-AAAAA",
    "INC0010023": "T-261120-AAAAA",
    '工单 "7"': "T-261121-7K3FQ",
}


@pytest.fixture
def filled(desk: store.Desk) -> store.Desk:
    add(
        desk,
        ticket("T-261121-7K3FQ", external='工单 "7"'),
        ticket("T-261121-0101Z"),
        ticket("T-261120-AAAAA", external="INC0010023"),
        Article({"id": "KB-261121-9QXW2", "title": "VPN", "status": "draft"}, ()),
    )
    return desk


@pytest.mark.parametrize(("part", "wanted"), NAMED.items())
def test_a_record_is_named_by_any_part(filled: store.Desk, part: str, wanted: str):
    assert Index(filled).named(part) == wanted


def test_a_whole_id_names_one_even_where_it_is_part_of_another(desk: store.Desk):
    add(desk, ticket("T-261121-7K3FQ"), ticket("TT-261121-7K3FQ"))
    assert Index(desk).named("t-261121-7k3fq") == "T-261121-7K3FQ"
    assert Index(desk).named("TT-261121-7K3FQ") == "TT-261121-7K3FQ"


AMBIGUOUS = {
    "261121": "'261121' is part of 3 ids: T-261121-0101Z, T-261121-7K3FQ, KB-261121-9QXW2; give "
    "more of it",
    "zzz": "no record is named 'zzz'; `desk list --all` shows them",
    "": "no record is named ''; `desk list --all` shows them",
    "../../desk": "no record is named '../../desk'; `desk list --all` shows them",
    "INC001": "no record is named 'INC001'; `desk list --all` shows them",
    "T-261121-99999": "no record is named 'T-261121-99999'; `desk list --all` shows them",
}


@pytest.mark.parametrize(("part", "sentence"), AMBIGUOUS.items())
def test_none_and_several_are_told(filled: store.Desk, part: str, sentence: str):
    with pytest.raises(NotFoundError) as caught:
        Index(filled).named(part)
    assert str(caught.value) == sentence


def test_two_records_of_one_outside_number_are_told_apart(desk: store.Desk):
    add(desk, ticket("T-261121-AAAAA", external="7"), ticket("T-261121-BBBBB", external="7"))
    (place(desk, "T-261121-AAAAA").parent / "T-261121-CCCCC.yaml").write_text("external: '7'\n[")
    with pytest.raises(NotFoundError, match=r"'7' is part of 2 ids"):
        Index(desk).named("7")


# --- reading -------------------------------------------------------------------------------


def test_records_come_by_id_tickets_first(filled: store.Desk):
    wanted = ["T-261120-AAAAA", "T-261121-0101Z", "T-261121-7K3FQ", "KB-261121-9QXW2"]
    assert filled.ids() == sorted(wanted[:3]) + wanted[3:]
    assert [record.id for record in filled.records(pytest.fail)] == filled.ids()
    assert [record.id for record in filled.tickets(pytest.fail)] == filled.ids()[:3]
    assert filled.read("T-261121-0101Z") == ticket("T-261121-0101Z")


def test_other_files_are_no_records(filled: store.Desk):
    month = Path(filled.root, "tickets", "2026", "11")
    for name in ("README.md", "T-261121-7K3FQ.yaml.orig", ".T-261121-7K3FQ.yaml.swp", "x.yaml",
                 "t-261121-aaaaa.yaml", "T-261221-AAAAA.yaml", "KB-261121-AAAAA.yaml"):  # fmt: skip
        (month / name).write_text("id: T-261121-AAAAA\n")
    Path(filled.root, "tickets", "note.txt").write_text("")
    Path(filled.root, "tickets", "2026", "stray.txt").write_text("")
    assert len(filled.ids()) == 4


def _symlink(path: Path) -> None:
    target = path.with_name("elsewhere")
    path.rename(target)
    path.symlink_to(target)


def _folder_symlink(path: Path) -> None:
    target = path.parents[3] / "elsewhere"
    path.parent.rename(target)
    path.parent.symlink_to(target)


def _replace_by(make_other):
    def damage(path: Path) -> None:
        path.unlink()
        make_other(path)

    return damage


UNREADABLE = {
    "a symlink": (_symlink, "this is a symbolic link or below one; desk reads regular files only"),
    "in a linked folder": (
        _folder_symlink, "this is a symbolic link or below one; desk reads regular files only"
    ),
    "a FIFO": (_replace_by(os.mkfifo), "this is no regular file; desk reads nothing else"),
    "a folder": (_replace_by(Path.mkdir), "this is no regular file; desk reads nothing else"),
    "a large file": (
        lambda path: os.truncate(path, 1 << 30),
        "the file is over 1 MiB, which no record is",
    ),
    "another's id": (
        lambda path: path.write_text(path.read_text().replace("7K3FQ", "AAAAA")),
        "its id is T-261121-AAAAA, whose place is tickets/2026/11/T-261121-AAAAA.yaml; move it "
        "or mend the id",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("damage", "sentence"), UNREADABLE.values(), ids=UNREADABLE)
@pytest.mark.parametrize("keep_folder", [False, True])
def test_what_is_no_file_of_the_desk_is_refused(
    desk: store.Desk, damage, sentence: str, keep_folder: bool
):
    add(desk, ticket("T-261121-7K3FQ"), ticket("T-261021-AAAAA"))
    damage(place(desk, "T-261121-7K3FQ"))
    desk = store.Desk(desk.root, keep_folder=keep_folder)
    with pytest.raises(DamagedError) as caught:
        desk.read("T-261121-7K3FQ")
    path = "tickets/2026/11/T-261121-7K3FQ.yaml"
    assert str(caught.value).replace(f"{path}:1:", f"{path}:") == f"{path}: {sentence}"
    told: list[DamagedError] = []
    assert [record.id for record in desk.records(told.append)] == ["T-261021-AAAAA"]
    assert len(told) == 1, "a record that is not listed is told of"


def test_a_folder_that_is_kept_open_is_that_of_the_last_file(filled: store.Desk):
    opened = set(os.listdir("/dev/fd"))
    keeping = store.Desk(filled.root, keep_folder=True)
    ids = filled.ids()
    for name in (*ids, *reversed(ids), *ids):
        assert keeping.stamp(store.path_of(name)) == filled.stamp(store.path_of(name))
        assert keeping.read(name) == filled.read(name)
        assert keeping.text("desk.yaml") == filled.text("desk.yaml")
    assert len(set(os.listdir("/dev/fd")) - opened) <= 2
    del keeping
    assert set(os.listdir("/dev/fd")) <= opened


def test_a_folder_that_is_kept_open_gives_stamp_and_text_of_one_file(desk: store.Desk):
    """Whatever takes its place, so that nobody holds one for the state of the other."""
    add(desk, ticket("T-261121-7K3FQ"))
    path = "tickets/2026/11/T-261121-7K3FQ.yaml"
    keeping = store.Desk(desk.root, keep_folder=True)
    before = keeping.stamp(path), keeping.text(path)
    month = Path(desk.root, path).parent
    month.rename(month.with_name("12"))
    month.mkdir()
    Path(desk.root, path).write_text("another")
    assert (keeping.stamp(path), keeping.text(path)) == before
    assert desk.stamp(path) != before[0]
    assert desk.text(path) == "another"


def test_a_linked_desk_yaml_is_refused(desk: store.Desk):
    _symlink(Path(desk.root, "desk.yaml"))
    with pytest.raises(DamagedError, match=r"desk\.yaml: this is a symbolic link"):
        _ = store.find(desk.root).policy


def test_a_missing_record_is_told(desk: store.Desk):
    with pytest.raises(NotFoundError, match=r"there is no tickets/2026/11/T-261121-7K3FQ\.yaml"):
        desk.read("T-261121-7K3FQ")


# --- changing ------------------------------------------------------------------------------


def test_a_change_is_kept_and_leaves_nothing_behind(filled: store.Desk):
    before = tree(filled.root)
    with filled.changing(NOW, "chen") as transaction:
        found = transaction.ticket("T-261121-7K3FQ")
        transaction.replace(found.add("note", NOW, "chen", text="one"))
        again = transaction.ticket("T-261121-7K3FQ")
        transaction.replace(again.add("note", NOW, "chen", text="two"))
    assert [event.text("text") for event in filled.read("T-261121-7K3FQ").log] == ["", "one", "two"]
    assert (tree(filled.root), left_in_tmp(filled)) == (before, [])


def test_an_error_drops_every_change(filled: store.Desk):
    files = {path: Path(filled.root, path).read_bytes() for path in tree(filled.root)}
    with pytest.raises(RefusedError):  # noqa: PT012, SIM117 - from within the block
        with filled.changing(NOW, "chen") as transaction:
            transaction.replace(transaction.ticket("T-261121-7K3FQ").add("note", NOW, "chen"))
            transaction.create(ticket("T-261121-NEWNE"))
            raise RefusedError("no")
    assert {path: Path(filled.root, path).read_bytes() for path in tree(filled.root)} == files
    assert left_in_tmp(filled) == []


def test_hand_edits_and_comments_become_an_event(desk: store.Desk):
    add(desk, ticket("T-261121-7K3FQ"))
    path = place(desk, "T-261121-7K3FQ")
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("VPN drops\n", "VPN hangs # for Li too\n", 1), encoding="utf-8")
    with desk.changing(NOW, "li") as transaction:
        found = transaction.ticket("T-261121-7K3FQ")
        transaction.replace(found.add("note", NOW, "li", text="seen"))
    log = desk.read("T-261121-7K3FQ").log
    assert [event.did for event in log] == ["open", "edit", "note"]
    assert dict(log[1].change) == {"title": ("VPN drops", "VPN hangs")}
    assert dict(log[1].words) == {"by_hand": True, "comments": "# for Li too"}
    assert path.read_text(encoding="utf-8") == codec.dump(desk.read("T-261121-7K3FQ"))


def test_an_article_is_no_ticket(filled: store.Desk):
    with pytest.raises(RefusedError) as caught, filled.changing(NOW, "chen") as transaction:
        transaction.ticket("KB-261121-9QXW2")
    assert str(caught.value) == "KB-261121-9QXW2 is an article; this command is for tickets"


def test_creation_is_exclusive(filled: store.Desk):
    before = place(filled, "T-261121-7K3FQ").read_bytes()
    with pytest.raises(store.IdTakenError), filled.changing(NOW, "chen") as transaction:
        transaction.create(ticket("T-261121-7K3FQ", "another"))
    assert place(filled, "T-261121-7K3FQ").read_bytes() == before


def test_creation_is_exclusive_even_against_what_came_since(filled: store.Desk):
    """As by git, which knows nothing of the lock."""
    with pytest.raises(store.IdTakenError):  # noqa: PT012, SIM117 - at the block's end
        with filled.changing(NOW, "chen") as transaction:
            transaction.create(ticket("T-261121-NEWNE", "ours"))
            place(filled, "T-261121-NEWNE").write_text("theirs")
    assert place(filled, "T-261121-NEWNE").read_text() == "theirs"
    assert left_in_tmp(filled) == []


def test_an_id_in_use_is_drawn_again(filled: store.Desk):
    drawn = iter(["T-261121-7K3FQ", "T-261120-AAAAA", "T-261121-NEWNE"])
    made = filled.create(lambda record_id: ticket(record_id, "new"), drawn, NOW)
    assert made.id == "T-261121-NEWNE"
    assert filled.read("T-261121-NEWNE").title == "new"
    assert filled.read("T-261121-7K3FQ").title == "VPN drops"


REFUSALS = {
    "T-261121-7K3FQ cannot be written: 'soon' is no RFC 3339 time such as "
    "2026-11-21T09:00:00+08:00": {"began": "soon"},
    "T-261121-7K3FQ cannot be written: this is not YAML: found invalid Unicode": {
        "custom": "\ud800"
    },
    "T-261121-7K3FQ cannot be written: this key is longer than 100": {"x" * 101: "long"},
    "T-261121-7K3FQ would be ": {"description": "x" * (1 << 20)},
}


@pytest.mark.parametrize(("sentence", "fields"), REFUSALS.items(), ids=range(len(REFUSALS)))
def test_what_the_format_cannot_hold_is_refused(desk: store.Desk, sentence: str, fields: dict):
    with pytest.raises(RefusedError) as caught, desk.changing(NOW, "chen") as transaction:
        transaction.create(ticket("T-261121-7K3FQ", **fields))
    assert str(caught.value).startswith(sentence)
    assert (desk.ids(), left_in_tmp(desk)) == ([], [])


def test_what_would_not_read_back_is_never_written(desk: store.Desk):
    with (
        pytest.raises(DeskError, match="does not read back as it was; nothing was written"),
        desk.changing(NOW, "chen") as transaction,
    ):
        transaction.create(ticket("T-261121-7K3FQ", custom=1.5))  # type: ignore[arg-type]
    assert desk.ids() == []


def test_many_records_are_written_in_one_transaction(desk: store.Desk):
    many = [ticket(store.new_id("T", NOW, number)) for number in range(40)]
    add(desk, *many)
    assert list(desk.records(pytest.fail)) == many


# --- the lock ------------------------------------------------------------------------------


@pytest.fixture
def held(desk: store.Desk) -> Iterator[int]:
    """The desk's lock, held by somebody else."""
    add(desk, ticket("T-261121-7K3FQ"))
    handle = os.open(Path(desk.root, ".desk", "lock"), os.O_RDWR)
    fcntl.flock(handle, fcntl.LOCK_EX)
    yield handle
    os.close(handle)


def test_a_desk_that_is_busy_is_told(desk: store.Desk, held: int, monkeypatch):
    monkeypatch.setenv("DESK_LOCK_WAIT", "0.05")
    with pytest.raises(BusyError) as caught:
        add(desk, ticket("T-261121-AAAAA"))
    assert str(caught.value) == "another desk command is writing here; try again in a moment"
    assert (BusyError.exit_code, desk.ids()) == (5, ["T-261121-7K3FQ"])


def test_reading_needs_no_lock(desk: store.Desk, held: int):
    assert [record.id for record in desk.records(pytest.fail)] == ["T-261121-7K3FQ"]


def _in_background(desk: store.Desk) -> tuple[threading.Thread, list[BaseException]]:
    failed: list[BaseException] = []

    def write() -> None:
        try:
            add(store.Desk(desk.root), ticket("T-261121-AAAAA"))
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=write)
    thread.start()
    time.sleep(0.1)
    return thread, failed


def test_a_writer_waits_for_its_turn(desk: store.Desk, held: int):
    writer, failed = _in_background(desk)
    assert desk.ids() == ["T-261121-7K3FQ"]
    fcntl.flock(held, fcntl.LOCK_UN)
    writer.join()
    assert (failed, desk.ids()) == ([], ["T-261121-7K3FQ", "T-261121-AAAAA"])


def test_the_lock_file_may_be_deleted_while_somebody_waits(desk: store.Desk, held: int):
    writer, failed = _in_background(desk)
    Path(desk.root, ".desk", "lock").unlink()
    writer.join()
    assert (failed, desk.ids()) == ([], ["T-261121-7K3FQ", "T-261121-AAAAA"])


def test_a_lock_file_made_anew_while_somebody_waits_is_the_one_that_counts(
    desk: store.Desk, held: int
):
    """Whoever waits on a file that was deleted and made anew waits on the new one."""
    lock = Path(desk.root, ".desk", "lock")
    lock.unlink()
    handle = os.open(lock, os.O_RDWR | os.O_CREAT)
    fcntl.flock(handle, fcntl.LOCK_EX)
    writer, failed = _in_background(desk)
    fcntl.flock(held, fcntl.LOCK_UN)
    time.sleep(0.1)
    assert desk.ids() == ["T-261121-7K3FQ"]
    os.close(handle)
    writer.join()
    assert (failed, desk.ids()) == ([], ["T-261121-7K3FQ", "T-261121-AAAAA"])


def test_a_lock_on_a_file_that_was_just_deleted_is_none(desk: store.Desk, monkeypatch):
    """Deleted between the opening and the locking, so that others would lock a new one."""
    add(desk, ticket("T-261121-7K3FQ"))
    real, locked = fcntl.flock, []

    def flock(handle: int, how: int) -> None:
        if not locked:
            Path(desk.root, ".desk", "lock").unlink()
        locked.append(handle)
        real(handle, how)

    monkeypatch.setattr(fcntl, "flock", flock)
    add(desk, ticket("T-261121-AAAAA"))
    assert len(locked) == 2


def test_the_private_folder_may_be_deleted_at_any_time(desk: store.Desk):
    add(desk, ticket("T-261121-7K3FQ"))
    shutil.rmtree(Path(desk.root, ".desk"))
    add(desk, ticket("T-261121-AAAAA"))
    assert desk.ids() == ["T-261121-7K3FQ", "T-261121-AAAAA"]
    assert Path(desk.root, ".desk", ".gitignore").read_text() == "*\n"


def test_the_private_folder_may_be_deleted_while_somebody_waits(
    desk: store.Desk, held: int, monkeypatch
):
    monkeypatch.setenv("DESK_LOCK_WAIT", "0.5")
    writer, failed = _in_background(desk)
    private = Path(desk.root, ".desk")
    while private.exists():  # the one who waits puts a lock file into it again and again
        shutil.rmtree(private, ignore_errors=True)
    writer.join()
    assert all(isinstance(error, DeskError) for error in failed)
    assert desk.ids() == ["T-261121-7K3FQ", *([] if failed else ["T-261121-AAAAA"])]


def test_an_ignore_file_that_a_kill_left_empty_is_mended(desk: store.Desk):
    Path(desk.root, ".desk").mkdir()
    Path(desk.root, ".desk", ".gitignore").write_text("")
    add(desk, ticket("T-261121-7K3FQ"))
    assert Path(desk.root, ".desk", ".gitignore").read_text() == "*\n"


def test_what_a_kill_left_is_swept_by_the_next_change(desk: store.Desk):
    Path(desk.root, ".desk", "tmp").mkdir(parents=True)
    Path(desk.root, ".desk", "tmp", "T-261121-ZZZZZ").write_text("half")
    add(desk, ticket("T-261121-7K3FQ"))
    assert left_in_tmp(desk) == []


@pytest.mark.parametrize("name", [".desk", ".desk/tmp", "tickets", "tickets/2026/11"])
def test_a_linked_folder_is_never_written_through(desk: store.Desk, tmp_path: Path, name: str):
    add(desk, ticket("T-261121-7K3FQ"))
    outside = tmp_path / "outside"
    shutil.move(Path(desk.root, name), outside)
    Path(desk.root, name).symlink_to(outside)
    before = sorted((p, p.stat().st_mtime_ns) for p in outside.rglob("*"))
    with pytest.raises(StorageError):
        add(desk, ticket("T-261121-AAAAA"))
    assert sorted((p, p.stat().st_mtime_ns) for p in outside.rglob("*")) == before


def test_a_linked_lock_file_is_not_followed(desk: store.Desk, tmp_path: Path):
    add(desk, ticket("T-261121-7K3FQ"))
    Path(desk.root, ".desk", "lock").unlink()
    Path(desk.root, ".desk", "lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StorageError):
        add(desk, ticket("T-261121-AAAAA"))
    assert not (tmp_path / "elsewhere").exists()


def test_nobodys_permissions_are_widened(desk: store.Desk):
    os.umask(old := os.umask(0o027))
    add(desk, ticket("T-261121-7K3FQ"))
    mode = stat.S_IMODE(place(desk, "T-261121-7K3FQ").stat().st_mode)
    assert mode == 0o666 & ~old


def test_the_store_knows_nothing_of_the_command_line():
    heavy = "{'tabulate', 'dateutil', 'click'}"
    code = f"import sys; from desk import store; print(*sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"


def test_a_new_desk_is_not_written_through_a_link(tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("precious", encoding="utf-8")
    root = tmp_path / "desk"
    root.mkdir()
    for name in ("desk.yaml.new", ".gitattributes.new"):
        (root / name).symlink_to(victim)
    store.make(str(root), "format: 1\n")
    assert victim.read_text(encoding="utf-8") == "precious"
    assert (root / "desk.yaml").read_text(encoding="utf-8") == "format: 1\n"
    assert not (root / "desk.yaml").is_symlink()


@pytest.mark.parametrize("text", ["abc", "nan", "-1", "inf"])
def test_how_long_to_wait_for_the_lock_is_a_number(desk, monkeypatch, text):
    monkeypatch.setenv("DESK_LOCK_WAIT", text)
    with pytest.raises(UsageError, match="DESK_LOCK_WAIT"), desk.changing(NOW, "chen"):
        pass


def test_an_outside_number_of_digits_is_not_taken_for_part_of_an_id(desk):
    fields = {"title": "x", "status": "new", "opened": "2026-11-07T09:00:00+08:00"}
    one = Ticket({"id": "T-261107-AAAA1"}, ()).add("open", NOW, "chen", fields)
    two = Ticket({"id": "T-261121-AAAA2"}, ()).add(
        "open", NOW, "chen", {**fields, "external": "1107"}
    )
    add(desk, one, two)
    with pytest.raises(NotFoundError, match="is part of 2 ids"):
        Index(desk).named("1107")
    assert Index(desk).named("T-261107") == one.id
    assert Index(desk).named("aaaa2") == two.id
