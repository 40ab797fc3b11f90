"""What a comparison has found: ranked rows, and a sentence."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from badak.base.columns import aligned
from badak.base.files import Path, write_atomically
from badak.lab.drawing import Picture
from badak.lab.measurement import Measurement
from badak.lab.ranking import Arm, Criterion, Outcomes, Row, arm_verdict, ranked
from badak.lab.report.page import comparison_page
from badak.lab.report.pictures import curves_picture, differences_picture
from badak.lab.report.rows import amount, cells, difference, heads
from badak.lab.statistics import Verdict, combine
from badak.lab.task import Task


@dataclass(frozen=True)
class Comparison:
    """What `compare` has found. Print it; `plot`, `to_html`, `records` and `to_json` give it away.

    Attributes:
        name: what it is called.
        settings: data, budget, and what the contenders are made of.
        criterion: what decided.
        rows: of each arm, the best first.
        verdicts: of each arm: is any contender better than the baseline by what matters?
        measurements: every number, by contender, condition, measure and seed.
        curves: means over the seeds on the way: "contender", "arm", "updates", "value".
        seconds: how long it took.

    >>> found = bd.lab.compare({"slow": {"lr": 1e-5}, "fast": {"lr": 0.05}}, "moons", seeds=5,
    ...                        updates=60, tuned=False, progress=False)
    >>> found.verdicts["as set"], found.rows[0].contender
    (<Verdict.SUPPORTED: 'SUPPORTED'>, 'fast')
    >>> print(found.sentence)
    SUPPORTED: is anything better than slow by 0.5 points of test accuracy? as set, yes: fast by ...
    """

    name: str
    settings: Mapping[str, Any]
    criterion: Criterion
    rows: Sequence[Row]
    verdicts: Mapping[str, Verdict]
    measurements: Sequence[Measurement] = field(repr=False)
    curves: Sequence[Mapping[str, Any]] = field(repr=False)
    seconds: float = 0.0

    @classmethod
    def of(
        cls,
        name: str,
        task: Task,
        contenders: Mapping[str, Any],
        criterion: Criterion,
        outcomes: Outcomes,
        paces: Mapping[str, float],
        seconds: float,
    ) -> Comparison:
        """The comparison that outcomes make."""
        rows = ranked(outcomes, criterion, paces)
        arms = dict.fromkeys(arm.name for arm in outcomes)
        verdicts = {arm: arm_verdict(arm, outcomes, criterion) for arm in arms}
        settings = task.as_json() | {"contenders": dict(contenders)}
        measurements = [
            Measurement(arm.contender, f"{task.name}, {arm.name}", measure, seed, value)
            for arm, by_seed in outcomes.items()
            for seed, outcome in by_seed.items()
            for measure, value in (
                *outcome.values.items(),
                ("seconds to target", outcome.values["updates to target"] * paces[arm.contender]),
                ("learning rate", arm.rate),
            )
        ]
        curves = [point for arm in outcomes for point in _curve(arm, outcomes, task)]
        return cls(name, settings, criterion, rows, verdicts, measurements, curves, seconds)

    @property
    def verdict(self) -> Verdict:
        """Is any contender better than the baseline? CONDITIONAL where that depends on tuning."""
        return combine(self.verdicts.values())

    @property
    def target(self) -> float | None:
        """What had to be reached, if anything."""
        found: float | None = self.settings["target"]
        return found

    @property
    def sentence(self) -> str:
        """The verdict in words; of each arm, the contender with the best mean stands for all."""
        asked = self.criterion
        least = f"{amount(asked.minimum, asked.measure)} of {asked.measure}"
        found = "; ".join(self._said(arm) for arm in self.verdicts)
        return f"{self.verdict}: is anything better than {asked.baseline} by {least}? {found}."

    def _said(self, arm: str) -> str:
        words = {Verdict.SUPPORTED: "yes", Verdict.REFUTED: "no"}
        word = words.get(self.verdicts[arm], "these seeds do not tell")
        others = [row for row in self.arm(arm) if row.difference is not None]
        best = others[0]
        assert best.difference is not None, "the baseline is left out"
        by = f"{best.contender} by {difference(best.difference, self.criterion.measure)}"
        if self.verdicts[arm] is Verdict.UNDECIDED and best.verdict is Verdict.SUPPORTED:
            return f"{arm}, perhaps: {by}, to which chance may bring the best of {len(others)}"
        return f"{arm}, {word}: {by}"

    def arm(self, name: str) -> list[Row]:
        """The rows of an arm, the best first."""
        return [row for row in self.rows if row.arm == name]

    # ------------------------------------------------------------------ giving it away

    def records(self) -> list[dict[str, Any]]:
        """The rows as flat mappings of plain values, such as a data frame takes.

        >>> found = bd.lab.compare({"a": {}, "b": {"lr": 0.1}}, "xor", seeds=2, updates=20,
        ...                        tuned=False, progress=False)
        >>> [(row["contender"], row["arm"]) for row in found.records()]
        [('b', 'as set'), ('a', 'as set')]
        """
        return [_record(row, self.criterion) for row in self.rows]

    def as_json(self) -> dict[str, Any]:
        """All of it as a tree; "rows" are the `records`. Numbers may be infinite."""
        asked = self.criterion
        return {
            "kind": "comparison",
            "title": self.name,
            "sentence": self.sentence,
            "verdict": str(self.verdict),
            "rows": self.records(),
            "measure": asked.measure,
            "minimum": asked.minimum,
            "baseline": asked.baseline,
            "confidence": asked.looks.confidence,
            "settings": dict(self.settings),
            "seconds": self.seconds,
            "measurements": [asdict(one) for one in self.measurements],
            "curves": [dict(point) for point in self.curves],
        }

    def to_json(self, path: Path | None = None) -> str:
        """All of it as JSON text, in which numbers that are not finite are null.

        Args:
            path: a file to write.
        """
        text = json.dumps(_finite(self.as_json()), indent=1)
        if path is not None:
            write_atomically(path, text.encode())
        return text

    def plot(self, path: Path | None = None, *, dark: bool = False) -> Picture:
        """By how much each contender is better than the baseline, with intervals.

        Args:
            path: a file to write (.png, .svg or .pdf), with its numbers as .csv beside it.
            dark: on a dark ground.

        Raises:
            MissingExtraError: when matplotlib is not installed and a file is asked for.
        """
        picture = differences_picture(self)
        if path is not None:
            picture.save(path, dark=dark)
        return picture

    def plot_curves(self, path: Path | None = None, *, dark: bool = False) -> Picture:
        """How each contender learns: the mean validation score over the updates; as `plot`."""
        picture = curves_picture(self)
        if path is not None:
            picture.save(path, dark=dark)
        return picture

    def to_html(self, path: Path | None = None) -> str:
        """One page that needs nothing else: verdict, tables, pictures, settings, every seed.

        Args:
            path: a file to write.
        """
        page = comparison_page(self)
        if path is not None:
            write_atomically(path, page.encode())
        return page

    def _repr_html_(self) -> str:
        return self.to_html()

    def __str__(self) -> str:
        parts = []
        for arm in self.verdicts:
            lines = aligned(
                [
                    heads(self.criterion, self.target),
                    *(cells(row, self.criterion, self.target) for row in self.arm(arm)),
                ],
                "lrrrrlrrr",
            )
            parts += [f"{arm}:", *(f"  {line}" for line in lines), ""]
        return "\n".join([*parts, self.sentence])


def _curve(arm: Arm, outcomes: Outcomes, task: Task) -> list[dict[str, Any]]:
    """The mean over those seeds that got so far."""
    name = "validation accuracy" if task.classifies else "validation loss"
    points: dict[float, list[float]] = {}
    for outcome in outcomes[arm].values():
        for point in outcome.curve:
            points.setdefault(point["updates"], []).append(point[name])
    return [
        {"contender": arm.contender, "arm": arm.name, "updates": updates, "measure": name,
         "value": statistics.fmean(values), "seeds": len(values)}
        for updates, values in sorted(points.items())
    ]  # fmt: skip


def _record(row: Row, criterion: Criterion) -> dict[str, Any]:
    interval = row.difference
    return {
        "arm": row.arm,
        "rank": row.rank,
        "contender": row.contender,
        "learning rate": row.rate,
        "at the edge": row.at_edge,
        "seeds": row.seeds,
        "broke down": row.ended,
        criterion.measure: row.mean,
        "baseline": criterion.baseline,
        "better by": None if interval is None else interval.estimate,
        "low": None if interval is None else interval.low,
        "high": None if interval is None else interval.high,
        "effect size": row.effect,
        "verdict": None if row.verdict is None else str(row.verdict),
        "updates to target": row.updates,
        "seconds to target": row.seconds,
        "seconds of an update": row.pace,
    }


def _finite(tree: Any) -> Any:
    if isinstance(tree, Mapping):
        return {str(name): _finite(value) for name, value in tree.items()}
    if isinstance(tree, list | tuple):
        return [_finite(value) for value in tree]
    return None if isinstance(tree, float) and not math.isfinite(tree) else tree
