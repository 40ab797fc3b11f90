"""Progress on standard error: a live bar in a terminal, a line an epoch elsewhere."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any, ClassVar, TextIO

from badak.train.callback import Callback

if TYPE_CHECKING:  # for the type checker alone, as in callback.py
    from badak.train.trainer import Trainer

_REDRAW_SECONDS = 0.1


class Progress(Callback):
    """Shows where a training stands: epoch, loss, metrics, samples per second, time left.

    Args:
        stream: where to write; standard error unless given. A terminal gets one live line, which
            is replaced by a line an epoch; anything else gets the line an epoch alone.
    """

    rank: ClassVar[int] = 10

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream
        self._live: Any = None
        self._samples = 0
        self._drawn = 0.0

    def on_fit_start(self, trainer: Trainer) -> None:
        self._started = self._epoch_started = time.monotonic()
        self._samples = self._epoch_samples = 0
        self._first_step = trainer.position.step
        stream = self._stream or sys.stderr
        self._out = stream
        if stream.isatty():
            from rich.console import Console
            from rich.live import Live

            self._live = Live(console=Console(file=stream), auto_refresh=False, transient=True)
            self._live.start()

    def on_batch_end(self, trainer: Trainer, loss: float) -> None:
        now = time.monotonic()
        self._samples = self._epoch_samples + trainer.position.rows
        first = trainer.position.step == self._first_step + 1
        if self._live is not None and (first or now - self._drawn > _REDRAW_SECONDS):
            self._drawn = now
            self._live.update(self._line(trainer, now), refresh=True)

    def on_epoch_end(self, trainer: Trainer, record: dict[str, float]) -> None:
        self._epoch_samples = self._samples
        shown = {k: v for k, v in record.items() if k not in ("epoch", "seconds")}
        numbers = "  ".join(f"{name} {_number(value)}" for name, value in shown.items())
        count = len(str(trainer.last_epoch))
        line = f"epoch {int(record['epoch']):>{count}}/{trainer.last_epoch}  {numbers}"
        self._print(f"{line}  {_duration(record['seconds'])}")

    def on_fit_end(self, trainer: Trainer) -> None:
        self._close()
        if trainer.stop:
            self._print(f"stopped early: {trainer.stop}")

    def on_failure(self, trainer: Trainer, error: BaseException) -> None:
        self._close()

    def _close(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _print(self, line: str) -> None:
        if self._live is not None:
            self._live.console.print(line, highlight=False, soft_wrap=True)
        else:
            print(line, file=self._out, flush=True)  # noqa: T201  # this is its purpose

    def _line(self, trainer: Trainer, now: float) -> str:
        position, per_epoch = trainer.position, trainer.batches_per_epoch
        done = position.step - self._first_step
        left = (trainer.last_epoch - position.epoch) * per_epoch - position.batch
        seconds = now - self._started
        filled = round(24 * position.batch / per_epoch)
        bar = "━" * filled + "╌" * (24 - filled)
        means = "  ".join(f"{name} {_number(v)}" for name, v in position.means().items())
        return (
            f"epoch {position.epoch + 1}/{trainer.last_epoch} {bar} "
            f"{position.batch}/{per_epoch}  {means}  "
            f"{self._samples / seconds:,.0f} samples/s  {_duration(seconds / done * left)} left"
        )


def _number(value: float) -> str:
    return f"{value:.4f}" if 1e-3 <= abs(value) < 1e4 or value == 0 else f"{value:.3g}"


def _duration(seconds: float) -> str:
    """Seconds for people: 0.4 s, 12 s, 3 min 05 s, 2 h 10 min."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    if seconds < 3600:
        return f"{seconds // 60:.0f} min {seconds % 60:02.0f} s"
    return f"{seconds // 3600:.0f} h {seconds % 3600 // 60:02.0f} min"
