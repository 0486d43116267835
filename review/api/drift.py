"""Drift of a workflow's inputs and answers."""

from typing import Any, ClassVar

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from governance.api.answers import json_response
from governance.api.shapes import REFUSALS
from governance.api.views import ApiView
from governance.domain import Capability
from review.api import budget_shapes as shapes
from routing.domain.drift import BAD, CLEAN, WORST
from routing.selectors.drift_state import DriftFacts, WindowFacts, drift_facts
from routing.selectors.workflows import access_workflow


class WorkflowDrift(ApiView):
    """Drift of one workflow."""

    required: ClassVar[dict[str, Capability]] = {"GET": Capability.SEE_WORKFLOWS}

    @extend_schema(operation_id="see_drift", tags=["thresholds"], responses={200: shapes.DriftShape} | REFUSALS)
    def get(self, _request: Request, workflow_key: str) -> HttpResponse:
        """Return the level, the reference, the last 60 windows and what they have led to."""
        found = drift_facts(access_workflow(workflow_key))
        return json_response(
            {
                "level": found.level,
                "bad_in_a_row": found.bad_in_a_row,
                "clean_in_a_row": found.clean_in_a_row,
                "model_version": found.model_version_id,
                "limits": {"bad": BAD, "worst": WORST, "clean": CLEAN},
                "reference": _reference(found),
                "windows": [_window(window) for window in found.windows],
                "have": found.have,
                "need": found.need,
                "limit": found.limit
                and {
                    "effect": found.limit.effect,
                    "min_threshold": found.limit.min_threshold,
                    "since": found.limit.since,
                    "reason": found.limit.reason,
                },
            }
        )


def _reference(found: DriftFacts) -> dict[str, Any] | None:
    if found.reference is None:
        return None
    numbers = {
        name: {part: kept[part] for part in ("n", "edges", "counts")}
        for name, kept in found.reference["numbers"].items()
    }
    return {
        "n": found.reference_n,
        "recorded_at": found.reference_at,
        "numbers": numbers,
        "labels": found.reference["labels"],
    }


def _window(window: WindowFacts) -> dict[str, Any]:
    return {
        "number": window.number,
        "n": window.n,
        "first_at": window.first_at,
        "last_at": window.last_at,
        "worst_psi": window.worst_psi,
        "level": window.level,
        "measures": window.measures,
    }
