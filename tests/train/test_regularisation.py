"""What normalisation and regularisation do to a training, on few handwritten digits."""

from __future__ import annotations

import functools

import numpy as np
import pytest

import badak as bd
from badak import nn, optim

DIGITS = bd.data.load("digits")
CE = nn.SoftmaxCrossEntropy()


def few_rows(count=300, wrong=0.2):
    """Some rows, of which a part has labels drawn at random: to learn these is to overfit."""
    random = np.random.default_rng(9)
    t = np.array(DIGITS.train.t[:count])
    chosen = random.random(count) < wrong
    t[chosen] = random.integers(0, 10, chosen.sum())
    return bd.data.Dataset(DIGITS.train.x[:count], t)


@functools.cache
def overfitted(seed, decay=0.0, dropout=0.0):
    """A network with far more weights than rows, trained for long, on the rows and on others."""
    with bd.seeded(seed):
        net = nn.mlp(64, [100] * 3, 10, dropout=dropout)
    loss = nn.Penalised(CE, nn.L2(net, decay))
    trainer = bd.Trainer(net, loss, optim.SGD(0.1), ["accuracy"], seed=seed, progress=False)
    trainer.fit(few_rows(), epochs=200, batch_size=50)
    trainer.loss = CE
    return trainer, trainer.evaluate(few_rows()), trainer.evaluate(DIGITS.test)


@pytest.fixture(scope="module", autouse=True)
def _forget():
    yield
    overfitted.cache_clear()


def gap(seed, **settings):
    _, train, test = overfitted(seed, **settings)
    return train["accuracy"] - test["accuracy"]


both_seeds = pytest.mark.parametrize("seed", [0, 1])


@pytest.mark.technique(105)
@both_seeds
def test_many_weights_learn_few_rows_by_heart(seed):
    _, train, test = overfitted(seed)

    assert train["accuracy"] == 1.0
    assert test["accuracy"] < 0.8


@pytest.mark.technique(108)
@both_seeds
def test_weight_decay_shrinks_the_gap(seed):
    _, train, test = overfitted(seed, decay=0.03)

    assert train["accuracy"] < 0.9
    assert gap(seed, decay=0.03) < 0.1 < 0.2 < gap(seed)
    assert test["accuracy"] > overfitted(seed)[2]["accuracy"] + 0.05


@pytest.mark.technique(113)
@both_seeds
def test_dropout_shrinks_the_gap_and_keeps_training_below_1(seed):
    _, train, test = overfitted(seed, dropout=0.5)

    assert train["accuracy"] < 0.95
    assert gap(seed, dropout=0.5) < 0.1 < 0.2 < gap(seed)
    assert test["accuracy"] > overfitted(seed)[2]["accuracy"] + 0.05


@pytest.mark.technique(117)
def test_little_dropout_changes_little_and_much_learns_nothing():
    rates = [0.0, 0.01, 0.3, 0.9]

    fits = [overfitted(0, dropout=rate)[1]["accuracy"] for rate in rates]

    assert fits[0] - fits[1] < 0.03
    assert fits[1] > fits[2] + 0.03 > fits[3] + 0.3
    assert fits[3] < 0.5


@pytest.mark.technique(109)
@both_seeds
def test_weight_decay_makes_the_function_smooth(seed):
    slopes = []
    for decay in (0.0, 0.01, 0.03):
        net = overfitted(seed, decay=decay)[0].net
        x = bd.parameter(DIGITS.test.x)
        g = bd.grad(net(x).max(axis=1).sum(), x).numpy()
        slopes.append(np.linalg.norm(g, axis=1).mean())

    assert all(np.diff(slopes) < 0)
    assert slopes[-1] < 0.5 * slopes[0]


def hidden(net, layer, x):
    """What a layer of a network gives, without the units that are always off."""
    seen = []
    with nn.observing(lambda m, _, y: seen.append(y.numpy()) if m is net[layer] else None):
        net(bd.tensor(x))
    return seen[0][:, seen[0].std(0) > 1e-6]


@pytest.mark.technique(115)
@both_seeds
def test_dropout_makes_features_less_alike(seed):
    alike = {}
    for rate in (0.0, 0.5):
        features = hidden(overfitted(seed, dropout=rate)[0].net, 1, DIGITS.test.x)
        table = np.corrcoef(features.T)
        alike[rate] = np.abs(table[np.triu_indices(len(table), 1)]).mean()

    assert alike[0.5] < alike[0.0] - 0.02


@pytest.mark.technique(114)
def test_scaled_weights_predict_as_the_mean_of_many_masks():
    trainer, _, _ = overfitted(0, dropout=0.5)
    scaled = bd.softmax(trainer.predict(DIGITS.test)).numpy()

    samples = bd.softmax(trainer.sample(DIGITS.test, samples=1000)).numpy()

    mean = samples.mean(axis=0)
    assert abs(accuracy(scaled) - accuracy(mean)) < 0.02
    assert accuracy(scaled) > np.mean([accuracy(one) for one in samples[:20]]) + 0.05
    assert divergence(mean, scaled) < 0.5 * np.mean([divergence(mean, one) for one in samples[:20]])


def accuracy(shares):
    return (shares.argmax(axis=1) == DIGITS.test.t).mean()


def divergence(true, other):
    """The mean Kullback-Leibler divergence of rows of probabilities."""
    return (true * np.log(true / other)).sum(axis=1).mean()


# Normalisation.


def loss_after(epochs, net, x, lr):
    settings = {"progress": False, "compile": False}  # NumPy is done before it is compiled
    trainer = bd.Trainer(net, CE, optim.SGD(lr), ["accuracy"], **settings)
    trainer.fit(x, DIGITS.train.t, epochs=epochs, batch_size=50)
    return trainer.evaluate(x, DIGITS.train.t)


@pytest.mark.technique(98)
def test_batch_norm_learns_from_any_scale_of_first_weights():
    found = {}
    for order, std in [(None, 0.003), ("before", 0.003), ("before", 0.3), ("after", 0.003)]:
        with bd.seeded(0):
            net = nn.mlp(64, [50] * 4, 10, batch_norm=order, init=nn.init.Normal(std))
        found[order, std] = loss_after(4, net, DIGITS.train.x, 0.05)["accuracy"]

    assert found.pop((None, 0.003)) < 0.2
    assert min(found.values()) > 0.85


def badly_scaled(x):
    """Pixels in units between 0.1 and 10, far from 0."""
    units = 10 ** np.random.default_rng(0).uniform(-1, 1, x.shape[1])
    return (x * units + 3 * units).astype(np.float32)


@pytest.mark.technique(104)
def test_standardised_data_help_less_than_batch_norm_and_both_most():
    raw = badly_scaled(DIGITS.train.x[:, DIGITS.train.x.std(0) > 0])
    standard = bd.data.standardize(raw)(raw)
    losses = {}
    for name, x, order in [
        ("neither", raw, None),
        ("data", standard, None),
        ("batches", raw, "before"),
        ("both", standard, "before"),
    ]:
        with bd.seeded(0):
            net = nn.mlp(61, [100] * 3, 10, batch_norm=order, init=nn.init.Normal(0.05))
        losses[name] = loss_after(5, net, x, 0.01)["loss"]

    assert losses["both"] < losses["batches"] - 0.1
    assert losses["batches"] < min(losses["data"], losses["neither"]) - 0.5


@pytest.mark.technique(99)
def test_standardised_data_make_the_valley_of_a_linear_model_round():
    raw = badly_scaled(DIGITS.train.x[:, 18:24])

    def condition(x):
        layer, target = nn.Linear(6, 1, bias=False).to("float64"), np.zeros((len(x), 1))
        w = layer.weight
        slope = bd.grad(nn.MeanSquaredError()(layer(x), target), w, create_graph=True)
        hessian = [bd.grad(slope[i, 0], w).numpy().ravel() for i in range(6)]
        np.testing.assert_allclose(hessian, 2 * x.T @ x / len(x), rtol=1e-9, atol=1e-12)
        return np.linalg.cond(hessian)

    raw = raw.astype(float)
    standard = (raw - raw.mean(0)) / raw.std(0)

    assert condition(standard) < 10
    assert condition(raw) > 1000


@pytest.mark.technique(100)
@pytest.mark.parametrize("activation", ["sigmoid", "relu"])
def test_batch_norm_holds_the_inputs_of_a_layer_still(activation):
    drifts = {}
    for order in (None, "before"):
        with bd.seeded(0):
            net = nn.mlp(64, [50] * 4, 10, activation, batch_norm=order)
        drifts[order] = drift(net, type(nn.activation.get(activation)))

    assert drifts["before"] < 0.1 * drifts[None]


def drift(net, kind):
    """How far mean and spread of the last activation's inputs move at each step, on average."""
    last = [module for module in net if isinstance(module, kind)][-1]
    params, optimizer, moved, before = net.parameters(), optim.SGD(0.1), [], None
    for step in range(30):
        rows = slice(45 * step, 45 * step + 45)
        with bd.training():
            value = CE(net(bd.tensor(DIGITS.train.x[rows])), DIGITS.train.t[rows])
        optimizer.update(params, bd.grad(value, params))
        now = inputs_of(last, net)
        if before:
            moved += [np.abs(now[i] - before[i]).mean() / before[1].mean() for i in (0, 1)]
        before = now
    return np.mean(moved)


def inputs_of(layer, net):
    """Mean and spread of what a layer takes in, in training, for the same rows each time."""
    seen, state = [], net.state_dict()

    def look(module, inputs, output):
        if module is layer:
            seen.append(inputs[0].numpy())

    with nn.observing(look), bd.training():
        net(bd.tensor(DIGITS.train.x[:200]))
    net.load_state_dict(state)
    return seen[0].mean(0), seen[0].std(0)
