"""Makes badak/data/sources/digits.npz from the copy of the data that scikit-learn carries.

    python scripts/make_digits.py

The file is the same, byte for byte, each time: entries of a zip archive carry a date, and this
one is fixed.
"""

from __future__ import annotations

import io
import sys
import zipfile
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

TARGET = Path(__file__).parents[1] / "badak" / "data" / "sources" / "digits.npz"
DATE = (1998, 7, 1, 0, 0, 0)


def packed(arrays: dict[str, np.ndarray]) -> bytes:
    """A compressed `.npz` archive of the arrays."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, array in arrays.items():
            content = io.BytesIO()
            np.lib.format.write_array(content, array, version=(1, 0), allow_pickle=False)
            member = zipfile.ZipInfo(f"{name}.npy", DATE)
            archive.writestr(member, content.getvalue(), zipfile.ZIP_DEFLATED, compresslevel=9)
    return buffer.getvalue()


def main() -> None:
    digits = load_digits()
    images = digits.images.astype(np.uint8)
    assert np.array_equal(images, digits.images)
    data = packed({"x": images, "t": digits.target.astype(np.uint8)})
    TARGET.write_bytes(data)
    sys.stdout.write(f"{TARGET.name}: {len(images):,} rows, {len(data):,} bytes\n")


if __name__ == "__main__":
    main()
