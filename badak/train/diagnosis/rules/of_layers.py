"""Rules about the layers: how they start, and what becomes of them."""

from __future__ import annotations

import math

from badak.train.diagnosis.facts import FLOOR, Facts
from badak.train.diagnosis.finding import HURTS, NOTABLE, STOPS
from badak.train.diagnosis.layers import LayerFacts, ParameterFacts
from badak.train.diagnosis.rules.rule import FIT, Rule, Sign

_WEIGHTED = ("Linear", "Conv1d", "Conv2d", "Conv3d")
_NORMS = ("BatchNorm", "LayerNorm", "GroupNorm", "InstanceNorm", "RMSNorm")
_RECTIFIERS = ("ReLU", "LeakyReLU", "Hardswish", "Hardsigmoid")
_SIGMOIDS = ("Sigmoid", "Hardsigmoid")
_RESTARTED = ("gradient-zero", "dead-units", "signal-vanishes", "sigmoid-vanishes", *FIT)


def _others(names: list[str]) -> str:
    """The first, and how many more."""
    more = len(names) - 1
    return names[0] + (f" and {more} more" if more else "")


def _hidden_weights(facts: Facts) -> list[ParameterFacts]:
    """All weights but those of the last layer."""
    return [p for p in facts.now.parameters if p.axes > 1][:-1]


def _zero(facts: Facts, limit: float) -> Sign | None:
    found = [p.name for p in _hidden_weights(facts) if p.norm == 0 and (p.slope == 0 or p.alike)]
    if not found:
        return None
    return Sign(
        f"parameter {_others(found)}",
        "all values are 0, and the gradient is the same for all units",
        'nn.Linear(..., init="he") before a ReLU, init="xavier" before a sigmoid or tanh',
    )


def _equal(facts: Facts, limit: float) -> Sign | None:
    found = [p.name for p in _hidden_weights(facts) if p.norm > 0 and p.alike]
    if not found:
        return None
    return Sign(
        f"parameter {_others(found)}",
        "all units have the same weights and get the same gradient",
        'nn.Linear(..., init="he") before a ReLU, init="xavier" before a sigmoid or tanh',
    )


def _weighted(facts: Facts) -> list[LayerFacts]:
    return [layer for layer in facts.now.layers if layer.kind in _WEIGHTED]


def _normalised(facts: Facts) -> bool:
    return any(layer.kind in _NORMS for layer in facts.now.layers)


def _large(facts: Facts, limit: float) -> Sign | None:
    if not facts.starts or _normalised(facts):
        return None
    found = [x for x in _weighted(facts) if x.gain > limit]
    if not found:
        return None
    worst = max(found, key=lambda x: x.gain)
    return Sign(
        worst.where,
        f"its outputs differ {worst.gain:.3g} times as much as its inputs"
        + (f", as in {len(found) - 1} more layers" if len(found) > 1 else ""),
        'nn.Linear(..., init="he") before a ReLU, init="xavier" before a sigmoid or tanh',
    )


def _small(facts: Facts, limit: float) -> Sign | None:
    if not facts.starts or _normalised(facts):
        return None
    hidden = _weighted(facts)[:-1]
    found = [x for x in hidden if 0 < x.gain < 0.25]
    last = _last_input(facts)
    if not found or last is None or last > limit:
        return None
    worst = min(found, key=lambda x: x.gain)
    return Sign(
        worst.where,
        f"its outputs differ {worst.gain:.2g} times as much as its inputs; rows differ by "
        f"{last:.1g} of what they did when they reach the last layer",
        'nn.Linear(..., init="he") before a ReLU, init="xavier" before a sigmoid or tanh',
    )


def _last_input(facts: Facts) -> float | None:
    """How much rows differ before the last weights, as a share of that behind the first."""
    layers, weighted = facts.now.layers, _weighted(facts)
    if len(weighted) < 2:
        return None
    before = layers[max(layers.index(weighted[-1]) - 1, 0)]
    received = weighted[0].spread / weighted[0].gain if weighted[0].gain else 0.0
    share = before.spread / received if received else math.nan
    return share if math.isfinite(share) else None


def _sigmoids(facts: Facts, limit: float) -> Sign | None:
    layers = [layer for layer in facts.now.layers[:-1] if layer.kind in _SIGMOIDS]
    weights = [p for p in facts.now.parameters if p.axes > 1]
    if len(layers) < 3 or _normalised(facts) or len(weights) < 3:
        return None
    first, last = weights[0], weights[-1]
    ratio = (first.slope / max(first.norm, FLOOR)) / max(last.slope / max(last.norm, FLOOR), FLOOR)
    if ratio > limit:
        return None
    return Sign(
        f"{len(layers)} layers of {layers[0].kind}",
        f"the gradient of {first.name!r} is {ratio:.1g} of that of {last.name!r}, "
        "each for its size",
        'nn.ReLU() with init="he" in place of nn.Sigmoid(), or nn.BatchNorm() before it',
        {"activation": "relu"},
    )


def _vanishes(facts: Facts, limit: float) -> Sign | None:
    share = _last_input(facts)
    if share is None or share > limit or _normalised(facts) or not facts.starts:
        return None
    return Sign(
        "the hidden layers",
        f"rows differ by {share:.1g} of what they did when they reach the last layer",
        'nn.BatchNorm() behind each layer, or init="he" and nn.ReLU()',
        {"batch_norm": True},
    )


def _saturated(facts: Facts, limit: float) -> Sign | None:
    # Units may well be sure of themselves when they have learned.
    limit = limit if facts.starts else 0.9
    hidden = facts.now.layers[:-1]
    found = [x for x in hidden if x.saturated is not None and x.saturated > limit]
    if not found:
        return None
    worst = max(found, key=lambda x: x.saturated or 0.0)
    return Sign(
        worst.where,
        f"{worst.saturated:.0%} of its values lie in the last twentieth at an end of the range",
        'init="xavier" and inputs of mean square 1, or nn.BatchNorm() before it',
        {"batch_norm": True},
    )


def _dead(facts: Facts, limit: float) -> Sign | None:
    found = [x for x in facts.now.layers if x.dead > limit and x.kind in _RECTIFIERS]
    if not found:
        return None
    worst = max(found, key=lambda x: x.dead)
    lr = facts.setup.number("lr")
    born = facts.starts or (facts.first is not None and any(
        x.path == worst.path and x.dead > limit for x in facts.first.layers
    ))  # fmt: skip
    seen = f"{worst.dead:.0%} of its {worst.units} units are 0 for all of {facts.now.rows} rows"
    if born:
        return Sign(
            worst.where, f"{seen}, from the start", 'init="he" and bias_init="zeros" before it',
            cause="weights and biases make all inputs of these units negative, where nothing flows",
        )  # fmt: skip
    return Sign(
        worst.where, seen, f"{facts.setup.optimizer_with(lr=lr / 10)}, or nn.LeakyReLU()",
        {"lr": lr / 10},
    )  # fmt: skip


def _no_gradient(facts: Facts, limit: float) -> Sign | None:
    now = facts.now
    found = [p.name for p in now.parameters if p.name in now.silent]
    if found:
        return Sign(
            f"parameter {_others(found)}",
            "its layer has not run, and its gradient is 0",
            "use the layer in forward, or leave it out of the network",
            cause="the layer is part of the network, but no part of what it computes",
        )
    found = [p.name for p in now.parameters if p.axes > 1 and p.slope == 0]
    if not found or (now.slope == 0 and facts.ended and facts.now.train_loss < FLOOR):
        return None
    return Sign(
        f"parameter {_others(found)}",
        f"its gradient is 0 for all of {now.rows} rows",
        "look at what stands between the layer and the loss",
    )


def _bn_eps(facts: Facts, limit: float) -> Sign | None:
    found = [x for x in facts.now.layers if x.drowned is not None and x.drowned > limit]
    if not found:
        return None
    worst = max(found, key=lambda x: x.drowned or 0.0)
    return Sign(
        worst.where,
        f"in {worst.drowned:.0%} of its {worst.units} channels the variance is smaller than eps",
        "nn.BatchNorm(..., eps=1e-5), or larger initial weights before it",
    )


RULES = (
    Rule(
        "weights-zero", STOPS, 0.0,
        "equal is equal",
        "units that start alike and get the same gradient stay alike: they are one unit",
        _zero, ("weights-equal", *_RESTARTED, "class-unseen"),
    ),
    Rule(
        "weights-equal", STOPS, 0.0,
        "equal is equal",
        "units that start alike and get the same gradient stay alike: they are one unit",
        _equal, (*_RESTARTED, "init-too-large", "init-too-small", "saturated", "lr-too-high",
                 "gradient-explodes"),
    ),
    Rule(
        "init-too-large", HURTS, 4.0,
        "the usual initial weights multiply by 1 (Xavier) or 1.4 (He)",
        "the initial weights are too large for so many inputs",
        _large,
        ("saturated", "dead-units", "gradient-explodes", "lr-too-high", "not-finite",
         "clipping-always", "sigmoid-vanishes", *FIT),
    ),
    Rule(
        "init-too-small", HURTS, 0.01,
        "what is left of the differences between rows is a hundredth: gradients are as small",
        "the initial weights are too small for so many inputs, layer after layer",
        _small,
        ("signal-vanishes", "sigmoid-vanishes", "dead-units", *FIT),
    ),
    Rule(
        "sigmoid-vanishes", HURTS, 0.01,
        "a sigmoid's slope is at most 1/4: a hundredth is left behind three or four of them",
        "each sigmoid takes at least three quarters of the gradient away",
        _sigmoids,
        ("signal-vanishes", *FIT),
    ),
    Rule(
        "signal-vanishes", HURTS, 0.001,
        "a thousandth of the differences between rows is no more than rounding for a first update",
        "the hidden layers make all rows alike before the last one sees them",
        _vanishes,
        FIT,
    ),
    Rule(
        "saturated", HURTS, 0.5,
        "Xavier's weights leave a few values in a hundred at the ends, those of deviation 1 most",
        "at the ends of its range a sigmoid or tanh has almost no slope",
        _saturated,
        ("sigmoid-vanishes", "signal-vanishes", *FIT),
    ),
    Rule(
        "dead-units", HURTS, 0.5,
        "a third may be 0 for the rows of a sample in a network that is well; most of them not",
        "a step that was too large has moved them to where each input is negative, and no gradient "
        "brings them back",
        _dead,
        ("gradient-zero", "sigmoid-vanishes", "signal-vanishes", *FIT),
    ),
    Rule(
        "gradient-zero", NOTABLE, 0.0,
        "a weight that matters has a slope for one row of many",
        "nothing that the loss sees depends on these numbers",
        _no_gradient,
    ),
    Rule(
        "batch-norm-eps", HURTS, 0.5,
        "where the variance is smaller than eps, values are left with less than 0.7 of spread 1",
        "eps is added to the variance: it drowns it, and values are not brought to spread 1",
        _bn_eps,
        ("signal-vanishes", *FIT),
    ),
)  # fmt: skip
