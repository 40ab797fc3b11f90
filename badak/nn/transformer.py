"""The block that transformers are stacked of."""

from __future__ import annotations

from typing import Any

from badak.base.shapes import positive
from badak.core import Tensor
from badak.nn.activation import catalogue
from badak.nn.attention import MultiheadAttention, dropping
from badak.nn.layer_norm import LayerNorm
from badak.nn.linear import Linear
from badak.nn.module import Module, beside, require_float


class TransformerEncoderLayer(Module):
    """Attention of a sequence to itself, then two linear layers at each place: shapes stay.

        x = norm1(x + attention(x));  x = norm2(x + linear2(activation(linear1(x))))

    or, with norm_first, which trains deep stacks without a warm-up,

        x = x + attention(norm1(x));  x = x + linear2(activation(linear1(norm2(x))))

    Vaswani et al., "Attention Is All You Need" (2017); Xiong et al., "On Layer Normalization in
    the Transformer Architecture" (2020). Names, arguments and defaults are PyTorch's; `is_causal`
    is an argument here as well, so that a `Sequential` of these can be a language model.

    Args:
        d_model: the features at each place.
        nhead: the number of heads of attention, which divides d_model.
        dim_feedforward: the features between the two linear layers.
        dropout: the share that is dropped of attention weights and of what is added to x.
        activation: its name, or a module.
        layer_norm_eps: keeps the roots of the normalisations away from 0.
        batch_first: whether sequences are (N, L, d_model) rather than (L, N, d_model). A
            `Sequential` with an input_shape and a `Trainer` have the batch first; PyTorch has not.
        norm_first: whether what is normalised is the input of a part, not its end.
        bias: whether linear layers and normalisations have biases.
        is_causal: whether each place sees only itself and those before it.

    Raises:
        RangeError: when the heads do not divide the features, or for an unknown activation.

    >>> layer = TransformerEncoderLayer(8, nhead=2, dim_feedforward=16)
    >>> layer(bd.ones((3, 5, 8))).shape
    (3, 5, 8)
    """

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str | Module = "relu",
        layer_norm_eps: float = 1e-5,
        batch_first: bool = True,
        norm_first: bool = False,
        bias: bool = True,
        is_causal: bool = False,
    ) -> None:
        width = positive(d_model, "TransformerEncoderLayer: d_model")
        self.self_attn = MultiheadAttention(width, nhead, dropout, bias, batch_first=batch_first)
        self.linear1 = Linear(width, dim_feedforward, bias)
        self.activation = catalogue.get(activation) if isinstance(activation, str) else activation
        self.dropout = dropping(dropout)
        self.linear2 = Linear(dim_feedforward, width, bias, init="glorot_uniform")
        self.norm1 = LayerNorm(width, layer_norm_eps, bias=bias)
        self.norm2 = LayerNorm(width, layer_norm_eps, bias=bias)
        self.dropout1 = dropping(dropout)
        self.dropout2 = dropping(dropout)
        self.norm_first = norm_first
        self.is_causal = is_causal

    def forward(
        self,
        src: Any,
        src_mask: Any = None,
        src_key_padding_mask: Any = None,
        is_causal: bool = False,
    ) -> Tensor:
        """The sequence after the block; the masks are those of `MultiheadAttention`."""
        masks = {
            "attn_mask": src_mask,
            "key_padding_mask": src_key_padding_mask,
            "is_causal": is_causal or self.is_causal,
        }
        require_float(src, "TransformerEncoderLayer")
        x = beside(src, self.linear1.weight.dtype)
        if self.norm_first:
            x = x + self.dropout1(self.self_attn(self.norm1(x), **masks))
            return x + self.dropout2(self._feed_forward(self.norm2(x)))
        x = self.norm1(x + self.dropout1(self.self_attn(x, **masks)))
        return self.norm2(x + self.dropout2(self._feed_forward(x)))

    def _feed_forward(self, x: Tensor) -> Tensor:
        return self.linear2(self.dropout(self.activation(self.linear1(x))))

    def describe(self) -> str:
        words = ["norm first" * self.norm_first, "causal" * self.is_causal]
        return ", ".join(word for word in words if word)
