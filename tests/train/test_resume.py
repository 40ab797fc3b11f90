"""A training that is broken off anywhere and resumed ends with the bits of one that was not."""

from __future__ import annotations

import os
import warnings

import numpy as np
import pytest

from badak import nn, optim
from badak.base.errors import BadakFileError, StateError
from badak.io import CheckpointFolder, CheckpointWarning, save_archive
from badak.train import Callback, Checkpoint, EarlyStopping
from tests.train.trainings import (
    RaiseAt,
    cnn_trainer,
    fit_cnn,
    fit_mlp,
    linear,
    mlp,
    mlp_trainer,
    numbers,
    rows,
    same,
    trainer,
)

MLP_STEPS, CNN_STEPS = 20, 12


@pytest.fixture(scope="module")
def whole_mlp():
    """The training that nobody disturbed."""
    whole = fit_mlp(mlp_trainer())
    assert whole.position.step == MLP_STEPS
    return whole


def broken_off(training, fit, error):
    with pytest.raises(error, match="after"):
        fit(training)


# ---- anywhere ---------------------------------------------------------------------------------


@pytest.mark.parametrize("step", range(1, MLP_STEPS + 1))
@pytest.mark.parametrize(("every", "error"), [(1, RuntimeError), (None, KeyboardInterrupt)])
def test_an_mlp_broken_off_after_any_batch(step, every, error, whole_mlp, tmp_path):
    saving = Checkpoint(tmp_path, every_batches=every)
    broken_off(mlp_trainer([RaiseAt(step, error), saving]), fit_mlp, error)

    again = mlp_trainer([Checkpoint(tmp_path, every_batches=every)]).resume(tmp_path)
    assert again.position.step == step

    assert same(fit_mlp(again), whole_mlp)


@pytest.mark.parametrize("step", range(1, CNN_STEPS + 1))
def test_a_cnn_broken_off_after_any_batch(step, tmp_path):
    whole = fit_cnn(cnn_trainer())
    broken_off(cnn_trainer([RaiseAt(step, OSError), Checkpoint(tmp_path)]), fit_cnn, OSError)

    again = fit_cnn(cnn_trainer().resume(tmp_path))

    assert again.position.step == CNN_STEPS
    assert same(again, whole)


@pytest.mark.parametrize("mode", ["compiled"], indirect=True)
@pytest.mark.parametrize(
    ("make", "fit", "step"),
    [
        *((mlp_trainer, fit_mlp, step) for step in (1, 2, 3, 4, 6, 11, 19, 20)),
        *((cnn_trainer, fit_cnn, step) for step in (1, 3, 4, 10)),
    ],
)
def test_a_compiled_training_broken_off_after_any_batch(make, fit, step, mode, tmp_path):
    broken_off(make([RaiseAt(step, OSError), Checkpoint(tmp_path)]), fit, OSError)

    again = make().resume(tmp_path)
    assert again.position.step == step

    assert same(fit(again), fit(make()))


def test_broken_off_after_every_batch_in_turn(whole_mlp, tmp_path):
    for step in range(1, MLP_STEPS + 1):
        training = mlp_trainer([RaiseAt(step, RuntimeError), Checkpoint(tmp_path)])
        broken_off(training.resume(tmp_path) if step > 1 else training, fit_mlp, RuntimeError)

    assert same(fit_mlp(mlp_trainer().resume(tmp_path)), whole_mlp)


@pytest.mark.parametrize("epoch", range(1, 6))
@pytest.mark.parametrize("every", [None, 1])
@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_broken_off_by_a_callback_at_the_end_of_an_epoch(epoch, every, error, whole_mlp, tmp_path):
    first, last = RaiseAt(epoch, error, "epoch"), Checkpoint(tmp_path, every_batches=every)
    training = mlp_trainer([first, last])
    training.callbacks.insert(0, training.callbacks.pop(1))  # before EarlyStopping
    assert training.callbacks[0] is first
    broken_off(training, fit_mlp, error)

    assert same(fit_mlp(mlp_trainer().resume(tmp_path)), whole_mlp)


def test_broken_off_during_validation(whole_mlp, tmp_path):
    def broken_metric(prediction, t):
        if len(t) == 6 and training.position.epoch == 2:
            raise OSError("after training")
        return 0.5

    def whole_metric(prediction, t):
        return 0.5

    whole_metric.__name__ = broken_metric.__name__ = "half"
    training = mlp_trainer([Checkpoint(tmp_path)], metrics=["accuracy", broken_metric])
    broken_off(training, fit_mlp, OSError)

    again = mlp_trainer(metrics=["accuracy", whole_metric]).resume(tmp_path)
    assert (again.position.epoch, again.position.batch) == (2, again.position.step - 8)

    assert same(fit_mlp(again), fit_mlp(mlp_trainer(metrics=["accuracy", whole_metric])))


@pytest.mark.usefixtures("mode")
def test_a_run_that_stopped_early_stays_stopped(tmp_path):
    whole = fit_mlp(mlp_trainer([Checkpoint(tmp_path)], patience=1), epochs=40)
    assert "has not improved" in whole.stop
    assert len(whole.history) < 40

    again = fit_mlp(mlp_trainer(patience=1).resume(tmp_path), epochs=40)

    assert same(again, whole)


def test_stop_asked_for_within_an_epoch_survives(tmp_path):
    class StopAt(Callback):
        def on_batch_end(self, trainer, loss):
            if trainer.position.step == 5:
                trainer.stop = "enough"

    def make(*callbacks):
        return mlp_trainer([StopAt(), *callbacks])

    whole = fit_mlp(make())
    broken_off(make(RaiseAt(6, OSError), Checkpoint(tmp_path)), fit_mlp, OSError)
    again = fit_mlp(make().resume(tmp_path))

    assert len(again.history) == 2
    assert same(again, whole)


def test_numbers_that_are_not_finite_survive_in_the_history(tmp_path):
    values = iter([0.0, np.nan, np.inf, -np.inf])  # the first is for the rehearsal

    def odd(prediction, t):
        return next(values) if len(t) == 7 else 0.0

    training = trainer(metrics=[odd], callbacks=[Checkpoint(tmp_path)])
    training.fit(rows(), validation_data=rows(7), batch_size=5, epochs=3)
    again = trainer(metrics=[odd]).resume(tmp_path)

    assert str(again.history["val_odd"]) == "[nan, inf, -inf]"


# ---- after the end ----------------------------------------------------------------------------


def test_a_finished_run_is_not_trained_further(whole_mlp, tmp_path):
    fit_mlp(mlp_trainer([Checkpoint(tmp_path)]))

    assert same(fit_mlp(mlp_trainer().resume(tmp_path)), whole_mlp)


@pytest.mark.usefixtures("mode")
def test_more_epochs_than_at_first(tmp_path):
    fit_cnn(cnn_trainer([Checkpoint(tmp_path)]), epochs=2)
    again = fit_cnn(cnn_trainer().resume(tmp_path), epochs=3)

    assert same(again, fit_cnn(cnn_trainer()))


def test_fewer_epochs_than_were_done_train_nothing(tmp_path):
    training = cnn_trainer([RaiseAt(6, OSError), Checkpoint(tmp_path)])
    broken_off(training, fit_cnn, OSError)

    again = fit_cnn(cnn_trainer().resume(tmp_path), epochs=1)

    assert again.position.step == 6


@pytest.mark.usefixtures("mode")
def test_the_second_fit_of_a_program_is_continued(tmp_path):
    def program(*callbacks, folder=None):
        training = cnn_trainer(callbacks)
        if folder is not None:
            training.resume(folder)
            return fit_cnn(training, epochs=2)
        fit_cnn(training, epochs=1)
        return fit_cnn(training, epochs=2)

    whole = program()
    with pytest.raises(OSError, match="after"):
        program(RaiseAt(7, OSError), Checkpoint(tmp_path))

    assert same(program(folder=tmp_path), whole)


def test_a_fit_after_the_resumed_one_trains_as_many_epochs_more(tmp_path):
    fit_cnn(cnn_trainer([Checkpoint(tmp_path)]), epochs=2)
    again = cnn_trainer().resume(tmp_path)

    assert [len(fit_cnn(again, epochs=2).history) for _ in range(3)] == [2, 4, 6]


@pytest.mark.usefixtures("mode")
def test_a_training_can_be_set_back_in_the_same_process(tmp_path):
    training = fit_cnn(cnn_trainer([Checkpoint(tmp_path / "a")]))
    CheckpointFolder(tmp_path / "b").save(1, *training.state_dict())
    before = numbers(training)
    fit_cnn(training, epochs=1)
    assert numbers(training) != before

    training.resume(tmp_path / "b")

    assert numbers(training) == before
    assert training.position.epoch == 3


# ---- what must be the same --------------------------------------------------------------------


@pytest.fixture
def saved(tmp_path):
    broken_off(mlp_trainer([RaiseAt(6, OSError), Checkpoint(tmp_path)]), fit_mlp, OSError)
    return tmp_path


def test_every_difference_of_the_trainer_is_listed(saved):
    other = mlp_trainer(
        net=nn.Sequential(nn.Linear(5, 9), nn.ReLU(), nn.Linear(9, 3)).to("float64"),
        optimizer=optim.SGD(0.5),
        loss=nn.MeanSquaredError(),
        metrics=["error_rate"],
        seed=6,
    )
    before = numbers(other)
    with pytest.raises(StateError, match="of another training") as caught:
        other.resume(saved)

    assert str(caught.value).splitlines()[2:] == [
        "  got       network: saved with 0: Linear(5 -> 8); 1: BatchNorm(8); 2: ReLU(); "
        "3: Dropout(0.25); 4: Linear(8 -> 3), now 0: Linear(5 -> 9); 1: ReLU(); 2: Linear(9 -> 3)",
        "            numbers: saved with float32, now float64",
        "            optimizer: saved with Adam(lr=0.02, beta1=0.9, beta2=0.999, eps=1e-08), "
        "now SGD(lr=0.5)",
        "            loss: saved with SoftmaxCrossEntropy(), now MeanSquaredError()",
        "            metrics: saved with ['accuracy'], now ['error_rate']",
        "            seed: saved with 5, now 6",
        "  try       the settings of the saved run, or a new folder",
    ]
    assert numbers(other) == before
    assert other.position.step == 0


def test_another_learning_rate_is_a_difference(saved):
    with pytest.raises(StateError, match=r"Adam\(lr=0.02.*, now Adam\(lr=0.03"):
        mlp_trainer(optimizer=optim.Adam(0.03)).resume(saved)


def test_every_difference_of_the_data_is_listed(saved):
    again = mlp_trainer().resume(saved)
    with pytest.raises(StateError, match="of another training") as caught:
        again.fit(rows(seed=9), validation_data=rows(6), epochs=5, batch_size=6, shuffle=False)

    found = [line.split(":")[0].split()[-1] for line in caught.value.got.splitlines()]
    assert found == ["data", "data", "size", "shuffle"]
    assert "data: saved with 18 rows of (5,) with digest" in caught.value.got
    assert "batch size: saved with 5, now 6" in caught.value.got


def test_validation_that_is_left_out_is_a_difference(saved):
    again = trainer(mlp(), optim.Adam(0.02), metrics=["accuracy"], seed=5).resume(saved)
    train, _ = rows().split(0.75, 5)
    with pytest.raises(StateError, match=r"validation data: saved with 6 rows .*, now none"):
        again.fit(train, batch_size=5)


def test_the_same_description_with_other_shapes_takes_nothing_over(tmp_path):
    class Hidden(nn.Module):
        def __init__(self, width):
            self.first, self.last = linear(width), nn.Sequential(nn.Linear(width, 3))

        def forward(self, x):
            return self.last(self.first(x))

        def __repr__(self):
            return "Hidden()"

    trainer(Hidden(4), callbacks=[Checkpoint(tmp_path)]).fit(rows(), batch_size=8)
    other = trainer(Hidden(6))
    before = numbers(other)
    with pytest.raises(StateError, match="these weights are of another model") as caught:
        other.resume(tmp_path)

    assert "has shape (5, 4), expected (5, 6)" in str(caught.value)
    assert numbers(other) == before


def test_an_optimizer_that_only_looks_the_same_takes_nothing_over(tmp_path):
    class Other(optim.Momentum):
        def start(self, parameter):
            return {"velocity": super().start(parameter)["v"]}

    Other.__name__ = "Momentum"
    training = trainer(optimizer=optim.Momentum(0.1), callbacks=[Checkpoint(tmp_path)])
    training.fit(rows(), batch_size=8)
    other = trainer(optimizer=Other(0.1))
    before = numbers(other)
    with pytest.raises(StateError, match=r"missing 'velocity/0.weight'"):
        other.resume(tmp_path)

    assert numbers(other) == before


def test_a_checkpoint_of_something_else_is_refused(tmp_path):
    CheckpointFolder(tmp_path).save(1, {"w": np.zeros(3)}, {"epoch": 1})

    with pytest.raises(StateError, match="does not hold a training"):
        mlp_trainer().resume(tmp_path)


@pytest.mark.parametrize("folder", [".", "absent"])
def test_a_folder_without_checkpoints(tmp_path, folder):
    with pytest.raises(StateError, match="there is no checkpoint in"):
        mlp_trainer().resume(tmp_path / folder)


# ---- folders ----------------------------------------------------------------------------------


def test_the_checkpoints_of_another_run_are_not_touched(saved):
    names = {path.name: path.read_bytes() for path in saved.glob("checkpoint*")}
    with pytest.raises(StateError, match="already holds the checkpoints of another run") as caught:
        fit_mlp(mlp_trainer([Checkpoint(saved)]))

    assert "trainer.resume(" in caught.value.hint
    assert {path.name: path.read_bytes() for path in saved.glob("checkpoint*")} == names


def test_resumed_from_one_folder_and_saved_into_another(saved, whole_mlp, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    again = fit_mlp(mlp_trainer([Checkpoint(other)]).resume(saved))

    assert same(again, whole_mlp)
    assert CheckpointFolder(other).numbers() == [16, 20]
    assert CheckpointFolder(saved).numbers() == [4, 6]


def test_two_trainings_do_not_share_a_folder(tmp_path):
    class Second(Callback):
        def on_batch_end(self, trainer, loss):
            fit_mlp(mlp_trainer([Checkpoint(tmp_path)]))

    with pytest.raises(StateError, match=rf"in use by this process \({os.getpid()}\)"):
        fit_mlp(mlp_trainer([Second(), Checkpoint(tmp_path)]))


def test_the_folder_is_free_after_a_failure(saved, whole_mlp):
    with pytest.raises(StateError, match="is not recorded"):
        fit_mlp(mlp_trainer([Checkpoint(saved), EarlyStopping("val_gain", mode="max")]))

    assert same(fit_mlp(mlp_trainer([Checkpoint(saved)]).resume(saved)), whole_mlp)


def test_a_damaged_newest_checkpoint_gives_way_to_the_one_before(saved, whole_mlp):
    newest = saved / "checkpoint-00000006.safetensors"
    data = bytearray(newest.read_bytes())
    data[-1] ^= 1
    newest.write_bytes(data)

    with pytest.warns(CheckpointWarning, match="checksum differs.*using checkpoint 4"):
        again = mlp_trainer([Checkpoint(saved, every_batches=1)]).resume(saved)
    assert again.position.step == 4

    assert same(fit_mlp(again), whole_mlp)
    assert (saved / "checkpoint-00000006.damaged").exists()


def test_the_newest_is_known_by_its_number_not_by_a_clock(saved):
    os.utime(saved / "checkpoint-00000006.safetensors", (0, 0))
    os.utime(saved / "checkpoint-00000004.safetensors", (4e9, 4e9))

    assert mlp_trainer().resume(saved).position.step == 6


def test_how_often_and_how_many(tmp_path):
    seen = []

    class Look(Callback):
        rank = 200

        def on_batch_end(self, trainer, loss):
            seen.append(CheckpointFolder(tmp_path).numbers())

    fit_mlp(mlp_trainer([Checkpoint(tmp_path, every_batches=3, keep=3), Look()]), epochs=2)

    assert seen == [[], [], [3], [3], [3, 4], [3, 4, 6], [3, 4, 6], [3, 4, 6]]
    assert CheckpointFolder(tmp_path).numbers() == [4, 6, 8]


def test_a_folder_that_cannot_be_one_is_found_before_training(tmp_path):
    (tmp_path / "file").write_text("")
    training = mlp_trainer([Checkpoint(tmp_path / "file" / "run")])
    before = numbers(training)
    with pytest.raises(BadakFileError, match="a part of the path is a file"):
        fit_mlp(training)

    assert numbers(training) == before


def test_an_unchecked_archive_is_not_a_checkpoint(tmp_path):
    save_archive(tmp_path / "model.safetensors", {"w": np.zeros(2)}, {})
    with warnings.catch_warnings(), pytest.raises(StateError, match="no checkpoint"):
        mlp_trainer().resume(tmp_path)
