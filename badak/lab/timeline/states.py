"""The states that a timeline keeps of its past: dense near now, ever sparser before."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any, NamedTuple

from badak.base.dtypes import Array
from badak.base.errors import StateError
from badak.base.files import Path, list_folder, make_folder, remove, resolved
from badak.io import load_archive, save_archive

DENSE = 8
"""So many states of full density; after them each further octave of the past has half as many."""

State = tuple[Mapping[str, Array], Mapping[str, Any]]
"""What `Trainer.state_dict` gives: arrays by name, and a record."""


class Moment(NamedTuple):
    """A place on a timeline: the number of the fit, and the step."""

    fit: int
    step: int


def is_kept(step: int, now: int, every: int) -> bool:
    """Whether the state after a step is kept when training has come to step `now`.

    Kept are the multiples of a gap that grows with the age: `every` for the newest 8 every steps,
    twice that for those twice as old, and so on. So there are at most 10 + 4 log2(now / 8 every) of
    them, and from a step of the age k back to the nearest kept one it is less than
    max(every, k / 3). What is not kept is never asked for later.

    >>> [step for step in range(0, 401, 10) if is_kept(step, 400, 10)]
    [0, 80, 120, 160, 200, 240, 260, 280, 300, 320, 330, 340, 350, 360, 370, 380, 390, 400]
    """
    gap = every
    while now - step > DENSE * gap:
        gap *= 2
    return step % gap == 0


class Folder(MutableMapping[Moment, State]):
    """States in the files of a folder, for networks of which memory does not hold many.

    Raises:
        StateError: when it holds something already.
        BadakFileError: when it cannot be made or written.
    """

    def __init__(self, folder: Path) -> None:
        self.path = resolved(folder)
        make_folder(self.path)
        if list_folder(self.path):
            raise StateError(f"Timeline: {self.path!r} is not empty", hint="another folder")
        self._moments: dict[Moment, str] = {}

    def __getitem__(self, moment: Moment) -> State:
        archive = load_archive(self._moments[moment])
        return archive.tensors, archive.record

    def __setitem__(self, moment: Moment, state: State) -> None:
        path = os.path.join(self.path, f"fit-{moment.fit}-step-{moment.step}.safetensors")
        save_archive(path, *state)
        self._moments[moment] = path

    def __delitem__(self, moment: Moment) -> None:
        remove(self._moments.pop(moment))

    def __iter__(self) -> Iterator[Moment]:
        return iter(self._moments)

    def __len__(self) -> int:
        return len(self._moments)
