"""Start-up beside that of click alone, in one run: `desk --version` to `import click`."""

import sys

import pytest

from tests.bench.timing import desk, seconds

RUNS = 30


@pytest.mark.long
def test_the_version_costs_little_more_than_click(figures) -> None:
    """The least of many alternating runs of each, which a busy machine disturbs the least."""
    runs = [
        (seconds(sys.executable, "-c", "import click"), seconds(*desk("--version")))
        for _ in range(RUNS)
    ]
    click, version = (min(column) for column in zip(*runs, strict=True))
    figures(f"start-up: desk --version {version / click:.3f} x import click ({click * 1e3:.0f} ms)")
    assert version <= 1.15 * click
