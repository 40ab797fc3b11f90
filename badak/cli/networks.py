"""The networks that the command line can make: a multi-layer perceptron and a small CNN."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from badak import nn
from badak.base.errors import DTypeError, RangeError, unknown_name
from badak.base.numbers import real
from badak.base.shapes import Shape, positive

ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
}
MODELS = ("mlp", "cnn")


@dataclass(frozen=True)
class Architecture:
    """Everything that says how a network is built.

    Attributes:
        model: "mlp" or "cnn".
        layers: units of each hidden fully connected layer.
        activation: the function behind each hidden layer.
        batch_norm: whether each hidden layer is normalised before its activation.
        dropout: the share of hidden units dropped in training.

    Raises:
        RangeError, DTypeError: settings that no network has, named as the options are.
    """

    model: str
    layers: tuple[int, ...]
    activation: str
    batch_norm: bool
    dropout: float

    def __post_init__(self) -> None:
        if self.model not in MODELS:
            raise unknown_name("--model", self.model, MODELS)
        if self.activation not in ACTIVATIONS:
            raise unknown_name("--activation", self.activation, ACTIVATIONS)
        for units in self.layers:
            positive(units, "--layers: the units of a layer")
        if not isinstance(self.batch_norm, bool):
            raise DTypeError("--batch-norm is on or off", got=repr(self.batch_norm))
        real(self.dropout, "--dropout", at_least=0, below=1)

    def build(self, input_shape: Shape, outputs: int) -> nn.Sequential:
        """The network for inputs of that shape.

        Raises:
            RangeError: a CNN for inputs that are no images.
        """
        features = self._convolutions(input_shape) if self.model == "cnn" else []
        flat = [nn.Flatten()] if len(input_shape) > 1 else []
        hidden = [layer for units in self.layers for layer in self._hidden(units)]
        # Small first scores: the network starts undecided instead of surely wrong.
        head = nn.Linear(None, outputs, init="xavier")
        return nn.Sequential(*features, *flat, *hidden, head, input_shape=input_shape)

    def _init(self) -> str:
        return "he" if self.activation == "relu" else "xavier"

    def _hidden(self, units: int) -> list[nn.Module]:
        layers: list[nn.Module] = [nn.Linear(None, units, init=self._init()), *self._activated()]
        return [*layers, nn.Dropout(self.dropout)] if self.dropout else layers

    def _activated(self) -> list[nn.Module]:
        norm = [nn.BatchNorm(None)] if self.batch_norm else []
        return [*norm, ACTIVATIONS[self.activation]()]

    def _convolutions(self, input_shape: Shape) -> list[nn.Module]:
        if len(input_shape) != 3:
            size = " x ".join(map(str, input_shape))
            raise RangeError(
                "--model cnn needs images (channels, height, width)",
                got=f"rows of {size} numbers",
                hint="--model mlp",
            )
        layers: list[nn.Module] = []
        for channels in (16, 32):
            layers.append(nn.Conv2d(None, channels, 3, padding=1, init=self._init()))
            layers += [*self._activated(), nn.MaxPool2d(2)]
        return layers
