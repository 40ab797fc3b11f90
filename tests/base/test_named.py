from __future__ import annotations

import numpy as np

from badak.base.named import differences

OWN = {"w": (2, 3), "b": (3,)}


def test_arrays_that_fit_have_no_differences():
    assert differences(OWN, {"b": np.zeros(3), "w": np.zeros((2, 3))}) == []


def test_all_differences_are_named_at_once():
    given = {"w": np.zeros((3, 2)), "c": np.zeros(3), "d": np.zeros(1)}

    assert differences(OWN, given) == [
        "missing 'b'",
        "unknown 'c'",
        "unknown 'd'",
        "'w' has shape (3, 2), expected (2, 3)",
    ]


def test_what_is_no_number_is_named():
    given = {"w": np.full((2, 3), "a"), "b": np.zeros(3)}

    assert differences(OWN, given) == ["'w' holds <U1, expected numbers"]
