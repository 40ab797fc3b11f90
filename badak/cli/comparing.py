"""`badak compare`: which of these works best on my data, and how sure are we?"""

from __future__ import annotations

import itertools
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from badak.base.files import make_folder
from badak.cli.columns import aligned, console, show
from badak.cli.training import duration, tell
from badak.lab.comparison import Comparison
from badak.lab.contests import CONTESTS, contest
from badak.lab.report.rows import cells, heads
from badak.lab.store import PLACE, Running, Store

_COLOURS = {"yes": "green", "no": "default", "no: worse": "yellow", "undecided": "dim"}


class Used:
    """A store that notes which trainings a run is made of, so that they can be removed with it."""

    def __init__(self, store: Store, run: Running) -> None:
        self._store, self._run = store, run

    def find_all(self, keys: Sequence[str]) -> dict[str, dict[str, Any]]:
        """The records of those keys that are there."""
        self._run.uses(keys)
        return self._store.find_all(keys)

    def keep_all(self, records: Mapping[str, dict[str, Any]]) -> None:
        """Keeps records."""
        self._store.keep_all(records)


def listed() -> list[list[str]]:
    """A row for each ready-made comparison: its name and what it is."""
    return [[one.name, one.about] for one in CONTESTS.values()]


def compare(what: str, page: str | None, settings: dict[str, Any]) -> None:
    """Runs a comparison, prints its tables, and keeps it with its page.

    Args:
        what: the name of a ready-made comparison, or a .toml file.
        page: where the page goes; runs/NAME-NUMBER.html unless given.
        settings: what was asked for otherwise than usual.
    """
    chosen = contest(what)
    store = Store(PLACE)
    place = _next_free(chosen.name) if page is None else page
    make_folder(os.path.dirname(place) or ".")
    with store.begin("compare", chosen.name, {"what": what, **settings}) as run:
        try:
            found = chosen.run(**settings, store=Used(store, run))
        except KeyboardInterrupt as error:
            error.add_note("finished trainings are kept: the same command goes on")
            raise
        print_tables(found)
        found.to_html(place)
        run.finish(found.as_json(), page=place)
    trainings = len({(m.contender, m.condition, m.seed) for m in found.measurements})
    tell(
        f"\n{trainings} trainings compared in {duration(found.seconds)}, tuning and timing included"
    )
    tell(f"report: {place}; again: badak runs show {run.number}")


def print_tables(found: Comparison) -> None:
    """The ranked rows of each arm, and the sentence."""
    from rich.text import Text

    out = console()
    for arm in found.verdicts:
        out.print(Text(arm, style="bold"))
        rows: list[list[Any]] = [list(heads(found.criterion, found.target))]
        for row in found.arm(arm):
            texts: list[Any] = list(cells(row, found.criterion, found.target))
            texts[5] = Text(texts[5], style=_COLOURS.get(texts[5], "default"))
            rows.append(texts)
        show(aligned(rows, "lrrrrlrrr"))
        out.print()
    out.print(Text(found.sentence))


def _next_free(name: str) -> str:
    return next(
        path
        for number in itertools.count(1)
        if not Path(path := os.path.join("runs", f"{name}-{number}.html")).exists()
    )
