"""Random programs, run in every way there is: does the compiler compute what it should?

In a few lines:

    graph = random_graph(seed)           a program, right by construction
    case = random_case(graph, seed)      what is given, what is updated in place
    check(case, loops=True)              eager = Graph = Loop interpreter = machine code?
    with Child() as child:               the same where a crash does no harm
        child.draw(seed)
    shrunk(case, fails)                  the least program that fails; `reproducer` prints it
"""

from badak.compiler.testing.bounds import bounds_of
from badak.compiler.testing.child import Child, drawn
from badak.compiler.testing.gradients import with_gradients
from badak.compiler.testing.programs import random_graph, random_numbers
from badak.compiler.testing.shrink import reproducer, shrunk
from badak.compiler.testing.verdict import Case, Verdict, check, random_case

__all__ = [
    "Case",
    "Child",
    "Verdict",
    "bounds_of",
    "check",
    "drawn",
    "random_case",
    "random_graph",
    "random_numbers",
    "reproducer",
    "shrunk",
    "with_gradients",
]
