"""Routing items that were given up to people: drawn, prioritised and placed as a failed prediction is."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction

from governance.domain import Actor
from governance.selectors.workspaces import draw_key
from governance.services import audit
from governance.statements import fetch
from review.domain import actions
from review.domain.states import ItemState
from review.services.halving import in_halves
from review.services.routing_rows import MOVE_SQL, move_columns
from routing.domain.policy import Policy, parse_policy
from routing.domain.predictions import PredictionResult
from routing.domain.reasons import Reason
from routing.selectors.contracts import contract_facts
from routing.selectors.restrictions import running_restrictions
from routing.selectors.workflows import WorkflowFacts
from routing.services.record import Routed, RoutingInput, record_routing, route_items

log = structlog.get_logger(__name__)

_FACTS_SQL = """
SELECT i.id, i.attempts, i.failure, i.last_error, i.value, i.flags, i.segment, i.priority, i.contract_id, p.body
  FROM review_item i JOIN review_itempayload p ON p.item_id = i.id
 WHERE i.id = ANY(%(ids)s::uuid[])
 ORDER BY i.id"""


def move_to_people(
    *, actor: Actor, workflow: WorkflowFacts, sql: str, facts: Mapping[str, Any]
) -> tuple[list[UUID], list[tuple[UUID, str]]]:
    """Lock the dead items that a statement picks and give them to people, in the caller's transaction.

    Return the ids of those that went, and of those that can't go, each with what stands in its way; they stay dead.
    """
    with transaction.atomic():
        locked = [row["id"] for row in fetch(sql, facts)]
        rows = {row["id"]: row for row in fetch(_FACTS_SQL, {"ids": locked})} if locked else {}
        if not rows:
            return [], []
        routed = _route(workflow, rows)

        def carry_out(part: Sequence[Routed]) -> None:
            with transaction.atomic():
                record_routing(actor=actor, workflow=workflow, routed=part)
                columns = move_columns(
                    workflow=workflow,
                    rows=rows,
                    routed=part,
                    before=ItemState.DEAD,
                    action=actions.ITEM_SENT_TO_PEOPLE,
                )
                fetch(MOVE_SQL, audit.parameters(actor) | columns)

        refused = in_halves(routed, carry_out)
    stay = {one.item.item_id: _reason(error) for one, error in refused}
    if refused:
        log.error("items_not_sent_to_people", workflow=workflow.key, items=len(refused), exc_info=refused[0][1])
    return [item_id for item_id in rows if item_id not in stay], list(stay.items())


def _route(workflow: WorkflowFacts, rows: Mapping[UUID, dict[str, Any]]) -> list[Routed]:
    key = draw_key()
    routed = route_items(
        workflow=workflow,
        policy=parse_policy(workflow.policy_body) if workflow.policy_body else Policy(queue=""),
        labels=contract_facts(workflow.contract_id).labels if workflow.contract_id else (),
        draw_key=key.secret,
        restrictions=running_restrictions(workflow.id),
        predicted=[(_input(row), _failure(row)) for row in rows.values()],
        candidate=parse_policy(workflow.candidate_body) if workflow.candidate_body else None,
    )
    return [_given_up(one) for one in routed]


def _input(row: dict[str, Any]) -> RoutingInput:
    return RoutingInput(
        item_id=row["id"],
        attempt=row["attempts"],
        payload=json.loads(row["body"]),
        value=row["value"],
        flags=tuple(row["flags"]),
        segment=row["segment"],
    )


def _failure(row: dict[str, Any]) -> PredictionResult:
    return PredictionResult(failure=row["failure"], detail=row["last_error"].removeprefix(f"{row['failure']}: "))


def _given_up(one: Routed) -> Routed:
    """Say that a person gave up on the model, unless a rule has a reason of its own to ask people."""
    if one.routing.reason_code != Reason.MODEL_FAILED:
        return one
    return replace(one, routing=replace(one.routing, reason_code=Reason.GIVEN_UP.value))


def _reason(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
