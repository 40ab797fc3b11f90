"""Reads the imports of a package's modules, and says which of them break the rules of the house.

All functions take sources, `{module name: text}`, or the imports read from them, so that a broken
house can be built in a test.
"""

from __future__ import annotations

import ast
import graphlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

FLOORS = (
    ("base", "_version"),
    ("core",),
    ("ops",),
    ("nn", "optim", "metrics", "data", "io", "compiler", "derivation"),
    ("train",),
    ("lab", "select", "ensemble"),
    ("sklearn", "interop", "studio"),
    ("front door",),
)
FRONT_DOOR = ("cli", "__main__")
"""With the package's own `__init__`, the rooms that make up the front door."""

LAZY = {
    "PIL": "extra `images`: may be missing",
    "http.client": "slow to import, and needed only to download",
    "llvmlite": "core, but slow to import, and not needed until a function is compiled",
    "matplotlib": "extra `plot`: may be missing",
    "rich": "core, but not needed by a program that prints nothing",
    "safetensors": "core, but not needed until a file is opened",
    "scipy": "extra `lab`: may be missing",
    "sklearn": "extra `sklearn`: may be missing",
    "threadpoolctl": "extra `lab`: may be missing",
    "torch": "never a dependency; only guests bring it",
    "urllib.request": "slow to import, and needed only to download",
}
"""What may, and must, be imported inside the function that needs it."""

LATE = {
    "badak.compiler.programs.explain": "the back end is large, and needed only to compile",
    "badak.compiler.programs.lowered": "as above",
    "badak.compiler.programs.pipeline": "as above",
    "badak.compiler.programs.program": "as above",
    "badak.compiler.loops.show": "as above",
    "badak.compiler.specialised": "as above",
    "badak.compiler.machine.team": "as above",
}
"""Modules of Badak that `import badak` does not load: front and back of one room."""

EAGER = {"numpy", "typer"}
"""The packages that a module may import at its head."""

Sources = dict[str, str]


@dataclass(frozen=True, slots=True)
class Import:
    """Module `by` imports `what` in line `line`.

    Hidden: inside a function. Typing: under `if TYPE_CHECKING`, so never when the program runs.
    """

    by: str
    what: str
    line: int
    hidden: bool = False
    typing: bool = False

    def __str__(self) -> str:
        return f"{self.by}:{self.line} imports {self.what}"


def sources_of(package: Path) -> Sources:
    """The text of every module under a package's folder."""
    texts = {}
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package.parent).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        texts[name] = path.read_text(encoding="utf-8")
    return texts


def imports_of(sources: Sources) -> list[Import]:
    """Every import of every module, those for type checkers and those by name included."""
    return [found for module, text in sources.items() for found in _read(module, text, sources)]


def _read(module: str, text: str, sources: Sources) -> Iterator[Import]:
    tree = ast.parse(text)
    in_function = _inside(tree, _is_function)
    in_typing = _inside(tree, _is_type_checking)
    for node in ast.walk(tree):
        for what in _targets(node, module, sources):
            yield Import(module, what, node.lineno, node in in_function, node in in_typing)


def _inside(tree: ast.AST, kind: Callable[[ast.AST], bool]) -> set[ast.AST]:
    return {inner for outer in ast.walk(tree) if kind(outer) for inner in ast.walk(outer)}


def _is_function(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)


def _is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")


def _targets(node: ast.AST, module: str, sources: Sources) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        start = _start(node, module, sources)
        whole = [f"{start}.{alias.name}" for alias in node.names]
        # `from package import module` depends on the module, `from module import name` on that.
        return list(dict.fromkeys(name if name in sources else start for name in whole))
    if isinstance(node, ast.Call) and _called(node) in ("import_module", "__import__"):
        first = node.args[0] if node.args else None
        named = isinstance(first, ast.Constant)
        return [str(first.value) if named else "a name made while running"]
    return []


def _start(node: ast.ImportFrom, module: str, sources: Sources) -> str:
    if not node.level:
        return node.module or ""
    is_package = any(name.startswith(f"{module}.") for name in sources)
    parts = module.split(".")
    parents = parts[: len(parts) - node.level + is_package]
    return ".".join([*parents, *([node.module] if node.module else [])])


def _called(node: ast.Call) -> str:
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


def room_of(module: str) -> str:
    """`badak.nn.linear` is in room `nn`; the package itself and its `cli` in the front door."""
    room = module.split(".")[1] if "." in module else FRONT_DOOR[0]
    return "front door" if room in FRONT_DOOR else room


def floor_of(module: str) -> int | None:
    """The floor of a module's room; None for a room that is on no floor."""
    room = room_of(module)
    return next((floor for floor, rooms in enumerate(FLOORS) if room in rooms), None)


def homeless(sources: Sources) -> list[str]:
    """Modules whose room is on no floor."""
    return [module for module in sources if floor_of(module) is None]


def upward_or_sideways(imports: list[Import]) -> list[str]:
    """Imports that lead neither down nor within their own room."""
    return [
        f"{found} (floor {floor_of(found.by)} imports floor {floor_of(found.what)})"
        for found in imports
        if _ours(found)
        and room_of(found.by) != room_of(found.what)
        and (floor_of(found.what) or 0) >= (floor_of(found.by) or 0)
    ]


def hidden(imports: list[Import]) -> list[str]:
    """Imports inside functions, but of the packages and modules that belong there."""
    return [str(f) for f in imports if f.hidden and not _is_lazy(f.what) and f.what not in LATE]


def _is_lazy(what: str) -> bool:
    return any(what == name or what.startswith(f"{name}.") for name in LAZY)


def strangers(imports: list[Import]) -> list[str]:
    """Packages that are no part of Python, of Badak, or of its declared dependencies."""
    known = {*sys.stdlib_module_names, *EAGER, *LAZY}
    return [str(f) for f in imports if not _ours(f) and f.what.split(".")[0] not in known]


def cycle(imports: list[Import]) -> list[str]:
    """The modules along one ring of imports, the first also at the end; empty without a ring.

    Imports for the type checker are let off: two classes of one room may name each other.
    """
    graph: dict[str, dict[str, None]] = {}
    for found in imports:
        if _ours(found) and not found.typing:
            graph.setdefault(found.by, {})[found.what] = None
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        # The sorter walks from imported to importer; the ring reads better the other way round.
        return list(reversed(error.args[1]))
    return []


def _ours(found: Import) -> bool:
    return found.what.split(".")[0] == found.by.split(".")[0]
