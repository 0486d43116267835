"""Items as routing alone knows them, many at once: predicted, routed, drawn and answered, without a payload anywhere."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.utils import timezone
from numpy.typing import NDArray

from governance.domain import uuid7
from routing.models import Observation, Prediction, RoutingDecision
from tests.conftest import House


def route_rows(
    house: House,
    confidences: Sequence[float] | NDArray[np.float64],
    *,
    labels: Sequence[str | None] = ("billing",),
    **facts: Any,
) -> list[RoutingDecision]:
    """Store one routed item per confidence, labels in turn; `facts` are columns of the decision.

    `input_length` and `known_share` may be sequences, one entry an item.
    """
    lengths, known = facts.pop("input_length", None), facts.pop("known_share", None)
    common = {"workspace": house.workspace, "workflow": house.workflow, "attempt": 1}
    version = facts.pop("model_version_id", house.workflow.model_version_id)
    at: datetime = facts.pop("occurred_at", timezone.now())
    predictions, decisions = [], []
    for place, confidence in enumerate(confidences):
        both = common | {"item_id": uuid7(), "model_version_id": version}
        both |= {"label": labels[place % len(labels)], "confidence": float(confidence)}
        read = {
            "input_length": None if lengths is None else int(lengths[place]),
            "known_share": None if known is None else float(known[place]),
        }
        predictions.append(Prediction(**both, **read, latency_ms=1.0))
        decisions.append(
            RoutingDecision(
                **both,
                **{
                    "disposition": "auto_accept",
                    "reason_code": "above_threshold",
                    "queue_key": "triage",
                    "drawn": False,
                    "draw_probability": 0.05,
                    "occurred_at": at + timedelta(microseconds=place),
                }
                | facts,
            )
        )
    Prediction.objects.bulk_create(predictions)
    return RoutingDecision.objects.bulk_create(decisions)


def answer_rows(decisions: Sequence[RoutingDecision], *, wrong: Sequence[int] = (), open_: Sequence[int] = ()) -> None:
    """Answer drawn items as the model did; those at the places in `wrong` otherwise, and adjudicated unless in `open_`."""
    now = timezone.now()
    Observation.objects.bulk_create(
        Observation(
            item_id=decision.item_id,
            workspace_id=decision.workspace_id,
            workflow_id=decision.workflow_id,
            source="calibration",
            inclusion_probability=decision.draw_probability,
            label="other" if place in wrong else decision.label,
            wrong=None if place in open_ else place in wrong,
            occurred_at=now,
            closed_at=None if place in open_ else now,
        )
        for place, decision in enumerate(decisions)
    )


def draw_rows(
    house: House, n: int, *, wrong: Sequence[int] = (), open_: Sequence[int] = (), **facts: Any
) -> list[RoutingDecision]:
    """Store n drawn items that the policy accepts, all answered."""
    decisions = route_rows(house, [0.99] * n, drawn=True, **facts)
    answer_rows(decisions, wrong=wrong, open_=open_)
    return decisions
