"""Saving: archives of named arrays with a JSON record, and folders of checkpoints."""

from __future__ import annotations

from badak.io.archive import (
    Archive,
    NewerFormatError,
    archive_bytes,
    load_archive,
    load_tensors,
    parse_archive,
    parse_tensors,
    save_archive,
)
from badak.io.checkpoint import CheckpointFolder, CheckpointWarning

__all__ = [
    "Archive",
    "CheckpointFolder",
    "CheckpointWarning",
    "NewerFormatError",
    "archive_bytes",
    "load_archive",
    "load_tensors",
    "parse_archive",
    "parse_tensors",
    "save_archive",
]
