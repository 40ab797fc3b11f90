"""Tasks: the same rows for everybody, others for each seed, and nothing of the test."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from badak.base.errors import RangeError
from badak.data import Dataset, TrainTest
from badak.lab.task import Task


def numbered(rows=50):
    """Rows that can be told apart, of three classes."""
    x = np.arange(rows, dtype="f4")[:, None]
    return TrainTest(Dataset(x, np.arange(rows) % 3), Dataset(x[:6] + 1000, np.arange(6) % 3))


@settings(deadline=None)
@given(st.integers(0, 2**32), st.floats(0.05, 0.9))
def test_parts_share_no_row(seed, validation):
    parts = Task(numbered(), validation=validation).parts(seed)

    seen = np.concatenate([parts.train.x, parts.validation.x])[:, 0]
    assert sorted(seen) == list(range(50))
    assert (parts.test.x >= 1000).all()


def test_a_seed_has_its_own_rows_and_keeps_them():
    task = Task(numbered(), rows=20)
    first, again, other = task.parts(3), task.parts(3), task.parts(4)

    assert np.array_equal(first.train.x, again.train.x)
    assert not np.array_equal(first.validation.x, other.validation.x)
    assert len(first.train) == 20


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_label_noise_changes_that_share_of_the_training_labels_alone(share):
    clean, noisy = (Task(numbered(), label_noise=x).parts(0) for x in (0.0, share))

    wrong = clean.train.t != noisy.train.t
    assert wrong.sum() == round(share * len(wrong))
    assert set(noisy.train.t) == {0, 1, 2}
    assert np.array_equal(clean.validation.t, noisy.validation.t)
    assert np.array_equal(clean.test.t, noisy.test.t)


def test_epochs_give_larger_batches_fewer_updates():
    task = Task(numbered(), epochs=4, rows=40)

    assert [task.updates_of(size) for size in (1, 10, 40, 400)] == [160, 16, 4, 4]
    assert Task(numbered(), updates=7).updates_of(10) == 7


def test_standardized_inputs_are_learned_from_the_training_rows():
    parts = Task(numbered()).parts(0).standardized()

    assert parts.train.x.mean() == pytest.approx(0, abs=1e-5)
    assert parts.train.x.std() == pytest.approx(1, rel=1e-5)
    assert parts.test.x.min() > 50


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (lambda: Task("digits", rows=5000).parts(0), "fewer"),
        (lambda: Task("sine", label_noise=0.1).parts(0), "label_noise is for classes"),
        (lambda: Task("xor").images, "no images"),
        (lambda: Task("digits", updates=0), "updates"),
        (lambda: Task("digits", validation=1.0), "validation"),
        (lambda: Task(3), "data is the name"),
    ],
)
def test_what_no_training_can_be_given_is_refused(made, words):
    with pytest.raises((RangeError, TypeError), match=words):
        made()


def test_json_tells_tasks_apart():
    trees = [
        Task(numbered()).as_json(),
        Task(numbered(51)).as_json(),
        Task(numbered(), updates=5).as_json(),
        Task(numbered(), rows=5).as_json(),
        Task(numbered(), label_noise=0.5).as_json(),
        Task(numbered(), epochs=3).as_json(),
        Task(numbered(), target=0.5).as_json(),
        Task(numbered(), validation=0.2).as_json(),
    ]

    assert len({str(tree) for tree in trees}) == len(trees)
    assert Task(numbered()).as_json() == trees[0]
