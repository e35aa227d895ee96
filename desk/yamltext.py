"""The small part of YAML that the format needs, to and from values; the only importer of yaml.

Reading takes libyaml's events in one pass and accepts no tags, anchors, aliases, duplicate
keys or second documents. Writing is desk's own, because libyaml's emitter escapes characters
outside the basic plane (surnames such as 𠮷 among them). The rules stand in docs/format.md.
"""

import functools
import re
from collections.abc import Iterator
from typing import Any, NoReturn

from desk import dates, model
from desk.errors import DamagedError, DeskError
from desk.model import Value

MAX_BYTES = 1 << 20
MAX_DEPTH = 32
MAX_VALUES = 50_000
MAX_KEY = 100
MAX_SENTENCE = 300

try:
    from yaml._yaml import CParser
    from yaml.error import MarkedYAMLError
    from yaml.events import (
        AliasEvent,
        DocumentEndEvent,
        DocumentStartEvent,
        MappingEndEvent,
        MappingStartEvent,
        ScalarEvent,
        SequenceEndEvent,
        StreamEndEvent,
        StreamStartEvent,
    )
    from yaml.reader import ReaderError
except ImportError as error:
    raise DeskError(
        "PyYAML is here without libyaml, which desk reads with; install a PyYAML wheel "
        "(pip install --force-reinstall --only-binary :all: PyYAML) or Debian's python3-yaml"
    ) from error

_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,17}", re.ASCII)
CONSTANTS: dict[str, bool | None] = {
    "": None,
    "~": None,
    "null": None,
    "true": True,
    "false": False,
}

# --- reading -------------------------------------------------------------------------------


def decode(data: bytes) -> str:
    """The text of a file's bytes: UTF-8, with or without a byte order mark.

    Raises DamagedError for other bytes and for files over MAX_BYTES.
    """
    if len(data) > MAX_BYTES:
        raise DamagedError(f"the file is over {MAX_BYTES >> 20} MiB, which no record is", line=None)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DamagedError(
            "these bytes are not UTF-8; save the file as UTF-8", line=line
        ) from error


def parse(text: str) -> Value:
    """The value of one YAML document of the accepted kind.

    Plain `null`, `true`, `false` and whole numbers are what they say; all else is text.
    Raises DamagedError with the line for anything that is not accepted.
    """
    return _Reader(text).document(None)


def line_of(text: str, *path: str | int) -> int:
    """The line (from 1) at which the value under that path of keys and positions stands."""
    lines = _lines(text)
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


@functools.lru_cache(maxsize=1)
def _lines(text: str) -> dict[tuple[str | int, ...], int]:
    lines: dict[tuple[str | int, ...], int] = {}
    _Reader(text).document(lines)
    return lines


class _Reader:
    """One pass over libyaml's events of one text."""

    def __init__(self, text: str) -> None:
        self._text = text
        try:
            self._parser: Any = CParser(text)
        except UnicodeEncodeError as error:
            raise DamagedError("half of a surrogate pair is no text") from error
        self._values = 0
        self._lines: dict[tuple[str | int, ...], int] | None = None

    def document(self, lines: dict[tuple[str | int, ...], int] | None) -> Value:
        self._lines = lines
        try:
            self._expect(StreamStartEvent)
            first = self._parser.get_event()
            if type(first) is StreamEndEvent:
                self._refuse(first, "the file is empty")
            if first.version or first.tags:
                self._refuse(first, "a YAML directive is not allowed here")
            value = self._value(self._parser.get_event(), ())
            self._expect(DocumentEndEvent)
            extra = self._parser.get_event()
            if type(extra) is DocumentStartEvent:
                self._refuse(extra, "a second document begins here; a file holds one")
        except MarkedYAMLError as error:
            raise _conflict(self._text) or _from_libyaml(error) from error
        except ReaderError as error:
            line = self._text.encode()[: error.position].count(b"\n") + 1
            raise DamagedError(f"this is not YAML: {error.reason}", line=line) from error
        return value

    def _expect(self, kind: type) -> None:
        event = self._parser.get_event()
        if type(event) is not kind:
            self._refuse(event, "the document ends too early")

    def _refuse(self, event: Any, problem: str) -> NoReturn:
        raise DamagedError(problem[:MAX_SENTENCE], line=event.start_mark.line + 1)

    def _value(self, event: Any, path: tuple[str | int, ...]) -> Value:
        self._values += 1
        if self._values > MAX_VALUES:
            self._refuse(event, f"over {MAX_VALUES} values, which no record has")
        if self._lines is not None:
            self._lines[path] = event.start_mark.line + 1
        kind = type(event)
        if kind is AliasEvent:
            self._refuse(event, f"alias *{event.anchor} is not allowed; write the value out")
        if event.anchor is not None:
            self._refuse(event, f"anchor &{event.anchor} is not allowed; write each value out")
        if event.tag is not None:
            self._refuse(event, f"tag {event.tag} is not allowed; quote the text if it is one")
        if kind is ScalarEvent:
            return _scalar(event)
        if len(path) >= MAX_DEPTH:
            self._refuse(event, f"nested deeper than {MAX_DEPTH} levels")
        return self._mapping(path) if kind is MappingStartEvent else self._sequence(path)

    def _sequence(self, path: tuple[str | int, ...]) -> list[Value]:
        items: list[Value] = []
        next_event = self._parser.get_event
        while type(event := next_event()) is not SequenceEndEvent:
            items.append(self._value(event, (*path, len(items))))
        return items

    def _mapping(self, path: tuple[str | int, ...]) -> dict[str, Value]:
        mapping: dict[str, Value] = {}
        next_event = self._parser.get_event
        while type(event := next_event()) is not MappingEndEvent:
            key = self._key(event)
            if key in mapping:
                self._refuse(event, f"key {key!r} stands twice; keep one of them")
            mapping[key] = self._value(next_event(), (*path, key))
            if self._lines is not None:
                self._lines[*path, key] = event.start_mark.line + 1
        return mapping

    def _key(self, event: Any) -> str:
        if type(event) is not ScalarEvent or event.anchor or event.tag:
            self._refuse(event, "this key is no plain text; write it without &, !, * or brackets")
        key = _scalar(event)
        if not isinstance(key, str):
            self._refuse(event, f"the key {event.value or 'null'} is no text; put it in quotes")
        if len(key) > MAX_KEY:
            self._refuse(event, f"this key is longer than {MAX_KEY} characters")
        return key


def _scalar(event: Any) -> Value:
    value: str = event.value
    return resolved(value) if event.implicit[0] else value


def resolved(plain: str) -> Value:
    """What an unquoted text says: null, true, false, a whole number, or itself."""
    if plain in CONSTANTS:
        return CONSTANTS[plain]
    return int(plain) if _INTEGER.fullmatch(plain) else plain


def _conflict(text: str) -> DamagedError | None:
    if not (mark := re.search(r"^<{7}(?: |$)", text, re.MULTILINE)):
        return None
    line = text.count("\n", 0, mark.start()) + 1
    return DamagedError("a merge conflict begins here; settle it and remove its marks", line=line)


def _from_libyaml(error: MarkedYAMLError) -> DamagedError:
    mark = error.problem_mark or error.context_mark
    return DamagedError(
        f"this is not YAML: {error.problem or error.context}",
        line=mark.line + 1 if mark else None,
    )


def comments(text: str) -> list[str]:
    """The comments of a text that parses, in order, each with its `#`."""
    parser: Any = CParser(text)
    lines = text.splitlines(keepends=True)
    found: list[str] = []
    place = (0, 0)
    while True:
        event: Any = parser.get_event()
        found += _comments_between(lines, place, event.start_mark)
        if type(event) is StreamEndEvent:
            return found
        place = _place(event.end_mark)
        if type(event) is ScalarEvent and event.style in ("|", ">"):
            row, column = _place(event.start_mark)
            if match := re.search(r"#.*", lines[row][column:]):
                found.append(match[0].rstrip())


def _place(mark: Any) -> tuple[int, int]:
    return mark.line, mark.column


def _comments_between(lines: list[str], start: tuple[int, int], end: Any) -> Iterator[str]:
    row, column = start
    while row < min(end.line + 1, len(lines)):
        stop = end.column if row == end.line else None
        gap = lines[row][column:stop]
        if match := re.search(r"#.*", gap):
            yield match[0].rstrip()
        row, column = row + 1, 0


# --- writing -------------------------------------------------------------------------------

# Controls, direction marks, invisible characters and separators that a terminal or another
# YAML reader would act on; ZWJ and ZWNJ belong to ordinary writing and stay.
UNSAFE = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\ud800-\udfff\ufeff\ufff9-\ufffb\ufffe\uffff\U0001d173-\U0001d17a\U000e0000-\U000e007f"
)
_UNSAFE = re.compile(f"[{UNSAFE}]")
_ESCAPED = re.compile(f'[{UNSAFE}\t\n"\\\\]')
_SHORT_ESCAPES = {"\n": "\\n", "\t": "\\t", "\r": "\\r", '"': '\\"', "\\": "\\\\"}
_INDICATOR_FIRST = frozenset("-?:,[]{}#&*!|>'\"%@`=<~.+ \t")
_NUMBER_LIKE = re.compile(r"\d[0-9a-fA-FxXoOtTzZ_.:+\- ]*", re.ASCII)
_WORDS_OF_YAML = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null"))
_MID_INDICATOR = re.compile(r":(?:\s|$)|\s#|[\t\n]|\s$")
_WORD = 64
_FLOW_INDICATOR = re.compile(r"[,\[\]{}:?]")


def dump_value(value: Value) -> str:
    """Any value as YAML text of the same style (for `--format yaml` and the editor)."""
    lines: list[str] = []
    if isinstance(value, dict) and value:
        for key, item in value.items():
            write_field(lines, "", key, item)
    elif isinstance(value, list) and value:
        _write_items(lines, "", value, "")
    else:
        lines.append(flow(value))
    return "\n".join(lines) + "\n"


def is_line(value: Value) -> bool:
    """Whether no text in the value has a line break, so that `flow` reads well."""
    if isinstance(value, dict):
        return all(is_line(item) for item in value.values())
    if isinstance(value, list):
        return all(is_line(item) for item in value)
    return not (isinstance(value, str) and "\n" in value)


def write_field(lines: list[str], indent: str, name: str, value: Value) -> None:
    """Append the lines of `name: value`."""
    lines.append(f"{indent}{scalar(name)}:")
    _write_value(lines, indent, value, name)


def _write_value(lines: list[str], indent: str, value: Value, name: str) -> None:
    """Put `value` behind the key or dash that ends the last line."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            write_field(lines, indent + "  ", key, item)
    elif isinstance(value, list) and value:
        _write_items(lines, indent, value, name)
    elif isinstance(value, str) and "\n" in value and (block := _block(value, indent + "  ")):
        lines[-1] += f" {block[0]}"
        lines += block[1:]
    else:
        lines[-1] += f" {_inline(value, name)}"


def _inline(value: Value, name: str) -> str:
    is_time = isinstance(value, str) and name in model.TIME_FIELDS and _is_stamp(value)
    return flow(value, name) if is_time or isinstance(value, dict | list) else scalar(value)


def _write_items(lines: list[str], indent: str, items: list[Value], name: str) -> None:
    for item in items:
        if isinstance(item, dict) and item:
            start = len(lines)
            for key, value in item.items():
                write_field(lines, indent + "  ", key, value)
            lines[start] = f"{indent}- {lines[start][len(indent) + 2 :]}"
        elif isinstance(item, list):
            lines.append(f"{indent}- {flow(item)}")
        else:
            lines.append(f"{indent}-")
            _write_value(lines, indent, item, name)


def _is_stamp(text: str) -> bool:
    try:
        dates.from_stamp(text)
    except ValueError:
        return False
    return True


def flow(value: Value, name: str = "") -> str:
    """A value on one line, inside `[…]` or `{…}`."""
    if isinstance(value, list):
        return f"[{', '.join(flow(item) for item in value)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{flow(key)}: {flow(item)}' for key, item in value.items())}}}"
    if isinstance(value, str) and name in model.TIME_FIELDS and _is_stamp(value):
        return value
    if isinstance(value, str) and _FLOW_INDICATOR.search(value):
        return _quoted(value)
    return scalar(value)


def scalar(value: Value) -> str:
    """A value that is no list or mapping, on one line."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    text = str(value)
    plain = _is_plain_word(text) if len(text) <= _WORD else _is_plain(text)
    return text if plain else _quoted(text)


@functools.lru_cache(8192)
def _is_plain_word(text: str) -> bool:
    """As _is_plain, remembered: names and states come again and again."""
    return _is_plain(text)


def _is_plain(text: str) -> bool:
    """Whether every reader of YAML takes the unquoted text for that text."""
    return not (
        not text
        or text[0] in _INDICATOR_FIRST
        or _MID_INDICATOR.search(text)
        or _UNSAFE.search(text)
        or _NUMBER_LIKE.fullmatch(text)
        or (len(text) < 6 and text.lower() in _WORDS_OF_YAML)
    )


def _quoted(text: str) -> str:
    return f'"{_ESCAPED.sub(_escape, text)}"'


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    code = ord(character)
    return _SHORT_ESCAPES.get(character) or (
        f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"
    )


def _block(text: str, indent: str) -> list[str] | None:
    """The header and lines of a `|` block, or None where a block cannot hold the text."""
    body = text.rstrip("\n")
    if not body.strip() or _UNSAFE.search(text):
        return None
    hint = "2" if body[0] in " \n\t" else ""
    newlines = len(text) - len(body)
    chomp = "-" if newlines == 0 else "" if newlines == 1 else "+"
    lines = [f"{indent}{line}" if line else "" for line in body.split("\n")]
    return [f"|{hint}{chomp}", *lines, *[""] * (newlines - 1)]
