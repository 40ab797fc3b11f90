"""How equations become kernels.

In reading order: `view` and `schedule` (which equations run together); `nest`, `pointwise`,
`elementary`, `angles` and `series` (element by element, and sums); `task`, `moves` and `alone`
(equations with a kernel of their own), `matmul`, `pack` and `transpose`, `convolution` with
`frame`, `correlate` and `outer`, `windows` and `pools`, `scatter`.
"""
