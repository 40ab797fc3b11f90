"""The threads that work on a program beside the one that runs it.

They live as long as the process. A thread watches its slot in machine code, without the lock of the
interpreter, while there is work every few milliseconds; then it sleeps until it is woken. A run
that comes before it is awake is done by the caller alone, with the same result.
"""

from __future__ import annotations

import atexit
import ctypes
import functools
import os
import threading
import time
from collections.abc import Callable

from badak.compiler.machine.engine import Code, machine
from badak.compiler.machine.team_text import ABSENT, SLOT, serve_text
from badak.compiler.threads import MOST_EVER

_LONGEST_WAIT = 0.002
_AT_WORK = 3
_WORDS = SLOT // 8


class Team:
    """Threads for the machine code of this process; there is one team, `TEAM`."""

    def __init__(self) -> None:
        self._slots = (ctypes.c_int64 * (_WORDS * (MOST_EVER + 1)))()
        self._begin()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._begin)
        atexit.register(self.close)

    def _begin(self) -> None:
        """Nobody is there: at first, and in a process that was forked."""
        ctypes.memset(self._slots, 0, ctypes.sizeof(self._slots))
        # Each slot begins at a multiple of its size.
        self._first = -ctypes.addressof(self._slots) % SLOT // 8
        self._lock = threading.Lock()
        self._asked: list[threading.Semaphore] = []
        self._resting: list[bool] = []
        self._closing = False

    @property
    def address(self) -> int:
        """Where the slots lie in memory."""
        return ctypes.addressof(self._slots) + 8 * self._first

    def wake(self, workers: int, patience: float = 0.0) -> None:
        """Sees to it that so many threads, the caller among them, will soon be there.

        Args:
            workers: how many.
            patience: seconds to wait for them.
        """
        slots, first = self._slots, self._first
        absent = [n for n in range(workers - 1) if slots[first + n * _WORDS] == ABSENT]
        if not absent:
            return
        for number in absent:
            self._call(number)
        end = time.monotonic() + min(patience, _LONGEST_WAIT)
        for number in absent if patience else ():
            while self._slots[self._first + number * _WORDS] == ABSENT and time.monotonic() < end:
                time.sleep(0)

    def _call(self, number: int) -> None:
        with self._lock:
            while len(self._asked) <= number:
                self._asked.append(threading.Semaphore(0))
                self._resting.append(True)
                self._start(len(self._asked) - 1)
            if self._resting[number]:
                self._resting[number] = False
                self._asked[number].release()

    def _start(self, number: int) -> None:
        serve = _code().function("serve", ctypes.c_void_p)
        slot = self.address + number * SLOT
        asked = self._asked[number]

        def work() -> None:
            while True:
                asked.acquire()
                if self._closing:
                    return
                serve(slot)
                self._resting[number] = True

        name = f"badak worker {number + 1}"
        threading.Thread(target=work, name=name, daemon=True).start()

    def leave(self, function: int) -> None:
        """Returns when no thread runs the machine code at this address any more."""
        for number in range(len(self._asked)):
            word = self._first + number * _WORDS
            while self._slots[word] == _AT_WORK and self._slots[word + 1] == function:
                time.sleep(0)

    def close(self) -> None:
        """Ends all threads."""
        self._closing = True
        for asked in self._asked:
            asked.release()


TEAM = Team()


@functools.cache
def _code() -> Code:
    """What belongs to no program; see `team_text.serve_text`."""
    return Code(serve_text(machine()))


def crowd() -> Callable[..., None]:
    """The machine code that has the team do a queue of scans."""
    return _code().function("crowd", ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64)
