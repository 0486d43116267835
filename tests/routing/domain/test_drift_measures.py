"""The reference as it is kept, and windows held against it."""

import json

import numpy as np
import pytest
from numpy.typing import NDArray

from routing.domain.drift_measures import Seen, measures_of, reference_of, seen, worst_of


def items(values: NDArray[np.float64], labels: tuple[str, ...] = ("a", "b")) -> Seen:
    return seen([labels[place % len(labels)] for place in range(len(values))], confidence=values.tolist())


SPREAD = np.random.default_rng(0).beta(8, 2, 1_000)


def test_a_reference_survives_being_stored() -> None:
    stored = json.loads(json.dumps(reference_of(items(SPREAD))))
    found = measures_of(stored, items(SPREAD[:500]))
    assert set(found) == {"confidence", "labels"}
    assert worst_of(found)[1] < 0.1
    json.dumps(found, allow_nan=False)


@pytest.mark.parametrize(
    ("values", "now"),
    [
        (np.full(1_000, 0.5), 0.9),
        (np.full(1_000, 0.5), 0.1),
        (np.repeat([0.95, 0.99], [960, 40]), 0.4),
        (np.repeat([0.2, 1.0], [40, 960]), 1.5),
    ],
    ids=["one-value-above", "one-value-below", "below-what-many-share", "above-what-many-share"],
)
def test_what_lies_beyond_a_value_that_many_share_is_seen(values: NDArray[np.float64], now: float) -> None:
    reference = reference_of(items(values))
    assert worst_of(measures_of(reference, items(np.full(500, now))))[1] > 0.35
    assert worst_of(measures_of(reference, items(np.random.default_rng(1).choice(values, 500))))[1] < 0.1


def test_a_number_that_too_few_have_is_left_out() -> None:
    few = seen(["a"] * 1_000, confidence=[0.5] * 1_000, input_length=[*range(999), None])
    assert set(reference_of(few)["numbers"]) == {"confidence"}
    reference = reference_of(items(SPREAD))
    window = seen(["a", "b"] * 250, confidence=[0.5] * 249 + [None] * 251)
    assert set(measures_of(reference, window)) == {"labels"}


def test_nothing_compared_is_no_drift() -> None:
    assert worst_of({}) == ("", 0.0)
