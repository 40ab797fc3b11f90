"""`badak train`: data in, a trained network and its report out."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from badak import data as data_sets
from badak import metrics, nn
from badak.base.dtypes import Array
from badak.base.errors import MissingExtraError, RangeError
from badak.base.files import check_writable
from badak.base.lock import FolderLock
from badak.base.random import set_seed
from badak.cli.config import Config
from badak.cli.parts import Parts, completed, load_parts
from badak.cli.report import print_report
from badak.cli.run import KeepHistory, Model, RunFolder
from badak.data import Batches, Dataset
from badak.io import CheckpointFolder
from badak.train import Callback, Checkpoint, EarlyStopping, NotFiniteError, Trainer
from badak.train.rehearsal import rehearse


def start(config: Config, out: str | None, console: Any) -> None:
    """Trains a network from the beginning, in a new run folder.

    All that can be wrong is found before the folder is made.
    """
    parts = _loaded(config)
    config = completed(config, parts)
    batches = Batches(parts.train, config.batch_size, seed=config.seed)
    rehearse(new_trainer(config, parts, ()), batches, parts.validation)
    run = RunFolder.new(out, parts.train.name)
    with FolderLock(run.path):
        check_writable(run.path)
        run.save_config(config)
        _train(run, config, parts, _run_trainer(run, config, parts), console)


def resume(path: str, epochs: int | None, console: Any) -> None:
    """Goes on with a run from its newest checkpoint, or from the beginning if it has none.

    Args:
        path: the run folder.
        epochs: a new total of epochs; None for that of the run.
        console: where results go.
    """
    run = RunFolder(path)
    run.load_config()  # says that a folder is no run before it gets a lock file
    with FolderLock(run.path):
        config = run.load_config()
        parts = _loaded(config)
        trainer = _run_trainer(run, config, parts)
        if CheckpointFolder(run.checkpoints_path).numbers():
            trainer.resume(run.checkpoints_path)
        done = trainer.position.epoch
        if epochs is not None:
            if epochs < done:
                raise RangeError(f"--epochs {epochs}: the run has {done} already")
            config = replace(config, epochs=epochs)
            run.save_config(config)
        tell(f"going on after {done} of {config.epochs} epochs")
        _train(run, config, parts, trainer, console)


def _loaded(config: Config) -> Parts:
    named = config.root is None and config.data in data_sets.names()
    if named and not data_sets.describe(config.data).present(None):
        tell(f"{config.data} is not on this machine: downloading it ...")
    return load_parts(config)


def _run_trainer(run: RunFolder, config: Config, parts: Parts) -> Trainer:
    callbacks = [KeepHistory(run), Checkpoint(run.checkpoints_path), *stopping(config)]
    return new_trainer(config, parts, callbacks)


def stopping(config: Config) -> list[Callback]:
    """What ends the training before its last epoch, if anything."""
    return [] if config.patience is None else [EarlyStopping("val_loss", config.patience)]


def new_trainer(config: Config, parts: Parts, callbacks: Sequence[Callback]) -> Trainer:
    """The trainer of a run before its first update."""
    set_seed(config.seed)
    return unseeded_trainer(config, parts, callbacks)


def unseeded_trainer(config: Config, parts: Parts, callbacks: Sequence[Callback]) -> Trainer:
    """The same with weights of whatever seed there is."""
    return Trainer(
        config.build(),
        nn.MeanSquaredError() if parts.classes is None else nn.SoftmaxCrossEntropy(),
        config.make_optimizer(),
        metrics=parts.metric_names(),
        callbacks=callbacks,
        seed=config.seed,
    )


def _train(run: RunFolder, config: Config, parts: Parts, trainer: Trainer, console: Any) -> None:
    tell(str(parts))
    tell(
        f"{config.architecture.model}, {trainer.net.parameter_count():,} parameters; "
        f"{config.optimizer}, lr {config.lr:g}{_manner(config)}, batches of {config.batch_size}; "
        f"in {run.path}"
    )
    try:
        trainer.fit(
            parts.train,
            validation_data=parts.validation,
            epochs=config.epochs,
            batch_size=config.batch_size,
            augment=config.augmentation(),
        )
    except NotFiniteError:
        raise
    except BaseException as error:
        error.add_note(f"to go on: badak train --resume {shlex.quote(str(run.path))}")
        raise
    run.save_model(Model(config, trainer.net, parts.inputs, parts.targets))
    try:
        _draw(run, trainer, f"{parts.train.name}, {config.architecture.model}")
    finally:  # the results are known, whatever becomes of the picture
        _report(trainer, parts, console)
    tell(f"\n{len(trainer.history)} epochs in {duration(sum(trainer.history['seconds']))}")
    tell(f"kept in {run.path}; to ask it: badak predict {shlex.quote(str(run.path))} FILE")


def _manner(config: Config) -> str:
    """What is unusual about the training."""
    words = [config.schedule.replace("_", " ")] if config.schedule != "constant" else []
    return "".join(f", {word}" for word in [*words, *(["augmented"] if config.augment else [])])


def duration(seconds: float) -> str:
    """Seconds for people.

    >>> duration(32.61), duration(110.2)
    ('32.6 s', '1 min 50 s')
    """
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{seconds:.1f} s"


def tell(line: str) -> None:
    """A line about progress, to standard error: standard output holds results alone."""
    with suppress(OSError, ValueError):  # nobody listens any more: no reason to stop
        print(line, file=sys.stderr, flush=True)  # noqa: T201  # this is its purpose


def _draw(run: RunFolder, trainer: Trainer, title: str) -> None:
    try:
        trainer.history.plot(run.curves_path, title=title)
    except MissingExtraError as error:
        tell(f"no curves.png: {error.sentence}")


def _report(trainer: Trainer, parts: Parts, console: Any) -> None:
    tell("")
    named = parts.by_name()
    scores = {name: trainer.evaluate(part) for name, part in named.items()}
    if parts.targets is not None:
        for name, part in named.items():
            scores[name]["mean absolute error"] = _error(trainer, part, parts)
    rows = {name: len(part) for name, part in named.items()}
    confusion = None
    if parts.classes is not None:
        guess = trainer.predict(parts.test)
        confusion = metrics.confusion_matrix(guess, parts.test.t, len(parts.classes))
    print_report(console, scores, rows, confusion, parts.classes or ())


def _error(trainer: Trainer, part: Dataset, parts: Parts) -> float:
    """How far the predictions are from the targets, in the unit of the targets."""
    guess, truth = (_unscaled(values, parts) for values in (trainer.predict(part), part.t))
    return metrics.mean_absolute_error(guess, truth)


def _unscaled(values: Array, parts: Parts) -> Array:
    return values if parts.targets is None else parts.targets.inverse(values)
