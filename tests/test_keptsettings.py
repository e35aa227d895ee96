"""desk.yaml as it was read last."""

import os
import shutil
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk import codec, keptsettings, policy, yamlreader
from desk.keptsettings import FILE
from desk.rehearsal import RehearsedDesk
from desk.stamps import Stamp
from desk.store import Desk
from tests.conftest import policy_text

STAMP = Stamp(1_790_000_000_123_456_789, 400, 77)


@pytest.fixture
def settled(desk: Desk) -> Desk:
    """A desk whose desk.yaml is so old that its stamp is proof."""
    time.sleep(0.06)
    return desk


def kept_in(desk: Desk) -> Path:
    return Path(desk.root, ".desk", FILE)


def again(desk: Desk) -> tuple[object, ...]:
    """What a new run finds in desk.yaml."""
    return _of(Desk(desk.root).policy)


def _of(found: policy.Policy) -> tuple[object, ...]:
    return found.name, found.matrix, found.categories, found.promises.targets, found.views


HELP_DESK = _of(policy.load(policy_text()))


def test_the_yaml_reader_is_needed_once(settled: Desk, monkeypatch: pytest.MonkeyPatch):
    first = again(settled)
    monkeypatch.setattr(codec, "parse", lambda _: pytest.fail("it was read again"))
    assert again(settled) == first == HELP_DESK


@pytest.mark.parametrize(
    "harm",
    [
        lambda data: b"",
        lambda data: data[:-40],
        lambda data: data.replace(b"Help desk", b"Held desk"),
        lambda data: data.partition(b"\n")[0] + b"\nnull",
        lambda data: b"\xff" + data,
        lambda data: data.partition(b"\n")[0] + b"\n" + b"[" * 200_000,
    ],
)
def test_what_came_to_harm_does_not_count(settled: Desk, harm: object):
    first = again(settled)
    data = kept_in(settled).read_bytes()
    kept_in(settled).write_bytes(harm(data))  # type: ignore[operator]
    assert again(settled) == first
    assert kept_in(settled).read_bytes() == data  # it is kept anew


def test_another_text_is_read_at_once(settled: Desk):
    again(settled)
    path = Path(settled.root, "desk.yaml")
    stood = path.stat()
    path.write_text(policy_text(name="Held desk"), encoding="utf-8")
    os.utime(path, ns=(stood.st_atime_ns, stood.st_mtime_ns))
    assert again(settled) == _of(policy.load(policy_text(name="Held desk")))


def test_a_copy_brings_nothing_along(settled: Desk, tmp_path: Path):
    """What is kept names the file that it was read from, so another's is never believed."""
    again(settled)
    forged = kept_in(settled).read_bytes()
    text = policy_text()
    value = yamlreader.parse(text.replace("Help desk", "Forged"))
    copy = tmp_path / "copy"
    shutil.copytree(settled.root, copy, copy_function=shutil.copy2)
    origin = Desk(settled.root).stamp("desk.yaml")
    assert origin
    (copy / ".desk" / FILE).write_bytes(keptsettings.kept(value, text, origin) or b"")
    time.sleep(0.06)
    assert Desk(str(copy)).policy.name == "Help desk"
    assert forged == kept_in(settled).read_bytes()


def test_nothing_is_kept_in_a_dry_run_or_of_a_file_just_written(desk: Desk):
    assert RehearsedDesk(desk.root).policy.name == "Help desk"
    assert not kept_in(desk).exists()
    Path(desk.root, "desk.yaml").write_text(policy_text(), encoding="utf-8")
    assert again(desk) == HELP_DESK
    assert not kept_in(desk).exists()


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**17), 10**17) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.dictionaries(st.text(), values, min_size=1), st.text())
def test_any_value_comes_back(value: dict[str, object], text: str):
    kept = keptsettings.kept(value, text, STAMP)  # type: ignore[arg-type]
    assert kept is not None
    assert keptsettings.value(kept, text, STAMP) == value
    assert keptsettings.value(kept, text + "x", STAMP) is None
    assert keptsettings.value(kept, text, STAMP._replace(inode=78)) is None
