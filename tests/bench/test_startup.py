"""Start-up beside that of click alone, in one run: `desk --version` to `import click`."""

import os
import subprocess
import sys
import time

import pytest

RUNS = 30
_NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"


def seconds(*command: str) -> float:
    """How long a process takes that finds its bytecode, as that of an installed program does."""
    env = {name: value for name, value in os.environ.items() if name != _NO_BYTECODE}
    begun = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True, env=env)
    return time.perf_counter() - begun


@pytest.mark.long
def test_the_version_costs_little_more_than_click(figures) -> None:
    """The least of many alternating runs of each, which a busy machine disturbs the least."""
    runs = [
        (
            seconds(sys.executable, "-c", "import click"),
            seconds(sys.executable, "-c", "from desk.cli import main; main()", "--version"),
        )
        for _ in range(RUNS)
    ]
    click, version = (min(column) for column in zip(*runs, strict=True))
    figures(f"start-up: desk --version {version / click:.3f} x import click ({click * 1e3:.0f} ms)")
    assert version <= 1.15 * click
