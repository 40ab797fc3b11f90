"""Layers as other frameworks have them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import badak as bd
from badak import nn
from badak.base.errors import RangeError
from badak.nn.dialects import DIALECTS

KERAS = json.loads((Path(__file__).parents[1] / "golden/keras_batch_norm.json").read_text("utf-8"))
BATCHES = np.array(KERAS["batches"])


def run(layer):
    """What comes out in training, and then in prediction; the layer in float64."""
    layer.to("float64")
    with bd.training():
        trained = [layer(bd.tensor(batch, "float64")).numpy() for batch in BATCHES]
    return trained, layer(bd.tensor(BATCHES[0], "float64")).numpy()


def by_hand(first_var, share, divided_by, eps):
    """The prediction after the batches, by plain formulas."""
    mean, var = np.zeros(2), np.full(2, first_var)
    for batch in BATCHES:
        mean = (1 - share) * mean + share * batch.mean(axis=0)
        var = (1 - share) * var + share * batch.var(axis=0) * 5 / divided_by
    return (BATCHES[0] - mean) / np.sqrt(var + eps)


@pytest.mark.technique(93)
def test_batch_normalisation_is_that_of_keras():
    layer = nn.like("keras", "BatchNorm", 2)
    trained, predicted = run(layer)

    np.testing.assert_allclose(trained, KERAS["trained"], rtol=1e-6)
    np.testing.assert_allclose(predicted, KERAS["predicted"], rtol=1e-6)
    np.testing.assert_allclose(layer.running_var.numpy(), KERAS["var"], rtol=1e-6)


@pytest.mark.technique(93)
def test_batch_normalisation_is_that_of_pytorch():
    torch = pytest.importorskip("torch", reason="compares with PyTorch: make torch")
    peer = torch.nn.BatchNorm1d(2).double()
    for batch in BATCHES:
        peer(torch.tensor(batch))

    _, predicted = run(nn.like("torch", "BatchNorm", 2))

    expected = peer.eval()(torch.tensor(BATCHES[0])).detach().numpy()
    np.testing.assert_allclose(predicted, expected, rtol=1e-6)


@pytest.mark.technique(93)
@pytest.mark.parametrize(
    ("framework", "formula"),
    [
        ("torch", {"first_var": 1.0, "share": 0.1, "divided_by": 4, "eps": 1e-5}),
        ("keras", {"first_var": 1.0, "share": 0.01, "divided_by": 5, "eps": 1e-3}),
        ("book", {"first_var": 0.0, "share": 0.1, "divided_by": 5, "eps": 1e-6}),
        ("dezero", {"first_var": 1.0, "share": 0.1, "divided_by": 4, "eps": 2e-5}),
    ],
)
def test_the_running_statistics_of_each_framework(framework, formula):
    _, predicted = run(nn.like(framework, "BatchNorm", 2))

    np.testing.assert_allclose(predicted, by_hand(**formula), rtol=1e-6)


@pytest.mark.technique(93)
def test_in_lasagne_the_inverse_of_the_deviation_runs_along():
    mean, inv_std = np.zeros(2), np.ones(2)
    for batch in BATCHES:
        mean = 0.9 * mean + 0.1 * batch.mean(axis=0)
        inv_std = 0.9 * inv_std + 0.1 / np.sqrt(batch.var(axis=0) + 1e-4)

    _, predicted = run(nn.like("lasagne", "BatchNorm", 2))

    np.testing.assert_allclose(predicted, (BATCHES[0] - mean) * inv_std, rtol=1e-6)


def test_it_trains_compiled_as_eagerly():
    outcomes = []
    for compile in (False, True):
        with bd.seeded(0):
            net = nn.Sequential(nn.Linear(2, 4), nn.like("lasagne", "BatchNorm", 4))
        trainer = bd.Trainer(net, nn.MeanSquaredError(), "sgd", progress=False, compile=compile)
        trainer.fit(BATCHES.reshape(15, 2), np.ones((15, 4)), epochs=3, batch_size=5)
        outcomes.append(trainer.predict(BATCHES[0]))

    np.testing.assert_allclose(outcomes[1], outcomes[0], rtol=1e-4, atol=1e-6)


@pytest.mark.technique(111, 112)
@pytest.mark.parametrize("framework", DIALECTS)
def test_dropout_scales_where_the_framework_does(framework):
    setting = next(iter(DIALECTS[framework]["Dropout"].settings))
    layer = nn.like(framework, "Dropout", **{setting: 0.25})
    x = bd.ones(1000)

    with bd.training():
        kept = float(layer(x).max())

    in_prediction = float(layer(x)[0])
    expected = (1.0, 0.75) if framework == "book" else (4 / 3, 1.0)
    assert (kept, in_prediction) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("framework", "slope"), [("torch", 0.01), ("keras", 0.3), ("lasagne", 0.01), ("dezero", 0.2)]
)
def test_the_slope_of_leaky_relu(framework, slope):
    assert float(nn.like(framework, "LeakyReLU")(bd.tensor(-1.0))) == pytest.approx(-slope)


def test_what_is_kept_is_one_minus_what_is_new():
    assert nn.like("keras", "BatchNorm", 2, momentum=0.9).momentum == 0.1
    assert nn.like("torch", "BatchNorm", 2, momentum=0.25).momentum == 0.25


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: nn.like("pytorch", "Dropout"), "unknown framework 'pytorch'"),
        (lambda: nn.like("book", "LeakyReLU"), "unknown layer of book 'LeakyReLU'"),
        (lambda: nn.like("keras", "Dropout", p=0.5), "unknown setting of keras's Dropout 'p'"),
    ],
)
def test_what_there_is_not_is_refused_by_name(call, words):
    with pytest.raises(RangeError, match=words):
        call()
