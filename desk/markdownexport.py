"""Articles to a folder of Markdown files, each with its pictures beside it.

docs/knowledge.md describes it; markdownimport takes it back.
"""

import itertools
import posixpath
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field

from desk import articles, markdownfile, store, yamltext
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
    """A file that was written; `missing` are pictures of its text that could not be, with why.

    `instead_of` is where it would have gone, had that been free.
    """

    file: str
    id: str
    title: str
    pictures: int = 0
    missing: list[str] = field(default_factory=list)
    instead_of: str = ""

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
    places = _Places()
    for whole, shown in chosen:
        wanted = _path(whole, shown)
        path = places.taken_for(wanted, shown.id)
        kept, missing = _pictures(desk, whole, shown, path, places)
        for place, data in kept.items():
            folder.write(place, data)
        text = markdownfile.text_of(_front(shown), shown.text("body"))
        folder.write(path, text.encode())
        instead_of = "" if path == wanted else wanted
        yield Row(path, shown.id, shown.title, len(kept), missing, instead_of)


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


class _Places:
    """What stands where in the folder that is written, whatever the case of letters."""

    def __init__(self) -> None:
        self._files: dict[str, str] = {}
        self._folders: set[str] = set()

    def take(self, path: str, what: str) -> bool:
        """Whether `what` can have that place, or has it; nothing can be a file and a folder."""
        key = path.casefold()
        above = ["/".join(key.split("/")[:depth]) for depth in range(1, key.count("/") + 1)]
        if key in self._folders or not self._files.keys().isdisjoint(above):
            return False
        if self._files.setdefault(key, what) != what:
            return False
        self._folders.update(above)
        return True

    def taken_for(self, path: str, record_id: str) -> str:
        """The place that an article gets: the path, or where that is taken one with the id."""
        stem, ending = posixpath.splitext(path)
        numbered = (f"{record_id}-{number}.md" for number in itertools.count(2))
        others = itertools.chain((f"{stem}-{record_id}{ending}", f"{record_id}.md"), numbered)
        return next(one for one in itertools.chain((path,), others) if self.take(one, record_id))


def _pictures(
    desk: Desk, whole: Article, shown: Article, path: str, places: _Places
) -> tuple[dict[str, bytes], list[str]]:
    """The pictures that the text names, by their place in the folder; those that cannot be had."""
    names = articles.pictures(whole)
    found: dict[str, bytes] = {}
    missing: list[str] = []
    for place in _places(shown.text("body"), path) if names else ():
        name = names.get(posixpath.relpath(place, posixpath.dirname(path) or "."))
        if name is None:
            continue
        try:
            if not places.take(place, name):
                raise DamagedError("another file has that place")
            found[place] = _picture(desk, place, name)
        except (DamagedError, NotFoundError) as error:
            missing.append(f"{place}: {error}")
    return found, missing


def _places(body: str, path: str) -> Iterator[str]:
    """The places in the folder that the text of the file at that path points to."""
    references = markdownfile.read(body).references
    places = (markdownfile.place_of(one.target, path) for one in references)
    yield from dict.fromkeys(place for where, place in places if place and not where)


def _picture(desk: Desk, place: str, name: str) -> bytes:
    if not markdownfile.is_safe_path(place):
        raise DamagedError("no file is written there")
    return desk.picture(name)


# --- what an earlier export left -----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Left:
    """A Markdown file in the folder that an earlier export wrote, and this one did not.

    `id` is the article in its front matter, `now` the file that this export wrote of it (or
    empty), `pictures` those files beside it that its text shows.
    """

    file: str
    id: str
    now: str
    pictures: tuple[str, ...]

    def sentence(self, folder: str) -> str:
        """What is to be done about it."""
        stands = f"is in {self.now} now" if self.now else "is not among what is exported any more"
        shown = f" and, where nothing else shows it, {', '.join(self.pictures)}"
        what = f"it{shown}" if self.pictures else "it"
        return f"{folder}/{self.file} is of {self.id}, which {stands}; remove {what}"


def left_behind(folder: Folder, rows: Iterable[Row], others: Container[str]) -> Iterator[Left]:
    """The files in the folder that stand for articles which are not exported (there) any more.

    `rows` are the files written just now. An article whose id is in `others` might have been
    written and was not asked for, so that a file of it may stay.
    """
    written = {row.id: row.file for row in rows}
    new = {path.casefold() for path in written.values()}
    there = [path for path, problem in folder.entries() if not problem]
    for path in there:
        if path.lower().endswith((".md", ".markdown")) and path.casefold() not in new:
            document = _document(folder, path)
            record_id = str(document.front.get("id"))
            is_article = record_id.startswith(f"{articles.PREFIX}-")
            is_stale = record_id in written or record_id not in others
            if is_article and store.is_record_name(f"{record_id}.yaml") and is_stale:
                shown = {*_places(document.body, path)}.intersection(there)
                shown = {place for place in shown if store.picture_name(b"", place)}
                yield Left(path, record_id, written.get(record_id, ""), tuple(sorted(shown)))


def _document(folder: Folder, path: str) -> markdownfile.Document:
    """What a file says; nothing, where it is none that an export writes."""
    try:
        return markdownfile.parse(yamltext.decode(folder.read(path, yamltext.MAX_BYTES)))
    except DamagedError:
        return markdownfile.Document({}, (), "")
