"""JSON text that means exactly one thing."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from badak.base.errors import BadakFileError, DTypeError, RangeError
from badak.base.jsontext import MAX_DEPTH, from_json, from_json_counts, to_json

leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)
trees = st.recursive(
    leaves, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20
)


@given(trees)
def test_reading_gives_back_what_was_written(tree):
    assert from_json(to_json(tree, "tree"), "text") == tree


@given(trees)
def test_reading_gives_back_what_was_written_for_people(tree):
    assert from_json(to_json(tree, "tree", indent=2), "text") == tree


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_floats_keep_every_bit(number):
    back = from_json(to_json(number, "number"), "text")

    assert math.copysign(1, back) == math.copysign(1, number)
    assert back == number


def test_a_lone_surrogate_of_a_file_name_is_kept():
    assert from_json(to_json("caf\udce9", "name").encode(), "text") == "caf\udce9"


def test_tuples_come_back_as_lists():
    assert from_json(to_json({"layers": (100, 50)}, "config"), "text") == {"layers": [100, 50]}


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_number_that_json_lacks_is_named(number):
    with pytest.raises(RangeError, match=r"record\.loss\[1\] is not finite"):
        to_json({"loss": [0.5, number]}, "record")


@pytest.mark.parametrize("value", [np.float32(1), np.zeros(2), {1, 2}, b"bytes", object()])
def test_what_is_not_json_is_named(value):
    with pytest.raises(DTypeError, match=r"record\.x does not fit into JSON"):
        to_json({"x": value}, "record")


def test_a_key_that_is_no_text_is_refused():
    with pytest.raises(DTypeError, match="a key that is no text"):
        to_json({"a": {1: "one"}}, "record")


def test_a_tree_inside_itself_is_refused():
    tree: dict = {}
    tree["self"] = tree

    with pytest.raises(RangeError, match="nested too deeply"):
        to_json(tree, "record")


def test_an_integer_that_could_not_be_read_back_is_refused():
    with pytest.raises(RangeError, match="16610 bits"):
        to_json(10**5000, "number")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"a": 1, "b": 2, "a": 3}', "key 'a' stands twice"),
        ('{"x": {"a": 1, "a": 1}}', "key 'a' stands twice"),
        ("NaN", "NaN is not JSON"),
        ("[Infinity]", "Infinity is not JSON"),
        ("[-Infinity]", "-Infinity is not JSON"),
        ("1e400", "too large"),
        ("1" * 5000, "not JSON text"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a":' * 100_000, "nested too deeply"),
        ("", "not JSON text"),
        ('{"a": 1} x', "not JSON text"),
        (b"\xff", "not JSON text"),
        ('"\n"', "not JSON text"),
    ],
)
def test_text_with_two_meanings_or_none_is_refused(text, reason):
    with pytest.raises(BadakFileError, match=f"history: .*{reason}"):
        from_json(text, "history")


@pytest.mark.parametrize("text", ["-1", "-0", "1.0", "1e2", "18446744073709551616", "9" * 21])
def test_counts_have_no_sign_and_no_point(text):
    with pytest.raises(BadakFileError, match="is not a count"):
        from_json_counts(f"[{text}]", "header")


def test_the_largest_count_is_read():
    assert from_json_counts("[0,18446744073709551615]", "header") == [0, 2**64 - 1]


def test_the_deepest_tree_that_is_written_is_read():
    tree: list = []
    for _ in range(MAX_DEPTH):
        tree = [tree]

    assert from_json(to_json(tree, "tree"), "text") == tree
