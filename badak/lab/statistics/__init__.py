"""How sure are we? Intervals, effects and verdicts from the paired results of few seeds.

>>> faster = [0.031, 0.024, 0.040, 0.029, 0.035]     # accuracy of one minus that of the other
>>> paired_interval(faster)
0.0318 [0.0243, 0.0397]
>>> decide(faster, minimum=0.01)
<Verdict.SUPPORTED: 'SUPPORTED'>
"""

from badak.lab.statistics.effect import effect_size
from badak.lab.statistics.interval import Interval, paired_interval
from badak.lab.statistics.looks import Looks
from badak.lab.statistics.verdict import Verdict, combine, decide, judge

__all__ = [
    "Interval",
    "Looks",
    "Verdict",
    "combine",
    "decide",
    "effect_size",
    "judge",
    "paired_interval",
]
