"""What every module keeps: gradients, names, state, modes, shapes. One table, one contract."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

import badak as bd
from badak import nn
from badak.base.errors import DTypeError, ShapeError

SAME = {"rtol": 1e-5, "atol": 1e-6}  # float32, summed in another order


@dataclass(frozen=True)
class Case:
    """A module, an input, and what is to be seen of it.

    Attributes:
        make: gives a new module.
        x: shape of the input.
        y: shape of the output.
        text: its repr.
        parameters: their names, in order.
        buffers: their names, in order.
        blank: gives the same module with its sizes left open.
        alone: whether a batch of one will do in training.
        floats: whether whole numbers are refused.
        whole: whether its training gradients go through all that depends on the parameters.
    """

    make: Callable[[], nn.Module]
    x: tuple[int, ...]
    y: tuple[int, ...]
    text: str
    parameters: tuple[str, ...] = ()
    buffers: tuple[str, ...] = ()
    blank: Callable[[], nn.Module] | None = None
    alone: bool = True
    floats: bool = True
    whole: bool = True

    def __str__(self) -> str:
        return f"{' '.join(self.text.split())} on {'x'.join(map(str, self.x))}"


WEIGHT, BOTH = ("weight",), ("weight", "bias")
RUNNING = ("running_mean", "running_var")


def steps(*layers):
    """The names of the weights of a recurrent layer."""
    parts = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    return tuple(f"{part}_{layer}" for layer in layers for part in parts)


ENCODER = """TransformerEncoderLayer(causal
  self_attn: MultiheadAttention(2, 1 heads
    q_proj: Linear(2 -> 2)
    k_proj: Linear(2 -> 2)
    v_proj: Linear(2 -> 2)
    out_proj: Linear(2 -> 2)
    dropout: Dropout(0.25)
  )
  linear1: Linear(2 -> 3)
  activation: ReLU()
  dropout: Dropout(0.25)
  linear2: Linear(3 -> 2)
  norm1: LayerNorm(2)
  norm2: LayerNorm(2)
  dropout1: Dropout(0.25)
  dropout2: Dropout(0.25)
)"""
CONSTANT = ("Norm", "PReLU", "Perceptron")
"""Modules whose weights always start alike."""

CASES = [
    Case(
        lambda: nn.Linear(3, 4), (5, 3), (5, 4), "Linear(3 -> 4)", BOTH,
        blank=lambda: nn.Linear(None, 4),
    ),
    Case(
        lambda: nn.Linear(3, 4, bias=False), (2, 5, 3), (2, 5, 4), "Linear(3 -> 4, no bias)",
        WEIGHT, blank=lambda: nn.Linear(None, 4, bias=False),
    ),
    Case(
        lambda: nn.Conv1d(2, 4, 3, stride=2, padding=1), (2, 2, 7), (2, 4, 4),
        "Conv1d(2 -> 4, kernel 3, stride 2, padding 1)", BOTH,
        blank=lambda: nn.Conv1d(None, 4, 3, stride=2, padding=1),
    ),
    Case(
        lambda: nn.Conv2d(2, 4, (3, 2), padding=((1, 0), (0, 1)), groups=2),
        (2, 2, 4, 3), (2, 4, 3, 3),
        "Conv2d(2 -> 4, kernel 3x2, padding ((1, 0), (0, 1)), 2 groups)", BOTH,
        blank=lambda: nn.Conv2d(None, 4, (3, 2), padding=((1, 0), (0, 1)), groups=2),
    ),
    Case(
        lambda: nn.Conv2d(1, 2, 2, stride=(1, 2), padding=(0, 1), dilation=2, bias=False),
        (2, 1, 4, 4), (2, 2, 2, 2),
        "Conv2d(1 -> 2, kernel 2x2, stride 1x2, padding 0x1, dilation 2x2, no bias)", WEIGHT,
        blank=lambda: nn.Conv2d(None, 2, 2, (1, 2), (0, 1), dilation=2, bias=False),
    ),
    Case(
        lambda: nn.Conv3d(1, 2, 2), (2, 1, 3, 2, 3), (2, 2, 2, 1, 2),
        "Conv3d(1 -> 2, kernel 2x2x2)", BOTH, blank=lambda: nn.Conv3d(None, 2, 2),
    ),
    Case(lambda: nn.MaxPool2d(2), (2, 2, 4, 5), (2, 2, 2, 2), "MaxPool2d(2x2)", floats=False),
    Case(
        lambda: nn.MaxPool2d(3, stride=2, padding=1), (2, 1, 4, 5), (2, 1, 2, 3),
        "MaxPool2d(3x3, stride 2x2, padding 1x1)", floats=False,
    ),
    Case(
        lambda: nn.Conv2d(3, 6, (3, 4), padding="same", dilation=(2, 1), groups=3),
        (2, 3, 4, 5), (2, 6, 4, 5),
        "Conv2d(3 -> 6, kernel 3x4, padding ((2, 2), (1, 2)), dilation 2x1, 3 groups)", BOTH,
        blank=lambda: nn.Conv2d(None, 6, (3, 4), padding="same", dilation=(2, 1), groups=3),
    ),
    Case(
        lambda: nn.ConvTranspose1d(2, 3, 3, stride=2, padding=1, output_padding=1),
        (2, 2, 4), (2, 3, 8),
        "ConvTranspose1d(2 -> 3, kernel 3, stride 2, padding 1, output padding 1)", BOTH,
        blank=lambda: nn.ConvTranspose1d(None, 3, 3, stride=2, padding=1, output_padding=1),
    ),
    Case(
        lambda: nn.ConvTranspose2d(4, 2, 2, groups=2, bias=False, dilation=(1, 2)),
        (2, 4, 2, 3), (2, 2, 3, 5),
        "ConvTranspose2d(4 -> 2, kernel 2x2, dilation 1x2, 2 groups, no bias)", WEIGHT,
        blank=lambda: nn.ConvTranspose2d(None, 2, 2, groups=2, bias=False, dilation=(1, 2)),
    ),
    Case(
        lambda: nn.ConvTranspose3d(1, 2, 2), (2, 1, 2, 1, 2), (2, 2, 3, 2, 3),
        "ConvTranspose3d(1 -> 2, kernel 2x2x2)", BOTH,
        blank=lambda: nn.ConvTranspose3d(None, 2, 2),
    ),
    Case(lambda: nn.MaxPool1d(2), (2, 2, 5), (2, 2, 2), "MaxPool1d(2)", floats=False),
    Case(
        lambda: nn.MaxPool2d(2, 1, dilation=(2, 1), ceil_mode=True), (2, 1, 4, 3), (2, 1, 2, 2),
        "MaxPool2d(2x2, stride 1x1, dilation 2x1, ceil mode)", floats=False,
    ),
    Case(
        lambda: nn.MaxPool3d(2), (2, 1, 2, 3, 4), (2, 1, 1, 1, 2), "MaxPool3d(2x2x2)",
        floats=False,
    ),
    Case(lambda: nn.AvgPool1d(2), (2, 2, 5), (2, 2, 2), "AvgPool1d(2)", floats=False),
    Case(
        lambda: nn.AvgPool2d(3, 2, (1, 0), ceil_mode=True, count_include_pad=False),
        (2, 1, 4, 4), (2, 1, 3, 2),
        "AvgPool2d(3x3, stride 2x2, padding 1x0, padding does not count, ceil mode)", floats=False,
    ),
    Case(
        lambda: nn.AvgPool3d(2), (2, 1, 2, 3, 4), (2, 1, 1, 1, 2), "AvgPool3d(2x2x2)",
        floats=False,
    ),
    Case(
        lambda: nn.AdaptiveAvgPool1d(3), (2, 2, 5), (2, 2, 3), "AdaptiveAvgPool1d(3)",
        floats=False,
    ),
    Case(
        lambda: nn.AdaptiveAvgPool2d((2, None)), (2, 1, 5, 3), (2, 1, 2, 3),
        "AdaptiveAvgPool2d(2xall)", floats=False,
    ),
    Case(
        lambda: nn.AdaptiveAvgPool3d(2), (2, 1, 2, 4, 2), (2, 1, 2, 2, 2),
        "AdaptiveAvgPool3d(2x2x2)", floats=False,
    ),
    Case(
        lambda: nn.AdaptiveMaxPool1d(3), (2, 2, 5), (2, 2, 3), "AdaptiveMaxPool1d(3)",
        floats=False,
    ),
    Case(
        lambda: nn.AdaptiveMaxPool2d((2, None)), (2, 1, 5, 3), (2, 1, 2, 3),
        "AdaptiveMaxPool2d(2xall)", floats=False,
    ),
    Case(
        lambda: nn.AdaptiveMaxPool3d(2), (2, 1, 2, 4, 2), (2, 1, 2, 2, 2),
        "AdaptiveMaxPool3d(2x2x2)", floats=False,
    ),
    Case(nn.GlobalAvgPool, (2, 3, 2, 2), (2, 3), "GlobalAvgPool()", floats=False),
    Case(nn.GlobalMaxPool, (2, 3, 4), (2, 3), "GlobalMaxPool()", floats=False),
    Case(
        lambda: nn.RNN(2, 3, nonlinearity="relu", bias=False, batch_first=True),
        (2, 2, 2), (2, 2, 3), "RNN(2 -> 3, no bias)", ("weight_ih_l0", "weight_hh_l0"),
        blank=lambda: nn.RNN(None, 3, nonlinearity="relu", bias=False, batch_first=True),
    ),
    Case(
        lambda: nn.GRU(2, 2, bidirectional=True, batch_first=True), (2, 3, 2), (2, 3, 4),
        "GRU(2 -> 2, both ways)", steps("l0", "l0_reverse"),
        blank=lambda: nn.GRU(None, 2, bidirectional=True, batch_first=True),
    ),
    Case(
        lambda: nn.LSTM(2, 2, num_layers=2, batch_first=True, dropout=0.4), (2, 3, 2), (2, 3, 2),
        "LSTM(2 -> 2, 2 layers\n  dropout: Dropout(0.4)\n)", steps("l0", "l1"),
        ("dropout.p", "dropout.key", "dropout.counter"),
        blank=lambda: nn.LSTM(None, 2, num_layers=2, batch_first=True, dropout=0.4),
    ),
    Case(
        lambda: nn.MultiheadAttention(4, 2, batch_first=True), (2, 3, 4), (2, 3, 4),
        "MultiheadAttention(4, 2 heads\n  q_proj: Linear(4 -> 4)\n  k_proj: Linear(4 -> 4)\n"
        "  v_proj: Linear(4 -> 4)\n  out_proj: Linear(4 -> 4)\n  dropout: Identity()\n)",
        tuple(f"{part}_proj.{name}" for part in ("q", "k", "v", "out") for name in BOTH),
    ),
    Case(nn.Flatten, (2, 2, 1, 3), (2, 6), "Flatten()", floats=False),
    Case(
        lambda: nn.Unflatten(1, (2, -1)), (2, 6), (2, 2, 3), "Unflatten(axis 1 as 2x-1)",
        floats=False,
    ),
    Case(nn.Identity, (2, 3), (2, 3), "Identity()", floats=False),
    Case(lambda: nn.Lambda(bd.exp), (2, 3), (2, 3), "Lambda(exp)", floats=False),
    Case(
        lambda: nn.Add(nn.Linear(3, 2), nn.Linear(3, 2, bias=False)), (2, 3), (2, 2),
        "Add(\n  0: Linear(3 -> 2)\n  1: Linear(3 -> 2, no bias)\n)",
        ("0.weight", "0.bias", "1.weight"),
        blank=lambda: nn.Add(nn.Linear(None, 2), nn.Linear(None, 2, bias=False)),
    ),
    Case(
        lambda: nn.Concat(nn.Linear(3, 2), nn.Linear(3, 1), axis=-1), (2, 3), (2, 3),
        "Concat(axis -1\n  0: Linear(3 -> 2)\n  1: Linear(3 -> 1)\n)",
        ("0.weight", "0.bias", "1.weight", "1.bias"),
        blank=lambda: nn.Concat(nn.Linear(None, 2), nn.Linear(None, 1), axis=-1),
    ),
    Case(
        lambda: nn.Residual(nn.Linear(3, 2), nn.Tanh(), shortcut=nn.Linear(3, 2)), (2, 3), (2, 2),
        "Residual(\n  layers: Sequential(\n    0: Linear(3 -> 2)\n    1: Tanh()\n  )\n"
        "  shortcut: Linear(3 -> 2)\n)",
        ("layers.0.weight", "layers.0.bias", "shortcut.weight", "shortcut.bias"),
        blank=lambda: nn.Residual(nn.Linear(None, 2), nn.Tanh(), shortcut=nn.Linear(None, 2)),
    ),
    Case(
        lambda: nn.TransformerEncoderLayer(2, 1, 3, 0.25, batch_first=True, is_causal=True),
        (2, 3, 2), (2, 3, 2), ENCODER,
        (
            *(f"self_attn.{part}_proj.{name}" for part in ("q", "k", "v", "out") for name in BOTH),
            *(f"{part}.{x}" for part in ("linear1", "linear2", "norm1", "norm2") for x in BOTH),
        ),
        tuple(
            f"{part}.{name}"
            for part in ("self_attn.dropout", "dropout", "dropout1", "dropout2")
            for name in ("p", "key", "counter")
        ),
    ),
    Case(nn.ReLU, (3, 4), (3, 4), "ReLU()", floats=False),
    Case(nn.Sigmoid, (3, 4), (3, 4), "Sigmoid()", floats=False),
    Case(nn.Tanh, (3, 4), (3, 4), "Tanh()", floats=False),
    Case(nn.Step, (3, 4), (3, 4), "Step()", floats=False),
    Case(nn.LeakyReLU, (3, 4), (3, 4), "LeakyReLU(0.01)", floats=False),
    Case(nn.PReLU, (3, 4), (3, 4), "PReLU(1)", WEIGHT),
    Case(lambda: nn.PReLU(3, 0.1), (2, 3, 2), (2, 3, 2), "PReLU(3)", WEIGHT),
    Case(nn.ELU, (3, 4), (3, 4), "ELU(1)", floats=False),
    Case(nn.SELU, (3, 4), (3, 4), "SELU()", floats=False),
    Case(lambda: nn.Softplus(2), (3, 4), (3, 4), "Softplus(2)", floats=False),
    Case(nn.GELU, (3, 4), (3, 4), "GELU()", floats=False),
    Case(lambda: nn.GELU("tanh"), (3, 4), (3, 4), "GELU(tanh)", floats=False),
    Case(nn.SiLU, (3, 4), (3, 4), "SiLU()", floats=False),
    Case(nn.Mish, (3, 4), (3, 4), "Mish()", floats=False),
    Case(nn.Hardsigmoid, (3, 4), (3, 4), "Hardsigmoid()", floats=False),
    Case(lambda: nn.Hardtanh(-1, 0.9), (3, 4), (3, 4), "Hardtanh(-1, 0.9)", floats=False),
    Case(nn.Hardswish, (3, 4), (3, 4), "Hardswish()", floats=False),
    Case(nn.Softmax, (3, 4), (3, 4), "Softmax(axis -1)", floats=False),
    Case(lambda: nn.LogSoftmax(1), (3, 4, 2), (3, 4, 2), "LogSoftmax(axis 1)", floats=False),
    Case(
        lambda: nn.Maxout(3, 2, 4), (5, 3), (5, 2), "Maxout(4 pieces\n  linear: Linear(3 -> 8)\n)",
        ("linear.weight", "linear.bias"), blank=lambda: nn.Maxout(None, 2, 4),
    ),
    Case(
        lambda: nn.Perceptron([0.5, -1.0, 0.3], 0.7), (5, 3), (5,), "Perceptron(3 -> 1)", BOTH,
        floats=False,
    ),
    Case(
        lambda: nn.Perceptron(np.eye(3, 2), [0.7, 0.2]), (5, 3), (5, 2), "Perceptron(3 -> 2)",
        BOTH, floats=False,
    ),
    Case(
        lambda: nn.BatchNorm(3), (4, 3), (4, 3), "BatchNorm(3)", BOTH, RUNNING,
        blank=lambda: nn.BatchNorm(None), alone=False,
    ),
    Case(
        lambda: nn.BatchNorm(2, eps=0.1, momentum=0.5), (2, 2, 2, 2), (2, 2, 2, 2),
        "BatchNorm(2, eps 0.1, momentum 0.5)", BOTH, RUNNING,
        blank=lambda: nn.BatchNorm(None, eps=0.1, momentum=0.5),
    ),
    Case(
        lambda: nn.BatchNorm(2, momentum=None, affine=False), (3, 2, 2), (3, 2, 2),
        "BatchNorm(2, plain average, no scale)", (), (*RUNNING, "num_batches_tracked"),
        blank=lambda: nn.BatchNorm(None, momentum=None, affine=False),
    ),
    Case(
        lambda: nn.BatchNorm(2, ghost_size=2, unbiased=False, first_var=0.5), (5, 2, 2), (5, 2, 2),
        "BatchNorm(2, 2 rows at a time, biased, first var 0.5)", BOTH, RUNNING,
        blank=lambda: nn.BatchNorm(None, ghost_size=2, unbiased=False, first_var=0.5),
    ),
    Case(
        lambda: nn.LayerNorm((2, 3)), (4, 2, 3), (4, 2, 3), "LayerNorm(2x3)", BOTH,
        blank=lambda: nn.LayerNorm(None),
    ),
    Case(
        lambda: nn.LayerNorm(3, eps=0.1, bias=False, axis=1), (2, 3, 2), (2, 3, 2),
        "LayerNorm(3, axis 1, no bias, eps 0.1)", WEIGHT,
    ),
    Case(
        lambda: nn.RMSNorm(3), (2, 4, 3), (2, 4, 3), "RMSNorm(3)", WEIGHT,
    ),
    Case(
        lambda: nn.RMSNorm((4, 3), eps=0.1), (2, 4, 3), (2, 4, 3), "RMSNorm(4x3, eps 0.1)", WEIGHT,
        blank=lambda: nn.RMSNorm(None, eps=0.1),
    ),
    Case(
        lambda: nn.GroupNorm(2, 4), (3, 4, 2), (3, 4, 2), "GroupNorm(2 groups of 4)", BOTH,
        blank=lambda: nn.GroupNorm(2, None),
    ),
    Case(
        lambda: nn.InstanceNorm(2), (2, 2, 2, 3), (2, 2, 2, 3), "InstanceNorm(2, no scale)",
        blank=lambda: nn.InstanceNorm(None),
    ),
    Case(
        lambda: nn.InstanceNorm(2, affine=True), (2, 2, 3), (2, 2, 3), "InstanceNorm(2)", BOTH,
        blank=lambda: nn.InstanceNorm(None, affine=True),
    ),
    Case(lambda: nn.Dropout(0.4), (4, 5), (4, 5), "Dropout(0.4)", (), ("p", "key", "counter")),
    Case(
        lambda: nn.Dropout(0.4, inverted=False), (4, 5), (4, 5),
        "Dropout(0.4, scaled in prediction)", (), ("p", "key", "counter"),
    ),
    Case(
        lambda: nn.Dropout1d(0.4), (3, 4, 2), (3, 4, 2), "Dropout1d(0.4)", (),
        ("p", "key", "counter"),
    ),
    Case(
        lambda: nn.Dropout2d(0.4), (3, 2, 2, 2), (3, 2, 2, 2), "Dropout2d(0.4)", (),
        ("p", "key", "counter"),
    ),
    Case(
        lambda: nn.Dropout3d(0.4), (2, 3, 1, 2, 2), (2, 3, 1, 2, 2), "Dropout3d(0.4)", (),
        ("p", "key", "counter"),
    ),
    Case(
        lambda: nn.AlphaDropout(0.4), (4, 5), (4, 5), "AlphaDropout(0.4)", (),
        ("p", "key", "counter"),
    ),
    Case(
        lambda: nn.GaussianNoise(0.3), (4, 5), (4, 5), "GaussianNoise(0.3)", (),
        ("std", "key", "counter"),
    ),
    Case(
        lambda: nn.GaussianDropout(0.3), (4, 5), (4, 5), "GaussianDropout(0.3)", (),
        ("p", "key", "counter"),
    ),
    Case(
        lambda: nn.WeightNorm(nn.Linear(3, 4)), (5, 3), (5, 4),
        "WeightNorm(\n  layer: Linear(3 -> 4)\n)", ("scale", "layer.weight", "layer.bias"),
        blank=lambda: nn.WeightNorm(nn.Linear(None, 4)),
    ),
    Case(
        lambda: nn.WeightNorm(nn.Conv2d(2, 3, 2, bias=False)), (2, 2, 3, 3), (2, 3, 2, 2),
        "WeightNorm(\n  layer: Conv2d(2 -> 3, kernel 2x2, no bias)\n)",
        ("scale", "layer.weight"),
        blank=lambda: nn.WeightNorm(nn.Conv2d(None, 3, 2, bias=False)),
    ),
    Case(
        lambda: nn.SpectralNorm(nn.Linear(3, 4)), (5, 3), (5, 4),
        "SpectralNorm(\n  layer: Linear(3 -> 4)\n)", ("layer.weight", "layer.bias"), ("u", "v"),
        blank=lambda: nn.SpectralNorm(nn.Linear(None, 4)), whole=False,
    ),
    Case(
        lambda: nn.WeightNoise(nn.Conv1d(2, 3, 2), 0.1), (2, 2, 4), (2, 3, 3),
        "WeightNoise(\n  layer: Conv1d(2 -> 3, kernel 2)\n  noise: GaussianNoise(0.1)\n)",
        ("layer.weight", "layer.bias"), ("noise.std", "noise.key", "noise.counter"),
        blank=lambda: nn.WeightNoise(nn.Conv1d(None, 3, 2), 0.1),
    ),
    Case(
        lambda: nn.Sequential(nn.Linear(3, 4), nn.BatchNorm(4), nn.Tanh(), nn.Linear(4, 2)),
        (4, 3), (4, 2),
        "Sequential(\n  0: Linear(3 -> 4)\n  1: BatchNorm(4)\n  2: Tanh()\n  3: Linear(4 -> 2)\n)",
        ("0.weight", "0.bias", "1.weight", "1.bias", "3.weight", "3.bias"),
        ("1.running_mean", "1.running_var"),
        blank=lambda: nn.Sequential(
            nn.Linear(None, 4), nn.BatchNorm(None), nn.Tanh(), nn.Linear(None, 2)
        ),
        alone=False,
    ),
    Case(
        lambda: nn.Sequential(
            nn.Conv2d(1, 2, 3), nn.BatchNorm(2), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(2, 3),
        ),
        (2, 1, 4, 4), (2, 3),
        "Sequential(\n  0: Conv2d(1 -> 2, kernel 3x3)\n  1: BatchNorm(2)\n  2: ReLU()\n"
        "  3: MaxPool2d(2x2)\n  4: Flatten()\n  5: Linear(2 -> 3)\n)",
        ("0.weight", "0.bias", "1.weight", "1.bias", "5.weight", "5.bias"),
        ("1.running_mean", "1.running_var"),
        blank=lambda: nn.Sequential(
            nn.Conv2d(None, 2, 3), nn.BatchNorm(None), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(None, 3),
        ),
    ),
]  # fmt: skip

OF_POSITIONS = {nn.Embedding}
"""What takes whole numbers is tested alike in tests/nn."""

WITH_BLANK = [case for case in CASES if case.blank is not None]
FLOATS_ONLY = [case for case in CASES if case.floats]

every_case = pytest.mark.parametrize("case", CASES, ids=str)
both_modes = pytest.mark.parametrize("training", [True, False], ids=["training", "prediction"])


def test_every_public_module_stands_in_the_table():
    public = {getattr(nn, name) for name in nn.__all__}
    modules = {x for x in public if inspect.isclass(x) and issubclass(x, nn.Module)}

    assert {type(case.make()) for case in CASES} == modules - {nn.Module, *OF_POSITIONS}


def spread(shape, seed=0):
    """Numbers in -2..2, none near another or near 0: no maximum or kink is close."""
    count = int(np.prod(shape))
    places = np.random.default_rng([seed, *shape]).permutation(count)
    return ((places + 0.55) / count * 4 - 2).reshape(shape)


def moved(module):
    """The module with every parameter and running mean away from its special first value."""
    noise = np.random.default_rng(1)
    for name, x in [*module.parameters().items(), *module.buffers().items()]:
        if "running" in name or isinstance(x, bd.Parameter):
            x.assign(x + noise.uniform(0.1, 0.5, x.shape))
    return module


def new(case, dtype="float64", seed=0):
    with bd.seeded(seed):
        return moved(case.make()).to(dtype)


def test_inputs_are_far_from_kinks():
    values = np.sort(np.append(spread((4, 5)), 0.0))

    assert np.diff(values).min() > 0.01


# What comes out.


@every_case
@both_modes
def test_shape_and_dtype_of_the_output(case, training):
    x = bd.tensor(spread(case.x))

    with bd.debug(), bd.training(training):
        y = new(case, "float32")(x)

    assert (y.shape, y.dtype) == (case.y, np.float32)


@every_case
@both_modes
def test_float64_goes_all_the_way(case, training):
    narrow, wide = new(case, "float32"), new(case)
    x = bd.tensor(spread(case.x), "float64")

    with bd.training(training):
        y = wide(x)
        near = narrow(x.astype("float32"))

    assert y.dtype == np.float64
    assert {p.dtype for p in wide.parameters().values()} <= {np.dtype("float64")}
    np.testing.assert_allclose(near.numpy(), y.numpy(), rtol=1e-4, atol=1e-5)


@every_case
def test_arrays_and_lists_do_as_tensors_do(case):
    module, x = new(case), spread(case.x).astype(np.float32)

    from_array, from_list = module(x), module(x.astype(float).tolist())

    np.testing.assert_allclose(from_array.numpy(), module(bd.tensor(x)).numpy(), **SAME)
    np.testing.assert_allclose(from_list.numpy(), from_array.numpy(), **SAME)


@every_case
@pytest.mark.parametrize("layout", ["transposed", "reversed", "read-only"])
def test_memory_layout_does_not_matter(case, layout):
    module, x = new(case), spread(case.x)
    views = {
        "transposed": np.asfortranarray(x),
        "reversed": x[..., ::-1].copy()[..., ::-1],
        "read-only": x.copy(),
    }
    views["read-only"].flags.writeable = False

    y = module(bd.Tensor(views[layout]))

    np.testing.assert_allclose(y.numpy(), module(bd.tensor(x, "float64")).numpy(), rtol=1e-12)


@every_case
def test_a_row_does_not_see_its_batch_in_prediction(case):
    module, x = new(case), spread(case.x)

    whole = module(bd.tensor(x, "float64")).numpy()
    alone = module(bd.tensor(x[:1], "float64")).numpy()

    assert alone.shape == (1, *case.y[1:])
    np.testing.assert_allclose(alone, whole[:1], rtol=1e-12)


@every_case
def test_a_batch_of_one_in_training_works_or_is_refused(case):
    module, x = new(case), bd.tensor(spread(case.x)[:1], "float64")

    with bd.training():
        if case.alone:
            assert module(x).shape == (1, *case.y[1:])
        else:
            with pytest.raises(ShapeError, match="1 value per channel in training"):
                module(x)


@every_case
def test_an_empty_batch_gives_no_rows_and_zero_gradients(case):
    module = new(case)

    y = module(bd.zeros((0, *case.x[1:]), "float64"))

    assert y.shape == (0, *case.y[1:])
    if case.parameters:
        gradients = bd.grad(y.sum(), module.parameters())
        assert not any(g.numpy().any() for g in gradients.values())


@pytest.mark.parametrize("case", FLOATS_ONLY, ids=str)
@pytest.mark.parametrize("dtype", ["int64", "bool", "uint8", "complex64", "str"])
def test_what_is_no_float_is_refused(case, dtype):
    with pytest.raises(DTypeError, match="needs floats"):
        case.make()(np.ones(case.x).astype(dtype))


# Gradients.


def output_of(module, case):
    """A function of the input and of each parameter, always from the same buffers."""
    kept = {name: x.numpy() for name, x in module.buffers().items()}

    def output(x, *parameters):
        for name, value in zip(case.parameters, parameters, strict=True):
            path, _, attribute = name.rpartition(".")
            setattr(module.named_modules()[path], attribute, value)
        for name, buffer in module.buffers().items():
            buffer.assign(kept[name])
        return module(x)

    return output


@pytest.mark.technique(21)
@every_case
@both_modes
def test_first_and_second_derivatives_agree_with_central_differences(case, training):
    if training and not case.whole:
        pytest.skip("a part of it is a constant for the gradient, by its definition")
    module = new(case)
    values = [x.numpy() for x in module.parameters().values()]

    with bd.training(training):
        worst = bd.check_grad(output_of(module, case), spread(case.x), *values, order=2)

    assert worst < 1e-6


@pytest.mark.technique(19)
@every_case
@both_modes
def test_every_gradient_has_the_shape_and_dtype_of_its_parameter(case, training):
    module = new(case, "float32")
    x = bd.parameter(spread(case.x))

    with bd.training(training):
        gradients = bd.grad(module(x).sum(), {"x": x, **module.parameters()})

    expected = {"x": x, **module.parameters()}
    assert {k: g.shape for k, g in gradients.items()} == {k: p.shape for k, p in expected.items()}
    assert {g.dtype for g in gradients.values()} == {np.dtype("float32")}


@every_case
def test_three_steps_of_training_are_the_same_when_compiled(case):
    eager, compiled = trained(case, lambda step: step), trained(case, bd.compile)

    for name, value in eager.items():
        np.testing.assert_allclose(compiled[name], value, rtol=1e-9, atol=1e-10, err_msg=name)


def trained(case, run):
    """The losses of three steps, and the input, parameters and buffers after them."""
    module, x = new(case), bd.parameter(spread(case.x), "float64")
    learned = {"x": x, **module.parameters()}

    @run
    def step(target):
        loss = ((module(x) - target) ** 2).mean()
        if loss.requires_grad:
            for name, g in bd.grad(loss, learned).items():
                learned[name].assign(learned[name] - 0.1 * g)
        return loss

    with bd.training():
        losses = [float(step(bd.tensor(spread(case.y, seed=1), "float64"))) for _ in range(3)]
    state = {**learned, **module.buffers()}
    return {"losses": losses, **{name: tensor.numpy() for name, tensor in state.items()}}


# Names, state, modes.


@every_case
def test_names_stand_in_the_order_in_which_they_were_set(case):
    module = case.make()

    assert (tuple(module.parameters()), tuple(module.buffers())) == (case.parameters, case.buffers)
    assert sorted(module.state_dict()) == sorted((*case.parameters, *case.buffers))


@every_case
def test_it_reads_well(case):
    assert repr(case.make()) == case.text


@every_case
def test_prediction_changes_nothing_and_repeats(case):
    module, x = new(case), bd.tensor(spread(case.x), "float64")
    before = module.state_dict()

    first, second = module(x), module(x)

    np.testing.assert_array_equal(first.numpy(), second.numpy())
    assert equal_states(before, module.state_dict())


@every_case
@both_modes
def test_a_loaded_state_computes_the_same_bits(case, training):
    module, other = new(case, seed=1), new(case, seed=2)
    x = bd.tensor(spread(case.x), "float64")

    other.load_state_dict(module.state_dict())

    with bd.training(training):
        for _ in range(3):
            np.testing.assert_array_equal(other(x).numpy(), module(x).numpy())
    assert equal_states(other.state_dict(), module.state_dict())


@every_case
def test_a_state_dict_is_a_copy(case):
    module = new(case)
    before = {name: array.copy() for name, array in module.state_dict().items()}

    for array in module.state_dict().values():
        array[...] = 7

    assert equal_states(before, module.state_dict())


@every_case
def test_equal_seeds_give_equal_modules_and_others_do_not(case):
    one, same, other = (_seeded(case, seed).state_dict() for seed in (3, 3, 4))

    assert equal_states(one, same)
    if any(name.endswith("weight") for name in one) and not any(map(case.text.count, CONSTANT)):
        assert not equal_states(one, other)


def _seeded(case, seed):
    bd.set_seed(seed)
    return case.make()


def equal_states(one, other):
    same = [name for name in one if np.array_equal(one[name], other[name])]
    return list(one) == list(other) == same


@pytest.mark.parametrize("case", WITH_BLANK, ids=str)
def test_sizes_that_are_inferred_give_the_same_module(case):
    with bd.seeded(5):
        given = nn.Sequential(case.make())
    with bd.seeded(5):
        inferred = nn.Sequential(case.blank(), input_shape=case.x[1:])

    assert repr(inferred) == repr(given)
    assert equal_states(inferred.state_dict(), given.state_dict())


@every_case
def test_build_leaves_given_sizes_alone(case):
    module = new(case)
    before = module.state_dict()

    module.build(case.x)

    assert equal_states(before, module.state_dict())


@every_case
def test_an_observer_sees_every_module_once_with_its_output(case):
    module, seen = new(case), []

    with nn.observing(lambda *what: seen.append(what)):
        y = module(bd.tensor(spread(case.x), "float64"))

    assert sorted(map(id, module.named_modules().values())) == sorted(id(m) for m, _, _ in seen)
    assert seen[-1][0] is module
    assert seen[-1][2] is y
