"""All settings of a run: checked where they come in, kept in its config.json."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from badak import nn
from badak.base.errors import BadakFileError, DTypeError, RangeError
from badak.base.numbers import real
from badak.base.shapes import Shape, as_int, positive
from badak.cli.networks import Architecture
from badak.optim import Optimizer, catalogue

FORMAT = 1

Column = str | int
"""A column of a table, by name or by number."""


@dataclass(frozen=True)
class Config:
    """What a run trains, on what, and how.

    Attributes:
        data: the name of a data set, or the path of a file.
        root: the folder with the files of the data set.
        target, drop, task: how a table is read; see `badak.data.read_table`.
        validation: the share of the training rows that is set aside.
        patience: epochs without improvement after which training stops; None for never.
        epochs, batch_size: 0 until the data is known, when nobody has chosen them.
        input_shape, outputs, classes: what the data asks of the network; no classes: a regression.

    Raises:
        RangeError, DTypeError: settings that no run can have, named as the options are.
    """

    data: str
    root: str | None
    target: Column | None
    drop: tuple[Column, ...]
    task: str | None
    architecture: Architecture
    optimizer: str
    lr: float
    epochs: int
    batch_size: int
    validation: float
    patience: int | None
    seed: int
    input_shape: Shape = ()
    outputs: int = 0
    classes: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        for name in ("data", "root", "task"):
            value = getattr(self, name)
            if not isinstance(value, str) and (name == "data" or value is not None):
                raise DTypeError(f"{name} must be text", got=repr(value))
        catalogue.get(self.optimizer)
        real(self.lr, "--lr", above=0)
        real(self.validation, "--validation", above=0, below=1)
        if self.patience is not None:
            positive(self.patience, "--patience")
        if not 0 <= as_int(self.seed, "--seed") < 2**64:
            raise RangeError("--seed is out of range", expected="0..2**64-1", got=self.seed)

    def build(self) -> nn.Sequential:
        """The network, untrained."""
        return self.architecture.build(self.input_shape, self.outputs)

    def make_optimizer(self) -> Optimizer:
        """The optimizer, before its first step."""
        return catalogue.get(self.optimizer)(lr=self.lr)

    def as_json(self) -> dict[str, Any]:
        """The settings as a tree for JSON."""
        return {"format": FORMAT, **asdict(self)}


def config_from_json(tree: Any, where: str) -> Config:
    """The settings that `as_json` gave.

    Args:
        tree: what the JSON text says.
        where: the file, for errors.

    Raises:
        BadakFileError: a newer format, or settings that are missing, unknown or impossible.
    """
    if not isinstance(tree, dict) or not isinstance(tree.get("format"), int):
        raise BadakFileError(f"{where} is no configuration of a run")
    if tree["format"] > FORMAT:
        raise BadakFileError(
            f"{where} is of a newer format",
            expected=f"format {FORMAT} or older",
            got=tree["format"],
            hint="a newer Badak",
        )
    fields = {name: value for name, value in tree.items() if name != "format"}
    try:
        net = dict(fields["architecture"])
        fields["architecture"] = Architecture(**{**net, "layers": tuple(net["layers"])})
        fields["drop"] = tuple(fields["drop"])
        fields["input_shape"] = tuple(positive(n, "input_shape") for n in fields["input_shape"])
        if fields["classes"] is not None:
            fields["classes"] = tuple(str(name) for name in fields["classes"])
        config = Config(**fields)
        for name in ("epochs", "batch_size", "outputs"):
            positive(getattr(config, name), name)
    except KeyError as error:
        raise BadakFileError(f"{where} lacks the setting {error}") from None
    except (TypeError, ValueError) as error:
        reason = getattr(error, "sentence", str(error))
        raise BadakFileError(f"{where} is no configuration of a run: {reason}") from None
    return config
