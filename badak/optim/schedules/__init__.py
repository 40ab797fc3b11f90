"""Learning rates that change: pure functions of how many updates were made.

    opt = optim.Adam(lr=optim.schedules.WarmUp(optim.schedules.Cosine(1e-3, steps=900), steps=100))

A schedule is asked for the rate of each update: `schedule(0)` is the rate of the first, as in
PyTorch (`last_epoch`) and Keras (`iterations`). It remembers nothing, so a training that is resumed
goes on where it stood, and a compiled one computes the rate itself. Any function of the step that
is written in operations on tensors can take its place.

In reading order: `schedule` (what all are), `decay` (downwards), `waves` (down, up and down again),
`joined` (made of others).
"""

from badak.optim.schedules.decay import (
    Constant,
    Exponential,
    InverseScaling,
    InverseTime,
    MultiStep,
    PiecewiseConstant,
    Polynomial,
    StepDecay,
)
from badak.optim.schedules.joined import Chained, Sequential, WarmUp
from badak.optim.schedules.schedule import Schedule
from badak.optim.schedules.waves import Cosine, CosineRestarts, Cyclic, OneCycle

__all__ = [
    "Chained",
    "Constant",
    "Cosine",
    "CosineRestarts",
    "Cyclic",
    "Exponential",
    "InverseScaling",
    "InverseTime",
    "MultiStep",
    "OneCycle",
    "PiecewiseConstant",
    "Polynomial",
    "Schedule",
    "Sequential",
    "StepDecay",
    "WarmUp",
]
