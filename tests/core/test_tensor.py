from __future__ import annotations

import copy

import numpy as np
import pytest

import badak as bd
from badak.base.errors import DTypeError, RangeError, ShapeError, StateError

# ---------------------------------------------------------------------- out of Badak


def test_array_that_comes_out_is_a_copy():
    x = bd.tensor([1.0, 2.0])

    for array in (x.numpy(), np.asarray(x), np.array(x)):
        array[0] = 100.0

    assert x.tolist() == [1.0, 2.0]


def test_array_that_comes_out_of_a_view_is_a_copy_and_may_be_written():
    x = bd.tensor([1.0, 2.0, 3.0])

    for view in (x.broadcast_to(2, 3), x[1:], x.T, x.reshape(3, 1), bd.windows(x, 2)):
        view.numpy()[...] = 0.0

    assert x.tolist() == [1.0, 2.0, 3.0]


def test_array_that_must_not_be_a_copy_is_refused():
    with pytest.raises(RangeError, match="as a copy only"):
        np.asarray(bd.tensor([1.0]), copy=False)


def test_single_values_become_python_numbers():
    assert bd.tensor(1.5).item() == 1.5
    assert float(bd.tensor([[1.5]])) == 1.5
    assert int(bd.tensor(2)) == 2
    assert bool(bd.tensor(0.0)) is False
    assert [10, 20, 30][bd.tensor(1)] == 20
    assert type(bd.tensor(2).item()) is int
    assert bd.tensor([[1, 2]]).tolist() == [[1, 2]]


def test_single_value_is_formatted_as_a_number():
    assert f"{bd.tensor(1.5):.3f}" == "1.500"
    assert f"{bd.tensor(3):03d}" == "003"
    assert f"{bd.tensor([1.0, 2.0])}" == "tensor([1., 2.])"


@pytest.mark.parametrize("use", [float, int, lambda x: x.item(), lambda x: f"{x:.2f}"])
def test_several_values_are_no_number(use):
    with pytest.raises(ShapeError, match="item\\(\\) needs a single value"):
        use(bd.tensor([1.0, 2.0]))


def test_float_is_no_index():
    with pytest.raises(DTypeError, match="an index must be a whole number"):
        [1, 2, 3][bd.tensor(1.0)]


def test_truth_of_several_values_is_unclear():
    with pytest.raises(RangeError) as caught:
        bool(bd.tensor([1.0, 2.0]) > 1.0)

    assert str(caught.value) == (
        "the truth of a tensor with 2 values is unclear\n  try       .any() or .all()"
    )
    assert bool((bd.tensor([1.0, 2.0]) > 1.0).any())
    assert not bool((bd.tensor([1.0, 2.0]) > 1.0).all())


def test_length_and_rows():
    x = bd.tensor([[1, 2], [3, 4], [5, 6]])

    assert len(x) == 3
    assert [row.tolist() for row in x] == [[1, 2], [3, 4], [5, 6]]
    assert (x.ndim, x.size, x.shape) == (2, 6, (3, 2))


@pytest.mark.parametrize("use", [len, iter, list])
def test_0d_tensor_has_no_length(use):
    with pytest.raises(ShapeError, match="a 0-d tensor has no length"):
        use(bd.tensor(1.0))


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (lambda: bd.tensor(1.5), "tensor(1.5)"),
        (lambda: bd.tensor([1, 2]), "tensor([1, 2], dtype=int64)"),
        (lambda: bd.tensor([0.5], "float64"), "tensor([0.5], dtype=float64)"),
        (lambda: bd.parameter([0.5]), "tensor([0.5], requires_grad=True)"),
        (lambda: bd.parameter([0.5]) * 2.0, "tensor([1.])"),
        (lambda: bd.zeros((0, 2)), "tensor([])"),
        (lambda: bd.tensor([True]), "tensor([ True], dtype=bool)"),
    ],
)
def test_tensor_reads_well(made, text):
    assert repr(made()) == text


def test_equality_compares_values_and_hash_the_object():
    x, y = bd.tensor([1.0, 2.0]), bd.tensor([1.0, 3.0])

    assert (x == y).tolist() == [True, False]
    assert (x != y).tolist() == [False, True]
    assert {x: "x", y: "y"}[x] == "x"
    assert hash(x) != hash(bd.tensor([1.0, 2.0]))


def test_comparison_with_what_is_no_number_is_refused():
    for other in (None, "1", object()):
        with pytest.raises(DTypeError, match="a tensor holds numbers"):
            bd.tensor([1.0]) == other  # noqa: B015  # the comparison itself must raise


def test_logic_of_masks():
    x = bd.tensor([1.0, 2.0, 3.0])

    assert ((x > 1.0) & (x < 3.0)).tolist() == [False, True, False]
    assert ((x <= 1.0) | (x >= 3.0)).tolist() == [True, False, True]
    assert (~(x > 1.0)).tolist() == [True, False, False]


def test_numpy_asks_the_tensor():
    a, x = np.array([1.0, 2.0], np.float32), bd.tensor([3.0, 4.0])

    assert isinstance(a + x, bd.Tensor)
    assert isinstance(a @ x, bd.Tensor)
    assert isinstance(a < x, bd.Tensor)
    assert (a - x).tolist() == [-2.0, -2.0]


def test_entry_cannot_be_set():
    with pytest.raises(TypeError, match="item assignment"):
        bd.tensor([1.0, 2.0])[0] = 5.0


def test_copy_is_a_tensor_of_its_own():
    w = bd.parameter([1.0, 2.0], tags=("weight",))

    other = copy.deepcopy(w)
    other.assign([5.0, 6.0])

    assert w.tolist() == [1.0, 2.0]
    assert (other.tags, other.requires_grad) == (("weight",), True)


# ---------------------------------------------------------------------- assign, detach


def test_assign_takes_over_numbers_and_counts():
    w = bd.parameter([1.0, 2.0])

    same = w.assign([3, 4])

    assert same is w
    assert w.tolist() == [3.0, 4.0]
    assert (w.dtype, w.version) == ("float32", 1)


@pytest.mark.parametrize(
    "value", [[3, 4], np.array([3.0, 4.0]), bd.tensor([3, 4]), bd.tensor([3.0, 4.0], "float64")]
)
def test_assign_keeps_the_dtype(value):
    w = bd.parameter([1.0, 2.0])

    assert w.assign(value).dtype == "float32"
    assert w.tolist() == [3.0, 4.0]


@pytest.mark.parametrize("value", [1.0, [1.0], [[1.0, 2.0]], [1.0, 2.0, 3.0]])
def test_assign_keeps_the_shape(value):
    w = bd.parameter([1.0, 2.0])

    with pytest.raises(ShapeError, match="assign keeps the shape of a tensor"):
        w.assign(value)
    assert (w.tolist(), w.version) == ([1.0, 2.0], 0)


def test_assigned_array_may_change_afterwards():
    w, data = bd.parameter([1.0, 2.0]), np.array([3.0, 4.0], np.float32)
    w.assign(data)

    data += 100

    assert w.tolist() == [3.0, 4.0]


def test_what_was_computed_before_an_assignment_keeps_its_numbers():
    w = bd.parameter([[1.0, 2.0]])
    views = [w.T, w.reshape(2), w[0], w.detach(), w.broadcast_to(2, 2), w * 1.0]
    before = [x.tolist() for x in views]

    w.assign([[5.0, 6.0]])

    assert [x.tolist() for x in views] == before


def test_assign_takes_the_numbers_and_not_the_history():
    w = bd.parameter([1.0, 2.0])

    w.assign(w * 2.0)

    assert w.node is None
    assert bd.grad((w * w).sum(), w).tolist() == [4.0, 8.0]


def test_result_of_an_operation_cannot_be_assigned():
    w = bd.parameter([1.0, 2.0])
    doubled = w * 2.0

    with pytest.raises(StateError) as caught:
        doubled.assign([0.0, 0.0])

    assert str(caught.value).splitlines()[0] == "assign: this tensor is the result of mul"
    assert bd.grad(doubled.sum(), w).tolist() == [2.0, 2.0]


def test_detached_tensor_is_a_constant():
    w = bd.parameter([1.0, 2.0])
    fixed = (w * 2.0).detach()

    assert not fixed.requires_grad
    assert bd.grad((w * fixed).sum(), w).tolist() == [2.0, 4.0]


# ---------------------------------------------------------------------- no_grad


def test_no_grad_remembers_nothing():
    w = bd.parameter([1.0, 2.0])

    with bd.no_grad():
        y = w * 2.0

    assert y.node is None
    assert not y.requires_grad
    assert (w * 2.0).requires_grad


def test_recording_may_be_turned_on_inside():
    w = bd.parameter([1.0, 2.0])

    with bd.no_grad(), bd.recording():
        y = (w * w).sum()

    assert bd.grad(y, w).tolist() == [2.0, 4.0]
