"""In what two trainings differ: their settings, the moment they part, what becomes of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from badak.train import Trainer, state

MOST_WEIGHTS = 5
"""So many parameters are printed."""


@dataclass(frozen=True)
class Difference:
    """What `Timeline.diff` finds.

    Attributes:
        names: of the two timelines.
        steps: where each stands now.
        settings: what differs, by name, of the first and of the second.
        step: the first update whose losses differ, counted from 1; None while none does.
        histories: each number of the histories, epoch by epoch, of both; None where one has none.
        weights: the largest difference of a single number of each parameter, as they are now,
            largest first.

    >>> print(Difference(("main", "fast"), (40, 40), {"optimizer.lr": (0.1, 0.5)}, 21,
    ...                  {"loss": [(0.7, 0.7), (0.5, 0.4)]}, {"0.weight": 0.25}))
                        main  fast
    step                  40    40
    optimizer.lr         0.1   0.5
    last loss            0.5   0.4
    The losses differ from step 21 on.
    The largest differences of weights: 0.weight 0.25
    """

    names: tuple[str, str]
    steps: tuple[int, int]
    settings: Mapping[str, tuple[Any, Any]]
    step: int | None
    histories: Mapping[str, Sequence[tuple[float | None, float | None]]]
    weights: Mapping[str, float]

    def __str__(self) -> str:
        last = {f"last {name}": values[-1] for name, values in self.histories.items() if values}
        pairs: dict[str, tuple[Any, Any]] = {"step": self.steps, **self.settings, **last}
        rows = [("", *self.names), *((k, _shown(a), _shown(b)) for k, (a, b) in pairs.items())]
        first, second, third = (max(map(len, column)) for column in zip(*rows, strict=True))
        lines = [f"{a:<{max(first, 18)}}{b:>{second + 2}}{c:>{third + 2}}" for a, b, c in rows]
        weights = list(self.weights.items())[:MOST_WEIGHTS]
        lines.append(
            "No loss differs."
            if self.step is None
            else f"The losses differ from step {self.step} on."
        )
        lines.append(
            "The largest differences of weights: "
            + (", ".join(f"{name} {value:.2g}" for name, value in weights if value) or "none")
        )
        return "\n".join(line.rstrip() for line in lines)

    __repr__ = __str__


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    return "-" if value is None else " ".join(str(value).split())


def settings(trainer: Trainer) -> dict[str, Any]:
    """What a training is made of, one entry for each number of the optimizer and each layer."""
    optimizer = trainer.optimizer
    found: dict[str, Any] = {"optimizer": type(optimizer).__name__}
    found |= {f"optimizer.{name}": float(x) for name, x in optimizer.settings.items()}
    found |= {f"optimizer.{name}": repr(x) for name, x in optimizer.choices.items()}
    if optimizer.schedule is not None:
        found["optimizer.schedule"] = repr(optimizer.schedule)
    layers = trainer.net.named_modules().items()
    found |= {f"net.{path}": repr(layer) for path, layer in layers if not layer.children()}
    others = {**trainer.settings, **state.settings_of(trainer)}
    return found | {k: x for k, x in others.items() if k not in ("optimizer", "network")}


def differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """The entries that differ; None for one that is on one side alone.

    >>> differing({"seed": 0, "loss": "a"}, {"seed": 1, "loss": "a", "l1": 0.5})
    {'seed': (0, 1), 'l1': (None, 0.5)}
    """
    names = dict.fromkeys([*one, *other])
    return {k: (one.get(k), other.get(k)) for k in names if one.get(k) != other.get(k)}


def first_difference(one: Sequence[float], other: Sequence[float]) -> int | None:
    """The first place, from 0, at which two series differ as far as both go.

    >>> first_difference([0.5, 0.4], [0.5, 0.3, 0.2])
    1
    """
    common = min(len(one), len(other))
    differs = np.asarray(one[:common]) != np.asarray(other[:common])
    return int(differs.argmax()) if differs.any() else None


def side_by_side(
    one: Sequence[Mapping[str, float]], other: Sequence[Mapping[str, float]]
) -> dict[str, list[tuple[float | None, float | None]]]:
    """The numbers of two histories, name by name; without those that a clock has given.

    >>> side_by_side([{"epoch": 1, "loss": 0.5}], [{"epoch": 1, "loss": 0.4}])
    {'loss': [(0.5, 0.4)]}
    """
    names = dict.fromkeys(name for record in [*one, *other] for name in record)
    epochs = range(max(len(one), len(other)))

    def value(records: Sequence[Mapping[str, float]], epoch: int, name: str) -> float | None:
        return records[epoch].get(name) if epoch < len(records) else None

    return {
        name: [(value(one, epoch, name), value(other, epoch, name)) for epoch in epochs]
        for name in names
        if name not in ("epoch", "seconds")
    }


def distances(one: Trainer, other: Trainer) -> dict[str, float]:
    """The largest difference of a single number of each parameter that both have, largest first."""
    theirs = other.net.parameters()
    found = {
        name: float(np.abs(x.numpy() - theirs[name].numpy()).max(initial=0.0))
        for name, x in one.net.parameters().items()
        if name in theirs and theirs[name].shape == x.shape
    }
    return dict(sorted(found.items(), key=lambda item: -item[1]))
