"""An implementation by others as the oracle: MAPIE's controller with fixed-sequence testing."""

import warnings

import numpy as np
import pytest
from mapie.risk_control import BinaryClassificationController, BinaryRisk

from routing.domain.bounds import fewest
from routing.domain.risk import GRID, Certified, GridPoint, certify
from tests.routing.domain.populations import ALL, NOISY, U_SHAPED, Floats, Population

WRONG_AMONG_ACCEPTED = BinaryRisk(
    risk_occurrence=lambda is_right, is_accepted: is_right != is_accepted,
    risk_condition=lambda is_right, is_accepted: is_accepted == 1,
    higher_is_better=False,
)


def grid(confidence: Floats, target: float, delta: float) -> Floats:
    """Return about a hundred thresholds, strictest first, built without the product's code."""
    falling = np.sort(confidence)[::-1]
    start = next(n for n in (fewest(target, delta, 2), fewest(target, delta)) if n <= len(falling))
    sizes = np.linspace(start, len(falling), GRID).round().astype(int)
    return np.unique(falling[sizes - 1])[::-1]


def oracle(confidence: Floats, wrong: np.ndarray, target: float, delta: float) -> Floats:
    """Return the thresholds that MAPIE finds good, strictest first."""
    controller = BinaryClassificationController(
        predict_function=lambda rows: np.column_stack([1 - np.asarray(rows), np.asarray(rows)]),
        risk=WRONG_AMONG_ACCEPTED,
        target_level=target,
        confidence_level=1 - delta,
        best_predict_param_choice="predicted_positive_fraction",
        list_predict_params=grid(confidence, target, delta),
        fwer_method="fixed_sequence",
    )
    with warnings.catch_warnings():
        # It says that the error rate seen does not rise all along, and that nothing was found.
        warnings.simplefilter("ignore")
        controller.calibrate(confidence, (~wrong).astype(int))
    found: Floats = np.asarray(controller.valid_predict_params)
    return found


@pytest.mark.parametrize("population", ALL, ids=lambda population: population.name)
@pytest.mark.parametrize(("target", "delta"), [(0.05, 0.05), (0.1, 0.1)])
def test_the_oracle_finds_the_same_thresholds(population: Population, target: float, delta: float) -> None:
    compared = certified = equal = 0
    for seed in range(10):
        confidence, wrong = population.sample(np.random.default_rng((seed, 7)), 1_500)
        planned = grid(confidence, target, delta)
        if wrong[confidence >= planned[0]].mean() >= wrong.mean():
            continue  # MAPIE then starts from the other end, as the errors tell it to; here the order never follows from them.
        found = certify(confidence, wrong, target=target, delta=delta)
        compared += 1
        passed = [point.threshold for point in found.grid[: found.passed]] if isinstance(found, Certified) else []
        certified += bool(passed)
        theirs = oracle(confidence, wrong, target, delta).tolist()
        assert theirs == passed or (theirs == passed[: len(theirs)] and is_miscounted(found.grid[len(theirs)]))
        equal += theirs == passed
    assert compared >= 2
    assert equal >= 0.8 * compared
    assert certified or population in {U_SHAPED, NOISY}


def is_miscounted(point: GridPoint) -> bool:
    """Tell whether MAPIE counts one wrong answer too many here: it rounds n * (k / n) up, which can lie a hair above k."""
    return point.n * (point.k / point.n) > point.k
