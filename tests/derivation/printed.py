"""Reads a printed derivation again: numbers, factors and sums, without looking at Badak."""

from __future__ import annotations

import re
from fractions import Fraction

import numpy as np

HEADINGS = {
    "en": ("Forward pass", "Local derivatives", "Backward pass (chain rule)"),
    "ko": ("순전파", "국소적 미분", "역전파 (연쇄법칙)"),
}


def section(text: str, number: int, language: str = "en") -> list[list[str]]:
    """The lines of a section, each cut at its equality signs, remarks left out."""
    after = text.split(HEADINGS[language][number] + "\n", 1)[1]
    rows = after.split("\n\n")[0].splitlines()
    return [row.strip().split("   ")[0].split(" = ") for row in rows]


def number(text: str):
    """A printed number, product or sum."""
    exact = re.sub(r"(?<![\w.+-])(\d+)(?![\w.])", r"Fraction(\1)", text)
    return eval(exact.replace("×", "*"), {"Fraction": Fraction})


def array(text: str):
    """A printed array, or product (×: each with each, ·: of matrices) or sum of them."""
    code = re.sub(r"(\[+[^\]]*(?:\](?:, \[[^\]]*)?)*\]+)", r"A(\1)", text)
    code = code.replace("×", "*").replace("·", "@")
    names = {"A": np.array, "sum": np.sum, "inf": np.inf, "nan": np.nan}
    return eval(code, names)


def slopes(text: str, part: int, language: str = "en") -> dict[str, str]:
    """The last number of each line, by what stands on its left."""
    return {parts[0]: parts[-1] for parts in section(text, part, language)}
