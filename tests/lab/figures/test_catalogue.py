"""What holds for every figure: numbers beside it, both styles, axes with names, a line of help."""

from __future__ import annotations

import csv
import io
import itertools

import pytest

from badak.base.errors import RangeError
from badak.cli.figure import arguments, kinds
from badak.lab.figures import BY_NAME, get
from tests.lab.figures.quick import QUICK

ALL = list(BY_NAME)


@pytest.fixture(scope="module")
def pictures():
    """Each figure once, quickly."""
    made = {}

    def picture(name):
        if name not in made:
            made[name] = get(name).make(**QUICK[name])
        return made[name]

    return picture


def test_there_is_a_quick_setting_for_each():
    assert list(QUICK) == sorted(QUICK)
    assert sorted(QUICK) == sorted(ALL)


def test_an_unknown_figure_is_answered_with_the_nearest():
    with pytest.raises(RangeError, match="did you mean 'surfaces'"):
        get("surface")


@pytest.mark.parametrize("name", ALL)
def test_a_figure_is_called_what_its_picture_is_called(pictures, name):
    assert get(name).name == name == pictures(name).name
    assert pictures(name).caption.endswith(".")
    assert len(get(name).about) <= 70


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("name", ALL)
def test_it_is_drawn_in_both_styles(pictures, name, dark):
    image = pictures(name).image("png", dark=dark)

    assert image.startswith(b"\x89PNG")
    assert len(image) > 10_000


@pytest.mark.parametrize("name", ALL)
def test_outer_axes_say_what_they_measure(pictures, name):
    figure = pictures(name).figure()
    panels = [axis for axis in figure.axes if axis.get_label() != "<colorbar>"]
    bars = [axis for axis in figure.axes if axis.get_label() == "<colorbar>"]
    place = {axis: axis.get_subplotspec() for axis in panels}

    assert all(a.get_ylabel() for a, at in place.items() if at.is_first_col())
    assert all(a.get_xlabel() for a, at in place.items() if at.is_last_row())
    assert all(bar.get_ylabel() for bar in bars)


@pytest.mark.parametrize("name", ALL)
def test_its_numbers_are_a_table_of_what_is_drawn(pictures, name):
    picture = pictures(name)
    read = list(csv.DictReader(io.StringIO(picture.csv())))

    assert len(read) == len(picture.rows) > 0
    assert all(len(row) == len(read[0]) and None not in row.values() for row in read)


@pytest.mark.parametrize("name", ALL)
def test_the_same_seed_gives_the_same_numbers(pictures, name):
    assert get(name).make(**QUICK[name]).csv() == pictures(name).csv()


@pytest.mark.parametrize("name", ALL)
def test_every_argument_has_a_default_and_can_be_set_as_text(name):
    texts = {int: "3", float: "0.5", bool: "true", str: "x"}
    for argument, kind in kinds(get(name)).items():
        found = {}
        for text in texts.values():
            try:
                found |= arguments(get(name), [f"{argument}={text}"])
            except TypeError:
                continue
        assert argument in found, f"{argument}: {kind}"


@pytest.mark.parametrize("name", ALL)
def test_its_docstring_names_every_argument(name):
    words = get(name).make.__doc__.split("Args:")[1].split("Raises:")[0].split()
    named = {word.strip(":,") for word in itertools.chain(words)}

    assert set(kinds(get(name))) <= named
