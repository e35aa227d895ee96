"""A folder of Markdown files to articles, with the links between them and their pictures.

A file is known again by its path, which is the article's `external`, or by the `id` that an
export wrote into it. What the desk changed since the last import is not overwritten unasked.
docs/knowledge.md describes it.
"""

import itertools
import posixpath
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from desk import articles, lifecycle, markdownfile, model, store, yamltext
from desk.articles import MARKDOWN, PICTURES, TEXTS, WORKED_OUT
from desk.errors import DamagedError, DeskError, ManyError, RefusedError
from desk.folder import LINKED, Folder
from desk.lifecycle import Act
from desk.markdownfile import ELSEWHERE, HERE, LINK, OUTSIDE, Document
from desk.model import ARTICLE_FIELDS, Article, Value
from desk.policy import Policy
from desk.store import Desk, IdTakenError, Transaction, as_article

CREATED, CHANGED, UNCHANGED, REFUSED, LEFT = OUTCOMES = (
    "created", "changed", "unchanged", "refused", "left",
)  # fmt: skip
ARTICLES, FILES, BROKEN = "articles", "files", "broken"
LINKS = (ARTICLES, HERE, FILES, ELSEWHERE, OUTSIDE, BROKEN)
KEPT, MISSING = "kept", "missing"
PICTURE_ENDS = (KEPT, ELSEWHERE, OUTSIDE, REFUSED, MISSING)
_ENDINGS = (".md", ".markdown")
_READMES = ("README.md", "readme.md", "index.md")
_TEXT_FIELDS = ("title", *TEXTS[:-1])
# Front matter of these names is desk's; any other is a custom field.
_TAKEN = frozenset((*ARTICLE_FIELDS, *WORKED_OUT, "log", "external", PICTURES))


# --- what is told --------------------------------------------------------------------------


@dataclass(slots=True)
class Row:
    """What became of one file: `outcome` is one of OUTCOMES, `because` why it did not come in.

    `links` counts where each link leads and `pictures` what became of each, both with `found`
    as their sum. `unresolved` are the targets of those that lead nowhere, `notes` what else is
    to be known.
    """

    file: str
    id: str | None = None
    title: str = ""
    outcome: str = REFUSED
    because: str = ""
    links: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("found", *LINKS), 0))
    pictures: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("found", *PICTURE_ENDS), 0)
    )
    unresolved: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def count(self, counts: dict[str, int], end: str, target: str) -> None:
        """Count one link or picture by where it leads."""
        counts["found"] += 1
        counts[end] += 1
        if end in (BROKEN, MISSING, OUTSIDE, REFUSED):
            self.unresolved.append(target)

    def as_dict(self) -> dict[str, Value]:
        """The row as data."""
        return {
            "file": self.file,
            "id": self.id,
            "title": self.title or None,
            "outcome": self.outcome,
            "because": self.because or None,
            "links": {**self.links},
            "pictures": {**self.pictures},
            "unresolved": [*self.unresolved],
            "notes": [*self.notes],
        }


@dataclass(frozen=True, slots=True)
class Report:
    """What one import did, or would do if `dry_run`: a row a file, by path."""

    rows: tuple[Row, ...]
    dry_run: bool

    @property
    def refused(self) -> int:
        """How many files did not come in."""
        return sum(row.outcome == REFUSED for row in self.rows)

    def sentences(self) -> Iterator[str]:
        """The sums for people."""
        ends = {end: sum(row.outcome == end for row in self.rows) for end in OUTCOMES}
        would = "would be " if self.dry_run else ""
        yield (
            f"{_count(len(self.rows), 'file')}: {_count(ends[CREATED], 'article')} "
            f"{would}created, {ends[CHANGED]} changed, {ends[UNCHANGED]} unchanged; "
            f"{ends[REFUSED]} refused, {ends[LEFT]} left (no Markdown, or a link)"
        )
        for what, names in (("links", LINKS), ("pictures", PICTURE_ENDS)):
            sums = {
                name: sum(getattr(row, what)[name] for row in self.rows)
                for name in ("found", *names)
            }
            ends_of = ", ".join(f"{sums[name]} {_SAID[name]}" for name in names if sums[name])
            yield f"{sums['found']} {what}" + (f": {ends_of}" if ends_of else "")


_SAID = {
    ARTICLES: "to articles",
    HERE: "within their file",
    FILES: "to other files of the folder",
    ELSEWHERE: "to addresses",
    OUTSIDE: "out of the folder",
    BROKEN: "to nothing",
    KEPT: "kept",
    REFUSED: "refused",
    MISSING: "missing",
}


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


# --- what the files say --------------------------------------------------------------------


@dataclass(slots=True)
class _Source:
    """One file: what it gives an article, and where it points to.

    `targets` are paths of files in the folder, one for each such link; `shown` has for each
    picture how the text names it, and its path.
    """

    path: str
    external: str
    row: Row
    given: dict[str, Value]
    id: str = ""
    status: str = ""
    targets: list[tuple[str, str]] = field(default_factory=list)
    shown: dict[str, str] = field(default_factory=dict)


class _Files:
    """The files of the folder, to look targets up in: no target is ever opened as it stands."""

    def __init__(self, folder: Folder, paths: Collection[str]) -> None:
        self.folder = folder
        self.paths = frozenset(paths)
        self._folders = {"", *(above for path in paths for above in _above(path))}
        self._names: dict[str, str] = {}

    def meant(self, path: str) -> str:
        """The file that a link to the path means, empty for a folder, `?` for nothing."""
        stem = path.removesuffix(".html").removesuffix("/")
        within = [posixpath.join(path, name) for name in _READMES]
        for one in (path, *(stem + ending for ending in _ENDINGS), *within):
            if one in self.paths:
                return one
        return "" if path in self._folders else "?"

    def picture(self, path: str) -> str:
        """The name that a picture gets in a desk; raises DamagedError for what is none."""
        if path not in self._names:
            name = store.picture_name(self.folder.read(path, store.MAX_PICTURE), path)
            if not name:
                raise DamagedError("its name does not end as that of a picture")
            self._names[path] = name
        return self._names[path]


def _above(path: str) -> Iterator[str]:
    """The folders that a file is in."""
    while path := posixpath.dirname(path):
        yield path


def _is_markdown(path: str) -> bool:
    return path.lower().endswith(_ENDINGS)


def _source(files: _Files, path: str, under: str, policy: Policy) -> _Source:
    """What a file says.

    Raises DamagedError where it cannot be read.
    """
    text = yamltext.decode(files.folder.read(path, yamltext.MAX_BYTES))
    document = markdownfile.parse(text)
    reading = markdownfile.read(document.body)
    row = Row(path)
    source = _Source(path, posixpath.join(under, path), row, {})
    _take_front(source, document.front, policy)
    if document.comments:
        row.notes.append(f"not kept, comments of its front matter: {' '.join(document.comments)}")
    stem = posixpath.splitext(posixpath.basename(path))[0]
    titles = (str(source.given.get("title") or ""), reading.heading, stem)
    title = next(one for one in titles if one.strip())
    row.title = title if len(title.splitlines()) == 1 else " ".join(title.split())
    source.given |= {"title": row.title, "body": document.body or None}
    for kind, target in reading.references:
        _point(source, files, kind, target)
    names: dict[str, Value] = {place: files.picture(p) for place, p in source.shown.items()}
    source.given[PICTURES] = names or None
    row.notes += _what_is_missing(document, source.given)
    return source


def _what_is_missing(document: Document, given: Mapping[str, Value]) -> Iterator[str]:
    """What is to be known of a file without the text that one expects in it."""
    if document.is_unclosed:
        yield "it begins as front matter does and no second --- ends that: all of it is text"
    elif not any(str(given.get(name) or "").strip() for name in TEXTS):
        where = "text behind its front matter" if document.front else "text"
        yield f"it holds no {where}: the article has a title and nothing to read"


def _take_front(source: _Source, front: Mapping[str, Value], policy: Policy) -> None:
    """The fields that front matter gives; what desk cannot use as it means it is kept aside."""
    for name, value in front.items():
        if value in (None, "", []):
            continue
        if name == "id" and store.is_record_name(f"{value}.yaml"):
            source.id = str(value)
        elif name == "status" and value in model.ARTICLE_STATUSES:
            source.status = str(value)
        elif name in _TAKEN:
            known = _known(name, value, policy)
            if known is None:
                kept = _keep(source, f"imported_{name}", value)
                why = "no tag such as zh or en" if name == "language" else "none of this desk's"
                source.row.notes.append(f"its {name} is {why}: kept as {kept}")
            else:
                source.given[name] = known
        else:
            wanted = model.custom_name(name, _TAKEN)
            kept = _keep(source, wanted, value)
            if kept != wanted:
                source.row.notes.append(f"its {name} is kept as {kept}: another is {wanted}")


def _keep(source: _Source, name: str, value: Value) -> str:
    """Keep a custom field, where its name is in use under one with a number; that name."""
    names = (f"{name}_{number}" if number > 1 else name for number in itertools.count(1))
    kept = next(one for one in names if one not in source.given)
    source.given[kept] = value
    return kept


def _known(name: str, value: Value, policy: Policy) -> Value:
    """The value of a field of desk's as desk has it, None where it can have no such value."""
    if name == "tags":
        texts = [t.strip() for t in value.split(",")] if isinstance(value, str) else value
        if isinstance(texts, list) and all(isinstance(one, (str, int)) for one in texts):
            return list(dict.fromkeys(str(one) for one in texts if str(one).strip())) or None
    if not isinstance(value, (str, int)) or isinstance(value, bool):
        return None
    text = str(value)
    if name in _TEXT_FIELDS:
        return text or None
    if name == "language":
        return text if articles.is_language(text) else None
    try:
        if name == "owner":
            return policy.person(text)
        return policy.checked(name, text) if name in ("category", "audience") else None
    except RefusedError:
        return None


def _point(source: _Source, files: _Files, kind: str, target: str) -> None:
    """Account for one link or picture of a file."""
    row = source.row
    where, path = markdownfile.place_of(target, source.path)
    counts, nothing = (row.links, BROKEN) if kind == LINK else (row.pictures, MISSING)
    meant = path if kind != LINK else files.meant(path)
    if where:
        row.count(counts, MISSING if kind != LINK and where == HERE else where, target)
    elif meant == source.path:
        row.count(counts, HERE, target)
    elif _is_markdown(meant) and kind == LINK:
        source.targets.append((meant, target))
    elif kind == LINK:
        row.count(counts, nothing if meant == "?" else FILES, target)
        if meant in files.paths:
            _show(source, files, meant)
    elif meant not in files.paths:
        row.count(counts, nothing, target)
    else:
        row.count(counts, KEPT if _show(source, files, meant) else REFUSED, target)


def _show(source: _Source, files: _Files, path: str) -> bool:
    """Keep a file that a text points to, if it is a picture that can be kept."""
    try:
        files.picture(path)
    except DamagedError as error:
        if store.picture_name(b"", path):
            source.row.notes.append(f"{path}: {error}")
        return False
    source.shown[posixpath.relpath(path, posixpath.dirname(source.path) or ".")] = path
    return True


# --- from files to articles ----------------------------------------------------------------


def import_folder(
    desk: Desk,
    folder: Folder,
    act: Act,
    *,
    under: str = "",
    publish: bool = False,
    force: bool = False,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Report:
    """Bring the Markdown files of a folder into the desk, all in one transaction.

    Their outside paths begin with `under`. With `publish` new ones are published, with `force`
    the text of a file goes before what was changed on the desk since it was last imported.
    Raises RefusedError where whoever acts may not, UsageError, BusyError, StorageError.
    """
    articles.check_may_import(act, publish=publish)
    found = folder.entries()
    files = _Files(folder, [path for path, problem in found if not problem])
    texts = [path for path in sorted(files.paths) if _is_markdown(path)]
    sources, rows = [], _left(found, texts)
    for done, path in enumerate(texts):
        progress(done, len(texts))
        try:
            sources.append(_source(files, path, under, act.policy))
            rows.append(sources[-1].row)
        except DamagedError as error:
            rows.append(Row(path, because=_reason(error)))
    run = _Run(desk, files, act, publish=publish, force=force)
    with desk.changing(act.at, act.by) as transaction:
        run.bring_in(sources, transaction)
    came_in = [source for source in sources if source.row.outcome != REFUSED]
    shown = {path for source in came_in for path in source.shown.values()}
    kept = [row for row in rows if row.file not in shown]
    return Report(tuple(sorted(kept, key=lambda row: row.file)), desk.dry_run)


def _left(found: Iterable[tuple[str, str]], texts: Collection[str]) -> list[Row]:
    """The rows of what is no Markdown, or cannot be read."""
    rows = []
    for path, problem in found:
        if path not in texts:
            name = store.shown(path)
            because = problem or "no Markdown, and no text shows it"
            refused = problem and problem != LINKED
            rows.append(Row(name, outcome=REFUSED if refused else LEFT, because=because))
    return rows


class _Run:
    """One import: finds for each file its article, and writes what is new in it."""

    def __init__(self, desk: Desk, files: _Files, act: Act, *, publish: bool, force: bool) -> None:
        self._desk = desk
        self._files = files
        self._act = act
        self._publish = publish
        self._force = force
        # The ids of the articles by their outside numbers, and all of them.
        self._by_external: dict[str, list[str]] = {}
        self._ids: set[str] = set()
        # What has come in: the source by its id, the id by its path.
        self._in: dict[str, _Source] = {}
        self._id_of: dict[str, str] = {}

    def bring_in(self, sources: Iterable[_Source], transaction: Transaction) -> None:
        """Write the articles, then the links between them."""
        for article in self._desk.articles(lambda _: None):
            self._ids.add(article.id)
            if external := article.text("external"):
                self._by_external.setdefault(external, []).append(article.id)
        for source in sources:
            try:
                self._take(source, transaction)
            except ManyError.ONE_RECORD as error:
                source.row.outcome, source.row.because = REFUSED, _reason(error)
        self._link(transaction)
        for source in sources:
            for path, target in source.targets:
                end = ARTICLES if path in self._id_of else FILES
                source.row.count(source.row.links, end, target)

    def _take(self, source: _Source, transaction: Transaction) -> None:
        pictures = dict(map(self._picture, source.shown.values()))
        record_id = self._known(source)
        source.row.id = record_id or None
        if record_id:
            self._update(source, record_id, transaction)
        else:
            record_id = self._create(source, transaction)
        self._in[record_id], self._id_of[source.path] = source, record_id
        for name, data in pictures.items():
            transaction.keep_picture(name, data)

    def _picture(self, path: str) -> tuple[str, bytes]:
        name, data = self._files.picture(path), self._files.folder.read(path, store.MAX_PICTURE)
        if store.picture_name(data, name) != name:
            raise RefusedError(f"{path} was changed meanwhile; import it again")
        return name, data

    def _known(self, source: _Source) -> str:
        """The id of the article that the file is of, empty for a new one.

        Raises RefusedError where it is that of another file too, or of several.
        """
        by_path = self._by_external.get(source.external, [])
        if len(by_path) > 1:
            raise RefusedError(f"{', '.join(by_path)} all have its path as external")
        record_id = source.id if source.id in self._ids else next(iter(by_path), "")
        if record_id in self._in:
            raise RefusedError(f"{self._in[record_id].path} is of {record_id} already")
        return record_id

    def _update(self, source: _Source, record_id: str, transaction: Transaction) -> None:
        before = as_article(transaction.read(record_id))
        # First of all: what a file is compared with is told by how that ends.
        articles.check_read_whole(before, self._act.policy.rights_of(self._act.by))
        change = _change(before, source.given, force=self._force)
        after = articles.edited(before, self._act, change, source=MARKDOWN) if change else before
        if self._publish and after.status == articles.DRAFT and _may_publish(source):
            after = articles.published(after, self._act)
        if after != before:
            transaction.replace(after)
        source.row.outcome = UNCHANGED if after == before else CHANGED

    def _create(self, source: _Source, transaction: Transaction) -> str:
        attempt = 0
        while True:
            number = store.hashed_number(MARKDOWN, source.external, attempt)
            record_id = store.new_id(articles.PREFIX, self._act.at, number)
            try:
                if record_id in self._in:
                    raise IdTakenError(record_id)
                transaction.create(self._built(source, record_id))
            except IdTakenError:
                attempt += 1
                continue
            source.row.id, source.row.outcome = record_id, CREATED
            return record_id

    def _built(self, source: _Source, record_id: str, links: Iterable[str] = ()) -> Article:
        fields = {**source.given, "external": source.external, "links": list[Value](links)}
        title = str(fields.pop("title"))
        draft = articles.drafted(record_id, self._act, title, fields, source=MARKDOWN)
        if source.status == articles.RETIRED:
            return articles.retired(draft, self._act)
        if self._publish and _may_publish(source):
            return articles.published(draft, self._act)
        return draft

    def _link(self, transaction: Transaction) -> None:
        """Write links between the articles whose files point to each other."""
        others: dict[str, dict[str, None]] = {record_id: {} for record_id in self._in}
        for one, source in self._in.items():
            for path, _ in source.targets:
                other = self._id_of.get(path, one)
                moved = {source.row.outcome, self._in[other].row.outcome} != {UNCHANGED}
                if other != one and moved:
                    others[one][other] = others[other][one] = None
        for record_id, linked in others.items():
            source = self._in[record_id]
            links = [f"related {other}" for other in linked]
            if links and source.row.outcome == CREATED:
                transaction.replace(self._built(source, record_id, links))
            elif links:
                self._link_known(source, record_id, linked, transaction)

    def _link_known(
        self, source: _Source, record_id: str, others: Iterable[str], transaction: Transaction
    ) -> None:
        before = article = as_article(transaction.read(record_id))
        for other in others:
            article = as_article(lifecycle.with_link(article, self._act, "related", other))
        if article != before:
            transaction.replace(article)
            source.row.outcome = CHANGED


def _may_publish(source: _Source) -> bool:
    """Whether a file leaves it open, or says itself, that it is to be published."""
    return source.status in ("", articles.PUBLISHED, articles.OUTDATED)


def _reason(error: DeskError) -> str:
    if isinstance(error, DamagedError) and error.line is not None:
        return f"line {error.line}: {error.problem}"
    return str(error)


def _change(article: Article, given: Mapping[str, Value], *, force: bool) -> dict[str, Value]:
    """The fields that a file gives anew since it was last imported.

    Raises RefusedError where the desk has something else in one of them, that is not the import's.
    """
    last = articles.imported(article)
    new = {
        name: value
        for name, value in given.items()
        if value != article.head.get(name) and (force or value != last.get(name))
    }
    clashes = [name for name in new if article.head.get(name) != last.get(name)]
    if clashes and not force:
        raise RefusedError(
            f"{_why_they_clash(article, clashes)}; settle it there, or --force takes what the "
            "file says"
        )
    return new


def _why_they_clash(article: Article, names: Sequence[str]) -> str:
    """Why fields are not taken from a file that says something else in them than the desk."""
    last = articles.imported(article)
    is_from_file = any(
        event.did == "new" and event.text("source") == MARKDOWN for event in article.log
    )
    changed = [name for name in names if is_from_file or name in last]
    own = [name for name in names if name not in changed]
    reasons = []
    if changed:
        reasons.append(
            f"{' and '.join(changed)} of {article.id} changed on the desk since it was last "
            "imported, and in the file too"
        )
    if own:
        reasons.append(
            f"{' and '.join(own)} of {article.id} never came from a file, and this one says "
            "something else"
        )
    return "; ".join(reasons)
