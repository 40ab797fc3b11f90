"""`badak predict`: the answers of a trained network, as CSV."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from badak.cli.run import RunFolder
from badak.data import load
from badak.train import Trainer
from tests.cli.commands import QUICK


def rows(outcome):
    assert outcome.code == 0, outcome.err
    return list(csv.DictReader(io.StringIO(outcome.out)))


def scores(run, x):
    """What the library says of the rows."""
    model = RunFolder(run).load_model()
    trainer = Trainer(model.net, progress=False)
    return model, trainer.predict(x if model.inputs is None else model.inputs(x))


@pytest.fixture
def x():
    return load("xor").test.x


def test_answers_are_those_of_the_trainer(badak, trained, x):
    np.save("x.npy", x)
    answers = rows(badak("predict", trained, "x.npy"))
    _, expected = scores(trained, x)
    chances = np.exp(expected) / np.exp(expected).sum(axis=1, keepdims=True)

    assert [answer["row"] for answer in answers] == [str(i + 1) for i in range(len(x))]
    assert [int(answer["class"]) for answer in answers] == expected.argmax(axis=1).tolist()
    shares = [float(answer["probability"]) for answer in answers]
    np.testing.assert_allclose(shares, chances.max(axis=1), atol=1e-4)


def test_every_kind_of_file_gives_the_same_answers(badak, trained, x):
    np.save("x.npy", x)
    np.savez("x.npz", x=x)
    np.savetxt("x.csv", x, "%.9g", ",")
    np.savetxt("x.tsv", x, "%.9g", "\t", header="a\tb", comments="")
    outcomes = [badak("predict", trained, f"x.{kind}").out for kind in ("npy", "npz", "csv", "tsv")]

    assert outcomes == outcomes[:1] * 4


def test_more_rows_than_are_asked_at_once_are_numbered_on(badak, trained, x):
    np.save("x.npy", np.tile(x, (20, 1)))
    answers = rows(badak("predict", trained, "x.npy"))

    assert [int(answer["row"]) for answer in answers] == list(range(1, 20 * len(x) + 1))
    assert answers[0]["class"] == answers[len(x)]["class"] == answers[-len(x)]["class"]


def test_classes_have_their_names_and_inputs_their_scale(badak, pets, here, undrawn):
    badak("train", pets, "--layers", "6", "--epochs", "3", "--out", "run")
    answers = rows(badak("predict", "run", pets, "--drop", "kind"))
    x = np.array([line.split(",")[:2] for line in pets.read_text().split()[1:]], dtype=np.float32)
    model, expected = scores(here / "run", x)

    assert model.inputs is not None
    assert [answer["class"] for answer in answers] == [
        ("cat", "dog")[k] for k in expected.argmax(axis=1)
    ]


def test_values_of_a_regression_are_in_their_unit(badak, here, undrawn):
    x = np.linspace(0, 1, 80)[:, None]
    np.savez("data.npz", x=x, t=np.concatenate([100 + 50 * x, -x], axis=1))
    badak("train", "data.npz", "--layers", "", "--lr", "0.1", "--epochs", "5", "--out", "run")
    answers = rows(badak("predict", "run", "data.npz"))
    model, expected = scores(here / "run", x.astype(np.float32))

    values = np.array([[float(a["value_0"]), float(a["value_1"])] for a in answers])
    np.testing.assert_allclose(values, model.targets.inverse(expected), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(values[:, 0], 100 + 50 * x[:, 0], atol=30)


def test_one_value_has_a_plain_name(badak, here, undrawn):
    badak("train", "sine", *QUICK, "--out", "run")
    (here / "x.csv").write_text("0.5\n")

    assert badak("predict", "run", "x.csv").out.startswith("row,value\n1,")


@pytest.mark.parametrize("flat", [True, False])
def test_images_may_come_flat_or_not(badak, here, undrawn, flat):
    badak("train", "digits", "--model", "cnn", *QUICK, "--out", "run")
    np.save("x.npy", load("digits", flat=flat).test.x[:3])

    assert len(rows(badak("predict", "run", "x.npy"))) == 3


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("three.csv", "a,b,c\n1,2,3\n", "expected 2 numbers a row; got 3; try --drop the target"),
        ("one.csv", "a\n1\n", "expected 2 numbers a row; got 1"),
        ("text.csv", "a,b\n1,cat\n", "'cat' is not a number; try --drop 'b'"),
        ("gone.csv", None, "no such file"),
        ("what.xls", "1", "files of this kind are not read"),
        ("text.npy", "1", "text.npy"),
        ("text.npz", "1", "text.npz"),
    ],
)
def test_inputs_that_do_not_fit(badak, trained, here, name, content, reason):
    if content is not None:
        (here / name).write_text(content)
    outcome = badak("predict", trained, name)

    assert outcome.code == 1
    assert reason in outcome.complaint
    assert outcome.out == ""


def test_a_column_to_drop_that_is_not_there(badak, trained, here):
    (here / "x.csv").write_text("a,b,kind\n1,2,3\n")
    outcome = badak("predict", trained, "x.csv", "--drop", "kid")

    assert outcome.code == 2
    assert "did you mean 'kind'?" in outcome.complaint
