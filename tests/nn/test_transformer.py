"""The transformer block. Agreement with PyTorch is in tests/agree."""

from __future__ import annotations

import numpy as np
import pytest

import badak as bd
from badak import nn
from badak.base.errors import DTypeError, RangeError


def numbers(*shape, seed=0):
    return bd.tensor(np.random.default_rng(seed).normal(size=shape), "float64")


def block(**settings):
    return nn.TransformerEncoderLayer(4, 2, 8, batch_first=True, **settings).to("float64")


@pytest.mark.parametrize("norm_first", [False, True])
def test_without_positions_the_order_of_a_sequence_does_not_matter(norm_first):
    layer, x, order = block(norm_first=norm_first), numbers(2, 5, 4), [3, 1, 4, 0, 2]

    np.testing.assert_allclose(layer(x[:, order]).data, layer(x).data[:, order], rtol=1e-9)


def test_a_causal_stack_does_not_see_what_comes_later():
    net = nn.Sequential(block(is_causal=True), block(is_causal=True, norm_first=True))
    x = numbers(2, 6, 4)

    np.testing.assert_allclose(net(x[:, :4]).data, net(x).data[:, :4], rtol=1e-9)


def test_causal_can_be_asked_for_at_the_call_too():
    layer, x = block(), numbers(2, 5, 4)
    later = ~np.tril(np.ones((5, 5), bool))

    np.testing.assert_array_equal(layer(x, is_causal=True).data, layer(x, src_mask=later).data)


def test_with_the_norm_first_a_block_that_adds_nothing_is_the_identity():
    layer, x = block(norm_first=True), numbers(2, 5, 4)
    for last in (layer.self_attn.out_proj, layer.linear2):
        last.weight.assign(np.zeros(last.weight.shape))

    np.testing.assert_array_equal(layer(x).data, x.data)


def test_with_the_norm_last_every_place_has_mean_0():
    np.testing.assert_allclose(block()(numbers(2, 5, 4)).data.mean(axis=2), 0, atol=1e-12)


def test_dropout_is_for_training_alone():
    layer, x = block(dropout=0.5), numbers(2, 5, 4)

    with bd.training():
        assert not np.array_equal(layer(x).data, layer(x).data)
    assert np.array_equal(layer(x).data, layer(x).data)


def test_an_activation_is_a_name_or_a_module():
    by_name, by_module = block(activation="gelu"), block(activation=nn.GELU())
    by_module.load_state_dict(by_name.state_dict())
    x = numbers(1, 3, 4)

    np.testing.assert_array_equal(by_name(x).data, by_module(x).data)
    with pytest.raises(RangeError, match="unknown activation 'gelo'"):
        block(activation="gelo")


def test_whole_numbers_are_refused():
    with pytest.raises(DTypeError, match="TransformerEncoderLayer needs floats"):
        block()(np.ones((1, 3, 4), int))


@pytest.mark.parametrize("norm_first", [False, True])
def test_a_compiled_training_of_a_language_model_is_the_eager_one(norm_first):
    def trained(run):
        with bd.seeded(1):
            net = nn.Sequential(
                nn.Embedding(7, 4), block(is_causal=True, norm_first=norm_first), nn.Linear(4, 7)
            )
        params, loss = net.to("float64").parameters(), nn.SoftmaxCrossEntropy()

        @run
        def step(x):
            value = loss(net(x[:, :-1]).reshape(-1, 7), x[:, 1:].reshape(-1))
            for name, g in bd.grad(value, params).items():
                params[name].assign(params[name] - 0.1 * g)
            return value

        words = np.random.default_rng(0).integers(0, 7, (3, 6))
        with bd.training():
            return [float(step(words)) for _ in range(5)]

    compiled, eager = trained(bd.compile), trained(lambda step: step)

    np.testing.assert_allclose(compiled, eager, rtol=1e-10)
    assert eager[-1] != eager[0]
