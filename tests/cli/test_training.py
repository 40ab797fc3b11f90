"""What a training prints and leaves behind."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from badak.cli.parts import FEWEST_EPOCHS, MOST_EPOCHS, completed, load_parts
from badak.cli.run import RunFolder
from badak.data import holds_images, names
from tests.cli.commands import QUICK, history
from tests.cli.settings import architecture, config

FILES = {"config.json", "history.jsonl", "model.safetensors", "curves.png", "checkpoints"}


def test_a_training_prints_its_results_and_leaves_a_run(badak, here):
    outcome = badak("train", "digits", *QUICK)
    run = here / "runs" / "digits-1"

    assert outcome.code == 0
    assert re.search(r"^test +355 +\d\.\d{4} +\d\d\.\d\d%$", outcome.out, re.MULTILINE)
    assert "Generalisation gap: " in outcome.out
    assert re.search(r"^9( +[\d·]+){10} +\d+\.\d%$", outcome.out, re.MULTILINE)
    assert {path.name for path in run.iterdir() if path.name[0] != "."} == FILES
    assert (run / "curves.png").read_bytes().startswith(b"\x89PNG")
    assert [record["epoch"] for record in history(run)] == [1, 2]


def test_progress_goes_to_standard_error_alone(badak, undrawn):
    outcome = badak("train", "xor", *QUICK)

    assert outcome.out.startswith("Results\n")
    assert "epoch 1/2" in outcome.err
    assert "badak predict runs/xor-1" in outcome.err
    assert "\x1b" not in outcome.out + outcome.err
    assert all(line == line.rstrip() for line in outcome.out.splitlines())


def test_the_same_words_give_the_same_bytes(badak, here, undrawn):
    outcomes = [badak("train", "moons", *QUICK, "--patience", "1") for _ in range(2)]
    first, second = (here / "runs" / name for name in ("moons-1", "moons-2"))

    assert outcomes[0].out == outcomes[1].out
    assert (first / "model.safetensors").read_bytes() == (second / "model.safetensors").read_bytes()
    assert history(first) == history(second)


def test_another_seed_gives_another_network(badak, here, undrawn):
    for seed in ("1", str(2**64 - 1)):
        badak("train", "moons", *QUICK, "--seed", seed)
    first, second = (here / "runs" / name for name in ("moons-1", "moons-2"))

    assert history(first) != history(second)


@pytest.mark.parametrize("name", [name for name in names() if not holds_images(name)])
def test_every_toy_set_is_learned_from(badak, here, undrawn, name):
    outcome = badak("train", name, "--layers", "16", "--epochs", "6", "--dropout", "0")

    assert outcome.code == 0
    losses = [record["loss"] for record in history(here / "runs" / f"{name}-1")]
    assert losses[-1] < losses[0]


def test_a_regression_is_measured_in_the_unit_of_its_targets(badak, here, undrawn):
    x = np.linspace(-1, 1, 200)[:, None]
    np.savez("line.npz", x=x, t=5000 * x + 1e6)
    outcome = badak("train", "line.npz", "--layers", "", "--lr", "0.05", "--epochs", "2")
    loss, r2, error = map(float, outcome.out.splitlines()[4].split()[2:])

    assert r2 == pytest.approx(1 - loss, abs=0.01)
    assert error == pytest.approx(5000 * 0.577 * np.sqrt(loss), rel=0.5)


def test_a_table_with_names_of_classes_is_learned(badak, pets, undrawn):
    outcome = badak("train", pets, *QUICK, "--batch-size", "5")

    assert outcome.code == 0
    assert re.search(r"^ +cat +dog +right$", outcome.out, re.MULTILINE)
    assert re.search(r"^dog +\S+ +\S+ +\d+\.\d%$", outcome.out, re.MULTILINE)


def test_a_table_takes_another_target(badak, pets, undrawn):
    outcome = badak("train", pets, *QUICK, "--target", "width", "--drop", "kind", "--drop", "0")
    by_number = badak(
        "train", pets, *QUICK, "--target", "0", "--drop", "kind", "--task", "regression"
    )

    assert outcome.code == by_number.code == 0
    assert "mean absolute error" in by_number.out


def test_an_unknown_column_is_answered_with_the_nearest(badak, pets, here):
    outcome = badak("train", pets, "--target", "kid")

    assert outcome.code == 2
    assert "did you mean 'kind'?" in outcome.complaint
    assert list(here.iterdir()) == [pets]


def test_too_few_rows_for_r2_are_no_reason_to_stop(badak, here, undrawn):
    (here / "few.csv").write_text("x,t\n" + "".join(f"{i},{i}.5\n" for i in range(12)))
    outcome = badak("train", "few.csv", *QUICK)

    assert outcome.code == 0
    assert "r2" not in outcome.out


def test_the_cnn_learns_digits(badak, here, undrawn):
    outcome = badak("train", "digits", "--model", "cnn", "--layers", "", "--epochs", "1")

    assert outcome.code == 0
    assert history(here / "runs" / "digits-1")[0]["val_accuracy"] > 0.5


def test_the_deep_cnn_has_a_recipe_of_its_own(badak, here, undrawn):
    outcome = badak("train", "digits", "--model", "deepconvnet", "--epochs", "1")
    kept = json.loads((here / "runs" / "digits-1" / "config.json").read_text())

    assert outcome.code == 0
    assert "one cycle, augmented" in outcome.err
    assert re.search(r"1 epochs in [\d.]+ s", outcome.err)
    assert (kept["augment"], kept["schedule"]) == (True, "one_cycle")
    assert (kept["steps"], kept["architecture"]["layers"]) == (13, [50])


def test_the_deep_cnn_is_that_of_the_book():
    net = architecture(model="deepconvnet", layers=(50,), batch_norm=False).build((1, 28, 28), 10)
    counts = [p.size for p in net.parameters().values()]

    assert counts[::2] == [144, 2304, 4608, 9216, 18432, 36864, 51200, 500]
    assert net(np.zeros((2, 1, 28, 28), np.float32)).shape == (2, 10)


def test_a_recipe_can_be_left(badak, here, undrawn):
    plain = ("--no-augment", "--schedule", "cosine")
    outcome = badak("train", "digits", "--model", "deepconvnet", "--epochs", "1", *plain)

    assert outcome.code == 0
    assert "augmented" not in outcome.err
    assert "cosine" in outcome.err


def test_a_schedule_ends_where_it_was_to_end_when_more_epochs_follow(badak, here, undrawn):
    badak("train", "xor", *QUICK, "--schedule", "one_cycle", "--out", "run")
    outcome = badak("train", "--resume", "run", "--epochs", "3")

    assert outcome.code == 0
    assert len(history(here / "run")) == 3


def test_folders_of_pictures_are_learned(badak, here, undrawn):
    image = pytest.importorskip("PIL.Image")
    for name, grey in (("dark", 20), ("light", 220)):
        (here / "pictures" / name).mkdir(parents=True)
        for i in range(20):
            image.new("L", (8, 8), grey + i).save(here / "pictures" / name / f"{i}.png")
    outcome = badak("train", "pictures", "--model", "cnn", "--augment", *QUICK)

    assert outcome.code == 0
    assert "2 classes" in outcome.err


@pytest.mark.parametrize("model", ["mlp", "cnn"])
def test_images_in_an_archive_are_learned(badak, here, undrawn, model):
    x = np.random.default_rng(0).integers(0, 255, (60, 3, 4, 4))
    np.savez(here / "images.npz", x=x, t=np.arange(60) % 3)
    outcome = badak("train", "images.npz", "--model", model, *QUICK)

    assert outcome.code == 0
    assert "3 classes" in outcome.err


def test_one_hot_targets_are_not_taken_for_a_regression(badak, here):
    np.savez(here / "hot.npz", x=np.zeros((6, 2)), t=np.eye(3, dtype=int)[[0, 1, 2, 0, 1, 2]])
    outcome = badak("train", "hot.npz")

    assert outcome.code == 2
    assert "argmax(axis=1)" in outcome.complaint


def test_classes_that_only_the_test_rows_have_get_their_output(here):
    x, t = np.arange(40.0).reshape(20, 2), np.arange(20) % 2
    np.savez("more.npz", x_train=x, t_train=t, x_test=x, t_test=t + 1)
    parts = load_parts(config(data="more.npz"))

    assert completed(config(data="more.npz"), parts).outputs == 3


def test_scales_are_learned_from_the_training_rows_alone(pets):
    parts = load_parts(config(data=str(pets), validation=0.5))

    np.testing.assert_allclose(parts.train.x.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(parts.train.x.std(axis=0), 1, atol=1e-6)
    assert abs(parts.validation.x.mean()) > 1e-3


@pytest.mark.parametrize("rows", [2, 11, 12, 101, 111, 999, 1111, 10101, 60000])
def test_usual_batches_leave_no_row_alone(here, rows):
    x, t = np.arange(rows + 5.0)[:, None], np.arange(rows + 5) % 2
    np.savez("rows.npz", x_train=x, t_train=t, x_test=x, t_test=t)
    asked = config(data="rows.npz", validation=5 / (rows + 5))
    parts = load_parts(asked)
    result = completed(asked, parts)

    assert len(parts.train) == rows
    assert rows % result.batch_size != 1
    assert result.batch_size <= 110
    assert FEWEST_EPOCHS <= result.epochs <= MOST_EPOCHS


def test_a_data_file_is_remembered_from_everywhere(badak, pets, here, undrawn, monkeypatch):
    badak("train", "pets.csv", *QUICK, "--out", "run")
    (here / "elsewhere").mkdir()
    monkeypatch.chdir(here / "elsewhere")

    assert badak("train", "--resume", here / "run").code == 0


@pytest.mark.parametrize("name", ["my run", "실행", "🐕 run", "new\nline", "-dash", "a'b"])
def test_a_run_may_have_any_name(badak, here, undrawn, name):
    (here / f"{name}.csv").write_text("a,b\n" + "1,0\n2,1\n" * 20)
    outcome = badak("train", f"./{name}.csv", *QUICK, "--out", f"./{name}")

    assert outcome.code == 0
    assert json.loads((here / name / "config.json").read_text())["data"].endswith(f"{name}.csv")
    assert badak("predict", f"./{name}", f"./{name}.csv", "--drop", "b").code == 0


def test_two_runs_that_start_at_one_moment_get_two_folders(here):
    paths = [RunFolder.new(None, "xor").path.name for _ in range(3)]

    assert paths == ["xor-1", "xor-2", "xor-3"]
