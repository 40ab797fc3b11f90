"""Floor 5: several networks that answer as one."""

from badak.ensemble.average import Ensemble, Predictor

__all__ = [
    "Ensemble",
    "Predictor",
]
