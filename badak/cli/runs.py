"""`badak runs`: what was trained and compared here, from the run store and from run folders."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import typer

from badak.base.errors import BadakFileError, RangeError, StateError
from badak.base.files import explained, list_folder, remove
from badak.base.lock import FolderLock
from badak.cli.columns import aligned, console, show
from badak.cli.run import RUNS, RunFolder
from badak.cli.training import tell
from badak.lab.store import Run, Store
from badak.train import History

TRAINING = "training"
"""The kind of a run folder; the kinds of the others stand in the store."""


@dataclass(frozen=True)
class Entry:
    """A run, wherever it is kept.

    Attributes:
        word: by which it is asked for: a number of the store, or a folder.
        kind, name: what was done, and on what.
        began: when.
        state: "finished", "running", "interrupted"; of a folder that has no model "unfinished".
        seconds: how long it took; None while nobody knows.
        outcome: the main number that came out, in a few words.
        settings: by name, with a dot for each level.
        results: for reading side by side, by name.
        rows: of the table that came out.
        sentence: what it means.
        page: the path of its report.
    """

    word: str
    kind: str
    name: str
    began: datetime
    state: str
    seconds: float | None
    outcome: str
    settings: Mapping[str, Any]
    results: Mapping[str, Any]
    rows: Sequence[Mapping[str, Any]] = ()
    sentence: str = ""
    page: str | None = None


# ---------------------------------------------------------------------- what there is


def list_runs() -> None:
    """Prints all runs, newest first."""
    entries = [_of_store(run) for run in Store().runs()]
    for folder in _folders():
        try:
            entries.append(_of_folder(RunFolder(folder)))
        except BadakFileError as error:  # one that is damaged hides no other
            tell(f"badak: {error.sentence}")
    if not entries:
        typer.echo("No runs yet. To make one:  badak train digits")
        return
    head = ["run", "kind", "name", "began", "seconds", "outcome"]
    newest_first = sorted(entries, key=lambda entry: entry.began, reverse=True)
    show(aligned([head, *map(_line, newest_first)], "llllrl"))


def _line(entry: Entry) -> list[str]:
    seconds = "-" if entry.seconds is None else f"{entry.seconds:,.1f}"
    words = [entry.outcome, "" if entry.state == "finished" else f"({entry.state})"]
    outcome = " ".join(word for word in words if word)
    return [entry.word, entry.kind, entry.name, _when(entry), seconds, outcome]


def _when(entry: Entry) -> str:
    return f"{entry.began.astimezone():%Y-%m-%d %H:%M}"


def _folders() -> list[str]:
    names = list_folder(RUNS) if os.path.isdir(RUNS) else []
    paths = [os.path.join(RUNS, name) for name in names]
    return [path for path in paths if RunFolder(path).config_path.exists()]


def find(word: str) -> Entry:
    """The run of a number, or of a folder, which may lie in runs/.

    Raises:
        RangeError: when the store has no run of that number.
        BadakFileError: when the folder is no run, or damaged.
    """
    return _of_store(Store().run(int(word))) if word.isdecimal() else _of_folder(_folder(word))


def _folder(word: str) -> RunFolder:
    run, inside = RunFolder(word), RunFolder(os.path.join(RUNS, word))
    return inside if not run.config_path.exists() and inside.config_path.exists() else run


def _of_store(run: Run) -> Entry:
    result = run.result if isinstance(run.result, dict) else {}
    rows = [row for row in result.get("rows", ()) if isinstance(row, dict)]
    others = {k: x for k, x in result.items() if k not in ("kind", "title", "sentence")}
    sentence = str(result.get("sentence", ""))
    return Entry(
        str(run.number), run.kind, run.name, datetime.fromisoformat(run.began), run.state,
        run.seconds, sentence or (f"{len(rows)} rows" if rows else ""),
        _flat(run.settings), _labelled(rows) if rows else _flat(others), rows, sentence, run.page,
    )  # fmt: skip


def _of_folder(run: RunFolder) -> Entry:
    config = run.load_config()
    history = History.load(run.history_path) if run.history_path.exists() else History()
    with explained("read", str(run.config_path)):
        began = datetime.fromtimestamp(run.config_path.stat().st_mtime).astimezone()
    settings = {k: x for k, x in config.as_json().items() if k not in ("format", "classes")}
    judged = "val_accuracy" if "val_accuracy" in history.last else "val_loss"
    outcome = f"{judged} {_cell(history.last[judged])}" if judged in history.last else ""
    return Entry(
        str(run.path), TRAINING, f"{config.data}, {config.architecture.model}", began,
        "finished" if run.model_path.exists() else "unfinished",
        sum(record.get("seconds", 0.0) for record in history) if len(history) else None,
        outcome, _flat(settings), {k: x for k, x in history.last.items() if k != "seconds"},
    )  # fmt: skip


# ---------------------------------------------------------------------- one and two of them


def show_run(word: str) -> None:
    """Prints the settings of a run, and what came out."""
    entry, out = find(word), console()
    out.print(f"{entry.kind}: {entry.name}", style="bold")
    seconds = "" if entry.seconds is None else f", {entry.seconds:,.1f} seconds"
    out.print(f"{_when(entry)}{seconds}, {entry.state}")
    _print_pairs("Settings", entry.settings, "l")
    if entry.kind == TRAINING:
        _print_pairs("Last epoch", entry.results, "lr")
        return
    if entry.rows:
        out.print("\nResult", style="bold")
        show(table(entry.rows))
    else:
        _print_pairs("Result", entry.results, "l")
    if entry.sentence:
        out.print(f"\n{entry.sentence}")
    if entry.page:
        out.print(f"\nReport: {entry.page}")


def _print_pairs(title: str, pairs: Mapping[str, Any], sides: str) -> None:
    console().print(f"\n{title}", style="bold")
    rows = [[name, _cell(value)] for name, value in pairs.items()]
    show(aligned(rows, sides) if rows else "none")


def compare_runs(first: str, second: str) -> None:
    """Prints the settings in which two runs differ, and their results side by side.

    Raises:
        RangeError: for a training and something else.
    """
    one, other = find(first), find(second)
    if (one.kind == TRAINING) != (other.kind == TRAINING):
        raise RangeError(
            "compare needs two runs of one kind",
            expected="two trainings, or two others",
            got=f"{one.word}: {one.kind}, {other.word}: {other.kind}",
        )
    out = console()
    names = dict.fromkeys([*one.settings, *other.settings])
    differ = [name for name in names if one.settings.get(name) != other.settings.get(name)]
    out.print("Settings that differ" if differ else "The settings are the same", style="bold")
    if differ:
        _side_by_side(one, other, [(n, one.settings, other.settings) for n in differ])
    out.print("\nResults", style="bold")
    both = dict.fromkeys([*one.results, *other.results])
    told = [n for n in both if not _is_same_text(one.results.get(n), other.results.get(n))]
    _side_by_side(one, other, [(name, one.results, other.results) for name in told])
    for entry in (one, other):
        if entry.sentence:
            out.print(f"\n{entry.word}: {entry.sentence}")


def _is_same_text(one: Any, other: Any) -> bool:
    """Whether it is no number but a word, such as a condition, that says nothing here."""
    return isinstance(one, str) and one == other


def _side_by_side(
    one: Entry, other: Entry, lines: Sequence[tuple[str, Mapping[str, Any], Mapping[str, Any]]]
) -> None:
    rows = [[name, _cell(a.get(name)), _cell(b.get(name))] for name, a, b in lines]
    show(aligned([["", one.word, other.word], *rows], "lr"))


# ---------------------------------------------------------------------- away with it


def remove_run(word: str, *, sure: bool) -> None:
    """Removes a run for good, after a question.

    Args:
        word: its number or folder.
        sure: leaves the question out.

    Raises:
        StateError: when it is under way.
        RangeError, BadakFileError: when there is no such run, or a file of it cannot be removed.
    """
    name = f"run {word}" if word.isdecimal() else str(_folder(word).path)
    if word.isdecimal():
        run = Store().run(int(word))
        about = f"{run.kind} {run.name}"
    else:
        _folder(word).load_config()  # says that a folder is no run
        about = "its model and checkpoints"
    if not sure and not _confirmed(f"Remove {name} ({about}) for good?"):
        tell(f"{name} stays")
        return
    if word.isdecimal():
        Store().remove(int(word))
    else:
        _remove_folder(_folder(word))
    tell(f"removed {name}")


def _confirmed(question: str) -> bool:
    try:
        return typer.confirm(question, err=True)
    except typer.Abort:  # at the end of the input, or Ctrl-C
        raise StateError("nothing is removed: nobody has answered", hint="--yes") from None


def _remove_folder(run: RunFolder) -> None:
    """Removes what belongs to a run; whatever else somebody has put there stays."""
    lock = FolderLock(run.path)
    with lock:
        for path in (run.model_path, run.curves_path, run.history_path):
            remove(path)
        if run.checkpoints_path.is_dir():
            with explained("remove", str(run.checkpoints_path)):
                shutil.rmtree(run.checkpoints_path)
        remove(run.config_path)  # the last: until now it is a run, and can be removed again
    remove(lock.path)
    if os.listdir(run.path):
        tell(f"badak: note: {run.path} holds other files, which stay")
    else:
        with explained("remove", str(run.path)):
            Path(run.path).rmdir()


# ---------------------------------------------------------------------- trees as columns


def table(rows: Sequence[Mapping[str, Any]]) -> Any:
    """Rows of any columns as an aligned table; numbers stand on the right.

    >>> print(table([{"contender": "Adam", "loss": 0.51234, "rank": 1},
    ...              {"contender": "SGD", "loss": None}]))
    contender    loss  rank
    Adam       0.5123     1
    SGD             -     -
    """
    names = list(dict.fromkeys(name for row in rows for name in row))
    sides = ["l" if any(isinstance(row.get(n), str) for row in rows) else "r" for n in names]
    cells = [[_cell(row.get(name)) for name in names] for row in rows]
    return aligned([[name.replace("_", " ") for name in names], *cells], "".join(sides))


def _labelled(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The cells of a table by the name of their row and column.

    A row is called by its first cells, as many as it takes to tell all rows apart.
    """
    names = list(dict.fromkeys(name for row in rows for name in row))
    for count in range(1, len(names)):
        labels = [", ".join(_cell(row.get(name)) for name in names[:count]) for row in rows]
        if len({*labels}) == len(rows):
            break
    else:
        count, labels = 0, [f"row {number}" for number in range(1, len(rows) + 1)]
    return {
        f"{label}: {name.replace('_', ' ')}": row.get(name)
        for label, row in zip(labels, rows, strict=True)
        for name in names[count:]
    }


def _flat(tree: Any, name: str = "") -> dict[str, Any]:
    """The leaves of a tree by their path; a list of plain values is one leaf."""
    if isinstance(tree, list | tuple) and any(isinstance(x, dict | list | tuple) for x in tree):
        tree = {str(number): branch for number, branch in enumerate(tree)}
    if not isinstance(tree, dict):
        return {name or "value": tree}
    found: dict[str, Any] = {}
    for key, branch in tree.items():
        found |= _flat(branch, f"{name}.{key}" if name else str(key))
    return found


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list | tuple):
        return ", ".join(map(_cell, value)) or "-"
    return " ".join(str(value).split())
