"""The text of a whole program: its kernels, and the function that runs them in order."""

from __future__ import annotations

from collections.abc import Sequence

from badak.compiler.loops.loop import Buffer, Kernel
from badak.compiler.loops.memory import Layout
from badak.compiler.machine.text import Writer


def program_text(
    name: str, kernels: Sequence[Kernel], layout: Layout, waits: Sequence[bool]
) -> str:
    """One LLVM function for all kernels alike, and `name(ptr job, i64 worker, i64 workers)`.

    Kernels are alike when they differ in their buffers alone, as those of equal layers do. No two
    buffers of a kernel share memory, unless both are arguments, which nobody writes.

    A job is three pointers: the arena, the table of arguments, and what `@wait` counts in. Every
    worker of a job calls the function; all have done with the job when it returns.

    Args:
        name: of the function that runs all kernels.
        kernels: in the order in which they run.
        layout: where buffers lie.
        waits: for each kernel whether all workers wait for each other before it.
    """
    names: dict[str, str] = {}
    texts: list[str] = []
    declared: dict[str, bool] = {}
    places: dict[str, list[str]] = {}
    calls: list[str] = []
    for number, (kernel, wait) in enumerate(zip(kernels, waits, strict=True)):
        writer = Writer()
        writer.kernel(kernel)
        declared |= writer.declared
        body = "\n".join([*writer.lines, "}"])
        if body not in names:
            names[body] = f"{name}_{number}"
            pointers = "".join(f"ptr noalias {pointer}, " for pointer in writer.buffers.values())
            head = f"define internal void @{names[body]}({pointers}i64 %first, i64 %last)"
            texts.append(f"; {kernel.name}\n{head} noinline nounwind {{\n{body}")
        for buffer in writer.buffers:
            places[buffer.name] = _place(buffer, layout)
        if wait:
            calls.append("  call void @wait(ptr %counts, i64 %workers)")
        given = "".join(f"ptr %buffer.{buffer.name}, " for buffer in writer.buffers)
        calls += _stretch(names[body], number, kernel.share.extent, given)
    begin = [line for place in places.values() for line in place]
    texts.append(_WORK.format(name=name, region=layout.region, calls="\n".join([*begin, *calls])))
    return "\n\n".join([*declared, *texts]) + "\n"


def _place(buffer: Buffer, layout: Layout) -> list[str]:
    """Where a buffer begins."""
    pointer = f"%buffer.{buffer.name}"
    if buffer.name in layout.arguments:
        slot = 8 * layout.arguments[buffer.name]
        return [
            f"  {pointer}.slot = getelementptr inbounds i8, ptr %arguments, i64 {slot}",
            f"  {pointer} = load ptr, ptr {pointer}.slot, align 8",
        ]
    start, distance = "%own" if buffer.private else "%arena", layout.offsets[buffer.name]
    return [f"  {pointer} = getelementptr inbounds i8, ptr {start}, i64 {distance}"]


def _stretch(function: str, number: int, extent: int, given: str) -> list[str]:
    """Calls a kernel for the shares of this worker; the last worker takes a single one."""
    return [
        f"  %low{number} = mul i64 %worker, {extent}",
        f"  %first{number} = udiv i64 %low{number}, %workers",
        f"  %high{number} = mul i64 %after, {extent}",
        f"  %last{number} = udiv i64 %high{number}, %workers",
        f"  call void @{function}({given}i64 %first{number}, i64 %last{number})",
    ]


_WORK = """\
define void @{name}(ptr %job, i64 %worker, i64 %workers) nounwind {{
  %arena = load ptr, ptr %job, align 8
  %second = getelementptr inbounds i8, ptr %job, i64 8
  %arguments = load ptr, ptr %second, align 8
  %third = getelementptr inbounds i8, ptr %job, i64 16
  %counts = load ptr, ptr %third, align 8
  %after = add i64 %worker, 1
  %start = mul i64 %worker, {region}
  %own = getelementptr inbounds i8, ptr %arena, i64 %start
{calls}
  call void @wait(ptr %counts, i64 %workers)
  ret void
}}"""
