"""How sharply the loss bends around a trained network, by measures that need not agree.

Each takes a trainer, whose network and loss are meant, and the rows that the loss is a mean over.
The network is that of prediction: no dropout, running statistics. At different losses all of
them measure mainly how well the network fits; compare networks of equal loss.
"""

from __future__ import annotations

import copy

import numpy as np

from badak.base.dtypes import Array
from badak.base.numbers import real
from badak.base.random import generator
from badak.base.shapes import positive
from badak.core import Parameter, Tensor, grad, hessian_eigenvalues, parameter
from badak.data import Dataset
from badak.lab.directions import unit_norms
from badak.nn import Module
from badak.optim.swap import swapped
from badak.train import Trainer


def top_eigenvalue(trainer: Trainer, data: Dataset) -> float:
    """The largest eigenvalue of the Hessian of the loss: how sharply it bends at most.

    Rescaling the layers of a network of ReLUs changes it, though not what the network computes.

    Raises:
        MissingExtraError: without SciPy, for a network of more than 32 weights.

    >>> trainer = bd.Trainer(nn.Linear(1, 1), "mean_squared_error", progress=False)
    >>> top_eigenvalue(trainer, bd.data.Dataset([[1.0], [-1.0]], [[0.0], [0.0]]))
    2.0
    """
    params = trainer.net.parameters()
    return float(hessian_eigenvalues(_loss(trainer, trainer.net, data), params)[0])


def keskar(
    trainer: Trainer,
    data: Dataset,
    epsilon: float = 1e-3,
    *,
    starts: int = 3,
    rounds: int = 10,
    seed: int = 0,
) -> float:
    """By how many percent the loss can rise in a small box around the weights.

        phi = 100 (max L(w + y) - L(w)) / (1 + L(w)),   |y_i| <= epsilon (|w_i| + 1)

    N. Keskar et al., "On Large-Batch Training for Deep Learning" (2017), metric 2.1. They look for
    the maximum by ten iterations of L-BFGS-B; here y moves to the corner of the box to which
    the gradient points, until it stays there: where the loss is convex, as around a minimum, each
    such step climbs. What is found is a lower bound. Rescaling the layers of a network of ReLUs
    changes phi, though not what the network computes.

    Args:
        trainer: with the network and its loss.
        data: the rows.
        epsilon: the size of the box; 1e-3 and 5e-4 in the paper.
        starts: from so many random corners, besides that of the gradient at the weights.
        rounds: steps from each of them at most.
        seed: of the random corners.

    Raises:
        RangeError: for numbers out of range.

    >>> trainer = bd.Trainer(nn.Linear(1, 1, init="zeros"), "mean_squared_error", progress=False)
    >>> rows = bd.data.Dataset([[1.0]], [[0.0]])
    >>> round(keskar(trainer, rows, epsilon=0.1), 6)  # both weights can be 0.1: 0.2 squared
    4.0
    """
    real(epsilon, "keskar: epsilon", above=0)
    params = trainer.net.parameters()
    kept = {name: x.numpy() for name, x in params.items()}
    box = {name: epsilon * (np.abs(w) + 1) for name, w in kept.items()}
    random = generator(seed, "keskar")
    base, slopes = _loss_and_slopes(trainer, data)
    corners = [{name: np.sign(g) for name, g in slopes.items()}]
    for _ in range(starts):
        corners.append({name: random.choice([-1.0, 1.0], size=w.shape) for name, w in kept.items()})
    highest = base
    for corner in corners:
        for _ in range(positive(rounds, "keskar: rounds")):
            moved = {
                name: Tensor(w + (box[name] * corner[name]).astype(w.dtype))
                for name, w in kept.items()
            }
            with swapped(params, moved):
                height, slopes = _loss_and_slopes(trainer, data)
            highest = max(highest, height)
            new = {name: np.sign(g) for name, g in slopes.items()}
            if all(np.array_equal(new[name], corner[name]) for name in new):
                break
            corner = new
    return 100 * (highest - base) / (1 + base)


def scale_invariant(trainer: Trainer, data: Dataset) -> float:
    """The largest eigenvalue of the Hessian when each unit is measured by its own length.

        largest eigenvalue of D H D,   D_ii = |w| of the unit that weight i belongs to

    So it is how sharply the loss bends along the steepest filter-normalised direction, those of
    `directions.filter_direction`; biases and the scales of normalisations stay where they are.
    Rescaling a layer of a network of ReLUs by c and the next by 1 / c does not change it. After H.
    Li et al., "Visualizing the Loss Landscape of Neural Nets" (2018), and J. Kwon et al., "ASAM"
    (2021), who measure each weight by its own size; the objection to measures without a scale is
    that of L. Dinh et al., "Sharp Minima Can Generalize For Deep Nets" (2017).

    Raises:
        MissingExtraError: without SciPy, for a network of more than 32 weights.

    >>> net = nn.Linear(1, 1)
    >>> _ = net.weight.assign([[3.0]])
    >>> trainer = bd.Trainer(net, "mean_squared_error", progress=False)
    >>> scale_invariant(trainer, bd.data.Dataset([[1.0], [-1.0]], [[0.0], [0.0]]))  # 2 times 3²
    18.0
    """
    net = copy.deepcopy(trainer.net)
    units: dict[str, Parameter] = {}
    for path, module in net.named_modules().items():
        for name, weight in vars(module).items():
            if isinstance(weight, Parameter) and weight.ndim > 1:
                lengths = unit_norms(weight.numpy())
                # A unit of length 0 cannot be measured by it, and so does not move.
                start = np.divide(
                    weight.numpy(), lengths, where=lengths > 0, out=np.zeros_like(lengths)
                )
                units[f"{path}.{name}"] = parameter(start, weight.dtype)
                vars(module)[name] = units[f"{path}.{name}"] * lengths
    return float(hessian_eigenvalues(_loss(trainer, net, data), units)[0])


def _loss(trainer: Trainer, net: Module, data: Dataset) -> Tensor:
    return trainer.loss(net(trainer.tensor(data.x[:])), trainer.tensor(data.t))


def _loss_and_slopes(trainer: Trainer, data: Dataset) -> tuple[float, dict[str, Array]]:
    loss = _loss(trainer, trainer.net, data)
    slopes = grad(loss, trainer.net.parameters())
    return float(loss), {name: g.numpy() for name, g in slopes.items()}
