"""A compiled function for arguments of certain shapes: its program, and the tensors it works on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from badak.base import tree
from badak.base.dtypes import Array
from badak.compiler.programs.program import Program
from badak.compiler.traced import Place, Traced
from badak.core.tensor import Tensor


class Lease(np.ndarray):
    """The numbers of a state where the program keeps them: true until its next run.

    Whatever is computed from a tensor eagerly gets numbers of its own (see `core.eager`), so nobody
    sees them change but the tensor that they belong to.
    """


class Specialised:
    """A program for arguments of certain shapes and dtypes, and the tensors that are its state."""

    def __init__(self, traced: Traced, program: Program) -> None:
        self.program = program
        self.result = traced.result
        first = len(program.graph.inputs) - program.constants - len(traced.state)
        self.state = list(traced.state)
        self.memory = [program.array(v) for v in program.graph.inputs[first:][: len(self.state)]]
        # The version as well: two programs may put new numbers into the same place in turn. That of
        # a tensor that each run updates is counted from the number of runs.
        self.known: list[tuple[Any, int]] = [(None, -1)] * len(self.state)
        self._runs = 0
        self._is_settled = False
        self.checks = traced.checks
        self._seen = -1
        places = {id(tensor): i for i, tensor in enumerate(self.state)}
        self.updated: list[tuple[int, Tensor, Lease]] = []
        self.written: list[Tensor] = []
        for tensor in traced.assigned:
            if id(tensor) in places:
                place = places[id(tensor)]
                self.updated.append((place, tensor, self.memory[place].view(Lease)))
            else:
                self.written.append(tensor)
        self._moves = [False] * len(self.state)
        for place, _, _ in self.updated:
            self._moves[place] = True
        self._moving = [tensor for _, tensor, _ in self.updated]

    def read_state(self) -> bool:
        """Takes over numbers that changed outside; False when they are of another kind now.

        What the program itself has put into a tensor is in its memory already.
        """
        if self._seen == Tensor.last_change:
            return True
        known = self.known
        seen = Tensor.last_change
        for position, tensor in enumerate(self.state):
            data = tensor.data
            version = tensor.version - self._runs if self._moves[position] else tensor.version
            before, then = known[position]
            if data is not before or version != then:
                memory = self.memory[position]
                if (data.shape, data.dtype) != (memory.shape, memory.dtype):
                    return False
                memory[...] = data
                known[position] = (data, version)
                self._is_settled = False
        self._seen = seen
        return True

    def run(self, arguments: list[Array]) -> Any:
        """One run; what the function returns."""
        for check in self.checks:
            check(arguments)
        results = self.program.run_fitting(arguments)
        if self.updated or self.written:
            self._write_state(results[len(results) - len(self.written) :])
        return self._returned(results)

    def scan(
        self,
        count: int,
        arguments: list[Array],
        moving: list[bool],
        watch: Callable[[int], bool] | None,
    ) -> tuple[int, Any]:
        """Many runs; how many were done, and what they returned, one behind the other."""
        self.check_rows(arguments)
        try:
            done, results = self.program.scan(count, arguments, moving, watch)
        except BaseException:  # from `watch`: some runs may have been done
            self._write_state([])
            raise
        return self.scanned(done, results)

    def check_rows(self, arguments: list[Array]) -> None:
        """The checks before a scan, whose first argument has been looked at already."""
        taken: dict[tuple[int, int | None], Array] = {}
        for check in self.checks:
            if check.argument:
                place = check[:2]
                if place not in taken:
                    taken[place] = check.numbers(arguments)
                check.function(taken[place])

    def scanned(self, done: int, results: list[Array]) -> tuple[int, Any]:
        """After a scan: how many runs were done, and what they returned."""
        written = results[len(results) - len(self.written) :]
        self._write_state([array[-1] for array in written] if done else [])
        return done, self._returned(results)

    def _write_state(self, written: list[Array]) -> None:
        """Tensors that are assigned hold from now on what the program has put into its memory."""
        if not self._is_settled:  # some had their numbers from outside until now
            for position, tensor, lease in self.updated:
                tensor.data = lease
                self.known[position] = (lease, tensor.version - self._runs)
            self._is_settled = True
        self._runs += 1
        for tensor in self._moving:
            tensor.version += 1
        for tensor, array in zip(self.written, written, strict=False):
            tensor.data = array
            tensor.version += 1
        Tensor.note_change()
        self._seen = Tensor.last_change

    def _returned(self, results: list[Array]) -> Any:
        result = self.result
        if isinstance(result, Place):
            return Tensor(results[result.number])
        return tree.map_leaves(
            lambda leaf: Tensor(results[leaf.number]) if isinstance(leaf, Place) else leaf, result
        )
