"""PyTorch: the members of a population, in stacks or each for itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from benchmarks.cases import Case, Dense, Relu
from benchmarks.peers.crew import Take
from benchmarks.peers.pytorch import ADAMS, BETAS, EPS, compile_alone, network

HAND, FUSED = "Adam by hand", "fused Adam"

Tensors = list[torch.Tensor]


class Form(Enum):
    """Where the gradients of a stack come from."""

    FUNC = "stacked by torch.func"
    PRODUCTS = "stacked by baddbmm"


@dataclass(slots=True)
class Stack:
    """Some members: each tensor has them along its first axis.

    Attributes:
        weights: of all layers.
        means: of the gradients.
        squares: means of the squared gradients.
        steps: how many were taken; a tensor, since a number would be part of a compiled program.
        rates: each member's learning rate.
        rows: for each batch the rows of the examples, member after member.
    """

    weights: Tensors
    means: Tensors
    squares: Tensors
    steps: torch.Tensor
    rates: torch.Tensor
    rows: Tensors


def looped(case: Case, adam: str, members: range, rate: float) -> Take:
    """Each member with PyTorch's own Adam; one takes all its steps, then the next."""
    x, t = map(torch.from_numpy, case.examples())
    row = []
    for member in members:
        net = network(case, seed=member)
        own = case.rate(member, rate)
        opt = torch.optim.Adam(net.parameters(), own, BETAS, EPS, **ADAMS[adam])
        row.append((net, opt, torch.from_numpy(case.order(member))))

    def take(first: int, count: int) -> list[float]:
        losses = []
        for net, opt, order in row:
            for i in range(first, first + count):
                rows = order[i % case.n_batches]
                scores = net(x.index_select(0, rows))
                loss = functional.cross_entropy(scores, t.index_select(0, rows))
                opt.zero_grad()
                loss.backward()
                opt.step()
            losses.append(loss)
        return [loss.item() for loss in losses]

    return take


def stacked(
    case: Case, form: Form, adam: str, compiled: bool, members: range, size: int, rate: float
) -> Take:
    """Stacks of so many members; one takes all its steps, then the next."""
    x, t = map(torch.from_numpy, case.examples())
    starts = range(members.start, members.stop, size)
    stacks = [_stack(case, members[i - members.start :][:size], rate) for i in starts]
    gradients = (_by_func if form is Form.FUNC else _by_products)(case)
    updates = [_by_hand if adam == HAND else _fused(stack) for stack in stacks]

    def step(stack: Stack, rows: torch.Tensor, update: Callable[..., None]) -> torch.Tensor:
        xs = x.index_select(0, rows.view(-1)).view(*rows.shape, -1)
        ts = t.index_select(0, rows.view(-1)).view(rows.shape)
        losses, found = gradients(stack.weights, xs, ts)
        with torch.no_grad():
            update(stack, found)
        return losses.detach()

    run = compile_alone(step, fullgraph=True) if compiled else step

    def take(first: int, count: int) -> list[float]:
        losses = []
        for stack, update in zip(stacks, updates, strict=True):
            for i in range(first, first + count):
                last = run(stack, stack.rows[i % case.n_batches], update)
            losses.append(last)
        return torch.cat(losses).tolist()

    return take


def _stack(case: Case, members: range, rate: float) -> Stack:
    each = [case.weights(member) for member in members]
    weights = [torch.from_numpy(np.stack([named[name] for named in each])) for name in each[0]]
    for weight in weights:
        weight.requires_grad_()
    orders = torch.from_numpy(np.stack([case.order(member) for member in members], axis=1))
    return Stack(
        weights,
        [torch.zeros_like(w, requires_grad=False) for w in weights],
        [torch.zeros_like(w, requires_grad=False) for w in weights],
        torch.zeros(()),
        torch.tensor([case.rate(member, rate) for member in members]),
        list(orders.contiguous()),
    )


# ---------------------------------------------------------------------- gradients


def _by_func(case: Case) -> Callable[[Tensors, Any, Any], tuple[torch.Tensor, Tensors]]:
    """`vmap` over the members of the gradient of one network, called with weights not its own."""
    net = network(case)
    names = list(case.weights())

    def objective(weights: Tensors, x: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        own = {  # a Linear has its matrix the other way round
            name: w.mT if w.ndim == 2 else w for name, w in zip(names, weights, strict=True)
        }
        return functional.cross_entropy(torch.func.functional_call(net, own, (x,)), t)

    both = torch.func.vmap(torch.func.grad_and_value(objective))

    def gradients(weights: Tensors, x: torch.Tensor, t: torch.Tensor) -> Any:
        found, losses = both([w.detach() for w in weights], x, t)
        return losses, found

    return gradients


def _by_products(case: Case) -> Callable[[Tensors, Any, Any], tuple[torch.Tensor, Tensors]]:
    """The sum of the losses has, for each member's weights, the gradient of its own loss."""

    def gradients(weights: Tensors, x: torch.Tensor, t: torch.Tensor) -> Any:
        own = iter(weights)
        for layer in case.layers:
            match layer:
                case Dense():
                    matrix, bias = next(own), next(own)
                    x = torch.baddbmm(bias.unsqueeze(1), x, matrix)
                case Relu():
                    x = x.relu()
        scores, count = x.flatten(0, 1), x.shape[1]
        each = functional.cross_entropy(scores, t.flatten(), reduction="none")
        losses = each.view(-1, count).mean(1)
        return losses, list(torch.autograd.grad(losses.sum(), weights))

    return gradients


# ---------------------------------------------------------------------- updates


def _by_hand(stack: Stack, gradients: Tensors) -> None:
    """Adam, with as few passes over memory as PyTorch's operations allow."""
    beta1, beta2 = BETAS
    stack.steps.add_(1)
    rates = stack.rates / -(1 - beta1**stack.steps)
    square_share = 1 - beta2**stack.steps
    rows = zip(stack.weights, gradients, stack.means, stack.squares, strict=True)
    for w, g, m, v in rows:
        m.lerp_(g, 1 - beta1)
        v.mul_(beta2).addcmul_(g, g, value=1 - beta2)
        spread = (v / square_share).sqrt_().add_(EPS)
        w.addcdiv_(m * _beside(rates, m), spread)


def _fused(stack: Stack) -> Callable[[Stack, Tensors], None]:
    """PyTorch's fused Adam knows one learning rate only: it finds what is then taken times each."""
    moves = [torch.zeros_like(w) for w in stack.weights]
    opt = torch.optim.Adam(moves, 1.0, BETAS, EPS, fused=True)

    def update(stack: Stack, gradients: Tensors) -> None:
        torch._foreach_zero_(moves)
        for move, gradient in zip(moves, gradients, strict=True):
            move.grad = gradient
        opt.step()
        for w, move in zip(stack.weights, moves, strict=True):
            w.addcmul_(move, _beside(stack.rates, move))

    return update


def _beside(values: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """One value for each member, in as many axes as x has."""
    return values.view(-1, *[1] * (x.ndim - 1))
