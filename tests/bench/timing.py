"""How long processes take from start to end, as a user has them, compared within one run."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
# What would make a process slower, or otherwise, than that of a user.
_OURS = ("PYTHONDONTWRITEBYTECODE", "PYTHONWARNINGS", "COV_CORE_DATAFILE", "COVERAGE_PROCESS_START")


def desk(*words: str) -> list[str]:
    """The command line of an installed desk: what its console script does, from this tree."""
    return [sys.executable, "-c", "from desk.cli import main; main()", *words]


def environment() -> dict[str, str]:
    """That of a user who has compiled bytecode and git's own defaults.

    The clock is the machine's: as of a moment that is given, a list must look at all of history.
    """
    env = {
        name: value
        for name, value in os.environ.items()
        if name not in _OURS and not name.startswith("DESK_")
    }
    return env | {
        "PYTHONPATH": str(ROOT),
        "DESK_USER": "chen",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
    }


def output(*command: str, cwd: Path) -> str:
    """What a command that succeeds prints."""
    return subprocess.run(
        command, cwd=cwd, env=environment(), capture_output=True, text=True, check=True
    ).stdout


def seconds(*command: str, cwd: Path | None = None) -> float:
    """How long a command that succeeds takes; what it prints goes nowhere."""
    env = environment()
    begun = time.perf_counter()
    subprocess.run(
        command, cwd=cwd, env=env, check=True, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    return time.perf_counter() - begun


def medians(runs: int, tasks: Mapping[str, Callable[[], float]]) -> dict[str, float]:
    """The median of what each task returns, in runs that take turns after one that does not count.

    So whatever else the machine does meanwhile is met by all of them.
    """
    for task in tasks.values():
        task()
    taken = [{name: task() for name, task in tasks.items()} for _ in range(runs)]
    return {name: statistics.median(one[name] for one in taken) for name in tasks}
