"""Asks all rules about a training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from badak.data import Dataset
from badak.train.arguments import as_dataset
from badak.train.diagnosis.data import DataFacts, facts_of_data
from badak.train.diagnosis.facts import Facts, setup_of
from badak.train.diagnosis.finding import Report, worst_first
from badak.train.diagnosis.probe import REHEARSED, Probe, probe
from badak.train.diagnosis.rules.table import causes_alone, findings_of

if TYPE_CHECKING:  # for the type checker alone: the trainer stands above
    from badak.train.trainer import Trainer


def diagnose(
    trainer: Trainer,
    train: Any,
    t: Any = None,
    *,
    validation_data: Any = None,
    batch_size: int = 0,
    untrained: Probe | None = None,
) -> Report:
    """What is wrong with a training, worst first: evidence, cause, and a fix of one line.

    Some rows go forward and backward through a copy of the network, which takes the time of a few
    updates. Before the first update it says what is wrong with data, loss and initial weights;
    after training also how it went. Nothing of the trainer changes.

    Args:
        trainer: of the training.
        train: the rows to train on, a `Dataset`, or inputs with their targets in `t`.
        t: targets, when `train` holds inputs alone.
        validation_data: the rows that are validated with: a data set, or (x, t).
        batch_size: rows of an update; that of the last `fit` unless given.
        untrained: what `look` gave before the first update, where somebody has kept it.

    Raises:
        ShapeError, RangeError, DTypeError: data that do not fit the network or the loss.

    >>> data = bd.data.load("moons", rows=200)
    >>> net = nn.Sequential(nn.Linear(2, 8, init="zeros"), nn.ReLU(), nn.Linear(8, 2, init="zeros"))
    >>> print(diagnose(bd.Trainer(net, progress=False), data.train))
    1 finding; looked at ...
    <BLANKLINE>
    weights-zero, nothing can be learned: parameter 0.weight
      seen  all values are 0, and the gradient is the same for all units
      why   units that start alike and get the same gradient stay alike: they are one unit
      try   nn.Linear(..., init="he") before a ReLU, init="xavier" before a sigmoid or tanh
    """
    rows = as_dataset(train, t, trainer.dtype, "diagnose")
    validation = None
    if validation_data is not None:
        validation = as_dataset(validation_data, None, trainer.dtype, "validation_data")
    size = batch_size or int(trainer.settings.get("batch size", 0))
    data = facts_of_data(rows, validation)
    now = look(trainer, rows, validation)
    first = now if not now.updates else untrained
    looks = [now] if first is None or first is now else [first, now]
    return report(
        [
            facts_of(trainer, data, first, seen, batch_size=size, ended=seen.updates > 0)
            for seen in looks
        ]
    )


def look(trainer: Trainer, train: Dataset, validation: Dataset | None) -> Probe:
    """The network as it is; before the first update with a rehearsal of some more."""
    updates = 1 if trainer.position.step else REHEARSED
    return probe(trainer, train, validation, updates)


def facts_of(
    trainer: Trainer,
    data: DataFacts,
    first: Probe | None,
    now: Probe,
    *,
    batch_size: int,
    ended: bool,
    broken: str = "",
) -> Facts:
    """All that the rules may look at."""
    setup = setup_of(trainer, batch_size)
    return Facts(setup, data, first, now, tuple(trainer.history), ended, broken)


def report(looks: list[Facts]) -> Report:
    """What all rules find in one or more looks at a training, each finding once."""
    found = [finding for facts in looks for finding in findings_of(facts)]
    last = looks[-1]
    looked_at = [
        f"{last.data.rows:,} rows",
        f"{len(last.now.layers)} layers and their gradients on {last.now.rows} rows",
        f"{last.now.updates:,} updates in {len(last.history)} epochs",
    ]
    return Report(worst_first(causes_alone(found)), tuple(looked_at))
