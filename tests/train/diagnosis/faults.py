"""Trainings with one planted fault each, and trainings that are well."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

import badak as bd
from badak import nn, optim
from badak.base.random import generator
from badak.data import Dataset
from badak.train import Trainer


@dataclass(frozen=True)
class Training:
    """A training that can be repeated with other seeds, each with its own weights and split."""

    build: Callable[[], Trainer]
    asked: dict[str, Any]

    def codes(self, seeds: Sequence[int]) -> list[tuple[str, ...]]:
        """The codes of what is found, for each seed."""
        population = bd.Population(self.build, seeds=seeds)
        population.fit(**self.asked, progress=False)
        return [tuple(f.code for f in member.trainer.findings) for member in population.members]


@dataclass(frozen=True)
class Planted:
    """A fault.

    Attributes:
        code: of the finding that names it.
        training: with it.
        also: codes of findings that name the same in other words, or what follows from it at once.
    """

    code: str
    training: Callable[[], Training]
    also: tuple[str, ...] = ()


@lru_cache(maxsize=1)
def digits(rows: int = 800) -> Dataset:
    whole = bd.data.load("digits").train
    return whole.take(generator(0, "digits").permutation(len(whole))[:rows])


def curve(rows: int = 500) -> Dataset:
    """A regression: a smooth function of two inputs, and a little noise."""
    random = generator(0, "curve")
    x = random.standard_normal((rows, 2))
    y = np.sin(2 * x[:, :1]) + 0.5 * x[:, 1:] + 0.05 * random.standard_normal((rows, 1))
    return Dataset(x, y)


def fit(
    net: Callable[[], nn.Module],
    optimizer: Callable[[], Any] = lambda: optim.Adam(0.005),
    data: Dataset | None = None,
    checked: Dataset | None = None,
    loss: Any = "softmax_cross_entropy",
    epochs: int = 8,
    batch_size: int = 25,
    compile: bool = True,
) -> Training:
    """A training of 500 of 800 digits, unless asked otherwise."""

    def build() -> Trainer:
        return Trainer(net(), loss, optimizer(), progress=False, compile=compile, diagnose=True)

    judged = {"validation_split": 0.375} if checked is None else {"validation_data": checked}
    rows = digits() if data is None else data
    return Training(build, {"train": rows, "epochs": epochs, "batch_size": batch_size, **judged})


def mlp(
    hidden: tuple[int, ...] = (32,), outputs: int = 10, inputs: int = 64, **settings: Any
) -> Callable[[], nn.Module]:
    return lambda: nn.mlp(inputs, hidden, outputs, **settings)


def changed(part: Dataset, x: Any = None, t: Any = None) -> Dataset:
    return Dataset(part.x if x is None else x, part.t if t is None else t)


class Side(nn.Module):
    """A layer that is there but never runs."""

    def __init__(self) -> None:
        self.body = nn.mlp(64, (32,), 10)
        self.spare = nn.Linear(64, 10)

    def forward(self, x: Any) -> Any:
        return self.body(x)


def _normal(std: float) -> nn.init.Initializer:
    return nn.init.Normal(std=std)


def _cnn(norm: bool = False) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 6, 3, padding=1),
        *([nn.BatchNorm(6)] if norm else []),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(96, 10),
    )


def _pictures() -> Dataset:
    return changed(digits(), digits().x.reshape(-1, 1, 8, 8))


def _steps() -> Dataset:
    """The rows of a picture, one after the other, for a recurrent network."""
    return changed(digits(), digits().x.reshape(-1, 8, 8))


class LastStep(nn.Module):
    """The state of a recurrent layer after the last step, and a Linear layer."""

    def __init__(self, layer: nn.Module, hidden: int, gain: float = 1.0) -> None:
        self.layer, self.head = layer, nn.Linear(hidden, 10)
        for p in layer.parameters().values():
            if gain != 1 and p.ndim > 1:
                p.assign(p * gain)

    def forward(self, x: Any) -> Any:
        return self.head(self.layer(x)[:, -1])


def _shuffled() -> Dataset:
    return changed(digits(), t=generator(0, "shuffle").permutation(digits().t))


def _parts(train: Dataset, checked: Dataset) -> dict[str, Dataset]:
    return {"data": train, "checked": checked}


def _mislabelled(train: Dataset, share: float) -> Dataset:
    """The rows with a label drawn at random for some of them."""
    random = generator(0, "wrong")
    wrong = random.random(len(train)) < share
    return changed(train, t=np.where(wrong, random.integers(0, 10, len(train)), train.t))


def _rare() -> dict[str, Dataset]:
    """Two digits, one of which has hardly any rows."""
    zeros, ones = (np.flatnonzero(digits().t == k) for k in (0, 1))
    parts = ((zeros[:60], ones[:4]), (zeros[60:], ones[4:]))
    return _parts(*(digits().take(np.concatenate(rows)) for rows in parts))


def _binary() -> Dataset:
    return changed(digits(), t=(digits().t % 2).astype("f4")[:, None])


def _overfit() -> dict[str, Dataset]:
    """Few rows, and not all labels are right."""
    return _parts(
        _mislabelled(digits().take(np.arange(80)), 0.3), digits().take(np.arange(80, 400))
    )


def _leaky() -> dict[str, Dataset]:
    return _parts(digits().take(np.arange(500)), digits().take(np.arange(440, 800)))


def _easy() -> dict[str, Dataset]:
    """Of the rows to train on, some have another label; of those to validate with, none."""
    return _parts(
        _mislabelled(digits().take(np.arange(500)), 0.2), digits().take(np.arange(500, 800))
    )


def _overflow() -> nn.Module:
    return nn.Sequential(
        nn.Linear(64, 16),
        nn.Lambda(lambda x: bd.exp(60 * x) / (1 + bd.exp(60 * x))),
        nn.Linear(16, 10),
    )


def sgd(lr: float, **settings: Any) -> Callable[[], Any]:
    return lambda: optim.SGD(lr, **settings)


def momentum(lr: float, **settings: Any) -> Callable[[], Any]:
    return lambda: optim.Momentum(lr, **settings)


def adam(lr: float) -> Callable[[], Any]:
    return lambda: optim.Adam(lr)


FAULTS: dict[str, Planted] = {
    "all weights zero": Planted(
        "weights-zero", lambda: fit(mlp((32, 32), init="zeros"), epochs=2)
    ),
    "all weights equal": Planted(
        "weights-equal",
        lambda: fit(mlp((32, 32), init=nn.init.Constant(0.02)), epochs=2),
    ),
    "weights far too large": Planted(
        "init-too-large", lambda: fit(mlp((32, 32), init=_normal(1.0)), sgd(0.01))
    ),
    "weights far too small, deep": Planted(
        "init-too-small", lambda: fit(mlp((32,) * 4, init=_normal(0.01)), sgd(0.1)),
        ("signal-vanishes",),
    ),
    "ten layers that each take some away": Planted(
        "signal-vanishes",
        lambda: fit(mlp((32,) * 10, activation="tanh", init=_normal(0.06)), sgd(0.1), epochs=4),
    ),
    "deep sigmoids": Planted(
        "sigmoid-vanishes",
        lambda: fit(mlp((32,) * 5, activation="sigmoid", init="xavier"), sgd(0.1)),
        ("signal-vanishes",),
    ),
    "tanh saturated": Planted(
        "saturated",
        lambda: fit(mlp((32, 32), activation="tanh", init=_normal(1.0)), sgd(0.05)),
        ("init-too-large",),
    ),
    "sigmoid saturated by its biases": Planted(
        "saturated",
        lambda: fit(
            lambda: nn.Sequential(
                nn.Linear(64, 32, init="xavier", bias_init=nn.init.Constant(8.0)), nn.Sigmoid(),
                nn.Linear(32, 10, init="xavier"),
            ), sgd(0.1),
        ),
    ),
    "dead from negative biases": Planted(
        "dead-units",
        lambda: fit(
            lambda: nn.Sequential(
                nn.Linear(64, 32, bias_init=nn.init.Constant(-4.0)), nn.ReLU(), nn.Linear(32, 10)
            ), epochs=3,
        ),
    ),
    "softmax before the loss": Planted(
        "softmax-twice",
        lambda: fit(lambda: nn.Sequential(*mlp()().children().values(), nn.Softmax())),
    ),
    "sigmoid before the loss": Planted(
        "sigmoid-twice",
        lambda: fit(
            lambda: nn.Sequential(*mlp(outputs=1)().children().values(), nn.Sigmoid()),
            data=_binary(), loss=nn.BinaryCrossentropy(from_logits=True),
        ),
    ),
    "scores for a loss of probabilities": Planted(
        "scores-as-probabilities",
        lambda: fit(
            mlp(outputs=1), data=_binary(), loss=nn.BinaryCrossentropy(), epochs=3
        ),
    ),
    "labels from 1": Planted(
        "class-unseen",
        lambda: fit(
            mlp(outputs=11), data=changed(digits(), t=digits().t + 1)
        ),
    ),
    "labels shuffled": Planted(
        "labels-unrelated", lambda: fit(mlp((64,)), data=_shuffled(), epochs=12),
        ("over-fitting",),
    ),
    "targets in thousands": Planted(
        "targets-unscaled",
        lambda: fit(
            mlp((16,), 1, 2), data=changed(curve(), t=1000 * curve().t + 5000),
            loss="mean_squared_error",
        ),
    ),
    "squared error of class numbers": Planted(
        "classes-as-numbers",
        lambda: fit(
            mlp(outputs=1), loss="mean_squared_error",
            data=changed(digits(), t=digits().t.astype("f4")[:, None]),
        ),
    ),
    "classes for numbers": Planted(
        "numbers-as-classes",
        lambda: fit(
            mlp((16,), 120, 2),
            data=changed(curve(), t=(30 * curve().t[:, 0] + 60).clip(0, 119).astype("i8")),
        ),
    ),
    "learning rate far too high": Planted(
        "lr-too-high", lambda: fit(mlp(), sgd(20.0)), ("dead-units", "not-finite")
    ),
    "learning rate too high for Adam": Planted(
        "lr-too-high", lambda: fit(mlp((32, 32)), adam(1.0)), ("dead-units",)
    ),
    "learning rate too high for a regression": Planted(
        "lr-too-high",
        lambda: fit(
            mlp((16,), 1, 2), sgd(5.0), curve(), loss="mean_squared_error"
        ),
        ("not-finite", "dead-units"),
    ),
    "learning rate far too low": Planted("lr-too-low", lambda: fit(mlp(), sgd(1e-5))),
    "learning rate far too low for Adam": Planted(
        "lr-too-low", lambda: fit(mlp(), adam(1e-7))
    ),
    "overflow in a layer": Planted(
        "not-finite", lambda: fit(_overflow, sgd(0.01)), ("lr-too-high",)
    ),
    "inputs in 0..255": Planted(
        "inputs-unscaled",
        lambda: fit(mlp(), data=changed(digits(), 255 * digits().x)),
    ),
    "inputs near 10,000": Planted(
        "inputs-unscaled",
        lambda: fit(
            mlp((16,), 1, 2), sgd(0.01), changed(curve(), 1e3 * curve().x + 1e4),
            loss="mean_squared_error",
        ),
    ),
    "inputs all zero": Planted(
        "inputs-constant",
        lambda: fit(mlp(), data=changed(digits(), 0 * digits().x), epochs=3),
    ),
    "half of the columns constant": Planted(
        "inputs-constant",
        lambda: fit(
            mlp(),
            data=changed(digits(), np.where(np.arange(64) < 32, 0.5, digits().x)),
        ),
    ),
    "batch normalisation of 2 rows": Planted(
        "batch-norm-tiny-batch",
        lambda: fit(mlp(batch_norm="before"), epochs=5, batch_size=2, data=digits().head(320)),
        ("under-fitting",),
    ),
    "batch normalisation of 1 picture": Planted(
        "batch-norm-tiny-batch",
        lambda: fit(
            lambda: _cnn(norm=True), epochs=1, batch_size=1,
            data=_pictures().head(160),
        ),
        ("under-fitting",),
    ),
    "eps larger than the variance": Planted(
        "batch-norm-eps",
        lambda: fit(
            lambda: nn.Sequential(
                nn.Linear(64, 32, init=_normal(1e-4)), nn.BatchNorm(32, eps=1e-3), nn.ReLU(),
                nn.Linear(32, 32, init=_normal(1e-4)), nn.BatchNorm(32, eps=1e-3), nn.ReLU(),
                nn.Linear(32, 10, init="xavier"),
            ), sgd(0.01),
        ),
    ),
    "dropout of 0.9": Planted(
        "dropout-too-strong", lambda: fit(mlp((32, 32), dropout=0.9)), ("under-fitting",)
    ),
    "weight decay of 0.3": Planted(
        "weight-decay-too-strong",
        lambda: fit(mlp((32, 32)), sgd(0.1, weight_decay=0.3)), ("under-fitting",),
    ),
    "learned by heart": Planted(
        "over-fitting", lambda: fit(mlp((64,)), **_overfit(), epochs=30, batch_size=8)
    ),
    "network too small": Planted(
        "under-fitting",
        lambda: fit(mlp((1,), activation="tanh", init="xavier"), adam(0.02), epochs=12),
    ),
    "rows of the training in the validation": Planted(
        "validation-leak", lambda: fit(mlp(), **_leaky(), epochs=12)
    ),
    "validation of an easier kind": Planted(
        "validation-easier", lambda: fit(mlp((32,)), sgd(0.1), **_easy(), epochs=10)
    ),
    "a class with hardly any rows": Planted(
        "classes-unbalanced", lambda: fit(mlp(outputs=2), **_rare()), ("over-fitting",)
    ),
    "recurrent weights too large": Planted(
        "gradient-explodes",
        lambda: fit(
            lambda: LastStep(nn.RNN(8, 32, nonlinearity="relu", batch_first=True), 32, 12.0),
            sgd(0.01), _steps(), epochs=2,
        ),
        ("lr-too-high", "not-finite", "init-too-large"),
    ),
    "clipped at each update": Planted(
        "clipping-always",
        lambda: fit(mlp(), sgd(0.05, clip_global_norm=1e-3)), ("lr-too-low",),
    ),
    "momentum of 0.999": Planted(
        "momentum-too-high", lambda: fit(mlp(), momentum(0.05, momentum=0.999)),
        ("lr-too-high",),
    ),
    "all rows in one batch": Planted(
        "too-few-updates", lambda: fit(mlp(), sgd(0.1), batch_size=500, epochs=10),
        ("stopped-early", "under-fitting"),
    ),
    "a layer that never runs": Planted("gradient-zero", lambda: fit(Side, epochs=12)),
    "relu at the end of a regression": Planted(
        "output-out-of-reach",
        lambda: fit(
            lambda: nn.Sequential(*mlp((16,), 1, 2)().children().values(), nn.ReLU()),
            data=curve(), loss="mean_squared_error",
        ),
    ),
    "ended while it was learning": Planted(
        "stopped-early", lambda: fit(mlp(), sgd(0.05), epochs=4, batch_size=10),
        ("under-fitting",),
    ),
}  # fmt: skip

HEALTHY: dict[str, Callable[[], Training]] = {
    "perceptron with Adam": lambda: fit(mlp((32,)), epochs=15),
    "two layers, SGD": lambda: fit(mlp((32, 32)), sgd(0.1), epochs=15),
    "momentum": lambda: fit(mlp((32,)), momentum(0.05), epochs=15),
    "batch normalisation": lambda: fit(
        mlp((32, 32), batch_norm="before"), epochs=12, batch_size=32
    ),
    "dropout": lambda: fit(mlp((64,), dropout=0.3), epochs=15),
    "one layer of sigmoids": lambda: fit(
        mlp((32,), activation="sigmoid", init="xavier"), adam(0.01), epochs=15
    ),
    "tanh": lambda: fit(
        mlp((32, 32), activation="tanh", init="xavier"), sgd(0.1), epochs=15
    ),
    "cnn": lambda: fit(_cnn, data=_pictures(), epochs=8),
    "regression": lambda: fit(
        mlp((32, 32), 1, 2), adam(0.01), curve(), loss="mean_squared_error", epochs=25
    ),
    "regression with tanh, SGD": lambda: fit(
        mlp((32,), 1, 2, activation="tanh", init="xavier"), sgd(0.03, momentum=0.9), curve(),
        loss="mean_squared_error", epochs=30,
    ),
    "yes or no": lambda: fit(
        mlp((32,), 1), data=_binary(), loss=nn.BinaryCrossentropy(from_logits=True),
        epochs=20,
    ),
    "weight decay": lambda: fit(
        mlp((32,)), lambda: optim.AdamW(0.005, weight_decay=0.01), epochs=15
    ),
    "recurrent": lambda: fit(
        lambda: LastStep(nn.RNN(16, 32, batch_first=True), 32), adam(0.005),
        changed(digits(), digits().x.reshape(-1, 4, 16)), epochs=15,
    ),
    "deep, with he": lambda: fit(mlp((32,) * 5), epochs=15),
    "logistic regression": lambda: fit(mlp(()), adam(0.02), epochs=15),
}  # fmt: skip
