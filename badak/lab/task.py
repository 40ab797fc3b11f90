"""What all contenders have in common: the data, the budget, and how they are judged."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from badak import data as data_sets
from badak.base.errors import DTypeError, RangeError
from badak.base.numbers import real
from badak.base.random import generator
from badak.base.shapes import Shape, positive
from badak.data import Dataset, TrainTest, standardize
from badak.lab.contender import Contender


@dataclass(frozen=True)
class Parts:
    """The rows of one seed.

    Attributes:
        train: to learn from.
        validation: to choose by, and to see how a training goes.
        test: for the end.
    """

    train: Dataset
    validation: Dataset
    test: Dataset

    def one_hot(self) -> Parts:
        """Class numbers as rows with a 1 at the class."""
        return Parts(self.train.one_hot(), self.validation.one_hot(), self.test.one_hot())

    def standardized(self) -> Parts:
        """Inputs with mean 0 and deviation 1, as learned from the training rows."""
        scaling = standardize(self.train, per="channel" if self.train.x.ndim == 4 else "feature")
        return Parts(scaling(self.train), scaling(self.validation), scaling(self.test))


@dataclass(frozen=True)
class Task:
    """Data and budget, the same for all contenders.

    Attributes:
        data: the name of a data set, a file, or the data themselves.
        updates: how many each training makes.
        epochs: instead, how often each training sees its rows, so that larger batches make fewer
            updates.
        validation: the share of the training rows that is set aside, another one for each seed.
        rows: train on that many rows only, others for each seed; None for all.
        label_noise: the share of training rows whose class is changed to another one.
        target: the validation accuracy (or loss, of a regression) whose reaching is timed.
        root: the folder with the files of the data set.

    Raises:
        RangeError, DTypeError: what no training can be given.

    >>> task = Task("digits", updates=100, rows=300)
    >>> parts = task.parts(seed=0)
    >>> len(parts.train), len(parts.validation), len(parts.test)
    (300, 144, 355)
    """

    data: str | TrainTest
    updates: int = 1000
    validation: float = 0.1
    rows: int | None = None
    label_noise: float = 0.0
    target: float | None = None
    epochs: float | None = None
    root: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if not isinstance(self.data, str | TrainTest):
            raise DTypeError(
                "data is the name of a data set, a file, or a TrainTest",
                got=type(self.data).__name__,
                hint="bd.data.TrainTest(train, test)",
            )
        positive(self.updates, "updates")
        real(self.validation, "validation", above=0, below=1)
        real(self.label_noise, "label_noise", at_least=0, below=1)
        if self.epochs is not None:
            real(self.epochs, "epochs", above=0)
        if self.rows is not None:
            positive(self.rows, "rows")
        if self.target is not None:
            real(self.target, "target")

    @property
    def name(self) -> str:
        """What the data are called in tables."""
        if isinstance(self.data, TrainTest):
            return self.data.name or "data"
        return os.path.basename(self.data)

    @cached_property
    def whole(self) -> TrainTest:
        """All rows; images flat. Targets that are one number a row become a column."""
        given = self.data
        whole = given if isinstance(given, TrainTest) else data_sets.load(given, root=self.root)
        if whole.n_classes is None and whole.train.t.ndim == 1:
            return TrainTest(*(part.with_targets(part.t[:, None]) for part in whole))
        return whole

    @cached_property
    def images(self) -> TrainTest:
        """The same with the axes of images, for convolutions.

        Raises:
            RangeError: when the data are no images.
        """
        if isinstance(self.data, TrainTest):
            return self.data
        if not data_sets.holds_images(self.data):
            raise RangeError(f"{self.name} holds no images", hint='model = "mlp"')
        return data_sets.load(self.data, root=self.root, flat=False)

    @property
    def classifies(self) -> bool:
        """Whether targets are class numbers."""
        return self.whole.n_classes is not None

    @property
    def outputs(self) -> int:
        """How many numbers a network has to give for a row."""
        if self.whole.n_classes is not None:
            return self.whole.n_classes
        return int(np.prod(self.whole.train.t.shape[1:], dtype=int))

    def shape(self, images: bool) -> Shape:
        """The shape of a row of inputs, with the axes of images or flat."""
        return (self.images if images else self.whole).shape

    def updates_of(self, batch_size: int) -> int:
        """How many updates a training with such batches makes.

        >>> Task("digits", epochs=2, rows=1000).updates_of(100)
        20
        """
        if self.epochs is None:
            return self.updates
        rows = self.rows or round(len(self.whole.train) * (1.0 - self.validation))
        return max(round(self.epochs * rows / min(batch_size, rows)), 1)

    def parts_for(self, contender: Contender, seed: int) -> Parts:
        """The rows of one seed in the form that a contender takes."""
        parts = self.parts(seed, images=contender.wants_images)
        parts = parts.standardized() if contender.standardize else parts
        return parts.one_hot() if contender.one_hot else parts

    def parts(self, seed: int, *, images: bool = False) -> Parts:
        """The rows of one seed: the same for every contender.

        Raises:
            RangeError: when there are not as many rows as asked for.
        """
        whole = self.images if images else self.whole
        train, validation = whole.train.split(1.0 - self.validation, seed)
        if self.rows is not None:
            if self.rows > len(train):
                raise RangeError(
                    f"rows: {self.name} has fewer to train on",
                    expected=f"at most {len(train)}",
                    got=self.rows,
                )
            train = train.take(generator(seed, "rows").permutation(len(train))[: self.rows])
        if self.label_noise:
            train = _mislabelled(train, self.label_noise, seed)
        return Parts(train, validation, whole.test)

    def as_json(self) -> dict[str, Any]:
        """Everything that determines the rows and the budget, as a tree for JSON."""
        return {
            "data": self.data if isinstance(self.data, str) else self.data.name,
            "rows of data": self.fingerprint,
            "updates": self.updates if self.epochs is None else None,
            "epochs": self.epochs,
            "validation": self.validation,
            "rows": self.rows,
            "label_noise": self.label_noise,
            "target": self.target,
        }

    @cached_property
    def fingerprint(self) -> str:
        """A digest of every row."""
        return self.whole.train.fingerprint() + self.whole.test.fingerprint()


def _mislabelled(data: Dataset, share: float, seed: int) -> Dataset:
    """That share of the rows with another class, each as likely as any other."""
    if data.n_classes is None or data.n_classes < 2:
        raise RangeError("label_noise is for classes", got="targets that are numbers")
    random = generator(seed, "label noise")
    wrong = random.permutation(len(data))[: round(share * len(data))]
    t = data.t.copy()
    t[wrong] = (t[wrong] + random.integers(1, data.n_classes, len(wrong))) % data.n_classes
    return data.with_targets(t)
