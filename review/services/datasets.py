"""Freezing labelled corrections, and handing them out."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from governance.domain import Actor, Capability, ForbiddenError, InvalidError, uuid7
from governance.services import audit
from governance.statements import fetch, fetch_one
from review.domain import actions
from review.selectors.dataset_rows import dataset_pages
from review.selectors.datasets import DatasetFacts, access_dataset
from review.services.dataset_files import WRITERS
from routing.selectors.workflows import access_workflow

FORMS = tuple(WRITERS)

# Whoever numbers a dataset of the workflow waits here for the others.
_LOCK_SQL = "SELECT pg_advisory_xact_lock(hashtextextended('dataset:' || %(workflow)s::text, 0))"

# Decisions that are effective, each with the amended outcome that took its place, if one did; and the amended outcomes of
# items that nobody had decided, which stand in for a decision. Of an item that was adjudicated the last word alone.
_FREEZE_SQL = """
WITH picked AS MATERIALIZED (
    SELECT d.id, d.item_id, CASE WHEN o.source = 'amended' THEN o.id END AS outcome_id
      FROM review_item i
      JOIN review_review r ON r.item_id = i.id
      JOIN review_decision d ON d.id = r.decision_id
      LEFT JOIN review_outcome o ON o.id = i.outcome_id
     WHERE i.workflow_id = %(workflow)s::uuid
       AND d.occurred_at >= %(period_from)s::timestamptz AND d.occurred_at < %(period_to)s::timestamptz
       AND NOT EXISTS (SELECT FROM review_review a WHERE a.item_id = i.id AND a.round > r.round AND a.decision_id IS NOT NULL)
    UNION ALL
    SELECT o.id, i.id, o.id
      FROM review_item i
      JOIN review_outcome o ON o.id = i.outcome_id AND o.source = 'amended'
     WHERE i.workflow_id = %(workflow)s::uuid AND i.state = 'resolved'
       AND o.occurred_at >= %(period_from)s::timestamptz AND o.occurred_at < %(period_to)s::timestamptz
       AND NOT EXISTS (SELECT FROM review_review r WHERE r.item_id = i.id AND r.decision_id IS NOT NULL)
), dataset AS (
    INSERT INTO review_dataset (id, workspace_id, workflow_id, number, period_from, period_to, frozen_at, row_count,
                                created_by, created_at)
    SELECT %(id)s::uuid, %(workspace)s::uuid, %(workflow)s::uuid,
           (SELECT coalesce(max(number), 0) + 1 FROM review_dataset WHERE workflow_id = %(workflow)s::uuid),
           %(period_from)s::timestamptz, %(period_to)s::timestamptz, now(), (SELECT count(*) FROM picked),
           %(created_by)s::uuid, now()
    RETURNING id, number, row_count
), frozen AS (
    INSERT INTO review_datasetrow (workspace_id, dataset_id, item_id, decision_id, outcome_id)
    SELECT %(workspace)s::uuid, dataset.id, picked.item_id, picked.id, picked.outcome_id FROM picked, dataset ORDER BY picked.id
)
SELECT number, row_count FROM dataset"""


@dataclass(frozen=True, slots=True)
class NewDataset:
    """A dataset that was just frozen."""

    id: UUID
    number: int
    row_count: int


def create_dataset(*, actor: Actor, workflow_key: str, period_from: datetime, period_to: datetime) -> NewDataset:
    """Freeze the answers of a workflow that took effect in [from, to), and number the set within the workflow."""
    _require_export(actor)
    if period_from >= period_to:
        raise InvalidError(detail=_("The period ends before it begins."), extra={"pointer": "/period_to"})
    with transaction.atomic(savepoint=False):
        workflow = access_workflow(workflow_key)
        fetch(_LOCK_SQL, {"workflow": workflow.id})
        dataset_id = uuid7()
        row = fetch_one(
            _FREEZE_SQL,
            {
                "id": dataset_id,
                "workspace": actor.workspace_id,
                "workflow": workflow.id,
                "period_from": period_from,
                "period_to": period_to,
                "created_by": actor.id or actor.pseudonym,
            },
        )
        assert row is not None  # noqa: S101 - an INSERT of one row returns it
        audit.record(
            actor=actor,
            action=actions.DATASET_CREATED,
            stream=("dataset", dataset_id),
            data={
                "number": row["number"],
                "period_from": period_from.isoformat(),
                "period_to": period_to.isoformat(),
                "rows": row["row_count"],
                "workflow": workflow.key,
            },
        )
    return NewDataset(id=dataset_id, number=row["number"], row_count=row["row_count"])


def record_download(*, actor: Actor, dataset_id: UUID, form: str) -> None:
    """Write to the trail that somebody takes the dataset out, before the first byte leaves."""
    _require_export(actor)
    with transaction.atomic(savepoint=False):
        dataset = access_dataset(dataset_id)
        audit.record(
            actor=actor,
            action=actions.DATASET_DOWNLOADED,
            stream=("dataset", dataset_id),
            data={"format": form, "number": dataset.number},
        )


def stream_dataset(dataset: DatasetFacts, form: str) -> Iterator[bytes]:
    """Yield the dataset as a file: jsonl (lossless), csv or parquet; call it outside of any transaction."""
    if form not in WRITERS:
        raise InvalidError(detail=f"A dataset is written as {', '.join(FORMS)}.", extra={"parameter": "format"})
    return WRITERS[form](dataset_pages(dataset))


def _require_export(actor: Actor) -> None:
    if not actor.can(Capability.EXPORT):
        raise ForbiddenError(detail=_("Your role does not export."))
