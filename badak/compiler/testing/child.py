"""Checks in a process of their own: what kills it, or hangs, is a verdict too.

    python -m badak.compiler.testing.child

reads requests from its standard input, one JSON object a line, and answers each with a verdict.
"""

from __future__ import annotations

import itertools
import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import asdict
from typing import IO, Any

from badak.compiler.parse import parse
from badak.compiler.show import show
from badak.compiler.testing.gradients import with_gradients
from badak.compiler.testing.programs import random_graph, with_kernels
from badak.compiler.testing.verdict import Case, Verdict, check, random_case

LONG = 16
"""Every so many programs may be long."""

PATIENCE = 120.0
"""Seconds after which a child is held to hang."""


def drawn(seed: int, gradients: bool = False) -> Case:
    """The random case of a seed, of primitives that have kernels."""
    known = with_kernels()
    if not gradients:
        longest = 40 if seed % LONG == 0 else 12
        return random_case(random_graph(seed, known, longest), seed)
    # Where no float comes out there is nothing to differentiate; then another program is drawn.
    for attempt in itertools.count():
        graph = with_gradients(random_graph((attempt << 40) + seed, known, longest=6), seed)
        if graph is not None:
            return random_case(graph, seed)
    raise AssertionError


class Child:
    """A process that checks cases; it is started again when it dies."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._answers: queue.Queue[str] = queue.Queue()

    def draw(
        self,
        seed: int,
        gradients: bool = False,
        loops: bool = False,
        guard: bool = False,
        workers: Sequence[int] = (1,),
    ) -> Verdict:
        """The verdict on the random case of a seed."""
        how = {"loops": loops, "guard": guard, "workers": list(workers)}
        return self._ask({"draw": seed, "gradients": gradients, **how})

    def check(
        self,
        case: Case,
        loops: bool = False,
        guard: bool = False,
        workers: Sequence[int] = (1,),
    ) -> Verdict:
        """The verdict on a case."""
        return self._ask(
            {
                "graph": show(case.graph),
                "seed": case.seed,
                "arguments": case.arguments,
                "updates": case.updates,
                "passes": case.passes,
                "loops": loops,
                "guard": guard,
                "workers": list(workers),
            }
        )

    def close(self) -> None:
        """Ends the process."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    pipe.close()
            self._process = None

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _start(self) -> subprocess.Popen[str]:
        self._answers = queue.Queue()
        process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"BADAK_CACHE": "off"},  # no program comes twice
            text=True,
        )
        threading.Thread(target=_pump, args=(process.stdout, self._answers), daemon=True).start()
        return process

    def _ask(self, request: dict[str, Any]) -> Verdict:
        if self._process is None:
            self._process = self._start()
        process, line = self._process, ""
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
            line = self._answers.get(timeout=PATIENCE)
        except BrokenPipeError:
            pass
        except queue.Empty:
            self.close()
            return Verdict("hang", f"no answer in {PATIENCE:.0f} seconds")
        if line:
            return Verdict(**json.loads(line))
        code = process.wait()
        self.close()
        return Verdict("crash", f"the process ended with {code}")


def _pump(pipe: IO[str], answers: queue.Queue[str]) -> None:
    """Hands lines on; an empty one says that the process is gone."""
    for line in pipe:
        answers.put(line)
    answers.put("")


def _answer(request: dict[str, Any]) -> Verdict:
    how = request["loops"], request["guard"], None, request["workers"]
    if "draw" in request:
        try:
            case = drawn(request["draw"], request["gradients"])
        except Exception as error:  # noqa: BLE001  # whatever is raised is a finding
            return Verdict("error", f"while it was drawn: {type(error).__name__}: {error}")
        return check(case, *how)
    case = Case(
        parse(request["graph"]),
        request["seed"],
        request["arguments"],
        tuple((i, o) for i, o in request["updates"]),
        request["passes"],
    )
    return check(case, *how)


def main() -> None:
    """Answers until nothing more is asked."""
    for line in sys.stdin:
        sys.stdout.write(json.dumps(asdict(_answer(json.loads(line)))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
