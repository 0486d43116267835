"""Running limits as rows, and the lock under which they begin.

A batch that was routed before a limit must not be accepted after it. Whoever carries routing decisions out holds a shared
lock of the workflow's automation and reads its limits under it; whoever adds a limit takes that lock for itself, and so
waits for the batches that are being finished and is seen by all later ones.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from governance.domain import InvalidError, uuid7
from governance.statements import fetch, fetch_one
from routing.models import RestrictionEffect, Workflow

REASON_LENGTH = 300

_KEY = "hashtextextended('automation:' || %(workflow)s::uuid::text, 0)"
_SHARE_SQL = f"SELECT pg_advisory_xact_lock_shared({_KEY})"
_OWN_SQL = f"SELECT pg_advisory_xact_lock({_KEY})"
_NOW_SQL = "SELECT clock_timestamp() AS at"

_BEGIN_SQL = """
INSERT INTO routing_restriction (id, workspace_id, workflow_id, segment, value_above, effect, cause, min_threshold, reason, since)
VALUES (%(id)s::uuid, %(workspace)s::uuid, %(workflow)s::uuid, %(segment)s::text, %(value_above)s::float8, %(effect)s::text,
        %(cause)s::text, %(min_threshold)s::float8, %(reason)s::text, %(since)s::timestamptz)
ON CONFLICT DO NOTHING
RETURNING id, since"""

_PART_SQL = """
 WHERE workflow_id = %(workflow)s::uuid AND cause = %(cause)s::text AND segment = %(segment)s::text
   AND value_above IS NOT DISTINCT FROM %(value_above)s::float8 AND lifted_at IS NULL"""
_RUNNING_SQL = f"""
SELECT id, since, effect, min_threshold, reason FROM routing_restriction {_PART_SQL}"""  # noqa: S608 - composed of constants
_END_SQL = f"""
UPDATE routing_restriction SET lifted_at = clock_timestamp() {_PART_SQL}
RETURNING id, since, lifted_at"""  # noqa: S608 - composed of constants


@dataclass(frozen=True, slots=True)
class Part:
    """What one limit is about: its cause, and which items of the workflow; an empty segment and no value mean all."""

    cause: str
    segment: str = ""
    value_above: float | None = None

    def of(self, workflow: Workflow) -> dict[str, Any]:
        """Return the part as statements take it."""
        return {
            "workflow": workflow.id,
            "cause": self.cause,
            "segment": self.segment,
            "value_above": self.value_above,
        }


class ReasonMissingError(InvalidError):
    """A limit, or its end, without a reason."""

    code = "reason_missing"
    title = gettext_noop("Say why")


def share_automation(workflow_id: UUID) -> None:
    """Keep new limits waiting until the caller's transaction ends."""
    fetch(_SHARE_SQL, {"workflow": workflow_id})


def own_automation(workflow_id: UUID) -> None:
    """Wait for the batches that are being finished, and keep later ones waiting until the caller's transaction ends."""
    fetch(_OWN_SQL, {"workflow": workflow_id})


def time_now() -> datetime:
    """Return the database's time of this moment, not of the transaction's beginning."""
    at: datetime = fetch(_NOW_SQL, {})[0]["at"]
    return at


def begin_limit(
    workflow: Workflow,
    part: Part,
    *,
    reason: str,
    since: datetime,
    effect: str = RestrictionEffect.PEOPLE,
    min_threshold: float | None = None,
) -> dict[str, Any] | None:
    """Store a running limit; none where one of this part runs already."""
    return fetch_one(
        _BEGIN_SQL,
        part.of(workflow)
        | {
            "id": uuid7(),
            "workspace": workflow.workspace_id,
            "effect": str(effect),
            "min_threshold": min_threshold,
            "reason": reason,
            "since": since,
        },
    )


def running_limit(workflow: Workflow, part: Part) -> dict[str, Any] | None:
    """Return the part's running limit."""
    return fetch_one(_RUNNING_SQL, part.of(workflow))


def end_limit(workflow: Workflow, part: Part) -> dict[str, Any] | None:
    """Lift the part's running limit; none where there is none."""
    return fetch_one(_END_SQL, part.of(workflow))


def reason_said(reason: str) -> str:
    """Return a reason as it is kept, on one line; refuse none and one that is too long."""
    said = " ".join(reason.split())
    if not said:
        raise ReasonMissingError(_("Say why in a few words."), extra={"field": "reason"})
    if len(said) > REASON_LENGTH:
        detail = _("At most %(most)d characters are kept as the reason.") % {"most": REASON_LENGTH}
        raise InvalidError(detail, extra={"field": "reason"})
    return said
