"""The digits in the package: the very data of UCI, always split alike."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from badak.data import describe, load, read_npz
from badak.data.sources import digits


def test_the_file_holds_the_rows_that_scikit_learn_has():
    datasets = pytest.importorskip("sklearn.datasets", reason="compares with scikit-learn's copy")
    theirs, ours = datasets.load_digits(), read_npz(digits.FILE)

    assert np.array_equal(ours["x"], theirs.images)
    assert np.array_equal(ours["t"], theirs.target)


def test_the_split_never_changes():
    train, test = load("digits")
    digest = hashlib.sha256((test.x * 16).astype(np.uint8).tobytes() + bytes(test.t.tolist()))

    assert (len(train), len(test)) == describe("digits").rows
    assert digest.hexdigest().startswith("dffb3bbc3bee43a2")


def test_both_parts_hold_each_digit_in_the_same_share():
    train, test = load("digits")
    shares = np.bincount(test.t) / (np.bincount(test.t) + np.bincount(train.t))

    assert np.all(np.abs(shares - 0.2) < 0.01)


def test_no_row_is_in_both_parts_and_none_is_lost():
    train, test = load("digits")
    labels = read_npz(digits.FILE)["t"]
    mask = digits.is_test(labels)

    assert len(train) + len(test) == 1797
    assert np.array_equal(test.t, labels[mask])
    assert np.array_equal(train.t, labels[~mask])


def test_pixels_run_from_0_to_1_flat_or_as_images():
    flat, images = load("digits").train, load("digits", flat=False).train

    assert (flat.x.min(), flat.x.max()) == (0, 1)
    assert images.x.shape == (1442, 1, 8, 8)
    assert np.array_equal(images.flat().x, flat.x)


def test_names_the_authors_and_the_licence():
    notice = digits.FILE.with_suffix(".md").read_text(encoding="utf-8")

    for words in ("Alpaydin", "Kaynak", "10.24432/C50P49", "creativecommons.org/licenses/by/4.0"):
        assert words in notice
