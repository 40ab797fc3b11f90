"""The experiments that claims name: each is a function of seeds that gives measurements.

>>> "paths" in EXPERIMENTS
True
"""

from badak.lab.claims.experiments.kind import Experiment
from badak.lab.claims.experiments.table import EXPERIMENTS

__all__ = ["EXPERIMENTS", "Experiment"]
