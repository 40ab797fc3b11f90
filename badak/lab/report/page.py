"""The page of a comparison."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from badak.lab.report.document import document, figure, paragraph, section, table
from badak.lab.report.rows import cells, heads

if TYPE_CHECKING:  # for the type checker alone: a comparison makes its page with this
    from badak.lab.comparison import Comparison

_RULE = (
    "All contenders of one seed have the same rows, the same initial weights where shapes allow "
    "and the same order of batches, so their differences are paired. “Better by” is the mean of "
    "these differences with its bootstrap interval; d is that mean beside their spread (Hedges). "
    "“Tuned” has the learning rate that was best on validation rows, of the same number of rates "
    "for each contender, for other seeds; a star marks a rate at an end of that sweep, beyond "
    "which a better one may lie. Test rows were looked at once, at the end."
)


def comparison_page(comparison: Comparison) -> str:
    """The page as HTML; nothing is loaded."""
    asked = comparison.criterion
    body = f"<h1>{escape(comparison.name)}</h1>\n"
    verdict, _, rest = comparison.sentence.partition(": ")
    body += f'<p><span class="verdict">{verdict}</span></p>\n{paragraph(rest)}'
    body += section("Differences", figure(comparison.plot()))
    for arm in comparison.verdicts:
        rows = [cells(row, asked, comparison.target) for row in comparison.arm(arm)]
        body += section(arm, table(heads(asked, comparison.target), rows))
    body += section("On the way", figure(comparison.plot_curves()))
    body += section("How it was done", paragraph(_RULE, "grey") + _settings(comparison))
    body += section("Every seed", _seeds(comparison))
    return document(f"{comparison.name}: {verdict}", body)


def _settings(comparison: Comparison) -> str:
    flat = {name: value for name, value in comparison.settings.items() if name != "contenders"}
    flat |= {"seconds in all": round(comparison.seconds, 1)}
    rows = [(name, _text(value)) for name, value in flat.items()]
    rows += [(name, _text(made)) for name, made in comparison.settings["contenders"].items()]
    return table(("setting", "value"), rows)


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}={one!r}" for name, one in value.items()) or "as the base"
    return "-" if value is None else str(value)


def _seeds(comparison: Comparison) -> str:
    """Every value of the measure."""
    chosen = [m for m in comparison.measurements if m.measure == comparison.criterion.measure]
    rows = [(m.contender, m.condition, str(m.seed), f"{m.value:.5g}") for m in chosen]
    return table(("contender", "condition", "seed", comparison.criterion.measure), rows)
