"""Floor 1, the engine: tensors, the gate that every operation passes, gradients.

In reading order: `primitive` (what an operation is), `dispatch` (the gate), `backward` (reverse
mode), `indexing` and `tensor` (the value), `create` (new ones), `record` and `eager` (remember, and
compute now), `transforms` (gradients as functions).
"""

from badak.core import dispatch as _dispatch
from badak.core import eager as _eager
from badak.core import record as _record
from badak.core.create import arange, full, ones, parameter, tensor, zeros
from badak.core.tensor import Parameter, Tensor
from badak.core.transforms import check_grad, grad

_dispatch.install(_record.perform, _eager.evaluate)

__all__ = [
    "Parameter",
    "Tensor",
    "arange",
    "check_grad",
    "full",
    "grad",
    "ones",
    "parameter",
    "tensor",
    "zeros",
]
