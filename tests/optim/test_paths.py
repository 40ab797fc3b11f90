"""The paths of the textbook on f = x^2 / 20 + y^2, from (-7, 2), thirty steps each."""

from __future__ import annotations

import numpy as np
import pytest

import badak as bd
from badak import nn, optim

# optimizer, its settings, end point, how often y changes its sign, length of the path
PATHS = [
    (optim.SGD, {"lr": 0.95}, (-0.350393, 0.084782), 30, 36.99),
    (optim.Momentum, {"lr": 0.1}, (0.896414, 0.088086), 4, 12.80),
    (optim.SGD, {"lr": 0.1, "momentum": 0.9}, (0.896414, 0.088086), 4, 12.80),
    (optim.AdaGrad, {"lr": 1.5}, (-0.120162, 0.000000), 0, 7.58),
    (optim.RMSProp, {"lr": 0.01, "alpha": 0.5}, (-6.693383, 1.694489), 0, None),
    (optim.Adadelta, {"rho": 0.95, "eps": 1e-6}, (-6.858961, 1.861768), 0, None),
    (optim.Adam, {"lr": 0.3}, (0.136015, 0.318245), 2, 8.30),
    (optim.Adam, {"lr": 0.3, "eps": 1e-7, "eps_at": "hat"}, (0.136007, 0.318245), 2, 8.30),
]


def path(optimizer, steps=30):
    """The points from the start on: (steps + 1, 2)."""
    params = {"x": bd.parameter(-7.0, "float64"), "y": bd.parameter(2.0, "float64")}
    points = [(-7.0, 2.0)]
    for _ in range(steps):
        f = params["x"] ** 2 / 20 + params["y"] ** 2
        optimizer.update(params, bd.grad(f, params))
        points.append((float(params["x"]), float(params["y"])))
    return np.array(points)


@pytest.mark.technique(60, 63, 64, 67, 69, 70, 71, 75)
@pytest.mark.parametrize(("make", "settings", "end", "turns", "length"), PATHS, ids=str)
def test_the_path_ends_turns_and_measures_as_in_the_textbook(make, settings, end, turns, length):
    points = path(make(**settings))

    np.testing.assert_allclose(points[-1], end, atol=5e-7)
    assert (np.diff(np.sign(points[:, 1])) != 0).sum() == turns
    if length is not None:
        walked = np.hypot(*np.diff(points, axis=0).T).sum()
        assert walked == pytest.approx(length, abs=5e-3)


@pytest.mark.technique("66b")
@pytest.mark.parametrize(("lr", "y"), [(0.95, 0.0848), (1.0, 2.0), (1.05, 34.9)])
def test_gradient_descent_is_stable_below_2_over_the_largest_curvature(lr, y):
    assert path(optim.SGD(lr))[-1, 1] == pytest.approx(y, rel=1e-3)


@pytest.mark.technique("66b")
@pytest.mark.parametrize("compile", [False, True])
def test_a_training_that_diverges_ends_with_a_report(compile):
    x = np.linspace(-1, 1, 20)[:, None]
    trainer = bd.Trainer(
        nn.Linear(1, 1), "mean_squared_error", optim.SGD(5.0), compile=compile, progress=False
    )

    with pytest.raises(bd.NotFiniteError, match=r"lower learning rate \(now 5\)"):
        trainer.fit(x, x, epochs=200, batch_size=10)

    assert all(np.isfinite(w.numpy()).all() for w in trainer.net.parameters().values())
