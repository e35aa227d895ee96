"""The small part of YAML that the format needs, to values; the only importer of yaml.

It takes libyaml's events in one pass and accepts no tags, anchors, aliases, duplicate keys or
second documents. The rules stand in docs/format.md.
"""

import functools
import re
from collections.abc import Iterator
from typing import Any, NoReturn

from desk.errors import DamagedError, DeskError
from desk.model import Value
from desk.yamltext import CONFLICT, MAX_DEPTH, MAX_KEY, MAX_SENTENCE, MAX_VALUES, resolved

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


def _conflict(text: str) -> DamagedError | None:
    if not (mark := re.search(r"^<{7}(?: |$)", text, re.MULTILINE)):
        return None
    line = text.count("\n", 0, mark.start()) + 1
    return DamagedError(f"{CONFLICT}; `desk check --fix` puts both sides together", line=line)


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
