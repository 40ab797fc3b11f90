"""`badak claims`: sentences about techniques, and what comes out when they are tested."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from typing import Any

from badak.base.errors import RangeError
from badak.base.files import make_folder, write_atomically
from badak.cli.columns import aligned, console, show
from badak.cli.training import tell
from badak.lab.claims import Claim, Outcome, claims, get, page, run, run_all
from badak.lab.store import PLACE, Store

FOLDER = os.path.join("runs", "claims")
"""Where the pages go."""

_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}


def list_claims() -> None:
    """A row for each claim: its sentence, and the verdict of the last run."""
    last = _last(Store(PLACE))
    rows = [["claim", "last verdict", "sentence"]]
    for claim in claims():
        result = last.get(claim.id)
        verdict = result["verdict"] if result else "" if claim.experiment else "not yet testable"
        rows.append([claim.id, verdict, claim.sentence])
    show(aligned(rows, "lll"))


def run_claims(names: Iterable[str], seeds: int | None) -> None:
    """Tests claims, one after the other, and writes a page on each."""
    store = Store(PLACE)
    chosen = [get(name.upper()) for name in names]
    if not chosen:
        raise RangeError("no claim is named", hint="badak claims run C21, or --all")
    for claim in chosen:
        tell(f'{claim.id} "{claim.sentence}" ...')
        _keep(run(claim, seeds=seeds), store)


def run_all_claims(budget: str, seeds: int | None) -> None:
    """Tests all claims that the time allows, the short ones first."""
    store = Store(PLACE)
    known = {name: float(result["seconds"]) for name, result in _last(store).items()}
    verdicts: dict[str, int] = {}
    for outcome in run_all(seconds_of(budget), known_seconds=known, seeds=seeds):
        _keep(outcome, store)
        verdicts[str(outcome.verdict)] = verdicts.get(str(outcome.verdict), 0) + 1
    counted = ", ".join(f"{count} {verdict}" for verdict, count in sorted(verdicts.items()))
    tell(f"\n{sum(verdicts.values())} claims tested: {counted or 'none'}; pages in {FOLDER}")


def show_claim(claim: Claim) -> None:
    """All that a claim's file says."""
    out = console()
    out.print(f'{claim.id} "{claim.sentence}"')
    rows = [["source", claim.source], ["known", claim.known], ["protocol", claim.protocol]]
    for name, text in rows:
        out.print(f"\n{name}: {text}")
    for question in claim.questions:
        out.print(f"\nquestion: {question}")


def seconds_of(text: str) -> float:
    """A time such as 90, 90s, 30m or 1.5h in seconds.

    >>> seconds_of("30m")
    1800.0

    Raises:
        RangeError: for what is no time.
    """
    found = re.fullmatch(r"\s*([0-9.]+)\s*([a-z]*)\s*", text)
    try:
        assert found is not None
        return float(found[1]) * _UNITS[found[2]]
    except (AssertionError, ValueError, KeyError):
        raise RangeError(
            f"--budget {text!r} is no time", expected="such as 90s, 30m or 1h"
        ) from None


def _keep(outcome: Outcome, store: Store) -> None:
    console().print(f"\n{outcome}")
    if outcome.failure:
        return
    make_folder(FOLDER)
    place = os.path.join(FOLDER, f"{outcome.claim.id}.html")
    write_atomically(place, page(outcome).encode())
    result = {
        "kind": "claim",
        "title": outcome.claim.sentence,
        "sentence": outcome.sentence,
        "verdict": str(outcome.verdict),
        "rows": outcome.records(),
        "seconds": outcome.seconds,
    }
    with store.begin("claim", outcome.claim.id, outcome.claim.tree()) as running:
        running.finish(result, page=place, seconds=outcome.seconds)
    tell(f"page: {place}")


def _last(store: Store) -> dict[str, dict[str, Any]]:
    """The newest finished result of each claim."""
    found: dict[str, dict[str, Any]] = {}
    for one in sorted(store.runs("claim"), key=lambda one: one.number):
        if one.result:
            found[one.name] = one.result
    return found
