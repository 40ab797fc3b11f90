"""Contenders that spread their work over processes, each with a part of it."""

from __future__ import annotations

import multiprocessing
import statistics
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from typing import Any

from benchmarks.peers.contender import CannotRunError, Trainee

Take = Callable[[int, int], list[float]]
"""Takes so many steps from the one of that number on; gives the last loss of each member."""

WAIT = 300.0
"""Seconds in which a process must answer; compiling may be slow."""


def crew(builds: Sequence[Callable[[], Take]]) -> Trainee:
    """Starts a process for each build; all of them take their steps at once.

    Raises:
        CannotRunError: when one cannot be built.
    """
    context = multiprocessing.get_context("spawn")
    ends, processes = [], []
    for build in builds:
        ours, theirs = context.Pipe()
        process = context.Process(target=_work, args=(theirs, build), daemon=True)
        process.start()
        theirs.close()
        ends.append(ours)
        processes.append(process)

    def take(first: int, count: int) -> float:
        for end in ends:
            end.send((first, count))
        return statistics.fmean(loss for end in ends for loss in _answer(end))

    def close() -> None:
        for end, process in zip(ends, processes, strict=True):
            end.close()  # which a process takes as the end of its work
            process.join(timeout=5)
            process.kill()

    try:
        for end in ends:
            _answer(end)
    except CannotRunError:
        close()
        raise
    return Trainee(take, close=close, parts=2)


def _answer(end: Connection) -> list[float]:
    try:
        if not end.poll(WAIT):
            raise CannotRunError(f"a process did not answer for {WAIT:.0f} s")
        answer: Any = end.recv()
    except (EOFError, OSError) as error:
        raise CannotRunError("a process has ended") from error
    if isinstance(answer, str):
        raise CannotRunError(answer)
    return answer


def _work(end: Connection, build: Callable[[], Take]) -> None:
    """What a process does until the other end is closed."""
    try:
        take = build()
        end.send([])
        while True:
            end.send(take(*end.recv()))
    except EOFError:
        return
    except Exception as error:  # noqa: BLE001  the other process is to know, whatever it was
        end.send(f"{type(error).__name__}: {str(error).strip()[:200]}")
