"""Addresses as text: each piece of their arithmetic is written down once in a function.

Half of what a kernel would say is where its numbers lie. Loops have at least one turn, so whatever
stands further up in the text has been computed: what was written once is good for all that follows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable


class Addresses:
    """The addresses of one function.

    Args:
        give: writes down an instruction; gives the name of its result.
    """

    def __init__(self, give: Callable[[str], str]) -> None:
        self._give = give
        self._known: dict[str, str] = {}

    def _once(self, text: str) -> str:
        if text not in self._known:
            self._known[text] = self._give(text)
        return self._known[text]

    def at(self, start: str, terms: Iterable[tuple[str, int]], distance: int) -> str:
        """The pointer `start + distance + sum of name * factor`, all in bytes.

        The terms of outer loops come first and the distance last, so that neighbours differ in the
        last step alone.
        """
        factors: dict[str, int] = {}
        for name, factor in terms:
            factors[name] = factors.get(name, 0) + factor
        pointer = start
        for name, factor in sorted(factors.items(), key=lambda item: int(item[0][2:])):
            if factor:
                step = name if factor == 1 else self._once(f"mul nsw i64 {name}, {factor}")
                pointer = self._once(f"getelementptr i8, ptr {pointer}, i64 {step}")
        if not distance:
            return pointer
        return self._once(f"getelementptr i8, ptr {pointer}, i64 {distance}")
