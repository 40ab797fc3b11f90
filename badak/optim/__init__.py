"""Floor 3, optimizers: how parameters move along their gradients.

In reading order: `setting` (checked numbers and choices), `gradients` (limits), `swap` and
`weight_average` (parameters that hold other numbers for a while), `shared` (what every optimizer
takes), `optimizer` (the loop over named parameters), then the rules: `gradient_descent`,
`with_momentum`, `adaptive`, `adam`, `adam_relatives`, `adafactor`, `muon`; and `lbfgs`, which asks
for the loss as often as it wants. `schedules` and `average` stand alone; `dialects` are the rules
as other frameworks have them, `formula` and `explain` what they do.
"""

from badak.optim import schedules
from badak.optim.adafactor import Adafactor
from badak.optim.adam import Adam, Adamax, AdamW
from badak.optim.adam_relatives import LAMB, Lion, NAdam, RAdam
from badak.optim.adaptive import Adadelta, AdaGrad, RMSProp
from badak.optim.average import ewma
from badak.optim.dialects import like
from badak.optim.explain import Difference, explain_difference
from badak.optim.formula import formula
from badak.optim.gradient_descent import SGD, Momentum, Nesterov
from badak.optim.gradients import (
    clip_by_global_norm,
    clip_by_norm,
    clip_by_value,
    global_norm,
    norm_constraint,
    soft_threshold,
)
from badak.optim.lbfgs import LBFGS
from badak.optim.muon import Muon
from badak.optim.optimizer import Optimizer
from badak.optim.shared import NO_DECAY
from badak.optim.swap import swapped
from badak.optim.weight_average import EMA, SWA, WeightAverage
from badak.optim.with_momentum import WithMomentum

__all__ = [
    "AdaGrad",
    "Adadelta",
    "Adafactor",
    "Adam",
    "AdamW",
    "Adamax",
    "Difference",
    "EMA",
    "LAMB",
    "LBFGS",
    "Lion",
    "Momentum",
    "Muon",
    "NAdam",
    "NO_DECAY",
    "Nesterov",
    "Optimizer",
    "RAdam",
    "RMSProp",
    "SGD",
    "SWA",
    "WeightAverage",
    "WithMomentum",
    "clip_by_global_norm",
    "clip_by_norm",
    "clip_by_value",
    "ewma",
    "explain_difference",
    "formula",
    "global_norm",
    "like",
    "norm_constraint",
    "schedules",
    "soft_threshold",
    "swapped",
]
