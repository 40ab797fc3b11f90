"""Records batch normalisation as Keras has it: three batches, then a prediction.

    KERAS_BACKEND=jax python tests/golden/record_keras_batch_norm.py

Needs Keras with JAX; nothing else of Badak does. Keras computes it in float32.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import keras
import numpy as np

BATCHES = np.sin(np.arange(3 * 5 * 2)).reshape(3, 5, 2) * [1.0, 30.0]

if __name__ == "__main__":
    layer = keras.layers.BatchNormalization()
    trained = [np.asarray(layer(batch, training=True)).tolist() for batch in BATCHES]
    record = {
        "made by": Path(__file__).name,
        "keras": keras.__version__,
        "backend": keras.backend.backend(),
        "batches": BATCHES.tolist(),
        "trained": trained,
        "mean": np.asarray(layer.moving_mean).tolist(),
        "var": np.asarray(layer.moving_variance).tolist(),
        "predicted": np.asarray(layer(BATCHES[0], training=False)).tolist(),
    }
    path = Path(__file__).with_name("keras_batch_norm.json")
    path.write_text(json.dumps(record, indent=1) + "\n", "utf-8")
    sys.stdout.write(f"{path}\n")
