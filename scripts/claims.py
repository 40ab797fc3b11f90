"""Writes docs/claims.md: every claim, and what came out when it was last tested.

    badak claims run --all --budget 1h       in a folder of its own
    python scripts/claims.py FOLDER/runs/lab.db ...

The verdicts are those of the run stores that are named, the last of each claim; nothing is typed
by hand.
"""

from __future__ import annotations

import sys
from pathlib import Path

from badak.lab.claims import Claim, claims
from badak.lab.store import Store

DOCUMENT = Path(__file__).parents[1] / "docs" / "claims.md"

HEAD = """\
# Claims

What books and courses say about techniques, and what came out when it was tested. A claim is a
small file in [texts](../badak/lab/claims/texts): the sentence, its source, the protocol, and
questions with the least effect that matters, set beforehand. `badak claims run C3` tests one again
and writes a page with the figure; the verdicts below were written by `scripts/claims.py` from a run
of all.

SUPPORTED: every question is answered by yes. REFUTED: every one by no. CONDITIONAL: some by yes,
some by no; the page says under which conditions. UNDECIDED: these seeds do not tell.

Most were tested on small networks and the digits that come with Badak; elsewhere a sentence may
hold that did not hold there.

| claim | sentence | verdict | answers | seconds |
| --- | --- | --- | --- | --- |
"""


def main() -> None:
    runs = [run for path in sys.argv[1:] for run in reversed(Store(path).runs("claim"))]
    last = {run.name: run.result for run in runs if run.result}
    lines = [row(claim, last.get(claim.id)) for claim in claims()]
    DOCUMENT.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")
    print(f"{DOCUMENT}: {sum(claim.id in last for claim in claims())} of {len(lines)} tested")


def row(claim: Claim, result: dict | None) -> str:
    sentence = " ".join(claim.sentence.split()).replace("|", "\\|")
    if result is None:
        return f"| {claim.id} | {sentence} | not yet testable | | |"
    answers = result["sentence"].partition(": ")[2].partition(" (")[0]
    return (
        f"| {claim.id} | {sentence} | {result['verdict']} | {answers} | {result['seconds']:.1f} |"
    )


if __name__ == "__main__":
    main()
