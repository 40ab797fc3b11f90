"""Whole programs: from a graph to machine code with a memory of its own.

In reading order: `pipeline` (the passes), `lowered` (a graph as kernels, layout and code),
`verify_plan`, `program` (one model's numbers, and its runs); `explain`, `timing` and `roofline`
(what a program does, and how fast it could be).
"""
