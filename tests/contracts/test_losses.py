"""What every loss keeps: its formula, its gradient, reductions, weights, refusals, compiled too."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import badak as bd
from badak import nn, optim
from badak.base.errors import RangeError, ShapeError


@dataclass(frozen=True)
class Case:
    """A loss, a batch, and the loss of one row worked out with plain numbers.

    Attributes:
        make: the class.
        name: what it and its function are found by.
        prediction: a batch, away from kinks.
        target: what was true.
        row: the loss of a row, or of the last axis of one.
        what: what is special about the case.
        settings: arguments of the class and of the function.
        extremes: two predictions that are as far apart as they can be.
        wrong: a target that is none.
    """

    make: Callable[..., nn.Loss]
    name: str
    prediction: np.ndarray
    target: Any
    row: Callable[[list[Any], Any], float]
    what: str
    settings: dict[str, Any] = field(default_factory=dict)
    extremes: tuple[float, float] = (-1000.0, 1000.0)
    wrong: float | None = None

    def __str__(self) -> str:
        return f"{self.name} of {self.what}"

    def loss(self, **more: Any) -> nn.Loss:
        return self.make(**self.settings, **more)

    def function(self, prediction: Any, target: Any) -> bd.Tensor:
        return getattr(nn.losses, self.name)(prediction, target, **self.settings)

    def expected(self) -> np.ndarray:
        rows = zip(self.prediction.tolist(), np.asarray(self.target).tolist(), strict=True)
        return np.array([self.row(x, t) for x, t in rows])


# The formulas, with plain numbers.


def over_places(row):
    """The mean over the places of a row, for rows that hold several."""

    def mean(prediction, target):
        values = [row(x, t) for x, t in zip(prediction, target, strict=True)]
        return sum(values) / len(values)

    return mean


def of_values(each):
    """The mean of a formula over all values of a row."""

    def row(prediction, target):
        pairs = zip(np.ravel(prediction).tolist(), np.ravel(target).tolist(), strict=True)
        values = [each(p, t) for p, t in pairs]
        return sum(values) / len(values)

    return row


def softmax(scores):
    return [math.exp(x) / sum(math.exp(s) for s in scores) for x in scores]


def shared(shares):
    return [p / sum(shares) for p in shares]


def entropy_of(probabilities, smoothing=0.0, weights=(1.0, 1.0, 1.0)):
    """-sum w_k t_k log p_k, for a class number or a distribution."""

    def row(scores, target):
        places = range(len(scores))
        shares = target if isinstance(target, list) else [float(k == target) for k in places]
        t = [(1 - smoothing) * x + smoothing / len(scores) for x in shares]
        p = probabilities(scores)
        return -sum(weights[k] * t[k] * math.log(p[k]) for k in places)

    return row


def binary_of(probability, smoothing=0.0, no=1.0, yes=1.0):
    def each(x, t):
        p, t = probability(x), (1 - smoothing) * t + smoothing / 2
        return -yes * t * math.log(p) - no * (1 - t) * math.log(1 - p)

    return of_values(each)


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def huber_of(delta):
    return of_values(
        lambda p, t: (p - t) ** 2 / 2 if abs(p - t) <= delta else delta * (abs(p - t) - delta / 2)
    )


def divergence(p, t):
    return sum(u * math.log(u / v) for u, v in zip(t, p, strict=True) if u)


def cosine(p, t):
    return -np.dot(p, t) / math.hypot(*p) / math.hypot(*t)


def half_squares(p, t):
    return ((np.array(p) - np.array(t)) ** 2).sum() / 2


def best_wrong(p, t):
    right = p[t.index(1)]
    return max(0.0, max(0.0, *(x for x, u in zip(p, t, strict=True) if not u)) - right + 1)


def all_wrong(scores, t):
    return sum(max(0.0, x - scores[t] + 1) for k, x in enumerate(scores) if k != t)


mean_square = of_values(lambda p, t: (p - t) ** 2)
margin = of_values(lambda p, t: max(0.0, 1 - p * (t or -1)))
margin_square = of_values(lambda p, t: max(0.0, 1 - p * (t or -1)) ** 2)
relative = of_values(lambda p, t: 100 * abs(p - t) / abs(t))
logarithmic = of_values(lambda p, t: math.log((1 + p) / (1 + t)) ** 2)
log_cosh = of_values(lambda p, t: math.log(math.cosh(p - t)))
poisson = of_values(lambda p, t: p - t * math.log(p + 1e-7))

NOISE = np.random.default_rng(0)
SCORES, IMAGES, COLUMN = (NOISE.normal(size=shape) for shape in ((4, 3), (3, 2, 2), (5,)))
SOFT = np.array([[0.2, 0.3, 0.5], [1.0, 0.0, 0.0], [0.0, 0.5, 0.5], [0.1, 0.1, 0.8]])
FULL = np.array([[0.2, 0.3, 0.5], [0.9, 0.06, 0.04], [0.3, 0.1, 0.6], [0.1, 0.1, 0.8]])
LABELS = [2, 0, 1, 2]
ONE_HOT, WEIGHTS = np.eye(3)[LABELS], (0.5, 2.0, 3.0)
SHARES = NOISE.uniform(0.1, 0.9, size=(4, 3))  # which do not sum to 1
PLACES = NOISE.normal(size=(2, 2, 3)), np.array([[2, 0], [1, 1]])
YES = np.array([[0.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0], [0.25, 0.5, 1.0]])
SIGNS = np.array([[-1.0, 1.0, 1.0], [1.0, 1.0, -1.0], [-1.0, -1.0, -1.0], [1.0, -1.0, 1.0]])
COUNTS = np.array([[0, 3, 1], [2, 0, 5], [1, 1, 0], [4, 0, 0]])
FAR = SCORES + NOISE.normal(size=(4, 3)) * 3
POSITIVE = NOISE.uniform(0.5, 3.0, size=(4, 3))

CASES = [
    Case(
        nn.SoftmaxCrossEntropy, "softmax_cross_entropy", SCORES, labels, entropy_of(softmax), what,
        wrong=7.0,
    )
    for what, labels in {
        "class numbers": LABELS,
        "whole floats": [float(label) for label in LABELS],
        "one-hot rows": ONE_HOT,
        "one-hot whole numbers": np.eye(3, dtype=int)[LABELS],
        "soft rows": SOFT,
    }.items()
] + [
    Case(nn.MeanSquaredError, "mean_squared_error", prediction, target, mean_square, what)
    for what, prediction, target in [
        ("rows", SCORES, NOISE.normal(size=(4, 3))),
        ("images", IMAGES, NOISE.normal(size=(3, 2, 2))),
        ("numbers", COLUMN, NOISE.normal(size=5)),
        ("whole targets", SCORES, np.arange(12).reshape(4, 3)),
    ]
] + [
    Case(
        nn.SoftmaxCrossEntropy, "softmax_cross_entropy", SCORES, labels,
        entropy_of(softmax, 0.3, WEIGHTS), f"{what}, smoothed and weighted",
        {"label_smoothing": 0.3, "class_weight": WEIGHTS}, wrong=7.0,
    )
    for what, labels in {"class numbers": LABELS, "soft rows": SOFT}.items()
] + [
    Case(
        nn.CategoricalCrossentropy, "categorical_crossentropy", SHARES, ONE_HOT,
        entropy_of(shared), "probabilities", extremes=(0.0, 1.0), wrong=7.0,
    ),
    Case(
        nn.CategoricalCrossentropy, "categorical_crossentropy", SHARES, ONE_HOT.astype(int),
        entropy_of(shared, 0.3, WEIGHTS), "probabilities, smoothed and weighted",
        {"label_smoothing": 0.3, "class_weight": WEIGHTS}, extremes=(0.0, 1.0), wrong=7.0,
    ),
    Case(
        nn.CategoricalCrossentropy, "categorical_crossentropy", SCORES, SOFT,
        entropy_of(softmax, 0.1), "scores", {"from_logits": True, "label_smoothing": 0.1},
        wrong=7.0,
    ),
    Case(
        nn.SparseCategoricalCrossentropy, "sparse_categorical_crossentropy", SHARES, LABELS,
        entropy_of(shared), "probabilities", extremes=(0.0, 1.0), wrong=7.0,
    ),
    Case(
        nn.SparseCategoricalCrossentropy, "sparse_categorical_crossentropy", *PLACES,
        over_places(entropy_of(softmax, 0.3, WEIGHTS)), "places, smoothed and weighted",
        {"from_logits": True, "label_smoothing": 0.3, "class_weight": WEIGHTS}, wrong=7.0,
    ),
    Case(
        nn.BinaryCrossentropy, "binary_crossentropy", SHARES, YES, binary_of(float),
        "probabilities", extremes=(0.0, 1.0), wrong=1.5,
    ),
    Case(
        nn.BinaryCrossentropy, "binary_crossentropy", COLUMN, [0, 1, 1, 0, 1],
        binary_of(sigmoid, 0.2, 0.5, 3.0), "scores, smoothed and weighted",
        {"from_logits": True, "label_smoothing": 0.2, "class_weight": (0.5, 3.0)}, wrong=1.5,
    ),
    Case(
        nn.KLDivergence, "kl_divergence", SHARES, FULL, divergence, "probabilities",
        extremes=(0.0, 1.0), wrong=1.5,
    ),
    Case(
        nn.Poisson, "poisson", POSITIVE, COUNTS, poisson, "counts",
        extremes=(0.0, 1000.0), wrong=-1.0,
    ),
    Case(
        nn.SumSquaredError, "sum_squared_error", IMAGES, NOISE.normal(size=(3, 2, 2)),
        half_squares, "images",
    ),
    Case(
        nn.MeanAbsoluteError, "mean_absolute_error", SCORES, FAR,
        of_values(lambda p, t: abs(p - t)), "rows",
    ),
    Case(
        nn.MeanAbsolutePercentageError, "mean_absolute_percentage_error", SCORES, FAR,
        relative, "rows",
    ),
    Case(
        nn.MeanSquaredLogarithmicError, "mean_squared_logarithmic_error", POSITIVE, COUNTS + 1,
        logarithmic, "positive numbers",
    ),
    Case(
        nn.CosineSimilarity, "cosine_similarity", PLACES[0], NOISE.normal(size=(2, 2, 3)),
        over_places(cosine), "directions",
    ),
    Case(nn.Huber, "huber", SCORES, FAR, huber_of(1.0), "rows"),
    Case(nn.Huber, "huber", SCORES, FAR, huber_of(2.5), "a wide delta", {"delta": 2.5}),
    Case(nn.LogCosh, "log_cosh", SCORES, FAR, log_cosh, "rows"),
    Case(nn.Hinge, "hinge", SCORES, SIGNS, margin, "signs", wrong=0.0),
    Case(nn.Hinge, "hinge", SCORES, YES.round(), margin, "zeros and ones", wrong=2.0),
    Case(nn.SquaredHinge, "squared_hinge", SCORES, SIGNS, margin_square, "signs", wrong=0.5),
    Case(
        nn.CategoricalHinge, "categorical_hinge", SCORES, ONE_HOT, best_wrong, "one-hot rows",
        wrong=1.5,
    ),
    Case(
        nn.MulticlassHinge, "multiclass_hinge", SCORES, LABELS, all_wrong, "class numbers",
        wrong=3.0,
    ),
    Case(
        nn.MulticlassHinge, "multiclass_hinge", *PLACES, over_places(all_wrong), "places",
        wrong=3.0,
    ),
]  # fmt: skip

every_case = pytest.mark.parametrize("case", CASES, ids=str)


def batch(case, dtype="float64"):
    return bd.tensor(case.prediction, dtype), case.target


@pytest.mark.technique(*range(44, 59))
def test_every_public_loss_stands_in_the_table_and_in_the_registry():
    public = {getattr(nn, name) for name in nn.__all__}
    losses = {x for x in public if inspect.isclass(x) and issubclass(x, nn.Loss)}
    losses -= {nn.Loss, nn.Penalised}  # which take part in none themselves: what others are of

    assert {case.make for case in CASES} == losses
    assert {case.name: case.make for case in CASES} == nn.losses.BY_NAME


@pytest.mark.technique(*range(44, 59))
@every_case
def test_class_is_the_mean_of_its_function(case):
    values = case.function(*batch(case))
    loss = case.loss()(*batch(case))

    assert len(values) == len(case.prediction)
    np.testing.assert_allclose(float(loss), values.numpy().mean(), rtol=1e-13)


@pytest.mark.parametrize("name", nn.losses.BY_NAME)
def test_class_and_function_have_the_same_settings(name):
    of_class = dict(inspect.signature(nn.losses.BY_NAME[name]).parameters)
    of_function = dict(inspect.signature(getattr(nn.losses, name)).parameters)

    assert list(of_function)[:2] == ["prediction", "target"]
    del of_class["reduction"], of_function["prediction"], of_function["target"]
    assert {n: (p.default, p.kind) for n, p in of_class.items()} == {
        n: (p.default, p.kind) for n, p in of_function.items()
    }


@pytest.mark.technique(35, 36)
@every_case
def test_value_agrees_with_the_formula(case):
    value = case.loss()(*batch(case))

    assert (value.shape, value.dtype) == ((), np.float64)
    np.testing.assert_allclose(float(value), case.expected().mean(), rtol=1e-13)


@pytest.mark.technique(37)
@every_case
def test_reductions_are_of_the_same_rows(case):
    rows = case.loss(reduction="none")(*batch(case))
    total = case.loss(reduction="sum")(*batch(case))

    np.testing.assert_allclose(rows.numpy(), case.expected(), rtol=1e-13)
    np.testing.assert_allclose(float(total), case.expected().sum(), rtol=1e-13)


@every_case
def test_float32_stays_float32(case):
    prediction = bd.parameter(case.prediction)

    value = case.loss()(prediction, case.target)

    assert (value.dtype, bd.grad(value, prediction).dtype) == (np.float32, np.float32)
    np.testing.assert_allclose(float(value), case.expected().mean(), rtol=1e-5)


@every_case
def test_targets_in_float64_are_not_rounded(case):
    as_array = case.loss()(bd.tensor(case.prediction, "float64"), np.asarray(case.target))
    as_tensor = case.loss()(
        bd.tensor(case.prediction, "float64"), bd.tensor(case.target, np.asarray(case.target).dtype)
    )

    assert float(as_array) == float(as_tensor)


@pytest.mark.technique(*range(44, 59))
@every_case
@pytest.mark.parametrize("reduction", nn.losses.REDUCTIONS)
def test_first_and_second_derivatives(case, reduction):
    loss = case.loss(reduction=reduction)

    worst = bd.check_grad(lambda x: loss(x, case.target), case.prediction, order=2)

    assert worst < 1e-6


@every_case
def test_the_mean_of_two_batches_weighs_rows_alike(case):
    prediction, target = batch(case)
    loss, n = case.loss(), len(prediction)

    parts = float(loss(prediction[:1], target[:1])), float(loss(prediction[1:], target[1:]))

    whole = float(loss(prediction, target))
    assert (parts[0] + (n - 1) * parts[1]) / n == pytest.approx(whole, rel=1e-12)


@every_case
def test_a_batch_of_one_is_a_batch(case):
    prediction, target = batch(case)

    value = case.loss()(prediction[:1], target[:1])

    assert float(value) == pytest.approx(case.expected()[0], rel=1e-12)


@every_case
def test_an_empty_batch_is_refused(case):
    prediction, target = batch(case)

    with pytest.raises(ShapeError, match="the batch is empty"):
        case.loss()(prediction[:0], target[:0])


@every_case
def test_rows_without_numbers_are_refused(case):
    with pytest.raises(ShapeError, match="the batch is empty"):
        case.loss()(bd.zeros((3, 0)), bd.zeros((3, 0)))


@every_case
def test_another_number_of_targets_is_refused(case):
    prediction, target = batch(case)
    n = len(prediction)

    with pytest.raises(ShapeError, match=f"{n} predictions, {n - 1} targets"):
        case.loss()(prediction, target[:-1])


@every_case
def test_a_single_number_is_no_row(case):
    with pytest.raises(ShapeError, match="needs rows"):
        case.loss()(bd.tensor(1.0), bd.tensor(1.0))


@every_case
def test_it_reads_well(case):
    text, settings = repr(case.loss(reduction="sum")), case.loss().__dict__

    assert repr(case.make()) == f"{case.make.__name__}()"
    assert text == repr(eval(text.replace("sum)", "reduction='sum')"), dict(vars(nn))))
    assert all(f"{name}={settings[name]}" in text for name in case.settings)


@every_case
def test_it_is_found_by_its_name(case):
    found = nn.losses.get(case.name)

    assert type(found) is case.make
    assert nn.losses.get(found) is found


@pytest.mark.parametrize("make", nn.losses.BY_NAME.values())
def test_an_unknown_reduction_is_refused_with_the_nearest(make):
    with pytest.raises(RangeError, match="did you mean 'mean'"):
        make(reduction="meen")


# Weights of examples.


@every_case
def test_weights_multiply_rows(case):
    weight = np.arange(len(case.prediction)) / 2  # the first is 0
    expected = case.expected() * weight

    rows, total, mean = (
        case.loss(reduction=reduction)(*batch(case), sample_weight=weight)
        for reduction in ("none", "sum", "mean")
    )

    np.testing.assert_allclose(rows.numpy(), expected, rtol=1e-13)
    assert float(total) == pytest.approx(expected.sum(), rel=1e-12)
    assert float(mean) == pytest.approx(expected.mean(), rel=1e-12)


@every_case
def test_a_weight_of_two_is_a_row_that_comes_twice(case):
    prediction, target = case.prediction, np.asarray(case.target)
    loss, weight = case.loss(reduction="sum"), np.ones(len(prediction), int)
    weight[0] = 2

    weighted = loss(bd.tensor(prediction, "float64"), target, weight)

    twice = np.concatenate([prediction, prediction[:1]]), np.concatenate([target, target[:1]])
    again = loss(bd.tensor(twice[0], "float64"), twice[1])
    assert float(weighted) == pytest.approx(float(again), rel=1e-12)


@every_case
def test_weights_of_another_shape_are_refused(case):
    n = len(case.prediction)

    for shape in ((), (1,), (n + 1,), (n, 1)):
        with pytest.raises(ShapeError, match="the weights do not fit the rows"):
            case.loss()(*batch(case), sample_weight=np.ones(shape))


@every_case
@pytest.mark.parametrize("weight", [-1.0, math.nan, math.inf])
def test_weights_that_are_none_are_refused(case, weight):
    weights = np.ones(len(case.prediction))
    weights[1] = weight

    with pytest.raises(RangeError, match=r"weights are out of range(.|\n)*at row 1"):
        case.loss()(*batch(case), sample_weight=weights)


# What is far off, and what is wrong.


@every_case
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.filterwarnings("ignore:.*Cross:UserWarning")  # scores of 0 and 1 look odd
def test_extremes_have_finite_losses_and_gradients(case, dtype):
    low, high = case.extremes
    for turn in range(2):
        checkers = np.indices(case.prediction.shape).sum(axis=0) % 2 == turn
        x = bd.parameter(np.where(checkers, low, high), dtype)

        loss = case.loss()(x, case.target)

        assert np.isfinite(float(loss))
        assert np.isfinite(bd.grad(loss, x).numpy()).all()


@every_case
@pytest.mark.filterwarnings("ignore:.*Cross:UserWarning")  # zeros look odd
def test_equal_predictions_have_finite_losses_and_gradients(case):
    for value in (0.0, 1.0):
        x = bd.parameter(np.full(case.prediction.shape, value), "float64")

        loss = case.loss()(x, case.target)

        assert np.isfinite(float(loss))
        assert np.isfinite(bd.grad(loss, x).numpy()).all()


@every_case
def test_targets_that_would_broadcast_are_refused(case):
    prediction, target = bd.tensor(case.prediction), np.asarray(case.target)

    for changed in (target[..., None], target[:, None], np.zeros((len(target), 2, 3, 1))):
        with pytest.raises(ShapeError):
            case.loss()(prediction, changed)


@every_case
def test_a_target_that_is_none_is_refused_wherever_it_stands(case):
    if case.wrong is None:
        pytest.skip("any number may be a target")
    target = np.array(case.target, "float64")
    target.flat[-1] = case.wrong

    with pytest.raises(RangeError):
        case.loss()(bd.tensor(case.prediction), target)
    with pytest.raises(RangeError):
        case.function(bd.tensor(case.prediction), target)


# Compiled.

CLOSE = {"float32": {"rtol": 2e-5, "atol": 2e-5}, "float64": {"rtol": 1e-12, "atol": 1e-12}}


@every_case
@pytest.mark.parametrize("dtype", CLOSE)
def test_compiled_equals_eager(case, dtype):
    target, weight = np.asarray(case.target), np.linspace(0.5, 2.0, len(case.prediction))
    target = target.astype(dtype) if target.dtype.kind == "f" else target
    losses = [case.loss(reduction=reduction) for reduction in nn.losses.REDUCTIONS]

    def everything(x, t, w):
        values = [loss(x, t, sample_weight) for loss in losses for sample_weight in (None, w)]
        return [*values, case.function(x, t), bd.grad(values[0] + values[1], x)]

    x, w = bd.parameter(case.prediction, dtype), bd.tensor(weight, dtype)
    compiled = bd.compile(everything)(x, bd.tensor(target, target.dtype), w)

    eager = everything(x, bd.tensor(target, target.dtype), w)
    for ours, theirs in zip(compiled, eager, strict=True):
        assert ours.dtype == theirs.dtype
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), **CLOSE[dtype])


def trained(case, wrap):
    """Three steps of a scale and a shift of predictions, and how the loss went."""
    scale, shift = bd.parameter(1.0, "float64"), bd.parameter(0.0, "float64")
    params, optimizer, loss = {"scale": scale, "shift": shift}, optim.SGD(0.01), case.loss()

    def step(x, t):
        value = loss(scale * x + shift, t)
        optimizer.update(params, bd.grad(value, params))
        return value

    run, target = wrap(step), np.asarray(case.target)
    x, t = bd.tensor(case.prediction, "float64"), bd.tensor(target, target.dtype)
    return [float(run(x, t)) for _ in range(3)], float(scale), float(shift)


@every_case
def test_a_compiled_training_goes_down_as_an_eager_one(case):
    losses, scale, shift = trained(case, bd.compile)

    eager, eager_scale, eager_shift = trained(case, lambda step: step)
    np.testing.assert_allclose(losses, eager, rtol=1e-12)
    np.testing.assert_allclose([scale, shift], [eager_scale, eager_shift], rtol=1e-10, atol=1e-14)
    assert losses[2] < losses[0]


@every_case
def test_a_compiled_loss_refuses_what_an_eager_one_refuses(case):
    x, target = bd.tensor(case.prediction), np.array(case.target, "float64")
    weight = np.ones(len(target))
    loss = bd.compile(case.loss())
    loss(x, bd.tensor(target, "float64"), bd.tensor(weight))

    with pytest.raises(RangeError, match="weights are out of range"):
        loss(x, bd.tensor(target, "float64"), bd.tensor(-weight))
    if case.wrong is not None:
        target.flat[-1] = case.wrong
        with pytest.raises(RangeError):
            loss(x, bd.tensor(target, "float64"), bd.tensor(weight))


# One-hot and index say the same.


@pytest.mark.technique(38)
@given(
    st.integers(1, 6).flatmap(
        lambda classes: st.lists(
            st.tuples(
                st.lists(st.floats(-50, 50), min_size=classes, max_size=classes),
                st.integers(0, classes - 1),
            ),
            min_size=1,
            max_size=5,
        )
    )
)
@pytest.mark.filterwarnings("ignore:SoftmaxCrossEntropy")  # any scores may come: odd ones too
def test_one_hot_and_index_give_equal_losses_and_gradients(rows):
    scores, labels = (list(column) for column in zip(*rows, strict=True))
    x = bd.parameter(scores, "float64")
    loss = nn.SoftmaxCrossEntropy()

    by_index, by_row = loss(x, labels), loss(x, np.eye(len(scores[0]))[labels])

    assert float(by_index) == float(by_row)
    np.testing.assert_array_equal(bd.grad(by_index, x).numpy(), bd.grad(by_row, x).numpy())


@given(st.lists(st.floats(-30, 30), min_size=2, max_size=6), st.floats(-1e3, 1e3), st.data())
def test_a_shift_of_all_scores_changes_nothing(scores, shift, data):
    label = data.draw(st.integers(0, len(scores) - 1))
    loss = nn.SoftmaxCrossEntropy()

    there = float(loss(bd.tensor([scores], "float64") + shift, [label]))

    assert there == pytest.approx(float(loss(bd.tensor([scores], "float64"), [label])), abs=1e-9)
