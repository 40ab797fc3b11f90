"""A mistake planted in the back end is found: by the same checks that find none without it."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from badak.compiler import parse
from badak.compiler.kernels import alone, elementary, matmul, nest, schedule
from badak.compiler.loops.loop import Number
from badak.compiler.machine import text as llvm_text
from badak.compiler.machine import words as llvm_words
from badak.compiler.testing import Case, Verdict, check, random_case, random_graph
from badak.compiler.testing.guard import AVAILABLE
from badak.compiler.testing.interval import certain


def swapped(table: str, key: str, wrong: object):
    return lambda patch: patch.setitem(getattr(llvm_words, table), key, wrong)


def replaced(module: object, name: str, change):
    """The function of that name, changed: `change(original)`."""
    return lambda patch: patch.setattr(module, name, change(getattr(module, name)))


def shifted_mask(original):
    return lambda self, lanes, active: original(self, lanes, max(active - 1, 0))


def everything_may_join(original):
    return lambda plan, group, equation, producers: not any(p.needs(group) for p in producers)


def everything_may_merge(original):
    return lambda plan, first, second: (
        None is not first.domain == second.domain
        and not any(g.needs(first) for g in second.reads.values() if g is not first)
    )


def zero_is_least(original):
    return lambda equation: Number(0, equation.output.dtype)


def next_column(original):
    def wrong(b, x, y, out, m, n, k):
        return original(b, x, y, out, m, max(n - 1, 1), k)

    return wrong


ARITHMETIC = ("add", "sub", "mul", "broadcast", "sum")
WHOLE = ("argmax", "less", "mul", "cast", "where")
MISTAKES = {
    "a difference is a sum": (ARITHMETIC, swapped("FLOAT_OPS", "sub", "fadd")),
    "a product of whole numbers is a sum": (WHOLE, swapped("INT_OPS", "mul", "add")),
    "not_equal is false for NaN": (
        ("not_equal", "mul"),
        swapped("ORDERED", "not_equal", ("one", "ne", "ne")),
    ),
    "unsigned numbers compare as signed": (
        WHOLE,
        swapped("ORDERED", "less", ("olt", "slt", "slt")),
    ),
    "signed numbers compare as unsigned": (
        WHOLE,
        swapped("ORDERED", "less", ("olt", "ult", "ult")),
    ),
    "floor is rint": (("floor", "add"), swapped("UNARY", "floor", "rint")),
    "the last lane rests": (ARITHMETIC, replaced(llvm_text.Writer, "_mask", shifted_mask)),
    "every group may be joined": (
        (*ARITHMETIC, "transpose", "flip"),
        replaced(schedule, "_may_join", everything_may_join),
    ),
    "every group may be merged": (
        (*ARITHMETIC, "transpose", "flip"),
        replaced(schedule, "_may_merge", everything_may_merge),
    ),
    "every buffer may be shared": (
        (*ARITHMETIC, "transpose", "flip"),
        replaced(schedule, "_can_share", lambda original: lambda *_: True),
    ),
    "no product has a last column": (("matmul", "mul"), replaced(alone, "multiply", next_column)),
    "a maximum starts from 0": (("max", "mul"), replaced(nest, "_identity", zero_is_least)),
    "a sum starts over in each row": (
        ("sum", "mul"),
        replaced(nest.Nest, "_adds_up_in_memory", lambda original: lambda self, equation: False),
    ),
    "a logarithm lost its low part": (
        ("log", "exp"),
        lambda patch: patch.setattr(elementary, "_LN2_LOW", 0.0),
    ),
    "a product forgets its sum": (
        ("matmul", "mul"),
        replaced(
            matmul, "_add_product", lambda original: lambda b, x, y, z: b.compute("mul", x, y)
        ),
    ),
}
"""Primitives that programs are made of, and what is wrong with the compiler meanwhile."""


def first_failure(primitives: tuple[str, ...], limit: int = 300) -> Verdict | None:
    for seed in range(limit):
        verdict = check(random_case(random_graph(seed, primitives, longest=6), seed))
        if verdict.is_failure:
            return verdict
    return None


@pytest.mark.parametrize("mistake", MISTAKES)
def test_planted_mistake_is_found(monkeypatch, mistake):
    primitives, plant = MISTAKES[mistake]
    plant(monkeypatch)

    assert first_failure(primitives) is not None


SUM = """
    graph(x: float32[19]) {
      a: float32 = sum(x, axes=(0,), keepdims=False)
      return a
    }"""


def test_loop_interpreter_sees_a_read_behind_the_end(monkeypatch):
    load = nest.Builder.load

    def careless(self, buffer, address, lanes=1, stride=1, active=None):
        return load(self, buffer, address, lanes, stride)

    monkeypatch.setattr(nest.Builder, "load", careless)

    verdict = check(Case(parse(SUM)), loops=True)

    assert verdict.kind == "error"
    assert "[19] lies outside of the buffer" in verdict.detail


def test_loop_interpreter_sees_what_machine_code_does_otherwise(monkeypatch):
    monkeypatch.setitem(llvm_words.UNARY, "sqrt", "fabs")
    graph = parse("graph(x: float32[3]) {\n a: float32[3] = sqrt(x)\nreturn a\n}")
    monkeypatch.setattr("badak.compiler.testing.verdict._first_wrong", lambda *_: "")

    assert check(Case(graph), loops=True).kind == "loop"


GUARDED = f"""
import sys
from badak.compiler import parse
from badak.compiler.machine import text as llvm_text
from badak.compiler.testing import Case, check
load = llvm_text.Writer._load
def careless(self, s):
    load(self, type(s)(s.output, s.buffer, s.address, s.stride, None))
if len(sys.argv) > 1:
    llvm_text.Writer._load = careless
verdict = check(Case(parse('''{SUM}''')), guard=True)
sys.exit(verdict.kind != "right")
"""


@pytest.mark.skipif(not AVAILABLE, reason="needs mprotect")
@pytest.mark.parametrize(("arguments", "dies"), [([], False), (["careless"], True)])
def test_guard_pages_end_a_process_that_reads_behind_the_end(arguments, dies):
    done = subprocess.run([sys.executable, "-c", GUARDED, *arguments], check=False)

    assert done.returncode < 0 if dies else done.returncode == 0


def test_number_that_is_off_by_one_step_is_found():
    graph = parse("graph(x: float32[3]) {\n a: float32[3] = add(x, x)\nreturn a\n}")
    verdict = check(Case(graph))
    exact = np.array([1.0, 2.0, 3.0], np.float32)

    assert verdict.kind == "right"
    assert certain(exact).wrong(np.nextafter(exact, np.float32(9))).all()
