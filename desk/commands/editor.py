"""The person's own editor, on a file in a private folder outside the desk."""

import os
import shlex
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from desk.errors import DeskError, RefusedError, UsageError


def written(text: str, *, suffix: str) -> str:
    """What the person made of `text` in VISUAL or EDITOR (else vi).

    Raises UsageError if the editor cannot be run, RefusedError if it ends with an error.
    """
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    with tempfile.TemporaryDirectory(prefix="desk-") as folder:
        path = Path(folder, f"text{suffix}")
        path.write_text(text, encoding="utf-8")
        try:
            ended = subprocess.run([*shlex.split(editor), str(path)], check=False)
        except (OSError, ValueError) as error:
            raise UsageError(f"the editor {editor!r} cannot be run; set EDITOR") from error
        if ended.returncode:
            raise RefusedError(f"the editor ended with {ended.returncode}; nothing was changed")
        try:
            return path.read_text(encoding="utf-8")
        except FileNotFoundError as error:
            raise RefusedError("the editor left no file; nothing was changed") from error
        except UnicodeDecodeError as error:
            raise UsageError("what the editor wrote is not UTF-8 text") from error


@contextmanager
def keeping(text: str, *, suffix: str) -> Iterator[None]:
    """Keep what was written in a private file if the block refuses it, and say where."""
    try:
        yield
    except DeskError as error:
        error.args = (f"{error}; nothing was changed, your text is in {kept(text, suffix=suffix)}",)
        raise


def kept(text: str, *, suffix: str) -> Path:
    """A private file with a text that could not be accepted, so that the work is not lost."""
    handle, name = tempfile.mkstemp(prefix="desk-", suffix=suffix)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    return Path(name)
