"""The gradients with which optimizers of other libraries are recorded: thirty steps, four values.

The columns are of several sizes, down to those at which the place of eps shows, and one jumps.
"""

from __future__ import annotations

import numpy as np

STEPS = np.arange(1, 31)
START = np.array([1.0, -0.5, 0.25, 0.0])
GRADIENTS = np.stack(
    [
        np.sin(STEPS) + 0.3,
        1e-3 * np.cos(2 * STEPS),
        np.full(30, -1e-6),
        10.0 ** (STEPS % 4 - 2) * np.sin(STEPS / 2),
    ],
    axis=1,
)
