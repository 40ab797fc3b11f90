"""`badak predict`: what a trained network says of the rows of a file."""

from __future__ import annotations

import csv
import math
import os
from collections.abc import Sequence
from typing import TextIO

from badak import ops
from badak.base.context import no_grad
from badak.base.dtypes import Array
from badak.base.errors import ShapeError
from badak.cli.config import Column
from badak.cli.run import Model, RunFolder
from badak.core import Tensor
from badak.data import read_inputs
from badak.train.prediction import EVALUATION_ROWS


def predict(run: RunFolder, file: str, drop: Sequence[Column], out: TextIO) -> None:
    """Writes CSV: for each row its number and the class with its probability, or the values.

    Args:
        run: the run whose model to ask.
        file: inputs: a .csv of numbers, an .npz with x, or a .npy array.
        drop: columns of a .csv to leave out, such as the target.
        out: where to write.

    Raises:
        BadakFileError: a file that cannot be read, or is no run.
        ShapeError: rows that do not fit the model.
    """
    model = run.load_model()
    x = _fitting(read_inputs(file, drop), model, file)
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["row", *_columns(model)])
    for start in range(0, len(x), EVALUATION_ROWS):
        answers = _answers(model, x[start : start + EVALUATION_ROWS])
        writer.writerows([start + i, *answer] for i, answer in enumerate(answers, 1))


def _fitting(x: Array, model: Model, file: str) -> Array:
    """The inputs in the shape and scale of the model's, if they have as many values a row."""
    shape = model.config.input_shape
    size, given = math.prod(shape), math.prod(x.shape[1:])
    if given != size:
        raise ShapeError(
            f"{os.path.basename(file)} does not fit the model",
            expected=f"{size} numbers a row",
            got=f"{given}",
            hint="--drop the target, if it is among the columns" if given == size + 1 else None,
        )
    x = x.reshape(len(x), *shape)
    return x if model.inputs is None else model.inputs(x)


def _columns(model: Model) -> list[str]:
    if model.config.classes is not None:
        return ["class", "probability"]
    outputs = model.config.outputs
    return ["value"] if outputs == 1 else [f"value_{i}" for i in range(outputs)]


def _answers(model: Model, x: Array) -> list[list[str]]:
    classes = model.config.classes
    with no_grad():
        out = model.net(Tensor(x))
        if classes is not None:
            out = ops.softmax(out)
    values: Array = out.data
    if classes is not None:
        return [[classes[row.argmax()], f"{row.max():.4f}"] for row in values]
    if model.targets is not None:
        values = model.targets.inverse(values)
    return [[f"{value:.6g}" for value in row] for row in values]
