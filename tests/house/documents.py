"""Runs the Python blocks of a Markdown text and compares what they print with what it promises.

A block that starts with "```python" runs, in the order of the text, all of a text sharing their
names. If the next block is "```text", it is what the block prints. A block of `>>>` lines is a
doctest. A block whose first line is `# not run: the reason` is left alone.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import re
from dataclasses import dataclass

BLOCK = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```[ ]*$", re.MULTILINE | re.DOTALL)
NUMBER = re.compile(r"-?\d+\.\d+(?:e[+-]?\d+)?")
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@dataclass(frozen=True, slots=True)
class Example:
    """A block of code that starts in this line, and what it should print (None: not said)."""

    line: int
    code: str
    output: str | None


def examples(markdown: str) -> list[Example]:
    """The Python blocks of a text."""
    blocks = list(BLOCK.finditer(markdown))
    found = []
    for block, after in zip(blocks, [*blocks, None][1:], strict=True):
        if block[1] == "python" and not block[2].startswith("# not run: "):
            output = after[2] if after and after[1] == "text" else None
            found.append(Example(markdown[: block.start()].count("\n") + 2, block[2], output))
    return found


def run(markdown: str, name: str) -> list[str]:
    """Runs a text's examples; what differs from the promise, one string an example.

    An exception in an example is not caught.
    """
    names: dict[str, object] = {"__name__": "__main__"}
    wrong = []
    for example in examples(markdown):
        if example.code.lstrip().startswith(">>>"):
            wrong += _doctest(example, name, names)
            continue
        printed = io.StringIO()
        # Empty lines before the code make a traceback show the line of the text.
        code = compile("\n" * (example.line - 1) + example.code, name, "exec")
        with contextlib.redirect_stdout(printed):
            exec(code, names)
        if example.output is not None and not alike(printed.getvalue(), example.output):
            wrong.append(
                f"{name}:{example.line} printed\n{printed.getvalue()}not\n{example.output}"
            )
    return wrong


def _doctest(example: Example, name: str, names: dict[str, object]) -> list[str]:
    report = io.StringIO()
    test = doctest.DocTestParser().get_doctest(example.code, names, name, name, example.line - 1)
    doctest.DocTestRunner(optionflags=FLAGS).run(test, out=report.write, clear_globs=False)
    names.update(test.globs)
    return [report.getvalue()] if report.getvalue() else []


def alike(printed: str, promised: str) -> bool:
    """Whether two texts say the same, numbers compared at the precision of the promise.

    Another machine sums in another order, so the last promised digit may differ by one.
    """
    words = list(zip(printed.split(), promised.split(), strict=False))
    same_length = len(printed.split()) == len(promised.split())
    return same_length and all(_alike_word(p, q) for p, q in words)


def _alike_word(printed: str, promised: str) -> bool:
    if NUMBER.sub("#", printed) != NUMBER.sub("#", promised):
        return False
    pairs = zip(NUMBER.findall(printed), NUMBER.findall(promised), strict=True)
    return all(abs(float(p) - float(q)) <= 1.01 * _last_digit(q) for p, q in pairs)


def _last_digit(number: str) -> float:
    digits, _, exponent = number.partition("e")
    return 10.0 ** (int(exponent or 0) - len(digits.split(".")[1]))
