"""Badak: the step as machine code, many of them in one call, and the step eagerly in NumPy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

import badak as bd
from badak import nn, optim
from badak.compiler.threads import threads
from benchmarks.cases import Case, Conv, Dense, Drop, Flat, Layer, Norm, Pool, Relu, Shape
from benchmarks.peers.contender import (
    CannotRunError,
    Contender,
    Role,
    Trainee,
    in_threads,
    one_by_one,
)

COMPILED, EAGER = "compiled", "eager, NumPy"
MANY = "compiled, many batches in one call"

compile_step: Callable[[Any], Any] = bd.compile


def contenders(case: Case, quick: bool) -> Iterator[Contender]:
    how_many = in_threads(threads())
    yield Contender("Badak", f"{COMPILED}, {how_many}", partial(_compiled, case), Role.OURS)
    yield Contender("Badak", f"{MANY}, {how_many}", partial(_scanned, case), Role.MANY)
    yield Contender("Badak", EAGER, partial(_eager, case), Role.EAGER)


def network(case: Case, seed: int = 0) -> nn.Sequential:
    """The case's network with the case's weights."""
    net = nn.Sequential(*(_layer(layer, before) for _, layer, before, _ in case.walk()))
    state = net.state_dict() | case.weights(seed)  # keys and counters of dropout stay as they are
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


def plain_step(net: nn.Sequential, rate: float) -> tuple[Callable[[Any, Any], Any], list[int]]:
    """The step, and a list that grows by one each time that Python itself walks through it."""
    loss, walks = nn.SoftmaxCrossEntropy(), []
    params, opt = net.parameters(), optim.Adam(lr=rate)

    def step(x: Any, t: Any) -> Any:
        walks.append(len(walks))
        with bd.training():
            value = loss(net(x), t)
        opt.update(params, bd.grad(value, params))
        return value

    return step, walks


def tensors(case: Case) -> list[tuple[Any, Any]]:
    """The case's batches."""
    return [(bd.tensor(x), bd.tensor(t)) for x, t in case.batches()]


def confirming(act: Callable[[], Any], walks: list[int]) -> Callable[[], None]:
    """Refuses what walks through Python again when it is done once more."""

    def confirm() -> None:
        before = len(walks)
        act()
        if len(walks) > before:
            raise CannotRunError("not compiled")

    return confirm


def _eager(case: Case, rate: float) -> Trainee:
    step, _ = plain_step(network(case), rate)
    return Trainee(one_by_one(step, tensors(case), float))


def _compiled(case: Case, rate: float) -> Trainee:
    plain, walks = plain_step(network(case), rate)
    step, batches = compile_step(plain), tensors(case)
    confirm = confirming(lambda: step(*batches[0]), walks)
    return Trainee(one_by_one(step, batches, float), confirm=confirm)


def _scanned(case: Case, rate: float) -> Trainee:
    """The gathering of the batches is part of the time here."""
    plain, walks = plain_step(network(case), rate)
    step, data = compile_step(plain), tuple(map(bd.tensor, case.examples()))
    rows = np.arange(case.n_batches * case.batch).reshape(case.n_batches, case.batch)

    def take(first: int, count: int) -> float:
        _, losses = step.scan(some_rows(rows, first, count), *data)
        return float(losses.data[-1])

    return Trainee(take, confirm=confirming(lambda: take(0, 1), walks), parts=2)


def some_rows(rows: np.ndarray, first: int, count: int) -> np.ndarray:
    """The rows of so many batches from the one of that number on, beginning anew at the end."""
    return rows[np.arange(first, first + count) % len(rows)]
