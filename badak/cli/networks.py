"""The networks that the command line can make: a multi-layer perceptron and a small CNN."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from badak import nn
from badak.base.errors import RangeError, unknown_name
from badak.base.shapes import Shape

ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
}
MODELS = ("mlp", "cnn")


@dataclass(frozen=True)
class Architecture:
    """Everything that says how a network is built; a run keeps it in its config.json.

    Attributes:
        model: "mlp" or "cnn".
        layers: units of each hidden fully connected layer.
        activation: the function behind each hidden layer.
        batch_norm: whether each hidden layer is normalised before its activation.
        dropout: the share of hidden units dropped in training.
    """

    model: str = "mlp"
    layers: tuple[int, ...] = (100,)
    activation: str = "relu"
    batch_norm: bool = True
    dropout: float = 0.2

    def __post_init__(self) -> None:
        if self.model not in MODELS:
            raise unknown_name("model", self.model, MODELS)
        if self.activation not in ACTIVATIONS:
            raise unknown_name("activation", self.activation, ACTIVATIONS)

    def build(self, input_shape: Shape, outputs: int) -> nn.Sequential:
        """The network for inputs of that shape.

        Raises:
            RangeError: a CNN for inputs that are no images.
        """
        features = self._convolutions(input_shape) if self.model == "cnn" else []
        hidden = [layer for units in self.layers for layer in self._hidden(units)]
        # Small first scores: the network starts undecided instead of surely wrong.
        head = nn.Linear(None, outputs, init="xavier")
        return nn.Sequential(*features, *hidden, head, input_shape=input_shape)

    def _activation(self) -> nn.Module:
        return ACTIVATIONS[self.activation]()

    def _init(self) -> str:
        return "he" if self.activation == "relu" else "xavier"

    def _hidden(self, units: int) -> list[nn.Module]:
        layers: list[nn.Module] = [nn.Linear(None, units, init=self._init())]
        if self.batch_norm:
            layers.append(nn.BatchNorm(None))
        layers.append(self._activation())
        if self.dropout:
            layers.append(nn.Dropout(self.dropout))
        return layers

    def _convolutions(self, input_shape: Shape) -> list[nn.Module]:
        if len(input_shape) != 3:
            raise RangeError(
                "a CNN needs images (channels, height, width)",
                got=f"rows of {input_shape}",
                hint="--model mlp",
            )
        layers: list[nn.Module] = []
        for channels in (16, 32):
            layers.append(nn.Conv2d(None, channels, 3, padding=1, init=self._init()))
            if self.batch_norm:
                layers.append(nn.BatchNorm(None))
            layers += [self._activation(), nn.MaxPool2d(2)]
        return [*layers, nn.Flatten()]
