"""The map of an export: which column is what, read and validated into dataclasses.

Every mistake in a map is reported at once, each with its line and what would be right. The
settings are described in docs/import.md; the maps in `maps/` ship with desk.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from desk import codec, model, settings
from desk.errors import UsageError, nearest
from desk.model import Value

ROWS = ("updates", "tickets")
ORDERS = ("oldest-first", "newest-first")
TIMES = ("opened", "updated", "resolved", "closed", "began")
PEOPLE = ("opened_by", "updated_by", "resolved_by", "closed_by")
TEXTS = ("note", "reply")
# What belongs to the event that ends the ticket's life; those of the second to the closing.
ENDING = ("code", "solution", "resolved", "resolved_by")
CLOSING = ("closed", "closed_by")
FIELDS = (
    "external", "title", "description", "kind", "priority", "impact", "urgency", "channel",
    "team", "assignee", "tags",
)  # fmt: skip
REQUESTER = tuple(f"requester.{name}" for name in model.REQUESTER_FIELDS)
ROLES = (
    *FIELDS, "status", "category", "subcategory", *REQUESTER, *TIMES, *PEOPLE, *TEXTS,
    "code", "solution",
)  # fmt: skip
DEFAULTS = ("kind", "priority", "impact", "urgency", "category", "channel", "team", "assignee")
_TOP = (
    "name", "rows", "order", "encoding", "separator", "dates", "timezone", "empty", "defaults",
    "columns",
)  # fmt: skip
_COLUMN = ("is", "values", "final", "ignored")
_STATE = ("status", "waiting_for", "because")


@dataclass(frozen=True, slots=True)
class State:
    """What a state of the other desk is here."""

    status: str
    waiting_for: str = ""
    because: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """What one column holds: `role` is one of ROLES, or empty for a custom field.

    `values` and `states` translate what stands in it; `final` if it holds the last value on
    every row of a ticket; `ignored` is the reason why it is left out.
    """

    role: str = ""
    values: Mapping[str, Value] = field(default_factory=dict)
    states: Mapping[str, State] = field(default_factory=dict)
    final: bool = False
    ignored: str = ""


@dataclass(frozen=True, slots=True)
class Map:
    """How to read one kind of export."""

    name: str
    updates: bool
    newest_first: bool
    encoding: str
    separator: str
    dates: tuple[str, ...]
    timezone: str
    empty: tuple[str, ...]
    defaults: Mapping[str, str]
    columns: Mapping[str, Column]


def shipped_names() -> list[str]:
    """The names of the maps that ship with desk."""
    from importlib import resources

    files = resources.files("desk").joinpath("maps").iterdir()
    return sorted(one.name.removesuffix(".yaml") for one in files if one.name.endswith(".yaml"))


def shipped_map(name: str) -> Map:
    """The map of that name that ships with desk.

    Raises UsageError for a name that none has.
    """
    from importlib import resources

    names = shipped_names()
    if name not in names:
        raise UsageError(f"there is no map {name!r}; {nearest(name, names)}, or write one (--map)")
    file = resources.files("desk").joinpath("maps", f"{name}.yaml")
    return load_map(file.read_text(encoding="utf-8"), f"{name}.yaml")


def load_map(text: str, path: str) -> Map:
    """The map in that text; `path` is what its mistakes are said of.

    Raises DamagedError that lists every mistake with its line.
    """
    reader = _Reader(text, path, codec.parse)
    found = reader.map()
    reader.refuse_mistakes()
    return found


class _Reader(settings.Reader):
    """Reads one map."""

    def map(self) -> Map:
        self.only(self.top, _TOP)
        rows = self._choice("rows", ROWS)
        order = self._choice("order", ORDERS, default=ORDERS[0])
        found = Map(
            name=self._name(),
            updates=rows == "updates",
            newest_first=order == "newest-first",
            encoding=self._encoding(),
            separator=self._separator(),
            dates=self._dates(),
            timezone=self.timezone("timezone", default=""),
            empty=self.texts("empty"),
            defaults={key: self.text("defaults", key) for key in self.mapping("defaults")},
            columns={name: self._column(name) for name in self.mapping("columns")},
        )
        self.only(found.defaults, DEFAULTS, "defaults")
        self._check_roles(found)
        return found

    def _choice(self, key: str, choices: tuple[str, ...], default: str = "") -> str:
        value = self.text(key, default=default)
        if not value:
            self.problem(f"`{key}: {' or '.join(choices)}` is missing", key)
        self.known(value, choices, key)
        return value

    def _name(self) -> str:
        name = self.text("name")
        if not name or name != name.strip() or "\n" in name:
            self.problem("`name: …` is missing: a word for the desk that the file is from", "name")
        return name

    def _encoding(self) -> str:
        import io

        name = self.text("encoding", default="utf-8")
        try:
            io.TextIOWrapper(io.BytesIO(), name)
        except (LookupError, ValueError):
            self.problem(f"encoding {name!r} is unknown; write utf-8, gb18030 or the like",
                         "encoding")  # fmt: skip
        return "utf-8-sig" if name.lower().replace("_", "-") in ("utf-8", "utf8") else name

    def _separator(self) -> str:
        mark = self.text("separator", default=",")
        if len(mark) != 1 or mark in '"\r\n\0':
            self.problem('\'separator\' is one character: ",", ";" or "\\t"', "separator")
        return mark

    def _dates(self) -> tuple[str, ...]:
        value = self.at("dates")
        forms = (value,) if isinstance(value, str) else self.texts("dates")
        if not forms and not isinstance(value, list | dict):
            self.problem('`dates: "%Y-%m-%d %H:%M"` is missing: how the file writes a time',
                         "dates")  # fmt: skip
        for form in forms:
            if not _holds_a_day(form):
                self.problem(
                    f'{form!r} does not hold a day; write it like "%d/%m/%Y %H:%M" '
                    "(%Y year, %m month, %d day, %H hour, %M minute, %S second, %z offset)",
                    "dates",
                )
        return forms

    def _column(self, name: str) -> Column:
        place = ("columns", name)
        value = self.at(*place)
        if isinstance(value, str):
            self.known(value, ROLES, *place)
            return Column(value)
        if not isinstance(value, dict) or not value:
            self.problem(
                f"say what {name!r} is: a word such as title, or {{ignored: WHY}}; a column that "
                "is not named here becomes a custom field",
                *place,
            )
            return Column()
        self.only(value, _COLUMN, *place)
        role = self.text(*place, "is")
        self.known(role, ROLES, *place, "is")
        column = Column(
            role=role,
            values={} if role == "status" else self._values(name, role),
            states=self._states(name) if role == "status" else {},
            final=self.flag(*place, "final"),
            ignored=self.text(*place, "ignored"),
        )
        if "ignored" in value and (len(value) > 1 or not column.ignored):
            self.problem("`ignored: WHY` stands alone, with the reason", *place, "ignored")
        if column.final and role and role not in (*ENDING, *CLOSING):
            self.problem(f"`{role}` is never final: it changes from row to row", *place, "final")
        return column

    def _values(self, name: str, role: str) -> dict[str, Value]:
        place = ("columns", name, "values")
        values = dict(self.mapping(*place))
        for word, value in values.items():
            if isinstance(value, list | dict):
                self.problem(f"{word!r} becomes one value, no list or mapping", *place, word)
            elif role and value is not None and not isinstance(value, str):
                self.problem(f"{word!r} becomes a text; put it in quotes", *place, word)
        if values and role in TIMES:
            self.problem("a time is read by `dates`; it has no `values`", *place)
        return values

    def _states(self, name: str) -> dict[str, State]:
        words = self.mapping("columns", name, "values")
        return {word: self._state("columns", name, "values", word) for word in words}

    def _state(self, *place: str) -> State:
        value = self.at(*place)
        if isinstance(value, dict):
            self.only(value, _STATE, *place)
            state = State(*(self.text(*place, key) for key in _STATE))
        else:
            state = State(self.text(*place))
        if not state.status:
            self.problem(f"say which status {place[-1]!r} is: {', '.join(model.STATUSES)}", *place)
        self.known(state.status, model.STATUSES, *place)
        self.known(state.waiting_for, model.WAITING_FOR, *place)
        if (state.status == "on_hold") != bool(state.waiting_for):
            self.problem(
                "on hold is written {status: on_hold, waiting_for: requester} (or vendor, problem, "
                "change), and no other status waits",
                *place,
            )
        return state

    def _check_roles(self, found: Map) -> None:
        taken: dict[str, str] = {}
        for name, column in found.columns.items():
            if column.role in taken:
                self.problem(
                    f"{taken[column.role]!r} is `{column.role}` already; one column is enough",
                    "columns",
                    name,
                )
            elif column.role:
                taken[column.role] = name
        needed = {"external": "its number there", "opened": "when it was opened"}
        if found.updates:
            needed["updated"] = "when the row's update was made"
        for role, meaning in needed.items():
            if role not in taken:
                self.problem(f"no column is `{role}`: {meaning}", "columns")


def _holds_a_day(form: str) -> bool:
    """Whether a time that is written in that form reads back as the same day."""
    day = datetime.fromisoformat("2026-11-21T00:00:00+00:00")
    try:
        return datetime.strptime(day.strftime(form), form).date() == day.date()
    except ValueError:
        return False
