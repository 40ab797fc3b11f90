"""A folder of checkpoints: the newest few, each whole or absent, ordered by a counter.

    checkpoint-00000042.safetensors     an archive: the truth (see badak/io/archive.py)
    checkpoint-00000042.json            its manifest and record, for people; Badak never reads it

The rename of the archive is the moment in which a checkpoint begins to exist. Older ones go only
after the new one is durable, so a kill or a full disk at any point leaves a whole one. Clocks
play no part: the order is that of the numbers.
"""

from __future__ import annotations

import errno
import os
import re
import warnings
from collections.abc import Mapping
from typing import Any

from badak.base.dtypes import Array
from badak.base.errors import BadakFileError, RangeError, StateError
from badak.base.files import (
    Path,
    list_folder,
    make_folder,
    remove,
    rename,
    resolved,
    sweep,
    write_atomically,
)
from badak.base.jsontext import to_json
from badak.base.lock import FolderLock
from badak.base.shapes import as_int, positive
from badak.io.archive import Archive, NewerFormatError, load_archive, pack

_ARCHIVE_NAME = re.compile(r"checkpoint-([0-9]{8}|[1-9][0-9]{8,17})\.safetensors")
_MANIFEST_NAME = re.compile(r"checkpoint-([0-9]{8}|[1-9][0-9]{8,17})\.json")
_LOCK = ".saving.lock"
_TRIES = 10


class CheckpointWarning(UserWarning):
    """A checkpoint is damaged and an older one was used, or a file could not be cleared away."""


class CheckpointFolder:
    """Saves numbered checkpoints into a folder and finds the newest whole one.

    Args:
        folder: made at the first save.
        keep: how many of the newest to keep.

    Raises:
        RangeError: for keep below 1.

    >>> import tempfile, numpy as np
    >>> with tempfile.TemporaryDirectory() as run:
    ...     checkpoints = CheckpointFolder(run)
    ...     for epoch in (1, 2, 3):
    ...         checkpoints.save(epoch, {"w": np.full(2, epoch)}, {"epoch": epoch})
    ...     checkpoints.numbers(), checkpoints.latest().record
    ([2, 3], {'epoch': 3})
    """

    def __init__(self, folder: Path, keep: int = 2) -> None:
        self.folder = resolved(folder)
        self.keep = positive(keep, "keep")

    def __repr__(self) -> str:
        return f"CheckpointFolder({self.folder!r}, keep={self.keep})"

    def numbers(self) -> list[int]:
        """The numbers of the checkpoints in the folder, ascending; damaged ones count too."""
        try:
            names = list_folder(self.folder)
        except BadakFileError as error:
            if error.errno == errno.ENOENT:
                return []
            raise
        return _numbers(names, _ARCHIVE_NAME)

    def path(self, number: int) -> str:
        """The file of a checkpoint."""
        return os.path.join(self.folder, f"checkpoint-{number:08d}.safetensors")

    def save(self, number: int, tensors: Mapping[str, Array], record: Mapping[str, Any]) -> None:
        """Saves a checkpoint, then removes all but the newest `keep`.

        One of the same number is replaced. A newer one that is damaged, so that training went
        on from an older one, is put aside as checkpoint-NUMBER.damaged.

        Args:
            number: a counter that grows, such as steps taken.
            tensors: arrays by name.
            record: a JSON tree.

        Raises:
            BadakFileError: when it cannot be saved; the older ones are whole.
            StateError: when another process saves into this folder now, or the folder holds a
                newer whole checkpoint, which another run must have made.
            DTypeError, RangeError: for what an archive cannot store; before anything is changed.

        Warns:
            CheckpointWarning: the checkpoint is saved, but an old file could not be removed.
        """
        target = self._checked(number)
        packed = pack(tensors, record)
        text = to_json(packed.manifest, "", indent=2) + "\n"
        make_folder(self.folder)
        with FolderLock(self.folder, _LOCK):
            self._sweep()
            self._refuse_newer(number)
            write_atomically(_manifest_of(target), text.encode(), durable=False)
            write_atomically(target, packed.pieces)
            self._prune()

    def load(self, number: int) -> Archive:
        """One checkpoint.

        Raises:
            BadakFileError: when it is missing or damaged.
        """
        return load_archive(self.path(number))

    def latest(self) -> Archive | None:
        """The newest whole checkpoint; None where there is none at all.

        Raises:
            BadakFileError: when there are checkpoints but none is whole, with the reason for
                each; or when one was saved by a newer Badak.

        Warns:
            CheckpointWarning: a newer one is damaged and is left out.
        """
        for _ in range(_TRIES):
            damage: list[str] = []
            vanished = False
            for number in reversed(self.numbers()):
                try:
                    archive = self.load(number)
                except NewerFormatError:
                    raise
                except BadakFileError as error:
                    if error.errno == errno.ENOENT:
                        vanished = True
                    else:
                        damage.append(error.sentence)
                else:
                    for reason in damage:
                        warnings.warn(
                            f"{reason}; using checkpoint {number}", CheckpointWarning, stacklevel=2
                        )
                    return archive
            if not vanished:
                break
            # Another process saved and pruned while we looked: look again.
        if damage or vanished:
            raise BadakFileError(
                f"no checkpoint in {self.folder!r} is whole",
                got="\n            ".join(damage) or "files that vanish",
                hint="bring one back from a copy, or start anew in an empty folder",
            )
        return None

    def _checked(self, number: int) -> str:
        if not 0 <= as_int(number, "checkpoint number") < 10**18:
            raise RangeError(
                "checkpoint number is out of range", expected="0..10**18-1", got=number
            )
        return self.path(number)

    def _sweep(self) -> None:
        """Removes what killed saves left. Under the lock, so no save is under way."""
        names = list_folder(self.folder)
        whole = _numbers(names, _ARCHIVE_NAME)
        lone = [n for n in _numbers(names, _MANIFEST_NAME) if n not in whole]
        sweep(self.folder)
        _clear([_manifest_of(self.path(n)) for n in lone])

    def _refuse_newer(self, number: int) -> None:
        for newer in self.numbers():
            if newer > number and self._is_whole(newer):
                raise StateError(
                    f"{self.folder!r} already holds checkpoint {newer}, newer than {number}",
                    expected="numbers that grow",
                    hint="resume from it, or choose another folder",
                )
            if newer > number:
                path = self.path(newer)
                rename(path, path.removesuffix("safetensors") + "damaged")

    def _is_whole(self, number: int) -> bool:
        try:
            self.load(number)
        except NewerFormatError:
            return True
        except BadakFileError as error:
            # Other errors (too many open files, no permission) say nothing about the content.
            if error.errno not in (None, errno.EIO):
                raise
            return False
        return True

    def _prune(self) -> None:
        try:
            old = self.numbers()[: -self.keep]
        except BadakFileError as error:
            warnings.warn(error.sentence, CheckpointWarning, stacklevel=3)
            return
        paths = [self.path(number) for number in old]
        _clear([*paths, *map(_manifest_of, paths)])


def _numbers(names: list[str], pattern: re.Pattern[str]) -> list[int]:
    return sorted(int(match[1]) for match in map(pattern.fullmatch, names) if match)


def _manifest_of(path: str) -> str:
    return path.removesuffix("safetensors") + "json"


def _clear(paths: list[str]) -> None:
    """Removes files; one that stays costs space, which is no reason to stop a training."""
    for path in paths:
        try:
            remove(path)
        except BadakFileError as error:
            warnings.warn(error.sentence, CheckpointWarning, stacklevel=4)
