"""What an optimizer remembers of a parameter: tensors by name."""

from __future__ import annotations

from badak.base.shapes import Spec
from badak.core import Tensor

State = dict[str, Tensor]


def taken_over(held: State | None, new: State) -> State:
    """The numbers of a new state, in the tensors that are held if these are of the same kind."""
    if held is None or _kinds(held) != _kinds(new):
        return new
    for key, kept in held.items():
        kept.assign(new[key])
    return held


def _kinds(state: State) -> dict[str, Spec]:
    return {key: Spec(x.shape, x.dtype) for key, x in state.items()}
