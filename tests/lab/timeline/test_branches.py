"""Branches: one thing is changed at one moment, and everything else is as it was."""

from __future__ import annotations

import numpy as np
import pytest

from badak import nn, optim
from badak.base.errors import RangeError, ShapeError, StateError
from badak.base.random import seeded
from badak.data.augment import Noise
from badak.lab.timeline import Timeline
from badak.train import Callback
from tests.lab.timeline.journeys import BOTH, busy, state_of
from tests.train.trainings import RaiseAt, mlp, mlp_trainer, numbers, rows, same, trainer

# ---- branches ---------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize("step", [0, 8, 13, 40, 47])
def test_a_branch_without_changes_is_the_original(compiled, step):
    timeline = Timeline(busy(compiled), every=5)
    timeline.fit(rows(), validation_split=0.25, epochs=10, batch_size=5, augment=Noise(0.1))
    timeline.fit(rows(seed=4), updates=7, batch_size=5)
    newest = state_of(timeline.trainer)
    branch = timeline.to(step).branch("same")
    branch.go_on()

    assert state_of(branch.trainer) == newest
    assert branch.losses == timeline.losses
    assert state_of(timeline.to(47).trainer) == newest
    found = timeline.diff(branch)
    assert (found.step, found.settings) == (None, {})
    assert set(found.weights.values()) == {0.0}


class SetRate(Callback):
    """Another learning rate from a step on, without any timeline."""

    def __init__(self, step, lr):
        self.at, self.lr = step, lr

    def on_fit_start(self, trainer):
        self.on_batch_end(trainer, 0.0)

    def on_batch_end(self, trainer, loss):
        if trainer.position.step == self.at:
            trainer.optimizer.lr = self.lr


@BOTH
@pytest.mark.parametrize("step", [0, 10, 17])
def test_a_branch_with_another_rate_is_the_run_that_got_it_there(compiled, step):
    def make(*callbacks):
        return busy(compiled, callbacks, optimizer=optim.Adam(0.02))

    expected = make(SetRate(step, 0.3))
    expected.fit(rows(), validation_split=0.25, epochs=6, batch_size=5)
    timeline = Timeline(make(), every=4)
    timeline.fit(rows(), validation_split=0.25, epochs=6, batch_size=5)
    before = state_of(timeline.trainer)
    branch = timeline.to(step).branch("fast", **{"optimizer.lr": 0.3})
    branch.go_on()

    assert same(branch.trainer, expected)
    assert timeline.diff(branch).settings["optimizer.lr"] == (0.02, 0.3)
    assert timeline.diff(branch).step == step + 2  # the first loss is of the same weights
    assert state_of(timeline.to(24).trainer) == before


def test_a_branch_with_another_dropout_rate():
    def fitted(*, rate=None):
        training = busy(True)
        training.fit(rows(), updates=9, batch_size=5)
        if rate is not None:
            training.net[3].p.assign(np.float64(rate))
        training.fit(rows(), updates=16, batch_size=5)
        return training

    timeline = Timeline(busy(True))
    timeline.fit(rows(), updates=25, batch_size=5)
    branch = timeline.to(9).branch("wet", **{"net.3.p": 0.75})
    branch.go_on()

    assert numbers(branch.trainer) == numbers(fitted(rate=0.75))
    assert timeline.to(25).diff(branch).settings == {"net.3": ("Dropout(0.25)", "Dropout(0.75)")}
    assert float(timeline.trainer.net[3].p) == 0.25


def test_a_branch_can_be_travelled_too_but_not_beyond_its_root():
    timeline = Timeline(mlp_trainer(patience=99), every=3)
    timeline.fit(rows(), validation_split=0.25, epochs=8, batch_size=5)
    branch = timeline.to(14).branch("slow", **{"optimizer.lr": 0.001})
    branch.go_on()
    end = state_of(branch.trainer)
    twig = branch.back(10).branch("twig")
    twig.go_on()

    assert state_of(twig.trainer) == end
    assert state_of(branch.to(32).trainer) == end
    assert branch.to(14).step == 14
    with pytest.raises(RangeError, match=r"14\.\.32"):
        branch.to(13)


def test_a_branch_may_be_trained_in_another_way():
    timeline = Timeline(trainer(), every=3)
    timeline.fit(rows(), epochs=4, batch_size=8)
    branch = timeline.to(5).branch("small batches", optimizer=optim.Momentum(0.05))
    branch.fit(rows(), updates=3, batch_size=4)
    expected = trainer()
    expected.fit(rows(), updates=5, batch_size=8)
    expected.optimizer = optim.Momentum(0.05)
    expected.fit(rows(), updates=3, batch_size=4)

    assert numbers(branch.trainer) == numbers(expected)
    assert branch.go_on() is branch.trainer.history  # what was planned is replaced
    assert branch.newest == 8


def test_a_branch_shares_nothing_with_its_origin():
    timeline = Timeline(mlp_trainer())
    timeline.fit(rows(), validation_split=0.25, epochs=2, batch_size=5)
    before = state_of(timeline.trainer)
    branch = timeline.branch("other")
    branch.fit(rows(), validation_split=0.25, epochs=2, batch_size=5)

    assert state_of(timeline.trainer) == before
    assert branch.trainer.callbacks[0] is not timeline.trainer.callbacks[0]


def test_a_branch_of_a_fit_that_was_broken_off_does_its_rest():
    timeline = Timeline(trainer(callbacks=[RaiseAt(7, OSError)]))
    with pytest.raises(OSError, match="after step 7"):
        timeline.fit(rows(), epochs=4, batch_size=8)
    timeline.trainer.callbacks = []
    branch = timeline.branch("rest")
    branch.go_on()
    expected = trainer()
    expected.fit(rows(), epochs=4, batch_size=8)

    assert same(branch.trainer, expected)


@pytest.mark.parametrize(
    ("changes", "error", "match"),
    [
        ({"optimizer.rate": 1}, RangeError, "unknown attribute of SGD 'rate'\n.* one of lr"),
        ({"net.7.p": 0.5}, RangeError, "unknown attribute of Sequential '7'\n.* one of 0, 1"),
        ({"optimizer.lr": -1}, RangeError, "SGD: lr is out of range"),
        ({"optimizer.accumulate": 2}, StateError, "accumulate is decided when it is made"),
        ({"net.0.weight": [1.0]}, ShapeError, r"net.0.weight has another shape\n.*\(5, 8\)"),
        ({"dtype": "float64"}, StateError, "dtype cannot be changed"),
    ],
    ids=["setting", "layer", "limit", "choice", "shape", "property"],
)
def test_a_change_that_cannot_be_made_is_told(changes, error, match):
    timeline = Timeline(trainer(mlp()))
    with pytest.raises(error, match=match):
        timeline.branch("bad", **changes)


# ---- differences ------------------------------------------------------------------------------


def test_a_difference_says_where_two_branches_part():
    timeline = Timeline(trainer())
    timeline.fit(rows(), epochs=4, batch_size=8)
    one = timeline.to(6).branch("one", **{"optimizer.lr": 0.5})
    other = timeline.branch("two", **{"optimizer.lr": 0.25})
    one.go_on()
    other.go_on()
    found = one.diff(other)

    assert (found.names, found.steps, found.step) == (("one", "two"), (12, 12), 8)
    assert found.settings == {"optimizer.lr": (0.5, 0.25)}
    assert len(found.histories["loss"]) == 4
    assert [a == b for a, b in found.histories["loss"]] == [True, True, False, False]
    weight = "0.weight"
    theirs = [np.array(x.trainer.net.parameters()[weight].numpy()) for x in (one, other)]
    assert found.weights[weight] == float(np.abs(theirs[0] - theirs[1]).max()) > 0
    assert list(found.weights.values()) == sorted(found.weights.values(), reverse=True)


def test_a_difference_reads_well():
    timeline = Timeline(trainer(linear_net()))
    timeline.fit(rows(), epochs=2, batch_size=8)
    fast = timeline.to(3).branch("fast", **{"optimizer.lr": 0.5})
    fast.go_on()
    lines = str(timeline.to(6).diff(fast)).splitlines()

    assert lines[0].split() == ["main", "fast"]
    assert lines[1].split() == ["step", "6", "6"]
    assert lines[2].split() == ["optimizer.lr", "0.1", "0.5"]
    assert lines[3].startswith("last loss")
    assert lines[4] == "The losses differ from step 5 on."
    assert lines[5].startswith("The largest differences of weights: 0.")


def linear_net():
    with seeded(1):
        return nn.Sequential(nn.Linear(5, 3))


def test_two_trainings_from_different_beginnings_differ_at_once():
    def fitted(lr):
        timeline = Timeline(trainer(optimizer=optim.SGD(lr)), f"lr {lr}")
        timeline.fit(rows(), epochs=2, batch_size=8)
        return timeline

    found = fitted(0.1).diff(fitted(0.2))

    assert (found.step, found.settings) == (2, {"optimizer.lr": (0.1, 0.2)})
