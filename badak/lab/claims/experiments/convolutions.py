"""What convolutions save, and what they make of a picture that moves."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from badak.base.dtypes import Array
from badak.data import Dataset, load
from badak.lab.claims.experiments.trainings import Net, at_best_rate, over_rates
from badak.lab.measurement import Measurement
from badak.lab.task import Task
from badak.nn import (
    Conv1d,
    Conv2d,
    Flatten,
    GlobalAvgPool,
    Linear,
    Module,
    ReLU,
    Sequential,
)
from badak.optim import Adam

RATES = (0.00316, 0.01, 0.0316)
"""Half a decade apart, for Adam."""


def convolution_sizes(seeds: Sequence[int]) -> list[Measurement]:
    """Parameters of two layers between the same shapes, without biases; nothing is drawn.

    Contenders: "Fully connected", and the "Convolution" with one kernel that does it.

    Measures: "parameters", "log10 parameters".

    Args:
        seeds: each gives the same.
    """
    layers: Mapping[str, tuple[Module, Module]] = {
        "99 numbers to 10": (Linear(99, 10, bias=False), Conv1d(1, 1, 90, bias=False)),
        "99 numbers to 90": (Linear(99, 90, bias=False), Conv1d(1, 1, 10, bias=False)),
        "7 x 7 x 3 to 5 x 5 x 10": (Linear(147, 250, bias=False), Conv2d(3, 10, 3, bias=False)),
    }
    found = []
    for condition, (full, convolution) in layers.items():
        for contender, layer in {"Fully connected": full, "Convolution": convolution}.items():
            count = float(layer.parameter_count())
            for measure, value in {
                "parameters": count,
                "log10 parameters": math.log10(count),
            }.items():
                found += [Measurement(contender, condition, measure, seed, value) for seed in seeds]
    return found


def shifted_digits(
    seeds: Sequence[int], *, shifts: Sequence[int] = (1, 2), channels: int = 16, updates: int = 400
) -> list[Measurement]:
    """Networks that learn digits where they stand, asked about digits that have moved.

    Contenders: "Fully connected", one hidden layer of 100; "Convolution, flattened", two
    convolutions and a fully connected layer over all positions; "Convolution, mean", where each
    channel's mean over the positions takes the place of the latter. Each at the rate of three that
    is best on validation rows where they stand.

    Measures, under "moved by 1" and so on: "test accuracy", and "accuracy lost" against the digits
    where they stand, as means over the four directions.

    Args:
        seeds: of weights, splits and batches.
        shifts: by how many pixels.
        channels: of each convolution.
        updates: of each training.
    """
    digits = load("digits", flat=False)
    task = Task(digits, updates=updates)
    found = []
    for contender, net in _nets(channels).items():
        best = at_best_rate(over_rates(net, Adam, RATES, task, seeds))
        for seed, one in zip(seeds, best, strict=True):
            for pixels in shifts:
                pictures = moved(digits.test.x, pixels)
                accuracy = np.mean(
                    [one.trainer.evaluate(Dataset(x, digits.test.t))["accuracy"] for x in pictures]
                )
                values = {
                    "test accuracy": float(accuracy),
                    "accuracy lost": float(one.test["accuracy"] - accuracy),
                }
                found += [
                    Measurement(contender, f"moved by {pixels}", measure, seed, value)
                    for measure, value in values.items()
                ]
    return found


def moved(x: Array, pixels: int) -> list[Array]:
    """Pictures moved right, left, down and up; zeros come in at the edge.

    Args:
        x: (rows, channels, height, width).
        pixels: by how many, at least 1.

    >>> moved(np.array([[[[1.0, 2.0], [3.0, 4.0]]]]), 1)[0].tolist()
    [[[[0.0, 1.0], [0.0, 3.0]]]]
    """
    pictures = []
    for axis in (3, 2):
        for step in (pixels, -pixels):
            there = np.roll(x, step, axis)
            edge = [slice(None)] * 4
            edge[axis] = slice(0, pixels) if step > 0 else slice(-pixels, None)
            there[tuple(edge)] = 0.0
            pictures.append(there)
    return pictures


def _nets(channels: int) -> dict[str, Net]:
    def convolutions() -> list[Module]:
        first = Conv2d(1, channels, 3, padding=1)
        return [first, ReLU(), Conv2d(channels, channels, 3, padding=1), ReLU()]

    return {
        "Fully connected": lambda: Sequential(Flatten(), Linear(64, 100), ReLU(), Linear(100, 10)),
        "Convolution, flattened": lambda: Sequential(
            *convolutions(), Flatten(), Linear(64 * channels, 10)
        ),
        "Convolution, mean": lambda: Sequential(
            *convolutions(), GlobalAvgPool(), Linear(channels, 10)
        ),
    }
