"""The two ways in which a training can run."""

from __future__ import annotations

import pytest

from tests.train import trainings


@pytest.fixture(params=["eager", "compiled"])
def mode(request, monkeypatch):
    """How the trainings of `tests.train.trainings` run in this test."""
    monkeypatch.setattr(trainings, "COMPILE", request.param == "compiled")
    return request.param
