"""Layers for sequences and PyTorch's, from the same weights, in float64."""

from __future__ import annotations

import numpy as np
import pytest

import badak as bd
from badak import nn

torch = pytest.importorskip("torch", reason="compares with PyTorch: make torch")

CLOSE = 1e-12
"""How far results may be apart, relative to the largest value."""


def numbers(shape, seed=0):
    return np.random.default_rng([seed, *shape]).normal(size=shape)


def distance(ours, theirs):
    a, b = np.asarray(ours), np.asarray(theirs)
    assert a.shape == b.shape
    return float(np.abs(a - b).max(initial=0.0) / max(np.abs(b).max(initial=0.0), 1e-300))


def moved(module):
    """The module in float64, with every bias away from 0."""
    module.to("float64")
    for number, x in enumerate(module.parameters().values()):
        x.assign(x + 0.1 * numbers(x.shape, seed=number))
    return module


def turned(x):
    """A matrix the other way round: PyTorch keeps the transposes of our weights."""
    return torch.tensor(np.ascontiguousarray(np.asarray(x).T))


def both(*shape, seed=0):
    """The same numbers as a parameter here and there."""
    x = numbers(shape, seed)
    return bd.parameter(x, "float64"), torch.tensor(x, requires_grad=True)


# Recurrent layers.

RECURRENT = {nn.RNN: torch.nn.RNN, nn.GRU: torch.nn.GRU, nn.LSTM: torch.nn.LSTM}
SETTINGS = [
    {"batch_first": True},
    {"num_layers": 2, "bidirectional": True},
    {"num_layers": 3, "bias": False, "batch_first": True},
]


def recurrent_pair(kind, settings):
    settings = {"batch_first": False, **settings}
    module = moved(kind(3, 4, **settings))
    peer = RECURRENT[kind](3, 4, **settings).double()
    assert list(module.parameters()) == [name for name, _ in peer.named_parameters()]
    peer.load_state_dict({name: turned(x) for name, x in module.parameters().items()})
    return module, peer


def parts(state):
    return state if isinstance(state, tuple) else (state,)


@pytest.mark.parametrize("kind", RECURRENT)
@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_outputs_states_and_gradients_of_a_recurrent_layer(kind, settings):
    module, peer = recurrent_pair(kind, settings)
    x, their_x = both(2, 5, 3)

    y, state = module.run(x)
    their_y, their_state = peer(their_x)
    weight = numbers(y.shape, seed=1)
    ours = bd.grad(y, {"x": x, **module.parameters()}, weight=weight)
    their_y.backward(torch.tensor(weight))

    assert distance(y, their_y.detach()) < CLOSE
    for one, other in zip(parts(state), parts(their_state), strict=True):
        assert distance(one, other.detach()) < CLOSE
    assert distance(ours.pop("x"), their_x.grad) < CLOSE
    for name, theirs in peer.named_parameters():
        assert distance(ours[name], turned(theirs.grad)) < CLOSE, name


@pytest.mark.parametrize("kind", RECURRENT)
def test_a_recurrent_layer_goes_on_from_a_state(kind):
    module, peer = recurrent_pair(kind, {"num_layers": 2, "bidirectional": True})
    start = [numbers((4, 5, 4), seed=seed) for seed in range(module.n_states)]
    x = numbers((3, 5, 3))

    y, state = module.run(bd.tensor(x, "float64"), tuple(start))
    theirs = [torch.tensor(part) for part in start]
    their_y, their_state = peer(torch.tensor(x), theirs[0] if len(theirs) == 1 else tuple(theirs))

    assert distance(y, their_y.detach()) < CLOSE
    for one, other in zip(parts(state), parts(their_state), strict=True):
        assert distance(one, other.detach()) < CLOSE


def test_a_simple_recurrent_layer_with_relu():
    module, peer = recurrent_pair(nn.RNN, {"nonlinearity": "relu"})
    x, their_x = both(4, 2, 3)

    assert distance(module(x), peer(their_x)[0].detach()) < CLOSE


# Attention.


def attention_pair(**settings):
    settings = {"batch_first": False, **settings}
    module = moved(nn.MultiheadAttention(8, 2, **settings))
    peer = torch.nn.MultiheadAttention(8, 2, **settings).double()
    peer.load_state_dict(attention_state(module, whole=peer.in_proj_weight is not None))
    return module, peer


def attention_state(module, whole=True, path=""):
    """The weights as PyTorch names them; the three projections as one where they fit together."""
    three = [module.q_proj, module.k_proj, module.v_proj]
    weights = [turned(part.weight) for part in three]
    names = [f"{path}{name}_proj_weight" for name in "qkv"]
    state = dict(zip(names, weights, strict=True))
    if whole:
        state = {f"{path}in_proj_weight": torch.cat(weights)}
    if module.out_proj.has_bias:
        state[f"{path}in_proj_bias"] = torch.cat([turned(part.bias) for part in three])
        state[f"{path}out_proj.bias"] = turned(module.out_proj.bias)
    return state | {f"{path}out_proj.weight": turned(module.out_proj.weight)}


NOBODY = np.array([[0, 0, 0, 0, 1], [0, 0, 1, 1, 1], [0, 0, 0, 0, 0]], bool)
HIDDEN = np.random.default_rng(0).random((4, 5)) < 0.3
MASKS = {
    "none": {},
    "booleans": {"attn_mask": HIDDEN},
    "booleans a head": {"attn_mask": np.random.default_rng(1).random((6, 4, 5)) < 0.3},
    "numbers": {"attn_mask": numbers((4, 5))},
    "padding": {"key_padding_mask": NOBODY},
    "both": {"attn_mask": HIDDEN, "key_padding_mask": NOBODY & ~HIDDEN.any(axis=0)},
}


@pytest.mark.parametrize("masks", MASKS.values(), ids=MASKS)
@pytest.mark.parametrize(
    "settings", [{"batch_first": True}, {"kdim": 5, "vdim": 6}, {"bias": False}], ids=str
)
def test_outputs_and_gradients_of_attention(settings, masks):
    module, peer = attention_pair(**settings)
    features = [(4, 8), (5, settings.get("kdim", 8)), (5, settings.get("vdim", 8))]
    shapes = [(3, n, e) if module.batch_first else (n, 3, e) for n, e in features]
    pairs = [both(*shape, seed=seed) for seed, shape in enumerate(shapes)]

    y = module(*(ours for ours, _ in pairs), **masks)
    theirs = {name: torch.tensor(mask) for name, mask in masks.items()}
    their_y, _ = peer(*(other for _, other in pairs), **theirs)
    weight = numbers(y.shape, seed=5)
    their_y.backward(torch.tensor(weight))

    assert distance(y, their_y.detach()) < CLOSE
    for gradient, (_, other) in zip(
        bd.grad(y, [ours for ours, _ in pairs], weight=weight), pairs, strict=True
    ):
        assert distance(gradient, other.grad) < CLOSE


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"attn_mask": ~HIDDEN},
        {"attn_mask": numbers((2, 4, 5))},
        {"is_causal": True},
        {"scale": 0.3},
        {"attn_mask": np.zeros((4, 5), bool)},
    ],
    ids=lambda settings: ", ".join(settings) or "plain",
)
def test_scaled_dot_product_attention(settings):
    query, key, value = numbers((2, 4, 3)), numbers((2, 5, 3), 1), numbers((2, 5, 6), 2)

    y = nn.scaled_dot_product_attention(
        *(bd.tensor(x, "float64") for x in (query, key, value)), **settings
    )
    theirs = {k: torch.tensor(v) if isinstance(v, np.ndarray) else v for k, v in settings.items()}
    expected = torch.nn.functional.scaled_dot_product_attention(
        *map(torch.tensor, (query, key, value)), **theirs
    )

    assert np.abs(y.numpy() - expected.numpy()).max() < CLOSE


# The transformer block.


def linear_state(module, path):
    state = {f"{path}.weight": turned(module.weight)}
    return state | ({f"{path}.bias": turned(module.bias)} if module.has_bias else {})


def encoder_pair(**settings):
    settings = {"batch_first": False, **settings}
    module = moved(nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, **settings))
    peer = torch.nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, **settings).double()
    state = attention_state(module.self_attn, path="self_attn.")
    state |= linear_state(module.linear1, "linear1") | linear_state(module.linear2, "linear2")
    state |= linear_state(module.norm1, "norm1") | linear_state(module.norm2, "norm2")
    peer.load_state_dict(state)
    return module, peer


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"norm_first": True, "activation": "gelu"},
        {"batch_first": True, "bias": False},
        {"layer_norm_eps": 0.1},
    ],
    ids=str,
)
@pytest.mark.parametrize("causal", [False, True])
def test_outputs_and_gradients_of_a_transformer_block(settings, causal):
    module, peer = encoder_pair(**settings)
    x, their_x = both(5, 5, 8)
    hidden = torch.triu(torch.ones(5, 5, dtype=torch.bool), 1) if causal else None

    y = module(x, is_causal=causal)
    their_y = peer(their_x, src_mask=hidden)
    weight = numbers(y.shape, seed=5)
    their_y.backward(torch.tensor(weight))
    gradients = bd.grad(y, {"x": x, **module.parameters()}, weight=weight)

    assert distance(y, their_y.detach()) < CLOSE
    assert distance(gradients["x"], their_x.grad) < CLOSE
    assert distance(gradients["linear1.weight"], peer.linear1.weight.grad.T) < CLOSE
    assert distance(gradients["norm2.weight"], peer.norm2.weight.grad) < CLOSE


# Embeddings.


@pytest.mark.parametrize("padding_idx", [None, 2, -1])
def test_rows_and_gradients_of_an_embedding(padding_idx):
    module = moved(nn.Embedding(7, 3, padding_idx))
    peer = torch.nn.Embedding(7, 3, padding_idx).double()
    peer.load_state_dict({"weight": torch.tensor(module.weight.numpy())})
    positions = np.array([[0, 2, 6], [2, 2, 5]])

    y = module(bd.tensor(positions))
    weight = numbers(y.shape)
    their_y = peer(torch.tensor(positions))
    their_y.backward(torch.tensor(weight))

    np.testing.assert_array_equal(y.numpy(), their_y.detach().numpy())
    assert distance(bd.grad(y, module.weight, weight=weight), peer.weight.grad) < CLOSE
