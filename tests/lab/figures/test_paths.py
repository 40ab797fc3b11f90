"""The paths of optimizers: the textbook's numbers, exact arithmetic, PyTorch."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import torch

from badak.base.errors import RangeError, ShapeError
from badak.lab.figures import optimizer_paths, surfaces
from badak.lab.figures.paths import Walk
from badak.lab.figures.surface import SURFACES

BOOK = {  # end point, sign flips of y, length of the path, f at the end
    "sgd": ((-0.350393, 0.084782), 30, 36.99, 0.0133),
    "momentum": ((0.896414, 0.088086), 4, 12.80, 0.0479),
    "adagrad": ((-0.120162, 0.0), 0, 7.58, 7.2e-4),
    "adam": ((0.136015, 0.318245), 2, 8.30, 0.102),
}


def walk_of(rows, optimizer):
    chosen = [row for row in rows if row["optimizer"] == optimizer]
    points = np.array([[row["x"], row["y"]] for row in chosen])
    return Walk(optimizer, chosen[0]["lr"], points, np.array([row["f"] for row in chosen]))


@pytest.fixture(scope="module")
def book():
    return optimizer_paths()


@pytest.mark.parametrize("name", BOOK)
def test_the_textbooks_paths_come_out(book, name):
    end, flips, length, height = BOOK[name]
    walk = walk_of(book.rows, name)

    assert len(walk.points) == 31
    np.testing.assert_allclose(walk.points[0], [-7.0, 2.0])
    np.testing.assert_allclose(walk.points[-1], end, atol=6e-7)
    assert walk.flips == flips
    assert walk.length == pytest.approx(length, abs=0.006)
    assert walk.heights[-1] == pytest.approx(height, rel=0.01)


@pytest.mark.parametrize(
    ("ys", "flips"), [([2, 1, 3], 0), ([1e-3, -1e-3, 1e-3], 2), ([1, -1e-15, 1e-15, 0, -1], 1)]
)
def test_flips_are_counted_but_for_rounding_at_the_minimum(ys, flips):
    points = np.stack([np.zeros(len(ys)), ys], axis=1)

    assert Walk("sgd", 0.1, points, points[:, 1]).flips == flips


def test_sgd_walks_as_exact_arithmetic_says(book):
    x, y, lr = Fraction(-7), Fraction(2), Fraction(95, 100)
    for _ in range(30):
        x, y = x - lr * x / 10, y - lr * 2 * y

    np.testing.assert_allclose(
        walk_of(book.rows, "sgd").points[-1], [float(x), float(y)], rtol=1e-12
    )


@pytest.mark.parametrize("surface", SURFACES)
def test_momentum_walks_as_pytorchs(surface):
    ground = SURFACES[surface]
    picture = optimizer_paths(surface, optimizers=["momentum"], steps=40)
    point = torch.tensor(ground.start, dtype=torch.float64, requires_grad=True)
    rule = torch.optim.SGD([point], lr=ground.rates["momentum"], momentum=0.9)
    for _ in range(40):
        rule.zero_grad()
        torch_surface(surface, *point).backward()
        rule.step()

    last = walk_of(picture.rows, "momentum").points[-1]
    np.testing.assert_allclose(last, point.detach().numpy(), rtol=1e-9, atol=1e-12)


def torch_surface(name, x, y):
    pi = torch.pi
    return {
        "valley": lambda: x**2 / 20 + y**2,
        "saddle": lambda: x**2 - y**2,
        "rosenbrock": lambda: (1 - x) ** 2 + 100 * (y - x**2) ** 2,
        "rastrigin": lambda: (
            20 + x**2 - 10 * torch.cos(2 * pi * x) + y**2 - 10 * torch.cos(2 * pi * y)
        ),
    }[name]()


@pytest.mark.parametrize("surface", SURFACES.values(), ids=list(SURFACES))
def test_a_surface_is_flat_and_lowest_at_its_minima(surface):
    _, _, heights = surface.heights(41)
    for minimum in surface.minima:
        point = np.array(minimum)
        assert surface.at(point) <= heights.min() + 1e-12
        np.testing.assert_allclose(surface.slope(point), 0, atol=1e-12)
    assert surface.window[0] < surface.start[0] < surface.window[1]
    assert surface.window[2] < surface.start[1] < surface.window[3]


@pytest.mark.parametrize(("surface", "name"), [(s, n) for s in SURFACES for n in SURFACES[s].rates])
def test_every_learning_rate_of_a_surface_leads_down(surface, name):
    ground = SURFACES[surface]
    heights = ground.at(ground.walk(name, ground.rate(name)))

    assert np.isfinite(heights).all()
    assert heights[-1] < 0.5 * heights[0]


def test_on_the_ridge_itself_nothing_leaves_the_saddle():
    rows = optimizer_paths("saddle", ["momentum"], start=(-1.8, 0.0)).rows

    assert {row["y"] for row in rows} == {0.0}


def test_surfaces_has_every_walk_with_its_heights():
    rows = surfaces(["rosenbrock"], ["adam", "sgd"]).rows

    assert len(rows) == 2 * (SURFACES["rosenbrock"].steps + 1)
    for row in rows[::50]:
        x, y = row["x"], row["y"]
        assert row["f"] == pytest.approx((1 - x) ** 2 + 100 * (y - x * x) ** 2)


@pytest.mark.parametrize(
    ("given", "kind", "words"),
    [
        ({"surface": "valey"}, RangeError, "did you mean 'valley'"),
        ({"optimizers": ["adm"]}, RangeError, "did you mean 'adam'"),
        ({"optimizers": ["muon"]}, RangeError, "give rates"),
        ({"optimizers": []}, RangeError, "no optimizer"),
        ({"rates": [0.1]}, ShapeError, "expected  4"),
        ({"start": [1.0]}, ShapeError, "point of the plane"),
        ({"start": [float("nan"), 1.0]}, RangeError, "start"),
        ({"steps": 0}, RangeError, "steps"),
    ],
)
def test_bad_arguments_are_named(given, kind, words):
    with pytest.raises(kind, match=words):
        optimizer_paths(**given)
