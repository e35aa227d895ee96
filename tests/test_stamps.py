"""Whether files have changed since they were looked at."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from desk import stamps
from desk.stamps import UNPROVEN, Stamp

SECOND = 1_000_000_000
AT = 1_800_000_000 * SECOND


@pytest.mark.parametrize(
    ("changed", "looked", "proven"),
    [
        (AT + 1, AT + 1, False),
        (AT + 1, AT + 40_000_000, False),
        (AT + 1, AT + 60_000_000, True),
        (AT + 2 * SECOND + 1, AT, False),
        (AT, AT + SECOND, False),
        (AT, AT + 2 * SECOND, False),
        (AT, AT + 3 * SECOND, True),
    ],
)
def test_a_stamp_is_proven_when_another_change_would_have_another(
    changed: int, looked: int, proven: bool
):
    stamp = Stamp(changed, 1, 1)
    assert stamps.proven(stamp, looked) == (stamp if proven else UNPROVEN)


def test_a_stamp_fits_sqlite():
    """Some file systems number their files by all 64 bits."""
    fields = (0o100644, 2**64 - 1, 1, 1, 0, 0, 10, 1.0, 2.0, 3.0)
    stamp = stamps.of(os.stat_result(fields, {"st_ctime_ns": 7}))
    assert stamp == (7, 10, 2**63 - 1)
    with closing(sqlite3.connect(":memory:")) as connection:
        assert connection.execute("SELECT ?, ?, ?", stamp).fetchone() == tuple(stamp)


def test_what_is_there(tmp_path: Path):
    (tmp_path / "file").write_text("x")
    (tmp_path / "link").symlink_to(tmp_path)
    assert stamps.of_path(str(tmp_path / "file")) == stamps.of((tmp_path / "file").stat())
    assert stamps.of_path(str(tmp_path / "link")) == stamps.of((tmp_path / "link").lstat())
    assert stamps.of_path(str(tmp_path / "nothing")) is None
    assert stamps.of_folder(str(tmp_path)) == stamps.of(tmp_path.stat())
    for other in ("file", "link", "nothing"):
        assert stamps.of_folder(str(tmp_path / other)) is None
