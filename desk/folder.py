"""A folder that is no desk's: read and written without following a link below it."""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress

from desk import store
from desk.errors import DamagedError, StorageError, UsageError
from desk.store import opened_folder, read_file

MOST = 100_000
LINKED = "a symbolic link, which is not followed"
_DEEPEST = 32
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class Folder:
    """The folder at a path; what is below it is named by its path from there."""

    def __init__(self, path: str, *, make: bool = False) -> None:
        """Raises UsageError where there is no folder, StorageError where none can be made."""
        self.path = path
        try:
            if make:
                os.makedirs(path, exist_ok=True)
        except OSError as error:
            raise StorageError(f"{path}: {error.strerror}") from error
        try:
            self._handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise UsageError(f"{path} cannot be opened as a folder: {error.strerror}") from error

    def __del__(self) -> None:
        if hasattr(self, "_handle"):
            os.close(self._handle)

    @property
    def empty(self) -> bool:
        """Whether nothing is in it."""
        return not os.listdir(self._handle)

    def entries(self) -> list[tuple[str, str]]:
        """Every file below it that is not hidden, by path, and why it cannot be read (or empty).

        Raises UsageError where there are more than MOST.
        """
        found: list[tuple[str, str]] = []
        for entry in self._walk():
            found.append(entry)
            if len(found) > MOST:
                raise UsageError(f"{self.path} holds over {MOST} files; name a folder below it")
        return sorted(found)

    def _walk(self) -> Iterator[tuple[str, str]]:
        waiting = [""]
        while waiting:
            folder = waiting.pop()
            try:
                with opened_folder(self._handle, folder) as handle:
                    for name in os.listdir(handle):
                        path = f"{folder}/{name}" if folder else name
                        problem = _problem(name, path, handle)
                        if problem is None:
                            waiting.append(path)
                        elif name[0] != ".":
                            yield path, problem
            except OSError as error:
                yield folder, f"it cannot be opened: {error.strerror}"

    def read(self, path: str, most: int) -> bytes:
        """The bytes of a regular file of at most so many.

        Raises DamagedError for what cannot be read.
        """
        folder, _, name = path.rpartition("/")
        try:
            with opened_folder(self._handle, folder) as handle:
                return read_file(name, handle, most)
        except OSError as error:
            raise DamagedError(f"it cannot be read: {error.strerror}") from error

    def write(self, path: str, data: bytes) -> None:
        """Write a file whole, in the place of one of that name; its folders are made.

        Raises StorageError.
        """
        folder, _, name = path.rpartition("/")
        temporary = f".desk-{os.getpid()}.new"
        try:
            with opened_folder(self._handle, folder, make=True) as handle:
                try:
                    self._write_new(temporary, data, handle)
                    os.rename(temporary, name, src_dir_fd=handle, dst_dir_fd=handle)
                finally:
                    with suppress(FileNotFoundError):
                        os.unlink(temporary, dir_fd=handle)
        except OSError as error:
            raise StorageError(f"{self.path}/{path}: {error.strerror}") from error

    def _write_new(self, name: str, data: bytes, folder: int) -> None:
        handle = os.open(name, _NEW, 0o666, dir_fd=folder)
        try:
            store.write_all(handle, data)
            os.fsync(handle)
        finally:
            os.close(handle)


def _problem(name: str, path: str, folder: int) -> str | None:
    """Why what has that name is no file to read, empty for one that is; None for a folder."""
    mode = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
    if any("\ud800" <= character <= "\udfff" for character in name):
        return "its name is not UTF-8"
    if stat.S_ISLNK(mode):
        return LINKED
    if stat.S_ISDIR(mode):
        too_deep = path.count("/") >= _DEEPEST
        return f"a folder more than {_DEEPEST} levels down" if too_deep else _or_hidden(name)
    return "" if stat.S_ISREG(mode) else "no regular file"


def _or_hidden(name: str) -> str | None:
    return "hidden" if name[0] == "." else None
