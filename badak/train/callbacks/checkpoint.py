"""Checkpoints: a run that is killed at any moment goes on as if nothing had happened."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from badak.base.errors import StateError
from badak.base.files import Path, check_writable, make_folder
from badak.base.shapes import positive
from badak.io import CheckpointFolder
from badak.train.callback import Callback

if TYPE_CHECKING:  # for the type checker alone, as in callback.py
    from badak.train.trainer import Trainer


class Checkpoint(Callback):
    """Saves everything that a training needs to go on, after each epoch or more often.

    Parameters, optimizer state, buffers, random counters, history, the epoch and the position in
    it: `trainer.resume(folder)` continues a run that then ends with the very same bits. The last
    two checkpoints are kept. One is also saved when a training is broken off by Ctrl-C or by an
    error, unless the state at that moment is not worth keeping (a loss that is not finite).

    Args:
        folder: made when training starts; must then be empty of checkpoints, unless resumed.
        every_batches: save after so many batches too; None for the end of each epoch alone.
        keep: how many of the newest to keep.

    Raises:
        BadakFileError: before training starts, when the folder cannot be written to.
        StateError: before training starts, when the folder holds the checkpoints of another run.
    """

    rank: ClassVar[int] = 100

    def __init__(self, folder: Path, every_batches: int | None = None, keep: int = 2) -> None:
        self.checkpoints = CheckpointFolder(folder, keep)
        self.every_batches = (
            None if every_batches is None else positive(every_batches, "Checkpoint: every_batches")
        )
        self._saved = -1

    def on_fit_start(self, trainer: Trainer) -> None:
        make_folder(self.checkpoints.folder)
        check_writable(self.checkpoints.folder)
        present = self.checkpoints.numbers()
        if present and max(present) > trainer.position.step:
            raise StateError(
                f"{self.checkpoints.folder} already holds the checkpoints of another run",
                expected="an empty folder, or one that was resumed from",
                hint=f"trainer.resume({self.checkpoints.folder!r}) before fit, or another folder",
            )
        self._saved = trainer.position.step if present else -1

    def on_batch_end(self, trainer: Trainer, loss: float) -> None:
        if self.every_batches and trainer.position.step % self.every_batches == 0:
            self._save(trainer)

    def on_epoch_end(self, trainer: Trainer, record: dict[str, float]) -> None:
        self._save(trainer, force=True)

    def on_failure(self, trainer: Trainer, error: BaseException) -> None:
        if trainer.position.whole:
            self._save(trainer)

    def _save(self, trainer: Trainer, force: bool = False) -> None:
        # A checkpoint is named by its step. At the end of an epoch the step's checkpoint may exist
        # already, from before the validation: that one is replaced.
        if force or trainer.position.step != self._saved:
            self.checkpoints.save(trainer.position.step, *trainer.state_dict())
            self._saved = trainer.position.step

    def __repr__(self) -> str:
        return f"Checkpoint({self.checkpoints.folder!r})"
