"""Attribution: known effects are recovered, and shares add up."""

from __future__ import annotations

import numpy as np
import pytest

from badak.base.errors import RangeError
from badak.lab import ablate, ablation
from badak.lab.arena import Outcome
from badak.lab.recipe import Recipe

EFFECTS = {"decay": 0.03, "wide": 0.02, "dropout": -0.01, "noise": 0.0}
CHANGES = {
    "decay": {"weight_decay": 0.1},
    "wide": {"layers": [7]},
    "dropout": {"dropout": 0.2},
    "noise": {"input_noise": 0.3},
}


def pretended(pair=0.0, spread=0.0):
    """Outcomes of trials whose true effects are known; with an effect of one pair together."""

    def run(trials, store, told):
        def accuracy(trial):
            used = [n for n, change in CHANGES.items() if _has(trial.contender, change)]
            together = pair if {"decay", "wide"} <= set(used) else 0.0
            chance = spread * np.random.default_rng(trial.seed).standard_normal()
            return 0.5 + sum(EFFECTS[n] for n in used) + together + chance

        return [Outcome({"test accuracy": accuracy(trial)}, []) for trial in trials]

    return run


def _has(recipe, change):
    return not set(change) - set(recipe.differs(Recipe(layers=(5,))))


def shares(monkeypatch, **how):
    monkeypatch.setattr(ablation, "run", pretended(**how))
    found = ablate(CHANGES, "xor", base={"layers": [5]}, seeds=4, progress=False)
    return {share.technique: share for share in found.shares}, found


def test_additive_effects_are_recovered(monkeypatch):
    found, _ = shares(monkeypatch, spread=0.2)  # which all combinations of a seed share

    for name, effect in EFFECTS.items():
        for kind in ("alone", "last", "shapley"):
            assert getattr(found[name], kind).estimate == pytest.approx(effect, abs=1e-9)


def test_an_effect_of_two_is_shared_by_the_two(monkeypatch):
    found, _ = shares(monkeypatch, pair=0.04)

    assert found["decay"].alone.estimate == pytest.approx(0.03)
    assert found["decay"].last.estimate == pytest.approx(0.07)
    assert found["decay"].shapley.estimate == pytest.approx(0.05)
    assert found["noise"].shapley.estimate == pytest.approx(0.0)


def test_shares_add_up_to_the_whole(monkeypatch):
    found, whole = shares(monkeypatch, pair=0.04, spread=0.2)

    assert sum(s.shapley.estimate for s in found.values()) == pytest.approx(0.08)
    assert whole.whole.estimate == pytest.approx(0.08)
    assert [s.technique for s in whole.shares] == ["decay", "wide", "noise", "dropout"]


def test_many_techniques_are_sampled_and_still_add_up(monkeypatch):
    monkeypatch.setattr(ablation, "EXACT", 2)
    found, whole = shares(monkeypatch, pair=0.04)

    assert sum(s.shapley.estimate for s in found.values()) == pytest.approx(whole.whole.estimate)
    assert found["decay"].last.estimate == pytest.approx(0.07)


def test_real_trainings_give_a_table():
    found = ablate(
        {"fast": {"lr": 0.05}, "wide": {"layers": [20]}},
        "moons", base={"layers": [4], "lr": 1e-4}, seeds=2, updates=60, progress=False,
    )  # fmt: skip

    assert found.shares[0].technique == "fast"
    assert found.shares[0].last.estimate > 0.05
    assert "added last" in str(found)
    assert len(found.records()) == 2


@pytest.mark.parametrize(
    ("techniques", "seeds", "words"),
    [
        ({}, 3, "needs a technique"),
        ({"a": {"lr": 1.0}}, 1, "at least 2 seeds"),
        ({"a": {"lr": 1.0}, "b": {"lr": 2.0}}, 3, "two techniques change 'lr'"),
        ({"a": {"rate": 1.0}}, 3, "setting of a recipe"),
    ],
)
def test_what_cannot_be_attributed_is_refused(techniques, seeds, words):
    with pytest.raises(RangeError, match=words):
        ablate(techniques, "xor", seeds=seeds, progress=False)
