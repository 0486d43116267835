"""The sentences behind reason codes."""

from typing import Any

import pytest

from routing.domain.reasons import Reason, describe, share


@pytest.mark.parametrize(
    ("code", "reason", "sentence"),
    [
        ("below_threshold", {"confidence": 0.84, "threshold": 0.98}, "0.84, automatic from 0.98"),
        ("above_threshold", {"confidence": 0.99999, "threshold": 0.975}, "0.9999, automatic from 0.975"),
        ("rule_value_above", {"rule": 0, "value": 1240.0, "limit": 1000.0}, "value 1,240 is above 1,000"),
        ("flagged", {"flag": "instruction_like"}, "the text reads like an instruction to a program"),
        ("flagged", {"flag": "odd"}, "the item is flagged: odd"),
        ("model_failed", {"failure": "timeout"}, "the model failed: timed out"),
        ("model_failed", {"failure": "fire"}, "the model failed: fire"),
        ("restricted_to_people", {"cause": "stop"}, "automation is stopped"),
        ("never_automatic", {"label": "50% off"}, "50% off is never decided automatically"),
    ],
)
def test_a_reason_reads_as_a_sentence(code: str, reason: dict[str, Any], sentence: str) -> None:
    template, params = describe(code, reason)
    assert template % params == sentence


@pytest.mark.parametrize("code", [*Reason, "of_a_later_release"])
def test_every_code_has_a_sentence_even_without_parameters(code: str) -> None:
    template, params = describe(code, {})
    assert template % params


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.84, "0.84"), (1.0, "1.00"), (0.99999, "0.9999"), (0.5, "0.50"), (0.0, "0.00"), (0.29, "0.29")],
)
def test_a_share_is_never_rounded_up(value: float, text: str) -> None:
    assert share(value) == text
