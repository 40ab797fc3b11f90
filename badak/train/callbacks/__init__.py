"""Callbacks that come with Badak."""

from badak.train.callbacks.checkpoint import Checkpoint
from badak.train.callbacks.plateau import ReduceLROnPlateau
from badak.train.callbacks.progress import Progress
from badak.train.callbacks.stopping import EarlyStopping

__all__ = ["Checkpoint", "EarlyStopping", "Progress", "ReduceLROnPlateau"]
