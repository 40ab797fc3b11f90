"""A second trainer just like the first, and the one thing in which it shall differ."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from badak.base.arrays import as_array
from badak.base.errors import ShapeError, StateError, unknown_name
from badak.core import Tensor
from badak.lab.timeline.states import State
from badak.optim import Optimizer
from badak.train import Callback, Checkpoint, Progress, Trainer, state
from badak.train.steps import CompiledSteps


def steering(callbacks: Sequence[Callback]) -> list[Callback]:
    """The callbacks that may change a training: all but those that only show or save."""
    return [each for each in callbacks if not isinstance(each, Progress | Checkpoint)]


def twin(trainer: Trainer) -> Trainer:
    """An independent trainer of the same network, loss, optimizer, metrics, callbacks and seed."""
    net, loss, optimizer, callbacks = copy.deepcopy(
        (trainer.net, trainer.loss, trainer.optimizer, steering(trainer.callbacks))
    )
    compiled = isinstance(trainer.steps, CompiledSteps)
    other = Trainer(
        net, loss, optimizer, callbacks=callbacks,
        seed=trainer.seed, progress=False, compile=compiled,
    )  # fmt: skip
    other.metrics = dict(trainer.metrics)
    return other


def put(trainer: Trainer, kept: State, *, resumed: bool) -> None:
    """Puts a trainer into a state that it, or one just like it, has been in.

    Args:
        trainer: whose numbers, history and position are replaced.
        kept: what `Trainer.state_dict` gave.
        resumed: whether the next fit continues the one that was under way.
    """
    tensors, record = kept[0], copy.deepcopy(kept[1])  # the trainer adds to its sums in place
    # The state is ours, whatever a rate that has changed since makes of the words about it.
    ours = {**record, "settings": {**record["settings"], **state.settings_of(trainer)}}
    state.take_over(trainer, tensors, ours)
    trainer.settings = dict(record["settings"])
    trainer.position.resumed = resumed


def change(trainer: Trainer, path: str, value: Any) -> None:
    """Gives an attribute another value, found by its path from the trainer: "optimizer.lr".

    Raises:
        RangeError: when there is no such attribute; names those that are there.
        StateError: when it is one that cannot be changed.
        ShapeError: for a tensor of another shape.

    >>> trainer = bd.Trainer(nn.Sequential(nn.Linear(2, 8), nn.Dropout(0.5), nn.Linear(8, 2)))
    >>> change(trainer, "net.1.p", 0.2)
    >>> change(trainer, "optimizer.lr", 0.01)
    >>> trainer.net[1], trainer.optimizer.lr.item()
    (Dropout(0.2), 0.01)
    """
    *parents, last = path.split(".")
    owner = found(trainer, ".".join(parents)) if parents else trainer
    held = found(trainer, path)
    if isinstance(held, Tensor) and not isinstance(value, Tensor | Optimizer):
        # An optimizer looks at the limits of its numbers itself; other tensors are assigned.
        if isinstance(owner, Optimizer):
            setattr(owner, last, value)
            return
        array = as_array(value, [held.dtype])
        if array.shape != held.shape:
            raise ShapeError(f"{path} has another shape", expected=held.shape, got=array.shape)
        held.assign(Tensor(array.astype(held.dtype)))
        return
    try:
        if isinstance(owner, dict):
            owner[last] = value
        elif isinstance(owner, list):
            owner[int(last)] = value
        else:
            setattr(owner, last, value)
    except (AttributeError, TypeError) as error:
        raise StateError(
            f"{path} cannot be changed",
            got=str(error),
            hint=f"another {'.'.join(parents)}" if parents else None,
        ) from None


def found(trainer: Trainer, path: str) -> Any:
    """What stands at the end of a path of attributes.

    Raises:
        RangeError: when there is no such attribute.
    """
    thing: Any = trainer
    for part in path.split("."):
        members = _members(thing)
        if part not in members and not hasattr(thing, part):
            raise unknown_name(f"attribute of {type(thing).__name__}", part, members)
        thing = members[part] if part in members else getattr(thing, part)
    return thing


def _members(thing: Any) -> Mapping[str, Any]:
    if isinstance(thing, Mapping):
        return thing
    if isinstance(thing, list | tuple):
        return {str(number): member for number, member in enumerate(thing)}
    if isinstance(thing, Optimizer):
        return thing.settings
    return {k: x for k, x in getattr(thing, "__dict__", {}).items() if not k.startswith("_")}
