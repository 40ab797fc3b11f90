"""Floor 3, the compiler: a function of tensors, written down as a graph, made into a program.

In reading order: `graph` (the grammar), `show` (as text and back), `verify`, `interpret` (the plain
meaning), `trace` (from a function), `rewrite` (the laws) and the `passes`.
"""
