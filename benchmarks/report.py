"""The table: what was measured, on which machine, as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from benchmarks.machine import Limits
from benchmarks.outcome import Entry, Result

Facts = Mapping[str, str]


def milliseconds(seconds: float) -> str:
    """Three digits that count.

    >>> milliseconds(0.0123456), milliseconds(0.3456), milliseconds(0.0000789)
    ('12.3', '346', '0.0789')
    """
    value = 1000 * seconds
    for digits, least in enumerate((100, 10, 1, 0.1)):
        if value >= least:
            return f"{value:.{digits}f}"
    return f"{value:.4f}"


def markdown(results: Sequence[Result], facts: Facts, doubt: str = "") -> str:
    """The whole text.

    Args:
        results: one for each case.
        facts: about machine, date and versions, by name.
        doubt: why these are no results to be quoted, if they are not.
    """
    lines = ["# The time of a training step", ""]
    if doubt:
        lines += [f"**Not a result to be quoted: {doubt}.**", ""]
    lines += [f"- {name}: {value}" for name, value in facts.items()]
    lines += ["", *_summary(results), "", *_explanation(results[0].limits)]
    for result in results:
        lines += ["", f"## {result.case.title}", "", *_settings(result)]
    return "\n".join(lines) + "\n"


def _summary(results: Sequence[Result]) -> list[str]:
    head = [
        *("case", "Badak, ms", "PyTorch, ms", "JAX, ms", "PyTorch / Badak", "JAX / Badak"),
        *("at least", "aim", "verdict", "floor, ms", "share of the floor", "eager NumPy, ms"),
    ]
    has_memory = any(result.ours.memory for result in results)
    if has_memory:
        head.append("memory, MB (Badak, PyTorch, JAX)")
    rows = []
    for result in results:
        case, ours = result.case, result.ours
        row = [
            *(case.title, _time(ours), _time(result.best("PyTorch")), _time(result.best("JAX"))),
            *(_ratio(result, "PyTorch"), _ratio(result, "JAX")),
            *(f"{case.at_least:g}x", f"{case.aim:g}x", result.verdict),
            milliseconds(result.floor),
            f"{result.floor / ours.times.median:.0%}" if ours.times else "",
            _time(result.eager),
        ]
        if has_memory:
            entries = (ours, result.best("PyTorch"), result.best("JAX"))
            row.append(", ".join(map(_megabytes, entries)))
        rows.append(row)
    return table(head, rows)


def _settings(result: Result) -> list[str]:
    """Every setting that was tried, the fastest first."""
    head = ["framework", "setting", "median, ms", "from", "to", "rounds", "first step, s"]
    entries = sorted(
        result.entries.values(), key=lambda e: e.times.median if e.times else float("inf")
    )
    rows = []
    for entry in entries:
        names = [entry.contender.framework, entry.contender.setting]
        if entry.times is None:
            rows.append([*names, entry.refused, "", "", "", ""])
            continue
        times = [milliseconds(t) for t in (entry.times.median, entry.times.low, entry.times.high)]
        rounds = str(len(entry.final or entry.trials))
        rows.append([*names, *times, rounds, f"{entry.started:.1f}"])
    return table(head, rows)


def _explanation(limits: Limits) -> list[str]:
    peaks = ", ".join(f"{name} {flops / 1e9:.0f}" for name, flops in limits.flops.items())
    return [
        "Each time is a median over rounds in which the contenders took turns within one process; "
        "in the tables below, one round of ten was faster than `from` and one slower than `to` (of "
        "fewer than ten rounds, none was). "
        "A step is forward, backward and the update by Adam, of a batch of 100 in float32 that is "
        "in memory; the loss is read ten times a turn, in no framework at each step. PyTorch and "
        "JAX stand with the fastest of their settings, which are all listed. Ratios are of the two "
        "times of a round, their median and, in brackets, the tenth and ninetieth percentile.",
        "",
        "The floor is the time for the arithmetic of the matrix products and convolutions at the "
        f"highest speed seen here, that of {limits.peak_of} (GFLOP/s on all cores: {peaks}), plus "
        "the time for the bytes that must be moved at the speed of copying "
        f"({limits.traffic / 1e9:.0f} GB/s read and written). A step whose data stay in the caches "
        "moves bytes faster than that.",
    ]


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    """The lines of a Markdown table.

    >>> table(["a", "b"], [["1", "2 | 3"]])
    ['| a | b |', '| --- | --- |', '| 1 | 2 / 3 |']
    """
    names = list(head)
    lines = [_row(names), _row(["---"] * len(names))]
    return lines + [_row(cell.replace("|", "/") for cell in row) for row in rows]


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _time(entry: Entry | None) -> str:
    if entry is None:
        return "-"
    if entry.times is None:
        return "not compiled" if entry.contender.framework == "Badak" else "-"
    return milliseconds(entry.times.median)


def _ratio(result: Result, framework: str) -> str:
    ratio = result.ratio(framework)
    return f"**{ratio.median:.2f}x** ({ratio.low:.2f}-{ratio.high:.2f})" if ratio else "-"


def _megabytes(entry: Entry | None) -> str:
    return f"{entry.memory / 1e6:.0f}" if entry and entry.memory else "-"
