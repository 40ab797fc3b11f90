"""Data sets, their sources, minibatches, splits, scaling, augmentation. Speaks NumPy only.

>>> train, test = load("digits")
>>> train
Dataset digits: 1,442 rows of (64,), 10 classes
"""

from badak.data import augment
from badak.data.catalogue import describe, holds_images, load, names
from badak.data.dataset import Dataset, TrainTest
from badak.data.loader import Batches
from badak.data.on_disk import OnDisk
from badak.data.prefetch import prefetched
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
    "OnDisk",
    "Scaling",
    "Source",
    "TrainTest",
    "as_inputs",
    "as_targets",
    "augment",
    "describe",
    "encode_labels",
    "holdout",
    "holds_images",
    "load",
    "min_max",
    "names",
    "prefetched",
    "read_idx",
    "read_inputs",
    "read_npz",
    "read_table",
    "standardize",
]
