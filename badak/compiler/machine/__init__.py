"""LLVM, and the threads of this process.

In reading order: `words`, `address` and `text` (a kernel as LLVM's text), `program` and `team_text`
(all kernels, and who runs them), `engine` (text to machine code), `object_cache` (on disk),
`targets` (what processors have), `team` (the threads).
"""
