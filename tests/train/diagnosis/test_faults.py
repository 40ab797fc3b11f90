"""Planted faults are found, and trainings that are well are left in peace."""

from __future__ import annotations

from collections import Counter

import pytest

from badak.train.diagnosis.rules import of_data, of_fit, of_layers, of_outputs, of_updates
from badak.train.diagnosis.rules.table import RULES
from tests.train.diagnosis.faults import FAULTS, HEALTHY

SEEDS = range(5)
ENOUGH = 0.9
"""The least recall, and the least precision, of each family of rules."""

FAMILIES = {
    "data": of_data.RULES,
    "outputs": of_outputs.RULES,
    "layers": of_layers.RULES,
    "updates": of_updates.RULES,
    "fit": of_fit.RULES,
}

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*it wants"),  # the losses warn of what is planted here
    pytest.mark.filterwarnings("ignore:the training step runs eagerly"),
]


def planted(family):
    codes = {rule.code for rule in FAMILIES[family]}
    return {name: fault for name, fault in FAULTS.items() if fault.code in codes}


def table(found):
    """What was planted, and how often what was found."""
    return "\n".join(
        f"{name:40} {dict(Counter(code for codes in of_seeds for code in codes))}"
        for name, of_seeds in found.items()
    )


def test_there_is_a_planted_fault_for_each_rule():
    covered = {fault.code for fault in FAULTS.values()}

    assert sorted(covered) == sorted(rule.code for rule in RULES)
    assert len(FAULTS) >= 25


@pytest.mark.technique(127)
@pytest.mark.parametrize("family", FAMILIES)
def test_recall_and_precision(family):
    faults = planted(family)
    found = {name: fault.training().codes(SEEDS) for name, fault in faults.items()}
    meant = {name: {fault.code, *fault.also} for name, fault in faults.items()}

    named = {code for of_seeds in found.values() for codes in of_seeds for code in codes}
    assert {rule.code for rule in FAMILIES[family]} <= named, table(found)  # none by synonym alone
    recalled = [bool(meant[n].intersection(codes)) for n in found for codes in found[n]]
    precise = [code in meant[n] for n in found for codes in found[n] for code in codes]
    assert sum(recalled) >= ENOUGH * len(recalled), table(found)
    assert sum(precise) >= ENOUGH * len(precise), table(found)


@pytest.mark.parametrize("kind", HEALTHY)
def test_nothing_is_found_where_all_is_well(kind):
    found = HEALTHY[kind]().codes(SEEDS)

    assert found == [()] * len(SEEDS), table({kind: found})
