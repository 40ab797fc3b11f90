"""What a training did: records, files of JSON lines, pictures."""

from __future__ import annotations

import math
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_rgb
from matplotlib.text import Text

from badak.base.errors import BadakFileError, MissingExtraError, RangeError, StateError
from badak.train import History
from badak.train.curves import draw, image_bytes

RECORDS = [
    {"epoch": 1, "loss": 0.9, "accuracy": 0.5, "val_loss": 1.0, "val_accuracy": 0.4},
    {"epoch": 2, "loss": 0.5, "accuracy": 0.7, "val_loss": 0.6, "val_accuracy": 0.8},
    {"epoch": 3, "loss": 0.3, "accuracy": 0.9, "val_loss": 0.7, "val_accuracy": 0.7},
]


def test_it_is_a_list_of_records_and_a_table_of_names():
    history = History(RECORDS)

    assert [record["epoch"] for record in history] == [1, 2, 3]
    assert history["val_loss"] == [1.0, 0.6, 0.7]
    assert history.last["loss"] == 0.3
    assert len(history) == 3
    assert repr(History([{"epoch": 1, "loss": 0.25}])) == (
        "History(1 epochs; last: epoch 1, loss 0.25)"
    )


def test_an_empty_one():
    assert (len(History()), History().last, History().names) == (0, {}, [])
    assert repr(History()) == "History(0 epochs)"


def test_an_unknown_name_is_corrected():
    with pytest.raises(RangeError, match=r"unknown record 'val_los'.*\n.*\n.*'val_loss'"):
        History(RECORDS)["val_los"]


# ---- files ------------------------------------------------------------------------------------


def test_lines_of_json(tmp_path):
    History(RECORDS[:2]).save(tmp_path / "history.jsonl")

    assert (tmp_path / "history.jsonl").read_text() == (
        '{"epoch":1,"loss":0.9,"accuracy":0.5,"val_loss":1.0,"val_accuracy":0.4}\n'
        '{"epoch":2,"loss":0.5,"accuracy":0.7,"val_loss":0.6,"val_accuracy":0.8}\n'
    )


@given(st.lists(st.fixed_dictionaries({"epoch": st.integers(1, 9), "loss": st.floats()})))
def test_there_and_back(tmp_path_factory, records):
    path = tmp_path_factory.mktemp("history") / "history.jsonl"
    History(records).save(path)
    back = History.load(path)

    finite = [{k: v if math.isfinite(v) else math.nan for k, v in r.items()} for r in records]
    assert repr(back.records) == repr(finite)


def test_what_is_not_finite_is_null(tmp_path):
    path = tmp_path / "history.jsonl"
    History([{"epoch": 1, "loss": math.nan, "val_loss": math.inf}]).save(path)

    assert path.read_text() == '{"epoch":1,"loss":null,"val_loss":null}\n'


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('{"epoch": 1, "loss": "low"}', "line 2: 'loss' is no number"),
        ('{"epoch": true}', "line 2: 'epoch' is no number"),
        ('{"loss": 1.0}', "line 2: this is no record of an epoch"),
        ("[1]", "line 2"),
        ("{", "line 2"),
    ],
)
def test_a_damaged_line_is_named(tmp_path, line, words):
    path = tmp_path / "history.jsonl"
    path.write_text(f'{{"epoch": 1, "loss": 1.0}}\n{line}\n{{"epoch": 3}}\n')

    with pytest.raises(BadakFileError, match=words):
        History.load(path)


# ---- pictures ---------------------------------------------------------------------------------


def texts(figure):
    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


def test_a_picture_has_a_panel_for_each_number_and_marks_the_best(tmp_path):
    figure = History(RECORDS).plot(tmp_path / "curves.png", title="digits")
    seen = texts(figure)

    assert [axis.get_title(loc="left") for axis in figure.axes] == ["loss", "accuracy"]
    assert [axis.get_xlabel() for axis in figure.axes] == ["epoch", "epoch"]
    assert {"digits", "best 0.6, epoch 2", "best 0.8, epoch 2"} <= set(seen)
    assert [seen.count(word) for word in ("training", "validation")] == [1, 1]
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_nothing_is_written_across_the_curves():
    figure = History(RECORDS).plot(title="digits")
    figure.canvas.draw()
    words = [text for text in figure.texts + figure.legends if text]
    outside = [axis.title for axis in figure.axes] + [axis._right_title for axis in figure.axes]

    for axis in figure.axes:
        plot = axis.get_window_extent()
        for thing in [*words, *outside]:
            assert not plot.overlaps(thing.get_window_extent())


@pytest.mark.parametrize(("kind", "start"), [("svg", b"<?xml"), ("pdf", b"%PDF"), ("PNG", b"\x89")])
def test_other_kinds_of_files(tmp_path, kind, start):
    History(RECORDS).plot(tmp_path / f"curves.{kind}")

    assert (tmp_path / f"curves.{kind}").read_bytes().startswith(start)


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_the_same_history_gives_the_same_file(kind):
    first, second = (image_bytes(draw(RECORDS), kind) for _ in range(2))

    assert first == second


@pytest.mark.parametrize(
    "records",
    [
        RECORDS[:1],
        [{"epoch": 1, "loss": 0.5}],
        [{"epoch": e, "loss": math.nan, "val_loss": math.inf} for e in (1, 2)],
        [{"epoch": 1, "loss": 1.0}, {"epoch": 2, "loss": 1.0, "val_loss": 2.0}],
        [{"epoch": e, "loss": 1.0, "a": 1.0, "b": 2.0, "c": 3.0, "val_c": 0.1} for e in (1, 2)],
    ],
    ids=["one epoch", "only a loss", "not finite", "late validation", "many metrics"],
)
def test_any_history_can_be_drawn(records):
    names = {name.removeprefix("val_") for record in records for name in record} - {"epoch"}

    assert len(draw(records).axes) == len(names)
    assert image_bytes(draw(records), "png").startswith(b"\x89PNG")


def test_colours_differ_in_lightness_and_for_all_eyes():
    axis = draw(RECORDS).axes[0]

    first, second = (np.array(to_rgb(line.get_color())) for line in axis.lines[:2])
    # Red-green blindness leaves blue against yellow: there the two are far apart.
    assert abs((first[2] - first[:2].mean()) - (second[2] - second[:2].mean())) > 0.5


def test_before_the_first_epoch_there_is_nothing_to_draw():
    with pytest.raises(StateError, match="nothing to draw yet"):
        History().plot()


@pytest.mark.parametrize("name", ["curves.jpg", "curves"])
def test_an_unknown_kind_of_picture(tmp_path, name):
    with pytest.raises(RangeError, match="unknown kind of picture"):
        History(RECORDS).plot(tmp_path / name)

    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_missing(tmp_path):
    with pytest.raises(BadakFileError, match="no such file or folder"):
        History(RECORDS).plot(tmp_path / "absent" / "curves.png")


def test_without_matplotlib_the_install_line_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)

    with pytest.raises(MissingExtraError, match=r"matplotlib\n.*pip install 'badak\[plot\]'"):
        History(RECORDS).plot()
