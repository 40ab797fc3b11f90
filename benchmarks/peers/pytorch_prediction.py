"""PyTorch: a prediction, eagerly, traced and frozen, and compiled; the scores read as an array."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import product

import numpy as np
import torch
from torch import nn
from torch.nn.utils.fusion import fuse_linear_bn_eval

from benchmarks.cases import Case
from benchmarks.peers.contender import Contender, Trainee, in_threads, length, one_by_one
from benchmarks.peers.pytorch import compile_alone, network, threads

Predict = Callable[[torch.Tensor], torch.Tensor]


def contenders(case: Case, quick: bool) -> Iterator[Contender]:
    hows = list(HOWS)[: 3 if quick else None]
    for how, count in product(hows, threads()):
        yield Contender("PyTorch", f"{how}, {in_threads(count)}", partial(_build, case, how, count))


def _build(case: Case, how: str, count: int, rate: float) -> Trainee:
    torch.set_num_threads(count)
    examples = [(torch.from_numpy(x),) for x, _ in case.batches()]
    with torch.inference_mode():
        forward = HOWS[how](network(case).eval(), examples[0][0])

    def predict(x: torch.Tensor) -> np.ndarray:
        return forward(x).numpy()

    one = one_by_one(predict, examples, length)

    def take(first: int, steps: int) -> float:
        with torch.inference_mode():
            return one(first, steps)

    return Trainee(take, partial(torch.set_num_threads, count))


def _folded(net: nn.Sequential, x: torch.Tensor) -> Predict:
    """Each batch normalisation as part of the layer before it, which it is when nothing trains."""
    layers: list[nn.Module] = []
    for layer in net:
        if isinstance(layer, nn.BatchNorm1d):
            layers[-1] = fuse_linear_bn_eval(layers[-1], layer)
        else:
            layers.append(layer)
    return nn.Sequential(*layers)


def _traced(net: nn.Sequential, x: torch.Tensor) -> Predict:
    frozen = torch.jit.freeze(torch.jit.trace(net, x))
    for _ in range(3):  # the first calls look at shapes and compile
        frozen(x)
    return frozen


def _optimised(net: nn.Sequential, x: torch.Tensor) -> Predict:
    made = torch.jit.optimize_for_inference(torch.jit.trace(net, x))
    for _ in range(3):
        made(x)
    return made


def _compiled(net: nn.Sequential, x: torch.Tensor, options: dict[str, bool]) -> Predict:
    def forward(x: torch.Tensor) -> torch.Tensor:
        return net(x)

    return compile_alone(forward, fullgraph=True, options=options)


HOWS: dict[str, Callable[[nn.Sequential, torch.Tensor], Predict]] = {
    "eager": lambda net, x: net,
    "eager, BatchNorm folded": _folded,
    "traced and frozen": _traced,
    "traced, optimize_for_inference": _optimised,
    "torch.compile": partial(_compiled, options={}),
    "torch.compile, frozen": partial(_compiled, options={"freezing": True}),
    "torch.compile, frozen, C++ wrapper": partial(
        _compiled, options={"freezing": True, "cpp_wrapper": True}
    ),
}
"""The ways to predict, all in inference mode."""
