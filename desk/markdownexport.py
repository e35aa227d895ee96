"""Articles to a folder of Markdown files, each with its pictures beside it.

docs/knowledge.md describes it; markdownimport takes it back.
"""

import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from desk import articles, markdownfile
from desk.articles import PICTURES
from desk.errors import DamagedError, NotFoundError, RefusedError
from desk.folder import Folder
from desk.model import Article, Value
from desk.policy import INTERNAL, PUBLIC
from desk.roles import READ_INTERNAL, READ_PUBLIC, READ_TEAM, THE_PUBLIC, Rights
from desk.store import Desk

# Fields that a file does not give: an import finds them out or may not set them.
_NOT_GIVEN = frozenset(("external", "links", "review_by", PICTURES, "body"))


@dataclass(frozen=True, slots=True)
class Row:
    """A file that was written; `missing` are pictures of its text that could not be, with why."""

    file: str
    id: str
    title: str
    pictures: int = 0
    missing: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Value]:
        """The row as data."""
        return {
            "file": self.file,
            "id": self.id,
            "title": self.title,
            "pictures": self.pictures,
            "missing": [*self.missing],
        }


def readers(audience: str) -> Rights:
    """What those may read whom a text for that audience reaches."""
    if audience == PUBLIC:
        return THE_PUBLIC
    teams = frozenset() if audience == INTERNAL else frozenset((audience,))
    return Rights("", teams, frozenset((READ_PUBLIC, READ_INTERNAL, READ_TEAM)))


def write(
    desk: Desk,
    folder: Folder,
    chosen: Iterable[tuple[Article, Article]],
    *,
    force: bool = False,
) -> Iterator[Row]:
    """Write each article of (as its file has it, as it is to be read) as a file of Markdown.

    Raises RefusedError where the folder is not empty and may not be written over, StorageError.
    """
    if not folder.empty and not force:
        raise RefusedError(
            f"{folder.path} is not empty; name another folder, or --force writes into it"
        )
    used: dict[str, str] = {}
    for whole, shown in chosen:
        path = _free(_path(whole, shown), shown.id, used)
        row = Row(path, shown.id, shown.title)
        kept, missing = _pictures(desk, whole, shown, path, used)
        for place, data in kept.items():
            folder.write(place, data)
        text = markdownfile.text_of(_front(shown), shown.text("body"))
        folder.write(path, text.encode())
        yield Row(row.file, row.id, row.title, len(kept), missing)


def _front(shown: Article) -> dict[str, Value]:
    """What a file gives beside its text: fields of the head, custom ones behind desk's own."""
    return {name: value for name, value in shown.head.items() if name not in _NOT_GIVEN}


# --- where a file goes ---------------------------------------------------------------------


def _path(whole: Article, shown: Article) -> str:
    """Where it was imported from, else its category and title; never out of the folder."""
    imported = whole.text("external")
    is_path = articles.imported(whole).get("external") == imported
    is_markdown = imported.lower().endswith((".md", ".markdown"))
    if is_markdown and is_path and markdownfile.is_safe_path(imported):
        return imported
    parts = [markdownfile.slug(part) for part in shown.text("category").split("/")]
    name = markdownfile.slug(shown.title) or shown.id
    return "/".join((*filter(None, parts), f"{name}.md"))


def _free(path: str, record_id: str, used: dict[str, str]) -> str:
    """The path, or where that is taken (in any case of its letters) one with the id in it."""
    if path.casefold() in used:
        stem, ending = posixpath.splitext(path)
        path = f"{stem}-{record_id}{ending}"
    used[path.casefold()] = record_id
    return path


def _pictures(
    desk: Desk, whole: Article, shown: Article, path: str, used: dict[str, str]
) -> tuple[dict[str, bytes], list[str]]:
    """The pictures that the text names, by their place in the folder; those that cannot be had.

    `used` has what each place of the folder holds already.
    """
    names = articles.pictures(whole)
    found: dict[str, bytes] = {}
    missing: list[str] = []
    for place in _named(shown, path) if names else ():
        name = names.get(posixpath.relpath(place, posixpath.dirname(path) or "."))
        if name is None:
            continue
        try:
            if used.setdefault(place.casefold(), name) != name:
                raise DamagedError("another picture has that place")
            found[place] = _picture(desk, place, name)
        except (DamagedError, NotFoundError) as error:
            missing.append(f"{place}: {error}")
    return found, missing


def _named(shown: Article, path: str) -> Iterator[str]:
    """The places in the folder that the text of the article at that path points to."""
    references = markdownfile.read(shown.text("body")).references
    places = (markdownfile.place_of(one.target, path) for one in references)
    yield from dict.fromkeys(place for where, place in places if place and not where)


def _picture(desk: Desk, place: str, name: str) -> bytes:
    if not markdownfile.is_safe_path(place):
        raise DamagedError("no file is written there")
    return desk.picture(name)
