"""The rows of an export by ticket: a CSV file, read and checked as its map says."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, tzinfo
from pathlib import Path
from typing import IO, NamedTuple, TypeAlias

from desk import dates, importmap, model, yamltext
from desk.errors import DamagedError, UsageError, nearest
from desk.importmap import Column, Map, State

Row: TypeAlias = tuple[str, ...]
_LONGEST_LINE = 1 << 20
_YEARS = range(1970, 2070)
_OWN_STATES = {status: State(status) for status in model.STATUSES}


class Refusal(NamedTuple):
    """A row (or ticket) that did not come in; `line` is that of its (first) row, from 1."""

    line: int
    reason: str


class Lines:
    """The lines of a file, of which those of a row that went wrong can be read again."""

    def __init__(self, file: IO[str], longest: int = _LONGEST_LINE) -> None:
        self._file = file
        self._longest = longest
        self._again: list[str] = []
        self.number = 0
        self.taken: list[str] = []

    def __iter__(self) -> "Lines":
        return self

    def __next__(self) -> str:
        line = self._again.pop() if self._again else self._file.readline(self._longest)
        if not line:
            raise StopIteration
        self.number += 1
        self.taken.append(line)
        return line

    def give_back(self) -> None:
        """All but the first line of the row are read again, as rows of their own."""
        self._again += reversed(self.taken[1:])
        self.number -= len(self.taken) - 1


def rows_of(lines: Lines, separator: str = ",") -> Iterator[tuple[int, list[str] | str]]:
    """(line, cells) of each row, (line, reason) of one that is no row; the header first.

    A row that goes wrong may have swallowed others by an open quote: these are read again.
    """
    import csv

    reader = csv.reader(lines, delimiter=separator, strict=True)
    width = 0
    while True:
        lines.taken.clear()
        line = lines.number + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            lines.give_back()
            yield line, f"this is no row of a CSV file: {error}"
            continue
        width = width or len(cells)
        if any("\0" in taken for taken in lines.taken):
            yield line, "a NUL character stands in it, which no text has; the file is damaged"
        elif cells and len(cells) != width:
            lines.give_back()
            yield line, f"its number of columns is {len(cells)}, and that of the header {width}"
        elif cells:
            yield line, cells


@contextmanager
def opened(path: Path, encoding: str) -> Iterator[IO[str]]:
    """The file as text, unpacked if it is gzipped.

    Raises UsageError where there is no file, DamagedError (also while it is read) where it is
    no such text.
    """
    import gzip
    import zlib

    try:
        with _as_text(path, encoding) as file:
            yield file
    except UnicodeDecodeError as error:
        raise _not_decoded(path, encoding) from error
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DamagedError(f"the gzip data is damaged or cut short ({error})", str(path)) from error
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}") from error


def _as_text(path: Path, encoding: str) -> IO[str]:
    import gzip

    with path.open("rb") as file:
        start = file.read(4)
    _check_is_text(start, path, encoding)
    if start[:2] == b"\x1f\x8b":
        return gzip.open(path, "rt", encoding=encoding, newline="")
    return path.open(encoding=encoding, newline="")


def _check_is_text(start: bytes, path: Path, encoding: str) -> None:
    problem = ""
    if start[:2] == b"PK":
        problem = "this is a zip archive or a workbook; save it as CSV, or unpack it"
    elif start[:2] in (b"\xff\xfe", b"\xfe\xff") and "16" not in encoding:
        problem = "this is UTF-16; save it as UTF-8, or write `encoding: utf-16` into the map"
    if problem:
        raise DamagedError(problem, str(path))


def gathered(path: Path, the_map: Map, zone: tzinfo) -> "Export":
    """The rows of the whole file by ticket.

    Raises UsageError where there is no file, DamagedError where it is no CSV file that the
    map can read.
    """
    with opened(path, the_map.encoding) as file:
        rows = rows_of(Lines(file), the_map.separator)
        try:
            layout = Layout(_header(rows), the_map)
        except DamagedError as error:
            raise error.in_file(str(path)) from error
        export = Export(layout, Clock(the_map.dates, zone))
        for line, cells in rows:
            export.take(line, cells)
        return export


def _not_decoded(path: Path, encoding: str) -> DamagedError:
    """What to say of a file whose text is not of that encoding."""
    line = None
    if encoding.startswith("utf-8"):
        with _as_text(path, "latin-1") as file:
            numbered = enumerate(file, 1)
            line = next((number for number, text in numbered if not _is_utf_8(text)), None)
    name = encoding.removesuffix("-sig").upper()
    return DamagedError(
        f"these bytes are not {name}; save the file as UTF-8, or write its encoding into the map, "
        "such as `encoding: gb18030`",
        str(path),
        line,
    )


def _is_utf_8(latin: str) -> bool:
    try:
        latin.encode("latin-1").decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return True


def _header(rows: Iterator[tuple[int, list[str] | str]]) -> list[str]:
    line, cells = next(rows, (1, []))
    if isinstance(cells, str):
        raise DamagedError(f"the header: {cells}", line=line)
    if not cells:
        raise DamagedError("the file is empty; its first row names the columns")
    names = [cell.strip() or f"column_{number}" for number, cell in enumerate(cells, 1)]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DamagedError(f"the column {twice[0]!r} stands twice; rename one of them", line=line)
    return names


class Layout:
    """Which column of one file is what, by the map."""

    def __init__(self, header: list[str], the_map: Map) -> None:
        self.map = the_map
        self.header = header
        self.columns = [the_map.columns.get(name, Column()) for name in header]
        self.roles: dict[str, int] = {}
        self.keys: dict[int, str] = {}
        self.final_keys: dict[int, str] = {}
        for position, (name, column) in enumerate(zip(header, self.columns, strict=True)):
            if column.role:
                self.roles[column.role] = position
            elif not column.ignored:
                fields = self.final_keys if column.final else self.keys
                fields[position] = self._key(name, position)
        self._check()
        # The states of the file, in the words of the map or else of desk itself.
        self.states: Mapping[str, State] = _OWN_STATES
        if "status" in self.roles:
            self.states = self.columns[self.roles["status"]].states or _OWN_STATES

    def _check(self) -> None:
        needed = ("external", "opened", "updated") if self.map.updates else ("external", "opened")
        for name, column in self.map.columns.items():
            if column.role in needed and name not in self.header:
                raise DamagedError(
                    f"there is no column {name!r}, which the map calls `{column.role}`; "
                    + nearest(name, self.header),
                    line=1,
                )

    def _key(self, name: str, position: int) -> str:
        """The custom field of a column; a name that a field cannot have is changed."""
        key = model.custom_name(name, {*model.TICKET_FIELDS, *model.UNLOGGED, "log"})
        if len(key) > yamltext.MAX_KEY or key in {*self.keys.values(), *self.final_keys.values()}:
            key = f"{key[: yamltext.MAX_KEY - 8].strip()}_{position + 1}"
        return key

    def key_of_role(self, role: str) -> str:
        """The custom field that keeps a column whose role cannot be played in a ticket."""
        position = self.roles[role]
        return self._key(self.header[position], position)

    def is_final(self, role: str) -> bool:
        """Whether the column of that role holds the last value on every row."""
        return self.columns[self.roles[role]].final

    def column(self, role: str) -> str:
        """The name of the column that has that role."""
        return self.header[self.roles[role]]

    def cell(self, row: Row, role: str) -> str:
        """What stands in the column of that role, empty where there is none."""
        position = self.roles.get(role)
        return "" if position is None else row[position]

    def value(self, row: Row, role: str) -> str:
        """The same in the desk's words."""
        position = self.roles.get(role)
        if position is None or not row[position]:
            return ""
        value = self.columns[position].values.get(row[position], row[position])
        return "" if value is None else str(value)

    @property
    def kept(self) -> tuple[tuple[str, str], ...]:
        """(column, custom field)."""
        fields = sorted((self.keys | self.final_keys).items())
        return tuple((self.header[position], key) for position, key in fields)

    @property
    def ignored(self) -> tuple[tuple[str, str], ...]:
        """(column, reason)."""
        columns = self.map.columns.items()
        return tuple((n, c.ignored) for n, c in columns if c.ignored and n in self.header)

    @property
    def missing(self) -> tuple[str, ...]:
        """Columns that the map names and the file does not have."""
        return tuple(name for name in self.map.columns if name not in self.header)


class Clock:
    """Reads the times of a file; each spelling once."""

    def __init__(self, forms: tuple[str, ...], zone: tzinfo) -> None:
        self._forms = forms
        self._zone = zone
        self._stamps: dict[str, str] = {}

    def stamp(self, text: str) -> str:
        """The RFC 3339 stamp of a time in the file.

        Raises ValueError for what is no time, and for a year that no id can hold.
        """
        stamp = self._stamps.get(text)
        if stamp is None:
            stamp = self._stamps[text] = dates.stamp(self._moment(text.strip()))
        return stamp

    def _moment(self, text: str) -> datetime:
        for form in self._forms:
            try:
                moment = datetime.strptime(text, form)
            except ValueError:
                continue
            if moment.year not in _YEARS:
                raise ValueError(f"{text[:40]!r} is not between 1970 and 2069")
            return moment if moment.tzinfo else moment.replace(tzinfo=self._zone)
        raise ValueError(f"{text[:40]!r} is no time of the form {' or '.join(self._forms)}")


class _Pool(dict[str, str]):
    """Each text of the file once; those that stand for no value are empty."""

    def __init__(self, empty: Iterable[str]) -> None:
        super().__init__()
        self._empty = frozenset(empty) | {""}

    def __missing__(self, text: str) -> str:
        text = self[text] = "" if text.strip() in self._empty else text.replace("\r\n", "\n")
        return text


class Export:
    """The rows of one file by ticket: of each its cells and its line."""

    def __init__(self, layout: Layout, clock: Clock) -> None:
        self.layout = layout
        self.clock = clock
        self.tickets: dict[str, dict[Row, int]] = {}
        self.refused: list[Refusal] = []
        self.rows = 0
        self.repeated = 0
        self._pool = _Pool(layout.map.empty)
        self._checks = (self._external, self._times, self._state)

    def take(self, line: int, cells: list[str] | str) -> None:
        """Put a row with its ticket, or a row that cannot be read with the refused ones."""
        self.rows += 1
        if isinstance(cells, str):
            self.refused.append(Refusal(line, cells))
            return
        row = tuple(self._pool[cell] for cell in cells)
        fault = next(filter(None, (check(row) for check in self._checks)), "")
        if fault:
            self.refused.append(Refusal(line, fault))
            return
        rows = self.tickets.setdefault(self.layout.cell(row, "external").strip(), {})
        if row in rows:
            self.repeated += 1
        elif rows and not self.layout.map.updates:
            first = next(iter(rows.values()))
            reason = f"its number stands on line {first} already, and the map says `rows: tickets`"
            self.refused.append(Refusal(line, reason))
        else:
            rows[row] = line

    def _external(self, row: Row) -> str:
        if self.layout.cell(row, "external"):
            return ""
        return f"{self.layout.column('external')} is empty; a ticket needs its number"

    def _times(self, row: Row) -> str:
        for role in importmap.TIMES:
            text = self.layout.cell(row, role)
            try:
                if text:
                    self.clock.stamp(text)
                elif role == "opened" or (role == "updated" and self.layout.map.updates):
                    return f"{self.layout.column(role)} is empty; it is needed"
            except ValueError as error:
                return f"{self.layout.column(role)} {error}"
        return ""

    def _state(self, row: Row) -> str:
        if "status" not in self.layout.roles:
            return ""
        column, text = self.layout.column("status"), self.layout.cell(row, "status")
        states = self.layout.states
        if text in states:
            return ""
        if not text:
            return f"{column} is empty; a row needs its state"
        hint = nearest(text[:40], states)
        return f"{column} {text[:40]!r} is not in the map; {hint}"
