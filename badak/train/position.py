"""Where a training stands: epoch, batch, and what the epoch has added up so far."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class Position:
    """The place in a training.

    Attributes:
        epoch: epochs finished, over all calls of fit.
        first_epoch: what `epoch` was when this fit began.
        batch: batches finished in the epoch that is under way.
        step: updates made, over all epochs.
        rows: examples seen in the epoch that is under way.
        sums: loss and metrics of these, each times the number of rows in its batch.
        resumed: whether a checkpoint was loaded that no fit has continued yet.
        whole: whether the state is that after a whole update.
    """

    epoch: int = 0
    first_epoch: int = 0
    batch: int = 0
    step: int = 0
    rows: int = 0
    sums: dict[str, float] = field(default_factory=dict)
    resumed: bool = False
    whole: bool = True

    def count(self, rows: int, values: dict[str, float]) -> None:
        """Adds a batch: its mean loss and metrics count as often as it has rows."""
        self.batch += 1
        self.step += 1
        self.rows += rows
        for name, value in values.items():
            self.sums[name] = self.sums.get(name, 0.0) + value * rows

    def means(self) -> dict[str, float]:
        """The mean loss and metrics over the rows seen in this epoch."""
        return {name: total / self.rows for name, total in self.sums.items()}

    def next_epoch(self) -> None:
        """Begins the next epoch."""
        self.epoch += 1
        self.batch = 0
        self.rows = 0
        self.sums = {}

    def record(self) -> dict[str, Any]:
        """What a checkpoint keeps of it."""
        kept = asdict(self)
        del kept["resumed"], kept["whole"]
        return kept
