"""JAX: the whole step in one `jit`, its state donated, in the layouts and forms that may be best.

JAX spreads work over all cores; the number of its threads cannot be changed while it runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import product
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from benchmarks.cases import Case, Conv, Dense, Drop, Flat, Norm, Pool, Relu
from benchmarks.peers.contender import Contender, Trainee, in_threads, one_by_one
from benchmarks.processors import cores

BETA1, BETA2, EPS = 0.9, 0.999, 1e-8
NORM_EPS, MOMENTUM = 1e-5, 0.1

Arrays = dict[str, jax.Array]


def contenders(case: Case, quick: bool) -> Iterator[Contender]:
    layouts = ["NHWC", "NCHW"] if case.has_images else [""]
    pools = ["reduce_window", "reshape"] if case.has_images else [""]
    bits = ["rbg", "threefry2x32"] if case.drops else [""]
    choices = list(product(layouts, pools, bits))
    for layout, pool, kind in choices[:1] if quick else choices:
        words = ["jit", layout, pool and f"pooling by {pool}", kind and f"{kind} bits", threads()]
        build = partial(_build, case, layout, pool, kind)
        yield Contender("JAX", ", ".join(filter(None, words)), build)


def threads() -> str:
    """XLA takes all cores."""
    return in_threads(cores())


def _build(case: Case, layout: str, pool: str, kind: str, rate: float) -> Trainee:
    state = fresh_state(case, layout, kind)
    forward = partial(forward_pass, case, layout, pool)
    compiled = jax.jit(partial(training_step, forward, rate), donate_argnums=0)

    def step(x: jax.Array, t: jax.Array) -> jax.Array:
        nonlocal state
        state, loss = compiled(state, x, t)
        return loss

    def number(loss: jax.Array) -> float:
        jax.block_until_ready(state)
        return float(loss)

    batches = []
    for x, t in case.batches():
        images = x.transpose(0, 2, 3, 1) if layout == "NHWC" else x
        batches.append((jnp.asarray(images), jnp.asarray(t, jnp.int32)))
    return Trainee(one_by_one(step, batches, number))


def fresh_state(case: Case, layout: str = "", kind: str = "", seed: int = 0) -> dict[str, Any]:
    """What a step changes: weights, moments, and what dropout draws from, where there is any."""
    weights = _weights(case, layout, seed)
    learned = {name: x for name, x in weights.items() if "running" not in name}
    key = {"key": jax.random.key(0, impl=kind or None)} if case.drops else {}
    return key | {
        "learned": learned,
        "running": {name: x for name, x in weights.items() if name not in learned},
        "m": {name: jnp.zeros_like(x) for name, x in learned.items()},
        "v": {name: jnp.zeros_like(x) for name, x in learned.items()},
        "steps": jnp.zeros((), jnp.int32),
    }


def training_step(
    forward: Callable[..., Any], rate: Any, state: dict[str, Any], x: jax.Array, t: jax.Array
) -> tuple[dict[str, Any], jax.Array]:
    """The new state and the loss."""
    keys, dropping = {}, None
    if "key" in state:
        keys["key"], dropping = jax.random.split(state["key"])

    def objective(learned: Arrays) -> tuple[jax.Array, Arrays]:
        scores, running = forward(learned, state["running"], dropping, x)
        chosen = jnp.take_along_axis(jax.nn.log_softmax(scores), t[:, None], axis=1)
        return -chosen.mean(), running

    (loss, running), grads = jax.value_and_grad(objective, has_aux=True)(state["learned"])
    steps = state["steps"] + 1
    m = jax.tree.map(lambda m, g: BETA1 * m + (1 - BETA1) * g, state["m"], grads)
    v = jax.tree.map(lambda v, g: BETA2 * v + (1 - BETA2) * g * g, state["v"], grads)
    share, square_share = 1 - BETA1**steps, 1 - BETA2**steps
    learned = jax.tree.map(
        lambda w, m, v: w - rate * (m / share) / (jnp.sqrt(v / square_share) + EPS),
        state["learned"],
        m,
        v,
    )
    new = {"learned": learned, "running": running, "m": m, "v": v, "steps": steps}
    return new | keys, loss


def forward_pass(
    case: Case,
    layout: str,
    pool: str,
    learned: Arrays,
    running: Arrays,
    key: jax.Array | None,
    x: jax.Array,
) -> tuple[jax.Array, Arrays]:
    """Scores, and the running statistics as they are then."""
    moved: Arrays = {}
    for i, layer, _, _ in case.walk():
        match layer:
            case Dense():
                x = x @ learned[f"{i}.weight"] + learned[f"{i}.bias"]
            case Conv(padding=padding):
                x = _convolved(x, learned[f"{i}.weight"], learned[f"{i}.bias"], padding, layout)
            case Pool():
                x = _pooled(x, layout, pool)
            case Norm():
                mean, var = x.mean(0), x.var(0)
                old_mean, old_var = running[f"{i}.running_mean"], running[f"{i}.running_var"]
                unbiased = var * (len(x) / (len(x) - 1))
                moved[f"{i}.running_mean"] = (1 - MOMENTUM) * old_mean + MOMENTUM * mean
                moved[f"{i}.running_var"] = (1 - MOMENTUM) * old_var + MOMENTUM * unbiased
                x = (x - mean) * (learned[f"{i}.weight"] * lax.rsqrt(var + NORM_EPS))
                x = x + learned[f"{i}.bias"]
            case Relu():
                x = jax.nn.relu(x)
            case Flat():
                x = x.reshape(len(x), -1)
            case Drop(share):
                kept = jax.random.bernoulli(jax.random.fold_in(key, i), 1 - share, x.shape)
                x = jnp.where(kept, x / (1 - share), 0)
    return x, moved


def _convolved(
    x: jax.Array, weight: jax.Array, bias: jax.Array, padding: int, layout: str
) -> jax.Array:
    names = (layout, "HWIO" if layout == "NHWC" else "OIHW", layout)
    out = lax.conv_general_dilated(x, weight, (1, 1), [(padding, padding)] * 2, None, None, names)
    return out + (bias if layout == "NHWC" else bias[:, None, None])


def _pooled(x: jax.Array, layout: str, pool: str) -> jax.Array:
    space = (1, 2) if layout == "NHWC" else (2, 3)
    if pool == "reduce_window":
        window = tuple(2 if axis in space else 1 for axis in range(4))
        return lax.reduce_window(x, -jnp.inf, lax.max, window, window, "VALID")
    split = [n for i, n in enumerate(x.shape) for n in ((n // 2, 2) if i in space else (n,))]
    return x.reshape(split).max((space[0] + 1, space[1] + 2))


def _weights(case: Case, layout: str, seed: int) -> Arrays:
    """The case's weights, turned to where the layout has its channels."""
    named = dict(case.weights(seed))
    flattened: tuple[int, ...] = ()
    for i, layer, before, _ in case.walk():
        if layout != "NHWC":
            break
        weight = named.get(f"{i}.weight")
        if isinstance(layer, Conv):
            named[f"{i}.weight"] = weight.transpose(2, 3, 1, 0)
        elif isinstance(layer, Flat):
            flattened = before
        elif isinstance(layer, Dense) and flattened:
            channels, height, width = flattened
            by_place = weight.reshape(channels, height, width, -1).transpose(1, 2, 0, 3)
            named[f"{i}.weight"] = by_place.reshape(weight.shape)
            flattened = ()
    return {name: jnp.asarray(x) for name, x in named.items()}
