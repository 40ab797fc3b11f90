"""Recurrent layers: one step after another, with a state that is handed on."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

import numpy as np

from badak.base.errors import ShapeError, StateError, unknown_name
from badak.base.numbers import real
from badak.base.random import derive_key, next_key
from badak.base.shapes import Shape, positive
from badak.core import Parameter, Tensor, parameter, zeros
from badak.nn import init as initializers
from badak.nn.dropout import Dropout
from badak.nn.module import Module, beside, require_float
from badak.ops import concat, maximum, sigmoid, stack, tanh

State = tuple[Tensor, ...]
NONLINEARITIES = {"relu": lambda x: maximum(x, 0.0), "tanh": tanh}


class Recurrent(Module):
    """What RNN, GRU and LSTM share: layers, directions, the walk along the steps; see `LSTM`.

    A layer of weights is named as in PyTorch, `weight_ih_l0`, `weight_hh_l0`, `bias_ih_l0`,
    `bias_hh_l0`, and `..._reverse` for the other direction. As in `Linear` the weights are
    (in, gates * hidden_size): the transposes of PyTorch's.
    """

    gate_biases: ClassVar[tuple[float, ...]]
    """What the bias of each gate starts at."""
    n_states: ClassVar[int] = 1
    input_size: int | None
    weight_ih_l0: Parameter

    def __init__(
        self,
        input_size: int | None,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = True,
        dropout: float = 0.0,
        bidirectional: bool = False,
        init: str | initializers.Initializer = "xavier",
    ) -> None:
        name = type(self).__name__
        self.input_size = None
        self.hidden_size = positive(hidden_size, f"{name}: hidden_size")
        self.num_layers = positive(num_layers, f"{name}: num_layers")
        self.has_bias = bias
        self.batch_first = batch_first
        self.bidirectional = bidirectional
        share = real(dropout, f"{name}: dropout", at_least=0, below=1)
        self.dropout = Dropout(share) if share and num_layers > 1 else None
        self._init = initializers.get(init)
        self._key = next_key()
        if input_size is not None:
            self.build((positive(input_size, f"{name}: input_size"),))

    @abstractmethod
    def step(self, x: Tensor, h: Tensor, state: State) -> State:
        """The next state, its first part the output.

        Args:
            x: what the input says to all gates, (N, gates * hidden_size).
            h: what the output before says to them.
            state: the state before.
        """

    # ------------------------------------------------------------------ weights

    def build(self, input_shape: Shape) -> None:
        if self.input_size is not None:
            return
        self.input_size = input_shape[-1]
        inputs, ways = self.input_size, 1 + self.bidirectional
        for layer in range(self.num_layers):
            for suffix in self._suffixes(layer):
                self._add(f"weight_ih{suffix}", inputs)
                self._add(f"weight_hh{suffix}", self.hidden_size)
                if self.has_bias:
                    start = np.repeat(self.gate_biases, self.hidden_size)
                    setattr(self, f"bias_ih{suffix}", parameter(start, tags=("bias",)))
                    setattr(self, f"bias_hh{suffix}", parameter(0 * start, tags=("bias",)))
            inputs = self.hidden_size * ways

    def _add(self, name: str, inputs: int) -> None:
        """Weights that start gate by gate, each as the matrix that it is."""
        fans = initializers.Fans(inputs, self.hidden_size)
        keys = [derive_key(self._key, name, gate) for gate in range(len(self.gate_biases))]
        start = [self._init((inputs, self.hidden_size), fans, key) for key in keys]
        setattr(self, name, parameter(np.concatenate(start, axis=1), tags=("weight",)))

    def _suffixes(self, layer: int) -> tuple[str, ...]:
        """What the names of a layer's weights end in, for each direction."""
        return (f"_l{layer}", f"_l{layer}_reverse")[: 1 + self.bidirectional]

    # ------------------------------------------------------------------ the walk

    def forward(self, x: Any) -> Tensor:
        return self.run(x)[0]

    def run(self, x: Any, state: Any = None) -> tuple[Tensor, Any]:
        """The outputs of all steps, and the state after the last one (PyTorch's two results).

        Args:
            x: (N, L, input_size) with batch_first, else (L, N, input_size).
            state: what the steps start from, as it is returned; zeros unless given.

        Returns:
            The outputs of the last layer, (N, L, directions * hidden_size) or with the first axes
            the other way round; and the final state (layers * directions, N, hidden_size) of
            every layer and direction, for `LSTM` a pair (h, c) of them.

        >>> y, h = GRU(3, 4).run(bd.ones((2, 5, 3)))
        >>> y.shape, h.shape, bool((y[:, -1] == h[0]).all())
        ((2, 5, 4), (1, 2, 4), True)
        """
        values = self._checked(x)
        time, batch = (1, 0) if self.batch_first else (0, 1)
        steps = list(values.swapaxes(0, 1) if self.batch_first else values)
        starts = self._starts(state, values.shape[batch])
        ends: list[State] = []
        for layer in range(self.num_layers):
            if layer and self.dropout is not None:
                steps = list(self.dropout(stack(steps)))
            ways = []
            for suffix in self._suffixes(layer):
                outputs, end = self._along(steps, suffix, starts[len(ends)])
                ways.append(outputs)
                ends.append(end)
            both = zip(*ways, strict=True)
            steps = [concat(outputs, axis=1) for outputs in both] if len(ways) > 1 else ways[0]
        last = [stack(parts) for parts in zip(*ends, strict=True)]
        return stack(steps, axis=time), last[0] if len(last) == 1 else tuple(last)

    def _along(self, steps: list[Tensor], suffix: str, state: State) -> tuple[list[Tensor], State]:
        """One layer in one direction: its output at each step, and its last state."""
        backwards = suffix.endswith("_reverse")
        outputs = []
        for x in reversed(steps) if backwards else steps:
            from_input = self._affine(x, f"ih{suffix}")
            from_state = self._affine(state[0], f"hh{suffix}")
            state = self.step(from_input, from_state, state)
            outputs.append(state[0])
        return outputs[::-1] if backwards else outputs, state

    def _affine(self, x: Tensor, name: str) -> Tensor:
        out: Tensor = x @ getattr(self, f"weight_{name}")
        return out + getattr(self, f"bias_{name}") if self.has_bias else out

    def _checked(self, x: Any) -> Tensor:
        name = type(self).__name__
        require_float(x, name)
        if self.input_size is None:
            raise StateError(
                f"{name} does not know its input_size yet",
                hint="Sequential(..., input_shape=(steps, features)), or give input_size",
            )
        values = beside(x, self.weight_ih_l0.dtype)
        axes = "batch, steps" if self.batch_first else "steps, batch"
        if values.ndim != 3 or values.shape[2] != self.input_size:
            raise ShapeError(
                f"{name}: the input does not fit",
                expected=f"({axes}, {self.input_size})",
                got=values.shape,
            )
        if not values.shape[1 if self.batch_first else 0]:
            raise ShapeError(f"{name}: there are no steps", got=values.shape)
        return values

    def _starts(self, state: Any, batch: int) -> list[State]:
        """The first state of every layer and direction."""
        shape = (self.num_layers * (1 + self.bidirectional), batch, self.hidden_size)
        if state is None:
            return [(zeros(shape[1:], self.weight_ih_l0.dtype),) * self.n_states] * shape[0]
        parts = state if isinstance(state, list | tuple) else (state,)
        given = [beside(part, self.weight_ih_l0.dtype) for part in parts]
        if len(given) != self.n_states or any(part.shape != shape for part in given):
            raise ShapeError(
                f"{type(self).__name__}: the state does not fit",
                expected=" and ".join([str(shape)] * self.n_states),
                got=" and ".join(str(part.shape) for part in given),
            )
        return [tuple(part[i] for part in given) for i in range(shape[0])]

    def _gates(self, x: Tensor) -> list[Tensor]:
        """(N, gates * hidden_size) cut into its gates."""
        size = self.hidden_size
        return [x[:, i * size : (i + 1) * size] for i in range(len(self.gate_biases))]

    def describe(self) -> str:
        words = [f"{self.input_size} -> {self.hidden_size}"]
        if self.num_layers > 1:
            words.append(f"{self.num_layers} layers")
        if self.bidirectional:
            words.append("both ways")
        if not self.has_bias:
            words.append("no bias")
        return ", ".join(words)


class RNN(Recurrent):
    """The simple recurrent layer: h = tanh(x W_ih + b_ih + h W_hh + b_hh). Elman (1990).

    Arguments as `LSTM`, and

    Args:
        nonlinearity: "tanh" or "relu".

    >>> RNN(3, 4)(bd.ones((2, 5, 3))).shape
    (2, 5, 4)
    """

    gate_biases = (0.0,)

    def __init__(
        self,
        input_size: int | None,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = True,
        dropout: float = 0.0,
        bidirectional: bool = False,
        init: str | initializers.Initializer = "xavier",
    ) -> None:
        if nonlinearity not in NONLINEARITIES:
            raise unknown_name("nonlinearity", nonlinearity, NONLINEARITIES)
        self.nonlinearity = nonlinearity
        super().__init__(
            input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, init
        )

    def step(self, x: Tensor, h: Tensor, state: State) -> State:
        return (NONLINEARITIES[self.nonlinearity](x + h),)


class GRU(Recurrent):
    """The gated recurrent unit. Arguments as `LSTM`.

        r = sigmoid(x W_ir + b_ir + h W_hr + b_hr)        reset
        z = sigmoid(x W_iz + b_iz + h W_hz + b_hz)        update
        n = tanh(x W_in + b_in + r (h W_hn + b_hn))       new
        h = (1 - z) n + z h

    Cho et al., "Learning Phrase Representations using RNN Encoder-Decoder" (2014), in the form of
    PyTorch and cuDNN, where r stands behind the product.

    >>> GRU(3, 4, bidirectional=True)(bd.ones((2, 5, 3))).shape
    (2, 5, 8)
    """

    gate_biases = (0.0, 0.0, 0.0)

    def step(self, x: Tensor, h: Tensor, state: State) -> State:
        x_r, x_z, x_n = self._gates(x)
        h_r, h_z, h_n = self._gates(h)
        r, z = sigmoid(x_r + h_r), sigmoid(x_z + h_z)
        n = tanh(x_n + r * h_n)
        return ((1.0 - z) * n + z * state[0],)


class LSTM(Recurrent):
    """Long short-term memory: (N, L, input_size) -> (N, L, hidden_size), a step at a time.

        i, f, o = sigmoid(x W_i + h W_h + b)      what to let in, keep, let out: three gates
        g       = tanh(x W_g + h W_hg + b)        what is new
        c       = f c + i g                       the memory
        h       = o tanh(c)                       the output

    `layer(x)` gives the outputs of all steps, `layer.run(x, state)` also the final state. For the
    last output alone, put `nn.Lambda(lambda y: y[:, -1])` behind it.

    Hochreiter and Schmidhuber, "Long Short-Term Memory" (1997); Gers et al., "Learning to Forget"
    (2000), for f, whose bias starts at 1, so that memory is kept at first: Jozefowicz et al., "An
    Empirical Exploration of Recurrent Network Architectures" (2015). Names, arguments and the
    order of the gates (i, f, g, o) are PyTorch's.

    Args:
        input_size: features of a step; None to let `Sequential(input_shape=...)` tell.
        hidden_size: features of the output.
        num_layers: how many layers, each upon the outputs of the one below.
        bias: whether there are biases (two, of which one would do, as in PyTorch).
        batch_first: whether sequences are (N, L, input_size) rather than (L, N, input_size). A
            `Sequential` with an input_shape and a `Trainer` have the batch first; PyTorch has not.
        dropout: the share that is dropped in training of the outputs between layers.
        bidirectional: whether a second set of weights walks from the end to the start; its
            outputs stand behind those of the first.
        init: how the weights start; "xavier", N(0, 1 / n), unless given.

    Raises:
        RangeError, DTypeError: for a setting outside of what is possible.
        ShapeError: when input or state do not fit.

    >>> layer = LSTM(3, 4)
    >>> layer
    LSTM(3 -> 4)
    >>> layer(bd.ones((2, 5, 3))).shape
    (2, 5, 4)
    """

    gate_biases = (0.0, 1.0, 0.0, 0.0)
    n_states = 2

    def step(self, x: Tensor, h: Tensor, state: State) -> State:
        i, f, g, o = self._gates(x + h)
        c = sigmoid(f) * state[1] + sigmoid(i) * tanh(g)
        return sigmoid(o) * tanh(c), c
