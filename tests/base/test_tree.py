from __future__ import annotations

from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from badak.base import tree


class Pair(NamedTuple):
    first: object
    second: object


TREES = st.recursive(
    st.integers(),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.builds(Pair, inner, inner),
        st.dictionaries(st.text(max_size=2), inner, max_size=3),
    ),
)


@given(TREES)
def test_rebuilding_from_its_leaves_gives_the_tree(made):
    again = tree.rebuild(made, tree.leaves(made))

    assert again == made
    assert type(again) is type(made)


@given(TREES)
def test_map_changes_the_leaves_and_nothing_else(made):
    doubled = tree.map_leaves(lambda n: 2 * n, made)

    assert tree.leaves(doubled) == [2 * n for n in tree.leaves(made)]
    assert tree.rebuild(doubled, tree.leaves(made)) == made


def test_order_is_that_of_insertion():
    assert tree.leaves({"z": 1, "a": [2, {"y": 3, "b": 4}]}) == [1, 2, 3, 4]


def test_what_is_no_container_is_a_leaf():
    text, items = "abc", {1, 2}

    assert tree.leaves([text, items, None]) == [text, items, None]
