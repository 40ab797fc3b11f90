"""Floor 3, networks: modules, layers, losses, initialisers.

In reading order: `observe` and `summary` (looking at modules), `module` (parameters by name),
`init` (how weights start), then the layers `linear`, `conv`, `conv_transposed`, `pooling`,
`activation`, `batch_norm`, `layer_norm`, `group_norm`, `stochastic` (`dropout`, `noise`),
`reweighted`, `flatten`, the `container` Sequential, `function`, `merge`, `multilayer`, those for
sequences, `embedding`, `recurrent`, `attention` and `transformer`, the `losses`, and what may be
added to them, `penalty`. The `perceptron`, which steps, stands by itself; `dialects` are layers as
other frameworks have them.
"""

from badak.nn import activation, init, losses, perceptron
from badak.nn.activation import (
    ELU,
    GELU,
    SELU,
    Hardsigmoid,
    Hardswish,
    Hardtanh,
    LeakyReLU,
    LogSoftmax,
    Maxout,
    Mish,
    PReLU,
    ReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Step,
    Tanh,
)
from badak.nn.attention import MultiheadAttention, scaled_dot_product_attention
from badak.nn.batch_norm import BatchNorm
from badak.nn.container import Sequential
from badak.nn.conv import Conv1d, Conv2d, Conv3d
from badak.nn.conv_transposed import ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from badak.nn.dialects import like
from badak.nn.dropout import AlphaDropout, Dropout, Dropout1d, Dropout2d, Dropout3d
from badak.nn.embedding import Embedding
from badak.nn.flatten import Flatten, Unflatten
from badak.nn.function import Identity, Lambda
from badak.nn.group_norm import GroupNorm, InstanceNorm
from badak.nn.layer_norm import LayerNorm, RMSNorm
from badak.nn.linear import Linear
from badak.nn.losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    CategoricalHinge,
    CosineSimilarity,
    Hinge,
    Huber,
    KLDivergence,
    LogCosh,
    Loss,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
    MulticlassHinge,
    Poisson,
    SoftmaxCrossEntropy,
    SparseCategoricalCrossentropy,
    SquaredHinge,
    SumSquaredError,
)
from badak.nn.merge import Add, Concat, Residual
from badak.nn.module import Module
from badak.nn.multilayer import mlp
from badak.nn.noise import GaussianDropout, GaussianNoise
from badak.nn.observe import observing
from badak.nn.penalty import L1, L2, Penalised, Penalty
from badak.nn.perceptron import Perceptron
from badak.nn.pooling import (
    AdaptiveAvgPool1d,
    AdaptiveAvgPool2d,
    AdaptiveAvgPool3d,
    AdaptiveMaxPool1d,
    AdaptiveMaxPool2d,
    AdaptiveMaxPool3d,
    AvgPool1d,
    AvgPool2d,
    AvgPool3d,
    GlobalAvgPool,
    GlobalMaxPool,
    MaxPool1d,
    MaxPool2d,
    MaxPool3d,
)
from badak.nn.recurrent import GRU, LSTM, RNN
from badak.nn.reweighted import SpectralNorm, WeightNoise, WeightNorm
from badak.nn.stochastic import sampled
from badak.nn.summary import Summary, summary
from badak.nn.transformer import TransformerEncoderLayer

__all__ = [
    "AdaptiveAvgPool1d",
    "AdaptiveAvgPool2d",
    "AdaptiveAvgPool3d",
    "AdaptiveMaxPool1d",
    "AdaptiveMaxPool2d",
    "AdaptiveMaxPool3d",
    "Add",
    "AlphaDropout",
    "AvgPool1d",
    "AvgPool2d",
    "AvgPool3d",
    "BatchNorm",
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "CategoricalHinge",
    "Concat",
    "Conv1d",
    "Conv2d",
    "Conv3d",
    "ConvTranspose1d",
    "ConvTranspose2d",
    "ConvTranspose3d",
    "CosineSimilarity",
    "Dropout",
    "Dropout1d",
    "Dropout2d",
    "Dropout3d",
    "ELU",
    "Embedding",
    "Flatten",
    "GELU",
    "GRU",
    "GaussianDropout",
    "GaussianNoise",
    "GlobalAvgPool",
    "GlobalMaxPool",
    "GroupNorm",
    "Hardsigmoid",
    "Hardswish",
    "Hardtanh",
    "Hinge",
    "Huber",
    "Identity",
    "InstanceNorm",
    "KLDivergence",
    "L1",
    "L2",
    "LSTM",
    "Lambda",
    "LayerNorm",
    "LeakyReLU",
    "Linear",
    "LogCosh",
    "LogSoftmax",
    "Loss",
    "MaxPool1d",
    "MaxPool2d",
    "MaxPool3d",
    "Maxout",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Mish",
    "Module",
    "MulticlassHinge",
    "MultiheadAttention",
    "PReLU",
    "Penalised",
    "Penalty",
    "Perceptron",
    "Poisson",
    "RMSNorm",
    "RNN",
    "ReLU",
    "Residual",
    "SELU",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "SoftmaxCrossEntropy",
    "Softplus",
    "SparseCategoricalCrossentropy",
    "SpectralNorm",
    "SquaredHinge",
    "Step",
    "SumSquaredError",
    "Summary",
    "Tanh",
    "TransformerEncoderLayer",
    "Unflatten",
    "WeightNoise",
    "WeightNorm",
    "activation",
    "init",
    "like",
    "losses",
    "mlp",
    "observing",
    "perceptron",
    "sampled",
    "scaled_dot_product_attention",
    "summary",
]
