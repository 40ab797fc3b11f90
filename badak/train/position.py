"""Where a training stands: epoch, batch, and what the epoch has added up so far."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class Position:
    """The place in a training.

    Attributes:
        epoch: epochs finished, over all calls of fit.
        first_epoch, first_step: what `epoch` and `step` were when this fit began.
        batch: batches finished in the epoch that is under way.
        step: updates made, over all epochs.
        rows: examples seen in the epoch that is under way.
        sums: loss and metrics of these, each times the number of rows in its batch.
        counted: for each sum, the rows that are in it.
        resumed: whether a checkpoint was loaded that no fit has continued yet.
        whole: whether the state is that after a whole update.

    >>> position = Position()
    >>> position.count(4, {"loss": 0.5})
    >>> position.count(2, {"loss": 2.0})
    >>> position.means(), position.step
    ({'loss': 1.0}, 2)
    """

    epoch: int = 0
    first_epoch: int = 0
    first_step: int = 0
    batch: int = 0
    step: int = 0
    rows: int = 0
    sums: dict[str, float] = field(default_factory=dict)
    counted: dict[str, int] = field(default_factory=dict)
    resumed: bool = False
    whole: bool = True

    def count(self, rows: int, values: Mapping[str, float]) -> None:
        """Adds a batch: its mean loss and metrics count as often as it has rows.

        A metric that is undefined for the batch (NaN or infinite) is left out of the mean.
        """
        self.batch += 1
        self.step += 1
        self.rows += rows
        for name, value in values.items():
            defined = math.isfinite(value)
            self.sums[name] = self.sums.get(name, 0.0) + (value * rows if defined else 0.0)
            self.counted[name] = self.counted.get(name, 0) + (rows if defined else 0)

    def means(self) -> dict[str, float]:
        """The mean loss and metrics over the rows seen in this epoch; NaN for no rows."""
        return {
            name: total / self.counted[name] if self.counted[name] else math.nan
            for name, total in self.sums.items()
        }

    def begin_epoch(self) -> None:
        """Forgets what was seen of the epoch that is under way."""
        self.batch = 0
        self.rows = 0
        self.sums = {}
        self.counted = {}

    def next_epoch(self) -> None:
        """The epoch is done: begins the next one."""
        self.epoch += 1
        self.begin_epoch()

    def record(self) -> dict[str, Any]:
        """What a checkpoint keeps of it."""
        kept = asdict(self)
        del kept["resumed"], kept["whole"]
        return kept
