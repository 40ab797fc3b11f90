"""The table of rules, and what is said of a training."""

from __future__ import annotations

import graphlib

import numpy as np
import pytest

import badak as bd
from badak import nn, optim
from badak.base.random import seeded
from badak.train import Finding, Report, Trainer, diagnose
from badak.train.diagnosis.change import with_change
from badak.train.diagnosis.data import facts_of_data
from badak.train.diagnosis.finding import HURTS, NOTABLE, SEVERITIES, STOPS, worst_first
from badak.train.diagnosis.guess import guessing
from badak.train.diagnosis.rules.table import EXPLAINS, RULES, causes_alone
from tests.train import trainings


def finding(code, severity=HURTS):
    return Finding(code, severity, "", "", "", "")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_a_rule_says_why(rule):
    assert rule.severity in SEVERITIES
    assert len(rule.reason) > 10
    assert len(rule.cause) > 10
    assert set(rule.explains) <= set(EXPLAINS)


def test_no_code_is_twice_in_the_table():
    assert len(EXPLAINS) == len(RULES)


def test_no_two_findings_explain_each_other_away():
    graphlib.TopologicalSorter(EXPLAINS).prepare()  # raises for a ring


def test_what_follows_from_a_cause_is_not_told():
    found = [finding("under-fitting"), finding("lr-too-high"), finding("lr-too-high")]

    assert [f.code for f in causes_alone(found)] == ["lr-too-high"]


def test_the_worst_comes_first():
    found = [finding("a", NOTABLE), finding("b", STOPS), finding("c"), finding("d")]

    assert [f.code for f in worst_first(found)] == ["b", "c", "d", "a"]


def test_a_report_says_what_was_looked_at():
    report = diagnose(trainings.trainer(), trainings.rows())

    assert isinstance(report, Report)
    assert (
        str(report)
        .splitlines()[0]
        .endswith(
            "looked at 24 rows, 1 layers and their gradients on 24 rows, 0 updates in 0 epochs"
        )
    )


def test_a_report_prints_each_finding_with_its_fix():
    report = Report((Finding("a", STOPS, "there", "12", "so", "that"),), ("all",))

    assert "1 finding; looked at all" in str(report)
    assert "a, nothing can be learned: there\n  seen  12\n  why   so\n  try   that" in str(report)


@pytest.mark.parametrize(
    ("loss", "outputs", "t", "guess"),
    [
        ("softmax_cross_entropy", 4, np.arange(200) % 4, np.log(4)),
        ("mean_squared_error", 1, np.arange(201.0)[:, None] / 100, np.var(np.arange(201) / 100)),
        ("mean_absolute_error", 1, np.array([[0.0], [0.0], [3.0]]), 1.0),
        (nn.BinaryCrossentropy(), 1, np.array([[0.0], [1.0]]), np.log(2)),
        (nn.BinaryCrossentropy(from_logits=True), 1, np.array([[0.0], [1.0]]), np.log(2)),
    ],
    ids=["log K", "variance", "median", "log 2", "log 2 of scores"],
)
def test_the_loss_of_guessing(loss, outputs, t, guess):
    shown = guessing(
        bd.nn.losses.get(loss) if isinstance(loss, str) else loss, (len(t), outputs), t
    )

    assert shown == pytest.approx(guess, rel=1e-5)


def test_rows_that_are_on_both_sides_are_counted():
    data = trainings.rows(100)
    facts = facts_of_data(data.take(np.arange(60)), data.take(np.arange(50, 90)))

    assert facts.shared == 10 / 40
    assert facts.repeated == 0


def test_a_look_changes_nothing():
    trainer = trainings.mlp_trainer()
    trainer.fit(trainings.rows(), validation_split=0.25, epochs=2, batch_size=8)
    tensors, record = trainer.state_dict()
    before = {name: np.array(x) for name, x in tensors.items()}
    diagnose(trainer, trainings.rows(), validation_data=trainings.rows(seed=1))

    after, same = trainer.state_dict()
    assert same == record
    for name, x in before.items():
        np.testing.assert_array_equal(after[name], x)


def weights(compile, diagnosed, optimizer):
    with seeded(3):
        net = nn.Sequential(
            nn.Linear(5, 8), nn.BatchNorm(8), nn.ReLU(), nn.Dropout(0.25), nn.Linear(8, 3)
        )
    trainer = Trainer(net, optimizer=optimizer(), seed=5, progress=False, compile=compile,
                      diagnose=diagnosed)  # fmt: skip
    trainer.fit(trainings.rows(60), validation_split=0.2, epochs=4, batch_size=8)
    return trainer.state_dict()[0]


@pytest.mark.parametrize("compile", [False, True], ids=["eager", "compiled"])
@pytest.mark.parametrize(
    "optimizer",
    [lambda: optim.Adam(0.02), lambda: optim.Nesterov(0.05), lambda: optim.SGD(50.0)],
    ids=["adam", "nesterov", "far too high"],
)
def test_a_training_ends_with_the_same_bits_diagnosed_or_not(compile, optimizer):
    plain, diagnosed = (weights(compile, flag, optimizer) for flag in (False, True))

    assert plain.keys() == diagnosed.keys()
    for name, x in plain.items():
        np.testing.assert_array_equal(diagnosed[name], x)


def test_each_finding_is_printed_once(capsys):
    trainer = Trainer(nn.mlp(5, [8], 3, init="zeros"), compile=False, diagnose=True)
    trainer.fit(trainings.rows(), epochs=3, batch_size=8)
    printed = capsys.readouterr()

    assert printed.err.count("weights-zero") == 1
    assert printed.err.index("weights-zero") < printed.err.index("epoch 1/3")
    assert [f.code for f in trainer.findings] == ["weights-zero"]
    assert not printed.out


def test_a_quiet_training_keeps_its_findings(capsys):
    trainer = trainings.trainer(nn.mlp(5, [8], 3, init="zeros"), diagnose=True)
    trainer.fit(trainings.rows(), epochs=1, batch_size=8)

    assert trainer.findings
    assert not capsys.readouterr().err


def test_a_training_that_breaks_down_is_explained():
    trainer = trainings.trainer(
        nn.mlp(5, [8], 1), optim.SGD(100.0), loss="mean_squared_error", diagnose=True
    )
    data = trainings.rows()
    with pytest.raises(bd.train.NotFiniteError):
        trainer.fit(data.x, data.t.astype("f4")[:, None], epochs=50, batch_size=8)

    assert "lr-too-high" in [f.code for f in trainer.findings]


def test_the_learning_rate_that_is_proposed_learns():
    data = trainings.rows(100)
    trainer = trainings.trainer(nn.mlp(5, [8], 3), optim.SGD(300.0))
    (found,) = diagnose(trainer, data)
    better, _ = with_change(trainer, found.change)
    history = better.fit(data, epochs=20, batch_size=10)

    assert found.code == "lr-too-high"
    assert history["loss"][-1] < 0.6
