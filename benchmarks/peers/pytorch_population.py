"""PyTorch: many models at once, stacked in one tensor for each weight, or one after the other.

Stacks get their gradients from `torch.func` (`grad` under `vmap`), or from autograd through
`baddbmm`. Loops, and stacks too, are spread over processes of one thread each.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import pairwise, product

import torch

from benchmarks.cases import Case
from benchmarks.peers.contender import Contender, Trainee, in_threads
from benchmarks.peers.crew import Take, crew
from benchmarks.peers.pytorch import ADAMS, threads
from benchmarks.peers.pytorch_members import FUSED, HAND, Form, looped, stacked


def contenders(case: Case, quick: bool) -> Iterator[Contender]:
    for form, adam, count in product(Form, [FUSED] if quick else [HAND, FUSED], threads()):
        build = partial(_stacked, case, form, adam, False, count)
        yield Contender("PyTorch", f"{form.value}, {adam}, {in_threads(count)}", build)
    crews = max(threads())
    where = f"{crews} processes of 1 thread"
    for adam in ["fused Adam"] if quick else ADAMS:
        build = partial(_crew, case, crews, partial(_loop_part, case, adam))
        yield Contender("PyTorch", f"loop over models, {adam}, {where}", build)
    if quick:
        return
    for form, count in product(Form, threads()):
        build = partial(_stacked, case, form, HAND, True, count)
        setting = f"torch.compile of the step, {form.value}, {in_threads(count)}"
        yield Contender("PyTorch", setting, build)
    for form in Form:
        build = partial(_crew, case, crews, partial(_stack_part, case, form, FUSED, False, None))
        yield Contender("PyTorch", f"{form.value}, {FUSED}, {where}", build)
    build = partial(_crew, case, crews, partial(_stack_part, case, Form.PRODUCTS, HAND, True, None))
    yield Contender("PyTorch", f"torch.compile of the step, {Form.PRODUCTS.value}, {where}", build)
    build = partial(_crew, case, crews, partial(_stack_part, case, Form.PRODUCTS, HAND, True, 1))
    yield Contender("PyTorch", f"loop over models, torch.compile of the step, {where}", build)


def _stacked(case: Case, form: Form, adam: str, compiled: bool, count: int, rate: float) -> Trainee:
    torch.set_num_threads(count)
    take = stacked(case, form, adam, compiled, range(case.models), case.models, rate)

    def mean(first: int, steps: int) -> float:
        losses = take(first, steps)
        return sum(losses) / len(losses)

    return Trainee(mean, partial(torch.set_num_threads, count), parts=2)


def _crew(case: Case, count: int, build: partial[Take], rate: float) -> Trainee:
    """Processes with an equal number of members each, as far as that goes."""
    bounds = [case.models * i // count for i in range(count + 1)]
    parts = [range(*pair) for pair in pairwise(bounds)]
    return crew([partial(build, part, rate) for part in parts if part])


def _loop_part(case: Case, adam: str, members: range, rate: float) -> Take:
    torch.set_num_threads(1)
    return looped(case, adam, members, rate)


def _stack_part(
    case: Case, form: Form, adam: str, compiled: bool, size: int | None, members: range, rate: float
) -> Take:
    torch.set_num_threads(1)
    torch._inductor.config.compile_threads = 1  # else it starts processes, which these may not
    return stacked(case, form, adam, compiled, members, size or len(members), rate)
