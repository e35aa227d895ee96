"""Records to and from the text of their files. The rules stand in docs/format.md."""

import functools
import re
from collections.abc import Callable

from desk import dates, model, yamltext
from desk.errors import DamagedError
from desk.model import Article, Event, Record, Ticket, Value

MAX_N = 10**9
ARTICLE_REQUIRED = ("id", "title", "status")
TICKET_REQUIRED = (*ARTICLE_REQUIRED, "opened")
# Of these an event says only texts.
MOVES = ("status", "waiting_for")
ID_PATTERN = re.compile(r"[A-Z][A-Z0-9]{0,7}-\d{6}-[0-9A-HJKMNP-TV-Z]{5}", re.ASCII)


def load(text: str) -> Record:
    """The ticket or article in a file's text.

    Raises DamagedError with the line where the text is no such record.
    """
    fields = _own_layout()(text)
    return load_strictly(text) if fields is None else _of_text(fields, text)


@functools.cache
def _own_layout() -> Callable[[str], dict[str, Value] | None]:
    from desk import ownlayout  # which takes long, and a list from the index reads no file

    return ownlayout.read


def load_strictly(text: str) -> Record:
    """As load, by the strict reader alone: a proof of what is to be written."""
    return _of_text(parse(text), text)


def _of_text(value: Value, text: str) -> Record:
    try:
        return _record(value)
    except _MisfitError as misfit:
        problem = misfit.problem[: yamltext.MAX_SENTENCE]
        raise DamagedError(problem, line=line_of(text, *misfit.path)) from None


def parse(text: str) -> Value:
    """The value of a YAML document; see yamlreader."""
    from desk import yamlreader  # which takes long to import, and is needed for few files

    return yamlreader.parse(text)


def line_of(text: str, *path: str | int) -> int:
    """The line (from 1) at which the value under that path of keys and positions stands."""
    from desk import yamlreader

    return yamlreader.line_of(text, *path)


def comments(text: str) -> list[str]:
    """The comments of a record's text, in order, each with its `#`."""
    from desk import yamlreader

    return yamlreader.comments(text)


def from_dict(value: Value) -> Record:
    """The record that `as_dict` gave as this mapping, checked as the text of a file is.

    The values in it are such as `jsontext.parse` gives. Raises DamagedError with the place of
    what is wrong in it.
    """
    try:
        return _record(dict(value) if isinstance(value, dict) else value)
    except _MisfitError as misfit:
        place = "".join(f"[{key}]" if type(key) is int else f".{key}" for key in misfit.path)
        problem = misfit.problem[: yamltext.MAX_SENTENCE]
        raise DamagedError(f"{problem} (at {place[1:]})" if place else problem) from None


def _record(value: Value) -> Record:
    """The record of a mapping, which it takes for its head."""
    if not isinstance(value, dict):
        raise _MisfitError("a record is a mapping of fields, `id: …` first")
    log = value.pop("log", None)
    kind = Article if str(value.get("id", "")).startswith("KB-") else Ticket
    return kind(_head(value, kind), _log(log))


class _MisfitError(Exception):
    """A value of the wrong kind, with the path to it."""

    def __init__(self, problem: str, *path: str | int) -> None:
        self.problem = problem
        self.path = path


def _head(head: dict[str, Value], kind: type[Record]) -> dict[str, Value]:
    statuses = model.ARTICLE_STATUSES if kind is Article else model.STATUSES
    for name in [name for name, value in head.items() if value is None]:
        del head[name]
    for name in ARTICLE_REQUIRED if kind is Article else TICKET_REQUIRED:
        if name not in head:
            raise _MisfitError(f"the field {name!r} is missing")
    for name in known_fields(kind):
        if name in head and (name in _NO_TEXTS or type(head[name]) is not str):
            head[name] = _field(name, head[name])
    if not ID_PATTERN.fullmatch(str(head["id"])):
        raise _MisfitError(f"{head['id']!r} is no id such as T-261121-7K3FQ", "id")
    if head["status"] not in statuses:
        raise _MisfitError(
            f"{head['status']!r} is no status; it is one of {', '.join(statuses)}", "status"
        )
    return head


def known_fields(kind: type[Record]) -> tuple[str, ...]:
    """The fields of such a record that are no custom ones, in the format's order."""
    return model.ARTICLE_FIELDS if kind is Article else model.TICKET_FIELDS


# Fields that are more, or other, than text.
_NO_TEXTS = model.LIST_FIELDS | model.TIME_FIELDS | {"major", "requester"}


def _field(name: str, value: Value) -> Value:
    if name == "major":
        if type(value) is not bool:
            raise _MisfitError("'major' is true or false", name)
        return value
    if name == "requester":
        if not isinstance(value, dict):
            raise _MisfitError("'requester' is a mapping with name, email, phone, department", name)
        return {key: _text(word, name, key) for key, word in value.items() if word is not None}
    if name in model.LIST_FIELDS:
        if not isinstance(value, list):
            raise _MisfitError(f"{name!r} is a list, one `- …` a line", name)
        return [_text(item, name, position) for position, item in enumerate(value)]
    text = _text(value, name)
    if name in model.TIME_FIELDS:
        _check_stamp(text, name)
    return text


def _text(value: Value, *path: str | int) -> str:
    """A text field's value; a number that was typed without quotes is its digits."""
    if isinstance(value, str):
        return value
    if type(value) is int:
        return str(value)
    raise _MisfitError(f"{path[0]!r} is text", *path)


def _check_stamp(text: str, *path: str | int) -> None:
    try:
        dates.seconds(text)
    except ValueError as error:
        raise _MisfitError(str(error), *path) from None
    # Not of an event: that of a rule may lie a zone away from the field that it follows from.
    if not dates.FIRST_YEAR <= int(text[:4]) <= dates.LAST_YEAR:
        years = f"{dates.FIRST_YEAR} to {dates.LAST_YEAR}"
        raise _MisfitError(f"{text!r} is not of the years {years}", *path)


def _log(log: Value) -> tuple[Event, ...]:
    if log is None:
        return ()
    if not isinstance(log, list):
        raise _MisfitError("'log' is a list of events", "log")
    return tuple(_event(entry, position) for position, entry in enumerate(log))


def _event(entry: Value, position: int) -> Event:
    if not isinstance(entry, dict):
        raise _MisfitError("an event is a mapping with n, at, by, did", "log", position)
    words = dict(entry)
    n, at, by, did, change = [words.pop(name, None) for name in _OF_EVERY_EVENT]
    if type(n) is not int or not 1 <= n <= MAX_N:
        raise _MisfitError(
            f"an event's 'n' is a whole number from 1 to {MAX_N}", "log", position, "n"
        )
    if not (type(at) is type(by) is type(did) is str):
        at, by, did = (
            _text(value, "log", position, name)
            for name, value in (("at", at), ("by", by), ("did", did))
        )
    changes = {} if change is None else _change(change, position)
    try:
        return Event(n, at, by, did, changes, words)
    except ValueError as error:
        raise _MisfitError(str(error), "log", position, "at") from None


_OF_EVERY_EVENT = ("n", "at", "by", "did", "change")


def _change(change: Value, position: int) -> dict[str, tuple[Value, Value]]:
    if not isinstance(change, dict):
        raise _MisfitError("'change' is a mapping of field: [from, to]", "log", position, "change")
    pairs: dict[str, tuple[Value, Value]] = {}
    for name, pair in change.items():
        if not isinstance(pair, list) or len(pair) != 2:
            raise _MisfitError(
                f"the change of {name!r} is [from, to]", "log", position, "change", name
            )
        was, to = pair
        if name in MOVES and not (isinstance(was, str | None) and isinstance(to, str | None)):
            raise _MisfitError(f"{name!r} is text", "log", position, "change", name)
        pairs[name] = (was, to)
    return pairs


def dump(record: Record) -> str:
    """The text of a record's file: fields in the format's order, custom ones by name."""
    lines: list[str] = []
    for name, value in as_dict(record, log=False).items():
        yamltext.write_field(lines, "", name, value)
    if record.log:
        lines.append("log:")
        for event in record.log:
            _write_event(lines, event)
    return "\n".join(lines) + "\n"


def event_as_dict(event: Event) -> dict[str, Value]:
    """An event as it stands in the file."""
    entry: dict[str, Value] = {"n": event.n, "at": event.at, "by": event.by, "did": event.did}
    if event.change:
        entry["change"] = {name: [was, to] for name, (was, to) in event.change.items()}
    return {**entry, **event.words}


def as_dict(record: Record, *, log: bool = True) -> dict[str, Value]:
    """A record as it stands in the file, keys in the format's order."""
    *first, last = known_fields(type(record))
    names = (*first, *sorted(record.head.keys() - {*first, last}), last)
    found = map(record.head.get, names)
    head: dict[str, Value] = {
        name: value for name, value in zip(names, found, strict=True) if value is not None
    }
    return {**head, "log": [event_as_dict(event) for event in record.log]} if log else head


def _write_event(lines: list[str], event: Event) -> None:
    lines += (f"- n: {event.n}", f"  at: {event.at}", f"  by: {yamltext.scalar(event.by)}",
              f"  did: {yamltext.scalar(event.did)}")  # fmt: skip
    if event.change:
        lines.append("  change:")
        for name, (was, to) in event.change.items():
            if yamltext.is_line(was) and yamltext.is_line(to):
                pair = f"[{yamltext.flow(was, name)}, {yamltext.flow(to, name)}]"
                lines.append(f"    {yamltext.scalar(name)}: {pair}")
            else:
                yamltext.write_field(lines, "    ", name, [was, to])
    for name, word in event.words.items():
        yamltext.write_field(lines, "  ", name, word)
