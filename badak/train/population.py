"""Many trainings at once: models of one architecture share a program, each has its own numbers."""

from __future__ import annotations

import itertools
import math
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TextIO

from badak.base.errors import DTypeError, RangeError, StateError
from badak.base.random import check_seed, seeded
from badak.compiler import Scan, scan_together
from badak.train.callbacks import Progress
from badak.train.course import Updates
from badak.train.feed import Asked
from badak.train.history import History
from badak.train.signals import Interruption, held_back
from badak.train.step import NotFiniteError
from badak.train.steps import Chunk, CompiledSteps, Values
from badak.train.trainer import Trainer

_MOMENT = 0.1
"""Seconds for which Ctrl-C may wait."""

_TELL_SECONDS = 0.5
"""How often a line on the terminal is renewed."""


@dataclass(eq=False)
class Member:
    """One model of a population.

    Attributes:
        trainer: its training: network, optimizer, history; it predicts, evaluates and saves.
        config: what it was built with.
        seed: of its weights, its order of examples and its chance.
        error: what ended its training early, if anything.

    >>> build = lambda width: bd.Trainer(nn.Linear(2, width))
    >>> bd.Population(build, [{"width": 3}]).members
    [Member(width=3, seed=0)]
    """

    trainer: Trainer
    config: Mapping[str, Any]
    seed: int
    error: NotFiniteError | None = None

    @property
    def history(self) -> History:
        """The numbers of each epoch."""
        return self.trainer.history

    def __repr__(self) -> str:
        settings = ", ".join(f"{name}={value!r}" for name, value in self.config.items())
        ended = "" if self.error is None else f", ended: {self.error.what}"
        return f"Member({settings}{', ' if settings else ''}seed={self.seed}{ended})"


class Population:
    """Trains many models at once, each as if it were alone.

    Models of one architecture share one compiled program; learning rate, weight decay, momentum,
    dropout, seeds and data are numbers of each model, not parts of the program. Threads take whole
    models, so none waits for another: on two cores this trains small networks several times
    faster than one after the other. Models of different shapes are compiled apart and share the
    threads.

    Each member ends with exactly the weights that its trainer would have reached alone. One whose
    numbers become infinite or NaN stops before the update that would have broken it; the others go
    on.

    Args:
        build: makes a `Trainer` from a configuration: `build(**config)`. It is called with the
            member's seed set, so initial weights and dropout follow from it.
        configs: the arguments of `build`, one mapping for each kind of model.
        seeds: each configuration is trained once with each of these.

    Attributes:
        members: in the order of configurations, then seeds.

    Raises:
        DTypeError: when `build` gives no Trainer.
        RangeError: for no configuration, no seed, or a seed out of range.

    >>> def build(lr):
    ...     net = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 2))
    ...     return bd.Trainer(net, "softmax_cross_entropy", optim.Adam(lr), ["accuracy"])
    >>> data = bd.data.load("xor", rows=40)
    >>> population = bd.Population(build, [{"lr": 0.1}, {"lr": 0.001}], seeds=range(3))
    >>> histories = population.fit(data.train, epochs=20, batch_size=10, progress=False)
    >>> len(histories), len(histories[0])
    (6, 20)
    >>> population.members[5]
    Member(lr=0.001, seed=2)
    """

    def __init__(
        self,
        build: Callable[..., Trainer],
        configs: Iterable[Mapping[str, Any]] = ({},),
        seeds: Iterable[int] = (0,),
    ) -> None:
        pairs = list(itertools.product(configs, map(check_seed, seeds)))
        if not pairs:
            raise RangeError(
                "Population has no members", expected="at least one configuration and one seed"
            )
        self.members = [_member(build, config, seed) for config, seed in pairs]

    def __len__(self) -> int:
        return len(self.members)

    def __repr__(self) -> str:
        ended = sum(member.error is not None for member in self.members)
        return f"Population({len(self)} members{f', {ended} ended early' if ended else ''})"

    def fit(
        self,
        train: Any,
        t: Any = None,
        *,
        validation_data: Any = None,
        validation_split: float | None = None,
        epochs: int = 1,
        batch_size: int = 32,
        shuffle: bool = True,
        bootstrap: bool = False,
        balanced: bool = False,
        augment: Any = None,
        updates: int | None = None,
        drop_last: bool = False,
        progress: bool = True,
    ) -> list[History]:
        """Trains all members for a number of epochs; called again, for as many more.

        Args:
            train, t, validation_data, validation_split, epochs, batch_size, shuffle, bootstrap,
                balanced, augment, updates, drop_last: as for `Trainer.fit`. A validation split, the
                order of examples, a bootstrap and augmentation are each member's own, by its seed.
            progress: whether to show on standard error how far all are.

        Returns:
            The history of each member. One that ended early has fewer records; see `Member.error`.

        Raises:
            KeyboardInterrupt, SystemExit: after Ctrl-C or SIGTERM, when the updates under way are
                done and callbacks have saved.

            And whatever a member's `Trainer.fit` raises, but for NotFiniteError.
        """
        going: list[_Training] = []
        pace = _Pace()
        digests: dict[int, str] = {}
        shown = _Line(sys.stderr if progress else None, len(self))
        with held_back() as interruption:
            try:
                for member in self.members:
                    if member.error is None:
                        course = member.trainer.course(
                            train, t, validation_data, validation_split, epochs, batch_size,
                            shuffle, bootstrap, balanced, augment, updates, drop_last, digests,
                        )  # fmt: skip
                        going.append(_Training(member, course.updates(interruption)))
                for training in going:
                    training.go_on(next)
                while any(training.goes for training in going):
                    now = [training for training in going if training.goes]
                    _round(now, interruption, shown, pace)
                    interruption.check()
            except BaseException as error:
                for training in going:
                    training.end_with(error)
                raise
            finally:
                shown.close()
        return [member.history for member in self.members]

    def evaluate(self, data: Any, t: Any = None) -> list[dict[str, float]]:
        """`Trainer.evaluate` of each member.

        >>> xor = bd.data.load("xor", rows=40)
        >>> build = lambda: bd.Trainer(nn.Linear(2, 2), metrics=["accuracy"])
        >>> [sorted(found) for found in bd.Population(build, seeds=range(2)).evaluate(xor.test)]
        [['accuracy', 'loss'], ['accuracy', 'loss']]
        """
        return [member.trainer.evaluate(data, t) for member in self.members]


def _member(build: Callable[..., Trainer], config: Mapping[str, Any], seed: int) -> Member:
    with seeded(seed):
        trainer = build(**config)
    if not isinstance(trainer, Trainer):
        raise DTypeError(
            "Population: build makes a Trainer", got=repr(trainer), hint="return bd.Trainer(...)"
        )
    if trainer.position.step:
        raise StateError("Population: build makes a new Trainer each time", got=repr(trainer))
    trainer.seed = seed
    trainer.callbacks = [x for x in trainer.callbacks if not isinstance(x, Progress)]
    return Member(trainer, dict(config), seed)


@dataclass(eq=False)
class _Training:
    """A member on its course: what it asks for, and whether it goes on."""

    member: Member
    updates: Updates
    goes: bool = True
    asked: Asked = field(init=False)

    @property
    def trainer(self) -> Trainer:
        return self.member.trainer

    def go_on(self, act: Callable[[Updates], Asked]) -> None:
        """Lets it go on to what it asks for next."""
        try:
            self.asked = act(self.updates)
        except StopIteration:
            self.goes = False
        except NotFiniteError as error:
            self.goes = False
            self.member.error = error

    def take(self, outcome: list[Values] | Exception) -> None:
        """Tells it what became of the updates that it has asked for."""
        if isinstance(outcome, Exception):
            error = outcome
            self.go_on(lambda updates: updates.throw(error))
        else:
            values = outcome
            self.go_on(lambda updates: updates.send(values))

    def run(self, interruption: Interruption) -> None:
        """Runs what it asks for alone."""
        try:
            outcome: list[Values] | Exception = self.trainer.steps.run(
                self.trainer, *self.asked, interruption.is_asked
            )
        except Exception as error:  # noqa: BLE001  # its course raises it
            outcome = error
        self.take(outcome)

    def end_with(self, error: BaseException) -> None:
        """Lets its callbacks save."""
        if self.goes:
            self.goes = False
            try:
                self.updates.throw(error)
            except BaseException as same:  # noqa: BLE001  # the caller raises the first one
                if same is not error:
                    error.add_note(f"{self.member!r} failed as well: {same}")


class _Pace:
    """How many seconds a batch took in the last round; at first nobody knows."""

    seconds = math.inf


def _round(
    trainings: Sequence[_Training], interruption: Interruption, shown: _Line, pace: _Pace
) -> None:
    """What each asks for: all that is compiled together, then the rest one after the other."""
    chunks = [(training, _begun(training)) for training in trainings]
    together = [(training, chunk) for training, chunk in chunks if chunk is not None]
    shown.tell([training.trainer for training in trainings])
    try:
        scans = [Scan(chunk.program.step, chunk.rows, chunk.data) for _, chunk in together]
        batches = sum(len(chunk.rows) for _, chunk in together)
        # What is done in a moment needs nobody who watches it, and no thread for that.
        short = batches * pace.seconds < _MOMENT
        started = time.monotonic()
        results = scan_together(scans, None if short else lambda done: interruption.is_asked())
        pace.seconds = (time.monotonic() - started) / max(batches, 1)
    except BaseException:
        for _, chunk in together:
            chunk.give_up()
        raise
    for (training, chunk), (done, found) in zip(together, results, strict=True):
        steps = training.trainer.steps
        assert isinstance(steps, CompiledSteps), "it has begun a chunk"
        training.take(_outcome(steps, chunk, done, found))
        while training.goes and steps.searches:
            training.run(interruption)
    for training, begun in chunks:
        if begun is None:
            training.run(interruption)


def _begun(training: _Training) -> Chunk | None:
    """The chunk that can run together with those of others, if any."""
    steps = training.trainer.steps
    if not isinstance(steps, CompiledSteps):
        return None
    chunk = steps.begin(training.trainer, *training.asked)
    if chunk is not None and not chunk.program.is_ready(chunk.rows, chunk.data):
        chunk.give_up()
        return None
    return chunk


def _outcome(steps: CompiledSteps, chunk: Chunk, done: int, found: Any) -> list[Values] | Exception:
    """What became of a chunk that was run; an error is for the member's course to raise."""
    try:
        return steps.finish(chunk, chunk.program.scanned(chunk.rows, done, found))
    except Exception as error:  # noqa: BLE001  # it is looked for below
        failure = error
    try:
        return steps.fail(chunk, failure)
    except Exception as error:  # noqa: BLE001  # as above
        return error


class _Line:
    """One line on a terminal that says how far all members are."""

    def __init__(self, stream: TextIO | None, members: int) -> None:
        self._stream = stream if stream is not None and stream.isatty() else None
        self._members = members
        self._told = 0.0
        self._width = 0

    def tell(self, trainers: Sequence[Trainer]) -> None:
        """Writes the line anew, if it was not just written."""
        now = time.monotonic()
        if now - self._told < _TELL_SECONDS:
            return
        self._told = now
        epochs = [trainer.position.epoch for trainer in trainers]
        losses = [trainer.history["loss"][-1] for trainer in trainers if len(trainer.history)]
        loss = f"  loss {min(losses):.4f} .. {max(losses):.4f}" if losses else ""
        last = trainers[0].last_epoch
        models = f"{len(trainers)} of {self._members} models"
        self._write(f"{models}  epoch {min(epochs) + 1}/{last}{loss}")

    def close(self) -> None:
        """Takes the line away."""
        if self._width:
            self._write("")

    def _write(self, text: str) -> None:
        if self._stream is not None:
            try:
                end = "" if text else "\r"
                print(f"\r{text:<{self._width}}", end=end, file=self._stream, flush=True)
            except (OSError, ValueError):  # the terminal is gone
                self._stream = None
            self._width = len(text)
