"""The risk-coverage curve."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.domain.bounds import cp_lower, cp_upper
from routing.domain.curve import aurc, point_at, risk_coverage


def test_the_curve_goes_from_the_strictest_to_the_loosest_with_ties_whole() -> None:
    points = risk_coverage([0.9, 0.7, 0.9, 0.5], [False, True, True, False], total=8)
    assert [(p.threshold, p.n, p.k, p.coverage, p.risk) for p in points] == [
        (0.9, 2, 1, 0.25, 0.5),
        (0.7, 3, 2, 0.375, 2 / 3),
        (0.5, 4, 2, 0.5, 0.5),
    ]
    assert (points[0].low, points[0].high) == pytest.approx((cp_lower(1, 2, 0.025), cp_upper(1, 2, 0.025)))


def test_the_area_is_the_mean_error_rate_over_the_coverages() -> None:
    assert aurc([0.9, 0.8, 0.7, 0.6], [False, True, False, True]) == pytest.approx((0 + 1 / 2 + 1 / 3 + 2 / 4) / 4)
    assert aurc([0.9, 0.9, 0.7, 0.6], [False, True, False, True]) == pytest.approx((1 / 2 + 1 / 2 + 1 / 3 + 2 / 4) / 4)
    assert aurc([0.5, 0.5], [True, True]) == 1


@settings(deadline=None)
@given(st.integers(1, 3000), st.integers(1, 4), st.integers(2, 60), st.integers(0, 2**32))
def test_a_thinned_curve_keeps_its_ends_and_its_truth(n: int, digits: int, most: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    confidence, wrong = np.round(rng.random(n), digits), rng.random(n) < 0.1
    points = risk_coverage(confidence, wrong, most=most)
    assert len(points) <= most
    assert points[0].threshold == confidence.max()
    assert (points[-1].n, points[-1].k) == (n, wrong.sum())
    for p in points:
        assert (p.n, p.k) == ((confidence >= p.threshold).sum(), wrong[confidence >= p.threshold].sum())
        assert p.low <= p.risk <= p.high
    assert [p.threshold for p in points] == sorted({p.threshold for p in points}, reverse=True)


def test_a_threshold_of_ones_own_has_its_point() -> None:
    point = point_at([0.9, 0.7, 0.5], [False, True, True], 0.6, total=6)
    assert point is not None
    assert (point.threshold, point.n, point.k, point.coverage) == (0.6, 2, 1, 1 / 3)
    assert point_at([0.9], [False], 0.95) is None


def test_no_answers_make_no_curve() -> None:
    assert risk_coverage([], []) == []
    with pytest.raises(ValueError, match="no curve"):
        aurc([], [])


def test_a_curve_that_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot hold 2"):
        risk_coverage([0.1, 0.2], [True, True], total=1)
    with pytest.raises(ValueError, match="at least two points"):
        risk_coverage([0.1, 0.2], [True, True], most=1)
