"""Every loss once, on numbers that can be worked out on paper, as class and as function."""

from __future__ import annotations

import numpy as np
import pytest

import badak as bd
from badak import nn

CORNERS, SQUARE = [[0, 1], [0, 0]], [[1.0, 1.0], [1.0, 0.0]]
SIXTY_FORTY = [[0.6, 0.4], [0.4, 0.6]]
THREE = [[0.05, 0.95, 0.0], [0.1, 0.8, 0.1]]
CAT_CAR_FROG = [[3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]]

WORKED = [
    (39, "sum_squared_error", SQUARE, CORNERS, "0.5"),
    (40, "multiclass_hinge", CAT_CAR_FROG, [0, 1, 2], "5.2667"),
    (41, "softmax_cross_entropy", CAT_CAR_FROG[:1], [0], "2.0404"),
    (44, "binary_crossentropy", SIXTY_FORTY, CORNERS, "0.8149"),
    (45, "categorical_crossentropy", THREE, [[0, 1, 0], [0, 0, 1]], "1.1769"),
    (46, "sparse_categorical_crossentropy", THREE, [1, 2], "1.1769"),
    (47, "poisson", [[1.0, 1.0], [0.0, 0.0]], CORNERS, "0.5000"),
    (48, "kl_divergence", SIXTY_FORTY, CORNERS, "0.4581"),
    (49, "mean_squared_error", SQUARE, CORNERS, "0.5"),
    (50, "mean_absolute_error", SQUARE, CORNERS, "0.5"),
    (51, "mean_absolute_percentage_error", SQUARE, [[2, 1], [2, 3]], "50"),
    (52, "mean_squared_logarithmic_error", SQUARE, CORNERS, "0.2402"),
    (53, "cosine_similarity", [[1.0, 0.0], [1.0, 1.0]], [[0, 1], [1, 1]], "-0.5"),
    (54, "huber", SIXTY_FORTY, CORNERS, "0.155"),
    (55, "log_cosh", [[1.0, 1.0], [0.0, 0.0]], CORNERS, "0.1084"),
    (56, "hinge", SIXTY_FORTY, CORNERS, "1.3"),
    (57, "squared_hinge", SIXTY_FORTY, CORNERS, "1.86"),
    (58, "categorical_hinge", SIXTY_FORTY, CORNERS, "1.4"),
]


@pytest.mark.technique(39, 40, 41, *range(44, 59))
@pytest.mark.parametrize(
    ("name", "prediction", "target", "text"),
    [pytest.param(*rest, id=rest[0]) for _, *rest in WORKED],
)
def test_worked_number(name, prediction, target, text):
    x, digits = bd.tensor(prediction, "float64"), len(text.partition(".")[2])

    as_class = float(nn.losses.get(name)(x, target))
    as_function = float(getattr(nn.losses, name)(x, target).mean())

    # Keras's 1e-7 keeps some of these from being round.
    assert f"{as_class:.{digits}f}" == f"{as_function:.{digits}f}" == text


def test_every_loss_has_a_worked_number():
    assert sorted(name for _, name, *_ in WORKED) == sorted(nn.losses.BY_NAME)


@pytest.mark.technique(40)
def test_the_hinges_of_the_three_pictures():
    rows = nn.losses.multiclass_hinge(bd.tensor(CAT_CAR_FROG, "float64"), [0, 1, 2])

    np.testing.assert_allclose(rows.numpy(), [2.9, 0.0, 12.9], rtol=1e-14)


@pytest.mark.technique(122)
def test_a_quarter_of_a_label_is_spread_over_five_classes():
    x = bd.parameter(np.random.default_rng(0).normal(size=(1, 5)), "float64")
    spread = np.array([[0.05, 0.8, 0.05, 0.05, 0.05]])

    smoothed = nn.SoftmaxCrossEntropy(label_smoothing=0.25)(x, [1])

    # The gradient of this loss is softmax(x) - t: it tells what the targets have become.
    assert float(smoothed) == pytest.approx(float(nn.SoftmaxCrossEntropy()(x, spread)), rel=1e-14)
    became = bd.softmax(x).numpy() - bd.grad(smoothed, x).numpy()
    np.testing.assert_allclose(became, spread, atol=1e-15)
    assert became.sum() == pytest.approx(1, abs=1e-14)
