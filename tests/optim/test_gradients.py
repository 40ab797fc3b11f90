"""Limits for gradients and weights: the laws that they keep."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import badak as bd
from badak import optim
from badak.base.errors import ShapeError

ROUNDING = 1e-12

values = st.floats(-1e6, 1e6, allow_subnormal=False)
matrices = arrays(np.float64, (3, 2), elements=values)
vectors = arrays(np.float64, 2, elements=values)
limits = st.floats(1e-3, 1e3)


def tensors(w, b):
    return {"w": bd.tensor(w, "float64"), "b": bd.tensor(b, "float64")}


def length(*grads):
    return np.sqrt(sum(float((g.numpy() ** 2).sum()) for g in grads))


@given(matrices, vectors, limits)
def test_no_value_is_beyond_its_limit_and_others_stay(w, b, limit):
    clipped = optim.clip_by_value(tensors(w, b), limit)

    np.testing.assert_array_equal(clipped["w"].numpy(), np.clip(w, -limit, limit))
    np.testing.assert_array_equal(clipped["b"].numpy(), np.clip(b, -limit, limit))


@given(matrices, vectors, limits)
def test_each_norm_is_limited_and_shorter_ones_stay_bit_for_bit(w, b, limit):
    for name, g in optim.clip_by_norm(tensors(w, b), limit).items():
        before = {"w": w, "b": b}[name]
        if np.linalg.norm(before) < limit * (1 - ROUNDING):
            np.testing.assert_array_equal(g.numpy(), before)
        else:
            assert length(g) == pytest.approx(limit, rel=ROUNDING)
            np.testing.assert_allclose(
                g.numpy() * np.linalg.norm(before), before * limit, rtol=1e-9, atol=1e-300
            )


@given(matrices, vectors, limits)
def test_the_global_norm_is_limited_and_all_keep_one_direction(w, b, limit):
    before, clipped = tensors(w, b), optim.clip_by_global_norm(tensors(w, b), limit)
    total = float(optim.global_norm(before))

    assert total == pytest.approx(length(*before.values()), rel=ROUNDING)
    assert length(*clipped.values()) <= limit * (1 + ROUNDING)
    factor = min(1.0, limit / total) if total else 1.0
    for name, g in clipped.items():
        np.testing.assert_allclose(g.numpy(), before[name].numpy() * factor, rtol=1e-9)


@given(matrices, limits)
def test_the_weights_of_each_unit_are_limited_alone(w, limit):
    constrained = optim.norm_constraint(bd.tensor(w, "float64"), limit).numpy()

    for before, after in zip(w.T, constrained.T, strict=True):
        assert np.linalg.norm(after) <= limit * (1 + ROUNDING)
        if np.linalg.norm(before) < limit * (1 - ROUNDING):
            np.testing.assert_array_equal(after, before)


@given(matrices, limits)
def test_clipping_twice_is_clipping_once(w, limit):
    grads = {"w": bd.tensor(w, "float64")}
    for clip in (optim.clip_by_value, optim.clip_by_norm, optim.clip_by_global_norm):
        once = clip(grads, limit)
        np.testing.assert_allclose(clip(once, limit)["w"].numpy(), once["w"].numpy(), rtol=ROUNDING)


@given(vectors, limits)
def test_the_soft_threshold_minimises_what_it_is_the_proximal_step_of(x, threshold):
    found = optim.soft_threshold(bd.tensor(x, "float64"), threshold).numpy()

    def cost(z):
        return 0.5 * (z - x) ** 2 + threshold * np.abs(z)

    for other in (found + 1e-3, found - 1e-3, 0.0 * x, x):
        assert (cost(found) <= cost(other) + 1e-9 * (1 + x**2)).all()
    assert (found[np.abs(x) <= threshold] == 0).all()


def test_units_of_a_convolution_are_its_kernels():
    kernels = np.ones((2, 3, 2, 2), np.float32)
    kernels[1] *= 0.1

    constrained = optim.norm_constraint(bd.tensor(kernels), 1.0).numpy()

    assert np.linalg.norm(constrained[0]) == pytest.approx(1.0)
    np.testing.assert_array_equal(constrained[1], kernels[1])
    assert constrained.dtype == kernels.dtype


def test_an_axis_can_be_given():
    constrained = optim.norm_constraint(bd.tensor([[3.0, 4.0], [0.3, 0.4]]), 1.0, axis=1)

    np.testing.assert_allclose(constrained.numpy(), [[0.6, 0.8], [0.3, 0.4]], rtol=1e-6)


def test_a_vector_has_no_units_unless_an_axis_says_so():
    with pytest.raises(ShapeError, match=r"at least two axes(.|\n)*axis=0"):
        optim.norm_constraint(bd.tensor([3.0, 4.0]), 1.0)

    assert optim.norm_constraint(bd.tensor([3.0, 4.0]), 1.0, axis=0).numpy() == pytest.approx(
        [0.6, 0.8]
    )


@pytest.mark.parametrize("clip", [optim.clip_by_norm, optim.clip_by_global_norm])
def test_the_square_of_a_large_float32_does_not_overflow(clip):
    clipped = clip({"w": bd.tensor([3e30, 4e30])}, 1.0)["w"]

    np.testing.assert_allclose(clipped.numpy(), [0.6, 0.8], rtol=1e-6)
    assert clipped.dtype == "float32"


@pytest.mark.parametrize("bad", [np.inf, -np.inf, np.nan])
@pytest.mark.parametrize(
    "clip", [optim.clip_by_value, optim.clip_by_norm, optim.clip_by_global_norm]
)
def test_what_is_not_finite_does_not_become_finite(clip, bad):
    with np.errstate(invalid="ignore"):
        clipped = clip({"w": bd.tensor([bad, 1.0])}, 1.0)["w"]

    assert not np.isfinite(clipped.numpy()).all()


def test_the_norm_of_nothing_is_refused():
    with pytest.raises(ShapeError, match="no gradient"):
        optim.global_norm({})
