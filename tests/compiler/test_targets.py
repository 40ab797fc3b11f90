"""Assembly for other machines, and the registers that programs are written for."""

from __future__ import annotations

import functools
import re
import sys
from dataclasses import dataclass

import pytest

from badak.base.errors import MissingExtraError, RangeError
from badak.compiler.machine import engine
from badak.compiler.machine.engine import CodegenError, Processor, host_processor, machine
from badak.compiler.machine.targets import HOSTS, TARGETS, Host, assembly, host, host_of
from badak.compiler.machine.team_text import team_text
from badak.compiler.programs.program import Program
from tests.compiler.equations import equation, graph_of, value


@dataclass(frozen=True)
class Look:
    """What the assembly for a target must and must not hold."""

    machine: str
    present: tuple[str, ...]
    absent: tuple[str, ...]


LOOKS = {
    "avx512": Look("x86_64", (r"vfmadd\w+ps.*%zmm",), (r"fmla",)),
    "avx2": Look("x86_64", (r"vfmadd\w+ps.*%ymm",), (r"%zmm", r"fmla", r"%[xyz]mm(1[6-9]|[23]\d)")),
    "neon": Look("aarch64", (r"fmla\s+v\d+\.4s",), (r"%[xyz]mm", r"vfmadd", r"\bz\d+\.s")),
}


@functools.cache
def program() -> Program:
    """A product, a convolution, and a function of each element."""
    x, y = value((12, 20)), value((20, 40))
    image, weight = value((2, 3, 8, 8)), value((4, 3, 3, 3))
    product = equation("matmul", x, y)
    settings = {"stride": (1, 1), "padding": ((1, 1), (1, 1)), "dilation": (1, 1), "groups": 1}
    correlation = equation("conv", image, weight, **settings)
    curve = equation("tanh", product.output)
    return Program(graph_of((x, y, image, weight), (product, correlation, curve)), 4)


def source_for(machine: str) -> str:
    return f"{program().source}\n{team_text(machine)}"


@pytest.mark.parametrize("target", LOOKS)
def test_a_program_becomes_the_vector_instructions_of_the_target(target):
    look = LOOKS[target]
    text = assembly(source_for(look.machine), target)

    assert [word for word in look.present if not re.search(word, text)] == []
    assert [word for word in look.absent if re.search(word, text)] == []


def test_the_assembly_for_this_machine_has_the_program():
    text = assembly(source_for(machine()))

    assert re.search(r"^_?step:", text, re.MULTILINE)


def test_all_targets_are_looked_at():
    assert sorted(LOOKS) == sorted(TARGETS)


def test_an_unknown_target_is_named():
    with pytest.raises(RangeError, match="did you mean 'avx512'"):
        assembly("", "avx51")


WRONG = {
    "no text of LLVM's": "nonsense",
    "what LLVM ends the process for": (
        "define void @f() {\n call void @llvm.aarch64.hint(i32 1)\n ret void\n}"
    ),
}


@pytest.mark.parametrize("source", WRONG.values(), ids=WRONG)
def test_what_llvm_cannot_translate_is_an_error_here(source):
    with pytest.raises(CodegenError, match=r"(?is)no code for avx2.*error"):
        assembly(source, "avx2")


def test_without_llvmlite_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(engine, "_ready", [])
    monkeypatch.setitem(sys.modules, "llvmlite.binding", None)

    with pytest.raises(MissingExtraError, match="pip install llvmlite"):
        assembly("", "neon")


@pytest.mark.parametrize(
    ("triple", "features", "name"),
    [
        ("x86_64-unknown-linux-gnu", "+avx,+avx2,+avx512f", "avx512"),
        ("x86_64-apple-darwin", "+avx,+avx2,-avx512f", "avx2"),
        ("x86_64-pc-windows-msvc", "+avx,-avx2", "sse"),
        ("x86_64-unknown-linux-gnu", "", "sse"),
        ("aarch64-unknown-linux-gnu", "+neon,+sve", "neon"),
        ("arm64-apple-darwin23", "", "neon"),
        ("riscv64-unknown-linux-gnu", "+v", "other"),
    ],
)
def test_the_registers_follow_from_the_processor(triple, features, name):
    assert host_of(Processor(triple, "", features)).name == name


@pytest.mark.parametrize(
    ("name", "floats", "doubles"),
    [("avx512", 32, 16), ("avx2", 8, 4), ("neon", 8, 4), ("sse", 4, 2), ("other", 4, 2)],
)
def test_how_many_vectors_of_sixteen_numbers_there_are(name, floats, doubles):
    assert HOSTS[name].vectors_of(16 * 4) == floats
    assert HOSTS[name].vectors_of(16 * 8) == doubles


@pytest.mark.parametrize(("size", "vectors"), [(4, 32), (64, 32), (65, 16), (96, 16), (192, 10)])
def test_a_vector_takes_whole_registers(size, vectors):
    assert Host("avx512", 64, 32).vectors_of(size) == vectors


def test_this_machine_is_asked_once():
    assert host() is host()
    assert host() == host_of(host_processor())
