"""Ready-made comparisons: each can be run; a file describes one."""

from __future__ import annotations

import pytest

from badak.base.errors import BadakFileError, RangeError
from badak.lab.contests import CONTESTS, contest, read_contest
from badak.lab.recipe import Recipe

FILE = """
about = "two rates"
data = "moons"
updates = 30
seeds = 2
baseline = "fast"

[base]
layers = [5]

[contenders.fast]
lr = 0.1

[contenders.slow]
lr = 0.001
"""


@pytest.mark.parametrize("name", CONTESTS)
def test_every_contest_runs(name):
    quick = {"epochs": 1} if name == "batch-sizes" else {"updates": 4}
    found = CONTESTS[name].run(seeds=2, tuned=False, progress=False, rows=300, **quick)

    assert {row.contender for row in found.rows} == set(CONTESTS[name].contenders)
    assert found.name == name


@pytest.mark.parametrize("name", CONTESTS)
def test_contenders_differ(name):
    one = CONTESTS[name]
    base = Recipe.of(one.settings["base"])
    recipes = [str(Recipe.of(changes, base)) for changes in one.contenders.values()]

    assert len(set(recipes)) == len(recipes)


def test_a_file_describes_a_comparison(tmp_path):
    path = tmp_path / "rates.toml"
    path.write_text(FILE)
    found = contest(str(path)).run(tuned=False, progress=False)

    assert (found.name, found.criterion.baseline, found.settings["updates"]) == (
        "rates",
        "fast",
        30,
    )
    assert {row.rate for row in found.rows} == {0.1, 0.001}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("data = ", "no TOML"),
        ("data = 'xor'", "no contenders"),
        ("contenders = 3", "no contenders"),
        (FILE.replace("updates", "updats"), "did you mean 'updates'"),
        (FILE.replace("updates = 30", "store = 'x'"), "setting of a comparison"),
    ],
)
def test_a_file_that_describes_none_is_refused(text, words, tmp_path):
    path = tmp_path / "wrong.toml"
    path.write_text(text)

    with pytest.raises((BadakFileError, RangeError)) as caught:
        read_contest(path)

    assert words in str(caught.value)


def test_an_unknown_contest_is_named():
    with pytest.raises(RangeError, match="did you mean 'optimizers'"):
        contest("optimisers")
    with pytest.raises(RangeError, match="setting of a comparison"):
        CONTESTS["optimizers"].run(update=3)
