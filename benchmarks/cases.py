"""What is timed, written down once for all frameworks: training steps, populations, a prediction.

A case is a network as a row of layers, a batch of examples and the Adam optimizer. Layers stand
at the positions that they have in a `Sequential` of Badak and of PyTorch, so `"3.weight"` is the
same matrix everywhere. What a case costs at least follows from its layers alone; see `Cost`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np

BATCH = 100
CLASSES = 10
BATCHES = 10
"""Different batches that take turns: 3 MB, so that no framework learns a single one by heart."""

MODELS = 64
"""Members of a population."""

FLOAT = 4
"""Bytes of a float32."""

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Dense:
    """Fully connected, with a bias."""

    size: int


@dataclass(frozen=True, slots=True)
class Conv:
    """A convolution of stride 1 with square kernels, zeros around the image, and a bias."""

    channels: int
    kernel: int
    padding: int = 0


@dataclass(frozen=True, slots=True)
class Pool:
    """The largest of each 2x2 window."""


@dataclass(frozen=True, slots=True)
class Norm:
    """Batch normalisation of (N, C)."""


@dataclass(frozen=True, slots=True)
class Relu:
    """max(x, 0)."""


@dataclass(frozen=True, slots=True)
class Flat:
    """Images to rows."""


@dataclass(frozen=True, slots=True)
class Drop:
    """Dropout."""

    share: float = 0.5


Layer = Dense | Conv | Pool | Norm | Relu | Flat | Drop


class Task(Enum):
    """What is done with a network; the value says what a time is the time of."""

    STEP = "a step"
    POPULATION = "a model-step"
    PREDICTION = "a prediction"


@dataclass(frozen=True, slots=True)
class Cost:
    """What one step, or one prediction, needs at least.

    Attributes:
        flops: of the matrix products and convolutions, forward and backward. A layer costs as much
            again for the gradient of its weights, and once more for that of its input, which the
            first layer does not need.
        traffic: bytes read and written. The batch is read; weights and both moments of Adam are
            read and written; what a layer with weights or a pooling gives is written going forward
            and read going back. All else can be held in registers on the way. A prediction reads
            the example and the weights.
    """

    flops: int
    traffic: int

    def floor(self, flops_a_second: float, traffic_a_second: float) -> float:
        """Seconds below which this machine cannot be."""
        return self.flops / flops_a_second + self.traffic / traffic_a_second


@dataclass(frozen=True, slots=True)
class Case:
    """A network, what is done with it, and by how much we should be faster than the fastest peer.

    Attributes:
        name: as it is given to `--cases`.
        title: as it stands in the table.
        image: the shape of one example.
        layers: what the network is made of.
        at_least: the ratio of times that is asked for.
        aim: the ratio that is aimed at.
        task: what is done with it.
        batch: examples of a batch.
        n_batches: different batches that take turns.
        models: how many networks are trained at once, each from its own weights, at its own
            learning rate, on the same examples in its own order.
    """

    name: str
    title: str
    image: Shape
    layers: tuple[Layer, ...]
    at_least: float
    aim: float
    task: Task = Task.STEP
    batch: int = BATCH
    n_batches: int = BATCHES
    models: int = 1

    @property
    def has_images(self) -> bool:
        return len(self.image) == 3

    @property
    def drops(self) -> bool:
        """Whether chance plays a part, so that first losses agree only roughly."""
        return any(isinstance(layer, Drop) for layer in self.layers)

    def without_chance(self) -> Case:
        """The same with dropout of nothing: every framework must then find the same losses."""
        calm = tuple(Drop(0.0) if isinstance(layer, Drop) else layer for layer in self.layers)
        return replace(self, layers=calm)

    def walk(self) -> Iterator[tuple[int, Layer, Shape, Shape]]:
        """Position, layer, and the shapes of one example before and after it."""
        shape = self.image
        for position, layer in enumerate(self.layers):
            after = _after(layer, shape)
            yield position, layer, shape, after
            shape = after

    def weights(self, seed: int = 0) -> dict[str, np.ndarray]:
        """How the network starts, by name; matrices are (in, out), kernels (out, in, K, K)."""
        rng = np.random.Generator(np.random.PCG64(seed))
        running = np.random.Generator(np.random.PCG64([seed, 1]))
        named: dict[str, np.ndarray] = {}
        for position, layer, before, _ in self.walk():
            match layer:
                case Dense(size):
                    shape, fan_in = (before[0], size), before[0]
                case Conv(channels, kernel):
                    shape = (channels, before[0], kernel, kernel)
                    fan_in = before[0] * kernel**2
                case Norm():
                    named[f"{position}.weight"] = np.ones(before[0], np.float32)
                    named[f"{position}.bias"] = np.zeros(before[0], np.float32)
                    mean, var = running.random((2, before[0]), dtype=np.float32)
                    named[f"{position}.running_mean"] = mean - 0.5
                    named[f"{position}.running_var"] = 0.5 + var
                    continue
                case _:
                    continue
            spread = math.sqrt(2 / fan_in)
            named[f"{position}.weight"] = rng.normal(0, spread, shape).astype(np.float32)
            bias = shape[1] if isinstance(layer, Dense) else shape[0]
            named[f"{position}.bias"] = np.zeros(bias, np.float32)
        return named

    def examples(self, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
        """All examples and their class numbers: float32 (count, ...) and int64 (count,)."""
        rng = np.random.Generator(np.random.PCG64(seed))
        count = self.n_batches * self.batch
        x = rng.random((count, *self.image), dtype=np.float32)
        return x, rng.integers(0, CLASSES, count)

    def batches(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """The examples, batch by batch."""
        x, t = self.examples()
        return list(zip(np.split(x, self.n_batches), np.split(t, self.n_batches), strict=True))

    def order(self, member: int) -> np.ndarray:
        """In which order a member of a population sees the examples: (batches, rows)."""
        rng = np.random.Generator(np.random.PCG64([2, member]))
        return rng.permutation(self.n_batches * self.batch).reshape(self.n_batches, self.batch)

    def rate(self, member: int, rate: float) -> float:
        """A member's own learning rate: up to twice the one given."""
        return rate * (1 + member / self.models)

    def cost(self) -> Cost:
        """What one step of one network, or one prediction, needs at least."""
        flops = 0
        traffic = self.batch * math.prod(self.image) * FLOAT
        trains = self.task is not Task.PREDICTION
        learned = sum(x.size for name, x in self.weights().items() if "running" not in name)
        traffic += (3 * 2 if trains else 1) * learned * FLOAT
        is_first = True
        for _, layer, before, after in self.walk():
            if trains and isinstance(layer, Dense | Conv | Pool):
                traffic += 2 * self.batch * math.prod(after) * FLOAT
            if isinstance(layer, Dense | Conv):
                window = before[0] * (layer.kernel**2 if isinstance(layer, Conv) else 1)
                once = 2 * self.batch * math.prod(after) * window
                flops += (1 if not trains else 2 if is_first else 3) * once
                is_first = False
        return Cost(flops, traffic)


def _after(layer: Layer, shape: Shape) -> Shape:
    match layer:
        case Dense(size):
            return (size,)
        case Conv(channels, kernel, padding):
            return (channels, *(n + 2 * padding - kernel + 1 for n in shape[1:]))
        case Pool():
            return (shape[0], *(n // 2 for n in shape[1:]))
        case Flat():
            return (math.prod(shape),)
    return shape


def _block(channels: int, second_padding: int = 1) -> tuple[Layer, ...]:
    return (Conv(channels, 3, 1), Relu(), Conv(channels, 3, second_padding), Relu(), Pool())


CASES = (
    Case(
        "784-50-10",
        "784-50-10, ReLU",
        (784,),
        (Dense(50), Relu(), Dense(10)),
        at_least=3,
        aim=5,
    ),
    Case(
        "784-100x5-10",
        "784-100x5-10, BatchNorm, ReLU",
        (784,),
        (*(Dense(100), Norm(), Relu()) * 5, Dense(10)),
        at_least=3,
        aim=6,
    ),
    Case(
        "784-512-512-10",
        "784-512-512-10, BatchNorm, Dropout",
        (784,),
        (*(Dense(512), Norm(), Relu(), Drop()) * 2, Dense(10)),
        at_least=2,
        aim=3,
    ),
    Case(
        "simple-convnet",
        "SimpleConvNet",
        (1, 28, 28),
        (Conv(30, 5), Relu(), Pool(), Flat(), Dense(100), Relu(), Dense(10)),
        at_least=2.5,
        aim=4,
    ),
    Case(
        # The textbook pads its fourth convolution by 2, so that 14x14 become 16x16 and then 8x8.
        "deep-convnet",
        "DeepConvNet",
        (1, 28, 28),
        (
            *_block(16),
            *_block(32, second_padding=2),
            *_block(64),
            Flat(),
            *(Dense(50), Relu(), Drop(), Dense(10), Drop()),
        ),
        at_least=1.6,
        aim=2.5,
    ),
    Case(
        "population-784",
        "population: 64 of 784-50-10",
        (784,),
        (Dense(50), Relu(), Dense(10)),
        at_least=1.8,
        aim=2.4,
        task=Task.POPULATION,
        n_batches=60,
        models=MODELS,
    ),
    Case(
        "population-64",
        "population: 64 of 64-50-10, batch 50",
        (64,),
        (Dense(50), Relu(), Dense(10)),
        at_least=4,
        aim=8,
        task=Task.POPULATION,
        batch=50,
        n_batches=30,
        models=MODELS,
    ),
    Case(
        "latency",
        "one prediction of 784-100x5-10",
        (784,),
        (*(Dense(100), Norm(), Relu()) * 5, Dense(10)),
        at_least=4,
        aim=10,
        task=Task.PREDICTION,
        batch=1,
    ),
)
