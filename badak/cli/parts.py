"""The data of a run in three parts, on one scale: to train, to validate, and for the test."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import Any

from badak import data as data_sets
from badak.base.dtypes import Array
from badak.base.errors import RangeError
from badak.cli.config import Config
from badak.data import Dataset, Scaling, TrainTest, standardize

UPDATES = 5000
"""About so many updates are made when no number of epochs is chosen."""

FEWEST_EPOCHS, MOST_EPOCHS = 5, 50
SMALLEST_BATCH, LARGEST_BATCH = 10, 100


@dataclass(frozen=True)
class Parts:
    """The rows of a run.

    Attributes:
        train, validation, test: as the network takes them.
        classes: the names of the classes; None for a regression.
        inputs: how inputs were brought to mean 0 and deviation 1; None: as they came.
        targets: the same of the targets of a regression.
    """

    train: Dataset
    validation: Dataset
    test: Dataset
    classes: tuple[str, ...] | None
    inputs: Scaling | None
    targets: Scaling | None

    def by_name(self) -> dict[str, Dataset]:
        """The three parts under the names that people see."""
        return {"training": self.train, "validation": self.validation, "test": self.test}

    def metric_names(self) -> list[str]:
        """What to measure besides the loss; r2 needs targets that differ, in each part."""
        if self.classes is not None:
            return ["accuracy"]
        differ = [
            (part.t.min(axis=0) < part.t.max(axis=0)).all() for part in self.by_name().values()
        ]
        return ["r2_score"] if all(differ) else []

    def __str__(self) -> str:
        sizes = ", ".join(f"{len(part):,} {name}" for name, part in self.by_name().items())
        kinds = "a regression" if self.classes is None else f"{len(self.classes)} classes"
        return f"{self.train.name}: {sizes} rows; {kinds}"


def load_parts(config: Config) -> Parts:
    """Loads the data of a run. What is learned from rows is learned from the training rows alone.

    Raises:
        BadakFileError: files that are missing, damaged, or not to be had.
        RangeError: an unknown name; data or a share that nothing can be learned from.
    """
    whole = data_sets.load(config.data, root=config.root, **_options(config))
    classes = _classes(whole)
    train, validation = _split(whole.train, config)
    inputs = targets = None
    if config.data not in data_sets.names():
        # The pixels of an image share their scale.
        inputs = standardize(train, per="channel" if train.x.ndim == 4 else "feature")
    if classes is None:
        targets = standardize(_columns(train.t))
    train, validation, test = (
        _scaled(part, inputs, targets) for part in (train, validation, whole.test)
    )
    return Parts(train, validation, test, classes, inputs, targets)


def _options(config: Config) -> dict[str, Any]:
    asked = {"target": config.target, "drop": config.drop or None, "task": config.task}
    options: dict[str, Any] = {name: value for name, value in asked.items() if value is not None}
    named = config.data in data_sets.names()
    images = data_sets.holds_images(config.data if named else _path(config))
    if named or images or config.data.lower().endswith(".npz"):
        if options:
            raise RangeError(f"--{next(iter(options))} is for tables, such as a .csv")
        if images:
            options["flat"] = not config.architecture.wants_images
    return options


def _path(config: Config) -> str:
    return os.path.join(config.root or "", config.data)


def _classes(whole: TrainTest) -> tuple[str, ...] | None:
    """The names of all classes; None for a regression."""
    counts = [part.n_classes for part in whole if part.n_classes is not None]
    if not counts and whole.train.t.dtype.kind == "f":
        return None
    if len(counts) < 2:
        raise RangeError(
            f"{whole.name}: a target is one class number, or one or more floats",
            got=" and ".join(f"{part.t.dtype} {part.t.shape}" for part in whole),
            hint=None if counts else "argmax(axis=1) makes class numbers of one-hot rows",
        )
    if max(counts) < 2:
        raise RangeError(f"{whole.name}: all rows are of one class")
    return whole.classes or tuple(map(str, range(max(counts))))


def _split(data: Dataset, config: Config) -> tuple[Dataset, Dataset]:
    held_out = len(data) - round(len(data) * (1 - config.validation))
    if not 0 < held_out < len(data):
        raise RangeError(
            f"--validation {config.validation:g} of {len(data)} rows leaves none to "
            + ("validate with" if held_out < 1 else "train on"),
            hint="another share, or more rows",
        )
    return data.split(1 - config.validation, config.seed)


def _scaled(data: Dataset, inputs: Scaling | None, targets: Scaling | None) -> Dataset:
    if inputs is not None:
        data = data.with_inputs(inputs(data.x))
    if targets is not None:
        data = Dataset(data.x, targets(_columns(data.t)), name=data.name)
    return data


def _columns(t: Array) -> Array:
    """Targets as (rows, values), which is what the network gives."""
    return t.reshape(len(t), -1)


def completed(config: Config, parts: Parts) -> Config:
    """The settings with all that depends on the data filled in.

    Raises:
        RangeError: a batch of one row for a network that cannot be trained on it; augmentation of
            what is no image.
    """
    rows = len(parts.train)
    batch_size = config.batch_size or _usual_batch_size(rows)
    shape = config.architecture
    if shape.batch_norm and shape.layers and 1 in (batch_size, rows % batch_size):
        raise RangeError(
            f"--batch-size {batch_size} leaves a batch of 1 of the {rows:,} rows, "
            "which cannot be normalised",
            hint=f"--batch-size {batch_size + 1}, or --no-batch-norm",
        )
    named = config.data in data_sets.names()
    epochs = config.epochs or _usual_epochs(-(-rows // batch_size))
    if config.augment and parts.train.x.ndim != 4:
        raise RangeError(
            "--augment is for images",
            got=f"rows of shape {parts.train.x.shape[1:]}",
            hint="--model cnn, for data that are images",
        )
    return replace(
        config,
        # A run is resumed from anywhere.
        data=config.data if named else os.path.abspath(_path(config)),
        root=os.path.abspath(config.root) if named and config.root is not None else None,
        epochs=epochs,
        steps=0 if config.schedule == "constant" else epochs * -(-rows // batch_size),
        batch_size=batch_size,
        input_shape=parts.train.x.shape[1:],
        outputs=parts.train.t.shape[1] if parts.classes is None else len(parts.classes),
        classes=parts.classes,
    )


def _usual_batch_size(rows: int) -> int:
    """A tenth of the rows within limits, and such that no row is left alone."""
    size = min(max(rows // 10, SMALLEST_BATCH), LARGEST_BATCH)
    while rows % size == 1 and size < rows:
        size += 1
    return size


def _usual_epochs(batches: int) -> int:
    return min(max(round(UPDATES / batches), FEWEST_EPOCHS), MOST_EPOCHS)
