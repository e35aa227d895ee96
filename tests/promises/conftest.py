"""Fixtures that tests of promises share."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 KB."""
    yield from _disk(tmp_path, "64k")


@pytest.fixture
def disk_for_git(tmp_path: Path) -> Iterator[Path]:
    """A file system of 4 MB, in which a repository fits."""
    yield from _disk(tmp_path, "4m")


def _disk(folder: Path, size: str) -> Iterator[Path]:
    where = folder / "disk"
    where.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(where)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("a file system may not be mounted here")
    yield where
    subprocess.run(["umount", "-l", str(where)], check=True)
