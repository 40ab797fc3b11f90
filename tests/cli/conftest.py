"""A place to run the command in, and a trained network to ask."""

from __future__ import annotations

import pytest

from badak.cli import entry
from tests.cli.commands import QUICK, Outcome


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """An empty folder, which is the current one; no data of the user's is seen."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BADAK_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


@pytest.fixture
def badak(capsys):
    """Runs `badak` with these words in this process."""

    def run(*arguments: object) -> Outcome:
        capsys.readouterr()
        code = entry.run([str(argument) for argument in arguments])
        written = capsys.readouterr()
        return Outcome(code, written.out, written.err)

    return run


@pytest.fixture
def trained(badak, here):
    """The folder of a run that has ended."""
    outcome = badak("train", "xor", *QUICK, "--out", "trained")
    assert outcome.code == 0, outcome.err
    return here / "trained"


@pytest.fixture
def undrawn(monkeypatch):
    """No picture is drawn, which takes longer than these trainings."""
    monkeypatch.setattr("badak.train.History.plot", lambda self, path, title: None)


TABLE = "width,height,kind\n" + "".join(
    f"{1 + i % 3}.5,{2 + i % 4},{'dog' if i % 2 else 'cat'}\n" for i in range(60)
)


@pytest.fixture
def pets(here):
    """A table whose last column is text."""
    (here / "pets.csv").write_text(TABLE)
    return here / "pets.csv"
