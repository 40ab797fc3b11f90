"""Rows of numbers for words, categories and other things that are told apart by a position."""

from __future__ import annotations

from functools import partial
from typing import Any

from badak.base.arrays import as_array
from badak.base.errors import DTypeError
from badak.base.random import next_key
from badak.base.shapes import Shape, axis_index, positive
from badak.core import Parameter, Tensor, parameter, zeros
from badak.nn import init as initializers
from badak.nn.module import Module
from badak.ops import gather, where
from badak.ops.index import check_positions

START = initializers.Normal(1.0)


class Embedding(Module):
    """A learned row of numbers for each position: whole numbers (...) -> (..., embedding_dim).

    The same as a one-hot vector times the weights (num_embeddings, embedding_dim), without the
    product: the row is read, and its gradient is added where it was read.

    Bengio et al., "A Neural Probabilistic Language Model" (2003). Arguments as PyTorch's.

    Args:
        num_embeddings: the number of rows.
        embedding_dim: the length of a row.
        padding_idx: the position that stands for nothing: its row starts at 0 and gets no
            gradient. Counted from the end when below 0.
        init: how the rows start; N(0, 1) unless given, as in PyTorch.

    Raises:
        RangeError: for a position outside of 0..num_embeddings-1; compiled too.
        DTypeError: for positions that are not whole numbers.

    >>> layer = Embedding(10, 3, padding_idx=0)
    >>> layer
    Embedding(10 x 3, padding 0)
    >>> layer([[4, 0], [0, 9]]).shape
    (2, 2, 3)
    >>> layer([0]).tolist()
    [[0.0, 0.0, 0.0]]
    """

    weight: Parameter

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        init: str | initializers.Initializer = START,
    ) -> None:
        self.num_embeddings = positive(num_embeddings, "Embedding: num_embeddings")
        self.embedding_dim = positive(embedding_dim, "Embedding: embedding_dim")
        self.padding_idx = None
        shape = (self.num_embeddings, self.embedding_dim)
        start = initializers.get(init)(shape, initializers.Fans(*shape), next_key())
        if padding_idx is not None:
            self.padding_idx = axis_index(padding_idx, self.num_embeddings, "Embedding")
            start[self.padding_idx] = 0.0
        self.weight = parameter(start, tags=("weight",))

    def example(self, shape: Shape) -> Tensor:
        return zeros(shape, "int64")

    def forward(self, x: Any) -> Tensor:
        positions = x if isinstance(x, Tensor) else Tensor(as_array(x))
        if positions.dtype.kind not in "iu":
            raise DTypeError(
                "Embedding needs positions",
                expected="whole numbers",
                got=positions.dtype,
                hint="x.astype('int64'); in a data set: Dataset(x, t, dtype='int64')",
            )
        count = self.num_embeddings
        positions.vet(partial(check_positions, size=count, name="Embedding"), below=count)
        rows = gather(self.weight, positions)
        if self.padding_idx is None:
            return rows
        return where((positions == self.padding_idx).expand_dims(-1), rows.detach(), rows)

    def describe(self) -> str:
        padding = "" if self.padding_idx is None else f", padding {self.padding_idx}"
        return f"{self.num_embeddings} x {self.embedding_dim}{padding}"
