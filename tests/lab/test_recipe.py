"""Recipes: every choice builds, is refused by name, and leaves the other choices alone."""

from __future__ import annotations

import numpy as np
import pytest

from badak import nn
from badak.base.errors import RangeError
from badak.data import Dataset
from badak.lab.recipe import Recipe
from badak.optim import schedules

CHOICES = [
    {"activation": "tanh"}, {"bias": 0.01}, {"dropout": 0.3}, {"input_noise": 0.1},
    {"label_smoothing": 0.1}, {"normalization": "batch"}, {"normalization": "layer"},
    {"optimizer": "momentum", "options": {"momentum": 0.5}}, {"residual": True},
    {"schedule": "step"}, {"schedule": "cosine"}, {"schedule": "one_cycle"},
    {"weight_decay": 0.1}, {"weight_noise": 0.1}, {"l1": 0.01}, {"clip_norm": 1.0},
    {"loss": "mean_squared_error"}, {"norm_eps": 0.1, "normalization": "batch"},
]  # fmt: skip


def trained(recipe, updates=5):
    rows = np.random.default_rng(0).standard_normal((40, 6)).astype("f4")
    classes = recipe.loss is None
    targets = rows[:, :3].argmax(axis=1) if classes else rows[:, :3]
    trainer = recipe.trainer((6,), 3, classes, updates, seed=4)
    trainer.fit(Dataset(rows, targets), updates=updates, batch_size=8)
    return trainer


@pytest.mark.parametrize("choice", CHOICES, ids=str)
def test_every_choice_trains_and_changes_something(choice):
    base = Recipe.of({"loss": choice["loss"]} if "loss" in choice else {}, Recipe(layers=(8, 8)))
    usual, other = trained(Recipe(layers=(8, 8))), trained(Recipe.of(choice, base))

    ours, theirs = usual.net.state_dict(), other.net.state_dict()
    same = ours.keys() == theirs.keys() and all(np.array_equal(ours[k], theirs[k]) for k in ours)
    assert not same


@pytest.mark.parametrize("choice", CHOICES, ids=str)
def test_weights_start_alike_where_shapes_allow(choice):
    def start(recipe):
        named = recipe.build((6,), 3, seed=4).parameters().items()
        return [p.numpy() for name, p in named if name.endswith("weight") and p.data.ndim == 2]

    ours, theirs = start(Recipe(layers=(8, 8))), start(Recipe.of(choice, Recipe(layers=(8, 8))))

    assert len(ours) == len(theirs) == 3
    assert all(map(np.array_equal, ours, theirs))


def test_seeds_and_layers_draw_their_own_weights():
    net = Recipe(layers=(6, 6)).build((6,), 6, seed=0)
    other = Recipe(layers=(6, 6)).build((6,), 6, seed=1)

    weights = [p.numpy() for n in (net, other) for p in n.parameters().values() if p.data.ndim == 2]
    assert len({w.tobytes() for w in weights}) == 6


def test_a_number_is_the_deviation_of_the_initial_weights():
    net = Recipe(layers=(300,), init=0.25).build((300,), 10, seed=0)

    assert net[0].weight.numpy().std() == pytest.approx(0.25, rel=0.02)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("step", [1.0, 1.0, 0.1, 0.01]), ("cosine", [1.0, 0.853553, 0.5, 0.146447])],
)
def test_a_schedule_is_over_with_the_updates(name, expected):
    schedule = Recipe(optimizer="sgd", lr=1.0, schedule=name).make_optimizer(100).schedule

    assert [schedule(step) for step in (0, 25, 50, 75)] == pytest.approx(expected, abs=1e-6)


def test_one_cycle_rises_to_the_rate():
    schedule = Recipe(optimizer="sgd", lr=0.5, schedule="one_cycle").make_optimizer(100).schedule

    assert isinstance(schedule, schedules.OneCycle)
    assert max(schedule(step) for step in range(100)) == pytest.approx(0.5, rel=1e-3)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"optimiser": "sgd"}, "did you mean 'optimizer'"),
        ({"optimizer": "adm"}, "did you mean 'adam'"),
        ({"activation": "rely"}, "did you mean 'relu'"),
        ({"normalization": "batchnorm"}, "normalization"),
        ({"init": "hee"}, "initialiser"),
        ({"layers": 50}, "layers is a list"),
        ({"layers": [50, 0]}, "layers: units"),
        ({"dropout": 1.0}, "dropout"),
        ({"lr": 0.0}, "lr"),
        ({"batch_size": 0}, "batch_size"),
        ({"loss": "mse"}, "loss"),
        ({"optimizer": "sgd", "options": {"momentun": 0.9}}, "momentun"),
        ({"options": 3}, "options is a mapping"),
    ],
)
def test_a_wrong_choice_is_named(settings, words):
    with pytest.raises((RangeError, TypeError)) as caught:
        Recipe.of(settings)

    assert words in str(caught.value)


def test_a_cnn_wants_images():
    net = Recipe(model="cnn", layers=(10,)).build((1, 8, 8), 3, seed=0)

    assert isinstance(net[0], nn.Conv2d)
    with pytest.raises(RangeError, match="images"):
        Recipe(model="cnn").build((64,), 3, seed=0)
