"""Calling a workflow's model: whatever goes wrong becomes a named failure of the item, never an exception."""

import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

import structlog
from billiard.exceptions import SoftTimeLimitExceeded
from django.core.files.storage import default_storage

from governance import metrics
from routing.backends.base import Backend
from routing.backends.http import HttpBackend, HttpConfig
from routing.backends.local import LocalBackend, LocalConfig
from routing.domain.predictions import Failure, PredictionResult, checked, failed
from routing.models import BackendKind
from routing.selectors.workflows import WorkflowFacts
from routing.services.record import RoutingInput

log = structlog.get_logger(__name__)

_TOP = 3
_LOCAL_CALL_S = 20.0


def predict_items(
    *,
    workflow: WorkflowFacts,
    labels: tuple[str, ...],
    items: Sequence[RoutingInput],
) -> list[tuple[RoutingInput, PredictionResult]]:
    """Return each item with the model's checked answer; one vectorised call for the batch."""
    started = time.perf_counter()
    results = _supplied(items) if workflow.takes_predictions else _called(workflow, [item.payload for item in items])
    metrics.PREDICT_SECONDS.labels(workflow.key).observe(time.perf_counter() - started)
    predicted = [(item, checked(result, labels)) for item, result in zip(items, results, strict=True)]
    failures = Counter(result.failure for _item, result in predicted if result.failure)
    for failure, count in failures.items():
        metrics.PREDICTION_FAILURES.labels(workflow.key, failure).inc(count)
    if failures:
        detail = next(result.detail for _item, result in predicted if result.failure)
        log.error("predictions_failed", workflow=workflow.key, failures=dict(failures), detail=detail)
    return predicted


def longest_call_s(workflow: WorkflowFacts) -> float:
    """Return how many seconds the model may take for one batch at most; a local one has no clock of its own."""
    if workflow.backend != BackendKind.HTTP:
        return _LOCAL_CALL_S
    try:
        return HttpConfig.from_json(workflow.model_config or {}).batch_s
    except ValueError:
        return _LOCAL_CALL_S  # the call itself says what is wrong with the configuration


def _called(workflow: WorkflowFacts, payloads: list[dict[str, Any]]) -> list[PredictionResult]:
    if workflow.model_version_id is None:
        return [failed(Failure.MODEL_MISSING, "The workflow has no model.")] * len(payloads)
    try:
        results = _backend(workflow).predict(payloads)
    except SoftTimeLimitExceeded:
        raise  # it is this worker that is to stop, not the model that failed
    except Exception as failure:
        log.exception("model_failed", workflow=workflow.key, model=workflow.model_version)
        return [failed(Failure.MODEL_ERROR, f"{type(failure).__name__}: {failure}")] * len(payloads)
    if len(results) != len(payloads):
        return [failed(Failure.BAD_OUTPUT, f"{len(results)} answers for {len(payloads)} items")] * len(payloads)
    return results


def _backend(workflow: WorkflowFacts) -> Backend:
    if workflow.backend == BackendKind.HTTP:
        return HttpBackend(
            HttpConfig.from_json(workflow.model_config or {}),
            key=str(workflow.model_version_id),
            model=workflow.model_name or "",
            version=workflow.model_version or "",
            private_hosts=workflow.private_hosts,
        )
    return LocalBackend(
        lambda: _file(workflow.model_file or ""),
        sha256=workflow.model_sha256 or "",
        config=LocalConfig.from_json(workflow.model_config or {}),
    )


def _file(name: str) -> bytes | None:
    if not name or not default_storage.exists(name):
        return None
    with default_storage.open(name) as stored:
        content: bytes = stored.read()
        return content


def _supplied(items: Sequence[RoutingInput]) -> list[PredictionResult]:
    """Take the predictions that came with the items, as their registered external model gave them."""
    return [_read(item.predictions[0] if item.predictions else None) for item in items]


def _read(given: Any) -> PredictionResult:
    """Take a prediction as it was given: what of it can't be used is for `checked` to say."""
    if given is None:
        return failed(Failure.MODEL_MISSING, "No prediction came with the item.")
    try:
        return PredictionResult(
            label=given["label"],
            confidence=given["confidence"],
            top=tuple((label, score) for label, score in given.get("top", [])[:_TOP]),
            latency_ms=float(given.get("latency_ms", 0)),
            cost=float(given.get("cost", 0)),
        )
    except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError) as error:
        return failed(Failure.BAD_OUTPUT, f"The prediction can't be read: {type(error).__name__}: {error}")
