"""Badak: many models at once, each a compiled step of its own, on all threads without barriers."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

import badak as bd
from badak.compiler.crowd import Scan, scan_together
from badak.compiler.threads import threads
from benchmarks.cases import Case
from benchmarks.peers import ours
from benchmarks.peers.contender import Contender, Role, Trainee, in_threads


def contenders(case: Case, quick: bool) -> Iterator[Contender]:
    setting = f"compiled, many batches in one call, {in_threads(threads())}"
    yield Contender("Badak", setting, partial(_together, case), Role.OURS)
    yield Contender("Badak", ours.EAGER, partial(_eager, case), Role.EAGER)


def _together(case: Case, rate: float) -> Trainee:
    members, walks = [], []
    for member in range(case.models):
        plain, walked = ours.plain_step(ours.network(case, member), case.rate(member, rate))
        members.append(ours.compile_step(plain))
        walks.append(walked)
    orders = [case.order(member) for member in range(case.models)]
    data = tuple(map(bd.tensor, case.examples()))  # arrays would be copied at each call

    def take(first: int, count: int) -> float:
        scans = [
            Scan(step, ours.some_rows(order, first, count), data)
            for step, order in zip(members, orders, strict=True)
        ]
        losses = [each.data[-1] for _, each in scan_together(scans)]
        return float(np.mean(losses))

    return Trainee(take, confirm=ours.confirming(lambda: take(0, 1), walks[-1]), parts=2)


def _eager(case: Case, rate: float) -> Trainee:
    x, t = case.examples()
    members = [
        ours.plain_step(ours.network(case, member), case.rate(member, rate))[0]
        for member in range(case.models)
    ]
    orders = [case.order(member) for member in range(case.models)]

    def take(first: int, count: int) -> float:
        losses: list[float] = []
        for i in range(first, first + count):
            rows = [order[i % case.n_batches] for order in orders]
            losses = [
                float(step(bd.tensor(x[row]), bd.tensor(t[row])))
                for step, row in zip(members, rows, strict=True)
            ]
        return float(np.mean(losses))

    return Trainee(take)
