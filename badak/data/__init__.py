"""Data sets, their sources, minibatches, splits and scaling. Speaks NumPy only.

>>> train, test = load("digits")
>>> train
Dataset digits: 1,442 rows of (64,), 10 classes
"""

from badak.data.catalogue import describe, load, names
from badak.data.dataset import Dataset, TrainTest
from badak.data.loader import Batches
from badak.data.scaling import Scaling, min_max, standardize
from badak.data.sources.idx import read_idx
from badak.data.sources.inputs import read_inputs
from badak.data.sources.npz import read_npz
from badak.data.sources.source import Source
from badak.data.sources.table import read_table
from badak.data.split import holdout
from badak.data.values import as_inputs, as_targets, encode_labels

__all__ = [
    "Batches",
    "Dataset",
    "Scaling",
    "Source",
    "TrainTest",
    "as_inputs",
    "as_targets",
    "describe",
    "encode_labels",
    "holdout",
    "load",
    "min_max",
    "names",
    "read_idx",
    "read_inputs",
    "read_npz",
    "read_table",
    "standardize",
]
