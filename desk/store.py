"""The desk folder: find it, lock it, create, read and replace records in it.

Every path is opened relative to a folder handle without following links, and only regular
files are read. A change is made under one lock: each new text goes to `.desk/tmp`, is read
back, synced, and moved onto its name, so that a kill or a full disk leaves each record old
or new. What lies in `.desk/tmp` when the lock is taken was left by a kill and is removed.
"""

import errno
import os
import re
import stat
import sys
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import cached_property

from desk import (
    __version__,
    codec,
    keptsettings,
    model,
    place,
    policy,
    stamps,
    yamltext,
)
from desk.errors import (
    BusyError,
    DamagedError,
    DeskError,
    NotFoundError,
    RefusedError,
    StorageError,
    UsageError,
)
from desk.model import Article, Event, Record, Ticket, Value
from desk.stamps import Stamp

POLICY_FILE = place.POLICY_FILE
ARTICLES = "kb"  # the folder
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_FILE = re.compile(r"([A-Z][A-Z0-9]*-\d{6}-[0-9A-Z]{5})\.yaml", re.ASCII)
_YEAR, _MONTH = (re.compile(f"[0-9]{{{digits}}}") for digits in (4, 2))
_LOCK_WAIT = 10.0
_LINKED = "this is a symbolic link or below one; desk reads regular files only"
_STRAY = "no record belongs there, so it is not read; `desk check` says what to do"
# One sync of the whole machine is quicker than one a file from about here (measured).
_SYNC_AT_ONCE = 16
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_FOLDER = os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY | os.O_CLOEXEC


class IdTakenError(StorageError):
    """A record to be created has an id that is in use."""


def path_of(record_id: str) -> str:
    """Where a record's file is, relative to the desk."""
    prefix, day, _ = record_id.split("-")
    if prefix == "KB":
        return f"{ARTICLES}/{record_id}.yaml"
    century = "19" if day[:2] >= "70" else "20"
    return f"tickets/{century}{day[:2]}/{day[2:4]}/{record_id}.yaml"


def is_record_name(name: str) -> bool:
    """Whether a file of that name can be a record's."""
    return bool(_FILE.fullmatch(name))


PICTURES = "kb/files"
MAX_PICTURE = 5 << 20
PICTURE_NAME = re.compile(r"[0-9a-f]{32}(\.(?:png|jpe?g|gif|webp|svg|bmp|avif))", re.ASCII)


def picture_name(data: bytes, name: str) -> str:
    """What a picture is named in a desk: after its bytes, with the ending of `name`.

    Empty where that is no ending of a picture.
    """
    import hashlib

    named = hashlib.sha256(data).hexdigest()[:32] + os.path.splitext(name)[1].lower()
    return named if PICTURE_NAME.fullmatch(named) else ""


def is_in_place(folder: str, name: str) -> bool:
    """Whether a file of that name is a record's, and that is the folder that follows from it."""
    match = _FILE.fullmatch(name)
    return bool(match and path_of(match[1]) == f"{folder}/{name}")


def may_be_record(path: str) -> bool:
    """Whether somebody may take a file for a record's, wherever it is."""
    return path.endswith(".yaml") and not path.rpartition("/")[2].startswith(".")


def odd_names(folder: str, names: Iterable[str]) -> list[str]:
    """Those names in a folder of records that are neither hidden nor of a record in its place."""
    own = PICTURES.removeprefix(f"{folder}/")
    odd = (name for name in names if not name.startswith(".") and name != own)
    return sorted(name for name in odd if not is_in_place(folder, name))


def stray(path: str) -> DamagedError:
    """That a file which may be a record's is not in the place of one."""
    line = "".join(one if one.isprintable() else ascii(one)[1:-1] for one in shown(path))
    return DamagedError(_STRAY, line)


def shown(path: str) -> str:
    """A path for a sentence, whatever its bytes."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def new_id(prefix: str, day: datetime, number: int) -> str:
    """An id of that day; `number` (at least 25 random or hashed bits) gives its last part."""
    return f"{prefix}-{day:%y%m%d}-{_letters(number)}"


def _letters(number: int) -> str:
    return "".join(CROCKFORD[number >> shift & 31] for shift in (20, 15, 10, 5, 0))


def random_part() -> str:
    """A last part of an id, drawn."""
    return _letters(random_number())


def random_number() -> int:
    """25 random bits for `new_id`."""
    return int.from_bytes(os.urandom(4), "big") & 0x1FFFFFF


def hashed_number(source: str, external: str, attempt: int) -> int:
    """25 bits for `new_id`: the same for the same number of the same source, everywhere."""
    import hashlib

    text = f"{source}\0{external}\0{attempt}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4]) & 0x1FFFFFF


def new_ids(prefix: str, day: datetime) -> Iterator[str]:
    """Ids of that day, drawn without end."""
    while True:
        yield new_id(prefix, day, random_number())


def find(start: str) -> "Desk":
    """The desk in the nearest folder from `start` upward that holds desk.yaml.

    Raises NotFoundError where there is none.
    """
    return Desk(place.root_above(start))


class Desk:
    """One desk folder.


    With `keep_folder` the folder of the last file that was read stays open for the next one,
    whatever is renamed meanwhile: for a short run that reads many files.
    """

    # Whether changes are tried only (desk.rehearsal).
    dry_run = False
    # The paths of files that were changed so, none in a desk that writes.
    tried: Collection[str] = ()

    def __init__(self, root: str, *, keep_folder: bool = False) -> None:
        self.root = root
        # The files that the policy comes from, as they were when it read them.
        self._policy_texts: dict[str, str] = {}
        self._keeps_folder = keep_folder
        self._kept: tuple[str | None, int] = (None, -1)
        try:
            self._root = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise NotFoundError(f"{root} cannot be opened: {error.strerror}") from error

    def __del__(self) -> None:
        if hasattr(self, "_root"):
            os.close(self._root)
            self._let_folder_go()

    @cached_property
    def policy(self) -> policy.Policy:
        """The rules in desk.yaml."""
        text = self._policy_text(POLICY_FILE)
        return policy.load(text, POLICY_FILE, self._policy_text, self._parsed)

    def _parsed(self, text: str) -> Value:
        """The value of desk.yaml's text, as it was kept or from the YAML reader."""
        looked = stamps.now()
        stamp = self.stamp(POLICY_FILE)
        if stamp is None or stamps.proven(stamp, looked) != stamp or self.dry_run:
            return codec.parse(text)
        kept = self.private(keptsettings.FILE)
        if kept and (value := keptsettings.value(kept, text, stamp)):
            return value
        value = codec.parse(text)
        data = keptsettings.kept(value, text, stamp)
        if data and len(data) <= yamltext.MAX_BYTES:  # which is all that is read of a file
            with suppress(OSError):
                self.keep_private(keptsettings.FILE, data)
        return value

    def _policy_text(self, path: str) -> str:
        self._policy_texts[path] = self.text(path)
        return self._policy_texts[path]

    @property
    def policy_digest(self) -> str:
        """A number for the text of desk.yaml and of all files that it names."""
        import hashlib

        _ = self.policy  # so that they are read
        texts = "\0".join(part for pair in self._policy_texts.items() for part in pair)
        texts += __version__  # which may reckon otherwise
        return hashlib.sha256(texts.encode()).hexdigest()

    @property
    def fresh(self) -> bool:
        """Whether the folder is still the one of that name, and the policy as its files say."""
        try:
            there = os.path.samestat(os.fstat(self._root), os.stat(self.root))
            return there and all(self.text(p) == text for p, text in self._policy_texts.items())
        except (OSError, DeskError):
            return False

    # --- reading ---------------------------------------------------------------------------

    def text(self, path: str) -> str:
        """The text of a file of the desk.

        Raises NotFoundError where there is none, DamagedError where it is no readable text.
        """
        try:
            return yamltext.decode(self._bytes(path))
        except FileNotFoundError as error:
            raise NotFoundError(f"there is no {path}") from error
        except OSError as error:
            raise DamagedError(_why_unreadable(error), path) from error
        except DamagedError as error:
            raise error.in_file(path) from error

    def _bytes(self, path: str) -> bytes:
        folder, _, name = path.rpartition("/")
        if folder == self._kept[0]:
            return read_file(name, self._kept[1])
        with self._folder(folder) as handle:
            if self._keeps_folder:
                self._let_folder_go()
                self._kept = folder, os.dup(handle)
            return read_file(name, handle)

    def private(self, name: str) -> bytes | None:
        """What a file in `.desk` holds, None where none can be read."""
        try:
            with self._folder(".desk") as handle:
                return read_file(name, handle)
        except (OSError, DeskError):
            return None

    def keep_private(self, name: str, data: bytes) -> None:
        """Write a file in `.desk` that may be lost at any time; raises OSError."""
        temporary = f"{name}.new"
        with self._folder(".desk", make=True) as handle:
            _write_ignore_file(handle)
            with suppress(FileNotFoundError):
                os.unlink(temporary, dir_fd=handle)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            new = os.open(temporary, flags, 0o666, dir_fd=handle)
            try:
                try:
                    write_all(new, data)
                finally:
                    os.close(new)
                os.rename(temporary, name, src_dir_fd=handle, dst_dir_fd=handle)
            except OSError:
                with suppress(OSError):
                    os.unlink(temporary, dir_fd=handle)
                raise

    def remove_private(self, name: str) -> None:
        """Remove a file in `.desk`, if it is there; raises OSError."""
        with suppress(FileNotFoundError), self._folder(".desk") as handle:
            os.unlink(name, dir_fd=handle)

    def add_private(self, name: str, line: bytes, most: int) -> None:
        """Put a line at the end of a file in `.desk` that may be lost at any time.

        From `most` bytes on its older half is dropped. Raises OSError.
        """
        with self._folder(".desk", make=True) as handle:
            _write_ignore_file(handle)
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK
            file = os.open(name, flags | os.O_CLOEXEC, 0o600, dir_fd=handle)
            try:
                status = os.fstat(file)
                if not stat.S_ISREG(status.st_mode):
                    raise OSError(errno.EINVAL, "is no regular file", name)
                write_all(file, line)
            finally:
                os.close(file)
        if status.st_size + len(line) > most:
            kept = (self.private(name) or b"")[-most // 2 :]
            self.keep_private(name, kept.partition(b"\n")[2])

    def _let_folder_go(self) -> None:
        if self._kept[0] is not None:
            os.close(self._kept[1])
        self._kept = None, -1

    def stamp(self, path: str) -> Stamp | None:
        """The stamp of what would be read at the path, of a link its own; None for nothing."""
        folder, _, name = path.rpartition("/")
        if folder == self._kept[0]:
            return stamps.of_path(name, self._kept[1])
        return stamps.of_path(f"{self.root}/{path}")

    @contextmanager
    def _folder(self, path: str, *, make: bool = False) -> Iterator[int]:
        """A handle of a folder of the desk, no part of whose path is a link."""
        with opened_folder(self._root, path, make=make) as handle:
            yield handle

    def read(self, record_id: str) -> Record:
        """The record of that whole id.

        Raises NotFoundError or DamagedError.
        """
        path = path_of(record_id)
        return _loaded(self.text(path), path)

    def ticket(self, record_id: str) -> Ticket:
        """The ticket of that whole id.

        Raises as `read` does, and RefusedError where it is an article.
        """
        return as_ticket(self.read(record_id))

    def ids(self) -> list[str]:
        """The ids of all records whose file is in its place, tickets first, by id."""
        return [record_id for folder in self.folders() for record_id in self.ids_in(folder)]

    def ids_in(self, folder: str) -> list[str]:
        """The ids of the records whose file is in that folder and whose place it is, sorted."""
        names = (name for name in self.names(folder) if is_in_place(folder, name))
        return [name.removesuffix(".yaml") for name in names]

    def records(self, on_damage: Callable[[DamagedError], None]) -> Iterator[Record]:
        """Every readable record; of each other one `on_damage` is told and it is passed over."""
        for error in self.damaged_folders():
            on_damage(error)
        for folder in self.folders():
            for error in self.strays(folder, odd_names(folder, self.names(folder))):
                on_damage(error)
        yield from self._of_ids(self.ids(), on_damage)

    def articles(self, on_damage: Callable[[DamagedError], None]) -> Iterator[Article]:
        """Every readable article, as `records` does."""
        if os.path.islink(os.path.join(self.root, "kb")):
            on_damage(DamagedError(_LINKED, "kb"))
        for record in self._of_ids(self.ids_in("kb"), on_damage):
            if isinstance(record, Article):
                yield record

    def _of_ids(
        self, ids: Iterable[str], on_damage: Callable[[DamagedError], None]
    ) -> Iterator[Record]:
        for record_id in ids:
            path = path_of(record_id)
            try:
                yield _loaded(self.text(path), path)
            except NotFoundError:
                continue  # removed since the folder was listed
            except DamagedError as error:
                on_damage(error)

    def picture(self, name: str) -> bytes:
        """The bytes of a picture of articles.

        Raises NotFoundError, or DamagedError where they are not those that it is named after.
        """
        path = f"{PICTURES}/{name}"
        if not PICTURE_NAME.fullmatch(name):
            raise DamagedError(f"{name!r} is no name of a picture")
        try:
            with self._folder(PICTURES) as handle:
                data = read_file(name, handle, MAX_PICTURE)
        except FileNotFoundError as error:
            raise NotFoundError(f"there is no {path}") from error
        except OSError as error:
            raise DamagedError(_why_unreadable(error), path) from error
        except DamagedError as error:
            raise error.in_file(path) from error
        if name != picture_name(data, name):
            raise DamagedError("its bytes are not those that it is named after", path)
        return data

    def tickets(self, on_damage: Callable[[DamagedError], None]) -> Iterator[Ticket]:
        """Every readable ticket, as `records` does."""
        for record in self.records(on_damage):
            if isinstance(record, Ticket):
                yield record

    def damaged_folders(self) -> Iterator[DamagedError]:
        """What is wrong with folders that are links instead, and files where only folders belong.

        Nothing in them is read.
        """
        years = self.names("tickets")
        inner = {f"tickets/{year}": self.names(f"tickets/{year}") for year in years}
        for folder in ("tickets", *inner, *self.folders()):
            if os.path.islink(os.path.join(self.root, folder)):
                yield DamagedError(_LINKED, folder)
        yield from self.strays("tickets", (one for one in years if not _YEAR.fullmatch(one)))
        for folder, names in inner.items():
            if _YEAR.fullmatch(folder.removeprefix("tickets/")):
                yield from self.strays(folder, (one for one in names if not _MONTH.fullmatch(one)))

    def strays(self, folder: str, names: Iterable[str]) -> Iterator[DamagedError]:
        """What is wrong with the files that may be records, but are in no record's place.

        `names` stand in the folder and are neither records in their place nor folders of them.
        """
        for name in names:
            path = f"{folder}/{name}"
            with suppress(OSError):  # it is gone by now
                if self._is_folder(path) and not is_record_name(name):
                    inside = (one for one in self.walk(path) if may_be_record(one))
                    yield from map(stray, inside)
                elif may_be_record(path):
                    yield stray(path)

    def folders(self) -> Iterator[str]:
        """The folders that records are in: the months, and that of the articles."""
        for year in self.names("tickets"):
            if _YEAR.fullmatch(year):
                for month in self.names(f"tickets/{year}"):
                    if _MONTH.fullmatch(month):
                        yield f"tickets/{year}/{month}"
        yield ARTICLES

    def walk(self, folder: str = "") -> Iterator[str]:
        """The paths of all files below tickets and kb (or below `folder`), hidden ones not.

        A folder that is named like a record's file is among them, a link is not followed.
        """
        if not folder:
            for top in ("tickets", ARTICLES):
                is_link = os.path.islink(os.path.join(self.root, top))
                yield from (top,) if is_link else self.walk(top)
            return
        for name in self.names(folder):
            path = f"{folder}/{name}"
            if name.startswith("."):
                continue
            if self._is_folder(path) and not is_record_name(name):
                yield from self.walk(path)
            else:
                yield path

    def _is_folder(self, path: str) -> bool:
        folder, _, name = path.rpartition("/")
        with self._folder(folder) as handle:
            return stat.S_ISDIR(os.stat(name, dir_fd=handle, follow_symlinks=False).st_mode)

    def names(self, folder: str) -> list[str]:
        """The sorted names in a folder of the desk, none where it is missing or no folder."""
        try:
            with self._folder(folder) as handle:
                return sorted(os.listdir(handle))
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
                return []
            raise StorageError(f"{folder}: {error.strerror}") from error

    def whole_id(self, word: str) -> str | None:
        """The id that the word is, in whatever case, if there is such a record."""
        exact = word.strip().upper()
        return exact if is_record_name(f"{exact}.yaml") and self._exists(path_of(exact)) else None

    def _exists(self, path: str) -> bool:
        folder, _, name = path.rpartition("/")
        try:
            with self._folder(folder) as handle:
                os.stat(name, dir_fd=handle, follow_symlinks=False)
        except OSError:
            return False
        return True

    # --- writing ---------------------------------------------------------------------------

    @contextmanager
    def changing(self, at: datetime, by: str, *, noted: bool = False) -> Iterator["Transaction"]:
        """A transaction under the desk's lock, committed at the end of the block.

        An exception in the block drops it: nothing is changed. `at` and `by` are those of
        the event that records what was edited by hand. What was written is `noted`, so that it
        can be taken back, where it is somebody's command.
        Raises BusyError if the lock is not free in time, StorageError if the system refuses.
        """
        done = False
        try:
            with self.locked("lock", lock_wait()):
                transaction = Transaction(self, at, by)
                try:
                    yield transaction
                    transaction.commit()
                    done = True
                    if noted:
                        self._note(transaction.written())
                finally:
                    transaction.drop()
        except OSError as error:
            outcome = "the changes were made" if done else "nothing was changed"
            raise StorageError(f"{self.root}: {error.strerror}; {outcome}") from error

    def _note(self, written: Mapping[str, Sequence[Event]]) -> None:
        """Note what a command wrote; where that cannot be done the command is done all the same."""
        from desk import donelog  # which commands that read do without

        text = donelog.line(written)
        if text:
            with suppress(OSError, DeskError):
                self.add_private(donelog.FILE, text, donelog.MOST)

    def create(
        self,
        build: Callable[[str], Record],
        ids: Iterator[str],
        at: datetime,
        along: Callable[["Transaction", Record], None] = lambda _transaction, _record: None,
        by: str = "",
    ) -> Record:
        """Write the new record that `build` makes for the first of `ids` that is free.

        `along` changes others with it; `by` is who does, as in `changing`.
        """
        while True:
            with suppress(IdTakenError):
                record = build(next(ids))
                with self.changing(at, by, noted=True) as transaction:
                    transaction.create(record)
                    along(transaction, record)
                return record

    @contextmanager
    def locked(self, name: str, wait: float) -> Iterator[None]:
        """Hold a lock in `.desk`, for which `wait` seconds at most are waited.

        Raises BusyError where it is not free in time, OSError if the system refuses.
        """
        with self._folder(".desk", make=True) as handle:
            _write_ignore_file(handle)
            lock = _take_lock(handle, name, wait)
            try:
                yield
            finally:
                with suppress(OSError):
                    os.close(lock)


class Transaction:
    """Changes to records that are made together, under the lock of the desk."""

    def __init__(self, desk: Desk, at: datetime, by: str) -> None:
        self._desk = desk
        self._at = at
        self._by = by
        self._staged: dict[str, tuple[Record, bool]] = {}
        # How long the log of each record was when it was read.
        self._begun: dict[str, int] = {}
        self._pictures: list[str] = []
        self._staging = False
        self._removed: list[str] = []
        self._open()

    def _open(self) -> None:
        with self._desk._folder(".desk/tmp", make=True) as tmp:
            # Kept open: syncfs tells only of failures since then.
            self._tmp = os.dup(tmp)
            for leftover in os.listdir(tmp):
                try:
                    os.unlink(leftover, dir_fd=tmp)
                except IsADirectoryError as error:
                    raise StorageError(f".desk/tmp/{leftover} is a folder; remove it") from error

    def read(self, record_id: str) -> Record:
        """The record as it is now, with what was edited by hand as an `edit` event."""
        if record_id in self._staged:
            return self._staged[record_id][0]
        path = path_of(record_id)
        text = self._desk.text(path)
        record = self._with_hand_edits(_loaded(text, path), text)
        self._begun[record_id] = len(record.log)
        return record

    def written(self) -> dict[str, Sequence[Event]]:
        """The events that were added to each record that was changed."""
        return {
            record_id: record.log[0 if new else self._begun.get(record_id, len(record.log)) :]
            for record_id, (record, new) in self._staged.items()
        }

    def _with_hand_edits(self, record: Record, text: str) -> Record:
        lost = [] if codec.dump(record) == text else codec.comments(text)
        return model.with_hand_edits(record, self._at, self._by, lost)

    def ticket(self, record_id: str) -> Ticket:
        """The ticket of that id.

        Raises RefusedError where it is an article.
        """
        return as_ticket(self.read(record_id))

    def replace(self, *records: Record) -> None:
        """Keep changed records: all of them, or where one is refused none."""
        proven = [(record, _proven(record)) for record in records]
        for record, data in proven:
            self._stage(record, data, new=self._staged.get(record.id, (record, False))[1])

    def create(self, record: Record) -> None:
        """Keep a new record.

        Raises IdTakenError (also when committing) where its id is in use.
        """
        if self._desk._exists(path_of(record.id)):
            raise IdTakenError(f"{record.id} is in use")
        self._stage(record, _proven(record), new=True)

    def keep_picture(self, name: str, data: bytes) -> None:
        """Keep a picture of that `picture_name`; what is named after its bytes never changes."""
        if name not in self._pictures and not self._desk._exists(f"{PICTURES}/{name}"):
            self._write_temporary(name, data)
            self._pictures.append(name)

    def move(self, path: str) -> None:
        """Bring the record in a misplaced file to its place, with what is there of it already.

        Raises IdTakenError where that is another record.
        """
        from desk import merge  # which few commands need

        text = self._desk.text(path)
        record = self._with_hand_edits(codec.load(text), text)
        if self._is_there(record.id) and not merge.is_one_record(self.read(record.id), record):
            raise IdTakenError(f"{record.id} is in use")
        self.gather(record, path)

    def _is_there(self, record_id: str) -> bool:
        return record_id in self._staged or self._desk._exists(path_of(record_id))

    def gather(self, record: Record, *paths: str) -> None:
        """Keep a record in its place, with what is there of it, and remove other files of it."""
        from desk import merge

        with suppress(NotFoundError, DamagedError):
            there = self.read(record.id)
            if merge.is_one_record(there, record):
                record = merge.merged(there, record)
        self.replace(record) if self._is_there(record.id) else self.create(record)
        self._removed += (path for path in paths if path != path_of(record.id))

    def _stage(self, record: Record, data: bytes, *, new: bool) -> None:
        self._write_temporary(record.id, data)
        self._staged[record.id] = (record, new)

    def _write_temporary(self, name: str, data: bytes) -> None:
        flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        handle = os.open(name, flags, 0o666, dir_fd=self._tmp)
        self._staging = True
        try:
            write_all(handle, data)
            if os.pread(handle, len(data) + 1, 0) != data:
                raise StorageError(f"{name}: what was written does not read back")
        finally:
            os.close(handle)

    def commit(self) -> None:
        """Make every change durable and visible."""
        if not self._staged:
            return
        _sync_files([*self._staged, *self._pictures], self._tmp)
        self._move_pictures()  # so that no article is there before what it shows
        folders = {path_of(name).rpartition("/")[0] for name in self._staged}
        done = 0
        for folder in sorted(folders):
            names = [n for n in self._staged if path_of(n).rpartition("/")[0] == folder]
            try:
                with self._desk._folder(folder, make=True) as target:
                    for name in names:
                        self._move(name, target)
                        done += 1
                    os.fsync(target)
            except OSError as error:
                raise _stopped(error, done, len(self._staged), folder) from error
        for path in {*self._removed} - {path_of(name) for name in self._staged}:
            folder, _, name = path.rpartition("/")
            try:
                with self._desk._folder(folder) as handle:
                    os.unlink(name, dir_fd=handle)
                    os.fsync(handle)
            except OSError as error:
                raise _stopped(error, done, len(self._staged), path) from error

    def _move_pictures(self) -> None:
        if self._pictures:
            try:
                with self._desk._folder(PICTURES, make=True) as target:
                    for name in self._pictures:
                        os.rename(name, name, src_dir_fd=self._tmp, dst_dir_fd=target)
                    os.fsync(target)
            except OSError as error:
                raise _stopped(error, 0, len(self._staged), PICTURES) from error

    def _move(self, name: str, target: int) -> None:
        _, new = self._staged[name]
        if not new:
            os.rename(name, f"{name}.yaml", src_dir_fd=self._tmp, dst_dir_fd=target)
            return
        try:
            os.link(
                name, f"{name}.yaml", src_dir_fd=self._tmp, dst_dir_fd=target, follow_symlinks=False
            )
        except FileExistsError as error:
            raise IdTakenError(f"{name} is in use") from error
        with suppress(OSError):  # the record is there; a leftover goes with the next change
            os.unlink(name, dir_fd=self._tmp)

    def drop(self) -> None:
        """Remove what was staged and not moved into place."""
        names = os.listdir(self._tmp) if self._staging else []
        for name in names:
            with suppress(OSError):
                os.unlink(name, dir_fd=self._tmp)
        with suppress(OSError):
            os.close(self._tmp)


def _proven(record: Record) -> bytes:
    """The text of a record's file, which reads back as that record."""
    text = codec.dump(record)
    try:
        proven = codec.load_strictly(text)
    except DamagedError as error:
        raise RefusedError(f"{record.id} cannot be written: {error.problem}") from error
    if proven != record:
        raise DeskError(f"{record.id} does not read back as it was; nothing was written")
    data = text.encode()
    if len(data) > yamltext.MAX_BYTES:
        raise RefusedError(
            f"{record.id} would be {len(data)} bytes long and a record holds at most "
            f"{yamltext.MAX_BYTES}; put long logs beside the desk and name them"
        )
    return data


def as_ticket(record: Record) -> Ticket:
    """The record, which is a ticket; raises RefusedError where it is none."""
    if isinstance(record, Ticket):
        return record
    raise RefusedError(f"{record.id} is an article; this command is for tickets")


def as_article(record: Record) -> Article:
    """The record, which is an article; raises RefusedError where it is none."""
    if isinstance(record, Article):
        return record
    raise RefusedError(f"{record.id} is a ticket; `desk kb` is for articles")


def _loaded(text: str, path: str) -> Record:
    try:
        record = codec.load(text)
    except DamagedError as error:
        raise error.in_file(path) from error
    if path_of(record.id) != path:
        raise DamagedError(
            f"its id is {record.id}, whose place is {path_of(record.id)}; move it or mend the id",
            path,
            codec.line_of(text, "id"),
        )
    return record


@contextmanager
def opened_folder(root: int, path: str, *, make: bool = False) -> Iterator[int]:
    """A handle of the folder at a path below that of `root`, no part of which is a link.

    Raises OSError.
    """
    handle = os.dup(root)
    try:
        for part in path.split("/") if path else ():
            if make:
                _make_folder(part, handle)
            inner = os.open(part, _FOLDER, dir_fd=handle)
            os.close(handle)
            handle = inner
        yield handle
    finally:
        with suppress(OSError):  # nothing is written through a folder's handle
            os.close(handle)


def read_file(name: str, folder: int, most: int = yamltext.MAX_BYTES) -> bytes:
    """The bytes of a regular file of `most` bytes in the folder of that handle.

    Raises DamagedError for any other file, OSError.
    """
    handle = os.open(name, _READ, dir_fd=folder)
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise DamagedError("this is no regular file; desk reads nothing else")
        if status.st_size > most:
            raise DamagedError(f"the file is over {most >> 20} MiB, which no {_kind(most)} is")
        chunks = []
        while chunk := os.read(handle, status.st_size + 1):  # it may have grown since
            chunks.append(chunk)
        return b"".join(chunks)
    finally:
        os.close(handle)


def _kind(most: int) -> str:
    return "record" if most == yamltext.MAX_BYTES else "picture of a desk"


def _why_unreadable(error: OSError) -> str:
    if error.errno in (errno.ELOOP, errno.ENOTDIR):
        return _LINKED
    return f"it cannot be read: {error.strerror}"


def _make_folder(name: str, parent: int) -> None:
    try:
        os.mkdir(name, dir_fd=parent)
    except FileExistsError:
        return
    os.fsync(parent)


def _write_ignore_file(folder: int) -> None:
    """The private folder ignores itself in git."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    handle = os.open(".gitignore", flags, 0o666, dir_fd=folder)
    try:
        if not os.fstat(handle).st_size:  # new, or left empty by a kill
            write_all(handle, b"*\n")
    finally:
        os.close(handle)


def lock_wait() -> float:
    """How long to wait for the lock in seconds: DESK_LOCK_WAIT, or a default."""
    text = os.environ.get("DESK_LOCK_WAIT") or str(_LOCK_WAIT)
    try:
        seconds = float(text)
        if not 0 <= seconds < 1e6:
            raise ValueError
    except ValueError:
        raise UsageError(f"DESK_LOCK_WAIT is {text!r}; write a number of seconds") from None
    return seconds


def _take_lock(folder: int, name: str, wait: float) -> int:
    import fcntl

    deadline = time.monotonic() + wait
    pause = 0.001
    while True:
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        handle = os.open(name, flags, 0o666, dir_fd=folder)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_still(handle, name, folder):
                return handle
        except BlockingIOError:
            pass
        os.close(handle)
        if time.monotonic() > deadline:
            raise BusyError("another desk command is writing here; try again in a moment")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.02)


def _is_still(handle: int, name: str, folder: int) -> bool:
    """Whether the open file is the one that has that name now (it may have been deleted)."""
    try:
        return os.path.samestat(os.fstat(handle), os.stat(name, dir_fd=folder))
    except FileNotFoundError:
        return False


def write_all(handle: int, data: bytes) -> None:
    """Write all of the bytes; raises OSError."""
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]


def _sync_files(names: list[str], folder: int) -> None:
    if len(names) >= _SYNC_AT_ONCE and sys.platform == "linux":
        _sync_file_system(folder)
        return
    for name in names:
        handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _sync_file_system(handle: int) -> None:
    """syncfs(2), which Python does not have; unlike os.sync it reports what failed."""
    import ctypes

    if ctypes.CDLL(None, use_errno=True).syncfs(handle):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _stopped(error: OSError, done: int, total: int, folder: str) -> StorageError:
    count = f"{done} of {total} records were written" if done else "nothing was changed"
    return StorageError(f"{folder}: {error.strerror}; {count}")


def make(root: str, policy_text: str) -> Desk:
    """A new desk in the folder `root`, which may exist; desk.yaml comes last and whole.

    Raises RefusedError where there is a desk already, StorageError if the system refuses.
    """
    policy_path = os.path.join(root, POLICY_FILE)
    if os.path.lexists(policy_path):
        raise RefusedError(f"{policy_path} exists already; this folder is a desk")
    folders = [os.path.join(root, folder) for folder in ("tickets", ARTICLES)]
    attributes = os.path.join(root, ".gitattributes")
    new = [path for path in (*folders, attributes) if not os.path.lexists(path)]
    try:
        for folder in folders:
            os.makedirs(folder, exist_ok=True)
        if attributes in new:
            _write_whole(attributes, GIT_ATTRIBUTES)
        _write_whole(policy_path, policy_text)
    except OSError as error:
        for path in new:
            with suppress(OSError):
                os.unlink(path) if path == attributes else os.rmdir(path)
        raise StorageError(f"{error.filename or root}: {error.strerror}") from error
    return Desk(root)


def _write_whole(path: str, text: str) -> None:
    """Write a file so that it is there whole or not at all."""
    temporary = f"{path}.new"
    with suppress(FileNotFoundError):
        os.unlink(temporary)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    handle = os.open(temporary, flags, 0o666)
    try:
        try:
            write_all(handle, text.encode())
            os.fsync(handle)
        finally:
            os.close(handle)
        os.rename(temporary, path)
    except OSError:
        with suppress(OSError):
            os.unlink(temporary)
        raise
    folder = os.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


GIT_ATTRIBUTES = """\
tickets/**/*.yaml text eol=lf merge=desk
kb/*.yaml text eol=lf merge=desk
desk.yaml text eol=lf
"""
