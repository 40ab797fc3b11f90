"""Claims and experiments small enough to be judged by hand."""

from __future__ import annotations

from badak.lab.claims import Claim, Question
from badak.lab.measurement import Measurement

TEXT = """
id = "C7"
sentence = "The hare \\"wins\\"."
source = "a fable"
known = '''
It  depends
on the meadow.'''
protocol = "They run."

[run]
experiment = "race"
seeds = 4
leads = [2.0, -2.0]

[[question]]
measure = "speed"
condition = "meadow"
first = "hare"
second = "tortoise"
better = "larger"
minimum = 1

[[question]]
measure = "seconds"
first = "hare"
second = "tortoise"
better = "smaller"
minimum = 0.5
"""


def race(seeds, *, leads=(2.0,)):
    """Under "meadow" the hare leads by the first of `leads`, in the "hills" by the second."""
    found = []
    for place, lead in zip(("meadow", "hills"), leads, strict=False):
        for seed in seeds:
            for name, speed in (("tortoise", 5.0 + seed), ("hare", 5.0 + seed + lead)):
                found.append(Measurement(name, place, "speed", seed, speed))
                found.append(Measurement(name, place, "seconds", seed, 20.0 - speed))
    return found


EXPERIMENTS = {"race": race}
FASTER = Question("speed", "hare", "tortoise", better="larger", minimum=1.0)


def fable(id="C7", questions=(FASTER,), experiment="race", **settings):
    return Claim(id, "The hare wins.", "a fable", "It depends.", "They run.", experiment,
                 settings=settings, questions=tuple(questions))  # fmt: skip
