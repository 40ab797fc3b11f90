"""Training on rows that are made on the way: augmented, mixed, balanced, or read from disk."""

from __future__ import annotations

import numpy as np
import pytest

from badak import nn, optim
from badak.base.errors import DTypeError, RangeError, ShapeError, StateError
from badak.data import Dataset, augment
from badak.train import Checkpoint, Population, feed
from tests.train.trainings import (
    CLASSES,
    RaiseAt,
    cnn,
    images,
    mlp,
    rows,
    same,
    trainer,
)

CHANGES = (augment.Affine(10, 0.1, 1), augment.Noise(0.05))
CLOSE = 1e-5


def pictures(count=14, seed=0):
    data = images(count, seed)
    return Dataset(data.x, data.t, classes=["cat", "dog", "owl"])


def trained(compiled=False, epochs=3, callbacks=(), resume=None, **settings):
    ours = trainer(cnn(), optim.Adam(0.01), seed=5, compile=compiled, callbacks=callbacks)
    if resume is not None:
        ours.resume(resume)
    settings = {"augment": CHANGES, "validation_data": pictures(6, seed=1)} | settings
    ours.fit(pictures(), epochs=epochs, batch_size=4, **settings)
    return ours


def watcher(seen):
    """An augmentation that changes nothing and keeps what it was given."""

    def watch(x, random):
        seen.append(x.copy())
        return x

    return watch


@pytest.fixture
def small_blocks(monkeypatch):
    """Blocks of two batches, so that an epoch has several."""
    monkeypatch.setattr(feed, "BLOCK_BYTES", 2 * 4 * 36 * 4)


@pytest.mark.usefixtures("small_blocks")
def test_compiled_training_sees_the_rows_that_eager_training_sees():
    seen = [], []
    made = [
        trained(compiled, augment=[*CHANGES, watcher(kept)])
        for compiled, kept in zip((False, True), seen, strict=True)
    ]
    eager, compiled = made

    assert len(seen[0]) == 1 + 3 * 4
    assert all(map(np.array_equal, *seen))
    assert np.allclose(eager.history["loss"], compiled.history["loss"], rtol=CLOSE)
    for one, other in zip(*(ours.net.parameters().values() for ours in made), strict=True):
        assert np.allclose(one.numpy(), other.numpy(), rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("compiled", [False, True])
def test_blocks_of_any_size_train_alike(compiled, monkeypatch):
    made = []
    for size in (1, 2**10, 2**22):
        monkeypatch.setattr(feed, "BLOCK_BYTES", size)
        made.append(trained(compiled))

    assert same(made[0], made[1])
    assert same(made[0], made[2])


@pytest.mark.technique("119g")
@pytest.mark.parametrize("compiled", [False, True])
def test_only_training_rows_are_augmented(compiled):
    seen = []
    ours = trained(compiled, epochs=2, augment=watcher(seen))
    ours.evaluate(pictures(9, seed=2))
    ours.predict(pictures(9, seed=2))
    known = {row.tobytes() for row in pictures().x}

    # Once for the look at a first batch before training.
    assert sum(map(len, seen)) == 4 + 2 * 14
    assert {row.tobytes() for batch in seen for row in batch} == known


@pytest.mark.technique("119g")
@pytest.mark.parametrize("compiled", [False, True])
def test_validation_is_that_of_rows_as_they_are(compiled):
    ours = trained(compiled)

    assert ours.history["val_loss"][-1] == ours.evaluate(pictures(6, seed=1))["loss"]


@pytest.mark.technique("119g")
def test_each_epoch_sees_other_rows_and_the_data_stay_as_they_are():
    data = pictures()
    before, seen = data.x.copy(), []
    ours = trainer(cnn(), seed=5)
    ours.fit(
        data, epochs=3, batch_size=14, shuffle=False, augment=[augment.Noise(0.1), watcher(seen)]
    )

    assert np.array_equal(data.x, before)
    assert len({x.tobytes() for x in seen[1:]}) == 3


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("step", [1, 3, 4, 5, 7])
def test_resumed_after_any_step_equals_uninterrupted(compiled, step, tmp_path):
    saving = [Checkpoint(tmp_path), RaiseAt(step, KeyboardInterrupt)]
    with pytest.raises(KeyboardInterrupt):
        trained(compiled, callbacks=saving)

    assert same(trained(compiled, resume=tmp_path), trained(compiled))


@pytest.mark.parametrize(
    "other", [{"augment": None}, {"augment": augment.Noise(0.06)}, {"balanced": True}]
)
def test_a_run_does_not_go_on_with_other_rows(other, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        trained(callbacks=[Checkpoint(tmp_path), RaiseAt(2, KeyboardInterrupt)])

    with pytest.raises(StateError, match="another training"):
        trained(resume=tmp_path, **other)


@pytest.mark.technique(123, 124)
@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("mixing", [augment.MixUp(0.4), augment.CutMix()], ids=repr)
def test_classes_are_mixed_and_validated_as_they_are(compiled, mixing):
    ours = trainer(cnn(), optim.Adam(0.01), seed=5, compile=compiled, metrics=["accuracy"])
    history = ours.fit(
        pictures(), validation_data=pictures(6, 1), epochs=3, batch_size=4, augment=mixing
    )
    plain = trainer(cnn(), optim.Adam(0.01), seed=5, compile=compiled, metrics=["accuracy"])
    plain.fit(pictures(), validation_data=pictures(6, 1), epochs=3, batch_size=4)

    assert np.isfinite(history["loss"]).all()
    assert history["loss"][0] != plain.history["loss"][0]
    assert history["val_accuracy"][-1] == ours.evaluate(pictures(6, 1))["accuracy"]


@pytest.mark.parametrize("compiled", [False, True])
def test_a_population_augments_as_each_trainer_alone(compiled):
    def build(seed=0):
        return trainer(cnn(), optim.Adam(0.01), seed=seed, compile=compiled)

    population = Population(build, seeds=range(2))
    population.fit(pictures(), epochs=2, batch_size=4, augment=CHANGES, progress=False)
    alone = build(seed=1)
    alone.fit(pictures(), epochs=2, batch_size=4, augment=CHANGES)

    assert same(population.members[1].trainer, alone)


def test_flips_of_digits_are_warned_about_once_before_training():
    data = Dataset(images().x, images().t, classes=["0", "1", "2"])

    with pytest.warns(UserWarning, match="mirrored is another one") as told:
        trainer(cnn()).fit(data, batch_size=4, epochs=3, augment=augment.Flip())
    assert len(told) == 1


@pytest.mark.parametrize(
    ("wrong", "error", "words"),
    [
        (augment.Flip, DTypeError, "augment is an augmentation"),
        (augment.RandomCrop(3), ShapeError, "rows of another shape"),
        (augment.HSV(0.1), ShapeError, "HSV needs images"),
        (lambda x, random: x[:1], ShapeError, "as many rows"),
    ],
)
def test_what_cannot_be_used_is_found_before_the_first_update(wrong, error, words):
    ours = trainer(cnn())
    with pytest.raises(error, match=words):
        ours.fit(pictures(), batch_size=4, augment=wrong)

    assert ours.position.step == 0


def test_flat_rows_are_told_how_to_become_images():
    with pytest.raises(ShapeError, match="needs images"):
        trainer(mlp()).fit(rows(), batch_size=4, augment=augment.Rotate(10))


def test_an_error_in_an_augmentation_comes_with_its_place():
    def breaks(x, random):
        calls.append(len(x))
        if len(calls) == 4:
            raise RangeError("broken")
        return x

    calls = []
    with pytest.raises(RangeError, match=r"epoch 1, batch 1: broken"):
        trainer(cnn()).fit(pictures(), batch_size=4, augment=breaks)


def test_balanced_training_sees_each_class_as_often():
    labels, seen = np.repeat([0, 1, 2], [14, 6, 4]), []

    def watch(x, random):
        seen.extend(x[:, 0].astype(int).tolist())
        return x

    data = Dataset(np.repeat(labels[:, None], 5, axis=1), labels)
    trainer(mlp(), seed=1).fit(data, batch_size=8, epochs=2, balanced=True, augment=watch)

    assert np.bincount(seen[8:]).tolist() == [16, 16, 16]


# ---- views of a row when it is asked about ----------------------------------------------------


def test_samples_of_augmented_rows_are_predictions_of_those_rows():
    ours = trained()
    x = pictures(5, seed=4).x
    found = ours.sample(x, 3, augment=augment.Flip(horizontal=1))

    assert found.shape == (3, 5, CLASSES)
    assert np.array_equal(found[0], ours.predict(x[..., ::-1]))
    assert np.array_equal(found[1], found[2])


def test_samples_are_drawn_anew_and_come_again():
    ours, x = trained(), pictures(5, seed=4)
    found = ours.sample(x, 4, augment=CHANGES)

    assert np.array_equal(found, ours.sample(x, 4, augment=CHANGES))
    assert len({part.tobytes() for part in found}) == 4


def test_rows_are_not_mixed_when_they_are_asked_about():
    with pytest.raises(RangeError, match="must not mix"):
        trained().sample(pictures(), 2, augment=augment.MixUp())


# ---- rows on disk -----------------------------------------------------------------------------


def mapped(folder, kind="float32", count=40):
    data = rows(count)
    np.save(folder / "x.npy", data.x.astype(kind))
    return Dataset(np.load(folder / "x.npy", mmap_mode="r"), data.t)


def small(compiled):
    return trainer(mlp(), optim.Adam(0.02), seed=5, compile=compiled, metrics=["accuracy"])


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_rows_on_disk_train_as_rows_in_memory(compiled, kind, tmp_path, monkeypatch):
    monkeypatch.setattr(feed, "BLOCK_BYTES", 300)
    made = []
    for data in (rows(40), mapped(tmp_path, kind)):
        ours = small(compiled)
        ours.fit(data, validation_split=0.25, epochs=3, batch_size=7)
        made.append((ours, ours.evaluate(data), ours.predict(data)))
    (one, theirs, said), (other, found, told) = made

    assert one.history["loss"] == other.history["loss"]
    assert one.history["val_loss"] == other.history["val_loss"]
    assert theirs == found
    assert np.array_equal(said, told)


def test_training_reads_no_more_than_it_needs(tmp_path, monkeypatch):
    class Tracked(np.memmap):
        def __getitem__(self, which):
            most.append(len(np.arange(len(self))[which]))
            return np.asarray(self).__getitem__(which)

    most = []
    monkeypatch.setattr(feed, "BLOCK_BYTES", 300)
    rows(400).x.tofile(tmp_path / "x.bin")
    x = np.memmap(tmp_path / "x.bin", np.float32, "r", shape=(400, 5)).view(Tracked)
    small(True).fit(Dataset(x, rows(400).t), batch_size=8, epochs=1)

    assert max(most) == 100  # the sample that is looked at first
    assert sorted(most)[:50] == [1] + [8] * 49 or most.count(8) >= 50


def test_rows_on_disk_are_augmented(tmp_path):
    memory, disk = small(False), small(False)
    memory.fit(rows(40), batch_size=8, epochs=2, augment=augment.Noise(0.1))
    disk.fit(mapped(tmp_path), batch_size=8, epochs=2, augment=augment.Noise(0.1))

    assert memory.history["loss"] == disk.history["loss"]


def test_a_network_of_its_own_can_be_asked_about_rows_on_disk(tmp_path):
    net = nn.Sequential(nn.Linear(5, 3))

    assert np.allclose(
        trainer(net).predict(mapped(tmp_path)), trainer(net).predict(rows(40)), rtol=1e-6
    )
