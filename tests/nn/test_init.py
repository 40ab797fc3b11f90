"""How weights start: their spread, their shape, and the layers that ask for them."""

from __future__ import annotations

import math

import numpy as np
import pytest

import badak as bd
from badak import nn
from badak.base.errors import DTypeError, RangeError, ShapeError
from badak.nn import init

FANS = init.Fans(400, 250)

SPREAD = {
    "glorot": math.sqrt(2 / 650),
    "glorot_truncated": math.sqrt(2 / 650),
    "glorot_uniform": math.sqrt(2 / 650),
    "he": math.sqrt(2 / 400),
    "he_truncated": math.sqrt(2 / 400),
    "he_uniform": math.sqrt(2 / 400),
    "normal": 0.01,
    "uniform": 0.05 / math.sqrt(3),
    "xavier": math.sqrt(1 / 400),
    "xavier_truncated": math.sqrt(1 / 400),
    "xavier_uniform": math.sqrt(1 / 400),
    "orthogonal": math.sqrt(1 / 400),
    "zeros": 0.0,
    "ones": 0.0,
    "identity": math.sqrt(250 / 400 / 250 * (1 - 1 / 400)),
}
RANDOM = [name for name in SPREAD if name not in ("zeros", "ones", "identity")]


def test_every_initialiser_has_its_spread_in_the_table():
    assert set(SPREAD) == set(init.BY_NAME)


@pytest.mark.technique(83, 85, 86)
@pytest.mark.parametrize("name", SPREAD)
def test_the_spread_is_that_of_the_formula(name):
    weights = init.get(name)((400, 250), FANS, key=1)

    assert weights.dtype == np.float32
    assert weights.std() == pytest.approx(SPREAD[name], rel=0.01)


@pytest.mark.parametrize("name", RANDOM)
def test_the_mean_is_0(name):
    weights = init.get(name)((400, 250), FANS, key=1)

    assert abs(weights.mean()) <= 5 * SPREAD[name] / math.sqrt(weights.size)


@pytest.mark.parametrize("name", ["glorot_uniform", "he_uniform", "xavier_uniform", "uniform"])
def test_uniform_ends_at_the_root_of_3_spreads(name):
    weights = init.get(name)((400, 250), FANS, key=1)

    assert np.abs(weights).max() == pytest.approx(math.sqrt(3) * SPREAD[name], rel=1e-3)


def test_uniform_keeps_both_of_its_ends():
    weights = init.Uniform(0.25, 1.0)((400, 250), FANS, key=1)

    assert (weights.min(), weights.max()) == pytest.approx((0.25, 1.0), abs=1e-3)
    assert weights.mean() == pytest.approx(0.625, abs=0.005)


@pytest.mark.parametrize("name", ["normal", "xavier", "glorot", "he"])
def test_normal_has_the_tails_of_the_bell(name):
    weights = init.get(name)((400, 250), FANS, key=1) / SPREAD[name]

    assert (np.abs(weights) < 1).mean() == pytest.approx(0.6827, abs=0.01)
    assert (np.abs(weights) > 3).mean() == pytest.approx(0.0027, abs=0.001)


@pytest.mark.technique(86)
@pytest.mark.parametrize("name", ["glorot_truncated", "he_truncated", "xavier_truncated"])
def test_truncated_ends_at_2_deviations_of_the_whole_bell(name):
    weights = init.get(name)((400, 250), FANS, key=1) / SPREAD[name]

    # Keras divides by 0.8796, the deviation of a standard normal that is cut at -2 and 2.
    assert np.abs(weights).max() == pytest.approx(2 / 0.87962566103423978, rel=1e-3)
    within = math.erf(1 * 0.87962566 / math.sqrt(2)) / math.erf(2 / math.sqrt(2))
    assert (np.abs(weights) < 1).mean() == pytest.approx(within, abs=0.01)


def test_the_deviation_of_a_bell_that_is_cut():
    density = math.exp(-2.0) / math.sqrt(2 * math.pi)
    variance = 1 - 2 * 2 * density / math.erf(2 / math.sqrt(2))

    assert abs(init.distribution.CUT_STD**2 - variance) < 1e-12


@pytest.mark.parametrize("name", RANDOM)
def test_equal_keys_give_equal_weights(name):
    draw = init.get(name)

    np.testing.assert_array_equal(draw((4, 3), FANS, 7), draw((4, 3), FANS, 7))
    assert (draw((4, 3), FANS, 7) != draw((4, 3), FANS, 8)).all()


def test_a_constant_is_everywhere():
    assert set(init.Constant(0.25)((3, 2), FANS, 0).ravel().tolist()) == {0.25}


@pytest.mark.parametrize(("mode", "fan"), [("fan_in", 400), ("fan_out", 250), ("fan_avg", 325)])
@pytest.mark.parametrize("distribution", ["normal", "uniform", "truncated_normal"])
def test_variance_scaling_is_the_general_case(mode, fan, distribution):
    weights = init.VarianceScaling(distribution, scale=3.0, mode=mode)((400, 250), FANS, key=1)

    assert weights.std() == pytest.approx(math.sqrt(3 / fan), rel=0.01)


@pytest.mark.parametrize(
    ("named", "general"),
    [
        (init.Xavier(), init.VarianceScaling("normal", 1.0, "fan_in")),
        (init.He("uniform"), init.VarianceScaling("uniform", 2.0, "fan_in")),
        (init.Glorot("truncated_normal"), init.VarianceScaling("truncated_normal", 1.0, "fan_avg")),
    ],
    ids=str,
)
def test_the_named_rules_are_cases_of_variance_scaling(named, general):
    np.testing.assert_array_equal(named((40, 25), FANS, 3), general((40, 25), FANS, 3))


# Matrices with a property.


@pytest.mark.parametrize("shape", [(5, 5), (7, 4), (4, 7), (6, 2, 3), (4, 3, 3, 3)])
def test_orthogonal_rows_or_columns(shape):
    w = init.Orthogonal(gain=2.0)(shape, FANS, key=0).reshape(shape[0], -1)

    product = w @ w.T if w.shape[0] <= w.shape[1] else w.T @ w

    np.testing.assert_allclose(product, 4 * np.eye(len(product)), atol=1e-5)


def test_all_rotations_are_as_likely():
    corners = [init.Orthogonal()((2, 2), FANS, key)[0] for key in range(2000)]
    angles = np.arctan2(*np.transpose(corners))

    counts, _ = np.histogram(angles, bins=4, range=(-math.pi, math.pi))

    assert counts.min() > 430  # 500 each; a QR without its signs leaves half of the circle empty


def test_a_deep_linear_network_of_rotations_keeps_lengths():
    net = nn.Sequential(*(nn.Linear(30, 30, bias=False, init="orthogonal") for _ in range(50)))
    x = np.random.default_rng(0).normal(size=(5, 30))

    lengths = np.linalg.norm(net(bd.tensor(x)).numpy(), axis=1)

    np.testing.assert_allclose(lengths, np.linalg.norm(x, axis=1), rtol=1e-4)


def test_sparse_units_read_so_many_inputs_each():
    weights = init.Sparse(0.9, std=0.5)((155, 200), FANS, key=0)

    read = (weights != 0).sum(axis=0)
    assert set(read.tolist()) == {155 - 140}
    assert weights[weights != 0].std() == pytest.approx(0.5, rel=0.05)
    assert len({tuple(column) for column in (weights != 0).T.tolist()}) == 200


def test_identity_passes_its_input_on():
    x = bd.tensor(np.random.default_rng(0).normal(size=(2, 4, 5, 5)))

    for groups in (1, 2, 4):
        layer = nn.Conv2d(4, 4, 3, padding=1, groups=groups, init="identity")
        np.testing.assert_array_equal(layer(x).numpy(), x.numpy())


@pytest.mark.parametrize(
    ("initialiser", "shape"),
    [(init.Orthogonal(), (3,)), (init.Identity(), (3,)), (init.Sparse(0.5), (3, 3, 3))],
    ids=str,
)
def test_a_matrix_is_asked_for(initialiser, shape):
    with pytest.raises(ShapeError, match="needs a matrix"):
        initialiser(shape, FANS, 0)


# Gains.


@pytest.mark.parametrize(
    ("name", "gain"),
    [("linear", 1), ("sigmoid", 1), ("tanh", 5 / 3), ("relu", math.sqrt(2)), ("selu", 0.75)],
)
def test_gains_by_activation(name, gain):
    assert init.calculate_gain(name) == pytest.approx(gain, rel=1e-15)


def test_the_gain_of_a_leaky_relu_follows_its_slope():
    assert init.calculate_gain("leaky_relu", 0.0) == math.sqrt(2)
    assert init.calculate_gain("leaky_relu", 1.0) == 1.0
    assert init.calculate_gain("leaky_relu") == init.calculate_gain("leaky_relu", 0.01)


def test_a_leaky_relu_keeps_the_mean_square_with_its_gain():
    scale = init.calculate_gain("leaky_relu", 0.5) ** 2
    net = nn.Sequential(
        nn.Linear(500, 400, init=init.VarianceScaling(scale=scale)), nn.LeakyReLU(0.5)
    )

    y = net(bd.tensor(np.random.default_rng(0).normal(size=(200, 500)))).numpy()

    assert (y**2).mean() == pytest.approx(1.0, rel=0.03)


# Dialects.


@pytest.mark.technique(85, 86)
@pytest.mark.parametrize(
    ("framework", "name", "std", "largest"),
    [
        ("book", "default", 0.01, None),
        ("book", "xavier", math.sqrt(1 / 400), None),
        ("book", "he", math.sqrt(2 / 400), None),
        ("dezero", "default", math.sqrt(1 / 400), None),
        ("keras", "default", math.sqrt(2 / 650), math.sqrt(6 / 650)),
        ("keras", "xavier", math.sqrt(2 / 650), 2 / 0.8796 * math.sqrt(2 / 650)),
        ("keras", "he", math.sqrt(2 / 400), 2 / 0.8796 * math.sqrt(2 / 400)),
        ("lasagne", "default", math.sqrt(2 / 650), math.sqrt(6 / 650)),
        ("lasagne", "xavier", math.sqrt(2 / 650), None),
        ("lasagne", "he", math.sqrt(1 / 400), None),
        ("torch", "default", math.sqrt(1 / 3 / 400), 1 / math.sqrt(400)),
        ("torch", "xavier", math.sqrt(2 / 650), None),
        ("torch", "he", math.sqrt(2 / 400), None),
    ],
)
def test_one_name_means_different_things(framework, name, std, largest):
    weights = init.like(framework, name)((400, 250), FANS, key=1)

    assert weights.std() == pytest.approx(std, rel=0.01)
    if largest is None:
        assert np.abs(weights).max() > 3.5 * std
    else:
        assert np.abs(weights).max() == pytest.approx(largest, rel=1e-3)


def test_an_unknown_dialect_is_refused_with_the_nearest():
    with pytest.raises(RangeError, match=r"unknown framework 'pytorch'(.|\n)*'torch'"):
        init.like("pytorch")
    with pytest.raises(RangeError, match=r"unknown initialiser of dezero 'he'"):
        init.like("dezero", "he")


# Settings.


@pytest.mark.parametrize("std", [-1.0, math.nan, math.inf])
def test_a_spread_is_at_least_0(std):
    with pytest.raises(RangeError, match="Normal: std is out of range"):
        init.Normal(std)


def test_a_spread_is_a_number():
    with pytest.raises(DTypeError, match="Normal: std must be a number"):
        init.Normal("wide")


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (lambda: init.Uniform(1.0, -1.0), "Uniform: low is above high"),
        (lambda: init.Sparse(1.0), "Sparse: sparsity is out of range"),
        (lambda: init.He("uniforn"), "unknown distribution 'uniforn'"),
        (lambda: init.VarianceScaling(scale=0.0), "VarianceScaling: scale is out of range"),
        (lambda: init.VarianceScaling(mode="fan"), "unknown VarianceScaling: mode 'fan'"),
        (lambda: init.calculate_gain("swish"), "unknown nonlinearity 'swish'"),
        (lambda: init.calculate_gain("relu", 0.1), "relu has no param"),
    ],
)
def test_settings_outside_of_what_is_possible_are_refused(make, what):
    with pytest.raises(RangeError, match=what):
        make()


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(RangeError, match=r"unknown initialiser 'kaiming'(.|\n)*one of glorot"):
        init.get("kaiming")
    with pytest.raises(RangeError, match="did you mean 'he_uniform'"):
        init.get("he_unifrom")


# In layers.


def test_a_linear_layer_starts_from_he_with_its_inputs_as_fan():
    assert nn.Linear(400, 250).weight.numpy().std() == pytest.approx(SPREAD["he"], rel=0.01)


@pytest.mark.parametrize(
    ("layer", "fan_in", "fan_out"),
    [
        (lambda how: nn.Conv1d(40, 50, 9, init=how), 360, 450),
        (lambda how: nn.Conv2d(16, 64, (5, 3), init=how), 240, 960),
        (lambda how: nn.Conv2d(64, 128, 3, groups=4, init=how), 144, 288),
        (lambda how: nn.Conv3d(8, 32, 4, init=how), 512, 2048),
        (lambda how: nn.ConvTranspose1d(50, 40, 9, init=how), 450, 360),
        (lambda how: nn.ConvTranspose2d(64, 128, 3, groups=4, init=how), 144, 288),
        (lambda how: nn.ConvTranspose2d(64, 32, 4, stride=2, init=how), 256, 512),
    ],
)
def test_the_fans_of_a_convolution_count_its_kernel(layer, fan_in, fan_out):
    spread = {name: layer(name).weight.numpy().std() for name in ("he", "xavier", "glorot")}

    assert spread["he"] == pytest.approx(math.sqrt(2 / fan_in), rel=0.02)
    assert spread["xavier"] == pytest.approx(math.sqrt(1 / fan_in), rel=0.02)
    assert spread["glorot"] == pytest.approx(math.sqrt(2 / (fan_in + fan_out)), rel=0.02)


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (lambda: nn.Linear(400, 100, init="xavier"), (400,)),
        (lambda: nn.Conv2d(32, 16, 5, init="xavier"), (32, 12, 12)),
        (lambda: nn.Conv2d(32, 64, 3, groups=4, init="xavier"), (32, 12, 12)),
        (lambda: nn.ConvTranspose2d(32, 16, 4, stride=2, padding=3, init="xavier"), (32, 12, 12)),
    ],
)
def test_xavier_keeps_the_variance_whatever_the_layer(layer, shape):
    x = np.random.default_rng(0).normal(size=(20, *shape))

    assert layer()(bd.tensor(x)).numpy().var() == pytest.approx(1.0, rel=0.1)


def test_an_initialiser_may_be_given_instead_of_a_name():
    assert nn.Linear(2, 2, init=init.Constant(0.5)).weight.tolist() == [[0.5, 0.5], [0.5, 0.5]]


def test_two_layers_start_differently():
    assert (nn.Linear(3, 3).weight.numpy() != nn.Linear(3, 3).weight.numpy()).all()


@pytest.mark.technique(91)
def test_a_bias_starts_at_0_unless_told():
    assert nn.Linear(3, 2).bias.tolist() == [0.0, 0.0]
    assert nn.Conv2d(1, 2, 3).bias.tolist() == [0.0, 0.0]
    how = init.Constant(0.25)
    assert nn.Linear(3, 2, bias_init=how).bias.tolist() == [0.25, 0.25]
    assert nn.Conv2d(1, 2, 3, bias_init=how).bias.tolist() == [0.25, 0.25]
    assert nn.ConvTranspose2d(1, 2, 3, bias_init=how).bias.tolist() == [0.25, 0.25]


def test_weights_do_not_depend_on_how_the_bias_starts():
    with bd.seeded(1):
        plain = nn.Linear(3, 2)
    with bd.seeded(1):
        other = nn.Linear(3, 2, bias_init="normal")

    np.testing.assert_array_equal(plain.weight.numpy(), other.weight.numpy())
    assert other.bias.numpy().any()
