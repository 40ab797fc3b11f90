"""What tensors are called where a function is written: its arguments, and what it reads besides.

A function reads `net` and `opt` from around it, so its state is called `net.0.weight`,
`opt.state.0.weight.m`: the path that leads there in Python. Names are for readers; a tensor that
is not found has none.
"""

from __future__ import annotations

import functools
import inspect
import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from badak.core.tensor import Tensor

_LONGEST_SEARCH = 10_000
"""Objects that are looked at: names are a comfort, and a data set may hold millions."""


def _join(path: str, key: object) -> str:
    """A path one step longer, without what stands for something else in the text of a graph."""
    word = re.sub(r"[\s,:=()\[\]{}\"']", "_", str(key))
    return f"{path}.{word}" if path and word else path or word


def argument_names(
    fn: Callable[..., Any], arguments: Sequence[Any], named: Mapping[str, Any]
) -> list[str]:
    """The name of each leaf of the arguments.

    >>> argument_names(lambda x, batch: None, [1, {"image": 2, "labels": (3, 4)}], {})
    ['x', 'batch.image', 'batch.labels.0', 'batch.labels.1']
    """
    both = [*zip(_positions(fn), arguments, strict=False), *named.items()]
    return [path for name, value in both for path in _leaf_paths(name, value)]


def _positions(fn: Callable[..., Any]) -> Iterator[str]:
    """The names of a function's positional arguments, as many as are asked for."""
    rest = "argument"
    try:
        parameters = inspect.signature(fn).parameters.values()
    except (TypeError, ValueError):  # some callables of other languages do not say
        parameters = {}.values()
    for parameter in parameters:
        if parameter.kind is parameter.VAR_POSITIONAL:
            rest = parameter.name
        elif parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD):
            yield parameter.name
    yield from (f"{rest}.{i}" for i in itertools.count())


def _leaf_paths(path: str, tree: Any) -> Iterator[str]:
    """The path of each leaf, in the order of `badak.base.tree.leaves`."""
    if isinstance(tree, dict | list | tuple):
        for key, branch in tree.items() if isinstance(tree, dict) else enumerate(tree):
            yield from _leaf_paths(_join(path, key), branch)
    else:
        yield path


def tensor_names(fn: Callable[..., Any], tensors: Sequence[Tensor]) -> dict[int, str]:
    """The paths at which a function's variables hold these tensors, by id; some may be missing.

    >>> held = {"weights": [bd.tensor(1.0), bd.tensor(2.0)]}
    >>> list(tensor_names(lambda: held, held["weights"]).values())
    ['held.weights.0', 'held.weights.1']
    """
    missing = {id(x): True for x in tensors}
    names: dict[int, str] = {}
    seen: dict[int, bool] = {}
    stack = list(_variables(fn))[::-1]
    while stack and len(names) < len(missing) and len(seen) < _LONGEST_SEARCH:
        path, thing = stack.pop()
        if id(thing) in seen:
            continue
        seen[id(thing)] = True
        if id(thing) in missing:
            names[id(thing)] = path
        stack += [(_join(path, key), child) for key, child in _children(thing)][::-1]
    return names


def _variables(fn: Any) -> Iterator[tuple[str, Any]]:
    """The variables that a function reads from around it, and their values."""
    fn = inspect.unwrap(fn)
    if isinstance(fn, functools.partial):
        yield from _variables(fn.func)
        yield from fn.keywords.items()
        yield "argument", fn.args
    elif inspect.ismethod(fn):
        yield "self", fn.__self__
        yield from _variables(fn.__func__)
    elif isinstance(fn, FunctionType):
        for name, cell in zip(fn.__code__.co_freevars, fn.__closure__ or (), strict=True):
            with suppress(ValueError):  # a variable that is not set yet
                yield name, cell.cell_contents
        for name in fn.__code__.co_names:
            if name in fn.__globals__:
                yield name, fn.__globals__[name]
    else:
        yield "", fn  # an object that can be called, as a network


def _children(thing: Any) -> list[tuple[object, Any]]:
    """What a container or an object holds, by key or attribute."""
    if isinstance(thing, Tensor | np.ndarray | ModuleType | FunctionType | type):
        return []
    if isinstance(thing, list | tuple):
        return list(enumerate(thing[:_LONGEST_SEARCH]))
    return list((thing if isinstance(thing, dict) else getattr(thing, "__dict__", {})).items())
