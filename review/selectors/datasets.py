"""Datasets of the entered workspace."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from governance.domain import NotFoundError
from governance.statements import fetch, fetch_one

MOST_LISTED = 200

_DATASETS_SQL = """
SELECT d.id, d.workspace_id, d.number, d.period_from, d.period_to, d.frozen_at, d.row_count,
       w.key AS workflow_key, w.name AS workflow_name,
       (SELECT u.name FROM governance_user u WHERE u.id = d.created_by) AS created_by
  FROM review_dataset d
  JOIN routing_workflow w ON w.id = d.workflow_id"""

_ONE_SQL = f"{_DATASETS_SQL} WHERE d.id = %(dataset)s::uuid"
_LIST_SQL = f"{_DATASETS_SQL} ORDER BY d.frozen_at DESC, d.id DESC LIMIT {MOST_LISTED}"


@dataclass(frozen=True, slots=True)
class DatasetFacts:
    """A frozen selection of human answers; `created_by` is the person's name, none for a client."""

    id: UUID
    workspace_id: UUID
    workflow_key: str
    workflow_name: str
    number: int
    period_from: datetime
    period_to: datetime
    frozen_at: datetime
    row_count: int
    created_by: str | None

    def file_name(self, form: str) -> str:
        """Return what a download of it is called."""
        return f"{self.workflow_key}-{self.number}.{form}"


def datasets() -> list[DatasetFacts]:
    """Return the workspace's datasets, newest first, 200 at most; one statement."""
    return [_facts(row) for row in fetch(_LIST_SQL, {})]


def access_dataset(dataset_id: UUID) -> DatasetFacts:
    """Return one dataset, or say that there is none."""
    row = fetch_one(_ONE_SQL, {"dataset": dataset_id})
    if row is None:
        raise NotFoundError(detail=_("There is no such dataset."), extra={"dataset": str(dataset_id)})
    return _facts(row)


def _facts(row: dict[str, Any]) -> DatasetFacts:
    return DatasetFacts(**row)
