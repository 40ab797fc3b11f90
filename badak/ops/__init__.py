"""Floor 2, the mathematics: primitives in families, and functions composed of them.

In reading order: `rules` (what families share), `arithmetic`, `elementary`, `compare`, `reduce`,
`shape`, `windows`, `linalg`, `conv`, `pool`, `index`, `random`, `stable`, `activation`.
"""

from badak.ops.activation import (
    elu,
    gelu,
    gelu_tanh,
    hardsigmoid,
    hardswish,
    leaky_relu,
    mish,
    relu,
    selu,
    silu,
    step,
)
from badak.ops.arithmetic import abs, clip, floor, maximum, minimum, power, sign
from badak.ops.compare import isfinite, where
from badak.ops.conv import conv, conv_transpose
from badak.ops.elementary import cos, erf, exp, expm1, log, log1p, sigmoid, sin, sqrt, tanh
from badak.ops.index import gather, scatter_add
from badak.ops.linalg import matmul
from badak.ops.pool import average_pool, max_pool
from badak.ops.random import random_bits, random_normal, random_uniform
from badak.ops.reduce import argmax, argmin, max, mean, min, sum, var
from badak.ops.shape import concat, flip, one_hot, pad, stack
from badak.ops.stable import log_softmax, logsumexp, softmax, softplus
from badak.ops.windows import windows

__all__ = [
    "abs",
    "argmax",
    "argmin",
    "average_pool",
    "clip",
    "concat",
    "conv",
    "conv_transpose",
    "cos",
    "elu",
    "erf",
    "exp",
    "expm1",
    "flip",
    "floor",
    "gather",
    "gelu",
    "gelu_tanh",
    "hardsigmoid",
    "hardswish",
    "isfinite",
    "leaky_relu",
    "log",
    "log1p",
    "log_softmax",
    "logsumexp",
    "matmul",
    "max",
    "max_pool",
    "maximum",
    "mean",
    "min",
    "minimum",
    "mish",
    "one_hot",
    "pad",
    "power",
    "random_bits",
    "random_normal",
    "random_uniform",
    "relu",
    "scatter_add",
    "selu",
    "sigmoid",
    "sign",
    "silu",
    "sin",
    "softmax",
    "softplus",
    "sqrt",
    "stack",
    "step",
    "sum",
    "tanh",
    "var",
    "where",
    "windows",
]
