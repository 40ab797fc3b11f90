"""How the batches of an epoch are run: one after another in NumPy, or many as machine code."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn, Protocol

from badak.base.dtypes import Array
from badak.core import Tensor
from badak.train.measures import measured_each
from badak.train.program import RefusedError, SpoiledError, StepProgram
from badak.train.snapshot import Snapshot
from badak.train.step import not_finite, train_step

if TYPE_CHECKING:  # for the type checker alone: the trainer stands above
    from badak.train.trainer import Trainer

Values = dict[str, float]
"""The loss and the metrics of one batch."""

CHUNK_SECONDS = 0.25
"""How long machine code runs before Python looks at its numbers: Progress draws then."""

GUARD_SHARE = 0.04
"""At most so much of the time goes into copies of the state and looks at it."""

MANY = 8
"""So many programs for one training mean that something changes which should not."""


class Steps(Protocol):
    """What runs the batches of a trainer."""

    def renew(self) -> None:
        """A fit begins: anything may have changed since the last one."""

    def expect(self, rows: Array | None) -> None:
        """Tells the row numbers of batches of another size that come later, if there are any."""

    def run(
        self,
        trainer: Trainer,
        rows: Array,
        data: tuple[Tensor, Tensor],
        asked: Callable[[], bool],
    ) -> list[Values]:
        """Makes some updates, each wholly or not at all.

        Args:
            trainer: whose network, loss, optimizer and metrics.
            rows: (batches, rows of a batch) row numbers; the first of these batches are run.
            data: inputs and targets, whole.
            asked: whether somebody waits for an end of this.

        Returns:
            Loss and metrics of each batch that was done. There may be none: come again then.

        Raises:
            NotFiniteError: when the first batch of `rows` breaks a number.
            BadakError: and whatever else the network, the loss or a metric raises in that batch.
        """


class EagerSteps:
    """Batch after batch, operation after operation, in NumPy."""

    def renew(self) -> None:
        pass

    def expect(self, rows: Array | None) -> None:
        pass

    def run(
        self,
        trainer: Trainer,
        rows: Array,
        data: tuple[Tensor, Tensor],
        asked: Callable[[], bool],
    ) -> list[Values]:
        x, t = (Tensor(part.data[rows[0]]) for part in data)
        net, loss, optimizer = trainer.net, trainer.loss, trainer.optimizer
        return [train_step(net, loss, optimizer, x, t, trainer.metrics)]


@dataclass(frozen=True)
class Chunk:
    """Batches that machine code runs at once, from a state of which there is a copy."""

    trainer: Trainer
    program: StepProgram
    rows: Array
    data: tuple[Tensor, Tensor]

    def give_up(self) -> None:
        """Puts the state back."""
        self.program.copies.restore()
        self.program.leave()


class CompiledSteps:
    """Many batches in one call of machine code.

    Nothing is checked between them. When a chunk of batches is done, its losses and the whole
    state are looked at. Were they spoiled, or does a metric raise an error, then the state from
    before the chunk is put back, and the chunk is done again batch by batch: what machine code does
    is repeatable to the last bit, so the guilty batch is found with the very state that it had. It
    is then run in NumPy, which says where in the network the trouble begins.

    A gradient that is not finite shows in the state: each rule of `badak.optim` hands it on to the
    parameter or to what it remembers of it.

    A training that cannot be compiled goes on in NumPy, with one warning.
    """

    def __init__(self) -> None:
        self._program: StepProgram | None = None
        self._one_by_one = 0
        self._is_known = False
        self._made = 0
        self._guard_seconds = 0.0
        self._copy_seconds = 0.0
        self._later: Array | None = None

    def renew(self) -> None:
        self._is_known = False

    def expect(self, rows: Array | None) -> None:
        self._later = rows

    def _program_of(self, trainer: Trainer) -> StepProgram:
        if self._program is not None and self._is_known:
            return self._program
        # Between updates nobody but a callback can change what the program was made of.
        self._is_known = not trainer.callbacks
        outdated = "" if self._program is None else self._program.outdated(trainer)
        if self._program is None or outdated:
            self._program = StepProgram(trainer)
            self._one_by_one = 0
            self._made += 1
            if self._made == MANY + 1:
                warnings.warn(
                    f"the training step was compiled {self._made} times, now since {outdated!r} "
                    "has changed; a number that changes is better a tensor, which is assigned",
                    stacklevel=2,
                )
        return self._program

    def run(
        self,
        trainer: Trainer,
        rows: Array,
        data: tuple[Tensor, Tensor],
        asked: Callable[[], bool],
    ) -> list[Values]:
        chunk = self.begin(trainer, rows, data)
        if chunk is None:
            return EagerSteps().run(trainer, rows, data, asked)
        end = time.monotonic() + max(CHUNK_SECONDS, self._guard_seconds / GUARD_SHARE)
        try:
            results = chunk.program.scan(
                chunk.rows, data, lambda done: asked() or time.monotonic() > end
            )
            return self.finish(chunk, results)
        except Exception as error:  # noqa: BLE001  # raised again, or explained
            failure = error
        except BaseException:
            chunk.give_up()
            raise
        return self.fail(chunk, failure)

    # What follows is for those who run the chunks of several trainers: see `population`.

    def begin(self, trainer: Trainer, rows: Array, data: tuple[Tensor, Tensor]) -> Chunk | None:
        """Makes ready what is run at once; None where nothing is compiled."""
        program = self._program_of(trainer)
        if not program.is_native:
            return None
        rows = rows[: 1 if self._one_by_one else program.most(rows)]
        self._one_by_one = max(self._one_by_one - 1, 0)
        started = time.monotonic()
        program.copies.take()
        self._copy_seconds = time.monotonic() - started
        return Chunk(trainer, program, rows, data)

    @property
    def searches(self) -> bool:
        """Whether it goes batch by batch to find the one that broke a number."""
        return self._one_by_one > 0

    def finish(self, chunk: Chunk, results: tuple[Array, Array | None]) -> list[Values]:
        """Loss and metrics of the batches that were run, after a look at the state.

        Raises:
            SpoiledError: when a number is not finite; and what a metric raises.
        """
        looking = time.monotonic()
        chunk.program.check(results)
        self._guard_seconds = self._copy_seconds + time.monotonic() - looking
        if self._later is not None:  # while the others run, not while they are compiled
            chunk.program.prepare(self._later, chunk.data)
            self._later = None
        return _values(chunk.trainer, chunk.rows, chunk.data, results)

    def fail(self, chunk: Chunk, failure: Exception) -> list[Values]:
        """After an error: nothing was done, and the next chunks find the guilty batch.

        Raises:
            NotFiniteError: and what else that batch raises, once it is found.
        """
        trainer, program, rows, data = chunk.trainer, chunk.program, chunk.rows, chunk.data
        program.copies.restore()
        if len(rows) > 1 and not isinstance(failure, RefusedError):
            self._one_by_one = len(rows)
            return []
        program.leave()
        if isinstance(failure, RefusedError):
            program.is_native = False
            return _in_numpy(trainer, rows, data, failure)
        if isinstance(failure, SpoiledError):
            _explain(trainer, rows, data, failure)
        raise failure


def _in_numpy(
    trainer: Trainer, rows: Array, data: tuple[Tensor, Tensor], refused: RefusedError
) -> list[Values]:
    """The first batch eagerly; if that works, and only then, the reason is told."""
    before = Snapshot(trainer.net, trainer.optimizer)
    values = EagerSteps().run(trainer, rows, data, lambda: False)
    try:
        reason = f"the training step runs eagerly, in NumPy: {refused.reason}"
        warnings.warn(reason, RuntimeWarning, stacklevel=2)
    except RuntimeWarning:  # warnings are errors here
        before.restore()
        raise
    return values


def _explain(
    trainer: Trainer, rows: Array, data: tuple[Tensor, Tensor], spoiled: SpoiledError
) -> NoReturn:
    """Raises what the batch raises in NumPy, or, if that finds nothing, what was seen here."""
    before = Snapshot(trainer.net, trainer.optimizer)
    EagerSteps().run(trainer, rows, data, lambda: False)
    before.restore()
    where = f"{spoiled.where} in machine code; in NumPy this batch just stays finite"
    raise not_finite(spoiled.what, where, trainer.optimizer)


def _values(
    trainer: Trainer,
    rows: Array,
    data: tuple[Tensor, Tensor],
    results: tuple[Array, Array | None],
) -> list[Values]:
    losses, predictions = results
    values: list[Values] = [{"loss": loss} for loss in losses.tolist()]
    if predictions is None:
        return values
    targets = data[1].data[rows[: len(losses)]]
    measures = measured_each(trainer.metrics, predictions, targets)
    return [loss | more for loss, more in zip(values, measures, strict=True)]
