"""Which of the cases and waits were asked for."""

from __future__ import annotations

from benchmarks.cases import CASES, Case
from benchmarks.waits import HAVE_TERMINALS, WAITS, Wait, Waits


def chosen(names: str | None) -> tuple[tuple[Case, ...], tuple[Waits, ...]]:
    """What a list such as "784-50-10,deep-convnet,import" names; everything for None.

    A part of a name will do, such as "conv". Waits that are measured together come together.

    >>> cases, waits = chosen("conv,import")
    >>> [case.name for case in cases], [wait.name for group in waits for wait in group.waits]
    (['simple-convnet', 'deep-convnet'], ['import'])
    """
    waits = tuple(group for group in WAITS if HAVE_TERMINALS or not _needs_terminal(group.waits))
    if names is None:
        return CASES, waits
    wanted = [name.strip() for name in names.split(",")]
    everything = [case.name for case in CASES] + [w.name for group in waits for w in group.waits]
    for name in wanted:
        if not any(name in each for each in everything):
            raise SystemExit(f"no case is called {name!r}; there are {', '.join(everything)}")

    def is_wanted(each: str) -> bool:
        return any(name in each for name in wanted)

    return (
        tuple(case for case in CASES if is_wanted(case.name)),
        tuple(group for group in waits if any(is_wanted(wait.name) for wait in group.waits)),
    )


def _needs_terminal(waits: tuple[Wait, ...]) -> bool:
    return any(wait.name.startswith("first-loss") for wait in waits)
