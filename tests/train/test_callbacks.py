"""What every callback keeps to, and what it can rely on."""

from __future__ import annotations

import io
import warnings

import pytest

import badak
from badak.base.jsontext import to_json
from badak.train import Callback, Checkpoint, EarlyStopping, Progress, ReduceLROnPlateau
from tests.train.trainings import RaiseAt, fit_mlp, mlp_trainer, numbers, records, rows, trainer

MADE = {
    Checkpoint: lambda folder: Checkpoint(folder / "run", every_batches=2),
    EarlyStopping: lambda folder: EarlyStopping("val_loss", patience=2),
    Progress: lambda folder: Progress(io.StringIO()),
    ReduceLROnPlateau: lambda folder: ReduceLROnPlateau("val_loss", patience=2),
    Callback: lambda folder: Callback(),
}
EXPORTED = [
    thing
    for thing in (getattr(badak, name) for name in badak.__all__)
    if isinstance(thing, type) and issubclass(thing, Callback)
]
EVENTS = ["on_fit_start", "on_batch_end", "on_epoch_end", "on_fit_end", "on_failure"]


class Recorder(Callback):
    """Writes down what it is told."""

    def __init__(self, name="", raises=None, error=RuntimeError):
        self.name, self.raises, self.error = name, raises, error
        self.told = []


def _telling(event):
    def tell(self, trainer, *facts):
        self.told.append((event, trainer.position.step))
        if event == self.raises:
            raise self.error(f"{self.name} failed in {event}")

    return tell


for _event in EVENTS:
    setattr(Recorder, _event, _telling(_event))


def fit(*callbacks, epochs=2):
    training = trainer(callbacks=callbacks)
    training.fit(rows(), epochs=epochs, batch_size=8, validation_split=0.25)
    return training


# ---- the contract, over all that are exported -------------------------------------------------


def test_every_exported_callback_is_made_here():
    assert set(EXPORTED) == set(MADE)


@pytest.fixture(params=MADE, ids=lambda kind: kind.__name__)
def make(request, tmp_path):
    return lambda: MADE[request.param](tmp_path)


def test_it_says_what_it_is(make):
    assert type(make()).__name__ in repr(make())


def test_its_memory_fits_into_a_checkpoint_and_comes_back(make):
    callback = make()
    fit(callback)
    arrays, tree = callback.state_dict()
    to_json(tree, "tree")
    fresh = make()
    fresh.load_state_dict(arrays, tree)

    assert str(fresh.state_dict()) == str((arrays, tree))


@pytest.mark.usefixtures("mode")
def test_it_does_not_change_what_is_learned(make):
    with_it, without = fit(make(), epochs=1), fit(epochs=1)

    learned = [{k: v for k, v in r.items() if k != "lr"} for r in records(with_it)]
    assert learned == records(without)
    assert with_it.net.state_dict()["0.weight"].tobytes() == (
        without.net.state_dict()["0.weight"].tobytes()
    )


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("event", EVENTS[:4])
def test_it_survives_the_failure_of_another(make, error, event):
    with pytest.raises(error, match="other failed"):
        fit(make(), Recorder("other", event, error))


def test_it_can_be_used_again_after_a_failure(make, tmp_path):
    callback = make()
    training = trainer(callbacks=[callback, RaiseAt(4, OSError)])
    with pytest.raises(OSError, match="after"):
        training.fit(rows(), batch_size=8, epochs=3, validation_split=0.25)
    training.callbacks.pop(0 if isinstance(training.callbacks[0], RaiseAt) else 1)
    training.fit(rows(), batch_size=8, epochs=3, validation_split=0.25)

    assert training.history["epoch"] == [1, 2, 3, 4]


# ---- when they are told -----------------------------------------------------------------------


@pytest.mark.usefixtures("mode")
def test_the_order_of_events():
    recorder = Recorder()
    fit(recorder)

    assert recorder.told == [
        ("on_fit_start", 0),
        *(("on_batch_end", step) for step in (1, 2, 3)),
        ("on_epoch_end", 3),
        *(("on_batch_end", step) for step in (4, 5, 6)),
        ("on_epoch_end", 6),
        ("on_fit_end", 6),
    ]


def test_they_are_told_by_rank_and_then_in_the_order_given(tmp_path):
    first, second, last = Callback(), EarlyStopping(), Checkpoint(tmp_path)
    shown = Progress(io.StringIO())

    ours = trainer(callbacks=[last, shown, first, second]).callbacks
    assert ours == [first, second, shown, last]
    assert trainer(callbacks=[second, first]).callbacks == [second, first]


def test_the_record_is_in_the_history_already():
    class Look(Callback):
        def on_epoch_end(self, trainer, record):
            assert trainer.history.last is record
            assert (trainer.position.epoch, trainer.position.batch) == (record["epoch"], 0)

    fit(Look())


@pytest.mark.usefixtures("mode")
def test_a_reason_to_stop_ends_the_training_after_the_epoch():
    class Enough(Callback):
        def on_batch_end(self, trainer, loss):
            trainer.stop = "enough"

    training = fit(Enough(), epochs=5)

    assert len(training.history) == 1
    assert training.position.step == 3
    assert training.stop == "enough"


# ---- errors in a callback ---------------------------------------------------------------------


@pytest.mark.parametrize("event", EVENTS[1:4])
def test_the_others_are_told_even_so(event):
    first, second = Recorder("first", event), Recorder("second")
    with pytest.raises(RuntimeError, match=f"first failed in {event}"):
        fit(first, second)

    assert first.told == second.told
    assert second.told[-2][0] == event
    assert second.told[-1][0] == "on_failure"


def test_an_error_at_the_start_ends_the_training_before_the_first_update():
    first, second, third = Recorder("a"), Recorder("b", "on_fit_start"), Recorder("c")
    with pytest.raises(RuntimeError, match="b failed"):
        fit(first, second, third)

    assert first.told == [("on_fit_start", 0), ("on_failure", 0)]
    assert second.told == [("on_fit_start", 0)]
    assert third.told == []


@pytest.mark.usefixtures("mode")
def test_the_first_error_is_raised_and_the_others_are_noted():
    first, second = Recorder("first", "on_batch_end"), Recorder("second", "on_batch_end")
    third = Recorder("third", "on_failure")
    with pytest.raises(RuntimeError, match="first failed in on_batch_end") as caught:
        fit(first, second, third)

    assert caught.value.__notes__ == [
        "after that, RuntimeError: second failed in on_batch_end",
        "Recorder failed as well: third failed in on_failure",
    ]


@pytest.mark.usefixtures("mode")
@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("event", ["on_batch_end", "on_epoch_end"])
def test_the_state_is_saved_and_the_error_is_the_callbacks_own(tmp_path, event, error):
    broken, saving = Recorder("mine", event, error), Checkpoint(tmp_path)
    training = mlp_trainer([broken, saving])
    with pytest.raises(error, match="mine failed"):
        fit_mlp(training)
    again = mlp_trainer().resume(tmp_path)

    assert again.position.step == {"on_batch_end": 1, "on_epoch_end": 4}[event]
    assert {k: v for k, v in numbers(again).items() if k[0] != "c"} == {
        k: v for k, v in numbers(training).items() if k[0] != "c"
    }


def test_nothing_is_saved_before_the_first_update(tmp_path):
    with pytest.raises(RuntimeError, match="failed"):
        fit_mlp(mlp_trainer([Recorder("mine", "on_fit_start"), Checkpoint(tmp_path / "run")]))

    assert not (tmp_path / "run").exists()


@pytest.mark.usefixtures("mode")
def test_two_of_a_kind_keep_their_own_memories(tmp_path):
    def make():
        kinds = (EarlyStopping("val_loss", 9), EarlyStopping("val_accuracy", 9))
        return mlp_trainer([*kinds, Checkpoint(tmp_path)], metrics=["accuracy"])

    first = fit_mlp(make())
    again = make().resume(tmp_path)

    for one, other in zip(first.callbacks, again.callbacks, strict=True):
        assert str(one.state_dict()) == str(other.state_dict())
    assert first.callbacks[1].best != first.callbacks[2].best


def test_no_warning_is_left_behind(make):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit(make())
