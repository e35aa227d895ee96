"""What the records' files say, kept ready in SQLite: derived, private, safe to delete.

A file is always right, the index never is; so before each answer the folder is looked at (see
looking), and the index brought up to date where something had changed.
"""

import heapq
import itertools
import operator
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias, TypeVar

from desk import cores, looking, model, stamps, stored
from desk.errors import DamagedError, NotFoundError, RefusedError
from desk.indexfile import FILE, VERSION, IndexFile
from desk.looking import Changes, Known
from desk.model import Record, Ticket
from desk.stamps import Stamp
from desk.store import Desk, is_in_place

if TYPE_CHECKING:
    from desk.experience import Experience
    from desk.facts import Case
    from desk.factset import FactSet
    from desk.fields import AsOf

Progress: TypeAlias = Callable[[int, int], None]
OnDamage: TypeAlias = Callable[[DamagedError], None]
Answer = TypeVar("Answer")

Among: TypeAlias = Literal["all", "unended", "live"]
Found: TypeAlias = Literal["all", "live", "articles"]
_MOST = (1 << 63) - 1  # that SQLite can count to
_TRIES = 3  # of an answer while other commands are killed
_MANY = 1500  # from about so many files a look at them beside an answer spares time
_ALL = "SELECT id, head, log FROM file JOIN record USING (number)"
# "rank > 0" is what SQLite recognises the partial index by.
_UNENDED_ONES = """
SELECT number, id, inode, head FROM file JOIN record USING (number) WHERE rank > 0
"""
_LIVE_ONES = f"{_UNENDED_ONES} AND rank = {stored.LIVE}"
_LOOKED_AT = """
SELECT folder, id, changed, size, inode FROM file WHERE rank > 0 AND (folder != 'kb' OR changed < 0)
"""
_PRESSING = """
SELECT * FROM (
    SELECT
        number, {ended} AS ended, CASE priority {places} END AS place, priority, opened, id
    FROM file WHERE rank {rank} AND priority IS NOT NULL
    ORDER BY place, priority, opened, id LIMIT ?1
)
"""
# SQLite asks for the ended ones only where the live ones are fewer than wanted.
_HEADS = """
SELECT head FROM (SELECT * FROM ({}) LIMIT ?1) JOIN record USING (number)
ORDER BY ended, place, priority, opened, id
"""
_IN_ORDER = f"""
SELECT head, {{unknown}} FROM (
    SELECT {{columns}} FROM file
    WHERE rank = {stored.LIVE} AND priority IS NOT NULL ORDER BY {{order}} LIMIT :limit
) JOIN record USING (number) ORDER BY {{order}}
"""  # noqa: S608
_KEY = "(SELECT key FROM sort_key WHERE sort_key.number = file.number AND field = :name{})"
_AGE = "CAST(:now - opened AS INTEGER)"
_COUNTS = f"""
SELECT
    count(*) FILTER (WHERE folder != 'kb' AND damage IS NULL),
    count(*) FILTER (WHERE folder = 'kb' AND damage IS NULL),
    count(*) FILTER (WHERE rank = {stored.LIVE} AND damage IS NULL),
    count(*) FILTER (WHERE damage IS NOT NULL)
FROM file
"""  # noqa: S608
_ODD = "SELECT path, odd FROM folder WHERE odd != x'' ORDER BY path = 'kb', path"
_HITS = """
SELECT id, score FROM (
    SELECT rowid AS number, bm25(text, 8.0, 2.0, 1.0) AS score FROM text WHERE text MATCH ?
) JOIN file USING (number) WHERE {} ORDER BY score, id DESC LIMIT ?
"""
_COUNT = "SELECT count(*) FROM text WHERE text MATCH ?"
# The same where the logs of articles are not for whoever asks.
_SCORED = "SELECT rowid AS number, bm25(text, 8.0, 2.0, 1.0) AS score FROM text WHERE text MATCH"
_SEPARATE = f"""
SELECT id, score, folder, rank FROM ({_SCORED} ?1) JOIN file USING (number) WHERE folder != 'kb'
UNION ALL
SELECT id, score, folder, rank FROM ({_SCORED} '- log : (' || ?1 || ')')
JOIN file USING (number) WHERE folder = 'kb'
"""  # noqa: S608
_SEPARATE_HITS = f"SELECT id, score FROM ({_SEPARATE}) WHERE {{}} ORDER BY score, id DESC LIMIT ?2"  # noqa: S608
_SEPARATE_COUNT = f"SELECT count(*) FROM ({_SEPARATE})"  # noqa: S608
_AMONG = {
    "all": "TRUE",
    "live": f"rank = {stored.LIVE}",
    "articles": "folder = 'kb'",
}
_AT_ONCE = 50  # records that are read from a list of hits


class Hit(NamedTuple):
    """A record that full text found; a smaller score is a better hit."""

    record: Record
    score: float


class State(NamedTuple):
    """What the index of a desk holds, how it is kept, and what this run did to it.

    `kept` is "file" or, where it cannot be written, "memory"; then `bytes` is 0.
    """

    tickets: int
    articles: int
    live: int
    damaged: int
    kept: str
    file: str
    bytes: int
    files_read: int
    made_anew: bool
    version: int
    sqlite: str


class Index:
    """The index of one desk. Every answer is as of a look at the folder made for it."""

    # How many records full text has, in SQL.
    _COUNT = _COUNT

    def __init__(self, desk: Desk, progress: Progress = lambda _done, _total: None) -> None:
        self._desk = desk
        self._progress = progress
        self._file = IndexFile(desk, self._fill)
        self._looked = (False, False)  # at every file, at all
        self._files_read = 0
        self._was_made_anew = False
        self._without_logs = False

    # --- answers ---------------------------------------------------------------------------

    def records(
        self, on_damage: OnDamage, *, every: bool = True, among: Among = "all"
    ) -> Iterator[Record]:
        """All records, those not ended, or live ones; `on_damage` is told of damaged files.

        With `every` each file is looked at first.
        """
        self.look(every=every)
        self.tell_damage(on_damage)
        if among == "all":
            for record_id, head, log in self._file.reading().execute(_ALL):
                yield stored.record(record_id, head, log.__str__)
            self._file.release()
            return
        query = _LIVE_ONES if among == "live" else _UNENDED_ONES
        for number, record_id, inode, head in self._rows(query):
            yield stored.record(record_id, head, partial(self._log, number, record_id, inode))

    def tell_damage(self, on_damage: OnDamage) -> None:
        """Tell of every damaged file, and of those that are in no record's place."""
        self.look()
        for error in self._desk.damaged_folders():
            on_damage(error)
        for folder, names in self._rows(_ODD):
            for error in self._desk.strays(folder, os.fsdecode(names).split("/")):
                on_damage(error)
        for (damage,) in self._rows(
            "SELECT damage FROM file WHERE damage IS NOT NULL ORDER BY folder = 'kb', folder, id"
        ):
            on_damage(DamagedError(*stored.from_json(damage)))

    def _log(self, number: int, record_id: str, inode: int) -> str:
        """The log of a record, from its file where the index has another state of it by now."""
        query = "SELECT log FROM file JOIN record USING (number) WHERE number = ? AND inode = ?"
        found = self._rows(query, number, inode)
        if found and inode >= 0:
            log: str = found[0][0]
            return log
        try:
            return stored.log_of(self._desk.read(record_id))
        except (NotFoundError, DamagedError):  # since it was listed
            return "[]"

    def tickets(
        self, on_damage: OnDamage, *, every: bool = True, among: Among = "all"
    ) -> Iterator[Ticket]:
        """The tickets among `records`."""
        for record in self.records(on_damage, every=every, among=among):
            if isinstance(record, Ticket):
                yield record

    def pressing(
        self, priorities: Sequence[str], *, limit: int = -1, ended: bool = False
    ) -> list[str]:
        """The heads of live tickets as JSON, in the order of fields.in_order; or of all.

        `priorities` are the policy's. At most `limit`; a negative one is none.
        """
        self.look()
        values: list[object] = [min(limit, _MOST)]
        places = ""
        for place, name in enumerate((*priorities, "")):
            values.append(name)
            places += f"WHEN ?{len(values)} THEN {place if name else place + 1} "
        places += f"ELSE {len(priorities)}"
        groups = [_PRESSING.format(ended=0, rank=f"= {stored.LIVE}", places=places)]
        if ended:
            groups.append(_PRESSING.format(ended=1, rank=f"< {stored.LIVE}", places=places))
        query = _HEADS.format("UNION ALL".join(groups))
        return [head for (head,) in self._rows(query, *values)]

    def in_order(self, by: Sequence[tuple[str, bool]], as_of: "AsOf", limit: int = -1) -> list[str]:
        """The heads of live tickets as JSON, in the order of fields.by_fields for `by`.

        By any of sort_fields where has_sort_key or where all lack it, and by those of moments
        where none has. At most `limit`; a negative one is none.
        """
        self.look()
        query = _in_order_by(by)
        values: dict[str, object] = {f"name{at}": name for at, (name, _) in enumerate(by)}
        values |= {"now": as_of.now.timestamp(), "limit": min(limit, _MOST)}
        if ":digest" in query:
            values["digest"] = self._desk.policy_digest
        # In one statement, so that no other command forgets some in between.
        while (rows := self._rows(query, **values)) and rows[0][1]:
            self._learn_clocks(as_of)
        return [head for head, _ in rows]

    def _learn_clocks(self, as_of: "AsOf") -> None:
        """Work out the clocks of the live tickets of which they are not known by this policy."""
        from desk import clockindex

        digest = self._desk.policy_digest
        self._file.change(partial(clockindex.learn, digest=digest, as_of=as_of))

    def has_sort_key(self, field: str) -> bool:
        """Whether a live ticket has that field, by name; those of moments are never kept."""
        self.look()
        found = self._rows("SELECT EXISTS (SELECT 1 FROM sort_key WHERE field = ?)", field)
        return bool(found[0][0])

    def facts(self, on_damage: OnDamage, since: float) -> "tuple[FactSet, Iterator[Case]]":
        """The facts of all tickets, of whole logs, by the policy of the desk.

        Together of those to which nothing happened at `since` or later, one by one of the rest.
        Every file is looked at first.
        """
        from desk import factindex

        self.look(every=True)
        self.tell_damage(on_damage)
        self._learn_facts()
        connection = self._file.reading()  # one state for both
        return factindex.settled(connection, since), factindex.cases(connection, since)

    def _learn_facts(self) -> None:
        """Work out the facts of the tickets of which they are not known by this policy."""
        from desk import factindex

        digest, promises = self._desk.policy_digest, self._desk.policy.promises
        if not factindex.is_known(self._file.connection(), digest):
            path = None if self._file.private else self._file.path
            self._file.change(partial(factindex.learn, digest=digest, promises=promises, path=path))

    def field_names(self) -> set[str]:
        """The names of all fields in the heads of tickets."""
        self.look()
        names = (
            "SELECT DISTINCT key FROM file JOIN record USING (number), json_each(head)"
            " WHERE folder != 'kb'"
        )
        return {name for (name,) in self._rows(names)}

    def live_field_names(self) -> list[str]:
        """The names of all fields of live tickets, of mappings also `name.part`."""
        self.look()
        return [name for (name,) in self._rows("SELECT DISTINCT field FROM sort_key ORDER BY 1")]

    def named(self, part: str) -> str:
        """The id that `part` names: the id, an unambiguous part of it, or an outside number.

        Raises NotFoundError for none and for several (with the candidates).
        """
        if exact := self._desk.whole_id(part):
            return exact
        fits = self._ids_with(model.forgiven(part))
        if len(fits) != 1 or not any(character.isalpha() for character in part):
            others = self.ids_of_external(part.strip())
            fits = others if len(fits) != 1 and others else list(dict.fromkeys(fits + others))
        if len(fits) == 1:
            return fits[0]
        if not fits:
            raise NotFoundError(f"no record is named {part!r}; `desk list --all` shows them")
        shown = ", ".join(fits[:8]) + (f" and {len(fits) - 8} more" if len(fits) > 8 else "")
        raise NotFoundError(f"{part!r} is part of {len(fits)} ids: {shown}; give more of it")

    def _ids_with(self, wanted: str) -> list[str]:
        """The ids that contain that part, or the one that is it, tickets first; see forgiven."""
        fits = []
        for ids in self._ids_by_folder(wanted) if wanted else ():
            if wanted in model.forgiven(ids):
                fits += [one for one in ids.split() if wanted in model.forgiven(one)]
        return [one for one in fits if model.forgiven(one) == wanted] or fits

    def _ids_by_folder(self, wanted: str) -> Iterator[str]:
        """The ids in each folder, in one text, those that contain that part among them.

        A folder that changed is listed, not the index.
        """
        known: dict[str, list[Any]] = {}
        if not self._desk.dry_run and (self._file.is_open or self._file.is_trusted()):
            rows = self._rows("SELECT path, changed, size, inode, ids FROM folder")
            known = {path: row for path, *row in rows}
        for folder in self._desk.folders():
            *stood, ids = known.get(folder, (0, ""))
            stamp = stamps.of_folder(f"{self._desk.root}/{folder}")
            if stamp is not None and stood == list(stamp):
                yield ids
            else:
                names = (one for one in self._desk.names(folder) if wanted in model.forgiven(one))
                fits = (one for one in names if is_in_place(folder, one))
                yield " ".join(one.removesuffix(".yaml") for one in fits)

    def ids_of_external(self, number: str) -> list[str]:
        """The ids of the records that have that number elsewhere, whatever its case.

        Every file is looked at: nothing may be done to a ticket that gave its number away.
        """
        self.look(every=True)
        wanted = "SELECT id FROM file WHERE external = ? AND external != '' ORDER BY id"
        return [one for (one,) in self._rows(wanted, number.casefold())]

    def check_external_free(self, number: str) -> None:
        """Raise RefusedError if a record has that outside number already."""
        if taken := self.ids_of_external(number):
            raise RefusedError(f"external {number!r} is the number of {taken[0]} already")

    def search(self, match: str, limit: int = -1, among: Found = "all") -> Iterator[Hit]:
        """The hits of an FTS5 expression (see fulltext.match), the best first, then the newest.

        They are read as they are asked for; a negative `limit` is none.
        """
        hits = self.hits(match, limit, among)
        for start in range(0, len(hits), _AT_ONCE):
            scores = dict(hits[start : start + _AT_ONCE])
            marks = ",".join("?" * len(scores))
            rows = self._rows(f"{_ALL} WHERE id IN ({marks})", *scores)
            found = {record_id: (head, log) for record_id, head, log in rows}
            for record_id, score in scores.items():
                if record_id in found:
                    head, log = found[record_id]
                    yield Hit(stored.record(record_id, head, log.__str__), score)

    def hits(self, match: str, limit: int = -1, among: Found = "all") -> list[tuple[str, float]]:
        """The ids of the hits of `search`, each with its score."""
        self.look()
        return self._rows(self._hits_among(among), match, min(limit, _MOST))

    def leave_out_logs_of_articles(self) -> None:
        """From here on full text finds nothing by what stands in the log of an article."""
        self._without_logs = True

    def _hits_among(self, among: Found) -> str:
        """The hits of full text in SQL."""
        return (_SEPARATE_HITS if self._without_logs else _HITS).format(_AMONG[among])

    def experience(self) -> "Experience":
        """What resolved tickets teach, after learning from those that it has not learnt from."""
        from desk import experience

        if self.to_learn():
            self._file.change(partial(experience.learn_what_is_due, progress=self._progress))
        return experience.Experience(self._file.connection())

    def to_learn(self) -> int:
        """From how many tickets `experience` would learn first; a thousand take a second or so."""
        self.look()
        return int(self._rows("SELECT count(*) FROM due")[0][0])

    def number_of(self, record_id: str) -> int:
        """The number of a record's row, 0 where there is none."""
        self.look()
        rows = self._rows("SELECT number FROM file WHERE id = ?", record_id)
        return int(rows[0][0]) if rows else 0

    def has(self, match: str) -> int:
        """How many records an FTS5 expression holds for."""
        self.look()
        query = _SEPARATE_COUNT if self._without_logs else self._COUNT
        ((count,),) = self._rows(query, match)
        return int(count)

    def words(self) -> list[str]:
        """The English words that occur in titles and descriptions, for corrections."""
        return [word for (word,) in self._rows("SELECT word FROM word")]

    def state(self) -> State:
        """The state of the index after a look at every file."""
        self.look(every=True)
        ((tickets, articles, live, damaged),) = self._rows(_COUNTS)
        return State(
            tickets,
            articles,
            live,
            damaged,
            kept="memory" if self._file.private else "file",
            file=FILE,
            bytes=self._file.size,
            files_read=self._files_read,
            made_anew=self._was_made_anew,
            version=VERSION,
            sqlite=sqlite3.sqlite_version,
        )

    def check(self) -> list[str]:
        """Make the index anew; what in the old one, after a look at every file, was otherwise.

        That is ids of records, or `full text`.
        """
        self.look(every=True)
        before = self._file.take()
        after = self._file.rebuild()
        try:
            return _differences(before, after)
        except sqlite3.DatabaseError as error:
            return [f"the file itself ({error})"]
        finally:
            before.close()

    def rebuild(self) -> None:
        """Make the index anew from the files, in memory where it cannot be written."""
        self._file.rebuild()

    def distrust(self) -> None:
        """Have the next command make the index anew."""
        self._file.distrust()

    def _rows(self, query: str, *values: object, **named: object) -> list[Any]:
        """The answer to a query, from an index that was whole meanwhile."""
        given = named or values
        for _ in range(_TRIES):
            try:
                rows = self._file.connection().execute(query, given).fetchall()
            except sqlite3.DatabaseError:
                self._file.rebuild()
                continue
            if self._file.is_sound():
                return rows
            every, looked = self._looked
            self._leave_file()
            if looked:
                self.look(every=every)
        self._file.in_memory()
        return self._file.connection().execute(query, given).fetchall()

    def _leave_file(self) -> None:
        self._file.leave()
        self._looked = (False, False)

    # --- looking at the folder -------------------------------------------------------------

    def answered(self, answer: Callable[[], Answer], *, every: bool = False) -> Answer:
        """What `answer` gives, as of a look at the folder, with `every` at every file.

        Where there are many files another process looks at them meanwhile; where that finds
        something changed, `answer` is called again. So it may do nothing but answer.
        """
        try:
            return self._answered(answer, every=every)
        except sqlite3.DatabaseError:
            self._file.rebuild()
            return self._released(answer)

    def _answered(self, answer: Callable[[], Answer], *, every: bool) -> Answer:
        if not self._is_worth_a_process(every=every):
            self.look(every=every)
            return self._released(answer)
        self._file.reading()  # the state that is looked at is the one that answers
        unchanged = self._unchanged(every=every)
        self._looked = (every, True)
        try:
            found = self._released(answer)
        except Exception:  # which a look at the folder might have spared
            if unchanged():
                raise
        else:
            if unchanged():
                return found
        self._looked = (False, False)
        self.look(every=every)
        return self._released(answer)

    def _unchanged(self, *, every: bool) -> Callable[[], bool]:
        """Begin to look at the folder; what is returned waits and tells whether it is as known."""
        known = self._known()
        return cores.beside(lambda: looking.is_unchanged(self._desk, known, every=every))

    def _released(self, answer: Callable[[], Answer]) -> Answer:
        """What `answer` gives; others may write the index again after it."""
        try:
            return answer()
        finally:
            self._file.release()

    def _is_worth_a_process(self, *, every: bool) -> bool:
        self._file.connection()  # which looks at every file where it is made anew
        if self._looked >= (every, True) or self._desk.dry_run or cores.count() == 1:
            return False
        unended = "SELECT count(*) FROM file WHERE rank > 0"
        counted = self._rows("SELECT count(*) FROM file" if every else unended)
        return bool(counted[0][0] >= _MANY)

    def _known(self) -> Known:
        """What is known of the folder."""
        connection = self._file.connection()
        folders = connection.execute("SELECT path, changed, size, inode, seal FROM folder")
        return Known(
            {path: (Stamp(*stamp), seal) for path, *stamp, seal in folders},
            connection.execute(_LOOKED_AT).fetchall(),
            self._files_of,
        )

    def _files_of(self, folder: str) -> dict[str, Stamp]:
        query = "SELECT id, changed, size, inode FROM file WHERE folder = ?"
        rows = self._file.connection().execute(query, (folder,))
        return {f"{record_id}.yaml": Stamp(*stamp) for record_id, *stamp in rows}

    def look(self, *, every: bool = False) -> None:
        """Bring the index up to date with the folder, once in a run of the program.

        Raises StorageError where a folder cannot be listed.
        """
        self._file.connection()  # which looks at every file where it is made anew
        if self._looked >= (every, True):
            return
        try:
            changes = looking.changes(self._desk, self._known(), every=every)
        except sqlite3.DatabaseError:
            self._file.rebuild()
            return
        if not self._file.is_sound():
            self._leave_file()
            self.look(every=every)
            return
        if changes:
            self._file.change(partial(self._write, changes))
        self._looked = (every, True)

    def look_again(self) -> None:
        """Forget that the folder was looked at: somebody may have changed it since."""
        self._looked = (False, False)

    def _fill(self, connection: sqlite3.Connection) -> None:
        """Make all tables, from all files."""
        from desk import indexrows

        nothing = Known({}, (), lambda _: {})
        changes = looking.changes(self._desk, nothing, every=False)
        self._files_read = indexrows.fill(connection, self._desk, changes, self._progress)
        self._was_made_anew = True
        self._looked = (True, True)

    def _write(self, changes: Changes, connection: sqlite3.Connection) -> None:
        from desk import indexrows

        self._files_read += indexrows.write(connection, self._desk, changes, self._progress)


def _in_order_by(by: Sequence[tuple[str, bool]]) -> str:
    """The heads of live tickets in that order, and how many lack a clock that they go by, in SQL.

    Its values are `now`, `limit`, for clocks `digest`, and the fields as `name0`, `name1` …
    """
    from desk.fields import OF_CLOCKS

    of_moments, unknown = {"age": _AGE}, "0"
    if any(name in OF_CLOCKS for name, _ in by):
        from desk import clockindex  # which few lists need

        of_moments |= clockindex.SORT_KEYS
        unknown = f"(SELECT count(*) {clockindex.MISSING})"
    keys = [
        f"{of_moments.get(name) or _KEY.format(at)} AS key{at}" for at, (name, _) in enumerate(by)
    ]
    order = [
        f"key{at} {'DESC' if downward else 'ASC'} NULLS LAST" for at, (_, downward) in enumerate(by)
    ]
    return _IN_ORDER.format(
        columns=", ".join(("number", "id", *keys)),
        order=", ".join((*order, "id")),
        unknown=unknown,
    )


_ALL_ROWS = """
SELECT id, folder, rank, external, damage, priority, opened, head, log
FROM file LEFT JOIN record USING (number) ORDER BY id
"""


def _differences(before: sqlite3.Connection, after: sqlite3.Connection) -> list[str]:
    """The ids of records that two indexes have otherwise, or `full text` if only that differs."""
    of_id = operator.itemgetter(0)
    rows = heapq.merge(before.execute(_ALL_ROWS), after.execute(_ALL_ROWS), key=of_id)
    groups = ((record_id, list(group)) for record_id, group in itertools.groupby(rows, key=of_id))
    if differing := [record_id for record_id, group in groups if group != group[:1] * 2]:
        return differing
    words = itertools.zip_longest(_vocabulary(before), _vocabulary(after))
    return [] if all(one == other for one, other in words) else ["full text"]


def _vocabulary(connection: sqlite3.Connection) -> sqlite3.Cursor:
    """Each word of the full text, with how many records have it and how often it stands there."""
    connection.execute("CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab(main, text, row)")
    return connection.execute("SELECT * FROM temp.vocabulary")
