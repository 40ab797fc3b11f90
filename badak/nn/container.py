"""Modules made of modules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from badak.base.context import no_grad, training
from badak.base.errors import BadakError, DTypeError, RangeError, ShapeError
from badak.base.shapes import Shape, as_shape, positive
from badak.core import Tensor
from badak.nn.module import Module
from badak.ops.reduce import as_tensor


class Sequential(Module):
    """Layers one after another: each takes what the one before gives.

    Args:
        layers: modules, or one dict of named modules.
        input_shape: the shape of one example without the batch axis. With it, sizes given as
            None are filled in, and the first mistake is found when the network is made.

    Raises:
        DTypeError: when something is not a module.
        RangeError: for a name that cannot be an attribute, or a size below 1.
        ShapeError: with input_shape, when layers do not fit together.

    >>> from badak import nn
    >>> net = Sequential(nn.Linear(None, 50), nn.ReLU(), nn.Linear(None, 10), input_shape=(784,))
    >>> net
    Sequential(
      0: Linear(784 -> 50)
      1: ReLU()
      2: Linear(50 -> 10)
    )
    >>> list(net.parameters())
    ['0.weight', '0.bias', '2.weight', '2.bias']
    """

    def __init__(self, *layers: Module | Mapping[str, Module], input_shape: Any = None) -> None:
        first = layers[0] if len(layers) == 1 else None
        named = first if isinstance(first, Mapping) else {str(i): x for i, x in enumerate(layers)}
        for name, layer in named.items():
            _check_layer(name, layer)
            setattr(self, name, layer)
        if input_shape is not None:
            self.build((1, *_example_shape(input_shape)))

    def build(self, input_shape: tuple[int, ...]) -> None:
        x: Any = self.example(input_shape)
        with no_grad(), training(False):
            for name, layer in self.children().items():
                with _Naming(name):
                    layer.build(x.shape)
                    x = layer(x)

    def example(self, shape: Shape) -> Tensor:
        return next(iter(self), Module()).example(shape)

    def forward(self, x: Any) -> Tensor:
        for name, layer in self.children().items():
            with _Naming(name):
                x = layer(x)
        return as_tensor(x)

    def __len__(self) -> int:
        return len(self.children())

    def __iter__(self) -> Iterator[Module]:
        return iter(self.children().values())

    def __getitem__(self, position: int) -> Module:
        return list(self)[position]


def _example_shape(input_shape: Any) -> Shape:
    sizes = as_shape(input_shape)
    if not sizes:
        raise ShapeError("Sequential: input_shape is that of one example", got=sizes, hint="(784,)")
    return tuple(positive(size, "Sequential: a size in input_shape") for size in sizes)


def _check_layer(name: object, layer: object) -> None:
    if not isinstance(layer, Module):
        hints = {type: "nn.ReLU() with brackets", list: "Sequential(*layers)"}
        raise DTypeError(
            f"Sequential: layer {name!r} is not a module",
            got=repr(layer),
            hint=next((hint for kind, hint in hints.items() if isinstance(layer, kind)), None),
        )
    if not isinstance(name, str) or not name or "." in name or hasattr(Sequential, name):
        raise RangeError(
            f"Sequential: a layer cannot be called {name!r}",
            expected="a name without dots that is not one of Sequential's own",
        )


class _Naming:
    """Adds the layer's name to an error that arises in it."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, BadakError):
            error.what = f"layer {self.name!r}: {error.what}"
