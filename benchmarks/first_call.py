"""How long the first call of a compiled step takes, in a process of its own.

python -m benchmarks.first_call CASE FRAMEWORK

The network is built and the framework is imported before; loading the compiler belongs to the call.
"""

from __future__ import annotations

import sys
import time

from benchmarks import cases, peers
from benchmarks.peers.contender import RATE, Contender

SETTINGS = {
    "Badak": "compiled, ",
    "PyTorch": "torch.compile of the whole step, ",
    "JAX": "jit, ",
}
"""How the setting that compiles a whole step begins."""


def compiled(case: cases.Case, framework: str) -> Contender:
    """The contender that compiles a whole step; with the most threads, where there is a choice."""
    row = peers.contenders(case, framework)
    whole = [c for c in row if c.setting.startswith(SETTINGS[framework])]
    return whole[0] if framework != "PyTorch" else whole[-1]


def main(case_name: str, framework: str) -> None:
    (case,) = (case for case in cases.CASES if case.name == case_name)
    trainee = compiled(case, framework).build(RATE)
    trainee.prepare()
    began = time.perf_counter()
    trainee.run(1)
    print(time.perf_counter() - began)


if __name__ == "__main__":
    main(*sys.argv[1:])
