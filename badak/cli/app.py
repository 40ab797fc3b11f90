"""The commands and their options."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer

from badak import data as data_sets
from badak._version import __version__
from badak.base.errors import BadakFileError, DTypeError, RangeError
from badak.base.shapes import positive
from badak.cli import diagnose as diagnosis
from badak.cli import figure as figures
from badak.cli import prediction, training
from badak.cli.columns import aligned, console, show
from badak.cli.commands import Commands, examples
from badak.cli.config import SCHEDULES, Column, Config
from badak.cli.lab_commands import claims_app, compare
from badak.cli.networks import ACTIVATIONS, MODELS, Architecture
from badak.cli.run import RunFolder
from badak.cli.runs_commands import runs_app
from badak.optim.catalogue import BY_NAME

ABOUT = "Deep learning from the floor up: train a network on your data, and ask it."
AFTER_LIST = """What is not here is downloaded when asked for, unless it is in the folder that
the environment variable BADAK_DATA names. Your own .csv, .tsv or .npz file will
do as well:  badak train flowers.csv"""


def _whole(text: Any) -> int:
    try:
        return int(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a whole number") from None


def _number(text: Any) -> float:
    try:
        return float(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a number") from None


PARSERS: dict[str, Callable[[Any], Any]] = {"N": _whole, "RATE": _number, "SHARE": _number}
"""What reads a value, by the word that stands for it in the help."""


def _option(panel: str, value: str | None, about: str, default: str | bool = True) -> Any:
    return typer.Option(
        metavar=value,
        help=about,
        rich_help_panel=panel,
        show_default=default,
        parser=PARSERS.get(value or ""),
    )


app = typer.Typer(
    name="badak",
    cls=Commands,
    help=ABOUT,
    epilog=examples("badak train digits", "badak compare optimizers", "badak train --help"),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
data_app = typer.Typer(
    cls=Commands,
    help="What there is to train on.",
    epilog=examples("badak data list"),
    no_args_is_help=True,
)
app.add_typer(data_app, name="data")
app.add_typer(runs_app, name="runs")
app.add_typer(claims_app, name="claims")


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
    # Without a docstring of its own, the help is the one given above.
    pass


@app.command(
    epilog=examples(
        "badak train digits",
        "badak train mnist --model cnn --epochs 5",
        "badak train mnist --model deepconvnet",
        "badak train flowers.csv --target kind --layers 50,50 --lr 0.01",
        "badak train --resume runs/digits-1",
    )
)
def train(
    context: typer.Context,
    data: Annotated[
        str | None,
        typer.Argument(
            metavar="DATA",
            help="A data set (see badak data list), a .csv, .tsv or .npz file, "
            "or a folder or .zip of pictures.",
        ),
    ] = None,
    validation: Annotated[
        float, _option("Data", "SHARE", "Share of the training rows to judge by.")
    ] = 0.1,
    root: Annotated[
        str | None,
        _option("Data", "FOLDER", "Where the data lies.", "BADAK_DATA, or the cache"),
    ] = None,
    target: Annotated[
        str | None,
        _option("Tables", "COLUMN", "The column to predict.", "the last"),
    ] = None,
    drop: Annotated[
        list[str] | None,
        _option("Tables", "COLUMN", "A column to leave out; may be repeated."),
    ] = None,
    task: Annotated[
        str | None,
        _option("Tables", "TASK", "classification or regression.", "by the target"),
    ] = None,
    model: Annotated[str, _option("Network", "NAME", "mlp, cnn or deepconvnet.")] = "mlp",
    layers: Annotated[
        str | None,
        _option("Network", "SIZES", "Units of hidden layers.", "200,100; deepconvnet: 50"),
    ] = None,
    activation: Annotated[
        str, _option("Network", "NAME", f"One of {', '.join(ACTIVATIONS)}.")
    ] = "relu",
    batch_norm: Annotated[bool, _option("Network", None, "Normalise hidden layers.")] = True,
    dropout: Annotated[float, _option("Network", "SHARE", "Share of hidden units to drop.")] = 0.2,
    optimizer: Annotated[
        str, _option("Training", "NAME", f"One of {', '.join(BY_NAME)}.")
    ] = "adam",
    lr: Annotated[float, _option("Training", "RATE", "Learning rate.")] = 0.002,
    epochs: Annotated[
        int | None,
        _option("Training", "N", "Times all rows are seen.", "50, fewer for many rows"),
    ] = None,
    batch_size: Annotated[
        int | None, _option("Training", "N", "Rows for one update.", "100, fewer for few rows")
    ] = None,
    schedule: Annotated[
        str | None,
        _option(
            "Training",
            "NAME",
            f"Of the learning rate: {', '.join(SCHEDULES)}.",
            "constant; deepconvnet: one_cycle",
        ),
    ] = None,
    augment: Annotated[
        bool | None,
        typer.Option(
            "--augment/--no-augment",
            help="Move, turn and scale training images a little.",
            rich_help_panel="Training",
            show_default="off; deepconvnet: on",
        ),
    ] = None,
    patience: Annotated[
        int | None,
        _option("Training", "N", "Stop after N epochs without a better validation loss."),
    ] = None,
    seed: Annotated[int, _option("Training", "N", "Of weights, order and splits.")] = 0,
    out: Annotated[
        str | None, _option("Run", "FOLDER", "Where to keep the run.", "runs/DATA-NUMBER")
    ] = None,
    resume: Annotated[
        str | None,
        _option("Run", "RUN", "Go on with this run; --epochs may be more."),
    ] = None,
) -> None:
    """Train a network, print how well it does, and keep it in a run folder.

    The folder gets config.json, history.jsonl, model.safetensors, curves.png
    and checkpoints: after Ctrl-C, a crash or a power cut, --resume goes on.
    """
    if epochs is not None:
        positive(epochs, "--epochs")
    if resume is not None:
        _refuse_others(context, resume)
        training.resume(resume, epochs, console())
        return
    if not data:
        raise RangeError("train needs data", hint="badak train digits")
    if batch_size is not None:
        positive(batch_size, "--batch-size")
    usual = MODELS.get(model) or MODELS["mlp"]  # an unknown model is refused below
    config = Config(
        data=data,
        root=root,
        target=None if target is None else _column(target),
        drop=tuple(map(_column, drop or ())),
        task=task,
        architecture=Architecture(
            model,
            usual.layers if layers is None else _sizes(layers),
            activation,
            batch_norm,
            dropout,
        ),
        optimizer=optimizer,
        lr=lr,
        epochs=epochs or 0,
        batch_size=batch_size or 0,
        validation=validation,
        patience=patience,
        seed=seed,
        augment=usual.augment if augment is None else augment,
        schedule=schedule or usual.schedule,
    )
    training.start(config, out, console())


def _refuse_others(context: typer.Context, run: str) -> None:
    """A setting that would be passed over without a word is a mistake."""
    for name in context.params:
        source = context.get_parameter_source(name)
        given = source is not None and source.name == "COMMANDLINE"
        if given and name not in ("resume", "epochs"):
            what = "DATA" if name == "data" else f"--{name.replace('_', '-')}"
            raise RangeError(
                f"{what} does not go with --resume: the run keeps its settings",
                hint=f"badak train --resume {run}, with --epochs or nothing else",
            )


def _sizes(text: str) -> tuple[int, ...]:
    """100,50 as (100, 50); an empty text as no hidden layer."""
    try:
        return tuple(int(part) for part in text.split(",")) if text.strip() else ()
    except ValueError:
        raise DTypeError(
            "--layers is a list of whole numbers", expected="such as 100,50", got=text
        ) from None


def _column(text: str) -> Column:
    """A number for a column that is told by its number; no header has such names."""
    return int(text) if text.removeprefix("-").isdecimal() else text


@app.command(
    epilog=examples(
        "badak predict runs/digits-1 new.csv > answers.csv",
        "badak predict runs/flowers-1 flowers.csv --drop kind",
    )
)
def predict(
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="A folder that badak train has written.")
    ],
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="Inputs: a .csv, .tsv, .npy, or .npz with x.")
    ],
    drop: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN",
            help="A column of a table to leave out, such as the target; may be repeated.",
        ),
    ] = None,
) -> None:
    """Ask a trained network about the rows of a file; prints CSV."""
    prediction.predict(RunFolder(run), file, list(map(_column, drop or ())), sys.stdout)


@app.command(
    epilog=examples("badak diagnose runs/digits-1", "badak diagnose runs/digits-1 --prove")
)
def diagnose(
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="A folder that badak train has written.")
    ],
    prove: Annotated[
        bool, typer.Option("--prove", help="Train with each fix and without, and compare.")
    ] = False,
) -> None:
    """Say what is wrong with a run: evidence, cause, and what mends it."""
    diagnosis.diagnose_run(run, prove, console())


@data_app.command("list", epilog=examples("badak data list"))
def data_list() -> None:
    """List the data sets that are known by name."""
    sources = [data_sets.describe(name) for name in data_sets.names()]
    rows = [["name", "train", "test", "classes", "here", "what it is"]]
    wrong: dict[str, None] = {}
    for source in sources:
        counts = [f"{count:,}" for count in source.rows]
        classes = "-" if source.classes is None else str(source.classes)
        here = "no"
        try:
            here = "yes" if source.present(None) else "no"
        except BadakFileError as error:  # of the folder that BADAK_DATA names
            wrong[error.sentence] = None
        rows.append([source.name, *counts, classes, here, source.about])
    for sentence in wrong:
        training.tell(f"badak: {sentence}")
    show(aligned(rows, "lrrrll"))
    licences = [f"{source.name} {source.licence}" for source in sources if source.images]
    typer.echo(f"\nLicences: {', '.join(licences)}.\n{AFTER_LIST}")


@app.command(
    epilog=examples(
        "badak figure list",
        "badak figure optimizer-paths",
        "badak figure surfaces --out saddle.svg --set surfaces=saddle",
    )
)
def figure(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Which figure, or list.")],
    out: Annotated[
        str | None,
        typer.Option(
            metavar="FILE", help="A .png, .svg or .pdf file.", show_default="figures/NAME.png"
        ),
    ] = None,
    dark: Annotated[bool, typer.Option("--dark", help="On a dark ground.")] = False,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="NAME=VALUE", help="An argument of the figure; may be repeated."
        ),
    ] = None,
) -> None:
    """Make a picture of the textbooks anew, with its numbers as .csv beside it."""
    if name == "list":
        show(aligned(figures.listed(), "ll"))
        return
    caption, path, numbers = figures.make(name, out, dark, settings or ())
    typer.echo(f"{caption}\n{path}, its numbers in {numbers}")


app.command(
    epilog=examples(
        "badak compare list",
        "badak compare optimizers --data mnist --seeds 5",
        "badak compare my-comparison.toml",
    )
)(compare)
