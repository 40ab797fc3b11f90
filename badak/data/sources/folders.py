"""Where data files lie: the folder that BADAK_DATA names, and the cache for downloads."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from badak.base.errors import BadakFileError

VARIABLE = "BADAK_DATA"
"""The environment variable that names a folder of data sets."""


def data_folder() -> Path | None:
    """The folder that BADAK_DATA names; None when it names none.

    Raises:
        BadakFileError: when there is no such folder.
    """
    value = os.environ.get(VARIABLE, "")
    if not value:
        return None
    folder = Path(value).expanduser()
    if not folder.is_dir():
        raise BadakFileError(f"{VARIABLE} names a folder that does not exist", got=value)
    return folder


def cache_folder() -> Path:
    """The folder for downloads, by the custom of the system; it may not exist yet."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or "~/AppData/Local"
    elif sys.platform == "darwin":
        base = os.environ.get("XDG_CACHE_HOME") or "~/Library/Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "badak" / "data"
