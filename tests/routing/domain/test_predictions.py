"""Which answers of a model may be used."""

import math
from typing import Any

import pytest

from routing.domain.predictions import PredictionResult, checked

LABELS = ("a", "b")


def test_a_good_answer_passes_unchanged() -> None:
    answer = PredictionResult(label="a", confidence=0.9, top=(("a", 0.9), ("b", 0.1)), latency_ms=2.0)
    assert checked(answer, LABELS) == answer
    assert checked(PredictionResult(label="z", confidence=1), ()).failure is None


@pytest.mark.parametrize(
    ("label", "confidence", "failure"),
    [
        ("z", 0.9, "unknown_label"),
        (None, 0.9, "bad_output"),
        ("", 0.9, "bad_output"),
        (3, 0.9, "bad_output"),
        ("a", math.nan, "not_a_number"),
        ("a", math.inf, "not_a_number"),
        ("a", 1.01, "not_a_number"),
        ("a", -0.01, "not_a_number"),
        ("a", None, "not_a_number"),
        ("a", "0.9", "not_a_number"),
        ("a", True, "not_a_number"),
    ],
)
def test_an_unusable_answer_becomes_a_failure(label: Any, confidence: Any, failure: str) -> None:
    result = checked(PredictionResult(label=label, confidence=confidence, latency_ms=3.0, cost=0.1), LABELS)
    assert (result.failure, result.label, result.confidence, result.top) == (failure, None, None, ())
    assert (result.latency_ms, result.cost) == (3.0, 0.1)
    assert result.has_failed


def test_a_failure_stays_and_its_detail_fits_a_column() -> None:
    result = checked(PredictionResult(label="a", confidence=0.9, failure="timeout", detail="\x00\ud800x" * 400), LABELS)
    assert (result.failure, result.label, result.confidence) == ("timeout", None, None)
    assert "\x00" not in result.detail
    assert len(result.detail.encode()) <= 300


def test_odd_scores_and_weights_are_left_out() -> None:
    answer = PredictionResult(
        label="a",
        confidence=0.9,
        top=(("a", 0.9), ("z", 0.1), ("b", math.nan)),
        explanation=(("card", 1.5), ("x", math.inf)),
    )
    result = checked(answer, LABELS)
    assert (result.top, result.explanation) == ((("a", 0.9),), (("card", 1.5),))
