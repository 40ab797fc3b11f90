"""Floor 3, the compiler: a function of tensors, written down as a graph, made into a program.

In reading order: `graph` (the grammar), `show` and `parse` (as text and back), `verify`,
`interpret` (the plain meaning); `names`, `traced`, `tracer`, `checks` and `trace` (from a
function); `rewrite` (the laws) and the `passes`. Then the back end: `loops` (the second grammar),
`kernels`, `machine` (LLVM, threads) and `programs`. `compiled`, with `specialised`, `explained`,
`crowd` and `threads`, is what users meet.
"""

from badak.compiler.compiled import Compiled, compile
from badak.compiler.crowd import Scan, scan_together
from badak.compiler.graph import Graph
from badak.compiler.interpret import interpret
from badak.compiler.parse import parse
from badak.compiler.passes import dedupe, prune, simplify
from badak.compiler.show import show
from badak.compiler.threads import set_threads
from badak.compiler.trace import trace
from badak.compiler.traced import Traced
from badak.compiler.verify import verify

__all__ = [
    "Compiled",
    "Graph",
    "Scan",
    "Traced",
    "compile",
    "dedupe",
    "interpret",
    "parse",
    "prune",
    "scan_together",
    "set_threads",
    "show",
    "simplify",
    "trace",
    "verify",
]
