"""Every configuration with which PyTorch tests its own optimizers: 25 steps, the same numbers."""

from __future__ import annotations

import inspect
import json
from pathlib import Path

import numpy as np
import pytest

import badak as bd
from badak import optim

torch = pytest.importorskip("torch", reason="PyTorch is the peer")
STEPS, TOLERANCE = 25, 1e-12
ROUNDED = {"NAdam": 1e-9}  # PyTorch keeps the product of momenta in float32

SAME = [
    "Adadelta", "Adafactor", "Adagrad", "Adam", "AdamW", "Adamax", "Muon", "NAdam", "RAdam",
    "RMSprop", "SGD",
]  # fmt: skip
NAMES = {"Adagrad": optim.AdaGrad, "RMSprop": optim.RMSProp}
GOLDEN = Path(__file__).parent.parent / "golden" / "torch_optimizers.json"
CONFIGURATIONS = json.loads(GOLDEN.read_text(encoding="utf-8"))["configurations"]
CONFIGS = [(getattr(torch.optim, name), given) for name in SAME for given in CONFIGURATIONS[name]]


def name_of(value):
    return value.__name__ if isinstance(value, type) else str(value).replace(" ", "")


every_config = pytest.mark.parametrize(("theirs", "given"), CONFIGS, ids=name_of)


@pytest.fixture(autouse=True)
def _muon_in_float64(monkeypatch):
    monkeypatch.setattr(torch.Tensor, "bfloat16", lambda x: x.clone())


def settings_of(given):
    """The settings for both, and the sign with which Badak is given gradients to climb along."""
    kept = {k: tuple(v) if isinstance(v, list) else v for k, v in given.items()}
    sign = -1.0 if kept.pop("maximize", False) else 1.0
    return kept, sign


def paths(theirs, given, gradients, groups=None):
    """The parameters after each step, there and here.

    Args:
        gradients: for each step a list with a gradient for each parameter.
        groups: settings of the second parameter alone.
    """
    kept, sign = settings_of(given)
    noise = np.random.default_rng(1)
    start = [noise.normal(size=g.shape) for g in gradients[0]]
    there = [torch.nn.Parameter(torch.tensor(w, dtype=torch.float64)) for w in start]
    parts = [{"params": [w]} for w in there]
    if groups is not None:
        parts[1] |= groups
    their = theirs(parts, **kept, maximize=sign < 0) if sign < 0 else theirs(parts, **kept)
    # Badak's matrices are (inputs, outputs), PyTorch's (outputs, inputs): Muon looks at that.
    turn = np.transpose if theirs is torch.optim.Muon else np.asarray
    here = {str(i): bd.parameter(turn(w), "float64") for i, w in enumerate(start)}
    make = NAMES.get(theirs.__name__) or getattr(optim, theirs.__name__)
    if theirs is torch.optim.SGD:  # whose usual lr is another one
        kept.setdefault("lr", 0.001)
    ours = make(**kept, groups={} if groups is None else {"1": groups})
    for step in gradients:
        for w, g in zip(there, step, strict=True):
            w.grad = torch.tensor(g)
        their.step()
        grads = {str(i): bd.tensor(sign * turn(g), "float64") for i, g in enumerate(step)}
        ours.update(here, grads)
        yield (
            np.concatenate([w.detach().numpy().ravel() for w in there]),
            np.concatenate([turn(w.numpy()).ravel() for w in here.values()]),
        )


def assert_same(theirs, given, gradients, **more):
    tolerance = ROUNDED.get(theirs.__name__, TOLERANCE)
    for there, here in paths(theirs, given, gradients, **more):
        np.testing.assert_allclose(here, there, rtol=tolerance, atol=tolerance)


def random_gradients(shapes=((5, 3),)):
    noise = np.random.default_rng(0)
    return [[noise.normal(size=shape) for shape in shapes] for _ in range(STEPS)]


def test_all_shared_optimizers_are_in_their_list():
    assert {theirs.__name__ for theirs, _ in CONFIGS} == set(SAME)
    assert len(CONFIGS) >= 65


@pytest.mark.technique(63, 64, 65, 67, 69, 70, 71, 74)
@every_config
def test_random_gradients(theirs, given):
    assert_same(theirs, given, random_gradients())


@every_config
def test_no_gradient(theirs, given):
    assert_same(theirs, given, [[np.zeros((5, 3))]] * STEPS)


@every_config
def test_a_huge_gradient(theirs, given):
    gradients = random_gradients()
    gradients[3] = [np.full((5, 3), 1e30)]

    assert_same(theirs, given, gradients)


@every_config
def test_two_groups(theirs, given):
    groups = {"lr": 0.003, "weight_decay": 0.25}

    assert_same(theirs, given, random_gradients(((5, 3), (2, 4))), groups=groups)


@pytest.mark.parametrize("name", [name for name in SAME if name != "Muon"])
def test_parameters_of_one_axis(name):
    assert_same(getattr(torch.optim, name), {}, random_gradients(((7,),)))


@pytest.mark.parametrize("how", ["original", "match_rms_adamw"])
@pytest.mark.parametrize("nesterov", [True, False])
def test_muon_with_its_other_choices(how, nesterov):
    given = {"adjust_lr_fn": how, "nesterov": nesterov}

    assert_same(torch.optim.Muon, given, random_gradients())


@pytest.mark.technique(74)
@pytest.mark.parametrize("name", SAME)
def test_defaults_are_those_of_torch(name):
    theirs = inspect.signature(getattr(torch.optim, name)).parameters
    ours = inspect.signature(NAMES.get(name) or getattr(optim, name)).parameters
    differ = {("SGD", "lr"): 0.01, ("Muon", "adjust_lr_fn"): "original"}  # there None means that

    for setting, p in ours.items():
        if setting in theirs:
            assert p.default == differ.get((name, setting), theirs[setting].default), setting


@pytest.mark.technique(74)
def test_signatures_of_the_lectures():
    settings = {
        optim.AdaGrad: {
            "lr": 0.01, "lr_decay": 0, "weight_decay": 0, "initial_accumulator_value": 0,
            "eps": 1e-10,
        },
        optim.RMSProp: {
            "lr": 0.01, "alpha": 0.99, "eps": 1e-8, "weight_decay": 0, "momentum": 0,
            "centered": False,
        },
        optim.Adam: {
            "lr": 0.001, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0, "amsgrad": False,
        },
    }  # fmt: skip
    for make, given in settings.items():
        assert repr(make(**given)) == repr(make())
