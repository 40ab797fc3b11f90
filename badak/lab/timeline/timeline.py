"""A training that can be gone back to: any step of it, again and otherwise."""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any

from badak.base.errors import DTypeError, RangeError, StateError
from badak.base.files import Path
from badak.base.shapes import as_int, positive
from badak.lab.timeline.change import change, found, put, steering, twin
from badak.lab.timeline.difference import (
    Difference,
    differing,
    distances,
    first_difference,
    settings,
    side_by_side,
)
from badak.lab.timeline.recorder import ArrivedError, Recorder
from badak.lab.timeline.states import Folder, Moment, State, is_kept
from badak.train import History, Trainer, state


@dataclass(eq=False)
class _Fit:
    """One call of fit: its arguments, and the steps before and after what is recorded of it."""

    arguments: tuple[Any, ...]
    named: dict[str, Any]
    first: int = 0
    last: int = 0

    def again(self) -> _Fit:
        """The same call, of which nothing is recorded yet."""
        return _Fit(self.arguments, self.named)


class Timeline:
    """Records a training, goes back to any step of it, and lets it go on in another way.

    Some states of the past are kept: dense near now, ever sparser before (see `is_kept`), so a
    training of n updates costs the memory of about 10 + 4 log2(n / 8 every) states. To go back k
    steps, the nearest state before is taken, and the updates from there are made again: fewer than
    max(every, k / 3) of them. They come out the same to the last bit: weights, optimizer, running
    statistics, random numbers, history (but for its seconds). Each loss is compared with the
    recorded one.

    Callbacks are told of a replay as of a training that goes on from a checkpoint and is broken off
    where it arrives, so that those which steer it (`EarlyStopping`, `ReduceLROnPlateau`) do so
    again. `Progress` and `Checkpoint` are left out. What a callback of your own remembers must be
    in its `state_dict`, and what it prints or writes is printed or written again. Between fits,
    numbers of the network and the optimizer may be changed; other changes are made with `branch`.

    Args:
        trainer: what trains; from now on through `timeline.fit` alone.
        name: for people.
        folder: an empty one for the states; None keeps them in memory.
        every: updates between the densest states.

    Attributes:
        first: the step at which it begins.
        newest: the last step that is recorded.
        step: where the trainer stands now.
        losses: of each update, from the beginning of the timeline that this one has grown from.
        changes: what was changed when it branched off, by path.

    Raises:
        DTypeError: when `trainer` is none.
        RangeError: for `every` below 1.
        StateError: when the folder is not empty.

    >>> data = bd.data.load("xor", rows=40)
    >>> net = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 2))
    >>> timeline = Timeline(bd.Trainer(net, optimizer=optim.SGD(0.1), progress=False))
    >>> history = timeline.fit(data.train, epochs=30, batch_size=10)
    >>> timeline.back(60)
    Timeline(main: step 60 of 0..120)
    >>> fast = timeline.branch("fast", **{"optimizer.lr": 1.0})
    >>> history = fast.go_on()
    >>> timeline.to(120).diff(fast).step  # the loss of update 61 is that of the same weights
    62
    """

    def __init__(
        self,
        trainer: Trainer,
        name: str = "main",
        *,
        folder: Path | None = None,
        every: int = 32,
    ) -> None:
        if not isinstance(trainer, Trainer):
            raise DTypeError("Timeline records a Trainer", got=repr(trainer))
        self.trainer = trainer
        self.name = name
        self.every = positive(every, "Timeline: every")
        self.first = trainer.position.step
        self.losses: list[float] = []
        self.changes: dict[str, Any] = {}
        self._origin = self.first
        self._fits: list[_Fit] = []
        self._planned: list[_Fit] = []
        self._folder = folder
        self._states: MutableMapping[Moment, State] = {} if folder is None else Folder(folder)

    @property
    def step(self) -> int:
        return self.trainer.position.step

    @property
    def newest(self) -> int:
        return self._origin + len(self.losses)

    def __repr__(self) -> str:
        rest = f", {len(self._planned)} fits to go" if self._planned else ""
        return f"Timeline({self.name}: step {self.step} of {self.first}..{self.newest}{rest})"

    # ------------------------------------------------------------------ forwards

    def fit(self, *arguments: Any, **named: Any) -> History:
        """`Trainer.fit` with these arguments, recorded.

        Raises:
            StateError: when a later step is recorded already.

            And whatever `Trainer.fit` raises; `go_on` then continues what was broken off.
        """
        self._check_newest("fit")
        fit = _Fit(arguments, named)
        self._planned = [fit]
        try:
            return self.go_on()
        finally:
            if fit not in self._fits:  # refused, before anything was trained
                self._planned = []

    def go_on(self) -> History:
        """Trains on as it was planned.

        A fit that was broken off is continued. A branch does what its origin did from there on: the
        rest of the fit that was under way, and the fits after it.

        Raises:
            StateError: when a later step is recorded already.

            And whatever `Trainer.fit` raises.
        """
        self._check_newest("go_on")
        while self._planned:
            fit = self._planned[0]
            self.trainer.position.resumed = fit in self._fits
            try:
                self._train(fit, None)
            finally:
                if fit in self._fits and self.trainer.position.whole:
                    self._keep(fit, self.step)
            del self._planned[0]
        return self.trainer.history

    def _train(self, fit: _Fit, target: int | None) -> None:
        """Runs a fit from where the trainer stands, to its end or to a step."""
        trainer = self.trainer
        steps, callbacks = trainer.steps, trainer.callbacks
        trainer.steps = Recorder(
            steps, self.losses, self._origin, self.every,
            lambda step: self._keep(fit, step), target,
        )  # fmt: skip
        if target is not None:
            trainer.callbacks = steering(callbacks)
        try:
            trainer.fit(*fit.arguments, **fit.named)
        except ArrivedError:
            pass
        finally:
            trainer.steps, trainer.callbacks = steps, callbacks

    def _keep(self, fit: _Fit, step: int) -> None:
        """Keeps the state of now, and drops those that have become too old."""
        if step < self.newest:
            return  # a replay
        if fit not in self._fits:
            fit.first = step
            self._fits.append(fit)
        fit.last = step
        self._states[Moment(len(self._fits) - 1, step)] = self.trainer.state_dict()
        for moment in list(self._states):
            begins = moment.step == max(self._fits[moment.fit].first, self.first)
            if not (begins or moment.step == step or is_kept(moment.step, step, self.every)):
                del self._states[moment]

    def _check_newest(self, call: str) -> None:
        if self.step < self.newest:
            raise StateError(
                f"Timeline: {call} at step {self.step}, and {self.newest} are recorded",
                hint=f"to({self.newest}) first, or branch(name) and train the branch",
            )
        self._check_inside()

    def _check_inside(self) -> None:
        if self.step > self.newest:
            raise StateError(
                f"Timeline: the trainer was trained to step {self.step} outside of its timeline",
                expected=f"a step of {self.first}..{self.newest}",
                hint="timeline.fit in the place of trainer.fit",
            )

    # ------------------------------------------------------------------ backwards

    def back(self, steps: int) -> Timeline:
        """Goes back so many steps from where the trainer stands; see `to`."""
        return self.to(self.step - as_int(steps, "Timeline: steps"))

    def to(self, step: int) -> Timeline:
        """Puts the trainer where it stood after so many updates; back, or forward again.

        Raises:
            RangeError: for a step that is not recorded.
            StateError: when the replay does not come out as recorded, since data, a metric or a
                callback have changed by themselves.
        """
        number = as_int(step, "Timeline: step")
        if not self.first <= number <= self.newest:
            raise RangeError(
                "Timeline: this step is not recorded",
                expected=f"{self.first}..{self.newest}",
                got=number,
            )
        self._check_inside()
        if self._fits:
            place = self._fit_of(number)
            fit = self._fits[place]
            kept = max(m.step for m in self._states if m.fit == place and m.step <= number)
            put(self.trainer, self._states[Moment(place, kept)], resumed=True)
            if kept < number:
                self._train(fit, number)
            self.trainer.position.resumed = False
        return self

    def _fit_of(self, step: int) -> int:
        """The number of the fit that made this step: the first one for the very beginning."""
        return next(
            (i for i, fit in enumerate(self._fits) if fit.first < step <= fit.last),
            len(self._fits) - 1 if step > self.first else 0,
        )

    # ------------------------------------------------------------------ sideways

    def branch(self, name: str, **changes: Any) -> Timeline:
        """An independent timeline from this step on, with some things changed.

        Its trainer is a copy: network, optimizer, callbacks; `go_on` lets it do what this one did
        from here on, and `fit` something else. Callbacks that show or save are not copied.

        Args:
            name: of the branch.
            **changes: new values of attributes of the trainer, by path, such as
                `**{"optimizer.lr": 0.1, "net.2.p": 0.5}`, or `optimizer=optim.SGD(0.1)`.

        Raises:
            RangeError: when there is no such attribute, or for a value out of its range.
            StateError: for an attribute that cannot be changed.
        """
        self._check_inside()
        trainer = twin(self.trainer)
        kept = self.trainer.state_dict()
        put(trainer, kept, resumed=False)
        for path, value in changes.items():
            change(trainer, path, value)
        if trainer.settings:
            trainer.settings |= state.settings_of(trainer)
        folder = None if self._folder is None else f"{os.fsdecode(self._folder)}-{name}"
        other = Timeline(trainer, name, folder=folder, every=self.every)
        other.changes = dict(changes)
        other._origin = self._origin
        other.losses = self.losses[: self.step - self._origin]
        other._plan(self)
        return other

    def _plan(self, origin: Timeline) -> None:
        """What the origin did, or was to do, after the step at which this one branches off."""
        to_come = [fit for fit in origin._fits if fit.last > self.first]
        to_come += [fit for fit in origin._planned if fit not in to_come]
        self._planned = [fit.again() for fit in to_come]
        if to_come and to_come[0] in origin._fits and to_come[0].first < self.first:
            under_way = self._planned[0]
            under_way.first = under_way.last = self.first
            self._fits = [under_way]
            self._keep(under_way, self.first)

    def diff(self, other: Timeline) -> Difference:
        """In what two timelines differ, each as it stands now.

        Raises:
            DTypeError: when `other` is no timeline.
        """
        if not isinstance(other, Timeline):
            raise DTypeError("Timeline: diff takes another Timeline", got=repr(other))
        differ = differing(settings(self.trainer), settings(other.trainer))
        for path in {**self.changes, **other.changes}:
            pair = repr(found(self.trainer, path)), repr(found(other.trainer, path))
            told = any(path.startswith(name) or name.startswith(path) for name in differ)
            if pair[0] != pair[1] and not told:
                differ[path] = pair
        origin = max(self._origin, other._origin)
        losses = (x.losses[origin - x._origin :] for x in (self, other))
        place = first_difference(*losses)
        return Difference(
            (self.name, other.name),
            (self.step, other.step),
            differ,
            None if place is None else origin + place + 1,
            side_by_side(self.trainer.history.records, other.trainer.history.records),
            distances(self.trainer, other.trainer),
        )
