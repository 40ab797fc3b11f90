"""The contract that every primitive of the registry keeps; its cases are in `primitive_cases`."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import badak as bd
from badak.base import context
from badak.base.errors import BadakError, GradientError, StateError
from badak.base.shapes import Spec
from badak.core.dispatch import apply
from badak.core.primitive import PRIMITIVES, find
from badak.core.tensor import Tensor
from tests.contracts.case import Case
from tests.contracts.primitive_cases import CASES, NO_0D_CASE, NO_EMPTY_CASE, NONLINEAR

ROUNDING = {"float64": 2e-15, "float32": 1e-6}
"""How far a value may be from the reference: a few units in the last place."""

EVERY_CASE = [
    pytest.param(name, case, id=f"{name}: {case}")
    for name, cases in CASES.items()
    for case in cases
]
SMOOTH_CASES = [param for param in EVERY_CASE if param.values[1].smooth]
RULES = [
    (name, position)
    for name, cases in CASES.items()
    for position in sorted({p for case in cases for p in case.smooth})
]


def narrowed(case: Case, dtype: str) -> list[np.ndarray]:
    return [x.astype(dtype) if x.dtype.kind == "f" else x for x in case.inputs]


def run(name: str, case: Case, arrays: list[np.ndarray]) -> Tensor:
    """The result as tensors of exactly these dtypes give it, its shape and dtype checked."""
    with context.debug():
        return apply(name, *map(Tensor, arrays), **case.attributes)


def check_derivatives(name: str, case: Case) -> None:
    """First and second derivatives in the smooth inputs against central differences."""
    smooth = [case.inputs[i] for i in case.smooth]

    def function(*varied: Tensor) -> Tensor:
        inputs = list(map(Tensor, case.inputs))
        for position, x in zip(case.smooth, varied, strict=True):
            inputs[position] = x
        return apply(name, *inputs, **case.attributes)

    bd.check_grad(function, *smooth, order=2, tolerance=1e-6)


def check_rules(name: str) -> None:
    for case in CASES[name]:
        if case.smooth:
            check_derivatives(name, case)


# ---------------------------------------------------------------------- everything has a contract


def test_every_primitive_has_a_contract():
    assert set(CASES) == set(PRIMITIVES)


@pytest.mark.parametrize("name", PRIMITIVES)
def test_contract_compares_every_gradient_rule(name):
    inputs = max(len(case.inputs) for case in CASES[name])
    ruled = {i for i in range(inputs) if find(name).rule(i) is not None}

    compared = {position for rule, position in RULES if rule == name}

    assert compared == ruled


@pytest.mark.parametrize("name", sorted(set(PRIMITIVES) - set(NO_EMPTY_CASE)))
def test_contract_has_an_empty_case(name):
    runs = [[run(name, case, list(case.inputs)), *case.inputs] for case in CASES[name]]

    assert any(x.size == 0 for values in runs for x in values)


@pytest.mark.parametrize("name", sorted(set(PRIMITIVES) - set(NO_0D_CASE)))
def test_contract_has_a_0d_case(name):
    assert any(x.ndim == 0 for case in CASES[name] for x in case.inputs)


@pytest.mark.parametrize("name", NO_0D_CASE)
def test_0d_input_is_refused_where_it_has_no_meaning(name):
    case = CASES[name][0]
    zero = [Tensor(np.zeros((), x.dtype)) for x in case.inputs]

    with pytest.raises(BadakError):
        apply(name, *zero, **case.attributes)


# ---------------------------------------------------------------------- values


@pytest.mark.parametrize("dtype", ROUNDING)
@pytest.mark.parametrize(("name", "case"), EVERY_CASE)
def test_value_is_the_reference(name, case, dtype):
    arrays = narrowed(case, dtype)
    expected = case.expected(arrays)

    out = run(name, case, arrays).data

    assert type(out) is np.ndarray
    assert out.shape == expected.shape
    room = ROUNDING[dtype]
    largest = np.abs(expected).max(initial=0.0) if case.sums else 0.0
    np.testing.assert_allclose(out, expected, rtol=room, atol=room * largest)


@pytest.mark.parametrize(("name", "case"), EVERY_CASE)
def test_inferred_shape_and_dtype_are_the_real_ones(name, case):
    primitive = find(name)
    for dtype in ROUNDING:
        arrays = narrowed(case, dtype)
        kinds = primitive.promote(*(x.dtype for x in arrays))
        specs = [Spec(x.shape, kind) for x, kind in zip(arrays, kinds, strict=True)]

        promised = primitive.infer(*specs, **case.attributes)

        out = run(name, case, arrays)
        assert promised == (out.shape, out.dtype)


# ---------------------------------------------------------------------- derivatives


@pytest.mark.parametrize(("name", "case"), SMOOTH_CASES)
def test_first_and_second_derivatives_are_the_central_differences(name, case):
    check_derivatives(name, case)


@pytest.mark.parametrize("dtype", ROUNDING)
@pytest.mark.parametrize(("name", "case"), SMOOTH_CASES)
def test_gradient_has_the_shape_and_dtype_of_its_input(name, case, dtype):
    inputs = list(map(Tensor, narrowed(case, dtype)))
    inputs = [bd.Parameter(x.data) if i in case.smooth else x for i, x in enumerate(inputs)]
    wrt = [inputs[i] for i in case.smooth]

    with context.debug():
        out = apply(name, *inputs, **case.attributes)
        grads = bd.grad(out, wrt, weight=np.ones(out.shape)) if out.requires_grad else wrt

    assert [(g.shape, g.dtype) for g in grads] == [(x.shape, x.dtype) for x in wrt]


# ---------------------------------------------------------------------- memory


def _spread_out(x: np.ndarray) -> np.ndarray:
    wide = np.zeros([2 * size for size in x.shape], x.dtype)
    view = wide[(..., *(slice(None, None, 2) for _ in x.shape))]
    view[...] = x
    return view


def _turned_round(x: np.ndarray) -> np.ndarray:
    return np.flip(np.flip(x).copy())


def _unaligned(x: np.ndarray) -> np.ndarray:
    memory = np.zeros(x.nbytes + 1, np.uint8)
    memory[1:] = np.frombuffer(np.ascontiguousarray(x).tobytes(), np.uint8)
    return memory[1:].view(x.dtype).reshape(x.shape)


def _read_only(x: np.ndarray) -> np.ndarray:
    copy = x.copy()
    copy.setflags(write=False)
    return copy


LAYOUTS = {
    "transposed": lambda x: x.T.copy().T,
    "spread out": _spread_out,
    "negative strides": _turned_round,
    "read-only": _read_only,
    "unaligned": _unaligned,
    "big-endian": lambda x: x.astype(x.dtype.newbyteorder(">")),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", CASES)
def test_array_in_any_layout_gives_the_bits_of_its_copy(name, layout):
    for case in CASES[name]:
        arrays = narrowed(case, "float32")
        odd = [LAYOUTS[layout](x) for x in arrays]

        expected = apply(name, *arrays, **case.attributes).data
        out = apply(name, *odd, **case.attributes).data

        assert out.dtype == expected.dtype
        assert out.tobytes() == expected.tobytes()


@pytest.mark.parametrize("layout", ["transposed", "spread out", "negative strides", "read-only"])
@pytest.mark.parametrize("name", CASES)
def test_tensor_that_is_a_view_gives_the_values_of_its_copy(name, layout):
    for case in CASES[name]:
        expected = run(name, case, list(case.inputs)).data

        out = run(name, case, [LAYOUTS[layout](x) for x in case.inputs]).data

        # Not the same bits: a sum is rounded in the order in which memory is walked, and NumPy's
        # vector functions work on neighbours in memory only.
        room = 4 * ROUNDING["float64"]
        largest = np.abs(expected).max(initial=0.0) if case.sums else 0.0
        np.testing.assert_allclose(out, expected, rtol=room, atol=room * largest)


@pytest.mark.parametrize("name", CASES)
def test_inputs_keep_their_values(name):
    for case in CASES[name]:
        arrays = narrowed(case, "float32")
        before = [x.tobytes() for x in arrays]
        inputs = [bd.Parameter(x) if i in case.smooth else Tensor(x) for i, x in enumerate(arrays)]

        out = apply(name, *inputs, **case.attributes)
        if out.requires_grad:
            out.backward(weight=np.ones(out.shape))

        assert [x.tobytes() for x in arrays] == before


# ---------------------------------------------------------------------- the contract bites


@pytest.mark.parametrize(("name", "position"), RULES)
def test_gradient_rule_that_is_off_by_a_ten_thousandth_is_caught(monkeypatch, name, position):
    original = find(name)

    def wrong(i):
        rule = original.rule(i)
        return (lambda *args, **kw: rule(*args, **kw) * 1.0001 + 1e-4) if i == position else rule

    monkeypatch.setitem(PRIMITIVES, name, dataclasses.replace(original, vjps=wrong))

    with pytest.raises(GradientError):
        check_rules(name)


@pytest.mark.parametrize("name", NONLINEAR)
def test_gradient_rule_that_forgets_its_inputs_is_caught(monkeypatch, name):
    original = find(name)

    def wrong(i):
        rule = original.rule(i)
        return lambda g, out, *inputs, **kw: rule(
            g, out.detach(), *(x.detach() for x in inputs), **kw
        )

    monkeypatch.setitem(PRIMITIVES, name, dataclasses.replace(original, vjps=wrong))

    with pytest.raises(GradientError):
        check_rules(name)


@pytest.mark.parametrize("name", PRIMITIVES)
@pytest.mark.parametrize("lie", [{"shape": (7,)}, {"dtype": np.dtype("complex64")}])
def test_wrong_promise_of_infer_is_caught(monkeypatch, name, lie):
    original = find(name)
    infer = original.infer
    wrong = dataclasses.replace(original, infer=lambda *a, **kw: infer(*a, **kw)._replace(**lie))
    monkeypatch.setitem(PRIMITIVES, name, wrong)
    case = CASES[name][0]

    with pytest.raises(StateError, match=f"{name}: forward and infer disagree"):
        run(name, case, list(case.inputs))
