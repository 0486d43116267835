"""Calling a workflow's model: whatever goes wrong becomes a named failure of the item, never an exception."""

import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

import structlog
from django.core.files.storage import default_storage

from governance import metrics
from routing.backends.base import Backend
from routing.backends.local import LocalBackend, LocalConfig
from routing.domain.predictions import Failure, PredictionResult, checked, failed
from routing.selectors.workflows import WorkflowFacts
from routing.services.record import RoutingInput

log = structlog.get_logger(__name__)


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


def _called(workflow: WorkflowFacts, payloads: list[dict[str, Any]]) -> list[PredictionResult]:
    if workflow.model_version_id is None:
        return [failed(Failure.MODEL_MISSING, "The workflow has no model.")] * len(payloads)
    try:
        results = _backend(workflow).predict(payloads)
    except Exception as failure:
        log.exception("model_failed", workflow=workflow.key, model=workflow.model_version)
        return [failed(Failure.MODEL_ERROR, f"{type(failure).__name__}: {failure}")] * len(payloads)
    if len(results) != len(payloads):
        return [failed(Failure.BAD_OUTPUT, f"{len(results)} answers for {len(payloads)} items")] * len(payloads)
    return results


def _backend(workflow: WorkflowFacts) -> Backend:
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
    results = []
    for item in items:
        given = (item.predictions or [None])[0]
        if not isinstance(given, dict):
            results.append(failed(Failure.MODEL_MISSING, "no prediction came with the item"))
            continue
        label, confidence = given.get("label"), given.get("confidence")
        if not isinstance(label, str) or not isinstance(confidence, int | float):
            results.append(failed(Failure.BAD_OUTPUT, "a prediction needs a label and a confidence"))
            continue
        results.append(
            PredictionResult(
                label=label,
                confidence=float(confidence),
                top=tuple((str(name), float(score)) for name, score in given.get("top", [])[:3]),
                latency_ms=float(given.get("latency_ms", 0)),
                cost=float(given.get("cost", 0)),
            ),
        )
    return results
