"""Checkpoints: a run that is killed at any moment goes on as if nothing had happened."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from badak.base.errors import StateError
from badak.base.files import Path, check_writable, make_folder
from badak.base.lock import FolderLock
from badak.base.shapes import positive
from badak.io import CheckpointFolder
from badak.train.callback import Callback
from badak.train.step import NotFiniteError

if TYPE_CHECKING:  # for the type checker alone, as in callback.py
    from badak.train.trainer import Trainer

_LOCK = ".training.lock"


class Checkpoint(Callback):
    """Saves everything that a training needs to go on, after each epoch or more often.

    Parameters, optimizer state, buffers, random counters, history, the epoch and the position in
    it: `trainer.resume(folder)` continues a run that then ends with the very same bits. The last
    two checkpoints are kept. One is also saved when a training is broken off by Ctrl-C or by an
    error, but not by numbers that are no longer finite: what led there is not worth keeping.

    Args:
        folder: made when training starts; must then be empty of checkpoints, unless resumed.
        every_batches: save after so many batches too; None for the end of each epoch alone.
        keep: how many of the newest to keep.

    Raises:
        BadakFileError: before training starts, when the folder cannot be written to.
        StateError: before training starts, when the folder holds the checkpoints of another run,
            or another process trains into it.

    >>> Checkpoint("runs/first", every_batches=100)
    Checkpoint('.../runs/first')
    """

    rank: ClassVar[int] = 100

    def __init__(self, folder: Path, every_batches: int | None = None, keep: int = 2) -> None:
        self.checkpoints = CheckpointFolder(folder, keep)
        self.every_batches = (
            None if every_batches is None else positive(every_batches, "Checkpoint: every_batches")
        )
        self._saved = 0

    def on_fit_start(self, trainer: Trainer) -> None:
        folder = self.checkpoints.folder
        make_folder(folder)
        # Held for as long as training lasts: two runs that save by turns would mix.
        lock = FolderLock(folder, _LOCK)
        lock.__enter__()
        try:
            check_writable(folder)
            if self.checkpoints.numbers() and folder not in trainer.saved_in:
                raise StateError(
                    f"{folder!r} already holds the checkpoints of another run",
                    expected="an empty folder, or one that was resumed from",
                    hint=f"trainer.resume({folder!r}) before fit, or another folder",
                )
        except BaseException:
            lock.__exit__(None, None, None)
            raise
        self._lock = lock
        trainer.saved_in.append(folder)
        self._saved = trainer.position.step

    def on_batch_end(self, trainer: Trainer, loss: float) -> None:
        if self.every_batches and trainer.position.step % self.every_batches == 0:
            self._save(trainer)

    def on_epoch_end(self, trainer: Trainer, record: dict[str, float]) -> None:
        # A checkpoint is named by its step. That of the last batch may exist already, from before
        # the validation: it is replaced.
        self._save(trainer)

    def on_fit_end(self, trainer: Trainer) -> None:
        self._release()

    def on_failure(self, trainer: Trainer, error: BaseException) -> None:
        try:
            new = trainer.position.step != self._saved
            if new and trainer.position.whole and not isinstance(error, NotFiniteError):
                self._save(trainer)
        finally:
            self._release()

    def _save(self, trainer: Trainer) -> None:
        self.checkpoints.save(trainer.position.step, *trainer.state_dict())
        self._saved = trainer.position.step

    def _release(self) -> None:
        self._lock.__exit__(None, None, None)

    def __repr__(self) -> str:
        return f"Checkpoint({self.checkpoints.folder!r})"
