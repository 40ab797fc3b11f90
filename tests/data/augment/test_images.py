"""Augmentation of images: what it must leave alone, and how far it may go."""

from __future__ import annotations

import colorsys
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from badak.base.errors import BadakError, DTypeError, RangeError, ShapeError
from badak.base.random import generator
from badak.data import augment


def pictures(rows=5, channels=3, height=6, width=6, dtype=np.float32):
    return generator(0, "pictures").random((rows, channels, height, width)).astype(dtype)


NOTHING = [
    augment.Affine(),
    pytest.param(augment.Rotate(0), marks=pytest.mark.technique("119c")),
    pytest.param(augment.Scale(0), marks=pytest.mark.technique("119b")),
    pytest.param(augment.Jitter(0, 0), marks=pytest.mark.technique("119a")),
    pytest.param(augment.RandomCrop(), marks=pytest.mark.technique("119d")),
    augment.RandomCrop((6, 7)),
    augment.Flip(0, 0),
    augment.Noise(0),
]
EVERYTHING = [
    augment.Affine(15, 0.2, 2),
    augment.Rotate(30),
    augment.Scale((0.5, 2)),
    augment.Jitter(0.3, 2),
    augment.RandomCrop(padding=2),
    augment.Flip(0.5, 0.5),
    augment.Cutout(3),
    augment.HSV(0.3, 0.3, 0.3),
    augment.Noise(0.1),
]


@pytest.mark.parametrize("change", NOTHING, ids=repr)
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.uint8])
def test_strength_0_changes_nothing(change, dtype):
    x = pictures(width=7)
    x = np.rint(x * 255).astype(dtype) if dtype is np.uint8 else x.astype(dtype)

    assert np.array_equal(change(x), x)


@pytest.mark.parametrize("change", EVERYTHING, ids=repr)
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.uint8])
def test_shape_and_kind_stay_and_the_given_rows_are_not_written(change, dtype):
    x = pictures(width=9)
    x = np.rint(x * 255).astype(dtype) if dtype is np.uint8 else x.astype(dtype)
    before = x.copy()
    changed = change(x, seed=3)

    assert changed.shape == x.shape
    assert changed.dtype == dtype
    assert not np.array_equal(changed, x)
    assert np.array_equal(x, before)


@pytest.mark.technique("119a")
@pytest.mark.parametrize("change", EVERYTHING, ids=repr)
def test_a_seed_gives_the_same_images_and_another_seed_others(change):
    x = pictures()

    assert np.array_equal(change(x, seed=1), change(x, seed=1))
    assert not np.array_equal(change(x, seed=1), change(x, seed=2))


@pytest.mark.parametrize("change", EVERYTHING, ids=repr)
def test_each_image_of_a_batch_is_changed_in_its_own_way(change):
    x = np.repeat(pictures(1), 20, axis=0)

    assert len({image.tobytes() for image in change(x, seed=0)}) > 3


@pytest.mark.technique("119c")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [1, 6, 28, 63])
def test_four_quarter_turns_are_the_identity_exactly(size, dtype):
    x = pictures(height=size, width=size, dtype=dtype)
    turned = [x]
    for _ in range(4):
        turned.append(augment.Rotate((90, 90))(turned[-1]))

    assert np.array_equal(turned[1], np.rot90(x, axes=(2, 3)))
    assert np.array_equal(turned[4], x)


@given(st.sampled_from([-270, -180, -90, 90, 180, 270]), st.integers(1, 6))
def test_quarter_turns_are_those_of_numpy(degrees, size):
    x = pictures(height=size, width=size)

    assert np.array_equal(
        augment.Affine((degrees, degrees))(x), np.rot90(x, degrees // 90, axes=(2, 3))
    )


def test_affine_maps_agree_with_scipy():
    ndimage = pytest.importorskip("scipy.ndimage")
    x = pictures(1, 1, 9, 11, np.float64)
    angle, scale = np.deg2rad(20.0), 1.3
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]) / scale
    middle = (np.array([9, 11]) - 1) / 2
    shift = np.array([0.5, 0.5])
    # The edges differ: SciPy does not blend the first pixel outside with the fill.
    theirs = ndimage.affine_transform(
        np.pad(x[0, 0], 20), turn, middle - turn @ (middle + 20) + 20 - shift, order=1
    )[20:-20, 20:-20]
    ours = augment.Affine((20, 20), (1.3, 1.3), (0.5, 0.5))(x)[0, 0]

    assert np.allclose(ours, theirs, atol=1e-12)


def test_whole_shifts_move_pixels_and_fill_what_comes_in():
    x = pictures(2, 1, 4, 5)
    moved = augment.Affine(shift=(2, 2), fill=0.25)(x)

    assert np.array_equal(moved[:, :, 2:, 2:], x[:, :, :-2, :-2])
    assert (moved[:, :, :2] == 0.25).all()


@pytest.mark.technique("119b")
def test_twice_the_size_shows_each_pixel_twice_as_large():
    x = pictures(1, 1, 4, 4, np.float64)
    larger = augment.Scale((2, 2))(x)

    assert larger.shape == x.shape
    assert larger[0, 0, 1, 1] == pytest.approx(
        0.5625 * x[0, 0, 1, 1] + 0.1875 * (x[0, 0, 1, 2] + x[0, 0, 2, 1]) + 0.0625 * x[0, 0, 2, 2]
    )


@pytest.mark.technique("119a")
@given(st.floats(0, 1), st.integers(0, 9))
def test_jitter_shifts_the_mean_by_its_strength_at_most(color, seed):
    x = pictures()
    moved = augment.Jitter(color)(x, seed).mean(axis=(2, 3)) - x.mean(axis=(2, 3))

    assert np.abs(moved).max() <= color + 1e-6


@pytest.mark.technique("119a")
def test_jitter_moves_by_its_shift_at_most():
    x = np.zeros((200, 1, 11, 11))
    x[:, :, 5, 5] = 1
    _, _, row, column = np.nonzero(augment.Jitter(shift=2)(x, seed=0))

    assert (row.min(), row.max(), column.min(), column.max()) == (3, 7, 3, 7)


@pytest.mark.technique("119d")
@given(st.integers(1, 8), st.integers(1, 8), st.integers(0, 2), st.integers(0, 5))
def test_a_crop_is_a_part_of_the_padded_image(height, width, padding, seed):
    x = pictures(3, 2, 5, 5)
    crop = augment.RandomCrop((height, width), padding)
    most = 5 + 2 * padding
    if max(height, width) > most:
        with pytest.raises(ShapeError, match="larger than the image"):
            crop(x, seed)
        return
    around = np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    parts = np.lib.stride_tricks.sliding_window_view(around, (height, width), axis=(2, 3))
    found = crop(x, seed)

    assert found.shape == (3, 2, height, width)
    for image, places in zip(found, parts, strict=True):
        assert (places == image[:, None, None]).all(axis=(0, 3, 4)).any()


def test_a_crop_reaches_every_place():
    x = np.repeat(np.arange(9.0).reshape(1, 1, 3, 3), 100, axis=0)

    assert sorted(set(augment.RandomCrop(1)(x, seed=0).ravel())) == list(range(9))


@pytest.mark.technique("119e")
@pytest.mark.parametrize("axis", [(1, 0), (0, 1), (1, 1)])
def test_flipped_twice_is_the_identity(axis):
    x, flip = pictures(), augment.Flip(*axis)

    assert np.array_equal(flip(flip(x)), x)
    assert not np.array_equal(flip(x), x)


def test_half_of_the_images_are_flipped():
    x = np.repeat(pictures(1), 400, axis=0)
    flipped = (augment.Flip()(x, seed=0) != x).any(axis=(1, 2, 3)).mean()

    assert flipped == pytest.approx(0.5, abs=0.1)


@pytest.mark.technique("119e")
def test_flips_of_digits_and_letters_are_warned_about():
    with pytest.warns(UserWarning, match="mirrored is another one"):
        augment.Flip().check([str(digit) for digit in range(10)])


@pytest.mark.parametrize("classes", [None, ["cat", "dog"], ["a", "to"]])
def test_flips_of_other_things_are_not(classes):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        augment.Compose(augment.Flip()).check(classes)


@pytest.mark.technique("119f")
def test_colours_come_back_from_hue_saturation_and_value():
    levels = np.linspace(0, 1, 18)
    x = np.stack(np.meshgrid(levels, levels, levels)).reshape(1, 3, 18, -1).astype(np.float32)

    assert np.abs(augment.hsv_to_rgb(augment.rgb_to_hsv(x)) - x).max() <= 1 / 255
    assert np.abs(augment.HSV()(x) - x).max() <= 1e-6


@pytest.mark.technique("119f")
def test_greys_are_not_changed_by_hue_and_saturation():
    x = np.repeat(pictures(channels=1), 3, axis=1)

    assert np.abs(augment.HSV(hue=0.5, saturation=1)(x, seed=0) - x).max() <= 1e-6


def test_hsv_agrees_with_the_standard_library():
    x = pictures(1, 3, 4, 4, np.float64)
    theirs = [colorsys.rgb_to_hsv(*pixel) for pixel in x[0].reshape(3, -1).T]

    assert np.allclose(augment.rgb_to_hsv(x)[0].reshape(3, -1).T, theirs)


def test_value_makes_brighter_and_ends_at_1():
    x = np.full((50, 3, 1, 1), 0.8)
    y = augment.HSV(value=0.5)(x, seed=0)

    assert y.max() == 1.0
    assert 0.4 <= y.min() < 0.5


def test_a_hole_has_its_size_and_is_cut_at_the_edge():
    x = np.ones((300, 2, 8, 8))
    holes = (augment.Cutout(4)(x, seed=0) == 0).all(axis=1).sum(axis=(1, 2))

    assert holes.max() == 16
    assert holes.min() == 4


def test_noise_has_its_deviation():
    noise = augment.Noise(0.25)(np.zeros((100, 100)), seed=0)

    assert noise.std() == pytest.approx(0.25, rel=0.05)
    assert abs(noise.mean()) < 0.01


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: augment.Rotate(-1),
        lambda: augment.Rotate((3, 1)),
        lambda: augment.Rotate((1, 2, 3)),
        lambda: augment.Scale(1),
        lambda: augment.Scale((0, 1)),
        lambda: augment.Jitter(2),
        lambda: augment.RandomCrop(0),
        lambda: augment.RandomCrop(padding=-1),
        lambda: augment.Flip(1.5),
        lambda: augment.HSV(hue=0.6),
        lambda: augment.Cutout(0),
        lambda: augment.Noise(-0.1),
        lambda: augment.MixUp(0),
        lambda: augment.CutMix(-1),
    ],
)
def test_strengths_that_make_no_sense_are_refused_when_made(wrong):
    with pytest.raises(BadakError):
        wrong()


@pytest.mark.parametrize("change", [c for c in EVERYTHING if c != augment.Noise(0.1)], ids=repr)
def test_flat_rows_are_refused_with_a_way_out(change):
    with pytest.raises(ShapeError, match="needs images") as caught:
        change(np.zeros((4, 784), np.float32))

    assert "flat=False" in str(caught.value)


@pytest.mark.parametrize("change", [augment.HSV(0.1), augment.Jitter(0.1)], ids=repr)
def test_colours_outside_of_0_to_1_are_refused(change):
    with pytest.raises(RangeError, match="from 0 to 1"):
        change(pictures() * 2 - 1)


def test_whole_numbers_that_are_no_bytes_are_refused():
    with pytest.raises(DTypeError, match="floats, or bytes"):
        augment.Flip()(np.zeros((1, 1, 2, 2), np.int64))
