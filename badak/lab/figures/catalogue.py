"""The figures by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from badak.base.errors import unknown_name
from badak.lab.drawing import Picture
from badak.lab.figures.bagging import bagging
from badak.lab.figures.batch_norm_scales import batch_norm_scales
from badak.lab.figures.batch_size import batch_size
from badak.lab.figures.boundary import decision_boundary
from badak.lab.figures.dartboard import bias_variance
from badak.lab.figures.first_layer import filters
from badak.lab.figures.histograms import activation_histograms
from badak.lab.figures.initializer_race import initializer_race
from badak.lab.figures.landscape import loss_landscape
from badak.lab.figures.learning_rates import learning_rates
from badak.lab.figures.optimizer_race import optimizer_race
from badak.lab.figures.overfitting import overfitting
from badak.lab.figures.paths import optimizer_paths, surfaces
from badak.lab.figures.regression_race import regression_race
from badak.lab.figures.search_panel import search_panel
from badak.lab.figures.sharpness_by_batch import sharpness


@dataclass(frozen=True)
class Figure:
    """A picture that anyone can make anew.

    Attributes:
        name: what to ask for.
        about: one line that says what is to be seen.
        make: makes the picture; its arguments have defaults, which give the classic one.

    >>> BY_NAME["optimizer-paths"].make(steps=3)
    Picture(optimizer-paths: ...)
    """

    name: str
    about: str
    make: Callable[..., Picture]


BY_NAME: dict[str, Figure] = {
    figure.name: figure
    for figure in (
        Figure(
            "activation-histograms",
            "activations of five layers, by the spread of the initial weights",
            activation_histograms,
        ),
        Figure("bagging", "networks on bootstrap samples, their mean, and its error", bagging),
        Figure(
            "batch-norm-scales",
            "batch normalisation over sixteen spreads of the first weights",
            batch_norm_scales,
        ),
        Figure(
            "batch-size",
            "loss over the batch size, at equal epochs and at equal updates",
            batch_size,
        ),
        Figure("bias-variance", "bias and variance as darts on a board", bias_variance),
        Figure("decision-boundary", "what a network says of the plane", decision_boundary),
        Figure("filters", "filters of a first layer before and after training", filters),
        Figure("initializer-race", "three ways to start the weights, on MNIST", initializer_race),
        Figure(
            "learning-rates",
            "loss over six decades of learning rates, and where it diverges",
            learning_rates,
        ),
        Figure("loss-landscape", "slices of the loss around trained networks", loss_landscape),
        Figure("optimizer-paths", "paths of optimizers down a narrow valley", optimizer_paths),
        Figure(
            "optimizer-race",
            "four optimizers on MNIST, at the book's learning rates",
            optimizer_race,
        ),
        Figure("overfitting", "few rows: as it is, with weight decay, with dropout", overfitting),
        Figure("regression-race", "what three optimizers have learned of a curve", regression_race),
        Figure("search-panel", "a random search: all trials, and the best twenty", search_panel),
        Figure("sharpness", "measures of sharpness by batch size, at equal loss", sharpness),
        Figure("surfaces", "optimizers on a saddle, Rosenbrock and Rastrigin", surfaces),
    )
}


def get(name: str) -> Figure:
    """The figure of that name.

    >>> get("optimizer-paths").about
    'paths of optimizers down a narrow valley'

    Raises:
        RangeError: for an unknown name, with the nearest one.
    """
    if name not in BY_NAME:
        raise unknown_name("figure", name, BY_NAME)
    return BY_NAME[name]
