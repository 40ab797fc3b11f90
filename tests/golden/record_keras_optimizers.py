"""Records thirty steps of Keras's optimizers in float64.

    KERAS_BACKEND=jax JAX_ENABLE_X64=1 python tests/golden/record_keras_optimizers.py

Needs Keras with JAX; nothing else of Badak does.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import keras
import numpy as np
from gradients import GRADIENTS, START

CASES = [
    ("SGD", {}),
    ("SGD", {"learning_rate": 0.1, "weight_decay": 0.2}),
    ("SGD", {"learning_rate": 0.3, "momentum": 0.9}),
    ("SGD", {"learning_rate": 0.3, "momentum": 0.9, "nesterov": True}),
    ("RMSprop", {}),
    ("RMSprop", {"learning_rate": 0.1, "rho": 0.5, "epsilon": 1e-3}),
    ("RMSprop", {"learning_rate": 0.01, "momentum": 0.9}),
    ("RMSprop", {"learning_rate": 0.01, "centered": True, "momentum": 0.5}),
    ("Adagrad", {}),
    ("Adagrad", {"weight_decay": 0.5}),
    ("Adagrad", {"learning_rate": 0.5, "initial_accumulator_value": 0.0, "epsilon": 1e-4}),
    ("Adadelta", {}),
    ("Adadelta", {"learning_rate": 1.0, "rho": 0.8, "epsilon": 1e-4}),
    ("Adam", {}),
    ("Adam", {"learning_rate": 0.1, "beta_1": 0.7, "beta_2": 0.9, "epsilon": 1e-3}),
    ("Adam", {"amsgrad": True, "beta_2": 0.9}),
    ("AdamW", {}),
    ("AdamW", {"learning_rate": 0.1, "weight_decay": 0.3}),
    ("Adamax", {}),
    ("Adamax", {"learning_rate": 0.1, "beta_1": 0.7, "beta_2": 0.8, "epsilon": 1e-3}),
    ("Nadam", {}),
    ("Nadam", {"learning_rate": 0.1, "beta_1": 0.7, "beta_2": 0.8, "epsilon": 1e-3}),
    ("Lion", {}),
    ("Lion", {"learning_rate": 0.1, "beta_1": 0.7, "beta_2": 0.8}),
    ("Lamb", {}),
    ("Lamb", {"learning_rate": 0.1, "beta_1": 0.7, "beta_2": 0.8, "epsilon": 1e-3}),
]


def trace(name, settings):
    """The values after each step."""
    variable = keras.Variable(START, dtype="float64")
    optimizer = getattr(keras.optimizers, name)(**settings)
    optimizer.build([variable])
    points = []
    for gradient in GRADIENTS:
        optimizer.apply([keras.ops.convert_to_tensor(gradient, "float64")], [variable])
        points.append(np.asarray(variable.value).tolist())
    return points


if __name__ == "__main__":
    keras.config.set_floatx("float64")
    record = {
        "made by": Path(__file__).name,
        "keras": keras.__version__,
        "backend": keras.backend.backend(),
        "start": START.tolist(),
        "gradients": GRADIENTS.tolist(),
        "traces": [{"name": n, "settings": s, "points": trace(n, s)} for n, s in CASES],
    }
    path = Path(__file__).with_name("keras_optimizers.json")
    path.write_text(json.dumps(record, indent=1) + "\n", "utf-8")
    sys.stdout.write(f"{path}\n")
