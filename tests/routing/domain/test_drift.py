"""Drift: measures, and the levels that follow from them."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2_contingency, ks_2samp

from routing.domain.drift import (
    BAD,
    CLEAN,
    WINDOW,
    DriftLevel,
    DriftState,
    after,
    after_all,
    binned,
    ks,
    label_drift,
    number_drift,
    psi,
    quantile_edges,
)

NONE, RAISED, PEOPLE = DriftLevel.NONE, DriftLevel.RAISED, DriftLevel.PEOPLE


@pytest.mark.parametrize(
    ("windows", "level"),
    [
        ([], NONE),
        ([0.25], NONE),
        ([0.2, 0.2], NONE),
        ([0.21, 0.21], RAISED),
        ([0.21, 0.15, 0.21], NONE),
        ([0.21] * 3, RAISED),
        ([0.21] * 4, PEOPLE),
        ([0.36], PEOPLE),
        ([0.35], NONE),
        ([0.21, 0.21, 0.05, 0.05], RAISED),
        ([0.21, 0.21, 0.05, 0.05, 0.1], NONE),
        ([0.21, 0.21, 0.05, 0.05, 0.11], RAISED),
        ([0.36, 0.05, 0.15, 0.05, 0.05], PEOPLE),
        ([0.36, 0.05, 0.05, 0.05], NONE),
        ([0.36, 0.21, 0.21], PEOPLE),
        ([0.21, 0.21, 0.05, 0.21, 0.21], RAISED),
    ],
)
def test_the_levels(windows: list[float], level: DriftLevel) -> None:
    assert after_all(windows).level == level


@given(st.lists(st.floats(0, 1), max_size=30))
def test_levels_fall_after_three_clean_windows_only(windows: list[float]) -> None:
    state = DriftState()
    order = [NONE, RAISED, PEOPLE]
    for at, index in enumerate(windows):
        before, state = state.level, after(state, index)
        if order.index(state.level) < order.index(before):
            assert all(one <= CLEAN for one in windows[at - 2 : at + 1])
        if order.index(state.level) > order.index(before):
            assert index > BAD
    assert state == after_all(windows)


@pytest.mark.parametrize("index", [-0.1, float("nan"), math.inf])
def test_an_index_that_is_none_is_refused(index: float) -> None:
    with pytest.raises(ValueError, match="stability index"):
        after(DriftState(), index)


def test_the_index_is_the_sum_over_the_bins() -> None:
    r, w = np.array([100.5, 300.5]) / 401, np.array([200.5, 200.5]) / 401
    assert psi([100, 300], [200, 200]) == pytest.approx(float(((w - r) * np.log(w / r)).sum()))
    assert psi([100, 300], [100, 300]) == 0
    assert math.isfinite(psi([0, 400], [400, 0]))


def test_chance_alone_is_clean_and_a_shift_is_bad() -> None:
    rng = np.random.default_rng(0)
    reference = rng.beta(8, 1, 2_000)
    same = [number_drift(reference, rng.beta(8, 1, WINDOW)).psi for _ in range(100)]
    shifted = [number_drift(reference, rng.beta(4, 1, WINDOW)) for _ in range(100)]
    assert max(same) < CLEAN
    assert min(one.psi for one in shifted) > BAD
    assert max(one.p_value for one in shifted) < 1e-6


def test_many_labels_are_not_drift() -> None:
    rng = np.random.default_rng(1)
    share = rng.dirichlet(np.full(77, 5))

    def mix(n: int, of: np.ndarray) -> dict[str, int]:
        return {f"label_{at}": int(count) for at, count in enumerate(rng.multinomial(n, of))}

    reference = mix(2_000, share)
    same = [label_drift(reference, mix(WINDOW, share)).psi for _ in range(100)]
    assert np.quantile(same, 0.95) < CLEAN
    assert max(same) < BAD
    moved = share * np.where(np.arange(77) < 8, 5, 1)
    assert label_drift(reference, mix(WINDOW, moved / moved.sum())).psi > BAD


def test_a_new_label_is_seen() -> None:
    found = label_drift({"a": 900, "b": 900}, {"a": 200, "b": 200, "new": 100})
    assert found.psi > BAD
    assert found.statistic == pytest.approx(0.2)
    assert found.p_value < 1e-9


def test_the_mixs_p_value_is_chi_squareds() -> None:
    found = label_drift({"a": 300, "b": 500, "c": 200}, {"a": 170, "b": 240, "c": 90})
    expected = chi2_contingency([[300, 500, 200], [170, 240, 90]], correction=False).pvalue
    assert found.p_value == pytest.approx(expected)
    assert label_drift({"a": 10}, {"a": 5}).p_value == 1


@pytest.mark.parametrize("shift", [0, 0.03, 0.2])
def test_the_kolmogorov_smirnov_statistic_is_scipys_and_its_p_value_near(shift: float) -> None:
    rng = np.random.default_rng(2)
    one, other = rng.random(1_500), rng.random(500) + shift
    expected = ks_2samp(one, other)
    statistic, p = ks(one, other)
    assert statistic == pytest.approx(expected.statistic)
    assert p == pytest.approx(expected.pvalue, rel=0.15, abs=1e-4)


def test_ties_and_a_thinned_reference_are_no_trouble() -> None:
    values = np.repeat([0.5, 0.9, 1.0], [200, 300, 1500])
    edges = quantile_edges(values)
    assert edges == [0.9, 1.0]
    assert binned(values, edges).tolist() == [200, 300, 1500]
    assert binned([0.1, 2.0], edges).tolist() == [1, 0, 1]
    assert quantile_edges(np.ones(1000)) == []
    assert number_drift(np.ones(1000), np.ones(500)).psi == 0
    thin, window = np.linspace(0, 1, 200), np.linspace(0.05, 1.05, 500)
    assert ks(thin, window, reference_n=2_000)[1] < ks(thin, window)[1]


def test_small_drift_is_invisible() -> None:
    """With 5 % of another population Kolmogorov-Smirnov often says nothing; the index never does."""
    rng = np.random.default_rng(3)
    noticed, bad = 0, 0
    for _ in range(60):
        reference = rng.beta(6, 1, 4_000)
        window = np.concatenate([rng.beta(6, 1, 3_800), rng.beta(3, 1.5, 200)])
        found = number_drift(reference, window)
        noticed += found.p_value < 0.05
        bad += found.psi > BAD
    assert 0.3 < noticed / 60 < 0.9
    assert bad == 0


def test_counts_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="same bins"):
        psi([1, 2], [1])
    with pytest.raises(ValueError, match="both sides"):
        psi([0, 0], [1, 2])
    with pytest.raises(ValueError, match="both sides"):
        ks([], [1.0])
    with pytest.raises(ValueError, match="at least 1000"):
        quantile_edges(np.ones(999))
