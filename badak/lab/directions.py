"""Steps in the space of weights, in a unit that means the same in every network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from badak.base.context import no_grad
from badak.base.dtypes import Array
from badak.base.random import generator
from badak.core import Tensor
from badak.data import Dataset
from badak.nn import Module
from badak.optim.swap import swapped
from badak.train import Trainer

Direction = Mapping[str, Array]
"""A step for each parameter, by name."""


def unit_norms(weight: Array) -> Array:
    """For each weight the norm of all weights of its unit: (in, out) or (out, in, ...) -> the same.

    A unit reads a column of a matrix, or is one filter of a convolution. Biases, and the scales of
    a normalisation, belong to no unit: their norm counts as 0, so that nothing moves them.

    >>> unit_norms(np.array([[3.0, 1.0], [4.0, 0.0]]))
    array([[5., 1.],
           [5., 1.]])
    """
    if weight.ndim < 2:
        return np.zeros_like(weight)
    axes = 0 if weight.ndim == 2 else tuple(range(1, weight.ndim))
    norms: Array = np.sqrt((weight * weight).sum(axes, keepdims=True))
    return np.broadcast_to(norms, weight.shape).copy()


def filter_direction(net: Module, seed: int, number: int = 0) -> dict[str, Array]:
    """A random direction in which every unit moves as far as its weights are long.

        d = |w_unit| r / |r_unit|,   r ~ N(0, 1)

    A step of 1 along it changes each unit by as much as it is. Networks of ReLUs can be rescaled,
    a layer by c and the next by 1 / c, without computing anything else; along such a direction
    both have the same slice of their loss. H. Li et al., "Visualizing the Loss Landscape of Neural
    Nets" (2018).

    Args:
        net: the network whose weights are meant.
        seed: of the direction.
        number: several directions of one seed.

    >>> step = filter_direction(nn.Linear(3, 2), seed=0)
    >>> step["weight"].shape, step["bias"]
    ((3, 2), array([0., 0.], dtype=float32))
    """
    direction = {}
    for name, x in net.parameters().items():
        weight = x.numpy()
        random = generator(seed, "direction", number, name).standard_normal(weight.shape)
        lengths = unit_norms(random)
        ratio = np.divide(
            unit_norms(weight), lengths, where=lengths > 0, out=np.zeros(weight.shape)
        )
        direction[name] = (random * ratio).astype(weight.dtype)
    return direction


def losses_along(
    trainer: Trainer, data: Dataset, directions: Sequence[Direction], steps: Array
) -> Array:
    """The mean loss over the rows at weights w + sum of steps times directions.

    The network is that of prediction: no dropout, running statistics. Its weights are afterwards
    what they were.

    Args:
        trainer: with the network and its loss.
        data: the rows.
        directions: along which to go.
        steps: how far along each, (points, directions).

    Returns:
        (points,), float64; not finite where the network overflows.

    >>> trainer = bd.Trainer(nn.Linear(1, 1), "mean_squared_error", progress=False)
    >>> rows = bd.data.Dataset([[0.0]], [[1.0]])
    >>> losses_along(trainer, rows, [{"bias": np.array([1.0])}], np.array([[0.0], [1.0]]))
    array([1., 0.])
    """
    params = trainer.net.parameters()
    names = list(dict.fromkeys(name for direction in directions for name in direction))
    x, t = trainer.tensor(data.x[:]), trainer.tensor(data.t)
    found = []
    for point in steps:
        moved: dict[str, Array] = {name: params[name].numpy() for name in names}
        for amount, direction in zip(point, directions, strict=True):
            for name, step in direction.items():
                moved[name] = moved[name] + float(amount) * step
        values = {name: Tensor(value.astype(params[name].dtype)) for name, value in moved.items()}
        with no_grad(), swapped(params, values), np.errstate(all="ignore"):
            found.append(float(trainer.loss(trainer.net(x), t)))
    return np.array(found)
