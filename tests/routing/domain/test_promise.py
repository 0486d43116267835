"""Thresholds that were certified keep their promise, and those of two obvious other ways do not: 500 simulated samples each."""

import math
from functools import cache

import numpy as np
import pytest

from routing.domain.bounds import p_value
from routing.domain.ranking import ranked
from routing.domain.risk import Certified, certify
from tests.routing.domain.populations import ALL, CALIBRATED, OVERCONFIDENT, TIED, Population

RUNS, SIZE = 500, 2_000
TARGET, DELTA = 0.05, 0.05
# Two standard errors of a share of 5 % among 500.
MONTE_CARLO = 2 * math.sqrt(DELTA * (1 - DELTA) / RUNS)


@cache
def broken_promises(population: Population) -> dict[str, float]:
    """Return by way of choosing how often the true error rate at the threshold chosen was above the target."""
    risk = population.risk_above()
    counts = dict.fromkeys(("certified", "naive", "searched", "found"), 0)
    for run in range(RUNS):
        confidence, wrong = population.sample(np.random.default_rng((run, len(population.name))), SIZE)
        found = certify(confidence, wrong, target=TARGET, delta=DELTA)
        if isinstance(found, Certified):
            counts["found"] += 1
            counts["certified"] += risk(found.threshold) > TARGET
        ranking = ranked(confidence, wrong)
        k, n = ranking.wrong_up_to[ranking.ends], ranking.ends
        for way, is_good in (("naive", k <= TARGET * n), ("searched", p_value(k, n, TARGET) <= DELTA)):
            if is_good.any():
                counts[way] += risk(ranking.threshold_of(int(n[is_good][-1]))) > TARGET
    return {way: count / RUNS for way, count in counts.items()}


@pytest.mark.parametrize("population", ALL, ids=lambda population: population.name)
def test_a_certified_threshold_breaks_its_promise_no_more_often_than_it_says(population: Population) -> None:
    assert broken_promises(population)["certified"] <= DELTA + MONTE_CARLO


@pytest.mark.parametrize("population", ALL, ids=lambda population: population.name)
def test_the_largest_coverage_that_looked_good_breaks_it_all_the_time(population: Population) -> None:
    broken = broken_promises(population)
    assert broken["naive"] > 0.4
    assert broken["naive"] > broken["certified"] + 0.3


def test_a_bound_that_ignores_the_search_breaks_it_too_often() -> None:
    assert max(broken_promises(population)["searched"] for population in ALL) > DELTA + 2 * MONTE_CARLO


@pytest.mark.parametrize("population", [CALIBRATED, OVERCONFIDENT, TIED], ids=lambda population: population.name)
def test_the_promise_is_not_kept_by_never_promising(population: Population) -> None:
    assert broken_promises(population)["found"] > 0.8
