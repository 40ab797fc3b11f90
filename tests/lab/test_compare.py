"""The comparison: fair, repeatable, and right about what it was made to find."""

from __future__ import annotations

import json
import math
import re

import numpy as np
import pytest

import badak as bd
from badak import nn, optim
from badak.base.errors import BadakError, RangeError
from badak.data import Dataset, TrainTest
from badak.lab import arena, compare
from badak.lab.measurement import paired
from badak.lab.statistics import Verdict

QUICK = {"seeds": 5, "updates": 40, "progress": False, "base": {"layers": [6], "batch_size": 20}}
PAIR = {"low": {"lr": 1e-4}, "high": {"lr": 0.05}}


@pytest.fixture(scope="module")
def found():
    return compare(PAIR, "moons", target=0.7, **QUICK)


def test_rows_are_ranked_and_compared_with_the_first(found):
    rows = found.arm("as set")

    assert [(row.contender, row.rank) for row in rows] == [("high", 1), ("low", 2)]
    assert rows[0].mean > rows[1].mean
    assert rows[1].difference is None
    assert rows[0].difference.estimate == pytest.approx(rows[0].mean - rows[1].mean)
    assert rows[0].verdict is Verdict.SUPPORTED


def test_rows_follow_from_the_measurements(found):
    values = paired(found.measurements, "test accuracy", "moons, tuned", ["high", "low"])
    row = next(row for row in found.arm("tuned") if row.contender == "high")

    assert values.shape == (5, 2)
    assert row.mean == pytest.approx(values[:, 0].mean())
    assert row.difference.estimate == pytest.approx((values[:, 0] - values[:, 1]).mean())


def test_a_mere_difference_of_rates_goes_away_with_tuning(found):
    tuned = {row.contender: row.rate for row in found.arm("tuned")}

    assert tuned["low"] >= 0.01
    assert found.arm("as set")[0].difference.estimate > found.arm("tuned")[0].mean - 1.0
    gaps = {arm: found.arm(arm)[0].mean - found.arm(arm)[-1].mean for arm in found.verdicts}
    assert gaps["tuned"] < gaps["as set"] / 2


def test_the_same_comparison_comes_out_the_same(found):
    again = compare(PAIR, "moons", target=0.7, **QUICK)
    first, second = (
        [m for m in result.measurements if "seconds" not in m.measure] for result in (found, again)
    )

    assert first
    assert first == second


def test_equal_contenders_have_no_difference():
    found = compare({"one": {}, "same": {}}, "moons", tuned=False, **QUICK)
    row = next(row for row in found.rows if row.contender == "same")

    assert (row.difference.low, row.difference.high) == (0.0, 0.0)
    assert found.verdict is Verdict.REFUTED


def test_a_contender_that_breaks_down_is_a_row():
    wild = {"optimizer": "sgd", "lr": 1000.0, "init": 5.0, "layers": [50, 50, 50]}
    found = compare({"fine": {}, "wild": wild}, "moons", tuned=False, **QUICK)
    row = found.arm("as set")[-1]

    assert (row.contender, row.ended, row.verdict) == ("wild", 5, Verdict.REFUTED)
    assert math.isnan(row.mean)
    assert "5 of 5 broke down" in str(found)


def test_who_is_decided_gets_no_more_seeds():
    field = {"base": {"lr": 1e-4}, "far": {"lr": 0.05}, "near": {"lr": 1e-4, "draw": 1}}
    found = compare(field, "moons", tuned=False, **QUICK | {"seeds": (4, 6, 8), "updates": 60})
    seeds = {row.contender: row.seeds for row in found.rows}

    assert seeds == {"base": 8, "far": 4, "near": 8}


def test_what_is_interrupted_goes_on(tmp_path, monkeypatch):
    whole, trained = arena._train, []

    def counting(group, told):
        if len(trained) == 2:
            monkeypatch.setattr(arena, "_train", lambda g, t: trained.append(len(g)) or whole(g, t))
            raise KeyboardInterrupt
        trained.append(len(group))
        return whole(group, told)

    monkeypatch.setattr(arena, "_train", counting)
    with pytest.raises(KeyboardInterrupt):
        compare(PAIR, "moons", store=tmp_path / "lab.db", **QUICK)
    compare(PAIR, "moons", store=tmp_path / "lab.db", **QUICK)

    # Three seeds of 2 contenders and 8 rates to tune; then five of the final trainings.
    assert trained[:3] == [16, 16, 16]
    assert len(trained) == 8


def test_functions_take_part_and_are_tuned():
    def mine(lr=1e-4):
        net = nn.Sequential(nn.Linear(2, 6), nn.Tanh(), nn.Linear(6, 2))
        return bd.Trainer(net, "softmax_cross_entropy", optim.Adam(lr))

    found = compare({"recipe": {}, "mine": mine}, "moons", **QUICK)
    rates = {row.arm: row.rate for row in found.rows if row.contender == "mine"}

    assert rates["as set"] == 1e-4 < rates["tuned"]


def test_numbers_are_compared_by_their_loss():
    x = np.linspace(-1, 1, 60, dtype="f4")[:, None]
    data = TrainTest.of(Dataset(x, 3 * x[:, 0] + 1, name="line"))
    found = compare({"slow": {"lr": 1e-5}, "fast": {"lr": 0.05}}, data, tuned=False, **QUICK)

    assert found.criterion.measure == "test loss"
    assert [row.contender for row in found.rows] == ["fast", "slow"]
    assert found.rows[0].difference.estimate > 0


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: compare({"a": {}}, "xor"), "at least two contenders"),
        (lambda: compare({}, "xor"), "at least two contenders"),
        (lambda: compare({"a": {}, "b": {"optimizer": "adm"}}, "xor"), "did you mean 'adam'"),
        (lambda: compare(PAIR, "xor", seeds=1), "at least 2 seeds"),
        (lambda: compare(PAIR, "xor", seeds=(5, 3)), "rising"),
        (lambda: compare(PAIR, "xor", rates=[]), "no rate"),
        (lambda: compare(PAIR, "xor", rates=[0.0]), "rates"),
        (lambda: compare(PAIR, "xor", baseline="hi"), "did you mean 'high'"),
        (lambda: compare(PAIR, "xor", minimum=-1), "minimum"),
        (lambda: compare(PAIR, "xor", updates=0), "updates"),
        (lambda: compare(PAIR, "xor", measure="test accurracy"), "measure"),
        (lambda: compare({"a": {}, "b": lambda width: None}, "xor"), "needs a default"),
        (lambda: compare({"a": {}, "b": lambda: None}, "xor"), "makes a Trainer"),
        (lambda: compare({"a": {}, "b": {"model": "cnn"}}, "xor"), "images"),
    ],
)
def test_bad_input_is_named_before_anything_is_trained(call, words, monkeypatch):
    monkeypatch.setattr(arena.Population, "fit", None)  # whoever trains, fails otherwise
    with pytest.raises(BadakError) as caught:
        call()

    assert words in " ".join([str(caught.value), *getattr(caught.value, "__notes__", [])])


def test_json_holds_everything_and_no_number_that_json_has_not(found, tmp_path):
    tree = json.loads(found.to_json(tmp_path / "found.json"), parse_constant=pytest.fail)

    assert json.loads((tmp_path / "found.json").read_text()) == tree
    assert [row["contender"] for row in tree["rows"]] == [row.contender for row in found.rows]
    assert len(tree["measurements"]) == len(found.measurements)


def test_the_page_shows_verdict_rows_and_seeds(found, tmp_path):
    pytest.importorskip("matplotlib")
    page = found.to_html(tmp_path / "page.html")

    assert (tmp_path / "page.html").read_text() == page
    assert f"{found.verdict}</span>" in page
    assert page.count("<svg") == 4
    assert not re.findall(r"<(?:script|link|img|iframe)|@import|url\((?!#)", page)
    for row in found.rows:
        assert row.contender in page


@pytest.mark.parametrize("dark", [False, True])
def test_pictures_are_drawn_with_names_and_units(found, dark):
    pytest.importorskip("matplotlib")
    for picture in (found.plot(), found.plot_curves()):
        figure = picture.figure(dark=dark)

        assert all(axis.get_xlabel() for axis in figure.axes)
        assert len(figure.axes) == 2
        assert picture.csv().count("\n") == len(picture.rows) + 1


def test_no_seed_at_all_is_an_error():
    with pytest.raises(RangeError, match="seeds"):
        compare(PAIR, "xor", seeds=())
