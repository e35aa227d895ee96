"""What was looked for among the articles: private to this clone, nobody's name in it.

It stands in `.desk`, a line of JSON a search, and may be deleted at any time.
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

from desk import dates
from desk.errors import DeskError
from desk.store import Desk

FILE = "searches.ndjson"
MOST = 1_000_000  # bytes
_LONGEST = 500  # characters of words that are kept


class Search(NamedTuple):
    """When (in seconds since 1970) what words were looked for, and how many articles had them."""

    at: float
    words: str
    found: int


def remember(desk: Desk, at: datetime, words: str, found: int) -> None:
    """Put a search at the end; where that cannot be done it is not remembered."""
    line = {"at": dates.stamp(at), "words": words[:_LONGEST], "found": found}
    text = json.dumps(line, ensure_ascii=False) + "\n"
    with suppress(OSError, DeskError):
        desk.add_private(FILE, text.encode("utf-8", "replace"), MOST)


def remembered(desk: Desk) -> Iterator[Search]:
    """The searches, the oldest first; lines that came to harm are passed over."""
    data = desk.private(FILE) or b""
    for line in data.split(b"\n"):
        with suppress(ValueError, TypeError, KeyError, RecursionError):
            entry = json.loads(line)
            yield Search(dates.seconds(str(entry["at"])), str(entry["words"]), int(entry["found"]))
