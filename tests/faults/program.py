"""A program that trains and is killed: python -m tests.faults.program FOLDER EVERY [WORDS ...].

Goes on from the newest checkpoint of the folder, if there is one. Writes "saved STEP" after each
save and, at the end, "end DIGEST SECONDS". A byte goes to the pipe named by READY as it begins, and
another after each update. With "compiled" it trains as machine code. With "waits", it waits for a
signal after the fourth update; with "stuck", the fifth update never ends, but sends a byte, and one
more for each signal.
"""

from __future__ import annotations

import os
import signal
import sys
import time

from badak import nn, optim
from badak.base.random import seeded
from badak.io import CheckpointFolder
from badak.train import Callback, Checkpoint, EarlyStopping, Trainer
from tests.train.trainings import digest, rows

EPOCHS, STEPS = 24, 144


class Tell(Callback):
    """Says what is safe now, and that there was an update."""

    rank = 101

    def __init__(self, saving: Checkpoint, ready: int) -> None:
        self.saving = saving
        self.ready = ready

    def on_batch_end(self, trainer, loss):
        os.write(1, f"saved {self.saving._saved}\n".encode())
        os.write(self.ready, b"x")

    on_epoch_end = on_batch_end


class Wait(Callback):
    """Waits for a signal after the fourth update."""

    rank = 102

    def __init__(self, signals: int) -> None:
        self.signals = signals

    def on_batch_end(self, trainer, loss):
        if trainer.position.step == 4:
            os.read(self.signals, 1)


def signal_pipe() -> int:
    """A pipe with a byte for every signal so far, so that none can come too early."""
    signals, write = os.pipe()
    os.set_blocking(write, False)
    signal.set_wakeup_fd(write)
    return signals


def make(folder: str, every: int, ready: int) -> Trainer:
    saving = Checkpoint(folder, every_batches=every or None)
    with seeded(7):
        net = nn.Sequential(
            nn.Linear(5, 32), nn.BatchNorm(32), nn.ReLU(), nn.Dropout(0.2), nn.Linear(32, 3)
        )
    stopping = EarlyStopping("val_loss", patience=EPOCHS)
    return Trainer(
        net,
        nn.SoftmaxCrossEntropy(),
        optim.Adam(0.01),
        metrics=["accuracy"],
        callbacks=[stopping, saving, Tell(saving, ready)],
        seed=3,
        progress=False,
        compile="compiled" in sys.argv,
    )


def make_stuck(training: Trainer, signals: int, ready: int) -> None:
    loss = training.loss

    def stuck(prediction, t):
        while int(training.optimizer.steps) == 4:
            os.write(ready, b"!")
            os.read(signals, 1)
        return loss(prediction, t)

    training.loss = stuck


def main() -> None:
    folder, every, ready = sys.argv[1], int(sys.argv[2]), int(os.environ["READY"])
    os.write(ready, b"x")
    started = time.monotonic()
    training = make(folder, every, ready)
    if "stuck" in sys.argv:
        make_stuck(training, signal_pipe(), ready)
    if "waits" in sys.argv:
        training.callbacks.append(Wait(signal_pipe()))
    if CheckpointFolder(folder).numbers():
        training.resume(folder)
    training.fit(rows(80), validation_split=0.2, epochs=EPOCHS, batch_size=11)
    assert training.position.step == STEPS
    os.write(1, f"end {digest(training)} {time.monotonic() - started}\n".encode())


if __name__ == "__main__":
    main()
