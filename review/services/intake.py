"""Taking items in: contract, guard, one statement that stores the valid ones with their audit events."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction

from governance import failpoints, metrics, strict_json, wakeups
from governance.domain import Actor, InvalidError, ProductError, uuid7
from governance.selectors.workspaces import draw_key
from governance.services import audit
from governance.statements import fetch
from review.domain import actions, guard
from review.domain.errors import ContractBrokenError, ExternalIdTakenError, WorkflowNotActiveError
from routing.domain.contracts import problems
from routing.selectors.contracts import ContractFacts, contract_facts, contract_of_version
from routing.selectors.workflows import WorkflowFacts

PREDICT_TASK = "review.tasks.predict_items"

_STORE_SQL = f"""
WITH input AS MATERIALIZED (
    SELECT * FROM unnest(
        %(ids)s::uuid[], %(contracts)s::uuid[], %(external_ids)s::text[], %(subjects)s::text[], %(segments)s::text[],
        %(values)s::float8[], %(priorities)s::int2[], %(flags)s::text[], %(occurred)s::timestamptz[],
        %(payloads)s::text[], %(digests)s::bytea[], %(predictions)s::text[], %(bodies)s::bytea[]
    ) AS t (id, contract_id, external_id, subject, segment, value, priority, flags, occurred_at,
            payload, digest, predictions, body)
), stored AS (
    INSERT INTO review_item (id, workspace_id, workflow_id, contract_id, external_id, subject, segment, value, priority,
                             flags, state, fence, attempts, last_error, event_count, available_at, waited_until, occurred_at)
    SELECT id, %(audit_workspace)s::uuid, %(workflow)s::uuid, contract_id, external_id, subject, segment, value, priority,
           string_to_array(flags, ','), 'received', 0, 0, '', 1, now(),
           now() + make_interval(secs => %(wait_s)s::float8), coalesce(occurred_at, now())
      FROM input
    ON CONFLICT (workflow_id, external_id) DO NOTHING
    RETURNING id
), payloads AS (
    INSERT INTO review_itempayload (item_id, workspace_id, body, sha256, predictions)
    SELECT id, %(audit_workspace)s::uuid, payload::jsonb, digest, predictions::jsonb FROM input JOIN stored USING (id)
), events AS (
    SELECT 'item' AS stream_kind, id AS stream_id, 1 AS stream_seq, '{actions.ITEM_RECEIVED}' AS action, occurred_at, body
      FROM input JOIN stored USING (id)
), {audit.APPEND_SQL}
SELECT id FROM stored"""  # noqa: S608 - composed of constants

_EXISTING_SQL = """
SELECT i.id, i.external_id, p.sha256
  FROM review_item i JOIN review_itempayload p ON p.item_id = i.id
 WHERE i.workflow_id = %(workflow)s::uuid AND i.external_id = ANY(%(external_ids)s::text[])"""


@dataclass(slots=True)
class Submission:
    """One item as a source system sends it."""

    external_id: str
    payload: dict[str, Any]
    contract: str | None = None
    subject: str = ""
    segment: str = ""
    value: float | None = None
    priority: int = 0
    predictions: list[dict[str, Any]] | None = None
    occurred_at: datetime | None = None


@dataclass(slots=True)
class Receipt:
    """What became of one submission: stored, known already, or refused with the reason."""

    external_id: str
    item_id: UUID | None = None
    is_new: bool = False
    refusal: ProductError | None = None


@dataclass(slots=True)
class _Prepared:
    receipt: Receipt
    row: tuple[Any, ...]
    digest: bytes


@dataclass(slots=True)
class _Batch:
    prepared: dict[str, _Prepared] = field(default_factory=dict)
    repeats: list[tuple[Receipt, bytes]] = field(default_factory=list)
    contracts: dict[str | None, ContractFacts] = field(default_factory=dict)


def receive_items(
    *, actor: Actor, workflow: WorkflowFacts, submissions: Sequence[Submission], wait_s: float | None = None
) -> list[Receipt]:
    """Store the valid submissions and answer each in its place; the caller's transaction makes them durable.

    `wait_s` says for how long somebody will wait for the outcome of what is new.
    """
    if not workflow.is_active or workflow.contract_id is None:
        raise WorkflowNotActiveError(
            detail=f"Workflow {workflow.key!r} is {workflow.state}; it takes items when active."
        )
    if any(submission.occurred_at for submission in submissions) and not draw_key().is_demo:
        raise InvalidError(
            detail="Only a demo workspace may say when something occurred.", extra={"pointer": "/occurred_at"}
        )
    batch = _Batch()
    receipts = [_prepare(batch, workflow, submission) for submission in submissions]
    if batch.prepared:
        with transaction.atomic(savepoint=False):
            # In one order for all: senders of the same items wait for each other and never in a circle.
            _store(actor, workflow, [batch.prepared[external_id] for external_id in sorted(batch.prepared)], wait_s)
            _settle_existing(workflow, batch)
            transaction.on_commit(partial(failpoints.reach, "intake.committed"))
            wakeups.announce(PREDICT_TASK, workspace_id=str(actor.workspace_id), workflow_id=str(workflow.id))
    new = sum(receipt.is_new for receipt in receipts)
    metrics.ITEMS_RECEIVED.labels(workflow.key, "accepted").inc(new)
    metrics.ITEMS_RECEIVED.labels(workflow.key, "refused").inc(sum(r.refusal is not None for r in receipts))
    return receipts


def _prepare(batch: _Batch, workflow: WorkflowFacts, submission: Submission) -> Receipt:
    receipt = Receipt(external_id=submission.external_id)
    try:
        contract = _contract(batch, workflow, submission.contract)
        _check(workflow, contract, submission)
    except ProductError as refusal:
        receipt.refusal = refusal
        return receipt
    canonical = strict_json.canonical(submission.payload)
    digest = hashlib.sha256(canonical).digest()
    known = batch.prepared.get(submission.external_id)
    if known is not None:
        batch.repeats.append((receipt, digest))
        return receipt
    receipt.item_id = uuid7()
    flags = guard.flags_of(submission.payload)
    row = (
        receipt.item_id,
        contract.id,
        submission.external_id,
        submission.subject,
        submission.segment,
        None if submission.value is None else float(submission.value),
        submission.priority,
        ",".join(flags),
        submission.occurred_at,
        canonical.decode(),
        digest,
        json.dumps(submission.predictions) if submission.predictions else None,
        audit.body(
            actions.ITEM_RECEIVED,
            {
                "contract": contract.version,
                "external_id": submission.external_id,
                "flags": list(flags),
                "payload_sha256": digest.hex(),
                "value": submission.value,
            },
        ),
    )
    batch.prepared[submission.external_id] = _Prepared(receipt, row, digest)
    return receipt


def _contract(batch: _Batch, workflow: WorkflowFacts, version: str | None) -> ContractFacts:
    if version not in batch.contracts:
        if version is not None:
            batch.contracts[version] = contract_of_version(workflow.id, version)
        elif workflow.contract_id is not None:
            batch.contracts[version] = contract_facts(workflow.contract_id)
    return batch.contracts[version]


def _check(workflow: WorkflowFacts, contract: ContractFacts, submission: Submission) -> None:
    found = problems(contract.validator, submission.payload)
    if found:
        raise ContractBrokenError(
            detail=f"The payload breaks contract {contract.version} in {len(found)} place(s).",
            extra={"errors": found},
        )
    if submission.predictions and not workflow.takes_predictions:
        raise InvalidError(
            detail="This workflow's model is called by the product: predictions are taken of a registered external model only.",
        )


def _store(actor: Actor, workflow: WorkflowFacts, prepared: list[_Prepared], wait_s: float | None) -> None:
    columns = [list(column) for column in zip(*(p.row for p in prepared), strict=True)]
    names = [
        "ids",
        "contracts",
        "external_ids",
        "subjects",
        "segments",
        "values",
        "priorities",
        "flags",
        "occurred",
        "payloads",
        "digests",
        "predictions",
        "bodies",
    ]
    rows = fetch(
        _STORE_SQL,
        audit.parameters(actor) | {"workflow": workflow.id, "wait_s": wait_s} | dict(zip(names, columns, strict=True)),
    )
    stored = {row["id"] for row in rows}
    for entry in prepared:
        entry.receipt.is_new = entry.receipt.item_id in stored


def _settle_existing(workflow: WorkflowFacts, batch: _Batch) -> None:
    """Answer repeats: the same payload gets the item that is there, another one is refused."""
    old = {key: entry for key, entry in batch.prepared.items() if not entry.receipt.is_new}
    known = {}
    if old:
        rows = fetch(_EXISTING_SQL, {"workflow": workflow.id, "external_ids": list(old)})
        known = {row["external_id"]: (row["id"], bytes(row["sha256"])) for row in rows}
    for external_id, entry in old.items():
        _answer_repeat(entry.receipt, entry.digest, *known[external_id])
    for receipt, digest in batch.repeats:
        first = batch.prepared[receipt.external_id]
        item_id, first_digest = known.get(receipt.external_id, (first.receipt.item_id, first.digest))
        _answer_repeat(receipt, digest, item_id, first_digest)


def _answer_repeat(receipt: Receipt, digest: bytes, item_id: UUID | None, known_digest: bytes) -> None:
    if digest == known_digest:
        receipt.item_id = item_id
    else:
        receipt.item_id = None
        receipt.refusal = ExternalIdTakenError(
            detail=f"external_id {receipt.external_id!r} belongs to an item with another payload.",
            extra={"external_id": receipt.external_id, "item": str(item_id)},
        )
