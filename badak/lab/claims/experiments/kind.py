"""What an experiment is to those who run it."""

from __future__ import annotations

from collections.abc import Callable

from badak.lab.measurement import Measurement

Experiment = Callable[..., list[Measurement]]
"""`experiment(seeds, *, setting=...)`: all that its contenders did, under all of its conditions."""
