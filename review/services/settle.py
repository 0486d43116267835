"""Settling a disagreement: the second person's answer, the outcome that it amends where another one has left, and taking it back."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from governance.domain import Actor
from governance.services import audit
from governance.statements import fetch, fetch_one
from review.domain import actions
from review.domain.errors import UndoWindowClosedError
from review.services.settle_sql import ADJUDICATE_SQL, AMENDED_SQL, DELIVERED_SQL, UNDO_ADJUDICATION_SQL

ADJUDICATED = "adjudicated"
# An amendment that is waited for puts another outcome in the place of the one that was looked for.
_LOOKS = 3


def settle(*, values: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any] | None:
    """Write the answer of an adjudication, in the caller's transaction; none where the item is not what it was.

    `values` are those of a decision's statement, `data` what its event says. What was delivered is amended where the answer
    has another label, or fields that say something else.
    """
    delivered = _delivered(values["item"])
    if delivered is None:
        return None
    fields = json.loads(values["fields"])
    amends = values["label"] != delivered["label"] or bool(fields and fields != json.loads(delivered["fields"]))
    outcome, before = str(values["outcome"]), str(delivered["id"])
    because = values["reason_code"] or ADJUDICATED
    amended = {"label": values["label"], "outcome": outcome, "reason_code": because, "supersedes": before}
    amended |= {"fields": fields} if fields else {}
    amended |= {"note": values["note"]} if values["note"] else {}
    return fetch_one(
        ADJUDICATE_SQL,
        dict(values)
        | {
            "before": delivered["id"],
            "amends": amends,
            "amended_because": because,
            "amended_body": audit.body(actions.ITEM_AMENDED, amended),
            "body": audit.body(actions.DECISION_MADE, dict(data) | {"outcome": outcome if amends else None}),
        },
    )


def unsettle(*, actor: Actor, row: Mapping[str, Any], body: bytes) -> list[dict[str, Any]]:
    """Take an adjudication's answer back and lease the review to its person again, in the caller's transaction.

    `row` is what is known of the decision; none where the amended outcome has left in the meantime.
    """
    amended = fetch_one(AMENDED_SQL, {"item": row["item_id"], "decision": row["id"]})
    if amended is not None and amended["id"] != row["outcome_id"]:
        raise UndoWindowClosedError(detail=_("The item has been amended since; there is nothing to undo."))
    return fetch(
        UNDO_ADJUDICATION_SQL,
        audit.parameters(actor)
        | {
            "person": actor.id,
            "review": row["review_id"],
            "decision": row["id"],
            "amended": amended["id"] if amended else None,
            "before": amended["supersedes"] if amended else None,
            "lease_s": row["lease_s"],
            "body": body,
        },
    )


def _delivered(item_id: UUID) -> dict[str, Any] | None:
    for _look in range(_LOOKS):
        row = fetch_one(DELIVERED_SQL, {"item": item_id})
        if row is not None:
            return row
    return None
