"""JSON from elsewhere, taken as strictly as the text of a file: what a record can hold.

A text that parses here can be written as YAML and read back the same.
"""

import json
from typing import NoReturn

from desk.errors import DamagedError
from desk.model import Value
from desk.yamltext import MAX_DEPTH, MAX_KEY, MAX_VALUES

_LARGEST = 10**18 - 1


def parse(text: str) -> Value:
    """The value of a JSON text.

    Raises DamagedError for what is no JSON (NaN is none), a number with a fraction or of more
    than 18 digits, a key that stands twice or is too long, half of a surrogate pair, and for
    deeper nesting or more values than a record may have.
    """
    try:
        value: Value = json.loads(
            text,
            parse_float=_no_number,
            parse_int=_whole,
            parse_constant=_no_number,
            object_pairs_hook=_mapping,
        )
    except json.JSONDecodeError as error:
        place = f"column {error.colno}" if error.lineno == 1 else f"line {error.lineno}"
        raise DamagedError(f"this is not JSON: {error.msg} at {place}") from error
    except RecursionError:
        raise _too_deep() from None
    _check(value)
    return value


def _no_number(text: str) -> NoReturn:
    raise DamagedError(f"{text[:40]} is no whole number; a record holds no other, so quote it")


def _whole(text: str) -> int:
    if len(text) > 19 or abs(int(text)) > _LARGEST:
        raise DamagedError(f"{text[:40]} has more than 18 digits; quote it, so that it is text")
    return int(text)


def _mapping(pairs: list[tuple[str, Value]]) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for key, value in pairs:
        if key in found:
            raise DamagedError(f"key {key[:MAX_KEY]!r} stands twice; keep one of them")
        found[key] = value
    return found


def _check(value: Value) -> None:
    """Raise DamagedError for what a record cannot hold."""
    level: list[Value] = [value]
    count = depth = 0
    while level:
        count += len(level)
        if count > MAX_VALUES:
            raise DamagedError(f"over {MAX_VALUES} values, which no record has")
        inner: list[Value] = []
        for item in level:
            if isinstance(item, str):
                _check_text(item)
            elif isinstance(item, dict):
                for key in item:
                    _check_key(key)
                inner += item.values()
            elif isinstance(item, list):
                inner += item
        if any(isinstance(item, dict | list) for item in level):
            depth += 1
        if depth > MAX_DEPTH:
            raise _too_deep()
        level = inner


def _check_text(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise DamagedError("half of a surrogate pair is no text") from None


def _check_key(key: str) -> None:
    _check_text(key)
    if len(key) > MAX_KEY:
        raise DamagedError(f"a key is longer than {MAX_KEY} characters")


def _too_deep() -> DamagedError:
    return DamagedError(f"nested deeper than {MAX_DEPTH} levels")
