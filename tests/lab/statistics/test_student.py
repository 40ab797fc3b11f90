from __future__ import annotations

import math

import pytest
from scipy import stats

from badak.lab.statistics.student import student_quantile


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 5, 9, 10, 19, 100])
@pytest.mark.parametrize("probability", [0.5, 0.6, 0.9, 0.975, 0.99375, 0.9999])
def test_quantile_is_that_of_scipy(freedom, probability):
    ours, theirs = student_quantile(probability, freedom), stats.t.ppf(probability, freedom)

    assert math.isclose(ours, theirs, rel_tol=1e-9, abs_tol=1e-12)


def test_one_degree_of_freedom_is_the_cauchy_distribution():
    assert math.isclose(student_quantile(0.75, 1), 1.0, rel_tol=1e-12)
