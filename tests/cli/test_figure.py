"""`badak figure`: what it writes, what it lists, what it refuses."""

from __future__ import annotations

import csv
import io

import pytest

from badak.base.errors import DTypeError
from badak.cli.figure import arguments
from badak.lab.drawing import Picture
from badak.lab.figures import BY_NAME, Figure


def table(path):
    return list(csv.DictReader(io.StringIO(path.read_text())))


def test_all_figures_are_listed_with_a_line_each(badak):
    outcome = badak("figure", "list")
    lines = outcome.out.splitlines()

    assert [line.split()[0] for line in lines] == list(BY_NAME)
    assert max(map(len, lines)) <= 100
    assert outcome.code == 0


def test_a_picture_and_its_numbers_are_written_into_the_folder_of_figures(badak, here):
    outcome = badak("figure", "optimizer-paths")
    rows = table(here / "figures" / "optimizer-paths.csv")

    assert outcome.code == 0
    assert (here / "figures" / "optimizer-paths.png").read_bytes().startswith(b"\x89PNG")
    assert len(rows) == 4 * 31
    assert round(float(rows[30]["x"]), 6) == -0.350393
    assert "figures/optimizer-paths.png" in outcome.out.replace("\\", "/")


@pytest.mark.parametrize(
    ("ending", "start"), [("svg", b"<?xml"), ("pdf", b"%PDF"), ("PNG", b"\x89")]
)
def test_the_ending_of_the_file_says_its_kind(badak, here, ending, start):
    outcome = badak("figure", "optimizer-paths", "--set", "steps=2", "--out", f"new/one.{ending}")

    assert outcome.code == 0
    assert (here / "new" / f"one.{ending}").read_bytes().startswith(start)
    assert (here / "new" / "one.csv").exists()


def test_dark_is_another_picture_of_the_same_numbers(badak, here):
    for name, more in (("light", ()), ("dark", ("--dark",))):
        badak("figure", "optimizer-paths", "--set", "steps=2", "--out", f"{name}.svg", *more)

    assert (here / "light.csv").read_text() == (here / "dark.csv").read_text()
    assert "#15181c" in (here / "dark.svg").read_text()
    assert "#15181c" not in (here / "light.svg").read_text()


def test_arguments_are_set_as_text(badak, here):
    settings = ["steps=3", "optimizers=sgd,adam", "rates=0.1,0.2", "start=-1,1", "surface=saddle"]
    words = [word for setting in settings for word in ("--set", setting)]
    outcome = badak("figure", "optimizer-paths", "--out", "a.svg", *words)
    rows = table(here / "a.csv")

    assert outcome.code == 0, outcome.err
    assert [r["optimizer"] for r in rows] == ["sgd"] * 4 + ["adam"] * 4
    assert (rows[0]["surface"], rows[0]["x"], rows[4]["lr"]) == ("saddle", "-1.0", "0.2")


def make(
    n: int = 1, rate: float = 0.5, dark: bool = False, sizes: tuple[int, ...] = (),
    name: str | None = None,
) -> Picture:  # fmt: skip
    raise AssertionError("is only looked at")


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("n=-3", {"n": -3}),
        ("rate=1e-3", {"rate": 0.001}),
        ("rate=2", {"rate": 2.0}),
        ("dark=True", {"dark": True}),
        ("dark=false", {"dark": False}),
        ("sizes=3, 4", {"sizes": (3, 4)}),
        ("sizes=", {"sizes": ()}),
        ("name=none", {"name": None}),
        ("name=a=b", {"name": "a=b"}),
    ],
)
def test_text_becomes_a_value_of_the_arguments_kind(setting, expected):
    found = arguments(Figure("toy", "", make), [setting])

    assert found == expected
    assert [type(v) for v in found.values()] == [type(v) for v in expected.values()]


@pytest.mark.parametrize("setting", ["n=2.5", "n=", "rate=fast", "dark=yes", "sizes=1,x"])
def test_text_of_another_kind_is_refused(setting):
    with pytest.raises(DTypeError, match=f"--set {setting.partition('=')[0]}"):
        arguments(Figure("toy", "", make), [setting])


@pytest.mark.parametrize(
    ("words", "question"),
    [
        ("surfases", "did you mean 'surfaces'?"),
        ("surfaces --set optimizer=adam", "did you mean 'optimizers'?"),
        ("surfaces --set optimizers=adm", "did you mean 'adam'?"),
        ("surfaces --set optimizers", "--set takes name=value"),
        ("surfaces --out a.gif", "--out 'a.gif': no kind of picture"),
        ("surfaces --out a", "--out 'a': no kind of picture"),
        ("optimizer-paths --set steps=many", "--set steps is a whole number; got many"),
        ("optimizer-paths --set steps=0", "steps must be at least 1"),
    ],
)
def test_what_is_asked_wrongly_is_named_and_nothing_is_written(badak, here, words, question):
    outcome = badak("figure", *words.split())

    assert outcome.code == 2
    assert question in outcome.complaint
    assert [path for path in here.rglob("*") if path.is_file()] == []


def test_a_folder_that_cannot_be_made_is_told_before_the_work(badak, here):
    (here / "taken").write_text("a file")
    outcome = badak("figure", "sharpness", "--out", "taken/one.png")

    assert outcome.code == 1
    assert "not a folder" in outcome.complaint
