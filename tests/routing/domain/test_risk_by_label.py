"""Each label's own threshold, the pool of the others, and what a pool can hide."""

import numpy as np
import pytest

from routing.domain.bounds import cp_upper, fewest
from routing.domain.risk import Certified, Refused, certify
from routing.domain.risk_by_label import certify_by_label


def sample(**labels: tuple[int, int]) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Return answers with falling confidence for each label: how many, and how many of the least sure are wrong."""
    confidence = np.concatenate([np.linspace(1, 0.6, n) for n, _k in labels.values()])
    wrong = np.concatenate([np.arange(n) >= n - k for n, k in labels.values()])
    return confidence, wrong, [label for label, (n, _k) in labels.items() for _ in range(n)]


def test_a_label_with_answers_enough_has_its_own_threshold_and_the_others_share_one() -> None:
    confidence, wrong, label = sample(big=(600, 0), small=(100, 0), smaller=(90, 0), least=(80, 0))
    found = certify_by_label(confidence, wrong, label, target=0.02, delta=0.05)

    assert found.level == 0.01
    assert found.least == fewest(0.02, 0.01) == 228
    assert {name: one.standing for name, one in found.labels.items()} == {
        "big": "own",
        "least": "pooled",
        "small": "pooled",
        "smaller": "pooled",
    }
    own = found.labels["big"].own
    assert isinstance(own, Certified)
    assert own == certify(confidence[:600], wrong[:600], target=0.02, delta=0.01)
    assert isinstance(found.pool, Certified)
    assert found.pool == certify(confidence[600:], wrong[600:], target=0.02, delta=0.01)
    assert found.labels["small"].threshold == found.pool.threshold


def test_ten_labels_at_one_per_cent_want_537_answers_each() -> None:
    confidence, wrong, label = sample(**{f"label_{n}": (20, 0) for n in range(10)})
    assert certify_by_label(confidence, wrong, label, target=0.01, delta=0.05).least == 537


def test_the_bound_of_a_weak_label_shows_what_the_pool_hides() -> None:
    _confidence, wrong, label = sample(weak=(90, 8), **{f"fine_{n}": (90, 0) for n in range(6)})
    found = certify_by_label(np.full(len(label), 0.9), wrong, label, target=0.05, delta=0.05)

    assert isinstance(found.pool, Certified)
    assert found.pool.bound <= 0.05
    weak = found.labels["weak"]
    assert (weak.standing, weak.n, weak.k) == ("pooled", 90, 8)
    assert weak.bound == cp_upper(8, 90, 0.05) > 0.05


def test_a_label_that_fails_its_own_test_goes_to_people_and_leaves_the_pool_as_it_was() -> None:
    confidence, wrong, label = sample(bad=(400, 0), small=(200, 0), tiny=(150, 0))
    wrong[:60] = True
    found = certify_by_label(confidence, wrong, label, target=0.02, delta=0.05)

    bad = found.labels["bad"]
    assert isinstance(bad.own, Refused)
    assert (bad.standing, bad.threshold, bad.n, bad.k) == ("people", None, 400, 60)
    assert isinstance(found.pool, Certified)
    assert found.pool.n == 350


def test_labels_that_the_sample_lacks_count_and_belong_to_the_pool() -> None:
    confidence, wrong, label = sample(here=(600, 0))
    found = certify_by_label(
        confidence, wrong, label, target=0.02, delta=0.05, labels=["here", "there", "nowhere", "x"]
    )
    assert found.level == 0.01
    assert found.pool is None
    assert (found.labels["there"].standing, found.labels["there"].answers) == ("people", 0)


def test_a_label_that_the_model_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match="does not have: odd"):
        certify_by_label([0.9], [False], ["odd"], target=0.02, delta=0.05, labels=["even"])
    with pytest.raises(ValueError, match="one label for every answer"):
        certify_by_label([0.9], [False], ["a", "b"], target=0.02, delta=0.05)


def test_no_answers_make_no_labels() -> None:
    found = certify_by_label([], [], [], target=0.02, delta=0.05)
    assert (found.labels, found.pool) == ({}, None)


def test_all_statements_together_keep_the_promise() -> None:
    """Labels whose error is just above the target whatever the confidence: any threshold is a broken promise."""
    broken = 0
    for run in range(150):
        rng = np.random.default_rng(run)
        label = rng.choice(["a", "b", "c", "d", "e"], p=[0.35, 0.35, 0.1, 0.1, 0.1], size=1_200)
        found = certify_by_label(rng.random(1_200), rng.random(1_200) < 0.0501, label.tolist(), target=0.05, delta=0.05)
        broken += any(one.threshold is not None for one in found.labels.values())
    assert broken / 150 <= 0.05
