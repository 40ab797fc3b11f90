"""Asked wrongly: exit code 2 and one sentence that names what the user wrote."""

from __future__ import annotations

import re

import pytest

import badak as bd
from badak.cli.entry import main
from badak.cli.networks import ACTIVATIONS, MODELS
from badak.data import names
from badak.optim.catalogue import BY_NAME

COMMANDS = [("train",), ("predict",), ("data",), ("data", "list"), ("runs",), ()]
COMMANDS += [("runs", "list"), ("runs", "show"), ("runs", "compare"), ("runs", "rm")]


def test_without_a_command_the_help_is_printed(badak):
    outcome = badak()

    assert outcome.code == 2
    assert "Usage: badak" in outcome.out
    assert outcome.err == ""


def test_the_version_is_that_of_the_package(badak):
    assert badak("--version").out == f"badak {bd.__version__}\n"


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_help_shows_examples_and_fits_a_terminal(badak, command):
    outcome = badak(*command, "--help")

    assert outcome.code == 0
    assert re.search(r"Examples:\s+badak ", outcome.out)
    assert max(map(len, outcome.out.splitlines())) <= 80
    assert badak(*command, "-h") == outcome


def test_help_names_everything_that_can_be_chosen(badak):
    words = set(re.findall(r"\w+", badak("train", "--help").out))

    assert {*ACTIVATIONS, *MODELS, *BY_NAME} <= words


def test_main_ends_the_process_with_the_code():
    with pytest.raises(SystemExit) as ended:
        main(["--nonsense"])

    assert ended.value.code == 2


@pytest.mark.parametrize(
    ("arguments", "question"),
    [
        ("trian", "did you mean 'train'?"),
        ("data lst", "did you mean 'list'?"),
        ("train digits --epoch 3", "no such option: --epoch; did you mean --epochs?"),
        ("train digts", "unknown data set 'digts'; .* did you mean 'digits'?"),
        ("train digits --optimizer adan", "unknown optimizer 'adan'; .* did you mean 'adam'?"),
        ("train digits --activation rellu", "unknown --activation 'rellu'; .* mean 'relu'?"),
        ("train digits --schedule cosin", "unknown --schedule 'cosin'; .* did you mean 'cosine'?"),
        ("train digits --model nlp", "unknown --model 'nlp'; .* did you mean 'mlp'?"),
    ],
)
def test_a_misspelt_word_is_answered_with_the_nearest(badak, arguments, question):
    outcome = badak(*arguments.split())

    assert outcome.code == 2
    assert re.search(question.replace("?", r"\?"), outcome.complaint)
    assert outcome.out == ""


@pytest.mark.parametrize(
    ("option", "values"),
    [
        ("--lr", ["0", "-1", "nan", "inf", "fast"]),
        ("--epochs", ["0", "-1", "2.5", "ten"]),
        ("--batch-size", ["0", "-7", "1"]),
        ("--dropout", ["1", "1.5", "-0.1", "nan"]),
        ("--validation", ["0", "1", "1.5", "nan", "0.0001", "0.9999"]),
        ("--layers", ["0", "-3", "abc", "2.5", "10,", "10,,5"]),
        ("--patience", ["0", "-1"]),
        ("--seed", ["-1", str(2**64), "x"]),
        ("--target", ["kind"]),
        ("--task", ["regression"]),
        ("--drop", ["kind"]),
    ],
)
def test_a_value_out_of_range_is_named_before_a_folder_is_made(badak, here, option, values):
    for value in values:
        outcome = badak("train", "digits", option, value)

        assert outcome.code == 2, value
        assert option in outcome.complaint
        assert list(here.iterdir()) == []


def test_a_batch_of_one_row_needs_no_normalisation(badak, undrawn):
    outcome = badak("train", "xor", "--layers", "", "--batch-size", "269", "--epochs", "1")

    assert outcome.code == 0


@pytest.mark.parametrize("arguments", ["train", "predict", "predict run", "train digits moons"])
def test_too_few_and_too_many_words_are_told(badak, arguments):
    outcome = badak(*arguments.split())

    assert outcome.code == 2
    assert re.search("needs data|missing argument|unexpected extra", outcome.complaint)


def test_the_cnn_wants_images(badak, here):
    outcome = badak("train", "moons", "--model", "cnn")

    assert outcome.code == 2
    assert "--model cnn needs images" in outcome.complaint
    assert list(here.iterdir()) == []


def test_augmentation_is_for_images(badak, here):
    for data in ("moons", "digits"):
        outcome = badak("train", data, "--augment")

        assert outcome.code == 2
        assert "--augment is for images" in outcome.complaint
        assert "--model cnn" in outcome.complaint
    assert list(here.iterdir()) == []


def test_an_option_that_a_resumed_run_would_pass_over_is_refused(badak, trained):
    for extra in (["--lr", "0.1"], ["--no-batch-norm"], ["xor"]):
        outcome = badak("train", "--resume", trained, *extra)

        assert outcome.code == 2
        assert "does not go with --resume" in outcome.complaint


def test_fewer_epochs_than_a_run_has_are_refused(badak, trained):
    outcome = badak("train", "--resume", trained, "--epochs", "1")

    assert outcome.code == 2
    assert "--epochs 1: the run has 2 already" in outcome.complaint


def test_the_list_of_data_sets_fits_and_is_complete(badak):
    outcome = badak("data", "list")
    lines = outcome.out.splitlines()

    assert [line.split()[0] for line in lines[1 : len(names()) + 1]] == names()
    assert max(map(len, lines)) <= 100
    assert "mnist CC BY-SA 3.0" in outcome.out
    assert outcome.err == ""


def test_the_list_says_whether_mnist_is_here(badak, here, monkeypatch):
    def mnist_here():
        return next(
            line.split()[4] for line in badak("data", "list").out.splitlines() if "mnist" in line
        )

    before = mnist_here()
    for name in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"):
        (here / f"{name}-ubyte").touch()
    monkeypatch.setenv("BADAK_DATA", str(here))

    assert (before, mnist_here()) == ("no", "yes")


def test_a_wrong_data_folder_is_told_beside_the_list(badak, monkeypatch):
    monkeypatch.setenv("BADAK_DATA", "/nowhere/at/all")
    outcome = badak("data", "list")

    assert "BADAK_DATA names a folder that does not exist" in outcome.complaint
    assert "digits" in outcome.out
