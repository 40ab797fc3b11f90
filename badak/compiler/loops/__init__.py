"""The Loop IR: kernels as loops over registers and buffers.

In reading order: `loop` (the grammar), `build` (writing kernels down), `show` and `parse` (as text
and back), `signatures` and `verify`, `interpret` and `exact` (the plain meaning); `footprint` and
`cost` (what a kernel touches and takes), `memory` (where buffers lie), `barriers` (who waits).
"""
