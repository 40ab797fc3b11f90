"""How the change of a finding is made."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from badak.base.errors import RangeError
from badak.nn import Dropout
from badak.train.steps import CompiledSteps

if TYPE_CHECKING:  # for the type checker alone: the trainer stands above
    from badak.train.trainer import Trainer

OF_FIT = ("balanced", "batch_size", "epochs")
"""Changes that are arguments of `Trainer.fit`."""

OF_OPTIMIZER = ("beta1", "clip_global_norm", "lr", "momentum", "weight_decay")
"""Changes that are settings of the optimizer."""


def is_applicable(change: Mapping[str, Any]) -> bool:
    """Whether `with_change` can make it.

    >>> is_applicable({"lr": 0.1}), is_applicable({"activation": "relu"}), is_applicable({})
    (True, False, False)
    """
    return bool(change) and all(name in (*OF_FIT, *OF_OPTIMIZER, "dropout") for name in change)


def with_change(trainer: Trainer, change: Mapping[str, Any]) -> tuple[Trainer, dict[str, Any]]:
    """A copy of a trainer that has not begun, with a change, and what to tell its `fit`.

    Args:
        trainer: is left as it is.
        change: that of a finding.

    Raises:
        RangeError: for a change of what a network is made of, which asks for another network.
        StateError: for a setting without which the optimizer was made.

    >>> trainer = bd.Trainer(nn.mlp(2, [4], 2), optimizer=optim.SGD(10.0), progress=False)
    >>> better, asked = with_change(trainer, {"lr": 0.1, "epochs": 3})
    >>> float(better.optimizer.lr), float(trainer.optimizer.lr), asked
    (0.1, 10.0, {'epochs': 3})
    """
    if not is_applicable(change):
        raise RangeError(
            "a change of settings is expected",
            expected=", ".join(sorted((*OF_FIT, *OF_OPTIMIZER, "dropout"))),
            got=", ".join(change) or "nothing",
            hint="another network, made by hand",
        )
    net, loss, optimizer = copy.deepcopy((trainer.net, trainer.loss, trainer.optimizer))
    for name in OF_OPTIMIZER:
        if name in change:
            setattr(optimizer, name, change[name])
    if "dropout" in change:
        layers = [m for m in net.named_modules().values() if isinstance(m, Dropout)]
        if not layers:
            raise RangeError("the network has no dropout to change", hint="nn.Dropout(0.2)")
        for layer in layers:
            layer.p = Dropout(change["dropout"]).p
    other = type(trainer)(
        net, loss, optimizer, trainer.metrics.values(), seed=trainer.seed, progress=False,
        compile=isinstance(trainer.steps, CompiledSteps),
    )  # fmt: skip
    return other, {name: change[name] for name in OF_FIT if name in change}
