"""Populations: every member is the model that it would be alone."""

from __future__ import annotations

import numpy as np
import pytest

import badak as bd
from badak import nn, optim
from badak.base.errors import BadakError, DTypeError, RangeError, StateError

CONFIGS = [
    {"lr": 0.01},
    {"lr": 0.001, "p": 0.5},
    {"lr": 0.05, "momentum": 0.9},
    {"lr": 0.01, "width": 9},
]


def build(lr, p=0.2, momentum=0.0, width=8):
    net = nn.Sequential(
        nn.Linear(6, width), nn.BatchNorm(width), nn.ReLU(), nn.Dropout(p), nn.Linear(width, 3)
    )
    opt = optim.Momentum(lr, momentum) if momentum else optim.Adam(lr)
    return bd.Trainer(net, "softmax_cross_entropy", opt, ["accuracy"], progress=False)


def rows(count=57, seed=0):
    noise = np.random.default_rng(seed)
    return noise.normal(size=(count, 6)).astype("f"), noise.integers(3, size=count)


def alone(config, seed, *data, **how):
    with bd.seeded(seed):
        trainer = build(**config)
    trainer.seed = seed
    trainer.fit(*data, **how)
    return trainer


def bits(trainer):
    tensors, record = trainer.state_dict()
    history = [{k: v for k, v in r.items() if k != "seconds"} for r in record["history"]]
    return {name: x.tobytes() for name, x in tensors.items()}, history


@pytest.mark.parametrize(
    "how",
    [
        {"epochs": 3, "batch_size": 10},
        {"epochs": 2, "batch_size": 57, "shuffle": False},
        {"epochs": 2, "batch_size": 9, "bootstrap": True},
        {"epochs": 2, "batch_size": 16, "validation_split": 0.3},
    ],
    ids=str,
)
def test_members_equal_their_trainers_alone(how):
    population = bd.Population(build, CONFIGS, seeds=[3, 4])
    population.fit(*rows(), progress=False, **how)

    found = [bits(member.trainer) for member in population.members]

    pairs = [(config, seed) for config in CONFIGS for seed in (3, 4)]
    assert found == [bits(alone(config, seed, *rows(), **how)) for config, seed in pairs]


def test_population_goes_on_where_it_stood():
    population = bd.Population(build, CONFIGS[:2])
    for _ in range(2):
        population.fit(*rows(), epochs=1, batch_size=10, progress=False)

    whole = [alone(config, 0, *rows(), epochs=2, batch_size=10) for config in CONFIGS[:2]]

    assert [bits(m.trainer)[0] for m in population.members] == [bits(t)[0] for t in whole]


def explosive(scale):
    net = nn.Sequential(nn.Linear(6, 3))
    net[0].weight.assign(net[0].weight * scale)
    return bd.Trainer(net, "mean_squared_error", optim.SGD(0.1), progress=False)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_member_that_diverges_stops_alone():
    x, _ = rows()
    data = x, np.zeros((57, 3), "f")
    population = bd.Population(explosive, [{"scale": 1.0}, {"scale": 1e25}, {"scale": 0.5}])

    histories = population.fit(*data, epochs=3, batch_size=10, progress=False)

    first, broken, last = population.members
    assert [len(history) for history in histories] == [3, 0, 3]
    assert "not finite" in str(broken.error) or "loss is inf" in str(broken.error)
    assert (first.error, last.error) == (None, None)
    assert all(np.isfinite(p.data).all() for p in broken.trainer.net.parameters().values())
    assert repr(population) == "Population(3 members, 1 ended early)"


def test_member_that_ended_early_stays_as_it_is():
    x, _ = rows()
    data = x, np.zeros((57, 3), "f")
    population = bd.Population(explosive, [{"scale": 1.0}, {"scale": 1e25}])
    for _ in range(2):
        with np.errstate(all="ignore"):
            population.fit(*data, epochs=1, batch_size=10, progress=False)

    assert [len(member.history) for member in population.members] == [2, 0]


def test_eager_members_train_as_well(monkeypatch):
    monkeypatch.setattr("badak.compiler.crowd._run", lambda *_: 1 / 0)  # llvmlite may be missing

    def eager(lr):
        trainer = build(lr)
        return bd.Trainer(
            trainer.net, trainer.loss, trainer.optimizer, progress=False, compile=False
        )

    population = bd.Population(eager, [{"lr": 0.01}, {"lr": 0.02}])
    histories = population.fit(*rows(), epochs=2, progress=False)

    assert all(len(history) == 2 for history in histories)


def test_ctrl_c_ends_all_and_lets_callbacks_save(monkeypatch):
    ended = []

    class Watch(bd.Callback):
        def on_epoch_end(self, trainer, record):
            if record["epoch"] == 2:
                raise KeyboardInterrupt

        def on_failure(self, trainer, error):
            ended.append(type(error))

    def watched(lr):
        trainer = build(lr)
        trainer.callbacks.append(Watch())
        return trainer

    population = bd.Population(watched, [{"lr": 0.01}] * 3)
    with pytest.raises(KeyboardInterrupt):
        population.fit(*rows(), epochs=5, progress=False)

    assert ended == [KeyboardInterrupt] * 3


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: bd.Population(build, [], seeds=[1]), RangeError),
        (lambda: bd.Population(build, CONFIGS, seeds=[]), RangeError),
        (lambda: bd.Population(build, CONFIGS, seeds=[-1]), BadakError),
        (lambda: bd.Population(lambda: nn.Linear(2, 2)), DTypeError),
    ],
)
def test_what_is_no_population_is_refused(make, error):
    with pytest.raises(error):
        make()


def test_trainer_that_has_trained_is_refused():
    trainer = build(0.01)
    trainer.fit(*rows())

    with pytest.raises(StateError, match="new Trainer"):
        bd.Population(lambda: trainer)


def test_errors_of_the_data_come_before_anything_is_trained():
    population = bd.Population(build, CONFIGS)
    x, t = rows()

    with pytest.raises(RangeError, match="label"):
        population.fit(x, t + 7, progress=False)
    assert all(member.trainer.position.step == 0 for member in population.members)
