"""The small part of YAML that the format needs, to and from values.

Reading is in yamlreader. Writing is desk's own, because libyaml's emitter escapes characters
outside the basic plane (surnames such as 𠮷 among them). The rules stand in docs/format.md.
"""

import functools
import re

from desk import dates, model
from desk.errors import DamagedError
from desk.model import Value

MAX_BYTES = 1 << 20
MAX_DEPTH = 32
MAX_VALUES = 50_000
MAX_KEY = 100
MAX_SENTENCE = 300
# How the sentence on git's conflict markers begins.
CONFLICT = "a merge conflict begins here"

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


def resolved(plain: str) -> Value:
    """What an unquoted text says: null, true, false, a whole number, or itself."""
    if plain in CONSTANTS:
        return CONSTANTS[plain]
    return int(plain) if _INTEGER.fullmatch(plain) else plain


# --- writing -------------------------------------------------------------------------------

# Controls, direction marks, invisible characters and separators that a terminal or another
# YAML reader would act on; ZWJ and ZWNJ belong to ordinary writing and stay.
UNSAFE = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\ud800-\udfff\ufeff\ufff9-\ufffb\ufffe\uffff\U0001d173-\U0001d17a\U000e0000-\U000e007f"
)
_ALSO_ESCAPED = '\t\n"\\\\'
_SHORT_ESCAPES = {"\n": "\\n", "\t": "\\t", "\r": "\\r", '"': '\\"', "\\": "\\\\"}
_INDICATOR_FIRST = frozenset("-?:,[]{}#&*!|>'\"%@`=<~.+ \t")
_NUMBER_LIKE = re.compile(r"\d[0-9a-fA-FxXoOtTzZ_.:+\- ]*", re.ASCII)
_WORDS_OF_YAML = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null"))
_MID_INDICATOR = re.compile(r":(?:\s|$)|\s#|[\t\n]|\s$")
_WORD = 64
_FLOW_INDICATOR = re.compile(r"[,\[\]{}:?]")


@functools.cache
def unsafe(more: str = "") -> re.Pattern[str]:
    """One of the characters of UNSAFE and some more; compiled when it is needed: it takes long.

    None of them is printable in the sense of str.isprintable.
    """
    return re.compile(f"[{UNSAFE}{more}]")


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
        or not (text.isprintable() or unsafe().search(text) is None)
        or _NUMBER_LIKE.fullmatch(text)
        or (len(text) < 6 and text.lower() in _WORDS_OF_YAML)
    )


def _quoted(text: str) -> str:
    return f'"{unsafe(_ALSO_ESCAPED).sub(_escape, text)}"'


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    code = ord(character)
    return _SHORT_ESCAPES.get(character) or (
        f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"
    )


def _block(text: str, indent: str) -> list[str] | None:
    """The header and lines of a `|` block, or None where a block cannot hold the text."""
    body = text.rstrip("\n")
    if not body.strip() or unsafe().search(text):
        return None
    hint = "2" if body[0] in " \n\t" else ""
    newlines = len(text) - len(body)
    chomp = "-" if newlines == 0 else "" if newlines == 1 else "+"
    lines = [f"{indent}{line}" if line else "" for line in body.split("\n")]
    return [f"|{hint}{chomp}", *lines, *[""] * (newlines - 1)]
