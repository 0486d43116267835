"""Seeding: a workspace with a workflow and reviewers through the services, masses of open reviews by SQL."""

from dataclasses import dataclass
from uuid import UUID

import psycopg
from governance.domain import Actor, Role, uuid7
from governance.selectors.scope import enter_workspace
from governance.services.members import add_member
from governance.services.tokens import issue_person_token
from governance.services.workspaces import create_workspace

WORKFLOW = "bench"
QUEUE = "bench"
LABELS = ["billing", "delivery", "other"]
INPUT_SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {"text": {"type": "string", "minLength": 1, "maxLength": 20000, "x-view": "text"}},
    "required": ["text"],
    "additionalProperties": False,
}

# Items in review with payload, prediction, routing decision and open review, as the pipeline leaves them.
_OPEN_SQL = """
CREATE TEMPORARY TABLE seed ON COMMIT DROP AS
SELECT gen_random_uuid() AS item, gen_random_uuid() AS review, n,
       now() + (n - %(count)s) * interval '10 ms' AS received FROM generate_series(1, %(count)s) n;
INSERT INTO review_item (id, workspace_id, workflow_id, contract_id, external_id, subject, segment, priority, flags, state,
                         fence, attempts, last_error, event_count, occurred_at)
SELECT item, %(workspace)s, %(workflow)s, %(contract)s, 'seed-' || n, '', '', 0, '{}', 'in_review', 1, 1, '', 2, received FROM seed;
INSERT INTO review_itempayload (item_id, workspace_id, body, sha256)
SELECT item, %(workspace)s, jsonb_build_object('text', 'Where is my order ' || n || '? It was due on Monday and nobody answers.'),
       sha256(convert_to(n::text, 'UTF8')) FROM seed;
INSERT INTO routing_prediction (workspace_id, workflow_id, item_id, attempt, label, confidence, top, explanation, latency_ms,
                                cost, failure, failure_detail)
SELECT %(workspace)s, %(workflow)s, item, 1, 'delivery', .6, '[["delivery", 0.6], ["billing", 0.3], ["other", 0.1]]', '[]', 1, 0, '', '' FROM seed;
INSERT INTO routing_routingdecision (workspace_id, workflow_id, item_id, attempt, mode, disposition, reason_code, reason, margin,
                                     queue_key, label, confidence, flags, segment, drawn, draw_probability, occurred_at)
SELECT %(workspace)s, %(workflow)s, item, 1, 'live', 'review', 'below_threshold',
       '{"confidence": 0.6, "threshold": 0.9, "margin": -0.3}', -.3, 'bench', 'delivery', .6, '{}', '', false, 0.05, received FROM seed;
INSERT INTO review_review (id, workspace_id, item_id, queue_id, kind, round, slot, priority, due_at, rank_at, state, fence, attempts,
                           skipped_by, occurred_at)
SELECT review, %(workspace)s, item, %(queue)s, 'primary', 1, 1, 0, received + interval '8 h', received + interval '8 h', 'open', 0, 0,
       '{}', received FROM seed;
"""


@dataclass(frozen=True)
class Seeded:
    """What a benchmark works in."""

    workspace_id: UUID
    owner: Actor
    tokens: list[str]
    integrator_token: str


def seed_people(reviewers: int) -> Seeded:
    """Make a workspace with an owner and reviewers, each with a token; inside the caller's transaction."""
    workspace, owner = create_workspace(slug="bench", name="Bench", admin_email="bench@example.com", admin_name="Bench")
    enter_workspace(workspace.id)
    tokens = []
    for number in range(reviewers):
        membership = add_member(
            actor=owner,
            email=f"reviewer{number}@example.com",
            name=f"Reviewer {number}",
            role=Role.REVIEWER,
        )
        tokens.append(issue_person_token(actor=owner, membership=membership))
    integrator = add_member(actor=owner, email=f"i-{uuid7()}@example.com", name="Integrator", role=Role.INTEGRATOR)
    return Seeded(workspace.id, owner, tokens, issue_person_token(actor=owner, membership=integrator))


def seed_open_reviews(
    *,
    owner_url: str,
    count: int,
    workspace_id: UUID,
    workflow_id: UUID,
    contract_id: UUID,
    queue_id: UUID,
) -> None:
    """Store open reviews by SQL, as the owner role; a million take about two minutes."""
    values = {
        "count": count,
        "workspace": workspace_id,
        "workflow": workflow_id,
        "contract": contract_id,
        "queue": queue_id,
    }
    with psycopg.connect(owner_url) as owner, psycopg.ClientCursor(owner) as cursor:
        cursor.execute("SELECT set_config('app.workspace', %s, true)", [str(workspace_id)])
        # Row-level security is forced on the owner too; the seeding needs a policy for the time of its transaction.
        for table in ("review_item", "review_itempayload", "routing_prediction", "routing_routingdecision", "review_review"):
            cursor.execute(f"CREATE POLICY seeding ON {table} TO aios_owner USING (true)")
        cursor.execute(_OPEN_SQL, values)
        for table in ("review_item", "review_itempayload", "routing_prediction", "routing_routingdecision", "review_review"):
            cursor.execute(f"DROP POLICY seeding ON {table}")
        owner.commit()
    with psycopg.connect(owner_url, autocommit=True) as owner:
        owner.execute("VACUUM (ANALYZE) review_item, review_itempayload, routing_prediction, routing_routingdecision, review_review")
