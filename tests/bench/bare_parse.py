"""What reading costs at least: libyaml's events of every file of a folder, on all cores.

    python -m tests.bench.bare_parse FOLDER

Nothing is made of the events. Prints how many there were.
"""

import multiprocessing
import os
import sys
from collections.abc import Iterator

from yaml._yaml import CParser
from yaml.events import StreamEndEvent

_CHUNK = 250


def files(folder: str) -> Iterator[str]:
    """The paths of the YAML files below a folder."""
    for where, _, names in os.walk(folder):
        yield from (os.path.join(where, name) for name in names if name.endswith(".yaml"))


def events(path: str) -> int:
    """How many events libyaml makes of a file."""
    with open(path, "rb") as file:
        parser = CParser(file.read())
    count = 1
    while type(parser.get_event()) is not StreamEndEvent:
        count += 1
    return count


def main(folder: str) -> None:
    """Parse and print the count."""
    with multiprocessing.Pool() as pool:
        print(sum(pool.imap_unordered(events, files(folder), _CHUNK)))  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1])
