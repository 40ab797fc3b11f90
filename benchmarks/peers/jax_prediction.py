"""JAX: a prediction under `jit`, the weights part of the program or given to it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from benchmarks.cases import Case, Dense, Norm, Relu
from benchmarks.peers.contender import Contender, Trainee, length, one_by_one
from benchmarks.peers.jax import NORM_EPS, Arrays, threads


def contenders(case: Case, quick: bool) -> Iterator[Contender]:
    for words, inside in (("in the program", True), ("given to it", False)):
        build = partial(_build, case, inside)
        yield Contender("JAX", f"jit, weights {words}, {threads()}", build)


def _build(case: Case, inside: bool, rate: float) -> Trainee:
    weights = {name: jnp.asarray(x) for name, x in case.weights().items()}
    forward: Any = partial(_forward, case)
    compiled = jax.jit(partial(forward, weights) if inside else forward)
    if not inside:
        compiled = partial(compiled, weights)

    def predict(x: jax.Array) -> np.ndarray:
        return np.asarray(compiled(x))

    examples = [(jnp.asarray(x),) for x, _ in case.batches()]
    return Trainee(one_by_one(predict, examples, length))


def _forward(case: Case, weights: Arrays, x: jax.Array) -> jax.Array:
    for i, layer in enumerate(case.layers):
        match layer:
            case Dense():
                x = x @ weights[f"{i}.weight"] + weights[f"{i}.bias"]
            case Norm():
                scale = weights[f"{i}.weight"] * lax.rsqrt(weights[f"{i}.running_var"] + NORM_EPS)
                x = (x - weights[f"{i}.running_mean"]) * scale + weights[f"{i}.bias"]
            case Relu():
                x = jax.nn.relu(x)
    return x
