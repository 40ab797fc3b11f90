"""`compile`: the decorator that turns a function of tensors into machine code."""

from __future__ import annotations

import functools
import threading
import warnings
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import numpy as np

from badak.base import context, tree
from badak.base.arrays import as_array
from badak.base.dtypes import Array, bool_, float32, int64
from badak.base.errors import DTypeError, MissingExtraError, RangeError, ShapeError
from badak.base.numbers import are_positions
from badak.compiler.explained import Explained
from badak.compiler.threads import threads
from badak.compiler.trace import trace
from badak.compiler.traced import TENSORS, is_tensor
from badak.core.dispatch import current_tracer
from badak.core.tensor import Tensor
from badak.ops import gather

if TYPE_CHECKING:  # the kernels are loaded when something is compiled: see `_specialise`
    from badak.compiler.specialised import Specialised

AS_THEY_ARE = (float32, int64, bool_)
"""Dtypes that an array keeps when it becomes a tensor; most arrays have one of these."""

MANY = 8
"""So many programs for one function mean that something changes which should not."""


class Begun:
    """A scan that is set up; until its end nobody else can run the function.

    Args:
        specialised: the program.
        arguments: of the scan; kept, since the program has their addresses.
        results: where its results will be.
        held: the lock.
    """

    def __init__(
        self,
        specialised: Specialised,
        arguments: list[Array],
        results: list[Array],
        held: ExitStack,
    ) -> None:
        self.program = specialised.program
        self.count = len(arguments[0])
        self._specialised, self._arguments = specialised, arguments
        self._results, self._held = results, held

    def end(self) -> tuple[int, Any]:
        """Lets the function go; gives what `scan` gives."""
        with self._held:
            self.program.end_scan()
            done = self.program.done
            return self._specialised.scanned(done, [array[:done] for array in self._results])


class Compiled(Explained):
    """A function that runs as machine code; see `compile`.

    >>> square = bd.compile(lambda x: x * x)
    >>> square(bd.tensor([2.0, 3.0]))
    tensor([4., 9.])
    >>> square
    compile(<lambda>, 1 program)
    """

    def __init__(self, fn: Callable[..., Any]) -> None:
        functools.update_wrapper(self, fn)
        self.name = getattr(fn, "__name__", repr(fn))
        self._fn = fn
        self._programs: dict[Any, Specialised | None] = {}
        self._kept: dict[int, Any] = {}
        self._by_rows: Compiled | None = None
        # A program has one memory: one thread at a time.
        self._lock = threading.RLock()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if current_tracer() is not None:
            return self._fn(*args, **kwargs)  # a part of the program that is being written
        with self._lock:
            program, arrays = self._program(args, kwargs)
            if program is not None:
                return program.run(arrays)
        return self._fn(*args, **kwargs)

    def scan(
        self, rows: Array, *data: Any, watch: Callable[[int], bool] | None = None
    ) -> tuple[int, Any]:
        """One call for many batches: `fn(*(part[row] for part in data))` for each row of `rows`.

        Batches are gathered, and the loop over them runs, in machine code.

        Args:
            rows: row numbers, (batches, rows of a batch); at least one batch.
            data: arrays or tensors whose first axis the row numbers count.
            watch: called from time to time with the number of batches done; when it gives True,
                the run ends after the batch under way.

        Returns:
            How many batches were done, and their results, stacked along a new first axis.

        Raises:
            RangeError: for row numbers that are out of range.
            ShapeError, DTypeError: for `rows` that are no table of whole numbers.

        >>> total = bd.compile(lambda x: x.sum())
        >>> total.scan(np.array([[0, 1], [2, 3]]), bd.tensor([1.0, 2.0, 3.0, 4.0]))
        (2, tensor([3., 7.]))
        """
        rows = _row_numbers(rows, data)
        by_rows = self._gathering()
        with by_rows._lock:
            program, arrays = by_rows._program((rows[0], *data), {})
            if program is not None:
                moving = [True] + [False] * len(data)
                return program.scan(len(rows), [rows, *arrays[1:]], moving, watch)
        return _scan_eagerly(self._fn, rows, data, watch)

    def begin_scan(self, rows: Array, *data: Any) -> Begun | None:
        """Sets a scan up that somebody else runs; None where the function runs eagerly."""
        rows = _row_numbers(rows, data)
        by_rows = self._gathering()
        with ExitStack() as held:
            held.enter_context(by_rows._lock)
            program, arrays = by_rows._program((rows[0], *data), {})
            if program is None:
                return None
            given = [rows, *arrays[1:]]
            program.check_rows(given)
            results = program.program.begin_scan(len(rows), given, [True] + [False] * len(data))
            return Begun(program, given, results, held.pop_all())

    def prepare_scan(self, rows: Array, *data: Any) -> None:
        """Begins to compile what `scan` needs for such rows, while other things go on.

        >>> total = bd.compile(lambda x: x.sum())
        >>> total.prepare_scan(np.array([[0, 1]]), bd.tensor([1.0, 2.0]))
        """
        by_rows = self._gathering()
        with by_rows._lock:
            program, _ = by_rows._program((_row_numbers(rows, data)[0], *data), {}, wait=False)
        if program is not None and not program.program.is_finished:
            threading.Thread(target=program.program.finish, daemon=True).start()

    @property
    def is_native(self) -> bool:
        """Whether all of its programs are machine code; False once one runs eagerly.

        >>> bd.compile(lambda x: x + 1.0).is_native
        True
        """
        below = self._by_rows is None or self._by_rows.is_native
        return below and None not in self._programs.values()

    def _gathering(self) -> Compiled:
        """The function of row numbers and data; what ran last is to be asked of it."""
        self._last = None
        if self._by_rows is None:
            fn = self._fn

            def by_rows(rows: Any, *data: Any) -> Any:
                return fn(*(gather(part, rows, axis=0) for part in data))

            self._by_rows = Compiled(functools.wraps(fn)(by_rows))
        return self._by_rows

    def _program(
        self, args: Any, kwargs: Any, wait: bool = True
    ) -> tuple[Specialised | None, list[Array]]:
        """The program for such arguments, its state up to date, and the arguments as it takes them.

        None where the function runs eagerly.
        """
        facts: list[Any] = [context.is_training(), context.is_recording(), threads()]
        arrays: list[Array] = []
        if not kwargs:  # tensors and nothing else is what comes most often
            for leaf in args:
                if not isinstance(leaf, TENSORS):
                    break
                array = _argument(leaf)
                arrays.append(array)
                facts += (array.shape, array.dtype)
        if kwargs or len(arrays) < len(args):
            arrays, static = self._arguments(args, kwargs)
            facts[3:] = [static]
        key = tuple(facts)
        try:  # in one look: the key is long
            program = self._programs[key]
        except KeyError:
            program = self._programs[key] = self._specialise(args, kwargs, wait)
            if len(self._programs) == MANY + 1:
                warnings.warn(
                    f"{self.name} was compiled {len(self._programs)} times: its arguments keep "
                    "changing shape, dtype or value; pass numbers that change as bd.tensor(...)",
                    stacklevel=3,
                )
        if program is not None and not program.read_state():
            # A state tensor has another dtype since: net.to("float64"), for example.
            program = self._programs[key] = self._specialise(args, kwargs, wait)
            if program is not None:
                program.read_state()
        self._last = program, arrays if program is None or program.program.is_small else ()
        return program, arrays

    def _arguments(self, args: Any, kwargs: Any) -> tuple[list[Array], Any]:
        """The arrays among the arguments, and what else a program depends on."""
        given = (args, kwargs)
        arrays, facts = [], []
        for leaf in tree.leaves(given):
            if is_tensor(leaf):
                arrays.append(_argument(leaf))
                facts.append((arrays[-1].shape, arrays[-1].dtype))
            else:
                facts.append(self._static(leaf))
        return arrays, (*facts, str(tree.map_leaves(lambda leaf: None, given)))

    def _static(self, leaf: Any) -> Any:
        """What tells one value that is part of the program from another: 1, 1.0 and True differ."""
        if isinstance(leaf, bool | int | float | str | bytes | np.generic | None):
            return type(leaf).__name__, repr(leaf)
        self._kept[id(leaf)] = leaf  # as long as it is kept, its identity is its own
        return id(leaf)

    def _specialise(self, args: Any, kwargs: Any, wait: bool) -> Specialised | None:
        from badak.compiler.programs.lowered import UnsupportedError  # noqa: PLC0415  # with all kernels
        from badak.compiler.programs.pipeline import improved  # noqa: PLC0415  # as above
        from badak.compiler.programs.program import Program  # noqa: PLC0415  # as above
        from badak.compiler.specialised import Specialised  # noqa: PLC0415  # as above

        traced = trace(self._fn, *args, **kwargs)
        graph = improved(traced.graph)
        arguments = len(graph.inputs) - len(traced.state)
        inputs = {id(x): arguments + i for i, x in enumerate(traced.state)}
        results = len(graph.outputs) - len(traced.assigned)
        updates = [
            (inputs[id(x)], results + i) for i, x in enumerate(traced.assigned) if id(x) in inputs
        ]
        try:
            program = Program(graph, arguments, updates)
            if wait:
                program.finish()
        except (UnsupportedError, MissingExtraError) as error:
            reason = f"{self.name} runs eagerly, in NumPy: {error.what}"
            warnings.warn(reason, RuntimeWarning, stacklevel=4)
            return None
        return Specialised(traced, program)

    def __repr__(self) -> str:
        count = len(self._programs)
        return f"compile({self.name}, {count} program{'' if count == 1 else 's'})"


def _row_numbers(rows: Any, data: Sequence[Any]) -> Array:
    """A table of row numbers that exist in all of the data."""
    table = np.asarray(rows)
    if table.ndim != 2 or not len(table) or not data:
        raise ShapeError(
            "scan takes a table of row numbers, a batch in each row, and data",
            expected="(batches, rows of a batch), at least one batch",
            got=table.shape,
        )
    if table.dtype.kind not in "iu":
        raise DTypeError("row numbers are whole", got=table.dtype.name)
    table = np.ascontiguousarray(table, np.int64)
    count = min(part.shape[0] for part in data)
    if not are_positions(table, count):
        raise RangeError(
            "a row number is out of range",
            expected=f"0..{count - 1}",
            got=f"{table.min()}..{table.max()}",
        )
    return table


def _scan_eagerly(
    fn: Callable[..., Any],
    rows: Array,
    data: Sequence[Any],
    watch: Callable[[int], bool] | None,
) -> tuple[int, Any]:
    parts = [part.data if isinstance(part, Tensor) else as_array(part) for part in data]
    results: list[Any] = []
    for row in rows:
        results.append(fn(*(Tensor(part[row]) for part in parts)))
        if watch is not None and watch(len(results)):
            break
    leaves = zip(*(tree.leaves(result) for result in results), strict=True)
    stacked = iter(
        [Tensor(np.stack([x.data for x in xs])) if is_tensor(xs[0]) else xs[0] for xs in leaves]
    )
    return len(results), tree.map_leaves(lambda leaf: next(stacked), results[0])


def _argument(leaf: Any) -> Array:
    """A tensor or an array as the program takes it."""
    array: Array
    if isinstance(leaf, Tensor):
        array = leaf.data
        if type(array) is np.ndarray and array.flags.c_contiguous:
            return array
    elif type(leaf) is np.ndarray and leaf.dtype in AS_THEY_ARE:
        array = leaf  # it is only read, so no copy is needed
    else:
        array = as_array(leaf)
    if type(array) is not np.ndarray:  # a Lease: the run may write over it before it is read
        return np.array(array)
    if array.flags.c_contiguous:
        return array
    return np.ascontiguousarray(array).reshape(array.shape)


def compile(fn: Callable[..., Any]) -> Compiled:
    """Compiles a function of tensors: forward, backward and update become one program.

    The function is run once without numbers, to write down what it does; from then on its machine
    code runs. Parameters, optimizer state, running statistics and random counters are found on the
    way and updated in place. For arguments of another shape or dtype, or in another mode, it is
    compiled again.

    What the function does besides operations on tensors happens once only, and what it decides by
    the numbers of a tensor cannot be compiled: `if`, `float()` and `print` of a tensor belong
    outside.

    Raises:
        StateError: when the function looks at the numbers of a tensor.

    >>> w = bd.parameter([1.0, 2.0])
    >>> opt = optim.SGD(lr=0.1)
    >>> @compile
    ... def step(x):
    ...     loss = ((w * x) ** 2).sum()
    ...     opt.update({"w": w}, bd.grad(loss, {"w": w}))
    ...     return loss
    >>> [round(float(step(bd.tensor([1.0, 1.0]))), 3) for _ in range(3)]
    [5.0, 3.2, 2.048]
    """
    return Compiled(fn)
