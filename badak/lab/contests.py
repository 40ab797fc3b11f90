"""Ready-made comparisons by name, and comparisons that are described in a file."""

from __future__ import annotations

import inspect
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from badak.base.errors import BadakFileError, unknown_name
from badak.base.files import read_bytes
from badak.lab.compare import compare
from badak.lab.comparison import Comparison

_OF_COMPARE = tuple(inspect.signature(compare).parameters)
_NOT_IN_FILES = ("contenders", "store", "progress", "root")

DEEP = {"layers": [100, 100, 100, 100], "batch_size": 128}
"""784-100-100-100-100-10 on MNIST: the network of K. Saito, "Deep Learning from Scratch" (2016),
chapter 6, in which optimizers and initial weights are raced."""


FEW, MANY = 500, 2000
"""Updates of a training unless told: of small data sets, and of MNIST."""


@dataclass(frozen=True)
class Contest:
    """Who is compared with whom, and how.

    Attributes:
        name: what it is called.
        about: a line on it.
        contenders: by name, what each changes in the base.
        settings: further arguments of `compare`, such as the base.

    >>> found = CONTESTS["optimizers"].run(data="xor", seeds=2, updates=20, tuned=False,
    ...                                    progress=False)
    >>> len(found.rows)
    7
    """

    name: str
    about: str
    contenders: Mapping[str, Any]
    settings: Mapping[str, Any] = field(default_factory=dict)

    def run(self, **settings: Any) -> Comparison:
        """`compare` with these settings, and those of the contest for the rest.

        Raises:
            RangeError: an unknown setting, and whatever `compare` raises.
        """
        for name in settings:
            if name not in _OF_COMPARE:
                raise unknown_name("setting of a comparison", name, _OF_COMPARE)
        chosen = {"name": self.name, "data": "digits", "seeds": 5, **self.settings, **settings}
        chosen.setdefault("updates", MANY if chosen["data"] == "mnist" else FEW)
        return compare(self.contenders, **chosen)


def _rates(*names: str, lr: float) -> dict[str, Any]:
    return {name: {"optimizer": name.lower(), "lr": lr} for name in names}


CONTESTS: dict[str, Contest] = {
    contest.name: contest
    for contest in (
        Contest(
            "optimizers",
            "SGD against six others, at the rates of the book and tuned",
            {
                **_rates("SGD", "Momentum", "Nesterov", "AdaGrad", "RMSProp", lr=0.01),
                **_rates("Adam", "AdamW", lr=0.001),
            },
            {"base": DEEP, "target": 0.9},
        ),
        Contest(
            "initializers",
            "how weights start, in a deep ReLU network",
            {
                "std 0.01": {"init": 0.01},
                "std 1": {"init": 1.0},
                "Xavier": {"init": "xavier"},
                "He": {"init": "he"},
                "orthogonal": {"init": "orthogonal"},
            },
            {"base": {**DEEP, "optimizer": "sgd", "lr": 0.01}, "target": 0.9},
        ),
        Contest(
            "activations",
            "hidden activations, each with the initial weights made for it",
            {
                "sigmoid": {"activation": "sigmoid", "init": "xavier"},
                "tanh": {"activation": "tanh", "init": "xavier"},
                "ReLU": {"activation": "relu", "init": "he"},
                "leaky ReLU": {"activation": "leaky_relu", "init": "he"},
                "ELU": {"activation": "elu", "init": "he"},
                "GELU": {"activation": "gelu", "init": "he"},
                "SiLU": {"activation": "silu", "init": "he"},
            },
            {"base": {**DEEP, "optimizer": "momentum", "lr": 0.01}, "target": 0.9},
        ),
        Contest(
            "normalization",
            "none, batch and layer normalisation, in a deep network",
            {
                "none": {},
                "batch": {"normalization": "batch"},
                "layer": {"normalization": "layer"},
            },
            {"base": {**DEEP, "optimizer": "momentum", "lr": 0.01}, "target": 0.9},
        ),
        Contest(
            "regularization",
            "against over-fitting: 300 rows, a fifth of them with wrong labels",
            {
                "none": {},
                "weight decay 0.001": {"weight_decay": 0.001},
                "weight decay 0.01": {"weight_decay": 0.01},
                "dropout 0.2": {"dropout": 0.2},
                "dropout 0.5": {"dropout": 0.5},
                "label smoothing 0.1": {"label_smoothing": 0.1},
                "input noise 0.2": {"input_noise": 0.2},
            },
            {
                "base": {
                    "layers": [100, 100],
                    "optimizer": "momentum",
                    "lr": 0.01,
                    "batch_size": 50,
                },
                "rows": 300,
                "label_noise": 0.2,
            },
        ),
        Contest(
            "batch-sizes",
            "batches of 16 to 512 rows, each row seen equally often",
            {str(size): {"batch_size": size} for size in (16, 32, 64, 128, 256, 512)},
            {
                "base": {"layers": [100, 100], "optimizer": "momentum", "lr": 0.01},
                "epochs": 20,
                "target": 0.9,
            },
        ),
    )
}
"""The comparisons that have a name."""


def contest(name: str) -> Contest:
    """The contest of that name, or of the file of that name if it ends in .toml.

    Raises:
        RangeError: an unknown name, with what there is.
        BadakFileError: a file that is missing or describes no comparison.

    >>> contest("normalization").about
    'none, batch and layer normalisation, in a deep network'
    """
    if name.lower().endswith(".toml"):
        return read_contest(name)
    if name not in CONTESTS:
        raise unknown_name("comparison", name, [*CONTESTS, "a .toml file"])
    return CONTESTS[name]


def read_contest(path: str | os.PathLike[str]) -> Contest:
    """The contest that a TOML file describes.

    A table `[contenders.NAME]` for each contender, `[base]` for what they share, and arguments of
    `compare` at the top:

        data = "digits"
        seeds = 5
        updates = 500

        [base]
        layers = [50]

        [contenders.plain]

        [contenders.dropout]
        dropout = 0.2

    Raises:
        BadakFileError: a file that is missing, no TOML, or has settings that no comparison has.
    """
    where = os.fsdecode(path)
    try:
        tree = tomllib.loads(read_bytes(where, limit=2**20).decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadakFileError(f"{where} is no TOML: {error}") from None
    contenders = tree.pop("contenders", None)
    if not isinstance(contenders, dict) or not all(
        isinstance(x, dict) for x in contenders.values()
    ):
        raise BadakFileError(
            f"{where} describes no comparison: it has no contenders",
            expected="a table [contenders.NAME] for each",
        )
    about = str(tree.pop("about", ""))
    allowed = [name for name in _OF_COMPARE if name not in _NOT_IN_FILES]
    for name in tree:
        if name not in allowed:
            unknown = unknown_name("setting of a comparison", name, allowed)
            unknown.add_note(f"in {where}")
            raise unknown
    return Contest(Path(where).stem, about, contenders, tree)
