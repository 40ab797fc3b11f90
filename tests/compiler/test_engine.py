"""Machine code: from the text, and from the cache."""

from __future__ import annotations

import ctypes
import gc
import multiprocessing
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from badak.base.errors import MissingExtraError, RangeError
from badak.compiler.machine import engine
from badak.compiler.machine.engine import Code, CodegenError, Processor, assembly_code

HOST = engine.host_processor()
SOURCE = """
define internal double @half(double %x) noinline {
  %y = fmul double %x, 0.5
  ret double %y
}
define void @run(ptr %at) {
  %x = load double, ptr %at
  %y = call double @half(double %x)
  %z = call double @llvm.floor.f64(double %y)
  store double %z, ptr %at
  ret void
}
declare double @llvm.floor.f64(double)
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Where entries go: an empty place for each test."""
    monkeypatch.setenv("BADAK_CACHE", str(tmp_path))
    return tmp_path / "compiled"


def answer(code: Code) -> float:
    place = ctypes.c_double(7.0)
    code.function("run", ctypes.c_void_p)(ctypes.addressof(place))
    return place.value


def entry(folder: Path) -> Path:
    (name,) = os.listdir(folder)
    return folder / name


def refuse(*_: object) -> None:
    raise AssertionError("compiled again")


def test_the_second_time_nothing_is_compiled(monkeypatch):
    first = Code(SOURCE)
    monkeypatch.setattr(engine, "_improved", refuse)
    second = Code(SOURCE)

    assert (first.cached, second.cached) == (False, True)
    assert (answer(first), answer(second)) == (3.0, 3.0)


@pytest.mark.parametrize("value", ["", "off"])
def test_without_a_cache_it_is_compiled_each_time(monkeypatch, folder, value):
    monkeypatch.setenv("BADAK_CACHE", value)

    assert [Code(SOURCE).cached for _ in range(2)] == [False, False]
    assert not folder.exists()


def test_another_source_is_another_entry(folder):
    other = Code(SOURCE.replace("0.5", "2.0")), Code(SOURCE)

    assert [answer(code) for code in other] == [14.0, 3.0]
    assert len(os.listdir(folder)) == 2


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PASSES", ("simplify_cfg",)),
        ("_SPEED", 1),
        ("host_processor", lambda: replace(HOST, cpu="generic")),
        ("host_processor", lambda: replace(HOST, features="")),
    ],
)
def test_code_made_otherwise_is_another_entry(monkeypatch, name, value):
    Code(SOURCE)
    monkeypatch.setattr(engine, name, value)
    again = Code(SOURCE)

    assert not again.cached
    assert answer(again) == 3.0


DAMAGES = {
    "empty": lambda data: b"",
    "cut": lambda data: data[: len(data) // 2],
    "one bit": lambda data: data[:200] + bytes([data[200] ^ 4]) + data[201:],
    "foreign": lambda data: b"\x7fELF" + data[4:],
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_entry_is_rebuilt_and_right(folder, damage):
    Code(SOURCE)
    whole = entry(folder).read_bytes()
    entry(folder).write_bytes(damage(whole))
    rebuilt = Code(SOURCE)

    assert (rebuilt.cached, answer(rebuilt)) == (False, 3.0)
    assert entry(folder).read_bytes() == whole


def test_a_folder_in_the_place_of_an_entry_does_no_harm(folder):
    Code(SOURCE)
    path = entry(folder)
    path.unlink()
    path.mkdir()

    assert answer(Code(SOURCE)) == 3.0


def test_a_cache_that_cannot_be_made_does_no_harm(folder):
    folder.write_text("a file of that name")

    assert answer(Code(SOURCE)) == 3.0


def _in_another_process(_: int) -> tuple[bool, float]:
    code = Code(SOURCE)
    return code.cached, answer(code)


def test_processes_that_compile_at_once_are_right():
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        answers = pool.map(_in_another_process, range(8), chunksize=1)

    assert [number for _, number in answers] == [3.0] * 8
    assert sum(cached for cached, _ in answers) >= 6


def test_a_function_keeps_its_code():
    function = Code(SOURCE).function("run", ctypes.c_void_p)
    gc.collect()
    place = ctypes.c_double(9.0)
    function(ctypes.addressof(place))

    assert place.value == 4.0


def test_many_programs_may_have_functions_of_one_name():
    sources = [SOURCE.replace("0.5", f"{factor}.0") for factor in range(1, 6)]
    codes = [Code(source) for source in sources]

    assert [answer(code) for code in codes] == [7.0, 14.0, 21.0, 28.0, 35.0]


def test_an_unknown_function_is_refused():
    with pytest.raises(RangeError, match="no function 'walk'"):
        Code(SOURCE).function("walk")


@pytest.mark.parametrize(
    "source",
    ["nonsense", "define void @f() {ret i32 0}", SOURCE.replace("double %y)", "double %q)")],
)
def test_a_wrong_text_is_refused_and_leaves_no_entry(folder, source):
    with pytest.raises(CodegenError, match="cannot read a program"):
        Code(source)

    assert not folder.exists()


def test_an_unknown_processor_is_refused():
    with pytest.raises(CodegenError, match="LLVM knows no abacus"):
        assembly_code(SOURCE, Processor("abacus-unknown-none", "generic"))


def test_without_llvmlite_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(engine, "_ready", [])
    monkeypatch.setitem(sys.modules, "llvmlite.binding", None)

    with pytest.raises(MissingExtraError, match="pip install llvmlite"):
        Code(SOURCE)
