"""The one door to all data: every source is as described, every mistake is answered."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from badak.base.errors import BadakFileError, RangeError
from badak.data import describe, load, names

HERE = [name for name in names() if name not in ("mnist", "cifar10")]
"""Data sets that need no files; the others have tests of their own."""


@pytest.mark.parametrize("name", HERE)
def test_a_data_set_is_as_described(name):
    source, bundle = describe(name), load(name)

    assert source.present(None)
    assert (len(bundle.train), len(bundle.test)) == source.rows
    assert bundle.shape == (int(np.prod(source.shape)),)
    assert bundle.n_classes == source.classes
    assert bundle.name == source.name == name
    assert all([source.about, source.licence, source.origin])


@pytest.mark.parametrize("name", HERE)
def test_data_is_what_networks_want(name):
    for part in load(name):
        assert part.x.dtype == np.float32
        assert part.t.dtype == (np.int64 if part.n_classes else np.float32)
        assert np.abs(part.x).max() < 10


@pytest.mark.parametrize("name", [name for name in names() if describe(name).images])
def test_images_take_the_option_flat(name, request):
    root = request.getfixturevalue("mnist_root") if name == "mnist" else None
    if name == "cifar10":
        root = request.getfixturevalue("data_root") / "cifar10-subset.zip"
        if not root.is_file():
            pytest.skip(f"needs {root}")

    bundle = load(name, root, flat=False)

    assert bundle.shape == describe(name).shape


@pytest.mark.parametrize(
    ("name", "guess"), [("digit", "digits"), ("MNIST", "mnist"), ("spirals", "spiral")]
)
def test_an_unknown_name_is_answered_with_the_nearest(name, guess):
    for door in (load, describe):
        with pytest.raises(RangeError, match="unknown data set") as caught:
            door(name)

        assert caught.value.hint == f"did you mean {guess!r}?"


def test_an_unknown_option_is_answered_with_the_nearest():
    with pytest.raises(RangeError, match="unknown option of spiral 'noize'") as caught:
        load("spiral", noize=0.1)

    assert "noise" in caught.value.hint


def test_a_root_for_data_that_needs_none_is_refused(tmp_path):
    with pytest.raises(RangeError, match="digits needs no root"):
        load("digits", root=tmp_path)


def test_a_file_is_looked_for_under_the_root(tmp_path):
    (tmp_path / "points.csv").write_text("a,y\n1,0\n2,1\n")

    assert len(load("points.csv", tmp_path, test_split=0.5).train) == 1


def test_a_file_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(BadakFileError, match=r"nowhere\.csv"):
        load(tmp_path / "nowhere.csv")


def test_a_file_of_an_unknown_kind_is_refused(tmp_path):
    (tmp_path / "points.pkl").write_bytes(b"\x80")

    with pytest.raises(BadakFileError, match="files of this kind are not read"):
        load(tmp_path / "points.pkl")


def test_importing_the_package_reads_no_data_and_no_network_code():
    program = "import badak.data, json, sys; print(json.dumps(list(sys.modules)))"
    loaded = json.loads(subprocess.check_output([sys.executable, "-c", program]))

    assert "badak.data.sources.mnist" in loaded
    assert not {"urllib.request", "http.client", "ssl", "socket"} & set(loaded)
