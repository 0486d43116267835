"""What coming items will bring: the printed interval holds what then happens."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import betabinom

from routing.domain.predicted_load import automatic_items, reviews
from routing.domain.risk import Certified, certify
from tests.routing.domain.populations import CALIBRATED


@pytest.mark.parametrize(("accepted", "n", "items"), [(600, 1000, 1000), (1, 40, 500), (0, 50, 300), (2000, 2000, 90)])
def test_the_interval_is_the_beta_binomials(accepted: int, n: int, items: int) -> None:
    found = automatic_items(accepted=accepted, n=n, items=items)
    ends = betabinom.ppf([0.025, 0.975], items, accepted + 0.5, n - accepted + 0.5)
    assert [found.low, found.high] == pytest.approx(ends.tolist(), abs=max(2, items * 0.004))
    assert found.expected == pytest.approx(items * accepted / n)


@given(st.integers(0, 500), st.integers(1, 500), st.integers(0, 10_000), st.floats(0, 1))
def test_reviews_and_what_nobody_sees_make_up_all_items(accepted: int, n: int, items: int, rate: float) -> None:
    accepted = min(accepted, n)
    seen = reviews(accepted=accepted, n=n, items=items, sample_rate=rate)
    assert 0 <= seen.low <= seen.high <= items
    assert seen.expected == pytest.approx(items * (1 - accepted / n * (1 - rate)))
    if rate == 0:
        automatic = automatic_items(accepted=accepted, n=n, items=items)
        assert (seen.low, seen.high) == (items - automatic.high, items - automatic.low)


def test_more_scored_items_and_more_coming_ones_make_it_narrower() -> None:
    widths = [
        (found.high - found.low) / found.items
        for found in (
            automatic_items(accepted=60, n=100, items=100),
            automatic_items(accepted=60, n=100, items=10_000),
            automatic_items(accepted=6_000, n=10_000, items=10_000),
        )
    ]
    assert widths == sorted(widths, reverse=True)


def test_the_load_realised_at_a_certified_threshold_is_in_its_interval() -> None:
    """The threshold is chosen on the very items that predict: 200 splits, the load of the other half."""
    held = tried = 0
    for run in range(200):
        rng = np.random.default_rng((run, 3))
        confidence, wrong = CALIBRATED.sample(rng, 3_000)
        found = certify(confidence[:1_500], wrong[:1_500], target=0.05, delta=0.05)
        if not isinstance(found, Certified):
            continue
        tried += 1
        load = reviews(accepted=found.n, n=1_500, items=1_500, sample_rate=0.02)
        is_seen = (confidence[1_500:] < found.threshold) | (rng.random(1_500) < 0.02)
        held += load.low <= is_seen.sum() <= load.high
    assert tried > 150
    assert held / tried >= 0.92


def test_counts_that_cannot_be_are_refused() -> None:
    for accepted, n, items in ((2, 1, 5), (0, 0, 5), (1, 2, -1)):
        with pytest.raises(ValueError, match="needs scored items"):
            automatic_items(accepted=accepted, n=n, items=items)
    with pytest.raises(ValueError, match="sample rate"):
        reviews(accepted=1, n=2, items=5, sample_rate=1.5)
