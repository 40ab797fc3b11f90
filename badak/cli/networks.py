"""The networks that the command line can make: a multi-layer perceptron and two CNNs."""

from __future__ import annotations

from dataclasses import dataclass

from badak import nn
from badak.base.errors import DTypeError, RangeError, unknown_name
from badak.base.numbers import real
from badak.base.shapes import Shape, positive

ACTIVATIONS = nn.activation.BY_NAME
SQUASHING = ("hardsigmoid", "hardtanh", "selu", "sigmoid", "step", "tanh")
"""Those that keep the spread of values with weights of variance 1 / fan_in; the others halve it."""


@dataclass(frozen=True, slots=True)
class Blueprint:
    """What a model is made of, and how it is trained unless somebody chooses otherwise.

    Attributes:
        stages: channels and padding of the 3 x 3 convolutions in front of each pooling.
        layers: units of the hidden fully connected layers.
        augment: whether training images are moved, turned and scaled a little.
        schedule: of the learning rate; see `Config`.
    """

    stages: tuple[tuple[tuple[int, int], ...], ...]
    layers: tuple[int, ...]
    augment: bool = False
    schedule: str = "constant"


MODELS = {
    "mlp": Blueprint((), (200, 100)),
    "cnn": Blueprint((((16, 1),), ((32, 1),)), (200, 100)),
    # K. Saito, "Deep Learning from Scratch" (2016), chapter 8; its padding of 2 makes 28 a power of
    # 2. Batch normalisation is added.
    "deepconvnet": Blueprint(
        (((16, 1), (16, 1)), ((32, 1), (32, 2)), ((64, 1), (64, 1))), (50,), True, "one_cycle"
    ),
}


@dataclass(frozen=True)
class Architecture:
    """Everything that says how a network is built.

    Attributes:
        model: one of `MODELS`.
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

    @property
    def wants_images(self) -> bool:
        """Whether inputs are (channels, height, width); else they may be flat."""
        return bool(MODELS[self.model].stages)

    def build(self, input_shape: Shape, outputs: int) -> nn.Sequential:
        """The network for inputs of that shape.

        Raises:
            RangeError: a CNN for inputs that are no images.
        """
        features = self._convolutions(input_shape) if self.wants_images else []
        flat = [nn.Flatten()] if len(input_shape) > 1 else []
        hidden = [layer for units in self.layers for layer in self._hidden(units)]
        # Small first scores: the network starts undecided instead of surely wrong.
        head = nn.Linear(None, outputs, init="xavier")
        return nn.Sequential(*features, *flat, *hidden, head, input_shape=input_shape)

    def _init(self) -> str:
        return "xavier" if self.activation in SQUASHING else "he"

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
                f"--model {self.model} needs images (channels, height, width)",
                got=f"rows of {size} numbers",
                hint="--model mlp",
            )
        layers: list[nn.Module] = []
        for stage in MODELS[self.model].stages:
            for channels, padding in stage:
                layers.append(nn.Conv2d(None, channels, 3, padding=padding, init=self._init()))
                layers += self._activated()
            layers.append(nn.MaxPool2d(2))
        return layers
