"""What a model answered, and what makes an answer unusable."""

import sys
from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import StrEnum

from routing.domain.term_vectors import TermVector


class Failure(StrEnum):
    """Why there is no usable prediction."""

    UNKNOWN_LABEL = "unknown_label"
    NOT_A_NUMBER = "not_a_number"
    MODEL_ERROR = "model_error"
    TIMEOUT = "timeout"
    MODEL_MISSING = "model_missing"
    MODEL_ALTERED = "model_altered"
    BAD_OUTPUT = "bad_output"


DETAIL_LENGTH = 300
LABEL_LENGTH = 200
_LARGEST = sys.float_info.max


@dataclass(frozen=True, slots=True)
class PredictionResult:
    """A model's answer on one payload: label with confidence in [0, 1], or a failure with its detail.

    `vector` is what the model's own reading of the text leaves behind for finding texts like it. `input_length` is in characters,
    `known_share` the share of the text's different words that the model knows: what drift looks at; None where there is no text.
    """

    label: str | None = None
    confidence: float | None = None
    top: tuple[tuple[str, float], ...] = ()
    explanation: tuple[tuple[str, float], ...] = ()
    latency_ms: float = 0.0
    cost: float = 0.0
    failure: str | None = None
    detail: str = ""
    vector: TermVector | None = None
    input_length: int | None = None
    known_share: float | None = None

    @property
    def has_failed(self) -> bool:
        """Tell whether there is no usable answer."""
        return self.failure is not None


def failed(failure: Failure, detail: str = "", *, latency_ms: float = 0.0, cost: float = 0.0) -> PredictionResult:
    """Return the result that says why there is no answer."""
    return PredictionResult(failure=failure, detail=_storable(detail), latency_ms=latency_ms, cost=cost)


def checked(result: PredictionResult, labels: Collection[str]) -> PredictionResult:
    """Return the result if a policy may use it, else a failure; no labels means that any text is a label."""
    if result.failure is not None:
        return replace(result, label=None, confidence=None, top=(), explanation=(), detail=_storable(result.detail))
    failure = _fault_of(result.label, result.confidence, labels)
    if failure is None:
        top = tuple(pair for pair in result.top if _fault_of(pair[0], pair[1], labels) is None)
        explanation = tuple(pair for pair in result.explanation if _is_finite(pair[1]))
        if (
            type(result.confidence) is float
            and len(top) == len(result.top)
            and len(explanation) == len(result.explanation)
        ):
            return result
        return replace(result, confidence=float(result.confidence or 0), top=top, explanation=explanation)
    detail = f"label {result.label!a:.80}, confidence {result.confidence!a:.40}"
    refused = failed(failure, detail, latency_ms=result.latency_ms, cost=result.cost)
    return replace(refused, vector=result.vector, input_length=result.input_length, known_share=result.known_share)


def _fault_of(label: object, confidence: object, labels: Collection[str]) -> Failure | None:
    # What the contract names needs no closer look: a contract's labels are texts that a column takes.
    if not (isinstance(label, str) and label in labels):
        if not _is_text(label):
            return Failure.BAD_OUTPUT
        if labels:
            return Failure.UNKNOWN_LABEL
    return None if _is_share(confidence) else Failure.NOT_A_NUMBER


def _is_text(label: object) -> bool:
    """Tell whether a label is a text that a database column takes."""
    return isinstance(label, str) and 0 < len(label) <= LABEL_LENGTH and _storable(label) == label


def _is_finite(value: object) -> bool:
    """Tell whether it is a number; whole numbers beyond a double are none."""
    if type(value) is float:
        return -_LARGEST <= value <= _LARGEST
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= _LARGEST


def _is_share(value: object) -> bool:
    if type(value) is float:
        return 0 <= value <= 1
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def _storable(detail: str) -> str:
    """Return the detail as a database column takes it."""
    return detail.replace("\x00", "").encode(errors="replace").decode()[:DETAIL_LENGTH]
