"""What was found about one case, ready to be written down."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from benchmarks.cases import Case
from benchmarks.machine import Limits
from benchmarks.measure import Spread, ratios, spread
from benchmarks.peers.contender import Contender

OURS = "Badak: compiled"
EAGER = "Badak: eager, NumPy"


@dataclass(slots=True)
class Entry:
    """One setting of one framework.

    Attributes:
        contender: which.
        started: seconds until its first step was done, compiling included.
        trials: seconds a step, one value a round in which all settings took part.
        final: the same of the rounds of the fastest; empty when it was not among them.
        refused: why it has no times.
        memory: bytes held at most by a process that did this alone.
    """

    contender: Contender
    started: float | None = None
    trials: list[float] = field(default_factory=list)
    final: list[float] = field(default_factory=list)
    refused: str = ""
    memory: int | None = None

    @property
    def times(self) -> Spread | None:
        values = self.final or self.trials
        return spread(values) if values else None


@dataclass(slots=True)
class Result:
    """All settings of one case."""

    case: Case
    entries: dict[str, Entry]
    limits: Limits

    @property
    def ours(self) -> Entry:
        return self.entries[OURS]

    @property
    def eager(self) -> Entry:
        return self.entries[EAGER]

    def best(self, framework: str) -> Entry | None:
        """The fastest setting of a framework, by the final rounds."""
        mine = [e for e in self.entries.values() if e.contender.framework == framework]
        timed = [e for e in mine if e.final] or [e for e in mine if e.trials]
        return min(timed, key=lambda e: e.times.median, default=None)

    def ratio(self, framework: str) -> Spread | None:
        """The time of a framework's fastest setting over ours, pair by pair."""
        theirs = self.best(framework)
        if theirs is None or not self.ours.final or not theirs.final:
            return None
        return spread(ratios(theirs.final, self.ours.final))

    @property
    def least_ratio(self) -> float | None:
        """To the fastest peer."""
        found = [ratio.median for name in ("PyTorch", "JAX") if (ratio := self.ratio(name))]
        return min(found, default=None)

    @property
    def verdict(self) -> str:
        """What became of the ratio that was asked for."""
        if self.least_ratio is None:
            return "open"
        if self.least_ratio >= self.case.aim:
            return "aim reached"
        return "reached" if self.least_ratio >= self.case.at_least else "missed"

    @property
    def floor(self) -> float:
        """Seconds of the physical floor."""
        return self.case.cost().floor(self.limits.peak, self.limits.traffic)

    def as_dict(self) -> dict[str, Any]:
        """For JSON, with every single time."""
        return {
            "case": self.case.name,
            "title": self.case.title,
            "at_least": self.case.at_least,
            "aim": self.case.aim,
            "cost": asdict(self.case.cost()),
            "floor_seconds": self.floor,
            "ratio": {
                name: asdict(ratio) for name in ("PyTorch", "JAX") if (ratio := self.ratio(name))
            },
            "entries": [
                {
                    "framework": entry.contender.framework,
                    "setting": entry.contender.setting,
                    "first_step_seconds": entry.started,
                    "median_seconds": entry.times.median if entry.times else None,
                    "trial_seconds": entry.trials,
                    "final_seconds": entry.final,
                    "refused": entry.refused,
                    "peak_bytes": entry.memory,
                }
                for entry in self.entries.values()
            ],
        }
