"""Attention: every place of a sequence reads from the others, by how well they answer it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from badak.base.errors import RangeError, ShapeError
from badak.base.numbers import real
from badak.base.shapes import Shape, positive
from badak.core import Tensor
from badak.nn import init as initializers
from badak.nn.dropout import Dropout
from badak.nn.function import Identity
from badak.nn.linear import Linear
from badak.nn.module import Module, beside, require_float
from badak.ops import matmul, softmax, where
from badak.ops.reduce import as_tensor


def scaled_dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    attn_mask: Any = None,
    is_causal: bool = False,
    scale: float | None = None,
    dropout: Callable[[Tensor], Tensor] | None = None,
) -> Tensor:
    """Means of the values, weighted by how well their keys answer a query.

        softmax(scale query key^T + mask) value

    (..., L, E), (..., S, E), (..., S, V) -> (..., L, V). A query that may see no key at all gets
    zeros.

    Vaswani et al., "Attention Is All You Need" (2017). PyTorch's names, and its meaning of masks.

    Args:
        query: what is asked, L rows.
        key: what answers, S rows.
        value: what is read, S rows.
        attn_mask: booleans (..., L, S), true where a query may see a key; or floats that are
            added to the scores.
        is_causal: whether query i sees keys 0..i only.
        scale: 1 / sqrt(E) unless given.
        dropout: a function for the weights, such as an `nn.Dropout`.

    Raises:
        DTypeError: for queries of whole numbers.
        ShapeError: when the shapes do not fit together.

    >>> query, key = bd.tensor([[10.0, 0.0]]), bd.tensor([[10.0, 0.0], [0.0, 10.0]])
    >>> scaled_dot_product_attention(query, key, bd.tensor([[1.0], [2.0]]))
    tensor([[1.]])
    """
    require_float(query, "attention")
    asked = as_tensor(query)
    answers, read = beside(key, asked.dtype), beside(value, asked.dtype)
    _check_sequences(asked.shape, answers.shape, read.shape)
    factor = 1.0 / math.sqrt(asked.shape[-1]) if scale is None else real(scale, "attention: scale")
    scores = matmul(asked * factor, answers.swapaxes(-1, -2))
    allowed = _causal(*scores.shape[-2:]) if is_causal else None
    if attn_mask is not None:
        mask = beside(attn_mask, scores.dtype)
        if mask.dtype == np.bool_:
            allowed = mask if allowed is None else mask & allowed
        else:
            scores = scores + mask
    weights = softmax(scores) if allowed is None else _masked_softmax(scores, allowed)
    return matmul(weights if dropout is None else dropout(weights), read)


def _masked_softmax(scores: Tensor, allowed: Any) -> Tensor:
    """Softmax over what is allowed; all 0 where nothing is.

    The lowest number instead of -inf: its exponential is 0 all the same, and a row without
    anything allowed makes no NaN, neither here nor in its gradient.
    """
    lowest = float(np.finfo(scores.dtype).min)
    return where(allowed, softmax(where(allowed, scores, lowest)), 0.0)


def _causal(queries: int, keys: int) -> Tensor:
    return as_tensor(np.tril(np.ones((queries, keys), bool)))


def _check_sequences(query: Shape, key: Shape, value: Shape) -> None:
    if min(len(query), len(key), len(value)) < 2:
        raise ShapeError("attention needs (..., length, features)", got=f"{query}, {key}, {value}")
    if query[-1] != key[-1] or key[-2] != value[-2]:
        raise ShapeError(
            "attention: query and key have equal features, key and value equal lengths",
            expected=f"key (..., {value[-2]}, {query[-1]})",
            got=f"query {query}, key {key}, value {value}",
        )


def dropping(p: float) -> Module:
    """A `Dropout`, or nothing at all where p is 0: no random numbers are drawn then."""
    return Dropout(p) if p else Identity()


class MultiheadAttention(Module):
    """Several attentions side by side, each in its own projection: (N, L, E) -> (N, L, E).

        head_i = attention(query Wq_i, key Wk_i, value Wv_i)
        y = (head_1, ..., head_h) Wo

    Vaswani et al., "Attention Is All You Need" (2017). PyTorch's names and meaning of masks; it
    gives the output alone, and keeps the three projections as layers of their own.

    Args:
        embed_dim: E, the features of the queries and of the output.
        num_heads: the number of heads, which divides E.
        dropout: the share of weights that are dropped in training.
        bias: whether the projections have biases.
        kdim: features of the keys; E unless given.
        vdim: features of the values; E unless given.
        batch_first: whether sequences are (N, L, E) rather than (L, N, E). A `Sequential` with an
            input_shape and a `Trainer` have the batch first; PyTorch has not.
        init: how the weights start; "glorot_uniform" unless given.

    Raises:
        RangeError: when the heads do not divide the features.
        ShapeError: when sequences do not fit.

    >>> layer = MultiheadAttention(8, num_heads=2)
    >>> x = bd.ones((3, 5, 8))
    >>> layer(x, x, x).shape, layer(x, is_causal=True).shape
    ((3, 5, 8), (3, 5, 8))
    """

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = True,
        init: str | initializers.Initializer = "glorot_uniform",
    ) -> None:
        self.embed_dim = positive(embed_dim, "MultiheadAttention: embed_dim")
        self.num_heads = positive(num_heads, "MultiheadAttention: num_heads")
        if self.embed_dim % self.num_heads:
            raise RangeError(
                "MultiheadAttention: the heads must divide the features",
                got=f"embed_dim {embed_dim}, num_heads {num_heads}",
            )
        self.batch_first = batch_first
        self.q_proj = Linear(embed_dim, embed_dim, bias, init)
        self.k_proj = Linear(embed_dim if kdim is None else kdim, embed_dim, bias, init)
        self.v_proj = Linear(embed_dim if vdim is None else vdim, embed_dim, bias, init)
        self.out_proj = Linear(embed_dim, embed_dim, bias, init)
        self.dropout = dropping(dropout)

    def forward(
        self,
        query: Any,
        key: Any = None,
        value: Any = None,
        key_padding_mask: Any = None,
        attn_mask: Any = None,
        is_causal: bool = False,
    ) -> Tensor:
        """The queries' means of the values.

        Args:
            query: (N, L, E), or (L, N, E) without batch_first.
            key: (N, S, kdim); the queries unless given.
            value: (N, S, vdim); the keys unless given.
            key_padding_mask: (N, S) booleans, true for keys that nobody may see.
            attn_mask: (L, S), (N, L, S) or (N * heads, L, S): booleans, true where a query may
                *not* see a key (as in PyTorch, where `scaled_dot_product_attention` has it the
                other way round), or floats that are added to the scores.
            is_causal: whether query i sees keys 0..i only.
        """
        keys = query if key is None else key
        values = keys if value is None else value
        asked = self._split(self.q_proj(query))
        answers = self._split(self.k_proj(keys))
        read = self._split(self.v_proj(values))
        mask = self._mask(attn_mask, key_padding_mask, len(asked))
        seen = scaled_dot_product_attention(
            asked, answers, read, mask, is_causal, dropout=self.dropout
        )
        return self.out_proj(self._joined(seen))

    def _split(self, x: Tensor) -> Tensor:
        """(N, L, E) -> (N, heads, L, E / heads)."""
        if x.ndim != 3:
            raise ShapeError(
                "MultiheadAttention needs sequences with a batch axis",
                expected="(batch, length, features)"
                if self.batch_first
                else "(length, batch, ...)",
                got=x.shape,
            )
        parted = x.reshape(*x.shape[:2], self.num_heads, self.embed_dim // self.num_heads)
        return parted.transpose((0, 2, 1, 3) if self.batch_first else (1, 2, 0, 3))

    def _joined(self, x: Tensor) -> Tensor:
        """The inverse of `_split`."""
        batch, _, length, _ = x.shape
        if self.batch_first:
            return x.transpose(0, 2, 1, 3).reshape(batch, length, self.embed_dim)
        return x.transpose(2, 0, 1, 3).reshape(length, batch, self.embed_dim)

    def _mask(self, attn_mask: Any, key_padding_mask: Any, batch: int) -> Tensor | None:
        """Both masks as one: booleans that are true where a query may see a key, or floats."""
        found: Tensor | None = None
        if attn_mask is not None:
            mask = beside(attn_mask, self.out_proj.weight.dtype)
            if mask.ndim == 3:
                mask = mask.reshape(batch, len(mask) // max(batch, 1), *mask.shape[1:])
            found = ~mask if mask.dtype == np.bool_ else mask
        if key_padding_mask is not None:
            padding = as_tensor(key_padding_mask)
            seen = ~padding.reshape(batch, 1, 1, padding.shape[-1])
            if found is None:
                return seen
            lowest = float(np.finfo(np.float32).min)
            found = seen & found if found.dtype == np.bool_ else where(seen, found, lowest)
        return found

    def describe(self) -> str:
        return f"{self.embed_dim}, {self.num_heads} heads"
