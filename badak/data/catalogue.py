"""The data sets that have a name, and the one door to all of them: `load`."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from badak.base.errors import BadakFileError, RangeError, unknown_name
from badak.data.dataset import TrainTest
from badak.data.sources import cifar10, digits, images, mnist, npz, table, toy
from badak.data.sources.source import Source

SOURCES = {
    source.name: source for source in (digits.SOURCE, mnist.SOURCE, cifar10.SOURCE, *toy.SOURCES)
}
FORMATS: dict[str, Callable[..., TrainTest]] = {
    ".csv": table.load,
    ".npz": npz.load,
    ".tsv": table.load,
    ".txt": table.load,
    ".zip": images.load,
}
"""What reads a file, by the end of its name."""


def load(
    name: str | os.PathLike[str], root: str | os.PathLike[str] | None = None, **options: Any
) -> TrainTest:
    """A data set by its name, from a file of numbers, or from folders of pictures.

    Images come flat, as rows of pixels; `flat=False` keeps them as (channels, height, width).

    Args:
        name: one of `names()`, or the path of a `.csv`, `.tsv` or `.npz` file, of a folder that has
            a folder of pictures for each class, or of a `.zip` of that.
        root: the folder with its files, for those that have some.
        options: of this data set: rows, noise and seed of a toy set, target and test_split of a
            table, and so on.

    >>> digits = load("digits")
    >>> digits
    TrainTest digits: 1,442 rows to train, 355 to test, of (64,), 10 classes
    >>> load("digits", flat=False).train.x.shape
    (1442, 1, 8, 8)

    Raises:
        RangeError: an unknown name or option, with the nearest known one.
        BadakFileError: files that are missing, damaged, or not to be had.
    """
    loader, where = _loader(name, root)
    allowed = [option for option in inspect.signature(loader).parameters if option != "path"]
    for option in options:
        if option not in allowed:
            raise unknown_name(f"option of {name}", option, allowed)
    return loader(**where, **options)


def names() -> list[str]:
    """The names that `load` knows.

    >>> names()
    ['digits', 'mnist', 'cifar10', 'circles', 'gaussians', 'moons', 'sine', 'spiral', 'xor']
    """
    return list(SOURCES)


def holds_images(name: str) -> bool:
    """Whether what `load` gives for that name are images, so that `flat=False` keeps their axes.

    >>> holds_images("digits"), holds_images("flowers.csv")
    (True, False)
    """
    if name in SOURCES:
        return SOURCES[name].images
    suffix = Path(name).suffix.lower()
    return FORMATS[suffix] is images.load if suffix in FORMATS else Path(name).is_dir()


def describe(name: str) -> Source:
    """What is known of a named data set without loading it: rows, shape, licence, origin.

    >>> digits = describe("digits")
    >>> digits.rows, digits.shape, digits.licence, digits.present(None)
    ((1442, 355), (1, 8, 8), 'CC BY 4.0', True)

    Raises:
        RangeError: an unknown name.
    """
    if name not in SOURCES:
        raise unknown_name("data set", name, names())
    return SOURCES[name]


def _loader(
    name: str | os.PathLike[str], root: str | os.PathLike[str] | None
) -> tuple[Callable[..., TrainTest], dict[str, Path]]:
    """What loads the data set, and the argument that says where it lies."""
    path = Path(name)
    if isinstance(name, str) and name in SOURCES:
        loader = SOURCES[name].load
        if root is not None and "root" not in inspect.signature(loader).parameters:
            raise RangeError(f"{name} needs no root: it is {SOURCES[name].origin}", got=str(root))
        return loader, {} if root is None else {"root": Path(root)}
    if path.suffix.lower() in FORMATS:
        return FORMATS[path.suffix.lower()], {"path": path if root is None else Path(root) / path}
    where = path if root is None else Path(root) / path
    if where.is_dir():
        return images.load, {"path": where}
    if path.exists():
        raise BadakFileError(
            f"{name}: files of this kind are not read", expected=", ".join(FORMATS)
        )
    known = ", ".join(names())
    error = unknown_name("data set", str(name), names())
    error.expected = (
        f"one of {known}, a folder of pictures, or a file ending in {', '.join(FORMATS)}"
    )
    raise error
