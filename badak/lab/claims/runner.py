"""From a claim to its outcome: run the experiment, ask the questions."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Iterable, Iterator, Mapping

from badak.base.errors import BadakError, RangeError, StateError, unknown_name
from badak.base.numbers import real
from badak.base.shapes import as_int
from badak.lab.blas import one_thread
from badak.lab.claims.answer import Answer
from badak.lab.claims.claim import Claim, Question
from badak.lab.claims.experiments import EXPERIMENTS, Experiment
from badak.lab.claims.outcome import Outcome
from badak.lab.claims.registry import claims
from badak.lab.measurement import Measurement, paired

Clock = Callable[[], float]


def run(
    claim: Claim,
    *,
    seeds: int | None = None,
    experiments: Mapping[str, Experiment] = EXPERIMENTS,
    clock: Clock = time.perf_counter,
) -> Outcome:
    """Runs a claim's experiment and answers its questions.

    Args:
        claim: what to test.
        seeds: how many, when not as many as the claim says; at least 2.
        experiments: by name.
        clock: gives seconds.

    Raises:
        StateError: for a claim that is listed and not yet run.
        RangeError: for an experiment or a setting that does not exist, fewer than 2 seeds, a
            question about something that the experiment does not give.

    >>> from badak.lab.claims import Question
    >>> def race(seeds, *, lead):
    ...     speeds = {"hare": 9.0, "snail": 9.0 - lead}
    ...     return [Measurement(name, "meadow", "speed", seed, speed + seed % 3)
    ...             for seed in seeds for name, speed in speeds.items()]
    >>> asked = Question("speed", "hare", "snail", better="larger", minimum=1.0)
    >>> claim = Claim("C99", "The hare wins.", "a fable", "", "", experiment="race",
    ...               settings={"lead": 8.9}, questions=(asked,))
    >>> run(claim, experiments={"race": race}).verdict
    <Verdict.SUPPORTED: 'SUPPORTED'>
    """
    count = claim.seeds if seeds is None else as_int(seeds, "seeds")
    if count < 2:
        raise RangeError("a verdict needs more seeds", expected="at least 2", got=count)
    if claim.experiment is None:
        raise StateError(f"{claim.id} is listed and has no experiment yet")
    if claim.experiment not in experiments:
        raise unknown_name(f"experiment of {claim.id}", claim.experiment, experiments)
    experiment = experiments[claim.experiment]
    try:
        inspect.signature(experiment).bind(range(count), **claim.settings)
    except TypeError as error:
        raise RangeError(f"{claim.id}: the experiment {claim.experiment}: {error}") from None
    start = clock()
    with one_thread():
        measurements = experiment(range(count), **claim.settings)
    return judged(claim, measurements, clock() - start)


def judged(claim: Claim, measurements: Iterable[Measurement], seconds: float = 0.0) -> Outcome:
    """The outcome that measurements give, wherever they come from.

    Args:
        claim: whose questions are asked.
        measurements: what the experiment gave.
        seconds: how long it took.

    Raises:
        RangeError: for a measure, condition or contender that is not among the measurements, or
            fewer than 2 seeds.

    >>> from badak.lab.claims import Question
    >>> asked = Question("loss", "Adam", "SGD", better="smaller", minimum=0.1)
    >>> claim = Claim("C99", "Adam wins.", "a friend", "", "", "race", questions=(asked,))
    >>> given = [Measurement(name, "digits", "loss", seed, value)
    ...          for seed in (0, 1, 2) for name, value in (("Adam", 0.5), ("SGD", 1.0))]
    >>> judged(claim, given).verdict
    <Verdict.SUPPORTED: 'SUPPORTED'>
    """
    found = list(measurements)
    answers = []
    for question in claim.questions:
        for condition in _conditions(question, found):
            names = [question.first, question.second]
            pairs = paired(found, question.measure, condition, names).tolist()
            answer = Answer(question, condition, tuple((one, other) for one, other in pairs))
            _ = answer.interval  # too few seeds are told here, where the question is known
            answers.append(answer)
    return Outcome(claim, tuple(answers), seconds)


def _conditions(question: Question, measurements: Iterable[Measurement]) -> list[str]:
    """Those under which a question is asked."""
    measures = dict.fromkeys(one.measure for one in measurements)
    if question.measure not in measures:
        raise unknown_name("measure of the experiment", question.measure, measures)
    given = dict.fromkeys(one.condition for one in measurements if one.measure == question.measure)
    if question.condition is None:
        return list(given)
    if question.condition not in given:
        raise unknown_name(f"condition with {question.measure!r}", question.condition, given)
    return [question.condition]


def run_all(
    budget_seconds: float,
    *,
    which: Iterable[Claim] | None = None,
    known_seconds: Mapping[str, float] | None = None,
    seeds: int | None = None,
    experiments: Mapping[str, Experiment] = EXPERIMENTS,
    clock: Clock = time.perf_counter,
) -> Iterator[Outcome]:
    """Runs claims until the time is spent, and gives each outcome when it is there.

    Those that are known to be short come first, then the others by their numbers. A claim that is
    known to need more than what is left is not begun. One that fails gives an outcome which says
    why, and so does one that is interrupted, before the interruption goes on.

    Args:
        budget_seconds: after which no other claim is begun.
        which: the claims; all when None. Those without an experiment are left out.
        known_seconds: by id, how long each took the last time.
        seeds: how many, when not as many as each claim says.
        experiments: by name.
        clock: gives seconds.

    Raises:
        RangeError: for a budget that is not above 0.

    >>> from badak.lab.claims import Question
    >>> asked = Question("speed", "hare", "snail", better="larger", minimum=1.0)
    >>> claim = Claim("C99", "The hare wins.", "a fable", "", "", "race", questions=(asked,))
    >>> def race(seeds):
    ...     raise RangeError("the hare sleeps")
    >>> for outcome in run_all(60, which=[claim], experiments={"race": race}):
    ...     print(outcome.sentence)
    UNDECIDED, the experiment broke off: the hare sleeps
    """
    budget, known = real(budget_seconds, "budget_seconds", above=0), known_seconds or {}
    chosen = [c for c in (claims() if which is None else which) if c.experiment is not None]
    chosen.sort(key=lambda claim: (known.get(claim.id, float("inf")), claim.number))
    start = clock()
    for claim in chosen:
        left = budget - (clock() - start)
        if left <= 0:
            return
        if known.get(claim.id, 0.0) > left:
            continue
        begun = clock()
        try:
            outcome = run(claim, seeds=seeds, experiments=experiments, clock=clock)
        except Exception as error:  # noqa: BLE001  # one failure is a row; the others go on
            reason = error.sentence if isinstance(error, BadakError) else repr(error)
            outcome = Outcome(claim, (), clock() - begun, reason)
        except KeyboardInterrupt:
            yield Outcome(claim, (), clock() - begun, "interrupted")
            raise
        yield outcome
