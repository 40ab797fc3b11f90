"""Rules about the updates: their size, their number, and what they are made of."""

from __future__ import annotations

import itertools
import math

from badak.train.diagnosis.facts import FLOOR, Facts
from badak.train.diagnosis.finding import HURTS, STOPS
from badak.train.diagnosis.probe import Probe
from badak.train.diagnosis.rules.rule import FIT, Rule, Sign


def _too_high(facts: Facts, limit: float) -> Sign | None:
    lr = facts.setup.number("lr")
    seen = _jumps(facts, limit) or _stays_up(facts) or _zigzag(facts)
    if not seen:
        return None
    calmer = facts.first.calmer_lr if facts.first is not None else None
    better = calmer or lr / 10
    return Sign(f"lr {lr:g}", seen, facts.setup.optimizer_with(lr=better), {"lr": better})


def _jumps(facts: Facts, limit: float) -> str:
    """The rehearsal: the same rows again and again must become better."""
    first = facts.first
    if first is None or not math.isfinite(first.loss):
        return ""
    start = max(first.loss, first.guess or 0.0)
    after = first.rehearsed
    if len(after) and math.isfinite(after[-1]) and min(after[-1], after[0]) < limit * start:
        return ""
    if not facts.starts and not facts.broken and (facts.unexplained or 0.0) < 0.5:
        return ""  # a loss that leaps at first and comes down is no trouble
    shown = ", ".join(f"{x:.3g}" for x in (first.loss, *after))
    return f"updates on the same {first.rows} rows, on a copy, make their loss {shown}"


def _stays_up(facts: Facts) -> str:
    """A loss that is larger than that of saying nothing, after some training."""
    losses, guess = facts.curve("loss"), facts.guess
    if not losses or guess is None or facts.starts:
        return ""
    worst = max(losses[-1], facts.now.train_loss)
    start = facts.first.loss if facts.first is not None else guess
    if facts.now.train_loss > 1.2 * guess and worst > 0.9 * start:
        return f"the loss is {worst:.3g} after {len(losses)} epochs, {guess:.3g} by mere guessing"
    return ""


def _zigzag(facts: Facts) -> str:
    """A loss that goes up and down again over the epochs."""
    losses, guess = facts.curve("loss"), facts.guess
    if len(losses) < 4 or guess is None:
        return ""
    steps = [after - before for before, after in itertools.pairwise(losses)]
    up = [step for step in steps if step > 0.05 * guess]
    # The first fall does not count: what matters is whether it goes on falling.
    fall = max(losses[1:]) - min(losses[1:])
    if len(up) < 2 or sum(up) < 0.5 * fall:
        return ""
    return f"the loss goes up in {len(up)} of {len(steps)} epochs, by up to {max(up):.3g}"


def _too_low(facts: Facts, limit: float) -> Sign | None:
    first, now = facts.first, facts.now
    if first is None or facts.starts or not facts.ended or facts.guess is None:
        return None
    moved = _moved(first, now)
    if moved is None or moved > limit or (facts.unexplained or 0.0) < 0.5:
        return None
    lr = facts.setup.number("lr")
    better = lr * 10.0 ** min(max(round(math.log10(0.1 / max(moved, FLOOR))), 1), 4)
    return Sign(
        f"lr {lr:g}",
        f"{now.updates:,} updates have moved the weights by {moved:.1%} of their size, and the "
        f"loss from {first.train_loss:.4g} to {now.train_loss:.4g}",
        facts.setup.optimizer_with(lr=better),
        {"lr": better},
    )


def _moved(first: Probe, now: Probe) -> float | None:
    """How far the weights have moved, as a share of their size."""
    weights = [name for name in first.weights if name in now.weights]
    size = math.sqrt(sum(float((first.weights[name] ** 2).sum()) for name in weights))
    way = math.sqrt(sum(float(((now.weights[n] - first.weights[n]) ** 2).sum()) for n in weights))
    return way / size if size else None


def _momentum(facts: Facts, limit: float) -> Sign | None:
    name = next((n for n in ("momentum", "beta1") if facts.setup.number(n) > limit), "")
    if not name:
        return None
    value = facts.setup.number(name)
    return Sign(
        f"{name} {value:g}",
        f"each step is a sum over the last {1 / (1 - value):,.0f} gradients",
        facts.setup.optimizer_with(**{name: 0.9}),
        {name: 0.9},
    )


def _explodes(facts: Facts, limit: float) -> Sign | None:
    probe = facts.first or facts.now
    if not math.isfinite(probe.loss) or not probe.parameters:
        return None
    steep = probe.slope * probe.size / max(probe.loss, FLOOR)
    if steep < limit:
        return None
    worst = max(probe.parameters, key=lambda p: p.slope)
    return Sign(
        f"parameter {worst.name!r}",
        f"the gradient's norm is {probe.slope:.3g}: moving the weights by 1 % of their size "
        f"changes the loss by {steep / 100:.3g} times itself",
        facts.setup.optimizer_with(clip_global_norm=1.0) + ', or init="orthogonal"',
        {"clip_global_norm": 1.0},
    )


def _clipping(facts: Facts, limit: float) -> Sign | None:
    clip = facts.setup.number("clip_global_norm")
    if not clip or facts.starts:
        return None
    looks = [facts.now.slope] + ([facts.first.slope] if facts.first is not None else [])
    if min(looks) < limit * clip:
        return None
    return Sign(
        f"clip_global_norm {clip:g}",
        f"the gradient's norm is {min(looks):.3g} or more whenever it is looked at",
        facts.setup.optimizer_with(clip_global_norm=2 * max(looks)),
        {"clip_global_norm": 2 * max(looks)},
    )


def _decay(facts: Facts, limit: float) -> Sign | None:
    decay = facts.setup.number("weight_decay")
    first, now = facts.first, facts.now
    if not decay or first is None or facts.starts or not first.size:
        return None
    left = now.size / first.size
    if left > limit or (facts.unexplained or 0.0) < 0.25:
        return None
    return Sign(
        f"weight_decay {decay:g}",
        f"the weights have {left:.0%} of the size with which they started, and "
        f"{facts.unexplained:.0%} of the loss of guessing is left",
        facts.setup.optimizer_with(weight_decay=decay / 100),
        {"weight_decay": decay / 100},
    )


def _few(facts: Facts, limit: float) -> Sign | None:
    setup = facts.setup
    done = facts.now.updates
    if not facts.ended or not setup.batch_size or done >= limit:
        return None
    if (facts.unexplained or 0.0) < 0.2 or setup.batch_size <= 10:
        return None
    size = max(min(setup.batch_size // 8, 64), 8)
    return Sign(
        f"batch_size {setup.batch_size}",
        f"{done} updates in all, {setup.batches} an epoch; {facts.unexplained:.0%} of the loss of "
        "guessing is left",
        f"trainer.fit(..., batch_size={size})",
        {"batch_size": size},
    )


def _tiny_batch(facts: Facts, limit: float) -> Sign | None:
    rows = facts.setup.batch_norm
    if rows is None or rows >= limit:
        return None
    return Sign(
        f"batch_size {facts.setup.batch_size}",
        f"batch normalisation takes its statistics from {rows} row{'s' if rows > 1 else ''}",
        "trainer.fit(..., batch_size=32), or nn.LayerNorm() or nn.GroupNorm(), without a batch",
        {"batch_size": 32},
    )


def _broken(facts: Facts, limit: float) -> Sign | None:
    if not facts.broken:
        return None
    lr = facts.setup.number("lr")
    return Sign(
        "the training", facts.broken,
        "a stable form (bd.logsumexp, nn.SoftmaxCrossEntropy), scaled inputs, or "
        + facts.setup.optimizer_with(lr=lr / 10),
        {"lr": lr / 10},
    )  # fmt: skip


RULES = (
    Rule(
        "lr-too-high", HURTS, 2.0,
        "along its own gradient a small enough step makes a loss smaller, never twice as large",
        "the steps lead over the valley to its other side",
        _too_high,
        ("not-finite", "dead-units", "saturated", "gradient-zero", "clipping-always",
         "batch-norm-eps", "dropout-too-strong", *FIT),
    ),
    Rule(
        "lr-too-low", HURTS, 0.01,
        "weights that moved by a hundredth of their size are those that chance has given them",
        "the steps are too small for so few of them",
        _too_low,
        ("under-fitting", "stopped-early"),
    ),
    Rule(
        "momentum-too-high", HURTS, 0.99,
        "0.9 is usual and 0.99 the largest of the textbooks: the last hundred gradients count",
        "the steps keep a direction long after the gradient has turned, and grow with each",
        _momentum,
        ("lr-too-high", "not-finite", "dead-units", *FIT),
    ),
    Rule(
        "gradient-explodes", HURTS, 100.0,
        "a change of the weights by 1 % must not change the loss by its own size",
        "each step in time, or layer, multiplies the gradient",
        _explodes,
        ("lr-too-high", "not-finite", "clipping-always", "dead-units", *FIT),
    ),
    Rule(
        "clipping-always", HURTS, 10.0,
        "clipping is for outliers: ten times the limit at each look is the rule, not an exception",
        "every step has the length of the limit: the gradient's own length counts for nothing",
        _clipping,
        FIT,
    ),
    Rule(
        "weight-decay-too-strong", HURTS, 0.5,
        "decay that leaves half of the initial weights, while much is to be learned, is not a hint",
        "decay takes away what the gradient builds up",
        _decay,
        ("dead-units", "signal-vanishes", "batch-norm-eps", "lr-too-high", *FIT),
    ),
    Rule(
        "too-few-updates", HURTS, 100.0,
        "with the usual rates a weight moves by a thousandth of its size an update",
        "the batches are so large that an epoch has hardly any updates",
        _few,
        ("stopped-early", "under-fitting"),
    ),
    Rule(
        "batch-norm-tiny-batch", HURTS, 8.0,
        "below 8 rows errors grow fast (Wu and He, Group Normalization, 2018)",
        "mean and variance of so few rows are mostly noise",
        _tiny_batch,
        ("lr-too-high", "dropout-too-strong", "under-fitting", "over-fitting"),
    ),
    Rule(
        "not-finite", STOPS, 0.0,
        "a training cannot go on from NaN",
        "a number became too large for its kind",
        _broken,
        ("gradient-zero", *FIT),
    ),
)  # fmt: skip
