"""What every optimizer can do besides its own rule, and the groups of parameters that differ."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import Any, TypedDict

from badak.base.errors import DTypeError, unknown_name
from badak.core import Tensor
from badak.optim.setting import Setting, scalar
from badak.optim.weight_average import WeightAverage

OF_GROUPS = ("weight_decay", "l1", "clip_value", "clip_norm", "max_norm")
"""Settings that a group may have although the optimizer does without, and the other way round."""

Groups = Mapping[str, Mapping[str, float]]
"""Settings of some parameters alone: a tag, or a pattern of names, to settings by name."""

NO_DECAY: Groups = MappingProxyType(
    {"bias": {"weight_decay": 0.0, "l1": 0.0}, "norm": {"weight_decay": 0.0, "l1": 0.0}}
)
"""No decay of biases and of the scales of normalisations: `Adam(weight_decay=0.1, groups=...)`."""


class SharedButDecay(TypedDict, total=False):
    """Keywords that every optimizer takes; each is explained in `Optimizer`."""

    decoupled_weight_decay: bool
    l1: float
    clip_value: float
    clip_norm: float
    clip_global_norm: float
    max_norm: float
    groups: Groups
    accumulate: int
    average: WeightAverage | None


class Shared(SharedButDecay, total=False):
    """All of them: rules with a decay of their own have its strength among their own settings."""

    weight_decay: float


def as_groups(groups: Any, what: str) -> dict[str, dict[str, float]]:
    """Groups as dicts.

    Raises:
        DTypeError: when they are no mapping from text to settings by name.
    """
    wrong = DTypeError(
        f"{what} maps a tag or a pattern of names to settings",
        got=repr(groups),
        hint='groups={"bias": {"weight_decay": 0}, "head.*": {"lr": 0.1}}',
    )
    if not isinstance(groups, Mapping):
        raise wrong
    for key, settings in groups.items():
        if not isinstance(key, str) or not isinstance(settings, Mapping):
            raise wrong
    return {key: dict(settings) for key, settings in groups.items()}


def group_numbers(
    optimizer: Any, group: str, given: Mapping[str, float]
) -> dict[str, Tensor | None]:
    """The settings of a group as tensors, which become settings of the optimizer.

    None stands for what the group does without.

    Raises:
        RangeError: for a setting that the rule does not have, or that is out of its range.
    """
    owner = type(optimizer).__name__
    known = {
        name: setting
        for base in reversed(type(optimizer).__mro__)
        for name, setting in vars(base).items()
        if isinstance(setting, Setting) and (name in OF_GROUPS or not setting.optional)
    }
    numbers: dict[str, Tensor | None] = {}
    for name, value in given.items():
        if name not in known:
            raise unknown_name(f"setting of a group of {owner}", name, known)
        number = known[name].number(optimizer, value)
        numbers[name] = None
        if number or not known[name].optional:
            numbers[name] = optimizer.settings[f"{name}[{group}]"] = scalar(number)
    return numbers


def belongs(name: str, parameter: Tensor, group: str) -> bool:
    """Whether a parameter has that tag, or a name of that pattern ("0.*", "*.weight").

    >>> w = bd.parameter([1.0], tags=("weight",))
    >>> belongs("0.weight", w, "weight"), belongs("0.weight", w, "0.*"), belongs("w", w, "bias")
    (True, True, False)
    """
    return group in getattr(parameter, "tags", ()) or fnmatchcase(name, group)
