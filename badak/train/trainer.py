"""The training loop."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Self

import numpy as np

from badak import metrics as metric_functions
from badak.base import context
from badak.base.dtypes import Array, DType, float32
from badak.base.errors import StateError
from badak.base.files import Path
from badak.base.random import check_seed
from badak.base.shapes import positive
from badak.core import Tensor
from badak.data import Batches, Dataset, OnDisk, as_inputs
from badak.data.augment import Compose
from badak.io import CheckpointFolder
from badak.nn import Module
from badak.optim import Optimizer
from badak.train import arguments, state
from badak.train.arguments import as_dataset, with_validation
from badak.train.callback import Callback
from badak.train.course import Course
from badak.train.diagnosis.callback import Diagnosis
from badak.train.diagnosis.finding import Finding
from badak.train.diagnosis.not_finite import LossFunction, loss_name
from badak.train.feed import as_views, by_parts
from badak.train.history import History
from badak.train.measures import measured
from badak.train.position import Position
from badak.train.prediction import COMPILED_ROWS, Prediction
from badak.train.signals import Interruption, held_back
from badak.train.steps import CompiledSteps, EagerSteps, Steps


class Trainer:
    """Trains a network, and asks it.

    Args:
        net: the network.
        loss: what to make small: a loss, its name, or a function of (prediction, target) that
            gives the mean over the rows.
        optimizer: how, an optimizer or its name (with its own settings).
        metrics: what else to measure: names, or functions of (prediction, target) to a number.
            During an epoch they are means over its batches, in which those do not count for which
            a metric is undefined; on validation data they are taken over all rows at once.
        callbacks: objects that are told what happens; see `Callback`.
        seed: of the order of examples and of the validation split.
        progress: whether to show progress on standard error.
        compile: whether training runs as machine code, many batches at a time (see `bd.compile`).
            What network, loss and optimizer do besides operations on tensors then happens once, not
            at each batch; what cannot be compiled runs in NumPy, with a warning. False trains in
            NumPy, batch by batch, so that each line can be stepped through. The numbers are the
            same but for the rounding of sums.
        diagnose: whether to look for what is wrong: see `Diagnosis`.

    Attributes:
        history: the numbers of each epoch so far.
        position: the place in the training: epoch, batch, step.
        stop: set to a reason to end the training after the epoch.
        last_epoch: the epoch with which this fit ends.
        batches_per_epoch: how many updates an epoch has.
        validates: whether each epoch ends with a look at validation data.
        batches, validation: of this fit: the rows to train on, and those of that look.
        findings: what a diagnosis found, worst first.
        saved_in: the folders that hold checkpoints of this training.
        steps: what runs the updates.

    Raises:
        RangeError: unknown names, a seed out of range, a loss that is no mean.
        DTypeError: what is no network, loss, optimizer, metric or callback.
        StateError: when the network has no parameters.

    >>> from badak import nn, optim
    >>> data = bd.data.load("xor", rows=40)
    >>> net = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 2))
    >>> trainer = Trainer(net, nn.SoftmaxCrossEntropy(), optim.Adam(0.05), ["accuracy"],
    ...                   progress=False)
    >>> history = trainer.fit(data.train, epochs=30, batch_size=10)
    >>> history["loss"][-1] < history["loss"][0]
    True
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
        compile: bool = True,
        diagnose: bool = False,
    ) -> None:
        self.net = arguments.as_network(net)
        self.loss = arguments.as_loss(loss)
        self.optimizer = arguments.as_optimizer(optimizer)
        self.metrics = metric_functions.named(metrics)
        self.callbacks = arguments.as_callbacks(callbacks, progress)
        if diagnose:
            watching = [*self.callbacks, Diagnosis()]
            self.callbacks = sorted(watching, key=lambda callback: callback.rank)
        self.seed = check_seed(seed)
        self.history = History()
        self.position = Position()
        self.stop = ""
        self.last_epoch = 0
        self.batches_per_epoch = 0
        self.saved_in: list[str] = []
        self.settings: dict[str, Any] = {}
        self.validates = False
        self.batches: Batches | None = None
        self.validation: Dataset | None = None
        self.findings: tuple[Finding, ...] = ()
        self.steps: Steps = CompiledSteps() if compile else EagerSteps()
        self._prediction = Prediction(compiled=compile)
        self._sampling = Prediction(compiled=compile, samples=True)

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
        bootstrap: bool = False,
        balanced: bool = False,
        augment: Any = None,
        updates: int | None = None,
        drop_last: bool = False,
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
            bootstrap: whether to train on as many rows, drawn from the examples with replacement
                by the trainer's seed: for an ensemble whose members should differ (bagging).
            balanced: whether each epoch has as many rows of each class: of rare classes, the same
                rows several times.
            augment: what changes training rows at random, each time anew and never those that are
                validated: an augmentation of `badak.data.augment`, a function `(x, random) -> x`,
                or a list of these. A thread makes some batches ahead, by the trainer's seed.
            updates: so many updates instead of `epochs`. An epoch that they do not fill has no
                record yet; a further fit on the same data goes on in it.
            drop_last: whether each epoch leaves out a last batch that would be short: other rows
                each time.

        Returns:
            The history: a record for each epoch with "loss", the metrics, and the same with
            "val_" in front.

        Raises:
            RangeError: epochs, updates or batch_size below 1, a split outside of 0..1, labels that
                are none of the classes; before the first update, like the next two.
            ShapeError, DTypeError: data that do not fit the network, the loss or the metrics.
            StateError: an optimizer that remembers another network; after `resume`, data or
                settings that are not those of the saved run.
            NotFiniteError: when loss, gradients or weights become infinite or NaN; names epoch,
                batch and layer. The network is then as it was before that update.
            KeyboardInterrupt, SystemExit: after Ctrl-C or SIGTERM, when the update under way is
                done and callbacks have saved.
        """
        course = self.course(
            train, t, validation_data, validation_split, epochs, batch_size, shuffle, bootstrap,
            balanced, augment, updates, drop_last,
        )  # fmt: skip
        with held_back() as interruption:
            going = course.updates(interruption)
            try:
                asked = next(going)
                while True:
                    try:
                        values = self.steps.run(self, *asked, interruption.is_asked)
                    except BaseException as error:  # noqa: BLE001  # the course raises it
                        asked = going.throw(error)
                    else:
                        asked = going.send(values)
            except StopIteration:
                return self.history

    def course(
        self,
        train: Any,
        t: Any,
        validation_data: Any,
        validation_split: float | None,
        epochs: int,
        batch_size: int,
        shuffle: bool,
        bootstrap: bool,
        balanced: bool = False,
        augment: Any = None,
        updates: int | None = None,
        drop_last: bool = False,
        digests: dict[int, str] | None = None,
    ) -> Course:
        """What `fit` does with these arguments, for those who run the updates of many trainers."""
        epochs = positive(epochs, "epochs")
        if updates is not None:
            updates = positive(updates, "updates")
        rows = as_dataset(train, t, self.dtype, "fit")
        rows, validation = with_validation(
            rows, validation_data, validation_split, self.dtype, self.seed
        )
        changes = None if augment is None else Compose(augment)
        if changes is not None and changes.mixes:
            rows = rows.one_hot()
        batches = Batches(
            rows, batch_size,
            seed=self.seed, shuffle=shuffle, bootstrap=bootstrap, balanced=balanced,
            drop_last=drop_last,
        )  # fmt: skip
        return Course(self, batches, validation, epochs, changes, updates, digests)

    def recorded_names(self) -> list[str]:
        """The names of the numbers that each record of the history has."""
        names = ["loss", *self.metrics]
        return names + [f"val_{name}" for name in names] if self.validates else names

    # ------------------------------------------------------------------ asking the network

    def evaluate(self, data: Any, t: Any = None) -> dict[str, float]:
        """Loss and metrics over a data set, as after training: no dropout, running statistics.

        Args:
            data: a `Dataset`, or inputs with their targets in `t`.
            t: targets, when `data` holds inputs alone.

        Raises:
            ShapeError, RangeError, DTypeError: data that do not fit the network, the loss or the
                metrics.
        """
        return self.measure(as_dataset(data, t, self.dtype, "evaluate"), Interruption())

    def measure(self, data: Dataset, interruption: Interruption) -> dict[str, float]:
        """`evaluate` for a data set, ended by an interruption."""
        prediction = self._predict(data.x, interruption)
        t = self.tensor(data.t)
        with context.no_grad():
            loss = float(self.loss(Tensor(prediction), t))
        return {"loss": loss, **measured(self.metrics, prediction, t.data)}

    def predict(self, x: Any) -> Array:
        """What the network says of each row: for a classifier its scores, (rows, classes).

        Args:
            x: inputs, or a `Dataset`.

        Raises:
            ShapeError: inputs that do not fit the network.
        """
        return self._predict(self._rows(x), Interruption())

    def sample(self, x: Any, samples: int = 100, *, augment: Any = None) -> Array:
        """What the network says of each row with dropout and noise on, many times.

        Monte-Carlo dropout: the mean over the samples is the prediction of the ensemble that
        dropout trains, and their spread says how much its members disagree. Of a classifier
        average probabilities, not scores. Asked again, it draws the same samples.

        Test-time augmentation: with `augment`, the rows are changed at random each time instead,
        and dropout is off.

        Gal and Ghahramani, "Dropout as a Bayesian Approximation" (2016).

        Args:
            x: inputs, or a `Dataset`.
            samples: how many.
            augment: as for `fit`; nothing that mixes rows.

        Returns:
            (samples, rows, ...): as `predict`, so many times.

        Raises:
            RangeError: when samples is below 1; for augmentation that mixes rows.
            ShapeError: inputs that do not fit the network.

        >>> net = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Dropout(0.5), nn.Linear(16, 3))
        >>> trainer = Trainer(net, progress=False)
        >>> scores = trainer.sample(np.ones((4, 2)), samples=50)
        >>> shares = bd.softmax(scores).numpy()
        >>> shares.mean(axis=0).shape, bool((shares.std(axis=0) > 0).all())
        ((4, 3), True)
        """
        rows = self._rows(x)
        times = positive(samples, "samples")
        if augment is not None:
            views = as_views(augment, rows, self.seed, times)
            return np.stack([self._predict(view, Interruption()) for view in views])
        buffers = self.net.buffers().values()
        kept = [buffer.numpy() for buffer in buffers]
        try:
            drawn = [self._predict(rows, Interruption(), times) for _ in range(times)]
        finally:
            for buffer, numbers in zip(buffers, kept, strict=True):
                buffer.assign(Tensor(numbers))
        return np.stack(drawn)

    def _rows(self, x: Any) -> Array:
        return x.x if isinstance(x, Dataset) else as_inputs(x, "x", self.dtype)

    def _predict(self, x: Array, interruption: Interruption, samples: int = 0) -> Array:
        """One prediction a row; one of several samples, if there are to be any."""
        prediction = self._sampling if samples else self._prediction
        parts = []
        with context.no_grad(), context.training(False):
            for rows in by_parts(x, COMPILED_ROWS) if isinstance(x, OnDisk) else [x]:
                for part in prediction.parts(self.net, self.tensor(rows), max(samples, 1)):
                    parts.append(part)
                    interruption.check()
        return np.concatenate(parts)

    def tensor(self, values: Array) -> Tensor:
        """A tensor of these values; floats become those in which the network computes."""
        floats = values.dtype.kind == "f"
        return Tensor(values.astype(self.dtype, copy=False) if floats else values)

    @property
    def dtype(self) -> DType:
        """The kind of floats in which the network computes."""
        return next((p.dtype for p in self.net.parameters().values()), float32)

    # ------------------------------------------------------------------ saving

    def state_dict(self) -> tuple[dict[str, Array], dict[str, Any]]:
        """Everything the training needs to go on: arrays by name, and a tree for JSON."""
        return state.collect(self)

    def resume(self, folder: Path) -> Self:
        """Goes back to the newest whole checkpoint of a folder; the next `fit` continues it.

        Raises:
            BadakFileError: when there are checkpoints but none is whole.
            StateError: when there is no checkpoint, or when network, optimizer, loss, metrics or
                seed are not those saved; nothing is then taken over.
        """
        checkpoints = CheckpointFolder(folder)
        archive = checkpoints.latest()
        if archive is None:
            raise StateError(
                f"there is no checkpoint in {checkpoints.folder!r}", hint="fit without resume"
            )
        state.take_over(self, archive.tensors, archive.record)
        self.saved_in.append(checkpoints.folder)
        return self

    def __repr__(self) -> str:
        return (
            f"Trainer({type(self.net).__name__} with {self.net.parameter_count():,} parameters, "
            f"{loss_name(self.loss)}, {self.optimizer!r})"
        )
