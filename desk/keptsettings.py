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
        body = json.dumps([[_VERSION, *stamp, text], value], ensure_ascii=False).encode()
        return b"%08x\n%b" % (binascii.crc32(body), body)
    return None


def value(data: bytes, text: str, stamp: Stamp) -> Value:
    """The value that was kept for that text; None where that was another, or came to harm."""
    checksum, _, body = data.partition(b"\n")
    if checksum == b"%08x" % binascii.crc32(body):
        with suppress(ValueError):
            origin, settings = json.loads(body)
            found: Value = settings
            if origin == [_VERSION, *stamp, text]:
                return found
    return None
