"""What was found about one case, or about one thing that people wait for."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from benchmarks.cases import Case
from benchmarks.machine import Limits
from benchmarks.measure import Spread, ratios, spread
from benchmarks.peers.contender import Contender, Role
from benchmarks.waits import Wait

PEERS = ("PyTorch", "JAX")


@dataclass(slots=True)
class Entry:
    """One setting of one framework.

    Attributes:
        contender: which.
        started: seconds until its first step was done, compiling included.
        trials: seconds a step (of one model, in a population), one value a round in which all
            settings took part.
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

    def of(self, role: Role) -> Entry | None:
        """The one entry of ours that has this role."""
        mine = [e for e in self.entries.values() if e.contender.role is role]
        return mine[0] if mine else None

    @property
    def ours(self) -> Entry:
        entry = self.of(Role.OURS)
        assert entry is not None
        return entry

    def best(self, framework: str) -> Entry | None:
        """The fastest setting of a framework, by the final rounds."""
        mine = [e for e in self.entries.values() if e.contender.framework == framework]
        timed = [e for e in mine if e.final] or [e for e in mine if e.trials]
        return min(timed, key=lambda e: e.times.median, default=None)

    def ratio(self, framework: str, role: Role = Role.OURS) -> Spread | None:
        """The time of a framework's fastest setting over ours, pair by pair."""
        theirs, ours = self.best(framework), self.of(role)
        if theirs is None or ours is None or not ours.final or not theirs.final:
            return None
        return spread(ratios(theirs.final, ours.final))

    def rival(self, role: Role = Role.OURS) -> tuple[str, Spread] | None:
        """The fastest peer, and its ratio."""
        found = [(name, ratio) for name in PEERS if (ratio := self.ratio(name, role))]
        return min(found, key=lambda each: each[1].median, default=None)

    @property
    def least_ratio(self) -> float | None:
        """To the fastest peer."""
        rival = self.rival()
        return rival[1].median if rival else None

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
            "time_of": self.case.task.value,
            "models": self.case.models,
            "cost": asdict(self.case.cost()),
            "floor_seconds": self.floor,
            "ratio": {name: asdict(ratio) for name in PEERS if (ratio := self.ratio(name))},
            "entries": [
                {
                    "framework": entry.contender.framework,
                    "setting": entry.contender.setting,
                    "role": entry.contender.role.value,
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


@dataclass(slots=True)
class Waited:
    """How long it was, for one of the things that people wait for.

    Attributes:
        wait: which.
        seconds: ours, run by run.
        beside: those of other frameworks, by name.
        failed: why there are none.
    """

    wait: Wait
    seconds: list[float] = field(default_factory=list)
    beside: dict[str, list[float]] = field(default_factory=dict)
    failed: str = ""

    @property
    def verdict(self) -> str:
        """What became of the time that was allowed."""
        if not self.seconds:
            return "open"
        median = spread(self.seconds).median
        if median < self.wait.aim:
            return "aim reached"
        return "reached" if median < self.wait.limit else "missed"

    def as_dict(self) -> dict[str, Any]:
        """For JSON, with every single time."""
        return {
            "wait": self.wait.name,
            "title": self.wait.title,
            "limit_seconds": self.wait.limit,
            "aim_seconds": self.wait.aim,
            "seconds": self.seconds,
            "beside": self.beside,
            "failed": self.failed,
        }
