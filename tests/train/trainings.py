"""Small trainings, made anew each time as a program that is started again would make them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from badak import nn, optim
from badak.base.random import generator, seeded
from badak.data import Dataset
from badak.nn import Module
from badak.train import Callback, EarlyStopping, Trainer

ROWS, FEATURES, CLASSES = 24, 5, 3

COMPILE = False
"""How the trainings of a test run unless it says so itself; see `conftest.py`."""


def rows(count: int = ROWS, seed: int = 0, dtype: str = "float32") -> Dataset:
    """Inputs (count, 5) and labels of 3 classes that can be learned from them."""
    random = generator(seed, "rows")
    x = random.standard_normal((count, FEATURES))
    labels = (x[:, :CLASSES] + 0.5 * random.standard_normal((count, CLASSES))).argmax(axis=1)
    return Dataset(x, labels, dtype=dtype)


def images(count: int = 14, seed: int = 0) -> Dataset:
    """Inputs (count, 1, 6, 6) and labels of 3 classes."""
    random = generator(seed, "images")
    return Dataset(random.standard_normal((count, 1, 6, 6)), random.integers(0, CLASSES, count))


def linear(outputs: int = CLASSES, seed: int = 1) -> Module:
    with seeded(seed):
        return nn.Sequential(nn.Linear(FEATURES, outputs))


def mlp(seed: int = 1) -> Module:
    with seeded(seed):
        return nn.Sequential(
            nn.Linear(FEATURES, 8), nn.BatchNorm(8), nn.ReLU(), nn.Dropout(0.25), nn.Linear(8, 3)
        )


def cnn(seed: int = 1) -> Module:
    with seeded(seed):
        return nn.Sequential(
            nn.Conv2d(1, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(16, CLASSES)
        )


def trainer(net: Module | None = None, optimizer: Any = None, **settings: Any) -> Trainer:
    """A quiet trainer; plain gradient descent on one linear layer unless asked otherwise."""
    loss = settings.pop("loss", nn.SoftmaxCrossEntropy())
    net = linear() if net is None else net
    optimizer = optim.SGD(0.1) if optimizer is None else optimizer
    settings = {"compile": COMPILE, "progress": False} | settings
    return Trainer(net, loss, optimizer, **settings)


def mlp_trainer(callbacks: Sequence[Callback] = (), patience: int = 4, **changes: Any) -> Trainer:
    """Everything that has a state: BatchNorm, Dropout, Adam, EarlyStopping, metrics."""
    settings = {"optimizer": optim.Adam(0.02), "net": mlp(), "metrics": ["accuracy"], "seed": 5}
    stopping = EarlyStopping("val_loss", patience=patience)
    return trainer(callbacks=[stopping, *callbacks], **(settings | changes))


def cnn_trainer(callbacks: Sequence[Callback] = ()) -> Trainer:
    return trainer(cnn(), optim.Momentum(0.05), callbacks=callbacks, metrics=["accuracy"], seed=5)


def fit_mlp(training: Trainer, epochs: int = 5) -> Trainer:
    training.fit(rows(), validation_split=0.25, epochs=epochs, batch_size=5)
    return training


def fit_cnn(training: Trainer, epochs: int = 3) -> Trainer:
    training.fit(images(), validation_data=images(6, seed=1), epochs=epochs, batch_size=4)
    return training


class RaiseAt(Callback):
    """Breaks a training off after one of its updates, or at the end of one of its epochs."""

    def __init__(self, step: int, error: type[BaseException], event: str = "batch") -> None:
        self.step = step
        self.error = error
        self.event = event

    def on_batch_end(self, trainer, loss):
        if self.event == "batch" and trainer.position.step == self.step:
            raise self.error(f"after step {self.step}")

    def on_epoch_end(self, trainer, record):
        if self.event == "epoch" and record["epoch"] == self.step:
            raise self.error(f"after epoch {self.step}")


def numbers(trainer: Trainer) -> dict[str, bytes]:
    """Every bit of weights, buffers, optimizer state and what callbacks remember, by name."""
    tensors, _ = trainer.state_dict()
    return {name: x.dtype.str.encode() + x.tobytes() for name, x in tensors.items()}


def records(trainer: Trainer) -> list[dict[str, float]]:
    """The history but for what a clock says."""
    return [{k: v for k, v in r.items() if k != "seconds"} for r in trainer.history]


def digest(trainer: Trainer) -> str:
    """SHA-256 of all that a training is about: numbers and history."""
    content = hashlib.sha256(json.dumps(records(trainer)).encode())
    for name, data in sorted(numbers(trainer).items()):
        content.update(name.encode() + b"\0" + data)
    return content.hexdigest()


def place(trainer: Trainer) -> dict[str, Any]:
    """Where a training stands, but for the update at which its last fit began."""
    return {k: v for k, v in trainer.position.record().items() if k != "first_step"}


def same(first: Trainer, second: Trainer) -> bool:
    """Whether two trainings are alike to the last bit."""
    return (
        numbers(first) == numbers(second)
        and repr(records(first)) == repr(records(second))  # NaN is NaN here
        and place(first) == place(second)
        and first.stop == second.stop
    )
