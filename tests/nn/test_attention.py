"""Attention: laws. Agreement with PyTorch is in tests/agree."""

from __future__ import annotations

import numpy as np
import pytest

import badak as bd
from badak import nn
from badak.base.errors import DTypeError, RangeError, ShapeError
from badak.nn import scaled_dot_product_attention as attention


def numbers(*shape, seed=0):
    return bd.tensor(np.random.default_rng(seed).normal(size=shape), "float64")


def test_of_one_key_the_value_is_read_whatever_is_asked():
    query, key, value = numbers(2, 4, 3), numbers(2, 1, 3, seed=1), numbers(2, 1, 5, seed=2)

    y = attention(query, key, value)

    np.testing.assert_allclose(y.data, np.repeat(value.data, 4, axis=1), rtol=1e-14)


def test_equal_keys_give_the_mean_of_the_values():
    value = numbers(6, 5)

    y = attention(numbers(4, 3), bd.ones((6, 3), "float64"), value)

    np.testing.assert_allclose(y.data, np.tile(value.data.mean(0), (4, 1)), rtol=1e-12)


def test_it_is_a_soft_look_up():
    key = 30 * np.eye(3)

    y = attention(bd.tensor(key[[2, 0]]), bd.tensor(key), bd.tensor([[1.0], [2.0], [3.0]]))

    np.testing.assert_allclose(y.numpy(), [[3.0], [1.0]], rtol=1e-6)


def test_the_order_of_keys_does_not_matter():
    query, key, value, order = numbers(4, 3), numbers(5, 3), numbers(5, 2), [3, 1, 4, 0, 2]

    np.testing.assert_allclose(
        attention(query, key[order], value[order]).data, attention(query, key, value).data
    )


def test_causal_attention_does_not_see_what_comes_later():
    x, changed = numbers(1, 5, 4), numbers(1, 5, 4).numpy()
    changed[:, 3:] = 100.0

    y, y_changed = (attention(z, z, z, is_causal=True).data for z in (x, bd.Tensor(changed)))

    np.testing.assert_array_equal(y_changed[:, :3], y[:, :3])
    assert not np.allclose(y_changed[:, 3:], y[:, 3:])
    np.testing.assert_allclose(y[:, 0], x.data[:, 0])  # the first sees itself alone


def test_what_is_masked_is_as_if_it_were_not_there():
    query, key, value = numbers(4, 3), numbers(6, 3), numbers(6, 2)
    mask = np.array([True, True, False, True, False, True])

    y = attention(query, key, value, np.broadcast_to(mask, (4, 6)))

    kept = np.flatnonzero(mask)
    np.testing.assert_allclose(y.data, attention(query, key[kept], value[kept]).data, rtol=1e-12)


def test_who_sees_nothing_reads_zeros_and_makes_no_nan():
    x, mask = bd.parameter(numbers(3, 2).data, "float64"), np.ones((3, 3), bool)
    mask[1] = False

    y = attention(x, x, x, mask)
    g = bd.grad(y.sum(), x)

    assert y.tolist()[1] == [0.0, 0.0]
    assert np.isfinite(g.numpy()).all()


def test_large_scores_do_not_overflow():
    y = attention(bd.full((2, 3), 1e10), bd.full((2, 3), 1e10), bd.ones((2, 1)), is_causal=True)

    assert y.tolist() == [[1.0], [1.0]]


@pytest.mark.parametrize("causal", [False, True])
def test_derivatives_are_the_central_differences(causal):
    mask = np.random.default_rng(0).random((4, 3)) < 0.7

    worst = bd.check_grad(
        lambda q, k, v: attention(q, k, v, mask, is_causal=causal),
        *(numbers(*shape) for shape in ((2, 4, 3), (2, 3, 3), (2, 3, 2))),
        order=2,
    )

    assert worst < 1e-6


def test_weights_can_be_dropped():
    value = np.eye(4)

    with bd.training():
        y = attention(bd.zeros((1, 3)), bd.zeros((4, 3)), bd.tensor(value), dropout=nn.Dropout(0.5))

    assert set(y.numpy().ravel()) <= {0.0, 0.5}


@pytest.mark.parametrize(
    ("shapes", "words"),
    [
        (((3,), (4, 3), (4, 2)), r"needs \(\.\.\., length, features\)"),
        (((2, 5), (4, 3), (4, 2)), "query and key have equal features"),
        (((2, 3), (4, 3), (5, 2)), "key and value equal lengths"),
    ],
)
def test_sequences_that_do_not_fit_are_refused(shapes, words):
    with pytest.raises(ShapeError, match=words):
        attention(*map(bd.zeros, shapes))


def test_whole_numbers_are_refused():
    with pytest.raises(DTypeError, match="attention needs floats"):
        attention(*[np.ones((2, 2), int)] * 3)


# Several heads.


def test_one_head_that_projects_nothing_is_attention():
    layer, x = nn.MultiheadAttention(4, 1, bias=False, batch_first=True), numbers(2, 5, 4)
    for weight in layer.to("float64").parameters().values():
        weight.assign(np.eye(4))

    np.testing.assert_allclose(layer(x).data, attention(x, x, x).data, rtol=1e-12)


def test_heads_see_their_own_features():
    layer, x = nn.MultiheadAttention(4, 2, bias=False, batch_first=True), numbers(2, 5, 4)
    for weight in layer.to("float64").parameters().values():
        weight.assign(np.eye(4))

    apart = [attention(part, part, part) for part in (x[..., :2], x[..., 2:])]

    np.testing.assert_allclose(layer(x).data, bd.concat(apart, axis=2).data, rtol=1e-12)


def test_a_sequence_attends_to_itself_unless_told_otherwise():
    layer, x = nn.MultiheadAttention(4, 2, batch_first=True), bd.ones((2, 5, 4))

    np.testing.assert_array_equal(layer(x).data, layer(x, x, x).data)


def test_the_layout_is_all_that_batch_first_changes():
    with bd.seeded(0):
        layer = nn.MultiheadAttention(4, 2, batch_first=True)
    with bd.seeded(0):
        turned = nn.MultiheadAttention(4, 2, batch_first=False)
    x = bd.tensor(numbers(2, 5, 4))

    np.testing.assert_array_equal(
        turned(x.swapaxes(0, 1), is_causal=True).data.swapaxes(0, 1), layer(x, is_causal=True).data
    )


def test_padding_changes_nothing():
    layer, x = nn.MultiheadAttention(4, 2, batch_first=True).to("float64"), numbers(1, 3, 4)
    longer = bd.concat([x, numbers(1, 2, 4, seed=9)], axis=1)

    y = layer(longer, key_padding_mask=[[False, False, False, True, True]])

    np.testing.assert_allclose(y.data[:, :3], layer(x).data, rtol=1e-12)


def test_padding_goes_with_a_mask_of_numbers():
    layer, x = nn.MultiheadAttention(4, 2, batch_first=True).to("float64"), numbers(1, 3, 4)
    bias, hidden = numbers(3, 3), np.array([[False, False, True]])

    y = layer(x, attn_mask=bias, key_padding_mask=hidden)

    both = bias.numpy() + np.where(hidden, -np.inf, 0.0)
    np.testing.assert_allclose(y.data, layer(x, attn_mask=bd.Tensor(both)).data, rtol=1e-12)


def test_settings_are_checked():
    with pytest.raises(RangeError, match="the heads must divide the features"):
        nn.MultiheadAttention(8, 3)
    with pytest.raises(RangeError, match="p is out of range"):
        nn.MultiheadAttention(8, 2, dropout=1.5)
    with pytest.raises(ShapeError, match="needs sequences with a batch axis"):
        nn.MultiheadAttention(8, 2)(bd.zeros((5, 8)))
