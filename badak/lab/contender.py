"""Who takes part in a comparison: a recipe, or a function of one's own."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from badak.base.errors import DTypeError, RangeError
from badak.base.random import seeded
from badak.base.shapes import Shape
from badak.lab.recipe import Recipe
from badak.train import Trainer


class Contender(Protocol):
    """Whatever can be trained with a learning rate from a seed.

    >>> contender: Contender = Recipe(lr=0.1)
    >>> contender.rate, contender.batch_size
    (0.1, 100)
    """

    @property
    def rate(self) -> float:
        """The learning rate that it comes with."""

    @property
    def batch_size(self) -> int:
        """Rows of an update."""

    @property
    def standardize(self) -> bool:
        """Whether inputs get mean 0 and deviation 1."""

    @property
    def one_hot(self) -> bool:
        """Whether class numbers become rows with a 1 at the class."""

    @property
    def draw(self) -> int:
        """Another draw of weights and order for the same seed."""

    @property
    def wants_images(self) -> bool:
        """Whether inputs keep their axes of height and width."""

    def with_rate(self, lr: float) -> Contender:
        """The same with another learning rate."""

    def trainer(
        self, shape: Shape, outputs: int, classes: bool, updates: int, seed: int
    ) -> Trainer:
        """A training before its first update."""

    def as_json(self) -> dict[str, Any] | None:
        """All that determines it, as a tree for JSON; None when nobody can tell."""


@dataclass(frozen=True)
class Function:
    """A function that makes a Trainer, as a contender.

    Its trainings are never taken from a store: whether a function is still the same, nobody knows.

    Attributes:
        build: makes a `Trainer`; called with `lr=` when it has an argument of that name, with the
            seed set, so that weights follow from it.
        lr: the learning rate; None for the default of the argument.
        batch_size: rows of an update.
        images: whether inputs keep their axes of height and width.
        standardize, one_hot: whether inputs get mean 0 and deviation 1, and class numbers become
            rows.
        draw: another draw of weights and order for the same seed.

    Raises:
        DTypeError: when `build` is no function, or gives no Trainer.
        RangeError: when `build` has an argument without a default.

    >>> def wide(lr=0.01):
    ...     net = nn.Sequential(nn.Linear(64, 200), nn.ReLU(), nn.Linear(200, 10))
    ...     return bd.Trainer(net, optimizer=optim.Adam(lr))
    >>> Function(wide).rate
    0.01
    """

    build: Callable[..., Trainer]
    lr: float | None = None
    batch_size: int = 100
    images: bool = False
    standardize: bool = False
    one_hot: bool = False
    draw: int = 0

    def __post_init__(self) -> None:
        if not callable(self.build):
            raise DTypeError(
                "a contender is a mapping of settings, a Recipe, or a function that makes a "
                "Trainer",
                got=repr(self.build),
            )
        for name, argument in inspect.signature(self.build).parameters.items():
            if argument.default is argument.empty and argument.kind not in (
                argument.VAR_KEYWORD,
                argument.VAR_POSITIONAL,
            ):
                raise RangeError(
                    f"{_name(self.build)}: its argument {name!r} needs a default",
                    expected="a function that can be called with nothing, or with lr=",
                )

    @property
    def wants_images(self) -> bool:
        return self.images

    @property
    def rate(self) -> float:
        if self.lr is not None:
            return self.lr
        given = inspect.signature(self.build).parameters.get("lr")
        return float(given.default) if given is not None else float(self._made(0).optimizer.lr)

    def with_rate(self, lr: float) -> Function:
        return replace(self, lr=lr)

    def trainer(
        self, shape: Shape, outputs: int, classes: bool, updates: int, seed: int
    ) -> Trainer:
        made = self._made(seed)
        made.seed = seed
        made.callbacks = []
        return made

    def _made(self, seed: int) -> Trainer:
        takes_rate = "lr" in inspect.signature(self.build).parameters
        with seeded(seed):
            made = self.build(lr=self.lr) if takes_rate and self.lr is not None else self.build()
        if not isinstance(made, Trainer):
            raise DTypeError(
                f"{_name(self.build)} makes a Trainer",
                got=repr(made),
                hint="return bd.Trainer(...)",
            )
        if self.lr is not None and not takes_rate:
            made.optimizer.lr = self.lr
        return made

    def as_json(self) -> dict[str, Any] | None:
        return None


def _name(build: Any) -> str:
    return getattr(build, "__name__", repr(build))


def as_contender(settings: Any, base: Recipe) -> Contender:
    """A contender from settings, which change a base; from a recipe; or from a function.

    >>> as_contender({"optimizer": "sgd", "lr": 0.1}, Recipe(layers=(50,)))
    Recipe(...layers=(50,)...optimizer='sgd', lr=0.1...)
    """
    if isinstance(settings, Mapping):
        return Recipe.of(settings, base)
    if isinstance(settings, Recipe | Function):
        return settings
    return Function(settings)
