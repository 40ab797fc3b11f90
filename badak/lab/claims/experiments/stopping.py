"""Early stopping: what a patient stop gives, and what it gives away."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from badak.data import Dataset
from badak.lab.measurement import Measurement
from badak.lab.task import Task
from badak.nn import SoftmaxCrossEntropy, mlp
from badak.optim import Adam
from badak.train import Callback, Population, Trainer


def stopping(
    seeds: Sequence[int],
    *,
    noises: Sequence[float] = (0.0, 0.2, 0.4),
    rows: int = 300,
    units: int = 100,
    epochs: int = 60,
    patience: int = 5,
    lr: float = 0.003,
) -> list[Measurement]:
    """Networks trained long on few rows of digits, at several shares of wrong labels.

    One training gives all contenders: "Early stopping" goes back to the best epoch by validation
    loss that a stop with such patience has seen; "Last epoch"; "Best epoch" by test loss, which
    nobody can know. Validation labels are right.

    Measures, on test rows with right labels: "test loss", "test accuracy"; and "epochs trained".

    Args:
        seeds: of weights, rows, wrong labels and batches.
        noises: shares of training rows with a wrong label.
        rows: to train on.
        units: of each of two hidden layers.
        epochs: of the whole training.
        patience: epochs without improvement that are waited for.
        lr: of Adam.
    """

    def build() -> Trainer:
        net = mlp(64, [units, units], 10)
        callbacks = [_TestCurve(task.whole.test)]
        loss = SoftmaxCrossEntropy()
        return Trainer(net, loss, Adam(lr), ["accuracy"], callbacks, progress=False)

    found = []
    for noise in noises:
        task = Task("digits", rows=rows, label_noise=noise)
        for seed in seeds:
            parts = task.parts(seed)
            population = Population(build, seeds=[seed])
            (history,) = population.fit(
                parts.train, validation_data=parts.validation, epochs=epochs, progress=False
            )
            losses = history["test_loss"]
            kept, stopped = stop(history["val_loss"], patience)
            chosen = {
                "Early stopping": (kept, stopped),
                "Last epoch": (epochs - 1, epochs),
                "Best epoch": (int(np.argmin(losses)), epochs),
            }
            condition = f"{100 * noise:g} % wrong labels"
            for contender, (epoch, trained) in chosen.items():
                values = {
                    "test loss": losses[epoch],
                    "test accuracy": history["test_accuracy"][epoch],
                    "epochs trained": float(trained),
                }
                found += [
                    Measurement(contender, condition, measure, seed, value)
                    for measure, value in values.items()
                ]
    return found


def stop(losses: Sequence[float], patience: int) -> tuple[int, int]:
    """The epoch that early stopping goes back to, from 0, and how many epochs it has trained.

    As `bd.train.EarlyStopping`: it ends when the loss has not fallen below its best for `patience`
    epochs.

    Args:
        losses: on validation rows, epoch by epoch.
        patience: at least 1.

    >>> stop([5.0, 3.0, 4.0, 2.0, 6.0, 7.0, 1.0], patience=2)
    (3, 6)
    """
    best = 0
    for epoch, loss in enumerate(losses):
        if loss < losses[best]:
            best = epoch
        elif epoch - best >= patience:
            return best, epoch + 1
    return best, len(losses)


class _TestCurve(Callback):
    """Writes down what every epoch is worth on test rows, for nobody to choose by."""

    def __init__(self, test: Dataset) -> None:
        self.test = test

    def on_epoch_end(self, trainer: Trainer, record: dict[str, float]) -> None:
        record |= {f"test_{name}": value for name, value in trainer.evaluate(self.test).items()}
