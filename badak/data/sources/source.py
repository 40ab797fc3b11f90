"""What is known of a named data set before it is loaded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from badak.base.shapes import Shape
from badak.data.dataset import TrainTest


def _always(root: Path | None) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Source:
    """A data set that `load` knows by name.

    Args:
        name: as `load` wants it.
        about: one line: what the rows are.
        rows: how many there are to train and to test; the default, where it can be chosen.
        shape: of one row; images are (channels, height, width) and come flat unless asked.
        classes: how many; None for a regression.
        licence: under which the data may be used.
        origin: where it comes from.
        load: makes the data set; its keyword arguments are the options of `load`.
        present: whether it can be loaded without a download, given a folder or None.

    >>> import badak.data
    >>> [name for name in badak.data.names() if badak.data.describe(name).images]
    ['digits', 'mnist', 'cifar10']
    """

    name: str
    about: str
    rows: tuple[int, int]
    shape: Shape
    classes: int | None
    licence: str
    origin: str
    load: Callable[..., TrainTest]
    present: Callable[[Path | None], bool] = _always

    @property
    def images(self) -> bool:
        """Whether rows are images, so that `flat=False` keeps their axes."""
        return len(self.shape) == 3
