"""What a network is made of, in a table: before any training."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from badak.base.columns import aligned
from badak.base.context import no_grad, training
from badak.base.dtypes import Array
from badak.base.shapes import Shape, Spec, as_shape
from badak.core import Parameter, Tensor
from badak.core.dispatch import interpreting
from badak.core.eager import evaluate
from badak.core.primitive import Primitive
from badak.nn.observe import observing

if TYPE_CHECKING:  # a module can summarise itself
    from badak.nn.module import Module

MOVES = (
    "broadcast",
    "cast",
    "concat",
    "flip",
    "gather",
    "pad",
    "reshape",
    "slice",
    "transpose",
    "windows",
)
"""Operations that compute nothing."""

SUMS = ("argmax", "fold", "max", "scatter_add", "sum")
"""Operations that take one step for each number that goes in."""


def flops(name: str, inputs: list[Shape], output: Shape) -> int:
    """The floating-point operations of one primitive; a product added to a sum counts two.

    What moves numbers counts none, a reduction one for each number that goes in, a function of
    single numbers (an exponential as much as a sum) one for each that comes out.

    >>> flops("matmul", [(32, 784), (784, 50)], (32, 50)) == 2 * 32 * 784 * 50
    True
    """
    if name in MOVES:
        return 0
    if name in SUMS:
        return math.prod(inputs[0])
    if name == "matmul":
        return 2 * math.prod(output) * inputs[0][-1]
    if name == "conv":  # each value of the result: every weight of one kernel
        return 2 * math.prod(output) * math.prod(inputs[1][1:])
    if name == "conv_input_grad":  # each value that goes in: every weight of one kernel
        return 2 * math.prod(inputs[0]) * math.prod(inputs[1][1:])
    if name == "conv_weight_grad":  # each value of the result's gradient: likewise
        return 2 * math.prod(inputs[1]) * math.prod(output[1:])
    return math.prod(output)


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table: a module, and what it does and holds itself, without its parts.

    Attributes:
        name: its name in the network.
        layer: what it is, in words.
        depth: how many modules it stands in.
        role: "input" for the example itself, "output" for the last layer with weights and what
            comes after it, "hidden" for the layers between, "" for what is made of layers.
        output_shape: that of one example.
        parameters: how many numbers it learns; those that it shares are counted once.
        flops: its floating-point operations for one example, forwards.
        parameter_bytes: what its parameters take.
        output_bytes: what its output takes for one example.
    """

    name: str
    layer: str
    depth: int
    role: str
    output_shape: Shape
    parameters: int
    flops: int
    parameter_bytes: int
    output_bytes: int


@dataclass(frozen=True, slots=True)
class Summary:
    """The table of a network; see `summary`. It prints as text.

    Attributes:
        rows: one for the example, then one for each time that a module ran, parents first.

    >>> table = nn.Sequential(nn.Linear(99, 10, bias=False)).summary((99,))
    >>> table.parameters, table.flops
    (990, 1980)
    >>> [(row.name, row.role, row.output_shape) for row in table.rows]
    [('', 'input', (99,)), ('0', 'output', (10,))]
    """

    rows: tuple[Row, ...]

    @property
    def parameters(self) -> int:
        """How many numbers are learned."""
        return sum(row.parameters for row in self.rows)

    @property
    def flops(self) -> int:
        """Floating-point operations for one example, forwards."""
        return sum(row.flops for row in self.rows)

    @property
    def parameter_bytes(self) -> int:
        """What all parameters take."""
        return sum(row.parameter_bytes for row in self.rows)

    @property
    def output_bytes(self) -> int:
        """What the outputs of all layers take for one example: they are kept for the gradient."""
        return sum(row.output_bytes for row in self.rows if row.role)

    def __str__(self) -> str:
        total = ("", "total", "", "", *self._numbers(self))
        lines = [("name", "layer", "role", "output", "parameters", "FLOPs", "bytes")]
        lines += [
            (
                row.name,
                "  " * row.depth + row.layer,
                row.role,
                " x ".join(map(str, row.output_shape)),
                *self._numbers(row),
            )
            for row in self.rows
        ]
        return _ruled([*lines, total])

    @staticmethod
    def _numbers(of: Row | Summary) -> tuple[str, str, str]:
        counts = (of.parameters, of.flops, of.parameter_bytes + of.output_bytes)
        return f"{counts[0]:,}", f"{counts[1]:,}", f"{counts[2]:,}"


def _ruled(lines: list[tuple[str, ...]]) -> str:
    """Words at the left of their columns, numbers at the right; a rule around the layers."""
    texts = aligned(lines, "llllr")
    rule = "-" * max(map(len, texts))
    return "\n".join([texts[0], rule, *texts[1:-1], rule, texts[-1]])


@dataclass
class _Run:
    """A module that has begun to run."""

    module: Module
    depth: int
    flops: int = 0
    output: Spec | None = None
    is_made_of_layers: bool = field(default=False)


def summary(net: Module, input_shape: Any) -> Summary:
    """The layers of a network in a table: output shapes, parameters, operations, bytes.

    One example of zeros goes through the network in prediction mode, and whatever runs is written
    down: so the table is right for modules of your own as well. The operations of a module are
    those that passed while it ran and none of its parts did; see `flops` for what counts.

    Args:
        net: any module.
        input_shape: the shape of one example, without the batch axis.

    Returns:
        An object that prints as the table, and has its rows as data.

    Raises:
        ShapeError: when the layers do not fit the input, or one another.

    >>> net = nn.Sequential(nn.Linear(784, 50), nn.ReLU(), nn.Linear(50, 10))
    >>> print(summary(net, (784,)))
    name  layer              role    output  parameters   FLOPs    bytes
    --------------------------------------------------------------------
          input              input   784              0       0    3,136
    0     Linear(784 -> 50)  hidden  50          39,250  78,450  157,200
    1     ReLU()             hidden  50               0      50      200
    2     Linear(50 -> 10)   output  10             510   1,010    2,080
    --------------------------------------------------------------------
          total                                  39,760  79,510  162,616
    """
    x = net.example((1, *as_shape(input_shape)))
    runs: list[_Run] = []
    open_runs: list[_Run] = []

    def begin(module: Module, inputs: tuple[Any, ...]) -> None:
        if open_runs:
            open_runs[-1].is_made_of_layers = True
        open_runs.append(_Run(module, len(open_runs)))
        runs.append(open_runs[-1])

    def end(module: Module, inputs: tuple[Any, ...], output: Tensor) -> None:
        open_runs.pop().output = Spec(output.shape, output.dtype)

    def counted(
        primitive: Primitive, spec: Spec, tensors: list[Tensor], attributes: dict[str, Any]
    ) -> Array:
        if open_runs:
            shapes = [tensor.shape for tensor in tensors]
            open_runs[-1].flops += flops(primitive.name, shapes, spec.shape)
        return evaluate(primitive, spec, tensors, attributes)

    with no_grad(), training(False), interpreting(counted), observing(end, begin):
        net(x)
    return Summary((_row_of_input(x), *_rows(net, runs)))


def _row_of_input(x: Tensor) -> Row:
    return Row("", "input", 0, "input", x.shape[1:], 0, 0, 0, x.data.nbytes)


def _rows(net: Module, runs: list[_Run]) -> list[Row]:
    names = {id(module): name for name, module in net.named_modules().items()}
    seen: dict[int, bool] = {}
    held = [_own_parameters(run.module, seen) for run in runs]
    weighted = [i for i, own in enumerate(held) if own]
    first_of_output = weighted[-1] if weighted else len(runs) - 1
    outermost = 1 if runs[0].is_made_of_layers and not (held[0] or runs[0].flops) else 0
    rows = []
    for i in range(outermost, len(runs)):
        run, own = runs[i], held[i]
        role = "" if run.is_made_of_layers else "output" if i >= first_of_output else "hidden"
        shape, dtype = run.output or Spec((), own[0].dtype)
        rows.append(
            Row(
                names.get(id(run.module), ""),
                f"{type(run.module).__name__}({run.module.describe()})",
                run.depth - outermost,
                role,
                shape[1:],
                sum(p.size for p in own),
                run.flops,
                sum(p.data.nbytes for p in own),
                math.prod(shape) * dtype.itemsize,
            )
        )
    return rows


def _own_parameters(module: Module, seen: dict[int, bool]) -> list[Parameter]:
    """Those of the module itself that no row before it had."""
    below = {id(p) for child in module.children().values() for p in child.parameters().values()}
    own = [p for p in module.parameters().values() if id(p) not in below and id(p) not in seen]
    seen.update(dict.fromkeys(map(id, own), True))
    return own
