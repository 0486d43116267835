"""What a round left behind: the clients' calls, and the database as a superuser sees it."""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import psycopg
from psycopg.rows import dict_row

from tests.torture.cast import Cast
from tests.torture.journal import read_journal
from tests.torture.plan import Plan

Row = dict[str, Any]


@dataclass
class Call:
    """One operation of a client, with all its attempts."""

    op: str
    kind: str
    begun_at: float
    key: str | None
    sent_sha: str
    told: Row
    status: int | None = None
    answer: Any = None
    answer_sha: str = ""
    is_replayed: bool = False
    attempts: int = 0
    lost: list[Any] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        """Tell whether it was acknowledged."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def code(self) -> str:
        """Return the problem's code."""
        return str(self.answer.get("code", "")) if isinstance(self.answer, dict) else ""


class Evidence:
    """Everything the checks read, loaded once."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.cast = Cast.load(plan.folder)
        self._database = psycopg.connect(plan.admin_url, autocommit=True, row_factory=dict_row)

    def rows(self, sql: str) -> list[Row]:
        """Return what a query finds."""
        return self._database.execute(sql.encode()).fetchall()

    @cached_property
    def calls(self) -> list[Call]:
        """Return every operation of every client."""
        calls: dict[str, Call] = {}
        for entry in read_journal(*sorted(self.plan.clients.glob("*.jsonl"))):
            op = entry.pop("op")
            match entry.pop("event"):
                case "begun":
                    at, kind, key, sha = (entry.pop(name) for name in ("at", "kind", "key", "sha"))
                    calls[op] = Call(op, kind, at, key, sha, entry)
                case "answered":
                    call = calls[op]
                    call.status, call.answer, call.answer_sha = entry["status"], entry["answer"], entry["sha"]
                    call.is_replayed, call.attempts = entry["replayed"], entry["attempt"]
                case "again":
                    calls[op].lost.append(entry["why"])
        return list(calls.values())

    def of_kind(self, *kinds: str) -> list[Call]:
        """Return the operations of some kinds."""
        return [call for call in self.calls if call.kind in kinds]

    @cached_property
    def items(self) -> dict[str, Row]:
        """Return every item by id, with its text and its workflow's key."""
        rows = self.rows(
            "SELECT i.id::text, i.workspace_id::text AS workspace, w.key AS workflow, i.external_id, i.state, i.flags,"
            " i.attempts, i.outcome_id::text AS outcome, i.last_error, p.body ->> 'text' AS text"
            " FROM review_item i JOIN routing_workflow w ON w.id = i.workflow_id"
            " LEFT JOIN review_itempayload p ON p.item_id = i.id"
        )
        return {row["id"]: row for row in rows}

    @cached_property
    def reviews(self) -> dict[str, Row]:
        """Return every review by id."""
        rows = self.rows(
            "SELECT id::text, item_id::text AS item, round, slot, state, fence, decision_id::text AS decision FROM review_review"
        )
        return {row["id"]: row for row in rows}

    @cached_property
    def decisions(self) -> dict[str, Row]:
        """Return every decision by id."""
        rows = self.rows(
            "SELECT id::text, review_id::text AS review, item_id::text AS item, fence, reviewer_id::text AS user, action, label,"
            " note FROM review_decision"
        )
        return {row["id"]: row for row in rows}

    @cached_property
    def outcomes(self) -> dict[str, Row]:
        """Return every outcome by id."""
        rows = self.rows(
            "SELECT id::text, item_id::text AS item, source, label, decision_id::text AS decision,"
            " supersedes::text FROM review_outcome"
        )
        return {row["id"]: row for row in rows}

    @cached_property
    def messages(self) -> dict[str, Row]:
        """Return every message that was to leave, by id."""
        rows = self.rows(
            "SELECT id::text, workspace_id::text AS workspace, type, stream_id::text AS item, published_seq AS seq,"
            " data ->> 'outcome' AS outcome, data ->> 'label' AS label, encode(sha256(body), 'hex') AS sha"
            " FROM governance_outboxmessage WHERE type LIKE 'item.%'"
        )
        return {row["id"]: row for row in rows}

    @cached_property
    def trails(self) -> dict[str, list[Row]]:
        """Return the audit events of every item, in order, with what they say."""
        trails: dict[str, list[Row]] = defaultdict(list)
        rows = self.rows(
            "SELECT e.stream_id::text AS item, e.stream_seq AS seq, e.action, e.actor_pseudonym::text AS actor, p.body"
            " FROM governance_auditevent e JOIN governance_auditpayload p ON p.event_id = e.id"
            " WHERE e.stream_kind = 'item' ORDER BY e.stream_id, e.stream_seq"
        )
        for row in rows:
            row["data"] = json.loads(bytes(row.pop("body")))
            trails[row["item"]].append(row)
        return trails

    @cached_property
    def faults(self) -> list[Row]:
        """Return what was done to the product."""
        return list(read_journal(self.plan.folder / "faults.jsonl"))

    def sent_items(self) -> Iterator[tuple[Call, Row, str | None]]:
        """Yield what the clients sent of each item in acknowledged calls, with the id that they were told."""
        for call in self.of_kind("send", "batch"):
            if not call.is_good or call.told["other"]:
                continue
            ids = [call.answer["id"]] if call.kind == "send" else call.answer["ids"]
            for item, told_id in zip(call.told["items"], ids, strict=True):
                yield call, item, told_id
