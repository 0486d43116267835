"""Calling a workflow's model: whatever goes wrong becomes a named failure of the item, never an exception."""

import time
from collections.abc import Sequence
from typing import Any

import structlog
from django.core.files.storage import default_storage

from governance import metrics
from routing.backends.base import Backend
from routing.backends.local import load_local
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
    for _item, result in predicted:
        if result.failure:
            metrics.PREDICTION_FAILURES.labels(workflow.key, result.failure).inc()
    return predicted


def _called(workflow: WorkflowFacts, payloads: list[dict[str, Any]]) -> list[PredictionResult]:
    if workflow.model_version_id is None:
        return [failed(Failure.MODEL_MISSING, "the workflow has no model")] * len(payloads)
    try:
        backend = _backend(workflow)
        results = backend.predict(payloads)
    except FileNotFoundError:
        log.error("model_missing", workflow=workflow.key, file=workflow.model_file)  # noqa: TRY400 - the path says it all
        return [failed(Failure.MODEL_MISSING, "the model's file is not in the storage")] * len(payloads)
    except Exception as failure:
        code = Failure(getattr(failure, "code", Failure.MODEL_ERROR))
        log.exception("model_failed", workflow=workflow.key, model=workflow.model_version, failure=code)
        return [failed(code, str(failure))] * len(payloads)
    if len(results) != len(payloads):
        return [failed(Failure.BAD_OUTPUT, f"{len(results)} answers for {len(payloads)} items")] * len(payloads)
    return results


def _backend(workflow: WorkflowFacts) -> Backend:
    return load_local(
        sha256=workflow.model_sha256 or "",
        config=workflow.model_config or {},
        read=lambda: default_storage.open(workflow.model_file or "missing").read(),
    )


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
                explanation=(),
                latency_ms=float(given.get("latency_ms", 0)),
                cost=float(given.get("cost", 0)),
                failure=None,
                detail="",
            ),
        )
    return results
