"""Each figure with arguments for which it is made in a moment."""

from __future__ import annotations

SMALL = {"data": "moons", "rows": 40, "hidden": (4,), "target": 0.6}
DIGITS = {"data": "digits", "rows": 100, "seeds": 2}
RACE = {"data": "digits", "hidden": (10,), "updates": 40, "seeds": 2}

QUICK = {
    "activation-histograms": {"rows": 20, "units": 10, "layers": 2, "inits": ("1", "he")},
    "bagging": {
        "members": 3,
        "points": 10,
        "units": 5,
        "updates": 20,
        "rows": 50,
        "sizes": (1, 2),
        "seeds": 2,
    },
    "batch-norm-scales": {**DIGITS, "scales": (0.1, 0.01), "hidden": (10, 10), "epochs": 2},
    "batch-size": {**DIGITS, "sizes": (32, 64), "hidden": (10,), "epochs": 1, "updates": 2},
    "bias-variance": {"models": 3, "epochs": 3, "units": (0, 4), "rows": (20, 10)},
    "decision-boundary": {"hidden": (4,), "epochs": 2, "resolution": 10},
    "filters": {"count": 3, "size": 3, "epochs": 1, "rows": 60},
    "initializer-race": {**RACE, "lr": 0.1},
    "learning-rates": {"powers": (-3, 0, 1), "hidden": (10,), "updates": 20, "seeds": 2},
    "loss-landscape": {**SMALL, "batch_sizes": (10, 40), "points": 5, "resolution": 4},
    "optimizer-paths": {"steps": 5},
    "optimizer-race": RACE,
    "overfitting": {**DIGITS, "hidden": (10,), "epochs": 2, "dropout_epochs": 3, "looks": 2},
    "regression-race": {"hidden": (4, 4), "at": (4, 8), "rows": 64, "seeds": 2},
    "search-panel": {
        "data": "digits",
        "rows": 200,
        "trials": 4,
        "shown": 2,
        "hidden": (10,),
        "epochs": 2,
    },
    "sharpness": {**SMALL, "batch_sizes": (10, 40), "seeds": 1},
    "surfaces": {"surfaces": ("saddle", "rastrigin"), "optimizers": ("sgd", "adam")},
}
