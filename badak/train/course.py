"""The course of one fit: which batches come when, who is told, what is written down.

It asks for updates and is sent what became of them; who runs them is not its business. So one
trainer can run its own (`Trainer.fit`), and a population those of many at once.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Generator, Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any

from badak.data import Batches, Dataset
from badak.data.augment import Compose
from badak.train import state
from badak.train.callback import Callback, updates_until_told
from badak.train.feed import Asked, Feed
from badak.train.place import at
from badak.train.rehearsal import rehearse
from badak.train.signals import Interruption
from badak.train.steps import Values

if TYPE_CHECKING:  # for the type checker alone: the trainer stands above
    from badak.train.trainer import Trainer

Updates = Generator[Asked, list[Values], None]
"""Yields the batches to run, and is sent what `Steps.run` gives for them."""


class Course:
    """One fit of a trainer, checked before anything changes.

    Args:
        trainer: whose network is trained.
        batches: of the rows to train on.
        validation: rows that are measured after each epoch.
        epochs: how many.
        augment: what changes the rows to train on at random, and no others.
        updates: how many instead of whole epochs; None for those of the epochs.
        digests: of data sets, by their identity, for many trainings of the same rows.
    """

    def __init__(
        self,
        trainer: Trainer,
        batches: Batches,
        validation: Dataset | None,
        epochs: int,
        augment: Compose | None = None,
        updates: int | None = None,
        digests: dict[int, str] | None = None,
    ) -> None:
        self.trainer = trainer
        self.batches = batches
        self.validation = validation
        settings = state.data_settings(
            batches, validation, augment, {} if digests is None else digests
        )
        changed = state.differences(trainer.settings, settings)
        position = trainer.position
        if position.resumed:
            state.refuse(changed)
        state.check_optimizer(trainer)
        rehearse(trainer, batches, validation)
        self.feed = Feed(batches, augment, trainer.tensor)
        if not position.resumed:
            if changed:  # the rest of an epoch that was broken off has other batches now
                position.begin_epoch()
            position.first_epoch, position.first_step = position.epoch, position.step
            trainer.stop = ""
        trainer.settings = (trainer.settings or state.settings_of(trainer)) | settings
        self._last_step = sys.maxsize
        trainer.last_epoch = position.first_epoch + epochs
        if updates is not None:
            self._last_step = position.first_step + updates
            in_epochs = position.batch + self._last_step - position.step
            trainer.last_epoch = position.epoch + -(-in_epochs // len(batches))
        trainer.batches_per_epoch = len(batches)
        trainer.steps.renew()
        trainer.validates = validation is not None
        trainer.batches, trainer.validation = batches, validation

    def updates(self, interruption: Interruption) -> Updates:
        """Asks for updates until the fit is done."""
        started: list[Callback] = []
        try:
            for callback in self.trainer.callbacks:
                callback.on_fit_start(self.trainer)
                started.append(callback)
            position = self.trainer.position
            position.resumed = False
            last = self.trainer.last_epoch
            with closing(self.feed.epochs(position.epoch, position.batch, last)) as batches:
                while self._goes_on():
                    yield from self._epoch(batches, interruption)
            self._tell("on_fit_end")
        except BaseException as error:
            self._fail(error, started)
            raise

    def _goes_on(self) -> bool:
        """Whether there is an epoch to do; one that is under way is done even after a stop."""
        trainer, position = self.trainer, self.trainer.position
        return (
            position.epoch < trainer.last_epoch
            and position.step < self._last_step
            and (position.batch > 0 or not trainer.stop)
        )

    def _epoch(self, batches: Iterator[Asked], interruption: Interruption) -> Updates:
        trainer, position = self.trainer, self.trainer.position
        started = time.monotonic()
        trainer.steps.expect(self.feed.short(position.batch))
        while position.batch < len(self.batches):
            with at(f"epoch {position.epoch + 1}, batch {position.batch + 1}"):
                rows, data = next(batches)
            done = 0
            while done < len(rows):
                if position.step >= self._last_step:
                    return  # within the epoch, which a further fit goes on with
                with at(f"epoch {position.epoch + 1}, batch {position.batch + 1}"):
                    values = yield from self._update(Asked(rows[done:], data))
                done += len(values)
                if values:
                    self._tell("on_batch_end", values[-1]["loss"])
                interruption.check()
        record: dict[str, float] = {"epoch": position.epoch + 1, **position.means()}
        if self.validation is not None:
            with at(f"epoch {position.epoch + 1}, validation"):
                found = trainer.measure(self.validation, interruption)
            record |= {f"val_{name}": value for name, value in found.items()}
        if trainer.optimizer.schedule is not None:
            record["lr"] = float(trainer.optimizer.lr)
        record["seconds"] = time.monotonic() - started
        position.whole = False
        trainer.history.append(record)
        position.next_epoch()
        position.whole = True
        self._tell("on_epoch_end", record)
        interruption.check()

    def _update(self, asked: Asked) -> Generator[Asked, list[Values], list[Values]]:
        """Some steps, and the position after them: what is between the two lines is not whole."""
        trainer, position = self.trainer, self.trainer.position
        until = updates_until_told(trainer.callbacks, position.step)
        rows = asked.rows[: min(until, self._last_step - position.step)]
        position.whole = False
        try:
            values = yield Asked(rows, asked.data)
        except Exception:
            position.whole = True  # all is as it was before
            raise
        for of_batch in values:
            position.count(rows.shape[1], of_batch)
        position.whole = True
        return values

    def _tell(self, event: str, *facts: Any) -> None:
        """Tells all callbacks, also when one of them fails: what is saved then is complete."""
        errors: list[BaseException] = []
        for callback in self.trainer.callbacks:
            try:
                getattr(callback, event)(self.trainer, *facts)
            except BaseException as error:  # noqa: BLE001  # the first is raised below
                errors.append(error)
        if errors:
            for second in errors[1:]:
                errors[0].add_note(f"after that, {type(second).__name__}: {second}")
            raise errors[0]

    def _fail(self, error: BaseException, callbacks: list[Callback]) -> None:
        """Lets callbacks save and tidy up; what goes wrong there must not hide the error."""
        for callback in callbacks:
            try:
                callback.on_failure(self.trainer, error)
            except Exception as second:  # noqa: BLE001  # the first error matters
                error.add_note(f"{type(callback).__name__} failed as well: {second}")
