"""The run folder: what it holds is read back, and what is damaged is told."""

from __future__ import annotations

import json
import os
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from badak.base.errors import BadakFileError, StateError
from badak.cli.config import config_from_json
from badak.cli.run import RunFolder
from tests.cli.settings import architecture, config

LEARNED = {"epochs": 3, "batch_size": 10, "input_shape": (2,), "outputs": 2}

CONFIGS = [
    config(**LEARNED, classes=("0", "1")),
    config(**LEARNED, data="실행 🐕.csv", target="kind", drop=(0, "id"), task="regression"),
    config(
        **(LEARNED | {"input_shape": (1, 8, 8)}),
        architecture=architecture(model="cnn", layers=(), batch_norm=False),
        patience=3,
        seed=2**64 - 1,
        root="somewhere",
        lr=1e-30,
    ),
]


@pytest.mark.parametrize("settings", CONFIGS)
def test_settings_are_read_back(here, settings):
    run = RunFolder(here)
    run.save_config(settings)

    assert run.load_config() == settings


def test_settings_of_a_newer_format_are_refused(here):
    with pytest.raises(BadakFileError, match="newer format") as caught:
        config_from_json({**CONFIGS[0].as_json(), "format": 2}, "config.json")

    assert caught.value.got == 2


@pytest.mark.parametrize("name", sorted(CONFIGS[0].as_json()))
def test_a_missing_setting_is_named(name):
    tree = CONFIGS[0].as_json()
    del tree[name]

    with pytest.raises(BadakFileError, match=r"where (lacks|is no configuration)"):
        config_from_json(tree, "where")


def test_an_unknown_setting_is_named():
    with pytest.raises(BadakFileError, match="colour"):
        config_from_json({**CONFIGS[0].as_json(), "colour": "blue"}, "where")


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
)


@given(ANYTHING)
def test_what_is_no_configuration_is_refused(tree):
    with pytest.raises(BadakFileError):
        config_from_json(tree, "where")


@given(st.sampled_from(sorted(CONFIGS[0].as_json())), ANYTHING)
def test_a_damaged_setting_is_refused_or_possible(name, value):
    tree = json.loads(json.dumps(CONFIGS[0].as_json()))
    tree[name] = value
    with suppress(BadakFileError):
        settings = config_from_json(tree, "where")
        again = json.loads(json.dumps(settings.as_json()))

        assert config_from_json(again, "where") == settings


def test_a_file_cut_anywhere_is_refused(here):
    run = RunFolder(here)
    run.save_config(CONFIGS[0])
    whole = run.config_path.read_bytes()
    for length in range(len(whole.rstrip())):
        run.config_path.write_bytes(whole[:length])
        with pytest.raises(BadakFileError, match=r"config\.json"):
            run.load_config()


def test_a_folder_that_holds_a_run_is_left_alone(badak, trained):
    before = {path: path.stat().st_mtime_ns for path in trained.rglob("*")}
    outcome = badak("train", "digits", "--out", trained)

    assert outcome.code == 1
    assert f"--resume {trained}" in outcome.complaint
    assert {path: path.stat().st_mtime_ns for path in trained.rglob("*")} == before


def test_a_folder_that_is_there_already_is_used(badak, here, undrawn):
    (here / "mine").mkdir()
    (here / "mine" / "notes.txt").write_text("mine")
    outcome = badak("train", "xor", "--epochs", "1", "--out", "mine")

    assert outcome.code == 0
    assert (here / "mine" / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize("place", ["missing", "", "."])
def test_what_is_no_run_is_told(badak, here, place):
    for command in (["predict", place, "x.csv"], ["train", "--resume", place]):
        outcome = badak(*command)

        assert outcome.code == 1
        assert "is no run" in outcome.complaint or "path is empty" in outcome.complaint
    assert list(here.iterdir()) == []


def test_a_run_without_a_model_says_how_to_go_on(badak, here):
    run = RunFolder(here)
    run.save_config(CONFIGS[0])
    outcome = badak("predict", here, "x.csv")

    assert outcome.code == 1
    assert f"badak train --resume {here}" in outcome.complaint


def test_a_flipped_bit_of_the_model_is_noticed(badak, trained, here):
    (here / "x.csv").write_text("1,0\n")
    model = trained / "model.safetensors"
    data = bytearray(model.read_bytes())
    data[len(data) // 2] ^= 1
    model.write_bytes(data)
    outcome = badak("predict", trained, "x.csv")

    assert outcome.code == 1
    assert "model.safetensors" in outcome.complaint


def test_an_archive_of_something_else_is_no_model(badak, trained):
    checkpoint = next((trained / "checkpoints").glob("*.safetensors"))
    os.replace(checkpoint, trained / "model.safetensors")
    outcome = badak("predict", trained, "x.csv")

    assert outcome.code == 1
    assert "is no configuration of a run" in outcome.complaint


def test_a_name_that_is_taken_is_passed_over(here):
    (here / "runs").mkdir()
    (here / "runs" / "xor-1").write_text("a file")

    assert RunFolder.new(None, "xor").path.name == "xor-2"


def test_a_run_is_not_made_over_another(here):
    RunFolder(here).save_config(CONFIGS[0])

    with pytest.raises(StateError, match="holds a run already"):
        RunFolder.new(str(here), "xor")
