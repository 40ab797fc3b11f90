"""A run: the folder that a training leaves behind, and how it is read back.

    config.json         what was trained, on what, how
    history.jsonl       a line an epoch
    model.safetensors   the trained network, with its config in the header
    curves.png          the picture of the history
    checkpoints/        the last two; `badak train --resume RUN` goes on from there
"""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from badak import nn
from badak.base.dtypes import Array
from badak.base.errors import BadakFileError, StateError
from badak.base.files import list_folder, make_folder, read_bytes, write_atomically
from badak.base.jsontext import from_json, to_json
from badak.cli.networks import Architecture
from badak.data import Scaling
from badak.io import load_archive, save_archive
from badak.train import Callback, Trainer

FORMAT = 1


@dataclass(frozen=True)
class Config:
    """All settings of a run, as they stand in its config.json."""

    data: str
    root: str | None = None
    architecture: Architecture = field(default_factory=Architecture)
    optimizer: str = "adam"
    lr: float = 0.003
    epochs: int = 20
    batch_size: int = 100
    validation: float = 0.2
    patience: int | None = None
    seed: int = 0
    input_shape: tuple[int, ...] = ()
    outputs: int = 0
    classes: tuple[str, ...] | None = None
    regression: bool = False

    def as_json(self) -> dict[str, Any]:
        """The settings as a tree for JSON."""
        return {"format": FORMAT, **asdict(self)}

    @classmethod
    def from_json(cls, tree: dict[str, Any], where: str) -> Config:
        """The settings that `as_json` gave.

        Raises:
            BadakFileError: a newer format, or fields that are missing or unknown.
        """
        fields = dict(tree)
        saved = fields.pop("format", None)
        if not isinstance(saved, int) or saved > FORMAT:
            raise BadakFileError(
                f"{where}: format {saved}, this Badak reads up to {FORMAT}", hint="update Badak"
            )
        try:
            shape = dict(fields.pop("architecture"))
            shape["layers"] = tuple(shape["layers"])
            fields["input_shape"] = tuple(fields["input_shape"])
            if fields["classes"] is not None:
                fields["classes"] = tuple(fields["classes"])
            return cls(architecture=Architecture(**shape), **fields)
        except (KeyError, TypeError, ValueError) as error:
            raise BadakFileError(f"{where} is no configuration of a run", got=error) from None

    def build(self) -> nn.Sequential:
        """The network, untrained."""
        return self.architecture.build(self.input_shape, self.outputs)


@dataclass(frozen=True)
class Model:
    """A trained network with what its inputs need."""

    config: Config
    net: nn.Sequential
    scaling: Scaling | None


class RunFolder:
    """The files of one run."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)

    @property
    def config_path(self) -> Path:
        return self.path / "config.json"

    @property
    def history_path(self) -> Path:
        return self.path / "history.jsonl"

    @property
    def model_path(self) -> Path:
        return self.path / "model.safetensors"

    @property
    def curves_path(self) -> Path:
        return self.path / "curves.png"

    @property
    def checkpoints_path(self) -> Path:
        return self.path / "checkpoints"

    @classmethod
    def new(cls, out: str | None, data: str) -> RunFolder:
        """The folder that was asked for, or the next free runs/DATA-NUMBER.

        Raises:
            StateError: when the folder asked for holds a run already.
        """
        if out is None:
            stem = Path(data).stem
            taken = list_folder("runs") if Path("runs").is_dir() else []
            number = 1
            while f"{stem}-{number}" in taken:
                number += 1
            return cls(Path("runs") / f"{stem}-{number}")
        run = cls(out)
        if run.config_path.exists():
            raise StateError(
                f"{out} holds a run already",
                hint=f"badak train --resume {out} to go on with it, or another --out",
            )
        return run

    def save_config(self, config: Config) -> None:
        make_folder(self.path)
        text = to_json(config.as_json(), "config", indent=2) + "\n"
        write_atomically(self.config_path, text.encode())

    def load_config(self) -> Config:
        """The settings of the run.

        Raises:
            BadakFileError: when the folder is no run.
        """
        if not self.config_path.exists():
            raise BadakFileError(
                f"{self.path} is no run: it has no config.json",
                hint="a folder that badak train has written, such as runs/digits-1",
            )
        tree = from_json(read_bytes(self.config_path, limit=2**20), str(self.config_path))
        return Config.from_json(tree, str(self.config_path))

    def save_model(self, model: Model) -> None:
        tensors: dict[str, Array] = {f"net/{k}": x for k, x in model.net.state_dict().items()}
        if model.scaling is not None:
            tensors["input/shift"] = np.asarray(model.scaling.shift)
            tensors["input/scale"] = np.asarray(model.scaling.scale)
        save_archive(self.model_path, tensors, {"config": model.config.as_json()})

    def load_model(self) -> Model:
        """The trained network.

        Raises:
            BadakFileError: when the folder is no run, or its training has not ended.
        """
        self.load_config()
        if not self.model_path.exists():
            raise BadakFileError(
                f"{self.path} has no model yet: its training has not ended",
                hint=f"badak train --resume {self.path}",
            )
        archive = load_archive(self.model_path)
        config = Config.from_json(archive.record["config"], str(self.model_path))
        net = config.build()
        weights = {k.removeprefix("net/"): x for k, x in archive.tensors.items() if "net/" in k}
        net.load_state_dict(weights)
        shift, scale = (archive.tensors.get(f"input/{name}") for name in ("shift", "scale"))
        scaling = Scaling(shift, scale) if shift is not None and scale is not None else None
        return Model(config, net, scaling)


class KeepHistory(Callback):
    """Writes the history after each epoch, so that it can be read while the run goes on."""

    rank = 50

    def __init__(self, run: RunFolder) -> None:
        self.run = run

    def on_epoch_end(self, trainer: Trainer, record: dict[str, float]) -> None:
        trainer.history.save(self.run.history_path)

    def __repr__(self) -> str:
        return f"KeepHistory({self.run.path})"


