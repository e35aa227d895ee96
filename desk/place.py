"""Where a desk is."""

import os

from desk.errors import NotFoundError

POLICY_FILE = "desk.yaml"


def root_above(start: str) -> str:
    """The nearest folder from `start` upward that holds desk.yaml.

    Raises NotFoundError where there is none.
    """
    folder = os.path.abspath(start)
    if not os.path.isdir(folder):
        raise NotFoundError(f"there is no folder {folder}")
    above = ""
    while folder != above:
        if os.path.isfile(os.path.join(folder, POLICY_FILE)):
            return folder
        folder, above = os.path.dirname(folder), folder
    raise NotFoundError(
        f"no desk.yaml in {start} or any folder above it; go into a desk, name one with -C, "
        "or make one with `desk init`"
    )
