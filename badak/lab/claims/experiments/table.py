"""The table of experiments.

To add one: a file beside this one, and its import and its row here.
"""

from __future__ import annotations

from badak.lab.claims.experiments.activation_spread import activation_spread
from badak.lab.claims.experiments.bagging_boosting import bagging_boosting
from badak.lab.claims.experiments.bagging_limits import bagging_limits
from badak.lab.claims.experiments.basins import basins
from badak.lab.claims.experiments.batches import batches
from badak.lab.claims.experiments.bias_variance import bias_variance
from badak.lab.claims.experiments.compare import compare
from badak.lab.claims.experiments.contours import contours
from badak.lab.claims.experiments.convolutions import convolution_sizes, shifted_digits
from badak.lab.claims.experiments.dead_units import dead_units
from badak.lab.claims.experiments.depth_for_size import depth_for_size
from badak.lab.claims.experiments.dropout_ensemble import dropout_ensemble
from badak.lab.claims.experiments.effective_rate import effective_rate
from badak.lab.claims.experiments.ensembles import ensembles
from badak.lab.claims.experiments.escapes import escapes
from badak.lab.claims.experiments.flatness import flatness
from badak.lab.claims.experiments.folds import nested_folds, risk_estimates, time_folds
from badak.lab.claims.experiments.kind import Experiment
from badak.lab.claims.experiments.learning_rates import learning_rates
from badak.lab.claims.experiments.linear_depth import linear_depth
from badak.lab.claims.experiments.logic import logic
from badak.lab.claims.experiments.overfitting import overfitting
from badak.lab.claims.experiments.paths import paths
from badak.lab.claims.experiments.regression_course import regression_course
from badak.lab.claims.experiments.search import search
from badak.lab.claims.experiments.short_runs import short_runs
from badak.lab.claims.experiments.smoothness import smoothness
from badak.lab.claims.experiments.sparsity import sparsity
from badak.lab.claims.experiments.split_ratio import split_ratio
from badak.lab.claims.experiments.spread import gradient_flow, signal_spread
from badak.lab.claims.experiments.stopping import stopping
from badak.lab.claims.experiments.symmetry import symmetry
from badak.lab.claims.experiments.tuning_on_test import tuning_on_test

EXPERIMENTS: dict[str, Experiment] = {
    "activation_spread": activation_spread,
    "bagging_boosting": bagging_boosting,
    "bagging_limits": bagging_limits,
    "basins": basins,
    "batches": batches,
    "bias_variance": bias_variance,
    "compare": compare,
    "contours": contours,
    "convolution_sizes": convolution_sizes,
    "dead_units": dead_units,
    "depth_for_size": depth_for_size,
    "dropout_ensemble": dropout_ensemble,
    "effective_rate": effective_rate,
    "ensembles": ensembles,
    "escapes": escapes,
    "flatness": flatness,
    "gradient_flow": gradient_flow,
    "learning_rates": learning_rates,
    "linear_depth": linear_depth,
    "logic": logic,
    "nested_folds": nested_folds,
    "overfitting": overfitting,
    "paths": paths,
    "regression_course": regression_course,
    "risk_estimates": risk_estimates,
    "search": search,
    "shifted_digits": shifted_digits,
    "short_runs": short_runs,
    "signal_spread": signal_spread,
    "smoothness": smoothness,
    "sparsity": sparsity,
    "split_ratio": split_ratio,
    "stopping": stopping,
    "symmetry": symmetry,
    "time_folds": time_folds,
    "tuning_on_test": tuning_on_test,
}
"""Every experiment by the name that the files of claims use, in the order of the alphabet."""
