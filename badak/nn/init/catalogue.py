"""Initialisers by name, and by the name and framework that they are known from."""

from __future__ import annotations

from badak.base.errors import unknown_name
from badak.nn.init.initializer import Initializer
from badak.nn.init.plain import Constant, Normal, Uniform
from badak.nn.init.scaled import Glorot, He, VarianceScaling, Xavier
from badak.nn.init.structured import Identity, Orthogonal

BY_NAME: dict[str, Initializer] = {
    "glorot": Glorot(),
    "glorot_truncated": Glorot("truncated_normal"),
    "glorot_uniform": Glorot("uniform"),
    "he": He(),
    "he_truncated": He("truncated_normal"),
    "he_uniform": He("uniform"),
    "identity": Identity(),
    "normal": Normal(),
    "ones": Constant(1.0),
    "orthogonal": Orthogonal(),
    "uniform": Uniform(),
    "xavier": Xavier(),
    "xavier_truncated": Xavier("truncated_normal"),
    "xavier_uniform": Xavier("uniform"),
    "zeros": Constant(0.0),
}

DIALECTS: dict[str, dict[str, Initializer]] = {
    "book": {"default": Normal(0.01), "xavier": Xavier(), "he": He()},
    "dezero": {"default": Xavier(), "xavier": Xavier()},
    "keras": {
        "default": Glorot("uniform"),
        "xavier": Glorot("truncated_normal"),
        "he": He("truncated_normal"),
    },
    # Lasagne's He has the gain of a linear unit unless it is told gain="relu".
    "lasagne": {"default": Glorot("uniform"), "xavier": Glorot(), "he": VarianceScaling()},
    # kaiming_uniform with a = sqrt(5): the gain is sqrt(2 / (1 + 5)), so U(+-1 / sqrt(fan_in))
    "torch": {
        "default": VarianceScaling("uniform", scale=1 / 3),
        "xavier": Glorot(),
        "he": He(),
    },
}


def get(init: str | Initializer) -> Initializer:
    """The initialiser of that name, or the one given.

    >>> get("he")
    He(distribution='normal')

    Raises:
        RangeError: for an unknown name, with the nearest one.
    """
    if isinstance(init, Initializer):
        return init
    if init not in BY_NAME:
        raise unknown_name("initialiser", init, BY_NAME)
    return BY_NAME[init]


def like(framework: str, name: str = "default") -> Initializer:
    """What a framework means by a name.

    |           | "default"         | "xavier"                    | "he"                |
    | --------- | ----------------- | --------------------------- | ------------------- |
    | "book"    | N, 0.01^2         | N, 1 / in                   | N, 2 / in           |
    | "dezero"  | N, 1 / in         | N, 1 / in                   |                     |
    | "keras"   | U, 2 / (in + out) | truncated N, 2 / (in + out) | truncated N, 2 / in |
    | "lasagne" | U, 2 / (in + out) | N, 2 / (in + out)           | N, 1 / in           |
    | "torch"   | U, 1 / (3 in)     | N, 2 / (in + out)           | N, 2 / in           |

    (distribution and variance; "book" is "Deep Learning from Scratch"). PyTorch's default, which
    is kaiming_uniform(a=sqrt(5)) and ends at 1 / sqrt(in), holds for its biases too.

    Args:
        framework: its name in the table.
        name: "default", "xavier" or "he".

    Raises:
        RangeError: for an unknown framework, or a name that it does not have.

    >>> layer = nn.Linear(100, 50, init=like("torch"), bias_init=like("torch"))
    >>> layer.weight.numpy().max().round(2), layer.bias.numpy().max().round(2)
    (np.float32(0.1), np.float32(0.1))
    """
    if framework not in DIALECTS:
        raise unknown_name("framework", framework, DIALECTS)
    if name not in DIALECTS[framework]:
        raise unknown_name(f"initialiser of {framework}", name, DIALECTS[framework])
    return DIALECTS[framework][name]
