"""Progress on standard error: a live bar in a terminal, a line an epoch elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, TextIO

from badak.train.callback import Callback

if TYPE_CHECKING:  # for the type checker alone, as in callback.py
    from badak.train.trainer import Trainer

_REDRAW_SECONDS = 0.1
_BAR = 20


class Progress(Callback):
    """Shows where a training stands: epoch, loss, metrics, samples per second, time left.

    A stream that goes away, as a closed terminal does, ends the showing, not the training.

    Args:
        stream: where to write; standard error unless given. A terminal gets one live line, which
            is replaced by a line an epoch; anything else gets the line an epoch alone.

    >>> import sys
    >>> net, data = bd.nn.Linear(2, 2), bd.data.load("xor", rows=40)
    >>> trainer = bd.Trainer(net, callbacks=[Progress(sys.stdout)])
    >>> history = trainer.fit(data.train, epochs=2)
    epoch 1/2  loss 0.7...  ... s
    epoch 2/2  loss 0.7...  ... s
    """

    rank: ClassVar[int] = 10
    every_batches = None

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream
        self._out: TextIO | None = None
        self._live: Any = None

    def on_fit_start(self, trainer: Trainer) -> None:
        self._out = self._stream or sys.stderr  # which is None in a program without a console
        self._started = time.monotonic()
        self._drawn = 0.0
        self._first_step = trainer.position.step
        self._samples = 0
        self._seen = trainer.position.rows
        self._show(self._open)

    def on_batch_end(self, trainer: Trainer, loss: float) -> None:
        now = time.monotonic()
        self._samples += trainer.position.rows - self._seen
        self._seen = trainer.position.rows
        if self._live is not None and now - self._drawn > _REDRAW_SECONDS:
            self._drawn = now
            self._show(self._draw, trainer, now)

    def on_epoch_end(self, trainer: Trainer, record: dict[str, float]) -> None:
        self._seen = 0
        shown = {k: v for k, v in record.items() if k not in ("epoch", "seconds")}
        width = len(str(trainer.last_epoch))
        epoch = f"epoch {int(record['epoch']):>{width}}/{trainer.last_epoch}"
        self._show(self._print, f"{epoch}  {_numbers(shown)}  {_duration(record['seconds'])}")

    def on_fit_end(self, trainer: Trainer) -> None:
        self._close()
        if trainer.stop:
            self._show(self._print, f"stopped early: {trainer.stop}")

    def on_failure(self, trainer: Trainer, error: BaseException) -> None:
        self._close()

    def tell(self, line: str) -> None:
        """Prints a line of somebody else, above the bar."""
        self._show(self._print, line)

    # ------------------------------------------------------------------ what may fail

    def _show(self, action: Callable[..., None], *facts: Any) -> None:
        try:
            action(*facts)
        except (OSError, ValueError):  # the terminal is gone, or the stream was closed
            self._out = self._live = None

    def _close(self) -> None:
        if self._live is not None:
            self._show(self._live.stop)
            self._live = None

    def _open(self) -> None:
        if self._out is None or not self._out.isatty():
            return
        from rich.console import Console
        from rich.live import Live

        # What a program prints goes above the bar, but only where both are on one screen: results
        # that are sent to a file must arrive there.
        one_screen = sys.stdout is not None and sys.stdout.isatty()
        self._live = Live(
            console=Console(file=self._out),
            auto_refresh=False,
            transient=True,
            redirect_stdout=one_screen,
        )
        self._live.start()

    def _print(self, line: str) -> None:
        if self._live is not None:
            self._live.console.print(line, markup=False, highlight=False, soft_wrap=True)
        elif self._out is not None:
            print(line, file=self._out, flush=True)

    def _draw(self, trainer: Trainer, now: float) -> None:
        from rich.text import Text

        line = self._line(trainer, now, ascii_only=self._live.console.options.ascii_only)
        self._live.update(Text(line, no_wrap=True, overflow="ellipsis"), refresh=True)

    # ------------------------------------------------------------------ what is shown

    def _line(self, trainer: Trainer, now: float, ascii_only: bool) -> str:
        position, per_epoch = trainer.position, trainer.batches_per_epoch
        done = position.step - self._first_step
        left = (trainer.last_epoch - position.epoch) * per_epoch - position.batch
        seconds = max(now - self._started, 1e-9)
        filled = _BAR * position.batch // per_epoch
        full, empty = "#-" if ascii_only else "━╌"
        return "  ".join(
            [
                f"epoch {position.epoch + 1}/{trainer.last_epoch}",
                full * filled + empty * (_BAR - filled),
                f"{_duration(seconds / done * left)} left",
                _numbers(position.means()),
                f"{self._samples / seconds:,.0f} samples/s",
            ]
        )


def _numbers(values: dict[str, float]) -> str:
    return "  ".join(f"{name} {_number(value)}" for name, value in values.items())


def _number(value: float) -> str:
    return f"{value:.4f}" if 1e-3 <= abs(value) < 1e4 or value == 0 else f"{value:.3g}"


def _duration(seconds: float) -> str:
    """Seconds for people: 0.4 s, 12 s, 3 min 05 s, 2 h 10 min."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if round(seconds) < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02} s"
    return f"{minutes // 60} h {minutes % 60:02} min"
