r"""Records' files in the layout that desk itself writes, read in a third of libyaml's time.

What is read here is so narrow a part of YAML that what it says is certain, line by line:

    key: plain                    or null, true, false, a whole number
    key: "quoted"                 with the escapes that desk writes
    key: [plain, {a: "quoted"}]   on one line, with `, ` and `: ` between its parts
    key: |                        or |- or |+, its first line not beginning with white space
      block
    key:                          a mapping, two spaces deeper
      key: …
    key:                          a list: each item one of the values above, or a mapping
    - …

It knows nothing else: no comment, no blank line but in a block, no single quote, no key in
quotes, no other way to lay it out. `read` then gives up, and the whole text goes through the
strict reader, which knows what it says, or what is wrong with it and where.
"""

import functools
import json
import re
from typing import NoReturn, cast

from desk import yamltext
from desk.model import Value

# A value takes two characters or more, a level two spaces or a bracket: within these the
# strict reader's limits on values and depth cannot be reached.
_MAX_LENGTH = 2 * yamltext.MAX_VALUES
_MAX_INDENT = _MAX_BRACKETS = yamltext.MAX_DEPTH // 4

_ASCII = bytes(range(0x20, 0x7F)) + b"\t\n"
# What libyaml refuses, and what it takes for the end of a line.
_ODD = re.compile("[^\t\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")

_INDICATORS = r"\-?:,\[\]{}#&*!|>'\"%@`=<~.+ \t\n"
_LITERAL = r"null|true|false|0|-?[1-9][0-9]{0,17}"
_PLAIN = rf"[^{_INDICATORS}][^:#\t\n]*(?:(?::(?![ \t\n])|(?<! )#)[^:#\t\n]*)*(?<! )"
_NAME = rf"(?!(?:{_LITERAL})\n){_PLAIN}"
_KEY = rf"[^0-9{_INDICATORS}][^:#\t\n]{{0,{yamltext.MAX_KEY - 1}}}(?<! )"
_TIME = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:Z|[+-][0-9]{2}:[0-9]{2})"
_QUOTED = r'"[^"\\\t\n]*(?:\\(?:[nrt"\\]|u(?!D[89A-F])[0-9A-F]{4})[^"\\\t\n]*)*"'
_ON_ONE_LINE = r"[\"\[{].*"
# Within brackets, where a comma, a bracket or a mark ends a plain text:
_REST = r"[^:#?,\[\]{}\t\n]*"
_TEXT = rf"(?:[^0-9{_INDICATORS}]{_REST}(?<! )|{_TIME})"

_EVENT = re.compile(
    rf"^- n: ([1-9][0-9]{{0,17}})\n  at: ({_TIME})\n  by: ({_NAME})\n  did: ({_NAME})\n"
    r"(?:  change:\n((?:    .*\n|\n)+))?((?:  .*\n|\n)*)|.*\n",
    re.MULTILINE,
)
_CHANGE = re.compile(
    rf"^    ({_KEY}): (?:\[({_TEXT}), ({_TEXT})\]|({_ON_ONE_LINE}))\n|.*\n",
    re.MULTILINE,
)
# The parts of a value on one line: those that JSON spells likewise, and words.
_PART = re.compile(
    rf"([\[\]{{}}]|, |: |(?:{_LITERAL})(?=[,\]}}])|{_QUOTED})"
    rf"|({_TIME}|(?!(?:{_LITERAL}):)[^{_INDICATORS}]{_REST}(?:(?<! )#{_REST})*(?<! ))|."
)
_in_quotes = json.encoder.encode_basestring


class _OtherLayoutError(Exception):
    """The text is not, or not surely, laid out as desk does it."""


def read(text: str) -> dict[str, Value] | None:
    """The fields of a record's file; None where the text is not in desk's own layout."""
    try:
        if not text.endswith("\n") or len(text) > _MAX_LENGTH or _is_odd(text):
            return None
        head, mark, log = text.partition("\nlog:\n- n: ")
        if not mark:
            return _mapping(text, "")
        record = _mapping(f"{head}\n", "")
        if "log" in record:
            return None
        record["log"] = _events(f"- n: {log}")
        return record
    except _OtherLayoutError:
        return None


def _give_up() -> NoReturn:
    raise _OtherLayoutError


def _is_odd(text: str) -> bool:
    try:
        rest = text.encode().translate(None, _ASCII)
    except UnicodeEncodeError:
        return True
    return bool(rest and _ODD.search(rest.decode()))


def _events(text: str) -> list[Value]:
    events: list[Value] = []
    for n, at, by, did, change, words in _EVENT.findall(text):
        if not n:
            return _items(text, "")
        event: dict[str, Value] = {"n": int(n), "at": at, "by": by, "did": did}
        if change:
            event["change"] = _changes(change)
        if words:
            said = _mapping(words, "  ")
            if not event.keys().isdisjoint(said):
                _give_up()
            event.update(said)
        events.append(event)
    return events


def _changes(text: str) -> dict[str, Value]:
    constant = yamltext.CONSTANTS.get
    lines = _CHANGE.findall(text)
    changes: dict[str, Value] = {}
    for name, was, to, other in lines:
        if was:
            changes[name] = [constant(was, was), constant(to, to)]
        elif other:
            changes[name] = _on_one_line(other)
        else:
            return _mapping(text, "    ")
    return _sound(changes, len(lines))


def _sound(mapping: dict[str, Value], lines: int) -> dict[str, Value]:
    """The mapping if each of its lines had a key of its own, which is text."""
    if len(mapping) != lines or not yamltext.CONSTANTS.keys().isdisjoint(mapping):
        _give_up()
    return mapping


@functools.cache
def _value_at(indent: str) -> str:
    """The pattern of a value whose key or dash stands at that indentation."""
    block = rf"{indent}  [^ \t\n].*\n(?:{indent}  .*\n|\n)*"
    return rf"(?:({_LITERAL})\n|({_PLAIN})\n|\|([-+]?)\n({block})|({_ON_ONE_LINE})\n)"


@functools.cache
def _fields_at(indent: str) -> re.Pattern[str]:
    nested = rf"(?:{indent}(?:- |  ).*\n|\n)+"
    pattern = rf"^{indent}({_KEY}):(?: {_value_at(indent)}|\n({nested}))|.*\n"
    return re.compile(pattern, re.MULTILINE)


@functools.cache
def _items_at(indent: str) -> re.Pattern[str]:
    mapping = rf"{_KEY}:(?: .*)?\n(?:{indent}  .*\n|\n)*"
    pattern = rf"^{indent}- (?:({mapping})|{_value_at(indent)})|.*\n"
    return re.compile(pattern, re.MULTILINE)


def _mapping(text: str, indent: str) -> dict[str, Value]:
    if len(indent) > _MAX_INDENT:
        _give_up()
    fields = _fields_at(indent).findall(text)
    mapping: dict[str, Value] = {}
    for key, literal, plain, chomp, block, other, nested in fields:
        if plain:
            mapping[key] = plain
        elif nested:
            is_list = nested.startswith(f"{indent}- ")
            mapping[key] = _items(nested, indent) if is_list else _mapping(nested, f"{indent}  ")
        else:
            mapping[key] = _value(literal, chomp, block, other, indent)
    return _sound(mapping, len(fields))


def _items(text: str, indent: str) -> list[Value]:
    if len(indent) > _MAX_INDENT:
        _give_up()
    items: list[Value] = []
    for mapping, literal, plain, chomp, block, other in _items_at(indent).findall(text):
        if mapping:
            items.append(_mapping(f"{indent}  {mapping}", f"{indent}  "))
        else:
            items.append(plain or _value(literal, chomp, block, other, indent))
    return items


def _value(literal: str, chomp: str, block: str, other: str, indent: str) -> Value:
    if literal:
        return yamltext.resolved(literal)
    if block:
        return _unindented(block, f"{indent}  ", chomp)
    return _on_one_line(other)


def _unindented(block: str, indent: str, chomp: str) -> str:
    text = block[len(indent) :].replace(f"\n{indent}", "\n")
    if chomp == "+":
        return text
    return text.rstrip("\n") + ("" if chomp == "-" else "\n")


def _on_one_line(text: str) -> Value:
    """The value of what is quoted or in brackets: as JSON, once its words are quoted."""
    if text.count("[") + text.count("{") > _MAX_BRACKETS:
        _give_up()
    parts = [
        same or (word and _in_quotes(word)) or _give_up() for same, word in _PART.findall(text)
    ]
    spelt = "".join(parts)
    try:
        found, end = _JSON.raw_decode(spelt)
    except ValueError:
        _give_up()
    return cast(Value, found) if end == len(spelt) else _give_up()


def _flow_mapping(pairs: list[tuple[str, Value]]) -> dict[str, Value]:
    if any(len(key) > yamltext.MAX_KEY for key, _ in pairs):
        _give_up()
    return _sound(dict(pairs), len(pairs))


_JSON = json.JSONDecoder(object_pairs_hook=_flow_mapping)
