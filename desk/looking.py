"""What has changed in a desk folder since the index was written.

A month's folder is listed again when its stamp moved (a file in it was created, renamed, replaced
or removed). The files of tickets that are not ended are looked at one by one, those of articles
all together by one number; an ended ticket is trusted while its folder's stamp stands still,
unless every file is to be looked at.
"""

import itertools
import operator
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple, TypeAlias

from desk import stamps, store
from desk.errors import StorageError
from desk.stamps import Stamp
from desk.store import Desk

File: TypeAlias = tuple[str, str]  # folder, id


class Folder(NamedTuple):
    """A folder as it was listed: its stamp, the number for its files, and their ids.

    `odd` are the other names in it, with / between them.
    """

    stamp: Stamp
    seal: int
    ids: str
    odd: bytes


class Known(NamedTuple):
    """What the index knows of the folder.

    `folders` has each folder's stamp and seal, `unended` the (folder, id, changed, size, inode)
    of the files of records that are not ended (of articles only those whose stamp is unproven),
    `files_of` the stamp of each file of a folder.
    """

    folders: Mapping[str, tuple[Stamp, int]]
    unended: Iterable[tuple[str, str, int, int, int]]
    files_of: Callable[[str], dict[str, Stamp]]


class Changes:
    """What a look at the folder found to differ; a folder that is gone is None."""

    def __init__(self) -> None:
        self.folders: dict[str, Folder | None] = {}
        self.files: list[File] = []

    def __bool__(self) -> bool:
        return bool(self.folders or self.files)


def changes(desk: Desk, known: Known, *, every: bool) -> Changes:
    """What has changed; with `every` each file was looked at.

    Raises StorageError where a folder cannot be listed.
    """
    found = Changes()
    looked = stamps.now()
    for folder in _changed_folders(desk, known, every=every):
        stood = known.files_of(folder)
        stamp = stamps.of_folder(f"{desk.root}/{folder}")
        if stamp is None:
            found.folders[folder] = None
            came: list[str] = []
        else:
            came, found.folders[folder] = _listed(desk.root, folder, stamp, stood, looked)
        found.files += [(folder, name.removesuffix(".yaml")) for name in (*came, *stood)]
    if not every:
        found.files += (file for file in _changed(desk.root, known) if file[0] not in found.folders)
    for path in desk.tried:
        folder, _, name = path.rpartition("/")
        if store.is_in_place(folder, name):
            found.files.append((folder, name.removesuffix(".yaml")))
    found.files = list(dict.fromkeys(found.files))
    return found


def is_unchanged(desk: Desk, known: Known, *, every: bool) -> bool:
    """Whether `changes` would find nothing."""
    if desk.tried or any(_changed_folders(desk, known, every=every)):
        return False
    return every or not any(_changed(desk.root, known))


def _changed_folders(desk: Desk, known: Known, *, every: bool) -> Iterator[str]:
    """The folders that came, went or have another stamp; of articles or with `every`, or files."""
    left = dict(known.folders)
    for folder in desk.folders():
        path = f"{desk.root}/{folder}"
        stood = left.pop(folder, None)
        stamp = stamps.of_folder(path)
        moved = stamp != stood[0] if stood else stamp is not None
        within = every or folder == store.ARTICLES
        if moved or (within and stood and not _is_sealed(path, stood[1])):
            yield folder
    yield from left


def _changed(root: str, known: Known) -> Iterator[File]:
    """The files that changed of records that are not ended."""
    for folder, files in itertools.groupby(known.unended, key=operator.itemgetter(0)):
        yield from ((folder, name) for name in _changed_in(f"{root}/{folder}", files))


def _changed_in(path: str, files: Iterable[tuple[str, str, int, int, int]]) -> Iterator[str]:
    """The ids of those files of a folder that changed."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)  # from which names are found sooner
    except OSError:
        yield from (record_id for _, record_id, *_ in files)
        return
    try:
        for _, record_id, changed, size, inode in files:
            try:
                found = os.stat(f"{record_id}.yaml", dir_fd=handle, follow_symlinks=False)
            except OSError:
                yield record_id
                continue
            if (changed, size, inode) != (found.st_ctime_ns, found.st_size, stamps.inode(found)):
                yield record_id
    finally:
        os.close(handle)


def _listed(
    root: str, folder: str, stamp: Stamp, stood: dict[str, Stamp], looked: int
) -> tuple[list[str], Folder]:
    """The names of the files that came or changed, and the folder as it is.

    `stood` keeps those that went.
    """
    entries = _entries(root, folder)
    names = sorted(name for name in entries if store.is_in_place(folder, name))
    came = [name for name in names if stood.pop(name, None) != entries[name]]
    proven = all(stamps.proven(found, looked) == found for found in entries.values())
    seen = Folder(
        stamps.proven(stamp, looked),
        stamps.sealed(entries.values()) if proven else 0,
        " ".join(name.removesuffix(".yaml") for name in names),
        os.fsencode("/".join(store.odd_names(folder, entries))),
    )
    return came, seen


def _entries(root: str, folder: str) -> dict[str, Stamp]:
    """The stamp of everything in a folder, nothing if it is gone by now.

    Raises StorageError where it cannot be listed.
    """
    found = {}
    try:
        with os.scandir(f"{root}/{folder}") as entries:
            for entry in entries:
                found[entry.name] = stamps.of_path(entry.path) or stamps.UNPROVEN
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise StorageError(f"{folder}: {error.strerror}") from error
    return found


def _is_sealed(path: str, seal: int) -> bool:
    """Whether a folder's files are those that the number was made for."""
    try:
        return bool(seal) and seal == stamps.seal(path)
    except OSError:
        return False
