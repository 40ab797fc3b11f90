"""Passes: functions from a graph to a graph that means the same."""

from badak.compiler.passes.dedupe import dedupe
from badak.compiler.passes.prune import prune
from badak.compiler.passes.simplify import simplify

__all__ = ["dedupe", "prune", "simplify"]
