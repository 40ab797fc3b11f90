"""The arena: members train as they would alone, are kept, and are not trained twice."""

from __future__ import annotations

import math

import pytest

from badak.lab import arena
from badak.lab.arena import Forgetful, Outcome, Trial, run
from badak.lab.recipe import Recipe
from badak.lab.store import Store
from badak.lab.task import Task

TASK = Task("xor", updates=30, target=0.6)
RECIPES = {"a": Recipe(layers=(5,)), "b": Recipe(layers=(5,), lr=0.1), "c": Recipe(batch_size=7)}


def trials(final=True, seeds=(0, 1), recipes=RECIPES, task=TASK):
    return [Trial(n, r, task, seed, final) for seed in seeds for n, r in recipes.items()]


def test_together_is_as_alone():
    together = run(trials(), Forgetful())
    alone = [run([trial], Forgetful())[0] for trial in trials()]

    assert [o.values for o in together] == [o.values for o in alone]
    assert [o.curve for o in together] == [o.curve for o in alone]


def test_what_is_kept_is_not_trained_again(tmp_path, monkeypatch):
    store = Store(tmp_path / "lab.db")
    first = run(trials(), store)
    monkeypatch.setattr(arena, "_train", None)  # whoever trains now, fails

    assert [o.values for o in run(trials(), store)] == [o.values for o in first]


def test_an_interrupted_run_keeps_what_is_done(tmp_path, monkeypatch):
    store, whole = Store(tmp_path / "lab.db"), arena._train
    trained = []

    def interrupted(group, told):
        if trained:
            raise KeyboardInterrupt
        trained.extend(group)
        return whole(group, told)

    monkeypatch.setattr(arena, "_train", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(trials(), store)
    monkeypatch.setattr(
        arena, "_train", lambda group, told: trained.extend(group) or whole(group, told)
    )
    run(trials(), store)

    assert sorted((t.name, t.seed) for t in trained) == sorted((t.name, t.seed) for t in trials())


def test_a_trial_that_is_there_twice_is_trained_once(monkeypatch):
    sizes, whole = [], arena._train
    monkeypatch.setattr(
        arena, "_train", lambda group, told: sizes.append(len(group)) or whole(group, told)
    )
    first, second = run(trials(seeds=[0], recipes={"a": RECIPES["a"]}) * 2, Forgetful())

    assert sizes == [1]
    assert first.values == second.values


@pytest.mark.parametrize(
    "change",
    [
        {"contender": Recipe(layers=(6,))}, {"seed": 1}, {"final": False},
        {"task": Task("xor", updates=31)}, {"contender": Recipe(layers=(5,), lr=0.5)},
    ],
    ids=lambda change: str(next(iter(change))),
)  # fmt: skip
def test_the_key_tells_trials_apart(change):
    usual = {"name": "a", "contender": RECIPES["a"], "task": TASK, "seed": 0, "final": True}

    assert Trial(**usual).key == Trial(**usual | {"name": "z"}).key
    own = RECIPES["a"].with_rate(RECIPES["a"].rate)
    assert Trial(**usual).key == Trial(**usual | {"contender": own}).key
    assert Trial(**usual).key != Trial(**usual | change).key


def test_test_rows_are_looked_at_in_final_trials_alone():
    tuning, final = (
        run(trials(final, seeds=[0]), Forgetful())[0].values for final in (False, True)
    )

    assert not any("test" in name for name in tuning)
    assert {"test accuracy", "test loss", "train accuracy", "gap"} <= final.keys()
    assert final["gap"] == final["train accuracy"] - final["test accuracy"]


def test_a_training_that_breaks_down_is_an_outcome():
    wild = {
        "wild": Recipe(optimizer="sgd", lr=1000.0, init=5.0, layers=(50, 50, 50)),
        "tame": RECIPES["a"],
    }
    wild, tame = run(trials(seeds=[0], recipes=wild), Forgetful())

    assert "finite" in wild.ended or "loss" in wild.ended
    assert tame.ended == ""


def test_looks_tell_when_the_target_was_reached():
    easy, never = (
        run(trials(seeds=[0], task=Task("xor", updates=40, target=target)), Forgetful())[0]
        for target in (0.01, 1.1)
    )

    assert easy.values["updates to target"] == easy.curve[0]["updates"] == 2
    assert never.values["updates to target"] == math.inf
    assert [point["updates"] for point in easy.curve] == list(range(2, 41, 2))


def test_all_updates_are_told():
    told = []
    run(trials(), Forgetful(), told.append)

    assert sum(told) == 6 * 30


def test_an_outcome_survives_the_store(tmp_path):
    outcome = Outcome({"test loss": math.inf}, [{"updates": 5, "validation loss": 1.5}], "broke")
    store = Store(tmp_path / "lab.db")
    store.keep("key", outcome.as_json())

    assert Outcome.from_json(store.find("key")) == outcome


def test_another_draw_is_another_training():
    one, same, other = run(
        trials(seeds=[0], recipes={"a": Recipe(), "b": Recipe(), "c": Recipe(draw=1)}), Forgetful()
    )

    assert one.values == same.values != other.values
