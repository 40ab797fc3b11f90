"""Mixed rows: targets are mixed by exactly the shares of the inputs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from badak.base.errors import DTypeError, RangeError, ShapeError
from badak.base.random import generator
from badak.data import augment


def labelled(rows=8, shape=(2, 6, 7)):
    """Images whose every value is the row's number, and one-hot rows of that number."""
    number = np.arange(rows, dtype=np.float64)
    return np.broadcast_to(number.reshape(-1, 1, 1, 1), (rows, *shape)).copy(), np.eye(rows)


@pytest.mark.technique(123)
@given(st.floats(0.1, 4), st.integers(0, 20))
def test_mixup_mixes_inputs_and_targets_by_one_share(alpha, seed):
    x, t = labelled()
    mixed, targets = augment.MixUp(alpha)(x, t, seed)

    assert np.allclose(targets.sum(axis=1), 1)
    assert ((targets > 0).sum(axis=1) <= 2).all()
    assert np.allclose(mixed[:, 0, 0, 0], targets @ np.arange(8.0))


@pytest.mark.technique(123)
@pytest.mark.parametrize("alpha", [0.2, 1.0, 5.0])
def test_the_shares_of_mixup_are_beta_distributed(alpha):
    x, t = np.arange(4000.0)[:, None], np.arange(4000.0)[:, None]
    partner = generator(7, "augment").permutation(4000)
    (mixed, _), other = augment.MixUp(alpha)(x, t, 7), x[partner]
    shares = ((mixed - other) / np.where(x == other, 1, x - other))[(x != other)]

    assert shares.mean() == pytest.approx(0.5, abs=0.02)
    assert shares.var() == pytest.approx(1 / (4 * (2 * alpha + 1)), rel=0.1)


@pytest.mark.technique(124)
@given(st.floats(0.2, 3), st.integers(0, 20))
def test_the_share_of_cutmix_is_the_kept_area_exactly(alpha, seed):
    x, t = labelled()
    mixed, targets = augment.CutMix(alpha)(x, t, seed)
    own = (mixed[:, 0] == np.arange(8)[:, None, None]).sum(axis=(1, 2))

    assert np.array_equal(np.diag(targets), np.where(own == 42, 1, own / 42))
    assert np.allclose(targets.sum(axis=1), 1)


@pytest.mark.technique(124)
def test_cutmix_pastes_one_rectangle_of_another_image():
    x, t = labelled(40)
    mixed, targets = augment.CutMix()(x, t, 1)

    for row, (image, target) in enumerate(zip(mixed, targets, strict=True)):
        strange = image[0] != row
        rows, columns = strange.any(axis=1), strange.any(axis=0)
        assert np.array_equal(strange, rows[:, None] & columns)
        assert {*np.unique(image)} <= {*np.flatnonzero(target)}
        assert np.array_equal(image[0], image[1])


def test_numbers_to_predict_are_mixed_as_they_are():
    x, t = np.array([[0.0], [4.0]]), np.array([0.0, 8.0])
    mixed, targets = augment.MixUp(1.0)(x, t, 3)

    assert np.allclose(targets, 2 * mixed[:, 0])


@pytest.mark.technique(122)
def test_smoothed_targets_keep_their_sum():
    t = augment.smooth(augment.one_hot(np.array([1]), 5, np.float64), 0.25)

    assert np.allclose(t, [[0.05, 0.8, 0.05, 0.05, 0.05]], atol=1e-15)
    assert t.sum() == pytest.approx(1, abs=1e-15)


@pytest.mark.parametrize("mixing", [augment.MixUp(), augment.CutMix()], ids=repr)
def test_class_numbers_are_refused_with_a_way_out(mixing):
    with pytest.raises(DTypeError, match="mixes floats") as caught:
        mixing(np.zeros((3, 1, 2, 2)), np.array([0, 1, 2]))

    assert "one_hot" in str(caught.value)


@pytest.mark.parametrize("mixing", [augment.MixUp(), augment.CutMix()], ids=repr)
def test_as_many_targets_as_inputs_are_needed(mixing):
    with pytest.raises(ShapeError, match="3 rows, t has 2"):
        mixing(np.zeros((3, 1, 2, 2)), np.eye(2))


@pytest.mark.parametrize(
    ("labels", "error"),
    [([0.5], DTypeError), ([[1]], ShapeError), ([3], RangeError), ([-1], RangeError)],
)
def test_labels_that_are_no_classes_are_refused(labels, error):
    with pytest.raises(error, match="one_hot"):
        augment.one_hot(np.array(labels), 3)


def test_class_numbers_are_not_smoothed():
    with pytest.raises(ShapeError, match="distributions"):
        augment.smooth(np.array([0, 1]), 0.1)


# ---- one after the other ----------------------------------------------------------------------


def test_steps_come_in_order_and_draw_from_one_stream():
    def first(x, random):
        return x + random.random()

    def second(x, random):
        return 10 * x + random.random()

    random = generator(5, "augment")
    (x, _) = augment.Compose([first, augment.Compose(second)])(np.zeros((1, 1)), np.zeros(1), 5)

    assert x[0, 0] == 10 * random.random() + random.random()


def test_a_composition_says_what_it_is_made_of():
    assert repr(augment.Compose((augment.Noise(0.5), augment.MixUp()))) == (
        "[Noise(std=0.5), MixUp(alpha=0.2)]"
    )
    assert augment.Compose([augment.MixUp()]).mixes
    assert not augment.Compose(augment.Flip()).mixes


@pytest.mark.parametrize(
    "wrong", [3, "flip", augment.Flip, [augment.Flip(), augment.Noise], [None]]
)
def test_what_is_no_augmentation_is_refused(wrong):
    with pytest.raises(DTypeError, match=r"augment is"):
        augment.Compose(wrong)


def test_a_step_that_loses_rows_is_named():
    def half(x, random):
        return x[::2]

    with pytest.raises(ShapeError, match="half gives as many rows"):
        augment.Compose(half)(np.zeros((4, 1)), np.zeros(4))
