"""Floor 3, optimizers: how parameters move along their gradients.

In reading order: `setting` (a checked number), `optimizer` (the loop over named parameters),
then the rules: `gradient_descent` (SGD, Momentum) and `adaptive` (AdaGrad, RMSProp, Adam).
"""

from badak.optim.adaptive import AdaGrad, Adam, RMSProp
from badak.optim.gradient_descent import SGD, Momentum
from badak.optim.optimizer import Optimizer

__all__ = [
    "AdaGrad",
    "Adam",
    "Momentum",
    "Optimizer",
    "RMSProp",
    "SGD",
]
