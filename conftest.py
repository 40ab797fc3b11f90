"""What holds for every test and every doctest: equal starts, no window, no file left behind."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import hypothesis
import numpy as np
import pytest

import badak
from badak.base.random import set_seed

# A shell lets what it starts in the background ignore Ctrl-C, and so would the processes that the
# tests start and then interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Figures are drawn into files; a screen may not exist.
os.environ["MPLBACKEND"] = "Agg"

# The same examples each time, so that a failure is the change's fault. To look for new ones:
# HYPOTHESIS_PROFILE=search make test
hypothesis.settings.register_profile("steady", derandomize=True, deadline=None)
hypothesis.settings.register_profile("search", deadline=None, max_examples=1000, print_blob=True)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))


@pytest.fixture(scope="session", autouse=True)
def _compiled_programs_apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What the tests compile is not kept with the user's own programs, nor taken from them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BADAK_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(autouse=True)
def _as_in_a_new_process() -> None:
    """Networks made by a test start alike, whichever tests ran before."""
    set_seed(0)


@pytest.fixture(autouse=True)
def _usual_names(doctest_namespace: dict[str, object]) -> None:
    """An example in a docstring may take these imports for granted."""
    doctest_namespace |= {"bd": badak, "nn": badak.nn, "np": np, "optim": badak.optim}


@pytest.fixture(autouse=True)
def _doctest_in_its_own_folder(request: pytest.FixtureRequest) -> None:
    """An example in a docstring may write files by a short name."""
    if not isinstance(request.node, pytest.Function):
        folder = request.getfixturevalue("tmp_path")
        request.getfixturevalue("monkeypatch").chdir(folder)
