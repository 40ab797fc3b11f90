"""Floor 1, the engine: tensors, the gate that every operation passes, gradients.

In reading order: `primitive` (what an operation is), `dispatch` (the gate), `backward` (reverse
mode), `indexing` and `tensor` (the value), `create` (new ones), `record` and `eager` (remember, and
compute now), `transforms` (gradients as functions), `directional` (rows and columns of a Jacobian),
`curvature` (second derivatives), `per_sample` (one sample at a time).
"""

from badak.core import dispatch as _dispatch
from badak.core import eager as _eager
from badak.core import record as _record
from badak.core.create import arange, full, ones, parameter, tensor, zeros
from badak.core.curvature import hessian_eigenvalues, hvp
from badak.core.directional import jvp, vjp
from badak.core.per_sample import per_sample_grad
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
    "hessian_eigenvalues",
    "hvp",
    "jvp",
    "ones",
    "parameter",
    "per_sample_grad",
    "tensor",
    "vjp",
    "zeros",
]
