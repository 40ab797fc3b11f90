"""Floor 3: derivatives as on a blackboard, step by step, in words and as a drawing."""

from badak.derivation.derivation import Derivation, explain

__all__ = [
    "Derivation",
    "explain",
]
