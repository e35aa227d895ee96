"""Work spread over processes: every answer in order, whoever is killed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from desk import cores


def test_every_answer_in_order():
    items = list(range(1000))
    assert list(cores.spread(items, lambda: lambda item: (item, item**2), 3)) == [
        (item, item**2) for item in items
    ]


@pytest.mark.parametrize("count", [0, 1, 63, 64, 65])
def test_few_items(count: int):
    assert list(cores.spread(range(count), lambda: str, 4)) == [str(n) for n in range(count)]


def test_the_work_is_done_elsewhere():
    answered_by = {*cores.spread(range(1000), lambda: lambda _: os.getpid(), 2)}
    assert len(answered_by) == 2
    assert os.getpid() not in answered_by


def test_what_a_killed_process_owes_is_answered_here():
    here = os.getpid()

    def answer(item: int) -> tuple[int, bool]:
        if item == 500 and os.getpid() != here:
            os.kill(os.getpid(), signal.SIGKILL)
        return item, os.getpid() == here

    answers = list(cores.spread(range(1000), lambda: answer, 2))
    assert [item for item, _ in answers] == list(range(1000))
    assert dict(answers)[500]
    assert not dict(answers)[0]


def test_an_error_of_an_answer_is_raised_here():
    def answer(item: int) -> int:
        return 1 // (item - 700)

    with pytest.raises(ZeroDivisionError):
        list(cores.spread(range(1000), lambda: answer, 2))


def test_nothing_is_left_when_the_rest_is_not_wanted():
    answers = cores.spread(range(10000), lambda: lambda _: ("x" * 10000, os.getpid()), 2)
    pids = {pid for _, (_, pid) in zip(range(65), answers, strict=False)}
    answers.close()  # type: ignore[attr-defined]
    assert len(pids) == 2
    assert not any(map(runs, pids))


def runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")  # one that has ended may wait for whoever asks how
    return not status.exists() or ") Z " not in status.read_text()


KILLED = """
import os, signal, sys
from desk import cores
answers = cores.spread(range(10000), lambda: lambda _: ("x" * 10000, os.getpid()), 3)
seen = []
for text, pid in answers:
    if pid not in seen:
        seen.append(pid)
    if len(seen) == 3:
        print(*seen, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
"""


def test_no_process_outlives_the_one_it_works_for(tmp_path: Path):
    ended = subprocess.run(
        [sys.executable, "-c", KILLED], capture_output=True, text=True, check=False, timeout=60,
        env={**os.environ, "PYTHONPATH": str(Path(cores.__file__).parents[1])},
    )  # fmt: skip
    assert (ended.returncode, ended.stderr) == (-signal.SIGKILL, "")
    pids = [int(word) for word in ended.stdout.split()]
    deadline = time.monotonic() + 30
    while any(map(runs, pids)) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not any(map(runs, pids))
