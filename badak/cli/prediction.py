"""`badak predict`: what a trained network says of the rows of a file."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from typing import TextIO

import numpy as np

from badak import ops
from badak.base.context import no_grad
from badak.base.dtypes import Array
from badak.base.errors import ShapeError
from badak.cli.run import Model, RunFolder
from badak.core import Tensor
from badak.data import read_inputs

ROWS_AT_ONCE = 1000


def predict(run: RunFolder, file: str, drop: Sequence[str], out: TextIO) -> None:
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
    if model.config.classes is None:
        writer.writerow(["row", *(f"value_{i}" for i in range(model.config.outputs))])
    else:
        writer.writerow(["row", "class", "probability"])
    for start in range(0, len(x), ROWS_AT_ONCE):
        scores = _scores(model, x[start : start + ROWS_AT_ONCE])
        writer.writerows(_lines(model, scores, start + 1))


def _fitting(x: Array, model: Model, file: str) -> Array:
    """The inputs in the shape of the model's, if they have as many values a row."""
    shape = model.config.input_shape
    if x.shape[1:] != shape and int(np.prod(x.shape[1:])) == int(np.prod(shape)):
        x = x.reshape(len(x), *shape)
    if x.shape[1:] != shape:
        raise ShapeError(
            f"{os.path.basename(file)}: the rows do not fit the model",
            expected=f"rows of {shape}",
            got=f"rows of {x.shape[1:]}",
        )
    return x if model.scaling is None else model.scaling(x)


def _scores(model: Model, x: Array) -> Array:
    with no_grad():
        out = model.net(Tensor(x))
        return (out if model.config.classes is None else ops.softmax(out)).data


def _lines(model: Model, scores: Array, first: int) -> list[list[object]]:
    classes = model.config.classes
    if classes is None:
        return [[first + i, *(f"{v:.6g}" for v in row)] for i, row in enumerate(scores)]
    best = scores.argmax(axis=1)
    return [
        [first + i, classes[k], f"{scores[i, k]:.4f}"] for i, k in enumerate(best.tolist())
    ]
