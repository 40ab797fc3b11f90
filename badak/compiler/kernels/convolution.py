"""Convolution and its two gradients, in any number of dimensions, image by image.

    forward        the image is packed into a frame with zeros around it; kernels slide over it
    input's        the same, where windows step by one: g in a frame, the kernels turned round;
                   else the columns of a matrix product, each added where its window had read
    kernel's       sums of outer products over all places of all images; a few partial sums, each
                   over its part of the batch, so that parts can be worked on side by side

Nothing is as large as the batch but what goes in and what comes out.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from badak.base.shapes import Shape
from badak.compiler.kernels.correlate import Correlation, Spot
from badak.compiler.kernels.frame import Frame
from badak.compiler.kernels.matmul import LANES, Matrix, multiply
from badak.compiler.kernels.moves import Grid, Loops, along, copy, dot, fill, is_plain, zero_of
from badak.compiler.kernels.outer import OuterSums
from badak.compiler.kernels.task import Task
from badak.compiler.kernels.transpose import pack_transposed
from badak.compiler.kernels.windows import Fold
from badak.compiler.loops.build import Builder
from badak.compiler.loops.loop import Address, Buffer, Index
from badak.ops.conv import Geometry

MOST_PARTS = 16
"""The gradient of a kernel is summed in so many parts of the batch at most."""

FEW = 4
"""Images that are worked on one after the other, at most."""


def _geometry(task: Task) -> Geometry:
    return Geometry(**{name: task.attributes[name] for name in Geometry._fields})


def _times(x: Shape, y: Shape) -> Shape:
    return tuple(a * b for a, b in zip(x, y, strict=True))


def _frame(channels: int, counts: Shape, kernel: Shape, how: Geometry, phases: int) -> Frame:
    """Room for all that the windows at so many places see."""
    reach = _times(how.dilation, tuple(k - 1 for k in kernel))
    first = _times(how.stride, tuple(n - 1 for n in counts))
    sizes = tuple(a + b + 1 for a, b in zip(first, reach, strict=True))
    return Frame(channels, sizes, tuple(low for low, _ in how.padding), phases)


def conv(b: Builder, task: Task) -> None:
    """out[n, o, r] = sum over c, k of x[n, c, r stride + k dilation] w[o, c, k]."""
    how, x, w = _geometry(task), task.view(0), task.view(1)
    outputs, each, *kernel = w.shape
    counts = task.equation.output.shape[2:]
    frame = _frame(x.shape[1], counts, tuple(kernel), how, phases=how.stride[-1])
    work = Correlation(
        frame=frame,
        image=task.scratch(task.out.dtype, frame.size),
        w=task.source(1),
        out=task.out,
        output=w.strides[0],
        channel=w.strides[1],
        outputs=outputs // how.groups,
        channels=each,
        taps=frame.taps(tuple(kernel), how.dilation, w.strides[2:]),
        counts=counts,
        steps=(*_times(how.stride[:-1], frame.strides[1:-1]), 1),
        epilogue=task.epilogue,
    )
    _slide(b, task, work, Spot(Address(), Address(w.offset), Address(), Address()), how.groups)


def conv_input_grad(b: Builder, task: Task) -> None:
    """out[n, c, p] = sum over o, k of g[n, o, (p + padding - k dilation) / stride] w[o, c, k]."""
    if max(_geometry(task).stride) == 1:
        _slide_back(b, task)
    else:
        _add_columns(b, task)


def _slide_back(b: Builder, task: Task) -> None:
    """Windows that step by one: the kernels, turned round, slide over a frame of g."""
    how, w = _geometry(task), task.view(1)
    outputs, each, *kernel = w.shape
    size = task.attributes["size"]
    reach = _times(how.dilation, tuple(k - 1 for k in kernel))
    low = tuple(r - before for r, (before, _) in zip(reach, how.padding, strict=True))
    frame = Frame(outputs, tuple(n + r for n, r in zip(size, reach, strict=True)), low)
    backwards = tuple(-d for d in how.dilation)
    work = Correlation(
        frame=frame,
        image=task.scratch(task.out.dtype, frame.size),
        w=task.source(1),
        out=task.out,
        output=w.strides[1],
        channel=w.strides[0],
        outputs=each,
        channels=outputs // how.groups,
        taps=frame.taps(tuple(kernel), backwards, w.strides[2:]),
        counts=size,
        steps=frame.strides[1:],
    )
    last = Address(dot(reach, frame.strides[1:]))
    _slide(b, task, work, Spot(last, Address(w.offset), Address(), Address()), how.groups)


def _slide(b: Builder, task: Task, work: Correlation, start: Spot, groups: int) -> None:
    """Image by image: packs it, then lets the kernels of each group slide over their channels."""
    x, w, frame = task.view(0), task.view(1), work.frame
    source = Grid.of(x, task.source(0))
    size = groups * work.outputs * work.places
    with _images(b, x.shape[0], lambda: frame.clear(b, work.image)) as terms:
        image, spot = source, start
        for index, each in terms:
            image = image.moved(index, each * source.strides[0])
            spot = spot.moved(index, out=each * size)
        frame.pack(b, work.image, Grid(image.buffer, image.start, image.strides[1:]), x.shape[2:])
        with b.loop(groups) as group:
            work.write(
                b,
                spot.moved(
                    group.index,
                    image=work.channels * frame.strides[0],
                    w=w.shape[0] // groups * w.strides[0],
                    out=work.outputs * work.places,
                    channel=work.outputs,
                ),
            )


@contextmanager
def _images(
    b: Builder, batch: int, begin: Callable[[], None]
) -> Iterator[tuple[tuple[Index, int], ...]]:
    """The images of a batch, a few to a share; `begin` is what each share begins with.

    Gives the indices of which the number of the image is made, and by how much each counts.
    """
    few = max(n for n in range(1, FEW + 1) if batch % n == 0)
    with b.share(batch // few) as share:
        begin()
        with b.loop(few) as turn:
            yield (share, few), (turn.index, 1)


def _add_columns(b: Builder, task: Task) -> None:
    """Windows that step further: columns[c k, r] = w^T g, each added where a window had read it."""
    how, g, w = _geometry(task), task.view(0), task.view(1)
    outputs, each, *kernel = w.shape
    size, counts = task.attributes["size"], g.shape[2:]
    rows, places, share = each * math.prod(kernel), math.prod(counts), outputs // how.groups
    fold = Fold(size, tuple(kernel), counts, *how[:3], channels=each)
    image = task.scratch(task.out.dtype, fold.frame.size)
    columns = task.scratch(task.out.dtype, rows * places)
    weights = plain(b, task, Grid.of(w, task.source(1)), w.shape, shared=True)
    out = Grid.plain(task.out, task.equation.output.shape)
    source = Grid.of(g, task.source(0))
    with b.share(g.shape[0]) as n:
        fold.begin(b, image)
        values = plain(b, task, source.at(n), g.shape[1:])
        with b.loop(how.groups) as group:
            wide = weights.moved(group.index, share * rows)
            deep = values.moved(group.index, share * places)
            multiply(
                b,
                Matrix(wide.buffer, wide.start, 1, rows),
                Matrix(deep.buffer, deep.start, places, 1),
                Matrix(columns, Address(), places, 1),
                rows,
                places,
                share,
            )
            target = out.at(n).moved(group.index, each * out.strides[1])
            fold.write(b, image, Grid.plain(columns, (each, *kernel, *counts)), target)


def parts_of(batch: int) -> int:
    """Into how many parts of one size a batch is cut.

    >>> parts_of(100), parts_of(128), parts_of(7)
    (10, 16, 7)
    """
    return max(n for n in range(1, MOST_PARTS + 1) if batch % n == 0)


def conv_weight_grad(b: Builder, task: Task) -> None:
    """out[o, c, k] = sum over n, r of x[n, c, r stride + k dilation] g[n, o, r]."""
    how, x, g = _geometry(task), task.view(0), task.view(1)
    batch, channels = x.shape[:2]
    outputs, counts = g.shape[1], g.shape[2:]
    kernel, dtype = task.attributes["kernel"], task.out.dtype
    share, each = outputs // how.groups, channels // how.groups
    frame = _frame(channels, counts, kernel, how, phases=1)
    places, width, depth = math.prod(counts), _whole(outputs), _whole(share)
    distances = _times(how.dilation, frame.strides[1:])
    parts, rows = parts_of(batch), how.groups * each * math.prod(kernel)
    work = OuterSums(
        frame=frame,
        image=task.scratch(dtype, frame.size),
        channels=each,
        offsets=tuple(dot(k, distances) for k in itertools.product(*map(range, kernel))),
        counts=counts,
        steps=_times(how.stride, frame.strides[1:]),
        g=task.scratch(dtype, places * width + LANES),
        outputs=share,
        sums=task.scratch(dtype, parts * rows * depth, shared=True),
        width=width,
        depth=depth,
    )
    images, values = Grid.of(x, task.source(0)), Grid.of(g, task.source(1))
    with b.share(parts) as part:
        frame.clear(b, work.image)
        # The last row is read in whole vectors, from the first output of a group on.
        fill(b, Grid(work.g, Address(places * width), (1,)), LANES, zero_of(dtype))
        sums = Grid(work.sums, Address(), (1,)).moved(part, rows * depth)
        fill(b, sums, rows * depth, zero_of(dtype))
        with b.loop(batch // parts) as turn:
            image, value = (
                grid.moved(part, batch // parts * grid.strides[0]).at(turn.index)
                for grid in (images, values)
            )
            frame.pack(b, work.image, image, x.shape[2:])
            value = plain(b, task, value, g.shape[1:])
            turned = (outputs, places)
            pack_transposed(b, value.buffer, value.start, turned, places, work.g, width)
            with b.loop(how.groups) as group:
                work.write(
                    b,
                    Address().moved(group.index, each * frame.strides[0]),
                    Address().moved(group.index, share),
                    sums.moved(group.index, each * math.prod(kernel) * depth).start,
                )
    _add_parts(b, task, work.sums, parts, rows // how.groups, depth)


def _whole(n: int) -> int:
    """As many lanes as whole vectors have."""
    return -(-n // LANES) * LANES


def _add_parts(b: Builder, task: Task, sums: Buffer, parts: int, rows: int, depth: int) -> None:
    """The sums of all parts, in their order, from (row, output) to (output, row)."""
    groups = sums.size // (parts * rows * depth)
    share = task.equation.output.shape[0] // groups
    with Loops(b, (groups, rows), shared=True) as (group, row):
        first = Grid(sums, Address().moved(group, rows * depth).moved(row, depth), (1,))
        target = Grid(task.out, Address().moved(group, share * rows).moved(row, 1), (rows,))

        def some(grids: list[Grid], count: int) -> None:
            source, to = grids
            with b.loop(parts, carry=[b.vector(zero_of(sums.dtype), LANES)]) as part:
                one = source.moved(part.index, groups * rows * depth).load(b)
                part.after_turn = (b.compute("add", part.inside[0], one),)
            to.store(b, count, part.ends[0])

        along(b, [first, target], share, some)


def plain(b: Builder, task: Task, grid: Grid, shape: Shape, shared: bool = False) -> Grid:
    """The same elements row by row: as they lie, or else copied."""
    if is_plain(grid.strides, shape):
        return grid
    room = task.scratch(grid.buffer.dtype, math.prod(shape), shared)
    copied = Grid.plain(room, shape)
    copy(b, grid, copied, shape, shared)
    return copied
