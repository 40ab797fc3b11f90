"""How weights start.

An initialiser turns a shape, its fans and a key into numbers. A fan is how many values a unit
reads (fan_in) or is read by (fan_out); for a convolution the size of the kernel counts.

    nn.Linear(784, 50, init=nn.init.Xavier())
    nn.Linear(784, 50, init="xavier")

In reading order: `initializer` (what one is), `plain`, `distribution`, `scaled`, `structured`,
`gain`, the `catalogue` of names and dialects, and `lsuv`, which starts a whole network from data.
"""

from badak.nn.init.catalogue import BY_NAME, DIALECTS, get, like
from badak.nn.init.gain import calculate_gain
from badak.nn.init.initializer import Fans, Initializer
from badak.nn.init.lsuv import lsuv
from badak.nn.init.plain import Constant, Normal, Uniform
from badak.nn.init.scaled import Glorot, He, VarianceScaling, Xavier
from badak.nn.init.structured import Identity, Orthogonal, Sparse

__all__ = [
    "BY_NAME",
    "Constant",
    "DIALECTS",
    "Fans",
    "Glorot",
    "He",
    "Identity",
    "Initializer",
    "Normal",
    "Orthogonal",
    "Sparse",
    "Uniform",
    "VarianceScaling",
    "Xavier",
    "calculate_gain",
    "get",
    "like",
    "lsuv",
]
