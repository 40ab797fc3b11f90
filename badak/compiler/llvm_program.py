"""The text of a whole program: its kernels, and the function that runs them in order."""

from __future__ import annotations

from collections.abc import Sequence

from badak.compiler.llvm_text import Writer
from badak.compiler.loop import Kernel
from badak.compiler.memory import Layout


def program_text(
    name: str, kernels: Sequence[Kernel], layout: Layout, waits: Sequence[bool]
) -> str:
    """One LLVM function for each kernel, and `name(ptr job, i64 worker, i64 workers)`.

    A job is three pointers: the arena, the table of arguments, and what `@wait` counts in. Every
    worker of a job calls the function; all have done with the job when it returns.

    Args:
        name: of the function that runs all kernels.
        kernels: in the order in which they run.
        layout: where buffers lie.
        waits: for each kernel whether all workers wait for each other before it.
    """
    parts: list[str] = []
    declared: dict[str, bool] = {}
    calls: list[str] = []
    for number, (kernel, wait) in enumerate(zip(kernels, waits, strict=True)):
        writer = Writer(layout)
        writer.kernel(kernel)
        declared |= writer.declared
        head = (
            f"define internal void @{name}_{number}(ptr noalias %arena, ptr noalias %arguments, "
            "ptr noalias %own, i64 %first, i64 %last) noinline nounwind {"
        )
        parts.append("\n".join([f"; {kernel.name}", head, *writer.lines, "}"]))
        if wait:
            calls.append("  call void @wait(ptr %counts, i64 %workers)")
        calls += _stretch(f"{name}_{number}", number, kernel.share.extent)
    parts.append(_WORK.format(name=name, region=layout.region, calls="\n".join(calls)))
    return "\n\n".join([*declared, *parts]) + "\n"


def _stretch(function: str, number: int, extent: int) -> list[str]:
    """Calls a kernel for the shares of this worker; the last worker takes a single one."""
    return [
        f"  %low{number} = mul i64 %worker, {extent}",
        f"  %first{number} = udiv i64 %low{number}, %workers",
        f"  %high{number} = mul i64 %after, {extent}",
        f"  %last{number} = udiv i64 %high{number}, %workers",
        f"  call void @{function}(ptr %arena, ptr %arguments, ptr %own, "
        f"i64 %first{number}, i64 %last{number})",
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
