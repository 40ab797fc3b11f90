"""Figures that look at trained networks: their numbers fit together."""

from __future__ import annotations

import numpy as np
import pytest

import badak as bd
from badak.base.errors import RangeError, ShapeError, StateError
from badak.lab.drawing import DARK, LIGHT
from badak.lab.figures import (
    bias_variance,
    decision_boundary,
    filters,
    loss_landscape,
    sharpness,
)
from badak.lab.figures.first_layer import _mosaic
from badak.lab.figures.shade import mixed
from tests.lab.figures.quick import QUICK, SMALL


def test_the_map_of_a_trained_network_puts_rows_into_their_class():
    picture = decision_boundary("moons", hidden=(16,), epochs=60, resolution=40)
    places = [r for r in picture.rows if r["kind"] == "map"]
    at = np.array([[r["x"], r["y"]] for r in places])
    points = [r for r in picture.rows if r["kind"] == "row"]
    nearest = [np.abs(at - [r["x"], r["y"]]).sum(axis=1).argmin() for r in points]
    right = [places[i]["class"] == r["class"] for i, r in zip(nearest, points, strict=True)]

    assert len(places) == 1600
    assert len(points) == 300
    assert np.mean(right) > 0.97
    for row in places:
        assert row["p0"] + row["p1"] == pytest.approx(1, abs=2e-6)
        assert row["class"] == int(row["p1"] > row["p0"])


def test_training_makes_filters_larger_and_leaves_the_start_as_it_was_drawn():
    rows = filters(epochs=8, rows=300).rows
    before, after = (
        np.array([r["weight"] for r in rows if r["when"] == when]) for when in ("before", "after")
    )

    assert len(before) == len(after) == 16 * 25
    assert before.std() == pytest.approx(0.01, rel=0.1)
    assert after.std() > 4 * before.std()


def test_a_mosaic_holds_each_filter_in_its_place():
    whole = _mosaic(np.arange(3 * 2 * 2.0).reshape(3, 2, 2))

    expected = [[0, 1, None, 4, 5], [2, 3, None, 6, 7], [None] * 5, [8, 9] + [None] * 3]
    np.testing.assert_array_equal(whole[:4], np.array(expected, float))
    assert whole.shape == (5, 5)


@pytest.mark.parametrize("style", [LIGHT, DARK], ids=["light", "dark"])
def test_colours_mix_from_the_ground_to_the_hue(style):
    ends = mixed(style, np.array([[0.0, 0.0], [1.0, 0.0], [0.5, 0.0]]))

    assert ["#" + "".join(f"{round(255 * v):02x}" for v in c) for c in ends[:2]] == [
        style.paper.lower(), style.hue(0).lower()
    ]  # fmt: skip
    np.testing.assert_allclose(ends[2], (ends[0] + ends[1]) / 2)


@pytest.mark.technique(150)
def test_slices_and_plane_meet_at_the_network():
    rows = loss_landscape(**{**QUICK["loss-landscape"], "resolution": 5}).rows
    for network in ("batch 10", "batch 40"):
        own = [r for r in rows if r["network"] == network]
        middle = {r["set"]: r["loss"] for r in own if r["step"] == 0 == r.get("second step", 0)}

        assert middle["training"] == middle["training plane"] <= SMALL["target"]
        line = [r["loss"] for r in own if r["set"] == "training"]
        assert line == [r["loss"] for r in own if r.get("second step") == 0]


def test_all_networks_begin_alike_and_are_sliced_alike():
    rows = loss_landscape(**{**QUICK["loss-landscape"], "batch_sizes": (40, 40)}).rows
    half = len(rows) // 2

    assert rows[:half] == rows[half:]


def test_networks_with_batch_normalisation_stand_beside_those_without():
    rows = loss_landscape(**{**QUICK["loss-landscape"], "batch_norm": True}).rows

    assert list(dict.fromkeys(r["network"] for r in rows)) == [
        "batch 10", "batch 40", "batch 10, BatchNorm", "batch 40, BatchNorm"
    ]  # fmt: skip


def test_sharpness_is_measured_at_one_loss():
    rows = sharpness(**QUICK["sharpness"]).rows

    assert len(rows) == 2 * 4
    assert all(0.8 * SMALL["target"] < r["training loss"] <= SMALL["target"] for r in rows)
    assert all(r["value"] > 0 for r in rows if r["measure"] != "gap")


@pytest.mark.technique(135)
def test_the_error_is_the_sum_of_bias_variance_and_noise():
    rows = bias_variance(models=8, epochs=30).rows
    boards = [r for r in rows if r["kind"] == "board"]

    assert len(boards) == 4
    for board in boards:
        total = board["bias2"] + board["variance"] + board["noise"]
        assert abs(board["mse"] - total) < 3 * board["standard error"]
        assert 0 < board["standard error"] < 0.05 * total
        same = [r for r in rows if r["kind"] == "dart" and r["units"] == board["units"]]
        darts = np.array([[r["first"], r["second"]] for r in same if r["rows"] == board["rows"]])
        truth = np.array([board["first"], board["second"]])
        assert board["bias2"] == pytest.approx(np.mean((darts.mean(0) - truth) ** 2))
        assert board["variance"] == pytest.approx(np.mean((darts - darts.mean(0)) ** 2))
        np.testing.assert_allclose(truth, np.sin([-1.6, 0.8]))


@pytest.mark.technique(134)
def test_the_four_boards_are_what_they_are_drawn_for():
    rows = bias_variance(models=12, epochs=100).rows
    boards = {(r["units"], r["rows"]): r for r in rows if r["kind"] == "board"}

    for count in (200, 15):
        assert boards[0, count]["bias2"] > 10 * boards[30, count]["bias2"]
    for units in (0, 30):
        assert boards[units, 15]["variance"] > 2 * boards[units, 200]["variance"]


@pytest.mark.parametrize(
    ("make", "given", "kind", "words"),
    [
        (decision_boundary, {"data": "digits"}, RangeError, "does not lie in the plane"),
        (decision_boundary, {"data": "mons"}, RangeError, "did you mean 'moons'"),
        (decision_boundary, {"resolution": 0}, RangeError, "resolution"),
        (filters, {"data": "moons"}, RangeError, "flat|images"),
        (loss_landscape, {"data": "sine"}, RangeError, "no classes"),
        (loss_landscape, {"reach": 0.0}, RangeError, "reach"),
        (loss_landscape, {"batch_sizes": ()}, RangeError, "no batch size"),
        (sharpness, {"batch_sizes": ()}, RangeError, "no batch size"),
        (bias_variance, {"at": (1.0,)}, ShapeError, "two inputs"),
        (bias_variance, {"at": (9.0, 0.0)}, RangeError, "at is out of range"),
        (bias_variance, {"units": ()}, RangeError, "no kind of model"),
        (bias_variance, {"sigma": -1.0}, RangeError, "sigma"),
    ],
)
def test_bad_arguments_are_named(make, given, kind, words):
    with pytest.raises(kind, match=words):
        make(**given)


def test_a_loss_that_is_not_reached_is_an_error(monkeypatch):
    monkeypatch.setattr("badak.lab.matched._FAR", 3000)
    with pytest.raises(StateError, match="has not come down"):
        sharpness(**{**SMALL, "target": 1e-9, "lr": 1e-9, "seeds": 1})


def test_a_figure_does_not_disturb_the_random_numbers_of_others():
    bd.set_seed(3)
    first = bd.nn.Linear(2, 2).weight.tolist()
    bd.set_seed(3)
    decision_boundary(**QUICK["decision-boundary"])

    assert bd.nn.Linear(2, 2).weight.tolist() == first
