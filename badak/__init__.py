"""Badak: deep learning from the floor up.

    import badak as bd
    from badak import nn, optim

The engine and the mathematics are here (`bd.tensor`, `bd.grad`, `bd.exp`, ...); layers and losses
are in `bd.nn`, optimizers in `bd.optim`, data sets in `bd.data`; `bd.Trainer` is the training loop.
"""

import typing as _typing
from importlib import import_module as _import_module

from badak import ops
from badak._version import __version__ as __version__
from badak.base import errors
from badak.base.context import debug, no_grad, recording, training
from badak.base.random import seeded, set_seed
from badak.compiler import compile, set_threads, trace
from badak.core import (
    Parameter,
    Tensor,
    arange,
    check_grad,
    full,
    grad,
    hessian_eigenvalues,
    hvp,
    jvp,
    ones,
    parameter,
    per_sample_grad,
    tensor,
    vjp,
    zeros,
)
from badak.ops import (
    abs,
    argmax,
    argmin,
    average_pool,
    clip,
    concat,
    conv,
    conv_transpose,
    cos,
    elu,
    erf,
    exp,
    expm1,
    flip,
    floor,
    gather,
    gelu,
    gelu_tanh,
    hardsigmoid,
    hardswish,
    isfinite,
    leaky_relu,
    log,
    log1p,
    log_softmax,
    logsumexp,
    matmul,
    max,
    max_pool,
    maximum,
    mean,
    min,
    minimum,
    mish,
    one_hot,
    pad,
    power,
    random_bits,
    random_normal,
    random_uniform,
    relu,
    scatter_add,
    selu,
    sigmoid,
    sign,
    silu,
    sin,
    softmax,
    softplus,
    sqrt,
    stack,
    step,
    sum,
    tanh,
    var,
    where,
    windows,
)

if _typing.TYPE_CHECKING:  # what follows is loaded when it is first asked for: see `__getattr__`
    from badak import data, ensemble, lab, metrics, nn, optim
    from badak.derivation import explain
    from badak.train import (
        Callback,
        Checkpoint,
        EarlyStopping,
        History,
        NotFiniteError,
        Population,
        Progress,
        RangeTest,
        ReduceLROnPlateau,
        Trainer,
        lr_range_test,
    )

_ROOMS = ("data", "ensemble", "lab", "metrics", "nn", "optim")

__all__ = [
    "Callback",
    "Checkpoint",
    "EarlyStopping",
    "History",
    "NotFiniteError",
    "Parameter",
    "Population",
    "Progress",
    "RangeTest",
    "ReduceLROnPlateau",
    "Tensor",
    "Trainer",
    "abs",
    "arange",
    "argmax",
    "argmin",
    "average_pool",
    "check_grad",
    "clip",
    "compile",
    "concat",
    "conv",
    "conv_transpose",
    "cos",
    "data",
    "debug",
    "elu",
    "ensemble",
    "erf",
    "errors",
    "exp",
    "explain",
    "expm1",
    "flip",
    "floor",
    "full",
    "gather",
    "gelu",
    "gelu_tanh",
    "grad",
    "hardsigmoid",
    "hardswish",
    "hessian_eigenvalues",
    "hvp",
    "isfinite",
    "jvp",
    "lab",
    "leaky_relu",
    "log",
    "log1p",
    "log_softmax",
    "logsumexp",
    "lr_range_test",
    "matmul",
    "max",
    "max_pool",
    "maximum",
    "mean",
    "metrics",
    "min",
    "minimum",
    "mish",
    "nn",
    "no_grad",
    "one_hot",
    "ones",
    "ops",
    "optim",
    "pad",
    "parameter",
    "per_sample_grad",
    "power",
    "random_bits",
    "random_normal",
    "random_uniform",
    "recording",
    "relu",
    "scatter_add",
    "seeded",
    "selu",
    "set_seed",
    "set_threads",
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
    "tensor",
    "trace",
    "training",
    "var",
    "vjp",
    "where",
    "windows",
    "zeros",
]


def __getattr__(name: str) -> object:
    """Loads a room when it is first asked for, so that `import badak` takes a moment only."""
    if name in _ROOMS:
        return _import_module(f"badak.{name}")
    if name not in __all__:
        raise AttributeError(f"module 'badak' has no attribute {name!r}")
    room = "derivation" if name == "explain" else "train"
    value = globals()[name] = getattr(_import_module(f"badak.{room}"), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
