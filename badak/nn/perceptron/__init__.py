"""Perceptrons: units that step, the logic they make, how they learn, and what they cannot.

In reading order: the `unit`, the `gates`, the `examples` that are learned from, the learning
`rule`, and the `separation` that decides whether learning can end.
"""

from badak.nn.perceptron.gates import GATES, gate
from badak.nn.perceptron.rule import Lesson, learn
from badak.nn.perceptron.separation import Separation, separable
from badak.nn.perceptron.unit import Perceptron

__all__ = ["GATES", "Lesson", "Perceptron", "Separation", "gate", "learn", "separable"]
