"""JAX: many models at once, the whole step under `vmap`, the state donated."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from benchmarks.cases import Case
from benchmarks.peers.contender import Contender, Trainee
from benchmarks.peers.jax import forward_pass, fresh_state, threads, training_step

State = dict[str, Any]


def contenders(case: Case, quick: bool) -> Iterator[Contender]:
    for words, build in (("", _one_by_one), (", many batches in one call", _many)):
        yield Contender("JAX", f"jit of vmap{words}, {threads()}", partial(build, case))


def _stepping(case: Case, rate: float) -> tuple[State, Any]:
    """All members' state, and a function of it and their row numbers."""
    states = [fresh_state(case, seed=member) for member in range(case.models)]
    state = jax.tree.map(lambda *each: jnp.asarray(np.stack(each)), *states)
    rates = jnp.asarray([case.rate(member, rate) for member in range(case.models)])
    together = jax.vmap(partial(training_step, partial(forward_pass, case, "", "")))

    def step(state: State, x: jax.Array, t: jax.Array, rows: jax.Array) -> Any:
        return together(rates, state, x[rows], t[rows])

    return state, step


def _examples(case: Case) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Inputs, class numbers, and row numbers: (batches, members, rows)."""
    x, t = case.examples()
    orders = np.stack([case.order(member) for member in range(case.models)], axis=1)
    return jnp.asarray(x), jnp.asarray(t, jnp.int32), jnp.asarray(orders, jnp.int32)


def _one_by_one(case: Case, rate: float) -> Trainee:
    state, step = _stepping(case, rate)
    compiled = jax.jit(step, donate_argnums=0)
    x, t, orders = _examples(case)
    batches = list(orders)

    def take(first: int, count: int) -> float:
        nonlocal state
        for i in range(first, first + count):
            state, losses = compiled(state, x, t, batches[i % case.n_batches])
        jax.block_until_ready(state)
        return float(losses.mean())

    return Trainee(take, parts=2)


def _many(case: Case, rate: float) -> Trainee:
    """The loop over batches is part of the program."""
    state, step = _stepping(case, rate)
    x, t, orders = _examples(case)

    @partial(jax.jit, donate_argnums=0)
    def steps(state: State, first: int, end: int, x: Any, t: Any, orders: Any) -> Any:
        def turn(i: Any, carried: Any) -> Any:
            return step(carried[0], x, t, orders[i % case.n_batches])

        return lax.fori_loop(first, end, turn, (state, jnp.zeros(case.models)))

    def take(first: int, count: int) -> float:
        nonlocal state
        state, losses = steps(state, first, first + count, x, t, orders)
        jax.block_until_ready(state)
        return float(losses.mean())

    return Trainee(take, parts=2)
