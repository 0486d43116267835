"""Replays of the entered workspace, as facts; the items that go another way come apart, because they are many."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from governance.domain import NotFoundError
from governance.selectors.names import names_of
from governance.statements import fetch, fetch_one
from routing.domain.flips import Flips, unpack

MOST_LISTED = 50

_SQL = """
SELECT r.id, r.workspace_id, r.workflow_id, w.key AS workflow_key, w.name AS workflow_name, r.base_version_id, r.body, r.from_at,
       r.until_at, r.state, r.total, r.replayed, r.problem, r.result, r.requested_by_id, r.requested_at, r.finished_at,
       bv.number AS base_number, bp.name AS base_policy, bv.body AS base_body
  FROM routing_replay r
  JOIN routing_workflow w ON w.id = r.workflow_id
  LEFT JOIN routing_policyversion bv ON bv.id = r.base_version_id
  LEFT JOIN routing_policy bp ON bp.id = bv.policy_id"""
_ONE_SQL = f"{_SQL} WHERE r.id = %(id)s::uuid"
_OF_WORKFLOW_SQL = (
    f"{_SQL} WHERE r.workflow_id = %(workflow)s::uuid ORDER BY r.requested_at DESC, r.id DESC LIMIT {MOST_LISTED}"
)
_FLIPS_SQL = "SELECT flips FROM routing_replay WHERE id = %(id)s::uuid"


@dataclass(frozen=True, slots=True)
class ReplayFacts:
    """A replay; `base` is the version that it is held against, None: where the items went at the time.

    `result` is described in `routing.services.replay_result`; it is empty until the state is `done`.
    """

    id: UUID
    workspace_id: UUID
    workflow_id: UUID
    workflow_key: str
    workflow_name: str
    base_version_id: UUID | None
    base_number: int | None
    base_policy: str | None
    base_body: dict[str, Any] | None
    body: dict[str, Any]
    from_at: datetime
    until_at: datetime
    state: str
    total: int
    replayed: int
    problem: str
    result: dict[str, Any]
    requested_by_id: UUID
    requested_by: str
    requested_at: datetime
    finished_at: datetime | None

    @property
    def is_over(self) -> bool:
        """Tell whether it will not change any more."""
        return self.state in {"done", "failed"}


def replays_of(workflow_id: UUID) -> list[ReplayFacts]:
    """Return a workflow's replays, the newest first, 50 at most."""
    return _facts(fetch(_OF_WORKFLOW_SQL, {"workflow": workflow_id}))


def access_replay(replay_id: UUID) -> ReplayFacts:
    """Return a replay, or say that there is none."""
    row = fetch_one(_ONE_SQL, {"id": replay_id})
    if row is None:
        raise NotFoundError(detail=_("There is no such replay."), extra={"replay": str(replay_id)})
    return _facts([row])[0]


def flips_of(replay_id: UUID) -> Flips:
    """Return the items that go another way, newest first; none while the replay is not done."""
    row = fetch_one(_FLIPS_SQL, {"id": replay_id})
    return unpack(bytes(row["flips"]) if row else b"")


def _facts(rows: list[dict[str, Any]]) -> list[ReplayFacts]:
    names = names_of({row["requested_by_id"] for row in rows})
    return [
        ReplayFacts(
            **(
                row
                | {
                    "body": json.loads(row["body"]),
                    "base_body": json.loads(row["base_body"]) if row["base_body"] else None,
                    "result": json.loads(row["result"]) if row["state"] == "done" else {},
                    "requested_by": names.get(row["requested_by_id"], ""),
                }
            ),
        )
        for row in rows
    ]
