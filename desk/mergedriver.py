"""The merge driver that git calls for a record that both sides changed."""

import os
import shlex
import shutil
import sys
from contextlib import suppress

from desk import codec, reconcile, yamltext
from desk.errors import DamagedError, RefusedError, StorageError
from desk.git import Repository

_KEY = "merge.desk.driver"
# Set to `true` where somebody does not want the driver, so that they are not asked again.
_DECLINED = "merge.desk.declined"
# Git takes a record that is gone and a new one that is like it for one that was renamed. Its
# strategy `ort` does so whatever merge.renames says, in many versions; `recursive` heeds it.
_NO_RENAMES = (("merge.renames", "false"), ("pull.twohead", "recursive"))
_NAME = "desk: all events of both sides"


def merge_files(base: str, ours: str, theirs: str, *, name: str) -> None:
    """Put the record that two files make into the file `ours`; `name` is what errors call it.

    Raises RefusedError where a person has to see to it, StorageError.
    """
    try:
        sides = [reconcile.version(yamltext.decode(_read(path))) for path in (ours, theirs)]
        both = reconcile.merged(_read(base) or None, *sides)
    except DamagedError as error:
        raise RefusedError(
            f"{error.in_file(name)}; `desk check --fix` merges what it can"
        ) from error
    except reconcile.DifferentRecordsError as error:
        raise RefusedError(f"{error}; `desk check --fix` gives one another id") from error
    _replace(ours, codec.dump(both).encode())


def _read(path: str) -> bytes:
    """What is in a file, as much of it as shows that it is too large."""
    try:
        with open(path, "rb") as file:
            return file.read(yamltext.MAX_BYTES + 1)
    except OSError as error:
        raise StorageError(f"{path}: {error.strerror}") from error


def _replace(path: str, data: bytes) -> None:
    temporary = f"{path}.desk"
    try:
        with open(temporary, "wb") as file:
            file.write(data)
        os.replace(temporary, path)
    except OSError as error:
        with suppress(OSError):
            os.unlink(temporary)
        raise StorageError(f"{path}: {error.strerror}") from error


def is_decided(repository: Repository) -> bool:
    """Whether the clone has the driver, or somebody has said that it shall not."""
    return bool(repository.setting(_KEY) or repository.setting(_DECLINED))


def decline(repository: Repository) -> None:
    """Note that the clone shall not have the driver."""
    repository.output("config", "--local", _DECLINED, "true")


def set_up(repository: Repository, *, install: bool) -> None:
    """Write the driver into the clone's own settings, or take it out.

    Raises RefusedError outside of a repository, GitError.
    """
    repository.check_exists()
    repository.answer("config", "--local", "--remove-section", "merge.desk")
    for name, value in _NO_RENAMES:
        repository.answer("config", "--local", "--unset", name, f"^{value}$")
    if install:
        repository.output("config", "--local", "merge.desk.name", _NAME)
        for name, value in _NO_RENAMES:
            repository.output("config", "--local", name, value)
        repository.output("config", "--local", _KEY, f"{program()} merge-driver %O %A %B %P")


def program() -> str:
    """How a shell calls this desk from any folder, whatever lies in that and in its PATH."""
    called = os.path.abspath(sys.argv[0])
    if os.path.basename(called) == "desk" and os.access(called, os.X_OK):
        return shlex.quote(called)
    found = shutil.which("desk", path=os.path.dirname(sys.executable))
    return shlex.quote(found) if found else f"{shlex.quote(sys.executable)} -P -m desk"
