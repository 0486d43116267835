"""The rows of a dataset, page by page: each page in a transaction of its own, so that no snapshot is held for long."""

import time
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db import transaction

from governance.selectors.scope import enter_workspace
from governance.statements import fetch
from review.selectors.datasets import DatasetFacts

PAGE_ROWS = 1000
PAGE_BYTES = 4 << 20

# A page also ends at so many stored bytes of payload, so that large items do not fill the memory. Everything in a row
# comes from facts that never change: two downloads of a dataset are the same, whatever was answered since. An amended
# outcome that was effective when the set was frozen gives label, fields and reason; where nobody had decided, it is all
# there is of an answer, and nobody knows by what chance it was looked at.
_PAGE_SQL = f"""
WITH page AS MATERIALIZED (
    SELECT r.decision_id, r.item_id, r.outcome_id, p.body, sum(pg_column_size(p.body)) OVER (ORDER BY r.decision_id) AS so_far
      FROM (SELECT decision_id, item_id, outcome_id FROM review_datasetrow
             WHERE dataset_id = %(dataset)s::uuid AND decision_id > %(after)s::uuid
             ORDER BY decision_id LIMIT %(most)s::int) r
      LEFT JOIN review_itempayload p ON p.item_id = r.item_id
)
SELECT page.item_id, i.external_id, w.key AS workflow, i.occurred_at,
       machine.label AS predicted_label, machine.confidence AS predicted_confidence, m.name AS model,
       v.version AS model_version, machine.model_version_id, pv.number AS policy_version, machine.policy_version_id,
       d.action, effective.label, effective.reason_code, d.reviewer_pseudonym AS reviewer, d.suggestion_shown,
       CASE WHEN machine.drawn AND d.id IS NOT NULL THEN 'calibration' WHEN machine.drawn IS NOT NULL THEN 'review' END AS source,
       CASE WHEN d.id IS NULL THEN NULL WHEN machine.drawn THEN machine.draw_probability
            WHEN machine.drawn IS FALSE THEN 1 END AS inclusion_probability,
       CASE WHEN machine.label IS NULL THEN NULL
            WHEN machine.label IS NOT DISTINCT FROM effective.label THEN false
            WHEN NOT machine.drawn THEN true END AS wrong,
       d.active_ms, coalesce(d.occurred_at, o.occurred_at) AS decided_at, coalesce(d.recorded_at, o.recorded_at) AS recorded_at,
       d.id AS decision_id, o.id IS NOT NULL AS amended, CASE WHEN o.id IS NOT NULL THEN d.label END AS decision_label,
       page.decision_id AS row_id, effective.fields, page.body AS payload
  FROM page
  LEFT JOIN review_decision d ON d.id = page.decision_id
  LEFT JOIN review_outcome o ON o.id = page.outcome_id
 CROSS JOIN LATERAL (
        SELECT CASE WHEN o.id IS NULL THEN d.label ELSE o.label END AS label,
               CASE WHEN o.id IS NULL THEN d.fields ELSE o.fields END AS fields,
               CASE WHEN o.id IS NULL THEN d.reason_code ELSE o.reason_code END AS reason_code) effective
  JOIN review_item i ON i.id = page.item_id
  JOIN routing_workflow w ON w.id = i.workflow_id
  LEFT JOIN LATERAL (
        SELECT label, confidence, model_version_id, policy_version_id, drawn, draw_probability
          FROM routing_routingdecision t
         WHERE t.item_id = page.item_id AND t.mode = 'live' ORDER BY t.attempt DESC LIMIT 1) machine ON true
  LEFT JOIN routing_modelversion v ON v.id = machine.model_version_id
  LEFT JOIN routing_model m ON m.id = v.model_id
  LEFT JOIN routing_policyversion pv ON pv.id = machine.policy_version_id
 WHERE page.so_far IS NULL OR page.so_far - coalesce(pg_column_size(page.body), 0) < {PAGE_BYTES}
 ORDER BY page.decision_id"""  # noqa: S608 - composed of constants

# A frozen set is read in the order of its index, however stale the planner's figures of a set that was just made.
_INDEX_ORDER_SQL = "SELECT set_config('enable_sort', 'off', true), set_config('enable_bitmapscan', 'off', true)"

# An export leaves three quarters of the time to whoever works meanwhile.
_PAUSE_SHARE = 3
_LONGEST_PAUSE_S = 0.5

# How a row reads, in this order, in every form; the last two are JSON.
COLUMNS = (
    "item_id",
    "external_id",
    "workflow",
    "occurred_at",
    "predicted_label",
    "predicted_confidence",
    "model",
    "model_version",
    "model_version_id",
    "policy_version",
    "policy_version_id",
    "action",
    "label",
    "reason_code",
    "reviewer",
    "suggestion_shown",
    "source",
    "inclusion_probability",
    "wrong",
    "active_ms",
    "decided_at",
    "recorded_at",
    "decision_id",
    "amended",
    "decision_label",
    "fields",
    "payload",
)


def dataset_pages(dataset: DatasetFacts) -> Iterator[list[dict[str, Any]]]:
    """Yield the dataset's rows in the order of their decisions, with a pause between pages."""
    after = UUID(int=0)
    while True:
        started = time.monotonic()
        with transaction.atomic():
            enter_workspace(dataset.workspace_id)
            fetch(_INDEX_ORDER_SQL, {})
            page = dataset_page(dataset, after=after)
        took_s = time.monotonic() - started
        if not page:
            return
        after = page[-1]["row_id"]
        yield page
        time.sleep(min(_LONGEST_PAUSE_S, took_s * _PAUSE_SHARE))


def dataset_page(
    dataset: DatasetFacts,
    *,
    after: UUID = UUID(int=0),  # noqa: B008 - a UUID never changes
    most: int = PAGE_ROWS,
) -> list[dict[str, Any]]:
    """Return the rows behind an answer, in the caller's transaction; `payload` and `fields` are JSON as text."""
    return fetch(_PAGE_SQL, {"dataset": dataset.id, "after": after, "most": most})
