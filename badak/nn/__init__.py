"""Floor 3, networks: modules, layers, losses, initialisers.

In reading order: `module` (parameters by name), `init` (how weights start), then the layers
`linear`, `conv`, `pooling`, `activation`, `norm`, `dropout`, `flatten`, the `container`
Sequential, and the `losses`.
"""

from badak.nn import init, losses
from badak.nn.activation import ReLU, Sigmoid, Tanh
from badak.nn.container import Sequential
from badak.nn.conv import Conv1d, Conv2d, Conv3d
from badak.nn.dropout import Dropout
from badak.nn.flatten import Flatten
from badak.nn.linear import Linear
from badak.nn.losses import Loss, MeanSquaredError, SoftmaxCrossEntropy
from badak.nn.module import Module, observing
from badak.nn.norm import BatchNorm
from badak.nn.pooling import MaxPool2d

__all__ = [
    "BatchNorm",
    "Conv1d",
    "Conv2d",
    "Conv3d",
    "Dropout",
    "Flatten",
    "Linear",
    "Loss",
    "MaxPool2d",
    "MeanSquaredError",
    "Module",
    "ReLU",
    "Sequential",
    "Sigmoid",
    "SoftmaxCrossEntropy",
    "Tanh",
    "init",
    "losses",
    "observing",
]
