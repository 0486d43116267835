"""Seeding: a workspace with a workflow and reviewers through the services, masses of open reviews by SQL."""

import os
from dataclasses import dataclass
from typing import Any

import psycopg
from django.db import transaction

from governance.domain import Actor, Role
from governance.selectors.principals import actor_of_membership
from governance.services.members import add_member
from governance.services.tokens import issue_person_token
from governance.services.workspaces import create_workspace
from review.services.setup import QueueSpec, label_schema, set_up_workflow
from routing.backends.training import TrainedModel
from routing.selectors.workflows import WorkflowFacts

WORKFLOW = "bench"
LABELS = {"billing": "Billing", "delivery": "Delivery", "other": "Other"}
INPUT_SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {"text": {"type": "string", "minLength": 1, "maxLength": 20000, "x-view": "text"}},
    "required": ["text"],
    "additionalProperties": False,
}
_TABLES = ("review_item", "review_itempayload", "routing_prediction", "routing_routingdecision", "review_review")
_PAST_TABLES = ("routing_routingdecision", "routing_observation")

# Items in review with payload, prediction, routing decision and open review, as the pipeline leaves them.
_OPEN_SQL = """
INSERT INTO review_item (id, workspace_id, workflow_id, contract_id, external_id, subject, segment, priority, flags, state,
                         fence, attempts, last_error, event_count, occurred_at)
SELECT md5('item' || n)::uuid, %(workspace)s, %(workflow)s, %(contract)s, 'seed-' || n, '', '', 0, '{}', 'in_review', 1, 1, '', 2,
       now() + (n - %(count)s) * interval '10 ms' FROM generate_series(1, %(count)s) n;
INSERT INTO review_itempayload (item_id, workspace_id, body, sha256)
SELECT md5('item' || n)::uuid, %(workspace)s,
       jsonb_build_object('text', 'Where is my order ' || n || '? It was due on Monday and nobody answers.'),
       sha256(convert_to(n::text, 'UTF8')) FROM generate_series(1, %(count)s) n;
INSERT INTO routing_prediction (workspace_id, workflow_id, item_id, attempt, label, confidence, top, explanation, latency_ms,
                                cost, failure, failure_detail)
SELECT %(workspace)s, %(workflow)s, md5('item' || n)::uuid, 1, 'delivery', .6,
       '[["delivery", 0.6], ["billing", 0.3], ["other", 0.1]]', '[]', 1, 0, '', '' FROM generate_series(1, %(count)s) n;
INSERT INTO routing_routingdecision (workspace_id, workflow_id, item_id, attempt, mode, disposition, reason_code, reason, margin,
                                     queue_key, label, confidence, flags, segment, drawn, draw_probability, occurred_at)
SELECT %(workspace)s, %(workflow)s, md5('item' || n)::uuid, 1, 'live', 'review', 'below_threshold',
       '{"confidence": 0.6, "threshold": 0.9, "margin": -0.3}', -.3, 'bench', 'delivery', .6, '{}', '', false, 0.05,
       now() + (n - %(count)s) * interval '10 ms' FROM generate_series(1, %(count)s) n;
INSERT INTO review_review (id, workspace_id, item_id, queue_id, kind, round, slot, priority, due_at, rank_at, state, fence, attempts,
                           skipped_by, occurred_at)
SELECT md5('review' || n)::uuid, %(workspace)s, md5('item' || n)::uuid, (SELECT id FROM review_queue WHERE key = 'bench'), 'primary',
       1, 1, 0, at + interval '8 h', at + interval '8 h', 'open', 0, 0, '{}', at
  FROM generate_series(1, %(count)s) n, LATERAL (SELECT now() + (n - %(count)s) * interval '10 ms' AS at) t;
"""


@dataclass(frozen=True)
class Seeded:
    """What a benchmark works in."""

    owner: Actor
    workflow: WorkflowFacts
    reviewer_tokens: list[str]
    integrator_token: str
    owner_token: str


def reviewer_email(number: int) -> str:
    """Return the address under which a reviewer signs in."""
    return f"reviewer{number}@bench.example"


def seed_workspace(*, reviewers: int, model: TrainedModel | None = None, password: str | None = None) -> Seeded:
    """Make a workspace with a workflow, a queue and its reviewers, each with a token and, if given, the password."""
    with transaction.atomic():
        _workspace, admin = create_workspace(
            slug="bench", name="Bench", admin_email="admin@bench.example", admin_name="Ada"
        )
        owner = add_member(actor=admin, email="owner@bench.example", name="Olga", role=Role.OWNER)
        integrator = add_member(actor=admin, email="integrator@bench.example", name="Ines", role=Role.INTEGRATOR)
        members = [
            add_member(
                actor=admin, email=reviewer_email(n), name=f"Reviewer {n}", role=Role.REVIEWER, password=password
            )
            for n in range(reviewers)
        ]
        workflow = set_up_workflow(
            actor=actor_of_membership(owner),
            key=WORKFLOW,
            name="Bench",
            input_schema=INPUT_SCHEMA,
            output_schema=label_schema(LABELS if model is None else {label: label for label in model.labels}),
            queues=[
                QueueSpec(key="bench", name="Bench", members=[member.user_id for member in members], lease_s=3600),
                QueueSpec(key="escalations", name="Escalations", role=Role.LEAD.value),
            ],
            policy_body={"default_threshold": 0.9, "queue": "bench"},
            model_name="bench",
            model=model,
        )
        return Seeded(
            owner=actor_of_membership(owner),
            workflow=workflow,
            reviewer_tokens=[issue_person_token(actor=admin, membership=member) for member in members],
            integrator_token=issue_person_token(actor=admin, membership=integrator),
            owner_token=issue_person_token(actor=admin, membership=owner),
        )


def seed_open_reviews(seeded: Seeded, count: int) -> None:
    """Store open reviews by SQL, as the owner role; a million take some minutes."""
    values = {
        "count": count,
        "workspace": seeded.owner.workspace_id,
        "workflow": seeded.workflow.id,
        "contract": seeded.workflow.contract_id,
    }
    _seed(_TABLES, (*_TABLES, "review_queue"), _OPEN_SQL, values)


def seed_past(seeded: Seeded, sql: str, *, count: int, days: int) -> None:
    """Store routed and answered items of so many past days by SQL, as the owner role; `sql` makes them, see replay and tuner."""
    workflow = seeded.workflow
    values = {
        "count": count,
        "days": days,
        "workspace": seeded.owner.workspace_id,
        "workflow": workflow.id,
        "policy_version": workflow.policy_version_id,
        "model_version": workflow.model_version_id,
    }
    _seed(_PAST_TABLES, _PAST_TABLES, sql, values)


def _seed(tables: tuple[str, ...], seen: tuple[str, ...], sql: str, values: dict[str, Any]) -> None:
    as_owner(
        # Row-level security is forced on the owner too: for this one transaction it gets a policy.
        *(f"CREATE POLICY seeding ON {table} TO aios_owner USING (true)" for table in seen),
        (sql, values),
        *(f"DROP POLICY seeding ON {table}" for table in seen),
    )
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
        owner.execute(("VACUUM (ANALYZE) " + ", ".join(tables)).encode())


def as_owner(*statements: str | tuple[str, dict[str, Any]]) -> None:
    """Run statements in one transaction of the role that owns the tables."""
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as owner, psycopg.ClientCursor(owner) as cursor:
        for statement in statements:
            text, values = statement if isinstance(statement, tuple) else (statement, None)
            cursor.execute(text.encode(), values)
