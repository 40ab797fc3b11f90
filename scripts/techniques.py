"""Writes docs/techniques.md: each technique, the names that serve it, the tests that prove it.

    python scripts/techniques.py           write the table, and say what is missing
    python scripts/techniques.py --check   only say

The techniques and their names stand in docs/techniques.toml. A test claims a technique by a mark,
on itself, on its class, on one of its parameters, or as `pytestmark` of its file:

    @pytest.mark.technique(63, "66b")
"""

from __future__ import annotations

import argparse
import ast
import importlib
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
REGISTRY = ROOT / "docs" / "techniques.toml"
DOCUMENT = ROOT / "docs" / "techniques.md"

ROWS = (
    *map(str, range(1, 25)), "24b", *map(str, range(25, 67)), "66b", *map(str, range(67, 119)),
    *(f"119{letter}" for letter in "abcdefg"), *map(str, range(120, 126)),
    "127", "134", "135", "138", "148", "149", "150", *map(str, range(151, 158)),
)  # fmt: skip
"""The numbers that there are."""

HEAD = """\
# Techniques

What Badak can do, one technique a row: the names that serve it and the tests that prove it. The
table is written by `python scripts/techniques.py` from [techniques.toml](techniques.toml) and from
the marks of the tests; the suite fails when a row has no name, no test, or is out of date.
"""


@dataclass(frozen=True, slots=True)
class Technique:
    """A row of the table, under a heading."""

    row: str
    heading: str
    title: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """A test says that it proves a row."""

    row: str
    file: str
    test: str


# ---------------------------------------------------------------------- reading


def registry(toml: str) -> list[Technique]:
    """The techniques in the order of the text."""
    return [
        Technique(row, heading, entry["title"], tuple(entry["names"]))
        for heading, rows in tomllib.loads(toml).items()
        for row, entry in rows.items()
    ]


def claims(source: str, file: str) -> list[Claim]:
    """The claims in the text of a test file.

    Raises:
        ValueError: when a mark's numbers cannot be read without running the file.
    """
    return [Claim(row, file, test) for test, row in _claims(ast.parse(source).body, file)]


def _claims(body: list[ast.stmt], file: str) -> Iterator[tuple[str, str]]:
    named = {node.targets[0].id: node for node in body if _is_plain_assignment(node)}
    everywhere = _marks(named["pytestmark"], file) if "pytestmark" in named else []
    for node in body:
        if isinstance(node, ast.ClassDef):
            inside = list(_claims(node.body, file))
            yield from inside
            tests = [n.name for n in node.body if _is_test(n)]
            above = [*everywhere, *_marks(node.decorator_list, file)]
            yield from ((test, row) for test in tests for row in above)
        elif _is_test(node):
            tables = [named[name] for name in _names(node.decorator_list) if name in named]
            rows = [*everywhere, *_marks([*node.decorator_list, *tables], file)]
            yield from ((node.name, row) for row in dict.fromkeys(rows))


def _is_test(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef) and node.name.startswith("test")


def _is_plain_assignment(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)


def _names(nodes: list[ast.expr]) -> list[str]:
    """The variables that decorators mention: tables of cases may carry marks."""
    walked = (inner for node in nodes for inner in ast.walk(node))
    return [inner.id for inner in walked if isinstance(inner, ast.Name)]


def _marks(nodes: ast.AST | list[ast.AST], file: str) -> list[str]:
    found = []
    for outer in nodes if isinstance(nodes, list) else [nodes]:
        for node in ast.walk(outer):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.technique":
                found += [row for argument in node.args for row in _rows(argument, file)]
    return found


def _rows(argument: ast.expr, file: str) -> list[str]:
    spread = re.fullmatch(r"\*range\((\d+), (\d+)\)", ast.unparse(argument))
    if spread:
        return [str(row) for row in range(int(spread[1]), int(spread[2]))]
    if not isinstance(argument, ast.Constant):
        place = f"{file}:{argument.lineno}"
        raise ValueError(f"{place}: technique({ast.unparse(argument)}) is no number as written")
    return [str(argument.value)]


def claims_in(folder: Path) -> list[Claim]:
    """The claims of all test files under a folder."""
    return [
        claim
        for path in sorted(folder.rglob("test_*.py"))
        for claim in claims(path.read_text(encoding="utf-8"), path.relative_to(ROOT).as_posix())
    ]


# ---------------------------------------------------------------------- judging


def answers(name: str) -> bool:
    """Whether a dotted name can be imported, a command exists, or a text lies there."""
    if name.startswith("docs/"):
        return (ROOT / name).is_file()
    if name.startswith("badak "):
        app = importlib.import_module("badak.cli.app").app
        commands = [c.name or c.callback.__name__ for c in app.registered_commands]
        return name.split()[1] in [*commands, *(g.name for g in app.registered_groups)]
    parts = name.split(".")
    if any(part.startswith("_") for part in parts):
        return False
    thing = importlib.import_module(parts[0])
    for n, part in enumerate(parts[1:], start=2):
        if not hasattr(thing, part):
            try:
                importlib.import_module(".".join(parts[:n]))
            except ImportError:
                return False
        thing = getattr(thing, part)
    return True


def missing(techniques: list[Technique], claimed: list[Claim]) -> list[str]:
    """What is wrong with the table, one sentence each."""
    rows, proven = [t.row for t in techniques], {c.row for c in claimed}
    bare = [row for row in rows if row not in proven]
    return [
        *(f"row {row} is not in the registry" for row in ROWS if row not in rows),
        *(f"row {row} is not known" for row in rows if row not in ROWS),
        *(f"row {t.row} has no name" for t in techniques if not t.names),
        *(
            f"row {t.row}: {n} does not exist"
            for t in techniques
            for n in t.names
            if not answers(n)
        ),
        *([f"no test proves {', '.join(bare)}"] if bare else []),
        *(f"{c.file}: {c.test} claims row {c.row}" for c in claimed if c.row not in rows),
    ]


# ---------------------------------------------------------------------- writing


def document(techniques: list[Technique], claimed: list[Claim]) -> str:
    """The text of docs/techniques.md."""
    lines = [HEAD]
    for heading in dict.fromkeys(t.heading for t in techniques):
        lines += [
            f"## {heading}\n",
            "| | technique | by | proven by |",
            "| --- | --- | --- | --- |",
        ]
        lines += [_line(t, claimed) for t in techniques if t.heading == heading]
        lines += [""]
    return "\n".join(lines)


def _line(technique: Technique, claimed: list[Claim]) -> str:
    names = ", ".join(_shown(name) for name in technique.names)
    files: dict[str, list[str]] = {}
    for claim in claimed:
        if claim.row == technique.row:
            files.setdefault(claim.file, []).append(claim.test)
    tests = "; ".join(f"[{f.removeprefix('tests/')}](../{f}): {_few(t)}" for f, t in files.items())
    return f"| {technique.row} | {technique.title} | {names} | {tests} |"


def _shown(name: str) -> str:
    return f"[{name}]({name.removeprefix('docs/')})" if name.startswith("docs/") else f"`{name}`"


def _few(tests: list[str], most: int = 4) -> str:
    shown = ", ".join(f"`{test}`" for test in dict.fromkeys(tests[:most]))
    return shown if len(tests) <= most else f"{shown} and {len(tests) - most} more"


def main() -> int:
    """Says what is missing; 1 when something is."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="write nothing")
    options = parser.parse_args()

    techniques = registry(REGISTRY.read_text(encoding="utf-8"))
    claimed = claims_in(ROOT / "tests")
    text = document(techniques, claimed)
    if not options.check:
        DOCUMENT.write_text(text, encoding="utf-8")
    wrong = missing(techniques, claimed)
    if not DOCUMENT.is_file() or DOCUMENT.read_text(encoding="utf-8") != text:
        wrong.append("docs/techniques.md is out of date: python scripts/techniques.py")
    print("\n".join([*wrong, f"{len(techniques)} techniques, {len(wrong)} things missing"]))
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
