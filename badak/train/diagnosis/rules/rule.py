"""One row of the table: which numbers are a sign of what."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from badak.train.diagnosis.facts import Facts
from badak.train.diagnosis.finding import Finding

FIT = ("lr-too-low", "too-few-updates", "stopped-early", "under-fitting", "over-fitting",
       "validation-easier")  # fmt: skip
"""How well a network fits is to be judged anew when something more basic was mended."""


@dataclass(frozen=True)
class Sign:
    """What a rule has seen.

    Attributes:
        where, evidence, fix, change: as in `Finding`.
        cause: where it is more special than that of the rule.
    """

    where: str
    evidence: str
    fix: str
    change: Mapping[str, Any] = field(default_factory=dict)
    cause: str = ""


@dataclass(frozen=True)
class Rule:
    """One thing that may be wrong.

    Attributes:
        code: its name.
        severity: how bad it is.
        limit: the number from which on it is told.
        reason: why that number.
        cause: why it happens, in plain words.
        look: gives the sign, if there is one: `look(facts, limit)`.
        explains: the codes of what follows from it, and needs no telling of its own.
    """

    code: str
    severity: str
    limit: float
    reason: str
    cause: str
    look: Callable[[Facts, float], Sign | None]
    explains: tuple[str, ...] = ()

    def findings(self, facts: Facts) -> Iterator[Finding]:
        """The finding, if there is one."""
        sign = self.look(facts, self.limit)
        if sign is not None:
            yield Finding(
                self.code, self.severity, sign.where, sign.evidence, sign.cause or self.cause,
                sign.fix, sign.change,
            )  # fmt: skip
