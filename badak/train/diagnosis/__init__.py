"""What is wrong with a training, in plain words: evidence, cause, and a fix of one line.

In reading order: `not_finite` (where numbers stopped being numbers), `finding` (what is said),
`guess`, `data`, `layers`, `probe` and `facts` (what is measured), `rules` (a table: which numbers
mean what), `diagnose` (asks all of them), `callback` (along with a training), `change` (how a fix
is made).
"""
