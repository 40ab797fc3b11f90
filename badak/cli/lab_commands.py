"""The commands of the lab and their options."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from badak.base.errors import RangeError
from badak.cli import claiming, comparing
from badak.cli.columns import aligned, show
from badak.cli.commands import Commands, examples
from badak.lab.claims import get

claims_app = typer.Typer(
    cls=Commands,
    help="What people say about techniques, put to the test.",
    epilog=examples("badak claims list", "badak claims run C3", "badak claims run --all"),
    no_args_is_help=True,
)


@claims_app.command("list", epilog=examples("badak claims list"))
def list_claims() -> None:
    """List the claims, and what came out when each was last tested here."""
    claiming.list_claims()


@claims_app.command("show", epilog=examples("badak claims show C21"))
def show_claim(
    claim: Annotated[str, typer.Argument(metavar="CLAIM", help="Such as C21.")],
) -> None:
    """Print a claim: its source, what is known, and how it is tested."""
    claiming.show_claim(get(claim.upper()))


@claims_app.command(
    "run", epilog=examples("badak claims run C3 C26", "badak claims run --all --budget 30m")
)
def run_claims(
    claims: Annotated[
        list[str] | None, typer.Argument(metavar="CLAIM...", help="Such as C21.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that can be tested.")] = False,
    budget: Annotated[
        str, typer.Option(metavar="TIME", help="With --all: begin no other after so long.")
    ] = "30m",
    seeds: Annotated[
        int | None,
        typer.Option(metavar="N", help="Trials of each contender.", show_default="the claim's"),
    ] = None,
) -> None:
    """Test claims: print the answers and the verdict, and write a page on each."""
    if everything and claims:
        raise RangeError("--all does not go with names", got=" ".join(claims))
    if everything:
        claiming.run_all_claims(budget, seeds)
    else:
        claiming.run_claims(claims or (), seeds)


def compare(
    what: Annotated[
        str,
        typer.Argument(metavar="WHAT", help="A ready-made comparison, a .toml file, or list."),
    ],
    data: Annotated[
        str | None,
        typer.Option(metavar="DATA", help="A data set or file.", show_default="digits"),
    ] = None,
    seeds: Annotated[
        str | None,
        typer.Option(
            metavar="N", help="Trainings of each; 5,10,20 stops when clear.", show_default="5"
        ),
    ] = None,
    updates: Annotated[
        int | None,
        typer.Option(metavar="N", help="Of each training.", show_default="500; mnist: 2000"),
    ] = None,
    rows: Annotated[
        int | None, typer.Option(metavar="N", help="Train on so many rows only.")
    ] = None,
    target: Annotated[
        float | None, typer.Option(metavar="SCORE", help="Time the way to this validation score.")
    ] = None,
    baseline: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Compare with this one.", show_default="the first"),
    ] = None,
    measure: Annotated[
        str | None,
        typer.Option(metavar="MEASURE", help="What decides.", show_default="test accuracy"),
    ] = None,
    minimum: Annotated[
        float | None,
        typer.Option(metavar="EFFECT", help="The least that matters.", show_default="0.005"),
    ] = None,
    tuning: Annotated[
        bool, typer.Option("--tuning/--no-tuning", help="Also with tuned learning rates.")
    ] = True,
    page: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="The report.", show_default="runs/WHAT-NUMBER.html"),
    ] = None,
    root: Annotated[
        str | None,
        typer.Option(metavar="FOLDER", help="Where the data lies.", show_default="BADAK_DATA"),
    ] = None,
) -> None:
    """Compare techniques fairly: same data, seeds, budget and tuning for all.

    Prints a ranked table with intervals of the paired differences, and writes a
    report. What is interrupted goes on where it was: finished trainings are kept.
    """
    if what == "list":
        show(aligned(comparing.listed(), "ll"))
        return
    given: dict[str, Any] = {
        "data": data, "updates": updates, "rows": rows, "target": target, "baseline": baseline,
        "measure": measure, "minimum": minimum, "root": root,
        "seeds": None if seeds is None else _seeds(seeds),
        "tuned": None if tuning else False,
    }  # fmt: skip
    comparing.compare(what, page, {k: v for k, v in given.items() if v is not None})


def _seeds(text: str) -> int | tuple[int, ...]:
    """5 as a number, 5,10,20 as looks."""
    try:
        counts = tuple(int(part) for part in text.split(","))
    except ValueError:
        raise RangeError(
            "--seeds is a number, or rising numbers", got=text, hint="5,10,20"
        ) from None
    return counts[0] if len(counts) == 1 else counts
