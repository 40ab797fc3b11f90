"""The table: what was measured, on which machine, as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from benchmarks.cases import Task
from benchmarks.machine import Limits
from benchmarks.measure import Spread, spread
from benchmarks.outcome import PEERS, Entry, Result, Waited
from benchmarks.peers.contender import Role
from benchmarks.processors import cores

Facts = Mapping[str, str]


def digits(value: float) -> str:
    """Three digits that count.

    >>> digits(12.3456), digits(345.6), digits(0.0789)
    ('12.3', '346', '0.0789')
    """
    for places, least in enumerate((100, 10, 1, 0.1)):
        if value >= least:
            return f"{value:.{places}f}"
    return f"{value:.4f}"


def duration(seconds: float, task: Task = Task.STEP) -> str:
    """Steps in milliseconds, what is shorter in microseconds.

    >>> duration(0.0123456), duration(0.0000789, Task.PREDICTION)
    ('12.3 ms', '78.9 µs')
    """
    if task is Task.STEP:
        return f"{digits(1e3 * seconds)} ms"
    return f"{digits(1e6 * seconds)} µs"


def wait(seconds: float) -> str:
    """As people say it.

    >>> wait(0.0421), wait(1.5)
    ('42 ms', '1.50 s')
    """
    return f"{seconds:.2f} s" if seconds >= 1 else f"{1e3 * seconds:.0f} ms"


def markdown(
    results: Sequence[Result],
    waited: Sequence[Waited],
    limits: Limits,
    facts: Facts,
    doubt: str = "",
) -> str:
    """The whole text.

    Args:
        results: one for each case.
        waited: one for each of the things that people wait for.
        limits: what the machine can do.
        facts: about machine, date and versions, by name.
        doubt: why these are no results to be quoted, if they are not.
    """
    lines = ["# How fast, beside others", ""]
    if doubt:
        lines += [f"**Not a result to be quoted: {doubt}.**", ""]
    lines += [f"- {name}: {value}" for name, value in facts.items()]
    lines += ["", "## What was asked for, and what was reached", "", *_goals(results, waited)]
    if results:
        lines += ["", "## Times", "", *_summary(results), "", *_explanation(limits)]
    if waited:
        lines += ["", "## Waiting for the first number", "", *_waits(waited), "", WAITING]
    for result in results:
        lines += ["", f"## {result.case.title}", "", *_settings(result)]
    return "\n".join(lines) + "\n"


def _goals(results: Sequence[Result], waited: Sequence[Waited]) -> list[str]:
    head = [
        *("case", "at least", "aim", "reached", "verdict", "share of the floor"),
        "the fastest peer",
    ]
    rows = []
    for result in results:
        case, rival = result.case, result.rival()
        best = result.best(rival[0]) if rival else None
        rows.append(
            [
                *(case.title, f"{case.at_least:g}x", f"{case.aim:g}x"),
                f"**{rival[1].median:.2f}x**" if rival else "-",
                *(result.verdict, _share(result)),
                f"{best.contender.name}: {_time(result, best)}" if best else "-",
            ]
        )
    for each in waited:
        beside = [
            f"{name}: {wait(spread(seconds).median)}" for name, seconds in each.beside.items()
        ]
        rows.append(
            [
                *(each.wait.title, f"< {wait(each.wait.limit)}", f"< {wait(each.wait.aim)}"),
                f"**{wait(spread(each.seconds).median)}**" if each.seconds else each.failed or "-",
                *(each.verdict, "", ", ".join(beside)),
            ]
        )
    return table(head, rows)


def _share(result: Result) -> str:
    times = result.ours.times
    return f"{result.floor / times.median:.0%}" if times else ""


def _summary(results: Sequence[Result]) -> list[str]:
    head = [
        *("case", "a time is that of", "Badak", "PyTorch", "JAX", "PyTorch / Badak", "JAX / Badak"),
        *("floor", "Badak, many batches in one call", "fastest peer / this", "eager NumPy"),
    ]
    has_memory = any(result.ours.memory for result in results)
    if has_memory:
        head.append("memory, MB (Badak, PyTorch, JAX)")
    rows = []
    for result in results:
        ours, many = result.ours, result.rival(Role.MANY)
        row = [
            *(result.case.title, result.case.task.value, _time(result, ours)),
            *(_time(result, result.best(name)) for name in PEERS),
            *(_ratio(result.ratio(name)) for name in PEERS),
            duration(result.floor, result.case.task),
            _time(result, result.of(Role.MANY)),
            f"{many[1].median:.2f}x" if many else "-",
            _time(result, result.of(Role.EAGER)),
        ]
        if has_memory:
            row.append(", ".join(_megabytes(e) for e in (ours, *map(result.best, PEERS))))
        rows.append(row)
    return table(head, rows)


def _waits(waited: Sequence[Waited]) -> list[str]:
    head = ["", "Badak: median", "from", "to", "runs", *PEERS]
    rows = []
    for each in waited:
        times = spread(each.seconds) if each.seconds else None
        ours = [wait(t) for t in (times.median, times.low, times.high)] if times else ["-"] * 3
        peers = [
            wait(spread(each.beside[name]).median) if name in each.beside else "" for name in PEERS
        ]
        rows.append([each.wait.title, *ours, str(len(each.seconds)), *peers])
    return table(head, rows)


WAITING = (
    "Each run is a process of its own. Cold means that nothing was compiled before: the folder of "
    "compiled programs is empty (and those of PyTorch's and of JAX's compiler, which compile the "
    "same step, are too); cached is the process after it. The first call includes loading the "
    "compiler and the step itself, not the import and the building of the network."
)


def _settings(result: Result) -> list[str]:
    """Every setting that was tried, the fastest first."""
    head = ["framework", "setting", "median", "from", "to", "rounds", "first step, s"]
    task = result.case.task
    entries = sorted(
        result.entries.values(), key=lambda e: e.times.median if e.times else float("inf")
    )
    rows = []
    for entry in entries:
        names = [entry.contender.framework, entry.contender.setting]
        if entry.times is None:
            rows.append([*names, entry.refused, "", "", "", ""])
            continue
        times = [duration(t, task) for t in (entry.times.median, entry.times.low, entry.times.high)]
        rounds = str(len(entry.final or entry.trials))
        rows.append([*names, *times, rounds, f"{entry.started:.1f}"])
    return table(head, rows)


def _explanation(limits: Limits) -> list[str]:
    peaks = ", ".join(f"{name} {flops / 1e9:.0f}" for name, flops in limits.flops.items())
    return [
        "Each time is a median over rounds in which the contenders took turns within one process; "
        "in the tables below, one round of ten was faster than `from` and one slower than `to` (of "
        "fewer than ten rounds, none was). "
        "A step is forward, backward and the update by Adam, of a batch in float32 that is in "
        "memory, each step a call of its own; the loss is read ten times a turn, in no framework "
        "at each step. In the column of many batches in one call, Badak gathers batches from all "
        "examples and loops over them in machine code; the ratio that is asked for is not of this "
        "one. In a population, each model has its own weights, learning rate and order of the "
        "examples, and all frameworks gather the batches, many of them in a call where they can. A "
        "prediction is of one example, its scores read as a NumPy array. PyTorch and JAX stand "
        "with the fastest of their settings, which are all listed. Ratios are of the two times of "
        "a round, their median and, in brackets, the tenth and ninetieth percentile.",
        "",
        "The floor is the time for the arithmetic of the matrix products and convolutions at the "
        f"highest speed seen here on all {cores()} cores, that of {limits.peak_of} (GFLOP/s: "
        f"{peaks}), plus "
        "the time for the bytes that must be moved at the speed of copying "
        f"({limits.traffic / 1e9:.0f} GB/s read and written). What stays in the caches moves "
        "faster than that.",
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


def _time(result: Result, entry: Entry | None) -> str:
    if entry is None:
        return "-"
    if entry.times is None:
        return "not compiled" if entry.contender.role is Role.OURS else "-"
    return duration(entry.times.median, result.case.task)


def _ratio(ratio: Spread | None) -> str:
    return f"**{ratio.median:.2f}x** ({ratio.low:.2f}-{ratio.high:.2f})" if ratio else "-"


def _megabytes(entry: Entry | None) -> str:
    return f"{entry.memory / 1e6:.0f}" if entry and entry.memory else "-"
