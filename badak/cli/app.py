"""The commands and their options."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from badak import data as data_sets
from badak._version import __version__
from badak.base.errors import DTypeError, RangeError
from badak.cli import prediction, training
from badak.cli.networks import Architecture
from badak.cli.run import Config, RunFolder

app = typer.Typer(
    name="badak",
    help="Deep learning from the floor up: train a network on your data, and ask it.",
    epilog="Example:  badak train digits",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
data_app = typer.Typer(help="Data sets.", no_args_is_help=True)
app.add_typer(data_app, name="data")


def _console() -> Console:
    # Results are read by people and by programs: no line is broken when it is not a terminal.
    return Console(width=None if sys.stdout.isatty() else 120)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"badak {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Deep learning from the floor up: train a network on your data, and ask it."""


def _layers(text: str) -> tuple[int, ...]:
    """100,50 as (100, 50); an empty text as no hidden layer."""
    try:
        sizes = tuple(int(part) for part in text.split(",") if part.strip())
    except ValueError:
        raise DTypeError(
            "--layers is a list of whole numbers", expected="100,50", got=text
        ) from None
    if any(size < 1 for size in sizes):
        raise RangeError("--layers: each layer needs at least 1 unit", got=text)
    return sizes


@app.command(
    epilog="Examples:  badak train digits  |  badak train mnist --model cnn --epochs 5  |  "
    "badak train flowers.csv --layers 50,50 --lr 0.01  |  badak train --resume runs/digits-1"
)
def train(
    data: Annotated[
        str | None,
        typer.Argument(help="A data set (see: badak data list), or a .csv or .npz file."),
    ] = None,
    model: Annotated[str, typer.Option(help="mlp or cnn.")] = "mlp",
    layers: Annotated[
        str, typer.Option(help="Units of the hidden layers, such as 100,50.")
    ] = "200,100",
    activation: Annotated[str, typer.Option(help="relu, sigmoid or tanh.")] = "relu",
    batch_norm: Annotated[bool, typer.Option(help="Normalise each hidden layer.")] = True,
    dropout: Annotated[float, typer.Option(help="Share of hidden units to drop.")] = 0.2,
    optimizer: Annotated[
        str, typer.Option(help="sgd, momentum, adagrad, rmsprop or adam.")
    ] = "adam",
    lr: Annotated[float, typer.Option(help="Learning rate.")] = 0.002,
    epochs: Annotated[
        int | None,
        typer.Option(help="How often all examples are seen (default: about 5,000 updates)."),
    ] = None,
    batch_size: Annotated[int, typer.Option(help="Examples for one update.")] = 100,
    validation: Annotated[
        float, typer.Option(help="Share of the training data set aside for validation.")
    ] = 0.1,
    patience: Annotated[
        int | None,
        typer.Option(help="Stop early after so many epochs without a better validation loss."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of weights, order and splits.")] = 0,
    root: Annotated[str | None, typer.Option(help="Folder with the files of the data set.")] = None,
    out: Annotated[
        str | None, typer.Option(help="Folder of the run (default: runs/DATA-NUMBER).")
    ] = None,
    resume: Annotated[
        str | None, typer.Option(help="Go on with this run; of the other options, --epochs counts.")
    ] = None,
) -> None:
    """Train a network, print how well it does, and keep it in a run folder.

    The folder gets config.json, history.jsonl, model.safetensors, curves.png and checkpoints.
    """
    console = _console()
    if resume is not None:
        if data is not None:
            raise RangeError("--resume knows its data", hint=f"badak train --resume {resume}")
        training.resume(resume, epochs, console)
        return
    if data is None:
        raise RangeError("train needs data", hint="badak train digits")
    if epochs is not None and epochs < 1:
        raise RangeError("--epochs must be at least 1", got=epochs)
    architecture = Architecture(model, _layers(layers), activation, batch_norm, dropout)
    config = Config(
        data=data,
        root=root,
        architecture=architecture,
        optimizer=optimizer,
        lr=lr,
        batch_size=batch_size,
        validation=validation,
        patience=patience,
        seed=seed,
    )
    training.start(config, epochs, out, console)


@app.command(epilog="Example:  badak predict runs/digits-1 new.csv > answers.csv")
def predict(
    run: Annotated[str, typer.Argument(help="A folder that badak train has written.")],
    file: Annotated[str, typer.Argument(help="Inputs: .csv, .npy, or .npz with x.")],
    drop: Annotated[
        list[str] | None,
        typer.Option(help="Leave out this column of a .csv, such as the target; may be repeated."),
    ] = None,
) -> None:
    """Ask a trained network about the rows of a file; prints CSV."""
    prediction.predict(RunFolder(run), file, drop or [], sys.stdout)


@data_app.command("list")
def data_list() -> None:
    """The data sets that are known by name."""
    table = Table(box=None, pad_edge=False)
    for column in ("name", "train", "test", "row", "classes", "licence", "here", "what it is"):
        table.add_column(column, justify="right" if column in ("train", "test") else "left")
    for name in data_sets.names():
        source = data_sets.describe(name)
        table.add_row(
            name,
            *(f"{rows:,}" for rows in source.rows),
            "x".join(map(str, source.shape)),
            "regression" if source.classes is None else str(source.classes),
            source.licence,
            "yes" if source.present(None) else "no",
            source.about,
        )
    _console().print(table)
    typer.echo("\nAlso: any .csv or .npz file, as in  badak train flowers.csv")
