"""The contract of every primitive: cases by name. One without cases fails the suite."""

from __future__ import annotations

from tests.contracts import elementwise_cases, movement_cases, sum_cases
from tests.contracts.case import Case

CASES: dict[str, list[Case]] = {
    **elementwise_cases.CASES,
    **movement_cases.CASES,
    **sum_cases.CASES,
}

NO_EMPTY_CASE: dict[str, str] = {}
"""Primitives that never meet an empty array, and why."""

NO_0D_CASE = {
    "concat": "there is no axis to join along",
    "windows": "a window needs an axis",
    "fold": "a window needs an axis",
    "matmul": "a factor has at least one axis",
    "conv": "a batch has axes",
    "conv_input_grad": "a batch has axes",
    "conv_weight_grad": "a batch has axes",
    "gather": "positions are counted along an axis",
}
"""Primitives of which no input may be 0-d (a 0-d index aside), and why."""

NONLINEAR = (
    "mul", "div", "pow", "exp", "log", "log1p", "expm1", "sqrt", "tanh", "sigmoid", "erf", "sin",
    "cos", "matmul", "conv", "conv_input_grad", "conv_weight_grad",
)  # fmt: skip
"""Primitives whose gradient depends on their inputs, so that it has a derivative of its own."""
