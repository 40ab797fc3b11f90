"""The table of a network before training."""

from __future__ import annotations

import numpy as np
import pytest

import badak as bd
from badak import nn
from badak.base.errors import ShapeError
from badak.nn.summary import flops


def by_name(net, input_shape):
    return {row.name: row for row in nn.summary(net, input_shape).rows if row.name}


@pytest.mark.technique("24b")
def test_it_names_input_hidden_and_output_layers():
    net = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2), nn.Softmax())

    table = net.summary((4,))

    assert [row.role for row in table.rows] == ["input", "hidden", "hidden", "output", "output"]
    assert [row.output_shape for row in table.rows] == [(4,), (3,), (3,), (2,), (2,)]
    assert all(role in str(table) for role in ("input", "hidden", "output"))


@pytest.mark.technique("24b")
def test_layers_run_in_order_and_the_loss_comes_last():
    net, seen = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2)), []

    with nn.observing(lambda module, inputs, output: seen.append(type(module).__name__)):
        loss = nn.SoftmaxCrossEntropy()(net(bd.ones((5, 4))), [0, 1, 0, 1, 0])

    assert seen == ["Linear", "ReLU", "Linear", "Sequential"]
    assert loss.shape == ()


@pytest.mark.technique(151)
def test_parameters_operations_and_bytes_of_the_books_network():
    net = nn.Sequential(
        nn.Conv2d(1, 30, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(30 * 12 * 12, 100), nn.ReLU(), nn.Linear(100, 10),
    )  # fmt: skip

    table = nn.summary(net, (1, 28, 28))
    rows = by_name(net, (1, 28, 28))

    assert (rows["0"].parameters, rows["0"].output_shape) == (780, (30, 24, 24))
    assert rows["0"].flops == 2 * 30 * 24 * 24 * 25 + 30 * 24 * 24  # products and sums, the bias
    assert rows["2"].flops == 30 * 24 * 24
    assert rows["3"].flops == 0
    assert rows["4"].flops == 2 * 4320 * 100 + 100
    assert rows["4"].parameter_bytes == 4 * (4320 * 100 + 100)
    assert rows["4"].output_bytes == 4 * 100
    assert table.parameters == net.parameter_count() == 433_890
    assert table.parameter_bytes == 4 * table.parameters
    assert table.flops == sum(row.flops for row in rows.values())


@pytest.mark.parametrize(
    ("layer", "shape", "flops"),
    [
        (nn.Conv2d(4, 8, 3, padding=1, groups=4, bias=False), (4, 5, 5), 2 * 8 * 25 * 9),
        (nn.ConvTranspose2d(3, 2, 4, stride=2, bias=False), (3, 5, 5), 2 * 75 * 2 * 16),
        (nn.AvgPool2d(2), (3, 4, 4), 3 * 16 + 3 * 4),
        (nn.GlobalMaxPool(), (3, 4, 4), 3 * 16),
        (nn.Embedding(9, 5), (7,), 0),
        (nn.RNN(3, 4, batch_first=True, bias=False), (6, 3), 6 * (2 * 3 * 4 + 2 * 4 * 4 + 2 * 4)),
    ],
    ids=str,
)
def test_operations_by_formula(layer, shape, flops):
    assert nn.summary(layer, shape).flops == flops


@pytest.mark.parametrize("groups", [1, 2])
def test_a_convolution_and_its_two_gradients_take_equally_many(groups):
    x, w, g = (2, 4, 7, 7), (6, 4 // groups, 3, 3), (2, 6, 5, 5)

    counts = [
        flops("conv", [x, w], g),
        flops("conv_input_grad", [g, w], x),
        flops("conv_weight_grad", [x, g], w),
    ]

    assert counts == [2 * (2 * 6 * 25) * (4 // groups * 9)] * 3


def test_modules_in_modules_are_indented_under_their_own():
    net = nn.Sequential(nn.Residual(nn.Linear(3, 4), nn.Linear(4, 3)), nn.Linear(3, 2))

    table = nn.summary(net, (3,))

    assert [(row.name, row.depth, row.role, row.flops) for row in table.rows[1:]] == [
        ("0", 0, "", 3),  # the addition
        ("0.layers", 1, "", 0),
        ("0.layers.0", 2, "hidden", 28),
        ("0.layers.1", 2, "hidden", 27),
        ("0.shortcut", 1, "hidden", 0),
        ("1", 0, "output", 14),
    ]
    assert "\n0.layers.0      Linear(3 -> 4)" in str(table)


def test_a_module_of_your_own_is_counted_with_what_it_holds():
    class Gated(nn.Module):
        def __init__(self):
            self.gate = bd.parameter(np.ones(5))
            self.inner = nn.Linear(5, 5)

        def forward(self, x):
            return self.inner(x * self.gate) * 2.0

    table = nn.summary(Gated(), (5,))

    assert [(row.parameters, row.flops) for row in table.rows[1:]] == [(5, 10), (30, 55)]


def test_what_is_shared_is_counted_once_and_runs_twice():
    shared = nn.Linear(3, 3)

    table = nn.summary(nn.Sequential(shared, nn.ReLU(), shared), (3,))

    assert [row.parameters for row in table.rows] == [0, 12, 0, 0]
    assert [row.flops for row in table.rows] == [0, 21, 3, 21]
    assert table.parameters == 12


def test_arguments_by_name_are_passed_on():
    class Reader(nn.Module):
        def __init__(self):
            self.attention = nn.MultiheadAttention(4, 2, batch_first=True)

        def forward(self, x):
            return self.attention(x, value=x, is_causal=True)

    assert nn.summary(Reader(), (3, 4)).rows[-1].output_shape == (3, 4)


def test_nothing_is_changed_and_no_mode_matters():
    net = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm(4), nn.Dropout(0.5))
    before = net.state_dict()

    with bd.training():
        table = nn.summary(net, (3,))

    assert all(np.array_equal(before[name], x) for name, x in net.state_dict().items())
    assert table == nn.summary(net, (3,))


def test_layers_that_do_not_fit_are_named():
    with pytest.raises(ShapeError, match="layer '1'"):
        nn.summary(nn.Sequential(nn.Linear(3, 4), nn.Linear(5, 2)), (3,))


def test_every_line_is_as_wide_as_its_column_asks():
    lines = str(nn.summary(nn.Sequential(nn.Linear(784, 50), nn.Linear(50, 10)), (784,))).split(
        "\n"
    )

    assert lines[0].split() == ["name", "layer", "role", "output", "parameters", "FLOPs", "bytes"]
    assert lines[-1].split() == ["total", "39,760", "79,460", "162,416"]
    assert len({len(line) for line in lines}) == 1
