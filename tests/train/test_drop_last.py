"""`fit(drop_last=True)`: every batch is whole."""

from __future__ import annotations

import pytest

import badak as bd
from badak import optim
from badak.train import Callback
from tests.train.trainings import mlp, rows, same, trainer


class Sizes(Callback):
    def __init__(self):
        self.rows = []

    def on_batch_end(self, trainer, loss):
        self.rows.append(trainer.position.rows)


def fit(**how):
    sizes = Sizes()
    trained = trainer(mlp(), optim.Adam(0.02), callbacks=[sizes], seed=3, **how)
    trained.fit(rows(18), batch_size=5, epochs=2, drop_last=True)
    return trained, sizes.rows


@pytest.mark.parametrize("compile", [False, True])
def test_an_epoch_has_no_short_batch(compile):
    _, seen = fit(compile=compile)

    assert seen == [5, 10, 15, 5, 10, 15]


def test_a_population_leaves_out_the_same():
    population = bd.Population(lambda: trainer(mlp(), optim.Adam(0.02), compile=True), seeds=[3])
    population.fit(rows(18), batch_size=5, epochs=2, drop_last=True, progress=False)

    assert same(population.members[0].trainer, fit(compile=True)[0])
