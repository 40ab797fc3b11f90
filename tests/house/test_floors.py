"""The house stands: imports lead downwards, none is hidden, none runs in a ring."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.house import import_graph as house

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def sources():
    return house.sources_of(ROOT / "badak")


@pytest.fixture(scope="module")
def imports(sources):
    return house.imports_of(sources)


def test_every_module_of_the_package_is_read(sources, imports):
    assert len(sources) == len(list((ROOT / "badak").rglob("*.py")))
    assert ("badak.base.random", "badak.base.errors") in {(f.by, f.what) for f in imports}


def test_every_room_is_on_a_floor(sources):
    assert house.homeless(sources) == []


def test_imports_lead_only_downwards_or_within_a_room(imports):
    assert house.upward_or_sideways(imports) == []


def test_no_import_is_hidden_in_a_function(imports):
    assert house.hidden(imports) == []


def test_no_ring_of_imports(imports):
    assert " -> ".join(house.cycle(imports)) == ""


def test_only_declared_packages_are_imported(imports):
    assert house.strangers(imports) == []


def test_linter_has_the_same_table_of_lazy_packages():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    imports = settings["tool"]["ruff"]["lint"]["flake8-tidy-imports"]

    assert imports["banned-module-level-imports"] == list(house.LAZY)


def test_import_badak_loads_no_lazy_package():
    program = "import badak, json, sys; print(json.dumps(list(sys.modules)))"
    loaded = json.loads(subprocess.check_output([sys.executable, "-c", program], cwd=ROOT))

    assert "badak" in loaded
    assert {"llvmlite", "typer", *house.LAZY, *house.LATE} & set(loaded) == set()


# The checker itself: a broken house for each rule, and what it says of it.


def test_an_upward_import_is_reported():
    imports = house.imports_of({"badak.core.tensor": "from badak.ops.conv import conv"})

    assert house.upward_or_sideways(imports) == [
        "badak.core.tensor:1 imports badak.ops.conv (floor 1 imports floor 2)"
    ]


def test_a_door_between_rooms_of_one_floor_is_reported():
    imports = house.imports_of({"badak.data.loader": "\nimport badak.nn.module"})

    assert house.upward_or_sideways(imports) == [
        "badak.data.loader:2 imports badak.nn.module (floor 3 imports floor 3)"
    ]


@pytest.mark.parametrize("text", ["import badak", "from badak import tensor"])
def test_an_import_of_the_package_itself_leads_upwards(text):
    imports = house.imports_of({"badak.train.trainer": text, "badak": ""})

    assert house.upward_or_sideways(imports) == [
        "badak.train.trainer:1 imports badak (floor 4 imports floor 7)"
    ]


def test_an_import_for_the_type_checker_counts():
    text = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from badak.nn import Module"
    imports = house.imports_of({"badak.optim.sgd": text})

    assert house.upward_or_sideways(imports) == [
        "badak.optim.sgd:3 imports badak.nn (floor 3 imports floor 3)"
    ]


def test_imports_down_and_within_a_room_are_fine():
    sources = {
        "badak": "from badak import nn\nfrom badak.train.trainer import Trainer",
        "badak.__main__": "from badak.cli import main",
        "badak.nn.linear": "from badak.nn.module import Module\nfrom badak.base import errors",
    }

    assert house.upward_or_sideways(house.imports_of(sources)) == []


def test_a_room_on_no_floor_is_reported():
    assert house.homeless({"badak.attic.box": "", "badak.nn": ""}) == ["badak.attic.box"]


@pytest.mark.parametrize(
    "text",
    [
        "def f():\n    from badak.base import errors",
        "class C:\n    async def f(self):\n        import badak.base.errors",
        "def f():\n    return importlib.import_module('badak.base.errors')",
        "f = lambda: __import__('badak.base.errors')",
    ],
)
def test_a_hidden_import_is_reported(text):
    sources = {"badak.io.archive": text, "badak.base.errors": ""}
    (found,) = house.hidden(house.imports_of(sources))

    assert found.endswith("imports badak.base.errors")


def test_a_lazy_package_may_hide():
    imports = house.imports_of({"badak.train.history": "def f():\n    import matplotlib.pyplot"})

    assert house.hidden(imports) == []


def test_a_ring_is_reported_in_the_order_of_its_imports():
    sources = {
        "badak.nn.a": "from badak.nn import b",
        "badak.nn.b": "from badak.nn.c import name",
        "badak.nn.c": "import badak.nn.a",
    }
    ring = house.cycle(house.imports_of(sources))

    assert ring[0] == ring[-1]
    assert set(itertools.pairwise(ring)) == {
        ("badak.nn.a", "badak.nn.b"),
        ("badak.nn.b", "badak.nn.c"),
        ("badak.nn.c", "badak.nn.a"),
    }


def test_a_module_that_imports_from_its_own_package_closes_a_ring():
    sources = {
        "badak.nn": "from badak.nn.linear import Linear",
        "badak.nn.linear": "from badak.nn import Module",
    }

    assert set(house.cycle(house.imports_of(sources))) == {"badak.nn", "badak.nn.linear"}


def test_two_classes_of_a_room_may_name_each_other_for_the_type_checker():
    sources = {
        "badak.core.tensor": "from badak.core.backward import propagate",
        "badak.core.backward": "if TYPE_CHECKING:\n    from badak.core.tensor import Tensor",
    }

    assert house.cycle(house.imports_of(sources)) == []


def test_an_undeclared_package_is_reported():
    imports = house.imports_of({"badak.data.csv": "import csv\nimport numpy\nimport pandas"})

    assert house.strangers(imports) == ["badak.data.csv:3 imports pandas"]


@pytest.mark.parametrize(
    ("module", "text", "what"),
    [
        ("badak.nn.linear", "from .module import Module", "badak.nn.module"),
        ("badak.nn.linear", "from . import module", "badak.nn.module"),
        ("badak.nn.linear", "from ..base import errors", "badak.base.errors"),
        ("badak.nn", "from .module import Module", "badak.nn.module"),
    ],
)
def test_a_relative_import_is_understood(module, text, what):
    sources = {"badak.nn.module": "", "badak.base.errors": "", module: text}

    assert [found.what for found in house.imports_of(sources)] == [what]
