"""What a compiled function tells of itself: the part of `Compiled` that only looks."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from badak.base.dtypes import Array
from badak.base.errors import StateError
from badak.compiler.show import show

if TYPE_CHECKING:  # the kernels are loaded when something is compiled
    from badak.compiler.programs.explain import Explanation
    from badak.compiler.programs.program import Program
    from badak.compiler.specialised import Specialised


class Text(str):
    r"""A text that a prompt shows as it is.

    >>> Text("two\nlines")
    two
    lines
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


class Explained:
    """A compiled function, and what can be seen of the program that ran last."""

    name: str
    _lock: threading.RLock
    _by_rows: Explained | None = None
    _last: tuple[Specialised | None, Sequence[Array]] | None = None

    def explain(self, all: bool = False) -> Explanation:
        """What the program that ran last does, kernel by kernel, and how long each takes.

        The program is timed with the last arguments in a copy of its memory, for some tenths of a
        second, the first time longer; parameters and state stay as they are. The result prints as
        a table, and `to_dict()` gives all numbers.

            flops      floating-point operations; a product added to a sum counts two
            bytes      different ones that are read and written
            roofline   how much of the time the machine needs at least, for either

        Args:
            all: whether to print kernels that take less than a hundredth of the time, too.

        Raises:
            StateError: before the first call, and for a function that runs eagerly.

        >>> double = bd.compile(lambda x: x * 2.0)
        >>> _ = double(bd.zeros((100, 16)))
        >>> explanation = double.explain()
        >>> explanation.cost.flops, [row.name for row in explanation.rows]
        (1600, ['mul'])
        """
        from badak.compiler.programs.explain import explain  # noqa: PLC0415  # with all kernels

        owner, program, arguments = self._ran()
        with owner._lock:
            return explain(program, self.name, arguments, all)

    @property
    def graph(self) -> str:
        """The graph of the program that ran last, after all passes, as text.

        Raises:
            StateError: before the first call, and for a function that runs eagerly.

        >>> double = bd.compile(lambda x: x * 2.0 * 1.0)
        >>> _ = double(bd.zeros(3))
        >>> double.graph
        graph(x: float32[3]) {
          a: float32[3] = mul(x, 2.0: float32)
          return a
        }
        """
        return Text(show(self._ran()[1].graph))

    @property
    def kernels(self) -> str:
        """The kernels of the program that ran last, as loops over registers and buffers.

        Raises:
            StateError: before the first call, and for a function that runs eagerly.

        >>> double = bd.compile(lambda x: x * 2.0)
        >>> _ = double(bd.zeros(16))
        >>> double.kernels.splitlines()[:3]
        ['buffers {', '  argument0: float32[16]', '  result0: float32[16]']
        """
        from badak.compiler.loops.show import show_kernels  # noqa: PLC0415  # with all kernels

        return Text(show_kernels(self._ran()[1].kernels))

    @property
    def source(self) -> str:
        """The program that ran last as LLVM's text.

        Raises:
            StateError: before the first call, and for a function that runs eagerly.

        >>> double = bd.compile(lambda x: x * 2.0)
        >>> _ = double(bd.zeros(16))
        >>> "fmul <16 x float>" in double.source
        True
        """
        return Text(self._ran()[1].source)

    def _ran(self) -> tuple[Explained, Program, Sequence[Array]]:
        """The program that ran last, its arguments, and the function whose lock guards it."""
        rows = self._by_rows
        owner = rows if self._last is None and rows is not None else self
        if owner._last is None:
            raise StateError(
                f"{self.name} has no program yet", hint="call it once first, with arguments"
            )
        found, arguments = owner._last
        if found is None:
            raise StateError(f"{self.name} runs eagerly, in NumPy: there is no program to look at")
        return owner, found.program, arguments
