"""Everything a training needs to go on, as named arrays and a record; and how it is read back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from badak.base.dtypes import Array
from badak.base.errors import StateError
from badak.data import Batches, Dataset
from badak.data.augment import Compose
from badak.train.callback import Callback
from badak.train.diagnosis.not_finite import loss_name
from badak.train.history import History, Record
from badak.train.position import Position
from badak.train.snapshot import Snapshot

if TYPE_CHECKING:  # for the type checker alone: the trainer stands above
    from badak.train.trainer import Trainer

# ---------------------------------------------------------------------- what must be the same


def settings_of(trainer: Trainer) -> dict[str, Any]:
    """What a training is made of. One that is resumed must be made of the same."""
    return {
        "network": repr(trainer.net),
        "numbers": str(trainer.dtype),
        "optimizer": repr(trainer.optimizer),
        "loss": loss_name(trainer.loss),
        "metrics": list(trainer.metrics),
        "seed": trainer.seed,
    }


def data_settings(
    batches: Batches,
    validation: Dataset | None,
    augment: Compose | None,
    digests: dict[int, str],
) -> dict[str, Any]:
    """What a training learns from, and in which order.

    Args:
        batches, validation, augment: of the training.
        digests: of data sets, by their identity; those that are not there yet are added.
    """

    def digest(data: Dataset) -> str:
        if id(data) not in digests:
            digests[id(data)] = data.fingerprint()[:16]
        return f"{len(data)} rows of {data.x.shape[1:]} with digest {digests[id(data)]}"

    return {
        "data": digest(batches.dataset),
        "validation data": None if validation is None else digest(validation),
        "batch size": batches.batch_size,
        "shuffle": batches.shuffle,
        "bootstrap": batches.bootstrap,
        "balanced": batches.balanced,
        "drop last": batches.drop_last,
        "augment": None if augment is None else repr(augment),
    }


def differences(saved: Mapping[str, Any], ours: Mapping[str, Any]) -> list[str]:
    """What was saved under other settings, in words.

    >>> differences({"seed": 0, "batch size": 32}, {"seed": 1, "batch size": 32})
    ['seed: saved with 0, now 1']
    """
    return [
        _difference(name, saved[name], value)
        for name, value in ours.items()
        if name in saved and saved[name] != value
    ]


def _difference(name: str, saved: Any, now: Any) -> str:
    before, after = str(saved).splitlines(), str(now).splitlines()
    if len(before) > 1 and len(after) > 1:
        # Of a network with many layers, those that differ are enough.
        saved = "; ".join(line.strip() for line in before if line not in after) or "fewer lines"
        now = "; ".join(line.strip() for line in after if line not in before) or "fewer lines"
    return f"{name}: saved with {_words(saved)}, now {_words(now)}"


def _words(value: Any) -> str:
    return " ".join(str("none" if value is None else value).split())


def refuse(found: list[str]) -> None:
    """Raises when there are differences.

    Raises:
        StateError: listing each.
    """
    if found:
        raise StateError(
            "the checkpoint is of another training",
            expected="the same network, optimizer, loss, metrics, seed, data and batch size",
            got="\n            ".join(found),
            hint="the settings of the saved run, or a new folder",
        )


def check_optimizer(trainer: Trainer) -> None:
    """Refuses an optimizer that remembers another network.

    Raises:
        StateError: when its state is not of parameters of these names and shapes.
    """
    params, optimizer = trainer.net.parameters(), trainer.optimizer
    strange = [name for name in optimizer.state if name not in params]
    strange += [
        name
        for name, state in optimizer.state.items()
        if name in params and _shapes(state) != _shapes(optimizer.begin(params[name]))
    ]
    if strange:
        raise StateError(
            "Trainer: the optimizer remembers the parameters of another network",
            got=f"a state of {', '.join(map(repr, strange))} after {int(optimizer.steps)} steps",
            hint=f"a new {type(optimizer).__name__}(...) for each network",
        )


def _shapes(state: Mapping[str, Any]) -> dict[str, Any]:
    return {key: x.shape for key, x in state.items()}


# ---------------------------------------------------------------------- there and back


def _named(callbacks: list[Callback]) -> dict[str, Callback]:
    """A name for each: its class, and a number since a class may come twice."""
    classes = [type(callback).__name__ for callback in callbacks]
    names = [f"{name}-{classes[:i].count(name)}" for i, name in enumerate(classes)]
    return dict(zip(names, callbacks, strict=True))


def collect(trainer: Trainer) -> tuple[dict[str, Array], dict[str, Any]]:
    """The state of a training: arrays for the archive, and a tree for its record."""
    tensors = {f"net/{name}": x for name, x in trainer.net.state_dict().items()}
    tensors |= {f"optimizer/{name}": x for name, x in trainer.optimizer.state_dict().items()}
    remembered: dict[str, Any] = {}
    for name, callback in _named(trainer.callbacks).items():
        arrays, tree = callback.state_dict()
        tensors |= {f"callback/{name}/{key}": x for key, x in arrays.items()}
        if tree or arrays:
            remembered[name] = tree
    return tensors, {
        "settings": trainer.settings or settings_of(trainer),
        "position": trainer.position.record(),
        "stop": trainer.stop,
        "history": [_exactly(record) for record in trainer.history],
        "callbacks": remembered,
    }


def _exactly(record: Record) -> dict[str, Any]:
    """The record with text ("nan", "inf") for what JSON cannot hold."""
    return {name: x if math.isfinite(x) else str(x) for name, x in record.items()}


def _number(value: Any) -> Any:
    return float(value) if isinstance(value, str) else value


def _part(tensors: Mapping[str, Array], prefix: str) -> dict[str, Array]:
    return {k.removeprefix(prefix): x for k, x in tensors.items() if k.startswith(prefix)}


def take_over(trainer: Trainer, tensors: Mapping[str, Array], record: Mapping[str, Any]) -> None:
    """Puts a trainer into the state that `collect` gave.

    Raises:
        StateError: when the network, the optimizer, the loss, the metrics or the seed are not
            those saved; nothing is then taken over.
    """
    try:
        saved, remembered, stop = record["settings"], record["callbacks"], record["stop"]
        position = Position(**record["position"], resumed=True)
        history = History([{k: _number(x) for k, x in row.items()} for row in record["history"]])
    except (KeyError, TypeError, AttributeError) as error:
        raise StateError(
            "the checkpoint does not hold a training as this Badak saves it",
            got=f"{type(error).__name__}: {error}",
            hint="the version of Badak that saved it",
        ) from None
    refuse(differences(saved, settings_of(trainer)))
    before = Snapshot(trainer.net, trainer.optimizer)
    try:
        trainer.net.load_state_dict(_part(tensors, "net/"))
        trainer.optimizer.load_state_dict(_part(tensors, "optimizer/"), trainer.net.parameters())
    except BaseException:
        before.restore()
        raise
    for name, callback in _named(trainer.callbacks).items():
        if name in remembered:
            callback.load_state_dict(_part(tensors, f"callback/{name}/"), remembered[name])
    trainer.settings = dict(saved)
    trainer.position, trainer.history, trainer.stop = position, history, stop
