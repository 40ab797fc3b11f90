"""Nested containers of values: lists, tuples and dicts, with anything else as a leaf.

The order of leaves is the order of insertion, always.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def leaves(tree: Any) -> list[Any]:
    """The leaves from left to right.

    >>> leaves({"w": 1, "b": [2, (3,)]})
    [1, 2, 3]
    """
    if isinstance(tree, dict):
        return [leaf for branch in tree.values() for leaf in leaves(branch)]
    if isinstance(tree, list | tuple):
        return [leaf for branch in tree for leaf in leaves(branch)]
    return [tree]


def map_leaves(fn: Callable[[Any], Any], tree: Any) -> Any:
    """The same structure with `fn(leaf)` in the place of each leaf.

    >>> map_leaves(lambda n: n * 10, {"w": 1, "b": [2, (3,)]})
    {'w': 10, 'b': [20, (30,)]}
    """
    if isinstance(tree, dict):
        return {key: map_leaves(fn, branch) for key, branch in tree.items()}
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return type(tree)(*(map_leaves(fn, branch) for branch in tree))
    if isinstance(tree, list | tuple):
        return type(tree)(map_leaves(fn, branch) for branch in tree)
    return fn(tree)


def rebuild(tree: Any, new_leaves: list[Any]) -> Any:
    """The same structure with these leaves, in order, in the place of the old ones.

    >>> rebuild({"w": 1, "b": [2]}, ["x", "y"])
    {'w': 'x', 'b': ['y']}
    """
    remaining = iter(new_leaves)
    return map_leaves(lambda _: next(remaining), tree)
