"""Scored items and sample answers of the past, stored as the pipeline and people leave them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from governance.domain import uuid7
from routing.models import Observation, RoutingDecision
from routing.selectors.tuner import forget_materials
from tests.conftest import House

LABELS = ("billing", "delivery")


def store_scored(
    house: House,
    count: int,
    *,
    wrong: int = 0,
    drawn: bool = True,
    answered: bool = True,
    days_ago: int = 1,
    confidences: Sequence[float] | None = None,
    **facts: Any,
) -> list[RoutingDecision]:
    """Store so many items of one past day, the last `wrong` of them the least sure ones; drawn ones with their blind answers."""
    house.enter()
    at = _noon(days_ago)
    sure = confidences or [0.999 - 0.4 * n / max(1, count) for n in range(count)]
    rows = [
        RoutingDecision(
            workspace_id=house.workspace.id,
            workflow_id=house.workflow.id,
            item_id=uuid7(),
            attempt=1,
            disposition="auto_accept",
            reason_code="above_threshold",
            queue_key="triage",
            confidence=confidence,
            policy_version_id=house.workflow.policy_version_id,
            drawn=drawn,
            draw_probability=0.05,
            occurred_at=at + timedelta(seconds=n),
            **{
                "label": LABELS[n % len(LABELS)],
                "flags": [],
                "segment": "",
                "model_version_id": house.workflow.model_version_id,
            }
            | facts,
        )
        for n, confidence in enumerate(sure)
    ]
    stored = RoutingDecision.objects.bulk_create(rows)
    if drawn and answered:
        answer(house, stored, wrong=wrong)
    forget_materials()
    return stored


def answer(house: House, rows: Sequence[RoutingDecision], *, wrong: int = 0) -> None:
    """Store the settled blind answer of each item; the model was wrong on the last of them."""
    house.enter()
    Observation.objects.bulk_create(
        Observation(
            item_id=row.item_id,
            workspace_id=row.workspace_id,
            workflow_id=row.workflow_id,
            source="calibration",
            inclusion_probability=row.draw_probability,
            label="other" if n >= len(rows) - wrong else row.label,
            wrong=n >= len(rows) - wrong,
            occurred_at=row.occurred_at + timedelta(hours=1),
            closed_at=row.occurred_at + timedelta(hours=1),
        )
        for n, row in enumerate(rows)
    )
    forget_materials()


def _noon(days_ago: int) -> datetime:
    return (timezone.now() - timedelta(days=days_ago)).replace(hour=12, minute=0, second=0, microsecond=0)
