"""Scaling: learned from the training rows, applied to all."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from badak.base.errors import RangeError, ShapeError
from badak.data import Dataset, TrainTest, min_max, standardize

X = np.random.default_rng(0).normal(3, 5, size=(50, 4))


def test_standardised_rows_have_mean_0_and_deviation_1():
    y = standardize(X)(X)

    np.testing.assert_allclose(y.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(y.std(axis=0), 1, rtol=1e-12)


def test_both_scalings_agree_with_scikit_learn_on_rows_never_seen():
    new = X[::-1] * 2

    np.testing.assert_allclose(standardize(X)(new), StandardScaler().fit(X).transform(new))
    np.testing.assert_allclose(
        min_max(X, low=-1, high=3)(new), MinMaxScaler((-1, 3)).fit(X).transform(new)
    )


def test_a_channel_shares_one_mean_and_deviation():
    images = np.random.default_rng(1).normal(size=(6, 3, 4, 5)) * [[[[9]], [[1]], [[4]]]]
    scaling = standardize(images, per="channel")

    assert scaling.shift.shape == (3, 1, 1)
    np.testing.assert_allclose(scaling(images).mean(axis=(0, 2, 3)), 0, atol=1e-12)
    np.testing.assert_allclose(scaling(images).std(axis=(0, 2, 3)), 1, rtol=1e-12)


def test_one_scale_for_all_values():
    y = min_max(X, per="all")(X)

    assert (y.min(), y.max()) == (0, 1)


def test_inverse_undoes_the_scaling():
    scaling = standardize(X)

    np.testing.assert_allclose(scaling.inverse(scaling(X)), X)


def test_both_parts_are_scaled_by_the_training_rows_and_stay_float32():
    train, test = Dataset(X[:30], np.zeros(30)), Dataset(X[30:], np.zeros(20))
    scaled = standardize(train)(TrainTest(train, test))

    np.testing.assert_allclose(
        scaled.test.x, (test.x - train.x.mean(axis=0)) / train.x.std(axis=0), rtol=1e-4, atol=1e-5
    )
    assert scaled.test.x.dtype == np.float32


@pytest.mark.parametrize(
    ("columns", "words"),
    [([3], "feature 3 is constant: scale set to 1"), ([0, 2], "features 0, 2 are constant")],
)
@pytest.mark.parametrize("learn", [standardize, min_max])
def test_a_constant_feature_is_named_and_left_finite(learn, columns, words):
    x = X.copy()
    x[:, columns] = 0.1  # whose mean over 50 rows is not 0.1 in floating point

    with pytest.warns(UserWarning, match=words):
        scaling = learn(x)

    assert scaling.scale[columns].tolist() == [1.0] * len(columns)
    np.testing.assert_allclose(scaling(x)[:, columns], 0, atol=1e-12)


def test_rows_of_another_width_are_refused():
    with pytest.raises(ShapeError, match="learned from other inputs"):
        standardize(X)(X[:, :2])


def test_unknown_ways_are_refused():
    with pytest.raises(RangeError, match="did you mean 'feature'"):
        standardize(X, per="features")
    with pytest.raises(RangeError, match="low must be below high"):
        min_max(X, low=1, high=0)
