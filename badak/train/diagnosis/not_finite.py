"""Where the numbers of a training stopped being numbers, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from badak.base import context
from badak.base.numbers import is_finite
from badak.core import Tensor
from badak.nn import Loss, Module, observing

LossFunction = Callable[[Any, Any], Tensor]


def loss_name(loss: LossFunction) -> str:
    """A loss as it is printed: "SoftmaxCrossEntropy()", or the name of a function."""
    return repr(loss) if isinstance(loss, Loss) else getattr(loss, "__name__", repr(loss))


def first_not_finite(net: Module, loss: LossFunction, x: Tensor, t: Tensor) -> str:
    """Where the first infinite or NaN value of a batch arises.

    Runs the batch again and looks at each module's output. The network must have been put back to
    the random counters that the batch had; they move on as in any training step.
    """
    for name, parameter in net.parameters().items():
        if not is_finite(parameter.data):
            return f"parameter {name!r} was not finite before this batch"
    for what, tensor in (("inputs", x), ("targets", t)):
        if not is_finite(tensor.data):
            return f"the {what} of this batch are not finite"
    paths = {id(module): path for path, module in net.named_modules().items()}
    found: list[str] = []

    def look(module: Module, inputs: tuple[Any, ...], output: Any) -> None:
        if not found and isinstance(output, Tensor) and not is_finite(output.data):
            found.append(_arises_in(module, paths.get(id(module), ""), inputs))

    with context.no_grad(), context.training(), observing(look):
        prediction = net(x)
        value = loss(prediction, t)
    if found:
        return found[0]
    if is_finite(value.data):
        return "a second run of the same batch is finite: this network is not a pure function"
    largest = float(np.abs(prediction.data).max(initial=0.0))
    return (
        f"all layers are finite; it arises in {loss_name(loss)} (largest prediction {largest:.3g})"
    )


def _arises_in(module: Module, path: str, inputs: tuple[Any, ...]) -> str:
    what = repr(module) if not module.children() else type(module).__name__
    place = f"layer {path!r}, {what}" if path else f"the network itself, {type(module).__name__}"
    sizes = [float(np.abs(x.data).max(initial=0.0)) for x in inputs if isinstance(x, Tensor)]
    seen = f" (largest input {max(sizes):.3g})" if sizes else ""
    return f"the first value that is not finite arises in {place}{seen}"


def gradient_not_finite(gradients: Mapping[str, Tensor]) -> str:
    """The parameter next to the place where gradients stop being finite; "" where all are.

    Gradients come from the end of the network, so the last of those parameters is meant.
    """
    names = [name for name, gradient in gradients.items() if not is_finite(gradient.data)]
    if not names:
        return ""
    before = f" (nor that of {len(names) - 1} before it)" if len(names) > 1 else ""
    return f"the gradient of {names[-1]!r} is not finite{before}"
