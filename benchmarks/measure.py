"""Timing side by side: contenders take turns in rounds, so that a busy moment falls on all alike.

A turn is a window of several steps. Some untimed steps go before it, after a short pause in which
the threads of whoever was before come to rest. Odd rounds go through the row backwards.
"""

from __future__ import annotations

import gc
import statistics
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from benchmarks.peers.contender import RATE, CannotRunError, Contender, Trainee

PAUSE = 0.03
"""Seconds of rest before a turn: as long as the threads of some frameworks keep spinning."""

FEWEST, MOST = 3, 20_000
"""Steps of a window."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How long is measured.

    Attributes:
        window: seconds of a turn, roughly.
        trials: rounds in which all settings take part.
        rounds: rounds of the few that were the fastest.
        finalists: how many settings of a peer take part in these.
        limits: seconds for each look at what the machine can do at most.
    """

    window: float = 0.2
    trials: int = 4
    rounds: int = 21
    finalists: int = 3
    limits: float = 1.5


@dataclass(frozen=True, slots=True)
class Started:
    """A contender whose step has been taken once.

    Attributes:
        trainee: what is timed.
        first_loss: of the first step.
        seconds: until that step was done, compiling included.
    """

    trainee: Trainee
    first_loss: float
    seconds: float


def start(contender: Contender, rate: float = RATE) -> Started:
    """Builds a contender and takes its first step.

    Raises:
        CannotRunError: with the reason.
    """
    trainee = None
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            began = time.perf_counter()
            trainee = contender.build(rate)
            trainee.prepare()
            loss = trainee.run(1)
            seconds = time.perf_counter() - began
            trainee.confirm()
        except CannotRunError as refusal:
            if trainee:
                trainee.close()
            reasons = [str(refusal), *(str(w.message) for w in said)]
            raise CannotRunError("; ".join(dict.fromkeys(reasons))) from None
        except Exception as error:
            if trainee:
                trainee.close()
            first_line = (str(error).strip() or "without a message").splitlines()[0]
            reason = f"not compiled or built: {type(error).__name__}: {first_line}"
            raise CannotRunError(reason) from error
    return Started(trainee, loss, seconds)


def alternate(
    trainees: Mapping[str, Trainee],
    rounds: int,
    window: float,
    tell: Callable[[int, str], None] = lambda number, name: None,
) -> dict[str, list[float]]:
    """Seconds of a step: for each name one value a round.

    Args:
        trainees: who takes turns.
        rounds: how often.
        window: seconds of a turn, roughly.
        tell: is called before each turn with the number of its round, from 1 on, and whose it is.
    """
    gc.collect()
    gc.freeze()  # what exists need not be searched for garbage in somebody's turn
    try:
        steps = {}
        for name, trainee in trainees.items():
            tell(0, name)
            steps[name] = _steps(trainee, window)
        times: dict[str, list[float]] = {name: [] for name in trainees}
        for number in range(rounds):
            row = list(trainees)
            for name in row if number % 2 == 0 else reversed(row):
                tell(number + 1, name)
                times[name].append(_turn(trainees[name], steps[name], window))
    finally:
        gc.unfreeze()
    return times


def _steps(trainee: Trainee, window: float) -> int:
    """How many steps fill the window; finding out also warms up."""
    trainee.prepare()
    count, seconds = 1, 0.0
    while True:
        began = time.perf_counter()
        trainee.run(count)
        seconds = time.perf_counter() - began
        if seconds > window / 4 or count >= MOST:
            break
        count *= 2
    return max(FEWEST, min(MOST, round(window * count / seconds)))


def _turn(trainee: Trainee, steps: int, window: float) -> float:
    """Seconds of a step; fewer are taken when they are much slower now than they were at first."""
    time.sleep(PAUSE)
    trainee.prepare()
    some = max(1, steps // trainee.parts)
    trainee.run(some)
    done, seconds, began = 0, 0.0, time.perf_counter()
    while done < steps and seconds < 2 * window:
        trainee.run(some)
        done += some
        seconds = time.perf_counter() - began
    return seconds / done


@dataclass(frozen=True, slots=True)
class Spread:
    """The middle of some values, and where nine of ten and one of ten of them are above."""

    low: float
    median: float
    high: float


def spread(values: list[float]) -> Spread:
    """Median with the tenth and the ninetieth percentile.

    >>> spread([3.0, 1.0, 2.0])
    Spread(low=1.0, median=2.0, high=3.0)
    """
    if len(values) < 2:
        return Spread(values[0], values[0], values[0])
    tenths = statistics.quantiles(values, n=10, method="inclusive")
    if len(values) < 10:
        return Spread(min(values), statistics.median(values), max(values))
    return Spread(tenths[0], statistics.median(values), tenths[-1])


def ratios(theirs: list[float], ours: list[float]) -> list[float]:
    """Their time over ours, round by round."""
    return [a / b for a, b in zip(theirs, ours, strict=True)]
