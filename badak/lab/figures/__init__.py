"""The pictures of the textbooks, made anew: each one function, with its numbers beside it.

>>> get("optimizer-paths").make().rows[0]["f"]
6.45
"""

from badak.lab.figures.bagging import bagging
from badak.lab.figures.batch_norm_scales import batch_norm_scales
from badak.lab.figures.batch_size import batch_size
from badak.lab.figures.boundary import decision_boundary
from badak.lab.figures.catalogue import BY_NAME, Figure, get
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

__all__ = [
    "BY_NAME",
    "Figure",
    "activation_histograms",
    "bagging",
    "batch_norm_scales",
    "batch_size",
    "bias_variance",
    "decision_boundary",
    "filters",
    "get",
    "initializer_race",
    "learning_rates",
    "loss_landscape",
    "optimizer_paths",
    "optimizer_race",
    "overfitting",
    "regression_race",
    "search_panel",
    "sharpness",
    "surfaces",
]
