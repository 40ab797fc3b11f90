"""Finds the repository's own files, and reads the directives and links in them."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
NOT_OURS = {".git", ".venv", "build", "dist", "runs", "htmlcov", "__pycache__"}
"""Folders that a checkout does not have: environments, caches, things made by running."""

VAGUE = {"util", "utils", "helper", "helpers", "misc", "impl", "manager"}
"""Words that say nothing about what is inside a file or folder."""

DIRECTIVE = re.compile(
    r"""
    (?:ruff:\s*|flake8:\s*)?noqa(?::\s*(?P<rules>[A-Z]+[0-9]+(?:[,\s]+[A-Z]+[0-9]+)*))?
    | type:\s*ignore(?:\[(?P<codes>[\w, -]+)\])?
    | mypy:\s*[\w-]+(?:=\S+)?
    | pragma:\s*no\s+cover
    """,
    re.VERBOSE,
)
LINK = re.compile(r"""!?\[[^\]]*\]\(([^)\s]+)[^)]*\)|<(?:img|a)\s[^>]*?(?:src|href)="([^"]+)\"""")


def files(root: Path, pattern: str = "*") -> list[Path]:
    """The files that belong to the repository, relative to its root."""
    return [path.relative_to(root) for path in _walk(root) if path.match(pattern)]


def _walk(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        cache = path.name.endswith(("_cache", ".egg-info")) or path.name in NOT_OURS
        if path.is_dir() and not cache and path.name != ".hypothesis":
            yield from _walk(path)
        elif path.is_file():
            yield path


def is_vague(path: Path) -> bool:
    """Whether a word of the file's or a folder's name is one of the vague ones."""
    return any(VAGUE & set(re.split(r"[\W_]+", part.lower())) for part in path.parts)


def unreasoned_directives(text: str) -> list[str]:
    """Comments in Python code that silence a checker without naming what, and why.

    Each stands as `line: comment`. The reason is what the comment says besides the directive.
    """
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    comments = [token for token in tokens if token.type == tokenize.COMMENT]
    return [f"{c.start[0]}: {c.string}" for c in comments if _unreasoned(c.string)]


def _unreasoned(comment: str) -> bool:
    found = list(DIRECTIVE.finditer(comment))
    blanket = any(re.search(r"noqa$|ignore$", directive.group()) for directive in found)
    return bool(found) and (blanket or not _is_reason(DIRECTIVE.sub(" ", comment)))


def _is_reason(words: str) -> bool:
    return len(re.findall(r"[A-Za-z]+", words)) >= 2


def unreasoned_settings(toml: str, key: str) -> list[str]:
    """The lines of a setting that are neither explained at their end nor by a comment above.

    A setting is `key = [ ... ]`, or a table whose header ends in `key]`.
    """
    as_list = rf"^{key} = \[\n(.*?)^\]"
    as_table = rf"^\[[\w.-]*\b{key}\]\n(.*?)(?=^\[|\Z)"
    body = re.search(f"{as_list}|{as_table}", toml, re.MULTILINE | re.DOTALL)
    lines = ((body.group(1) or body.group(2)) if body else "").splitlines()
    bare = []
    for above, line in zip(["", *lines], lines, strict=False):
        says_something = line.strip() not in ("", "]") and not line.strip().endswith("= [")
        explained = "#" in line or above.strip().startswith("#")
        if says_something and not explained:
            bare.append(line.strip())
    return bare


def dead_links(markdown: str, folder: Path) -> list[str]:
    """Links from a text in this folder to files that do not exist. Other sites are not asked."""
    prose = re.sub(r"^```.*?^```|`[^`\n]*`", "", markdown, flags=re.MULTILINE | re.DOTALL)
    targets = [first or second for first, second in LINK.findall(prose)]
    local = [t.split("#")[0] for t in targets if not re.match(r"[a-z]+:|#", t)]
    return [target for target in local if not (folder / target).exists()]
