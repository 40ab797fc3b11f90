"""The run store: what was trained and compared, in one file that many processes may use at once."""

from __future__ import annotations

import hashlib
import math
import os
import platform
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from badak.base.errors import BadakFileError, RangeError, StateError
from badak.base.files import Path, resolved
from badak.base.jsontext import from_json, to_json
from badak.lab.database import reading, writing

PLACE = os.path.join("runs", "lab.db")
"""The file of those to whom nobody has given a place."""

_ODD = "not finite"
"""The one key of the mapping that stands for a number which JSON does not have."""


def digest(tree: Any) -> str:
    """A short text that stands for a tree of settings: the key of what follows from them.

    The same tree has the same digest on all machines and in all versions of Python: BLAKE2b of its
    JSON text with sorted keys. The order of the keys of a mapping does not matter, tuples are
    lists; everything else does, the int 1 and the float 1.0 included: where one of them came in
    the place of the other, it is safer to train again.

    Args:
        tree: of dicts, lists, text, numbers, booleans and None.

    Raises:
        DTypeError, RangeError: for what is none of these.

    >>> digest({"lr": 0.1, "layers": [50]}) == digest({"layers": (50,), "lr": 0.1})
    True
    >>> digest(1) == digest(1.0)
    False
    """
    text = to_json(_plain(tree, in_order=True), "key")
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


@dataclass(frozen=True)
class Run:
    """What the store knows of a run: a comparison, a claim, a figure.

    Attributes:
        number: by which it is asked for; none comes twice.
        kind, name: what was done, and its name for people.
        began: when, in UTC: "2024-05-31T09:30:00+00:00".
        settings: what it was asked to do.
        state: "finished", "running", or "interrupted" when its process ended before it did.
        seconds: how long it took; None unless it has finished.
        result: what came out; None unless it has finished.
        page: the path of its report, if it has one.

    >>> Run(3, "compare", "optimizers", "2024-05-31T09:30:00+00:00", {"seeds": 5}, "interrupted")
    Run(3: compare optimizers, 2024-05-31T09:30:00+00:00, interrupted)
    """

    number: int
    kind: str
    name: str
    began: str
    settings: Any
    state: str
    seconds: float | None = None
    result: Any = None
    page: str | None = None

    def __repr__(self) -> str:
        return f"Run({self.number}: {self.kind} {self.name}, {self.began}, {self.state})"


class Store:
    """Finished trials by their key, and runs by their number, in one SQLite file.

    Several processes and threads may use it at once. What `keep` and `finish` have returned from
    is on the disk, whatever becomes of the process.

    Args:
        path: the file; made when something is first written.

    Raises:
        BadakFileError: from each method, when the file is damaged, of another program or a newer
            format, or cannot be written.

    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> store = Store(f"{folder.name}/lab.db")
    >>> key = digest({"optimizer": "adam", "lr": 0.001, "seed": 0})
    >>> store.keep(key, {"test accuracy": 0.97})
    >>> store.find(key)
    {'test accuracy': 0.97}
    >>> with store.begin("compare", "optimizers", {"seeds": 1}) as run:
    ...     run.finish({"sentence": "Adam is ahead."})
    >>> [(run.number, run.name, run.state) for run in store.runs()]
    [(1, 'optimizers', 'finished')]
    >>> folder.cleanup()
    """

    def __init__(self, path: Path = PLACE) -> None:
        self.path = resolved(path)

    def __repr__(self) -> str:
        return f"Store({self.path!r})"

    # ------------------------------------------------------------------ trials

    def find(self, key: str) -> dict[str, Any] | None:
        """The record of a finished trial; None where there is none."""
        return self.find_all([key]).get(key)

    def find_all(self, keys: Iterable[str]) -> dict[str, dict[str, Any]]:
        """The records of those of these trials that are finished, by key."""
        found: dict[str, dict[str, Any]] = {}
        with reading(self.path) as connection:
            if connection is None:
                return found
            for key in keys:
                question = "SELECT record FROM trials WHERE key = ?"
                row = connection.execute(question, (key,)).fetchone()
                if row is not None:
                    found[key] = self._read(row[0], f"trial {key}")
        return found

    def keep(self, key: str, record: Mapping[str, Any]) -> None:
        """Keeps what a trial has given; one that is kept already stays as it is.

        Args:
            key: the `digest` of everything that determines the trial.
            record: a JSON tree; numbers that are not finite are kept too.

        Raises:
            DTypeError, RangeError: for what JSON cannot hold; nothing is then kept.
        """
        self.keep_all({key: record})

    def keep_all(self, records: Mapping[str, Mapping[str, Any]]) -> None:
        """Keeps many trials at once: all of them, or none."""
        rows = [(key, _text(dict(record), "record")) for key, record in records.items()]
        with writing(self.path) as connection:
            connection.executemany("INSERT OR IGNORE INTO trials VALUES (?, ?)", rows)

    # ------------------------------------------------------------------ runs

    def begin(self, kind: str, name: str, settings: Any) -> Running:
        """Writes down that a run begins now; it is running until `finish` says otherwise.

        Args:
            kind: what is done: "compare", "claim", "figure".
            name: for people.
            settings: what it is asked to do, a JSON tree.

        Raises:
            DTypeError, RangeError: for settings that JSON cannot hold.
        """
        began = datetime.now(UTC).isoformat(timespec="seconds")
        row = (_spelt(kind), _spelt(name), began, _text(settings, "settings"), _this_process())
        with writing(self.path) as connection:
            columns = "kind, name, began, settings, process"
            statement = f"INSERT INTO runs ({columns}) VALUES (?, ?, ?, ?, ?)"
            number = connection.execute(statement, row).lastrowid
        assert number is not None, "a row was inserted"
        return Running(self, number)

    def runs(self, kind: str | None = None) -> list[Run]:
        """All runs, or those of a kind, newest first."""
        with reading(self.path) as connection:
            if connection is None:
                return []
            question = f"SELECT {_COLUMNS} FROM runs ORDER BY number DESC"
            rows = connection.execute(question).fetchall()
        return [self._run(row) for row in rows if kind is None or row[1] == kind]

    def run(self, number: int) -> Run:
        """The run of that number.

        Raises:
            RangeError: when there is none.
        """
        with reading(self.path) as connection:
            question = f"SELECT {_COLUMNS} FROM runs WHERE number = ?"
            row = connection and connection.execute(question, (number,)).fetchone()
        if not row:
            raise self._no_run(number)
        return self._run(row)

    def remove(self, number: int) -> None:
        """Forgets a run, and the trials that it alone has used.

        Raises:
            RangeError: when there is no such run.
            StateError: when it is running.
        """
        if self.run(number).state == "running":
            raise StateError(f"run {number} is running", hint="wait for it, or end it first")
        with writing(self.path) as connection:
            connection.execute(
                "DELETE FROM trials WHERE key IN (SELECT key FROM uses WHERE run = ?) "
                "AND key NOT IN (SELECT key FROM uses WHERE run <> ?)",
                (number, number),
            )
            connection.execute("DELETE FROM uses WHERE run = ?", (number,))
            connection.execute("DELETE FROM runs WHERE number = ?", (number,))

    def _run(self, row: tuple[Any, ...]) -> Run:
        number, kind, name, began, settings, process, seconds, result, page = row
        where = f"run {number}"
        state = "interrupted"
        if result is not None:
            state = "finished"
        elif process is not None and _lives(process):
            state = "running"
        return Run(
            number, kind, name, began, self._read(settings, where), state, seconds,
            None if result is None else self._read(result, where), page,
        )  # fmt: skip

    def _read(self, text: str, where: str) -> Any:
        return _back(from_json(text, f"{self.path!r}, {where}"))

    def _no_run(self, number: int) -> RangeError:
        known = [str(run.number) for run in self.runs()]
        return RangeError(
            f"there is no run {number} in {self.path!r}",
            expected=f"one of {', '.join(known)}" if known else "a run, and there is none yet",
        )


_COLUMNS = "number, kind, name, began, settings, process, seconds, result, page"


class Running:
    """A run that has begun; at the end of its `with` block it is finished or interrupted.

    Attributes:
        number: of the run in the store.
    """

    def __init__(self, store: Store, number: int) -> None:
        self.store = store
        self.number = number
        self._started = time.monotonic()

    def uses(self, keys: Iterable[str]) -> None:
        """Says which trials the run is made of, so that they can be removed with it."""
        with writing(self.store.path) as connection:
            rows = [(self.number, key) for key in keys]
            connection.executemany("INSERT OR IGNORE INTO uses VALUES (?, ?)", rows)

    def finish(
        self, result: Any, page: Path | None = None, *, seconds: float | None = None
    ) -> None:
        """Keeps the result.

        Args:
            result: what came out, a JSON tree.
            page: the path of the report, if there is one.
            seconds: how long it took; the time since it began, unless given.

        Raises:
            StateError: when the run was removed meanwhile.
            DTypeError, RangeError: for a result that JSON cannot hold.
        """
        place = None if page is None else _spelt(os.fsdecode(page))
        took = time.monotonic() - self._started if seconds is None else seconds
        row = (took, _text(result, "result"), place, self.number)
        with writing(self.store.path) as connection:
            statement = "UPDATE runs SET seconds = ?, result = ?, page = ? WHERE number = ?"
            if not connection.execute(statement, row).rowcount:
                raise StateError(f"run {self.number} was removed while it was running")

    def __enter__(self) -> Running:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # What went wrong inside matters more than a note that cannot be written.
        with suppress(BadakFileError), writing(self.store.path) as connection:
            statement = "UPDATE runs SET process = NULL WHERE number = ?"
            connection.execute(statement, (self.number,))

    def __repr__(self) -> str:
        return f"Running({self.number})"


# ---------------------------------------------------------------------- trees as text and back


def _text(tree: Any, where: str) -> str:
    return to_json(_plain(tree), where)


def _plain(tree: Any, *, in_order: bool = False) -> Any:
    """The tree with mappings for the numbers that JSON does not have."""
    if isinstance(tree, Mapping):
        if _ODD in tree:
            raise RangeError(f"the key {_ODD!r} stands for numbers such as NaN", hint="another key")
        items = sorted(tree.items(), key=lambda item: str(item[0])) if in_order else tree.items()
        return {key: _plain(branch, in_order=in_order) for key, branch in items}
    if isinstance(tree, list | tuple):
        return [_plain(branch, in_order=in_order) for branch in tree]
    return {_ODD: str(tree)} if isinstance(tree, float) and not math.isfinite(tree) else tree


def _back(tree: Any) -> Any:
    """The tree that `_plain` was given."""
    if isinstance(tree, dict):
        odd = tree.get(_ODD)
        return float(odd) if odd is not None else {key: _back(x) for key, x in tree.items()}
    return [_back(branch) for branch in tree] if isinstance(tree, list) else tree


def _spelt(text: str) -> str:
    """Text as a database can hold it: names of files may be no text at all."""
    return text.encode("utf-8", "backslashreplace").decode()


# ---------------------------------------------------------------------- who is at work


def _this_process() -> str:
    return f"{os.getpid()}@{platform.node()}"


def _lives(process: str) -> bool:
    """Whether this machine has a process of that number; of other machines nobody knows."""
    number, _, machine = process.partition("@")
    if machine != platform.node() or not number.isdigit():
        return False
    if os.name == "nt":  # where the question itself would be Ctrl-C
        return int(number) == os.getpid()
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return False
    except (OverflowError, PermissionError):
        return True
    return True
