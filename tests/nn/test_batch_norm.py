"""Batch normalisation: its statistics in training and in prediction."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import badak as bd
from badak import nn
from badak.base.errors import DTypeError, RangeError, ShapeError, StateError


def numbers(shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def trained(layer, x):
    with bd.training():
        return layer(bd.tensor(x, "float64")).numpy()


@pytest.mark.technique(95)
def test_the_example_of_the_textbook():
    y = trained(nn.BatchNorm(1).to("float64"), [[4.0], [5.0], [6.0]])

    np.testing.assert_allclose(y.ravel(), [-1.2247, 0.0, 1.2247], atol=5e-5)


def test_scale_starts_at_1_and_shift_at_0():
    layer = nn.BatchNorm(2)

    assert (layer.eps, layer.momentum) == (1e-5, 0.1)
    assert (layer.weight.tolist(), layer.bias.tolist()) == ([1.0, 1.0], [0.0, 0.0])
    assert (layer.running_mean.tolist(), layer.running_var.tolist()) == ([0.0, 0.0], [1.0, 1.0])


@pytest.mark.parametrize("shape", [(6, 3), (4, 3, 5), (2, 3, 4, 5), (2, 3, 2, 3, 2)])
def test_each_channel_has_mean_0_and_variance_1(shape):
    axes = (0, *range(2, len(shape)))

    y = trained(nn.BatchNorm(3, eps=1e-12).to("float64"), 5 * numbers(shape) + 7)

    np.testing.assert_allclose(y.mean(axes), np.zeros(3), atol=1e-12)
    np.testing.assert_allclose(y.var(axes), np.ones(3), rtol=1e-10)


@pytest.mark.technique(93)
def test_it_is_the_formula_of_the_paper():
    layer, x = nn.BatchNorm(2, eps=0.1).to("float64"), numbers((5, 2, 3))
    layer.weight.assign([2.0, 3.0])
    layer.bias.assign([-1.0, 1.0])

    y = trained(layer, x)

    for c, (gamma, beta) in enumerate([(2.0, -1.0), (3.0, 1.0)]):
        mean = x[:, c].mean()
        var = ((x[:, c] - mean) ** 2).mean()
        expected = gamma * (x[:, c] - mean) / np.sqrt(var + 0.1) + beta
        np.testing.assert_allclose(y[:, c], expected, rtol=1e-12)


def test_running_statistics_move_by_the_momentum():
    layer = nn.BatchNorm(3, momentum=0.3).to("float64")
    mean, var = np.zeros(3), np.ones(3)

    for seed in range(4):
        x = numbers((5, 3, 2), seed) * (seed + 1)
        trained(layer, x)
        rows = x.transpose(0, 2, 1).reshape(-1, 3)
        mean = 0.7 * mean + 0.3 * rows.mean(0)
        var = 0.7 * var + 0.3 * rows.var(0, ddof=1)

    np.testing.assert_allclose(layer.running_mean.numpy(), mean, rtol=1e-12)
    np.testing.assert_allclose(layer.running_var.numpy(), var, rtol=1e-12)


@pytest.mark.technique(96)
def test_images_have_one_mean_a_channel():
    layer = nn.BatchNorm(3)

    trained(layer, numbers((2, 3, 4, 4)))

    assert layer.running_mean.shape == layer.running_var.shape == (3,)


@pytest.mark.technique(93)
def test_prediction_uses_what_training_left():
    layer, x = nn.BatchNorm(2, momentum=1.0).to("float64"), 3 * numbers((50, 2)) + 1
    trained(layer, x)

    y = layer(bd.tensor(x[:1], "float64")).numpy()

    expected = (x[:1] - x.mean(0)) / np.sqrt(x.var(0, ddof=1) + layer.eps)
    np.testing.assert_allclose(y, expected, rtol=1e-12)


@pytest.mark.technique(97)
def test_in_training_a_row_depends_on_its_batch_and_in_prediction_not():
    layer, row = nn.BatchNorm(2).to("float64"), numbers((1, 2))
    batches = [np.concatenate([row, numbers((5, 2), seed)]) for seed in range(1, 20)]

    in_training = np.array([trained(layer, x)[0] for x in batches])
    in_prediction = np.array([layer(bd.tensor(x, "float64")).numpy()[0] for x in batches])

    assert (in_training.var(0) > 0.01).all()
    assert (in_prediction.var(0) < 1e-30).all()


@given(st.floats(0.5, 100), st.floats(-100, 100))
def test_scale_and_shift_of_the_input_do_not_matter(scale, shift):
    x = numbers((8, 3))

    y = trained(nn.BatchNorm(3, eps=1e-12).to("float64"), scale * x + shift)

    expected = trained(nn.BatchNorm(3, eps=1e-12).to("float64"), x)
    np.testing.assert_allclose(y, expected, atol=1e-9)


def test_no_gradient_along_a_shift_or_a_stretch_of_the_batch():
    layer, x = nn.BatchNorm(2, eps=1e-12).to("float64"), bd.parameter(numbers((6, 2)), "float64")

    with bd.training():
        g = bd.grad(layer(x), x, weight=numbers((6, 2), 1)).numpy()

    np.testing.assert_allclose(g.sum(0), 0, atol=1e-12)
    np.testing.assert_allclose((g * x.numpy()).sum(0), 0, atol=1e-10)


def test_a_bias_before_it_is_without_effect():
    norm, x = nn.BatchNorm(3).to("float64"), numbers((6, 3))
    bias = np.array([1.0, -2.0, 30.0])

    np.testing.assert_allclose(trained(norm, x + bias), trained(norm, x), atol=1e-12)


def test_a_constant_channel_becomes_0():
    y = trained(nn.BatchNorm(2), np.full((4, 2), 7.0))

    np.testing.assert_array_equal(y, np.zeros((4, 2)))


def test_large_means_do_not_eat_the_spread_in_float32():
    x = (numbers((64, 2)) + 3000.0).astype(np.float32)

    with bd.training():
        y = nn.BatchNorm(2)(bd.tensor(x)).numpy()

    np.testing.assert_allclose(y.var(0), 1.0, rtol=1e-3)


def test_wide_input_keeps_its_digits_in_a_wide_layer():
    layer, x = nn.BatchNorm(3).to("float64"), numbers((6, 3)) / 3

    np.testing.assert_array_equal(layer(x).numpy(), layer(bd.tensor(x, "float64")).numpy())


@pytest.mark.parametrize(("features", "shape"), [(3, (1, 3)), (2, (1, 2, 1, 1)), (3, (0, 3))])
def test_a_single_value_a_channel_is_refused_in_training_alone(features, shape):
    layer = nn.BatchNorm(features)

    assert layer(bd.zeros(shape)).shape == shape
    with pytest.raises(ShapeError, match=r"value per channel in training(.|\n)*drop_last=True"):
        trained(layer, np.zeros(shape))

    assert layer.running_var.tolist() == [1.0] * features


def test_a_batch_of_one_image_has_a_spread():
    assert trained(nn.BatchNorm(2), numbers((1, 2, 3, 3))).shape == (1, 2, 3, 3)


@pytest.mark.parametrize("shape", [(4, 5), (4, 5, 3), (3,), ()])
def test_another_number_of_channels_is_refused(shape):
    with pytest.raises(ShapeError, match=r"axis 1 holds the channels(.|\n)*\(batch, 3, \.\.\.\)"):
        nn.BatchNorm(3)(bd.zeros(shape))


@pytest.mark.parametrize("eps", [0, -1e-5, float("nan"), float("inf")])
def test_eps_is_above_0_and_finite(eps):
    with pytest.raises(RangeError, match="BatchNorm: eps is out of range"):
        nn.BatchNorm(3, eps=eps)


@pytest.mark.parametrize("momentum", [-0.1, 1.1, float("nan")])
def test_momentum_is_in_0_to_1(momentum):
    with pytest.raises(
        RangeError, match=r"momentum is out of range(.|\n)*at least 0 and at most 1"
    ):
        nn.BatchNorm(3, momentum=momentum)


def test_a_setting_that_is_no_number_is_named():
    with pytest.raises(DTypeError, match=r"BatchNorm: momentum must be a number(.|\n)*'0.1'"):
        nn.BatchNorm(3, momentum="0.1")


def test_an_open_size_has_to_be_filled_before_use():
    with pytest.raises(StateError, match=r"BatchNorm does not know its num_features"):
        nn.BatchNorm(None)(bd.zeros((2, 3)))


# Options.


@pytest.mark.technique(93)
def test_gradients_agree_with_differences():
    layer = nn.BatchNorm(2).to("float64")

    with bd.training():
        worst = bd.check_grad(layer, numbers((5, 2)), order=2)

    assert worst < 1e-6


def test_without_momentum_the_running_statistics_are_plain_averages():
    layer = nn.BatchNorm(2, momentum=None).to("float64")
    batches = [numbers((4, 2), seed) * (seed + 1) for seed in range(5)]

    for x in batches:
        trained(layer, x)

    mean = np.mean([x.mean(0) for x in batches], axis=0)
    var = np.mean([x.var(0, ddof=1) for x in batches], axis=0)
    np.testing.assert_allclose(layer.running_mean.numpy(), mean, rtol=1e-12)
    np.testing.assert_allclose(layer.running_var.numpy(), var, rtol=1e-12)
    assert int(layer.num_batches_tracked) == 5


def test_the_running_variance_of_the_textbook_is_biased_and_starts_at_0():
    layer = nn.BatchNorm(2, unbiased=False, first_var=0.0).to("float64")
    x = numbers((4, 2))

    trained(layer, x)

    np.testing.assert_allclose(layer.running_var.numpy(), 0.1 * x.var(0), rtol=1e-12)


def test_without_affine_nothing_is_learned():
    layer = nn.BatchNorm(2, affine=False)

    assert not layer.parameters()
    np.testing.assert_allclose(
        trained(layer.to("float64"), numbers((5, 2))),
        trained(nn.BatchNorm(2).to("float64"), numbers((5, 2))),
        rtol=1e-12,
    )


def test_without_running_statistics_prediction_is_as_training():
    layer, x = nn.BatchNorm(2, track_running_stats=False).to("float64"), numbers((5, 2))

    assert not layer.buffers()
    np.testing.assert_array_equal(layer(bd.tensor(x, "float64")).numpy(), trained(layer, x))


@pytest.mark.parametrize("rows", [4, 6, 8, 11])
def test_ghost_batches_are_batches_one_after_another(rows):
    layer, plain = nn.BatchNorm(3, ghost_size=4).to("float64"), nn.BatchNorm(3).to("float64")
    x = numbers((rows, 3, 2))

    y = trained(layer, x)

    parts = [trained(plain, x[i : i + 4]) for i in range(0, rows, 4)]
    np.testing.assert_array_equal(y, np.concatenate(parts))
    np.testing.assert_array_equal(layer.running_var.numpy(), plain.running_var.numpy())
    np.testing.assert_array_equal(
        layer(bd.tensor(x, "float64")).numpy(), plain(bd.tensor(x, "float64")).numpy()
    )


def test_a_last_ghost_batch_of_one_row_is_refused_before_anything_changes():
    layer = nn.BatchNorm(3, ghost_size=4)

    with pytest.raises(ShapeError, match="the last ghost batch: 1 value per channel in training"):
        trained(layer, numbers((5, 3)))

    assert layer.running_mean.tolist() == [0.0] * 3


@pytest.mark.parametrize("settings", [{"ghost_size": 0}, {"first_var": -1.0}])
def test_options_out_of_range(settings):
    with pytest.raises(RangeError, match=f"BatchNorm: {next(iter(settings))}"):
        nn.BatchNorm(3, **settings)
