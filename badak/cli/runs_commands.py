"""The commands of `badak runs` and their options."""

from __future__ import annotations

from typing import Annotated

import typer

from badak.cli import runs
from badak.cli.commands import Commands, examples

Word = Annotated[
    str, typer.Argument(metavar="RUN", help="A number of badak runs list, or a run folder.")
]

runs_app = typer.Typer(
    cls=Commands,
    help="What was trained and compared here.",
    epilog=examples("badak runs list", "badak runs show runs/digits-1", "badak runs compare 3 5"),
    no_args_is_help=True,
)


@runs_app.command("list", epilog=examples("badak runs list"))
def list_runs() -> None:
    """List all runs, newest first: trainings, comparisons, claims, figures.

    They are those of the folder runs/ here: its subfolders, which badak train
    has written, and the run store runs/lab.db.
    """
    runs.list_runs()


@runs_app.command("show", epilog=examples("badak runs show 3", "badak runs show runs/digits-1"))
def show_run(run: Word) -> None:
    """Print the settings of a run, and what came out."""
    runs.show_run(run)


@runs_app.command(
    "compare",
    epilog=examples("badak runs compare runs/digits-1 runs/digits-2", "badak runs compare 3 5"),
)
def compare_runs(
    first: Annotated[str, typer.Argument(metavar="A", help="A number, or a run folder.")],
    second: Annotated[str, typer.Argument(metavar="B", help="Another one of the same kind.")],
) -> None:
    """Print the settings in which two runs differ, and their results side by side."""
    runs.compare_runs(first, second)


@runs_app.command("rm", epilog=examples("badak runs rm 3", "badak runs rm runs/digits-1 --yes"))
def remove_run(
    run: Word,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Remove a run for good, after a question.

    A number goes with the trials that no other run has used, a folder with its
    model and checkpoints. A run that is under way stays.
    """
    runs.remove_run(run, sure=yes)
