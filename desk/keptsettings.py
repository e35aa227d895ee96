"""desk.yaml as it was read last, kept in `.desk` so that most commands need no YAML reader.

It counts only for the very text that it was read from, and only beside the file that it was read
from: the stamp of that file cannot be had by a copy, nor brought along by a clone.
"""

import binascii
import json
from contextlib import suppress

from desk.model import Value
from desk.stamps import Stamp

FILE = "settings.json"
_VERSION = 1


def kept(value: Value, text: str, stamp: Stamp) -> bytes | None:
    """What to keep of the value of that text, from the file of that stamp."""
    with suppress(UnicodeEncodeError):
        body = json.dumps(value, ensure_ascii=False).encode()
        return _origin(text, stamp, body) + body
    return None


def value(data: bytes, text: str, stamp: Stamp) -> Value:
    """The value that was kept for that text; None where that was another, or came to harm."""
    line, end, body = data.partition(b"\n")
    with suppress(ValueError):
        # Nothing is read of what a stranger put there: who does not know the stamp fails here.
        if line + end == _origin(text, stamp, body):
            found: Value = json.loads(body)
            return found
    return None


def _origin(text: str, stamp: Stamp, body: bytes) -> bytes:
    """The first line: what the body was read from, and a checksum of both."""
    origin = f"{_VERSION} {stamp.changed} {stamp.size} {stamp.inode}".encode()
    return b"%b %08x\n" % (origin, binascii.crc32(body, binascii.crc32(text.encode())))
