"""Records Keras's losses and their gradients: `python tests/golden/record_keras_losses.py`.

Needs Keras with JAX (KERAS_BACKEND=jax), whose gradients these are; nothing else of Badak does.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import jax
import keras
import numpy as np

jax.config.update("jax_enable_x64", True)
keras.config.set_floatx("float64")

random = np.random.default_rng(36)


def shares(*shape):
    raw = random.uniform(0.05, 1.0, shape)
    return raw / raw.sum(axis=-1, keepdims=True)


def one_hot(rows, classes):
    return np.eye(classes)[random.integers(0, classes, rows)]


def case(name, prediction, target, gradient=True, weight=None, **settings):
    """What is recorded: a gradient, unless Keras's is NaN or a matter of taste there."""
    return {
        "loss": name,
        "settings": settings,
        "prediction": np.asarray(prediction, float),
        "target": np.asarray(target),
        "weight": random.uniform(0.2, 3.0, len(target)) if weight is None else np.asarray(weight),
        "has_gradient": gradient,
    }


SCORES, PROBABILITIES = random.normal(size=(5, 4)) * 3, random.uniform(0.02, 0.98, (5, 4))
FAR = [[1000.0, -1000.0, 3.0, 0.5], [-1000.0, 0.25, 1000.0, 7.0]]
EDGE = [[0.0, 1.0, 0.25], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
ANSWERS, LABELS = random.integers(0, 2, (5, 4)), [3, 0, 2, 2, 1]
LOGITS = {"from_logits": True}
ENTROPY = "categorical_crossentropy"
SPARSE = f"sparse_{ENTROPY}"
NUMBERS = [
    "mean_squared_error",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_logarithmic_error",
    "cosine_similarity",
    "huber",
    "log_cosh",
]

CASES = [
    *(case(name, SCORES, random.normal(size=(5, 4))) for name in NUMBERS),
    *(case(name, np.abs(SCORES), random.uniform(0, 5, (5, 4))) for name in NUMBERS),
    *(case(name, FAR, [[0.0, 0.5, -1.0, 0.75], [1.0, 0.5, 2.0, -3.0]]) for name in NUMBERS),
    case("mean_squared_error", random.normal(size=(2, 3, 4)), random.normal(size=(2, 3, 4))),
    case("cosine_similarity", [[0.0, 0.0], [1.0, 2.0]], [[1.0, 2.0], [0.0, 0.0]], gradient=False),
    case("huber", SCORES, random.normal(size=(5, 4)), delta=0.3),
    case("huber", [[0.0, 2.0, -2.0, 2.5]], [[0.0, 0.0, 0.0, 0.0]], delta=2.0),
    case("binary_crossentropy", PROBABILITIES, ANSWERS),
    case("binary_crossentropy", PROBABILITIES, random.uniform(size=(5, 4)), label_smoothing=0.3),
    case("binary_crossentropy", EDGE, [[1, 1, 0], [0, 0, 1], [1, 0, 1]]),
    case("binary_crossentropy", SCORES, ANSWERS, **LOGITS),
    case("binary_crossentropy", FAR, [[1, 1, 0, 0], [0, 1, 1, 1]], label_smoothing=0.1, **LOGITS),
    case(ENTROPY, PROBABILITIES, shares(5, 4)),
    case(ENTROPY, PROBABILITIES, one_hot(5, 4), label_smoothing=0.2),
    case(ENTROPY, EDGE, [[1, 0, 0], [1, 0, 0], [0, 0, 1]]),
    case(ENTROPY, SCORES, one_hot(5, 4), **LOGITS),
    case(ENTROPY, FAR, one_hot(2, 4), label_smoothing=0.2, **LOGITS),
    case(ENTROPY, shares(2, 3, 4), shares(2, 3, 4)),
    case(SPARSE, PROBABILITIES, LABELS),
    case(SPARSE, SCORES, LABELS, **LOGITS),
    case(SPARSE, FAR, [1, 2], **LOGITS),
    case(SPARSE, EDGE, [0, 0, 2]),
    case(SPARSE, SCORES, [3, -1, 2, -1, 1], ignore_class=-1, **LOGITS),
    case(SPARSE, PROBABILITIES, LABELS, ignore_class=2),
    case(SPARSE, SCORES, [7] * 5, ignore_class=7, **LOGITS),
    case(
        SPARSE, random.normal(size=(2, 3, 4)), [[0, 9, 1], [9, 9, 3]], ignore_class=9,
        weight=random.uniform(0.2, 3.0, (2, 3)), **LOGITS,
    ),
    case("poisson", np.exp(SCORES), random.integers(0, 6, (5, 4))),
    case("poisson", [[0.0, 1000.0, 0.0]], [[0, 1000, 3]]),
    case("kl_divergence", shares(5, 4), shares(5, 4)),
    case("kl_divergence", PROBABILITIES, random.uniform(size=(5, 4))),
    case("kl_divergence", EDGE, [[1, 0, 0], [0.5, 0.5, 0], [0, 1, 0]], gradient=False),
    case("hinge", SCORES, ANSWERS),
    case("hinge", SCORES, 2 * ANSWERS - 1),
    case("hinge", FAR, [[1, 1, 0, 0], [0, 1, 1, 1]]),
    case("squared_hinge", SCORES, ANSWERS),
    case("squared_hinge", FAR, [[1, 1, -1, -1], [-1, 1, 1, 1]]),
    case("categorical_hinge", SCORES, one_hot(5, 4)),
    case("categorical_hinge", FAR, one_hot(2, 4)),
    case("categorical_hinge", np.abs(SCORES), shares(5, 4)),
]  # fmt: skip


def recorded(case):
    function, kind = getattr(keras.losses, case["loss"]), classes()[case["loss"]]
    target, settings = case["target"], case["settings"]

    def total(prediction):
        return function(target, prediction, **settings).sum()

    def reduced(reduction, weight=None):
        return kind(reduction=reduction, **settings)(target, case["prediction"], weight)

    found = {
        "values": function(target, case["prediction"], **settings),
        "gradient": jax.grad(total)(case["prediction"]) if case["has_gradient"] else None,
        "mean": reduced("sum_over_batch_size"),
    }
    if found["values"].shape == case["weight"].shape:
        found["weighted mean"] = reduced("sum_over_batch_size", case["weight"])
        found["weighted sum"] = reduced("sum", case["weight"])
        found["weighted none"] = reduced(None, case["weight"])
    for key, value in found.items():
        assert value is None or np.isfinite(value).all(), (case["loss"], key)
    kept = {key: value for key, value in case.items() if key != "has_gradient"}
    return {key: as_lists(value) for key, value in (kept | found).items()}


def classes():
    """Keras's classes by the names of their functions."""
    every = {name.lower(): kind for name, kind in vars(keras.losses).items() if name[0].isupper()}
    names = {case["loss"] for case in CASES}
    return {name: every[name.replace("_", "")] for name in names}


def as_lists(value):
    return value if isinstance(value, str | dict | type(None)) else np.asarray(value).tolist()


if __name__ == "__main__":
    record = {
        "made by": Path(__file__).name,
        "keras": keras.__version__,
        "backend": f"jax {jax.__version__}",
        "floats": keras.config.floatx(),
        "epsilon": keras.config.epsilon(),
        "rounding": 1e-6,  # on JAX, Keras takes means in float32 even so
        "cases": [recorded(case) for case in CASES],
    }
    lines = json.dumps(record).replace('{"loss"', '\n{"loss"')
    path = Path(__file__).with_name("keras_losses.json")
    path.write_text(lines + "\n", "utf-8")
    sys.stdout.write(f"{path}\n")
