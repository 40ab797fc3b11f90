"""Badak: a prediction as machine code, and eagerly in NumPy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

import badak as bd
from badak.compiler.threads import threads
from benchmarks.cases import Case
from benchmarks.peers import ours
from benchmarks.peers.contender import Contender, Role, Trainee, in_threads, length, one_by_one


def contenders(case: Case, quick: bool) -> Iterator[Contender]:
    setting = f"{ours.COMPILED}, {in_threads(threads())}"
    yield Contender("Badak", setting, partial(_compiled, case), Role.OURS)
    yield Contender("Badak", ours.EAGER, partial(_eager, case), Role.EAGER)


def _compiled(case: Case, rate: float) -> Trainee:
    net, walks = ours.network(case), []

    def forward(x: Any) -> Any:
        walks.append(len(walks))
        return net(x)

    return _trainee(case, ours.compile_step(forward), walks)


def _eager(case: Case, rate: float) -> Trainee:
    net = ours.network(case)

    def forward(x: Any) -> Any:
        with bd.no_grad():
            return net(x)

    return _trainee(case, forward, None)


def _trainee(case: Case, forward: Callable[[Any], Any], walks: list[int] | None) -> Trainee:
    def predict(x: Any) -> np.ndarray:
        return forward(x).data

    examples = [(x,) for x, _ in ours.tensors(case)]
    trainee = Trainee(one_by_one(predict, examples, length))
    if walks is not None:
        trainee.confirm = ours.confirming(lambda: predict(*examples[0]), walks)
    return trainee
