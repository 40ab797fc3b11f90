"""Badak: the step as machine code, and the same step eagerly in NumPy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import badak as bd
from badak import nn, optim
from badak.compiler import compiled
from benchmarks.cases import Case, Conv, Dense, Drop, Flat, Layer, Norm, Pool, Relu, Shape
from benchmarks.peers.contender import CannotRunError, Contender, Trainee

COMPILED, EAGER = "compiled", "eager, NumPy"

compile_step: Callable[[Any], Any] = getattr(bd, "compile", compiled.compile)


def contenders(case: Case, quick: bool) -> Iterator[Contender]:
    yield Contender("Badak", COMPILED, partial(_compiled, case))
    yield Contender("Badak", EAGER, partial(_eager, case))


def network(case: Case) -> nn.Sequential:
    """The case's network with the case's weights."""
    net = nn.Sequential(*(_layer(layer, before) for _, layer, before, _ in case.walk()))
    state = net.state_dict() | case.weights()  # keys and counters of dropout stay as they are
    return net.load_state_dict(state)


def _layer(layer: Layer, before: Shape) -> nn.Module:
    match layer:
        case Dense(size):
            return nn.Linear(before[0], size)
        case Conv(channels, kernel, padding):
            return nn.Conv2d(before[0], channels, kernel, padding=padding)
        case Pool():
            return nn.MaxPool2d(2)
        case Norm():
            return nn.BatchNorm(before[0])
        case Relu():
            return nn.ReLU()
        case Flat():
            return nn.Flatten()
        case Drop(share):
            return nn.Dropout(share)


def _plain(case: Case, rate: float) -> tuple[Callable[[Any, Any], Any], list[int]]:
    """The step, and a list that grows by one each time that Python itself walks through it."""
    net, loss, walks = network(case), nn.SoftmaxCrossEntropy(), []
    params, opt = net.parameters(), optim.Adam(lr=rate)

    def step(x: Any, t: Any) -> Any:
        walks.append(len(walks))
        with bd.training():
            value = loss(net(x), t)
        opt.update(params, bd.grad(value, params))
        return value

    return step, walks


def _batches(case: Case) -> list[tuple[Any, Any]]:
    return [(bd.tensor(x), bd.tensor(t)) for x, t in case.batches()]


def _eager(case: Case, rate: float) -> Trainee:
    step, _ = _plain(case, rate)
    return Trainee(step, _batches(case), float)


def _compiled(case: Case, rate: float) -> Trainee:
    plain, walks = _plain(case, rate)
    step, batches = compile_step(plain), _batches(case)

    def confirm() -> None:
        before = len(walks)
        step(*batches[0])
        if len(walks) > before:
            raise CannotRunError("not compiled")

    return Trainee(step, batches, float, confirm=confirm)
