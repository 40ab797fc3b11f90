"""How far an experiment is: a bar in a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any, TextIO

_REDRAW_SECONDS = 0.1
_LINES = 10
"""How many lines a stream that is no terminal gets."""


class Progress:
    """Shows how much of the work is done, what is under way, and how long it will take.

    Args:
        stream: where; None shows nothing.

    >>> import io
    >>> shown = io.StringIO()
    >>> with Progress(shown) as progress:
    ...     progress.begin("tuning", total=20)
    ...     progress.advance(10)
    ...     progress.advance(10)
    >>> print(shown.getvalue(), end="")
    tuning  50 %  ... s left
    tuning  100 %  ... s
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._out = stream
        self._bar: Any = None
        self._task: Any = None
        self._what = ""
        self._total = self._done = 0.0
        self._told = 0
        self._started = self._drawn = time.monotonic()

    @classmethod
    def on_terminal(cls, shown: bool) -> Progress:
        """On standard error, or nowhere."""
        return cls(sys.stderr if shown else None)

    def begin(self, what: str, total: float) -> None:
        """Begins another part of the work.

        Args:
            what: is done now, in a few words.
            total: how much there is of it, such as updates.
        """
        self._what, self._total, self._done, self._told = what, max(total, 1), 0.0, 0
        self._started = time.monotonic()
        self._attempt(self._open)

    def advance(self, amount: float) -> None:
        """So much more is done."""
        self._done += amount
        self._attempt(self._draw)

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._attempt(self._bar.stop)
            self._bar = None

    # ------------------------------------------------------------------ what may fail

    def _attempt(self, action: Any) -> None:
        try:
            if self._out is not None:
                action()
        except (OSError, ValueError):  # the terminal is gone: no reason to stop
            self._out = self._bar = None

    def _open(self) -> None:
        if self._out is None or not self._out.isatty():
            return
        if self._bar is None:
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

            self._bar = Progress(
                TextColumn("{task.description}"), BarColumn(),
                TextColumn("{task.percentage:>3.0f} %"), TimeRemainingColumn(),
                console=Console(file=self._out), transient=True,
            )  # fmt: skip
            self._bar.start()
        if self._task is not None:
            self._bar.remove_task(self._task)
        self._task = self._bar.add_task(self._what, total=self._total)

    def _draw(self) -> None:
        now = time.monotonic()
        if self._bar is not None:
            if now - self._drawn > _REDRAW_SECONDS:
                self._drawn = now
                self._bar.update(self._task, completed=self._done)
            return
        share = min(self._done / self._total, 1.0)
        if int(share * _LINES) > self._told:
            self._told = int(share * _LINES)
            seconds = now - self._started
            left = f"{seconds / share - seconds:.0f} s left" if share < 1 else f"{seconds:.0f} s"
            print(f"{self._what}  {share:.0%}".replace("%", " %"), left, sep="  ", file=self._out)
