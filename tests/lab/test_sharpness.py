"""Sharpness: dense Hessians, all corners of a box, and networks that are rescaled."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import badak as bd
from badak import nn
from badak.base.errors import RangeError
from badak.lab.directions import filter_direction, losses_along, unit_norms
from badak.lab.sharpness import keskar, scale_invariant, top_eigenvalue


def tiny(seed=0, hidden=4):
    """A network of ReLUs in float64, and some rows."""
    with bd.seeded(seed):
        net = nn.mlp(3, [hidden], 2).to("float64")
    net.parameters()["0.bias"].assign(np.linspace(0.1, 0.4, hidden))
    random = np.random.default_rng(seed)
    rows = bd.data.Dataset(random.normal(size=(20, 3)), random.integers(0, 2, 20), dtype="float64")
    return bd.Trainer(net, progress=False), rows


def rescaled(trainer):
    """The same function: the first layer times c, the second divided by c."""
    params = trainer.net.parameters()
    for name, factor in {"0.weight": 7, "0.bias": 7, "2.weight": 1 / 7}.items():
        params[name].assign(params[name].numpy() * factor)
    return trainer


def dense_hessian(trainer, rows):
    """By central differences of gradients."""
    params = trainer.net.parameters()

    def gradient():
        loss = trainer.loss(trainer.net(trainer.tensor(rows.x)), trainer.tensor(rows.t))
        return np.concatenate([g.numpy().ravel() for g in bd.grad(loss, params).values()])

    columns = []
    for x in params.values():
        for place in np.ndindex(x.shape):
            kept, both = x.numpy(), []
            for step in (1e-5, -1e-5):
                moved = kept.copy()
                moved[place] += step
                x.assign(moved)
                both.append(gradient())
            x.assign(kept)
            columns.append((both[0] - both[1]) / 2e-5)
    return np.array(columns)


@pytest.mark.technique(149)
@pytest.mark.parametrize("hidden", [2, 8], ids=["all at once", "by iteration"])
def test_the_top_eigenvalue_is_that_of_the_dense_hessian(hidden):
    trainer, rows = tiny(hidden=hidden)
    expected = np.linalg.eigvalsh(dense_hessian(trainer, rows))[-1]

    assert top_eigenvalue(trainer, rows) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("hidden", [2, 8], ids=["all at once", "by iteration"])
def test_the_invariant_measure_is_the_hessian_in_lengths_of_units(hidden):
    trainer, rows = tiny(hidden=hidden)
    weights = [x.numpy() for x in trainer.net.parameters().values()]
    d = np.concatenate([unit_norms(weight).ravel() for weight in weights])
    expected = np.linalg.eigvalsh(d[:, None] * dense_hessian(trainer, rows) * d)[-1]

    assert scale_invariant(trainer, rows) == pytest.approx(expected, rel=1e-6)


@pytest.mark.technique(149)
def test_keskars_measure_is_at_the_best_corner_of_the_box():
    """The loss of a linear network is convex, so its maximum over a box is at a corner."""
    random = np.random.default_rng(0)
    net = nn.Linear(3, 2).to("float64")
    rows = bd.data.Dataset(random.normal(size=(9, 3)), random.integers(0, 2, 9), dtype="float64")
    trainer = bd.Trainer(net, progress=False)
    box = {n: 0.3 * (np.abs(x.numpy()) + 1) for n, x in net.parameters().items()}
    losses = []
    for signs in itertools.product([-1.0, 1.0], repeat=8):
        flat = {"weight": np.reshape(signs[:6], (3, 2)), "bias": np.array(signs[6:])}
        step = {name: box[name] * flat[name] for name in box}
        losses.append(losses_along(trainer, rows, [step], np.array([[1.0]]))[0])
    base = losses_along(trainer, rows, [], np.empty((1, 0)))[0]

    expected = 100 * (max(losses) - base) / (1 + base)
    assert keskar(trainer, rows, epsilon=0.3) == pytest.approx(expected, rel=1e-12)


def test_keskars_measure_climbs_from_corner_to_corner():
    """Of a quadratic loss around its minimum: mostly the first corner is the last, not always."""
    climbs = []
    for seed in range(8):
        random = np.random.default_rng(seed)
        x = random.normal(size=(4, 12))
        net = nn.Linear(12, 1, bias=False).to("float64")
        net.weight.assign(random.normal(size=(12, 1)) * 1e-9)
        trainer = bd.Trainer(net, "mean_squared_error", progress=False)
        rows = bd.data.Dataset(x, np.zeros((4, 1)), dtype="float64")
        found = [keskar(trainer, rows, 0.1, starts=0, rounds=n) for n in (1, 2, 3, 10)]
        assert found == sorted(found)
        climbs.append(found[-1] / found[0])

    assert max(climbs) > 1.01


def test_rescaled_layers_compute_the_same():
    trainer, rows = tiny()
    before = trainer.predict(rows)

    np.testing.assert_allclose(rescaled(trainer).predict(rows), before, rtol=1e-12)


@pytest.mark.parametrize(
    ("measure", "invariant"),
    [(top_eigenvalue, False), (keskar, False), (scale_invariant, True)],
    ids=["top eigenvalue", "keskar", "scale invariant"],
)
def test_only_one_measure_survives_rescaling(measure, invariant):
    """Dinh et al., "Sharp Minima Can Generalize For Deep Nets" (2017)."""
    trainer, rows = tiny(hidden=8)
    before = measure(trainer, rows)
    after = measure(rescaled(trainer), rows)

    assert (abs(after / before - 1) < 1e-6) == invariant
    assert abs(after / before - 1) > 0.5 or invariant


def test_slices_along_filter_normalised_directions_survive_rescaling():
    trainer, rows = tiny()
    steps = np.linspace(-1, 1, 5)[:, None]
    slices = []
    for one in (trainer, rescaled(tiny()[0])):
        slices.append(losses_along(one, rows, [filter_direction(one.net, seed=1)], steps))

    np.testing.assert_allclose(*slices, rtol=1e-10)
    assert np.ptp(slices[0]) > 0.1


@pytest.mark.parametrize("measure", [top_eigenvalue, keskar, scale_invariant])
def test_a_measure_leaves_the_network_as_it_was(measure):
    trainer, rows = tiny()
    before = trainer.net.state_dict()
    first = measure(trainer, rows)

    assert measure(trainer, rows) == first
    for name, values in trainer.net.state_dict().items():
        np.testing.assert_array_equal(values, before[name])


def test_batch_normalisation_is_measured_with_its_running_statistics():
    with bd.seeded(0):
        net = nn.mlp(3, [5], 2, batch_norm="before")
    trainer, (_, rows) = bd.Trainer(net, progress=False), tiny()
    buffers = {name: x.numpy() for name, x in net.buffers().items()}

    assert scale_invariant(trainer, rows) > 0
    assert keskar(trainer, rows) > 0
    for name, x in net.buffers().items():
        np.testing.assert_array_equal(x.numpy(), buffers[name])


@pytest.mark.parametrize("shape", [(4, 3), (3, 2, 5, 5)], ids=["linear", "convolution"])
def test_a_direction_moves_each_unit_by_its_own_length(shape):
    layer = nn.Linear(4, 3) if len(shape) == 2 else nn.Conv2d(2, 3, 5)
    direction = filter_direction(layer, seed=3)
    axes = (0,) if len(shape) == 2 else (1, 2, 3)
    lengths = [np.sqrt((w**2).sum(axes)) for w in (direction["weight"], layer.weight.numpy())]

    np.testing.assert_allclose(*lengths, rtol=1e-5)
    assert not direction["bias"].any()
    other = filter_direction(layer, seed=3, number=1)
    assert not np.array_equal(other["weight"], direction["weight"])


def test_the_unit_of_a_convolution_is_a_whole_filter():
    weight = np.random.default_rng(0).normal(size=(3, 2, 5, 5))
    expected = np.linalg.norm(weight.reshape(3, -1), axis=1)

    assert unit_norms(weight).shape == weight.shape
    np.testing.assert_allclose(unit_norms(weight)[:, 1, 4, 0], expected)
    np.testing.assert_allclose(unit_norms(weight).std(axis=(1, 2, 3)), 0, atol=1e-12)


def test_losses_along_two_directions_add_their_steps():
    trainer, rows = tiny()
    one, two = (filter_direction(trainer.net, 0, number) for number in range(2))
    both = {name: 0.5 * one[name] - 2 * two[name] for name in one}

    together = losses_along(trainer, rows, [one, two], np.array([[0.5, -2.0]]))
    np.testing.assert_allclose(
        together, losses_along(trainer, rows, [both], np.array([[1.0]])), rtol=1e-12
    )


@pytest.mark.parametrize("given", [{"epsilon": 0}, {"epsilon": -1}, {"rounds": 0}])
def test_bad_settings_of_keskars_measure_are_named(given):
    with pytest.raises(RangeError, match=next(iter(given))):
        keskar(*tiny(), **given)
