"""The folder that a training leaves behind, and how it is read back.

    config.json         what was trained, on what, how
    history.jsonl       a line an epoch
    model.safetensors   the trained network, with its config in the header
    curves.png          the picture of the history
    checkpoints/        the last two

`badak train --resume RUN` goes on from the newest checkpoint.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from badak import nn
from badak.base.disk import current_disk
from badak.base.dtypes import Array
from badak.base.errors import BadakFileError, StateError
from badak.base.files import explained, make_folder, read_bytes, resolved, write_atomically
from badak.base.jsontext import from_json, to_json
from badak.cli.config import Config, config_from_json
from badak.data import Scaling
from badak.io import load_archive, save_archive
from badak.train import Callback, Trainer

RUNS = "runs"
"""The folder for runs to which nobody has given a place."""


@dataclass(frozen=True)
class Model:
    """A trained network with what its inputs need, and what its outputs need to be numbers again.

    Attributes:
        config: what it was built from.
        net: the network.
        inputs: the scaling of inputs, if there is one.
        targets: the scaling of the targets of a regression.
    """

    config: Config
    net: nn.Module
    inputs: Scaling | None
    targets: Scaling | None


class RunFolder:
    """The files of one run."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        resolved(path)  # an impossible name is told here
        self.path = Path(path)
        self.config_path = self.path / "config.json"
        self.history_path = self.path / "history.jsonl"
        self.model_path = self.path / "model.safetensors"
        self.curves_path = self.path / "curves.png"
        self.checkpoints_path = self.path / "checkpoints"

    @classmethod
    def new(cls, out: str | None, name: str) -> RunFolder:
        """Makes a folder: the one that was asked for, or the next free runs/NAME-NUMBER.

        Raises:
            StateError: when the folder that was asked for holds a run already.
            BadakFileError: when it cannot be made.
        """
        if out is None:
            return cls(_next_free(name))
        run = cls(out)
        make_folder(run.path)
        if run.config_path.exists():
            raise StateError(
                f"{out} holds a run already",
                hint=f"another --out, or --resume {out} to go on with that run",
            )
        return run

    def save_config(self, config: Config) -> None:
        text = to_json(config.as_json(), "config", indent=2) + "\n"
        write_atomically(self.config_path, text.encode())

    def load_config(self) -> Config:
        """The settings of the run.

        Raises:
            BadakFileError: when the folder is no run, or its config.json is damaged.
        """
        if not self.config_path.exists():
            raise BadakFileError(
                f"{self.path} is no run: it has no config.json",
                hint="a folder that badak train has written, such as runs/digits-1",
            )
        tree = from_json(read_bytes(self.config_path, limit=2**20), str(self.config_path))
        return config_from_json(tree, str(self.config_path))

    def save_model(self, model: Model) -> None:
        tensors: dict[str, Array] = {f"net/{k}": x for k, x in model.net.state_dict().items()}
        for name, scaling in (("inputs", model.inputs), ("targets", model.targets)):
            if scaling is not None:
                tensors[f"{name}/shift"] = np.asarray(scaling.shift)
                tensors[f"{name}/scale"] = np.asarray(scaling.scale)
        save_archive(self.model_path, tensors, {"config": model.config.as_json()})

    def load_model(self) -> Model:
        """The trained network.

        Raises:
            BadakFileError: when the folder is no run, its training has not ended, or a file of it
                is damaged.
        """
        self.load_config()
        if not self.model_path.exists():
            raise BadakFileError(
                f"{self.path} has no model yet: its training has not ended",
                hint=f"badak train --resume {self.path}",
            )
        archive = load_archive(self.model_path)
        config = config_from_json(archive.record.get("config"), str(self.model_path))
        net = config.build()
        net.load_state_dict(_part(archive.tensors, "net"))
        scalings = (_scaling(archive.tensors, name) for name in ("inputs", "targets"))
        return Model(config, net, *scalings)


def _next_free(name: str) -> Path:
    make_folder(RUNS)
    for number in itertools.count(1):
        path = Path(RUNS) / f"{name}-{number}"
        # Two runs may start at one moment: the folder is whose call made it.
        with explained("make the folder", str(path)), suppress(FileExistsError):
            current_disk().mkdir(str(path))
            break
    return path


def _part(tensors: Mapping[str, Array], name: str) -> dict[str, Array]:
    prefix = f"{name}/"
    return {k.removeprefix(prefix): x for k, x in tensors.items() if k.startswith(prefix)}


def _scaling(tensors: Mapping[str, Array], name: str) -> Scaling | None:
    found = _part(tensors, name)
    return Scaling(found["shift"], found["scale"]) if {"shift", "scale"} <= set(found) else None


class KeepHistory(Callback):
    """Writes the history after each epoch, so that it can be read while the run goes on."""

    rank = 50

    def __init__(self, run: RunFolder) -> None:
        self.run = run

    def on_epoch_end(self, trainer: Trainer, record: dict[str, float]) -> None:
        trainer.history.save(self.run.history_path)

    def __repr__(self) -> str:
        return f"KeepHistory({self.run.path})"
