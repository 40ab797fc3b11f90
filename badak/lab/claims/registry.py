"""All claims, each from its file."""

from __future__ import annotations

from pathlib import Path

from badak.base.errors import BadakFileError, unknown_name
from badak.lab.claims.claim import Claim, read_claim

TEXTS = Path(__file__).parent / "texts"
"""The folder of C01.toml, C02.toml, ..."""


def claims(folder: Path = TEXTS) -> tuple[Claim, ...]:
    """All claims in the order of their numbers.

    Args:
        folder: with one file for each, named after its id.

    Raises:
        BadakFileError: for a file that describes no claim, or another one than its name says.

    >>> claims()[0].id
    'C1'
    """
    return tuple(_read(path) for path in sorted(folder.glob("*.toml")))


def get(name: str) -> Claim:
    """The claim of that id.

    Raises:
        RangeError: for an unknown id.

    >>> get("C21").id
    'C21'
    """
    known = {claim.id: claim for claim in claims()}
    if name not in known:
        raise unknown_name("claim", name, known)
    return known[name]


def _read(path: Path) -> Claim:
    claim = read_claim(path.read_text(encoding="utf-8"), path.name)
    expected = f"C{claim.number:02}.toml"
    if path.name != expected:
        raise BadakFileError(f"{path.name}: holds {claim.id}", expected=f"the name {expected}")
    return claim
