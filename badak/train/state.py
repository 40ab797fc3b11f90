"""Everything a training needs to go on, as named arrays and a record; and how it is read back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from badak.base.dtypes import Array
from badak.base.errors import StateError
from badak.train.callback import Callback
from badak.train.history import History, finite
from badak.train.position import Position

if TYPE_CHECKING:  # for the type checker alone: the trainer stands above
    from badak.train.trainer import Trainer


def _callback_names(callbacks: list[Callback]) -> list[str]:
    """A name for each: its class, numbered where a class comes twice."""
    classes = [type(callback).__name__ for callback in callbacks]
    return [
        name if classes.count(name) == 1 else f"{name}-{classes[:i].count(name)}"
        for i, name in enumerate(classes)
    ]


def collect(trainer: Trainer) -> tuple[dict[str, Array], dict[str, Any]]:
    """The state of a training: arrays for the archive, and a tree for its record."""
    tensors = {f"net/{name}": x for name, x in trainer.net.state_dict().items()}
    tensors |= {f"optimizer/{name}": x for name, x in trainer.optimizer.state_dict().items()}
    remembered: dict[str, Any] = {}
    for name, callback in zip(_callback_names(trainer.callbacks), trainer.callbacks, strict=True):
        arrays, tree = callback.state_dict()
        tensors |= {f"callback/{name}/{key}": x for key, x in arrays.items()}
        if tree or arrays:
            remembered[name] = tree
    return tensors, {
        "settings": trainer.settings,
        "position": trainer.position.record(),
        "history": [finite(record) for record in trainer.history],
        "callbacks": remembered,
    }


def _part(tensors: Mapping[str, Array], prefix: str) -> dict[str, Array]:
    return {k.removeprefix(prefix): x for k, x in tensors.items() if k.startswith(prefix)}


def differences(saved: Mapping[str, Any], ours: Mapping[str, Any]) -> list[str]:
    """What was saved under other settings, in words."""
    return [
        f"{name}: saved with {saved[name]!s}, now {value!s}"
        for name, value in ours.items()
        if name in saved and saved[name] != value
    ]


def refuse(found: list[str]) -> None:
    """Raises when there are differences.

    Raises:
        StateError: listing each.
    """
    if found:
        raise StateError(
            "the checkpoint is of another training",
            expected="the same network, optimizer, loss, data and seed",
            got="\n            ".join(found),
            hint="the settings of the saved run, or a new folder",
        )


def take_over(trainer: Trainer, tensors: Mapping[str, Array], record: Mapping[str, Any]) -> None:
    """Puts a trainer into the state that `collect` gave.

    Raises:
        StateError: when the network, the optimizer, the loss or the seed are not those saved;
            nothing is then taken over.
    """
    refuse(differences(record["settings"], trainer.settings))
    trainer.net.load_state_dict(_part(tensors, "net/"))
    trainer.optimizer.load_state_dict(_part(tensors, "optimizer/"), trainer.net.parameters())
    for name, callback in zip(_callback_names(trainer.callbacks), trainer.callbacks, strict=True):
        if name in record["callbacks"]:
            callback.load_state_dict(
                _part(tensors, f"callback/{name}/"), record["callbacks"][name]
            )
    trainer.settings = dict(record["settings"])
    trainer.position = Position(**record["position"], resumed=True)
    trainer.history = History.from_records(record["history"])
