"""What users hand to a trainer, checked by one set of rules and made into what it works with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from badak.base.dtypes import DType
from badak.base.errors import DTypeError, RangeError, StateError
from badak.base.numbers import real
from badak.data import Dataset, TrainTest
from badak.nn import Loss, Module, losses
from badak.optim import Optimizer
from badak.optim import catalogue as optimizers
from badak.train.callback import Callback
from badak.train.callbacks import Progress
from badak.train.diagnosis.not_finite import LossFunction


def as_network(net: Any) -> Module:
    """A module with something to learn."""
    if not isinstance(net, Module):
        raise _wrong("net is a module", net)
    if not net.parameters():
        raise StateError("Trainer: the network has no parameters", got=repr(net))
    return net


def as_loss(loss: Any) -> LossFunction:
    """A loss, the loss of that name, or a function that the user vouches for."""
    loss = losses.get(loss) if isinstance(loss, str) else loss
    if isinstance(loss, type) or not callable(loss):
        raise _wrong("loss is a loss, its name, or a function of (prediction, target)", loss)
    if isinstance(loss, Loss) and loss.reduction != "mean":
        raise RangeError(
            "Trainer: the loss must be a mean, so that batches of any size weigh the same",
            expected='reduction="mean"',
            got=loss.reduction,
        )
    return cast(LossFunction, loss)


def as_optimizer(optimizer: Any) -> Optimizer:
    """An optimizer, or the optimizer of that name with its own settings."""
    if isinstance(optimizer, str):
        return optimizers.get(optimizer)()  # type: ignore[call-arg]  # each has a usual lr
    if not isinstance(optimizer, Optimizer):
        raise _wrong("optimizer is an optimizer or its name", optimizer)
    return optimizer


def as_callbacks(callbacks: Any, progress: bool) -> list[Callback]:
    """The callbacks in the order in which they are told, with one for progress if wanted."""
    listed = list(callbacks) if isinstance(callbacks, Iterable) else [callbacks]
    for callback in listed:
        if not isinstance(callback, Callback):
            raise _wrong("callbacks is a list of callbacks", callback)
    if progress and not any(isinstance(callback, Progress) for callback in listed):
        listed.append(Progress())
    return sorted(listed, key=lambda callback: callback.rank)


def _wrong(rule: str, thing: Any) -> DTypeError:
    is_class = isinstance(thing, type)
    hint = f"{thing.__name__}() with brackets" if is_class else None
    got = thing.__name__ if is_class else repr(thing)
    return DTypeError(f"Trainer: {rule}", got=got, hint=hint)


def as_dataset(data: Any, t: Any, dtype: DType, call: str) -> Dataset:
    """A data set from a `Dataset`, from (x, t), or from x and t.

    Args:
        data: a data set, a pair of inputs and targets, or inputs.
        t: targets, when `data` holds inputs alone.
        dtype: the floats in which the network computes.
        call: what the user has called; stands in the errors.

    Raises:
        DTypeError: for anything else.
    """
    if isinstance(data, Dataset):
        if t is not None:
            raise DTypeError(f"{call}: the data set holds its targets already", got="t as well")
        return data
    if isinstance(data, TrainTest):
        raise DTypeError(
            f"{call}: this holds two data sets", got=repr(data), hint="its .train, or its .test"
        )
    if t is None:
        if not isinstance(data, tuple) or len(data) != 2:
            raise DTypeError(
                f"{call} takes a Dataset, or inputs and targets",
                got=type(data).__name__,
                hint=f"{call}(x, t), or badak.data.Dataset(x, t)",
            )
        data, t = data
    return Dataset(data, t, dtype=dtype)


def with_validation(
    train: Dataset, validation_data: Any, validation_split: float | None, dtype: DType, seed: int
) -> tuple[Dataset, Dataset | None]:
    """The rows to train on, and the rows to judge by, if any.

    Raises:
        RangeError: when both are asked for, or a split leaves no row on one side.
    """
    if validation_split is None:
        if validation_data is None:
            return train, None
        return train, as_dataset(validation_data, None, dtype, "validation_data")
    if validation_data is not None:
        raise RangeError("fit takes validation_data or validation_split, not both")
    share = real(validation_split, "validation_split", above=0, below=1)
    return train.split(1 - share, seed)
