"""Times Badak beside PyTorch and JAX: steps, populations, a prediction, and waiting for them.

python -m benchmarks.run                            all cases; writes benchmarks/results/
python -m benchmarks.run --quick --cases 784        a look at some; writes nothing
"""

from __future__ import annotations

import argparse
import gc
import json
import math
import platform
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from benchmarks import machine, measure, memory, peers, picture, report, selection
from benchmarks.cases import Case
from benchmarks.measure import Plan, Started
from benchmarks.outcome import PEERS, Entry, Result, Waited
from benchmarks.peers.contender import Role
from benchmarks.processors import cores
from benchmarks.waits import Waits

RESULTS = Path(__file__).parent / "results"
QUICK = Plan(window=0.1, trials=2, rounds=4, finalists=2, limits=0.3)

WAIT_RUNS = 7
"""Processes that are started for each of the waits."""

QUIET = 0.2
"""So many cores may others keep busy."""

NEAR = 1.25
"""A setting whose fastest round took longer than so many times its framework's best is behind."""

SAME, ROUGHLY = 1e-3, 0.3
"""How far first losses may lie apart, relatively: from equal weights, and with dropout besides."""


def main(arguments: list[str] | None = None) -> None:
    options = parsed(arguments)
    frameworks = peers.present()
    for name in peers.PACKAGES:
        if name not in frameworks:
            say(f"{name} is not installed: it is left out.")
    busy = machine.busy()
    doubts = ["few rounds of few settings"] if options.quick else []
    if busy is not None and busy > QUIET:
        doubts.append(f"others kept {busy:.1f} cores busy")
        say(f"Others keep {busy:.1f} cores busy: times will be longer and vary more.")
    plan = QUICK if options.quick else Plan()
    if options.rounds:
        plan = replace(plan, rounds=options.rounds)
    chosen_cases, chosen_waits = selection.chosen(options.cases)
    waited = [each for waits in chosen_waits for each in awaited(waits, frameworks, options)]
    say("What the machine can do ...")
    limits = machine.limits(plan.limits)
    results = []
    for case in chosen_cases:
        say(f"\n{case.title}")
        results.append(measured(case, frameworks, plan, limits, options.quick))
        if options.memory:
            weigh(results[-1])
    limits = limits.merged(machine.limits(plan.limits))
    for result in results:
        result.limits = limits
    facts = about(frameworks, busy, plan)
    text = report.markdown(results, waited, limits, facts, " and ".join(doubts))
    say(f"\n{text}")
    out = options.out or (None if options.quick else RESULTS)
    if out:
        write(out, text, results, waited, limits, facts)


def parsed(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument(
        "--cases", metavar="NAMES", help="some of them, such as 784-50-10,conv,import"
    )
    parser.add_argument("--rounds", type=int, metavar="N", help="rounds of the fastest settings")
    parser.add_argument("--quick", action="store_true", help="few rounds and settings; no files")
    parser.add_argument("--memory", action="store_true", help="peak memory, in processes apart")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="where the files go")
    options = parser.parse_args(arguments)
    if options.rounds is not None and options.rounds < 1:
        parser.error("--rounds must be at least 1")
    return options


def measured(
    case: Case, frameworks: list[str], plan: Plan, limits: machine.Limits, quick: bool
) -> Result:
    """Trials of all settings, then more rounds of the fastest."""
    row = [c for name in frameworks for c in peers.contenders(case, name, quick)]
    entries = {contender.name: Entry(contender) for contender in row}
    started: dict[str, Started] = {}
    for name, entry in entries.items():
        progress(f"{name}: building and compiling")
        try:
            started[name] = measure.start(entry.contender)
        except peers.CannotRunError as refusal:
            entry.refused = str(refusal)
            say(f"  {name}: {refusal}")
        else:
            entry.started = started[name].seconds
            say(f"  {name}: first step after {entry.started:.1f} s")
    all_started = list(started.values())
    refuse_strangers(case, entries, started)
    trainees = {name: each.trainee for name, each in started.items()}
    say(f"  {plan.trials} rounds of {len(trainees)} settings")
    times = measure.alternate(trainees, plan.trials, plan.window, counting(plan.trials))
    for name, seconds in times.items():
        entries[name].trials = [each / case.models for each in seconds]
    result = Result(case, entries, limits)
    chosen = {name: trainees[name] for name in finalists(result, plan.finalists)}
    say(f"  {plan.rounds} rounds of the {len(chosen)} fastest")
    times = measure.alternate(chosen, plan.rounds, plan.window, counting(plan.rounds))
    for name, seconds in times.items():
        entries[name].final = [each / case.models for each in seconds]
    for each in all_started:
        each.trainee.close()
    forget(frameworks)
    return result


def awaited(waits: Waits, frameworks: list[str], options: argparse.Namespace) -> list[Waited]:
    """Runs in processes of their own; before all else, while this one holds little."""
    say("\n" + "; ".join(wait.title for wait in waits.waits))
    found = {wait.name: Waited(wait) for wait in waits.waits}
    runs = min(options.rounds or (1 if options.quick else WAIT_RUNS), WAIT_RUNS)
    try:
        times = waits.measure(runs, frameworks, options.quick, progress)
    except (RuntimeError, subprocess.CalledProcessError) as error:
        for each in found.values():
            each.failed = str(error).splitlines()[0]
            say(f"  {each.failed}")
        return list(found.values())
    for name, each in found.items():
        each.seconds = times[name].pop("Badak", [])
        each.beside = times[name]
        if each.seconds:
            say(f"  {each.wait.name}: {report.wait(statistics.median(each.seconds))}")
    return list(found.values())


def refuse_strangers(case: Case, entries: dict[str, Entry], started: dict[str, Started]) -> None:
    """Takes out whose first loss is not that of the eager step: it trains another network."""
    by_role = {entries[name].contender.role: each for name, each in started.items()}
    if Role.EAGER not in by_role:
        return
    expected = by_role[Role.EAGER].first_loss
    for name in list(started):
        loss = started[name].first_loss
        if not math.isclose(loss, expected, rel_tol=ROUGHLY if case.drops else SAME):
            entries[name].refused = f"another first loss: {loss:.4f}, not {expected:.4f}"
            say(f"  {name}: {entries[name].refused}")
            del started[name]


def finalists(result: Result, count: int) -> list[str]:
    """Ours, and each peer's fastest settings by the trials, unless they are far behind its best.

    Also the one that had the fastest round of all, which a disturbance may have spoiled.
    """
    ours = [result.of(role) for role in (Role.OURS, Role.MANY)]
    names = [entry.contender.name for entry in ours if entry and entry.trials]
    for framework in PEERS:
        mine = {
            name: entry.trials
            for name, entry in result.entries.items()
            if entry.contender.framework == framework and entry.trials
        }
        by_median = sorted(mine, key=lambda name: statistics.median(mine[name]))
        by_best_round = sorted(mine, key=lambda name: min(mine[name]))
        near = [
            name
            for name in by_median[:count]
            if min(mine[name]) < NEAR * statistics.median(mine[by_median[0]])
        ]
        names += dict.fromkeys(near + by_best_round[:1])
    return names


def forget(frameworks: list[str]) -> None:
    """Frees what the case's programs held."""
    if "PyTorch" in frameworks:
        sys.modules["torch"]._dynamo.reset()
    if "JAX" in frameworks:
        sys.modules["jax"].clear_caches()
    gc.collect()


def weigh(result: Result) -> None:
    """Peak memory of the three best, each in a process of its own."""
    for entry in (result.ours, *map(result.best, PEERS)):
        if entry and entry.times:
            contender = entry.contender
            progress(f"{contender.name}: memory")
            entry.memory = memory.peak(result.case.name, contender.framework, contender.setting)
            words = f"{entry.memory / 1e6:.0f} MB" if entry.memory else "peak memory unknown"
            say(f"  {contender.name}: {words}")


def about(frameworks: list[str], busy: float | None, plan: Plan) -> dict[str, str]:
    """Machine, date, versions, and how it was measured."""
    versions = [f"{name} {peers.version(name)}" for name in frameworks]
    versions += [f"NumPy {np.__version__}", f"Python {platform.python_version()}"]
    return {
        "processor": f"{machine.processor()}, {cores()} cores",
        "system": platform.platform(),
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "versions": ", ".join(versions),
        "cores that others kept busy": "unknown" if busy is None else f"{busy:.1f}",
        "rounds": f"{plan.trials} of all settings, then {plan.rounds} of the fastest; "
        f"turns of about {plan.window:g} s",
    }


def write(
    folder: Path,
    text: str,
    results: list[Result],
    waited: list[Waited],
    limits: machine.Limits,
    facts: dict[str, str],
) -> None:
    """The table, its numbers and the picture."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "speed.md").write_text(text, encoding="utf-8")
    numbers = {
        "facts": facts,
        "limits": {"flops": limits.flops, "traffic": limits.traffic},
        "cases": [result.as_dict() for result in results],
        "waits": [each.as_dict() for each in waited],
    }
    (folder / "speed.json").write_text(json.dumps(numbers, indent=1) + "\n", encoding="utf-8")
    note = ". ".join([facts["processor"], facts["versions"], facts["date"]])
    picture.draw(results, waited, note, folder / "speed.png")
    say(f"Written: {folder}/speed.md, speed.json, speed.png")


def counting(rounds: int) -> Callable[[int, str], None]:
    """Shows which round it is, and whose turn."""
    return lambda number, name: progress(f"round {number} of {rounds}: {name}")


def progress(text: str) -> None:
    """What is being timed, on one line that changes, where somebody watches."""
    if sys.stdout.isatty():
        width = shutil.get_terminal_size().columns - 1
        print(f"  {text}"[:width].ljust(width), end="\r", flush=True)


def say(text: str) -> None:
    if sys.stdout.isatty():
        print(" " * (shutil.get_terminal_size().columns - 1), end="\r")
    print(text, flush=True)


if __name__ == "__main__":
    main()
