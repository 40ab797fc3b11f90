"""The data that some tests need and a checkout does not carry."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def data_root() -> Path:
    """The folder that BADAK_DATA names."""
    folder = os.environ.get("BADAK_DATA")
    if not folder:
        pytest.skip("needs BADAK_DATA: a folder with image data, such as mnist/")
    return Path(folder).resolve()


@pytest.fixture(scope="session")
def mnist_root(data_root: Path) -> Path:
    """The folder with the four official MNIST files."""
    folder = data_root / "mnist"
    if not folder.is_dir():
        pytest.skip(f"needs the four MNIST files in {folder}")
    return folder
