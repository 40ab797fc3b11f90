"""Rules about how well a network fits, on rows that it has learned from and on others."""

from __future__ import annotations

import math

from badak.train.diagnosis.facts import Facts
from badak.train.diagnosis.finding import HURTS, NOTABLE
from badak.train.diagnosis.rules.rule import FIT, Rule, Sign


def _over(facts: Facts, limit: float) -> Sign | None:
    gap = facts.gap
    if gap is None or facts.starts or not facts.ended or gap < limit:
        return None
    now = facts.now
    more = ""
    if now.train_accuracy is not None and now.validation_accuracy is not None:
        more = f"; accuracy {now.train_accuracy:.1%} and {now.validation_accuracy:.1%}"
    dropout = 0.2 if facts.setup.dropout < 0.2 else min(facts.setup.dropout + 0.2, 0.6)
    return Sign(
        "the training",
        f"loss {now.train_loss:.3g} on rows to train on, {now.validation_loss:.3g} on others{more}",
        f"nn.Dropout({dropout:.1g}) behind each hidden layer, EarlyStopping(), or more rows",
        {"dropout": dropout},
    )


def _unrelated(facts: Facts, limit: float) -> Sign | None:
    now, nearest = facts.now, facts.data.nearest
    if not facts.ended or nearest is None or facts.guess is None or now.validation_loss is None:
        return None
    counts = facts.data.counts or ()
    rows = max(min(facts.data.rows, 400), 1)
    same, chance = nearest
    noise = limit * math.sqrt(chance * (1 - chance) / rows)
    best = min([*facts.curve("val_loss"), now.validation_loss])
    if same > chance + noise or best < 0.97 * facts.guess or sum(c > 0 for c in counts) < 2:
        return None
    return Sign(
        "the targets",
        f"the loss on other rows was never below {best:.3g}, {facts.guess:.3g} by mere guessing; "
        f"a row has the class of its nearest neighbour in {same:.0%}, {chance:.0%} by chance",
        "look whether x and t were shuffled apart: print some rows with their labels",
    )


def _under(facts: Facts, limit: float) -> Sign | None:
    left = facts.unexplained
    if left is None or not facts.ended or facts.starts or left < limit:
        return None
    if facts.gap is not None and facts.gap > 0.2:
        return None
    return Sign(
        "the training",
        f"{left:.0%} of the loss of guessing is left on rows that it has learned from",
        "more hidden units and layers, more epochs, or inputs that say more",
        {"layers": (200, 100)},
    )


def _dropout(facts: Facts, limit: float) -> Sign | None:
    now, p = facts.now, facts.setup.dropout
    if not p or facts.starts or not facts.ended or facts.guess is None:
        return None
    if now.loss < 0.5 * facts.guess or (now.loss < limit * now.calm_loss and p < 0.8):
        return None
    less = min(0.2, p / 2)
    return Sign(
        f"dropout {p:g}",
        f"loss {now.loss:.3g} with dropout and {now.calm_loss:.3g} without, on the same rows",
        f"nn.Dropout({less:g})",
        {"dropout": less},
    )


def _early(facts: Facts, limit: float) -> Sign | None:
    losses, checked = facts.curve("loss"), facts.curve("val_loss")
    if not facts.ended or len(losses) < 2 or facts.guess is None:
        return None
    fall = 1 - losses[-1] / losses[-2]
    if fall < limit or losses[-1] < limit * facts.guess or losses[-1] != min(losses):
        return None
    if len(checked) > 1 and checked[-1] > (1 - limit / 2) * checked[-2]:
        return None
    epochs = 3 * len(losses)
    return Sign(
        f"epochs {len(losses)}",
        f"the last epoch made the loss {fall:.0%} smaller, to {losses[-1]:.3g}",
        f"trainer.fit(..., epochs={epochs})",
        {"epochs": epochs},
    )


def _easier(facts: Facts, limit: float) -> Sign | None:
    gap = facts.gap
    now = facts.now
    if gap is None or not facts.ended or facts.starts or gap > -limit:
        return None
    if now.validation_loss is None or now.validation_loss > 0.7 * now.train_loss:
        return None
    return Sign(
        "the rows to validate with",
        f"loss {now.validation_loss:.3g} on them, {now.train_loss:.3g} on those of the training",
        "trainer.fit(train, validation_split=0.2): a split at random",
    )


RULES = (
    Rule(
        "labels-unrelated", HURTS, 3.0,
        "three deviations of what chance gives",
        "the inputs of a row say nothing about its target: rows and targets may be mixed up",
        _unrelated,
        ("dropout-too-strong", "lr-too-high", *FIT),
    ),
    Rule(
        "dropout-too-strong", HURTS, 1.25,
        "some loss by dropout is its purpose; not so much that little is learned with it",
        "so few units are left in each update that they cannot learn together",
        _dropout,
        ("dead-units", *FIT),
    ),
    Rule(
        "over-fitting", HURTS, 0.25,
        "a quarter of what there was to learn is lost on the way to other rows",
        "the network knows its rows by heart, and others less well",
        _over,
    ),
    Rule(
        "stopped-early", NOTABLE, 0.15,
        "a loss that falls so fast halves in four more epochs, and there is as much left to learn",
        "the training ended while it was still getting better",
        _early,
        ("under-fitting",),
    ),
    Rule(
        "under-fitting", NOTABLE, 0.5,
        "half of what there was to learn is not learned",
        "the network is too small, held back too much, or the inputs do not hold the answer",
        _under,
    ),
    Rule(
        "validation-easier", NOTABLE, 0.1,
        "rows that were learned from are not harder than others, but for chance",
        "the rows to train on have something that the others have not, such as wrong labels",
        _easier,
        ("under-fitting",),
    ),
)  # fmt: skip
