"""What helps a person judge a review: items like it that were decided, open ones like it, and what is known of the model."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from governance.domain import Actor, ActorKind, ForbiddenError, NotFoundError
from governance.statements import fetch, fetch_one
from review.domain.states import UNSUGGESTED_KINDS, ItemState, OutcomeSource
from review.domain.titles import short_title
from review.selectors.veil import VEILED_SQL, veil_parameters
from routing.selectors.contracts import ContractFacts, contract_facts
from routing.selectors.model_cards import MODEL_CARD_SQL, ModelCard, card_of
from routing.selectors.neighbours import ANSWERED_SQL, ASKED_SQL, LEAST_ALIKE, SIMILARITY_SQL, VECTOR_SQL

MOST_PRECEDENTS = 3
MOST_SIMILAR = 20
VERY_ALIKE = 0.8
# A text without any of the other's first 24 terms (of 64 at most) has a cosine of at most 0.79 with it: that is cheaper to ask.
_TELLING_TERMS = 24
_LOOKED_AHEAD = 1_000

_BLIND = ", ".join(f"'{kind.value}'" for kind in sorted(UNSUGGESTED_KINDS))
_DECIDED = ", ".join(f"'{state.value}'" for state in (ItemState.HELD, ItemState.RESOLVED))
_BY_PEOPLE = ", ".join(f"'{source.value}'" for source in (OutcomeSource.HUMAN, OutcomeSource.AMENDED))

_ACCESS_SQL = f"""
SELECT r.item_id, r.queue_id, r.kind IN ({_BLIND}) AS is_blind, r.holder_id = %(person)s::uuid AS is_holder,
       {VEILED_SQL.format(item="r.item_id")} AS is_veiled, i.workflow_id, i.contract_id, work.is_mine,
       work.is_mine AND q.allows_bulk AND NOT q.is_paused AS allows_bulk, vector.terms, vector.term_weights AS weights,
       CASE WHEN r.kind NOT IN ({_BLIND}) THEN {MODEL_CARD_SQL.format(item="r.item_id", workflow="i.workflow_id")} END AS card
  FROM review_review r
  JOIN review_item i ON i.id = r.item_id
  JOIN review_queue q ON q.id = r.queue_id
 CROSS JOIN LATERAL (SELECT q.role = ANY(%(roles)s::text[]) OR EXISTS (
            SELECT FROM review_queuemember m WHERE m.queue_id = q.id AND m.user_id = %(person)s::uuid) AS is_mine) work
  LEFT JOIN LATERAL {VECTOR_SQL.format(item="r.item_id")} vector ON true
 WHERE r.id = %(review)s::uuid"""  # noqa: S608 - composed of constants

# More are compared than are shown: the veil is asked of the nearest alone, one after the other until there are enough.
_PRECEDENTS_SQL = f"""
WITH {ASKED_SQL}, {ANSWERED_SQL}, near AS MATERIALIZED (
    SELECT i.id, i.external_id, i.contract_id, o.label, o.occurred_at AS decided_at, alike.similarity
      FROM answered
      JOIN review_item i ON i.id = answered.item_id AND i.state IN ({_DECIDED})
      JOIN review_outcome o ON o.id = i.outcome_id AND o.source IN ({_BY_PEOPLE})
     CROSS JOIN LATERAL {VECTOR_SQL.format(item="i.id")} vector
     CROSS JOIN LATERAL {SIMILARITY_SQL} alike
     WHERE alike.similarity >= {LEAST_ALIKE}
     ORDER BY alike.similarity DESC, i.id DESC
     LIMIT 40
)
SELECT near.*, p.body AS payload
  FROM near LEFT JOIN review_itempayload p ON p.item_id = near.id
 WHERE NOT {VEILED_SQL.format(item="near.id")}
 ORDER BY near.similarity DESC, near.id DESC
 LIMIT {MOST_PRECEDENTS}"""  # noqa: S608 - composed of constants

# Those next in line that the person may claim, under the conditions of claiming.
_SIMILAR_SQL = f"""
WITH {ASKED_SQL}, head AS MATERIALIZED (
    SELECT r.id, r.item_id, r.rank_at
      FROM review_review r
     WHERE r.queue_id = %(queue)s::uuid AND r.state = 'open' AND r.kind NOT IN ({_BLIND}) AND r.item_id <> %(item)s::uuid
       AND NOT r.skipped_by @> ARRAY[%(person)s::uuid]
       AND (r.assigned_to IS NULL OR r.assigned_to = %(person)s::uuid)
       AND (r.snoozed_until IS NULL OR r.snoozed_until <= now())
     ORDER BY r.rank_at, r.id
     LIMIT {_LOOKED_AHEAD}
), near AS MATERIALIZED (
    SELECT head.*, alike.similarity
      FROM head
     CROSS JOIN LATERAL {VECTOR_SQL.format(item="head.item_id")} vector
     CROSS JOIN LATERAL {SIMILARITY_SQL} alike
     WHERE vector.terms && %(telling)s::int4[] AND alike.similarity >= {VERY_ALIKE}
     ORDER BY alike.similarity DESC, head.rank_at, head.id
     LIMIT 60
)
SELECT near.id AS review_id, near.similarity, i.id, i.external_id, i.contract_id, p.body AS payload
  FROM near
  JOIN review_item i ON i.id = near.item_id
  LEFT JOIN review_itempayload p ON p.item_id = i.id
 WHERE NOT EXISTS (SELECT FROM review_review o
                    WHERE o.item_id = i.id AND o.holder_id = %(person)s::uuid AND o.state IN ('leased', 'decided'))
   AND NOT {VEILED_SQL.format(item="i.id")}
 ORDER BY near.similarity DESC, near.rank_at, near.id
 LIMIT {MOST_SIMILAR}"""  # noqa: S608 - composed of constants


@dataclass(frozen=True, slots=True)
class AlikeItem:
    """An item with a text like the asked one's, from 0 to 1 alike."""

    item_id: UUID
    external_id: str
    title: str
    similarity: float


@dataclass(frozen=True, slots=True)
class Precedent(AlikeItem):
    """A decided one; `label` is none where the answer was that no label applies."""

    label: str | None
    label_title: str | None
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class SimilarReview(AlikeItem):
    """One that waits in the same queue."""

    review_id: UUID


@dataclass(frozen=True, slots=True)
class ReviewContext:
    """What a review's reviewer may lean on; nothing at all where the review is blind."""

    precedents: list[Precedent] = field(default_factory=list)
    similar_open: list[SimilarReview] = field(default_factory=list)
    model: ModelCard | None = None
    contract: ContractFacts | None = None


def review_context(actor: Actor, review_id: UUID) -> ReviewContext:
    """Return it for the review's holder or whoever may work its queue; three statements at most.

    Nothing is told of a blind review, nor to somebody without the lease who may be asked about the item blindly elsewhere.
    """
    if actor.kind is not ActorKind.PERSON:
        raise ForbiddenError(detail=_("Only a person may review; an API client has no judgement of its own."))
    asked = veil_parameters(actor)
    row = fetch_one(_ACCESS_SQL, asked | {"review": review_id})
    if row is None or not (row["is_holder"] or row["is_mine"]):
        raise NotFoundError(detail=_("There is no such review for you."), extra={"review": str(review_id)})
    if row["is_blind"] or (row["is_veiled"] and not row["is_holder"]):
        return ReviewContext()
    facts = ReviewContext(model=card_of(row["card"]), contract=contract_facts(row["contract_id"]))
    if not row["terms"]:
        return facts
    asked |= {"item": row["item_id"], "terms": row["terms"], "weights": row["weights"]}
    return ReviewContext(
        precedents=_precedents(asked | {"workflow": row["workflow_id"]}),
        similar_open=_similar(asked | {"queue": row["queue_id"]}) if row["allows_bulk"] else [],
        model=facts.model,
        contract=facts.contract,
    )


def _precedents(asked: dict[str, Any]) -> list[Precedent]:
    found = []
    for row in fetch(_PRECEDENTS_SQL, asked):
        contract, label = contract_facts(row["contract_id"]), row["label"]
        found.append(
            Precedent(
                **_alike(row, contract),
                label=label,
                label_title=None if label is None else contract.label_titles.get(label, label),
                decided_at=row["decided_at"],
            )
        )
    return found


def _similar(asked: dict[str, Any]) -> list[SimilarReview]:
    rows = fetch(_SIMILAR_SQL, asked | {"telling": asked["terms"][:_TELLING_TERMS]})
    return [
        SimilarReview(**_alike(row, contract_facts(row["contract_id"])), review_id=row["review_id"]) for row in rows
    ]


def _alike(row: dict[str, Any], contract: ContractFacts) -> dict[str, Any]:
    payload = json.loads(row["payload"]) if row["payload"] else {}
    title = short_title(payload, views=contract.views, sensitive=contract.sensitive)
    return {
        "item_id": row["id"],
        "external_id": row["external_id"],
        "title": title or row["external_id"],
        "similarity": round(row["similarity"], 3),
    }
