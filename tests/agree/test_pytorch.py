"""Badak and PyTorch from the same weights, on the same batches, in float64."""

from __future__ import annotations

import numpy as np
import pytest

import badak as bd
from badak import nn, optim
from badak.nn.pooling import AdaptivePoolNd
from badak.optim import catalogue

torch = pytest.importorskip("torch", reason="compares with PyTorch: make torch")

ONE_CALL = 1e-12  # rounding of one forward and backward, relative to the largest value
FIFTY_STEPS = 1e-9  # the same after fifty updates, each from the outcome of the one before


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


class AnyRank(torch.nn.modules.batchnorm._BatchNorm):
    """PyTorch's batch normalisation, which has one name for each rank."""

    def _check_input_dim(self, x):
        pass


class AnyRankInstanceNorm(torch.nn.modules.instancenorm._InstanceNorm):
    """The same for instance normalisation."""

    def forward(self, x):
        return self._apply_instance_norm(x)


CONVOLUTIONS = {
    nn.Conv1d: torch.nn.Conv1d,
    nn.Conv2d: torch.nn.Conv2d,
    nn.Conv3d: torch.nn.Conv3d,
    nn.ConvTranspose1d: torch.nn.ConvTranspose1d,
    nn.ConvTranspose2d: torch.nn.ConvTranspose2d,
    nn.ConvTranspose3d: torch.nn.ConvTranspose3d,
}


def twin(module):
    """PyTorch's module of the same kind, with the same weights, in float64."""
    if isinstance(module, nn.Sequential):
        return torch.nn.Sequential(*map(twin, module))
    return loaded(unloaded_twin(module), module)


def unloaded_twin(module):
    match module:
        case nn.Linear():
            return torch.nn.Linear(module.in_features, module.out_features, module.has_bias)
        case nn.Conv1d() | nn.Conv2d() | nn.Conv3d():
            return CONVOLUTIONS[type(module)](
                module.in_channels,
                module.out_channels,
                module.kernel_size,
                module.stride,
                [low for low, _ in module.padding],
                module.dilation,
                module.groups,
                module.has_bias,
            )
        case nn.ConvTranspose1d() | nn.ConvTranspose2d() | nn.ConvTranspose3d():
            return CONVOLUTIONS[type(module)](
                module.in_channels,
                module.out_channels,
                module.kernel_size,
                module.stride,
                [low for low, _ in module.padding],
                module.output_padding,
                module.groups,
                module.has_bias,
                module.dilation,
            )
        case nn.MaxPool1d() | nn.MaxPool2d() | nn.MaxPool3d():
            padding = [low for low, _ in module.padding]
            return getattr(torch.nn, type(module).__name__)(
                module.kernel_size,
                module.stride,
                padding,
                module.dilation,
                ceil_mode=module.ceil_mode,
            )
        case nn.AvgPool1d() | nn.AvgPool2d() | nn.AvgPool3d():
            padding = [low for low, _ in module.padding]
            return getattr(torch.nn, type(module).__name__)(
                module.kernel_size,
                module.stride,
                padding,
                module.ceil_mode,
                module.count_include_pad,
            )
        case AdaptivePoolNd():
            return getattr(torch.nn, type(module).__name__)(module.output_size)
        case nn.Unflatten():
            return torch.nn.Unflatten(module.dim, module.unflattened_size)
        case nn.BatchNorm():
            return AnyRank(
                module.num_features,
                module.eps,
                module.momentum,
                module.affine,
                module.track_running_stats,
            )
        case nn.LayerNorm():
            return torch.nn.LayerNorm(
                module.normalized_shape, module.eps, module.has_weight, module.has_bias
            )
        case nn.RMSNorm():
            return torch.nn.RMSNorm(module.normalized_shape, module.eps, module.has_weight)
        case nn.GroupNorm():
            return torch.nn.GroupNorm(
                module.num_groups, module.num_channels, module.eps, module.has_weight
            )
        case nn.InstanceNorm():
            return AnyRankInstanceNorm(module.num_features, module.eps, affine=module.has_weight)
        case nn.LeakyReLU():
            return torch.nn.LeakyReLU(module.negative_slope)
        case nn.PReLU():
            return torch.nn.PReLU(module.weight.size)
        case nn.ELU():
            return torch.nn.ELU(module.alpha)
        case nn.Softplus():
            return torch.nn.Softplus(module.beta)
        case nn.GELU():
            return torch.nn.GELU(module.approximate)
        case nn.Hardtanh():
            return torch.nn.Hardtanh(module.min_val, module.max_val)
        case nn.Softmax() | nn.LogSoftmax():
            return getattr(torch.nn, type(module).__name__)(module.axis)
    return getattr(torch.nn, type(module).__name__)()


def loaded(peer, module):
    state = {name: torch.tensor(x.numpy()) for name, x in tensors(module).items()}
    peer.double().load_state_dict(state, strict=False)
    assert set(state) | {"num_batches_tracked"} >= set(peer.state_dict()) >= set(state)
    return peer


def in_layout(module, named):
    """Tensors by name in the layout of PyTorch, which keeps the transpose in Linear."""
    linear = [path for path, m in module.named_modules().items() if isinstance(m, nn.Linear)]
    turned = {f"{path}.weight".lstrip(".") for path in linear}
    return {name: x.T if name in turned else x for name, x in named.items()}


def tensors(module):
    """Parameters and buffers in the layout of PyTorch."""
    return in_layout(module, {**module.parameters(), **module.buffers()})


def distance(ours, theirs):
    """The largest difference, relative to the largest value."""
    a, b = np.asarray(ours), np.asarray(theirs)
    assert a.shape == b.shape
    return float(np.abs(a - b).max(initial=0.0) / max(np.abs(b).max(initial=0.0), 1e-300))


def numbers(shape, seed=0):
    return np.random.default_rng([seed, *shape]).normal(size=shape)


# Layers.

WINDOWS = [(2, 2, False), (2, 3, True), (3, 2, True), (3, 1, True), (3, 5, True), (4, 3, True)]
"""Kernel, stride and ceil mode of pools."""
ADAPTIVE = [getattr(nn, f"Adaptive{kind}Pool{n}d") for kind in ("Avg", "Max") for n in (1, 2, 3)]

LAYERS = [
    (nn.Linear(5, 3), (4, 5)),
    (nn.Linear(5, 3, bias=False), (2, 4, 5)),
    (nn.Conv1d(2, 4, 3), (3, 2, 9)),
    (nn.Conv1d(4, 4, 3, stride=2, padding=2, dilation=2, groups=2), (3, 4, 9)),
    (nn.Conv2d(3, 4, 3, padding=1), (2, 3, 7, 6)),
    (nn.Conv2d(2, 4, (3, 2), stride=(2, 1), padding=(1, 0), bias=False), (2, 2, 7, 6)),
    (nn.Conv2d(4, 4, 2, dilation=(1, 3), groups=4), (2, 4, 5, 7)),
    (nn.Conv3d(2, 3, 2, stride=2, padding=1), (2, 2, 4, 5, 3)),
    (nn.Conv2d(4, 8, 3, padding=1, groups=4), (2, 4, 5, 7)),  # depthwise
    *(
        (kind(4, 6, 3, *settings, groups=2, dilation=2), (2, 4, 5, 4, 3)[: 2 + n])
        for n, kind in enumerate((nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d), 1)
        for settings in [(1, 0), (2, 1, 1), (3, 2, 2)]
    ),
    (nn.ConvTranspose2d(3, 2, (3, 2), (2, 1), (1, 0), (1, 0), bias=False), (2, 3, 4, 5)),
    *((nn.MaxPool1d(k, s, k // 2, 1, ceil), (2, 3, 8)) for k, s, ceil in WINDOWS),
    *((nn.MaxPool2d(k, s, k // 2, 2, ceil), (2, 3, 7, 8)) for k, s, ceil in WINDOWS),
    (nn.MaxPool3d(2, 1, 1), (2, 3, 3, 4, 3)),
    *((nn.AvgPool1d(k, s, k // 2, ceil), (2, 3, 8)) for k, s, ceil in WINDOWS),
    *((nn.AvgPool2d(k, s, k // 2, ceil, False), (2, 3, 7, 8)) for k, s, ceil in WINDOWS),
    *((nn.AvgPool2d(k, s, 1, ceil), (2, 3, 7, 8)) for k, s, ceil in WINDOWS),
    (nn.AvgPool3d(2, 2, 1, True, False), (2, 3, 3, 4, 3)),
    *(
        (kind(size), (2, 3, 7, 6, 5)[: 2 + kind.n_axes])
        for kind in ADAPTIVE
        for size in (1, 2, 3, 8)
    ),
    (nn.AdaptiveAvgPool2d((None, 2)), (2, 3, 5, 5)),
    (nn.AdaptiveMaxPool2d((2, None)), (2, 3, 5, 5)),
    (nn.MaxPool2d(2), (2, 3, 6, 7)),
    (nn.MaxPool2d((3, 2), stride=(2, 1), padding=(1, 1)), (2, 3, 6, 7)),
    (nn.Flatten(), (2, 3, 4, 2)),
    (nn.Unflatten(1, (2, -1)), (3, 6, 2)),
    (nn.Identity(), (3, 7)),
    (nn.ReLU(), (3, 7)),
    (nn.Sigmoid(), (3, 7)),
    (nn.Tanh(), (3, 7)),
    (nn.LeakyReLU(), (3, 7)),
    (nn.LeakyReLU(0.3), (3, 7)),
    (nn.PReLU(), (3, 7)),
    (nn.PReLU(3), (2, 3, 5)),
    (nn.ELU(), (3, 7)),
    (nn.ELU(0.5), (3, 7)),
    (nn.SELU(), (3, 7)),
    (nn.Softplus(), (3, 7)),
    (nn.Softplus(3.0), (3, 7)),
    (nn.GELU(), (3, 7)),
    (nn.GELU("tanh"), (3, 7)),
    (nn.SiLU(), (3, 7)),
    (nn.Mish(), (3, 7)),
    (nn.Hardtanh(), (3, 7)),
    (nn.Hardtanh(-0.5, 2.0), (3, 7)),
    (nn.Hardswish(), (3, 7)),
    (nn.Softmax(), (3, 7)),
    (nn.Softmax(1), (2, 3, 5)),
    (nn.LogSoftmax(), (3, 7)),
    (nn.BatchNorm(3), (6, 3)),
    (nn.BatchNorm(3, eps=0.01, momentum=0.3), (2, 3, 5)),
    (nn.BatchNorm(3), (2, 3, 4, 5)),
    (nn.BatchNorm(2), (2, 2, 2, 3, 2)),
    (nn.BatchNorm(3, momentum=None), (4, 3, 5)),
    (nn.BatchNorm(3, affine=False, track_running_stats=False), (4, 3, 5)),
    (nn.LayerNorm(5), (4, 5)),
    (nn.LayerNorm((3, 5), eps=0.01, bias=False), (2, 4, 3, 5)),
    (nn.LayerNorm(5, elementwise_affine=False), (2, 4, 5)),
    (nn.RMSNorm(5), (4, 5)),
    (nn.RMSNorm((3, 5), eps=0.01, elementwise_affine=False), (2, 3, 5)),
    (nn.GroupNorm(2, 6), (3, 6)),
    (nn.GroupNorm(3, 6, eps=0.01), (2, 6, 3, 4)),
    (nn.GroupNorm(1, 4, affine=False), (2, 4, 3)),
    (nn.InstanceNorm(3), (2, 3, 5)),
    (nn.InstanceNorm(3, eps=0.01, affine=True), (2, 3, 4, 5)),
]
WITHOUT_PEER = {
    nn.GRU: "in test_pytorch_sequences",
    nn.LSTM: "in test_pytorch_sequences",
    nn.RNN: "in test_pytorch_sequences",
    nn.Embedding: "in test_pytorch_sequences",
    nn.MultiheadAttention: "in test_pytorch_sequences",
    nn.TransformerEncoderLayer: "in test_pytorch_sequences",
    nn.Add: "not in PyTorch",
    nn.Concat: "not in PyTorch",
    nn.GlobalAvgPool: "not in PyTorch",
    nn.GlobalMaxPool: "not in PyTorch",
    nn.Lambda: "not in PyTorch",
    nn.Residual: "not in PyTorch",
    nn.Hardsigmoid: "in test_pytorch_activations",
    nn.Maxout: "not in PyTorch",
    nn.Perceptron: "not in PyTorch",
    nn.Step: "not in PyTorch",
    nn.AlphaDropout: "draws other masks than PyTorch; its law is in tests/nn",
    nn.Dropout: "as above",
    nn.Dropout1d: "as above",
    nn.Dropout2d: "as above",
    nn.Dropout3d: "as above",
    nn.GaussianDropout: "not in PyTorch",
    nn.GaussianNoise: "not in PyTorch",
    nn.SpectralNorm: "in test_pytorch_reweighted",
    nn.WeightNoise: "not in PyTorch",
    nn.WeightNorm: "in test_pytorch_reweighted",
    nn.Sequential: "stands in whole trainings below",
}


def test_every_layer_has_a_peer():
    public = {getattr(nn, name) for name in nn.__all__}
    modules = {x for x in public if isinstance(x, type) and issubclass(x, nn.Module)}

    assert {type(module) for module, _ in LAYERS} | set(WITHOUT_PEER) == modules - {nn.Module}


@pytest.mark.parametrize(("module", "shape"), LAYERS, ids=str)
@pytest.mark.parametrize("training", [True, False], ids=["training", "prediction"])
def test_forward_and_backward_of_a_layer(module, shape, training):
    module.to("float64")
    peer = twin(module).train(training)
    x, their_x = bd.parameter(numbers(shape), "float64"), torch.tensor(numbers(shape))
    their_x.requires_grad_()

    with bd.training(training):
        y = module(x)
    weight = numbers(y.shape, seed=1)
    ours = bd.grad(y, {"x": x, **module.parameters()}, weight=weight)
    their_y = peer(their_x)
    their_y.backward(torch.tensor(weight))

    assert distance(y, their_y.detach()) < ONE_CALL
    assert distance(ours.pop("x"), their_x.grad) < ONE_CALL
    theirs = {name: p.grad for name, p in peer.named_parameters()}
    worst = [distance(g, theirs[name]) for name, g in in_layout(module, ours).items()]
    assert max(worst, default=0.0) < ONE_CALL


@pytest.mark.parametrize("momentum", [0.1, None])
def test_running_statistics_after_ten_batches(momentum):
    module = nn.BatchNorm(3, momentum=momentum).to("float64")
    peer = twin(module).train()

    for i in range(10):
        x = numbers((4, 3, 5), seed=i) * (i + 1) + i
        with bd.training():
            module(bd.tensor(x, "float64"))
        peer(torch.tensor(x))

    for name, ours in module.buffers().items():
        assert distance(ours, getattr(peer, name)) < ONE_CALL


def test_of_equal_largest_values_pooling_takes_the_same_one():
    x = np.round(numbers((2, 3, 6, 6)) * 2)
    ours, theirs = bd.parameter(x, "float64"), torch.tensor(x, requires_grad=True)
    weight = numbers((2, 3, 3, 3))

    g = bd.grad(nn.MaxPool2d(2)(ours), ours, weight=weight)
    torch.nn.MaxPool2d(2)(theirs).backward(torch.tensor(weight))

    np.testing.assert_array_equal(g.numpy(), theirs.grad.numpy())


# Losses.

SCORES, LABELS = numbers((6, 4)) * 5, np.array([0, 3, 1, 1, 2, 0])
SHARES = np.exp(numbers((6, 4), seed=1)) / np.exp(numbers((6, 4), seed=1)).sum(1, keepdims=True)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("target", [LABELS, SHARES], ids=["class numbers", "distributions"])
def test_softmax_cross_entropy(target, reduction):
    ours, theirs = bd.parameter(SCORES, "float64"), torch.tensor(SCORES, requires_grad=True)

    value = nn.SoftmaxCrossEntropy(reduction)(ours, target)
    their_value = torch.nn.CrossEntropyLoss(reduction=reduction)(theirs, torch.tensor(target))
    weight = np.ones(value.shape)
    their_value.backward(torch.tensor(weight))

    assert distance(value, their_value.detach()) < ONE_CALL
    assert distance(bd.grad(value, ours, weight=weight), theirs.grad) < ONE_CALL


def test_mean_squared_error():
    target = numbers((6, 4), seed=2)
    ours, theirs = bd.parameter(SCORES, "float64"), torch.tensor(SCORES, requires_grad=True)

    value = nn.MeanSquaredError()(ours, target)
    their_value = torch.nn.MSELoss()(theirs, torch.tensor(target))
    their_value.backward()

    assert distance(value, their_value.detach()) < ONE_CALL
    assert distance(bd.grad(value, ours), theirs.grad) < ONE_CALL


# Optimizers.

OPTIMIZERS = {
    "SGD": (optim.SGD, {}, torch.optim.SGD, {}),
    "Momentum": (optim.Momentum, {}, torch.optim.SGD, {"momentum": 0.9}),
    "Momentum 0.5": (optim.Momentum, {"momentum": 0.5}, torch.optim.SGD, {"momentum": 0.5}),
    "AdaGrad": (optim.AdaGrad, {}, torch.optim.Adagrad, {}),
    "AdaGrad eps 0.1": (optim.AdaGrad, {"eps": 0.1}, torch.optim.Adagrad, {"eps": 0.1}),
    "RMSProp": (optim.RMSProp, {}, torch.optim.RMSprop, {}),
    "RMSProp 0.5": (
        optim.RMSProp, {"alpha": 0.5, "eps": 0.1}, torch.optim.RMSprop, {"alpha": 0.5, "eps": 0.1}
    ),
    "Adam": (optim.Adam, {}, torch.optim.Adam, {}),
    "Adam 0.5 0.8": (
        optim.Adam, {"betas": (0.5, 0.8), "eps": 0.1},
        torch.optim.Adam, {"betas": (0.5, 0.8), "eps": 0.1},
    ),
    "AdamW": (optim.AdamW, {}, torch.optim.AdamW, {}),
    "Adamax": (optim.Adamax, {}, torch.optim.Adamax, {}),
    "RAdam": (optim.RAdam, {}, torch.optim.RAdam, {}),
    "Adadelta": (optim.Adadelta, {}, torch.optim.Adadelta, {}),
}  # fmt: skip
ONLY_OURS = {optim.LAMB, optim.Lion, optim.Nesterov}
"""PyTorch has none of them."""
ELSEWHERE = {optim.Adafactor, optim.Muon, optim.NAdam}
"""Compared in tests/optim/test_peer_torch.py, within what PyTorch's own rounding allows."""
LEARNING_RATES = {"SGD": 0.1, "Momentum": 0.03, "AdaGrad": 0.05, "RMSProp": 0.005, "Adam": 0.01}


def both_optimizers(name, params, lr):
    ours, settings, theirs, their_settings = OPTIMIZERS[name]
    return ours(lr, **settings), theirs(params, lr, **their_settings)


def test_every_optimizer_has_a_peer():
    made = {ours for ours, *_ in OPTIMIZERS.values()}

    assert made | ONLY_OURS | ELSEWHERE == set(catalogue.BY_NAME.values())
    assert not made & (ONLY_OURS | ELSEWHERE)


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("size", [1e-6, 1.0, 1e6], ids=["small", "usual", "large"])
def test_thirty_steps_from_the_same_gradients(name, size):
    w, peer = bd.parameter(numbers((5, 3)), "float64"), torch.tensor(numbers((5, 3)))
    ours, theirs = both_optimizers(name, [peer], lr=0.01)

    for step in range(30):
        g = numbers((5, 3), seed=step) * size
        ours.update({"w": w}, {"w": g})
        peer.grad = torch.tensor(g)
        theirs.step()

        assert distance(w, peer) < ONE_CALL, step


# Whole trainings. No bias stands before a normalisation: its gradient is pure rounding, which
# AdaGrad, dividing by its size, would make a visible step.


def mlp():
    net = nn.Sequential(
        nn.Linear(20, 16, bias=False),
        nn.BatchNorm(16),
        nn.ReLU(),
        nn.Linear(16, 12, bias=False),
        nn.BatchNorm(12),
        nn.Tanh(),
        nn.Linear(12, 5, init="xavier"),
    )
    return net, (24, 20), 5


def cnn():
    net = nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1, bias=False),
        nn.BatchNorm(4),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(4, 6, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(24, 10, init="xavier"),
    )
    return net, (16, 1, 12, 12), 10


def batches(shape, classes):
    """Fifty batches whose labels can be learned."""
    patterns = numbers((classes, *shape[1:]), seed=7)
    for step in range(50):
        labels = np.random.default_rng(step).integers(0, classes, shape[0])
        yield 2 * patterns[labels] + numbers(shape, seed=step), labels


@pytest.mark.parametrize("make", [mlp, cnn])
@pytest.mark.parametrize("name", LEARNING_RATES)
def test_fifty_steps_of_a_whole_network(make, name):
    net, shape, classes = make()
    net.to("float64")
    peer = twin(net).train()
    params, loss, their_loss = (
        net.parameters(),
        nn.SoftmaxCrossEntropy(),
        torch.nn.CrossEntropyLoss(),
    )
    ours, theirs = both_optimizers(name, list(peer.parameters()), LEARNING_RATES[name])
    curve, their_curve = [], []

    for x, t in batches(shape, classes):
        with bd.training():
            value = loss(net(bd.tensor(x, "float64")), t)
        gradients = bd.grad(value, params)
        theirs.zero_grad()
        their_value = their_loss(peer(torch.tensor(x)), torch.tensor(t))
        their_value.backward()
        if not curve:
            their_gradients = {key: p.grad for key, p in peer.named_parameters()}
            for key, g in in_layout(net, gradients).items():
                assert distance(g, their_gradients[key]) < 1e-11, key
        ours.update(params, gradients)
        theirs.step()
        curve.append(float(value))
        their_curve.append(their_value.item())

    assert np.mean(curve[-5:]) < 0.8 * np.mean(curve[:5])  # something was learned
    assert distance(curve, their_curve) < FIFTY_STEPS
    for key, x in tensors(net).items():
        assert distance(x, peer.state_dict()[key]) < FIFTY_STEPS, key
    prediction = net(bd.tensor(numbers(shape), "float64"))
    assert distance(prediction, peer.eval()(torch.tensor(numbers(shape))).detach()) < FIFTY_STEPS
