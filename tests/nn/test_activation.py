"""Activations: far out, at their kinks, and what they are made for."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import badak as bd
from badak import nn, optim
from badak.base.errors import DTypeError, RangeError, ShapeError

finite = st.floats(-1e4, 1e4)

ALPHA, SCALE = 1.6732632423543772, 1.0507009873554805
PLACES = (-1000.0, 0.0, 1000.0)
VALUES_AND_SLOPES = {
    "elu": ((-1, 0, 1000), (0, 1, 1)),
    "gelu": ((0, 0, 1000), (0, 0.5, 1)),
    "hardsigmoid": ((0, 0.5, 1), (0, 1 / 6, 0)),
    "hardswish": ((0, 0, 1000), (0, 0.5, 1)),
    "hardtanh": ((-1, 0, 1), (0, 1, 0)),
    "leaky_relu": ((-10, 0, 1000), (0.01, 0.01, 1)),
    "mish": ((0, 0, 1000), (0, 0.6, 1)),
    "prelu": ((-250, 0, 1000), (0.25, 0.25, 1)),
    "relu": ((0, 0, 1000), (0, 0, 1)),
    "selu": ((-ALPHA * SCALE, 0, 1000 * SCALE), (0, ALPHA * SCALE, SCALE)),
    "sigmoid": ((0, 0.5, 1), (0, 0.25, 0)),
    "silu": ((0, 0, 1000), (0, 0.5, 1)),
    "softplus": ((0, math.log(2), 1000), (0, 0.5, 1)),
    "step": ((0, 0, 1), (0, 0, 0)),
    "tanh": ((-1, 0, 1), (0, 1, 0)),
}
"""By name: what comes out at -1000, 0 and 1000, and the derivatives there."""

ALL = [*map(nn.activation.get, nn.activation.BY_NAME), nn.GELU("tanh"), nn.Softplus(3.0)]
every_activation = pytest.mark.parametrize("activation", ALL, ids=str)


def slope(activation, x, dtype="float64"):
    x = bd.parameter(x, dtype)
    return bd.grad(activation(x).sum(), x).tolist()


def test_every_name_stands_in_the_table():
    assert set(VALUES_AND_SLOPES) == set(nn.activation.BY_NAME)


@pytest.mark.technique(26, 27, 28, 29, 30, 31)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", VALUES_AND_SLOPES)
def test_values_and_slopes_far_out_and_at_0(name, dtype):
    values, slopes = VALUES_AND_SLOPES[name]
    activation = nn.activation.get(name).to(dtype)

    y = activation(bd.tensor(PLACES, dtype))

    np.testing.assert_allclose(y.numpy(), values, rtol=1e-6)
    np.testing.assert_allclose(slope(activation, PLACES, dtype), slopes, rtol=1e-6)


@every_activation
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_second_derivatives_far_out_are_numbers(activation, dtype):
    x = bd.parameter([-1000.0, -50.0, 0.0, 50.0, 1000.0], dtype)

    first = bd.grad(activation(x).sum(), x, create_graph=True)
    second = bd.grad((first + 0.0 * x).sum(), x)

    assert np.isfinite(second.numpy()).all()


@every_activation
@pytest.mark.parametrize(("dtype", "close"), [("float32", 1e-5), ("float64", 1e-12)])
def test_machine_code_agrees_far_out_and_at_the_kinks(activation, dtype, close):
    places = [-1000.0, -3.0, -1.0, -1e-20, -0.0, 0.0, 1e-20, 1.0, 3.0, 1000.0]
    activation.to(dtype)
    x = bd.parameter(places, dtype)

    def both():
        y = activation(x)
        return y, bd.grad(y.sum() + 0.0 * x.sum(), x)

    eager, compiled = both(), bd.compile(both)()

    for ours, theirs in zip(compiled, eager, strict=True):
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=close, atol=close / 100)


@every_activation
def test_nan_stays_nan(activation):
    assert np.isnan(activation(bd.tensor([np.nan])).numpy()).all()


def test_all_activations_train_as_machine_code_as_they_do_eagerly():
    x, t = np.random.default_rng(0).normal(size=(2, 12, 4))

    def trained(compiling):
        with bd.seeded(0):
            layers = [
                nn.Sequential(nn.Linear(4, 4), nn.activation.get(n)) for n in VALUES_AND_SLOPES
            ]
            layers.append(nn.Maxout(4, 4, 3))
        params = {f"{i}.{n}": p for i, m in enumerate(layers) for n, p in m.parameters().items()}
        opt = optim.SGD(0.01)

        def step(x, t):
            loss = ((sum(layer(x) for layer in layers) - t) ** 2).mean()
            opt.update(params, bd.grad(loss, params))
            return loss

        run = bd.compile(step) if compiling else step
        losses = [float(run(bd.tensor(x), bd.tensor(t))) for _ in range(5)]
        return losses, [p.numpy() for p in params.values()]

    (losses, weights), (eager_losses, eager_weights) = trained(True), trained(False)

    assert losses[-1] < losses[0]
    np.testing.assert_allclose(losses, eager_losses, rtol=1e-5)
    for ours, theirs in zip(weights, eager_weights, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)


# Why they are there.


@pytest.mark.technique(25)
@pytest.mark.parametrize("depth", [1, 2, 5])
def test_layers_without_an_activation_are_one_matrix(depth):
    sizes = [6, *(5, 3, 4, 5)[: depth - 1], 4]
    layers = [nn.Linear(n, m, bias=False).to("float64") for n, m in itertools.pairwise(sizes)]
    x = np.random.default_rng(depth).normal(size=(7, 6))

    y = nn.Sequential(*layers)(bd.tensor(x, "float64")).numpy()
    one = np.linalg.multi_dot([np.eye(6), *(layer.weight.numpy() for layer in layers)])

    np.testing.assert_allclose(y, x @ one, rtol=1e-12, atol=1e-14)
    assert np.linalg.matrix_rank(one) == min(sizes)


def test_an_activation_between_layers_is_no_matrix():
    net = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 1))
    x = bd.tensor([[1.0, -2.0]])

    assert abs(float(net(x) + net(-x))) > 1e-3  # for a matrix this is 0


# Step.


@pytest.mark.technique(9, 26)
def test_step_is_0_at_0_and_passes_no_gradient():
    assert nn.Step()(bd.tensor([-1.0, -0.0, 0.0, 1e-30, 1.0])).tolist() == [0, 0, 0, 1, 1]
    assert slope(nn.Step(), [-1.0, 0.0, 1.0]) == [0.0, 0.0, 0.0]
    assert "gradient descent cannot train" in nn.Step.__doc__


# Sigmoid and tanh.


@pytest.mark.technique(27)
@given(finite)
def test_the_slope_of_sigmoid_is_at_most_a_quarter(x):
    assert 0.0 <= slope(nn.Sigmoid(), x) <= 0.25


@pytest.mark.technique(27)
def test_five_sigmoids_pass_at_most_a_thousandth_of_the_slope():
    net = nn.Sequential(*(nn.Sigmoid() for _ in range(5)))

    slopes = slope(net, np.linspace(-10, 10, 201))

    assert 0 < max(slopes) < 0.25**5
    assert 0.25**5 < 9.8e-4


@pytest.mark.technique(28)
@given(finite)
def test_tanh_is_odd_and_a_stretched_sigmoid(x):
    y = float(nn.Tanh()(bd.tensor(x, "float64")))

    assert float(nn.Tanh()(bd.tensor(-x, "float64"))) == -y
    twice = float(nn.Sigmoid()(bd.tensor(2 * x, "float64")))
    assert y == pytest.approx(2 * twice - 1, abs=1e-15)


def test_hardsigmoid_is_a_line_between_minus_3_and_3():
    assert nn.Hardsigmoid()(bd.tensor([-3.0, -1.5, 1.5, 3.0])).tolist() == [0, 0.25, 0.75, 1]
    assert slope(nn.Hardsigmoid(), [-3.0, 3.0]) == [0.0, 0.0]


def test_hardtanh_has_no_slope_at_its_bounds():
    activation = nn.Hardtanh(-0.5, 2.0)

    assert activation(bd.tensor([-1.0, 1.0, 3.0])).tolist() == [-0.5, 1.0, 2.0]
    assert slope(activation, [-0.5, 0.0, 2.0]) == [0.0, 1.0, 0.0]


@pytest.mark.parametrize("bounds", [(1.0, 1.0), (2.0, 1.0)])
def test_bounds_of_hardtanh_are_in_order(bounds):
    with pytest.raises(RangeError, match="min_val lies below max_val"):
        nn.Hardtanh(*bounds)


# Rectifiers.


@pytest.mark.technique(29)
def test_relu_is_0_below_and_at_0_and_has_no_slope_there():
    assert nn.ReLU()(bd.tensor([-2.0, 0.0, 3.0])).tolist() == [0.0, 0.0, 3.0]
    assert slope(nn.ReLU(), [-2.0, 0.0, 3.0]) == [0.0, 0.0, 1.0]
    assert "0 below and at 0" in nn.ReLU.__doc__


@pytest.mark.technique(30)
def test_leaky_relu_leaks_a_hundredth_or_what_it_is_told():
    assert float(nn.LeakyReLU()(bd.tensor(-1.0, "float64"))) == -0.01
    assert float(nn.LeakyReLU(0.1)(bd.tensor(-1.0, "float64"))) == -0.1
    assert slope(nn.LeakyReLU(0.1), [-2.0, 0.0, 2.0]) == [0.1, 0.1, 1.0]


def test_prelu_learns_its_slope_from_negative_inputs():
    layer = nn.PReLU().to("float64")

    y = layer(bd.tensor([-2.0, 3.0, -1.0], "float64"))

    assert y.tolist() == [-0.5, 3.0, -0.25]
    assert bd.grad(y.sum(), layer.weight).tolist() == [-3.0]


def test_prelu_has_a_slope_for_each_channel():
    layer = nn.PReLU(2)
    layer.weight.assign([0.5, 0.1])

    y = layer(-bd.ones((1, 2, 2)))

    np.testing.assert_allclose(y.numpy(), [[[-0.5, -0.5], [-0.1, -0.1]]])


def test_prelu_is_spared_by_weight_decay():
    assert nn.PReLU().weight.tags == ()


@pytest.mark.parametrize("shape", [(3,), (2, 4), (3, 2, 3)])
def test_prelu_refuses_other_channels(shape):
    with pytest.raises(ShapeError, match=r"PReLU\(3\)(.|\n)*one slope for all"):
        nn.PReLU(3)(bd.zeros(shape))


@pytest.mark.technique(31)
@pytest.mark.parametrize("alpha", [1.0, 0.5])
def test_elu_goes_through_0_without_a_jump(alpha):
    activation = nn.ELU(alpha)

    below, at, above = activation(bd.tensor([-1e-9, 0.0, 1e-9], "float64")).tolist()

    assert at == 0.0
    assert (below, above) == (pytest.approx(-alpha * 1e-9), 1e-9)
    assert slope(activation, [-1.0, 0.0, 1.0]) == pytest.approx([alpha / math.e, alpha, 1.0])


def test_selu_keeps_mean_0_and_variance_1_through_many_layers():
    x = bd.tensor(np.random.default_rng(0).normal(size=(500, 100)))
    with bd.seeded(0):
        layers = [nn.Linear(100, 100, init="xavier") for _ in range(20)]
    net = nn.Sequential(*(m for layer in layers for m in (layer, nn.SELU())))

    y = net(x).numpy()

    assert abs(y.mean()) < 0.15
    assert y.std() == pytest.approx(1.0, abs=0.15)


# Smooth ones.


@pytest.mark.parametrize(
    ("activation", "lowest"),
    [(nn.GELU(), -0.16997), (nn.SiLU(), -0.27846), (nn.Mish(), -0.30884)],
    ids=str,
)
def test_smooth_rectifiers_dip_below_0(activation, lowest):
    y = activation(bd.tensor(np.linspace(-3, 0, 30001), "float64")).numpy()

    assert y.min() == pytest.approx(lowest, abs=1e-5)


def test_both_forms_of_gelu_are_alike_and_not_the_same():
    x = bd.tensor(np.linspace(-5, 5, 101), "float64")

    distance = np.abs(nn.GELU()(x).numpy() - nn.GELU("tanh")(x).numpy()).max()

    assert 1e-5 < distance < 1e-3


def test_an_unknown_form_of_gelu_is_refused():
    with pytest.raises(RangeError, match=r"GELU: approximate 'tan'(.|\n)*did you mean 'tanh'"):
        nn.GELU("tan")


@pytest.mark.parametrize("x", [-3.0, 0.0, 2.0])
def test_softplus_sharpens_with_beta(x):
    y = float(nn.Softplus(10.0)(bd.tensor(x, "float64")))

    assert y == pytest.approx(math.log1p(math.exp(10 * x)) / 10, rel=1e-12)


@pytest.mark.parametrize("beta", [0.0, -1.0, math.nan])
def test_softplus_needs_a_positive_beta(beta):
    with pytest.raises(RangeError, match="Softplus: beta is out of range"):
        nn.Softplus(beta)


def test_hardswish_ends_in_lines():
    x = [-4.0, -3.0, 1.0, 3.0, 4.0]

    np.testing.assert_allclose(nn.Hardswish()(bd.tensor(x)).numpy(), [0, 0, 2 / 3, 3, 4], 1e-6)
    assert slope(nn.Hardswish(), x) == pytest.approx([0.0, 0.0, 5 / 6, 1.0, 1.0])


# Shares.


@pytest.mark.technique(33)
def test_softmax_of_large_scores():
    y = nn.Softmax()(bd.tensor([1010.0, 1000.0, 990.0], "float64"))

    np.testing.assert_allclose(y.numpy(), [0.9999546, 4.5397868e-05, 2.0610600e-09], rtol=1e-7)


@pytest.mark.technique(33)
@pytest.mark.parametrize("axis", [0, 1, -1])
def test_shares_along_an_axis_add_up_to_1(axis):
    x = bd.tensor(np.random.default_rng(0).normal(size=(3, 4, 5)) * 500, "float64")

    shares = nn.Softmax(axis)(x).numpy()

    assert shares.min() >= 0.0
    np.testing.assert_allclose(shares.sum(axis), 1.0, rtol=1e-12)
    np.testing.assert_allclose(np.exp(nn.LogSoftmax(axis)(x).numpy()), shares, atol=1e-12)


def test_the_logarithm_of_a_share_that_rounds_to_0_is_still_a_number():
    x = bd.parameter([1000.0, 0.0, -1000.0])

    y = nn.LogSoftmax()(x)

    assert y.tolist() == [0.0, -1000.0, -2000.0]
    assert bd.grad(y[2], x).tolist() == [-1.0, 0.0, 1.0]


# Maxout.


@pytest.mark.technique(32)
@pytest.mark.parametrize("pieces", [1, 2, 5])
def test_maxout_has_the_parameters_of_k_linear_layers(pieces):
    n, m = 7, 3

    assert nn.Maxout(n, m, pieces).parameter_count() == pieces * (n * m + m)


@pytest.mark.technique(32)
@given(finite)
def test_maxout_can_be_the_distance_from_0(x):
    layer = nn.Maxout(1, 1)
    layer.linear.weight.assign([[1.0, -1.0]])

    assert float(layer(bd.tensor([[x]]))) == abs(np.float32(x))


@pytest.mark.technique(32)
def test_maxout_takes_the_largest_of_its_pieces():
    layer = nn.Maxout(3, 2, 4).to("float64")
    x = np.random.default_rng(0).normal(size=(5, 3))

    w = layer.linear.weight.numpy().reshape(3, 2, 4)

    expected = np.einsum("ni,iok->nok", x, w).max(-1)
    np.testing.assert_allclose(layer(bd.tensor(x, "float64")).numpy(), expected, rtol=1e-12)


def test_of_equal_pieces_the_first_learns():
    layer = nn.Maxout(1, 1, init="zeros")

    y = layer(bd.ones((1, 1)))

    assert bd.grad(y.sum(), layer.linear.weight).tolist() == [[1.0, 0.0]]


# Names and settings.


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(RangeError, match=r"unknown activation 'rellu'(.|\n)*did you mean 'relu'"):
        nn.activation.get("rellu")


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (lambda: nn.LeakyReLU("a"), "LeakyReLU: negative_slope must be a number"),
        (lambda: nn.ELU(None), "ELU: alpha must be a number"),
        (lambda: nn.PReLU(init="a"), "PReLU: init must be a number"),
    ],
)
def test_a_setting_is_a_number(make, what):
    with pytest.raises(DTypeError, match=what):
        make()
