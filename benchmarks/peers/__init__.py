"""The frameworks that are timed side by side, each in all settings that may be its best."""

from __future__ import annotations

import importlib
import importlib.util

from benchmarks.cases import Case, Task
from benchmarks.peers.contender import CannotRunError, Contender, Role, Trainee

MODULES = {"Badak": "ours", "PyTorch": "pytorch", "JAX": "jax"}
"""Framework to the module here that knows its training step."""

ENDINGS = {Task.STEP: "", Task.POPULATION: "_population", Task.PREDICTION: "_prediction"}
"""Task to what the names of the modules for it end in."""

PACKAGES = {"Badak": "badak", "PyTorch": "torch", "JAX": "jax"}
"""Framework to the package it comes as."""


def present() -> list[str]:
    """The frameworks that are installed."""
    return [name for name, package in PACKAGES.items() if importlib.util.find_spec(package)]


def contenders(case: Case, framework: str, quick: bool = False) -> list[Contender]:
    """A framework's settings for this case; the likely best ones alone if it must be quick."""
    name = MODULES[framework] + ENDINGS[case.task]
    module = importlib.import_module(f"benchmarks.peers.{name}")
    return list(module.contenders(case, quick))


def version(framework: str) -> str:
    """The installed version."""
    return str(importlib.import_module(PACKAGES[framework]).__version__)


__all__ = [
    "CannotRunError",
    "Contender",
    "Role",
    "Trainee",
    "contenders",
    "present",
    "version",
]
