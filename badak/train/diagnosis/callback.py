"""A diagnosis that goes along with a training."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from badak.train.callback import Callback
from badak.train.callbacks import Progress
from badak.train.diagnosis.data import DataFacts, facts_of_data
from badak.train.diagnosis.diagnose import facts_of, look, report
from badak.train.diagnosis.facts import Facts
from badak.train.diagnosis.finding import Finding
from badak.train.diagnosis.probe import Probe
from badak.train.step import NotFiniteError

if TYPE_CHECKING:  # for the type checker alone, as in callback.py
    from badak.train.trainer import Trainer


class Diagnosis(Callback):
    """Looks for what is wrong before the first update, after the first epoch, and at the end.

    Findings stand in `trainer.findings`, worst first. Where there is a `Progress`, it prints each
    of them once. A look takes the time of a few updates in NumPy, on a copy: the training itself
    ends with the very weights that it would have without.

    >>> data = bd.data.load("moons", rows=100)
    >>> trainer = bd.Trainer(nn.mlp(2, [8], 2), optimizer=optim.Adam(1e-7), diagnose=True,
    ...                      progress=False)
    >>> history = trainer.fit(data.train, epochs=4)
    >>> print(trainer.findings[0])
    lr-too-low, learning suffers: lr 1e-07
      seen  ...
      why   the steps are too small for so few of them
      try   optim.Adam(lr=0.001)
    """

    rank: ClassVar[int] = 20

    def __init__(self) -> None:
        self._forget()

    def _forget(self) -> None:
        self._data: DataFacts | None = None
        self._first: Probe | None = None
        self._looks: list[Facts] = []
        self._told: dict[str, None] = {}

    def on_fit_start(self, trainer: Trainer) -> None:
        if not trainer.position.step:
            self._forget()
            self._look(trainer)

    def on_epoch_end(self, trainer: Trainer, record: dict[str, float]) -> None:
        if trainer.position.epoch == 1 < trainer.last_epoch:
            self._look(trainer)

    def on_fit_end(self, trainer: Trainer) -> None:
        if trainer.position.step:
            self._look(trainer, ended=True)

    def on_failure(self, trainer: Trainer, error: BaseException) -> None:
        if isinstance(error, NotFiniteError):
            self._look(trainer, broken=f"{error.what}: {error.got}")

    def _look(self, trainer: Trainer, ended: bool = False, broken: str = "") -> None:
        batches = trainer.batches
        if batches is None:
            return
        self._data = self._data or facts_of_data(batches.dataset, trainer.validation)
        now = look(trainer, batches.dataset, trainer.validation)
        if not now.updates and not broken:
            self._first = now
        facts = facts_of(
            trainer, self._data, self._first, now,
            batch_size=batches.batch_size, ended=ended, broken=broken,
        )  # fmt: skip
        self._looks = [*(x for x in self._looks if x.starts), facts]
        found = report(self._looks)
        trainer.findings = found.findings
        for finding in found:
            if finding.code not in self._told:
                self._told[finding.code] = None
                _tell(trainer, finding)

    def __repr__(self) -> str:
        return "Diagnosis()"


def _tell(trainer: Trainer, finding: Finding) -> None:
    for callback in trainer.callbacks:
        if isinstance(callback, Progress):
            callback.tell(str(finding))
