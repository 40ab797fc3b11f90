"""What a diagnosis says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

STOPS, HURTS, NOTABLE = "nothing can be learned", "learning suffers", "worth a look"
SEVERITIES = (STOPS, HURTS, NOTABLE)
"""How bad a finding is, worst first."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with a training.

    Attributes:
        code: what it is, by the name of its rule: "dead-units".
        severity: one of `SEVERITIES`.
        where: the layer, the data, or the setting that is meant.
        evidence: the numbers that were seen.
        cause: why they are so, in plain words.
        fix: what to do, in one line.
        change: the same for a program: settings with their new values, such as {"lr": 0.01}; empty
            where nothing can be changed without a person.

    >>> finding = Finding("lr-too-low", HURTS, "lr 1e-06", "the weights moved by 0.01 %",
    ...                   "the steps are too small", "optim.Adam(lr=0.001)", {"lr": 0.001})
    >>> print(finding)
    lr-too-low, learning suffers: lr 1e-06
      seen  the weights moved by 0.01 %
      why   the steps are too small
      try   optim.Adam(lr=0.001)
    """

    code: str
    severity: str
    where: str
    evidence: str
    cause: str
    fix: str
    change: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return (
            f"{self.code}, {self.severity}: {self.where}\n"
            f"  seen  {self.evidence}\n  why   {self.cause}\n  try   {self.fix}"
        )


@dataclass(frozen=True)
class Report:
    """All findings of one diagnosis, worst first.

    Attributes:
        findings: what was found.
        looked_at: what was looked at, in words: it is what "nothing found" means.

    >>> print(Report((), ("200 rows", "2 layers")))
    nothing found; looked at 200 rows, 2 layers
    """

    findings: tuple[Finding, ...]
    looked_at: tuple[str, ...]

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of the findings, in their order."""
        return tuple(finding.code for finding in self.findings)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.findings)

    def __str__(self) -> str:
        looked = f"looked at {', '.join(self.looked_at)}"
        if not self.findings:
            return f"nothing found; {looked}"
        count = "1 finding" if len(self) == 1 else f"{len(self)} findings"
        return "\n\n".join([f"{count}; {looked}", *map(str, self.findings)])


def worst_first(findings: list[Finding]) -> tuple[Finding, ...]:
    """By severity; those of one severity stay in their order."""
    return tuple(sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity)))
