"""Which states of the past are kept."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as some

from badak.lab.timeline.states import is_kept

STEPS = some.integers(0, 20000)
EVERY = some.integers(1, 40)


@given(STEPS, STEPS, STEPS, EVERY)
def test_what_was_dropped_is_never_asked_for_later(first, second, third, every):
    step, now, later = sorted((first, second, third))

    assert is_kept(step, now, every) or not is_kept(step, later, every)


@given(STEPS, EVERY)
def test_they_are_few(now, every):
    kept = sum(is_kept(step, now, every) for step in range(0, now + 1, every))

    assert kept <= 10 + 4 * max(math.log2(now / (8 * every)) if now else 0, 0)


@given(STEPS, STEPS, EVERY)
def test_one_is_near_whatever_step_is_asked_for(first, second, every):
    step, now = sorted((first, second))
    kept = next(s for s in range(step, -1, -1) if is_kept(s, now, every) or s == 0)

    assert step - kept < max(every, (now - step) / 3)


@given(STEPS, EVERY)
def test_the_newest_multiples_are_all_kept(now, every):
    newest = range(now - now % every, max(now - 8 * every, 0), -every)

    assert all(is_kept(step, now, every) for step in newest)
