"""Times `badak compare optimizers` beside a PyTorch loop that does the same trainings.

python -m benchmarks.comparison                     MNIST, 5 seeds, 2,000 updates
python -m benchmarks.comparison --data digits --updates 500

PyTorch does a tenth of the trainings (every tenth of them, each whole), one after the other, the
usual way: a network of modules, an optimizer, a loop over shuffled batches, a look at the
validation rows as often as the comparison looks. The estimate is ten times that.
"""

from __future__ import annotations

import argparse
import itertools
import time
from collections.abc import Iterator

import torch

from badak.base.random import generator
from badak.lab.arena import LOOK_ROWS, LOOKS
from badak.lab.compare import RATES, TUNING_SEEDS
from badak.lab.contests import CONTESTS
from badak.lab.recipe import Recipe
from badak.lab.task import Task

SHARE = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="mnist")
    parser.add_argument("--updates", type=int, default=2000)
    parser.add_argument("--seeds", type=int, default=5)
    options = parser.parse_args()
    started = time.perf_counter()
    found = CONTESTS["optimizers"].run(
        data=options.data, updates=options.updates, seeds=options.seeds
    )
    ours = time.perf_counter() - started
    print(f"{found}\n\nBadak: {ours:.1f} s for all {len(list(trainings(options.seeds)))} trainings")
    theirs, done = pytorch(options.data, options.updates, options.seeds)
    estimate = theirs * SHARE
    print(f"PyTorch: {theirs:.1f} s for {done} of them; all would take about {estimate:.0f} s")
    print(f"ratio: {estimate / ours:.1f}")


def trainings(seeds: int) -> Iterator[tuple[str, float, int]]:
    """Contender, rate and seed of every training of the comparison."""
    recipes = recipes_of()
    for seed in range(TUNING_SEEDS):
        for name, recipe in recipes.items():
            yield from ((name, recipe.rate * factor, seed) for factor in RATES)
    for seed in range(seeds):
        for name, recipe in recipes.items():
            yield name, recipe.rate, seed
            yield name, recipe.rate * 3, seed  # tuned: whatever that rate is, it takes as long


def recipes_of() -> dict[str, Recipe]:
    contest = CONTESTS["optimizers"]
    base = Recipe.of(contest.settings["base"])
    return {name: Recipe.of(changes, base) for name, changes in contest.contenders.items()}


def pytorch(data: str, updates: int, seeds: int) -> tuple[float, int]:
    """Seconds for a tenth of the trainings, and how many these are."""
    rules = {
        "SGD": torch.optim.SGD,
        "Momentum": lambda p, lr: torch.optim.SGD(p, lr, momentum=0.9),
        "Nesterov": lambda p, lr: torch.optim.SGD(p, lr, momentum=0.9, nesterov=True),
        "AdaGrad": torch.optim.Adagrad,
        "RMSProp": torch.optim.RMSprop,
        "Adam": torch.optim.Adam,
        "AdamW": torch.optim.AdamW,
    }
    chosen = list(trainings(seeds))[::SHARE]
    recipes = recipes_of()
    parts = Task(data, updates).parts(0)
    x, t = torch.from_numpy(parts.train.x), torch.from_numpy(parts.train.t)
    look = [torch.from_numpy(a[:LOOK_ROWS]) for a in (parts.validation.x, parts.validation.t)]
    loss = torch.nn.CrossEntropyLoss()
    started = time.perf_counter()
    for name, rate, seed in chosen:
        torch.manual_seed(seed)
        sizes = [x.shape[1], *recipes[name].layers]
        layers: list[torch.nn.Module] = []
        for before, after in itertools.pairwise(sizes):
            layers += [torch.nn.Linear(before, after), torch.nn.ReLU()]
        net = torch.nn.Sequential(*layers, torch.nn.Linear(sizes[-1], 10))
        optimizer = rules[name](net.parameters(), lr=rate)
        size, step = recipes[name].batch_size, 0
        random = generator(seed, "order")
        while step < updates:
            order = torch.from_numpy(random.permutation(len(x)))
            for start in range(0, len(x) - size + 1, size):
                rows = order[start : start + size]
                optimizer.zero_grad()
                loss(net(x[rows]), t[rows]).backward()
                optimizer.step()
                step += 1
                if step % max(updates // LOOKS, 1) == 0:
                    with torch.no_grad():
                        float(loss(net(look[0]), look[1]))
                if step == updates:
                    break
    return time.perf_counter() - started, len(chosen)


if __name__ == "__main__":
    main()
