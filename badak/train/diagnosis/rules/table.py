"""The table of all rules, and how it is asked."""

from __future__ import annotations

import numpy as np

from badak.train.diagnosis.facts import Facts
from badak.train.diagnosis.finding import Finding
from badak.train.diagnosis.rules import of_data, of_fit, of_layers, of_outputs, of_updates
from badak.train.diagnosis.rules.rule import Rule

RULES: tuple[Rule, ...] = (
    *of_data.RULES, *of_outputs.RULES, *of_layers.RULES, *of_updates.RULES, *of_fit.RULES,
)  # fmt: skip

EXPLAINS: dict[str, tuple[str, ...]] = {rule.code: rule.explains for rule in RULES}
"""What follows from each finding."""


def findings_of(facts: Facts) -> list[Finding]:
    """What all rules find, in their order."""
    with np.errstate(all="ignore"):  # the numbers of a training that broke down are large
        return [finding for rule in RULES for finding in rule.findings(facts)]


def causes_alone(findings: list[Finding]) -> list[Finding]:
    """Each code once, without those that follow from others: who mends the cause mends them.

    >>> cause = Finding("lr-too-high", "learning suffers", "", "", "", "")
    >>> effect = Finding("dead-units", "learning suffers", "", "", "", "")
    >>> [finding.code for finding in causes_alone([effect, cause])]
    ['lr-too-high']
    """
    first = {finding.code: finding for finding in reversed(findings)}
    explained = {code for finding in first.values() for code in EXPLAINS[finding.code]}
    order = dict.fromkeys(finding.code for finding in findings)
    return [first[code] for code in order if code not in explained]
