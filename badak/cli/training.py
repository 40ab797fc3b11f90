"""`badak train`: data in, a trained network and its report out."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from typing import Any

from rich.console import Console

from badak import data as data_sets
from badak import metrics, nn, optim
from badak.base.errors import MissingExtraError, RangeError
from badak.base.files import check_writable, make_folder
from badak.base.lock import FolderLock
from badak.base.random import check_seed, set_seed
from badak.cli.report import print_report
from badak.cli.run import Config, KeepHistory, Model, RunFolder
from badak.data import Dataset, Scaling, TrainTest
from badak.optim import catalogue
from badak.train import Callback, Checkpoint, EarlyStopping, Trainer

UPDATES = 5000
"""About so many updates are made when no number of epochs is given."""

FEWEST_EPOCHS, MOST_EPOCHS = 5, 50


@dataclass(frozen=True)
class Prepared:
    """Data in the form that the network takes."""

    data: TrainTest
    scaling: Scaling | None


def prepare(config: Config) -> Prepared:
    """Loads the data: images as they are, columns of a table brought to mean 0 and spread 1."""
    options: dict[str, Any] = {}
    images = config.data in data_sets.names() and data_sets.describe(config.data).images
    if config.architecture.model == "cnn" and images:
        options["flat"] = False
    loaded = data_sets.load(config.data, root=config.root, **options)
    if loaded.n_classes is None:
        loaded = TrainTest(_column_targets(loaded.train), _column_targets(loaded.test))
    if config.data in data_sets.names():
        return Prepared(loaded, None)
    scaling = data_sets.standardize(loaded.train)
    return Prepared(scaling(loaded), scaling)


def _column_targets(data: Dataset) -> Dataset:
    """Targets of a regression as (rows, 1), which is what the network gives."""
    return Dataset(data.x, data.t.reshape(len(data), -1), name=data.name)


def completed(config: Config, data: TrainTest, epochs: int | None) -> Config:
    """The settings with all that depends on the data filled in.

    Raises:
        RangeError: settings out of range.
    """
    check_seed(config.seed)
    if not 0 < config.validation < 1:
        raise RangeError("--validation is a share", expected="0..1", got=config.validation)
    if config.batch_size < 1:
        raise RangeError("--batch-size must be at least 1", got=config.batch_size)
    if epochs is None:
        rows = len(data.train) * (1 - config.validation)
        batches = max(round(rows / config.batch_size), 1)
        epochs = min(max(round(UPDATES / batches), FEWEST_EPOCHS), MOST_EPOCHS)
    classes = data.n_classes
    return replace(
        config,
        epochs=epochs,
        input_shape=data.train.x.shape[1:],
        outputs=data.train.t.shape[1] if classes is None else classes,
        classes=_class_names(data),
        regression=classes is None,
    )


def _class_names(data: TrainTest) -> tuple[str, ...] | None:
    if data.n_classes is None:
        return None
    return data.classes or tuple(str(i) for i in range(data.n_classes))


def start(config: Config, epochs: int | None, out: str | None, console: Console) -> RunFolder:
    """Trains a network from the beginning, in a new run folder."""
    prepared = prepare(config)
    config = completed(config, prepared.data, epochs)
    catalogue.get(config.optimizer)(lr=config.lr)  # a wrong one is told before a folder is made
    config.architecture.build(config.input_shape, config.outputs)
    run = RunFolder.new(out, config.data)
    make_folder(run.path)
    check_writable(run.path)
    run.save_config(config)
    _train(run, config, prepared, console, resume=False)
    return run


def resume(path: str, epochs: int | None, console: Console) -> RunFolder:
    """Goes on with a run from its newest checkpoint.

    Args:
        path: the run folder.
        epochs: a new total of epochs; None for that of the run.
    """
    run = RunFolder(path)
    config = run.load_config()
    if epochs is not None:
        config = replace(config, epochs=epochs)
        run.save_config(config)
    _train(run, config, prepare(config), console, resume=True)
    return run


def _trainer(run: RunFolder, config: Config) -> Trainer:
    set_seed(config.seed)
    callbacks: list[Callback] = [KeepHistory(run), Checkpoint(run.checkpoints_path)]
    if config.patience is not None:
        callbacks.append(EarlyStopping("val_loss", config.patience))
    loss: nn.Loss = nn.MeanSquaredError() if config.regression else nn.SoftmaxCrossEntropy()
    return Trainer(
        config.build(),
        loss,
        catalogue.get(config.optimizer)(lr=config.lr),
        metrics=["r2_score" if config.regression else "accuracy"],
        callbacks=callbacks,
        seed=config.seed,
    )


def _train(
    run: RunFolder, config: Config, prepared: Prepared, console: Console, resume: bool
) -> None:
    with FolderLock(run.path):
        trainer = _trainer(run, config)
        has_checkpoint = bool(resume and run.checkpoints_path.is_dir())
        if has_checkpoint:
            trainer.resume(run.checkpoints_path)
        tell(f"{prepared.data}")
        tell(f"{config.architecture.model}, {trainer.net.parameter_count():,} parameters, "
             f"{trainer.optimizer!r}, {config.epochs} epochs, into {run.path}")
        train, validation = prepared.data.train.split(1 - config.validation, config.seed)
        remaining = config.epochs - trainer.position.epoch
        if remaining > 0:
            trainer.fit(
                train,
                validation_data=validation,
                epochs=config.epochs,
                batch_size=config.batch_size,
            )
        run.save_model(Model(config, trainer.net, prepared.scaling))
        _draw(run, trainer, config)
        _report(trainer, {"training": train, "validation": validation, "test": prepared.data.test},
                config, console)
        tell(f"the run is in {run.path}")


def tell(line: str) -> None:
    """A line about progress, to standard error: standard output holds results alone."""
    print(line, file=sys.stderr, flush=True)  # noqa: T201  # this is its purpose


def _draw(run: RunFolder, trainer: Trainer, config: Config) -> None:
    try:
        trainer.history.plot(run.curves_path, title=f"{config.data}, {config.architecture.model}")
    except MissingExtraError as error:
        tell(f"no curves.png: {error.sentence}")


def _report(
    trainer: Trainer, parts: dict[str, Dataset], config: Config, console: Console
) -> None:
    rows = {name: trainer.evaluate(part) for name, part in parts.items()}
    counts = {name: len(part) for name, part in parts.items()}
    confusion = None
    if config.classes is not None:
        test = parts["test"]
        confusion = metrics.confusion_matrix(trainer.predict(test), test.t, len(config.classes))
    print_report(console, rows, counts, confusion, config.classes or ())
