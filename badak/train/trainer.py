"""The training loop."""

from __future__ import annotations

import copy
import time
from collections.abc import Iterable, Sequence
from typing import Any, Self

import numpy as np

from badak import metrics as metric_functions
from badak.base import context
from badak.base.dtypes import Array, DType, float32
from badak.base.errors import BadakError, DTypeError, RangeError, ShapeError, StateError
from badak.base.files import Path
from badak.base.random import check_seed
from badak.base.shapes import positive
from badak.core import Tensor
from badak.data import Batches, Dataset, as_inputs
from badak.io import CheckpointFolder
from badak.nn import Loss, Module, losses
from badak.optim import Optimizer
from badak.optim import catalogue as optimizers
from badak.train import state
from badak.train.callback import Callback
from badak.train.callbacks import Progress
from badak.train.history import History
from badak.train.position import Position
from badak.train.signals import Interruption, held_back
from badak.train.step import LossFunction, NotFiniteError, Snapshot, train_step

EVALUATION_ROWS = 1000
"""Rows that are predicted at once: large enough to be fast, small enough for any memory."""


class Trainer:
    """Trains a network, and asks it.

    Args:
        net: the network.
        loss: what to make small, a loss or its name.
        optimizer: how, an optimizer or its name (with its own settings).
        metrics: what else to measure: names or functions of (prediction, target).
        callbacks: objects that are told what happens; see `Callback`.
        seed: of the order of examples and of the validation split.
        progress: whether to show progress on standard error.

    Attributes:
        history: the numbers of each epoch so far.
        position: the place in the training: epoch, batch, step.
        stop: set to a reason to end the training after the epoch.

    >>> data = bd.data.load("xor", rows=40)
    >>> net = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 2))
    >>> trainer = Trainer(net, nn.SoftmaxCrossEntropy(), optim.Adam(0.05), ["accuracy"],
    ...                   progress=False)
    >>> history = trainer.fit(data.train, epochs=30, batch_size=10)
    >>> history["loss"][-1] < history["loss"][0]
    True

    Raises:
        RangeError: unknown names, a seed out of range.
        StateError: when the network has no parameters.
    """

    def __init__(
        self,
        net: Module,
        loss: LossFunction | str = "softmax_cross_entropy",
        optimizer: Optimizer | str = "adam",
        metrics: Iterable[Any] = (),
        callbacks: Sequence[Callback] = (),
        *,
        seed: int = 0,
        progress: bool = True,
    ) -> None:
        if not isinstance(net, Module):
            raise DTypeError("Trainer: net is a module", got=type(net).__name__)
        if not net.parameters():
            raise StateError("Trainer: the network has no parameters", got=repr(net))
        self.net = net
        self.loss: LossFunction = losses.get(loss) if isinstance(loss, str) else loss
        if isinstance(self.loss, Loss) and self.loss.reduction != "mean":
            raise RangeError(
                "Trainer: the loss must be a mean, so that batches of any size weigh the same",
                expected='reduction="mean"',
                got=self.loss.reduction,
            )
        self.optimizer = optimizers.get(optimizer)() if isinstance(optimizer, str) else optimizer
        self.metrics = metric_functions.named(metrics)
        shown = [Progress()] if progress and not any(isinstance(c, Progress) for c in callbacks) else []
        self.callbacks = sorted([*callbacks, *shown], key=lambda callback: callback.rank)
        self.seed = check_seed(seed)
        self.history = History()
        self.position = Position()
        self.stop = ""
        self.last_epoch = 0
        self.batches_per_epoch = 0
        self._validates = False
        self.settings: dict[str, Any] = {
            "network": repr(net),
            "optimizer": repr(self.optimizer),
            "loss": _name_of(self.loss),
            "metrics": list(self.metrics),
            "seed": self.seed,
        }

    # ------------------------------------------------------------------ fit

    def fit(
        self,
        train: Any,
        t: Any = None,
        *,
        validation_data: Any = None,
        validation_split: float | None = None,
        epochs: int = 1,
        batch_size: int = 32,
        shuffle: bool = True,
    ) -> History:
        """Trains for a number of epochs; called again, for as many more.

        After `resume`, it continues the interrupted fit, whose number of epochs includes those
        already done.

        Args:
            train: a `Dataset`, or inputs with their targets in `t`.
            t: targets, when `train` holds inputs alone.
            validation_data: a data set, or (x, t), that is measured after each epoch.
            validation_split: instead, the share of `train` that is set aside for it, at random.
            epochs: how often all examples are seen.
            batch_size: examples for one update; the last batch of an epoch may be shorter.
            shuffle: whether the order of examples changes each epoch.

        Returns:
            The history: a record for each epoch with "loss", the metrics, and the same with
            "val_" in front.

        Raises:
            RangeError: epochs or batch_size below 1, a split outside of 0..1, labels that are
                none of the classes.
            ShapeError: data that does not fit the network; before the first update.
            NotFiniteError: when loss or gradients are infinite or NaN; names epoch, batch and
                layer. The network is then as it was before that update.
            StateError: after `resume`, when data or settings are not those of the saved run.
        """
        epochs = positive(epochs, "epochs")
        train, validation = self._split(_dataset(train, t), validation_data, validation_split)
        batches = Batches(train, batch_size, seed=self.seed, shuffle=shuffle)
        self._begin(batches, validation, epochs)
        with held_back() as interruption:
            try:
                self._tell("on_fit_start")
                while self.position.epoch < self.last_epoch and not self.stop:
                    self._epoch(batches, validation, interruption)
            except BaseException as error:
                self._fail(error)
                raise
            self._tell("on_fit_end")
        self.position.resumed = False
        return self.history

    def _split(
        self, train: Dataset, validation_data: Any, validation_split: float | None
    ) -> tuple[Dataset, Dataset | None]:
        if validation_split is None:
            return train, None if validation_data is None else _dataset(validation_data)
        if validation_data is not None:
            raise RangeError("fit takes validation_data or validation_split, not both")
        if not 0 < validation_split < 1:
            raise RangeError(
                "validation_split is the share set aside", expected="0..1", got=validation_split
            )
        return train.split(1 - validation_split, self.seed)

    def _begin(self, batches: Batches, validation: Dataset | None, epochs: int) -> None:
        self._validates = validation is not None
        self.batches_per_epoch = len(batches)
        self.stop = ""
        self._check_data(batches, validation)
        settings = {
            "data": batches.dataset.fingerprint(),
            "validation data": None if validation is None else validation.fingerprint(),
            "batch size": batches.batch_size,
            "shuffle": batches.shuffle,
        }
        if self.position.resumed:
            state.refuse(state.differences(self.settings, settings))
        else:
            self.position.first_epoch = self.position.epoch
        self.settings |= settings
        self.last_epoch = self.position.first_epoch + epochs

    def _epoch(
        self, batches: Batches, validation: Dataset | None, interruption: Interruption
    ) -> None:
        started = time.monotonic()
        params = self.net.parameters()
        position = self.position
        for x, t in batches.epoch(position.epoch, start=position.batch):
            position.whole = False
            try:
                loss, prediction = train_step(
                    self.net, self.loss, self.optimizer, params, self._tensor(x), t
                )
            except NotFiniteError as error:
                error.what = f"training stopped in {self._place()}: {error.what}"
                raise
            except BadakError as error:
                error.what = f"{self._place()}: {error.what}"
                raise
            values = {name: metric(prediction, t) for name, metric in self.metrics.items()}
            position.count(len(x), {"loss": loss, **values})
            position.whole = True
            self._tell("on_batch_end", loss)
            interruption.check()
        record = {"epoch": position.epoch + 1, **position.means()}
        if validation is not None:
            found = self._evaluate(validation, interruption)
            record |= {f"val_{name}": value for name, value in found.items()}
        record["seconds"] = time.monotonic() - started
        self.history.append(record)
        position.next_epoch()
        self._tell("on_epoch_end", record)
        interruption.check()

    def _place(self) -> str:
        return f"epoch {self.position.epoch + 1}, batch {self.position.batch + 1}"

    def _tell(self, event: str, *facts: Any) -> None:
        for callback in self.callbacks:
            getattr(callback, event)(self, *facts)

    def _fail(self, error: BaseException) -> None:
        """Lets callbacks save and tidy up; what goes wrong there must not hide the error."""
        for callback in self.callbacks:
            try:
                callback.on_failure(self, error)
            except Exception as second:  # noqa: BLE001  # the first error matters
                error.add_note(f"{type(callback).__name__} failed as well: {second}")

    # ------------------------------------------------------------------ checks before the start

    def _check_data(self, batches: Batches, validation: Dataset | None) -> None:
        """Finds what does not fit before the first update, and leaves the network untouched."""
        for data in (batches.dataset, validation):
            if data is None:
                continue
            prediction = self._predict(data.x[:1])
            if isinstance(self.loss, Loss):
                # All labels at once: the shape of the prediction is enough to judge them by.
                shape = (len(data), *prediction.shape[1:])
                expected = Tensor(np.broadcast_to(prediction.dtype.type(0), shape))
                copy.copy(self.loss).check(expected, Tensor(data.t))
        if batches.last_size == 1:
            before = Snapshot(self.net, self.optimizer)
            try:
                with context.training(), context.no_grad():
                    self.net(self._tensor(batches.dataset.x[:1]))
            except ShapeError as error:
                error.what = f"the last batch of each epoch has 1 row: {error.what}"
                error.hint = "another batch_size"
                raise
            finally:
                before.restore()

    def recorded_names(self) -> list[str]:
        """The names of the numbers that each record of the history has."""
        names = ["loss", *self.metrics]
        return names + [f"val_{name}" for name in names] if self._validates else names

    # ------------------------------------------------------------------ asking the network

    def evaluate(self, data: Any, t: Any = None) -> dict[str, float]:
        """Loss and metrics over a data set, as after training: no dropout, running statistics.

        Args:
            data: a `Dataset`, or inputs with their targets in `t`.
            t: targets, when `data` holds inputs alone.
        """
        return self._evaluate(_dataset(data, t), Interruption())

    def _evaluate(self, data: Dataset, interruption: Interruption) -> dict[str, float]:
        prediction = self._predict(data.x, interruption)
        with context.no_grad():
            loss = float(self.loss(Tensor(prediction), data.t))
        values = {name: metric(prediction, data.t) for name, metric in self.metrics.items()}
        return {"loss": loss, **values}

    def predict(self, x: Any) -> Array:
        """What the network says of each row: for a classifier its scores, (rows, classes).

        Args:
            x: inputs, or a `Dataset`.

        Raises:
            ShapeError: inputs that do not fit the network.
        """
        return self._predict(x.x if isinstance(x, Dataset) else as_inputs(x, "x"))

    def _predict(self, x: Array, interruption: Interruption | None = None) -> Array:
        parts = []
        with context.no_grad(), context.training(False):
            for start in range(0, len(x), EVALUATION_ROWS):
                parts.append(self.net(self._tensor(x[start : start + EVALUATION_ROWS])).data)
                if interruption is not None:
                    interruption.check()
        return np.concatenate(parts)

    def _tensor(self, x: Array) -> Tensor:
        """Inputs in the dtype in which the network computes."""
        return Tensor(x.astype(self._dtype, copy=False)) if x.dtype.kind == "f" else Tensor(x)

    @property
    def _dtype(self) -> DType:
        return next((p.dtype for p in self.net.parameters().values()), float32)

    # ------------------------------------------------------------------ saving

    def state_dict(self) -> tuple[dict[str, Array], dict[str, Any]]:
        """Everything the training needs to go on: arrays by name, and a tree for JSON."""
        return state.collect(self)

    def resume(self, folder: Path) -> Self:
        """Goes back to the newest whole checkpoint of a folder; the next `fit` continues it.

        Raises:
            BadakFileError: when there is no whole checkpoint.
            StateError: when network, optimizer, loss, metrics or seed are not those saved.
        """
        archive = CheckpointFolder(folder).latest()
        if archive is None:
            raise StateError(f"there is no checkpoint in {folder!s}", hint="fit without resume")
        state.take_over(self, archive.tensors, archive.record)
        return self

    def __repr__(self) -> str:
        return (
            f"Trainer({type(self.net).__name__} with {self.net.parameter_count():,} parameters, "
            f"{_name_of(self.loss)}, {self.optimizer!r})"
        )


def _name_of(loss: LossFunction) -> str:
    return repr(loss) if isinstance(loss, Loss) else getattr(loss, "__name__", repr(loss))


def _dataset(data: Any, t: Any = None) -> Dataset:
    if isinstance(data, Dataset):
        return data
    if t is None:
        if not isinstance(data, tuple) or len(data) != 2:
            raise DTypeError(
                "data to train or test on is a Dataset, or inputs and targets",
                got=type(data).__name__,
                hint="fit(x, t), or bd.data.Dataset(x, t)",
            )
        data, t = data
    return Dataset(data, t)
