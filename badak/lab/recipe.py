"""A recipe: every choice of a training by name, so that two of them can be compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from badak import nn
from badak.base.errors import DTypeError, RangeError, unknown_name
from badak.base.numbers import real
from badak.base.random import derive_key, seeded
from badak.base.shapes import Shape, as_int, positive
from badak.nn import activation as activations
from badak.nn import init as initializers
from badak.nn.losses import catalogue as losses
from badak.optim import Optimizer, schedules
from badak.optim import catalogue as optimizers
from badak.train import Trainer

MODELS = ("mlp", "cnn")
NORMALIZATIONS = ("none", "batch", "layer")
SCHEDULES = ("constant", "step", "cosine", "one_cycle")

OF_CLASSES = (None, "softmax_cross_entropy", "sparse_categorical_crossentropy", "multiclass_hinge")
"""The losses that take class numbers; all others take a row for each."""

CHANNELS = (16, 32)
"""Of the two convolutions of a "cnn"; each is followed by pooling."""


@dataclass(frozen=True)
class Recipe:
    """Every choice of a training that contenders may differ in.

    Attributes:
        model: "mlp", or "cnn" with two convolutions of 3 x 3 and pooling in front.
        layers: the units of the hidden fully connected layers.
        activation: behind each hidden layer; a name of `nn.activation`.
        init: how the weights start; a name of `nn.init`, or the standard deviation of a normal.
        bias: where the biases of hidden layers start.
        normalization: "none", "batch" or "layer", between each hidden layer and its activation.
        norm_eps: what keeps the normalisation from dividing by zero; None for the usual.
        residual: whether hidden layers that keep their width add their input.
        dropout: the share of hidden units dropped.
        input_noise, weight_noise: the standard deviation of noise on inputs, and on weights.
        loss: a name of `nn.losses`; None for softmax cross entropy, or mean squared error.
        label_smoothing: the share of each target that is spread over all classes.
        optimizer: a name of `badak.optim`.
        lr: the learning rate, or the highest of a schedule; None for the optimizer's own.
        options: further settings of the optimizer, such as {"momentum": 0.9}.
        weight_decay, l1, clip_norm: of the optimizer; 0 for none.
        schedule: "constant"; "step": a tenth after half and again after three quarters of the
            updates; "cosine" down to 0; "one_cycle".
        batch_size: rows of an update.
        standardize: whether inputs get mean 0 and deviation 1, learned from the training rows.
        draw: another draw of weights and order for the same seed: the same recipe twice, to see
            what chance alone does.

    Raises:
        RangeError, DTypeError: a choice that nothing has, with what there is.

    >>> Recipe(layers=(50,), optimizer="momentum", lr=0.1).differs(Recipe(layers=(50,)))
    {'optimizer': 'momentum', 'lr': 0.1}
    """

    model: str = "mlp"
    layers: tuple[int, ...] = (100,)
    activation: str = "relu"
    init: str | float = "he"
    bias: float = 0.0
    normalization: str = "none"
    norm_eps: float | None = None
    residual: bool = False
    dropout: float = 0.0
    input_noise: float = 0.0
    weight_noise: float = 0.0
    loss: str | None = None
    label_smoothing: float = 0.0
    optimizer: str = "adam"
    lr: float | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    weight_decay: float = 0.0
    l1: float = 0.0
    clip_norm: float = 0.0
    schedule: str = "constant"
    batch_size: int = 100
    standardize: bool = False
    draw: int = 0

    def __post_init__(self) -> None:
        for name, known in (
            ("model", MODELS),
            ("activation", activations.BY_NAME),
            ("normalization", NORMALIZATIONS),
            ("optimizer", optimizers.BY_NAME),
            ("schedule", SCHEDULES),
        ):
            if getattr(self, name) not in known:
                raise unknown_name(name, str(getattr(self, name)), known)
        if isinstance(self.init, str):
            initializers.get(self.init)
        else:
            real(self.init, "init: the standard deviation", at_least=0)
        if self.loss is not None:
            losses.get(self.loss)
        units = self.layers
        if isinstance(units, str | int) or not hasattr(units, "__iter__"):
            raise DTypeError("layers is a list of whole numbers", got=repr(units))
        object.__setattr__(self, "layers", tuple(positive(n, "layers: units") for n in units))
        real(self.dropout, "dropout", at_least=0, below=1)
        real(self.label_smoothing, "label_smoothing", at_least=0, below=1)
        for name in ("input_noise", "weight_noise", "weight_decay", "l1", "clip_norm"):
            real(getattr(self, name), name, at_least=0)
        if self.lr is not None:
            real(self.lr, "lr", above=0)
        if self.norm_eps is not None:
            real(self.norm_eps, "norm_eps", above=0)
        real(self.bias, "bias")
        positive(self.batch_size, "batch_size")
        as_int(self.draw, "draw")
        if not isinstance(self.options, Mapping):
            raise DTypeError("options is a mapping", got=repr(self.options))
        self.make_optimizer(10)

    @classmethod
    def of(cls, settings: Mapping[str, Any], base: Recipe | None = None) -> Recipe:
        """The recipe with these settings, and those of `base` for the rest.

        Raises:
            RangeError: an unknown setting, with the nearest one.

        >>> Recipe.of({"layers": [20, 20]}).layers
        (20, 20)
        """
        known = [one.name for one in fields(cls)]
        for name in settings:
            if name not in known:
                raise unknown_name("setting of a recipe", name, known)
        return replace(base or cls(), **settings)

    def differs(self, other: Recipe) -> dict[str, Any]:
        """The choices that are others in `other`, with the values here."""
        ours, theirs = asdict(self), asdict(other)
        return {name: value for name, value in ours.items() if value != theirs[name]}

    @property
    def rate(self) -> float:
        """The learning rate: that of the recipe, or the optimizer's own."""
        if self.lr is not None:
            return self.lr
        rule: Callable[..., Optimizer] = optimizers.get(self.optimizer)
        return float(rule(**self.options).lr)

    def with_rate(self, lr: float) -> Recipe:
        """The same recipe with another learning rate."""
        return replace(self, lr=lr)

    # ------------------------------------------------------------------ building

    @property
    def wants_images(self) -> bool:
        """Whether inputs keep their axes of height and width."""
        return self.model == "cnn"

    @property
    def one_hot(self) -> bool:
        """Whether the loss wants each class number as a row with a 1 at the class."""
        return self.loss not in OF_CLASSES

    def trainer(
        self, shape: Shape, outputs: int, classes: bool, updates: int, seed: int
    ) -> Trainer:
        """A training of this recipe before its first update."""
        return Trainer(
            self.build(shape, outputs, seed),
            self.make_loss(classes),
            self.make_optimizer(updates),
            seed=seed,
            progress=False,
        )

    def build(self, shape: Shape, outputs: int, seed: int) -> nn.Sequential:
        """The network, untrained, for inputs of that shape.

        Each layer draws its weights by a seed of its own, so that recipes which differ elsewhere
        start from the same weights where their shapes are the same.

        Raises:
            RangeError: a "cnn" for inputs that are no images.
        """
        with seeded(derive_key(seed, "chance")):
            layers: list[nn.Module] = []
            layers += [nn.GaussianNoise(self.input_noise)] if self.input_noise else []
            layers += self._convolutions(shape, seed) if self.model == "cnn" else []
            layers += [nn.Flatten()] if len(shape) > 1 else []
            for number, units in enumerate(self.layers):
                block = self._hidden(number, seed)
                keeps = self.residual and number and units == self.layers[number - 1]
                layers += [nn.Residual(*block)] if keeps else block
            with seeded(derive_key(seed, "head")):
                head = nn.Linear(None, outputs, init=self._init())
            return nn.Sequential(*layers, self._noisy(head), input_shape=shape)

    def _hidden(self, number: int, seed: int) -> list[nn.Module]:
        units = self.layers[number]
        bias = initializers.Constant(self.bias)
        with seeded(derive_key(seed, "layer", number)):
            linear = nn.Linear(None, units, init=self._init(), bias_init=bias)
        norm: list[nn.Module] = []
        eps: dict[str, Any] = {} if self.norm_eps is None else {"eps": self.norm_eps}
        if self.normalization == "batch":
            norm = [nn.BatchNorm(None, **eps)]
        elif self.normalization == "layer":
            norm = [nn.LayerNorm(units, **eps)]
        dropout = [nn.Dropout(self.dropout)] if self.dropout else []
        return [self._noisy(linear), *norm, activations.get(self.activation), *dropout]

    def _convolutions(self, shape: Shape, seed: int) -> list[nn.Module]:
        if len(shape) != 3:
            raise RangeError(
                "a cnn needs images (channels, height, width)",
                got=f"rows of shape {shape}",
                hint='model="mlp"',
            )
        layers: list[nn.Module] = []
        for number, channels in enumerate(CHANNELS):
            with seeded(derive_key(seed, "convolution", number)):
                layers.append(nn.Conv2d(None, channels, 3, padding=1, init=self._init()))
            norm = [nn.BatchNorm(None)] if self.normalization == "batch" else []
            layers += [*norm, activations.get(self.activation), nn.MaxPool2d(2)]
        return layers

    def _noisy(self, layer: nn.Module) -> nn.Module:
        return nn.WeightNoise(layer, self.weight_noise) if self.weight_noise else layer

    def _init(self) -> initializers.Initializer:
        if isinstance(self.init, str):
            return initializers.get(self.init)
        return initializers.Normal(self.init)

    def make_loss(self, classes: bool) -> nn.Loss:
        """The loss for class numbers, or for numbers."""
        if self.loss is not None:
            return losses.get(self.loss)
        if not classes:
            return nn.MeanSquaredError()
        return nn.SoftmaxCrossEntropy(label_smoothing=self.label_smoothing)

    def make_optimizer(self, updates: int) -> Optimizer:
        """The optimizer before its first step; a schedule is over after so many updates.

        Raises:
            RangeError: when the optimizer has no such option, or not that value.
        """
        shared = {"weight_decay": self.weight_decay, "l1": self.l1, "clip_norm": self.clip_norm}
        given = {name: value for name, value in shared.items() if value} | dict(self.options)
        rule: Callable[..., Optimizer] = optimizers.get(self.optimizer)
        return rule(lr=_scheduled(self.schedule, self.rate, updates), **given)

    def as_json(self) -> dict[str, Any]:
        """The choices as a tree for JSON."""
        return {**asdict(self), "layers": list(self.layers), "options": dict(self.options)}


def _scheduled(name: str, lr: float, updates: int) -> Any:
    if name == "step":
        return schedules.MultiStep(lr, [max(updates // 2, 1), max(updates * 3 // 4, 2)])
    if name == "cosine":
        return schedules.Cosine(lr, updates)
    if name == "one_cycle":
        return schedules.OneCycle(lr, max(updates, 10))
    return lr
