"""Ctrl-C and SIGTERM, held back until an update is whole."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Interruption:
    """Whether the user, or the system, has asked to stop."""

    def __init__(self) -> None:
        self.signal: int | None = None

    def is_asked(self) -> bool:
        """Whether `check` would raise."""
        return self.signal is not None

    def check(self) -> None:
        """Raises what was held back.

        Raises:
            KeyboardInterrupt: after Ctrl-C.
            SystemExit: after SIGTERM, with the shell's exit code 143.
        """
        if self.signal == signal.SIGINT:
            raise KeyboardInterrupt
        if self.signal is not None:
            raise SystemExit(128 + self.signal)


@contextmanager
def held_back() -> Iterator[Interruption]:
    """Notes the first Ctrl-C or SIGTERM instead of raising it in the middle of an update.

    The second one is not held back. One that nobody asked about is raised at the end of the
    block. Only the main thread of a process hears signals; in others this does nothing.
    """
    interruption = Interruption()
    if threading.current_thread() is not threading.main_thread():
        yield interruption
        return
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    # A handler of the user's own, or none at all (SIG_IGN under nohup), is left alone.
    ours = {
        number: handler
        for number, handler in handlers.items()
        if handler in (signal.default_int_handler, signal.SIG_DFL)
    }

    def note(number: int, frame: FrameType | None) -> None:
        interruption.signal = number
        for again, handler in ours.items():
            signal.signal(again, handler)

    for number in ours:
        signal.signal(number, note)
    try:
        yield interruption
    finally:
        for number, handler in ours.items():
            if signal.getsignal(number) is note:
                signal.signal(number, handler)
    interruption.check()
