"""`fit(updates=n)`: exactly so many, wherever an epoch ends."""

from __future__ import annotations

import pytest

import badak as bd
from badak import optim
from badak.train import Checkpoint
from tests.train.trainings import RaiseAt, mlp, numbers, records, rows, same, trainer

BATCHES = 4
"""Of 18 rows: three of 5 and a short one of 3."""


def begun(callbacks=(), **how):
    return trainer(mlp(), optim.Adam(0.02), metrics=["accuracy"], callbacks=callbacks, **how)


def fit(trainer, **how):
    trainer.fit(rows(), validation_split=0.25, batch_size=5, **how)
    return trainer


@pytest.mark.parametrize("compile", [False, True])
@pytest.mark.parametrize("updates", [1, 3, 4, 5, 8, 9])
def test_so_many_updates_are_made(updates, compile):
    trained = fit(begun(compile=compile), updates=updates)

    assert trained.position.step == int(trained.optimizer.steps) == updates
    assert len(trained.history) == updates // BATCHES


@pytest.mark.parametrize("compile", [False, True])
@pytest.mark.parametrize("parts", [(12,), (3, 9), (4, 8), (5, 6, 1), (1,) * 12])
def test_parts_add_up_to_whole_epochs(parts, compile):
    whole = fit(begun(compile=compile), epochs=3)
    trained = begun(compile=compile)
    for part in parts:
        fit(trained, updates=part)

    assert numbers(trained) == numbers(whole)
    assert records(trained) == records(whole)


def test_a_resumed_fit_makes_what_is_left(tmp_path):
    broken = begun([Checkpoint(tmp_path, every_batches=2), RaiseAt(7, OSError)])
    with pytest.raises(OSError, match="after step 7"):
        fit(broken, updates=10)
    resumed = begun([Checkpoint(tmp_path, every_batches=2)]).resume(tmp_path)

    assert same(fit(resumed, updates=10), fit(begun(), updates=10))


def test_members_of_a_population_make_as_many():
    population = bd.Population(lambda: begun(compile=True), seeds=[5])
    population.fit(rows(), validation_split=0.25, batch_size=5, updates=7, progress=False)
    alone = begun(compile=True, seed=5)

    assert same(population.members[0].trainer, fit(alone, updates=7))


def test_no_updates_is_an_error():
    with pytest.raises(bd.errors.RangeError, match="updates"):
        fit(begun(), updates=0)
