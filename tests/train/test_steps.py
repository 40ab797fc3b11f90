"""Compiled and eager trainings: the same numbers, errors and promises, however batches are cut."""

from __future__ import annotations

import os
import signal
import sys
import time
import types
import warnings

import numpy as np
import pytest

import badak as bd
from badak import metrics, nn, optim
from badak.base.errors import ShapeError
from badak.compiler.machine import engine
from badak.nn import Module
from badak.optim import catalogue as optimizers
from badak.train import Callback, Checkpoint, NotFiniteError, program, steps
from badak.train.callback import updates_until_told
from badak.train.measures import measured, measured_each
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

CLOSE = 1e-5


class Each(Callback):
    """Wants to be told of each update."""

    def __init__(self):
        self.steps = []

    def on_batch_end(self, trainer, loss):
        self.steps.append((trainer.position.step, int(trainer.optimizer.steps)))


class Seldom(Each):
    every_batches = 3


class Anytime(Each):
    every_batches = None


class Spoil(Callback):
    """Breaks a row of the inputs when all has been checked."""

    def __init__(self, data, row):
        self.data, self.row = data, row

    def on_fit_start(self, trainer):
        self.data.x[self.row, 2] = np.nan


def curves(training):
    # Validation is left out: in front of BatchNorm the gradient of a bias is rounding alone.
    return [training.history["loss"], training.history["accuracy"]]


# ---- the numbers ------------------------------------------------------------------------------


@pytest.mark.parametrize(("make", "fit"), [(mlp_trainer, fit_mlp), (cnn_trainer, fit_cnn)])
def test_compiled_follows_eager(make, fit):
    eager = fit(make() if make is cnn_trainer else make(compile=False))
    compiled = make() if make is cnn_trainer else make(compile=True)
    compiled.steps = steps.CompiledSteps()
    fit(compiled)

    assert np.allclose(curves(compiled), curves(eager), rtol=CLOSE)
    assert compiled.position.record().keys() == eager.position.record().keys()
    assert compiled.position.step == int(compiled.optimizer.steps) == eager.position.step


def test_compiled_is_the_default_and_has_run_as_machine_code():
    training = bd.Trainer(linear(), progress=False)
    training.fit(rows(), batch_size=5)

    assert training.steps._program.is_native
    assert type(training.net[0].weight.data) is not np.ndarray


@pytest.mark.parametrize("name", sorted(optimizers.BY_NAME))
def test_every_optimizer_follows_its_eager_self(name):
    eager, compiled = (
        fit_mlp(mlp_trainer(optimizer=name, compile=how), epochs=2) for how in (False, True)
    )

    assert np.allclose(curves(compiled), curves(eager), rtol=CLOSE)


@pytest.mark.parametrize("cut", ["each", "time", "memory"])
def test_the_bits_do_not_depend_on_how_an_epoch_is_cut(cut, monkeypatch):
    monkeypatch.setattr(steps, "CHUNK_SECONDS", 1e9)
    whole = fit_mlp(mlp_trainer(compile=True))
    if cut == "time":
        monkeypatch.setattr(steps, "CHUNK_SECONDS", -1e9)
    if cut == "memory":
        monkeypatch.setattr(program, "STACK_BYTES", 1)
    callbacks = [Each()] if cut == "each" else []

    assert same(fit_mlp(mlp_trainer(callbacks, compile=True)), whole)


# ---- who is told, and when --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("callback", "told"),
    [(Each, [*range(1, 11)]), (Seldom, [1, 3, 4, 5, 6, 9, 10]), (Anytime, [1, 4, 5, 9, 10])],
)
def test_a_callback_is_told_as_often_as_it_wants(callback, told, monkeypatch):
    monkeypatch.setattr(steps, "CHUNK_SECONDS", 1e9)
    look = callback()
    trainer(callbacks=[look], metrics=["accuracy"], compile=True).fit(
        rows(), epochs=2, batch_size=5
    )

    # The first chunk is a single batch, and the last batch of each epoch is a short one.
    assert look.steps == [(step, step) for step in told]


def test_the_callback_that_wants_it_first_decides():
    look, saving = Anytime(), Checkpoint("never made", every_batches=8)

    assert updates_until_told([look], 5) == sys.maxsize
    assert updates_until_told([look, saving], 5) == 3
    assert updates_until_told([look, saving, Seldom()], 5) == 1
    assert updates_until_told([Callback(), Checkpoint("never made")], 5) == sys.maxsize


# ---- numbers that are not finite --------------------------------------------------------------


def adam(how, *callbacks):
    settings = {"metrics": ["accuracy"], "compile": how, "callbacks": callbacks}
    return trainer(mlp(), optim.Adam(0.01), **settings)


def fit(training, data):
    training.fit(data, epochs=2, batch_size=4, shuffle=False)
    return training


def broken(how, batch):
    data = rows(48)
    ours = adam(how, Spoil(data, 4 * batch - 1))
    with pytest.raises(NotFiniteError) as caught:
        fit(ours, data)
    return ours, caught.value


@pytest.mark.parametrize("batch", [1, 2, 6, 11, 12])
def test_nan_in_any_batch_of_a_chunk_leaves_the_state_of_the_batch_before(batch, monkeypatch):
    monkeypatch.setattr(steps, "CHUNK_SECONDS", 1e9)
    (ours, error), (eager, expected) = (broken(how, batch) for how in (True, False))
    before = adam(True)
    if batch > 1:
        before.callbacks.append(RaiseAt(batch - 1, OSError))
        with pytest.raises(OSError, match="after"):
            fit(before, rows(48))

    assert str(error) == str(expected)
    assert error.__context__ is None
    assert f"epoch 1, batch {batch}: the loss is nan" in str(error)
    assert same(ours, before)
    assert ours.position.whole
    assert numbers(ours).keys() == numbers(eager).keys()


def test_training_goes_on_after_nan_was_taken_away():
    ours, _ = broken(True, 6)
    ours.callbacks.clear()
    ours.settings.clear()  # the data have another digest now
    fit(ours, rows(48))

    assert same(ours, fit(adam(True), rows(48)))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", sorted(optimizers.BY_NAME))
def test_a_gradient_that_is_not_finite_shows_in_what_the_rule_leaves(name, value):
    rule = optimizers.get(name)()
    parameter = bd.parameter([1.0, 2.0])
    with bd.no_grad():
        new, state = rule.advance(
            parameter, bd.tensor([0.5, value]), rule.start(parameter), bd.tensor(1)
        )

    assert not all(np.isfinite(x.numpy()).all() for x in (new, *state.values()))


def test_what_only_machine_code_sees_is_an_error_all_the_same(monkeypatch):
    monkeypatch.setattr(program.StepProgram, "check", lambda step, results: _spoil())
    ours = trainer(optimizer=optim.Adam(0.01), compile=True)
    before = numbers(ours)
    with pytest.raises(NotFiniteError, match="batch 1: numbers became too large") as caught:
        ours.fit(rows(), batch_size=5)

    assert caught.value.got == "here in machine code; in NumPy this batch just stays finite"
    assert numbers(ours) == before


def _spoil():
    raise program.SpoiledError("numbers became too large", "here")


# ---- other errors -----------------------------------------------------------------------------


@pytest.mark.parametrize("how", [False, True])
def test_a_metric_that_fails_undoes_its_batch_alone(how):
    def picky(prediction, t):
        if len(t) == 4 and 5 in t:
            raise ShapeError("this metric wants something else")
        return 0.5

    data = rows(40)
    data.t[22] = 5  # known to nobody: the network has six outputs
    ours = trainer(linear(6), optim.Adam(0.01), metrics=[picky], compile=how)
    with pytest.raises(ShapeError, match="epoch 1, batch 6: this metric wants something else"):
        ours.fit(data, batch_size=4, shuffle=False)

    assert ours.position.step == int(ours.optimizer.steps) == 5


@pytest.mark.parametrize("how", [False, True])
def test_an_error_of_the_network_is_the_same_and_nothing_is_warned_about(how):
    class Narrow(Module):
        def forward(self, x):
            return x.reshape(4, 3) if len(x) < 24 else x

    ours = trainer(nn.Sequential(linear(), Narrow()), compile=how)
    before = numbers(ours)
    with pytest.raises(ShapeError, match="epoch 1, batch 1: layer '1': reshape"):
        ours.fit(rows(), batch_size=5)

    assert numbers(ours) == before
    assert ours.position.whole


# ---- what cannot be compiled ------------------------------------------------------------------


def looking(prediction, t):
    value = nn.SoftmaxCrossEntropy()(prediction, t)
    return value * (1.0 if float(value) > 0 else 2.0)


def test_a_loss_that_looks_at_numbers_trains_eagerly_and_says_so_once():
    ours, eager = (mlp_trainer(loss=looking, compile=how) for how in (True, False))
    with pytest.warns(RuntimeWarning, match="runs eagerly, in NumPy: the values of a") as told:
        fit_mlp(ours)

    assert len(told) == 1
    assert same(ours, fit_mlp(eager))


def test_a_warning_that_is_an_error_leaves_no_trace():
    ours = mlp_trainer(loss=looking, compile=True)
    before = numbers(ours)
    with pytest.raises(RuntimeWarning, match="eagerly"):
        fit_mlp(ours)

    assert numbers(ours) == before
    assert (ours.position.step, ours.position.whole) == (0, True)


def test_without_llvm_training_runs_eagerly_and_says_so_once(monkeypatch):
    monkeypatch.setattr(engine, "_ready", [])
    monkeypatch.setitem(sys.modules, "llvmlite.binding", None)
    # A network of no other test: the machine code of equal ones is shared as long as they live.
    ours, eager = (mlp_trainer(net=linear(11), compile=how) for how in (True, False))
    with pytest.warns(RuntimeWarning, match="llvmlite is not installed") as told:
        fit_mlp(ours)

    assert len(told) == 1
    assert same(ours, fit_mlp(eager))


def test_a_loss_or_a_number_that_was_changed_is_compiled_anew():
    def halved(prediction, t):
        return nn.SoftmaxCrossEntropy()(prediction, t) * 0.5

    def changing(how):
        ours = mlp_trainer(compile=how)
        fit_mlp(ours, epochs=1)
        ours.loss, ours.net[1].eps = halved, 1.0
        return fit_mlp(ours, epochs=1)

    assert np.allclose(curves(changing(True)), curves(changing(False)), rtol=CLOSE)


def test_a_number_that_keeps_changing_is_told():
    class Anneal(Callback):
        def on_epoch_end(self, trainer, record):
            trainer.net.factor *= 0.5

    class Scaled(Module):
        def __init__(self):
            self.layer, self.factor = linear(), 1.0

        def forward(self, x):
            return self.layer(x) * self.factor

    def annealed(how):
        ours = trainer(Scaled(), callbacks=[Anneal()], compile=how)
        ours.fit(rows(), epochs=9, batch_size=24)
        return ours.history["loss"]

    with pytest.warns(UserWarning, match="compiled 9 times, now since 'factor' has changed"):
        found = annealed(True)

    assert np.allclose(found, annealed(False), rtol=CLOSE)


# ---- signals ----------------------------------------------------------------------------------


def test_ctrl_c_while_machine_code_runs_ends_after_a_batch(monkeypatch, tmp_path):
    def monotonic():
        if ours.position.step == 1 and not sent:
            sent.append(os.kill(os.getpid(), signal.SIGINT))
        return time.monotonic()

    sent = []
    monkeypatch.setattr(steps, "time", types.SimpleNamespace(monotonic=monotonic))
    ours = mlp_trainer([Checkpoint(tmp_path)], compile=True)
    with pytest.raises(KeyboardInterrupt):
        fit_mlp(ours)
    again = mlp_trainer(compile=True).resume(tmp_path)

    assert 2 <= again.position.step <= 4
    assert same(fit_mlp(again), fit_mlp(mlp_trainer(compile=True)))


def test_the_second_ctrl_c_puts_back_the_state_from_before_the_chunk(monkeypatch):
    def interrupted(step, results):
        if int(step._optimizer.steps) == 3:
            raise KeyboardInterrupt
        return check(step, results)

    check = program.StepProgram.check
    monkeypatch.setattr(program.StepProgram, "check", interrupted)
    monkeypatch.setattr(steps, "CHUNK_SECONDS", 1e9)
    ours = mlp_trainer(compile=True)
    with pytest.raises(KeyboardInterrupt):
        fit_mlp(ours)

    assert int(ours.optimizer.steps) == ours.position.step == 1
    assert not ours.position.whole  # as in eager training, it may have come anywhere


# ---- metrics of many batches ------------------------------------------------------------------


SCORES = np.random.RandomState(0).normal(size=(6, 7, 4)).astype(np.float32)
LABELS = np.random.RandomState(1).randint(0, 4, (6, 7))
HOLE = np.where(SCORES > 2.0, np.nan, SCORES).astype(np.float32)


@pytest.mark.parametrize(
    ("names", "predictions", "targets"),
    [
        (["accuracy", "top_k", "error_rate"], SCORES, LABELS),
        (["accuracy"], np.round(SCORES), LABELS.astype(np.int8)),
        (["accuracy", "error_rate"], SCORES, np.eye(4, dtype=np.float32)[LABELS]),
        (["accuracy"], SCORES[..., 0].round() % 3, LABELS),
        (["mse", "r2_score", "mae"], SCORES, SCORES[::-1]),
        (["binary_accuracy"], SCORES[..., :1], LABELS % 2),
        (["accuracy"], HOLE, LABELS),
        (["error_rate"], SCORES, LABELS + 1),
    ],
)
def test_the_metrics_of_many_batches_are_those_of_each(names, predictions, targets):
    asked = {
        name: (lambda y, t: metrics.top_k_accuracy(y, t, k=2)) if name == "top_k" else found
        for name, found in ((n, None if n == "top_k" else metrics.get(n)) for n in names)
    }
    each = [measured(asked, y, t, partly=True) for y, t in zip(predictions, targets, strict=True)]

    assert repr(measured_each(asked, predictions, targets)) == repr(each)


# ---- prediction -------------------------------------------------------------------------------


def test_many_rows_are_predicted_as_machine_code_and_agree():
    eager, compiled = (trainer(mlp(), compile=how) for how in (False, True))
    x = rows(5300).x

    assert np.allclose(compiled.predict(x), eager.predict(x), rtol=CLOSE, atol=1e-6)
    assert compiled._prediction._program is not None
    assert eager._prediction._program is None


def test_predictions_are_those_of_the_weights_of_now():
    ours, data = trainer(mlp(), compile=True), rows(5300)
    ours.predict(data)
    ours.fit(data, batch_size=500)
    now = trainer(ours.net, compile=False)

    assert np.allclose(ours.predict(data), now.predict(data), rtol=CLOSE, atol=1e-6)


def test_a_network_that_looks_at_numbers_predicts_eagerly():
    class Looks(Module):
        def forward(self, x):
            return x * (2.0 if float(x.sum()) > 0 else 3.0)

    eager, compiled = (trainer(nn.Sequential(linear(), Looks()), compile=h) for h in (False, True))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.array_equal(compiled.predict(rows(5300)), eager.predict(rows(5300)))
