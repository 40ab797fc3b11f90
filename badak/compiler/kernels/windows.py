"""Reducing over windows, and adding values back where windows had read them."""

from __future__ import annotations

from dataclasses import dataclass

from badak.base.shapes import Shape
from badak.compiler.kernels.frame import Frame
from badak.compiler.kernels.moves import Grid, Loops, add, copy
from badak.compiler.kernels.task import Task
from badak.compiler.loops.build import Builder
from badak.compiler.loops.loop import Address, Buffer


@dataclass(frozen=True)
class Fold:
    """The adjoint of windows, for one image of some channels.

    Attributes:
        size: of the image.
        kernel, counts: the size of a window, and how many there are along each axis.
        stride, padding, dilation: how windows move.
        channels: of the image.
    """

    size: Shape
    kernel: Shape
    counts: Shape
    stride: Shape
    padding: tuple[tuple[int, int], ...]
    dilation: Shape
    channels: int = 1

    @property
    def frame(self) -> Frame:
        """Room for the image and all that windows see around it."""
        sizes = tuple(
            max(low + n, s * (r - 1) + d * (k - 1) + 1)
            for n, k, r, s, (low, _), d in zip(
                self.size, self.kernel, self.counts, self.stride, self.padding, self.dilation,
                strict=True,
            )
        )  # fmt: skip
        low = tuple(before for before, _ in self.padding)
        return Frame(self.channels, sizes, low, phases=self.stride[-1])

    @property
    def overlaps(self) -> bool:
        """Whether an element may belong to several windows, or twice to the code of one."""
        return any(
            k > 1 and (k > s or d > 1)
            for k, s, d in zip(self.kernel, self.stride, self.dilation, strict=True)
        )

    @property
    def steps(self) -> Shape:
        """How far neighbouring windows lie apart in the frame."""
        outer = zip(self.stride[:-1], self.frame.strides[1:-1], strict=True)
        return (*(s * step for s, step in outer), 1)

    def begin(self, b: Builder, image: Buffer) -> None:
        """Before an image: elements that no window has are zero."""
        if not self.overlaps:
            self.frame.clear(b, image)

    def write(self, b: Builder, image: Buffer, values: Grid, target: Grid) -> None:
        """Adds up values (channels, *kernel, *counts) into the target (channels, *size)."""
        frame, n = self.frame, len(self.kernel)
        if self.overlaps:
            frame.clear(b, image)
        move = add if self.overlaps else copy
        for taps in frame.taps(self.kernel, self.dilation, values.strides[1 : 1 + n]):
            loops = (self.channels, *(count for count, _, _ in taps.loops))
            with Loops(b, loops) as (channel, *tap):
                read = values.shifted(taps.other).at(channel)
                start = Address(taps.frame).moved(channel, frame.strides[0])
                for index, (_, step, stride) in zip(tap, taps.loops, strict=True):
                    start = start.moved(index, step)
                    read = read.moved(index, stride)
                read = Grid(read.buffer, read.start, read.strides[n:])
                move(b, read, Grid(image, start, self.steps), self.counts)
        frame.unpack(b, image, target, self.size)


def fold(b: Builder, task: Task) -> None:
    """out[..., r stride + k dilation] += x[..., r, k]."""
    x, size = task.view(0), task.attributes["size"]
    n = len(size)
    lead, counts, kernel = x.shape[: -2 * n], x.shape[-2 * n : -n], x.shape[-n:]
    work = Fold(
        size, kernel, counts, task.attributes["stride"], ((0, 0),) * n, task.attributes["dilation"]
    )
    image = task.scratch(task.out.dtype, work.frame.size)
    source = Grid.of(x, task.source(0))
    target = Grid.plain(task.out, task.equation.output.shape)
    with Loops(b, lead, shared=True) as indices:
        work.begin(b, image)
        read, written = source.at(*indices), target.at(*indices)
        strides = (0, *read.strides[n:], *read.strides[:n])
        values = Grid(read.buffer, read.start, strides)
        work.write(b, image, values, Grid(written.buffer, written.start, (0, *written.strides)))
