"""What values look like, as pieces of JSON Schema (draft 7), for what editors check."""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple, TypeAlias

Shape: TypeAlias = Mapping[str, object]


class Setting(NamedTuple):
    """A key of a settings file: what it says, and the shape of its value."""

    about: str
    shape: Shape


TEXT: Shape = {"type": "string"}
WHOLE: Shape = {"type": "integer", "minimum": 1}
FLAG: Shape = {"type": "boolean"}
# dates.duration reads digits of any script; these are the two that people type. Empty is none.
LENGTH: Shape = {
    "type": "string",
    "pattern": r"^(?:\s*[0-9０-９].*[A-Za-z秒分钟时天日周]\s*)?$",
}


def matching(pattern: re.Pattern[str]) -> Shape:
    """A text that fits a pattern of the code from its beginning to its end."""
    return {"type": "string", "pattern": f"^(?:{pattern.pattern})$"}


def one_of(words: Iterable[str]) -> Shape:
    """One of a few words."""
    return {"enum": list(words)}


def list_of(item: Shape) -> Shape:
    """A list of such values."""
    return {"type": "array", "items": item}


TEXTS: Shape = list_of(TEXT)
# No comma, no space at the ends, and not empty.
NAMES: Shape = list_of({"type": "string", "pattern": r"^[^\s,](?:[^,]*[^\s,])?$"})


def each(shape: Shape, **more: object) -> Shape:
    """A mapping of any names to such values."""
    return {"type": "object", "additionalProperties": shape, **more}


def keys(settings: Mapping[str, Setting], required: Iterable[str] = (), **more: object) -> Shape:
    """A mapping with those keys and no others; a value is left out or null unless required."""
    needed = list(required)
    properties = {
        name: {"description": one.about, **(one.shape if name in needed else or_none(one.shape))}
        for name, one in settings.items()
    }
    closed = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**closed, **({"required": needed} if needed else {}), **more}


def or_none(shape: Shape) -> Shape:
    """Such a value or null."""
    kind = shape.get("type")
    if kind is None:
        return {"anyOf": [shape, {"type": "null"}]}
    return {**shape, "type": [*(kind if isinstance(kind, list) else [kind]), "null"]}
