"""Programs with forbidden pages around every buffer: nothing is read or written out of bounds.

Each program runs twice in a child process, with its buffers against the page behind them and
against the page before; what it is given may be read only. One that goes too far is killed.
"""

from __future__ import annotations

import subprocess
import sys

import pytest

from badak.compiler import parse
from badak.compiler.testing import Case, Child, random_case, random_graph
from badak.compiler.testing.guard import AVAILABLE

PROGRAMS = 12
"""So many of each family."""
FAMILIES = {
    "convolutions": ("conv", "conv_input_grad", "conv_weight_grad"),
    "convolutions among others": ("conv", "conv_input_grad", "conv_weight_grad", "add", "maximum",
                                  "transpose", "slice"),
    "pools": ("windows", "max", "sum", "pad"),
    "pools and what follows": ("windows", "max", "sum", "argmax", "mul", "broadcast", "where"),
    "sums at positions": ("fold", "scatter_add", "gather", "concat"),
    "products": ("matmul", "transpose", "add", "flip"),
    "bits and casts": ("random_bits", "cast", "right_shift", "logical_not", "reshape"),
}  # fmt: skip

pytestmark = pytest.mark.skipif(not AVAILABLE, reason="needs mprotect")


def failures(child, cases):
    verdicts = ((case, child.check(case, guard=True)) for case in cases)
    return [f"{case}\n{verdict}" for case, verdict in verdicts if verdict.is_failure]


@pytest.mark.parametrize("family", FAMILIES)
def test_random_programs_stay_within_their_buffers(family):
    graphs = ((random_graph(seed, FAMILIES[family], longest=5), seed) for seed in range(PROGRAMS))
    with Child() as child:
        found = failures(child, (random_case(graph, seed) for graph, seed in graphs))

    assert found == []


def test_random_programs_with_gradients_stay_within_their_buffers():
    with Child() as child:
        verdicts = {seed: child.draw(seed, gradients=True, guard=True) for seed in range(PROGRAMS)}

    assert {seed: v for seed, v in verdicts.items() if v.is_failure} == {}


@pytest.mark.parametrize("size", [1, 15, 16, 17, 31, 32, 33, 63, 64, 65])
def test_arguments_of_every_tail_are_read_to_their_end_only(size):
    names = ("add", "exp", "sum", "max", "argmax", "cast", "flip")
    graphs = (random_graph(seed, names, longest=4) for seed in range(100))
    fitting = (g for g in graphs if any(size in x.shape for x in g.inputs))
    cases = [Case(g, arguments=len(g.inputs)) for g in list(fitting)[:4]]
    with Child() as child:
        found = failures(child, cases)

    assert cases
    assert found == []


# ---------------------------------------------------------------------- the pages bite


TOUCH = """
import ctypes, sys
import numpy as np
from badak.compiler.loops.loop import Buffer
from badak.compiler.testing.guard import Guarded
behind, place, write = (int(word) for word in sys.argv[1:])
buffer = Buffer("x", np.dtype("float32"), 19)
memory = Guarded([buffer], bool(behind))
memory.array(buffer)[...] = 1.0
memory.close("x")
address = memory.array(buffer).ctypes.data + place
ctypes.memset(address, 0, 1) if write else ctypes.string_at(address, 1)
"""


@pytest.mark.parametrize(
    ("behind", "place", "write", "dies"),
    [
        (1, 4 * 19 - 1, 0, False),
        (1, 4 * 19, 0, True),
        (0, 0, 0, False),
        (0, -1, 0, True),
        (1, 0, 1, True),
    ],
    ids=["last byte", "behind the end", "first byte", "before the beginning", "written"],
)
def test_process_that_leaves_a_buffer_is_killed(behind, place, write, dies):
    words = [str(int(word)) for word in (behind, place, write)]
    done = subprocess.run([sys.executable, "-c", TOUCH, *words], check=False)

    assert done.returncode < 0 if dies else done.returncode == 0


@pytest.mark.parametrize("wide", ["int64", "uint32", "int32"])
@pytest.mark.parametrize("narrow", ["uint8", "int32", "bool"])
def test_what_is_narrowed_is_stored_in_its_own_width(wide, narrow):
    texts = (
        f"graph(a: {wide}[{rows},{size}]) {{\n"
        f"  b: {narrow}[{rows},{size}] = cast(a, dtype='{narrow}')\n"
        "  return b\n"
        "}"
        for rows in (1, 3)
        for size in (1, 9, 17, 25, 31)
    )
    with Child() as child:
        found = failures(child, (Case(parse(text)) for text in texts))

    assert found == []
