"""Routing a batch: the draw, the policy, and the rows that keep what was said and why."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from governance.domain import Actor
from governance.statements import fetch
from routing.domain.draw import CALIBRATION, CANARY, is_drawn
from routing.domain.pointers import missing_fields
from routing.domain.policy import Facts, Policy, Restriction, Routing, route
from routing.domain.predictions import PredictionResult
from routing.domain.term_vectors import TermVector
from routing.models import Disposition
from routing.selectors.workflows import WorkflowFacts

# By the clock rather than by the transaction's beginning: a stop is measured by what was still recorded after it.
_RECORD_SQL = """
WITH input AS MATERIALIZED (
    SELECT * FROM unnest(
        %(items)s::uuid[], %(attempts)s::int2[], %(labels)s::text[], %(confidences)s::float8[], %(tops)s::text[],
        %(explanations)s::text[], %(latencies)s::float8[], %(costs)s::float8[], %(failures)s::text[], %(details)s::text[],
        %(dispositions)s::text[], %(reason_codes)s::text[], %(reasons)s::text[], %(margins)s::float8[], %(queues)s::text[],
        %(values)s::float8[], %(flags)s::text[], %(segments)s::text[], %(drawn)s::bool[], %(occurred)s::timestamptz[],
        %(terms)s::text[], %(term_weights)s::text[], %(lengths)s::int4[], %(known_shares)s::float8[],
        %(policy_versions)s::uuid[], %(missing)s::text[]
    ) AS t (item_id, attempt, label, confidence, top, explanation, latency_ms, cost, failure, failure_detail,
            disposition, reason_code, reason, margin, queue_key, value, flags, segment, drawn, occurred_at,
            terms, term_weights, input_length, known_share, policy_version_id, missing)
), predictions AS (
    INSERT INTO routing_prediction (workspace_id, workflow_id, item_id, attempt, model_version_id, label, confidence, top,
                                    explanation, latency_ms, cost, failure, failure_detail, terms, term_weights,
                                    input_length, known_share)
    SELECT %(workspace)s::uuid, %(workflow)s::uuid, item_id, attempt, %(model_version)s::uuid, label, confidence, top::jsonb,
           explanation::jsonb, latency_ms, cost, failure, failure_detail, terms::int4[], term_weights::int2[],
           input_length, known_share
      FROM input
)
INSERT INTO routing_routingdecision (workspace_id, workflow_id, item_id, attempt, mode, disposition, reason_code, reason,
                                     margin, queue_key, label, confidence, value, flags, segment, missing, policy_version_id,
                                     model_version_id, drawn, draw_probability, occurred_at, recorded_at)
SELECT %(workspace)s::uuid, %(workflow)s::uuid, item_id, attempt, 'live', disposition, reason_code, reason::jsonb,
       margin, queue_key, label, confidence, value, string_to_array(flags, ','), segment, missing::text[], policy_version_id,
       %(model_version)s::uuid, drawn, %(probability)s::float8, coalesce(occurred_at, now()), clock_timestamp()
  FROM input"""


_FIELD_LENGTH = 200


@dataclass(frozen=True, slots=True)
class RoutingInput:
    """What routing knows of an item: an id, a payload and the facts that rules may use."""

    item_id: UUID
    attempt: int
    payload: dict[str, Any]
    value: float | None
    flags: tuple[str, ...]
    segment: str
    predictions: list[dict[str, Any]] | None = None
    occurred_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Routed:
    """An item with its prediction and where it goes."""

    item: RoutingInput
    prediction: PredictionResult
    routing: Routing
    drawn: bool
    policy_version_id: UUID | None = None
    missing: tuple[str, ...] | None = None


def route_items(
    *,
    workflow: WorkflowFacts,
    policy: Policy,
    labels: tuple[str, ...],
    draw_key: bytes,
    restrictions: Sequence[Restriction],
    predicted: Sequence[tuple[RoutingInput, PredictionResult]],
    candidate: Policy | None = None,
) -> list[Routed]:
    """Route predicted items; pure apart from its arguments, so that it can be replayed.

    A candidate routes the items that are drawn for its share. The draw is that of its line of versions, so that the items of a
    smaller share stay with it when the share grows.
    """
    routed = []
    in_force = (policy, policy.fields, workflow.policy_version_id)
    staged = None if candidate is None else (candidate, candidate.fields, workflow.candidate_version_id)
    share, line = workflow.candidate_share, workflow.candidate_policy_id or ""
    for item, prediction in predicted:
        is_staged = staged is not None and is_drawn(draw_key, share, purpose=CANARY, family=line, item_id=item.item_id)
        chosen, wanted, version_id = staged if staged is not None and is_staged else in_force
        drawn = is_drawn(draw_key, workflow.draw_rate, purpose=CALIBRATION, family=workflow.id, item_id=item.item_id)
        missing = missing_fields(item.payload, wanted) if wanted else None
        routing = route(
            facts=Facts(
                value=item.value,
                flags=item.flags,
                segment=item.segment,
                label=prediction.label,
                confidence=prediction.confidence,
                failure=prediction.failure,
                missing=missing or (),
            ),
            policy=chosen,
            labels=labels,
            drawn=drawn,
            draw_probability=workflow.draw_rate,
            restrictions=restrictions,
            escalation_queue=workflow.escalation_queue,
        )
        routed.append(
            Routed(
                item=item,
                prediction=prediction,
                routing=routing,
                drawn=drawn,
                policy_version_id=version_id,
                missing=missing,
            )
        )
    return routed


def record_routing(*, actor: Actor, workflow: WorkflowFacts, routed: Sequence[Routed]) -> None:
    """Store predictions and routing decisions of a batch, in the caller's transaction; one statement."""
    if not routed:
        return
    columns = zip(*(_row(one) for one in routed), strict=True)
    names = [
        "items",
        "attempts",
        "labels",
        "confidences",
        "tops",
        "explanations",
        "latencies",
        "costs",
        "failures",
        "details",
        "dispositions",
        "reason_codes",
        "reasons",
        "margins",
        "queues",
        "values",
        "flags",
        "segments",
        "drawn",
        "occurred",
        "terms",
        "term_weights",
        "lengths",
        "known_shares",
        "policy_versions",
        "missing",
    ]
    fetch(
        _RECORD_SQL,
        {
            "workspace": actor.workspace_id,
            "workflow": workflow.id,
            "model_version": workflow.model_version_id,
            "probability": workflow.draw_rate,
        }
        | {name: list(column) for name, column in zip(names, columns, strict=True)},
    )


def _row(one: Routed) -> tuple[Any, ...]:
    item, prediction, routing = one.item, one.prediction, one.routing
    return (
        item.item_id,
        item.attempt,
        prediction.label,
        prediction.confidence,
        json.dumps([list(pair) for pair in prediction.top]),
        json.dumps([list(pair) for pair in prediction.explanation]),
        prediction.latency_ms,
        prediction.cost,
        prediction.failure or "",
        (prediction.detail or "")[:300],
        routing.disposition,
        routing.reason_code,
        json.dumps(routing.reason),
        routing.margin,
        routing.queue,
        item.value,
        ",".join(item.flags),
        item.segment,
        one.drawn,
        item.occurred_at,
        *(_vector(prediction.vector) if routing.disposition != Disposition.AUTO_ACCEPT or one.drawn else (None, None)),
        prediction.input_length,
        prediction.known_share,
        one.policy_version_id,
        _written(one.missing),
    )


def _vector(vector: TermVector | None) -> tuple[str | None, str | None]:
    """Return terms and weights as PostgreSQL reads arrays; an array of arrays would have to be square.

    Only items that people see need theirs: to be compared, and to be found once they are answered.
    """
    if vector is None:
        return None, None
    return f"{{{','.join(map(str, vector.terms))}}}", f"{{{','.join(map(str, vector.weights))}}}"


def _written(missing: tuple[str, ...] | None) -> str | None:
    """Return the fields as PostgreSQL reads an array; none where one of them is longer than the column takes: nobody knows then."""
    if missing is None or any(len(text) > _FIELD_LENGTH for text in missing):
        return None
    quoted = (text.replace("\\", "\\\\").replace('"', '\\"') for text in missing)
    return "{" + ",".join(f'"{text}"' for text in quoted) + "}"
