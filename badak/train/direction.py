"""Which way is up: whether a larger value of a recorded number is better."""

from __future__ import annotations

_LARGER = ("accuracy", "auc", "f1", "precision", "r2", "r2_score", "recall")
_SMALLER = ("error", "error_rate", "loss", "mae", "mse", "rmse", "seconds")


def larger_is_better(name: str) -> bool | None:
    """Whether larger is better for a number of that name; None where the name does not tell.

    >>> larger_is_better("val_accuracy"), larger_is_better("val_loss"), larger_is_better("gini")
    (True, False, None)
    """
    words = f"_{name}"
    if any(words.endswith(f"_{end}") for end in _LARGER):
        return True
    return False if any(words.endswith(f"_{end}") for end in _SMALLER) else None
