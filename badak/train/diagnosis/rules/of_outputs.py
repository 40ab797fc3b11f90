"""Rules about what comes out of a network, and the loss that takes it."""

from __future__ import annotations

from badak.train.diagnosis.facts import Facts
from badak.train.diagnosis.finding import HURTS, STOPS
from badak.train.diagnosis.guess import CLASSES, NUMBERS, YES_OR_NO
from badak.train.diagnosis.rules.rule import FIT, Rule, Sign

_LOWEST = {"ReLU": 0.0, "Sigmoid": 0.0, "Softplus": 0.0, "Softmax": 0.0, "Tanh": -1.0}
_HIGHEST = {"Sigmoid": 1.0, "Softmax": 1.0, "Tanh": 1.0, "LogSoftmax": 0.0}
"""The ends of what some layers can give."""


def _last(facts: Facts) -> str:
    return facts.now.layers[-1].kind if facts.now.layers else ""


def _softmax_twice(facts: Facts, limit: float) -> Sign | None:
    if facts.setup.task != CLASSES or "sums to 1" not in facts.now.odd:
        return None
    low, high = facts.now.output_range
    return Sign(
        "the last layer",
        f"predictions lie in {low:.3g}..{high:.3g} and sum to 1 in every row, "
        f"and {facts.setup.loss} takes the softmax itself",
        "end the network with the Linear layer: leave out nn.Softmax()",
    )


def _sigmoid_twice(facts: Facts, limit: float) -> Sign | None:
    if facts.setup.task != YES_OR_NO or "from_logits=True" not in facts.setup.loss:
        return None
    if _last(facts) not in ("Sigmoid", "Hardsigmoid", "Softmax"):
        return None
    low, high = facts.now.output_range
    return Sign(
        "the last layer",
        f"predictions lie in {low:.3g}..{high:.3g} after {_last(facts)}, "
        f"and {facts.setup.loss} takes the sigmoid itself",
        "end the network with the Linear layer: leave out nn.Sigmoid()",
    )


def _scores(facts: Facts, limit: float) -> Sign | None:
    if "outside of 0..1" not in facts.now.odd:
        return None
    low, high = facts.now.output_range
    return Sign(
        "the loss",
        f"predictions lie in {low:.3g}..{high:.3g}, and {facts.setup.loss} takes probabilities",
        "the loss with from_logits=True",
    )


def _range(facts: Facts, limit: float) -> Sign | None:
    last = _last(facts)
    if facts.setup.task == CLASSES and last == "ReLU" and not facts.now.odd:
        return Sign(
            "the last layer",
            "nn.ReLU() makes every score below 0 to 0, where it has no slope",
            "end the network with the Linear layer: leave out nn.ReLU()",
        )
    if facts.setup.task != NUMBERS:
        return None
    low, high = facts.data.target_range
    least, most = _LOWEST.get(last), _HIGHEST.get(last)
    margin = limit * (high - low)
    below = least is not None and low < least - margin
    above = most is not None and high > most + margin
    if not below and not above:
        return None
    reach = f"{'-inf' if least is None else f'{least:g}'}..{'inf' if most is None else f'{most:g}'}"
    return Sign(
        "the last layer",
        f"{last} gives {reach}, the targets go from {low:.3g} to {high:.3g}",
        f"end the network with the Linear layer: leave out nn.{last}()",
    )


RULES = (
    Rule(
        "softmax-twice", HURTS, 0.0,
        "probabilities that sum to 1 in every row are no chance",
        "a softmax of probabilities is nearly flat: its loss cannot come near 0",
        _softmax_twice,
        ("signal-vanishes", *FIT),
    ),
    Rule(
        "sigmoid-twice", HURTS, 0.0,
        "the network ends with the very function that the loss applies",
        "a sigmoid of probabilities lies in 0.5..0.73: no answer can be a sure no",
        _sigmoid_twice,
        ("signal-vanishes", *FIT),
    ),
    Rule(
        "scores-as-probabilities", STOPS, 0.0,
        "no probability lies outside of 0..1",
        "what lies outside of 0..1 is cut off, and has no slope there",
        _scores,
        ("init-too-large", "gradient-zero", "gradient-explodes", "lr-too-high", *FIT),
    ),
    Rule(
        "output-out-of-reach", HURTS, 0.05,
        "a twentieth of the range of the targets is noise",
        "the last layer cannot give the numbers that it is asked for",
        _range,
        ("dead-units", "gradient-zero", "saturated", "targets-unscaled", *FIT),
    ),
)  # fmt: skip
