"""Work spread over all cores, by processes that leave nothing hanging when one is killed.

Each process answers every so-manieth lot, through a pipe of its own that holds it back until its
answers are taken: however many cores there are, few answers wait in memory.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias, TypeVar

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

Item = TypeVar("Item")
Answer = TypeVar("Answer")
Begin: TypeAlias = Callable[[], Callable[[Item], Answer]]
_LOT = 64


def count() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def beside(question: Callable[[], bool]) -> Callable[[], bool]:
    """Ask a question in a process of its own; what is returned waits for the answer.

    That is no where asking fails.
    """
    child = _forked()
    if child == 0:
        answer = False
        try:
            answer = question()
        finally:
            os._exit(not answer)

    def answered() -> bool:
        try:
            return child is not None and os.waitpid(child, 0)[1] == 0
        except ChildProcessError:  # whoever started this one has the system forget of children
            return False

    return answered


def told_beside(question: Callable[[], bytes]) -> Callable[[], bytes]:
    """Ask a question in a process of its own; what is returned waits for the answer.

    That is a short one, and empty where asking fails.
    """
    ours, theirs = os.pipe()
    child = _forked()
    if child == 0:
        try:
            os.write(theirs, question())
        finally:
            os._exit(0)
    os.close(theirs)

    def answered() -> bytes:
        with open(ours, "rb") as pipe:
            told = pipe.read()
        if child:
            with suppress(ChildProcessError):
                os.waitpid(child, 0)
        return told

    return answered


def spread(items: Sequence[Item], begin: Begin[Item, Answer], workers: int) -> Iterator[Answer]:
    """The answer to each item, in order, from that many processes.

    `begin` is called once in each and gives what answers there. What a process that dies owes
    is answered here, so an error that answering raises is raised here too.
    """
    lots = [items[start : start + _LOT] for start in range(0, len(items), _LOT)]
    ends: list[Connection] = []
    pids: list[int] = []
    own: Callable[[Item], Answer] | None = None
    try:
        for first in range(workers):
            end, pid = _start(lots[first::workers], begin)
            ends.append(end)
            pids += [pid] if pid else []
        for place, lot in enumerate(lots):
            try:
                answers: list[Answer] = _received(ends[place % workers])
            except EOFError:
                own = own or begin()
                answers = [own(item) for item in lot]
            yield from answers
    finally:
        for end in ends:
            end.close()
        for pid in pids:
            with suppress(ChildProcessError):
                os.waitpid(pid, 0)


def _start(
    lots: Sequence[Sequence[Item]], begin: Begin[Item, Answer]
) -> "tuple[Connection, int | None]":
    """Our end of a process's pipe, and its number; None where there may be no more of them."""
    from multiprocessing.connection import Pipe

    ours, theirs = Pipe(duplex=False)
    pid = _forked()
    if pid == 0:
        ours.close()
        _answer(lots, begin, theirs)
    theirs.close()
    return ours, pid


def _forked() -> int | None:
    """What os.fork gives, None where there may be no more processes."""
    try:
        return os.fork()
    except OSError:
        return None


def _answer(
    lots: Sequence[Sequence[Item]], begin: Begin[Item, Answer], to: "Connection"
) -> NoReturn:
    """Answer in a process of its own, silently: what fails here is done again over there."""
    import signal

    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # over there it is heard
        answer = begin()
        for lot in lots:
            to.send([answer(item) for item in lot])
    finally:
        os._exit(0)


def _received(end: "Connection") -> list[Any]:
    """The answers to the next lot; raises EOFError where the process is gone."""
    from pickle import UnpicklingError

    try:
        answers: list[Any] = end.recv()
    except (OSError, UnpicklingError) as error:
        raise EOFError from error
    return answers
