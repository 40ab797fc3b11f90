"""Rules about the rows: they need no network, and hold before the first update."""

from __future__ import annotations

import math

from badak.train.diagnosis.facts import Facts
from badak.train.diagnosis.finding import HURTS, NOTABLE
from badak.train.diagnosis.guess import CLASSES, NUMBERS
from badak.train.diagnosis.rules.rule import FIT, Rule, Sign

_NORMS = ("BatchNorm", "LayerNorm", "GroupNorm", "InstanceNorm", "RMSNorm")


def _scale(facts: Facts, limit: float) -> Sign | None:
    scale = facts.data.scale
    if scale is None or not scale or 1 / limit**2 < scale < limit:
        return None
    if facts.now.layers and facts.now.layers[0].kind in _NORMS:
        return None
    return Sign(
        "the inputs",
        f"the root of their mean square is {scale:.3g}; about 1 is expected",
        "train = train.with_inputs(bd.data.standardize(train)(train.x)), and so for other rows",
    )


def _constant(facts: Facts, limit: float) -> Sign | None:
    share = facts.data.constant
    if share < limit:
        return None
    return Sign(
        "the inputs",
        f"{share:.0%} of the {facts.data.columns} columns are the same in all rows",
        "look at how the data are read; drop the columns that never change",
    )


def _unseen(facts: Facts, limit: float) -> Sign | None:
    counts = facts.data.counts
    if facts.setup.task != CLASSES or counts is None:
        return None
    classes = max(facts.now.outputs, len(counts))
    all_counts = [*counts, *[0] * (classes - len(counts))]
    empty = [k for k, count in enumerate(all_counts) if count < limit]
    if not empty:
        return None
    seen = f"{classes} classes for the network, but no row of {_listed(empty)}"
    if empty == [0]:
        fix = f"t - 1, and a network with {classes - 1} outputs"
        return Sign("the targets", seen, fix, cause="the labels count from 1, classes from 0")
    fix = f"a network with {classes - len(empty)} outputs, or rows of these classes"
    return Sign("the targets", seen, fix)


def _listed(classes: list[int]) -> str:
    shown = ", ".join(map(str, classes[:5]))
    return f"class {shown}" + (f" and {len(classes) - 5} more" if len(classes) > 5 else "")


def _unbalanced(facts: Facts, limit: float) -> Sign | None:
    counts = [count for count in facts.data.counts or () if count]
    if facts.setup.task != CLASSES or facts.setup.balanced or len(counts) < 2:
        return None
    if max(counts) < limit * min(counts) or _looks_like_numbers(facts):
        return None
    return Sign(
        "the targets",
        f"the most frequent class has {max(counts):,} rows, the rarest {min(counts):,}",
        "trainer.fit(..., balanced=True), and judge by more than accuracy",
        {"balanced": True},
    )


def _target_scale(facts: Facts, limit: float) -> Sign | None:
    scale = facts.data.target_scale
    if facts.setup.task != NUMBERS or scale is None or scale < limit:
        return None
    low, high = facts.data.target_range
    return Sign(
        "the targets",
        f"they go from {low:.3g} to {high:.3g}, the root of their mean square is {scale:.3g}",
        "scaling = bd.data.standardize(t); fit(x, scaling(t)), and scaling.inverse(predict(x))",
    )


def _leak(facts: Facts, limit: float) -> Sign | None:
    shared = facts.data.shared
    # Where rows repeat by nature, as those of four kinds do, a split parts equal ones.
    if shared is None or shared < limit + 2 * facts.data.repeated:
        return None
    return Sign(
        "the rows to validate with",
        f"{shared:.0%} of them are among the rows to train on",
        "trainer.fit(train, validation_split=0.2), or split before rows are copied or augmented",
    )


def _numbers_as_classes(facts: Facts, limit: float) -> Sign | None:
    if facts.setup.task != CLASSES or not _looks_like_numbers(facts, limit):
        return None
    counts = facts.data.counts or ()
    return Sign(
        "the loss",
        f"{sum(c > 0 for c in counts)} classes for {facts.data.rows:,} rows, "
        f"{facts.data.rows / max(sum(c > 0 for c in counts), 1):.1f} rows each",
        'bd.Trainer(net, "mean_squared_error"), a network with 1 output, and float targets',
    )


def _looks_like_numbers(facts: Facts, limit: float = 5) -> bool:
    seen = sum(count > 0 for count in facts.data.counts or ())
    return seen > 2 and facts.data.rows < limit * seen


def _classes_as_numbers(facts: Facts, limit: float) -> Sign | None:
    data = facts.data
    low, high = data.target_range
    if facts.setup.task != NUMBERS or data.labels is None or facts.now.outputs != 1:
        return None
    return (
        None
        if data.labels > limit
        else Sign(
            "the loss",
            f"{facts.setup.loss} for targets that are the whole numbers {low:g}..{high:g}, "
            f"each of which is there at least {math.ceil(data.rows / 10 / data.labels):,} times",
            f'bd.Trainer(net, "softmax_cross_entropy"), a network with {data.labels} outputs',
        )
    )


RULES = (
    Rule(
        "inputs-unscaled", HURTS, 10.0,
        "initial weights keep the scale of values whose mean square is 1; ten times that, or a "
        "hundredth, is another order of magnitude for the first gradient",
        "the first layer gets values of another size than its initial weights are made for",
        _scale,
        ("init-too-large", "init-too-small", "saturated", "dead-units", "lr-too-high", "not-finite",
         "gradient-explodes", "clipping-always", *FIT),
    ),
    Rule(
        "inputs-constant", HURTS, 1 / 3,
        "the border of pictures is a tenth of them; a third is none",
        "columns that never change say nothing about the target",
        _constant,
        ("labels-unrelated", "gradient-zero", "dead-units", "signal-vanishes", *FIT),
    ),
    Rule(
        "class-unseen", HURTS, 1.0,
        "a class of which there is no row cannot be learned",
        "the network has an output for a class that never comes",
        _unseen,
    ),
    Rule(
        "classes-unbalanced", NOTABLE, 10.0,
        "with a tenth of the rows of another, a class has a tenth of its say in the loss",
        "the loss is a mean over rows, in which rare classes hardly count",
        _unbalanced,
        ("labels-unrelated",),
    ),
    Rule(
        "targets-unscaled", HURTS, 10.0,
        "a network starts with predictions of about 1; ten times that is another order",
        "the last layer has to grow first, and gradients are as large as the errors",
        _target_scale,
        ("lr-too-high", "not-finite", "gradient-explodes", "clipping-always", "dead-units", *FIT),
    ),
    Rule(
        "validation-leak", HURTS, 0.01,
        "a few rows are twice in most data sets; one in a hundred is a mistake in the split",
        "what was learned by heart counts as if it had been understood",
        _leak,
        ("validation-easier", "over-fitting"),
    ),
    Rule(
        "numbers-as-classes", HURTS, 5.0,
        "fewer than five rows of a class are too few to learn it by",
        "each number is a class of its own, as different from its neighbours as from all others",
        _numbers_as_classes,
        ("labels-unrelated", "class-unseen", *FIT),
    ),
    Rule(
        "classes-as-numbers", HURTS, 20.0,
        "whole numbers from 0 to 20 without a hole are names of classes more often than amounts",
        "the order of class numbers means nothing, but the loss believes in it",
        _classes_as_numbers,
        FIT,
    ),
)  # fmt: skip
