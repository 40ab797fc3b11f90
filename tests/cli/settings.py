"""The settings of a run, for tests that need no command."""

from __future__ import annotations

from typing import Any

from badak.cli.config import Config
from badak.cli.networks import Architecture


def architecture(**changes: Any) -> Architecture:
    """A usual network with some changes."""
    usual: dict[str, Any] = {
        "model": "mlp",
        "layers": (6,),
        "activation": "relu",
        "batch_norm": True,
        "dropout": 0.2,
    }
    return Architecture(**(usual | changes))


def config(**changes: Any) -> Config:
    """Usual settings with some changes."""
    usual: dict[str, Any] = {
        "data": "xor",
        "root": None,
        "target": None,
        "drop": (),
        "task": None,
        "architecture": architecture(),
        "optimizer": "adam",
        "lr": 0.002,
        "epochs": 0,
        "batch_size": 0,
        "validation": 0.1,
        "patience": None,
        "seed": 0,
        "augment": False,
        "schedule": "constant",
    }
    return Config(**(usual | changes))
