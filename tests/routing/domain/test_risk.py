"""Choosing a threshold: the grid, the order, the stop and the refusals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from routing.domain.bounds import cp_upper, fewest, p_value
from routing.domain.risk import Certified, GridPoint, Refusal, Refused, attempt_delta, certify
from tests.routing.domain.populations import CALIBRATED

Floats = NDArray[np.float64]


def falling(n: int) -> Floats:
    return np.linspace(1, 0.5, n)


def wrong_at(n: int, *places: int) -> NDArray[np.bool_]:
    """Return n answers of which those at these places, counted from the surest at 1, are wrong."""
    return np.isin(np.arange(1, n + 1), places)


def certified(confidence: Floats, wrong: NDArray[np.bool_], target: float = 0.01, delta: float = 0.05) -> Certified:
    found = certify(confidence, wrong, target=target, delta=delta)
    assert isinstance(found, Certified)
    return found


def refused(confidence: Floats, wrong: NDArray[np.bool_], target: float = 0.01, delta: float = 0.05) -> Refused:
    found = certify(confidence, wrong, target=target, delta=delta)
    assert isinstance(found, Refused)
    return found


@st.composite
def samples(draw: st.DrawFn) -> tuple[Floats, NDArray[np.bool_]]:
    """Samples of up to 800 answers, some with many equal confidences, the unsure ones wrong more often."""
    n = draw(st.integers(0, 800))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    confidence = np.round(rng.beta(6, 1, n), draw(st.integers(1, 12)))
    return confidence, rng.random(n) < (1 - confidence) * draw(st.floats(0, 1.5))


def test_all_right_is_certified_at_its_loosest() -> None:
    confidence = falling(299)
    found = certified(confidence, wrong_at(299))
    assert found.threshold == 0.5
    assert (found.n, found.k, found.passed, found.planned) == (299, 0, 1, 1)
    assert found.bound == pytest.approx(0.009969, abs=5e-7)


def test_the_grid_starts_where_two_wrong_ones_can_be_borne() -> None:
    found = certified(falling(1000), wrong_at(1000, 5, 600))
    assert found.grid[0] == GridPoint(falling(1000)[627], 628, 2, p_value(2, 628, 0.01))
    assert found.n == 1000
    assert found.planned == 100
    assert np.diff([point.n for point in found.grid]).max() <= 5


def test_the_first_point_that_fails_ends_it_whatever_comes_after() -> None:
    wrong = wrong_at(3000, *range(700, 712))
    found = certified(falling(3000), wrong)
    assert found.n < 712
    assert found.passed == len(found.grid) - 1 < found.planned
    assert found.grid[-1].p_value > 0.05
    assert p_value(12, 3000, 0.01) < 0.05


def test_equal_confidences_are_taken_whole() -> None:
    confidence = np.repeat([0.99, 0.9, 0.8], [280, 100, 100])
    found = certified(confidence, wrong_at(480, 480))
    assert [(point.threshold, point.n) for point in found.grid] == [(0.9, 380), (0.8, 480)]


def test_one_single_confidence_is_one_single_point() -> None:
    assert certified(np.ones(400), wrong_at(400)).planned == 1
    assert refused(np.ones(400), wrong_at(400, 7)).reason == Refusal.FIRST_POINT_FAILS


def test_nothing_to_look_at_is_said_as_such() -> None:
    found = refused(np.empty(0), wrong_at(0))
    assert (found.reason, found.missing, found.n, found.grid) == (Refusal.NOTHING_SCORED, 299, 0, ())


@pytest.mark.parametrize("place", [1, 130, 261])
def test_261_answers_with_one_wrong_want_212_more_for_one_per_cent(place: int) -> None:
    found = refused(falling(261), wrong_at(261, place))
    assert (found.reason, found.missing, found.n, found.k) == (Refusal.TOO_FEW, 212, 261, 1)


def test_too_few_of_which_many_are_wrong_want_what_their_better_part_would_take() -> None:
    found = refused(falling(250), wrong_at(250, *range(151, 251, 4)))
    # The surest 60 % are all right: 299 of these are 499 in all, found in steps of 2 %.
    assert found.reason == Refusal.TOO_FEW
    assert found.missing is not None
    assert 249 <= found.missing <= 260


def test_where_the_first_point_fails_more_answers_may_help() -> None:
    found = refused(falling(700), wrong_at(700, 300, 600, 620))
    assert found.reason == Refusal.FIRST_POINT_FAILS
    # With 6 % more, the two wrong ones at its end no longer stand in the first point.
    assert found.missing is not None
    assert 0 < found.missing < 100
    assert [(point.n, point.k) for point in found.grid] == [(628, 3)]


@pytest.mark.parametrize(("n", "often"), [(200, 0.6), (400, 0.7)])
def test_with_the_answers_said_to_be_missing_a_threshold_is_mostly_certified(n: int, often: float) -> None:
    done, tried = 0, 0
    for run in range(150):
        rng = np.random.default_rng((run, n))
        confidence, wrong = CALIBRATED.sample(rng, n)
        found = certify(confidence, wrong, target=0.05, delta=0.05)
        if isinstance(found, Refused):
            assert found.missing is not None
            more, more_wrong = CALIBRATED.sample(rng, found.missing)
            again = certify(np.append(confidence, more), np.append(wrong, more_wrong), target=0.05, delta=0.05)
            done, tried = done + isinstance(again, Certified), tried + 1
    assert done / tried >= often


def test_where_the_surest_are_wrong_more_of_them_do_not_help() -> None:
    assert refused(falling(700), wrong_at(700, *range(1, 40))).missing is None


@settings(max_examples=150, deadline=None)
@given(samples(), st.sampled_from([0.02, 0.05, 0.1]), st.sampled_from([0.05, 0.1]))
def test_what_is_certified_holds_together(
    sample: tuple[Floats, NDArray[np.bool_]], target: float, delta: float
) -> None:
    confidence, wrong = sample
    found = certify(confidence, wrong, target=target, delta=delta)
    sizes = [point.n for point in found.grid]
    assert sizes == sorted(set(sizes))
    for point in found.grid:
        assert point.n == (confidence >= point.threshold).sum()
        assert point.k == wrong[confidence >= point.threshold].sum()
        assert point.p_value == p_value(point.k, point.n, target)
    if isinstance(found, Refused):
        assert found.missing is None or found.missing > 0
        assert all(point.p_value > delta for point in found.grid)
    else:
        assert found.bound <= target
        assert found.bound == cp_upper(found.k, found.n, delta)
        assert all(point.p_value <= delta for point in found.grid[: found.passed])
        assert sizes[0] >= fewest(target, delta)


@settings(max_examples=100, deadline=None)
@given(samples(), st.integers(0, 2**32))
def test_the_order_of_the_answers_says_nothing(sample: tuple[Floats, NDArray[np.bool_]], seed: int) -> None:
    confidence, wrong = sample
    order = np.random.default_rng(seed).permutation(len(confidence))
    found = certify(confidence, wrong, target=0.05, delta=0.05)
    assert certify(confidence[order], wrong[order], target=0.05, delta=0.05) == found


@settings(max_examples=100, deadline=None)
@given(samples(), st.integers(0, 799))
def test_a_right_answer_made_wrong_never_loosens_the_threshold(
    sample: tuple[Floats, NDArray[np.bool_]], place: int
) -> None:
    confidence, wrong = sample
    worse = wrong.copy()
    worse[place : place + 1] = True
    before, after = (certify(confidence, faults, target=0.05, delta=0.05) for faults in (wrong, worse))
    if isinstance(after, Certified):
        assert isinstance(before, Certified)
        assert after.n <= before.n
        assert after.threshold >= before.threshold


@settings(max_examples=100, deadline=None)
@given(samples())
def test_a_surer_promise_never_loosens_the_threshold(sample: tuple[Floats, NDArray[np.bool_]]) -> None:
    # The grid depends on the target and on delta, so that a point of one is compared with the points of its own grid.
    for found in (certify(*sample, target=0.05, delta=delta) for delta in (0.01, 0.05, 0.2)):
        assert not isinstance(found, Certified) or found.p_value <= found.delta


def test_attempts_cost() -> None:
    assert [attempt_delta(0.05, attempt) for attempt in (1, 2, 3)] == [0.05, 0.0125, 0.00625]
    assert sum(attempt_delta(0.05, attempt) for attempt in range(2, 60)) <= 0.025 + 1e-12
    with pytest.raises(ValueError, match="counted from 1"):
        attempt_delta(0.05, 0)


@pytest.mark.parametrize(
    ("confidence", "wrong", "sentence"),
    [
        ([0.9, 0.8], [True], "one confidence for every answer"),
        ([[0.9]], [[True]], "one confidence for every answer"),
        ([float("nan")], [True], "finite number"),
        ([0.9], [2], "either wrong or right"),
        ([0.9], [None], "either wrong or right"),
    ],
)
def test_answers_that_are_none_are_refused(confidence: list[float], wrong: list[object], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        certify(confidence, np.array(wrong, dtype=float), target=0.01, delta=0.05)


@pytest.mark.parametrize("share", [0.0, 1.0, 1.5])
def test_a_promise_outside_its_range_is_refused(share: float) -> None:
    for target, delta in ((share, 0.05), (0.05, share)):
        with pytest.raises(ValueError, match="must lie between 0 and 1"):
            certify([0.9], [False], target=target, delta=delta)
