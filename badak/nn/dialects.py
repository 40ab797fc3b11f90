"""Layers of one name that differ from framework to framework, in tables.

For weights see `badak.nn.init.like`, for optimizers `badak.optim.like`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from badak.base.errors import unknown_name
from badak.core import Tensor
from badak.nn.activation import LeakyReLU
from badak.nn.batch_norm import BatchNorm
from badak.nn.dropout import Dropout
from badak.nn.module import Module
from badak.ops import sqrt


class _InverseDeviation(BatchNorm):
    """Lasagne's: what runs along is not the variance but 1 / sqrt(var + eps), from 1."""

    def __init__(self, num_features: int | None, eps: float, momentum: float) -> None:
        super().__init__(num_features, eps, momentum, unbiased=False, first_var=1.0 - eps)

    def _track(self, mean: Tensor, var: Tensor, count: int) -> None:
        before = 1.0 / sqrt(self.running_var + self.eps)
        super()._track(mean, var, count)
        share = self.momentum or 0.0
        now = (1.0 - share) * before + share / sqrt(var.reshape(-1) + self.eps)
        self.running_var.assign(1.0 / (now * now) - self.eps)


@dataclass(frozen=True)
class Row:
    """One layer of one framework.

    Attributes:
        make: our layer.
        settings: what the framework calls them, and its defaults.
        fixed: what it has decided for good, by our names.
        names: our names of the settings, where they have others.
        kept: settings that say what is kept of the past where ours say what is new.
    """

    make: Callable[..., Module]
    settings: Mapping[str, Any]
    fixed: Mapping[str, Any] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    kept: tuple[str, ...] = ()


_EPSILON = {"epsilon": "eps"}
_BIASED = {"unbiased": False}

DIALECTS: dict[str, dict[str, Row]] = {
    "torch": {
        "BatchNorm": Row(
            BatchNorm, {"eps": 1e-5, "momentum": 0.1, "affine": True, "track_running_stats": True}
        ),
        "Dropout": Row(Dropout, {"p": 0.5}),
        "LeakyReLU": Row(LeakyReLU, {"negative_slope": 0.01}),
    },
    "keras": {
        "BatchNorm": Row(
            BatchNorm, {"epsilon": 1e-3, "momentum": 0.99}, _BIASED, _EPSILON, ("momentum",)
        ),
        "Dropout": Row(Dropout, {"rate": 0.5}, names={"rate": "p"}),
        "LeakyReLU": Row(LeakyReLU, {"negative_slope": 0.3}),
    },
    "lasagne": {
        "BatchNorm": Row(
            _InverseDeviation,
            {"epsilon": 1e-4, "alpha": 0.1},
            names=_EPSILON | {"alpha": "momentum"},
        ),
        "Dropout": Row(Dropout, {"p": 0.5}),
        "LeakyReLU": Row(LeakyReLU, {"leakiness": 0.01}, names={"leakiness": "negative_slope"}),
    },
    "book": {
        "BatchNorm": Row(
            BatchNorm,
            {"momentum": 0.9},
            _BIASED | {"eps": 10e-7, "first_var": 0.0},
            kept=("momentum",),
        ),
        "Dropout": Row(
            Dropout, {"dropout_ratio": 0.5}, {"inverted": False}, {"dropout_ratio": "p"}
        ),
    },
    "dezero": {
        "BatchNorm": Row(
            BatchNorm,
            {"decay": 0.9, "eps": 2e-5},
            names={"decay": "momentum"},
            kept=("decay",),
        ),
        "Dropout": Row(Dropout, {"dropout_ratio": 0.5}, names={"dropout_ratio": "p"}),
        "LeakyReLU": Row(LeakyReLU, {"slope": 0.2}, names={"slope": "negative_slope"}),
    },
}
"""By framework and layer; fastai's are PyTorch's."""


def like(framework: str, layer: str, *sizes: int | None, **settings: Any) -> Module:
    """A layer as a framework has it: its formula and its defaults.

    |           | BatchNorm: eps, share of the new, running var | Dropout scales | LeakyReLU |
    | --------- | --------------------------------------------- | -------------- | --------- |
    | "torch"   | 1e-5, 0.1, divided by n - 1                   | in training    | 0.01      |
    | "keras"   | 1e-3, 0.01, divided by n                      | in training    | 0.3       |
    | "lasagne" | 1e-4, 0.1, divided by n, as 1 / sqrt(var)     | in training    | 0.01      |
    | "book"    | 10e-7, 0.1, divided by n, from 0              | in prediction  |           |
    | "dezero"  | 2e-5, 0.1, divided by n - 1                   | in training    | 0.2       |

    ("book" is Saito, "Deep Learning from Scratch", whose code normalises each value of an image by
    itself; here it is each channel.)

    Args:
        framework: its name in the table.
        layer: "BatchNorm", "Dropout" or "LeakyReLU".
        sizes: the number of channels, for BatchNorm.
        settings: by the framework's names.

    Raises:
        RangeError: for a framework, a layer or a setting that there is not.

    >>> like("keras", "BatchNorm", 3)
    BatchNorm(3, eps 0.001, momentum 0.01, biased)
    >>> like("book", "Dropout", dropout_ratio=0.2)
    Dropout(0.2, scaled in prediction)
    """
    if framework not in DIALECTS:
        raise unknown_name("framework", framework, DIALECTS)
    if layer not in DIALECTS[framework]:
        raise unknown_name(f"layer of {framework}", layer, DIALECTS[framework])
    row = DIALECTS[framework][layer]
    for name in settings:
        if name not in row.settings:
            raise unknown_name(f"setting of {framework}'s {layer}", name, row.settings)
    values = {
        # Rounded, since 1 - 0.9 is not quite 0.1.
        row.names.get(name, name): round(1.0 - value, 12) if name in row.kept else value
        for name, value in {**row.settings, **settings}.items()
    }
    return row.make(*sizes, **values, **row.fixed)
