"""Tiles follow the registers of a machine; what is computed does not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from weakref import WeakValueDictionary

import numpy as np
import pytest

from badak.base.dtypes import float32, float64
from badak.compiler.kernels import pack
from badak.compiler.kernels.correlate import tiling, vectors_of
from badak.compiler.kernels.matmul import LANES, tile_shape
from badak.compiler.kernels.outer import tile_rows, tile_vectors
from badak.compiler.loops import build
from badak.compiler.machine.targets import HOSTS, TARGETS, assembly
from badak.compiler.machine.team_text import team_text
from badak.compiler.parse import parse
from badak.compiler.programs import pipeline
from badak.compiler.programs.program import Program
from tests.compiler.equations import computed, normal

DTYPES = pytest.mark.parametrize("dtype", [float32, float64], ids=str)
MACHINES = pytest.mark.parametrize("name", HOSTS)

ALL = """
    graph(x: {0}[37,20], y: {0}[20,150], i: {0}[2,3,9,17], w: {0}[21,3,3,3], g: {0}[2,21,7,15]) {{
      a: {0}[37,150] = matmul(x, y)
      b: {0}[2,21,7,15] = conv(i, w, {1})
      c: {0}[2,3,9,17] = conv_input_grad(g, w, size=(9, 17), {1})
      d: {0}[21,3,3,3] = conv_weight_grad(i, g, kernel=(3, 3), {1})
      return a, b, c, d
    }}"""
PLAIN = "stride=(1, 1), padding=((0, 0), (0, 0)), dilation=(1, 1), groups=1"


@contextmanager
def tiled_for(name: str) -> Iterator[None]:
    """Programs made inside have the tiles of another machine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "host", lambda: HOSTS[name])
        patch.setattr(pipeline, "_known", WeakValueDictionary())
        yield


@MACHINES
@DTYPES
@pytest.mark.parametrize("rows", [1, 2, 5, 29, 100, 784])
@pytest.mark.parametrize("columns", [1, 16, 17, 40, 100, 512])
def test_the_tile_of_a_product_fits_the_registers(name, dtype, rows, columns):
    down, across = tile_shape(rows, columns, dtype, HOSTS[name])
    size = HOSTS[name].registers_of(LANES * dtype.itemsize)

    assert (down + 1) * across * size < HOSTS[name].registers or (down, across) == (1, 1)
    assert 1 <= down <= rows
    assert 1 <= across <= -(-columns // LANES)


@MACHINES
@DTYPES
@pytest.mark.parametrize("outputs", [1, 16, 30, 64])
def test_the_tile_of_a_convolution_fits_the_registers(name, dtype, outputs):
    host, strip = HOSTS[name], vectors_of(6, 14, 16)
    size = host.registers_of(LANES * dtype.itemsize)

    cut = tiling(outputs, strip, dtype, host)

    assert (
        cut.outputs + 1
    ) * cut.vectors * size < host.registers or 1 == cut.outputs == cut.vectors
    assert cut.outputs <= outputs


@MACHINES
@DTYPES
@pytest.mark.parametrize("outputs", [1, 16, 30, 64])
def test_the_tile_of_a_kernel_gradient_fits_the_registers(name, dtype, outputs):
    host = HOSTS[name]
    size = host.registers_of(LANES * dtype.itemsize)

    across = tile_vectors(outputs, dtype, host)
    down = tile_rows(25, across, dtype, host)

    assert (down + 1) * across * size < host.registers or (down, across) == (1, 1)


@MACHINES
@DTYPES
def test_every_machines_tiles_give_the_same_bits(name, dtype):
    graph = parse(ALL.format(dtype, PLAIN))
    arrays = normal(graph)
    expected = computed(graph, arrays)

    with tiled_for(name):
        found = computed(graph, arrays)

    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_other_machines_have_other_tiles():
    sources = {}
    for name in ("avx512", "avx2", "sse"):
        with tiled_for(name):
            sources[name] = Program(parse(ALL.format(float32, PLAIN)), 5).source

    assert len(set(sources.values())) == len(sources)


SPILLED = {
    "x86_64": re.compile(r"%[xyz]mm.*\(%r[sb]p|\(%r[sb]p.*%[xyz]mm"),
    "aarch64": re.compile(r"\b[qdv]\d+.*\[sp"),
}


@pytest.mark.parametrize("target", TARGETS)
@DTYPES
def test_the_sums_of_a_product_stay_in_registers(target, dtype):
    text = "graph(x: {0}[60,40], y: {0}[40,90]) {{\n a: {0}[60,90] = matmul(x, y)\n return a\n}}"
    machine = TARGETS[target].triple.split("-")[0]
    with tiled_for(target):
        source = Program(parse(text.format(dtype)), 2).source
    code = assembly(f"{source}\n{team_text(machine)}", target)

    names_and_blocks = re.split(r"^(\.L\w+):", code, flags=re.MULTILINE)[1:]
    pairs = zip(names_and_blocks[::2], names_and_blocks[1::2], strict=True)
    turns = [block.split(name)[0] for name, block in pairs if name in block]
    busy = [turn for turn in turns if len(re.findall("fmadd|fmla", turn)) > 4]
    lines = [line for turn in busy for line in turn.splitlines()]

    assert busy
    assert [line for line in lines if SPILLED[machine].search(line)] == []


@pytest.mark.parametrize(("m", "n", "k"), [(1, 17, 5), (16, 33, 16), (19, 15, 1), (40, 70, 35)])
@pytest.mark.parametrize("turned", ["x", "y", "xy"])
def test_factors_that_are_laid_out_anew_give_the_same_bits(m, n, k, turned, monkeypatch):
    x = "a: float32[{m},{k}] = transpose(x, axes=(1, 0))\n" if "x" in turned else ""
    y = "b: float32[{k},{n}] = transpose(y, axes=(1, 0))\n" if "y" in turned else ""
    text = (
        f"graph(x: float32[{f'{k},{m}' if x else f'{m},{k}'}], "
        f"y: float32[{f'{n},{k}' if y else f'{k},{n}'}]) {{\n"
        f"{(x + y).format(m=m, n=n, k=k)}"
        f"c: float32[{m},{n}] = matmul({'a' if x else 'x'}, {'b' if y else 'y'})\nreturn c\n}}"
    )
    graph = parse(text)
    arrays = normal(graph)
    (expected,) = computed(graph, arrays)
    monkeypatch.setattr(pack, "LARGE", 1)
    monkeypatch.setattr(pack, "CROWDED", 1)
    monkeypatch.setattr(pipeline, "_known", WeakValueDictionary())

    (found,) = computed(graph, arrays)

    np.testing.assert_array_equal(found, expected)


def test_a_large_turned_factor_is_laid_out_anew():
    text = """
        graph(x: float32[2,300], y: float32[200,300]) {
          a: float32[300,200] = transpose(y, axes=(1, 0))
          b: float32[2,200] = matmul(x, a)
          return b
        }"""
    names = [kernel.name for kernel in Program(parse(text), 2).kernels]

    assert set(names) == {"matmul"}
    assert len(names) > 1
