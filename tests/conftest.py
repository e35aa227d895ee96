"""Fixtures that all tests share, and the figures of the promises at the end of a run."""

import os
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, settings

from desk import policy, store
from desk.model import Record
from tests.team import Team

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
SHARED = Path(__file__).parents[2] / "shared"

# The same examples in every run; `--hypothesis-profile=thorough` looks for new ones.
_QUICK = settings(deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("quick", _QUICK)
settings.register_profile("thorough", _QUICK, derandomize=False, max_examples=5000)
settings.load_profile("quick")


@pytest.fixture(autouse=True)
def _own_surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory):
    """No test sees or touches the settings of whoever runs it."""
    for name in [
        name for name in os.environ if name.startswith(("DESK_", "GIT_", "COLUMNS", "LINES"))
    ]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path_factory.getbasetemp() / "home"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("PYTHONWARNINGS", "error")


def policy_text(**values: str) -> str:
    """The shipped desk.yaml as `desk init` fills it in."""
    filled = {
        "name": "Help desk",
        "prefix": "T",
        "timezone": "Asia/Shanghai",
        "person": "chen",
        "person_name": "陈伟",
        "person_email": "chen@example.com",
    }
    return policy.template(**{**filled, **values})


@pytest.fixture
def desk(tmp_path: Path) -> store.Desk:
    """An empty desk with the shipped policy, where chen works."""
    return store.make(str(tmp_path / "desk"), policy_text())


def add(desk: store.Desk, *records: Record) -> None:
    """Create those records, all in one transaction."""
    with desk.changing(NOW, "chen") as transaction:
        for record in records:
            transaction.create(record)


@pytest.fixture
def figures(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Takes lines that are printed below the run's summary."""
    return lambda line: record_property("figure", line)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what takes minutes, unless `-m` says which tests are wanted."""
    if config.option.markexpr:
        return
    long = {item for item in items if any(map(item.get_closest_marker, ("long", "scale", "sweep")))}
    config.hook.pytest_deselected(items=list(long))
    items[:] = [item for item in items if item not in long]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    lines = sorted(_figures(terminalreporter))
    if lines:
        terminalreporter.section("promises")
    for line in lines:
        terminalreporter.write_line(line)


def _figures(reporter: pytest.TerminalReporter) -> Iterator[str]:
    for reports in reporter.stats.values():
        for report in reports:
            if getattr(report, "when", "") == "call":
                yield from (str(v) for name, v in report.user_properties if name == "figure")


@pytest.fixture
def team(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Team:
    numbers = iter(range(1, 1000))
    monkeypatch.setattr(store, "random_number", lambda: (10 << 20) + next(numbers))
    return Team(tmp_path)
