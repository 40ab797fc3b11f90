"""All settings of a run: checked where they come in, kept in its config.json."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from badak import nn
from badak.base.errors import BadakFileError, DTypeError, RangeError, unknown_name
from badak.base.numbers import real
from badak.base.shapes import Shape, as_int, positive
from badak.cli.networks import Architecture
from badak.data.augment import Affine
from badak.optim import Optimizer, catalogue, schedules

FORMAT = 1

DEGREES, SCALE, SHIFT = 10.0, 0.1, 0.07
"""How far images are turned, scaled and, as a share of their size, moved: little enough that a
digit stays the digit it is."""

SCHEDULES: dict[str, Callable[[float, int], Any]] = {
    "constant": lambda lr, steps: lr,
    "cosine": schedules.Cosine,
    "one_cycle": lambda lr, steps: schedules.OneCycle(lr, max(steps, FEWEST)),
}
"""How the learning rate goes over so many updates."""

FEWEST = 10
"""A cycle of fewer updates has no room to rise and fall."""

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
        augment: whether training images are moved, turned and scaled a little, each time anew.
        schedule: how the learning rate goes, one of `SCHEDULES`.
        input_shape, outputs, classes: what the data asks of the network; no classes: a regression.
        steps: updates after which the schedule is at its end, where it has one.

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
    augment: bool
    schedule: str
    input_shape: Shape = ()
    outputs: int = 0
    classes: tuple[str, ...] | None = None
    steps: int = 0

    def __post_init__(self) -> None:
        for name in ("data", "root", "task"):
            value = getattr(self, name)
            if not isinstance(value, str) and (name == "data" or value is not None):
                raise DTypeError(f"{name} must be text", got=repr(value))
        catalogue.get(self.optimizer)
        real(self.lr, "--lr", above=0)
        if self.schedule not in SCHEDULES:
            raise unknown_name("--schedule", self.schedule, SCHEDULES)
        if not isinstance(self.augment, bool):
            raise DTypeError("--augment is on or off", got=repr(self.augment))
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
        return catalogue.get(self.optimizer)(lr=SCHEDULES[self.schedule](self.lr, self.steps))

    def augmentation(self) -> Affine | None:
        """How training images are changed, if they are."""
        if not self.augment:
            return None
        return Affine(DEGREES, SCALE, SHIFT * max(self.input_shape))

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
        fields["steps"] = as_int(fields["steps"], "steps")
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
