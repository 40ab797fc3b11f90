"""Records the curves of Keras's schedules: `python tests/golden/record_keras_schedules.py`.

Needs Keras with any backend, here JAX (KERAS_BACKEND=jax); nothing else of Badak does.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import keras
from keras.optimizers import schedules

CURVES = {
    "ExponentialDecay": schedules.ExponentialDecay(0.3, 7, 0.5),
    "ExponentialDecay, staircase": schedules.ExponentialDecay(0.3, 7, 0.5, staircase=True),
    "InverseTimeDecay": schedules.InverseTimeDecay(0.3, 4, 0.5),
    "PolynomialDecay": schedules.PolynomialDecay(0.3, 20, 0.01, power=2.0),
    "PiecewiseConstantDecay": schedules.PiecewiseConstantDecay([4, 9], [0.3, 0.2, 0.05]),
    "CosineDecay": schedules.CosineDecay(0.3, 25, alpha=0.1),
    "CosineDecay, warm-up": schedules.CosineDecay(0.0, 25, warmup_target=0.3, warmup_steps=10),
    "CosineDecayRestarts": schedules.CosineDecayRestarts(0.3, 5, t_mul=2.0, m_mul=0.8),
}
STEPS = 34  # within which Keras's own logarithm finds the right wave of the restarts

if __name__ == "__main__":
    record = {
        "made by": Path(__file__).name,
        "keras": keras.__version__,
        "backend": keras.backend.backend(),
        "rounding": 2e-6,  # Keras computes schedules in float32
        "curves": {k: [float(s(t)) for t in range(STEPS)] for k, s in CURVES.items()},
    }
    path = Path(__file__).with_name("keras_schedules.json")
    path.write_text(json.dumps(record, indent=1) + "\n", "utf-8")
    sys.stdout.write(f"{path}\n")
