"""PyTorch: eager and compiled, three forms of Adam, two layouts of images, several threads."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count as counting
from itertools import product
from types import FunctionType
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from benchmarks.cases import Case, Conv, Dense, Drop, Flat, Layer, Norm, Pool, Relu, Shape
from benchmarks.peers.contender import (
    CannotRunError,
    Contender,
    Trainee,
    in_threads,
    one_by_one,
)
from benchmarks.processors import cores

ADAMS: dict[str, dict[str, bool]] = {
    "Adam": {},
    "foreach Adam": {"foreach": True},
    "fused Adam": {"fused": True},
}
LAYOUTS = {"NCHW": torch.contiguous_format, "channels_last": torch.channels_last}
BETAS, EPS = (0.9, 0.999), 1e-8

_NUMBERS = counting()

Step = Callable[[Any, Any], Any]


def threads() -> list[int]:
    """The numbers of threads that are tried: one, two, and all cores."""
    return sorted({1, min(2, cores()), cores()})


def has_compiler() -> bool:
    """Whether there is what `torch.compile` needs on a CPU."""
    names = [os.environ.get("CXX", ""), "g++", "clang++", "cl"]
    return any(name and shutil.which(name.split()[0]) for name in names)


def contenders(case: Case, quick: bool) -> Iterator[Contender]:
    layouts = list(LAYOUTS) if case.has_images else ["NCHW"]
    adams = ["fused Adam"] if quick else list(ADAMS)
    for layout, adam, count in product(layouts, adams, threads()):
        build = partial(_eager, case, layout, adam, count)
        yield Contender("PyTorch", _words(case, "eager", adam, layout, count), build)
    if quick:
        return
    for layout, count in product(layouts, threads()):
        build = partial(_compiled_network, case, layout, count)
        setting = _words(case, "torch.compile of the network", "fused Adam", layout, count)
        yield Contender("PyTorch", setting, build)
        build = partial(_compiled_step, case, layout, count)
        setting = _words(case, "torch.compile of the whole step", "Adam", layout, count)
        yield Contender("PyTorch", setting, build)


def _words(case: Case, how: str, adam: str, layout: str, count: int) -> str:
    words = [how, adam, *([layout] if case.has_images else [])]
    return ", ".join([*words, in_threads(count)])


def network(case: Case, layout: str = "NCHW", seed: int = 0) -> nn.Sequential:
    """The case's network with the case's weights, in training mode."""
    net = nn.Sequential(*(_layer(layer, before) for _, layer, before, _ in case.walk()))
    turned = [f"{i}.weight" for i, layer, _, _ in case.walk() if isinstance(layer, Dense)]
    state = {
        name: torch.from_numpy(x.T.copy() if name in turned else x)
        for name, x in case.weights(seed).items()
    }
    net.load_state_dict(state, strict=False)  # which lacks the counters of batches: they stay at 0
    return net.to(memory_format=LAYOUTS[layout])


def _layer(layer: Layer, before: Shape) -> nn.Module:
    match layer:
        case Dense(size):
            return nn.Linear(before[0], size)
        case Conv(channels, kernel, padding):
            return nn.Conv2d(before[0], channels, kernel, padding=padding)
        case Pool():
            return nn.MaxPool2d(2)
        case Norm():
            return nn.BatchNorm1d(before[0])
        case Relu():
            return nn.ReLU()
        case Flat():
            return nn.Flatten()
        case Drop(share):
            return nn.Dropout(share)


def _trainee(case: Case, layout: str, count: int, step: Step) -> Trainee:
    batches = [
        (_laid_out(torch.from_numpy(x), layout), torch.from_numpy(t)) for x, t in case.batches()
    ]
    take = one_by_one(step, batches, lambda loss: loss.item())
    return Trainee(take, partial(torch.set_num_threads, count))


def _laid_out(x: torch.Tensor, layout: str) -> torch.Tensor:
    return x.contiguous(memory_format=LAYOUTS[layout]) if x.ndim == 4 else x


def _eager(case: Case, layout: str, adam: str, count: int, rate: float) -> Trainee:
    net = network(case, layout)
    return _usual_step(case, layout, adam, count, rate, net, net)


def _compiled_network(case: Case, layout: str, count: int, rate: float) -> Trainee:
    """Forward and backward compiled; the update is PyTorch's own fused kernel."""
    torch.set_num_threads(count)
    net = network(case, layout)

    def forward(x: torch.Tensor) -> torch.Tensor:
        return net(x)

    return _usual_step(case, layout, "fused Adam", count, rate, net, compile_alone(forward))


def _usual_step(
    case: Case,
    layout: str,
    adam: str,
    count: int,
    rate: float,
    net: nn.Sequential,
    forward: Callable[[Any], Any],
) -> Trainee:
    opt = torch.optim.Adam(net.parameters(), rate, BETAS, EPS, **ADAMS[adam])

    def step(x: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        loss = functional.cross_entropy(forward(x), t)
        opt.zero_grad()
        loss.backward()
        opt.step()
        return loss

    return _trainee(case, layout, count, step)


def _compiled_step(case: Case, layout: str, count: int, rate: float) -> Trainee:
    """Forward, backward and update as one graph, with Adam written out so that it can be fused."""
    torch.set_num_threads(count)
    net = network(case, layout)
    weights = list(net.parameters())
    means = [torch.zeros_like(w) for w in weights]
    squares = [torch.zeros_like(w) for w in weights]
    steps = torch.zeros(())
    (beta1, beta2), eps = BETAS, EPS

    def step(x: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        loss = functional.cross_entropy(net(x), t)
        gradients = torch.autograd.grad(loss, weights)
        with torch.no_grad():
            steps.add_(1)
            share, square_share = 1 - beta1**steps, 1 - beta2**steps
            for w, g, m, v in zip(weights, gradients, means, squares, strict=True):
                m.mul_(beta1).add_(g, alpha=1 - beta1)
                v.mul_(beta2).addcmul_(g, g, value=1 - beta2)
                w.sub_(rate * (m / share) / ((v / square_share).sqrt() + eps))
        return loss.detach()

    return _trainee(case, layout, count, compile_alone(step, fullgraph=True))


def compile_alone(
    fn: FunctionType, fullgraph: bool = False, options: dict[str, Any] | None = None
) -> Callable[..., Any]:
    """`torch.compile` of a function that shares no compiled code with another setting."""
    if not has_compiler():
        raise CannotRunError("torch.compile needs a C++ compiler")
    torch._dynamo.config.trace_autograd_ops = True  # else gradients cannot be part of the graph
    torch._dynamo.config.recompile_limit = 64
    # Programs are kept by code object, and the more there are the longer a call looks for its own.
    code = fn.__code__.replace(co_name=f"{fn.__name__}_{next(_NUMBERS)}")
    own = FunctionType(code, fn.__globals__, fn.__name__, fn.__defaults__, fn.__closure__)
    return torch.compile(own, fullgraph=fullgraph, options=options)
