"""The same recipe against itself: chance alone must not be taken for a difference."""

from __future__ import annotations

import numpy as np

from badak.lab.arena import Forgetful, Trial, run
from badak.lab.ranking import AS_SET, Arm, Criterion, arm_verdict, ranked
from badak.lab.recipe import Recipe
from badak.lab.statistics import Looks, Verdict
from badak.lab.task import Task

COMPARISONS, SEEDS = 100, 5


def test_a_hundred_real_comparisons_of_a_recipe_with_itself():
    task = Task("moons", updates=20)
    draws = [Recipe(layers=(4,), lr=0.03, draw=1 + n) for n in range(2 * COMPARISONS)]
    trials = [Trial("", recipe, task, seed, True) for recipe in draws for seed in range(SEEDS)]
    outcomes = iter(run(trials, Forgetful()))
    criterion = Criterion("test accuracy", 0.0, "A", Looks((SEEDS,)))
    false, spread = 0, []
    for _ in range(COMPARISONS):
        arms = [Arm("A", AS_SET, 0.03, False), Arm("B", AS_SET, 0.03, False)]
        found = {arm: {seed: next(outcomes) for seed in range(SEEDS)} for arm in arms}
        rows = {row.contender: row for row in ranked(found, criterion, {"A": 0.0, "B": 0.0})}
        difference = rows["B"].difference
        spread.append(difference.estimate)
        false += arm_verdict(AS_SET, found, criterion) is Verdict.SUPPORTED
        false += difference.high < 0

    assert np.std(spread) > 0.005  # chance does make a difference from training to training
    assert false <= 5
