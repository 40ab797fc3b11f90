"""Whole trainings as machine code follow the eager ones: the same loss, step by step.

The runs differ in the order of their sums, and each step carries that on. The bound on the loss is
absolute up to a loss of 1, and relative beyond. In float32 a long training is not to be compared at
any learning rate: where two windows of a pool, or 0 and an activation, are equal but for rounding,
the gradient goes another way, and the curves part (those of two eager runs too, that begin one ULP
apart). So DeepConvNet learns slowly here; at full speed it is led: each step begins where the eager
run stands.
"""

from __future__ import annotations

import numpy as np
import pytest

import badak as bd
from badak import nn, optim

STEPS = 100
LED = 25
"""So many steps are compared one by one."""
CLOSE = {"float32": 1e-4, "float64": 1e-9}


def mlp(width=100, p=0.3):
    layers = []
    for before in (784, width):
        layers += [nn.Linear(before, width), nn.BatchNorm(width), nn.ReLU(), nn.Dropout(p)]
    return nn.Sequential(*layers, nn.Linear(width, 10))


def simple_conv_net():
    """The book's: conv 30 of 5x5, ReLU, pool, 100, ReLU, 10."""
    return nn.Sequential(
        nn.Conv2d(1, 30, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(30 * 12 * 12, 100), nn.ReLU(), nn.Linear(100, 10),
    )  # fmt: skip


def deep_conv_net(channels=(16, 32, 64)):
    """The book's: three times two convolutions of 3x3 and a pool, then 50 and 10 with dropout."""
    layers, before = [], 1
    for number, count in enumerate(channels):
        wider = 2 if number == 1 else 1  # 28 -> 14 -> 8 -> 4 rows
        layers += [nn.Conv2d(before, count, 3, padding=1), nn.ReLU()]
        layers += [nn.Conv2d(count, count, 3, padding=wider), nn.ReLU(), nn.MaxPool2d(2)]
        before = count
    return nn.Sequential(
        *layers, nn.Flatten(), nn.Linear(before * 4 * 4, 50), nn.ReLU(), nn.Dropout(0.5),
        nn.Linear(50, 10), nn.Dropout(0.5),
    )  # fmt: skip


NETWORKS = {
    "mlp": (mlp, (784,), 32),
    "SimpleConvNet": (simple_conv_net, (1, 28, 28), 8),
    "DeepConvNet": (deep_conv_net, (1, 28, 28), 4),
}
"""How a network is built, the shape of an image, and how many make a batch."""
SLOW = {("DeepConvNet", "float32"): 3e-6}
"""Learning rates other than 0.001."""


def batches(shape, rows, dtype, steps=STEPS):
    """Images of 4x4 coarse dots, the same for each class, under noise."""
    noise = np.random.default_rng(5)
    classes = np.kron(noise.normal(size=(10, 4, 4)), np.ones((7, 7))) / 2
    for _ in range(steps):
        labels = noise.integers(0, 10, rows)
        images = classes[labels] + 0.1 * noise.normal(size=(rows, 28, 28))
        yield bd.tensor(images.reshape(rows, *shape), dtype), labels


def step_of(net, optimizer):
    params, loss = net.parameters(), nn.SoftmaxCrossEntropy()

    def step(x, t):
        with bd.training():
            value = loss(net(x), t)
        optimizer.update(params, bd.grad(value, params))
        return value

    return step


def trained(network, dtype, wrap):
    """The losses of a training, the network after it, and what it predicts then."""
    build, shape, rows = NETWORKS[network]
    with bd.seeded(2):
        net = build().to(dtype)
    optimizer = optim.Adam(lr=SLOW.get((network, dtype), 0.001))
    step = wrap(step_of(net, optimizer))
    losses = [float(step(x, t)) for x, t in batches(shape, rows, dtype)]
    return np.array(losses), net


@pytest.mark.parametrize("dtype", CLOSE)
@pytest.mark.parametrize("network", NETWORKS)
def test_compiled_training_has_the_loss_curve_of_the_eager_one(network, dtype):
    eager, net = trained(network, dtype, lambda step: step)

    losses, compiled_net = trained(network, dtype, bd.compile)

    assert np.abs(losses - eager).max() <= CLOSE[dtype] * max(1.0, eager.max())
    assert eager[-10:].mean() < 0.95 * eager[:10].mean()  # it learns, so that there is a curve
    for name, x in net.buffers().items():
        if name.endswith("counter"):
            assert compiled_net.buffers()[name].item() == x.item() == STEPS


def test_each_step_of_a_deep_network_is_the_eager_one_from_where_that_stands():
    build, shape, rows = NETWORKS["DeepConvNet"]
    with bd.seeded(2):
        net = build()
    with bd.seeded(2):
        led = build()
    # Adam would make gradients that are rounding alone as large as all others.
    optimizer, led_optimizer = optim.Momentum(lr=0.02), optim.Momentum(lr=0.02)
    step, led_step = step_of(net, optimizer), bd.compile(step_of(led, led_optimizer))
    for x, t in batches(shape, rows, "float32", LED):
        before = net.state_dict()
        led.load_state_dict(before)
        for name, state in optimizer.state.items():
            for key, kept in state.items():
                led_optimizer.state[name][key].assign(kept)

        assert abs(float(led_step(x, t)) - float(step(x, t))) <= 1e-5
        after, ours = net.state_dict(), led.state_dict()
        for name in net.parameters():
            moved, apart = after[name] - before[name], ours[name] - after[name]
            assert np.linalg.norm(apart) <= 1e-3 * np.linalg.norm(moved), name


# ---------------------------------------------------------------------- dropout


def with_masks(dtype, wrap):
    """What dropout puts to 0 in each step; no ReLU, so that nothing else is 0."""
    with bd.seeded(2):
        layers = [nn.Linear(784, 33), nn.BatchNorm(33), nn.Dropout(0.3), nn.Linear(33, 10)]
        net = nn.Sequential(*layers, nn.Dropout(0.5)).to(dtype)
    params, optimizer, loss = net.parameters(), optim.Adam(lr=0.01), nn.SoftmaxCrossEntropy()

    def step(x, t):
        masks = []
        with bd.training():
            for layer in layers:
                x = layer(x)
                if isinstance(layer, nn.Dropout):
                    masks.append(x == 0)
            x = net[-1](x)
        masks.append(x == 0)
        optimizer.update(params, bd.grad(loss(x, t), params))
        return masks

    run = wrap(step)
    return [[m.numpy() for m in run(x, t)] for x, t in batches((784,), 17, dtype)]


@pytest.mark.parametrize("dtype", CLOSE)
def test_dropout_masks_of_a_compiled_training_are_the_eager_ones(dtype):
    eager = with_masks(dtype, lambda step: step)

    compiled = with_masks(dtype, bd.compile)

    for ours, theirs in zip(compiled, eager, strict=True):
        for x, y in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(x, y)
    assert 0.28 < np.mean([first for first, _ in eager]) < 0.32
    assert len({first.tobytes() for first, _ in eager}) == STEPS


# ---------------------------------------------------------------------- state from outside


def with_state_loaded(rule, wrap, first):
    """Three steps, after which the optimizer goes back to where it was after `first` of them."""
    w, optimizer = bd.parameter([1.0, 2.0]), rule(lr=0.1)
    update = wrap(lambda g: optimizer.update({"w": w}, {"w": g}))
    kept = [optimizer.state_dict()]
    for size in (1.0, 5.0, 2.0):
        update(bd.tensor([size, -size]))
        kept.append(optimizer.state_dict())
    optimizer.load_state_dict(kept[first], {"w": w})
    update(bd.tensor([1.0, 1.0]))
    return w.numpy(), optimizer.state_dict()


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("rule", [optim.Momentum, optim.Adam])
def test_compiled_step_goes_on_from_the_state_that_an_optimizer_loads(rule, first):
    w, state = with_state_loaded(rule, lambda step: step, first)

    ours, our_state = with_state_loaded(rule, bd.compile, first)

    np.testing.assert_allclose(ours, w, rtol=1e-6)
    assert state.keys() == our_state.keys()
    for name, x in state.items():
        np.testing.assert_allclose(our_state[name], x, rtol=1e-6)
