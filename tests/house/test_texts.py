"""The texts of the repository: names that say something, short files, reasons, live links."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.house import repository
from tests.house.repository import ROOT

LONGEST = 400
"""Lines of a file of the package."""

LONGER: dict[str, str] = {
    "badak/core/tensor.py": "one class, whose methods only name primitives",
}
"""Files that read better whole: `{"badak/room/file.py": "the reason"}`."""

CODE = repository.files(ROOT, "*.py")
PROSE = repository.files(ROOT, "*.md")
SETTINGS = ["ignore", "per-file-ignores", "banned-module-level-imports", "filterwarnings"]


def test_the_repository_is_found():
    assert {Path("conftest.py"), Path("badak/base/errors.py")} <= set(CODE)
    assert Path("CONTRIBUTING.md") in PROSE


def test_every_file_is_named_after_what_it_holds():
    assert [path for path in repository.files(ROOT) if repository.is_vague(path)] == []


def test_no_file_of_the_package_is_long():
    texts = {p.as_posix(): (ROOT / p).read_text(encoding="utf-8") for p in CODE}
    lengths = {p: len(t.splitlines()) for p, t in texts.items() if p.startswith("badak/")}
    long = {p: length for p, length in lengths.items() if length > LONGEST}

    assert {p: length for p, length in long.items() if p not in LONGER} == {}
    assert set(LONGER) <= set(long), "an exception that is no longer needed"


@pytest.mark.parametrize("path", CODE, ids=str)
def test_every_silenced_checker_has_its_reason_beside_it(path):
    text = (ROOT / path).read_text(encoding="utf-8")

    assert repository.unreasoned_directives(text) == []


@pytest.mark.parametrize("key", SETTINGS)
def test_every_exception_in_the_settings_has_its_reason(key):
    toml = (ROOT / "pyproject.toml").read_text(encoding="utf-8")

    assert repository.unreasoned_settings(toml, key) == []


@pytest.mark.parametrize("path", PROSE, ids=str)
def test_links_lead_to_files_that_exist(path):
    text = (ROOT / path).read_text(encoding="utf-8")

    assert repository.dead_links(text, (ROOT / path).parent) == []


# The checker itself.


@pytest.mark.parametrize("name", ["badak/nn/utils.py", "tests/helpers/a.py", "badak/io_helper.py"])
def test_a_vague_name_is_reported(name):
    assert repository.is_vague(Path(name))


def test_a_name_that_merely_contains_a_vague_word_passes():
    assert not repository.is_vague(Path("badak/base/simplify.py"))
    assert not repository.is_vague(Path("badak/miscellany.py"))


@pytest.mark.parametrize(
    "comment",
    [
        "# noqa",
        "# noqa: all of it is fine here",
        "# noqa: E501",
        "# noqa: E501, N802",
        "# type: ignore",
        "# type: ignore[override]",
        "# type: ignore  # the stubs are wrong",
        "# ruff: noqa: N802",
        "# pragma: no cover",
    ],
)
def test_a_directive_without_rule_or_reason_is_reported(comment):
    assert repository.unreasoned_directives(f"x = 1  {comment}\n") == [f"1: {comment}"]


@pytest.mark.parametrize(
    "comment",
    [
        "# noqa: N802  NumPy's name",
        "# noqa: E501, N802 - a table reads best in one line",
        "# type: ignore[override]  # the stubs are wrong",
        "# an ordinary remark",
    ],
)
def test_a_directive_with_rule_and_reason_passes(comment):
    assert repository.unreasoned_directives(f"x = 1  {comment}\n") == []


def test_a_directive_inside_a_string_is_text():
    assert repository.unreasoned_directives('x = "# noqa"\n') == []


def test_a_bare_setting_is_reported():
    toml = 'ignore = [\n    "A1",  # why\n    "A2",\n    # why\n    "A3",\n]\nother = ["B"]\n'

    assert repository.unreasoned_settings(toml, "ignore") == ['"A2",']


def test_a_bare_line_of_a_table_is_reported():
    toml = '[x.per-file-ignores]\n"a.py" = ["A"]\n"b.py" = [\n    "B",  # why\n]\n[next]\nc = 1\n'

    assert repository.unreasoned_settings(toml, "per-file-ignores") == ['"a.py" = ["A"]']


def test_a_dead_link_is_reported(tmp_path):
    (tmp_path / "here.md").touch()
    text = (
        "[a](here.md#part) [b](gone.md) ![c](gone.png) [d](https://x.org) [e](#top)\n"
        '<img src="lost.png" width="9"> `[f](code.md)`\n'
    )

    assert repository.dead_links(text, tmp_path) == ["gone.md", "gone.png", "lost.png"]
