"""The desk in which the commands are tried."""

from pathlib import Path

import pytest

from tests.support import Shell


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A desk of its own where chen acts at a fixed moment."""
    return Shell(tmp_path, monkeypatch)
