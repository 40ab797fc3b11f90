"""`badak diagnose`: what is wrong with a run, and which option of `badak train` mends it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from badak.base.errors import StateError
from badak.cli.config import Config
from badak.cli.networks import Architecture
from badak.cli.parts import Parts, completed, load_parts
from badak.cli.run import RunFolder
from badak.cli.training import new_trainer, stopping, tell, unseeded_trainer
from badak.io import CheckpointFolder
from badak.lab.proof import Arm, prove
from badak.train import Finding, Trainer, diagnose
from badak.train.diagnosis.diagnose import look
from badak.train.diagnosis.finding import Report

SEEDS = range(5)
"""Of the trainings with a fix and without: the fewest with which an interval says much."""


def diagnose_run(path: str, with_proof: bool, console: Any) -> None:
    """Prints what is wrong with a run, worst first.

    The untrained network is made again from its seed; the trained one comes from the folder.

    Args:
        path: the run folder.
        with_proof: whether to train with each fix, and without.
        console: where results go.

    Raises:
        BadakFileError: when the folder is no run, or a file of it is damaged.
    """
    run = RunFolder(path)
    config = run.load_config()
    parts = load_parts(config)
    trainer = new_trainer(config, parts, ())
    untrained = look(trainer, parts.train, parts.validation)
    _go_on(trainer, run)
    report = diagnose(
        trainer, parts.train, validation_data=parts.validation,
        batch_size=config.batch_size, untrained=untrained,
    )  # fmt: skip
    report = Report(tuple(_as_option(finding, config) for finding in report), report.looked_at)
    console.print(str(report))
    if with_proof:
        _prove_all(report, config, parts, console)


def _go_on(trainer: Trainer, run: RunFolder) -> None:
    """Brings a new trainer to where its run stands."""
    if CheckpointFolder(run.checkpoints_path).numbers():
        trainer.resume(run.checkpoints_path)
    if run.model_path.exists():
        if not trainer.position.step:
            raise StateError(
                f"{run.path} has a model but no checkpoint: nobody knows how it was trained",
                hint=f"a run with its folder {run.checkpoints_path.name!r}",
            )
        trainer.net.load_state_dict(run.load_model().net.state_dict())  # that of the best epoch


def changed_config(config: Config, change: Mapping[str, Any]) -> Config | None:
    """The settings of a run with the change of a finding; None where no option makes it.

    Args:
        config: of the run.
        change: that of the finding.
    """
    ours = {field.name for field in fields(Config)} - {"architecture"}
    shape = {field.name for field in fields(Architecture)}
    if not change or not set(change) <= ours | shape:
        return None
    architecture = replace(
        config.architecture, **{name: x for name, x in change.items() if name in shape}
    )
    rest = {name: x for name, x in change.items() if name in ours}
    other = replace(config, architecture=architecture, **rest)
    return None if other == config else other


def options(change: Mapping[str, Any]) -> str:
    """A change as options of `badak train`.

    >>> options({"lr": 0.01, "layers": (200, 100), "batch_norm": True})
    '--lr 0.01 --layers 200,100 --batch-norm'
    """
    return " ".join(_option(name.replace("_", "-"), value) for name, value in change.items())


def _option(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return f"--{name}" if value else f"--no-{name}"
    if isinstance(value, tuple):
        return f"--{name} {','.join(map(str, value))}"
    return f"--{name} {value:g}" if isinstance(value, float) else f"--{name} {value}"


def _as_option(finding: Finding, config: Config) -> Finding:
    """The finding with its fix as options of the command, if there are any."""
    if changed_config(config, finding.change) is None:
        return finding
    command = f"badak train {shlex.quote(config.data)} {options(finding.change)}"
    return replace(finding, fix=f"{command}, the rest as it was")


def _prove_all(report: Report, config: Config, parts: Parts, console: Any) -> None:
    for finding in report:
        other = changed_config(config, finding.change)
        if other is None:
            console.print(f"\n{finding.code}: no option of badak train changes it")
            continue
        tell(f"training {len(SEEDS)} times with {options(finding.change)}, and without ...")
        arms = (_arm(config, parts), _arm(completed(other, parts), parts))
        proof = prove(finding, *arms, parts.train, parts.validation, SEEDS)
        console.print(f"\n{proof}")


def _arm(config: Config, parts: Parts) -> Arm:
    asked = {
        "epochs": config.epochs,
        "batch_size": config.batch_size,
        "augment": config.augmentation(),
        "validation_data": parts.validation if config.patience is not None else None,
    }
    return Arm(lambda: unseeded_trainer(config, parts, stopping(config)), asked)
