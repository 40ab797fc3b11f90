"""Reads what the packages of Badak show to the world."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
from types import ModuleType


def packages(root: ModuleType) -> list[ModuleType]:
    """A package and all packages inside it."""
    inner = pkgutil.walk_packages(root.__path__, f"{root.__name__}.")
    return [root, *(importlib.import_module(found.name) for found in inner if found.ispkg)]


def bound_names(text: str) -> set[str]:
    """The public names that a module's text binds at its top level, by import or by definition.

    Those under `if` and `try` count too; the names from `__future__` do not.
    """
    names: set[str] = set()
    waiting = list(ast.parse(text).body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If | ast.Try | ast.ExceptHandler):
            waiting += [*node.body, *getattr(node, "orelse", []), *getattr(node, "handlers", [])]
        names.update(_binds(node))
    return {name for name in names if not name.startswith("_")}


def _binds(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.ImportFrom) and node.module == "__future__":
        return []
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [alias.asname or alias.name.split(".")[0] for alias in node.names]
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return [inner.id for t in targets for inner in ast.walk(t) if isinstance(inner, ast.Name)]
    return []


def quarrels(text: str, listed: list[str] | None) -> list[str]:
    """Where a package's text and its `__all__` disagree."""
    bound = bound_names(text)
    if listed is None:
        return [f"no __all__ for {name}" for name in sorted(bound)]
    public = {name for name in listed if not name.startswith("_")}
    return [
        *(f"{name} is bound and not in __all__" for name in sorted(bound - public)),
        *(f"{name} is in __all__ and not bound" for name in sorted(public - bound)),
        *(f"{name} is twice in __all__" for name in sorted(set(listed)) if listed.count(name) > 1),
        *([] if listed == sorted(listed) else ["__all__ is not sorted"]),
    ]


def lacks(thing: object, *, example: bool = True) -> str:
    """What a public function or class has to be asked for: its docstring, or an example in it.

    An error is not shown by an example of its own: whatever raises it shows it.
    """
    own = inspect.cleandoc(thing.__doc__ or "")
    if not own:
        return "a docstring"
    is_error = isinstance(thing, type) and issubclass(thing, BaseException)
    return "an example (>>>)" if example and not is_error and ">>>" not in own else ""
