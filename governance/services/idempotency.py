"""Idempotency-Key: the first answer is kept for 24 hours, and given again to the same request."""

import hashlib
from dataclasses import dataclass

from governance.domain import Actor
from governance.statements import fetch, fetch_one

# The lock may be free and the row still unseen (its writer committed in between): keeping the answer then finds it.
_BEGIN_SQL = """
SELECT pg_try_advisory_xact_lock(hashtextextended(
           %(workspace)s::uuid::text || %(caller)s::uuid::text || %(key)s::text, 7)) AS is_free,
       kept.request_hash, kept.status, kept.body
  FROM (SELECT 1) AS one
  LEFT JOIN governance_idempotencyrecord kept
    ON kept.workspace_id = %(workspace)s::uuid AND kept.caller = %(caller)s::uuid AND kept.key = %(key)s::text
   AND kept.created_at > now() - interval '24 hours'"""

_KEEP_SQL = """
INSERT INTO governance_idempotencyrecord AS kept (workspace_id, caller, key, request_hash, status, body, created_at)
VALUES (%(workspace)s::uuid, %(caller)s::uuid, %(key)s::text, %(request_hash)s::bytea, %(status)s::int2, %(body)s::bytea, now())
ON CONFLICT (workspace_id, caller, key) DO UPDATE
   SET request_hash = excluded.request_hash, status = excluded.status, body = excluded.body, created_at = excluded.created_at
 WHERE kept.created_at <= now() - interval '24 hours'
RETURNING id"""


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """The answer that a key got."""

    status: int
    body: bytes
    is_same_request: bool


@dataclass(frozen=True, slots=True)
class Attempt:
    """What is known of a key at the start: free for this transaction, and the answer kept, if any."""

    is_free: bool
    kept: KeptAnswer | None


def request_hash(method: str, path: str, body: bytes) -> bytes:
    """Return what tells two requests under one key apart."""
    return hashlib.sha256(f"{method} {path}\n".encode() + body).digest()


def begin_idempotent(*, actor: Actor, key: str, digest: bytes) -> Attempt:
    """Lock the caller's key until the transaction ends and look for the answer it got; one statement."""
    row = fetch_one(_BEGIN_SQL, _names(actor, key)) or {}
    if row.get("status") is None:
        return Attempt(is_free=bool(row.get("is_free")), kept=None)
    same = bytes(row["request_hash"]) == digest
    return Attempt(is_free=row["is_free"], kept=KeptAnswer(row["status"], bytes(row["body"]), same))


def keep_answer(*, actor: Actor, key: str, digest: bytes, status: int, body: bytes) -> bool:
    """Keep the answer with what it tells of, in the same transaction; false if another request was first."""
    return bool(fetch(_KEEP_SQL, _names(actor, key) | {"request_hash": digest, "status": status, "body": body}))


def _names(actor: Actor, key: str) -> dict[str, object]:
    return {"workspace": actor.workspace_id, "caller": actor.pseudonym, "key": key}
